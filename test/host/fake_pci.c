/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_pci.h"

/*
 * The log: M/m memory decode on/off, B/b bus mastering on/off, F FLR,
 * E/e stream enable/disable at the endpoint, R/r at the root port, H secondary
 * bus reset above the endpoint, P return from D3hot, 0/1 power of the slot.
 */
void fake_log(struct fake_pci *f, char what)
{
	if (f->logged < sizeof(f->log) - 1)
		f->log[f->logged++] = what;
}

static void show_streams(struct fake_pci *f, struct pci_cfg *c, uint16_t cap,
			 bool insecure)
{
	struct ide_block_regs b;

	for (unsigned i = 0; cap && pci_ide_block(c, cap, i, &b) == IL_OK; i++)
		pci_ide_show(c, cap, i,
			     b.enable && f->keys && !insecure
				     ? IDE_STS_SECURE
				     : IDE_STS_INSECURE,
			     false);
}

static void ep_reading(void *ctx, struct pci_cfg *c, uint16_t reg)
{
	struct fake_pci *f = ctx;

	show_streams(f, c, f->ep_ide, f->ep_insecure);
	if (!f->ep_doe)
		return;
	if (reg == f->ep_doe + DOE_STS)
		pci_cfg_put(c, reg, 4, doe_reg_status(&f->mbox) | f->stuck);
	if (reg == f->ep_doe + DOE_READ) {
		pci_cfg_put(c, reg, 4, doe_reg_read(&f->mbox));
		f->absent = f->leaves && --f->leaves == 0;
	}
}

static void log_bit(struct fake_pci *f, uint32_t old, uint32_t now,
		    uint32_t bit, char on, char off)
{
	if ((old ^ now) & bit)
		fake_log(f, now & bit ? on : off);
}

static void fresh(struct fake_pci *f)
{
	pci_cfg_reset(&f->ep, f->ep_first);
	(void)!doe_event(&f->mbox, DOE_EV_RESET, NULL);
}

static void reset_function(struct fake_pci *f)
{
	f->flrs++;
	fake_log(f, 'F');
	fresh(f);
}

/* The port right above the endpoint. */
static struct pci_cfg *above(struct fake_pci *f)
{
	return f->has_switch ? &f->dsp[0] : &f->port;
}

static uint16_t exp_of(const struct pci_cfg *c)
{
	uint16_t at = (uint16_t)pci_cfg_get(c, CFG_CAP_PTR, 1);

	while (pci_cfg_get(c, at, 1) != CAP_EXP)
		at = (uint16_t)pci_cfg_get(c, (uint16_t)(at + 1), 1);
	return at;
}

static void show_slot(struct fake_pci *f, bool present, bool up,
		      uint32_t events)
{
	struct pci_cfg *c = above(f);
	uint16_t exp = exp_of(c), sts = (uint16_t)(exp + EXP_SLTSTA);
	uint32_t v = pci_cfg_get(c, sts, 2) & ~EXP_SLTSTA_PDS;

	pci_cfg_put(c, sts, 2, v | events | (present ? EXP_SLTSTA_PDS : 0));
	pci_cfg_put(c, (uint16_t)(exp + EXP_LNKSTA), 2,
		    up ? EXP_LNKSTA_DLLLA : 0);
}

void fake_present(struct fake_pci *f, bool present)
{
	fresh(f);
	f->unplugged = f->absent = !present;
	show_slot(f, present, present, EXP_SLTSTA_PDC | EXP_SLTSTA_DLLSC);
}

void fake_bounce(struct fake_pci *f)
{
	fresh(f);
	show_slot(f, true, true, EXP_SLTSTA_DLLSC);
}

static void log_stream(struct fake_pci *f, struct pci_cfg *c, uint16_t cap,
		       uint16_t reg, uint32_t old, uint32_t now, char on,
		       char off)
{
	uint16_t rel;

	if (cap && pci_ide_block_of(c, cap, reg, &rel) >= 0 &&
	    rel == IDE_SEL_CTL)
		log_bit(f, old, now, IDE_SEL_CTL_ENABLE, on, off);
}

