/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_DSM_PRIV_H
#define DSM_DSM_PRIV_H

#include "dsm/dsm.h"

/* The cascade: session, then the streams it keyed, then the TDIs. */
void dsm_session_lost(struct dsm *d, uint32_t session);

/* A stream is Insecure; its keys are gone. */
void dsm_stream_lost(struct dsm *d, uint8_t stream);

/* The port of the TDI table, which the DSM fills from its own. */
enum tdisp_error dsm_lock_check(void *ctx, uint32_t fn, uint32_t session,
				const struct tdisp_lock *lock);
enum tdisp_error dsm_p2p_check(void *ctx, uint32_t fn, uint32_t session,
			       uint8_t stream);

#endif
