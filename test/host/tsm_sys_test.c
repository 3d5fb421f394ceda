/* SPDX-License-Identifier: BSD-2-Clause */
/* What user space sees of TSMs and streams: files, links, events, signals. */
#include "machine.h"

#include <errno.h>
#include <stdio.h>

#define DEV "/sys/bus/pci/devices/0000:01:00.0/"
#define HB  "/sys/devices/pci0000:00/"

static struct pci_tsm_core *core(struct machine *m)
{
	return &m->h.tsm;
}

static void assert_link(struct task *t, const char *path, const char *want)
{
	char b[128];
	long n = k_readlink(t, path, b, sizeof(b));

	assert_int_equal(n, strlen(want));
	assert_memory_equal(b, want, strlen(want));
}

/* --- files and links --- */

static void a_stream_is_a_link_while_it_is_registered(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	struct pci_ide_stream *s;
	char b[32];

	(void)u;
	assert_int_equal(k_get(t, HB "available_secure_streams", b, sizeof(b)),
			 4);
	assert_string_equal(b, "256\n");
	s = pci_ide_stream_alloc(&m->h.ide, m_ep(m));
	s->id = 7;
	assert_int_equal(k_readlink(t, HB "stream0.0.0", b, sizeof(b)),
			 -ENOENT);
	assert_int_equal(pci_ide_stream_register(&m->h.ide, s), 0);
	assert_link(t, HB "stream0.0.0", "0000:00:01.0/0000:01:00.0");
	assert_int_equal(k_get(t, HB "available_secure_streams", b, sizeof(b)),
			 4);
	assert_string_equal(b, "255\n");
	/* H is the pool's, R the port's block, E the endpoint's */
	assert_int_equal(pci_ide_stream_alloc(&m->h.ide, m_ep(m))->ep.block, 1);
	assert_int_equal(pci_ide_set_nr_streams(&m->h.ide, 9), -EBUSY);
	pci_ide_stream_release(&m->h.ide, s);
	assert_int_equal(k_readlink(t, HB "stream0.0.0", b, sizeof(b)),
			 -ENOENT);
	k_task_exit(t);
	machine_free(m);
}

static void links_name_pool_port_and_endpoint_in_this_order(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	struct pci_ide_stream *a = pci_ide_stream_alloc(&m->h.ide, m_ep(m));
	struct pci_ide_stream *b;

	(void)u;
	a->host_index = 0;
	b = pci_ide_stream_alloc(&m->h.ide, m_ep(m));
	b->id = 3;
	b->host_index = 200;
	b->rp.block = 3;
	assert_int_equal(pci_ide_stream_register(&m->h.ide, b), 0);
	assert_link(t, HB "stream200.3.1", "0000:00:01.0/0000:01:00.0");
	k_task_exit(t);
	machine_free(m);
}

static void a_host_bridge_without_streams_shows_none(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	long fd = k_open(t, HB "available_secure_streams");
	char b[8];

	(void)u;
	assert_int_equal(pci_ide_set_nr_streams(&m->h.ide, 0), 0);
	assert_int_equal(k_open(t, HB "available_secure_streams"), -ENOENT);
	assert_int_equal(k_read(t, (int)fd, b, sizeof(b)), -ENXIO);
	assert_null(pci_ide_stream_alloc(&m->h.ide, m_ep(m)));
	assert_int_equal(pci_ide_set_nr_streams(&m->h.ide, 1), 0);
	assert_non_null(pci_ide_stream_alloc(&m->h.ide, m_ep(m)));
	assert_null(pci_ide_stream_alloc(&m->h.ide, m_ep(m)));
	k_task_exit(t);
	machine_free(m);
}

