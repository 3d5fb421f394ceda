/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "device/device_priv.h"

/* From a root port over a link to a device and back, in the clear. */

static struct rig rig;

static int setup(void **unused)
{
	(void)unused;
	rig_new(&rig, 2);
	rig_enumerate(&rig);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	rig_free(&rig);
	return 0;
}

static void a_device_is_found_by_its_ids(void **unused)
{
	(void)unused;
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0, 4), 0x00011d1a);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x0a, 2), 0x1200);
	assert_int_equal(rig_cfg_read(&rig, RIG_PORT, 0, 4), 0x00101d1a);
	assert_int_equal(rig_mmio_read(&rig, RIG_ECAM + (1 << 20), 4, false),
			 0x00011d1a);
	rig_mmio_write(&rig, RIG_ECAM + (1 << 20) + 0x3c, 0x21, 1, false);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x3c, 1), 0x21);
	assert_int_equal(rig_mmio_read(&rig, RIG_ECAM + (1 << 20), 8, false),
			 UINT64_MAX);
}

static void a_function_that_is_not_there_reads_as_ones(void **unused)
{
	uint32_t v = 0;

	(void)unused;
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP + 5, 0, 4, &v),
			 IL_E_IO);
	assert_int_equal(v, UINT32_MAX);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_ur);
	assert_ptr_equal(rig.dev.last.rule, &device_rule_no_function);
	assert_int_equal(
		rig_mmio_read(&rig, RIG_ECAM + (1 << 20) + (5 << 12), 2, false),
		0xffff);
}

static void a_device_number_other_than_zero_is_not_on_a_link(void **unused)
{
	uint64_t sent = rig.fabric.port[0].tlps_down;
	uint32_t v = 0;

	(void)unused;
	assert_int_equal(fabric_cfg_read(&rig.fabric, BDF(1, 1, 0), 0, 4, &v),
			 IL_E_IO);
	assert_int_equal(v, UINT32_MAX);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_no_target);
	assert_int_equal(rig.fabric.port[0].tlps_down, sent);
}

static void a_bus_that_no_port_has_gets_no_packet(void **unused)
{
	uint64_t sent = rig.fabric.port[0].tlps_down;

	(void)unused;
	assert_int_equal(fabric_cfg_write(&rig.fabric, BDF(2, 0, 0), 4, 2, 0),
			 IL_E_IO);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_no_target);
	assert_true(rig.fabric.last.write);
	assert_int_equal(rig.fabric.port[0].tlps_down, sent);
}

static void a_bus_behind_the_device_is_not_its_own(void **unused)
{
	uint32_t v;

	(void)unused;
	rig_cfg_write(&rig, RIG_PORT, 0x1a, 1, 3);
	assert_int_equal(fabric_cfg_read(&rig.fabric, BDF(2, 0, 0), 0, 4, &v),
			 IL_E_IO);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_ur);
	assert_ptr_equal(rig.dev.last.rule, &device_rule_type);
}

static void accesses_of_odd_shape_are_no_accesses(void **unused)
{
	uint64_t faults = rig.fabric.faults;
	uint32_t v = 0;

	(void)unused;
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP, 1, 2, &v),
			 IL_E_ARG);
	assert_int_equal(v, 0xffff);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP, 0, 3, &v),
			 IL_E_ARG);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP, 4096, 4, &v),
			 IL_E_ARG);
	assert_int_equal(fabric_cfg_write(&rig.fabric, RIG_EP, 6, 4, 0),
			 IL_E_ARG);
	assert_int_equal(fabric_cfg_write(&rig.fabric, RIG_EP, 0, 0, 0),
			 IL_E_ARG);
	assert_int_equal(rig.fabric.faults, faults);
}

