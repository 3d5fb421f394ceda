/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "edit.h"
#include "tsm/rig.h"

/*
 * The platform's core against a device that lies (from inside the session
 * too), a host that carries badly, and root-port keys that fail.
 *
 * It stays sane; what is refused changes nothing; an isolated link holds no
 * key at our end and no trusted entry; nothing is granted outside a lock
 * session, and no gate opens for another one.
 */

static struct {
	struct rig *r;
	struct tsm_conn conn;
	struct tsm_bind bind;
	uint8_t plan[4]; /* what the device's answers will suffer */
	uint8_t work[PEER_MSG + SPDM_SECURED_OVER];
} x;

static void tdisp_lie(struct peer *p, const struct tdisp_msg *req,
		      struct tdisp_msg *rsp, bool *drop)
{
	const uint8_t how = x.plan[1], with = x.plan[2];

	(void)p;
	if (x.plan[0] && (x.plan[0] & 0x8f) != req->code)
		return;
	switch (how & 7) {
	case 0:
		*drop = true;
		return;
	case 1: /* an empty one of another kind */
		*rsp = (struct tdisp_msg){ .version = rsp->version,
					   .code = with,
					   .iface = rsp->iface };
		return;
	case 2:
		rsp->version = with;
		return;
	case 3:
		rsp->iface.function_id ^= with;
		return;
	case 4:
		if (rsp->code == TDISP_STATE)
			rsp->state = with;
		return;
	case 5:
		if (rsp->code == TDISP_REPORT)
			rsp->report.remainder = with;
		return;
	case 6:
		if (rsp->code == TDISP_CAPABILITIES)
			rsp->caps.lock_flags = with;
		return;
	default:
		*rsp = (struct tdisp_msg){ .version = rsp->version,
					   .code = TDISP_ERROR,
					   .iface = rsp->iface };
		rsp->error.code = with >> 4;
	}
}

static void idekm_lie(struct peer *p, const struct idekm_msg *req,
		      struct idekm_msg *rsp, bool *drop)
{
	const uint8_t how = x.plan[1], with = x.plan[2];

	(void)p;
	if (x.plan[0] && (x.plan[0] & 7) != req->object)
		return;
	switch (how & 7) {
	case 0:
		*drop = true;
		return;
	case 1:
		rsp->object = with & 7;
		return;
	case 2:
		rsp->status = with;
		return;
	case 3:
		rsp->ref.stream ^= with;
		return;
	case 4:
		rsp->ref.sub = with & 3;
		return;
	case 5:
		rsp->max_port = with;
		return;
	case 6:
		rsp->devfn ^= with & 7;
		rsp->bus ^= with >> 3;
		return;
	default:
		rsp->cap_len -= rsp->cap_len > 4 ? with & 4 : 0;
	}
}

static void payload_lie(struct peer *p, uint8_t *out, size_t cap, size_t *len)
{
	(void)p;
	(void)cap;
	if (*len > x.plan[1] && x.plan[3])
		out[x.plan[1]] ^= x.plan[3];
}

static void lie(struct rd *in)
{
	struct peer *p = x.r->p;
	const uint8_t which = rd_u8(in);

	rd_copy(in, x.plan, sizeof(x.plan));
	p->on_tdisp = which & 1 ? tdisp_lie : NULL;
	p->on_idekm = which & 2 ? idekm_lie : NULL;
	p->on_payload = which & 4 ? payload_lie : NULL;
}

/* The parts that fail: keys of the root port, dice, the device's state. */
static void moods(struct rd *in)
{
	static const enum il_err errs[] = { IL_OK, IL_OK, IL_E_IO, IL_E_STATE };
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	struct peer *p = x.r->p;

	p->rp_program = errs[a & 3];
	p->rp_go = errs[a >> 2 & 3];
	p->rp_stop = errs[a >> 4 & 3];
	p->rp_ready = errs[a >> 6 & 3];
	p->rp_image = errs[b & 3];
	p->random_err = b & 4 ? IL_E_RANDOM : IL_OK;
	p->random_same = b >> 3 & 1;
	if (b & 0x10)
		peer_enable(p);
	if (b & 0x20)
		p->secure = p->rp_secure = false;
	if (b & 0x40)
		p->rep.ranges[0].first_page ^= b >> 4;
	if (b & 0x80)
		dsm_event(&p->dsm, (enum dsm_event)(a % DSM_EVENTS), a & 3);
}

static void keep(void)
{
	memcpy(&x.conn, x.r->conn, sizeof(x.conn));
	if (x.r->bind)
		memcpy(&x.bind, x.r->bind, sizeof(x.bind));
}

static void same(void)
{
	must(unchanged(&x.conn, x.r->conn, sizeof(x.conn)));
	if (x.r->bind)
		must(unchanged(&x.bind, x.r->bind, sizeof(x.bind)));
}

