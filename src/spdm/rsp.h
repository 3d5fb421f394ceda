/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_RSP_H
#define SPDM_RSP_H

#include "base/env.h"
#include "crypto/crypto.h"
#include "spdm/codec.h"
#include "spdm/keys.h"
#include "spdm/secured.h"
#include "spdm/trace.h"
#include "spdm/transcript.h"

/*
 * The SPDM responder: one request in, at most one response out. It knows no
 * transport and no device; what it needs of the device is a port.
 *
 * Context: one thread per responder; no allocation. Storage is the caller's
 * and stays where it is between init and fini.
 */

#define SPDM_RSP_SESSIONS 4 /* of a connection, at the most */

/* Columns of the table: where a request finds the connection or session. */
enum spdm_phase {
	SPDM_PH_START, /* nothing agreed; only GET_VERSION */
	SPDM_PH_VERSION,
	SPDM_PH_CAPS,
	SPDM_PH_READY,	   /* algorithms agreed */
	SPDM_PH_HANDSHAKE, /* secured, KEY_EXCHANGE answered */
	SPDM_PH_SESSION,   /* secured, FINISH or its like answered */
	SPDM_PH_PSK,	   /* secured, PSK_EXCHANGE answered */
	SPDM_PH_MUTUAL, /* KEY_EXCHANGE answered, certificates are asked for */
	SPDM_PHASES,
};

/* Why a session ended. */
enum spdm_end {
	SPDM_END_NONE,
	SPDM_END_REQUESTED, /* END_SESSION */
	SPDM_END_RESTART,   /* GET_VERSION began a new connection */
	SPDM_END_DECRYPT,   /* a record that does not decrypt */
	SPDM_END_FINISH,    /* FINISH did not verify */
	SPDM_END_HEARTBEAT, /* silent for twice the heartbeat period */
	SPDM_END_LATE,	    /* FINISH did not come within the limit */
	SPDM_END_EXHAUSTED, /* sequence numbers used up */
	SPDM_END_RESET,	    /* spdm_rsp_end(), spdm_rsp_reset() */
	SPDM_END_MUTUAL,    /* the requester did not show who it is */
};

/*
 * What the responder asks of the device, struct spdm_rsp_port, and what it
 * tells with that are installed: interlock/device.h, struct il_spdm_port.
 */

/* What rests on the responder's sessions: the PCI-SIG's protocols. */
struct spdm_rsp_up {
	/* A PCI-SIG VENDOR_DEFINED request inside an established session; as
	 * port->vendor_other. Behind its end nothing is left, unless there is
	 * no reply. */
	enum il_err (*vendor)(void *ctx, uint32_t session_id,
			      const struct spdm_vdm *in, uint8_t *out,
			      size_t cap, size_t *len);
	/*
	 * The session exists no more and its keys are gone; called before its
	 * place can be used again, and only for sessions that were
	 * established. May not call back into the responder. May be NULL.
	 */
	void (*ended)(void *ctx, uint32_t session_id, enum spdm_end why);
};

/*
 * When a response has been decided (FIELDS: before it is hashed and signed),
 * and when its signature and HMAC stand in it (PROOF). A tap may change any
 * field; spans it puts in live until spdm_rsp_handle() returns. Responses that
 * carry no signature and no HMAC have no second stage.
 */
enum spdm_tap_stage { SPDM_TAP_FIELDS, SPDM_TAP_PROOF };

typedef void spdm_rsp_tap_fn(void *ctx, uint32_t session_id,
			     enum spdm_tap_stage stage, struct spdm_msg *rsp);

/*
 * The same, once @rsp has been encoded: may change the bytes at @p, and *n up
 * to @cap, reserved ones too. PROOF encodes anew: what was changed at FIELDS
 * has to be changed again.
 */
typedef void spdm_rsp_bytes_fn(void *ctx, enum spdm_tap_stage stage,
			       const struct spdm_msg *rsp, uint8_t *p,
			       size_t cap, size_t *n);

/*
 * Sees each request in the clear before it is judged, what came in chunks too,
 * and may give another in its place: *n bytes that live until
 * spdm_rsp_handle() returns. @session_id 0: outside.
 */
typedef const uint8_t *spdm_rsp_heard_fn(void *ctx, uint32_t session_id,
					 const uint8_t *in, size_t *n);