static void writing_ones_to_a_bar_gives_its_size(void **unused)
{
	uint32_t lo;

	(void)unused;
	rig_cfg_write(&rig, RIG_EP, 0x10, 4, UINT32_MAX);
	rig_cfg_write(&rig, RIG_EP, 0x14, 4, UINT32_MAX);
	lo = rig_cfg_read(&rig, RIG_EP, 0x10, 4);
	assert_int_equal(lo & 0xf, 0x4);
	assert_int_equal(~(lo & ~0xfu) + 1, 0x4000);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x14, 4), UINT32_MAX);
	rig_cfg_write(&rig, RIG_EP, 0x18, 4, UINT32_MAX);
	lo = rig_cfg_read(&rig, RIG_EP, 0x18, 4);
	assert_int_equal(lo & 0xf, 0xc);
	assert_int_equal(~(lo & ~0xfu) + 1, 0x10000);
	rig_cfg_write(&rig, RIG_EP, 0x20, 4, UINT32_MAX);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x20, 4), 0);
}

static void writes_of_one_byte_leave_the_others(void **unused)
{
	(void)unused;
	rig_cfg_write(&rig, RIG_EP, 0x3c, 1, 0xab);
	rig_cfg_write(&rig, RIG_EP, 0x0c, 1, 0x10);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x3c, 1), 0xab);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x0c, 4), 0x10);
	rig_cfg_write(&rig, RIG_EP, 0x05, 1, 0x05);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x04, 2), 0x0506);
}

static void discovery_lists_three_types(void **unused)
{
	static const uint8_t want[3][4] = { { 1, 0, 0, 1 },
					    { 1, 0, 1, 2 },
					    { 1, 0, 2, 0 } };
	uint8_t out[64];

	(void)unused;
	for (uint8_t i = 0; i < 3; i++) {
		const uint8_t req[4] = { i, 2, 0, 0 };

		assert_int_equal(rig_doe(&rig, 0, req, 4, out, sizeof(out)), 4);
		assert_memory_equal(out, want[i], 4);
	}
}

static void spdm_in_the_clear_answers_get_version(void **unused)
{
	const uint8_t req[4] = { 0x10, 0x84, 0, 0 };
	const uint8_t want[8] = { 0x10, 0x04, 0, 0, 0, 1, 0x00, 0x12 };
	uint8_t out[64];

	(void)unused;
	assert_int_equal(rig_doe(&rig, 1, req, 4, out, sizeof(out)), 8);
	assert_memory_equal(out, want, 8);
	assert_int_equal(rig.dev.exchanges, 1);
}

static void an_object_of_another_type_gets_no_answer(void **unused)
{
	const uint8_t req[4] = { 0x10, 0x84, 0, 0 };
	unsigned doe = rig_ecap(&rig, RIG_EP, 0x2e);
	uint8_t out[64];

	(void)unused;
	/* 3 and 4: SPDM with a connection id. */
	for (unsigned type = 3; type < 256; type++)
		assert_int_equal(
			rig_doe(&rig, (uint8_t)type, req, 4, out, sizeof(out)),
			0);
	/* The right type of another vendor. */
	rig_cfg_write(&rig, RIG_EP, doe + 0x10, 4, 0x00010002);
	rig_cfg_write(&rig, RIG_EP, doe + 0x10, 4, 3);
	rig_cfg_write(&rig, RIG_EP, doe + 0x10, 4, 0x00008410);
	rig_cfg_write(&rig, RIG_EP, doe + 8, 4, 0x80000000);
	rig_settle(&rig);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, doe + 0xc, 4), 0);
	assert_int_equal(rig_doe(&rig, 1, req, 4, out, sizeof(out)), 8);
}

/* PCIe Base 6.3 §6.30.1: shorter than expected, and longer */
static void a_discovery_is_cut_or_discarded_by_its_length(void **unused)
{
	const uint8_t req[8] = { 0, 2, 0, 0, 9, 9, 9, 9 };
	uint8_t out[64];

	(void)unused;
	assert_int_equal(rig_doe(&rig, 0, req, 0, out, sizeof(out)), 0);
	assert_int_equal(rig_doe(&rig, 0, req, 8, out, sizeof(out)), 4);
	assert_memory_equal(out, ((const uint8_t[]){ 1, 0, 0, 1 }), 4);
	assert_int_equal(rig_doe(&rig, 0, req, 4, out, sizeof(out)), 4);
}

