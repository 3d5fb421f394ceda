/* SPDX-License-Identifier: BSD-2-Clause */
#include "large_rig.h"

uint8_t large_rsp[LARGE_CAP], large_req[LARGE_CAP];
uint8_t large_load[66000];
unsigned large_carried;

static uint8_t scratch[2 * LARGE_CAP];

void large_on(struct pair *p)
{
	p->rcfg.caps |= SPDM_CAP_CHUNK;
	p->qcfg.caps |= SPDM_CAP_CHUNK;
	p->rcfg.large = large_rsp;
	p->qcfg.large = large_req;
	p->rcfg.large_cap = p->qcfg.large_cap = LARGE_CAP;
	memset(large_rsp, 0, sizeof(large_rsp));
	memset(large_req, 0, sizeof(large_req));
}

struct pair *large_pair(uint32_t transfer)
{
	struct pair *p = pair_new(CRYPTO_P384);

	large_on(p);
	p->rcfg.transfer = p->qcfg.transfer = transfer;
	p->rcfg.scratch = scratch;
	p->rcfg.scratch_len = sizeof(scratch);
	memset(scratch, 0, sizeof(scratch));
	for (size_t i = 0; i < sizeof(large_load); i++)
		large_load[i] = (uint8_t)(i * 7 + (i >> 8));
	return p;
}

struct pair *large_pair_by(uint32_t transfer, uint8_t version)
{
	struct pair *p = large_pair(transfer);

	p->rcfg.versions[0] = p->qcfg.versions[0] = version;
	p->rcfg.caps |= SPDM_CAP_LARGE_RESP;
	p->qcfg.caps |= SPDM_CAP_LARGE_RESP;
	return p;
}

void assert_clean(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			fail_msg("byte %zu of %zu is %#x", i, n, p[i]);
}

enum il_err large_run(struct pair *p, enum spdm_req_op op,
		      const struct spdm_req_args *args)
{
	enum il_err err = spdm_req_begin(&p->req, op, args);

	large_carried = 0;
	if (err)
		return err;
	do {
		const size_t over = p->req.ch[0].live ? 33 : 0;

		err = pair_exchange(p);
		large_carried++;
		assert_true(p->in_len <= p->rcfg.transfer + over);
		assert_true(p->out_len <= p->qcfg.transfer + over);
	} while (err == IL_E_AGAIN);
	return err;
}

enum il_err large_echo(struct pair *p, size_t n, bool large)
{
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG,
			 { (const uint8_t *)"\x01\x00", 2 },
			 { large_load, n } },
		.vdm_large = large,
	};
	enum il_err err = large_run(p, SPDM_OP_VENDOR, &a);

	if (err)
		return err;
	assert_int_equal(spdm_req_answer(&p->req)->payload.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(spdm_req_answer(&p->req)->payload.p[i],
				 (uint8_t)(large_load[i] + 1));
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	assert_clean(large_rsp, sizeof(large_rsp));
	return IL_OK;
}

size_t large_chunk(uint8_t *out, uint8_t attr, uint8_t handle, uint16_t seq,
		   uint32_t total, const uint8_t *p, uint32_t n)
{
	const size_t head = seq ? 12 : 16;
	const uint8_t h[16] = { 0x12,
				0x85,
				attr,
				handle,
				(uint8_t)seq,
				(uint8_t)(seq >> 8),
				0,
				0,
				(uint8_t)n,
				(uint8_t)(n >> 8),
				(uint8_t)(n >> 16),
				(uint8_t)(n >> 24),
				(uint8_t)total,
				(uint8_t)(total >> 8),
				(uint8_t)(total >> 16),
				(uint8_t)(total >> 24) };

	memcpy(out, h, head);
	memcpy(out + head, p, n);
	return head + n;
}
