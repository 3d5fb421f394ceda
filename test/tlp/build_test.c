/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "tlp/tlp.h"

static void assert_encodes(const struct tlp *t)
{
	uint8_t buf[TLP_MAX_BYTES];
	struct wr w = wr_over(buf, sizeof(buf));

	assert_int_equal(tlp_encode(&w, t), IL_OK);
}

/* §2.2.5.1, §2.2.7.1: addresses and byte enables worked out by hand. */
static const struct {
	uint64_t addr;
	uint32_t len;
	uint64_t dw_addr;
	uint16_t len_dw;
	uint8_t first;
	uint8_t last;
} spans[] = {
	{ 0x1000, 4, 0x1000, 1, 0xf, 0x0 },
	{ 0x1000, 1, 0x1000, 1, 0x1, 0x0 },
	{ 0x1003, 1, 0x1000, 1, 0x8, 0x0 },
	{ 0x1001, 2, 0x1000, 1, 0x6, 0x0 },
	{ 0x1002, 2, 0x1000, 1, 0xc, 0x0 },
	{ 0x1003, 2, 0x1000, 2, 0x8, 0x1 },
	{ 0x1000, 8, 0x1000, 2, 0xf, 0xf },
	{ 0x1001, 8, 0x1000, 3, 0xe, 0x1 },
	{ 0x1003, 6, 0x1000, 3, 0x8, 0x1 },
	{ 0x1000, 4096, 0x1000, 1024, 0xf, 0xf },
	{ 0x1001, 4095, 0x1000, 1024, 0xe, 0xf },
	{ 0x1000, 4095, 0x1000, 1024, 0xf, 0x7 },
	{ 0x1fff, 1, 0x1ffc, 1, 0x8, 0x0 },
	{ 0x123456789f0, 16, 0x123456789f0, 4, 0xf, 0xf },
};

static void reads_name_exactly_the_bytes_asked_for(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(spans); i++) {
		struct tlp t;
		uint64_t addr;
		uint32_t len;
		uint32_t skip;

		assert_int_equal(
			tlp_mrd(&t, 0x100, 7, spans[i].addr, spans[i].len),
			IL_OK);
		assert_int_equal(t.type, TLP_MRD);
		assert_int_equal(t.requester, 0x100);
		assert_int_equal(t.tag, 7);
		assert_int_equal(t.addr, spans[i].dw_addr);
		assert_int_equal(t.len_dw, spans[i].len_dw);
		assert_int_equal(t.first_be, spans[i].first);
		assert_int_equal(t.last_be, spans[i].last);
		assert_encodes(&t);

		assert_int_equal(tlp_mem_range(&t, &addr, &len, &skip), IL_OK);
		assert_int_equal(addr, spans[i].addr);
		assert_int_equal(len, spans[i].len);
		assert_int_equal(skip, spans[i].addr & 3);
	}
}

static void writes_carry_the_bytes_at_their_place(void **unused)
{
	(void)unused;
	uint8_t src[4096];
	uint8_t pad[4104];

	for (size_t i = 0; i < sizeof(src); i++)
		src[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < COUNT(spans); i++) {
		uint32_t skip = spans[i].addr & 3;
		struct tlp t;

		memset(pad, 0xee, sizeof(pad));
		assert_int_equal(tlp_mwr(&t, 0x100, spans[i].addr, src,
					 spans[i].len, pad, sizeof(pad)),
				 IL_OK);
		assert_int_equal(t.type, TLP_MWR);
		assert_int_equal(t.addr, spans[i].dw_addr);
		assert_int_equal(t.len_dw, spans[i].len_dw);
		assert_int_equal(t.first_be, spans[i].first);
		assert_int_equal(t.last_be, spans[i].last);
		assert_memory_equal(t.data + skip, src, spans[i].len);
		if (t.data == pad)
			for (uint32_t j = 0; j < 4u * t.len_dw; j++)
				if (j < skip || j >= skip + spans[i].len)
					assert_int_equal(pad[j], 0);
		assert_encodes(&t);
	}
}

