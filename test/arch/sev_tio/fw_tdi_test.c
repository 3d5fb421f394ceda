/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"
#include "fw_tests.h"

static struct sev_fw_tdi tdi(const struct fwrig *r)
{
	struct sev_fw_tdi t;

	assert_true(sev_fw_tdi_at(r->fw, 0, &t));
	return t;
}

static enum tsm_bind_state state(const struct fwrig *r)
{
	return tsm_bind_state(tdi(r).bind);
}

static void fences(const struct fwrig *r, enum own_fence want)
{
	enum own_fence dma, mmio;

	assert_int_equal(own_fence_get(&r->o, FW_ASID, PEER_PORT, &dma, &mmio),
			 IL_OK);
	assert_int_equal(dma, want);
	assert_int_equal(mmio, want == OWN_FENCE_OPEN ? OWN_FENCE_OPEN
						      : OWN_FENCE_CLOSED);
}

static bool sdte_on(const struct fwrig *r)
{
	struct own_sdte e;

	assert_int_equal(own_sdte_read(&r->o, PEER_RID, &e), IL_OK);
	return e.valid;
}

/* Two pages accepted, DMA on. */
static void all_granted(struct fwrig *r)
{
	uint8_t e[SDTE_LEN];

	all_running(r);
	bar_give(r, 0);
	bar_give(r, 1);
	assert_int_equal(
		mmio_validate(r, FW_BAR_GPA, 2, 0, 0, TIO_MMIO_F_VALIDATED) &
			0xff,
		TIO_MMIO_OK);
	sdte_good(e);
	assert_int_equal(sdte_write(r, e), TIO_SDTE_OK);
	assert_true(sdte_on(r));
}

/* No grant is left, whatever the books say otherwise. */
static void no_grant(const struct fwrig *r)
{
	assert_false(sdte_on(r));
	assert_false(tdi(r).sdte_valid);
	assert_int_equal(tdi(r).mmio_pages, 0);
	assert_int_equal(tdi(r).tdi_id, 0);
	assert_int_equal(tdi(r).lock_id, 0);
	assert_int_not_equal(own_state(&r->o, PEER_BAR), OWN_GUEST_PINNED);
	assert_int_not_equal(own_state(&r->o, PEER_BAR + PAGE_4K),
			     OWN_GUEST_PINNED);
}

static void a_tdi_context_is_a_page_of_firmware_state(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };
	uint64_t good = r->tdi_ctx;

	(void)unused;
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	fwrig_keep(r);
	assert_int_equal(tdi_create(r, PEER_RID + PEER_FNS),
			 SEV_RET_INVALID_TDI);
	assert_int_equal(tdi_create(r, PEER_RID | BIT(30)),
			 SEV_RET_INVALID_TDI);
	r->tdi_ctx = r->msg_req;
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_INVALID_PAGE_STATE);
	r->tdi_ctx = r->dev_ctx;
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_INVALID_PAGE_STATE);
	r->tdi_ctx = 0;
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_INVALID_ADDRESS);
	r->tdi_ctx = good;
	sev_put_u64(b, TIO_TDI_CREATE_DEV, r->dev_ctx);
	sev_put_u64(b, TIO_TDI_CREATE_TDI, good | SLA_SCATTER);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_CREATE, b),
			 SEV_RET_INVALID_ADDRESS);
	sev_put_u64(b, TIO_TDI_CREATE_TDI, good);
	sev_put_u64(b, TIO_TDI_CREATE_IF, PEER_RID);
	sev_put_u32(b, TIO_TDI_CREATE_IF + 8, 1); /* reserved */
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_CREATE, b),
			 SEV_RET_INVALID_PARAM);
	fwrig_same(r);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_SUCCESS);
	assert_int_equal(own_state(&r->o, good), OWN_CONTEXT);
	fwrig_keep(r);
	assert_int_equal(tdi_create(r, PEER_RID + 1),
			 SEV_RET_INVALID_PAGE_STATE);
	r->tdi_ctx = page_firmware(r);
	fwrig_keep(r);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_INVALID_DEV_STATE);
	assert_int_equal(tdi_bind(r, false), SEV_RET_INVALID_TDI_CTX);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_INVALID_TDI_CTX);
	assert_int_equal(tdi_reclaim(r), SEV_RET_INVALID_TDI_CTX);
	fwrig_same(r);
	assert_int_equal(tdi_create(r, PEER_RID + 1), SEV_RET_SUCCESS);
	r->tdi_ctx = page_firmware(r);
	assert_int_equal(tdi_create(r, PEER_RID + 2), SEV_RET_RESOURCE_LIMIT);
	r->tdi_ctx = good;
	assert_int_equal(tdi_reclaim(r), SEV_RET_SUCCESS);
	assert_int_equal(own_state(&r->o, good), OWN_FIRMWARE);
	fwrig_free(r);
}

