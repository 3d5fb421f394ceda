/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/codec_priv.h"

/*
 * Messages that agree on a connection and show who the responder is.
 * Source: DSP0274 1.2.1, sections 10.2 to 10.8 and 10.11.
 */

/* Reserved bytes are sent as zero and ignored when received. */

static void version_dec(struct rd *r, const struct spdm_shape *sh,
			struct spdm_msg *m)
{
	(void)sh;
	rd_skip(r, 1);
	uint8_t n = rd_u8(r);

	if (n > SPDM_VERSIONS_MAX)
		rd_field(r);
	m->u.version_list.count = n;
	for (uint8_t i = 0; i < n && !r->err; i++)
		m->u.version_list.entry[i] = rd_u16le(r);
}

static void version_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_zero(w, 1);
	wr_u8(w, m->u.version_list.count);
	for (uint8_t i = 0; i < m->u.version_list.count; i++)
		wr_u16le(w, m->u.version_list.entry[i]);
}

/* 1.0 has no body in the request; 1.2 added the two sizes. */
static void caps_dec(struct rd *r, const struct spdm_shape *sh,
		     struct spdm_msg *m)
{
	struct spdm_caps *c = &m->u.caps;

	(void)sh;
	if (m->version < SPDM_V11 && m->code == SPDM_GET_CAPABILITIES)
		return;
	rd_skip(r, 1);
	c->ct_exponent = rd_u8(r);
	rd_skip(r, 2);
	c->flags = rd_u32le(r);
	if (m->version < SPDM_V12)
		return;
	c->transfer = rd_u32le(r);
	c->max_msg = rd_u32le(r);
}

static void caps_enc(struct wr *w, const struct spdm_msg *m)
{
	const struct spdm_caps *c = &m->u.caps;

	if (m->version < SPDM_V11 && m->code == SPDM_GET_CAPABILITIES)
		return;
	wr_zero(w, 1);
	wr_u8(w, c->ct_exponent);
	wr_zero(w, 2);
	wr_u32le(w, c->flags);
	if (m->version < SPDM_V12)
		return;
	wr_u32le(w, c->transfer);
	wr_u32le(w, c->max_msg);
}

static void alg_table_dec(struct rd *r, struct spdm_alg_table *t)
{
	t->type = rd_u8(r);
	uint8_t count = rd_u8(r);

	t->ext_count = count & 0xf;
	if (count >> 4 != 2) /* bytes of fixed algorithm bits */
		rd_field(r);
	t->bits = rd_u16le(r);
	t->ext = rd_span(r, (size_t)4 * t->ext_count);
}

static void algs_dec(struct rd *r, const struct spdm_shape *sh,
		     struct spdm_msg *m)
{
	struct spdm_algs *a = &m->u.algs;
	const uint8_t *start = r->p;

	(void)sh;
	uint16_t len = rd_u16le(r);

	a->meas_spec = rd_u8(r);
	a->other_params = rd_u8(r);
	if (m->code == SPDM_ALGORITHMS)
		a->meas_hash = rd_u32le(r);
	a->asym = rd_u32le(r);
	a->hash = rd_u32le(r);
	rd_skip(r, 12);
	uint8_t ext_asym = rd_u8(r);
	uint8_t ext_hash = rd_u8(r);

	rd_skip(r, 2);
	a->ext_asym = rd_span(r, (size_t)4 * ext_asym);
	a->ext_hash = rd_span(r, (size_t)4 * ext_hash);
	a->tables = m->version >= SPDM_V11 ? m->param1 : 0;
	if (a->tables > SPDM_ALG_TABLES)
		rd_field(r);
	for (uint8_t i = 0; i < a->tables && !r->err; i++)
		alg_table_dec(r, &a->table[i]);
	if (!r->err && len != 4 + (size_t)(r->p - start))
		rd_field(r);
}

static void algs_enc(struct wr *w, const struct spdm_msg *m)
{
	const struct spdm_algs *a = &m->u.algs;
	size_t len = m->code == SPDM_ALGORITHMS ? 36 : 32;

	len += a->ext_asym.n + a->ext_hash.n;
	for (uint8_t i = 0; i < a->tables; i++)
		len += 4 + a->table[i].ext.n;
	wr_len(w, len, 2);
	wr_u8(w, a->meas_spec);
	wr_u8(w, a->other_params);
	if (m->code == SPDM_ALGORITHMS)
		wr_u32le(w, a->meas_hash);
	wr_u32le(w, a->asym);
	wr_u32le(w, a->hash);
	wr_zero(w, 12);
	wr_len(w, a->ext_asym.n / 4, 1);
	wr_len(w, a->ext_hash.n / 4, 1);
	wr_zero(w, 2);
	wr_span(w, a->ext_asym);
	wr_span(w, a->ext_hash);
	for (uint8_t i = 0; i < a->tables; i++) {
		const struct spdm_alg_table *t = &a->table[i];

		wr_u8(w, t->type);
		wr_u8(w, (uint8_t)(0x20 | (t->ext_count & 0xf)));
		wr_u16le(w, t->bits);
		wr_span(w, t->ext);
	}
}

static void digests_dec(struct rd *r, const struct spdm_shape *sh,
			struct spdm_msg *m)
{
	size_t n = 0;

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		n += m->param2 >> i & 1;
	m->u.digests.all = rd_span(r, n * sh->hash_len);
}

