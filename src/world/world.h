/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include "base/arena.h"
#include "base/env.h"
#include "base/fault.h"
#include "crypto/identity.h"
#include "dsm/dsm.h"
#include "guest/guest.h"
#include "spdm/keys.h"
#include "world/lang.h"

/*
 * One world: machine, firmware, host, VMM, guest, link and device, wired as
 * the real ones are, driven by commands. Deterministic: time, randomness and
 * order come in. At most one is alive in a process; all of it stands in one
 * arena at a fixed address.
 */
struct world;

/* One thing that happened, for people and programs to read. */
struct world_step {
	const char *group; /* connect, launch, assign, lock … */
	const char *who;   /* host, vmm, guest, device, firmware */
	const char *what;
	const char *result; /* "ok", or what went wrong */
	bool failed;
	uint64_t ns; /* how long it took, by the caller's clock */
};

/* What a run shows: what it came to where it was expected to. */
enum world_note_kind {
	WORLD_NOTE_ERROR,
	WORLD_NOTE_FAULT,
	WORLD_NOTE_VERDICT,
	WORLD_NOTE_OPEN,	 /* the outcome rests on it */
	WORLD_NOTE_DIFFERS,	 /* how the platform differs from others */
	WORLD_NOTE_INAPPLICABLE, /* and nothing was run */
};

struct world_note {
	enum world_note_kind kind;
	const char *what;   /* EBUSY, a rule's name, a verdict, why not */
	const char *says;   /* what failed, or what the rule says; NULL: - */
	const char *source; /* where it is written; NULL: not said */
	enum sure sure;
	const struct lang_call *call; /* the line that says so */
};

/* Boundaries that calls go over. */
enum world_edge {
	WORLD_VMM_HOST, /* system calls */
	WORLD_HOST_FW,
	WORLD_FW_DEV, /* SPDM, IDE_KM, TDISP, whoever carries them */
	WORLD_GUEST_FW,
	WORLD_EDGES,
};

/* One call over a boundary. */
struct world_edge_call {
	enum world_edge edge;
	/* As the ABI, or the protocol, has it; while it is told. One that fails
	 * may be told again, with @status. */
	const char *name;
	const char *status; /* what it came to; NULL: good, or it begins */
	/* The command that runs; NULL: none does. */
	const struct lang_call *during;
};

/* Where a world tells what it does; each may be NULL. */
struct world_out {
	void (*note)(void *ctx, const struct world_note *n);
	void (*call)(void *ctx, const struct world_edge_call *c);
	void (*step)(void *ctx, const struct world_step *s);
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	uint64_t (*mono_ns)(void *ctx);
	void *ctx;
};

/*
 * How long a device in another process is waited for: to accept, to answer an
 * access, to answer the next one after it did not, and in a row in all until
 * the root port gives the link up. An answer that takes longer than @silent_ms
 * is slow; what such answers take beyond it may be @slow_ms in a whole run.
 * Milliseconds.
 */
struct world_patience {
	uint32_t connect_ms;
	uint32_t answer_ms;
	uint32_t silent_ms;
	uint32_t total_ms;
	uint32_t slow_ms;
};

struct world_cfg {
	uint64_t seed;
	int64_t now_s; /* seconds since 1970 at which world time begins */
	struct world_out out;
	/* Files that commands name, opened by the program. */
	const struct identity *identity; /* NULL: no device of its own */
	const uint8_t *anchor;		 /* DER */
	size_t anchor_len;
	const uint8_t *payload;
	size_t payload_len;
	const struct evidence_measurement *expected;
	unsigned n_expected;
	const struct dsm_tap *tap; /* of the device; NULL: honest */
	void *tap_ctx;
	const struct world_patience *patience; /* NULL: the usual */
	spdm_keylog_fn *keylog; /* the platform's sessions; NULL: not told */
	void *keylog_ctx;
	bool lawless; /* for benchmarks: laws are not asked */
};

/* What a run came to. */
struct world_sum {
	uint64_t to_device;   /* bytes that the function read by DMA */
	uint64_t from_device; /* bytes that it wrote */
	uint64_t tlps;	      /* both ways */
	uint64_t exchanges;   /* over DOE */
	uint64_t steps;	      /* at which laws were checked */
	uint64_t law_checks;
	unsigned laws;	      /* stated over this world */
	unsigned laws_tested; /* whose antecedent held at least once */
	/* Where the device is, if in another process: then wall time passed in
	 * this world, and it cannot be replayed. NULL: in this one. */
	const char *device_at;
};

/* Errors: IL_E_NOMEM, IL_E_ARG. */
enum il_err world_new(const struct world_cfg *cfg, struct world **out) IL_MUST;
void world_free(struct world *w);

/* The commands; their context is a struct world. */
extern const struct lang_table world_commands;

/* Why a run ended. */
struct world_end {
	enum il_err err;
	unsigned line;	   /* of the scenario; 0: none */
	char what[480];	   /* one line that names what and where */
	unsigned law;	   /* the violated law, or 0 */
	bool expect;	   /* an expectation did not hold */
	bool inapplicable; /* the file says so of this platform; err is 0 */
};

/*
 * world_run() - every call of a script in turn
 * On failure the rest is not run, nor after a line that says that the file does
 * not apply; world_cleanup() gives back what is held.
 */
enum il_err world_run(struct world *w, const struct lang_script *s,
		      struct world_end *end) IL_MUST;
/* One call to its end, or to its first wait if it has a name. */
enum il_err world_call(struct world *w, const struct lang_call *c,
		       const struct lang_call *next,
		       struct world_end *end) IL_MUST;

/*
 * world_cleanup() - release, detach, destroy, disconnect, whatever is left
 * Ends in bounded steps; true if the device is unlocked and disconnected (or
 * isolated) afterwards. Of a device in another process that is what the
 * platform knows: no binding but those that are unlocked or cut off, no
 * connection, no trusted entry, no key at the root port.
 */
bool world_cleanup(struct world *w);
/*
 * world_isolated() - was a device cut off, and is nothing left that could
 * reach it: stream of the root port disabled, its keys wiped, trusted entries
 * invalid, sessions and grants gone?
 *
 * True from there to the next connection that stands.
 */
bool world_isolated(struct world *w);
/* What the platform still holds of a device, or NULL. */
const char *world_holds(struct world *w);
/*
 * world_reaches() - the same without the registers, which are the host's: what
 * firmware takes away by itself, in the command in which it isolates
 */
const char *world_reaches(struct world *w);

/* Errors: IL_E_IO  a capture did not reach its file whole */
enum il_err world_captures_close(struct world *w) IL_MUST;

void world_sum(const struct world *w, struct world_sum *out);
/*
 * The measurements that the guest last judged, good or bad; they outlive the
 * guest. NULL if there are none.
 */
const struct evidence_measurement *world_measurements(const struct world *w,
						      unsigned *n);

/* Law @i as text: number, sentence, how often its antecedent held. */
struct world_law {
	unsigned number;
	const char *says;
	uint64_t held;
};
unsigned world_laws(const struct world *w, struct world_law *out, unsigned max);

/* The last @max trace events as text, oldest first, one a line. */
void world_trace_text(const struct world *w, unsigned max,
		      void (*line)(void *ctx, const char *text), void *ctx);
const char *world_tdi_name(uint64_t state); /* "locked"; "?" if none is */
/*
 * Every connection, stream, binding, TDI, trusted entry and VM as it stands,
 * one a line: what an expectation may have been about.
 */
void world_state_text(struct world *w,
		      void (*line)(void *ctx, const char *text), void *ctx);

#endif
