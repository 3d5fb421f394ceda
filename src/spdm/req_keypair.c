/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_prov.h"

/* GET_KEY_PAIR_INFO, SET_KEY_PAIR_INFO. */

static enum il_err pair_build(struct spdm_req *q, struct spdm_msg *m)
{
	m->u.get_key_pair.id = q->args.wish.id;
	return IL_OK;
}

static bool one_at_most(uint32_t v)
{
	return !(v & (v - 1));
}

/*
 * What a peer says of a key pair agrees with itself and with the capabilities
 * that it named. Source: DSP0274 1.3.2, section 10.27.1
 */
static bool pair_sane(const struct spdm_req *q, const struct spdm_key_pair *k)
{
	const bool set = q->peer_caps & SPDM_CAP_SET_KEY_PAIR_INFO;

	if (k->id != q->args.wish.id || k->id > k->total || (!set && k->caps) ||
	    (k->usage & ~k->usage_caps) || (k->asym & ~k->asym_caps) ||
	    !one_at_most(k->asym))
		return false;
	if ((k->caps & SPDM_KEY_PAIR_CAP_SHAREABLE) &&
	    !(k->caps & SPDM_KEY_PAIR_CAP_CERT_ASSOC))
		return false;
	return !set || (k->caps & SPDM_KEY_PAIR_CAP_SHAREABLE) ||
	       one_at_most(k->slots);
}

static enum il_err pair_check(struct spdm_req *q, const struct spdm_msg *m)
{
	if (!pair_sane(q, &m->u.key_pair))
		return IL_E_FIELD;
	q->pair = m->u.key_pair;
	return IL_OK;
}

const struct spdm_req_step spdm_req_key_pair_step = { SPDM_GET_KEY_PAIR_INFO,
						      SPDM_TR_NONE, pair_build,
						      NULL, pair_check };

static enum il_err set_build(struct spdm_req *q, struct spdm_msg *m)
{
	const struct spdm_key_pair_ask *w = &q->args.wish;

	m->param1 = w->op;
	m->u.set_key_pair.id = w->id;
	m->u.set_key_pair.usage = w->usage;
	m->u.set_key_pair.asym = w->asym;
	m->u.set_key_pair.slots = w->slots;
	put_u32le(q->wish_pqc, w->pqc);
	m->u.set_key_pair.pqc =
		(struct spdm_span){ q->wish_pqc, sizeof(q->wish_pqc) };
	return IL_OK;
}

static enum il_err set_check(struct spdm_req *q, const struct spdm_msg *m)
{
	(void)q;
	(void)m;
	return IL_OK;
}

const struct spdm_req_step spdm_req_set_key_pair_step = {
	SPDM_SET_KEY_PAIR_INFO, SPDM_TR_NONE, set_build, NULL, set_check
};
