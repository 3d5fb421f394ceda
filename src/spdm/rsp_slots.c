/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/keys_priv.h"
#include "spdm/rsp_prov.h"

/* Certificate slots: what they hold, who may use one, who may change one. */

uint8_t spdm_rsp_slots_used(const struct spdm_rsp *r, uint8_t mask)
{
	uint8_t used = 0;

	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		if (r->cfg.ses[i].state != SPDM_SES_NONE &&
		    r->cfg.ses[i].slot < SPDM_SLOTS)
			used |= (uint8_t)(1u << r->cfg.ses[i].slot);
	return used & mask;
}

bool spdm_rsp_may_sign(const struct spdm_rsp *r, unsigned slot, uint16_t use)
{
	return spdm_rsp_has_slot(r, slot) &&
	       (!r->multi_key || (r->cfg.slots[slot].usage & use));
}

/* What is offered can be done. Source: DSP0274 1.3.2, section 10.3, table of
 * responder flags */
bool spdm_rsp_prov_whole(const struct spdm_rsp_cfg *cfg)
{
	const struct spdm_rsp_port *p = cfg->port;
	const uint32_t c = cfg->caps;
	const uint32_t pairs = SPDM_CAP_MULTI_KEY_MASK |
			       SPDM_CAP_GET_KEY_PAIR_INFO |
			       SPDM_CAP_SET_KEY_PAIR_INFO;

	if ((c & SPDM_CAP_EP_INFO_MASK) == SPDM_CAP_EP_INFO_MASK ||
	    (c & SPDM_CAP_MULTI_KEY_MASK) == SPDM_CAP_MULTI_KEY_MASK)
		return false;
	if (!(c & SPDM_CAP_SET_CERT) &&
	    (c & (SPDM_CAP_CSR | SPDM_CAP_CERT_INSTALL_RESET)))
		return false;
	if ((c & SPDM_CAP_SET_KEY_PAIR_RESET) &&
	    !(c & SPDM_CAP_SET_KEY_PAIR_INFO))
		return false;
	return (!(c & SPDM_CAP_CSR) || p->csr) &&
	       (!(c & SPDM_CAP_SET_CERT) || p->set_cert) &&
	       (!(c & pairs) || p->key_pair) &&
	       (!(c & SPDM_CAP_SET_KEY_PAIR_INFO) || p->set_key_pair) &&
	       (!(c & SPDM_CAP_EP_INFO_MASK) || p->endpoint_info) &&
	       (!(c & SPDM_CAP_MEL) || p->mel);
}

bool spdm_rsp_held(const struct spdm_rsp *r, uint8_t slots)
{
	return !r->cfg.trusted && spdm_rsp_slots_used(r, slots);
}

/*
 * OPEN: which errors. A request that is good in a session gets
 * SessionRequired; for slot 0 no session helps, so that it is unexpected.
 * DMTF's implementation lets slot 0 be written anywhere.
 * Source: DSP0274 1.3.2, section 10.26.2 (slot 0 in a trusted environment,
 * the others there or in a secure session)
 */
enum il_err spdm_ex_may_write(struct spdm_ex *x, uint8_t slots)
{
	if (x->r->cfg.trusted)
		return IL_OK;
	if (slots & 1)
		return spdm_ex_refuse(x, SPDM_ERR_UNEXPECTED_REQUEST, 0);
	if (!x->s)
		return spdm_ex_refuse(x, SPDM_ERR_SESSION_REQUIRED, 0);
	return IL_OK;
}

bool spdm_rsp_key_named(const struct spdm_rsp *r, uint8_t key_pair,
			uint8_t model)
{
	if (!r->multi_key)
		return !key_pair && !model;
	return key_pair && model >= SPDM_CERT_MODEL_DEVICE &&
	       model <= SPDM_CERT_MODEL_GENERIC;
}

/* Hashes of one slot anew, where the hash is known already. */
enum il_err spdm_rsp_slot_set(struct spdm_rsp *r, uint8_t slot,
			      const struct spdm_rsp_slot *now)
{
	struct spdm_rsp_slot old;
	enum il_err err = IL_OK;

	if (slot >= SPDM_SLOTS || !spdm_rsp_slot_good(now))
		return IL_E_ARG;
	old = r->cfg.slots[slot];
	r->cfg.slots[slot] = *now;
	if (r->hash && now->certs.n)
		err = spdm_rsp_hash_slot(r, slot, r->hash);
	if (err)
		r->cfg.slots[slot] = old;
	return err;
}

/*
 * A moment at which all of the chain is valid: a device has no calendar, and
 * only needs to know that there was or will be one.
 */
static int64_t some_day(const struct crypto_chain *ch)
{
	int64_t day = ch->certs[0].not_before_s;

	for (unsigned i = 1; i < ch->count; i++)
		if (ch->certs[i].not_before_s > day)
			day = ch->certs[i].not_before_s;
	return day;
}

/*
 * The chain leads from its first certificate, which signed itself, to a leaf
 * that may be a responder's.
 * OPEN: a chain may leave its root out; then its hash, which the header has
 * under the hash of this connection, could never be told under another one.
 * Such a chain is refused.
 * Source: DSP0274 1.3.2, sections 10.6.1, 10.6.2 (models), 10.26.2
 */
static enum il_err verify(struct spdm_ex *x, struct spdm_span certs,
			  struct spdm_span root_hash, struct crypto_chain *ch)
{
	const struct crypto *c = x->r->cfg.crypto;
	struct crypto_why why;
	uint8_t root[SPDM_HASH_MAX];
	size_t n;
	enum il_err err = crypto_chain_parse(c, certs.p, certs.n, ch);

