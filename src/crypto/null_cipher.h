/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_NULL_CIPHER_H
#define CRYPTO_NULL_CIPHER_H

#include "crypto/crypto.h"

/*
 * A table with its cipher taken out, for one test: that a search which finds
 * nothing on an encrypted link would have found the payload on a clear one.
 * Everything is as in the table underneath, but aead_seal leaves the bytes as
 * they are and gives a constant tag, and aead_open demands that tag. Prepared
 * keys still come and go, so that a missing key is still refused.
 */
struct null_cipher {
	struct crypto_ops ops;
};

#define NULL_CIPHER_TAG 0xa5 /* each byte of it */

/* @n lives as long as the answer is used; both tables share their slots. */
struct crypto null_cipher_over(struct null_cipher *n,
			       const struct crypto *inner);

#endif
