/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"
#include "tsm_tests.h"

/* What the other tests do not reach: books that lie, storage that ends,
 * answers that SPDM let through. */

#define LIE(field, value)                         \
	do {                                      \
		__typeof__(field) old_ = (field); \
		assert_true(tsm_sane(r->t));      \
		(field) = (value);                \
		assert_false(tsm_sane(r->t));     \
		(field) = old_;                   \
	} while (0)

static void a_core_sees_books_that_do_not_add_up(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_conn *spare = &r->t->conn[1];
	struct tsm_bind *none = &r->t->bind[2];

	(void)unused;
	rig_running(r);
	LIE(r->conn->state, TSM_CONN_STATES);
	LIE(r->conn->stream, TSM_STREAM_STATES);
	LIE(spare->stream, TSM_STREAM_ON);
	LIE(spare->session, 1);
	LIE(spare->op.verb, TSM_CONNECT);
	LIE(r->conn->stream, TSM_STREAM_RX);
	LIE(r->conn->stream, TSM_STREAM_DEAD);
	LIE(r->conn->session, 0);
	LIE(r->conn->op.waiting, true);
	LIE(r->conn->key_set, 2);
	LIE(r->bind->state, TSM_BIND_STATES);
	LIE(none->dma_on, true);
	LIE(none->mmio_pages, 1);
	LIE(none->lock.id, 1);
	LIE(r->bind->state, TSM_BIND_ERROR); /* with a lock session */
	LIE(r->bind->lock.id, 0);
	LIE(r->bind->session, r->bind->session + 1);
	LIE(r->bind->nonce_live, true); /* in RUN */
	assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
	LIE(r->bind->lock.report_valid, true);
	LIE(r->bind->lock.meas_valid, true);
	LIE(r->bind->dma_on, true);
	tsm_isolate(r->conn);
	LIE(r->conn->session, 1);
	LIE(r->conn->digests, true);
	LIE(r->conn->stream, TSM_STREAM_ON);
	rig_free(r);
}

static void a_core_that_does_not_fit_is_not_made(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_cfg cfg = r->t->cfg;
	bool made = false;

	(void)unused;
	cfg.limits.msg = cfg.limits.chain = cfg.limits.blob = 4096;
	for (size_t cap = 4096; !made; cap += 4096) {
		struct tsm *t = NULL;
		struct arena a;
		enum il_err err;

		assert_true(cap < 1 << 20);
		assert_int_equal(arena_map(&a, 0, cap), IL_OK);
		err = tsm_new(&a, &cfg, &t);
		made = err == IL_OK;
		if (made) {
			for (unsigned i = 0; i < cfg.limits.conns; i++)
				assert_true(t->conn[i].msg && t->conn[i].blob &&
					    t->conn[i].chain &&
					    t->conn[i].vca && t->conn[i].meas &&
					    t->conn[i].scratch);
			assert_non_null(t->bind);
		} else {
			assert_int_equal(err, IL_E_NOMEM);
			assert_null(t);
		}
		arena_unmap(&a);
	}
	rig_free(r);
}

/* Law 1. */
static void nothing_of_ours_leaves_outside_a_session(void **unused)
{
	struct rig *r = rig_new();
	uint64_t session;

	(void)unused;
	r->conn->pay[0] = TDISP_PROTOCOL;
	assert_int_equal(tsm_send_vendor(r->conn, 1), IL_E_STATE);
	assert_int_equal(rig_connect(r), IL_OK);
	session = r->conn->session;
	r->conn->session = 0;
	assert_int_equal(tsm_send_vendor(r->conn, 1), IL_E_STATE);
	r->conn->session = session;
	assert_int_equal(tsm_send_vendor(r->conn, 1), IL_E_AGAIN);
	rig_free(r);
}