static void aligned_writes_need_no_copy(void **unused)
{
	(void)unused;
	const uint8_t src[8] = { 1 };
	struct tlp t;

	assert_int_equal(tlp_mwr(&t, 0, 0x1000, src, 8, NULL, 0), IL_OK);
	assert_ptr_equal(t.data, src);
}

static void a_range_outside_its_page_is_refused(void **unused)
{
	(void)unused;
	const uint8_t src[8] = { 0 };
	uint8_t pad[16];
	struct tlp t;
	struct tlp before;

	memset(&before, 0x5a, sizeof(before));
	t = before;
	assert_int_equal(tlp_mrd(&t, 0, 0, 0x1000, 0), IL_E_ARG);
	assert_int_equal(tlp_mrd(&t, 0, 0, 0x1000, 4097), IL_E_ARG);
	assert_int_equal(tlp_mrd(&t, 0, 0, 0x1fff, 2), IL_E_ARG);
	assert_int_equal(tlp_mrd(&t, 0, 0x400, 0x1000, 4), IL_E_ARG);
	assert_int_equal(tlp_mwr(&t, 0, 0x1000, src, 0, pad, 16), IL_E_ARG);
	assert_int_equal(tlp_mwr(&t, 0, 0x1ffd, src, 4, pad, 16), IL_E_ARG);
	assert_int_equal(tlp_mwr(&t, 0, 0x1001, src, 4, pad, 7), IL_E_SPACE);
	assert_memory_equal(&t, &before, sizeof(t));
}

static void holes_between_enabled_bytes_are_reported(void **unused)
{
	(void)unused;
	static const struct tlp rows[] = {
		{ .type = TLP_MWR, .len_dw = 1, .first_be = 0x5 },
		{ .type = TLP_MWR, .len_dw = 1, .first_be = 0x9 },
		{ .type = TLP_MWR, .len_dw = 1, .first_be = 0xb },
		{ .type = TLP_MWR, .len_dw = 2, .first_be = 1, .last_be = 1 },
		{ .type = TLP_MWR, .len_dw = 2, .first_be = 8, .last_be = 2 },
		{ .type = TLP_MWR, .len_dw = 3, .first_be = 8, .last_be = 5 },
	};
	uint64_t addr = 1;
	uint32_t len = 2;
	uint32_t skip = 3;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(tlp_mem_range(&rows[i], &addr, &len, &skip),
				 IL_E_FIELD);
	assert_int_equal(addr, 1);
	assert_int_equal(len, 2);
	assert_int_equal(skip, 3);
}

static void a_flush_names_no_bytes(void **unused)
{
	(void)unused;
	const struct tlp t = { .type = TLP_MRD, .len_dw = 1, .addr = 0x40 };
	uint64_t addr;
	uint32_t len;
	uint32_t skip;

	assert_int_equal(tlp_mem_range(&t, &addr, &len, &skip), IL_OK);
	assert_int_equal(len, 0);
}

