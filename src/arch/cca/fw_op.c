/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/*
 * Stateful operations: PDEV_CREATE of an endpoint wants granules, PDEV_DESTROY
 * gives them back. One at a time; a call that is not the expected one, or
 * names another handle, is refused and changes nothing (law 52). A step that
 * moves memory never ends the operation: OP_CONTINUE does.
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rmi/sro.c
 */

#define INCOMPLETE(req, cancel)                            \
	((uint64_t)RMI_INCOMPLETE | (uint64_t)(req) << 8 | \
	 ((cancel) ? RMI_OP_CAN_CANCEL : 0))

/* What OP_MEM_DONATE still has to bring, in x2. */
static uint64_t wish(const struct rmm_op *op)
{
	return (uint64_t)(FW_AUX - op->have) << RMI_OP_DONATE_COUNT_LSB;
}

static uint64_t expect_donate(struct rmm_op *op, uint64_t x[CCA_SMC_REGS])
{
	op->expected = RMI_OP_MEM_DONATE;
	x[2] = wish(op);
	return INCOMPLETE(RMI_OP_MEM_REQ_DONATE, true);
}

static uint64_t expect_reclaim(struct rmm_op *op)
{
	op->expected = RMI_OP_MEM_RECLAIM;
	return INCOMPLETE(RMI_OP_MEM_REQ_RECLAIM, false);
}

static uint64_t expect_continue(struct rmm_op *op)
{
	op->expected = RMI_OP_CONTINUE;
	return INCOMPLETE(RMI_OP_MEM_REQ_NONE, false);
}

static void begin(struct cca_fw *fw, uint64_t fid, uint64_t pdev,
		  uint64_t x[CCA_SMC_REGS])
{
	fw->op = (struct rmm_op){ .on = true,
				  .handle = fw->next_handle++,
				  .fid = fid,
				  .pdev = pdev };
	x[1] = fw->op.handle;
}

/* Is this call the one that the operation waits for? */
static bool expected(const struct cca_fw *fw, const uint64_t *x, uint64_t fid)
{
	return fw->op.on && x[1] == fw->op.handle && fw->op.expected == fid;
}

uint64_t rmm_pdev_create_call(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	uint8_t params[COMM_EXIT_LEN];
	const uint64_t pdev = x[1];
	uint64_t rc;

	if (!rmm_aligned(x[2]) ||
	    !rmm_ns_read(fw, x[2], params, sizeof(params)))
		return RMI_ERROR_INPUT;
	rc = rmm_pdev_check(fw, pdev, params);
	if (rc)
		return rc;
	if ((cca_u64(params, PDEV_PARAMS_FLAGS) & PDEV_FLAGS_CATEGORY) ==
	    PDEV_ROOTPORT)
		return rmm_pdev_create(fw, pdev, params, NULL);
	if (fw->op.on)
		return RMI_BUSY;
	begin(fw, RMI_PDEV_CREATE, pdev, x);
	memcpy(fw->op.params, params, sizeof(params));
	/* Nobody else may have it meanwhile. */
	rmm_move(fw, pdev, OWN_DELEGATED, OWN_PDEV, 0, 0);
	return expect_donate(&fw->op, x);
}

uint64_t rmm_pdev_destroy(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_pdev *p = rmm_pdev_find(fw, x[1]);

	if (!p)
		return RMI_ERROR_INPUT;
	if (p->state != RMI_PDEV_STOPPED || p->streams || p->vdevs)
		return RMI_ERROR_DEVICE;
	if (p->root_port) {
		rmm_pdev_gone(fw, p);
		return RMI_SUCCESS;
	}
	if (fw->op.on)
		return RMI_BUSY;
	begin(fw, RMI_PDEV_DESTROY, p->pdev, x);
	fw->op.have = FW_AUX;
	memcpy(fw->op.granule, p->aux, sizeof(p->aux));
	rmm_pdev_gone(fw, p);
	return expect_reclaim(&fw->op);
}

/* --- memory --- */

