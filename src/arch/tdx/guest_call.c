/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TDCALLs that may leave the guest on their way, and commands to the host.
 * Source: Linux arch/x86/coco/tdx; drivers/virt/coco/tdx-guest (TDX Connect
 * guest series, 2026), tdx_tdcm_run()
 */
#include "arch/tdx/guest_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"

#define POLLS_MAX   64u	  /* looks at the status of a command */
#define RETRIES_MAX 1024u /* of MapGPA, each a step further */

enum il_err tdx_guest_refused(struct tdx_guest *g, const char *what,
			      uint64_t code)
{
	snprintf(g->why, sizeof(g->why), "%s (0x%llx)", what,
		 (unsigned long long)code);
	return IL_E_PEER;
}

enum il_err tdx_guest_call(struct tdx_guest *g, const struct tdx_regs *call)
{
	enum il_err err;

	if (!g->calling)
		g->regs = *call;
	g->calling = true;
	err = g->cfg.insn->tdcall(g->cfg.insn->ctx, &g->regs);
	if (err != IL_E_AGAIN)
		g->calling = false;
	return err;
}

enum il_err tdx_guest_do(struct tdx_guest *g, const struct tdx_regs *call,
			 const char *what)
{
	enum il_err err = tdx_guest_call(g, call);

	if (!err && g->regs.rax & TDX_ERROR_BIT)
		return tdx_guest_refused(g, what, g->regs.rax);
	return err;
}

static struct tdx_regs vmcall(uint64_t leaf)
{
	return (struct tdx_regs){ .rax = TDG_VP_VMCALL,
				  .rcx = TDVMCALL_REGS,
				  .r11 = leaf };
}

/*
 * RETRY: the host came as far as R11 says, which must be a step further in the
 * range. Source: Linux arch/x86/coco/tdx/tdx.c, tdx_map_gpa()
 */
enum il_err tdx_guest_map_gpa(struct tdx_guest *g, uint64_t gpa, uint64_t size,
			      bool private)
{
	const uint64_t bit = private ? 0 : TDX_GPA_SHARED;

	for (unsigned i = 0; i < RETRIES_MAX; i++) {
		struct tdx_regs r = vmcall(TDVMCALL_MAP_GPA);
		enum il_err err;
		uint64_t next;

		r.r12 = (gpa + g->value) | bit;
		r.r13 = size - g->value;
		err = tdx_guest_do(g, &r, "TDG.VP.VMCALL");
		if (err)
			return err;
		if (!g->regs.r10) {
			g->value = 0;
			return IL_OK;
		}
		next = (g->regs.r11 & ~TDX_GPA_SHARED) - gpa;
		if (g->regs.r10 != TDVMCALL_RETRY || next <= g->value ||
		    next >= size || next % PAGE_4K)
			break;
		g->value = next;
	}
	g->value = 0;
	return tdx_guest_refused(g, "MapGPA", g->regs.r10);
}

/* --- TDCM --- */

enum { PUT_DATA, PUT_HEADER, CALL, POLL, TAKE };

static uint64_t buf_of(const struct tdx_guest *g, enum tdcm_op op,
		       uint32_t *len)
{
	const bool report = op == TDCM_OP_GET_TDI_REPORT;

	*len = report ? TDX_GUEST_REPORT_LEN : TDX_GUEST_INFO_LEN;
	return g->cfg.map.buf + (report ? TDX_GUEST_INFO_LEN : 0);
}

static enum il_err put_header(struct tdx_guest *g, enum tdcm_op op,
			      uint64_t buf, uint32_t n)
{
	uint8_t h[TDCM_DATA] = { 0 };

	h[TDCM_OPERATION] = (uint8_t)op;
	h[TDCM_STATUS] = TDCM_STATUS_WAIT;
	tdx_put_u32(h, TDCM_DATA_LEN, n);
	return g->cfg.insn->write(g->cfg.insn->ctx, buf, false, h, sizeof(h));
}

static enum il_err call(struct tdx_guest *g, uint64_t buf, uint32_t len)
{
	struct tdx_regs r = vmcall(TDVMCALL_TDCM);
	enum il_err err;

	r.r12 = g->rid;
	r.r13 = buf | TDX_GPA_SHARED;
	r.r14 = len;
	err = tdx_guest_do(g, &r, "TDG.VP.VMCALL");
	if (!err && g->regs.r10)
		return tdx_guest_refused(g, "the host refused a TDCM command",
					 g->regs.r10);
	return err;
}

/* Status and length are read in one copy, and from then on only there. */
static enum il_err poll(struct tdx_guest *g, uint64_t buf, uint32_t cap)
{
	enum il_err err = IL_OK;

	for (; g->polls < POLLS_MAX; g->polls++) {
		err = g->cfg.insn->read(g->cfg.insn->ctx, buf, false, g->hdr,
					sizeof(g->hdr));
		if (err)
			return err;
		if (g->hdr[TDCM_STATUS] != TDCM_STATUS_WAIT)
			break;
	}
	g->polls = 0;
	g->len = tdx_u32(g->hdr, TDCM_DATA_LEN);
	if (g->hdr[TDCM_STATUS] != TDCM_STATUS_COMPLETED)
		return tdx_guest_refused(g, "TDCM: the host did not serve it",
					 tdx_u16(g->hdr, TDCM_ERROR));
	return g->len > cap
		       ? tdx_guest_refused(g, "TDCM: too much data", g->len)
		       : IL_OK;
}

enum il_err tdx_guest_tdcm(struct tdx_guest *g, enum tdcm_op op,
			   const void *cmd, uint32_t n, void *out, uint32_t cap)
{
	const struct tdx_guest_insn *cpu = g->cfg.insn;
	uint32_t room;
	const uint64_t buf = buf_of(g, op, &room), data = buf + TDCM_DATA;

	while (g->tdcm_phase <= TAKE) {
		enum il_err err = IL_OK;

		switch (g->tdcm_phase) {
		case PUT_DATA:
			if (n)
				err = cpu->write(cpu->ctx, data, false, cmd, n);
			break;
		case PUT_HEADER:
			err = put_header(g, op, buf, n);
			break;
		case CALL:
			err = call(g, buf, room);
			break;
		case POLL:
			err = poll(g, buf, cap);
			break;
		default:
			if (g->len)
				err = cpu->read(cpu->ctx, data, false, out,
						g->len);
		}
		if (err) {
			g->tdcm_phase = err == IL_E_AGAIN ? g->tdcm_phase : 0;
			return err;
		}
		g->tdcm_phase++;
	}
	g->tdcm_phase = 0;
	return IL_OK;
}
