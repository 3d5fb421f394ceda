/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user of vfio-pci has again after a reset, one that failed included:
 * vfio_pci_ioctl_reset() and the undo loop of vfio_pci_dev_set_hot_reset() in
 * Linux 7.3 drivers/vfio/pci/vfio_pci_core.c. And what the next one finds.
 */
#include "user.h"

#include <errno.h>

#include "pci/regs.h"

static struct dmabuf *buf_of(struct user *u)
{
	u->bar = (int)export(u, 0, 0, 0x4000, 1);
	assert_true(u->bar >= 0);
	return dmabuf_from_file(k_fd_file(u->t, u->bar));
}

static struct user *opened(void)
{
	struct user *u = user_new();

	open_dev(u);
	return u;
}

static uint64_t mapped(struct user *u)
{
	uint64_t at;

	assert_int_equal(k_mmap(u->t, 0x4000, 3, K_MAP_SHARED, u->dev, 0, &at),
			 0);
	return at;
}

static void a_reset_that_fails_gives_the_bars_back(void **un)
{
	struct user *u = opened();
	const struct dmabuf *b = buf_of(u);
	const uint64_t at = mapped(u);
	uint32_t v;

	(void)un;
	/* with a VF beside it, the bus is not the function's alone */
	m_ep(u->m)->methods[0] = PCI_RESET_BUS;
	m_ep(u->m)->methods[1] = PCI_RESET_NONE;
	assert_int_equal(pci_sriov_enable(m_ep(u->m), 1), 0);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_RESET, NULL), -ENOTTY);
	assert_int_equal(b->state, DMABUF_LIVE);
	assert_int_equal(k_load(u->t, at, &v, 4), 0);
	user_free(u);
}

static void so_does_a_hot_reset_that_fails(void **un)
{
	struct user *u = opened();
	struct vfio_pci_hot_reset h = { .argsz = sizeof(h) };
	const struct dmabuf *b = buf_of(u);

	(void)un;
	u->m->f.absent = true;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_PCI_HOT_RESET, &h),
			 -ETIMEDOUT);
	u->m->f.absent = false;
	assert_int_equal(b->state, DMABUF_LIVE);
	user_free(u);
}

/* vfio_pci_set_power_state() loads what was saved. */
static void a_reset_in_d3hot_keeps_the_command_register(void **un)
{
	struct user *u = opened();
	const struct dmabuf *b = buf_of(u);
	const uint16_t pm = pci_find_cap(m_ep(u->m), CAP_PM);
	uint32_t on = CMD_MEM | CMD_MASTER, d3 = PM_STATE_D3, v = 0;

	(void)un;
	assert_int_equal(config(u, CFG_COMMAND, 2, &on, true), 2);
	assert_int_equal(config(u, (uint16_t)(pm + PM_CSR), 2, &d3, true), 2);
	assert_int_equal(b->state, DMABUF_REVOKED);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_RESET, NULL), 0);
	assert_int_equal(config(u, CFG_COMMAND, 2, &v, false), 2);
	assert_int_equal(v & (CMD_MEM | CMD_MASTER), on);
	assert_int_equal(b->state, DMABUF_LIVE);
	user_free(u);
}

/* vfio_pci_dev_set_hot_reset() wakes all of them first. */
static void so_does_a_hot_reset_in_d3hot(void **un)
{
	struct user *u = opened();
	struct vfio_pci_hot_reset h = { .argsz = sizeof(h) };
	const struct dmabuf *b = buf_of(u);
	const uint16_t pm = pci_find_cap(m_ep(u->m), CAP_PM);
	uint32_t on = CMD_MEM | CMD_MASTER, d3 = PM_STATE_D3, v = 0;

	(void)un;
	assert_int_equal(config(u, CFG_COMMAND, 2, &on, true), 2);
	assert_int_equal(config(u, (uint16_t)(pm + PM_CSR), 2, &d3, true), 2);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_PCI_HOT_RESET, &h), 0);
	assert_int_equal(config(u, CFG_COMMAND, 2, &v, false), 2);
	assert_int_equal(v & (CMD_MEM | CMD_MASTER), on);
	assert_int_equal(b->state, DMABUF_LIVE);
	user_free(u);
}

