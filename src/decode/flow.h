/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DECODE_FLOW_H
#define DECODE_FLOW_H

#include "crypto/crypto.h"
#include "spdm/codec.h"
#include "spdm/keys.h"
#include "spdm/secured.h"
#include "spdm/transcript.h"

/*
 * One who listens to conversations of a requester and a responder and is
 * neither. Messages go in as they were on the wire, in order; for each the
 * listener says what it is, and of each signature, HMAC and digest whether it
 * holds. Secured messages are opened with the secrets that its owner has of
 * the session; who has none still hears what goes in the clear.
 *
 * Nothing that goes in is believed: a message that cannot be understood is
 * reported, and what depends on it is said to be beyond telling.
 *
 * Context: one thread; no allocation, no I/O. Storage is the caller's, large
 * (sizeof(struct flow)), and stays where it is between init and fini.
 */
#define FLOW_SESSIONS  8u
#define FLOW_MSG_MAX   69632u /* one message, put together if it was cut */
#define FLOW_CHAIN_MAX 65536u
#define FLOW_CHECKS    8u
#define FLOW_NOTES_MAX 8u /* of one push: what it carries, one in another */

enum flow_verdict {
	FLOW_HOLDS,
	FLOW_FAILS,
	FLOW_UNSAID, /* cannot say; the reason is told */
};

struct flow_check {
	const char *what; /* "signature", "digest of the chain" … */
	enum flow_verdict verdict;
	const char *why; /* NULL if it holds */
};

/* What became of the bytes. */
enum flow_what {
	FLOW_MESSAGE,
	FLOW_OPAQUE,	/* a vendor's body, nobody else's to understand */
	FLOW_PROTECTED, /* secured, and not opened */
	FLOW_UNKNOWN,	/* it should have been understood */
};

/* One message. Pointers are good while the callback runs. */
struct flow_note {
	enum flow_what what;
	const char *why; /* of all but FLOW_MESSAGE */
	bool secured;
	uint32_t session; /* if @secured */
	bool response;	  /* sent by the responder */
	bool carried;	  /* inside the message that was noted before it */
	const char *name; /* NULL if there is none */
	const uint8_t *p; /* without padding; as sent if not understood */
	size_t n;
	struct spdm_shape shape;    /* for fields_of() */
	const struct spdm_msg *msg; /* NULL if not understood */
	unsigned checks;
	struct flow_check check[FLOW_CHECKS];
};

/* Secrets of one session, as far as they are known. */
enum flow_secret {
	FLOW_SECRET_DHE,
	FLOW_SECRET_PSK,
	FLOW_SECRET_HANDSHAKE,
	FLOW_SECRET_REQ_HANDSHAKE,
	FLOW_SECRET_RSP_HANDSHAKE,
	FLOW_SECRET_MASTER,
	FLOW_SECRET_REQ_DATA,
	FLOW_SECRET_RSP_DATA,
	FLOW_SECRETS,
};

#define FLOW_SECRET_MAX 128u

struct flow_secrets {
	uint8_t len[FLOW_SECRETS]; /* 0: not known */
	uint8_t v[FLOW_SECRETS][FLOW_SECRET_MAX];
};

/* Whose secrets are wanted. */
struct flow_who {
	uint32_t id;
	bool psk;
	unsigned nth; /* sessions of its kind that began before it */
	/* RandomData of KEY_EXCHANGE, RequesterContext of PSK_EXCHANGE */
	struct spdm_span random;
};

struct flow_cfg {
	const struct crypto *crypto;
	/* Called once for each session; the answer is copied. NULL: no keys. */
	const struct flow_secrets *(*secrets)(void *ctx,
					      const struct flow_who *who);
	void (*note)(void *ctx, const struct flow_note *n);
	void *ctx; /* of both */
	/* A root certificate, DER; none: that the chain begins with. */
	struct spdm_span anchor;
};

