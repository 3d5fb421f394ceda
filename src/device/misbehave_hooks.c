/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "device/misbehave_priv.h"

/* Each hook of the device and of the DSM, handed to the rows that are on. */

static void ports(void *ctx, struct device *d, struct spdm_rsp_port *spdm,
		  struct dsm_port *dsm)
{
	struct misbehave *m = ctx;

	m->dev = d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->ports)
			m->one[i].is->ports(&m->one[i], spdm, dsm);
}

static const uint8_t *object(void *ctx, struct device *d, const uint8_t *obj,
			     size_t *n)
{
	struct misbehave *m = ctx;

	(void)d;
	if (*n > sizeof(m->object))
		return obj;
	memcpy(m->object, obj, *n);
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->object)
			m->one[i].is->object(&m->one[i], m->object,
					     sizeof(m->object), n);
	return m->object;
}

static void reply(void *ctx, struct device *d, uint8_t *obj, size_t cap,
		  size_t *n)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->reply)
			m->one[i].is->reply(&m->one[i], obj, cap, n);
}

static bool ask(void *ctx, struct device *d, struct device_exchange *x)
{
	struct misbehave *m = ctx;

	(void)d;
	m->conn = x->conn;
	m->drop = false;
	m->heard.n = 0;
	m->heard.code = 0;
	if (m->held.owed && misbehave_held(m, x))
		return true;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->ask && m->one[i].is->ask(&m->one[i], x))
			return true;
	return false;
}

static void answered(void *ctx, struct device *d, struct device_exchange *x)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->answered)
			m->one[i].is->answered(&m->one[i], x);
	if (m->drop)
		x->len = 0;
}

static const uint8_t *heard(void *ctx, uint32_t session_id, const uint8_t *in,
			    size_t *n)
{
	struct misbehave *m = ctx;

	m->heard.session_id = session_id;
	m->heard.code = *n > 1 ? in[1] : 0;
	m->heard.n = 0;
	if (*n > sizeof(m->heard.p))
		return in;
	m->heard.n = *n;
	memcpy(m->heard.p, in, *n);
	memcpy(m->as, in, *n);
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->heard)
			m->one[i].is->heard(&m->one[i], session_id, m->as,
					    sizeof(m->as), n);
	return m->as;
}

static void fields(void *ctx, uint32_t session_id, enum spdm_tap_stage stage,
		   struct spdm_msg *rsp)
{
	struct misbehave *m = ctx;

	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->fields)
			m->one[i].is->fields(&m->one[i], session_id, stage,
					     rsp);
}

/* As it would have been: what the rows make of it is not kept. */
static void keep(struct misbehave *m, const uint8_t *p, size_t n)
{
	struct misbehave_bytes *k = m->kept;

	if (n < 2 || p[1] == SPDM_ERROR || n > sizeof(k->p))
		return;
	for (unsigned i = 0; i < MISBEHAVE_KEPT; i++, k++) {
		if (k->n && k->code != p[1])
			continue;
		k->code = p[1];
		k->n = n;
		memcpy(k->p, p, n);
		return;
	}
}

static void bytes(void *ctx, enum spdm_tap_stage stage,
		  const struct spdm_msg *rsp, uint8_t *p, size_t cap, size_t *n)
{
	const size_t proof = spdm_msg_sig_len(rsp) + spdm_msg_verify_len(rsp);
	const size_t was = *n;
	struct misbehave *m = ctx;

	keep(m, p, *n);
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->bytes)
			m->one[i].is->bytes(&m->one[i], stage, rsp, p, cap, n);
	if (!misbehave_final(stage, rsp) && *n < proof)
		*n = was; /* what is hashed ends before the proof */
}

static bool idekm(void *ctx, const struct idekm_msg *req, struct idekm_msg *rsp)
{
	struct misbehave *m = ctx;

	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->idekm &&
		    !m->one[i].is->idekm(&m->one[i], req, rsp))
			return false;
	return true;
}

static bool tdisp(void *ctx, const struct tdisp_msg *req, struct tdisp_msg *rsp)
{
	struct misbehave *m = ctx;

	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->tdisp &&
		    !m->one[i].is->tdisp(&m->one[i], req, rsp))
			return false;
	return true;
}

static void payload(void *ctx, const uint8_t *in, size_t n, uint8_t *out,
		    size_t cap, size_t *len)
{
	struct misbehave *m = ctx;

	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->payload)
			m->one[i].is->payload(&m->one[i], in, n, out, cap, len);
}

static bool cfg_write(void *ctx, struct device *d, unsigned fn, uint16_t reg,
		      uint32_t *val, uint8_t *be)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->cfg_write &&
		    !m->one[i].is->cfg_write(&m->one[i], fn, reg, val, be))
			return false;
	return true;
}

static void cfg_read(void *ctx, struct device *d, unsigned fn, uint16_t reg,
		     uint32_t *val)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->cfg_read)
			m->one[i].is->cfg_read(&m->one[i], fn, reg, val);
}

static bool event(void *ctx, struct device *d, enum dsm_event ev,
		  uint32_t which)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->event &&
		    !m->one[i].is->event(&m->one[i], ev, which))
			return false;
	return true;
}

static bool link_event(void *ctx, struct device *d, enum link_event ev)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->link_event &&
		    !m->one[i].is->link_event(&m->one[i], ev))
			return false;
	return true;
}

static bool packet(void *ctx, struct device *d, struct tlp *t)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->packet &&
		    !m->one[i].is->packet(&m->one[i], t))
			return false;
	return true;
}

static bool send(void *ctx, struct device *d, struct tlp *t, int *stream)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->send &&
		    !m->one[i].is->send(&m->one[i], t, stream))
			return false;
	return true;
}

static bool mem(void *ctx, const struct device *d, unsigned fn, unsigned bar,
		uint32_t off, uint32_t len, bool t, int stream, bool allowed)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->mem)
			allowed = m->one[i].is->mem(&m->one[i], fn, bar, off,
						    len, t, stream, allowed);
	return allowed;
}

static bool dma(void *ctx, const struct device *d, unsigned fn,
		enum dsm_dma kind, bool *t, int *stream, bool allowed)
{
	struct misbehave *m = ctx;

	(void)d;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->dma)
			allowed = m->one[i].is->dma(&m->one[i], fn, kind, t,
						    stream, allowed);
	return allowed;
}

const struct dsm_tap misbehave_dsm_tap = {
	.spdm = fields,
	.idekm = idekm,
	.tdisp = tdisp,
	.payload = payload,
	.bytes = bytes,
	.heard = heard,
};

const struct device_seams misbehave_device_seams = {
	.breaks = true,
	.ports = ports,
	.object = object,
	.reply = reply,
	.ask = ask,
	.answered = answered,
	.cfg_write = cfg_write,
	.cfg_read = cfg_read,
	.event = event,
	.link_event = link_event,
	.packet = packet,
	.send = send,
	.mem = mem,
	.dma = dma,
};
