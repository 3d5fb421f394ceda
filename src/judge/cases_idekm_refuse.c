/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "judge/cases.h"
#include "judge/tee.h"

/*
 * IDE_KM that no requester should send. A size that does not fit gets no
 * response, says one rule of the text, and a KP_ACK that tells it, says
 * another: KEY_PROG may have either. That a bad GO or STOP gets no
 * acknowledgement is a recommendation; what is judged is that it does nothing.
 */

#define IFV_AT (IDEKM_KEY_HDR_LEN + IDEKM_KEY_LEN)

static struct idekm_ref first(const struct judge *j)
{
	return tee_ref(j, 0, IDEKM_RX, IDEKM_PR);
}

/* KEY_PROG as it stands, and the status that is to come. */
static bool prog(struct judge *j, const uint8_t *m, size_t n, unsigned status)
{
	struct tee_km a;

	return tee_km_ask(j, m, n, &a) && tee_km_status(j, &a, status);
}

/* A session anew, after one that a silence was shown in. */
static bool again(struct judge *j)
{
	return judge_connect(j) && judge_session(j);
}

/* No answer, or KP_ACK that tells the length, of the key that was named. */
static bool told(struct judge *j, const uint8_t *p, size_t n,
		 const struct idekm_ref *ref)
{
	const struct spdm_span m = judge_vendor_msg(j, IDEKM_PROTOCOL, p, n);
	const struct judge_answer *c = judge_answer(j);
	bool answered = false;
	struct tee_km a;

	if (!judge_maybe(j, JUDGE_SEALED, m.p, m.n, &answered))
		return false;
	if (!answered)
		return judge_expect(j, true, "there is no answer");
	memset(&a, 0, sizeof(a));
	if (!judge_expect(j,
			  !c->bad &&
				  c->m.code == SPDM_VENDOR_DEFINED_RESPONSE &&
				  c->m.u.vdm.payload.n &&
				  c->m.u.vdm.payload.p[0] == IDEKM_PROTOCOL,
			  "what came is no answer of IDE_KM"))
		return false;
	a.raw = (struct spdm_span){ c->m.u.vdm.payload.p + 1,
				    c->m.u.vdm.payload.n - 1 };
	a.bad = idekm_decode(a.raw.p, a.raw.n, &a.m);
	return tee_km_status(j, &a, IDEKM_BAD_LENGTH) &&
	       tee_km_same(j, &a, ref);
}

static void lengths(struct judge *j, const uint8_t *n, size_t count)
{
	const struct idekm_ref ref = tee_ref(j, 0, IDEKM_TX, IDEKM_CPL);
	uint8_t m[TEE_KEY_LEN + 4] = { 0 };

	if (!tee_session(j))
		return;
	for (size_t i = 0; i < count; i++) {
		(void)tee_key_prog(j, m, &ref);
		if ((i && !again(j)) || !told(j, m, n[i], &ref))
			return;
	}
}

/* Behind the header, in key and invocation field, and one byte short. */
static void prog_short(struct judge *j)
{
	static const uint8_t n[] = { IDEKM_KEY_HDR_LEN, 38, IFV_AT,
				     TEE_KEY_LEN - 4, TEE_KEY_LEN - 1 };

	lengths(j, n, COUNT(n));
}

static void prog_long(struct judge *j)
{
	static const uint8_t n[] = { TEE_KEY_LEN + 1, TEE_KEY_LEN + 4 };

	lengths(j, n, COUNT(n));
}

/* The first port index that is none. */
static bool no_port(struct judge *j, uint8_t *port)
{
	uint8_t m[IDEKM_QUERY_LEN];
	struct tee_km a;

	if (!tee_km_ask(j, m, tee_query(m, j->cfg.port), &a))
		return false;
	if (!a.bad && a.m.object == IDEKM_QUERY_RESP && a.m.max_port < 255) {
		*port = (uint8_t)(a.m.max_port + 1);
		return true;
	}
	judge_absent(j, a.bad ? "QUERY tells no last port"
			      : "each port index is one of a port");
	return false;
}

