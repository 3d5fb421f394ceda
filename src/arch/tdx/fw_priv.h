/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_FW_PRIV_H
#define ARCH_TDX_FW_PRIV_H

#include <string.h>

#include "arch/tdx/abi.h"
#include "arch/tdx/fw.h"
#include "arch/tdx/own.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "mem/mem.h"
#include "mem/s2.h"
#include "tdisp/codec.h"
#include "tdisp/report.h"

#define FW_MSG_MAX	  (PAGE_4K - TDX_DOE_HDR)
#define FW_ACCEPT_BATCH	  8  /* pages of one TDG.MMIO.ACCEPT, then resume */
#define FW_MESSAGES_LEAST 64 /* of a session, for one operation */
#define FW_IOMMU_ID	  0  /* there is one unit */

/* A TD: what its TDR and TDCS pages hold. */
struct fw_td {
	bool used;
	uint64_t tdr;
	uint8_t state; /* enum tdx_td_state */
	uint16_t hkid; /* 0: given back */
	bool flushed;  /* caches written back since it was blocked */
	uint64_t cx[TDX_TDCX_PAGES];
	unsigned cxs;
	uint64_t attributes;
	uint64_t config;
	unsigned max_vcpus;
	unsigned vcpus;
	uint64_t children; /* pages that it owns, but for the TDR */
	/* TLB tracking: vCPUs inside, by parity of the epoch they came in */
	uint64_t epoch;
	unsigned inside[2];
	/* IOTLB tracking, of the one unit */
	uint64_t inv_epoch; /* in which it was last asked for and done */
	bool inv_queued;
	unsigned dmars; /* entries of it that the unit may remember */
	unsigned devifs;
	int64_t mmio_offset; /* of its interface reports */
	struct crypto_slot mr;
	bool mr_on;
	uint8_t mrtd[48];
};

enum fw_call {
	FW_CALL_NONE,
	FW_CALL_OUT,	  /* leaves, or is with the host */
	FW_CALL_ANSWERED, /* the guest may have it */
};

struct fw_vp {
	bool used;
	uint64_t tdvpr;
	struct fw_td *td;
	uint64_t cx[TDX_TDVPX_PAGES];
	unsigned cxs;
	bool ready; /* TDH.VP.INIT */
	bool dead;  /* its program failed; enters no more */
	bool associated;
	bool inside;
	uint64_t epoch;	 /* with which it entered last */
	uint64_t shared; /* root of the host's half; 0: none */
	enum fw_call call;
	struct tdx_regs out;	/* the call that is out */
	struct tdx_regs answer; /* r10 to r15 */
	/* the access that left */
	uint64_t fault_gpa;
	bool fault_write;
	uint64_t eeq;
};

/* A long operation of one session. */
struct fw_op {
	uint64_t leaf; /* 0: none */
	struct tdx_regs in;
	unsigned phase;
	uint64_t out[TDX_DEV_INFO_PAGES]; /* output pages */
	unsigned outs;
	uint8_t slot;
	bool raw;
	uint8_t nonce[TSM_NONCE_LEN];
	struct fw_devif *devif;
};

struct fw_stream {
	bool made;
	bool blocked;
	uint8_t id;
	uint64_t page[TDX_IDE_MT_PAGES];
	uint16_t rid_base, rid_limit;
	uint64_t addr_base, addr_limit; /* inclusive; base 1, limit 0: none */
};

struct fw_spdm {
	struct tsm_conn *conn; /* NULL: free */
	uint64_t page[TDX_SPDM_MT_PAGES];
	uint32_t function;
	uint32_t port;
	uint8_t devfn; /* of the root port */
	struct fw_stream stream;
	bool raw; /* measurements as raw bit streams, as CONNECT said */
	unsigned devifs;
	struct fw_op op;
};

struct fw_devif {
	struct tsm_bind *bind; /* NULL: free */
	uint32_t function;
	uint64_t page;
	struct fw_td *td;
	struct fw_spdm *spdm;
	uint64_t session; /* bind session; 0: no lock session */
	bool authorised;
	bool info_valid;
	uint8_t info[TDX_TDI_HASH_LEN];
	bool dmar;	  /* a PASID entry is not free */
	bool dma_counted; /* in its TD's dmars */
	uint64_t mapped;
	/* of the report, for when the session ends */
	unsigned ranges;
	struct tsm_range range[TSM_RANGES_MAX];
};

struct fw_inv {
	enum tdx_inv_req type;
	uint16_t rid;
	struct fw_td *td;
	uint64_t status; /* address, or 0 */
	uint32_t data;
};

