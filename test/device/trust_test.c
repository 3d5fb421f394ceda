/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "device/device_priv.h"

/* Streams, T bits, TDI states, the watch over registers, and resets. */

static struct rig rig;

static int setup(void **unused)
{
	(void)unused;
	rig_new(&rig, 2);
	rig_enumerate(&rig);
	rig_stream(&rig, 1);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	rig_free(&rig);
	return 0;
}

static unsigned ep_block(void)
{
	return rig_ecap(&rig, RIG_EP, 0x30) + 0xcu;
}

static unsigned rp_block(void)
{
	return rig_ecap(&rig, RIG_PORT, 0x30) + 0xcu;
}

static enum tdi_state state_of(unsigned fn)
{
	return dsm_tdi_state(&rig.dev.dsm.pci, fn);
}

static void a_running_tdi_moves_data_with_t_set(void **unused)
{
	(void)unused;
	rig_fill(&rig, 0x1000, 5000, 4);
	rig_tdi(&rig, 0, TDI_RUN, 0);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 3, 0x1000, 0x8000, 5000, true),
			 0);
	rig_assert_same(&rig, 0x1000, 0x8000, 5000);
	assert_true(rig.last_t);
	assert_int_equal(rig.last_stream, RIG_STREAM);
	assert_true(rig.dev.ide.sent > 10);
	assert_int_equal(rig.fabric.faults, 0);
	assert_int_equal(state_of(0), TDI_RUN);
}

static void an_unlocked_function_rides_the_stream_without_t(void **unused)
{
	(void)unused;
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 3, 0x1000, 0x8000, 64, false),
			 0);
	assert_false(rig.last_t);
	assert_int_equal(rig.last_stream, RIG_STREAM);
}

static void tee_memory_takes_what_the_state_allows(void **unused)
{
	static const struct {
		enum tdi_state state;
		bool t, ok;
	} c[] = {
		{ TDI_UNLOCKED, false, true }, { TDI_UNLOCKED, true, false },
		{ TDI_LOCKED, false, false },  { TDI_LOCKED, true, false },
		{ TDI_RUN, false, false },     { TDI_RUN, true, true },
		{ TDI_ERROR, false, false },   { TDI_ERROR, true, false },
	};
	static const uint64_t at[] = { RIG_BAR0 + 0x10, RIG_BAR2 + 0x10 };

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++)
		for (unsigned k = 0; k < COUNT(at); k++) {
			uint64_t got;

			rig_tdi(&rig, 0, TDI_UNLOCKED, 0);
			rig_mmio_write(&rig, at[k], 0x5a, 8, false);
			rig_tdi(&rig, 0, c[i].state, 0);
			got = rig_mmio_read(&rig, at[k], 8, c[i].t);
			assert_int_equal(got, c[i].ok ? 0x5a : UINT64_MAX);
			rig_mmio_write(&rig, at[k], 0xa5, 8, c[i].t);
			if (!c[i].ok)
				assert_int_equal(rig.dev.last.stage,
						 FAULT_T_BIT);
			rig_tdi(&rig, 0, TDI_UNLOCKED, 0);
			assert_int_equal(rig_mmio_read(&rig, at[k], 8, false),
					 c[i].ok ? 0xa5 : 0x5a);
		}
}

static void msix_pages_are_tee_memory_only_when_locked(void **unused)
{
	(void)unused;
	rig_tdi(&rig, 0, TDI_RUN, 0);
	rig_mmio_write(&rig, RIG_BAR0 + 0x2000, 0x11, 8, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x2000, 8, false),
			 0x11);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x3000, 8, false), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x1ff8, 8, false),
			 UINT64_MAX);
	rig_tdi(&rig, 0, TDI_RUN, TDISP_LOCK_MSIX);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x2000, 8, false),
			 UINT64_MAX);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x3000, 8, false),
			 UINT64_MAX);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x2000, 8, true), 0x11);
	rig_tdi(&rig, 0, TDI_UNLOCKED, TDISP_LOCK_MSIX);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x2000, 8, false),
			 0x11);
}

static void
nothing_of_an_unlocked_function_takes_a_trusted_request(void **unused)
{
	(void)unused;
	rig_mmio_write(&rig, RIG_BAR0 + 0x2000, 0x11, 8, true);
	assert_int_equal(rig.dev.last.stage, FAULT_T_BIT);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x2000, 8, false), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x2000, 8, true),
			 UINT64_MAX);
}

/* LOCK as far as the report: the memory BAR of @fn, from @pa. */
static void locked_view(unsigned fn, uint64_t pa)
{
	struct tdi *t = &rig.dev.tdis[fn];
	struct wr w = wr_over(t->rep, t->rep_cap);
	const struct tdisp_report rep = {
		.range_count = 1,
		.ranges[0] = { .first_page = (pa + 0x7000) >> 12,
			       .pages = 16,
			       .id = DMA_BAR_MEM },
	};

	t->lock.mmio_offset = 0x7000;
	assert_int_equal(tdisp_report_encode(&w, &rep), IL_OK);
	t->rep_len = w.len;
}

static void
a_bar_moved_over_a_locked_tdi_takes_nothing_meant_for_it(void **unused)
{
	(void)unused;
	rig_tdi(&rig, 1, TDI_RUN, 0);
	locked_view(1, RIG_VFBAR2);
	rig_mmio_write(&rig, RIG_VFBAR2 + 0x10, 0x77, 8, true);
	/* The PF's memory BAR comes to lie over it. */
	rig_cfg_write(&rig, RIG_EP, 0x18, 4, (uint32_t)RIG_VFBAR2);
	rig_mmio_write(&rig, RIG_VFBAR2 + 0x18, 0x55, 8, true);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR2 + 0x10, 8, true), 0x77);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR2 + 0x18, 8, true), 0x55);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR2 + 0x18, 8, false),
			 UINT64_MAX);
	assert_int_equal(state_of(1), TDI_RUN);
}