/* Granules of a list, into @out; false: one does not fit, none is taken. */
static bool list_read(const struct cca_fw *fw, uint64_t list, uint64_t count,
		      uint64_t *out, unsigned room, unsigned *n)
{
	uint8_t raw[FW_AUX * 8];

	*n = 0;
	if (list % 8 || !count || count > FW_AUX ||
	    !rmm_ns_read(fw, list, raw, (uint32_t)count * 8))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t desc = cca_u64(raw, i * 8);
		uint64_t base, pages;

		if (!rmm_rdesc(desc, &base, &pages) || desc & RMI_RDESC_UNDEL ||
		    pages > room - *n)
			return false;
		for (uint64_t k = 0; k < pages; k++) {
			out[*n] = base + k * CCA_GRANULE;
			for (unsigned m = 0; m < *n; m++)
				if (out[m] == out[*n])
					return false;
			if (!rmm_delegated(fw, out[(*n)++]))
				return false;
		}
	}
	return true;
}

uint64_t rmm_op_donate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_op *op = &fw->op;
	uint64_t got[FW_AUX];
	unsigned n;

	if (!expected(fw, x, RMI_OP_MEM_DONATE) ||
	    !list_read(fw, x[2], x[3], got, FW_AUX - op->have, &n))
		return RMI_ERROR_INPUT;
	for (unsigned i = 0; i < n; i++) {
		rmm_move(fw, got[i], OWN_DELEGATED, OWN_PDEV_AUX, 0, 0);
		op->granule[op->have++] = got[i];
	}
	x[1] = n;
	x[2] = 0;
	return op->have < FW_AUX ? expect_donate(op, x) : expect_continue(op);
}

uint64_t rmm_op_reclaim(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_op *op = &fw->op;
	uint8_t raw[FW_AUX * 8];
	uint64_t n = x[3] < op->have ? x[3] : op->have;

	if (!expected(fw, x, RMI_OP_MEM_RECLAIM) || x[2] % 8 || !n)
		return RMI_ERROR_INPUT;
	for (uint64_t i = 0; i < n; i++)
		cca_put_u64(raw, i * 8,
			    op->granule[op->have - 1 - i] |
				    1u << RMI_RDESC_CNT_LSB);
	if (!rmm_ns_write(fw, x[2], raw, (uint32_t)n * 8))
		return RMI_ERROR_INPUT;
	for (uint64_t i = 0; i < n; i++)
		rmm_move(fw, op->granule[--op->have], OWN_PDEV_AUX,
			 OWN_DELEGATED, 0, 0);
	x[1] = n;
	return op->have ? expect_reclaim(op) : expect_continue(op);
}

/* --- its end --- */

/* Nothing was made, or what was is gone; all memory is back but the PDEV's. */
static uint64_t end(struct cca_fw *fw)
{
	const uint64_t rc = fw->op.rc;

	rmm_move(fw, fw->op.pdev, OWN_PDEV, OWN_DELEGATED, 0, 0);
	memset(&fw->op, 0, sizeof(fw->op));
	return rc;
}

/*
 * A creation that can no longer be (a root port went, no place is left) gives
 * back what it was given, by the same operation, and ends with the error.
 */
static uint64_t create(struct cca_fw *fw, struct rmm_op *op)
{
	uint64_t rc;

	rmm_move(fw, op->pdev, OWN_PDEV, OWN_DELEGATED, 0, 0);
	rc = rmm_pdev_check(fw, op->pdev, op->params);
	if (!rc)
		rc = rmm_pdev_create(fw, op->pdev, op->params, op->granule);
	if (!rc) {
		memset(op, 0, sizeof(*op));
		return RMI_SUCCESS;
	}
	rmm_move(fw, op->pdev, OWN_DELEGATED, OWN_PDEV, 0, 0);
	op->cancelled = true;
	op->rc = rc;
	return expect_reclaim(op);
}

uint64_t rmm_op_continue(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_op *op = &fw->op;

	if (!expected(fw, x, RMI_OP_CONTINUE) || x[2] & ~UINT64_C(1))
		return RMI_ERROR_INPUT;
	if (op->fid == RMI_PDEV_CREATE && !op->cancelled)
		return create(fw, op);
	return end(fw);
}

uint64_t rmm_op_cancel(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_op *op = &fw->op;

	if (!op->on || x[1] != op->handle || op->expected != RMI_OP_MEM_DONATE)
		return RMI_ERROR_INPUT;
	op->cancelled = true;
	if (op->have)
		return expect_reclaim(op);
	return end(fw);
}
