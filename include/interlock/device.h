/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef INTERLOCK_DEVICE_H
#define INTERLOCK_DEVICE_H

#include <interlock/crypto.h>
#include <interlock/wire.h>

/*
 * The device's side of TEE-IO: an SPDM responder, 1.0 to 1.4, with IDE_KM and
 * TDISP inside its sessions, and the watch over what they lock: the device
 * security manager. It does no I/O, allocates nothing, reads no clock: messages
 * go in and out as bytes, events are told, and the hardware is reached through
 * two tables that the firmware fills. docs/porting.md is the guide.
 *
 *	struct il_device *d;
 *
 *	err = il_device_init(&cfg, mem, sizeof(mem), &d);
 *	...
 *	err = il_front_doe(il_device_front(d), 0, in, n, out, cap, &len, now);
 *
 * It has two halves, which may run on different processors: the front speaks
 * SPDM; the back, struct il_pci, knows IDE_KM, TDISP and the device. struct
 * il_device is both at once; il_pipe_… makes frames of what goes between them.
 *
 * Context of all: one thread at a time uses a device, or a half. Entries of
 * the tables are called from within, and may not call back.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* In storage of the caller, see their init. */
struct il_device;
struct il_front;
struct il_pci;

#define IL_DEVICE_CONNS	   4 /* connections, at the most */
#define IL_DEVICE_SESSIONS 4 /* sessions of a connection, at the most */

/* --- SPDM: what the front asks of the device --- */

/* A measurement as the device has it; @raw stays valid during the request. */
struct il_spdm_measurement {
	uint8_t type;  /* DMTFSpecMeasurementValueType without bit 7 */
	bool tcb;      /* counts for IL_SPDM_SUMMARY_TCB */
	bool only_raw; /* never sent as a digest, such as a version number */
	bool extend;   /* a digest that the log gives; @raw is not looked at */
	struct il_span raw;
};

/* A certificate slot; all zero: there is none. */
struct il_spdm_slot {
	struct il_span certs; /* DER, nearest to the root first, leaf last */
	struct il_span root;  /* DER; none: the first of @certs is the root */
	/* For those who have several keys, 1.3: */
	bool there;	  /* exists, also while it is empty */
	uint8_t key_pair; /* 1 on; 0: none */
	uint8_t model;	/* IL_SPDM_CERT_MODEL_…; NONE: a key without chain */
	uint16_t usage; /* IL_SPDM_KEY_USE_…, of that key */
};

/* A vendor's message, VENDOR_DEFINED_REQUEST. */
struct il_spdm_vdm {
	uint16_t standard;  /* IL_SPDM_STD_… */
	struct il_span vid; /* vendor id, at most 255 bytes */
	struct il_span payload;
};

/* GET_CSR. Source: DSP0274 1.3.2, section 10.26.1 */
struct il_spdm_csr_ask {
	uint8_t key_pair; /* 0: the one key, of @asym */
	uint8_t model;	  /* IL_SPDM_CERT_MODEL_… */
	bool tags;	  /* 1.3: the peer knows of tracking tags */
	uint8_t tag;	  /* 1 to 7: the request that has this one; 0: new */
	bool overwrite;	  /* what waits for a reset is dropped for this */
	uint32_t asym;	  /* as negotiated */
	uint32_t hash;
	struct il_span info; /* CertificationRequestInfo; none: yours */
	struct il_span opaque;
};

/* SET_CERTIFICATE; @certs none: erase. Source: section 10.26.2 */
struct il_spdm_cert_ask {
	uint8_t slot;
	uint8_t key_pair; /* 0: the one key, of @asym */
	uint8_t model;
	uint32_t asym;
	struct il_span certs;		     /* DER, root first, leaf last */
	const struct il_crypto_chain *chain; /* the same, parsed */
};

/* SET_KEY_PAIR_INFO. Source: section 10.27.2 */
struct il_spdm_key_pair_ask {
	uint8_t id;
	uint8_t op;	/* IL_SPDM_KEY_PAIR_CHANGE … */
	uint16_t usage; /* as it shall be */
	uint32_t asym;	/* likewise, IL_SPDM_KEY_PAIR_RSA_2048 … */
	uint32_t pqc;	/* likewise; one of these is 0 */
	uint8_t slots;	/* likewise */
};

/*
 * struct il_spdm_port - what SPDM asks of the device
 *
 * @ctx comes from the configuration. Entries that may be NULL say so. One that
 * answers IL_E_AGAIN has not finished: it is called again with the same
 * arguments, as soon as the requester comes again (see il_spdm_cfg.keep).
 *
 * Provisioning, csr to set_key_pair, answers
 *   IL_E_AGAIN   not finished
 *   IL_E_NOMEM   not now: something that is in use would change, nothing is
 *                free. ERROR Busy
 *   IL_E_STATE   ERROR UnexpectedRequest
 *   IL_E_ARG, IL_E_FIELD, IL_E_LONG, IL_E_AUTH
 *                ERROR InvalidRequest
 *   else         ERROR OperationFailed; before 1.3 Unspecified
 * and has changed nothing then. Spans in what is asked live during the call.
 */
