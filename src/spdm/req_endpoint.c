/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_prov.h"

/* GET_ENDPOINT_INFO. */

static enum il_err info_build(struct spdm_req *q, struct spdm_msg *m)
{
	q->out_len = 0;
	q->shape.sign = q->args.sign;
	m->param1 = q->args.sub;
	if (!q->args.sign)
		return IL_OK;
	m->param2 = q->slot;
	m->u.get_ep_info.attr = SPDM_EP_INFO_SIGN;
	return env_random(q->cfg.env, m->u.get_ep_info.nonce, SPDM_NONCE_LEN);
}

/*
 * Our nonce and theirs are in what is signed: VCA, request, response.
 * Source: DSP0274 1.3.2, section 10.24
 */
static enum il_err info_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const uint8_t slot = q->args.sign ? q->slot : 0;
	enum il_err err = IL_OK;

	if ((m->param2 & 0xf) != slot)
		return IL_E_FIELD;
	if (q->args.sign)
		err = spdm_req_verify(q, SPDM_SIGN_ENDPOINT_INFO,
				      m->u.ep_info.sig);
	return err ? err : spdm_req_put(q, m->u.ep_info.info);
}

const struct spdm_req_step spdm_req_endpoint_step = { SPDM_GET_ENDPOINT_INFO,
						      SPDM_TR_ANEW, info_build,
						      NULL, info_check };
