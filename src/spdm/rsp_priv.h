/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_RSP_PRIV_H
#define SPDM_RSP_PRIV_H

#include "spdm/rsp.h"
#include "spdm/rsp_table.h"

#define SPDM_EX_PROOF offsetof(struct spdm_ex, nonce)

spdm_rsp_act spdm_rsp_version, spdm_rsp_caps, spdm_rsp_algs, spdm_rsp_digests,
	spdm_rsp_cert, spdm_rsp_challenge, spdm_rsp_meas, spdm_rsp_key_exchange,
	spdm_rsp_finish, spdm_rsp_heartbeat, spdm_rsp_key_update,
	spdm_rsp_end_session, spdm_rsp_vendor, spdm_rsp_psk_exchange,
	spdm_rsp_psk_finish, spdm_rsp_csr, spdm_rsp_set_cert, spdm_rsp_key_pair,
	spdm_rsp_set_key_pair, spdm_rsp_endpoint_info, spdm_rsp_mel,
	spdm_rsp_get_encap, spdm_rsp_deliver, spdm_rsp_chunk_send,
	spdm_rsp_chunk_get, spdm_rsp_if_ready;

/* Refuses with an ERROR code; always IL_E_FIELD. */
enum il_err spdm_ex_refuse(struct spdm_ex *x, uint8_t code,
			   uint8_t data) IL_MUST;

/* Starts the response to @x->req. */
void spdm_ex_begin(struct spdm_ex *x);

/*
 * Taps and encodes. Refuses if the peer cannot take so much; IL_E_SPACE if
 * the caller's buffer cannot.
 */
enum il_err spdm_ex_emit(struct spdm_ex *x) IL_MUST;

/* The same for the second stage, with signature and HMAC in place. */
enum il_err spdm_ex_emit_proof(struct spdm_ex *x) IL_MUST;

/* Where the signature of this response will stand, which spdm_ex_sign() puts
 * there: @x->sig, as many bytes as were agreed. */
struct spdm_span spdm_ex_sig(struct spdm_ex *x);

/* Lets the port sign the transcript @x->work for @slot into @x->sig. */
enum il_err spdm_ex_sign(struct spdm_ex *x, uint8_t slot,
			 const char *context) IL_MUST;

/* Appends request and response to a transcript; see spdm_tr_add(). */
enum il_err spdm_ex_record(struct spdm_ex *x, struct crypto_slot *s,
			   bool vca) IL_MUST;

enum spdm_phase spdm_ex_phase(const struct spdm_ex *x);

/* The session whose keys carried the request; 0: none. */
static inline uint32_t spdm_ex_ctx(const struct spdm_ex *x)
{
	return x->secured ? x->s->id : 0;
}

/* An ERROR in place of the response, for the request @code. */
enum il_err spdm_ex_error(struct spdm_ex *x, uint8_t code) IL_MUST;

/*
 * A nonce or other random field of the response. A run that repeats one which
 * the port did not finish gets the same again.
 */
enum il_err spdm_ex_draw(struct spdm_ex *x,
			 uint8_t out[SPDM_NONCE_LEN]) IL_MUST;
/* Likewise our ephemeral key: true if @x->dh and @x->point are it. */
bool spdm_ex_dh_again(struct spdm_ex *x);
/* Likewise what a KEM made for the same key, whose hash is @of: true if its
 * secret is at @x->point and the ciphertext where it was, @x->kem_room. */
bool spdm_ex_kem_again(struct spdm_ex *x, const uint8_t *of);

/* The longest response that can be given now, in chunks if need be; 0: no
 * limit. */
uint32_t spdm_ex_most(const struct spdm_ex *x);

/* The longest that goes over at once; 0: no limit. */
uint32_t spdm_ex_longest(const struct spdm_ex *x);

/* The session that a FINISH in the clear is about, where it may be one. */
struct spdm_rsp_session *spdm_rsp_finishing(struct spdm_rsp *r,
					    const uint8_t *in, size_t n);

/* Whether a message outside of sessions gets no answer at all. */
bool spdm_rsp_must_ignore(const uint8_t *in, size_t n);

/* --- rsp_large.c --- */

/* Both ends know chunks. */
bool spdm_rsp_chunks(const struct spdm_rsp *r);
/* Ends the transfer, whosever it is. */
void spdm_large_drop(struct spdm_rsp *r);
/* Whether a transfer lets @code in. */
bool spdm_large_admits(const struct spdm_ex *x, uint8_t code);
/* Moves a response of @len bytes to where it can be taken in chunks. */
bool spdm_large_open(struct spdm_ex *x, size_t len);
/* Back to the caller's buffer: a large response is not to be. */
void spdm_large_back(struct spdm_ex *x);
/* LargeResponse, acknowledgement; the request's bytes are wiped. */
enum il_err spdm_large_finish(struct spdm_ex *x) IL_MUST;