struct il_spdm_port {
	/*
	 * Sign @digest, of the negotiated hash, with the key of @slot;
	 * r || s or an RSA signature, as the one bit @base_asym says, @sig_len
	 * bytes. Any error: the request is answered with ERROR Unspecified;
	 * IL_E_AGAIN: not yet.
	 */
	enum il_err (*sign)(void *ctx, uint8_t slot, uint32_t base_asym,
			    const uint8_t *digest, size_t digest_len,
			    uint8_t *sig, size_t sig_len);
	/* IL_E_ARG: there is no measurement @index (1 to 254). NULL: none. */
	enum il_err (*measure)(void *ctx, uint8_t index,
			       struct il_spdm_measurement *out);
	/*
	 * VENDOR_DEFINED of others than the PCI-SIG, opaque here; @session_id 0
	 * is outside a session. NULL: ERROR UnsupportedRequest. The response
	 * payload goes to @out; *@len stays 0: no reply at all.
	 * Errors: IL_E_AGAIN  not yet
	 *         IL_E_STATE  ERROR UnexpectedRequest
	 *         IL_E_SHORT, IL_E_LONG, IL_E_FIELD, IL_E_ARG
	 *                     ERROR InvalidRequest
	 *         else        ERROR Unspecified
	 */
	enum il_err (*vendor_other)(void *ctx, uint32_t session_id,
				    const struct il_spdm_vdm *in, uint8_t *out,
				    size_t cap, size_t *len);
	/*
	 * Provisioning; each may be NULL: then its capability may not be
	 * offered.
	 *
	 * PKCS #10, DER, to @out. Or nothing and *@reset: it will be there
	 * after a reset, under *@tag (1 to 7).
	 */
	enum il_err (*csr)(void *ctx, const struct il_spdm_csr_ask *ask,
			   uint8_t *out, size_t cap, size_t *len, bool *reset,
			   uint8_t *tag);
	/*
	 * Keeps or erases what a slot holds. *@now: what it holds from now
	 * on. *@reset: as it is, until a reset; see il_front_slot_set().
	 * The key pair has to fit, which is yours to see.
	 */
	enum il_err (*set_cert)(void *ctx, const struct il_spdm_cert_ask *ask,
				struct il_spdm_slot *now, bool *reset);
	/* IL_E_ARG: there is no such key pair. Ids are 1 to out->total. */
	enum il_err (*key_pair)(void *ctx, uint8_t id, struct il_key_pair *out);
	/* *@reset: from a reset on. */
	enum il_err (*set_key_pair)(void *ctx,
				    const struct il_spdm_key_pair_ask *ask,
				    bool *reset);
	/* Information of @sub, IL_SPDM_EP_INFO_…, to @out; IL_E_ARG: none of
	 * this kind. */
	enum il_err (*endpoint_info)(void *ctx, uint8_t sub, uint8_t *out,
				     size_t cap, size_t *len);
	/* The measurement extension log, whole, as il_mel_write() makes it;
	 * valid during the request. @meas_hash: as negotiated. */
	enum il_err (*mel)(void *ctx, uint32_t meas_hash, struct il_span *out);
	/*
	 * The handshake secret under the pre-shared key that @hint names: its
	 * HKDF-Extract with @salt, of the negotiated @hash (IL_SPDM_HASH_…),
	 * that many bytes. The key itself stays behind the port. NULL: no
	 * pre-shared keys.
	 * Errors: IL_E_ARG    no such key: ERROR InvalidRequest
	 *         IL_E_AGAIN  not yet
	 *         else        ERROR Unspecified
	 */
	enum il_err (*psk)(void *ctx, struct il_span hint, uint32_t hash,
			   const uint8_t *salt, size_t salt_len,
			   uint8_t *secret);
	/*
	 * Whether to trust the chain that the requester showed as that of its
	 * @slot. Any error: no; IL_E_AGAIN: not yet.
	 */
	enum il_err (*trust)(void *ctx, uint8_t slot,
			     const struct il_crypto_chain *chain);
	/* What the requester answered to IL_ASK_ENDPOINT_INFO; @proven: it
	 * signed it. May be NULL. */
	void (*peer_info)(void *ctx, uint32_t session_id, uint8_t sub,
			  struct il_span info, bool proven);
	/*
	 * The same as @sign where a bit of il_spdm_cfg.pqc_asym was agreed:
	 * ML-DSA over @msg under the context string @about. NULL: none.
	 * Source: FIPS 204 §5.2; DSP0274 1.4, "Signature generation"
	 */
	enum il_err (*sign_msg)(void *ctx, uint8_t slot, uint32_t pqc_asym,
				const char *about, const uint8_t *msg,
				size_t len, uint8_t *sig, size_t sig_len);
};

/* What most devices offer: certificates, challenge, signed measurements,
 * sessions by KEY_EXCHANGE with heartbeat and key update. */
#define IL_DEVICE_CAPS                                                    \
	(IL_SPDM_CAP_CERT | IL_SPDM_CAP_CHAL | IL_SPDM_CAP_MEAS_SIG |     \
	 IL_SPDM_CAP_MEAS_FRESH | IL_SPDM_CAP_ENCRYPT | IL_SPDM_CAP_MAC | \
	 IL_SPDM_CAP_KEY_EX | IL_SPDM_CAP_HBEAT | IL_SPDM_CAP_KEY_UPD)

/*
 * struct il_spdm_cfg - the front, as it shall be
 *
 * All zero is a default, but for @crypto, @env, @port, @asym and @slots. What
 * pointers point at lives as long as the front.
 */
struct il_spdm_cfg {
	const struct il_crypto *crypto; /* the struct itself is copied */
	const struct il_env *env;	/* likewise */
	const struct il_spdm_port *port;
	void *port_ctx;

	uint8_t conns;	  /* 1 to IL_DEVICE_CONNS; 0: 1 */
	uint8_t sessions; /* of each, to IL_DEVICE_SESSIONS; 0: all of them */

