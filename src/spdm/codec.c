/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/codec.h"

#include "spdm/codec_priv.h"

/* A row's file in the upper four bits, counted from 1, its place below. */
#define CONNECT(i) (0x10 + (i))
#define PROVE(i)   (0x20 + (i))
#define SESSION(i) (0x30 + (i))
#define MANAGE(i)  (0x40 + (i))
#define CARRY(i)   (0x50 + (i))

/* Where the row of a code stands; 0: there is none. */
/* clang-format off */
static const uint8_t rows[256] = {
	[SPDM_GET_VERSION]                         = CONNECT(0),
	[SPDM_VERSION]                             = CONNECT(1),
	[SPDM_GET_CAPABILITIES]                    = CONNECT(2),
	[SPDM_CAPABILITIES]                        = CONNECT(3),
	[SPDM_NEGOTIATE_ALGORITHMS]                = CONNECT(4),
	[SPDM_ALGORITHMS]                          = CONNECT(5),
	[SPDM_GET_DIGESTS]                         = PROVE(0),
	[SPDM_DIGESTS]                             = PROVE(1),
	[SPDM_GET_CERTIFICATE]                     = PROVE(2),
	[SPDM_CERTIFICATE]                         = PROVE(3),
	[SPDM_CHALLENGE]                           = PROVE(4),
	[SPDM_CHALLENGE_AUTH]                      = PROVE(5),
	[SPDM_GET_MEASUREMENTS]                    = PROVE(6),
	[SPDM_MEASUREMENTS]                        = PROVE(7),
	[SPDM_GET_ENDPOINT_INFO]                   = PROVE(8),
	[SPDM_ENDPOINT_INFO]                       = PROVE(9),
	[SPDM_GET_MEASUREMENT_EXTENSION_LOG]       = PROVE(10),
	[SPDM_MEASUREMENT_EXTENSION_LOG]           = PROVE(11),
	[SPDM_KEY_EXCHANGE]                        = SESSION(0),
	[SPDM_KEY_EXCHANGE_RSP]                    = SESSION(1),
	[SPDM_FINISH]                              = SESSION(2),
	[SPDM_FINISH_RSP]                          = SESSION(3),
	[SPDM_PSK_EXCHANGE]                        = SESSION(4),
	[SPDM_PSK_EXCHANGE_RSP]                    = SESSION(5),
	[SPDM_PSK_FINISH]                          = SESSION(6),
	[SPDM_PSK_FINISH_RSP]                      = SESSION(7),
	[SPDM_HEARTBEAT]                           = SESSION(8),
	[SPDM_HEARTBEAT_ACK]                       = SESSION(9),
	[SPDM_KEY_UPDATE]                          = SESSION(10),
	[SPDM_KEY_UPDATE_ACK]                      = SESSION(11),
	[SPDM_END_SESSION]                         = SESSION(12),
	[SPDM_END_SESSION_ACK]                     = SESSION(13),
	[SPDM_GET_CSR]                             = MANAGE(0),
	[SPDM_CSR]                                 = MANAGE(1),
	[SPDM_SET_CERTIFICATE]                     = MANAGE(2),
	[SPDM_SET_CERTIFICATE_RSP]                 = MANAGE(3),
	[SPDM_GET_KEY_PAIR_INFO]                   = MANAGE(4),
	[SPDM_KEY_PAIR_INFO]                       = MANAGE(5),
	[SPDM_SET_KEY_PAIR_INFO]                   = MANAGE(6),
	[SPDM_SET_KEY_PAIR_INFO_ACK]               = MANAGE(7),
	[SPDM_GET_ENCAPSULATED_REQUEST]            = CARRY(0),
	[SPDM_ENCAPSULATED_REQUEST]                = CARRY(1),
	[SPDM_DELIVER_ENCAPSULATED_RESPONSE]       = CARRY(2),
	[SPDM_ENCAPSULATED_RESPONSE_ACK]           = CARRY(3),
	[SPDM_CHUNK_SEND]                          = CARRY(4),
	[SPDM_CHUNK_SEND_ACK]                      = CARRY(5),
	[SPDM_CHUNK_GET]                           = CARRY(6),
	[SPDM_CHUNK_RESPONSE]                      = CARRY(7),
	[SPDM_VENDOR_DEFINED_REQUEST]              = CARRY(8),
	[SPDM_VENDOR_DEFINED_RESPONSE]             = CARRY(9),
	[SPDM_RESPOND_IF_READY]                    = CARRY(10),
	[SPDM_ERROR]                               = CARRY(11),
};
/* clang-format on */

