/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/family.h"

#include <limits.h>
#include <stdlib.h>

#include "decode/change.h"
#include "decode/fields.h"
#include "family/books.h"
#include "family/cut.h"
#include "family/unbound.h"
#include "world/laws_priv.h"

/*
 * The device answers with one field of one response wrong. The change is made
 * in the encoded message before it is hashed, signed and encrypted, so that
 * signature, HMAC and AEAD are right and the check of that field must catch
 * it; or no rule binds the field, and then it stands in unbound.c and changes
 * nothing. Messages and fields come from the run itself.
 */

#define EARLIER 256u
#define DRAWN	3u /* bits flipped in long fields */
/* Of VENDOR_DEFINED_RESPONSE, whose fields come before each payload. */
#define FRAME_LEN 11u
#define AGAIN	  24u /* one refused case in so many is followed by a whole run */

enum tag { TAG_REFUSED, TAG_LATER, TAG_UNBOUND, TAG_ISOLATED, TAG_AGAIN };

/* A response of the rehearsal: a session that is over. */
struct earlier {
	char op[48];
	unsigned index;
	size_t n;
	uint8_t *p;
};

static struct lies {
	struct earlier earlier[EARLIER];
	unsigned n_earlier;
	struct evidence_measurement expected[EVIDENCE_MEAS_MAX];
	unsigned n_expected;
	/* the operation under way */
	char op[48];
	unsigned responses;
	struct books before;
	char seen[64][96]; /* messages of this variant, with operation */
	unsigned n_seen;
	struct field field[FIELDS_MAX];
	/* in the child */
	const char *message;
	unsigned told; /* the response that lies, while it is made */
	struct field at;
	struct change change;
	struct unbound_case is;
} l;

/* --- what was said before --- */

static void keep(const uint8_t *p, size_t n)
{
	struct earlier *e = &l.earlier[l.n_earlier];

	if (l.n_earlier == EARLIER)
		return;
	memcpy(e->op, l.op, sizeof(e->op));
	e->index = l.responses;
	e->n = n;
	e->p = malloc(n);
	if (!e->p)
		abort();
	memcpy(e->p, p, n);
	l.n_earlier++;
}

/* The same bytes of the same response, or NULL. */
static const uint8_t *earlier(const struct field *f)
{
	for (unsigned i = 0; i < l.n_earlier; i++) {
		const struct earlier *e = &l.earlier[i];

		if (e->index == l.responses && strcmp(e->op, l.op) == 0)
			return f->off + f->len <= e->n ? e->p + f->off : NULL;
	}
	return NULL;
}

/* --- one case --- */

static void note(const struct family *fam, const struct field *f,
		 const uint8_t *was, size_t had, const uint8_t *now, size_t n)
{
	l.is = (struct unbound_case){
		.message = l.message,
		.field = &l.at,
		.longer = n > had,
		.shorter = n<had, .diff = f->len> 8 ? UINT64_MAX : 0,
		.vendor = was[1] == SPDM_VENDOR_DEFINED_RESPONSE,
		.op = l.op,
		.on = fam->platform,
	};
	if (n != had || f->len > 8)
		return;
	for (size_t i = 0; i < f->len; i++) {
		l.is.diff |= (uint64_t)(was[f->off + i] ^ now[f->off + i])
			     << (8 * i);
	}
}

/* True in the child that lies: the bytes are changed. */
static bool try(struct family *f, const struct field *at,
		const struct change *c, uint8_t *p, size_t cap, size_t *n)
{
	uint8_t was[8192];
	const size_t had = *n;
	char unit[64], kind[64];

	if (had > sizeof(was))
		abort();
	memcpy(was, p, had);
	if (change_apply(at, c, p, cap, n))
		return false;
	snprintf(unit, sizeof(unit), "%s", l.message);
	snprintf(kind, sizeof(kind), "%s.%u:%s", at->name, at->nth,
		 change_names[c->how]);
	if (c->how == CHANGE_FLIP)
		snprintf(kind + strlen(kind), 8, "%u", c->bit);
	if (family_fork(f, unit, l.responses, kind)) {
		l.told = l.responses;
		l.at = *at;
		l.change = *c;
		note(f, at, was, had, p, *n);
		return true;
	}
	memcpy(p, was, had);
	*n = had;
	return false;
}