static enum il_err begin(struct rd *in)
{
	const uint8_t v = rd_u8(in), a = rd_u8(in);
	const struct tsm_args args = {
		.cert_slot = a >> 6 == 3 ? 1 : 0,
		.stream_id = PEER_STREAM,
		.nonce = { a },
		.raw = a & 1,
		.bind = a & 0x20 ? NULL : x.r->bind,
		.lock_flags = a & 2 ? 0xffff : RIG_FLAGS | (a >> 2 & 1),
		.mmio_offset = a & 8   ? 0x1001
			       : a & 4 ? -4096
				       : 0,
		.force = a & 0x10,
	};
	enum il_err err;

	keep();
	err = tsm_begin(x.r->conn, (enum tsm_verb)(v % (TSM_VERBS + 1)), &args);
	if (err)
		same();
	return err;
}

/* The answer changed by one who has the session's keys. */
static void edit_inside(struct rd *in)
{
	const struct spdm_req *q = &x.r->conn->spdm;
	struct spdm_channel c = q->ch[SPDM_DIR_RSP];
	uint32_t id;
	size_t len;

	if (!c.live || spdm_secured_id(x.r->rsp, x.r->rsp_len, &id) ||
	    spdm_secured_open(&c, &x.r->crypto, x.r->rsp, x.r->rsp_len,
			      x.work + SPDM_SECURED_HEAD,
			      sizeof(x.work) - SPDM_SECURED_OVER, &len))
		return;
	len = edit(in, x.work + SPDM_SECURED_HEAD, len,
		   PEER_MSG - SPDM_SECURED_OVER);
	c = q->ch[SPDM_DIR_RSP];
	if (spdm_secured_seal(&c, &x.r->crypto, id, x.work, sizeof(x.work), len,
			      &x.r->rsp_len))
		return;
	memcpy(x.r->rsp, x.work, x.r->rsp_len);
}

static enum il_err take(const uint8_t *p, size_t n)
{
	struct rig *r = x.r;
	const bool waits = tsm_verb(r->conn) != TSM_NO_VERB;
	enum il_err err;

	keep();
	err = tsm_step(r->conn, r->rsp_kind, p, n, r->req, sizeof(r->req),
		       &r->req_len, &r->req_kind, r->p->now_ns);
	must(tsm_sane(r->t));
	if (!waits) {
		must(err == IL_E_STATE);
		same();
	}
	return err;
}

/* @how: 1 from outside, 2 from inside, 4 lost, 8 twice, 16 nothing brought */
static enum il_err carry(struct rd *in, uint8_t how)
{
	struct rig *r = x.r;
	enum il_err err;

	r->p->logged = 0;
	if (!x.conn.op.waiting && !r->conn->op.waiting)
		return take(NULL, 0);
	if (how & 16)
		return take(NULL, 0);
	if (!peer_answer(r->p, r->req_kind, r->req, r->req_len, r->rsp,
			 sizeof(r->rsp), &r->rsp_len, &r->rsp_kind) ||
	    how & 4)
		return IL_E_TIMEOUT;
	if (how & 1)
		r->rsp_len = edit(in, r->rsp, r->rsp_len, sizeof(r->rsp));
	if (how & 2)
		edit_inside(in);
	err = take(r->rsp, r->rsp_len);
	return how & 8 ? take(r->rsp, r->rsp_len) : err;
}

static void run(struct rd *in)
{
	enum il_err err = begin(in);

	if (err)
		return;
	err = take(NULL, 0);
	for (unsigned n = 0; err == IL_E_AGAIN && n < 300; n++)
		err = carry(in, 0);
}

/* Books: connections and bindings come and go. */
static void books(struct rd *in, uint8_t op)
{
	const struct tsm_conn_cfg conn = { .rid = PEER_RID,
					   .port = PEER_PORT,
					   .owner = 0xc0 };
	struct rig *r = x.r;
	const uint8_t a = rd_u8(in);
	const struct tsm_bind_cfg b = { .function_id = PEER_RID + (a & 7),
					.owner = 0xb0 };
	struct tsm_bind *other;

	keep();
	switch (op & 3) {
	case 0:
		if (tsm_conn_free(r->conn)) {
			same();
			break;
		}
		r->bind = NULL;
		must(tsm_conn_new(r->t, &conn, &r->conn) == IL_OK);
		break;
	case 1:
		if (!tsm_bind_new(r->conn, &b, &other))
			r->bind = other;
		break;
	case 2:
		if (!r->bind)
			break;
		if (tsm_bind_free(r->bind))
			same();
		else
			r->bind = tsm_bind_at(r->t, 0);
		break;
	default:
		if (r->bind && tsm_bind_own(r->bind, a & 1 ? RIG_TVM : a & 2))
			same();
	}
}

static void gates(struct rd *in)
{
	const uint8_t a = rd_u8(in);
	struct tsm_bind *b = x.r->bind;
	const struct tsm_lock_info *l;
	uint64_t id;

	if (!b)
		return;
	l = tsm_lock_info(b);
	id = l->id + (a >> 7);
	keep();
	if (!tsm_gate(b, (enum tsm_gate)((a & 15) % TSM_GATES), id) &&
	    (a & 15) % TSM_GATES != TSM_GATE_STOP &&
	    (a & 15) % TSM_GATES != TSM_GATE_RELEASE) {
		must(id == l->id && l->id);
		/* as a backend does */
		if ((a & 15) % TSM_GATES == TSM_GATE_DMA_ON)
			tsm_dma_set(b, true);
		if ((a & 15) % TSM_GATES == TSM_GATE_DMA_OFF)
			tsm_dma_set(b, false);
	}
	if (a & 0x40 && tsm_mmio_pages(b))
		tsm_mmio_count(b, -1);
	else if (a & 0x20 && l->id)
		tsm_mmio_count(b, 1);
}

