/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_FW_PRIV_H
#define ARCH_SEV_TIO_FW_PRIV_H

#include "arch/sev_tio/abi.h"
#include "arch/sev_tio/fw.h"
#include "arch/sev_tio/own.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "mem/mem.h"

#define FW_BUF_PAGES 16
#define FW_MSG_MAX   8192 /* longest message that a buffer of ours takes */

/* Sizes that TIO_STATUS announces; least and largest are the same. */
#define FW_REQ_SIZE	0x2000
#define FW_RSP_SIZE	0x2000
#define FW_SCRATCH_SIZE 0x1000
#define FW_OUT_SIZE	0x5000
#define FW_CTX_SIZE	0x1000

struct fw_guest {
	bool used;
	uint64_t gctx;
	uint8_t state; /* enum snp_guest_state */
	uint32_t asid; /* 0: not activated */
	uint64_t policy;
	uint64_t pages;
	uint8_t digest[48];
	uint8_t vmpck[SNP_VMPCKS][SNP_VMPCK_LEN];
	struct crypto_slot key[SNP_VMPCKS];
	uint64_t seqno[SNP_VMPCKS];
};

struct fw_dev {
	struct tsm_conn *conn; /* NULL: free */
	uint64_t ctx;
	uint8_t segment;
	uint8_t port;
	uint8_t streams[8];
	/* the command that is to be issued again */
	uint32_t pending; /* 0: none */
	uint8_t buf[SEV_CMD_BUF_MAX];
	size_t buf_len;
	uint32_t blob;	/* it is over but for this output: enum tio_dobj_id */
	unsigned phase; /* of a command that is more than one verb */
	uint32_t why;	/* what it will answer once it has cleaned up */
};

struct fw_range {
	uint64_t pa;
	uint32_t pages;
	uint16_t id;
};

struct fw_tdi {
	struct tsm_bind *bind; /* NULL: free */
	struct fw_dev *dev;
	uint64_t ctx;
	struct fw_guest *guest; /* NULL: unbound */
	uint32_t asid;		/* of the guest that had it last */
	uint16_t guest_device_id;
	uint16_t lock_flags;
	uint64_t tdi_id;  /* 0: no lock session */
	uint64_t lock_id; /* ditto */
	/* MMIO that may still be private: until TDI_RECLAIM */
	unsigned ranges;
	struct fw_range range[TSM_RANGES_MAX];
};

struct sev_fw {
	struct sev_fw_cfg cfg;
	struct tsm *tsm;
	struct fw_guest *guest;
	struct fw_dev *dev;
	struct fw_tdi *tdi;
	unsigned tdis_used; /* none after as many was ever made */
	uint8_t *stale;	    /* by ASID: freed, data fabric not flushed since */
	uint64_t now_ns;
	uint64_t hold_ns; /* when the answer to the last command is there */
	uint64_t next_tdi_id;
	bool snp;
	bool tio_en;
	bool tio;
	uint8_t in[FW_MSG_MAX + TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN];
	uint8_t out[FW_MSG_MAX];
	uint8_t page[PAGE_4K];
};

/* One command as it was copied. */
struct fw_cmd {
	uint32_t id;
	const uint8_t *buf;
	size_t len;
	struct fw_dev *dev; /* the one it names, if it names one */
	bool resume;	    /* the pending command, issued again */
};

/* A buffer that a command names; only pages that were checked. */
struct fw_buf {
	uint64_t page[FW_BUF_PAGES];
	unsigned n;
};

typedef uint32_t fw_handler(struct sev_fw *fw, struct fw_cmd *c);

/* fw_mem.c: memory as the firmware reaches it. Returns enum sev_ret. */
uint32_t fw_read(struct sev_fw *fw, uint64_t pa, void *p, uint32_t len);
uint32_t fw_write(struct sev_fw *fw, uint64_t pa, const void *p, uint32_t len);
uint32_t fw_guest_page_write(struct sev_fw *fw, uint64_t pa, uint32_t asid,
			     const void *p);
/* @pa is a 4 KiB aligned RAM page in @state. */
uint32_t fw_page_check(const struct sev_fw *fw, uint64_t pa,
		       enum own_state state);
