/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef INTERLOCK_REQUESTER_H
#define INTERLOCK_REQUESTER_H

#include "interlock/crypto.h"
#include "interlock/wire.h"

/*
 * The platform's side of a device: an SPDM requester, 1.0 to 1.4, that also
 * speaks IDE_KM and TDISP inside its session. It does no I/O: begin an
 * operation, pull the bytes to carry, push the bytes that came back, until
 * push says that the operation is over. How they travel, and how long to wait
 * for them, is the caller's.
 *
 *	err = il_requester_begin(r, IL_REQ_CONNECT, NULL);
 *	while (!err || err == IL_E_AGAIN) {
 *		err = il_requester_pull(r, buf, sizeof(buf), &n);
 *		if (err)
 *			break;
 *		n = carry(buf, n, sizeof(buf));
 *		err = il_requester_push(r, buf, n, now_ns());
 *		if (!err)
 *			break;
 *	}
 *
 * Context of all: one thread at a time uses a requester; no allocation, no
 * I/O, no clock. One operation at a time, one session at a time.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* In storage of the caller; see il_requester_init(). */
struct il_requester;

/* What is carried. */
enum il_req_carrier {
	/* Whole PCI DOE data objects. Source: PCIe Base 6.0 §6.30.1 */
	IL_REQ_DOE,
	/* Whole MCTP messages, their type byte in front: 5 or 6. Without it
	 * they are SPDM messages as any transport takes them, in the clear and
	 * secured. Source: DSP0275, DSP0276 */
	IL_REQ_MCTP,
};

enum il_req_state {
	/* Nothing is known of the peer. Next: CONNECT. */
	IL_REQ_NEW,
	/* Algorithms agreed, chain read. Next: any plain operation. */
	IL_REQ_CONNECTED,
	/* Data keys live. Next: END_SESSION, or the session dies. */
	IL_REQ_SESSION,
};

enum il_req_op {
	IL_REQ_NONE,
	IL_REQ_DISCOVER, /* what a DOE mailbox offers; in any state */
	IL_REQ_CONNECT,	 /* GET_VERSION … GET_CERTIFICATE of a slot */
	IL_REQ_CHALLENGE,
	IL_REQ_MEASURE,	     /* in the session if there is one */
	IL_REQ_SESSION_OPEN, /* KEY_EXCHANGE, FINISH */
	IL_REQ_SESSION_PSK,  /* PSK_EXCHANGE, PSK_FINISH */
	/* In a session. */
	IL_REQ_HEARTBEAT,
	IL_REQ_KEY_UPDATE, /* update, then verify the new key */
	IL_REQ_SESSION_END,
	IL_REQ_VENDOR, /* VENDOR_DEFINED_REQUEST */
	/* Of a connection or in its session. */
	IL_REQ_CSR,
	IL_REQ_SET_CERT,
	IL_REQ_KEY_PAIR,
	IL_REQ_SET_KEY_PAIR,
	IL_REQ_ENDPOINT_INFO,
	IL_REQ_LOG,   /* measurement extension log, until it is whole */
	IL_REQ_ENCAP, /* what the peer asks of us, until it asks no more */
	/* IDE_KM, in a session. Source: PCIe Base 6.x §6.33.3 */
	IL_REQ_IDE_QUERY,
	IL_REQ_IDE_KEY_PROG,
	IL_REQ_IDE_GO,
	IL_REQ_IDE_STOP,
	/* TDISP, in a session. Source: PCIe Base 6.x §11.3 */
	IL_REQ_TDISP_VERSION,
	IL_REQ_TDISP_CAPS,
	IL_REQ_TDISP_LOCK,
	IL_REQ_TDISP_REPORT, /* portions of the report, until it is whole */
	IL_REQ_TDISP_STATE,
	IL_REQ_TDISP_START,
	IL_REQ_TDISP_STOP,
	IL_REQ_TDISP_BIND_P2P,
	IL_REQ_TDISP_UNBIND_P2P,
	IL_REQ_TDISP_SET_ATTR,
	IL_REQ_TDISP_VENDOR,
	IL_REQ_OPS, /* one above the last */
};

