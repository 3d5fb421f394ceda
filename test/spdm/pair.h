/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SPDM_PAIR_H
#define TEST_SPDM_PAIR_H

#include "check.h"
#include "fake_env.h"
#include "maker.h"

#include "spdm/req.h"
#include "spdm/rsp.h"

/* A requester and a responder of ours, joined by the test. */

#define PAIR_TRANSFER 4096
#define PAIR_BUF      (PAIR_TRANSFER + 64)
#define PAIR_MSG      20480 /* where a test has longer ones */

/* The responder at a moment, with its sessions. */
struct pair_rsp {
	struct spdm_rsp rsp;
	struct spdm_rsp_session ses[SPDM_RSP_SESSIONS];
};

struct pair {
	struct maker maker;
	struct crypto c; /* the maker's */
	struct fake_env fenv;
	struct env env;

	struct spdm_rsp_cfg rcfg;
	struct spdm_req_cfg qcfg;
	struct spdm_rsp rsp;
	struct spdm_rsp_session ses[SPDM_RSP_SESSIONS];
	struct spdm_req req;
	uint8_t rsp_scratch[2 * PAIR_TRANSFER];
	uint8_t req_scratch[PAIR_BUF];
	uint8_t chain[8192];
	uint8_t vca[512];
	uint8_t meas[8192];

	/* What the port does and saw. */
	enum il_err sign_err;
	enum il_err vendor_err;
	enum il_err psk_err;
	enum il_err trust_err;
	unsigned trusted; /* chains that the responder was asked about */
	unsigned signs;	  /* signatures that the requester made */
	unsigned slow;	  /* times that it says to ask again */
	bool pending;
	uint8_t signed_digest[SPDM_HASH_MAX]; /* of the latest */
	const char *about; /* signed for this instead, if not NULL */
	uint8_t msg[SPDM_SIGN_MSG_MAX]; /* the last that ML-DSA signed */
	size_t msg_len;
	uint8_t rsp_digest[SPDM_HASH_MAX]; /* the responder's latest */
	uint8_t infos;			   /* endpoint information that came */
	bool info_proven;
	uint8_t peer_chain[8192];
	uint8_t psk_twist; /* of the responder's pre-shared key */
	bool vendor_silent;
	unsigned vendor_calls;
	unsigned ended;
	uint32_t ended_id;
	enum spdm_end ended_why;

	/* The messages of the last exchange. */
	uint8_t in[PAIR_MSG];
	size_t in_len;
	enum spdm_kind in_kind;
	uint8_t out[PAIR_MSG];
	size_t out_len;
	enum spdm_kind out_kind;
	uint64_t now_ns;

	/* A tap, if a test sets one in rcfg. */
	void (*change)(struct pair *p, struct spdm_msg *rsp);
	uint8_t change_code;
	enum spdm_tap_stage change_stage;
	unsigned changed;
};

#define PAIR_HINT "the key" /* of the only pre-shared one */

/* Storage and configuration; a test may alter rcfg and qcfg before start. */
struct pair *pair_new(enum crypto_curve curve);
/* The same with a key of another kind, which rcfg does not know of; NULL: there
 * is none in this table. */
struct pair *pair_new_kind(enum crypto_key kind);
void pair_start(struct pair *p);
void pair_free(struct pair *p);

/* The requester has an identity, in its slot 0 and @slot; the responder asks
 * for it in KEY_EXCHANGE, @how is SPDM_MUT_AUTH…, or 0. */
void pair_mutual(struct pair *p, uint8_t how, uint8_t slot);

/* One message each way. What push said. */
enum il_err pair_exchange(struct pair *p);
/* From begin to the end of the operation. */
enum il_err pair_run(struct pair *p, enum spdm_req_op op,
		     const struct spdm_req_args *args);
/* Connected, and in a session. */
void pair_connect(struct pair *p);
void pair_session(struct pair *p);
/* Sessions that the responder has, handshakes too. */
unsigned pair_live(const struct pair *p);

/* Sends bytes to the responder as they are; the ERROR code of the answer,
 * 0 if it is none, -1 if there was no answer. */
int pair_send(struct pair *p, enum spdm_kind kind, const uint8_t *in, size_t n);
/* The same for one message inside the requester's session. */
int pair_send_secured(struct pair *p, const uint8_t *in, size_t n);

void pair_keep(const struct pair *p, struct pair_rsp *out);
/* Nothing of it has changed since. */
void pair_same(const struct pair *p, const struct pair_rsp *old);
/* What may differ after an answered refusal in the first session: how many
 * records there were, and when. */
void pair_same_but_records(const struct pair *p, const struct pair_rsp *old);

#endif
