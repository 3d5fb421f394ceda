/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci/doe.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "pci/regs.h"

uint32_t doe_length_dw(uint32_t header2)
{
	uint32_t dw = header2 & DOE_LENGTH_MASK;

	return dw ? dw : DOE_MAX_DW;
}

uint32_t doe_length_field(uint32_t dw)
{
	IL_ASSERT(dw >= 2 && dw <= DOE_MAX_DW);
	return dw & DOE_LENGTH_MASK;
}

enum il_err doe_wrap(struct wr *w, struct doe_type type, const uint8_t *payload,
		     size_t len)
{
	size_t padded;

	if (len > DOE_MAX_PAYLOAD)
		return IL_E_ARG;
	padded = (size_t)align_up(len, 4);
	wr_u16le(w, type.vendor);
	wr_u8(w, type.type);
	wr_u8(w, 0);
	wr_u32le(w, doe_length_field((uint32_t)(padded / 4 + 2)));
	wr_bytes(w, payload, len);
	wr_zero(w, padded - len);
	return w->err;
}

enum il_err doe_unwrap(const uint8_t *obj, size_t n, size_t limit,
		       struct doe_type *type, const uint8_t **payload,
		       size_t *len)
{
	struct rd r = rd_over(obj, n);
	struct doe_type t;
	const uint8_t *body;
	uint32_t dw;
	enum il_err err;

	t.vendor = rd_u16le(&r);
	t.type = rd_u8(&r);
	rd_skip(&r, 1); /* reserved: ignored when received */
	dw = rd_u32le(&r);
	if (r.err)
		return r.err;
	dw = doe_length_dw(dw);
	if (dw < 2 || (size_t)dw * 4 > limit)
		return IL_E_FIELD;
	body = rd_bytes(&r, (size_t)(dw - 2) * 4);
	err = rd_end(&r);
	if (err)
		return err;
	*type = t;
	*payload = body;
	*len = (size_t)(dw - 2) * 4;
	return IL_OK;
}

void doe_discovery_req_encode(struct wr *w, uint8_t index, uint8_t version)
{
	wr_u8(w, index);
	wr_u8(w, version);
	wr_zero(w, 2);
}

enum il_err doe_discovery_req_decode(struct rd *r, uint8_t *index,
				     uint8_t *version)
{
	uint8_t i = rd_u8(r);
	uint8_t v = rd_u8(r);
	enum il_err err;

	rd_skip(r, 2);
	err = rd_end(r);
	if (err)
		return err;
	*index = i;
	*version = v;
	return IL_OK;
}

void doe_discovery_rsp_encode(struct wr *w, const struct doe_discovery_rsp *m)
{
	wr_u16le(w, m->type.vendor);
	wr_u8(w, m->type.type);
	wr_u8(w, m->next);
}

enum il_err doe_discovery_rsp_decode(struct rd *r,
				     struct doe_discovery_rsp *out)
{
	struct doe_discovery_rsp m;
	enum il_err err;

	m.type.vendor = rd_u16le(r);
	m.type.type = rd_u8(r);
	m.next = rd_u8(r);
	err = rd_end(r);
	if (!err)
		*out = m;
	return err;
}

enum il_err doe_discover(const struct doe_type *types, size_t n,
			 const uint8_t *req, size_t req_len,
			 uint8_t rsp[DOE_DISCOVERY_LEN])
{
	struct rd r = rd_over(req, req_len);
	struct wr w = wr_over(rsp, DOE_DISCOVERY_LEN);
	/*
	 * OPEN: an index past the end; the specification says Vendor ID FFFFh
	 * and leaves the rest open, we end the list there.
	 */
	struct doe_discovery_rsp m = { .type = { .vendor = 0xffff } };
	uint8_t index, version;
	enum il_err err = doe_discovery_req_decode(&r, &index, &version);

	if (err)
		return err;
	if (index < n) {
		m.type = types[index];
		m.next = (uint8_t)(index + 1u < n ? index + 1u : 0);
	}
	doe_discovery_rsp_encode(&w, &m);
	return w.err;
}
