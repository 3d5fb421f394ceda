/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "dsm/dsm.h"
#include "ide/ide.h"
#include "link/link.h"
#include "pci/cfg.h"
#include "pci/dma_engine.h"
#include "pci/doe.h"

/*
 * An endpoint: a DMA engine as PF, and VFs of the same kind, behind a DSM. It
 * meets the platform on its link alone. docs/device-dma.md is the data sheet.
 *
 * Function index 0 is the PF, 1 to vfs the VFs; TDI indices are the same.
 */
#define DEVICE_VFS_MAX	   7u
#define DEVICE_FNS	   (1u + DEVICE_VFS_MAX)
#define DEVICE_STREAMS	   8u
#define DEVICE_ADDRS	   1u
#define DEVICE_READS	   32u /* read requests under way, of all functions */
#define DEVICE_REPORT_CAP  1024u
#define DEVICE_SCRATCH_LEN 8192u
/* SPDM payloads larger than this do not come or go. */
#define DEVICE_DOE_PAYLOAD (DOE_OBJECT_LIMIT - DOE_HEADER_LEN)

struct device_cfg {
	struct arena *arena; /* buffers of the functions come from it */
	const struct crypto *crypto;
	const struct crypto *link_crypto; /* of IDE; NULL: as the rest */
	const struct env *env;
	struct link_end link;
	unsigned vfs; /* 0 to DEVICE_VFS_MAX */
	unsigned
		streams; /* IDE blocks, 1 to DEVICE_STREAMS; 0: no IDE at all */
	bool no_tee;	 /* leaves TEE-IO Supported clear */
	bool powered;	 /* in the slot and powered from the start */
	uint64_t read_timeout_ns; /* of its own reads; 0: 50 ms */
	/*
	 * Versions, capabilities, algorithms, certificates. crypto, env, port,
	 * tap, scratch are filled in by the device. device_spdm_defaults()
	 * gives all but the slots.
	 */
	struct spdm_rsp_cfg spdm;
	struct crypto_slot key; /* of the leaf certificates; the caller's */
	/* Measurement of index i + 1 is @meas[i]; outlives the device. */
	const struct spdm_measurement *meas;
	unsigned meas_count;
	const struct dsm_tap *tap; /* NULL: honest */
	void *tap_ctx;
	const struct tdi_edge (*tdi_table)[TDI_STATES]; /* NULL: tdi_edges */
};

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
	uint32_t asked; /* bytes asked for */
	uint32_t moved; /* bytes that came or went in this state */
	uint32_t used;	/* bytes of @buf that may differ from zero */
	uint8_t *buf;	/* DMA_MAX_LEN bytes */
};

struct device;

struct device_fn {
	struct device *dev;
	unsigned index;
	bool there; /* the PF, and VFs while VF Enable is set */
	struct pci_cfg cfg;
	uint8_t first[CFG_SIZE]; /* its configuration space after reset */
	uint16_t pm;
	uint16_t exp;
	uint16_t msix;
	uint8_t table[DMA_MSIX_VECTORS * MSIX_ENTRY_SIZE];
	uint64_t pending;
	uint8_t *mem;  /* DMA_BAR_MEM_SIZE bytes */
	bool mem_used; /* may differ from zero */
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
	uint8_t reset_due; /* functions to reset once the write is answered */
	uint8_t fail_due;  /* blocks that owe the partner an IDE Fail */
	uint8_t event_due; /* blocks that fell; the DSM is told after the TLP */
	bool killing;	   /* the DSM itself wipes a stream: no event */
	struct device_stream {
		uint8_t id; /* the block's, before and after a write */
		uint8_t lost_id;
		enum ide_cause cause;
		uint16_t keys; /* a bit for each key that was there */
	} stream[DEVICE_STREAMS];
	struct device_read read[DEVICE_READS];
	int sent_stream;  /* id of the stream that the last packet took */
	unsigned next_fn; /* whose engine moves next */
	uint64_t now_ns;
	uint64_t wake_ns; /* when the DSM wants to run next */
	struct spdm_rsp_port spdm_port;
	/* Storage of the DSM */
	struct dsm_fn dsm_fns[DEVICE_FNS];
	struct tdi tdis[DEVICE_FNS];
	struct idekm_stream km[DEVICE_STREAMS];
	const struct rule *why[DEVICE_FNS];
	uint8_t reports[DEVICE_FNS * DEVICE_REPORT_CAP];
	uint8_t spdm_scratch[DEVICE_SCRATCH_LEN];
	/* Buffers of one turn */
	uint8_t doe_in[DOE_OBJECT_LIMIT];
	uint8_t doe_out[DOE_OBJECT_LIMIT];
	uint8_t reply[DEVICE_DOE_PAYLOAD];
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

/*
 * device_init() - a device that was just powered, or waits to be
 * @d must not move.
 *
 * Errors:   IL_E_ARG    a limit is out of range
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

/* RID of a function, by the numbers that it captured. */
uint16_t device_rid(const struct device *d, unsigned fn);

#endif
