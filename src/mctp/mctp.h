/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MCTP_MCTP_H
#define MCTP_MCTP_H

#include "base/bytes.h"
#include "spdm/binding.h"

/*
 * SPDM over MCTP: the message type byte, then the message. What MCTP puts
 * around it on a bus (packets, endpoint ids, tags) is not here: those who
 * carry whole messages, as the emulator's socket does, leave it out.
 *
 * Source: DSP0239 1.10 (message type codes); DSP0275 1.0 (SPDM over MCTP);
 *         DSP0276 1.1 (secured messages over MCTP)
 */
enum mctp_type {
	MCTP_SPDM = 0x05,
	MCTP_SECURED = 0x06,
};

/*
 * The low 16 bits of the sequence number follow the session id, application
 * data is an MCTP message with its type, up to 32 random bytes may follow it.
 * OPEN: the binding asks for none of them; we send none, and take them.
 * Source: DSP0276 1.1, section 7
 */
extern const struct spdm_binding mctp_binding;

/*
 * mctp_unwrap() - the type of a message, and what it carries
 * @out: points into @p
 *
 * Errors:   IL_E_SHORT  nothing follows the type
 *           IL_E_FIELD  no SPDM, or with the integrity check bit, which SPDM
 *                       over MCTP does not use
 */
enum il_err mctp_unwrap(const uint8_t *p, size_t n, enum mctp_type *type,
			const uint8_t **out, size_t *len) IL_MUST;

/* Errors: IL_E_SPACE */
enum il_err mctp_wrap(struct wr *w, enum mctp_type type, const uint8_t *p,
		      size_t n) IL_MUST;

#endif
