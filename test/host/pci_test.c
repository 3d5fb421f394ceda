/* SPDX-License-Identifier: BSD-2-Clause */
/* Enumeration, DOE by registers, SR-IOV, reset, drivers, sysfs. */
#include "machine.h"

#include <errno.h>

#include "doe/doe.h"

static void the_scan_numbers_buses_and_places_bars(void **u)
{
	struct machine *m = machine_new();
	struct pci_dev *rp = pci_find(&m->h.pci, FAKE_PORT), *ep = m_ep(m);

	(void)u;
	assert_non_null(rp);
	assert_non_null(ep);
	assert_null(pci_find(&m->h.pci, M_VF));
	assert_ptr_equal(ep->up, rp);
	assert_int_equal(rp->port_nr, 2);
	assert_int_equal(ep->port_type, EXP_TYPE_ENDPOINT);
	assert_true(ep->tee && ep->flr && !ep->is_vf);
	assert_int_equal(ep->bars[0].pa, M_MMIO);
	assert_int_equal(ep->bars[0].size, 0x4000);
	assert_int_equal(ep->bars[2].pa, M_MMIO + 0x10000);
	assert_int_equal(ep->bars[1].pa, 0);
	assert_int_equal(pci_bar_base(&m->f.ep, 0), M_MMIO);
	assert_int_equal(pci_bar_base(&m->f.ep, 2), M_MMIO + 0x10000);
	assert_int_equal(ep->sriov.bars[0].size, 0x4000);
	assert_int_equal(pci_vf_bar_base(&m->f.ep, 0), ep->sriov.bars[0].pa);
	assert_int_equal(pci_cfg_get(&m->f.port, T1_SECONDARY, 1), 1);
	assert_int_equal(pci_cfg_get(&m->f.port, T1_SUBORDINATE, 1), 1);
	machine_free(m);
}

static void the_bridge_opens_exactly_what_is_below_it(void **u)
{
	struct machine *m = machine_new();
	uint64_t base, limit;

	(void)u;
	assert_true(pci_window_pref(&m->f.port, &base, &limit));
	assert_int_equal(base, M_MMIO);
	assert_int_equal(limit, M_MMIO + 0xfffff);
	assert_false(pci_window_mem(&m->f.port, &base, &limit));
	assert_int_equal(pci_cfg_get(&m->f.port, CFG_COMMAND, 2) & 6, 6);
	/* the endpoint neither decodes nor masters */
	assert_int_equal(pci_cfg_get(&m->f.ep, CFG_COMMAND, 2) & 6, 0);
	machine_free(m);
}

static void a_window_too_small_is_no_space(void **u)
{
	struct machine *m = machine_cold();

	(void)u;
	m->h.pci.cfg.mmio_size = 0x8000;
	fake_pci_build(&m->f);
	assert_int_equal(host_scan(&m->h), -ENOSPC);
	machine_free(m);
}

static void names_parse_only_in_full(void **u)
{
	static const char *const bad[] = { "",
					   "0000:01:00",
					   "0000:01:20.0",
					   "0000:01:00.8",
					   "000g:01:00.0",
					   "0000-01:00.0" };
	uint32_t bdf;

	(void)u;
	assert_int_equal(pci_parse_bdf("0001:ab:1f.7", &bdf), 0);
	assert_int_equal(bdf, 0x1abff);
	for (unsigned i = 0; i < COUNT(bad); i++)
		assert_int_equal(pci_parse_bdf(bad[i], &bdf), -EINVAL);
}

/* --- DOE --- */

static void discovery_finds_what_the_mailbox_offers(void **u)
{
	struct machine *m = machine_new();
	struct pci_dev *ep = m_ep(m);

	(void)u;
	assert_int_equal(ep->doe.n_feats, 3);
	assert_true(pci_doe_has(ep, 0) && pci_doe_has(ep, 1) &&
		    pci_doe_has(ep, 2));
	assert_false(pci_doe_has(ep, 3));
	machine_free(m);
}

