/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/talk.h"

#include "base/bits.h"
#include "decode/fields.h"
#include "judge/judge_priv.h"
#include "spdm/keys.h"
#include "spdm/sig.h"

/* The conversation itself: asking, taking the answer, judging its kind. */

bool talk_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

struct spdm_msg talk_msg(const struct talk *t, uint8_t code)
{
	struct spdm_msg m = { 0 };

	m.version = t->v;
	m.code = code;
	return m;
}

uint8_t *talk_change(struct talk *t)
{
	return t->j->next;
}

struct spdm_span talk_bytes(struct talk *t, const struct spdm_msg *m)
{
	struct wr w = wr_over(t->j->next, sizeof(t->j->next));

	if (spdm_msg_encode(&w, m)) {
		judge_absent(t->j, "the judge cannot put its request in bytes");
		w.len = 0;
	}
	t->req_len = w.len;
	return (struct spdm_span){ t->j->next, w.len };
}

static void take(struct talk *t)
{
	const struct judge_answer *a = judge_answer(t->j);

	t->quiet = false;
	t->got = (struct spdm_span){ a->p, a->n };
	t->a = a->bad ? NULL : &a->m;
}

static void keep(struct talk *t, const uint8_t *p, size_t n)
{
	if (p != t->j->next)
		memcpy(t->j->next, p, n);
	t->req_len = n;
	t->a = NULL;
	t->got = (struct spdm_span){ 0 };
	judge_awaits(t->j, &t->sh);
}

bool talk_raw(struct talk *t, const uint8_t *p, size_t n)
{
	keep(t, p, n);
	if (!judge_plain(t->j, t->j->next, n))
		return false;
	take(t);
	return true;
}

bool talk_maybe(struct talk *t, const uint8_t *p, size_t n)
{
	bool answered;

	keep(t, p, n);
	if (!judge_maybe(t->j, JUDGE_PLAIN, t->j->next, n, &answered))
		return false;
	if (answered)
		take(t);
	else
		t->quiet = true;
	return true;
}

bool talk_ask(struct talk *t, const struct spdm_msg *m)
{
	const struct spdm_span s = talk_bytes(t, m);

	return judge_on(t->j) && talk_raw(t, s.p, s.n);
}

bool talk_once(struct talk *t, const struct spdm_msg *m)
{
	const struct spdm_span s = talk_bytes(t, m);

	if (!judge_on(t->j))
		return false;
	keep(t, s.p, s.n);
	if (!judge_ask_raw(t->j, JUDGE_PLAIN, s.p, s.n))
		return false;
	take(t);
	return true;
}

bool talk_has(const struct talk *t, uint8_t code)
{
	return t->a && t->a->code == code;
}

bool talk_is(struct talk *t, uint8_t code)
{
	return judge_answers(t->j, code) &&
	       judge_expect(t->j, t->a->version == t->v || code == SPDM_VERSION,
			    "its version is 0x%02x, not 0x%02x", t->got.p[0],
			    t->v);
}

bool talk_refused(struct talk *t, uint64_t how)
{
	uint8_t code;

	if (t->quiet)
		return judge_expect(t->j, true, "silence");
	if (!judge_refused_any(t->j))
		return false;
	code = t->got.p[2];
	return judge_expect(t->j, how & TALK_E(code),
			    "ERROR 0x%02x (%s) is not the code for it", code,
			    judge_spdm_error(code));
}

bool talk_note(struct talk *t, struct crypto_slot *s, bool vca)
{
	const size_t sig = spdm_msg_sig_len(t->a);

	if (!spdm_tr_add(&t->tr, s, vca, t->j->next, t->req_len) &&
	    !spdm_tr_add(&t->tr, s, vca, t->got.p, t->got.n - sig))
		return true;
	judge_absent(t->j, "the judge cannot hash the exchange");
	return false;
}

bool talk_signed(struct talk *t, struct crypto_slot s, const char *context,
		 struct spdm_span sig)
{
	const struct spdm_sig_alg alg = { .version = t->v,
					  .hash = t->sel.hash,
					  .asym = t->sel.asym,
					  .pqc = t->sel.pqc_asym };
	uint8_t th[SPDM_HASH_MAX];

	if (spdm_tr_digest(&t->tr, s, th)) {
		judge_absent(t->j, "the judge cannot hash the exchange");
		return false;
	}
	return judge_expect(
		t->j,
		!spdm_sig_verify(t->c, t->leaf.leaf, &alg, context, th, sig),
		"the signature does not verify under the key of "
		"the certificate chain");
}

bool talk_needs(struct talk *t, uint32_t flags, const char *name)
{
	if (t->theirs.flags & flags)
		return true;
	judge_absent(t->j, "the device does not offer %s", name);
	return false;
}

/* More than any message but a list of very many measurements has. */
#define FIELDS 512

bool talk_reserved_zero(struct talk *t)
{
	struct field f[FIELDS];
	size_t n;

	if (fields_of(t->got.p, t->got.n, &t->sh, f, COUNT(f), &n))
		return judge_expect(
			t->j, false,
			"the fields of the response do not fill it");
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0;
		     f[i].kind == FIELD_RESERVED && k < f[i].len; k++) {
			const uint8_t b = t->got.p[f[i].off + k];

			if (!judge_expect(
				    t->j, !(b & (f[i].mask ? f[i].mask : 0xff)),
				    "byte %u is 0x%02x, where bits 0x%02x "
				    "are reserved",
				    f[i].off + k, b,
				    f[i].mask ? f[i].mask : 0xff))
				return false;
		}
	return judge_expect(t->j, true, "nothing is reserved");
}

bool talk_reserved_set(struct talk *t, const struct spdm_msg *m)
{
	const struct spdm_span s = talk_bytes(t, m);
	struct field f[FIELDS];
	bool any = false;
	size_t n;

	if (!judge_on(t->j))
		return false;
	if (fields_of(s.p, s.n, &t->sh, f, COUNT(f), &n))
		n = 0;
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0;
		     f[i].kind == FIELD_RESERVED && k < f[i].len; k++) {
			t->j->next[f[i].off + k] |=
				f[i].mask ? f[i].mask : 0xff;
			any = true;
		}
	if (!any)
		judge_absent(t->j, "nothing is reserved in this request");
	return any;
}
