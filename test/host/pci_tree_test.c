/* SPDX-License-Identifier: BSD-2-Clause */
/* Switches, slots, what comes and goes: bus numbers, windows, pciehp. */
#include "machine.h"

#include <errno.h>

#define B(bus, dev, fn) ((uint32_t)BDF(bus, dev, fn))

/* A root port, a switch, an endpoint at each of its two ports. */
static struct machine *tree(void (*more)(struct machine *m))
{
	struct machine *m = machine_cold();

	m->f.has_switch = true;
	if (more)
		more(m);
	machine_scan(m);
	return m;
}

static struct pci_dev *at(struct machine *m, uint32_t bdf)
{
	return pci_find(&m->h.pci, bdf);
}

static uint32_t buses(const struct pci_cfg *c)
{
	return pci_cfg_get(c, T1_PRIMARY, 4) & 0xffffff;
}

static void numbers_nest_behind_a_switch(void **u)
{
	struct machine *m = tree(NULL);

	(void)u;
	/* subordinate, secondary, primary */
	assert_int_equal(buses(&m->f.port), 0x040100);
	assert_int_equal(buses(&m->f.usp), 0x040201);
	assert_int_equal(buses(&m->f.dsp[0]), 0x030302);
	assert_int_equal(buses(&m->f.dsp[1]), 0x040402);
	assert_ptr_equal(at(m, B(3, 0, 0))->up, at(m, B(2, 0, 0)));
	assert_ptr_equal(at(m, B(4, 0, 0))->up, at(m, B(2, 1, 0)));
	assert_ptr_equal(at(m, B(2, 1, 0))->up, at(m, B(1, 0, 0)));
	assert_ptr_equal(at(m, B(1, 0, 0))->up, at(m, FAKE_PORT));
	assert_int_equal(at(m, B(1, 0, 0))->port_type, EXP_TYPE_UPSTREAM);
	assert_int_equal(at(m, B(2, 0, 0))->port_type, EXP_TYPE_DOWNSTREAM);
	assert_null(at(m, B(2, 2, 0)));
	machine_free(m);
}

static void inside(const struct pci_cfg *outer, const struct pci_cfg *inner)
{
	uint64_t ob, ol, ib, il;

	assert_true(pci_window_pref(outer, &ob, &ol));
	assert_true(pci_window_pref(inner, &ib, &il));
	assert_true(ib >= ob && il <= ol && ib < il);
	assert_int_equal(pci_cfg_get(inner, CFG_COMMAND, 2) & 6, 6);
}

static void windows_nest_and_do_not_overlap(void **u)
{
	struct machine *m = tree(NULL);
	uint64_t b0, l0, b1, l1;

	(void)u;
	inside(&m->f.port, &m->f.usp);
	inside(&m->f.usp, &m->f.dsp[0]);
	inside(&m->f.usp, &m->f.dsp[1]);
	assert_true(pci_window_pref(&m->f.dsp[0], &b0, &l0));
	assert_true(pci_window_pref(&m->f.dsp[1], &b1, &l1));
	assert_true(l0 < b1);
	assert_in_range(pci_bar_base(&m->f.ep, 2), b0, l0 - 0xffff);
	assert_in_range(pci_bar_base(&m->f.other.cfg, 0), b1, l1 - 0x1fff);
	assert_in_range(at(m, B(3, 0, 0))->sriov.bars[0].pa, b0, l0);
	machine_free(m);
}

static void scanning_again_changes_nothing(void **u)
{
	struct machine *m = tree(NULL);
	struct pci_cfg before[4] = { m->f.port, m->f.usp, m->f.dsp[1],
				     m->f.ep };
	const uint32_t live = m->h.pci.pool.live;

	(void)u;
	assert_int_equal(pci_scan(&m->h.pci), 0);
	assert_int_equal(m->h.pci.pool.live, live);
	assert_memory_equal(m->f.port.image, before[0].image, CFG_SIZE);
	assert_memory_equal(m->f.usp.image, before[1].image, CFG_SIZE);
	assert_memory_equal(m->f.dsp[1].image, before[2].image, CFG_SIZE);
	assert_memory_equal(m->f.ep.image, before[3].image, 0x40);
	assert_int_equal(pci_scan_below(at(m, B(3, 0, 0))), -EINVAL);
	machine_free(m);
}