static void ep_written(void *ctx, struct pci_cfg *c, uint16_t reg,
		       uint32_t wrote, uint8_t be, uint32_t old, uint32_t now)
{
	struct fake_pci *f = ctx;

	(void)be;
	if (reg == CFG_COMMAND) {
		log_bit(f, old, now, CMD_MEM, 'M', 'm');
		log_bit(f, old, now, CMD_MASTER, 'B', 'b');
	}
	log_stream(f, c, f->ep_ide, reg, old, now, 'E', 'e');
	if (reg == f->ep_pm + PM_CSR && (old & PM_CSR_STATE) == PM_STATE_D3 &&
	    (now & PM_CSR_STATE) == PM_STATE_D0) {
		fake_log(f, 'P');
		if (!f->no_soft_reset)
			fresh(f);
	}
	if (reg == f->ep_exp + EXP_DEVCTL && wrote & EXP_DEVCTL_FLR)
		reset_function(f);
	if (f->ep_doe && reg == f->ep_doe + DOE_CTL)
		doe_reg_write_ctl(&f->mbox, wrote, *f->now);
	if (f->ep_doe && reg == f->ep_doe + DOE_WRITE)
		doe_reg_write_mbox(&f->mbox, wrote);
	if (f->ep_doe && reg == f->ep_doe + DOE_READ)
		doe_reg_write_read_mbox(&f->mbox);
	if (f->watch)
		f->watch(f->ctx, f);
}

static void port_reading(void *ctx, struct pci_cfg *c, uint16_t reg)
{
	struct fake_pci *f = ctx;

	(void)reg;
	show_streams(f, c, f->port_ide, f->rp_insecure);
}

static void port_written(void *ctx, struct pci_cfg *c, uint16_t reg,
			 uint32_t wrote, uint8_t be, uint32_t old, uint32_t now)
{
	struct fake_pci *f = ctx;

	(void)wrote;
	(void)be;
	if (c == &f->port)
		log_stream(f, c, f->port_ide, reg, old, now, 'R', 'r');
	if (c == above(f) && reg == (T1_BRIDGE_CTL & ~3u) &&
	    now & ~old & (uint32_t)BRIDGE_CTL_RESET << 16) {
		fake_log(f, 'H');
		fresh(f);
		if (f->slot)
			show_slot(f, true, true, EXP_SLTSTA_DLLSC);
	}
	if (c == above(f) && f->slot && reg == exp_of(c) + EXP_SLTCTL &&
	    (old ^ now) & EXP_SLTCTL_PCC) {
		f->absent =
			f->unplugged || f->untrained || now & EXP_SLTCTL_PCC;
		fake_log(f, now & EXP_SLTCTL_PCC ? '0' : '1');
		fresh(f);
		show_slot(f, !f->unplugged, !f->absent, EXP_SLTSTA_DLLSC);
	}
	if (f->watch)
		f->watch(f->ctx, f);
}

static const struct pci_cfg_ops ep_ops = { ep_reading, ep_written };
static const struct pci_cfg_ops port_ops = { port_reading, port_written };

void fake_pci_init(struct fake_pci *f, uint64_t *now)
{
	memset(f, 0, sizeof(*f));
	f->now = now;
}

static void build_bridge(struct fake_pci *f, struct pci_cfg *c, uint8_t type,
			 uint8_t number, bool slot)
{
	const struct pci_ids ids = {
		ILK_VENDOR_ID, ILK_DEVICE_PORT, 0, 0, 0x060400, 0, false
	};
	const struct pci_exp exp = { .type = type,
				     .port = number,
				     .hotplug = slot };

	pci_cfg_init(c, &port_ops, f);
	pci_type1(c, &ids);
	pci_exp_add(c, &exp);
}

static void build_ports(struct fake_pci *f)
{
	const struct ide_cap_regs ide = {
		.selective = true, .ide_km = true, .sel_cfg = true, .sel_num = 4
	};

	build_bridge(f, &f->port, EXP_TYPE_ROOT_PORT, 2,
		     f->slot && !f->has_switch);
	if (!f->no_ide)
		f->port_ide = pci_ide_add(&f->port, &ide, 2);
	build_bridge(f, &f->usp, EXP_TYPE_UPSTREAM, 0, false);
	build_bridge(f, &f->dsp[0], EXP_TYPE_DOWNSTREAM, 4, f->slot);
	build_bridge(f, &f->dsp[1], EXP_TYPE_DOWNSTREAM, 5, f->slot_two);
	if (f->slot)
		show_slot(f, !f->absent, !f->absent, 0);
}

static void other_reading(void *ctx, struct pci_cfg *c, uint16_t reg)
{
	struct fake_other *o = ctx;

	if (reg == o->doe + DOE_STS)
		pci_cfg_put(c, reg, 4, doe_reg_status(&o->mbox));
	if (reg == o->doe + DOE_READ)
		pci_cfg_put(c, reg, 4, doe_reg_read(&o->mbox));
}

