/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include "world/plat_sev_tio.h"

/* Several VMs and several devices in one world. */

static void run_text(const char *text, enum il_err want)
{
	struct lang_script s = { .call = t.call, .cap = LAWS_CALLS };
	struct world_end end = { 0 };
	struct lang_error e = { 0 };

	if (lang_parse(&s, &world_commands, text, strlen(text), &e))
		fail_msg("line %u: %s", e.line, e.what);
	if (world_run(t.w, &s, &end) != want)
		fail_msg("line %u: %s", end.line, end.what);
}

#define GIVEN(vm, bdf)                                 \
	"vmm launch vm=" vm "\nguest boot vm=" vm "\n" \
	"vmm attach " bdf " vm=" vm "\nguest probe vm=" vm "\n"
#define USED(vm)                                                \
	"guest lock vm=" vm "\nguest evidence vm=" vm "\n"      \
	"guest accept vm=" vm "\nguest start vm=" vm "\n"       \
	"expect guest running vm=" vm "\nguest dma vm=" vm "\n" \
	"guest mmio vm=" vm "\n"
#define BACK(vm, bdf)               \
	"guest release vm=" vm "\n" \
	"vmm detach " bdf " vm=" vm "\n"

static const char up[] = "platform sev-tio\n"
			 "device vfs=2\n"
			 "host connect 0000:01:00.0\n"
			 "host sriov 0000:01:00.0 vfs=2\n";

static int with_vfs(void **unused)
{
	(void)unused;
	open_world("0", "0000:01:00.0");
	run_text(up, IL_OK);
	return 0;
}

static void two_vms_use_a_function_each_at_the_same_time(void **unused)
{
	(void)unused;
	run_text(
		GIVEN("a", "0000:01:00.1") GIVEN("b", "0000:01:00.2") USED("a")
			USED("b") "expect tdi 0000:01:00.1 run\n"
				  "expect tdi 0000:01:00.2 run\n" BACK(
					  "a",
					  "0000:01:00.1") "expect tdi "
							  "0000:01:00.1 "
							  "unlocked\n"
							  "expect tdi "
							  "0000:01:00.2 run\n"
							  "expect guest "
							  "running vm=b\n"
							  "guest dma "
							  "vm=b\n" BACK(
								  "b",
								  "0000:01:00."
								  "2") "vmm "
								       "destroy"
								       " vm=a\n"
								       "vmm "
								       "destroy"
								       " vm=b\n"
								       "host "
								       "disconn"
								       "ect "
								       "0000:"
								       "01:00."
								       "0\n",
		IL_OK);
	assert_true(world_cleanup(t.w));
}

static void what_was_not_attached_takes_no_place_of_a_vm(void **unused)
{
	(void)unused;
	run_text("vmm launch vm=a\nguest boot vm=a\n", IL_OK);
	for (unsigned i = 0; i < WORLD_VM_DEVS; i++)
		run_text(i % 2 ? "vmm attach 0000:01:00.6 vm=a\n"
			       : "vmm attach 0000:01:00.7 vm=a\n",
			 IL_E_PEER);
	assert_int_equal(world_vm_named(t.w, "a")->devs, 0);
	run_text("vmm attach 0000:01:00.1 vm=a\n"
		 "vmm detach 0000:01:00.1 vm=a\nvmm destroy vm=a\n",
		 IL_OK);
	assert_true(world_cleanup(t.w));
}

/* It is not told of as done, nor does the next guest go on with it. */
static void a_program_ends_with_its_guest(void **unused)
{
	(void)unused;
	run_text(GIVEN("a", "0000:01:00.1") "start x: guest lock vm=a\n"
					    "step x 2\n"
					    "vmm detach 0000:01:00.1 vm=a\n"
					    "vmm destroy vm=a\n"
					    "vmm launch vm=a\n"
					    "expect guest none vm=a\n"
					    "guest boot vm=a\n"
					    "step x 50\n",
		 IL_E_PEER);
	run_text("expect guest none vm=a\n"
		 "vmm destroy vm=a\n",
		 IL_OK);
	assert_true(world_cleanup(t.w));
}

