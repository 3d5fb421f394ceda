/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SPDM_PROV_RIG_H
#define TEST_SPDM_PROV_RIG_H

#include "pair.h"

#include "spdm/mel.h"

/* A pair whose responder keeps slots, key pairs and a log, as a test wants. */

#define PROV_PAIRS 3

struct prov {
	struct pair *p;
	struct spdm_rsp_port port; /* the pair's, and what stands below */

	/* What the port answers. */
	enum il_err csr_err;
	enum il_err cert_err;
	enum il_err pair_err;
	enum il_err info_err;
	enum il_err mel_err;
	bool reset;
	uint8_t tag;
	size_t csr_len;
	struct spdm_key_pair pairs[PROV_PAIRS];
	uint8_t log[9000];
	size_t log_len;

	/* What it saw. */
	unsigned csrs, certs, sets;
	struct spdm_csr_ask csr;
	uint8_t info[512]; /* of the last CSR */
	struct spdm_cert_ask cert;
	struct spdm_key_pair_ask set;

	/* What it keeps. */
	uint8_t slot[SPDM_SLOTS][2048];

	uint8_t out[10000]; /* results */
	uint8_t chain[4096];
};

#define PROV_CAPS                                                             \
	(SPDM_CAP_SET_CERT | SPDM_CAP_CSR | SPDM_CAP_EP_INFO_SIG |            \
	 SPDM_CAP_MEL | SPDM_CAP_MULTI_KEY_NEG | SPDM_CAP_GET_KEY_PAIR_INFO | \
	 SPDM_CAP_SET_KEY_PAIR_INFO)

/* Not yet started. */
struct prov *prov_new(void);
void prov_free(struct prov *v);

/* Connected by @version; many keys: a connection that has them. In a session
 * if @session. */
void prov_connect(struct prov *v, uint8_t version, bool many, bool session);

/* A request's bytes, in the session if there is one; the ERROR code. */
int prov_send(struct prov *v, const uint8_t *in, size_t n);

/* The maker's certificates as an SPDM chain in v->chain. */
struct spdm_span prov_chain(struct prov *v);

#endif
