/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "device/relax.h"
#include "device/seams.h"
#include "device/store.h"
#include "doe/mbox.h"
#include "dsm/dsm.h"
#include "ide/ide.h"
#include "link/link.h"
#include "pci/cfg.h"
#include "pci/dma_engine.h"

/*
 * An endpoint: a DMA engine as PF, and VFs or more physical functions of the
 * same kind, behind one DSM. It meets the platform on its link alone.
 * docs/device-dma.md is the data sheet.
 *
 * Function index 0 is the PF, 1 to vfs the VFs, or 1 to pfs - 1 the other
 * physical functions; TDI indices are the same. Function 0 has DOE and IDE for
 * all. With more than 7 VFs it is an ARI device: its device number is always 0,
 * and a routing ID has eight bits of function number (PCIe Base 6.0 §6.13).
 */
#define DEVICE_PFS	  8u
#define DEVICE_VFS_MAX	  32u
#define DEVICE_VFS_NO_ARI 7u
#define DEVICE_FNS	  (1u + DEVICE_VFS_MAX)
#define DEVICE_STREAMS	  8u
/* SPDM connections: of the mailbox and of data objects, of MCTP, and those
 * that a front end may give to a client alone. */
#define DEVICE_CONNS	   ((unsigned)DSM_CONNS)
#define DEVICE_CONN_DOE	   0u
#define DEVICE_CONN_MCTP   1u
#define DEVICE_CONN_OWN	   2u /* the first of these */
#define DEVICE_ADDRS	   1u
#define DEVICE_READS	   32u /* read requests under way, of all functions */
#define DEVICE_REPORT_CAP  1024u
#define DEVICE_PARTS	   4u
#define DEVICE_INFO_MAX	   256u /* device specific bytes of a report */
#define DEVICE_BAR_MAX	   (UINT64_C(16) << 20)
#define DEVICE_DOE_MAX	   65544u
#define DEVICE_MESSAGE_MAX 0x100000u /* in chunks */
/* SPDM payloads larger than this do not come or go, unless asked for. */
#define DEVICE_DOE_PAYLOAD (DOE_OBJECT_LIMIT - DOE_HEADER_LEN)
/* What of a DOE payload is left for the plaintext of a secured message. */
#define DEVICE_RECORD_OVER 64u

/* What a function is named in configuration space. */
struct device_ids {
	uint16_t vendor; /* 0: all of it as in docs/device-dma.md */
	uint16_t device;
	uint16_t subsys_vendor;
	uint16_t subsys;
	uint16_t vf_device;
	uint32_t class_code; /* 24 bits */
	uint8_t revision;
};

/* A part of a memory BAR, and a range of the report. */
struct device_part {
	uint64_t size; /* whole pages */
	bool non_tee;
	bool updatable; /* SET_MMIO_ATTRIBUTE may change that */
};

/*
 * A memory BAR. BAR 0 are the registers of the engine, 16 KiB and one part;
 * all others are plain memory.
 */
struct device_bar {
	uint64_t size; /* 0: none; a power of two, PAGE_4K to DEVICE_BAR_MAX */
	uint64_t at;   /* address that it counts as having while assumed */
	bool wide;     /* 64-bit: the next BAR is its upper half */
	bool prefetch;
	unsigned parts;			       /* 0: one, TEE memory */
	struct device_part part[DEVICE_PARTS]; /* in order, together @size */
};

/* What the report says besides its ranges. */
struct device_report {
	uint16_t lnr_control;
	uint32_t tph_control;
	uint8_t info[DEVICE_INFO_MAX]; /* device specific */
	uint32_t info_len;
};

/* What each physical function has of its own. */
struct device_pf {
	struct device_ids ids;
	/* bar[0] without a size: those of docs/device-dma.md. */
	struct device_bar bar[T0_BARS];
	struct device_report report;
	bool no_msix; /* interrupts by INTx, pin A for function 0, B for 1, … */
};

/* A pre-shared key and the hint that names it. */
#define DEVICE_PSKS	  4
#define DEVICE_PSK_MAX	  64
#define DEVICE_PEER_CHAIN 24704 /* bytes of a requester's chain */

struct device_psk {
	uint8_t hint[DEVICE_PSK_MAX];
	uint8_t hint_len;
	uint8_t key[DEVICE_PSK_MAX];
	uint8_t key_len;
};

