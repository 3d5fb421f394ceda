/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_VALIDATE_H
#define CLI_VALIDATE_H

#include "cli/decode.h"
#include "cli/keylog.h"
#include "cli/own.h"
#include "cli/target.h"
#include "world/capture.h"

/* `interlock validate`: docs/validate.md. */
struct val;

/* One case, as it is kept until the end. */
struct val_case {
	const struct judge_case *c;
	uint8_t version;
	char name[JUDGE_NAME_MAX];
	enum judge_verdict verdict;
	unsigned expected; /* expectations evaluated */
	char *words;	   /* NULL: none */
	/* Of those that failed, and with --verbose of those that passed,
	 * decoded; NULL: none. */
	char *exchange;
	uint64_t took_ns;
};

/* A form of the report. Entries may be NULL. */
struct val_form {
	const char *name;
	void (*begin)(struct val *v);
	void (*one)(struct val *v, const struct val_case *k); /* as it ends */
	void (*end)(struct val *v);
};
extern const struct val_form val_text, val_json, val_junit, val_tap;

#define VAL_ONLY 64u

struct val {
	struct cli *c;
	const struct val_form *form;
	struct target target;
	struct judge *judge;
	struct judge_cfg cfg;
	struct judge_sum sum;
	const char *only[VAL_ONLY];
	size_t n_only;
	bool verbose;
	struct ossl *lib;
	struct crypto crypto;
	struct cli_own own;
	struct cli_identity *anchor;
	struct cli_keylog keylog;
	struct world_pcap cap;
	struct dec *dec; /* for exchanges */
	struct val_case *cases;
	size_t n, room;
	char seed_text[24];
	uint8_t packet[JUDGE_MSG];
	bool short_of_memory;
	int group; /* of the last case that was shown; -1: none yet */
};

/* validate_show.c: the exchange of a case, decoded; NULL: no memory. The
 * caller frees it. */
char *val_exchange(struct val *v, struct judge_log *log);
/* validate_text.c: --list */
void val_list(struct val *v);
/* How sure a requirement is, in words of a report. */
const char *val_sure(enum sure sure);
unsigned val_count(const struct val *v, enum judge_verdict verdict);

#endif
