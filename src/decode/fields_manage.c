/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "decode/fields_priv.h"

/*
 * Messages about what an endpoint proves itself with, what it says of itself,
 * and its log. Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, section 10
 */

/* The first two bytes of all. */
static void start(struct walk *w)
{
	walk_num(w, "version", 1);
	walk_num(w, "code", 1);
}

/* Which key pair and for which model: 1.3. */
static void get_csr(struct walk *w)
{
	size_t info, opaque;

	start(w);
	if (walk_since(w, SPDM_V13)) {
		walk_num(w, "key_pair_id", 1);
		walk_bits(w, "model", SPDM_CSR_MODEL_MASK);
		walk_bits(w, "tag", SPDM_CSR_TAG_MASK);
		walk_reserved_bits(w, 0x40);
		walk_last_bits(w, "overwrite", SPDM_CSR_OVERWRITE);
	} else {
		walk_reserved(w, 2);
	}
	info = (size_t)walk_num(w, "info_len", 2);
	opaque = (size_t)walk_num(w, "opaque_len", 2);
	walk_bytes(w, "info", info);
	walk_bytes(w, "opaque", opaque);
}

static void csr(struct walk *w)
{
	size_t n;

	walk_header(w, NULL, NULL);
	n = (size_t)walk_num(w, "csr_len", 2);
	walk_open(w, 2, 1);
	walk_reserved(w, 2);
	walk_bytes(w, "csr", n);
	walk_close(w);
}

/* Nothing but the chain itself says how long it is. */
static void set_certificate(struct walk *w)
{
	start(w);
	if (walk_since(w, SPDM_V13)) {
		walk_bits(w, "slot", 0x0f);
		walk_bits(w, "model", SPDM_SET_CERT_MODEL_MASK);
		walk_last_bits(w, "erase", SPDM_SET_CERT_ERASE);
		walk_num(w, "key_pair_id", 1);
	} else {
		walk_low_bits(w, "slot", 0x0f);
		walk_reserved(w, 1);
	}
	if (walk_left(w))
		walk_chain(w, "chain", walk_left(w));
}

static void set_certificate_rsp(struct walk *w)
{
	start(w);
	walk_low_bits(w, "slot", 0x0f);
	walk_reserved(w, 1);
}

static void get_key_pair(struct walk *w)
{
	walk_header(w, NULL, NULL);
	walk_num(w, "id", 1);
}

static void counted8(struct walk *w, const char *len, const char *name)
{
	const size_t n = (size_t)walk_num(w, len, 1);

	walk_counted(w, name, 1, n);
}

static void key_pair(struct walk *w)
{
	size_t n;

	walk_header(w, NULL, NULL);
	walk_num(w, "total", 1);
	walk_num(w, "id", 1);
	walk_num(w, "caps", 2);
	walk_num(w, "usage_caps", 2);
	walk_num(w, "usage", 2);
	walk_num(w, "asym_caps", 4);
	walk_num(w, "asym", 4);
	n = (size_t)walk_num(w, "info_len", 2);
	walk_open(w, 2, 1);
	walk_num(w, "slots", 1);
	walk_bytes(w, "info", n);
	walk_close(w);
	if (!walk_since(w, SPDM_V14))
		return;
	counted8(w, "pqc_caps_len", "pqc_caps");
	counted8(w, "pqc_len", "pqc");
}

/* What is desired does not stand in a request to erase. */
static void set_key_pair(struct walk *w)
{
	walk_header(w, "operation", NULL);
	walk_num(w, "id", 1);
	if (w->err || w->p[2] == SPDM_KEY_PAIR_ERASE)
		return;
	walk_reserved(w, 1);
	walk_num(w, "usage", 2);
	walk_num(w, "asym", 4);
	walk_num(w, "slots", 1);
	if (walk_since(w, SPDM_V14))
		counted8(w, "pqc_len", "pqc");
}

static void get_endpoint_info(struct walk *w)
{
	uint8_t sign;

	start(w);
	walk_num(w, "sub_code", 1);
	walk_low_bits(w, "slot", 0x0f);
	sign = walk_low_bits(w, "sign", SPDM_EP_INFO_SIGN);
	walk_reserved(w, 3);
	if (sign)
		walk_bytes(w, "nonce", SPDM_NONCE_LEN);
}

static void endpoint_info(struct walk *w)
{
	size_t n;

	start(w);
	walk_reserved(w, 1);
	walk_low_bits(w, "slot", 0x0f);
	walk_reserved(w, 4);
	if (w->sh->sign)
		walk_bytes(w, "nonce", SPDM_NONCE_LEN);
	n = (size_t)walk_num(w, "info_len", 4);
	walk_counted(w, "info", 4, n);
	if (w->sh->sign)
		walk_proof(w, "signature", w->sh->sig_len);
}

static void get_mel(struct walk *w)
{
	walk_header(w, NULL, NULL);
	walk_num(w, "offset", 4);
	walk_num(w, "length", 4);
}

static void mel(struct walk *w)
{
	size_t n;

	walk_header(w, NULL, NULL);
	n = (size_t)walk_num(w, "portion_len", 4);
	walk_open(w, 4, 1);
	walk_num(w, "remainder", 4);
	walk_bytes(w, "portion", n);
	walk_close(w);
}

const struct fields_row fields_manage[] = {
	{ SPDM_GET_CSR, "GET_CSR", get_csr },
	{ SPDM_CSR, "CSR", csr },
	{ SPDM_SET_CERTIFICATE, "SET_CERTIFICATE", set_certificate },
	{ SPDM_SET_CERTIFICATE_RSP, "SET_CERTIFICATE_RSP",
	  set_certificate_rsp },
	{ SPDM_GET_KEY_PAIR_INFO, "GET_KEY_PAIR_INFO", get_key_pair },
	{ SPDM_KEY_PAIR_INFO, "KEY_PAIR_INFO", key_pair },
	{ SPDM_SET_KEY_PAIR_INFO, "SET_KEY_PAIR_INFO", set_key_pair },
	{ SPDM_SET_KEY_PAIR_INFO_ACK, "SET_KEY_PAIR_INFO_ACK",
	  walk_header_alone },
	{ SPDM_GET_ENDPOINT_INFO, "GET_ENDPOINT_INFO", get_endpoint_info },
	{ SPDM_ENDPOINT_INFO, "ENDPOINT_INFO", endpoint_info },
	{ SPDM_GET_MEASUREMENT_EXTENSION_LOG, "GET_MEASUREMENT_EXTENSION_LOG",
	  get_mel },
	{ SPDM_MEASUREMENT_EXTENSION_LOG, "MEASUREMENT_EXTENSION_LOG", mel },
};

const size_t fields_manage_n = COUNT(fields_manage);