static void a_guest_reads_none_of_another_s_memory(void **unused)
{
	struct world_vm *a, *b;
	struct fault f;
	uint8_t x[64];

	(void)unused;
	run_text(GIVEN("a", "0000:01:00.1") GIVEN("b", "0000:01:00.2")
			 USED("a"),
		 IL_OK);
	a = world_vm_named(t.w, "a");
	b = world_vm_named(t.w, "b");
	assert_non_null(a);
	assert_non_null(b);
	assert_null(world_vm_named(t.w, "c"));
	assert_int_not_equal(t.w->plat->owner(a), t.w->plat->owner(b));
	assert_int_equal(t.w->plat->vcpu_access(a, a->guest->cfg.map.src, x,
						sizeof(x), false, true, &f),
			 IL_OK);
	assert_memory_equal(x, t.payload, sizeof(x));
	assert_int_equal(t.w->plat->vcpu_access(b, b->guest->cfg.map.src, x,
						sizeof(x), false, true, &f),
			 IL_OK);
	assert_memory_not_equal(x, t.payload, sizeof(x));
	assert_true(world_cleanup(t.w));
}

static void a_function_of_one_vm_is_not_given_to_another(void **unused)
{
	(void)unused;
	run_text(GIVEN("a", "0000:01:00.1") "vmm launch vm=b\n"
					    "vmm attach 0000:01:00.1 vm=b\n"
					    "expect error EINVAL\n"
					    "guest lock vm=a\n" BACK(
						    "a", "0000:01:00.1"),
		 IL_OK);
	assert_true(world_cleanup(t.w));
}

static void a_vmm_that_died_is_followed_by_a_new_one(void **unused)
{
	struct world_vm *a;
	size_t used, place;

	(void)unused;
	run_text(GIVEN("a", "0000:01:00.1") "guest lock vm=a\n", IL_OK);
	a = world_vm_named(t.w, "a");
	place = a->arena.used;
	vmm_die(a->vmm);
	a->devs = 0;
	run_text(GIVEN("a", "0000:01:00.1") USED("a")
			 BACK("a", "0000:01:00.1") "vmm destroy vm=a\n",
		 IL_OK);
	assert_int_equal(a->arena.used, place);
	used = t.w->arena.used;
	for (unsigned i = 0; i < 3; i++) {
		vmm_die(a->vmm);
		run_text(GIVEN("a", "0000:01:00.1") USED("a")
				 BACK("a", "0000:01:00.1") "vmm destroy vm=a\n",
			 IL_OK);
	}
	assert_int_equal(t.w->arena.used, used);
	assert_true(world_cleanup(t.w));
}

static void the_place_of_a_destroyed_vm_is_taken_by_another(void **unused)
{
	char text[64];

	(void)unused;
	for (unsigned i = 0; i < 2 * WORLD_VMS; i++) {
		snprintf(text, sizeof(text),
			 "vmm launch vm=n%u\nvmm destroy vm=n%u\n", i, i);
		run_text(text, IL_OK);
	}
	assert_null(world_vm_named(t.w, "vm"));
	assert_non_null(world_vm_named(t.w, "n65"));
	assert_true(world_cleanup(t.w));
}

static int with_devices(void **unused)
{
	(void)unused;
	open_world("0", "0000:01:00.0");
	run_text("platform sev-tio\n"
		 "device count=2 vfs=2\n"
		 "host connect 0000:01:00.0\n"
		 "expect connected no bdf=0000:02:00.0\n"
		 "host connect 0000:02:00.0\n"
		 "expect connected yes bdf=0000:02:00.0\n"
		 "host sriov 0000:02:00.0 vfs=2\n" GIVEN("a", "0000:01:00.0")
			 GIVEN("b", "0000:02:00.2") USED("a") USED("b"),
		 IL_OK);
	return 0;
}