struct tdx_fw {
	struct tdx_fw_cfg cfg;
	struct tsm *tsm;
	struct fw_td *td;
	struct fw_vp *vp;
	struct fw_spdm *spdm;
	struct fw_devif *devif;
	unsigned devifs_used; /* none after as many was ever made */
	bool iommu;
	uint64_t iommu_page[TDX_IOMMU_MT_PAGES];
	struct fw_inv queue[TDX_OWN_QUEUE];
	unsigned queued;
	uint64_t now_ns;
	uint64_t hold_ns;
	uint8_t in[FW_MSG_MAX];
	uint8_t out[FW_MSG_MAX];
	uint8_t blob[TDX_DEV_INFO_PAGES * PAGE_4K];
};

typedef uint64_t fw_handler(struct tdx_fw *fw, struct tdx_regs *r);

/* A status with the operand it is about. */
#define BAD(status, op) ((status) | (uint64_t)TDX_OP_##op)

/* --- fw.c: operands and look-ups --- */

struct fw_td *tdxm_td_at(struct tdx_fw *fw, uint64_t tdr);
uint64_t tdxm_td(struct tdx_fw *fw, uint64_t tdr, uint64_t op,
		 struct fw_td **out);
/* The same, and its state is one of @states (bits). */
uint64_t tdxm_td_in(struct tdx_fw *fw, uint64_t tdr, uint64_t op,
		    unsigned states, struct fw_td **out);
#define TD_IN(s) (1u << TDX_TD_##s)
#define TD_LIVE	 (TD_IN(INIT) | TD_IN(RUNNABLE))

/* A page of the host becomes the module's, or a TD's control page. */
uint64_t tdxm_take(struct tdx_fw *fw, uint64_t pa, uint64_t op,
		   enum tdx_page_type type, struct fw_td *td);
void tdxm_give(struct tdx_fw *fw, uint64_t pa, struct fw_td *td);
/* HPA_ARRAY_T of @want pages at most; *n as many as it names. */
uint64_t tdxm_array(struct tdx_fw *fw, uint64_t raw, uint64_t op,
		    unsigned least, unsigned want, uint64_t *page, unsigned *n);
uint64_t tdxm_take_all(struct tdx_fw *fw, const uint64_t *page, unsigned n,
		       uint64_t op, enum tdx_page_type type);
/* Tells what was given back: one page, or a list at @raw. */
uint64_t tdxm_released(struct tdx_fw *fw, uint64_t raw, uint64_t op,
		       const uint64_t *page, unsigned n, uint64_t *out);
/* A 4 KiB page of RAM that is the host's. */
uint64_t tdxm_shared_page(const struct tdx_fw *fw, uint64_t pa, uint64_t op);
uint64_t tdxm_gpa(uint64_t raw, unsigned least, unsigned most, uint64_t op,
		  uint64_t *gpa, unsigned *level);

struct fw_vp *tdxm_vp_at(struct tdx_fw *fw, uint64_t tdvpr);
struct fw_spdm *tdxm_spdm_at(struct tdx_fw *fw, uint64_t id);
struct fw_devif *tdxm_devif_at(struct tdx_fw *fw, uint32_t function);
struct fw_devif *tdxm_devif_of(struct tdx_fw *fw, const struct tsm_bind *b);
uint64_t tdxm_id(const struct tdx_fw *fw, const struct fw_spdm *s);

/* --- fw_mem.c --- */

/* The entry of @gpa at @level; EPT_WALK_FAILED tells in rcx, rdx what is. */
uint64_t tdxm_walk(struct tdx_fw *fw, struct fw_td *td, uint64_t gpa,
		   unsigned level, struct tdx_regs *r, struct tdx_sept *s);
/* A page that was blocked at @bepoch: nobody remembers it any more. */
uint64_t tdxm_tracked(const struct fw_td *td, uint64_t bepoch);

/* --- fw_td.c --- */

void tdxm_td_free(struct tdx_fw *fw, struct fw_td *td);

/* --- fw_long.c --- */

struct fw_long {
	uint64_t leaf;
	/* The interface that it is about, or none, by rcx; and the session. */
	bool devif;
	/* Registers of the pages: 2 rdx, 8 to 11 r8 to r11. */
	uint8_t rsp, req;
	/* All that is to hold before; nothing is changed. */
	uint64_t (*check)(struct tdx_fw *fw, struct fw_spdm *s,
			  const struct tdx_regs *r, struct fw_op *op);
	uint64_t (*begin)(struct tdx_fw *fw, struct fw_spdm *s);
	/* The verb is over with @st. FW_MORE: another was begun. */
	uint64_t (*next)(struct tdx_fw *fw, struct fw_spdm *s, uint64_t st,
			 struct tdx_regs *r);
	uint64_t bad_state;
	uint64_t bad_message;
};
#define FW_MORE (UINT64_MAX - 1)

