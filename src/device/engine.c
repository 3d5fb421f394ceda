/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"

/*
 * The DMA engine: registers, and commands that run a few packets a turn. At
 * each turn the DSM is asked anew whether the function may issue requests; a
 * command that began before the answer changed ends there and then.
 */

static void finish(struct device_fn *fn, uint32_t error)
{
	struct device_engine *e = &fn->engine;

	e->state = ENGINE_IDLE;
	e->error = error;
	e->status |= error ? DMA_STATUS_ERROR : DMA_STATUS_DONE;
	env_trace(fn->dev->cfg.env, DEVICE_TR_DMA, fn->index, e->cmd, error);
	if (e->irq & DMA_IRQ_ENABLE)
		msix_fire(fn, e->irq & DMA_IRQ_VECTOR);
}

/* Their answers are not awaited any more; the tags stay taken. */
static void forget_reads(struct device_fn *fn)
{
	for (unsigned i = 0; i < DEVICE_READS; i++)
		if (fn->dev->read[i].fn == fn->index)
			fn->dev->read[i].dead = true;
}

/* Ends a command from outside; NONE: as if it never was. */
void engine_stop(struct device_fn *fn, uint32_t error)
{
	struct device_engine *e = &fn->engine;

	if (e->state == ENGINE_IDLE)
		return;
	forget_reads(fn);
	if (error)
		finish(fn, error);
	else
		e->state = ENGINE_IDLE;
}

void engine_wipe(struct device_fn *fn)
{
	struct device_engine *e = &fn->engine;

	IL_ASSERT(e->state == ENGINE_IDLE);
	if (e->used)
		memset(e->buf, 0, e->used);
	*e = (struct device_engine){ .buf = e->buf, .longest = e->longest };
}

uint32_t engine_read(const struct device_fn *fn, uint32_t off)
{
	const struct device_engine *e = &fn->engine;

	switch (off) {
	case DMA_ID:
		return DMA_ID_VALUE;
	case DMA_STATUS:
		return e->status |
		       (e->state != ENGINE_IDLE ? DMA_STATUS_BUSY : 0);
	case DMA_SRC:
		return (uint32_t)e->src;
	case DMA_SRC + 4:
		return (uint32_t)(e->src >> 32);
	case DMA_DST:
		return (uint32_t)e->dst;
	case DMA_DST + 4:
		return (uint32_t)(e->dst >> 32);
	case DMA_LEN:
		return e->len;
	case DMA_CMD:
		return e->cmd;
	case DMA_ERROR:
		return e->error;
	case DMA_COUNT:
		return (uint32_t)e->count;
	case DMA_COUNT + 4:
		return (uint32_t)(e->count >> 32);
	case DMA_IRQ:
		return e->irq;
	default:
		return 0;
	}
}

/* May the function issue requests now, and how? */
static uint32_t allowed(const struct device_fn *fn, bool *t, int *stream)
{
	const struct device_engine *e = &fn->engine;
	const struct rule *why =
		device_may_send(fn->dev, fn->index, DSM_DMA, t, stream);
	bool write = e->cmd == DMA_CMD_STORE || e->state == ENGINE_STORING;
	bool master = why == &device_rule_master;

	if (!why)
		return DMA_ERROR_NONE;
	device_refuse_own(fn->dev, fn->index, why,
			  master ? FAULT_LINK : FAULT_T_BIT,
			  write ? e->to : e->from, write);
	return master ? DMA_ERROR_MASTER : DMA_ERROR_STATE;
}

/* No request goes beyond the addresses that GET_CAPABILITIES tells of. */
static bool reaches(const struct device_fn *fn, uint64_t at, uint32_t len)
{
	unsigned width = fn->dev->cfg.addr_width;

	return width >= 64 ||
	       (at >> width == 0 && (at + len - 1) >> width == 0);
}

/* What the command would ask for lies within. */
static bool addresses_ok(const struct device_fn *fn)
{
	const struct device_engine *e = &fn->engine;

	return (e->cmd == DMA_CMD_STORE || reaches(fn, e->from, e->size)) &&
	       (e->cmd == DMA_CMD_LOAD || reaches(fn, e->to, e->size));
}

static void start(struct device_fn *fn, uint32_t cmd)
{
	struct device_engine *e = &fn->engine;
	uint32_t error;
	bool t;
	int stream;

	if (e->state != ENGINE_IDLE)
		return;
	e->cmd = cmd;
	e->status = 0;
	e->count = 0;
	e->from = e->src;
	e->to = e->dst;
	e->size = e->len;
	e->asked = e->moved = 0;
	e->peer = false;
	e->epoch = dsm_epoch(&fn->dev->dsm.pci, fn->index);
	error = allowed(fn, &t, &stream);
	if (cmd < DMA_CMD_LOAD || cmd > DMA_CMD_COPY || e->size == 0 ||
	    e->size > DMA_MAX_LEN || !addresses_ok(fn))
		error = DMA_ERROR_COMMAND;
	if (error) {
		finish(fn, error);
		return;
	}
	if (e->longest < e->size)
		e->longest = e->size;
	e->error = DMA_ERROR_NONE;
	e->state = cmd == DMA_CMD_STORE ? ENGINE_STORING : ENGINE_LOADING;
}

