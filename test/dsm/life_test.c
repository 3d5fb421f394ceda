/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_test.h"
#include "idekm/req.h"
#include "tdisp/req.h"

/* Sends @m about VF 1 through the session, as a requester would. */
static enum il_err tdisp(struct rig *g, struct tdisp_req *q,
			 const struct tdisp_msg *m, struct tdisp_msg *out)
{
	uint8_t p[256] = { TDISP_PROTOCOL };
	struct wr w = wr_over(p + 1, sizeof(p) - 1);
	enum il_err err = tdisp_req_begin(q, m, &w);

	assert_int_equal(err, IL_OK);
	err = carry(g, &g->a, p, w.len + 1);
	if (err)
		return err;
	assert_int_equal(g->ans[0], TDISP_PROTOCOL);
	return tdisp_req_accept(q, g->ans + 1, g->ans_len - 1, out);
}

static enum il_err idekm(struct rig *g, const struct idekm_msg *m)
{
	uint8_t p[64] = { IDEKM_PROTOCOL };
	struct wr w = wr_over(p + 1, sizeof(p) - 1);
	struct idekm_req q;
	struct idekm_msg out;
	enum il_err err;

	idekm_req_init(&q);
	assert_int_equal(idekm_req_begin(&q, m, &w), IL_OK);
	err = carry(g, &g->a, p, w.len + 1);
	if (err)
		return err;
	assert_int_equal(g->ans[0], IDEKM_PROTOCOL);
	return idekm_req_accept(&q, g->ans + 1, g->ans_len - 1, &out);
}

static void six_keys(struct rig *g)
{
	for (uint8_t i = 0; i < 6; i++) {
		struct idekm_msg m = { .object = IDEKM_KEY_PROG };

		m.ref.stream = STREAM;
		m.ref.dir = i / 3;
		m.ref.sub = i % 3;
		m.key[0] = 0x44;
		m.ifv[7] = 1;
		assert_int_equal(idekm(g, &m), IL_OK);
		m.object = IDEKM_K_SET_GO;
		assert_int_equal(idekm(g, &m), IL_OK);
	}
}

