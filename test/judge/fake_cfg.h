/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_JUDGE_FAKE_CFG_H
#define TEST_JUDGE_FAKE_CFG_H

#include "check.h"

#include "judge/regs.h"
#include "pci/cfg.h"
#include "pci/regs.h"

/*
 * One function's configuration space, with a DOE mailbox whose every answer a
 * test writes down. Time passes by waiting alone.
 */
struct fake_cfg {
	struct pci_cfg cfg;
	uint16_t doe;
	uint64_t now;
	uint64_t busy_until; /* the status shows Busy */
	uint32_t sts;	     /* and this besides */
	uint32_t out[64];    /* dwords to be read */
	unsigned out_n, out_at;
	bool ready_forever;
	bool abort_fails;
	bool gone; /* all ones */
	/* What was written there. */
	uint32_t in[64];
	unsigned in_n, goes, aborts, pops, writes;
};

static inline uint32_t fake_cfg_status(const struct fake_cfg *f)
{
	uint32_t s = f->sts;

	if (f->now < f->busy_until)
		return s | DOE_STS_BUSY;
	if (f->out_at < f->out_n || f->ready_forever)
		s |= DOE_STS_READY;
	return s;
}

static inline enum il_err fake_cfg_read(void *ctx, unsigned fn, uint16_t reg,
					unsigned size, uint32_t *v)
{
	struct fake_cfg *f = ctx;

	if (f->gone || fn)
		return IL_E_IO;
	*v = pci_cfg_get(&f->cfg, reg, size);
	if (reg == f->doe + DOE_STS)
		*v = fake_cfg_status(f);
	if (reg == f->doe + DOE_READ)
		*v = f->out_at < f->out_n ? f->out[f->out_at] : 0;
	return IL_OK;
}

static inline enum il_err fake_cfg_write(void *ctx, unsigned fn, uint16_t reg,
					 unsigned size, uint32_t v)
{
	struct fake_cfg *f = ctx;

	if (f->gone || fn)
		return IL_E_IO;
	f->writes++;
	if (reg == f->doe + DOE_WRITE && f->in_n < COUNT(f->in)) {
		f->in[f->in_n++] = v;
	} else if (reg == f->doe + DOE_READ) {
		f->pops++;
		f->out_at++;
	} else if (reg == f->doe + DOE_CTL && v & DOE_CTL_ABORT) {
		f->aborts++;
		if (!f->abort_fails)
			f->sts = f->out_n = f->out_at = 0;
	} else if (reg == f->doe + DOE_CTL && v & DOE_CTL_GO) {
		f->goes++;
	} else {
		pci_cfg_put(&f->cfg, reg, size, v);
	}
	return IL_OK;
}

static inline void fake_cfg_wait(void *ctx, uint64_t ns)
{
	struct fake_cfg *f = ctx;

	f->now += ns;
}

static inline uint64_t fake_cfg_now(void *ctx)
{
	struct fake_cfg *f = ctx;

	return f->now;
}

static inline struct regs fake_cfg_regs(struct fake_cfg *f)
{
	static const struct regs_ops ops = { .read = fake_cfg_read,
					     .write = fake_cfg_write,
					     .wait = fake_cfg_wait,
					     .now_ns = fake_cfg_now };

	return (struct regs){ .ops = &ops, .ctx = f };
}

/* A function with PCI Express and, if @doe, DOE capabilities. */
static inline void fake_cfg_init(struct fake_cfg *f, bool doe)
{
	const struct pci_ids ids = { .vendor = 0x1234, .device = 0x5678 };
	const struct pci_exp exp = { .tee = true };

	memset(f, 0, sizeof(*f));
	pci_cfg_init(&f->cfg, NULL, NULL);
	pci_type0(&f->cfg, &ids);
	pci_pm_add(&f->cfg);
	pci_exp_add(&f->cfg, &exp);
	pci_ecap_add(&f->cfg, ECAP_DEV3, 1, DEV3_CAP_SIZE);
	f->doe = doe ? pci_doe_add(&f->cfg) : 0xffff;
}

#endif
