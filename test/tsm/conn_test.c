/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"
#include "tsm_tests.h"

/* What a refusal may not touch. */
struct before {
	struct tsm_conn conn;
	struct tsm_bind bind;
	unsigned logged;
};

static struct before look(const struct rig *r)
{
	struct before b;

	memset(&b, 0, sizeof(b));
	memcpy(&b.conn, r->conn, sizeof(b.conn));
	if (r->bind)
		memcpy(&b.bind, r->bind, sizeof(b.bind));
	b.logged = r->p->logged;
	return b;
}

static void same(const struct rig *r, const struct before *b)
{
	assert_memory_equal(&b->conn, r->conn, sizeof(b->conn));
	if (r->bind)
		assert_memory_equal(&b->bind, r->bind, sizeof(b->bind));
	assert_int_equal(b->logged, r->p->logged);
}

/* Our end of the link holds nothing, and the books say so. */
static void cut(const struct rig *r)
{
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_ERROR);
	assert_true(peer_keys_gone(r->p, true));
	assert_int_equal(tsm_session(r->conn), 0);
	assert_null(tsm_conn_digest(r->conn, TSM_DIGEST_CERT));
	assert_int_equal(tsm_verb(r->conn), TSM_NO_VERB);
	assert_true(tsm_stream_state(r->conn) == TSM_STREAM_DEAD ||
		    tsm_stream_state(r->conn) == TSM_STREAM_NONE);
	assert_true(tsm_sane(r->t));
}

/* --- connect --- */

static void a_connect_keys_both_ends_and_reads_the_identity(void **unused)
{
	struct rig *r = rig_new();
	uint8_t digest[48];
	const uint8_t *chain;
	struct tsm_algs algs;
	size_t len;

	(void)unused;
	assert_null(tsm_conn_digest(r->conn, TSM_DIGEST_CERT));
	tsm_chain(r->conn, &chain, &len);
	assert_null(chain);
	assert_int_equal(tsm_conn_algs(r->conn).hash, 0);
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_READY);
	assert_int_equal(tsm_stream_state(r->conn), TSM_STREAM_ON);
	assert_int_equal(tsm_stream_id(r->conn), PEER_STREAM);
	assert_int_equal(tsm_stream_key_set(r->conn), 0);
	assert_int_not_equal(tsm_session(r->conn), 0);
	assert_true(peer_keys_agree(r->p, 0));

	tsm_chain(r->conn, &chain, &len);
	/* header, hash of the root, certificates */
	assert_int_equal(len, 4 + 48 + r->p->certs_len);
	assert_memory_equal(chain + 52, r->p->certs, r->p->certs_len);
	assert_int_equal(
		crypto_hash(&r->p->crypto, CRYPTO_SHA384, chain, len, digest),
		IL_OK);
	assert_memory_equal(tsm_conn_digest(r->conn, TSM_DIGEST_CERT), digest,
			    48);
	assert_int_equal(crypto_hash(&r->p->crypto, CRYPTO_SHA384, r->conn->vca,
				     r->conn->spdm.vca_len, digest),
			 IL_OK);
	assert_memory_equal(tsm_conn_digest(r->conn, TSM_DIGEST_VCA), digest,
			    48);
	assert_non_null(tsm_conn_digest(r->conn, TSM_DIGEST_KEY));
	algs = tsm_conn_algs(r->conn);
	assert_int_equal(algs.curve_dhe, CRYPTO_P384);
	assert_int_equal(algs.curve_asym, CRYPTO_P384);
	assert_int_equal(algs.hash, CRYPTO_SHA384);
	rig_free(r);
}

/* Law 6, from the order of acts at both ends. */
static void no_transmitter_goes_before_both_receivers(void **unused)
{
	struct rig *r = rig_new();
	unsigned last_p = 0, first_g = PEER_LOG, last_rx = 0, n_g = 0;
	unsigned first_tx = PEER_LOG;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	for (unsigned i = 0; i < r->p->logged; i++) {
		const struct peer_act *a = &r->p->log[i];

		assert_int_equal(a->set, 0);
		if (a->what == 'P')
			last_p = i;
		if (a->what != 'G')
			continue;
		n_g++;
		first_g = i < first_g ? i : first_g;
		if (a->dir == IDEKM_RX)
			last_rx = i;
		else
			first_tx = i < first_tx ? i : first_tx;
	}
	assert_int_equal(n_g, 12);
	assert_true(last_p < first_g);
	assert_true(last_rx < first_tx);
	rig_free(r);
}