static void configuration_requests_select_bytes_of_a_register(void **unused)
{
	(void)unused;
	static const struct {
		uint16_t reg;
		unsigned size;
		uint8_t be;
		uint32_t value;
		uint8_t data[4];
	} rows[] = {
		{ 0x04, 2, 0x3, 0x0006, { 0x06, 0x00, 0x00, 0x00 } },
		{ 0x06, 2, 0xc, 0x1234, { 0x00, 0x00, 0x34, 0x12 } },
		{ 0x10, 4, 0xf, 0xfee01234, { 0x34, 0x12, 0xe0, 0xfe } },
		{ 0xfff, 1, 0x8, 0xab, { 0x00, 0x00, 0x00, 0xab } },
		{ 0x0d, 1, 0x2, 0x40, { 0x00, 0x40, 0x00, 0x00 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t data[4] = { 0 };
		struct tlp t;

		assert_int_equal(tlp_cfg_write(&t, 8, 5, 0x100, rows[i].reg,
					       rows[i].size, rows[i].value,
					       i & 1, data),
				 IL_OK);
		assert_int_equal(t.type, i & 1 ? TLP_CFGWR1 : TLP_CFGWR0);
		assert_int_equal(t.reg, rows[i].reg & 0xffc);
		assert_int_equal(t.first_be, rows[i].be);
		assert_int_equal(t.last_be, 0);
		assert_int_equal(t.len_dw, 1);
		assert_int_equal(t.requester, 8);
		assert_int_equal(t.tag, 5);
		assert_int_equal(t.dest, 0x100);
		assert_memory_equal(t.data, rows[i].data, 4);
		assert_int_equal(tlp_cfg_value(&t),
				 rows[i].value << 8 * (rows[i].reg & 3));
		assert_encodes(&t);

		assert_int_equal(tlp_cfg_read(&t, 8, 5, 0x100, rows[i].reg,
					      rows[i].size, i & 1),
				 IL_OK);
		assert_int_equal(t.type, i & 1 ? TLP_CFGRD1 : TLP_CFGRD0);
		assert_int_equal(t.first_be, rows[i].be);
		assert_int_equal(tlp_cfg_value(&t), 0);
		assert_encodes(&t);
	}
}

static void odd_configuration_accesses_are_refused(void **unused)
{
	(void)unused;
	static const struct {
		uint16_t tag;
		uint16_t reg;
		unsigned size;
	} rows[] = {
		{ 0, 0x1000, 4 }, { 0, 0x02, 4 }, { 0, 0x01, 2 },
		{ 0, 0x00, 3 },	  { 0, 0x00, 8 }, { 0, 0x00, 0 },
		{ 0x400, 0, 4 },
	};
	uint8_t data[4] = { 9, 9, 9, 9 };
	struct tlp t;
	struct tlp before;

	memset(&before, 0x5a, sizeof(before));
	t = before;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(tlp_cfg_read(&t, 0, rows[i].tag, 0,
					      rows[i].reg, rows[i].size, false),
				 IL_E_ARG);
		assert_int_equal(tlp_cfg_write(&t, 0, rows[i].tag, 0,
					       rows[i].reg, rows[i].size, 1,
					       false, data),
				 IL_E_ARG);
	}
	assert_memory_equal(&t, &before, sizeof(t));
	assert_int_equal(data[0], 9);
}

static void completions_follow_their_request(void **unused)
{
	(void)unused;
	struct tlp req = { .type = TLP_MRD,
			   .tc = 3,
			   .attr = 5,
			   .tag = 0x3a1,
			   .requester = 0x1234,
			   .len_dw = 3,
			   .addr = 0x10c0,
			   .first_be = 0xe,
			   .last_be = 0x3,
			   .prefix.t = true };
	struct tlp t;

	tlp_cpl(&t, &req, 0x100, TLP_CPL_UR);
	assert_int_equal(t.type, TLP_CPL);
	assert_int_equal(t.tc, 3);
	assert_int_equal(t.attr, 5);
	assert_int_equal(t.tag, 0x3a1);
	assert_int_equal(t.requester, 0x1234);
	assert_int_equal(t.completer, 0x100);
	assert_int_equal(t.status, TLP_CPL_UR);
	assert_int_equal(t.byte_count, 9);
	assert_int_equal(t.lower_addr, 0x41);
	assert_true(t.prefix.t);
	assert_encodes(&t);

	req = (struct tlp){ .type = TLP_CFGWR0, .len_dw = 1, .first_be = 1 };
	tlp_cpl(&t, &req, 0x100, TLP_CPL_SC);
	assert_int_equal(t.byte_count, 4);
	assert_int_equal(t.lower_addr, 0);
	assert_false(t.prefix.t);
	assert_encodes(&t);
}

/* §2.3.1.1: a read of 9 bytes at 0x10c1, in one and in two parts. */
static void read_completions_count_what_is_left(void **unused)
{
	(void)unused;
	const uint8_t data[16] = { 1, 2, 3, 4 };
	struct tlp req;
	struct tlp t;

	assert_int_equal(tlp_mrd(&req, 0x1234, 9, 0x10c1, 9), IL_OK);
	assert_int_equal(tlp_cpld(&t, &req, 0x100, data, 0, 9), IL_OK);
	assert_int_equal(t.type, TLP_CPLD);
	assert_int_equal(t.byte_count, 9);
	assert_int_equal(t.lower_addr, 0x41);
	assert_int_equal(t.len_dw, 3);
	assert_ptr_equal(t.data, data);
	assert_encodes(&t);

	assert_int_equal(tlp_cpld(&t, &req, 0x100, data, 0, 3), IL_OK);
	assert_int_equal(t.byte_count, 9);
	assert_int_equal(t.len_dw, 1);
	assert_int_equal(tlp_cpld(&t, &req, 0x100, data, 3, 6), IL_OK);
	assert_int_equal(t.byte_count, 6);
	assert_int_equal(t.lower_addr, 0x44);
	assert_int_equal(t.len_dw, 2);

	assert_int_equal(tlp_mrd(&req, 0, 0, 0x1000, 4096), IL_OK);
	assert_int_equal(tlp_cpld(&t, &req, 0x100, data, 0, 4096), IL_OK);
	assert_int_equal(t.byte_count, 4096);
	assert_int_equal(t.len_dw, 1024);
}

static void completions_outside_their_request_are_refused(void **unused)
{
	(void)unused;
	const uint8_t data[16] = { 0 };
	struct tlp req;
	struct tlp cfg;
	struct tlp t;
	struct tlp before;

	memset(&before, 0x5a, sizeof(before));
	t = before;
	assert_int_equal(tlp_mrd(&req, 0, 0, 0x10c1, 9), IL_OK);
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 0, 0), IL_E_ARG);
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 0, 10), IL_E_ARG);
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 9, 1), IL_E_ARG);
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 3, 7), IL_E_ARG);
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 0, 4), IL_E_ARG);
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 4, 5), IL_E_ARG);
	assert_int_equal(tlp_cfg_read(&cfg, 0, 0, 0, 0, 2, false), IL_OK);
	assert_int_equal(tlp_cpld(&t, &cfg, 0, data, 0, 2), IL_E_ARG);
	assert_int_equal(tlp_cpld(&t, &cfg, 0, data, 4, 4), IL_E_ARG);
	req.type = TLP_MWR;
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 0, 9), IL_E_ARG);
	req = (struct tlp){ .type = TLP_MRD, .len_dw = 1, .first_be = 5 };
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 0, 1), IL_E_ARG);
	req.first_be = 0;
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 0, 1), IL_E_ARG);
	assert_int_equal(tlp_cpld(&t, &req, 0, data, 1, 0), IL_E_ARG);
	assert_memory_equal(&t, &before, sizeof(t));
}

