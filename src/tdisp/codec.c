/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/codec.h"

bool tdisp_is_request(unsigned code)
{
	return code >= TDISP_GET_VERSION && code <= TDISP_VDM_REQ;
}

bool tdisp_is_response(unsigned code)
{
	return (code >= TDISP_VERSION && code <= TDISP_VDM_RSP) ||
	       code == TDISP_ERROR;
}

/* Reserved bytes: skipped, and noted if they are not zero. */
static void rd_rsvd(struct rd *r, struct tdisp_msg *m, unsigned n)
{
	while (n--)
		if (rd_u8(r))
			m->rsvd_set = true;
}

static void hdr_decode(struct rd *r, struct tdisp_msg *m)
{
	m->version = rd_u8(r);
	m->code = (enum tdisp_code)rd_u8(r);
	rd_rsvd(r, m, 2);
	m->iface.function_id = rd_u32le(r);
	m->iface.rsvd = rd_u64le(r);
}

static void hdr_encode(struct wr *w, const struct tdisp_msg *m)
{
	wr_u8(w, m->version);
	wr_u8(w, (uint8_t)m->code);
	wr_zero(w, 2);
	wr_u32le(w, m->iface.function_id);
	wr_u64le(w, m->iface.rsvd);
}

static void caps_decode(struct rd *r, struct tdisp_msg *m)
{
	m->caps.dsm_caps = rd_u32le(r);
	rd_copy(r, m->caps.msgs, sizeof(m->caps.msgs));
	m->caps.lock_flags = rd_u16le(r);
	rd_rsvd(r, m, 3);
	m->caps.addr_width = rd_u8(r);
	m->caps.num_req_this = rd_u8(r);
	m->caps.num_req_all = rd_u8(r);
}

static void caps_encode(struct wr *w, const struct tdisp_caps *c)
{
	wr_u32le(w, c->dsm_caps);
	wr_bytes(w, c->msgs, sizeof(c->msgs));
	wr_u16le(w, c->lock_flags);
	wr_zero(w, 3);
	wr_u8(w, c->addr_width);
	wr_u8(w, c->num_req_this);
	wr_u8(w, c->num_req_all);
}

static void lock_decode(struct rd *r, struct tdisp_msg *m)
{
	m->lock.flags = rd_u16le(r);
	m->lock.default_stream = rd_u8(r);
	rd_rsvd(r, m, 1);
	m->lock.mmio_offset = rd_u64le(r);
	m->lock.p2p_mask = rd_u64le(r);
}

static void lock_encode(struct wr *w, const struct tdisp_lock *l)
{
	wr_u16le(w, l->flags);
	wr_u8(w, l->default_stream);
	wr_zero(w, 1);
	wr_u64le(w, l->mmio_offset);
	wr_u64le(w, l->p2p_mask);
}

static void report_decode(struct rd *r, struct tdisp_msg *m)
{
	m->report.portion = rd_u16le(r);
	m->report.remainder = rd_u16le(r);
	m->report.data = rd_bytes(r, m->report.portion);
}

static void vdm_decode(struct rd *r, struct tdisp_msg *m)
{
	m->vdm.registry = rd_u8(r);
	m->vdm.id_len = rd_u8(r);
	m->vdm.id = rd_bytes(r, m->vdm.id_len);
	m->vdm.len = rd_left(r);
	m->vdm.data = rd_bytes(r, m->vdm.len);
}

static void error_decode(struct rd *r, struct tdisp_msg *m)
{
	m->error.code = rd_u32le(r);
	m->error.data = rd_u32le(r);
	m->error.ext_len = rd_left(r);
	m->error.ext = rd_bytes(r, m->error.ext_len);
	/* Only VENDOR_SPECIFIC carries more, and says how much. */
	if (!r->err &&
	    m->error.ext_len != (m->error.code == TDISP_E_VENDOR_SPECIFIC
					 ? m->error.data
					 : 0))
		r->err = m->error.ext_len ? IL_E_LONG : IL_E_SHORT;
}