static void a_connect_out_of_range_changes_nothing(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_args a = { .cert_slot = 8, .stream_id = PEER_STREAM };
	struct before b = look(r);

	(void)unused;
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_E_ARG);
	a.cert_slot = 0;
	a.stream_id = TSM_STREAM_UNUSED;
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_E_ARG);
	a.stream_id = PEER_STREAM;
	assert_int_equal(tsm_begin(r->conn, TSM_NO_VERB, &a), IL_E_ARG);
	assert_int_equal(tsm_begin(r->conn, TSM_VERBS, &a), IL_E_ARG);
	a.bind = &r->t->bind[0];
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_E_ARG);
	same(r, &b);
	rig_free(r);
}

static void a_root_port_that_is_not_ready_leaves_the_connection_new(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	r->p->rp_ready = IL_E_STATE;
	assert_int_equal(rig_connect(r), IL_E_STATE);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_NEW);
	assert_int_equal(r->exchanges, 0);
	r->p->rp_ready = IL_OK;
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_equal(rig_connect(r), IL_E_STATE);
	rig_free(r);
}

static void one_stream_id_serves_one_connection_of_a_port(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_conn_cfg other = { .rid = 0x0200,
					    .port = PEER_PORT,
					    .owner = 0xc1 };
	const struct tsm_conn_cfg twin = { .rid = PEER_RID, .port = 9 };
	const struct tsm_args a = { .stream_id = PEER_STREAM };
	struct tsm_conn *c = NULL;

	(void)unused;
	assert_int_equal(tsm_conn_new(r->t, &twin, &c), IL_E_STATE);
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_equal(tsm_conn_new(r->t, &other, &c), IL_OK);
	assert_int_equal(tsm_begin(c, TSM_CONNECT, &a), IL_E_STATE);
	assert_ptr_equal(tsm_conn_find(r->t, 0xc1), c);
	assert_null(tsm_conn_find(r->t, 0xc2));
	assert_int_equal(tsm_conn_new(r->t, &(struct tsm_conn_cfg){ .rid = 1 },
				      &(struct tsm_conn *){ NULL }),
			 IL_E_NOMEM);
	assert_int_equal(tsm_conn_free(c), IL_OK);
	assert_null(tsm_conn_find(r->t, 0xc1));
	rig_free(r);
}

static void a_query_unlike_configuration_space_ends_the_connect(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < PEER_IDE_DWS; i++) {
		struct rig *r = rig_new();

		r->p->shown[i] ^= 0x100;
		if (i == 4) { /* a status register may move */
			assert_int_equal(rig_connect(r), IL_OK);
		} else {
			assert_int_equal(rig_connect(r), IL_E_FIELD);
			cut(r);
			assert_int_equal(r->p->km_seen[IDEKM_KEY_PROG], 0);
		}
		rig_free(r);
	}
}

static unsigned query_field;

static void change_query(struct peer *p, const struct idekm_msg *req,
			 struct idekm_msg *rsp, bool *drop)
{
	static uint8_t more[4 * (PEER_IDE_DWS + 1)];

	(void)drop;
	if (req->object != IDEKM_QUERY)
		return;
	switch (query_field) {
	case 0:
		rsp->devfn ^= 1;
		break;
	case 1:
		rsp->bus ^= 1;
		break;
	case 2:
		rsp->segment ^= 1;
		break;
	case 3:
		rsp->cap_len -= 4;
		break;
	case 4:
		memcpy(more, p->image, sizeof(p->image));
		rsp->cap = more;
		rsp->cap_len = sizeof(more);
		break;
	case 5:
		rsp->cap_len = 0;
		break;
	}
}

static void a_query_of_another_function_ends_the_connect(void **unused)
{
	(void)unused;
	for (query_field = 0; query_field < 6; query_field++) {
		struct rig *r = rig_new();

		r->p->on_idekm = change_query;
		assert_int_equal(rig_connect(r), IL_E_FIELD);
		cut(r);
		rig_free(r);
	}
}

static unsigned ack_field;

