/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root port whose IDE registers firmware holds, seen by the host's accesses.
 * The IDE capability is at 0x100, selective block n at 0x10c + 0x2c * n:
 * control +4, status +8, RID 1 +0xc, RID 2 +0x10, addresses from +0x14. The
 * vendor's registers are behind it, headers at 0x26c.
 * PCIe Base 6.0 §7.9.26, §7.9.6, §11.5.7
 */
#include "check.h"
#include "fake_env.h"

#include "crypto/fake.h"
#include "fabric/fabric.h"

#define PORT	 BDF(0, 2, 0)
#define BLOCK(n) (uint16_t)(0x10c + 0x2c * (n))
#define VENDOR	 0x26c
#define MIB	 UINT64_C(0x100000)

static struct arena arena;
static struct fake_env fenv;
static struct env env;
static struct fake_crypto fcrypto;
static struct crypto crypto;
static struct mem mem;
static struct iommu iommu;
static struct link_queue queue;
static struct fabric fabric;

static const struct rule *lookup(void *ctx, uint32_t rid, bool t,
				 struct iommu_entry *out)
{
	(void)ctx;
	(void)rid;
	(void)t;
	(void)out;
	return NULL;
}

static const struct rule *admit(void *ctx, const struct iommu_entry *e,
				const struct iommu_req *req)
{
	(void)ctx;
	(void)e;
	(void)req;
	return NULL;
}

static void build(void)
{
	static const struct iommu_rules rules = { lookup, admit };
	const struct mem_cfg m = {
		.arena = &arena, .env = &env, .keys = 2, .irq_slots = 16
	};
	const struct iommu_cfg io = { .arena = &arena,
				      .env = &env,
				      .mem = &mem,
				      .rules = &rules,
				      .tlb_slots = 64,
				      .entry_slots = 64,
				      .queue_slots = 16 };
	const struct fabric_cfg f = {
		.mem = &mem, .iommu = &iommu, .crypto = &crypto, .env = &env
	};

	assert_int_equal(mem_init(&mem, &m), IL_OK);
	assert_int_equal(mem_add_ram(&mem, 0, PAGE_2M), IL_OK);
	assert_int_equal(iommu_init(&iommu, &io), IL_OK);
	fabric_init(&fabric, &f);
}

static int setup(void **unused)
{
	struct fabric_port_cfg port = { .bdf = PORT,
					.number = 3,
					.present = true,
					.vendor = 0x13b5,
					.vendor_id = 0xff01,
					.vendor_size = 8 };
	unsigned index;

	(void)unused;
	assert_int_equal(arena_map(&arena, 0, 64u << 20), IL_OK);
	env = fake_env(&fenv);
	fake_init(&fcrypto, 1);
	crypto = fake_crypto(&fcrypto);
	link_queue_init(&queue, arena_take(&arena, 1u << 20, 64), 1u << 20);
	build();
	port.link = link_queue_end(&queue, 0);
	assert_int_equal(fabric_add_port(&fabric, &port, &index), IL_OK);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	assert_true(fabric_sane(&fabric));
	fabric_fini(&fabric);
	arena_unmap(&arena);
	return 0;
}

static uint32_t get(uint16_t reg)
{
	uint32_t v;

	assert_int_equal(fabric_cfg_read(&fabric, PORT, reg, 4, &v), IL_OK);
	return v;
}

static void put(uint16_t reg, uint32_t v)
{
	assert_int_equal(fabric_cfg_write(&fabric, PORT, reg, 4, v), IL_OK);
}

/* The host tries; nothing is written, and that is told. */
static void drops(uint16_t reg, uint32_t v)
{
	const uint64_t was = fabric.port[0].dropped;
	const uint32_t old = get(reg);

	put(reg, v);
	assert_int_equal(get(reg), old);
	assert_int_equal(fabric.port[0].dropped, was + 1);
	assert_int_equal(fenv.last_ev, FABRIC_TR_HELD);
}

static struct fabric_block one(uint8_t id)
{
	return (struct fabric_block){
		.block = -1,
		.id = id,
		.rid_base = 0x400,
		.rid_limit = 0x407,
		.is_default = true,
		.cfg_en = true,
		.ranges = 1,
		.range = { { true, 0xe0 * MIB, 0xe4 * MIB - 1 } },
	};
}

/* All keys of a set, at the one end that there is; they go. */
static void keyed(uint8_t id)
{
	uint8_t key[IDE_KEY_LEN];

	for (unsigned i = 0; i < 6; i++) {
		memset(key, (int)(0x10 + i + id), sizeof(key));
		assert_int_equal(fabric_key_program(&fabric, 0, id, 0,
						    i < 3 ? IDE_RX : IDE_TX,
						    i % 3, key, 1),
				 IL_OK);
	}
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(fabric_key_go(&fabric, 0, id, 0,
					       i < 3 ? IDE_RX : IDE_TX, i % 3),
				 IL_OK);
}

