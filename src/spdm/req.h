/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_REQ_H
#define SPDM_REQ_H

#include "base/env.h"
#include "crypto/crypto.h"
#include "spdm/codec.h"
#include "spdm/keys.h"
#include "spdm/secured.h"
#include "spdm/transcript.h"

/*
 * The SPDM requester. It does no I/O: begin an operation, pull the message to
 * carry, push the answer, until push says that the operation is over.
 *
 * Context: one thread per requester; no allocation. One operation at a time,
 * one session at a time.
 */

enum spdm_req_op {
	SPDM_OP_NONE,
	SPDM_OP_CONNECT, /* GET_VERSION … GET_CERTIFICATE of a slot */
	SPDM_OP_CHALLENGE,
	SPDM_OP_MEASURE, /* in the session if there is one */
	SPDM_OP_SESSION, /* KEY_EXCHANGE, FINISH */
	SPDM_OP_HEARTBEAT,
	SPDM_OP_KEY_UPDATE, /* update, then verify the new key */
	SPDM_OP_VENDOR,
	SPDM_OP_END_SESSION,
	SPDM_OP_PSK, /* PSK_EXCHANGE, PSK_FINISH if the peer gives a context */
	/* Of a connection or in its session; see the arguments. */
	SPDM_OP_CSR,
	SPDM_OP_SET_CERT,
	SPDM_OP_KEY_PAIR,
	SPDM_OP_SET_KEY_PAIR,
	SPDM_OP_ENDPOINT_INFO,
	SPDM_OP_MEL, /* portions of the log, until it is whole */
	/*
	 * GET_ENCAPSULATED_REQUEST: what the peer asks of us, answered, until
	 * it asks no more. Nothing to ask is IL_E_PEER with
	 * NoPendingRequests, UnexpectedRequest before 1.3.
	 */
	SPDM_OP_ENCAP,
	SPDM_OPS,
};

enum spdm_req_state {
	/* Nothing is known of the peer. Next: CONNECT. */
	SPDM_REQ_NEW,
	/* Algorithms agreed, chain read. Next: any plain operation. */
	SPDM_REQ_CONNECTED,
	/* Data keys live. Next: END_SESSION, or the session dies. */
	SPDM_REQ_SESSION,
	SPDM_REQ_STATES,
};

/* What the requester asks of its own side. Entries may be NULL. */
struct spdm_req_port {
	/*
	 * Sign @digest, of the negotiated hash, with the key of our @slot, or
	 * with the one that the peer knows (0xff), as the bit @asym says.
	 * IL_E_AGAIN: not yet; spdm_req_pull() says it too, and asks again
	 * with the same @digest.
	 */
	enum il_err (*sign)(void *ctx, uint8_t slot, uint32_t asym,
			    const uint8_t *digest, size_t digest_len,
			    uint8_t *sig, size_t sig_len);
	/* What ENDPOINT_INFO says of us; IL_E_ARG: none of kind @sub. */
	enum il_err (*endpoint_info)(void *ctx, uint8_t sub, struct wr *out);
	/*
	 * The handshake secret under the pre-shared key that @hint names: its
	 * HKDF-Extract with @salt, of the negotiated @hash, that many bytes.
	 * The key itself stays behind the port. IL_E_ARG: no such key. It may
	 * not be pending: the peer's answer is at hand.
	 */
	enum il_err (*psk)(void *ctx, struct spdm_span hint, uint32_t hash,
			   const uint8_t *salt, size_t salt_len,
			   uint8_t *secret);
	/*
	 * The same as @sign where a bit of cfg.req_pqc_asym was agreed: ML-DSA
	 * over @msg under the context string @about; see crypto_sign_msg().
	 */
	enum il_err (*sign_msg)(void *ctx, uint8_t slot, uint32_t pqc_asym,
				const char *about, const uint8_t *msg,
				size_t len, uint8_t *sig, size_t sig_len);
};

/* Our own certificates, for a peer that asks; all zero: none. */
struct spdm_req_slot {
	struct spdm_span certs; /* DER, nearest to the root first, leaf last */
	struct spdm_span root;	/* DER; none: the first of @certs is the root */
	/* Where our keys are many, 1.3: */
	uint8_t key_pair; /* 1 on */
	uint8_t model;	  /* SPDM_CERT_MODEL_… */
	uint16_t usage;	  /* SPDM_KEY_USE_… */
};