static void change_ack(struct peer *p, const struct idekm_msg *req,
		       struct idekm_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->object != (ack_field < 4 ? IDEKM_KEY_PROG : IDEKM_K_SET_GO))
		return;
	switch (ack_field % 4) {
	case 0:
		rsp->ref.stream ^= 1;
		break;
	case 1:
		rsp->ref.key_set ^= 1;
		break;
	case 2:
		rsp->ref.dir ^= 1;
		break;
	case 3:
		rsp->ref.sub = (uint8_t)((rsp->ref.sub + 1) % 3);
		break;
	}
}

static void an_acknowledgement_of_another_key_ends_the_connect(void **unused)
{
	(void)unused;
	for (ack_field = 0; ack_field < 8; ack_field++) {
		struct rig *r = rig_new();

		r->p->on_idekm = change_ack;
		assert_int_equal(rig_connect(r), IL_E_FIELD);
		cut(r);
		assert_true(r->p->wipes > 0);
		rig_free(r);
	}
}

static void refuse_key(struct peer *p, const struct idekm_msg *req,
		       struct idekm_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->object == IDEKM_KEY_PROG && req->ref.sub == IDEKM_CPL)
		rsp->status = IDEKM_FAILED;
}

static void a_refused_key_ends_the_connect(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	r->p->on_idekm = refuse_key;
	assert_int_equal(rig_connect(r), IL_E_PEER);
	cut(r);
	rig_free(r);
}

static void a_root_port_that_fails_ends_the_connect(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	r->p->rp_program = IL_E_IO;
	assert_int_equal(rig_connect(r), IL_E_IO);
	cut(r);
	rig_free(r);
	r = rig_new();
	r->p->rp_go = IL_E_STATE;
	assert_int_equal(rig_connect(r), IL_E_STATE);
	cut(r);
	rig_free(r);
}

static void stale_dice(struct rig *r, unsigned n)
{
	(void)n;
	if (tsm_session(r->conn))
		r->p->random_same = 1;
}

static void no_dice(struct rig *r, unsigned n)
{
	(void)n;
	if (tsm_session(r->conn))
		r->p->random_err = IL_E_RANDOM;
}

/* Law 5: a source that repeats itself is noticed at the second key. */
static void a_key_that_was_used_before_is_not_used_again(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	r->spoil = stale_dice;
	assert_int_equal(rig_connect(r), IL_E_RANDOM);
	cut(r);
	assert_true(r->p->km_seen[IDEKM_KEY_PROG] <= 1);
	rig_free(r);
	r = rig_new();
	r->spoil = no_dice;
	assert_int_equal(rig_connect(r), IL_E_RANDOM);
	cut(r);
	rig_free(r);
}

/* --- the host --- */

static unsigned spoil_at, spoil_how;

enum { FLIP_LAST, CUT_ONE, ADD_FOUR, CUT_ALL_BUT_ONE, OTHER_KIND, SPOILS };

static void spoil_answer(struct rig *r, unsigned n)
{
	if (n != spoil_at)
		return;
	switch (spoil_how) {
	case FLIP_LAST:
		r->rsp[r->rsp_len - 1] ^= 1;
		break;
	case CUT_ONE:
		r->rsp_len--;
		break;
	case ADD_FOUR:
		memset(r->rsp + r->rsp_len, 0xee, 4);
		r->rsp_len += 4;
		break;
	case CUT_ALL_BUT_ONE:
		r->rsp_len = 1;
		break;
	case OTHER_KIND:
		r->rsp_kind = (uint8_t)(3 - r->rsp_kind);
		break;
	}
}

static unsigned exchanges_of_connect(void)
{
	struct rig *r = rig_new();
	unsigned n;

	assert_int_equal(rig_connect(r), IL_OK);
	n = r->exchanges;
	rig_free(r);
	return n;
}

/*
 * A host that spoils any one answer gets a failure at that moment or later,
 * and never a connection whose keys differ. Plain messages may pass once with
 * a changed last byte that nothing covers yet; the handshake finds it.
 */
static void a_spoiled_answer_never_connects(void **unused)
{
	unsigned all = exchanges_of_connect();

	(void)unused;
	for (spoil_how = 0; spoil_how < SPOILS; spoil_how++)
		for (spoil_at = 1; spoil_at <= all; spoil_at++) {
			struct rig *r = rig_new();

			r->spoil = spoil_answer;
			assert_int_not_equal(rig_connect(r), IL_OK);
			cut(r);
			rig_free(r);
		}
}

