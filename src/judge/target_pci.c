/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/target_pci.h"

#include <stdio.h>
#include <string.h>

#include "doe/doe.h"
#include "pci/regs.h"

/* §6.6.2: a function is ready 100 ms after a function level reset. */
#define FLR_NS UINT64_C(100000000)
/* Header registers that the reset takes and the system has set. */
#define HEADER_DW 16u

static enum il_err failed(struct target_pci *t, enum il_err err,
			  const char *why)
{
	snprintf(t->carry.why, sizeof(t->carry.why), "%s", why);
	return err;
}

static void shut(void *ctx)
{
	struct target_pci *t = ctx;

	if (t->open)
		t->cfg.close(t->cfg.ctx);
	t->open = false;
}

static enum il_err refuse_driver(struct target_pci *t)
{
	const char *driver = t->cfg.driver(t->cfg.ctx);

	if (!driver || t->cfg.force)
		return IL_OK;
	snprintf(t->carry.why, sizeof(t->carry.why),
		 "the driver %s is bound to it; --force uses its mailbox all "
		 "the same",
		 driver);
	return IL_E_STATE;
}

/* Who is there, and with what; reads only. */
static enum il_err find(struct target_pci *t)
{
	uint32_t id;

	if (regs_read(&t->regs, 0, CFG_VENDOR_ID, 4, &id) || id == UINT32_MAX ||
	    !id)
		return failed(t, IL_E_ARG, "there is no such device");
	t->exp = regs_cap(&t->regs, 0, CAP_EXP);
	t->ide_cap = regs_ecap(&t->regs, 0, ECAP_IDE, 0);
	/* Who has no rights gets the first 64 bytes alone. */
	if (regs_read(&t->regs, 0, 0x40, 4, &id))
		return failed(t, IL_E_IO,
			      "its configuration space cannot be read: that "
			      "takes the rights of root");
	if (!regs_ecap(&t->regs, 0, ECAP_DOE, 0))
		return failed(t, IL_E_ARG, "function 0 has no DOE capability");
	return IL_OK;
}

enum il_err target_pci_look(struct target_pci *t)
{
	enum il_err err;

	shut(t);
	t->carry.why[0] = 0;
	err = t->cfg.open(t->cfg.ctx, &t->regs, t->carry.why,
			  sizeof(t->carry.why));
	if (err)
		return err;
	t->open = true;
	err = find(t);
	if (!err)
		err = refuse_driver(t);
	if (!err)
		err = carry_open(&t->carry, &t->regs, t->ours);
	if (err)
		shut(t);
	else
		t->ours = true;
	return err;
}

static enum il_err open_anew(void *ctx)
{
	return target_pci_look(ctx) ? IL_E_IO : IL_OK;
}

static enum il_err send(void *ctx, enum judge_kind kind, const uint8_t *p,
			size_t n, uint64_t until_ns)
{
	struct target_pci *t = ctx;

	if (!t->open)
		return failed(t, IL_E_IO, "the device was given up");
	return carry_send(&t->carry, kind, p, n, until_ns);
}

static enum il_err recv(void *ctx, struct judge_came *out, uint64_t until_ns)
{
	struct target_pci *t = ctx;

	if (!t->open)
		return failed(t, IL_E_IO, "the device was given up");
	return carry_recv(&t->carry, out, until_ns);
}

static uint64_t now_ns(void *ctx)
{
	const struct target_pci *t = ctx;

	return t->cfg.now_ns(t->cfg.ctx);
}

static void wait_until(void *ctx, uint64_t until_ns)
{
	struct target_pci *t = ctx;
	uint64_t now = now_ns(t);

	while (t->open && now < until_ns) {
		t->regs.ops->wait(t->regs.ctx, until_ns - now);
		now = now_ns(t);
	}
}

static const char *why(void *ctx)
{
	const struct target_pci *t = ctx;

	return t->carry.why;
}

static enum il_err cfg_read(void *ctx, unsigned fn, uint16_t reg, uint32_t *out)
{
	struct target_pci *t = ctx;

	*out = UINT32_MAX;
	return t->open ? regs_read(&t->regs, fn, reg, 4, out) : IL_E_IO;
}

/* The mailbox alone, unless it was forced. */
static bool may_write(const struct target_pci *t, unsigned fn, uint16_t reg)
{
	return t->cfg.force || (fn == 0 && reg >= t->carry.m.cap &&
				reg < t->carry.m.cap + DOE_CAP_SIZE);
}

static enum il_err cfg_write(void *ctx, unsigned fn, uint16_t reg,
			     unsigned size, uint32_t v)
{
	struct target_pci *t = ctx;

	if (!t->open)
		return IL_E_IO;
	if (!may_write(t, fn, reg))
		return failed(t, IL_E_STATE,
			      "it writes configuration, which takes --force");
	return regs_write(&t->regs, fn, reg, size, v);
}

/* What the header held, and its control registers. */
static enum il_err flr(struct target_pci *t)
{
	const struct regs *r = &t->regs;
	const unsigned ctl = t->exp + EXP_DEVCTL;
	uint32_t head[HEADER_DW], devctl = regs_get(r, 0, ctl, 2);
	enum il_err err;

	for (unsigned i = 0; i < HEADER_DW; i++)
		head[i] = regs_get(r, 0, 4 * i, 4);
	err = regs_write(r, 0, ctl, 2, devctl | EXP_DEVCTL_FLR);
	wait_until(t, now_ns(t) + FLR_NS);
	/* The command register last: decoding begins with BARs in place. */
	for (unsigned i = 3; i < HEADER_DW && !err; i++)
		err = regs_write(r, 0, 4 * i, 4, head[i]);
	if (!err)
		err = regs_write(r, 0, ctl, 2, devctl & ~EXP_DEVCTL_FLR);
	if (!err)
		err = regs_write(r, 0, CFG_COMMAND, 2, head[1] & 0xffff);
	return err;
}

/* As far as it can from here: sessions of SPDM outlive it (§6.31.4). */
static enum il_err reset(void *ctx)
{
	struct target_pci *t = ctx;

	if (!t->open)
		return IL_E_IO; /* why that is so was told */
	if (!t->exp ||
	    !(regs_get(&t->regs, 0, t->exp + EXP_DEVCAP, 4) & EXP_DEVCAP_FLR))
		return failed(t, IL_E_IO, "it has no function level reset");
	if (flr(t))
		return failed(t, IL_E_IO, "its registers do not answer");
	return carry_open(&t->carry, &t->regs, true) ? IL_E_IO : IL_OK;
}

static const struct judge_target_ops gentle = {
	.open = open_anew,
	.close = shut,
	.send = send,
	.recv = recv,
	.now_ns = now_ns,
	.wait = wait_until,
	.why = why,
	.cfg_read = cfg_read,
	.cfg_write = cfg_write,
};

static const struct judge_target_ops forced = {
	.open = open_anew,
	.close = shut,
	.send = send,
	.recv = recv,
	.now_ns = now_ns,
	.wait = wait_until,
	.why = why,
	.reset = reset,
	.cfg_read = cfg_read,
	.cfg_write = cfg_write,
};

void target_pci_init(struct target_pci *t, const struct target_pci_cfg *cfg)
{
	memset(t, 0, sizeof(*t));
	t->cfg = *cfg;
}

void target_pci_fini(struct target_pci *t)
{
	shut(t);
}

struct judge_target target_pci(struct target_pci *t)
{
	return (struct judge_target){ .ops = t->cfg.force ? &forced : &gentle,
				      .ctx = t,
				      .binding = &doe_binding,
				      .objects = true };
}
