/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"

/*
 * Configuration space of the functions: what it offers, and what writes mean.
 * The watch over locked configuration begins here: each write that E.3 names
 * becomes an event, whatever the TDI's state; the DSM knows whom it concerns.
 * Source: PCIe Base 6.x §11.4.3
 */

static uint32_t get(const struct device_fn *fn, unsigned reg, unsigned size)
{
	return pci_cfg_get(&fn->cfg, (uint16_t)reg, size);
}

bool fn_awake(const struct device_fn *fn)
{
	const struct device_fn *pf = fn_physical(fn) ? fn : &fn->dev->fn[0];

	/* VFs have no power states of their own here. */
	return (get(pf, pf->pm + PM_CSR, 2) & PM_CSR_STATE) == PM_STATE_D0;
}

bool fn_master(const struct device_fn *fn)
{
	return fn->there && fn_awake(fn) &&
	       (fn->assumed || (get(fn, CFG_COMMAND, 2) & CMD_MASTER));
}

bool fn_decodes(const struct device_fn *fn)
{
	const struct device *d = fn->dev;

	if (!fn->there || !fn_awake(fn))
		return false;
	if (fn_physical(fn))
		return fn->assumed || (get(fn, CFG_COMMAND, 2) & CMD_MEM);
	return d->assumed_vfs ||
	       (get(&d->fn[0], d->sriov + SRIOV_CTL, 2) & SRIOV_CTL_MSE);
}

bool device_ide_reg(const struct device *d, uint16_t reg)
{
	struct ide_cap_regs regs;

	if (!d->ide_cap || reg < d->ide_cap)
		return false;
	ide_cap_decode(get(&d->fn[0], d->ide_cap + IDE_CAP, 4), &regs);
	return reg - d->ide_cap < ide_cap_size(&regs, DEVICE_ADDRS);
}

static struct ide_block_regs block(const struct device *d, unsigned i)
{
	struct ide_block_regs b = { .n_addrs = 0 };
	enum il_err err = pci_ide_block(&d->fn[0].cfg, d->ide_cap, i, &b);

	IL_ASSERT(!err);
	return b;
}

void device_ide_sync(struct device *d)
{
	for (unsigned i = 0; i < d->cfg.streams; i++) {
		struct ide_block_regs b = block(d, i);
		struct ide_stream_cfg s = ide_cfg_of(&b);
		enum il_err err = ide_stream_set(&d->ide, i, &s);

		IL_ASSERT(!err); /* idle blocks clash with nothing */
		d->stream[i].id = b.id;
	}
}

void device_ide_show(struct device *d)
{
	for (unsigned i = 0; i < d->cfg.streams; i++)
		pci_ide_show(&d->fn[0].cfg, d->ide_cap, i,
			     (uint8_t)ide_state(&d->ide, i), block(d, i).fail);
}

/*
 * Registers and engine stay in step: what the engine refuses (a second stream
 * of the same id, another algorithm) is undone.
 */
static void ide_written(struct device *d, uint16_t reg, uint32_t old)
{
	struct pci_cfg *c = &d->fn[0].cfg;
	struct ide_block_regs b;
	struct ide_stream_cfg s;
	uint16_t rel = 0;
	int i = pci_ide_block_of(c, d->ide_cap, reg, &rel);

	if (i < 0 || rel == IDE_SEL_STS || rel == IDE_SEL_CAP)
		return;
	b = block(d, (unsigned)i);
	s = ide_cfg_of(&b);
	if (b.alg != 0 || ide_stream_set(&d->ide, (unsigned)i, &s))
		pci_cfg_put(c, reg, 4, old);
	/* What was lost had the old id. */
	device_keys_changed(d, (unsigned)i);
	d->stream[i].id = ide_stream_get(&d->ide, (unsigned)i)->id;
}

