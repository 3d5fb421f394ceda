/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm/tsm_priv.h"

#include "base/assert.h"

/*
 * Verbs of a binding: LOCK, REPORT, START, STOP, GET_STATE. Each decision
 * rests on an answer of the device that came through the session (law 18);
 * LOCK, START and STOP are followed by GET_STATE, which must agree (law 19).
 *
 * Source: PCIe Base 6.x §11.3
 */

static enum il_err send(struct tsm_conn *c, const struct tdisp_msg *m)
{
	struct wr w = wr_over(c->pay + 1, sizeof(c->pay) - 1);
	enum il_err err;

	c->pay[0] = TDISP_PROTOCOL;
	err = tdisp_req_begin(&c->op.args.bind->tdisp, m, &w);
	return err ? err : tsm_send_vendor(c, 1 + w.len);
}

static enum il_err ask(struct tsm_conn *c, enum tdisp_code code)
{
	const struct tdisp_msg m = { .code = code };

	return send(c, &m);
}

static enum il_err answer(struct tsm_conn *c, struct tdisp_msg *out)
{
	struct spdm_span s;
	enum il_err err = tsm_vendor_answer(c, TDISP_PROTOCOL, &s);

	if (!err)
		err = tdisp_req_accept(&c->op.args.bind->tdisp, s.p, s.n, out);
	return err;
}

/* GET_STATE's answer, which must be @want. */
static enum il_err state_is(struct tsm_conn *c, enum tdi_state want)
{
	struct tdisp_msg m;
	enum il_err err = answer(c, &m);

	if (err)
		return err;
	c->op.args.bind->tdi = m.state;
	return m.state == want ? IL_OK : IL_E_FIELD;
}

/*
 * The device agrees, and the stream still stands: it may have gone with the
 * link while the answer was on its way (law 16).
 */
static enum il_err settled(struct tsm_conn *c, enum tdi_state want,
			   enum tsm_bind_ev ev)
{
	const struct tsm_cfg *cfg = &c->t->cfg;
	enum il_err err = state_is(c, want);

	if (err)
		return err;
	if (!cfg->keys->secure(cfg->keys_ctx, c->cfg.port, c->stream_id))
		return IL_E_IO;
	return tsm_bind_enter(c->op.args.bind, ev);
}

/*
 * A device may drain before LOCK, and stop in steps, and says BUSY meanwhile;
 * to cut the link for that would take every other TDI of the device down. Asked
 * again, as often as is bounded: law 49. Source: PCIe Base 6.x §11.3 (LOCK,
 * STOP, error BUSY)
 */
static bool not_done(struct tsm_conn *c, enum il_err err,
		     const struct tdisp_msg *m)
{
	if (err != IL_E_PEER || m->error.code != TDISP_E_BUSY ||
	    c->op.tries >= TSM_BUSY_TRIES)
		return false;
	c->op.tries++;
	c->op.phase--;
	return true;
}

/* --- lock --- */

static enum il_err caps_fit(struct tsm_conn *c)
{
	struct tdisp_msg m;
	enum il_err err = answer(c, &m);

	if (err)
		return err;
	/* Any flag we ask for must be one the device says it has. */
	if (c->op.args.lock_flags & ~m.caps.lock_flags)
		return IL_E_FIELD;
	if (m.caps.addr_width < c->t->cfg.gates->addr_width)
		return IL_E_FIELD;
	c->op.args.lock_flags |= c->op.args.lock_wish & m.caps.lock_flags;
	return ask(c, TDISP_GET_STATE);
}

static enum il_err lock_send(struct tsm_conn *c)
{
	const struct tdisp_msg m = {
		.code = TDISP_LOCK_REQ,
		.lock = { .flags = c->op.args.lock_flags,
			  .default_stream = c->stream_id,
			  .mmio_offset = (uint64_t)c->op.args.mmio_offset },
	};

	return send(c, &m);
}

static enum il_err lock_taken(struct tsm_conn *c)
{
	struct tsm_bind *b = c->op.args.bind;
	struct tdisp_msg m = { .code = 0 };
	enum il_err err = answer(c, &m);

	if (not_done(c, err, &m))
		return lock_send(c);
	if (err)
		return err;
	tsm_lock_begin(b, m.nonce, c->op.args.lock_flags,
		       c->op.args.mmio_offset);
	bytes_wipe(&m, sizeof(m));
	return ask(c, TDISP_GET_STATE);
}

enum il_err tsm_do_lock(struct tsm_conn *c)
{
	struct tsm_bind *b = c->op.args.bind;
	struct tdisp_msg m;
	enum il_err err;

