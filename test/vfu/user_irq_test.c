/* SPDX-License-Identifier: BSD-2-Clause */
#include "user_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bits.h"

#define NONE	0x01
#define BOOL	0x02
#define FD	0x04
#define MASK_	0x08
#define UNMASK	0x10
#define TRIGGER 0x20
#define INTX	0
#define MSIX	2

/* SET_IRQS with @n bytes of data; the errno of its answer. */
static uint32_t set(struct urig *r, int fd, uint32_t flags, uint32_t index,
		    uint32_t start, uint32_t count, const void *data, size_t n,
		    const int *fds, unsigned nfds)
{
	uint8_t p[20 + 64];
	const struct urig_msg *m;

	put_u32le(p, (uint32_t)(20 + n));
	put_u32le(p + 4, flags);
	put_u32le(p + 8, index);
	put_u32le(p + 12, start);
	put_u32le(p + 16, count);
	if (n)
		memcpy(p + 20, data, n);
	urig_send(fd, 3, 8, 0, p, 20 + n, fds, nfds);
	m = urig_get(r, fd);
	assert_int_equal(m->size, 16);
	assert_int_equal(m->flags, m->error ? 0x21 : 1);
	return m->error;
}

/* How often it was signalled since the last look. */
static uint64_t fired(int efd)
{
	uint64_t v;

	if (read(efd, &v, sizeof(v)) == sizeof(v))
		return v;
	assert_int_equal(errno, EAGAIN);
	return 0;
}

static void fire(struct urig_ep *u, enum ep_irq kind, unsigned vector, bool on)
{
	assert_non_null(u->user);
	u->user->irq(u->ctx, kind, vector, on);
}

static void make(int *e, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_true((e[i] = eventfd(0, EFD_NONBLOCK)) >= 0);
}

static void drop(const int *e, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		close(e[i]);
}

static void each_vector_has_its_own_event(void **state)
{
	struct urig *r = *state;
	struct urig_ep *u = &r->ep[0];
	int fd, e[4];

	urig_start(r);
	fd = urig_hello(r, 0);
	make(e, 4);
	assert_int_equal(set(r, fd, FD | TRIGGER, MSIX, 0, 4, NULL, 0, e, 4),
			 0);
	assert_int_equal(u->irqs[EP_MSIX], 4);
	for (unsigned i = 0; i < 4; i++) {
		fire(u, EP_MSIX, i, true);
		for (unsigned k = 0; k < 4; k++)
			assert_int_equal(fired(e[k]), k == i);
	}
	/* One that there is not reaches nobody. */
	fire(u, EP_MSIX, 4, true);
	fire(u, EP_MSIX, 63, true);
	fire(u, EP_MSIX, 64, true);
	fire(u, EP_MSIX, UINT32_MAX, true);
	for (unsigned k = 0; k < 4; k++)
		assert_int_equal(fired(e[k]), 0);
	drop(e, 4);
	close(fd);
}