static void an_answer_of_another_vendor_is_not_ours(void **unused)
{
	static const uint8_t pci[2] = { 1, 0 }, other[2] = { 2, 0 };
	static const uint8_t body[3] = { TDISP_PROTOCOL, 5, 6 };
	struct rig *r = rig_new();
	struct spdm_vdm *v = &r->conn->spdm.answer;
	struct spdm_span s = { 0 };

	(void)unused;
#define ANSWER(std, id, id_len, n)                          \
	*v = (struct spdm_vdm){ .standard = (std),          \
				.vid = { (id), (id_len) },  \
				.payload = { body, (n) } }; \
	r->rsp_len = 0
	ANSWER(SPDM_STD_PCISIG, pci, 2, 3);
	assert_int_equal(tsm_vendor_answer(r->conn, TDISP_PROTOCOL, &s), IL_OK);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.p[0], 5);
	ANSWER(SPDM_STD_DMTF, pci, 2, 3);
	assert_int_equal(tsm_vendor_answer(r->conn, TDISP_PROTOCOL, &s),
			 IL_E_FIELD);
	ANSWER(SPDM_STD_PCISIG, other, 2, 3);
	assert_int_equal(tsm_vendor_answer(r->conn, TDISP_PROTOCOL, &s),
			 IL_E_FIELD);
	ANSWER(SPDM_STD_PCISIG, pci, 1, 3);
	assert_int_equal(tsm_vendor_answer(r->conn, TDISP_PROTOCOL, &s),
			 IL_E_FIELD);
	ANSWER(SPDM_STD_PCISIG, pci, 2, 0);
	assert_int_equal(tsm_vendor_answer(r->conn, TDISP_PROTOCOL, &s),
			 IL_E_SHORT);
	ANSWER(SPDM_STD_PCISIG, pci, 2, 3);
	assert_int_equal(tsm_vendor_answer(r->conn, IDEKM_PROTOCOL, &s),
			 IL_E_FIELD);
#undef ANSWER
	rig_free(r);
}

static void a_free_connection_takes_no_verb(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { .force = true };

	(void)unused;
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	assert_int_equal(tsm_begin(r->conn, TSM_DISCONNECT, &a), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_VERBS, &a), IL_E_ARG);
	assert_int_equal(tsm_begin(r->conn, TSM_NO_VERB, &a), IL_E_ARG);
	rig_free(r);
}

static void a_tdi_in_use_by_a_verb_is_not_forgotten(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	struct tsm_args get = { 0 };

	(void)unused;
	rig_bound(r);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_OK);
	get.bind = r->bind;
	assert_int_equal(tsm_begin(r->conn, TSM_GET_STATE, &get), IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	assert_int_equal(tsm_bind_free(r->bind), IL_E_STATE);
	assert_int_equal(tsm_bind_own(r->bind, RIG_TVM), IL_E_STATE);
	assert_int_equal(rig_step(r), IL_OK);
	/* a verb without binding is in nobody's way */
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_OK);
	assert_int_equal(tsm_bind_free(r->bind), IL_OK);
	rig_free(r);
}

static void evidence_that_does_not_fit_is_refused(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { .nonce = { 1 } };
	size_t vca;

	(void)unused;
	rig_bound(r);
	assert_int_equal(rig_lock(r), IL_OK);
	vca = r->conn->spdm.vca_len;
	r->conn->spdm.vca_len = 0;
	assert_int_equal(rig_run(r, TSM_MEASURE, &a), IL_E_FIELD);
	r->conn->spdm.vca_len = vca;
	r->t->cfg.limits.blob = vca + 32;
	assert_int_equal(rig_run(r, TSM_MEASURE, &a), IL_E_SPACE);
	assert_false(tsm_lock_info(r->bind)->meas_valid);
	assert_int_equal(r->conn->blob_len, 0);
	r->t->cfg.limits.blob = 32;
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_E_SPACE);
	assert_false(tsm_lock_info(r->bind)->report_valid);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_READY);
	r->t->cfg.limits.blob = 4096;
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_OK);
	rig_free(r);
}

static unsigned error_at, error_seen;

static void state_error(struct peer *p, const struct tdisp_msg *req,
			struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code != TDISP_GET_STATE || ++error_seen != error_at)
		return;
	rsp->code = TDISP_ERROR;
	memset(&rsp->error, 0, sizeof(rsp->error));
	rsp->error.code = TDISP_E_UNSPECIFIED;
}

static void fail_state(struct rig *r, unsigned at)
{
	error_at = at;
	error_seen = 0;
	r->p->on_tdisp = state_error;
}

/* A device that will not tell its state is taken at its worst. */
static void a_state_that_is_refused_is_no_state(void **unused)
{
	struct rig *r;

	(void)unused;
	for (unsigned at = 1; at <= 2; at++) {
		r = rig_new();
		rig_bound(r);
		fail_state(r, at);
		assert_int_equal(rig_lock(r), IL_E_PEER);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
		rig_free(r);
	}
	r = rig_new();
	rig_locked(r);
	fail_state(r, 1);
	assert_int_equal(rig_verb(r, TSM_START), IL_E_PEER);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
	fail_state(r, 1);
	assert_int_equal(rig_verb(r, TSM_STOP), IL_E_PEER);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_DEAD);
	rig_free(r);
}