static void digests_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_span(w, m->u.digests.all);
}

static void get_cert_dec(struct rd *r, const struct spdm_shape *sh,
			 struct spdm_msg *m)
{
	(void)sh;
	m->u.get_cert.offset = rd_u16le(r);
	m->u.get_cert.length = rd_u16le(r);
}

static void get_cert_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u16le(w, m->u.get_cert.offset);
	wr_u16le(w, m->u.get_cert.length);
}

static void cert_dec(struct rd *r, const struct spdm_shape *sh,
		     struct spdm_msg *m)
{
	(void)sh;
	uint16_t n = rd_u16le(r);

	m->u.cert.remainder = rd_u16le(r);
	m->u.cert.portion = rd_span(r, n);
}

static void cert_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_len(w, m->u.cert.portion.n, 2);
	wr_u16le(w, m->u.cert.remainder);
	wr_span(w, m->u.cert.portion);
}

static void challenge_dec(struct rd *r, const struct spdm_shape *sh,
			  struct spdm_msg *m)
{
	(void)sh;
	rd_copy(r, m->u.challenge.nonce, SPDM_NONCE_LEN);
}

static void challenge_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_bytes(w, m->u.challenge.nonce, SPDM_NONCE_LEN);
}

static void challenge_auth_dec(struct rd *r, const struct spdm_shape *sh,
			       struct spdm_msg *m)
{
	m->u.challenge_auth.chain_hash = rd_span(r, sh->hash_len);
	rd_copy(r, m->u.challenge_auth.nonce, SPDM_NONCE_LEN);
	if (sh->summary)
		m->u.challenge_auth.summary = rd_span(r, sh->hash_len);
	m->u.challenge_auth.opaque = rd_span16(r, SPDM_OPAQUE_MAX);
	m->u.challenge_auth.sig = rd_span(r, sh->sig_len);
}

static void challenge_auth_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_span(w, m->u.challenge_auth.chain_hash);
	wr_bytes(w, m->u.challenge_auth.nonce, SPDM_NONCE_LEN);
	wr_span(w, m->u.challenge_auth.summary);
	wr_span16(w, m->u.challenge_auth.opaque);
	wr_span(w, m->u.challenge_auth.sig);
}

/* Nonce and slot stand only in a request for a signature; 1.0: no slot. */
static void get_meas_dec(struct rd *r, const struct spdm_shape *sh,
			 struct spdm_msg *m)
{
	(void)sh;
	if (!(m->param1 & SPDM_MEAS_ATTR_SIGN))
		return;
	rd_copy(r, m->u.get_meas.nonce, SPDM_NONCE_LEN);
	if (m->version >= SPDM_V11)
		m->u.get_meas.slot = rd_u8(r) & 0xf;
}

static void get_meas_enc(struct wr *w, const struct spdm_msg *m)
{
	if (!(m->param1 & SPDM_MEAS_ATTR_SIGN))
		return;
	wr_bytes(w, m->u.get_meas.nonce, SPDM_NONCE_LEN);
	if (m->version >= SPDM_V11)
		wr_u8(w, m->u.get_meas.slot & 0xf);
}

static void meas_dec(struct rd *r, const struct spdm_shape *sh,
		     struct spdm_msg *m)
{
	m->u.meas.blocks = rd_u8(r);
	uint32_t n = rd_u24le(r);

	m->u.meas.record = rd_span(r, n);
	rd_copy(r, m->u.meas.nonce, SPDM_NONCE_LEN);
	m->u.meas.opaque = rd_span16(r, SPDM_OPAQUE_MAX);
	if (sh->sign)
		m->u.meas.sig = rd_span(r, sh->sig_len);
}

static void meas_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u8(w, m->u.meas.blocks);
	wr_len(w, m->u.meas.record.n, 3);
	wr_span(w, m->u.meas.record);
	wr_bytes(w, m->u.meas.nonce, SPDM_NONCE_LEN);
	wr_span16(w, m->u.meas.opaque);
	wr_span(w, m->u.meas.sig);
}

/* clang-format off */
const struct spdm_codec spdm_codec_connect[] = {
	{ SPDM_GET_VERSION,          NULL,               NULL },
	{ SPDM_VERSION,              version_dec,        version_enc },
	{ SPDM_GET_CAPABILITIES,     caps_dec,           caps_enc },
	{ SPDM_CAPABILITIES,         caps_dec,           caps_enc },
	{ SPDM_NEGOTIATE_ALGORITHMS, algs_dec,           algs_enc },
	{ SPDM_ALGORITHMS,           algs_dec,           algs_enc },
	{ SPDM_GET_DIGESTS,          NULL,               NULL },
	{ SPDM_DIGESTS,              digests_dec,        digests_enc },
	{ SPDM_GET_CERTIFICATE,      get_cert_dec,       get_cert_enc },
	{ SPDM_CERTIFICATE,          cert_dec,           cert_enc },
	{ SPDM_CHALLENGE,            challenge_dec,      challenge_enc },
	{ SPDM_CHALLENGE_AUTH,       challenge_auth_dec, challenge_auth_enc },
	{ SPDM_GET_MEASUREMENTS,     get_meas_dec,       get_meas_enc },
	{ SPDM_MEASUREMENTS,         meas_dec,           meas_enc },
};
/* clang-format on */

const size_t spdm_codec_connect_n = COUNT(spdm_codec_connect);
