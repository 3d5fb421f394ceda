/* SPDX-License-Identifier: BSD-2-Clause */
/* The AMD IOMMU's driver over real tables, real ownership and real caches. */
#include "host_rig.h"

#define GPA UINT64_C(0x200000)

/* Private memory by 2 MiB, behind leaves of 2 MiB; the guest's entry is on. */
static void up_large(struct rig *r)
{
	const struct own_sdte on = { .valid = true,
				     .ir = true,
				     .iw = true,
				     .domain_id = 1,
				     .asid = 1,
				     .stream = { PEER_STREAM } };

	vmm_new(r, false);
	r->vmm.cfg.huge_memory = r->vmm.cfg.huge_pages = true;
	assert_int_equal(play(r, VMM_CONNECT), 0);
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	guest_probe(r);
	assert_int_equal(own_sdte_write(&r->fw->o, EP, &on), IL_OK);
	assert_int_equal(
		own_fence_set(&r->fw->o, 1, 0, OWN_FENCE_OPEN, OWN_FENCE_OPEN),
		IL_OK);
}

static void down_large(struct rig *r)
{
	const struct own_sdte off = { .valid = false };

	assert_int_equal(own_sdte_write(&r->fw->o, EP, &off), IL_OK);
	down(r);
	rig_free(r);
}

/*
 * Which rule stops a T = 1 read of @gpa. Nobody has validated the page, and
 * sizes are looked at before that: "validated" says that they agree.
 */
static const struct rule *stopped_by(struct rig *r, uint64_t gpa, uint64_t *pa)
{
	const struct iommu_req q = { .rid = EP,
				     .t = true,
				     .stream = PEER_STREAM,
				     .iova = gpa,
				     .len = 8 };
	struct mem_req at;
	struct fault f = { 0 };

	assert_int_equal(iommu_translate(&r->fw->i, &q, &at, &f), IL_E_IO);
	if (pa)
		*pa = f.pa;
	return f.rule;
}

static bool entry_2m(struct rig *r, uint64_t pa)
{
	struct own_page p;

	assert_int_equal(own_entry(&r->fw->o, pa, &p), IL_OK);
	return p.flags & OWN_F_2M;
}

static long set_size(struct rig *r, uint64_t gpa, uint64_t len, uint64_t size,
		     uint32_t flags)
{
	const struct iommu_ioas_set_page_size q = {
		.size = sizeof(q),
		.flags = flags,
		.ioas_id = r->vmm.ioas_id,
		.iova = gpa,
		.length = len,
		.page_size = size,
	};

	return k_ioctl(r->vmm.t, r->vmm.iommu_fd, IOMMU_IOAS_SET_PAGE_SIZE,
		       (uintptr_t)&q);
}

/* Law 44 with the caches warm: what was remembered is gone each time. */
static void leaf_and_entry_change_together_and_nothing_is_remembered(void **u)
{
	struct rig *r = rig_new();
	uint64_t pa;

	(void)u;
	up_large(r);
	assert_ptr_equal(stopped_by(r, GPA, &pa), &own_rule_validated);
	assert_true(entry_2m(r, pa));
	assert_int_equal(set_size(r, GPA, PAGE_2M, PAGE_4K, 0), 0);
	assert_false(iommu_reaches(&r->fw->i, pa));
	assert_false(entry_2m(r, pa));
	assert_ptr_equal(stopped_by(r, GPA, &pa), &own_rule_validated);
	assert_int_equal(set_size(r, GPA, PAGE_2M, PAGE_2M, 0), 0);
	assert_false(iommu_reaches(&r->fw->i, pa));
	assert_true(entry_2m(r, pa));
	assert_ptr_equal(stopped_by(r, GPA, NULL), &own_rule_validated);
	/* the neighbour was never touched */
	assert_ptr_equal(stopped_by(r, GPA + PAGE_2M, &pa),
			 &own_rule_validated);
	assert_true(entry_2m(r, pa));
	down_large(r);
}

