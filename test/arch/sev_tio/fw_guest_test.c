/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"
#include "fw_tests.h"

#define VALID	TIO_MMIO_F_VALIDATED
#define CHANGED (TIO_MMIO_F_CHANGED << 8)

static uint32_t says(struct fwrig *r, unsigned type, uint64_t id, uint8_t *rsp)
{
	uint8_t p[TIO_SDTE_REQ_LEN] = { 0 };

	sev_put_u64(p, TIO_MSG_TDI_ID, id);
	return guest_says(r, type, p, rsp);
}

/* --- the envelope --- */

static uint32_t ring_again(struct fwrig *r)
{
	uint8_t b[SEV_CMD_BUF_MAX];

	cmd_tdi(r, b);
	sev_put_u64(b, TIO_GUEST_REQ_REQ, r->msg_req);
	sev_put_u64(b, TIO_GUEST_REQ_RES, r->msg_res);
	return fw_ring(r, SEV_CMD_TIO_GUEST_REQUEST, b);
}

static void a_message_is_taken_once(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t rsp[TIO_INFO_RSP_LEN];
	struct sev_fw_guest g;

	(void)unused;
	all_bound(r);
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, tdi_id(r), rsp),
			 SEV_RET_SUCCESS);
	assert_true(sev_fw_guest_at(r->fw, 0, &g));
	assert_int_equal(g.seqno[0], 2);
	assert_int_equal(g.seqno[1], 0);
	fwrig_keep(r);
	assert_int_equal(ring_again(r), SEV_RET_BAD_MEASUREMENT); /* replay */
	r->seqno++; /* ahead of its time */
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, tdi_id(r), rsp),
			 SEV_RET_BAD_MEASUREMENT);
	fwrig_same(r);
	r->seqno--;
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, tdi_id(r), rsp),
			 SEV_RET_SUCCESS);
	fwrig_free(r);
}

/* Each byte of the header that counts, and one of the payload. */
static void a_message_changed_on_its_way_is_not_read(void **unused)
{
	static const struct {
		uint16_t off;
		uint32_t want;
	} t[] = {
		{ SNP_MSG_TAG, SEV_RET_BAD_MEASUREMENT },
		{ SNP_MSG_TAG + 15, SEV_RET_BAD_MEASUREMENT },
		{ SNP_MSG_SEQNO, SEV_RET_BAD_MEASUREMENT },
		{ SNP_MSG_ALGO, SEV_RET_INVALID_PARAM },
		{ SNP_MSG_HDR_VERSION, SEV_RET_INVALID_PARAM },
		{ SNP_MSG_HDR_SIZE, SEV_RET_INVALID_PARAM },
		{ SNP_MSG_TYPE, SEV_RET_INVALID_PARAM },
		{ SNP_MSG_VERSION, SEV_RET_INVALID_PARAM },
		{ SNP_MSG_SIZE, SEV_RET_INVALID_PARAM },
		{ 0x38, SEV_RET_BAD_MEASUREMENT }, /* reserved, covered */
		{ SNP_MSG_VMPCK, SEV_RET_BAD_MEASUREMENT }, /* another key */
		{ 0x5f, SEV_RET_BAD_MEASUREMENT },
		{ SNP_MSG_HDR_LEN, SEV_RET_BAD_MEASUREMENT },
	};
	struct fwrig *r = fwrig_new();
	uint8_t rsp[TIO_INFO_RSP_LEN], good[PAGE_4K], bad[PAGE_4K];
	uint8_t keep[PAGE_4K], after[PAGE_4K];
	uint64_t seq;

	(void)unused;
	all_bound(r);
	/* a good one, learnt from a command that is then refused */
	seq = r->seqno;
	r->p->rp_secure = true;
	{
		uint64_t res = r->msg_res;

		r->msg_res = r->msg_req; /* not firmware's */
		assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, tdi_id(r), rsp),
				 SEV_RET_INVALID_PAGE_STATE);
		r->msg_res = res;
	}
	assert_int_equal(r->seqno, seq);
	host_get(r, r->msg_req, good, sizeof(good));
	host_get(r, r->msg_res, keep, sizeof(keep));
	fwrig_keep(r);
	for (size_t i = 0; i < COUNT(t); i++) {
		memcpy(bad, good, sizeof(bad));
		bad[t[i].off] ^= 1;
		host_put(r, r->msg_req, bad, sizeof(bad));
		assert_int_equal(ring_again(r), t[i].want);
		host_get(r, r->msg_res, after, sizeof(after));
		assert_memory_equal(keep, after, sizeof(keep));
	}
	memcpy(bad, good, sizeof(bad));
	bad[SNP_MSG_VMPCK] = SNP_VMPCKS;
	host_put(r, r->msg_req, bad, sizeof(bad));
	assert_int_equal(ring_again(r), SEV_RET_INVALID_PARAM);
	fwrig_same(r);
	host_put(r, r->msg_req, good, sizeof(good));
	assert_int_equal(ring_again(r), SEV_RET_SUCCESS);
	fwrig_free(r);
}

