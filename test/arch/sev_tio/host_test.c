/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's drivers, driven through whole assignments. */
#include "host_rig.h"

static void connect_makes_a_secure_stream_and_disconnect_takes_it_back(void **u)
{
	struct rig *r = rig_new();
	uint64_t before = r->frames;
	char text[32];

	(void)u;
	vmm_new(r, false);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	assert_true(peer_keys_agree(r->fw->p, 0));
	assert_true(r->fw->p->secure && r->fw->p->rp_secure);
	assert_true(k_get(r->vmm.t,
			  "/sys/bus/pci/devices/0000:01:00.0/tsm/"
			  "connect",
			  text, sizeof(text)) > 0);
	assert_string_equal(text, "tsm0\n");
	/* pool index 7 (the rig's choice), first block at either end */
	assert_int_equal(k_readlink(r->vmm.t,
				    "/sys/devices/pci0000:00/stream7.0.0", text,
				    sizeof(text)),
			 25);
	assert_memory_equal(text, "0000:00:01.0/0000:01:00.0", 25);
	assert_true(k_readlink(r->vmm.t, "/sys/class/tsm/tsm0/stream7.0.0",
			       text, sizeof(text)) > 0);
	assert_true(k_get(r->vmm.t,
			  "/sys/devices/pci0000:00/available_secure_streams",
			  text, sizeof(text)) > 0);
	assert_string_equal(text, "255\n");
	assert_true(r->frames > before);
	assert_int_equal(play(r, VMM_CONNECT), -EBUSY);
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	assert_int_equal(r->frames, before);
	assert_int_equal(r->s->leaked, 0);
	assert_true(peer_keys_gone(r->fw->p, true));
	assert_false(r->fw->p->enabled);
	assert_int_equal(k_readlink(r->vmm.t, "/sys/class/tsm/tsm0/stream7.0.0",
				    text, sizeof(text)),
			 -ENOENT);
	assert_int_equal(k_readlink(r->vmm.t,
				    "/sys/devices/pci0000:00/stream7.0.0", text,
				    sizeof(text)),
			 -ENOENT);
	assert_int_equal(play(r, VMM_DISCONNECT), -ENXIO);
	rig_free(r);
}

static void enable_comes_after_keys_endpoint_first(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	vmm_new(r, false);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	assert_non_null(strstr(r->f.log, "ER"));
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	assert_non_null(strstr(r->f.log, "er"));
	rig_free(r);
}

/* Every exchange in turn is the one that the device stops at. */
static void a_device_that_falls_silent_ends_connect_with_nothing_kept(void **u)
{
	unsigned n = 1, failed = 0;
	int ret;

	(void)u;
	do {
		struct rig *r = rig_new();
		uint64_t before = r->frames;

		vmm_new(r, false);
		r->silent_from = n++;
		ret = play(r, VMM_CONNECT);
		if (ret) {
			assert_true(ret == -EIO || ret == -EBUSY);
			assert_int_equal(r->frames, before);
			assert_int_equal(r->s->leaked, 0);
			assert_null(pci_find(&r->h.pci, EP)->tsm);
			assert_true(peer_keys_gone(r->fw->p, true));
			r->silent_from = 0;
			failed++;
		} else {
			assert_int_equal(play(r, VMM_DISCONNECT), -EIO);
			assert_int_equal(r->frames, before);
		}
		rig_free(r);
	} while (ret);
	assert_true(failed > 10);
}

static void a_vm_is_launched_and_destroyed_without_a_trace(void **u)
{
	struct rig *r = rig_new();
	uint64_t before = r->frames;
	uint64_t left = mem_frames_left(&r->fw->m);
	struct sev_fw_guest g;

	(void)u;
	vmm_new(r, false);
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_true(sev_fw_guest_at(r->fw->fw, 0, &g));
	assert_int_equal(g.state, SNP_GUEST_RUNNING);
	assert_int_equal(g.pages, 2);
	assert_int_equal(play(r, VMM_DESTROY), 0);
	assert_false(sev_fw_guest_at(r->fw->fw, 0, &g));
	assert_int_equal(r->frames, before);
	assert_int_equal(mem_frames_left(&r->fw->m), left);
	assert_int_equal(r->s->leaked, 0);
	rig_free(r);
}

