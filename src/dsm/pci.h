/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_PCI_H
#define DSM_PCI_H

#include "base/fault.h"
#include "dsm/session.h"
#include "idekm/rsp.h"
#include "tdisp/rsp.h"

/*
 * The half that knows PCI-SIG's protocols: the IDE_KM responder, the TDIs, the
 * watch over locked configuration, and the cascade from a session that ended
 * or a stream that is lost to what rests on it. It knows no SPDM: sessions are
 * names that come with the messages. Hardware is reached through struct
 * dsm_port alone.
 *
 * Source: PCIe Base 6.x, chapter 11 and §6.33
 */

/* What the verdicts on an access name; sources stand in verdict.c. */
extern const struct rule dsm_rule_unlocked;   /* "tdi-unlocked" */
extern const struct rule dsm_rule_locked;     /* "tdi-locked" */
extern const struct rule dsm_rule_error;      /* "tdi-error" */
extern const struct rule dsm_rule_untrusted;  /* "tdi-untrusted" */
extern const struct rule dsm_rule_dma_locked; /* "tdi-dma-locked" */
extern const struct rule dsm_rule_dma_error;  /* "tdi-dma-error" */
extern const struct rule dsm_rule_p2p;	      /* "tdi-p2p" */

/*
 * What the device saw happen. Everything here ends the trust of the TDIs that
 * it reaches; what may change without effect (cache line size, interrupt
 * line, status bits, AER, ACS, LTR, DOE, VPD, MSI) is simply not an event.
 *
 * Source: PCIe Base 6.x §11.4.3 (locked registers), §11.4.5 to §11.4.9
 */
enum dsm_event {
	/* @which is the function whose registers were written. */
	DSM_EV_BME_CLEARED,
	DSM_EV_MSE_CLEARED, /* for a VF: VF MSE of the PF is DSM_EV_VF_MSE */
	DSM_EV_BAR,
	DSM_EV_ROM_BAR,
	DSM_EV_BIST,
	DSM_EV_RESIZABLE_BAR,
	DSM_EV_VF_RESIZABLE_BAR,
	DSM_EV_EA,
	DSM_EV_ARI,
	DSM_EV_PASID,
	DSM_EV_PAGE_REQUEST,
	DSM_EV_SRIOV, /* any locked field of the capability, VF BARs too */
	DSM_EV_VF_ENABLE,
	DSM_EV_VF_MSE,
	DSM_EV_MULTICAST,
	DSM_EV_DEVCTL, /* tag enables, phantom functions, No Snoop */
	DSM_EV_MSIX,   /* MSI-X capability; counts only if LOCK_MSIX */
	DSM_EV_RID,    /* bus number or segment changed */
	DSM_EV_POWER,  /* left D0 and loses state */
	DSM_EV_FLR,
	DSM_EV_DMA_ERROR, /* UR, CA, time-out on its own request */
	DSM_EV_POISON,	  /* poisoned TLP or integrity error, unrecoverable */
	DSM_EV_ATS_T0,	  /* Translation Completion or PRG Response, T = 0 */
	DSM_EV_FAILURE,	  /* of this function's part of the DSM */
	DSM_EV_SCRUBBED,  /* in ERROR and clean by itself: back to UNLOCKED */
	/* @which is a stream id. */
	DSM_EV_STREAM_INSECURE, /* any cause; its keys are gone already */
	DSM_EV_KEY_STOPPED,	/* a stopped key was needed */
	DSM_EV_STREAM_CONFIG,	/* IDE control, RID or address register */
	/* @which is not looked at: the whole device. */
	DSM_EV_FW_UPDATE, /* forced in spite of NO_FW_UPDATE */
	DSM_EV_DEBUG,	  /* invasive debug was enabled */
	DSM_EV_LINK_DOWN,
	DSM_EV_HOT_RESET,
	DSM_EV_FUND_RESET,
	DSM_EVENTS,
};

