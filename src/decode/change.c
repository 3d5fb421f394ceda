/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/change.h"

#include <string.h>

const char *const change_names[CHANGE_HOWS] = {
	[CHANGE_ZERO] = "zero",	      [CHANGE_ONES] = "ones",
	[CHANGE_MORE] = "more",	      [CHANGE_LESS] = "less",
	[CHANGE_FLIP] = "flip",	      [CHANGE_OTHER] = "other",
	[CHANGE_SHORTER] = "shorter", [CHANGE_LONGER] = "longer",
	[CHANGE_GONE] = "gone",
};

/* Bits of byte @i of the field. */
static uint8_t mask_at(const struct field *f)
{
	return f->mask ? f->mask : 0xff;
}

/* +1 or -1 with carry over all bytes, or within the mask of one. */
static void count_on(const struct field *f, uint8_t *at, bool up)
{
	const uint8_t mask = mask_at(f);
	const uint8_t low = (uint8_t)(mask & -mask);
	const size_t n = f->kind == FIELD_NUMBER && !f->mask ? f->len : 1;
	bool carry = true;

	for (size_t i = 0; i < n && carry; i++) {
		uint8_t was = at[i];
		unsigned now = up ? was + low : (unsigned)was - low;

		at[i] = (uint8_t)((was & ~mask) | (now & mask));
		carry = !(uint8_t)((up ? at[i] : was) & mask);
	}
}

static void flip(const struct field *f, uint32_t bit, uint8_t *at)
{
	if (!f->mask) {
		bit %= f->len * 8;
		at[bit / 8] ^= (uint8_t)(1u << bit % 8);
		return;
	}
	for (bit %= 8; !(f->mask >> bit & 1);)
		bit = (bit + 1) % 8;
	at[0] ^= (uint8_t)(1u << bit);
}

/* Same length: @at is changed in place. */
static enum il_err in_place(const struct field *f, const struct change *c,
			    uint8_t *at)
{
	const uint8_t mask = mask_at(f);

	switch (c->how) {
	case CHANGE_ZERO:
	case CHANGE_ONES:
		for (size_t i = 0; i < f->len; i++)
			at[i] = c->how == CHANGE_ONES
					? (uint8_t)(at[i] | mask)
					: (uint8_t)(at[i] & ~mask);
		return IL_OK;
	case CHANGE_MORE:
	case CHANGE_LESS:
		count_on(f, at, c->how == CHANGE_MORE);
		return IL_OK;
	case CHANGE_FLIP:
		flip(f, c->bit, at);
		return IL_OK;
	case CHANGE_OTHER:
		if (c->n != f->len)
			return IL_E_STATE;
		for (size_t i = 0; i < f->len; i++)
			at[i] = (uint8_t)((at[i] & ~mask) | (c->p[i] & mask));
		return IL_OK;
	case CHANGE_SHORTER:
	case CHANGE_LONGER:
	case CHANGE_GONE:
	case CHANGE_HOWS:
		break;
	}
	return IL_E_STATE;
}

/* Those who count the field learn of @by bytes more (or less). */
static void recount(const struct field *f, uint8_t *p, long by)
{
	for (unsigned i = 0; i < f->counts; i++) {
		const struct field_count *c = &f->count[i];
		uint64_t v = 0;

		if (by % c->unit)
			continue;
		for (unsigned k = c->len; k-- > 0;)
			v = v << 8 | p[c->off + k];
		v += (uint64_t)(by / c->unit);
		for (unsigned k = 0; k < c->len; k++)
			p[c->off + k] = (uint8_t)(v >> (8 * k));
	}
}

static enum il_err resize(const struct field *f, enum change_how how,
			  uint8_t *p, size_t cap, size_t *n)
{
	const size_t end = (size_t)f->off + f->len;
	const size_t len =
		how != CHANGE_GONE && f->kind != FIELD_NUMBER ? 1 : f->len;

	if (f->mask || (!f->len && how != CHANGE_LONGER) ||
	    (how == CHANGE_SHORTER && f->kind == FIELD_NUMBER))
		return IL_E_STATE;
	if (how == CHANGE_LONGER && cap - *n < len)
		return IL_E_SPACE;
	if (how == CHANGE_LONGER) {
		memmove(p + end + len, p + end, *n - end);
		if (f->kind == FIELD_NUMBER)
			memcpy(p + end, p + f->off, len);
		else
			p[end] = 0xa5;
		*n += len;
		recount(f, p, (long)len);
		return IL_OK;
	}
	memmove(p + end - len, p + end, *n - end);
	*n -= len;
	recount(f, p, -(long)len);
	return IL_OK;
}

enum il_err change_apply(const struct field *f, const struct change *c,
			 uint8_t *p, size_t cap, size_t *n)
{
	uint8_t was[8192];
	enum il_err err;

	if (c->how == CHANGE_SHORTER || c->how == CHANGE_LONGER ||
	    c->how == CHANGE_GONE)
		return resize(f, c->how, p, cap, n);
	if (!f->len || f->len > sizeof(was))
		return IL_E_STATE;
	memcpy(was, p + f->off, f->len);
	err = in_place(f, c, p + f->off);
	return !err && !memcmp(was, p + f->off, f->len) ? IL_E_STATE : err;
}
