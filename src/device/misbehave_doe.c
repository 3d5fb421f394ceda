/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"

/* Data objects, discovery and the mailbox. */

/* Discovery: the index after the last is 0. */
static void no_end(struct misbehave_one *me, struct device_exchange *x)
{
	(void)me;
	if (x->doe && x->type.type == DOE_TYPE_DISCOVERY &&
	    x->len == DOE_DISCOVERY_LEN && !x->out[3])
		x->out[3] = 1;
}

static const struct misbehaviour rows[] = {
	{ .name = "discovery-has-no-end",
	  .says = "DOE Discovery names a next index behind the last protocol",
	  .source = "PCIe Base 6.0 §6.30.1.1 (Next Index)",
	  .answered = no_end },
};

const struct misbehave_group misbehave_doe = { "DOE", rows, COUNT(rows) };
