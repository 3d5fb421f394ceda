/* SPDX-License-Identifier: BSD-2-Clause */
/* The sequencer's programs, step by step. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>

#include "base/env.h"
#include "host/uapi/interlock_ext.h"

static void a_machine_that_cannot_be_is_refused(void **u)
{
	struct rig *r = rig_new();
	struct vmm_cfg c;
	struct vmm v;

	(void)u;
#define REFUSED(change) \
	c = good(r);    \
	change;         \
	assert_int_equal(vmm_init(&v, &c), -EINVAL)
	REFUSED(c.ram_size = 0);
	REFUSED(c.ram_size = RAM + PAGE_4K);
	REFUSED(c.ram_size = UINT64_C(1) << 40);
	REFUSED(c.ecam_gpa = RAM - PAGE_4K);
	REFUSED(c.mmio_gpa = ECAM + PAGE_2M);
	REFUSED(c.mmio_gpa = MMIO + 1);
	REFUSED(c.mmio_size = 0);
	REFUSED(c.n_images = VMM_IMAGES + 1);
	REFUSED(c.images[1].len = 0);
	REFUSED(c.images[1].len = 5);
	REFUSED(c.images[1].gpa = 5);
	REFUSED(c.images[1].gpa = RAM);
	REFUSED(c.images[1].len = RAM);
#undef REFUSED
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_PROGRAMS, &dev),
			 -EINVAL);
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_ATTACH, NULL), -EINVAL);
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_CONNECT, NULL), -EINVAL);
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_LAUNCH, NULL), 0);
	assert_string_equal(vmm_program_name(VMM_HOST_DMA), "host-dma");
	assert_string_equal(vmm_program_name(VMM_PROGRAMS), "?");
	rig_free(r);
}

static void a_step_is_one_exchange(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	r->m->exchanges_of[PCI_TSM_OP_CONNECT] = 3;
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_CONNECT, &dev), 0);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(vmm_step(&r->run), -EAGAIN);
		assert_int_equal(r->m->f.exchanges, i);
		assert_int_equal(r->lines, 0);
	}
	assert_int_equal(vmm_step(&r->run), 0);
	assert_int_equal(r->lines, 1);
	assert_string_equal(r->last, "connect");
	assert_int_equal(vmm_step(&r->run), -EINVAL);
	assert_int_equal(play(r, VMM_CONNECT), -EBUSY);
	assert_int_equal(r->last_ret, -EBUSY);
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	rig_free(r);
}

static void a_program_without_end_is_cut_off(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	r->m->exchanges_of[PCI_TSM_OP_CONNECT] = 30;
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_CONNECT, &dev), 0);
	assert_int_equal(vmm_finish(&r->run, 5), -ETIMEDOUT);
	vmm_cancel(&r->run);
	assert_int_equal(r->m->aborts, 1);
	assert_null(m_ep(r->m)->tsm);
	vmm_cancel(&r->run);
	assert_int_equal(r->m->aborts, 1);
	rig_free(r);
}

static void a_launch_that_fails_says_where(void **u)
{
	static long *const err[] = { &init_err, &start_err, &vcpu_err,
				     &update_err, &finish_err };
	static const char *const what[] = { "create VM", "launch start",
					    "create vCPU", "launch update",
					    "launch finish" };

	(void)u;
	for (unsigned i = 0; i < COUNT(err); i++) {
		struct rig *r = rig_new();

		*err[i] = -EIO;
		assert_int_equal(play(r, VMM_LAUNCH), -EIO);
		assert_string_equal(r->run.what, what[i]);
		assert_int_equal(r->run.ret, -EIO);
		*err[i] = 0;
		assert_int_equal(play(r, VMM_DESTROY), 0);
		assert_int_equal(play(r, VMM_LAUNCH), 0);
		rig_free(r);
	}
}

static void a_launch_loads_each_image_once(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	assert_int_equal(play(r, VMM_PREPARE), 0);
	assert_int_equal(updates, 0);
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_int_equal(updates, 2);
	assert_true(r->v.launched);
	assert_int_equal(play(r, VMM_LAUNCH), -EBUSY);
	assert_int_equal(play(r, VMM_DESTROY), 0);
	assert_int_equal(r->m->vms, 0);
	assert_int_equal(guest(r, 0), -EINVAL);
	rig_free(r);
}

static void attach_wants_a_vm_and_happens_once(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	assert_int_equal(play(r, VMM_ATTACH), -EINVAL);
	assert_string_equal(r->run.what, "tell KVM of the device");
	assert_null(m_ep(r->m)->drv);
	up(r);
	assert_int_equal(play(r, VMM_ATTACH), -EBUSY);
	assert_int_equal(r->m->h.tsm.tdi_pool.live, 1);
	assert_int_equal(play(r, VMM_DESTROY), -EBUSY);
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(r->m->h.tsm.tdi_pool.live, 0);
	/* KVM's vfio device has let go of it, too */
	assert_int_equal(r->m->h.vfio.file_pool.live, 0);
	assert_null(m_ep(r->m)->drv);
	assert_int_equal(r->v.iommu_fd, -1);
	assert_int_equal(play(r, VMM_DETACH), -ENODEV);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	rig_free(r);
}