static void a_bind_locks_reports_and_opens_the_fence(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t o[TIO_BUF_HDR_LEN + TIO_DOBJ_BLOB_LEN];

	(void)unused;
	guest_launch(r);
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_SUCCESS);
	fences(r, OWN_FENCE_CLOSED);
	assert_int_equal(tdi(r).tdi_id, 0);
	assert_int_equal(tdi_bind(r, false), SEV_RET_SUCCESS);
	fences(r, OWN_FENCE_OPEN);
	assert_int_equal(state(r), TSM_BIND_LOCKED);
	assert_int_not_equal(tdi(r).tdi_id, 0);
	assert_int_equal(tdi(r).lock_id, tsm_lock_info(tdi(r).bind)->id);
	assert_int_equal(tdi(r).gctx, r->gctx);
	assert_int_equal(tdi(r).asid, FW_ASID);
	assert_int_equal(tdi(r).guest_device_id, FW_GUEST_ID);
	assert_int_equal(tdi(r).rid, PEER_RID);
	assert_true(tsm_lock_info(tdi(r).bind)->report_valid);
	assert_int_equal(r->p->tdi[0].lock.flags, FW_FLAGS);
	host_get(r, r->out[0], o, sizeof(o));
	assert_int_equal(sev_u32(o + TIO_BUF_HDR_LEN, TIO_DOBJ_ID),
			 TIO_DOBJ_REPORT);
	assert_int_equal(sev_u32(o + TIO_BUF_HDR_LEN, TIO_DOBJ_LENGTH),
			 TIO_DOBJ_BLOB_LEN + 16 + 4 * 16 + 4);
	fwrig_free(r);
}

static void a_bind_out_of_range_changes_nothing(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];
	static const uint16_t bad_flags[] = {
		0, /* no redirect */
		TIO_LOCK_NO_FW_UPDATE,
		FW_FLAGS | TIO_LOCK_BIND_P2P,
		FW_FLAGS | 2,
		FW_FLAGS | 0x20,
	};

	(void)unused;
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_SUCCESS);
	assert_int_equal(tdi_bind(r, false), SEV_RET_INVALID_GUEST);
	guest_launch(r);
	fwrig_keep(r);
	for (size_t i = 0; i < COUNT(bad_flags); i++) {
		cmd_bind(r, b, false);
		sev_put_u16(b, TIO_TDI_BIND_LOCK_FLAGS, bad_flags[i]);
		assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_BIND, b),
				 SEV_RET_INVALID_PARAM);
	}
	cmd_bind(r, b, false);
	sev_put_u16(b, TIO_TDI_BIND_RUN_FLAGS, 2);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_BIND, b),
			 SEV_RET_INVALID_PARAM);
	/* law 21: RUN without a guest that saw the lock session */
	assert_int_equal(tdi_bind(r, true), SEV_RET_INVALID_TDI_STATE);
	r->fw->guest[0].state = SNP_GUEST_LAUNCH;
	assert_int_equal(tdi_bind(r, false), SEV_RET_INVALID_GUEST_STATE);
	r->fw->guest[0].state = SNP_GUEST_RUNNING;
	r->fw->guest[0].asid = 0;
	assert_int_equal(tdi_bind(r, false), SEV_RET_INACTIVE);
	r->fw->guest[0].asid = FW_ASID;
	fwrig_same(r);
	/* law 16: the stream is not Secure */
	r->p->rp_secure = false;
	assert_int_equal(tdi_bind(r, false), SEV_RET_INVALID_DEV_STATE);
	assert_int_equal(tdi(r).gctx, 0);
	fwrig_same(r);
	r->p->rp_secure = true;
	assert_int_equal(tdi_bind(r, false), SEV_RET_SUCCESS);
	fwrig_free(r);
}

