/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"

/* SPDM sessions and secured messages. */

static const struct misbehaviour rows[] = {
	{ .name = "heartbeat-refused",
	  .says = "HEARTBEAT in a session is answered with ERROR Unspecified",
	  .source = "DSP0274 1.2.1, section 10.20",
	  .code = SPDM_HEARTBEAT_ACK,
	  .error = SPDM_ERR_UNSPECIFIED,
	  .bytes = misbehave_harsh },
};

const struct misbehave_group misbehave_session = { "sessions", rows,
						   COUNT(rows) };