static void one_of_the_two_alone_is_a_fault_either_way(void **u)
{
	struct rig *r = rig_new();
	uint64_t pa;

	(void)u;
	up_large(r);
	assert_int_equal(
		set_size(r, GPA, PAGE_2M, PAGE_4K, IOMMU_PAGE_SIZE_LEAVES_ONLY),
		0);
	assert_ptr_equal(stopped_by(r, GPA, &pa), &own_rule_size_small);
	assert_int_equal(
		set_size(r, GPA, PAGE_2M, PAGE_2M, IOMMU_PAGE_SIZE_LEAVES_ONLY),
		0);
	assert_ptr_equal(stopped_by(r, GPA, NULL), &own_rule_validated);
	assert_int_equal(own_psmash(&r->fw->o, align_down(pa, PAGE_2M)),
			 RMP_OK);
	assert_ptr_equal(stopped_by(r, GPA, NULL), &own_rule_size_large);
	/* the VMM may still make them agree */
	assert_int_equal(set_size(r, GPA, PAGE_2M, PAGE_4K, 0), 0);
	assert_ptr_equal(stopped_by(r, GPA, NULL), &own_rule_validated);
	down_large(r);
}

/* The second block's entry is held by firmware: the first is joined again. */
static void a_range_that_cannot_change_whole_does_not_change(void **u)
{
	struct rig *r = rig_new();
	uint64_t first, second;

	(void)u;
	up_large(r);
	(void)stopped_by(r, GPA, &first);
	(void)stopped_by(r, GPA + PAGE_2M, &second);
	assert_int_equal(own_hold(&r->fw->o, second, true), IL_OK);
	assert_int_equal(set_size(r, GPA, 2 * PAGE_2M, PAGE_4K, 0), -EBUSY);
	assert_true(entry_2m(r, first));
	assert_true(entry_2m(r, second));
	assert_ptr_equal(stopped_by(r, GPA, NULL), &own_rule_validated);
	assert_ptr_equal(stopped_by(r, GPA + PAGE_2M, NULL),
			 &own_rule_validated);
	assert_int_equal(own_hold(&r->fw->o, second, false), IL_OK);
	assert_int_equal(set_size(r, GPA, 2 * PAGE_2M, PAGE_4K, 0), 0);
	assert_false(entry_2m(r, first));
	assert_false(entry_2m(r, second));
	down_large(r);
}

/* A page that changes hands splits what it lies in, and only there. */
static void a_conversion_inside_2_mib_keeps_the_rest_in_step(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	up_large(r);
	r->script[0] = psc(GPA + PAGE_4K, 1, false);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_ptr_equal(stopped_by(r, GPA, NULL), &own_rule_validated);
	assert_ptr_equal(stopped_by(r, GPA + 2 * PAGE_4K, NULL),
			 &own_rule_validated);
	assert_ptr_equal(stopped_by(r, GPA + PAGE_4K, NULL),
			 &own_rule_unassigned);
	assert_ptr_equal(stopped_by(r, GPA + PAGE_2M, NULL),
			 &own_rule_validated);
	r->script[0] = psc(GPA + PAGE_4K, 1, true);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_ptr_equal(stopped_by(r, GPA + PAGE_4K, NULL),
			 &own_rule_validated);
	down_large(r);
}

/* Not the page table of a bound function for one that is not, nor back. */
static void bound_functions_share_no_table_with_others(void **u)
{
	struct rig *r = rig_new();
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a) };
	uint64_t was[4], now[4];

	(void)u;
	up(r);
	a.pt_id = r->vmm.ioas_id; /* an ordinary domain */
	assert_int_equal(own_dte_read(&r->fw->o, EP, was), IL_OK);
	assert_int_equal(k_ioctl(r->vmm.t, r->vmm.dev[0].fd,
				 VFIO_DEVICE_ATTACH_IOMMUFD_PT, (uintptr_t)&a),
			 -EINVAL);
	assert_string_equal(r->h.k.why->name, "mixed-domain");
	assert_int_equal(own_dte_read(&r->fw->o, EP, now), IL_OK);
	assert_memory_equal(was, now, sizeof(was));
	down(r);
	rig_free(r);
}

static long io(struct rig *r, uint32_t cmd, void *arg)
{
	return k_ioctl(r->vmm.t, r->vmm.iommu_fd, cmd, (uintptr_t)arg);
}

