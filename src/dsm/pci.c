/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/pci.h"

#include "base/assert.h"
#include "dsm/cascade.h"
#include "dsm/dsm_priv.h"

/* How soon a slow STOP wants to be carried on. */
#define POLL_NS UINT64_C(1000000)

/* Messages of sessions. */

enum { STALE_ENDED = 1, STALE_AEAD = 2 };

static void stale(const struct dsm_pci *p, const struct dsm_session *s, int why)
{
	env_trace(p->cfg.env, DSM_TRACE_STALE, s->conn, s->id, (uint64_t)why);
}

static struct dsm_seat *seat_of(struct dsm_pci *p, const struct dsm_session *s)
{
	if (s->conn >= p->cfg.conns || s->seat >= DSM_SEATS || !s->id ||
	    !s->gen || s->gen > DSM_GEN_MAX)
		return NULL;
	return &p->seat[s->conn][s->seat];
}

/* Ends the session that has @seat, if there is one. */
static void leave(struct dsm_pci *p, const struct dsm_session *like,
		  struct dsm_seat *seat)
{
	struct dsm_session s = *like;

	if (!seat->open)
		return;
	seat->open = false;
	s.gen = seat->gen;
	dsm_session_lost(p, dsm_session_token(&s));
}

/* False: it has ended; what comes of it is late. */
static bool admit(struct dsm_pci *p, const struct dsm_session *s,
		  struct dsm_seat *seat)
{
	if (s->gen < seat->gen)
		return false;
	if (s->gen == seat->gen)
		return seat->open && seat->id == s->id;
	leave(p, s, seat);
	*seat = (struct dsm_seat){ .id = s->id, .gen = s->gen, .open = true };
	return true;
}

static enum il_err protocol(struct dsm_pci *p, uint64_t token,
			    const uint8_t *in, size_t n, uint8_t *out,
			    size_t cap, size_t *len)
{
	if (in[0] == IDEKM_PROTOCOL)
		return idekm_rsp_handle(&p->idekm, token, in + 1, n - 1, out,
					cap, len);
	if (in[0] == TDISP_PROTOCOL)
		return tdisp_rsp_handle(&p->tdisp, token, in + 1, n - 1, out,
					cap, len);
	return IL_E_FIELD;
}

static enum il_err tap(const struct dsm_pci *p, const uint8_t *in, size_t n,
		       uint8_t *out, size_t cap, size_t *len, enum il_err err)
{
	size_t was = err ? 0 : *len;

	*len = was;
	p->cfg.tap_payload(p->cfg.tap_ctx, in, n, out, cap, len);
	IL_ASSERT(*len <= cap);
	if (*len < was)
		bytes_wipe(out + *len, was - *len);
	return *len ? IL_OK : err;
}

/* Whoever breaks a rule on purpose is not held to what follows from it. */
static bool altered(const struct dsm_pci *p)
{
	return p->cfg.tdi_table || p->cfg.cascade != dsm_cascade_rows ||
	       p->idekm.edges != idekm_edges;
}

static enum il_err request(void *ctx, const struct dsm_session *s,
			   const uint8_t *in, size_t n, uint8_t *out,
			   size_t cap, size_t *len)
{
	struct dsm_pci *p = ctx;
	struct dsm_seat *seat = seat_of(p, s);
	size_t got = 0;
	enum il_err err = IL_OK;

	*len = 0;
	if (!seat)
		return IL_E_STATE;
	if (!n)
		return IL_E_SHORT;
	if (cap < 1)
		return IL_E_SPACE;
	/* Whatever its cipher, it ends the one that had the seat before. */
	if (!admit(p, s, seat)) {
		stale(p, s, STALE_ENDED);
		return IL_E_STATE;
	}
	if (!s->aes256)
		stale(p, s, STALE_AEAD);
	else
		err = protocol(p, dsm_session_token(s), in, n, out + 1, cap - 1,
			       &got);
	IL_ASSERT(altered(p) || dsm_pci_sane(p));
	if (!err && got) {
		out[0] = in[0];
		got++;
	}
	if (p->cfg.tap_payload && err != IL_E_AGAIN)
		err = tap(p, in, n, out, cap, &got, err);
	if (!err)
		*len = got;
	return err;
}

static void ended(void *ctx, const struct dsm_session *s)
{
	struct dsm_pci *p = ctx;
	struct dsm_seat *seat = seat_of(p, s);

	if (!seat || s->gen < seat->gen)
		return; /* a later one has ended it already */
	leave(p, s, seat);
	*seat = (struct dsm_seat){ .id = s->id, .gen = s->gen };
}

const struct dsm_back dsm_pci_back = { .request = request, .ended = ended };

bool dsm_token_open(const struct dsm_pci *p, uint64_t token)
{
	unsigned conn = (unsigned)(token >> 56), seat = token >> 48 & 0xff;

	return conn < p->cfg.conns && seat < DSM_SEATS &&
	       p->seat[conn][seat].open &&
	       p->seat[conn][seat].gen == (token & DSM_GEN_MAX);
}