static void all_below_a_bridge_leaves_with_it(void **u)
{
	struct machine *m = tree(NULL);

	(void)u;
	assert_int_equal(pci_sriov_enable(at(m, B(3, 0, 0)), 2), 0);
	assert_non_null(at(m, B(3, 0, 2)));
	pci_remove(at(m, B(1, 0, 0)));
	assert_int_equal(m->h.pci.pool.live, 1);
	assert_non_null(at(m, FAKE_PORT));
	/* and comes back where it was */
	assert_int_equal(pci_scan(&m->h.pci), 0);
	assert_int_equal(buses(&m->f.dsp[1]), 0x040402);
	assert_int_equal(m->h.pci.pool.live, 6);
	inside(&m->f.port, &m->f.usp);
	machine_free(m);
}

static void no_other(struct machine *m)
{
	m->f.no_other = true;
}

static void with_slot_two(struct machine *m)
{
	m->f.no_other = true;
	m->f.slot_two = true;
}

static void what_comes_late_has_no_room_without_a_slot(void **u)
{
	struct machine *m = tree(no_other);
	const uint32_t live = m->h.pci.pool.live;

	(void)u;
	m->f.no_other = false;
	assert_int_equal(pci_scan(&m->h.pci), -ENOSPC);
	assert_null(at(m, B(4, 0, 0)));
	assert_int_equal(m->h.pci.pool.live, live);
	machine_free(m);
}

static void a_slot_keeps_room_for_what_comes_late(void **u)
{
	struct machine *m = tree(with_slot_two);
	uint64_t base, limit;

	(void)u;
	inside(&m->f.usp, &m->f.dsp[1]);
	m->f.no_other = false;
	assert_int_equal(pci_scan(&m->h.pci), 0);
	assert_non_null(at(m, B(4, 0, 0)));
	assert_true(pci_window_pref(&m->f.dsp[1], &base, &limit));
	assert_int_equal(limit - base + 1, PCI_HP_MMIO);
	assert_in_range(pci_bar_base(&m->f.other.cfg, 0), base, limit - 0x1fff);
	machine_free(m);
}

/* --- pciehp --- */

static void watched(struct machine *m)
{
	m->f.has_switch = false;
	m->f.slot = true;
	m->h.pci.cfg.pciehp = true;
}

static void irq(struct machine *m)
{
	pci_slot_irq(&m->h.pci, FAKE_PORT);
}

static void gone_already(void *ctx, struct pci_dev *p)
{
	unsigned *n = ctx;

	(*n)++;
	assert_true(p->gone);
}

static void a_surprise_removal_takes_the_function_away_untouched(void **u)
{
	struct machine *m = tree(watched);
	unsigned told = 0;
	const struct pci_watch w = { .removing = gone_already, .ctx = &told };
	struct task *t = k_task_new(&m->h.k);
	uint32_t ops;
	char b[8];
	long fd;

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 2), 0);
	fd = k_open(t, "/sys/bus/pci/devices/0000:01:00.0/vendor");
	assert_true(fd >= 0);
	assert_int_equal(pci_watch_add(&m->h.pci, &w), 0);
	fake_present(&m->f, false);
	ops = m->f.exchanges;
	irq(m);
	assert_null(m_ep(m));
	assert_null(at(m, M_VF));
	assert_int_equal(m->h.pci.pool.live, 1);
	assert_int_equal(m->f.exchanges, ops);
	assert_int_equal(told, 3); /* both VFs, and the PF */
	assert_int_equal(k_read(t, (int)fd, b, 8), -ENODEV);
	k_task_exit(t);
	/* nothing more happens on the next interrupt */
	irq(m);
	assert_int_equal(m->h.pci.pool.live, 1);
	machine_free(m);
}

static void what_is_plugged_in_is_found_where_there_is_room(void **u)
{
	struct machine *m = tree(watched);
	const uint64_t bar = m_ep(m)->bars[2].pa;

	(void)u;
	fake_present(&m->f, false);
	irq(m);
	fake_present(&m->f, true);
	assert_null(m_ep(m));
	irq(m);
	assert_non_null(m_ep(m));
	assert_int_equal(m_ep(m)->bars[2].pa, bar);
	assert_int_equal(pci_bar_base(&m->f.ep, 2), bar);
	assert_non_null(m_ep(m)->ide);
	m_connect(m);
	machine_free(m);
}

static void a_link_that_bounces_makes_another_device_of_it(void **u)
{
	struct machine *m = tree(watched);

	(void)u;
	m_connect(m);
	assert_int_equal(pci_driver_bind(m_ep(m), &m->h.vfio.drv), 0);
	m->f.logged = 0;
	fake_bounce(&m->f);
	irq(m);
	/* out of power and in again: a fundamental reset lies between */
	m->f.log[m->f.logged] = 0;
	assert_string_equal(m->f.log, "01");
	assert_non_null(m_ep(m));
	assert_null(m_ep(m)->drv);
	assert_null(pci_tsm_dsm_of(m_ep(m)));
	assert_int_equal(m->removes, 1);
	machine_free(m);
}