static void configuration_reads_and_flushes_complete_with_a_dword(void **unused)
{
	(void)unused;
	const uint8_t data[4] = { 0x86, 0x80, 0x34, 0x12 };
	struct tlp req;
	struct tlp t;

	assert_int_equal(tlp_cfg_read(&req, 8, 1, 0x100, 0, 2, true), IL_OK);
	assert_int_equal(tlp_cpld(&t, &req, 0x100, data, 0, 4), IL_OK);
	assert_int_equal(t.len_dw, 1);
	assert_int_equal(t.byte_count, 4);
	assert_int_equal(t.lower_addr, 0);
	assert_int_equal(tlp_cfg_value(&t), 0x12348086);

	req = (struct tlp){ .type = TLP_MRD, .len_dw = 1, .addr = 0x10c4 };
	assert_int_equal(tlp_cpld(&t, &req, 0x100, data, 0, 0), IL_OK);
	assert_int_equal(t.len_dw, 1);
	assert_int_equal(t.byte_count, 1);
	assert_int_equal(t.lower_addr, 0x44);
}

static void messages_name_their_target_only_when_routed_by_id(void **unused)
{
	(void)unused;
	struct tlp t;

	tlp_msg(&t, 0x100, 0x54, TLP_ROUTE_BY_ID, 0x300);
	assert_int_equal(t.type, TLP_MSG);
	assert_int_equal(t.requester, 0x100);
	assert_int_equal(t.msg_code, 0x54);
	assert_int_equal(t.dest, 0x300);
	assert_int_equal(t.msg_hdr, UINT64_C(0x0300000000000000));
	assert_encodes(&t);
	tlp_msg(&t, 0x100, 0x30, TLP_ROUTE_TO_RC, 0x300);
	assert_int_equal(t.dest, 0);
	assert_int_equal(t.msg_hdr, 0);
	assert_encodes(&t);
}

