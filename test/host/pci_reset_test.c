/* SPDX-License-Identifier: BSD-2-Clause */
/* Resets, power states, and that unbind comes before them. */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>

#define DEV  "/sys/bus/pci/devices/0000:01:00.0/"
#define PORT "/sys/bus/pci/devices/0000:00:01.0/"

/* What happened, in order: of the device (fake_pci.c), and 'u' the watch. */
struct seen {
	struct machine *m;
	enum pci_upset what;
	unsigned n;
	uint32_t bdf[4];
};

static void upset(void *ctx, struct pci_dev *p, enum pci_upset what)
{
	struct seen *s = ctx;

	s->what = what;
	s->bdf[s->n++ % 4] = p->bdf;
	fake_log(&s->m->f, 'u');
}

static struct machine *watched(struct seen *s, bool no_soft_reset)
{
	struct machine *m = machine_cold();
	const struct pci_watch w = { .ctx = s, .upset = upset };

	m->f.no_soft_reset = no_soft_reset;
	machine_scan(m);
	*s = (struct seen){ .m = m };
	assert_int_equal(pci_watch_add(&m->h.pci, &w), 0);
	assert_int_equal(pci_enable(m_ep(m), true, true), 0);
	m->f.logged = 0;
	return m;
}

static const char *log_of(struct machine *m)
{
	m->f.log[m->f.logged] = 0;
	m->f.logged = 0;
	return m->f.log;
}

static void whole(struct machine *m)
{
	assert_int_equal(pci_bar_base(&m->f.ep, 0), M_MMIO);
	assert_int_equal(pci_bar_base(&m->f.ep, 2), M_MMIO + 0x10000);
	assert_int_equal(pci_cfg_get(&m->f.ep, CFG_COMMAND, 2) & 6, 6);
}

static void each_reset_is_told_first_and_gives_all_back(void **u)
{
	static const struct {
		enum pci_reset how;
		const char *order;
	} c[] = {
		/* told, decode and mastering off, reset, both on */
		{ PCI_RESET_FLR, "umbFMB" },
		{ PCI_RESET_PM, "umbPMB" },
		{ PCI_RESET_BUS, "umbHMB" },
	};
	struct seen s;

	(void)u;
	for (unsigned i = 0; i < COUNT(c); i++) {
		struct machine *m = watched(&s, false);

		assert_int_equal(pci_reset_by(m_ep(m), c[i].how), 0);
		assert_string_equal(log_of(m), c[i].order);
		assert_int_equal(s.what, PCI_UPSET_DEVICE);
		whole(m);
		machine_free(m);
	}
}

static void a_physical_function_tells_of_its_vfs_first(void **u)
{
	struct seen s;
	struct machine *m = watched(&s, false);

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 2), 0);
	s.n = 0;
	assert_int_equal(pci_reset_function(m_ep(m)), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.bdf[0], M_VF);
	assert_int_equal(s.bdf[1], M_VF + 1);
	assert_int_equal(s.bdf[2], M_EP);
	/* a VF is reset by itself */
	s.n = 0;
	assert_int_equal(pci_reset_function(pci_find(&m->h.pci, M_VF)), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.bdf[0], M_VF);
	whole(m);
	machine_free(m);
}

static void the_bus_is_reset_for_its_only_function(void **u)
{
	struct seen s;
	struct machine *m = watched(&s, false);

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	s.n = 0;
	m->f.logged = 0;
	assert_int_equal(pci_reset_by(m_ep(m), PCI_RESET_BUS), -ENOTTY);
	assert_int_equal(pci_reset_by(pci_find(&m->h.pci, M_VF), PCI_RESET_BUS),
			 -ENOTTY);
	assert_int_equal(
		pci_reset_by(pci_find(&m->h.pci, FAKE_PORT), PCI_RESET_BUS),
		-ENOTTY);
	/* refused before anybody was told */
	assert_int_equal(s.n, 0);
	assert_string_equal(log_of(m), "");
	/* all that is below the port goes together */
	assert_int_equal(pci_reset_below(pci_find(&m->h.pci, FAKE_PORT)), 0);
	assert_string_equal(log_of(m), "uumbHMB");
	whole(m);
	assert_int_equal(
		pci_cfg_get(&m->f.ep, (uint16_t)(m->f.ep_sriov + SRIOV_NUM), 2),
		1);
	assert_int_equal(pci_reset_below(m_ep(m)), -ENOTTY);
	machine_free(m);
}

