/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

/* --- parameters, by the layout's own numbers --- */

void params_rp(struct cca_rig *r)
{
	clear(r, r->params);
	put64(r, r->params + 0x8, RIG_HB);
	put64(r, r->params + 0x10, RIG_RP_RID);
	put64(r, r->params + 0x18, RIG_RP_RID);
}

void params_ep(struct cca_rig *r)
{
	clear(r, r->params);
	put64(r, r->params + 0x0, 1 | 1 << 1); /* SPDM, off chip */
	put64(r, r->params + 0x8, RIG_HB);
	put64(r, r->params + 0x10, PEER_RID);
	put64(r, r->params + 0x18, RIG_RP_RID);
	put64(r, r->params + 0x28, PEER_RID);
	put64(r, r->params + 0x30, PEER_RID + 0x100);
	put8(r, r->params + 0x38, 2); /* SHA-384 */
}

void params_stream(struct cca_rig *r)
{
	clear(r, r->params);
	put8(r, r->params + 0x8, 1); /* NCOH */
	put64(r, r->params + 0x10, r->ep);
	put64(r, r->params + 0x18, r->rp);
	put64(r, r->params + 0x20, PEER_STREAM);
	put64(r, r->params + 0x28, 1);
	put64(r, r->params + 0x100, PEER_BAR);
	put64(r, r->params + 0x108, PEER_BAR + PAGE_2M);
}

void params_vdev(struct cca_rig *r)
{
	clear(r, r->params);
	put64(r, r->params + 0x8, RIG_VDEV_ID);
	put64(r, r->params + 0x10, PEER_RID);
	put64(r, r->params + 0x30, 1);
	put64(r, r->params + 0x200, PEER_BAR);
	put64(r, r->params + 0x208, PEER_BAR + 64 * CCA_GRANULE);
}

/* The leaf's key, as the device's own certificate has it. */
void params_key(struct cca_rig *r)
{
	uint8_t pub[CRYPTO_PUB_MAX];
	const struct crypto_chain *chain;
	enum crypto_curve curve;

	chain = spdm_req_parsed(&rmm_pdev_find(r->fw, r->ep)->conn->spdm);
	assert_int_equal(crypto_pubkey(&r->p->crypto, chain->leaf, &curve, pub),
			 IL_OK);
	assert_int_equal(curve, CRYPTO_P384);
	clear(r, r->params);
	put8(r, r->params, 4); /* an uncompressed point */
	put(r, r->params + 1, pub, 96);
	put64(r, r->params + 0x800, 97);
	put8(r, r->params + 0x810, 2);
}

/* --- PDEVs --- */