static uint32_t bind_late(struct rig *r)
{
	struct vmm_vdev *d = &r->vmm.dev[0];
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .flags = IOMMU_HWPT_ALLOC_NEST_PARENT |
					       IOMMU_HWPT_ALLOC_TRUSTED,
				      .dev_id = d->dev_id,
				      .pt_id = r->vmm.ioas_id };
	struct iommu_viommu_tsm k = { .kvm_fd = r->vmm.vm_fd };
	struct iommu_viommu_alloc v = { .size = sizeof(v),
					.type = IOMMU_VIOMMU_TYPE_TSM,
					.dev_id = d->dev_id,
					.data_len = sizeof(k),
					.data_uptr = (uintptr_t)&k };
	struct iommu_vdevice_alloc a = { .size = sizeof(a),
					 .dev_id = d->dev_id,
					 .virt_id = 8 };
	long ret;

	assert_int_equal(io(r, IOMMU_HWPT_ALLOC, &h), 0);
	v.hwpt_id = h.out_hwpt_id;
	assert_int_equal(io(r, IOMMU_VIOMMU_ALLOC, &v), 0);
	a.viommu_id = v.out_viommu_id;
	do
		ret = io(r, IOMMU_VDEVICE_ALLOC, &a);
	while (ret == -EAGAIN);
	assert_int_equal(ret, 0);
	return h.out_hwpt_id;
}

static enum il_err i_stuck(void *ctx, uint32_t rid)
{
	(void)ctx;
	(void)rid;
	return IL_E_IO;
}

/* Shared at first, bound later: the domain is replaced, never off. */
static void a_function_bound_later_moves_to_a_trusted_domain(void **u)
{
	struct rig *r = rig_new();
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a) };
	enum il_err (*hear)(void *ctx, uint32_t rid);
	struct vmm_dev_cfg plain = dev;
	struct vmm_run run;
	uint64_t was[4], now[4];

	(void)u;
	vmm_new(r, false);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	plain.untrusted = true;
	assert_int_equal(vmm_start(&r->vmm, &run, VMM_ATTACH, &plain), 0);
	assert_int_equal(vmm_finish(&run, 1000), 0);
	assert_int_equal(own_dte_read(&r->fw->o, EP, was), IL_OK);
	a.pt_id = bind_late(r);
	assert_int_equal(own_dte_read(&r->fw->o, EP, now), IL_OK);
	assert_memory_equal(was, now, sizeof(was));
	/* what the IOMMU does not hear of stays as it was */
	hear = r->insn.iommu_inval_device;
	r->insn.iommu_inval_device = i_stuck;
	assert_int_equal(k_ioctl(r->vmm.t, r->vmm.dev[0].fd,
				 VFIO_DEVICE_ATTACH_IOMMUFD_PT, (uintptr_t)&a),
			 -EIO);
	assert_int_equal(own_dte_read(&r->fw->o, EP, now), IL_OK);
	assert_memory_equal(was, now, sizeof(was));
	r->insn.iommu_inval_device = hear;
	assert_int_equal(k_ioctl(r->vmm.t, r->vmm.dev[0].fd,
				 VFIO_DEVICE_ATTACH_IOMMUFD_PT, (uintptr_t)&a),
			 0);
	assert_int_equal(own_dte_read(&r->fw->o, EP, now), IL_OK);
	assert_true(now[0] & OWN_DTE0_V && now[0] & OWN_DTE0_TV);
	assert_int_not_equal(now[0] & OWN_DTE0_ROOT, was[0] & OWN_DTE0_ROOT);
	assert_int_not_equal(now[1] & OWN_DTE1_DOMAIN,
			     was[1] & OWN_DTE1_DOMAIN);
	vmm_die(&r->vmm);
	assert_int_equal(r->h.iommufd.obj_pool.live, 0);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			leaf_and_entry_change_together_and_nothing_is_remembered),
		cmocka_unit_test(one_of_the_two_alone_is_a_fault_either_way),
		cmocka_unit_test(
			a_range_that_cannot_change_whole_does_not_change),
		cmocka_unit_test(
			a_conversion_inside_2_mib_keeps_the_rest_in_step),
		cmocka_unit_test(bound_functions_share_no_table_with_others),
		cmocka_unit_test(
			a_function_bound_later_moves_to_a_trusted_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
