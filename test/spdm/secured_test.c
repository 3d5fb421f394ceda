/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "maker.h"
#include "mctp/mctp.h"
#include "spdm/secured.h"

/* One direction of a session, both ends of it. */
struct wire {
	struct maker maker;
	struct crypto c; /* the maker's */
	struct spdm_channel tx;
	struct spdm_channel rx;
	uint8_t rec[128];
	size_t len;
	uint8_t out[128];
	size_t out_len;
};

static void open_wire(struct wire *w, uint64_t limit)
{
	const struct spdm_keys k = { .version = SPDM_V12,
				     .hash = SPDM_HASH_SHA_384,
				     .hash_len = 48 };
	const uint8_t secret[SPDM_HASH_MAX] = { 9 };

	memset(w, 0, sizeof(*w));
	maker_open(&w->maker, CRYPTO_P256);
	w->c = w->maker.c;
	assert_int_equal(spdm_channel_open(&w->tx, &w->c, &k, secret, limit),
			 IL_OK);
	assert_int_equal(spdm_channel_open(&w->rx, &w->c, &k, secret, limit),
			 IL_OK);
}

static void close_wire(struct wire *w)
{
	static const struct spdm_channel none;

	spdm_channel_close(&w->tx, &w->c);
	spdm_channel_close(&w->rx, &w->c);
	spdm_channel_close(&w->rx, &w->c); /* harmless */
	assert_memory_equal(&w->rx, &none, sizeof(none));
	maker_close(&w->maker);
}

static enum il_err seal(struct wire *w, size_t n, size_t cap)
{
	for (size_t i = 0; i < n && i < 100; i++)
		w->rec[SPDM_SECURED_HEAD + i] = (uint8_t)i;
	return spdm_secured_seal(&w->tx, &w->c, 0x12345678, w->rec, cap, n,
				 &w->len);
}

static enum il_err unseal(struct wire *w, size_t n, size_t cap)
{
	return spdm_secured_open(&w->rx, &w->c, w->rec, n, w->out, cap,
				 &w->out_len);
}

static void what_is_sealed_opens_once_and_in_order(void **unused)
{
	(void)unused;
	struct wire w;
	uint8_t first[128];

	open_wire(&w, 100);
	for (size_t n = 0; n < 60; n++) {
		assert_int_equal(seal(&w, n, sizeof(w.rec)), IL_OK);
		assert_int_equal(w.len, n + SPDM_SECURED_OVER);
		/* Session id, length, both little-endian. */
		assert_memory_equal(w.rec, "\x78\x56\x34\x12", 4);
		assert_int_equal(w.rec[4], n + 18);
		if (n == 0)
			memcpy(first, w.rec, sizeof(first));
		assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_OK);
		assert_int_equal(w.out_len, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(w.out[i], i);
		assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_E_AUTH);
		assert_int_equal(w.rx.seq, n + 1);
	}
	memcpy(w.rec, first, sizeof(first));
	assert_int_equal(unseal(&w, SPDM_SECURED_OVER, sizeof(w.out)),
			 IL_E_AUTH);
	close_wire(&w);
}

static void a_message_in_two_places_is_the_same_record(void **unused)
{
	(void)unused;
	const size_t n = 60;
	uint8_t whole[128], text[60];
	size_t len;
	struct wire w;

	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)i;
	for (size_t cut = 0; cut <= n; cut++) {
		const struct spdm_span rest = { text + cut, n - cut };

		open_wire(&w, 100);
		assert_int_equal(seal(&w, n, sizeof(w.rec)), IL_OK);
		memcpy(whole, w.rec, w.len);
		len = w.len;
		w.tx.seq = 0;
		memset(w.rec, 0x77, sizeof(w.rec));
		memcpy(w.rec + SPDM_SECURED_HEAD, text, cut);
		assert_int_equal(spdm_secured_seal_two(&w.tx, &w.c, 0x12345678,
						       w.rec, sizeof(w.rec), n,
						       rest, &w.len),
				 IL_OK);
		assert_int_equal(w.len, len);
		assert_memory_equal(w.rec, whole, len);
		assert_int_equal(w.rec[len], 0x77);
		close_wire(&w);
	}
}

