/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/tee.h"

/* Keys come, go and are stopped, as a requester that keeps to the text has it.
 */

/* --- KEY_PROG, K_SET_GO, K_SET_STOP, each to each key of a set --- */

#define EACH_KEY (IDEKM_DIRS * IDEKM_SUBS)

static struct idekm_ref nth(const struct judge *j, unsigned set, unsigned i)
{
	return tee_ref(j, set, i / IDEKM_SUBS, i % IDEKM_SUBS);
}

/* What is asked of each answer of a row of objects. */
typedef bool km_check(struct judge *j, const struct tee_km *a,
		      const struct idekm_ref *ref);

static bool acked(struct judge *j, const struct tee_km *a,
		  const struct idekm_ref *ref)
{
	(void)ref;
	return a->raw.n && a->raw.p[0] == IDEKM_KP_ACK
		       ? tee_km_status(j, a, IDEKM_OK)
		       : tee_km_is(j, a, IDEKM_K_GOSTOP_ACK);
}

static bool named(struct judge *j, const struct tee_km *a,
		  const struct idekm_ref *ref)
{
	return tee_km_same(j, a, ref);
}

static bool unreserved(struct judge *j, const struct tee_km *a,
		       const struct idekm_ref *ref)
{
	(void)ref;
	return judge_expect(j, !a->m.rsvd_set,
			    "a reserved bit of the acknowledgement is set");
}

/* One object for each key of @set. */
static bool each(struct judge *j, enum idekm_object o, unsigned set,
		 km_check *check)
{
	uint8_t m[TEE_KEY_LEN];
	bool ok = judge_on(j);

	for (unsigned i = 0; i < EACH_KEY && ok; i++) {
		const struct idekm_ref ref = nth(j, set, i);
		const size_t n = o == IDEKM_KEY_PROG ? tee_key_prog(j, m, &ref)
						     : tee_key_obj(m, o, &ref);
		struct tee_km a;

		ok = tee_km_ask(j, m, n, &a) &&
		     tee_km_is(j, &a,
			       o == IDEKM_KEY_PROG ? IDEKM_KP_ACK
						   : IDEKM_K_GOSTOP_ACK) &&
		     check(j, &a, &ref);
	}
	bytes_wipe(m, sizeof(m));
	return ok;
}

/* What stands before @o in the life of a key, then @o. */
static void life(struct judge *j, enum idekm_object o, unsigned set,
		 km_check *check)
{
	if (!tee_session(j))
		return;
	if (o != IDEKM_KEY_PROG && !each(j, IDEKM_KEY_PROG, set, acked))
		return;
	if (o == IDEKM_K_SET_STOP && !each(j, IDEKM_K_SET_GO, set, acked))
		return;
	(void)each(j, o, set, check);
}

static void prog_acked(struct judge *j)
{
	life(j, IDEKM_KEY_PROG, 0, acked);
}

static void prog_named(struct judge *j)
{
	life(j, IDEKM_KEY_PROG, 0, named);
}

static void prog_reserved(struct judge *j)
{
	life(j, IDEKM_KEY_PROG, 0, unreserved);
}

static void go_acked(struct judge *j)
{
	life(j, IDEKM_K_SET_GO, 0, acked);
}

static void go_named(struct judge *j)
{
	life(j, IDEKM_K_SET_GO, 0, named);
}

static void go_reserved(struct judge *j)
{
	life(j, IDEKM_K_SET_GO, 0, unreserved);
}

static void stop_acked(struct judge *j)
{
	life(j, IDEKM_K_SET_STOP, 0, acked);
}

static void stop_named(struct judge *j)
{
	life(j, IDEKM_K_SET_STOP, 0, named);
}

static void stop_reserved(struct judge *j)
{
	life(j, IDEKM_K_SET_STOP, 0, unreserved);
}

static void other_set(struct judge *j)
{
	life(j, IDEKM_K_SET_STOP, 1, acked);
}

/* The object with each of its reserved bits set. */
static bool reserved(struct judge *j, enum idekm_object o, unsigned i)
{
	const struct idekm_ref ref = nth(j, 0, i);
	uint8_t m[TEE_KEY_LEN];
	struct tee_km a;
	size_t n = o == IDEKM_KEY_PROG ? tee_key_prog(j, m, &ref)
				       : tee_key_obj(m, o, &ref);

	m[1] = m[2] = m[4] = 0xff;
	m[5] |= 0x0c;
	return tee_km_ask(j, m, n, &a) && acked(j, &a, &ref) &&
	       tee_km_same(j, &a, &ref);
}

