/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_MAKER_H
#define TEST_MAKER_H

#include "crypto/crypto.h"

/*
 * A device's identity and the table it was made with: OpenSSL's
 * (maker_ossl.c), or the fake one where there is no OpenSSL (maker_fake.c).
 * The build names the file. Seeded: each run makes the same.
 */
struct maker {
	struct crypto c;
	struct crypto_slot key; /* of the leaf */
	uint8_t certs[3 * CRYPTO_CERT_MAX];
	size_t certs_len;
	bool real; /* digests are those of the standards */
	void *lib;
};

/* @m is all zero. Valid from 2001-09-09 to 2096-10-02. */
void maker_open(struct maker *m, enum crypto_curve curve);
/* The same with a leaf of any kind. False: there is no such kind in this table,
 * and nothing was made. */
bool maker_open_kind(struct maker *m, enum crypto_key kind);

/* Slots in use; the leaf's key is one. */
unsigned maker_live(const struct maker *m);

/* Fails the test if a slot besides the key is still in use. */
void maker_close(struct maker *m);

#endif
