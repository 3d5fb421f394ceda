/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/root.h"

#include <string.h>

#include "base/bits.h"
#include "pci/regs.h"

#define ANSWER_NS UINT64_C(3000000000)
/* Frames taken in at a time: who sends without end holds nobody up. */
#define FRAMES 4096u
/* A completion that takes so long is slow; and what all of them may take. An
 * object of a mailbox is thousands of reads. */
#define SLOW_NS	    UINT64_C(10000000)
#define PATIENCE_NS UINT64_C(60000000000)

enum il_err root_init(struct root *r, const struct root_cfg *cfg)
{
	const struct ide_cfg ide = { .crypto = cfg->crypto,
				     .env = cfg->env,
				     .root = true,
				     .streams = ROOT_STREAMS,
				     .self = ROOT_RID,
				     .forget_oldest = true,
				     .same_keys = true };

	memset(r, 0, sizeof(*r));
	r->cfg = *cfg;
	if (!r->cfg.answer_ns)
		r->cfg.answer_ns = ANSWER_NS;
	if (!r->cfg.silent_ns)
		r->cfg.silent_ns = r->cfg.answer_ns / 10;
	return ide_init(&r->ide, &ide);
}

void root_fini(struct root *r)
{
	ide_fini(&r->ide);
}

/* Sending. */

static enum il_err lost(struct root *r)
{
	r->gone = true;
	r->up = false;
	return IL_E_IO;
}

/* @stream: a block, or ROOT_PLAIN. */
static enum il_err send_as(struct root *r, const struct tlp *t, int stream,
			   bool broken)
{
	struct wr w = wr_over(r->out, sizeof(r->out));
	enum il_err err;

	if (!r->up)
		return IL_E_IO;
	if (stream < 0)
		err = tlp_encode(&w, t);
	else
		err = ide_protect(&r->ide, (unsigned)stream, t, &w);
	if (err == IL_E_AGAIN) {
		w = wr_over(r->out, sizeof(r->out));
		err = ide_sync(&r->ide, (unsigned)stream, &w);
		if (!err && link_send(&r->cfg.way.end, LINK_TLP, w.p, w.len))
			return lost(r);
		w = wr_over(r->out, sizeof(r->out));
		if (!err)
			err = ide_protect(&r->ide, (unsigned)stream, t, &w);
	}
	if (err)
		return err == IL_E_STATE ? err : IL_E_ARG;
	if (broken && stream >= 0)
		w.p[w.len - 1] ^= 1;
	if (link_send(&r->cfg.way.end, LINK_TLP, w.p, w.len))
		return lost(r);
	return IL_OK;
}

static enum il_err send_tlp(struct root *r, const struct tlp *t, int stream)
{
	return send_as(r, t, stream, false);
}

enum il_err root_fail(struct root *r, unsigned idx)
{
	struct tlp m;

	ide_fail_msg(&r->ide, idx, &m);
	return send_tlp(r, &m, ROOT_PLAIN) ? IL_E_IO : IL_OK;
}

enum il_err root_event(struct root *r, enum link_event ev)
{
	if (r->gone || link_send_event(&r->cfg.way.end, ev))
		return lost(r);
	switch (ev) {
	case LINK_UP:
		r->up = true;
		break;
	case LINK_DOWN:
		r->up = false;
		ide_link_down(&r->ide);
		break;
	case LINK_HOT_RESET:
	case LINK_FUND_RESET:
		ide_reset(&r->ide);
		break;
	case LINK_POWER_OFF:
	case LINK_ABSENT:
		r->up = false;
		ide_reset(&r->ide);
		break;
	case LINK_POWER_ON:
	case LINK_PRESENT:
	case LINK_EVENTS:
		break;
	}
	return IL_OK;
}

enum il_err root_power_up(struct root *r)
{
	enum il_err err = root_event(r, LINK_FUND_RESET);

	return err ? err : root_event(r, LINK_UP);
}

/* Receiving. */

