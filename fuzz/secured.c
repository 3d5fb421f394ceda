/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "crypto/fake.h"
#include "mctp/mctp.h"
#include "spdm/codec.h"
#include "spdm/secured.h"

#define CAP 320

struct wire {
	struct fake_crypto f;
	struct crypto c;
	struct spdm_channel tx, rx;
};

/* One record, whole or bent: only the whole one opens, and moves the count. */
static void record(struct wire *x, struct rd *in)
{
	uint8_t rec[CAP] = { 0 }, out[CAP];
	struct spdm_channel before;
	size_t n = rd_u8(in), len, got, at;
	const uint8_t *p;
	bool whole = true;
	uint8_t flip;

	p = rd_bytes(in, n);
	if (!p)
		return;
	memcpy(rec + spdm_secured_head(&x->tx), p, n);
	if (spdm_secured_seal(&x->tx, &x->c, 0x11223344, rec, sizeof(rec), n,
			      &len))
		return;
	must(len == n + spdm_secured_over(&x->tx));
	at = rd_u8(in) % len;
	flip = rd_u8(in);
	rec[at] ^= flip;
	if (flip && at >= 4)
		whole = false;
	before = x->rx;
	if (spdm_secured_open(&x->rx, &x->c, rec, len, out, sizeof(out),
			      &got)) {
		must(flip != 0);
		must(unchanged(&before, &x->rx, sizeof(before)));
		rec[at] ^= flip;
		must(spdm_secured_open(&x->rx, &x->c, rec, len, out,
				       sizeof(out), &got) == IL_OK);
		whole = true;
	}
	must(whole && got == n && memcmp(out, p, n) == 0);
	must(x->rx.seq == x->tx.seq);
}

/*
 * A record by somebody who has the key, says what he likes of its length and
 * type, and puts bytes behind it: MCTP takes up to 32 of them, DOE none.
 */
static void made(struct wire *x, struct rd *in)
{
	const bool mctp = x->rx.binding == &mctp_binding;
	const uint8_t app = rd_u8(in), type = rd_u8(in), extra = rd_u8(in);
	const bool spdm = !mctp || (app && type == MCTP_SPDM);
	const bool fits = extra <= (mctp ? SPDM_RANDOM_MAX : 0);
	const size_t aad = mctp ? 8 : 6, plain = 2u + app + extra;
	uint8_t rec[600] = { 0 }, out[600], iv[SPDM_IV_LEN];
	struct wr w = wr_over(rec, sizeof(rec));
	const uint64_t seq = x->rx.seq;
	size_t got;
	enum il_err err;

	if (seq >= x->rx.limit)
		return;
	memcpy(iv, x->rx.iv, sizeof(iv));
	iv[0] ^= (uint8_t)seq;
	wr_u32le(&w, 1);
	if (mctp)
		wr_u16le(&w, (uint16_t)seq);
	wr_u16le(&w, (uint16_t)(plain + SPDM_SECURED_TAIL));
	wr_u16le(&w, app);
	wr_u8(&w, type);
	must(crypto_aead_seal(&x->c, x->rx.key, iv, rec, aad, rec + aad, plain,
			      rec + aad, rec + aad + plain,
			      SPDM_SECURED_TAIL) == IL_OK);
	err = spdm_secured_open(&x->rx, &x->c, rec,
				aad + plain + SPDM_SECURED_TAIL, out,
				sizeof(out), &got);
	must((err == IL_OK) == (spdm && fits));
	if (!err)
		must(got == app - (mctp ? 1u : 0u));
	/* One of another type uses its number up as well. */
	must(x->rx.seq == seq + (!err || (mctp && app && fits)));
	x->tx.seq = x->rx.seq;
}

/* First bytes that nobody sealed, then records. */
static void run(const uint8_t *data, size_t len, bool mctp)
{
	static struct wire x;
	const struct spdm_keys k = { .version = SPDM_V12,
				     .hash = SPDM_HASH_SHA_384,
				     .hash_len = 48 };
	const uint8_t secret[SPDM_HASH_MAX] = { 9 };
	struct rd in = rd_over(data, len);
	size_t n = rd_u8(&in), got;
	const uint8_t *p = rd_bytes(&in, n);
	uint8_t out[CAP];

	fake_init(&x.f, 1);
	x.c = fake_crypto(&x.f);
	memset(&x.tx, 0, sizeof(x.tx));
	memset(&x.rx, 0, sizeof(x.rx));
	must(spdm_channel_open(&x.tx, &x.c, &k, secret, 6) == IL_OK);
	must(spdm_channel_open(&x.rx, &x.c, &k, secret, 6) == IL_OK);
	if (mctp)
		x.tx.binding = x.rx.binding = &mctp_binding;
	if (p)
		must(spdm_secured_open(&x.rx, &x.c, p, n, out, sizeof(out),
				       &got) != IL_OK);
	while (rd_left(&in))
		if (rd_left(&in) == 4)
			made(&x, &in);
		else
			record(&x, &in);
	must(x.tx.seq <= 6);
	spdm_channel_close(&x.tx, &x.c);
	spdm_channel_close(&x.rx, &x.c);
	must(fake_live(&x.f) == 0);
}

/* Under the framing of DOE, and under that of MCTP. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	run(data, len, false);
	run(data, len, true);
	return 0;
}