void rp_create(struct cca_rig *r)
{
	uint64_t flags;

	r->rp = granule_new(r);
	params_rp(r);
	assert_int_equal(RMI(r, RMI_PDEV_CREATE, r->rp, r->params), 0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(RMI(r, RMI_PDEV_GET_STATE, r->rp), 0);
	assert_int_equal(r->x[1], RMI_PDEV_READY);
}

uint64_t pdev_create(struct cca_rig *r)
{
	uint64_t handle;

	r->ep = granule_new(r);
	for (unsigned i = 0; i < FW_AUX; i++) {
		r->aux[i] = granule_new(r);
		put64(r, r->list + 8 * i, r->aux[i] | 1 << 2);
	}
	params_ep(r);
	RMI(r, RMI_PDEV_CREATE, r->ep, r->params);
	if (RMI_STATUS(r->x[0]) != RMI_INCOMPLETE)
		return r->x[0];
	handle = r->x[1];
	RMI(r, RMI_OP_MEM_DONATE, handle, r->list, FW_AUX);
	if (RMI_STATUS(r->x[0]) != RMI_INCOMPLETE)
		return r->x[0];
	return RMI(r, RMI_OP_CONTINUE, handle, 0);
}

uint64_t pdev_state(struct cca_rig *r)
{
	assert_int_equal(RMI(r, RMI_PDEV_GET_STATE, r->ep), 0);
	return r->x[1];
}

uint64_t vdev_state(struct cca_rig *r)
{
	assert_int_equal(RMI(r, RMI_VDEV_GET_STATE, r->vdev), 0);
	return r->x[1];
}

/* --- COMMUNICATE --- */

static void cache(struct cca_rig *r, const uint8_t *e)
{
	const uint64_t flags = cca_u64(e, COMM_EXIT_FLAGS);
	const uint8_t id = e[COMM_EXIT_OBJ_ID];
	uint64_t n;

	if (!(flags & (COMM_F_REQ_CACHE | COMM_F_RSP_CACHE | COMM_F_RSP_RESET)))
		return;
	assert_true(id < RMI_DEV_OBJS);
	if (flags & COMM_F_RSP_RESET)
		r->obj_len[id] = 0;
	if (flags & COMM_F_REQ_CACHE) {
		n = cca_u64(e, COMM_EXIT_CACHE_REQ_LEN);
		get(r, r->req + cca_u64(e, COMM_EXIT_CACHE_REQ_OFF),
		    r->obj[id] + r->obj_len[id], (uint32_t)n);
		r->obj_len[id] += n;
	}
	if (flags & COMM_F_RSP_CACHE) {
		n = cca_u64(e, COMM_EXIT_CACHE_RSP_LEN);
		get(r, r->rsp + cca_u64(e, COMM_EXIT_CACHE_RSP_OFF),
		    r->obj[id] + r->obj_len[id], (uint32_t)n);
		r->obj_len[id] += n;
	}
}

static void entry(struct cca_rig *r, uint8_t status)
{
	clear(r, r->data);
	put8(r, r->data, status);
	put64(r, r->data + 0x8, r->req);
	put64(r, r->data + 0x10, r->rsp);
	put64(r, r->data + 0x18,
	      status == COMM_STATUS_RESPONSE ? r->ans_len : 0);
	if (status == COMM_STATUS_RESPONSE)
		put(r, r->rsp, r->ans, (uint32_t)r->ans_len);
}

uint64_t say(struct cca_rig *r, bool vdev, uint8_t status, uint64_t *flags)
{
	uint8_t e[COMM_EXIT_LEN];
	uint64_t rc;

	entry(r, status);
	rc = vdev ? RMI(r, RMI_VDEV_COMMUNICATE, r->rd, r->ep, r->vdev, r->data)
		  : RMI(r, RMI_PDEV_COMMUNICATE, r->ep, r->data);
	get(r, r->data + COMM_EXIT, e, sizeof(e));
	*flags = cca_u64(e, COMM_EXIT_FLAGS);
	if (!rc)
		cache(r, e);
	r->ans_len = cca_u64(e, COMM_EXIT_REQ_LEN);
	r->ans_kind = e[COMM_EXIT_PROTOCOL];
	return rc;
}

uint64_t rp_says(struct cca_rig *r, uint64_t *flags)
{
	uint8_t e[8];
	uint64_t rc;

	entry(r, COMM_STATUS_NONE);
	rc = RMI(r, RMI_PDEV_COMMUNICATE, r->rp, r->data);
	get(r, r->data + COMM_EXIT, e, sizeof(e));
	*flags = cca_u64(e, 0);
	return rc;
}

bool carry(struct cca_rig *r)
{
	uint8_t msg[PEER_MSG], kind;
	const size_t len = r->ans_len;

	assert_true(len && len <= sizeof(msg));
	get(r, r->req, msg, (uint32_t)len);
	if (!peer_answer(r->p, r->ans_kind + 1, msg, len, r->ans,
			 sizeof(r->ans), &r->ans_len, &kind))
		return false;
	r->exchanges++;
	if (r->spoil)
		r->spoil(r, r->exchanges);
	return true;
}

uint64_t talk(struct cca_rig *r, bool vdev)
{
	uint64_t flags = 0, rc = say(r, vdev, COMM_STATUS_NONE, &flags);

	r->exchanges = 0;
	while (!rc && flags & (COMM_F_REQ_SEND | COMM_F_MULTI)) {
		uint8_t status = COMM_STATUS_NONE;

		if (flags & COMM_F_REQ_SEND)
			status = carry(r) ? COMM_STATUS_RESPONSE
					  : COMM_STATUS_ERROR;
		rc = say(r, vdev, status, &flags);
	}
	return rc;
}

/* --- up the ladder --- */

void ep_known(struct cca_rig *r)
{
	rp_create(r);
	assert_int_equal(pdev_create(r), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_NEEDS_KEY);
}

void ep_ready(struct cca_rig *r)
{
	ep_known(r);
	params_key(r);
	assert_int_equal(RMI(r, RMI_PDEV_SET_PUBKEY, r->ep, r->params), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_READY);
}

void stream_up(struct cca_rig *r)
{
	uint64_t flags;

	ep_ready(r);
	params_stream(r);
	assert_int_equal(RMI(r, RMI_PDEV_STREAM_CONNECT, r->params), 0);
	r->handle = r->x[1];
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(flags, COMM_F_STREAM_WAIT);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(flags, 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp, r->handle), 0);
	peer_enable(r->p);
	assert_int_equal(pdev_state(r), RMI_PDEV_READY);
}

