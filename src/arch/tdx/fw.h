/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_FW_H
#define ARCH_TDX_FW_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/tdx/insn.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "crypto/crypto.h"
#include "tsm/tsm.h"

struct arena;
struct mem;
struct tdx_own;

/*
 * The TDX module with TDX Connect. Entered by SEAMCALL from the host and by
 * TDCALL from a TD alone. Interface: abi.h.
 *
 * What it trusts: its own memory, the page metadata, root-port keys and the
 * port registers that it locked, and what a device or a TD authenticated. A
 * structure of the host is copied once, from shared memory, then judged.
 *
 * A refused call changes nothing. A long operation answers TDX_SPDM_REQUEST;
 * then only the same call (leaf and all registers) goes on, another one for
 * that session is refused with TDX_OPERAND_BUSY. TDH.IDE.STREAM.BLOCK is heard
 * at any time and abandons what was pending: the link is then cut
 * (tsm_isolate()).
 *
 * Context: one thread; no allocation after tdx_fw_new().
 */

struct tdx_fw_limits {
	unsigned tds;
	unsigned vcpus; /* over all TDs */
	struct tsm_limits tsm;
};

struct tdx_fw_limits tdx_fw_limits_default(void);

enum tdx_leave_kind {
	TDX_LEAVE_CALL,	 /* tdx_fw_tdcall() said IL_E_AGAIN */
	TDX_LEAVE_FAULT, /* tdx_fw_access() said IL_E_AGAIN */
	TDX_LEAVE_HALT,	 /* nothing to do */
	TDX_LEAVE_OFF,	 /* the program gave up */
	TDX_LEAVE_INTR,	 /* the host wanted the processor back */
};

struct tdx_fw_cfg {
	const struct crypto *crypto;
	const struct env *env;
	struct mem *mem;
	struct tdx_own *own; /* started */
	const struct rp_keys *keys;
	void *keys_ctx;
	spdm_keylog_fn *keylog; /* NULL: secrets stay in the module */
	void *keylog_ctx;
	bool connect; /* the machine has TDX Connect (features, bit 6) */
	/*
	 * At most one long operation in the whole module, as the host's
	 * patches say of the module that they know; else one per session.
	 * OPEN: which is the rule and which the version.
	 */
	bool serial;
	/*
	 * Runs the TD's program on vCPU @tdvpr until it leaves; world fills
	 * it. What was asked of the host is known to the module already.
	 * IL_OK, or an error that ends the vCPU.
	 */
	enum il_err (*run)(void *ctx, uint64_t tdvpr, enum tdx_leave_kind *out);
	void *run_ctx;
	/*
	 * The root port above a function, as the bridges' registers say: its
	 * device and function on bus 0, and the number that rp_keys knows it
	 * by. False: there is none.
	 */
	bool (*root_port)(void *ctx, uint8_t segment, uint16_t rid,
			  uint8_t *devfn, uint32_t *port);
	void *root_port_ctx;
	struct tdx_fw_limits limits;
};

struct tdx_fw;

/*
 * tdx_fw_new() - the module after its initialisation, all of it in @a
 *
 * Errors: IL_E_ARG a limit is out of range; IL_E_NOMEM the arena is full
 */
enum il_err tdx_fw_new(struct arena *a, const struct tdx_fw_cfg *cfg,
		       struct tdx_fw **out) IL_MUST;

/* SEAMCALL. The status, which is left in r->rax too. */
uint64_t tdx_fw_seamcall(struct tdx_fw *fw, struct tdx_regs *r);

/*
 * tdx_fw_tdcall() - TDCALL of the TD that runs on vCPU @tdvpr
 *
 * Errors: IL_E_AGAIN  the TD leaves (TDX_LEAVE_CALL: TDG.VP.VMCALL; or
 *                     TDX_LEAVE_FAULT: an address that it named has no page);
 *                     *r is as it was, and the same call is made again when
 *                     the vCPU runs
 *         IL_E_STATE  @tdvpr does not run
 */