static void no_lock_over_what_another_tdi_has_in_its_report(void **unused)
{
	const struct tdisp_lock lock = { .default_stream = RIG_STREAM };
	const struct dsm_port *p = &device_dsm_port;
	unsigned sriov = rig_ecap(&rig, RIG_EP, 0x10);

	(void)unused;
	rig_tdi(&rig, 1, TDI_RUN, 0);
	locked_view(1, RIG_VFBAR2);
	/* The VF's BARs go elsewhere, and the PF's come to where they were. */
	rig_cfg_write(&rig, RIG_EP, sriov + 0x2c, 4, 0xb0000000);
	assert_int_equal(state_of(1), TDI_ERROR);
	rig_cfg_write(&rig, RIG_EP, 0x18, 4, (uint32_t)RIG_VFBAR2);
	assert_ptr_equal(p->check_config(&rig.dev, 0, &lock),
			 &device_rule_overlap);
	assert_null(p->check_config(&rig.dev, 2, &lock));
	/* STOP gives the place free. */
	rig_tdi(&rig, 1, TDI_UNLOCKED, 0);
	assert_null(p->check_config(&rig.dev, 0, &lock));
}

static void what_a_tdi_locked_stays_closed_when_its_bars_move(void **unused)
{
	(void)unused;
	rig_tdi(&rig, 0, TDI_RUN, 0);
	locked_view(0, RIG_BAR2);
	/* The page of vectors, not TEE memory, comes where memory was. */
	rig_cfg_write(&rig, RIG_EP, 0x18, 4, (uint32_t)RIG_BAR0);
	rig_cfg_write(&rig, RIG_EP, 0x10, 4, (uint32_t)RIG_BAR2);
	assert_int_equal(state_of(0), TDI_ERROR);
	rig_mmio_write(&rig, RIG_BAR2 + 0x2000, 0x55, 8, true);
	assert_int_equal(rig.dev.last.stage, FAULT_T_BIT);
	assert_int_equal(rig.dev.fn[0].table[0], 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2 + 0x2000, 8, false),
			 UINT64_MAX);
	rig_tdi(&rig, 0, TDI_UNLOCKED, 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2 + 0x2000, 8, false), 0);
}

static void a_locked_tdi_issues_no_requests(void **unused)
{
	struct device_engine *e = &rig.dev.fn[0].engine;

	(void)unused;
	rig_mmio_write(&rig, RIG_BAR0 + 0x20, 64, 4, false);
	rig_tdi(&rig, 0, TDI_LOCKED, 0);
	/* A driver cannot start it; a bug inside could. */
	rig.dev.fn[0].engine.len = 64;
	rig_tdi(&rig, 0, TDI_UNLOCKED, 0);
	rig_mmio_write(&rig, RIG_BAR0 + 0x24, 2, 4, false);
	rig_settle(&rig);
	assert_int_equal(e->error, 0);
	rig.fabric.dma_write = 0;
	rig.hang = true;
	rig_mmio_write(&rig, RIG_BAR0 + 0x24, 2, 4, false);
	rig_tdi(&rig, 0, TDI_ERROR, 0);
	rig.hang = false;
	rig_settle(&rig);
	assert_int_equal(rig.fabric.dma_write, 0);
}

static void an_interrupt_has_t_only_with_a_locked_table(void **unused)
{
	struct mem_irq irq;

	(void)unused;
	rig_msix(&rig, RIG_BAR0, RIG_EP, 0, 9);
	rig_tdi(&rig, 0, TDI_RUN, 0);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, true), 0);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_OK);
	assert_false(irq.trusted);
	rig_tdi(&rig, 0, TDI_RUN, TDISP_LOCK_MSIX);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, true), 0);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_OK);
	assert_true(irq.trusted);
}

static void bytes_asked_for_in_run_do_not_count_after_it(void **unused)
{
	struct device_engine *e = &rig.dev.fn[0].engine;

	(void)unused;
	rig_fill(&rig, 0x1000, 64, 7);
	rig_tdi(&rig, 0, TDI_RUN, 0);
	rig_mmio_write(&rig, RIG_BAR0 + 0x10, 0x1000, 8, true);
	rig_mmio_write(&rig, RIG_BAR0 + 0x20, 64, 4, true);
	rig_mmio_write(&rig, RIG_BAR0 + 0x24, 1, 4, true);
	assert_int_equal(e->state, ENGINE_LOADING);
	assert_true(device_run(&rig.dev, 0) || rig.dev.read[0].used);
	assert_true(rig.dev.read[0].used);
	/* RUN was left and entered again while the answer was on its way. */
	rig.dev.tdis[0].runs++;
	rig_settle(&rig);
	assert_int_equal(e->state, ENGINE_IDLE);
	assert_int_equal(e->error, DMA_ERROR_STATE);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(e->buf[i], 0);
	assert_false(rig.dev.read[0].used);
}

struct watch {
	const char *what;
	bool port; /* of the root port, which no TDI watches */
	unsigned fn;
	unsigned cap; /* 0 header, else id; +0x10000 extended */
	unsigned off;
	unsigned size;
	uint32_t v;
	bool pf, vf; /* in ERROR afterwards */
};

static unsigned base_of(unsigned fn, unsigned cap)
{
	uint16_t bdf = (uint16_t)(RIG_EP + fn);

	if (!cap)
		return 0;
	return cap & 0x10000 ? rig_ecap(&rig, bdf, (uint16_t)cap)
			     : rig_cap(&rig, bdf, (uint8_t)cap);
}

