/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every reset, with the PF and two VFs in every combination of TDI states.
 * What must hold afterwards is written down from PCIe Base 6.x §11.4.3 to
 * §11.4.9; docs/device-dma.md has the same table.
 */
#include "rig.h"

#include "dsm/dsm.h"
#include "ide/ide.h"
#include "pci/regs.h"

#define FNS 3u

static struct rig rig;

/* What becomes of a TDI. */
enum fate {
	STAYS,
	ERRS,	/* LOCKED and RUN become ERROR */
	UNLOCK, /* UNLOCKED, whatever it was */
};

static void exp_ctl(unsigned fn, uint32_t v)
{
	uint16_t bdf = (uint16_t)(RIG_EP + fn);

	rig_cfg_write(&rig, bdf, rig_cap(&rig, bdf, CAP_EXP) + EXP_DEVCTL, 2,
		      v);
}

static void flr_vf(void)
{
	exp_ctl(1, 0x2850 | EXP_DEVCTL_FLR);
}

static void flr_pf(void)
{
	exp_ctl(0, 0x2850 | EXP_DEVCTL_FLR);
}

static void power(uint32_t state)
{
	rig_cfg_write(&rig, RIG_EP, rig_cap(&rig, RIG_EP, CAP_PM) + PM_CSR, 2,
		      state);
}

static uint32_t power_state(void)
{
	return rig_cfg_read(&rig, RIG_EP,
			    rig_cap(&rig, RIG_EP, CAP_PM) + PM_CSR, 2) &
	       PM_CSR_STATE;
}

/* Neither is offered: no state changes. */
static void d1_and_d2(void)
{
	power(1);
	power(2);
	assert_int_equal(power_state(), PM_STATE_D0);
}

static void d3hot(void)
{
	power(PM_STATE_D3);
	power(1);
	assert_int_equal(power_state(), PM_STATE_D3);
}

static void d3hot_and_back(void)
{
	power(PM_STATE_D3);
	power(PM_STATE_D0);
}

static void bme_of_vf(void)
{
	rig_cfg_write(&rig, RIG_EP + 1, CFG_COMMAND, 2, 0);
}

static void vf_mse(void)
{
	uint16_t at = rig_ecap(&rig, RIG_EP, ECAP_SRIOV);

	rig_cfg_write(&rig, RIG_EP, at + SRIOV_CTL, 2, SRIOV_CTL_VFE);
}

static void bridge_reset(void)
{
	rig_cfg_write(&rig, RIG_PORT, T1_BRIDGE_CTL, 2, BRIDGE_CTL_RESET);
	rig_cfg_write(&rig, RIG_PORT, T1_BRIDGE_CTL, 2, 0);
}

static void fundamental(void)
{
	assert_int_equal(fabric_fund_reset(&rig.fabric, rig.port), IL_OK);
}

static void link_down(void)
{
	assert_int_equal(fabric_link_down(&rig.fabric, rig.port), IL_OK);
}

static void slot(uint32_t v)
{
	unsigned exp = rig_cap(&rig, RIG_PORT, CAP_EXP);

	rig_cfg_write(&rig, RIG_PORT, exp + EXP_SLTCTL, 2, v);
	rig_settle(&rig);
}

static void slot_power(void)
{
	slot(EXP_SLTCTL_PCC);
	slot(0);
}

static void removal(void)
{
	assert_int_equal(fabric_remove(&rig.fabric, rig.port), IL_OK);
	rig_settle(&rig);
	assert_int_equal(fabric_insert(&rig.fabric, rig.port), IL_OK);
}

static const struct row {
	const char *what;
	void (*reset)(void);
	bool kept;	     /* the device says No_Soft_Reset */
	enum fate fate[FNS]; /* PF, VF 1, VF 2 */
	bool stream;	     /* lives on */
	bool session;
} rows[] = {
	/* clang-format off */
	{ "FLR of VF 1",     flr_vf,         0, { STAYS, ERRS, STAYS }, 1, 1 },
	{ "FLR of the PF",   flr_pf,         0, { ERRS, ERRS, ERRS },   0, 1 },
	{ "D1, not offered", d1_and_d2,      0, { STAYS, STAYS, STAYS }, 1, 1 },
	{ "D3hot",           d3hot,          0, { ERRS, ERRS, ERRS },   1, 1 },
	{ "D3hot and back",  d3hot_and_back, 0, { ERRS, ERRS, ERRS },   0, 1 },
	{ "kept D3hot",      d3hot,          1, { STAYS, STAYS, STAYS }, 1, 1 },
	{ "kept, and back",  d3hot_and_back, 1, { STAYS, STAYS, STAYS }, 1, 1 },
	{ "BME of VF 1",     bme_of_vf,      0, { STAYS, ERRS, STAYS }, 1, 1 },
	{ "VF MSE",          vf_mse,         0, { ERRS, ERRS, ERRS },   1, 1 },
	{ "link down",       link_down,      0, { ERRS, ERRS, ERRS },   0, 1 },
	{ "bridge control",  bridge_reset,   0, { UNLOCK, UNLOCK, UNLOCK }, 0, 0 },
	{ "fundamental",     fundamental,    0, { UNLOCK, UNLOCK, UNLOCK }, 0, 0 },
	{ "slot power",      slot_power,     0, { UNLOCK, UNLOCK, UNLOCK }, 0, 0 },
	{ "removal",         removal,        0, { UNLOCK, UNLOCK, UNLOCK }, 0, 0 },
	/* clang-format on */
};

