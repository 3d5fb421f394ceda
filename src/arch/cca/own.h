/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_OWN_H
#define ARCH_CCA_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/cca/abi.h"
#include "arch/cca/s2.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "iommu/iommu.h"
#include "mem/mem.h"

/*
 * Who owns each granule of an Arm machine with RME: the granule protection
 * table (GPT) that every access of CPU and DMA meets, the monitor's states of
 * granules behind it, realm translation tables, the stream tables of both SMMU
 * interfaces, and a memory key for each realm. Hardware and the monitor's
 * books, seen by the monitor (fw.c) from below; host and realm see insn.h.
 *
 * What `trusted` and `owner` of a mem_req mean, by agent:
 *   host      both ignored; always the non-secure address space
 *   vcpu      owner: VMID of a realm, 0 an ordinary VM; the top bit of the
 *             IPA decides between realm and non-secure address space
 *   device    trusted: T = 1, the Realm stream table's entry; owner: its VMID
 *   firmware  false: no key, non-secure granules and RTTs alone
 *             true, owner 0: the monitor's own key, its own granules
 *             true, owner n: the key of VMID n, DATA granules
 */

#define OWN_RANGES 16
#define OWN_PORTS  32

/* The key ids this room uses in mem: the monitor, then VMID n at n + 1. */
#define OWN_KEY_MONITOR	      1
#define OWN_KEY_OF_VMID(vmid) ((uint32_t)(vmid) + 1)
#define OWN_KEYS(vmids)	      ((uint32_t)(vmids) + 1)

/* Physical address spaces of the GPT. */
enum cca_own_pas {
	OWN_PAS_NS,
	OWN_PAS_REALM,
	OWN_PAS_ROOT,
};

/*
 * States of a granule. The GPT follows: NS is non-secure, ROOT is root, all
 * others are realm. Source: TF-RMM 9a7f8ef4, lib/granule
 */
enum cca_own_state {
	OWN_NONE, /* not covered: never private */
	OWN_NS,
	OWN_DELEGATED, /* next: anything below, or NS after a scrub */
	OWN_MONITOR,   /* stream tables; never given back */
	OWN_ROOT,      /* EL3: the GPT, root-port keys; never given back */
	OWN_RD,
	OWN_REC,
	OWN_RTT,  /* no key: the walkers read it */
	OWN_DATA, /* @vmid and @ipa say whose and where */
	OWN_PDEV,
	OWN_PDEV_AUX,
	OWN_VDEV,
	OWN_MAPPED, /* MMIO alone: in a realm's table */
	OWN_STATES,
};

/* 16 bytes for each 4 KiB. */
struct cca_own_granule {
	uint64_t ipa; /* DATA, MAPPED */
	uint16_t vmid;
	uint8_t state;
	bool io;
	uint8_t port; /* root port number, if @io */
};

struct cca_own_range {
	uint64_t base;
	uint64_t size;
	struct cca_own_granule *g;
};

/* A realm as the hardware knows it. */
struct cca_own_realm {
	bool active;
	uint8_t ipa_bits;
	uint8_t levels; /* of its table */
	uint64_t root;
	uint64_t count[OWN_STATES]; /* granules that name it, by state */
};

struct cca_own_cfg {
	struct arena *arena;
	const struct env *env;
	struct mem *mem;
	uint32_t vmids; /* VMIDs are 1 to vmids - 1; at most 4096 */
	uint64_t st;	/* Realm stream table: RAM, 4 KiB aligned, 64 bytes
			 * for each stream id */
	uint32_t sids;	/* entries in it; a multiple of 64, to 65536 */
	uint64_t root;	/* EL3's memory: RAM, 4 KiB aligned; 0: none */
	uint64_t root_size;
};

/* Stream ids that one second-level table of the Realm interface covers. */
#define OWN_L2_SIDS 64

/* What a locked root-port block associates with a stream id. */
struct cca_own_pin {
	uint8_t stream;
	uint8_t port;
};

