/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "crypto/fake.h"
#include "decode/fields.h"
#include "decode/flow.h"
#include "decode/watch.h"

/*
 * Hostile conversations, heard: {how, length, bytes} again and again. Whatever
 * they are, each push leads to a note or more, and the listener gives back all
 * that it took. Secrets are of fixed bytes, so that sessions open and go on.
 */

struct ear {
	unsigned notes;
	struct flow_secrets secrets;
	struct field field[FIELDS_MAX];
};

static void note(void *ctx, const struct flow_note *n)
{
	struct ear *e = ctx;
	size_t got = 0;

	e->notes++;
	must(n->checks <= FLOW_CHECKS);
	must(n->what == FLOW_MESSAGE || n->why);
	for (unsigned i = 0; i < n->checks; i++)
		must((n->check[i].why == NULL) ==
		     (n->check[i].verdict == FLOW_HOLDS));
	if (!n->msg ||
	    fields_of(n->p, n->n, &n->shape, e->field, FIELDS_MAX, &got))
		return;
	for (size_t i = 0; i < got; i++)
		must(e->field[i].off + (size_t)e->field[i].len <= n->n);
}

static const struct flow_secrets *secrets(void *ctx, const struct flow_who *who)
{
	struct ear *e = ctx;

	return who->id & 1 ? &e->secrets : NULL;
}

static void object(void *ctx, bool answer, const uint8_t *p, size_t n)
{
	(void)ctx;
	(void)answer;
	must(p && n);
}

static void packet(struct watch *w, const uint8_t *p, size_t n)
{
	struct tlp t;

	(void)watch_push(w, p, n, &t);
	if (n >= 33)
		watch_key(w, p[0], p[0] & 1, p[0] >> 1 & 1, p[0] >> 2 & 3,
			  p + 1, 1);
}

/*
 * One message inside a session that the listener has keys of, as whoever made
 * the session would send it.
 */
static void inside(struct flow *f, const struct crypto *c, uint8_t how,
		   const uint8_t *p, size_t n)
{
	static uint8_t buf[4096];
	const struct flow_session *s = &f->ses[how >> 4 & 7];
	struct spdm_channel ch = s->ch[how >> 3 & 1];
	size_t total = 0;

	if (!s->live || !s->keyed || n > sizeof(buf) - SPDM_SECURED_OVER_MAX)
		return;
	if (n)
		memcpy(buf + spdm_secured_head(&ch), p, n);
	if (!spdm_secured_seal(&ch, c, s->id, buf, sizeof(buf), n, &total))
		flow_push(f, NULL, SPDM_SECURED, buf, total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct flow f;
	static struct watch w;
	static struct ear e;
	struct fake_crypto fake;
	struct rd in = rd_over(data, len);
	struct crypto c;

	fake_init(&fake, 1);
	c = fake_crypto(&fake);
	memset(&e, 0, sizeof(e));
	for (unsigned k = 0; k < FLOW_SECRETS; k++) {
		e.secrets.len[k] = 48;
		memset(e.secrets.v[k], (int)k, 48);
	}
	flow_init(&f, &(struct flow_cfg){ .crypto = &c,
					  .secrets = secrets,
					  .note = note,
					  .ctx = &e });
	watch_init(&w, &(struct watch_cfg){ .crypto = &c, .object = object });
	while (rd_left(&in) > 3) {
		const uint8_t how = rd_u8(&in);
		size_t n = rd_u16le(&in);
		const unsigned before = e.notes;
		const uint8_t *p;

		if (n > rd_left(&in))
			n = rd_left(&in);
		p = rd_bytes(&in, n);
		if (how & 2) {
			packet(&w, p, n);
			continue;
		}
		if (how & 4) {
			inside(&f, &c, how, p, n);
			continue;
		}
		flow_push(&f, NULL, how & 1 ? SPDM_SECURED : SPDM_PLAIN, p, n);
		must(e.notes > before && e.notes - before <= FLOW_NOTES_MAX);
	}
	flow_fini(&f);
	watch_fini(&w);
	must(fake_live(&fake) == 0);
	return 0;
}