struct device_cfg {
	struct arena *arena; /* buffers of the functions come from it */
	const struct crypto *crypto;
	const struct crypto *link_crypto; /* of IDE; NULL: as the rest */
	const struct env *env;
	/* Told of each request that is refused here; may be NULL. */
	void (*refused)(void *ctx, const struct fault *f);
	void *refused_ctx;
	struct link_end link; /* ops NULL: it has none */
	unsigned vfs;	      /* 0 to DEVICE_VFS_MAX */
	unsigned
		streams; /* IDE blocks, 1 to DEVICE_STREAMS; 0: no IDE at all */
	bool no_tee;	 /* leaves TEE-IO Supported clear */
	bool no_soft_reset; /* D3hot loses nothing, keys neither */
	bool powered;	    /* in the slot and powered from the start */
	/*
	 * What nobody reports counts as correctly set, see device_told_write().
	 * For a front end that carries SPDM without configuration space.
	 */
	bool assume;
	/* Serves whoever comes: old keys are forgotten before new ones are
	 * refused, see ide_cfg.forget_oldest. So does @assume. */
	bool long_lived;
	uint8_t dev_number; /* until a configuration write tells another */
	struct device_pf pf[DEVICE_PFS];
	unsigned pfs; /* to DEVICE_PFS; 0: one. With several, no VFs */
	/* Of VF 1; the next VFs follow. All else is as of function 0. */
	struct device_bar vf_bar[T0_BARS];
	/* TDISP_LOCK_*; 0: DEVICE_LOCK_FLAGS. With BIND_P2P it takes streams
	 * to peers, which needs two streams at the least. */
	uint16_t lock_flags;
	bool lock_flags_none; /* offer none at all */
	uint8_t addr_width;   /* bits; 0: 52; no request goes beyond */
	uint8_t num_req_this; /* as of struct dsm_pci_cfg */
	uint8_t num_req_all;
	bool vdm;	/* answers TDISP messages of its own vendor: an echo */
	uint32_t relax; /* DEVICE_RELAX_*, DEVICE_STRICTER_* */
	uint8_t query_bus; /* told with query-bus, query-segment */
	uint8_t query_segment;
	size_t doe_limit;	  /* bytes of an object; 0: DOE_OBJECT_LIMIT */
	uint64_t read_timeout_ns; /* of its own reads; 0: 50 ms */
	/*
	 * Versions, capabilities, algorithms, certificates. crypto, env, port,
	 * tap, scratch, longest are filled in by the device.
	 * device_spdm_defaults() gives all but the slots.
	 */
	struct spdm_rsp_cfg spdm;
	/* Keys that requesters may share with it, for the PSK capabilities. */
	struct device_psk psk[DEVICE_PSKS];
	unsigned psk_count;
	/* Whether to trust a requester's chain; NULL: none is trusted, so that
	 * nobody can prove who it is. */
	enum il_err (*trust)(void *ctx, uint8_t slot,
			     const struct crypto_chain *chain);
	void *trust_ctx;
	unsigned conns; /* SPDM connections, to DEVICE_CONNS; 0: two */
	/* MaxSPDMmsgSize, above spdm.transfer: messages go in chunks; 0: none
	 * do. */
	uint32_t max_message;
	/* How long a signature takes: ResponseNotReady meanwhile; 0: none. */
	uint32_t sign_us;
	struct crypto_slot key; /* of the leaf certificates; the caller's */
	struct device_prov_cfg prov;
	/* Outlive the device. @meas_index NULL: @meas[i] has index i + 1. */
	const struct spdm_measurement *meas;
	const uint8_t *meas_index;
	unsigned meas_count;
	const struct dsm_tap *tap; /* NULL: honest */
	void *tap_ctx;
	/* Tables of the engines; NULL: the public ones. */
	const struct tdi_edge (*tdi_table)[TDI_STATES];
	const struct idekm_edge (*idekm_table)[IDEKM_KEY_STATES];
	const struct dsm_cascade *cascade;
	const struct doe_edge (*doe_table)[DOE_STATES];
	/* Each data object that was looked at, and each answer, header included
	 * and as it goes over the mailbox; may be NULL. */
	void (*object)(void *ctx, const uint8_t *obj, size_t n);
	void *object_ctx;
	const struct device_seams *seams; /* NULL: honest */
	void *seams_ctx;
};

/* No peer-to-peer unless asked for, so that all of it is redirected. */
#define DEVICE_LOCK_FLAGS \
	(TDISP_LOCK_NO_FW_UPDATE | TDISP_LOCK_MSIX | TDISP_LOCK_REDIRECT)

/* What a device of ours offers over SPDM, but for identity. */
void device_spdm_defaults(struct spdm_rsp_cfg *spdm);