struct spdm_rsp_table;

struct spdm_rsp_session;

struct spdm_rsp_cfg {
	const struct crypto *crypto;
	const struct env *env;
	const struct spdm_rsp_port *port;
	void *port_ctx;
	uint32_t caps; /* of SPDM_RSP_CAPS_ALL, _PORT and CACHE */
	const struct spdm_rsp_up *up; /* NULL: nothing rests on sessions */
	void *up_ctx;
	spdm_rsp_tap_fn *tap;		    /* NULL outside worlds and tests */
	spdm_rsp_bytes_fn *bytes;	    /* likewise */
	spdm_rsp_heard_fn *heard;	    /* likewise */
	void *tap_ctx;			    /* of them all */
	const struct spdm_rsp_table *table; /* NULL: spdm_rsp_rows */
	spdm_keylog_fn *keylog;		    /* NULL: secrets stay here */
	void *keylog_ctx;

	uint8_t versions[5]; /* newest first; 0 ends */
	uint8_t ct_exponent;
	uint32_t asym; /* bits we can sign with; see @slots */
	uint32_t
		req_asym; /* of requesters' signatures we can verify; 0: none */
	/*
	 * The same of 1.4, where the crypto table has them, and DHE. What the
	 * peer knows of both kinds, the post-quantum one is selected of.
	 */
	uint32_t pqc_asym; /* with port->sign_msg */
	uint32_t req_pqc_asym;
	uint16_t kem;
	uint32_t hash;
	uint32_t meas_hash;
	uint16_t dhe;
	uint16_t aead;		 /* 0: AES-256-GCM */
	uint16_t sm_versions[3]; /* SPDM_SM_V11 …; 0 ends */
	struct spdm_rsp_slot slots[SPDM_SLOTS];
	uint16_t slot_room; /* bytes of certificates a slot takes; 0: unknown */
	/* In a place of trust, such as where it is made: slot 0 may be
	 * written, and all of them outside of sessions. */
	bool trusted;

	/*
	 * What the requester has to prove. @mutual: in FINISH, 0 or one
	 * SPDM_MUT_AUTH…; who lacks the capabilities is let in without, or,
	 * with @mutual_must, refused. @basic: before sessions, in CHALLENGE
	 * of 1.1. SPDM_MUT_AUTH needs to know the requester before: @peer_key,
	 * @peer, or what CHALLENGE brought.
	 */
	uint8_t mutual;
	bool mutual_must;
	bool basic;
	uint8_t mutual_slot;	   /* of the requester, 0 to 7 */
	struct spdm_rsp_slot peer; /* its certificates */
	struct spdm_span peer_key; /* or its SubjectPublicKeyInfo, DER */
	uint8_t *peer_chain;	   /* what it shows is read into here */
	size_t peer_chain_cap;

	uint8_t heartbeat_s; /* 0: no heartbeat asked for */
	uint8_t handshake_s; /* from KEY_EXCHANGE to FINISH; 0: no limit */
	uint32_t transfer;   /* DataTransferSize, at least SPDM_TRANSFER_MIN */
	uint32_t longest;    /* response we can send; 0: what the peer takes */
	uint64_t seq_limit;  /* 0: 2^64 - 1 */

	/* Sessions at a time, 1 to SPDM_RSP_SESSIONS, and their storage. */
	uint8_t ses_count;
	struct spdm_rsp_session *ses;

	/* Plaintext of a request, then a measurement record; at the end a
	 * signature of @pqc_asym and a ciphertext of @kem. */
	uint8_t *scratch;
	/* At least @transfer + SPDM_RSP_RECORD_MIN, and with these two
	 * SPDM_RSP_SIG_ROOM, SPDM_RSP_KEM_ROOM more. */
	size_t scratch_len;

	/*
	 * A message above what goes over at once, either way, in chunks; one
	 * at a time. @large_cap, above @transfer, is MaxSPDMmsgSize.
	 * NULL: CHUNK_CAP and LARGE_RESP_CAP are not offered.
	 */
	uint8_t *large;
	size_t large_cap;
	/*
	 * A request that the port has not finished, one at a time: it is
	 * answered with ERROR ResponseNotReady and kept until
	 * RESPOND_IF_READY asks for it, or WTmax has passed.
	 * NULL: IL_E_AGAIN reaches the caller.
	 */
	uint8_t *kept;
	size_t kept_cap;      /* at least @transfer */
	uint8_t rdt_exponent; /* RDT is 2^n microseconds, n at most 31 */
	uint8_t rdt_factor;   /* RDTM, at least 2; 0: 16 */
};

