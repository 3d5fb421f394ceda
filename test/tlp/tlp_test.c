/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "tlp/tlp.h"
#include "tlp_cases.h"
#include "vectors.h"

static uint8_t payload[TLP_LIMIT_DATA];

static size_t vector_bytes(const struct tlp_vector *v, uint8_t *buf, size_t cap)
{
	struct wr w = wr_over(buf, cap);

	for (unsigned i = 0; i < v->hdr_dw; i++)
		wr_u32be(&w, v->dw[i]);
	for (unsigned i = 0; tlp_has_data(v->want.type) && i < v->want.len_dw;
	     i++)
		wr_u32be(&w, v->hdr_dw + i < COUNT(v->dw) ? v->dw[v->hdr_dw + i]
							  : i);
	assert_int_equal(w.err, IL_OK);
	return w.len;
}

static void assert_same(const struct tlp *a, const struct tlp *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->tc, b->tc);
	assert_int_equal(a->attr, b->attr);
	assert_int_equal(a->at, b->at);
	assert_int_equal(a->poisoned, b->poisoned);
	assert_int_equal(a->len_dw, b->len_dw);
	assert_int_equal(a->requester, b->requester);
	assert_int_equal(a->tag, b->tag);
	assert_int_equal(a->addr, b->addr);
	assert_int_equal(a->first_be, b->first_be);
	assert_int_equal(a->last_be, b->last_be);
	assert_int_equal(a->dest, b->dest);
	assert_int_equal(a->reg, b->reg);
	assert_int_equal(a->completer, b->completer);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->byte_count, b->byte_count);
	assert_int_equal(a->lower_addr, b->lower_addr);
	assert_int_equal(a->msg_code, b->msg_code);
	assert_int_equal(a->msg_route, b->msg_route);
	assert_int_equal(a->msg_hdr, b->msg_hdr);
	assert_int_equal(a->ide, b->ide);
	assert_int_equal(a->prefix.m, b->prefix.m);
	assert_int_equal(a->prefix.k, b->prefix.k);
	assert_int_equal(a->prefix.t, b->prefix.t);
	assert_int_equal(a->prefix.sub, b->prefix.sub);
	assert_int_equal(a->prefix.stream, b->prefix.stream);
	assert_int_equal(a->prefix.pr_sent, b->prefix.pr_sent);
	if (tlp_has_data(a->type))
		assert_memory_equal(a->data, b->data, 4u * a->len_dw);
}

static void packets_of_others_decode_to_what_they_say(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(tlp_vectors); i++) {
		const struct tlp_vector *v = &tlp_vectors[i];
		struct tlp want = v->want;
		uint8_t buf[TLP_MAX_BYTES];
		size_t n = vector_bytes(v, buf, sizeof(buf));
		struct rd r = rd_over(buf, n);
		struct tlp t;

		want.data = buf + 4u * v->hdr_dw;
		assert_int_equal(tlp_decode(&r, &t), IL_OK);
		assert_same(&t, &want);
		assert_null(t.mac);
	}
}

static void packets_of_others_encode_to_their_bytes(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(tlp_vectors); i++) {
		const struct tlp_vector *v = &tlp_vectors[i];
		uint8_t want[TLP_MAX_BYTES];
		uint8_t buf[TLP_MAX_BYTES];
		size_t n = vector_bytes(v, want, sizeof(want));
		struct wr w = wr_over(buf, sizeof(buf));
		struct tlp t = v->want;

		t.data = want + 4u * v->hdr_dw;
		assert_int_equal(tlp_encode(&w, &t), IL_OK);
		assert_int_equal(w.len, n);
		assert_memory_equal(buf, want, n);
	}
}

/* Rows from the figures of §2.2, one field at a time; see tlp_cases.h. */
static void every_field_stands_where_the_specification_puts_it(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(tlp_fields); i++) {
		const struct tlp_field *f = &tlp_fields[i];
		uint8_t buf[64] = { 0 };
		uint8_t want[64] = { 0 };
		struct wr w = wr_over(buf, sizeof(buf));
		struct wr x = wr_over(want, sizeof(want));
		struct tlp t = f->t;
		struct rd r;
		struct tlp back;

		t.data = payload;
		for (unsigned j = 0; j < f->n; j++)
			wr_u32be(&x, f->dw[j]);
		assert_int_equal(tlp_encode(&w, &t), IL_OK);
		assert_int_equal(w.len, x.len);
		assert_memory_equal(buf, want, x.len);

		r = rd_over(buf, w.len);
		assert_int_equal(tlp_decode(&r, &back), IL_OK);
		assert_same(&back, &t);
	}
}

static void every_wrong_length_is_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(tlp_fields); i++) {
		struct tlp t = tlp_fields[i].t;
		uint8_t buf[68] = { 0 };
		struct wr w = wr_over(buf, 64);
		struct tlp before;
		struct tlp out;

		memset(&before, 0x5a, sizeof(before));
		out = before;
		t.data = payload;
		assert_int_equal(tlp_encode(&w, &t), IL_OK);
		for (size_t n = 0; n < w.len; n++) {
			struct rd r = rd_over(buf, n);

			assert_int_equal(tlp_decode(&r, &out), IL_E_SHORT);
		}
		for (size_t n = w.len + 1; n <= w.len + 4; n++) {
			struct rd r = rd_over(buf, n);

			assert_int_equal(tlp_decode(&r, &out), IL_E_LONG);
		}
		assert_memory_equal(&out, &before, sizeof(out));
	}
}

