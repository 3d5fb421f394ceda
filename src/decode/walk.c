/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/fields_priv.h"

#include <string.h>

/* One field more, of @len bytes at the cursor. */
static struct field *add(struct walk *w, const char *name, size_t len)
{
	struct field *f;

	if (!w->err && w->n - w->at < len)
		w->err = IL_E_SHORT;
	if (!w->err && w->got == w->max)
		w->err = IL_E_SPACE;
	if (w->err)
		return NULL;
	f = &w->out[w->got++];
	*f = (struct field){ .name = name,
			     .off = (uint32_t)w->at,
			     .len = (uint32_t)len };
	for (size_t i = 0; i + 1 < w->got; i++)
		f->nth += strcmp(w->out[i].name, name) == 0;
	for (unsigned i = w->depth; i-- > 0;)
		f->count[f->counts++] = w->open[i];
	return f;
}

uint64_t walk_num(struct walk *w, const char *name, size_t len)
{
	struct field *f = add(w, name, len);
	uint64_t v = 0;

	if (!f)
		return 0;
	f->kind = FIELD_NUMBER;
	for (size_t i = len; i-- > 0;)
		v = v << 8 | w->p[w->at + i];
	w->at += len;
	return v;
}

uint8_t walk_bits(struct walk *w, const char *name, uint8_t mask)
{
	struct field *f = add(w, name, 1);
	unsigned shift = 0;

	if (!f)
		return 0;
	f->kind = FIELD_NUMBER;
	f->mask = mask;
	while (!(mask >> shift & 1))
		shift++;
	return (uint8_t)((w->p[w->at] & mask) >> shift);
}

uint8_t walk_last_bits(struct walk *w, const char *name, uint8_t mask)
{
	uint8_t v = walk_bits(w, name, mask);

	w->at += !w->err;
	return v;
}

uint8_t walk_low_bits(struct walk *w, const char *name, uint8_t mask)
{
	uint8_t v = walk_bits(w, name, mask);

	walk_reserved_bits(w, (uint8_t)~mask);
	w->at += !w->err;
	return v;
}

bool walk_since(const struct walk *w, uint8_t version)
{
	return !w->err && w->n && w->p[0] >= version;
}

void walk_reserved(struct walk *w, size_t len)
{
	struct field *f = add(w, "reserved", len);

	if (!f)
		return;
	f->kind = FIELD_RESERVED;
	w->at += len;
}

void walk_reserved_bits(struct walk *w, uint8_t mask)
{
	struct field *f = add(w, "reserved", 1);

	if (!f)
		return;
	f->kind = FIELD_RESERVED;
	f->mask = mask;
}

static void stretch(struct walk *w, const char *name, size_t len,
		    enum field_kind kind)
{
	struct field *f = add(w, name, len);

	if (!f)
		return;
	f->kind = kind;
	w->at += len;
}

void walk_bytes(struct walk *w, const char *name, size_t len)
{
	stretch(w, name, len, FIELD_BYTES);
}

void walk_proof(struct walk *w, const char *name, size_t len)
{
	stretch(w, name, len, FIELD_PROOF);
}

size_t walk_left(const struct walk *w)
{
	return w->err ? 0 : w->n - w->at;
}

void walk_open(struct walk *w, size_t len, uint8_t unit)
{
	if (w->err)
		return;
	if (w->depth == FIELD_COUNTS) {
		w->err = IL_E_SPACE;
		return;
	}
	w->open[w->depth++] =
		(struct field_count){ .off = (uint32_t)(w->at - len),
				      .len = (uint8_t)len,
				      .unit = unit };
}

void walk_close(struct walk *w)
{
	if (w->depth)
		w->depth--;
}

void walk_counted(struct walk *w, const char *name, size_t len, size_t n)
{
	walk_open(w, len, 1);
	walk_bytes(w, name, n);
	walk_close(w);
}