static const struct spdm_codec *find(uint8_t code)
{
	static const struct spdm_codec *const files[] = {
		NULL,
		spdm_codec_connect,
		spdm_codec_prove,
		spdm_codec_session,
		spdm_codec_manage,
		spdm_codec_carry,
	};
	const uint8_t row = rows[code];

	return row ? &files[row >> 4][row & 0xf] : NULL;
}

uint8_t spdm_since(uint8_t code)
{
	const struct spdm_codec *c = find(code);

	return c ? c->since : 0;
}

/*
 * The union is an eighth of a kilobyte and more, and clearing it is what a
 * small message would spend most on: of the messages that come most often only
 * their own part is cleared.
 */
static size_t used(uint8_t code)
{
	switch (code) {
	case SPDM_VENDOR_DEFINED_REQUEST:
	case SPDM_VENDOR_DEFINED_RESPONSE:
		return offsetof(struct spdm_msg, u) + sizeof(struct spdm_vdm);
	default:
		return sizeof(struct spdm_msg);
	}
}

void spdm_msg_start(struct spdm_msg *m, uint8_t version, uint8_t code)
{
	memset(m, 0, used(code));
	m->version = version;
	m->code = code;
}

static enum il_err decode(struct rd *r, const struct spdm_shape *sh,
			  struct spdm_msg *m)
{
	const uint8_t *head = rd_bytes(r, 4);

	if (!head) {
		memset(m, 0, sizeof(*m));
		return IL_E_SHORT;
	}
	spdm_msg_start(m, head[0], head[1]);
	m->param1 = head[2];
	m->param2 = head[3];

	const struct spdm_codec *c = find(m->code);

	if (!c || m->version < c->since)
		return IL_E_FIELD;
	if (c->dec)
		c->dec(r, sh, m);
	return r->err;
}

enum il_err spdm_msg_decode_at(const uint8_t *p, size_t n,
			       const struct spdm_shape *sh, struct spdm_msg *m)
{
	struct rd r = rd_over(p, n);
	enum il_err err = decode(&r, sh, m);

	return err ? err : rd_end(&r);
}

enum il_err spdm_msg_decode(const uint8_t *p, size_t n,
			    const struct spdm_shape *sh, struct spdm_msg *out)
{
	struct spdm_msg m;
	enum il_err err = spdm_msg_decode_at(p, n, sh, &m);

	if (!err)
		*out = m;
	return err;
}

enum il_err spdm_msg_decode_padded(const uint8_t *p, size_t n,
				   const struct spdm_shape *sh,
				   struct spdm_msg *out, size_t *used)
{
	return spdm_msg_decode_filled(p, n, n % 4 ? 0 : 3, sh, out, used);
}

enum il_err spdm_msg_decode_filled(const uint8_t *p, size_t n, size_t max,
				   const struct spdm_shape *sh,
				   struct spdm_msg *out, size_t *used)
{
	struct rd r = rd_over(p, n);
	struct spdm_msg m;
	enum il_err err = decode(&r, sh, &m);

	if (err)
		return err;

	size_t left = rd_left(&r);
	size_t len = n - left;

	if (left > max)
		return IL_E_LONG;
	while (left-- > 0)
		if (rd_u8(&r) && !sh->junk)
			return IL_E_LONG;
	*out = m;
	*used = len;
	return IL_OK;
}

enum il_err spdm_msg_encode(struct wr *w, const struct spdm_msg *m)
{
	const struct spdm_codec *c = find(m->code);
	uint8_t *head;

	if (!c)
		return IL_E_ARG;
	head = wr_room(w, 4);
	if (head)
		put_u32le(head, (uint32_t)m->param2 << 24 |
					(uint32_t)m->param1 << 16 |
					(uint32_t)m->code << 8 | m->version);
	if (c->enc)
		c->enc(w, m);
	return w->err;
}

