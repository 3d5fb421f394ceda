/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailbox. Firmware runs in the write that rings it; an answer that it
 * holds (a device asked for time) is seen once that time is over.
 * Source: Linux 7.3 drivers/crypto/ccp/sev-dev.c, sev_wait_cmd_ioc()
 */
#include "board/host_priv.h"

#define CMD_MASK UINT32_C(0x7ff)

static void done(struct board_host *h, uint32_t answer)
{
	struct board_psp *p = &h->psp;

	p->held = false;
	p->resp = BOARD_CMDRESP_DONE | (answer & 0xffff);
	if (p->irq && h->cfg.irq)
		h->cfg.irq(h->cfg.ctx, 0);
}

/*
 * One at a time: while one is held nothing is rung. OPEN: what hardware does
 * with a doorbell in the meantime; Linux never rings it.
 */
void host_psp_ring(struct board_host *h, uint32_t val)
{
	struct board_psp *p = &h->psp;
	uint64_t held;

	if (p->held || val & BOARD_CMDRESP_DONE)
		return;
	p->irq = val & BOARD_CMDRESP_IOC;
	sev_fw_time(h->cfg.fw, h->now_ns);
	p->answer = sev_fw_command(h->cfg.fw,
				   val >> BOARD_CMDRESP_CMD & CMD_MASK, p->buf);
	held = sev_fw_held_ns(h->cfg.fw);
	if (!held && !p->silent) {
		done(h, p->answer);
		return;
	}
	p->held = true;
	p->resp = val;
	p->due_ns = p->silent ? UINT64_MAX : h->now_ns + held;
}

void board_host_silent(struct board_host *h, bool on)
{
	h->psp.silent = on;
	if (!on && h->psp.held && h->psp.due_ns == UINT64_MAX)
		done(h, h->psp.answer);
}

void host_psp_run(struct board_host *h)
{
	if (h->psp.held && h->now_ns >= h->psp.due_ns)
		done(h, h->psp.answer);
}
