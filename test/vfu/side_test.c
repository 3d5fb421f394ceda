/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdarg.h>
#include <unistd.h>

#include "pci/regs.h"

/* The side channel at the socket; bytes as docs/emulator.md has them. */

#define WRITE  0x4901
#define FLR    0x4902
#define EVENT  0x4903
#define STATE  0x4904
#define ACCESS 0x4905

static int start(void **state)
{
	struct rig *r = *state;

	r->cfg.assume = true;
	rig_start(r);
	return rig_client(r);
}

static const struct rig_frame *ask(struct rig *r, int fd, uint32_t command,
				   const void *p, size_t n)
{
	const struct rig_frame *f;

	rig_ask(fd, command, 2, p, n);
	f = rig_answer(r, fd);
	assert_int_equal(f->command, command);
	assert_int_equal(f->transport, 2);
	return f;
}

/* Four bytes: a status, and what the command says. */
static void expect(const struct rig_frame *f, uint8_t status, uint8_t value)
{
	const uint8_t want[] = { status, value, 0, 0 };

	assert_int_equal(f->len, 4);
	assert_memory_equal(f->p, want, 4);
}

static const struct rig_frame *tell(struct rig *r, int fd, uint16_t rid,
				    uint16_t reg, uint8_t size, uint32_t v)
{
	uint8_t m[12] = { (uint8_t)rid, (uint8_t)(rid >> 8), (uint8_t)reg,
			  (uint8_t)(reg >> 8), size };

	for (unsigned i = 0; i < 4; i++)
		m[8 + i] = (uint8_t)(v >> 8 * i);
	return ask(r, fd, WRITE, m, sizeof(m));
}

static const struct rig_frame *access_to(struct rig *r, int fd, uint16_t rid,
					 uint8_t flags, uint64_t addr)
{
	uint8_t m[16] = { (uint8_t)rid, (uint8_t)(rid >> 8), flags, 0, 4 };

	for (unsigned i = 0; i < 8; i++)
		m[8 + i] = (uint8_t)(addr >> 8 * i);
	return ask(r, fd, ACCESS, m, sizeof(m));
}

/* A refusal that names a rule and its source. */
static void expect_no(const struct rig_frame *f, const char *rule)
{
	assert_int_equal(f->p[0], 0);
	assert_int_equal(f->p[1], 0);
	assert_int_equal(f->p[2], strlen(rule));
	assert_true(f->p[3] > 0);
	assert_int_equal(f->len, 4u + f->p[2] + f->p[3]);
	assert_memory_equal(f->p + 4, rule, strlen(rule));
}

static void a_reported_bar_is_where_accesses_are_let_in(void **state)
{
	struct rig *r = *state;
	int fd = start(state);

	/* Where the device counts as being while nobody has said. */
	expect(access_to(r, fd, 0, 0, 0x81000000), 0, 1);
	/* Bus 3, device 0: BAR 0 and memory space, nothing else. */
	expect(tell(r, fd, 0x0300, CFG_BAR0, 4, 0x90000000), 0, 0);
	expect(tell(r, fd, 0x0300, CFG_BAR0 + 4, 4, 0), 0, 0);
	expect(tell(r, fd, 0x0300, CFG_COMMAND, 2, CMD_MEM), 0, 0);
	expect(access_to(r, fd, 0x0300, 0, 0x90000000), 0, 1);
	expect_no(access_to(r, fd, 0x0300, 0, 0x81000000), "no-bar");
	/* Decoding off again. */
	expect(tell(r, fd, 0x0300, CFG_COMMAND, 2, 0), 0, 0);
	expect_no(access_to(r, fd, 0x0300, 0, 0x90000000), "no-bar");
	close(fd);
}

static void an_access_with_the_wrong_t_bit_names_the_rule(void **state)
{
	struct rig *r = *state;
	int fd = start(state);
	const struct rig_frame *f;

	/* T into a function that is not in RUN, and DMA with T. */
	f = access_to(r, fd, 0, 2, 0x81000000);
	assert_int_equal(f->p[0], 0);
	assert_int_equal(f->p[1], 0);
	assert_true(f->p[2] > 0 && f->p[3] > 0);
	expect(access_to(r, fd, 0, 4 | 1, 0x1000), 0, 1);
	expect_no(access_to(r, fd, 0, 4 | 2, 0x1000), "dma-t-bit");
	close(fd);
}