/* As QEMU does it: enabled without any, then one by one, then off. */
static void vectors_come_one_by_one_and_go_together(void **state)
{
	struct urig *r = *state;
	struct urig_ep *u = &r->ep[0];
	int fd, e[3];

	urig_start(r);
	fd = urig_hello(r, 0);
	make(e, 3);
	assert_int_equal(set(r, fd, FD | TRIGGER, MSIX, 0, 1, NULL, 0, NULL, 0),
			 0);
	assert_int_equal(u->irqs[EP_MSIX], 0);
	assert_int_equal(set(r, fd, FD | TRIGGER, MSIX, 2, 1, NULL, 0, e, 1),
			 0);
	assert_int_equal(u->irqs[EP_MSIX], 3);
	assert_int_equal(
		set(r, fd, FD | TRIGGER, MSIX, 0, 1, NULL, 0, e + 1, 1), 0);
	assert_int_equal(u->irqs[EP_MSIX], 3);
	fire(u, EP_MSIX, 2, true);
	fire(u, EP_MSIX, 1, true);
	assert_int_equal(fired(e[0]), 1);
	assert_int_equal(fired(e[1]), 0);
	/* Another in the place of the first. */
	assert_int_equal(
		set(r, fd, FD | TRIGGER, MSIX, 2, 1, NULL, 0, e + 2, 1), 0);
	fire(u, EP_MSIX, 2, true);
	assert_int_equal(fired(e[0]), 0);
	assert_int_equal(fired(e[2]), 1);
	/* Without a descriptor it is taken away. */
	assert_int_equal(set(r, fd, FD | TRIGGER, MSIX, 2, 1, NULL, 0, NULL, 0),
			 0);
	assert_int_equal(u->irqs[EP_MSIX], 1);
	fire(u, EP_MSIX, 2, true);
	assert_int_equal(fired(e[2]), 0);
	assert_int_equal(
		set(r, fd, NONE | TRIGGER, MSIX, 0, 0, NULL, 0, NULL, 0), 0);
	assert_int_equal(u->irqs[EP_MSIX], 0);
	fire(u, EP_MSIX, 0, true);
	assert_int_equal(fired(e[1]), 0);
	drop(e, 3);
	close(fd);
}

static void intx_is_masked_by_itself_until_it_is_unmasked(void **state)
{
	struct urig *r = *state;
	struct urig_ep *u = &r->ep[0];
	int fd, e;

	urig_start(r);
	fd = urig_hello(r, 0);
	make(&e, 1);
	assert_int_equal(set(r, fd, FD | TRIGGER, INTX, 0, 1, NULL, 0, &e, 1),
			 0);
	assert_int_equal(u->irqs[EP_INTX], 1);
	u->level = true;
	fire(u, EP_INTX, 0, true);
	fire(u, EP_INTX, 0, true);
	assert_int_equal(fired(e), 1);
	/* It still is asserted, so it comes again, once. */
	assert_int_equal(
		set(r, fd, NONE | UNMASK, INTX, 0, 1, NULL, 0, NULL, 0), 0);
	assert_int_equal(fired(e), 1);
	u->level = false;
	fire(u, EP_INTX, 0, false);
	assert_int_equal(
		set(r, fd, NONE | UNMASK, INTX, 0, 1, NULL, 0, NULL, 0), 0);
	assert_int_equal(fired(e), 0);
	/* Masked by hand. */
	assert_int_equal(set(r, fd, NONE | MASK_, INTX, 0, 1, NULL, 0, NULL, 0),
			 0);
	u->level = true;
	fire(u, EP_INTX, 0, true);
	assert_int_equal(fired(e), 0);
	/* By a bool that says no nothing happens. */
	assert_int_equal(
		set(r, fd, BOOL | UNMASK, INTX, 0, 1, "\0", 1, NULL, 0), 0);
	assert_int_equal(fired(e), 0);
	assert_int_equal(
		set(r, fd, BOOL | UNMASK, INTX, 0, 1, "\1", 1, NULL, 0), 0);
	assert_int_equal(fired(e), 1);
	assert_int_equal(
		set(r, fd, NONE | TRIGGER, INTX, 0, 0, NULL, 0, NULL, 0), 0);
	assert_int_equal(u->irqs[EP_INTX], 0);
	close(e);
	close(fd);
}

/* The one before was signalled, and nobody has unmasked it since. */
static void
intx_that_is_asserted_is_told_to_an_event_in_anothers_place(void **state)
{
	struct urig *r = *state;
	struct urig_ep *u = &r->ep[0];
	int fd, e[2];

	urig_start(r);
	fd = urig_hello(r, 0);
	make(e, 2);
	assert_int_equal(set(r, fd, FD | TRIGGER, INTX, 0, 1, NULL, 0, e, 1),
			 0);
	u->level = true;
	fire(u, EP_INTX, 0, true);
	assert_int_equal(fired(e[0]), 1);
	assert_int_equal(
		set(r, fd, FD | TRIGGER, INTX, 0, 1, NULL, 0, e + 1, 1), 0);
	assert_int_equal(fired(e[0]), 0);
	assert_int_equal(fired(e[1]), 1);
	/* Masked by itself again. */
	fire(u, EP_INTX, 0, true);
	assert_int_equal(fired(e[1]), 0);
	drop(e, 2);
	close(fd);
}

