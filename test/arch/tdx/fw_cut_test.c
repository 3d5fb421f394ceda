/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

/*
 * Each long operation given up between any two of its messages: the link is cut
 * or the session dropped, nothing that was granted is left, every object goes,
 * and the device serves again.
 */

static void connected(struct fwrig *r)
{
	assert_int_equal(dev_create(r), 0);
	assert_int_equal(dev_connect(r), 0);
}

static void streaming(struct fwrig *r)
{
	connected(r);
	assert_int_equal(dev_stream(r), 0);
}

static void only_made(struct fwrig *r)
{
	static const uint8_t cfg[7] = { [5] = 1 };

	assert_int_equal(dev_create(r), 0);
	host_put(r, r->cfg, cfg, sizeof(cfg));
}

static void with_interface(struct fwrig *r)
{
	all_ready(r);
	assert_int_equal(devif_create(r, &r->td), 0);
}

static void authorised(struct fwrig *r)
{
	all_locked(r);
	mmio_map_all(r, &r->td);
	mmio_accept_all(r, &r->td);
	assert_int_equal(td_authorises(r, &r->td), 0);
	assert_int_equal(dmar_add(r, &r->td), 0);
	assert_int_equal(TD(r, &r->td, TDG_DMAR_ACCEPT, FW_IF), 0);
}

static const struct way {
	const char *name;
	void (*before)(struct fwrig *r);
	uint64_t leaf;
	uint64_t op; /* KM, MNG */
	bool stream;
} ways[] = {
	{ "connect", only_made, TDH_SPDM_CONNECT, 0, false },
	{ "disconnect", connected, TDH_SPDM_DISCONNECT, 0, false },
	{ "heartbeat", connected, TDH_SPDM_MNG, TDX_SPDM_HEARTBEAT, false },
	{ "key update", connected, TDH_SPDM_MNG, TDX_SPDM_KEY_UPDATE, false },
	{ "recollect", all_running, TDH_SPDM_MNG, TDX_SPDM_RECOLLECT, true },
	{ "keys", streaming, TDH_IDE_STREAM_KM, TDX_KM_SETUP, true },
	{ "refresh", all_running, TDH_IDE_STREAM_KM, TDX_KM_REFRESH, true },
	{ "keys off", all_ready, TDH_IDE_STREAM_KM, TDX_KM_STOP, true },
	{ "lock", with_interface, TDH_TDI_LOCK, 0, true },
	{ "report", all_running, TDH_TDI_REPORT, 0, true },
	{ "state", all_running, TDH_TDI_GET_STATE, 0, true },
	{ "start", authorised, TDH_TDI_START, 0, true },
	{ "stop", all_running, TDH_TDI_STOP, 0, true },
};

static struct tdx_regs call_of(const struct fwrig *r, const struct way *w)
{
	const uint64_t all = tdx_array(r->out, TDX_DEV_INFO_PAGES);

	switch (w->leaf) {
	case TDH_SPDM_CONNECT:
		return (struct tdx_regs){ w->leaf, r->spdm, r->cfg,
					  r->rsp,  r->req,  all };
	case TDH_SPDM_DISCONNECT:
		return (struct tdx_regs){ w->leaf, r->spdm, r->rsp, r->req };
	case TDH_SPDM_MNG:
		return (struct tdx_regs){ w->leaf,
					  r->spdm,
					  w->op,
					  TDX_NO_PAGE,
					  r->rsp,
					  r->req,
					  w->op == TDX_SPDM_RECOLLECT
						  ? all
						  : TDX_NO_PAGE };
	case TDH_IDE_STREAM_KM:
		return (struct tdx_regs){ w->leaf, r->spdm, 0,
					  w->op,   r->rsp,  r->req };
	case TDH_TDI_REPORT:
		return (struct tdx_regs){ w->leaf, FW_IF, all, r->rsp, r->req };
	default:
		return (struct tdx_regs){ w->leaf, FW_IF, 0, r->rsp, r->req };
	}
}

