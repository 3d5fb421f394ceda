/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_JUDGE_THROUGH_H
#define TEST_JUDGE_THROUGH_H

#include "check.h"
#include "fake_env.h"
#include "maker.h"

#include "device/device.h"
#include "judge/judge.h"
#include "judge/target_link.h"

/*
 * The judge before a device of ours, in one process, through a link: it is the
 * root port. Time is the rig's and moves when the judge waits.
 */
struct through {
	struct maker maker;
	struct fake_env fenv;
	struct env env;
	struct arena arena;
	struct device_cfg cfg;
	struct device *dev;
	struct link_queue queue;
	uint8_t *ring;
	uint64_t now_ns;
	unsigned connects;
	bool away; /* nobody answers a connection */
	struct target_link *target;
	struct judge *j;
	struct judge_cfg jcfg;
	struct judge_sum sum;
	/* Of the latest case. */
	char words[JUDGE_WORDS];
	enum judge_verdict verdict;
	unsigned expected;
	char name[JUDGE_NAME_MAX];
	bool show; /* print what does not pass */
};

/* @cfg may be changed until through_start(). */
struct through *through_new(void);
void through_start(struct through *t);
/* All cases that @only names, a shell pattern. */
void through_run(struct through *t, const char *only);
void through_free(struct through *t);

#endif
