/* SPDX-License-Identifier: BSD-2-Clause */
/* Single acts of a VMM, and the VM that has no secrets. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>

static void decode(struct rig *r)
{
	r->m->script[0] = ecam(RID, CFG_COMMAND, 2, true, CMD_MEM | CMD_MASTER);
	assert_int_equal(guest(r, 1), 0);
}

static void an_act_on_nothing_is_refused(void **u)
{
	struct rig *r = rig_new();
	uint32_t v = 0;

	(void)u;
	assert_int_equal(vmm_bar_map(&r->v, M_EP, 0), -ENODEV);
	assert_int_equal(vmm_bar_unmap(&r->v, M_EP, 0), -ENODEV);
	assert_int_equal(vmm_bar_touch(&r->v, M_EP, 0, 0, &v, 4, false),
			 -ENODEV);
	assert_int_equal(vmm_bar_rw(&r->v, M_EP, 0, 0, &v, 4, false), -ENODEV);
	assert_int_equal(vmm_bar_import(&r->v, M_EP, 0), -ENODEV);
	assert_int_equal(vmm_bar_forget(&r->v, M_EP, 0), -ENODEV);
	assert_int_equal(vmm_dev_config(&r->v, M_EP, 0, 4, &v, false), -ENODEV);
	assert_int_equal(vmm_dev_reset(&r->v, M_EP, false), -ENODEV);
	assert_int_equal(vmm_dev_unbind(&r->v, M_EP), -ENODEV);
	assert_int_equal(vmm_close_fd(&r->v, VMM_FD_VFIO, M_EP), -ENODEV);
	assert_int_equal(vmm_close_fd(&r->v, VMM_FD_VM, M_EP), -EBADF);
	assert_int_equal(vmm_close_fd(&r->v, VMM_FDS, M_EP), -EINVAL);
	up(r);
	assert_int_equal(vmm_bar_map(&r->v, M_EP, 6), -EINVAL);
	assert_int_equal(vmm_bar_map(&r->v, M_EP, 1), -EINVAL);
	assert_int_equal(vmm_bar_unmap(&r->v, M_EP, 0), -EINVAL);
	assert_int_equal(vmm_bar_touch(&r->v, M_EP, 0, 0, &v, 4, false),
			 -EFAULT);
	assert_int_equal(vmm_bar_import(&r->v, M_EP, 0), -EINVAL);
	assert_int_equal(vmm_bar_forget(&r->v, M_EP, 0), -ENOENT);
	rig_free(r);
}

static void a_bar_is_used_by_mapping_and_by_descriptor(void **u)
{
	struct rig *r = rig_new();
	uint32_t v = 0x11223344, w = 0;

	(void)u;
	up(r);
	assert_int_equal(vmm_bar_map(&r->v, M_EP, 0), 0);
	assert_int_equal(vmm_bar_map(&r->v, M_EP, 0), -EEXIST);
	assert_int_equal(vmm_bar_touch(&r->v, M_EP, 0, 8, &v, 4, true), 0);
	assert_memory_equal(r->m->bar + 8, &v, 4);
	assert_int_equal(vmm_bar_rw(&r->v, M_EP, 0, 8, &w, 4, false), 0);
	assert_int_equal(w, v);
	v = 5;
	assert_int_equal(vmm_bar_rw(&r->v, M_EP, 0, 8, &v, 4, true), 0);
	assert_int_equal(vmm_bar_touch(&r->v, M_EP, 0, 8, &w, 4, false), 0);
	assert_int_equal(w, 5);
	assert_int_equal(vmm_bar_rw(&r->v, M_EP, 1, 0, &w, 4, false), -EINVAL);
	/* a detach takes the mapping along */
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(vmm_bar_unmap(&r->v, M_EP, 0), -ENODEV);
	rig_free(r);
}

