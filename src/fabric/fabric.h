/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FABRIC_FABRIC_H
#define FABRIC_FABRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "crypto/crypto.h"
#include "ide/ide.h"
#include "iommu/iommu.h"
#include "link/link.h"
#include "mem/mem.h"
#include "pci/cfg.h"

/*
 * The root complex: root ports on bus 0, configuration accesses, MMIO windows
 * and the way up from a device to memory. What is below a port is on the
 * other side of its link; the fabric knows it by frames alone.
 *
 * The host reaches the ports' registers and may write what it likes; what a
 * write does to a keyed stream is decided here (law 13).
 */
#define FABRIC_PORTS   8u
#define FABRIC_STREAMS 8u /* selective blocks of a port */
#define FABRIC_ADDRS   2u /* address associations of a block */

/*
 * A completion does not come: nothing moved in this many turns of the other
 * end. Stands for the Completion Timeout, as world time does not pass inside
 * one access.
 */
#define FABRIC_TURNS 64u

/*
 * Where the other end runs by itself, time passes and is the bound; this many
 * looks are only there so that it is one of steps too.
 */
#define FABRIC_WAITS (1u << 16)

/* Frames taken in at a time: nobody holds us up by sending without end. */
#define FABRIC_FRAMES 4096u

struct fabric_port_cfg {
	uint16_t bdf;	/* the port's own, on bus 0 */
	uint8_t number; /* LnkCap: port number, unique */
	bool hotplug;	/* has a slot; starts empty if not @present */
	bool present;	/* a device is there and the link is up */
	/*
	 * Registers of the port's maker, which firmware alone writes; none if
	 * @vendor_size, bytes, is 0.
	 */
	uint16_t vendor;
	uint16_t vendor_id;
	uint16_t vendor_size;
	struct link_end link;
	/*
	 * Lets what is below run; called while an access waits for its
	 * completion. False: it had nothing to do.
	 */
	bool (*pump)(void *ctx);
	/*
	 * In its place where the other end runs by itself: returns when a
	 * frame may have come. @turn counts up from 0 in each access. False:
	 * the time for its completion is over. NULL: @pump.
	 */
	bool (*wait)(void *ctx, unsigned turn);
	void *pump_ctx; /* of both */
};

struct fabric_cfg {
	struct mem *mem;
	struct iommu *iommu;
	const struct crypto *crypto;
	const struct env *env;
	uint8_t segment;
	/* Each refused or unanswered access, once; may be NULL. */
	void (*refused)(void *ctx, const struct fault *f);
	void *refused_ctx;
	/*
	 * The hot-plug interrupt of a port, as Slot Control enables it; called
	 * from within what causes it. May be NULL.
	 */
	void (*slot_irq)(void *ctx, uint16_t port_bdf);
	void *slot_irq_ctx;
	/*
	 * A wire of those below @port, INTA is @pin 1, changed; at the port of
	 * a device no number makes another pin of it. May be NULL.
	 */
	void (*intx)(void *ctx, unsigned port, unsigned pin, bool on);
	void *intx_ctx;
};

struct fabric;

struct fabric_port {
	struct fabric *fabric;
	unsigned index;
	struct link_end link;
	bool (*pump)(void *ctx);
	bool (*wait)(void *ctx, unsigned turn);
	void *pump_ctx;
	uint16_t bdf;
	uint8_t number;
	bool hotplug;
	bool present;
	bool off;     /* its power controller is off */
	bool up;      /* DL_Active; only when present, and not off */
	uint16_t exp; /* offsets of capabilities */
	uint16_t ide_cap;
	uint16_t vendor; /* 0: there are none */
	uint16_t vendor_size;
	uint8_t locked;	     /* a bit a block: its holder has locked it */
	uint8_t made;	     /* likewise: and set it up */
	uint8_t host_enable; /* likewise: but Enable is the host's */
	uint64_t dropped;    /* writes of the host that a lock has stopped */
	uint8_t intx;	     /* wires that are asserted, a bit each */
	uint8_t fail_due;    /* streams that owe the partner an IDE Fail */
	struct pci_cfg cfg;
	struct ide_port ide;
	uint64_t tlps_up;
	uint64_t tlps_down;
};