static void a_message_number_never_wraps(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t rsp[TIO_INFO_RSP_LEN];

	(void)unused;
	all_bound(r);
	r->fw->guest[0].seqno[0] = UINT64_MAX - 2;
	r->seqno = UINT64_MAX - 2;
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, tdi_id(r), rsp),
			 SEV_RET_AEAD_OFLOW);
	assert_int_equal(r->fw->guest[0].seqno[0], UINT64_MAX - 2);
	fwrig_free(r);
}

static void a_guest_request_names_pages_and_objects_that_are_there(void **u)
{
	struct fwrig *r = fwrig_new();
	uint8_t rsp[TIO_INFO_RSP_LEN], b[SEV_CMD_BUF_MAX];
	uint64_t req, gctx, ctx;

	(void)u;
	all_bound(r);
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, tdi_id(r), rsp),
			 SEV_RET_SUCCESS);
	fwrig_keep(r);
	req = r->msg_req;
	r->msg_req = r->answer; /* firmware's, not the host's */
	cmd_tdi(r, b);
	sev_put_u64(b, TIO_GUEST_REQ_REQ, r->answer);
	sev_put_u64(b, TIO_GUEST_REQ_RES, r->msg_res);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_GUEST_REQUEST, b),
			 SEV_RET_INVALID_PAGE_STATE);
	sev_put_u64(b, TIO_GUEST_REQ_REQ, req + 8);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_GUEST_REQUEST, b),
			 SEV_RET_INVALID_ADDRESS);
	r->msg_req = req;
	gctx = r->gctx;
	r->gctx++;
	assert_int_equal(ring_again(r), SEV_RET_INVALID_GUEST);
	r->gctx = gctx;
	ctx = r->tdi_ctx;
	r->tdi_ctx = r->dev_ctx;
	assert_int_equal(ring_again(r), SEV_RET_INVALID_TDI_CTX);
	r->tdi_ctx = ctx;
	fwrig_same(r);
	r->fw->guest[0].state = SNP_GUEST_LAUNCH;
	assert_int_equal(ring_again(r), SEV_RET_INVALID_GUEST_STATE);
	r->fw->guest[0].state = SNP_GUEST_RUNNING;
	fwrig_free(r);
}

/* --- TDI_INFO --- */