/* PCIe 6.x 11.4.3 as E.3 has it: which writes end trust, and whose. */
static const struct watch watches[] = {
	{ "BME", 0, 0, 0, 4, 2, 2, true, false },
	{ "MSE", 0, 0, 0, 4, 2, 4, true, false },
	{ "command, no clear", 0, 0, 0, 4, 2, 0x146, false, false },
	{ "VF BME", 0, 1, 0, 4, 2, 0, false, true },
	{ "BAR0", 0, 0, 0, 0x10, 4, RIG_BAR0, true, false },
	{ "BAR5", 0, 0, 0, 0x24, 4, 0, true, false },
	{ "VF's own BAR", 0, 1, 0, 0x10, 4, 0, false, false },
	{ "ROM BAR", 0, 0, 0, 0x30, 4, 0, true, false },
	{ "VF's own ROM BAR", 0, 1, 0, 0x30, 4, 0, false, false },
	{ "CardBus pointer", 0, 0, 0, 0x28, 4, 0, false, false },
	{ "BIST", 0, 0, 0, 0x0f, 1, 0x40, true, false },
	{ "cache line", 0, 0, 0, 0x0c, 1, 0x20, false, false },
	{ "interrupt line", 0, 0, 0, 0x3c, 1, 0x20, false, false },
	{ "status", 0, 0, 0, 0x06, 2, 0xffff, false, false },
	{ "extended tag", 0, 0, 0x10, 8, 2, 0x2950, true, true },
	{ "no snoop", 0, 0, 0x10, 8, 2, 0x2050, true, true },
	{ "VF no snoop", 0, 1, 0x10, 8, 2, 0x2050, false, true },
	{ "read request size", 0, 0, 0x10, 8, 2, 0x1850, false, false },
	{ "device status", 0, 0, 0x10, 0xa, 2, 0xf, false, false },
	{ "FLR of the PF", 0, 0, 0x10, 8, 2, 0xa850, true, true },
	{ "FLR of the VF", 0, 1, 0x10, 8, 2, 0xa850, false, true },
	{ "D3hot", 0, 0, 0x01, 4, 2, 3, true, true },
	{ "D0", 0, 0, 0x01, 4, 2, 0, false, false },
	{ "MSI-X not locked", 0, 0, 0x11, 2, 2, 0x8000, false, false },
	{ "NumVFs", 0, 0, 0x10010, 0x10, 2, 1, true, true },
	{ "page size", 0, 0, 0x10010, 0x20, 4, 2, true, true },
	{ "VF BAR", 0, 0, 0x10010, 0x24, 4, RIG_VFBAR0, true, true },
	{ "VF enable", 0, 0, 0x10010, 8, 2, 8, true, true },
	{ "VF MSE", 0, 0, 0x10010, 8, 2, 1, true, true },
	{ "SR-IOV status", 0, 0, 0x10010, 0xa, 2, 0xffff, false, false },
	{ "VF migration", 0, 0, 0x10010, 0x3c, 4, 1, false, false },
	{ "device control 2", 0, 0, 0x10, 0x28, 2, 0xffff, false, false },
	{ "link control", 0, 0, 0x10, 0x10, 2, 0x1, false, false },
	{ "vendor id", 0, 0, 0, 0, 4, 0, false, false },
	{ "capability pointer", 0, 0, 0, 0x34, 4, 0, false, false },
	{ "DOE abort", 0, 0, 0x1002e, 8, 4, 1, false, false },
	{ "IDE enable", 0, 0, 0x10030, 0x10, 4, 5u << 24 | 1u << 22, true,
	  true },
	{ "IDE RID", 0, 0, 0x10030, 0x18, 4, 0x100, true, true },
	{ "IDE address", 0, 0, 0x10030, 0x20, 4, 1, true, true },
	{ "IDE same value", 0, 0, 0x10030, 0x10, 4, 5u << 24 | 1u << 22 | 1,
	  false, false },
	{ "IDE status", 0, 0, 0x10030, 0x14, 4, UINT32_MAX, false, false },
	{ "another block", 0, 0, 0x10030, 0x30, 4, 9u << 24, false, false },
};

/* What each of PF, VF 1 and VF 2 is in after @w hit it, or not. */
static enum tdi_state then(enum tdi_state was, bool hit)
{
	return hit && (was == TDI_LOCKED || was == TDI_RUN) ? TDI_ERROR : was;
}

static void write_in(const struct watch *w, enum tdi_state was)
{
	uint16_t bdf = (uint16_t)(RIG_EP + w->fn);
	/* VF 2 has part in what its PF shares, never in what VF 1 does. */
	const bool hit[3] = { w->pf, w->vf, w->vf && w->fn == 0 };
	unsigned base;

	teardown(NULL);
	setup(NULL);
	base = base_of(w->fn, w->cap);
	for (unsigned fn = 0; fn < 3; fn++)
		rig_tdi(&rig, fn, was, 0);
	rig_cfg_write(&rig, bdf, base + w->off, w->size, w->v);
	for (unsigned fn = 0; fn < 3; fn++)
		if (state_of(fn) != then(was, hit[fn]))
			fail_msg("%s, state %d: function %u is in %d", w->what,
				 was, fn, state_of(fn));
}

/* Each write, in each state, at PF, VF and another function. */
static void registers_that_lock_freezes_end_trust(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < COUNT(watches); i++)
		for (unsigned st = TDI_UNLOCKED; st < TDI_STATES; st++)
			write_in(&watches[i], (enum tdi_state)st);
}

static void a_locked_msix_capability_is_watched(void **unused)
{
	unsigned cap = rig_cap(&rig, RIG_EP, 0x11);

	(void)unused;
	rig_tdi(&rig, 0, TDI_RUN, TDISP_LOCK_MSIX);
	rig_cfg_write(&rig, RIG_EP, cap, 2, 0);
	assert_int_equal(state_of(0), TDI_RUN);
	rig_cfg_write(&rig, RIG_EP, cap + 2, 2, 0x8000);
	assert_int_equal(state_of(0), TDI_ERROR);
}

static void a_new_bus_number_ends_trust(void **unused)
{
	(void)unused;
	rig_tdi(&rig, 0, TDI_RUN, 0);
	rig_tdi(&rig, 2, TDI_LOCKED, 0);
	rig_cfg_write(&rig, RIG_EP, 0x3c, 1, 1);
	assert_int_equal(state_of(0), TDI_RUN);
	rig_cfg_write(&rig, RIG_PORT, 0x18, 4, 0x00020200);
	rig_cfg_write(&rig, BDF(2, 0, 0), 0x3c, 1, 1);
	assert_int_equal(state_of(0), TDI_ERROR);
	assert_int_equal(state_of(2), TDI_ERROR);
	assert_int_equal(device_rid(&rig.dev, 2), BDF(2, 0, 2));
}

static void flr_wipes_the_function_and_nothing_else(void **unused)
{
	unsigned exp = rig_cap(&rig, RIG_EP + 1, 0x10);

	(void)unused;
	rig_mmio_write(&rig, RIG_VFBAR2, 0x1111, 8, false);
	rig_mmio_write(&rig, RIG_VFBAR2 + 0x10000, 0x2222, 8, false);
	rig_mmio_write(&rig, RIG_BAR2, 0x3333, 8, false);
	rig_mmio_write(&rig, RIG_VFBAR0 + 0x10, 0x44, 8, false);
	rig_mmio_write(&rig, RIG_VFBAR0 + 0x2000, 0x55, 8, false);
	rig_cfg_write(&rig, RIG_EP + 1, exp + 8, 2, 0xa850);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP + 1, exp + 8, 2), 0x2850);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP + 1, 4, 2), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR2, 8, false), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0 + 0x10, 8, false), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0 + 0x2000, 8, false), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0 + 0x200c, 4, false), 1);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR2 + 0x10000, 8, false),
			 0x2222);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2, 8, false), 0x3333);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep_block() + 8, 4), 2);
}

