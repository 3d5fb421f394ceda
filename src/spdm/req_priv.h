/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_REQ_PRIV_H
#define SPDM_REQ_PRIV_H

#include "spdm/req.h"

/* Where request and response of a step are hashed. */
enum spdm_req_tr {
	SPDM_TR_NONE,
	SPDM_TR_VCA,
	SPDM_TR_M12_ANEW, /* GET_DIGESTS starts M1/M2 again */
	SPDM_TR_M12,
	SPDM_TR_L12,  /* of the session, or of the connection */
	SPDM_TR_TH,   /* the step does it by itself */
	SPDM_TR_ANEW, /* a transcript of this exchange alone */
};

/*
 * One request and its response. @build fills a request whose header is
 * there; @check looks at a response whose version and code fit and commits
 * what it says: IL_OK goes to the next step, IL_E_AGAIN repeats this one.
 * When @check runs, @q->hs holds the transcript with the response, signature
 * and HMAC left out.
 */
struct spdm_req_step {
	uint8_t code;
	enum spdm_req_tr tr;
	enum il_err (*build)(struct spdm_req *q, struct spdm_msg *m);
	/* After encoding: the HMAC of FINISH. NULL: nothing to do. */
	enum il_err (*prove)(struct spdm_req *q, struct spdm_msg *m,
			     const uint8_t *p, size_t n);
	enum il_err (*check)(struct spdm_req *q, const struct spdm_msg *m);
	/* Not in this conversation; NULL: always. */
	bool (*skip)(const struct spdm_req *q);
};

struct spdm_req_flow {
	bool in[SPDM_REQ_STATES]; /* states it may begin in */
	uint32_t both;		  /* all needed of both */
	uint32_t peer;		  /* one of these is needed of the peer */
	const struct spdm_req_step *steps;
	unsigned n;
	enum spdm_req_state (*done)(struct spdm_req *q);
};

extern const struct spdm_req_step spdm_req_connect_steps[];
extern const struct spdm_req_step spdm_req_challenge_steps[];
extern const struct spdm_req_step spdm_req_measure_step;
extern const struct spdm_req_step spdm_req_session_steps[];
extern const struct spdm_req_step spdm_req_heartbeat_step;
extern const struct spdm_req_step spdm_req_update_steps[];
extern const struct spdm_req_step spdm_req_vendor_step;
extern const struct spdm_req_step spdm_req_end_step;
extern const struct spdm_req_step spdm_req_psk_steps[];
extern const struct spdm_req_step spdm_req_csr_step;
extern const struct spdm_req_step spdm_req_set_cert_step;
extern const struct spdm_req_step spdm_req_key_pair_step;
extern const struct spdm_req_step spdm_req_set_key_pair_step;
extern const struct spdm_req_step spdm_req_endpoint_step;
extern const struct spdm_req_step spdm_req_mel_step;

/* Whether both sides can do it, and the arguments fit. */
bool spdm_req_can(const struct spdm_req *q, enum spdm_req_op op,
		  const struct spdm_req_flow *f, const struct spdm_req_args *a);
extern const struct spdm_req_step spdm_req_encap_steps[];

/* Of post-quantum algorithms those that can be had, and their room. */
void spdm_req_pqc_mask(struct spdm_req_cfg *cfg);
bool spdm_req_pqc_room(const struct spdm_req_cfg *cfg);
/* NEGOTIATE_ALGORITHMS of a connect: see req_algs.c. */
enum il_err spdm_req_algs_build(struct spdm_req *q, struct spdm_msg *m) IL_MUST;
enum il_err spdm_req_algs_check(struct spdm_req *q,
				const struct spdm_msg *m) IL_MUST;

/* Checks @sig over the transcript @q->hs with the leaf's key. */
enum il_err spdm_req_verify(struct spdm_req *q, const char *context,
			    struct spdm_span sig) IL_MUST;

/* SESSION and PSK: how many versions of secured messages are offered, and the
 * opaque data that offers them, in @q->opaque; whether the one that the peer
 * selected is one of them. */
struct spdm_span spdm_req_sm_offer(struct spdm_req *q);
bool spdm_req_sm_fits(const struct spdm_req *q, struct spdm_span opaque);

/* Both ends can, the port has entries for it, and the hint is in range. */
bool spdm_req_psk_fits(const struct spdm_req *q, const struct spdm_req_args *a);

/* A channel under @secret, framed as the transport does it. */
enum il_err spdm_req_channel(const struct spdm_req *q, struct spdm_channel *ch,
			     const uint8_t *secret) IL_MUST;
/* Both channels, of the handshake or of data. */
enum il_err spdm_req_channels(struct spdm_req *q, bool data) IL_MUST;

/* The peer's HMAC over TH, which is @th. */
enum il_err spdm_req_peer_mac(const struct spdm_req *q, const uint8_t *th,
			      struct spdm_span got) IL_MUST;

/* The session that the peer named exists; TH goes on in @q->th. */
void spdm_req_session_begin(struct spdm_req *q, uint16_t peer_half,
			    uint8_t heartbeat_s);
/* @q->hs := TH, this request up to its HMAC, and the HMAC, made here. */
enum il_err spdm_req_finish_prove(struct spdm_req *q, struct spdm_msg *m,
				  const uint8_t *p, size_t n) IL_MUST;
/* TH2 is @q->hs: data keys; those of the handshake are wiped. */
enum il_err spdm_req_session_data(struct spdm_req *q) IL_MUST;