/* Bits to flip: each of a number, some of a long field. */
static bool all_bits(const struct field *at)
{
	return at->len <= 4 && at->nth < 6 &&
	       (at->kind == FIELD_NUMBER || at->kind == FIELD_RESERVED);
}

static uint32_t flips(const struct field *at)
{
	if (!all_bits(at))
		return DRAWN;
	return at->mask ? 8 : at->len * 8;
}

static uint32_t flip_bit(struct family *f, const struct field *at, uint32_t i)
{
	if (all_bits(at))
		return i;
	return (uint32_t)(dice_u64(&f->dice) % (at->len ? at->len * 8 : 1));
}

static bool each_change(struct family *f, const struct field *at, uint8_t *p,
			size_t cap, size_t *n)
{
	struct change c = { .how = CHANGE_ZERO };

	for (; c.how < CHANGE_HOWS; c.how++) {
		if (c.how == CHANGE_FLIP)
			continue;
		if (c.how == CHANGE_OTHER) {
			c.p = earlier(at);
			c.n = at->len;
			if (!c.p)
				continue;
		}
		if (try(f, at, &c, p, cap, n))
			return true;
	}
	c.how = CHANGE_FLIP;
	for (uint32_t i = 0; i < flips(at); i++) {
		c.bit = flip_bit(f, at, i);
		if (at->mask && !(at->mask >> c.bit & 1))
			continue;
		if (try(f, at, &c, p, cap, n))
			return true;
	}
	return false;
}

/* Of a message that came before in this operation: one change a field. */
static bool one_change(struct family *f, const struct field *at, uint8_t *p,
		       size_t cap, size_t *n)
{
	const struct change c = {
		.how = CHANGE_FLIP,
		.bit = (uint32_t)(dice_u64(&f->dice) % 64),
	};

	return try(f, at, &c, p, cap, n);
}

static bool seen(const char *message)
{
	char name[96];

	snprintf(name, sizeof(name), "%s/%s", l.op, message);
	for (unsigned i = 0; i < l.n_seen; i++)
		if (strcmp(l.seen[i], name) == 0)
			return true;
	return false;
}

static void see(const char *message)
{
	if (l.n_seen == COUNT(l.seen))
		abort();
	snprintf(l.seen[l.n_seen++], sizeof(l.seen[0]), "%s/%s", l.op, message);
}

static void all_fields(struct family *f, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n)
{
	const struct spdm_shape sh = fields_shape(rsp);
	const bool frame = p[1] == SPDM_VENDOR_DEFINED_RESPONSE;
	const bool again = seen(l.message), framed = frame && seen("frame");
	size_t got;

	if (fields_of(p, *n, &sh, l.field, COUNT(l.field), &got)) {
		fprintf(stderr, "%s has a field that is not listed\n",
			l.message);
		exit(1);
	}
	for (size_t i = 0; i < got; i++) {
		const struct field *at = &l.field[i];

		if ((at->kind == FIELD_PROOF) != (stage == SPDM_TAP_PROOF))
			continue;
		if (again || (framed && at->off < FRAME_LEN)
			    ? one_change(f, at, p, cap, n)
			    : each_change(f, at, p, cap, n))
			return;
	}
	if (frame && !framed)
		see("frame");
	if (!again && (stage == SPDM_TAP_PROOF || !sh.sig_len))
		see(l.message);
}

/* --- the device's answers --- */