static void an_exchange_carries_bytes_both_ways_in_whole_dwords(void **u)
{
	struct machine *m = machine_new();
	uint8_t in[10] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, out[64];

	(void)u;
	assert_int_equal(pci_doe(m_ep(m), 2, in, 10, out, sizeof(out)), 12);
	assert_memory_equal(out, in, 10);
	assert_int_equal(out[10], 0);
	/* cut off at what the caller has room for */
	assert_int_equal(pci_doe(m_ep(m), 2, in, 10, out, 8), 8);
	assert_int_equal(pci_doe(m_ep(m), 2, in, 4, out, sizeof(out)), 4);
	machine_free(m);
}

static void what_cannot_be_sent_is_refused_before_it_is(void **u)
{
	struct machine *m = machine_new();
	static uint8_t big[DOE_MAX_BYTES + 1];
	uint8_t out[8];

	(void)u;
	assert_int_equal(pci_doe(m_ep(m), 3, big, 4, out, 8), -EINVAL);
	assert_int_equal(pci_doe(m_ep(m), 1, big, sizeof(big), out, 8),
			 -EINVAL);
	assert_int_equal(
		pci_doe(pci_find(&m->h.pci, FAKE_PORT), 1, big, 4, out, 8),
		-EINVAL);
	assert_int_equal(m->f.exchanges, 0);
	machine_free(m);
}

static bool silent(void *ctx, uint8_t type, const uint8_t *in, size_t n,
		   uint8_t *out, size_t cap, size_t *out_len, uint8_t *out_type)
{
	(void)ctx;
	(void)type;
	(void)in;
	(void)n;
	(void)out;
	(void)cap;
	(void)out_len;
	(void)out_type;
	return false;
}

static bool other_type(void *ctx, uint8_t type, const uint8_t *in, size_t n,
		       uint8_t *out, size_t cap, size_t *out_len,
		       uint8_t *out_type)
{
	(void)ctx;
	(void)in;
	(void)n;
	(void)cap;
	memset(out, 0, 4);
	*out_len = 4;
	*out_type = (uint8_t)(type ^ 3);
	return true;
}

static bool nothing_inside(void *ctx, uint8_t type, const uint8_t *in, size_t n,
			   uint8_t *out, size_t cap, size_t *out_len,
			   uint8_t *out_type)
{
	(void)ctx;
	(void)in;
	(void)n;
	(void)cap;
	(void)out;
	*out_len = 0;
	*out_type = type;
	return true;
}

static void a_silent_device_costs_one_second_and_an_abort(void **u)
{
	struct machine *m = machine_new();
	uint64_t before = m->now;
	fake_answer *echo = m->f.answer;
	uint8_t b[8] = { 0 };

	(void)u;
	m->f.answer = silent;
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), -EIO);
	assert_true(m->now - before >= UINT64_C(1000000000));
	assert_true(m->now - before < UINT64_C(1100000000));
	assert_int_equal(m->f.mbox.state, DOE_IDLE);
	/* and the next one works */
	m->f.answer = echo;
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), 8);
	machine_free(m);
}

static void an_answer_of_another_type_is_an_error(void **u)
{
	struct machine *m = machine_new();
	uint8_t b[8] = { 0 };

	(void)u;
	m->f.answer = other_type;
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), -EIO);
	assert_int_equal(m->f.mbox.state, DOE_IDLE);
	machine_free(m);
}

static void an_empty_object_is_an_empty_answer(void **u)
{
	struct machine *m = machine_new();
	uint8_t b[8] = { 0 };
	long n;

	(void)u;
	m->f.answer = nothing_inside;
	n = pci_doe(m_ep(m), 1, b, 8, b, 8);
	assert_true(n == 0 || n == -EIO); /* the mailbox may not send it */
	machine_free(m);
}

