/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/rsp.h"

#include "base/assert.h"

#define REQ_BASE  0x80 /* request codes are 0x80 + bit of the map */
#define MANDATORY 0xfe /* GET_VERSION to STOP */

/* What stands before a report portion, and before VDM data at the most. */
#define PORTION_HDR (TDISP_HDR_LEN + 4)
#define VDM_HDR_MAX (TDISP_HDR_LEN + 2 + 255)

static void support(struct tdisp_caps *caps, enum tdisp_code code)
{
	unsigned bit = (unsigned)code - REQ_BASE;

	caps->msgs[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static void init_counts(struct tdisp_rsp *r, const struct tdisp_rsp_cfg *cfg)
{
	uint8_t one = cfg->num_req_this ? cfg->num_req_this : 1;
	uint8_t all = cfg->num_req_all ? cfg->num_req_all : one;

	r->caps.num_req_all = all < TDISP_REQS ? all : TDISP_REQS;
	r->caps.num_req_this =
		one < r->caps.num_req_all ? one : r->caps.num_req_all;
}

void tdisp_rsp_init(struct tdisp_rsp *r, const struct tdisp_rsp_cfg *cfg)
{
	const struct tdi_port *port = cfg->port;

	*r = (struct tdisp_rsp){ .env = cfg->env,
				 .port = port,
				 .port_ctx = cfg->port_ctx,
				 .table = cfg->table ? cfg->table : tdi_edges,
				 .tdis = cfg->tdis,
				 .tdi_count = cfg->tdi_count,
				 .any_interface = cfg->any_interface };
	r->made = &r->room;
	r->caps.dsm_caps = cfg->dsm_caps;
	r->caps.msgs[0] = MANDATORY;
	r->caps.lock_flags = cfg->lock_flags;
	r->caps.addr_width = cfg->addr_width;
	init_counts(r, cfg);
	if (port->bind_p2p && port->unbind_p2p) {
		support(&r->caps, TDISP_BIND_P2P_REQ);
		support(&r->caps, TDISP_UNBIND_P2P_REQ);
	}
	if (port->set_mmio_attr)
		support(&r->caps, TDISP_SET_MMIO_ATTR_REQ);
	if (port->vdm)
		support(&r->caps, TDISP_VDM_REQ);
	memset(cfg->tdis, 0, cfg->tdi_count * sizeof(*cfg->tdis));
	for (size_t i = 0; i < cfg->tdi_count; i++) {
		struct tdi *t = &cfg->tdis[i];

		t->fn = (uint32_t)i;
		t->rep = cfg->report + i * cfg->report_cap;
		t->rep_cap = cfg->report_cap;
	}
}

static bool supported(const struct tdisp_rsp *r, unsigned code)
{
	unsigned bit = code - REQ_BASE;

	return tdisp_is_request(code) && r->caps.msgs[bit / 8] & 1u << bit % 8;
}

/*
 * What an interface id says: reserved bits are ignored, and the segment is
 * reserved unless it counts. They are zero in the answer.
 * Source: PCIe Base 6.x §11.2 (INTERFACE_ID), §11.3.3
 */
static struct tdisp_iface said(const struct tdisp_iface *id)
{
	uint32_t bits = TDISP_FN_RID | TDISP_FN_SEG_VALID;

	if (id->function_id & TDISP_FN_SEG_VALID)
		bits |= TDISP_FN_SEGMENT;
	return (struct tdisp_iface){ .function_id = id->function_id & bits };
}

/* An interface id names a TDI if its RID does, and its segment where both
 * sides know one. */
static bool names(const struct tdisp_iface *id, const struct tdi *t)
{
	uint32_t differs = id->function_id ^ t->id;

	if (!t->hosted || differs & tdi_rid_mask(t->id))
		return false;
	return !(id->function_id & t->id & TDISP_FN_SEG_VALID) ||
	       !(differs & TDISP_FN_SEGMENT);
}

static struct tdi *find(const struct tdisp_rsp *r, const struct tdisp_iface *id)
{
	for (size_t i = 0; i < r->tdi_count; i++)
		if (names(id, &r->tdis[i]))
			return &r->tdis[i];
	return r->any_interface && r->tdi_count ? &r->tdis[0] : NULL;
}

static bool version_ok(const struct tdisp_msg *m)
{
	if (m->code == TDISP_GET_VERSION)
		return m->version >> 4 == TDISP_VERSION_10 >> 4;
	return m->version == TDISP_VERSION_10;
}

/* What must hold before a TDI is asked; @req is completed here. */
static enum tdisp_error screen(const struct tdisp_rsp *r, const uint8_t *in,
			       size_t n, struct tdisp_msg *req, struct tdi **t)
{
	if (!version_ok(req))
		return TDISP_E_VERSION_MISMATCH;
	if (!supported(r, req->code))
		return TDISP_E_UNSUPPORTED_REQUEST;
	*t = find(r, &req->iface);
	if (!*t)
		return TDISP_E_INVALID_INTERFACE;
	if (tdisp_decode(in, n, req))
		return TDISP_E_INVALID_REQUEST;
	req->iface = said(&req->iface);
	return TDISP_E_NONE;
}

/* Requests that wait. */

static struct tdisp_open *open_of(struct tdisp_rsp *r, uint64_t session)
{
	for (size_t i = 0; i < TDISP_REQS; i++)
		if (r->open[i].session == session)
			return &r->open[i];
	return NULL;
}

/* Whether one more request may wait, should it come to that. */
static bool may_wait(const struct tdisp_rsp *r, uint32_t fn)
{
	unsigned here = 0, all = 0;

	for (size_t i = 0; i < TDISP_REQS; i++) {
		all += r->open[i].session != 0;
		here += r->open[i].session && r->open[i].fn == fn;
	}
	return all < r->caps.num_req_all && here < r->caps.num_req_this;
}

/* Forgets what @session was waiting for, unless it is this once more. */
static enum tdisp_error admit(struct tdisp_rsp *r, uint64_t session,
			      const struct tdi *t, enum tdisp_code code)
{
	struct tdisp_open *o = open_of(r, session);

	if (o && o->fn == t->fn && o->code == code)
		return TDISP_E_NONE;
	if (o)
		o->session = 0;
	if (code == TDISP_STOP_REQ || may_wait(r, t->fn))
		return TDISP_E_NONE;
	return TDISP_E_BUSY;
}

/* After a request that was admitted: it waits, or waits no more. */
static void note(struct tdisp_rsp *r, uint64_t session, const struct tdi *t,
		 enum tdisp_code code, bool waits)
{
	struct tdisp_open *o = open_of(r, session);

	if (!waits && o)
		o->session = 0;
	if (!waits || o)
		return;
	o = open_of(r, 0);
	IL_ASSERT(o); /* may_wait() */
	*o = (struct tdisp_open){ session, t->fn, code };
}

void tdisp_rsp_session_ended(struct tdisp_rsp *r, uint64_t session)
{
	struct tdisp_open *o = session ? open_of(r, session) : NULL;

	if (o)
		o->session = 0;
}

bool tdisp_rsp_sane(const struct tdisp_rsp *r)
{
	for (size_t i = 0; i < TDISP_REQS; i++) {
		const struct tdisp_open *o = &r->open[i];

		if (o->session &&
		    (o->fn >= r->tdi_count || !tdisp_is_request(o->code)))
			return false;
	}
	return true;
}

static void refuse(const struct tdisp_rsp *r, const struct tdi *t,
		   const struct tdisp_msg *req, enum tdisp_error e,
		   struct tdisp_msg *rsp)
{
	memset(&rsp->error, 0, sizeof(rsp->error));
	rsp->code = TDISP_ERROR;
	rsp->error.code = e;
	if (e == TDISP_E_UNSUPPORTED_REQUEST)
		rsp->error.data = req->code;
	env_trace(r->env, TDISP_TRACE_REFUSED, t ? t->fn : UINT64_MAX,
		  req->code, e);
}

/* The port's own copy of a vendor's answer, as far as it is not the answer. */
static void vdm_wipe(const struct tdi_arg *arg, const uint8_t *answer_end)
{
	uint8_t *end = arg->scratch + arg->scratch_cap;
	uint8_t *from = arg->scratch;

	if (answer_end > from)
		from += answer_end - from;
	if (from < end)
		bytes_wipe(from, (size_t)(end - from));
}

/* Asks the TDI. TDISP_E_PENDING: it has no answer yet. */
static enum tdisp_error ask(struct tdisp_rsp *r, struct tdi *t,
			    const struct tdi_arg *arg)
{
	enum tdisp_code code = arg->req->code;
	enum tdisp_error e = admit(r, arg->session, t, code);

	if (e)
		return e;
	arg->rsp->code = (enum tdisp_code)(code - REQ_BASE);
	e = tdi_handle(r, t, (enum tdi_event)(code - TDISP_GET_VERSION), arg);
	note(r, arg->session, t, code, e == TDISP_E_PENDING);
	return e;
}

/* Second half: the answer's copy of it ends before. */
static void scratch_of(struct tdi_arg *arg, uint8_t *out, size_t cap)
{
	if (cap / 2 <= VDM_HDR_MAX)
		return;
	arg->scratch = out + cap - cap / 2;
	arg->scratch_cap = cap / 2 - VDM_HDR_MAX;
}

enum il_err tdisp_rsp_handle(struct tdisp_rsp *r, uint64_t session,
			     const uint8_t *in, size_t n, uint8_t *out,
			     size_t cap, size_t *out_len)
{
	struct rd hdr = rd_over(in, n);
	struct wr w = wr_over(out, cap);
	struct tdisp_msg req, rsp = { .version = TDISP_VERSION_10 };
	struct tdi_arg arg = { .session = session, .req = &req, .rsp = &rsp };
	struct tdi *t = NULL;
	enum tdisp_error e;
	enum il_err err = tdisp_hdr_decode(&hdr, &req);

	if (err)
		return err;
	if (cap < TDISP_FIXED_MAX)
		return IL_E_SPACE;
	arg.room = cap - PORTION_HDR;
	scratch_of(&arg, out, cap);
	req.iface = said(&req.iface);
	rsp.iface = req.iface;
	e = screen(r, in, n, &req, &t);
	if (!e)
		e = ask(r, t, &arg);
	*out_len = 0;
	if (e == TDISP_E_PENDING) {
		err = IL_E_AGAIN;
	} else {
		if (e)
			refuse(r, t, &req, e, &rsp);
		if (!r->tap || r->tap(r->tap_ctx, &req, &rsp))
			err = tdisp_encode(&w, &rsp);
		*out_len = err ? 0 : w.len;
	}
	if (req.code == TDISP_VDM_REQ && arg.scratch)
		vdm_wipe(&arg, out + *out_len);
	bytes_wipe(&req, sizeof(req));
	bytes_wipe(&rsp, sizeof(rsp));
	return err;
}
