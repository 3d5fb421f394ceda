/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/secured.h"

#include "spdm/codec.h"
#include "spdm/keys_priv.h"

const struct spdm_binding spdm_binding_bare = { .unit = 4 };

enum il_err spdm_channel_open(struct spdm_channel *ch, const struct crypto *c,
			      const struct spdm_keys *k, const uint8_t *secret,
			      uint64_t limit)
{
	uint8_t key[SPDM_KEY_LEN];
	uint8_t iv[SPDM_IV_LEN];
	enum il_err err = spdm_keys_aead(k, c, secret, key, iv);

	if (!err)
		err = crypto_aead_key(
			c, &ch->key, spdm_crypto_aead(spdm_keys_suite(k)), key);
	if (!err) {
		memcpy(ch->iv, iv, sizeof(iv));
		ch->seq = 0;
		ch->limit = limit;
		ch->live = true;
		ch->binding = NULL;
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
	put_u64le(out, get_u64le(ch->iv) ^ ch->seq);
	memcpy(out + 8, ch->iv + 8, SPDM_IV_LEN - 8);
}

enum il_err spdm_secured_id(const uint8_t *in, size_t n, uint32_t *id)
{
	if (n < SPDM_SECURED_OVER)
		return IL_E_SHORT;
	*id = get_u32le(in);
	return IL_OK;
}

/* Bytes in the clear, up to the length's end. */
static size_t aad_len(const struct spdm_channel *ch)
{
	return 6u + spdm_channel_binding(ch)->seq_len;
}

/* Whether what stands there is the low bytes of the number awaited. */
static bool seq_fits(const struct spdm_channel *ch, const uint8_t *p,
		     unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (p[i] != (uint8_t)(ch->seq >> (8 * i)))
			return false;
	return true;
}

/* The length of what is encrypted, tag left out; checks the frame. */
static enum il_err frame(const struct spdm_channel *ch, const uint8_t *in,
			 size_t n, size_t *cipher)
{
	const struct spdm_binding *b = spdm_channel_binding(ch);
	const size_t aad = 6u + b->seq_len;
	size_t len, left;

	if (n < aad)
		return IL_E_SHORT;
	len = get_u16le(in + aad - 2);
	left = n - aad;
	if (len > left)
		return IL_E_SHORT;
	if (len < 2 + SPDM_SECURED_TAIL || !seq_fits(ch, in + 4, b->seq_len))
		return IL_E_FIELD;
	left -= len;
	if (left >= b->unit || (left && n % b->unit))
		return IL_E_LONG;
	for (; left > 0; left--)
		if (in[n - left])
			return IL_E_LONG;
	*cipher = len - SPDM_SECURED_TAIL;
	return IL_OK;
}

/* Where the message is; the rest must be nothing, or random. */
static enum il_err app_data(struct spdm_channel *ch, const uint8_t *buf,
			    size_t len, struct spdm_span *out)
{
	const struct spdm_binding *b = spdm_channel_binding(ch);
	const size_t head = 2u + b->type_len;
	const size_t app = buf[0] | (size_t)buf[1] << 8;

	if (app > len - 2 || len - 2 - app > b->random_max || app + 2 < head)
		return IL_E_FIELD;
	if (b->type_len && buf[2] != b->type) {
		ch->seq++;
		return IL_E_FIELD;
	}
	*out = (struct spdm_span){ buf + head, app + 2 - head };
	return IL_OK;
}

enum il_err spdm_secured_open_at(struct spdm_channel *ch,
				 const struct crypto *c, const uint8_t *in,
				 size_t n, uint8_t *buf, size_t cap,
				 struct spdm_span *app)
{
	const size_t aad = aad_len(ch);
	uint8_t iv[SPDM_IV_LEN];
	size_t len;
	enum il_err err = frame(ch, in, n, &len);

	if (err)
		return err;
	if (!ch->live || ch->seq >= ch->limit)
		return IL_E_STATE;
	if (len > cap)
		return IL_E_SPACE;
	nonce(ch, iv);
	err = crypto_aead_open(c, ch->key, iv, in, aad, in + aad, len, buf,
			       in + aad + len, SPDM_SECURED_TAIL);
	bytes_wipe(iv, sizeof(iv));
	if (!err)
		err = app_data(ch, buf, len, app);
	if (!err)
		ch->seq++;
	return err;
}

enum il_err spdm_secured_open(struct spdm_channel *ch, const struct crypto *c,
			      const uint8_t *in, size_t n, uint8_t *out,
			      size_t cap, size_t *out_len)
{
	struct spdm_span app;
	enum il_err err = spdm_secured_open_at(ch, c, in, n, out, cap, &app);

	if (err)
		return err;
	memmove(out, app.p, app.n);
	*out_len = app.n;
	return IL_OK;
}

enum il_err spdm_secured_seal(struct spdm_channel *ch, const struct crypto *c,
			      uint32_t session_id, uint8_t *buf, size_t cap,
			      size_t app_len, size_t *total)
{
	const struct spdm_span none = { 0 };

	return spdm_secured_seal_two(ch, c, session_id, buf, cap, app_len, none,
				     total);
}

enum il_err spdm_secured_seal_two(struct spdm_channel *ch,
				  const struct crypto *c, uint32_t session_id,
				  uint8_t *buf, size_t cap, size_t app_len,
				  struct spdm_span rest, size_t *total)
{
	const size_t aad = aad_len(ch);
	const struct spdm_binding *b = spdm_channel_binding(ch);
	/* What is encrypted: the length, a type, the message. */
	const size_t plain = spdm_secured_head(ch) - aad + app_len;
	const size_t len = plain + SPDM_SECURED_TAIL;
	uint8_t iv[SPDM_IV_LEN];
	enum il_err err;

	if (len > UINT16_MAX || cap < app_len + spdm_secured_over(ch))
		return IL_E_SPACE;
	if (!ch->live || ch->seq >= ch->limit)
		return IL_E_STATE;
	put_u32le(buf, session_id);
	for (unsigned i = 0; i < b->seq_len; i++)
		buf[4 + i] = (uint8_t)(ch->seq >> (8 * i));
	put_u16le(buf + aad - 2, (uint16_t)len);
	put_u16le(buf + aad, (uint16_t)(plain - 2));
	if (b->type_len)
		buf[aad + 2] = b->type;
	nonce(ch, iv);
	if (rest.n) {
		const struct crypto_seal a = {
			.iv = iv,
			.aad = buf,
			.aad_len = aad,
			.front = buf + aad,
			.front_len = plain - rest.n,
			.rest = rest.p,
			.rest_len = rest.n,
			.out = buf + aad,
			.tag = buf + aad + plain,
			.tag_len = SPDM_SECURED_TAIL,
		};

		err = crypto_aead_seal_two(c, ch->key, &a);
	} else {
		err = crypto_aead_seal(c, ch->key, iv, buf, aad, buf + aad,
				       plain, buf + aad, buf + aad + plain,
				       SPDM_SECURED_TAIL);
	}
	bytes_wipe(iv, sizeof(iv));
	if (err)
		return err;
	ch->seq++;
	*total = app_len + spdm_secured_over(ch);
	return IL_OK;
}