enum {
	DSM_TRACE_EVENT = TRACE_EV(TRACE_DSM, 1),  /* a = event, b = which */
	DSM_TRACE_STREAM = TRACE_EV(TRACE_DSM, 3), /* a = stream */
	/* A message that is not looked at: a = connection, b = session,
	   c = 1 it has ended, 2 not AES-256-GCM */
	DSM_TRACE_STALE = TRACE_EV(TRACE_DSM, 4),
};

struct dsm_cascade;

/*
 * Changes an encoded payload, which begins with the protocol id, and *len. 0:
 * there is no answer; it may make one, or take one away.
 */
typedef void dsm_payload_tap(void *ctx, const uint8_t *in, size_t n,
			     uint8_t *out, size_t cap, size_t *len);

/*
 * What is known of a seat of a connection. A higher generation ends a lower
 * one, so that all is well also if the news of the end comes late, or never.
 */
struct dsm_seat {
	uint32_t id;
	uint64_t gen; /* the latest that was heard of; 0: none */
	bool open;
};

struct dsm_pci_cfg {
	const struct env *env;
	const struct dsm_port *port;
	void *port_ctx;
	/* NULL outside worlds and tests */
	idekm_tap *tap_idekm;
	tdisp_tap *tap_tdisp;
	dsm_payload_tap *tap_payload;
	void *tap_ctx;
	const struct tdi_edge (*tdi_table)[TDI_STATES]; /* NULL: tdi_edges */
	/* NULL: idekm_edges, dsm_cascade_rows */
	const struct idekm_edge (*idekm_table)[IDEKM_KEY_STATES];
	const struct dsm_cascade *cascade;
	uint16_t lock_flags; /* TDISP_LOCK_* that LOCK may carry */
	uint8_t addr_width;
	uint8_t num_req_this; /* outstanding requests: 0: one */
	uint8_t num_req_all;  /* 0: as num_req_this */
	/* After so long a STOP that does not end has failed, and the TDI is in
	 * ERROR; 0: DSM_TEARDOWN_NS. */
	uint64_t teardown_ns;
	/* Rules that are not kept, for requesters that break them. */
	bool lock_without_keys;
	bool lock_after_key_stop;
	bool any_port;	    /* of IDE_KM; the port sees 0 alone */
	bool any_interface; /* of TDISP: TDI 0 answers to it */
	/* Rules that the specification does not make. */
	bool watch_msix; /* though LOCK_MSIX is not set */
	/* Storage, cleared at init. */
	struct dsm_seat (*seats)[DSM_SEATS]; /* one row for each connection */
	uint8_t conns;			     /* 1 to DSM_CONNS */
	const struct dsm_fn *fns;	     /* one for each TDI */
	struct tdi *tdis;
	size_t tdi_count;
	uint32_t ide_fn; /* TDI of the function that has the IDE capability
			    and DOE; any other number: it is no TDI */
	struct idekm_stream *streams;
	size_t stream_count;
	uint8_t *report; /* @report_cap bytes for each TDI */
	size_t report_cap;
	const struct rule **why; /* one for each TDI */
};

#define DSM_TEARDOWN_NS UINT64_C(1000000000)

struct dsm_pci {
	struct dsm_pci_cfg cfg;
	struct idekm_rsp idekm;
	struct idekm_port idekm_port;
	struct tdisp_rsp tdisp;
	struct tdi_port tdi_port;
	struct dsm_seat (*seat)[DSM_SEATS]; /* cfg.seats */
};

/*
 * dsm_pci_init() - no session, all TDIs UNLOCKED and not hosted
 * @cfg: copied; what it points to must outlive @p; @p must not move
 *
 * Errors:   IL_E_ARG  an event scope or a needed pointer is missing
 */
enum il_err dsm_pci_init(struct dsm_pci *p,
			 const struct dsm_pci_cfg *cfg) IL_MUST;
void dsm_pci_fini(struct dsm_pci *p);

