/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/req.h"
#include "tdisp/vec.h"
#include "tdisp_test.h"

static struct tdisp_req asked(enum tdisp_code code)
{
	static const uint8_t id[2] = { 0x86, 0x80 };
	struct tdisp_msg m = { .code = code };
	struct tdisp_req q;
	uint8_t out[64];
	struct wr w = wr_over(out, sizeof(out));

	if (code == TDISP_GET_REPORT)
		m.get_report.length = 4;
	if (code == TDISP_VDM_REQ) {
		m.vdm.id = id;
		m.vdm.id_len = 2;
	}
	memset(&q, 0, sizeof(q));
	tdisp_req_init(&q, 0xbeef);
	assert_int_equal(tdisp_req_begin(&q, &m, &w), IL_OK);
	assert_true(tdisp_req_sane(&q));
	return q;
}

static void the_recorded_conversation_is_one_we_could_have_had(void **unused)
{
	FILE *f = recording();
	static struct vec req, rsp;
	struct tdisp_req q;
	unsigned n = 0;

	(void)unused;
	tdisp_req_init(&q, 0xbeef);
	while (vec_next(f, &req)) {
		uint8_t out[VEC_MAX];
		struct wr w = wr_over(out, sizeof(out));
		struct tdisp_msg m;

		assert_true(vec_next(f, &rsp));
		assert_int_equal(tdisp_decode(req.p, req.n, &m), IL_OK);
		assert_int_equal(tdisp_req_begin(&q, &m, &w), IL_OK);
		assert_int_equal(w.len, req.n);
		assert_memory_equal(out, req.p, req.n);
		assert_int_equal(tdisp_req_accept(&q, rsp.p, rsp.n, &m), IL_OK);
		assert_int_equal(m.code + 0x80, req.p[1]);
		assert_false(q.busy);
		n++;
	}
	fclose(f);
	assert_int_equal(n, 22);
}

static void the_recorded_report_is_collected_from_its_portions(void **unused)
{
	FILE *f = recording();
	static struct vec req, rsp;
	struct tdisp_req q;
	uint8_t buf[256], out[64];
	size_t len = 0;
	unsigned step = 0;

	(void)unused;
	tdisp_req_init(&q, 0xbeef);
	while (step < 2 && vec_next(f, &req)) {
		struct wr w = wr_over(out, sizeof(out));
		enum il_err err;

		assert_true(vec_next(f, &rsp));
		if (req.p[1] != TDISP_GET_REPORT)
			continue;
		if (step++ == 0)
			assert_int_equal(tdisp_req_report_begin(
						 &q, buf, sizeof(buf), 64, &w),
					 IL_OK);
		assert_memory_equal(out, req.p, req.n); /* as recorded */
		w = wr_over(out, sizeof(out));
		err = tdisp_req_report_accept(&q, rsp.p, rsp.n, 64, &w, &len,
					      NULL);
		assert_int_equal(err, step == 1 ? IL_E_AGAIN : IL_OK);
		assert_true(tdisp_req_sane(&q));
	}
	fclose(f);
	assert_int_equal(len, 100);
	struct tdisp_report r;

	assert_int_equal(tdisp_report_decode(buf, len, &r), IL_OK);
	assert_null(q.rep);
}

/* One good answer for each request, and the bits in it that are free. */
static const struct {
	uint8_t req;
	uint8_t len;
	uint8_t body[32];  /* from byte 16 on */
	uint8_t fixed[32]; /* bits that must be so */
} answers[] = {
	{ 0x81, 18, { 1, 0x10 }, { 0xff, 0xff } },
	{ 0x82,
	  44,
	  { 0, 0, 0, 0, 0xfe },
	  { [4] = 0xfe, [20] = 0xe0, 0xff, 0xff, 0xff, 0xff } },
	{ 0x83, 48, { 0 }, { 0 } },
	{ 0x84, 24, { 4, 0, 0, 0 }, { 0xff, 0xff } },
	{ 0x85, 17, { 0 }, { 0xfc } },
	{ 0x86, 16, { 0 }, { 0 } },
	{ 0x87, 16, { 0 }, { 0 } },
	{ 0x88, 16, { 0 }, { 0 } },
	{ 0x89, 16, { 0 }, { 0 } },
	{ 0x8a, 16, { 0 }, { 0 } },
	{ 0x8b, 22, { 0, 2, 0x86, 0x80, 1, 2 }, { 0xff, 0xff, 0xff, 0xff } },
};