/* What the requester asks of its own side. Entries may be NULL. */
struct il_requester_port {
	/*
	 * Sign @digest, of the negotiated hash, with the key of our @slot, or
	 * with the one that the peer knows (0xff), by the one bit @asym.
	 * IL_E_AGAIN: not yet; il_requester_pull() says it too, and asks again
	 * with the same @digest. il_identity_sign() does it in a program.
	 */
	enum il_err (*sign)(void *ctx, uint8_t slot, uint32_t asym,
			    const uint8_t *digest, size_t digest_len,
			    uint8_t *sig, size_t sig_len);
	/* The same by ML-DSA, over @msg under the context string @about. */
	enum il_err (*sign_msg)(void *ctx, uint8_t slot, uint32_t pqc_asym,
				const char *about, const uint8_t *msg,
				size_t len, uint8_t *sig, size_t sig_len);
	/*
	 * The handshake secret under the pre-shared key that @hint names: its
	 * HKDF-Extract with @salt, of the negotiated hash (IL_SPDM_HASH_…),
	 * that many bytes. The key itself stays behind the port. IL_E_ARG: no
	 * such key. It may not be pending. Source: DSP0274 1.2.1, section 11
	 */
	enum il_err (*psk)(void *ctx, struct il_span hint, uint32_t hash,
			   const uint8_t *salt, size_t salt_len,
			   uint8_t *secret);
	/* What ENDPOINT_INFO says of us, where the peer asks; IL_E_ARG: none
	 * of kind @sub. */
	enum il_err (*endpoint_info)(void *ctx, uint8_t sub, uint8_t *out,
				     size_t cap, size_t *len);
};

/* Our own certificates, for a peer that asks; all zero: none. */
struct il_requester_slot {
	struct il_span certs; /* DER, nearest to the root first, leaf last */
	struct il_span root;  /* DER; none: the first of @certs is the root */
	/* Where our keys are many, 1.3: */
	uint8_t key_pair; /* 1 on */
	uint8_t model;	  /* IL_SPDM_CERT_MODEL_… */
	uint16_t usage;	  /* IL_SPDM_KEY_USE_… */
};

/*
 * struct il_requester_cfg - what a requester is made of
 *
 * All zero is a default, but for @crypto, @env and who is to be trusted. What
 * pointers point at lives as long as the requester.
 */
struct il_requester_cfg {
	const struct il_crypto *crypto;
	const struct il_env *env;
	enum il_req_carrier carrier;

	/*
	 * Who vouches for devices: DER certificates, @anchor_n of them, one of
	 * which the chain that CONNECT reads has to lead to; and the time, in
	 * seconds since 1970. None: CONNECT trusts any chain, and says so to
	 * nobody; that has to be asked for by @trust_any.
	 */
	const struct il_span *anchors;
	size_t anchor_n;
	int64_t now_s;
	bool trust_any;

	/* What is offered. 0 each: everything that @crypto can do. */
	uint8_t versions[5]; /* accepted, best first; none: 1.4, 1.3, 1.2 */
	uint32_t caps;	     /* IL_SPDM_CAP_… beside what is always there */
	uint32_t need_caps;  /* CONNECT fails if the peer lacks one of these */
	uint32_t asym;	     /* IL_SPDM_ASYM_… */
	uint32_t hash;	     /* IL_SPDM_HASH_… */
	uint16_t dhe;	     /* IL_SPDM_DHE_… */
	uint16_t aead;	     /* IL_SPDM_AEAD_… */
	uint32_t pqc_asym;   /* IL_SPDM_PQC_…; with @no_pqc none */
	uint16_t kem;	     /* IL_SPDM_KEM_…; likewise */
	bool no_pqc;
	bool multi_key; /* many keys, where the peer leaves us the choice */

	/* Our own side: nothing of it is needed for a device that asks for
	 * nothing. */
	const struct il_requester_port *port;
	void *port_ctx;
	uint32_t own_asym; /* what port->sign can do, IL_SPDM_ASYM_… */
	uint32_t own_pqc;  /* what port->sign_msg can do, IL_SPDM_PQC_… */
	struct il_requester_slot slots[IL_SPDM_SLOTS];
	struct il_span pub_key; /* or one that the peer knows, SPKI */

	/* How much. 0: the first number behind it. */
	uint32_t transfer;    /* longest message that goes at once: 4,032 */
	uint32_t chain_max;   /* longest certificate chain: 16,384 */
	uint32_t kept_max;    /* measurements, as they were said: 8,192 */
	uint32_t large_max;   /* longest message in chunks: 0, none */
	uint8_t busy_tries;   /* how often a busy peer is asked again: 8 */
	uint8_t ready_tries;  /* and one that is not ready: 8 */
	uint8_t ct_exponent;  /* CTExponent that we claim: 2^n us */
	uint64_t reserved[8]; /* 0 */
};