#define SPDM_RSP_RECORD_MIN 256
#define SPDM_RSP_SIG_ROOM   CRYPTO_ML_DSA_MAX
#define SPDM_RSP_KEM_ROOM   CRYPTO_KEM_CT_MAX

/* What this responder does unless it is told otherwise. */
#define SPDM_RSP_CAPS                                            \
	(SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIG |     \
	 SPDM_CAP_MEAS_FRESH | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | \
	 SPDM_CAP_KEY_EX | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD)

/*
 * Everything it can do. With HANDSHAKE_IN_THE_CLEAR, where the peer has it too,
 * FINISH and its response go without encryption and the responder's HMAC moves
 * to FINISH_RSP; some requesters work in no other way. Source: DSP0274 1.2.1,
 * sections 10.16, 10.17
 */
#define SPDM_RSP_CAPS_ALL                                       \
	(SPDM_RSP_CAPS | SPDM_CAP_CHUNK | SPDM_CAP_LARGE_RESP | \
	 SPDM_CAP_HANDSHAKE_IN_CLEAR)

/* Provisioning, and what else a device says of itself. */
#define SPDM_RSP_CAPS_PROV                                                \
	(SPDM_CAP_SET_CERT | SPDM_CAP_CSR | SPDM_CAP_CERT_INSTALL_RESET | \
	 SPDM_CAP_EP_INFO_MASK | SPDM_CAP_MEL | SPDM_CAP_MULTI_KEY_MASK | \
	 SPDM_CAP_GET_KEY_PAIR_INFO | SPDM_CAP_SET_KEY_PAIR_INFO |        \
	 SPDM_CAP_SET_KEY_PAIR_RESET)

/* And what it can do for a port that has the entries for it. */
#define SPDM_RSP_CAPS_PORT                                        \
	(SPDM_CAP_PSK_MASK | SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP | \
	 SPDM_RSP_CAPS_PROV)

enum spdm_session_state {
	SPDM_SES_NONE,
	/* Handshake keys live. Next: FINISH, or PSK_FINISH. */
	SPDM_SES_HANDSHAKE,
	/* Data keys live. Next: END_SESSION or any other end. */
	SPDM_SES_OPEN,
};

struct spdm_rsp_session {
	enum spdm_session_state state;
	uint32_t id;
	uint8_t slot;	  /* it stands on; SPDM_SLOTS or more: on none */
	bool psk;	  /* made by PSK_EXCHANGE */
	uint8_t mutual;	  /* SPDM_MUT_AUTH…: FINISH has to be signed */
	uint8_t mut_slot; /* by the key of this slot; 0xff: a known key */
	uint8_t peer_digest[SPDM_HASH_MAX]; /* of what that key stands in */
	struct spdm_keys keys;
	struct spdm_channel ch[SPDM_DIRS];
	struct crypto_slot th;	/* transcript of the handshake */
	struct crypto_slot l12; /* measurements inside the session */
	bool unverified;	/* KEY_UPDATE done, VERIFY_NEW_KEY not */
	uint64_t heard_ns;
};

/* What a flow of encapsulated requests is for. */
enum spdm_flow {
	SPDM_FLOW_NONE,
	SPDM_FLOW_CHAIN,  /* GET_DIGESTS, GET_CERTIFICATE, in a handshake */
	SPDM_FLOW_BASIC,  /* and CHALLENGE, outside of sessions */
	SPDM_FLOW_PUBLIC, /* CHALLENGE of a known key */
	SPDM_FLOW_UPDATE, /* KEY_UPDATE of our direction */
	SPDM_FLOW_INFO,	  /* GET_ENDPOINT_INFO */
	SPDM_FLOWS,
};

/*
 * The encapsulated requests under way; one flow at a time. All but the flow is
 * without meaning where there is none.
 */