static void a_device_that_left_is_no_device(void **u)
{
	struct machine *m = machine_new();
	uint8_t b[8] = { 0 };
	uint32_t v;

	(void)u;
	m->f.absent = true;
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), -ENODEV);
	m->f.absent = false;
	m_ep(m)->gone = true;
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), -EIO);
	assert_int_equal(pci_read(m_ep(m), 0, 2, &v), -ENODEV);
	assert_int_equal(v, 0xffff);
	assert_int_equal(pci_write(m_ep(m), CFG_COMMAND, 2, 2), -ENODEV);
	assert_int_equal(pci_enable(m_ep(m), true, true), -ENODEV);
	machine_free(m);
}

/* A length of ones is no reason to read a million bytes of nothing. */
static void a_device_that_leaves_in_the_middle_of_an_answer_is_missed(void **u)
{
	struct machine *m = machine_new();
	uint8_t b[64] = { 0 };

	(void)u;
	for (unsigned at = 1; at <= 5; at++) {
		m->f.leaves = at;
		m->f.reads = 0;
		assert_int_equal(pci_doe(m_ep(m), 1, b, 64, b, 64), -ENODEV);
		assert_true(m->f.absent);
		assert_true(m->f.reads < 32);
		m->f.absent = false;
		assert_int_equal(pci_doe_init(m_ep(m)), 0);
	}
	assert_int_equal(pci_doe(m_ep(m), 1, b, 64, b, 64), 64);
	machine_free(m);
}

static void a_mailbox_stuck_busy_is_busy_and_then_dead(void **u)
{
	struct machine *m = machine_new();
	uint8_t b[8] = { 0 };

	(void)u;
	m->f.stuck = DOE_STS_BUSY;
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), -EBUSY);
	assert_true(m_ep(m)->doe.dead);
	m->f.stuck = 0;
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), -EIO);
	assert_int_equal(pci_doe_init(m_ep(m)), 0);
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), 8);
	m->f.stuck = DOE_STS_ERROR;
	assert_int_equal(pci_doe(m_ep(m), 1, b, 8, b, 8), -EIO);
	assert_int_equal(pci_doe_init(m_ep(m)), -EIO);
	machine_free(m);
}

/* --- SR-IOV, reset --- */

static void virtual_functions_appear_where_the_capability_says(void **u)
{
	struct machine *m = machine_new();
	struct pci_dev *v;

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 3), -EINVAL);
	assert_int_equal(pci_sriov_enable(pci_find(&m->h.pci, FAKE_PORT), 1),
			 -EINVAL);
	assert_int_equal(pci_sriov_enable(m_ep(m), 2), 0);
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), -EBUSY);
	v = pci_find(&m->h.pci, M_VF + 1);
	assert_non_null(v);
	assert_true(v->is_vf && v->flr);
	assert_ptr_equal(v->pf, m_ep(m));
	assert_int_equal(v->device, ILK_DEVICE_VF);
	assert_int_equal(v->vendor, ILK_VENDOR_ID);
	assert_int_equal(v->bars[0].pa, m_ep(m)->sriov.bars[0].pa + 0x4000);
	assert_int_equal(pci_driver_bind(v, &m->h.vfio.drv), 0);
	/* whoever drives one leaves it first */
	assert_int_equal(pci_sriov_enable(m_ep(m), 0), 0);
	assert_int_equal(m->h.vfio.pool.live, 0);
	assert_null(pci_find(&m->h.pci, M_VF));
	assert_int_equal(pci_sriov_enable(m_ep(m), 0), 0);
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	machine_free(m);
}

