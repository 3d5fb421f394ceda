/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_SESSION_H
#define DSM_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dsm/names.h"

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
#define DSM_CONNS IL_DEVICE_CONNS
#define DSM_SEATS IL_DEVICE_SESSIONS

#define DSM_GEN_MAX ((UINT64_C(1) << 48) - 1)

/* The same in one number, for IDE_KM and TDISP; never 0. */
static inline uint64_t dsm_session_token(const struct dsm_session *s)
{
	return (uint64_t)s->conn << 56 | (uint64_t)s->seat << 48 | s->gen;
}

#endif
