/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_PROV_H
#define SPDM_PROV_H

#include "crypto/crypto.h"
#include "spdm/codec.h"

/*
 * What provisioning asks of the device behind a responder: requests that have
 * been checked as far as the protocol goes. Spans live during the call.
 *
 * Entries of struct spdm_rsp_port that take these answer
 *   IL_E_AGAIN   not finished; see spdm_rsp_handle()
 *   IL_E_NOMEM   not now: something that is in use would change, nothing is
 *                free. ERROR Busy
 *   IL_E_STATE   ERROR UnexpectedRequest
 *   IL_E_ARG, IL_E_FIELD, IL_E_LONG, IL_E_AUTH
 *                ERROR InvalidRequest
 *   else         ERROR OperationFailed; before 1.3 Unspecified
 * and have changed nothing then.
 */

/* GET_CSR. Source: DSP0274 1.3.2, section 10.26.1 */
struct spdm_csr_ask {
	uint8_t key_pair; /* 0: the one key, of @asym */
	uint8_t model;	  /* SPDM_CERT_MODEL_… */
	bool tags;	  /* 1.3: the peer knows of tracking tags */
	uint8_t tag;	  /* 1 to 7: the request that has this one; 0: new */
	bool overwrite;	  /* what waits for a reset is dropped for this */
	uint32_t asym;	  /* as negotiated */
	uint32_t hash;
	struct spdm_span info; /* CertificationRequestInfo; none: yours */
	struct spdm_span opaque;
};

/* SET_CERTIFICATE; @certs none: erase. Source: section 10.26.2 */
struct spdm_cert_ask {
	uint8_t slot;
	uint8_t key_pair; /* 0: the one key, of @asym */
	uint8_t model;
	uint32_t asym;
	struct spdm_span certs;		  /* DER, the root first, leaf last */
	const struct crypto_chain *chain; /* the same, parsed */
};

/* SET_KEY_PAIR_INFO. Source: section 10.27.2 */
struct spdm_key_pair_ask {
	uint8_t id;
	uint8_t op;	/* SPDM_KEY_PAIR_CHANGE … */
	uint16_t usage; /* as it shall be */
	uint32_t asym;	/* likewise, SPDM_KEY_PAIR_RSA_2048 … */
	uint32_t pqc;	/* likewise; one of these is 0 */
	uint8_t slots;	/* likewise */
};

#endif
