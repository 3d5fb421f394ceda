/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

/* The device's end of the link. */

/*
 * A packet that was protected has used its place in the stream, so that it
 * may not be dropped when the channel is full: it waits in d->out.
 */
static enum il_err push(struct device *d, const struct wr *w)
{
	enum il_err err;

	if (!d->cfg.link.ops)
		return IL_E_IO;
	err = link_send(&d->cfg.link, LINK_TLP, w->p, w->len);
	d->out_len = err == IL_E_SPACE ? w->len : 0;
	return err && err != IL_E_SPACE ? IL_E_IO : IL_OK;
}

bool device_flush(struct device *d)
{
	struct wr w = { .p = d->out, .len = d->out_len };

	if (d->out_len == 0)
		return true;
	(void)!push(d, &w);
	return d->out_len == 0;
}

const struct rule *device_may_send(const struct device *d, unsigned fn,
				   enum dsm_dma kind, bool *t, int *stream)
{
	const struct device_seams *s = d->cfg.seams;
	const struct rule *why = NULL;

	*t = false;
	*stream = -1;
	if (!fn_master(&d->fn[fn]))
		why = &device_rule_master;
	else if (dsm_dma_verdict(&d->dsm.pci, fn, kind, t, stream, &why))
		why = NULL;
	if (!s || !s->dma)
		return why;
	if (s->dma(d->cfg.seams_ctx, d, fn, kind, t, stream, !why))
		return NULL;
	return why ? why : &device_rule_master;
}

static int block_of(struct device *d, const struct tlp *t, int stream)
{
	if (!d->cfg.streams)
		return -1;
	return stream < 0 ? ide_select(&d->ide, t)
			  : ide_find(&d->ide, (uint8_t)stream);
}

static enum il_err protect(struct device *d, const struct tlp *t, int idx)
{
	struct wr w = wr_over(d->out, sizeof(d->out));
	enum il_err err;

	if (idx < 0)
		err = tlp_encode(&w, t);
	else
		err = ide_protect(&d->ide, (unsigned)idx, t, &w);
	if (err != IL_E_AGAIN)
		return err ? IL_E_IO : push(d, &w);
	/* So many posted packets that the partner must be told first. */
	w = wr_over(d->out, sizeof(d->out));
	err = ide_sync(&d->ide, (unsigned)idx, &w);
	if (!err)
		err = push(d, &w);
	if (err || !device_flush(d))
		return err ? IL_E_IO : IL_E_AGAIN;
	w = wr_over(d->out, sizeof(d->out));
	err = ide_protect(&d->ide, (unsigned)idx, t, &w);
	return err ? IL_E_IO : push(d, &w);
}

/* False: it is not to go. */
static bool seam_send(struct device *d, struct tlp *t, int *stream)
{
	const struct device_seams *s = d->cfg.seams;

	return !s || !s->send || s->send(d->cfg.seams_ctx, d, t, stream);
}

enum il_err device_send(struct device *d, const struct tlp *as, int stream)
{
	struct tlp other = *as, *t = &other;
	int idx;

	if (!d->up)
		return IL_E_IO;
	if (!device_flush(d))
		return IL_E_AGAIN;
	if (!seam_send(d, t, &stream))
		return IL_OK;
	idx = block_of(d, t, stream);
	/* Trusted requests have no way but their own stream. */
	if (idx < 0 && (stream >= 0 || t->prefix.t))
		return IL_E_IO;
	d->sent_stream =
		idx < 0 ? -1 : ide_stream_get(&d->ide, (unsigned)idx)->id;
	return protect(d, t, idx);
}

void device_answer(struct device *d, const struct tlp *req, struct tlp *cpl)
{
	int stream = req->ide ? req->prefix.stream : -1;
	int idx;

	cpl->prefix.t = req->ide && req->prefix.t;
	/* An answer that cannot be sent is a time-out at the other end. */
	if (!d->up || !device_flush(d) || !seam_send(d, cpl, &stream))
		return;
	idx = stream < 0 ? -1 : ide_find(&d->ide, (uint8_t)stream);
	if (stream < 0 || idx >= 0)
		(void)!protect(d, cpl, idx);
}

void device_answer_status(struct device *d, const struct tlp *req, unsigned fn,
			  uint8_t status)
{
	struct tlp cpl;

	tlp_cpl(&cpl, req, device_rid(d, fn), status);
	device_answer(d, req, &cpl);
}

static enum dsm_event event_of(enum ide_cause cause)
{
	switch (cause) {
	case IDE_CAUSE_CONFIG:
		return DSM_EV_STREAM_CONFIG;
	case IDE_CAUSE_KEY_STOPPED:
		return DSM_EV_KEY_STOPPED;
	case IDE_CAUSE_DISABLED:
	case IDE_CAUSE_CHECK:
	case IDE_CAUSE_PEER:
	case IDE_CAUSE_COUNTER:
	case IDE_CAUSE_WIPED:
	case IDE_CAUSE_LINK_DOWN:
	case IDE_CAUSE_RESET:
	case IDE_CAUSES:
		break;
	}
	return DSM_EV_STREAM_INSECURE;
}

void device_streams_fell(struct device *d)
{
	if (!(d->event_due | d->fail_due))
		return;
	for (unsigned i = 0; i < d->cfg.streams; i++) {
		uint8_t bit = (uint8_t)(1u << i);
		struct tlp m;

		if (d->event_due & bit) {
			d->event_due &= (uint8_t)~bit;
			d->stream[i].keys = 0;
			device_event(d, event_of(d->stream[i].cause),
				     d->stream[i].lost_id);
		}
		if (!(d->fail_due & bit) || !device_flush(d))
			continue;
		d->fail_due &= (uint8_t)~bit;
		if (!d->up)
			continue;
		ide_fail_msg(&d->ide, i, &m);
		(void)!protect(d, &m, -1);
	}
}

void device_keys_changed(struct device *d, unsigned idx)
{
	const struct ide_stream *s = &d->ide.stream[idx];
	struct device_stream *shadow = &d->stream[idx];
	uint16_t now = 0, lost;
	unsigned bit = 0;

	for (unsigned set = 0; set < 2; set++)
		for (unsigned dir = 0; dir < IDE_DIRS; dir++)
			for (unsigned sub = 0; sub < TLP_CLASSES; sub++, bit++)
				if (s->key[set][dir][sub].there &&
				    !s->key[set][dir][sub].killed)
					now |= (uint16_t)(1u << bit);
	lost = shadow->keys & (uint16_t)~now;
	shadow->keys = now;
	if (!lost)
		return;
	/* All gone while no packet could go: a register was written. */
	if (lost && !now && s->state != IDE_ST_SECURE) {
		device_event(d, DSM_EV_STREAM_CONFIG, shadow->id);
		return;
	}
	for (bit = 0; bit < 12; bit++) {
		struct idekm_ref ref = { .stream = shadow->id,
					 .key_set = (uint8_t)(bit / 6),
					 .dir = (uint8_t)(bit / 3 % 2),
					 .sub = (uint8_t)(bit % 3) };

		if (lost & 1u << bit)
			dsm_key_retired(&d->dsm.pci, &ref);
	}
}
