/* SPDX-License-Identifier: BSD-2-Clause */
#include "doe/mbox.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "pci/regs.h"

/* The mailbox: one table, one writer. Source: PCIe Base 6.0 §6.30.2 */

static enum doe_step first_dw(struct doe_mbox *m, const union doe_arg *arg);
static enum doe_step next_dw(struct doe_mbox *m, const union doe_arg *arg);
static enum doe_step go(struct doe_mbox *m, const union doe_arg *arg);
static enum doe_step pop(struct doe_mbox *m, const union doe_arg *arg);
static enum doe_step forget(struct doe_mbox *m, const union doe_arg *arg);
static enum doe_step reply(struct doe_mbox *m, const union doe_arg *arg);
static enum doe_step none(struct doe_mbox *m, const union doe_arg *arg);

/*
 * OPEN: dwords and GO while an answer is unread. Refused: the old answer stays
 * whole and cannot be taken for the answer to something else. Busy is not
 * shown meanwhile, because drivers read it as "no answer yet".
 * OPEN: GO with nothing written. Refused without error: there is no object
 * that could be wrong.
 */
/* clang-format off */
const struct doe_edge doe_edges[DOE_EVENTS][DOE_STATES] = {
	[DOE_EV_WRITE]  [DOE_IDLE]      = { first_dw, DOE_RECEIVING, DOE_ERROR },
	[DOE_EV_WRITE]  [DOE_RECEIVING] = { next_dw,  DOE_RECEIVING, DOE_ERROR },
	[DOE_EV_GO]     [DOE_RECEIVING] = { go,       DOE_BUSY,      DOE_ERROR },
	[DOE_EV_POP]    [DOE_READY]     = { pop,      DOE_IDLE,      DOE_ERROR },
	[DOE_EV_REPLY]  [DOE_BUSY]      = { reply,    DOE_READY,     DOE_ERROR },
	[DOE_EV_SILENT] [DOE_BUSY]      = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_FAIL]   [DOE_BUSY]      = { none,     DOE_ERROR,     DOE_ERROR },
	[DOE_EV_LATE]   [DOE_BUSY]      = { none,     DOE_ERROR,     DOE_ERROR },
	[DOE_EV_POISON] [DOE_IDLE]      = { forget,   DOE_ERROR,     DOE_ERROR },
	[DOE_EV_POISON] [DOE_RECEIVING] = { forget,   DOE_ERROR,     DOE_ERROR },
	[DOE_EV_POISON] [DOE_BUSY]      = { forget,   DOE_ERROR,     DOE_ERROR },
	[DOE_EV_POISON] [DOE_READY]     = { forget,   DOE_ERROR,     DOE_ERROR },
	[DOE_EV_POISON] [DOE_ERROR]     = { forget,   DOE_ERROR,     DOE_ERROR },
	[DOE_EV_ABORT]  [DOE_IDLE]      = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_ABORT]  [DOE_RECEIVING] = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_ABORT]  [DOE_BUSY]      = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_ABORT]  [DOE_READY]     = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_ABORT]  [DOE_ERROR]     = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_RESET]  [DOE_IDLE]      = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_RESET]  [DOE_RECEIVING] = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_RESET]  [DOE_BUSY]      = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_RESET]  [DOE_READY]     = { forget,   DOE_IDLE,      DOE_ERROR },
	[DOE_EV_RESET]  [DOE_ERROR]     = { forget,   DOE_IDLE,      DOE_ERROR },
};
/* clang-format on */

static void enter(struct doe_mbox *m, enum doe_event ev, enum doe_state next)
{
	env_trace(m->env, DOE_TRACE_ENTER, m->state, next, ev);
	m->state = next;
}

static enum doe_step next_dw(struct doe_mbox *m, const union doe_arg *arg)
{
	struct wr w = wr_over(m->in + m->in_len, m->limit - m->in_len);

	wr_u32le(&w, arg->dw);
	if (w.err)
		return DOE_STEP_BAD;
	m->in_len += 4;
	return DOE_STEP_NEXT;
}

static enum doe_step first_dw(struct doe_mbox *m, const union doe_arg *arg)
{
	m->in_len = 0;
	return next_dw(m, arg);
}

static enum doe_step go(struct doe_mbox *m, const union doe_arg *arg)
{
	struct doe_type type;
	const uint8_t *p;
	size_t len;

	if (doe_unwrap(m->in, m->in_len, m->limit, &type, &p, &len))
		return DOE_STEP_BAD;
	m->go_ns = arg->now_ns;
	return DOE_STEP_NEXT;
}

static enum doe_step pop(struct doe_mbox *m, const union doe_arg *arg)
{
	(void)arg;
	m->out_pos += 4;
	if (m->out_pos < m->out_len)
		return DOE_STEP_STAY;
	m->out_len = m->out_pos = 0;
	return DOE_STEP_NEXT;
}