static void note(struct root *r, const struct tlp *t, uint64_t addr,
		 uint32_t len)
{
	r->seen[r->seen_n++ % ROOT_SEEN] = (struct root_seen){
		.write = t->type == TLP_MWR,
		.ide = t->ide,
		.t = t->ide && t->prefix.t,
		.stream = t->prefix.stream,
		.requester = t->requester,
		.addr = addr,
		.len = len,
	};
}

static void answer(struct root *r, const struct tlp *req, struct tlp *cpl)
{
	const int stream =
		req->ide ? ide_find(&r->ide, req->prefix.stream) : ROOT_PLAIN;

	cpl->prefix.t = req->ide && req->prefix.t;
	/* Who gets none sees a time-out. */
	(void)!send_tlp(r, cpl, stream);
}

/* Memory of our own, or interrupts, or nothing. */
static void take_mem(struct root *r, const struct tlp *t)
{
	struct tlp cpl;
	uint64_t addr;
	uint32_t len, skip;

	if (tlp_mem_range(t, &addr, &len, &skip)) {
		r->bad++;
		return;
	}
	note(r, t, addr, len);
	if (addr < ROOT_MEM_BASE || addr - ROOT_MEM_BASE >= ROOT_MEM_SIZE ||
	    len > ROOT_MEM_SIZE - (addr - ROOT_MEM_BASE)) {
		if (t->type == TLP_MWR)
			return;
		tlp_cpl(&cpl, t, ROOT_RID, TLP_CPL_UR);
		answer(r, t, &cpl);
		return;
	}
	addr -= ROOT_MEM_BASE;
	if (t->type == TLP_MWR) {
		memcpy(r->mem + addr, t->data + skip, len);
		return;
	}
	if (!tlp_cpld(&cpl, t, ROOT_RID, r->mem + align_down(addr, 4), 0, len))
		answer(r, t, &cpl);
}

static void take_cpl(struct root *r, const struct tlp *t)
{
	struct root_wait *w = &r->wait;
	const int stream =
		t->ide ? ide_find(&r->ide, t->prefix.stream) : ROOT_PLAIN;
	uint32_t n;

	if (!w->active || w->done || t->tag != w->tag ||
	    t->requester != ROOT_RID) {
		r->bad++;
		return;
	}
	w->status = t->status;
	w->odd |= stream != w->stream || (t->ide && t->prefix.t != w->t) ||
		  t->poisoned;
	if (t->type != TLP_CPLD || t->status != TLP_CPL_SC) {
		w->odd |= t->status == TLP_CPL_SC && w->want != 0;
		w->done = true;
		return;
	}
	n = 4u * t->len_dw - (t->lower_addr & 3u);
	if (n > t->byte_count)
		n = t->byte_count;
	if (n > w->want - w->got || t->byte_count != w->want - w->got) {
		w->odd = w->done = true;
		return;
	}
	memcpy(w->data + w->got, t->data + (t->lower_addr & 3), n);
	w->got += n;
	w->done = w->got == w->want;
}

static void take_msg(struct root *r, const struct tlp *t)
{
	int idx;

	if (t->msg_code != TLP_MSG_IDE_FAIL)
		return;
	/*
	 * The engine is not told: it is to go on sending, so that what the
	 * device does with such packets can be seen. OPEN: the Stream ID's
	 * place, as in src/ide.
	 */
	idx = ide_find(&r->ide, (uint8_t)(t->msg_hdr & 0xff));
	if (idx >= 0)
		r->failed |= 1u << idx;
}

static void dispatch(struct root *r, const struct tlp *t)
{
	struct tlp cpl;

	switch (t->type) {
	case TLP_MRD:
	case TLP_MWR:
		take_mem(r, t);
		break;
	case TLP_CPL:
	case TLP_CPLD:
		take_cpl(r, t);
		break;
	case TLP_CFGRD0:
	case TLP_CFGRD1:
	case TLP_CFGWR0:
	case TLP_CFGWR1:
		tlp_cpl(&cpl, t, ROOT_RID, TLP_CPL_UR);
		answer(r, t, &cpl);
		break;
	case TLP_MSG:
	case TLP_MSGD:
		take_msg(r, t);
		break;
	case TLP_TYPES:
		break;
	}
}