static void info_is_what_the_lock_session_has(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t rsp[TIO_INFO_RSP_LEN], b[SEV_CMD_BUF_MAX];
	static const uint8_t zero[48];
	const struct tsm_lock_info *l;
	struct sev_fw_tdi t;

	(void)unused;
	all_bound(r);
	assert_true(sev_fw_tdi_at(r->fw, 0, &t));
	l = tsm_lock_info(t.bind);
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, t.tdi_id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u64(rsp, TIO_MSG_TDI_ID), t.tdi_id);
	assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), TIO_INFO_BOUND);
	assert_int_equal(sev_u32(rsp, TIO_INFO_MEAS_FLAGS), 0);
	assert_int_equal(sev_u32(rsp, TIO_INFO_LOCK_FLAGS), FW_FLAGS);
	assert_int_equal(sev_u64(rsp, TIO_INFO_ALGOS),
			 TIO_ALGO_DHE_P384 | TIO_ALGO_AEAD_AES256 |
				 TIO_ALGO_ASYM_P384 | TIO_ALGO_HASH_SHA384);
	assert_memory_equal(rsp + TIO_INFO_REPORT, l->report_digest, 48);
	assert_memory_equal(rsp + TIO_INFO_MEAS, zero, 48);
	assert_memory_equal(
		rsp + TIO_INFO_CERTS,
		tsm_conn_digest(r->fw->dev[0].conn, TSM_DIGEST_CERT), 48);
	assert_int_equal(sev_u64(rsp, TIO_INFO_REPORT_COUNT), 1);
	/* measurements for a nonce of the guest's */
	cmd_dev(r, b);
	memset(b + TIO_DEV_MEAS_NONCE, 7, 32);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, t.tdi_id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u32(rsp, TIO_INFO_MEAS_FLAGS),
			 TIO_INFO_MEAS_VALID | TIO_INFO_MEAS_FRESH);
	assert_memory_equal(rsp + TIO_INFO_MEAS, l->meas_digest, 48);
	assert_int_equal(l->meas_nonce[0], 7);
	fwrig_free(r);
}

/* Law 21 and 25: what was bound before is not what is bound now. */
static void an_id_of_an_earlier_bind_names_nothing(void **unused)
{
	static const struct {
		unsigned type;
		uint16_t status;
	} t[] = {
		{ TIO_MSG_TDI_INFO_REQ, TIO_INFO_UNBOUND },
		{ TIO_MSG_MMIO_VALIDATE_REQ, TIO_MMIO_INVALID_TDI },
		{ TIO_MSG_MMIO_CONFIG_REQ, TIO_MCFG_INVALID_TDI },
		{ TIO_MSG_SDTE_WRITE_REQ, TIO_SDTE_INVALID_TDI },
	};
	static const uint8_t zero[48];
	struct fwrig *r = fwrig_new();
	uint8_t rsp[TIO_INFO_RSP_LEN];
	uint64_t old;

	(void)unused;
	all_running(r);
	old = tdi_id(r);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(tdi_bind(r, false), SEV_RET_SUCCESS);
	assert_int_equal(tdi_bind(r, true), SEV_RET_SUCCESS);
	for (size_t i = 0; i < COUNT(t); i++) {
		memset(rsp, 0xee, sizeof(rsp));
		assert_int_equal(says(r, t[i].type, old, rsp), SEV_RET_SUCCESS);
		assert_int_equal(sev_u64(rsp, TIO_MSG_TDI_ID), old);
		assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), t[i].status);
		assert_int_equal(says(r, t[i].type, 0, rsp), SEV_RET_SUCCESS);
		assert_int_not_equal(sev_u16(rsp, TIO_MSG_STATUS), 0);
	}
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, old, rsp),
			 SEV_RET_SUCCESS);
	assert_memory_equal(rsp + TIO_INFO_REPORT, zero, 48);
	fwrig_free(r);
}

static void a_tdi_that_is_not_the_guests_is_invalid_to_it(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t rsp[TIO_INFO_RSP_LEN];
	uint64_t id;

	(void)unused;
	all_running(r);
	id = tdi_id(r);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), TIO_INFO_INVALID);
	assert_int_equal(says(r, TIO_MSG_MMIO_VALIDATE_REQ, id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), TIO_MMIO_INVALID_TDI);
	assert_int_equal(says(r, TIO_MSG_SDTE_WRITE_REQ, id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), TIO_SDTE_INVALID_TDI);
	fwrig_free(r);
}

