/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"

/*
 * REC_ENTER: what the host answers to the last exit, the realm's program, and
 * why it left. Source: TF-RMM 9a7f8ef4, runtime/rmi/run.c, runtime/core/exit.c
 */

/* --- waiting for the host --- */

enum il_err rmm_rec_wait(struct rmm_rec *c, enum rmm_wait w,
			 const uint64_t x[CCA_SMC_REGS])
{
	c->wait = (uint8_t)w;
	c->ready = false;
	c->vdev = 0;
	memcpy(c->call, x, sizeof(c->call));
	return IL_E_AGAIN;
}

void rmm_rec_answer(struct rmm_rec *c, uint64_t status, uint64_t x1,
		    uint64_t x2)
{
	c->wait = FW_WAIT_NONE;
	c->ready = true;
	c->answer[0] = status;
	c->answer[1] = x1;
	c->answer[2] = x2;
}

void rmm_rec_tell(const struct rmm_rec *c, uint8_t *run)
{
	switch ((enum rmm_wait)c->wait) {
	case FW_WAIT_NONE:
		cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_IRQ);
		return;
	case FW_WAIT_HOST_CALL:
		cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_HOST_CALL);
		cca_put_u32(run, REC_EXIT_IMM, c->imm);
		for (unsigned i = 0; i < REC_NR_GPRS; i++)
			cca_put_u64(run, REC_EXIT_GPRS + 8 * (size_t)i,
				    c->gprs[i]);
		return;
	case FW_WAIT_RIPAS:
		cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_RIPAS_CHANGE);
		cca_put_u64(run, REC_EXIT_RIPAS_BASE, c->at);
		cca_put_u64(run, REC_EXIT_RIPAS_TOP, c->top);
		cca_put_u8(run, REC_EXIT_RIPAS_VALUE, c->ripas);
		return;
	case FW_WAIT_VDEV:
		cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_VDEV_REQUEST);
		cca_put_u64(run, REC_EXIT_VDEV_ID_1, c->call[1]);
		return;
	case FW_WAIT_DEV_MEM:
		cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_DEV_MEM_MAP);
		cca_put_u64(run, REC_EXIT_VDEV_ID_1, c->call[1]);
		cca_put_u64(run, REC_EXIT_DEV_MEM_BASE, c->at);
		cca_put_u64(run, REC_EXIT_DEV_MEM_TOP, c->top);
		cca_put_u64(run, REC_EXIT_DEV_MEM_PA,
			    c->pa + (c->at - c->base));
		return;
	}
}

/* --- leaving --- */

/* Only of memory that the host shares does it learn more than the page. */
static void tell_abort(struct rmm_rec *c, const struct cca_fw *fw,
		       const struct cca_leave *l, uint8_t *run)
{
	const bool shared =
		cca_own_unprotected(fw->own, c->realm->vmid, l->ipa);
	uint64_t esr = (uint64_t)ESR_EC_DABT << ESR_EC_LSB |
		       (l->write ? ESR_WNR : 0) | ESR_FSC_TRANS | 3;
	const bool plain = l->len && l->len <= 8 && !(l->len & (l->len - 1));

	c->emulate = shared && plain;
	if (c->emulate) {
		esr |= ESR_ISV | (uint64_t)__builtin_ctz(l->len) << ESR_SAS_LSB;
		cca_put_u64(run, REC_EXIT_FAR, l->ipa & (CCA_GRANULE - 1));
		cca_put_u64(run, REC_EXIT_GPRS, l->write ? l->data : 0);
	}
	cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_SYNC);
	cca_put_u64(run, REC_EXIT_ESR, esr);
	cca_put_u64(run, REC_EXIT_HPFAR, l->ipa >> 12 << 4);
	cca_put_u64(run, REC_EXIT_RTT_LEVEL, 3);
}

static void tell(struct cca_fw *fw, struct rmm_rec *c,
		 const struct cca_leave *l, uint8_t *run)
{
	switch (l->kind) {
	case CCA_LEAVE_CALL:
		rmm_rec_tell(c, run);
		return;
	case CCA_LEAVE_ABORT:
		tell_abort(c, fw, l, run);
		return;
	case CCA_LEAVE_WFI:
		cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_SYNC);
		cca_put_u64(run, REC_EXIT_ESR,
			    (uint64_t)ESR_EC_WFX << ESR_EC_LSB);
		return;
	case CCA_LEAVE_OFF:
		c->realm->state = CCA_REALM_OFF;
		cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_PSCI);
		return;
	}
}

/* --- entering --- */

static void run_realm(struct cca_fw *fw, struct rmm_rec *c, uint64_t flags,
		      uint8_t *run)
{
	const struct cca_enter in = {
		.mmio = flags & REC_ENTER_F_EMUL_MMIO,
		.data = flags & REC_ENTER_F_EMUL_MMIO
				? cca_u64(run, REC_ENTER_GPRS)
				: 0,
		.sea = flags & REC_ENTER_F_INJECT_SEA,
	};
	struct cca_leave l = { .kind = CCA_LEAVE_WFI };

	c->emulate = false;
	if (!fw->cfg.run(fw->cfg.run_ctx, c->rec, &in, &l)) {
		tell(fw, c, &l, run);
		return;
	}
	c->runnable = false;
	cca_put_u64(run, REC_EXIT_REASON, RMI_EXIT_SERROR);
}

static uint64_t may_enter(const struct rmm_rec *c, uint64_t flags)
{
	if (c->realm->state != CCA_REALM_ACTIVE)
		return RMI_RESULT(RMI_ERROR_REALM,
				  c->realm->state == CCA_REALM_OFF);
	if (!c->runnable || c->running)
		return RMI_ERROR_REC;
	if (flags & ~REC_ENTER_F_ALL)
		return RMI_ERROR_INPUT;
	/* An access can be answered only if the last exit was one. */
	if ((flags & (REC_ENTER_F_EMUL_MMIO | REC_ENTER_F_INJECT_SEA)) &&
	    !c->emulate)
		return RMI_ERROR_REC;
	return RMI_SUCCESS;
}

uint64_t rmm_rec_enter(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_rec *c = rmm_rec_find(fw, x[1]);
	const uint64_t page = x[2];
	uint8_t run[REC_RUN_LEN] = { 0 };
	uint64_t flags, rc;

	if (!c || !rmm_aligned(page) ||
	    !rmm_ns_read(fw, page, run, REC_EXIT_REASON))
		return RMI_ERROR_INPUT;
	flags = cca_u64(run, REC_ENTER_FLAGS);
	rc = may_enter(c, flags);
	if (rc)
		return rc;
	c->running = true;
	if (rmm_rec_finish(fw, c, flags, run))
		run_realm(fw, c, flags, run);
	c->running = false;
	/* A host that gave the page away meanwhile learns nothing. */
	(void)rmm_ns_write(fw, page + REC_EXIT_REASON, run + REC_EXIT_REASON,
			   REC_RUN_LEN - REC_EXIT_REASON);
	bytes_wipe(run, sizeof(run));
	return RMI_SUCCESS;
}
