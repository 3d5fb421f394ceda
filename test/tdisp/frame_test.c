/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/vec.h"
#include "tdisp_test.h"

#define OUT_CAP 1024

struct talk {
	struct rig g;
	uint8_t out[OUT_CAP];
	size_t len;
	struct tdisp_msg m; /* the answer, decoded */
};

static void talk_init(struct talk *k, enum tdi_state state)
{
	rig_init(&k->g, state);
	k->len = 0;
}

static void give(struct talk *k, const uint8_t *in, size_t n)
{
	assert_int_equal(tdisp_rsp_handle(&k->g.r, SESSION, in, n, k->out,
					  OUT_CAP, &k->len),
			 IL_OK);
	assert_int_equal(tdisp_decode(k->out, k->len, &k->m), IL_OK);
	assert_false(k->m.rsvd_set);
	assert_int_equal(k->m.version, 0x10);
}

/* Sends @code to @fn with a body of zeros of @n bytes in all. */
static void say(struct talk *k, uint8_t version, uint8_t code, uint32_t fn,
		size_t n)
{
	uint8_t in[64] = { version,
			   code,
			   0,
			   0,
			   (uint8_t)fn,
			   (uint8_t)(fn >> 8),
			   (uint8_t)(fn >> 16),
			   (uint8_t)(fn >> 24) };

	give(k, in, n);
	/* Without what is reserved. */
	assert_int_equal(k->m.iface.function_id,
			 fn & (fn & 0x01000000 ? 0x01ffffff : 0x0000ffff));
}

static void expect_error(struct talk *k, uint32_t code, uint32_t data)
{
	assert_int_equal(k->m.code, TDISP_ERROR);
	assert_int_equal(k->m.error.code, code);
	assert_int_equal(k->m.error.data, data);
	assert_int_equal(k->len, 24);
}

/* The recorded requests, with the emulator's replies checked for shape: what
 * differs is what a device is free to say. */
static void the_recorded_requests_get_answers_of_the_recorded_kind(void **u)
{
	FILE *f = recording();
	static struct vec req, rsp;
	static struct talk k;
	uint8_t nonce[TDISP_NONCE_LEN] = { 0 };

	(void)u;
	talk_init(&k, TDI_UNLOCKED);
	tdi_host(&k.g.r, &k.g.tdis[0], true, 0xbeef);
	k.g.hw.rep.vendor_len = 6;
	while (vec_next(f, &req)) {
		assert_true(vec_next(f, &rsp));
		if (req.p[1] == TDISP_LOCK_REQ)
			req.p[18] = WANT_STREAM; /* our default stream */
		if (req.p[1] == TDISP_START_REQ)
			memcpy(req.p + 16, nonce, sizeof(nonce));
		if (req.p[1] == TDISP_GET_REPORT)
			req.p[16] /= 2; /* our report is shorter */
		give(&k, req.p, req.n);
		assert_int_equal(k.m.code, rsp.p[1]);
		if (k.m.code == TDISP_LOCK_RSP)
			memcpy(nonce, k.m.nonce, sizeof(nonce));
		if (k.m.code != TDISP_LOCK_RSP && k.m.code != TDISP_REPORT &&
		    k.m.code != TDISP_CAPABILITIES) {
			assert_int_equal(k.len, rsp.n);
			assert_memory_equal(k.out, rsp.p, rsp.n);
		}
	}
	fclose(f);
	assert_int_equal(k.g.tdis[0].state, TDI_UNLOCKED);
	assert_int_equal(k.g.hw.scrubs, 2);
}

static void bytes_below_a_header_have_no_answer(void **unused)
{
	static const uint8_t in[16] = { 0x10, 0x81 };

	(void)unused;
	for (size_t n = 0; n < 16; n++) {
		static struct talk k;
		static struct rig before;

		talk_init(&k, TDI_LOCKED);
		memcpy(&before, &k.g, sizeof(before));
		k.len = 77;
		assert_int_equal(tdisp_rsp_handle(&k.g.r, SESSION, in, n, k.out,
						  OUT_CAP, &k.len),
				 IL_E_SHORT);
		assert_int_equal(k.len, 77);
		assert_memory_equal(&before, &k.g, sizeof(before));
	}
}