/* The device says where they are; it may not take another one's name. */
static void functions_do_not_stand_where_somebody_else_does(void **u)
{
	static const struct {
		uint16_t offset, stride;
		int ret;
	} c[] = {
		{ 0, 1, -EINVAL },     /* the PF's own */
		{ 1, 0, -EINVAL },     /* one for all */
		{ 0x100, 1, -ENOMEM }, /* another port's bus */
		{ 0xffff, 1, -ENOSPC }, { 1, 0x100, -ENOMEM }, { 1, 1, 0 },
	};

	(void)u;
	for (unsigned i = 0; i < COUNT(c); i++) {
		struct machine *m = machine_cold();
		uint16_t at;

		fake_pci_build(&m->f);
		at = m->f.ep_sriov;
		pci_cfg_put(&m->f.ep, (uint16_t)(at + SRIOV_VF_OFFSET), 2,
			    c[i].offset);
		pci_cfg_put(&m->f.ep, (uint16_t)(at + SRIOV_VF_STRIDE), 2,
			    c[i].stride);
		assert_int_equal(host_scan(&m->h), 0);
		assert_int_equal(pci_sriov_enable(m_ep(m), 2), c[i].ret);
		assert_int_equal(m->h.pci.pool.live, c[i].ret ? 2 : 4);
		assert_int_equal(m_ep(m)->sriov.enabled, c[i].ret ? 0 : 2);
		machine_free(m);
	}
}

static void a_reset_gives_back_bars_and_command(void **u)
{
	struct machine *m = machine_new();
	struct pci_dev *rp = pci_find(&m->h.pci, FAKE_PORT);

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	assert_int_equal(pci_enable(m_ep(m), true, true), 0);
	assert_int_equal(pci_flr(m_ep(m)), 0);
	assert_int_equal(m->f.flrs, 1);
	assert_int_equal(pci_bar_base(&m->f.ep, 0), M_MMIO);
	assert_int_equal(pci_bar_base(&m->f.ep, 2), M_MMIO + 0x10000);
	assert_int_equal(pci_cfg_get(&m->f.ep, CFG_COMMAND, 2) & 6, 6);
	assert_int_equal(pci_vf_bar_base(&m->f.ep, 0),
			 m_ep(m)->sriov.bars[0].pa);
	assert_int_equal(
		pci_cfg_get(&m->f.ep, (uint16_t)(m->f.ep_sriov + SRIOV_NUM), 2),
		1);
	assert_int_equal(pci_flr(rp), -ENOTTY);
	machine_free(m);
}

static void after_a_conventional_reset_all_but_the_enables_comes_back(void **u)
{
	struct machine *m = machine_new();
	struct pci_dev *p = m_ep(m);
	uint8_t b[8] = { 0 };

	(void)u;
	assert_int_equal(pci_sriov_enable(p, 1), 0);
	assert_int_equal(pci_enable(p, true, true), 0);
	p->doe.dead = true;
	m->f.absent = true;
	assert_int_equal(pci_reset_done(p), -ETIMEDOUT);
	m->f.absent = false;
	pci_cfg_reset(&m->f.ep, m->f.ep_first);
	assert_int_equal(pci_reset_done(pci_find(&m->h.pci, M_VF)), -EINVAL);
	assert_int_equal(pci_reset_done(p), 0);
	assert_int_equal(pci_bar_base(&m->f.ep, 0), M_MMIO);
	assert_int_equal(pci_bar_base(&m->f.ep, 2), M_MMIO + 0x10000);
	assert_int_equal(pci_cfg_get(&m->f.ep, CFG_COMMAND, 2) & 6, 0);
	assert_int_equal(
		pci_cfg_get(&m->f.ep, (uint16_t)(m->f.ep_sriov + SRIOV_NUM), 2),
		1);
	assert_int_equal(pci_doe(p, 1, b, 8, b, 8), 8);
	/* Another device in the slot is not taken for this one. */
	p->device++;
	assert_int_equal(pci_reset_done(p), -ENODEV);
	machine_free(m);
}

static void both_enables_go_in_one_write(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m->f.logged = 0;
	assert_int_equal(pci_enable(m_ep(m), true, true), 0);
	assert_int_equal(pci_enable(m_ep(m), true, true), 0);
	assert_int_equal(pci_enable(m_ep(m), false, false), 0);
	m->f.log[m->f.logged] = 0;
	assert_string_equal(m->f.log, "MBmb");
	machine_free(m);
}

/* --- drivers, sysfs --- */

