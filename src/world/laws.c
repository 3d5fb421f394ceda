/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/world_priv.h"

enum il_err laws_new(struct world *w)
{
	(void)w;
	return IL_OK;
}

enum il_err laws_step(struct world *w)
{
	w->steps++;
	return IL_OK;
}

unsigned world_laws(const struct world *w, struct world_law *out, unsigned max)
{
	(void)w;
	(void)out;
	(void)max;
	return 0;
}
