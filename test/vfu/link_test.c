/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/socket.h"
#include "pci/regs.h"

/* The link front end, with a root port that the test plays. */

struct root {
	struct sock_addr at;
	int fd;
	struct link_socket socket;
	struct link_end end;
	uint8_t buf[4 * LINK_SOCKET_MIN];
};

static void listen_too(struct rig *r, struct root *p)
{
	char path[128];

	snprintf(path, sizeof(path), "unix:%s/link", r->dir);
	assert_int_equal(sock_parse(path, &p->at), IL_OK);
	assert_int_equal(vfu_listen(r->v, VFU_LINK, &p->at), 0);
}

static void plug(struct rig *r, struct root *p)
{
	p->fd = sock_connect(&p->at, 1000);
	assert_true(p->fd >= 0);
	assert_int_equal(
		link_socket_init(&p->socket, p->fd, p->buf, sizeof(p->buf)),
		IL_OK);
	p->end = link_socket_end(&p->socket);
	rig_turns(r, 2);
}

static void event(struct rig *r, struct root *p, enum link_event ev)
{
	assert_int_equal(link_send_event(&p->end, ev), IL_OK);
	assert_int_equal(link_socket_flush(&p->socket), IL_OK);
	rig_turns(r, 3);
}

/* What a root complex does at power-up. */
static void power_up(struct rig *r, struct root *p)
{
	plug(r, p);
	event(r, p, LINK_FUND_RESET);
	event(r, p, LINK_UP);
}

/* The first packet that comes; false: none does. */
static bool packet(struct rig *r, struct root *p, struct tlp *t)
{
	static uint8_t buf[LINK_FRAME_MAX];

	for (unsigned i = 0; i < 100; i++) {
		enum link_kind kind;
		size_t n = 0;
		struct rd rd;

		if (link_recv(&p->end, &kind, buf, sizeof(buf), &n)) {
			rig_turns(r, 1);
			continue;
		}
		assert_int_equal(kind, LINK_TLP);
		rd = rd_over(buf, n);
		assert_int_equal(tlp_decode(&rd, t), IL_OK);
		return true;
	}
	return false;
}

/* Type 0 read of @reg, from 00:00.0 to 01:00.0. */
static bool reads(struct rig *r, struct root *p, uint16_t reg, uint32_t *v)
{
	struct tlp t, cpl;
	struct rd rd;

	assert_int_equal(tlp_cfg_read(&t, 0x0000, 7, 0x0100, reg, 4, false),
			 IL_OK);
	assert_int_equal(link_send_tlp(&p->end, &t), IL_OK);
	assert_int_equal(link_socket_flush(&p->socket), IL_OK);
	if (!packet(r, p, &cpl))
		return false;
	assert_int_equal(cpl.type, TLP_CPLD);
	assert_int_equal(cpl.tag, 7);
	rd = rd_over(cpl.data, 4);
	*v = rd_u32le(&rd);
	return true;
}

static void a_root_port_reads_configuration_space(void **state)
{
	struct rig *r = *state;
	struct root p;
	uint32_t v = 0;

	rig_start(r);
	listen_too(r, &p);
	power_up(r, &p);
	assert_true(reads(r, &p, CFG_VENDOR_ID, &v));
	assert_int_equal(v, ILK_VENDOR_ID | (uint32_t)ILK_DEVICE_DMA << 16);
	close(p.fd);
}

static void the_end_of_the_connection_is_link_down(void **state)
{
	struct rig *r = *state;
	struct root p;
	uint32_t v = 0;

	rig_start(r);
	listen_too(r, &p);
	power_up(r, &p);
	assert_true(r->dev->up);
	close(p.fd);
	rig_turns(r, 3);
	assert_false(r->dev->up);
	/* The next is a new link. */
	power_up(r, &p);
	assert_true(reads(r, &p, CFG_VENDOR_ID, &v));
	close(p.fd);
}

static void a_second_root_port_is_closed_at_once(void **state)
{
	struct rig *r = *state;
	struct root p;
	uint32_t v = 0;
	int second;

	rig_start(r);
	listen_too(r, &p);
	power_up(r, &p);
	second = sock_connect(&p.at, 1000);
	assert_true(second >= 0);
	rig_closed(r, second);
	assert_true(r->dev->up);
	assert_true(reads(r, &p, CFG_VENDOR_ID, &v));
	close(p.fd);
}

static void broken_framing_ends_the_link_not_the_device(void **state)
{
	/* An unknown kind; a reserved byte; no length; too much. */
	static const uint8_t bad[][8] = { { 3, 0, 0, 0, 1, 0, 0, 0 },
					  { 1, 1, 0, 0, 1, 0, 0, 0 },
					  { 1, 0, 0, 0, 0, 0, 0, 0 },
					  { 1, 0, 0, 0, 0x21, 0x10, 0, 0 } };
	struct rig *r = *state;
	struct root p;
	uint32_t v = 0;

	rig_start(r);
	listen_too(r, &p);
	for (size_t i = 0; i < COUNT(bad); i++) {
		power_up(r, &p);
		rig_send(p.fd, bad[i], sizeof(bad[i]));
		rig_closed(r, p.fd);
		assert_false(r->dev->up);
		assert_int_equal(r->said, i + 1);
	}
	power_up(r, &p);
	assert_true(reads(r, &p, CFG_VENDOR_ID, &v));
	close(p.fd);
}

static void half_a_packet_and_a_hang_up_harm_nothing(void **state)
{
	static const uint8_t half[] = { 1, 0, 0, 0, 16, 0, 0, 0, 4, 0 };
	struct rig *r = *state;
	struct root p;
	uint32_t v = 0;

	rig_start(r);
	listen_too(r, &p);
	for (size_t n = 1; n <= sizeof(half); n++) {
		power_up(r, &p);
		rig_send(p.fd, half, n);
		rig_turns(r, 2);
		close(p.fd);
		rig_turns(r, 3);
		assert_false(r->dev->up);
	}
	power_up(r, &p);
	assert_true(reads(r, &p, CFG_VENDOR_ID, &v));
	close(p.fd);
}