/* What il_requester_init() wants of memory for the same numbers. */
#define IL_REQUESTER_FIXED 16384u
#define IL_REQUESTER_SIZE(transfer, chain_max, kept_max, large_max)          \
	(IL_REQUESTER_FIXED + 2 * (size_t)(transfer) + (size_t)(chain_max) + \
	 (size_t)(kept_max) + (size_t)(large_max))

/*
 * il_requester_size() - bytes that il_requester_init() wants
 * @cfg: its numbers count, and its algorithms
 *
 * Returns:  at most IL_REQUESTER_SIZE() of the same numbers
 */
IL_API size_t il_requester_size(const struct il_requester_cfg *cfg);

/*
 * il_requester_init() - make a requester in @mem
 * @mem:  @size bytes, aligned as for any object; the requester's until
 *        il_requester_fini()
 * @size: at least il_requester_size()
 * @out:  points into @mem
 *
 * Errors:   IL_E_ARG    a number is out of range, something is missing that
 *                       a capability wants, nobody is to be trusted, or
 *                       what is reserved is not 0
 *           IL_E_SPACE  @size is too small, or @mem is not aligned
 */
IL_API enum il_err il_requester_init(const struct il_requester_cfg *cfg,
				     void *mem, size_t size,
				     struct il_requester **out) IL_MUST;

/* il_requester_fini() - give back its slots, and wipe all its memory */
IL_API void il_requester_fini(struct il_requester *r);

/* Which key of a link, and for KEY_PROG the key. */
struct il_ide_key {
	uint8_t stream;
	uint8_t key_set; /* 0 or 1 */
	uint8_t dir;	 /* enum il_ide_dir */
	uint8_t sub;	 /* enum il_ide_sub */
	uint8_t port;
	/* In the order that AES and the 96-bit IV use. All of @ifv 0: the
	 * first value of a key, counter 1. */
	uint8_t key[IL_IDE_KEY_LEN];
	uint8_t ifv[IL_IDE_IFV_LEN];
};

/* What the operations of TDISP need; the rest is ignored. */
struct il_tdisp_ask {
	uint32_t function_id; /* all */
	uint32_t tsm_caps;    /* CAPS */
	uint16_t lock_flags;  /* LOCK: IL_TDISP_LOCK_… */
	uint8_t stream;	      /* LOCK: default stream; BIND_P2P, UNBIND_P2P */
	uint64_t mmio_offset; /* LOCK: two's complement, bytes */
	uint64_t p2p_mask;    /* LOCK */
	uint8_t nonce[IL_TDISP_NONCE_LEN]; /* START: what LOCK gave */
	uint16_t portion;	     /* REPORT: longest to ask for; 0: 1,024 */
	struct il_tdisp_range range; /* SET_ATTR */
	uint8_t registry;	     /* VENDOR: 0 PCI-SIG, 1 CXL */
	struct il_span vid;
	struct il_span data;
};

/*
 * struct il_requester_args - what an operation needs; the rest is ignored
 *
 * Spans and @out live until the operation is over.
 */