/* Nor does what was granted outlive the question. */
static void grants_end_when_the_device_refuses_to_tell_its_state(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_running(r);
	tsm_dma_set(r->bind, true);
	fail_state(r, 1);
	assert_int_equal(rig_verb(r, TSM_GET_STATE), IL_E_PEER);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_ERROR);
	assert_int_equal(tsm_lock_info(r->bind)->id, 0);
	assert_false(tsm_dma_on(r->bind));
	/* The session is whole: STOP leads out. */
	assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
	rig_free(r);
}

static enum tdisp_code refused;

static void refuse(struct peer *p, const struct tdisp_msg *req,
		   struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code != refused)
		return;
	rsp->code = TDISP_ERROR;
	memset(&rsp->error, 0, sizeof(rsp->error));
	rsp->error.code = TDISP_E_UNSPECIFIED;
}

static void each_refusal_of_the_device_ends_its_verb(void **unused)
{
	static const struct {
		enum tdisp_code code;
		enum tsm_verb verb;
		enum tsm_bind_state state;
	} t[] = {
		{ TDISP_GET_VERSION, TSM_LOCK, TSM_BIND_UNLOCKED },
		{ TDISP_GET_CAPABILITIES, TSM_LOCK, TSM_BIND_UNLOCKED },
		{ TDISP_LOCK_REQ, TSM_LOCK, TSM_BIND_UNLOCKED },
		{ TDISP_GET_REPORT, TSM_REPORT, TSM_BIND_LOCKED },
		{ TDISP_START_REQ, TSM_START, TSM_BIND_UNLOCKED },
		{ TDISP_STOP_REQ, TSM_STOP, TSM_BIND_DEAD },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct rig *r = rig_new();

		if (t[i].verb == TSM_LOCK)
			rig_bound(r);
		else
			rig_locked(r);
		refused = t[i].code;
		r->p->on_tdisp = refuse;
		assert_int_equal(t[i].verb == TSM_LOCK ? rig_lock(r)
						       : rig_verb(r, t[i].verb),
				 IL_E_PEER);
		assert_int_equal(tsm_bind_state(r->bind), t[i].state);
		rig_free(r);
	}
}

/* The layout of the image follows from its own capability register. */
static void an_ide_image_is_compared_by_its_own_layout(void **unused)
{
	static const struct {
		uint32_t dw[10];
		unsigned change; /* the dword that differs */
		bool same;
	} t[] = {
		/* one link stream: capability, control; control, status */
		{ { 0x41, 0, 1, 2, 0, 0, 0, 0, 0, 0 }, 3, false },
		/* link and selective without address block */
		{ { 0x43, 0, 7, 7, 0, 9, 2, 5, 5, 0 }, 9, false },
		/* four link streams fill the image */
		{ { 0x6041, 0, 1, 2, 1, 2, 1, 2, 1, 2 }, 3, true },
		{ { 0x6041, 0, 1, 2, 1, 2, 1, 2, 1, 2 }, 9, true },
		{ { 0x6041, 0, 1, 2, 1, 2, 1, 2, 1, 2 }, 8, false },
		{ { 0x6041, 0, 1, 2, 1, 2, 1, 2, 1, 2 }, 2, false },
		/* five do not fit */
		{ { 0x8041, 0, 1, 2, 1, 2, 1, 2, 1, 2 }, 3, false },
		/* a selective block longer than the image */
		{ { 0x42, 0, 2, 7, 2, 1, 1, 0, 0, 0 }, 4, false },
		/* two blocks where one fits */
		{ { 0x10042, 0, 1, 7, 2, 1, 1, 0, 0, 0 }, 4, false },
		/* nothing but two registers, then bytes that belong nowhere */
		{ { 0x40, 0, 1, 0, 0, 0, 0, 0, 0, 0 }, 2, false },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct rig *r = rig_new();

		memcpy(r->p->image, t[i].dw, sizeof(r->p->image));
		memcpy(r->p->shown, t[i].dw, sizeof(r->p->shown));
		r->p->shown[t[i].change] ^= 0x10;
		assert_int_equal(rig_connect(r),
				 t[i].same ? IL_OK : IL_E_FIELD);
		rig_free(r);
	}
}

/* --- each fallible step fails once --- */

static struct crypto_ops failing;
static const struct crypto_ops *real;
static unsigned fail_at, calls;

static bool now(void)
{
	return ++calls == fail_at;
}

static enum il_err hash(void *ctx, enum crypto_hash_alg alg,
			const struct crypto_span *parts, size_t n, uint8_t *out)
{
	return now() ? IL_E_NOMEM : real->hash(ctx, alg, parts, n, out);
}