static void a_run_repeats_the_bind_with_its_flag(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	all_bound(r);
	fwrig_keep(r);
	assert_int_equal(tdi_bind(r, false), SEV_RET_INVALID_TDI_STATE);
	cmd_bind(r, b, true);
	sev_put_u16(b, TIO_TDI_BIND_GUEST_ID, FW_GUEST_ID + 1);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_BIND, b),
			 SEV_RET_INVALID_PARAM);
	cmd_bind(r, b, true);
	sev_put_u16(b, TIO_TDI_BIND_LOCK_FLAGS, TIO_LOCK_REDIRECT);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_BIND, b),
			 SEV_RET_INVALID_PARAM);
	fwrig_same(r);
	assert_int_equal(tdi_bind(r, true), SEV_RET_SUCCESS);
	assert_int_equal(state(r), TSM_BIND_RUN);
	fwrig_keep(r);
	assert_int_equal(tdi_bind(r, true), SEV_RET_INVALID_TDI_STATE);
	fwrig_same(r);
	fwrig_free(r);
}

/* Law 15. */
static void another_guest_gets_nothing_of_a_bound_tdi(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint64_t mine, other;
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	(void)unused;
	all_granted(r);
	mine = r->gctx;
	other = page_firmware(r);
	sev_put_u64(b, SNP_ADDR_PA, other);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_GCTX_CREATE, b),
			 SEV_RET_SUCCESS);
	sev_put_u64(b, SNP_LSTART_POLICY, SNP_POLICY_RSVD_ONE);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_LAUNCH_START, b),
			 SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, SNP_ACTIVATE_GCTX, other);
	sev_put_u32(b, SNP_ACTIVATE_ASID, 5);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_ACTIVATE, b), SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, SNP_LFINISH_GCTX, other);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_LAUNCH_FINISH, b),
			 SEV_RET_SUCCESS);
	r->gctx = other;
	fwrig_keep(r);
	assert_int_equal(tdi_bind(r, false), SEV_RET_INVALID_GUEST);
	assert_int_equal(tdi_bind(r, true), SEV_RET_INVALID_GUEST);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_INVALID_GUEST);
	assert_int_equal(tdi_unbind(r, TIO_UNBIND_F_FORCE),
			 SEV_RET_INVALID_GUEST);
	cmd_tdi(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_REPORT, b),
			 SEV_RET_INVALID_GUEST);
	fwrig_same(r);
	/* after the unbind, pages of the first guest are still in the way */
	r->gctx = mine;
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	r->gctx = other;
	fwrig_keep(r);
	assert_int_equal(tdi_bind(r, false), SEV_RET_RECLAIM_REQUIRED);
	fwrig_same(r);
	fwrig_free(r);
}

static void one_guest_device_id_names_one_tdi(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	all_bound(r);
	r->tdi_ctx = page_firmware(r);
	assert_int_equal(tdi_create(r, PEER_RID + 1), SEV_RET_SUCCESS);
	fwrig_keep(r);
	assert_int_equal(tdi_bind(r, false), SEV_RET_IN_USE);
	fwrig_same(r);
	fwrig_free(r);
}

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

static void lie_on(struct fwrig *r, unsigned at, uint8_t what)
{
	lie_at = at;
	lie_count = 0;
	lie_state = what;
	r->p->on_tdisp = lie;
}

