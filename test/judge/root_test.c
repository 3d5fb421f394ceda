/* SPDX-License-Identifier: BSD-2-Clause */
#include "link_rig.h"

#include "pci/dma_engine.h"

#define STREAM 7u

static const struct root_how plain = { .stream = ROOT_PLAIN };

static uint32_t get(struct link_rig *r, unsigned reg, unsigned size)
{
	uint32_t v;

	assert_int_equal(root_cfg_read(&r->root, 0, (uint16_t)reg, size, &v),
			 IL_OK);
	return v;
}

static void put(struct link_rig *r, unsigned reg, unsigned size, uint32_t v)
{
	assert_int_equal(root_cfg_write(&r->root, 0, (uint16_t)reg, size, v),
			 IL_OK);
}

static void registers_are_read_and_written(void **unused)
{
	struct link_rig *r = link_rig_new(0);
	uint32_t v;

	(void)unused;
	assert_int_equal(get(r, CFG_VENDOR_ID, 4), 0x00011d1a);
	assert_int_equal(get(r, CFG_DEVICE_ID, 2), 0x0001);
	assert_int_equal(get(r, CFG_CLASS + 2, 1), 0x12);
	put(r, CFG_CACHE_LINE, 1, 0x10);
	assert_int_equal(get(r, CFG_CACHE_LINE, 1), 0x10);
	assert_int_equal(get(r, CFG_LATENCY, 1), 0);
	/* No such function: Unsupported Request. */
	assert_int_equal(root_cfg_read(&r->root, 3, 0, 4, &v), IL_E_PEER);
	assert_int_equal(v, UINT32_MAX);
	assert_int_equal(r->root.wait.status, TLP_CPL_UR);
	assert_int_equal(root_cfg_read(&r->root, 0, 1, 2, &v), IL_E_ARG);
	link_rig_free(r);
}

static void who_does_not_answer_is_given_up(void **unused)
{
	struct link_rig *r = link_rig_new(0);
	uint32_t v;

	(void)unused;
	r->hang = true;
	assert_int_equal(root_cfg_read(&r->root, 0, 0, 4, &v), IL_E_TIMEOUT);
	assert_int_equal(r->now, UINT64_C(3000000000));
	/* The late answer is no answer to the next question. */
	r->hang = false;
	assert_int_equal(get(r, CFG_DEVICE_ID, 2), 0x0001);
	assert_int_equal(r->root.bad, 1);
	link_rig_free(r);
}

/* Always just in time, for thousands of registers: for ever. */
static void who_answers_slowly_is_given_up_in_the_end(void **unused)
{
	struct link_rig *r = link_rig_new(0);
	uint32_t v;
	unsigned n = 0;

	(void)unused;
	r->slow_ns = UINT64_C(2500000000);
	while (n < 1000 && !root_cfg_read(&r->root, 0, 0, 4, &v))
		n++;
	assert_true(n > 10 && n < 100);
	assert_true(r->root.gone);
	link_rig_free(r);
}

static void bars_get_places_of_their_own(void **unused)
{
	struct link_rig *r = link_rig_new(2);
	uint64_t base[6], size[6], vf[6], vf_size[6];

	(void)unused;
	assert_int_equal(root_bars(&r->root, 0, base, size), IL_OK);
	assert_int_equal(size[0], DMA_BAR_REGS_SIZE);
	assert_int_equal(size[2], DMA_BAR_MEM_SIZE);
	assert_int_equal(size[1] | size[3] | size[4] | size[5], 0);
	assert_int_equal(base[0], 0x80000000);
	assert_int_equal(base[2], 0x80010000);
	assert_int_equal(get(r, CFG_BAR(0), 4) & ~BAR_FLAGS, 0x80000000);
	assert_int_equal(get(r, CFG_BAR(1), 4), 0);
	assert_int_equal(root_bars(&r->root, -1, vf, vf_size), IL_OK);
	assert_int_equal(vf_size[0], DMA_BAR_REGS_SIZE);
	assert_int_equal(vf[0], 0xc0000000);
	assert_int_equal(vf[2], 0xc0010000);
	link_rig_free(r);
}