/* Bound, but its lock session has ended: ERROR seen, or a failed start. */
static void without_a_lock_session_nothing_is_granted(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t rsp[TIO_INFO_RSP_LEN], b[SEV_CMD_BUF_MAX];
	uint64_t id;

	(void)unused;
	all_running(r);
	id = tdi_id(r);
	dsm_event(&r->p->dsm, DSM_EV_BME_CLEARED, 0);
	cmd_tdi(r, b);
	sev_put_u64(b, TIO_TDI_STATUS_PA, r->answer);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_TDI_STATUS, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(says(r, TIO_MSG_TDI_INFO_REQ, id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), TIO_INFO_UNBOUND);
	assert_int_equal(says(r, TIO_MSG_MMIO_VALIDATE_REQ, id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), TIO_MMIO_UNBOUND);
	assert_int_equal(says(r, TIO_MSG_MMIO_CONFIG_REQ, id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), TIO_MCFG_UNBOUND);
	assert_int_equal(says(r, TIO_MSG_SDTE_WRITE_REQ, id, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS), TIO_SDTE_NOT_BOUND);
	fwrig_free(r);
}

/* --- MMIO_VALIDATE --- */

static void mmio_is_accepted_and_given_back(void **unused)
{
	struct fwrig *r = fwrig_new();
	struct sev_fw_tdi t;

	(void)unused;
	all_bound(r); /* LOCKED is enough */
	bar_give(r, 0);
	bar_give(r, 1);
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 2, 0, 0, VALID),
			 TIO_MMIO_OK | CHANGED);
	assert_int_equal(own_state(&r->o, PEER_BAR), OWN_GUEST_PINNED);
	assert_true(sev_fw_tdi_at(r->fw, 0, &t));
	assert_int_equal(t.mmio_pages, 2);
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 2, 0, 0, VALID),
			 TIO_MMIO_OK); /* no change */
	assert_int_equal(mmio_validate(r, FW_BAR_GPA + PAGE_4K, 1, 1, 0, 0),
			 TIO_MMIO_OK | CHANGED);
	assert_int_equal(own_state(&r->o, PEER_BAR + PAGE_4K), OWN_PRE_GUEST);
	assert_true(sev_fw_tdi_at(r->fw, 0, &t));
	assert_int_equal(t.mmio_pages, 1);
	/* half and half */
	fwrig_keep(r);
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 2, 0, 0, VALID),
			 TIO_MMIO_NOT_UNIFORM);
	assert_int_equal(own_state(&r->o, PEER_BAR + PAGE_4K), OWN_PRE_GUEST);
	assert_int_equal(
		mmio_validate(r, FW_BAR_GPA, 2, 0, 0, VALID | TIO_MMIO_F_FORCE),
		TIO_MMIO_OK | CHANGED);
	assert_true(sev_fw_tdi_at(r->fw, 0, &t));
	assert_int_equal(t.mmio_pages, 2);
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 2, 0, 0, 0),
			 TIO_MMIO_OK | CHANGED);
	assert_int_equal(tsm_mmio_pages(t.bind), 0);
	fwrig_free(r);
}

