/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"
#include "tsm_tests.h"

static enum tdi_state dev_state(const struct rig *r)
{
	return dsm_tdi_state(&r->p->dsm.pci, 0);
}

static void no_lock_session(const struct rig *r)
{
	static const uint8_t zero[TSM_DIGEST_LEN];
	const struct tsm_lock_info *l = tsm_lock_info(r->bind);

	assert_int_equal(l->id, 0);
	assert_false(l->report_valid);
	assert_false(l->meas_valid);
	assert_int_equal(l->ranges, 0);
	assert_memory_equal(l->report_digest, zero, sizeof(zero));
	assert_memory_equal(l->meas_digest, zero, sizeof(zero));
	assert_memory_equal(r->bind->nonce, zero, sizeof(r->bind->nonce));
	assert_false(r->bind->nonce_live);
	assert_false(tsm_dma_on(r->bind));
}

/* --- booking --- */

static void a_tdi_is_booked_once_behind_its_stream(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_bind_cfg b = { .function_id = PEER_RID, .owner = 1 };
	struct tsm_bind *x = NULL;

	(void)unused;
	assert_int_equal(tsm_bind_new(r->conn, &b, &x), IL_E_STATE);
	assert_int_equal(rig_connect(r), IL_OK);
	b.function_id = PEER_RID + PEER_FNS; /* not behind the port */
	assert_int_equal(tsm_bind_new(r->conn, &b, &x), IL_E_ARG);
	b.function_id = PEER_RID | BIT(25); /* reserved */
	assert_int_equal(tsm_bind_new(r->conn, &b, &x), IL_E_ARG);
	b.function_id = PEER_RID | 0x10000; /* segment without its valid bit */
	assert_int_equal(tsm_bind_new(r->conn, &b, &x), IL_E_ARG);
	b.function_id = PEER_RID | 0x10000 | BIT(24); /* another segment */
	assert_int_equal(tsm_bind_new(r->conn, &b, &x), IL_E_ARG);
	assert_null(x);
	assert_int_equal(tsm_conn_binds(r->conn), 0);
	b.function_id = PEER_RID | BIT(24);
	assert_int_equal(tsm_bind_new(r->conn, &b, &x), IL_OK);
	assert_ptr_equal(tsm_bind_find(r->t, 1), x);
	b.function_id = PEER_RID; /* the same one, named without segment */
	assert_int_equal(tsm_bind_new(r->conn, &b, &r->bind), IL_E_STATE);
	assert_null(r->bind);
	for (uint32_t i = 1; i < PEER_FNS; i++) {
		b.function_id = PEER_RID + i;
		assert_int_equal(tsm_bind_new(r->conn, &b, &r->bind), IL_OK);
	}
	assert_int_equal(tsm_conn_binds(r->conn), PEER_FNS);
	assert_int_equal(tsm_bind_free(x), IL_OK);
	assert_null(tsm_bind_find(r->t, 9));
	assert_int_equal(tsm_conn_binds(r->conn), PEER_FNS - 1);
	rig_free(r);
}

static void a_core_without_place_books_no_tdi(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_bind_cfg b = { .function_id = PEER_RID };
	struct tsm_bind *x = NULL;

	(void)unused;
	r->t->cfg.limits.binds = 1;
	assert_int_equal(rig_connect(r), IL_OK);
	assert_int_equal(tsm_bind_new(r->conn, &b, &x), IL_OK);
	b.function_id++;
	assert_int_equal(tsm_bind_new(r->conn, &b, &x), IL_E_NOMEM);
	rig_free(r);
}

/* Law 15. */
static void a_tdi_belongs_to_one_tvm(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	assert_int_equal(tsm_bind_own(r->bind, RIG_TVM), IL_OK);
	assert_int_equal(tsm_bind_own(r->bind, RIG_TVM + 1), IL_E_STATE);
	assert_int_equal(tsm_bind_tvm(r->bind), RIG_TVM);
	assert_int_equal(tsm_bind_free(r->bind), IL_E_STATE);
	assert_int_equal(rig_lock(r), IL_OK);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_E_STATE);
	assert_int_equal(tsm_bind_tvm(r->bind), RIG_TVM);
	assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
	tsm_mmio_count(r->bind, 1);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_E_STATE);
	tsm_mmio_count(r->bind, -1);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_OK);
	assert_int_equal(tsm_bind_own(r->bind, RIG_TVM + 1), IL_OK);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_OK);
	assert_int_equal(tsm_bind_free(r->bind), IL_OK);
	rig_free(r);
}

/* Law 4. */
static void a_connection_with_a_tdi_is_not_disconnected(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_args a = { 0 };

	(void)unused;
	rig_bound(r);
	assert_int_equal(tsm_begin(r->conn, TSM_DISCONNECT, &a), IL_E_STATE);
	a.force = true;
	assert_int_equal(tsm_begin(r->conn, TSM_DISCONNECT, &a), IL_E_STATE);
	tsm_isolate(r->conn);
	assert_int_equal(tsm_conn_free(r->conn), IL_E_STATE);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_OK);
	assert_int_equal(tsm_bind_free(r->bind), IL_OK);
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	rig_free(r);
}

/* --- lock --- */