struct cca_own {
	const struct env *env;
	struct arena *arena;
	struct mem *mem;
	struct iommu *iommu; /* set by cca_own_start() */
	struct cca_own_range range[OWN_RANGES];
	uint32_t ranges;
	uint32_t vmids;
	struct cca_own_realm *realm; /* by VMID */
	uint64_t st;
	uint32_t sids;
	uint64_t root;
	uint64_t root_size;
	struct cca_own_pin *pin; /* by stream id */
	uint64_t *l2;		 /* a bit for each second-level table */
	uint64_t *written;	 /* a bit for each stream id: ever written */
	uint64_t changes;	 /* granule moves so far */
	uint64_t entry_changes;	 /* of Realm stream table entries */
	uint64_t table_changes;	 /* of RTT entries */
};

#define OWN_TRACE_GRANULE TRACE_EV(TRACE_ARCH, 1) /* pa, state, vmid */
#define OWN_TRACE_STE	  TRACE_EV(TRACE_ARCH, 2) /* sid, valid, vmid */
#define OWN_TRACE_RTT	  TRACE_EV(TRACE_ARCH, 3) /* vmid, ipa, entry */
#define OWN_TRACE_REALM	  TRACE_EV(TRACE_ARCH, 4) /* vmid, active */
/* pa, its state, vmid: the realm's table no longer leads to it */
#define OWN_TRACE_UNMAP TRACE_EV(TRACE_ARCH, 5)

/* The rules, by the name that `expect fault` uses. */
extern const struct rule cca_own_rule_gpt;	    /* gpt */
extern const struct rule cca_own_rule_gpt_realm;    /* gpt-realm */
extern const struct rule cca_own_rule_vmid;	    /* vmid-inactive */
extern const struct rule cca_own_rule_monitor;	    /* monitor */
extern const struct rule cca_own_rule_p2p;	    /* realm-p2p */
extern const struct rule cca_own_rule_ripas;	    /* ripas */
extern const struct rule cca_own_rule_ripas_host;   /* ripas-destroyed */
extern const struct rule cca_own_rule_ste_invalid;  /* ste-invalid */
extern const struct rule cca_own_rule_ste_missing;  /* ste-missing */
extern const struct rule cca_own_rule_ste_reserved; /* ste-reserved */
extern const struct rule cca_own_rule_ste_stream;   /* ste-stream */
extern const struct rule cca_own_rule_ste_port;	    /* ste-port */
extern const struct rule cca_own_rule_ns_invalid;   /* ns-ste-invalid */
extern const struct rule cca_own_rule_ns_abort;	    /* ns-ste-abort */
extern const struct rule cca_own_rule_ns_config;    /* ns-ste-config */

/*
 * cca_own_init() - RME on, nothing covered yet
 *
 * Errors:   IL_E_ARG    @cfg out of range, or mem has too few keys
 *           IL_E_NOMEM  the arena is full
 */
enum il_err cca_own_init(struct cca_own *o,
			 const struct cca_own_cfg *cfg) IL_MUST;

/*
 * cca_own_cover() - the GPT covers [@base, +@size), all of it non-secure
 * @size: 4 KiB multiples, as @base
 * @io:   MMIO behind root port number @port
 *
 * Errors:   IL_E_ARG    not aligned, overlaps, or @port too large
 *           IL_E_SPACE  no range left
 *           IL_E_NOMEM  the arena is full
 */
enum il_err cca_own_cover(struct cca_own *o, uint64_t base, uint64_t size,
			  bool io, uint8_t port) IL_MUST;

/*
 * cca_own_start() - the rules take effect in mem and in @i; the Realm stream
 * table becomes the monitor's and all its entries invalid, EL3's memory root's
 * @i:      its rules are cca_own_iommu_rules with @o
 * @secret: the monitor's memory key, not 0
 *
 * Errors:   IL_E_ARG    table or root memory not in covered RAM; @secret 0
 *           IL_E_STATE  the host has taken a frame of them already
 *           IL_E_IO     memory refused the table's first write
 */