/* Exactly the list of B.3: each status from one thing wrong. */
static void each_status_of_mmio_validate_has_its_cause(void **unused)
{
	struct fwrig *r = fwrig_new();
	const uint64_t gpa = FW_BAR_GPA;
	const struct rmp_update free_it = { 0 };

	(void)unused;
	all_bound(r);
	assert_int_equal(mmio_validate(r, gpa, 1, 0, 0, VALID),
			 TIO_MMIO_NOT_ASSIGNED);
	assert_int_equal(page_assign(r, PEER_BAR, gpa, 5, false), RMP_OK);
	assert_int_equal(mmio_validate(r, gpa, 1, 0, 0, VALID),
			 TIO_MMIO_NOT_ASSIGNED); /* to another guest */
	assert_int_equal(own_rmpupdate(&r->o, PEER_BAR, &free_it), RMP_OK);
	assert_int_equal(page_assign(r, PEER_BAR, gpa, FW_ASID, false), RMP_OK);
	assert_int_equal(mmio_validate(r, gpa, 1, 0, 0, VALID),
			 TIO_MMIO_NOT_IMMUTABLE);
	assert_int_equal(own_rmpupdate(&r->o, PEER_BAR, &free_it), RMP_OK);
	bar_give(r, 0);
	assert_int_equal(mmio_validate(r, gpa + PAGE_4K, 1, 0, 0, VALID),
			 TIO_MMIO_NOT_MAPPED);
	assert_int_equal(mmio_validate(r, gpa + 8, 1, 0, 0, VALID),
			 TIO_MMIO_NOT_MAPPED);
	assert_int_equal(mmio_validate(r, gpa, 1, 0, 1, VALID),
			 TIO_MMIO_NOT_REPORTED);
	assert_int_equal(mmio_validate(r, gpa, 3, 0, 0, VALID),
			 TIO_MMIO_OUT_OF_RANGE);
	assert_int_equal(mmio_validate(r, gpa, 1, 2, 0, VALID),
			 TIO_MMIO_OUT_OF_RANGE);
	assert_int_equal(mmio_validate(r, gpa, 2, 1, 0, VALID),
			 TIO_MMIO_OUT_OF_RANGE);
	assert_int_equal(mmio_validate(r, gpa, 0, 0, 0, VALID),
			 TIO_MMIO_OUT_OF_RANGE);
	assert_int_equal(mmio_validate(r, gpa, UINT32_MAX, 1, 0, VALID),
			 TIO_MMIO_OUT_OF_RANGE);
	assert_int_equal(mmio_validate(r, gpa, 2, 0, 0, VALID),
			 TIO_MMIO_NOT_ASSIGNED); /* the second page */
	assert_int_equal(own_state(&r->o, PEER_BAR), OWN_PRE_GUEST);
	/* not MMIO: the lock session believes a report of RAM */
	tsm_bind_at(sev_fw_tsm(r->fw), 0)->lock.range[0].pa = r->msg_req;
	assert_int_equal(page_assign(r, r->msg_req, gpa, FW_ASID, true),
			 RMP_OK);
	r->msg_req = page_host(r);
	assert_int_equal(mmio_validate(r, gpa, 1, 0, 0, VALID),
			 TIO_MMIO_NOT_IO);
	/* and where nothing is at all */
	tsm_bind_at(sev_fw_tsm(r->fw), 0)->lock.range[0].pa = 0x1000;
	assert_int_equal(mmio_validate(r, gpa, 1, 0, 0, VALID),
			 TIO_MMIO_NOT_ASSIGNED);
	fwrig_free(r);
}

static void mmio_behind_another_port_is_not_this_devices(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	all_bound(r);
	bar_give(r, 0);
	r->o.range[1].page[0].port = PEER_PORT + 1;
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 1, 0, 0, VALID),
			 TIO_MMIO_NOT_IO);
	fwrig_free(r);
}

static void a_large_rmp_entry_is_not_accepted(void **unused)
{
	struct fwrig *r = fwrig_new();
	const struct rmp_update u = { .gpa = FW_BAR_GPA,
				      .assigned = 1,
				      .pagesize = RMP_2M,
				      .immutable = 1,
				      .asid = FW_ASID };

	(void)unused;
	all_bound(r);
	assert_int_equal(own_rmpupdate(&r->o, PEER_BAR, &u), RMP_OK);
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 2, 0, 0, VALID),
			 TIO_MMIO_NOT_4K);
	fwrig_free(r);
}