static void a_lock_is_locked_at_both_sides(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_lock_info *l;

	(void)unused;
	rig_bound(r);
	assert_int_equal(rig_lock(r), IL_OK);
	l = tsm_lock_info(r->bind);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_LOCKED);
	assert_int_equal(dev_state(r), TDI_LOCKED);
	assert_int_equal(tsm_bind_tdi(r->bind), TSM_TDI_LOCKED);
	assert_int_not_equal(l->id, 0);
	assert_int_equal(l->flags, RIG_FLAGS);
	assert_false(l->report_valid);
	assert_false(l->meas_valid);
	assert_memory_equal(r->bind->nonce, r->p->tdi[0].nonce, 32);
	assert_true(r->bind->nonce_live);
	assert_int_equal(r->p->tdi[0].lock.default_stream, PEER_STREAM);
	/* version, capabilities, state, lock, state */
	assert_int_equal(r->exchanges, 5);
	assert_int_equal(r->p->seen[TDISP_GET_STATE], 2);
	assert_int_equal(rig_lock(r), IL_E_STATE);
	rig_free(r);
}

static void a_lock_out_of_range_changes_nothing(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_args a = { .lock_flags = RIG_FLAGS };
	struct tsm_bind before;

	(void)unused;
	rig_bound(r);
	memcpy(&before, r->bind, sizeof(before));
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &a), IL_E_ARG);
	a.bind = &r->t->bind[1]; /* not booked */
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &a), IL_E_ARG);
	a.bind = r->bind;
	a.lock_flags = RIG_FLAGS | BIT(5);
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &a), IL_E_ARG);
	a.lock_flags = RIG_FLAGS | TDISP_LOCK_BIND_P2P;
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &a), IL_E_ARG);
	a.lock_flags = RIG_FLAGS;
	a.mmio_offset = 0x800;
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &a), IL_E_ARG);
	a.mmio_offset = 0;
	r->p->rp_secure = false; /* law 16 */
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &a), IL_E_STATE);
	r->p->rp_secure = true;
	assert_memory_equal(&before, r->bind, sizeof(before));
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_OK);
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &a), IL_E_STATE);
	assert_int_equal(tsm_verb(r->conn), TSM_NO_VERB);
	rig_free(r);
}

static void a_verb_for_a_tdi_of_another_connection_is_refused(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_conn_cfg cfg = { .rid = 0x0200, .port = 9 };
	struct tsm_args a = { 0 };
	struct tsm_conn *c = NULL;

	(void)unused;
	rig_bound(r);
	assert_int_equal(tsm_conn_new(r->t, &cfg, &c), IL_OK);
	a.bind = r->bind;
	assert_int_equal(tsm_begin(c, TSM_GET_STATE, &a), IL_E_ARG);
	assert_int_equal(tsm_begin(r->conn, TSM_HEARTBEAT, &a), IL_E_ARG);
	assert_int_equal(tsm_conn_free(c), IL_OK);
	rig_free(r);
}

/* The n-th STATE answer is a lie. */
static unsigned lie_at, lie_count;
static uint8_t lie_state;

static void lie(struct peer *p, const struct tdisp_msg *req,
		struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_GET_STATE && ++lie_count == lie_at)
		rsp->state = lie_state;
}

static void lie_on(struct rig *r, unsigned at, uint8_t state)
{
	lie_at = at;
	lie_count = 0;
	lie_state = state;
	r->p->on_tdisp = lie;
}

/* Laws 18 and 19: before and after LOCK, and it ends in STOP. */
static void a_lock_whose_state_disagrees_is_stopped(void **unused)
{
	static const struct {
		unsigned at;
		uint8_t state;
	} t[] = {
		{ 1, TDI_LOCKED }, { 1, TDI_RUN },   { 1, TDI_ERROR },
		{ 2, TDI_RUN },	   { 2, TDI_ERROR }, { 2, TDI_UNLOCKED },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(t); i++) {
		struct rig *r = rig_new();

		rig_bound(r);
		lie_on(r, t[i].at, t[i].state);
		assert_int_equal(rig_lock(r), IL_E_FIELD);
		assert_int_equal(r->p->seen[TDISP_STOP_REQ], 1);
		assert_int_equal(r->p->seen[TDISP_LOCK_REQ], t[i].at - 1);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
		assert_int_equal(dev_state(r), TDI_UNLOCKED);
		no_lock_session(r);
		assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_READY);
		r->p->on_tdisp = NULL;
		assert_int_equal(rig_lock(r), IL_OK);
		rig_free(r);
	}
}

/* Law 48: the STOP after a failed LOCK must be believed by the device too. */
static void a_lock_that_cannot_be_stopped_cuts_the_link(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	lie_on(r, 1, TDI_LOCKED);
	lie_at = 1;
	/* the second answer, after STOP, lies as well */
	assert_int_equal(
		tsm_begin(r->conn, TSM_LOCK,
			  &(struct tsm_args){ .bind = r->bind,
					      .lock_flags = RIG_FLAGS }),
		IL_OK);
	assert_int_equal(rig_first(r), IL_E_AGAIN);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rig_step(r), IL_E_AGAIN);
	lie_at = 2;
	assert_int_equal(rig_step(r), IL_E_AGAIN);
	assert_int_equal(rig_step(r), IL_E_FIELD);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_DEAD);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_ERROR);
	assert_true(peer_keys_gone(r->p, true));
	rig_free(r);
}

