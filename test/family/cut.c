/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/cut.h"

#include "world/plat_sev_tio.h"

static struct {
	uint32_t (*psp)(void *ctx, uint32_t cmd, uint64_t pa);
	const char *left;
} cut;

static uint32_t ring(void *ctx, uint32_t cmd, uint64_t pa)
{
	struct world *w = ctx;
	const bool was = w->dev[0].cut;
	uint32_t ret = cut.psp(ctx, cmd, pa);

	if (!was && w->dev[0].cut && !cut.left)
		cut.left = world_reaches(w);
	return ret;
}

void cut_watch(struct world *w)
{
	struct sev_plat *p = w->plat_ctx;

	cut.left = NULL;
	if (p->host_insn.psp == ring)
		return;
	cut.psp = p->host_insn.psp;
	p->host_insn.psp = ring;
}

const char *cut_left(void)
{
	return cut.left;
}
