/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_PRIV_H
#define DSM_PRIV_H

#include "dsm/pci.h"

/* The session that @token names has ended: all that hangs on it. */
void dsm_session_lost(struct dsm_pci *p, uint64_t token);

/* The ports of IDE_KM and of the TDIs, which this half fills from its own. */
void dsm_ports_init(struct dsm_pci *p);

enum tdisp_error dsm_lock_check(void *ctx, uint32_t fn, uint64_t session,
				const struct tdisp_lock *lock);
enum tdisp_error dsm_p2p_check(void *ctx, uint32_t fn, uint64_t session,
			       uint8_t stream);

#endif