static void another_version_is_a_mismatch(void **unused)
{
	(void)unused;
	for (unsigned version = 0; version < 256; version++)
		for (uint8_t code = 0x81; code <= 0x8b; code++) {
			static struct talk k;
			bool ok = version == 0x10 ||
				  (code == 0x81 && version >> 4 == 1);

			talk_init(&k, TDI_UNLOCKED);
			say(&k, (uint8_t)version, code, FN_ID, 16);
			if (ok)
				assert_true(k.m.code != TDISP_ERROR ||
					    k.m.error.code !=
						    TDISP_E_VERSION_MISMATCH);
			else
				expect_error(&k, TDISP_E_VERSION_MISMATCH, 0);
		}
}

static void an_undefined_request_is_unsupported_and_named(void **unused)
{
	static struct talk k;

	(void)unused;
	talk_init(&k, TDI_RUN);
	for (unsigned code = 0; code < 256; code++) {
		if (code >= 0x81 && code <= 0x8b)
			continue;
		say(&k, 0x10, (uint8_t)code, FN_ID, 16);
		expect_error(&k, TDISP_E_UNSUPPORTED_REQUEST, code);
	}
	assert_int_equal(k.g.tdis[0].state, TDI_RUN);
}

static void what_the_device_cannot_do_is_unsupported(void **unused)
{
	static const struct {
		size_t off; /* of the entry in the port */
		uint8_t codes[2];
		uint8_t map;
	} rows[] = {
		{ offsetof(struct tdi_port, bind_p2p), { 0x88, 0x89 }, 0x0c },
		{ offsetof(struct tdi_port, unbind_p2p), { 0x88, 0x89 }, 0x0c },
		{ offsetof(struct tdi_port, set_mmio_attr), { 0x8a }, 0x0b },
		{ offsetof(struct tdi_port, vdm), { 0x8b }, 0x07 },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct talk k;
		struct rig *g = &k.g;

		talk_init(&k, TDI_UNLOCKED);
		memset((uint8_t *)&g->port + rows[i].off, 0, sizeof(void *));
		tdisp_rsp_init(&g->r, &(struct tdisp_rsp_cfg){
					      .env = &g->env,
					      .port = &g->port,
					      .port_ctx = &g->hw,
					      .tdis = g->tdis,
					      .tdi_count = TDIS,
					      .report = g->rep,
					      .report_cap = REP_CAP });
		tdi_host(&g->r, &g->tdis[0], true, FN_ID);
		for (size_t j = 0; j < 2 && rows[i].codes[j]; j++) {
			say(&k, 0x10, rows[i].codes[j], FN_ID, 16);
			expect_error(&k, TDISP_E_UNSUPPORTED_REQUEST,
				     rows[i].codes[j]);
		}
		if (rows[i].map == 0x0c) /* neither without the other */
			assert_int_equal(g->r.caps.msgs[1], 0x0c);
		else
			assert_int_equal(g->r.caps.msgs[1], rows[i].map);
		assert_int_equal(g->r.caps.msgs[0], 0xfe);
	}
}

static void an_interface_is_named_by_all_that_is_not_reserved(void **unused)
{
	static const struct {
		uint32_t hosted; /* as the device knows itself */
		uint32_t asked;
		bool ok;
	} rows[] = {
		{ 0x0100, 0x0100, true },
		{ 0x0100, 0x0101, false },
		{ 0x0100, 0x8100, false },
		{ 0x0100, 0x00050100, true }, /* segment, but not valid */
		{ 0x01050100, 0x00060100, true },
		{ 0x0100, 0x01050100, true }, /* we do not know ours */
		{ 0x01050100, 0x01050100, true },
		{ 0x01050100, 0x01060100, false },
		{ 0x01050100, 0x0100, true },
		{ 0x0100, 0x02000100, true }, /* reserved */
		{ 0x0100, 0x80000100, true },
		{ 0x0100, 0xfe000101, false },
		/* The bus is not known: any will do. */
		{ 0x80000008, 0x0008, true },
		{ 0x80000008, 0x4708, true },
		{ 0x80000008, 0x4709, false },
		{ 0x80000008, 0x4710, false },
		{ 0x80000008, 0x01054708, true },
		{ 0x80000008, 0x80000008, true },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct talk k;

		talk_init(&k, TDI_UNLOCKED);
		tdi_host(&k.g.r, &k.g.tdis[0], true, rows[i].hosted);
		say(&k, 0x10, TDISP_GET_STATE, rows[i].asked, 16);
		if (rows[i].ok)
			assert_int_equal(k.m.code, TDISP_STATE);
		else
			expect_error(&k, TDISP_E_INVALID_INTERFACE, 0);
	}
	static struct talk k;
	uint8_t in[16] = { 0x10, TDISP_GET_STATE, 0, 0, 0, 1 };

	talk_init(&k, TDI_UNLOCKED);
	give(&k, in, 16);
	assert_int_equal(k.m.code, TDISP_STATE);
	for (size_t i = 6; i < 16; i++) {
		in[i] = i == 7 ? 0xfe : 0xff;
		give(&k, in, 16);
		assert_int_equal(k.m.code, TDISP_STATE);
		in[i] = 0;
		assert_memory_equal(k.out + 4, in + 4, 12); /* zero */
	}
	tdi_host(&k.g.r, &k.g.tdis[0], false, FN_ID);
	give(&k, in, 16);
	expect_error(&k, TDISP_E_INVALID_INTERFACE, 0);
}