static void a_bind_that_fails_gives_the_tdi_back(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	guest_launch(r);
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_SUCCESS);
	lie_on(r, 2, TDI_ERROR); /* the read-back after LOCK */
	assert_int_equal(tdi_bind(r, false), SEV_RET_SPDM_ERROR);
	assert_int_equal(state(r), TSM_BIND_UNLOCKED);
	assert_int_equal(tdi(r).gctx, 0);
	assert_int_equal(sev_fw_pending(r->fw, 0), 0);
	no_grant(r);
	fences(r, OWN_FENCE_CLOSED);
	/* a report that is refused: STOP, then back */
	r->p->on_tdisp = NULL;
	r->p->rep.info |= TDISP_INFO_ATS;
	assert_int_equal(tdi_bind(r, false), SEV_RET_SPDM_ERROR);
	assert_int_equal(state(r), TSM_BIND_UNLOCKED);
	assert_int_equal(dsm_tdi_state(&r->p->dsm.pci, 0), TDI_UNLOCKED);
	assert_int_equal(tdi(r).gctx, 0);
	/* and when that STOP fails too, the link goes */
	lie_on(r, 3, TDI_RUN);
	assert_int_equal(tdi_bind(r, false), SEV_RET_SPDM_ERROR);
	assert_int_equal(state(r), TSM_BIND_DEAD);
	assert_int_equal(tdi(r).gctx, 0);
	fences(r, OWN_FENCE_ERROR);
	fwrig_free(r);
}

static void a_start_that_fails_leaves_bound_but_unlocked(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	all_bound(r);
	lie_on(r, 1, TDI_ERROR);
	assert_int_equal(tdi_bind(r, true), SEV_RET_SPDM_ERROR);
	assert_int_equal(state(r), TSM_BIND_UNLOCKED);
	assert_int_equal(tdi(r).gctx, r->gctx);
	no_grant(r);
	assert_int_equal(tdi_bind(r, true), SEV_RET_INVALID_TDI_STATE);
	r->p->on_tdisp = NULL;
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	fwrig_free(r);
}

/* --- unbind, reclaim --- */

/* OPEN decided: the secure device entry goes before STOP does. */
static void an_unbind_takes_the_entry_before_it_stops(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	all_granted(r);
	cmd_tdi(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_UNBIND, b),
			 SEV_RET_SPDM_REQUEST);
	assert_int_equal(r->p->seen[TDISP_STOP_REQ], 0);
	no_grant(r);
	while (fw_bounce(r, SEV_CMD_TIO_TDI_UNBIND) == SEV_RET_SPDM_REQUEST)
		;
	assert_int_equal(state(r), TSM_BIND_UNLOCKED);
	assert_int_equal(tdi(r).gctx, 0);
	assert_int_equal(tdi(r).guest_device_id, 0);
	fences(r, OWN_FENCE_CLOSED);
	fwrig_keep(r);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_INVALID_TDI_STATE);
	fwrig_same(r);
	fwrig_free(r);
}

/* Law 35: MMIO is the host's again after TDI_RECLAIM, and not before. */
static void mmio_comes_back_with_the_reclaim(void **unused)
{
	struct fwrig *r = fwrig_new();
	const struct rmp_update free_it = { 0 };
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	(void)unused;
	all_granted(r);
	bar_give(r, 3); /* given, never accepted */
	sev_put_u64(b, SNP_ADDR_PA, PEER_BAR + 3 * PAGE_4K);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_PAGE_RECLAIM, b),
			 SEV_RET_INVALID_PAGE_OWNER);
	assert_int_equal(own_rmpupdate(&r->o, PEER_BAR, &free_it),
			 RMP_FAIL_PERMISSION);
	fwrig_keep(r);
	assert_int_equal(tdi_reclaim(r), SEV_RET_IN_USE);
	fwrig_same(r);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(own_state(&r->o, PEER_BAR), OWN_PRE_GUEST);
	assert_int_equal(own_rmpupdate(&r->o, PEER_BAR, &free_it),
			 RMP_FAIL_PERMISSION);
	sev_put_u64(b, SNP_ADDR_PA, PEER_BAR);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_PAGE_RECLAIM, b),
			 SEV_RET_INVALID_PAGE_OWNER);
	assert_int_equal(tdi_reclaim(r), SEV_RET_SUCCESS);
	assert_int_equal(own_state(&r->o, r->tdi_ctx), OWN_FIRMWARE);
	for (unsigned i = 0; i < 4; i++)
		if (i != 2)
			assert_int_equal(own_rmpupdate(&r->o,
						       PEER_BAR + i * PAGE_4K,
						       &free_it),
					 RMP_OK);
	fwrig_free(r);
}