static void flr_of_the_pf_ends_vfs_streams_and_mailbox(void **unused)
{
	unsigned exp = rig_cap(&rig, RIG_EP, 0x10), ep = ep_block();
	unsigned doe = rig_ecap(&rig, RIG_EP, 0x2e);
	uint32_t v;

	(void)unused;
	rig_cfg_write(&rig, RIG_EP, doe + 0x10, 4, 1);
	rig_mmio_write(&rig, RIG_BAR2, 0x3333, 8, false);
	rig_cfg_write(&rig, RIG_EP, exp + 8, 2, 0xa850);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep + 8, 4), 0);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep + 4, 4), 0xff000000);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x10, 4), 4);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP + 1, 0, 4, &v),
			 IL_E_IO);
	assert_int_equal(rig.dev.doe.state, DOE_IDLE);
	assert_int_equal(ide_find(&rig.dev.ide, RIG_STREAM), -1);
	assert_int_equal(rig.dev.fn[0].mem[2].p[0], 0);
	assert_int_equal(device_rid(&rig.dev, 0), RIG_EP);
}

static void d3hot_and_back_is_a_reset(void **unused)
{
	unsigned pm = rig_cap(&rig, RIG_EP, 1);

	(void)unused;
	rig_mmio_write(&rig, RIG_BAR2, 0x3333, 8, false);
	rig_cfg_write(&rig, RIG_EP, pm + 4, 2, 3);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2, 8, false), UINT64_MAX);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR2, 8, false), UINT64_MAX);
	rig_cfg_write(&rig, RIG_EP, pm + 4, 2, 0);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 4, 2), 0);
	assert_int_equal(rig.dev.fn[0].mem[2].p[0], 0);
}

static void assert_reset(void)
{
	unsigned ep;

	rig_settle(&rig);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(state_of(i), TDI_UNLOCKED);
	assert_int_equal(rig.dev.fn[0].mem[2].p[0], 0);
	assert_false(rig.dev.captured);
	assert_false(rig.dev.fn[1].there);
	assert_int_equal(ide_find(&rig.dev.ide, RIG_STREAM), -1);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, rp_block() + 8, 4), 0);
	ep = ep_block();
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep + 8, 4), 0);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 4, 2), 0);
}

static void mark(void)
{
	rig_mmio_write(&rig, RIG_BAR2, 0x3333, 8, false);
	rig_tdi(&rig, 0, TDI_RUN, 0);
	rig_tdi(&rig, 1, TDI_LOCKED, 0);
	rig_tdi(&rig, 2, TDI_ERROR, 0);
}

static void hot_reset_leaves_nothing(void **unused)
{
	(void)unused;
	mark();
	assert_int_equal(fabric_hot_reset(&rig.fabric, 0), IL_OK);
	assert_reset();
}

static void hot_reset_by_the_bridge_register_leaves_nothing(void **unused)
{
	(void)unused;
	mark();
	rig_cfg_write(&rig, RIG_PORT, 0x3e, 2, 0x40);
	rig_cfg_write(&rig, RIG_PORT, 0x3e, 2, 0);
	assert_reset();
}

static void fundamental_reset_leaves_nothing(void **unused)
{
	(void)unused;
	mark();
	assert_int_equal(fabric_fund_reset(&rig.fabric, 0), IL_OK);
	assert_reset();
}

static void a_link_that_goes_down_ends_trust(void **unused)
{
	uint32_t v;

	(void)unused;
	mark();
	assert_int_equal(fabric_link_down(&rig.fabric, 0), IL_OK);
	rig_settle(&rig);
	assert_int_equal(state_of(0), TDI_ERROR);
	assert_int_equal(state_of(1), TDI_ERROR);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP, 0, 4, &v),
			 IL_E_IO);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_link_down);
	assert_int_equal(fabric_link_down(&rig.fabric, 0), IL_E_STATE);
	assert_int_equal(fabric_hot_reset(&rig.fabric, 0), IL_E_STATE);
	assert_int_equal(fabric_link_up(&rig.fabric, 0), IL_OK);
	assert_int_equal(fabric_link_up(&rig.fabric, 0), IL_E_STATE);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0, 4), 0x00011d1a);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep_block() + 8, 4), 0);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, rp_block() + 8, 4), 0);
	assert_int_equal(state_of(0), TDI_ERROR);
}

static void surprise_removal_and_insertion(void **unused)
{
	unsigned exp = rig_cap(&rig, RIG_PORT, 0x10);
	uint32_t v;

	(void)unused;
	mark();
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, exp + 0x1a, 2), 0x40);
	assert_int_equal(fabric_insert(&rig.fabric, 0), IL_E_STATE);
	assert_int_equal(fabric_remove(&rig.fabric, 0), IL_OK);
	assert_int_equal(fabric_remove(&rig.fabric, 0), IL_E_STATE);
	assert_int_equal(fabric_link_up(&rig.fabric, 0), IL_E_STATE);
	rig_settle(&rig);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, exp + 0x1a, 2), 0x108);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, exp + 0x12, 2), 0x84);
	rig_cfg_write(&rig, RIG_PORT, exp + 0x1a, 2, 0x108);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, exp + 0x1a, 2), 0);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP, 0, 4, &v),
			 IL_E_IO);
	assert_false(rig.dev.powered);
	assert_int_equal(fabric_insert(&rig.fabric, 0), IL_OK);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, exp + 0x1a, 2), 0x148);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, exp + 0x12, 2), 0x2084);
	assert_reset();
}

struct bend {
	enum link_dir dir;
	unsigned left;
};

static enum link_verdict bend(void *ctx, struct link_tap *tap,
			      enum link_dir dir, const struct link_frame *f,
			      struct link_frame *out)
{
	static uint8_t copy[LINK_FRAME_MAX];
	struct bend *b = ctx;

