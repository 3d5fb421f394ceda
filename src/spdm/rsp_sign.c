/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/keys_priv.h"
#include "spdm/rsp_priv.h"
#include "spdm/sig.h"

/*
 * How the responder signs, and where that has room: what came with 1.4 is too
 * long for the stack of a small device and stands in its scratch buffer.
 */

uint32_t spdm_rsp_can_pqc(const struct spdm_rsp_cfg *cfg)
{
	return crypto_has_pqc(cfg->crypto) && cfg->port->sign_msg
		       ? cfg->pqc_asym
		       : 0;
}

uint32_t spdm_rsp_can_req_pqc(const struct spdm_rsp_cfg *cfg)
{
	return crypto_has_pqc(cfg->crypto) ? cfg->req_pqc_asym : 0;
}

uint16_t spdm_rsp_can_kem(const struct spdm_rsp_cfg *cfg)
{
	return crypto_has_pqc(cfg->crypto) ? cfg->kem : 0;
}

static size_t kem_tail(const struct spdm_rsp_cfg *cfg)
{
	return spdm_rsp_can_kem(cfg) ? SPDM_RSP_KEM_ROOM : 0;
}

size_t spdm_rsp_tail(const struct spdm_rsp_cfg *cfg)
{
	return kem_tail(cfg) + (spdm_rsp_can_pqc(cfg) ? SPDM_RSP_SIG_ROOM : 0);
}

uint8_t *spdm_rsp_kem_room(const struct spdm_rsp *r)
{
	return r->cfg.scratch + r->cfg.scratch_len - kem_tail(&r->cfg);
}

struct spdm_span spdm_ex_sig(struct spdm_ex *x)
{
	const struct spdm_rsp *r = x->r;
	const size_t n = spdm_asym_sig_len(r->asym, r->pqc_asym);

	x->sig = x->short_sig;
	if (r->pqc_asym) {
		x->sig = x->sig_room;
		x->sig_used = n;
		memset(x->sig, 0, n);
	}
	return (struct spdm_span){ x->sig, n };
}

static enum il_err sign_msg(struct spdm_ex *x, uint8_t slot,
			    const char *context, const uint8_t *th)
{
	const struct spdm_rsp *r = x->r;
	uint8_t msg[SPDM_SIGN_MSG_MAX];
	size_t len;
	enum il_err err =
		spdm_sign_msg(r->version, r->hash, context, th, msg, &len);

	if (err)
		return err;
	return r->cfg.port->sign_msg(r->cfg.port_ctx, slot, r->pqc_asym,
				     context, msg, len, x->sig,
				     spdm_pqc_sig_len(r->pqc_asym));
}

enum il_err spdm_ex_sign(struct spdm_ex *x, uint8_t slot, const char *context)
{
	struct spdm_rsp *r = x->r;
	uint8_t th[SPDM_HASH_MAX];
	uint8_t digest[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&r->tr, x->work, th);

	if (err)
		return err;
	if (r->pqc_asym)
		return sign_msg(x, slot, context, th);
	err = spdm_sign_digest(r->cfg.crypto, r->version, r->hash, context, th,
			       digest);
	if (err)
		return err;
	return r->cfg.port->sign(r->cfg.port_ctx, slot, r->asym, digest,
				 spdm_hash_len(r->hash), x->sig,
				 spdm_sig_len(r->asym));
}
