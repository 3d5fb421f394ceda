/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include "base/env.h"
#include "guest/arch.h"
#include "evidence/appraise.h"

/*
 * The software of a confidential VM, as far as its device goes: find the
 * function, lock it, judge it, accept it, use it by DMA and MMIO in private
 * memory, give it back. It runs as programs: each is called until it is done,
 * and leaves the guest (IL_E_AGAIN) wherever the real one would exit.
 *
 * Trusts itself, what the TSM says in authenticated messages, and a device
 * that it has judged; never a value that the host wrote.
 *
 * Context: one vCPU; no allocation.
 */

enum guest_state {
	/* Nothing is known of the function. Next: FOUND. */
	GUEST_NONE,
	/* BARs are placed and decoded, shared. Next: LOCKED. */
	GUEST_FOUND,
	/* Locked for us; not yet judged. Next: JUDGED, or given back. */
	GUEST_LOCKED,
	/* Evidence accepted for this lock session. Next: ACCEPTED. */
	GUEST_JUDGED,
	/* Its MMIO is ours. Next: RUNNING. */
	GUEST_ACCEPTED,
	/* DMA and MMIO with the T bit. Next: FOUND by release. */
	GUEST_RUNNING,
	GUEST_STATES,
};

enum guest_prog {
	GUEST_PROG_NONE,
	GUEST_BOOT,	/* accept the private buffers; the state stays */
	GUEST_PROBE,	/* enumerate, place BARs, decode on: to FOUND */
	GUEST_LOCK,	/* FOUND to LOCKED; refused while a driver is bound */
	GUEST_APPRAISE, /* LOCKED to JUDGED */
	GUEST_ACCEPT,	/* JUDGED to ACCEPTED: MMIO ranges */
	GUEST_START,	/* ACCEPTED to RUNNING: run, trusted DMA entry */
	GUEST_DMA,	/* payload through the device and back */
	GUEST_SHARE,	/* pages become the host's, too; the state stays */
	GUEST_UNSHARE,	/* and private again; their content is lost */
	GUEST_MMIO,	/* device memory through both views */
	GUEST_LOAD,	/* one load from a BAR, in the view that is asked for */
	GUEST_STORE,	/* and one store; the state stays */
	GUEST_BIND,	/* the driver is bound: FOUND or RUNNING; it stays */
	GUEST_UNBIND,	/* and unbound */
	/* DMA off, MMIO back, stop, unbind: to FOUND; not under a driver */
	GUEST_RELEASE,
	GUEST_PROGS,
};

/* Trace events: a = program or state, b = before, c = error. */
/* So often evidence is read, while others measure the device. */
#define GUEST_APPRAISALS 64u

#define GUEST_EV_STATE TRACE_EV(TRACE_GUEST, 1)
#define GUEST_EV_DONE  TRACE_EV(TRACE_GUEST, 2)

/* Where things stand in guest physical memory. */
struct guest_map {
	uint64_t ecam; /* bus 0, 1 MiB a bus */
	uint64_t mmio; /* window for 64-bit BARs */
	uint64_t mmio_size;
	uint64_t src;	   /* payload buffer; 4K aligned, private */
	uint64_t dst;	   /* where the device puts it back */
	uint64_t buf_size; /* bytes of each of the two */
	/*
	 * Bounce buffers for DMA through shared memory: the first half is what
	 * the device reads, the second what it writes. 8K multiple; private
	 * until GUEST_SHARE.
	 */
	uint64_t bounce;
	uint64_t bounce_size;
};

struct guest_payload {
	const uint8_t *p; /* the file; NULL if @len is 0 */
	uint64_t len;
	uint32_t window; /* bytes a DMA command, 1 to 1 MiB */
	bool src_shared; /* the device reads the bounce buffer */
	bool dst_shared; /* it writes there; ours is copied behind it */
	/* A driver that hands out guest addresses as bus addresses. */
	bool as_is;
	/* After each window: is the function still there? An exit to the VMM.
	 */
	bool look;
};

/* A load or store of 1, 2, 4 or 8 bytes. */
#define GUEST_CONFIG                                            \
	EVIDENCE_BARS /* configuration space, as a bar's number \
		       */

struct guest_touch {
	unsigned bar; /* one that PROBE has placed, or GUEST_CONFIG */
	uint64_t off;
	uint32_t len;
	bool priv;	/* through the mapping with the encryption bit */
	uint64_t value; /* stored, or what was loaded */
};

/* The guest of an ordinary VM: for guest_cfg.arch; needs no context. */
extern const struct guest_arch_ops guest_plain_ops;