static enum il_err seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			const void *aad, size_t aad_len, const uint8_t *in,
			size_t len, uint8_t *out, uint8_t *tag, size_t tag_len)
{
	return now() ? IL_E_NOMEM
		     : real->aead_seal(ctx, s, iv, aad, aad_len, in, len, out,
				       tag, tag_len);
}

static enum il_err pubkey(void *ctx, struct crypto_slot s,
			  enum crypto_curve *curve, uint8_t *pub_out)
{
	return now() ? IL_E_NOMEM : real->pubkey(ctx, s, curve, pub_out);
}

static void fail_from_now(struct rig *r, unsigned at)
{
	real = r->p->crypto.ops;
	failing = *real;
	failing.hash = hash;
	failing.aead_seal = seal;
	failing.pubkey = pubkey;
	r->crypto.ops = &failing;
	fail_at = at;
	calls = 0;
}

static void a_connect_survives_no_failure_of_cryptography(void **unused)
{
	unsigned at = 1;

	(void)unused;
	for (;; at++) {
		struct rig *r = rig_new();
		enum il_err err;

		fail_from_now(r, at);
		err = rig_connect(r);
		if (calls < at) {
			assert_int_equal(err, IL_OK);
			rig_free(r);
			break;
		}
		assert_int_equal(err, IL_E_NOMEM);
		assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_ERROR);
		assert_true(peer_keys_gone(r->p, true));
		rig_free(r);
	}
	assert_true(at > 20);
}

static void evidence_survives_no_failure_of_cryptography(void **unused)
{
	static const enum tsm_verb verbs[] = { TSM_REPORT, TSM_MEASURE };

	(void)unused;
	for (size_t i = 0; i < COUNT(verbs); i++)
		for (unsigned at = 1;; at++) {
			struct rig *r = rig_new();
			const struct tsm_lock_info *l;
			enum il_err err;

			rig_bound(r);
			assert_int_equal(rig_lock(r), IL_OK);
			fail_from_now(r, at);
			err = rig_verb(r, verbs[i]);
			l = tsm_lock_info(r->bind);
			if (calls < at) {
				assert_int_equal(err, IL_OK);
				rig_free(r);
				break;
			}
			assert_int_equal(err, IL_E_NOMEM);
			assert_false(l->report_valid || l->meas_valid);
			rig_free(r);
		}
}

static void a_device_without_ide_in_its_configuration_space_is_refused(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	r->p->rp_image = IL_E_IO;
	assert_int_equal(rig_connect(r), IL_E_IO);
	assert_int_equal(r->p->km_seen[IDEKM_KEY_PROG], 0);
	rig_free(r);
}

static void a_nonce_is_used_once(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	struct tsm_args s = { 0 };

	(void)unused;
	(void)a;
	rig_locked(r);
	s.bind = r->bind;
	r->bind->nonce_live = false;
	assert_int_equal(tsm_begin(r->conn, TSM_START, &s), IL_E_STATE);
	r->bind->nonce_live = true;
	assert_int_equal(tsm_begin(r->conn, TSM_START, &s), IL_OK);
	rig_free(r);
}

const struct CMUnitTest edge_tests[] = {
	cmocka_unit_test(a_connect_survives_no_failure_of_cryptography),
	cmocka_unit_test(evidence_survives_no_failure_of_cryptography),
	cmocka_unit_test(
		a_device_without_ide_in_its_configuration_space_is_refused),
	cmocka_unit_test(a_nonce_is_used_once),
	cmocka_unit_test(a_core_sees_books_that_do_not_add_up),
	cmocka_unit_test(a_core_that_does_not_fit_is_not_made),
	cmocka_unit_test(nothing_of_ours_leaves_outside_a_session),
	cmocka_unit_test(an_answer_of_another_vendor_is_not_ours),
	cmocka_unit_test(a_free_connection_takes_no_verb),
	cmocka_unit_test(a_tdi_in_use_by_a_verb_is_not_forgotten),
	cmocka_unit_test(evidence_that_does_not_fit_is_refused),
	cmocka_unit_test(a_state_that_is_refused_is_no_state),
	cmocka_unit_test(grants_end_when_the_device_refuses_to_tell_its_state),
	cmocka_unit_test(each_refusal_of_the_device_ends_its_verb),
	cmocka_unit_test(an_ide_image_is_compared_by_its_own_layout),
};
const size_t edge_tests_n = COUNT(edge_tests);
