/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_JUDGE_PRODUCT_H
#define TEST_JUDGE_PRODUCT_H

#include "check.h"
#include "maker.h"

#include "device/file.h"
#include "device/misbehave.h"
#include "judge/judge.h"
#include "judge/target_link.h"

/*
 * The judge before devices of ours, honest and others, one process each: a
 * device that breaks its own invariants ends its process and nothing else.
 * Time is the rig's and moves when the judge waits.
 */

/* How the judge comes to the device. */
enum product_way {
	PRODUCT_MESSAGES, /* data objects, as by the emulator's socket */
	PRODUCT_LINK,	  /* as the root port */
	PRODUCT_MCTP,	  /* messages over MCTP */
	PRODUCT_WAYS,
};

/* What the device is: full.json, or that with a change. */
enum product_kind {
	PRODUCT_FULL,
	/* Signatures take their time: ResponseNotReady; and what was
	 * written takes a reset. */
	PRODUCT_SLOW,
	PRODUCT_MUTUAL, /* requesters are asked who they are */
	PRODUCT_LEAST,	/* certificates and sessions, and nothing else */
	PRODUCT_KINDS,
};

struct product_at {
	enum product_way way;
	enum product_kind kind;
	const char *misbehave; /* NULL: honest */
	uint64_t garble;       /* its seed; 0: none, see product_garble() */
	const char *only;      /* a pattern over names of cases */
};

/* What one case came to. */
struct product_result {
	char name[JUDGE_NAME_MAX];
	char words[JUDGE_WORDS];
	const struct judge_case *c;
	enum judge_verdict verdict;
	unsigned expected;
	uint64_t took_ns;
};

#define PRODUCT_RESULTS 4096u

/* Shared with the processes. */
struct product {
	struct maker maker;
	struct device_file file;
	uint8_t seed;
	struct product_share {
		unsigned n;
		struct product_result r[PRODUCT_RESULTS];
	} * share;
};

/* Reads the file that FULL_JSON names. */
struct product *product_new(void);
void product_free(struct product *p);

/* Runs; the results are in p->share. False: the process did not end by itself;
 * what it came to last is the last result. */
bool product_run(struct product *p, const struct product_at *at);

/* --- within: one process's --- */

#define PRODUCT_QUEUE 4u

struct product_in {
	struct product *p;
	struct arena arena;
	struct env env;
	struct dice dice;
	struct device_cfg cfg;
	struct device *dev;
	struct misbehave m;
	uint64_t now_ns;
	/* MESSAGES, MCTP */
	const struct spdm_binding *binding;
	struct judge_came last;
	struct product_msg {
		uint8_t p[0x11000];
		size_t n;
		enum judge_kind kind;
	} msg[PRODUCT_QUEUE]; /* answers that nobody took yet */
	unsigned msg_at, msg_count;
	enum il_err msg_err;
	/* LINK */
	struct link_queue queue;
	uint8_t *ring;
	struct target_link target;
	struct judge_cfg jcfg;
	struct judge j;
};

#define PRODUCT_RING (1u << 20)

/* The way by messages, of DOE or of MCTP. */
struct judge_target product_messages(struct product_in *in,
				     const struct spdm_binding *binding);
struct judge_target product_link(struct product_in *in);

/* One more that is on: nonsense of this seed. */
void product_garble(struct misbehave *m, uint64_t seed);

#endif