static void a_device_that_stays_away_is_timed_out(void **u)
{
	struct seen s;
	struct machine *m = watched(&s, false);
	uint64_t before = m->now;

	(void)u;
	m->f.absent = true;
	assert_int_equal(pci_reset_function(m_ep(m)), -ENODEV);
	assert_int_equal(s.n, 0);
	assert_int_equal(pci_reset_below(pci_find(&m->h.pci, FAKE_PORT)),
			 -ETIMEDOUT);
	assert_true(m->now - before < UINT64_C(3000000000));
	machine_free(m);
}

/* --- power --- */

static void d3hot_and_back_is_a_reset(void **u)
{
	struct seen s;
	struct machine *m = watched(&s, false);

	(void)u;
	assert_string_equal(pci_power_name(m_ep(m)), "D0");
	assert_int_equal(pci_set_power(m_ep(m), PM_STATE_D3), 0);
	assert_int_equal(s.what, PCI_UPSET_DEVICE);
	assert_string_equal(log_of(m), "umb");
	assert_string_equal(pci_power_name(m_ep(m)), "D3hot");
	assert_int_equal(pci_set_power(m_ep(m), PM_STATE_D3), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(pci_set_power(m_ep(m), PM_STATE_D0), 0);
	assert_int_equal(pci_bar_base(&m->f.ep, 2), M_MMIO + 0x10000);
	assert_int_equal(pci_cfg_get(&m->f.ep, CFG_COMMAND, 2) & 6, 0);
	assert_string_equal(pci_power_name(m_ep(m)), "D0");
	assert_int_equal(pci_set_power(m_ep(m), 1), -EINVAL);
	assert_int_equal(pci_set_power(pci_find(&m->h.pci, FAKE_PORT), 3),
			 -EIO);
	m->f.absent = true;
	assert_int_equal(pci_set_power(m_ep(m), PM_STATE_D3), -ENODEV);
	machine_free(m);
}

/* pci_dev_save_and_disable() */
static void a_function_is_woken_before_it_is_reset(void **u)
{
	struct seen s;

	(void)u;
	for (unsigned nsr = 0; nsr < 2; nsr++) {
		struct machine *m = watched(&s, nsr);
		const uint16_t csr = (uint16_t)(m->f.ep_pm + PM_CSR);

		assert_int_equal(pci_set_power(m_ep(m), PM_STATE_D3), 0);
		assert_int_equal(pci_cfg_get(&m->f.ep, csr, 2) & PM_CSR_STATE,
				 PM_STATE_D3);
		m->f.logged = 0;
		assert_int_equal(pci_reset_by(m_ep(m), nsr ? PCI_RESET_FLR
							   : PCI_RESET_PM),
				 0);
		assert_string_equal(pci_power_name(m_ep(m)), "D0");
		assert_int_equal(pci_cfg_get(&m->f.ep, csr, 2) & PM_CSR_STATE,
				 PM_STATE_D0);
		assert_int_equal(pci_bar_base(&m->f.ep, 2), M_MMIO + 0x10000);
		/* told for D3hot, and for the reset, before each */
		assert_int_equal(s.n, 2);
		assert_string_equal(log_of(m), nsr ? "uPF" : "uPP");
		machine_free(m);
	}
}

static void a_device_without_soft_reset_keeps_its_keys_in_d3hot(void **u)
{
	struct seen s;
	struct machine *m = watched(&s, true);

	(void)u;
	m_connect(m);
	assert_int_equal(pci_set_power(m_ep(m), PM_STATE_D3), 0);
	assert_int_equal(s.what, PCI_UPSET_INTERFACE);
	assert_int_equal(pci_set_power(m_ep(m), PM_STATE_D0), 0);
	assert_true(pci_tsm_dsm_of(m_ep(m))->connected);
	/* and cannot be reset that way */
	assert_int_equal(pci_reset_by(m_ep(m), PCI_RESET_PM), -ENOTTY);
	machine_free(m);
}

/* --- the TSM --- */

static struct pci_tdi *bound(struct machine *m, struct pci_dev *p)
{
	struct pci_tdi *tdi;
	int ret;

	do
		ret = pci_tsm_bind(&m->h.tsm, p, m, 8, NULL, NULL, m, &tdi);
	while (ret == -EAGAIN);
	assert_int_equal(ret, 0);
	return tdi;
}

static void a_vf_that_is_reset_is_unbound_and_its_sibling_is_not(void **u)
{
	struct machine *m = machine_new();
	struct pci_dev *v;

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 2), 0);
	m_connect(m);
	v = pci_find(&m->h.pci, M_VF);
	(void)bound(m, v);
	(void)bound(m, pci_find(&m->h.pci, M_VF + 1));
	m->n_order = 0;
	assert_int_equal(pci_reset_function(v), 0);
	m->order[m->n_order] = 0;
	assert_string_equal(m->order, "U");
	assert_null(pci_tsm_of(v)->tdi);
	assert_non_null(pci_tsm_of(pci_find(&m->h.pci, M_VF + 1))->tdi);
	assert_true(pci_tsm_dsm_of(m_ep(m))->connected);
	machine_free(m);
}

