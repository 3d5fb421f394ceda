/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

/* The machine as a whole: functions, configuration, BARs, DMA, interrupts. */

static void a_function_shows_what_the_device_has(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");
	uint8_t all[EP_CFG_SIZE];

	e->ops->cfg_read(e, 0, all, sizeof(all));
	for (unsigned reg = 0; reg < sizeof(all); reg += 4) {
		uint32_t v;

		assert_int_equal(fabric_cfg_read(&r.b->fabric, BDF(1, 0, 0),
						 (uint16_t)reg, 4, &v),
				 IL_OK);
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(all[reg + i], v >> 8 * i & 0xff);
	}
	assert_int_equal(rig_cfg(e, 0, 2), 0x1d1a);
	assert_int_not_equal(rig_ecap(e, 0x002e), 0); /* DOE */
	assert_int_not_equal(rig_ecap(e, 0x0030), 0); /* IDE */
	rig_free(&r);
}

static void the_hosts_function_is_found_by_its_ids(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "host");

	assert_int_equal(rig_cfg(e, 0, 4), BOARD_HOST_DEV << 16 | BOARD_VENDOR);
	assert_int_not_equal(rig_cap(e, 0x11), 0); /* MSI-X */
	/* Root port 00:01.0 in its ECAM. */
	assert_int_equal(rig_bar(e, 2, 0x8000, 4), 0x00101d1a);
	assert_int_equal(rig_bar(e, 2, 0x0000, 4), 0xffffffff);
	rig_free(&r);
}

static void without_msix_in_the_device_nobody_has_it(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new_intx(&r);
	for (unsigned i = 0; i < board_eps(r.b); i++) {
		const char *name = board_ep(r.b, i)->name;

		if (!strcmp(name, "vm-fn"))
			continue; /* nobody gave one */
		struct ep *e = rig_open(&r, name);

		assert_int_equal(e->msix, 0);
		assert_true(e->intx);
		assert_int_equal(rig_cap(e, 0x11), 0);
	}
	rig_free(&r);
}

static void a_device_pulled_out_reads_as_ones_until_it_is_there(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");
	struct ep *h = rig_open(&r, "host");

	rig_cfg_put(h, 4, 2, 2);
	rig_bar_put(h, 0, 0x1000, 4, 4);
	assert_int_equal(rig_bar(h, 0, 0x1004, 4), 0);
	assert_int_equal(rig_cfg(e, 0, 4), 0xffffffff);
	rig_bar_put(h, 0, 0x1000, 4, 4);
	assert_int_equal(rig_bar(h, 0, 0x1004, 4), 1); /* it is so */
	rig_bar_put(h, 0, 0x1000, 4, 5);
	assert_int_equal(rig_bar(h, 0, 0x1004, 4), 0);
	assert_int_equal(rig_cfg(e, 0, 4), 0x00011d1a);
	rig_bar_put(h, 0, 0x1000, 4, 5);
	assert_int_equal(rig_bar(h, 0, 0x1004, 4), 1);
	rig_free(&r);
}

static void bars_are_as_large_as_the_data_sheet_says(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");

	assert_int_equal(e->bar[0].size, 0x4000);
	assert_true(e->bar[0].wide);
	assert_false(e->bar[0].prefetch);
	assert_int_equal(e->bar[1].size, 0);
	assert_int_equal(e->bar[2].size, 0x10000);
	assert_true(e->bar[2].prefetch);
	assert_int_equal(e->msix, 4);
	assert_int_equal(rig_cfg(e, 0x10, 4), 4); /* as before sizing */
	rig_free(&r);
}