static void fewer_flags(struct peer *p, const struct tdisp_msg *req,
			struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_GET_CAPABILITIES)
		rsp->caps.lock_flags = TDISP_LOCK_NO_FW_UPDATE;
}

static void a_flag_the_device_lacks_is_not_asked_for(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	r->p->on_tdisp = fewer_flags;
	assert_int_equal(rig_lock(r), IL_E_FIELD);
	assert_int_equal(r->p->seen[TDISP_LOCK_REQ], 0);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
	rig_free(r);
}

static void a_lock_the_device_refuses_leaves_unlocked(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	r->p->enabled = false;
	assert_int_equal(rig_lock(r), IL_E_PEER);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_READY);
	no_lock_session(r);
	rig_free(r);
}

static unsigned spoil_at;

static void flip(struct rig *r, unsigned n)
{
	if (n == spoil_at)
		r->rsp[r->rsp_len - 1] ^= 1;
}

static void a_spoiled_answer_in_any_verb_cuts_the_link(void **unused)
{
	static const struct {
		enum tsm_verb verb;
		unsigned exchanges;
		void (*ready)(struct rig *r);
	} t[] = {
		{ TSM_LOCK, 5, rig_bound },
		{ TSM_REPORT, 1, rig_locked },
		{ TSM_MEASURE, 1, rig_locked },
		{ TSM_START, 2, rig_locked },
		{ TSM_STOP, 2, rig_running },
		{ TSM_GET_STATE, 1, rig_running },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(t); i++)
		for (spoil_at = 1; spoil_at <= t[i].exchanges; spoil_at++) {
			struct rig *r = rig_new();
			enum il_err err;

			t[i].ready(r);
			tsm_dma_set(r->bind, tsm_lock_info(r->bind)->id != 0);
			r->spoil = flip;
			err = t[i].verb == TSM_LOCK ? rig_lock(r)
						    : rig_verb(r, t[i].verb);
			assert_int_equal(err, IL_E_AUTH);
			assert_int_equal(r->exchanges, spoil_at);
			assert_int_equal(tsm_bind_state(r->bind),
					 TSM_BIND_DEAD);
			assert_int_equal(tsm_conn_state(r->conn),
					 TSM_CONN_ERROR);
			assert_true(peer_keys_gone(r->p, true));
			assert_true(r->entry_off > 0);
			no_lock_session(r);
			rig_free(r);
		}
}

/* --- answers that are not the answer --- */

static enum tdisp_code twist_code;
static unsigned twist_how;

static void twist(struct peer *p, const struct tdisp_msg *req,
		  struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code != twist_code)
		return;
	switch (twist_how) {
	case 0:
		rsp->iface.function_id ^= 1;
		break;
	case 1:
		rsp->version = 0x20;
		break;
	case 2:
		rsp->code = TDISP_STOP_RSP;
		break;
	}
}

/* Law 17; the session is whole, so the binding is as before. */
static void an_answer_of_another_interface_is_not_believed(void **unused)
{
	(void)unused;
	twist_code = TDISP_GET_STATE;
	for (twist_how = 0; twist_how < 3; twist_how++) {
		struct rig *r = rig_new();
		struct tsm_lock_info before;

		rig_locked(r);
		before = *tsm_lock_info(r->bind);
		r->p->on_tdisp = twist;
		assert_int_not_equal(rig_verb(r, TSM_GET_STATE), IL_OK);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_LOCKED);
		assert_memory_equal(&before, tsm_lock_info(r->bind),
				    sizeof(before));
		r->p->on_tdisp = NULL;
		assert_int_equal(rig_verb(r, TSM_GET_STATE), IL_OK);
		rig_free(r);
	}
}

static unsigned payload_how;

static void other_payload(struct peer *p, uint8_t *out, size_t cap, size_t *len)
{
	(void)p;
	(void)cap;
	if (payload_how == 0)
		out[0] = IDEKM_PROTOCOL;
	else if (payload_how == 1)
		*len -= 1;
	else
		*len = 1;
}

static void an_answer_of_another_protocol_is_not_believed(void **unused)
{
	(void)unused;
	for (payload_how = 0; payload_how < 3; payload_how++) {
		struct rig *r = rig_new();

		rig_locked(r);
		r->p->on_payload = other_payload;
		assert_int_not_equal(rig_verb(r, TSM_GET_STATE), IL_OK);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_LOCKED);
		assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_READY);
		rig_free(r);
	}
}

/* --- report
 * ----------------------------------------------------------------------------
 */

static void a_report_is_digested_and_its_addresses_made_plain(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_args a = { .lock_flags = RIG_FLAGS | TDISP_LOCK_NO_FW_UPDATE,
			      .mmio_offset = -0x10000000 };
	const struct tsm_lock_info *l;
	uint8_t digest[48];
	const uint8_t *p;
	size_t len;

	(void)unused;
	rig_bound(r);
	a.bind = r->bind;
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_E_STATE);
	assert_int_equal(rig_run(r, TSM_LOCK, &a), IL_OK);
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_OK);
	l = tsm_lock_info(r->bind);
	assert_true(l->report_valid);
	assert_int_equal(l->report_count, 1);
	assert_int_equal(l->ranges, 4);
	assert_int_equal(l->range[0].pa, PEER_BAR);
	assert_int_equal(l->range[0].pages, 2);
	assert_int_equal(l->range[1].attr, TDISP_RANGE_NON_TEE);
	assert_int_equal(l->range[3].pa, PEER_BAR + 16 * PAGE_4K);
	assert_int_equal(l->range[3].id, 2);
	assert_int_equal(l->interface_info,
			 TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID);
	tsm_blob(r->conn, &p, &len);
	assert_int_equal(len, 16 + 4 * 16 + 4);
	assert_int_equal(
		crypto_hash(&r->p->crypto, CRYPTO_SHA384, p, len, digest),
		IL_OK);
	assert_memory_equal(l->report_digest, digest, 48);
	rig_free(r);
}