/* Whatever attach stumbles over, nothing of it stays. */
static void an_attach_that_fails_leaves_nothing(void **u)
{
	(void)u;
	for (unsigned i = 0; i < 6; i++) {
		struct rig *r = rig_new();
		struct machine *m = r->m;

		if (i != 5)
			m_connect(m);
		assert_int_equal(play(r, VMM_LAUNCH), 0);
		m->domain_err = i == 0 ? -ENOMEM : 0;
		m->viommu_err = i == 1 ? -EOPNOTSUPP : 0;
		m->result_of[PCI_TSM_OP_BIND] = i == 2 ? -EIO : 0;
		m->attach_err = i == 3 ? -EIO : 0;
		m->io_map_err = i == 4 ? -ENOMEM : 0;
		m->io_map_after = 1;
		assert_true(play(r, VMM_ATTACH) < 0);
		assert_null(m->attached);
		assert_int_equal(m->domains, 0);
		assert_int_equal(m->h.tsm.tdi_pool.live, 0);
		assert_int_equal(m->h.iommufd.obj_pool.live, 0);
		assert_null(m_ep(m)->drv);
		m->domain_err = m->viommu_err = m->attach_err = 0;
		m->result_of[PCI_TSM_OP_BIND] = m->io_map_err = 0;
		if (i == 5)
			m_connect(m);
		assert_int_equal(play(r, VMM_ATTACH), 0);
		rig_free(r);
	}
}

static void a_detach_goes_to_its_end_and_tells_the_first_error(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	up(r);
	r->m->result_of[PCI_TSM_OP_UNBIND] = -EIO;
	assert_int_equal(play(r, VMM_DETACH), -EIO);
	assert_null(m_ep(r->m)->drv);
	assert_int_equal(r->m->h.iommufd.obj_pool.live, 0);
	rig_free(r);
}

static void a_device_sees_the_same_memory_as_the_cpu(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;
	const uint64_t gpa = 5 * PAGE_4K;

	(void)u;
	up(r);
	assert_int_equal(m_owner(m, m_io(m, gpa)), gpa + 1);
	assert_int_equal(kvm_fault(m->h.kvm.vms, gpa, true, true), 0);
	assert_int_equal(m_npt(m, gpa), m_io(m, gpa));
	assert_int_equal(m_owner(m, m_io(m, RAM - PAGE_4K)), RAM - PAGE_4K + 1);
	assert_false(m->attached->huge);
	rig_free(r);
}

static struct vcpu_exit hyper(uint64_t gpa, uint64_t n, bool private)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_CALL,
				   .code = 9,
				   .reg[0] = gpa,
				   .reg[1] = n,
				   .private = private };
}