/* --- rsp_sign.c --- */

/* Of post-quantum algorithms, those that can be had. */
uint32_t spdm_rsp_can_pqc(const struct spdm_rsp_cfg *cfg);
uint32_t spdm_rsp_can_req_pqc(const struct spdm_rsp_cfg *cfg);
uint16_t spdm_rsp_can_kem(const struct spdm_rsp_cfg *cfg);
/* Bytes at the end of the scratch buffer that they need; the ciphertext is
 * the last of them, and what of it waits is here. */
size_t spdm_rsp_tail(const struct spdm_rsp_cfg *cfg);
uint8_t *spdm_rsp_kem_room(const struct spdm_rsp *r);

/* --- rsp_wait.c --- */

/* The port has not finished: IL_E_AGAIN, or refuses with ResponseNotReady. */
enum il_err spdm_wait_keep(struct spdm_ex *x) IL_MUST;
/* The exchange is answered: what was kept for it is wiped. */
void spdm_wait_done(struct spdm_ex *x);
bool spdm_wait_admits(const struct spdm_ex *x, uint8_t code);
/* Drops what is kept; lose: RESPOND_IF_READY is told so. */
void spdm_wait_drop(struct spdm_rsp *r);
void spdm_wait_lose(struct spdm_rsp *r);
uint64_t spdm_wait_tick(struct spdm_rsp *r, uint64_t now_ns);

/* @n bytes of the record buffer are in use, or would be. */
static inline void spdm_ex_record_used(struct spdm_ex *x, size_t n)
{
	if (n > x->record_cap)
		n = x->record_cap;
	if (x->record_used < n)
		x->record_used = n;
}

/*
 * A chain in struct spdm_ex that was refused. What a table of cryptography has
 * begun to write of it are the peer's bytes, and they stand where channels will
 * be closed: they name no slots.
 */
static inline void spdm_ex_no_chain(struct crypto_chain *ch)
{
	memset(ch, 0, sizeof(*ch));
}

/* Finds the row and cell of a request and runs it. */
enum il_err spdm_ex_dispatch(struct spdm_ex *x, const uint8_t *in,
			     size_t n) IL_MUST;

/* The one writer of the connection's phase. */
void spdm_rsp_enter(struct spdm_rsp *r, enum spdm_phase next);

/*
 * What KEY_EXCHANGE and PSK_EXCHANGE share. A free place, or NULL; our half
 * of an id that begins with @theirs; the version of secured messages that both
 * know, or 0.
 */
struct spdm_rsp_session *spdm_ses_place(struct spdm_rsp *r);
uint16_t spdm_ses_half(const struct spdm_rsp *r, uint16_t theirs);
uint16_t spdm_ses_sm(const struct spdm_rsp *r, struct spdm_span opaque);
/* Whether a session of @policy (SessionPolicy) can be had of us. */
bool spdm_ses_policy(const struct spdm_rsp *r, uint8_t policy);
/* A channel under @secret into @x->ch; stays with @x's transport. */
enum il_err spdm_ses_channel(struct spdm_ex *x, enum spdm_dir dir,
			     const uint8_t *secret) IL_MUST;
/* Both channels of the handshake, or of data. */
enum il_err spdm_ses_channels(struct spdm_ex *x, bool data) IL_MUST;
/* What the exchange acquired becomes the session's, with handshake keys. */
void spdm_ses_commit(struct spdm_ex *x, struct spdm_rsp_session *s,
		     uint32_t id);
/* The handshake's secrets and transcript are no longer needed. */
void spdm_ses_settle(struct spdm_rsp *r, struct spdm_rsp_session *s);
/* New channels take over, the handshake's secrets are wiped: an after. */
void spdm_ses_open(struct spdm_ex *x);
/* The session ends because its FINISH or PSK_FINISH is wrong: an after. */
void spdm_ses_bad_finish(struct spdm_ex *x);
/* Checks the HMAC of FINISH or PSK_FINISH over TH up to it; what was added
 * is in @x->work. */
enum il_err spdm_ses_check(struct spdm_ex *x) IL_MUST;
/* Data keys from TH2, which is @x->work; the session opens afterwards. */
enum il_err spdm_ses_data(struct spdm_ex *x) IL_MUST;

/* The next secret of one direction, and a channel under it, into @x; and what
 * makes them the session's. */
enum il_err spdm_ses_roll(struct spdm_ex *x, enum spdm_dir dir) IL_MUST;
void spdm_ses_take(struct spdm_ex *x, enum spdm_dir dir);

