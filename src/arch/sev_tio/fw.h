/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_FW_H
#define ARCH_SEV_TIO_FW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/env.h"
#include "base/err.h"
#include "crypto/crypto.h"
#include "tsm/tsm.h"

struct arena;
struct mem;
struct own;

/*
 * The PSP: SNP launch and SEV-TIO, entered through its doorbell alone
 * (sev_host_insn.psp, which world points here). Interface: abi.h.
 *
 * What the firmware trusts: its own memory, the RMP, root-port keys, and what
 * a device or a guest authenticated. A command buffer is copied once, then
 * judged; buffers that it writes must be in firmware state.
 *
 * A command that talks to a device answers SEV_RET_SPDM_REQUEST. Then only
 * the byte-identical command goes on; another one for that device is refused
 * with SEV_RET_IN_USE and changes nothing, unless it only reads our books.
 * DEV_DISCONNECT and TDI_UNBIND with FORCE are heard at any time and abandon
 * what was pending: the device's link is then cut (tsm_isolate()).
 *
 * The response buffer is marked empty when its answer was taken; a command
 * issued again without a new answer gets the same request again.
 *
 * Context: one thread; no allocation after sev_fw_new().
 */

struct sev_fw_limits {
	unsigned guests;
	struct tsm_limits tsm;
};

struct sev_fw_limits sev_fw_limits_default(void);

struct sev_fw_cfg {
	const struct crypto *crypto;
	const struct env *env;
	struct mem *mem;
	struct own *own; /* started; firmware's view of RMP and sDTEs */
	const struct rp_keys *keys;
	void *keys_ctx;
	spdm_keylog_fn *keylog; /* NULL: secrets stay in the firmware */
	void *keylog_ctx;
	bool tio; /* the processor has SEV-TIO (FEATURE_INFO, EBX b1) */
	/*
	 * TIO_STATUS announces buffers of one page as the least; a command
	 * that needs a larger one says so when it knows how large:
	 * EXPAND_BUFFER_LENGTH_REQUEST, and the capacity in the header. If its
	 * exchanges are over by then, it waits for its output alone, and the
	 * command issued again names other buffers and is the same otherwise.
	 * OPEN: whether real firmware waits so; a driver that knows the status
	 * only repeats the command with larger buffers, which is what this is.
	 */
	bool frugal;
	struct sev_fw_limits limits;
};

struct sev_fw;

/*
 * sev_fw_new() - firmware after reset, all of it in @a
 *
 * Errors: IL_E_ARG a limit is out of range; IL_E_NOMEM the arena is full
 */
enum il_err sev_fw_new(struct arena *a, const struct sev_fw_cfg *cfg,
		       struct sev_fw **out) IL_MUST;

/*
 * sev_fw_command() - the doorbell
 * @cmd: enum sev_cmd; @pa: physical address of the command buffer
 *
 * Returns enum sev_ret. What each command checks is said at its function.
 */
uint32_t sev_fw_command(struct sev_fw *fw, uint32_t cmd, uint64_t pa);

/* The firmware's clock; never goes back. */
void sev_fw_time(struct sev_fw *fw, uint64_t now_ns);

/*
 * How long the last command took. OPEN: who waits for a device that answers
 * ResponseNotReady; SPDM_REQUEST names no time, so that the firmware holds the
 * command until the message may go.
 */
uint64_t sev_fw_held_ns(const struct sev_fw *fw);

/* --- for laws, traces and tests --- */

struct tsm *sev_fw_tsm(struct sev_fw *fw);

/* The gates of SEV-TIO, as a table of the core. */
extern const struct tsm_gates sev_fw_gates;

struct sev_fw_guest {
	bool used;
	uint64_t gctx; /* PA of the context page: what the core calls TVM */
	uint32_t asid; /* 0: not activated */
	uint8_t state; /* enum snp_guest_state */
	uint64_t policy;
	uint64_t pages; /* launched */
	uint8_t measurement[48];
	uint64_t seqno[4]; /* last number used with each VMPCK */
	unsigned tdis;	   /* bound to it */
};

unsigned sev_fw_guests(const struct sev_fw *fw);
/* False: no such place, or it is free. */
bool sev_fw_guest_at(const struct sev_fw *fw, unsigned i,
		     struct sev_fw_guest *out);

struct sev_fw_tdi {
	const struct tsm_bind *bind;
	uint64_t dev_ctx; /* PA */
	uint64_t tdi_ctx; /* PA */
	uint64_t tdi_id;  /* minted at BIND; 0: not bound */
	uint64_t lock_id; /* of the lock session at BIND */
	uint16_t guest_device_id;
	uint32_t rid;
	uint64_t gctx; /* 0: unbound */
	uint32_t asid;
	bool sdte_valid;
	uint64_t mmio_pages; /* validated */
};

unsigned sev_fw_tdis(const struct sev_fw *fw);
bool sev_fw_tdi_at(const struct sev_fw *fw, unsigned i, struct sev_fw_tdi *out);

/* The command that device @i of the core waits to hear again, or 0. */
uint32_t sev_fw_pending(const struct sev_fw *fw, unsigned conn);

bool sev_fw_sane(const struct sev_fw *fw);

#endif