static void a_device_that_dies_takes_no_other_with_it(void **unused)
{
	(void)unused;
	run_text("device silent how=down unit=tlp after=9 bdf=0000:02:00.0\n"
		 "guest dma vm=b\n"
		 "expect error peer\n"
		 "expect tdi 0000:02:00.2 error\n"
		 "expect tdi 0000:01:00.0 run\n"
		 "expect connected no bdf=0000:02:00.0\n"
		 "expect connected yes bdf=0000:01:00.0\n"
		 "guest dma vm=a\n"
		 "guest release vm=b\n"
		 "expect error peer\n"
		 "expect isolated yes bdf=0000:02:00.0\n"
		 "expect isolated no\n"
		 "guest dma vm=a\n" BACK("a", "0000:01:00.0"),
		 IL_OK);
	assert_true(world_cleanup(t.w));
}

/* Each device with bus, window, keys and trusted entry of its own. */
static void devices_are_told_apart(void **unused)
{
	const struct world_dev *a = &t.w->dev[0], *b = &t.w->dev[1];
	const struct pci_dev *p, *q;

	(void)unused;
	p = pci_find(&t.w->host->pci, 0x100);
	q = pci_find(&t.w->host->pci, 0x200);
	assert_non_null(p);
	assert_non_null(q);
	assert_int_equal(a->rid, 0x100);
	assert_int_equal(b->rid, 0x200);
	assert_ptr_equal(world_dev_at(t.w, 0x202), b);
	assert_null(world_dev_at(t.w, 0x300));
	assert_true(own_is_mmio(&plat()->own, p->bars[0].pa, PAGE_4K, 1));
	assert_false(own_is_mmio(&plat()->own, p->bars[0].pa, PAGE_4K, 2));
	assert_true(own_is_mmio(&plat()->own, q->bars[0].pa, PAGE_4K, 2));
	assert_memory_not_equal(a->dev->ide.key_log, b->dev->ide.key_log,
				sizeof(a->dev->ide.key_log[0]));
	assert_true(world_cleanup(t.w));
}

static int fresh(void **unused)
{
	(void)unused;
	open_world("0", "0000:01:00.0");
	return 0;
}

/* Its routing ID is beyond eight functions: by ARI alone. */
static void the_last_of_32_functions_is_used_as_any(void **unused)
{
	const struct pci_dev *v;

	(void)unused;
	run_text("platform sev-tio\n"
		 "device count=2 vfs=32\n"
		 "host connect 0000:01:00.0\n"
		 "host connect 0000:02:00.0\n"
		 "host sriov 0000:02:00.0 vfs=32\n" GIVEN("a", "0000:02:04.0")
			 USED("a") "expect tdi 0000:02:04.0 run\n"
				   "expect tdi 0000:02:03.7 unlocked\n" BACK(
					   "a",
					   "0000:02:04.0") "host disconnect "
							   "0000:02:00.0\n"
							   "host disconnect "
							   "0000:01:00.0\n",
		 IL_OK);
	v = pci_find(&t.w->host->pci, 0x220);
	assert_non_null(v);
	assert_true(v->is_vf);
	assert_null(pci_find(&t.w->host->pci, 0x221));
	assert_true(world_cleanup(t.w));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			two_vms_use_a_function_each_at_the_same_time, with_vfs,
			close_world),
		cmocka_unit_test_setup_teardown(
			what_was_not_attached_takes_no_place_of_a_vm, with_vfs,
			close_world),
		cmocka_unit_test_setup_teardown(a_program_ends_with_its_guest,
						with_vfs, close_world),
		cmocka_unit_test_setup_teardown(
			a_guest_reads_none_of_another_s_memory, with_vfs,
			close_world),
		cmocka_unit_test_setup_teardown(
			a_function_of_one_vm_is_not_given_to_another, with_vfs,
			close_world),
		cmocka_unit_test_setup_teardown(
			a_vmm_that_died_is_followed_by_a_new_one, with_vfs,
			close_world),
		cmocka_unit_test_setup_teardown(
			the_place_of_a_destroyed_vm_is_taken_by_another,
			with_vfs, close_world),
		cmocka_unit_test_setup_teardown(
			a_device_that_dies_takes_no_other_with_it, with_devices,
			close_world),
		cmocka_unit_test_setup_teardown(
			the_last_of_32_functions_is_used_as_any, fresh,
			close_world),
		cmocka_unit_test_setup_teardown(devices_are_told_apart,
						with_devices, close_world),
	};

	if (argc != 2)
		return 2;
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