enum il_err tdx_fw_tdcall(struct tdx_fw *fw, uint64_t tdvpr, struct tdx_regs *r,
			  struct fault *f) IL_MUST;

/*
 * tdx_fw_access() - a load or store of the TD that runs on vCPU @tdvpr
 * @private: which half of its address space; @gpa without the shared bit
 * @len: may cross pages; every page is judged before the first byte moves
 *
 * Errors: IL_E_AGAIN  the host sees it: TDX_LEAVE_FAULT with *f
 *         IL_E_IO     a fault that the TD sees: a page it has not accepted, a
 *                     device that does not answer it
 *         IL_E_ARG    length 0, or beyond the width
 *         IL_E_STATE  @tdvpr does not run
 */
enum il_err tdx_fw_access(struct tdx_fw *fw, uint64_t tdvpr, uint64_t gpa,
			  bool private, void *buf, uint32_t len, bool write,
			  struct fault *f) IL_MUST;

/* The module's clock; never goes back. */
void tdx_fw_time(struct tdx_fw *fw, uint64_t now_ns);

/*
 * How long the last call took. OPEN: who waits for a device that answers
 * ResponseNotReady; TDX_SPDM_REQUEST names no time, so that the module holds
 * the call until the message may go.
 */
uint64_t tdx_fw_held_ns(const struct tdx_fw *fw);

/* --- for laws, traces and tests --- */

struct tsm *tdx_fw_tsm(struct tdx_fw *fw);

/* The gates of TDX Connect, as a table of the core. */
extern const struct tsm_gates tdx_fw_gates;

enum tdx_td_state {
	TDX_TD_HKID,	 /* has a key id, no key */
	TDX_TD_KEYED,	 /* key configured; control pages may come */
	TDX_TD_INIT,	 /* launch: pages are added and measured */
	TDX_TD_RUNNABLE, /* measured; vCPUs run */
	TDX_TD_BLOCKED,	 /* flushed; no vCPU enters any more */
	TDX_TD_TEARDOWN, /* its key is gone; pages are reclaimed */
};

struct tdx_fw_td {
	uint64_t tdr;  /* PA: what the core calls TVM */
	uint8_t state; /* enum tdx_td_state */
	uint16_t hkid;
	uint64_t sept;	 /* root of its private half; 0: none yet */
	uint64_t shared; /* root of the host's half, as VP.ENTER has it */
	uint64_t attributes;
	uint64_t config;
	uint64_t epoch;
	unsigned vcpus;
	unsigned devifs;
	unsigned dmars; /* present entries of it */
	uint64_t pages; /* of its own and of its control structures */
	uint8_t mrtd[48];
};

unsigned tdx_fw_tds(const struct tdx_fw *fw);
/* False: no such place, or it is free. */
bool tdx_fw_td_at(const struct tdx_fw *fw, unsigned i, struct tdx_fw_td *out);

struct tdx_fw_devif {
	const struct tsm_bind *bind;
	uint64_t tdr;
	uint32_t function;
	uint64_t session; /* bind session: the lock session it named, or 0 */
	bool authorised;  /* the TD named this session for the start */
	bool dmar;	  /* trusted entry not free */
	uint64_t mapped;  /* MMIO pages in a secure EPT, any state */
	uint64_t accepted;
};

unsigned tdx_fw_devifs(const struct tdx_fw *fw);
bool tdx_fw_devif_at(const struct tdx_fw *fw, unsigned i,
		     struct tdx_fw_devif *out);

struct tdx_fw_spdm {
	const struct tsm_conn *conn;
	uint64_t id;	  /* what the host calls it */
	uint64_t pending; /* leaf that is to be made again; 0: none */
	bool stream;	  /* its stream was created */
	uint8_t stream_id;
	bool blocked;
	unsigned devifs;
};

unsigned tdx_fw_spdms(const struct tdx_fw *fw);
bool tdx_fw_spdm_at(const struct tdx_fw *fw, unsigned i,
		    struct tdx_fw_spdm *out);

bool tdx_fw_sane(const struct tdx_fw *fw);

#endif
