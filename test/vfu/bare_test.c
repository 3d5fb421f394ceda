/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <unistd.h>

/*
 * TDISP without SPDM: command 2, transport 2. Bytes: PCIe Base 6.x §11.3 (the
 * header is version, code, two reserved, function id, eight reserved).
 */

#define HDR 16

struct bare {
	struct rig *r;
	int fd;
};

static struct bare start(void **state)
{
	struct rig *r = *state;

	r->cfg.assume = true;
	rig_start(r);
	return (struct bare){ r, rig_client(r) };
}

static const struct rig_frame *ask(const struct bare *b, uint8_t version,
				   uint8_t code, uint32_t fn, size_t body)
{
	uint8_t m[HDR + 64] = { version, code, 0, 0 };

	for (unsigned i = 0; i < 4; i++)
		m[4 + i] = (uint8_t)(fn >> 8 * i);
	rig_ask(b->fd, 2, 2, m, HDR + body);
	return rig_answer(b->r, b->fd);
}

/* An answer with @code for @fn, and its @n bytes of body. */
static void expect(const struct rig_frame *f, uint8_t code, uint32_t fn,
		   const void *body, size_t n)
{
	uint8_t hdr[HDR] = { 0x10, code, 0, 0 };

	for (unsigned i = 0; i < 4; i++)
		hdr[4 + i] = (uint8_t)(fn >> 8 * i);
	assert_int_equal(f->command, 1);
	assert_int_equal(f->transport, 2);
	assert_int_equal(f->len, HDR + n);
	assert_memory_equal(f->p, hdr, HDR);
	if (n)
		assert_memory_equal(f->p + HDR, body, n);
}

static void expect_error(const struct rig_frame *f, uint32_t fn, uint32_t code,
			 uint32_t data)
{
	uint8_t body[8];

	for (unsigned i = 0; i < 4; i++) {
		body[i] = (uint8_t)(code >> 8 * i);
		body[4 + i] = (uint8_t)(data >> 8 * i);
	}
	expect(f, 0x7f, fn, body, sizeof(body));
}

static void the_state_of_a_function_is_seventeen_bytes(void **state)
{
	struct bare b = start(state);
	static const uint8_t unlocked[] = { 0 };
	const struct rig_frame *f = ask(&b, 0x10, 0x85, 0, 0);

	assert_int_equal(f->len, 17);
	expect(f, 0x05, 0, unlocked, 1);
	/* VF 1, by whatever bus: nobody has said which it is on. */
	expect(ask(&b, 0x10, 0x85, 0x4201, 0), 0x05, 0x4201, unlocked, 1);
	close(b.fd);
}

static void version_and_capabilities_are_those_of_the_session(void **state)
{
	struct bare b = start(state);
	static const uint8_t one[] = { 1, 0x10 };
	/* DSM_CAPS, three reserved... §11.3.5: caps u32, messages 16 bytes,
	 * lock flags u16, 3 reserved, address width, two request counts. */
	static const uint8_t caps[] = { 0,    0, 0, 0, 0xfe, 0,	 0, 0, 0, 0,
					0,    0, 0, 0, 0,    0,	 0, 0, 0, 0,
					0x15, 0, 0, 0, 0,    52, 1, 1 };

	expect(ask(&b, 0x10, 0x81, 0, 0), 0x01, 0, one, sizeof(one));
	expect(ask(&b, 0x10, 0x82, 0, 4), 0x02, 0, caps, sizeof(caps));
	close(b.fd);
}

static void whatever_would_move_a_tdi_is_refused_and_moves_nothing(void **state)
{
	/* LOCK, report, START, STOP, P2P, MMIO attributes, VDM; lengths as a
	 * TDI would take them. */
	static const struct {
		uint8_t code;
		size_t body;
	} moves[] = { { 0x83, 20 }, { 0x84, 4 }, { 0x86, 32 }, { 0x87, 0 },
		      { 0x88, 1 },  { 0x89, 1 }, { 0x8a, 16 }, { 0x8b, 2 },
		      { 0x80, 0 },  { 0x8c, 0 }, { 0xff, 0 },  { 0x05, 1 },
		      { 0x7f, 8 },  { 0x00, 0 } };
	struct bare b = start(state);
	struct tdi tdis[DEVICE_FNS];
	struct dsm dsm;

	memcpy(tdis, b.r->dev->tdis, sizeof(tdis));
	memcpy(&dsm, &b.r->dev->dsm, sizeof(dsm));
	for (size_t i = 0; i < COUNT(moves); i++) {
		const struct rig_frame *f =
			ask(&b, 0x10, moves[i].code, 0, moves[i].body);

		expect_error(f, 0, 0x07, moves[i].code);
		/* Padding and all. */
		assert_true(bytes_hold(tdis, sizeof(tdis), b.r->dev->tdis,
				       sizeof(tdis)));
		assert_true(bytes_hold(&dsm, sizeof(dsm), &b.r->dev->dsm,
				       sizeof(dsm)));
	}
	close(b.fd);
}

static void a_function_that_is_not_there_is_an_invalid_interface(void **state)
{
	/* Function 2 and device 1 of nothing; reserved bits; a segment that is
	 * not said to be valid. */
	static const uint32_t none[] = { 0x0002, 0x0008, 0x80000000u,
					 0x02000000, 0x00010000 };
	struct bare b = start(state);

	uint8_t m[HDR] = { 0x10, 0x85 };
	const struct rig_frame *f;

	for (size_t i = 0; i < COUNT(none); i++)
		expect_error(ask(&b, 0x10, 0x85, none[i], 0), none[i], 0x101,
			     0);
	/* The last byte of INTERFACE_ID, which is repeated in the answer. */
	m[15] = 1;
	rig_ask(b.fd, 2, 2, m, sizeof(m));
	f = rig_answer(b.r, b.fd);
	assert_int_equal(f->p[1], 0x7f);
	assert_memory_equal(f->p + 4, m + 4, 12);
	close(b.fd);
}

static void versions_and_lengths_are_looked_at(void **state)
{
	struct bare b = start(state);

	expect_error(ask(&b, 0x20, 0x85, 0, 0), 0, 0x41, 0);
	expect_error(ask(&b, 0x11, 0x85, 0, 0), 0, 0x41, 0);
	expect_error(ask(&b, 0x20, 0x81, 0, 0), 0, 0x41, 0);
	expect_error(ask(&b, 0x10, 0x85, 0, 1), 0, 0x01, 0);
	expect_error(ask(&b, 0x10, 0x82, 0, 0), 0, 0x01, 0);
	close(b.fd);
}

static void less_than_a_header_is_no_message(void **state)
{
	struct bare b = start(state);

	rig_ask(b.fd, 2, 2, "\x10\x85\0\0\0\0\0\0\0\0\0\0\0\0", 15);
	rig_closed(b.r, b.fd);
	assert_int_equal(b.r->said, 1);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(the_state_of_a_function_is_seventeen_bytes),
		WITH_RIG(version_and_capabilities_are_those_of_the_session),
		WITH_RIG(
			whatever_would_move_a_tdi_is_refused_and_moves_nothing),
		WITH_RIG(a_function_that_is_not_there_is_an_invalid_interface),
		WITH_RIG(versions_and_lengths_are_looked_at),
		WITH_RIG(less_than_a_header_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
