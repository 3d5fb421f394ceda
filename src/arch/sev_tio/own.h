/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_OWN_H
#define ARCH_SEV_TIO_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/sev_tio/insn.h"
#include "arch/sev_tio/pt.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "iommu/iommu.h"
#include "mem/mem.h"
#include "mem/s2.h"

/*
 * Who owns each page of an SNP machine: the reverse map (RMP), the rules that
 * follow from it for CPUs and DMA, the IOMMU's ordinary and secure device
 * entries, guest keys, and the fences of SEV-TIO. Hardware, seen by the PSP
 * (fw.c) from below; host and guest see insn.h.
 *
 * What `trusted` and `owner` of a mem_req mean, by agent:
 *   host      both ignored; never a T bit
 *   vcpu      C bit of the guest's mapping; ASID
 *   device    a private bus address (T = 1, below vTOM); ASID of the sDTE
 *   firmware  false: no key, to hypervisor and firmware pages alone
 *             true, owner 0: firmware's own key, to its own pages
 *             true, owner n: the key of ASID n, to its pages
 */

#define OWN_RAM_RANGES 16
#define OWN_PORTS      32 /* rp_id of the sDTE has five bits */

/* The key ids this room uses in mem: firmware, then ASID n at n + 1. */
#define OWN_KEY_FIRMWARE      1
#define OWN_KEY_OF_ASID(asid) ((asid) + 1)
#define OWN_KEYS(asids)	      ((asids) + 1)

/*
 * States of a page, as the SNP firmware names them; derived from the entry.
 * Source: SEV-SNP Firmware ABI 56860, 1.57, §5.2 (page states)
 */
enum own_state {
	OWN_NONE,	   /* not covered by the RMP */
	OWN_HYPERVISOR,	   /* assigned 0 */
	OWN_FIRMWARE,	   /* assigned 1, ASID 0, immutable 1 */
	OWN_RECLAIM,	   /* assigned 1, ASID 0, immutable 0 */
	OWN_CONTEXT,	   /* as FIRMWARE, and in use by the PSP */
	OWN_PRE_GUEST,	   /* ASID n, immutable 1, validated 0 */
	OWN_GUEST_INVALID, /* ASID n, immutable 0, validated 0 */
	OWN_GUEST_VALID,   /* ASID n, immutable 0, validated 1 */
	OWN_GUEST_PINNED,  /* ASID n, immutable 1, validated 1 */
};

#define OWN_F_ASSIGNED	0x01
#define OWN_F_IMMUTABLE 0x02
#define OWN_F_VALIDATED 0x04
#define OWN_F_VMSA	0x08
#define OWN_F_2M	0x10
#define OWN_F_IO	0x20 /* stands in an MMIO window */
#define OWN_F_CONTEXT	0x40
#define OWN_F_BUSY	0x80 /* another processor holds the entry */

/*
 * One entry: 16 bytes for each 4 KiB, and nothing beside. Pages under a 2 MiB
 * entry repeat it with their own GPA, so that a look-up reads one entry alone.
 */
struct own_page {
	uint64_t gpa;
	uint16_t asid;
	uint16_t perm; /* four bits a VMPL, 0 lowest */
	/* In the first of each 2 MiB: how many of the 512 are assigned. */
	uint16_t assigned;
	uint8_t flags;
	uint8_t port; /* root port number, if OWN_F_IO */
};

_Static_assert(sizeof(struct own_page) == 16, "what the table costs a page");

static inline uint8_t own_perm(const struct own_page *p, unsigned vmpl)
{
	return p->perm >> 4 * vmpl & RMP_PERM_ALL;
}

static inline void own_perm_set(struct own_page *p, unsigned vmpl, uint8_t perm)
{
	p->perm = (uint16_t)((p->perm & ~(RMP_PERM_ALL << 4 * vmpl)) |
			     perm << 4 * vmpl);
}

struct own_range {
	uint64_t base;
	uint64_t size;
	struct own_page *page;
};

/* Assigned pages of the 2 MiB that hold byte @off of the range. */
static inline unsigned own_assigned(const struct own_range *r, uint64_t off)
{
	return r->page[align_down(off, PAGE_2M) / PAGE_4K].assigned;
}

