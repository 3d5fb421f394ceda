// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * What the VM's processor does beyond computing: exits to the host, PVALIDATE,
 * RMPADJUST, and which mappings have the C bit. Registers of the function "vm".
 * Source: src/board/regs.h
 */
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "guest.h"

/* Behind one exit the host may talk to the device a dozen times. */
static unsigned int exit_timeout_ms = 20000;
module_param(exit_timeout_ms, uint, 0644);
MODULE_PARM_DESC(exit_timeout_ms, "longest wait for the answer to one exit");

/* An interrupt may be lost, or never have been there. */
#define POLL_JIFFIES max_t(unsigned long, HZ / 50, 1)

static unsigned long deadline; /* of the exit that waits; ilg.lock */

static void deadline_set(void)
{
	deadline = jiffies + msecs_to_jiffies(exit_timeout_ms);
}

static u32 rd(u32 reg)
{
	return readl(ilg.bar + reg);
}

bool ilg_dead(void)
{
	if (!ilg.dead && rd(BOARD_ID) != BOARD_MAGIC) {
		ilg.dead = true;
		dev_err(&ilg.pdev->dev, "the machine is gone\n");
	}
	return ilg.dead;
}

/* --- exits --- */

static bool idle(void)
{
	u32 status = rd(BOARD_EXIT_STATUS);

	return !status || (status == ~0u && ilg_dead());
}

/* Until no exit waits, or the time of the last one is over. */
static enum il_err wait_idle(void)
{
	while (!idle()) {
		long ret = 0;

		if (time_after(jiffies, deadline))
			return IL_E_TIMEOUT;
		if (ilg.clean)
			wait_event_timeout(ilg.wait, idle(), POLL_JIFFIES);
		else
			ret = wait_event_killable_timeout(ilg.wait, idle(),
							  POLL_JIFFIES);
		if (ret < 0)
			return IL_E_STATE;
	}
	return ilg.dead ? IL_E_IO : IL_OK;
}

static void put_regs(const struct sev_ghcb *io)
{
	writeq(io->exit_code, ilg.bar + BOARD_EXIT_CODE);
	writeq(io->info1, ilg.bar + BOARD_EXIT_INFO1);
	writeq(io->info2, ilg.bar + BOARD_EXIT_INFO2);
	writeq(io->rax, ilg.bar + BOARD_EXIT_RAX);
	writeq(io->rbx, ilg.bar + BOARD_EXIT_RBX);
	writeq(io->rcx, ilg.bar + BOARD_EXIT_RCX);
	writeq(io->rdx, ilg.bar + BOARD_EXIT_RDX);
}

static void get_regs(struct sev_ghcb *io)
{
	io->exit_code = readq(ilg.bar + BOARD_EXIT_CODE);
	io->info1 = readq(ilg.bar + BOARD_EXIT_INFO1);
	io->info2 = readq(ilg.bar + BOARD_EXIT_INFO2);
	io->rax = readq(ilg.bar + BOARD_EXIT_RAX);
	io->rbx = readq(ilg.bar + BOARD_EXIT_RBX);
	io->rcx = readq(ilg.bar + BOARD_EXIT_RCX);
	io->rdx = readq(ilg.bar + BOARD_EXIT_RDX);
}

int ilg_idle(void)
{
	enum il_err err = wait_idle();

	if (err == IL_E_TIMEOUT)
		return -ETIMEDOUT;
	if (err)
		return err == IL_E_STATE ? -EINTR : -ENXIO;
	return 0;
}

bool ilg_answered(void)
{
	return idle() && !ilg.dead;
}

/*
 * A real exit stops the processor for as long as the host likes. This one is a
 * wait like any other: it ends with the process that is killed, or after a
 * while. The answer that then comes late is nobody's, and the next exit begins
 * once it has come.
 */
static enum il_err insn_exit(void *ctx, struct sev_ghcb *io)
{
	enum il_err err = wait_idle();

	if (err)
		return err;
	put_regs(io);
	deadline_set();
	writel(1, ilg.bar + BOARD_EXIT_RUN);
	err = wait_idle();
	if (err == IL_E_TIMEOUT)
		dev_err(&ilg.pdev->dev, "exit 0x%llx: no answer in %u ms\n",
			io->exit_code, exit_timeout_ms);
	if (err)
		return err;
	get_regs(io);
	return ilg_dead() ? IL_E_IO : IL_OK;
}

/* --- instructions --- */

static u32 insn(u32 op, u64 gpa, u32 count, u32 flags)
{
	writeq(gpa, ilg.bar + BOARD_INSN_GPA);
	writel(count, ilg.bar + BOARD_INSN_COUNT);
	writel(flags, ilg.bar + BOARD_INSN_FLAGS);
	writel(op, ilg.bar + BOARD_INSN_OP);
	return rd(BOARD_INSN_RC);
}

/* A fault of the instruction is one that the host did not resolve. */
static enum il_err code(u32 rc, enum rmp_rc *out)
{
	if (rc == ~0u || rc == BOARD_RC_FAULT)
		return IL_E_IO;
	*out = (enum rmp_rc)rc;
	return IL_OK;
}

