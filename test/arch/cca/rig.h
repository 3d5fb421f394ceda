/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CCA_RIG_H
#define TEST_CCA_RIG_H

#include "check.h"

#include "arch/cca/fw_priv.h"
#include "tsm/peer.h"
#include "tsm/tsm_priv.h"

/*
 * A machine with RME, its monitor, a device behind root port PEER_PORT, a host
 * that a test plays by calls, and a realm that makes one call at a time.
 */
#define RIG_RAM	     UINT64_C(0x40000000)
#define RIG_RAM_SIZE (8 * PAGE_2M)
#define RIG_ST	     (RIG_RAM + 7 * PAGE_2M)
#define RIG_EL3	     (RIG_ST + UINT64_C(0x100000))
#define RIG_SIDS     1024
#define RIG_VMIDS    8
#define RIG_PSMMU    UINT64_C(0x2b400000)
#define RIG_HB	     UINT64_C(0x10000000)
#define RIG_RP_RID   0x0008
#define RIG_BITS     40
#define RIG_SHARED   (UINT64_C(1) << (RIG_BITS - 1))
#define RIG_IPA	     UINT64_C(0x10000) /* RAM of the realm, 16 pages */
#define RIG_PAGES    16
#define RIG_DEV	     UINT64_C(0x100000) /* where the BAR is to be */
#define RIG_VDEV_ID  UINT64_C(0x77)

struct cca_rig {
	struct arena ram;   /* memory's bytes */
	struct arena books; /* GPT, monitor, core */
	struct peer *p;
	struct mem m;
	struct cca_own o;
	struct iommu i;
	struct cca_fw *fw;
	uint64_t next;	      /* free page */
	bool locked, enabled; /* root-port block */
	uint32_t dvsec[2];
	unsigned other_wipes; /* of a stream that is not PEER_STREAM */
	int port;	      /* what EL3's manifest answers */
	uint64_t x[CCA_SMC_REGS];

	/* pages of the host */
	uint64_t params, data, req, rsp, run, list;
	/* objects */
	uint64_t rd, rtt, rec, rp, ep, vdev, aux[FW_AUX], handle;
	uint64_t ram_pa; /* RIG_PAGES granules at RIG_IPA */

	/* carrying */
	unsigned exchanges;
	void (*spoil)(struct cca_rig *r, unsigned n);
	uint8_t ans[PEER_MSG];
	size_t ans_len;
	uint8_t ans_kind;
	/* objects that the monitor had us cache */
	uint8_t obj[RMI_DEV_OBJS][32768];
	size_t obj_len[RMI_DEV_OBJS];

	/* the realm: its call, and whether it came back */
	uint64_t call[CCA_SMC_REGS];
	bool called, back;
	enum il_err (*program)(struct cca_rig *r, const struct cca_enter *in,
			       struct cca_leave *out);
	uint8_t rrun[REC_RUN_LEN]; /* of the last REC_ENTER, after it */
	/* before the host answers an exit; true: it has done so itself */
	bool (*host)(struct cca_rig *r, uint64_t reason);
	uint64_t flags; /* for the next entry */

	uint8_t *kept;
	size_t kept_len;
	struct cca_own kept_own;
};

struct cca_rig *rig_new(void);
void rig_free(struct cca_rig *r);

uint64_t page_new(struct cca_rig *r);
uint64_t granule_new(struct cca_rig *r); /* delegated */
void put(struct cca_rig *r, uint64_t pa, const void *p, uint32_t len);
void get(struct cca_rig *r, uint64_t pa, void *p, uint32_t len);
void put64(struct cca_rig *r, uint64_t pa, uint64_t v);
void put8(struct cca_rig *r, uint64_t pa, uint8_t v);
void clear(struct cca_rig *r, uint64_t pa);

/* A call of the host; results stay in r->x. */
uint64_t rig_smc(struct cca_rig *r, const uint64_t x[CCA_SMC_REGS]);
#define RMI(r, ...) rig_smc((r), (const uint64_t[CCA_SMC_REGS]){ __VA_ARGS__ })