static void good_answer(size_t i, uint8_t out[64])
{
	memset(out, 0, 64);
	out[0] = 0x10;
	out[1] = answers[i].req & 0x7f;
	out[4] = 0xef;
	out[5] = 0xbe;
	memcpy(out + 16, answers[i].body, 32);
}

static void only_the_answer_to_the_request_in_flight_counts(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(answers); i++)
		for (unsigned bit = 0; bit < answers[i].len * 8u; bit++) {
			struct tdisp_req q =
				asked((enum tdisp_code)answers[i].req);
			struct tdisp_req before;
			uint8_t in[64], mask = (uint8_t)(1u << bit % 8);
			bool must = bit < 128 ||
				    answers[i].fixed[bit / 8 - 16] & mask;
			struct tdisp_msg m;
			enum il_err err;

			memcpy(&before, &q, sizeof(q));
			good_answer(i, in);
			in[bit / 8] ^= mask;
			/* Any minor version may answer GET_VERSION. */
			if (i == 0 && bit < 4)
				must = false;
			err = tdisp_req_accept(&q, in, answers[i].len, &m);
			if (!must) {
				assert_int_equal(err, IL_OK);
				assert_false(q.busy);
				continue;
			}
			if (bit / 8 == 1 && err == IL_E_PEER)
				continue; /* no response code at all */
			assert_true(err == IL_E_FIELD || err == IL_E_SHORT ||
				    err == IL_E_LONG);
			assert_memory_equal(&q, &before, sizeof(q));
			good_answer(i, in);
			assert_int_equal(
				tdisp_req_accept(&q, in, answers[i].len, &m),
				IL_OK);
		}
}

static void the_answer_to_another_request_is_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(answers); i++)
		for (size_t j = 0; j < COUNT(answers); j++) {
			struct tdisp_req q =
				asked((enum tdisp_code)answers[i].req);
			struct tdisp_req before;
			struct tdisp_msg m;
			uint8_t in[64];

			memcpy(&before, &q, sizeof(q));
			good_answer(j, in);
			if (i == j)
				continue;
			assert_int_equal(
				tdisp_req_accept(&q, in, answers[j].len, &m),
				IL_E_FIELD);
			assert_memory_equal(&q, &before, sizeof(q));
		}
}

static void an_answer_of_the_wrong_length_changes_nothing(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(answers); i++)
		for (size_t n = 0; n < 64; n++) {
			struct tdisp_req q =
				asked((enum tdisp_code)answers[i].req);
			struct tdisp_req before;
			struct tdisp_msg m;
			uint8_t in[64];

			memcpy(&before, &q, sizeof(q));
			good_answer(i, in);
			if (n == answers[i].len ||
			    (answers[i].req == 0x8b && n >= 20))
				continue;
			assert_int_equal(tdisp_req_accept(&q, in, n, &m),
					 n < answers[i].len ? IL_E_SHORT
							    : IL_E_LONG);
			assert_memory_equal(&q, &before, sizeof(q));
		}
}

static void an_error_is_the_peers_refusal_and_ends_the_exchange(void **unused)
{
	struct tdisp_req q = asked(TDISP_LOCK_REQ);
	uint8_t in[24] = { 0x10, 0x7f, 0, 0, 0xef, 0xbe };
	struct tdisp_msg m;

	(void)unused;
	in[16] = 0x04;
	in[17] = 0x01;
	assert_int_equal(tdisp_req_accept(&q, in, 24, &m), IL_E_PEER);
	assert_int_equal(m.error.code, TDISP_E_INVALID_DEVICE_CONFIGURATION);
	assert_false(q.busy);
	/* Of another interface it is no answer at all. */
	q = asked(TDISP_LOCK_REQ);
	in[4] = 0xee;
	assert_int_equal(tdisp_req_accept(&q, in, 24, &m), IL_E_FIELD);
	assert_true(q.busy);
	in[4] = 0xef;
	in[3] = 1; /* reserved */
	assert_int_equal(tdisp_req_accept(&q, in, 24, &m), IL_E_FIELD);
	in[3] = 0;
	assert_int_equal(tdisp_req_accept(&q, in, 23, &m), IL_E_SHORT);
	assert_true(q.busy);
}

