/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfu/vfu_priv.h"

/* The device's end of its link. */

static enum il_err link_put(void *ctx, enum link_kind kind, const uint8_t *p,
			    size_t len)
{
	(void)ctx;
	(void)kind;
	(void)p;
	(void)len;
	return IL_E_IO;
}

static enum il_err link_get(void *ctx, enum link_kind *kind, uint8_t *buf,
			    size_t cap, size_t *len)
{
	(void)ctx;
	(void)kind;
	(void)buf;
	(void)cap;
	(void)len;
	return IL_E_AGAIN;
}

static const struct link_ops ops = { .send = link_put, .recv = link_get };

struct link_end vfu_link(struct vfu *v)
{
	return (struct link_end){ .ops = &ops, .ctx = v };
}