/* The same, §6.30.2. An abort makes it well. */
static void a_poisoned_write_of_the_mailbox_is_its_error(void **unused)
{
	const unsigned doe = rig_ecap(&rig, RIG_EP, 0x2e);
	const struct link_end up = link_queue_end(&rig.queue, 0);
	const uint8_t req[4] = { 0, 2, 0, 0 };
	uint8_t data[4], out[64];
	struct tlp t;

	(void)unused;
	for (unsigned reg = 0x10; reg < 0x20; reg += 8) {
		assert_int_equal(tlp_cfg_write(&t, RIG_PORT, 7, RIG_EP,
					       (uint16_t)(doe + reg), 4, 1,
					       false, data),
				 IL_OK);
		t.poisoned = true;
		assert_int_equal(link_send_tlp(&up, &t), IL_OK);
		rig_settle(&rig);
		/* What is behind the mailbox's registers is not it. */
		assert_int_equal(rig_cfg_read(&rig, RIG_EP, doe + 0xc, 4),
				 reg == 0x10 ? 4 : 0);
		rig_cfg_write(&rig, RIG_EP, doe + 8, 4, 1);
	}
	assert_int_equal(rig_doe(&rig, 0, req, 4, out, sizeof(out)), 4);
}

static void the_mailbox_takes_whole_dwords_alone(void **unused)
{
	unsigned doe = rig_ecap(&rig, RIG_EP, 0x2e);

	(void)unused;
	rig_cfg_write(&rig, RIG_EP, doe + 0x10, 2, 1);
	assert_int_equal(rig.dev.doe.state, DOE_IDLE);
	rig_cfg_write(&rig, RIG_EP, doe + 0x10, 4, 1);
	assert_int_equal(rig.dev.doe.state, DOE_RECEIVING);
	/* Abort is in the first byte, Go in the last. */
	rig_cfg_write(&rig, RIG_EP, doe + 8, 1, 0x81);
	assert_int_equal(rig.dev.doe.state, DOE_IDLE);
	rig_cfg_write(&rig, RIG_EP, doe + 0x10, 4, 1);
	rig_cfg_write(&rig, RIG_EP, doe + 0xb, 1, 0x80);
	assert_int_equal(rig.dev.doe.state, DOE_ERROR);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, doe + 0xc, 4), 4);
}

static void registers_are_read_and_written_over_mmio(void **unused)
{
	(void)unused;
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0, 4, false), 0x1d1a0001);
	rig_mmio_write(&rig, RIG_BAR0 + 0x10, 0x1122334455667788, 8, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x10, 8, false),
			 0x1122334455667788);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x14, 4, false),
			 0x11223344);
	rig_mmio_write(&rig, RIG_BAR0 + 0x1c, 0xaabbccdd, 4, false);
	rig_mmio_write(&rig, RIG_BAR0 + 0x18, 0x12, 4, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x18, 8, false),
			 0xaabbccdd00000012);
	rig_mmio_write(&rig, RIG_BAR0 + 0x38, UINT32_MAX, 4, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x38, 4, false),
			 0x1ffff);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x1000, 4, false), 0);
}

static void device_memory_takes_bytes_at_any_offset(void **unused)
{
	struct mem_req req = mem_req_host(RIG_BAR2 + 0x7f1, 1999, true);
	uint8_t in[1999], out[1999];
	struct fault f;

	(void)unused;
	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7 + 1);
	assert_int_equal(mem_access(&rig.mem, &req, in, &f), IL_OK);
	assert_int_equal(rig.dev.fn[0].mem[2].p[0x7f0], 0);
	assert_memory_equal(rig.dev.fn[0].mem[2].p + 0x7f1, in, sizeof(in));
	assert_int_equal(rig.dev.fn[0].mem[2].p[0x7f1 + 1999], 0);
	req.write = false;
	assert_int_equal(mem_access(&rig.mem, &req, out, &f), IL_OK);
	assert_memory_equal(out, in, sizeof(in));
}

static void odd_accesses_to_registers_are_aborted(void **unused)
{
	static const struct {
		unsigned off, len;
	} odd[] = { { 0, 2 }, { 2, 4 }, { 1, 1 }, { 4, 3 } };

	(void)unused;
	rig_mmio_write(&rig, RIG_BAR0 + 0x20, 0x1234, 4, false);
	for (unsigned i = 0; i < COUNT(odd); i++) {
		uint64_t got = rig_mmio_read(&rig, RIG_BAR0 + 0x20 + odd[i].off,
					     odd[i].len, false);

		assert_int_equal(got, (UINT64_C(1) << (8 * odd[i].len)) - 1);
		assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_ca);
		assert_ptr_equal(rig.dev.last.rule, &device_rule_access);
		rig_mmio_write(&rig, RIG_BAR0 + 0x20 + odd[i].off, UINT32_MAX,
			       odd[i].len, false);
	}
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x20, 4, false),
			 0x1234);
}