static void each_interface_has_its_own_state(void **unused)
{
	static struct talk k;

	(void)unused;
	talk_init(&k, TDI_RUN);
	say(&k, 0x10, TDISP_GET_STATE, FN_ID, 16);
	assert_int_equal(k.m.state, TDI_RUN);
	say(&k, 0x10, TDISP_GET_STATE, FN_ID + 8, 16);
	assert_int_equal(k.m.state, TDI_UNLOCKED);
	k.g.hw.fn = 9;
	say(&k, 0x10, TDISP_VDM_REQ, FN_ID + 8, 18);
	assert_int_equal(k.m.code, TDISP_VDM_RSP);
	assert_int_equal(k.g.hw.fn, 1);
}

static void a_request_of_the_wrong_length_is_invalid(void **unused)
{
	static const uint8_t lens[] = { 16, 20, 36, 20, 16, 48,
					16, 17, 17, 32, 18 };

	(void)unused;
	for (uint8_t code = 0x81; code <= 0x8b; code++)
		for (size_t n = 16; n < 64; n++)
			for (unsigned st = 0; st < TDI_STATES; st += 2) {
				static struct talk k;
				static struct rig before;

				if (n == lens[code - 0x81] ||
				    (code == 0x8b && n > 18))
					continue;
				talk_init(&k, (enum tdi_state)st);
				memcpy(&before, &k.g, sizeof(before));
				say(&k, 0x10, code, FN_ID, n);
				expect_error(&k, TDISP_E_INVALID_REQUEST, 0);
				assert_memory_equal(&before.tdis, &k.g.tdis,
						    sizeof(before.tdis));
				assert_memory_equal(&before.hw, &k.g.hw,
						    sizeof(before.hw));
				assert_int_equal(k.g.f.last_ev,
						 TDISP_TRACE_REFUSED);
			}
}

static void reserved_bytes_of_a_request_do_not_matter(void **unused)
{
	static struct talk k;
	uint8_t in[36] = { 0x10, TDISP_LOCK_REQ, 1, 2, 0, 1 };

	(void)unused;
	talk_init(&k, TDI_UNLOCKED);
	in[18] = WANT_STREAM;
	in[19] = 0xff;
	give(&k, in, 36);
	assert_int_equal(k.m.code, TDISP_LOCK_RSP);
}

static void refusals_of_the_table_become_errors(void **unused)
{
	static struct talk k;

	(void)unused;
	talk_init(&k, TDI_UNLOCKED);
	say(&k, 0x10, TDISP_START_REQ, FN_ID, 48);
	expect_error(&k, TDISP_E_INVALID_INTERFACE_STATE, 0);
	talk_init(&k, TDI_LOCKED);
	say(&k, 0x10, TDISP_START_REQ, FN_ID, 48);
	expect_error(&k, TDISP_E_INVALID_NONCE, 0);
	k.g.hw.quiesce = IL_E_AGAIN;
	say(&k, 0x10, TDISP_STOP_REQ, FN_ID, 16);
	expect_error(&k, TDISP_E_BUSY, 0);
}

static void a_portion_is_cut_to_the_room_for_the_answer(void **unused)
{
	uint8_t in[20] = { 0x10, TDISP_GET_REPORT, 0, 0, 0, 1 };

	(void)unused;
	in[18] = in[19] = 0xff;
	for (size_t cap = 0; cap < 90; cap++) {
		static struct talk k;

		talk_init(&k, TDI_LOCKED);
		k.len = 77;
		enum il_err err = tdisp_rsp_handle(&k.g.r, SESSION, in, 20,
						   k.out, cap, &k.len);

		if (cap < 48) {
			assert_int_equal(err, IL_E_SPACE);
			assert_int_equal(k.len, 77);
			continue;
		}
		assert_int_equal(err, IL_OK);
		assert_int_equal(k.len, cap < 78 ? cap : 78);
		assert_int_equal(tdisp_decode(k.out, k.len, &k.m), IL_OK);
		assert_int_equal(k.m.report.portion + k.m.report.remainder, 58);
	}
}

