/* SPDX-License-Identifier: BSD-2-Clause */
#include "asker.h"

#include <unistd.h>

#include "mctp/mctp.h"

void asker_open(struct asker *a, struct rig *r, bool mctp)
{
	const struct spdm_req_cfg cfg = {
		.crypto = &r->maker.c,
		.env = &r->env,
		.versions = { SPDM_V12 },
		.caps = SPDM_REQ_CAPS,
		.binding = mctp ? &mctp_binding : NULL,
		.asym = SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.transfer = sizeof(a->scratch) - SPDM_SECURED_SLACK,
		.chain = a->chain,
		.chain_cap = sizeof(a->chain),
		.scratch = a->scratch,
		.scratch_len = sizeof(a->scratch),
	};

	a->r = r;
	a->fd = rig_client(r);
	assert_int_equal(spdm_req_init(&a->req, &cfg), IL_OK);
}

void asker_close(struct asker *a)
{
	spdm_req_fini(&a->req);
	close(a->fd);
}

enum il_err asker_exchange(struct asker *a)
{
	uint8_t msg[4096];
	enum spdm_kind kind;
	const struct rig_frame *f;
	size_t n;

	assert_int_equal(
		spdm_req_pull(&a->req, msg + 1, sizeof(msg) - 1, &n, &kind),
		IL_OK);
	if (a->req.cfg.binding != &mctp_binding) {
		rig_doe(a->fd, (uint8_t)kind, msg + 1, n);
		f = rig_answer(a->r, a->fd);
		return spdm_req_push(&a->req, (enum spdm_kind)f->p[2], f->p + 8,
				     f->len - 8, 0);
	}
	msg[0] = kind == SPDM_PLAIN ? MCTP_SPDM : MCTP_SECURED;
	rig_ask(a->fd, 1, 1, msg, n + 1);
	f = rig_answer(a->r, a->fd);
	return spdm_req_push(&a->req,
			     f->p[0] == MCTP_SPDM ? SPDM_PLAIN : SPDM_SECURED,
			     f->p + 1, f->len - 1, 0);
}

void asker_run(struct asker *a, enum spdm_req_op op)
{
	const struct spdm_req_args args = { .update = SPDM_UPDATE_ALL_KEYS };
	enum il_err err;

	assert_int_equal(spdm_req_begin(&a->req, op, &args), IL_OK);
	do
		err = asker_exchange(a);
	while (err == IL_E_AGAIN);
	assert_int_equal(err, IL_OK);
}

struct spdm_span asker_vendor(struct asker *a, const uint8_t *p, size_t n)
{
	static const uint8_t pcisig[] = { 1, 0 };
	const struct spdm_req_args args = {
		.vdm = { .standard = SPDM_STD_PCISIG,
			 .vid = { pcisig, sizeof(pcisig) },
			 .payload = { p, n } },
	};
	const struct spdm_vdm *v;

	assert_int_equal(spdm_req_begin(&a->req, SPDM_OP_VENDOR, &args), IL_OK);
	assert_int_equal(asker_exchange(a), IL_OK);
	v = spdm_req_answer(&a->req);
	assert_non_null(v);
	assert_true(v->payload.n > 1);
	return v->payload;
}

struct spdm_span asker_tdisp(struct asker *a, uint32_t fn, uint8_t code,
			     const void *body, size_t n)
{
	uint8_t m[1 + 16 + 64] = { 1, 0x10, code };
	struct spdm_span got;

	for (unsigned i = 0; i < 4; i++)
		m[5 + i] = (uint8_t)(fn >> 8 * i);
	assert_true(n <= 64);
	if (n)
		memcpy(m + 17, body, n);
	got = asker_vendor(a, m, 17 + n);
	assert_int_equal(got.p[0], 1);
	assert_true(got.n >= 17);
	return (struct spdm_span){ got.p + 1, got.n - 1 };
}

/* KEY_PROG, K_SET_GO: PCIe Base 6.x §6.33.3; protocol id 0 before. */
static void key(struct asker *a, uint8_t object, uint8_t answer, uint8_t stream,
		unsigned i)
{
	uint8_t m[1 + 47] = { 0, object, 0, 0, stream };
	struct spdm_span got;

	m[6] = (uint8_t)(i / 3 << 1 | i % 3 << 4);
	memset(m + 8, 0x30 + (int)i, 32);
	m[8 + 32 + 4] = 1; /* of the invocation field */
	got = asker_vendor(a, m, object == 2 ? 48 : 8);
	assert_int_equal(got.p[0], 0);
	assert_int_equal(got.p[1], answer);
	if (object == 2)
		assert_int_equal(got.p[5], 0);
}

void asker_keys(struct asker *a, uint8_t stream)
{
	for (unsigned i = 0; i < 6; i++)
		key(a, 2, 3, stream, i);
	for (unsigned i = 0; i < 6; i++)
		key(a, 4, 6, stream, i);
}