static void an_address_between_bars_is_nobodys(void **unused)
{
	(void)unused;
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x4000, 4, false),
			 UINT32_MAX);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_ur);
	assert_ptr_equal(rig.dev.last.rule, &device_rule_no_bar);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0 - 4, 4, false),
			 UINT32_MAX);
}

static void memory_space_enable_gates_the_bars(void **unused)
{
	(void)unused;
	rig_cfg_write(&rig, RIG_EP, 4, 2, 4);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0, 4, false), UINT32_MAX);
	assert_ptr_equal(rig.dev.last.rule, &device_rule_no_bar);
	rig_cfg_write(&rig, RIG_EP, 4, 2, 6);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0, 4, false), 0x1d1a0001);
}

static void a_port_forwards_only_its_windows(void **unused)
{
	uint64_t sent = rig.fabric.port[0].tlps_down;

	(void)unused;
	rig_cfg_write(&rig, RIG_PORT, 0x20, 4, 0xe000e000);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2, 4, false), UINT32_MAX);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_no_target);
	assert_int_equal(rig.fabric.port[0].tlps_down, sent);
	rig_cfg_write(&rig, RIG_PORT, 0x24, 4, 0xe020e020);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2, 4, false), 0);
	rig_cfg_write(&rig, RIG_PORT, 0x28, 4, 1);
	rig_cfg_write(&rig, RIG_PORT, 0x2c, 4, 1);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2, 4, false), UINT32_MAX);
	rig_cfg_write(&rig, RIG_PORT, 4, 2, 4);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0, 4, false), UINT32_MAX);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_no_target);
}

static void dma_loads_and_stores_any_alignment(void **unused)
{
	static const struct {
		uint32_t src, dst, len;
	} c[] = { { 0, 0, 1 },	     { 1, 2, 3 },     { 3, 1, 4 },
		  { 0, 0, 4096 },    { 2, 3, 4097 },  { 0xffd, 0xfff, 6 },
		  { 0x1f1, 5, 511 }, { 7, 9, 20000 }, { 0, 0, 512 } };

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		uint64_t src = 0x100000 + c[i].src, dst = 0x200000 + c[i].dst;
		uint8_t b = 0xee;
		struct fault f;

		rig_fill(&rig, src, c[i].len, (uint8_t)i);
		assert_int_equal(
			mem_host_write(&rig.mem, dst + c[i].len, &b, 1, &f),
			IL_OK);
		assert_int_equal(
			rig_dma(&rig, RIG_BAR0, 1, src, 0, c[i].len, false), 0);
		assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x30, 8, false),
				 c[i].len);
		assert_int_equal(
			rig_dma(&rig, RIG_BAR0, 2, 0, dst, c[i].len, false), 0);
		rig_assert_same(&rig, src, dst, c[i].len);
		assert_int_equal(
			mem_host_read(&rig.mem, dst + c[i].len, &b, 1, &f),
			IL_OK);
		assert_int_equal(b, 0xee);
	}
	assert_false(rig.last_t);
	assert_int_equal(rig.last_stream, IOMMU_NO_STREAM);
}

static void reads_obey_max_read_request_size(void **unused)
{
	unsigned exp = rig_cap(&rig, RIG_EP, 0x10);

	(void)unused;
	rig_fill(&rig, 0x100000, 9000, 1);
	for (unsigned code = 0; code < 8; code++) {
		rig_cfg_write(&rig, RIG_EP, exp + 8, 2, code << 12);
		rig_dma(&rig, RIG_BAR0, 3, 0x100001, 0x300000, 9000, false);
		rig_assert_same(&rig, 0x100001, 0x300000, 9000);
	}
}

