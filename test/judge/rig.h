/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_JUDGE_RIG_H
#define TEST_JUDGE_RIG_H

#include "check.h"
#include "fake_env.h"
#include "maker.h"

#include "device/device.h"
#include "judge/judge.h"

/*
 * The judge before a device of ours, in one process, by messages alone. Time
 * is the rig's: it moves when the judge waits, so that no test waits for a
 * device that hangs.
 */
#define RIG_QUEUE 8u
#define RIG_MSG	  8192u

struct rig;

/* What stands between: @p is the answer on its way, @n its bytes. */
enum rig_way { RIG_GOES, RIG_LOST, RIG_CLOSES, RIG_NONSENSE };

struct rig {
	struct maker maker;
	struct fake_env fenv;
	struct env env;
	struct arena arena;
	struct device_cfg cfg;
	struct device *dev;
	uint64_t now_ns;

	/* What becomes of the @nth message; NULL: it goes. */
	enum rig_way (*between)(struct rig *r, unsigned nth);
	unsigned nth;
	unsigned opens, resets;
	const uint8_t *said; /* the message that @between is asked about */
	size_t said_n;
	bool hung; /* of @between's own */
	bool dead; /* nobody opens it any more */
	bool can_reset;
	const char *why;
	struct rig_answer {
		enum judge_kind kind;
		bool nonsense;
		size_t n;
		uint8_t p[RIG_MSG];
	} queue[RIG_QUEUE];
	unsigned head, count;
	struct judge_came last;
	uint8_t taken[RIG_MSG];

	struct judge *j;
	struct judge_cfg jcfg;
	struct judge_sum sum;
	/* Results, in order. */
	unsigned n;
	struct {
		char name[JUDGE_NAME_MAX];
		char words[JUDGE_WORDS];
		enum judge_verdict verdict;
		unsigned expected;
	} res[2048];
};

/* @cfg and @jcfg may be changed until rig_run(). */
struct rig *rig_new(void);
void rig_free(struct rig *r);
/* Makes the device if there is none yet, and runs the judge before it. */
void rig_run(struct rig *r);
/* Index of the result of this name; fails if there is none. */
unsigned rig_find(const struct rig *r, const char *name);

#endif