static void a_kind_that_is_no_kind_is_refused(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { .stream_id = PEER_STREAM };

	(void)unused;
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	r->rsp_kind = 3;
	assert_int_equal(tsm_step(r->conn, 3, r->req, 4, r->req, sizeof(r->req),
				  &r->req_len, &r->req_kind, 0),
			 IL_E_FIELD);
	cut(r);
	rig_free(r);
}

static void a_step_without_answer_gives_the_same_message_again(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { .stream_id = PEER_STREAM };
	uint8_t again[PEER_MSG], kind = 0;
	struct before b;
	size_t len = 0;

	(void)unused;
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	b = look(r);
	assert_int_equal(tsm_step(r->conn, 1, NULL, 0, again, sizeof(again),
				  &len, &kind, 5),
			 IL_E_AGAIN);
	assert_int_equal(len, r->req_len);
	assert_int_equal(kind, r->req_kind);
	assert_memory_equal(again, r->req, len);
	assert_int_equal(
		tsm_step(r->conn, 1, NULL, 0, again, len - 1, &len, &kind, 5),
		IL_E_SPACE);
	same(r, &b);
	while (rig_step(r) == IL_E_AGAIN)
		;
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_READY);
	rig_free(r);
}

static void an_answer_to_nothing_changes_nothing(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	struct before b;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	b = look(r);
	/* the last answer again, with no verb */
	assert_int_equal(tsm_step(r->conn, r->rsp_kind, r->rsp, r->rsp_len,
				  r->req, sizeof(r->req), &r->req_len,
				  &r->req_kind, 0),
			 IL_E_STATE);
	same(r, &b);
	/* and before the first message of one */
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_OK);
	b = look(r);
	assert_int_equal(tsm_step(r->conn, r->rsp_kind, r->rsp, r->rsp_len,
				  r->req, sizeof(r->req), &r->req_len,
				  &r->req_kind, 0),
			 IL_E_STATE);
	same(r, &b);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	assert_int_equal(rig_step(r), IL_OK);
	rig_free(r);
}

static uint8_t kept[PEER_MSG];
static size_t kept_len;

static void answer_twice(struct rig *r, unsigned n)
{
	if (n == spoil_at) {
		memcpy(kept, r->rsp, r->rsp_len);
		kept_len = r->rsp_len;
	}
	if (n == spoil_at + 1) {
		memcpy(r->rsp, kept, kept_len);
		r->rsp_len = kept_len;
	}
}

static void yesterdays_answer_never_connects(void **unused)
{
	unsigned all = exchanges_of_connect();

	(void)unused;
	for (spoil_at = 1; spoil_at < all; spoil_at++) {
		struct rig *r = rig_new();

		r->spoil = answer_twice;
		assert_int_not_equal(rig_connect(r), IL_OK);
		cut(r);
		rig_free(r);
	}
}

static void a_late_answer_is_a_failure_where_a_limit_is_set(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { .stream_id = PEER_STREAM };

	(void)unused;
	r->t->cfg.limits.wait_ns = 5000000;
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	r->p->now_ns += 5000000; /* and one more for the exchange */
	assert_int_equal(rig_step(r), IL_E_TIMEOUT);
	cut(r);
	rig_free(r);
}

static void giving_up_before_the_first_message_changes_nothing(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	struct before b;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	b = look(r);
	b.conn.blob_len = 0;
	tsm_verb_abort(r->conn);
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_OK);
	assert_int_equal(tsm_verb(r->conn), TSM_HEARTBEAT);
	tsm_verb_abort(r->conn);
	same(r, &b);
	/* once a message is out, its session is lost */
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	tsm_verb_abort(r->conn);
	cut(r);
	rig_free(r);
}

static void a_verb_waits_for_the_one_in_flight(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	struct before b;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	b = look(r);
	for (unsigned v = TSM_CONNECT; v < TSM_VERBS; v++)
		assert_int_equal(tsm_begin(r->conn, (enum tsm_verb)v, &a),
				 IL_E_STATE);
	same(r, &b);
	rig_free(r);
}