/* What was written so far, before it is looked at. */
static void seam_object(struct device *d)
{
	size_t n = d->doe.in_len;
	const uint8_t *as;

	if (!d->cfg.seams->object || d->doe.state != DOE_RECEIVING)
		return;
	as = d->cfg.seams->object(d->cfg.seams_ctx, d, d->doe.in, &n);
	if (as == d->doe.in || n > d->doe.limit || n % 4)
		return;
	memmove(d->doe.in, as, n);
	d->doe.in_len = n;
}

static void doe_written(struct device *d, unsigned rel, uint32_t wrote,
			uint8_t be)
{
	switch (rel) {
	case DOE_CTL:
		for (unsigned i = 0; i < 4; i++)
			if (!(be & 1u << i))
				wrote &= ~(0xffu << (8 * i));
		if ((wrote & DOE_CTL_GO) && d->cfg.seams)
			seam_object(d);
		doe_reg_write_ctl(&d->doe, wrote, d->now_ns);
		break;
	case DOE_WRITE:
		if (be == 0xf)
			doe_reg_write_mbox(&d->doe, wrote);
		break;
	case DOE_READ:
		doe_reg_write_read_mbox(&d->doe);
		break;
	default:
		break;
	}
}

static void sriov_control(struct device *d, uint32_t old, uint32_t now)
{
	struct device_fn *pf = &d->fn[0];
	uint32_t num = get(pf, d->sriov + SRIOV_NUM, 2);
	uint16_t ctl = (uint16_t)(d->sriov + SRIOV_CTL);

	/* Enabling none, or more than there are, enables nothing. */
	if ((now & SRIOV_CTL_VFE) && (num == 0 || num > d->cfg.vfs)) {
		now &= ~SRIOV_CTL_VFE;
		pci_cfg_put(&pf->cfg, ctl, 2, now & 0xffff);
	}
	if ((old ^ now) & SRIOV_CTL_VFE) {
		device_event(d, DSM_EV_VF_ENABLE, 0);
		device_vfs_update(d);
	}
	if (old & ~now & SRIOV_CTL_MSE)
		device_event(d, DSM_EV_VF_MSE, 0);
}

static void sriov_written(struct device *d, unsigned rel, uint8_t be,
			  uint32_t old, uint32_t now)
{
	struct device_fn *pf = &d->fn[0];
	bool on = get(pf, d->sriov + SRIOV_CTL, 2) & SRIOV_CTL_VFE;

	if (rel == SRIOV_CTL) {
		sriov_control(d, old, now);
	} else if (rel == SRIOV_NUM && (be & 3)) {
		/* NumVFs is fixed while VFs are enabled (§9.3.3.7). */
		if (on)
			pci_cfg_put(&pf->cfg, (uint16_t)(d->sriov + rel), 4,
				    old);
		device_event(d, DSM_EV_SRIOV, 0);
	} else if (rel >= SRIOV_SYS_PAGES && rel < SRIOV_MIGRATION && be) {
		device_event(d, DSM_EV_SRIOV, 0);
	}
}

/*
 * Whether a write took @bit of the command register away: by the book when it
 * was set and is not. Source: PCIe Base 6.x §11.4.3; the rest is what some
 * devices do.
 */
static bool command_lost(const struct device *d, uint8_t be, uint32_t old,
			 uint32_t now, uint32_t bit)
{
	if (old & ~now & bit)
		return true;
	if (!(be & 1))
		return false;
	if (!(now & bit))
		return bit == CMD_MASTER &&
		       (d->cfg.relax & DEVICE_STRICTER_BME_ZERO);
	return !(old & bit) && (d->cfg.relax & DEVICE_STRICTER_SET);
}

static void header_written(struct device_fn *fn, uint16_t reg, uint8_t be,
			   uint32_t old, uint32_t now)
{
	struct device *d = fn->dev;

	if (reg == CFG_COMMAND && command_lost(d, be, old, now, CMD_MASTER))
		device_event(d, DSM_EV_BME_CLEARED, fn->index);
	/* A VF has no such bit: it reads 0 whatever is written. */
	if (reg == CFG_COMMAND && fn_physical(fn) &&
	    command_lost(d, be, old, now, CMD_MEM))
		device_event(d, DSM_EV_MSE_CLEARED, fn->index);
	if (reg == CFG_CACHE_LINE && (be & 8))
		device_event(d, DSM_EV_BIST, fn->index);
	/* A VF's own BARs are not there; those of the PF serve it. */
	if (fn_physical(fn) && reg >= CFG_BAR0 && reg < CFG_BAR(T0_BARS) && be)
		device_event(d, DSM_EV_BAR, fn->index);
	if (fn_physical(fn) && reg == T0_ROM && be)
		device_event(d, DSM_EV_ROM_BAR, fn->index);
	if (reg == CFG_COMMAND)
		msix_flush(fn);
}