static long put(struct task *t, const char *path, const char *text)
{
	long fd = k_open(t, path), ret;

	if (fd < 0)
		return fd;
	ret = k_write(t, (int)fd, text, strlen(text));
	assert_int_equal(k_close(t, (int)fd), 0);
	return ret;
}

#define DEV "/sys/bus/pci/devices/0000:01:00.0/"

static void a_driver_is_bound_by_override_and_probe(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	char b[64];

	(void)u;
	/* nobody knows the function, and that is no error */
	assert_int_equal(put(t, "/sys/bus/pci/drivers_probe", "0000:01:00.0"),
			 12);
	assert_null(m_ep(m)->drv);
	assert_int_equal(put(t, "/sys/bus/pci/drivers_probe", "0000:01:00.7"),
			 -ENODEV);
	assert_int_equal(
		put(t, "/sys/bus/pci/drivers/vfio-pci/bind", "0000:01:00.0"),
		-ENODEV);
	assert_int_equal(put(t, DEV "driver_override", "vfio-pci\n"), 9);
	assert_int_equal(k_get(t, DEV "driver_override", b, sizeof(b)), 9);
	assert_string_equal(b, "vfio-pci\n");
	assert_int_equal(put(t, "/sys/bus/pci/drivers_probe", "0000:01:00.0"),
			 12);
	assert_true(k_get(t, DEV "driver", b, sizeof(b)) > 0);
	assert_string_equal(b, "vfio-pci\n");
	assert_int_equal(put(t, "/sys/bus/pci/drivers_probe", "0000:01:00.0"),
			 12);
	assert_int_equal(
		put(t, "/sys/bus/pci/drivers/vfio-pci/bind", "0000:01:00.0"),
		-EBUSY);
	assert_int_equal(
		put(t, "/sys/bus/pci/drivers/vfio-pci/unbind", "0000:01:00.0"),
		12);
	assert_int_equal(
		put(t, "/sys/bus/pci/drivers/vfio-pci/unbind", "0000:01:00.0"),
		-ENODEV);
	assert_int_equal(put(t, DEV "driver_override", "other"), 5);
	assert_int_equal(
		put(t, "/sys/bus/pci/drivers/vfio-pci/bind", "0000:01:00.0"),
		-ENODEV);
	assert_int_equal(put(t, DEV "driver_override", ""), -EINVAL);
	assert_int_equal(put(t, DEV "driver_override",
			     "a name that is longer than drivers have"),
			 -EINVAL);
	assert_int_equal(put(t, "/sys/bus/pci/drivers/vfio-pci/bind", "x"),
			 -ENODEV);
	assert_int_equal(put(t, "/sys/bus/pci/drivers/vfio-pci/what", "x"),
			 -ENOENT);
	assert_int_equal(put(t, "/sys/bus/pci/drivers/e1000/bind", "x"),
			 -ENOENT);
	assert_int_equal(put(t, "/sys/bus/pci/drivers/none", "x"), -ENOENT);
	k_task_exit(t);
	machine_free(m);
}

static void a_bridge_takes_no_driver(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	assert_int_equal(
		pci_driver_bind(pci_find(&m->h.pci, FAKE_PORT), &m->h.vfio.drv),
		-ENODEV);
	machine_free(m);
}