/* One BAR with a hole: two ranges of the same id, told apart by the GPA. */
static void ranges_of_one_bar_are_told_apart(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	all_bound(r);
	bar_give(r, 0);
	bar_give(r, 3);
	assert_int_equal(
		mmio_validate(r, FW_BAR_GPA + 3 * PAGE_4K, 1, 0, 0, VALID),
		TIO_MMIO_OK | CHANGED);
	assert_int_equal(own_state(&r->o, PEER_BAR + 3 * PAGE_4K),
			 OWN_GUEST_PINNED);
	assert_int_equal(own_state(&r->o, PEER_BAR), OWN_PRE_GUEST);
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 1, 0, 0, VALID),
			 TIO_MMIO_OK | CHANGED);
	/* the hole is reported as NON_TEE: law 36 */
	bar_give(r, 2);
	assert_int_equal(
		mmio_validate(r, FW_BAR_GPA + 2 * PAGE_4K, 1, 0, 0, VALID),
		TIO_MMIO_NOT_MAPPED);
	assert_int_equal(own_state(&r->o, PEER_BAR + 2 * PAGE_4K),
			 OWN_PRE_GUEST);
	fwrig_free(r);
}

static void ranges_that_are_not_for_trusted_data_are_not_reported(void **u)
{
	static const uint16_t attr[] = { TIO_MCFG_F_MSIX, TIO_MCFG_F_PBA,
					 TIO_MCFG_F_NON_TEE };
	struct fwrig *r = fwrig_new();

	(void)u;
	all_bound(r);
	assert_int_equal(page_assign(r, PEER_BAR + 16 * PAGE_4K, FW_BAR_GPA,
				     FW_ASID, true),
			 RMP_OK);
	for (size_t i = 0; i < COUNT(attr); i++) {
		tsm_bind_at(sev_fw_tsm(r->fw), 0)->lock.range[3].attr = attr[i];
		assert_int_equal(mmio_validate(r, FW_BAR_GPA, 1, 0, 2, VALID),
				 TIO_MMIO_NOT_REPORTED);
	}
	tsm_bind_at(sev_fw_tsm(r->fw), 0)->lock.range[3].attr = 0;
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 1, 0, 2, VALID),
			 TIO_MMIO_OK | CHANGED);
	fwrig_free(r);
}

/* --- MMIO_CONFIG --- */

static uint16_t config(struct fwrig *r, uint16_t range, uint16_t flags,
		       bool write, uint16_t *out)
{
	uint8_t p[TIO_MCFG_LEN] = { 0 }, rsp[TIO_INFO_RSP_LEN];

	sev_put_u64(p, TIO_MSG_TDI_ID, tdi_id(r));
	sev_put_u16(p, TIO_MCFG_REQ_FLAGS, flags);
	sev_put_u16(p, TIO_MCFG_REQ_RANGE, range);
	sev_put_u32(p, TIO_MCFG_REQ_WRITE, write);
	assert_int_equal(guest_says(r, TIO_MSG_MMIO_CONFIG_REQ, p, rsp),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_u16(rsp, TIO_MCFG_RSP_RANGE), range);
	*out = sev_u16(rsp, TIO_MCFG_RSP_FLAGS);
	return sev_u16(rsp, TIO_MSG_STATUS);
}

static void a_range_is_described_but_not_changed(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint16_t f = 0;

	(void)unused;
	all_bound(r);
	tsm_bind_at(sev_fw_tsm(r->fw), 0)->lock.range[3].attr =
		TDISP_RANGE_UPDATABLE;
	assert_int_equal(config(r, 2, 0, false, &f), TIO_MCFG_OK);
	assert_int_equal(f, TIO_MCFG_F_UPDATABLE);
	assert_int_equal(config(r, 2, TIO_MCFG_F_NON_TEE, true, &f),
			 TIO_MCFG_NOT_CHANGED);
	assert_int_equal(config(r, 2, TIO_MCFG_F_NON_TEE, false, &f),
			 TIO_MCFG_OK);
	assert_int_equal(config(r, 2, 0, true, &f), TIO_MCFG_OK);
	assert_int_equal(config(r, 5, 0, false, &f), TIO_MCFG_NOT_REPORTED);
	fwrig_free(r);
}

/* --- SDTE_WRITE
 * ---------------------------------------------------------------------------
 */