static void an_output_too_small_is_refused_at_every_size(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(tlp_fields); i++) {
		struct tlp t = tlp_fields[i].t;
		uint8_t buf[64];
		size_t need = 4u * tlp_fields[i].n;

		t.data = payload;
		for (size_t cap = 0; cap < need; cap++) {
			struct wr w = wr_over(buf, cap);

			assert_int_equal(tlp_encode(&w, &t), IL_E_SPACE);
			assert_int_equal(w.len, need);
		}
	}
}

static void a_field_out_of_range_is_not_encoded(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(tlp_bad); i++) {
		struct tlp t = tlp_bad[i];
		uint8_t buf[TLP_MAX_BYTES];
		struct wr w = wr_over(buf, sizeof(buf));

		t.data = payload;
		if (tlp_encode(&w, &t) != IL_E_ARG)
			fail_msg("row %zu was encoded", i);
		assert_int_equal(w.len, 0);
		assert_int_equal(w.err, IL_OK);
	}
}

static void data_must_be_given_where_the_type_carries_it(void **unused)
{
	(void)unused;
	const struct tlp t = { .type = TLP_MWR, .len_dw = 1, .first_be = 0xf };
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof(buf));

	assert_int_equal(tlp_encode(&w, &t), IL_E_ARG);
	assert_int_equal(w.len, 0);
}

static void malformed_and_unsupported_packets_are_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(tlp_malformed); i++) {
		const struct tlp_words *m = &tlp_malformed[i];
		uint8_t buf[64];
		struct wr w = wr_over(buf, sizeof(buf));
		struct tlp before;
		struct tlp out;
		struct rd r;

		memset(&before, 0x5a, sizeof(before));
		out = before;
		for (unsigned j = 0; j < m->n; j++)
			wr_u32be(&w, m->dw[j]);
		r = rd_over(buf, w.len);
		if (tlp_decode(&r, &out) != IL_E_FIELD)
			fail_msg("row %zu (%s) was taken", i, m->what);
		assert_memory_equal(&out, &before, sizeof(out));
	}
}

static bool byte0_known(unsigned b)
{
	static const uint8_t known[] = { 0x00, 0x20, 0x40, 0x60, 0x04,
					 0x05, 0x44, 0x45, 0x0a, 0x4a };

	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i] == b)
			return true;
	/* Messages: Fmt 001b or 011b, Type 10rrr, routings 0 to 5. */
	return ((b & 0xf8) == 0x30 || (b & 0xf8) == 0x70) && (b & 7) <= 5;
}

/* Table 2-3: whatever is not one of our types is refused. */
static void every_other_fmt_and_type_is_refused(void **unused)
{
	(void)unused;
	for (unsigned b = 0; b < 256; b++) {
		const size_t hdr = b & 0x20 ? 16 : 12;
		uint8_t buf[20] = { 0 };
		struct rd r = rd_over(buf, hdr + (b & 0x40 ? 4 : 0));
		struct tlp t;

		buf[0] = (uint8_t)b;
		buf[3] = 1;
		if (b == 0x20 || b == 0x60)
			buf[11] = 1; /* an address above 4 GiB */
		if (b == 0x92)
			continue;
		assert_int_equal(tlp_decode(&r, &t),
				 byte0_known(b) ? IL_OK : IL_E_FIELD);
	}
}

static void reserved_bits_do_not_matter(void **unused)
{
	(void)unused;
	static const uint32_t rows[][5] = {
		/* R in byte 1 bit 1; TH of a completion; BCM; lower bit 7. */
		{ 0x4a020001, 0x01000004, 0x00000c40, 1, 4 },
		{ 0x4a010001, 0x01000004, 0x00000c40, 1, 4 },
		{ 0x4a000001, 0x01001004, 0x00000c40, 1, 4 },
		{ 0x4a000001, 0x01000004, 0x00000cc0, 1, 4 },
		/* AT of a completion. */
		{ 0x4a000c01, 0x01000004, 0x00000c40, 1, 4 },
	};
	const uint32_t plain[] = { 0x4a000001, 0x01000004, 0x00000c40, 1 };
	uint8_t a[16];
	uint8_t b[16];
	struct tlp ta;
	struct tlp tb;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wr wa = wr_over(a, sizeof(a));
		struct wr wb = wr_over(b, sizeof(b));
		struct rd ra = rd_over(a, sizeof(a));
		struct rd rb = rd_over(b, sizeof(b));

		for (unsigned j = 0; j < 4; j++) {
			wr_u32be(&wa, plain[j]);
			wr_u32be(&wb, rows[i][j]);
		}
		assert_int_equal(tlp_decode(&ra, &ta), IL_OK);
		assert_int_equal(tlp_decode(&rb, &tb), IL_OK);
		assert_same(&ta, &tb);
	}
}