static void a_block_says_what_its_holder_has_put_there(void **unused)
{
	const struct fabric_block s = one(0x21);

	(void)unused;
	assert_int_equal(get(0x100) & 0xffff, 0x30);
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	/* id, default, configuration requests; RIDs; 0xe0 to 0xe3 MiB */
	assert_int_equal(get(BLOCK(0) + 4), 0x21400200);
	assert_int_equal(get(BLOCK(0) + 0xc), 0x407 << 8);
	assert_int_equal(get(BLOCK(0) + 0x10), 0x400 << 8 | 1);
	assert_int_equal(get(BLOCK(0) + 0x14), 0x0e30e001);
	assert_int_equal(get(BLOCK(0) + 0x18), 0);
	assert_int_equal(get(BLOCK(0) + 0x1c), 0);
	assert_int_equal(fabric_stream_ready(&fabric, 0, 0x21, 0, 0x401),
			 IL_OK);
	keyed(0x21);
	assert_int_equal(get(BLOCK(0) + 8) & 0xf, 0);
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, true), IL_OK);
	assert_int_equal(get(BLOCK(0) + 4), 0x21400201);
	assert_int_equal(get(BLOCK(0) + 8) & 0xf, 2);
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, false), IL_OK);
	assert_int_equal(get(BLOCK(0) + 8) & 0xf, 0);
	assert_false(ide_has_keys(&fabric.port[0].ide, 0));
	assert_int_equal(fabric_stream_teardown(&fabric, 0, 0x21), IL_OK);
	assert_int_equal(get(BLOCK(0) + 4), 0xff000000);
	assert_int_equal(get(BLOCK(0) + 0x10), 0);
	assert_int_equal(get(BLOCK(0) + 0x14), 0);
}

static void what_is_locked_the_host_cannot_write(void **unused)
{
	static const uint16_t route[] = { 0x18, 0x20, 0x24, 0x28, 0x2c };
	const struct fabric_block s = one(0x21);

	(void)unused;
	put(0x18, 0x00050400);
	put(0x20, 0xe0f0e000);
	put(0x04, 0x6);
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	keyed(0x21);
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, true), IL_OK);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_OK);
	for (uint16_t at = 0; at < 0x2c; at += 4)
		if (at != 0 && at != 8)
			drops((uint16_t)(BLOCK(0) + at), 0xa5a5a5a4);
	for (unsigned i = 0; i < COUNT(route); i++)
		drops(route[i], 0x11223344);
	drops(0x04, 0);
	/* a byte of one; the same value again is no write at all */
	assert_int_equal(fabric_cfg_write(&fabric, PORT, 0x19, 1, 9), IL_OK);
	assert_int_equal(get(0x18), 0x00050400);
	put(0x18, 0x00050400);
	assert_int_equal(get(BLOCK(0) + 8) & 0xf, 2);
	/* another block, and what routes nothing, stay the host's */
	put(BLOCK(1) + 4, 0x07000000);
	assert_int_equal(get(BLOCK(1) + 4), 0x07000000);
	put(0x04, 0x46);
	assert_int_equal(get(0x04) & 0xffff, 0x46);
	/* without the lock a write kills the stream, as ever */
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, false), IL_OK);
	put(0x18, 0x00060400);
	assert_int_equal(get(0x18), 0x00060400);
	assert_int_equal(get(BLOCK(0) + 8) & 0xf, 0);
}

/* The stream's own trouble, told and taken note of; law 13 is about others. */
static void a_one_in_the_status_of_a_locked_block_clears_it(void **unused)
{
	const struct fabric_block s = one(0x21);
	const uint32_t err = UINT32_C(1) << 31;

	(void)unused;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	keyed(0x21);
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, true), IL_OK);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_OK);
	pci_cfg_put(&fabric.port[0].cfg, BLOCK(0) + 8, 4,
		    get(BLOCK(0) + 8) | err);
	put(BLOCK(0) + 8, err);
	assert_false(get(BLOCK(0) + 8) & err);
	assert_int_equal(get(BLOCK(0) + 8) & 0xf, 2);
	assert_int_equal(fabric.port[0].dropped, 0);
}