/*
 * A state that loses nothing is no reason for ERROR (§11.4.3 names those that
 * do), and IDE keys live on in it (§6.33.8). OPEN: whether an interface may
 * stay LOCKED or in RUN in D3hot; here it does, and moves nothing.
 */
static void power_written(struct device_fn *fn, uint32_t old, uint32_t now)
{
	const uint32_t to = now & PM_CSR_STATE;
	struct device *d = fn->dev;

	/* D1 and D2 are not offered: the write is discarded (§7.5.2.2). */
	if (to != PM_STATE_D0 && to != PM_STATE_D3) {
		pci_cfg_put(&fn->cfg, (uint16_t)(fn->pm + PM_CSR), 4, old);
		return;
	}
	if (d->cfg.no_soft_reset)
		return;
	if (to != PM_STATE_D0)
		device_event(d, DSM_EV_POWER, fn->index);
	else if ((old & PM_CSR_STATE) == PM_STATE_D3)
		d->reset_due |= UINT64_C(1) << fn->index;
}

static void cap_written(struct device_fn *fn, uint16_t reg, uint32_t wrote,
			uint8_t be, uint32_t old, uint32_t now)
{
	struct device *d = fn->dev;

	if (reg == fn->exp + EXP_DEVCTL) {
		if ((old ^ now) & (EXP_DEVCTL_EXT_TAG | EXP_DEVCTL_PHANTOM |
				   EXP_DEVCTL_NOSNOOP))
			device_event(d, DSM_EV_DEVCTL, fn->index);
		if ((be & 2) && (wrote & EXP_DEVCTL_FLR))
			d->reset_due |= UINT64_C(1) << fn->index;
	} else if (fn->msix && reg == fn->msix) {
		if (be & 0xc)
			device_event(d, DSM_EV_MSIX, fn->index);
		msix_flush(fn);
	} else if (fn->pm && reg == fn->pm + PM_CSR) {
		power_written(fn, old, now);
	}
}

static bool within(uint16_t reg, uint16_t cap, unsigned size)
{
	return cap && reg >= cap && reg < cap + size;
}

static void written(void *ctx, struct pci_cfg *c, uint16_t reg, uint32_t wrote,
		    uint8_t be, uint32_t old, uint32_t now)
{
	struct device_fn *fn = ctx;
	struct device *d = fn->dev;

	(void)c;
	if (reg < 0x40)
		header_written(fn, reg, be, old, now);
	else if (reg < CFG_EXT_START)
		cap_written(fn, reg, wrote, be, old, now);
	else if (fn->index != 0)
		return; /* others have no extended capability that acts */
	else if (within(reg, d->doe_cap, DOE_CAP_SIZE))
		doe_written(d, reg - d->doe_cap, wrote, be);
	else if (within(reg, d->sriov, SRIOV_CAP_SIZE))
		sriov_written(d, reg - d->sriov, be, old, now);
	else if (device_ide_reg(d, reg) && be)
		ide_written(d, reg, old);
}

/* Of what is pending, whether it may interrupt or not (§7.5.1.1.4). */
static void show_intx(struct device_fn *fn)
{
	const uint32_t now = get(fn, CFG_STATUS, 2) & ~STATUS_INTX;

	pci_cfg_put(&fn->cfg, CFG_STATUS, 2,
		    intx_pending(fn) ? now | STATUS_INTX : now);
}

