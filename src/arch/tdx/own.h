/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_OWN_H
#define ARCH_TDX_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/tdx/abi.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "iommu/iommu.h"
#include "mem/mem.h"
#include "mem/pt.h"

/*
 * Who owns a page of a TDX machine, and what each access may do: metadata of
 * physical pages (PAMT) and of MMIO pages (MMIOMT), private key ids, secure
 * EPT, trusted DMA remapping tables. The module alone changes any of it; its
 * calls are in fw*.c, the machine's answers here.
 *
 * Memory is stored under the key of who wrote it: a TD's page under its key
 * id, the module's own pages under the module's. Page tables (secure EPT) are
 * stored plain, because the walker of this model reads without key; the host
 * is kept off them by the metadata.
 *
 * What the TD-owner bit of a cache line does: a write without the key breaks
 * the line's integrity, and the next read of its owner is a machine check that
 * ends the TD; a read yields zeros. OPEN: which of this a host sees at once.
 * Here the write is refused where it happens, with a rule that says so, and
 * a read of a TD's page gives ciphertext, one of the module's is refused.
 *
 * Source: Intel TDX Module Base Architecture (PAMT, secure EPT, TD-owner bit);
 * TDX module 1.5 and 2.0 source; architecture notes C
 */

#define TDX_OWN_RANGES 40
#define TDX_OWN_DEVS   288
#define TDX_OWN_NODES  512
#define TDX_OWN_QUEUE  64

/* Keys of the memory controller: none, the module's, then the TDs' by id. */
#define TDX_KEY_MODULE	    1u
#define TDX_KEY_OF(hkid)    (1u + (hkid))
#define TDX_OWN_KEYS(hkids) (1u + (hkids))

/* Trace events; arguments as noted. */
#define TDX_TRACE_PAGE TRACE_EV(TRACE_ARCH, 1) /* pa, type, owner */
#define TDX_TRACE_KEY  TRACE_EV(TRACE_ARCH, 2) /* hkid, set? */
#define TDX_TRACE_MMIO TRACE_EV(TRACE_ARCH, 3) /* pa, accepted?, function */
#define TDX_TRACE_DMAR TRACE_EV(TRACE_ARCH, 4) /* rid, level, map state */

/* PAMT entry of 4 KiB. Only one size: OPEN, see docs. */
struct tdx_page {
	uint64_t owner;	 /* TDR, or 0 */
	uint64_t bepoch; /* the owner's epoch when it was blocked */
	uint64_t gpa;	 /* REG: where its TD has it */
	uint16_t hkid;	 /* REG: key it is stored under */
	uint8_t type;	 /* enum tdx_page_type */
};

/* Metadata of an MMIO page. */
struct tdx_mmio {
	uint64_t bepoch;
	uint64_t tdr; /* mapped: whose secure EPT has it */
	uint64_t gpa; /* mapped */
	uint32_t function;
	uint16_t hkid; /* mapped */
	uint8_t port;
	bool data;     /* set for @function */
	bool mapped;   /* stands in a secure EPT, in any state */
	bool accepted; /* by the TD, in a lock session that lives */
};

struct tdx_range {
	uint64_t base;
	uint64_t size;
	struct tdx_page *page; /* RAM */
	struct tdx_mmio *mmio; /* else */
};

/* What the module pins for a device interface; law 41. */
struct tdx_own_dev {
	bool used;
	uint16_t rid;
	uint8_t port;
	uint8_t stream;
	uint16_t hkid;
};

/* A page of metadata that hangs below an entry of a tree. */
struct tdx_node {
	bool used;
	bool devif;	/* of DEVIFMT, else of MMIOMT */
	uint8_t level;	/* of the entries in it */
	uint64_t first; /* what its first entry stands for: PA, function id */
	uint64_t page;
};

struct tdx_own {
	const struct env *env;
	struct arena *arena;
	struct mem *mem;
	struct iommu *iommu;
	struct tdx_range range[TDX_OWN_RANGES];
	uint32_t ranges;
	uint32_t hkids;
	uint64_t *tdr;	 /* by HKID: whose key it has; 0 none */
	uint32_t *pages; /* by HKID: REG pages */
	uint64_t root;	 /* of the trusted tables; 0: not set up */
	struct tdx_own_dev dev[TDX_OWN_DEVS];
	struct tdx_node node[TDX_OWN_NODES];
	uint64_t changes;	/* of any ownership */
	uint64_t entry_changes; /* of a trusted entry */
};

struct tdx_own_cfg {
	struct arena *arena;
	const struct env *env;
	struct mem *mem;
	uint32_t hkids; /* private key ids are 1 to hkids - 1; 0 is none */
};