static void a_long_report_is_collected_in_portions(void **unused)
{
	static uint8_t vendor[1500];
	struct rig *r = rig_new();
	const uint8_t *p;
	size_t len;

	(void)unused;
	rig_bound(r);
	r->p->rep.vendor = vendor;
	r->p->rep.vendor_len = sizeof(vendor);
	assert_int_equal(rig_lock(r), IL_OK);
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_OK);
	assert_int_equal(r->exchanges, 2);
	tsm_blob(r->conn, &p, &len);
	assert_int_equal(len, 16 + 4 * 16 + 4 + sizeof(vendor));
	rig_free(r);
}

/* Laws 31 and 32. */
static void a_report_beyond_what_is_guarded_is_refused(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 7; i++) {
		struct rig *r = rig_new();

		rig_bound(r);
		switch (i) {
		case 0:
			r->p->rep.info |= TDISP_INFO_ATS;
			break;
		case 1:
			r->p->rep.info |= TDISP_INFO_PRS;
			break;
		case 2:
			r->p->rep.info |= TDISP_INFO_DMA_PASID;
			break;
		case 3:
			r->p->rep.lnr_control = 1;
			break;
		case 4:
			r->p->rep.tph_control = 1;
			break;
		case 5:
			r->p->rep.msix_control = 1;
			break;
		case 6:
			r->p->rep.range_count = TSM_RANGES_MAX + 1;
			for (unsigned k = 0; k <= TSM_RANGES_MAX; k++)
				r->p->rep.ranges[k] = (struct tdisp_range){
					PEER_BAR / PAGE_4K + k, 1, 0, 0
				};
			break;
		}
		assert_int_equal(rig_lock(r), IL_OK);
		assert_int_equal(rig_verb(r, TSM_REPORT), IL_E_FIELD);
		assert_false(tsm_lock_info(r->bind)->report_valid);
		assert_int_equal(tsm_lock_info(r->bind)->ranges, 0);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_LOCKED);
		rig_free(r);
	}
}

static void at_zero(struct peer *p, uint8_t *out, size_t cap, size_t *len)
{
	(void)p;
	(void)cap;
	if (*len > 22 && out[2] == TDISP_REPORT)
		memset(out + 1 + 16 + 4 + 16, 0, 8); /* first page of range 0 */
}

/* Law 30: with the offset taken off, a range ends above 2^64. */
static void a_range_that_wraps_is_refused(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	assert_int_equal(rig_run(r, TSM_LOCK,
				 &(struct tsm_args){ .bind = r->bind,
						     .lock_flags = RIG_FLAGS,
						     .mmio_offset = 0x1000 }),
			 IL_OK);
	r->p->on_payload = at_zero;
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_E_FIELD);
	assert_false(tsm_lock_info(r->bind)->report_valid);
	rig_free(r);
}

static void forget_no_update(struct peer *p, uint8_t *out, size_t cap,
			     size_t *len)
{
	(void)p;
	(void)cap;
	/* report data: protocol id, header, portion, remainder, info */
	if (*len > 22 && out[2] == TDISP_REPORT)
		out[1 + 16 + 4] &= (uint8_t)~TDISP_INFO_NO_FW_UPDATE;
}

static void a_device_that_may_be_updated_in_spite_of_us_is_refused(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	rig_bound(r);
	assert_int_equal(
		rig_run(r, TSM_LOCK,
			&(struct tsm_args){ .bind = r->bind,
					    .lock_flags =
						    RIG_FLAGS |
						    TDISP_LOCK_NO_FW_UPDATE }),
		IL_OK);
	r->p->on_payload = forget_no_update;
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_E_FIELD);
	assert_false(tsm_lock_info(r->bind)->report_valid);
	rig_free(r);
}

static void one_page_less(struct peer *p, uint8_t *out, size_t cap, size_t *len)
{
	(void)p;
	(void)cap;
	if (*len > 22 && out[2] == TDISP_REPORT)
		out[1 + 16 + 4 + 16 + 8] = 1; /* pages of range 0 */
}

static void a_report_does_not_change_in_a_lock_session(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_lock_info before;

	(void)unused;
	rig_locked(r);
	before = *tsm_lock_info(r->bind);
	r->p->on_payload = one_page_less;
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_E_FIELD);
	assert_memory_equal(&before, tsm_lock_info(r->bind), sizeof(before));
	r->p->on_payload = NULL;
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_OK);
	assert_int_equal(tsm_lock_info(r->bind)->report_count, 2);
	/* another lock session, another report */
	assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
	assert_int_equal(rig_lock(r), IL_OK);
	r->p->on_payload = one_page_less;
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_OK);
	assert_int_equal(tsm_lock_info(r->bind)->range[0].pages, 1);
	rig_free(r);
}

