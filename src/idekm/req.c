/* SPDX-License-Identifier: BSD-2-Clause */
#include "idekm/req.h"

void idekm_req_init(struct idekm_req *q)
{
	memset(q, 0, sizeof(*q));
}

/* The response object that answers a request; IDEKM_OBJECTS: none does. */
static enum idekm_object answer_to(enum idekm_object object)
{
	switch (object) {
	case IDEKM_QUERY:
		return IDEKM_QUERY_RESP;
	case IDEKM_KEY_PROG:
		return IDEKM_KP_ACK;
	case IDEKM_K_SET_GO:
	case IDEKM_K_SET_STOP:
		return IDEKM_K_GOSTOP_ACK;
	case IDEKM_QUERY_RESP:
	case IDEKM_KP_ACK:
	case IDEKM_K_GOSTOP_ACK:
	case IDEKM_OBJECTS:
		break;
	}
	return IDEKM_OBJECTS;
}

enum il_err idekm_req_begin(struct idekm_req *q, const struct idekm_msg *m,
			    struct wr *w)
{
	enum il_err err;

	if (q->busy)
		return IL_E_STATE;
	if (answer_to(m->object) == IDEKM_OBJECTS || !idekm_ref_sane(&m->ref))
		return IL_E_ARG;
	err = idekm_encode(w, m);
	if (err)
		return err;
	q->busy = true;
	q->sent = m->object;
	q->ref = m->ref;
	return IL_OK;
}

static bool same_ref(const struct idekm_ref *a, const struct idekm_ref *b)
{
	return a->stream == b->stream && a->key_set == b->key_set &&
	       a->dir == b->dir && a->sub == b->sub && a->port == b->port;
}

static bool answers(const struct idekm_req *q, const struct idekm_msg *m)
{
	if (m->object != answer_to(q->sent) || m->rsvd_set)
		return false;
	if (m->object == IDEKM_QUERY_RESP)
		return m->ref.port == q->ref.port && m->ref.port <= m->max_port;
	return same_ref(&m->ref, &q->ref);
}

enum il_err idekm_req_accept(struct idekm_req *q, const uint8_t *in, size_t n,
			     struct idekm_msg *out)
{
	struct idekm_msg m;
	enum il_err err;

	if (!q->busy)
		return IL_E_STATE;
	err = idekm_decode(in, n, &m);
	if (err)
		return err;
	if (!answers(q, &m))
		return IL_E_FIELD;
	idekm_req_init(q);
	*out = m;
	return m.object == IDEKM_KP_ACK && m.status != IDEKM_OK ? IL_E_PEER
								: IL_OK;
}

void idekm_req_abort(struct idekm_req *q)
{
	idekm_req_init(q);
}

bool idekm_req_sane(const struct idekm_req *q)
{
	return !q->busy ||
	       (answer_to(q->sent) != IDEKM_OBJECTS && idekm_ref_sane(&q->ref));
}