/* --- realm --- */

void params_realm(struct cca_rig *r);
void params_rec(struct cca_rig *r, uint64_t mpidr);
/* Created, RAM mapped, one REC, active; a table for RIG_DEV. */
void realm_up(struct cca_rig *r);
/* Tables down to level 3 for @ipa. */
void tables(struct cca_rig *r, uint64_t ipa);
/* Its RAM and its tables go back to the host, but for the root. */
void realm_empty(struct cca_rig *r);
/* Enters once; the exit stands in r->rrun. */
uint64_t enter(struct cca_rig *r);
uint64_t exit_reason(const struct cca_rig *r);
/* A call of the realm, the host answering as it should; results in r->call. */
uint64_t rig_rsi(struct cca_rig *r, const uint64_t x[CCA_SMC_REGS]);
#define RSI(r, ...) rig_rsi((r), (const uint64_t[CCA_SMC_REGS]){ __VA_ARGS__ })
/* What the realm sees of its VDEV. */
void vdev_info(struct cca_rig *r, uint8_t info[VDEV_INFO_LEN]);

/* --- device --- */

void params_rp(struct cca_rig *r);
void params_ep(struct cca_rig *r);
void params_stream(struct cca_rig *r);
void params_vdev(struct cca_rig *r);
void params_key(struct cca_rig *r);
uint64_t pdev_create(struct cca_rig *r); /* the endpoint's, to its end */
void rp_create(struct cca_rig *r);
/* One COMMUNICATE: @status, with the answer that stands in r->ans. Returns
 * x0; the exit's flags in *flags. */
uint64_t say(struct cca_rig *r, bool vdev, uint8_t status, uint64_t *flags);
/* The request that is out goes to the device; false: no answer. */
bool carry(struct cca_rig *r);
/* COMMUNICATE until it is over or waits for the other end. */
uint64_t talk(struct cca_rig *r, bool vdev);
uint64_t rp_says(struct cca_rig *r, uint64_t *flags);
uint64_t pdev_state(struct cca_rig *r);
uint64_t vdev_state(struct cca_rig *r);
/* NEEDS_KEY, READY, stream connected and enabled. */
void ep_known(struct cca_rig *r);
void ep_ready(struct cca_rig *r);
void stream_up(struct cca_rig *r);
/* One after another on top of that. */
void vdev_up(struct cca_rig *r); /* UNLOCKED */
uint64_t vdev_do(struct cca_rig *r, uint64_t fid);
void vdev_locked(struct cca_rig *r); /* with report and measurements */
void vdev_mapped(struct cca_rig *r); /* two pages accepted at RIG_DEV */
void vdev_started(struct cca_rig *r);
void vdev_running(struct cca_rig *r); /* DMA on */
/* The three nonces, from the monitor's books. */
struct cca_fw_vdev vdev_books(struct cca_rig *r);
uint64_t dev_map(struct cca_rig *r, uint64_t ipa, uint64_t pa, uint64_t pages);
uint64_t dma_enable(struct cca_rig *r);

/* T = 1 write of one word at @iova; the fault, or NULL. */
const struct rule *dma(struct cca_rig *r, uint64_t iova, bool t, bool write,
		       void *word);
/* A load or store of the realm's. */
enum il_err realm_io(struct cca_rig *r, uint64_t ipa, void *p, uint32_t len,
		     bool write, struct fault *f);

/* Remember, and compare, everything the machine and the monitor know. */
void keep(struct cca_rig *r);
void same(struct cca_rig *r);
/* A call that is refused with @status (7:0) and changes nothing. */
void refuses(struct cca_rig *r, uint64_t status,
	     const uint64_t x[CCA_SMC_REGS]);
#define REFUSED(r, status, ...) \
	refuses((r), (status), (const uint64_t[CCA_SMC_REGS]){ __VA_ARGS__ })

#endif