static void vms_come_and_go_without_growth(void **u)
{
	struct rig *r = rig_new();
	size_t used = 0;

	(void)u;
	vmm_new(r, false);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(play(r, VMM_LAUNCH), 0);
		assert_int_equal(play(r, VMM_DESTROY), 0);
		if (i == 1)
			used = r->fw->arena.used;
	}
	assert_int_equal(r->fw->arena.used, used);
	rig_free(r);
}

static void memory_mapped_early_makes_the_launch_fail(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	vmm_new(r, true);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	assert_int_equal(play(r, VMM_PREPARE), 0);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	assert_int_equal(play(r, VMM_LAUNCH), -EIO);
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(play(r, VMM_DESTROY), 0);
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	assert_int_equal(r->s->leaked, 0);
	rig_free(r);
}

static void mapping_waits_for_the_end_of_the_launch_when_asked_to(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	vmm_new(r, false);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	assert_int_equal(play(r, VMM_PREPARE), 0);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	assert_int_equal(own_asid_pages(&r->fw->o, 1), 0);
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_int_equal(own_asid_pages(&r->fw->o, 1), RAM_SIZE / PAGE_4K);
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(play(r, VMM_DESTROY), 0);
	assert_int_equal(own_asid_pages(&r->fw->o, 1), 0);
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	rig_free(r);
}

static void a_guest_locks_runs_and_unbinds_its_function(void **u)
{
	struct rig *r = rig_new();
	uint64_t before = r->frames;
	struct sev_fw_tdi t;

	(void)u;
	up(r);
	r->script[0] = tio_op(TIO_OP_BIND);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_true(sev_fw_tdi_at(r->fw->fw, 0, &t));
	assert_int_equal(r->got[0].reg[SEV_REG_RCX], t.tdi_id);
	assert_int_not_equal(t.tdi_id, 0);
	assert_true(vfio_of(pci_find(&r->h.pci, EP))->private);
	/* the same again is refused, and changes nothing */
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, EBUSY);
	r->script[0] = tio_op(TIO_OP_RUN);
	r->script[1] = tio_op(TIO_OP_STOP);
	r->script[2] = tio_op(TIO_OP_UNBIND);
	assert_int_equal(script(r, 3), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_int_equal(r->got[1].ret, 0);
	assert_int_equal(r->got[2].ret, 0);
	assert_false(vfio_of(pci_find(&r->h.pci, EP))->private);
	/* and once more: a new lock session, a new id */
	r->script[0] = tio_op(TIO_OP_BIND);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_int_not_equal(r->got[0].reg[SEV_REG_RCX], t.tdi_id);
	down(r);
	assert_int_equal(r->frames, before);
	rig_free(r);
}

static void run_before_lock_is_refused(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	up(r);
	r->script[0] = tio_op(TIO_OP_RUN);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, EINVAL);
	r->script[0] = tio_op(7);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, EINVAL);
	down(r);
	rig_free(r);
}

/* The device goes silent in each exchange of BIND in turn. */
static void a_lock_that_fails_leaves_the_function_free(void **u)
{
	unsigned n = 0, failed = 0;
	bool good;

	(void)u;
	do {
		struct rig *r = rig_new();
		uint64_t before = r->frames;

		up(r);
		r->silent_from = r->f.exchanges + n++;
		r->script[0] = tio_op(TIO_OP_BIND);
		assert_int_equal(script(r, 1), 0);
		good = !r->got[0].ret;
		if (!good) {
			failed++;
			assert_false(vfio_of(pci_find(&r->h.pci, EP))->private);
			assert_true(peer_keys_gone(r->fw->p, true));
		}
		/* a STOP that nobody hears is reported */
		assert_int_equal(play(r, VMM_DETACH), good ? -EIO : 0);
		assert_int_equal(play(r, VMM_DESTROY), 0);
		(void)play(r, VMM_DISCONNECT);
		assert_int_equal(r->s->leaked, 0);
		assert_int_equal(r->frames, before);
		rig_free(r);
	} while (!good);
	assert_true(failed > 3);
}

