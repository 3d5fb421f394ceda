/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_LIE_H
#define WORLD_LIE_H

#include "decode/change.h"
#include "dsm/dsm.h"

struct world;

/* One field of the next response of some name, made wrong once. */
struct world_lie {
	bool armed;
	bool told; /* at FIELDS: again at PROOF, which encodes anew */
	char message[32];
	char field[32];
	unsigned nth;
	struct change change;
	struct field at;
	struct field list[FIELDS_MAX];
};

/* The device's tap in a world that has no other; its context is the struct
 * world_dev. */
extern const struct dsm_tap lie_tap;

#endif
