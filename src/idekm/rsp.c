/* SPDX-License-Identifier: BSD-2-Clause */
#include "idekm/rsp.h"

#include "base/assert.h"

/*
 * The keys. A cell without "on" refuses.
 *
 * PROG on a key in use is refused, so that an active set is never touched
 * (law 7). OPEN: PROG on a primed key replaces it; the old one was never
 * used. GO on a key in use is refused, as starting it anew would repeat its
 * counter (law 8). OPEN: STOP without a key is acknowledged; there is nothing
 * left to destroy, and a requester that cleans up need not wait out a time.
 *
 * Source: PCIe Base 6.x §6.33.3
 */
const struct idekm_edge idekm_edges[IDEKM_KEY_EVENTS][IDEKM_KEY_STATES] = {
	/* clang-format off */
	[IDEKM_EV_PROG][IDEKM_KEY_EMPTY]      = { true, IDEKM_KEY_PRIMED },
	[IDEKM_EV_PROG][IDEKM_KEY_PRIMED]     = { true, IDEKM_KEY_PRIMED },
	[IDEKM_EV_GO][IDEKM_KEY_PRIMED]       = { true, IDEKM_KEY_ACTIVE },
	[IDEKM_EV_STOP][IDEKM_KEY_EMPTY]      = { true, IDEKM_KEY_EMPTY },
	[IDEKM_EV_STOP][IDEKM_KEY_PRIMED]     = { true, IDEKM_KEY_EMPTY },
	[IDEKM_EV_STOP][IDEKM_KEY_ACTIVE]     = { true, IDEKM_KEY_EMPTY },
	[IDEKM_EV_INSECURE][IDEKM_KEY_PRIMED] = { true, IDEKM_KEY_EMPTY },
	[IDEKM_EV_INSECURE][IDEKM_KEY_ACTIVE] = { true, IDEKM_KEY_EMPTY },
	[IDEKM_EV_SESSION][IDEKM_KEY_PRIMED]  = { true, IDEKM_KEY_EMPTY },
	[IDEKM_EV_SESSION][IDEKM_KEY_ACTIVE]  = { true, IDEKM_KEY_EMPTY },
	[IDEKM_EV_RETIRED][IDEKM_KEY_ACTIVE]  = { true, IDEKM_KEY_EMPTY },
	/* clang-format on */
};

void idekm_rsp_init(struct idekm_rsp *r, const struct env *env,
		    const struct idekm_port *port, void *port_ctx,
		    struct idekm_stream *streams, size_t count)
{
	memset(streams, 0, count * sizeof(*streams));
	*r = (struct idekm_rsp){ .edges = idekm_edges,
				 .env = env,
				 .port = port,
				 .port_ctx = port_ctx,
				 .streams = streams,
				 .stream_count = count };
}

static struct idekm_stream *row_find(const struct idekm_rsp *r, uint8_t port,
				     uint8_t stream)
{
	for (size_t i = 0; i < r->stream_count; i++) {
		struct idekm_stream *s = &r->streams[i];

		if (s->used && s->port == port && s->stream == stream)
			return s;
	}
	return NULL;
}

static struct idekm_stream *row_free(const struct idekm_rsp *r)
{
	for (size_t i = 0; i < r->stream_count; i++)
		if (!r->streams[i].used)
			return &r->streams[i];
	return NULL;
}

static bool row_empty(const struct idekm_stream *s)
{
	for (unsigned i = 0; i < IDEKM_SETS * IDEKM_DIRS * IDEKM_SUBS; i++)
		if ((&s->key[0][0][0])[i] != IDEKM_KEY_EMPTY)
			return false;
	return true;
}

static enum idekm_key_state state_of(const struct idekm_rsp *r,
				     const struct idekm_ref *ref)
{
	const struct idekm_stream *s = row_find(r, ref->port, ref->stream);

	if (!s)
		return IDEKM_KEY_EMPTY;
	return (enum idekm_key_state)s->key[ref->key_set][ref->dir][ref->sub];
}