struct guest_cfg {
	const struct crypto *crypto;
	const struct env *env;
	const struct guest_arch_ops *arch;
	void *arch_ctx;
	const struct guest_cpu_ops *cpu;
	void *cpu_ctx;
	struct guest_map map;
	const uint8_t *anchor;
	size_t anchor_len;
	int64_t now_s;
	const struct evidence_measurement *expected;
	unsigned n_expected;
};

struct guest_bar {
	uint64_t gpa;
	uint64_t size;
};

struct guest {
	struct guest_cfg cfg;
	enum guest_state state;
	uint32_t bdf; /* as the guest sees it */
	struct guest_bar bar[EVIDENCE_BARS];
	/* Turned to an ordinary function; the other one's place. */
	bool beside;
	uint32_t other_bdf;
	struct guest_bar other_bar[EVIDENCE_BARS];
	bool driver_bound;
	bool driver_private; /* which view of the registers it has mapped */
	/* What a kernel's file would have answered to the last guest_begin() or
	 * program, or 0. */
	int eno;

	/* The program under way. */
	enum guest_prog prog;
	unsigned phase;
	unsigned i;
	uint32_t tmp;
	uint32_t tmp2;
	uint64_t done;	   /* bytes of the payload */
	uint64_t at;	   /* within a window */
	bool restore;	   /* cleaning up: go on past errors */
	enum il_err first; /* error that a cleanup goes past */

	/* The lock session: dies as a unit. */
	struct evidence_claims claims;
	struct evidence_findings findings;
	uint8_t nonce[EVIDENCE_NONCE_LEN];
	unsigned ranges_on;
	bool dma_on;
	struct evidence_verdict verdict; /* of the last GUEST_APPRAISE */
	bool judging;			 /* the last program was that */

	struct guest_payload payload;
	uint64_t gpa; /* GUEST_SHARE, GUEST_UNSHARE */
	uint64_t size;
	struct guest_touch touch; /* GUEST_LOAD, GUEST_STORE */
	bool bounce_on;		  /* the bounce buffers are shared */
	bool no_dma;	  /* GUEST_START leaves the trusted entry as it is */
	const char *what; /* why the last program failed, in a few words */
	uint8_t buf[4096];
};

void guest_init(struct guest *g, const struct guest_cfg *cfg);
void guest_fini(struct guest *g);

/*
 * guest_begin() - start a program
 * @payload: of GUEST_DMA; kept until it ends; else NULL
 *
 * Errors:   IL_E_STATE  another runs, the state is not where it starts, or
 *                       the bounce buffers are private
 *           IL_E_ARG    payload longer than the buffers, window out of range
 */
enum il_err guest_begin(struct guest *g, enum guest_prog prog,
			const struct guest_payload *payload) IL_MUST;
/*
 * guest_begin_pages() - start GUEST_SHARE or GUEST_UNSHARE
 * @gpa, @size: 4K multiples; the bounce buffers if @size is 0
 *
 * Errors:   as guest_begin(); IL_E_ARG not aligned, or wraps
 */
enum il_err guest_begin_pages(struct guest *g, enum guest_prog prog,
			      uint64_t gpa, uint64_t size) IL_MUST;

/*
 * guest_begin_touch() - start GUEST_LOAD or GUEST_STORE
 *
 * Errors:   as guest_begin(); IL_E_ARG not within a BAR, no such length, or
 *           not aligned to it
 */
enum il_err guest_begin_touch(struct guest *g, enum guest_prog prog,
			      const struct guest_touch *t) IL_MUST;

/*
 * guest_turn() - to an ordinary function beside the one that it may lock, or
 * back to that one. It is found and used, never locked: what is known of the
 * other one stays as it is.
 *
 * Errors:   IL_E_STATE  a program runs
 */
enum il_err guest_turn(struct guest *g) IL_MUST;

/*
 * guest_shared_from() - where the guest wants the border of its DMA, from the
 * next GUEST_START on; see guest_arch_ops
 *
 * Errors:   IL_E_ARG  the architecture has no such border, or cannot say it
 */
enum il_err guest_shared_from(struct guest *g, uint64_t bus) IL_MUST;

/*
 * guest_run() - go on until the program ends or the guest exits
 *
 * Errors:   IL_E_AGAIN  the host has an exit; call again afterwards
 *           IL_E_STATE  no program
 *           any other   the program failed; guest_what() says why. A failed
 *                       LOCK, APPRAISE, ACCEPT or START leaves the state as
 *                       before; the caller releases.
 */
enum il_err guest_run(struct guest *g) IL_MUST;

/* Drops a program between two exits: its vCPU will not run on. */
void guest_abandon(struct guest *g);

/* A few words on the last failure. */
void guest_what(const struct guest *g, char *out, size_t cap);

bool guest_sane(const struct guest *g);

const char *guest_prog_name(enum guest_prog p);
const char *guest_state_name(enum guest_state s);

#endif
