/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/codec_priv.h"

/*
 * Messages that show who an endpoint is and what it consists of.
 * Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, sections 10.5 to 10.8, 10.11 and
 * those of GET_ENDPOINT_INFO and GET_MEASUREMENT_EXTENSION_LOG.
 */

/* RequesterContext, which 1.3 added to requests and their responses. */
static void context_dec(struct rd *r, uint8_t version,
			uint8_t out[SPDM_CONTEXT_LEN])
{
	if (version >= SPDM_V13)
		rd_copy(r, out, SPDM_CONTEXT_LEN);
}

static void context_enc(struct wr *w, uint8_t version,
			const uint8_t context[SPDM_CONTEXT_LEN])
{
	if (version >= SPDM_V13)
		wr_bytes(w, context, SPDM_CONTEXT_LEN);
}

static void digests_dec(struct rd *r, const struct spdm_shape *sh,
			struct spdm_msg *m)
{
	size_t n = 0;

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		n += m->param2 >> i & 1;
	m->u.digests.all = rd_span(r, n * sh->hash_len);
	if (m->version < SPDM_V13 || !sh->multi_key)
		return;
	m->u.digests.key_pair = rd_span(r, n);
	m->u.digests.cert_info = rd_span(r, n);
	m->u.digests.key_usage = rd_span(r, 2 * n);
}

static void digests_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_span(w, m->u.digests.all);
	if (m->version < SPDM_V13)
		return;
	wr_span(w, m->u.digests.key_pair);
	wr_span(w, m->u.digests.cert_info);
	wr_span(w, m->u.digests.key_usage);
}

/* LargeCertChain: the first two fields are reserved, longer ones follow. */
static bool large_cert(const struct spdm_msg *m)
{
	return m->version >= SPDM_V14 && (m->param1 & SPDM_CERT_LARGE);
}

static void get_cert_dec(struct rd *r, const struct spdm_shape *sh,
			 struct spdm_msg *m)
{
	(void)sh;
	m->u.get_cert.offset = rd_u16le(r);
	m->u.get_cert.length = rd_u16le(r);
	if (!large_cert(m))
		return;
	m->u.get_cert.offset = rd_u32le(r);
	m->u.get_cert.length = rd_u32le(r);
}

static void get_cert_enc(struct wr *w, const struct spdm_msg *m)
{
	const unsigned bytes = large_cert(m) ? 4 : 2;

	if (large_cert(m))
		wr_zero(w, 4);
	wr_len(w, m->u.get_cert.offset, bytes);
	wr_len(w, m->u.get_cert.length, bytes);
}

static void cert_dec(struct rd *r, const struct spdm_shape *sh,
		     struct spdm_msg *m)
{
	(void)sh;
	uint32_t n = rd_u16le(r);

	m->u.cert.remainder = rd_u16le(r);
	if (large_cert(m)) {
		n = rd_u32le(r);
		m->u.cert.remainder = rd_u32le(r);
	}
	m->u.cert.portion = rd_span(r, n);
}

static void cert_enc(struct wr *w, const struct spdm_msg *m)
{
	const unsigned bytes = large_cert(m) ? 4 : 2;

	if (large_cert(m))
		wr_zero(w, 4);
	wr_len(w, m->u.cert.portion.n, bytes);
	wr_len(w, m->u.cert.remainder, bytes);
	wr_span(w, m->u.cert.portion);
}

static void challenge_dec(struct rd *r, const struct spdm_shape *sh,
			  struct spdm_msg *m)
{
	(void)sh;
	rd_copy(r, m->u.challenge.nonce, SPDM_NONCE_LEN);
	context_dec(r, m->version, m->u.challenge.context);
}

static void challenge_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_bytes(w, m->u.challenge.nonce, SPDM_NONCE_LEN);
	context_enc(w, m->version, m->u.challenge.context);
}

static void challenge_auth_dec(struct rd *r, const struct spdm_shape *sh,
			       struct spdm_msg *m)
{
	m->u.challenge_auth.chain_hash = rd_span(r, sh->hash_len);
	rd_copy(r, m->u.challenge_auth.nonce, SPDM_NONCE_LEN);
	if (sh->summary)
		m->u.challenge_auth.summary = rd_span(r, sh->hash_len);
	m->u.challenge_auth.opaque = rd_span16(r, SPDM_OPAQUE_MAX);
	context_dec(r, m->version, m->u.challenge_auth.context);
	m->u.challenge_auth.sig = rd_span(r, sh->sig_len);
}

static void challenge_auth_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_span(w, m->u.challenge_auth.chain_hash);
	wr_bytes(w, m->u.challenge_auth.nonce, SPDM_NONCE_LEN);
	wr_span(w, m->u.challenge_auth.summary);
	wr_span16(w, m->u.challenge_auth.opaque);
	context_enc(w, m->version, m->u.challenge_auth.context);
	wr_span(w, m->u.challenge_auth.sig);
}

/*
 * Nonce and slot stand only in a request for a signature; 1.0: no slot. The
 * context stands in every request of 1.3.
 */
static void get_meas_dec(struct rd *r, const struct spdm_shape *sh,
			 struct spdm_msg *m)
{
	(void)sh;
	if (m->param1 & SPDM_MEAS_ATTR_SIGN) {
		rd_copy(r, m->u.get_meas.nonce, SPDM_NONCE_LEN);
		if (m->version >= SPDM_V11)
			m->u.get_meas.slot = rd_u8(r) & 0xf;
	}
	context_dec(r, m->version, m->u.get_meas.context);
}