/* --- measurements --- */

static void measurements_belong_to_the_lock_sessions_of_the_device(void **u)
{
	struct rig *r = rig_new();
	const struct tsm_bind_cfg cfg = { .function_id = PEER_RID + 1 };
	struct tsm_args a = { .nonce = { 1 } };
	struct tsm_bind *other = NULL;
	const uint8_t *p;
	uint8_t digest[48];
	size_t len;

	(void)u;
	rig_bound(r);
	assert_int_equal(tsm_bind_new(r->conn, &cfg, &other), IL_OK);
	assert_int_equal(tsm_bind_own(other, 7), IL_OK);
	assert_int_equal(rig_run(r, TSM_MEASURE, &a), IL_OK);
	no_lock_session(r);
	assert_int_equal(rig_lock(r), IL_OK);
	a.bind = other;
	a.lock_flags = RIG_FLAGS;
	assert_int_equal(rig_run(r, TSM_LOCK, &a), IL_OK);
	/* for one */
	a.nonce[0] = 2;
	assert_int_equal(rig_run(r, TSM_MEASURE, &a), IL_OK);
	assert_false(tsm_lock_info(r->bind)->meas_valid);
	assert_true(tsm_lock_info(other)->meas_valid);
	assert_int_equal(tsm_lock_info(other)->meas_nonce[0], 2);
	/* for all */
	a.bind = NULL;
	a.nonce[0] = 3;
	assert_int_equal(rig_run(r, TSM_MEASURE, &a), IL_OK);
	tsm_blob(r->conn, &p, &len);
	assert_int_equal(
		crypto_hash(&r->p->crypto, CRYPTO_SHA384, p, len, digest),
		IL_OK);
	assert_memory_equal(tsm_lock_info(r->bind)->meas_digest, digest, 48);
	assert_memory_equal(tsm_lock_info(other)->meas_digest, digest, 48);
	assert_int_equal(tsm_lock_info(other)->meas_nonce[0], 3);
	rig_free(r);
}

/* Law 25, the weak point of others: nothing survives a new LOCK. */
static void evidence_does_not_survive_its_lock_session(void **unused)
{
	struct rig *r = rig_new();
	uint64_t id;

	(void)unused;
	rig_locked(r);
	id = tsm_lock_info(r->bind)->id;
	assert_true(tsm_lock_info(r->bind)->report_valid);
	assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
	no_lock_session(r);
	assert_int_equal(tsm_lock_info(r->bind)->report_count, 1);
	assert_int_equal(rig_lock(r), IL_OK);
	assert_true(tsm_lock_info(r->bind)->id > id);
	assert_false(tsm_lock_info(r->bind)->report_valid);
	assert_false(tsm_lock_info(r->bind)->meas_valid);
	assert_int_equal(tsm_gate(r->bind, TSM_GATE_MMIO_ACCEPT, id),
			 IL_E_AUTH);
	rig_free(r);
}

/* --- start
 * --------------------------------------------------------------------------------
 */

static void a_start_runs_and_uses_its_nonce_up(void **unused)
{
	static const uint8_t zero[32];
	struct rig *r = rig_new();

	(void)unused;
	rig_running(r);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_RUN);
	assert_int_equal(dev_state(r), TDI_RUN);
	assert_memory_equal(r->bind->nonce, zero, 32);
	assert_false(r->bind->nonce_live);
	assert_true(tsm_lock_info(r->bind)->report_valid);
	assert_int_equal(rig_verb(r, TSM_START), IL_E_STATE);
	rig_free(r);
}

static void a_start_needs_what_its_gate_says(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	assert_int_equal(rig_verb(r, TSM_START), IL_E_STATE);
	assert_int_equal(rig_lock(r), IL_OK);
	assert_int_equal(rig_verb(r, TSM_START), IL_E_STATE);
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_OK);
	assert_int_equal(rig_verb(r, TSM_START), IL_E_STATE);
	assert_int_equal(r->p->seen[TDISP_START_REQ], 0);
	assert_int_equal(rig_verb(r, TSM_MEASURE), IL_OK);
	assert_int_equal(rig_verb(r, TSM_START), IL_OK);
	rig_free(r);
}

static void a_start_whose_state_disagrees_is_stopped(void **unused)
{
	static const uint8_t lies[] = { TDI_UNLOCKED, TDI_LOCKED, TDI_ERROR };

	(void)unused;
	for (unsigned i = 0; i < COUNT(lies); i++) {
		struct rig *r = rig_new();

		rig_locked(r);
		lie_on(r, 1, lies[i]);
		assert_int_equal(rig_verb(r, TSM_START), IL_E_FIELD);
		assert_int_equal(r->p->seen[TDISP_STOP_REQ], 1);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
		assert_int_equal(dev_state(r), TDI_UNLOCKED);
		no_lock_session(r);
		rig_free(r);
	}
}

static void a_start_the_device_refuses_is_stopped(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_locked(r);
	dsm_event(&r->p->dsm, DSM_EV_BME_CLEARED, 0);
	assert_int_equal(dev_state(r), TDI_ERROR);
	assert_int_equal(rig_verb(r, TSM_START), IL_E_PEER);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
	no_lock_session(r);
	rig_free(r);
}

