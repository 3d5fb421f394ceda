/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_OWN_H
#define ARCH_COVE_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/cove/abi_iommu.h"
#include "arch/cove/gstage.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "iommu/iommu.h"
#include "mem/mem.h"
#include "mem/pt.h"

/*
 * Who owns each page of a CoVE machine. The memory protection table (MPT; MTT
 * in older drafts) says which supervisor domain may touch a page; it judges the
 * CPUs of the host and of TVMs, and the IOMMUs (I/O MPT) every DMA. Within the
 * confidential domain the TSM keeps which TVM a page is of. Device contexts of
 * the TSM's own IOMMU stand here too, and the classifier that says which
 * requests reach it. Hardware and tables, seen by the TSM (fw.c) from below;
 * host and guest see insn.h.
 *
 * What `trusted` and `owner` of a mem_req mean, by agent:
 *   host      both ignored; never a T bit
 *   vcpu      trusted ignored: the G-stage says what an address is; owner the
 *             VMID, 0 a VM that is not confidential
 *   device    the T bit; VMID of the device context
 *   firmware  false: no key, to the host's pages and G-stage tables
 *             true, owner 0: the TSM's own key, to its own pages
 *             true, owner n: the key of VMID n, to its pages
 *
 * Source: Smmpt and IO-MPT as CoVE-IO cites them (MTT: Smmtt 0.4); CoVE,
 * "TVM memory management"
 */

#define COVE_OWN_RANGES	   16
#define COVE_OWN_VMIDS_MAX 4096

/* The key ids this room uses in mem: the TSM's, then VMID n at n + 1. */
#define COVE_KEY_TSM	     1
#define COVE_KEY_OF(vmid)    ((vmid) + 1)
#define COVE_OWN_KEYS(vmids) ((vmids) + 1)

/* The TSM's memory: directory, contexts, one page for what is passed on. */
#define COVE_TSM_SIZE	 UINT64_C(0x400000)
#define COVE_TSM_SCRATCH UINT64_C(0x300000) /* offset of that page */

/*
 * States of a page. OPEN: the drafts name none but (non-)confidential and
 * assigned; these follow from their calls.
 */
enum cove_page_state {
	COVE_PG_NONE,	    /* not covered: never confidential */
	COVE_PG_HOST,	    /* non-confidential, MMIO too */
	COVE_PG_CONVERTING, /* convert_pages; no fence has begun since */
	COVE_PG_FENCING,    /* global_fence; a hart's local fence is missing */
	COVE_PG_FREE,	    /* confidential and nobody's */
	COVE_PG_TSM,	    /* the TSM's own, for ever */
	COVE_PG_STATE,	    /* of a TVM, its vCPUs */
	COVE_PG_TABLE,	    /* directory or pool of a TVM's G-stage */
	COVE_PG_TVM,	    /* mapped in a TVM */
	COVE_PG_BLOCKED,    /* invalidated there */
	COVE_PG_REGION,	    /* MMIO that was added for an interface */
	COVE_PG_STATES,
};

/* 16 bytes for each 4 KiB. */
struct cove_page {
	uint64_t gpa;  /* TVM, BLOCKED, REGION */
	uint16_t vmid; /* from STATE on */
	uint16_t
		refs; /* HOST: G-stage entries of TVMs that show it as shared */
	uint16_t port; /* root port number, if @io */
	uint8_t state; /* enum cove_page_state */
	uint8_t io;    /* stands in an MMIO window */
};

_Static_assert(sizeof(struct cove_page) == 16, "what the table costs a page");

struct cove_range {
	uint64_t base;
	uint64_t size;
	struct cove_page *page;
};

/* Which T=1 requests of a device are the TSM's IOMMU's. */
struct cove_class {
	bool on;
	uint8_t stream;
	uint8_t port;
};

struct cove_own_cfg {
	struct arena *arena;
	const struct env *env;
	struct mem *mem;
	uint32_t vmids; /* VMIDs are 1 to vmids - 1 */
	uint64_t tsm;	/* its memory: RAM, COVE_TSM_SIZE, 2 MiB aligned */
};