static void an_undefined_response_code_counts_as_error(void **unused)
{
	(void)unused;
	for (unsigned code = 0; code < 256; code++) {
		struct tdisp_req q;
		uint8_t in[16] = { 0x10, (uint8_t)code, 0, 0, 0xef, 0xbe };
		struct tdisp_msg m;

		if ((code >= 1 && code <= 0x0b) || code == 0x7f)
			continue;
		q = asked(TDISP_STOP_REQ);
		assert_int_equal(tdisp_req_accept(&q, in, 16, &m), IL_E_PEER);
		assert_int_equal(m.code, TDISP_ERROR);
		assert_int_equal(m.error.code, TDISP_E_UNSPECIFIED);
		assert_false(q.busy);
	}
}

static void one_version_we_speak_among_many_is_enough(void **unused)
{
	struct tdisp_req q = asked(TDISP_GET_VERSION);
	uint8_t in[20] = { 0x11, 0x01, 0, 0, 0xef, 0xbe };
	struct tdisp_msg m;

	(void)unused;
	in[16] = 3;
	in[17] = 0x20;
	in[18] = 0x11;
	in[19] = 0x12;
	assert_int_equal(tdisp_req_accept(&q, in, 20, &m), IL_E_FIELD);
	in[19] = 0x10;
	assert_int_equal(tdisp_req_accept(&q, in, 20, &m), IL_OK);
	q = asked(TDISP_GET_VERSION);
	in[16] = 0;
	assert_int_equal(tdisp_req_accept(&q, in, 17, &m), IL_E_FIELD);
}

static void a_request_that_cannot_be_is_not_begun(void **unused)
{
	struct tdisp_req q, before;
	uint8_t out[64];

	(void)unused;
	memset(&q, 0, sizeof(q));
	tdisp_req_init(&q, 1);
	memcpy(&before, &q, sizeof(q));
	for (unsigned code = 0; code < 256; code++) {
		struct wr w = wr_over(out, 15);
		struct tdisp_msg m = { .code = (enum tdisp_code)code };
		bool req = code >= 0x81 && code <= 0x8b;

		assert_int_equal(tdisp_req_begin(&q, &m, &w),
				 req ? IL_E_SPACE : IL_E_ARG);
		assert_memory_equal(&q, &before, sizeof(q));
	}
	q = asked(TDISP_GET_STATE);
	memcpy(&before, &q, sizeof(q));
	struct tdisp_msg m = { .code = TDISP_STOP_REQ };
	struct wr w = wr_over(out, sizeof(out));

	assert_int_equal(tdisp_req_begin(&q, &m, &w), IL_E_STATE);
	assert_int_equal(tdisp_req_report_begin(&q, out, 1, 1, &w), IL_E_STATE);
	assert_int_equal(w.len, 0);
	assert_memory_equal(&q, &before, sizeof(q));
	tdisp_req_abort(&q);
	assert_int_equal(tdisp_req_begin(&q, &m, &w), IL_OK);
}

static void an_answer_to_nothing_is_refused(void **unused)
{
	struct tdisp_req q, before;
	uint8_t in[64];
	struct tdisp_msg m;
	struct wr w = wr_over(in, 0);
	size_t len;

	(void)unused;
	memset(&q, 0, sizeof(q));
	tdisp_req_init(&q, 0xbeef);
	memcpy(&before, &q, sizeof(q));
	good_answer(6, in);
	assert_int_equal(tdisp_req_accept(&q, in, 16, &m), IL_E_STATE);
	assert_int_equal(tdisp_req_report_accept(&q, in, 16, 8, &w, &len, NULL),
			 IL_E_STATE);
	assert_memory_equal(&q, &before, sizeof(q));
	/* A lone GET_REPORT is no collection. */
	q = asked(TDISP_GET_REPORT);
	assert_int_equal(tdisp_req_report_accept(&q, in, 16, 8, &w, &len, NULL),
			 IL_E_STATE);
}