static void a_stop_that_fails_is_told_and_then_forced(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	(void)unused;
	all_granted(r);
	lie_on(r, 1, TDI_RUN);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SPDM_ERROR);
	assert_int_equal(state(r), TSM_BIND_DEAD);
	assert_int_equal(tdi(r).gctx, r->gctx); /* law 48: not unbound */
	assert_true(peer_keys_gone(r->p, true));
	no_grant(r);
	fences(r, OWN_FENCE_ERROR);
	/* the fence is not cleared while the TDI is bound: law 50 */
	sev_put_u64(b, TIO_FENCE_CLEAR_DEV, r->dev_ctx);
	sev_put_u64(b, TIO_FENCE_CLEAR_GCTX, r->gctx);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_ASID_FENCE_CLEAR, b),
			 SEV_RET_IN_USE);
	assert_int_equal(tdi_unbind(r, TIO_UNBIND_F_FORCE), SEV_RET_SUCCESS);
	assert_int_equal(tdi(r).gctx, 0);
	fences(r, OWN_FENCE_ERROR);
	assert_int_equal(tdi_reclaim(r), SEV_RET_SUCCESS);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_ASID_FENCE_CLEAR, b),
			 SEV_RET_SUCCESS);
	fences(r, OWN_FENCE_CLOSED);
	fwrig_free(r);
}

static void garble(struct fwrig *r, unsigned n)
{
	(void)n;
	r->ans[r->ans_len / 2] ^= 1;
}

/*
 * A session that is lost while the TDI runs. The host hears of it, and does
 * nothing: no FORCE, no register.
 */
static void a_lost_session_cuts_off_without_the_host(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	all_granted(r);
	r->spoil = garble;
	cmd_tdi(r, b);
	sev_put_u64(b, TIO_TDI_STATUS_PA, r->answer);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_TDI_STATUS, b),
			 SEV_RET_SPDM_ERROR);
	assert_int_equal(state(r), TSM_BIND_DEAD);
	assert_true(peer_keys_gone(r->p, true));
	no_grant(r);
	fences(r, OWN_FENCE_ERROR);
	fwrig_free(r);
}

/* Law 49: a dead device, nobody helps, and it ends. */
static void force_unbinds_from_a_device_that_never_answers(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	all_granted(r);
	cmd_tdi(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_UNBIND, b),
			 SEV_RET_SPDM_REQUEST);
	assert_int_equal(tdi_reclaim(r), SEV_RET_IN_USE);
	sev_put_u32(b, TIO_TDI_FLAGS, TIO_UNBIND_F_FORCE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_UNBIND, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_fw_pending(r->fw, 0), 0);
	assert_int_equal(tdi(r).gctx, 0);
	assert_int_equal(state(r), TSM_BIND_DEAD);
	assert_true(peer_keys_gone(r->p, true));
	no_grant(r);
	assert_int_equal(tdi_reclaim(r), SEV_RET_SUCCESS);
	fwrig_free(r);
}

/* Law 52: one that is refused does not cost the session. */
static void force_that_is_refused_leaves_what_is_pending(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX], d[SEV_CMD_BUF_MAX];

	(void)unused;
	all_granted(r);
	cmd_tdi(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_UNBIND, b),
			 SEV_RET_SPDM_REQUEST);
	fwrig_keep(r);
	sev_put_u32(b, TIO_TDI_FLAGS, TIO_UNBIND_F_FORCE);
	sev_put_u64(b, TIO_TDI_GCTX, r->gctx + PAGE_4K);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_UNBIND, b), SEV_RET_IN_USE);
	cmd_tdi(r, b);
	sev_put_u32(b, TIO_TDI_FLAGS, TIO_UNBIND_F_FORCE);
	sev_put_u64(b, TIO_TDI_TDI, r->tdi_ctx + PAGE_4K);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_UNBIND, b), SEV_RET_IN_USE);
	cmd_tdi(r, b);
	sev_put_u32(b, TIO_TDI_FLAGS, TIO_UNBIND_F_FORCE | 2);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_UNBIND, b), SEV_RET_IN_USE);
	cmd_dev(r, d);
	sev_put_u32(d, TIO_DEV_FLAGS, TIO_DISCONNECT_F_FORCE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_DISCONNECT, d),
			 SEV_RET_IN_USE); /* law 4 */
	fwrig_same(r);
	cmd_tdi(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_TDI_UNBIND, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(tsm_conn_state(r->fw->dev[0].conn), TSM_CONN_READY);
	fwrig_free(r);
}

