/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/lspci.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "device/lspci_priv.h"

/* Reading the text: lines, dumps, sizes. What they mean is lspci_file.c. */

struct line {
	const char *p;
	const char *end;
};

/* Hexadecimal digits, from @min to @max of them; false: there are not. */
static bool hex(struct line *l, unsigned min, unsigned max, uint64_t *out)
{
	uint64_t v = 0;
	unsigned n = 0;

	while (n < max && l->p < l->end && hex_digit(*l->p) >= 0) {
		v = v << 4 | (uint64_t)hex_digit(*l->p++);
		n++;
	}
	*out = v;
	return n >= min;
}

static bool is(struct line *l, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(l->end - l->p) < n || memcmp(l->p, word, n) != 0)
		return false;
	l->p += n;
	return true;
}

/* Behind the next @word in the line; false: it does not stand there. */
static bool seek(struct line *l, const char *word)
{
	struct line t = *l;

	for (; t.p < t.end; t.p++) {
		struct line u = t;

		if (is(&u, word)) {
			*l = u;
			return true;
		}
	}
	return false;
}

/* "01:00.0 " or "0000:01:00.0 ". */
static bool header(struct line l, uint16_t *rid)
{
	uint64_t a, b, dev, fn;

	if (!hex(&l, 2, 8, &a) || !is(&l, ":") || !hex(&l, 2, 2, &b))
		return false;
	if (is(&l, ":")) {
		a = b;
		if (!hex(&l, 2, 2, &dev))
			return false;
	} else {
		dev = b;
	}
	if (!is(&l, ".") || !hex(&l, 1, 1, &fn) || !is(&l, " "))
		return false;
	if (a > 255 || dev > 31 || fn > 7)
		return false;
	*rid = BDF(a, dev, fn);
	return true;
}

/* "10: 04 00 00 fb …"; false: no line of a dump. */
static bool dump(struct line l, struct lspci_fn *f)
{
	uint64_t at, v;

	if (!hex(&l, 2, 3, &at) || !is(&l, ": "))
		return false;
	for (unsigned n = 0; n < 16 && hex(&l, 2, 2, &v); n++, at++) {
		if (at >= CFG_SIZE)
			return true;
		f->cfg[at] = (uint8_t)v;
		if (f->len < at + 1)
			f->len = at + 1;
		(void)is(&l, " ");
	}
	return true;
}

static uint64_t size_of(struct line *l)
{
	static const char unit[] = "KMGT";
	uint64_t v = 0;

	for (unsigned n = 0; n < 10 && l->p < l->end && hex_digit(*l->p) >= 0 &&
			     hex_digit(*l->p) < 10;
	     n++)
		v = v * 10 + (uint64_t)hex_digit(*l->p++);
	for (unsigned k = 0; l->p < l->end && unit[k]; k++)
		if (*l->p == unit[k])
			return v << 10 * (k + 1);
	return v;
}

/* "\tRegion 2: Memory at … [size=64K]"; those of VFs have two tabs. */
static void region(struct line l, struct lspci_fn *f)
{
	uint64_t n;

	if (!is(&l, "\tRegion ") || !hex(&l, 1, 1, &n) || n >= T0_BARS ||
	    !is(&l, ": Memory at ") || !seek(&l, "[size="))
		return;
	f->size[n] = size_of(&l);
}

static void take_line(struct device_lspci *d, struct line l, bool *drop)
{
	struct lspci_fn *f = d->fns ? &d->fn[d->fns - 1] : NULL;
	uint16_t rid;

	if (header(l, &rid)) {
		*drop = d->fns == DEVICE_LSPCI_FNS;
		if (*drop)
			d->skipped++;
		else
			d->fn[d->fns++].rid = rid;
		return;
	}
	if (!f || *drop)
		return;
	if (!dump(l, f))
		region(l, f);
}

void lspci_note(struct device_lspci *d, const char *fmt, ...)
{
	size_t room = sizeof(d->notes) - d->notes_len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(d->notes + d->notes_len, room, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < room)
		d->notes_len += (size_t)n;
	else
		d->notes[d->notes_len] = '\0'; /* whole lines only */
}

enum il_err device_lspci_read(struct device_lspci *d, const char *text,
			      size_t len, char *what, size_t what_cap)
{
	const char *end = text + len;
	bool drop = false;

	memset(d, 0, sizeof(*d));
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		struct line l = { text, nl ? nl : end };

		text = nl ? nl + 1 : end;
		if (l.end > l.p && l.end[-1] == '\r')
			l.end--;
		take_line(d, l, &drop);
	}
	return lspci_write(d, what, what_cap);
}