static void dma_copies_a_mebibyte(void **unused)
{
	(void)unused;
	rig_fill(&rig, 0x100000, DMA_MAX_LEN, 9);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 3, 0x100000, 0x300000,
				 DMA_MAX_LEN, false),
			 0);
	rig_assert_same(&rig, 0x100000, 0x300000, DMA_MAX_LEN);
	assert_int_equal(rig.fabric.dma_read, DMA_MAX_LEN);
	assert_int_equal(rig.fabric.dma_write, DMA_MAX_LEN);
	assert_int_equal(rig.fabric.faults, 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x30, 8, false),
			 DMA_MAX_LEN);
}

static void commands_that_make_no_sense_are_errors(void **unused)
{
	(void)unused;
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 0, 0, 0, 4, false), 1);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 4, 0, 0, 4, false), 1);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 1, 0, 0, 0, false), 1);
	assert_int_equal(
		rig_dma(&rig, RIG_BAR0, 1, 0, 0, DMA_MAX_LEN + 1, false), 1);
	assert_int_equal(rig.fabric.dma_read, 0);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 1, 0, 0, DMA_MAX_LEN, false),
			 0);
}

static void dma_needs_bus_master_enable_at_the_function(void **unused)
{
	(void)unused;
	rig_cfg_write(&rig, RIG_EP, 4, 2, 2);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, false), 2);
	assert_int_equal(rig.fabric.dma_write, 0);
	assert_ptr_equal(rig.dev.last.rule, &device_rule_master);
	assert_int_equal(rig.dev.last.who, AGENT_DEVICE);
	assert_int_equal(rig.dev.last.addr, 0x1000);
	assert_true(rig.dev.last.write);
}

static void an_answer_to_a_read_that_is_over_is_refused(void **unused)
{
	const struct device_engine *e = &rig.dev.fn[0].engine;

	(void)unused;
	rig_fill(&rig, 0x1000, 64, 7);
	rig_mmio_write(&rig, RIG_BAR0 + 0x10, 0x1000, 8, false);
	rig_mmio_write(&rig, RIG_BAR0 + 0x20, 64, 4, false);
	rig_mmio_write(&rig, RIG_BAR0 + 0x24, 1, 4, false);
	assert_true(device_run(&rig.dev, 0) || rig.dev.read[0].used);
	rig.dev.read[0].used = false;
	rig_settle(&rig);
	assert_ptr_equal(rig.dev.last.rule, &device_rule_completion);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(e->buf[i], 0);
}

static void dma_needs_bus_master_enable_at_the_port(void **unused)
{
	(void)unused;
	rig_cfg_write(&rig, RIG_PORT, 4, 2, 2);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 1, 0x1000, 0, 64, false), 4);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_bme);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, false), 0);
	assert_int_equal(rig.fabric.dma_write, 0);
}

static void dma_that_the_iommu_refuses_moves_nothing(void **unused)
{
	uint8_t b[64], was[64];
	struct fault f;

	(void)unused;
	rig_fill(&rig, 0x1000, 64, 1);
	assert_int_equal(mem_host_read(&rig.mem, 0x1000, was, 64, &f), IL_OK);
	rig.iommu_closed = true;
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 1, 0x1000, 0, 64, false), 4);
	assert_ptr_equal(rig.fabric.last.rule, &rig_closed);
	assert_int_equal(rig.fabric.last.who, AGENT_DEVICE);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, false), 0);
	assert_ptr_equal(rig.fabric.last.rule, &rig_closed);
	assert_true(rig.fabric.last.write);
	assert_int_equal(mem_host_read(&rig.mem, 0x1000, b, 64, &f), IL_OK);
	assert_memory_equal(b, was, 64);
	assert_int_equal(rig.fabric.dma_read + rig.fabric.dma_write, 0);
}

static void dma_to_where_nothing_is_is_refused(void **unused)
{
	(void)unused;
	assert_int_equal(
		rig_dma(&rig, RIG_BAR0, 1, UINT64_C(1) << 40, 0, 64, false), 4);
	assert_ptr_equal(rig.fabric.last.rule, &mem_rule_nothing);
}