	if (err) {
		spdm_ex_no_chain(ch);
		return err == IL_E_STATE || err == IL_E_NOMEM ? err
							      : IL_E_FIELD;
	}
	n = ch->certs[0].len;
	err = crypto_hash(c, spdm_crypto_hash(x->r->hash), certs.p, n, root);
	if (err)
		return err;
	if (memcmp(root, root_hash.p, root_hash.n) != 0 || ch->count < 2)
		return IL_E_FIELD;
	return crypto_chain_verify(c, ch, certs.p, n, some_day(ch), &why);
}

/* What Param1 and Param2 say; false: they may not. */
static bool attributes(const struct spdm_ex *x, struct spdm_cert_ask *ask,
		       bool *erase)
{
	const uint8_t p1 = x->req.param1;

	*erase = false;
	ask->slot = p1 & 0xf;
	ask->model = SPDM_CERT_MODEL_DEVICE; /* we have no ALIAS_CERT */
	if (x->r->version < SPDM_V13)
		return ask->slot < SPDM_SLOTS;
	*erase = p1 & SPDM_SET_CERT_ERASE;
	ask->model = (p1 & SPDM_SET_CERT_MODEL_MASK) >> 4;
	ask->key_pair = x->req.param2;
	if (ask->slot >= SPDM_SLOTS || (*erase && ask->model))
		return false;
	/* Erase names the key pair of its slot and no model. */
	if (!spdm_rsp_key_named(x->r, ask->key_pair,
				*erase && x->r->multi_key
					? SPDM_CERT_MODEL_DEVICE
					: ask->model))
		return false;
	if (!x->r->multi_key)
		ask->model = SPDM_CERT_MODEL_DEVICE;
	return true;
}

/* Zero bytes behind the chain, where the carrier filled up its unit. */
static bool only_padding(const struct spdm_ex *x, const struct rd *r)
{
	const size_t n = rd_left(r);

	if (n && (x->secured || n >= x->r->via->unit))
		return false;
	for (size_t i = 0; i < n; i++)
		if (r->p[i])
			return false;
	return true;
}

/*
 * An SPDM certificate chain of exactly the length that it says.
 * Source: DSP0274 1.3.2, section 10.6.1; 1.4.0 has a length of 32 bits there
 */
static enum il_err chain_open(struct spdm_ex *x, struct spdm_span *root_hash,
			      struct spdm_span *certs)
{
	const struct spdm_span all = x->req.u.set_cert.chain;
	const size_t hash = spdm_hash_len(x->r->hash);
	struct rd r = rd_over(all.p, all.n);
	size_t len = rd_u16le(&r);
	const uint16_t high = rd_u16le(&r);

	if (x->r->version >= SPDM_V14)
		len |= (size_t)high << 16;
	if (len <= SPDM_CHAIN_HEAD + hash || len > UINT16_MAX || len > all.n)
		return IL_E_FIELD;
	*root_hash = (struct spdm_span){ rd_bytes(&r, hash), hash };
	len -= SPDM_CHAIN_HEAD + hash;
	*certs = (struct spdm_span){ rd_bytes(&r, len), len };
	return !r.err && only_padding(x, &r) ? IL_OK : IL_E_FIELD;
}

/* Keeps or erases, and shows it from then on. */
static enum il_err change(struct spdm_ex *x, const struct spdm_cert_ask *ask)
{
	struct spdm_rsp *r = x->r;
	struct spdm_rsp_slot now = r->cfg.slots[ask->slot];
	bool reset = false;
	enum il_err err =
		r->cfg.port->set_cert(r->cfg.port_ctx, ask, &now, &reset);

	if (err)
		return spdm_ex_prov(x, err);
	if (reset)
		return spdm_ex_reset_needed(x, SPDM_CAP_CERT_INSTALL_RESET, 0);
	return spdm_rsp_slot_set(r, ask->slot, &now);
}

/* Everything that can be seen of a chain without the device. */
static enum il_err install(struct spdm_ex *x, struct spdm_cert_ask *ask)
{
	struct crypto_chain *ch = &x->chain;
	struct spdm_span root_hash;
	enum il_err err = chain_open(x, &root_hash, &ask->certs);

	if (!err)
		err = verify(x, ask->certs, root_hash, ch);
	ask->chain = ch;
	if (err == IL_E_FIELD || err == IL_E_AUTH)
		err = spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	else if (!err)
		err = change(x, ask);
	ask->chain = NULL;
	crypto_chain_drop(x->r->cfg.crypto, ch);
	return err;
}

/*
 * OPEN: a slot that a session stands on: Busy, as the specification has
 * nothing about it; what was authenticated with its chain must not change
 * while it is believed. In a trusted place nobody believes it yet, and DMTF's
 * requester writes slot 0 from beside its session there. OPEN: slot 0 cannot be
 * erased, since CERT_CAP promises that it holds something.
 */
enum il_err spdm_rsp_set_cert(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_cert_ask ask = { .asym = r->asym };
	bool erase = false;
	enum il_err err;

	if (!attributes(x, &ask, &erase))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);

	const uint8_t bit = (uint8_t)(1u << ask.slot);

	if (erase &&
	    (!ask.slot || !spdm_rsp_has_slot(r, ask.slot) ||
	     !only_padding(x, &(struct rd){ x->req.u.set_cert.chain.p,
					    x->req.u.set_cert.chain.p +
						    x->req.u.set_cert.chain.n,
					    IL_OK })))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	err = spdm_ex_may_write(x, bit);
	if (err)
		return err;
	if (spdm_rsp_held(r, bit))
		return spdm_ex_refuse(x, SPDM_ERR_BUSY, 0);
	x->rsp.param1 = ask.slot;
	err = spdm_ex_emit(x);
	if (err)
		return err;
	return erase ? change(x, &ask) : install(x, &ask);
}