/* vfio_pci_set_power_state(): a PF with VFs stays; the write is dropped. */
static void a_pf_does_not_sleep_under_its_vfs(void **un)
{
	struct user *u = opened();
	const struct dmabuf *b = buf_of(u);
	const uint16_t pm = pci_find_cap(m_ep(u->m), CAP_PM);
	uint32_t d3 = PM_STATE_D3;

	(void)un;
	assert_int_equal(pci_sriov_enable(m_ep(u->m), 1), 0);
	assert_int_equal(config(u, (uint16_t)(pm + PM_CSR), 2, &d3, true), 2);
	assert_int_equal(m_ep(u->m)->power, PM_STATE_D0);
	assert_int_equal(b->state, DMABUF_LIVE);
	assert_int_equal(pci_sriov_enable(m_ep(u->m), 0), 0);
	assert_int_equal(config(u, (uint16_t)(pm + PM_CSR), 2, &d3, true), 2);
	assert_int_equal(m_ep(u->m)->power, PM_STATE_D3);
	user_free(u);
}

/* vfio_pci_ioctl_get_pci_hot_reset_info() */
static void a_list_that_is_too_short_gets_the_number_alone(void **un)
{
	struct user *u = opened();
	struct {
		struct vfio_pci_hot_reset_info h;
		struct vfio_pci_dependent_device d[2];
	} i = { .h.argsz = 12 + 8, .h.flags = 7, .d[0].devid = 77 };

	(void)un;
	assert_int_equal(pci_sriov_enable(m_ep(u->m), 1), 0);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &i),
			 -ENOSPC);
	assert_int_equal(i.h.count, 2);
	assert_int_equal(i.h.flags, 0);
	assert_int_equal(i.d[0].devid, 77);
	user_free(u);
}

/* How many interfaces were bound when the dma-buf moved away. */
struct looker {
	struct machine *m;
	unsigned bound;
};

static void look(void *ctx, struct dmabuf *b)
{
	struct looker *l = ctx;

	if (b->state == DMABUF_REVOKING)
		l->bound += l->m->h.tsm.tdi_pool.live;
}

static void an_interface_is_unbound_before_its_bars_go(void **un)
{
	enum { RESET, HOT, D3, WAYS };

	(void)un;
	for (int way = 0; way < WAYS; way++) {
		struct user *u = user_new();
		struct looker l = { u->m, 0 };
		const struct dmabuf_importer i = { .invalidate = look,
						   .ctx = &l };
		struct vfio_pci_hot_reset h = { .argsz = sizeof(h) };
		const uint16_t pm = pci_find_cap(m_ep(u->m), CAP_PM);
		uint32_t d3 = PM_STATE_D3;

		m_connect(u->m);
		open_dev(u);
		bind_tdi(u);
		assert_int_equal(request(u, "P", 0, NULL), 0);
		assert_int_equal(dmabuf_attach(buf_of(u), &i), 0);
		if (way == RESET)
			assert_int_equal(io(u, u->dev, VFIO_DEVICE_RESET, NULL),
					 0);
		else if (way == HOT)
			assert_int_equal(
				io(u, u->dev, VFIO_DEVICE_PCI_HOT_RESET, &h),
				0);
		else
			assert_int_equal(config(u, (uint16_t)(pm + PM_CSR), 2,
						&d3, true),
					 2);
		assert_int_equal(l.bound, 0);
		assert_int_equal(destroy(u, u->vdevice), -ENOENT);
		user_free(u);
	}
}

/* It has no memory decoding of its own; mastering is its own. */
static void a_vf_without_bus_mastering_is_unbound(void **un)
{
	struct user *u = user_new();
	struct pci_dev *v;
	uint32_t on = CMD_MASTER, off = 0;

	(void)un;
	assert_int_equal(pci_sriov_enable(m_ep(u->m), 1), 0);
	m_connect(u->m);
	v = pci_find(&u->m->h.pci, M_VF);
	assert_int_equal(pci_driver_bind(v, &u->m->h.vfio.drv), 0);
	u->dev = (int)k_open(u->t, "/dev/vfio/devices/vfio257");
	assert_int_equal(bind_dev(u), 0);
	bind_tdi(u);
	assert_int_equal(config(u, CFG_COMMAND, 2, &on, true), 2);
	assert_int_equal(request(u, "P", 0, NULL), 0);
	assert_int_equal(config(u, CFG_COMMAND, 2, &on, true), 2);
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 1);
	assert_int_equal(config(u, CFG_COMMAND, 2, &off, true), 2);
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
	user_free(u);
}