	uint8_t versions[5]; /* IL_SPDM_V…, newest first; none: 1.2 */
	uint32_t caps;	     /* IL_SPDM_CAP_…; 0: IL_DEVICE_CAPS */
	uint8_t ct_exponent; /* an answer takes 2^n us at most; 0: 20 */
	uint32_t asym;	     /* IL_SPDM_ASYM_… that the port can sign with */
	uint32_t req_asym;   /* of requesters, to verify; 0: none */
	uint32_t pqc_asym;   /* IL_SPDM_PQC_…, 1.4, with port->sign_msg */
	uint32_t req_pqc_asym;
	uint16_t kem;	    /* IL_SPDM_KEM_…, 1.4; goes before @dhe */
	uint32_t hash;	    /* IL_SPDM_HASH_…; 0: SHA-384 */
	uint32_t meas_hash; /* IL_SPDM_MEAS_HASH_…; 0: SHA-384 */
	uint16_t dhe;	    /* IL_SPDM_DHE_…; 0: secp384r1, unless @kem */
	uint16_t aead;	    /* IL_SPDM_AEAD_…; 0: AES-256-GCM */
	uint16_t sm_versions[3]; /* of secured messages; none: 1.1 */
	struct il_spdm_slot slots[IL_SPDM_SLOTS];
	uint16_t slot_room; /* bytes of certificates a slot takes; 0: unknown */
	/* In a place of trust, such as where it is made: slot 0 may be
	 * written, and all of them outside of sessions. */
	bool trusted;

	/*
	 * What the requester has to prove. @mutual: in FINISH, 0 or one
	 * IL_SPDM_MUT_AUTH…; who lacks the capabilities is let in without, or,
	 * with @mutual_must, refused. @basic: before sessions, in CHALLENGE
	 * of 1.1. IL_SPDM_MUT_AUTH needs to know the requester before:
	 * @peer_key, @peer, or what CHALLENGE brought.
	 */
	uint8_t mutual;
	bool mutual_must;
	bool basic;
	uint8_t mutual_slot;	  /* of the requester, 0 to 7 */
	struct il_spdm_slot peer; /* its certificates */
	struct il_span peer_key;  /* or its SubjectPublicKeyInfo, DER */

	uint8_t heartbeat_s;  /* 0: no heartbeat asked for */
	uint8_t handshake_s;  /* from KEY_EXCHANGE to FINISH; 0: no limit */
	uint64_t seq_limit;   /* messages of a key; 0: 2^64 - 1 */
	uint32_t longest;     /* response we can send; 0: what the peer takes */
	uint8_t rdt_exponent; /* ResponseNotReady: come in 2^n us, n to 31 */
	uint8_t rdt_factor;   /* and within so many times that; 0: 16 */

	/*
	 * Buffers, each once for each connection, of the memory given at init.
	 * See docs/porting.md, "Buffers".
	 */
	uint32_t transfer;   /* DataTransferSize, to 65,535; 0: 4,032 */
	uint32_t record_cap; /* measurement record, log, CSR; 0: 1,024 */
	uint32_t large_cap;  /* MaxSPDMmsgSize, above @transfer: messages in
				chunks; 0: none */
	/*
	 * 1: a request that the port has not finished is kept; it is answered
	 * with ERROR ResponseNotReady until RESPOND_IF_READY asks for it.
	 * 0: IL_E_AGAIN comes out of il_front_handle(): the caller comes again
	 * with the same bytes.
	 */
	uint8_t keep;
	uint32_t peer_chain_cap; /* certificates of requesters; 0: none */
	uint64_t reserved[4];	 /* 0 */
};

/* MutAuthRequested of KEY_EXCHANGE_RSP. Source: DSP0274 1.2.1, section 10.16 */
#define IL_SPDM_MUT_AUTH	 0x1
#define IL_SPDM_MUT_AUTH_ENCAP	 0x2 /* with encapsulated requests */
#define IL_SPDM_MUT_AUTH_DIGESTS 0x4 /* with GET_DIGESTS, implicitly */

/* Versions of secured messages, as DSP0277 has them in opaque data. */
#define IL_SPDM_SM_V10 0x1000
#define IL_SPDM_SM_V11 0x1100
#define IL_SPDM_SM_V12 0x1200

/* --- IDE_KM and TDISP: what the back asks of the device --- */

/* QUERY_RESP. Source: PCIe Base 6.x §6.33.3 */
struct il_ide_query {
	uint8_t devfn;
	uint8_t bus;
	uint8_t segment;
	uint8_t max_port;
	struct il_span cap; /* image of the IDE extended capability, from its
			       capability register on, whole dwords */
};

/* A selective stream as the device's registers and engine know it. */
struct il_device_stream {
	bool enabled;	  /* enable bit of its register block */
	bool secure;	  /* state Secure, not Insecure */
	bool is_default;  /* default stream bit */
	uint8_t tc;	  /* traffic class */
	uint8_t port;	  /* IDE_KM port index of its keys */
	uint8_t defaults; /* how many enabled streams have the default bit */
};

/* VDM_REQUEST. Source: PCIe Base 6.x §11.3.22 */
struct il_tdisp_vdm {
	uint8_t registry; /* 0 PCI-SIG, 1 CXL */
	struct il_span id;
	struct il_span data;
};

/* What moves a TDI. */
enum il_tdi_event {
	/* Messages, in the order of their codes from 0x81. */
	IL_TDI_EV_VERSION,
	IL_TDI_EV_CAPS,
	IL_TDI_EV_LOCK,
	IL_TDI_EV_REPORT,
	IL_TDI_EV_STATE,
	IL_TDI_EV_START,
	IL_TDI_EV_STOP,
	IL_TDI_EV_BIND_P2P,
	IL_TDI_EV_UNBIND_P2P,
	IL_TDI_EV_SET_MMIO_ATTR,
	IL_TDI_EV_VDM,
	/* Not messages. */
	IL_TDI_EV_CONFIG,   /* locked configuration was changed */
	IL_TDI_EV_FLR,	    /* function level reset, of it or its PF */
	IL_TDI_EV_POWER,    /* power transition that loses state */
	IL_TDI_EV_STREAM,   /* a bound stream is Insecure */
	IL_TDI_EV_SESSION,  /* the session that locked it ended */
	IL_TDI_EV_FATAL,    /* own request failed, poison, integrity, DSM */
	IL_TDI_EV_SCRUBBED, /* the device cleaned up after ERROR by itself */
	IL_TDI_EV_RESET,    /* conventional reset */
	IL_TDI_EVENTS,
};