static void each_bit_of_a_record_counts(void **unused)
{
	(void)unused;
	struct wire w;

	open_wire(&w, 100);
	assert_int_equal(seal(&w, 5, sizeof(w.rec)), IL_OK);
	for (size_t bit = 0; bit < 8 * w.len; bit++) {
		enum il_err err;

		w.rec[bit / 8] ^= (uint8_t)(1 << bit % 8);
		err = unseal(&w, w.len, sizeof(w.out));
		w.rec[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (bit / 8 == 4 || bit / 8 == 5) /* the length */
			assert_int_not_equal(err, IL_OK);
		else
			assert_int_equal(err, IL_E_AUTH);
		assert_int_equal(w.rx.seq, 0);
	}
	assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_OK);
	close_wire(&w);
}

static void each_wrong_length_of_a_record_is_refused(void **unused)
{
	(void)unused;
	struct wire w;

	open_wire(&w, 100);
	assert_int_equal(seal(&w, 5, sizeof(w.rec)), IL_OK); /* 29 bytes */
	memset(w.rec + w.len, 0, sizeof(w.rec) - w.len);
	for (size_t n = 0; n < w.len; n++)
		assert_int_equal(unseal(&w, n, sizeof(w.out)), IL_E_SHORT);
	for (size_t n = w.len + 1; n < 50; n++)
		if (n != 32)
			assert_int_equal(unseal(&w, n, sizeof(w.out)),
					 IL_E_LONG);
	for (size_t at = w.len; at < 32; at++) {
		w.rec[at] = 1; /* padding is zero */
		assert_int_equal(unseal(&w, 32, sizeof(w.out)), IL_E_LONG);
		w.rec[at] = 0;
	}
	assert_int_equal(w.rx.seq, 0);
	assert_int_equal(unseal(&w, 32, sizeof(w.out)), IL_OK);
	/* A Length that cannot hold a tag and the inner length. */
	for (uint8_t len = 0; len < 18; len++) {
		w.rec[4] = len;
		assert_int_equal(unseal(&w, 6 + (size_t)len, sizeof(w.out)),
				 IL_E_FIELD);
	}
	close_wire(&w);
}

static void random_bytes_inside_are_refused(void **unused)
{
	(void)unused;
	struct wire w;
	uint8_t iv[SPDM_IV_LEN];

	open_wire(&w, 100);
	/* By hand: 3 bytes of application data, 2 of something else. */
	memcpy(iv, w.tx.iv, sizeof(iv));
	memcpy(w.rec, "\x78\x56\x34\x12\x17\x00\x03\x00\x01\x02\x03\x04\x05",
	       13);
	assert_int_equal(crypto_aead_seal(&w.c, w.tx.key, iv, w.rec, 6,
					  w.rec + 6, 7, w.rec + 6, w.rec + 13,
					  16),
			 IL_OK);
	assert_int_equal(unseal(&w, 29, sizeof(w.out)), IL_E_FIELD);
	assert_int_equal(w.rx.seq, 0);
	close_wire(&w);
}

static void the_last_number_is_never_used(void **unused)
{
	(void)unused;
	struct wire w;

	open_wire(&w, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(seal(&w, 1, sizeof(w.rec)), IL_OK);
		assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_OK);
	}
	assert_int_equal(seal(&w, 1, sizeof(w.rec)), IL_E_STATE);
	assert_int_equal(w.tx.seq, 2);
	/* A peer that goes on nevertheless is not heard. */
	w.tx.limit = 3;
	assert_int_equal(seal(&w, 1, sizeof(w.rec)), IL_OK);
	assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_E_STATE);
	assert_int_equal(w.rx.seq, 2);
	close_wire(&w);
}