/* Law 41: the guest's six fields are the guest's, all else is pinned. */
static void a_secure_entry_pins_what_is_not_the_guests(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t e[SDTE_LEN];
	struct own_sdte s;
	struct sev_fw_tdi t;

	(void)unused;
	all_running(r);
	sdte_good(e);
	sdte_put(e, SDTE_IW, 0);
	sdte_put(e, SDTE_VMPL, 2);
	assert_int_equal(sdte_write(r, e), TIO_SDTE_OK);
	assert_int_equal(own_sdte_read(&r->o, PEER_RID, &s), IL_OK);
	assert_true(s.valid);
	assert_true(s.ir);
	assert_false(s.iw);
	assert_int_equal(s.vmpl, 2);
	assert_true(s.vtom_en);
	assert_int_equal(s.vtom, (UINT64_C(1) << 40) / PAGE_2M);
	assert_int_equal(s.asid, FW_ASID);
	assert_int_equal(s.guest_device_id, FW_GUEST_ID);
	assert_int_equal(s.stream[0], PEER_STREAM);
	for (unsigned i = 1; i < 8; i++)
		assert_int_equal(s.stream[i], 0xff);
	assert_int_equal(s.rp_id, PEER_PORT);
	assert_false(s.viommu_en);
	assert_false(s.gv);
	assert_true(sev_fw_tdi_at(r->fw, 0, &t));
	assert_true(t.sdte_valid);
	memset(e, 0, sizeof(e));
	assert_int_equal(sdte_write(r, e), TIO_SDTE_OK);
	assert_int_equal(own_sdte_read(&r->o, PEER_RID, &s), IL_OK);
	assert_false(s.valid);
	assert_true(sev_fw_tdi_at(r->fw, 0, &t));
	assert_false(t.sdte_valid);
	assert_int_equal(sdte_write(r, e), TIO_SDTE_OK); /* off is off */
	fwrig_free(r);
}

static void each_bit_that_is_not_the_guests_is_reserved(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t e[SDTE_LEN];
	struct own_sdte s;

	(void)unused;
	all_running(r);
	for (unsigned bit = 0; bit < 512; bit++) {
		unsigned q = bit / 64;

		if (sdte_guest_mask(q) >> (bit % 64) & 1)
			continue;
		sdte_good(e);
		e[bit / 8] |= (uint8_t)(1u << bit % 8);
		assert_int_equal(sdte_write(r, e), TIO_SDTE_RESERVED);
	}
	sdte_good(e);
	sdte_put(e, SDTE_V, 0); /* not valid and not zero */
	assert_int_equal(sdte_write(r, e), TIO_SDTE_RESERVED);
	assert_int_equal(own_sdte_read(&r->o, PEER_RID, &s), IL_OK);
	assert_false(s.valid);
	fwrig_free(r);
}

static void dma_waits_for_run(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t e[SDTE_LEN];

	(void)unused;
	all_bound(r);
	sdte_good(e);
	assert_int_equal(sdte_write(r, e), TIO_SDTE_NOT_BOUND);
	assert_int_equal(tdi_bind(r, true), SEV_RET_SUCCESS);
	assert_int_equal(sdte_write(r, e), TIO_SDTE_OK);
	fwrig_free(r);
}