static void put32(uint64_t *reg, unsigned half, uint32_t v)
{
	*reg = half ? (*reg & UINT32_MAX) | (uint64_t)v << 32
		    : (*reg & ~(uint64_t)UINT32_MAX) | v;
}

void engine_write(struct device_fn *fn, uint32_t off, uint32_t v)
{
	struct device_engine *e = &fn->engine;

	switch (off) {
	case DMA_CTRL:
		if (!(v & DMA_CTRL_RESET))
			break;
		engine_stop(fn, DMA_ERROR_NONE);
		engine_wipe(fn);
		break;
	case DMA_STATUS:
		e->status &= ~(v & (DMA_STATUS_DONE | DMA_STATUS_ERROR));
		break;
	case DMA_SRC:
	case DMA_SRC + 4:
		put32(&e->src, off - DMA_SRC, v);
		break;
	case DMA_DST:
	case DMA_DST + 4:
		put32(&e->dst, off - DMA_DST, v);
		break;
	case DMA_LEN:
		e->len = v;
		break;
	case DMA_CMD:
		start(fn, v);
		break;
	case DMA_IRQ:
		e->irq = v & (DMA_IRQ_VECTOR | DMA_IRQ_ENABLE);
		break;
	default:
		break;
	}
}

/* An error on the function's own request: the TDI is told as well (E.3). */
static void fail(struct device_fn *fn, uint32_t error)
{
	engine_stop(fn, error);
	device_event(fn->dev, DSM_EV_DMA_ERROR, fn->index);
}

static uint32_t read_max(const struct device_fn *fn)
{
	uint32_t ctl =
		pci_cfg_get(&fn->cfg, (uint16_t)(fn->exp + EXP_DEVCTL), 2);
	uint32_t code = (uint32_t)field_get(EXP_DEVCTL_READRQ, ctl);

	return 128u << (code > 5 ? 5 : code);
}

static uint32_t min3(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t m = a < b ? a : b;

	return (uint32_t)(m < c ? m : c);
}

static struct device_read *free_read(struct device *d, uint16_t *tag)
{
	for (unsigned i = 0; i < DEVICE_READS; i++) {
		if (d->read[i].used)
			continue;
		*tag = (uint16_t)i;
		return &d->read[i];
	}
	return NULL;
}

/* Sends one request for bytes; false: nothing can be sent now. */
static bool ask(struct device_fn *fn, bool t, int stream)
{
	struct device_engine *e = &fn->engine;
	struct device *d = fn->dev;
	uint64_t at = e->from + e->asked;
	uint32_t n =
		min3(read_max(fn), PAGE_4K - at % PAGE_4K, e->size - e->asked);
	struct device_read *r;
	uint16_t tag = 0;
	struct tlp m;
	enum il_err err;

	if (e->asked == e->size)
		return false;
	r = free_read(d, &tag);
	if (!r)
		return false;
	err = tlp_mrd(&m, device_rid(d, fn->index), tag, at, n);
	IL_ASSERT(!err);
	m.prefix.t = t;
	stream = peer_way(fn, &m, stream);
	err = device_send(d, &m, stream);
	if (err == IL_E_AGAIN)
		return false;
	if (err) {
		engine_stop(fn, DMA_ERROR_LINK);
		return false;
	}
	*r = (struct device_read){
		.used = true,
		.fn = (uint8_t)fn->index,
		.t = t,
		.stream = d->sent_stream,
		.off = e->asked,
		.len = n,
		.sent_ns = d->now_ns,
	};
	e->asked += n;
	return true;
}

static bool give(struct device_fn *fn, bool t, int stream)
{
	struct device_engine *e = &fn->engine;
	struct device *d = fn->dev;
	uint64_t at = e->to + e->moved;
	uint32_t n = min3(TLP_MAX_DATA - at % 4, PAGE_4K - at % PAGE_4K,
			  e->size - e->moved);
	uint8_t pad[TLP_MAX_DATA + 8];
	struct tlp m;
	enum il_err err = tlp_mwr(&m, device_rid(d, fn->index), at,
				  e->buf + e->moved, n, pad, sizeof(pad));

	IL_ASSERT(!err);
	m.prefix.t = t;
	stream = peer_way(fn, &m, stream);
	err = device_send(d, &m, stream);
	if (err == IL_E_AGAIN)
		return false;
	if (err) {
		engine_stop(fn, DMA_ERROR_LINK);
		return false;
	}
	e->moved += n;
	e->count += n;
	if (e->moved < e->size)
		return true;
	finish(fn, DMA_ERROR_NONE);
	return false;
}

