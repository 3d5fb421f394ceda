/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "judge/cases.h"
#include "judge/tee.h"
#include "judge/two.h"

/* IDE_KM and the session that it comes in; what is left of keys. */

static struct idekm_ref first(const struct judge *j)
{
	return tee_ref(j, 0, IDEKM_RX, IDEKM_PR);
}

static void outside(struct judge *j, const uint8_t *p, size_t n)
{
	struct spdm_span m;

	if (!judge_connect(j))
		return;
	m = judge_vendor_msg(j, IDEKM_PROTOCOL, p, n);
	(void)judge_silence_to(j, JUDGE_PLAIN, m.p, m.n);
}

static void outside_query(struct judge *j)
{
	uint8_t m[IDEKM_QUERY_LEN];

	outside(j, m, tee_query(m, j->cfg.port));
}

static void outside_prog(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];

	outside(j, m, tee_key_prog(j, m, &ref));
}

/* OPEN: the text asks for AES-256-GCM and does not say what is to become of
 * another; what is not secured as it asks gets no answer. */
static void other_cipher(struct judge *j)
{
	uint8_t m[IDEKM_QUERY_LEN];

	judge_offer(j)->aead =
		SPDM_AEAD_AES_128_GCM | SPDM_AEAD_CHACHA20_POLY1305;
	if (judge_session(j))
		(void)tee_km_unheard(j, m, tee_query(m, j->cfg.port));
}

/* The first session holds keys, the second one is current. */
static bool beside(struct judge *j)
{
	return tee_keyed(j) && judge_second(j);
}

static void other_session_query(struct judge *j)
{
	uint8_t m[IDEKM_QUERY_LEN];

	if (beside(j))
		(void)tee_km_silent(j, m, tee_query(m, j->cfg.port));
}

static void other_session_prog(struct judge *j)
{
	const struct idekm_ref ref = tee_ref(j, 1, IDEKM_RX, IDEKM_PR);
	uint8_t m[TEE_KEY_LEN];

	if (beside(j))
		(void)tee_km_silent(j, m, tee_key_prog(j, m, &ref));
}

/* The text has QUERY and KEY_PROG discarded; whatever is said to a STOP, it
 * must not take the keys. */
static void other_session_stop(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[IDEKM_KEY_HDR_LEN], body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (beside(j) &&
	    tee_km_then(j, m, tee_key_obj(m, IDEKM_K_SET_STOP, &ref),
			TDISP_GET_STATE, NULL, 0, &a) &&
	    judge_swap(j) && tee_ask(j, TDISP_LOCK_REQ, body, sizeof(body), &a))
		(void)tee_is(j, &a, TDISP_LOCK_RSP);
}

/* A session after the one that keyed, which has ended. */
static bool after(struct judge *j)
{
	return tee_keyed(j) && judge_op(j, SPDM_OP_END_SESSION, NULL) &&
	       tee_enable(j, false) && judge_session(j);
}

static void next_session_keys(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];
	struct tee_km a;

	if (after(j) && tee_km_ask(j, m, tee_key_prog(j, m, &ref), &a))
		(void)tee_km_status(j, &a, IDEKM_OK);
}

static void next_session_queries(struct judge *j)
{
	uint8_t m[IDEKM_QUERY_LEN];
	struct tee_km a;

	if (after(j) && tee_km_ask(j, m, tee_query(m, j->cfg.port), &a))
		(void)tee_km_is(j, &a, IDEKM_QUERY_RESP);
}

/* LOCK stands on keys, so that it shows whether there are any. */
static bool no_keys(struct judge *j)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	return tee_ask(j, TDISP_LOCK_REQ, body, sizeof(body), &a) &&
	       tee_error(j, &a, TDISP_E_INVALID_REQUEST);
}

static void session_end_wipes(struct judge *j)
{
	if (after(j))
		(void)no_keys(j);
}

/* All keys, or one of them, of the set in use. */
static bool stop_keys(struct judge *j, unsigned n)
{
	bool ok = judge_on(j);

	for (unsigned i = 0; i < n && ok; i++) {
		const struct idekm_ref ref =
			tee_ref(j, 0, 1 - i / IDEKM_SUBS, i % IDEKM_SUBS);
		uint8_t m[IDEKM_KEY_HDR_LEN];
		struct tee_km a;

		ok = tee_km_ask(j, m, tee_key_obj(m, IDEKM_K_SET_STOP, &ref),
				&a) &&
		     tee_km_is(j, &a, IDEKM_K_GOSTOP_ACK);
	}
	return ok;
}

static void stop_wipes(struct judge *j)
{
	if (tee_keyed(j) && stop_keys(j, IDEKM_DIRS * IDEKM_SUBS))
		(void)no_keys(j);
}

static void stop_wipes_one(struct judge *j)
{
	if (tee_keyed(j) && stop_keys(j, 1))
		(void)no_keys(j);
}

