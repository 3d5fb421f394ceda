/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_KEYS_PRIV_H
#define SPDM_KEYS_PRIV_H

#include "spdm/keys.h"

/* The crypto table's number of an AEAD and a KEM; 0 if not ours. */
enum crypto_aead_alg spdm_crypto_aead(uint16_t aead);
enum crypto_kem spdm_crypto_kem(uint16_t kem);

#endif
