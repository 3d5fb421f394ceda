/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/req.h"

#define REQ_TO_RSP     0x80 /* request code minus response code */
#define MANDATORY_MSGS 0xfe /* GET_VERSION to STOP, first byte of the map */

void tdisp_req_init(struct tdisp_req *q, uint32_t function_id)
{
	memset(q, 0, sizeof(*q));
	q->iface.function_id = function_id;
}

/* Remembers what only a VDM or a report answer can be compared with. */
static void note_asked(struct tdisp_req *q, const struct tdisp_msg *m)
{
	if (m->code == TDISP_GET_REPORT)
		q->asked = m->get_report.length;
	if (m->code != TDISP_VDM_REQ)
		return;
	q->vdm[0] = m->vdm.registry;
	q->vdm[1] = m->vdm.id_len;
	if (m->vdm.id_len)
		memcpy(q->vdm + 2, m->vdm.id, m->vdm.id_len);
}

enum il_err tdisp_req_begin(struct tdisp_req *q, const struct tdisp_msg *m,
			    struct wr *w)
{
	struct tdisp_msg req = *m;
	enum il_err err;

	if (q->busy)
		return IL_E_STATE;
	if (!tdisp_is_request(m->code))
		return IL_E_ARG;
	req.version = TDISP_VERSION_10;
	req.iface = q->iface;
	err = tdisp_encode(w, &req);
	bytes_wipe(&req, sizeof(req));
	if (err)
		return err;
	q->busy = true;
	q->sent = m->code;
	note_asked(q, m);
	return IL_OK;
}

static bool version_good(const struct tdisp_msg *m)
{
	for (unsigned i = 0; i < m->versions.count; i++)
		if (m->versions.entries[i] == TDISP_VERSION_10)
			return true;
	return false;
}

static bool vdm_good(const struct tdisp_req *q, const struct tdisp_msg *m)
{
	return m->vdm.registry == q->vdm[0] && m->vdm.id_len == q->vdm[1] &&
	       (!m->vdm.id_len ||
		memcmp(m->vdm.id, q->vdm + 2, m->vdm.id_len) == 0);
}

/* What must hold of an answer beyond its shape. */
static bool body_good(const struct tdisp_req *q, const struct tdisp_msg *m)
{
	if (m->code == TDISP_VERSION)
		return version_good(m);
	if (m->code == TDISP_CAPABILITIES)
		return (m->caps.msgs[0] & MANDATORY_MSGS) == MANDATORY_MSGS &&
		       !(m->caps.lock_flags & ~TDISP_LOCK_FLAGS);
	if (m->code == TDISP_STATE)
		return m->state < TDI_STATES;
	if (m->code == TDISP_REPORT)
		return m->report.portion && m->report.portion <= q->asked;
	if (m->code == TDISP_VDM_RSP)
		return vdm_good(q, m);
	return true;
}

static bool hdr_good(const struct tdisp_req *q, const struct tdisp_msg *m)
{
	bool first = q->sent == TDISP_GET_VERSION;

	if (first ? m->version >> 4 != 1 : m->version != TDISP_VERSION_10)
		return false;
	return m->iface.function_id == q->iface.function_id &&
	       m->iface.rsvd == q->iface.rsvd && !m->rsvd_set;
}

/* The request is over; a collection goes on. */
static void done(struct tdisp_req *q)
{
	q->busy = false;
	q->sent = (enum tdisp_code)0;
	q->asked = 0;
	memset(q->vdm, 0, sizeof(q->vdm));
}

enum il_err tdisp_req_accept(struct tdisp_req *q, const uint8_t *in, size_t n,
			     struct tdisp_msg *out)
{
	struct rd r = rd_over(in, n);
	struct tdisp_msg m;
	enum il_err err;