static void a_reported_bus_is_the_only_one_from_then_on(void **state)
{
	struct rig *r = *state;
	int fd = start(state);
	static const uint8_t bus3[] = { 0, 3, 0, 0 }, bus4[] = { 0, 4, 0, 0 };

	expect(ask(r, fd, STATE, bus4, 4), 0, 0);
	expect(tell(r, fd, 0x0300, CFG_COMMAND, 2, 0), 0, 0);
	expect(ask(r, fd, STATE, bus3, 4), 0, 0);
	expect(ask(r, fd, STATE, bus4, 4), 2, 0);
	close(fd);
}

static void what_is_not_there_is_refused(void **state)
{
	struct rig *r = *state;
	int fd = start(state);
	static const uint8_t fn7[] = { 7, 0, 0, 0 }, ev[] = { 9, 0, 0, 0 };
	static const uint8_t zero[] = { 0, 0, 0, 0 };

	expect(ask(r, fd, STATE, fn7, 4), 2, 0);
	expect(ask(r, fd, FLR, fn7, 4), 2, 0);
	expect(ask(r, fd, EVENT, ev, 4), 2, 0);
	expect(ask(r, fd, EVENT, zero, 4), 2, 0);
	expect(tell(r, fd, 7, CFG_COMMAND, 2, 0), 2, 0);
	expect(tell(r, fd, 0, CFG_COMMAND, 3, 0), 2, 0);
	expect(tell(r, fd, 0, 0x1000, 4, 0), 2, 0);
	/* A dword across two registers. */
	expect(tell(r, fd, 0, CFG_COMMAND + 2, 4, 0), 2, 0);
	close(fd);
}

static void malformed_messages_say_so_and_nothing_more(void **state)
{
	struct rig *r = *state;
	int fd = start(state);
	static const uint8_t bad[16] = { 0, 0, 0xf0, 1 };

	for (uint32_t c = WRITE; c <= ACCESS; c++) {
		expect(ask(r, fd, c, NULL, 0), 1, 0);
		expect(ask(r, fd, c, bad, 3), 1, 0);
	}
	expect(ask(r, fd, ACCESS, bad, 16), 1, 0);
	expect(ask(r, fd, STATE, bad, 4), 1, 0);
	close(fd);
}

static void a_device_without_power_takes_no_write(void **state)
{
	struct rig *r = *state;
	int fd = start(state);
	static const uint8_t off[] = { 5, 0, 0, 0 }, on[] = { 6, 0, 0, 0 };

	expect(ask(r, fd, EVENT, off, 4), 0, 0);
	expect(tell(r, fd, 0, CFG_COMMAND, 2, 0), 3, 0);
	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	rig_silent(r, fd);
	expect(ask(r, fd, EVENT, on, 4), 0, 0);
	expect(tell(r, fd, 0, CFG_COMMAND, 2, 0), 0, 0);
	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	assert_int_equal(rig_answer(r, fd)->command, 1);
	close(fd);
}

static void the_side_channel_is_of_transport_two_alone(void **state)
{
	struct rig *r = *state;
	int fd = start(state);
	static const uint8_t m[] = { 0, 0, 0, 0 };

	for (uint32_t t = 0; t < 5; t++) {
		rig_ask(fd, STATE, t, m, 4);
		assert_int_equal(rig_answer(r, fd)->command,
				 t == 2 ? STATE : 0xffff);
	}
	close(fd);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_reported_bar_is_where_accesses_are_let_in),
		WITH_RIG(an_access_with_the_wrong_t_bit_names_the_rule),
		WITH_RIG(a_reported_bus_is_the_only_one_from_then_on),
		WITH_RIG(what_is_not_there_is_refused),
		WITH_RIG(malformed_messages_say_so_and_nothing_more),
		WITH_RIG(a_device_without_power_takes_no_write),
		WITH_RIG(the_side_channel_is_of_transport_two_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