static void a_tsm_is_a_link_to_a_device_that_links_its_streams(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	char b[64];

	(void)u;
	assert_link(t, "/sys/class/tsm/tsm0", "../../devices/virtual/tsm/tsm0");
	assert_int_equal(k_readlink(t, "/sys/class/tsm/tsm1", b, sizeof(b)),
			 -ENOENT);
	assert_int_equal(
		k_readlink(t, "/sys/devices/virtual/tsm/tsm0", b, sizeof(b)),
		-EINVAL);
	assert_int_equal(k_get(t, "/sys/class/tsm/tsm0/uevent", b, sizeof(b)),
			 0);
	m_connect(m);
	pci_tsm_stream(m_ep(m), "stream4.0.0");
	assert_link(t, "/sys/class/tsm/tsm0/stream4.0.0",
		    "../../../pci0000:00/0000:00:01.0/0000:01:00.0");
	/* another TSM has other streams */
	assert_int_equal(pci_tsm_register(core(m), &m_tsm_ops, m), 1);
	assert_int_equal(
		k_readlink(t, "/sys/class/tsm/tsm1/stream4.0.0", b, sizeof(b)),
		-ENOENT);
	pci_tsm_stream(m_ep(m), NULL);
	assert_int_equal(
		k_readlink(t, "/sys/class/tsm/tsm0/stream4.0.0", b, sizeof(b)),
		-ENOENT);
	/* a buffer that is too small gets what fits, and no zero */
	memset(b, 'x', sizeof(b));
	assert_int_equal(k_readlink(t, "/sys/class/tsm/tsm0", b, 5), 5);
	assert_memory_equal(b, "../..x", 6);
	assert_int_equal(k_readlink(t, DEV "vendor", b, sizeof(b)), -EINVAL);
	assert_int_equal(k_readlink(t, "/nowhere", b, sizeof(b)), -ENOENT);
	k_task_exit(t);
	machine_free(m);
}

/* Text and number, as Linux's sscanf("tsm%d") and sysfs_streq() take them. */
static void names_are_read_as_linux_reads_them(void **u)
{
	static const struct {
		const char *name;
		int connect;
		int disconnect;
	} t[] = {
		{ "tsm0", 0, 0 },
		{ "tsm0\n", 0, 0 },
		{ "tsm0junk", 0, -EINVAL },
		{ "tsm 0", 0, -EINVAL },
		{ "tsm00", 0, -EINVAL },
		{ "tsm-1", -ENXIO, -EINVAL },
		{ "tsm7", -ENXIO, -EINVAL },
		{ "tsm+0", -EINVAL, -EINVAL },
		{ "tsm", -EINVAL, -EINVAL },
		{ "TSM0", -EINVAL, -EINVAL },
		{ " tsm0", -EINVAL, -EINVAL },
	};

	(void)u;
	for (unsigned i = 0; i < COUNT(t); i++) {
		struct machine *m = machine_new();
		struct task *k = k_task_new(&m->h.k);
		long on = k_open(k, DEV "tsm/connect");
		long off = k_open(k, DEV "tsm/disconnect");
		size_t n = strlen(t[i].name);

		assert_int_equal(k_write(k, (int)on, t[i].name, n),
				 t[i].connect ? t[i].connect : (long)n);
		if (t[i].connect)
			m_connect(m);
		assert_int_equal(k_write(k, (int)off, t[i].name, n),
				 t[i].disconnect ? t[i].disconnect : (long)n);
		k_task_exit(k);
		machine_free(m);
	}
}

/* --- signals --- */

static void
who_waits_for_the_lock_hears_a_signal_who_holds_it_does_not(void **u)
{
	struct machine *m = machine_new();
	struct task *a = k_task_new(&m->h.k), *b = k_task_new(&m->h.k);
	long fa = k_open(a, DEV "tsm/connect"),
	     fb = k_open(b, DEV "tsm/connect");
	long fd = k_open(b, DEV "tsm/disconnect");

	(void)u;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 2;
	assert_int_equal(k_write(a, (int)fa, "tsm0", 4), -EAGAIN);
	assert_int_equal(k_write(b, (int)fb, "tsm0", 4), -EAGAIN);
	k_signal(b);
	assert_int_equal(k_write(b, (int)fb, "tsm0", 4), -EINTR);
	/* it is delivered; the next call waits again */
	assert_int_equal(k_write(b, (int)fb, "tsm0", 4), -EAGAIN);
	k_signal(b);
	assert_int_equal(k_write(b, (int)fd, "tsm0", 4), -EINTR);
	k_signal(a);
	assert_int_equal(k_write(a, (int)fa, "tsm0", 4), -EAGAIN);
	assert_int_equal(k_write(a, (int)fa, "tsm0", 4), 4);
	assert_int_equal(m->aborts, 0);
	assert_int_equal(m->f.exchanges, 2);
	assert_int_equal(k_write(b, (int)fb, "tsm0", 4), -EBUSY);
	k_task_exit(a);
	k_task_exit(b);
	machine_free(m);
}