/* What is stopped can be keyed anew. */
static void keyed_again(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];
	struct tee_km a;

	if (tee_keyed(j) && stop_keys(j, IDEKM_DIRS * IDEKM_SUBS) &&
	    tee_enable(j, false) &&
	    tee_km_ask(j, m, tee_key_prog(j, m, &ref), &a))
		(void)tee_km_status(j, &a, IDEKM_OK);
}

/* --- another stream --- */

static bool other_stream(struct judge *j, enum idekm_object o, bool on_way)
{
	struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];
	struct tee_km a;
	size_t n;

	ref.stream = (uint8_t)(j->cfg.stream + 1u);
	n = o == IDEKM_KEY_PROG ? tee_key_prog(j, m, &ref)
				: tee_key_obj(m, o, &ref);
	if (!tee_km_ask(j, m, n, &a))
		return false;
	if (on_way && !a.bad && a.m.object == IDEKM_KP_ACK && a.m.status) {
		judge_absent(j, "stream %u takes no keys: status %u",
			     ref.stream, a.m.status);
		return false;
	}
	return o == IDEKM_KEY_PROG ? tee_km_status(j, &a, IDEKM_OK)
				   : tee_km_is(j, &a, IDEKM_K_GOSTOP_ACK);
}

static void streams_apart(struct judge *j)
{
	struct tee_lock l;

	if (tee_locked(j, &l) && other_stream(j, IDEKM_KEY_PROG, true) &&
	    other_stream(j, IDEKM_K_SET_STOP, false))
		(void)tee_state_is(j, TDI_LOCKED);
}

/* clang-format off */
#define SRC "PCIe Base 6.x §6.33.3"
static const struct judge_case cases[] = {
	{
		.name = "ide-km/query-outside-a-session-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "QUERY outside a secured session is discarded without an answer",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-outside-session",
		.run = outside_query,
	},
	{
		.name = "ide-km/key-prog-outside-a-session-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_PROG outside a secured session is discarded without an answer",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-outside-session",
		.run = outside_prog,
	},
	{
		.name = "ide-km/other-cipher-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "IDE_KM under another algorithm than AES-256-GCM gets no object",
		.source = "PCIe Base 6.x §6.33.3, §11.2.2", .sure = SURE_OPEN,
		.misbehave = "idekm-answers-anything",
		.run = other_cipher,
	},
	{
		.name = "ide-km/query-of-another-session-is-ignored",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "while a session holds keys, QUERY of another session is not answered",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-answers-anything",
		.run = other_session_query,
	},
	{
		.name = "ide-km/key-prog-of-another-session-is-ignored",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "while a session holds keys, KEY_PROG of another session is not answered",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-answers-anything",
		.run = other_session_prog,
	},
	{
		.name = "ide-km/stop-of-another-session-stops-nothing",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "while a session holds keys, K_SET_STOP of another session takes none of them",
		.source = "PCIe Base 6.x §6.33.3, §11.4.5", .sure = SURE_INFERRED,
		.misbehave = "idekm-stops-any",
		.run = other_session_stop,
	},
	{
		.name = "ide-km/next-session-may-query",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "once the session that held keys has ended, QUERY of another is answered",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-held-for-good",
		.run = next_session_queries,
	},
	{
		.name = "ide-km/next-session-may-key",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "once the session that held keys has ended, another one programs keys in their place",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-held-for-good",
		.run = next_session_keys,
	},
	{
		.name = "ide-km/end-of-session-wipes-keys",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "when a session ends the keys that it programmed are gone: LOCK_INTERFACE_REQUEST in the next one is INVALID_REQUEST",
		.source = "PCIe Base 6.x §6.33.3, §11.4.5", .sure = SURE_SPEC,
		.misbehave = "idekm-keeps-keys",
		.run = session_end_wipes,
	},
	{
		.name = "ide-km/stop-wipes-keys",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "after K_SET_STOP of all keys there are none: LOCK_INTERFACE_REQUEST is INVALID_REQUEST",
		.source = "PCIe Base 6.x §6.33.3, §11.3.8", .sure = SURE_SPEC,
		.misbehave = "idekm-keeps-keys",
		.run = stop_wipes,
	},
	{
		.name = "ide-km/stop-wipes-one-key",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "after K_SET_STOP of one key not all sub-streams have one: LOCK_INTERFACE_REQUEST is INVALID_REQUEST",
		.source = "PCIe Base 6.x §6.33.3, §11.3.8", .sure = SURE_SPEC,
		.misbehave = "idekm-keeps-keys",
		.run = stop_wipes_one,
	},
	{
		.name = "ide-km/stopped-stream-is-keyed-again",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "after K_SET_STOP of all keys, KEY_PROG with another key is successful",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-stopped-for-good",
		.run = keyed_again,
	},
	{
		.name = "ide-km/streams-are-apart",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "keys of another stream come and go without effect on what is locked on this one",
		.source = "PCIe Base 6.x §6.33.3, §11.4.5", .sure = SURE_SPEC,
		.misbehave = "idekm-key-ends-lock",
		.run = streams_apart,
	},
};
/* clang-format on */

const struct judge_table judge_cases_idekm_session = { cases, COUNT(cases) };