static void nothing_is_granted(struct fwrig *r)
{
	const struct fw_devif *d = the_if(r);
	uint8_t b[16] = { 0 };

	assert_true(peer_keys_gone(r->p, true));
	assert_false(r->p->rp_made || r->p->rp_secure);
	if (!d)
		return;
	assert_non_null(dma(r, FW_GPA, true, b));
	assert_int_equal(tsm_mmio_pages(d->bind), 0);
	assert_int_equal(d->session, 0);
	assert_false(d->authorised);
}

/* Without a word to the device. */
static void all_goes(struct fwrig *r, const struct way *w)
{
	if (w->stream) {
		assert_int_equal(SEAM(r, TDH_IDE_STREAM_BLOCK, r->spdm, 0), 0);
		nothing_is_granted(r);
	}
	if (the_if(r)) {
		if (the_if(r)->mapped)
			mmio_off(r, &r->td);
		if (the_if(r)->dmar)
			dmar_off(r);
		assert_int_equal(SEAM(r, TDH_DEVIF_REMOVE, FW_IF), 0);
	}
	if (w->stream)
		assert_int_equal(SEAM(r, TDH_IDE_STREAM_DELETE, r->spdm, 0, 0),
				 0);
	assert_int_equal(
		SEAM(r, TDH_SPDM_DELETE, r->spdm, tdx_array(r->out, 2)), 0);
}

static void serves_again(struct fwrig *r)
{
	uint8_t at[8];

	/* the list of pages says what was given back */
	for (unsigned i = 0; i < COUNT(r->outs); i++) {
		tdx_put_u64(at, 0, r->outs[i]);
		host_put(r, r->out + 8 * i, at, sizeof(at));
	}
	/* the host turned the stream off at the device */
	r->p->enabled = r->p->secure = false;
	streaming(r);
	assert_int_equal(dev_keys(r, TDX_KM_SETUP), 0);
	assert_true(peer_keys_agree(r->p, 0));
}

/* False: the operation is over before. */
static bool given_up_after(const struct way *w, unsigned exchanges)
{
	struct fwrig *r = fwrig_new();
	struct tdx_regs q;
	uint64_t st;

	w->before(r);
	q = call_of(r, w);
	st = seam(r, q);
	for (unsigned n = 0; n < exchanges && st == TDX_SPDM_REQUEST; n++) {
		assert_true(exchange(r));
		st = seam(r, q);
	}
	if (st == TDX_SPDM_REQUEST) {
		all_goes(r, w);
		serves_again(r);
	} else {
		assert_int_equal(st, 0);
	}
	fwrig_free(r);
	return st == TDX_SPDM_REQUEST;
}

static void an_operation_given_up_anywhere_leaves_nothing(void **state)
{
	unsigned cut = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		unsigned n = 0;

		while (given_up_after(&ways[i], n))
			n++;
		assert_in_range(n, 1, 40);
		cut += n;
	}
	assert_in_range(cut, 50, 200);
}

/* As above, but the device's answer is spoilt: the operation fails by itself,
 * and where the link was not cut the device was stopped. */
static void spoilt(struct fwrig *r, unsigned n)
{
	uint8_t b;

	if (n != r->spoil_at)
		return;
	host_get(r, r->rsp + 8 + r->ans_len - 1, &b, 1);
	b ^= 0x40;
	host_put(r, r->rsp + 8 + r->ans_len - 1, &b, 1);
}

static void a_spoilt_answer_ends_it_and_all_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		for (unsigned at = 1; at < 40; at++) {
			struct fwrig *r = fwrig_new();
			const struct way *w = &ways[i];
			uint64_t st;

			w->before(r);
			r->spoil = spoilt;
			r->spoil_at = at;
			st = carry(r, call_of(r, w));
			r->spoil = NULL;
			if (!st && r->exchanges >= at)
				fail_msg("%s: answer %u was spoilt", w->name,
					 at);
			if (st) {
				assert_true(st & TDX_ERROR_BIT);
				assert_int_not_equal(TDX_STATUS(st),
						     TDX_SPDM_REQUEST);
				all_goes(r, w);
				serves_again(r);
			}
			fwrig_free(r);
			if (!st)
				break;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_operation_given_up_anywhere_leaves_nothing),
		cmocka_unit_test(a_spoilt_answer_ends_it_and_all_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