/* Fences of SEV-TIO, one of each for (root port, ASID). */
enum own_fence {
	OWN_FENCE_OPEN = 0,
	OWN_FENCE_ERROR = 1,
	OWN_FENCE_CLOSED = 3, /* the state at start: "default-fenced" */
};

struct own_cfg {
	struct arena *arena;
	const struct env *env;
	struct mem *mem;
	uint32_t asids; /* ASIDs are 1 to asids - 1; at most 4096 */
	uint64_t sdte;	/* firmware's table of secure device entries: RAM,
			 * 4 KiB aligned, 64 bytes for each RID */
	uint32_t rids;	/* entries in it; a multiple of 64, to 65536 */
};

struct own {
	const struct env *env;
	struct arena *arena;
	struct mem *mem;
	struct iommu *iommu; /* set by own_use_iommu() */
	struct own_range range[OWN_RAM_RANGES];
	uint32_t ranges;
	uint32_t asids;
	uint64_t sdte;
	uint32_t rids;
	uint8_t *fence;	   /* [asid][port]: DMA in 1:0, MMIO in 3:2 */
	uint8_t *active;   /* by ASID: its key is installed */
	uint32_t *pages;   /* by ASID: how many entries name it */
	uint32_t *valid;   /* by ASID: of these, validated */
	uint64_t *written; /* a bit a RID: its secure entry was ever written */
	uint64_t changes;  /* RMP writes so far */
	uint64_t entry_changes; /* of secure device entries */
};

#define OWN_TRACE_RMP	TRACE_EV(TRACE_ARCH, 1) /* pa, state, asid */
#define OWN_TRACE_SDTE	TRACE_EV(TRACE_ARCH, 2) /* rid, valid, asid */
#define OWN_TRACE_FENCE TRACE_EV(TRACE_ARCH, 3) /* asid, port, fences */
#define OWN_TRACE_ASID	TRACE_EV(TRACE_ARCH, 4) /* asid, active */

/*
 * The rules, by the name that `expect fault` uses. "rmp-assigned" is the one
 * most scenarios want: somebody touched a page that is not his.
 */
extern const struct rule own_rule_assigned;	 /* rmp-assigned */
extern const struct rule own_rule_assigned_read; /* rmp-assigned-read: OPEN */
extern const struct rule own_rule_vtom;		 /* vtom */
extern const struct rule own_rule_unassigned;	 /* rmp-unassigned */
extern const struct rule own_rule_asid;		 /* rmp-asid */
extern const struct rule own_rule_gpa;		 /* rmp-gpa */
extern const struct rule own_rule_validated;	 /* rmp-validated */
extern const struct rule own_rule_vmpl;		 /* rmp-vmpl */
extern const struct rule own_rule_size_small;	 /* rmp-size: leaf < entry */
extern const struct rule own_rule_size_large;	 /* rmp-size-large */
extern const struct rule own_rule_size_mixed;	 /* rmp-size-mixed */
extern const struct rule own_rule_immutable;	 /* rmp-immutable */
extern const struct rule own_rule_uncovered;	 /* rmp-uncovered */
extern const struct rule own_rule_io;		 /* rmp-io: OPEN */
extern const struct rule own_rule_p2p;		 /* p2p */
extern const struct rule own_rule_vmpl0;	 /* rmp-vmpl0 */
extern const struct rule own_rule_firmware;	 /* rmp-firmware */
extern const struct rule own_rule_inactive;	 /* asid-inactive */
extern const struct rule own_rule_fence_dma;	 /* asid-fenced */
extern const struct rule own_rule_fence_mmio;	 /* asid-fenced-mmio */
extern const struct rule own_rule_dte_invalid;	 /* dte-invalid */
extern const struct rule own_rule_dte_mode;	 /* dte-passthrough */
extern const struct rule own_rule_dte_reserved;	 /* dte-reserved */
extern const struct rule own_rule_sdte_invalid;	 /* sdte-invalid */
extern const struct rule own_rule_sdte_reserved; /* sdte-reserved */
extern const struct rule own_rule_sdte_stream;	 /* sdte-stream */
extern const struct rule own_rule_sdte_port;	 /* sdte-port */