	(void)tap;
	if (f->kind != LINK_TLP || dir != b->dir || !b->left)
		return LINK_PASS;
	b->left--;
	memcpy(copy, f->p, f->len);
	copy[f->len - 1] ^= 1;
	*out = (struct link_frame){ f->kind, copy, f->len };
	return LINK_REPLACE;
}

static void a_changed_packet_ends_the_stream_at_both_ends(void **unused)
{
	(void)unused;
	for (unsigned dir = 0; dir < 2; dir++) {
		struct bend b = { dir ? LINK_IN : LINK_OUT, 1 };

		teardown(NULL);
		setup(NULL);
		rig_tdi(&rig, 0, TDI_RUN, 0);
		link_tap_set(&rig.tap, bend, &b);
		assert_int_equal(rig_mmio_read(&rig, RIG_BAR0, 4, true),
				 UINT32_MAX);
		link_tap_set(&rig.tap, NULL, NULL);
		rig_settle(&rig);
		assert_int_equal(b.left, 0);
		assert_int_equal(state_of(0), TDI_ERROR);
		assert_int_equal(
			rig_cfg_read(&rig, RIG_EP, ep_block() + 8, 4) & 0xf, 0);
		assert_int_equal(
			rig_cfg_read(&rig, RIG_PORT, rp_block() + 8, 4) & 0xf,
			0);
		/* Bit 31: the partner's message said so. */
		assert_int_equal(
			rig_cfg_read(&rig, RIG_EP, ep_block() + 8, 4) >> 31,
			dir);
		assert_int_equal(
			rig_cfg_read(&rig, RIG_PORT, rp_block() + 8, 4) >> 31,
			!dir);
		rig_cfg_write(&rig, RIG_EP, ep_block() + 8, 4, 1u << 31);
		assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep_block() + 8, 4),
				 0);
	}
}

static void routing_registers_of_the_port_kill_keyed_streams(void **unused)
{
	static const struct {
		unsigned reg, size;
		uint32_t v;
		bool dead;
	} c[] = {
		{ 0x04, 2, 4, true },	    { 0x04, 2, 2, true },
		{ 0x04, 2, 0x106, false },  { 0x18, 4, 0x00010100, true },
		{ 0x19, 1, 1, true },	    { 0x1a, 1, 1, true },
		{ 0x1b, 1, 0, false },	    { 0x1e, 2, 0xffff, false },
		{ 0x20, 2, 0xe000, true },  { 0x22, 2, 0xe0f0, true },
		{ 0x24, 4, 0x1fff1, true }, { 0x28, 4, 0, true },
		{ 0x2c, 4, 0, true },	    { 0x3c, 1, 7, false },
		{ 0x3e, 2, 2, false },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		teardown(NULL);
		setup(NULL);
		rig_cfg_write(&rig, RIG_PORT, c[i].reg, c[i].size, c[i].v);
		if (rig_cfg_read(&rig, RIG_PORT, rp_block() + 8, 4) !=
		    (c[i].dead ? 0 : 2))
			fail_msg("register %#x", c[i].reg);
	}
}

static void stream_registers_of_the_port_kill_their_stream(void **unused)
{
	static const struct {
		unsigned reg;
		uint32_t v;
		bool dead;
	} c[] = {
		{ 0x04, 5u << 24 | 1u << 22 | 1, false },
		{ 0x04, 5u << 24 | 1, true },
		{ 0x04, 6u << 24 | 1u << 22 | 1, true },
		{ 0x04, 5u << 24 | 1u << 22 | 1u << 19 | 1, true },
		{ 0x08, UINT32_MAX, false },
		{ 0x0c, 0, true },
		{ 0x10, 0, true },
		{ 0x14, 0, true },
		{ 0x18, 1, true },
		{ 0x20, 1, true },
		{ 0x2c, 0, true }, /* CAP of block 1: not writable */
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c) - 1; i++) {
		teardown(NULL);
		setup(NULL);
		rig_cfg_write(&rig, RIG_PORT, rp_block() + c[i].reg, 4, c[i].v);
		if (rig_cfg_read(&rig, RIG_PORT, rp_block() + 8, 4) !=
		    (c[i].dead ? 0 : 2))
			fail_msg("row %u", i);
	}
}

static void what_the_engine_refuses_does_not_stay_in_a_register(void **unused)
{
	const uint16_t bdf[] = { RIG_PORT, RIG_EP };

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		unsigned b = rig_ecap(&rig, bdf[i], 0x30) + 0xcu;
		unsigned size = i ? 32 : 44;

		/* A second stream of the same id; an unknown algorithm. */
		rig_cfg_write(&rig, bdf[i], b + size + 4, 4, 5u << 24 | 1);
		assert_int_equal(rig_cfg_read(&rig, bdf[i], b + size + 4, 4),
				 0xff000000);
		rig_cfg_write(&rig, bdf[i], b + size + 4, 4,
			      6u << 24 | 1 << 14);
		assert_int_equal(rig_cfg_read(&rig, bdf[i], b + size + 4, 4),
				 0xff000000);
		rig_cfg_write(&rig, bdf[i], b + size + 4, 4, 6u << 24);
		assert_int_equal(rig_cfg_read(&rig, bdf[i], b + size + 4, 4),
				 6u << 24);
		assert_int_equal(rig_cfg_read(&rig, bdf[i], b + 8, 4), 2);
	}
}

static void a_stream_is_wiped_in_every_block_that_has_its_id(void **unused)
{
	const uint16_t bdf[] = { RIG_PORT, RIG_EP };
	uint32_t ctl = (uint32_t)RIG_STREAM << 24;
	unsigned b[2], size[] = { 44, 32 };

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		b[i] = rig_ecap(&rig, bdf[i], 0x30) + 0xcu;
		rig_cfg_write(&rig, bdf[i], b[i] + 4, 4, ctl | 1u << 22);
	}
	assert_int_equal(fabric_stream_ready(&rig.fabric, rig.port, RIG_STREAM,
					     0, RIG_EP),
			 IL_OK);
	rig_keys(&rig, 2, 0);
	assert_int_equal(fabric_stream_ready(&rig.fabric, rig.port, RIG_STREAM,
					     0, RIG_EP),
			 IL_E_STATE);
	/* The host hides them behind an enabled block of the same id. */
	for (unsigned i = 0; i < 2; i++) {
		rig_cfg_write(&rig, bdf[i], b[i] + size[i] + 0x10, 4, 1);
		rig_cfg_write(&rig, bdf[i], b[i] + size[i] + 4, 4, ctl | 1);
	}
	device_dsm_port.stream_kill(&rig.dev, 0, RIG_STREAM);
	assert_int_equal(fabric_key_wipe(&rig.fabric, rig.port, RIG_STREAM),
			 IL_OK);
	for (unsigned i = 0; i < 2; i++) {
		rig_cfg_write(&rig, bdf[i], b[i] + size[i] + 4, 4, ctl);
		rig_cfg_write(&rig, bdf[i], b[i] + 4, 4, ctl | 1u << 22 | 1);
		assert_int_equal(rig_cfg_read(&rig, bdf[i], b[i] + 8, 4) & 0xf,
				 0);
	}
}