struct il_requester_args {
	uint8_t slot;	 /* CONNECT; those after it use the same */
	uint8_t summary; /* CHALLENGE, SESSION_…: IL_SPDM_SUMMARY_… */
	/* MEASURE; ENDPOINT_INFO: @sign, @nonce */
	bool sign;
	bool raw;
	uint8_t index;	  /* IL_SPDM_MEAS_COUNT, 1 to 254, IL_SPDM_MEAS_ALL */
	bool nonce_given; /* else the requester draws one */
	uint8_t nonce[IL_SPDM_NONCE_LEN];
	uint8_t update;	     /* KEY_UPDATE; 0: IL_SPDM_UPDATE_ALL_KEYS */
	uint8_t policy;	     /* SESSION_…: IL_SPDM_POLICY_… */
	struct il_span hint; /* SESSION_PSK: at most 64 bytes */
	/* SESSION_END: what was agreed does not outlive the next reset, if the
	 * peer would have kept it */
	bool clear_state;
	/* VENDOR */
	bool large;	   /* in the long form of 1.4, and so is the answer */
	uint16_t standard; /* IL_SPDM_STD_… */
	struct il_span vid;
	struct il_span payload;
	/* CSR, SET_CERT: named if and only if the connection has many keys;
	 * KEY_PAIR, SET_KEY_PAIR: which */
	uint8_t key_pair;
	uint8_t model;	     /* IL_SPDM_CERT_MODEL_… */
	uint8_t tag;	     /* CSR: of ERROR ResetRequired, after the reset */
	bool overwrite;	     /* CSR: instead of one that waits for a reset */
	struct il_span info; /* CSR: CertificationRequestInfo, DER; or none */
	struct il_span opaque; /* CSR */
	uint8_t target;	       /* SET_CERT: slot */
	struct il_span certs;  /* SET_CERT: DER, root first; none: erase */
	uint8_t pair_op;       /* SET_KEY_PAIR: IL_SPDM_KEY_PAIR_CHANGE … */
	uint8_t pair_slots;    /* as they shall be */
	uint16_t pair_usage;
	uint32_t pair_asym; /* IL_SPDM_KEY_PAIR_RSA_2048 …, or */
	uint32_t pair_pqc;  /* IL_SPDM_PQC_… */
	uint8_t sub;	    /* ENDPOINT_INFO: IL_SPDM_EP_INFO_… */
	/* CSR, SET_CERT (work space for the chain), ENDPOINT_INFO, LOG,
	 * TDISP_REPORT: where it goes */
	uint8_t *out;
	size_t out_cap;
	struct il_ide_key ide;	   /* IDE_…; QUERY: the port alone */
	struct il_tdisp_ask tdisp; /* TDISP_… */
	uint64_t reserved[8];	   /* 0 */
};

/*
 * il_requester_begin() - start an operation
 * @args: NULL: all zero
 *
 * Errors:   IL_E_STATE  another is under way, it does not fit the state, or
 *                       the session's numbers are used up: then it is dropped
 *           IL_E_ARG    an argument is out of range, what is reserved is
 *                       not 0, or the peer did not offer the capability
 *           IL_E_SPACE  @args->out is too small
 */
IL_API enum il_err
il_requester_begin(struct il_requester *r, enum il_req_op op,
		   const struct il_requester_args *args) IL_MUST;

/*
 * il_requester_pull() - the bytes to carry to the peer now
 * @out: a data object or a message, as the carrier says
 *
 * Errors:   IL_E_STATE  no operation, or the last bytes are not answered
 *           IL_E_SPACE  @cap or the peer's transfer size is too small; the
 *                       operation stays
 *           IL_E_AGAIN  the port has not finished a signature: pull again
 *           any other   the operation failed; see il_requester_push()
 */
IL_API enum il_err il_requester_pull(struct il_requester *r, uint8_t *out,
				     size_t cap, size_t *len) IL_MUST;

/*
 * il_requester_push() - the peer's answer
 * @in:     a data object or a message, as many bytes as came
 * @now_ns: of any clock that never runs backwards
 *
 * Returns:  IL_OK: the operation is done. IL_E_AGAIN: there is more to pull,
 *           not before il_requester_not_before(). Anything else: the operation
 *           has failed and is over
 * Errors:   IL_E_STATE  nothing was awaited; nothing has changed
 *           IL_E_PEER   the peer refused; il_requester_result() says how. The
 *                       session goes on if it said so inside it
 *           IL_E_AUTH   a signature, a chain or a record does not hold
 *           IL_E_SHORT, IL_E_LONG, IL_E_FIELD
 *                       no answer to what was asked
 *           IL_E_NOMEM  the crypto table is full, or an answer is longer than
 *                       chain_max, kept_max or args.out
 *           IL_E_TIMEOUT
 *                       the peer was not ready too often
 *           After each but IL_E_STATE and a refusal inside it a session is
 *           dead, its keys are wiped. An answer of IDE_KM or TDISP that does
 *           not fit is refused and the session goes on.
 */
IL_API enum il_err il_requester_push(struct il_requester *r, const uint8_t *in,
				     size_t n, uint64_t now_ns) IL_MUST;

/*
 * il_requester_not_before() - when the next bytes may be pulled
 *
 * After ResponseNotReady or Busy the peer wants time. The requester never
 * waits.
 *
 * Returns:  in the time of il_requester_push(); 0: now
 */
IL_API uint64_t il_requester_not_before(const struct il_requester *r);

/*
 * il_requester_abort() - give the operation up, at any moment
 *
 * Before its first bytes went out the state is as before; after that as if
 * push had failed.
 */