/* --- stop
 * ----------------------------------------------------------------------------------
 */

static void a_stop_takes_the_entry_away_when_the_backend_says(void **unused)
{
	(void)unused;
	for (unsigned before = 0; before < 2; before++) {
		struct rig *r = rig_new();

		r->gates.row[TSM_GATE_STOP].needs =
			before ? TSM_NEED_DMA_OFF : 0;
		rig_running(r);
		tsm_dma_set(r->bind, true);
		assert_int_equal(
			tsm_begin(r->conn, TSM_STOP,
				  &(struct tsm_args){ .bind = r->bind }),
			IL_OK);
		assert_int_equal(rig_first(r), IL_E_AGAIN);
		/* grants are dead before STOP goes out, either way */
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_STOPPING);
		assert_int_equal(tsm_lock_info(r->bind)->id, 0);
		assert_int_equal(tsm_dma_on(r->bind), !before);
		assert_int_equal(r->entry_off, before);
		assert_int_equal(rig_step(r), IL_E_AGAIN);
		assert_int_equal(rig_step(r), IL_OK);
		assert_false(tsm_dma_on(r->bind));
		assert_int_equal(r->stops_at_entry_off, 1);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
		assert_int_equal(dev_state(r), TDI_UNLOCKED);
		no_lock_session(r);
		rig_free(r);
	}
}

/* Law 48. */
static void a_stop_the_device_does_not_confirm_cuts_the_link(void **unused)
{
	static const uint8_t lies[] = { TDI_LOCKED, TDI_RUN, TDI_ERROR };

	(void)unused;
	for (unsigned i = 0; i < COUNT(lies); i++) {
		struct rig *r = rig_new();

		rig_running(r);
		tsm_dma_set(r->bind, true);
		lie_on(r, 1, lies[i]);
		assert_int_equal(rig_verb(r, TSM_STOP), IL_E_FIELD);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_DEAD);
		assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_ERROR);
		assert_true(peer_keys_gone(r->p, true));
		no_lock_session(r);
		assert_int_equal(rig_verb(r, TSM_STOP), IL_E_STATE);
		rig_free(r);
	}
}

static unsigned busy; /* LOCKs or STOPs that are not done yet */

static void say_busy(struct tdisp_msg *rsp)
{
	busy--;
	rsp->code = TDISP_ERROR;
	memset(&rsp->error, 0, sizeof(rsp->error));
	rsp->error.code = TDISP_E_BUSY;
}

static void busy_stop(struct peer *p, const struct tdisp_msg *req,
		      struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_STOP_REQ && busy)
		say_busy(rsp);
}

static void a_slow_stop_is_asked_for_again(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_running(r);
	r->p->on_tdisp = busy_stop;
	busy = 5;
	assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
	assert_int_equal(r->p->seen[TDISP_STOP_REQ], 6);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_READY);
	no_lock_session(r);
	rig_free(r);
}

/* Laws 48 and 49: it ends, and not as a STOP that was done. */
static void a_stop_that_is_never_done_cuts_the_link(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_running(r);
	r->p->on_tdisp = busy_stop;
	busy = UINT32_MAX;
	assert_int_equal(rig_verb(r, TSM_STOP), IL_E_PEER);
	assert_int_equal(r->p->seen[TDISP_STOP_REQ], 1 + TSM_BUSY_TRIES);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_DEAD);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_ERROR);
	assert_true(peer_keys_gone(r->p, true));
	no_lock_session(r);
	rig_free(r);
}

static enum il_err drains(void *ctx, uint32_t fn)
{
	(void)ctx;
	(void)fn;
	if (!busy)
		return IL_OK;
	busy--;
	return IL_E_AGAIN;
}

/* The device is a whole one, which says BUSY of itself meanwhile. */
static void a_lock_that_drains_is_asked_for_again(void **unused)
{
	(void)unused;
	for (int never = 0; never < 2; never++) {
		struct rig *r = rig_new();
		struct dsm_port port = *r->p->dsm.pci.cfg.port;

		port.quiesce = drains;
		r->p->dsm.pci.cfg.port = &port;
		rig_bound(r);
		busy = never ? UINT32_MAX : 5;
		assert_int_equal(rig_lock(r), never ? IL_E_PEER : IL_OK);
		assert_int_equal(r->p->seen[TDISP_LOCK_REQ],
				 never ? 1 + TSM_BUSY_TRIES : 6);
		if (never) {
			no_lock_session(r);
			assert_int_equal(tsm_bind_state(r->bind),
					 TSM_BIND_UNLOCKED);
			assert_int_equal(tsm_conn_state(r->conn),
					 TSM_CONN_READY);
			busy = 0;
			assert_int_equal(rig_lock(r), IL_OK);
		}
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_LOCKED);
		assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
		rig_free(r);
	}
}

static void drop_stop(struct peer *p, const struct tdisp_msg *req,
		      struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)rsp;
	*drop = req->code == TDISP_STOP_REQ;
}

