/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/talk.h"

#include "base/bits.h"
#include "judge/judge_priv.h"
#include "spdm/caps.h"
#include "spdm/keys.h"
#include "spdm/sig.h"

/* The ground on which a case stands: a connection, as far as it is needed. */

#define USUAL                                                              \
	(SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | \
	 SPDM_CAP_KEY_EX)

/* All that we can verify with; of the rest a device needs to know nothing. */
#define ASYM                                                          \
	(SPDM_ASYM_RSASSA | SPDM_ASYM_RSAPSS | SPDM_ASYM_ECDSA_P256 | \
	 SPDM_ASYM_ECDSA_P384 | SPDM_ASYM_ECDSA_P521)
#define HASH (SPDM_HASH_SHA_256 | SPDM_HASH_SHA_384 | SPDM_HASH_SHA_512)
#define DHE  (SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1 | SPDM_DHE_SECP521R1)
#define AEAD                                             \
	(SPDM_AEAD_AES_128_GCM | SPDM_AEAD_AES_256_GCM | \
	 SPDM_AEAD_CHACHA20_POLY1305)

/* The ground could not be reached: what stops it has a case of its own. */
static bool stopped(struct talk *t, const char *what)
{
	if (t->got.n >= 4 && t->got.p[1] == SPDM_ERROR)
		judge_absent(t->j, "%s was answered by ERROR 0x%02x (%s)", what,
			     t->got.p[2], judge_spdm_error(t->got.p[2]));
	else
		judge_absent(t->j, "what came to %s is not its response", what);
	return false;
}

static bool no_hash(struct talk *t)
{
	judge_absent(t->j, "the judge cannot hash the exchange");
	return false;
}

static bool vca(struct talk *t)
{
	return (!spdm_tr_vca(&t->tr, t->j->next, t->req_len) &&
		!spdm_tr_vca(&t->tr, t->got.p, t->got.n)) ||
	       no_hash(t);
}

/* Where no version is judged: the newest that we know. */
static uint8_t newest(const struct spdm_msg *m)
{
	uint8_t best = SPDM_V10;

	for (uint8_t i = 0; i < m->u.version_list.count; i++) {
		const uint8_t v = (uint8_t)(m->u.version_list.entry[i] >> 8);

		if (v > best && v <= SPDM_V14)
			best = v;
	}
	return best;
}

bool talk_version(struct talk *t)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_VERSION);
	bool there = false;

	m.version = SPDM_V10;
	if (!talk_ask(t, &m))
		return false;
	if (!talk_has(t, SPDM_VERSION))
		return stopped(t, "GET_VERSION");
	t->versions = *t->a;
	if (!t->v)
		t->v = newest(&t->versions);
	for (uint8_t i = 0; i < t->a->u.version_list.count; i++)
		if (t->a->u.version_list.entry[i] >> 8 == t->v)
			there = true;
	if (!there) {
		judge_absent(t->j, "the device does not speak SPDM %u.%u",
			     t->v >> 4, t->v & 0xf);
		return false;
	}
	if (spdm_tr_restart(&t->tr))
		return no_hash(t);
	return vca(t);
}

void talk_caps_msg(struct talk *t, struct spdm_msg *m)
{
	const struct talk_wish *w = &t->wish;
	struct spdm_caps *c = &m->u.caps;
	uint32_t flags = (USUAL | w->caps) & ~w->no_caps;

	*m = talk_msg(t, SPDM_GET_CAPABILITIES);
	if (w->chunks)
		flags |= SPDM_CAP_CHUNK;
	if (w->block && t->v >= SPDM_V13)
		m->param1 = SPDM_CAPS_ALGS;
	c->flags = flags & spdm_caps_mask(t->v, true);
	c->ct_exponent = 14;
	c->transfer = w->transfer ? w->transfer : JUDGE_TRANSFER;
	c->max_msg = w->chunks ? 65536 : c->transfer;
}

bool talk_caps(struct talk *t)
{
	struct spdm_msg m;

	talk_caps_msg(t, &m);
	t->mine = m.u.caps;
	if (!talk_ask(t, &m))
		return false;
	if (!talk_has(t, SPDM_CAPABILITIES) || t->a->version != t->v)
		return stopped(t, "GET_CAPABILITIES");
	t->theirs = t->a->u.caps;
	t->theirs.flags &= spdm_caps_mask(t->v, false);
	return vca(t);
}

void talk_algs_msg(struct talk *t, struct spdm_msg *m)
{
	static const struct spdm_alg_table tables[] = {
		{ .type = SPDM_ALG_DHE, .bits = DHE },
		{ .type = SPDM_ALG_AEAD, .bits = AEAD },
		{ .type = SPDM_ALG_REQ_ASYM, .bits = ASYM },
		{ .type = SPDM_ALG_KEY_SCHEDULE,
		  .bits = SPDM_KEY_SCHEDULE_SPDM },
	};
	struct spdm_algs *a = &m->u.algs;

	*m = talk_msg(t, SPDM_NEGOTIATE_ALGORITHMS);
	a->meas_spec = SPDM_MEAS_SPEC_DMTF;
	a->asym = ASYM;
	a->hash = HASH;
	if (t->v >= SPDM_V12)
		a->other_params = SPDM_OPAQUE_FMT_1;
	if (t->v >= SPDM_V13)
		a->mel_spec = SPDM_MEL_SPEC_DMTF;
	if (t->v >= SPDM_V13 &&
	    (t->theirs.flags & SPDM_CAP_MULTI_KEY_ONLY ||
	     (t->wish.many_keys && t->theirs.flags & SPDM_CAP_MULTI_KEY_MASK)))
		a->other_params |= SPDM_MULTI_KEY_CONN;
	if (t->v < SPDM_V11)
		return;
	a->tables = COUNT(tables);
	m->param1 = a->tables;
	memcpy(a->table, tables, sizeof(tables));
}

