/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/watch.h"

#include <string.h>

#include "base/bits.h"
#include "doe/doe.h"
#include "pci/regs.h"

void watch_init(struct watch *w, const struct watch_cfg *cfg)
{
	memset(w, 0, sizeof(*w));
	w->cfg = *cfg;
}

static void stream_drop(struct watch *w, struct watch_stream *s)
{
	struct watch_key *k = &s->key[0][0][0];

	for (size_t i = 0; i < sizeof(s->key) / sizeof(*k); i++)
		crypto_drop(w->cfg.crypto, &k[i].slot);
	*s = (struct watch_stream){ .there = false };
}

void watch_fini(struct watch *w)
{
	for (unsigned i = 0; i < WATCH_STREAMS; i++)
		stream_drop(w, &w->stream[i]);
	bytes_wipe(w, sizeof(*w));
}

/* --- IDE --- */

static struct watch_stream *stream_find(struct watch *w, uint8_t id)
{
	for (unsigned i = 0; i < WATCH_STREAMS; i++)
		if (w->stream[i].there && w->stream[i].id == id)
			return &w->stream[i];
	return NULL;
}

/* The place of stream @id; where there is none the first gives way. */
static struct watch_stream *stream_place(struct watch *w, uint8_t id)
{
	struct watch_stream *s = stream_find(w, id);

	for (unsigned i = 0; i < WATCH_STREAMS && !s; i++)
		if (!w->stream[i].there)
			s = &w->stream[i];
	if (!s) {
		s = &w->stream[0];
		stream_drop(w, s);
	}
	s->there = true;
	s->id = id;
	return s;
}

void watch_key(struct watch *w, uint8_t stream, unsigned set, unsigned dir,
	       unsigned sub, const uint8_t *key, uint64_t ifv)
{
	struct watch_key *k;

	if (set > 1 || dir > 1 || sub >= TLP_CLASSES)
		return;
	k = &stream_place(w, stream)->key[set][dir][sub];
	if (crypto_aead_key(w->cfg.crypto, &k->slot, CRYPTO_AES_256_GCM, key))
		crypto_drop(w->cfg.crypto, &k->slot);
	k->counter = ifv;
}

/* Packets that may be missing before one that opens. */
#define MISSING_MAX 8u

/* IV: bits 95:64 zero, 63:0 the invocation field. Source: §6.33.5 */
static bool open_with(struct watch *w, struct watch_key *k, const uint8_t *p,
		      const struct tlp *t, const struct tlp_span *s)
{
	uint8_t iv[CRYPTO_AEAD_IV] = { 0 };

	for (unsigned i = 0; k->slot.n && i < MISSING_MAX; i++) {
		const uint64_t counter = k->counter + i;

		put_u32be(iv + 4, (uint32_t)(counter >> 32));
		put_u32be(iv + 8, (uint32_t)counter);
		if (crypto_aead_open(w->cfg.crypto, k->slot, iv, p, s->hdr_len,
				     p + s->hdr_len, s->data_len, w->data,
				     t->mac, TLP_MAC_LEN))
			continue;
		k->counter = counter + 1;
		return true;
	}
	return false;
}

/* Nothing in a packet says who sent it: its MAC does. */
static enum watch_kind unprotect(struct watch *w, const uint8_t *p,
				 struct tlp *t)
{
	struct watch_stream *s = stream_find(w, t->prefix.stream);
	const struct tlp_span span = tlp_span_of(t);
	bool keyed = false;

	if (!t->prefix.m || !t->mac || t->prefix.sub >= TLP_CLASSES)
		return WATCH_MALFORMED;
	for (unsigned dir = 0; s && dir < 2; dir++) {
		struct watch_key *k = &s->key[t->prefix.k][dir][t->prefix.sub];

		keyed |= k->slot.n != 0;
		if (!open_with(w, k, p, t, &span))
			continue;
		if (span.data_len)
			t->data = w->data;
		return WATCH_OPENED;
	}
	return keyed ? WATCH_WRONG : WATCH_PROTECTED;
}

/* --- DOE --- */

static struct watch_box *box_find(struct watch *w, uint16_t rid, uint16_t reg)
{
	for (unsigned i = 0; i < WATCH_BOXES; i++) {
		struct watch_box *b = &w->box[i];

		if (b->there && b->rid == rid && reg >= b->at &&
		    reg < b->at + DOE_CAP_SIZE)
			return b;
	}
	return NULL;
}