/*
 * own_init() - SNP on, every ASID fenced, nothing covered yet
 *
 * Errors:   IL_E_ARG    @cfg out of range, or mem has too few keys
 *           IL_E_NOMEM  the arena is full
 */
enum il_err own_init(struct own *o, const struct own_cfg *cfg) IL_MUST;

/*
 * own_cover() - the RMP covers [@base, +@size), all pages of the hypervisor
 * @size: 2 MiB multiples, as @base
 * @io:   MMIO behind root port number @port
 *
 * RAM must be covered before own_start(). An MMIO window may be larger than
 * what mem knows; what is not covered can never be private.
 *
 * Errors:   IL_E_ARG    not aligned, overlaps, or @port too large
 *           IL_E_SPACE  no range left
 *           IL_E_NOMEM  the arena is full
 */
enum il_err own_cover(struct own *o, uint64_t base, uint64_t size, bool io,
		      uint8_t port) IL_MUST;

/*
 * own_start() - the rules take effect in mem and in @i; the secure device
 * table becomes firmware's (context pages, firmware's key) and all entries
 * of it invalid. Its frames leave the host's allocator.
 * @i:      its rules are own_iommu_rules with @o
 * @secret: firmware's memory key, not 0
 *
 * Errors:   IL_E_ARG    the table is not in covered RAM, or @secret is 0
 *           IL_E_STATE  the host has taken a frame of the table already
 *           IL_E_IO     memory refused the table's first write
 */
enum il_err own_start(struct own *o, struct iommu *i, uint64_t secret) IL_MUST;

extern const struct mem_rules own_mem_rules;	 /* ctx: struct own */
extern const struct iommu_rules own_iommu_rules; /* ctx: struct own */

/* --- what the host's instructions do (world puts them into insn.h) --- */

/*
 * own_rmpupdate() - RMPUPDATE
 *
 * Clears Validated and VMSA; VMPL 0 gets all permissions, the others none.
 * Content stays as it is stored.
 *   FAIL_INPUT       not covered; not aligned to the size; reserved fields;
 *                    ASID out of range; not assigned yet ASID or immutable
 *   FAIL_PERMISSION  an entry in the range is immutable, or a context
 *   FAIL_INUSE       an entry in the range is held
 *   FAIL_OVERLAP     2M over assigned 4K entries, 4K inside a 2M entry
 * Source: APM vol. 3 RMPUPDATE; Linux 7.3 arch/x86/virt/svm/sev.c
 */
enum rmp_rc own_rmpupdate(struct own *o, uint64_t pa,
			  const struct rmp_update *u);
/*
 * own_psmash() - PSMASH: one 2 MiB entry becomes 512 with its attributes
 *   FAIL_INPUT not covered or aligned; FAIL_BADADDR not a 2 MiB entry;
 *   FAIL_PERMISSION immutable; FAIL_INUSE held
 */
enum rmp_rc own_psmash(struct own *o, uint64_t pa);
enum rmp_rc own_rmpread(const struct own *o, uint64_t pa, struct rmp_read *out);

/* --- what the guest's instructions do --- */

/*
 * own_pvalidate() - PVALIDATE at @gpa of the VM on @c (its nested table walks)
 * @rc:   on IL_OK: RMP_OK, RMP_FAIL_INPUT, RMP_FAIL_SIZEMISMATCH (2M asked,
 *        4K mapped or entry 4K)
 * @same: on IL_OK and RMP_OK: the carry flag, nothing changed
 *
 * Errors:   IL_E_IO  a fault for the host (#NPF) or, with own_rule_vmpl0, for
 *                    the guest (#GP); nothing changed
 */
enum il_err own_pvalidate(struct own *o, const struct s2_cpu *c, uint64_t gpa,
			  enum rmp_size size, bool validate, enum rmp_rc *rc,
			  bool *same, struct fault *f) IL_MUST;
/*
 * own_rmpadjust() - RMPADJUST; @attr as in insn.h
 * @rc: RMP_OK, FAIL_INPUT, FAIL_PERMISSION (target not less privileged, more
 *      than the caller has, VMSA from above VMPL 0), FAIL_SIZEMISMATCH
 */