static void prog_port(struct judge *j)
{
	struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];
	struct tee_km a;

	if (!tee_session(j) || !no_port(j, &ref.port))
		return;
	if (tee_km_ask(j, m, tee_key_prog(j, m, &ref), &a) &&
	    tee_km_status(j, &a, IDEKM_BAD_PORT))
		(void)tee_km_same(j, &a, &ref);
}

static void prog_sub_stream(struct judge *j)
{
	struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];

	if (!tee_session(j))
		return;
	for (ref.sub = IDEKM_SUBS; ref.sub < 16; ref.sub++)
		if (!prog(j, m, tee_key_prog(j, m, &ref), IDEKM_BAD_FIELD))
			return;
}

static void prog_ifv(struct judge *j)
{
	static const struct {
		uint8_t at, value;
	} bad[] = { { 4, 0 }, { 4, 2 }, { 0, 1 }, { 7, 0x80 } };
	const struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];

	if (!tee_session(j))
		return;
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)tee_key_prog(j, m, &ref);
		m[IFV_AT + bad[i].at] = bad[i].value;
		if (!prog(j, m, sizeof(m), IDEKM_BAD_FIELD))
			return;
	}
}

static void prog_in_use(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];
	struct tee_km a;

	if (tee_keyed(j) && tee_km_ask(j, m, tee_key_prog(j, m, &ref), &a) &&
	    tee_km_is(j, &a, IDEKM_KP_ACK))
		judge_expect(j, a.m.status != IDEKM_OK,
			     "a key in use was replaced");
}

/* --- GO and STOP --- */

/* LOCK stands on keys: what it says after this object, answered or not. */
static void then_lock(struct judge *j, const uint8_t *m, size_t n, bool locks)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, 0, 0);
	if (!tee_km_then(j, m, n, TDISP_LOCK_REQ, body, sizeof(body), &a))
		return;
	if (locks)
		(void)tee_is(j, &a, TDISP_LOCK_RSP);
	else
		(void)tee_error(j, &a, TDISP_E_INVALID_REQUEST);
}

/* Keys for all but the first of the six. */
static bool five(struct judge *j)
{
	uint8_t m[TEE_KEY_LEN];
	bool ok = tee_session(j);

	for (unsigned i = 1; i < IDEKM_DIRS * IDEKM_SUBS && ok; i++) {
		const struct idekm_ref ref =
			tee_ref(j, 0, i / IDEKM_SUBS, i % IDEKM_SUBS);

		ok = prog(j, m, tee_key_prog(j, m, &ref), IDEKM_OK);
	}
	return ok && tee_enable(j, true);
}

static void go_without_key(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[IDEKM_KEY_HDR_LEN];

	if (five(j))
		then_lock(j, m, tee_key_obj(m, IDEKM_K_SET_GO, &ref), false);
}

static void go_after_refusal(struct judge *j)
{
	struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN];

	if (!five(j) || !no_port(j, &ref.port) ||
	    !prog(j, m, tee_key_prog(j, m, &ref), IDEKM_BAD_PORT))
		return;
	ref = first(j);
	then_lock(j, m, tee_key_obj(m, IDEKM_K_SET_GO, &ref), false);
}

static void go_after_stop(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[IDEKM_KEY_HDR_LEN];
	struct tee_km a;

	if (tee_keyed(j) &&
	    tee_km_ask(j, m, tee_key_obj(m, IDEKM_K_SET_STOP, &ref), &a) &&
	    tee_km_is(j, &a, IDEKM_K_GOSTOP_ACK))
		then_lock(j, m, tee_key_obj(m, IDEKM_K_SET_GO, &ref), false);
}

static void stop_sub_stream(struct judge *j)
{
	struct idekm_ref ref = first(j);
	uint8_t m[IDEKM_KEY_HDR_LEN];

	ref.sub = IDEKM_SUBS;
	if (tee_keyed(j))
		then_lock(j, m, tee_key_obj(m, IDEKM_K_SET_STOP, &ref), true);
}