size_t spdm_msg_sig_len(const struct spdm_msg *m)
{
	switch (m->code) {
	case SPDM_CHALLENGE_AUTH:
		return m->u.challenge_auth.sig.n;
	case SPDM_MEASUREMENTS:
		return m->u.meas.sig.n;
	case SPDM_KEY_EXCHANGE_RSP:
		return m->u.key_ex_rsp.sig.n;
	case SPDM_FINISH:
		return m->u.finish.sig.n;
	case SPDM_ENDPOINT_INFO:
		return m->u.ep_info.sig.n;
	default:
		return 0;
	}
}

size_t spdm_msg_verify_len(const struct spdm_msg *m)
{
	switch (m->code) {
	case SPDM_KEY_EXCHANGE_RSP:
		return m->u.key_ex_rsp.verify.n;
	case SPDM_FINISH:
	case SPDM_FINISH_RSP:
	case SPDM_PSK_FINISH:
		return m->u.finish.verify.n;
	case SPDM_PSK_EXCHANGE_RSP:
		return m->u.psk_ex_rsp.verify.n;
	default:
		return 0;
	}
}

/*
 * Requests are their response with bit 7 set, all but RESPOND_IF_READY, whose
 * response is that of the request it is about.
 * Source: DSP0274 1.4.0, tables 4 and 5.
 */
uint8_t spdm_response_of(uint8_t request_code)
{
	uint8_t code = request_code & 0x7f;

	return (request_code & 0x80) && code != SPDM_ERROR &&
			       rows[request_code] && rows[code]
		       ? code
		       : 0;
}

uint8_t spdm_hash_len(uint32_t base_hash)
{
	switch (base_hash) {
	case SPDM_HASH_SHA_256:
		return 32;
	case SPDM_HASH_SHA_384:
		return 48;
	case SPDM_HASH_SHA_512:
		return 64;
	default:
		return 0;
	}
}

uint16_t spdm_sig_len(uint32_t base_asym)
{
	switch (base_asym) {
	case SPDM_ASYM_RSASSA_2048:
	case SPDM_ASYM_RSAPSS_2048:
		return 256;
	case SPDM_ASYM_RSASSA_3072:
	case SPDM_ASYM_RSAPSS_3072:
		return 384;
	case SPDM_ASYM_RSASSA_4096:
	case SPDM_ASYM_RSAPSS_4096:
		return 512;
	case SPDM_ASYM_ECDSA_P256:
		return 64;
	case SPDM_ASYM_ECDSA_P384:
		return 96;
	case SPDM_ASYM_ECDSA_P521:
		return 132;
	default:
		return 0;
	}
}

uint16_t spdm_pqc_sig_len(uint32_t pqc_asym)
{
	switch (pqc_asym) {
	case SPDM_PQC_ML_DSA_44:
		return 2420;
	case SPDM_PQC_ML_DSA_65:
		return 3309;
	case SPDM_PQC_ML_DSA_87:
		return 4627;
	default:
		return 0;
	}
}

uint16_t spdm_kem_key_len(uint16_t kem)
{
	switch (kem) {
	case SPDM_KEM_ML_KEM_512:
		return 800;
	case SPDM_KEM_ML_KEM_768:
		return 1184;
	case SPDM_KEM_ML_KEM_1024:
		return 1568;
	default:
		return 0;
	}
}

uint16_t spdm_kem_text_len(uint16_t kem)
{
	switch (kem) {
	case SPDM_KEM_ML_KEM_512:
		return 768;
	case SPDM_KEM_ML_KEM_768:
		return 1088;
	case SPDM_KEM_ML_KEM_1024:
		return 1568;
	default:
		return 0;
	}
}

uint8_t spdm_aead_key_len(uint16_t aead)
{
	switch (aead) {
	case SPDM_AEAD_AES_128_GCM:
		return 16;
	case SPDM_AEAD_AES_256_GCM:
	case SPDM_AEAD_CHACHA20_POLY1305:
		return 32;
	default:
		return 0;
	}
}

uint8_t spdm_dhe_len(uint16_t dhe)
{
	switch (dhe) {
	case SPDM_DHE_SECP256R1:
		return 64;
	case SPDM_DHE_SECP384R1:
		return 96;
	case SPDM_DHE_SECP521R1:
		return 132;
	default:
		return 0;
	}
}

uint16_t spdm_algs_bits(const struct spdm_algs *a, uint8_t type)
{
	for (uint8_t i = 0; i < a->tables && i < SPDM_ALG_TABLES; i++)
		if (a->table[i].type == type)
			return a->table[i].bits;
	return 0;
}