/* The one non-posted request that may be on its way down. */
struct fabric_wait {
	bool active;
	bool done;
	unsigned port;
	uint16_t tag;
	bool ide; /* and the answer must come on the same stream, same T */
	uint8_t stream;
	bool t;
	uint8_t status;		/* TLP_CPL_* */
	const struct rule *why; /* the answer is not to be believed */
	uint8_t *buf;
	uint32_t want; /* bytes; 0: no data expected */
	uint32_t got;
};

struct fabric {
	struct mem *mem;
	struct iommu *iommu;
	const struct crypto *crypto;
	const struct env *env;
	uint8_t segment;
	void (*refused)(void *ctx, const struct fault *f);
	void *refused_ctx;
	void (*slot_irq)(void *ctx, uint16_t port_bdf);
	void *slot_irq_ctx;
	void (*intx)(void *ctx, unsigned port, unsigned pin, bool on);
	void *intx_ctx;
	struct fabric_port port[FABRIC_PORTS];
	unsigned ports;
	struct fabric_wait wait;
	uint16_t next_tag;
	uint64_t ecam_base;
	struct fault last; /* the latest refusal */
	uint64_t faults;
	uint64_t dma_read;  /* bytes that devices read from memory */
	uint64_t dma_write; /* bytes that devices wrote to it */
	uint64_t msis;
	uint8_t frame[LINK_FRAME_MAX];
	uint8_t scratch[TLP_LIMIT_DATA];
	uint8_t data[TLP_LIMIT_DATA + 8];
	uint8_t out[LINK_FRAME_MAX];
};

enum fabric_trace {
	FABRIC_TR_FAULT = TRACE_EV(TRACE_FABRIC, 1),  /* stage, addr, id */
	FABRIC_TR_LINK = TRACE_EV(TRACE_FABRIC, 2),   /* port, event, sent? */
	FABRIC_TR_STREAM = TRACE_EV(TRACE_FABRIC, 3), /* port, block, cause */
	FABRIC_TR_HELD = TRACE_EV(TRACE_FABRIC, 4),   /* port, reg, value */
};

/* The refusals of the root complex; sources stand in rules.c. */
extern const struct rule fabric_rule_no_target;	 /* "no-target" */
extern const struct rule fabric_rule_link_down;	 /* "link-down" */
extern const struct rule fabric_rule_timeout;	 /* "completion-timeout" */
extern const struct rule fabric_rule_ur;	 /* "unsupported-request" */
extern const struct rule fabric_rule_ca;	 /* "completer-abort" */
extern const struct rule fabric_rule_unexpected; /* "unexpected-completion" */
extern const struct rule fabric_rule_poisoned;	 /* "poisoned" */
extern const struct rule fabric_rule_bme;	 /* "port-bme" */
extern const struct rule fabric_rule_source;	 /* "source-validation" */
extern const struct rule fabric_rule_p2p;	 /* "no-peer-to-peer" */
extern const struct rule fabric_rule_type;	 /* "upstream-type" */
extern const struct rule fabric_rule_translated; /* "address-type" */
extern const struct rule fabric_rule_intx;	 /* "intx-message" */

/* Zeroes *f. No ports yet. */
void fabric_init(struct fabric *f, const struct fabric_cfg *cfg);
void fabric_fini(struct fabric *f);
bool fabric_sane(const struct fabric *f);

/*
 * fabric_add_port() - one more root port
 * @index: its number in the calls below
 *
 * Errors:   IL_E_ARG    not on bus 0, or bdf or number taken
 *           IL_E_SPACE  no room for another
 */
enum il_err fabric_add_port(struct fabric *f, const struct fabric_port_cfg *cfg,
			    unsigned *index) IL_MUST;