static void verbs_but_connect_need_a_connection(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	struct before b = look(r);

	(void)unused;
	assert_int_equal(tsm_begin(r->conn, TSM_MEASURE, &a), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_KEY_UPDATE, &a), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_REFRESH, &a), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_DISCONNECT, &a), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_DISCONNECT,
				   &(struct tsm_args){ .force = true }),
			 IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &a), IL_E_ARG);
	assert_int_equal(tsm_begin(r->conn, TSM_GET_STATE, &a), IL_E_ARG);
	same(r, &b);
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	assert_int_equal(tsm_conn_free(r->conn), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_E_STATE);
	rig_free(r);
}

/* --- the session's own --- */

static void heartbeat_and_key_update_keep_the_session(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	uint64_t session;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	session = tsm_session(r->conn);
	assert_int_equal(rig_run(r, TSM_HEARTBEAT, &a), IL_OK);
	assert_int_equal(rig_run(r, TSM_KEY_UPDATE, &a), IL_OK);
	assert_int_equal(r->exchanges, 2);
	assert_int_equal(rig_run(r, TSM_HEARTBEAT, &a), IL_OK);
	assert_int_equal(tsm_session(r->conn), session);
	rig_free(r);
}

static void measurements_answer_the_nonce_and_are_kept_whole(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_args a = { .nonce = { 0xaa, 0xbb, 0xcc } };
	const uint8_t *p, *found;
	size_t len;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	tsm_blob(r->conn, &p, &len);
	assert_int_equal(len, 0);
	assert_null(p);
	assert_int_equal(rig_run(r, TSM_MEASURE, &a), IL_OK);
	tsm_blob(r->conn, &p, &len);
	assert_true(len > r->conn->spdm.vca_len + 96);
	/* it begins with VCA, and the request in it carries our nonce */
	assert_memory_equal(p, r->conn->vca, r->conn->spdm.vca_len);
	found = memmem(p, len, a.nonce, sizeof(a.nonce));
	assert_non_null(found);
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_OK);
	tsm_blob(r->conn, &p, &len);
	assert_int_equal(len, 0);
	rig_free(r);
}

/* --- refresh
 * ---------------------------------------------------------------------------
 */

static void a_refresh_moves_to_the_idle_set(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	struct peer_key old[2][2][3];
	unsigned from, tx = 0, stop = PEER_LOG;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	memcpy(old, r->p->ep, sizeof(old));
	from = r->p->logged;
	assert_int_equal(rig_run(r, TSM_REFRESH, &a), IL_OK);
	assert_int_equal(tsm_stream_key_set(r->conn), 1);
	assert_int_equal(tsm_stream_state(r->conn), TSM_STREAM_ON);
	assert_true(peer_keys_agree(r->p, 1));
	for (unsigned d = 0; d < 2; d++)
		for (unsigned s = 0; s < 3; s++) {
			assert_false(r->p->ep[0][d][s].set);
			assert_false(r->p->rp[0][d][s].set);
			assert_memory_not_equal(r->p->ep[1][d][s].key,
						old[0][d][s].key, 32);
		}
	/* Law 7: nothing of the old set is touched before both sent anew. */
	for (unsigned i = from; i < r->p->logged; i++) {
		const struct peer_act *l = &r->p->log[i];

		assert_int_equal(l->set, l->what == 'S' ? 0 : 1);
		if (l->what == 'G' && l->dir == IDEKM_TX)
			tx = i;
		if (l->what == 'S' && i < stop)
			stop = i;
	}
	assert_true(tx < stop);
	/* and back again */
	assert_int_equal(rig_run(r, TSM_REFRESH, &a), IL_OK);
	assert_int_equal(tsm_stream_key_set(r->conn), 0);
	assert_true(peer_keys_agree(r->p, 0));
	rig_free(r);
}

static void a_spoiled_answer_in_a_refresh_cuts_the_link(void **unused)
{
	const struct tsm_args a = { 0 };

	(void)unused;
	for (spoil_at = 1; spoil_at <= 18; spoil_at++) {
		struct rig *r = rig_new();

		assert_int_equal(rig_connect(r), IL_OK);
		r->spoil = spoil_answer;
		spoil_how = FLIP_LAST;
		assert_int_equal(rig_run(r, TSM_REFRESH, &a), IL_E_AUTH);
		assert_int_equal(r->exchanges, spoil_at);
		cut(r);
		rig_free(r);
	}
}