struct cove_own {
	const struct env *env;
	struct arena *arena;
	struct mem *mem;
	struct iommu *iommu;
	struct cove_range range[COVE_OWN_RANGES];
	uint32_t ranges;
	uint32_t vmids;
	uint64_t tsm;
	uint8_t *active;	  /* by VMID: its key is installed */
	uint32_t *pages;	  /* by VMID: pages that name it */
	struct cove_class *class; /* by RID */
	uint64_t *written;	/* a bit a RID: its context was ever written */
	uint64_t changes;	/* page states */
	uint64_t entry_changes; /* contexts and classifier */
};

#define COVE_TRACE_PAGE	 TRACE_EV(TRACE_ARCH, 1) /* pa, state, vmid */
#define COVE_TRACE_DC	 TRACE_EV(TRACE_ARCH, 2) /* rid, valid, gscid */
#define COVE_TRACE_CLASS TRACE_EV(TRACE_ARCH, 3) /* rid, on, stream */
#define COVE_TRACE_VMID	 TRACE_EV(TRACE_ARCH, 4) /* vmid, active */
#define COVE_TRACE_KEY	 TRACE_EV(TRACE_ARCH, 5) /* RDSM: rp, desc, status */
#define COVE_TRACE_MMIO	 TRACE_EV(TRACE_ARCH, 6) /* pa, shown?, vmid */

extern const struct rule cove_rule_mpt;		/* mpt */
extern const struct rule cove_rule_io_mpt;	/* io-mpt */
extern const struct rule cove_rule_owner;	/* tvm-owner */
extern const struct rule cove_rule_unassigned;	/* tvm-unassigned */
extern const struct rule cove_rule_blocked;	/* tvm-blocked */
extern const struct rule cove_rule_inactive;	/* tvm-inactive */
extern const struct rule cove_rule_p2p;		/* mpt-p2p */
extern const struct rule cove_rule_tsm;		/* tsm-memory */
extern const struct rule cove_rule_sdcl;	/* sdcl: not this domain's */
extern const struct rule cove_rule_sdcl_stream; /* sdcl-stream */
extern const struct rule cove_rule_sdcl_port;	/* sdcl-port */
extern const struct rule cove_rule_ddt_off;	/* ddt-off */
extern const struct rule cove_rule_ddt_invalid; /* ddt-invalid */
extern const struct rule cove_rule_ddt_bad;	/* ddt-misconfigured */
extern const struct rule cove_rule_dc_invalid;	/* dc-invalid: T = 1 */

/*
 * cove_own_init() - nothing covered, no device context valid
 * Errors: IL_E_ARG @cfg out of range, or mem has too few keys; IL_E_NOMEM.
 */
enum il_err cove_own_init(struct cove_own *o,
			  const struct cove_own_cfg *cfg) IL_MUST;

/*
 * cove_own_cover() - the MPT covers [@base, +@size), all of it the host's
 * @size: 2 MiB multiples, as @base
 * @io:   MMIO behind root port number @port
 * RAM must be covered before cove_own_start().
 * Errors: IL_E_ARG not aligned, overlaps; IL_E_SPACE; IL_E_NOMEM.
 */
enum il_err cove_own_cover(struct cove_own *o, uint64_t base, uint64_t size,
			   bool io, uint32_t port) IL_MUST;

/*
 * cove_own_start() - the rules take effect in mem and in @i (whose rules are
 * cove_iommu_rules with @o); the TSM's memory becomes its own, its directory
 * empty. Its frames leave the host's allocator.
 * @secret: the TSM's memory key, not 0
 * Errors: IL_E_ARG not covered RAM; IL_E_STATE a frame is taken; IL_E_IO.
 */
enum il_err cove_own_start(struct cove_own *o, struct iommu *i,
			   uint64_t secret) IL_MUST;

