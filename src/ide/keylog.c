/* SPDX-License-Identifier: BSD-2-Clause */
#include "ide/ide_priv.h"

#include <string.h>

#include "base/assert.h"

/* Law 5: no key value comes to a port twice. */

static bool key_held(const struct ide_port *p, uint64_t id)
{
	for (unsigned i = 0; i < p->cfg.streams; i++) {
		const struct ide_key *k = &p->stream[i].key[0][0][0];

		for (unsigned n = 0; n < 2 * IDE_DIRS * TLP_CLASSES; n++)
			if (k[n].there && k[n].id == id)
				return true;
	}
	return false;
}

/*
 * Place in the log for one key more, or of one to forget; -1: none. What is
 * held is not forgotten, however old: the same key at two places would use its
 * invocation fields twice.
 */
static int log_place(const struct ide_port *p)
{
	unsigned i = 0;

	if (p->key_log_n < p->cfg.keys_max)
		return (int)p->key_log_n;
	if (!p->cfg.forget_oldest)
		return -1;
	while (i < p->key_log_n && key_held(p, p->key_log[i]))
		i++;
	return i < p->key_log_n ? (int)i : -1;
}

enum il_err ide_key_fresh(const struct ide_port *p, const uint8_t *key,
			  uint64_t *id)
{
	uint8_t digest[CRYPTO_HASH_MAX];
	struct rd r = rd_over(digest, sizeof(digest));
	enum il_err err;

	if (p->cfg.same_keys)
		return IL_OK;
	err = crypto_hash(p->cfg.crypto, CRYPTO_SHA256, key, IDE_KEY_LEN,
			  digest);
	if (err)
		return err;
	*id = rd_u64be(&r);
	bytes_wipe(digest, sizeof(digest));
	for (unsigned i = 0; i < p->key_log_n; i++)
		if (p->key_log[i] == *id)
			return IL_E_AUTH;
	return log_place(p) < 0 ? IL_E_SPACE : IL_OK;
}

void ide_key_remember(struct ide_port *p, uint64_t id)
{
	int at = log_place(p);

	if (p->cfg.same_keys)
		return;
	IL_ASSERT(at >= 0); /* ide_key_fresh() */
	if (p->key_log_n == p->cfg.keys_max) {
		p->key_log_n--;
		memmove(p->key_log + at, p->key_log + at + 1,
			(p->key_log_n - (unsigned)at) * sizeof(p->key_log[0]));
	}
	p->key_log[p->key_log_n++] = id;
}

enum il_err ide_key_note(struct ide_port *p,
			 const uint8_t key[static IDE_KEY_LEN])
{
	uint64_t id = 0;
	enum il_err err = ide_key_fresh(p, key, &id);

	if (!err)
		ide_key_remember(p, id);
	return err;
}
