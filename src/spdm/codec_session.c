/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/codec_priv.h"

/*
 * Messages that make, keep and end sessions.
 * Source: DSP0274 1.2.1, 1.3.2 and 1.4.0, sections 10.16 to 10.22.
 */

static void key_ex_dec(struct rd *r, const struct spdm_shape *sh,
		       struct spdm_msg *m)
{
	m->u.key_ex.session_id = rd_u16le(r);
	m->u.key_ex.policy = rd_u8(r);
	rd_skip(r, 1);
	rd_copy(r, m->u.key_ex.random, SPDM_NONCE_LEN);
	m->u.key_ex.exchange = rd_span(r, sh->dhe_len);
	m->u.key_ex.opaque = rd_span16(r, SPDM_OPAQUE_MAX);
}

static void key_ex_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u16le(w, m->u.key_ex.session_id);
	wr_u8(w, m->u.key_ex.policy);
	wr_zero(w, 1);
	wr_bytes(w, m->u.key_ex.random, SPDM_NONCE_LEN);
	wr_span(w, m->u.key_ex.exchange);
	wr_span16(w, m->u.key_ex.opaque);
}

/* With the handshake in the clear the HMAC moves to FINISH_RSP. */
static void key_ex_rsp_dec(struct rd *r, const struct spdm_shape *sh,
			   struct spdm_msg *m)
{
	m->u.key_ex_rsp.session_id = rd_u16le(r);
	m->u.key_ex_rsp.mut_auth = rd_u8(r);
	m->u.key_ex_rsp.req_slot = rd_u8(r);
	rd_copy(r, m->u.key_ex_rsp.random, SPDM_NONCE_LEN);
	m->u.key_ex_rsp.exchange =
		rd_span(r, sh->rsp_dhe_len ? sh->rsp_dhe_len : sh->dhe_len);
	if (sh->summary)
		m->u.key_ex_rsp.summary = rd_span(r, sh->hash_len);
	m->u.key_ex_rsp.opaque = rd_span16(r, SPDM_OPAQUE_MAX);
	m->u.key_ex_rsp.sig = rd_span(r, sh->sig_len);
	if (!sh->clear)
		m->u.key_ex_rsp.verify = rd_span(r, sh->hash_len);
}

static void key_ex_rsp_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u16le(w, m->u.key_ex_rsp.session_id);
	wr_u8(w, m->u.key_ex_rsp.mut_auth);
	wr_u8(w, m->u.key_ex_rsp.req_slot);
	wr_bytes(w, m->u.key_ex_rsp.random, SPDM_NONCE_LEN);
	wr_span(w, m->u.key_ex_rsp.exchange);
	wr_span(w, m->u.key_ex_rsp.summary);
	wr_span16(w, m->u.key_ex_rsp.opaque);
	wr_span(w, m->u.key_ex_rsp.sig);
	wr_span(w, m->u.key_ex_rsp.verify);
}

/*
 * Param1 bit 0 of FINISH: a signature of the requester is included. 1.4 added
 * opaque data to all four messages that end a handshake.
 */
static void finish_dec(struct rd *r, const struct spdm_shape *sh,
		       struct spdm_msg *m)
{
	const bool mac = m->code == SPDM_FINISH || m->code == SPDM_PSK_FINISH ||
			 (m->code == SPDM_FINISH_RSP && sh->clear);

	if (m->version >= SPDM_V14)
		m->u.finish.opaque = rd_span16(r, SPDM_OPAQUE_MAX);
	if (m->code == SPDM_FINISH && (m->param1 & SPDM_FINISH_SIGNED))
		m->u.finish.sig = rd_span(r, sh->req_sig_len);
	if (mac)
		m->u.finish.verify = rd_span(r, sh->hash_len);
}

static void finish_enc(struct wr *w, const struct spdm_msg *m)
{
	if (m->version >= SPDM_V14)
		wr_span16(w, m->u.finish.opaque);
	wr_span(w, m->u.finish.sig);
	wr_span(w, m->u.finish.verify);
}