struct spdm_rsp_encap {
	enum spdm_flow flow;
	uint32_t session_id; /* where it may be carried; 0: outside */
	uint8_t step;
	bool waiting; /* a request is out */
	bool again;   /* the step is not done */
	uint8_t id;   /* of that request */
	uint8_t rounds;
	uint8_t slot;
	uint8_t tag; /* KEY_UPDATE */
	bool sign;   /* GET_ENDPOINT_INFO */
	uint8_t context[SPDM_CONTEXT_LEN];
	uint16_t len, total;	     /* of the chain */
	uint8_t told[SPDM_HASH_MAX]; /* its digest, as DIGESTS says */
};

/* Who the requester is, as far as it has shown. */
struct spdm_rsp_peer {
	struct crypto_slot key;	       /* none: not known */
	uint8_t slot;		       /* 0xff: a known key */
	bool proven;		       /* it answered CHALLENGE */
	uint8_t digest[SPDM_HASH_MAX]; /* of its chain, or of its key */
};

/* A large message on its way, in cfg.large. */
enum spdm_large_state {
	SPDM_LARGE_NONE,
	SPDM_LARGE_IN,	 /* a request arrives, by CHUNK_SEND */
	SPDM_LARGE_HELD, /* it is there, and the port has not finished */
	SPDM_LARGE_OUT,	 /* a response leaves, by CHUNK_GET */
};

struct spdm_large {
	enum spdm_large_state state;
	uint32_t ctx;	/* session that it belongs to; 0: outside of them */
	uint8_t handle; /* IN: the peer's */
	uint8_t next;	/* handle of our next response */
	uint32_t seq;	/* of the next chunk */
	uint32_t at;	/* where it begins */
	uint32_t total;
	uint32_t done;
};

/* A request that waits for the port, and what a second run must not draw
 * anew: it would let the port sign twice. */
struct spdm_wait {
	bool waits; /* kept; else only its draws are */
	bool lost;  /* dropped: MessageLost */
	bool drawn; /* @nonce is */
	uint8_t code;
	uint8_t token;
	uint32_t ctx;
	uint32_t len; /* in cfg.kept, or in cfg.large: SPDM_LARGE_HELD */
	uint64_t until_ns;
	uint8_t nonce[SPDM_NONCE_LEN];
	struct crypto_slot dh;
	/* Or the secret of a KEM, whose ciphertext stays in scratch. */
	uint8_t point[SPDM_DHE_MAX];
	bool kem;
};

/* Of each slot: its digest, and with many keys what stands behind it. */
struct spdm_rsp_digests {
	uint8_t all[SPDM_SLOTS * SPDM_HASH_MAX];
	uint8_t key_pair[SPDM_SLOTS];
	uint8_t info[SPDM_SLOTS];
	uint8_t usage[2 * SPDM_SLOTS];
};

/*
 * One exchange: a decoded request, the response that grows beside it, and
 * what becomes of the session once the response has been sealed. It means
 * something within spdm_rsp_handle() alone, and is zero before and after. It
 * stands in the responder, since the stacks of firmware are small.
 */
struct spdm_ex {
	struct spdm_rsp *r;
	struct spdm_rsp_session *s; /* NULL: plain */
	bool secured;
	uint64_t now_ns;

	struct spdm_span in; /* the request's own bytes */
	uint8_t *buf;	     /* where the response is encoded */
	size_t cap;
	size_t len;
	/* Acquired, not yet committed; given back if they stay here. */
	struct crypto_slot work;
	struct crypto_slot dh;
	struct crypto_slot th; /* of the handshake, with an answer in it */

	/* Runs when the response has been sealed. Cannot fail. */
	void (*after)(struct spdm_ex *x);

	bool proof; /* the last part of this struct is in use */

	uint8_t mutual; /* KEY_EXCHANGE: SPDM_MUT_AUTH…, what is asked */

	bool silent;   /* no reply */
	uint8_t error; /* an ERROR code refuses */
	uint8_t error_data;

	struct spdm_msg rsp;
	struct spdm_msg req;
	struct spdm_msg encap; /* the peer's answer, then what we ask next */
	struct spdm_rsp_encap flow; /* as it is after that */

	uint8_t *record; /* the second half of the scratch buffer */
	size_t record_cap;
	/* How much plaintext stands in the two halves; wiped at the end. */
	size_t plain_used;
	size_t record_used;
	/* Where a signature and an exchange too long for this struct stand:
	 * behind the record. Likewise. */
	uint8_t *sig_room;
	uint8_t *kem_room;
	size_t sig_used;
	size_t kem_used;