static void set_up(struct link_rig *r)
{
	uint64_t base[6], size[6];

	assert_int_equal(root_bars(&r->root, 0, base, size), IL_OK);
	put(r, CFG_COMMAND, 2, CMD_MEM | CMD_MASTER);
}

static void memory_is_read_and_written(void **unused)
{
	struct link_rig *r = link_rig_new(0);
	static const uint8_t pat[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t got[8];

	(void)unused;
	set_up(r);
	assert_int_equal(root_mem_read(&r->root, &plain, 0x80000000, 4, got),
			 IL_OK);
	assert_int_equal(get_u32le(got), DMA_ID_VALUE);
	assert_int_equal(root_mem_write(&r->root, &plain, 0x80010020, pat, 8),
			 IL_OK);
	assert_int_equal(root_mem_read(&r->root, &plain, 0x80010020, 8, got),
			 IL_OK);
	assert_memory_equal(got, pat, 8);
	assert_int_equal(root_mem_read(&r->root, &plain, 0x90000000, 4, got),
			 IL_E_PEER);
	link_rig_free(r);
}

static void wr32(struct link_rig *r, uint32_t off, uint32_t v)
{
	uint8_t b[4];

	put_u32le(b, v);
	assert_int_equal(
		root_mem_write(&r->root, &plain, 0x80000000 + off, b, 4),
		IL_OK);
}

static void what_the_device_sends_is_seen(void **unused)
{
	struct link_rig *r = link_rig_new(0);

	(void)unused;
	set_up(r);
	memcpy(r->root.mem, "secret", 6);
	wr32(r, DMA_SRC, (uint32_t)ROOT_MEM_BASE);
	wr32(r, DMA_SRC + 4, (uint32_t)(ROOT_MEM_BASE >> 32));
	wr32(r, DMA_DST, (uint32_t)ROOT_MEM_BASE + 0x100);
	wr32(r, DMA_DST + 4, (uint32_t)(ROOT_MEM_BASE >> 32));
	wr32(r, DMA_LEN, 8);
	wr32(r, DMA_CMD, DMA_CMD_COPY);
	assert_int_equal(root_turn(&r->root, 1000), IL_OK);
	assert_memory_equal(r->root.mem + 0x100, "secret", 6);
	assert_int_equal(r->root.seen_n, 2);
	assert_false(r->root.seen[0].write);
	assert_true(r->root.seen[1].write);
	assert_int_equal(r->root.seen[1].addr, ROOT_MEM_BASE + 0x100);
	assert_int_equal(r->root.seen[1].len, 8);
	assert_int_equal(r->root.seen[1].requester, 0x0100);
	assert_false(r->root.seen[1].t || r->root.seen[1].ide);
	link_rig_free(r);
}

/* A stream with keys at both ends; the device's engine gets its own directly.
 */
static void stream(struct link_rig *r)
{
	const uint16_t cap =
		regs_ecap(&(struct regs){ root_regs(&r->root).ops, &r->root },
			  0, ECAP_IDE, 0);
	const unsigned b = cap + 0x0c; /* selective block 0, no link streams */
	struct ide_stream_cfg s = { .enable = true,
				    .is_default = true,
				    .id = STREAM,
				    .rid_valid = true,
				    .rid_limit = 0xffff };
	uint8_t key[IDE_KEY_LEN] = { 9 };

	put(r, b + IDE_SEL_RID1, 4, 0xffff00);
	put(r, b + IDE_SEL_RID2, 4, 1);
	put(r, b + IDE_SEL_CTL, 4, STREAM << 24 | 1u << 22);
	assert_int_equal(ide_stream_set(&r->root.ide, 0, &s), IL_OK);
	for (unsigned i = 0; i < 6; i++) {
		key[1] = (uint8_t)i;
		assert_int_equal(ide_key_set(&r->dev.ide, STREAM, 0, i / 3,
					     i % 3, key, 1),
				 IL_OK);
		assert_int_equal(ide_key_set(&r->root.ide, STREAM, 0,
					     i < 3 ? IDE_TX : IDE_RX, i % 3,
					     key, 1),
				 IL_OK);
	}
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(
			ide_key_go(&r->dev.ide, STREAM, 0, i / 3, i % 3),
			IL_OK);
		assert_int_equal(
			ide_key_go(&r->root.ide, STREAM, 0, i / 3, i % 3),
			IL_OK);
	}
	put(r, b + IDE_SEL_CTL, 4, STREAM << 24 | 1u << 22 | 1);
	assert_int_equal(get(r, b + IDE_SEL_STS, 4), IDE_STS_SECURE);
}