/* Errors: IL_E_ARG a limit, or @mem has too few keys; IL_E_NOMEM. */
enum il_err tdx_own_init(struct tdx_own *o,
			 const struct tdx_own_cfg *cfg) IL_MUST;
/*
 * tdx_own_cover() - [@base, +@size), multiples of 4 KiB, has metadata
 * @io: MMIO behind root port @port, else RAM
 *
 * Errors: IL_E_ARG alignment, overlap; IL_E_SPACE; IL_E_NOMEM
 */
enum il_err tdx_own_cover(struct tdx_own *o, uint64_t base, uint64_t size,
			  bool io, uint8_t port) IL_MUST;
/* The rules are in force. @secret: of the module's key, not 0. */
enum il_err tdx_own_start(struct tdx_own *o, struct iommu *i,
			  uint64_t secret) IL_MUST;

extern const struct mem_rules tdx_mem_rules; /* ctx: struct tdx_own */
extern const struct iommu_rules tdx_iommu_rules;
/* Extended page tables, the CPU's and VT-d's second stage alike. */
extern const struct pt_fmt tdx_pt_ept;

/* --- pages --- */

/* NULL: no such page. */
const struct tdx_page *tdx_own_page(const struct tdx_own *o, uint64_t pa);
const struct tdx_mmio *tdx_own_mmio(const struct tdx_own *o, uint64_t pa);
/* [@pa, +@size) is MMIO behind @port. */
bool tdx_own_is_mmio(const struct tdx_own *o, uint64_t pa, uint64_t size,
		     uint32_t port);

/*
 * tdx_own_take() - a page of the host becomes @type, of @owner
 * @hkid, @gpa: of TDX_PT_REG
 *
 * Errors: IL_E_ARG no such page of RAM; IL_E_STATE it is not the host's
 */
enum il_err tdx_own_take(struct tdx_own *o, uint64_t pa,
			 enum tdx_page_type type, uint64_t owner, uint16_t hkid,
			 uint64_t gpa) IL_MUST;
/* And goes back. What it holds stays as it is stored. */
void tdx_own_give(struct tdx_own *o, uint64_t pa);
void tdx_own_bepoch(struct tdx_own *o, uint64_t pa, uint64_t epoch);

/* Errors: IL_E_ARG @hkid, @tdr or @secret 0; IL_E_STATE it has one. */
enum il_err tdx_own_key(struct tdx_own *o, uint16_t hkid, uint64_t tdr,
			uint64_t secret) IL_MUST;
void tdx_own_key_drop(struct tdx_own *o, uint16_t hkid);
bool tdx_own_keyed(const struct tdx_own *o, uint16_t hkid);
uint64_t tdx_own_pages(const struct tdx_own *o, uint16_t hkid);

/* How the module reaches memory. */
enum tdx_view {
	TDX_VIEW_SHARED, /* the host's pages alone */
	TDX_VIEW_TABLE,	 /* tables of a secure EPT, and its root: no key */
	TDX_VIEW_MODULE, /* its own */
	TDX_VIEW_TD,	 /* a TD's, under its key */
};
/*
 * Within one page, which is what @view says now: the host may have given it to
 * somebody since its number was looked at. @hkid: of TDX_VIEW_TD.
 *
 * Errors: IL_E_IO  refused
 */
enum il_err tdx_own_io(const struct tdx_own *o, uint64_t pa, void *buf,
		       uint32_t len, bool write, enum tdx_view view,
		       uint16_t hkid) IL_MUST;
/* A whole page, zero under the key of @view. Cannot fail on one's own page. */
void tdx_own_zero(struct tdx_own *o, uint64_t pa, enum tdx_view view,
		  uint16_t hkid);

/* --- metadata trees: own_mt.c --- */

/*
 * The page below the entry that @first stands for at @level + 1, or NULL.
 * @level: of the entries in it. @any: an aligned part of what it covers.
 */
struct tdx_node *tdx_node_at(struct tdx_own *o, bool devif, unsigned level,
			     uint64_t any);
/* What one page of entries of @level covers. */
uint64_t tdx_node_span(bool devif, unsigned level);
/* Some node hangs below, or some leaf is set in it. */
bool tdx_node_busy(const struct tdx_own *o, const struct tdx_node *n);
/* Errors: IL_E_STATE it is there; IL_E_NOMEM */
enum il_err tdx_node_add(struct tdx_own *o, bool devif, unsigned level,
			 uint64_t any, uint64_t page) IL_MUST;
void tdx_node_del(struct tdx_node *n);

