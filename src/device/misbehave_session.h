/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_MISBEHAVE_SESSION_H
#define DEVICE_MISBEHAVE_SESSION_H

#include "device/misbehave_priv.h"

/* What rows of sessions and of secured messages do alike. */

/* The session of the exchange at hand; NULL: there is none of this id. */
struct spdm_rsp_session *misbehave_session_of(const struct misbehave_one *me,
					      uint32_t id);

/* FINISH and PSK_FINISH at @p, in session @s, with the HMAC that they should
 * have; false: it had it, or is neither. */
bool misbehave_right_mac(const struct misbehave_one *me,
			 struct spdm_rsp_session *s, uint8_t *p, size_t n);

/* --- records, misbehave_records.c --- */

/* It is a secured message, however it came. */
bool misbehave_is_record(const struct device_exchange *x);

#endif