enum il_err cca_own_start(struct cca_own *o, struct iommu *i,
			  uint64_t secret) IL_MUST;

extern const struct mem_rules cca_own_mem_rules;     /* ctx: struct cca_own */
extern const struct iommu_rules cca_own_iommu_rules; /* ctx: struct cca_own */

/* --- granules --- */

enum cca_own_state cca_own_state(const struct cca_own *o, uint64_t pa);
enum cca_own_pas cca_own_pas(const struct cca_own *o, uint64_t pa);
/* A copy. Errors: IL_E_ARG not covered. */
enum il_err cca_own_granule(const struct cca_own *o, uint64_t pa,
			    struct cca_own_granule *out) IL_MUST;
/* Whether all of [@pa, @pa + @size) is covered MMIO of root port @port. */
bool cca_own_is_mmio(const struct cca_own *o, uint64_t pa, uint64_t size,
		     uint32_t port);

/*
 * cca_own_move() - the one writer of a granule's state
 * Legal: NS to DELEGATED and back; of RAM, DELEGATED to RD, REC, RTT, DATA,
 * PDEV, PDEV_AUX, VDEV and back; of MMIO, DELEGATED to MAPPED and back.
 * @vmid: of RD, REC, RTT, DATA, MAPPED: which realm; else 0
 * @ipa:  of DATA and MAPPED
 *
 * What goes to NS is scrubbed before this returns; what becomes the monitor's
 * or a realm's from DELEGATED is zero under its key.
 *
 * Errors:   IL_E_ARG    not covered, @vmid not active where one is needed
 *           IL_E_STATE  it is not in @from, or the pair is not listed
 */
enum il_err cca_own_move(struct cca_own *o, uint64_t pa,
			 enum cca_own_state from, enum cca_own_state to,
			 uint16_t vmid, uint64_t ipa) IL_MUST;

/* --- realms --- */

/*
 * cca_own_realm_start() - VMID @vmid gets a key and a table at @root (an RTT)
 * Errors: IL_E_ARG out of range, secret 0; IL_E_STATE active already.
 */
enum il_err cca_own_realm_start(struct cca_own *o, uint16_t vmid, uint64_t root,
				unsigned levels, unsigned ipa_bits,
				uint64_t secret) IL_MUST;
/*
 * cca_own_realm_stop() - the key is forgotten; what it protected is lost
 * Errors: IL_E_ARG; IL_E_STATE not active, or a granule or a stream table
 * entry still names the VMID.
 */
enum il_err cca_own_realm_stop(struct cca_own *o, uint16_t vmid) IL_MUST;
bool cca_own_realm_active(const struct cca_own *o, uint16_t vmid);
/* NULL: out of range. */
const struct cca_own_realm *cca_own_realm_of(const struct cca_own *o,
					     uint16_t vmid);
/* Upper half of the IPA space. */
bool cca_own_unprotected(const struct cca_own *o, uint16_t vmid, uint64_t ipa);

/* --- realm translation tables --- */

/* An entry, decoded. */
struct cca_own_rtte {
	unsigned level; /* Arm's: 0 to 3 */
	enum rmi_hipas hipas;
	enum rmi_ripas ripas;
	bool ns;     /* of an unprotected IPA */
	uint64_t pa; /* ASSIGNED, ASSIGNED_DEV; TABLE: the table */
	bool valid;  /* the walkers follow it */
	struct pt_slot slot;
};

/*
 * cca_own_rtt_find() - the entry for @ipa at @level, or where the walk ends
 * Errors: IL_E_ARG the VMID has no table; @ipa or @level out of range.
 */
enum il_err cca_own_rtt_find(const struct cca_own *o, uint16_t vmid,
			     uint64_t ipa, unsigned level,
			     struct cca_own_rtte *out) IL_MUST;

