/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/device_priv.h"

/* Key pairs: what they may do, what is asked of them, making and erasing. */

/* A kind of key, under its names. */
static const struct kind {
	enum crypto_key key;
	uint32_t pair; /* SPDM_KEY_PAIR_… */
	uint32_t asym; /* SPDM_ASYM_… */
	uint8_t len;
	/* AlgorithmIdentifier. RFC 5480 §2.1.1, 8017 A.1, 9881 §2 */
	uint8_t info[23];
	uint8_t pqc[4]; /* SPDM_PQC_…, little-endian */
} kinds[] = {
	{ CRYPTO_KEY_P256,
	  SPDM_KEY_PAIR_ECC_P256,
	  SPDM_ASYM_ECDSA_P256,
	  21,
	  { 0x30, 0x13, 6,    7,    0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1,
	    6,	  8,	0x2a, 0x86, 0x48, 0xce, 0x3d, 3,    1,	  7 } },
	{ CRYPTO_KEY_P384,
	  SPDM_KEY_PAIR_ECC_P384,
	  SPDM_ASYM_ECDSA_P384,
	  18,
	  { 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b,
	    0x81, 4, 0, 0x22 } },
	{ CRYPTO_KEY_P521,
	  SPDM_KEY_PAIR_ECC_P521,
	  SPDM_ASYM_ECDSA_P521,
	  18,
	  { 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b,
	    0x81, 4, 0, 0x23 } },
	{ CRYPTO_KEY_RSA_2048,
	  SPDM_KEY_PAIR_RSA_2048,
	  SPDM_ASYM_RSASSA_2048 | SPDM_ASYM_RSAPSS_2048,
	  15,
	  { 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5,
	    0 } },
	{ CRYPTO_KEY_RSA_3072,
	  SPDM_KEY_PAIR_RSA_3072,
	  SPDM_ASYM_RSASSA_3072 | SPDM_ASYM_RSAPSS_3072,
	  15,
	  { 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5,
	    0 } },
	{ CRYPTO_KEY_RSA_4096,
	  SPDM_KEY_PAIR_RSA_4096,
	  SPDM_ASYM_RSASSA_4096 | SPDM_ASYM_RSAPSS_4096,
	  15,
	  { 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5,
	    0 } },
	{ CRYPTO_KEY_ML_DSA_44,
	  0,
	  0,
	  13,
	  { 0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17 },
	  { SPDM_PQC_ML_DSA_44 } },
	{ CRYPTO_KEY_ML_DSA_65,
	  0,
	  0,
	  13,
	  { 0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 18 },
	  { SPDM_PQC_ML_DSA_65 } },
	{ CRYPTO_KEY_ML_DSA_87,
	  0,
	  0,
	  13,
	  { 0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 19 },
	  { SPDM_PQC_ML_DSA_87 } },
};

/*
 * All keys of a device are of one kind, that of its identity: a connection
 * agrees on one algorithm, and its slots are of that one.
 */
static const struct kind *kind_of(const struct device *d)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if ((kinds[i].asym & d->cfg.spdm.asym) ||
		    (kinds[i].pqc[0] & d->cfg.spdm.pqc_asym))
			return &kinds[i];
	return NULL;
}

enum il_err device_pairs_init(struct device *d)
{
	static const struct device_pair_cfg only = {
		.usage_caps = SPDM_KEY_USE_KEY_EX | SPDM_KEY_USE_CHALLENGE |
			      SPDM_KEY_USE_MEAS | SPDM_KEY_USE_EP_INFO,
		.usage = SPDM_KEY_USE_KEY_EX | SPDM_KEY_USE_CHALLENGE |
			 SPDM_KEY_USE_MEAS | SPDM_KEY_USE_EP_INFO,
	};
	struct device_store *s = &d->store;
	const struct kind *k = kind_of(d);
	enum il_err err = IL_OK;

	s->pairs = d->cfg.prov.pairs ? d->cfg.prov.pairs : 1;
	for (unsigned i = 0; i < s->pairs && !err; i++) {
		struct device_pair *p = &s->pair[i];

		p->cfg = d->cfg.prov.pairs ? d->cfg.prov.pair[i] : only;
		p->usage = p->cfg.usage;
		p->slots = p->cfg.slots;
		if (!i) {
			p->key = d->cfg.key;
			for (unsigned n = 0; n < SPDM_SLOTS; n++)
				if (d->cfg.spdm.slots[n].certs.n)
					p->slots |= (uint8_t)(1u << n);
		} else if (p->cfg.made) {
			err = k ? crypto_key_new(d->cfg.crypto, &p->key, k->key)
				: IL_E_ARG;
			p->ours = !err;
		}
	}
	return err;
}

