// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The secure processor's mailbox.
 * Source: src/board/regs.h; Linux 7.3 drivers/crypto/ccp/sev-dev.c
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "interlock_tsm.h"

/* Firmware may hold a command for a second while a device is not ready. */
static unsigned int cmd_timeout_ms = 2500;
module_param(cmd_timeout_ms, uint, 0644);
MODULE_PARM_DESC(cmd_timeout_ms, "longest wait for one command's answer");

/* An interrupt may be lost, or never have been there. */
#define POLL_JIFFIES max_t(unsigned long, HZ / 50, 1)

bool ilt_dead(struct ilt_psp *p)
{
	if (!p->dead && ilt_rd(p, BOARD_ID) != BOARD_MAGIC) {
		p->dead = true;
		dev_err(&p->pdev->dev, "the secure processor is gone\n");
	}
	return p->dead;
}

/* All ones are nobody's answer, though the bit is set in them. */
static bool answered(struct ilt_psp *p, u32 *val)
{
	*val = ilt_rd(p, BOARD_CMDRESP);
	if (*val == ~0u && ilt_dead(p))
		return true;
	return *val & BOARD_CMDRESP_DONE;
}

/* Until the command that was rung last is answered, or its time is over. */
static int wait_done(struct ilt_psp *p, bool clean, u32 *val)
{
	while (!answered(p, val)) {
		if (time_after(jiffies, p->deadline))
			return ilt_dead(p) ? -ENXIO : -ETIMEDOUT;
		if (clean)
			wait_event_timeout(p->wait, answered(p, val),
					   POLL_JIFFIES);
		else if (wait_event_killable_timeout(p->wait, answered(p, val),
						     POLL_JIFFIES) < 0)
			return -EINTR;
	}
	if (p->dead)
		return -ENXIO;
	p->busy = false;
	return 0;
}

static int command(struct ilt_psp *p, u32 cmd, const void *buf, bool clean,
		   u32 *status)
{
	const size_t len = sev_cmd_len(cmd);
	const u64 pa = len ? virt_to_phys(p->cmd_page) : 0;
	u32 val;
	int ret;

	/* Somebody gave up; the buffer is the processor's until it is done. */
	if (p->busy) {
		ret = wait_done(p, clean, &val);
		if (ret)
			return ret;
	}
	if (ilt_dead(p))
		return -ENXIO;
	if (len)
		memcpy(p->cmd_page, buf, len);
	p->deadline = jiffies + msecs_to_jiffies(cmd_timeout_ms);
	p->busy = true;
	ilt_wr(p, BOARD_CMDBUF_LO, lower_32_bits(pa));
	ilt_wr(p, BOARD_CMDBUF_HI, upper_32_bits(pa));
	ilt_wr(p, BOARD_CMDRESP, cmd << BOARD_CMDRESP_CMD | BOARD_CMDRESP_IOC);
	ret = wait_done(p, clean, &val);
	if (ret)
		return ret;
	*status = val & 0xffff;
	return 0;
}

int ilt_cmd(struct ilt_psp *p, u32 cmd, const void *buf, bool clean,
	    u32 *status)
{
	int ret;

	if (clean)
		mutex_lock(&p->lock);
	else if (mutex_lock_killable(&p->lock))
		return -EINTR;
	ret = command(p, cmd, buf, clean, status);
	mutex_unlock(&p->lock);
	if (ret == -ETIMEDOUT)
		dev_err(&p->pdev->dev, "command 0x%02x: no answer in %u ms\n",
			cmd, cmd_timeout_ms);
	return ret;
}

int ilt_do(struct ilt_psp *p, u32 cmd, const void *buf, bool clean)
{
	u32 status;
	int ret = ilt_cmd(p, cmd, buf, clean, &status);

	if (ret || !status)
		return ret;
	dev_err(&p->pdev->dev, "command 0x%02x: status 0x%02x\n", cmd, status);
	return -EIO;
}