static enum tdi_state then(enum tdi_state was, enum fate f)
{
	if (f == UNLOCK)
		return TDI_UNLOCKED;
	return f == ERRS && (was == TDI_LOCKED || was == TDI_RUN) ? TDI_ERROR
								  : was;
}

static bool keyed(void)
{
	int i = ide_find(&rig.dev.ide, RIG_STREAM);

	return i >= 0 && ide_state(&rig.dev.ide, (unsigned)i) == IDE_SECURE &&
	       ide_has_keys(&rig.dev.ide, (unsigned)i);
}

static bool talks(void)
{
	return rig.dev.conns[0].rsp.cfg.ses[0].state == SPDM_SES_OPEN;
}

static void judge(const struct row *r, const enum tdi_state was[FNS])
{
	for (unsigned i = 0; i < FNS; i++) {
		const struct tdi *t = &rig.dev.tdis[i];

		if (t->state != then(was[i], r->fate[i]))
			fail_msg("%s, states %d %d %d: function %u is in %d",
				 r->what, was[0], was[1], was[2], i, t->state);
		/* The nonce dies with LOCKED (law 20). */
		if (t->state != TDI_LOCKED && t->nonce_live)
			fail_msg("%s: function %u has a nonce", r->what, i);
	}
	if (keyed() != r->stream)
		fail_msg("%s: the stream is %s", r->what,
			 r->stream ? "dead" : "alive");
	if (talks() != r->session)
		fail_msg("%s: the session is %s", r->what,
			 r->session ? "dead" : "alive");
	assert_true(device_sane(&rig.dev));
}

static void one(const struct row *r, const enum tdi_state was[FNS])
{
	if (r->kept)
		rig_new_kept(&rig, FNS - 1);
	else
		rig_new(&rig, FNS - 1);
	rig_enumerate(&rig);
	rig_stream(&rig, 1);
	for (unsigned i = 0; i < FNS; i++)
		rig_tdi(&rig, i, was[i], 0);
	r->reset();
	rig_settle(&rig);
	judge(r, was);
	rig_free(&rig);
}

static void every_reset_ends_what_the_rules_name_and_nothing_else(void **u)
{
	(void)u;
	for (unsigned i = 0; i < COUNT(rows); i++)
		for (unsigned n = 0; n < TDI_STATES * TDI_STATES * TDI_STATES;
		     n++) {
			const enum tdi_state was[FNS] = {
				(enum tdi_state)(n % TDI_STATES),
				(enum tdi_state)(n / TDI_STATES % TDI_STATES),
				(enum tdi_state)(n / TDI_STATES / TDI_STATES),
			};

			one(&rows[i], was);
		}
}

/* --- the port --- */

static unsigned irqs;

static void irq(void *ctx, uint16_t bdf)
{
	(void)ctx;
	assert_int_equal(bdf, RIG_PORT);
	irqs++;
}

static void begin(void)
{
	rig_new(&rig, 0);
	rig_enumerate(&rig);
	rig.fabric.slot_irq = irq;
	irqs = 0;
}

static uint32_t slot_status(void)
{
	return rig_cfg_read(&rig, RIG_PORT,
			    rig_cap(&rig, RIG_PORT, CAP_EXP) + EXP_SLTSTA, 2);
}

static void a_slot_interrupts_for_what_is_enabled(void **u)
{
	(void)u;
	begin();
	link_down();
	assert_int_equal(irqs, 0);
	assert_true(slot_status() & EXP_SLTSTA_DLLSC);
	/* An event without the interrupt, and the other way round */
	slot(EXP_SLTCTL_DLLSCE);
	assert_int_equal(fabric_link_up(&rig.fabric, rig.port), IL_OK);
	assert_int_equal(irqs, 0);
	slot(EXP_SLTCTL_HPIE | EXP_SLTCTL_PDCE);
	link_down();
	assert_int_equal(irqs, 0);
	assert_int_equal(fabric_link_up(&rig.fabric, rig.port), IL_OK);
	slot(EXP_SLTCTL_HPIE | EXP_SLTCTL_DLLSCE);
	link_down();
	assert_int_equal(irqs, 1);
	assert_int_equal(fabric_link_up(&rig.fabric, rig.port), IL_OK);
	assert_int_equal(irqs, 2);
	slot(EXP_SLTCTL_HPIE | EXP_SLTCTL_PDCE);
	removal();
	assert_int_equal(irqs, 4);
	assert_true(slot_status() & EXP_SLTSTA_PDC);
	rig_free(&rig);
}

