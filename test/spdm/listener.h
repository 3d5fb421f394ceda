/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SPDM_LISTENER_H
#define TEST_SPDM_LISTENER_H

#include "check.h"

#include <jansson.h>

#include "crypto/ossl.h"
#include "spdm/codec.h"
#include "spdm/keys.h"
#include "spdm/secured.h"
#include "spdm/transcript.h"

/*
 * A listener on conversations of two peers that are not ours
 * (test/vectors/README.md). It knows the listed DHE secrets and nothing else,
 * and must understand every byte: decode, encode to the same bytes, decrypt,
 * encrypt to the same bytes, verify each signature and HMAC, and arrive at the
 * listed secrets. What does not hold fails the test.
 */

#define SESSIONS 4

struct session {
	uint32_t id;
	bool psk;
	bool open;    /* data keys live */
	unsigned nth; /* of the KEY_EXCHANGE sessions, for the listed secrets */
	struct spdm_keys keys;
	struct spdm_channel ch[SPDM_DIRS];
	struct spdm_channel next; /* the responder's, after UpdateAllKeys */
	struct crypto_slot th;
	struct crypto_slot l12;
};

struct listener {
	struct ossl *o;
	struct crypto c;
	json_t *secrets;
	bool mctp; /* what the capture carries; else DOE */

	/* The connection. */
	struct spdm_transcript tr;
	uint8_t version;
	uint32_t req_caps;
	uint32_t rsp_caps;
	struct spdm_algs algs;
	struct spdm_shape shape;
	uint8_t chain[8192];
	size_t chain_len;
	uint8_t chain_hash[SPDM_HASH_MAX];
	struct crypto_chain certs;
	uint8_t summary[SPDM_HASH_MAX]; /* as CHALLENGE_AUTH says */
	uint8_t psk[32];		/* as a CXL message carried it */
	size_t psk_len;

	/* The request that waits for its response. */
	bool asked;
	struct spdm_msg req;
	uint8_t req_bytes[8192];
	size_t req_len;
	struct session *req_session;

	struct session ses[SESSIONS];
	unsigned sessions;
	unsigned key_exchanges;

	/* What was put to the test. */
	unsigned messages;
	unsigned records;
	unsigned signatures;
	unsigned macs;
	unsigned secrets_met;
	unsigned updates;
	unsigned pci;
	unsigned cxl;
	bool psk_met;
};

/* Everything in @pcap, with the secrets of @json. */
void hear(struct listener *l, const char *pcap, const char *json);

/* Gives back all that was acquired, and finds that nothing is left over. */
void stop(struct listener *l);

#endif