/* One read request under way; its tag is its index. */
struct device_read {
	bool used;
	bool dead; /* nobody waits for it any more; holds the tag */
	uint8_t fn;
	bool t;	      /* and the answer must come on the same stream */
	int stream;   /* -1: plain */
	uint32_t off; /* where its bytes go in the engine's buffer */
	uint32_t len;
	uint32_t got;
	uint64_t sent_ns;
};

/* The engine of a function, see pci/dma_engine.h. */
enum engine_state { ENGINE_IDLE, ENGINE_LOADING, ENGINE_STORING };

struct device_engine {
	enum engine_state state;
	/* registers */
	uint64_t src;
	uint64_t dst;
	uint32_t len;
	uint32_t status; /* DONE and ERROR; BUSY is the state */
	uint32_t error;
	uint64_t count;
	uint32_t irq;
	uint32_t cmd;
	/* the command under way, as it was when it began */
	uint64_t from;
	uint64_t to;
	uint32_t size;
	uint32_t epoch; /* dsm_epoch() */
	bool peer;	/* some request of it took a peer's stream */
	uint32_t asked; /* bytes asked for */
	uint32_t moved; /* bytes that came or went in this state */
	uint32_t used;	/* bytes of @buf that may differ from zero */
	uint8_t *buf;	/* DMA_MAX_LEN bytes */
	/* The longest command ever: what is behind it in @buf is as it was
	 * made. Apart from @used, which laws do not take anybody's word for. */
	uint32_t longest;
};

struct device;

struct device_fn {
	struct device *dev;
	unsigned index;
	bool there;   /* the PF, and VFs while VF Enable is set */
	bool assumed; /* command register and BARs: nobody reported any */
	struct pci_cfg cfg;
	uint8_t first[CFG_SIZE]; /* its configuration space after reset */
	uint16_t pm;
	uint16_t exp;
	uint16_t msix;
	uint8_t table[DMA_MSIX_VECTORS * MSIX_ENTRY_SIZE];
	uint64_t pending;
	struct device_mem { /* of its memory BARs */
		uint8_t *p;
		size_t size;
		bool used; /* may differ from zero */
	} mem[T0_BARS];
	struct device_engine engine;
};

struct device {
	struct device_cfg cfg;
	struct device_fn fn[DEVICE_FNS];
	unsigned fns;
	uint8_t bus; /* as last captured from a configuration write */
	uint8_t dev;
	bool captured;
	bool powered;
	bool up;
	uint16_t doe_cap; /* capabilities of the PF */
	uint16_t ide_cap;
	uint16_t sriov;
	struct doe_mbox doe;
	struct ide_port ide;
	struct dsm dsm;
	uint64_t reset_due; /* functions to reset once the write is answered */
	bool wired;	    /* some function has no MSI-X */
	uint8_t intx;	    /* wires that are asserted, a bit each */
	uint8_t fail_due;   /* blocks that owe the partner an IDE Fail */
	uint8_t event_due; /* blocks that fell; the DSM is told after the TLP */
	bool killing;	   /* the DSM itself wipes a stream: no event */
	uint64_t keys_seen; /* key_changes of ide, when a packet came last */
	struct device_stream {
		uint8_t id; /* the block's, before and after a write */
		uint8_t lost_id;
		enum ide_cause cause;
		uint16_t keys; /* a bit for each key that was there */
	} stream[DEVICE_STREAMS];
	bool assumed_vfs; /* the same of the SR-IOV capability */
	bool assumed_ide; /* and of the IDE capability */
	/* Streams that are assumed to be configured; their keys came. */
	struct device_loose {
		bool used;
		bool went; /* some key was set to GO */
		uint8_t id;
		uint16_t keys;	/* a bit for each key that is there */
		uint16_t going; /* and for each that is in use */
		uint8_t set;	/* the set that was in use in whole last */
	} loose[DEVICE_STREAMS];
	struct device_read read[DEVICE_READS];
	int sent_stream;  /* id of the stream that the last packet took */
	unsigned next_fn; /* whose engine moves next */
	uint64_t now_ns;
	uint64_t ticked_ns; /* when clocks were looked at last */
	bool stirred; /* more happened since than packets coming and going */
	uint64_t wake_ns; /* when the DSM wants to run next */
	struct spdm_rsp_port spdm_port;
	struct device_store store;
	struct dsm_port port; /* what of device_dsm_port it offers */
	/* Storage of the DSM */
	struct dsm_fn dsm_fns[DEVICE_FNS];
	struct tdi tdis[DEVICE_FNS];
	struct idekm_stream km[DEVICE_STREAMS];
	const struct rule *why[DEVICE_FNS];
	struct dsm_conn conns[DEVICE_CONNS];
	struct spdm_rsp_session ses[DEVICE_CONNS * SPDM_RSP_SESSIONS];
	uint8_t reports[DEVICE_FNS * DEVICE_REPORT_CAP];
	uint8_t *spdm_scratch;
	uint8_t *spdm_large; /* cfg.max_message of each connection, or NULL */
	uint8_t *spdm_kept;  /* a request of each, or NULL */
	struct device_signing { /* signatures under way, with cfg.sign_us */
		uint64_t done_ns;
		size_t len; /* 0: free */
		uint8_t digest[SPDM_HASH_MAX];
	} signing[DEVICE_CONNS];
	uint8_t *peer_chains; /* of each connection; NULL: nobody is asked */
	size_t scratch_len;
	/* Buffers of one turn */
	uint8_t *doe_in; /* doe_limit bytes */
	uint8_t *doe_out;
	uint8_t *reply; /* payload of such an object */
	size_t reply_len;
	uint8_t frame[LINK_FRAME_MAX];
	uint8_t scratch[TLP_LIMIT_DATA];
	uint8_t out[LINK_FRAME_MAX];
	size_t out_len; /* of a packet that the channel had no room for */
	uint8_t data[TLP_LIMIT_DATA + 8];
	struct fault last; /* the latest request that was refused here */
	uint64_t faults;
	uint64_t exchanges; /* DOE requests answered */
};