static void a_bar_answers_where_memory_space_is_enabled(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");

	/* Not yet: the address of a BAR after reset is of memory. */
	rig_give(&r, EP_HOST);
	memcpy(r.ram[EP_HOST], "memory", 6);
	assert_int_equal(rig_bar(e, 0, 0, 4), 0xffffffff);
	rig_enumerate(e, 0);
	assert_int_equal(rig_bar(e, 0, 0, 4), 0x1d1a0001);
	rig_bar_put(e, 2, 0x8, 8, 0x0123456789abcdef);
	assert_int_equal(rig_bar(e, 2, 0x8, 8), 0x0123456789abcdef);
	rig_cfg_put(e, 0x04, 2, 0x0004);
	assert_int_equal(rig_bar(e, 0, 0, 4), 0xffffffff);
	rig_free(&r);
}

static void a_bar_that_is_a_guests_takes_no_write_of_the_hosts(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");
	struct ep *h = rig_open(&r, "host");

	rig_enumerate(e, 0);
	rig_bar_put(e, 2, 0, 4, 0x11111111);
	assert_int_equal(rig_rmpupdate(h, RIG_BAR2(0), 0, 1), 0);
	r.refused = 0;
	rig_bar_put(e, 2, 0, 4, 0x22222222);
	assert_int_equal(r.refused, 1);
	assert_ptr_equal(r.last.rule, &own_rule_assigned);
	assert_int_equal(r.last.addr, RIG_BAR2(0));
	assert_int_equal(rig_bar(e, 2, 0, 4), 0x11111111);
	/* The page beside it is the host's still. */
	rig_bar_put(e, 2, 0x1000, 4, 0x33333333);
	assert_int_equal(rig_bar(e, 2, 0x1000, 4), 0x33333333);
	rig_free(&r);
}

static void a_reset_takes_the_addresses_of_bars(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");

	rig_enumerate(e, 0);
	e->ops->reset(e);
	assert_int_equal(rig_cfg(e, 0x10, 4), 4);
	assert_int_equal(rig_cfg(e, 0x04, 2), 0);
	rig_enumerate(e, 0);
	assert_int_equal(e->ops->open(e, NULL, NULL), IL_E_STATE);
	rig_open(&r, "fn1");
	e->ops->close(e);
	assert_int_equal(rig_cfg(e, 0x04, 2), 0);
	rig_open(&r, "fn0");
	rig_free(&r);
}

/* QEMU shows BARs as it wrote them, whatever became of them. */
static void bars_come_back_with_memory_decoding(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");

	rig_enumerate(e, 0);
	e->ops->reset(e);
	rig_cfg_put(e, 0x04, 2, 0x0004); /* no decoding: nothing yet */
	assert_int_equal(rig_cfg(e, 0x10, 4), 4);
	rig_cfg_put(e, 0x04, 2, 0x0006);
	assert_int_equal(rig_bar(e, 0, 0, 4), 0x1d1a0001);
	assert_int_equal(rig_cfg(e, 0x18, 4) & ~0xfu, RIG_BAR2(0));
	/* For whoever wrote them, and for nobody after him. */
	e->ops->close(e);
	e = rig_open(&r, "fn0");
	rig_cfg_put(e, 0x04, 2, 0x0006);
	assert_int_equal(rig_cfg(e, 0x10, 4), 4);
	rig_free(&r);
}

static void a_device_that_nobody_has_is_out_of_its_slot(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	const struct fabric_port *p = &r.b->fabric.port[r.b->port];
	struct ep *h = rig_open(&r, "host");
	struct ep *a = rig_open(&r, "fn0"), *c = rig_open(&r, "fn1");
	/* Slot Status: Presence Detect State. */
	const uint32_t slot = 0x8000 + p->exp + 0x1a;

	rig_enumerate(a, 0);
	assert_int_equal(rig_bar(h, 2, slot, 2) & 0x40, 0x40);
	a->ops->close(a);
	assert_true(p->up);
	assert_int_equal(rig_cfg(c, 0, 2), 0x1d1a);
	c->ops->close(c);
	assert_false(p->up);
	assert_int_equal(rig_bar(h, 2, slot, 2) & 0x40, 0);
	assert_int_equal(rig_cfg(c, 0, 2), 0xffff);
	a = rig_open(&r, "fn0");
	assert_true(p->up);
	assert_int_equal(rig_cfg(a, 0, 2), 0x1d1a);
	assert_int_equal(rig_cfg(a, 0x10, 4), 4);
	rig_enumerate(a, 0);
	assert_int_equal(rig_bar(a, 0, 0, 4), 0x1d1a0001);
	rig_free(&r);
}