static void reserved_ignored(struct judge *j)
{
	uint8_t m[IDEKM_QUERY_LEN];
	struct tee_km a;
	bool ok;

	if (!tee_session(j))
		return;
	(void)tee_query(m, j->cfg.port);
	m[1] = 0xff;
	ok = tee_km_ask(j, m, sizeof(m), &a) &&
	     tee_km_is(j, &a, IDEKM_QUERY_RESP);
	for (unsigned i = 0; i < EACH_KEY && ok; i++)
		ok = reserved(j, IDEKM_KEY_PROG, i);
	for (unsigned i = 0; i < EACH_KEY && ok; i++)
		ok = reserved(j, IDEKM_K_SET_GO, i);
}

/* --- a second set of keys --- */

static bool to_set(struct judge *j, unsigned set)
{
	return each(j, IDEKM_KEY_PROG, set, acked) &&
	       each(j, IDEKM_K_SET_GO, set, acked);
}

static void refresh(struct judge *j)
{
	if (tee_keyed(j))
		(void)to_set(j, 1);
}

static void refresh_back(struct judge *j)
{
	if (tee_keyed(j) && to_set(j, 1) && each(j, IDEKM_K_SET_STOP, 0, acked))
		(void)to_set(j, 0);
}

/* A stream whose keys are refreshed has all its sub-streams keyed all the
 * time, so that what is locked on it stays so. */
static void refresh_keeps_trust(struct judge *j)
{
	struct tee_lock l;

	if (tee_locked(j, &l) && to_set(j, 1) &&
	    each(j, IDEKM_K_SET_STOP, 0, acked))
		(void)tee_state_is(j, TDI_LOCKED);
}

/* clang-format off */
#define SRC "PCIe Base 6.x §6.33.3"
static const struct judge_case cases[] = {
	{
		.name = "ide-km/key-prog-is-acknowledged",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_PROG of each direction and sub-stream is answered by KP_ACK with success",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-key-prog-fails",
		.run = prog_acked,
	},
	{
		.name = "ide-km/kp-ack-names-the-key",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "KP_ACK has stream, key set, direction, sub-stream and port of its KEY_PROG",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-ack-other-key",
		.run = prog_named,
	},
	{
		.name = "ide-km/kp-ack-reserved-is-zero",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved bits of KP_ACK are zero",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-ack-reserved",
		.run = prog_reserved,
	},
	{
		.name = "ide-km/go-is-acknowledged",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_SET_GO of each key that was programmed is answered by K_GOSTOP_ACK",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-go-unanswered",
		.run = go_acked,
	},
	{
		.name = "ide-km/go-ack-names-the-key",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_GOSTOP_ACK has stream, key set, direction, sub-stream and port of its K_SET_GO",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-go-ack-other-key",
		.run = go_named,
	},
	{
		.name = "ide-km/go-ack-reserved-is-zero",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved bits of the K_GOSTOP_ACK to K_SET_GO are zero",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-go-ack-reserved",
		.run = go_reserved,
	},
	{
		.name = "ide-km/stop-is-acknowledged",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_SET_STOP of each key in use is answered by K_GOSTOP_ACK",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-stop-unanswered",
		.run = stop_acked,
	},
	{
		.name = "ide-km/stop-ack-names-the-key",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "K_GOSTOP_ACK has stream, key set, direction, sub-stream and port of its K_SET_STOP",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-stop-ack-other-key",
		.run = stop_named,
	},
	{
		.name = "ide-km/stop-ack-reserved-is-zero",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved bits of the K_GOSTOP_ACK to K_SET_STOP are zero",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-stop-ack-reserved",
		.run = stop_reserved,
	},
	{
		.name = "ide-km/key-set-1-comes-first-too",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "keys of set 1 are programmed, go and stop as those of set 0 do",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-no-second-set",
		.run = other_set,
	},
	{
		.name = "ide-km/reserved-fields-are-ignored",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "reserved bits of QUERY, KEY_PROG and K_SET_GO make no difference",
		.source = SRC, .sure = SURE_INFERRED,
		.misbehave = "idekm-minds-reserved",
		.run = reserved_ignored,
	},
	{
		.name = "ide-km/refresh-takes-the-other-set",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "while a set is in use the other one is programmed and goes",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-no-second-set",
		.run = refresh,
	},
	{
		.name = "ide-km/refresh-goes-back",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "a set that was stopped after a refresh is programmed again, with other keys, and goes",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-no-second-set",
		.run = refresh_back,
	},
	{
		.name = "ide-km/refresh-keeps-what-is-locked",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "a refresh, and the stop of the old keys, leave an interface locked that is bound to the stream",
		.source = "PCIe Base 6.x §6.33.3, §11.4.5", .sure = SURE_SPEC,
		.misbehave = "idekm-key-ends-lock",
		.run = refresh_keeps_trust,
	},
};
/* clang-format on */

const struct judge_table judge_cases_idekm = { cases, COUNT(cases) };