static void without_power_there_is_no_link(void **u)
{
	uint32_t v;

	(void)u;
	begin();
	assert_int_equal(fabric_power(&rig.fabric, 9, false), IL_E_ARG);
	assert_int_equal(fabric_power(&rig.fabric, rig.port, true), IL_E_STATE);
	slot(EXP_SLTCTL_PCC);
	assert_int_equal(fabric_power(&rig.fabric, rig.port, false),
			 IL_E_STATE);
	assert_true(slot_status() & EXP_SLTSTA_PDS);
	assert_false(rig.dev.powered);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP, 0, 4, &v),
			 IL_E_IO);
	assert_int_equal(fabric_link_up(&rig.fabric, rig.port), IL_E_STATE);
	assert_int_equal(fabric_hot_reset(&rig.fabric, rig.port), IL_E_STATE);
	/* What is put in has none either, until it is switched on. */
	removal();
	rig_settle(&rig);
	assert_false(rig.dev.powered);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP, 0, 4, &v),
			 IL_E_IO);
	slot(0);
	assert_true(rig.dev.powered);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0, 4), 0x00011d1a);
	rig_free(&rig);
}

static void disable(bool on)
{
	unsigned exp = rig_cap(&rig, RIG_PORT, CAP_EXP);

	rig_cfg_write(&rig, RIG_PORT, exp + EXP_LNKCTL, 2,
		      on ? EXP_LNKCTL_DISABLE : 0);
	rig_settle(&rig);
}

static bool linked(void)
{
	uint32_t v;
	bool port = !fabric_cfg_read(&rig.fabric, RIG_EP, 0, 4, &v);

	rig_settle(&rig);
	assert_int_equal(port, rig.dev.up);
	return port;
}

/* Nor does a device that says that it is up bring it up. */
static void a_disabled_link_stays_down(void **u)
{
	static const enum link_event says[] = { LINK_UP, LINK_PRESENT };

	(void)u;
	begin();
	disable(true);
	assert_false(linked());
	removal();
	rig_settle(&rig);
	assert_false(linked());
	slot_power();
	assert_true(rig.dev.powered);
	assert_false(linked());
	assert_int_equal(fabric_link_up(&rig.fabric, rig.port), IL_E_STATE);
	for (size_t i = 0; i < COUNT(says); i++) {
		assert_int_equal(link_send_event(&rig.dev.cfg.link, says[i]),
				 IL_OK);
		rig_settle(&rig);
		assert_false(linked());
	}
	disable(false);
	assert_true(linked());
	/* Without power neither. */
	slot(EXP_SLTCTL_PCC);
	for (size_t i = 0; i < COUNT(says); i++) {
		assert_int_equal(link_send_event(&rig.dev.cfg.link, says[i]),
				 IL_OK);
		rig_settle(&rig);
		assert_false(linked());
	}
	rig_free(&rig);
}

/* An ARI device: function 32 is device 4, function 0 of the old kind. */
static void the_last_of_32_vfs_is_reset_alone(void **u)
{
	unsigned exp;
	uint32_t v;

	(void)u;
	rig_new(&rig, 32);
	exp = rig_cap(&rig, RIG_PORT, CAP_EXP);
	rig_cfg_write(&rig, RIG_PORT, exp + EXP_DEVCTL2, 2, EXP_DEVCTL2_ARI);
	rig_enumerate(&rig);
	for (unsigned i = 0; i < 32; i++)
		rig_mmio_write(&rig, RIG_VFBAR0 + i * 0x4000 + 0x10, 0x77, 8,
			       false);
	assert_int_equal(device_rid(&rig.dev, 32), RIG_EP + 32);
	exp_ctl(32, 0x2850 | EXP_DEVCTL_FLR);
	rig_settle(&rig);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(rig_mmio_read(&rig,
					       RIG_VFBAR0 + i * 0x4000 + 0x10,
					       8, false),
				 i == 31 ? 0 : 0x77);
	/* A port that does not forward by ARI reaches eight of them. */
	rig_cfg_write(&rig, RIG_PORT, exp + EXP_DEVCTL2, 2, 0);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP + 7, 4, 2, &v),
			 IL_OK);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP + 8, 4, 2, &v),
			 IL_E_IO);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_reset_ends_what_the_rules_name_and_nothing_else),
		cmocka_unit_test(a_slot_interrupts_for_what_is_enabled),
		cmocka_unit_test(without_power_there_is_no_link),
		cmocka_unit_test(a_disabled_link_stays_down),
		cmocka_unit_test(the_last_of_32_vfs_is_reset_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