static void dma_goes_where_the_hosts_device_table_leads(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);
	rig_give(&r, EP_HOST);

	uint8_t *ram = r.ram[EP_HOST];
	struct ep *e = rig_open(&r, "fn0");
	struct ep *h = rig_open(&r, "host");

	rig_enumerate(e, 0);
	for (unsigned i = 0; i < 0x3000; i++)
		ram[0x200000 + i] = (uint8_t)(i * 31);
	/* No table: nothing passes. */
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 0x3000), 4);
	assert_ptr_equal(r.last.rule, &own_rule_dte_invalid);
	rig_devtab(&r, h);
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 0x3000), 0);
	assert_memory_equal(ram + 0x200000, ram + 0x400000, 0x3000);
	/* Beyond what the table maps. */
	assert_int_equal(rig_dma(&r, e, 3, 0x1000000, 0x400000, 0x1000), 4);
	assert_ptr_equal(r.last.rule, &iommu_rule_missing);
	rig_free(&r);
}

static void refused_dma_leaves_memory_as_it_is_and_names_the_rule(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);
	rig_give(&r, EP_HOST);

	uint8_t *ram = r.ram[EP_HOST];
	struct ep *e = rig_open(&r, "fn0");
	struct ep *h = rig_open(&r, "host");

	rig_enumerate(e, 0);
	rig_devtab(&r, h);
	memset(ram + 0x200000, 0xaa, 0x1000);
	memset(ram + 0x400000, 0x55, 0x2000);
	/* One page of what the leaf maps is a guest's. */
	assert_int_equal(rig_rmpupdate(h, 0x401000, 0, 1), 0);
	r.refused = 0;
	assert_int_equal(rig_dma(&r, e, 1, 0x200000, 0, 0x1000), 0);
	(void)rig_dma(&r, e, 2, 0, 0x401000, 0x1000); /* posted */
	assert_true(r.refused > 0);
	assert_ptr_equal(r.last.rule, &own_rule_assigned);
	assert_int_equal(r.last.who, AGENT_DEVICE);
	assert_int_equal(r.last.id, 0x100);
	for (unsigned i = 0; i < 0x2000; i++)
		assert_int_equal(ram[0x400000 + i], 0x55);
	rig_free(&r);
}

static void a_vector_fires_when_a_command_ends(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);
	rig_give(&r, EP_HOST);

	struct ep *e = rig_open(&r, "fn0");
	struct ep *h = rig_open(&r, "host");
	const struct rig_user *u = rig_user_of(&r, e);
	const uint32_t msix = rig_cap(e, 0x11);

	rig_enumerate(e, 0);
	rig_devtab(&r, h);
	e->ops->irq_set(e, EP_MSIX, 4);
	rig_cfg_put(e, msix + 2, 2, 0x8000);
	rig_bar_put(e, 0, 0x38, 4, 0x10002);
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(u->fired[EP_MSIX], 1);
	assert_int_equal(u->vector, 2);
	/* Fewer are wanted, then none. */
	e->ops->irq_set(e, EP_MSIX, 2);
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(u->fired[EP_MSIX], 1);
	rig_bar_put(e, 0, 0x38, 4, 0x10001);
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(u->fired[EP_MSIX], 2);
	e->ops->irq_set(e, EP_MSIX, 0);
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(u->fired[EP_MSIX], 2);
	/* The table is a guest's: nobody tries to write it. */
	const uint64_t at = RIG_BAR0(0) + (rig_cfg(e, msix + 4, 4) & ~7u);

	assert_int_equal(rig_cfg(e, msix + 4, 4) & 7, 0);
	assert_int_equal(rig_rmpupdate(h, at & ~UINT64_C(0xfff), 0, 1), 0);
	r.refused = 0;
	e->ops->irq_set(e, EP_MSIX, 4);
	assert_int_equal(r.refused, 0);
	assert_int_equal(rig_rmpupdate(h, at & ~UINT64_C(0xfff), 0, 0), 0);
	/* Who comes next wants none yet. */
	e->ops->close(e);
	rig_open(&r, "fn0");
	rig_enumerate(e, 0);
	rig_cfg_put(e, msix + 2, 2, 0x8000);
	rig_bar_put(e, 0, 0x38, 4, 0x10001);
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(u->fired[EP_MSIX], 2);
	rig_free(&r);
}