static void the_longest_packet_round_trips(void **unused)
{
	(void)unused;
	struct tlp t = { .type = TLP_MWR,
			 .len_dw = 1024,
			 .first_be = 0xf,
			 .last_be = 0xf,
			 .addr = 0x123456000,
			 .data = payload,
			 .ide = true,
			 .prefix = { .m = true, .stream = 3 } };
	uint8_t buf[TLP_MAX_BYTES];
	struct wr w = wr_over(buf, sizeof(buf));
	struct tlp back;
	struct rd r;

	assert_int_equal(tlp_encode(&w, &t), IL_OK);
	assert_int_equal(w.len, TLP_MAX_BYTES);
	assert_int_equal(buf[7], 0); /* 1024 is sent as 0 */
	assert_int_equal(buf[6] & 3, 0);
	r = rd_over(buf, w.len);
	assert_int_equal(tlp_decode(&r, &back), IL_OK);
	assert_same(&back, &t);
	assert_ptr_equal(back.mac, buf + TLP_MAX_BYTES - TLP_MAC_LEN);
}

static void a_mac_is_written_as_given(void **unused)
{
	(void)unused;
	uint8_t mac[TLP_MAC_LEN];
	struct tlp t = { .type = TLP_CPL,
			 .byte_count = 4,
			 .ide = true,
			 .prefix = { .m = true, .sub = 2 },
			 .mac = mac };
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof(buf));

	memset(mac, 0xc3, sizeof(mac));
	assert_int_equal(tlp_encode(&w, &t), IL_OK);
	assert_int_equal(w.len, 28);
	assert_memory_equal(buf + 16, mac, sizeof(mac));
}

static void the_span_matches_the_bytes(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(tlp_fields); i++) {
		struct tlp_span s = tlp_span_of(&tlp_fields[i].t);

		assert_int_equal(s.hdr_len + s.data_len + s.mac_len,
				 4u * tlp_fields[i].n);
		assert_int_equal(s.data_len,
				 tlp_has_data(tlp_fields[i].t.type)
					 ? 4u * tlp_fields[i].t.len_dw
					 : 0);
	}
}

static void a_prefix_wants_four_bytes_and_its_type(void **unused)
{
	(void)unused;
	const uint8_t p[] = { 0x92, 0x11, 0x22, 0x17, 0 };
	const uint8_t q[] = { 0x91, 0x11, 0x22, 0x17 };

	for (size_t n = 0; n < 4; n++)
		assert_false(tlp_is_ide(p, n));
	assert_false(tlp_is_ide(q, sizeof(q)));
	assert_true(tlp_is_ide(p, 4));
	assert_true(tlp_is_ide(p, 5));
}

static void classes_and_names_follow_the_specification(void **unused)
{
	(void)unused;
	static const struct {
		const char *name;
		enum tlp_class cls;
		bool data;
	} rows[TLP_TYPES] = {
		{ "MRd", TLP_NON_POSTED, false },
		{ "MWr", TLP_POSTED, true },
		{ "CfgRd0", TLP_NON_POSTED, false },
		{ "CfgRd1", TLP_NON_POSTED, false },
		{ "CfgWr0", TLP_NON_POSTED, true },
		{ "CfgWr1", TLP_NON_POSTED, true },
		{ "Cpl", TLP_COMPLETION, false },
		{ "CplD", TLP_COMPLETION, true },
		{ "Msg", TLP_POSTED, false },
		{ "MsgD", TLP_POSTED, true },
	};

	for (unsigned i = 0; i < TLP_TYPES; i++) {
		enum tlp_type t = (enum tlp_type)i;

		assert_string_equal(tlp_type_name(t), rows[i].name);
		assert_int_equal(tlp_class_of(t), rows[i].cls);
		assert_int_equal(tlp_has_data(t), rows[i].data);
	}
	assert_string_equal(tlp_type_name(TLP_TYPES), "?");
	assert_int_equal(tlp_class_of(TLP_TYPES), TLP_CLASSES);
	assert_false(tlp_has_data(TLP_TYPES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_others_decode_to_what_they_say),
		cmocka_unit_test(packets_of_others_encode_to_their_bytes),
		cmocka_unit_test(
			every_field_stands_where_the_specification_puts_it),
		cmocka_unit_test(every_wrong_length_is_refused),
		cmocka_unit_test(an_output_too_small_is_refused_at_every_size),
		cmocka_unit_test(a_field_out_of_range_is_not_encoded),
		cmocka_unit_test(data_must_be_given_where_the_type_carries_it),
		cmocka_unit_test(malformed_and_unsupported_packets_are_refused),
		cmocka_unit_test(every_other_fmt_and_type_is_refused),
		cmocka_unit_test(reserved_bits_do_not_matter),
		cmocka_unit_test(the_longest_packet_round_trips),
		cmocka_unit_test(a_mac_is_written_as_given),
		cmocka_unit_test(the_span_matches_the_bytes),
		cmocka_unit_test(a_prefix_wants_four_bytes_and_its_type),
		cmocka_unit_test(classes_and_names_follow_the_specification),
	};

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