static void a_stop_that_is_never_answered_cuts_the_link_on_abort(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_running(r);
	r->p->on_tdisp = drop_stop;
	assert_int_equal(rig_verb(r, TSM_STOP), IL_E_TIMEOUT); /* the host */
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_STOPPING);
	assert_ptr_equal(tsm_verb_bind(r->conn), r->bind);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_E_STATE);
	assert_int_equal(tsm_bind_free(r->bind), IL_E_STATE);
	tsm_verb_abort(r->conn);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_DEAD);
	assert_true(peer_keys_gone(r->p, true));
	assert_int_equal(tsm_bind_own(r->bind, RIG_TVM), IL_E_STATE);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_OK);
	assert_int_equal(tsm_bind_free(r->bind), IL_OK);
	rig_free(r);
}

/* --- get state
 * ---------------------------------------------------------------------------------
 */

static void a_device_that_left_its_state_keeps_no_grant(void **unused)
{
	static const struct {
		bool run;
		uint8_t state;
	} t[] = {
		{ false, TDI_UNLOCKED }, { false, TDI_RUN },
		{ false, TDI_ERROR },	 { true, TDI_UNLOCKED },
		{ true, TDI_LOCKED },	 { true, TDI_ERROR },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(t); i++) {
		struct rig *r = rig_new();

		if (t[i].run)
			rig_running(r);
		else
			rig_locked(r);
		tsm_dma_set(r->bind, true);
		assert_int_equal(rig_verb(r, TSM_GET_STATE), IL_OK);
		assert_true(tsm_dma_on(r->bind));
		lie_on(r, 1, t[i].state);
		assert_int_equal(rig_verb(r, TSM_GET_STATE), IL_OK);
		assert_int_equal(tsm_bind_tdi(r->bind), t[i].state);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_ERROR);
		assert_true(r->entry_off > 0);
		no_lock_session(r);
		/* law 23: only STOP leads out */
		assert_int_equal(rig_lock(r), IL_E_STATE);
		assert_int_equal(rig_verb(r, TSM_START), IL_E_STATE);
		assert_int_equal(rig_verb(r, TSM_REPORT), IL_E_STATE);
		assert_int_equal(rig_verb(r, TSM_GET_STATE), IL_OK);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_ERROR);
		assert_int_equal(tsm_bind_own(r->bind, 0), IL_E_STATE);
		assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
		assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
		rig_free(r);
	}
}

static void an_unlocked_device_in_error_is_noticed(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	assert_int_equal(rig_verb(r, TSM_GET_STATE), IL_OK);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_UNLOCKED);
	lie_on(r, 1, TDI_ERROR);
	assert_int_equal(rig_verb(r, TSM_GET_STATE), IL_OK);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_ERROR);
	rig_free(r);
}

/* --- isolation, gates
 * ----------------------------------------------------------------------------
 */

/* Law 3, 24, 49: all that rests on the session goes, without the device. */
static void isolation_reaches_every_binding_of_the_connection(void **unused)
{
	struct rig *r = rig_new();
	const struct tsm_bind_cfg cfg = { .function_id = PEER_RID + 1 };
	struct tsm_bind *other = NULL;

	(void)unused;
	rig_running(r);
	assert_int_equal(tsm_bind_new(r->conn, &cfg, &other), IL_OK);
	tsm_dma_set(r->bind, true);
	r->entry_off = 0;
	tsm_isolate(r->conn);
	assert_int_equal(r->entry_off, 2);
	assert_int_equal(tsm_bind_state(r->bind), TSM_BIND_DEAD);
	assert_int_equal(tsm_bind_state(other), TSM_BIND_DEAD);
	no_lock_session(r);
	assert_int_equal(r->bind->session, 0);
	assert_int_equal(rig_verb(r, TSM_GET_STATE), IL_E_STATE);
	assert_int_equal(tsm_gate(r->bind, TSM_GATE_DMA_ON, 1), IL_E_STATE);
	rig_free(r);
}

static enum il_err needs(struct rig *r, uint8_t need, uint64_t id)
{
	r->gates.row[TSM_GATE_DMA_ON] =
		(struct tsm_gate_row){ .states = (uint16_t)BIT(r->bind->state),
				       .needs = need };
	return tsm_gate(r->bind, TSM_GATE_DMA_ON, id);
}

static void a_gate_is_open_where_its_row_says(void **unused)
{
	struct rig *r = rig_new();
	uint64_t id;

	(void)unused;
	rig_bound(r);
	assert_int_equal(needs(r, TSM_NEED_LOCK_ID, 0), IL_E_AUTH);
	assert_int_equal(rig_lock(r), IL_OK);
	id = tsm_lock_info(r->bind)->id;
	assert_int_equal(needs(r, 0, 0), IL_OK);
	assert_int_equal(needs(r, TSM_NEED_LOCK_ID, id), IL_OK);
	assert_int_equal(needs(r, TSM_NEED_LOCK_ID, id + 1), IL_E_AUTH);
	assert_int_equal(needs(r, TSM_NEED_LOCK_ID, 0), IL_E_AUTH);
	assert_int_equal(needs(r, TSM_NEED_REPORT, id), IL_E_STATE);
	assert_int_equal(needs(r, TSM_NEED_MEAS, id), IL_E_STATE);
	assert_int_equal(needs(r, TSM_NEED_TVM, id), IL_OK);
	assert_int_equal(needs(r, TSM_NEED_NO_TVM, id), IL_E_STATE);
	assert_int_equal(needs(r, TSM_NEED_DMA_OFF | TSM_NEED_NO_MMIO, id),
			 IL_OK);
	tsm_dma_set(r->bind, true);
	assert_int_equal(needs(r, TSM_NEED_DMA_OFF, id), IL_E_STATE);
	tsm_mmio_count(r->bind, 3);
	assert_int_equal(tsm_mmio_pages(r->bind), 3);
	assert_int_equal(needs(r, TSM_NEED_NO_MMIO, id), IL_E_STATE);
	tsm_mmio_count(r->bind, -3);
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_OK);
	assert_int_equal(rig_verb(r, TSM_MEASURE), IL_OK);
	assert_int_equal(needs(r, TSM_NEED_REPORT | TSM_NEED_MEAS, id), IL_OK);
	r->gates.row[TSM_GATE_DMA_ON].states = BIT(TSM_BIND_RUN);
	assert_int_equal(tsm_gate(r->bind, TSM_GATE_DMA_ON, id), IL_E_STATE);
	r->bind->tvm = 0;
	assert_int_equal(needs(r, TSM_NEED_TVM, id), IL_E_STATE);
	assert_int_equal(needs(r, TSM_NEED_NO_TVM, id), IL_OK);
	tsm_dma_set(r->bind, false);
	rig_free(r);
}