struct spdm_req_cfg {
	const struct crypto *crypto;
	const struct env *env;
	/*
	 * Whether to trust the chain that CONNECT read; NULL: not asked here,
	 * somebody else decides. Signatures are checked against the leaf
	 * either way. An error fails CONNECT with that error.
	 */
	enum il_err (*verify_chain)(void *ctx, const struct crypto_chain *ch);
	void *verify_ctx;
	const struct spdm_req_port *port; /* NULL: no entry of it */
	void *port_ctx;
	struct spdm_req_slot slots[SPDM_SLOTS];
	struct spdm_span pub_key; /* PUB_KEY_ID: our SubjectPublicKeyInfo */

	spdm_keylog_fn *keylog; /* NULL: secrets stay here */
	void *keylog_ctx;

	uint8_t versions[5]; /* accepted, best first; 0 ends */
	uint32_t caps;	     /* of SPDM_REQ_CAPS_ALL and _PORT */
	uint32_t need_caps;  /* CONNECT fails if the peer lacks one of these */
	const struct spdm_binding *binding; /* NULL: bare */
	uint8_t ct_exponent;
	uint32_t asym;	   /* offered */
	uint32_t req_asym; /* what we can sign with; 0: never */
	/* The same of 1.4, where the crypto table has them, and DHE; the peer
	 * selects of one kind each. */
	uint32_t pqc_asym;
	uint32_t req_pqc_asym; /* with port->sign_msg */
	uint16_t kem;
	uint32_t hash;
	uint16_t dhe;
	uint16_t aead;	/* 0: AES-256-GCM */
	bool multi_key; /* many keys, where the peer leaves us the choice */
	uint16_t sm_versions[2];
	uint32_t transfer; /* DataTransferSize, at least SPDM_TRANSFER_MIN */
	uint16_t portion;  /* GET_CERTIFICATE Length; 0: what fits */
	/* Bytes of any value that may follow a plain response, at most
	 * SPDM_SECURED_SLACK; 0: zeros, as the binding's unit says. */
	uint8_t padding;
	uint64_t seq_limit; /* 0: 2^64 - 1 */
	/*
	 * Told of each message of CONNECT and SESSION, whole, as plain text and
	 * without padding: requests as they go (again, if they have to), and
	 * responses that were accepted. NULL: nobody listens.
	 */
	void (*heard)(void *ctx, const uint8_t *p, size_t n);
	void *heard_ctx;

	uint8_t *chain; /* SPDM certificate chain, kept until next CONNECT */
	size_t chain_cap;
	/* Plaintext of responses; at least @transfer + SPDM_SECURED_SLACK, and
	 * with @req_pqc_asym CRYPTO_ML_DSA_MAX more. With @kem at least
	 * CRYPTO_KEM_PUB_MAX. */
	uint8_t *scratch;
	size_t scratch_len;
	uint8_t *vca; /* VCA messages as evidence; NULL: only the digest */
	size_t vca_cap;
	uint8_t *meas; /* measurement messages as evidence; NULL: none kept */
	size_t meas_cap;
	/*
	 * A message above what goes over at once, either way, in chunks; above
	 * @transfer. NULL: CHUNK_CAP and LARGE_RESP_CAP are not offered.
	 */
	uint8_t *large;
	size_t large_cap;
	/* How often a peer that is busy is asked again, and how often one
	 * that is not ready; 0: never, and 8 times. */
	uint8_t busy_tries;
	uint8_t ready_tries;
};

#define SPDM_REQ_CAPS                                                      \
	(SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | \
	 SPDM_CAP_KEY_EX | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD)

/* FINISH in the clear, where the peer has it too; see SPDM_RSP_CAPS_ALL. */
#define SPDM_REQ_CAPS_ALL                                               \
	(SPDM_REQ_CAPS | SPDM_CAP_HANDSHAKE_IN_CLEAR | SPDM_CAP_CHUNK | \
	 SPDM_CAP_LARGE_RESP)

/* With the entries of the port for it. */
#define SPDM_REQ_CAPS_PORT                                   \
	(SPDM_CAP_PSK | SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP | \
	 SPDM_CAP_PUB_KEY_ID | SPDM_CAP_EP_INFO_MASK |       \
	 SPDM_CAP_MULTI_KEY_MASK)

#define SPDM_REQ_HINT_MAX 64

