/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/two.h"

#include "judge/judge_priv.h"

/* The session of the engine, as far as records need it. */
static void take(const struct spdm_req *q, struct judge_aside *a)
{
	a->used = true;
	a->id = q->session_id;
	a->heartbeat_s = q->heartbeat_s;
	a->keys = q->keys;
	memcpy(a->ch, q->ch, sizeof(a->ch));
}

static void give(struct spdm_req *q, const struct judge_aside *a)
{
	q->session_id = a->id;
	q->heartbeat_s = a->heartbeat_s;
	q->keys = a->keys;
	memcpy(q->ch, a->ch, sizeof(a->ch));
}

static bool open_now(struct judge *j)
{
	if (!judge_on(j))
		return false;
	if (j->q.state == SPDM_REQ_SESSION && j->q.op == SPDM_OP_NONE)
		return true;
	judge_say(j, JUDGE_BROKEN, "there is no session to set aside");
	return false;
}

bool judge_second(struct judge *j)
{
	if (!open_now(j))
		return false;
	take(&j->q, &j->aside);
	memset(j->q.ch, 0, sizeof(j->q.ch));
	j->rx = NULL;
	spdm_req_drop_session(&j->q);
	return judge_session(j);
}

bool judge_swap(struct judge *j)
{
	struct judge_aside now;

	if (!open_now(j) || !j->aside.used)
		return false;
	take(&j->q, &now);
	give(&j->q, &j->aside);
	j->aside = now;
	j->rx = NULL;
	bytes_wipe(&now, sizeof(now));
	return true;
}

bool judge_end_this(struct judge *j)
{
	const uint8_t end[4] = { j->q.version, SPDM_END_SESSION };

	if (!open_now(j) || !judge_secured(j, end, sizeof(end)))
		return false;
	if (j->a.bad || j->a.m.code != SPDM_END_SESSION_ACK) {
		judge_absent(j, "the session does not end");
		return false;
	}
	if (!judge_swap(j))
		return false;
	judge_two_end(j);
	return true;
}

void judge_two_end(struct judge *j)
{
	for (unsigned i = 0; i < SPDM_DIRS && j->aside.used; i++)
		spdm_channel_close(&j->aside.ch[i], j->cfg.crypto);
	bytes_wipe(&j->aside, sizeof(j->aside));
}