	switch (c->op.phase++) {
	case 0:
		err = tsm_bind_enter(b, BIND_EV_LOCK);
		return err ? err : ask(c, TDISP_GET_VERSION);
	case 1:
		err = answer(c, &m);
		return err ? err : ask(c, TDISP_GET_CAPABILITIES);
	case 2:
		return caps_fit(c);
	case 3:
		err = state_is(c, TDI_UNLOCKED);
		return err ? err : lock_send(c);
	case 4:
		return lock_taken(c);
	default:
		return settled(c, TDI_LOCKED, BIND_EV_LOCKED);
	}
}

/* --- report --- */

/* Laws 31 and 32: what we did not ask for, or cannot guard, is not accepted. */
static enum il_err report_fits(const struct tsm_bind *b,
			       const struct tdisp_report *r)
{
	const struct tsm_gates *g = b->conn->t->cfg.gates;

	if (r->info & ~g->report_info ||
	    (r->info & g->report_need) != g->report_need)
		return IL_E_FIELD;
	if ((b->lock.flags & TDISP_LOCK_NO_FW_UPDATE) &&
	    !(r->info & TDISP_INFO_NO_FW_UPDATE))
		return IL_E_FIELD;
	if (r->lnr_control || r->tph_control)
		return IL_E_FIELD;
	if (r->msix_control && !(b->lock.flags & TDISP_LOCK_MSIX))
		return IL_E_FIELD;
	return r->range_count > TSM_RANGES_MAX ? IL_E_FIELD : IL_OK;
}

/*
 * Addresses are normalised once, here: the device reports page numbers with
 * the reporting offset added, we keep the addresses it decodes.
 * Source: PCIe Base 6.x §11.3.11; architecture notes E.6, caution 1
 */
static enum il_err ranges_of(const struct tsm_bind *b,
			     const struct tdisp_report *r,
			     struct tsm_range out[TSM_RANGES_MAX])
{
	const struct tsm_cfg *cfg = &b->conn->t->cfg;

	for (uint32_t i = 0; i < r->range_count; i++) {
		const struct tdisp_range *x = &r->ranges[i];
		uint64_t pa =
			x->first_page * PAGE_4K - (uint64_t)b->lock.mmio_offset;

		if (pa + (uint64_t)x->pages * PAGE_4K < pa)
			return IL_E_FIELD;
		if (cfg->ops->mmio_fits &&
		    !cfg->ops->mmio_fits(cfg->ops_ctx, b, pa, x->pages))
			return IL_E_FIELD;
		out[i] = (struct tsm_range){ .pa = pa,
					     .pages = x->pages,
					     .attr = x->attrs,
					     .id = x->id };
	}
	return IL_OK;
}

static enum il_err report_keep(struct tsm_conn *c, size_t len)
{
	struct tsm_bind *b = c->op.args.bind;
	struct tsm_range range[TSM_RANGES_MAX] = { { 0 } };
	uint8_t digest[TSM_DIGEST_LEN];
	struct tdisp_report r;
	enum il_err err = tdisp_report_decode(c->blob, len, &r);

	if (!err)
		err = report_fits(b, &r);
	if (!err)
		err = ranges_of(b, &r, range);
	if (!err)
		err = crypto_hash(c->t->cfg.crypto, CRYPTO_SHA384, c->blob, len,
				  digest);
	if (err)
		return err;
	/*
	 * The report tells of configuration that is locked, and nobody can
	 * have updated a range: one that reads otherwise now is a lie, or was
	 * one before.
	 */
	if (b->lock.report_valid &&
	    memcmp(digest, b->lock.report_digest, sizeof(digest)) != 0)
		return IL_E_FIELD;
	memcpy(b->lock.report_digest, digest, sizeof(digest));
	memcpy(b->lock.range, range, sizeof(range));
	b->lock.ranges = r.range_count;
	b->lock.interface_info = r.info;
	b->lock.report_valid = true;
	b->lock.report_count++;
	c->blob_len = len;
	return IL_OK;
}

enum il_err tsm_do_report(struct tsm_conn *c)
{
	struct tdisp_req *q = &c->op.args.bind->tdisp;
	struct wr w = wr_over(c->pay + 1, sizeof(c->pay) - 1);
	struct spdm_span s;
	uint32_t why = 0;
	size_t len = 0;
	enum il_err err;

	c->pay[0] = TDISP_PROTOCOL;
	if (!c->op.phase++) {
		err = tdisp_req_report_begin(q, c->blob, c->t->cfg.limits.blob,
					     TSM_PORTION, &w);
		return err ? err : tsm_send_vendor(c, 1 + w.len);
	}
	err = tsm_vendor_answer(c, TDISP_PROTOCOL, &s);
	if (!err)
		err = tdisp_req_report_accept(q, s.p, s.n, TSM_PORTION, &w,
					      &len, &why);
	if (err == IL_E_AGAIN)
		return tsm_send_vendor(c, 1 + w.len);
	return err ? err : report_keep(c, len);
}