/* Nobody carries what a FORCE would tell a healthy device: it is repeated. */
static void a_lock_without_an_id_is_forced_open_and_leaves_nothing(void **u)
{
	struct rig *r = rig_new();
	uint64_t before = r->frames;

	(void)u;
	up(r);
	r->no_info = true;
	r->script[0] = tio_op(TIO_OP_BIND);
	assert_int_equal(script(r, 1), 0);
	assert_int_not_equal(r->got[0].ret, 0);
	assert_false(vfio_of(pci_find(&r->h.pci, EP))->private);
	assert_int_equal(sev_fw_pending(r->fw->fw, 0), 0);
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(play(r, VMM_DESTROY), 0);
	(void)play(r, VMM_DISCONNECT);
	assert_int_equal(r->s->leaked, 0);
	assert_int_equal(r->frames, before);
	rig_free(r);
}

static void private_mmio_is_assigned_once_and_comes_back_with_the_tdi(void **u)
{
	struct rig *r = rig_new();
	struct pci_dev *p;
	struct pci_tdi *tdi;
	uint64_t at;

	(void)u;
	up(r);
	r->script[0] = tio_op(TIO_OP_BIND);
	assert_int_equal(script(r, 1), 0);
	p = pci_find(&r->h.pci, EP);
	tdi = pci_tsm_of(p)->tdi;
	at = MMIO; /* where the VMM put BAR0 */
	assert_int_equal(sev_mmio_private(r->s, tdi, at, 2), 0);
	assert_int_equal(own_state(&r->fw->o, p->bars[0].pa), OWN_PRE_GUEST);
	assert_int_equal(own_state(&r->fw->o, p->bars[0].pa + PAGE_4K),
			 OWN_PRE_GUEST);
	/* the same place again is no error, another place is */
	assert_int_equal(sev_mmio_private(r->s, tdi, at, 1), 0);
	assert_int_equal(sev_mmio_private(r->s, tdi, at + 0x100000, 1),
			 -EFAULT);
	assert_int_equal(sev_mmio_private(r->s, tdi, 0, 1), -EFAULT);
	r->script[0] = tio_op(TIO_OP_UNBIND);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_int_equal(own_state(&r->fw->o, p->bars[0].pa), OWN_HYPERVISOR);
	down(r);
	rig_free(r);
}

static void vfio_close_while_locked_unbinds_first(void **u)
{
	struct rig *r = rig_new();
	uint64_t before = r->frames;
	struct sev_fw_tdi t;

	(void)u;
	up(r);
	r->script[0] = tio_op(TIO_OP_BIND);
	r->script[1] = tio_op(TIO_OP_RUN);
	assert_int_equal(script(r, 2), 0);
	vmm_die(&r->vmm);
	assert_false(sev_fw_tdi_at(r->fw->fw, 0, &t));
	assert_int_equal(r->fw->p->seen[TDISP_STOP_REQ], 1);
	assert_int_equal(r->s->leaked, 0);
	/* the connection outlives the VMM */
	assert_true(pci_tsm_dsm_of(pci_find(&r->h.pci, EP))->connected);
	vmm_new(r, false);
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	assert_int_equal(r->frames, before);
	rig_free(r);
}

static void clearing_bus_mastering_unbinds_first(void **u)
{
	struct rig *r = rig_new();
	struct sev_fw_tdi t;

	(void)u;
	up(r);
	r->script[0] = tio_op(TIO_OP_BIND);
	r->script[1] = ecam(CFG_COMMAND, 2, true, CMD_MEM);
	assert_int_equal(script(r, 2), 0);
	/* The write waited for the STOP; its context stays with the VM. */
	assert_true(sev_fw_tdi_at(r->fw->fw, 0, &t));
	assert_int_equal(t.gctx, 0);
	assert_int_equal(t.tdi_id, 0);
	assert_int_equal(r->fw->p->seen[TDISP_STOP_REQ], 1);
	assert_int_equal(pci_cfg_get(&r->f.ep, CFG_COMMAND, 2) & CMD_MASTER, 0);
	down(r);
	rig_free(r);
}

static void disconnect_while_bound_is_refused(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	up(r);
	assert_int_equal(play(r, VMM_DISCONNECT), -EBUSY);
	assert_true(pci_tsm_dsm_of(pci_find(&r->h.pci, EP))->connected);
	down(r);
	rig_free(r);
}

