/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/target_link.h"

#include <stdio.h>
#include <string.h>

#include "doe/doe.h"
#include "pci/ide_regs.h"
#include "pci/regs.h"

static enum il_err failed(struct target_link *t, enum il_err err,
			  const char *why)
{
	snprintf(t->carry.why, sizeof(t->carry.why), "%s", why);
	return err;
}

static enum il_err put(struct target_link *t, unsigned reg, unsigned size,
		       uint32_t v)
{
	return root_cfg_write(&t->root, 0, (uint16_t)reg, size, v) ? IL_E_IO
								   : IL_OK;
}

/* Where the first selective stream block is, behind those of link streams. */
static void find_ide(struct target_link *t, const struct regs *regs)
{
	struct ide_cap_regs cap;

	t->ide_cap = regs_ecap(regs, 0, ECAP_IDE, 0);
	t->ide_block = 0;
	if (!t->ide_cap)
		return;
	ide_cap_decode(regs_get(regs, 0, t->ide_cap + IDE_CAP, 4), &cap);
	if (cap.selective)
		t->ide_block =
			(uint16_t)(t->ide_cap + ide_block_offset(&cap, 0, 0));
}

static uint32_t control(const struct target_link *t, bool enable)
{
	return (uint32_t)t->cfg.stream << 24 | IDE_SEL_CTL_DEFAULT |
	       (enable ? IDE_SEL_CTL_ENABLE : 0);
}

enum il_err target_link_stream(struct target_link *t, bool enable)
{
	const struct ide_stream_cfg s = { .enable = enable,
					  .is_default = true,
					  .id = t->cfg.stream,
					  .rid_valid = true,
					  .rid_limit = 0xffff };
	enum il_err err;

	if (!t->ide_block)
		return IL_E_ARG;
	err = put(t, t->ide_block + IDE_SEL_CTL, 4, control(t, enable));
	if (!err)
		err = ide_stream_set(&t->root.ide, 0, &s);
	return err ? IL_E_IO : IL_OK;
}

/* Configured, not enabled: so that keys for it can come. */
static enum il_err place_stream(struct target_link *t)
{
	enum il_err err;

	if (!t->ide_block)
		return IL_OK;
	err = put(t, t->ide_block + IDE_SEL_RID1, 4, IDE_SEL_RID1_LIMIT);
	if (!err)
		err = put(t, t->ide_block + IDE_SEL_RID2, 4,
			  IDE_SEL_RID2_VALID);
	return err ? err : target_link_stream(t, false);
}

/* No VFs, of pages of 4 KiB, and BARs for them that clash with nothing. */
static enum il_err place_vfs(struct target_link *t, const struct regs *regs)
{
	const uint16_t cap = regs_ecap(regs, 0, ECAP_SRIOV, 0);
	uint64_t base[6], size[6];
	enum il_err err;

	if (!cap)
		return IL_OK;
	err = put(t, cap + SRIOV_CTL, 2, 0);
	if (!err)
		err = put(t, cap + SRIOV_SYS_PAGES, 4, 1);
	return err || root_bars(&t->root, -1, base, size) ? IL_E_IO : IL_OK;
}

enum il_err target_link_enumerate(struct target_link *t)
{
	const struct regs regs = root_regs(&t->root);
	uint32_t cmd;
	enum il_err err;

	/* The first write tells the device its bus. */
	err = put(t, CFG_COMMAND, 2, 0);
	if (!err && root_bars(&t->root, 0, t->bar, t->bar_size))
		err = IL_E_IO;
	if (!err)
		err = place_vfs(t, &regs);
	if (!err) {
		cmd = regs_get(&regs, 0, CFG_COMMAND, 2);
		err = put(t, CFG_COMMAND, 2, cmd | CMD_MEM | CMD_MASTER);
	}
	t->exp = regs_cap(&regs, 0, CAP_EXP);
	find_ide(t, &regs);
	return err ? err : place_stream(t);
}

static void hang_up(struct target_link *t)
{
	if (!t->open)
		return;
	root_fini(&t->root);
	t->cfg.hang_up(t->cfg.ctx);
	t->open = false;
}

static enum il_err open_mailbox(struct target_link *t)
{
	const struct regs regs = root_regs(&t->root);

	return carry_open(&t->carry, &regs, true) ? IL_E_IO : IL_OK;
}

/* After a reset: enumerated, with a mailbox that is ours. */
static enum il_err begin(struct target_link *t)
{
	if (target_link_enumerate(t))
		return failed(t, IL_E_IO, "its configuration does not answer");
	return open_mailbox(t);
}

static enum il_err open_anew(void *ctx)
{
	struct target_link *t = ctx;
	struct root_cfg root = { .crypto = t->cfg.crypto,
				 .env = t->cfg.env,
				 .answer_ns = t->cfg.answer_ns,
				 .silent_ns = t->cfg.silent_ns };

	hang_up(t);
	if (t->cfg.connect(t->cfg.ctx, &root.way, t->carry.why,
			   sizeof(t->carry.why)))
		return IL_E_IO;
	if (root_init(&t->root, &root)) {
		t->cfg.hang_up(t->cfg.ctx);
		return failed(t, IL_E_IO, "no port could be made");
	}
	t->open = true;
	if (root_power_up(&t->root))
		return failed(t, IL_E_IO, "it closed the connection");
	return begin(t);
}

