/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_prov.h"

/* GET_KEY_PAIR_INFO and SET_KEY_PAIR_INFO. */

static enum il_err read_pair(struct spdm_ex *x, uint8_t id,
			     struct spdm_key_pair *out)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	enum il_err err = IL_E_ARG;

	memset(out, 0, sizeof(*out));
	if (id)
		err = cfg->port->key_pair(cfg->port_ctx, id, out);
	if (!err && (out->id != id || id > out->total))
		err = IL_E_IO; /* a fault of the port */
	return spdm_ex_prov(x, err);
}

/*
 * Source: DSP0274 1.3.2, section 10.27.1: without SET_KEY_PAIR_INFO_CAP there
 * are no capabilities of a key pair
 */
enum il_err spdm_rsp_key_pair(struct spdm_ex *x)
{
	struct spdm_key_pair *k = &x->rsp.u.key_pair;
	enum il_err err = read_pair(x, x->req.u.get_key_pair.id, k);

	if (err)
		return err;
	if (!(x->r->cfg.caps & SPDM_CAP_SET_KEY_PAIR_INFO))
		k->caps = 0;
	return spdm_ex_emit(x);
}

static bool one_bit_at_most(uint32_t v)
{
	return !(v & (v - 1));
}

static uint32_t pqc_bits(struct spdm_span s)
{
	uint32_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		if (i < 4)
			v |= (uint32_t)s.p[i] << (8 * i);
		else if (s.p[i])
			v |= UINT32_MAX; /* nothing that anybody knows */
	return v;
}

/*
 * What a request may wish for, by what the pair says of itself.
 * Source: DSP0274 1.3.2, section 10.27.2, tables of fields and of
 * capabilities; 1.4.0 for post-quantum algorithms
 */
static bool wish_good(const struct spdm_msg *m, const struct spdm_key_pair *k)
{
	const uint16_t usage = m->u.set_key_pair.usage;
	const uint32_t asym = m->u.set_key_pair.asym;
	const uint8_t slots = m->u.set_key_pair.slots;
	const uint32_t pqc = pqc_bits(m->u.set_key_pair.pqc);
	const bool made = k->asym || pqc_bits(k->pqc);

	if (usage && (!(k->caps & SPDM_KEY_PAIR_CAP_KEY_USAGE) ||
		      (usage & ~k->usage_caps)))
		return false;
	if ((asym || pqc) && !(k->caps & SPDM_KEY_PAIR_CAP_ASYM))
		return false;
	if (!one_bit_at_most(asym) || !one_bit_at_most(pqc) || (asym && pqc) ||
	    (asym & ~k->asym_caps) || (pqc & ~pqc_bits(k->pqc_caps)))
		return false;
	if (slots && slots != k->slots &&
	    !(k->caps & SPDM_KEY_PAIR_CAP_CERT_ASSOC))
		return false;
	if (!one_bit_at_most(slots) && !(k->caps & SPDM_KEY_PAIR_CAP_SHAREABLE))
		return false;
	/* A key that is there keeps its algorithm. */
	return m->param1 != SPDM_KEY_PAIR_CHANGE || !made ||
	       ((!asym || asym == k->asym) &&
		(!pqc || pqc == pqc_bits(k->pqc)));
}

/* As the pair shall be: 0 stands for what it is now. */
static struct spdm_key_pair_ask ask_of(const struct spdm_msg *m,
				       const struct spdm_key_pair *k)
{
	struct spdm_key_pair_ask a = { .id = k->id, .op = m->param1 };

	if (a.op == SPDM_KEY_PAIR_ERASE)
		return a;
	a.usage = m->u.set_key_pair.usage;
	a.asym = m->u.set_key_pair.asym;
	a.pqc = pqc_bits(m->u.set_key_pair.pqc);
	a.slots = m->u.set_key_pair.slots;
	if (!(k->caps & SPDM_KEY_PAIR_CAP_CERT_ASSOC))
		a.slots = k->slots;
	if (!a.usage)
		a.usage = k->usage;
	if (!a.asym && !a.pqc) {
		a.asym = k->asym;
		a.pqc = pqc_bits(k->pqc);
	}
	return a;
}

