/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_HAND_H
#define JUDGE_HAND_H

#include "spdm/req.h"

/*
 * A session made by hand on a connection that the requester engine has agreed
 * on: each message stands as bytes before it goes, and may be changed. The
 * engine itself sends nothing that is wrong, has one session at a time, and
 * ends it at the first word that does not fit; a judge needs all of these.
 *
 * Nothing here carries a message. The transcript has what was sent as it was
 * sent, so that a device that hashes something else is found out.
 *
 * Context: any; the crypto slots come from the connection's table.
 */
#define HAND_MSG_MAX 4096u

struct hand {
	struct spdm_req *q;
	struct spdm_keys keys;
	struct spdm_channel ch[SPDM_DIRS];
	struct crypto_slot th; /* of the handshake, without what is to come */
	struct crypto_slot hs; /* @th with the request that is out */
	struct crypto_slot dh;
	uint32_t id;
	uint16_t half; /* of the id, ours */
	bool psk;
	bool clear;   /* FINISH is not encrypted */
	bool summary; /* was asked for */
	bool open;    /* data keys live */
	uint8_t mutual;
	uint8_t req_slot; /* as KEY_EXCHANGE_RSP or the last ACK has it */
	uint8_t heartbeat_s;
	uint8_t point[SPDM_DHE_MAX];
	uint8_t opaque[64];
	uint8_t context[SPDM_NONCE_LEN];
	uint8_t sig[SPDM_SIG_MAX];
	uint8_t mac[SPDM_HASH_MAX];
	uint8_t msg[HAND_MSG_MAX]; /* the request that is to go, plain */
	size_t n;
};

/* What KEY_EXCHANGE or PSK_EXCHANGE says; all zero: what is usual. */
struct hand_wish {
	uint8_t summary; /* SPDM_SUMMARY_… */
	uint8_t policy;
	uint16_t half;	 /* of the session id; 0: one of its own */
	bool half_zero;	 /* it is 0 */
	bool slot_given; /* else the connection's */
	uint8_t slot;
	uint16_t sm[SPDM_VERSIONS_MAX]; /* of secured messages; 0: the config */
	struct spdm_span hint;		/* PSK_EXCHANGE */
};

void hand_init(struct hand *h, struct spdm_req *q);
/* Drops keys and transcripts; harmless on one that was dropped. */
void hand_drop(struct hand *h);

/* The connection agreed on what hand_key_exchange() can do: DHE. */
bool hand_able(const struct spdm_req *q);

/* The request, into @h->msg; what is changed there is in the transcript. */
enum il_err hand_key_exchange(struct hand *h,
			      const struct hand_wish *w) IL_MUST;
enum il_err hand_psk_exchange(struct hand *h,
			      const struct hand_wish *w) IL_MUST;

/*
 * The answer to the one that was built last.
 * @m:    decoded; spans point into @p
 * @flaw: what is wrong, where it is not IL_OK; never NULL then
 *
 * Errors:   IL_E_SHORT, IL_E_LONG, IL_E_FIELD  not the response, or its shape
 *           IL_E_AUTH  signature or HMAC; others as the crypto table
 */
enum il_err hand_key_exchange_rsp(struct hand *h, const uint8_t *p, size_t n,
				  struct spdm_msg *m,
				  const char **flaw) IL_MUST;
enum il_err hand_psk_exchange_rsp(struct hand *h, const uint8_t *p, size_t n,
				  struct spdm_msg *m,
				  const char **flaw) IL_MUST;

/* What FINISH says that it should not, or leaves out. */
struct hand_finish {
	uint8_t code; /* SPDM_FINISH or SPDM_PSK_FINISH; 0: the right one */
	bool bad_mac;
	bool bad_sig;
	bool sign;    /* though nobody asked; needs an identity */
	bool no_sign; /* though it was asked */
	bool bit;     /* Param1 says signed, and nothing is */
};

/* FINISH or PSK_FINISH, into @h->msg; @f NULL: as it should be. */
enum il_err hand_finish(struct hand *h, const struct hand_finish *f) IL_MUST;
/* Its answer: data keys, for hand_seal() and hand_open(). */
enum il_err hand_finish_rsp(struct hand *h, const uint8_t *p, size_t n,
			    const char **flaw) IL_MUST;

/* A message of ours as a record, under the keys of now. */
enum il_err hand_seal(struct hand *h, const uint8_t *p, size_t n, uint8_t *out,
		      size_t cap, size_t *len) IL_MUST;
/* A record of the device's. */
enum il_err hand_open(struct hand *h, const uint8_t *in, size_t n, uint8_t *out,
		      size_t cap, size_t *len) IL_MUST;

/* One direction goes on under its next key; numbers begin at 0. */
enum il_err hand_roll(struct hand *h, enum spdm_dir dir) IL_MUST;

#endif