static enum il_err insn_pvalidate(void *ctx, u64 gpa, enum rmp_size size,
				  bool validate, enum rmp_rc *rc, bool *same)
{
	u32 got = insn(BOARD_INSN_PVALIDATE, gpa, 1,
		       (size == RMP_2M ? BOARD_FLAG_2M : 0) |
			       (validate ? BOARD_FLAG_VALIDATE : 0));

	*same = rd(BOARD_INSN_SAME);
	return code(got, rc);
}

static enum il_err insn_rmpadjust(void *ctx, u64 gpa, enum rmp_size size,
				  u64 attr, enum rmp_rc *rc)
{
	writeq(attr, ilg.bar + BOARD_INSN_ATTR);
	return code(insn(BOARD_INSN_RMPADJUST, gpa, 1,
			 size == RMP_2M ? BOARD_FLAG_2M : 0),
		    rc);
}

int ilg_map(u64 gpa, u32 pages, bool private)
{
	return insn(BOARD_INSN_MAP, gpa, pages,
		    private ? BOARD_FLAG_PRIVATE : 0)
		       ? -EIO
		       : 0;
}

/* --- memory --- */

/*
 * The channel reaches two places: the secrets page, private from the launch
 * on, and its own pages, which are the host's as well.
 */
static u8 *place(u64 gpa, bool private, u32 len)
{
	const u64 area = virt_to_phys(ilg.area);
	const u64 size = (SEV_GUEST_DATA_PAGES + 2) * PAGE_SIZE;

	if (private && len <= PAGE_SIZE && gpa >= ilg.secrets_gpa &&
	    gpa - ilg.secrets_gpa <= PAGE_SIZE - len)
		return (u8 *)ilg.secrets + (gpa - ilg.secrets_gpa);
	if (!private && gpa >= area && gpa - area <= size - len)
		return (u8 *)ilg.area + (gpa - area);
	return NULL;
}

static enum il_err insn_read(void *ctx, u64 gpa, bool private, void *buf,
			     u32 len)
{
	const u8 *p = len <= PAGE_SIZE * SEV_GUEST_DATA_PAGES
			      ? place(gpa, private, len)
			      : NULL;

	if (!p)
		return IL_E_ARG;
	memcpy(buf, p, len);
	return IL_OK;
}

static enum il_err insn_write(void *ctx, u64 gpa, bool private, const void *buf,
			      u32 len)
{
	u8 *p = len <= PAGE_SIZE ? place(gpa, private, len) : NULL;

	if (!p)
		return IL_E_ARG;
	memcpy(p, buf, len);
	return IL_OK;
}

/*
 * The host gave us a page of its own. To have asked has validated it, and what
 * takes that back may be led to another page: asked again it would look like
 * firmware's. So we do not ask again. Linux ends the VM for less.
 */
static bool fooled;

static int no_secrets(u64 gpa, const char *why)
{
	dev_err(&ilg.pdev->dev, "secrets page 0x%llx %s\n", gpa, why);
	return -ENODEV;
}

/*
 * Where the host says that firmware has put the keys. It is not believed: the
 * page must be ours and validated, which firmware alone can have made it, since
 * we have validated nothing there; and no page of the kernel's, which would be
 * one that the host picked.
 */
static int secrets_open(void)
{
	u64 gpa = readq(ilg.bar + BOARD_VM_SECRETS);
	enum rmp_rc rc;
	bool same;

	if (!gpa || gpa == ~0ull || gpa & ~PAGE_MASK)
		return -ENODEV;
	if (fooled)
		return no_secrets(gpa, "comes after one that was the host's");
	if (page_is_ram(gpa >> PAGE_SHIFT))
		return no_secrets(gpa, "is not reserved");
	if (insn_pvalidate(NULL, gpa, RMP_4K, true, &rc, &same) || rc)
		return no_secrets(gpa, "is not private");
	if (!same) {
		fooled = true;
		(void)insn_pvalidate(NULL, gpa, RMP_4K, false, &rc, &same);
		return no_secrets(gpa, "was not firmware's");
	}
	ilg.secrets = memremap(gpa, PAGE_SIZE, MEMREMAP_WB);
	if (!ilg.secrets)
		return -ENOMEM;
	ilg.secrets_gpa = gpa;
	return 0;
}

int ilg_insn_open(void)
{
	ilg.insn = (struct sev_guest_insn){
		.read = insn_read,
		.write = insn_write,
		.pvalidate = insn_pvalidate,
		.rmpadjust = insn_rmpadjust,
		.vmgexit = insn_exit,
	};
	/* One that was left before us may wait as long as one of ours. */
	deadline_set();
	return ilg_dead() ? -ENXIO : secrets_open();
}

void ilg_insn_close(void)
{
	if (ilg.secrets)
		memunmap(ilg.secrets);
	ilg.secrets = NULL;
}
