/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

#include <string.h>

#include "base/assert.h"

/* The port's end of the link: sending, answering, waiting, events. */

static struct fault down_fault(const struct tlp *t, const struct rule *rule)
{
	bool mem = t->type == TLP_MRD || t->type == TLP_MWR;

	return (struct fault){
		.rule = rule,
		.stage = FAULT_LINK,
		.who = AGENT_HOST,
		.id = mem ? 0 : t->dest,
		.addr = mem ? t->addr : t->reg,
		.pa = mem ? t->addr : 0,
		.write = tlp_class_of(t->type) == TLP_POSTED ||
			 t->type == TLP_CFGWR0 || t->type == TLP_CFGWR1,
		.trusted = t->prefix.t,
	};
}

/* The partner is told of streams that failed here (§6.33.4). */
void port_fail(struct fabric_port *p)
{
	for (unsigned i = 0; p->fail_due && i < FABRIC_STREAMS; i++) {
		struct tlp m;
		enum il_err err;

		if (!(p->fail_due & 1u << i))
			continue;
		p->fail_due &= (uint8_t) ~(1u << i);
		if (!p->up)
			continue;
		ide_fail_msg(&p->ide, i, &m);
		err = link_send_tlp(&p->link, &m);
		(void)err; /* a lost message is the partner's to notice */
	}
}

static enum il_err push(struct fabric_port *p, const struct wr *w)
{
	enum il_err err = link_send(&p->link, LINK_TLP, w->p, w->len);

	if (!err)
		p->tlps_down++;
	return err ? IL_E_IO : IL_OK;
}

/* An IDE Sync first, when the counter of posted packets asks for it. */
static enum il_err sync_first(struct fabric_port *p, int idx)
{
	struct fabric *f = p->fabric;
	struct wr w = wr_over(f->out, sizeof(f->out));
	enum il_err err;

	if (idx < 0)
		return IL_E_STATE;
	err = ide_sync(&p->ide, (unsigned)idx, &w);
	return err ? err : push(p, &w);
}

enum il_err port_send(struct fabric_port *p, const struct tlp *t,
		      struct fault *fault)
{
	struct fabric *f = p->fabric;
	struct fault why = { .rule = NULL };
	struct wr w = wr_over(f->out, sizeof(f->out));
	enum il_err err;

	*fault = down_fault(t, &fabric_rule_link_down);
	if (!p->up)
		return IL_E_IO;
	err = ide_transmit(&p->ide, t, &w, &why);
	if (err == IL_E_AGAIN) {
		err = sync_first(p, ide_select(&p->ide, t));
		w = wr_over(f->out, sizeof(f->out));
		if (!err)
			err = ide_transmit(&p->ide, t, &w, &why);
	}
	port_fail(p);
	if (err) {
		if (why.rule) {
			fault->rule = why.rule;
			fault->stage = FAULT_IDE;
		}
		return IL_E_IO;
	}
	return push(p, &w);
}

void port_answer(struct fabric_port *p, const struct tlp *req, struct tlp *cpl)
{
	struct fabric *f = p->fabric;
	struct wr w = wr_over(f->out, sizeof(f->out));
	enum il_err err = IL_E_STATE;

	if (!p->up)
		return;
	if (req->ide) {
		int idx = ide_find(&p->ide, req->prefix.stream);

		cpl->prefix.t = req->prefix.t;
		if (idx >= 0)
			err = ide_protect(&p->ide, (unsigned)idx, cpl, &w);
	} else {
		err = tlp_encode(&w, cpl);
	}
	if (!err)
		(void)!push(p, &w);
	/* An answer that cannot be sent is a time-out at the other end. */
	port_fail(p);
}

static const struct rule *status_rule(uint8_t status)
{
	return status == TLP_CPL_CA ? &fabric_rule_ca : &fabric_rule_ur;
}

