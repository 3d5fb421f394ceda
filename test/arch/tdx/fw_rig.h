/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TDX_FW_RIG_H
#define TEST_TDX_FW_RIG_H

#include "check.h"

#include "arch/tdx/fw_priv.h"
#include "tsm/peer.h"
#include "tsm/tsm_priv.h"

/*
 * A machine, its module, a device behind root port PEER_PORT, a host that a
 * test plays: pages that it hands out, calls that it makes; and TDs whose one
 * vCPU makes the call that a test wants.
 */
#define FW_RAM	    UINT64_C(0x40000000)
#define FW_RAM_SIZE (2 * PAGE_2M)
#define FW_HKIDS    8
#define FW_HKID	    3
#define FW_HKID2    5
#define FW_GPA	    UINT64_C(0x100000) /* of the TD's memory */
#define FW_PAGES    4
#define FW_MMIO_GPA UINT64_C(0x200000) /* BAR page n is n pages up */
#define FW_BAR_LEN  (32 * PAGE_4K)
#define FW_IF	    PEER_RID
#define FW_RP_DEVFN (PEER_PORT << 3)
#define FW_RAN_MAX  8

/* One TD, as its host keeps it. */
struct fwtd {
	uint64_t tdr;
	uint64_t tdvpr;
	uint64_t root;	 /* of the host's half */
	uint64_t shared; /* page of the host, at FW_GPA with the shared bit */
	uint64_t page[FW_PAGES];
};

struct fwrig {
	struct arena arena;
	struct peer *p;
	struct mem m;
	struct tdx_own o;
	struct iommu i;
	struct tdx_fw *fw;
	uint64_t next; /* free page of the host */

	/* what the host keeps */
	struct fwtd td, td2;
	uint64_t req, rsp;
	uint64_t cfg; /* of CONNECT */
	uint64_t out; /* array of TDX_DEV_INFO_PAGES */
	uint64_t outs[TDX_DEV_INFO_PAGES];
	uint64_t spdm;
	struct tdx_regs q; /* the last call, as it came back */
	unsigned exchanges;
	/* told of each answer before the call is made again */
	void (*spoil)(struct fwrig *r, unsigned n);
	unsigned spoil_at;
	uint8_t ans[PEER_MSG];
	size_t ans_len;
	bool silent; /* the device does not answer */

	/* what the TD does when it runs: one call or access, then it is idle */
	struct tdx_regs todo;
	void *buf;
	uint64_t at;
	uint32_t len;
	bool call, write, private;
	enum il_err got;
	struct fault f;
	void (*inside)(struct fwrig *r); /* while the vCPU runs */
	enum il_err run_err;		 /* its program fails */

	/* for refusals */
	uint8_t *kept;
	size_t kept_len;
};

/* A machine with TDX Connect, and nothing on it. */
struct fwrig *fwrig_new(void);
/* The same, as its limits and switches say. */
struct fwrig *fwrig_with(bool connect, bool serial, uint64_t seq);
void fwrig_free(struct fwrig *r);

uint64_t fw_page(struct fwrig *r);
void host_put(struct fwrig *r, uint64_t pa, const void *p, uint32_t len);
void host_get(struct fwrig *r, uint64_t pa, void *p, uint32_t len);
/* Whether the host may write there. */
bool host_may(struct fwrig *r, uint64_t pa);

/* One SEAMCALL; what came back stands in r->q. */
uint64_t seam(struct fwrig *r, struct tdx_regs q);
#define SEAM(r, ...) seam(r, (struct tdx_regs){ __VA_ARGS__ })
/* The same, and exchanges with the device until it is over. */
uint64_t carry(struct fwrig *r, struct tdx_regs q);
#define CARRY(r, ...) carry(r, (struct tdx_regs){ __VA_ARGS__ })
/* Only the exchange: the answer stands in the response page. */
bool exchange(struct fwrig *r);
/* Refused with @st, and nothing is changed. */
void refused(struct fwrig *r, uint64_t st, struct tdx_regs q);
#define REFUSED(r, st, ...) refused(r, st, (struct tdx_regs){ __VA_ARGS__ })

/* Books and memory remembered, and compared. */
void rig_keep(struct fwrig *r);
void rig_same(struct fwrig *r);
/* Metadata, secure EPTs, trusted entries and counts say the same. */
void rig_books(const struct fwrig *r);

/* A TD of one vCPU, with FW_PAGES pages, running. */
void td_new(struct fwrig *r, struct fwtd *td, uint16_t hkid, uint64_t config);
/* Only that there is one, with its key and control pages. */
void td_keyed(struct fwrig *r, struct fwtd *td, uint16_t hkid);
uint64_t td_init(struct fwrig *r, const struct fwtd *td, uint64_t config);
void td_tables(struct fwrig *r, const struct fwtd *td);
uint64_t td_enter(struct fwrig *r, const struct fwtd *td);
/* One TDCALL: its status in rax of r->todo, which is given back. */
uint64_t td_calls(struct fwrig *r, const struct fwtd *td, struct tdx_regs q);
#define TD(r, td, ...) td_calls(r, td, (struct tdx_regs){ __VA_ARGS__ })
/* Refused with @st, and nothing is changed. */
void td_refused(struct fwrig *r, uint64_t st, const struct fwtd *td,
		struct tdx_regs q);
#define TD_REFUSED(r, st, td, ...) \
	td_refused(r, st, td, (struct tdx_regs){ __VA_ARGS__ })
enum il_err td_access(struct fwrig *r, const struct fwtd *td, uint64_t gpa,
		      bool private, void *buf, uint32_t len, bool write);

/* --- the life of a device, step by step --- */

uint64_t dev_create(struct fwrig *r);
uint64_t dev_connect(struct fwrig *r);
uint64_t dev_stream(struct fwrig *r);
uint64_t dev_keys(struct fwrig *r, enum tdx_km_op op);
void dev_tables(struct fwrig *r); /* of interfaces and MMIO */
uint64_t devif_create(struct fwrig *r, const struct fwtd *td);
uint64_t tdi_op(struct fwrig *r, uint64_t leaf);
uint64_t tdi_report(struct fwrig *r);
/* BAR pages of the TEE ranges set and mapped; 1: BAR page @i alone. */
uint64_t mmio_map(struct fwrig *r, const struct fwtd *td, unsigned i);
void mmio_map_all(struct fwrig *r, const struct fwtd *td);
uint64_t mmio_accept(struct fwrig *r, const struct fwtd *td, unsigned range,
		     unsigned bar_page, unsigned pages);
void mmio_accept_all(struct fwrig *r, const struct fwtd *td);
void mmio_off(struct fwrig *r, const struct fwtd *td);
void dmar_tables(struct fwrig *r); /* with the unit */
uint64_t dmar_add(struct fwrig *r, const struct fwtd *td);
void dmar_off(struct fwrig *r);
uint64_t inv(struct fwrig *r, enum tdx_inv_req type, uint64_t subject);
uint64_t td_authorises(struct fwrig *r, const struct fwtd *td);

/* Session, stream with keys, tables, a TD. */
void all_ready(struct fwrig *r);
/* And an interface of it, locked, its report taken. */
void all_locked(struct fwrig *r);
/* And accepted, and running with DMA. */
void all_running(struct fwrig *r);
const struct rule *dma(struct fwrig *r, uint64_t iova, bool write, void *buf);

/* The one interface. */
struct fw_devif *the_if(struct fwrig *r);

#endif