bool talk_algs(struct talk *t)
{
	struct spdm_msg m;

	talk_algs_msg(t, &m);
	t->offer = m.u.algs;
	if (!talk_ask(t, &m))
		return false;
	if (!talk_has(t, SPDM_ALGORITHMS) || t->a->version != t->v)
		return stopped(t, "NEGOTIATE_ALGORITHMS");
	t->sel = t->a->u.algs;
	t->sh.hash_len = spdm_hash_len(t->sel.hash);
	t->sh.sig_len = spdm_asym_sig_len(t->sel.asym, t->sel.pqc_asym);
	t->sh.dhe_len = spdm_dhe_len(spdm_algs_bits(&t->sel, SPDM_ALG_DHE));
	t->sh.multi_key = m.u.algs.other_params & SPDM_MULTI_KEY_CONN;
	if (!t->sh.hash_len) {
		judge_absent(t->j, "no hash was agreed on");
		return false;
	}
	if (!vca(t))
		return false;
	if (spdm_tr_choose(&t->tr, t->v, t->sel.hash))
		return no_hash(t);
	return true;
}

bool talk_digests(struct talk *t)
{
	const struct spdm_msg m = talk_msg(t, SPDM_GET_DIGESTS);
	size_t n = 0;

	if (!talk_needs(t, SPDM_CAP_CERT, "CERT_CAP") || !talk_ask(t, &m))
		return false;
	if (!talk_has(t, SPDM_DIGESTS))
		return stopped(t, "GET_DIGESTS");
	t->slots = t->a->param2;
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (t->slots >> i & 1) {
			memcpy(t->digest[i], t->a->u.digests.all.p + n,
			       t->sh.hash_len);
			n += t->sh.hash_len;
		}
	return talk_note(t, &t->tr.m12, true);
}

/* Reads the whole chain, in portions that fit. */
static bool chain_bytes(struct talk *t, uint8_t slot)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_CERTIFICATE);
	const uint32_t room = t->mine.transfer;
	uint32_t left;

	t->chain_len = 0;
	m.param1 = slot;
	do {
		m.u.get_cert.offset = (uint32_t)t->chain_len;
		m.u.get_cert.length = room - 8 < 1024 ? room - 8 : 1024;
		if (!talk_ask(t, &m))
			return false;
		if (!talk_has(t, SPDM_CERTIFICATE) || !t->a->u.cert.portion.n)
			return stopped(t, "GET_CERTIFICATE");
		if (t->a->u.cert.portion.n > JUDGE_CHAIN - t->chain_len) {
			judge_absent(t->j, "the chain has no end");
			return false;
		}
		memcpy(t->j->chain + t->chain_len, t->a->u.cert.portion.p,
		       t->a->u.cert.portion.n);
		t->chain_len += t->a->u.cert.portion.n;
		left = t->a->u.cert.remainder;
		if (!talk_note(t, &t->tr.m12, true))
			return false;
	} while (left);
	return true;
}

bool talk_chain(struct talk *t, uint8_t slot)
{
	const size_t head = SPDM_CHAIN_HEAD + t->sh.hash_len;

	if (!chain_bytes(t, slot))
		return false;
	if (t->chain_len <= head ||
	    crypto_chain_parse(t->c, t->j->chain + head, t->chain_len - head,
			       &t->leaf)) {
		judge_absent(t->j, "the chain of slot %u cannot be read", slot);
		return false;
	}
	return true;
}

/* The runner looks at the engine's connection, which is not this one. */
static bool offered(struct talk *t)
{
	const uint32_t lacks = t->j->c->caps & ~t->theirs.flags;

	if (lacks)
		judge_absent(t->j,
			     "CAPABILITIES lacks flags 0x%08x of those that "
			     "this needs",
			     lacks);
	return !lacks;
}

static bool reach(struct talk *t, enum talk_ground to)
{
	return (to < TALK_VERSION || talk_version(t)) &&
	       (to < TALK_CAPS || (talk_caps(t) && offered(t))) &&
	       (to < TALK_ALGS || talk_algs(t)) &&
	       (to < TALK_DIGESTS || talk_digests(t)) &&
	       (to < TALK_CHAIN || talk_chain(t, 0));
}

bool talk_begin(struct talk *t, struct judge *j, enum talk_ground to,
		const struct talk_wish *wish)
{
	*t = (struct talk){ .j = j, .c = j->cfg.crypto, .v = j->version };
	if (wish)
		t->wish = *wish;
	spdm_tr_init(&t->tr, t->c);
	t->tr.may = HASH;
	return reach(t, to);
}

void talk_end(struct talk *t)
{
	spdm_tr_drop(&t->tr);
	crypto_chain_drop(t->c, &t->leaf);
}