static void function_zero_takes_all_along_and_the_connection(void **u)
{
	struct machine *m = machine_new();
	struct pci_dev *v;

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 2), 0);
	m_connect(m);
	v = pci_find(&m->h.pci, M_VF);
	(void)bound(m, v);
	(void)bound(m, m_ep(m));
	m->n_order = 0;
	m->f.logged = 0;
	assert_int_equal(pci_reset_function(m_ep(m)), 0);
	m->order[m->n_order] = 0;
	/* VF unbound, PF unbound, VFs forgotten, disconnected */
	assert_string_equal(m->order, "UUxxDx");
	assert_null(pci_tsm_dsm_of(m_ep(m)));
	m_connect(m);
	machine_free(m);
}

/* --- sysfs --- */

static long put(struct task *t, const char *path, const char *text)
{
	long fd = k_open(t, path), ret;

	if (fd < 0)
		return fd;
	ret = k_write(t, (int)fd, text, strlen(text));
	assert_int_equal(k_close(t, (int)fd), 0);
	return ret;
}

static void shows(struct task *t, const char *path, const char *want)
{
	char b[64];
	long n = k_get(t, path, b, sizeof(b));

	assert_int_equal(n, (long)strlen(want));
	assert_memory_equal(b, want, strlen(want));
}

static void methods_are_listed_and_chosen_by_name(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);

	(void)u;
	m->f.logged = 0;
	shows(t, DEV "reset_method", "flr pm bus\n");
	assert_int_equal(put(t, DEV "reset_method", "bus flr\n"), 8);
	shows(t, DEV "reset_method", "bus flr\n");
	assert_int_equal(put(t, DEV "reset", "1"), 1);
	assert_string_equal(log_of(m), "H");
	/* unknown, or not here: nothing changes */
	assert_int_equal(put(t, DEV "reset_method", "flr acpi"), -EINVAL);
	assert_int_equal(put(t, DEV "reset_method", "flrx"), -EINVAL);
	shows(t, DEV "reset_method", "bus flr\n");
	/* seven fit, whichever they are; the eighth is too many */
	assert_int_equal(
		put(t, DEV "reset_method", "flr flr flr flr flr flr flr"), 27);
	assert_int_equal(
		put(t, DEV "reset_method", "bus bus bus bus bus bus bus bus"),
		-EINVAL);
	shows(t, DEV "reset_method", "flr flr flr flr flr flr flr\n");
	/* none at all: the files stay */
	assert_int_equal(put(t, DEV "reset_method", "\n"), 1);
	shows(t, DEV "reset_method", "\n");
	assert_int_equal(put(t, DEV "reset", "1"), -ENOTTY);
	assert_int_equal(pci_reset_function(m_ep(m)), -ENOTTY);
	assert_int_equal(put(t, DEV "reset_method", "default"), 7);
	shows(t, DEV "reset_method", "flr pm bus\n");
	k_task_exit(t);
	machine_free(m);
}

