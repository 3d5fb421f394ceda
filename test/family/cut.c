/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/cut.h"

static struct {
	struct world *w;
	bool was; /* it was cut off already */
	const char *left;
} cut;

/* Heard when firmware has answered, before the host goes on. */
void cut_called(void *ctx, const struct world_edge_call *c)
{
	(void)ctx;
	if (!cut.w || c->edge != WORLD_HOST_FW)
		return;
	if (!cut.was && cut.w->dev[0].cut && !cut.left)
		cut.left = world_reaches(cut.w);
	cut.was = cut.w->dev[0].cut;
}

void cut_watch(struct world *w)
{
	cut.left = NULL;
	cut.w = w;
	cut.was = w->dev[0].cut;
}

const char *cut_left(void)
{
	return cut.left;
}
