/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CRYPTO_NAMES_H
#define CRYPTO_NAMES_H

#include "interlock/crypto.h"

/*
 * What the installed header defines, by the names that it has inside. The
 * types are the same ones, so that a table which a caller of the library fills
 * is called as it stands.
 */
#define crypto_hash_alg il_crypto_hash_alg
#define crypto_aead_alg il_crypto_aead_alg
#define crypto_curve	il_crypto_curve
#define crypto_rsa	il_crypto_rsa
#define crypto_kem	il_crypto_kem
#define crypto_key	il_crypto_key
#define crypto_slot	il_crypto_slot
#define crypto_span	il_crypto_span
#define crypto_san	il_crypto_san
#define crypto_cert	il_crypto_cert
#define crypto_chain	il_crypto_chain
#define crypto_csr_ask	il_crypto_csr_ask
#define crypto_why_code il_crypto_why_code
#define crypto_why	il_crypto_why
#define crypto_seal	il_crypto_seal
#define crypto_ops	il_crypto_ops

#define CRYPTO_HASH_MAX	   IL_CRYPTO_HASH_MAX
#define CRYPTO_SIG_MAX	   IL_CRYPTO_SIG_MAX
#define CRYPTO_RSA_MAX	   IL_CRYPTO_RSA_MAX
#define CRYPTO_PUB_MAX	   IL_CRYPTO_PUB_MAX
#define CRYPTO_SCALAR_MAX  IL_CRYPTO_SCALAR_MAX
#define CRYPTO_AEAD_KEY	   IL_CRYPTO_AEAD_KEY
#define CRYPTO_AEAD_IV	   IL_CRYPTO_AEAD_IV
#define CRYPTO_AEAD_TAG	   IL_CRYPTO_AEAD_TAG
#define CRYPTO_CHAIN_CERTS IL_CRYPTO_CHAIN_CERTS
#define CRYPTO_CERT_MAX	   IL_CRYPTO_CERT_MAX
#define CRYPTO_NAME_MAX	   IL_CRYPTO_NAME_MAX
#define CRYPTO_ML_DSA_MAX  IL_CRYPTO_ML_DSA_MAX
#define CRYPTO_KEM_PUB_MAX IL_CRYPTO_KEM_PUB_MAX
#define CRYPTO_KEM_CT_MAX  IL_CRYPTO_KEM_CT_MAX
#define CRYPTO_KEM_SECRET  IL_CRYPTO_KEM_SECRET
#define CRYPTO_KEM_SEED	   IL_CRYPTO_KEM_SEED
#define CRYPTO_KEY_DER_MAX IL_CRYPTO_KEY_DER_MAX
#define CRYPTO_SPKI_MAX	   IL_CRYPTO_SPKI_MAX
#define CRYPTO_CERT_ANCHOR IL_CRYPTO_CERT_ANCHOR

#define CRYPTO_SHA256		 IL_CRYPTO_SHA256
#define CRYPTO_SHA384		 IL_CRYPTO_SHA384
#define CRYPTO_SHA512		 IL_CRYPTO_SHA512
#define CRYPTO_AES_256_GCM	 IL_CRYPTO_AES_256_GCM
#define CRYPTO_AES_128_GCM	 IL_CRYPTO_AES_128_GCM
#define CRYPTO_CHACHA20_POLY1305 IL_CRYPTO_CHACHA20_POLY1305
#define CRYPTO_P256		 IL_CRYPTO_P256
#define CRYPTO_P384		 IL_CRYPTO_P384
#define CRYPTO_P521		 IL_CRYPTO_P521
#define CRYPTO_RSASSA		 IL_CRYPTO_RSASSA
#define CRYPTO_RSAPSS		 IL_CRYPTO_RSAPSS
#define CRYPTO_ML_KEM_512	 IL_CRYPTO_ML_KEM_512
#define CRYPTO_ML_KEM_768	 IL_CRYPTO_ML_KEM_768
#define CRYPTO_ML_KEM_1024	 IL_CRYPTO_ML_KEM_1024
#define CRYPTO_KEY_P256		 IL_CRYPTO_KEY_P256
#define CRYPTO_KEY_P384		 IL_CRYPTO_KEY_P384
#define CRYPTO_KEY_P521		 IL_CRYPTO_KEY_P521
#define CRYPTO_KEY_RSA_2048	 IL_CRYPTO_KEY_RSA_2048
#define CRYPTO_KEY_RSA_3072	 IL_CRYPTO_KEY_RSA_3072
#define CRYPTO_KEY_RSA_4096	 IL_CRYPTO_KEY_RSA_4096
#define CRYPTO_KEY_ML_DSA_44	 IL_CRYPTO_KEY_ML_DSA_44
#define CRYPTO_KEY_ML_DSA_65	 IL_CRYPTO_KEY_ML_DSA_65
#define CRYPTO_KEY_ML_DSA_87	 IL_CRYPTO_KEY_ML_DSA_87
#define CRYPTO_KEYS		 IL_CRYPTO_KEYS
#define CRYPTO_SAN_NONE		 IL_CRYPTO_SAN_NONE
#define CRYPTO_SAN_PCI		 IL_CRYPTO_SAN_PCI
#define CRYPTO_SAN_DMTF		 IL_CRYPTO_SAN_DMTF
#define CRYPTO_WHY_NONE		 IL_CRYPTO_WHY_NONE
#define CRYPTO_WHY_EXPIRED	 IL_CRYPTO_WHY_EXPIRED
#define CRYPTO_WHY_NOT_YET	 IL_CRYPTO_WHY_NOT_YET
#define CRYPTO_WHY_UNTRUSTED	 IL_CRYPTO_WHY_UNTRUSTED
#define CRYPTO_WHY_ORDER	 IL_CRYPTO_WHY_ORDER
#define CRYPTO_WHY_SIGNATURE	 IL_CRYPTO_WHY_SIGNATURE
#define CRYPTO_WHY_NOT_CA	 IL_CRYPTO_WHY_NOT_CA
#define CRYPTO_WHY_PATH_LEN	 IL_CRYPTO_WHY_PATH_LEN
#define CRYPTO_WHY_KEY_USAGE	 IL_CRYPTO_WHY_KEY_USAGE
#define CRYPTO_WHY_PURPOSE	 IL_CRYPTO_WHY_PURPOSE
#define CRYPTO_WHY_CRITICAL	 IL_CRYPTO_WHY_CRITICAL
#define CRYPTO_WHY_ANCHOR	 IL_CRYPTO_WHY_ANCHOR
#define CRYPTO_WHY_OTHER	 IL_CRYPTO_WHY_OTHER

#endif