static void psk_ex_dec(struct rd *r, const struct spdm_shape *sh,
		       struct spdm_msg *m)
{
	(void)sh;
	m->u.psk_ex.session_id = rd_u16le(r);
	uint16_t hint = rd_u16le(r);
	uint16_t context = rd_u16le(r);
	uint16_t opaque = rd_u16le(r);

	if (opaque > SPDM_OPAQUE_MAX)
		rd_field(r);
	m->u.psk_ex.hint = rd_span(r, hint);
	m->u.psk_ex.context = rd_span(r, context);
	m->u.psk_ex.opaque = rd_span(r, opaque);
}

static void psk_ex_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u16le(w, m->u.psk_ex.session_id);
	wr_len(w, m->u.psk_ex.hint.n, 2);
	wr_len(w, m->u.psk_ex.context.n, 2);
	wr_len(w, m->u.psk_ex.opaque.n, 2);
	wr_span(w, m->u.psk_ex.hint);
	wr_span(w, m->u.psk_ex.context);
	wr_span(w, m->u.psk_ex.opaque);
}

static void psk_ex_rsp_dec(struct rd *r, const struct spdm_shape *sh,
			   struct spdm_msg *m)
{
	m->u.psk_ex_rsp.session_id = rd_u16le(r);
	rd_skip(r, 2);
	uint16_t context = rd_u16le(r);
	uint16_t opaque = rd_u16le(r);

	if (opaque > SPDM_OPAQUE_MAX)
		rd_field(r);
	if (sh->summary)
		m->u.psk_ex_rsp.summary = rd_span(r, sh->hash_len);
	m->u.psk_ex_rsp.context = rd_span(r, context);
	m->u.psk_ex_rsp.opaque = rd_span(r, opaque);
	m->u.psk_ex_rsp.verify = rd_span(r, sh->hash_len);
}

static void psk_ex_rsp_enc(struct wr *w, const struct spdm_msg *m)
{
	wr_u16le(w, m->u.psk_ex_rsp.session_id);
	wr_zero(w, 2);
	wr_len(w, m->u.psk_ex_rsp.context.n, 2);
	wr_len(w, m->u.psk_ex_rsp.opaque.n, 2);
	wr_span(w, m->u.psk_ex_rsp.summary);
	wr_span(w, m->u.psk_ex_rsp.context);
	wr_span(w, m->u.psk_ex_rsp.opaque);
	wr_span(w, m->u.psk_ex_rsp.verify);
}

/* clang-format off */
const struct spdm_codec spdm_codec_session[] = {
	{ SPDM_KEY_EXCHANGE,     SPDM_V11, key_ex_dec,               ONLY_REQ(key_ex_enc) },
	{ SPDM_KEY_EXCHANGE_RSP, SPDM_V11, ONLY_REQ(key_ex_rsp_dec), key_ex_rsp_enc },
	{ SPDM_FINISH,           SPDM_V11, finish_dec,               finish_enc },
	{ SPDM_FINISH_RSP,       SPDM_V11, finish_dec,               finish_enc },
	{ SPDM_PSK_EXCHANGE,     SPDM_V11, psk_ex_dec,               ONLY_REQ(psk_ex_enc) },
	{ SPDM_PSK_EXCHANGE_RSP, SPDM_V11, ONLY_REQ(psk_ex_rsp_dec), psk_ex_rsp_enc },
	{ SPDM_PSK_FINISH,       SPDM_V11, finish_dec,               finish_enc },
	{ SPDM_PSK_FINISH_RSP,   SPDM_V11, finish_dec,               finish_enc },
	{ SPDM_HEARTBEAT,        SPDM_V11, NULL,                     NULL },
	{ SPDM_HEARTBEAT_ACK,    SPDM_V11, NULL,                     NULL },
	{ SPDM_KEY_UPDATE,       SPDM_V11, NULL,                     NULL },
	{ SPDM_KEY_UPDATE_ACK,   SPDM_V11, NULL,                     NULL },
	{ SPDM_END_SESSION,      SPDM_V11, NULL,                     NULL },
	{ SPDM_END_SESSION_ACK,  SPDM_V11, NULL,                     NULL },
};
/* clang-format on */
