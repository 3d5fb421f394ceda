/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutual_rig.h"

const uint8_t mutual_forms[MUTUAL_FORMS] = { SPDM_MUT_AUTH, SPDM_MUT_AUTH_ENCAP,
					     SPDM_MUT_AUTH_DIGESTS };

struct pair *mutual_connected(uint8_t how, uint8_t slot)
{
	struct pair *p = pair_new(CRYPTO_P384);

	pair_mutual(p, how, slot);
	pair_start(p);
	pair_connect(p);
	return p;
}

struct pair *mutual_handshake(uint8_t how, bool flows)
{
	struct pair *p = mutual_connected(how, 0);

	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	do
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	while (flows && p->rsp.encap.flow != SPDM_FLOW_NONE);
	return p;
}