/* What begin needs, by operation; the rest is ignored. */
struct spdm_req_args {
	uint8_t slot;	 /* CONNECT; CHALLENGE, MEASURE, SESSION use the same */
	uint8_t summary; /* CHALLENGE, SESSION: SPDM_SUMMARY_… */
	/* MEASURE */
	bool sign;
	bool raw;
	uint8_t index;	  /* SPDM_MEAS_COUNT, 1 to 254, SPDM_MEAS_ALL */
	bool nonce_given; /* else the requester draws one */
	uint8_t nonce[SPDM_NONCE_LEN];
	/* KEY_UPDATE: SPDM_UPDATE_KEY or SPDM_UPDATE_ALL_KEYS */
	uint8_t update;
	/* SESSION, PSK: SessionPolicy bit 0, refuse firmware update */
	uint8_t policy;
	struct spdm_span hint; /* PSK; copied by begin */
	/* END_SESSION: what was agreed does not outlive the next reset, if the
	 * peer would have kept it */
	bool clear_state;
	/* VENDOR; copied by the first pull, must live until then, and with
	 * busy_tries until the operation is over */
	struct spdm_vdm vdm;
	/*
	 * CSR, SET_CERT: named if and only if the connection has many keys
	 * (SET_CERT that erases: the key pair alone).
	 */
	uint8_t key_pair;
	uint8_t model; /* SPDM_CERT_MODEL_… */
	/* CSR */
	uint8_t tag; /* of ERROR ResetRequired, once the reset is done */
	bool overwrite;
	struct spdm_span info; /* CertificationRequestInfo, DER; or none */
	struct spdm_span csr_opaque;
	/* SET_CERT; a chain as spdm_req_chain_make() makes it, none: erase.
	 * Who writes the slot of the connection has to CONNECT anew. */
	uint8_t target;
	struct spdm_span set_chain;
	/* KEY_PAIR: the id; SET_KEY_PAIR: all. 0: leave it as it is */
	struct spdm_key_pair_ask wish;
	uint8_t sub; /* ENDPOINT_INFO: SPDM_EP_INFO_…; signed as MEASURE */
	/* CSR, ENDPOINT_INFO, MEL: where the result goes; spdm_req_got() */
	uint8_t *out;
	size_t out_cap;
	bool vdm_large; /* in the long form of 1.4, and so is the answer */
};

/* How the request at hand travels, or its response. */
enum spdm_carry_state {
	SPDM_CARRY_NONE, /* in one message */
	SPDM_CARRY_OUT,	 /* the request leaves, by CHUNK_SEND */
	SPDM_CARRY_IN,	 /* the response comes, by CHUNK_GET */
	SPDM_CARRY_ASK,	 /* RESPOND_IF_READY asks for it */
};

struct spdm_carry {
	enum spdm_carry_state state;
	uint8_t handle; /* or the token */
	uint8_t next;	/* handle of our next large request */
	uint8_t tries;	/* that found it not ready */
	uint8_t busy;	/* or busy */
	bool whole;	/* a large response was announced */
	uint32_t seq;
	uint32_t total;
	uint32_t done;
	uint32_t size; /* of the chunk that is out */
	uint64_t not_before_ns;
};

struct spdm_req_flow; /* the steps of an operation */

/* An answer in the scratch buffer whose signature the port has not finished. */
struct spdm_req_half {
	uint8_t *p; /* NULL: there is none */
	size_t n;
	uint8_t slot;
	const char *context;
};

struct spdm_req {
	struct spdm_req_cfg cfg;
	enum spdm_req_state state;

	/* The operation under way. */
	enum spdm_req_op op;
	const struct spdm_req_flow *flow; /* of @op */
	unsigned step;
	bool sent; /* the step's request is out, its answer is awaited */
	struct spdm_req_args args;
	struct spdm_shape shape; /* of the awaited response */
	uint8_t nonce[SPDM_NONCE_LEN];
	uint8_t req_context[SPDM_CONTEXT_LEN]; /* 1.3 */
	struct crypto_slot hs; /* transcript of the message in flight */
	struct crypto_slot dh;
	uint8_t tag; /* KEY_UPDATE */
	uint8_t point[SPDM_DHE_MAX];
	uint8_t opaque[32];
	uint8_t mac[SPDM_HASH_MAX];
	uint8_t vid[UINT8_MAX];		 /* VENDOR */
	uint8_t hint[SPDM_REQ_HINT_MAX]; /* PSK */
	uint8_t context[SPDM_NONCE_LEN];
	uint8_t wish_pqc[4]; /* SET_KEY_PAIR */
	bool mel_more;	     /* MEL: portions have come, and there are more */
	uint32_t mel_total;