/*
 * struct il_device_port - what the device does for the DSM
 *
 * @fn is the index of a TDI. One that answers IL_E_AGAIN (or PENDING) has not
 * finished and is called again with the same arguments until it has, and for no
 * other key of the stream but to stop it. docs/porting.md has each entry's
 * duties; docs/dsm.md what a requester sees meanwhile.
 */
struct il_device_port {
	/*
	 * Keys in AES order, the first value of the counter; *@status: enum
	 * il_ide_status. A requester that gave up may send another value for
	 * the same key: it is the last one that counts. Errors: IL_E_AGAIN;
	 * others count as IL_IDE_FAILED.
	 */
	enum il_err (*program_key)(void *ctx, const struct il_ide_ref *ref,
				   const uint8_t key[IL_IDE_KEY_LEN],
				   const uint8_t ifv[IL_IDE_IFV_LEN],
				   uint8_t *status);
	/* Not IL_OK: nothing has changed, and no acknowledgement is sent;
	 * IL_E_AGAIN: not yet. */
	enum il_err (*key_go)(void *ctx, const struct il_ide_ref *ref);
	enum il_err (*key_stop)(void *ctx, const struct il_ide_ref *ref);
	/* The image lives until the next call. IL_E_ARG: no such port. */
	enum il_err (*query)(void *ctx, uint8_t port, struct il_ide_query *out);
	/* The session that keyed it is gone: wipe its keys, both sets; the
	 * stream is Insecure from now on. Do not raise an event for it. Ends
	 * what is under way. */
	void (*stream_kill)(void *ctx, uint8_t port, uint8_t stream);
	/* Look @stream up; IL_E_ARG: there is none with this id. */
	enum il_err (*stream_info)(void *ctx, uint8_t stream,
				   struct il_device_stream *out);
	/*
	 * The checks of §11.3.8 over configuration: phantom functions,
	 * overlapping BARs, resizable BARs, system page size, cache line,
	 * steering tags. NULL: fine; else the rule that refuses.
	 */
	const struct il_rule *(*check_config)(void *ctx, uint32_t fn,
					      const struct il_tdisp_lock *lock);
	/* Begin to watch locked configuration; called before check_config(), so
	 * that nothing changes unseen between them. Not IL_OK: LOCK fails. */
	enum il_err (*arm)(void *ctx, uint32_t fn);
	/* LOCK failed after arm(), or was given up: end the watch, and what
	 * quiesce() and report() have begun for it. */
	void (*disarm)(void *ctx, uint32_t fn);
	/*
	 * Stop issuing, finish or abort what is under way, drain translation
	 * and page requests, invalidate the ATC. IL_E_AGAIN: call again later.
	 */
	enum il_err (*quiesce)(void *ctx, uint32_t fn);
	/* Erase the TVM's data; end the watch. IL_E_AGAIN: call again later. */
	enum il_err (*scrub)(void *ctx, uint32_t fn);
	/* Fill in the report for this lock; pages as the bus sees them, the
	 * reporting offset is added above. @out->vendor lives until the next
	 * call. IL_E_AGAIN: call again later. */
	enum il_err (*report)(void *ctx, uint32_t fn,
			      const struct il_tdisp_lock *lock,
			      struct il_tdisp_report *out);
	/*
	 * From here on each may be NULL: not supported, not wanted. The first
	 * four may answer IL_TDISP_E_PENDING; what is under way when RUN ends,
	 * as tdi_entered() tells, is not to happen any more. unbind_p2p is also
	 * called for each stream that is bound when RUN ends, and again by a
	 * STOP where it did not succeed.
	 */
	enum il_tdisp_error (*bind_p2p)(void *ctx, uint32_t fn, uint8_t stream);
	enum il_tdisp_error (*unbind_p2p)(void *ctx, uint32_t fn,
					  uint8_t stream);
	enum il_tdisp_error (*set_mmio_attr)(
		void *ctx, uint32_t fn, const struct il_tdisp_range *range);
	/* Writes the answer's data to @out. UNSUPPORTED_REQUEST: not a
	 * registry, vendor or message that it knows. */
	enum il_tdisp_error (*vdm)(void *ctx, uint32_t fn,
				   const struct il_tdisp_vdm *req, uint8_t *out,
				   size_t cap, size_t *len);
	/* Told after each change of state. */
	void (*tdi_entered)(void *ctx, uint32_t fn, enum il_tdi_state old,
			    enum il_tdi_state now, enum il_tdi_event why);
};

/* What a function is to the others. */
struct il_device_fn {
	uint32_t pf; /* index of its PF; its own index: it is no VF */
};

/*
 * struct il_pci_cfg - the back, as it shall be
 *
 * All zero is a default, but for @env, @port, @tdis and @streams. What pointers
 * point at lives as long as the back.
 */
struct il_pci_cfg {
	const struct il_env *env; /* the struct itself is copied */
	const struct il_device_port *port;
	void *port_ctx;
	uint32_t tdis;			/* interfaces that can be locked */
	uint32_t streams;		/* that can have keys at once */
	const struct il_device_fn *fns; /* one for each TDI; NULL: no VFs */
	/* TDI of the function that has the IDE capability and DOE; any other
	 * number: it is no TDI. */
	uint32_t ide_fn;
	uint32_t report_cap;  /* bytes of a report; 0: 256 */
	uint16_t lock_flags;  /* IL_TDISP_LOCK_… that LOCK may carry */
	uint8_t addr_width;   /* bits of a DMA address; 0: 52 */
	uint8_t num_req_this; /* outstanding requests of a TDI; 0: one */
	uint8_t num_req_all;  /* of all, to 16; 0: as of one */
	uint8_t conns;	      /* of the front; 0: IL_DEVICE_CONNS */
	/* After so long a STOP that does not end has failed, and the TDI is in
	 * ERROR; 0: one second. */
	uint64_t teardown_ns;
	bool watch_msix; /* though IL_TDISP_LOCK_MSIX is not set */
	/* Rules that are not kept, for requesters that break them. Leave them
	 * false in a product. */
	bool lock_without_keys;
	bool lock_after_key_stop;
	bool any_port;	      /* of IDE_KM; the port sees 0 alone */
	bool any_interface;   /* of TDISP: TDI 0 answers to it */
	uint64_t reserved[4]; /* 0 */
};