static const uint8_t no_pqc[4]; /* there is no key */

enum il_err device_key_pair(void *ctx, uint8_t id, struct spdm_key_pair *out)
{
	struct device *d = ctx;
	const struct device_pair *p;
	const struct kind *k = kind_of(d);

	if (!id || id > d->store.pairs || !k)
		return IL_E_ARG;
	p = &d->store.pair[id - 1];
	*out = (struct spdm_key_pair){
		.total = (uint8_t)d->store.pairs,
		.id = id,
		.caps = p->cfg.caps,
		.usage_caps = p->cfg.usage_caps,
		.usage = p->usage,
		.asym_caps = k->pair,
		.asym = p->key.n ? k->pair : 0,
		.slots = p->slots,
		.info = { k->info, p->key.n ? k->len : 0 },
		.pqc_caps = { k->pqc, sizeof(k->pqc) },
		.pqc = { p->key.n ? k->pqc : no_pqc, sizeof(no_pqc) },
	};
	return IL_OK;
}

/* Which key each slot has, by what the pairs say. */
static void associate(struct device *d)
{
	struct device_store *s = &d->store;

	for (unsigned i = 0; i < SPDM_SLOTS; i++) {
		s->shown[i].key_pair = 0;
		s->shown[i].usage = 0;
		for (unsigned k = 0; k < s->pairs; k++)
			if (s->pair[k].slots >> i & 1) {
				s->shown[i].key_pair = (uint8_t)(k + 1);
				s->shown[i].usage = s->pair[k].usage;
			}
	}
}

/* A new key first, then the old one goes. */
static enum il_err change(struct device *d, const struct spdm_key_pair_ask *ask)
{
	struct device_pair *p = &d->store.pair[ask->id - 1];
	const struct crypto *c = d->cfg.crypto;
	struct crypto_slot key = { 0 };
	enum il_err err = IL_OK;

	if (ask->op == SPDM_KEY_PAIR_GENERATE)
		err = crypto_key_new(c, &key, kind_of(d)->key);
	if (err)
		return err;
	if (ask->op != SPDM_KEY_PAIR_CHANGE) {
		if (p->ours)
			crypto_drop(c, &p->key);
		p->key = key;
		p->ours = key.n != 0;
	}
	p->usage = ask->usage;
	p->slots = ask->slots;
	associate(d);
	return IL_OK;
}

/*
 * The identity's key is not the device's to give up, whatever a configuration
 * says of pair 1: without it slot 0 would hold a chain that nobody has a key
 * for.
 */
enum il_err device_set_key_pair(void *ctx, const struct spdm_key_pair_ask *ask,
				bool *reset)
{
	struct device *d = ctx;
	struct device_store *s = &d->store;
	enum il_err err;

	if (d->cfg.prov.place == DEVICE_SEALED)
		return IL_E_STATE;
	if (!ask->id || ask->id > s->pairs ||
	    (ask->pqc & ~d->cfg.spdm.pqc_asym) ||
	    (ask->id == 1 && ask->op != SPDM_KEY_PAIR_CHANGE))
		return IL_E_ARG;
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if ((ask->slots >> i & 1) && !s->shown[i].there)
			return IL_E_ARG;
	/* Certificates that wait for a reset were judged by the pairs as they
	 * are. */
	if (device_store_held(d) || s->pair_due || device_slots_due(d) ||
	    device_slots_used(d, s->pair[ask->id - 1].slots | ask->slots))
		return IL_E_NOMEM;
	if (d->cfg.spdm.caps & SPDM_CAP_SET_KEY_PAIR_RESET) {
		s->pair_ask = *ask;
		s->pair_due = true;
		*reset = true;
		return IL_OK;
	}
	err = change(d, ask);
	if (!err)
		device_slots_show(d);
	return err;
}

void device_pairs_reset(struct device *d)
{
	if (!d->store.pair_due)
		return;
	d->store.pair_due = false;
	/* No randomness, no key: then it stays as it was. */
	(void)!change(d, &d->store.pair_ask);
}