enum il_err own_rmpadjust(struct own *o, const struct s2_cpu *c, uint64_t gpa,
			  enum rmp_size size, uint64_t attr, enum rmp_rc *rc,
			  struct fault *f) IL_MUST;
/*
 * The same two for a processor that has no nested table here: a second stage
 * of somebody else's making has found that @r->gpa is at @r->pa, by a leaf of
 * @r->leaf bytes, for the VM @r->owner at VMPL @r->level.
 */
enum il_err own_pvalidate_at(struct own *o, const struct mem_req *r,
			     enum rmp_size size, bool validate, enum rmp_rc *rc,
			     bool *same, struct fault *f) IL_MUST;
enum il_err own_rmpadjust_at(struct own *o, const struct mem_req *r,
			     enum rmp_size size, uint64_t attr, enum rmp_rc *rc,
			     struct fault *f) IL_MUST;

/* --- what firmware may do --- */

enum own_state own_state(const struct own *o, uint64_t pa);
/* A copy of the entry. Errors: IL_E_ARG not covered. */
enum il_err own_entry(const struct own *o, uint64_t pa,
		      struct own_page *out) IL_MUST;

/* Whether all of [@pa, @pa + @size) is covered MMIO of root port @port. */
bool own_is_mmio(const struct own *o, uint64_t pa, uint64_t size,
		 uint32_t port);

/*
 * own_fw_move() - firmware's own state changes of one 4 KiB page
 * Legal:  FIRMWARE -> CONTEXT, CONTEXT -> FIRMWARE
 *         FIRMWARE, PRE_GUEST -> RECLAIM                (page reclaim)
 *         PRE_GUEST -> GUEST_VALID (launch update)
 *         GUEST_INVALID -> PRE_GUEST, GUEST_VALID -> GUEST_PINNED and
 *         GUEST_PINNED -> GUEST_VALID        (pin private MMIO)
 *         PRE_GUEST -> GUEST_PINNED, GUEST_PINNED -> PRE_GUEST (MMIO
 *         validate and invalidate on the guest's behalf)
 *         GUEST_PINNED, PRE_GUEST -> GUEST_INVALID (unpin)
 * @from is what the page must be now.
 *
 * A 2 MiB entry is refused: the host must PSMASH first.
 *
 * Errors:   IL_E_ARG    not covered
 *           IL_E_STATE  the page is not in @from, the pair is not listed, or
 *                       the entry is 2 MiB
 */
enum il_err own_fw_move(struct own *o, uint64_t pa, enum own_state from,
			enum own_state to) IL_MUST;

/*
 * own_fw_perm() - permissions of the VMPLs, as LAUNCH_UPDATE sets them
 * Errors: IL_E_ARG not covered, or unknown bits; IL_E_STATE no guest's page.
 */
enum il_err own_fw_perm(struct own *o, uint64_t pa,
			const uint8_t perm[RMP_VMPLS]) IL_MUST;

/*
 * own_fw_unsmash() - the 512 entries around @pa (2 MiB aligned) become one
 * Errors: IL_E_ARG not aligned or covered; IL_E_STATE one is held, immutable
 * or no guest's, or they differ in more than the GPA, which must go on.
 */
enum il_err own_fw_unsmash(struct own *o, uint64_t pa) IL_MUST;

/* Another processor (the PSP, mid-command) holds the entry, or no longer. */
enum il_err own_hold(struct own *o, uint64_t pa, bool held) IL_MUST;

/*
 * own_asid_activate() - install a guest's memory key
 * @secret: not 0; fresh for each guest
 *
 * Errors:   IL_E_ARG    ASID 0 or out of range, secret 0
 *           IL_E_STATE  already active
 */
enum il_err own_asid_activate(struct own *o, uint32_t asid,
			      uint64_t secret) IL_MUST;
/*
 * own_asid_deactivate() - forget the key; what it protected is lost
 * Errors: IL_E_ARG; IL_E_STATE not active. That no page and no sDTE names the
 * ASID any more is firmware's to check: own_asid_pages(), own_asid_sdtes().
 */
enum il_err own_asid_deactivate(struct own *o, uint32_t asid) IL_MUST;
bool own_asid_active(const struct own *o, uint32_t asid);
uint64_t own_asid_pages(const struct own *o, uint32_t asid);
/* How many of them the guest, or firmware for it, has validated. */
uint64_t own_asid_validated(const struct own *o, uint32_t asid);

