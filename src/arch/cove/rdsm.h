/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_RDSM_H
#define ARCH_COVE_RDSM_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/cove/abi_covt.h"
#include "arch/cove/abi_sbi.h"
#include "arch/cove/fw.h"
#include "base/env.h"
#include "tsm/rp_keys.h"

struct cove_own;
struct mem;

/*
 * The root monitor, below the TSM: it alone reaches the root ports' IDE keys
 * and registers and the classifier of the I/O MPT. Entered by COVT; knows no
 * SPDM and no TVM. It keeps of each key only where it stands.
 *
 * Key states: Cleared -> Programmed -> Enabled -> Programmed -> Cleared; a
 * stream that was secure and is no longer has all of them Cleared.
 *
 * Source: CoVE-IO, "CoVE IO TSM Extension"
 */

#define COVE_RDSM_STREAMS 16

struct cove_rdsm_stream {
	bool used;
	uint32_t rp;
	uint8_t id;
	bool was_secure;
	uint8_t key[2][2][3]; /* set, enum cove_tx_rx, sub-stream: status */
};

struct cove_rdsm_cfg {
	const struct env *env;
	struct mem *mem;
	struct cove_own *own;
	const struct rp_keys *keys; /* the power itself */
	void *keys_ctx;
	const struct cove_port *port; /* the manifest */
	unsigned ports_n;
};

struct cove_rdsm {
	struct cove_rdsm_cfg cfg;
	struct cove_rdsm_stream stream[COVE_RDSM_STREAMS];
};

/* After reset: no stream programmed. */
void cove_rdsm_init(struct cove_rdsm *r, const struct cove_rdsm_cfg *cfg);

/* ECALL of the TSM. @ctx: struct cove_rdsm; as cove_tsm_insn.covt has it. */
struct sbiret cove_rdsm_covt(void *ctx, uint64_t fid, const uint64_t a[6]);

bool cove_rdsm_sane(const struct cove_rdsm *r);

#endif