static void stop_port(struct judge *j)
{
	struct idekm_ref ref = first(j);
	uint8_t m[IDEKM_KEY_HDR_LEN];

	if (tee_keyed(j) && no_port(j, &ref.port))
		then_lock(j, m, tee_key_obj(m, IDEKM_K_SET_STOP, &ref), true);
}

/* --- lengths and objects --- */

static void go_long(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[TEE_KEY_LEN + 1] = { 0 };

	if (!tee_session(j) || !prog(j, m, tee_key_prog(j, m, &ref), IDEKM_OK))
		return;
	m[IDEKM_KEY_HDR_LEN] = 0;
	(void)tee_km_silent(j, m, tee_key_obj(m, IDEKM_K_SET_GO, &ref) + 1);
}

static void stop_short(struct judge *j)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[IDEKM_KEY_HDR_LEN];

	if (tee_keyed(j))
		(void)tee_km_silent(j, m,
				    tee_key_obj(m, IDEKM_K_SET_STOP, &ref) - 1);
}

static void query_long(struct judge *j)
{
	uint8_t m[IDEKM_QUERY_LEN + 1] = { 0 };

	if (tee_session(j))
		(void)tee_km_silent(j, m, tee_query(m, j->cfg.port) + 1);
}

static void query_short(struct judge *j)
{
	uint8_t m[IDEKM_QUERY_LEN];

	if (tee_session(j))
		(void)tee_km_silent(j, m, tee_query(m, j->cfg.port) - 1);
}

static void no_object(struct judge *j)
{
	static const uint8_t m[1];

	if (tee_session(j))
		(void)tee_km_silent(j, m, 0);
}

/* The body of what is nearest to it, so that the number alone is wrong. */
static void object_of(struct judge *j, unsigned id)
{
	const struct idekm_ref ref = first(j);
	uint8_t m[IDEKM_KEY_HDR_LEN];
	size_t n = tee_key_obj(m, IDEKM_K_SET_GO, &ref);

	m[0] = (uint8_t)id;
	if (tee_session(j))
		(void)tee_km_unheard(j, m, n);
}

static void object_next(struct judge *j)
{
	object_of(j, IDEKM_OBJECTS);
}

static void object_last(struct judge *j)
{
	object_of(j, 0xff);
}

static void response_kp_ack(struct judge *j)
{
	object_of(j, IDEKM_KP_ACK);
}

static void response_gostop_ack(struct judge *j)
{
	object_of(j, IDEKM_K_GOSTOP_ACK);
}

/* Protocols of PCI-SIG that nobody has defined yet. §6.31.3 */
static void protocol_unknown(struct judge *j)
{
	uint8_t body[IDEKM_QUERY_LEN];
	struct spdm_span m;
	bool answered = false;

	if (!tee_session(j))
		return;
	m = judge_vendor_msg(j, 0xff, body, tee_query(body, j->cfg.port));
	if (judge_maybe(j, JUDGE_SEALED, m.p, m.n, &answered))
		judge_expect(j,
			     !answered || judge_answer(j)->bad ||
				     judge_answer(j)->m.code !=
					     SPDM_VENDOR_DEFINED_RESPONSE,
			     "protocol 0xff of PCI-SIG was answered");
}

