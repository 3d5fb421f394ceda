/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "base/bits.h"

struct sample s;
uint8_t blob[512];

struct spdm_span span(size_t n)
{
	return (struct spdm_span){ blob, n };
}

void encode(void)
{
	struct wr w = wr_over(s.p, sizeof(s.p));

	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)(0x30 + i);
	assert_int_equal(spdm_msg_encode(&w, &s.m), IL_OK);
	s.n = w.len;
	assert_non_null(fields_message(s.p, s.n));
	assert_int_equal(fields_of(s.p, s.n, &s.sh, s.f, COUNT(s.f), &s.fields),
			 IL_OK);
}

void covered(void)
{
	uint8_t bits[MSG_MAX] = { 0 };
	uint32_t at = 0;

	for (size_t i = 0; i < s.fields; i++) {
		const struct field *f = &s.f[i];

		assert_true(f->off >= at && (!f->mask || f->len == 1));
		at = f->off;
		for (uint32_t k = 0; k < f->len; k++) {
			uint8_t mask = f->mask ? f->mask : 0xff;

			assert_int_equal(bits[f->off + k] & mask, 0);
			bits[f->off + k] |= mask;
		}
	}
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(bits[i], 0xff);
}

static bool decodes_alike(const uint8_t *p)
{
	struct spdm_msg a, b;
	static uint8_t q[MSG_MAX];

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	memcpy(q, s.p, s.n);
	assert_int_equal(spdm_msg_decode(q, s.n, &s.sh, &a), IL_OK);
	memcpy(q, p, s.n);
	return !spdm_msg_decode(q, s.n, &s.sh, &b) &&
	       memcmp(&a, &b, sizeof(a)) == 0;
}

void reserved_is_what_is_ignored(void)
{
	for (size_t i = 0; i < s.fields; i++) {
		const struct field *f = &s.f[i];
		uint8_t p[MSG_MAX];

		if (f->kind == FIELD_BYTES || f->kind == FIELD_PROOF || !f->len)
			continue;
		memcpy(p, s.p, s.n);
		p[f->off + f->len - 1] ^= f->mask ? f->mask : 0xff;
		if (f->kind == FIELD_NUMBER && decodes_alike(p))
			fail_msg("%s %s.%u is read by nobody",
				 fields_message(s.p, s.n), f->name, f->nth);
	}
}

void check(void)
{
	encode();
	covered();
	reserved_is_what_is_ignored();
}

void start(uint8_t code)
{
	memset(&s, 0, sizeof(s));
	s.m.version = SPDM_V12;
	s.m.code = code;
	s.sh.hash_len = 48;
	s.sh.sig_len = 96;
	s.sh.req_sig_len = 96;
	s.sh.dhe_len = 96;
}