/* A running hash; @why: it lacks something, so that its digest says nothing. */
struct flow_hash {
	struct crypto_slot s;
	const char *why;
};

struct flow_slot {
	bool told; /* by DIGESTS */
	uint8_t digest[SPDM_HASH_MAX];
	bool there; /* the chain itself went by */
	uint8_t hash[SPDM_HASH_MAX];
	struct crypto_chain certs;
};

/* What one end shows of itself: the responder, or in turn the requester. */
struct flow_end {
	struct flow_hash m12;
	struct flow_slot slot[SPDM_SLOTS];
	/* The chain that is being read. */
	bool reading;
	uint8_t slot_read;
	size_t chain_len;
	uint8_t chain[FLOW_CHAIN_MAX];
};

/* A request that awaits its response. */
struct flow_asked {
	bool waits;
	bool deferred; /* ResponseNotReady was the answer so far */
	struct flow_session *s;
	struct spdm_msg m;
	struct spdm_shape own;	 /* what it was decoded by */
	struct spdm_shape shape; /* of the answer */
	size_t n;
	uint8_t p[FLOW_MSG_MAX];
};

struct flow_session {
	bool live;
	bool psk;
	bool open;  /* FINISH is done */
	bool keyed; /* the channels below are live */
	uint32_t id;
	const char *why; /* why not */
	struct flow_secrets secrets;
	struct spdm_keys keys;
	struct spdm_channel ch[SPDM_DIRS];
	/* After KEY_UPDATE, until a message comes under it. */
	struct spdm_channel next[SPDM_DIRS];
	uint8_t next_secret[SPDM_DIRS][SPDM_HASH_MAX];
	struct flow_hash th;
	struct flow_hash l12;
	/* DIGESTS of the requester, if it is the first that it was asked. */
	bool asked;
	uint16_t told_len;
	uint8_t told[4 + SPDM_SLOTS * (SPDM_HASH_MAX + 4)];
};

struct flow {
	struct flow_cfg cfg;
	const struct spdm_binding *via; /* how messages come */

	/* The connection. */
	struct spdm_transcript tr;
	const char *vca_why; /* why VCA is not known whole */
	bool agreed;	     /* ALGORITHMS went by */
	uint8_t version;
	uint32_t req_caps;
	uint32_t rsp_caps;
	struct spdm_algs algs;
	struct spdm_shape shape; /* what was negotiated */
	bool multi[2];		 /* many keys: of responder, requester */
	struct flow_hash l12;
	struct flow_end end[2]; /* responder, requester */

	/* Measurements of all indices, and their summary, as told so far. */
	bool summary_told;
	uint8_t summary[SPDM_HASH_MAX];
	bool record_told;
	uint8_t record[SPDM_HASH_MAX];

	struct flow_session ses[FLOW_SESSIONS];
	struct flow_session *newest;
	unsigned began[2]; /* sessions: by KEY_EXCHANGE, by PSK_EXCHANGE */

	struct flow_asked ask[2]; /* on the wire, encapsulated */
	bool hidden; /* what could not be opened last was a request */

	/* A message that comes in chunks, and the request that one answers. */
	bool large_whole; /* no chunk is missing so far */
	uint32_t large_seq;
	size_t large_total;
	size_t large_len;
	uint8_t large[FLOW_MSG_MAX];
	struct flow_asked held;

	uint8_t plain[FLOW_MSG_MAX];
};

void flow_init(struct flow *f, const struct flow_cfg *cfg);
/* Gives all slots back and wipes. */
void flow_fini(struct flow *f);

/*
 * flow_push() - the next message on the wire
 * @via:  the binding that it came by; NULL: bare, as spdm/secured.h
 * @p:    the payload of one data object or of one MCTP message
 *
 * Every push leads to at least one note. Total over all bytes.
 */
void flow_push(struct flow *f, const struct spdm_binding *via,
	       enum spdm_kind kind, const uint8_t *p, size_t n);

#endif
