/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_prov.h"

/* GET_ENDPOINT_INFO: what kind of thing the responder is, signed or not. */

/* IL1 is VCA, the request and the response up to its signature. */
static enum il_err proof(struct spdm_ex *x, uint8_t slot)
{
	enum il_err err = spdm_ex_record(x, &x->work, true);

	if (!err)
		err = spdm_ex_sign(x, slot, SPDM_SIGN_ENDPOINT_INFO);
	return err ? err : spdm_ex_emit_proof(x);
}

/*
 * Source: DSP0274 1.3.2, section 10.24. Slot 0xF (a public key that was
 * provisioned) is not among our capabilities. Without a signature the slot
 * says nothing; OPEN: then it is ignored when received, as a reserved field.
 */
enum il_err spdm_rsp_endpoint_info(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const bool sign = x->req.u.get_ep_info.attr & SPDM_EP_INFO_SIGN;
	const uint8_t slot = x->req.param2 & 0xf;
	size_t len = 0;
	enum il_err err;

	if (sign &&
	    (r->cfg.caps & SPDM_CAP_EP_INFO_MASK) != SPDM_CAP_EP_INFO_SIG)
		return spdm_ex_refuse(x, SPDM_ERR_UNSUPPORTED_REQUEST,
				      x->req.code);
	if (sign && !spdm_rsp_may_sign(r, slot, SPDM_KEY_USE_EP_INFO))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	err = r->cfg.port->endpoint_info(r->cfg.port_ctx, x->req.param1,
					 x->record, x->record_cap, &len);
	spdm_ex_record_used(x, err ? x->record_cap : len);
	if (!err && len > x->record_cap)
		err = IL_E_SPACE;
	if (err)
		return spdm_ex_prov(x, err);
	x->rsp.u.ep_info.info = (struct spdm_span){ x->record, len };
	if (!sign)
		return spdm_ex_emit(x);
	x->rsp.param2 = slot;
	x->rsp.u.ep_info.sig = spdm_ex_sig(x);
	err = spdm_ex_draw(x, x->rsp.u.ep_info.nonce);
	if (!err)
		err = spdm_ex_emit(x);
	return err ? err : proof(x, slot);
}