/* A portion of @n bytes that leaves @rest. */
static size_t portion(uint8_t *out, uint16_t n, uint16_t rest)
{
	struct tdisp_msg m = { .version = 0x10, .code = TDISP_REPORT };
	static uint8_t data[64];
	struct wr w = wr_over(out, 128);

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	m.iface.function_id = 0xbeef;
	m.report.portion = n;
	m.report.remainder = rest;
	m.report.data = data;
	assert_int_equal(tdisp_encode(&w, &m), IL_OK);
	return w.len;
}

struct collect {
	struct tdisp_req q;
	uint8_t buf[40];
	uint8_t out[64];
	struct wr w;
	size_t len;
	uint32_t why;
};

static void collect_begin(struct collect *c, size_t cap, uint16_t part)
{
	memset(c, 0, sizeof(*c));
	tdisp_req_init(&c->q, 0xbeef);
	c->w = wr_over(c->out, sizeof(c->out));
	assert_int_equal(
		tdisp_req_report_begin(&c->q, c->buf, cap, part, &c->w), IL_OK);
}

static enum il_err collect_one(struct collect *c, uint16_t n, uint16_t rest,
			       uint16_t part)
{
	uint8_t in[128];
	size_t len = portion(in, n, rest);

	c->w = wr_over(c->out, sizeof(c->out));
	return tdisp_req_report_accept(&c->q, in, len, part, &c->w, &c->len,
				       &c->why);
}

static void portions_of_any_size_make_the_whole(void **unused)
{
	(void)unused;
	for (uint16_t part = 1; part <= 41; part++) {
		struct collect c;
		uint16_t at = 0;
		enum il_err err = IL_E_AGAIN;

		collect_begin(&c, 40, part);
		while (err == IL_E_AGAIN) {
			uint16_t left = (uint16_t)(40 - at);
			uint16_t n = left < part ? left : part;
			struct tdisp_msg m;

			assert_int_equal(tdisp_decode(c.out, c.w.len, &m),
					 IL_OK);
			assert_int_equal(m.get_report.offset, at);
			assert_int_equal(m.get_report.length, at ? n : part);
			at = (uint16_t)(at + n);
			err = collect_one(&c, n, (uint16_t)(40 - at), part);
			assert_true(tdisp_req_sane(&c.q));
		}
		assert_int_equal(err, IL_OK);
		assert_int_equal(at, 40);
		assert_int_equal(c.len, 40);
	}
}

static void portions_land_one_behind_the_other(void **unused)
{
	struct collect c;

	(void)unused;
	collect_begin(&c, 40, 6);
	assert_int_equal(collect_one(&c, 2, 3, 6), IL_E_AGAIN);
	assert_int_equal(collect_one(&c, 3, 0, 6), IL_OK);
	const uint8_t want[6] = { 0, 1, 0, 1, 2, 0 };

	assert_memory_equal(c.buf, want, 6);
	assert_int_equal(c.len, 5);
}

static void portions_that_cannot_be_change_nothing(void **unused)
{
	static const struct {
		uint16_t n, rest;
	} rows[] = {
		{ 0, 8 },      /* no progress */
		{ 7, 1 },      /* longer than asked */
		{ 4, 5 },      /* another total */
		{ 4, 3 },      /* another total */
		{ 6, 0xffff }, /* past what offsets can name */
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct collect c, before;

		collect_begin(&c, 40, 6);
		assert_int_equal(collect_one(&c, 4, 8, 6), IL_E_AGAIN);
		memcpy(&before, &c, sizeof(c));
		assert_int_equal(collect_one(&c, rows[i].n, rows[i].rest, 6),
				 IL_E_FIELD);
		assert_memory_equal(&c.q, &before.q, sizeof(c.q));
		assert_memory_equal(c.buf, before.buf, sizeof(c.buf));
		assert_int_equal(collect_one(&c, 6, 2, 6), IL_E_AGAIN);
	}
	struct collect c;

	collect_begin(&c, 40, 6);
	assert_int_equal(collect_one(&c, 6, 0xfffa, 6), IL_E_FIELD);
	assert_true(c.q.busy);
}

static void a_report_larger_than_the_buffer_ends_the_collection(void **unused)
{
	struct collect c;

	(void)unused;
	collect_begin(&c, 40, 6);
	assert_int_equal(collect_one(&c, 6, 35, 6), IL_E_SPACE);
	assert_false(c.q.busy);
	assert_null(c.q.rep);
	const uint8_t none[40] = { 0 };

	assert_memory_equal(c.buf, none, 40);
	collect_begin(&c, 40, 6);
	assert_int_equal(collect_one(&c, 6, 34, 6), IL_E_AGAIN);
}