/* --- start --- */

/* The nonce goes out once and is gone from here: law 20. */
static enum il_err start_send(struct tsm_conn *c)
{
	struct tsm_bind *b = c->op.args.bind;
	struct tdisp_msg m = { .code = TDISP_START_REQ };
	enum il_err err = tsm_bind_enter(b, BIND_EV_START);

	IL_ASSERT(!err); /* a live nonce is that of a LOCKED binding */
	memcpy(m.nonce, b->nonce, sizeof(m.nonce));
	bytes_wipe(b->nonce, sizeof(b->nonce));
	b->nonce_live = false;
	err = send(c, &m);
	bytes_wipe(&m, sizeof(m));
	return err;
}

enum il_err tsm_do_start(struct tsm_conn *c)
{
	struct tdisp_msg m;
	enum il_err err;

	switch (c->op.phase++) {
	case 0:
		return start_send(c);
	case 1:
		err = answer(c, &m);
		return err ? err : ask(c, TDISP_GET_STATE);
	default:
		return settled(c, TDI_RUN, BIND_EV_RUNNING);
	}
}

/* --- stop --- */

/* Grants die before STOP goes out; the entry too, if the backend says so. */
static enum il_err stop_send(struct tsm_conn *c)
{
	struct tsm_bind *b = c->op.args.bind;
	const struct tsm_gates *g = c->t->cfg.gates;
	enum il_err err = tsm_bind_enter(b, BIND_EV_STOP);

	IL_ASSERT(!err); /* looked at when the verb began */
	tsm_lock_end(b);
	if (g->row[TSM_GATE_STOP].needs & TSM_NEED_DMA_OFF)
		tsm_entry_off(b);
	return ask(c, TDISP_STOP_REQ);
}

static enum il_err stop_taken(struct tsm_conn *c)
{
	struct tdisp_msg m = { .code = 0 };
	enum il_err err = answer(c, &m);

	if (not_done(c, err, &m))
		return ask(c, TDISP_STOP_REQ);
	return err ? err : ask(c, TDISP_GET_STATE);
}

enum il_err tsm_do_stop(struct tsm_conn *c)
{
	struct tsm_bind *b = c->op.args.bind;
	enum il_err err;

	switch (c->op.phase++) {
	case 0:
		return stop_send(c);
	case 1:
		return stop_taken(c);
	default:
		/* Law 48: UNLOCKED is what the device says, not what we hope.
		 */
		err = state_is(c, TDI_UNLOCKED);
		if (err)
			return err;
		tsm_entry_off(b);
		return tsm_bind_enter(b, BIND_EV_STOPPED);
	}
}

/* --- get state --- */

/* What the device should be in, by our books. */
static enum tdi_state expected(const struct tsm_bind *b)
{
	switch (b->state) {
	case TSM_BIND_LOCKED:
		return TDI_LOCKED;
	case TSM_BIND_RUN:
		return TDI_RUN;
	case TSM_BIND_FREE:
	case TSM_BIND_UNLOCKED:
	case TSM_BIND_LOCKING:
	case TSM_BIND_STARTING:
	case TSM_BIND_STOPPING:
	case TSM_BIND_ERROR:
	case TSM_BIND_DEAD:
	case TSM_BIND_STATES:
		break;
	}
	return TDI_UNLOCKED;
}

/*
 * A device that left its state by itself, or refuses to say which it is in,
 * keeps nothing that was granted. Our binding goes to ERROR, whatever the
 * device says it is in: STOP leads out. Laws 20, 22, 23, 25.
 */
static enum il_err doubt(struct tsm_bind *b)
{
	tsm_lock_end(b);
	tsm_entry_off(b);
	return tsm_bind_enter(b, BIND_EV_ERROR);
}

enum il_err tsm_do_get_state(struct tsm_conn *c)
{
	struct tsm_bind *b = c->op.args.bind;
	struct tdisp_msg m = { .code = 0 };
	enum il_err err;

	if (!c->op.phase++)
		return ask(c, TDISP_GET_STATE);
	err = answer(c, &m);
	if (err == IL_E_PEER && m.error.code != TDISP_E_BUSY && b->lock.id) {
		enum il_err bad = doubt(b);

		IL_ASSERT(!bad); /* a lock session that lives can end */
	}
	if (err)
		return err;
	b->tdi = m.state;
	if (b->state == TSM_BIND_ERROR || m.state == expected(b))
		return IL_OK;
	return doubt(b);
}
