/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_FW_H
#define ARCH_COVE_FW_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/cove/abi_sbi.h"
#include "arch/cove/insn.h"
#include "base/env.h"
#include "base/err.h"
#include "crypto/crypto.h"
#include "tsm/tsm.h"

struct arena;
struct mem;
struct cove_own;

/*
 * The TSM: life of TVMs and CoVE-IO, entered by ECALLs alone. Interface: abi.h.
 *
 * What it trusts: its own memory, ownership, what the root monitor answers, the
 * platform's manifest, and what a device or a TVM authenticated. A structure of
 * the host is copied once, then judged; a refusal changes nothing.
 *
 * A call that talks to a device answers SUCCESS with value 1 while a request
 * waits in the device's NACL buffer; the same call with the same arguments goes
 * on. Another call for that device is refused with INVALID_STATE, with one
 * exception: an unbind carries on what a TVM began, so that it needs no vCPU
 * (law 49); the TVM finds its answer when it runs.
 *
 * Context: one thread; no allocation after cove_fw_new().
 */

#define COVE_HARTS_MAX 8

struct cove_fw_limits {
	unsigned tvms;
	unsigned vcpus;	  /* of one TVM, at most TSM_TVM_VCPUS */
	unsigned regions; /* of each kind, of one TVM */
	struct tsm_limits tsm;
};

struct cove_fw_limits cove_fw_limits_default(void);

/*
 * The platform's manifest, signed input of the platform's maker: which memory
 * is behind which root port. Ports are numbered as rp_keys numbers them.
 * Source: CoVE-IO, "Platform Manifest"
 */
struct cove_port {
	uint32_t rp;   /* rp_id of COVT */
	uint64_t mmio; /* window */
	uint64_t mmio_size;
};

/*
 * How a vCPU left, and in the other direction how the host has answered that:
 * @done with a[0] (a load that the host emulated) or a[0] and a[1] (an ECALL
 * that went to the host); without, the access or call is made again.
 */
struct cove_exit {
	uint64_t scause; /* enum cove_exception, or COVE_IRQ_TIMER */
	uint64_t gpa;	 /* of a guest page fault */
	/* Of such a fault: htinst, the load or store as if it named a0 */
	uint32_t inst;
	uint64_t a[8]; /* of an ECALL; the TSM fills it for COVG. Of a store:
			* a[0] is what it stores */
	bool done;     /* in */
};

struct cove_fw_cfg {
	const struct crypto *crypto;
	const struct env *env;
	struct mem *mem;
	struct cove_own *own; /* started */
	const struct cove_tsm_insn *rdsm;
	/* Device look-ups of rp_keys alone: behind(), ep_ide(). Keys and
	 * registers go through @rdsm. */
	const struct rp_keys *ports;
	void *ports_ctx;
	const struct cove_port *port;
	unsigned ports_n;
	spdm_keylog_fn *keylog; /* NULL: secrets stay in the TSM */
	void *keylog_ctx;
	/*
	 * Enters @vcpu of @tvm; returns when it left. @x: the answer to the
	 * exit before, then the next one. A COVG call of the guest reaches
	 * cove_fw_covg() meanwhile; after IL_E_AGAIN of that the guest must
	 * leave, and the exit is the TSM's own.
	 */
	enum il_err (*run)(void *ctx, uint64_t tvm, uint32_t vcpu,
			   struct cove_exit *x);
	void *run_ctx;
	unsigned harts; /* 1 to COVE_HARTS_MAX */
	struct cove_fw_limits limits;
};

struct cove_fw;

/*
 * cove_fw_new() - a TSM that is ready, all of it in @a
 * Errors: IL_E_ARG a limit is out of range; IL_E_NOMEM the arena is full
 */
enum il_err cove_fw_new(struct arena *a, const struct cove_fw_cfg *cfg,
			struct cove_fw **out) IL_MUST;

/* An ECALL of the host on @hart: COVH, NACL, SUPD; others NOT_SUPPORTED. */
struct sbiret cove_fw_ecall(struct cove_fw *fw, unsigned hart, uint64_t eid,
			    uint64_t fid, const uint64_t a[6]);

/*
 * cove_fw_covg() - an ECALL of @vcpu of @tvm while it runs
 *
 * Errors:   IL_E_AGAIN  the vCPU must leave; the call is made again after
 *           IL_E_ARG    no such vCPU, or it does not run; nothing changed
 */
enum il_err cove_fw_covg(struct cove_fw *fw, uint64_t tvm, uint32_t vcpu,
			 uint64_t eid, uint64_t fid, const uint64_t a[6],
			 struct sbiret *ret) IL_MUST;

/* The TSM's clock; never goes back. */
void cove_fw_time(struct cove_fw *fw, uint64_t now_ns);

/*
 * How long the last call took. OPEN: who waits for a device that answers
 * ResponseNotReady; the buffer names no time, so the TSM holds the call until
 * the message may go.
 */
uint64_t cove_fw_held_ns(const struct cove_fw *fw);

/* --- what a CPU needs that runs a TVM, and laws, traces and tests --- */

struct tsm *cove_fw_tsm(struct cove_fw *fw);

/* The gates of CoVE-IO, as a table of the core. */
extern const struct tsm_gates cove_fw_gates;

struct cove_fw_tvm {
	uint64_t id;
	uint8_t state;	/* enum cove_tvm_state */
	uint32_t vmid;	/* what ownership calls it; GSCID too */
	uint64_t root;	/* of the G-stage */
	uint64_t pages; /* confidential, mapped or blocked */
	uint8_t measurement[48];
	unsigned interfaces; /* bound to it */
};

unsigned cove_fw_tvms(const struct cove_fw *fw);
/* False: no such place, or it is free. */
bool cove_fw_tvm_at(const struct cove_fw *fw, unsigned i,
		    struct cove_fw_tvm *out);
/* False: no such TVM. */
bool cove_fw_tvm_find(const struct cove_fw *fw, uint64_t id,
		      struct cove_fw_tvm *out);

struct cove_fw_if {
	const struct tsm_bind *bind; /* NULL: regions alone */
	uint32_t id;		     /* device_if_id */
	uint64_t tvm;		     /* regions or interface are of this one */
	uint64_t lock_id;
	bool seen;	       /* in that lock session its TVM asked about it */
	bool dma;	       /* the device context is valid */
	uint64_t mmio_pages;   /* valid in the G-stage */
	uint64_t region_pages; /* added and not reclaimed */
};

unsigned cove_fw_ifs(const struct cove_fw *fw);
bool cove_fw_if_at(const struct cove_fw *fw, unsigned i,
		   struct cove_fw_if *out);

/* The function that device @i of the core waits to hear again, as its buffer
 * has it, or 0. */
uint32_t cove_fw_pending(const struct cove_fw *fw, unsigned conn);

/* "COVH bind_interface"; NULL if there is no such function. */
const char *cove_fw_name(uint64_t eid, uint64_t fid);

bool cove_fw_sane(const struct cove_fw *fw);

#endif