IL_API void il_requester_abort(struct il_requester *r);

/*
 * il_requester_reset() - the peer was reset
 *
 * Drops the session. What was agreed stays if the peer said that it keeps it
 * (CACHE_CAP); else the state is NEW.
 */
IL_API void il_requester_reset(struct il_requester *r);

/* il_requester_drop() - drop the session without telling the peer */
IL_API void il_requester_drop(struct il_requester *r);

/* il_requester_state() - where the requester is */
IL_API enum il_req_state il_requester_state(const struct il_requester *r);

/*
 * il_requester_asking() - the request that is at hand, such as "KEY_EXCHANGE"
 *
 * Returns:  a constant string, never NULL; "" if there is none
 */
IL_API const char *il_requester_asking(const struct il_requester *r);

/*
 * struct il_requester_result - what the last operation found out
 *
 * Of an operation that failed only the codes count. Bytes stay until the next
 * begin.
 */
struct il_requester_result {
	/* Behind IL_E_PEER: one of these. */
	uint8_t spdm_error; /* enum il_spdm_error */
	uint8_t spdm_error_data;
	uint8_t ide_status; /* enum il_ide_status */
	uint32_t tdi_error; /* enum il_tdisp_error */
	/* Behind IL_E_AUTH of CONNECT: why no anchor vouches for the chain. */
	struct il_crypto_why why;

	uint32_t doe_types; /* DISCOVER: a bit for each type of the PCI-SIG */
	/* CHALLENGE, SESSION_…: measurement summary hash, if one was asked */
	struct il_span summary;
	/* SESSION_… */
	uint32_t session_id;
	uint8_t heartbeat_s; /* 0: no heartbeat is wanted */
	/* MEASURE */
	uint8_t meas_n;	       /* blocks, or how many there are */
	uint8_t meas_changed;  /* content changed: as the peer said */
	struct il_span record; /* blocks */
	/* MEASURE with @sign: requests and answers that were signed, without
	 * the signature; the same as evidence is in il_evidence_collect() */
	struct il_span messages;
	struct il_span sig;
	/* VENDOR, TDISP_VENDOR */
	struct il_span payload;
	/* CSR, ENDPOINT_INFO, LOG, TDISP_REPORT: bytes of args.out */
	size_t out_len;
	struct il_key_pair pair; /* KEY_PAIR */
	/* IDE_QUERY */
	uint8_t ide_segment;
	uint8_t ide_bus;
	uint8_t ide_devfn;
	uint8_t ide_max_port;
	struct il_span ide_regs; /* image of the IDE extended capability */
	/* TDISP_… */
	uint32_t dsm_caps;
	uint8_t tdisp_requests[16]; /* bit n: request code 0x80 + n */
	uint16_t lock_flags;	    /* that the device supports */
	uint8_t addr_width;
	uint8_t reqs_this; /* outstanding requests, of this TDI and of all */
	uint8_t reqs_all;
	uint8_t tdi;			   /* enum il_tdi_state */
	uint8_t nonce[IL_TDISP_NONCE_LEN]; /* LOCK */
};

/*
 * il_requester_result() - what the last operation found out
 *
 * Returns:  the requester's own; later versions of the library may put more
 *           behind what is here
 */
IL_API const struct il_requester_result *
il_requester_result(const struct il_requester *r);

/* struct il_requester_peer - the connection, as CONNECT agreed on it */
struct il_requester_peer {
	uint8_t version; /* IL_SPDM_V… */
	uint8_t slot;
	bool multi_key;
	uint32_t caps; /* of the peer */
	uint32_t transfer;
	uint32_t max_msg;
	/* One bit each; 0: none. */
	uint32_t asym, pqc_asym;
	uint32_t hash, meas_hash;
	uint16_t dhe, kem, aead;
	/* Until the next CONNECT: the SPDM certificate chain, the certificates
	 * in it (DER), its hash, the same parsed; VCA. */
	struct il_span chain;
	struct il_span certs;
	struct il_span chain_hash;
	const struct il_crypto_chain *leaf;
	struct il_span vca;
};

/*
 * il_requester_peer() - the connection
 *
 * Returns:  the requester's own; NULL: nothing is agreed. Later versions of the
 *           library may put more behind what is here
 */
IL_API const struct il_requester_peer *
il_requester_peer(const struct il_requester *r);

#ifdef __cplusplus
}
#endif

#endif
