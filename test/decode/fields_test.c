/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "base/bits.h"
#include "decode/change.h"
#include "idekm/codec.h"
#include "tdisp/codec.h"
#include "tdisp/report.h"

/* The list of fields against what the codecs write and read. */

static void connection_messages_are_listed_whole(void **unused)
{
	(void)unused;
	start(SPDM_VERSION);
	s.m.version = SPDM_V10;
	s.m.u.version_list.count = 3;
	check();
	start(SPDM_CAPABILITIES);
	check();
	start(SPDM_ALGORITHMS);
	s.m.param1 = s.m.u.algs.tables = 3;
	for (unsigned i = 0; i < 3; i++)
		s.m.u.algs.table[i].type = (uint8_t)(2 + i);
	check();
	s.m.u.algs.ext_asym = span(8);
	s.m.u.algs.ext_hash = span(4);
	s.m.u.algs.table[1].ext_count = 1;
	s.m.u.algs.table[1].ext = span(4);
	check();
	start(SPDM_DIGESTS);
	s.m.param2 = 0x05;
	s.m.u.digests.all = span(96);
	check();
	assert_int_equal(fields_shape(&s.m).hash_len, 48);
	start(SPDM_CERTIFICATE);
	s.m.u.cert.portion = span(300);
	encode();
	covered();
	s.m.u.cert.remainder = 7;
	encode();
	covered();
}

static void proofs_are_listed_whole(void **unused)
{
	(void)unused;
	start(SPDM_CHALLENGE_AUTH);
	s.m.u.challenge_auth.chain_hash = span(48);
	s.m.u.challenge_auth.opaque = span(5);
	s.m.u.challenge_auth.sig = span(96);
	check();
	s.sh.summary = true;
	s.m.u.challenge_auth.summary = span(48);
	check();
	s.sh = fields_shape(&s.m);
	check();
	start(SPDM_FINISH_RSP);
	check();
	s.sh.clear = true;
	s.m.u.finish.verify = span(48);
	check();
	start(SPDM_HEARTBEAT_ACK);
	encode();
	covered();
	start(SPDM_KEY_UPDATE_ACK);
	check();
	start(SPDM_END_SESSION_ACK);
	encode();
	covered();
	start(SPDM_ERROR);
	s.m.param1 = SPDM_ERR_VENDOR_DEFINED;
	s.m.u.error.ext = span(6);
	check();
}

static void a_session_s_opening_is_listed_whole(void **unused)
{
	uint8_t opaque[32];
	struct wr w = wr_over(opaque, sizeof(opaque));

	(void)unused;
	start(SPDM_KEY_EXCHANGE_RSP);
	spdm_sm_selected_write(&w, true, SPDM_SM_V11);
	s.m.u.key_ex_rsp.exchange = span(96);
	s.m.u.key_ex_rsp.summary = span(48);
	s.m.u.key_ex_rsp.opaque = (struct spdm_span){ opaque, w.len };
	s.m.u.key_ex_rsp.sig = span(96);
	s.m.u.key_ex_rsp.verify = span(48);
	s.sh = fields_shape(&s.m);
	assert_true(s.sh.summary && !s.sh.clear);
	encode();
	covered();
}

static void measurements_are_listed_block_by_block(void **unused)
{
	uint8_t rec[128];
	struct wr w = wr_over(rec, sizeof(rec));
	struct spdm_meas_block b = { .index = 1, .value = span(32) };
	unsigned values = 0;

	(void)unused;
	spdm_meas_block_write(&w, &b);
	b.index = 9;
	b.value.n = 8;
	spdm_meas_block_write(&w, &b);
	start(SPDM_MEASUREMENTS);
	s.m.u.meas.blocks = 2;
	s.m.u.meas.record = (struct spdm_span){ rec, w.len };
	s.m.u.meas.opaque = span(3);
	encode();
	covered();
	s.m.u.meas.sig = span(96);
	s.sh = fields_shape(&s.m);
	encode();
	covered();
	for (size_t i = 0; i < s.fields; i++)
		values += strcmp(s.f[i].name, "value") == 0;
	assert_int_equal(values, 2);
}

/* --- IDE_KM and TDISP, in their frame --- */

static void frame(const uint8_t *p, size_t n)
{
	static const uint8_t vid[2] = { SPDM_VID_PCISIG, 0 };

	start(SPDM_VENDOR_DEFINED_RESPONSE);
	s.m.u.vdm.standard = SPDM_STD_PCISIG;
	s.m.u.vdm.vid = (struct spdm_span){ vid, 2 };
	s.m.u.vdm.payload = (struct spdm_span){ p, n };
	encode();
	covered();
}

static bool idekm_is_response(enum idekm_object o)
{
	return o == IDEKM_QUERY_RESP || o == IDEKM_KP_ACK ||
	       o == IDEKM_K_GOSTOP_ACK;
}

