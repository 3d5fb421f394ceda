/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_SESSION_H
#define DSM_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The device security manager has two halves, which may run on different
 * processors: the one that speaks SPDM (front.h), and the one that knows
 * IDE_KM, TDISP and the device (pci.h). Between them go payloads of PCI-SIG's
 * vendor defined messages, the identity of the session that they came in, and
 * the news that a session has ended; dsm/pipe.h makes frames of them.
 *
 * A session is named by the connection, its seat there, and a generation that
 * counts the sessions of that seat. The id that SPDM gives may come again; a
 * generation does not, so that a request which is late can never be taken for
 * one of a later session.
 */
#define DSM_CONNS 4 /* connections, at the most */
#define DSM_SEATS 4 /* sessions of a connection, at the most */

#define DSM_GEN_MAX ((UINT64_C(1) << 48) - 1)

struct dsm_session {
	uint8_t conn;
	uint8_t seat;
	uint32_t id;  /* SPDM's; never 0 */
	uint64_t gen; /* 1 to DSM_GEN_MAX */
	/* It is AES-256-GCM under which its messages come; no other algorithm
	 * will do for IDE_KM and TDISP. PCIe TDISP 1.0 §11.2.2 */
	bool aes256;
};

/* The same in one number, for IDE_KM and TDISP; never 0. */
static inline uint64_t dsm_session_token(const struct dsm_session *s)
{
	return (uint64_t)s->conn << 56 | (uint64_t)s->seat << 48 | s->gen;
}

/* What the half that speaks SPDM needs of the other. */
struct dsm_back {
	/*
	 * One payload, from the protocol id on. *@len 0: no answer.
	 *
	 * Errors: IL_E_AGAIN  not yet: call again with the same bytes
	 *         IL_E_STATE  the session has ended
	 *         IL_E_SHORT, IL_E_FIELD  no message of ours
	 *         IL_E_SPACE  @cap is too small
	 *         others      no answer can be given
	 */
	enum il_err (*request)(void *ctx, const struct dsm_session *s,
			       const uint8_t *in, size_t n, uint8_t *out,
			       size_t cap, size_t *len);
	/* The session is gone; nothing of it comes after. */
	void (*ended)(void *ctx, const struct dsm_session *s);
};

#endif