/* Lets the other end act; false: nothing is to be expected any more. */
static bool let_run(struct fabric_port *p, unsigned turn)
{
	if (p->wait)
		return p->wait(p->pump_ctx, turn);
	return p->pump && p->pump(p->pump_ctx);
}

static void await(struct fabric_port *p)
{
	const struct fabric_wait *w = &p->fabric->wait;
	unsigned turns = p->wait ? FABRIC_WAITS : FABRIC_TURNS;

	for (unsigned n = 0; !w->done && p->up && n < turns; n++) {
		bool more = let_run(p, n), took = false;

		for (unsigned k = 0;
		     k < FABRIC_FRAMES && !w->done && port_take(p); k++)
			took = true;
		/* Time that is over is not begun anew by what else comes. */
		if (!more && (p->wait || !took))
			return;
	}
}

enum il_err port_request(struct fabric_port *p, struct tlp *req, uint8_t *buf,
			 uint32_t want, struct fault *fault)
{
	struct fabric *f = p->fabric;
	int idx = ide_select(&p->ide, req);
	enum il_err err;

	IL_ASSERT(!f->wait.active);
	f->wait = (struct fabric_wait){
		.active = true,
		.port = p->index,
		.tag = req->tag,
		.ide = idx >= 0,
		.stream = idx >= 0 ? ide_stream_get(&p->ide, (unsigned)idx)->id
				   : 0,
		.t = req->prefix.t,
		.buf = buf,
		.want = want,
	};
	err = port_send(p, req, fault);
	if (!err)
		await(p);
	f->wait.active = false;
	if (err)
		return err;
	*fault = down_fault(req, p->up ? &fabric_rule_timeout
				       : &fabric_rule_link_down);
	if (!f->wait.done)
		return IL_E_IO;
	if (f->wait.why)
		fault->rule = f->wait.why;
	else if (f->wait.status != TLP_CPL_SC)
		fault->rule = status_rule(f->wait.status);
	else
		return IL_OK;
	return IL_E_IO;
}

/* Bytes that a completion with data carries, by its own header. */
static uint32_t carried(const struct tlp *t)
{
	uint32_t n = 4u * t->len_dw - (t->lower_addr & 3u);

	return n < t->byte_count ? n : t->byte_count;
}

static void take_data(struct fabric_wait *w, const struct tlp *t)
{
	uint32_t n = carried(t);

	if (t->poisoned || t->byte_count != w->want - w->got) {
		w->why = t->poisoned ? &fabric_rule_poisoned
				     : &fabric_rule_unexpected;
		w->done = true;
		return;
	}
	memcpy(w->buf + w->got, t->data + (t->lower_addr & 3), n);
	w->got += n;
	w->done = w->got == w->want;
}

static void completion(struct fabric_port *p, const struct tlp *t)
{
	struct fabric_wait *w = &p->fabric->wait;
	bool ours = w->active && !w->done && w->port == p->index &&
		    t->tag == w->tag && t->requester == p->bdf &&
		    t->ide == w->ide &&
		    (!w->ide ||
		     (t->prefix.stream == w->stream && t->prefix.t == w->t));

	if (!ours || (t->type == TLP_CPLD && !w->want)) {
		fabric_refuse(p->fabric,
			      &(struct fault){
				      .rule = &fabric_rule_unexpected,
				      .stage = FAULT_LINK,
				      .who = AGENT_DEVICE,
				      .id = t->completer,
				      .trusted = t->ide && t->prefix.t,
			      });
		return;
	}
	w->status = t->status;
	if (t->type == TLP_CPLD && t->status == TLP_CPL_SC) {
		take_data(w, t);
		return;
	}
	/* Success without the data that was asked for is none. */
	if (t->status == TLP_CPL_SC && w->want)
		w->why = &fabric_rule_unexpected;
	w->done = true;
}

static void refuse_up(struct fabric_port *p, const struct tlp *t,
		      const struct rule *rule)
{
	fabric_refuse(p->fabric, &(struct fault){
					 .rule = rule,
					 .stage = FAULT_LINK,
					 .who = AGENT_DEVICE,
					 .id = t->requester,
					 .addr = t->reg,
				 });
}