static void a_device_cannot_reach_the_registers_of_another(void **unused)
{
	(void)unused;
	rig_mmio_write(&rig, RIG_VFBAR0 + 0x10, 0x55, 8, false);
	assert_int_equal(
		rig_dma(&rig, RIG_BAR0, 2, 0, RIG_VFBAR0 + 0x10, 8, false), 0);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_p2p);
	assert_int_equal(
		rig_dma(&rig, RIG_BAR0, 1, RIG_VFBAR0 + 0x10, 0, 8, false), 4);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_p2p);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 1, RIG_ECAM, 0, 8, false), 4);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_p2p);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0 + 0x10, 8, false),
			 0x55);
}

static void a_poisoned_configuration_write_changes_nothing(void **unused)
{
	uint8_t data[4];
	struct tlp t;
	unsigned cap = rig_cap(&rig, RIG_EP, 0x11);
	uint32_t before = rig_cfg_read(&rig, RIG_EP, cap, 4);

	(void)unused;
	assert_int_equal(tlp_cfg_write(&t, RIG_PORT, 1, RIG_EP,
				       (uint16_t)(cap + 2), 2, 0xc000, false,
				       data),
			 IL_OK);
	t.poisoned = true;
	device_take_cfg(&rig.dev, &t);
	assert_ptr_equal(rig.dev.last.rule, &device_rule_poisoned);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, cap, 4), before);
	t.poisoned = false;
	device_take_cfg(&rig.dev, &t);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, cap, 4),
			 before | 0xc0000000);
}

static void a_device_that_hangs_makes_reads_time_out(void **unused)
{
	uint32_t v = 0;

	(void)unused;
	rig.hang = true;
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP, 0, 4, &v),
			 IL_E_IO);
	assert_int_equal(v, UINT32_MAX);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_timeout);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0, 4, false), UINT32_MAX);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_timeout);
	/* The late answers are nobody's. */
	rig.hang = false;
	rig_settle(&rig);
	assert_ptr_equal(rig.fabric.last.rule, &fabric_rule_unexpected);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0, 4), 0x00011d1a);
}

static enum link_verdict drop(void *ctx, struct link_tap *tap,
			      enum link_dir dir, const struct link_frame *f,
			      struct link_frame *out)
{
	(void)tap;
	(void)f;
	(void)out;
	return dir == *(enum link_dir *)ctx ? LINK_DROP : LINK_PASS;
}

/* A load whose answers get lost. */
static void lose_a_load(void)
{
	enum link_dir dir = LINK_OUT;

	rig_mmio_write(&rig, RIG_BAR0 + 0x10, 0x1000, 8, false);
	rig_mmio_write(&rig, RIG_BAR0 + 0x20, 64, 4, false);
	rig_mmio_write(&rig, RIG_BAR0 + 0x24, 1, 4, false);
	link_tap_set(&rig.tap, drop, &dir);
	rig_settle(&rig);
	link_tap_set(&rig.tap, NULL, NULL);
}

static void answers_that_get_lost_are_a_timeout_of_the_device(void **unused)
{
	(void)unused;
	lose_a_load();
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0xc, 4, false), 1);
	rig.now += 49999999;
	rig_settle(&rig);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0xc, 4, false), 1);
	rig.now += 1;
	rig_settle(&rig);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0xc, 4, false), 4);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x28, 4, false), 6);
}

static void a_reset_of_the_engine_ends_its_command(void **unused)
{
	(void)unused;
	rig_fill(&rig, 0x1000, 64, 3);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 1, 0x1000, 0, 64, false), 0);
	lose_a_load();
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0xc, 4, false), 1);
	/* Busy: a second command is not taken. */
	rig_mmio_write(&rig, RIG_BAR0 + 0x24, 2, 4, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x24, 4, false), 1);
	rig_mmio_write(&rig, RIG_BAR0 + 8, 0, 4, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0xc, 4, false), 1);
	rig_mmio_write(&rig, RIG_BAR0 + 8, 1, 4, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0xc, 4, false), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x10, 8, false), 0);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(rig.dev.fn[0].engine.buf[i], 0);
	/* The tag stays taken until the answer cannot come any more. */
	assert_true(rig.dev.read[0].used && rig.dev.read[0].dead);
	rig.now += 50000000;
	rig_settle(&rig);
	assert_false(rig.dev.read[0].used);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0xc, 4, false), 0);
}

