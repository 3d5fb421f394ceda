/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"

/* What takes what down. */

/* The host took Bus Master Enable away; nobody tells the DSM. */
static bool deaf_to_bme(struct misbehave_one *me, enum dsm_event ev,
			uint32_t which)
{
	(void)me;
	(void)which;
	return ev != DSM_EV_BME_CLEARED;
}

static const struct misbehaviour rows[] = {
	{ .name = "runs-on-without-bme",
	  .says = "clearing Bus Master Enable of a locked TDI is not noticed",
	  .source = "PCIe Base 6.x §11.4.3",
	  .event = deaf_to_bme },
};

const struct misbehave_group misbehave_cascade = { "cascade", rows,
						   COUNT(rows) };
