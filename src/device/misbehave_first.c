/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"

/* The way to a connection and to a session, and out of it again. */

static const uint8_t v12[1] = { SPDM_V12 };

static const struct misbehaviour rows[] = {
	{ .name = "version-newer-form",
	  .says = "VERSION has SPDMVersion 1.2",
	  .source = "DSP0274 1.2.1, section 10.2",
	  .message = "VERSION",
	  .field = "version",
	  .change = { .how = CHANGE_OTHER, .p = v12, .n = sizeof(v12) },
	  .bytes = misbehave_alter },
	{ .name = "capabilities-refused",
	  .says = "GET_CAPABILITIES is answered with ERROR Unspecified",
	  .source = "DSP0274 1.2.1, section 10.3",
	  .code = SPDM_CAPABILITIES,
	  .error = SPDM_ERR_UNSPECIFIED,
	  .bytes = misbehave_harsh },
	{ .name = "key-exchange-refused",
	  .says = "KEY_EXCHANGE is answered with ERROR Unspecified",
	  .source = "DSP0274 1.2.1, section 10.16",
	  .code = SPDM_KEY_EXCHANGE_RSP,
	  .error = SPDM_ERR_UNSPECIFIED,
	  .bytes = misbehave_harsh },
	{ .name = "end-session-refused",
	  .says = "END_SESSION is answered with ERROR Unspecified",
	  .source = "DSP0274 1.2.1, section 10.23",
	  .code = SPDM_END_SESSION_ACK,
	  .error = SPDM_ERR_UNSPECIFIED,
	  .bytes = misbehave_harsh },
};

const struct misbehave_group misbehave_first = { "the way there", rows,
						 COUNT(rows) };
