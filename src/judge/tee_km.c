/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/tee.h"

#include <stdio.h>
#include <string.h>

/* Objects of IDE_KM. Layout: PCIe Base 6.x §6.33.3 */

#define KSS_DIR_SHIFT 1
#define KSS_SUB_SHIFT 4

static const char *const object_names[IDEKM_OBJECTS] = {
	[IDEKM_QUERY] = "QUERY",
	[IDEKM_QUERY_RESP] = "QUERY_RESP",
	[IDEKM_KEY_PROG] = "KEY_PROG",
	[IDEKM_KP_ACK] = "KP_ACK",
	[IDEKM_K_SET_GO] = "K_SET_GO",
	[IDEKM_K_SET_STOP] = "K_SET_STOP",
	[IDEKM_K_GOSTOP_ACK] = "K_GOSTOP_ACK",
};

struct idekm_ref tee_ref(const struct judge *j, unsigned set, unsigned dir,
			 unsigned sub)
{
	return (struct idekm_ref){
		.stream = j->cfg.stream,
		.key_set = (uint8_t)set,
		.dir = (uint8_t)dir,
		.sub = (uint8_t)sub,
		.port = j->cfg.port,
	};
}

size_t tee_query(uint8_t *out, unsigned port)
{
	out[0] = IDEKM_QUERY;
	out[1] = 0;
	out[2] = (uint8_t)port;
	return IDEKM_QUERY_LEN;
}

size_t tee_key_obj(uint8_t *out, enum idekm_object o,
		   const struct idekm_ref *ref)
{
	out[0] = (uint8_t)o;
	out[1] = 0;
	out[2] = 0;
	out[3] = ref->stream;
	out[4] = 0;
	out[5] = (uint8_t)(ref->key_set | ref->dir << KSS_DIR_SHIFT |
			   ref->sub << KSS_SUB_SHIFT);
	out[6] = ref->port;
	return IDEKM_KEY_HDR_LEN;
}

/*
 * Of the seed and of the session: with a seed that comes again a device would
 * be given keys that it has had, which it may refuse.
 */
static void new_key(struct judge *j, uint8_t out[IDEKM_KEY_LEN])
{
	uint8_t of[IDEKM_KEY_LEN + SPDM_HASH_MAX];

	judge_random(j, of, IDEKM_KEY_LEN);
	memcpy(of + IDEKM_KEY_LEN, j->q.keys.data_dir[SPDM_DIR_REQ],
	       SPDM_HASH_MAX);
	if (crypto_hash(j->cfg.crypto, CRYPTO_SHA256, of, sizeof(of), out))
		memcpy(out, of, IDEKM_KEY_LEN);
	bytes_wipe(of, sizeof(of));
}

/* The invocation field is two words: 0, then the counter's first value. */
size_t tee_key_prog(struct judge *j, uint8_t *out, const struct idekm_ref *ref)
{
	size_t n = tee_key_obj(out, IDEKM_KEY_PROG, ref);

	new_key(j, out + n);
	n += IDEKM_KEY_LEN;
	memset(out + n, 0, IDEKM_IFV_LEN);
	out[n + 4] = 1;
	return n + IDEKM_IFV_LEN;
}

bool tee_km_ask(struct judge *j, const uint8_t *p, size_t n, struct tee_km *a)
{
	memset(a, 0, sizeof(*a));
	if (!judge_idekm(j, p, n) || !judge_vendor(j, IDEKM_PROTOCOL, &a->raw))
		return false;
	a->bad = idekm_decode(a->raw.p, a->raw.n, &a->m);
	return true;
}

static void km_words(const struct tee_km *a, char *out, size_t cap)
{
	const unsigned o = a->raw.n ? a->raw.p[0] : IDEKM_OBJECTS;
	const char *name =
		o < IDEKM_OBJECTS ? object_names[o] : "an unknown object";

	if (a->bad)
		snprintf(out, cap, "%s, malformed (%s)", name,
			 il_err_name(a->bad));
	else
		snprintf(out, cap, "%s", name);
}

