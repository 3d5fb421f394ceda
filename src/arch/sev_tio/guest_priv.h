/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_GUEST_PRIV_H
#define ARCH_SEV_TIO_GUEST_PRIV_H

#include "arch/sev_tio/guest.h"

/*
 * sev_guest_message() - one message to the firmware and its answer
 * @type:  of the request; g->plain holds its payload
 * @param: RDX of the exit
 *
 * On IL_OK g->plain holds the answer's payload. IL_E_AGAIN: call again.
 *
 * Errors:   IL_E_PEER  the host refused, the answer does not verify, or no
 *                      key is left; any other error is an instruction's
 *           After any of them once the request was sealed, the key in use is
 *           given up for the next.
 */
enum il_err sev_guest_message(struct sev_guest *g, unsigned type,
			      uint64_t param) IL_MUST;

/* Keeps the words for why(). */
enum il_err sev_guest_refused(struct sev_guest *g, const char *what,
			      uint64_t code);

#endif
