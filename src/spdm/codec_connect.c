/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/codec_priv.h"

/*
 * Messages that agree on a connection.
 * Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, sections 10.2 to 10.4.
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

static void alg_table_enc(struct wr *w, const struct spdm_alg_table *t)
{
	wr_u8(w, t->type);
	wr_u8(w, (uint8_t)(0x20 | (t->ext_count & 0xf)));
	wr_u16le(w, t->bits);
	wr_span(w, t->ext);
}

/* One for each type: those of post-quantum algorithms came with 1.4. */
static uint8_t max_tables(uint8_t version)
{
	return version >= SPDM_V14 ? SPDM_ALG_TABLES : SPDM_ALG_TABLES - 2;
}

/*
 * What NEGOTIATE_ALGORITHMS, ALGORITHMS and the block of CAPABILITIES share:
 * from the length on. @head: bytes in front of it, which the length counts.
 * A selection has the measurement hash besides, and MELspecification in
 * another place. Source: DSP0274 1.4.0, sections 10.3 and 10.4.
 */
static void offer_dec(struct rd *r, struct spdm_algs *a, uint8_t version,
		      uint8_t tables, bool selected, size_t head)
{
	const uint8_t *start = r->p;
	uint16_t len = rd_u16le(r);

	a->meas_spec = rd_u8(r);
	a->other_params = rd_u8(r);
	if (selected)
		a->meas_hash = rd_u32le(r);
	a->asym = rd_u32le(r);
	a->hash = rd_u32le(r);
	uint32_t pqc = rd_u32le(r);

	rd_skip(r, 7);
	uint8_t mel_sel = rd_u8(r);
	uint8_t ext_asym = rd_u8(r);
	uint8_t ext_hash = rd_u8(r);

	rd_skip(r, 1);
	uint8_t mel = rd_u8(r);

	a->pqc_asym = version >= SPDM_V14 ? pqc : 0;
	if (version >= SPDM_V13)
		a->mel_spec = selected ? mel_sel : mel;
	a->ext_asym = rd_span(r, (size_t)4 * ext_asym);
	a->ext_hash = rd_span(r, (size_t)4 * ext_hash);
	a->tables = version >= SPDM_V11 ? tables : 0;
	if (a->tables > max_tables(version))
		rd_field(r);
	for (uint8_t i = 0; i < a->tables && !r->err; i++)
		alg_table_dec(r, &a->table[i]);
	if (!r->err && len != head + (size_t)(r->p - start))
		rd_field(r);
}

static size_t offer_len(const struct spdm_algs *a, bool selected, size_t head)
{
	size_t len = head + (selected ? 32 : 28);

	len += a->ext_asym.n + a->ext_hash.n;
	for (uint8_t i = 0; i < a->tables && i < SPDM_ALG_TABLES; i++)
		len += 4 + a->table[i].ext.n;
	return len;
}

static void offer_enc(struct wr *w, const struct spdm_algs *a, uint8_t version,
		      bool selected, size_t head)
{
	const uint8_t mel = version >= SPDM_V13 ? a->mel_spec : 0;

	wr_len(w, offer_len(a, selected, head), 2);
	wr_u8(w, a->meas_spec);
	wr_u8(w, a->other_params);
	if (selected)
		wr_u32le(w, a->meas_hash);
	wr_u32le(w, a->asym);
	wr_u32le(w, a->hash);
	wr_u32le(w, version >= SPDM_V14 ? a->pqc_asym : 0);
	wr_zero(w, 7);
	wr_u8(w, selected ? mel : 0);
	wr_len(w, a->ext_asym.n / 4, 1);
	wr_len(w, a->ext_hash.n / 4, 1);
	wr_zero(w, 1);
	wr_u8(w, selected ? 0 : mel);
	wr_span(w, a->ext_asym);
	wr_span(w, a->ext_hash);
	if (a->tables > max_tables(version) && !w->err)
		w->err = IL_E_ARG;
	for (uint8_t i = 0; i < a->tables && i < SPDM_ALG_TABLES; i++)
		alg_table_enc(w, &a->table[i]);
}

static void algs_dec(struct rd *r, const struct spdm_shape *sh,
		     struct spdm_msg *m)
{
	(void)sh;
	offer_dec(r, &m->u.algs, m->version, m->param1,
		  m->code == SPDM_ALGORITHMS, 4);
}

static void algs_enc(struct wr *w, const struct spdm_msg *m)
{
	offer_enc(w, &m->u.algs, m->version, m->code == SPDM_ALGORITHMS, 4);
}

/* The Supported Algorithms block, which CAPABILITIES of 1.3 may end with. */
static bool has_block(const struct spdm_msg *m)
{
	return m->version >= SPDM_V13 && m->code == SPDM_CAPABILITIES &&
	       (m->param1 & SPDM_CAPS_ALGS);
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
	uint16_t ext = rd_u16le(r);

	c->ext_flags = m->version >= SPDM_V14 ? ext : 0;
	c->flags = rd_u32le(r);
	if (m->version < SPDM_V12)
		return;
	c->transfer = rd_u32le(r);
	c->max_msg = rd_u32le(r);
	if (has_block(m)) {
		uint8_t tables = rd_u8(r);

		rd_skip(r, 1);
		offer_dec(r, &m->u.caps_algs, m->version, tables, false, 2);
	}
}

static void caps_enc(struct wr *w, const struct spdm_msg *m)
{
	const struct spdm_caps *c = &m->u.caps;

	if (m->version < SPDM_V11 && m->code == SPDM_GET_CAPABILITIES)
		return;
	wr_zero(w, 1);
	wr_u8(w, c->ct_exponent);
	wr_u16le(w, m->version >= SPDM_V14 ? c->ext_flags : 0);
	wr_u32le(w, c->flags);
	if (m->version < SPDM_V12)
		return;
	wr_u32le(w, c->transfer);
	wr_u32le(w, c->max_msg);
	if (has_block(m)) {
		wr_u8(w, m->u.caps_algs.tables);
		wr_zero(w, 1);
		offer_enc(w, &m->u.caps_algs, m->version, false, 2);
	}
}

/* clang-format off */
const struct spdm_codec spdm_codec_connect[] = {
	{ SPDM_GET_VERSION,          SPDM_V10, NULL,                  NULL },
	{ SPDM_VERSION,              SPDM_V10, ONLY_REQ(version_dec), version_enc },
	{ SPDM_GET_CAPABILITIES,     SPDM_V10, caps_dec,              caps_enc },
	{ SPDM_CAPABILITIES,         SPDM_V10, caps_dec,              caps_enc },
	{ SPDM_NEGOTIATE_ALGORITHMS, SPDM_V10, algs_dec,              algs_enc },
	{ SPDM_ALGORITHMS,           SPDM_V10, algs_dec,              algs_enc },
};
/* clang-format on */