/* A header of an extended capability that says DOE. Source: §7.6.3, §7.9.24 */
static void look(struct watch *w, uint16_t rid, uint16_t reg, uint32_t v)
{
	const uint32_t version = v >> 16 & 0xf, next = v >> 20;

	if (reg < 0x100 || (v & 0xffff) != ECAP_DOE || !version ||
	    version > 3 || next & 3 || box_find(w, rid, reg))
		return;
	for (unsigned i = 0; i < WATCH_BOXES; i++) {
		if (w->box[i].there)
			continue;
		w->box[i].there = true;
		w->box[i].rid = rid;
		w->box[i].at = reg;
		w->box[i].in_len = 0;
		w->box[i].out_len = 0;
		w->box[i].shown = false;
		return;
	}
}

static void append(uint8_t *buf, size_t *len, uint32_t v)
{
	/* One byte too many marks an object that is too long for us. */
	if (*len + 4 > WATCH_OBJECT) {
		*len = WATCH_OBJECT + 1;
		return;
	}
	put_u32le(buf + *len, v);
	*len += 4;
}

/* An answer is whole when it is as long as its header says. */
static void pop(struct watch *w, struct watch_box *b)
{
	struct doe_header h;
	struct rd r;

	if (!b->shown)
		return;
	b->shown = false;
	append(b->out, &b->out_len, b->read);
	if (b->out_len > WATCH_OBJECT || b->out_len < DOE_HEADER_LEN)
		return;
	r = rd_over(b->out, b->out_len);
	if (!doe_header_decode(&r, &h) && b->out_len < 4 * (size_t)h.dw)
		return;
	w->cfg.object(w->cfg.ctx, true, b->out, b->out_len);
	b->out_len = 0;
}

static void control(struct watch *w, struct watch_box *b, uint32_t v)
{
	if (v & DOE_CTL_ABORT) {
		b->in_len = 0;
		b->out_len = 0;
		b->shown = false;
		return;
	}
	if (!(v & DOE_CTL_GO))
		return;
	if (b->in_len && b->in_len <= WATCH_OBJECT)
		w->cfg.object(w->cfg.ctx, false, b->in, b->in_len);
	b->in_len = 0;
	b->out_len = 0;
}

static void written(struct watch *w, const struct tlp *t)
{
	struct watch_box *b = box_find(w, t->dest, t->reg);
	uint32_t v;

	if (!b || !t->data)
		return;
	v = get_u32le(t->data);
	if (t->reg == b->at + DOE_WRITE)
		append(b->in, &b->in_len, v);
	else if (t->reg == b->at + DOE_CTL)
		control(w, b, v);
	else if (t->reg == b->at + DOE_READ)
		pop(w, b);
}

static void answered(struct watch *w, const struct tlp *t)
{
	struct watch_tag *g = &w->tag[t->tag % WATCH_TAGS];
	struct watch_box *b;
	uint32_t v;

	if (!g->waits || g->requester != t->requester)
		return;
	g->waits = false;
	if (t->type != TLP_CPLD || t->status != TLP_CPL_SC || !t->data ||
	    t->len_dw != 1)
		return;
	v = get_u32le(t->data);
	b = box_find(w, g->rid, g->reg);
	if (!b) {
		look(w, g->rid, g->reg, v);
		return;
	}
	if (g->reg != b->at + DOE_READ)
		return;
	b->read = v;
	b->shown = true;
}

static void follow(struct watch *w, const struct tlp *t)
{
	switch (t->type) {
	case TLP_CFGRD0:
	case TLP_CFGRD1:
		w->tag[t->tag % WATCH_TAGS] =
			(struct watch_tag){ true, t->dest, t->reg,
					    t->requester };
		break;
	case TLP_CFGWR0:
	case TLP_CFGWR1:
		written(w, t);
		break;
	case TLP_CPL:
	case TLP_CPLD:
		answered(w, t);
		break;
	case TLP_MRD:
	case TLP_MWR:
	case TLP_MSG:
	case TLP_MSGD:
	case TLP_TYPES:
		break;
	}
}

enum watch_kind watch_push(struct watch *w, const uint8_t *p, size_t n,
			   struct tlp *t)
{
	struct rd r = rd_over(p, n);
	enum watch_kind kind = WATCH_CLEAR;

	if (tlp_decode(&r, t))
		return WATCH_MALFORMED;
	if (t->ide)
		kind = unprotect(w, p, t);
	if (kind == WATCH_CLEAR || kind == WATCH_OPENED)
		follow(w, t);
	return kind;
}