static void the_next_user_finds_nothing_of_the_last_one(void **un)
{
	struct user *u = opened();
	const uint16_t pm = pci_find_cap(m_ep(u->m), CAP_PM);
	uint32_t v = 0x12340000, d3 = PM_STATE_D3;

	(void)un;
	assert_int_equal(config(u, CFG_BAR0, 4, &v, true), 4);
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(u->m->f.flrs, 1);
	open_dev(u);
	assert_int_equal(config(u, CFG_BAR0, 4, &v, false), 4);
	assert_int_equal(v & ~UINT32_C(15), 0);
	/* asleep, and without a reset that would wake it */
	m_ep(u->m)->flr = false;
	assert_int_equal(config(u, (uint16_t)(pm + PM_CSR), 2, &d3, true), 2);
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(u->m->f.flrs, 1);
	open_dev(u);
	assert_int_equal(config(u, (uint16_t)(pm + PM_CSR), 2, &v, false), 2);
	assert_int_equal(v & PM_CSR_STATE, PM_STATE_D0);
	assert_int_equal(k_pread(u->t, u->dev, &v, 4, 0), 4);
	user_free(u);
}

static void what_is_exported_without_memory_is_born_revoked(void **un)
{
	struct user *u = opened();
	uint32_t off = 0, on = CMD_MEM;
	const struct dmabuf *b;

	(void)un;
	assert_int_equal(config(u, CFG_COMMAND, 2, &off, true), 2);
	b = buf_of(u);
	assert_int_equal(b->state, DMABUF_REVOKED);
	assert_int_equal(
		slot(u, 1, KVM_MEM_VFIO_DMABUF, BAR_GPA, 0x4000, 0, u->bar),
		-ENODEV);
	assert_int_equal(config(u, CFG_COMMAND, 2, &on, true), 2);
	assert_int_equal(b->state, DMABUF_LIVE);
	user_free(u);
}

/* vfio_exp_config_write(); phantom functions are not its to write. */
static void sizes_of_packets_are_the_kernels(void **un)
{
	struct user *u = opened();
	const uint16_t ctl = (uint16_t)(u->m->f.ep_exp + EXP_DEVCTL);
	const uint32_t kept =
		EXP_DEVCTL_PAYLOAD | EXP_DEVCTL_READRQ | EXP_DEVCTL_PHANTOM;
	uint32_t was, v = kept, now;

	(void)un;
	assert_int_equal(pci_read(m_ep(u->m), ctl, 2, &was), 0);
	assert_int_equal(config(u, ctl, 2, &v, true), 2);
	assert_int_equal(pci_read(m_ep(u->m), ctl, 2, &now), 0);
	assert_int_equal(now & kept, was & kept);
	v = 0xf; /* error reporting is the user's */
	assert_int_equal(config(u, ctl, 2, &v, true), 2);
	assert_int_equal(pci_read(m_ep(u->m), ctl, 2, &now), 0);
	assert_int_equal(now, (was & kept) | 0xf);
	user_free(u);
}

static void who_holds_a_function_that_left_hears_it_from_every_call(void **un)
{
	struct user *u = opened();
	uint32_t v = 0;

	(void)un;
	m_ep(u->m)->gone = true;
	pci_remove(m_ep(u->m));
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_RESET, NULL), -ENODEV);
	assert_int_equal(k_pread(u->t, u->dev, &v, 4, 0), -ENODEV);
	assert_int_equal(k_pwrite(u->t, u->dev, &v, 4, 0), -ENODEV);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_that_fails_gives_the_bars_back),
		cmocka_unit_test(so_does_a_hot_reset_that_fails),
		cmocka_unit_test(a_reset_in_d3hot_keeps_the_command_register),
		cmocka_unit_test(so_does_a_hot_reset_in_d3hot),
		cmocka_unit_test(a_pf_does_not_sleep_under_its_vfs),
		cmocka_unit_test(
			a_list_that_is_too_short_gets_the_number_alone),
		cmocka_unit_test(an_interface_is_unbound_before_its_bars_go),
		cmocka_unit_test(a_vf_without_bus_mastering_is_unbound),
		cmocka_unit_test(the_next_user_finds_nothing_of_the_last_one),
		cmocka_unit_test(
			what_is_exported_without_memory_is_born_revoked),
		cmocka_unit_test(sizes_of_packets_are_the_kernels),
		cmocka_unit_test(
			who_holds_a_function_that_left_hears_it_from_every_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