static void a_client_may_trigger_its_own(void **state)
{
	struct urig *r = *state;
	int fd, e[4];

	urig_start(r);
	fd = urig_hello(r, 0);
	make(e, 4);
	assert_int_equal(set(r, fd, FD | TRIGGER, MSIX, 0, 4, NULL, 0, e, 4),
			 0);
	assert_int_equal(
		set(r, fd, NONE | TRIGGER, MSIX, 1, 2, NULL, 0, NULL, 0), 0);
	for (unsigned k = 0; k < 4; k++)
		assert_int_equal(fired(e[k]), k == 1 || k == 2);
	assert_int_equal(
		set(r, fd, BOOL | TRIGGER, MSIX, 0, 4, "\1\0\0\1", 4, NULL, 0),
		0);
	for (unsigned k = 0; k < 4; k++)
		assert_int_equal(fired(e[k]), k == 0 || k == 3);
	drop(e, 4);
	close(fd);
}

static void what_is_wrong_changes_nothing(void **state)
{
	static const struct {
		uint32_t flags, index, start, count;
		unsigned data, fds;
	} bad[] = {
		/* None, two, or other flags than there are. */
		{ TRIGGER, MSIX, 0, 1, 0, 0 },
		{ NONE, MSIX, 0, 1, 0, 0 },
		{ 0, MSIX, 0, 1, 0, 0 },
		{ NONE | BOOL | TRIGGER, MSIX, 0, 1, 1, 0 },
		{ BOOL | FD | TRIGGER, MSIX, 0, 1, 1, 0 },
		{ NONE | TRIGGER | MASK_, INTX, 0, 1, 0, 0 },
		{ NONE | MASK_ | UNMASK, INTX, 0, 1, 0, 0 },
		{ NONE | TRIGGER | 0x40, MSIX, 0, 1, 0, 0 },
		{ NONE | TRIGGER | 0x80000000, MSIX, 0, 1, 0, 0 },
		/* Vectors that there are not. */
		{ NONE | TRIGGER, MSIX, 0, 5, 0, 0 },
		{ NONE | TRIGGER, MSIX, 4, 1, 0, 0 },
		{ NONE | TRIGGER, MSIX, 3, 2, 0, 0 },
		{ NONE | TRIGGER, MSIX, UINT32_MAX, 2, 0, 0 },
		{ NONE | TRIGGER, MSIX, 1, UINT32_MAX, 0, 0 },
		{ NONE | TRIGGER, INTX, 0, 2, 0, 0 },
		{ NONE | TRIGGER, 1, 0, 1, 0, 0 }, /* MSI */
		{ NONE | TRIGGER, 3, 0, 1, 0, 0 },
		{ NONE | TRIGGER, 4, 0, 1, 0, 0 },
		{ NONE | TRIGGER, 5, 0, 1, 0, 0 },
		{ NONE | TRIGGER, 5, 0, 0, 0, 0 },
		{ FD | TRIGGER, 3, 0, 1, 0, 1 },
		/* All of them, but not just so. */
		{ NONE | TRIGGER, MSIX, 1, 0, 0, 0 },
		{ NONE | MASK_, INTX, 0, 0, 0, 0 },
		{ BOOL | TRIGGER, MSIX, 0, 0, 0, 0 },
		{ FD | TRIGGER, MSIX, 0, 0, 0, 0 },
		/* Data and descriptors of another number. */
		{ BOOL | TRIGGER, MSIX, 0, 2, 1, 0 },
		{ BOOL | TRIGGER, MSIX, 0, 2, 3, 0 },
		{ NONE | TRIGGER, MSIX, 0, 1, 1, 0 },
		{ FD | TRIGGER, MSIX, 0, 1, 4, 1 },
		{ FD | TRIGGER, MSIX, 0, 2, 0, 1 },
		{ FD | TRIGGER, MSIX, 0, 2, 0, 3 },
		{ NONE | TRIGGER, MSIX, 0, 1, 0, 1 },
		{ BOOL | TRIGGER, MSIX, 0, 1, 1, 1 },
		/* MSI-X is masked in its table; no events of masking. */
		{ NONE | MASK_, MSIX, 0, 1, 0, 0 },
		{ NONE | UNMASK, MSIX, 0, 1, 0, 0 },
		{ FD | MASK_, INTX, 0, 1, 0, 1 },
		{ FD | UNMASK, INTX, 0, 1, 0, 1 },
	};
	struct urig *r = *state;
	struct urig_ep *u = &r->ep[0];
	int fd, e[4], x[3];

	urig_start(r);
	fd = urig_hello(r, 0);
	make(e, 4);
	make(x, 3);
	assert_int_equal(set(r, fd, FD | TRIGGER, MSIX, 0, 4, NULL, 0, e, 4),
			 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (set(r, fd, bad[i].flags, bad[i].index, bad[i].start,
			bad[i].count, "\1\1\1\1", bad[i].data, x,
			bad[i].fds) != 22)
			fail_msg("row %zu is not refused", i);
		assert_int_equal(u->irq_sets, 1);
	}
	for (unsigned k = 0; k < 4; k++) {
		assert_int_equal(fired(e[k]), 0);
		fire(u, EP_MSIX, k, true);
		assert_int_equal(fired(e[k]), 1);
	}
	drop(e, 4);
	drop(x, 3);
	close(fd);
}

