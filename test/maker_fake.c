/* SPDX-License-Identifier: BSD-2-Clause */
#include "maker.h"

#include <stdlib.h>

#include "check.h"
#include "crypto/fake.h"

void maker_open(struct maker *m, enum crypto_curve curve)
{
	assert_true(maker_open_kind(m, crypto_key_on(curve)));
}

bool maker_open_kind(struct maker *m, enum crypto_key kind)
{
	const enum crypto_key by =
		crypto_key_curve(kind) ? kind : CRYPTO_KEY_P384;
	struct fake_crypto *f = malloc(sizeof(*f));
	struct fake_cert cert = { .not_before_s = 1000000000,
				  .not_after_s = 4000000000,
				  .subject = 1,
				  .issuer = 1,
				  .ca = true };
	uint8_t root[FAKE_KEY_LEN], leaf[FAKE_KEY_LEN];
	size_t n;

	assert_non_null(f);
	fake_init(f, 7);
	m->lib = f;
	m->c = fake_crypto(f);
	fake_key(root, by, 1);
	fake_key(leaf, kind, 2);
	memcpy(cert.key, root, sizeof(root));
	memcpy(cert.signer, root, sizeof(root));
	assert_int_equal(fake_cert_make(&cert, m->certs, sizeof(m->certs), &n),
			 IL_OK);
	m->certs_len = n;
	cert.subject = 2;
	cert.ca = false;
	cert.san = "Vendor=1d1a:Device=0001:CC=010802:REV=00:"
		   "SSVID=0000:SSID=0000";
	memcpy(cert.key, leaf, sizeof(leaf));
	assert_int_equal(
		fake_cert_make(&cert, m->certs + n, sizeof(m->certs) - n, &n),
		IL_OK);
	m->certs_len += n;
	assert_int_equal(crypto_key_load(&m->c, &m->key, leaf, sizeof(leaf)),
			 IL_OK);
	return true;
}

unsigned maker_live(const struct maker *m)
{
	return fake_live(m->lib);
}

void maker_close(struct maker *m)
{
	crypto_drop(&m->c, &m->key);
	assert_int_equal(maker_live(m), 0);
	free(m->lib);
}
