/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfu/proto.h"

enum il_err vuser_hdr_decode(struct rd *r, struct vuser_hdr *out)
{
	struct vuser_hdr h;

	h.id = rd_u16le(r);
	h.cmd = rd_u16le(r);
	h.size = rd_u32le(r);
	h.flags = rd_u32le(r);
	h.error = rd_u32le(r);
	if (r->err)
		return r->err;
	if (h.size < VUSER_HDR_LEN)
		return IL_E_FIELD;
	*out = h;
	return IL_OK;
}

void vuser_hdr_encode(struct wr *w, const struct vuser_hdr *h)
{
	wr_u16le(w, h->id);
	wr_u16le(w, h->cmd);
	wr_u32le(w, h->size);
	wr_u32le(w, h->flags);
	wr_u32le(w, h->error);
}

enum il_err vuser_dma_map_decode(struct rd *r, struct vuser_dma_map *out)
{
	struct vuser_dma_map m;

	m.argsz = rd_u32le(r);
	m.flags = rd_u32le(r);
	m.offset = rd_u64le(r);
	m.addr = rd_u64le(r);
	m.size = rd_u64le(r);

	enum il_err err = rd_end(r);
	if (!err)
		*out = m;
	return err;
}

enum il_err vuser_dma_unmap_decode(struct rd *r, struct vuser_dma_unmap *out)
{
	struct vuser_dma_unmap m;

	m.argsz = rd_u32le(r);
	m.flags = rd_u32le(r);
	m.addr = rd_u64le(r);
	m.size = rd_u64le(r);

	enum il_err err = rd_end(r);
	if (!err)
		*out = m;
	return err;
}

void vuser_dma_unmap_encode(struct wr *w, const struct vuser_dma_unmap *m)
{
	wr_u32le(w, m->argsz);
	wr_u32le(w, m->flags);
	wr_u64le(w, m->addr);
	wr_u64le(w, m->size);
}

enum il_err vuser_info_decode(struct rd *r, struct vuser_info *out)
{
	struct vuser_info m;

	m.argsz = rd_u32le(r);
	m.flags = rd_u32le(r);
	m.a = rd_u32le(r);
	m.b = rd_u32le(r);

	enum il_err err = rd_end(r);
	if (!err)
		*out = m;
	return err;
}

void vuser_info_encode(struct wr *w, const struct vuser_info *m)
{
	wr_u32le(w, m->argsz);
	wr_u32le(w, m->flags);
	wr_u32le(w, m->a);
	wr_u32le(w, m->b);
}

enum il_err vuser_region_decode(struct rd *r, struct vuser_region *out)
{
	struct vuser_region m;

	m.argsz = rd_u32le(r);
	m.flags = rd_u32le(r);
	m.index = rd_u32le(r);
	m.cap_offset = rd_u32le(r);
	m.size = rd_u64le(r);
	m.offset = rd_u64le(r);

	enum il_err err = rd_end(r);
	if (!err)
		*out = m;
	return err;
}

void vuser_region_encode(struct wr *w, const struct vuser_region *m)
{
	wr_u32le(w, m->argsz);
	wr_u32le(w, m->flags);
	wr_u32le(w, m->index);
	wr_u32le(w, m->cap_offset);
	wr_u64le(w, m->size);
	wr_u64le(w, m->offset);
}

enum il_err vuser_irq_set_decode(struct rd *r, struct vuser_irq_set *out)
{
	struct vuser_irq_set m;

	m.argsz = rd_u32le(r);
	m.flags = rd_u32le(r);
	m.index = rd_u32le(r);
	m.start = rd_u32le(r);
	m.count = rd_u32le(r);
	m.data_len = rd_left(r);
	m.data = rd_bytes(r, m.data_len);
	if (r->err)
		return r->err;
	*out = m;
	return IL_OK;
}

static void access_head(struct rd *r, struct vuser_access *m)
{
	m->offset = rd_u64le(r);
	m->region = rd_u32le(r);
	m->count = rd_u32le(r);
	m->data = NULL;
}

enum il_err vuser_read_decode(struct rd *r, struct vuser_access *out)
{
	struct vuser_access m;

	access_head(r, &m);

	enum il_err err = rd_end(r);
	if (!err)
		*out = m;
	return err;
}

enum il_err vuser_write_decode(struct rd *r, struct vuser_access *out)
{
	struct vuser_access m;

	access_head(r, &m);
	m.data = rd_bytes(r, m.count);

	enum il_err err = rd_end(r);
	if (!err)
		*out = m;
	return err;
}

void vuser_access_encode(struct wr *w, const struct vuser_access *m)
{
	wr_u64le(w, m->offset);
	wr_u32le(w, m->region);
	wr_u32le(w, m->count);
}

void vuser_multi_decode(struct rd *r, struct vuser_access *out)
{
	access_head(r, out);
	out->data = rd_bytes(r, VUSER_MULTI_DATA);
}

void vuser_dma_encode(struct wr *w, uint64_t addr, uint64_t count)
{
	wr_u64le(w, addr);
	wr_u64le(w, count);
}

/*
 * OPEN: the specification's answer to a write has a count of four bytes, that
 * of everything else eight, which is also what QEMU 11 sends. Both are taken.
 */
enum il_err vuser_dma_reply(struct rd *r, uint64_t addr, uint32_t len,
			    uint8_t *out)
{
	const bool brief = !out && rd_left(r) == VUSER_DMA_LEN - 4;
	const uint64_t at = rd_u64le(r);
	const uint64_t n = brief ? rd_u32le(r) : rd_u64le(r);
	const uint8_t *p = out ? rd_bytes(r, len) : NULL;
	enum il_err err = rd_end(r);

	if (err)
		return err;
	if (at != addr || n != len)
		return IL_E_FIELD;
	if (p && len)
		memcpy(out, p, len);
	return IL_OK;
}
