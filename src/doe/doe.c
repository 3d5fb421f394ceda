/* SPDX-License-Identifier: BSD-2-Clause */
#include "doe/doe.h"

#include "base/bits.h"

const struct spdm_binding doe_binding = { .unit = 4 };

/* Bits 17:0 of dword 2; those above are reserved. */
#define LENGTH_MASK 0x0003ffffu

struct doe_type doe_spdm(bool secured)
{
	return (struct doe_type){ DOE_VENDOR_PCISIG,
				  secured ? DOE_TYPE_SECURED : DOE_TYPE_SPDM };
}

bool doe_is_spdm(struct doe_type t, bool *secured)
{
	if (t.vendor != DOE_VENDOR_PCISIG ||
	    (t.type != DOE_TYPE_SPDM && t.type != DOE_TYPE_SECURED))
		return false;
	*secured = t.type == DOE_TYPE_SECURED;
	return true;
}

enum il_err doe_header_encode(struct wr *w, const struct doe_header *h)
{
	if (h->dw < 2 || h->dw > DOE_MAX_DW)
		return IL_E_ARG;
	wr_u16le(w, h->type.vendor);
	wr_u8(w, h->type.type);
	wr_u8(w, 0);
	wr_u32le(w, h->dw & LENGTH_MASK); /* 2^18 is sent as 0 */
	return w->err;
}

enum il_err doe_header_decode(struct rd *r, struct doe_header *out)
{
	struct doe_header h;

	h.type.vendor = rd_u16le(r);
	h.type.type = rd_u8(r);
	rd_skip(r, 1); /* reserved: ignored when received */
	h.dw = rd_u32le(r) & LENGTH_MASK;
	if (r->err)
		return r->err;
	if (!h.dw)
		h.dw = DOE_MAX_DW;
	if (h.dw < 2)
		return IL_E_FIELD;
	*out = h;
	return IL_OK;
}

enum il_err doe_wrap(struct wr *w, struct doe_type type, const uint8_t *payload,
		     size_t len)
{
	struct doe_header h = { .type = type };
	size_t padded;
	uint8_t *to;

	if (len > DOE_MAX_PAYLOAD)
		return IL_E_ARG;
	padded = (size_t)align_up(len, 4);
	h.dw = (uint32_t)(padded / 4 + 2);
	/* Errors stick in @w; the range holds. */
	(void)!doe_header_encode(w, &h);
	to = wr_room(w, len);
	if (to && to != payload && len)
		memcpy(to, payload, len);
	wr_zero(w, padded - len);
	return w->err;
}

enum il_err doe_unwrap(const uint8_t *obj, size_t n, size_t limit,
		       struct doe_type *type, const uint8_t **payload,
		       size_t *len)
{
	struct rd r = rd_over(obj, n);
	struct doe_header h;
	const uint8_t *body;
	size_t body_len;
	enum il_err err = doe_header_decode(&r, &h);

	if (err)
		return err;
	if ((size_t)h.dw * 4 > limit)
		return IL_E_FIELD;
	body_len = (size_t)(h.dw - 2) * 4;
	body = rd_bytes(&r, body_len);
	err = rd_end(&r);
	if (err)
		return err;
	*type = h.type;
	*payload = body;
	*len = body_len;
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
	struct doe_discovery_rsp m = { .type = { .vendor = DOE_VENDOR_NONE } };
	uint8_t index, version;
	enum il_err err = doe_discovery_req_decode(&r, &index, &version);

	/* What is behind the dword that was expected is not looked at. */
	if (err == IL_E_LONG) {
		r = rd_over(req, DOE_DISCOVERY_LEN);
		err = doe_discovery_req_decode(&r, &index, &version);
	}
	if (err)
		return err;
	if (index < n) {
		m.type = types[index];
		m.next = (uint8_t)(index + 1u < n ? index + 1u : 0);
	}
	doe_discovery_rsp_encode(&w, &m);
	return w.err;
}

enum il_err doe_discovered(const uint8_t *rsp, size_t n, uint8_t *index,
			   struct doe_type *out)
{
	struct rd r = rd_over(rsp, n);
	struct doe_discovery_rsp m;
	enum il_err err = doe_discovery_rsp_decode(&r, &m);

	if (err)
		return err;
	if (m.next && (m.next <= *index || m.type.vendor == DOE_VENDOR_NONE))
		return IL_E_FIELD;
	*index = m.next;
	*out = m.type;
	return IL_OK;
}