/* pciehp_enable_slot() for who comes into a slot that was switched off. */
static void what_comes_into_a_slot_that_is_off_gets_power(void **u)
{
	struct machine *m = tree(watched);

	(void)u;
	assert_int_equal(pci_slot_power(at(m, FAKE_PORT), false), 0);
	fake_present(&m->f, false);
	irq(m);
	fake_present(&m->f, true);
	irq(m);
	assert_non_null(m_ep(m));
	assert_int_equal(pci_slot_power(at(m, FAKE_PORT), true), -ENODEV);
	machine_free(m);
}

static void a_link_that_does_not_come_up_leaves_the_slot_off(void **u)
{
	struct machine *m = tree(watched);

	(void)u;
	m->f.untrained = true;
	m->f.logged = 0;
	fake_bounce(&m->f);
	irq(m);
	m->f.log[m->f.logged] = 0;
	assert_string_equal(m->f.log, "010");
	assert_null(m_ep(m));
	irq(m);
	assert_null(m_ep(m));
	m->f.untrained = false;
	assert_int_equal(pci_slot_power(at(m, FAKE_PORT), true), 0);
	assert_non_null(m_ep(m));
	machine_free(m);
}

static void without_pciehp_nobody_looks(void **u)
{
	struct machine *m = machine_cold();

	(void)u;
	m->f.slot = true;
	machine_scan(m);
	fake_present(&m->f, false);
	irq(m);
	assert_non_null(m_ep(m));
	assert_int_equal(pci_slot_power(at(m, FAKE_PORT), false), -ENODEV);
	machine_free(m);
}

static long put(struct task *t, const char *path, const char *text)
{
	long fd = k_open(t, path), ret;

	if (fd < 0)
		return fd;
	ret = k_write(t, (int)fd, text, strlen(text));
	assert_int_equal(k_close(t, (int)fd), 0);
	return ret;
}

#define SLOT "/sys/bus/pci/slots/2/power"

static void a_slot_goes_off_in_order_and_on_again(void **u)
{
	struct machine *m = tree(watched);
	struct task *t = k_task_new(&m->h.k);
	char b[8];

	(void)u;
	m_connect(m);
	m->f.logged = 0;
	assert_int_equal(k_get(t, SLOT, b, sizeof(b)), 2);
	assert_string_equal(b, "1\n");
	assert_int_equal(put(t, SLOT, "1"), -ENODEV);
	assert_int_equal(put(t, SLOT, "2"), -EINVAL);
	assert_int_equal(put(t, SLOT, "0"), 1);
	assert_null(m_ep(m));
	m->f.log[m->f.logged] = 0;
	assert_string_equal(m->f.log, "0");
	/* disconnected while it still had power */
	assert_int_equal(m->calls_of[PCI_TSM_OP_DISCONNECT], 1);
	assert_int_equal(m->seen_err, 0);
	assert_int_equal(put(t, SLOT, "0"), -ENODEV);
	assert_int_equal(put(t, SLOT, "1"), 1);
	assert_non_null(m_ep(m));
	/* its own link change is no news to it */
	irq(m);
	assert_non_null(m_ep(m));
	m_connect(m);
	assert_int_equal(put(t, "/sys/bus/pci/slots/3/power", "1"), -ENOENT);
	assert_int_equal(put(t, "/sys/bus/pci/slots/2/what", "1"), -ENOENT);
	fake_present(&m->f, false);
	irq(m);
	assert_int_equal(put(t, SLOT, "1"), -ENODEV);
	k_task_exit(t);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_nest_behind_a_switch),
		cmocka_unit_test(windows_nest_and_do_not_overlap),
		cmocka_unit_test(scanning_again_changes_nothing),
		cmocka_unit_test(all_below_a_bridge_leaves_with_it),
		cmocka_unit_test(what_comes_late_has_no_room_without_a_slot),
		cmocka_unit_test(a_slot_keeps_room_for_what_comes_late),
		cmocka_unit_test(
			a_surprise_removal_takes_the_function_away_untouched),
		cmocka_unit_test(
			what_is_plugged_in_is_found_where_there_is_room),
		cmocka_unit_test(
			a_link_that_bounces_makes_another_device_of_it),
		cmocka_unit_test(without_pciehp_nobody_looks),
		cmocka_unit_test(what_comes_into_a_slot_that_is_off_gets_power),
		cmocka_unit_test(
			a_link_that_does_not_come_up_leaves_the_slot_off),
		cmocka_unit_test(a_slot_goes_off_in_order_and_on_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