static void
a_page_that_becomes_shared_and_private_again_keeps_dma_in_step(void **u)
{
	struct rig *r = rig_new();
	uint64_t gpa = 0x200000, pages = own_asid_pages(&r->fw->o, 1);

	(void)u;
	up(r);
	pages = own_asid_pages(&r->fw->o, 1);
	r->script[0] = psc(gpa, 3, false);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_int_equal(own_asid_pages(&r->fw->o, 1), pages - 3);
	r->script[0] = psc(gpa, 3, true);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_int_equal(own_asid_pages(&r->fw->o, 1), pages);
	r->script[0] = psc(RAM_SIZE, 1, false);
	assert_int_equal(script(r, 1), 0);
	assert_int_not_equal(r->got[0].ret, 0);
	down(r);
	rig_free(r);
}

static void the_same_mmio_may_be_asked_for_again_and_again(void **u)
{
	struct rig *r = rig_new();
	struct pci_tdi *tdi;

	(void)u;
	up(r);
	r->script[0] = tio_op(TIO_OP_BIND);
	assert_int_equal(script(r, 1), 0);
	tdi = pci_tsm_of(pci_find(&r->h.pci, EP))->tdi;
	for (unsigned i = 0; i < 2 * SEV_MMIO_RANGES; i++)
		assert_int_equal(sev_mmio_private(r->s, tdi, MMIO, 2), 0);
	down(r);
	rig_free(r);
}

/*
 * T = 1 remembers its translations under the secure entry's DomainID, the
 * ASID: memory that leaves an I/O table is forgotten there too (law 43).
 */
