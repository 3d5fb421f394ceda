/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/*
 * Streams between an endpoint and the root port above it. The host has written
 * the register blocks of both; the monitor locks the root port's before the
 * first key, enables it after the last, and frees it when the keys are gone.
 * Each end is then driven by its own COMMUNICATE (fw_pdev.c).
 *
 * OPEN: who enables the root port's block while it is locked. The driver's
 * order (keys, then Enable) needs somebody who still can; here the monitor, as
 * law 13's exception for the host is for architectures without such a lock.
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rmi/pdev.c; lib/dev_assign (root port)
 */

#define RP_LOCKS 32 /* bits of CTL2 */

/* Behind the three header dwords of the vendor capability. */
#define DVSEC_OFF(reg) ((uint16_t)((reg)-12))

static void vendor(const struct cca_fw *fw, uint32_t port, unsigned reg,
		   uint32_t mask, bool on)
{
	const struct rp_keys *k = fw->cfg.keys;

	/* A machine without the capability has no bit to set. */
	if (k->vendor)
		(void)k->vendor(fw->cfg.keys_ctx, port, DVSEC_OFF(reg), mask,
				on ? mask : 0, NULL);
}

/*
 * OPEN: which of the 32 lock bits is which register block; here the stream id
 * chooses.
 */
static bool rp_lock(struct cca_fw *fw, uint32_t port, uint8_t sid, bool on)
{
	const struct rp_keys *k = fw->cfg.keys;

	if (k->lock && k->lock(fw->cfg.keys_ctx, port, sid, on))
		return false;
	vendor(fw, port, RP_DVSEC_CTL2, BIT(sid % RP_LOCKS), on);
	return true;
}

bool rmm_rp_enable(struct cca_fw *fw, const struct rmm_pdev *ep, bool on)
{
	const struct rp_keys *k = fw->cfg.keys;

	return !k->enable ||
	       !k->enable(fw->cfg.keys_ctx, ep->port, ep->ide_sid, on);
}

void rmm_tdisp_en(struct cca_fw *fw, uint32_t port, bool on)
{
	vendor(fw, port, RP_DVSEC_CTL1, RP_CTL1_TDISP_EN, on);
}

/* --- connect --- */

/* Sorted, disjoint, MMIO behind the port. */
static bool ranges_fit(const struct cca_fw *fw, const uint8_t *b, uint32_t port)
{
	const uint64_t n = cca_u64(b, STREAM_PARAMS_NUM_RANGE);
	uint64_t last = 0;

	if (n > STREAM_RANGES_MAX)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		const size_t at = STREAM_PARAMS_RANGE + 16 * (size_t)i;
		const uint64_t base = cca_u64(b, at), top = cca_u64(b, at + 8);

		if (base < last || top <= base || !rmm_aligned(base) ||
		    !rmm_aligned(top) ||
		    !cca_own_is_mmio(fw->own, base, top - base, port))
			return false;
		last = top;
	}
	return true;
}

/*
 * A stream of that id stands at the port already, or one whose block has the
 * same lock bit: its end would unlock and wipe the other. Laws 12 and 13.
 */
static bool taken(const struct cca_fw *fw, uint32_t port, uint64_t sid)
{
	for (unsigned i = 0; i < fw->cfg.limits.pdevs; i++) {
		const struct rmm_pdev *p = &fw->pdev[i];

		if (p->used && p->stream != FW_STREAM_FREE && p->port == port &&
		    p->ide_sid % RP_LOCKS == sid % RP_LOCKS)
			return true;
	}
	return false;
}

static bool idle(const struct rmm_pdev *p)
{
	return p->state == RMI_PDEV_READY && p->op == CCA_PDEV_OP_NONE &&
	       p->comm.state == CCA_COMM_IDLE;
}

static void begin(struct rmm_pdev *ep, struct rmm_pdev *rp, uint8_t op)
{
	ep->op = op;
	rp->op = op;
	rmm_comm_pend(&ep->comm, 0, 0, 0);
	rmm_comm_pend(&rp->comm, 0, 0, 0);
	rp->peer = ep->pdev;
}