static void bytes(void *ctx, enum spdm_tap_stage stage,
		  const struct spdm_msg *rsp, uint8_t *p, size_t cap, size_t *n)
{
	struct family *f = ctx;

	if (f->child) {
		/* Encoded anew, with its proof: the lie stays. */
		if (stage == SPDM_TAP_PROOF && l.told == l.responses &&
		    change_apply(&l.at, &l.change, p, cap, n))
			abort();
		l.told = UINT_MAX;
		return;
	}
	l.message = fields_message(p, *n);
	if (!l.message)
		abort();
	if (f->rehearsing) {
		if (stage == SPDM_TAP_FIELDS)
			keep(p, *n);
	} else {
		all_fields(f, stage, rsp, p, cap, n);
	}
	if (!f->child &&
	    (stage == SPDM_TAP_PROOF || !fields_shape(rsp).sig_len))
		l.responses++;
}

static const struct dsm_tap tap = { .bytes = bytes };

static void before(struct family *f, const struct lang_call *c)
{
	family_op_name(c, l.op);
	l.responses = 0;
	/* The guest knows what it should measure. */
	if (!f->rehearsing && strcmp(l.op, "vmm-launch") == 0) {
		f->w->cfg.expected = l.expected;
		f->w->cfg.n_expected = l.n_expected;
	}
	if (strcmp(l.op, "host-connect") == 0)
		cut_watch(f->w);
	books_read(f->w, &l.before);
}

static void after(struct family *f, const struct lang_call *c)
{
	unsigned n;
	const struct evidence_measurement *m = world_measurements(f->w, &n);

	(void)c;
	if (!f->rehearsing || !m)
		return;
	memcpy(l.expected, m, n * sizeof(*m));
	l.n_expected = n;
}

/* --- what came of it --- */

static void refused(struct family *f, const struct unbound *u,
		    struct family_end *end)
{
	struct world *w = f->w;
	struct books now;
	char what[BOOKS_WHAT];

	snprintf(what, sizeof(what), "%s", w->last_text);
	if (u && !u->either)
		family_bad(end, "%s, though %s", what, u->why);
	books_read(w, &now);
	if (w->plat->law->traits & LAW_MMIO_STAYS && now.mmio > l.before.mmio)
		now.mmio = l.before.mmio;
	books_no_more(&now, &l.before, end);
	books_tear_down(f, end);
	if (w->dev[0].cut)
		end->tag = TAG_ISOLATED;
	if (!end->good || !family_one_in(f, AGAIN))
		return;
	end->tag = TAG_AGAIN;
	books_again(f, end);
}

static void judge(struct family *f, enum il_err err, struct family_end *end)
{
	const struct unbound *u = unbound_find(&l.is);
	struct world_end e = { 0 };

	end->tag = err ? TAG_REFUSED : TAG_LATER;
	while (!err && ++f->next < f->script.n) {
		books_read(f->w, &l.before);
		err = world_call(f->w, &f->call[f->next], &f->call[f->next] + 1,
				 &e);
	}
	end->failed = err != IL_OK;
	if (cut_left())
		family_bad(end, "isolated, and yet %s", cut_left());
	if (u && u->law && f->w->law == u->law)
		end->tag = TAG_UNBOUND; /* the run ends here */
	else if (f->w->law)
		family_bad(end, "%s", f->w->last_text);
	else if (err)
		refused(f, u, end);
	else if (laws_end(f->w))
		family_bad(end, "%s", f->w->last_text);
	else if (!u)
		family_bad(end, "believed, and no rule says it may be");
	if (!err)
		end->tag = TAG_UNBOUND;
}

int main(int argc, char **argv)
{
	static const struct family_cfg cfg = {
		.name = "lying-device",
		.tags = { "refused at once", "refused later", "unbound",
			  "isolated", "used again" },
		.tap = &tap,
		.rehearse = true,
		.before = before,
		.after = after,
		.judge = judge,
	};

	return family_main(&cfg, 120, argc, argv);
}