/* The one writer of key states. */
static void enter(struct idekm_rsp *r, struct idekm_stream *s,
		  const struct idekm_ref *ref, enum idekm_key_state next)
{
	uint8_t *key = &s->key[ref->key_set][ref->dir][ref->sub];
	uint64_t old = *key;

	*key = (uint8_t)next;
	env_trace(r->env, IDEKM_TRACE_KEY,
		  (uint64_t)ref->stream | (uint64_t)ref->port << 8,
		  (uint64_t)ref->key_set | (uint64_t)ref->dir << 1 |
			  (uint64_t)ref->sub << 4,
		  old | (uint64_t)next << 8);
}

/* A row lives as long as it holds a key, or its stream may be Secure. */
static void settle(struct idekm_stream *s)
{
	if (row_empty(s) && !s->went && !s->slow)
		memset(s, 0, sizeof(*s));
}

static void own(struct idekm_rsp *r, uint64_t session)
{
	if (r->owner == session)
		return;
	r->owner = session;
	env_trace(r->env, IDEKM_TRACE_OWNER, session, 0, 0);
}

static void forget_row(struct idekm_rsp *r, struct idekm_stream *s,
		       enum idekm_key_event ev)
{
	struct idekm_ref ref = { .stream = s->stream, .port = s->port };

	/* Or a key would come to be there after all. */
	if (s->slow)
		r->port->kill(r->port_ctx, s->port, s->stream);
	for (unsigned i = 0; i < IDEKM_SETS * IDEKM_DIRS * IDEKM_SUBS; i++) {
		const struct idekm_edge *e;

		ref.key_set = (uint8_t)(i / (IDEKM_DIRS * IDEKM_SUBS));
		ref.dir = (uint8_t)(i / IDEKM_SUBS % IDEKM_DIRS);
		ref.sub = (uint8_t)(i % IDEKM_SUBS);
		e = &r->edges[ev][s->key[ref.key_set][ref.dir][ref.sub]];
		if (e->on)
			enter(r, s, &ref, e->next);
	}
	memset(s, 0, sizeof(*s));
}

static bool same_key(const struct idekm_ref *a, const struct idekm_ref *b)
{
	return a->key_set == b->key_set && a->dir == b->dir && a->sub == b->sub;
}

/* What is under way is this, or something of the same key. */
static bool slow_is(const struct idekm_stream *s, enum idekm_key_event ev,
		    const struct idekm_ref *ref)
{
	return s && s->slow && s->slow_ev == ev && same_key(&s->slow_ref, ref);
}

/* One at a time: who gave up on another has to stop that first. */
static bool may_begin(const struct idekm_stream *s, enum idekm_key_event ev,
		      const struct idekm_ref *ref)
{
	return !s || !s->slow || slow_is(s, ev, ref);
}

static void slow_begin(struct idekm_stream *s, enum idekm_key_event ev,
		       const struct idekm_ref *ref)
{
	s->slow = true;
	s->slow_ev = ev;
	s->slow_ref = *ref;
}

/* The row of a stream, or one for it. */
static struct idekm_stream *row_for(const struct idekm_rsp *r,
				    const struct idekm_ref *ref)
{
	struct idekm_stream *s = row_find(r, ref->port, ref->stream);

	return s ? s : row_free(r);
}

/* IL_E_AGAIN, or *@status. */
static enum il_err key_prog(struct idekm_rsp *r, uint64_t session,
			    const struct idekm_msg *m, uint8_t *status)
{
	struct idekm_stream *s = row_for(r, &m->ref);
	const struct idekm_edge *e;
	enum il_err err;

	*status = IDEKM_BAD_FIELD;
	if (!idekm_ref_sane(&m->ref))
		return IL_OK;
	*status = IDEKM_FAILED;
	e = &r->edges[IDEKM_EV_PROG][state_of(r, &m->ref)];
	if (!e->on || !s || !may_begin(s, IDEKM_EV_PROG, &m->ref))
		return IL_OK;
	err = r->port->program(r->port_ctx, &m->ref, m->key, m->ifv, status);
	if (err && err != IL_E_AGAIN)
		*status = IDEKM_FAILED;
	if (err != IL_E_AGAIN && *status != IDEKM_OK) {
		s->slow = false;
		settle(s);
		return IL_OK;
	}
	s->used = true;
	s->port = m->ref.port;
	s->stream = m->ref.stream;
	s->slow = false;
	own(r, session);
	if (err == IL_E_AGAIN)
		slow_begin(s, IDEKM_EV_PROG, &m->ref);
	else
		enter(r, s, &m->ref, e->next);
	return err;
}