static void other_written(void *ctx, struct pci_cfg *c, uint16_t reg,
			  uint32_t wrote, uint8_t be, uint32_t old,
			  uint32_t now)
{
	struct fake_other *o = ctx;

	(void)c;
	(void)be;
	(void)old;
	(void)now;
	if (reg == o->doe + DOE_CTL)
		doe_reg_write_ctl(&o->mbox, wrote, *o->now);
	if (reg == o->doe + DOE_WRITE)
		doe_reg_write_mbox(&o->mbox, wrote);
	if (reg == o->doe + DOE_READ)
		doe_reg_write_read_mbox(&o->mbox);
}

static const struct pci_cfg_ops other_ops = { other_reading, other_written };

static void build_other(struct fake_pci *f)
{
	const struct pci_ids ids = { 0x1111, 0x2222, 0, 0, 0x120000, 1, false };
	const struct pci_exp exp = { .type = EXP_TYPE_ENDPOINT, .flr = true };

	f->other.now = f->now;
	pci_cfg_init(&f->other.cfg, &other_ops, &f->other);
	pci_type0(&f->other.cfg, &ids);
	pci_bar(&f->other.cfg, 0, 0x2000, BAR_MEM_64 | BAR_PREFETCH);
	pci_exp_add(&f->other.cfg, &exp);
	f->other.doe = pci_doe_add(&f->other.cfg);
	doe_init(&f->other.mbox, &f->env, f->other.in, f->other.out,
		 FAKE_DOE_LIMIT);
}

static void build_ep(struct fake_pci *f)
{
	const struct pci_ids ids = {
		ILK_VENDOR_ID, ILK_DEVICE_DMA, 0, 0, 0x120000, 1, false
	};
	const struct pci_exp exp = { .type = EXP_TYPE_ENDPOINT,
				     .tee = !f->no_tee,
				     .flr = true };
	const struct ide_cap_regs ide = { .selective = true,
					  .ide_km = true,
					  .tee_limited = true,
					  .sel_num = 2 };
	const struct pci_sriov vfs = {
		.total = FAKE_VFS,
		.first = 1,
		.stride = 1,
		.vf_device = ILK_DEVICE_VF,
		.bar = { [0] = { 0x4000, BAR_MEM_64 | BAR_PREFETCH } },
	};

	pci_cfg_init(&f->ep, &ep_ops, f);
	pci_type0(&f->ep, &ids);
	pci_bar(&f->ep, 0, 0x4000, BAR_MEM_64 | BAR_PREFETCH);
	pci_bar(&f->ep, 2, 0x10000, BAR_MEM_64 | BAR_PREFETCH);
	f->ep_pm = pci_pm_add(&f->ep);
	if (f->no_soft_reset)
		pci_cfg_put(&f->ep, (uint16_t)(f->ep_pm + PM_CSR), 2,
			    PM_CSR_NO_SOFT_RESET);
	f->ep_exp = pci_exp_add(&f->ep, &exp);
	pci_msix_add(&f->ep, 4, 0, 0x2000, 0, 0x3000);
	f->ep_doe = pci_doe_add(&f->ep);
	if (!f->no_ide)
		f->ep_ide = pci_ide_add(&f->ep, &ide, 2);
	f->ep_sriov = pci_sriov_add(&f->ep, &vfs);
	memcpy(f->ep_first, f->ep.image, CFG_SIZE);
}

void fake_pci_build(struct fake_pci *f)
{
	const struct pci_ids ids = { 0xffff, 0xffff, 0, 0, 0x120000, 1, false };
	const struct pci_exp exp = { .type = EXP_TYPE_ENDPOINT, .flr = true };

	build_ports(f);
	build_ep(f);
	build_other(f);
	for (unsigned i = 0; i < FAKE_VFS; i++) {
		pci_cfg_init(&f->vf[i], NULL, NULL);
		pci_type0(&f->vf[i], &ids);
		pci_exp_add(&f->vf[i], &exp);
	}
	doe_init(&f->mbox, &f->env, f->in, f->out, FAKE_DOE_LIMIT);
}

static uint32_t reg1(const struct pci_cfg *c, uint16_t reg)
{
	return pci_cfg_get(c, reg, 1);
}

