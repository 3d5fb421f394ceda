/* SPDX-License-Identifier: BSD-2-Clause */
#include "interlock/evidence.h"

#include "base/bits.h"
#include "base/bytes.h"
#include "lib/requester_priv.h"

/*
 * Evidence as bytes: collected from a requester, and in the form that
 * docs/evidence.md describes.
 */
static const uint8_t magic[4] = { 'I', 'L', 'E', 'V' };

#define FORM_VERSION 1
#define PARTS	     3u

enum il_err il_evidence_collect(const struct il_requester *r,
				const struct il_span *report, uint8_t *buf,
				size_t cap, struct il_evidence *out,
				size_t *need)
{
	const struct il_requester_result *x = il_requester_result(r);
	const struct il_requester_peer *p = il_requester_peer(r);
	struct wr w = wr_over(buf, cap);
	size_t certs, all;
	enum il_err err;

	if (!p || !p->chain.n || !p->vca.n || !x->messages.n || !x->sig.n)
		return IL_E_STATE;
	wr_bytes(&w, p->chain.p, p->chain.n);
	certs = w.len;
	wr_bytes(&w, p->vca.p, p->vca.n);
	wr_bytes(&w, x->messages.p, x->messages.n);
	wr_bytes(&w, x->sig.p, x->sig.n);
	*need = w.len;
	err = wr_end(&w, &all);
	if (err)
		return err;
	*out = (struct il_evidence){
		.certs = { buf, certs },
		.meas = { buf + certs, all - certs },
		.report = report ? *report : (struct il_span){ 0 },
	};
	return IL_OK;
}

enum il_err il_evidence_encode(const struct il_evidence *ev, uint8_t *out,
			       size_t cap, size_t *len)
{
	const struct il_span part[PARTS] = { ev->certs, ev->meas, ev->report };
	struct wr w = wr_over(out, cap);
	uint16_t n = 0;

	for (unsigned i = 0; i < PARTS; i++) {
		if (part[i].n > UINT32_MAX)
			return IL_E_ARG;
		n = (uint16_t)(n + (part[i].n != 0));
	}
	if (!n)
		return IL_E_ARG;
	wr_bytes(&w, magic, sizeof(magic));
	wr_u16le(&w, FORM_VERSION);
	wr_u16le(&w, n);
	for (uint16_t i = 0; i < PARTS; i++) {
		if (!part[i].n)
			continue;
		wr_u16le(&w, (uint16_t)(i + 1));
		wr_zero(&w, 2);
		wr_u32le(&w, (uint32_t)part[i].n);
		wr_bytes(&w, part[i].p, part[i].n);
	}
	*len = w.len;
	return w.err;
}

/* One part; kinds ascend, so none comes twice. */
static enum il_err part_decode(struct rd *r, struct il_span part[PARTS],
			       unsigned *last)
{
	const uint16_t kind = rd_u16le(r);
	const uint16_t rsvd = rd_u16le(r);
	const uint32_t n = rd_u32le(r);
	const uint8_t *p = rd_bytes(r, n);

	if (r->err)
		return r->err;
	if (kind <= *last || kind > PARTS || rsvd || !n)
		return IL_E_FIELD;
	part[kind - 1] = (struct il_span){ p, n };
	*last = kind;
	return IL_OK;
}

enum il_err il_evidence_decode(struct il_span bytes, struct il_evidence *out)
{
	struct rd r = rd_over(bytes.p, bytes.n);
	struct il_span part[PARTS] = { 0 };
	const uint8_t *head = rd_bytes(&r, sizeof(magic));
	const uint16_t version = rd_u16le(&r);
	const uint16_t n = rd_u16le(&r);
	unsigned last = 0;
	enum il_err err = r.err;

	if (!err && (memcmp(head, magic, sizeof(magic)) != 0 ||
		     version != FORM_VERSION || !n || n > PARTS))
		err = IL_E_FIELD;
	for (uint16_t i = 0; i < n && !err; i++)
		err = part_decode(&r, part, &last);
	if (!err)
		err = rd_end(&r);
	if (!err)
		*out = (struct il_evidence){ part[0], part[1], part[2] };
	return err;
}
