/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/misbehave_records.h"

#include <string.h>

#include "base/bits.h"

/* Records taken that should not be: what the rows in misbehave_taken.c and
 * misbehave_secured.c do alike. */

bool misbehave_is_record(const struct device_exchange *x)
{
	bool secured;

	if (!x->doe)
		return x->kind == SPDM_SECURED;
	return doe_is_spdm(x->type, &secured) && secured;
}

static const struct crypto *crypto_of(const struct misbehave_one *me)
{
	return misbehave_rsp(me)->cfg.crypto;
}

size_t record_head(const struct misbehave_one *me)
{
	return 6u + misbehave_rsp(me)->via->seq_len;
}

struct spdm_rsp_session *record_session(const struct misbehave_one *me,
					const struct device_exchange *x)
{
	if (!misbehave_is_record(x) || x->n < record_head(me))
		return NULL;
	return misbehave_session_of(me, get_u32le(x->in));
}

bool record_opens(const struct misbehave_one *me, struct spdm_channel ch,
		  const uint8_t *p, size_t n, struct spdm_span *app)
{
	return ch.live &&
	       !spdm_secured_open_at(&ch, crypto_of(me), p, n, me->all->held.p,
				     RECORD_ROOM, app);
}

bool record_near(const struct misbehave_one *me, struct spdm_channel ch,
		 const uint8_t *p, size_t n, struct spdm_span *app)
{
	for (ch.seq = 0; ch.seq < RECORD_NEAR; ch.seq++)
		if (record_opens(me, ch, p, n, app))
			return true;
	return false;
}

bool record_lax(const struct misbehave_one *me, const struct spdm_channel *ch,
		const uint8_t *p, size_t n, struct spdm_span *app)
{
	const size_t head = record_head(me);
	const size_t skip = 2u + misbehave_rsp(me)->via->type_len;
	uint8_t *out = me->all->held.p;
	uint8_t iv[SPDM_IV_LEN], tag[SPDM_SECURED_TAIL];
	size_t len;

	if (n < head + skip || n - head > RECORD_ROOM || !ch->live)
		return false;
	put_u64le(iv, get_u64le(ch->iv) ^ ch->seq);
	memcpy(iv + 8, ch->iv + 8, SPDM_IV_LEN - 8);
	/* What encrypts once decrypts the second time: a counter's stream. */
	if (crypto_aead_seal(crypto_of(me), ch->key, iv, NULL, 0, p + head,
			     n - head, out, tag, sizeof(tag)))
		return false;
	len = get_u16le(out);
	if (len + 2 > n - head || len + 2 < skip)
		return false;
	*app = (struct spdm_span){ out + skip, len + 2 - skip };
	return true;
}

/* As if it had come so: under the session's own key and number. */
bool record_instead(struct misbehave_one *me, struct device_exchange *x,
		    const struct spdm_rsp_session *s, struct spdm_span app)
{
	struct spdm_channel ch = s->ch[SPDM_DIR_REQ];
	struct misbehave_bytes *b = &me->all->plain;
	const size_t head = spdm_secured_head(&ch);

	if (!ch.live || app.n + spdm_secured_over(&ch) > sizeof(b->p))
		return false;
	memmove(b->p + head, app.p, app.n);
	if (spdm_secured_seal(&ch, crypto_of(me), s->id, b->p, sizeof(b->p),
			      app.n, &b->n))
		return false;
	x->in = b->p;
	x->n = b->n;
	me->count++;
	return true;
}

/* The way back is that of the request. */
static void came_back(struct device_exchange *x, bool secured, size_t n)
{
	x->len = n;
	x->kind = secured ? SPDM_SECURED : SPDM_PLAIN;
	if (x->doe)
		x->type = doe_spdm(secured);
}

void record_answer_plain(struct misbehave_one *me, struct device_exchange *x,
			 const uint8_t m[4])
{
	if (x->cap < 4)
		return;
	memcpy(x->out, m, 4);
	came_back(x, false, 4);
	me->count++;
}

bool record_answer(struct misbehave_one *me, struct device_exchange *x,
		   uint32_t id, struct spdm_channel *ch, const uint8_t m[4])
{
	const size_t head = spdm_secured_head(ch);
	size_t n;

	if (x->cap < spdm_secured_over(ch) + 4)
		return false;
	memcpy(x->out + head, m, 4);
	if (spdm_secured_seal(ch, crypto_of(me), id, x->out, x->cap, 4, &n))
		return false;
	came_back(x, true, n);
	me->count++;
	return true;
}

bool record_answer_as(struct misbehave_one *me, struct device_exchange *x,
		      struct spdm_rsp_session *s, struct spdm_span req)
{
	const uint8_t m[4] = { misbehave_rsp(me)->version,
			       req.n > 1 ? spdm_response_of(req.p[1]) : 0 };

	return m[1] && record_answer(me, x, s->id, &s->ch[SPDM_DIR_RSP], m);
}

/* --- sessions that are no more --- */

static struct record_ghost *ghost_of(const struct misbehave_one *me)
{
	/* Behind what records are opened into. */
	return (struct record_ghost *)(void *)(me->all->held.p + RECORD_ROOM);
}

struct record_ghost *record_ghost(const struct misbehave_one *me)
{
	struct record_ghost *g = ghost_of(me);

	_Static_assert(RECORD_ROOM + sizeof(struct record_ghost) <=
			       sizeof(((struct misbehave *)0)->held.p),
		       "a row's storage");
	if (g->magic != RECORD_MAGIC) {
		memset(g, 0, sizeof(*g));
		g->magic = RECORD_MAGIC;
	}
	return g;
}

void record_remember(struct misbehave_one *me, const struct spdm_rsp_session *s)
{
	struct record_ghost *g = record_ghost(me);

	g->id = s->id;
	g->keys = s->keys;
	g->binding = s->ch[SPDM_DIR_REQ].binding;
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		g->seq[d] = s->ch[d].seq;
}

bool record_ghost_channel(struct misbehave_one *me, const uint8_t *secret,
			  struct spdm_channel *ch)
{
	const struct record_ghost *g = record_ghost(me);

	memset(ch, 0, sizeof(*ch));
	if (!g->id ||
	    spdm_channel_open(ch, crypto_of(me), &g->keys, secret, UINT64_MAX))
		return false;
	ch->binding = g->binding;
	return true;
}
