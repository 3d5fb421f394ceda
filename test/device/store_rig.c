/* SPDX-License-Identifier: BSD-2-Clause */
#include "store_rig.h"

#include <stdlib.h>

#define PROV_CAPS                                                             \
	(SPDM_CAP_SET_CERT | SPDM_CAP_CSR | SPDM_CAP_EP_INFO_SIG |            \
	 SPDM_CAP_MEL | SPDM_CAP_MULTI_KEY_NEG | SPDM_CAP_GET_KEY_PAIR_INFO | \
	 SPDM_CAP_SET_KEY_PAIR_INFO)

static const struct device_log_cfg started[] = {
	{ 9, 0x89, { (const uint8_t *)"boot rom", 8 } },
	{ 9, 0x81, { (const uint8_t *)"firmware", 8 } },
};
static const struct spdm_measurement meas[] = {
	{ .tcb = true, .raw = { (const uint8_t *)"rom", 3 } },
	{ .type = SPDM_MEAS_TYPE_HASH_EXTEND, .tcb = true, .extend = true },
};
static const uint8_t meas_index[] = { 1, 9 };

struct store *store_new(void)
{
	struct store *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	maker_open(&s->maker, CRYPTO_P384);
	s->at = &s->dev;
	s->c = s->maker.c;
	s->env = fake_env(&s->fenv);
	assert_int_equal(arena_map(&s->arena, 0, 64u << 20), IL_OK);
	s->cfg = (struct device_cfg){
		.arena = &s->arena,
		.crypto = &s->c,
		.env = &s->env,
		.streams = 1,
		.powered = true,
		.key = s->maker.key,
		.meas = meas,
		.meas_index = meas_index,
		.meas_count = COUNT(meas),
		.prov = { .place = DEVICE_FIELD,
			  .slots = 0x1f,
			  .pairs = 3,
			  .log = started,
			  .log_count = COUNT(started) },
	};
	s->cfg.prov.pair[0] = (struct device_pair_cfg){ .usage_caps = USES,
							.usage = USES,
							.slots = 1 };
	s->cfg.prov.pair[1] = (struct device_pair_cfg){ .caps = 0x1f,
							.usage_caps = USES,
							.usage = USES,
							.slots = 2,
							.made = true };
	s->cfg.prov.pair[2] =
		(struct device_pair_cfg){ .caps = 0x1f, .usage_caps = USES };
	device_spdm_defaults(&s->cfg.spdm);
	s->cfg.spdm.versions[0] = SPDM_V13;
	s->cfg.spdm.versions[1] = SPDM_V12;
	s->cfg.spdm.caps |= PROV_CAPS;
	s->cfg.spdm.slots[0].certs =
		(struct spdm_span){ s->maker.certs, s->maker.certs_len };
	s->qcfg = (struct spdm_req_cfg){
		.crypto = &s->c,
		.env = &s->env,
		.versions = { SPDM_V12 },
		.caps = SPDM_REQ_CAPS,
		.asym = SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.transfer = 4000,
		.chain = s->chain,
		.chain_cap = sizeof(s->chain),
		.scratch = s->scratch,
		.scratch_len = sizeof(s->scratch),
	};
	return s;
}

struct store *store_peer(struct store *s, unsigned conn)
{
	struct store *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->at = s->at;
	p->conn = conn;
	p->qcfg = s->qcfg;
	p->qcfg.chain = p->chain;
	p->qcfg.scratch = p->scratch;
	assert_int_equal(spdm_req_init(&p->req, &p->qcfg), IL_OK);
	return p;
}

void store_peer_free(struct store *p)
{
	spdm_req_fini(&p->req);
	free(p);
}

void store_free(struct store *s)
{
	spdm_req_fini(&s->req);
	device_fini(&s->dev);
	arena_unmap(&s->arena);
	maker_close(&s->maker); /* fails if a key is left */
	free(s);
}

enum il_err store_run(struct store *s, enum spdm_req_op op,
		      const struct spdm_req_args *a)
{
	enum il_err err = spdm_req_begin(&s->req, op, a);

	if (!err)
		err = IL_E_AGAIN;
	while (err == IL_E_AGAIN) {
		enum spdm_kind kind, back;
		size_t n, len;

		err = spdm_req_pull(&s->req, s->in, sizeof(s->in), &n, &kind);
		if (err)
			return err;
		assert_int_equal(device_message(s->at, s->conn, NULL, kind,
						s->in, n, s->reply,
						sizeof(s->reply), &len, &back,
						s->now_ns),
				 IL_OK);
		err = spdm_req_push(&s->req, back, s->reply, len, s->now_ns);
		if (spdm_req_not_before(&s->req) > s->now_ns) {
			s->waits++;
			s->now_ns = spdm_req_not_before(&s->req);
		}
	}
	return err;
}

/* What the peer refused with; 0: it did not. */
int store_refused(struct store *s, enum spdm_req_op op,
		  const struct spdm_req_args *a)
{
	enum il_err err = store_run(s, op, a);

	if (!err)
		return 0;
	assert_int_equal(err, IL_E_PEER);
	return spdm_req_peer_error(&s->req);
}

void store_start(struct store *s)
{
	assert_int_equal(device_init(&s->dev, &s->cfg), IL_OK);
	assert_int_equal(spdm_req_init(&s->req, &s->qcfg), IL_OK);
}

/* Another requester: of 1.2, or of 1.3 and a connection with many keys. */
void store_requester(struct store *s, bool many)
{
	spdm_req_fini(&s->req);
	s->qcfg.versions[0] = many ? SPDM_V13 : SPDM_V12;
	s->qcfg.multi_key = many;
	assert_int_equal(spdm_req_init(&s->req, &s->qcfg), IL_OK);
}

/* In a session on slot 0. */
void store_session(struct store *s, bool many)
{
	store_requester(s, many);
	assert_int_equal(store_run(s, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(s->req.multi_key, many);
	assert_int_equal(store_run(s, SPDM_OP_SESSION, NULL), IL_OK);
}

struct spdm_req_args store_chain_for(struct store *s, uint8_t slot,
				     uint8_t pair)
{
	struct spdm_req_args a = { .target = slot,
				   .key_pair = pair,
				   .model = pair ? SPDM_CERT_MODEL_DEVICE
						 : SPDM_CERT_MODEL_NONE };
	size_t n;

	assert_int_equal(
		spdm_req_chain_make(&s->req,
				    (struct spdm_span){ s->maker.certs,
							s->maker.certs_len },
				    s->set, sizeof(s->set), &n),
		IL_OK);
	a.set_chain = (struct spdm_span){ s->set, n };
	return a;
}

void store_reset(struct store *s, enum link_event ev)
{
	assert_int_equal(device_told_event(&s->dev, ev), IL_OK);
	spdm_req_drop_session(&s->req);
}

/* Connects through @slot and lets its key sign. */
void store_answers_with(struct store *s, uint8_t slot)
{
	const struct spdm_req_args a = { .slot = slot };

	assert_int_equal(store_run(s, SPDM_OP_CONNECT, &a), IL_OK);
	assert_int_equal(store_run(s, SPDM_OP_CHALLENGE, NULL), IL_OK);
}

struct store *store_resetting(void)
{
	struct store *s = store_new();

	s->cfg.spdm.caps |=
		SPDM_CAP_CERT_INSTALL_RESET | SPDM_CAP_SET_KEY_PAIR_RESET;
	store_start(s);
	store_session(s, true);
	return s;
}