static void take_tlp(struct root *r, size_t n)
{
	struct fault why = { .rule = NULL };
	struct rd rd = rd_over(r->frame, n);
	struct tlp t;
	enum il_err err;

	if (tlp_is_ide(r->frame, n))
		err = ide_unprotect(&r->ide, r->frame, n, r->scratch,
				    sizeof(r->scratch), &t, &why);
	else
		err = tlp_decode(&rd, &t);
	if (err)
		r->bad++;
	else
		dispatch(r, &t);
}

static void take_event(struct root *r, size_t n)
{
	enum link_event ev;

	if (link_event_decode(r->frame, n, &ev))
		return;
	if (ev == LINK_UP)
		r->up = true;
	if (ev == LINK_DOWN || ev == LINK_ABSENT) {
		r->up = false;
		ide_link_down(&r->ide);
	}
}

/* False: none is there. */
static bool take_frame(struct root *r)
{
	enum link_kind kind;
	size_t n;
	enum il_err err = link_recv(&r->cfg.way.end, &kind, r->frame,
				    sizeof(r->frame), &n);

	if (err && err != IL_E_AGAIN)
		(void)!lost(r);
	if (err)
		return false;
	if (kind == LINK_EVENT)
		take_event(r, n);
	else if (r->up)
		take_tlp(r, n);
	return true;
}

/* Takes in what comes, until @end or the request under way is answered. */
static enum il_err turn(struct root *r, uint64_t end)
{
	for (;;) {
		uint64_t now;

		for (unsigned n = 0; n < FRAMES; n++) {
			if (r->wait.active && r->wait.done)
				return IL_OK;
			if (!take_frame(r))
				break;
		}
		if (r->gone || (r->wait.active && !r->up))
			return IL_E_IO;
		if (r->wait.active && r->wait.done)
			return IL_OK;
		now = r->cfg.way.now_ns(r->cfg.way.ctx);
		if (now >= end)
			return IL_OK;
		if (r->cfg.way.wait(r->cfg.way.ctx, end - now) == IL_E_IO) {
			/* What came before the end counts. */
			if (!take_frame(r))
				return lost(r);
		}
	}
}

enum il_err root_turn(struct root *r, uint64_t ns)
{
	return turn(r, r->cfg.way.now_ns(r->cfg.way.ctx) + ns);
}

/* Requests. */

/* Too slow by now for whatever is still to be read. */
static bool slow(struct root *r, uint64_t took)
{
	if (took > SLOW_NS)
		r->slow_ns += took;
	return r->slow_ns > PATIENCE_NS;
}

static enum il_err request_as(struct root *r, struct tlp *t,
			      const struct root_how *how, uint32_t want)
{
	const uint64_t ns = how->silent ? r->cfg.silent_ns : r->cfg.answer_ns;
	const uint64_t now = r->cfg.way.now_ns(r->cfg.way.ctx);
	const int stream = how->stream;
	enum il_err err;

	r->wait = (struct root_wait){ .active = true,
				      .tag = t->tag,
				      .stream = stream,
				      .t = t->prefix.t,
				      .want = want };
	err = send_as(r, t, stream, how->broken);
	if (!err)
		err = turn(r, now + ns);
	r->wait.active = false;
	if (!err && !how->silent &&
	    slow(r, r->cfg.way.now_ns(r->cfg.way.ctx) - now))
		return lost(r);
	if (err)
		return err;
	if (!r->wait.done)
		return IL_E_TIMEOUT;
	if (r->wait.odd)
		return IL_E_FIELD;
	return r->wait.status == TLP_CPL_SC ? IL_OK : IL_E_PEER;
}

/* In the clear, and answered. */
static enum il_err request(struct root *r, struct tlp *t, uint32_t want)
{
	const struct root_how how = { .stream = ROOT_PLAIN };

	return request_as(r, t, &how, want);
}