enum device_trace {
	DEVICE_TR_REFUSED = TRACE_EV(TRACE_DEVICE, 1), /* fn, addr, write */
	DEVICE_TR_DMA = TRACE_EV(TRACE_DEVICE, 2),     /* fn, command, error */
	DEVICE_TR_RESET = TRACE_EV(TRACE_DEVICE, 3),   /* fn or ~0, event */
	DEVICE_TR_STREAM = TRACE_EV(TRACE_DEVICE, 4),  /* block, cause */
	DEVICE_TR_DOE = TRACE_EV(TRACE_DEVICE, 5),     /* type, bytes in, out */
};

/* Refusals of the endpoint itself; sources stand in rules.c. */
extern const struct rule device_rule_no_function; /* "no-function" */
extern const struct rule device_rule_no_bar;	  /* "no-bar" */
extern const struct rule device_rule_type;	  /* "endpoint-type" */
extern const struct rule device_rule_access;	  /* "register-access" */
extern const struct rule device_rule_completion;  /* "device-completion" */
extern const struct rule device_rule_poisoned;	  /* "endpoint-poisoned" */
extern const struct rule device_rule_overlap;	  /* "bars-overlap" */
extern const struct rule device_rule_page_size;	  /* "vf-page-size" */
extern const struct rule device_rule_bar_off;	  /* "bar-not-set" */
extern const struct rule device_rule_master;	  /* "bus-master-off" */
extern const struct rule device_rule_dma_t;	  /* "dma-t-bit" */

/* What is wrong with BAR @n of a set; NULL: nothing, or there is none. */
const char *device_bar_fault(const struct device_bar *set, unsigned n);

/* Bytes of the arena that device_init() takes, at the most. */
size_t device_arena_need(const struct device_cfg *cfg);

/*
 * device_init() - a device that was just powered, or waits to be
 * @d must not move.
 *
 * Errors:   IL_E_ARG    a limit is out of range, BARs that cannot be
 *           IL_E_NOMEM  the arena is full
 *           others from dsm_init()
 */
enum il_err device_init(struct device *d, const struct device_cfg *cfg) IL_MUST;
void device_fini(struct device *d);
bool device_sane(const struct device *d);

/*
 * device_run() - take in what came, answer, move DMA on
 * Returns true if it did anything. Call again when a frame comes, when an
 * answer to its reads has come, and at d->wake_ns.
 */
bool device_run(struct device *d, uint64_t now_ns);

/*
 * device_message() - one SPDM message that did not come through the mailbox
 * @conn:    the connection that it belongs to; one that the device does not
 *           have stands for DEVICE_CONN_DOE
 * @via:     the transport's framing; see spdm_rsp_via()
 * @in, @n:  the message, as the transport carried it
 * @out:     room for the answer, DEVICE_DOE_PAYLOAD bytes suffice unless the
 *           configuration says otherwise
 * @len:     bytes of the answer; 0: there is none (a device without power
 *           gives none)
 *
 * Connections are one device: what a session of one holds, no session of
 * another can take. DSP0274: each is agreed on by itself, and begins anew by
 * itself.
 *
 * Errors:   as dsm_handle(); IL_E_AGAIN: call again with the same bytes
 */