static void a_refused_portion_ends_the_collection_with_its_reason(void **unused)
{
	struct collect c;
	uint8_t in[24] = { 0x10, 0x7f, 0, 0, 0xef, 0xbe };

	(void)unused;
	in[16] = TDISP_E_INVALID_INTERFACE_STATE;
	collect_begin(&c, 40, 6);
	assert_int_equal(
		tdisp_req_report_accept(&c.q, in, 24, 6, &c.w, &c.len, &c.why),
		IL_E_PEER);
	assert_int_equal(c.why, TDISP_E_INVALID_INTERFACE_STATE);
	assert_false(c.q.busy);
	assert_null(c.q.rep);
	assert_true(tdisp_req_sane(&c.q));
}

static void without_room_for_the_next_request_the_collection_ends(void **unused)
{
	struct collect c;
	uint8_t in[128];
	size_t n = portion(in, 2, 8);

	(void)unused;
	collect_begin(&c, 40, 6);
	c.w = wr_over(c.out, 19);
	assert_int_equal(
		tdisp_req_report_accept(&c.q, in, n, 6, &c.w, &c.len, NULL),
		IL_E_SPACE);
	assert_null(c.q.rep);
	assert_false(c.q.busy);
}

static void a_collection_needs_a_buffer_and_a_portion(void **unused)
{
	struct tdisp_req q, before;
	uint8_t buf[8], out[64];

	(void)unused;
	memset(&q, 0, sizeof(q));
	tdisp_req_init(&q, 1);
	memcpy(&before, &q, sizeof(q));
	struct wr w = wr_over(out, sizeof(out));

	assert_int_equal(tdisp_req_report_begin(&q, NULL, 8, 8, &w), IL_E_ARG);
	assert_int_equal(tdisp_req_report_begin(&q, buf, 0, 8, &w), IL_E_ARG);
	assert_int_equal(tdisp_req_report_begin(&q, buf, 8, 0, &w), IL_E_ARG);
	w = wr_over(out, 19);
	assert_int_equal(tdisp_req_report_begin(&q, buf, 8, 8, &w), IL_E_SPACE);
	assert_memory_equal(&q, &before, sizeof(q));
}

static void all_at_once_is_asked_for_with_ffff(void **unused)
{
	struct collect c;

	(void)unused;
	collect_begin(&c, 40, 0xffff);
	assert_int_equal(c.out[16] | c.out[17] << 8, 0);
	assert_int_equal(c.out[18] | c.out[19] << 8, 0xffff);
	assert_int_equal(collect_one(&c, 40, 0, 0xffff), IL_OK);
}

int run_req_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_recorded_conversation_is_one_we_could_have_had),
		cmocka_unit_test(
			the_recorded_report_is_collected_from_its_portions),
		cmocka_unit_test(
			only_the_answer_to_the_request_in_flight_counts),
		cmocka_unit_test(the_answer_to_another_request_is_refused),
		cmocka_unit_test(an_answer_of_the_wrong_length_changes_nothing),
		cmocka_unit_test(
			an_error_is_the_peers_refusal_and_ends_the_exchange),
		cmocka_unit_test(an_undefined_response_code_counts_as_error),
		cmocka_unit_test(one_version_we_speak_among_many_is_enough),
		cmocka_unit_test(a_request_that_cannot_be_is_not_begun),
		cmocka_unit_test(an_answer_to_nothing_is_refused),
		cmocka_unit_test(portions_of_any_size_make_the_whole),
		cmocka_unit_test(portions_land_one_behind_the_other),
		cmocka_unit_test(portions_that_cannot_be_change_nothing),
		cmocka_unit_test(
			a_report_larger_than_the_buffer_ends_the_collection),
		cmocka_unit_test(
			a_refused_portion_ends_the_collection_with_its_reason),
		cmocka_unit_test(
			without_room_for_the_next_request_the_collection_ends),
		cmocka_unit_test(a_collection_needs_a_buffer_and_a_portion),
		cmocka_unit_test(all_at_once_is_asked_for_with_ffff),
	};

	return cmocka_run_group_tests_name("tdisp req", tests, NULL, NULL);
}