static void look_ups_find_only_what_is_there(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	assert_ptr_equal(tsm_conn_at(r->t, 0), r->conn);
	assert_null(tsm_conn_at(r->t, 1));
	assert_null(tsm_conn_at(r->t, 2));
	assert_ptr_equal(tsm_bind_at(r->t, 0), r->bind);
	assert_null(tsm_bind_at(r->t, 1));
	assert_null(tsm_bind_at(r->t, 3));
	assert_ptr_equal(tsm_bind_conn(r->bind), r->conn);
	assert_ptr_equal(tsm_conn_tsm(r->conn), r->t);
	assert_int_equal(tsm_bind_owner(r->bind), 0xb0);
	assert_int_equal(tsm_bind_function(r->bind), PEER_RID);
	assert_int_equal(tsm_conn_cfg(r->conn)->port, PEER_PORT);
	assert_null(tsm_verb_bind(r->conn));
	rig_free(r);
}

const struct CMUnitTest bind_tests[] = {
	cmocka_unit_test(a_tdi_is_booked_once_behind_its_stream),
	cmocka_unit_test(a_core_without_place_books_no_tdi),
	cmocka_unit_test(a_tdi_belongs_to_one_tvm),
	cmocka_unit_test(a_connection_with_a_tdi_is_not_disconnected),
	cmocka_unit_test(a_lock_is_locked_at_both_sides),
	cmocka_unit_test(a_lock_out_of_range_changes_nothing),
	cmocka_unit_test(a_verb_for_a_tdi_of_another_connection_is_refused),
	cmocka_unit_test(a_lock_whose_state_disagrees_is_stopped),
	cmocka_unit_test(a_lock_that_cannot_be_stopped_cuts_the_link),
	cmocka_unit_test(a_flag_the_device_lacks_is_not_asked_for),
	cmocka_unit_test(a_lock_the_device_refuses_leaves_unlocked),
	cmocka_unit_test(a_spoiled_answer_in_any_verb_cuts_the_link),
	cmocka_unit_test(an_answer_of_another_interface_is_not_believed),
	cmocka_unit_test(an_answer_of_another_protocol_is_not_believed),
	cmocka_unit_test(a_report_is_digested_and_its_addresses_made_plain),
	cmocka_unit_test(a_long_report_is_collected_in_portions),
	cmocka_unit_test(a_report_beyond_what_is_guarded_is_refused),
	cmocka_unit_test(a_range_that_wraps_is_refused),
	cmocka_unit_test(
		a_device_that_may_be_updated_in_spite_of_us_is_refused),
	cmocka_unit_test(a_report_does_not_change_in_a_lock_session),
	cmocka_unit_test(
		measurements_belong_to_the_lock_sessions_of_the_device),
	cmocka_unit_test(evidence_does_not_survive_its_lock_session),
	cmocka_unit_test(a_start_runs_and_uses_its_nonce_up),
	cmocka_unit_test(a_start_needs_what_its_gate_says),
	cmocka_unit_test(a_start_whose_state_disagrees_is_stopped),
	cmocka_unit_test(a_start_the_device_refuses_is_stopped),
	cmocka_unit_test(a_stop_takes_the_entry_away_when_the_backend_says),
	cmocka_unit_test(a_stop_the_device_does_not_confirm_cuts_the_link),
	cmocka_unit_test(a_lock_that_drains_is_asked_for_again),
	cmocka_unit_test(a_slow_stop_is_asked_for_again),
	cmocka_unit_test(a_stop_that_is_never_done_cuts_the_link),
	cmocka_unit_test(a_stop_that_is_never_answered_cuts_the_link_on_abort),
	cmocka_unit_test(a_device_that_left_its_state_keeps_no_grant),
	cmocka_unit_test(an_unlocked_device_in_error_is_noticed),
	cmocka_unit_test(isolation_reaches_every_binding_of_the_connection),
	cmocka_unit_test(a_gate_is_open_where_its_row_says),
	cmocka_unit_test(look_ups_find_only_what_is_there),
};
const size_t bind_tests_n = COUNT(bind_tests);