/*
 * The two fences of (@asid, @port), as ASID_FENCE_STATUS tells them: a closed
 * or error DMA fence refuses T=1 DMA, a closed MMIO fence the guest's private
 * access. Errors: IL_E_ARG.
 */
enum il_err own_fence_set(struct own *o, uint32_t asid, uint8_t port,
			  enum own_fence dma, enum own_fence mmio) IL_MUST;
enum il_err own_fence_get(const struct own *o, uint32_t asid, uint8_t port,
			  enum own_fence *dma, enum own_fence *mmio) IL_MUST;

/* --- secure device entries --- */

#define OWN_SDTE_LEN 64

/*
 * A secure device entry, decoded. Fields that this model does not act on are
 * kept as the bytes say (@raw). Source: AMD's public SEV-TIO patches (sDTE)
 */
struct own_sdte {
	bool valid;
	bool ppr, giov, gv;
	uint8_t glx;
	bool ir, iw;
	uint16_t domain_id;
	bool interrupt, ex, sd, sats;
	bool giv;
	uint8_t gint_len;
	uint64_t gint_tbl; /* address */
	uint8_t gpm;
	bool hpt_mode;
	uint16_t asid;
	bool viommu_en;
	uint16_t guest_device_id;
	uint16_t guest_id; /* 46:32; bit 47 is always one on the wire */
	uint8_t vmpl;
	bool attrv;
	uint8_t sa;
	uint8_t stream[8];
	bool vtom_en;
	uint32_t vtom; /* 2 MiB units, 31 bits */
	uint8_t rp_id;
};

void own_sdte_encode(const struct own_sdte *e, uint8_t out[OWN_SDTE_LEN]);
/* Errors: IL_E_FIELD a reserved bit is set, or bit 47 of q3 is clear in a
 * valid entry. An all-zero entry decodes as not valid. */
enum il_err own_sdte_decode(const uint8_t in[OWN_SDTE_LEN],
			    struct own_sdte *out) IL_MUST;

/*
 * own_sdte_write() - replace one entry, and have the IOMMU forget the old one
 * and every translation made through it, before this returns
 *
 * Errors:   IL_E_ARG  @rid out of range, or a field does not fit
 *           IL_E_IO   memory refused
 */
enum il_err own_sdte_write(struct own *o, uint32_t rid,
			   const struct own_sdte *e) IL_MUST;
enum il_err own_sdte_read(const struct own *o, uint32_t rid,
			  struct own_sdte *out) IL_MUST;
/*
 * The first RID at or above @rid whose entry was written since the table was
 * made; the others are invalid, since nobody but own_sdte_write() can write
 * there. UINT32_MAX: none.
 */
uint32_t own_sdte_next(const struct own *o, uint32_t rid);
/* How many valid entries name @asid. */
uint32_t own_asid_sdtes(const struct own *o, uint32_t asid);

/* --- ordinary device entries, the host's; 32 bytes --- */

#define OWN_DTE_LEN 32

/*
 * Source: AMD IOMMU Specification 48882, 3.08, §2.2.2.1; Linux 7.3
 * drivers/iommu/amd/amd_iommu_types.h
 */
#define OWN_DTE0_V	BIT64(0)
#define OWN_DTE0_TV	BIT64(1)
#define OWN_DTE0_HAD	MASK64(8, 7)
#define OWN_DTE0_MODE	MASK64(11, 9)
#define OWN_DTE0_ROOT	MASK64(51, 12)
#define OWN_DTE0_IR	BIT64(61)
#define OWN_DTE0_IW	BIT64(62)
#define OWN_DTE1_DOMAIN MASK64(15, 0)
#define OWN_DTE2_IV	BIT64(0)
#define OWN_DTE2_INTCTL MASK64(61, 60)

/*
 * own_dte_read() - the host's entry for @rid as it stands in memory
 * Errors: IL_E_ARG beyond the table; IL_E_IO the table is not readable.
 */
enum il_err own_dte_read(const struct own *o, uint32_t rid,
			 uint64_t q[4]) IL_MUST;

bool own_sane(const struct own *o);

#endif