/* A key of VMPL 1 cannot let the device act for VMPL 0. */
static void a_lesser_key_grants_no_greater_level(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t e[SDTE_LEN], p[TIO_SDTE_REQ_LEN] = { 0 }, page[PAGE_4K] = { 0 };
	struct crypto_slot key = { 0 };
	uint8_t iv[12], rsp[TIO_SDTE_RSP_LEN];
	struct own_sdte s;

	(void)unused;
	all_running(r);
	assert_int_equal(crypto_aead_key(&r->p->crypto, &key,
					 CRYPTO_AES_256_GCM, r->vmpck[1]),
			 IL_OK);
	for (unsigned vmpl = 0; vmpl < 2; vmpl++) {
		uint64_t seq = 1 + 2 * vmpl;

		sdte_good(e);
		sdte_put(e, SDTE_VMPL, vmpl);
		sev_put_u64(p, TIO_MSG_TDI_ID, tdi_id(r));
		memcpy(p + TIO_SDTE_ENTRY, e, SDTE_LEN);
		sev_put_u64(page, SNP_MSG_SEQNO, seq);
		page[SNP_MSG_ALGO] = SNP_MSG_ALGO_GCM;
		page[SNP_MSG_HDR_VERSION] = 1;
		sev_put_u16(page, SNP_MSG_HDR_SIZE, SNP_MSG_HDR_LEN);
		page[SNP_MSG_TYPE] = TIO_MSG_SDTE_WRITE_REQ;
		page[SNP_MSG_VERSION] = TIO_MSG_VERSION;
		sev_put_u16(page, SNP_MSG_SIZE, sizeof(p));
		page[SNP_MSG_VMPCK] = 1;
		snp_msg_iv(iv, seq);
		assert_int_equal(crypto_aead_seal(&r->p->crypto, key, iv,
						  page + SNP_MSG_AAD,
						  SNP_MSG_AAD_LEN, p, sizeof(p),
						  page + SNP_MSG_HDR_LEN,
						  page + SNP_MSG_TAG, 16),
				 IL_OK);
		host_put(r, r->msg_req, page, sizeof(page));
		assert_int_equal(ring_again(r), SEV_RET_SUCCESS);
		host_get(r, r->msg_res, page, sizeof(page));
		snp_msg_iv(iv, seq + 1);
		assert_int_equal(
			crypto_aead_open(&r->p->crypto, key, iv,
					 page + SNP_MSG_AAD, SNP_MSG_AAD_LEN,
					 page + SNP_MSG_HDR_LEN, sizeof(rsp),
					 rsp, page + SNP_MSG_TAG, 16),
			IL_OK);
		assert_int_equal(sev_u16(rsp, TIO_MSG_STATUS),
				 vmpl ? TIO_SDTE_OK : TIO_SDTE_RESERVED);
		memset(page, 0, sizeof(page));
	}
	assert_int_equal(own_sdte_read(&r->o, PEER_RID, &s), IL_OK);
	assert_int_equal(s.vmpl, 1);
	fwrig_free(r);
}

const struct CMUnitTest fw_guest_tests[] = {
	cmocka_unit_test(a_message_is_taken_once),
	cmocka_unit_test(a_message_changed_on_its_way_is_not_read),
	cmocka_unit_test(a_message_number_never_wraps),
	cmocka_unit_test(
		a_guest_request_names_pages_and_objects_that_are_there),
	cmocka_unit_test(info_is_what_the_lock_session_has),
	cmocka_unit_test(an_id_of_an_earlier_bind_names_nothing),
	cmocka_unit_test(a_tdi_that_is_not_the_guests_is_invalid_to_it),
	cmocka_unit_test(without_a_lock_session_nothing_is_granted),
	cmocka_unit_test(mmio_is_accepted_and_given_back),
	cmocka_unit_test(each_status_of_mmio_validate_has_its_cause),
	cmocka_unit_test(mmio_behind_another_port_is_not_this_devices),
	cmocka_unit_test(a_large_rmp_entry_is_not_accepted),
	cmocka_unit_test(ranges_of_one_bar_are_told_apart),
	cmocka_unit_test(ranges_that_are_not_for_trusted_data_are_not_reported),
	cmocka_unit_test(a_range_is_described_but_not_changed),
	cmocka_unit_test(a_secure_entry_pins_what_is_not_the_guests),
	cmocka_unit_test(each_bit_that_is_not_the_guests_is_reserved),
	cmocka_unit_test(dma_waits_for_run),
	cmocka_unit_test(a_lesser_key_grants_no_greater_level),
};
const size_t fw_guest_tests_n = COUNT(fw_guest_tests);