static void without_room_nothing_is_done(void **unused)
{
	static struct talk k;
	static struct rig before;
	const uint8_t in[16] = { 0x10, TDISP_STOP_REQ, 0, 0, 0, 1 };

	(void)unused;
	talk_init(&k, TDI_RUN);
	memcpy(&before, &k.g, sizeof(before));
	assert_int_equal(
		tdisp_rsp_handle(&k.g.r, SESSION, in, 16, k.out, 47, &k.len),
		IL_E_SPACE);
	assert_memory_equal(&before, &k.g, sizeof(before));
}

static void a_vendor_answer_carries_the_question_s_vendor(void **unused)
{
	static struct talk k;
	const uint8_t in[22] = { 0x10, TDISP_VDM_REQ,
				 0,    0,
				 0,    1,
				 0,    0,
				 0,    0,
				 0,    0,
				 0,    0,
				 0,    0,
				 1,    3,
				 7,    8,
				 9,    5 };

	(void)unused;
	talk_init(&k, TDI_RUN);
	k.g.hw.vdm_len = 200;
	give(&k, in, 22);
	assert_int_equal(k.m.code, TDISP_VDM_RSP);
	assert_memory_equal(k.out + 16, in + 16, 5);
	assert_int_equal(k.m.vdm.len, 200);
	for (uint8_t i = 0; i < 200; i++)
		assert_int_equal(k.m.vdm.data[i], (uint8_t)(0x40 + i));
	/* And no copy of it is left behind the answer. */
	assert_false(
		bytes_hold(k.out + k.len, OUT_CAP - k.len, k.m.vdm.data, 16));
	/* Room for the copy of the answer is half the buffer, less a head. */
	k.g.hw.vdm_len = OUT_CAP / 2 - 273;
	give(&k, in, 22);
	assert_int_equal(k.m.code, TDISP_VDM_RSP);
	k.g.hw.vdm_len++;
	give(&k, in, 22);
	expect_error(&k, TDISP_E_UNSPECIFIED, 0);
}

static bool bend(void *ctx, const struct tdisp_msg *req, struct tdisp_msg *rsp)
{
	assert_int_equal(req->code, TDISP_GET_STATE);
	rsp->state = TDI_RUN;
	return *(bool *)ctx;
}

static void a_tap_may_bend_or_drop_an_answer(void **unused)
{
	static struct talk k;
	const uint8_t in[16] = { 0x10, TDISP_GET_STATE, 0, 0, 0, 1 };
	bool pass = true;

	(void)unused;
	talk_init(&k, TDI_UNLOCKED);
	k.g.r.tap = bend;
	k.g.r.tap_ctx = &pass;
	give(&k, in, 16);
	assert_int_equal(k.m.state, TDI_RUN);
	pass = false;
	assert_int_equal(tdisp_rsp_handle(&k.g.r, SESSION, in, 16, k.out,
					  OUT_CAP, &k.len),
			 IL_OK);
	assert_int_equal(k.len, 0);
}

int run_frame_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_recorded_requests_get_answers_of_the_recorded_kind),
		cmocka_unit_test(bytes_below_a_header_have_no_answer),
		cmocka_unit_test(another_version_is_a_mismatch),
		cmocka_unit_test(an_undefined_request_is_unsupported_and_named),
		cmocka_unit_test(what_the_device_cannot_do_is_unsupported),
		cmocka_unit_test(
			an_interface_is_named_by_all_that_is_not_reserved),
		cmocka_unit_test(each_interface_has_its_own_state),
		cmocka_unit_test(a_request_of_the_wrong_length_is_invalid),
		cmocka_unit_test(reserved_bytes_of_a_request_do_not_matter),
		cmocka_unit_test(refusals_of_the_table_become_errors),
		cmocka_unit_test(a_portion_is_cut_to_the_room_for_the_answer),
		cmocka_unit_test(without_room_nothing_is_done),
		cmocka_unit_test(a_vendor_answer_carries_the_question_s_vendor),
		cmocka_unit_test(a_tap_may_bend_or_drop_an_answer),
	};

	return cmocka_run_group_tests_name("tdisp frame", tests, NULL, NULL);
}