/*
 * What the device saw happen. Everything here ends the trust of the TDIs that
 * it reaches; what may change without effect (cache line size, interrupt
 * line, status bits, AER, ACS, LTR, DOE, VPD, MSI) is simply not an event.
 *
 * Source: PCIe Base 6.x §11.4.3 (locked registers), §11.4.5 to §11.4.9
 */
enum il_device_event {
	/* @which is the function whose registers were written. */
	IL_EV_BME_CLEARED,
	IL_EV_MSE_CLEARED, /* for a VF: VF MSE of the PF is IL_EV_VF_MSE */
	IL_EV_BAR,
	IL_EV_ROM_BAR,
	IL_EV_BIST,
	IL_EV_RESIZABLE_BAR,
	IL_EV_VF_RESIZABLE_BAR,
	IL_EV_EA,
	IL_EV_ARI,
	IL_EV_PASID,
	IL_EV_PAGE_REQUEST,
	IL_EV_SRIOV, /* any locked field of the capability, VF BARs too */
	IL_EV_VF_ENABLE,
	IL_EV_VF_MSE,
	IL_EV_MULTICAST,
	IL_EV_DEVCTL, /* tag enables, phantom functions, No Snoop */
	IL_EV_MSIX,   /* MSI-X capability; counts only if LOCK_MSIX */
	IL_EV_RID,    /* bus number or segment changed */
	IL_EV_POWER,  /* left D0 and loses state */
	IL_EV_FLR,
	IL_EV_DMA_ERROR, /* UR, CA, time-out on its own request */
	IL_EV_POISON,	 /* poisoned TLP or integrity error, unrecoverable */
	IL_EV_ATS_T0,	 /* Translation Completion or PRG Response, T = 0 */
	IL_EV_FAILURE,	 /* of this function's part of the DSM */
	IL_EV_SCRUBBED,	 /* in ERROR and clean by itself: back to UNLOCKED */
	/* @which is a stream id. */
	IL_EV_STREAM_INSECURE, /* any cause; its keys are gone already */
	IL_EV_KEY_STOPPED,     /* a stopped key was needed */
	IL_EV_STREAM_CONFIG,   /* IDE control, RID or address register */
	/* @which is not looked at: the whole device. */
	IL_EV_FW_UPDATE, /* forced in spite of NO_FW_UPDATE */
	IL_EV_DEBUG,	 /* invasive debug was enabled */
	IL_EV_LINK_DOWN,
	IL_EV_HOT_RESET,
	IL_EV_FUND_RESET,
	IL_EVENTS,
};

/* --- The whole --- */

struct il_device_cfg {
	struct il_spdm_cfg spdm;
	struct il_pci_cfg pci;
};

/*
 * What il_device_init() wants of memory, at most, for storage that is static:
 * the sum of these three. The device's own; buffers of messages, by the fields
 * of struct il_spdm_cfg; reports. With post-quantum algorithms each connection
 * wants IL_PQC_BUFFERS more.
 */
#define IL_DEVICE_SIZE(conns, sessions, tdis, streams)                 \
	(1536u + (size_t)(conns) * (4864u + (size_t)(sessions)*688u) + \
	 (size_t)(tdis)*208u + (size_t)(streams)*32u)
#define IL_DEVICE_BUFFERS(conns, transfer, record_cap, large_cap, keep,      \
			  peer_chain_cap)                                    \
	((size_t)(conns) * ((size_t)(transfer) * ((keep) ? 2u : 1u) +        \
			    (record_cap) + (large_cap) + (peer_chain_cap)) + \
	 40u)
#define IL_REPORT_BUFFERS(tdis, report_cap) ((size_t)(tdis) * (report_cap) + 8u)
#define IL_PQC_BUFFERS			    (4627u + 1568u)

/*
 * il_device_size() - bytes that il_device_init() wants
 * @cfg: its numbers count
 *
 * Returns:  at most the sum of the macros above
 * Context:  any
 */
IL_API size_t il_device_size(const struct il_device_cfg *cfg);

/*
 * il_device_init() - no session, all TDIs UNLOCKED and not hosted
 * @mem:  @size bytes, aligned for a pointer and a uint64_t; the device's until
 *        il_device_fini(), and must not move
 * @size: at least il_device_size()
 * @out:  points into @mem
 *
 * Errors:   IL_E_ARG    a number is out of range, an entry or pointer that a
 *                       capability needs is missing, what is reserved is not 0,
 *                       a slot's certificates are not DER
 *           IL_E_SPACE  @size is too small, or @mem is not aligned
 *           others from the crypto table
 */
IL_API enum il_err il_device_init(const struct il_device_cfg *cfg, void *mem,
				  size_t size, struct il_device **out) IL_MUST;

/* il_device_fini() - end all sessions, give back slots, wipe all its memory */
IL_API void il_device_fini(struct il_device *d);

/* il_device_front(), il_device_pci() - the halves of a whole device */
IL_API struct il_front *il_device_front(struct il_device *d);
IL_API struct il_pci *il_device_pci(struct il_device *d);

/*
 * il_device_tick() - time goes on: heartbeats, slow STOPs, late requests
 *
 * Returns:  when to call again; UINT64_MAX: not before something happens
 */
IL_API uint64_t il_device_tick(struct il_device *d, uint64_t now_ns);

