/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "pair.h"

#include "crypto/ossl.h"

/*
 * Key and first IV: PCIe Base 6.x Appendix L, the worked example of IDE.
 * Headers: packets of others (test/tlp/vectors.h). Ciphertext and MAC: Python's
 * `cryptography` 48, AES-256-GCM cut to 96 bits, over prefix and header as
 * written here. The example's own packets are not publicly available.
 */
static const uint8_t appendix_l[IDE_KEY_LEN] = {
	0xdf, 0x25, 0x41, 0x52, 0x05, 0x6e, 0x02, 0xe0, 0xef, 0x8b, 0x7f,
	0xeb, 0x97, 0x39, 0xd4, 0xd9, 0x6a, 0x4e, 0xb8, 0x01, 0x03, 0x24,
	0x1d, 0xf7, 0xcd, 0x5e, 0x24, 0xb4, 0x9c, 0xcd, 0x27, 0x20
};

static const char *const on_link[] = {
	/* Two writes of 16 bytes, counting up from 0, at 0x1d1fd0000. */
	"9200010560000004010000ff00000001d1fd0000"
	"4d92f890a4421e8e6ac2d565b7886648"
	"a414a3d6af5a6274a822f8cc",
	"9200010560000004010000ff00000001d1fd0010"
	"524763116161198cdee7147f3cabc8de"
	"6aa39adf29976cc1c41c26a4",
	/* A read; PR_Sent_Counter 2. */
	"920201150000000101000c0ffdaff040"
	"498f2187891d3e4c9279c039",
	/* A completion with 12345678; PR_Sent_Counter 2. */
	"920201254a0000010100000400000c40"
	"5fa7aceb"
	"7af90f24bb5fb7bcaa33a33c",
};

