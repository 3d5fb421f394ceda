/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli/cli.h"
#include "judge/judge.h"

/*
 * What `interlock validate` judges, by the way it is reached: "tcp:…",
 * "unix:…" the emulator's framing, "link:…" a link, "pci:…" a device here. A
 * row of the registry for each way.
 */
struct target;

struct target_opts {
	const char *trans; /* "doe", "mctp"; NULL: the first */
	unsigned timeout_s;
	bool force;	/* where it would disturb a driver */
	uint8_t stream; /* IDE stream id */
	/* Of a link's port; it need be there when the target is opened. */
	const struct crypto *crypto;
};

struct target_kind {
	const char *prefix;
	const char *says; /* what may follow it, for a message of misuse */
	/*
	 * Fills @t->judge; nothing is reached yet, that is what its open entry
	 * is for. 0, or an exit status after a line.
	 */
	int (*make)(struct target *t, const char *text,
		    const struct target_opts *o);
	void (*drop)(struct target *t);
};

struct target {
	struct cli *c;
	const struct target_kind *kind;
	const char *text;
	struct judge_target judge;
	bool mctp; /* else data objects: how messages are captured */
	void *own; /* of the kind */
};

/* 0, or an exit status after a line; then target_drop(). */
int target_make(struct cli *c, const char *text, const struct target_opts *o,
		struct target *t);
void target_drop(struct target *t);

extern const struct target_kind target_tcp, target_unix, target_over_link,
	target_of_pci;

#endif