static void a_stream_carries_the_t_bit_both_ways(void **unused)
{
	struct link_rig *r = link_rig_new(0);
	struct root_how how = { .stream = 0 };
	uint8_t got[4];

	(void)unused;
	set_up(r);
	stream(r);
	assert_int_equal(root_mem_read(&r->root, &how, 0x80000000, 4, got),
			 IL_OK);
	assert_int_equal(get_u32le(got), DMA_ID_VALUE);
	/* UNLOCKED: a trusted request is refused. */
	how.t = true;
	assert_int_equal(root_mem_read(&r->root, &how, 0x80000000, 4, got),
			 IL_E_PEER);
	assert_int_equal(r->root.wait.status, TLP_CPL_UR);
	assert_false(r->root.wait.odd);
	link_rig_free(r);
}

static void a_failed_stream_is_noticed_and_still_sent_on(void **unused)
{
	struct link_rig *r = link_rig_new(0);
	struct root_how how = { .stream = 0, .silent = true };
	uint8_t got[4];
	uint64_t before;

	(void)unused;
	set_up(r);
	stream(r);
	assert_int_equal(ide_wipe(&r->dev.ide, 0, IDE_CAUSE_WIPED), IL_OK);
	before = r->now;
	assert_int_equal(root_mem_read(&r->root, &how, 0x80000000, 4, got),
			 IL_E_TIMEOUT);
	assert_int_equal(r->now - before, UINT64_C(300000000));
	assert_int_equal(r->root.failed, 1);
	assert_int_equal(ide_state(&r->root.ide, 0), IDE_SECURE);
	link_rig_free(r);
}

static void the_mailbox_is_found_and_walked(void **unused)
{
	struct link_rig *r = link_rig_new(0);
	const struct regs regs = root_regs(&r->root);
	/* Discovery, index 0 and 2, written out from §6.30.1. */
	static const uint8_t ask[] = { 1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0 };
	static const uint8_t want[] = { 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 2, 0 };
	uint8_t out[32];
	size_t len;

	(void)unused;
	assert_int_equal(mailbox_find(&r->box, &regs, 0, 0), IL_OK);
	assert_int_equal(mailbox_find(&r->box, &regs, 0, 1), IL_E_ARG);
	assert_int_equal(mailbox_exchange(&r->box, ask, sizeof(ask), out,
					  sizeof(out), &len),
			 IL_OK);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
	link_rig_free(r);
}

static void resets_reach_the_device(void **unused)
{
	struct link_rig *r = link_rig_new(0);
	uint32_t v;

	(void)unused;
	set_up(r);
	assert_int_equal(root_event(&r->root, LINK_HOT_RESET), IL_OK);
	assert_int_equal(get(r, CFG_COMMAND, 2), 0);
	assert_int_equal(root_event(&r->root, LINK_DOWN), IL_OK);
	assert_int_equal(root_cfg_read(&r->root, 0, 0, 4, &v), IL_E_IO);
	assert_int_equal(root_event(&r->root, LINK_UP), IL_OK);
	assert_int_equal(get(r, CFG_DEVICE_ID, 2), 1);
	link_rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_are_read_and_written),
		cmocka_unit_test(who_does_not_answer_is_given_up),
		cmocka_unit_test(who_answers_slowly_is_given_up_in_the_end),
		cmocka_unit_test(bars_get_places_of_their_own),
		cmocka_unit_test(memory_is_read_and_written),
		cmocka_unit_test(what_the_device_sends_is_seen),
		cmocka_unit_test(a_stream_carries_the_t_bit_both_ways),
		cmocka_unit_test(a_failed_stream_is_noticed_and_still_sent_on),
		cmocka_unit_test(the_mailbox_is_found_and_walked),
		cmocka_unit_test(resets_reach_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