static void a_root_port_that_fails_in_a_refresh_cuts_the_link(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	r->p->rp_stop = IL_E_IO;
	assert_int_equal(rig_run(r, TSM_REFRESH, &a), IL_E_IO);
	cut(r);
	rig_free(r);
}

/* --- disconnect
 * ---------------------------------------------------------------------------
 */

static void a_disconnect_leaves_no_key_at_either_end(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { 0 };
	unsigned from;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	from = r->p->logged;
	assert_int_equal(rig_run(r, TSM_DISCONNECT, &a), IL_OK);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_CLOSED);
	assert_int_equal(tsm_session(r->conn), 0);
	assert_true(peer_keys_gone(r->p, true));
	assert_true(peer_keys_gone(r->p, false));
	assert_int_equal(r->p->log[from].what, 'W'); /* ours first */
	assert_int_equal(r->p->km_seen[IDEKM_K_SET_STOP], 6);
	assert_int_equal(r->p->dsm.pci.idekm.owner, 0);
	assert_null(tsm_conn_digest(r->conn, TSM_DIGEST_VCA));
	assert_int_equal(rig_run(r, TSM_DISCONNECT, &a), IL_E_STATE);
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	assert_int_equal(tsm_stream_state(r->conn), TSM_STREAM_NONE);
	rig_free(r);
}

static void a_disconnect_of_a_silent_device_fails_then_force_closes(void **u)
{
	struct rig *r = rig_new();
	struct tsm_args a = { 0 };

	(void)u;
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_equal(tsm_begin(r->conn, TSM_DISCONNECT, &a), IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_DISCONNECTING);
	assert_int_equal(tsm_conn_free(r->conn), IL_E_STATE);
	assert_true(peer_keys_gone(r->p, true));
	/* the device never answers; force is heard all the same */
	a.force = true;
	assert_int_equal(rig_run(r, TSM_DISCONNECT, &a), IL_OK);
	assert_int_equal(r->exchanges, 0);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_CLOSED);
	assert_int_equal(rig_run(r, TSM_DISCONNECT, &a), IL_OK);
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	rig_free(r);
}

static void force_closes_a_live_connection_without_the_device(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { .force = true };

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_equal(rig_run(r, TSM_DISCONNECT, &a), IL_OK);
	assert_int_equal(r->exchanges, 0);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_CLOSED);
	assert_true(peer_keys_gone(r->p, true));
	assert_int_equal(r->p->wipes, 1);
	rig_free(r);
}

static void a_spoiled_answer_in_a_disconnect_cuts_the_link(void **unused)
{
	const struct tsm_args a = { 0 };

	(void)unused;
	for (spoil_at = 1; spoil_at <= 7; spoil_at++) {
		struct rig *r = rig_new();

		assert_int_equal(rig_connect(r), IL_OK);
		r->spoil = spoil_answer;
		spoil_how = FLIP_LAST;
		assert_int_equal(rig_run(r, TSM_DISCONNECT, &a), IL_E_AUTH);
		cut(r);
		assert_int_equal(tsm_conn_free(r->conn), IL_OK);
		rig_free(r);
	}
}

static void a_cut_connection_can_only_be_closed_or_freed(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_args a = { .stream_id = PEER_STREAM };

	(void)unused;
	tsm_isolate(r->conn); /* nothing to cut yet */
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_NEW);
	assert_int_equal(rig_connect(r), IL_OK);
	tsm_isolate(r->conn);
	cut(r);
	assert_int_equal(r->p->wipes, 1);
	tsm_isolate(r->conn);
	assert_int_equal(r->p->wipes, 1);
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_E_STATE);
	assert_int_equal(tsm_begin(r->conn, TSM_DISCONNECT, &a), IL_E_STATE);
	a.force = true;
	assert_int_equal(rig_run(r, TSM_DISCONNECT, &a), IL_OK);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_CLOSED);
	rig_free(r);
}

/* A connection's place is as new for the next device. */
static void a_freed_connection_connects_again(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_conn_cfg cfg = { .rid = PEER_RID, .port = PEER_PORT };
	const struct tsm_args a = { .force = true };
	uint64_t session;

	(void)unused;
	assert_int_equal(rig_connect(r), IL_OK);
	session = tsm_session(r->conn);
	assert_int_equal(rig_run(r, TSM_DISCONNECT, &a), IL_OK);
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	assert_int_equal(tsm_conn_new(r->t, &cfg, &r->conn), IL_OK);
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_not_equal(tsm_session(r->conn), session);
	assert_true(peer_keys_agree(r->p, 0));
	rig_free(r);
}