static void a_conversion_moves_cpu_and_dma_together(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;
	const uint64_t gpa = 5 * PAGE_4K;
	unsigned before;

	(void)u;
	up(r);
	before = m->pages;
	m->script[0] = hyper(gpa, 2, false);
	assert_int_equal(guest(r, 1), 0);
	assert_int_equal(m->got[0].ret, 0);
	/* two came for the task, and the private ones are nobody's */
	assert_int_equal(m->pages, before);
	assert_int_equal(m_owner(m, m_io(m, gpa)), 0);
	assert_int_equal(m_owner(m, m_io(m, gpa + PAGE_4K)), 0);
	assert_int_equal(m_owner(m, m_io(m, gpa + 2 * PAGE_4K)),
			 gpa + 2 * PAGE_4K + 1);
	assert_false(kvm_private(m->h.kvm.vms, gpa));
	m->script[0] = hyper(gpa, 2, true);
	assert_int_equal(guest(r, 1), 0);
	assert_int_equal(m_owner(m, m_io(m, gpa)), gpa + 1);
	assert_true(kvm_private(m->h.kvm.vms, gpa));
	m->script[0] = hyper(RAM - PAGE_4K, 2, false);
	assert_int_equal(guest(r, 1), 0);
	assert_int_equal((int)m->got[0].ret, -EINVAL);
	rig_free(r);
}

static void a_conversion_that_fails_leaves_the_views_together(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;
	const uint64_t gpa = 5 * PAGE_4K;

	(void)u;
	up(r);
	m->zap_err = -EIO;
	m->script[0] = hyper(gpa, 1, false);
	assert_int_equal(guest(r, 1), 0);
	assert_int_equal((int)m->got[0].ret, -EIO);
	m->zap_err = 0;
	assert_true(kvm_private(m->h.kvm.vms, gpa));
	assert_int_equal(m_owner(m, m_io(m, gpa)), gpa + 1);
	rig_free(r);
}

static void the_guest_sees_one_function_and_ones_elsewhere(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;

	(void)u;
	up(r);
	m->script[0] = ecam(RID, CFG_VENDOR_ID, 4, false, 0);
	m->script[1] = ecam(RID + 8, CFG_VENDOR_ID, 4, false, 0);
	m->script[2] = ecam(RID, CFG_DEVICE_ID, 2, false, 0);
	m->script[3] = (struct vcpu_exit){ .kind = VCPU_EXIT_FAULT,
					   .gpa = UINT64_C(0x90000000),
					   .len = 4 };
	m->script[4] = ecam(RID + 8, CFG_COMMAND, 2, true, 6);
	assert_int_equal(guest(r, 5), 0);
	assert_int_equal(read_back(&m->got[0]),
			 ILK_DEVICE_DMA << 16 | ILK_VENDOR_ID);
	assert_int_equal(read_back(&m->got[1]), UINT32_MAX);
	assert_int_equal(read_back(&m->got[2]), ILK_DEVICE_DMA);
	assert_int_equal(read_back(&m->got[3]), UINT32_MAX);
	m->script[0] = ecam(RID, CFG_VENDOR_ID + 2, 4, false, 0);
	assert_int_equal(guest(r, 1), -EINVAL);
	assert_int_equal(play(r, VMM_DETACH), 0);
	rig_free(r);
}

static void bars_follow_the_guest_s_decode_and_place(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;
	const uint64_t there = MMIO + 0x100000;

	(void)u;
	up(r);
	m->script[0] = ecam(RID, CFG_BAR0, 4, true, UINT32_MAX);
	m->script[1] = ecam(RID, CFG_BAR0, 4, false, 0);
	m->script[2] = ecam(RID, CFG_BAR0, 4, true, (uint32_t)there);
	m->script[3] = ecam(RID, CFG_BAR0 + 4, 4, true, 0);
	m->script[4] = ecam(RID, CFG_COMMAND, 2, true, CMD_MEM | CMD_MASTER);
	m->script[5] = ecam(RID, CFG_COMMAND, 2, false, 0);
	assert_int_equal(guest(r, 6), 0);
	assert_int_equal(read_back(&m->got[1]),
			 0xffffc000 | BAR_MEM_64 | BAR_PREFETCH);
	assert_int_equal(read_back(&m->got[5]), CMD_MEM | CMD_MASTER);
	assert_int_equal(kvm_fault(m->h.kvm.vms, there, true, false), 0);
	assert_int_equal(m_npt(m, there), M_MMIO);
	/* moved while decoding: the slot moves */
	m->script[0] = ecam(RID, CFG_BAR0, 4, true, (uint32_t)there + 0x8000);
	assert_int_equal(guest(r, 1), 0);
	assert_int_equal(m_npt(m, there), 0);
	assert_int_equal(kvm_fault(m->h.kvm.vms, there, true, false), -ENOENT);
	assert_int_equal(kvm_fault(m->h.kvm.vms, there + 0x8000, true, false),
			 0);
	/* out of the window: not mapped at all */
	m->script[0] = ecam(RID, CFG_BAR0, 4, true, 0x90000000);
	assert_int_equal(guest(r, 1), 0);
	assert_int_equal(kvm_fault(m->h.kvm.vms, 0x90000000, true, false),
			 -ENOENT);
	m->script[0] = ecam(RID, CFG_BAR0, 4, true, (uint32_t)there);
	m->script[1] = ecam(RID, CFG_COMMAND, 2, true, 0);
	assert_int_equal(guest(r, 2), 0);
	assert_int_equal(kvm_fault(m->h.kvm.vms, there, true, false), -ENOENT);
	rig_free(r);
}