/* Every bit, reserved or not, makes a message that reads otherwise. */
static void idekm_bits_are_read(const uint8_t *p, size_t n)
{
	struct idekm_msg a, b;
	uint8_t q[64];

	memset(&a, 0, sizeof(a));
	memcpy(q, p, n);
	assert_int_equal(idekm_decode(q, n, &a), IL_OK);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		if (a.cap && bit >= 8 * (size_t)IDEKM_QUERY_HDR_LEN)
			break; /* an image of another's registers */
		memset(&b, 0, sizeof(b));
		memcpy(q, p, n);
		q[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!idekm_decode(q, n, &b))
			assert_memory_not_equal(&a, &b, sizeof(a));
	}
}

static void ide_km_responses_are_listed_whole(void **unused)
{
	(void)unused;
	for (unsigned o = 0; o < IDEKM_OBJECTS; o++) {
		struct idekm_msg m = { .object = (enum idekm_object)o,
				       .cap = blob,
				       .cap_len = 16 };
		uint8_t p[64] = { IDEKM_PROTOCOL };
		struct wr w = wr_over(p + 1, sizeof(p) - 1);

		if (!idekm_is_response(m.object))
			continue;
		assert_int_equal(idekm_encode(&w, &m), IL_OK);
		frame(p, 1 + w.len);
		assert_string_not_equal(fields_message(s.p, s.n),
					"VENDOR_DEFINED_RESPONSE");
		idekm_bits_are_read(p + 1, w.len);
	}
}

static size_t report(uint8_t *p, size_t cap)
{
	struct tdisp_report r = {
		.range_count = 2,
		.ranges = { { .first_page = 1, .pages = 2, .id = 0 },
			    { .first_page = 9, .pages = 1, .id = 2 } },
		.vendor = blob,
		.vendor_len = 5,
	};
	struct wr w = wr_over(p, cap);

	assert_int_equal(tdisp_report_encode(&w, &r), IL_OK);
	return w.len;
}

static void tdisp_responses_are_listed_whole(void **unused)
{
	uint8_t rep[256];
	struct tdisp_msg m = { .version = TDISP_VERSION_10 };

	(void)unused;
	for (unsigned c = TDISP_VERSION; c <= TDISP_STOP_RSP; c++) {
		uint8_t p[512] = { TDISP_PROTOCOL };
		struct wr w = wr_over(p + 1, sizeof(p) - 1);

		m.code = (enum tdisp_code)c;
		memset(&m.caps, 0, sizeof(m.caps));
		if (c == TDISP_VERSION) {
			m.versions.count = 2;
			m.versions.entries = blob;
		}
		if (c == TDISP_REPORT) {
			m.report.portion = (uint16_t)report(rep, sizeof(rep));
			m.report.data = rep;
		}
		assert_int_equal(tdisp_encode(&w, &m), IL_OK);
		frame(p, 1 + w.len);
		assert_string_not_equal(fields_message(s.p, s.n),
					"VENDOR_DEFINED_RESPONSE");
	}
}

static void requests_are_listed_whole(void **unused)
{
	static const uint8_t codes[] = {
		SPDM_GET_VERSION,      SPDM_GET_CAPABILITIES,
		SPDM_GET_DIGESTS,      SPDM_GET_CERTIFICATE,
		SPDM_CHALLENGE,	       SPDM_HEARTBEAT,
		SPDM_GET_MEASUREMENTS, SPDM_KEY_UPDATE,
		SPDM_END_SESSION,      SPDM_NEGOTIATE_ALGORITHMS,
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(codes); i++) {
		start(codes[i]);
		check();
		s.m.version = SPDM_V11;
		check();
	}
	start(SPDM_GET_CAPABILITIES);
	s.m.version = SPDM_V10; /* a header alone */
	check();
	assert_int_equal(s.n, 4);
	start(SPDM_CAPABILITIES);
	s.m.version = SPDM_V11; /* without the two sizes */
	check();
	assert_int_equal(s.n, 12);
	start(SPDM_GET_MEASUREMENTS);
	s.m.param1 = SPDM_MEAS_ATTR_SIGN;
	check();
	s.m.version = SPDM_V10; /* without a slot */
	check();
	assert_int_equal(s.n, 36);
	start(SPDM_NEGOTIATE_ALGORITHMS);
	s.m.param1 = s.m.u.algs.tables = 4;
	for (unsigned i = 0; i < 4; i++)
		s.m.u.algs.table[i].type = (uint8_t)(2 + i);
	check();
}