static void get_meas_enc(struct wr *w, const struct spdm_msg *m)
{
	if (m->param1 & SPDM_MEAS_ATTR_SIGN) {
		wr_bytes(w, m->u.get_meas.nonce, SPDM_NONCE_LEN);
		if (m->version >= SPDM_V11)
			wr_u8(w, m->u.get_meas.slot & 0xf);
	}
	context_enc(w, m->version, m->u.get_meas.context);
}

static void meas_dec(struct rd *r, const struct spdm_shape *sh,
		     struct spdm_msg *m)
{
	m->u.meas.blocks = rd_u8(r);
	uint32_t n = rd_u24le(r);

	m->u.meas.record = rd_span(r, n);
	rd_copy(r, m->u.meas.nonce, SPDM_NONCE_LEN);
	m->u.meas.opaque = rd_span16(r, SPDM_OPAQUE_MAX);
	context_dec(r, m->version, m->u.meas.context);
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
	context_enc(w, m->version, m->u.meas.context);
	wr_span(w, m->u.meas.sig);
}

/* A nonce only where a signature is asked for. */
static void get_ep_info_dec(struct rd *r, const struct spdm_shape *sh,
			    struct spdm_msg *m)
{
	(void)sh;
	m->u.get_ep_info.attr = rd_u8(r);
	rd_skip(r, 3);
	if (m->u.get_ep_info.attr & SPDM_EP_INFO_SIGN)
		rd_copy(r, m->u.get_ep_info.nonce, SPDM_NONCE_LEN);
}

static void get_ep_info_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u8(w, m->u.get_ep_info.attr);
	wr_zero(w, 3);
	if (m->u.get_ep_info.attr & SPDM_EP_INFO_SIGN)
		wr_bytes(w, m->u.get_ep_info.nonce, SPDM_NONCE_LEN);
}

static void ep_info_dec(struct rd *r, const struct spdm_shape *sh,
			struct spdm_msg *m)
{
	rd_skip(r, 4);
	if (sh->sign)
		rd_copy(r, m->u.ep_info.nonce, SPDM_NONCE_LEN);
	uint32_t n = rd_u32le(r);

	m->u.ep_info.info = rd_span(r, n);
	if (sh->sign)
		m->u.ep_info.sig = rd_span(r, sh->sig_len);
}

static void ep_info_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_zero(w, 4);
	if (m->u.ep_info.sig.n)
		wr_bytes(w, m->u.ep_info.nonce, SPDM_NONCE_LEN);
	wr_len(w, m->u.ep_info.info.n, 4);
	wr_span(w, m->u.ep_info.info);
	wr_span(w, m->u.ep_info.sig);
}

static void get_mel_dec(struct rd *r, const struct spdm_shape *sh,
			struct spdm_msg *m)
{
	(void)sh;
	m->u.get_mel.offset = rd_u32le(r);
	m->u.get_mel.length = rd_u32le(r);
}

static void get_mel_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u32le(w, m->u.get_mel.offset);
	wr_u32le(w, m->u.get_mel.length);
}

static void mel_dec(struct rd *r, const struct spdm_shape *sh,
		    struct spdm_msg *m)
{
	(void)sh;
	uint32_t n = rd_u32le(r);

	m->u.mel.remainder = rd_u32le(r);
	m->u.mel.portion = rd_span(r, n);
}

static void mel_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_len(w, m->u.mel.portion.n, 4);
	wr_u32le(w, m->u.mel.remainder);
	wr_span(w, m->u.mel.portion);
}

/* clang-format off */
const struct spdm_codec spdm_codec_prove[] = {
	{ SPDM_GET_DIGESTS,                   SPDM_V10, NULL,               NULL },
	{ SPDM_DIGESTS,                       SPDM_V10, digests_dec,        digests_enc },
	{ SPDM_GET_CERTIFICATE,               SPDM_V10, get_cert_dec,       get_cert_enc },
	{ SPDM_CERTIFICATE,                   SPDM_V10, cert_dec,           cert_enc },
	{ SPDM_CHALLENGE,                     SPDM_V10, challenge_dec,      challenge_enc },
	{ SPDM_CHALLENGE_AUTH,                SPDM_V10, challenge_auth_dec, challenge_auth_enc },
	{ SPDM_GET_MEASUREMENTS,              SPDM_V10, get_meas_dec,       ONLY_REQ(get_meas_enc) },
	{ SPDM_MEASUREMENTS,                  SPDM_V10, ONLY_REQ(meas_dec), meas_enc },
	{ SPDM_GET_ENDPOINT_INFO,             SPDM_V13, get_ep_info_dec,    get_ep_info_enc },
	{ SPDM_ENDPOINT_INFO,                 SPDM_V13, ep_info_dec,        ep_info_enc },
	{ SPDM_GET_MEASUREMENT_EXTENSION_LOG, SPDM_V13, get_mel_dec,        ONLY_REQ(get_mel_enc) },
	{ SPDM_MEASUREMENT_EXTENSION_LOG,     SPDM_V13, ONLY_REQ(mel_dec),  mel_enc },
};
/* clang-format on */