extern const struct mem_rules cove_mem_rules;	  /* ctx: struct cove_own */
extern const struct iommu_rules cove_iommu_rules; /* ctx: struct cove_own */

/* --- what the TSM may do --- */

enum cove_page_state cove_own_state(const struct cove_own *o, uint64_t pa);
/* A copy of the entry. Errors: IL_E_ARG not covered. */
enum il_err cove_own_page(const struct cove_own *o, uint64_t pa,
			  struct cove_page *out) IL_MUST;
/* Whether all of [@pa, @pa + @size) is covered MMIO of root port @port. */
bool cove_own_is_mmio(const struct cove_own *o, uint64_t pa, uint64_t size,
		      uint32_t port);
/* Whether all of it is in @state, and MMIO or RAM as @io says. */
bool cove_own_all(const struct cove_own *o, uint64_t pa, uint64_t size,
		  enum cove_page_state state, bool io);

/*
 * cove_own_move() - the state of one page; the only writer
 * @vmid, @gpa: from STATE on, else 0
 * Errors:   IL_E_ARG    not covered; @vmid out of range
 *           IL_E_STATE  the page is not in @from, of another VMID where it
 *                       keeps it, or the table has no such edge
 */
enum il_err cove_own_move(struct cove_own *o, uint64_t pa,
			  enum cove_page_state from, enum cove_page_state to,
			  uint32_t vmid, uint64_t gpa) IL_MUST;
uint64_t cove_own_pages(const struct cove_own *o, uint32_t vmid);

/*
 * cove_own_ref() - a TVM shows the host's page as shared, or (@more false) no
 * longer; while one does the page is not converted nor added as a region, or
 * the TVM would have it at two addresses (law 33)
 * Errors: IL_E_ARG not covered; IL_E_STATE not HOST, or no count.
 */
enum il_err cove_own_ref(struct cove_own *o, uint64_t pa, bool more) IL_MUST;

/* Every page of @vmid to FREE: its TVM is destroyed. Has no region. */
void cove_own_release(struct cove_own *o, uint32_t vmid);

/*
 * cove_own_vmid() - install a TVM's memory key, or (@secret 0) forget it
 * Errors: IL_E_ARG; IL_E_STATE it is so already, or (forget) a page names it.
 */
enum il_err cove_own_vmid(struct cove_own *o, uint32_t vmid,
			  uint64_t secret) IL_MUST;
bool cove_own_vmid_active(const struct cove_own *o, uint32_t vmid);

/* --- device contexts of the TSM --- */

struct cove_dc {
	bool valid;
	uint32_t gscid; /* the VMID */
	uint64_t root;	/* of the G-stage, 16 KiB aligned */
};

/*
 * cove_own_dc_write() - replace one context; IODIR.INVAL_DDT, IOTINVAL.GVMA
 * and IOFENCE.C are done before this returns
 * Errors: IL_E_ARG a field does not fit; IL_E_IO memory refused.
 */
enum il_err cove_own_dc_write(struct cove_own *o, uint32_t rid,
			      const struct cove_dc *dc) IL_MUST;
/* Errors: IL_E_FIELD it holds what cove_own_dc_write() would not write. */
enum il_err cove_own_dc_read(const struct cove_own *o, uint32_t rid,
			     struct cove_dc *out) IL_MUST;
/* The first RID at or above @rid whose context was ever written, or
 * UINT32_MAX. */
uint32_t cove_own_dc_next(const struct cove_own *o, uint32_t rid);
/* How many valid contexts name @gscid. */
uint32_t cove_own_dcs(const struct cove_own *o, uint32_t gscid);

/* The root monitor's. Errors: IL_E_ARG. */
enum il_err cove_own_class(struct cove_own *o, uint32_t rid,
			   const struct cove_class *c) IL_MUST;

/* IOTINVAL.GVMA of all of @gscid, IOFENCE.C. */
void cove_own_io_fence(struct cove_own *o, uint32_t gscid);

bool cove_own_sane(const struct cove_own *o);

#endif
