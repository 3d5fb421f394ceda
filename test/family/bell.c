/* SPDX-License-Identifier: BSD-2-Clause */
/* Before the rest, whose global its inline functions would shadow. */
#include "arch/sev_tio/host_priv.h"

#include "family/bell.h"
#include "world/laws_priv.h"

#include <stdlib.h>

#include "family/books.h"
#include "tsm/tsm.h"

struct sev_plat *bell_plat(const struct family *f)
{
	return f->w->plat_ctx;
}

uint32_t bell_ring(struct family *f, uint32_t cmd, uint64_t pa)
{
	struct sev_plat *p = bell_plat(f);

	sev_fw_time(p->fw, f->w->now_ns);
	return sev_fw_command(p->fw, cmd, pa);
}

void bell_load(struct family *f, uint64_t pa, void *out, size_t n)
{
	struct fault why;

	if (mem_host_read(&f->w->mem, pa, out, (uint32_t)n, &why))
		memset(out, 0, n);
}

void bell_store(struct family *f, uint64_t pa, const void *in, size_t n)
{
	struct fault why;

	if (mem_host_write(&f->w->mem, pa, in, (uint32_t)n, &why))
		return;
}

uint64_t bell_answer(struct family *f, const uint8_t *cmd)
{
	uint64_t sla = sev_u64(cmd, TIO_CMD_SPDM_CTRL + TIO_SPDM_RESP);
	uint8_t first[8];

	if (!(sla & SLA_SCATTER))
		return sla_pa(sla);
	bell_load(f, sla_pa(sla), first, sizeof(first));
	return sla_pa(sev_u64(first, 0));
}

/* Buffers of a driver that has lost its own. */
static void put_buffers(struct family *f, uint8_t *cmd)
{
	struct sev_host *s = bell_plat(f)->host;
	uint8_t *p = cmd + TIO_CMD_SPDM_CTRL;
	struct sev_buf b[4];

	if (sev_buf_new(s, &b[0], s->req_size, true) ||
	    sev_buf_new(s, &b[1], s->rsp_size, false) ||
	    sev_buf_new(s, &b[2], s->scratch_size, true) ||
	    sev_buf_new(s, &b[3], s->out_size, true))
		abort();
	sev_put_u64(p, TIO_SPDM_REQ, sev_buf_sla(&b[0]));
	sev_put_u64(p, TIO_SPDM_RESP, sev_buf_sla(&b[1]));
	sev_put_u64(p, TIO_SPDM_SCRATCH, sev_buf_sla(&b[2]));
	sev_put_u64(p, TIO_SPDM_OUTPUT, sev_buf_sla(&b[3]));
}

void bell_garbage(struct family *f, uint64_t page)
{
	uint8_t h[BELL_ANSWER + 32] = { 0 };
	uint8_t *o = h + TIO_BUF_HDR_LEN;

	sev_put_u32(h, TIO_BUF_CAPACITY, (uint32_t)PAGE_4K);
	sev_put_u32(h, TIO_BUF_PAYLOAD, TIO_DOBJ_MSG_LEN + 32);
	sev_put_u32(o, TIO_DOBJ_ID, TIO_DOBJ_RESP);
	sev_put_u32(o, TIO_DOBJ_LENGTH, TIO_DOBJ_MSG_LEN + 32);
	sev_put_u16(o, TIO_DOBJ_VERSION, TIO_DOBJ_VERSION_1_0);
	o[TIO_DOBJ_DATA_TYPE] = TIO_DATA_SECURED;
	bell_store(f, page, h, sizeof(h));
}

/*
 * What a host that told itself a tale has forgotten, given back by force; all
 * of it is firmware's to allow, at any time (law 49).
 */
static void force(struct family *f, uint32_t cmd, uint64_t dev,
		  const struct sev_fw_tdi *b)
{
	const uint64_t pa = bell_plat(f)->host->cmd_pa;
	uint8_t p[SEV_CMD_BUF_MAX] = { 0 };
	const size_t len = sev_cmd_len(cmd);

	sev_put_u32(p, TIO_CMD_LENGTH, (uint32_t)len);
	switch (cmd) {
	case SEV_CMD_TIO_TDI_UNBIND:
		sev_put_u32(p, TIO_TDI_FLAGS, TIO_UNBIND_F_FORCE);
		sev_put_u64(p, TIO_TDI_DEV, dev);
		sev_put_u64(p, TIO_TDI_TDI, b->tdi_ctx);
		sev_put_u64(p, TIO_TDI_GCTX, b->gctx);
		break;
	case SEV_CMD_TIO_TDI_RECLAIM:
		sev_put_u64(p, TIO_TDI_RECLAIM_DEV, dev);
		sev_put_u64(p, TIO_TDI_RECLAIM_TDI, b->tdi_ctx);
		break;
	case SEV_CMD_TIO_DEV_DISCONNECT:
		sev_put_u32(p, TIO_DEV_FLAGS, TIO_DISCONNECT_F_FORCE);
		sev_put_u64(p, TIO_DEV_CTX, dev);
		break;
	default:
		sev_put_u64(p, TIO_DEV_RECLAIM_CTX, dev);
		break;
	}
	if (cmd == SEV_CMD_TIO_TDI_UNBIND)
		put_buffers(f, p);
	bell_store(f, pa, p, len);
	/* The device is asked to stop; nobody brings its answer. */
	if (bell_ring(f, cmd, pa) == SEV_RET_SPDM_REQUEST) {
		bell_garbage(f, bell_answer(f, p));
		(void)bell_ring(f, cmd, pa);
	}
}

/* MMIO that no TDI holds any more, and the host's books have lost. */
static void pages_back(struct family *f)
{
	struct own *o = &bell_plat(f)->own;
	const struct rmp_update none = { 0 };

	for (uint32_t i = 0; i < o->ranges; i++) {
		const struct own_range *r = &o->range[i];

		if (!(r->page[0].flags & OWN_F_IO))
			continue;
		for (uint64_t n = 0; n < r->size / PAGE_4K; n++)
			if (r->page[n].flags & OWN_F_ASSIGNED)
				(void)own_rmpupdate(o, r->base + n * PAGE_4K,
						    &none);
	}
}

void bell_recover(struct family *f)
{
	struct sev_fw *fw = bell_plat(f)->fw;
	struct sev_fw_tdi b;

	for (unsigned i = 0; i < sev_fw_tdis(fw); i++) {
		if (!sev_fw_tdi_at(fw, i, &b))
			continue;
		force(f, SEV_CMD_TIO_TDI_UNBIND, b.dev_ctx, &b);
		force(f, SEV_CMD_TIO_TDI_RECLAIM, b.dev_ctx, &b);
	}
	for (unsigned i = 0; i < LAW_CONNS; i++) {
		struct tsm_conn *c = tsm_conn_at(sev_fw_tsm(fw), i);
		uint64_t dev = c ? tsm_conn_cfg(c)->owner : 0;

		if (!c)
			continue;
		force(f, SEV_CMD_TIO_DEV_DISCONNECT, dev, NULL);
		force(f, SEV_CMD_TIO_DEV_RECLAIM, dev, NULL);
	}
	pages_back(f);
}