bool tee_km_is(struct judge *j, const struct tee_km *a, enum idekm_object o)
{
	char came[64];

	km_words(a, came, sizeof(came));
	return judge_expect(j, !a->bad && a->m.object == o,
			    "%s was to come, and what came is %s",
			    object_names[o], came);
}

bool tee_km_status(struct judge *j, const struct tee_km *a, unsigned status)
{
	return tee_km_is(j, a, IDEKM_KP_ACK) &&
	       judge_expect(j, a->m.status == status,
			    "status %u was to come, and what came is %u",
			    status, a->m.status);
}

bool tee_km_same(struct judge *j, const struct tee_km *a,
		 const struct idekm_ref *ref)
{
	const struct idekm_ref *m = &a->m.ref;

	return judge_expect(
		j,
		m->stream == ref->stream && m->key_set == ref->key_set &&
			m->dir == ref->dir && m->sub == ref->sub &&
			m->port == ref->port,
		"it names stream %u, set %u, direction %u, sub-stream %u, port "
		"%u; asked was %u, %u, %u, %u, %u",
		m->stream, m->key_set, m->dir, m->sub, m->port, ref->stream,
		ref->key_set, ref->dir, ref->sub, ref->port);
}

bool tee_km_silent(struct judge *j, const uint8_t *p, size_t n)
{
	const struct spdm_span m = judge_vendor_msg(j, IDEKM_PROTOCOL, p, n);

	return judge_silence_to(j, JUDGE_SEALED, m.p, m.n);
}

/* An ERROR of SPDM is no answer of IDE_KM's. */
bool tee_km_unheard(struct judge *j, const uint8_t *p, size_t n)
{
	const struct spdm_span m = judge_vendor_msg(j, IDEKM_PROTOCOL, p, n);
	const struct judge_answer *a = judge_answer(j);
	bool answered = false;

	if (!judge_maybe(j, JUDGE_SEALED, m.p, m.n, &answered))
		return false;
	return judge_expect(j,
			    !answered || a->bad ||
				    a->m.code != SPDM_VENDOR_DEFINED_RESPONSE,
			    "an object of IDE_KM came as an answer");
}

/* --- to a state --- */

/* One object on the way; what refuses it ends the case. */
static bool step(struct judge *j, const uint8_t *p, size_t n,
		 enum idekm_object want)
{
	struct tee_km a;
	char came[64];

	if (!tee_km_ask(j, p, n, &a))
		return false;
	km_words(&a, came, sizeof(came));
	if (!a.bad && a.m.object == want &&
	    (want != IDEKM_KP_ACK || a.m.status == IDEKM_OK))
		return true;
	judge_absent(j, "%s was answered by %s, status %u",
		     object_names[p[0] < IDEKM_OBJECTS ? p[0] : 0], came,
		     a.m.status);
	return false;
}

bool tee_keys(struct judge *j, unsigned set)
{
	uint8_t m[TEE_KEY_LEN];
	bool ok = judge_on(j);

	for (unsigned i = 0; i < IDEKM_DIRS * IDEKM_SUBS && ok; i++) {
		const struct idekm_ref ref =
			tee_ref(j, set, i / IDEKM_SUBS, i % IDEKM_SUBS);

		ok = step(j, m, tee_key_prog(j, m, &ref), IDEKM_KP_ACK);
	}
	for (unsigned i = 0; i < IDEKM_DIRS * IDEKM_SUBS && ok; i++) {
		const struct idekm_ref ref =
			tee_ref(j, set, i / IDEKM_SUBS, i % IDEKM_SUBS);

		ok = step(j, m, tee_key_obj(m, IDEKM_K_SET_GO, &ref),
			  IDEKM_K_GOSTOP_ACK);
	}
	bytes_wipe(m, sizeof(m));
	return ok;
}