	if (!q->busy)
		return IL_E_STATE;
	err = tdisp_hdr_decode(&r, &m);
	if (err)
		return err;
	if (!hdr_good(q, &m))
		return IL_E_FIELD;
	if (!tdisp_is_response(m.code)) {
		m.code = TDISP_ERROR;
		m.error.code = TDISP_E_UNSPECIFIED;
		done(q);
		*out = m;
		return IL_E_PEER;
	}
	err = tdisp_decode(in, n, &m);
	if (err)
		return err;
	if (m.code != TDISP_ERROR &&
	    (m.code + REQ_TO_RSP != q->sent || m.rsvd_set || !body_good(q, &m)))
		return IL_E_FIELD;
	done(q);
	*out = m;
	return m.code == TDISP_ERROR ? IL_E_PEER : IL_OK;
}

static void collect_end(struct tdisp_req *q)
{
	q->rep = NULL;
	q->rep_cap = 0;
	q->rep_len = 0;
	q->rep_total = 0;
}

void tdisp_req_abort(struct tdisp_req *q)
{
	done(q);
	collect_end(q);
}

/* Asks for what is left, at most @part; the total is not known at first. */
static enum il_err ask(struct tdisp_req *q, uint16_t part, struct wr *w)
{
	size_t left = q->rep_total ? q->rep_total - q->rep_len : part;
	struct tdisp_msg m = { .code = TDISP_GET_REPORT };

	m.get_report.offset = (uint16_t)q->rep_len;
	m.get_report.length = left < part ? (uint16_t)left : part;
	return tdisp_req_begin(q, &m, w);
}

enum il_err tdisp_req_report_begin(struct tdisp_req *q, uint8_t *buf,
				   size_t cap, uint16_t part, struct wr *w)
{
	struct tdisp_req old = *q;
	enum il_err err;

	if (!buf || !cap || !part)
		return IL_E_ARG;
	collect_end(q);
	q->rep = buf;
	q->rep_cap = cap;
	err = ask(q, part, w);
	if (err)
		*q = old;
	return err;
}

/* A portion must fit what earlier ones said of the whole. */
static bool portion_good(const struct tdisp_req *q, const struct tdisp_msg *m)
{
	size_t total = q->rep_len + m->report.portion + m->report.remainder;

	return total <= UINT16_MAX && (!q->rep_total || total == q->rep_total);
}

/* Looks at a portion without taking it: nothing changes before all is known
 * to be well. */
static enum il_err peek(const struct tdisp_req *q, const uint8_t *in, size_t n,
			struct tdisp_msg *m)
{
	struct tdisp_req copy = *q;
	enum il_err err = tdisp_req_accept(&copy, in, n, m);

	if (!err && !portion_good(q, m))
		return IL_E_FIELD;
	return err;
}

enum il_err tdisp_req_report_accept(struct tdisp_req *q, const uint8_t *in,
				    size_t n, uint16_t part, struct wr *w,
				    size_t *len, uint32_t *why)
{
	struct tdisp_msg m = { .code = 0 };
	enum il_err err;

	if (!q->busy || !q->rep || q->sent != TDISP_GET_REPORT || !part)
		return IL_E_STATE;
	err = peek(q, in, n, &m);
	if (err && err != IL_E_PEER)
		return err;
	if (!err &&
	    q->rep_len + m.report.portion + m.report.remainder > q->rep_cap)
		err = IL_E_SPACE;
	if (err) {
		if (err == IL_E_PEER && why)
			*why = m.error.code;
		tdisp_req_abort(q);
		return err;
	}
	done(q);
	memcpy(q->rep + q->rep_len, m.report.data, m.report.portion);
	q->rep_len += m.report.portion;
	q->rep_total = q->rep_len + m.report.remainder;
	if (q->rep_len < q->rep_total) {
		err = ask(q, part, w);
		if (err)
			tdisp_req_abort(q);
		return err ? err : IL_E_AGAIN;
	}
	*len = q->rep_len;
	collect_end(q);
	return IL_OK;
}

bool tdisp_req_sane(const struct tdisp_req *q)
{
	return (!q->busy || tdisp_is_request(q->sent)) &&
	       q->rep_len <= q->rep_cap && q->rep_len <= q->rep_total &&
	       (q->rep || (!q->rep_len && !q->rep_total));
}
