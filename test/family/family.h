/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FAMILY_FAMILY_H
#define TEST_FAMILY_FAMILY_H

/*
 * Families of cases that nobody lists. The parent runs scenarios/assign.il
 * honestly, in one process; at every point that a family names it forks, and
 * the child goes on from there with one thing changed: it inherits the whole
 * world, which stands in one arena, and the program's stack with it. So a case
 * costs what comes after its point, and the cases are as many as the operations
 * have points.
 *
 * All of it on each platform. A case is named
 * PLATFORM/VARIANT/OPERATION/UNIT/INDEX/KIND, such as
 * sev-tio/pf/guest-lock/exchange/3/busy; --case NAME runs it alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/ossl.h"
#include "world/world_priv.h"

struct family;

/* What one case came to. */
struct family_end {
	bool good;
	bool failed;	/* the operation ended with an error */
	unsigned tag;	/* the family's own; counted in the summary */
	uint64_t steps; /* of the world, from the point to the end */
	char came[24];	/* how it came out; counted by operation and kind */
	char why[400];	/* when it is not good */
};

#define FAMILY_TAGS 6u

struct family_cfg {
	const char *name;
	/* The one platform whose calls it knows; NULL: each. */
	const char *platform;
	/* Names of the tags that judge() gives, up to FAMILY_TAGS. */
	const char *tags[FAMILY_TAGS];
	const struct dsm_tap
		*tap;  /* of the device; its context is the family */
	bool rehearse; /* first a run with another seed and no cases */
	/* A call of the script is about to run, and has just run; may be NULL.
	 * Only in the parent. */
	void (*before)(struct family *f, const struct lang_call *c);
	void (*after)(struct family *f, const struct lang_call *c);
	/*
	 * A step of a call is about to run; NULL: calls run in one. In the
	 * parent and in the child, where false ends the call there.
	 */
	bool (*step)(struct family *f, const struct lang_call *c);
	/*
	 * In the child: the operation has ended with @err. Tears down, looks at
	 * what is left, fills @end but for steps.
	 */
	void (*judge)(struct family *f, enum il_err err,
		      struct family_end *end);
};

/* How cases of one operation and one kind came out. */
struct family_row {
	char op[64];
	char kind[40];
	char came[24];
	uint64_t n;
};

#define FAMILY_ROWS  2048u
#define FAMILY_CALLS 128u
#define FAMILY_OPS   128u
#define FAMILY_JOBS  8u

/* The summary of one operation. */
struct family_op {
	char name[64];
	uint64_t cases;
	uint64_t bad;
	uint64_t unnoticed; /* the operation ended well nevertheless */
	uint64_t steps_max;
	uint64_t tag[FAMILY_TAGS];
};

struct family {
	const struct family_cfg *cfg;
	const char *platform;
	const char *variant; /* pf, vf */
	/* the script, and how far it is */
	char text[8192];
	size_t text_len;
	struct lang_call call[FAMILY_CALLS];
	struct lang_script script;
	size_t next;
	struct world *w;
	/* who the device is */
	struct ossl *o;
	struct identity id;
	uint8_t anchor[CRYPTO_CERT_MAX];
	size_t anchor_len;
	uint8_t payload[1000];
	/* which cases: one in @share, drawn by @seed; or @only */
	uint64_t seed;
	uint64_t share;
	const char *only;
	const char *only_on; /* a platform; NULL: each */
	struct dice dice;
	bool verbose;
	bool table; /* what cases came to, by operation and kind */
	bool rehearsing;
	/* in the child */
	bool child;
	int report;
	char name[128];
	uint64_t step0;
	/* in the parent */
	unsigned jobs; /* children at once */
	struct family_job {
		int pid; /* 0: free */
		int fd;	 /* where its report comes */
		char name[128];
		struct family_op *op;
	} job[FAMILY_JOBS];
	struct family_op op[FAMILY_OPS];
	unsigned ops;
	uint64_t cases;
	uint64_t bad;
	struct family_row row[FAMILY_ROWS];
	unsigned rows;
};

/*
 * family_fork() - is a case to be run from here?
 * @unit, @index: the point in the operation under way
 * @kind: what the child is about to change
 *
 * True in the child, which makes its change and goes on; its end is judged
 * when the call of the script returns. False in the parent, in a child, and
 * for a case that is not in the share.
 */
bool family_fork(struct family *f, const char *unit, uint64_t index,
		 const char *kind);

/* "guest-lock" of a call. */
void family_op_name(const struct lang_call *c, char out[48]);
/* A draw of the case's own, from seed and name: one in @n. */
bool family_one_in(const struct family *f, uint64_t n);
/* Fills @end with a failure, printf-like; the first one stays. */
void family_bad(struct family_end *end, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * family_main() - all variants; the exit status
 * Arguments: SCENARIO [--seed N] [--share N] [--case NAME] [--jobs N]
 * Without --share the whole family runs in a plain build, and with sanitizers
 * one case in @share. FAMILY_SHARE in the environment stands for --share.
 */
int family_main(const struct family_cfg *cfg, uint64_t share, int argc,
		char **argv);

#endif
