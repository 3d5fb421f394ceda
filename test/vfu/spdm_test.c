/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <sys/socket.h>
#include <unistd.h>

/*
 * The socket of the emulator's framing. Expected bytes are those of the
 * documents: PCIe Base 6.0 §6.30.1 for data objects, DSP0274 1.2.1 for
 * VERSION.
 */

/* VERSION with the one entry 1.2, in a data object of four dwords. */
static const uint8_t version_obj[] = { 1,    0, 1, 0, 4, 0, 0, 0,
				       0x10, 4, 0, 0, 0, 1, 0, 0x12 };

static void expect(const struct rig_frame *f, uint32_t command,
		   uint32_t transport, const void *p, size_t n)
{
	assert_int_equal(f->command, command);
	assert_int_equal(f->transport, transport);
	assert_int_equal(f->len, n);
	if (n)
		assert_memory_equal(f->p, p, n);
}

static void the_hello_is_answered_on_any_transport(void **state)
{
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	for (uint32_t t = 0; t < 5; t++) {
		rig_ask(fd, 0xdead, t, "Client Hello!", 14);
		expect(rig_answer(r, fd), 0xdead, t, "Server Hello!", 14);
	}
	close(fd);
}

static void discovery_lists_what_the_mailbox_offers(void **state)
{
	static const uint8_t ask[] = { 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0 };
	/* Vendor 1, type 0, next index 1. */
	static const uint8_t said[] = { 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 1 };
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	rig_ask(fd, 1, 2, ask, sizeof(ask));
	expect(rig_answer(r, fd), 1, 2, said, sizeof(said));
	close(fd);
}

static void get_version_is_answered_without_a_hello(void **state)
{
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	expect(rig_answer(r, fd), 1, 2, version_obj, sizeof(version_obj));
	close(fd);
}

static void get_version_is_answered_over_mctp(void **state)
{
	static const uint8_t said[] = { 5, 0x10, 4, 0, 0, 0, 1, 0, 0x12 };
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	rig_ask(fd, 1, 1, "\x05" RIG_GET_VERSION, 5);
	expect(rig_answer(r, fd), 1, 1, said, sizeof(said));
	close(fd);
}

static void what_is_not_ours_is_refused_and_the_connection_goes_on(void **state)
{
	static const struct {
		uint32_t command, transport;
	} not_ours[] = {
		{ 2, 3 },      { 3, 3 }, { 4, 3 }, /* storage: SCSI */
		{ 2, 4 },      { 3, 4 }, { 4, 4 }, /* storage: NVMe */
		{ 1, 0 },      { 1, 3 }, { 1, 4 }, /* no framing of ours */
		{ 2, 0 },      { 2, 1 }, { 3, 2 },	   { 4, 2 },
		{ 0xffff, 2 }, { 0, 0 }, { 0xffffffff, 2 }
	};
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	for (size_t i = 0; i < COUNT(not_ours); i++) {
		rig_ask(fd, not_ours[i].command, not_ours[i].transport,
			version_obj, sizeof(version_obj));
		expect(rig_answer(r, fd), 0xffff, not_ours[i].transport, NULL,
		       0);
	}
	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	expect(rig_answer(r, fd), 1, 2, version_obj, sizeof(version_obj));
	close(fd);
}

/* Nothing can be asked of a requester that is not there: still an answer. */
static void what_comes_out_of_band_is_acknowledged(void **state)
{
	static const struct {
		uint32_t command, transport;
	} asks[] = { { 0x8001, 2 }, { 0x8001, 1 }, { 0x8002, 2 } };
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	for (size_t i = 0; i < COUNT(asks); i++) {
		rig_ask(fd, asks[i].command, asks[i].transport, "\1\0\0\0",
			i == 2 ? 0 : 4);
		expect(rig_answer(r, fd), asks[i].command, asks[i].transport,
		       NULL, 0);
	}
	close(fd);
}

static void continue_is_echoed_and_closes_the_connection(void **state)
{
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	rig_ask(fd, 0xfffd, 2, NULL, 0);
	expect(rig_answer(r, fd), 0xfffd, 2, NULL, 0);
	rig_closed(r, fd);
	assert_int_equal(r->end, VFU_ON);
}

static void shutdown_ends_the_client_not_the_server(void **state)
{
	struct rig *r = *state;
	int fd, other;

	rig_start(r);
	fd = rig_client(r);
	other = rig_client(r);
	rig_ask(fd, 0xfffe, 2, NULL, 0);
	expect(rig_answer(r, fd), 0xfffe, 2, NULL, 0);
	rig_closed(r, fd);
	assert_int_equal(r->end, VFU_ON);
	rig_doe(other, 1, RIG_GET_VERSION, 4);
	expect(rig_answer(r, other), 1, 2, version_obj, sizeof(version_obj));
	close(other);
}

static void shutdown_ends_the_server_where_it_may(void **state)
{
	struct rig *r = *state;
	int fd;

	r->vfu_cfg.shutdown_ends = true;
	rig_start(r);
	fd = rig_client(r);
	rig_ask(fd, 0xfffe, 1, NULL, 0);
	expect(rig_answer(r, fd), 0xfffe, 1, NULL, 0);
	assert_int_equal(r->end, VFU_ENDED);
	close(fd);
}

static void the_stop_descriptor_ends_it(void **state)
{
	struct rig *r = *state;
	int p[2];

	assert_int_equal(pipe(p), 0);
	r->vfu_cfg.stop_fd = p[0];
	rig_start(r);
	rig_turns(r, 5);
	assert_int_equal(r->end, VFU_ON);
	assert_int_equal(write(p[1], "x", 1), 1);
	rig_turns(r, 1);
	assert_int_equal(r->end, VFU_STOPPED);
	close(p[0]);
	close(p[1]);
}

static void pcisig_messages_outside_a_session_stay_unanswered(void **state)
{
	/* VENDOR_DEFINED_REQUEST of PCI-SIG with a TDISP GET_VERSION. */
	static const uint8_t vdm[] = { 0x12, 0xfe, 0,  0, 3, 0,	   2,
				       1,    0,	   17, 0, 1, 0x10, 0x81,
				       0,    0,	   0,  0, 0, 0,	   0,
				       0,    0,	   0,  0, 0, 0,	   0 };
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	rig_doe(fd, 1, vdm, sizeof(vdm));
	rig_silent(r, fd);
	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	expect(rig_answer(r, fd), 1, 2, version_obj, sizeof(version_obj));
	close(fd);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(the_hello_is_answered_on_any_transport),
		WITH_RIG(discovery_lists_what_the_mailbox_offers),
		WITH_RIG(get_version_is_answered_without_a_hello),
		WITH_RIG(get_version_is_answered_over_mctp),
		WITH_RIG(
			what_is_not_ours_is_refused_and_the_connection_goes_on),
		WITH_RIG(what_comes_out_of_band_is_acknowledged),
		WITH_RIG(continue_is_echoed_and_closes_the_connection),
		WITH_RIG(shutdown_ends_the_client_not_the_server),
		WITH_RIG(shutdown_ends_the_server_where_it_may),
		WITH_RIG(the_stop_descriptor_ends_it),
		WITH_RIG(pcisig_messages_outside_a_session_stay_unanswered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