	/* What the peer asks of us. */
	uint8_t mutual;	  /* SPDM_MUT_AUTH…, or SPDM_BASIC_MUT_AUTH */
	uint8_t mut_slot; /* of ours */
	uint8_t encap_id;
	uint8_t rounds;
	bool first; /* the next answer of ours is the handshake's first */
	struct spdm_span inner; /* its request, in scratch or @implied */
	uint8_t implied[4];
	struct crypto_slot mut; /* what CHALLENGE_AUTH or so will sign */
	/* A longer one stands at the end of cfg.scratch. */
	uint8_t own_sig[SPDM_SIG_MAX];
	struct spdm_req_half half;

	size_t scratch_used; /* plaintext in the scratch buffer */
	size_t large_used;   /* and in cfg.large */
	struct spdm_carry carry;

	/* The connection. */
	uint8_t version;
	uint32_t peer_caps;
	uint32_t peer_transfer;
	uint32_t peer_max; /* MaxSPDMmsgSize */
	uint32_t asym, hash, meas_hash;
	uint32_t req_asym; /* of our signatures; 0: none selected */
	uint32_t pqc_asym; /* or this, and 0 in its place */
	uint32_t req_pqc_asym;
	uint16_t dhe;
	uint16_t kem; /* or this */
	uint16_t aead;
	bool no_cache; /* the peer keeps nothing over a reset */
	bool opaque_fmt1;
	bool multi_key;	  /* the peer's keys: MULTI_KEY_CONN_RSP, 1.3 */
	bool own_multi;	  /* ours: MULTI_KEY_CONN_REQ */
	uint8_t mel_spec; /* of its log; 0: none */
	uint8_t slot;
	struct spdm_transcript tr;
	struct crypto_chain leaf; /* the parsed chain */
	size_t chain_len;
	size_t chain_total;		    /* as the first portion said */
	uint8_t slot_digest[SPDM_HASH_MAX]; /* as DIGESTS said */
	uint8_t chain_digest[SPDM_HASH_MAX];
	size_t vca_len;

	/* The session. */
	uint16_t next_id;
	uint32_t session_id;
	bool clear; /* its handshake is not encrypted */
	struct spdm_keys keys;
	struct spdm_channel ch[SPDM_DIRS];
	/* KEY_UPDATE of all keys: what the answer may come under. */
	struct spdm_channel next;
	uint8_t next_secret[SPDM_HASH_MAX];
	struct crypto_slot th;
	struct crypto_slot l12;
	uint8_t heartbeat_s;

	/* Results. */
	uint8_t peer_error;
	uint8_t peer_error_data;
	size_t out_len; /* bytes at args.out */
	struct spdm_key_pair pair;
	uint8_t meas_count;
	uint8_t meas_changed;
	size_t meas_len;  /* of evidence kept */
	size_t meas_mark; /* the same before this request */
	struct spdm_span record;
	struct spdm_span sig;
	uint8_t l12_digest[SPDM_HASH_MAX];
	uint8_t summary[SPDM_HASH_MAX];
	struct spdm_vdm answer;
};

/* Errors: IL_E_ARG  a limit is out of range or a buffer missing */
enum il_err spdm_req_init(struct spdm_req *q,
			  const struct spdm_req_cfg *cfg) IL_MUST;
void spdm_req_fini(struct spdm_req *q);

/*
 * spdm_req_begin() - start an operation
 *
 * Errors:   IL_E_STATE  another is under way, it does not fit the state, or
 *                       the session's numbers are used up: then it is dropped
 *           IL_E_ARG    an argument is out of range, or the peer did not
 *                       offer the capability
 */
enum il_err spdm_req_begin(struct spdm_req *q, enum spdm_req_op op,
			   const struct spdm_req_args *args) IL_MUST;

/*
 * spdm_req_pull() - the message to carry to the peer now
 *
 * Errors:   IL_E_STATE  no operation, or the last message is not answered
 *           IL_E_SPACE  @cap or the peer's transfer size is too small; the
 *                       operation stays
 *           IL_E_AGAIN  the port has not finished a signature: pull again
 *           any other   the operation failed; see spdm_req_push()
 */