static void files_of_a_function_show_and_take_text(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	char b[64];

	(void)u;
	assert_int_equal(k_get(t, DEV "vendor", b, sizeof(b)), 7);
	assert_string_equal(b, "0x1d1a\n");
	assert_int_equal(k_get(t, DEV "device", b, sizeof(b)), 7);
	assert_string_equal(b, "0x0001\n");
	assert_int_equal(k_get(t, DEV "sriov_totalvfs", b, sizeof(b)), 2);
	assert_string_equal(b, "2\n");
	assert_int_equal(put(t, DEV "sriov_numvfs", "two"), -EINVAL);
	assert_int_equal(put(t, DEV "sriov_numvfs", "2\n"), 2);
	assert_true(k_get(t, DEV "sriov_numvfs", b, sizeof(b)) > 0);
	assert_string_equal(b, "2\n");
	assert_int_equal(put(t, DEV "vendor", "1"), -EACCES);
	assert_int_equal(k_get(t, DEV "reset", b, sizeof(b)), -EACCES);
	assert_int_equal(put(t, DEV "reset", "0"), -EINVAL);
	assert_int_equal(put(t, DEV "reset", "1"), 1);
	assert_int_equal(m->f.flrs, 1);
	assert_int_equal(pci_driver_bind(m_ep(m), &m->h.vfio.drv), 0);
	/* a driver is no reason against it */
	assert_int_equal(put(t, DEV "reset", "1"), 1);
	assert_int_equal(m->f.flrs, 2);
	assert_int_equal(put(t, DEV "nothing", "1"), -ENOENT);
	assert_int_equal(put(t, "/sys/bus/pci/devices/0000:01:01.0/reset", "1"),
			 -ENOENT);
	assert_int_equal(put(t, "/sys/bus/pci/devices/junk", "1"), -ENOENT);
	assert_int_equal(
		put(t, "/sys/bus/pci/devices/0000:00:01.0/sriov_numvfs", "1"),
		-ENOENT);
	k_task_exit(t);
	machine_free(m);
}

static void a_file_of_a_function_that_left_is_no_device(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	long fd = k_open(t, DEV "vendor");
	char b[8];

	(void)u;
	assert_true(fd >= 0);
	pci_remove(m_ep(m));
	assert_int_equal(k_read(t, (int)fd, b, 8), -ENODEV);
	assert_int_equal(k_write(t, (int)fd, "1", 1), -ENODEV);
	k_task_exit(t);
	machine_free(m);
}

static void a_physical_function_takes_its_vfs_along(void **u)
{
	struct machine *m = machine_new();
	uint32_t live;

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 2), 0);
	live = m->h.pci.pool.live;
	pci_remove(m_ep(m));
	assert_int_equal(m->h.pci.pool.live, live - 3);
	assert_null(m_ep(m));
	assert_null(pci_find(&m->h.pci, M_VF));
	assert_null(pci_find(&m->h.pci, M_VF + 1));
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_scan_numbers_buses_and_places_bars),
		cmocka_unit_test(the_bridge_opens_exactly_what_is_below_it),
		cmocka_unit_test(a_window_too_small_is_no_space),
		cmocka_unit_test(names_parse_only_in_full),
		cmocka_unit_test(discovery_finds_what_the_mailbox_offers),
		cmocka_unit_test(
			an_exchange_carries_bytes_both_ways_in_whole_dwords),
		cmocka_unit_test(what_cannot_be_sent_is_refused_before_it_is),
		cmocka_unit_test(a_silent_device_costs_one_second_and_an_abort),
		cmocka_unit_test(an_answer_of_another_type_is_an_error),
		cmocka_unit_test(an_empty_object_is_an_empty_answer),
		cmocka_unit_test(a_device_that_left_is_no_device),
		cmocka_unit_test(
			a_device_that_leaves_in_the_middle_of_an_answer_is_missed),
		cmocka_unit_test(a_mailbox_stuck_busy_is_busy_and_then_dead),
		cmocka_unit_test(
			virtual_functions_appear_where_the_capability_says),
		cmocka_unit_test(
			functions_do_not_stand_where_somebody_else_does),
		cmocka_unit_test(a_reset_gives_back_bars_and_command),
		cmocka_unit_test(
			after_a_conventional_reset_all_but_the_enables_comes_back),
		cmocka_unit_test(both_enables_go_in_one_write),
		cmocka_unit_test(a_driver_is_bound_by_override_and_probe),
		cmocka_unit_test(a_bridge_takes_no_driver),
		cmocka_unit_test(files_of_a_function_show_and_take_text),
		cmocka_unit_test(a_file_of_a_function_that_left_is_no_device),
		cmocka_unit_test(a_physical_function_takes_its_vfs_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