/* Law 10: what is over leaves no key material in the core. */
static void payloads_are_wiped_as_they_go_out(void **unused)
{
	static const uint8_t zero[TSM_PAY_MAX];
	struct rig *r = rig_new();
	const struct tsm_args a = { .stream_id = PEER_STREAM };

	(void)unused;
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	do
		assert_memory_equal(r->conn->pay, zero, sizeof(zero));
	while (rig_step(r) == IL_E_AGAIN);
	assert_memory_equal(r->conn->pay, zero, sizeof(zero));
	for (unsigned i = 0; i < 6; i++)
		assert_false(bytes_hold(r->arena.base, r->arena.used,
					(&r->p->ep[0][0][0])[i].key, 32));
	rig_free(r);
}

static void a_connection_with_a_verb_begun_is_not_freed(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_args a = { .stream_id = PEER_STREAM };
	struct before b;

	(void)unused;
	assert_int_equal(tsm_begin(r->conn, TSM_CONNECT, &a), IL_OK);
	b = look(r);
	assert_int_equal(tsm_conn_free(r->conn), IL_E_STATE);
	same(r, &b);
	tsm_verb_abort(r->conn);
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	rig_free(r);
}

const struct CMUnitTest conn_tests[] = {
	cmocka_unit_test(a_connect_keys_both_ends_and_reads_the_identity),
	cmocka_unit_test(no_transmitter_goes_before_both_receivers),
	cmocka_unit_test(a_connect_out_of_range_changes_nothing),
	cmocka_unit_test(
		a_root_port_that_is_not_ready_leaves_the_connection_new),
	cmocka_unit_test(one_stream_id_serves_one_connection_of_a_port),
	cmocka_unit_test(a_query_unlike_configuration_space_ends_the_connect),
	cmocka_unit_test(a_query_of_another_function_ends_the_connect),
	cmocka_unit_test(an_acknowledgement_of_another_key_ends_the_connect),
	cmocka_unit_test(a_refused_key_ends_the_connect),
	cmocka_unit_test(a_root_port_that_fails_ends_the_connect),
	cmocka_unit_test(a_key_that_was_used_before_is_not_used_again),
	cmocka_unit_test(a_spoiled_answer_never_connects),
	cmocka_unit_test(a_kind_that_is_no_kind_is_refused),
	cmocka_unit_test(a_step_without_answer_gives_the_same_message_again),
	cmocka_unit_test(an_answer_to_nothing_changes_nothing),
	cmocka_unit_test(yesterdays_answer_never_connects),
	cmocka_unit_test(a_late_answer_is_a_failure_where_a_limit_is_set),
	cmocka_unit_test(giving_up_before_the_first_message_changes_nothing),
	cmocka_unit_test(a_verb_waits_for_the_one_in_flight),
	cmocka_unit_test(verbs_but_connect_need_a_connection),
	cmocka_unit_test(heartbeat_and_key_update_keep_the_session),
	cmocka_unit_test(measurements_answer_the_nonce_and_are_kept_whole),
	cmocka_unit_test(a_refresh_moves_to_the_idle_set),
	cmocka_unit_test(a_spoiled_answer_in_a_refresh_cuts_the_link),
	cmocka_unit_test(a_root_port_that_fails_in_a_refresh_cuts_the_link),
	cmocka_unit_test(a_disconnect_leaves_no_key_at_either_end),
	cmocka_unit_test(
		a_disconnect_of_a_silent_device_fails_then_force_closes),
	cmocka_unit_test(force_closes_a_live_connection_without_the_device),
	cmocka_unit_test(a_spoiled_answer_in_a_disconnect_cuts_the_link),
	cmocka_unit_test(a_cut_connection_can_only_be_closed_or_freed),
	cmocka_unit_test(a_freed_connection_connects_again),
	cmocka_unit_test(payloads_are_wiped_as_they_go_out),
	cmocka_unit_test(a_connection_with_a_verb_begun_is_not_freed),
};
const size_t conn_tests_n = COUNT(conn_tests);