static size_t unhex(const char *s, uint8_t *out)
{
	size_t n = 0;

	for (; s[0] && s[1]; s += 2) {
		unsigned v;

		assert_int_equal(sscanf(s, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

struct rig {
	struct ossl *ossl;
	struct crypto crypto;
	struct fake_env fenv;
	struct env env;
	struct ide_port port;
};

/* A port whose keys of @dir and @cls are the example's, the rest others. */
static void rig_init(struct rig *r, enum ide_dir dir, unsigned cls, bool root)
{
	const struct ossl_cfg seeded = { .seeded = true, .seed = 1 };
	const struct ide_stream_cfg on = {
		.enable = true, .is_default = true, .id = 1, .rid_valid = true
	};
	struct ide_cfg cfg = {
		.crypto = &r->crypto, .env = &r->env, .root = root, .streams = 1
	};
	uint8_t key[IDE_KEY_LEN] = { 0 };

	memset(r, 0, sizeof(*r));
	assert_int_equal(ossl_new(&seeded, &r->ossl), IL_OK);
	r->crypto = ossl_crypto(r->ossl);
	r->env = fake_env(&r->fenv);
	assert_int_equal(ide_init(&r->port, &cfg), IL_OK);
	assert_int_equal(ide_stream_set(&r->port, 0, &on), IL_OK);
	for (unsigned i = 0; i < KEYS_A_SET; i++) {
		bool ours = i == dir * TLP_CLASSES + cls;

		key[0] = (uint8_t)i;
		assert_int_equal(ide_key_set(&r->port, 1, 0,
					     (enum ide_dir)(i / 3), i % 3,
					     ours ? appendix_l : key, 1),
				 IL_OK);
	}
	for (unsigned i = 0; i < KEYS_A_SET; i++)
		assert_int_equal(ide_key_go(&r->port, 1, 0,
					    (enum ide_dir)(i / 3), i % 3),
				 IL_OK);
	assert_int_equal(ide_state(&r->port, 0), IDE_SECURE);
}

static void rig_fini(struct rig *r)
{
	ide_fini(&r->port);
	assert_int_equal(ossl_live(r->ossl), 0);
	ossl_free(r->ossl);
}

/* The packets that on_link[] protects. */
static struct tlp inside(unsigned i, uint8_t data[16])
{
	static const struct tlp in[] = {
		{ .type = TLP_MWR,
		  .requester = 0x0100,
		  .addr = 0x1d1fd0000,
		  .len_dw = 4,
		  .first_be = 0xf,
		  .last_be = 0xf },
		{ .type = TLP_MWR,
		  .requester = 0x0100,
		  .addr = 0x1d1fd0010,
		  .len_dw = 4,
		  .first_be = 0xf,
		  .last_be = 0xf },
		{ .type = TLP_MRD,
		  .requester = 0x0100,
		  .tag = 0x0c,
		  .addr = 0xfdaff040,
		  .len_dw = 1,
		  .first_be = 0xf },
		{ .type = TLP_CPLD,
		  .completer = 0x0100,
		  .tag = 0x0c,
		  .len_dw = 1,
		  .byte_count = 4,
		  .lower_addr = 0x40 },
	};
	static const uint8_t word[] = { 0x12, 0x34, 0x56, 0x78 };
	struct tlp t = in[i];

	for (unsigned j = 0; j < 16; j++)
		data[j] = (uint8_t)(16 * i + j);
	if (i == 3)
		memcpy(data, word, sizeof(word));
	t.data = tlp_has_data(t.type) ? data : NULL;
	t.prefix.t = true;
	return t;
}

static const unsigned class_of[] = { 0, 0, 1, 2 };

static void protecting_gives_the_bytes_of_another_implementation(void **unused)
{
	(void)unused;
	static struct rig r;

	for (unsigned i = 0; i < COUNT(on_link); i++) {
		uint8_t data[16];
		uint8_t want[64];
		uint8_t buf[64];
		size_t n = unhex(on_link[i], want);
		struct wr w = wr_over(buf, sizeof(buf));
		struct tlp t = inside(i, data);

		/* The second write goes on where the first left the counter. */
		if (i != 1)
			rig_init(&r, IDE_TX, class_of[i], false);
		r.port.stream[0].pr_sent[0] = 2;
		r.port.stream[0].pr_sent[1] = 2;
		assert_int_equal(ide_protect(&r.port, 0, &t, &w), IL_OK);
		assert_int_equal(w.len, n);
		assert_memory_equal(buf, want, n);
		if (i != 0)
			rig_fini(&r);
	}
}

static void
unprotecting_the_bytes_of_another_implementation_works(void **unused)
{
	(void)unused;
	static struct rig r;
	static uint8_t scratch[TLP_LIMIT_DATA];

	for (unsigned i = 0; i < COUNT(on_link); i++) {
		uint8_t data[16];
		uint8_t buf[64];
		size_t n = unhex(on_link[i], buf);
		struct tlp want = inside(i, data);
		struct tlp t;
		struct fault f = { 0 };

		if (i != 1)
			rig_init(&r, IDE_RX, class_of[i], true);
		r.port.stream[0].pr_received[0] = 2;
		r.port.stream[0].pr_received[1] = 2;
		assert_int_equal(ide_unprotect(&r.port, buf, n, scratch,
					       sizeof(scratch), &t, &f),
				 IL_OK);
		assert_int_equal(t.type, want.type);
		assert_int_equal(t.addr, want.addr);
		assert_true(t.prefix.t);
		if (want.data)
			assert_memory_equal(t.data, data, 4u * t.len_dw);
		if (i != 0)
			rig_fini(&r);
	}
}

static void a_changed_byte_of_theirs_fails(void **unused)
{
	(void)unused;
	static struct rig r;
	static uint8_t scratch[TLP_LIMIT_DATA];
	uint8_t buf[64];
	size_t n = unhex(on_link[0], buf);

	for (size_t i = 4; i < n; i++) {
		struct tlp t;
		struct fault f = { 0 };

		rig_init(&r, IDE_RX, TLP_POSTED, true);
		buf[i] ^= 0x10;
		assert_int_equal(ide_unprotect(&r.port, buf, n, scratch,
					       sizeof(scratch), &t, &f),
				 IL_E_AUTH);
		buf[i] ^= 0x10;
		rig_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			protecting_gives_the_bytes_of_another_implementation),
		cmocka_unit_test(
			unprotecting_the_bytes_of_another_implementation_works),
		cmocka_unit_test(a_changed_byte_of_theirs_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