/* @n bytes at most are about to stand in the scratch buffer. */
void spdm_req_scratch_fill(struct spdm_req *q, size_t n);
/* Zero bytes that may follow a plain message of @n bytes. */
size_t spdm_req_fill_of(const struct spdm_req *q, size_t n);
/* spdm_msg_decode_filled() of a plain message, as this carrier fills. */
enum il_err spdm_req_decode(const struct spdm_req *q, struct spdm_span in,
			    size_t fill, struct spdm_msg *m,
			    size_t *used) IL_MUST;

/* The port and the identity fit the capabilities. */
bool spdm_req_mutual_cfg(const struct spdm_req_cfg *cfg);
/* We have @slot, and its key may do @use (SPDM_KEY_USE_…) where keys differ. */
bool spdm_req_may(const struct spdm_req *q, uint8_t slot, uint16_t use);
/* Both can, and agreed on how we sign. */
bool spdm_req_mutual_able(const struct spdm_req *q);
/*
 * KEY_EXCHANGE_RSP: whether what it asks of us can be had; and that it will
 * be. CHALLENGE_AUTH: the same of the basic form.
 */
bool spdm_req_mutual_fits(const struct spdm_req *q, uint8_t how, uint8_t slot);
void spdm_req_mutual_take(struct spdm_req *q, uint8_t how, uint8_t slot);
/* Our chain's digest, or our key's, as a transcript has it. */
enum il_err spdm_req_own_digest(const struct spdm_req *q, uint8_t slot,
				uint8_t *out) IL_MUST;
/* Where our signature stands; bytes at the end of scratch that are its. */
struct spdm_span spdm_req_own_sig(struct spdm_req *q);
size_t spdm_req_sig_tail(const struct spdm_req *q);
/* Signs transcript @s with the key of @slot into spdm_req_own_sig(). */
enum il_err spdm_req_own_sign(struct spdm_req *q, uint8_t slot,
			      struct crypto_slot s,
			      const char *context) IL_MUST;
/* The channel that was made for the peer's next key takes over. */
void spdm_req_take_next(struct spdm_req *q);
/* Steps of other operations. */
enum il_err spdm_req_nothing_build(struct spdm_req *q, struct spdm_msg *m);
enum il_err spdm_req_encap_check(struct spdm_req *q, const struct spdm_msg *m);
enum il_err spdm_req_deliver_build(struct spdm_req *q, struct spdm_msg *m);
enum il_err spdm_req_deliver_check(struct spdm_req *q,
				   const struct spdm_msg *m);
/* There is nothing to fetch; there is nothing to answer. */
bool spdm_req_no_fetch(const struct spdm_req *q);
bool spdm_req_no_encap(const struct spdm_req *q);

/* The connection is forgotten; results with it. */
void spdm_req_forget(struct spdm_req *q);

/* To the key log, if there is one. @data: else the handshake's. */
void spdm_req_tell_keys(const struct spdm_req *q, bool data);

/* Keys, channels and transcripts of the session are gone. */
void spdm_req_wipe_session(struct spdm_req *q);

/* The step at hand, and L1/L2 of this conversation. */
static inline const struct spdm_req_step *
spdm_req_step_of(const struct spdm_req *q)
{
	return &q->flow->steps[q->step];
}

struct crypto_slot *spdm_req_l12(struct spdm_req *q);

/* The step's request, hashed as a whole; the first message that carries it. */
enum il_err spdm_req_first(struct spdm_req *q, uint8_t *p, size_t cap,
			   size_t *len, struct spdm_span *rest) IL_MUST;
/*
 * What came, and what it carried if it carries: @own and @m are the response,
 * or IL_E_AGAIN says that there is more to fetch. @told: the peer refused.
 */
enum il_err spdm_req_arrive(struct spdm_req *q, const uint8_t *in, size_t n,
			    uint64_t now_ns, struct spdm_msg *m,
			    struct spdm_span *own, bool *told) IL_MUST;
/* Adds the response without signature and HMAC. */
enum il_err spdm_req_hash_response(struct spdm_req *q, const struct spdm_msg *m,
				   const uint8_t *p, size_t n) IL_MUST;
/* Evidence: VCA and measurement messages, as far as there is room. */
void spdm_req_told(const struct spdm_req *q, const uint8_t *p, size_t n);
enum il_err spdm_req_keep(struct spdm_req *q, const uint8_t *p,
			  size_t n) IL_MUST;

/* The code of the request at hand. */
uint8_t spdm_req_code(const struct spdm_req *q);
/* Whether it can be built anew, and prepares that. */
bool spdm_req_may_repeat(const struct spdm_req *q);
void spdm_req_repeat(struct spdm_req *q);

/* --- req_large.c --- */

/* Both ends know chunks. */
bool spdm_req_chunks(const struct spdm_req *q);
/* The longest request that can be sent; 0: no limit. */
size_t spdm_req_most(const struct spdm_req *q);
/* The request, in cfg.large, leaves in chunks. */
void spdm_carry_send(struct spdm_req *q, size_t total);
/* The message that carries now: a chunk, CHUNK_GET, RESPOND_IF_READY. */
enum il_err spdm_carry_pull(struct spdm_req *q, uint8_t *p, size_t cap,
			    size_t *len) IL_MUST;
/* Takes what carries: IL_OK with the response that it brought, IL_E_AGAIN. */
enum il_err spdm_carry_take(struct spdm_req *q, const struct spdm_msg *m,
			    size_t fill, struct spdm_span *in) IL_MUST;
/* An ERROR: IL_E_AGAIN if it is answered by going on. */
enum il_err spdm_carry_error(struct spdm_req *q, const struct spdm_msg *m,
			     uint64_t now_ns) IL_MUST;
/* The request is answered. */
void spdm_carry_over(struct spdm_req *q);

#endif