/*
 * cca_own_rtt_set() - the entry that was found becomes what @to says (hipas,
 * ripas, pa); of a valid unprotected one @write says whether it is writable
 * Whoever makes an entry invalid calls cca_own_tlbi() before anything rests on
 * it.
 *
 * Errors:   IL_E_STATE  the entry is not what was found
 *           IL_E_ARG    a state that this place cannot have
 */
enum il_err cca_own_rtt_set(struct cca_own *o, uint16_t vmid,
			    const struct cca_own_rtte *at,
			    const struct cca_own_rtte *to, bool write) IL_MUST;

/*
 * cca_own_rtt_table() - the RTT at @rtt (state RTT) below the entry found, all
 * its entries as the entry was; cca_own_rtt_untable() the reverse, with @to
 * instead Errors: IL_E_STATE a live entry, or not what was found; IL_E_IO.
 */
enum il_err cca_own_rtt_table(struct cca_own *o, uint16_t vmid,
			      const struct cca_own_rtte *at,
			      uint64_t rtt) IL_MUST;
enum il_err cca_own_rtt_untable(struct cca_own *o, uint16_t vmid,
				const struct cca_own_rtte *at,
				const struct cca_own_rtte *to) IL_MUST;
/* Entries of the table at @rtt that are assigned or lead to a table; all are
 * alike: *same, and *first the first one. */
unsigned cca_own_rtt_live(const struct cca_own *o, uint16_t vmid, uint64_t rtt,
			  unsigned level, bool ns, bool *same,
			  struct cca_own_rtte *first);

/* CPU and SMMU forget [@ipa, +@size) of the realm, before this returns. */
void cca_own_tlbi(struct cca_own *o, uint16_t vmid, uint64_t ipa,
		  uint64_t size);

/*
 * cca_own_realm_access() - a load or store of a realm's CPU
 * Errors: IL_E_ARG    length 0, or beyond the IPA space
 *         IL_E_AGAIN  stage 2: the host sees it, *f filled
 *         IL_E_IO     an abort within the realm, or of the machine
 */
enum il_err cca_own_realm_access(struct cca_own *o, uint16_t vmid, uint64_t ipa,
				 void *buf, uint32_t len, bool write,
				 struct fault *f) IL_MUST;

/* --- Realm stream table --- */

struct cca_own_ste {
	bool valid;
	uint16_t vmid; /* its table is the stage 2 */
	uint8_t stream;
	uint8_t port;
};

/* A second-level table for @sid, or none. Errors: IL_E_ARG out of range;
 * IL_E_STATE there is one (none), or a valid entry stands in it. */
enum il_err cca_own_ste_l2(struct cca_own *o, uint32_t sid, bool make) IL_MUST;
bool cca_own_ste_l2_at(const struct cca_own *o, uint32_t sid);

/*
 * cca_own_ste_write() - replace one entry; the SMMU forgets the old one and
 * every translation made through it (CMD_CFGI_STE, TLBI, CMD_SYNC) before this
 * returns
 *
 * Errors:   IL_E_ARG    @sid out of range, or the VMID has no table
 *           IL_E_STATE  no second-level table
 *           IL_E_IO     memory refused
 */
enum il_err cca_own_ste_write(struct cca_own *o, uint32_t sid,
			      const struct cca_own_ste *e) IL_MUST;
enum il_err cca_own_ste_read(const struct cca_own *o, uint32_t sid,
			     struct cca_own_ste *out) IL_MUST;
/* The first at or above @sid that was ever written; UINT32_MAX: none. */
uint32_t cca_own_ste_next(const struct cca_own *o, uint32_t sid);
/* How many entries, valid or not, name @vmid. */
uint32_t cca_own_realm_stes(const struct cca_own *o, uint16_t vmid);

bool cca_own_sane(const struct cca_own *o);

#endif