static void what_t_1_remembers_goes_with_the_mapping(void **u)
{
	struct rig *r = rig_new();
	struct own_sdte on = { .valid = true,
			       .ir = true,
			       .iw = true,
			       .domain_id = 2,
			       .asid = 2,
			       .stream = { PEER_STREAM } };
	const uint64_t gpa = 0x200000;
	struct iommu_req q = { .rid = EP,
			       .t = true,
			       .stream = PEER_STREAM,
			       .iova = gpa,
			       .len = 8 };
	struct mem_req at;
	struct fault f;

	(void)u;
	/* The I/O table's DomainID is 1; the VM's ASID shall not be. */
	r->s->asid_used[0] |= 1u << 1;
	up(r);
	assert_int_equal(own_sdte_write(&r->fw->o, EP, &on), IL_OK);
	assert_int_equal(
		own_fence_set(&r->fw->o, 2, 0, OWN_FENCE_OPEN, OWN_FENCE_OPEN),
		IL_OK);
	/* not validated, so refused by ownership; the walk is remembered */
	assert_int_equal(iommu_translate(&r->fw->i, &q, &at, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &own_rule_validated);
	assert_true(iommu_reaches(&r->fw->i, f.pa));
	r->script[0] = psc(gpa, 1, false);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
	assert_false(iommu_reaches(&r->fw->i, f.pa));
	on.valid = false;
	assert_int_equal(own_sdte_write(&r->fw->o, EP, &on), IL_OK);
	down(r);
	rig_free(r);
}

/* What is true once the VMM is gone, however it went. */
static void nothing_is_left(struct rig *r, uint64_t before)
{
	struct sev_fw_guest g;
	struct sev_fw_tdi t;

	assert_false(sev_fw_tdi_at(r->fw->fw, 0, &t));
	assert_false(sev_fw_guest_at(r->fw->fw, 0, &g));
	for (unsigned i = 1; i < FW_ASIDS; i++)
		assert_int_equal(own_asid_pages(&r->fw->o, i), 0);
	assert_int_equal(r->s->leaked, 0);
	vmm_new(r, false);
	(void)play(r, VMM_DISCONNECT);
	assert_int_equal(r->frames, before);
}

/* The VMM dies after each exchange of lock, run and unlock in turn. */
static void vmm_dies_everywhere(bool device_too)
{
	bool over = false;

	for (unsigned n = 1; !over; n++) {
		struct rig *r = rig_new();
		uint64_t before = r->frames;
		struct vmm_run run;
		int ret = -EAGAIN;

		up(r);
		r->script[0] = tio_op(TIO_OP_BIND);
		r->script[1] = tio_op(TIO_OP_RUN);
		r->script[2] = tio_op(TIO_OP_UNBIND);
		r->steps = 3;
		r->at = 0;
		assert_int_equal(vmm_start(&r->vmm, &run, VMM_RUN, &dev), 0);
		for (unsigned i = 0; i < n && ret == -EAGAIN; i++)
			ret = vmm_step(&run);
		over = ret != -EAGAIN;
		assert_true(n < 200);
		r->silent_from = device_too ? r->f.exchanges : 0;
		r->s->fw_error = 0;
		vmm_die(&r->vmm);
		/* nothing is asked of firmware that it refuses */
		assert_true(device_too || !r->s->fw_error);
		nothing_is_left(r, before);
		rig_free(r);
	}
}

static void a_vmm_that_dies_between_two_exchanges_leaves_nothing(void **u)
{
	(void)u;
	vmm_dies_everywhere(false);
}

/* What was under way then ends, but not well. */
static void a_vmm_that_dies_with_its_device_leaves_nothing(void **u)
{
	(void)u;
	vmm_dies_everywhere(true);
}

/* All its descriptors, in any order, while the interface runs. */
static void a_running_interface_ends_whatever_is_closed_first(void **u)
{
	(void)u;
	for (unsigned seed = 0; seed < 24; seed++) {
		struct rig *r = rig_new();
		uint64_t before = r->frames;
		struct vmm *v = &r->vmm;
		uint32_t x = seed * 2654435761u;
		int fds[7];

		up(r);
		r->script[0] = tio_op(TIO_OP_BIND);
		r->script[1] = tio_op(TIO_OP_RUN);
		assert_int_equal(script(r, 2), 0);
		assert_int_equal(r->got[1].ret, 0);
		assert_int_equal(
			sev_mmio_private(
				r->s, pci_tsm_of(pci_find(&r->h.pci, EP))->tdi,
				MMIO, 2),
			0);
		fds[0] = v->vm_fd;
		fds[1] = v->vcpu_fd;
		fds[2] = v->gmem_fd;
		fds[3] = v->iommu_fd;
		fds[4] = v->dev[0].fd;
		fds[5] = v->dev[0].bar_fd[0];
		fds[6] = v->vfio_kvm_fd;
		for (unsigned n = 7; n > 0; n--) {
			unsigned k = (x = x * 1103515245u + 12345u) >> 16;

			k %= n;
			assert_int_equal(k_close(v->t, fds[k]), 0);
			fds[k] = fds[n - 1];
		}
		vmm_die(v);
		nothing_is_left(r, before);
		rig_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			connect_makes_a_secure_stream_and_disconnect_takes_it_back),
		cmocka_unit_test(enable_comes_after_keys_endpoint_first),
		cmocka_unit_test(
			a_device_that_falls_silent_ends_connect_with_nothing_kept),
		cmocka_unit_test(
			a_vm_is_launched_and_destroyed_without_a_trace),
		cmocka_unit_test(vms_come_and_go_without_growth),
		cmocka_unit_test(memory_mapped_early_makes_the_launch_fail),
		cmocka_unit_test(
			mapping_waits_for_the_end_of_the_launch_when_asked_to),
		cmocka_unit_test(a_guest_locks_runs_and_unbinds_its_function),
		cmocka_unit_test(run_before_lock_is_refused),
		cmocka_unit_test(a_lock_that_fails_leaves_the_function_free),
		cmocka_unit_test(
			a_lock_without_an_id_is_forced_open_and_leaves_nothing),
		cmocka_unit_test(
			private_mmio_is_assigned_once_and_comes_back_with_the_tdi),
		cmocka_unit_test(vfio_close_while_locked_unbinds_first),
		cmocka_unit_test(clearing_bus_mastering_unbinds_first),
		cmocka_unit_test(disconnect_while_bound_is_refused),
		cmocka_unit_test(
			a_page_that_becomes_shared_and_private_again_keeps_dma_in_step),
		cmocka_unit_test(
			the_same_mmio_may_be_asked_for_again_and_again),
		cmocka_unit_test(what_t_1_remembers_goes_with_the_mapping),
		cmocka_unit_test(
			a_vmm_that_dies_between_two_exchanges_leaves_nothing),
		cmocka_unit_test(
			a_vmm_that_dies_with_its_device_leaves_nothing),
		cmocka_unit_test(
			a_running_interface_ends_whatever_is_closed_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