static void body_decode(struct rd *r, struct tdisp_msg *m)
{
	switch (m->code) {
	case TDISP_VERSION:
		m->versions.count = rd_u8(r);
		m->versions.entries = rd_bytes(r, m->versions.count);
		return;
	case TDISP_GET_CAPABILITIES:
		m->tsm_caps = rd_u32le(r);
		return;
	case TDISP_CAPABILITIES:
		caps_decode(r, m);
		return;
	case TDISP_LOCK_REQ:
		lock_decode(r, m);
		return;
	case TDISP_LOCK_RSP:
	case TDISP_START_REQ:
		rd_copy(r, m->nonce, sizeof(m->nonce));
		return;
	case TDISP_GET_REPORT:
		m->get_report.offset = rd_u16le(r);
		m->get_report.length = rd_u16le(r);
		return;
	case TDISP_REPORT:
		report_decode(r, m);
		return;
	case TDISP_STATE:
		m->state = rd_u8(r);
		return;
	case TDISP_BIND_P2P_REQ:
	case TDISP_UNBIND_P2P_REQ:
		m->stream = rd_u8(r);
		return;
	case TDISP_SET_MMIO_ATTR_REQ:
		tdisp_range_decode(r, &m->range);
		return;
	case TDISP_VDM_REQ:
	case TDISP_VDM_RSP:
		vdm_decode(r, m);
		return;
	case TDISP_ERROR:
		error_decode(r, m);
		return;
	case TDISP_GET_VERSION:
	case TDISP_GET_STATE:
	case TDISP_START_RSP:
	case TDISP_STOP_REQ:
	case TDISP_STOP_RSP:
	case TDISP_BIND_P2P_RSP:
	case TDISP_UNBIND_P2P_RSP:
	case TDISP_SET_MMIO_ATTR_RSP:
		return;
	}
	if (!r->err)
		r->err = IL_E_FIELD;
}

enum il_err tdisp_hdr_decode(struct rd *r, struct tdisp_msg *out)
{
	struct tdisp_msg m = { 0 };

	hdr_decode(r, &m);
	if (!r->err)
		*out = m;
	return r->err;
}

enum il_err tdisp_decode(const uint8_t *p, size_t len, struct tdisp_msg *out)
{
	struct rd r = rd_over(p, len);
	struct tdisp_msg m = { 0 };
	enum il_err err;

	hdr_decode(&r, &m);
	body_decode(&r, &m);
	err = rd_end(&r);
	if (!err)
		*out = m;
	return err;
}

static void vdm_encode(struct wr *w, const struct tdisp_msg *m)
{
	wr_u8(w, m->vdm.registry);
	wr_u8(w, m->vdm.id_len);
	wr_bytes(w, m->vdm.id, m->vdm.id_len);
	wr_bytes(w, m->vdm.data, m->vdm.len);
}

static enum il_err body_encode(struct wr *w, const struct tdisp_msg *m)
{
	switch (m->code) {
	case TDISP_VERSION:
		wr_u8(w, m->versions.count);
		wr_bytes(w, m->versions.entries, m->versions.count);
		return w->err;
	case TDISP_GET_CAPABILITIES:
		wr_u32le(w, m->tsm_caps);
		return w->err;
	case TDISP_CAPABILITIES:
		caps_encode(w, &m->caps);
		return w->err;
	case TDISP_LOCK_REQ:
		lock_encode(w, &m->lock);
		return w->err;
	case TDISP_LOCK_RSP:
	case TDISP_START_REQ:
		wr_bytes(w, m->nonce, sizeof(m->nonce));
		return w->err;
	case TDISP_GET_REPORT:
		wr_u16le(w, m->get_report.offset);
		wr_u16le(w, m->get_report.length);
		return w->err;
	case TDISP_REPORT:
		wr_u16le(w, m->report.portion);
		wr_u16le(w, m->report.remainder);
		wr_bytes(w, m->report.data, m->report.portion);
		return w->err;
	case TDISP_STATE:
		wr_u8(w, m->state);
		return w->err;
	case TDISP_BIND_P2P_REQ:
	case TDISP_UNBIND_P2P_REQ:
		wr_u8(w, m->stream);
		return w->err;
	case TDISP_SET_MMIO_ATTR_REQ:
		tdisp_range_encode(w, &m->range);
		return w->err;
	case TDISP_VDM_REQ:
	case TDISP_VDM_RSP:
		vdm_encode(w, m);
		return w->err;
	case TDISP_ERROR:
		wr_u32le(w, m->error.code);
		wr_u32le(w, m->error.data);
		wr_bytes(w, m->error.ext, m->error.ext_len);
		return w->err;
	case TDISP_GET_VERSION:
	case TDISP_GET_STATE:
	case TDISP_START_RSP:
	case TDISP_STOP_REQ:
	case TDISP_STOP_RSP:
	case TDISP_BIND_P2P_RSP:
	case TDISP_UNBIND_P2P_RSP:
	case TDISP_SET_MMIO_ATTR_RSP:
		return w->err;
	}
	return IL_E_ARG;
}

enum il_err tdisp_encode(struct wr *w, const struct tdisp_msg *m)
{
	if (!tdisp_is_request(m->code) && !tdisp_is_response(m->code))
		return IL_E_ARG;
	hdr_encode(w, m);
	return body_encode(w, m);
}