static void a_bar_reaches_the_i_o_table_by_descriptor(void **u)
{
	struct rig *r = rig_new();
	uint32_t off = 0, on = CMD_MEM;

	(void)u;
	up(r);
	decode(r);
	assert_int_equal(vmm_bar_import(&r->v, M_EP, 0), 0);
	assert_int_equal(m_io(r->m, MMIO), M_MMIO);
	assert_int_equal(m_io(r->m, MMIO + 0x3000), M_MMIO + 0x3000);
	assert_int_equal(m_io(r->m, MMIO + 0x4000), 0);
	assert_int_equal(vmm_bar_import(&r->v, M_EP, 0), -EEXIST);
	/* revoked for good: what comes back has to be mapped anew */
	assert_int_equal(
		vmm_dev_config(&r->v, M_EP, CFG_COMMAND, 2, &off, true), 0);
	assert_int_equal(m_io(r->m, MMIO), 0);
	assert_int_equal(vmm_dev_config(&r->v, M_EP, CFG_COMMAND, 2, &on, true),
			 0);
	assert_int_equal(m_io(r->m, MMIO), 0);
	assert_int_equal(vmm_bar_forget(&r->v, M_EP, 0), 0);
	assert_int_equal(vmm_bar_import(&r->v, M_EP, 0), 0);
	assert_int_equal(m_io(r->m, MMIO), M_MMIO);
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(r->m->n_io, 0);
	rig_free(r);
}

static void
resets_and_the_end_of_a_vdevice_come_when_they_are_asked_for(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	up(r);
	r->m->exchanges_of[PCI_TSM_OP_UNBIND] = 2;
	assert_int_equal(vmm_dev_unbind(&r->v, M_EP), -EAGAIN);
	assert_int_equal(vmm_dev_unbind(&r->v, M_EP), -EAGAIN);
	assert_int_equal(vmm_dev_unbind(&r->v, M_EP), 0);
	assert_int_equal(r->m->h.tsm.tdi_pool.live, 0);
	assert_int_equal(vmm_dev_unbind(&r->v, M_EP), -ENOENT);
	r->m->exchanges_of[PCI_TSM_OP_UNBIND] = 0;
	for (unsigned hot = 0; hot < 2; hot++) {
		assert_int_equal(vmm_dev_reset(&r->v, M_EP, hot), 0);
		assert_int_equal(r->m->f.flrs, 1);
		assert_null(m_ep(r->m)->tsm); /* the session ended before */
		m_connect(r->m);
	}
	rig_free(r);
}

static void an_ordinary_vm_has_shared_memory_alone(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;
	const uint64_t gpa = 5 * PAGE_4K;
	char b[4] = "";

	(void)u;
	r->v.cfg.launch = &vmm_ordinary;
	m->launch_on_enc = false;
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_int_equal(r->v.gmem_fd, -1);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	/* no TSM: it was never connected, and nobody minds */
	assert_int_equal(m->h.tsm.tdi_pool.live, 0);
	assert_non_null(m->attached);
	assert_false(kvm_private(m->h.kvm.vms, gpa));
	assert_int_equal(kvm_fault(m->h.kvm.vms, gpa, true, false), 0);
	assert_int_equal(m_npt(m, gpa), m_io(m, gpa));
	assert_int_equal(m_owner(m, m_io(m, gpa)), 0);
	/* images are where they belong */
	assert_int_equal(k_load(r->v.t, r->v.ram_uva, b, 4), 0);
	assert_memory_equal(b, "boot", 4);
	decode(r);
	assert_int_equal(kvm_fault(m->h.kvm.vms, MMIO, true, false), 0);
	assert_int_equal(m_npt(m, MMIO), M_MMIO);
	m->script[0] = (struct vcpu_exit){ .kind = VCPU_EXIT_CALL, .code = 2 };
	assert_int_equal(guest(r, 1), 0);
	assert_int_equal(m->got[0].ret, EINVAL);
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(play(r, VMM_DESTROY), 0);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_act_on_nothing_is_refused),
		cmocka_unit_test(a_bar_is_used_by_mapping_and_by_descriptor),
		cmocka_unit_test(a_bar_reaches_the_i_o_table_by_descriptor),
		cmocka_unit_test(
			resets_and_the_end_of_a_vdevice_come_when_they_are_asked_for),
		cmocka_unit_test(an_ordinary_vm_has_shared_memory_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
