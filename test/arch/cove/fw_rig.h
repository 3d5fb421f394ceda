/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_COVE_FW_RIG_H
#define TEST_COVE_FW_RIG_H

#include "check.h"

#include "arch/cove/fw_priv.h"
#include "arch/cove/rdsm.h"
#include "mem/s2.h"
#include "tsm/peer.h"
#include "tsm/tsm_priv.h"

/*
 * A machine, its TSM and root monitor, a device behind root port PEER_PORT, a
 * host that a test plays, and a TVM whose one vCPU makes the calls that a test
 * wants.
 */
#define RIG_RAM	      UINT64_C(0x80000000)
#define RIG_RAM_SIZE  (32 * PAGE_2M)
#define RIG_TSM	      (RIG_RAM + 30 * PAGE_2M)
#define RIG_VMIDS     8
#define RIG_GPA	      UINT64_C(0x1000000) /* of the TVM's memory */
#define RIG_PAGES     32		  /* of it, mapped */
#define RIG_BAR_GPA   UINT64_C(0x40000000)
#define RIG_BUF_GPA   RIG_GPA /* where answers go */
#define RIG_NONCE     (RIG_GPA + 16 * PAGE_4K)
#define RIG_IF	      PEER_RID
#define RIG_SECRET    UINT64_C(0x5ec4e75ec4e75ec4)
#define RIG_BAR_PAGES 8

struct cove_rig {
	struct arena arena;
	struct peer *p;
	struct mem m;
	struct cove_own o;
	struct iommu i;
	struct cove_rdsm rdsm;
	struct cove_tsm_insn covt;
	struct rp_keys keys; /* the peer's, and registers */
	struct cove_fw *fw;
	uint64_t next; /* free page of the host */

	/* the root port's registers */
	bool set_up, locked;
	struct rp_stream regs;
	enum il_err setup_err;

	/* what the host keeps */
	uint64_t nacl;
	uint64_t desc, out, page; /* one page each, @out COVE_CONN_SIZE_MIN */
	uint64_t tvm;
	unsigned exchanges;
	/* told of each answer before the call is made again */
	void (*spoil)(struct cove_rig *r, unsigned n);
	uint8_t ans[PEER_MSG];
	size_t ans_len;
	bool silent; /* the device does not answer */

	/* what the guest does when it runs: one call, then it is idle */
	bool calls;
	uint64_t eid, fid, a[6];
	bool answered;
	struct sbiret got;
	bool vm_fault;			    /* the guest faults at a[0] */
	bool vm_store;			    /* storing */
	struct cove_exit last;		    /* what it was entered with */
	void (*inside)(struct cove_rig *r); /* while the vCPU runs */
	bool hand_back; /* the host hands transcripts back when asked */

	/* for refusals */
	uint8_t *kept;
	size_t kept_len;
};

struct cove_rig *rig_new(void);
struct cove_rig *rig_harts(unsigned harts);
/* With a limit of messages for a session. */
struct cove_rig *rig_short(uint64_t seq);
void rig_free(struct cove_rig *r);

/* Host pages; @align pages of 4 KiB. */
uint64_t rig_host(struct cove_rig *r, uint64_t pages, uint64_t align);
/* Confidential pages, nobody's. */
uint64_t rig_conf(struct cove_rig *r, uint64_t pages, uint64_t align);
void host_put(struct cove_rig *r, uint64_t pa, const void *p, uint32_t len);
void host_get(struct cove_rig *r, uint64_t pa, void *p, uint32_t len);

/* One ECALL on hart 0. */
struct sbiret covh(struct cove_rig *r, uint64_t fid, uint64_t a0, uint64_t a1,
		   uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
struct sbiret covh_on(struct cove_rig *r, unsigned hart, uint64_t fid,
		      uint64_t a0, uint64_t a1);
/* The same, then exchanges until it is over. */
struct sbiret carry(struct cove_rig *r, uint64_t fid, uint64_t a0, uint64_t a1,
		    uint64_t a2, uint64_t a3);
/* One exchange of what waits in the device's buffer. */
bool exchange(struct cove_rig *r);
uint64_t buffer_at(struct cove_rig *r);

/* A TVM with RIG_PAGES pages of memory, one vCPU, finalized. */
uint64_t rig_launch(struct cove_rig *r);
/* The vCPU runs and makes the call; the host plays its part. */
struct sbiret covg(struct cove_rig *r, uint64_t fid, uint64_t a0, uint64_t a1,
		   uint64_t a2, uint64_t a3, uint64_t a4);
/* The guest makes the call, leaves, and the host does nothing. */
void covg_begin(struct cove_rig *r, uint64_t fid, uint64_t a0, uint64_t a1,
		uint64_t a2, uint64_t a3, uint64_t a4);
struct sbiret run(struct cove_rig *r);
void guest_get(struct cove_rig *r, uint64_t gpa, void *p, uint32_t len);
void guest_put(struct cove_rig *r, uint64_t gpa, const void *p, uint32_t len);
/* One access of the TVM's CPU. */
enum il_err guest_access(struct cove_rig *r, uint64_t gpa, bool write,
			 struct fault *f);
/* T=1 DMA of the device. */
enum il_err dma(struct cove_rig *r, bool t, uint64_t iova, bool write,
		struct fault *f);

struct sbiret dev_connect(struct cove_rig *r);
struct sbiret regions_add(struct cove_rig *r);
struct sbiret regions_reclaim(struct cove_rig *r);
struct sbiret bind(struct cove_rig *r);
struct sbiret unbind(struct cove_rig *r);
/* Launched, connected, regions, bound. */
void all_bound(struct cove_rig *r);
/* And report read, mapped, started. */
void all_running(struct cove_rig *r);

/* Remember, and compare: page states, TSM, root monitor, contexts. */
void rig_keep(struct cove_rig *r);
void rig_same(struct cove_rig *r);

#endif
