/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_ENDS_H
#define BENCH_ENDS_H

#include "crypto/ossl.h"
#include "spdm/req.h"
#include "spdm/rsp.h"

/*
 * Both ends of SPDM in one process, joined by a function call: SPDM 1.2,
 * P-384, SHA-384, AES-256-GCM, a chain of three certificates, the root of
 * which the requester trusts. Each end has a crypto context of its own.
 */

#define ENDS_PAYLOAD_MAX 16384
#define ENDS_TRANSFER	 (ENDS_PAYLOAD_MAX + 64)
#define ENDS_IN		 (ENDS_TRANSFER + 64)
#define ENDS_OUT	 (2 * ENDS_TRANSFER + 128)

struct ends {
	struct ossl *lib[2];
	struct crypto c[2]; /* the requester's, the responder's */
	struct env env;
	struct crypto_slot key;
	uint8_t certs[3 * CRYPTO_CERT_MAX];
	size_t certs_len;
	size_t root_len; /* the anchor stands first in @certs */
	int64_t now_s;

	struct spdm_req req;
	struct spdm_rsp rsp;
	struct spdm_rsp_session ses[SPDM_RSP_SESSIONS];
	uint8_t chain[8192];
	/*
	 * What is encrypted begins at a cache line, in the clear and in a
	 * record, whose first six bytes are not encrypted.
	 */
	_Alignas(64) uint8_t req_scratch[ENDS_TRANSFER + 64];
	_Alignas(64) uint8_t rsp_scratch[2 * ENDS_TRANSFER + 64];
	_Alignas(64) uint8_t in_line[ENDS_IN + 58];
	_Alignas(64) uint8_t out_line[2 * ENDS_TRANSFER + 192];
	uint8_t *in, *out;
	unsigned messages; /* sent by either end so far */
};

/* Ends the program on failure. */
struct ends *ends_new(void);
void ends_free(struct ends *e);

/* One operation from begin to its end. */
void ends_run(struct ends *e, enum spdm_req_op op,
	      const struct spdm_req_args *args);
/* GET_VERSION to END_SESSION: the 20 messages. */
void ends_handshake(struct ends *e);
/* Into a session, for messages in it. */
void ends_session(struct ends *e);
/* A vendor-defined request of @len bytes and an answer of as many. */
void ends_vendor(struct ends *e, size_t len);

#endif
