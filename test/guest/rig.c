/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

void vouch(struct rig *r)
{
	const struct crypto *c = &r->p->c;

	assert_int_equal(crypto_hash(c, CRYPTO_SHA384, r->blobs.certs.p,
				     r->blobs.certs.len, r->claims.certs),
			 IL_OK);
	assert_int_equal(crypto_hash(c, CRYPTO_SHA384, r->blobs.meas.p,
				     r->blobs.meas.len, r->claims.meas),
			 IL_OK);
	assert_int_equal(crypto_hash(c, CRYPTO_SHA384, r->blobs.report.p,
				     r->blobs.report.len, r->claims.report),
			 IL_OK);
}

static size_t add(uint8_t *to, size_t at, struct spdm_span s)
{
	memcpy(to + at, s.p, s.n);
	return at + s.n;
}

void take_measurements(struct rig *r, const uint8_t *nonce)
{
	struct spdm_req_args a = { .sign = true,
				   .index = SPDM_MEAS_ALL,
				   .nonce_given = true };
	size_t n;

	memcpy(a.nonce, nonce, sizeof(a.nonce));
	assert_int_equal(pair_run(r->p, SPDM_OP_MEASURE, &a), IL_OK);
	n = add(r->meas, 0, spdm_req_vca(&r->p->req));
	n = add(r->meas, n, spdm_req_meas_bytes(&r->p->req));
	n = add(r->meas, n, spdm_req_meas_sig(&r->p->req));
	r->blobs.meas = (struct evidence_blob){ r->meas, n };
}

struct tdisp_report plain_report(void)
{
	return (struct tdisp_report){
		.info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
		.range_count = 3,
		.ranges = {
			{ .first_page = 0x100, .pages = 2, .id = 0 },
			{ .first_page = 0x102, .pages = 2, .attrs = 4, .id = 0 },
			{ .first_page = 0x200, .pages = 16, .id = 2 },
		},
	};
}

void put_report(struct rig *r, const struct tdisp_report *rep)
{
	struct wr w = wr_over(r->report, sizeof(r->report));

	assert_int_equal(tdisp_report_encode(&w, rep), IL_OK);
	assert_int_equal(wr_end(&w, &r->report_len), IL_OK);
	r->blobs.report = (struct evidence_blob){ r->report, r->report_len };
	vouch(r);
}

struct rig *rig_new(void)
{
	struct rig *r = test_calloc(1, sizeof(*r));
	struct tdisp_report rep = plain_report();
	const struct crypto_chain *ch;
	struct spdm_span certs;

	r->p = pair_new(CRYPTO_P384);
	pair_start(r->p);
	pair_connect(r->p);
	r->claims = (struct evidence_claims){ .tdi_id = 7,
					      .lock_flags = 1,
					      .meas_valid = true,
					      .meas_fresh = true,
					      .hash = CRYPTO_SHA384,
					      .spdm_hash = CRYPTO_SHA384 };
	r->blobs.certs = (struct evidence_blob){
		r->chain, add(r->chain, 0, spdm_req_chain(&r->p->req))
	};
	memset(r->policy.nonce, 0x5a, sizeof(r->policy.nonce));
	take_measurements(r, r->policy.nonce);
	ch = spdm_req_parsed(&r->p->req);
	certs = spdm_req_certs(&r->p->req);
	r->policy.anchor = certs.p + ch->certs[0].off;
	r->policy.anchor_len = ch->certs[0].len;
	r->policy.now_s = ch->certs[ch->count - 1].not_before_s + 10;
	r->policy.lock_flags = 1;
	r->policy.bar_size[0] = 4 * PAGE_4K;
	r->policy.bar_size[2] = 16 * PAGE_4K;
	put_report(r, &rep);
	return r;
}

void rig_free(struct rig *r)
{
	crypto_chain_drop(&r->p->c, &r->found.chain);
	pair_free(r->p);
	test_free(r);
}
