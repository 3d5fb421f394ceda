/* SPDX-License-Identifier: BSD-2-Clause */
/* One queue for each DOE mailbox. */
#include "machine.h"

#include <errno.h>

#define EP    ((uint32_t)BDF(3, 0, 0))
#define OTHER ((uint32_t)BDF(4, 0, 0))
#define SEC   UINT64_C(1000000000)

static uint8_t req[3][8] = { { 1 }, { 2 }, { 3 } };

static struct machine *two(struct pci_dev **ep, struct pci_dev **other)
{
	struct machine *m = machine_cold();

	m->f.has_switch = true;
	machine_scan(m);
	*ep = pci_find(&m->h.pci, EP);
	*other = pci_find(&m->h.pci, OTHER);
	return m;
}

static struct pci_doe_task task(unsigned i, uint8_t *rsp)
{
	return (struct pci_doe_task){
		.type = 1, .req = req[i], .len = 8, .rsp = rsp, .cap = 8
	};
}

static void two_users_of_a_mailbox_queue(void **u)
{
	struct pci_dev *ep, *other;
	struct machine *m = two(&ep, &other);
	uint8_t a[8], b[8];
	struct pci_doe_task one = task(0, a), next = task(1, b);

	(void)u;
	m->f.exchanges = 0;
	assert_int_equal(pci_doe_submit(ep, &one), 0);
	assert_int_equal(pci_doe_submit(ep, &next), 0);
	assert_int_equal(one.ret, -EINPROGRESS);
	assert_int_equal(m->f.exchanges, 0);
	assert_false(pci_doe_run(ep));
	assert_int_equal(one.ret, 8);
	assert_int_equal(next.ret, 8);
	assert_int_equal(m->f.exchanges, 2);
	assert_int_equal(a[0], 1);
	assert_int_equal(b[0], 2);
	machine_free(m);
}

static void who_comes_later_waits_for_those_before(void **u)
{
	struct pci_dev *ep, *other;
	struct machine *m = two(&ep, &other);
	uint8_t a[8], b[8];
	struct pci_doe_task one = task(0, a);

	(void)u;
	assert_int_equal(pci_doe_submit(ep, &one), 0);
	assert_int_equal(pci_doe(ep, 1, req[2], 8, b, 8), 8);
	assert_int_equal(one.ret, 8);
	assert_int_equal(b[0], 3);
	machine_free(m);
}

static void a_mailbox_that_hangs_delays_its_own_users_alone(void **u)
{
	struct pci_dev *ep, *other;
	struct machine *m = two(&ep, &other);
	uint8_t a[8], b[8];
	struct pci_doe_task first = task(0, a), second = task(1, b);
	uint64_t began;

	(void)u;
	m->f.other.silent = true;
	assert_int_equal(pci_doe_submit(other, &first), 0);
	assert_int_equal(pci_doe_submit(other, &second), 0);
	assert_true(pci_doe_run(other));
	began = m->now;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(pci_doe(ep, 1, req[2], 8, a, 8), 8);
	assert_true(m->now - began < SEC / 10);
	assert_int_equal(first.ret, -EINPROGRESS);
	/* each of its own users has a second of his own */
	while (pci_doe_run(other))
		m->now += SEC / 10;
	assert_int_equal(first.ret, -EIO);
	assert_int_equal(second.ret, -EIO);
	assert_true(m->now - began >= 2 * SEC);
	assert_true(m->now - began < 3 * SEC);
	/* it was aborted, and works again */
	m->f.other.silent = false;
	assert_int_equal(pci_doe(other, 1, req[0], 8, a, 8), 8);
	machine_free(m);
}

static void while_one_waits_another_mailbox_goes_on(void **u)
{
	struct pci_dev *ep, *other;
	struct machine *m = two(&ep, &other);
	uint8_t a[8], b[8];
	struct pci_doe_task t = task(0, a);

	(void)u;
	m->f.other.silent = true;
	assert_int_equal(pci_doe_submit(ep, &t), 0);
	assert_int_equal(pci_doe(other, 1, req[1], 8, b, 8), -EIO);
	assert_int_equal(t.ret, 8);
	machine_free(m);
}

static void removal_ends_what_is_queued(void **u)
{
	struct pci_dev *ep, *other;
	struct machine *m = two(&ep, &other);
	uint8_t a[8], b[8];
	struct pci_doe_task one = task(0, a), next = task(1, b);

	(void)u;
	m->f.other.silent = true;
	assert_int_equal(pci_doe_submit(other, &one), 0);
	assert_int_equal(pci_doe_submit(other, &next), 0);
	assert_true(pci_doe_run(other));
	other->gone = true;
	pci_remove(other);
	assert_int_equal(one.ret, -EIO);
	assert_int_equal(next.ret, -EIO);
	machine_free(m);
}

static void nothing_is_queued_at_a_mailbox_that_was_cancelled(void **u)
{
	struct pci_dev *ep, *other;
	struct machine *m = two(&ep, &other);
	uint8_t a[8];
	struct pci_doe_task one = task(0, a);

	(void)u;
	pci_doe_cancel(ep);
	assert_int_equal(pci_doe_submit(ep, &one), -EIO);
	assert_int_equal(pci_doe(ep, 1, req[0], 8, a, 8), -EIO);
	one.type = 7;
	assert_int_equal(pci_doe_submit(other, &one), -EINVAL);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_users_of_a_mailbox_queue),
		cmocka_unit_test(who_comes_later_waits_for_those_before),
		cmocka_unit_test(
			a_mailbox_that_hangs_delays_its_own_users_alone),
		cmocka_unit_test(while_one_waits_another_mailbox_goes_on),
		cmocka_unit_test(removal_ends_what_is_queued),
		cmocka_unit_test(
			nothing_is_queued_at_a_mailbox_that_was_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