static struct vcpu_exit ask(unsigned code, unsigned state)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_CALL,
				   .code = code,
				   .reg[2] = state };
}

static void a_request_goes_to_the_tsm_one_exchange_a_step(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;
	unsigned n = 0;
	int ret;

	(void)u;
	up(r);
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 3;
	m->script[0] = ask(2, IOMMU_TSM_TDI_LOCKED);
	m->steps = 1;
	m->at = 0;
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_RUN, NULL), 0);
	do {
		unsigned before = m->f.exchanges;

		ret = vmm_step(&r->run);
		assert_true(m->f.exchanges - before <= 1);
		n++;
	} while (ret == -EAGAIN);
	assert_int_equal(ret, 0);
	assert_int_equal(n, 6); /* the exit, three, the answer, the halt */
	assert_int_equal(m->got[0].ret, 0);
	assert_true(r->v.dev[0].locked);
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 0;
	m->script[0] = ask(2, IOMMU_TSM_TDI_UNLOCKED);
	assert_int_equal(guest(r, 1), 0);
	assert_false(r->v.dev[0].locked);
	m->result_of[PCI_TSM_OP_GUEST_REQ] = -EIO;
	m->script[0] = ask(2, IOMMU_TSM_TDI_LOCKED);
	assert_int_equal(guest(r, 1), 0);
	assert_int_equal(m->got[0].ret, EIO);
	assert_false(r->v.dev[0].locked);
	m->script[0] = ask(4, 0);
	m->script[1] = ask(6, 0);
	assert_int_equal(guest(r, 2), 0);
	assert_int_equal(m->got[0].ret, EPERM);
	assert_int_equal(m->got[1].ret, ENODEV);
	rig_free(r);
}

static void mmio_is_private_for_kvm_before_the_tsm_is_asked(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;

	(void)u;
	up(r);
	m->script[0] = ecam(RID, CFG_COMMAND, 2, true, CMD_MEM | CMD_MASTER);
	m->script[1] = ask(5, 0);
	assert_int_equal(guest(r, 2), 0);
	assert_int_equal(m->got[1].ret, 0);
	assert_true(kvm_private(m->h.kvm.vms, MMIO));
	m->script[0] = ask(2, IOMMU_TSM_TDI_UNLOCKED);
	assert_int_equal(guest(r, 1), 0);
	assert_false(kvm_private(m->h.kvm.vms, MMIO));
	rig_free(r);
}

static void what_kvm_cannot_settle_ends_the_run(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	up(r);
	r->m->script[0] = (struct vcpu_exit){
		.kind = VCPU_EXIT_FAULT, .gpa = 0, .len = 4, .private = false
	};
	assert_int_equal(guest(r, 1), -EFAULT);
	r->m->script[0] = (struct vcpu_exit){ .kind = VCPU_EXIT_SHUTDOWN };
	assert_int_equal(guest(r, 1), -ECONNABORTED);
	rig_free(r);
}

/* --- the user-space driver --- */