/*
 * il_device_event() - something happened: reaches all that hangs on it
 * @which: see enum il_device_event; a function that is no TDI concerns none
 *
 * A conventional reset ends all sessions, too.
 */
IL_API void il_device_event(struct il_device *d, enum il_device_event ev,
			    uint32_t which);

/* --- The front --- */

struct il_back;

/*
 * il_front_size(), il_front_init(), il_front_fini() - a front by itself
 * @back: what answers IDE_KM and TDISP: il_pipe_front_back(), or your own
 *
 * As those of il_device.
 */
IL_API size_t il_front_size(const struct il_spdm_cfg *cfg);
IL_API enum il_err il_front_init(const struct il_spdm_cfg *cfg,
				 const struct il_back *back, void *back_ctx,
				 void *mem, size_t size,
				 struct il_front **out) IL_MUST;
IL_API void il_front_fini(struct il_front *f);

/*
 * il_front_via() - by which transport messages of @conn come from now on
 * @b: NULL: bare, as after init; must outlive the front. il_doe_binding(),
 *     il_mctp_binding(), or your own
 *
 * A session stays with the binding that made it. il_front_doe() and
 * il_front_mctp() say it themselves.
 */
IL_API void il_front_via(struct il_front *f, unsigned conn,
			 const struct il_spdm_binding *b);
IL_API const struct il_spdm_binding *il_doe_binding(void);
IL_API const struct il_spdm_binding *il_mctp_binding(void);

/*
 * il_front_handle() - one SPDM message in, at most one out
 * @conn:     the connection that it came by
 * @kind:     how it came
 * @in:       one payload; zeros may fill up the binding's last unit
 * @out:      must not overlap @in
 * @out_len:  0: there is no reply
 * @now_ns:   for heartbeat and limits
 *
 * Refusals are answers too: they come back as IL_OK with an ERROR message.
 * Not answered at all: PCI-SIG messages outside a session, records of unknown
 * sessions, records with a malformed frame.
 *
 * Errors:   IL_E_AGAIN  the port has not finished, and @keep is 0. Nothing
 *                       that the peer can see has changed; call again with the
 *                       same bytes.
 *           IL_E_SPACE  @cap is too small; nothing has changed
 *           IL_E_ARG    no such connection
 *           others from the crypto table; nothing has been sent
 * Source:   DSP0274 1.0 to 1.4; PCIe Base 6.x §11.2.2
 */
IL_API enum il_err il_front_handle(struct il_front *f, unsigned conn,
				   enum il_spdm_kind kind, const uint8_t *in,
				   size_t n, uint8_t *out, size_t cap,
				   size_t *out_len, enum il_spdm_kind *out_kind,
				   uint64_t now_ns) IL_MUST;

/*
 * il_front_doe() - one whole DOE data object in, at most one out
 *
 * Discovery, SPDM and secured SPDM; any other object has no answer.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG, IL_E_FIELD  no data object
 *           others as il_front_handle()
 * Source:   PCIe Base 6.0 §6.30.1, §6.31.3
 */
IL_API enum il_err il_front_doe(struct il_front *f, unsigned conn,
				const uint8_t *in, size_t n, uint8_t *out,
				size_t cap, size_t *out_len,
				uint64_t now_ns) IL_MUST;

/*
 * il_front_mctp() - one whole MCTP message in, at most one out
 *
 * Its message type byte in front, 5 or 6; no MCTP headers.
 *
 * Errors:   IL_E_SHORT, IL_E_FIELD  no SPDM
 *           others as il_front_handle()
 * Source:   DSP0275 1.0, DSP0276 1.1
 */
IL_API enum il_err il_front_mctp(struct il_front *f, unsigned conn,
				 const uint8_t *in, size_t n, uint8_t *out,
				 size_t cap, size_t *out_len,
				 uint64_t now_ns) IL_MUST;

/* il_front_tick() - as il_device_tick(), for a front by itself */
IL_API uint64_t il_front_tick(struct il_front *f, uint64_t now_ns);

/*
 * il_front_leave() - the peer of a connection has gone
 *
 * The next one finds nothing of it, whatever is kept over a reset.
 */
IL_API void il_front_leave(struct il_front *f, unsigned conn);

/*
 * il_front_reset() - a conventional reset, told to a front by itself
 *
 * All sessions end. With IL_SPDM_CAP_CACHE what was agreed stays. Never from
 * within a port.
 */
IL_API void il_front_reset(struct il_front *f);

/*
 * il_front_end() - end one session for the device's own reasons
 *
 * Returns:  false: there is none
 */
IL_API bool il_front_end(struct il_front *f, unsigned conn,
			 uint32_t session_id);

/* il_front_session_open() - whether @session_id is established now */
IL_API bool il_front_session_open(const struct il_front *f, unsigned conn,
				  uint32_t session_id);

/* What a device may want of its requester on its own account. */
enum il_ask {
	IL_ASK_KEY_UPDATE,    /* new keys for what we send */
	IL_ASK_ENDPOINT_INFO, /* 1.3 */
};

/* No session's id. */
#define IL_ANY_SESSION UINT32_C(1)

/*
 * il_front_ask() - put a request up, for the requester to fetch when it asks
 * @session_id: the established session that it may be fetched in; for
 *              ENDPOINT_INFO also 0 (outside) or IL_ANY_SESSION
 *
 * Errors:   IL_E_ARG    one of the ends lacks a capability for it; no such
 *                       connection
 *           IL_E_STATE  no such session, its keys are being updated, or there
 *                       is another encapsulated request
 */
IL_API enum il_err il_front_ask(struct il_front *f, unsigned conn,
				enum il_ask what, uint32_t session_id) IL_MUST;

