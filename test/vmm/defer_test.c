/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest takes memory decoding or bus mastering from a locked interface: the
 * write waits for an ordered unbind (law 47). PCIe Base 6.x §11.2.6
 */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>

#include "host/uapi/interlock_ext.h"

#define BOTH (CMD_MEM | CMD_MASTER)

static struct vcpu_exit ask(uint32_t state)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_CALL,
				   .code = 2,
				   .reg[2] = state };
}

static uint32_t command(const struct rig *r)
{
	return pci_cfg_get(&r->m->f.ep, CFG_COMMAND, 2) & BOTH;
}

static unsigned requests(const struct rig *r)
{
	return r->m->calls_of[PCI_TSM_OP_GUEST_REQ];
}

/* Both bits on, and locked; then running, if asked for. */
static struct rig *locked(bool run)
{
	struct rig *r = rig_new();

	up(r);
	r->m->script[0] = ecam(RID, CFG_COMMAND, 2, true, BOTH);
	r->m->script[1] = ask(IOMMU_TSM_TDI_LOCKED);
	r->m->script[2] = ask(IOMMU_TSM_TDI_RUN);
	assert_int_equal(guest(r, run ? 3 : 2), 0);
	assert_int_equal(command(r), BOTH);
	return r;
}

static void a_clear_waits_for_the_unlock_in_whichever_bytes_it_comes(void **u)
{
	static const struct {
		uint16_t reg;
		uint8_t len;
		uint32_t val;
		bool waits;
		uint32_t then;
	} c[] = {
		{ CFG_COMMAND, 2, CMD_MEM, true, CMD_MEM },
		{ CFG_COMMAND, 2, CMD_MASTER, true, CMD_MASTER },
		{ CFG_COMMAND, 2, 0, true, 0 },
		{ CFG_COMMAND, 4, CMD_MEM, true, CMD_MEM },
		{ CFG_COMMAND, 1, CMD_MASTER, true, CMD_MASTER },
		{ CFG_COMMAND, 1, 0, true, 0 },
		/* nothing goes */
		{ CFG_COMMAND, 2, BOTH, false, BOTH },
		{ CFG_COMMAND, 2, BOTH | CMD_INTX_OFF, false, BOTH },
		{ CFG_COMMAND, 1, BOTH, false, BOTH },
		{ CFG_COMMAND + 1, 1, 0x04, false, BOTH },
		{ CFG_STATUS, 2, 0, false, BOTH },
	};

	(void)u;
	for (unsigned i = 0; i < 2 * COUNT(c); i++) {
		struct rig *r = locked(i & 1);
		const unsigned before = requests(r);

		r->m->script[0] = ecam(RID, c[i / 2].reg, c[i / 2].len, true,
				       c[i / 2].val);
		r->m->script[1] = ecam(RID, CFG_COMMAND, 2, false, 0);
		assert_int_equal(guest(r, 2), 0);
		assert_int_equal(requests(r) - before, c[i / 2].waits);
		assert_int_equal(command(r), c[i / 2].then);
		/* the guest reads what it wrote */
		assert_int_equal(read_back(&r->m->got[1]) & BOTH,
				 c[i / 2].then);
		rig_free(r);
	}
}

static void the_bit_is_there_until_the_last_exchange(void **u)
{
	struct rig *r = locked(true);
	unsigned n = 0;
	long ret;

	(void)u;
	r->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 3;
	r->m->script[0] = ecam(RID, CFG_COMMAND, 2, true, CMD_MEM);
	r->m->steps = 1;
	r->m->at = 0;
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_RUN, &dev), 0);
	while ((ret = vmm_step(&r->run)) == -EAGAIN && r->run.deferred) {
		assert_int_equal(command(r), BOTH);
		/* the vCPU does not run meanwhile */
		assert_int_equal(r->m->at, 1);
		n++;
	}
	assert_true(n >= 3);
	assert_int_equal(command(r), CMD_MEM);
	assert_int_equal(vmm_finish(&r->run, 100), 0);
	rig_free(r);
}

/* The second finds nothing locked, and goes through at once. */
static void a_second_clear_does_not_wait(void **u)
{
	struct rig *r = locked(false);
	const unsigned before = requests(r);

	(void)u;
	r->m->script[0] = ecam(RID, CFG_COMMAND, 2, true, CMD_MEM);
	r->m->script[1] = ecam(RID, CFG_COMMAND, 2, true, 0);
	r->m->script[2] = ecam(RID, CFG_COMMAND, 2, true, BOTH);
	assert_int_equal(guest(r, 3), 0);
	assert_int_equal(requests(r), before + 1);
	assert_int_equal(command(r), BOTH);
	/* locked once more it waits once more */
	r->m->script[0] = ask(IOMMU_TSM_TDI_LOCKED);
	r->m->script[1] = ecam(RID, CFG_COMMAND, 2, true, 0);
	assert_int_equal(guest(r, 2), 0);
	assert_int_equal(requests(r), before + 3);
	assert_int_equal(command(r), 0);
	rig_free(r);
}

/* Nobody answers: the write is not held back for that. */
static void a_clear_goes_through_when_the_unlock_fails(void **u)
{
	static const long errs[] = { -EIO, -ENODEV, -EBUSY };

	(void)u;
	for (unsigned i = 0; i < COUNT(errs); i++) {
		struct rig *r = locked(true);
		const unsigned before = requests(r);

		r->m->result_of[PCI_TSM_OP_GUEST_REQ] = (int)errs[i];
		r->m->script[0] = ecam(RID, CFG_COMMAND, 2, true, CMD_MEM);
		assert_int_equal(guest(r, 1), 0);
		assert_int_equal(requests(r), before + 1);
		assert_int_equal(command(r), CMD_MEM);
		assert_false(r->run.asking);
		assert_false(r->run.deferred);
		rig_free(r);
	}
}

/* Pulled out while the write waits: the guest reads ones, and goes on. */
static void a_device_that_leaves_meanwhile_ends_the_wait(void **u)
{
	struct rig *r = locked(true);

	(void)u;
	r->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 3;
	r->m->script[0] = ecam(RID, CFG_COMMAND, 2, true, 0);
	r->m->script[1] = ecam(RID, CFG_COMMAND, 2, false, 0);
	r->m->script[2] = ecam(RID, CFG_VENDOR_ID, 4, false, 0);
	r->m->steps = 3;
	r->m->at = 0;
	assert_int_equal(vmm_start(&r->v, &r->run, VMM_RUN, &dev), 0);
	assert_int_equal(vmm_step(&r->run), -EAGAIN);
	assert_int_equal(vmm_step(&r->run), -EAGAIN);
	assert_true(r->run.deferred);
	r->m->f.absent = true;
	m_ep(r->m)->gone = true;
	pci_remove(m_ep(r->m));
	r->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 0;
	assert_int_equal(vmm_finish(&r->run, 100), 0);
	assert_int_equal(read_back(&r->m->got[1]) & 0xffff, 0xffff);
	assert_int_equal(read_back(&r->m->got[2]), UINT32_MAX);
	assert_int_equal(play(r, VMM_DETACH), -ENODEV);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_clear_waits_for_the_unlock_in_whichever_bytes_it_comes),
		cmocka_unit_test(the_bit_is_there_until_the_last_exchange),
		cmocka_unit_test(a_second_clear_does_not_wait),
		cmocka_unit_test(a_clear_goes_through_when_the_unlock_fails),
		cmocka_unit_test(a_device_that_leaves_meanwhile_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