static enum doe_step forget(struct doe_mbox *m, const union doe_arg *arg)
{
	(void)arg;
	m->in_len = m->out_len = m->out_pos = 0;
	return DOE_STEP_NEXT;
}

static enum doe_step reply(struct doe_mbox *m, const union doe_arg *arg)
{
	struct wr w = wr_over(m->out, m->limit);

	if (doe_wrap(&w, arg->reply.type, arg->reply.payload, arg->reply.len))
		return DOE_STEP_BAD;
	m->in_len = 0;
	m->out_len = w.len;
	m->out_pos = 0;
	return DOE_STEP_NEXT;
}

static enum doe_step none(struct doe_mbox *m, const union doe_arg *arg)
{
	(void)m;
	(void)arg;
	return DOE_STEP_NEXT;
}

void doe_init(struct doe_mbox *m, const struct env *env, uint8_t *in,
	      uint8_t *out, size_t limit)
{
	IL_ASSERT(limit >= DOE_HEADER_LEN && limit % 4 == 0);
	*m = (struct doe_mbox){ .edges = doe_edges,
				.env = env,
				.in = in,
				.out = out,
				.limit = limit };
}

bool doe_sane(const struct doe_mbox *m)
{
	if (m->state >= DOE_STATES || m->in_len > m->limit ||
	    m->out_len > m->limit || (m->in_len | m->out_len | m->out_pos) % 4)
		return false;
	if (m->state == DOE_READY)
		return m->out_pos < m->out_len;
	if (m->state == DOE_RECEIVING || m->state == DOE_BUSY)
		return m->in_len > 0 && m->out_len == 0;
	return m->out_len == 0 && m->out_pos == 0;
}

enum il_err doe_event(struct doe_mbox *m, enum doe_event ev,
		      const union doe_arg *arg)
{
	const struct doe_edge *e = &m->edges[ev][m->state];
	enum doe_step step;

	if (!e->act)
		return IL_E_STATE;
	step = e->act(m, arg);
	if (step != DOE_STEP_STAY)
		enter(m, ev, step == DOE_STEP_NEXT ? e->next : e->bad);
	IL_ASSERT(doe_sane(m));
	return step == DOE_STEP_BAD ? IL_E_FIELD : IL_OK;
}

/* An event from a register: refusals and errors show in the status only. */
static void poke(struct doe_mbox *m, enum doe_event ev,
		 const union doe_arg *arg)
{
	enum il_err err = doe_event(m, ev, arg);

	(void)err;
}

uint32_t doe_reg_status(const struct doe_mbox *m)
{
	static const uint32_t shown[DOE_STATES] = {
		[DOE_BUSY] = DOE_STS_BUSY,
		[DOE_READY] = DOE_STS_READY,
		[DOE_ERROR] = DOE_STS_ERROR,
	};

	return shown[m->state];
}

uint32_t doe_reg_read(const struct doe_mbox *m)
{
	struct rd r;

	if (m->state != DOE_READY)
		return 0;
	r = rd_over(m->out + m->out_pos, m->out_len - m->out_pos);
	return rd_u32le(&r);
}

void doe_reg_write_mbox(struct doe_mbox *m, uint32_t dw)
{
	poke(m, DOE_EV_WRITE, &(union doe_arg){ .dw = dw });
}

void doe_reg_write_read_mbox(struct doe_mbox *m)
{
	poke(m, DOE_EV_POP, &(union doe_arg){ .dw = 0 });
}

void doe_reg_write_ctl(struct doe_mbox *m, uint32_t dw, uint64_t now_ns)
{
	if (dw & DOE_CTL_ABORT)
		poke(m, DOE_EV_ABORT, &(union doe_arg){ .dw = 0 });
	else if (dw & DOE_CTL_GO)
		poke(m, DOE_EV_GO, &(union doe_arg){ .now_ns = now_ns });
}

enum il_err doe_request(const struct doe_mbox *m, struct doe_type *type,
			const uint8_t **payload, size_t *len)
{
	if (m->state != DOE_BUSY)
		return IL_E_AGAIN;
	return doe_unwrap(m->in, m->in_len, m->limit, type, payload, len);
}

enum il_err doe_reply(struct doe_mbox *m, struct doe_type type,
		      const uint8_t *payload, size_t len)
{
	union doe_arg arg = {
		.reply = { .type = type, .payload = payload, .len = len },
	};

	return doe_event(m, !payload && !len ? DOE_EV_SILENT : DOE_EV_REPLY,
			 &arg);
}

void doe_tick(struct doe_mbox *m, uint64_t now_ns)
{
	if (m->state == DOE_BUSY && now_ns - m->go_ns >= DOE_TIMEOUT_NS)
		poke(m, DOE_EV_LATE, &(union doe_arg){ .now_ns = now_ns });
}
