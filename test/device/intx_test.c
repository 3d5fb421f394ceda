/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions without MSI-X: wires as the fabric tells of them, the registers of
 * their interrupts, and what a lock has to do with it. PCIe Base 6.0 §2.2.8.1,
 * §7.5.1.1.3, §7.5.1.1.4, §6.6.2.
 */
#include "rig.h"

#include "pci/regs.h"

static struct rig rig;

static uint16_t bdf(unsigned fn)
{
	return (uint16_t)(RIG_EP + fn);
}

/* Functions 0, 1, 4 and 5 have no MSI-X: 0 and 4 share a wire, 1 and 5. */
static int setup(void **state)
{
	(void)state;
	rig_new_many(&rig, 6, 0x33);
	rig_enumerate(&rig);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

/* A command that ends well, with its interrupt. */
static void work(unsigned fn, bool t)
{
	const uint64_t at = RIG_BAR0_OF(fn);

	rig_mmio_write(&rig, at + DMA_IRQ, DMA_IRQ_ENABLE, 4, t);
	rig_mmio_write(&rig, at + DMA_SRC, 0x10000, 8, t);
	rig_mmio_write(&rig, at + DMA_LEN, 64, 4, t);
	rig_mmio_write(&rig, at + DMA_CMD, DMA_CMD_LOAD, 4, t);
	rig_settle(&rig);
}

static void ack(unsigned fn, bool t)
{
	rig_mmio_write(&rig, RIG_BAR0_OF(fn) + DMA_STATUS, 6, 4, t);
	rig_settle(&rig);
}

static bool status(unsigned fn)
{
	return rig_cfg_read(&rig, bdf(fn), 0x06, 2) & 0x08;
}

static void a_function_has_msix_or_a_pin(void **unused)
{
	static const uint8_t pins[] = { 1, 2, 0, 0, 1, 2 };

	(void)unused;
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(rig_cfg_read(&rig, bdf(i), 0x3d, 1), pins[i]);
		assert_int_equal(!rig_cap(&rig, bdf(i), 0x11), pins[i] != 0);
	}
}

static void an_interrupt_lasts_until_its_cause_is_cleared(void **unused)
{
	(void)unused;
	work(0, false);
	assert_int_equal(rig.intx, 1);
	assert_true(status(0));
	assert_false(status(1));
	rig_settle(&rig);
	assert_int_equal(rig.intx_told, 1);
	ack(0, false);
	assert_int_equal(rig.intx, 0);
	assert_false(status(0));
	assert_int_equal(rig.intx_told, 2);
	/* The next command ends the old cause as well. */
	work(0, false);
	rig_mmio_write(&rig, RIG_BAR0_OF(0) + DMA_CTRL, 1, 4, false);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 0);
	/* Without the enable there is none, done or not. */
	work(1, false);
	assert_int_equal(rig.intx, 2);
	rig_mmio_write(&rig, RIG_BAR0_OF(1) + DMA_IRQ, 0, 4, false);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 0);
}

static void an_error_interrupts_as_well(void **unused)
{
	(void)unused;
	rig_mmio_write(&rig, RIG_BAR0_OF(1) + DMA_IRQ, 0x10003, 4, false);
	rig_mmio_write(&rig, RIG_BAR0_OF(1) + DMA_CMD, 77, 4, false);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 2);
	ack(1, false);
	assert_int_equal(rig.intx, 0);
}

static void functions_share_a_wire(void **unused)
{
	(void)unused;
	work(0, false);
	work(4, false);
	work(5, false);
	assert_int_equal(rig.intx, 3);
	assert_int_equal(rig.intx_told, 2);
	ack(0, false);
	assert_int_equal(rig.intx, 3); /* function 4 holds it still */
	ack(4, false);
	assert_int_equal(rig.intx, 2);
	ack(5, false);
	assert_int_equal(rig.intx, 0);
	assert_int_equal(rig.intx_told, 4);
}

static void one_with_msix_touches_no_wire(void **unused)
{
	(void)unused;
	rig_msix(&rig, RIG_BAR0_OF(2), bdf(2), 0, 0x40);
	work(2, false);
	work(3, false);
	assert_int_equal(rig.intx_told, 0);
	assert_false(status(2));
	assert_int_equal(rig.fabric.msis, 1);
}

static void interrupt_disable_holds_the_wire_and_not_the_status(void **unused)
{
	(void)unused;
	work(0, false);
	rig_cfg_write(&rig, bdf(0), 0x04, 2, 0x0406);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 0);
	assert_true(status(0));
	rig_cfg_write(&rig, bdf(0), 0x04, 2, 0x0006);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 1);
	/* Bus Master Enable says nothing about messages. */
	rig_cfg_write(&rig, bdf(0), 0x04, 2, 0x0002);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 1);
	/* The bit is not there to be written. */
	rig_cfg_write(&rig, bdf(0), 0x06, 2, 0xffff);
	assert_true(status(0));
}