static void a_device_lives_from_connect_to_stop(void **unused)
{
	struct rig *g = rig_new();
	struct tdisp_req q;
	struct tdisp_msg m = { .code = TDISP_GET_VERSION }, out;

	(void)unused;
	rig_start(g);
	(void)session(g, &g->a);
	assert_int_equal(idekm(g, &(struct idekm_msg){ .object = IDEKM_QUERY }),
			 IL_OK);
	assert_int_equal(g->ans_len, 16);
	six_keys(g);
	tdisp_req_init(&q, 0x100 + VF1);
	assert_int_equal(tdisp(g, &q, &m, &out), IL_OK);
	m.code = TDISP_GET_CAPABILITIES;
	assert_int_equal(tdisp(g, &q, &m, &out), IL_OK);
	assert_int_equal(out.caps.addr_width, 52);
	assert_int_equal(out.caps.msgs[1], 0x0f);
	m.code = TDISP_LOCK_REQ;
	m.lock = (struct tdisp_lock){ .flags = TDISP_LOCK_BIND_P2P,
				      .default_stream = STREAM };
	assert_int_equal(tdisp(g, &q, &m, &out), IL_OK);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_LOCKED);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF2), TDI_UNLOCKED);
	m.code = TDISP_START_REQ;
	memcpy(m.nonce, out.nonce, sizeof(m.nonce));
	assert_int_equal(tdisp(g, &q, &m, &out), IL_OK);
	m.code = TDISP_GET_STATE;
	assert_int_equal(tdisp(g, &q, &m, &out), IL_OK);
	assert_int_equal(out.state, TDI_RUN);
	m.code = TDISP_STOP_REQ;
	assert_int_equal(tdisp(g, &q, &m, &out), IL_OK);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_UNLOCKED);
	assert_int_equal(g->hw.scrubs, 1);
	assert_int_equal(g->hw.fn, VF1);
	assert_int_equal(run(g, &g->a, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_int_equal(g->hw.kills, 1);
	rig_free(g);
}

static void the_report_comes_in_portions_through_the_session(void **unused)
{
	struct rig *g = rig_new();
	struct tdisp_req q;
	uint8_t buf[256], p[64] = { TDISP_PROTOCOL };
	size_t len = 0;
	enum il_err err;
	uint32_t s;

	(void)unused;
	rig_start(g);
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	bring(g, s, VF1, TDI_LOCKED);
	tdisp_req_init(&q, 0x100 + VF1);
	struct wr w = wr_over(p + 1, sizeof(p) - 1);

	err = tdisp_req_report_begin(&q, buf, sizeof(buf), 7, &w);
	assert_int_equal(err, IL_OK);
	do {
		assert_int_equal(carry(g, &g->a, p, w.len + 1), IL_OK);
		w = wr_over(p + 1, sizeof(p) - 1);
		err = tdisp_req_report_accept(&q, g->ans + 1, g->ans_len - 1, 7,
					      &w, &len, NULL);
	} while (err == IL_E_AGAIN);
	assert_int_equal(err, IL_OK);
	struct tdisp_report r;

	assert_int_equal(tdisp_report_decode(buf, len, &r), IL_OK);
	assert_int_equal(r.ranges[0].first_page, 0x1000 + VF1);
	rig_free(g);
}

/* Law 1 */
static void outside_a_session_there_is_no_answer(void **unused)
{
	struct rig *g = rig_new();
	/* VENDOR_DEFINED_REQUEST 1.2, PCI-SIG, vendor 1, TDISP STOP to PF 0 */
	uint8_t in[28] = { 0x12, 0xfe, 0, 0,	3,    0, 2, 1, 0,
			   17,	 0,    1, 0x10, 0x87, 0, 0, 0, 1 };
	uint8_t out[BUF];
	size_t len = 99;
	enum spdm_kind kind;
	uint32_t s;

	(void)unused;
	rig_start(g);
	assert_int_equal(dsm_handle(&g->d, 0, SPDM_PLAIN, in, 28, out, BUF,
				    &len, &kind, 0),
			 IL_OK);
	assert_int_equal(len, 0);
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	bring(g, s, PF0, TDI_RUN);
	len = 99;
	assert_int_equal(dsm_handle(&g->d, 0, SPDM_PLAIN, in, 28, out, BUF,
				    &len, &kind, 0),
			 IL_OK);
	assert_int_equal(len, 0);
	assert_int_equal(dsm_tdi_state(&g->d.pci, PF0), TDI_RUN);
	rig_free(g);
}

/* Laws 2 and 3 */
static void when_the_session_ends_all_that_rode_on_it_falls(void **unused)
{
	struct rig *g = rig_new();
	uint32_t s, t;

	(void)unused;
	rig_start(g);
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	key_all(g, s, PEER);
	bring(g, s, PF0, TDI_RUN);
	bring(g, s, VF1, TDI_LOCKED);
	bring(g, s, VF2, TDI_ERROR);
	assert_int_equal(run(g, &g->a, SPDM_OP_END_SESSION, NULL), IL_OK);
	assert_int_equal(g->hw.kills, 2);
	assert_int_equal(dsm_tdi_state(&g->d.pci, PF0), TDI_ERROR);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_ERROR);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF2), TDI_ERROR);
	assert_int_equal(dsm_tdi_state(&g->d.pci, PF1), TDI_UNLOCKED);
	assert_false(idekm_rsp_has_keys(&g->d.pci.idekm, 0, STREAM));
	assert_false(idekm_rsp_has_keys(&g->d.pci.idekm, 2, PEER));
	/* A new session finds the door open, and nothing else. */
	t = session(g, &g->a);
	assert_int_not_equal(s, t);
	assert_int_equal(ask(g, t, PF0, TDISP_START_REQ), TDISP_ERROR);
	assert_int_equal(ask(g, t, PF0, TDISP_STOP_REQ), TDISP_STOP_RSP);
	assert_int_equal(dsm_tdi_state(&g->d.pci, PF0), TDI_UNLOCKED);
	assert_int_equal(ask(g, t, PF0, TDISP_LOCK_REQ), TDISP_ERROR);
	assert_int_equal(error_code(g), TDISP_E_INVALID_REQUEST);
	key_all(g, t, STREAM);
	bring(g, t, PF0, TDI_RUN);
	rig_free(g);
}