static void force_on_a_healthy_device_still_asks_it(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	all_granted(r);
	cmd_tdi(r, b);
	sev_put_u32(b, TIO_TDI_FLAGS, 2);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_UNBIND, b),
			 SEV_RET_INVALID_PARAM);
	assert_int_equal(tdi_unbind(r, TIO_UNBIND_F_FORCE), SEV_RET_SUCCESS);
	assert_int_equal(r->p->seen[TDISP_STOP_REQ], 1);
	assert_int_equal(state(r), TSM_BIND_UNLOCKED);
	assert_int_equal(tsm_conn_state(r->fw->dev[0].conn), TSM_CONN_READY);
	/* and the guest may have it again */
	assert_int_equal(tdi_bind(r, false), SEV_RET_SUCCESS);
	fwrig_free(r);
}

static void a_fence_in_error_keeps_new_bindings_out(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	guest_launch(r);
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_SUCCESS);
	assert_int_equal(own_fence_set(&r->o, FW_ASID, PEER_PORT,
				       OWN_FENCE_ERROR, OWN_FENCE_CLOSED),
			 IL_OK);
	fwrig_keep(r);
	assert_int_equal(tdi_bind(r, false), SEV_RET_RECLAIM_REQUIRED);
	fwrig_same(r);
	fwrig_free(r);
}

static void fences_are_shown(void **unused)
{
	static const struct {
		enum own_fence f;
		uint64_t want;
	} t[] = { { OWN_FENCE_OPEN, 0 },
		  { OWN_FENCE_ERROR, 1 | 3 << 2 },
		  { OWN_FENCE_CLOSED, 3 | 3 << 2 } };
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 }, s[8];

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	sev_put_u64(b, TIO_FENCE_STATUS_DEV, r->dev_ctx);
	sev_put_u32(b, TIO_FENCE_STATUS_ASID, FW_ASID);
	sev_put_u64(b, TIO_FENCE_STATUS_PA, r->answer);
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_int_equal(
			own_fence_set(&r->o, FW_ASID, PEER_PORT, t[i].f,
				      i ? OWN_FENCE_CLOSED : OWN_FENCE_OPEN),
			IL_OK);
		assert_int_equal(fw_ring(r, SEV_CMD_TIO_ASID_FENCE_STATUS, b),
				 SEV_RET_SUCCESS);
		host_get(r, r->answer, s, 8);
		assert_int_equal(sev_u64(s, 0), t[i].want);
	}
	sev_put_u32(b, TIO_FENCE_STATUS_ASID, FW_ASIDS);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_ASID_FENCE_STATUS, b),
			 SEV_RET_INVALID_ASID);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_FENCE_CLEAR_DEV, r->dev_ctx);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_ASID_FENCE_CLEAR, b),
			 SEV_RET_INVALID_GUEST);
	sev_put_u64(b, SNP_ADDR_PA, r->gctx);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_GCTX_CREATE, b),
			 SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_FENCE_CLEAR_DEV, r->dev_ctx);
	sev_put_u64(b, TIO_FENCE_CLEAR_GCTX, r->gctx);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_ASID_FENCE_CLEAR, b),
			 SEV_RET_INACTIVE);
	fwrig_free(r);
}

/* Law 50. */
static void a_guest_with_a_tdi_is_not_decommissioned(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	(void)unused;
	all_bound(r);
	sev_put_u64(b, SNP_ADDR_PA, r->gctx);
	fwrig_keep(r);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_DECOMMISSION, b),
			 SEV_RET_IN_USE);
	fwrig_same(r);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_DECOMMISSION, b),
			 SEV_RET_SUCCESS);
	fwrig_free(r);
}

/* --- report, status, info --- */

