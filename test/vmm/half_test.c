/* SPDX-License-Identifier: BSD-2-Clause */
/* A step that fails half way leaves nothing; a VMM that ends, neither. */
#include "rig.h"

#include <errno.h>

static void memory_that_was_half_made_is_made_again(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	r->m->zap_err = -EIO; /* the attributes, last of all */
	assert_int_equal(play(r, VMM_LAUNCH), -EIO);
	assert_int_equal(r->v.ram_uva, 0);
	assert_int_equal(r->m->h.k.vma_pool.live, 0);
	r->m->zap_err = 0;
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_true(kvm_private(r->m->h.kvm.vms, RAM - PAGE_4K));
	assert_int_equal(kvm_fault(r->m->h.kvm.vms, 0, true, true), 0);
	rig_free(r);
}

static void a_vcpu_without_its_page_is_none(void **u)
{
	struct rig *r = rig_new();
	struct kpool *p = &r->m->h.k.vma_pool;

	(void)u;
	assert_int_equal(play(r, VMM_PREPARE), 0);
	p->max = p->made;
	assert_int_equal(play(r, VMM_LAUNCH), -ENOMEM);
	assert_string_equal(r->run.what, "create vCPU");
	assert_int_equal(r->v.vcpu_fd, -1);
	p->max = 0;
	assert_int_equal(play(r, VMM_DESTROY), 0);
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	rig_free(r);
}

static void a_vm_that_converts_in_place_leaves_no_memory(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	r->v.cfg.in_place = true;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(play(r, VMM_LAUNCH), 0);
		assert_int_equal(play(r, VMM_DESTROY), 0);
		assert_int_equal(r->m->h.k.vma_pool.live, 0);
		assert_int_equal(r->m->pages, 0);
	}
	rig_free(r);
}

/* The next function has an I/O address space of its own, and memory in it. */
static void an_iommufd_that_was_lost_is_opened_anew(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	up(r);
	assert_int_equal(vmm_close_fd(&r->v, VMM_FD_IOMMUFD, M_EP), 0);
	assert_int_equal(play(r, VMM_DETACH), -EBADF);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	assert_int_equal(m_owner(r->m, m_io(r->m, 5 * PAGE_4K)),
			 5 * PAGE_4K + 1);
	assert_int_equal(play(r, VMM_DETACH), 0);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_was_half_made_is_made_again),
		cmocka_unit_test(a_vcpu_without_its_page_is_none),
		cmocka_unit_test(a_vm_that_converts_in_place_leaves_no_memory),
		cmocka_unit_test(an_iommufd_that_was_lost_is_opened_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
