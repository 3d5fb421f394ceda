/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_TARGET_LINK_H
#define JUDGE_TARGET_LINK_H

#include "judge/carry.h"
#include "judge/root.h"

struct sock_addr;

/*
 * The target "link:…": a device at the other end of a link. The judge is the
 * root port, and does what a system's firmware would: power-up, BARs, decoding
 * and bus mastering on, a selective IDE stream configured but not enabled.
 */
struct target_link_cfg {
	/*
	 * Makes a channel anew; the one before is gone. NULL entries of @way
	 * are not allowed. Errors: IL_E_IO, with words in @why.
	 */
	enum il_err (*connect)(void *ctx, struct root_way *way, char *why,
			       size_t why_cap);
	void (*hang_up)(void *ctx);
	void *ctx;
	uint64_t (*now_ns)(void *ctx); /* while there is no channel, too */
	const struct crypto *crypto;
	const struct env *env;
	uint64_t answer_ns; /* for a completion; 0: 3 s */
	uint64_t silent_ns;
	uint8_t stream; /* IDE stream id */
};

struct target_link {
	struct target_link_cfg cfg;
	bool open;
	struct root root;
	struct carry carry;
	/* Of the device, as they were found and set. */
	uint16_t ide_cap;   /* 0: it has none */
	uint16_t ide_block; /* its first selective stream */
	uint16_t exp;
	uint64_t bar[6];
	uint64_t bar_size[6];
};

/* @t must not move; a struct judge_target of it. */
void target_link_init(struct target_link *t, const struct target_link_cfg *cfg);
void target_link_fini(struct target_link *t);
struct judge_target target_link(struct target_link *t);

/*
 * target_link_enumerate() - what firmware does after a reset
 * Errors:   IL_E_IO  it does not answer
 */
enum il_err target_link_enumerate(struct target_link *t) IL_MUST;
/*
 * target_link_stream() - the control register of the device's stream, and the
 * same at this end
 * Endpoint first, both ways. Errors: IL_E_IO, IL_E_ARG: it has no IDE.
 */
enum il_err target_link_stream(struct target_link *t, bool enable) IL_MUST;

#endif