/*
 * Of struct dsm_back; @ctx is a struct dsm_pci. What is behind *len in @out
 * is no part of the answer and holds nothing of it.
 *
 * OPEN: a message under another algorithm than AES-256-GCM is treated as one
 * outside a session: discarded, no answer. PCIe TDISP 1.0 §11.2.2
 */
extern const struct dsm_back dsm_pci_back;

/* Slow STOPs. Returns when to call again (UINT64_MAX: not before something
 * happens). */
uint64_t dsm_pci_tick(struct dsm_pci *p, uint64_t now_ns);

/*
 * dsm_pci_event() - something happened; reaches all that hangs on it
 * @which: see enum dsm_event; a function that is no TDI concerns none
 *
 * A conventional reset ends all sessions here; where SPDM runs elsewhere, it
 * is told by who tells this half (dsm_event_ends_sessions()).
 */
void dsm_pci_event(struct dsm_pci *p, enum dsm_event ev, uint32_t which);
bool dsm_event_ends_sessions(enum dsm_event ev);

/* Whether the session that @token names is known, and has not ended. */
bool dsm_token_open(const struct dsm_pci *p, uint64_t token);

/*
 * dsm_set_function() - how @fn can be named now
 * @id: FUNCTION_ID: RID, and segment with its valid bit once known;
 *      TDI_ANY_BUS while the bus is not known
 *
 * A change while it is not UNLOCKED is DSM_EV_RID, or the end of the function
 * (VF enable cleared), which takes the TDI out of use the same way.
 */
void dsm_set_function(struct dsm_pci *p, uint32_t fn, bool hosted, uint32_t id);

/* The receiver dropped an old key set after the K bit toggled. */
void dsm_key_retired(struct dsm_pci *p, const struct idekm_ref *ref);

enum tdi_state dsm_tdi_state(const struct dsm_pci *p, uint32_t fn);

/* The rule that made the last LOCK of @fn fail on configuration, or NULL. */
const struct rule *dsm_lock_refusal(const struct dsm_pci *p, uint32_t fn);

/*
 * dsm_mmio_verdict() - may this memory request reach the function?
 * @tee:    the address is in a range that is not NON_TEE
 * @t:      T bit of the TLP
 * @stream: id of the stream it came in, -1: not IDE
 * @why:    on false, the rule; may be NULL
 *
 * Configuration requests are always let in.
 * Source: PCIe Base 6.x §11.2.1, §11.5.4 (table E.4 of the reference)
 */
bool dsm_mmio_verdict(const struct dsm_pci *p, uint32_t fn, bool tee, bool t,
		      int stream, const struct rule **why);

enum dsm_dma {
	DSM_DMA,  /* memory request, also an ATS translation request */
	DSM_MSI,  /* MSI, or MSI-X whose table is not locked */
	DSM_MSIX, /* MSI-X; locked or not is looked up here */
};

/*
 * dsm_dma_verdict() - may the function issue this, and how?
 * @t:      T bit to set
 * @stream: id of the stream to use; -1: as stream selection says
 */
bool dsm_dma_verdict(const struct dsm_pci *p, uint32_t fn, enum dsm_dma kind,
		     bool *t, int *stream, const struct rule **why);

/*
 * dsm_p2p_verdict() - may the function send to a peer on @stream, T bit set?
 *
 * In RUN, on a stream that BIND_P2P_STREAM_REQUEST bound; which addresses it
 * is for stands in its registers. What comes from a peer is judged by
 * dsm_mmio_verdict().
 * Source: PCIe Base 6.x §11.3.18; law 55
 */
bool dsm_p2p_verdict(const struct dsm_pci *p, uint32_t fn, uint8_t stream,
		     const struct rule **why);

/*
 * Completions to reads that were issued in RUN count only if RUN was never
 * left: keep dsm_epoch() with the request and compare on completion.
 */
uint32_t dsm_epoch(const struct dsm_pci *p, uint32_t fn);

bool dsm_pci_sane(const struct dsm_pci *p);

#endif
