/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The slot of a root port by its registers alone. The PCI Express capability is
 * at 0x48: Slot Control at 0x60, Slot Status at 0x62, Link Status at 0x5a.
 * PCIe Base 6.0 §7.5.3.10, §7.5.3.11, §6.7.3
 */
#include "check.h"
#include "fake_env.h"

#include "crypto/fake.h"
#include "fabric/fabric.h"

#define PORT BDF(0, 2, 0)

static struct arena arena;
static struct fake_env fenv;
static struct env env;
static struct fake_crypto fcrypto;
static struct crypto crypto;
static struct mem mem;
static struct iommu iommu;
static struct link_queue queue;
static struct fabric fabric;
static unsigned irqs;

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

static void irq(void *ctx, uint16_t port)
{
	(void)ctx;
	assert_int_equal(port, PORT);
	irqs++;
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
	const struct fabric_cfg f = { .mem = &mem,
				      .iommu = &iommu,
				      .crypto = &crypto,
				      .env = &env,
				      .slot_irq = irq };

	assert_int_equal(mem_init(&mem, &m), IL_OK);
	assert_int_equal(mem_add_ram(&mem, 0, PAGE_2M), IL_OK);
	assert_int_equal(iommu_init(&iommu, &io), IL_OK);
	fabric_init(&fabric, &f);
}

static int setup(void **unused)
{
	struct fabric_port_cfg port = {
		.bdf = PORT, .number = 3, .present = true, .hotplug = true
	};
	unsigned index;

	(void)unused;
	irqs = 0;
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

	assert_int_equal(fabric_cfg_read(&fabric, PORT, reg, 2, &v), IL_OK);
	return v;
}

static void put(uint16_t reg, uint32_t v)
{
	assert_int_equal(fabric_cfg_write(&fabric, PORT, reg, 2, v), IL_OK);
}

static void the_link_is_down_without_power(void **unused)
{
	(void)unused;
	assert_int_equal(get(0x5a) & 0x2000, 0x2000);
	put(0x60, 0x0400);
	assert_int_equal(get(0x5a) & 0x2000, 0);
	/* somebody is there still */
	assert_int_equal(get(0x62) & 0x0040, 0x0040);
	assert_int_equal(fabric_link_up(&fabric, 0), IL_E_STATE);
	assert_int_equal(fabric_hot_reset(&fabric, 0), IL_E_STATE);
	put(0x60, 0);
	assert_int_equal(get(0x5a) & 0x2000, 0x2000);
}

static void an_event_is_an_interrupt_if_both_bits_say_so(void **unused)
{
	/* presence 0x8, link 0x1000, interrupts at all 0x20 */
	static const struct {
		uint16_t control;
		unsigned irqs; /* of a removal: presence goes, and the link */
	} c[] = {
		{ 0, 0 },      { 0x1008, 0 }, { 0x0020, 0 },
		{ 0x0028, 1 }, { 0x1020, 1 }, { 0x1028, 2 },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		put(0x60, c[i].control);
		irqs = 0;
		assert_int_equal(fabric_remove(&fabric, 0), IL_OK);
		assert_int_equal(irqs, c[i].irqs);
		/* the status shows it in any case, until 1s are written */
		assert_int_equal(get(0x62), 0x0108);
		put(0x62, 0x0100);
		assert_int_equal(get(0x62), 0x0008);
		assert_int_equal(fabric_insert(&fabric, 0), IL_OK);
		assert_int_equal(get(0x62), 0x0148);
		put(0x62, 0x0108);
		assert_int_equal(get(0x62), 0x0040);
	}
}

/* Who comes into a slot without power has a link once it has power. */
static void who_comes_without_power_waits_for_it(void **unused)
{
	(void)unused;
	assert_int_equal(fabric_remove(&fabric, 0), IL_OK);
	put(0x60, 0x0400);
	assert_int_equal(fabric_insert(&fabric, 0), IL_OK);
	assert_int_equal(get(0x62) & 0x0040, 0x0040);
	assert_int_equal(get(0x5a) & 0x2000, 0);
	put(0x60, 0);
	assert_int_equal(get(0x5a) & 0x2000, 0x2000);
	assert_int_equal(fabric_insert(&fabric, 0), IL_E_STATE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_link_is_down_without_power),
		T(an_event_is_an_interrupt_if_both_bits_say_so),
		T(who_comes_without_power_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