/* --- events --- */

static int listen_to(struct task *t)
{
	const struct k_sockaddr_nl a = { .nl_family = K_AF_NETLINK,
					 .nl_groups = 1 };
	long fd = k_socket(t, K_AF_NETLINK, K_SOCK_DGRAM,
			   K_NETLINK_KOBJECT_UEVENT);

	assert_true(fd >= 0);
	assert_int_equal(k_bind(t, (int)fd, &a, sizeof(a)), 0);
	return (int)fd;
}

static void assert_event(struct task *t, int fd, const char *want, size_t len)
{
	char b[K_UEVENT_MAX];

	assert_int_equal(k_read(t, fd, b, sizeof(b)), len);
	assert_memory_equal(b, want, len);
}

#define EVENT(t, fd, text) assert_event(t, fd, text, sizeof(text))

static void a_tsm_tells_when_it_comes_is_ready_and_goes(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	struct k_pollfd p = { .events = K_POLLIN };
	char b[8];

	(void)u;
	p.fd = listen_to(t);
	assert_int_equal(k_poll(t, &p, 1), 0);
	assert_int_equal(k_read(t, p.fd, b, sizeof(b)), -EAGAIN);
	machine_scan(m);
	assert_int_equal(k_poll(t, &p, 1), 1);
	assert_int_equal(p.revents, K_POLLIN);
	EVENT(t, p.fd,
	      "add@/devices/virtual/tsm/tsm0\0ACTION=add\0"
	      "DEVPATH=/devices/virtual/tsm/tsm0\0SUBSYSTEM=tsm\0SEQNUM=1");
	EVENT(t, p.fd,
	      "change@/devices/virtual/tsm/tsm0\0ACTION=change\0"
	      "DEVPATH=/devices/virtual/tsm/tsm0\0SUBSYSTEM=tsm\0SEQNUM=2");
	/* Linux says nothing of connect and disconnect */
	m_connect(m);
	assert_int_equal(k_poll(t, &p, 1), 0);
	assert_int_equal(pci_tsm_unregister(core(m), 0), 0);
	EVENT(t, p.fd,
	      "remove@/devices/virtual/tsm/tsm0\0ACTION=remove\0"
	      "DEVPATH=/devices/virtual/tsm/tsm0\0SUBSYSTEM=tsm\0SEQNUM=3");
	k_task_exit(t);
	machine_free(m);
}

/* When "change" is read, connect works: that is what it says. */
static void connect_works_when_the_change_is_told(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	int fd = listen_to(t);
	char b[K_UEVENT_MAX];

	(void)u;
	machine_scan(m);
	assert_true(k_read(t, fd, b, sizeof(b)) > 0);
	assert_true(k_read(t, fd, b, sizeof(b)) > 0);
	assert_memory_equal(b, "change@", 7);
	assert_true(k_open(t, DEV "tsm/connect") >= 0);
	k_task_exit(t);
	machine_free(m);
}

static void functions_that_come_and_go_are_told(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	int fd = listen_to(t);

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	EVENT(t, fd,
	      "add@/devices/pci0000:00/0000:00:01.0/0000:01:00.1\0ACTION=add\0"
	      "DEVPATH=/devices/pci0000:00/0000:00:01.0/0000:01:00.1\0"
	      "SUBSYSTEM=pci\0PCI_CLASS=120000\0PCI_ID=1D1A:0002\0"
	      "PCI_SLOT_NAME=0000:01:00.1\0SEQNUM=3");
	k_task_exit(t);
	machine_free(m);
}

static void who_reads_too_slowly_is_told_and_goes_on(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	int fd = listen_to(t);
	char b[K_UEVENT_MAX], want[32];
	long n;

	(void)u;
	for (unsigned i = 0; i < K_UEVENTS + 5; i++)
		k_uevent(&m->h.k, "change", "/devices/x", "x", "N=1\n");
	assert_int_equal(k_read(t, fd, b, sizeof(b)), -ENOBUFS);
	n = k_read(t, fd, b, sizeof(b));
	/* two of the machine's before us, five that are lost */
	snprintf(want, sizeof(want), "SEQNUM=%u", 2 + 5 + 1);
	assert_true(n > 9);
	assert_string_equal(b + n - 9, want);
	for (unsigned i = 1; i < K_UEVENTS; i++)
		assert_true(k_read(t, fd, b, 6) == 6); /* cut off */
	assert_int_equal(k_read(t, fd, b, sizeof(b)), -EAGAIN);
	k_task_exit(t);
	machine_free(m);
}

