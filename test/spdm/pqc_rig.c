/* SPDX-License-Identifier: BSD-2-Clause */
#include "pqc_rig.h"

#include <stdio.h>
#include <stdlib.h>

const struct pqc_dsa pqc_dsas[3] = {
	{ CRYPTO_KEY_ML_DSA_44, BIT(0), 2420 },
	{ CRYPTO_KEY_ML_DSA_65, BIT(1), 3309 },
	{ CRYPTO_KEY_ML_DSA_87, BIT(2), 4627 },
};

const struct pqc_kem pqc_kems[3] = {
	{ BIT(0), 800, 768 },
	{ BIT(1), 1184, 1088 },
	{ BIT(2), 1568, 1568 },
};

uint8_t pqc_rsp_scratch[2 * PQC_WHOLE + PQC_ROOM];

static uint8_t req_scratch[PQC_WHOLE + PQC_ROOM], chain[40000];

const struct spdm_req_args pqc_all = { .summary = SPDM_SUMMARY_ALL };
const struct spdm_req_args pqc_meas = { .index = SPDM_MEAS_ALL, .sign = true };

struct pair *pqc_pair(const struct pqc_dsa *dsa, uint16_t kem,
		      uint32_t transfer)
{
	struct pair *p = pair_new_kind(dsa->key);

	if (!p) {
		printf("skipped: this crypto library has no ML-DSA\n");
		skip();
	}
	memset(pqc_rsp_scratch, 0, sizeof(pqc_rsp_scratch));
	memset(req_scratch, 0, sizeof(req_scratch));
	p->rcfg.versions[0] = p->qcfg.versions[0] = SPDM_V14;
	p->rcfg.versions[1] = p->qcfg.versions[1] = SPDM_V13;
	p->rcfg.asym = 0;
	p->rcfg.pqc_asym = dsa->bit;
	p->qcfg.pqc_asym = BIT(0) | BIT(1) | BIT(2);
	p->rcfg.kem = p->qcfg.kem = kem;
	p->rcfg.scratch = pqc_rsp_scratch;
	p->rcfg.scratch_len = sizeof(pqc_rsp_scratch);
	p->qcfg.scratch = req_scratch;
	p->qcfg.scratch_len = sizeof(req_scratch);
	p->rcfg.transfer = p->qcfg.transfer = transfer;
	p->qcfg.chain = chain;
	p->qcfg.chain_cap = sizeof(chain);
	if (transfer != PQC_WHOLE)
		large_on(p);
	return p;
}

void pqc_everything(struct pair *p, const struct pqc_dsa *dsa)
{
	pair_connect(p);
	assert_int_equal(p->req.version, SPDM_V14);
	assert_int_equal(p->req.asym, 0);
	assert_int_equal(p->req.pqc_asym, dsa->bit);
	assert_int_equal(p->req.leaf.key, dsa->key);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &pqc_all), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &pqc_meas), IL_OK);
	assert_int_equal(spdm_req_meas_sig(&p->req).n, dsa->sig);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, &pqc_all), IL_OK);
	assert_memory_equal(p->req.keys.data_dir,
			    p->rsp.cfg.ses[0].keys.data_dir,
			    sizeof(p->req.keys.data_dir));
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &pqc_meas), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_clean(pqc_rsp_scratch, sizeof(pqc_rsp_scratch));
}
