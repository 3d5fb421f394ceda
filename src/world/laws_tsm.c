/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "world/laws_priv.h"
#include "world/world_priv.h"

/* What each platform's view has from the common core of its firmware. */

static int bind_index(struct tsm *t, const struct tsm_bind *b)
{
	for (unsigned i = 0; b && i < LAW_BINDS; i++)
		if (tsm_bind_at(t, i) == b)
			return (int)i;
	return LAW_NONE;
}

static int conn_index(struct tsm *t, const struct tsm_conn *c)
{
	for (unsigned i = 0; c && i < LAW_CONNS; i++)
		if (tsm_conn_at(t, i) == c)
			return (int)i;
	return LAW_NONE;
}

static void digest(const struct tsm_conn *c, enum tsm_digest d, uint8_t *out)
{
	const uint8_t *p = tsm_conn_digest(c, d);

	if (p)
		memcpy(out, p, TSM_DIGEST_LEN);
}

void law_tsm_conns(struct tsm *t, struct law_conn out[LAW_CONNS])
{
	for (unsigned i = 0; i < LAW_CONNS; i++) {
		const struct tsm_conn *c = tsm_conn_at(t, i);

		out[i].verb_bind = LAW_NONE;
		out[i].stream_id = TSM_STREAM_UNUSED;
		if (!c || tsm_conn_state(c) == TSM_CONN_FREE)
			continue;
		out[i].state = tsm_conn_state(c);
		out[i].stream = tsm_stream_state(c);
		out[i].session = tsm_session(c);
		out[i].rid = tsm_conn_cfg(c)->rid;
		out[i].port = (uint8_t)tsm_conn_cfg(c)->port;
		out[i].stream_id = tsm_stream_id(c);
		out[i].digests = tsm_conn_digest(c, TSM_DIGEST_CERT) ||
				 tsm_conn_digest(c, TSM_DIGEST_VCA);
		digest(c, TSM_DIGEST_CERT, out[i].cert);
		digest(c, TSM_DIGEST_KEY, out[i].key);
		out[i].verb = tsm_verb(c);
		out[i].verb_bind = bind_index(t, tsm_verb_bind(c));
	}
}

struct law_bind *law_tsm_bind(struct tsm *t, const struct tsm_bind *b,
			      struct law_bind out[LAW_BINDS])
{
	int k = bind_index(t, b);
	struct law_bind *o;

	if (k == LAW_NONE)
		return NULL;
	o = &out[k];
	o->state = tsm_bind_state(b);
	o->conn = conn_index(t, tsm_bind_conn(b));
	o->tvm = tsm_bind_tvm(b);
	o->tdi = tsm_bind_tdi(b);
	o->lock = *tsm_lock_info(b);
	o->mmio_pages = tsm_mmio_pages(b);
	o->dma_on = tsm_dma_on(b);
	return o;
}

static bool lets(const struct mem *m, struct mem_req r, bool write)
{
	struct mem_pass pass = { 0 };

	r.write = write;
	return !m->rules->check(m->rules_ctx, &r, &pass);
}

bool law_passes(struct world *w, const struct law_memo *m, uint8_t level,
		uint8_t port, bool write)
{
	const struct mem_req r = {
		.who = AGENT_DEVICE,
		.trusted = m->t,
		.owner = m->entry_owner,
		.level = level,
		.port = port,
		.rid = m->rid,
		.gpa = m->gpa,
		.leaf = m->leaf,
		.pa = m->pa,
		.len = 1,
	};

	return lets(&w->mem, r, false) || (write && lets(&w->mem, r, true));
}