static void a_root_port_that_never_reads_stops_only_itself(void **state)
{
	struct rig *r = *state;
	struct root p;
	struct tlp t;
	uint8_t buf[64], frame[LINK_FRAME_HDR + sizeof(buf)];
	struct wr w = wr_over(buf, sizeof(buf)), f;
	int fd;

	rig_start(r);
	listen_too(r, &p);
	power_up(r, &p);
	assert_int_equal(
		tlp_cfg_read(&t, 0x0000, 7, 0x0100, CFG_VENDOR_ID, 4, false),
		IL_OK);
	assert_int_equal(tlp_encode(&w, &t), IL_OK);
	f = wr_over(frame, sizeof(frame));
	assert_int_equal(link_hdr_encode(&f, LINK_TLP, w.len), IL_OK);
	wr_bytes(&f, buf, w.len);
	/* As much as goes, and more once the device has taken some. */
	for (unsigned i = 0; i < 200000; i++)
		if (send(p.fd, frame, f.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			rig_turns(r, 1);
	fd = rig_client(r);
	for (unsigned i = 0; i < 20; i++) {
		rig_doe(fd, 1, RIG_GET_VERSION, 4);
		assert_int_equal(rig_answer(r, fd)->len, 16);
	}
	close(p.fd);
	rig_turns(r, 10);
	assert_false(r->dev->up);
	close(fd);
}

/* A Unix socket can be shut for reading: sending fails, and nothing comes. */
static void a_root_port_that_takes_nothing_more_is_gone(void **state)
{
	struct rig *r = *state;
	struct root p;
	struct tlp t;

	rig_start(r);
	listen_too(r, &p);
	power_up(r, &p);
	assert_int_equal(shutdown(p.fd, SHUT_RD), 0);
	assert_int_equal(
		tlp_cfg_read(&t, 0x0000, 7, 0x0100, CFG_VENDOR_ID, 4, false),
		IL_OK);
	assert_int_equal(link_send_tlp(&p.end, &t), IL_OK);
	assert_int_equal(link_socket_flush(&p.socket), IL_OK);
	rig_turns(r, 3);
	assert_false(r->dev->up);
	assert_string_equal(r->last, "link: the root port is gone");
	close(p.fd);
	power_up(r, &p);
	assert_true(r->dev->up);
	close(p.fd);
}

/* Completions that have come, without a turn of the loop. */
static unsigned completions(struct root *p)
{
	static uint8_t buf[LINK_FRAME_MAX];
	enum link_kind kind;
	unsigned n = 0;
	size_t len;

	while (!link_recv(&p->end, &kind, buf, sizeof(buf), &len))
		n++;
	return n;
}

static void a_root_port_that_floods_gets_its_share_of_a_turn(void **state)
{
	struct rig *r = *state;
	struct root p;
	struct tlp t;
	unsigned n, all;

	rig_start(r);
	listen_too(r, &p);
	power_up(r, &p);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(tlp_cfg_read(&t, 0x0000, 7, 0x0100,
					      CFG_VENDOR_ID, 4, false),
				 IL_OK);
		assert_int_equal(link_send_tlp(&p.end, &t), IL_OK);
	}
	assert_int_equal(link_socket_flush(&p.socket), IL_OK);
	rig_turns(r, 1);
	all = n = completions(&p);
	assert_true(n > 0 && n < 500);
	/* The rest needs no more input to go on. */
	while (all < 1000) {
		rig_turn_at_work(r);
		all += completions(&p);
	}
	assert_int_equal(all, 1000);
	close(p.fd);
}

static void both_front_ends_serve_the_same_functions(void **state)
{
	static const uint8_t bus1[] = { 0, 1, 0, 0 }, bus2[] = { 0, 2, 0, 0 };
	struct rig *r = *state;
	struct root p;
	uint32_t v = 0;
	struct tlp t, cpl;
	uint8_t data[4];
	int fd;

	r->cfg.assume = true;
	rig_start(r);
	listen_too(r, &p);
	fd = rig_client(r);
	power_up(r, &p);
	/* The bus that a write on the link tells is the one that counts. */
	assert_int_equal(tlp_cfg_write(&t, 0x0000, 1, 0x0100, CFG_COMMAND, 2, 0,
				       false, data),
			 IL_OK);
	assert_int_equal(link_send_tlp(&p.end, &t), IL_OK);
	assert_true(packet(r, &p, &cpl));
	assert_true(reads(r, &p, CFG_VENDOR_ID, &v));
	rig_ask(fd, 0x4904, 2, bus1, 4);
	assert_int_equal(rig_answer(r, fd)->p[0], 0);
	rig_ask(fd, 0x4904, 2, bus2, 4);
	assert_int_equal(rig_answer(r, fd)->p[0], 2);
	close(fd);
	close(p.fd);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_root_port_reads_configuration_space),
		WITH_RIG(the_end_of_the_connection_is_link_down),
		WITH_RIG(a_second_root_port_is_closed_at_once),
		WITH_RIG(broken_framing_ends_the_link_not_the_device),
		WITH_RIG(half_a_packet_and_a_hang_up_harm_nothing),
		WITH_RIG(a_root_port_that_never_reads_stops_only_itself),
		WITH_RIG(a_root_port_that_takes_nothing_more_is_gone),
		WITH_RIG(a_root_port_that_floods_gets_its_share_of_a_turn),
		WITH_RIG(both_front_ends_serve_the_same_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