static void keys_lost_by_a_new_id_are_forgotten_under_the_old_one(void **unused)
{
	const uint32_t ctl = 1u << 22;
	struct idekm_stream *km = rig.dev.km;
	uint8_t key[IDE_KEY_LEN] = { 0x77 };

	(void)unused;
	rig_cfg_write(&rig, RIG_EP, ep_block() + 4, 4,
		      (uint32_t)RIG_STREAM << 24 | ctl);
	rig_settle(&rig);
	assert_int_equal(
		ide_key_set(&rig.dev.ide, RIG_STREAM, 0, IDE_RX, 0, key, 1),
		IL_OK);
	device_keys_changed(&rig.dev, 0);
	rig_session(&rig);
	rig.dev.dsm.pci.idekm.owner = RIG_SESSION;
	km->used = true;
	km->stream = RIG_STREAM;
	km->key[0][0][0] = IDEKM_KEY_PRIMED;
	rig_cfg_write(&rig, RIG_EP, ep_block() + 4, 4, 6u << 24 | ctl);
	rig_settle(&rig);
	assert_false(ide_has_keys(&rig.dev.ide, 0));
	assert_false(km->used);
}

static void keys_at_the_port_are_for_streams_that_are_there(void **unused)
{
	struct fabric *f = &rig.fabric;
	struct fabric_stream s;
	uint8_t key[32] = { 99 };

	(void)unused;
	assert_int_equal(fabric_key_status(f, 0, RIG_STREAM, &s), IL_OK);
	assert_int_equal(s.status, IDE_SECURE);
	assert_int_equal(s.block, 0);
	assert_true(s.primed[0]);
	assert_false(s.primed[1]);
	assert_int_equal(s.regs.rid_base, RIG_EP);
	assert_int_equal(s.regs.addr[0].limit, 0xe0ffffff);
	assert_int_equal(fabric_key_status(f, 1, RIG_STREAM, &s), IL_E_ARG);
	assert_int_equal(fabric_key_status(f, 0, 9, &s), IL_E_ARG);
	assert_int_equal(fabric_key_status(f, 0, 255, &s), IL_E_ARG);
	assert_int_equal(
		fabric_key_program(f, 1, RIG_STREAM, 1, IDE_RX, 0, key, 1),
		IL_E_ARG);
	assert_int_equal(fabric_key_program(f, 0, 255, 1, IDE_RX, 0, key, 1),
			 IL_E_ARG);
	assert_int_equal(fabric_key_go(f, 1, RIG_STREAM, 0, IDE_RX, 0),
			 IL_E_ARG);
	assert_int_equal(fabric_key_go(f, 0, 255, 0, IDE_RX, 0), IL_E_ARG);
	assert_int_equal(fabric_key_stop(f, 1, RIG_STREAM, 0, IDE_RX, 0),
			 IL_E_ARG);
	assert_int_equal(fabric_key_stop(f, 0, 255, 0, IDE_RX, 0), IL_E_ARG);
	assert_int_equal(fabric_key_wipe(f, 1, RIG_STREAM), IL_E_ARG);
	assert_int_equal(fabric_key_wipe(f, 0, 255), IL_E_ARG);
	assert_int_equal(fabric_key_wipe(f, 0, 9), IL_E_ARG);
	assert_int_equal(fabric_stream_ready(f, 0, RIG_STREAM, 0, RIG_EP),
			 IL_E_STATE);
	rig_tdi(&rig, 0, TDI_RUN, 0);
	assert_int_equal(fabric_key_wipe(f, 0, RIG_STREAM), IL_OK);
	rig_settle(&rig);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, rp_block() + 8, 4), 0);
	/* The partner was told. */
	assert_int_equal(state_of(0), TDI_ERROR);
}

static void refresh_moves_both_ends_to_the_other_set(void **unused)
{
	(void)unused;
	rig_tdi(&rig, 0, TDI_RUN, 0);
	rig_keys(&rig, 2, 1);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 3, 0x1000, 0x8000, 5000, true),
			 0);
	assert_int_equal(rig.dev.ide.stream[0].rx_set[0], 1);
	assert_int_equal(rig.fabric.port[0].ide.stream[0].rx_set[0], 1);
	assert_int_equal(state_of(0), TDI_RUN);
}

static void the_capability_is_read_as_query_tells_it(void **unused)
{
	uint8_t image[1024];
	struct il_ide_query m = { 0 };
	size_t len = 0;

	(void)unused;
	assert_int_equal(
		fabric_ep_ide(&rig.fabric, RIG_EP, image, sizeof(image), &len),
		IL_OK);
	assert_int_equal(device_dsm_port.query(&rig.dev, 0, &m), IL_OK);
	assert_int_equal(m.bus, 1);
	assert_int_equal(m.devfn, 0);
	assert_int_equal(m.max_port, 0);
	assert_int_equal(m.cap.n, len);
	assert_int_equal(len, 0x0c + 4 * 32 - 4);
	assert_memory_equal(m.cap.p, image, len);
	assert_int_equal(device_dsm_port.query(&rig.dev, 1, &m), IL_E_ARG);
	assert_int_equal(
		fabric_ep_ide(&rig.fabric, RIG_EP, image, len - 1, &len),
		IL_E_SPACE);
	assert_int_equal(
		fabric_ep_ide(&rig.fabric, RIG_EP + 1, image, 1024, &len),
		IL_E_IO);
	assert_int_equal(
		fabric_ep_ide(&rig.fabric, RIG_EP + 6, image, 1024, &len),
		IL_E_IO);
	assert_true(fabric_behind(&rig.fabric, 0, 0, RIG_EP + 7));
	assert_false(fabric_behind(&rig.fabric, 0, 1, RIG_EP));
	assert_false(fabric_behind(&rig.fabric, 0, 0, BDF(2, 0, 0)));
	assert_false(fabric_behind(&rig.fabric, 1, 0, RIG_EP));
}

