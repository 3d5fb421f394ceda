/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "judge/target_link.h"
#include "judge/tee.h"

/* The way to each state of a TDI. */

/* A step on the way: anything but @code makes the case "not tested". */
static bool got(struct judge *j, const struct tee_td *a, unsigned code)
{
	char came[96];

	if (!judge_on(j))
		return false;
	if (!a->bad && (unsigned)a->m.code == code)
		return true;
	tee_words(a, came, sizeof(came));
	judge_absent(j, "request 0x%02x was answered by %s", code | 0x80, came);
	return false;
}

static bool step(struct judge *j, unsigned code, const void *body, size_t n,
		 struct tee_td *a)
{
	return tee_ask(j, code, body, n, a) && got(j, a, code & 0x7f);
}

/* Whatever comes of it: nothing is judged here. */
static void stop_whatever(struct judge *j)
{
	struct tee_td a;

	(void)tee_ask(j, TDISP_STOP_REQ, NULL, 0, &a);
}

/*
 * Where registers are ours to write, the stream is enabled once its keys go,
 * and disabled before the next ones: §6.33.3. Elsewhere somebody else does it,
 * or nobody minds.
 */
bool tee_enable(struct judge *j, bool on)
{
	const struct judge_target_ops *o = judge_ops(j);

	if (on && !o->link)
		judge_note(j, "that the stream is configured and enabled is "
			      "taken for granted: its registers are not ours");
	/* A device without IDE has no such register: its keys tell that. */
	if (o->link && target_link_stream(o->link(judge_target(j)), on))
		judge_note(j, "the stream has no registers");
	return judge_on(j);
}

/* Whatever comes of it: nothing is judged here. */
static void end_stream(struct judge *j)
{
	(void)tee_enable(j, false);
}

/*
 * The function that QUERY_RESP names, unless the user named one: the port's
 * own, whose bus the device knows. Source: §6.33.3
 */
static void find_function(struct judge *j)
{
	uint8_t m[IDEKM_QUERY_LEN];
	struct tee_km a;

	if (j->named || j->cfg.function_id ||
	    !tee_km_ask(j, m, tee_query(m, j->cfg.port), &a))
		return;
	j->named = true;
	if (!a.bad && a.m.object == IDEKM_QUERY_RESP)
		j->cfg.function_id = (uint32_t)a.m.bus << 8 | a.m.devfn;
}

/* DSP0277's other algorithms are no ways to IDE_KM and TDISP: §11.2.2 */
bool tee_session(struct judge *j)
{
	judge_offer(j)->aead = SPDM_AEAD_AES_256_GCM;
	if (!tee_enable(j, false) || !judge_session(j))
		return false;
	find_function(j);
	judge_later(j, end_stream);
	judge_later(j, stop_whatever);
	stop_whatever(j);
	return judge_on(j);
}

bool tee_keyed(struct judge *j)
{
	return tee_session(j) && tee_keys(j, 0) && tee_enable(j, true);
}

bool tee_lock(struct judge *j, unsigned flags, uint64_t offset,
	      struct tee_lock *l)
{
	uint8_t body[TEE_LOCK_LEN];
	struct tee_td a;

	tee_lock_body(j, body, flags, offset);
	if (!step(j, TDISP_LOCK_REQ, body, sizeof(body), &a))
		return false;
	memcpy(l->nonce, a.m.nonce, sizeof(l->nonce));
	return true;
}

bool tee_locked(struct judge *j, struct tee_lock *l)
{
	return tee_keyed(j) && tee_lock(j, 0, 0, l);
}

bool tee_start(struct judge *j, const struct tee_lock *l)
{
	struct tee_td a;

	return step(j, TDISP_START_REQ, l->nonce, sizeof(l->nonce), &a);
}

bool tee_running(struct judge *j)
{
	struct tee_lock l;

	return tee_locked(j, &l) && tee_start(j, &l);
}

bool tee_stop(struct judge *j)
{
	struct tee_td a;

	return step(j, TDISP_STOP_REQ, NULL, 0, &a);
}

/* OPEN for the device: it may clean up and leave ERROR by itself, §11.2. */
bool tee_failed(struct judge *j)
{
	struct tee_lock l;
	struct tee_td a;

	if (!tee_locked(j, &l) || !judge_op(j, SPDM_OP_END_SESSION, NULL) ||
	    !judge_session(j) || !step(j, TDISP_GET_STATE, NULL, 0, &a))
		return false;
	if (a.m.state != TDI_UNLOCKED)
		return true; /* what it is in then is the case's to judge */
	judge_absent(j, "it leaves ERROR by itself");
	return false;
}

bool tee_to(struct judge *j, enum tdi_state st)
{
	struct tee_lock l;

	switch (st) {
	case TDI_UNLOCKED:
		return tee_session(j);
	case TDI_LOCKED:
		return tee_locked(j, &l);
	case TDI_RUN:
		return tee_running(j);
	case TDI_ERROR:
		return tee_failed(j);
	}
	return false;
}

bool tee_report(struct judge *j, unsigned part, uint8_t *out, size_t *len)
{
	size_t at = 0;
	struct tee_td a;

	for (;;) {
		uint8_t body[4];

		put_u16le(body, (uint16_t)at);
		put_u16le(body + 2, (uint16_t)part);
		if (!step(j, TDISP_GET_REPORT, body, sizeof(body), &a))
			return false;
		if (!judge_expect(
			    j,
			    a.m.report.portion && a.m.report.portion <= part &&
				    a.m.report.portion <= TEE_REPORT_MAX - at,
			    "a portion of %u bytes came where %u were "
			    "asked for at %zu",
			    a.m.report.portion, part, at))
			return false;
		memcpy(out + at, a.m.report.data, a.m.report.portion);
		at += a.m.report.portion;
		if (!a.m.report.remainder)
			break;
	}
	*len = at;
	return true;
}

bool tee_caps(struct judge *j, struct tdisp_caps *caps)
{
	static const uint8_t tsm_caps[4];
	struct tee_td a;

	if (!step(j, TDISP_GET_CAPABILITIES, tsm_caps, sizeof(tsm_caps), &a))
		return false;
	*caps = a.m.caps;
	return true;
}