/* The port with that bdf, or -1. */
int fabric_port_at(const struct fabric *f, uint16_t bdf);
/* The port whose bus range holds @bdf, or -1. */
int fabric_port_above(const struct fabric *f, uint16_t bdf);

/*
 * fabric_window() - CPU accesses to [@base, @base + @size) become packets
 * Multiples of 4 KiB. The host bridge's aperture; which port takes an address
 * is in the ports' registers.
 *
 * Errors:   as mem_add_mmio()
 */
enum il_err fabric_window(struct fabric *f, uint64_t base,
			  uint64_t size) IL_MUST;
/* The ECAM region of all buses from 0 to @last_bus. Errors: likewise. */
enum il_err fabric_ecam(struct fabric *f, uint64_t base,
			uint8_t last_bus) IL_MUST;

/*
 * fabric_cfg_read() - the host's configuration access, waits for the answer
 * @size: 1, 2 or 4; @reg naturally aligned
 * @val:  written always; all ones when nothing answered
 *
 * Errors:   IL_E_ARG  @reg or @size
 *           IL_E_IO   not answered with success; @val is all ones, f->last
 *                     says why. A host sees the ones alone.
 */
enum il_err fabric_cfg_read(struct fabric *f, uint16_t bdf, uint16_t reg,
			    unsigned size, uint32_t *val) IL_MUST;
enum il_err fabric_cfg_write(struct fabric *f, uint16_t bdf, uint16_t reg,
			     unsigned size, uint32_t val) IL_MUST;

/*
 * fabric_run() - take in what the devices sent: DMA, interrupts, events
 * At most FABRIC_FRAMES frames of each port; true if there was any. A channel
 * that has ended, or whose framing broke, is a link that went down.
 */
bool fabric_run(struct fabric *f);

/*
 * Root-port keys, for their holder alone (DESIGN, section 2). Arguments and
 * errors as in ide.h; IL_E_ARG too for a port that is not there.
 */
enum il_err fabric_key_program(struct fabric *f, unsigned port, uint8_t stream,
			       unsigned set, enum ide_dir dir, unsigned sub,
			       const uint8_t key[static IDE_KEY_LEN],
			       uint64_t ifv) IL_MUST;
enum il_err fabric_key_go(struct fabric *f, unsigned port, uint8_t stream,
			  unsigned set, enum ide_dir dir, unsigned sub) IL_MUST;
enum il_err fabric_key_stop(struct fabric *f, unsigned port, uint8_t stream,
			    unsigned set, enum ide_dir dir,
			    unsigned sub) IL_MUST;
/* All keys of the stream, both sets; it is Insecure afterwards. */
enum il_err fabric_key_wipe(struct fabric *f, unsigned port,
			    uint8_t stream) IL_MUST;

/*
 * Root-port registers, where firmware holds them (DESIGN, section 2): what the
 * host may write elsewhere, its holder puts here. No path from the host leads
 * here.
 */
struct fabric_block {
	int block; /* which one; -1: the first that is parked */
	uint8_t id;
	uint8_t segment;
	uint16_t rid_base;
	uint16_t rid_limit; /* the last */
	bool is_default;
	bool cfg_en;
	bool tee_limited;
	/* Enable stays the host's to write, locked or not. */
	bool host_enable;
	unsigned ranges;
	struct ide_range range[FABRIC_ADDRS]; /* whole MiB, valid or not */
};

/*
 * fabric_stream_setup() - a parked block becomes @s, on TC 0, not enabled
 *
 * Errors:   IL_E_ARG    no such port or block; a field out of range
 *           IL_E_STATE  the block is in use; another has the id, is the
 *                       default as well, or has RIDs or addresses of it (law
 *                       12)
 *           IL_E_SPACE  no block is parked
 */
enum il_err fabric_stream_setup(struct fabric *f, unsigned port,
				const struct fabric_block *s) IL_MUST;
/* Keys wiped, block parked, unlocked. Errors: IL_E_ARG there is none. */
enum il_err fabric_stream_teardown(struct fabric *f, unsigned port,
				   uint8_t stream) IL_MUST;