static void resets_and_sleep_let_go_of_the_wire(void **unused)
{
	const unsigned pm = rig_cap(&rig, bdf(0), 0x01) + 4u;
	const unsigned exp = rig_cap(&rig, bdf(0), 0x10) + 8u;

	(void)unused;
	work(0, false);
	rig_cfg_write(&rig, bdf(0), exp, 2, 0xa850);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 0);
	assert_false(status(0));
	rig_enumerate(&rig);
	work(0, false);
	rig_cfg_write(&rig, bdf(0), pm, 2, 3);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 0);
	rig_cfg_write(&rig, bdf(0), pm, 2, 0);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 0); /* it came back reset */
	rig_enumerate(&rig);
	work(0, false);
	work(1, false);
	assert_int_equal(rig.intx, 3);
	assert_int_equal(fabric_hot_reset(&rig.fabric, rig.port), IL_OK);
	assert_int_equal(rig.intx, 0);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 0);
}

static void a_link_that_comes_back_is_told_anew(void **unused)
{
	(void)unused;
	work(0, false);
	assert_int_equal(fabric_link_down(&rig.fabric, rig.port), IL_OK);
	assert_int_equal(rig.intx, 0); /* both ends forget */
	rig_settle(&rig);
	assert_int_equal(fabric_link_up(&rig.fabric, rig.port), IL_OK);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 1);
	assert_int_equal(fabric_remove(&rig.fabric, rig.port), IL_OK);
	assert_int_equal(rig.intx, 0);
}

static void a_full_channel_tells_later(void **unused)
{
	(void)unused;
	rig_mmio_write(&rig, RIG_BAR0_OF(0) + DMA_IRQ, DMA_IRQ_ENABLE, 4,
		       false);
	rig_settle(&rig);
	/* A packet waits for room; a wire that changes meanwhile is not
	 * forgotten. */
	rig.dev.fn[0].engine.status = DMA_STATUS_DONE;
	rig.dev.cfg.link.ops = NULL;
	rig.dev.out_len = 16;
	(void)device_run(&rig.dev, rig.now);
	assert_int_equal(rig.dev.intx, 0);
	rig.dev.out_len = 0;
	rig.dev.cfg.link = link_queue_end(&rig.queue, 1);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 1);
}

/* Message in the clear, whatever the stream (PCIe Base 6.3 §6.33.4). */
static void in_run_the_wire_is_as_before(void **unused)
{
	(void)unused;
	rig_stream(&rig, 1);
	rig_tdi(&rig, 1, TDI_RUN, 0);
	work(1, true);
	assert_int_equal(rig.intx, 2);
	assert_int_equal(rig.fabric.faults, 0);
	ack(1, true);
	assert_int_equal(rig.intx, 0);
}

/* Nobody could end it there: the registers take no request. */
static void no_wire_is_held_while_nobody_can_clear_the_cause(void **unused)
{
	(void)unused;
	rig_stream(&rig, 1);
	work(1, false);
	assert_int_equal(rig.intx, 2);
	rig_tdi(&rig, 1, TDI_LOCKED, 0);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 0);
	rig_tdi(&rig, 1, TDI_RUN, 0);
	rig_settle(&rig);
	assert_int_equal(rig.intx, 2);
	/* Interrupt Disable is no reason for ERROR, nor Interrupt Line. */
	rig_cfg_write(&rig, bdf(1), 0x04, 2, 0x0406);
	rig_cfg_write(&rig, bdf(1), 0x3c, 1, 9);
	rig_cfg_write(&rig, bdf(1), 0x04, 2, 0x0006);
	rig_settle(&rig);
	assert_int_equal(rig.dev.tdis[1].state, TDI_RUN);
	assert_int_equal(rig.intx, 2);
	rig_cfg_write(&rig, bdf(1), 0x04, 2, 0x0002); /* bus master */
	rig_settle(&rig);
	assert_int_equal(rig.dev.tdis[1].state, TDI_ERROR);
	assert_int_equal(rig.intx, 0);
	assert_true(status(1));
}

/* Pages of a table that is not there are registers as the others are. */
static void without_msix_all_of_bar_0_is_registers(void **unused)
{
	const struct tdisp_lock lock = { .flags = TDISP_LOCK_MSIX };
	struct tdisp_report r;

	(void)unused;
	rig_mmio_write(&rig, RIG_BAR0_OF(0) + 0x2000, 0x1234, 4, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0_OF(0) + 0x2000, 4, false),
			 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0_OF(0) + 0x200c, 4, false),
			 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0_OF(2) + 0x200c, 4, false),
			 1);
	assert_int_equal(rig.dev.port.report(&rig.dev, 0, &lock, &r), IL_OK);
	assert_int_equal(r.range_count, 2);
	assert_int_equal(r.ranges[0].pages, 4);
	assert_int_equal(r.ranges[0].attrs, 0);
	assert_int_equal(r.msix_control, 0);
	assert_int_equal(rig.dev.port.report(&rig.dev, 2, &lock, &r), IL_OK);
	assert_int_equal(r.range_count, 4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(a_function_has_msix_or_a_pin),
		T(an_interrupt_lasts_until_its_cause_is_cleared),
		T(an_error_interrupts_as_well),
		T(functions_share_a_wire),
		T(one_with_msix_touches_no_wire),
		T(interrupt_disable_holds_the_wire_and_not_the_status),
		T(resets_and_sleep_let_go_of_the_wire),
		T(a_link_that_comes_back_is_told_anew),
		T(a_full_channel_tells_later),
		T(in_run_the_wire_is_as_before),
		T(no_wire_is_held_while_nobody_can_clear_the_cause),
		T(without_msix_all_of_bar_0_is_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