static void lengths_have_to_be_just_so(void **state)
{
	static const uint8_t one[20] = { 20, 0, 0, 0, 0x21, 0, 0, 0, 2, 0,
					 0,  0, 0, 0, 0,    0, 1, 0, 0, 0 };
	struct urig *r = *state;
	uint8_t p[24] = { 0 };
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_ask(r, fd, 8, one, 20, NULL, 0);
	for (size_t n = 0; n < 20; n++)
		urig_refused(r, fd, 8, one, n, 22);
	memcpy(p, one, 20);
	urig_refused(r, fd, 8, p, 21, 22);
	p[0] = 21;
	urig_refused(r, fd, 8, p, 20, 22);
	urig_refused(r, fd, 8, p, 21, 22);
	p[0] = 19;
	urig_refused(r, fd, 8, p, 20, 22);
	close(fd);
}

static void only_events_are_taken(struct urig *r)
{
	struct urig_ep *u = &r->ep[0];
	int fd, p[2], e[2];
	const uint64_t most = UINT64_MAX - 1;

	urig_start(r);
	fd = urig_hello(r, 0);
	assert_int_equal(pipe(p), 0);
	e[0] = eventfd(0, 0); /* one that would keep its writer waiting */
	e[1] = p[1];
	assert_int_equal(set(r, fd, FD | TRIGGER, MSIX, 0, 2, NULL, 0, e, 2),
			 22);
	assert_int_equal(u->irq_sets, 0);
	assert_int_equal(set(r, fd, FD | TRIGGER, MSIX, 0, 1, NULL, 0, e, 1),
			 0);
	assert_int_equal(write(e[0], &most, sizeof(most)), sizeof(most));
	fire(u, EP_MSIX, 0, true);
	assert_true(fired(e[0]) >= most);
	/* Made to wait again, and full: whoever writes to it now waits. */
	assert_int_equal(write(e[0], &most, sizeof(most)), sizeof(most));
	assert_int_equal(fcntl(e[0], F_SETFL, 0), 0);
	fire(u, EP_MSIX, 0, true);
	assert_int_equal(fcntl(e[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(fired(e[0]) >= most);
	assert_int_equal(fcntl(e[0], F_SETFL, 0), 0);
	for (unsigned i = 0; i < 100; i++)
		fire(u, EP_MSIX, 0, true);
	assert_int_equal(fcntl(e[0], F_SETFL, O_NONBLOCK), 0);
	/* Not written at all, if it has to be written. */
	assert_int_equal(fired(e[0]), r->cfg.plain_events ? 0 : 100);
	close(e[0]);
	close(p[0]);
	close(p[1]);
	close(fd);
}

static void only_events_are_taken_and_they_never_block(void **state)
{
	only_events_are_taken(*state);
}

static void nor_where_the_kernel_does_not_help(void **state)
{
	struct urig *r = *state;

	r->cfg.plain_events = true;
	only_events_are_taken(r);
}

static void too_many_descriptors_are_refused_and_closed(void **state)
{
	struct urig *r = *state;
	uint8_t p[20] = { 20, 0, 0, 0, FD | TRIGGER, 0, 0, 0, MSIX };
	int fd, e[17], w[2];
	uint8_t b;

	r->ep[0].ep.msix = 64;
	urig_start(r);
	fd = urig_hello(r, 0);
	make(e, 17);
	p[16] = 17;
	assert_int_equal(pipe(w), 0);
	close(e[16]);
	e[16] = w[1];
	urig_send(fd, 3, 8, 0, p, 20, e, 17);
	close(w[1]);
	assert_int_equal(urig_get(r, fd)->error, 22);
	assert_int_equal(read(w[0], &b, 1), 0);
	close(w[0]);
	/* One more than is said. */
	p[16] = 16;
	e[16] = e[0];
	urig_send(fd, 3, 8, 0, p, 20, e, 17);
	assert_int_equal(urig_get(r, fd)->error, 22);
	assert_int_equal(r->ep[0].irq_sets, 0);
	urig_send(fd, 3, 8, 0, p, 20, e, 16);
	assert_int_equal(urig_get(r, fd)->error, 0);
	assert_int_equal(r->ep[0].irqs[EP_MSIX], 16);
	drop(e, 16);
	close(fd);
}

/* Pieces of two messages in one go: each has its own descriptor. */
static void descriptors_stay_with_their_message(void **state)
{
	struct urig *r = *state;
	struct urig_ep *u = &r->ep[0];
	uint8_t m[2 * 36] = { 0 };
	int fd, e[2];

	urig_start(r);
	fd = urig_hello(r, 0);
	make(e, 2);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *p = m + 36 * (size_t)i;

		p[2] = 8;
		p[4] = 36;
		p[16] = 20;
		p[20] = FD | TRIGGER;
		p[24] = MSIX;
		p[28] = (uint8_t)i;
		p[32] = 1;
	}
	/* The second one's header comes with the first message's bytes. */
	urig_raw(fd, m, 36, e, 1);
	urig_raw(fd, m + 36, 16, e + 1, 1);
	urig_raw(fd, m + 52, 20, NULL, 0);
	assert_int_equal(urig_get(r, fd)->error, 0);
	assert_int_equal(urig_get(r, fd)->error, 0);
	fire(u, EP_MSIX, 1, true);
	assert_int_equal(fired(e[0]), 0);
	assert_int_equal(fired(e[1]), 1);
	drop(e, 2);
	close(fd);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, urig_open, urig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(each_vector_has_its_own_event),
		WITH_RIG(vectors_come_one_by_one_and_go_together),
		WITH_RIG(intx_is_masked_by_itself_until_it_is_unmasked),
		WITH_RIG(
			intx_that_is_asserted_is_told_to_an_event_in_anothers_place),
		WITH_RIG(a_client_may_trigger_its_own),
		WITH_RIG(what_is_wrong_changes_nothing),
		WITH_RIG(lengths_have_to_be_just_so),
		WITH_RIG(only_events_are_taken_and_they_never_block),
		WITH_RIG(nor_where_the_kernel_does_not_help),
		WITH_RIG(too_many_descriptors_are_refused_and_closed),
		WITH_RIG(descriptors_stay_with_their_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
