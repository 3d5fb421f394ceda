/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/secured.h"

enum il_err spdm_channel_open(struct spdm_channel *ch, const struct crypto *c,
			      const struct spdm_keys *k, const uint8_t *secret,
			      uint64_t limit)
{
	uint8_t key[SPDM_KEY_LEN];
	uint8_t iv[SPDM_IV_LEN];
	enum il_err err = spdm_keys_aead(k, c, secret, key, iv);

	if (!err)
		err = crypto_aead_key(c, &ch->key, CRYPTO_AES_256_GCM, key);
	if (!err) {
		memcpy(ch->iv, iv, sizeof(iv));
		ch->seq = 0;
		ch->limit = limit;
		ch->live = true;
	}
	bytes_wipe(key, sizeof(key));
	bytes_wipe(iv, sizeof(iv));
	return err;
}

void spdm_channel_close(struct spdm_channel *ch, const struct crypto *c)
{
	crypto_drop(c, &ch->key);
	bytes_wipe(ch, sizeof(*ch));
}

/*
 * The sequence number, little-endian, is XORed into the low bytes of the IV.
 * Source: DSP0277 1.1, section 7 (AEAD nonce); OPEN: the byte order is not
 * spelt out there; the recordings decide for little-endian.
 */
static void nonce(const struct spdm_channel *ch, uint8_t out[SPDM_IV_LEN])
{
	memcpy(out, ch->iv, SPDM_IV_LEN);
	for (unsigned i = 0; i < 8; i++)
		out[i] ^= (uint8_t)(ch->seq >> (8 * i));
}

enum il_err spdm_secured_id(const uint8_t *in, size_t n, uint32_t *id)
{
	struct rd r = rd_over(in, n);
	uint32_t v = rd_u32le(&r);

	if (n < SPDM_SECURED_OVER)
		return IL_E_SHORT;
	*id = v;
	return IL_OK;
}

/* The length of what is encrypted, tag left out; checks the frame. */
static enum il_err frame(const uint8_t *in, size_t n, size_t *cipher)
{
	struct rd r = rd_over(in, n);

	rd_skip(&r, 4);
	size_t len = rd_u16le(&r);
	size_t left = rd_left(&r);

	if (r.err || len > left)
		return IL_E_SHORT;
	if (len < 2 + SPDM_SECURED_TAIL)
		return IL_E_FIELD;
	rd_skip(&r, len);
	left -= len;
	if (left > 3 || (left && n % 4))
		return IL_E_LONG;
	while (left-- > 0)
		if (rd_u8(&r))
			return IL_E_LONG;
	*cipher = len - SPDM_SECURED_TAIL;
	return IL_OK;
}

/* Moves the application data to the front; the rest must be nothing. */
static enum il_err app_data(uint8_t *buf, size_t len, size_t *out_len)
{
	const size_t app = buf[0] | (size_t)buf[1] << 8;

	if (app != len - 2)
		return IL_E_FIELD;
	memmove(buf, buf + 2, app);
	*out_len = app;
	return IL_OK;
}

enum il_err spdm_secured_open(struct spdm_channel *ch, const struct crypto *c,
			      const uint8_t *in, size_t n, uint8_t *out,
			      size_t cap, size_t *out_len)
{
	uint8_t iv[SPDM_IV_LEN];
	size_t len;
	enum il_err err = frame(in, n, &len);

	if (err)
		return err;
	if (!ch->live || ch->seq >= ch->limit)
		return IL_E_STATE;
	if (len > cap)
		return IL_E_SPACE;
	nonce(ch, iv);
	err = crypto_aead_open(c, ch->key, iv, in, 6, in + 6, len, out,
			       in + 6 + len, SPDM_SECURED_TAIL);
	bytes_wipe(iv, sizeof(iv));
	if (!err)
		err = app_data(out, len, out_len);
	if (!err)
		ch->seq++;
	return err;
}

enum il_err spdm_secured_seal(struct spdm_channel *ch, const struct crypto *c,
			      uint32_t session_id, uint8_t *buf, size_t cap,
			      size_t app_len, size_t *total)
{
	const size_t len = 2 + app_len + SPDM_SECURED_TAIL;
	struct wr w = wr_over(buf, SPDM_SECURED_HEAD);
	uint8_t iv[SPDM_IV_LEN];
	enum il_err err;

	if (len > UINT16_MAX || cap < app_len + SPDM_SECURED_OVER)
		return IL_E_SPACE;
	if (!ch->live || ch->seq >= ch->limit)
		return IL_E_STATE;
	wr_u32le(&w, session_id);
	wr_u16le(&w, (uint16_t)len);
	wr_u16le(&w, (uint16_t)app_len);
	nonce(ch, iv);
	err = crypto_aead_seal(c, ch->key, iv, buf, 6, buf + 6, 2 + app_len,
			       buf + 6, buf + 8 + app_len, SPDM_SECURED_TAIL);
	bytes_wipe(iv, sizeof(iv));
	if (err)
		return err;
	ch->seq++;
	*total = app_len + SPDM_SECURED_OVER;
	return IL_OK;
}