uint32_t fw_ctx_take(struct sev_fw *fw, uint64_t pa);
void fw_ctx_give(struct sev_fw *fw, uint64_t pa);
/* An answer structure into a page of firmware state. */
uint32_t fw_answer(struct sev_fw *fw, uint64_t pa, const void *p, uint32_t len);
uint32_t fw_buf_map(struct sev_fw *fw, uint64_t sla, enum own_state state,
		    struct fw_buf *out);
uint32_t fw_buf_write(struct sev_fw *fw, const struct fw_buf *b, uint32_t off,
		      const void *p, size_t len);

/* fw_spdm.c: the bounce loop */
uint32_t fw_ret(enum il_err err);
/* Buffers of spdm_ctrl; nothing is changed. @output: it will be written. */
uint32_t fw_spdm_check(struct sev_fw *fw, const struct fw_cmd *c, bool output);
/* Begins @verb and steps it. SUCCESS: over and done. */
uint32_t fw_verb(struct sev_fw *fw, struct fw_cmd *c, enum tsm_verb verb,
		 const struct tsm_args *args);
/* Goes on with the verb in flight, with the response buffer's content. */
uint32_t fw_verb_resume(struct sev_fw *fw, struct fw_cmd *c);
void fw_pending_clear(struct fw_dev *d);
/*
 * A blob into the output buffer: data object @id. A frugal firmware asks for a
 * larger one and waits: fw_output_again() when the command comes back.
 */
uint32_t fw_output_again(struct sev_fw *fw, const struct fw_cmd *c);
/* The pending command, whatever buffers it names. */
bool fw_same_but_buffers(const struct fw_dev *d, const struct fw_cmd *c);
uint32_t fw_output(struct sev_fw *fw, const struct fw_cmd *c,
		   enum tio_dobj_id id, const uint8_t *p, size_t len);

/* look-ups; NULL if there is none */
struct fw_dev *fw_dev_find(struct sev_fw *fw, uint64_t sla);
struct fw_tdi *fw_tdi_find(struct sev_fw *fw, const struct fw_dev *d,
			   uint64_t sla);
struct fw_guest *fw_guest_find(struct sev_fw *fw, uint64_t gctx);
unsigned fw_guest_tdis(const struct sev_fw *fw, const struct fw_guest *g);

/* After every command: grants whose lock session ended are taken back. */
void fw_settle(struct sev_fw *fw);
/* The core asks: the secure device entry of @b away. */
void fw_entry_off(void *ctx, struct tsm_bind *b);
bool fw_mmio_fits(void *ctx, const struct tsm_bind *b, uint64_t pa,
		  uint32_t pages);
struct fw_tdi *fw_tdi_of(struct sev_fw *fw, const struct tsm_bind *b);
/* MMIO pages of @t that its guest validated, back to not validated. */
void fw_mmio_revoke(struct sev_fw *fw, struct fw_tdi *t);
uint64_t fw_algs(const struct tsm_conn *c);

/* handlers */
fw_handler fw_snp_init_ex, fw_snp_shutdown, fw_snp_platform_status;
fw_handler fw_snp_df_flush, fw_snp_feature_info, fw_snp_page_reclaim;
fw_handler fw_snp_page_unsmash;
fw_handler fw_snp_gctx_create, fw_snp_decommission, fw_snp_activate;
fw_handler fw_snp_guest_status, fw_snp_launch_start, fw_snp_launch_update;
fw_handler fw_snp_launch_finish, fw_snp_guest_request;
fw_handler fw_tio_status, fw_tio_init, fw_dev_create, fw_dev_reclaim;
fw_handler fw_dev_connect, fw_dev_disconnect, fw_dev_status;
fw_handler fw_dev_measurements, fw_dev_certificates, fw_roll_key;
fw_handler fw_tdi_create, fw_tdi_reclaim, fw_tdi_bind, fw_tdi_unbind;
fw_handler fw_tdi_report, fw_tdi_status, fw_tdi_info;
fw_handler fw_guest_req, fw_fence_clear, fw_fence_status;

#endif