static void requests_of_sessions_are_listed_whole(void **unused)
{
	(void)unused;
	start(SPDM_KEY_EXCHANGE);
	s.m.u.key_ex.exchange = span(96);
	s.m.u.key_ex.opaque = span(20);
	check();
	start(SPDM_FINISH);
	s.m.u.finish.verify = span(48);
	check();
	s.m.param1 = 1;
	s.m.u.finish.sig = span(96);
	check();
	start(SPDM_PSK_EXCHANGE);
	s.m.u.psk_ex.hint = span(7);
	s.m.u.psk_ex.context = span(32);
	s.m.u.psk_ex.opaque = span(20);
	check();
	start(SPDM_PSK_EXCHANGE_RSP);
	s.m.u.psk_ex_rsp.context = span(32);
	s.m.u.psk_ex_rsp.opaque = span(12);
	s.m.u.psk_ex_rsp.verify = span(48);
	check();
	start(SPDM_PSK_FINISH);
	s.m.u.finish.verify = span(48);
	check();
	start(SPDM_PSK_FINISH_RSP);
	check();
}

/* A payload of @n bytes at @p in a request; the name is not the carrier's. */
static void ask(const uint8_t *p, size_t n)
{
	static const uint8_t pcisig[2] = { SPDM_VID_PCISIG, 0 };

	start(SPDM_VENDOR_DEFINED_REQUEST);
	s.m.u.vdm.standard = SPDM_STD_PCISIG;
	s.m.u.vdm.vid = (struct spdm_span){ pcisig, 2 };
	s.m.u.vdm.payload = (struct spdm_span){ p, n };
	encode();
	covered();
	assert_string_not_equal(fields_message(s.p, s.n),
				"VENDOR_DEFINED_REQUEST");
}

static void vendor_requests_are_listed_whole(void **unused)
{
	(void)unused;
	for (unsigned o = 0; o < IDEKM_OBJECTS; o++) {
		struct idekm_msg m = { .object = (enum idekm_object)o };
		uint8_t p[64] = { IDEKM_PROTOCOL };
		struct wr w = wr_over(p + 1, sizeof(p) - 1);

		if (idekm_is_response(m.object))
			continue;
		assert_int_equal(idekm_encode(&w, &m), IL_OK);
		ask(p, 1 + w.len);
	}
	for (unsigned c = TDISP_GET_VERSION; c <= TDISP_VDM_REQ; c++) {
		struct tdisp_msg m = { .version = TDISP_VERSION_10,
				       .code = (enum tdisp_code)c };
		uint8_t p[128] = { TDISP_PROTOCOL };
		struct wr w = wr_over(p + 1, sizeof(p) - 1);

		if (c == TDISP_VDM_REQ) {
			m.vdm.id_len = 2;
			m.vdm.id = blob;
			m.vdm.data = blob;
			m.vdm.len = 9;
		}
		assert_int_equal(tdisp_encode(&w, &m), IL_OK);
		ask(p, 1 + w.len);
	}
}

/* The end of a chain or of a report is not taken for a whole one. */
static void a_part_is_not_looked_into(void **unused)
{
	uint8_t p[64] = { TDISP_PROTOCOL };
	struct wr w = wr_over(p + 1, sizeof(p) - 1);
	const struct tdisp_msg m = { .version = TDISP_VERSION_10,
				     .code = TDISP_REPORT,
				     .report = { .data = blob,
						 .portion = 24 } };

	(void)unused;
	start(SPDM_CERTIFICATE);
	s.m.u.cert.portion = span(400);
	encode();
	covered();
	assert_null(strstr(s.f[s.fields - 1].name, "root"));
	assert_int_equal(s.f[s.fields - 1].len, 400);
	start(SPDM_VENDOR_DEFINED_RESPONSE);
	assert_int_equal(tdisp_encode(&w, &m), IL_OK);
	frame(p, 1 + w.len);
	assert_string_equal(s.f[s.fields - 1].name, "data");
}

static void a_byte_more_or_less_is_noticed(void **unused)
{
	size_t got;

	(void)unused;
	start(SPDM_CAPABILITIES);
	encode();
	assert_int_equal(fields_of(s.p, s.n - 1, &s.sh, s.f, COUNT(s.f), &got),
			 IL_E_SHORT);
	assert_int_equal(fields_of(s.p, s.n + 1, &s.sh, s.f, COUNT(s.f), &got),
			 IL_E_LONG);
	assert_int_equal(fields_of(s.p, s.n, &s.sh, s.f, 3, &got), IL_E_SPACE);
	s.p[1] = 0;
	assert_int_equal(fields_of(s.p, s.n, &s.sh, s.f, COUNT(s.f), &got),
			 IL_E_ARG);
	assert_null(fields_message(s.p, s.n));
}

/* --- changes --- */

static const struct field *named(const char *name)
{
	for (size_t i = 0; i < s.fields; i++)
		if (strcmp(s.f[i].name, name) == 0)
			return &s.f[i];
	fail_msg("no field %s", name);
	return NULL;
}