static void sockets_are_refused_as_linux_refuses_them(void **u)
{
	struct k_sockaddr_nl a = { .nl_family = K_AF_NETLINK };
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	struct k_pollfd p[3] = { { .fd = -1 }, { .fd = 77 }, { 0 } };
	long fd, file = k_open(t, DEV "vendor");
	char b[8];

	(void)u;
	assert_int_equal(k_socket(t, 2, K_SOCK_DGRAM, 0), -EAFNOSUPPORT);
	assert_int_equal(k_socket(t, K_AF_NETLINK, 1, 15), -ESOCKTNOSUPPORT);
	assert_int_equal(k_socket(t, K_AF_NETLINK, K_SOCK_RAW, 0),
			 -EPROTONOSUPPORT);
	fd = k_socket(t, K_AF_NETLINK, K_SOCK_RAW, K_NETLINK_KOBJECT_UEVENT);
	assert_int_equal(k_bind(t, 99, &a, sizeof(a)), -EBADF);
	assert_int_equal(k_bind(t, (int)file, &a, sizeof(a)), -ENOTSOCK);
	assert_int_equal(k_bind(t, (int)fd, &a, sizeof(a) - 1), -EINVAL);
	a.nl_family = 2;
	assert_int_equal(k_bind(t, (int)fd, &a, sizeof(a)), -EINVAL);
	/* who joined no group hears nothing */
	k_uevent(&m->h.k, "change", "/devices/x", "x", NULL);
	assert_int_equal(k_read(t, (int)fd, b, sizeof(b)), -EAGAIN);
	p[2].fd = (int)file;
	p[2].events = K_POLLIN | K_POLLOUT;
	assert_int_equal(k_poll(t, p, 3), 2);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, K_POLLNVAL);
	assert_int_equal(p[2].revents, K_POLLIN | K_POLLOUT);
	k_task_exit(t);
	machine_free(m);
}

/* --- refresh --- */

static enum pci_tsm_renew asked;

static int t_renew(void *ctx, struct pci_dev *p, enum pci_tsm_renew what,
		   bool first, struct pci_tsm_relay *r)
{
	struct machine *m = ctx;

	(void)p;
	asked = what;
	m->calls_of[PCI_TSM_OP_RENEW]++;
	if (!first)
		return r->err;
	r->type = 2;
	r->req_len = 64;
	return -EINPROGRESS;
}

static void refresh_takes_three_words_of_a_connected_function(void **u)
{
	static const char *const words[] = { "stream", "session", "alive" };
	struct pci_tsm_ops ops = m_tsm_ops;
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	int fd = (int)k_open(t, DEV "tsm/refresh");

	(void)u;
	assert_int_equal(k_write(t, fd, "stream", 6), -ENXIO);
	m_connect(m);
	assert_int_equal(k_write(t, fd, "stream", 6), -EOPNOTSUPP);
	ops.renew = t_renew;
	core(m)->devs[0].ops = &ops;
	assert_int_equal(k_write(t, fd, "keys", 4), -EINVAL);
	for (unsigned i = 0; i < COUNT(words); i++) {
		size_t n = strlen(words[i]);

		assert_int_equal(k_write(t, fd, words[i], n), -EAGAIN);
		assert_int_equal(k_write(t, fd, words[i], n), n);
		assert_int_equal(asked, i);
	}
	assert_int_equal(m->f.exchanges, 3);
	/* dropped, it leaves the connection as the architecture made it */
	assert_int_equal(k_write(t, fd, "stream", 6), -EAGAIN);
	assert_int_equal(k_close(t, fd), 0);
	assert_int_equal(m->aborts, 1);
	assert_true(pci_tsm_dsm_of(m_ep(m))->connected);
	k_task_exit(t);
	machine_free(m);
}