static uint16_t tag(struct root *r)
{
	/* 8 bits, so that no extended tags are needed. */
	r->tag = (uint16_t)((r->tag + 1) & 0x1f);
	return r->tag;
}

enum il_err root_cfg_read(struct root *r, unsigned fn, uint16_t reg,
			  unsigned size, uint32_t *v)
{
	struct tlp t;
	enum il_err err;

	*v = UINT32_MAX >> (32 - 8 * size);
	if (tlp_cfg_read(&t, ROOT_RID, tag(r), BDF(ROOT_BUS, 0, fn), reg, size,
			 false))
		return IL_E_ARG;
	err = request(r, &t, 4);
	if (!err)
		*v = (get_u32le(r->wait.data) >> 8 * (reg % 4)) &
		     UINT32_MAX >> (32 - 8 * size);
	return err;
}

static enum il_err cfg_write(struct root *r, uint16_t dest, uint16_t reg,
			     unsigned size, uint32_t v, bool poisoned)
{
	uint8_t data[4];
	struct tlp t;

	if (tlp_cfg_write(&t, ROOT_RID, tag(r), dest, reg, size, v, false,
			  data))
		return IL_E_ARG;
	t.poisoned = poisoned;
	return request(r, &t, 0);
}

enum il_err root_cfg_write(struct root *r, unsigned fn, uint16_t reg,
			   unsigned size, uint32_t v)
{
	return cfg_write(r, BDF(ROOT_BUS, 0, fn), reg, size, v, false);
}

enum il_err root_cfg_write_bus(struct root *r, unsigned bus, unsigned fn,
			       uint16_t reg, unsigned size, uint32_t v)
{
	return cfg_write(r, BDF(bus, 0, fn), reg, size, v, false);
}

enum il_err root_cfg_write_poisoned(struct root *r, unsigned fn, uint16_t reg,
				    uint32_t v)
{
	return cfg_write(r, BDF(ROOT_BUS, 0, fn), reg, 4, v, true);
}

enum il_err root_mem_read(struct root *r, const struct root_how *how,
			  uint64_t addr, uint32_t len, uint8_t *out)
{
	struct tlp t;
	enum il_err err;

	if (len > ROOT_READ_MAX || tlp_mrd(&t, ROOT_RID, tag(r), addr, len))
		return IL_E_ARG;
	t.prefix.t = how->stream >= 0 && how->t;
	err = request_as(r, &t, how, len);
	if (!err)
		memcpy(out, r->wait.data, len);
	return err;
}

enum il_err root_mem_write(struct root *r, const struct root_how *how,
			   uint64_t addr, const uint8_t *p, uint32_t len)
{
	struct tlp t;

	if (len > ROOT_READ_MAX || len % 4 || addr % 4 ||
	    tlp_mwr(&t, ROOT_RID, addr, p, len, NULL, 0))
		return IL_E_ARG;
	t.prefix.t = how->stream >= 0 && how->t;
	t.poisoned = how->poisoned;
	return send_tlp(r, &t, how->stream);
}

/* As a table. */

static enum il_err as_io(enum il_err err)
{
	return !err || err == IL_E_ARG ? err : IL_E_IO;
}

static enum il_err reg_read(void *ctx, unsigned fn, uint16_t reg, unsigned size,
			    uint32_t *v)
{
	return as_io(root_cfg_read(ctx, fn, reg, size, v));
}

static enum il_err reg_write(void *ctx, unsigned fn, uint16_t reg,
			     unsigned size, uint32_t v)
{
	return as_io(root_cfg_write(ctx, fn, reg, size, v));
}

static void reg_wait(void *ctx, uint64_t ns)
{
	(void)!root_turn(ctx, ns);
}

static uint64_t reg_now(void *ctx)
{
	const struct root *r = ctx;

	return r->cfg.way.now_ns(r->cfg.way.ctx);
}

struct regs root_regs(struct root *r)
{
	static const struct regs_ops ops = { .read = reg_read,
					     .write = reg_write,
					     .wait = reg_wait,
					     .now_ns = reg_now };

	return (struct regs){ .ops = &ops, .ctx = r };
}