uint64_t rmm_stream_connect(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_pdev *ep, *rp;
	uint64_t sid;

	if (!rmm_aligned(x[1]) ||
	    !rmm_ns_read(fw, x[1], fw->page, sizeof(fw->page)) ||
	    cca_u64(fw->page, STREAM_PARAMS_FLAGS))
		return RMI_ERROR_INPUT;
	ep = rmm_pdev_find(fw, cca_u64(fw->page, STREAM_PARAMS_PDEV_1));
	rp = rmm_pdev_find(fw, cca_u64(fw->page, STREAM_PARAMS_PDEV_2));
	sid = cca_u64(fw->page, STREAM_PARAMS_IDE_SID);
	if (!ep || !rp || ep->root_port || !rp->root_port ||
	    ep->routing != rp->rid || sid >= TSM_STREAM_UNUSED ||
	    !ranges_fit(fw, fw->page, ep->port))
		return RMI_ERROR_INPUT;
	if (cca_u8(fw->page, STREAM_PARAMS_TYPE) != RMI_STREAM_NCOH)
		return RMI_ERROR_NOT_SUPPORTED;
	if (!idle(ep) || !idle(rp) || ep->stream != FW_STREAM_FREE ||
	    taken(fw, ep->port, sid))
		return RMI_ERROR_DEVICE;
	if (!rp_lock(fw, ep->port, (uint8_t)sid, true))
		return RMI_ERROR_DEVICE; /* no such block */
	ep->ide_sid = (uint8_t)sid;
	ep->stream = FW_STREAM_CONNECTING;
	ep->peer = rp->pdev;
	ep->streams = 1;
	rp->streams++;
	begin(ep, rp, CCA_PDEV_OP_CONNECT);
	x[1] = ep->pdev + RMI_STREAM_NCOH;
	return RMI_SUCCESS;
}

/* --- what names a stream --- */

static bool named(const struct cca_fw *fw, const uint64_t *x,
		  struct rmm_pdev **ep, struct rmm_pdev **rp)
{
	*ep = rmm_pdev_find(fw, x[1]);
	*rp = rmm_pdev_find(fw, x[2]);
	return *ep && *rp && !(*ep)->root_port && (*rp)->root_port &&
	       (*ep)->peer == (*rp)->pdev && x[3] == x[1] + RMI_STREAM_NCOH;
}

/* An end that something new may begin at, dead or alive. */
static bool still(const struct rmm_pdev *p)
{
	return (p->state == RMI_PDEV_READY || p->state == RMI_PDEV_ERROR) &&
	       p->op == CCA_PDEV_OP_NONE &&
	       (p->comm.state == CCA_COMM_IDLE ||
		p->comm.state == CCA_COMM_ERROR);
}

uint64_t rmm_stream_disconnect(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_pdev *ep, *rp;

	if (!named(fw, x, &ep, &rp))
		return RMI_ERROR_INPUT;
	if (ep->stream != FW_STREAM_CONNECTED || ep->vdevs || !still(ep) ||
	    !still(rp))
		return RMI_ERROR_DEVICE;
	ep->stream = FW_STREAM_DISCONNECTING;
	/* The messages that stop keys do not travel under these keys. */
	(void)rmm_rp_enable(fw, ep, false);
	begin(ep, rp, CCA_PDEV_OP_DISCONNECT);
	return RMI_SUCCESS;
}

uint64_t rmm_stream_refresh(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_pdev *ep, *rp;

	if (!named(fw, x, &ep, &rp))
		return RMI_ERROR_INPUT;
	if (ep->stream != FW_STREAM_CONNECTED || !idle(ep) || !idle(rp))
		return RMI_ERROR_DEVICE;
	ep->stream = FW_STREAM_REFRESHING;
	begin(ep, rp, CCA_PDEV_OP_KEY_REFRESH);
	return RMI_SUCCESS;
}

/* --- complete --- */

static void gone(struct cca_fw *fw, struct rmm_pdev *ep, struct rmm_pdev *rp)
{
	fw->cfg.keys->wipe(fw->cfg.keys_ctx, ep->port, ep->ide_sid);
	/* One bit for all TDIs behind the port. */
	if (rp->streams == 1)
		rmm_tdisp_en(fw, ep->port, false);
	(void)rp_lock(fw, ep->port, ep->ide_sid, false);
	ep->stream = FW_STREAM_FREE;
	ep->peer = 0;
	ep->streams = 0;
	rp->streams--;
}

/*
 * Both ends are done. The endpoint may still stand where it waited for its
 * root port, which has said so since.
 */
uint64_t rmm_stream_complete(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_pdev *ep, *rp;

	if (!named(fw, x, &ep, &rp))
		return RMI_ERROR_INPUT;
	if (rp->op != CCA_PDEV_OP_COMPLETE || rp->peer != ep->pdev ||
	    (ep->op != CCA_PDEV_OP_COMPLETE && !ep->comm.parked))
		return RMI_ERROR_DEVICE;
	/* One that failed to be refreshed is cut, but what stands on it has to
	 * go before it does: law 4. */
	if (ep->stream != FW_STREAM_DISCONNECTING &&
	    (ep->state == RMI_PDEV_READY || ep->vdevs))
		ep->stream = FW_STREAM_CONNECTED;
	else
		gone(fw, ep, rp);
	ep->comm.parked = false;
	if (ep->comm.state == CCA_COMM_ACTIVE)
		ep->comm.state = CCA_COMM_IDLE;
	ep->op = CCA_PDEV_OP_NONE;
	rp->op = CCA_PDEV_OP_NONE;
	rp->peer = 0;
	return RMI_SUCCESS;
}