static void files_remove_rescan_and_reset_below(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);

	(void)u;
	shows(t, DEV "power_state", "D0\n");
	m->f.logged = 0;
	assert_int_equal(put(t, PORT "reset_subordinate", "x"), -EINVAL);
	assert_int_equal(put(t, PORT "reset_subordinate", "0"), 1);
	assert_string_equal(log_of(m), "");
	assert_int_equal(put(t, PORT "reset_subordinate", "1"), 1);
	assert_string_equal(log_of(m), "H");
	assert_int_equal(put(t, DEV "reset_subordinate", "1"), -ENOENT);
	assert_int_equal(put(t, DEV "remove", "no"), -EINVAL);
	assert_int_equal(put(t, DEV "remove", "0"), 1);
	assert_non_null(m_ep(m));
	assert_int_equal(put(t, DEV "remove", "1"), 1);
	assert_null(m_ep(m));
	assert_int_equal(put(t, "/sys/bus/pci/rescan", "x"), -EINVAL);
	assert_int_equal(put(t, "/sys/bus/pci/rescan", "0"), 1);
	assert_null(m_ep(m));
	assert_int_equal(put(t, "/sys/bus/pci/rescan", "1\n"), 2);
	assert_non_null(m_ep(m));
	assert_int_equal(put(t, DEV "remove", "1"), 1);
	assert_int_equal(put(t, PORT "rescan", "1"), 1);
	assert_non_null(m_ep(m));
	assert_int_equal(put(t, "/sys/bus/pci/rescan/x", "1"), -ENOENT);
	k_task_exit(t);
	machine_free(m);
}

/* --- who hears of a removal when --- */

static int probed(void *ctx, struct pci_dev *p)
{
	(void)ctx;
	(void)p;
	return 0;
}

static void left(void *ctx, struct pci_dev *p)
{
	(void)p;
	fake_log(ctx, 'd');
}

static void removing(void *ctx, struct pci_dev *p)
{
	(void)p;
	fake_log(ctx, 'w');
}

/* pci_stop_dev(), then pci_destroy_dev() with pci_tsm_destroy() */
static void a_driver_leaves_before_the_function_does(void **u)
{
	struct machine *m = machine_new();
	const struct pci_driver d = {
		.name = "d", .probe = probed, .remove = left, .ctx = &m->f
	};
	const struct pci_watch w = { .removing = removing, .ctx = &m->f };

	(void)u;
	assert_int_equal(pci_watch_add(&m->h.pci, &w), 0);
	assert_int_equal(pci_driver_bind(m_ep(m), &d), 0);
	assert_int_equal(pci_enable(m_ep(m), true, true), 0);
	m->f.logged = 0;
	pci_remove(m_ep(m));
	assert_string_equal(log_of(m), "dwmb");
	machine_free(m);
}

static void numbers_of_vfs_have_the_errors_that_linux_gives(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);

	(void)u;
	assert_int_equal(put(t, DEV "sriov_numvfs", "3"), -ERANGE);
	assert_int_equal(put(t, DEV "sriov_numvfs", "70000"), -ERANGE);
	assert_int_equal(put(t, DEV "sriov_numvfs", "-"), -EINVAL);
	assert_int_equal(put(t, DEV "sriov_numvfs", "0"), 1);
	assert_int_equal(put(t, DEV "sriov_numvfs", "2"), 1);
	assert_int_equal(put(t, DEV "sriov_numvfs", "2"), 1);
	assert_int_equal(put(t, DEV "sriov_numvfs", "1"), -EBUSY);
	assert_non_null(pci_find(&m->h.pci, M_VF + 1));
	assert_int_equal(put(t, DEV "sriov_numvfs", "0"), 1);
	assert_null(pci_find(&m->h.pci, M_VF));
	k_task_exit(t);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reset_is_told_first_and_gives_all_back),
		cmocka_unit_test(a_physical_function_tells_of_its_vfs_first),
		cmocka_unit_test(the_bus_is_reset_for_its_only_function),
		cmocka_unit_test(a_device_that_stays_away_is_timed_out),
		cmocka_unit_test(d3hot_and_back_is_a_reset),
		cmocka_unit_test(a_function_is_woken_before_it_is_reset),
		cmocka_unit_test(
			a_device_without_soft_reset_keeps_its_keys_in_d3hot),
		cmocka_unit_test(
			a_vf_that_is_reset_is_unbound_and_its_sibling_is_not),
		cmocka_unit_test(
			function_zero_takes_all_along_and_the_connection),
		cmocka_unit_test(methods_are_listed_and_chosen_by_name),
		cmocka_unit_test(files_remove_rescan_and_reset_below),
		cmocka_unit_test(a_driver_leaves_before_the_function_does),
		cmocka_unit_test(
			numbers_of_vfs_have_the_errors_that_linux_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