/* Bytes by hand from §2.2.8.1 and Figure 2-22: local is 100b, code is last. */
static void wires_are_told_by_local_messages_of_the_device(void **unused)
{
	(void)unused;
	for (unsigned pin = 1; pin <= 4; pin++)
		for (unsigned on = 0; on < 2; on++) {
			const uint8_t want[16] = {
				0x34, 0,
				0,    0,
				0x07, 0x18,
				0,    (uint8_t)((on ? 0x1f : 0x23) + pin)
			};
			uint8_t buf[16];
			struct wr w = wr_over(buf, sizeof(buf));
			struct rd r = rd_over(buf, sizeof(buf));
			struct tlp t, back;
			bool is = !on;

			tlp_intx(&t, 0x071d, pin, on);
			assert_int_equal(tlp_encode(&w, &t), IL_OK);
			assert_int_equal(w.len, 16);
			assert_memory_equal(buf, want, 16);
			assert_int_equal(tlp_decode(&r, &back), IL_OK);
			assert_int_equal(tlp_intx_pin(&back, &is), pin);
			assert_int_equal(is, on);
		}
}

static void other_messages_are_about_no_wire(void **unused)
{
	(void)unused;
	struct tlp t;
	bool on;

	for (unsigned code = 0; code < 256; code++) {
		if (code >= 0x20 && code <= 0x27)
			continue;
		tlp_msg(&t, 0x100, (uint8_t)code, TLP_ROUTE_LOCAL, 0);
		assert_int_equal(tlp_intx_pin(&t, &on), 0);
	}
	tlp_intx(&t, 0x100, 1, true);
	t.type = TLP_MSGD;
	assert_int_equal(tlp_intx_pin(&t, &on), 0);
	t = (struct tlp){ .type = TLP_MRD, .msg_code = 0x20 };
	assert_int_equal(tlp_intx_pin(&t, &on), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_name_exactly_the_bytes_asked_for),
		cmocka_unit_test(writes_carry_the_bytes_at_their_place),
		cmocka_unit_test(aligned_writes_need_no_copy),
		cmocka_unit_test(a_range_outside_its_page_is_refused),
		cmocka_unit_test(holes_between_enabled_bytes_are_reported),
		cmocka_unit_test(a_flush_names_no_bytes),
		cmocka_unit_test(
			configuration_requests_select_bytes_of_a_register),
		cmocka_unit_test(odd_configuration_accesses_are_refused),
		cmocka_unit_test(completions_follow_their_request),
		cmocka_unit_test(read_completions_count_what_is_left),
		cmocka_unit_test(completions_outside_their_request_are_refused),
		cmocka_unit_test(
			configuration_reads_and_flushes_complete_with_a_dword),
		cmocka_unit_test(
			messages_name_their_target_only_when_routed_by_id),
		cmocka_unit_test(
			wires_are_told_by_local_messages_of_the_device),
		cmocka_unit_test(other_messages_are_about_no_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