static uint32_t status_of(struct fwrig *r, uint8_t *state_out)
{
	uint8_t b[SEV_CMD_BUF_MAX], s[TIO_TSTAT_LEN];
	uint32_t ret;

	cmd_tdi(r, b);
	sev_put_u64(b, TIO_TDI_STATUS_PA, r->answer);
	ret = fw_carry(r, SEV_CMD_TIO_TDI_STATUS, b);
	if (ret)
		return ret;
	host_get(r, r->answer, s, sizeof(s));
	assert_int_equal(sev_u32(s, TIO_TSTAT_LENGTH), sizeof(s));
	*state_out = s[TIO_TSTAT_STATE];
	return ret;
}

static void a_device_in_error_loses_its_grants_when_looked_at(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t s = 0xff, b[SEV_CMD_BUF_MAX];

	(void)unused;
	all_granted(r);
	assert_int_equal(status_of(r, &s), SEV_RET_SUCCESS);
	assert_int_equal(s, TDI_RUN);
	assert_true(sdte_on(r));
	dsm_event(&r->p->dsm, DSM_EV_BME_CLEARED, 0);
	assert_int_equal(status_of(r, &s), SEV_RET_SUCCESS);
	assert_int_equal(s, TDI_ERROR);
	assert_int_equal(state(r), TSM_BIND_ERROR);
	no_grant(r);
	cmd_tdi(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_TDI_REPORT, b),
			 SEV_RET_INVALID_TDI_STATE);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(status_of(r, &s), SEV_RET_SUCCESS);
	assert_int_equal(s, TDI_UNLOCKED);
	/* where the answer would go is looked at first */
	cmd_tdi(r, b);
	sev_put_u64(b, TIO_TDI_STATUS_PA, r->msg_req);
	fwrig_keep(r);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_STATUS, b),
			 SEV_RET_INVALID_PAGE_STATE);
	fwrig_same(r);
	fwrig_free(r);
}

static void a_tdi_is_described_to_the_host(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 }, s[TIO_TINFO_LEN];
	const struct tsm_lock_info *l;

	(void)unused;
	all_bound(r);
	sev_put_u64(b, TIO_TDI_INFO_DEV, r->dev_ctx);
	sev_put_u64(b, TIO_TDI_INFO_TDI, r->tdi_ctx);
	sev_put_u64(b, TIO_TDI_INFO_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_INFO, b), SEV_RET_SUCCESS);
	host_get(r, r->answer, s, sizeof(s));
	l = tsm_lock_info(tdi(r).bind);
	assert_int_equal(sev_u32(s, TIO_TINFO_LENGTH), sizeof(s));
	assert_int_equal(sev_u32(s, TIO_TINFO_IF), PEER_RID);
	assert_int_equal(sev_u32(s, TIO_TINFO_P1), TIO_TDI_BOUND_LOCKED << 2);
	assert_int_equal(sev_u32(s, TIO_TINFO_LOCK_FLAGS), FW_FLAGS);
	assert_memory_equal(s + TIO_TINFO_REPORT, l->report_digest, 48);
	assert_memory_equal(
		s + TIO_TINFO_CERTS,
		tsm_conn_digest(r->fw->dev[0].conn, TSM_DIGEST_CERT), 48);
	assert_int_equal(sev_u64(s, TIO_TINFO_REPORT_COUNT), 1);
	assert_int_equal(sev_u32(s, TIO_TINFO_ASID), FW_ASID);
	assert_int_equal(sev_u64(s, TIO_TINFO_TDI_ID), tdi(r).tdi_id);
	assert_int_equal(tdi_bind(r, true), SEV_RET_SUCCESS);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_INFO, b), SEV_RET_SUCCESS);
	host_get(r, r->answer, s, sizeof(s));
	assert_int_equal(sev_u32(s, TIO_TINFO_P1), TIO_TDI_BOUND_RUN << 2);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_INFO, b), SEV_RET_SUCCESS);
	host_get(r, r->answer, s, sizeof(s));
	assert_int_equal(sev_u32(s, TIO_TINFO_P1), 0);
	assert_int_equal(sev_u32(s, TIO_TINFO_ASID), 0);
	assert_int_equal(sev_u64(s, TIO_TINFO_TDI_ID), 0);
	sev_put_u64(b, TIO_TDI_INFO_TDI, r->dev_ctx);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_INFO, b),
			 SEV_RET_INVALID_TDI_CTX);
	fwrig_free(r);
}

