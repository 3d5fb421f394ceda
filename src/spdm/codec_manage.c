/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/codec_priv.h"

/*
 * Messages that change what an endpoint proves itself with.
 * Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, sections of GET_CSR,
 * SET_CERTIFICATE, GET_KEY_PAIR_INFO and SET_KEY_PAIR_INFO.
 */

static void get_csr_dec(struct rd *r, const struct spdm_shape *sh,
			struct spdm_msg *m)
{
	(void)sh;
	uint16_t info = rd_u16le(r);
	uint16_t opaque = rd_u16le(r);

	if (opaque > SPDM_OPAQUE_MAX)
		rd_field(r);
	m->u.get_csr.info = rd_span(r, info);
	m->u.get_csr.opaque = rd_span(r, opaque);
}

static void get_csr_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_len(w, m->u.get_csr.info.n, 2);
	wr_len(w, m->u.get_csr.opaque.n, 2);
	wr_span(w, m->u.get_csr.info);
	wr_span(w, m->u.get_csr.opaque);
}

static void csr_dec(struct rd *r, const struct spdm_shape *sh,
		    struct spdm_msg *m)
{
	(void)sh;
	uint16_t n = rd_u16le(r);

	rd_skip(r, 2);
	m->u.csr.csr = rd_span(r, n);
}

static void csr_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_len(w, m->u.csr.csr.n, 2);
	wr_zero(w, 2);
	wr_span(w, m->u.csr.csr);
}

/* The chain says its own length, which its reader checks; a carrier's
 * padding stands in it. */
static void set_cert_dec(struct rd *r, const struct spdm_shape *sh,
			 struct spdm_msg *m)
{
	(void)sh;
	m->u.set_cert.chain = rd_span(r, rd_left(r));
}

static void set_cert_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_span(w, m->u.set_cert.chain);
}

static void get_key_pair_dec(struct rd *r, const struct spdm_shape *sh,
			     struct spdm_msg *m)
{
	(void)sh;
	m->u.get_key_pair.id = rd_u8(r);
}

static void get_key_pair_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u8(w, m->u.get_key_pair.id);
}

static struct spdm_span rd_span8(struct rd *r)
{
	uint8_t n = rd_u8(r);

	return rd_span(r, n);
}

static void wr_span8(struct wr *w, struct spdm_span s)
{
	wr_len(w, s.n, 1);
	wr_span(w, s);
}

static void key_pair_dec(struct rd *r, const struct spdm_shape *sh,
			 struct spdm_msg *m)
{
	struct spdm_key_pair *k = &m->u.key_pair;

	(void)sh;
	k->total = rd_u8(r);
	k->id = rd_u8(r);
	k->caps = rd_u16le(r);
	k->usage_caps = rd_u16le(r);
	k->usage = rd_u16le(r);
	k->asym_caps = rd_u32le(r);
	k->asym = rd_u32le(r);
	uint16_t info = rd_u16le(r);

	k->slots = rd_u8(r);
	k->info = rd_span(r, info);
	if (m->version < SPDM_V14)
		return;
	k->pqc_caps = rd_span8(r);
	k->pqc = rd_span8(r);
}

static void key_pair_enc(struct wr *w, const struct spdm_msg *m)
{
	const struct spdm_key_pair *k = &m->u.key_pair;

	wr_u8(w, k->total);
	wr_u8(w, k->id);
	wr_u16le(w, k->caps);
	wr_u16le(w, k->usage_caps);
	wr_u16le(w, k->usage);
	wr_u32le(w, k->asym_caps);
	wr_u32le(w, k->asym);
	wr_len(w, k->info.n, 2);
	wr_u8(w, k->slots);
	wr_span(w, k->info);
	if (m->version < SPDM_V14)
		return;
	wr_span8(w, k->pqc_caps);
	wr_span8(w, k->pqc);
}

/* What is desired does not stand in a request to erase. */
static void set_key_pair_dec(struct rd *r, const struct spdm_shape *sh,
			     struct spdm_msg *m)
{
	(void)sh;
	m->u.set_key_pair.id = rd_u8(r);
	if (m->param1 == SPDM_KEY_PAIR_ERASE)
		return;
	rd_skip(r, 1);
	m->u.set_key_pair.usage = rd_u16le(r);
	m->u.set_key_pair.asym = rd_u32le(r);
	m->u.set_key_pair.slots = rd_u8(r);
	if (m->version >= SPDM_V14)
		m->u.set_key_pair.pqc = rd_span8(r);
}

static void set_key_pair_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u8(w, m->u.set_key_pair.id);
	if (m->param1 == SPDM_KEY_PAIR_ERASE)
		return;
	wr_zero(w, 1);
	wr_u16le(w, m->u.set_key_pair.usage);
	wr_u32le(w, m->u.set_key_pair.asym);
	wr_u8(w, m->u.set_key_pair.slots);
	if (m->version >= SPDM_V14)
		wr_span8(w, m->u.set_key_pair.pqc);
}

/* clang-format off */
const struct spdm_codec spdm_codec_manage[] = {
	{ SPDM_GET_CSR,               SPDM_V12, get_csr_dec,            ONLY_REQ(get_csr_enc) },
	{ SPDM_CSR,                   SPDM_V12, ONLY_REQ(csr_dec),      csr_enc },
	{ SPDM_SET_CERTIFICATE,       SPDM_V12, set_cert_dec,           ONLY_REQ(set_cert_enc) },
	{ SPDM_SET_CERTIFICATE_RSP,   SPDM_V12, NULL,                   NULL },
	{ SPDM_GET_KEY_PAIR_INFO,     SPDM_V13, get_key_pair_dec,       ONLY_REQ(get_key_pair_enc) },
	{ SPDM_KEY_PAIR_INFO,         SPDM_V13, ONLY_REQ(key_pair_dec), key_pair_enc },
	{ SPDM_SET_KEY_PAIR_INFO,     SPDM_V13, set_key_pair_dec,       ONLY_REQ(set_key_pair_enc) },
	{ SPDM_SET_KEY_PAIR_INFO_ACK, SPDM_V13, NULL,                   NULL },
};
/* clang-format on */
