/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/store.h"

#include <string.h>

#include "base/bits.h"
#include "device/device_priv.h"

/* What stays over resets: certificate slots. */

static bool offers(const struct device *d, uint32_t cap)
{
	return d->cfg.spdm.caps & cap;
}

bool device_store_held(const struct device *d)
{
	for (unsigned i = 0; i < d->fns; i++) {
		const struct tdi *t = &d->tdis[i];

		if (t->state != TDI_UNLOCKED || t->locking || t->stopping)
			return true;
	}
	return false;
}

struct crypto_slot device_slot_key(const struct device *d, unsigned slot)
{
	const uint8_t id = d->store.shown[slot].key_pair;

	return id ? d->store.pair[id - 1].key : d->cfg.key;
}

size_t device_store_need(const struct device_cfg *cfg)
{
	const bool reset = cfg->spdm.caps & SPDM_CAP_CERT_INSTALL_RESET;
	size_t need = 0;

	if (cfg->spdm.caps & SPDM_CAP_SET_CERT)
		need += SPDM_SLOTS * (size_t)DEVICE_SLOT_MAX * (reset ? 2 : 1);
	if (reset)
		need += DEVICE_CSRS * (size_t)(DEVICE_CSR_MAX + DEVICE_CSR_ASK);
	if (cfg->spdm.caps & SPDM_CAP_MEL)
		need += DEVICE_LOG_MAX;
	return need ? need + (size_t)64 * 4 * SPDM_SLOTS : 0;
}

/* Room for what may be written. */
static enum il_err rooms(struct device *d)
{
	struct device_store *s = &d->store;
	const bool reset = offers(d, SPDM_CAP_CERT_INSTALL_RESET);
	bool short_of = false;

	for (unsigned i = 0; i < SPDM_SLOTS; i++) {
		if (!offers(d, SPDM_CAP_SET_CERT) || !s->shown[i].there)
			continue;
		s->slot[i].p = arena_take(d->cfg.arena, DEVICE_SLOT_MAX, 8);
		if (reset)
			s->slot[i].next =
				arena_take(d->cfg.arena, DEVICE_SLOT_MAX, 8);
		short_of |= !s->slot[i].p || (reset && !s->slot[i].next);
	}
	for (unsigned i = 0; i < DEVICE_CSRS && reset; i++) {
		s->csr[i].info = arena_take(d->cfg.arena, DEVICE_CSR_ASK, 8);
		s->csr[i].der = arena_take(d->cfg.arena, DEVICE_CSR_MAX, 8);
		short_of |= !s->csr[i].info || !s->csr[i].der;
	}
	return short_of ? IL_E_NOMEM : IL_OK;
}

/* Slots as the configuration fills them; pair 1 has the identity's key. */
static void first_slots(struct device *d)
{
	struct device_store *s = &d->store;

	for (unsigned i = 0; i < SPDM_SLOTS; i++) {
		struct spdm_rsp_slot *slot = &s->shown[i];

		*slot = d->cfg.spdm.slots[i];
		slot->there = slot->certs.n || (d->cfg.prov.slots >> i & 1);
		slot->key_pair = 0;
		slot->model = slot->certs.n ? SPDM_CERT_MODEL_DEVICE
					    : SPDM_CERT_MODEL_NONE;
		for (unsigned k = 0; k < s->pairs; k++)
			if (s->pair[k].slots >> i & 1) {
				slot->key_pair = (uint8_t)(k + 1);
				slot->usage = s->pair[k].usage;
			}
	}
	memcpy(d->cfg.spdm.slots, s->shown, sizeof(s->shown));
}

/* Certificates stand in slots of pair 1, which signs for them. */
static bool pairs_sane(const struct device_cfg *cfg)
{
	uint8_t seen = 0;

	if (cfg->prov.pairs > DEVICE_PAIRS)
		return false;
	for (unsigned i = 0; i < cfg->prov.pairs; i++) {
		const struct device_pair_cfg *p = &cfg->prov.pair[i];

		if ((p->slots & seen) || (p->usage & ~p->usage_caps) ||
		    (p->slots & (p->slots - 1) &&
		     !(p->caps & SPDM_KEY_PAIR_CAP_SHAREABLE)))
			return false;
		seen |= p->slots;
		for (unsigned k = 0; k < SPDM_SLOTS; k++)
			if (i && (p->slots >> k & 1) &&
			    cfg->spdm.slots[k].certs.n)
				return false;
	}
	return true;
}

enum il_err device_store_init(struct device *d)
{
	enum il_err err;

	if (!pairs_sane(&d->cfg))
		return IL_E_ARG;
	d->cfg.spdm.trusted = d->cfg.prov.place == DEVICE_FACTORY;
	d->cfg.spdm.slot_room = DEVICE_SLOT_MAX;
	err = device_pairs_init(d);
	if (err)
		return err;
	first_slots(d);
	err = rooms(d);
	if (!err)
		err = device_log_init(d);
	return err;
}

