/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "device/device_priv.h"
#include "spdm/keys.h"

/* Certificate requests, at once or after a reset. */

/*
 * What the device says of itself, as its own leaf has it. Source: PCIe Base
 * 6.x §6.31.3 (subject alternative name)
 */
static void san_of(const struct device *d, char *out, size_t cap)
{
	const struct device_ids *i = &d->cfg.pf[0].ids;

	snprintf(out, cap,
		 "Vendor=%04x:Device=%04x:CC=%06x:REV=%02x:SSVID=%04x:"
		 "SSID=%04x",
		 i->vendor, i->device, (unsigned)i->class_code, i->revision,
		 i->subsys_vendor, i->subsys);
}

static enum il_err make(struct device *d, const struct spdm_csr_ask *ask,
			uint8_t *out, size_t cap, size_t *len)
{
	const uint8_t id = ask->key_pair ? ask->key_pair : 1;
	char san[128];
	const struct crypto_csr_ask csr = {
		.hash = spdm_crypto_hash(ask->hash),
		.info = ask->info.n ? ask->info.p : NULL,
		.info_len = ask->info.n,
		.name = "Interlock device",
		.san = san,
		/* Of a device's own certificate, not of a generic one. */
		.hardware = ask->model != SPDM_CERT_MODEL_GENERIC,
	};

	san_of(d, san, sizeof(san));
	return crypto_csr_make(d->cfg.crypto, d->store.pair[id - 1].key, &csr,
			       out, cap, len);
}

static bool same(const struct spdm_csr_ask *a, const struct spdm_csr_ask *b)
{
	return a->key_pair == b->key_pair && a->model == b->model &&
	       a->tags == b->tags && a->asym == b->asym && a->hash == b->hash &&
	       a->info.n == b->info.n &&
	       (!a->info.n || memcmp(a->info.p, b->info.p, a->info.n) == 0);
}

/*
 * The one that @ask goes on with: by its tag, or before 1.3, which had none,
 * by being the same request. IL_E_STATE: another request has the tag.
 */
static enum il_err find(struct device *d, const struct spdm_csr_ask *ask,
			struct device_csr **out)
{
	struct device_csr *all = d->store.csr;

	*out = NULL;
	if (ask->tag) {
		struct device_csr *c = &all[ask->tag - 1];

		if (c->state == CSR_FREE || !same(&c->ask, ask))
			return IL_E_STATE;
		*out = c;
		return IL_OK;
	}
	for (unsigned i = 0; i < DEVICE_CSRS && !ask->tags; i++)
		if ((all[i].state == CSR_WAITS || all[i].state == CSR_DONE) &&
		    same(&all[i].ask, ask))
			*out = &all[i];
	return IL_OK;
}

/* A place for a new one: free, else what was fetched already. */
static struct device_csr *place(struct device *d)
{
	struct device_csr *all = d->store.csr;

	for (unsigned i = 0; i < DEVICE_CSRS; i++)
		if (all[i].state == CSR_FREE)
			return &all[i];
	for (unsigned i = 0; i < DEVICE_CSRS; i++)
		if (all[i].state == CSR_TAKEN)
			return &all[i];
	return NULL;
}

/*
 * Waits for a reset. OPEN: what overwriting ends; all that wait, since the
 * request for it names no tag.
 */
static enum il_err later(struct device *d, const struct spdm_csr_ask *ask,
			 bool *reset, uint8_t *tag)
{
	struct device_csr *c;

	for (unsigned i = 0; i < DEVICE_CSRS && ask->overwrite; i++)
		d->store.csr[i].state = CSR_FREE;
	c = place(d);
	if (!c)
		return IL_E_NOMEM;
	c->ask = *ask;
	c->ask.tag = 0;
	c->ask.opaque = (struct spdm_span){ 0 };
	if (ask->info.n)
		memcpy(c->info, ask->info.p, ask->info.n);
	c->ask.info.p = c->info;
	c->state = CSR_WAITS;
	*reset = true;
	*tag = (uint8_t)(c - d->store.csr + 1);
	return IL_OK;
}

/* A key to sign with, and a request that can be met at all. */
static bool possible(const struct device *d, const struct spdm_csr_ask *ask)
{
	const uint8_t id = ask->key_pair ? ask->key_pair : 1;

	return id <= d->store.pairs && d->store.pair[id - 1].key.n &&
	       ask->model != SPDM_CERT_MODEL_ALIAS;
}

/*
 * A request that cannot be made is refused before any reset: it would never
 * come to anything. Making it says so, and is thrown away.
 */
static enum il_err tried(struct device *d, const struct spdm_csr_ask *ask)
{
	uint8_t der[DEVICE_CSR_MAX];
	size_t n;

	if (ask->info.n > DEVICE_CSR_ASK)
		return IL_E_LONG;
	return make(d, ask, der, sizeof(der), &n);
}

enum il_err device_csr(void *ctx, const struct spdm_csr_ask *ask, uint8_t *out,
		       size_t cap, size_t *len, bool *reset, uint8_t *tag)
{
	struct device *d = ctx;
	struct device_csr *c;
	enum il_err err;

	if (d->cfg.prov.place == DEVICE_SEALED)
		return IL_E_STATE;
	if (!possible(d, ask))
		return IL_E_ARG;
	if (!(d->cfg.spdm.caps & SPDM_CAP_CERT_INSTALL_RESET))
		return make(d, ask, out, cap, len);
	err = find(d, ask, &c);
	if (!err && !c)
		err = tried(d, ask);
	if (err)
		return err;
	if (!c)
		return later(d, ask, reset, tag);
	if (c->state == CSR_WAITS) {
		if (ask->tags)
			return IL_E_NOMEM;
		*reset = true; /* 1.2 has but this answer */
		return IL_OK;
	}
	if (c->len > cap)
		return IL_E_SPACE;
	memcpy(out, c->der, c->len);
	*len = c->len;
	c->state = CSR_TAKEN;
	return IL_OK;
}

void device_csrs_reset(struct device *d)
{
	for (unsigned i = 0; i < DEVICE_CSRS; i++) {
		struct device_csr *c = &d->store.csr[i];

		if (c->state != CSR_WAITS)
			continue;
		c->len = 0;
		c->state =
			possible(d, &c->ask) && !make(d, &c->ask, c->der,
						      DEVICE_CSR_MAX, &c->len)
				? CSR_DONE
				: CSR_FREE;
	}
}