/*
 * Slots that the pair leaves or comes to. One that holds a chain keeps its
 * key: the chain would name another. Two pairs of one algorithm cannot both
 * have a slot, since DIGESTS names one. OPEN: the error; OperationFailed as
 * for the conflicts that the specification knows.
 */
static enum il_err slots_free(struct spdm_ex *x, const struct spdm_key_pair *k,
			      const struct spdm_key_pair_ask *a)
{
	const uint8_t moved = a->slots ^ k->slots;

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if ((moved >> i & 1) && spdm_rsp_has_slot(x->r, i))
			return spdm_ex_prov(x, IL_E_IO);
	for (unsigned id = 1; id <= k->total; id++) {
		struct spdm_key_pair o;
		enum il_err err;

		if (id == k->id)
			continue;
		err = read_pair(x, (uint8_t)id, &o);
		if (err)
			return err;
		if ((o.slots & a->slots) && o.asym == a->asym &&
		    pqc_bits(o.pqc) == a->pqc)
			return spdm_ex_prov(x, IL_E_IO);
	}
	return IL_OK;
}

/* Whether the state of the pair lets @a happen. */
static enum il_err may(struct spdm_ex *x, const struct spdm_key_pair *k,
		       const struct spdm_key_pair_ask *a)
{
	enum il_err err = spdm_ex_may_write(x, k->slots | a->slots);

	if (err)
		return err;
	if (a->op != SPDM_KEY_PAIR_CHANGE && k->slots)
		return spdm_ex_prov(x, IL_E_IO); /* still associated */
	if (a->op == SPDM_KEY_PAIR_GENERATE && !a->asym && !a->pqc)
		return spdm_ex_prov(x, IL_E_IO); /* of which algorithm? */
	if (spdm_rsp_held(x->r, k->slots | a->slots))
		return spdm_ex_refuse(x, SPDM_ERR_BUSY, 0);
	return slots_free(x, k, a);
}

/* Which key each slot has now, as the pairs tell. */
static enum il_err refresh(struct spdm_ex *x, uint8_t total)
{
	struct spdm_rsp *r = x->r;

	for (unsigned i = 0; i < SPDM_SLOTS; i++) {
		r->cfg.slots[i].key_pair = 0;
		r->cfg.slots[i].usage = 0;
	}
	for (unsigned id = 1; id <= total; id++) {
		struct spdm_key_pair k;
		enum il_err err = read_pair(x, (uint8_t)id, &k);

		if (err)
			return err;
		spdm_rsp_pair_set(r, &k);
	}
	return IL_OK;
}

void spdm_rsp_pair_set(struct spdm_rsp *r, const struct spdm_key_pair *k)
{
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (k->slots >> i & 1) {
			r->cfg.slots[i].key_pair = k->id;
			r->cfg.slots[i].usage = k->usage;
		}
}

/*
 * OPEN: the specification does not say who may ask this; the same as of
 * SET_CERTIFICATE, for the slots that are touched.
 */
enum il_err spdm_rsp_set_key_pair(struct spdm_ex *x)
{
	static const uint16_t need[] = {
		[SPDM_KEY_PAIR_CHANGE] = 0,
		[SPDM_KEY_PAIR_ERASE] = SPDM_KEY_PAIR_CAP_ERASABLE,
		[SPDM_KEY_PAIR_GENERATE] = SPDM_KEY_PAIR_CAP_GEN,
	};
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	const uint8_t op = x->req.param1;
	struct spdm_key_pair k;
	bool reset = false;
	enum il_err err;

	if (op >= COUNT(need))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	err = read_pair(x, x->req.u.set_key_pair.id, &k);
	if (err)
		return err;
	if ((k.caps & need[op]) != need[op] ||
	    (op != SPDM_KEY_PAIR_ERASE && !wish_good(&x->req, &k)))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);

	const struct spdm_key_pair_ask a = ask_of(&x->req, &k);

	err = may(x, &k, &a);
	if (!err)
		err = spdm_ex_emit(x);
	if (err)
		return err;
	err = cfg->port->set_key_pair(cfg->port_ctx, &a, &reset);
	if (err)
		return spdm_ex_prov(x, err);
	if (reset)
		return spdm_ex_reset_needed(x, SPDM_CAP_SET_KEY_PAIR_RESET, 0);
	return refresh(x, k.total);
}