static void a_silent_requester_loses_its_session_and_its_tdis(void **unused)
{
	struct rig *g = rig_new();
	uint32_t s;

	(void)unused;
	rig_start(g);
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	bring(g, s, VF1, TDI_RUN);
	(void)dsm_tick(&g->d, UINT64_C(100000000000));
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_ERROR);
	assert_int_equal(g->hw.kills, 1);
	assert_true(dsm_sane(&g->d));
	rig_free(g);
}

static void a_new_connection_ends_the_session_and_all_on_it(void **unused)
{
	struct rig *g = rig_new();
	uint32_t s;

	(void)unused;
	rig_start(g);
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	bring(g, s, VF1, TDI_RUN);
	assert_int_equal(run(g, &g->b, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_ERROR);
	assert_false(idekm_rsp_has_keys(&g->d.pci.idekm, 0, STREAM));
	rig_free(g);
}

static void an_end_of_another_session_touches_nothing(void **unused)
{
	struct rig *g = rig_new();
	uint32_t s;

	(void)unused;
	rig_start(g);
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	bring(g, s, VF1, TDI_RUN);
	rig_ended(g, 0, s + 1);
	rig_ended(g, 0, 0);
	assert_int_equal(dsm_tdi_state(&g->d.pci, VF1), TDI_RUN);
	assert_int_equal(dsm_tdi_state(&g->d.pci, PF0), TDI_UNLOCKED);
	assert_int_equal(g->hw.kills, 0);
	rig_free(g);
}

/* PCIe TDISP 1.0 §11.2.2 */
static void under_another_cipher_there_is_no_answer(void **unused)
{
	static const uint16_t other[] = { SPDM_AEAD_AES_128_GCM,
					  SPDM_AEAD_CHACHA20_POLY1305 };
	const uint8_t query[4] = { 0, IDEKM_QUERY, 0, 0 };
	const uint8_t version[17] = { 1, 0x10, TDISP_GET_VERSION, 0, 0, 0, 1 };

	(void)unused;
	for (size_t i = 0; i < COUNT(other); i++) {
		struct rig *g = rig_new();
		uint32_t s;

		rig_start(g);
		s = session(g, &g->a);
		tell(g, s, query, 4);
		assert_int_not_equal(g->ans_len, 0);
		g->conns[0].rsp.cfg.ses[0].keys.aead = other[i];
		tell(g, s, query, 4);
		assert_int_equal(g->ans_len, 0);
		tell(g, s, version, 17);
		assert_int_equal(g->ans_len, 0);
		rig_free(g);
	}
}

static void other_protocols_and_no_protocol_are_refused(void **unused)
{
	struct rig *g = rig_new();
	uint8_t p[32] = { 2 };
	uint32_t s;

	(void)unused;
	rig_start(g);
	s = session(g, &g->a);
	assert_int_equal(carry(g, &g->a, p, 32), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&g->a.req),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(rig_vendor(g, 0, s, p, 32, 64), IL_E_FIELD);
	assert_int_equal(rig_vendor(g, 0, s, p, 0, 64), IL_E_SHORT);
	p[0] = TDISP_PROTOCOL;
	assert_int_equal(rig_vendor(g, 0, s, p, 16, 64), IL_E_SHORT);
	assert_int_equal(g->ans_len, 0);
	for (size_t cap = 0; cap < 49; cap++) {
		assert_int_equal(rig_vendor(g, 0, s, p, 17, cap), IL_E_SPACE);
		assert_int_equal(g->ans_len, 0);
	}
	assert_int_equal(rig_vendor(g, 0, s, p, 17, 49), IL_OK);
	assert_int_equal(g->ans_len, 25);
	rig_free(g);
}

static void what_ide_km_leaves_unanswered_has_no_answer(void **unused)
{
	struct rig *g = rig_new();
	const uint8_t go[8] = { 0, IDEKM_K_SET_GO, 0, 0, STREAM, 0, 0, 0 };

	(void)unused;
	rig_start(g);
	(void)session(g, &g->a);
	assert_int_equal(carry(g, &g->a, go, 8), IL_E_TIMEOUT);
	assert_int_equal(g->hw.goes, 0);
	rig_free(g);
}

static void measurements_and_foreign_messages_reach_the_device(void **unused)
{
	static const uint8_t vid[2] = { 0x98, 0x1e };
	struct rig *g = rig_new();
	const struct spdm_req_args meas = { .index = 1 };
	const struct spdm_req_args cxl = {
		.vdm = { SPDM_STD_PCISIG, { vid, 2 }, { vid, 2 } }
	};

	(void)unused;
	rig_start(g);
	(void)session(g, &g->a);
	assert_int_equal(run(g, &g->a, SPDM_OP_MEASURE, &meas), IL_OK);
	assert_int_equal(run(g, &g->a, SPDM_OP_VENDOR, &cxl), IL_OK);
	assert_int_equal(spdm_req_answer(&g->a.req)->payload.n, 2);
	rig_free(g);
}

static bool bend_km(void *ctx, const struct idekm_msg *req,
		    struct idekm_msg *rsp)
{
	(void)ctx;
	(void)req;
	rsp->devfn = 0x55;
	return true;
}

static bool bend_tdisp(void *ctx, const struct tdisp_msg *req,
		       struct tdisp_msg *rsp)
{
	(void)ctx;
	(void)req;
	rsp->state = TDI_RUN;
	return true;
}

static void bend_spdm(void *ctx, uint32_t sid, enum spdm_tap_stage stage,
		      struct spdm_msg *rsp)
{
	struct rig *g = ctx;

	(void)sid;
	(void)stage;
	(void)rsp;
	g->f.next++;
}

static void bend_payload(void *ctx, const uint8_t *in, size_t n, uint8_t *out,
			 size_t cap, size_t *len)
{
	(void)ctx;
	(void)n;
	assert_true(in[0] <= 1);
	assert_true(*len < cap);
	out[*len] = 0xee;
	(*len)++;
}

static void taps_see_each_layer(void **unused)
{
	struct rig *g = rig_new();
	const uint8_t query[4] = { 0, IDEKM_QUERY, 0, 0 };
	uint8_t before;

	(void)unused;
	g->tap = (struct dsm_tap){ bend_spdm, bend_km, bend_tdisp,
				   bend_payload };
	g->cfg.tap = &g->tap;
	g->cfg.tap_ctx = g;
	rig_start(g);
	before = g->f.next;
	assert_int_equal(run(g, &g->a, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_not_equal(g->f.next, before);
	tell(g, 5, query, 4);
	assert_int_equal(g->ans_len, 17);
	assert_int_equal(g->ans[4], 0x55);
	assert_int_equal(g->ans[16], 0xee);
	assert_int_equal(ask(g, 5, PF0, TDISP_GET_STATE), TDISP_STATE);
	assert_int_equal(g->ans[17], TDI_RUN);
	assert_int_equal(g->ans_len, 19);
	rig_free(g);
}

static void what_the_device_cannot_do_is_not_offered(void **unused)
{
	struct rig *g = rig_new();

	(void)unused;
	g->port.bind_p2p = NULL;
	g->port.set_mmio_attr = NULL;
	g->port.vdm = NULL;
	g->port.tdi_entered = NULL;
	rig_start(g);
	assert_int_equal(ask(g, 5, PF0, TDISP_GET_CAPABILITIES),
			 TDISP_CAPABILITIES);
	assert_int_equal(g->ans[21], 0xfe);
	assert_int_equal(g->ans[22], 0);
	assert_int_equal(ask(g, 5, PF0, TDISP_VDM_REQ), TDISP_ERROR);
	assert_int_equal(error_code(g), TDISP_E_UNSUPPORTED_REQUEST);
	key_all(g, 5, STREAM);
	bring(g, 5, PF0, TDI_RUN);
	rig_free(g);
}

static void a_device_that_lacks_something_is_not_begun(void **unused)
{
	struct rig *g = rig_new();
	struct dsm_cfg good = g->cfg;
	const size_t must = offsetof(struct dsm_port, bind_p2p);

	(void)unused;
	for (size_t off = 0; off < must; off += sizeof(void *)) {
		struct dsm_port port = g->port;

		memset((uint8_t *)&port + off, 0, sizeof(void *));
		g->cfg.pci.port = &port;
		assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	}
	g->cfg = good;
	g->fns[2].pf = TDIS;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->fns[2].pf = 0;
	g->cfg.pci.env = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->cfg = good;
	g->cfg.pci.why = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->cfg = good;
	g->cfg.pci.report = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->cfg = good;
	g->cfg.pci.tdis = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->cfg = good;
	g->cfg.pci.streams = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->cfg = good;
	g->cfg.pci.fns = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->cfg = good;
	g->cfg.pci.port = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->cfg = good;
	g->cfg.spdm.port = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	g->cfg = good;
	g->cfg.spdm.crypto = NULL;
	assert_int_equal(dsm_init(&g->d, &g->cfg), IL_E_ARG);
	memset(&g->d, 0, sizeof(g->d));
	rig_free(g);
}

static void sanity_sees_a_tdi_without_its_session_and_an_insane_one(void **u)
{
	struct rig *g = rig_new();
	uint32_t s;

	(void)u;
	rig_start(g);
	s = session(g, &g->a);
	key_all(g, s, STREAM);
	bring(g, s, VF1, TDI_RUN);
	assert_true(dsm_sane(&g->d));
	g->tdis[VF1].session = token(g, s) + 1;
	assert_false(dsm_sane(&g->d));
	g->tdis[VF1].session = token(g, s);
	g->tdis[VF2].rep_len = 1;
	assert_false(dsm_sane(&g->d));
	g->tdis[VF2].rep_len = 0;
	g->d.pci.idekm.owner = 0;
	assert_false(dsm_sane(&g->d));
	g->d.pci.idekm.owner = token(g, s);
	assert_true(dsm_sane(&g->d));
	rig_free(g);
}

int run_life_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_lives_from_connect_to_stop),
		cmocka_unit_test(
			the_report_comes_in_portions_through_the_session),
		cmocka_unit_test(outside_a_session_there_is_no_answer),
		cmocka_unit_test(
			when_the_session_ends_all_that_rode_on_it_falls),
		cmocka_unit_test(
			a_silent_requester_loses_its_session_and_its_tdis),
		cmocka_unit_test(
			a_new_connection_ends_the_session_and_all_on_it),
		cmocka_unit_test(an_end_of_another_session_touches_nothing),
		cmocka_unit_test(under_another_cipher_there_is_no_answer),
		cmocka_unit_test(other_protocols_and_no_protocol_are_refused),
		cmocka_unit_test(what_ide_km_leaves_unanswered_has_no_answer),
		cmocka_unit_test(
			measurements_and_foreign_messages_reach_the_device),
		cmocka_unit_test(taps_see_each_layer),
		cmocka_unit_test(what_the_device_cannot_do_is_not_offered),
		cmocka_unit_test(a_device_that_lacks_something_is_not_begun),
		cmocka_unit_test(
			sanity_sees_a_tdi_without_its_session_and_an_insane_one),
	};

	return cmocka_run_group_tests_name("dsm life", tests, NULL, NULL);
}