/* What the core says of its books agrees with itself. */
static void books_agree(void)
{
	struct rig *r = x.r;
	struct tsm_conn *c = r->conn;
	const bool ready = tsm_conn_state(c) == TSM_CONN_READY;
	struct tsm_conn *other;
	const struct tsm_conn_cfg again = *tsm_conn_cfg(c);
	const uint8_t *p;
	size_t len;

	must(tsm_conn_tsm(c) == r->t);
	must(tsm_conn_find(r->t, 0xc0) == c && !tsm_conn_find(r->t, 1));
	must(tsm_conn_at(r->t, 0) == c && !tsm_conn_at(r->t, 7));
	must(tsm_conn_new(r->t, &again, &other) == IL_E_STATE);
	must(!ready ||
	     (tsm_session(c) && tsm_stream_id(c) != TSM_STREAM_UNUSED));
	must(tsm_stream_key_set(c) < 2);
	if (ready)
		must(tsm_stream_state(c) == TSM_STREAM_ON ||
		     tsm_stream_state(c) == TSM_STREAM_REFRESH);
	for (unsigned i = TSM_DIGEST_VCA; i <= TSM_DIGEST_KEY; i++)
		must((tsm_conn_digest(c, (enum tsm_digest)i) != NULL) ||
		     !ready);
	(void)tsm_conn_algs(c);
	(void)tsm_cert_slot(c);
	tsm_chain(c, &p, &len);
	must(!ready || len > 0);
	tsm_blob(c, &p, &len);
	for (unsigned i = 0; i < 3; i++) {
		const struct tsm_bind *b = tsm_bind_at(r->t, i);

		if (!b)
			continue;
		must(tsm_bind_conn(b) == c && tsm_bind_owner(b) == 0xb0);
		must(tsm_bind_find(r->t, 0xb0) != NULL);
		must(tsm_bind_tdi(b) <= TSM_TDI_ERROR);
	}
}

/* What the laws say of the books, whatever happened. */
static void laws(void)
{
	struct rig *r = x.r;
	const enum tsm_conn_state s = tsm_conn_state(r->conn);

	must(tsm_sane(r->t));
	books_agree();
	if (s == TSM_CONN_ERROR || s == TSM_CONN_CLOSED)
		must(peer_keys_gone(r->p, true));
	for (unsigned i = 0; i < 3; i++) {
		const struct tsm_bind *b = tsm_bind_at(r->t, i);
		enum tsm_bind_state at;

		if (!b)
			continue;
		at = tsm_bind_state(b);
		if (at == TSM_BIND_LOCKED || at == TSM_BIND_RUN)
			must(s == TSM_CONN_READY && tsm_lock_info(b)->id);
		if (at == TSM_BIND_RUN)
			must(tsm_lock_info(b)->report_valid &&
			     tsm_lock_info(b)->meas_valid);
		if (at == TSM_BIND_DEAD || at == TSM_BIND_ERROR)
			must(!tsm_lock_info(b)->id);
		if (s == TSM_CONN_ERROR)
			must(at == TSM_BIND_DEAD || at == TSM_BIND_FREE);
	}
}

static void step(struct rd *in)
{
	static const uint8_t hows[] = { 1, 2, 4, 8, 16, 9, 10, 2 };
	const uint8_t op = rd_u8(in);

	x.r->p->logged = 0;
	switch (op & 15) {
	case 0:
	case 1:
		run(in);
		break;
	case 2:
		(void)!begin(in);
		break;
	case 3:
		(void)!carry(in, 0);
		break;
	case 4:
	case 5:
		(void)!carry(in, hows[op >> 4 & 7]);
		break;
	case 6:
		tsm_verb_abort(x.r->conn);
		break;
	case 7:
		tsm_isolate(x.r->conn);
		break;
	case 8:
	case 9:
		books(in, op >> 4);
		break;
	case 10:
		gates(in);
		break;
	case 11:
		moods(in);
		break;
	case 12:
		lie(in);
		break;
	case 13:
		x.r->p->now_ns += (uint64_t)rd_u8(in) << 28;
		break;
	case 14:
		for (unsigned n = 0; n < (op >> 4); n++)
			(void)!carry(in, 0);
		break;
	default:
		(void)!take(x.r->rsp, x.r->rsp_len);
	}
	laws();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	const uint8_t how = rd_u8(&in);

	memset(&x, 0, sizeof(x));
	x.r = rig_new();
	if (how & 1)
		rig_bound(x.r);
	if ((how & 3) == 3)
		(void)!rig_lock(x.r);
	for (unsigned n = 0; rd_left(&in) && n < 96; n++)
		step(&in);
	rig_free(x.r);
	return 0;
}