/* Some set of it is in use in whole. */
static bool row_whole(const struct idekm_stream *s)
{
	for (unsigned set = 0; set < IDEKM_SETS; set++) {
		const uint8_t *key = &s->key[set][0][0];
		unsigned n = 0;

		for (unsigned i = 0; i < IDEKM_DIRS * IDEKM_SUBS; i++)
			n += key[i] == IDEKM_KEY_ACTIVE;
		if (n == IDEKM_DIRS * IDEKM_SUBS)
			return true;
	}
	return false;
}

/*
 * IL_OK: acknowledge; IL_E_AGAIN: not yet; else silence. Any key may be
 * stopped at any time, what is under way too.
 */
static enum il_err key_gostop(struct idekm_rsp *r, const struct idekm_msg *m)
{
	const enum idekm_key_event ev =
		m->object == IDEKM_K_SET_GO ? IDEKM_EV_GO : IDEKM_EV_STOP;
	struct idekm_stream *s = row_find(r, m->ref.port, m->ref.stream);
	const struct idekm_edge *e;
	enum il_err err;
	bool ours;

	if (!idekm_ref_sane(&m->ref))
		return IL_E_FIELD;
	e = &r->edges[ev][state_of(r, &m->ref)];
	if (!e->on || (ev == IDEKM_EV_GO && !may_begin(s, ev, &m->ref)))
		return IL_E_STATE;
	err = (ev == IDEKM_EV_GO ? r->port->go : r->port->stop)(r->port_ctx,
								&m->ref);
	if (!s)
		return err;
	ours = !s->slow || same_key(&s->slow_ref, &m->ref);
	if (err == IL_E_AGAIN && ours)
		slow_begin(s, ev, &m->ref);
	else if (ours && (!err || slow_is(s, ev, &m->ref)))
		s->slow = false;
	if (err) {
		settle(s);
		return err;
	}
	s->went |= ev == IDEKM_EV_GO;
	enter(r, s, &m->ref, e->next);
	s->whole |= row_whole(s);
	settle(s);
	return IL_OK;
}

/* IL_OK: @rsp holds an answer; IL_E_AGAIN: not yet; else silence. */
static enum il_err act(struct idekm_rsp *r, uint64_t session,
		       const struct idekm_msg *req, struct idekm_msg *rsp)
{
	enum il_err err;

	rsp->ref = req->ref;
	switch (req->object) {
	case IDEKM_QUERY:
		err = r->port->query(r->port_ctx, req->ref.port, rsp);
		rsp->object = IDEKM_QUERY_RESP;
		rsp->ref = req->ref;
		return err == IL_E_AGAIN ? IL_E_IO : err;
	case IDEKM_KEY_PROG:
		rsp->object = IDEKM_KP_ACK;
		return key_prog(r, session, req, &rsp->status);
	case IDEKM_K_SET_GO:
	case IDEKM_K_SET_STOP:
		rsp->object = IDEKM_K_GOSTOP_ACK;
		return key_gostop(r, req);
	case IDEKM_QUERY_RESP:
	case IDEKM_KP_ACK:
	case IDEKM_K_GOSTOP_ACK:
	case IDEKM_OBJECTS:
		break;
	}
	return IL_E_FIELD;
}

/*
 * KEY_PROG of the wrong length is told so; the answer repeats what its header
 * says as far as there is one.
 */
static enum il_err bad_length(const uint8_t *in, size_t n,
			      struct idekm_msg *rsp)
{
	uint8_t head[IDEKM_KEY_HDR_LEN] = { 0 };
	struct idekm_msg hdr;

	if (!n || in[0] != IDEKM_KEY_PROG)
		return IL_E_FIELD;
	memcpy(head, in, n < sizeof(head) ? n : sizeof(head));
	head[0] = IDEKM_KP_ACK; /* the same fields, and nothing after them */
	if (idekm_decode(head, sizeof(head), &hdr))
		return IL_E_FIELD;
	rsp->object = IDEKM_KP_ACK;
	rsp->ref = hdr.ref;
	rsp->status = IDEKM_BAD_LENGTH;
	return IL_OK;
}

