/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/keylog.h"
#include "cli/own.h"
#include "cli/peer.h"
#include "idekm/req.h"
#include "spdm/req.h"
#include "tdisp/req.h"

/*
 * `interlock request`: a requester that walks through a responder's messages
 * and shows what it says. It drives the same engines as the TSM, with nobody
 * behind it: there is no root port, so keys are drawn and thrown away.
 */

/* How a step ended. */
enum rq_end {
	RQ_OK,
	RQ_ABSENT,  /* the peer does not offer it */
	RQ_REFUSED, /* by the peer, in its own words */
	RQ_FAILED,  /* no answer, or one that cannot be accepted */
	RQ_SKIPPED, /* what it stands on is not there */
	RQ_ENDS,
};

#define RQ_MSG	  4608u
#define RQ_CHAIN  32768u
#define RQ_REPORT 8192u
#define RQ_KEPT	  65536u
#define RQ_STEPS  32u
/* A record of this much fits one data object of 4,104 bytes. */
#define RQ_TRANSFER 4032u
/* Messages in chunks. */
#define RQ_LARGE 0x18000u

struct rq_opts {
	bool json;
	bool hello;
	bool clear;	   /* offer the handshake in the clear */
	uint16_t transfer; /* DataTransferSize */
	uint8_t slot;
	uint8_t stream; /* IDE stream id */
	uint8_t port;	/* IDE_KM port index */
	uint32_t function_id;
	uint16_t lock_flags;
	uint8_t version; /* the only one; 0: the newest in common */
	bool many;	 /* a connection of many keys, where it may be */
	uint8_t set_slot;
	uint8_t key_pair;
	uint8_t model;
	uint8_t tag;
	uint8_t pair_op; /* SPDM_KEY_PAIR_… */
	uint16_t pair_uses;
	uint8_t pair_slots;
	const char *set_chain; /* file; NULL: erase */
	const char *trust;     /* file, or NULL */
	const char *capture;   /* likewise */
	const char *keylog;    /* likewise */
	bool listed;	       /* the steps were named: all of them must work */
	const char *psk;       /* hexadecimal, or a file; NULL: none */
	const char *hint;
	const char *mutual; /* folder of our identity; NULL: none */
};

struct rq {
	struct cli *c;
	struct rq_opts o;
	struct peer peer;
	struct cli_keylog keylog;
	struct ossl *lib;
	struct crypto crypto;
	struct env env;
	struct spdm_req spdm;
	struct idekm_req idekm;
	struct tdisp_req tdisp;
	size_t anchor_len; /* 0: no trust anchor */
	uint8_t anchor[CRYPTO_CERT_MAX];

	struct cli_own own;

	json_t *steps;	 /* what is shown, step by step */
	json_t *found;	 /* of the step under way */
	char why[256];	 /* of the step under way, unless RQ_OK */
	char first[320]; /* of the first step that was not */

	uint8_t chain[RQ_CHAIN];
	uint8_t scratch[RQ_TRANSFER + SPDM_SECURED_SLACK + CRYPTO_ML_DSA_MAX];
	uint8_t large[RQ_LARGE];
	uint8_t msg[RQ_MSG];
	uint8_t pay[64]; /* vendor payload on its way out */
	uint8_t report[RQ_REPORT];
	uint8_t kept[RQ_KEPT]; /* a chain to set, a CSR, a log … */
};

/* request_spdm.c, request_pci.c: the steps. */
enum rq_end rq_connect(struct rq *q);
enum rq_end rq_challenge(struct rq *q);
enum rq_end rq_measure(struct rq *q);
enum rq_end rq_session(struct rq *q);
enum rq_end rq_psk_session(struct rq *q);
enum rq_end rq_encap(struct rq *q);
enum rq_end rq_heartbeat(struct rq *q);
enum rq_end rq_key_update(struct rq *q);
enum rq_end rq_end_session(struct rq *q);
enum rq_end rq_ide(struct rq *q);
enum rq_end rq_ide_stop(struct rq *q);
enum rq_end rq_tdisp(struct rq *q);

/* request_prov.c */
enum rq_end rq_csr(struct rq *q);
enum rq_end rq_set_cert(struct rq *q);
enum rq_end rq_key_pairs(struct rq *q);
enum rq_end rq_set_key_pair(struct rq *q);
enum rq_end rq_endpoint_info(struct rq *q);
enum rq_end rq_mel(struct rq *q);

/* One SPDM operation to its end; q->why says what went wrong. */
enum rq_end rq_spdm(struct rq *q, enum spdm_req_op op,
		    const struct spdm_req_args *args);

/*
 * rq_vendor() - @n bytes of q->pay, protocol id first, and the answer to them
 * @what: name of the message, for q->why
 * @out:  the answer's bytes after the protocol id
 */
enum rq_end rq_vendor(struct rq *q, size_t n, const char *what,
		      struct spdm_span *out);

/* q->why from words; returns @end. */
enum rq_end rq_say(struct rq *q, enum rq_end end, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* request_show.c: what was found, as text or JSON. */
void rq_show_hex(json_t *o, const char *key, const uint8_t *p, size_t n);
/* Names of the bits in @v; bits without a name as a number. */
struct rq_bit {
	uint32_t mask;
	uint32_t value;
	const char *name;
};
json_t *rq_bits(uint32_t v, const struct rq_bit *bit, size_t n);
const char *rq_end_name(enum rq_end end);
/* What VERSION lists, if that is what was answered. */
void rq_show_versions(struct rq *q, const uint8_t *p, size_t n);
void rq_show_step(struct rq *q, const char *name, enum rq_end end);
void rq_show_all(struct rq *q, bool ok);

const char *rq_spdm_error(uint8_t code);
const char *rq_tdisp_error(uint32_t code);
const char *rq_tdi_state(unsigned state);

#endif