/* The leaf, which has a page of entries; NULL: it has none. */
struct tdx_mmio *tdx_mmio_leaf(struct tdx_own *o, uint64_t pa);
void tdx_mmio_set(struct tdx_own *o, uint64_t pa, bool data, uint32_t function);
void tdx_mmio_map(struct tdx_own *o, uint64_t pa, uint64_t tdr, uint16_t hkid,
		  uint64_t gpa);
void tdx_mmio_unmap(struct tdx_own *o, uint64_t pa);
void tdx_mmio_accept(struct tdx_own *o, uint64_t pa, bool accepted);

/* --- secure EPT: own_sept.c --- */

struct tdx_sept {
	unsigned level; /* that it came to */
	uint64_t at;	/* where the entry stands, physical */
	uint64_t e;
};

/*
 * tdx_sept_find() - the entry for @gpa at @level, below @root
 * *out is what the walk came to, in any case.
 *
 * Errors: IL_E_STATE  it ended above: no table there, or a leaf
 */
enum il_err tdx_sept_find(const struct tdx_own *o, uint64_t root, uint64_t gpa,
			  unsigned level, struct tdx_sept *out) IL_MUST;
void tdx_sept_put(struct tdx_own *o, const struct tdx_sept *s, uint64_t e);
/* An empty table; @shared: of a root, whose upper half is the host's. */
void tdx_sept_clear(struct tdx_own *o, uint64_t table, bool root);
bool tdx_sept_empty(const struct tdx_own *o, uint64_t table);

static inline uint64_t tdx_sept_state(uint64_t e)
{
	return e & SEPT_STATE & ~EPT_D;
}

/* --- trusted DMA remapping: own_dmar.c --- */

struct tdx_dmar {
	unsigned level; /* enum tdx_dmar_level */
	uint16_t rid;
	uint64_t at; /* where the entry stands */
	uint64_t q[8];
};

/* 64-bit words of an entry. */
unsigned tdx_dmar_words(unsigned level);
/*
 * Errors: IL_E_STATE  an entry above it is not present, or no tables
 *         IL_E_IO     memory refused
 */
enum il_err tdx_dmar_find(const struct tdx_own *o, uint16_t rid, unsigned level,
			  struct tdx_dmar *out) IL_MUST;
void tdx_dmar_put(struct tdx_own *o, const struct tdx_dmar *d);
enum tdx_dmar_map tdx_dmar_map(const struct tdx_dmar *d);
enum tdx_dmar_inv tdx_dmar_inv(const struct tdx_dmar *d);
/* The same entry in another state; its other bits stay. */
void tdx_dmar_state(struct tdx_dmar *d, enum tdx_dmar_map map,
		    enum tdx_dmar_inv inv);
/* Physical address of the table below, 0 at a PASID entry. */
uint64_t tdx_dmar_below(const struct tdx_dmar *d);
/* No entry of the table below is anything but free. */
bool tdx_dmar_childless(const struct tdx_own *o, const struct tdx_dmar *d);

/* A device interface's place in the trusted tables; NULL: none. */
struct tdx_own_dev *tdx_own_dev(struct tdx_own *o, uint16_t rid);
/* Errors: IL_E_NOMEM. */
enum il_err tdx_own_dev_set(struct tdx_own *o,
			    const struct tdx_own_dev *d) IL_MUST;
void tdx_own_dev_del(struct tdx_own *o, uint16_t rid);

/* --- the rules; own_rule.c --- */

extern const struct rule tdx_rule_owner_bit;   /* "td-owner" */
extern const struct rule tdx_rule_module;      /* "td-module" */
extern const struct rule tdx_rule_pamt;	       /* "pamt" */
extern const struct rule tdx_rule_key;	       /* "keyid" */
extern const struct rule tdx_rule_pending;     /* "sept-pending" */
extern const struct rule tdx_rule_blocked;     /* "sept-blocked" */
extern const struct rule tdx_rule_mmio;	       /* "mmiomt" */
extern const struct rule tdx_rule_mmio_td;     /* "mmio-accept" */
extern const struct rule tdx_rule_dma_private; /* "dma-shared-only" */
extern const struct rule tdx_rule_p2p;	       /* "no-private-p2p" */
extern const struct rule tdx_rule_dmar;	       /* "dmar-missing" */
extern const struct rule tdx_rule_dmar_state;  /* "dmar-not-present" */
extern const struct rule tdx_rule_dmar_stream; /* "dmar-stream" */
extern const struct rule tdx_rule_dmar_port;   /* "dmar-port" */
extern const struct rule tdx_rule_vtd_entry;   /* "vtd-entry" */
extern const struct rule tdx_rule_vtd_form;    /* "vtd-reserved" */

bool tdx_own_sane(const struct tdx_own *o);

#endif