void device_store_fini(struct device *d)
{
	for (unsigned i = 0; i < d->store.pairs; i++)
		if (d->store.pair[i].ours)
			crypto_drop(d->cfg.crypto, &d->store.pair[i].key);
}

/*
 * Every connection shows what a slot holds now; one that cannot hash it shows
 * it as empty. None may start over: it may be the one that is being answered.
 */
static void show(struct device *d, uint8_t slot)
{
	const struct spdm_rsp_slot *now = &d->store.shown[slot];
	struct spdm_rsp_slot none = *now;

	none.root = none.certs = (struct spdm_span){ 0 };
	for (size_t i = 0; i < d->dsm.front.count; i++) {
		struct spdm_rsp *r = &d->dsm.front.conns[i].rsp;

		if (spdm_rsp_slot_set(r, slot, now))
			(void)!spdm_rsp_slot_set(r, slot, &none);
	}
}

void device_slots_show(struct device *d)
{
	for (uint8_t i = 0; i < SPDM_SLOTS; i++)
		show(d, i);
}

bool device_slots_used(const struct device *d, uint8_t slots)
{
	if (d->cfg.prov.place == DEVICE_FACTORY)
		return false;
	for (size_t i = 0; i < d->dsm.front.count; i++)
		if (spdm_rsp_slots_used(&d->dsm.front.conns[i].rsp, slots))
			return true;
	return false;
}

bool device_slots_due(const struct device *d)
{
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (d->store.slot[i].due)
			return true;
	return false;
}

static void put(struct device *d, uint8_t slot, const uint8_t *certs, size_t n,
		uint8_t key_pair, uint8_t model)
{
	struct spdm_rsp_slot *now = &d->store.shown[slot];

	if (n && certs != d->store.slot[slot].p)
		memcpy(d->store.slot[slot].p, certs, n);
	now->root = (struct spdm_span){ 0 };
	now->certs = (struct spdm_span){ n ? d->store.slot[slot].p : NULL, n };
	now->model = n ? model : SPDM_CERT_MODEL_NONE;
	if (key_pair) {
		now->key_pair = key_pair;
		now->usage = d->store.pair[key_pair - 1].usage;
	}
}

/*
 * The key pair that @ask means for its slot; 0: there is none. Where many are
 * named, the slot has to be associated with that one, or with none yet.
 */
static uint8_t pair_of(const struct device *d, const struct spdm_cert_ask *ask)
{
	const struct device_store *s = &d->store;
	const uint8_t at = s->shown[ask->slot].key_pair;
	const uint8_t id = ask->key_pair ? ask->key_pair : 1;

	if (id > s->pairs || (at && at != id) || !s->pair[id - 1].key.n)
		return 0;
	return id;
}

static enum il_err fits(const struct device *d, uint8_t id,
			const struct spdm_cert_ask *ask)
{
	if (ask->model == SPDM_CERT_MODEL_ALIAS)
		return IL_E_ARG; /* this device derives no alias keys */
	if (ask->certs.n > DEVICE_SLOT_MAX)
		return IL_E_LONG;
	return crypto_key_fits(d->cfg.crypto, d->store.pair[id - 1].key,
			       ask->chain->leaf);
}

enum il_err device_set_cert(void *ctx, const struct spdm_cert_ask *ask,
			    struct spdm_rsp_slot *now, bool *reset)
{
	struct device *d = ctx;
	struct device_slot *slot = &d->store.slot[ask->slot];
	const uint8_t id = pair_of(d, ask);
	enum il_err err = IL_OK;

	if (d->cfg.prov.place == DEVICE_SEALED)
		return IL_E_STATE;
	if (!slot->p || !id)
		return IL_E_ARG;
	if (ask->certs.n)
		err = fits(d, id, ask);
	if (err)
		return err;
	/* A key pair that is about to change may not be this one then. */
	if (device_store_held(d) || slot->due || d->store.pair_due ||
	    device_slots_used(d, (uint8_t)(1u << ask->slot)))
		return IL_E_NOMEM;
	if (slot->next) {
		if (ask->certs.n)
			memcpy(slot->next, ask->certs.p, ask->certs.n);
		slot->next_len = ask->certs.n;
		slot->key_pair = id;
		slot->model = ask->model;
		slot->due = true;
		*reset = true;
		return IL_OK;
	}
	d->store.pair[id - 1].slots |= (uint8_t)(1u << ask->slot);
	put(d, ask->slot, ask->certs.p, ask->certs.n, id, ask->model);
	show(d, ask->slot);
	*now = d->store.shown[ask->slot];
	return IL_OK;
}

void device_store_reset(struct device *d)
{
	for (uint8_t i = 0; i < SPDM_SLOTS; i++) {
		struct device_slot *s = &d->store.slot[i];

		if (!s->due)
			continue;
		s->due = false;
		d->store.pair[s->key_pair - 1].slots |= (uint8_t)(1u << i);
		put(d, i, s->next, s->next_len, s->key_pair, s->model);
	}
	device_pairs_reset(d);
	device_csrs_reset(d);
	device_slots_show(d);
}