static void lock_is_refused_over_bad_configuration(void **unused)
{
	unsigned s = rig_ecap(&rig, RIG_EP, 0x10);
	const struct tdisp_lock lock = { .default_stream = RIG_STREAM };
	const struct dsm_port *p = &device_dsm_port;

	(void)unused;
	assert_null(p->check_config(&rig.dev, 0, &lock));
	assert_null(p->check_config(&rig.dev, 2, &lock));
	rig_cfg_write(&rig, RIG_EP, s + 0x20, 4, 2);
	assert_null(p->check_config(&rig.dev, 0, &lock));
	assert_ptr_equal(p->check_config(&rig.dev, 1, &lock),
			 &device_rule_page_size);
	rig_cfg_write(&rig, RIG_EP, s + 0x20, 4, 1);
	rig_cfg_write(&rig, RIG_EP, s + 0x24, 4, RIG_BAR0 - 0x4000);
	assert_ptr_equal(p->check_config(&rig.dev, 0, &lock),
			 &device_rule_overlap);
	rig_cfg_write(&rig, RIG_EP, s + 0x24, 4, RIG_BAR0 - 0x8000);
	assert_null(p->check_config(&rig.dev, 0, &lock));
	rig_cfg_write(&rig, RIG_EP, 0x10, 4, RIG_BAR2 + 0xc000);
	assert_ptr_equal(p->check_config(&rig.dev, 1, &lock),
			 &device_rule_overlap);
	rig_cfg_write(&rig, RIG_EP, 0x10, 4, RIG_BAR2 + 0x10000);
	assert_null(p->check_config(&rig.dev, 1, &lock));
	rig_cfg_write(&rig, RIG_EP, 0x18, 4, 0);
	assert_ptr_equal(p->check_config(&rig.dev, 0, &lock),
			 &device_rule_bar_off);
	assert_null(p->check_config(&rig.dev, 1, &lock));
}

static void a_report_tells_the_bars_of_its_function(void **unused)
{
	struct tdisp_lock lock = { .flags = 0 };
	struct tdisp_report r;

	(void)unused;
	assert_int_equal(device_dsm_port.report(&rig.dev, 2, &lock, &r), IL_OK);
	assert_true(tdisp_report_sane(&r));
	assert_int_equal(r.info, TDISP_INFO_DMA_NO_PASID);
	assert_int_equal(r.msix_control, 0);
	assert_int_equal(r.range_count, 2);
	assert_int_equal(r.ranges[0].first_page, (RIG_VFBAR0 + 0x4000) >> 12);
	assert_int_equal(r.ranges[0].pages, 2);
	assert_int_equal(r.ranges[0].attrs, 0);
	assert_int_equal(r.ranges[1].first_page, (RIG_VFBAR2 + 0x10000) >> 12);
	assert_int_equal(r.ranges[1].pages, 16);
	assert_int_equal(r.ranges[1].id, 2);
	lock.flags = TDISP_LOCK_MSIX | TDISP_LOCK_NO_FW_UPDATE;
	rig_msix(&rig, RIG_BAR0, RIG_EP, 0, 9);
	assert_int_equal(device_dsm_port.report(&rig.dev, 0, &lock, &r), IL_OK);
	assert_true(tdisp_report_sane(&r));
	assert_int_equal(r.info,
			 TDISP_INFO_DMA_NO_PASID | TDISP_INFO_NO_FW_UPDATE);
	assert_int_equal(r.msix_control, 0x8003);
	assert_int_equal(r.range_count, 4);
	assert_int_equal(r.ranges[1].first_page, (RIG_BAR0 + 0x2000) >> 12);
	assert_int_equal(r.ranges[1].pages, 1);
	assert_int_equal(r.ranges[1].attrs, TDISP_RANGE_MSIX_TABLE);
	assert_int_equal(r.ranges[2].first_page, (RIG_BAR0 + 0x3000) >> 12);
	assert_int_equal(r.ranges[2].attrs, TDISP_RANGE_MSIX_PBA);
}

static void scrub_leaves_no_byte_of_the_tvm(void **unused)
{
	struct device_fn *fn = &rig.dev.fn[0];

	(void)unused;
	rig_fill(&rig, 0x1000, 4096, 3);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 1, 0x1000, 0, 4096, false), 0);
	rig_mmio_write(&rig, RIG_BAR2 + 0xfff8, 0x77, 8, false);
	assert_int_equal(device_dsm_port.quiesce(&rig.dev, 0), IL_OK);
	assert_int_equal(fn->mem[2].p[0xfff8], 0x77);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2 + 0xfff8, 8, false),
			 0x77);
	rig.dev.scratch[1] = rig.dev.data[9] = 0x77;
	assert_int_equal(device_dsm_port.scrub(&rig.dev, 0), IL_OK);
	for (unsigned i = 0; i < sizeof(rig.dev.data); i++)
		assert_int_equal(rig.dev.data[i], 0);
	for (unsigned i = 0; i < sizeof(rig.dev.scratch); i++)
		assert_int_equal(rig.dev.scratch[i], 0);
	for (unsigned i = 0; i < 4096; i++)
		assert_int_equal(fn->engine.buf[i], 0);
	for (unsigned i = 0; i < DMA_BAR_MEM_SIZE; i++)
		assert_int_equal(fn->mem[2].p[i], 0);
	assert_int_equal(fn->engine.src, 0);
	rig_mmio_write(&rig, RIG_BAR0 + 0x2000, 0x1234, 8, false);
	assert_int_equal(device_dsm_port.scrub(&rig.dev, 0), IL_OK);
	assert_int_equal(fn->table[0], 0x34);
	rig_tdi(&rig, 0, TDI_LOCKED, TDISP_LOCK_MSIX);
	assert_int_equal(device_dsm_port.scrub(&rig.dev, 0), IL_OK);
	assert_int_equal(fn->table[0], 0);
	assert_int_equal(fn->table[12], 1);
}

