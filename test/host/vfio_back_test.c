/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user of vfio-pci has again after a reset, one that failed included:
 * vfio_pci_ioctl_reset() and the undo loop of vfio_pci_dev_set_hot_reset() in
 * Linux 7.3 drivers/vfio/pci/vfio_pci_core.c.
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
		cmocka_unit_test(
			who_holds_a_function_that_left_hears_it_from_every_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