static void reading(void *ctx, struct pci_cfg *c, uint16_t reg)
{
	struct device_fn *fn = ctx;
	struct device *d = fn->dev;

	if (reg == CFG_COMMAND && d->wired)
		show_intx(fn);
	if (fn->index != 0 || reg < CFG_EXT_START)
		return;
	if (reg == d->doe_cap + DOE_STS)
		pci_cfg_put(c, reg, 4, doe_reg_status(&d->doe));
	else if (reg == d->doe_cap + DOE_READ)
		pci_cfg_put(c, reg, 4, doe_reg_read(&d->doe));
	else
		device_ide_show(d);
}

const struct pci_cfg_ops device_cfg_ops = { .reading = reading,
					    .written = written };

void device_capture(struct device *d, uint16_t dest)
{
	const uint8_t dev = device_ari(d) ? 0 : BDF_DEV(dest);

	if (d->captured && d->bus == BDF_BUS(dest) && d->dev == dev)
		return;
	d->bus = BDF_BUS(dest);
	d->dev = dev;
	d->captured = true;
	ide_self_set(&d->ide, device_rid(d, 0));
	device_name_functions(d);
}

void device_cfg_write(struct device_fn *fn, uint16_t reg, uint32_t val,
		      uint8_t be)
{
	struct device *d = fn->dev;
	const struct device_seams *s = d->cfg.seams;

	if (!s || !s->cfg_write ||
	    s->cfg_write(d->cfg.seams_ctx, d, fn->index, reg, &val, &be))
		pci_cfg_write(&fn->cfg, reg, val, be);
}

static uint32_t cfg_read(struct device_fn *fn, uint16_t reg)
{
	struct device *d = fn->dev;
	const struct device_seams *s = d->cfg.seams;
	uint32_t val = pci_cfg_read(&fn->cfg, reg);

	if (s && s->cfg_read)
		s->cfg_read(d->cfg.seams_ctx, d, fn->index, reg, &val);
	return val;
}

void device_take_cfg(struct device *d, const struct tlp *t)
{
	bool wr = t->type == TLP_CFGWR0 || t->type == TLP_CFGWR1;
	bool type1 = t->type == TLP_CFGRD1 || t->type == TLP_CFGWR1;
	unsigned i = device_fn_of(d, t->dest);
	uint8_t data[4];
	struct wr w = wr_over(data, sizeof(data));
	struct device_fn *fn;
	struct tlp cpl;

	/* Type 1 is for what is below a bridge, except under IDE (§6.33.4). */
	if (type1 && !t->ide) {
		device_refuse(d, 0, t, &device_rule_type, FAULT_LINK);
		device_answer_status(d, t, 0, TLP_CPL_UR);
		return;
	}
	if (wr && !t->poisoned)
		device_assume_end_all(d, i, t->reg, t->first_be);
	if (i >= d->fns || !d->fn[i].there) {
		device_refuse(d, 0, t, &device_rule_no_function, FAULT_LINK);
		device_answer_status(d, t, 0, TLP_CPL_UR);
		return;
	}
	fn = &d->fn[i];
	if (t->poisoned) {
		if (wr && i == 0 && within(t->reg, d->doe_cap, DOE_CAP_SIZE))
			(void)!doe_event(&d->doe, DOE_EV_POISON,
					 &(union doe_arg){ .dw = 0 });
		device_refuse(d, i, t, &device_rule_poisoned, FAULT_LINK);
		device_answer_status(d, t, i, TLP_CPL_UR);
		return;
	}
	if (wr) {
		device_capture(d, t->dest);
		/*
		 * Answered before it takes effect: a write that ends the
		 * stream it came by leaves nothing to answer it under. OPEN:
		 * §6.33.3 says nothing of that completion.
		 */
		device_answer_status(d, t, i, TLP_CPL_SC);
		device_cfg_write(fn, t->reg, tlp_cfg_value(t), t->first_be);
		return;
	}
	wr_u32le(&w, cfg_read(fn, t->reg));
	if (!tlp_cpld(&cpl, t, device_rid(d, i), data, 0, 4))
		device_answer(d, t, &cpl);
}