static void an_interrupt_follows_the_data(void **unused)
{
	struct mem_irq irq;

	(void)unused;
	rig_msix(&rig, RIG_BAR0, RIG_EP, 2, 0x4242);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, false), 0);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_OK);
	assert_int_equal(irq.rid, RIG_EP);
	assert_int_equal(irq.addr, RIG_MSI);
	assert_int_equal(irq.data, 0x4242);
	assert_false(irq.trusted);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_E_AGAIN);
	assert_int_equal(rig.fabric.msis, 1);
}

static void a_masked_interrupt_waits_in_the_pending_array(void **unused)
{
	unsigned cap = rig_cap(&rig, RIG_EP, 0x11);
	struct mem_irq irq;

	(void)unused;
	rig_msix(&rig, RIG_BAR0, RIG_EP, 1, 7);
	rig_mmio_write(&rig, RIG_BAR0 + 0x201c, 1, 4, false);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, false), 0);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_E_AGAIN);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x3000, 8, false), 2);
	rig_mmio_write(&rig, RIG_BAR0 + 0x3000, 0, 8, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x3000, 8, false), 2);
	rig_cfg_write(&rig, RIG_EP, cap + 2, 2, 0xc000);
	rig_mmio_write(&rig, RIG_BAR0 + 0x201c, 0, 4, false);
	rig_settle(&rig);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_E_AGAIN);
	rig_cfg_write(&rig, RIG_EP, 4, 2, 2);
	rig_cfg_write(&rig, RIG_EP, cap + 2, 2, 0x8000);
	rig_settle(&rig);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_E_AGAIN);
	rig_cfg_write(&rig, RIG_EP, 4, 2, 6);
	rig_settle(&rig);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_OK);
	assert_int_equal(irq.data, 7);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x3000, 8, false), 0);
}

static void no_interrupt_comes_while_msix_is_off(void **unused)
{
	unsigned cap = rig_cap(&rig, RIG_EP, 0x11);
	struct mem_irq irq;

	(void)unused;
	rig_msix(&rig, RIG_BAR0, RIG_EP, 0, 7);
	rig_cfg_write(&rig, RIG_EP, cap + 2, 2, 0);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, false), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x3000, 8, false), 0);
	rig_cfg_write(&rig, RIG_EP, cap + 2, 2, 0x8000);
	rig_mmio_write(&rig, RIG_BAR0 + 0x38, 4 | 0x10000, 4, false);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, false), 0);
	rig_mmio_write(&rig, RIG_BAR0 + 0x38, 0, 4, false);
	assert_int_equal(rig_dma(&rig, RIG_BAR0, 2, 0, 0x1000, 64, false), 0);
	rig_settle(&rig);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_E_AGAIN);
}

static void each_vf_is_a_device_of_its_own(void **unused)
{
	struct mem_irq irq;

	(void)unused;
	assert_int_equal(rig_cfg_read(&rig, RIG_EP + 1, 0, 4), UINT32_MAX);
	rig_mmio_write(&rig, RIG_VFBAR0 + 0x4010, 0x77, 8, false);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0 + 0x4010, 8, false),
			 0x77);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0 + 0x10, 8, false), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0 + 0x10, 8, false), 0);
	rig_mmio_write(&rig, RIG_VFBAR2 + 0x10008, 0x88, 8, false);
	assert_int_equal(rig.dev.fn[2].mem[2].p[8], 0x88);
	rig_msix(&rig, RIG_VFBAR0 + 0x4000, RIG_EP + 2, 3, 33);
	assert_int_equal(
		rig_dma(&rig, RIG_VFBAR0 + 0x4000, 2, 0, 0x1000, 64, false), 0);
	assert_int_equal(mem_irq_take(&rig.mem, &irq), IL_OK);
	assert_int_equal(irq.rid, RIG_EP + 2);
	/* Without its own Bus Master Enable, none. */
	rig_cfg_write(&rig, RIG_EP + 1, 4, 2, 0);
	assert_int_equal(rig_dma(&rig, RIG_VFBAR0, 2, 0, 0x1000, 64, false), 2);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0 + 0x8000, 4, false),
			 UINT32_MAX);
	/* Memory Space Enable of a VF is not its own to set. */
	rig_cfg_write(&rig, RIG_EP + 1, 4, 2, 7);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP + 1, 4, 2), 4);
}