enum il_err spdm_req_pull(struct spdm_req *q, uint8_t *out, size_t cap,
			  size_t *len, enum spdm_kind *kind) IL_MUST;

/*
 * spdm_req_push() - the peer's answer
 *
 * Returns IL_OK when the operation is done, IL_E_AGAIN when there is another
 * message to pull, not before the time that spdm_req_not_before() says,
 * IL_E_STATE when nothing was awaited (nothing changed). Anything else: the
 * operation failed and is over. CONNECT      state NEW CHALLENGE, MEASURE
 * without a session, SESSION state CONNECTED; keys wiped in a session
 * IL_E_PEER, an ERROR that came through the session: the session goes on. Else
 * the session is dead, state CONNECTED: its sequence numbers can no longer be
 * trusted to agree. IL_E_TIMEOUT the peer was not ready too often; as IL_E_PEER
 *   IL_E_PEER, RequestResynch
 *                state NEW
 */
enum il_err spdm_req_push(struct spdm_req *q, enum spdm_kind kind,
			  const uint8_t *in, size_t n, uint64_t now_ns) IL_MUST;

/*
 * When the next message may be pulled: after ResponseNotReady or Busy the peer
 * wants time, in that of @now_ns of push. 0: now. The requester never waits.
 */
uint64_t spdm_req_not_before(const struct spdm_req *q);

/*
 * Gives the operation up, at any moment. Before the first message went out
 * the state is as before; after that as if push had failed.
 */
void spdm_req_abort(struct spdm_req *q);

/*
 * spdm_req_reset() - the peer was reset
 *
 * Drops the session. State CONNECTED if what was agreed outlives that: the
 * peer has CACHE_CAP and was not told to forget; GET_VERSION to GET_CERTIFICATE
 * may be skipped then. Else state NEW: CONNECT is next.
 */
void spdm_req_reset(struct spdm_req *q);

/* Drops the session without telling the peer; state CONNECTED. */
void spdm_req_drop_session(struct spdm_req *q);

/* The request at hand, such as "KEY_EXCHANGE"; "message" where there is none
 * to name. */
const char *spdm_req_asking(const struct spdm_req *q);

/* Results. Bytes stay valid until the next begin unless said otherwise. */

/* The SPDM certificate chain, until the next CONNECT. */
struct spdm_span spdm_req_chain(const struct spdm_req *q);
/* The certificates in it, DER. */
struct spdm_span spdm_req_certs(const struct spdm_req *q);
const struct crypto_chain *spdm_req_parsed(const struct spdm_req *q);
/* Hash of the SPDM chain (what DIGESTS says), and of VCA. */
struct spdm_span spdm_req_chain_digest(const struct spdm_req *q);
enum il_err spdm_req_vca_digest(const struct spdm_req *q, uint8_t *out) IL_MUST;
struct spdm_span spdm_req_vca(const struct spdm_req *q);
/* The measurement record; the messages that were signed, requests and
 * responses without the signature; the signature; hash of L1. */
struct spdm_span spdm_req_record(const struct spdm_req *q);
struct spdm_span spdm_req_meas_bytes(const struct spdm_req *q);
struct spdm_span spdm_req_meas_sig(const struct spdm_req *q);
struct spdm_span spdm_req_l12_digest(const struct spdm_req *q);
const struct spdm_vdm *spdm_req_answer(const struct spdm_req *q);
/* The ERROR code behind IL_E_PEER, and its data: of ResetRequired after a CSR
 * the tag under which it will be there. */
uint8_t spdm_req_peer_error(const struct spdm_req *q);
uint8_t spdm_req_peer_error_data(const struct spdm_req *q);
/* How many bytes of args.out the operation has filled. */
size_t spdm_req_got(const struct spdm_req *q);
/* KEY_PAIR. */
const struct spdm_key_pair *spdm_req_pair(const struct spdm_req *q);

/*
 * spdm_req_chain_make() - an SPDM certificate chain under the agreed hash
 * @certs: DER, the root first, leaf last
 *
 * Errors: IL_E_ARG    nothing is agreed yet, not DER, or too long
 *         IL_E_SPACE  @cap is too small
 */
enum il_err spdm_req_chain_make(const struct spdm_req *q,
				struct spdm_span certs, uint8_t *out,
				size_t cap, size_t *len) IL_MUST;

bool spdm_req_sane(const struct spdm_req *q);

#endif