static void a_report_is_read_again_on_request(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	all_bound(r);
	cmd_tdi(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_TDI_REPORT, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(tsm_lock_info(tdi(r).bind)->report_count, 2);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	cmd_tdi(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_TDI_REPORT, b),
			 SEV_RET_INVALID_GUEST);
	fwrig_free(r);
}

/*
 * What the report tells of is locked: the second time a device says the same,
 * and what unbind takes back is what the first one named (laws 25, 34).
 */
static void a_second_report_that_reads_otherwise_is_refused(void **unused)
{
	struct fwrig *r = fwrig_new();
	struct tsm_lock_info before;
	struct tdisp_report other;
	uint8_t b[SEV_CMD_BUF_MAX];
	struct wr w;

	(void)unused;
	all_bound(r);
	before = *tsm_lock_info(tdi(r).bind);
	assert_int_equal(tdisp_report_decode(r->p->tdi[0].rep,
					     r->p->tdi[0].rep_len, &other),
			 IL_OK);
	other.ranges[2].first_page += 5;
	w = wr_over(r->p->report[0], sizeof(r->p->report[0]));
	assert_int_equal(tdisp_report_encode(&w, &other), IL_OK);
	cmd_tdi(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_TDI_REPORT, b),
			 SEV_RET_SPDM_ERROR);
	assert_memory_equal(&before, tsm_lock_info(tdi(r).bind),
			    sizeof(before));
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(tdi_reclaim(r), SEV_RET_SUCCESS);
	fwrig_free(r);
}

/* Every bind is a new one: law 21 against a re-bind behind the guest. */
static void each_bind_mints_an_id_of_its_own(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint64_t first;

	(void)unused;
	all_bound(r);
	first = tdi(r).tdi_id;
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(tdi_bind(r, false), SEV_RET_SUCCESS);
	assert_true(tdi(r).tdi_id > first);
	fwrig_free(r);
}

const struct CMUnitTest fw_tdi_tests[] = {
	cmocka_unit_test(a_tdi_context_is_a_page_of_firmware_state),
	cmocka_unit_test(a_bind_locks_reports_and_opens_the_fence),
	cmocka_unit_test(a_bind_out_of_range_changes_nothing),
	cmocka_unit_test(a_run_repeats_the_bind_with_its_flag),
	cmocka_unit_test(another_guest_gets_nothing_of_a_bound_tdi),
	cmocka_unit_test(one_guest_device_id_names_one_tdi),
	cmocka_unit_test(a_bind_that_fails_gives_the_tdi_back),
	cmocka_unit_test(a_start_that_fails_leaves_bound_but_unlocked),
	cmocka_unit_test(an_unbind_takes_the_entry_before_it_stops),
	cmocka_unit_test(mmio_comes_back_with_the_reclaim),
	cmocka_unit_test(a_stop_that_fails_is_told_and_then_forced),
	cmocka_unit_test(a_lost_session_cuts_off_without_the_host),
	cmocka_unit_test(force_unbinds_from_a_device_that_never_answers),
	cmocka_unit_test(force_that_is_refused_leaves_what_is_pending),
	cmocka_unit_test(force_on_a_healthy_device_still_asks_it),
	cmocka_unit_test(a_fence_in_error_keeps_new_bindings_out),
	cmocka_unit_test(fences_are_shown),
	cmocka_unit_test(a_guest_with_a_tdi_is_not_decommissioned),
	cmocka_unit_test(a_device_in_error_loses_its_grants_when_looked_at),
	cmocka_unit_test(a_tdi_is_described_to_the_host),
	cmocka_unit_test(a_report_is_read_again_on_request),
	cmocka_unit_test(a_second_report_that_reads_otherwise_is_refused),
	cmocka_unit_test(each_bind_mints_an_id_of_its_own),
};
const size_t fw_tdi_tests_n = COUNT(fw_tdi_tests);
