/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FAKE_ENV_H
#define TEST_FAKE_ENV_H

#include <string.h>

#include "base/env.h"

/* An env that a test owns: the dice count up, the log is counted. */
struct fake_env {
	uint8_t next;		/* first byte of the next random fill */
	enum il_err random_err; /* what random() answers, if not IL_OK */
	unsigned traced;
	uint32_t last_ev;
};

static inline enum il_err fake_env_random(void *ctx, uint8_t *out, size_t len)
{
	struct fake_env *f = ctx;

	if (f->random_err)
		return f->random_err;
	for (size_t i = 0; i < len; i++)
		out[i] = f->next++;
	return IL_OK;
}

static inline void fake_env_trace(void *ctx, uint32_t ev, uint64_t a,
				  uint64_t b, uint64_t c)
{
	struct fake_env *f = ctx;

	(void)a;
	(void)b;
	(void)c;
	f->traced++;
	f->last_ev = ev;
}

static inline struct env fake_env(struct fake_env *f)
{
	return (struct env){ .random = fake_env_random,
			     .trace = fake_env_trace,
			     .ctx = f };
}

#endif