static void shut(void *ctx)
{
	hang_up(ctx);
}

static enum il_err send(void *ctx, enum judge_kind kind, const uint8_t *p,
			size_t n, uint64_t until_ns)
{
	struct target_link *t = ctx;

	if (!t->open)
		return failed(t, IL_E_IO, "the connection was given up");
	return carry_send(&t->carry, kind, p, n, until_ns);
}

static enum il_err recv(void *ctx, struct judge_came *out, uint64_t until_ns)
{
	struct target_link *t = ctx;

	if (!t->open)
		return failed(t, IL_E_IO, "the connection was given up");
	return carry_recv(&t->carry, out, until_ns);
}

static uint64_t now_ns(void *ctx)
{
	const struct target_link *t = ctx;

	return t->cfg.now_ns(t->cfg.ctx);
}

/* What the device does by itself is taken in meanwhile. */
static void wait_until(void *ctx, uint64_t until_ns)
{
	struct target_link *t = ctx;
	const uint64_t now = now_ns(t);

	if (t->open && now < until_ns)
		(void)!root_turn(&t->root, until_ns - now);
}

static const char *why(void *ctx)
{
	const struct target_link *t = ctx;

	return t->carry.why;
}

/* One event, and the link up again. */
static enum il_err event_then(struct target_link *t, enum link_event ev)
{
	if (!t->open)
		return IL_E_IO; /* why that is so was told */
	if (root_event(&t->root, ev) || root_event(&t->root, LINK_UP))
		return failed(t, IL_E_IO, "it closed the connection");
	return IL_OK;
}

static enum il_err reset(void *ctx)
{
	const enum il_err err = event_then(ctx, LINK_FUND_RESET);

	return err ? err : begin(ctx);
}

/*
 * The mailbox is ours anew and nothing else is touched: what the event did to
 * the device must not be mistaken for what our writes did.
 */
static enum il_err event(void *ctx, enum judge_event e)
{
	struct target_link *t = ctx;
	enum il_err err = IL_E_ARG;

	switch (e) {
	case JUDGE_EV_HOT_RESET:
		err = event_then(t, LINK_HOT_RESET);
		break;
	case JUDGE_EV_LINK_DOWN:
		err = event_then(t, LINK_DOWN);
		break;
	case JUDGE_EV_POWER:
		err = event_then(t, LINK_POWER_OFF);
		if (!err)
			err = event_then(t, LINK_POWER_ON);
		break;
	case JUDGE_EVENTS:
		break;
	}
	return err ? err : open_mailbox(t);
}

static enum il_err cfg_read(void *ctx, unsigned fn, uint16_t reg, uint32_t *out)
{
	struct target_link *t = ctx;
	const enum il_err err = root_cfg_read(&t->root, fn, reg, 4, out);

	return err && err != IL_E_TIMEOUT ? IL_E_IO : err;
}

static enum il_err cfg_write(void *ctx, unsigned fn, uint16_t reg,
			     unsigned size, uint32_t v)
{
	struct target_link *t = ctx;
	const enum il_err err = root_cfg_write(&t->root, fn, reg, size, v);

	return err && err != IL_E_TIMEOUT ? IL_E_IO : err;
}

/* Posted writes are followed by a read, so that they have arrived. */
static enum il_err write_mem(struct target_link *t, const struct root_how *how,
			     const struct judge_access *a)
{
	uint32_t v;
	enum il_err err =
		root_mem_write(&t->root, how, a->addr, a->data, a->len);

	return err ? err : root_cfg_read(&t->root, 0, CFG_VENDOR_ID, 4, &v);
}

static enum il_err mem(void *ctx, struct judge_access *a)
{
	struct target_link *t = ctx;
	struct root_how how = { .stream = ROOT_PLAIN, .t = a->t };
	enum il_err err;

	a->refused = false;
	if (a->stream >= 0)
		how.stream = ide_find(&t->root.ide, (uint8_t)a->stream);
	if (a->len > sizeof(a->data) || (a->stream >= 0 && how.stream < 0))
		return IL_E_IO;
	if (a->write)
		return write_mem(t, &how, a) ? IL_E_IO : IL_OK;
	how.silent = true;
	err = root_mem_read(&t->root, &how, a->addr, a->len, a->data);
	a->refused = err == IL_E_PEER || err == IL_E_TIMEOUT;
	return err && !a->refused ? IL_E_IO : IL_OK;
}

static void *besides(void *ctx)
{
	return ctx;
}

static const struct judge_target_ops ops = {
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
	.mem = mem,
	.event = event,
	.link = besides,
};

void target_link_init(struct target_link *t, const struct target_link_cfg *cfg)
{
	memset(t, 0, sizeof(*t));
	t->cfg = *cfg;
}

void target_link_fini(struct target_link *t)
{
	hang_up(t);
}

struct judge_target target_link(struct target_link *t)
{
	return (struct judge_target){
		.ops = &ops, .ctx = t, .binding = &doe_binding, .objects = true
	};
}