/* Also of the next one who has it. */
static void what_is_taken_down_is_the_hosts_again(void **unused)
{
	struct fabric_block s = one(0x21);

	(void)unused;
	s.host_enable = true;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_OK);
	assert_int_equal(fabric_stream_teardown(&fabric, 0, 0x21), IL_OK);
	put(0x18, 0x00050400);
	assert_int_equal(get(0x18), 0x00050400);
	put(BLOCK(0) + 0xc, 0x100);
	assert_int_equal(get(BLOCK(0) + 0xc), 0x100);
	put(BLOCK(0) + 0xc, 0);
	assert_int_equal(fabric.port[0].dropped, 0);
	s.host_enable = false;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	keyed(0x21);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_OK);
	drops(BLOCK(0) + 4, get(BLOCK(0) + 4) | 1);
}

/*
 * Block 0 is the host's when firmware takes the next one; then it says that it
 * has the same id.
 */
static void a_block_of_the_hosts_with_the_same_id_is_not_meant(void **unused)
{
	const struct ide_port *p = &fabric.port[0].ide;
	const struct fabric_block s = one(0x21);

	(void)unused;
	put(BLOCK(0) + 4, 0x07000000);
	put(BLOCK(0) + 0xc, 0x000900);
	put(BLOCK(0) + 0x10, 0x000900 << 8 | 1);
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	assert_int_equal(get(BLOCK(1) + 4) >> 24, 0x21);
	put(BLOCK(0) + 4, 0x21000000);
	keyed(0x21);
	assert_false(ide_has_keys(p, 0));
	assert_true(ide_has_keys(p, 1));
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_OK);
	drops(BLOCK(1) + 0xc, 0);
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, true), IL_OK);
	assert_int_equal(get(BLOCK(1) + 8) & 0xf, 2);
	assert_int_equal(fabric_stream_teardown(&fabric, 0, 0x21), IL_OK);
	assert_false(ide_has_keys(p, 1));
	assert_int_equal(get(BLOCK(1) + 4), 0xff000000);
	assert_int_equal(get(BLOCK(0) + 4), 0x21000000);
}

/* Nor one that was firmware's, before it was locked. */
static void a_block_whose_id_the_host_changed_is_its_own(void **unused)
{
	struct fabric_block s = one(0x21);

	(void)unused;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	put(BLOCK(0) + 4, 0x07000000);
	put(BLOCK(0) + 0x10, 0);
	put(BLOCK(0) + 0x14, 0);
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, true),
			 IL_E_ARG);
	assert_int_equal(fabric_stream_teardown(&fabric, 0, 0x07), IL_E_ARG);
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	put(BLOCK(0) + 4, 0x21000000);
	keyed(0x21);
	assert_false(ide_has_keys(&fabric.port[0].ide, 0));
}

/* Where the host programs the block, and firmware looks and locks. */
static void a_block_that_the_host_made_is_firmwares_while_it_is_locked(void **u)
{
	(void)u;
	for (unsigned i = 1; i < 3; i++) {
		put(BLOCK(i) + 0xc, 0x000900);
		put(BLOCK(i) + 0x10, 0x000900 << 8 | 1);
		put(BLOCK(i) + 4, 0x21000000);
	}
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_E_ARG);
	put(BLOCK(2) + 4, 0x22000000);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_OK);
	put(BLOCK(0) + 0x10, 1);
	put(BLOCK(0) + 4, 0x21000000);
	keyed(0x21);
	assert_true(ide_has_keys(&fabric.port[0].ide, 1));
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, true), IL_OK);
	assert_int_equal(get(BLOCK(1) + 8) & 0xf, 2);
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, false), IL_OK);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, false), IL_OK);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, false), IL_E_ARG);
}

static void enable_may_stay_the_hosts(void **unused)
{
	struct fabric_block s = one(0x21);

	(void)unused;
	s.host_enable = true;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	keyed(0x21);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_OK);
	put(BLOCK(0) + 4, 0x21400201);
	assert_int_equal(get(BLOCK(0) + 8) & 0xf, 2);
	/* and no other bit with it */
	put(BLOCK(0) + 4, 0x33000200);
	assert_int_equal(get(BLOCK(0) + 4), 0x21400200);
	assert_int_equal(fabric.port[0].dropped, 1);
	assert_int_equal(get(BLOCK(0) + 8) & 0xf, 0);
	drops(BLOCK(0) + 0xc, 0);
}