static void a_list_that_grows_is_counted_anew(void **unused)
{
	const struct change twice = { .how = CHANGE_LONGER };
	const struct change none = { .how = CHANGE_GONE };
	struct spdm_msg m;

	(void)unused;
	start(SPDM_VERSION);
	s.m.version = SPDM_V10;
	s.m.u.version_list.count = 2;
	s.m.u.version_list.entry[0] = 0x1200;
	s.m.u.version_list.entry[1] = 0x1100;
	encode();
	assert_int_equal(
		change_apply(named("entry"), &twice, s.p, sizeof(s.p), &s.n),
		IL_OK);
	assert_int_equal(spdm_msg_decode(s.p, s.n, &s.sh, &m), IL_OK);
	assert_int_equal(m.u.version_list.count, 3);
	assert_int_equal(m.u.version_list.entry[1], 0x1200);
	assert_int_equal(
		change_apply(named("entry"), &none, s.p, sizeof(s.p), &s.n),
		IL_OK);
	assert_int_equal(spdm_msg_decode(s.p, s.n, &s.sh, &m), IL_OK);
	assert_int_equal(m.u.version_list.count, 2);
}

static void a_value_that_grows_is_counted_by_all_around_it(void **unused)
{
	const struct change longer = { .how = CHANGE_LONGER };
	struct spdm_meas_block b = { .index = 1, .value = span(4) };
	uint8_t rec[64];
	struct wr w = wr_over(rec, sizeof(rec));
	struct spdm_msg m;
	struct rd r;

	(void)unused;
	spdm_meas_block_write(&w, &b);
	start(SPDM_MEASUREMENTS);
	s.m.u.meas.blocks = 1;
	s.m.u.meas.record = (struct spdm_span){ rec, w.len };
	encode();
	assert_int_equal(
		change_apply(named("value"), &longer, s.p, sizeof(s.p), &s.n),
		IL_OK);
	assert_int_equal(spdm_msg_decode(s.p, s.n, &s.sh, &m), IL_OK);
	r = rd_over(m.u.meas.record.p, m.u.meas.record.n);
	assert_int_equal(spdm_meas_block_read(&r, &b), IL_OK);
	assert_int_equal(b.value.n, 5);
	assert_int_equal(rd_left(&r), 0);
}

static void numbers_count_within_their_bits(void **unused)
{
	struct change c = { .how = CHANGE_LESS };
	const uint8_t was[] = { 0x00, 0x01 };

	(void)unused;
	start(SPDM_CERTIFICATE);
	s.m.param1 = 0xf0;
	s.m.u.cert.remainder = 0x0100;
	encode();
	assert_int_equal(
		change_apply(named("slot"), &c, s.p, sizeof(s.p), &s.n), IL_OK);
	assert_int_equal(s.p[2], 0xff);
	assert_int_equal(
		change_apply(named("remainder"), &c, s.p, sizeof(s.p), &s.n),
		IL_OK);
	assert_int_equal(s.p[6] | s.p[7] << 8, 0x00ff);
	c.how = CHANGE_MORE;
	assert_int_equal(
		change_apply(named("remainder"), &c, s.p, sizeof(s.p), &s.n),
		IL_OK);
	assert_int_equal(s.p[6] | s.p[7] << 8, 0x0100);
	c = (struct change){ .how = CHANGE_OTHER, .p = was, .n = 2 };
	assert_int_equal(
		change_apply(named("remainder"), &c, s.p, sizeof(s.p), &s.n),
		IL_E_STATE);
	c = (struct change){ .how = CHANGE_FLIP, .bit = 5 };
	assert_int_equal(
		change_apply(named("slot"), &c, s.p, sizeof(s.p), &s.n), IL_OK);
	assert_int_equal(s.p[2], 0xfe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_messages_are_listed_whole),
		cmocka_unit_test(proofs_are_listed_whole),
		cmocka_unit_test(a_session_s_opening_is_listed_whole),
		cmocka_unit_test(measurements_are_listed_block_by_block),
		cmocka_unit_test(ide_km_responses_are_listed_whole),
		cmocka_unit_test(tdisp_responses_are_listed_whole),
		cmocka_unit_test(requests_are_listed_whole),
		cmocka_unit_test(requests_of_sessions_are_listed_whole),
		cmocka_unit_test(vendor_requests_are_listed_whole),
		cmocka_unit_test(a_part_is_not_looked_into),
		cmocka_unit_test(a_byte_more_or_less_is_noticed),
		cmocka_unit_test(a_list_that_grows_is_counted_anew),
		cmocka_unit_test(
			a_value_that_grows_is_counted_by_all_around_it),
		cmocka_unit_test(numbers_count_within_their_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
