/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_LIB_BENCH_H
#define TEST_LIB_BENCH_H

#include "check.h"

#include "base/env.h"
#include "crypto/crypto.h"
#include "interlock/requester.h"
#include "spdm/codec.h"

/* The installed requester, and whoever answers it. */

#define BENCH_ROOM 4608

struct bench {
	struct il_crypto table;
	struct il_env env;
	struct il_span anchor; /* the first of the device's certificates */
	struct il_requester_cfg cfg;
	void *mem;
	size_t size;
	struct il_requester *r;
	uint64_t now_ns;
	uint8_t buf[BENCH_ROOM], msg[BENCH_ROOM];
	unsigned carried;
	uint8_t out[10000]; /* where results go */
	/* One message to the device; @*len 0: it says nothing. */
	enum il_err (*handle)(void *peer, enum spdm_kind kind,
			      const uint8_t *in, size_t n, uint8_t *out,
			      size_t cap, size_t *len, enum spdm_kind *back);
	void *peer;
	/* Spoils an answer before it is pushed; NULL: nobody. */
	size_t (*spoil)(uint8_t *obj, size_t n);
};

/* A configuration that trusts the first of @certs. */
void bench_over(struct bench *b, const struct crypto *c, const struct env *env,
		struct spdm_span certs);
void bench_start(struct bench *b);
void bench_stop(struct bench *b);

/* From begin to the end of the operation, over DOE data objects. */
enum il_err bench_go(struct bench *b, enum il_req_op op,
		     const struct il_requester_args *args);
const struct il_requester_result *bench_found(const struct bench *b);
/* Connected, and in a session. */
void bench_session(struct bench *b);

#endif