uint64_t tdxm_long(struct tdx_fw *fw, struct tdx_regs *r);
/* For begin and next. */
uint64_t tdxm_verb(struct tdx_fw *fw, struct fw_spdm *s, enum tsm_verb verb,
		   const struct tsm_args *a);
/* Bytes for the host, into the operation's output pages; *len: for rcx. */
uint64_t tdxm_output(struct tdx_fw *fw, struct fw_spdm *s, const uint8_t *p,
		     size_t n, uint64_t op, uint64_t *len);
uint64_t tdxm_spdm(struct tdx_fw *fw, uint64_t id, struct fw_spdm **out);
/* FUNCTION_ID, with its segment and RID. */
uint64_t tdxm_function(uint64_t raw, uint64_t op, uint8_t *segment,
		       uint16_t *rid);
void tdxm_op_drop(struct fw_spdm *s);

extern const struct fw_long tdxm_long_connect, tdxm_long_disconnect,
	tdxm_long_mng, tdxm_long_km, tdxm_long_lock, tdxm_long_get_state,
	tdxm_long_report, tdxm_long_start, tdxm_long_stop;

/* --- fw_devif.c --- */

/* After every call: what was granted ends with its lock session. */
void tdxm_settle(struct tdx_fw *fw);
void tdxm_entry_off(void *ctx, struct tsm_bind *b);
bool tdxm_mmio_fits(void *ctx, const struct tsm_bind *b, uint64_t pa,
		    uint32_t pages);
/* A TD's interface; TDX_DEVIFMT_NOT_PRESENT, TDX_DEVIF_INVALID_METADATA. */
uint64_t tdxm_devif_of_td(struct tdx_fw *fw, const struct fw_td *td,
			  uint64_t function, uint64_t op,
			  struct fw_devif **out);
/* STOP was confirmed, or its link is dead. */
bool tdxm_devif_idle(const struct fw_devif *d);

/* --- handlers --- */

fw_handler tdxm_sys_rd, tdxm_mng_create, tdxm_mng_key_config, tdxm_mng_addcx;
fw_handler tdxm_mng_init, tdxm_mng_rd, tdxm_mng_vpflushdone;
fw_handler tdxm_mng_key_freeid, tdxm_mr_extend, tdxm_mr_finalize;
fw_handler tdxm_vp_create, tdxm_vp_addcx, tdxm_vp_init, tdxm_vp_flush;
fw_handler tdxm_vp_wr, tdxm_vp_enter;
fw_handler tdxm_page_rdmd, tdxm_page_reclaim, tdxm_cache_wb, tdxm_page_wbinvd;
fw_handler tdxm_sept_add, tdxm_sept_remove, tdxm_sept_rd, tdxm_page_add;
fw_handler tdxm_page_aug, tdxm_page_remove, tdxm_range_block;
fw_handler tdxm_range_unblock, tdxm_mem_track, tdxm_shared_sept_wr;
fw_handler tdxm_spdm_create, tdxm_spdm_delete;
fw_handler tdxm_stream_create, tdxm_stream_block, tdxm_stream_delete;
fw_handler tdxm_devif_create, tdxm_devif_remove;
fw_handler tdxm_devifmt_add, tdxm_devifmt_remove, tdxm_devifmt_rd;
fw_handler tdxm_mmiomt_add, tdxm_mmiomt_set, tdxm_mmiomt_rd;
fw_handler tdxm_mmiomt_remove, tdxm_mmio_map, tdxm_mmio_block, tdxm_mmio_unmap;
fw_handler tdxm_iommu_setup, tdxm_iommu_clear, tdxm_dmar_add, tdxm_dmar_block;
fw_handler tdxm_dmar_read, tdxm_dmar_remove, tdxm_iqinv_req, tdxm_iqinv_proc;

/*
 * A TDCALL of @vp: the status, or TDX_LEAVES: the TD leaves, with what
 * tdx_fw_tdcall() says of it.
 */
#define TDX_LEAVES UINT64_MAX
typedef uint64_t fw_guest_handler(struct tdx_fw *fw, struct fw_vp *vp,
				  struct tdx_regs *r);
fw_guest_handler tdxm_g_page_accept, tdxm_g_page_release;
fw_guest_handler tdxm_g_tdi_rd, tdxm_g_tdi_start, tdxm_g_mmio_accept;
fw_guest_handler tdxm_g_dmar_accept;
/* The TD named a page that is not there: the host is to see it. */
uint64_t tdxm_g_fault(struct fw_vp *vp, uint64_t gpa, bool write);

#endif