/*
 * il_front_slot_set() - a slot holds something else from now on, to all
 *
 * For what happened beside the front: a chain that a reset installed. What one
 * connection wrote by SET_CERTIFICATE is told to the others this way, too.
 * What @now points to must outlive the front.
 *
 * Errors: IL_E_ARG  no such slot, or not DER; others from the crypto table
 */
IL_API enum il_err il_front_slot_set(struct il_front *f, uint8_t slot,
				     const struct il_spdm_slot *now) IL_MUST;
/* il_front_pair_set() - a key pair is something else from now on, to all */
IL_API void il_front_pair_set(struct il_front *f, const struct il_key_pair *k);

/*
 * il_front_slots_used() - slots of @mask that a session stands on
 *
 * One that is being made counts.
 */
IL_API uint8_t il_front_slots_used(const struct il_front *f, uint8_t mask);

/* One entry of a measurement extension log; entries are numbered from 1. */
struct il_mel_entry {
	uint8_t meas;	      /* of the measurement that it extends */
	uint8_t type;	      /* as in a measurement block, bit 7: raw */
	struct il_span value; /* at most 65535 bytes */
};

/*
 * il_mel_write() - a log as port->mel gives it
 * @len: bytes written, or bytes needed on IL_E_SPACE
 *
 * Errors: IL_E_ARG    a value is too long
 *         IL_E_SPACE
 * Source: DSP0274 1.3.2, section 10.25
 */
IL_API enum il_err il_mel_write(const struct il_mel_entry *entries, size_t n,
				uint8_t *out, size_t cap, size_t *len) IL_MUST;

/* --- The back --- */

/* il_pci_size(), il_pci_init(), il_pci_fini() - a back by itself; as those of
 * il_device */
IL_API size_t il_pci_size(const struct il_pci_cfg *cfg);
IL_API enum il_err il_pci_init(const struct il_pci_cfg *cfg, void *mem,
			       size_t size, struct il_pci **out) IL_MUST;
IL_API void il_pci_fini(struct il_pci *p);

/* il_pci_tick() - as il_device_tick(), for a back by itself */
IL_API uint64_t il_pci_tick(struct il_pci *p, uint64_t now_ns);

/*
 * il_pci_event() - as il_device_event(), for a back by itself
 *
 * Where SPDM runs elsewhere, the front is told of a conventional reset by who
 * tells this half, see il_event_ends_sessions() and il_front_reset().
 */
IL_API void il_pci_event(struct il_pci *p, enum il_device_event ev,
			 uint32_t which);
IL_API bool il_event_ends_sessions(enum il_device_event ev);

/* Not on the wire: the bus number is not known yet, so that device and
 * function number alone name the TDI. */
#define IL_TDI_ANY_BUS 0x80000000u

/*
 * il_pci_set_function() - how @fn can be named now
 * @id: FUNCTION_ID: requester id, and segment with its valid bit once known;
 *      IL_TDI_ANY_BUS while the bus is not known
 *
 * A change while it is not UNLOCKED is IL_EV_RID, or the end of the function
 * (VF enable cleared), which takes the TDI out of use the same way.
 */
IL_API void il_pci_set_function(struct il_pci *p, uint32_t fn, bool hosted,
				uint32_t id);

/*
 * il_pci_key_retired() - the receiver dropped an old key set
 *
 * After the first toggled K bit.
 */
IL_API void il_pci_key_retired(struct il_pci *p, const struct il_ide_ref *ref);

/* il_pci_tdi_state() - the state of @fn now */
IL_API enum il_tdi_state il_pci_tdi_state(const struct il_pci *p, uint32_t fn);

/*
 * il_pci_lock_refusal() - the rule that made the last LOCK of @fn fail
 *
 * On stream, keys or configuration.
 *
 * Returns:  NULL: none did
 */
IL_API const struct il_rule *il_pci_lock_refusal(const struct il_pci *p,
						 uint32_t fn);

/*
 * il_pci_mmio_verdict() - may this memory request reach the function?
 * @tee:    the address is in a range that is not NON_TEE
 * @t:      T bit of the TLP
 * @stream: id of the stream it came in, -1: not IDE
 * @why:    on false, the rule; may be NULL
 *
 * Configuration requests are always let in.
 * Source: PCIe Base 6.x §11.2.1, §11.5.4
 */
IL_API bool il_pci_mmio_verdict(const struct il_pci *p, uint32_t fn, bool tee,
				bool t, int stream, const struct il_rule **why);

enum il_dma {
	IL_DMA,	     /* memory request, also an ATS translation request */
	IL_DMA_MSI,  /* MSI, or MSI-X whose table is not locked */
	IL_DMA_MSIX, /* MSI-X; locked or not is looked up here */
};

/*
 * il_pci_dma_verdict() - may the function issue this, and how?
 * @t:      T bit to set
 * @stream: id of the stream to use; -1: as stream selection says
 */
IL_API bool il_pci_dma_verdict(const struct il_pci *p, uint32_t fn,
			       enum il_dma kind, bool *t, int *stream,
			       const struct il_rule **why);

/*
 * il_pci_p2p_verdict() - may the function send to a peer on @stream, T set?
 *
 * In RUN, on a stream that BIND_P2P_STREAM_REQUEST bound; which addresses it
 * is for stands in its registers. What comes from a peer is judged by
 * il_pci_mmio_verdict().
 * Source: PCIe Base 6.x §11.3.18
 */
IL_API bool il_pci_p2p_verdict(const struct il_pci *p, uint32_t fn,
			       uint8_t stream, const struct il_rule **why);

/*
 * il_pci_epoch() - how often @fn has left RUN
 *
 * Completions to reads that were issued in RUN count only if RUN was never
 * left: keep it with the request and compare on completion.
 */
IL_API uint32_t il_pci_epoch(const struct il_pci *p, uint32_t fn);

/* --- Between the halves --- */

/*
 * struct il_session - the name of a session
 *
 * The id that SPDM gives may come again; a generation does not, so that a
 * request which is late can never be taken for one of a later session.
 */