void vdev_up(struct cca_rig *r)
{
	realm_up(r);
	stream_up(r);
	r->vdev = granule_new(r);
	assert_int_equal(RMI(r, RMI_PSMMU_ACTIVATE, RIG_PSMMU, r->params), 0);
	assert_int_equal(RMI(r, RMI_PSMMU_ST_L2_CREATE, RIG_PSMMU, PEER_RID),
			 0);
	params_vdev(r);
	assert_int_equal(
		RMI(r, RMI_VDEV_CREATE, r->rd, r->ep, r->vdev, r->params), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_NEW);
	assert_int_equal(talk(r, true), 0);
	assert_int_equal(r->exchanges, 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_UNLOCKED);
}

uint64_t vdev_do(struct cca_rig *r, uint64_t fid)
{
	uint64_t rc;

	if (fid == RMI_VDEV_GET_MEASUREMENTS) {
		clear(r, r->params);
		for (unsigned i = 0; i < 4; i++)
			put64(r, r->params + 0x100 + 8 * i, 0x1111 * (i + 1));
	}
	rc = RMI(r, fid, r->rd, r->ep, r->vdev, r->params);
	return rc ? rc : talk(r, true);
}

void vdev_locked(struct cca_rig *r)
{
	vdev_up(r);
	assert_int_equal(vdev_do(r, RMI_VDEV_LOCK), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_LOCKED);
	assert_int_equal(vdev_do(r, RMI_VDEV_GET_INTERFACE_REPORT), 0);
	assert_int_equal(vdev_do(r, RMI_VDEV_GET_MEASUREMENTS), 0);
}

struct cca_fw_vdev vdev_books(struct cca_rig *r)
{
	struct cca_fw_vdev v;

	assert_true(cca_fw_vdev_at(r->fw, 0, &v));
	return v;
}

uint64_t dev_map(struct cca_rig *r, uint64_t ipa, uint64_t pa, uint64_t pages)
{
	(void)RMI(r, RMI_GRANULE_RANGE_DELEGATE, pa, pa + pages * CCA_GRANULE);
	return RMI(r, RMI_RTT_DEV_MAP, r->rd, r->vdev, ipa,
		   ipa + pages * CCA_GRANULE, RMI_OADDR_SINGLE,
		   pa | pages << RMI_RDESC_CNT_LSB);
}

void vdev_mapped(struct cca_rig *r)
{
	struct cca_fw_vdev v;

	vdev_locked(r);
	v = vdev_books(r);
	assert_int_equal(dev_map(r, RIG_DEV, PEER_BAR, 2), 0);
	assert_int_equal(RSI(r, RSI_VDEV_VALIDATE_MAPPING, RIG_VDEV_ID, RIG_DEV,
			     RIG_DEV + 2 * CCA_GRANULE, PEER_BAR, 0,
			     v.lock_nonce, v.meas_nonce, v.report_nonce),
			 0);
	assert_int_equal(r->call[1], RIG_DEV + 2 * CCA_GRANULE);
	assert_int_equal(r->call[2], RSI_ACCEPT);
}

void vdev_started(struct cca_rig *r)
{
	vdev_mapped(r);
	assert_int_equal(vdev_do(r, RMI_VDEV_START), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_STARTED);
}

uint64_t dma_enable(struct cca_rig *r)
{
	const struct cca_fw_vdev v = vdev_books(r);

	return RSI(r, RSI_VDEV_DMA_ENABLE, RIG_VDEV_ID, 0, 0, v.lock_nonce,
		   v.meas_nonce, v.report_nonce);
}

void vdev_running(struct cca_rig *r)
{
	vdev_started(r);
	assert_int_equal(dma_enable(r), 0);
	assert_true(vdev_books(r).dma);
}
