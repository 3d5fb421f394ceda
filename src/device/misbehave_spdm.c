/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"

/* SPDM outside of sessions. */

static const struct misbehaviour rows[] = {
	{ .name = "challenge-signature-wrong",
	  .says = "one bit of the signature in CHALLENGE_AUTH is wrong",
	  .source = "DSP0274 1.2.1, section 10.8",
	  .message = "CHALLENGE_AUTH",
	  .field = "signature",
	  .change = { .how = CHANGE_FLIP },
	  .bytes = misbehave_alter },
};

const struct misbehave_group misbehave_spdm = { "SPDM", rows, COUNT(rows) };