static bool step(struct device_fn *fn, unsigned *budget)
{
	struct device_engine *e = &fn->engine;
	enum engine_state was = e->state;
	bool any = false, go = true;
	uint32_t error;
	bool t = false;
	int stream = -1;

	if (was == ENGINE_IDLE)
		return false;
	error = allowed(fn, &t, &stream);
	if (!error && e->epoch != dsm_epoch(&fn->dev->dsm.pci, fn->index))
		error = DMA_ERROR_STATE;
	if (error) {
		engine_stop(fn, error);
		return true;
	}
	while (go && *budget > 0 && e->state == was) {
		go = was == ENGINE_LOADING ? ask(fn, t, stream)
					   : give(fn, t, stream);
		any = any || go || e->state != was;
		(*budget)--;
	}
	return any;
}

/* Functions take turns, so that none starves the others. */
bool engines_step(struct device *d)
{
	unsigned budget = DEVICE_BURST;
	bool any = false;

	if (!d->fns)
		return false;
	for (unsigned n = 0; n < d->fns && budget; n++) {
		struct device_fn *fn = &d->fn[(d->next_fn + n) % d->fns];

		any |= step(fn, &budget);
		msix_flush(fn);
	}
	d->next_fn = (d->next_fn + 1) % d->fns;
	return any;
}

void engines_timeouts(struct device *d)
{
	for (unsigned i = 0; i < DEVICE_READS; i++) {
		struct device_read *r = &d->read[i];

		if (!r->used || d->now_ns - r->sent_ns < d->cfg.read_timeout_ns)
			continue;
		r->used = false;
		if (!r->dead)
			fail(&d->fn[r->fn], DMA_ERROR_TIMEOUT);
	}
}

/* All bytes of the read are here. */
static void arrived(struct device_fn *fn, struct device_read *r)
{
	struct device_engine *e = &fn->engine;

	r->used = false;
	e->moved += r->len;
	e->count += r->len;
	if (e->moved < e->size)
		return;
	if (e->cmd != DMA_CMD_COPY) {
		finish(fn, DMA_ERROR_NONE);
		return;
	}
	e->state = ENGINE_STORING;
	e->moved = 0;
	e->count = 0;
}

static void take_data(struct device *d, const struct tlp *t,
		      struct device_read *r)
{
	struct device_fn *fn = &d->fn[r->fn];
	struct device_engine *e = &fn->engine;
	uint32_t n = 4u * t->len_dw - (t->lower_addr & 3u);

	if (n > t->byte_count)
		n = t->byte_count;
	if (t->byte_count != r->len - r->got) {
		device_refuse(d, r->fn, t, &device_rule_completion, FAULT_LINK);
		return;
	}
	r->got += n;
	if (r->dead) {
		r->used = r->got < r->len;
		return;
	}
	memcpy(e->buf + r->off + r->got - n, t->data + (t->lower_addr & 3), n);
	if (e->used < r->off + r->got)
		e->used = r->off + r->got;
	if (r->got == r->len)
		arrived(fn, r);
}

/*
 * T of a completion is not looked at; the stream is (E.4). Bytes count only
 * if the TDI never left the state in which they were asked for: leaving it
 * made the read dead.
 */
void device_take_cpl(struct device *d, const struct tlp *t)
{
	struct device_read *r = t->tag < DEVICE_READS ? &d->read[t->tag] : NULL;
	int stream = t->ide ? t->prefix.stream : -1;
	struct device_fn *fn;

	if (!r || !r->used || t->requester != device_rid(d, r->fn) ||
	    stream != r->stream) {
		device_refuse(d, 0, t, &device_rule_completion, FAULT_LINK);
		return;
	}
	fn = &d->fn[r->fn];
	if (!r->dead && fn->engine.epoch != dsm_epoch(&d->dsm.pci, fn->index))
		engine_stop(fn, DMA_ERROR_STATE);
	if (t->type == TLP_CPLD && t->status == TLP_CPL_SC && !t->poisoned) {
		take_data(d, t, r);
		return;
	}
	r->used = false;
	if (r->dead)
		return;
	if (t->poisoned) {
		device_refuse(d, r->fn, t, &device_rule_poisoned, FAULT_LINK);
		engine_stop(fn, DMA_ERROR_UR);
		device_event(d, DSM_EV_POISON, fn->index);
		return;
	}
	fail(fn, t->status == TLP_CPL_CA ? DMA_ERROR_CA : DMA_ERROR_UR);
}