/*
 * One encapsulated request. @build fills what is asked, its header is there;
 * @take looks at the answer, which fills @bytes. Both work on @e, a copy, and
 * acquire in @x: the transcript in x->work, the peer's key in x->dh. An error
 * of @take other than IL_E_AGAIN ends the flow: the answer is not acceptable.
 */
struct spdm_encap_step {
	uint8_t code;
	bool hashed; /* enters what CHALLENGE_AUTH signs */
	enum il_err (*build)(struct spdm_ex *x, struct spdm_rsp_encap *e,
			     struct spdm_msg *m);
	enum il_err (*take)(struct spdm_ex *x, struct spdm_rsp_encap *e,
			    const struct spdm_msg *m, struct spdm_span bytes);
};

extern const struct spdm_encap_step spdm_encap_digests, spdm_encap_cert,
	spdm_encap_challenge;

/* Starts @flow; the caller says whose it is. */
void spdm_encap_start(struct spdm_rsp *r, enum spdm_flow flow,
		      uint32_t session_id);
/* No flow any more. */
void spdm_encap_drop(struct spdm_rsp *r);
/* A request has to wait until the requester has answered ours. */
bool spdm_encap_blocks(const struct spdm_ex *x, uint8_t code);
/* The handshake that encapsulated requests outside are part of, or NULL. */
bool spdm_encap_of(const struct spdm_rsp *r, const struct spdm_rsp_session *s);

/* The configuration says one thing about requesters. */
bool spdm_mutual_cfg(const struct spdm_rsp_cfg *cfg);

/*
 * KEY_EXCHANGE: what is asked of the requester, into the response. Refuses
 * those who must prove themselves and cannot. The other makes it the session's
 * once the exchange is committed.
 */
enum il_err spdm_mutual_ask(struct spdm_ex *x) IL_MUST;
void spdm_mutual_begin(struct spdm_ex *x, struct spdm_rsp_session *s);
/* CHALLENGE: whether the requester is to be challenged too; and that it is. */
bool spdm_mutual_basic(const struct spdm_ex *x);
void spdm_mutual_basic_begin(struct spdm_rsp *r);
/* FINISH: is it signed as was asked, by whom? */
enum il_err spdm_mutual_asked(struct spdm_ex *x) IL_MUST;
/* Checks the requester's signature over @x->work, which gets it. */
enum il_err spdm_mutual_verify(struct spdm_ex *x) IL_MUST;
/* Nobody is known. */
void spdm_mutual_forget(struct spdm_rsp *r);
/* Checks @sig of the requester over the transcript @s. */
enum il_err spdm_mutual_sig(struct spdm_rsp *r, struct crypto_slot s,
			    struct crypto_slot key, const char *context,
			    struct spdm_span sig) IL_MUST;

/* Whether both ends want FINISH in the clear. */
bool spdm_rsp_clear(const struct spdm_rsp *r);

/* What was agreed with the peer, and its transcripts, are no more. */
void spdm_rsp_forget(struct spdm_rsp *r);

/* Request and response enter VCA. */
enum il_err spdm_ex_vca(struct spdm_ex *x) IL_MUST;

/* All algorithms that we could select in @version. */
void spdm_rsp_supported(const struct spdm_rsp *r, uint8_t version,
			struct spdm_algs *out);

/* Whether @slot has certificates. */
bool spdm_rsp_has_slot(const struct spdm_rsp *r, unsigned slot);
/* Whether it has, and its key may do @use (SPDM_KEY_USE_…) where keys differ.
 * Source: DSP0274 1.3.2, section 10.5 (KeyUsageMask) */
bool spdm_rsp_may_sign(const struct spdm_rsp *r, unsigned slot, uint16_t use);
/* Whether @s can stand in a slot. */
bool spdm_rsp_slot_good(const struct spdm_rsp_slot *s);
/* Hashes of a slot's root and of its SPDM chain, under the chosen hash. */
enum il_err spdm_rsp_hash_slot(struct spdm_rsp *r, unsigned slot,
			       uint32_t hash) IL_MUST;
uint8_t spdm_rsp_slot_mask(const struct spdm_rsp *r);

/* MeasurementSummaryHash of @type into @x->summary; refuses a bad type. */
enum il_err spdm_ex_summary(struct spdm_ex *x, uint8_t type,
			    struct spdm_span *out) IL_MUST;

/* The one writer of session state, and the one end of sessions. */
void spdm_rsp_session_enter(struct spdm_rsp *r, struct spdm_rsp_session *s,
			    enum spdm_session_state next);
void spdm_rsp_session_end(struct spdm_rsp *r, struct spdm_rsp_session *s,
			  enum spdm_end why);

#endif