/* clang-format off */
#define SRC "PCIe Base 6.x §6.33.3"
static const struct judge_case cases[] = {
	{
		.name = "ide-km/key-prog-too-short-is-no-success",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_PROG that ends early gets no answer, or a KP_ACK of the same key with Incorrect Length",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-length-unminded",
		.run = prog_short,
	},
	{
		.name = "ide-km/key-prog-too-long-is-no-success",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_PROG with bytes behind it gets no answer, or a KP_ACK of the same key with Incorrect Length",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-length-unminded",
		.run = prog_long,
	},
	{
		.name = "ide-km/key-prog-of-no-port-is-told",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_PROG with a port index that is none is answered by KP_ACK with Unsupported Port Index, which repeats it",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-port-unminded",
		.run = prog_port,
	},
	{
		.name = "ide-km/key-prog-of-no-sub-stream-is-told",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_PROG with a sub-stream above 2 is answered by KP_ACK with Unsupported Value in Other Fields",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-fields-unminded",
		.run = prog_sub_stream,
	},
	{
		.name = "ide-km/key-prog-of-another-counter-is-told",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_PROG whose invocation field is not the first value, 1, is answered by KP_ACK with Unsupported Value in Other Fields",
		.source = "PCIe Base 6.x §6.33.3, §6.33.5", .sure = SURE_INFERRED,
		.misbehave = "idekm-fields-unminded",
		.run = prog_ifv,
	},
	{
		.name = "ide-km/key-in-use-is-not-replaced",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_PROG of a key in use is not successful",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "active-key-reprogrammed",
		.run = prog_in_use,
	},
	{
		.name = "ide-km/go-without-a-key-makes-none",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_SET_GO of a key that was never programmed makes no key: LOCK_INTERFACE_REQUEST is INVALID_REQUEST",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-keeps-keys",
		.run = go_without_key,
	},
	{
		.name = "ide-km/refused-key-prog-programs-nothing",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "a KEY_PROG that was refused makes no key: LOCK_INTERFACE_REQUEST is INVALID_REQUEST",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-keeps-keys",
		.run = go_after_refusal,
	},
	{
		.name = "ide-km/stopped-key-does-not-go",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_SET_GO of a key that was stopped makes no key: LOCK_INTERFACE_REQUEST is INVALID_REQUEST",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-keeps-keys",
		.run = go_after_stop,
	},
	{
		.name = "ide-km/stop-of-no-sub-stream-stops-nothing",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_SET_STOP with a sub-stream above 2 stops no key: LOCK_INTERFACE_REQUEST locks",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-stops-any",
		.run = stop_sub_stream,
	},
	{
		.name = "ide-km/stop-of-no-port-stops-nothing",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_SET_STOP with a port index that is none stops no key: LOCK_INTERFACE_REQUEST locks",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-stops-any",
		.run = stop_port,
	},
	{
		.name = "ide-km/go-too-long-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_SET_GO with a byte behind it gets no response",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-answers-anything",
		.run = go_long,
	},
	{
		.name = "ide-km/stop-too-short-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_SET_STOP without its port index gets no response",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-answers-anything",
		.run = stop_short,
	},
	{
		.name = "ide-km/query-too-long-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "QUERY with a byte behind it gets no response",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-answers-anything",
		.run = query_long,
	},
	{
		.name = "ide-km/query-too-short-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "QUERY without its port index gets no response",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-answers-anything",
		.run = query_short,
	},
	{
		.name = "ide-km/no-object-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "a message of IDE_KM without an object gets no response",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-answers-anything",
		.run = no_object,
	},
	{
		.name = "ide-km/reserved-object-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "the first object id that is reserved, 7, gets no object",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-answers-anything",
		.run = object_next,
	},
	{
		.name = "ide-km/last-object-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "object id 255, which is reserved, gets no object",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-answers-anything",
		.run = object_last,
	},
	{
		.name = "ide-km/kp-ack-is-no-request",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KP_ACK sent to a responder gets no object",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-answers-anything",
		.run = response_kp_ack,
	},
	{
		.name = "ide-km/gostop-ack-is-no-request",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_GOSTOP_ACK sent to a responder gets no object",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-answers-anything",
		.run = response_gostop_ack,
	},
	{
		.name = "ide-km/unknown-protocol-is-not-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "a protocol id of PCI-SIG that is not defined gets no vendor defined response",
		.source = "PCIe Base 6.x §6.31.3", .sure = SURE_INFERRED,
		.misbehave = "idekm-any-protocol",
		.run = protocol_unknown,
	},
};
/* clang-format on */

const struct judge_table judge_cases_idekm_refuse = { cases, COUNT(cases) };
