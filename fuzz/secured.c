/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "crypto/fake.h"
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
	memcpy(rec + SPDM_SECURED_HEAD, p, n);
	if (spdm_secured_seal(&x->tx, &x->c, 0x11223344, rec, sizeof(rec), n,
			      &len))
		return;
	must(len == n + SPDM_SECURED_OVER);
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

/* First bytes that nobody sealed, then records. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
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
	if (p)
		must(spdm_secured_open(&x.rx, &x.c, p, n, out, sizeof(out),
				       &got) != IL_OK);
	while (rd_left(&in))
		record(&x, &in);
	must(x.tx.seq <= 6);
	spdm_channel_close(&x.tx, &x.c);
	spdm_channel_close(&x.rx, &x.c);
	must(fake_live(&x.f) == 0);
	return 0;
}
