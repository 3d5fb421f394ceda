/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"

/*
 * The second half of a realm's call, when its REC is entered again: the host
 * has done its part, or has not. What the realm asked is judged here and not
 * before, against the VDEV as it is now (law 34); that it is the realm's own
 * is looked at in every case, DMA_DISABLE too (law 15).
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rsi/vdev.c
 */

static struct rmm_vdev *owned(const struct cca_fw *fw, const struct rmm_rec *c)
{
	struct rmm_vdev *v = rmm_vdev_find(fw, c->vdev);

	return v && v->realm == c->realm && v->id == c->call[1] ? v : NULL;
}

static uint8_t state_for_realm(uint8_t state)
{
	switch ((enum rmi_vdev_state)state) {
	case RMI_VDEV_NEW:
	case RMI_VDEV_UNLOCKED:
		return RSI_VDEV_UNLOCKED;
	case RMI_VDEV_LOCKED:
		return RSI_VDEV_LOCKED;
	case RMI_VDEV_STARTED:
	case RMI_VDEV_KEY_REFRESH:
	case RMI_VDEV_KEY_PURGE:
		return RSI_VDEV_STARTED;
	case RMI_VDEV_ERROR:
		break;
	}
	return RSI_VDEV_ERROR;
}

static void put_digest(uint8_t *info, size_t at, const struct rmm_digest *d)
{
	memcpy(info + at, d->value, d->len);
}

static bool info_write(struct cca_fw *fw, const struct rmm_rec *c,
		       const struct rmm_vdev *v)
{
	uint8_t info[VDEV_INFO_LEN] = { 0 };

	cca_put_u64(info, VDEV_INFO_CERT_ID, v->pdev->slot);
	cca_put_u8(info, VDEV_INFO_HASH, v->pdev->hash);
	cca_put_u64(info, VDEV_INFO_LOCK_NONCE, v->lock_nonce);
	cca_put_u64(info, VDEV_INFO_MEAS_NONCE, v->meas_nonce);
	cca_put_u64(info, VDEV_INFO_REPORT_NONCE, v->report_nonce);
	cca_put_u8(info, VDEV_INFO_FORMAT_TYPE, VDEV_INFO_FORMAT_TDISP);
	cca_put_u64(info, VDEV_INFO_FORMAT_VER, 1u << 16); /* TDISP 1.0 */
	cca_put_u8(info, VDEV_INFO_STATE, state_for_realm(v->state));
	put_digest(info, VDEV_INFO_VCA, &v->pdev->vca);
	put_digest(info, VDEV_INFO_CERT, &v->pdev->cert);
	put_digest(info, VDEV_INFO_PUBKEY, &v->pdev->pubkey);
	put_digest(info, VDEV_INFO_MEAS, &v->meas);
	put_digest(info, VDEV_INFO_REPORT, &v->report);
	return rmm_realm_io(fw, c->realm, c->call[2], info, sizeof(info), true);
}

static uint64_t enable(struct cca_fw *fw, const struct rmm_rec *c,
		       struct rmm_vdev *v)
{
	if (v->state != RMI_VDEV_STARTED ||
	    !rmm_vdev_granted(v, c->call[4], c->call[5], c->call[6]) ||
	    tsm_gate(v->bind, TSM_GATE_DMA_ON, v->lock_id))
		return RSI_ERROR_DEVICE;
	if (v->dma)
		return RSI_SUCCESS;
	rmm_vdev_names(v);
	return rmm_ste(fw, v, true) ? RSI_SUCCESS : RSI_ERROR_DEVICE;
}

/* True: the realm leaves again, to have the range mapped. */
static bool wants_mapping(struct rmm_rec *c, const struct rmm_vdev *v)
{
	if (!rmm_vdev_granted(v, c->call[6], c->call[7], c->call[8]) ||
	    tsm_gate(v->bind, TSM_GATE_MMIO_ACCEPT, v->lock_id)) {
		rmm_rec_answer(c, RSI_ERROR_DEVICE, c->base, RSI_REJECT);
		return false;
	}
	/* What the report does not name the host need not be asked for. */
	if (!rmm_reported(v, c->pa, c->top - c->base)) {
		rmm_rec_answer(c, RSI_ERROR_INPUT, c->base, RSI_REJECT);
		return false;
	}
	c->lock_nonce = v->lock_nonce;
	c->meas_nonce = v->meas_nonce;
	c->report_nonce = v->report_nonce;
	c->wait = FW_WAIT_DEV_MEM;
	return true;
}

static bool finish_vdev(struct cca_fw *fw, struct rmm_rec *c, uint8_t *run)
{
	struct rmm_vdev *v = owned(fw, c);

	if (!v) {
		rmm_rec_answer(c, RSI_ERROR_INPUT, 0, 0);
		return true;
	}
	switch (c->call[0]) {
	case RSI_VDEV_GET_INFO:
		rmm_rec_answer(
			c, info_write(fw, c, v) ? RSI_SUCCESS : RSI_ERROR_INPUT,
			0, 0);
		return true;
	case RSI_VDEV_DMA_ENABLE:
		rmm_rec_answer(c, enable(fw, c, v), 0, 0);
		return true;
	case RSI_VDEV_DMA_DISABLE:
		rmm_entry_off(fw, v->bind);
		rmm_rec_answer(c, RSI_SUCCESS, 0, 0);
		return true;
	default: /* RSI_VDEV_VALIDATE_MAPPING */
		break;
	}
	if (!wants_mapping(c, v))
		return true;
	rmm_rec_tell(c, run);
	return false;
}

/* The realm's structure gets the host's registers back. */
static void finish_host_call(struct cca_fw *fw, struct rmm_rec *c,
			     const uint8_t *run)
{
	uint8_t raw[8 * REC_NR_GPRS];

	memcpy(raw, run + REC_ENTER_GPRS, sizeof(raw));
	rmm_rec_answer(c,
		       rmm_realm_io(fw, c->realm, c->call[1] + HOST_CALL_GPRS,
				    raw, sizeof(raw), true)
			       ? RSI_SUCCESS
			       : RSI_ERROR_INPUT,
		       0, 0);
	memset(c->gprs, 0, sizeof(c->gprs));
}

static void finish_range(struct rmm_rec *c, bool reject)
{
	rmm_rec_answer(c, RSI_SUCCESS, c->at,
		       reject && c->at != c->top ? RSI_REJECT : RSI_ACCEPT);
}

bool rmm_rec_finish(struct cca_fw *fw, struct rmm_rec *c, uint64_t flags,
		    uint8_t *run)
{
	switch ((enum rmm_wait)c->wait) {
	case FW_WAIT_NONE:
		break;
	case FW_WAIT_HOST_CALL:
		finish_host_call(fw, c, run);
		break;
	case FW_WAIT_RIPAS:
		finish_range(c, flags & REC_ENTER_F_RIPAS_RESPONSE);
		break;
	case FW_WAIT_VDEV:
		return finish_vdev(fw, c, run);
	case FW_WAIT_DEV_MEM:
		finish_range(c, flags & REC_ENTER_F_DEV_MEM_RESPONSE);
		break;
	}
	return true;
}