/* What was so already is no change; §2.2.8.1 lets it come again. */
static void wire(struct fabric_port *p, unsigned pin, bool on)
{
	const uint8_t bit = (uint8_t)(1u << (pin - 1));
	struct fabric *f = p->fabric;

	if (!(p->intx & bit) == !on)
		return;
	p->intx ^= bit;
	if (f->intx)
		f->intx(f->intx_ctx, p->index, pin, on);
}

void port_intx_down(struct fabric_port *p)
{
	for (unsigned pin = 1; pin <= TLP_INTX_WIRES; pin++)
		wire(p, pin, false);
}

/* Other messages tell of errors and power: nobody listens. */
static void message(struct fabric_port *p, const struct tlp *t)
{
	bool on = false;
	const unsigned pin = tlp_intx_pin(t, &on);

	if (!pin)
		return;
	if (t->tc || t->msg_route != TLP_ROUTE_LOCAL)
		refuse_up(p, t, &fabric_rule_intx);
	else
		wire(p, pin, on);
}

static void dispatch(struct fabric_port *p, const struct tlp *t)
{
	struct tlp cpl;

	switch (t->type) {
	case TLP_MRD:
	case TLP_MWR:
		port_dma(p, t);
		break;
	case TLP_CPL:
	case TLP_CPLD:
		completion(p, t);
		break;
	case TLP_CFGRD0:
	case TLP_CFGRD1:
	case TLP_CFGWR0:
	case TLP_CFGWR1:
		refuse_up(p, t, &fabric_rule_type);
		tlp_cpl(&cpl, t, p->bdf, TLP_CPL_UR);
		port_answer(p, t, &cpl);
		break;
	case TLP_MSG:
		message(p, t);
		break;
	case TLP_MSGD:
	case TLP_TYPES:
		break; /* nothing that we listen to */
	}
}

static void take_tlp(struct fabric_port *p, size_t n)
{
	struct fabric *f = p->fabric;
	struct fault fault = { .rule = NULL };
	struct tlp t, cpl;

	p->tlps_up++;
	if (ide_unprotect(&p->ide, f->frame, n, f->scratch, sizeof(f->scratch),
			  &t, &fault)) {
		port_fail(p);
		fault.who = AGENT_DEVICE;
		fault.stage = FAULT_IDE;
		fabric_refuse(f, &fault);
		return;
	}
	port_fail(p);
	if (t.ide && !ide_rid_ok(&p->ide, &t, &fault)) {
		fault.who = AGENT_DEVICE;
		fault.stage = FAULT_IDE;
		fabric_refuse(f, &fault);
		if (tlp_class_of(t.type) != TLP_NON_POSTED)
			return;
		tlp_cpl(&cpl, &t, p->bdf, TLP_CPL_UR);
		port_answer(p, &t, &cpl);
		return;
	}
	dispatch(p, &t);
}

/*
 * The channel has ended, or carries what no link does: DL_Down. It does not
 * come back, so no event will say that it is up again.
 */
static bool channel_lost(struct fabric_port *p, enum il_err err)
{
	if (!p->up || (err != IL_E_IO && err != IL_E_FIELD && err != IL_E_LONG))
		return false;
	port_event(p, LINK_DOWN);
	return true;
}

bool port_take(struct fabric_port *p)
{
	struct fabric *f = p->fabric;
	enum link_kind kind;
	enum link_event ev;
	size_t n;
	enum il_err err =
		link_recv(&p->link, &kind, f->frame, sizeof(f->frame), &n);

	if (err)
		return channel_lost(p, err);
	if (kind == LINK_EVENT) {
		if (!link_event_decode(f->frame, n, &ev))
			port_event(p, ev);
	} else if (p->up) {
		take_tlp(p, n);
	}
	return true;
}