static void blocks_of_a_port_do_not_meet(void **unused)
{
	struct fabric_block s = one(0x21), t;
	static uint8_t was[CFG_SIZE];

	(void)unused;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_OK);
	memcpy(was, fabric.port[0].cfg.image, sizeof(was));
	for (unsigned i = 0; i < 5; i++) {
		t = one(0x22);
		t.is_default = i == 0;
		t.id = i == 1 ? 0x21 : 0x22;
		t.rid_base = i == 2 ? 0x407 : 0x408;
		t.rid_limit = 0x408;
		t.range[0] =
			(struct ide_range){ true, (i == 3 ? 0xe3 : 0xe4) * MIB,
					    0xe5 * MIB - 1 };
		t.block = i == 4 ? 0 : -1;
		assert_int_equal(fabric_stream_setup(&fabric, 0, &t),
				 IL_E_STATE);
		assert_memory_equal(was, fabric.port[0].cfg.image, sizeof(was));
	}
	t.block = 5;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &t), IL_OK);
	assert_int_equal(get(BLOCK(5) + 4) >> 24, 0x22);
	/* a block that the host has begun with is none to take */
	put(BLOCK(1) + 4, 0x07000000);
	t.id = 0x23;
	t.rid_base = t.rid_limit = 0x409;
	t.ranges = 0;
	t.block = 1;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &t), IL_E_STATE);
	t.block = -1;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &t), IL_OK);
	assert_int_equal(get(BLOCK(2) + 4) >> 24, 0x23);
	for (uint8_t i = 0; i < 4; i++) {
		t.id++;
		t.rid_base = ++t.rid_limit;
		assert_int_equal(fabric_stream_setup(&fabric, 0, &t), IL_OK);
	}
	t.id++;
	t.rid_base = ++t.rid_limit;
	assert_int_equal(fabric_stream_setup(&fabric, 0, &t), IL_E_SPACE);
}

static void what_no_register_can_say_is_refused(void **unused)
{
	struct fabric_block s;

	(void)unused;
	for (unsigned i = 0; i < 7; i++) {
		s = one(i == 0 ? 0xff : 0x21);
		s.rid_base = i == 1 ? 0x408 : 0x400;
		s.ranges = i == 2 ? 3 : 1;
		s.range[0].base += i == 3;
		s.range[0].limit -= i == 4;
		s.range[0].limit = i == 5 ? MIB - 1 : s.range[0].limit;
		s.block = i == 6 ? 8 : -1;
		assert_int_equal(fabric_stream_setup(&fabric, 0, &s), IL_E_ARG);
	}
	s = one(0x21);
	assert_int_equal(fabric_stream_setup(&fabric, 1, &s), IL_E_ARG);
	assert_int_equal(fabric_stream_teardown(&fabric, 0, 0x21), IL_E_ARG);
	assert_int_equal(fabric_stream_enable(&fabric, 0, 0x21, true),
			 IL_E_ARG);
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0x21, true), IL_E_ARG);
	/* 255 is where idle blocks stand, not a stream */
	assert_int_equal(fabric_stream_lock(&fabric, 0, 0xff, true), IL_E_ARG);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(get(BLOCK(i) + 4), 0xff000000);
}

static void vendor_registers_are_firmwares(void **unused)
{
	uint32_t v = 1;

	(void)unused;
	assert_int_equal(get(VENDOR) & 0xffff, 0x23);
	assert_int_equal(get(VENDOR + 4), 0x014013b5);
	assert_int_equal(get(VENDOR + 8), 0xff01);
	put(VENDOR + 0xc, UINT32_MAX);
	assert_int_equal(get(VENDOR + 0xc), 0);
	assert_int_equal(fabric_vendor_write(&fabric, 0, 0, 1, UINT32_MAX),
			 IL_OK);
	assert_int_equal(fabric_vendor_write(&fabric, 0, 4, 6, 2), IL_OK);
	put(VENDOR + 0xc, 0);
	assert_int_equal(get(VENDOR + 0xc), 1);
	assert_int_equal(get(VENDOR + 0x10), 2);
	assert_int_equal(fabric_vendor_read(&fabric, 0, 4, &v), IL_OK);
	assert_int_equal(v, 2);
	assert_int_equal(fabric_vendor_read(&fabric, 0, 8, &v), IL_E_ARG);
	assert_int_equal(fabric_vendor_write(&fabric, 0, 2, 1, 1), IL_E_ARG);
	assert_int_equal(fabric_vendor_write(&fabric, 1, 0, 1, 1), IL_E_ARG);
	assert_int_equal(v, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_block_says_what_its_holder_has_put_there),
		T(what_is_locked_the_host_cannot_write),
		T(a_one_in_the_status_of_a_locked_block_clears_it),
		T(what_is_taken_down_is_the_hosts_again),
		T(a_block_of_the_hosts_with_the_same_id_is_not_meant),
		T(a_block_whose_id_the_host_changed_is_its_own),
		T(a_block_that_the_host_made_is_firmwares_while_it_is_locked),
		T(enable_may_stay_the_hosts),
		T(blocks_of_a_port_do_not_meet),
		T(what_no_register_can_say_is_refused),
		T(vendor_registers_are_firmwares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