static void a_closed_channel_does_nothing(void **unused)
{
	(void)unused;
	struct wire w;

	open_wire(&w, 100);
	assert_int_equal(seal(&w, 1, sizeof(w.rec)), IL_OK);
	spdm_channel_close(&w.tx, &w.c);
	spdm_channel_close(&w.rx, &w.c);
	assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_E_STATE);
	assert_int_equal(seal(&w, 1, sizeof(w.rec)), IL_E_STATE);
	close_wire(&w);
}

static void buffers_too_small_are_said(void **unused)
{
	(void)unused;
	struct wire w;
	static uint8_t big[70000];
	size_t len;

	open_wire(&w, 100);
	for (size_t cap = 0; cap < 5 + SPDM_SECURED_OVER; cap++)
		assert_int_equal(seal(&w, 5, cap), IL_E_SPACE);
	assert_int_equal(w.tx.seq, 0);
	assert_int_equal(spdm_secured_seal(&w.tx, &w.c, 1, big, sizeof(big),
					   65536 - 18, &len),
			 IL_E_SPACE);
	assert_int_equal(spdm_secured_seal(&w.tx, &w.c, 1, big, sizeof(big),
					   65535 - 18, &len),
			 IL_OK);
	w.tx.seq = 0;
	assert_int_equal(seal(&w, 5, sizeof(w.rec)), IL_OK);
	for (size_t cap = 0; cap < 7; cap++)
		assert_int_equal(unseal(&w, w.len, cap), IL_E_SPACE);
	assert_int_equal(unseal(&w, w.len, 7), IL_OK);
	close_wire(&w);
}

/* Each cipher carries records, and none opens another's. */
static void each_cipher_seals_and_opens_its_own(void **unused)
{
	static const uint16_t suites[] = { SPDM_AEAD_AES_128_GCM,
					   SPDM_AEAD_AES_256_GCM,
					   SPDM_AEAD_CHACHA20_POLY1305 };
	const uint8_t secret[SPDM_HASH_MAX] = { 9 };
	struct spdm_keys k = { .version = SPDM_V13,
			       .hash = SPDM_HASH_SHA_384,
			       .hash_len = 48 };
	struct wire w;

	(void)unused;
	for (unsigned i = 0; i < 9; i++) {
		open_wire(&w, 4);
		k.aead = suites[i / 3];
		assert_int_equal(spdm_channel_open(&w.tx, &w.c, &k, secret, 4),
				 IL_OK);
		k.aead = suites[i % 3];
		assert_int_equal(spdm_channel_open(&w.rx, &w.c, &k, secret, 4),
				 IL_OK);
		assert_int_equal(seal(&w, 20, sizeof(w.rec)), IL_OK);
		assert_int_equal(unseal(&w, w.len, sizeof(w.out)),
				 i / 3 == i % 3 ? IL_OK : IL_E_AUTH);
		close_wire(&w);
	}
	k.aead = BIT(3); /* SM4, which is not ours */
	open_wire(&w, 4);
	assert_int_equal(spdm_channel_open(&w.tx, &w.c, &k, secret, 4),
			 IL_E_ARG);
	close_wire(&w);
}

static void seal_mctp(struct wire *w, size_t n)
{
	w->tx.binding = w->rx.binding = &mctp_binding;
	for (size_t i = 0; i < n; i++)
		w->rec[11 + i] = (uint8_t)i;
	assert_int_equal(spdm_secured_seal(&w->tx, &w->c, 0x12345678, w->rec,
					   sizeof(w->rec), n, &w->len),
			 IL_OK);
}

static void a_record_over_mctp_says_its_number(void **unused)
{
	(void)unused;
	struct wire w;

	open_wire(&w, UINT64_MAX);
	w.tx.seq = w.rx.seq = 0x1fffe;
	for (unsigned i = 0; i < 4; i++) {
		seal_mctp(&w, 5);
		assert_int_equal(w.len, 4 + 2 + 2 + 2 + 1 + 5 + 16);
		/* Session id; low 16 bits of the number; length. */
		assert_memory_equal(w.rec, "\x78\x56\x34\x12", 4);
		assert_int_equal(w.rec[4] | w.rec[5] << 8,
				 (0xfffe + i) & 0xffff);
		assert_int_equal(w.rec[6] | w.rec[7] << 8, 2 + 1 + 5 + 16);
		w.rec[4] ^= 1;
		assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_E_FIELD);
		w.rec[4] ^= 1;
		assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_OK);
		assert_int_equal(w.out_len, 5);
		assert_memory_equal(w.out, "\0\1\2\3\4", 5);
		assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_E_FIELD);
	}
	close_wire(&w);
}