/* A DMA engine behind BAR0: a write to CMD copies by the I/O table. */
static bool engine(struct rig *r)
{
	struct machine *m = r->m;
	uint64_t src, dst;
	uint32_t len, cmd;

	memcpy(&src, m->bar + 0x10, 8);
	memcpy(&dst, m->bar + 0x18, 8);
	memcpy(&len, m->bar + 0x20, 4);
	memcpy(&cmd, m->bar + 0x24, 4);
	if (cmd != 3)
		return false;
	for (uint32_t i = 0; i < len; i++)
		m->ram[m_io(m, dst + i) - M_RAM] =
			m->ram[m_io(m, src + i) - M_RAM];
	memset(m->bar + 0x24, 0, 4);
	return true;
}

static void bytes_go_through_the_device_and_come_back(void **u)
{
	struct rig *r = rig_new();
	const uint32_t id = 0x1d1a0001, len = 0x100000 + 77;
	uint8_t *in = malloc(len), *out = calloc(1, len);
	struct dice d = { 3 };
	int ret;

	(void)u;
	dice_fill(&d, in, len);
	memcpy(r->m->bar, &id, 4);
	assert_int_equal(vmm_start_dma(&r->v, &r->run, &dev, in, out, len), 0);
	do {
		/* done when it has run, busy until then */
		r->m->bar[0x0c] = engine(r) ? 2 : 1;
		ret = vmm_step(&r->run);
	} while (ret == -EAGAIN);
	assert_int_equal(ret, 0);
	assert_memory_equal(in, out, len);
	assert_int_equal(r->m->domains, 0);
	assert_int_equal(r->m->pages, 0);
	free(in);
	free(out);
	rig_free(r);
}

static void a_device_that_is_another_is_not_driven(void **u)
{
	struct rig *r = rig_new();
	uint8_t b = 1;

	(void)u;
	assert_int_equal(vmm_start_dma(&r->v, &r->run, &dev, &b, &b, 1), 0);
	assert_int_equal(vmm_finish(&r->run, 100), -ENODEV);
	assert_int_equal(r->m->domains, 0);
	assert_null(m_ep(r->m)->drv);
	rig_free(r);
}

static void an_error_of_the_engine_is_an_error(void **u)
{
	struct rig *r = rig_new();
	const uint32_t id = 0x1d1a0001;
	uint8_t b = 1;

	(void)u;
	memcpy(r->m->bar, &id, 4);
	r->m->bar[0x0c] = 4;
	assert_int_equal(vmm_start_dma(&r->v, &r->run, &dev, &b, &b, 1), 0);
	assert_int_equal(vmm_finish(&r->run, 100), -EIO);
	assert_int_equal(r->m->domains, 0);
	r->m->bar[0x0c] = 1;
	assert_int_equal(vmm_start_dma(&r->v, &r->run, &dev, &b, &b, 1), 0);
	assert_int_equal(vmm_finish(&r->run, 200000), -ETIMEDOUT);
	assert_int_equal(r->m->domains, 0);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_that_cannot_be_is_refused),
		cmocka_unit_test(a_step_is_one_exchange),
		cmocka_unit_test(a_program_without_end_is_cut_off),
		cmocka_unit_test(a_launch_that_fails_says_where),
		cmocka_unit_test(a_launch_loads_each_image_once),
		cmocka_unit_test(attach_wants_a_vm_and_happens_once),
		cmocka_unit_test(an_attach_that_fails_leaves_nothing),
		cmocka_unit_test(
			a_detach_goes_to_its_end_and_tells_the_first_error),
		cmocka_unit_test(a_device_sees_the_same_memory_as_the_cpu),
		cmocka_unit_test(a_conversion_moves_cpu_and_dma_together),
		cmocka_unit_test(
			a_conversion_that_fails_leaves_the_views_together),
		cmocka_unit_test(
			the_guest_sees_one_function_and_ones_elsewhere),
		cmocka_unit_test(bars_follow_the_guest_s_decode_and_place),
		cmocka_unit_test(a_request_goes_to_the_tsm_one_exchange_a_step),
		cmocka_unit_test(
			mmio_is_private_for_kvm_before_the_tsm_is_asked),
		cmocka_unit_test(what_kvm_cannot_settle_ends_the_run),
		cmocka_unit_test(bytes_go_through_the_device_and_come_back),
		cmocka_unit_test(a_device_that_is_another_is_not_driven),
		cmocka_unit_test(an_error_of_the_engine_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