/*
 * fabric_stream_enable() - its Enable bit
 * Errors: IL_E_ARG there is none; IL_E_STATE as ide_stream_set().
 */
enum il_err fabric_stream_enable(struct fabric *f, unsigned port,
				 uint8_t stream, bool on) IL_MUST;
/*
 * fabric_stream_lock() - the host's writes to the block's registers go nowhere
 * While a block of the port is locked, so do those to what routes: bus
 * numbers, memory windows, and the Command bits that open them. Dropped, and
 * traced (FABRIC_TR_HELD); the host reads what was there. One that the host has
 * made is the holder's as long as it is locked.
 * Errors: IL_E_ARG there is none, or the host has made several.
 */
enum il_err fabric_stream_lock(struct fabric *f, unsigned port, uint8_t stream,
			       bool on) IL_MUST;
/*
 * fabric_vendor_write() - bits of @mask of the dword at @off become @value's
 * @off: behind the headers of the port's vendor registers
 * Errors: IL_E_ARG  no such port or register
 */
enum il_err fabric_vendor_write(struct fabric *f, unsigned port, uint16_t off,
				uint32_t mask, uint32_t value) IL_MUST;
enum il_err fabric_vendor_read(struct fabric *f, unsigned port, uint16_t off,
			       uint32_t *value) IL_MUST;

struct fabric_stream {
	unsigned block;
	enum ide_status status;
	bool primed[2]; /* all six keys of the set are there */
	struct ide_block_regs regs;
};
/*
 * What the port's registers and keys say of the stream. Errors: IL_E_ARG
 * no such port, or no block that is not parked has this id.
 */
enum il_err fabric_key_status(struct fabric *f, unsigned port, uint8_t stream,
			      struct fabric_stream *out) IL_MUST;

/*
 * fabric_stream_ready() - may keys for @stream come? (laws 9 and 12)
 * One block of the port has its id, is not enabled, holds no keys, is on TC 0,
 * no other is the default, and its RID range has @rid. It need not be the
 * default itself: Linux leaves that to the endpoint's block.
 *
 * Errors:   IL_E_ARG    no such port
 *           IL_E_STATE  it is not so
 */
enum il_err fabric_stream_ready(struct fabric *f, unsigned port, uint8_t stream,
				uint8_t segment, uint16_t rid) IL_MUST;

/* Is @rid below the port, by its bus numbers? */
bool fabric_behind(const struct fabric *f, unsigned port, uint8_t segment,
		   uint16_t rid);

/*
 * fabric_ep_ide() - a device's IDE capability as configuration space has it
 * From the capability register (offset 4) to its end, read over the link.
 *
 * Errors:   IL_E_IO     no such function, or it has no such capability
 *           IL_E_SPACE  longer than @cap
 */
enum il_err fabric_ep_ide(struct fabric *f, uint16_t rid, uint8_t *out,
			  size_t cap, size_t *len) IL_MUST;

/*
 * What people and power supplies do to a port. Each tells the other end and
 * acts at once. Errors: IL_E_ARG no such port; IL_E_STATE it is so already
 * (no link to reset, nothing to remove).
 */
enum il_err fabric_hot_reset(struct fabric *f, unsigned port) IL_MUST;
enum il_err fabric_fund_reset(struct fabric *f, unsigned port) IL_MUST;
enum il_err fabric_link_down(struct fabric *f, unsigned port) IL_MUST;
enum il_err fabric_link_up(struct fabric *f, unsigned port) IL_MUST;
/* The slot's power, as its controller has it; presence stays as it is. */
enum il_err fabric_power(struct fabric *f, unsigned port, bool on) IL_MUST;
/* Surprise removal, and insertion of the device at the link's other end. */
enum il_err fabric_remove(struct fabric *f, unsigned port) IL_MUST;
enum il_err fabric_insert(struct fabric *f, unsigned port) IL_MUST;

#endif
