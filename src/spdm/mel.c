/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/mel.h"

#include "spdm/codec_priv.h"

enum il_err spdm_mel_entries(struct spdm_span log, struct rd *r,
			     uint32_t *count)
{
	struct rd all = rd_over(log.p, log.n);
	const uint32_t n = rd_u32le(&all);
	const uint32_t len = rd_u32le(&all);

	rd_skip(&all, 8); /* reserved */
	if (all.err)
		return all.err;
	if (len != rd_left(&all))
		return len > rd_left(&all) ? IL_E_SHORT : IL_E_LONG;
	*r = all;
	*count = n;
	return IL_OK;
}

enum il_err spdm_mel_next(struct rd *r, struct spdm_mel_entry *out)
{
	const uint8_t *start = r->p;
	struct spdm_mel_entry e;

	e.index = rd_u32le(r);
	e.meas = rd_u8(r);
	rd_skip(r, 3);
	e.type = rd_u8(r);

	const uint16_t n = rd_u16le(r);

	e.value = rd_span(r, n);
	if (r->err)
		return r->err;
	e.whole = (struct spdm_span){ start, (size_t)(r->p - start) };
	*out = e;
	return IL_OK;
}

enum il_err spdm_mel_good(struct spdm_span log)
{
	struct spdm_mel_entry e = { 0 };
	struct rd r;
	uint32_t n;
	enum il_err err = spdm_mel_entries(log, &r, &n);

	if (err)
		return err;
	for (uint32_t last = 0; rd_left(&r); last = e.index, n--) {
		err = spdm_mel_next(&r, &e);
		if (err)
			return err;
		if (!n || e.index <= last)
			return IL_E_FIELD;
	}
	return n ? IL_E_FIELD : IL_OK;
}

void spdm_mel_begin(struct wr *w)
{
	wr_zero(w, SPDM_MEL_HEAD);
}

void spdm_mel_add(struct wr *w, const struct spdm_mel_entry *e)
{
	wr_u32le(w, e->index);
	wr_u8(w, e->meas);
	wr_zero(w, 3);
	wr_u8(w, e->type);
	wr_len(w, e->value.n, 2);
	wr_span(w, e->value);
}

enum il_err spdm_mel_end(struct wr *w, uint32_t count)
{
	if (w->err)
		return w->err;
	if (w->len - SPDM_MEL_HEAD > UINT32_MAX)
		return IL_E_LONG;
	put_u32le(w->p, count);
	put_u32le(w->p + 4, (uint32_t)(w->len - SPDM_MEL_HEAD));
	return IL_OK;
}

enum il_err spdm_mel_extend(const struct crypto *c, enum crypto_hash_alg alg,
			    struct spdm_span log, uint8_t meas, uint8_t *out)
{
	const size_t n = crypto_hash_len(alg);
	uint8_t digest[CRYPTO_HASH_MAX] = { 0 };
	uint8_t next[CRYPTO_HASH_MAX];
	struct rd r = rd_over(NULL, 0);
	uint32_t count;
	enum il_err err = spdm_mel_good(log);

	if (!err)
		err = spdm_mel_entries(log, &r, &count);
	if (!err && !n)
		err = IL_E_ARG;
	while (!err && rd_left(&r)) {
		struct spdm_mel_entry e;

		err = spdm_mel_next(&r, &e);
		if (err || e.meas != meas)
			continue;

		const struct crypto_span parts[2] = {
			{ digest, n }, { e.whole.p, e.whole.n }
		};

		err = crypto_hash_parts(c, alg, parts, 2, next);
		if (!err)
			memcpy(digest, next, n);
	}
	if (!err)
		memcpy(out, digest, n);
	return err;
}
