/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SEV_TIO_FW_RIG_H
#define TEST_SEV_TIO_FW_RIG_H

#include "check.h"

#include "arch/sev_tio/fw_priv.h"
#include "tsm/tsm_priv.h"
#include "tsm/peer.h"

/*
 * A machine, its firmware, a device behind root port PEER_PORT, and a host
 * that a test plays: pages it hands out, commands it writes.
 */
#define FW_RAM	    UINT64_C(0x40000000)
#define FW_RAM_SIZE (16 * PAGE_2M)
#define FW_SDTE	    (FW_RAM + 15 * PAGE_2M)
#define FW_ASIDS    8
#define FW_ASID	    3
#define FW_RIDS	    1024
#define FW_BAR_GPA  UINT64_C(0x80000000)
#define FW_GUEST_ID 0x0008
#define FW_FLAGS    (TIO_LOCK_REDIRECT | TIO_LOCK_NO_FW_UPDATE)

struct fwrig {
	struct arena arena;
	struct peer *p;
	struct mem m;
	struct own o;
	struct iommu i;
	struct sev_fw *fw;
	uint64_t next; /* free page */

	/* what the host keeps */
	uint64_t cmd;	 /* command buffer */
	uint64_t answer; /* a page in firmware state */
	uint64_t dev_ctx;
	uint64_t tdi_ctx;
	uint64_t gctx;
	uint64_t req[2], resp[2], scratch, out[5];
	uint64_t req_sla, resp_sla, out_sla;
	uint64_t msg_req, msg_res;
	uint8_t vmpck[SNP_VMPCKS][SNP_VMPCK_LEN];
	struct crypto_slot vmpck_slot;
	uint64_t seqno;
	unsigned bounces;
	/* told of each answer before the command is issued again */
	void (*spoil)(struct fwrig *r, unsigned n);
	uint8_t ans[PEER_MSG];
	size_t ans_len;

	/* for refusals */
	struct own_page *kept_rmp;
	uint8_t *kept_fw;
	size_t kept_fw_len;
};

/* SNP and TIO on, nothing else. */
struct fwrig *fwrig_new(void);
/* Firmware after reset. */
struct fwrig *fwrig_cold(void);
/* The same; @frugal as in sev_fw_cfg. */
struct fwrig *fwrig_made(bool frugal);
void fwrig_free(struct fwrig *r);

uint64_t page_host(struct fwrig *r);
uint64_t page_firmware(struct fwrig *r);
enum rmp_rc page_assign(struct fwrig *r, uint64_t pa, uint64_t gpa,
			uint32_t asid, bool immutable);
void host_put(struct fwrig *r, uint64_t pa, const void *p, uint32_t len);
void host_get(struct fwrig *r, uint64_t pa, void *p, uint32_t len);

/* Writes the command's buffer (length filled in) and rings once. */
uint32_t fw_ring(struct fwrig *r, uint32_t cmd, uint8_t *buf);
/* The same, then bounces until the command is over. */
uint32_t fw_carry(struct fwrig *r, uint32_t cmd, uint8_t *buf);
/* One exchange of a pending command and the identical command again. */
uint32_t fw_bounce(struct fwrig *r, uint32_t cmd);
/* Only the exchange: the answer stands in the response buffer. */
bool fw_exchange(struct fwrig *r);
void put_ctrl(const struct fwrig *r, uint8_t *buf);

/* Buffers of commands, filled for the rig's objects. */
void cmd_connect(const struct fwrig *r, uint8_t *b);
void cmd_dev(const struct fwrig *r, uint8_t *b);
void cmd_tdi(const struct fwrig *r, uint8_t *b);
void cmd_bind(const struct fwrig *r, uint8_t *b, bool run);

uint32_t dev_create(struct fwrig *r);
uint32_t dev_connect(struct fwrig *r);
uint32_t tdi_create(struct fwrig *r, uint32_t function);
uint32_t tdi_bind(struct fwrig *r, bool run);
uint32_t tdi_unbind(struct fwrig *r, uint32_t flags);
uint32_t tdi_reclaim(struct fwrig *r);
/* A guest of FW_ASID, launched with a secrets page; keys in r->vmpck. */
void guest_launch(struct fwrig *r);
/* All of the above, locked, then running. */
void all_bound(struct fwrig *r);
void all_running(struct fwrig *r);
/* BAR page @i at FW_BAR_GPA, as the host gives it to the guest. */
void bar_give(struct fwrig *r, unsigned i);

uint64_t tdi_id(const struct fwrig *r);
/* One guest message; *rsp is the response's payload. */
uint32_t guest_says(struct fwrig *r, unsigned type, const uint8_t *payload,
		    uint8_t *rsp);
uint16_t mmio_validate(struct fwrig *r, uint64_t gpa, uint32_t pages,
		       uint32_t off, uint16_t range, uint16_t flags);
uint16_t sdte_write(struct fwrig *r, const uint8_t e[SDTE_LEN]);
void sdte_good(uint8_t e[SDTE_LEN]);

/* Remember, and compare, the RMP and the firmware's books. */
void fwrig_keep(struct fwrig *r);
void fwrig_same(struct fwrig *r);

#endif