/* Does a request for @bus go down through @bridge, and how far? */
static bool through(const struct pci_cfg *bridge, uint32_t bus, bool *here)
{
	uint32_t sec = reg1(bridge, T1_SECONDARY);

	*here = bus == sec;
	return sec && bus >= sec && bus <= reg1(bridge, T1_SUBORDINATE);
}

/* What is right below the port that the endpoint is at. */
static struct pci_cfg *leaf(struct fake_pci *f, uint32_t devfn)
{
	uint16_t ctl = (uint16_t)pci_cfg_get(
		&f->ep, (uint16_t)(f->ep_sriov + SRIOV_CTL), 2);
	uint32_t vfs =
		pci_cfg_get(&f->ep, (uint16_t)(f->ep_sriov + SRIOV_NUM), 2);

	if (f->absent)
		return NULL;
	if (devfn == 0)
		return &f->ep;
	if (ctl & SRIOV_CTL_VFE && devfn <= vfs && devfn <= FAKE_VFS)
		return &f->vf[devfn - 1];
	return NULL;
}

static struct pci_cfg *in_switch(struct fake_pci *f, uint32_t bdf)
{
	uint32_t bus = bdf >> 8, devfn = bdf & 0xff;
	bool here;

	if (bus == reg1(&f->port, T1_SECONDARY))
		return devfn ? NULL : &f->usp;
	if (!through(&f->usp, bus, &here))
		return NULL;
	if (here)
		return devfn & 7 || devfn >> 3 > 1 ? NULL : &f->dsp[devfn >> 3];
	for (unsigned i = 0; i < 2; i++)
		if (through(&f->dsp[i], bus, &here) && here) {
			if (i == 0)
				return leaf(f, devfn);
			return devfn || f->no_other ? NULL : &f->other.cfg;
		}
	return NULL;
}

static struct pci_cfg *space(struct fake_pci *f, uint32_t bdf)
{
	bool here;

	if (bdf == FAKE_PORT)
		return &f->port;
	if (!through(&f->port, bdf >> 8, &here))
		return NULL;
	if (f->has_switch)
		return in_switch(f, bdf);
	return here ? leaf(f, bdf & 0xff) : NULL;
}

static void discover(struct fake_pci *f, struct doe_mbox *m, const uint8_t *p,
		     size_t n)
{
	static const struct doe_type types[] = { { 1, 0 }, { 1, 1 }, { 1, 2 } };
	uint8_t rsp[DOE_DISCOVERY_LEN];

	assert_int_equal(doe_discover(types, f->no_cma ? 1 : 3, p, n, rsp),
			 IL_OK);
	assert_int_equal(
		doe_reply(m, (struct doe_type){ 1, 0 }, rsp, sizeof(rsp)),
		IL_OK);
}

static void serve(struct fake_pci *f, struct doe_mbox *m, bool silent)
{
	uint8_t out[FAKE_DOE_LIMIT - 8], kind = 0;
	struct doe_type type;
	const uint8_t *p;
	size_t n, len = 0;

	doe_tick(m, *f->now);
	if (doe_request(m, &type, &p, &n))
		return;
	if (type.type == DOE_TYPE_DISCOVERY) {
		discover(f, m, p, n);
		return;
	}
	if (silent || !f->answer ||
	    !f->answer(f->ctx, type.type, p, n, out, sizeof(out), &len, &kind))
		return;
	f->exchanges++;
	assert_int_equal(doe_reply(m, (struct doe_type){ 1, kind }, out, len),
			 IL_OK);
}

void fake_pci_run(struct fake_pci *f)
{
	serve(f, &f->mbox, false);
	if (f->has_switch)
		serve(f, &f->other.mbox, f->other.silent);
}

enum il_err fake_cfg_read(struct fake_pci *f, uint32_t bdf, uint16_t reg,
			  uint8_t size, uint32_t *val)
{
	struct pci_cfg *c = space(f, bdf);
	uint32_t v = UINT32_MAX;

	f->reads++;
	fake_pci_run(f);
	if (c)
		v = pci_cfg_read(c, reg & 0xffcu) >> 8 * (reg & 3);
	*val = v & (UINT32_MAX >> (32 - 8 * size));
	return IL_OK;
}

enum il_err fake_cfg_write(struct fake_pci *f, uint32_t bdf, uint16_t reg,
			   uint8_t size, uint32_t val)
{
	struct pci_cfg *c = space(f, bdf);

	if (c)
		pci_cfg_write(c, reg & 0xffcu, val << 8 * (reg & 3),
			      pci_cfg_be(reg & 3, size));
	fake_pci_run(f);
	return IL_OK;
}