	uint8_t ext[4];
	size_t ext_len;

	/* Carriers: where a reply goes in the end, and what came inside. */
	uint8_t *out;
	size_t out_cap;
	struct spdm_span inner; /* runs after its carrier */
	bool carried;		/* it runs */
	bool chunked;		/* it came in chunks */
	bool resumed;		/* it was kept */
	bool keeps;		/* it is kept, or stays so */
	bool big;		/* the response is built in cfg.large */
	bool drawn;		/* @nonce is in use */
	/* Bytes of CHUNK_SEND_ACK before the response to what came in chunks;
	 * 0: no acknowledgement. */
	uint8_t ack;
	uint8_t ack_handle;
	bool early; /* EarlyErrorDetected */
	uint32_t ack_seq;

	/* What response spans point to, and keys. Only for the requests that
	 * the table says it of. */
	uint8_t nonce[SPDM_NONCE_LEN];
	uint8_t summary[SPDM_HASH_MAX];
	uint8_t point[SPDM_DHE_MAX];
	uint8_t opaque[32];
	uint8_t short_sig[SPDM_SIG_MAX];
	uint8_t *sig; /* the same, or @sig_room; see spdm_ex_sig() */
	uint8_t verify[SPDM_HASH_MAX];
	union {
		struct {
			struct spdm_keys keys;
			struct spdm_channel ch[SPDM_DIRS];
		};
		/* Before keys are made, or where none are; zero again after
		 * use. */
		struct crypto_chain chain;
		struct spdm_rsp_digests digests;
	};
};

/* What is looked at most comes first: its offsets fit in a byte. */
struct spdm_rsp {
	const struct spdm_binding *via; /* of the message at hand */
	enum spdm_phase phase;		/* of the connection: START to READY */
	uint8_t version;
	uint32_t peer_caps;
	uint32_t peer_transfer; /* longest response the peer takes at once */
	uint32_t peer_max;	/* the same in chunks */
	uint32_t asym, hash, meas_hash;
	uint32_t req_asym; /* of the requester's signatures; 0: none */
	uint32_t pqc_asym; /* or this, and 0 in its place */
	uint32_t req_pqc_asym;
	uint16_t dhe;
	uint16_t kem; /* or this */
	uint16_t aead;
	bool no_cache; /* nothing outlives the next reset */
	bool lost;     /* a reset took what was agreed: RequestResynch */
	bool opaque_fmt1;
	bool multi_key;	     /* of our keys: MULTI_KEY_CONN_RSP, 1.3 */
	bool peer_multi_key; /* of the peer\'s, likewise */
	uint8_t mel_spec;    /* of the log, 1.3; 0: none */
	struct spdm_rsp_cfg cfg;
	struct spdm_transcript tr;
	uint8_t root_hash[SPDM_SLOTS][SPDM_HASH_MAX];
	uint8_t chain_hash[SPDM_SLOTS][SPDM_HASH_MAX];
	uint16_t next_id;  /* our half of the next session id */
	uint32_t clear_id; /* session whose FINISH comes in the clear; 0 none */
	struct spdm_rsp_encap encap;
	struct spdm_rsp_peer peer;
	struct crypto_slot mut; /* what the requester will sign in it */
	struct spdm_large large;
	struct spdm_wait wait;
	struct spdm_ex ex;
};

/*
 * spdm_rsp_init() - a responder that waits for GET_VERSION
 * @cfg: copied; what it points to must outlive the responder
 *
 * Errors:   IL_E_ARG  a limit is out of range, a needed pointer missing, or a
 *                     slot's certificates are not DER
 */
enum il_err spdm_rsp_init(struct spdm_rsp *r,
			  const struct spdm_rsp_cfg *cfg) IL_MUST;

/*
 * The same for who has filled in @r->cfg, where all else is zero: a
 * configuration is not small.
 */
enum il_err spdm_rsp_start(struct spdm_rsp *r) IL_MUST;

/* Ends all sessions, gives back all slots, wipes. */
void spdm_rsp_fini(struct spdm_rsp *r);

/*
 * spdm_rsp_via() - by which binding messages come from now on
 * @b: NULL: bare, as after init; must outlive the responder
 *
 * A session stays with the binding that made it: what comes by another is not
 * its record.
 */