/* By hand: @app bytes, type first, and @extra that are random. */
static void forge_mctp(struct wire *w, uint8_t type, size_t app, size_t extra)
{
	const size_t plain = 2 + app + extra;

	memset(w->rec, 0x5a, sizeof(w->rec));
	memcpy(w->rec, "\x78\x56\x34\x12", 4);
	w->rec[4] = (uint8_t)w->tx.seq;
	w->rec[5] = 0;
	w->rec[6] = (uint8_t)(plain + 16);
	w->rec[7] = 0;
	w->rec[8] = (uint8_t)app;
	w->rec[9] = 0;
	w->rec[10] = type;

	uint8_t iv[SPDM_IV_LEN];

	memcpy(iv, w->tx.iv, sizeof(iv));
	iv[0] ^= (uint8_t)w->tx.seq;
	assert_int_equal(crypto_aead_seal(&w->c, w->tx.key, iv, w->rec, 8,
					  w->rec + 8, plain, w->rec + 8,
					  w->rec + 8 + plain, 16),
			 IL_OK);
	w->len = 8 + plain + 16;
}

static void up_to_32_random_bytes_are_taken_over_mctp(void **unused)
{
	(void)unused;
	struct wire w;

	open_wire(&w, UINT64_MAX);
	w.tx.binding = w.rx.binding = &mctp_binding;
	for (size_t extra = 0; extra < 36; extra++) {
		forge_mctp(&w, 5, 1 + 7, extra);
		assert_int_equal(unseal(&w, w.len, sizeof(w.out)),
				 extra <= 32 ? IL_OK : IL_E_FIELD);
		if (extra > 32)
			continue;
		assert_int_equal(w.out_len, 7);
		w.tx.seq++;
	}
	assert_int_equal(w.rx.seq, 33);
	/* Padding, as DOE has it, is none of it. */
	forge_mctp(&w, 5, 1 + 8, 0);
	for (size_t more = 1; more < 5; more++) {
		memset(w.rec + w.len, 0, 4);
		assert_int_equal(unseal(&w, w.len + more, sizeof(w.out)),
				 IL_E_LONG);
	}
	close_wire(&w);
}

static void a_message_of_another_mctp_type_uses_up_its_number(void **unused)
{
	(void)unused;
	struct wire w;

	open_wire(&w, UINT64_MAX);
	w.tx.binding = w.rx.binding = &mctp_binding;
	forge_mctp(&w, 1, 4, 0); /* PLDM */
	assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_E_FIELD);
	assert_int_equal(w.rx.seq, 1);
	w.tx.seq = 1;
	forge_mctp(&w, 5, 0, 0); /* not even a type */
	assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_E_FIELD);
	assert_int_equal(w.rx.seq, 1);
	seal_mctp(&w, 3);
	assert_int_equal(unseal(&w, w.len, sizeof(w.out)), IL_OK);
	close_wire(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_once_and_in_order),
		cmocka_unit_test(a_message_in_two_places_is_the_same_record),
		cmocka_unit_test(each_bit_of_a_record_counts),
		cmocka_unit_test(a_record_over_mctp_says_its_number),
		cmocka_unit_test(up_to_32_random_bytes_are_taken_over_mctp),
		cmocka_unit_test(
			a_message_of_another_mctp_type_uses_up_its_number),
		cmocka_unit_test(each_wrong_length_of_a_record_is_refused),
		cmocka_unit_test(random_bytes_inside_are_refused),
		cmocka_unit_test(the_last_number_is_never_used),
		cmocka_unit_test(a_closed_channel_does_nothing),
		cmocka_unit_test(buffers_too_small_are_said),
		cmocka_unit_test(each_cipher_seals_and_opens_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