/* Linux 7.3 drivers/pci/tsm.c, pci_tsm_attr_visible() */
static void a_function_that_cannot_be_bound_has_no_file_that_says_so(void **u)
{
	struct machine *m = machine_cold();
	struct task *t = k_task_new(&m->h.k);
	char b[32];

	(void)u;
	m->f.no_tee = true; /* it has IDE, and connects */
	machine_scan(m);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(k_open(t, DEV "tsm/bound"), -ENOENT);
		assert_true(k_get(t, DEV "tsm/connect", b, sizeof(b)) > 0);
		assert_true(k_get(t, DEV "tsm/dsm", b, sizeof(b)) > 0);
		if (!i)
			m_connect(m);
	}
	k_task_exit(t);
	machine_free(m);
}

/* --- an operation under way, called again as another one --- */

static int connect_to(struct machine *m, const char *name)
{
	return pci_tsm_connect(core(m), m_ep(m), name, m);
}

static int no_private(void *ctx, bool on)
{
	(void)ctx;
	(void)on;
	return 0;
}

static const struct pci_tdi_port port = { no_private };

static int bind_to(struct machine *m, void *kvm, uint32_t rid,
		   struct pci_tdi **tdi)
{
	return pci_tsm_bind(core(m), m_ep(m), kvm, rid, &port, m, m, tdi);
}

static void who_goes_on_goes_on_with_what_he_began(void **u)
{
	struct pci_tsm_ops ops = m_tsm_ops;
	struct machine *m = machine_new();
	struct pci_tdi *tdi = NULL;

	(void)u;
	ops.renew = t_renew;
	core(m)->devs[0].ops = &ops;
	assert_int_equal(pci_tsm_register(core(m), &m_tsm_ops, m), 1);
	for (unsigned i = 0; i < PCI_TSM_OP_RENEW; i++)
		m->exchanges_of[i] = 1;
	assert_int_equal(connect_to(m, "tsm0"), -EAGAIN);
	assert_int_equal(connect_to(m, "tsm1"), -EBUSY);
	assert_int_equal(connect_to(m, "tsm9"), -EBUSY);
	assert_int_equal(connect_to(m, "tsm0"), 0);

	assert_int_equal(pci_tsm_renew(core(m), m_ep(m), 0, m), -EAGAIN);
	assert_int_equal(pci_tsm_renew(core(m), m_ep(m), 1, m), -EBUSY);
	assert_int_equal(pci_tsm_renew(core(m), m_ep(m), 0, m), 0);
	assert_int_equal(asked, 0);

	assert_int_equal(bind_to(m, m, 8, &tdi), -EAGAIN);
	assert_int_equal(bind_to(m, &m->f, 8, &tdi), -EBUSY);
	assert_int_equal(bind_to(m, m, 9, &tdi), -EBUSY);
	assert_null(tdi);
	assert_int_equal(bind_to(m, m, 8, &tdi), 0);
	assert_ptr_equal(tdi->kvm, m);
	assert_int_equal(pci_tsm_unbind_now(core(m), tdi), 0);

	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "tsm0", m),
			 -EAGAIN);
	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "tsm1", m),
			 -EINVAL);
	assert_int_equal(m->f.exchanges, 5); /* none for a refusal */
	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "tsm0", m), 0);
	assert_int_equal(m->aborts, 0);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_a_link_while_it_is_registered),
		cmocka_unit_test(
			links_name_pool_port_and_endpoint_in_this_order),
		cmocka_unit_test(a_host_bridge_without_streams_shows_none),
		cmocka_unit_test(
			a_tsm_is_a_link_to_a_device_that_links_its_streams),
		cmocka_unit_test(names_are_read_as_linux_reads_them),
		cmocka_unit_test(
			who_waits_for_the_lock_hears_a_signal_who_holds_it_does_not),
		cmocka_unit_test(a_tsm_tells_when_it_comes_is_ready_and_goes),
		cmocka_unit_test(connect_works_when_the_change_is_told),
		cmocka_unit_test(functions_that_come_and_go_are_told),
		cmocka_unit_test(who_reads_too_slowly_is_told_and_goes_on),
		cmocka_unit_test(sockets_are_refused_as_linux_refuses_them),
		cmocka_unit_test(
			refresh_takes_three_words_of_a_connected_function),
		cmocka_unit_test(
			a_function_that_cannot_be_bound_has_no_file_that_says_so),
		cmocka_unit_test(who_goes_on_goes_on_with_what_he_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