/* A VMM writes the control register first, or the table. */
static void vectors_fire_whatever_came_first(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);
	rig_give(&r, EP_HOST);

	struct ep *e = rig_open(&r, "fn0");
	struct ep *h = rig_open(&r, "host");
	const struct rig_user *u = rig_user_of(&r, e);
	const uint32_t msix = rig_cap(e, 0x11);

	rig_devtab(&r, h);
	e->ops->irq_set(e, EP_MSIX, 1);
	rig_cfg_put(e, msix + 2, 2, 0x8000);
	rig_enumerate(e, 0);
	rig_bar_put(e, 0, 0x38, 4, 0x10000);
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(u->fired[EP_MSIX], 1);
	rig_free(&r);
}

static void a_wire_is_raised_until_its_cause_is_gone(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new_intx(&r);
	rig_give(&r, EP_HOST);

	struct ep *e = rig_open(&r, "fn1");
	struct ep *h = rig_open(&r, "host");
	const struct rig_user *u = rig_user_of(&r, e);

	assert_int_equal(e->msix, 0);
	assert_true(e->intx);
	assert_int_equal(rig_cfg(e, 0x3d, 1), 2); /* INTB */
	rig_enumerate(e, 1);
	rig_devtab(&r, h);
	e->ops->irq_set(e, EP_INTX, 1);
	rig_bar_put(e, 0, 0x38, 4, 0x10000);
	assert_int_equal(rig_dma(&r, e, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(u->fired[EP_INTX], 1);
	assert_true(u->up);
	/* Seen, but the cause is there. */
	e->ops->intx_done(e);
	assert_int_equal(u->fired[EP_INTX], 2);
	rig_bar_put(e, 0, 0x0c, 4, 0x2); /* DONE, cleared */
	assert_false(u->up);
	e->ops->intx_done(e);
	assert_int_equal(u->fired[EP_INTX], 2);
	rig_free(&r);
}

static void the_hosts_own_interrupt_has_a_cause_without_vectors(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *h = rig_open(&r, "host");
	const struct rig_user *u = rig_user_of(&r, h);

	h->ops->irq_set(h, EP_INTX, 1);
	rig_bar_put(h, 0, BOARD_CMDRESP, 4, 0x83u << 16 | 1);
	assert_int_equal(u->fired[EP_INTX], 1);
	assert_true(u->up);
	assert_int_equal(rig_bar(h, 0, BOARD_IRQ, 4), BOARD_IRQ_CMD);
	rig_bar_put(h, 0, BOARD_IRQ, 4, BOARD_IRQ_EXIT);
	assert_true(u->up);
	rig_bar_put(h, 0, BOARD_IRQ, 4, BOARD_IRQ_CMD);
	assert_false(u->up);
	h->ops->irq_set(h, EP_INTX, 0);
	h->ops->irq_set(h, EP_MSIX, 4);
	rig_bar_put(h, 0, BOARD_CMDRESP, 4, 0x83u << 16 | 1);
	assert_int_equal(u->fired[EP_MSIX], 1);
	assert_int_equal(u->vector, 0);
	assert_int_equal(rig_bar(h, 0, BOARD_IRQ, 4), 0);
	rig_free(&r);
}

/* BARs above 4 GiB: there is no entry of ownership until somebody has them. */
static void a_bar_above_4g_may_be_a_guests_too(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");
	struct ep *h = rig_open(&r, "host");
	const uint64_t at = UINT64_C(0x800000000);

	assert_int_equal(own_state(&r.b->own, at), OWN_NONE);
	rig_cfg_put(e, 0x18, 4, 0);
	rig_cfg_put(e, 0x1c, 4, (uint32_t)(at >> 32));
	rig_cfg_put(e, 0x04, 2, 0x0006);
	assert_int_equal(own_state(&r.b->own, at), OWN_HYPERVISOR);
	assert_true(own_is_mmio(&r.b->own, at, 0x10000, BOARD_PORT_NR));
	rig_bar_put(e, 2, 0, 4, 1);
	assert_int_equal(rig_bar(e, 2, 0, 4), 1);
	assert_int_equal(rig_rmpupdate(h, at, 0, 1), 0);
	rig_bar_put(e, 2, 0, 4, 2);
	assert_int_equal(rig_bar(e, 2, 0, 4), 1);
	/* By an instruction alone. */
	assert_int_equal(rig_rmpupdate(h, at * 2, 0, 1), 0);
	/* And what is no MMIO has none. */
	assert_int_not_equal(rig_rmpupdate(h, BOARD_MMIO64_END * 4, 0, 1), 0);
	rig_free(&r);
}

static void copy(struct ep *h, uint64_t pa, uint64_t buf, uint32_t len)
{
	rig_bar_put(h, 0, BOARD_COPY_PA, 8, pa);
	rig_bar_put(h, 0, BOARD_COPY_BUF, 8, buf);
	rig_bar_put(h, 0, BOARD_COPY_LEN, 4, len);
	rig_bar_put(h, 0, BOARD_COPY_OP, 4, BOARD_COPY_READ);
	assert_int_equal(rig_bar(h, 0, BOARD_COPY_RC, 4), 0);
}

/*
 * A page of the VM, shared, then declared private and written, then taken: in
 * no state does the host read what the VM wrote to it in private.
 */
static void the_host_reads_a_private_page_as_ciphertext_alone(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);
	rig_give(&r, EP_HOST);
	rig_give(&r, EP_VM);

	uint8_t *ram = r.ram[EP_HOST] + 0x300000, *vm = r.ram[EP_VM] + 0x7000;
	const uint64_t pa = BOARD_VM_RAM + 0x7000;
	struct ep *h = rig_open(&r, "host");

	assert_int_equal(rig_bar(h, 0, BOARD_VM_BASE, 8), BOARD_VM_RAM);
	assert_int_equal(rig_bar(h, 0, BOARD_VM_SIZE, 8), RIG_RAM);
	memset(vm, 's', 4096);
	copy(h, pa, 0x300000, 4096);
	assert_memory_equal(ram, vm, 4096);
	assert_int_equal(own_asid_activate(&r.b->own, 1, 0x1234567), IL_OK);
	assert_int_equal(rig_rmpupdate(h, pa, 0x7000, 1), 0);
	memset(vm, 'p', 4096); /* the VM's processor */
	copy(h, pa, 0x300000, 4096);
	for (unsigned i = 0; i < 4096; i++)
		assert_int_not_equal(ram[i], 'p');
	/* Away, taken from it, and there again. */
	const struct ep_piece two[] = {
		{ .size = 0x7000,
		  .readable = true,
		  .writable = true,
		  .at = r.ram[EP_VM] },
		{ .addr = 0x7000,
		  .size = 0x1000,
		  .readable = true,
		  .writable = true,
		  .at = vm },
	};

	assert_int_equal(board_give(r.b, EP_VM, &two[0], &two[0]), IL_OK);
	board_take_all(r.b, r.ram[EP_VM]);
	assert_int_equal(rig_rmpupdate(h, pa, 0, 0), 0);
	assert_int_equal(vm[0], 'p');
	assert_int_equal(board_give(r.b, EP_VM, &two[0], &two[1]), IL_OK);
	assert_int_not_equal(vm[0], 'p');
	copy(h, pa, 0x300000, 4096);
	for (unsigned i = 0; i < 4096; i++)
		assert_int_not_equal(ram[i], 'p');
	rig_free(&r);
}

static void what_clients_give_is_used_newest_first(void **unused)
{
	(void)unused;
	struct rig r;
	struct fault f;
	uint8_t v;
	int other;

	rig_new(&r);
	rig_give(&r, EP_HOST);
	r.ram[EP_HOST][0x5000] = 1;
	r.ram[EP_VM][0x0000] = 2;

	const struct ep_piece p = { .addr = 0x5000,
				    .size = 0x1000,
				    .readable = true,
				    .at = r.ram[EP_VM] };
	struct ep_piece bad = p;

	assert_int_equal(board_give(r.b, EP_HOST, &other, &p), IL_OK);
	assert_int_equal(mem_host_read(&r.b->mem, 0x5000, &v, 1, &f), IL_OK);
	assert_int_equal(v, 2);
	assert_int_equal(mem_host_write(&r.b->mem, 0x5000, &v, 1, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &mem_rule_nothing);
	assert_int_equal(board_give(r.b, EP_HOST, &other, &p), IL_E_ARG);
	assert_int_equal(board_take(r.b, EP_HOST, &other, 0x5000, 0x2000),
			 IL_E_ARG);
	assert_int_equal(
		board_take(r.b, EP_HOST, r.ram[EP_HOST], 0x5000, 0x1000),
		IL_E_ARG);
	assert_int_equal(board_take(r.b, EP_HOST, &other, 0x5000, 0x1000),
			 IL_OK);
	assert_int_equal(mem_host_read(&r.b->mem, 0x5000, &v, 1, &f), IL_OK);
	assert_int_equal(v, 1);
	board_take_all(r.b, r.ram[EP_HOST]);
	assert_int_equal(mem_host_read(&r.b->mem, 0x5000, &v, 1, &f), IL_E_IO);
	bad.addr = 0x5800;
	assert_int_equal(board_give(r.b, EP_HOST, &other, &bad), IL_E_ARG);
	bad.addr = BOARD_HOST_RAM;
	assert_int_equal(board_give(r.b, EP_HOST, &other, &bad), IL_E_ARG);
	bad = p;
	bad.size = 0;
	assert_int_equal(board_give(r.b, EP_HOST, &other, &bad), IL_E_ARG);
	bad = p;
	bad.at = NULL;
	assert_int_equal(board_give(r.b, EP_HOST, &other, &bad), IL_E_ARG);
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_shows_what_the_device_has),
		cmocka_unit_test(the_hosts_function_is_found_by_its_ids),
		cmocka_unit_test(without_msix_in_the_device_nobody_has_it),
		cmocka_unit_test(
			a_device_pulled_out_reads_as_ones_until_it_is_there),
		cmocka_unit_test(bars_are_as_large_as_the_data_sheet_says),
		cmocka_unit_test(a_bar_answers_where_memory_space_is_enabled),
		cmocka_unit_test(
			a_bar_that_is_a_guests_takes_no_write_of_the_hosts),
		cmocka_unit_test(a_reset_takes_the_addresses_of_bars),
		cmocka_unit_test(bars_come_back_with_memory_decoding),
		cmocka_unit_test(a_device_that_nobody_has_is_out_of_its_slot),
		cmocka_unit_test(dma_goes_where_the_hosts_device_table_leads),
		cmocka_unit_test(
			refused_dma_leaves_memory_as_it_is_and_names_the_rule),
		cmocka_unit_test(a_vector_fires_when_a_command_ends),
		cmocka_unit_test(vectors_fire_whatever_came_first),
		cmocka_unit_test(a_wire_is_raised_until_its_cause_is_gone),
		cmocka_unit_test(
			the_hosts_own_interrupt_has_a_cause_without_vectors),
		cmocka_unit_test(a_bar_above_4g_may_be_a_guests_too),
		cmocka_unit_test(
			the_host_reads_a_private_page_as_ciphertext_alone),
		cmocka_unit_test(what_clients_give_is_used_newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