static uint8_t program(struct device *d, const struct idekm_ref *ref,
		       const uint8_t *key, const uint8_t *ifv)
{
	uint8_t status = 0xff;

	assert_int_equal(device_dsm_port.program_key(d, ref, key, ifv, &status),
			 IL_OK);
	return status;
}

static void the_dsm_sees_streams_as_the_registers_have_them(void **unused)
{
	struct dsm_stream s = { .port = 9 };
	const struct dsm_port *p = &device_dsm_port;
	const struct idekm_ref bad_port = { .stream = 5, .port = 1 };
	const struct idekm_ref parked = { .stream = 255 };
	const struct idekm_ref absent = { .stream = 77 };
	uint8_t key[32] = { 1, 2 }, ifv[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };

	(void)unused;
	assert_int_equal(p->stream_info(&rig.dev, 77, &s), IL_E_ARG);
	assert_int_equal(p->stream_info(&rig.dev, 255, &s), IL_E_ARG);
	assert_int_equal(s.port, 9);
	assert_int_equal(p->stream_info(&rig.dev, RIG_STREAM, &s), IL_OK);
	assert_true(s.enabled && s.secure && s.is_default);
	assert_int_equal(s.defaults, 1);
	assert_int_equal(s.tc, 0);
	assert_int_equal(program(&rig.dev, &bad_port, key, ifv),
			 IDEKM_BAD_PORT);
	assert_int_equal(program(&rig.dev, &parked, key, ifv), IDEKM_BAD_FIELD);
	assert_int_equal(program(&rig.dev, &absent, key, ifv), IDEKM_BAD_FIELD);
	assert_int_equal(p->key_go(&rig.dev, &bad_port), IL_E_ARG);
	assert_int_equal(p->key_go(&rig.dev, &parked), IL_E_ARG);
	assert_int_equal(p->key_stop(&rig.dev, &bad_port), IL_E_ARG);
	assert_int_equal(p->key_stop(&rig.dev, &parked), IL_E_ARG);
	p->stream_kill(&rig.dev, 0, 77);
	p->stream_kill(&rig.dev, 1, RIG_STREAM);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep_block() + 8, 4), 2);
	p->stream_kill(&rig.dev, 0, RIG_STREAM);
	assert_int_equal(rig.dev.event_due, 0);
	rig_settle(&rig);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep_block() + 8, 4), 0);
	assert_int_equal(p->stream_info(&rig.dev, RIG_STREAM, &s), IL_OK);
	assert_true(s.enabled && !s.secure);
}

/* The stream with configuration requests on it, at the port's end. */
static void config_on_the_stream(void)
{
	unsigned rp = rig_ecap(&rig, RIG_PORT, 0x30) + 0xcu;
	uint32_t ctl = RIG_STREAM << 24 | 1u << 22 | 1u << 9;

	rig_cfg_write(&rig, RIG_EP, ep_block() + 4, 4, 0);
	rig_cfg_write(&rig, RIG_PORT, rp + 4, 4, 0);
	rig_cfg_write(&rig, RIG_EP, ep_block() + 4, 4,
		      RIG_STREAM << 24 | 1u << 22);
	rig_cfg_write(&rig, RIG_PORT, rp + 4, 4, ctl);
	rig_keys(&rig, 77, 0);
	rig_cfg_write(&rig, RIG_EP, ep_block() + 4, 4,
		      RIG_STREAM << 24 | 1u << 22 | 1);
	rig_cfg_write(&rig, RIG_PORT, rp + 4, 4, ctl | 1);
}

static void a_write_that_ends_its_own_stream_is_answered_on_it(void **unused)
{
	unsigned ep;

	(void)unused;
	config_on_the_stream();
	ep = ep_block();
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, ep + 8, 4), 2);
	assert_int_equal(fabric_cfg_write(&rig.fabric, RIG_EP,
					  (uint16_t)(ep + 4), 4,
					  RIG_STREAM << 24 | 1u << 22),
			 IL_OK);
	assert_int_equal(ide_state(&rig.dev.ide, 0), IDE_INSECURE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_running_tdi_moves_data_with_t_set),
		T(an_unlocked_function_rides_the_stream_without_t),
		T(tee_memory_takes_what_the_state_allows),
		T(msix_pages_are_tee_memory_only_when_locked),
		T(nothing_of_an_unlocked_function_takes_a_trusted_request),
		T(a_bar_moved_over_a_locked_tdi_takes_nothing_meant_for_it),
		T(no_lock_over_what_another_tdi_has_in_its_report),
		T(what_a_tdi_locked_stays_closed_when_its_bars_move),
		T(a_locked_tdi_issues_no_requests),
		T(an_interrupt_has_t_only_with_a_locked_table),
		T(bytes_asked_for_in_run_do_not_count_after_it),
		T(registers_that_lock_freezes_end_trust),
		T(a_locked_msix_capability_is_watched),
		T(a_new_bus_number_ends_trust),
		T(flr_wipes_the_function_and_nothing_else),
		T(flr_of_the_pf_ends_vfs_streams_and_mailbox),
		T(d3hot_and_back_is_a_reset),
		T(hot_reset_leaves_nothing),
		T(hot_reset_by_the_bridge_register_leaves_nothing),
		T(fundamental_reset_leaves_nothing),
		T(a_link_that_goes_down_ends_trust),
		T(surprise_removal_and_insertion),
		T(a_changed_packet_ends_the_stream_at_both_ends),
		T(routing_registers_of_the_port_kill_keyed_streams),
		T(stream_registers_of_the_port_kill_their_stream),
		T(what_the_engine_refuses_does_not_stay_in_a_register),
		T(a_stream_is_wiped_in_every_block_that_has_its_id),
		T(keys_lost_by_a_new_id_are_forgotten_under_the_old_one),
		T(keys_at_the_port_are_for_streams_that_are_there),
		T(refresh_moves_both_ends_to_the_other_set),
		T(the_capability_is_read_as_query_tells_it),
		T(lock_is_refused_over_bad_configuration),
		T(a_report_tells_the_bars_of_its_function),
		T(scrub_leaves_no_byte_of_the_tvm),
		T(a_write_that_ends_its_own_stream_is_answered_on_it),
		T(the_dsm_sees_streams_as_the_registers_have_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