/* The whole. */

static bool port_whole(const struct dsm_port *p)
{
	return p && p->program_key && p->key_go && p->key_stop && p->query &&
	       p->stream_kill && p->stream_info && p->check_config && p->arm &&
	       p->disarm && p->quiesce && p->scrub && p->report;
}

static void init_tdisp(struct dsm_pci *p)
{
	const struct dsm_pci_cfg *cfg = &p->cfg;

	tdisp_rsp_init(&p->tdisp, &(struct tdisp_rsp_cfg){
					  .env = cfg->env,
					  .port = &p->tdi_port,
					  .port_ctx = p,
					  .table = cfg->tdi_table,
					  .lock_flags = cfg->lock_flags,
					  .addr_width = cfg->addr_width,
					  .num_req_this = cfg->num_req_this,
					  .num_req_all = cfg->num_req_all,
					  .any_interface = cfg->any_interface,
					  .tdis = cfg->tdis,
					  .tdi_count = cfg->tdi_count,
					  .report = cfg->report,
					  .report_cap = cfg->report_cap });
	p->tdisp.tap = cfg->tap_tdisp;
	p->tdisp.tap_ctx = cfg->tap_ctx;
}

enum il_err dsm_pci_init(struct dsm_pci *p, const struct dsm_pci_cfg *cfg)
{
	if (!port_whole(cfg->port) || !cfg->env || !cfg->fns || !cfg->tdis ||
	    !cfg->streams || !cfg->report || !cfg->why || !cfg->seats ||
	    !cfg->conns || cfg->conns > DSM_CONNS)
		return IL_E_ARG;
	for (size_t i = 0; i < cfg->tdi_count; i++)
		if (cfg->fns[i].pf >= cfg->tdi_count)
			return IL_E_ARG;
	memset(p, 0, sizeof(*p));
	p->cfg = *cfg;
	if (!cfg->cascade)
		p->cfg.cascade = dsm_cascade_rows;
	if (!p->cfg.teardown_ns)
		p->cfg.teardown_ns = DSM_TEARDOWN_NS;
	for (size_t i = 0; i < cfg->tdi_count; i++)
		cfg->why[i] = NULL;
	p->seat = cfg->seats;
	memset(p->seat, 0, cfg->conns * sizeof(*p->seat));
	dsm_ports_init(p);
	idekm_rsp_init(&p->idekm, cfg->env, &p->idekm_port, p, cfg->streams,
		       cfg->stream_count);
	if (cfg->idekm_table)
		p->idekm.edges = cfg->idekm_table;
	p->idekm.any_port = cfg->any_port;
	p->idekm.tap = cfg->tap_idekm;
	p->idekm.tap_ctx = cfg->tap_ctx;
	init_tdisp(p);
	return IL_OK;
}

void dsm_pci_fini(struct dsm_pci *p)
{
	for (size_t i = 0; i < p->cfg.tdi_count; i++)
		bytes_wipe(p->cfg.tdis[i].nonce, TDISP_NONCE_LEN);
}

uint64_t dsm_pci_tick(struct dsm_pci *p, uint64_t now_ns)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < p->cfg.tdi_count; i++)
		if (!tdi_poll(&p->tdisp, &p->cfg.tdis[i], now_ns,
			      p->cfg.teardown_ns))
			next = now_ns + POLL_NS;
	return next;
}

void dsm_set_function(struct dsm_pci *p, uint32_t fn, bool hosted, uint32_t id)
{
	if (fn < p->cfg.tdi_count)
		tdi_host(&p->tdisp, &p->cfg.tdis[fn], hosted, id);
}

void dsm_key_retired(struct dsm_pci *p, const struct idekm_ref *ref)
{
	idekm_rsp_retired(&p->idekm, ref);
}

enum tdi_state dsm_tdi_state(const struct dsm_pci *p, uint32_t fn)
{
	return fn < p->cfg.tdi_count ? p->cfg.tdis[fn].state : TDI_UNLOCKED;
}

const struct rule *dsm_lock_refusal(const struct dsm_pci *p, uint32_t fn)
{
	return fn < p->cfg.tdi_count ? p->cfg.why[fn] : NULL;
}

/* Nothing rests on a session that has ended. */
bool dsm_pci_sane(const struct dsm_pci *p)
{
	for (size_t i = 0; i < p->cfg.tdi_count; i++) {
		const struct tdi *t = &p->cfg.tdis[i];

		if (!tdi_sane(t))
			return false;
		if (t->session && !dsm_token_open(p, t->session))
			return false;
	}
	if (p->idekm.owner && !dsm_token_open(p, p->idekm.owner))
		return false;
	return idekm_rsp_sane(&p->idekm) && tdisp_rsp_sane(&p->tdisp);
}