enum il_err idekm_rsp_handle(struct idekm_rsp *r, uint64_t session,
			     const uint8_t *in, size_t n, uint8_t *out,
			     size_t cap, size_t *out_len)
{
	struct idekm_msg req = { 0 }, rsp = { 0 };
	struct wr w = wr_over(out, cap);
	enum il_err err;
	uint8_t asked;

	/* Room first: once a key has changed, the answer must not fail. */
	if (cap < IDEKM_KEY_HDR_LEN)
		return IL_E_SPACE;
	*out_len = 0;
	if (r->owner && r->owner != session) {
		env_trace(r->env, IDEKM_TRACE_IGNORE, n ? in[0] : 0, 0, 0);
		return IL_OK;
	}
	err = idekm_decode(in, n, &req);
	asked = req.ref.port;
	if (r->any_port)
		req.ref.port = 0;
	if (err) {
		err = bad_length(in, n, &rsp);
	} else {
		err = act(r, session, &req, &rsp);
		rsp.ref.port = asked;
	}
	bytes_wipe(req.key, sizeof(req.key));
	if (err)
		return err == IL_E_AGAIN ? err : IL_OK;
	if (r->tap && !r->tap(r->tap_ctx, &req, &rsp))
		return IL_OK;
	err = idekm_encode(&w, &rsp);
	if (!err)
		*out_len = w.len;
	return err;
}

void idekm_rsp_session_ended(struct idekm_rsp *r, uint64_t session,
			     void (*each)(void *ctx, uint8_t port,
					  uint8_t stream),
			     void *ctx)
{
	if (!session || r->owner != session)
		return;
	for (size_t i = 0; i < r->stream_count; i++) {
		struct idekm_stream *s = &r->streams[i];
		uint8_t port = s->port, stream = s->stream;

		if (!s->used)
			continue;
		s->slow = false; /* goes with the rest */
		r->port->kill(r->port_ctx, port, stream);
		forget_row(r, s, IDEKM_EV_SESSION);
		if (each)
			each(ctx, port, stream);
	}
	own(r, 0);
}

void idekm_rsp_insecure(struct idekm_rsp *r, uint8_t port, uint8_t stream)
{
	struct idekm_stream *s = row_find(r, port, stream);

	if (s)
		forget_row(r, s, IDEKM_EV_INSECURE);
}

void idekm_rsp_retired(struct idekm_rsp *r, const struct idekm_ref *ref)
{
	struct idekm_stream *s = row_find(r, ref->port, ref->stream);
	const struct idekm_edge *e;

	if (!s || !idekm_ref_sane(ref))
		return;
	e = &r->edges[IDEKM_EV_RETIRED][state_of(r, ref)];
	if (e->on)
		enter(r, s, ref, e->next);
	settle(s);
}

void idekm_rsp_reset(struct idekm_rsp *r)
{
	for (size_t i = 0; i < r->stream_count; i++)
		if (r->streams[i].used)
			forget_row(r, &r->streams[i], IDEKM_EV_INSECURE);
	own(r, 0);
}

enum idekm_key_state idekm_rsp_key(const struct idekm_rsp *r,
				   const struct idekm_ref *ref)
{
	return idekm_ref_sane(ref) ? state_of(r, ref) : IDEKM_KEY_EMPTY;
}

uint64_t idekm_rsp_keyed(const struct idekm_rsp *r, uint8_t port,
			 uint8_t stream)
{
	const struct idekm_stream *s = row_find(r, port, stream);

	return s && row_whole(s) ? r->owner : 0;
}

uint64_t idekm_rsp_was_keyed(const struct idekm_rsp *r, uint8_t port,
			     uint8_t stream)
{
	const struct idekm_stream *s = row_find(r, port, stream);

	return s && s->whole ? r->owner : 0;
}

bool idekm_rsp_has_keys(const struct idekm_rsp *r, uint8_t port, uint8_t stream)
{
	const struct idekm_stream *s = row_find(r, port, stream);

	return s && !row_empty(s);
}

bool idekm_rsp_sane(const struct idekm_rsp *r)
{
	for (size_t i = 0; i < r->stream_count; i++) {
		const struct idekm_stream *s = &r->streams[i];

		if (s->used ? !r->owner ||
				      (row_empty(s) && !s->went && !s->slow)
			    : !row_empty(s) || s->went || s->slow)
			return false;
	}
	return true;
}