struct il_session {
	uint8_t conn;
	uint8_t seat;
	uint32_t id;  /* SPDM's; never 0 */
	uint64_t gen; /* 1 to 2^48 - 1 */
	/* It is AES-256-GCM under which its messages come; no other algorithm
	 * will do for IDE_KM and TDISP. Source: PCIe TDISP 1.0 §11.2.2 */
	bool aes256;
};

/* struct il_back - what the front needs of the back */
struct il_back {
	/*
	 * One payload, from the protocol id on. *@len 0: no answer.
	 *
	 * Errors: IL_E_AGAIN  not yet: call again with the same bytes
	 *         IL_E_STATE  the session has ended
	 *         IL_E_SHORT, IL_E_FIELD  no message of ours
	 *         IL_E_SPACE  @cap is too small
	 *         others      no answer can be given
	 */
	enum il_err (*request)(void *ctx, const struct il_session *s,
			       const uint8_t *in, size_t n, uint8_t *out,
			       size_t cap, size_t *len);
	/* The session is gone; nothing of it comes after. */
	void (*ended)(void *ctx, const struct il_session *s);
};

/* il_pci_back() - the entries of a back in the same processor; the context is
 * a struct il_pci */
IL_API const struct il_back *il_pci_back(void);

/*
 * Ends of a pipe, for halves on two processors: what goes between them, as
 * frames. Whatever carries frames must keep them whole; that it delays,
 * repeats, reorders or loses them costs no trust, only time. Both processors
 * are the device's own, and so is the way between them: frames carry keys, and
 * nothing here hides or proves them. docs/porting.md, "Two processors", has the
 * frame.
 */
#define IL_FRAME_HDR 24

struct il_pipe_front;
struct il_pipe_back;

struct il_pipe_cfg {
	/* Sends one frame whole, or does nothing. Errors: IL_E_AGAIN no room;
	 * it is given again. Others count as that. */
	enum il_err (*send)(void *ctx, const uint8_t *p, size_t n);
	void *ctx;
	uint8_t conns;	/* as the front has; 0: 1 */
	uint32_t frame; /* longest frame; 0: 2,048 */
};

/* The front's end; stands for the back. As those of il_device. */
IL_API size_t il_pipe_front_size(const struct il_pipe_cfg *cfg);
IL_API enum il_err il_pipe_front_init(const struct il_pipe_cfg *cfg, void *mem,
				      size_t size,
				      struct il_pipe_front **out) IL_MUST;
IL_API void il_pipe_front_fini(struct il_pipe_front *f);
/* il_pipe_front_back() - for il_front_init(); the context is @f itself */
IL_API const struct il_back *il_pipe_front_back(void);
/*
 * il_pipe_front_take() - a frame that came
 *
 * One that makes no sense at this end changes nothing.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG, IL_E_FIELD  no frame
 *           IL_E_SPACE                        longer than il_pipe_cfg.frame
 */
IL_API enum il_err il_pipe_front_take(struct il_pipe_front *f, const uint8_t *p,
				      size_t n) IL_MUST;
/* il_pipe_front_flush() - send what there was no room for */
IL_API void il_pipe_front_flush(struct il_pipe_front *f);

/* The back's end; asks @back, which is @pci. */
IL_API size_t il_pipe_back_size(const struct il_pipe_cfg *cfg);
IL_API enum il_err il_pipe_back_init(const struct il_pipe_cfg *cfg,
				     struct il_pci *pci, void *mem, size_t size,
				     struct il_pipe_back **out) IL_MUST;
IL_API void il_pipe_back_fini(struct il_pipe_back *b);
IL_API enum il_err il_pipe_back_take(struct il_pipe_back *b, const uint8_t *p,
				     size_t n) IL_MUST;
/*
 * il_pipe_back_poll() - ask again for what was pending
 *
 * And send what there was no room for.
 */
IL_API void il_pipe_back_poll(struct il_pipe_back *b);

/* --- The mailbox --- */

struct il_mbox;

/*
 * il_mbox_size(), il_mbox_init() - the registers of a DOE instance, idle
 * @limit: longest object, bytes; a multiple of 4, at least 8
 * @mem:   il_mbox_size() bytes, aligned as for il_device_init()
 *
 * For a device whose firmware sees each register access; where hardware
 * collects whole objects, il_front_doe() is enough.
 *
 * Errors:   IL_E_ARG, IL_E_SPACE
 * Source:   PCIe Base 6.0 §6.30.2, §7.9.24
 */
IL_API size_t il_mbox_size(size_t limit);
IL_API enum il_err il_mbox_init(const struct il_env *env, size_t limit,
				void *mem, size_t size,
				struct il_mbox **out) IL_MUST;

/*
 * il_mbox_read(), il_mbox_write() - an access to a register, a whole dword
 * @off: from the beginning of the capability: 8 control, 0xc status, 0x10 write
 *       mailbox, 0x14 read mailbox
 */
IL_API uint32_t il_mbox_read(const struct il_mbox *m, uint32_t off);
IL_API void il_mbox_write(struct il_mbox *m, uint32_t off, uint32_t dw,
			  uint64_t now_ns);

/* il_mbox_reset() - an FLR or conventional reset of the function */
IL_API void il_mbox_reset(struct il_mbox *m);

/*
 * il_mbox_serve() - answer the object that waits, and apply the limit of 1 s
 * @f: the front that answers, as its connection @conn
 *
 * Returns:  IL_OK: nothing waits any more. IL_E_AGAIN: the front has not
 *           finished; call again
 * Errors:   as il_front_doe(); the mailbox is in error then
 */
IL_API enum il_err il_mbox_serve(struct il_mbox *m, struct il_front *f,
				 unsigned conn, uint64_t now_ns) IL_MUST;

#ifdef __cplusplus
}
#endif

#endif