enum il_err device_message(struct device *d, unsigned conn,
			   const struct spdm_binding *via, enum spdm_kind kind,
			   const uint8_t *in, size_t n, uint8_t *out,
			   size_t cap, size_t *len, enum spdm_kind *out_kind,
			   uint64_t now_ns) IL_MUST;

/*
 * device_ask() - the device wants something of the requester of @conn
 * It is fetched with GET_ENCAPSULATED_REQUEST. Errors: as spdm_rsp_ask()
 */
enum il_err device_ask(struct device *d, unsigned conn, enum spdm_ask what,
		       uint32_t session_id) IL_MUST;

/* Who had a connection for itself has gone: its sessions end. */
void device_leave(struct device *d, unsigned conn);

/*
 * device_doe() - one whole DOE data object, discovery included
 * @conn: as of device_message()
 * @out: as many bytes as the longest object, DOE_OBJECT_LIMIT unless the
 *       configuration says otherwise
 * @len: 0: no answer, also for a type that discovery does not list
 *
 * Errors:   IL_E_SHORT, IL_E_LONG, IL_E_FIELD  @obj is no data object
 *           IL_E_SPACE  @cap is less than the longest answer
 *           others as device_message()
 */
enum il_err device_doe(struct device *d, unsigned conn, const uint8_t *obj,
		       size_t n, uint8_t *out, size_t cap, size_t *len,
		       uint64_t now_ns) IL_MUST;

/*
 * device_told_write() - a configuration write that somebody else saw
 * @rid:  of the function; bus and device number are captured from it, as from
 *        a write on the link
 * @reg:  byte offset, @size 1, 2 or 4 bytes within one dword
 *
 * It acts as the write on the link would, watch over locked registers
 * included; only the DOE mailbox is not moved, since its objects come through
 * device_doe().
 *
 * With cfg.assume, what was never reported counts as correctly set. That is
 * decided for each of these by itself, and ends with the first write to it:
 *
 *   each function   all registers but the next two: decoding and bus master
 *                   are on, BARs are where the configuration says
 *   SR-IOV          VF Enable and VF MSE are on for all VFs, VF BARs are where
 *                   the configuration says
 *   IDE             each stream whose keys came by IDE_KM is enabled, the only
 *                   default stream, on TC 0, and Secure from its first GO
 *
 * A link shows all that its host does: the first write on it ends all of this.
 * Resets do not bring it back. A TDI locked meanwhile is judged by what was
 * assumed: a command register that is reported as 0 was cleared.
 *
 * Errors:   IL_E_ARG    no such function, register or size
 *           IL_E_STATE  the device has no power; nothing changed
 */
enum il_err device_told_write(struct device *d, uint16_t rid, uint16_t reg,
			      unsigned size, uint32_t val) IL_MUST;
/* A function level reset. Errors as device_told_write(). */
enum il_err device_told_flr(struct device *d, uint16_t rid) IL_MUST;
/* Resets, power, link. Errors: IL_E_ARG no such event. */
enum il_err device_told_event(struct device *d, enum link_event ev) IL_MUST;

/*
 * device_ask_state() - TDISP state of a function
 * @rid: while the bus is not known, device and function number count alone
 *
 * Errors:   IL_E_ARG  no such function
 */
enum il_err device_ask_state(const struct device *d, uint16_t rid,
			     enum tdi_state *out) IL_MUST;

/* An access that somebody else is about to carry out. */
struct device_access {
	uint16_t rid; /* the function that is accessed, or that accesses */
	uint64_t addr;
	uint32_t len;
	bool write;
	bool t;
	int stream; /* id; -1: plain; DEVICE_STREAM_BOUND */
	bool from_device;
};

/* With T = 1: the stream that LOCK bound, for who knows of no streams. */
#define DEVICE_STREAM_BOUND (-2)

/*
 * device_ask_access() - may this access be?
 * @why: if not, the rule that refuses; may be NULL
 *
 * To the device: a BAR that decodes must hold all of it, and the TDI must
 * take it. From the device: Bus Master Enable, and the T bit that the TDI's
 * state asks for. Interrupts are not asked about: that depends on a table
 * which is not here.
 */
bool device_ask_access(const struct device *d, const struct device_access *a,
		       const struct rule **why);

/* Does its routing ID have a function number alone? */
bool device_ari(const struct device *d);
/* Function number of @rid, there or not. */
unsigned device_fn_of(const struct device *d, uint16_t rid);
/* RID of a function, by the numbers that it captured. */
uint16_t device_rid(const struct device *d, unsigned fn);

#endif