void spdm_rsp_via(struct spdm_rsp *r, const struct spdm_binding *b);

/*
 * spdm_rsp_handle() - answer one message
 * @kind:     how it came
 * @in:       one payload; zeros may fill up the binding's last unit
 * @out:      must not overlap @in
 * @out_len:  0: there is no reply
 * @now_ns:   for the heartbeat
 *
 * Refusals are answers too: they come back as IL_OK with an ERROR message.
 * Not answered at all: PCI-SIG messages outside a session (PCIe TDISP 1.0
 * §11.2.2), records of unknown sessions, records with a malformed frame.
 *
 * Errors:   IL_E_AGAIN  the port has not finished, and there is no cfg.kept.
 *                       Nothing that the peer can see has changed; call again
 *                       with the same bytes.
 *           IL_E_SPACE  @cap is below what cfg.longest and the peer's transfer
 *                       size allow; nothing has changed
 *           IL_E_STATE  called from within one of its ports; likewise
 *           others from the crypto table; nothing has been sent
 */
enum il_err spdm_rsp_handle(struct spdm_rsp *r, enum spdm_kind kind,
			    const uint8_t *in, size_t n, uint8_t *out,
			    size_t cap, size_t *out_len,
			    enum spdm_kind *out_kind, uint64_t now_ns) IL_MUST;

/* Ends sessions whose heartbeat or FINISH is overdue, and forgets a kept
 * request that nobody asked for; returns when to call
 * again (UINT64_MAX: not before the next message). */
uint64_t spdm_rsp_tick(struct spdm_rsp *r, uint64_t now_ns);

/*
 * spdm_rsp_slot_set() - a slot holds something else from now on
 *
 * For what happened beside this responder: a chain that a reset installed, or
 * another connection wrote. What @now points to must outlive the responder.
 *
 * Errors: IL_E_ARG  no such slot, or not DER; others from the crypto table
 */
enum il_err spdm_rsp_slot_set(struct spdm_rsp *r, uint8_t slot,
			      const struct spdm_rsp_slot *now) IL_MUST;
/* The same of key pairs: what they say counts for the slots they have. */
void spdm_rsp_pair_set(struct spdm_rsp *r, const struct spdm_key_pair *k);
/* Slots of @mask that a session, or one that is being made, stands on. */
uint8_t spdm_rsp_slots_used(const struct spdm_rsp *r, uint8_t mask);

/* Ends one session for the device's own reasons; false: there is none. */
bool spdm_rsp_end(struct spdm_rsp *r, uint32_t session_id);

/*
 * A reset of the device: every session ends, the connection starts over. With
 * SPDM_CAP_CACHE what was agreed stays, unless an END_SESSION said otherwise:
 * the requester may go on with CHALLENGE, KEY_EXCHANGE or the like.
 */
void spdm_rsp_reset(struct spdm_rsp *r);

/* The peer has gone, and another may come: nothing of before is left, whatever
 * is kept over a reset. */
void spdm_rsp_leave(struct spdm_rsp *r);

/* What a device may want of its requester on its own account. */
enum spdm_ask {
	SPDM_ASK_KEY_UPDATE,	/* new keys for what we send */
	SPDM_ASK_ENDPOINT_INFO, /* 1.3 */
};

/* No session's id: our half of one is never 0. */
#define SPDM_ANY_SESSION UINT32_C(1)

/*
 * spdm_rsp_ask() - put a request up, for the requester to fetch when it asks
 * @session_id: the established session that it may be fetched in; for
 *              ENDPOINT_INFO also 0 (outside) or SPDM_ANY_SESSION
 *
 * Errors:   IL_E_ARG    one of the ends lacks a capability for it
 *           IL_E_STATE  no such session, its keys are being updated, or there
 *                       is another encapsulated request
 */
enum il_err spdm_rsp_ask(struct spdm_rsp *r, enum spdm_ask what,
			 uint32_t session_id) IL_MUST;

/* Whether @session_id is established now. */
bool spdm_rsp_session_open(const struct spdm_rsp *r, uint32_t session_id);

/* Invariants, for assertions, tests and fuzzers. */
bool spdm_rsp_sane(const struct spdm_rsp *r);

#endif