static void vf_enable_makes_vfs_and_takes_them_away(void **unused)
{
	unsigned s = rig_ecap(&rig, RIG_EP, 0x10);
	uint32_t v;

	(void)unused;
	rig_mmio_write(&rig, RIG_VFBAR2, 0x99, 8, false);
	/* NumVFs is fixed while they are on. */
	rig_cfg_write(&rig, RIG_EP, s + 0x10, 2, 1);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, s + 0x10, 2), 2);
	rig_cfg_write(&rig, RIG_EP, s + 8, 2, 8);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP + 1, 4, 2, &v),
			 IL_E_IO);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0, 4, false), UINT32_MAX);
	/* None, or too many, is none. */
	rig_cfg_write(&rig, RIG_EP, s + 0x10, 2, 3);
	rig_cfg_write(&rig, RIG_EP, s + 8, 2, 9);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, s + 8, 2), 8);
	rig_cfg_write(&rig, RIG_EP, s + 0x10, 2, 0);
	rig_cfg_write(&rig, RIG_EP, s + 8, 2, 9);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, s + 8, 2), 8);
	rig_cfg_write(&rig, RIG_EP, s + 0x10, 2, 1);
	rig_cfg_write(&rig, RIG_EP, s + 8, 2, 9);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP + 1, 4, 2), 0);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR2, 8, false), 0);
	assert_int_equal(fabric_cfg_read(&rig.fabric, RIG_EP + 2, 4, 2, &v),
			 IL_E_IO);
	/* VF MSE alone gates their BARs. */
	rig_cfg_write(&rig, RIG_EP, s + 8, 2, 1);
	assert_int_equal(rig_mmio_read(&rig, RIG_VFBAR0, 4, false), UINT32_MAX);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR0, 4, false), 0x1d1a0001);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_device_is_found_by_its_ids),
		T(a_function_that_is_not_there_reads_as_ones),
		T(a_device_number_other_than_zero_is_not_on_a_link),
		T(a_bus_that_no_port_has_gets_no_packet),
		T(a_bus_behind_the_device_is_not_its_own),
		T(accesses_of_odd_shape_are_no_accesses),
		T(writing_ones_to_a_bar_gives_its_size),
		T(writes_of_one_byte_leave_the_others),
		T(discovery_lists_three_types),
		T(spdm_in_the_clear_answers_get_version),
		T(an_object_of_another_type_gets_no_answer),
		T(a_discovery_is_cut_or_discarded_by_its_length),
		T(a_poisoned_write_of_the_mailbox_is_its_error),
		T(the_mailbox_takes_whole_dwords_alone),
		T(registers_are_read_and_written_over_mmio),
		T(device_memory_takes_bytes_at_any_offset),
		T(odd_accesses_to_registers_are_aborted),
		T(an_address_between_bars_is_nobodys),
		T(memory_space_enable_gates_the_bars),
		T(a_port_forwards_only_its_windows),
		T(dma_loads_and_stores_any_alignment),
		T(reads_obey_max_read_request_size),
		T(dma_copies_a_mebibyte),
		T(commands_that_make_no_sense_are_errors),
		T(dma_needs_bus_master_enable_at_the_function),
		T(an_answer_to_a_read_that_is_over_is_refused),
		T(dma_needs_bus_master_enable_at_the_port),
		T(dma_that_the_iommu_refuses_moves_nothing),
		T(dma_to_where_nothing_is_is_refused),
		T(a_device_cannot_reach_the_registers_of_another),
		T(a_poisoned_configuration_write_changes_nothing),
		T(a_device_that_hangs_makes_reads_time_out),
		T(answers_that_get_lost_are_a_timeout_of_the_device),
		T(a_reset_of_the_engine_ends_its_command),
		T(an_interrupt_follows_the_data),
		T(a_masked_interrupt_waits_in_the_pending_array),
		T(no_interrupt_comes_while_msix_is_off),
		T(each_vf_is_a_device_of_its_own),
		T(vf_enable_makes_vfs_and_takes_them_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
