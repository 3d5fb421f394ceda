/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can go wrong in a TSM core, one test for each: docs/hazards.md has the
 * list. Source: linux.md 3.4, read in Linux 7.3 drivers/pci/{tsm,ide}.c
 */
#include "machine.h"

#include <errno.h>

#define DEV "/sys/bus/pci/devices/0000:01:00.0/"
#define VFN "/sys/bus/pci/devices/0000:01:00.1/"

static struct pci_tsm_core *core(struct machine *m)
{
	return &m->h.tsm;
}

static int no_private(void *ctx, bool on)
{
	(void)ctx;
	(void)on;
	return 0;
}

static const struct pci_tdi_port port = { no_private };

/* A TSM whose operations are the machine's, but for what a test changes. */
static struct pci_tsm_ops ops;
/* What an operation under way does besides. */
static int (*meanwhile)(struct machine *m);
static int meanwhile_ret;

static int do_meanwhile(struct machine *m)
{
	int (*f)(struct machine *) = meanwhile;

	meanwhile = NULL;
	if (f)
		meanwhile_ret = f(m);
	return 0;
}

static int t_disconnect(void *ctx, struct pci_dev *p, bool first,
			struct pci_tsm_relay *r)
{
	(void)do_meanwhile(ctx);
	return m_tsm_ops.disconnect(ctx, p, first, r);
}

static int t_connect(void *ctx, struct pci_dev *p, bool first,
		     struct pci_tsm_relay *r)
{
	(void)do_meanwhile(ctx);
	return m_tsm_ops.connect(ctx, p, first, r);
}

static struct machine *with_ops(void)
{
	struct machine *m = machine_new();

	ops = m_tsm_ops;
	ops.connect = t_connect;
	ops.disconnect = t_disconnect;
	meanwhile = NULL;
	core(m)->devs[0].ops = &ops;
	return m;
}

/* --- 3.4, 1 --- */

static int read_all(struct machine *m)
{
	static const char *const files[] = { DEV "tsm/connect", DEV "tsm/dsm",
					     DEV "tsm/bound",
					     DEV "authenticated" };
	struct task *t = k_task_new(&m->h.k);
	char b[32];
	int read = 0;

	for (unsigned i = 0; i < COUNT(files); i++)
		read += k_get(t, files[i], b, sizeof(b)) >= 0;
	k_task_exit(t);
	return read;
}

static void no_file_of_a_function_waits_while_its_dsm_is_held(void **u)
{
	struct machine *m = with_ops();
	char b[32];
	struct task *t = k_task_new(&m->h.k);

	(void)u;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 2;
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -EAGAIN);
	assert_int_equal(read_all(m), 4);
	assert_int_equal(k_get(t, DEV "tsm/connect", b, sizeof(b)), 1);
	assert_string_equal(b, "\n"); /* not connected before it is */
	k_task_exit(t);
	machine_free(m);
}

static void a_file_that_is_open_when_its_tsm_leaves_is_answered(void **u)
{
	struct machine *m = with_ops();
	struct task *t = k_task_new(&m->h.k);
	char b[32];
	long fd;

	(void)u;
	m_connect(m);
	fd = k_open(t, DEV "tsm/connect");
	meanwhile = read_all; /* under the lock: nothing to read, no waiting */
	assert_int_equal(pci_tsm_unregister(core(m), 0), 0);
	assert_int_equal(meanwhile_ret, 0);
	assert_int_equal(k_pread(t, (int)fd, b, sizeof(b), 0), 1);
	assert_int_equal(b[0], '\n');
	assert_int_equal(k_pwrite(t, (int)fd, "tsm0", 4, 0), -ENXIO);
	assert_int_equal(k_open(t, DEV "tsm/connect"), -ENOENT);
	assert_int_equal(k_close(t, (int)fd), 0);
	k_task_exit(t);
	machine_free(m);
}

/* --- 3.4, 2 --- */

static int connect_again(struct machine *m)
{
	return pci_tsm_connect(core(m), m_ep(m), "tsm0", &m->f);
}

/* Another device, whose lock is free. */
static int connect_other(struct machine *m)
{
	struct pci_dev other = *m_ep(m), **end = &m->h.pci.devs;
	int ret;

	other.tsm = NULL;
	other.bdf = 0x0200;
	other.next = NULL;
	while (*end)
		end = &(*end)->next;
	*end = &other;
	ret = pci_tsm_connect(core(m), &other, "tsm0", &m->f);
	pci_tsm_drop(core(m), &other);
	*end = NULL;
	return ret;
}

static int leave_again(struct machine *m)
{
	return pci_tsm_unregister(core(m), 0);
}

static void nobody_connects_to_a_tsm_that_is_leaving(void **u)
{
	static int (*const tries[])(struct machine *) = { connect_again,
							  connect_other,
							  leave_again };
	/* the first finds its own function held */
	static const int want[] = { -EAGAIN, -ENXIO, -EBUSY };

	(void)u;
	for (unsigned i = 0; i < COUNT(tries); i++) {
		struct machine *m = with_ops();

		m_connect(m);
		meanwhile = tries[i];
		assert_int_equal(pci_tsm_unregister(core(m), 0), 0);
		assert_int_equal(meanwhile_ret, want[i]);
		assert_int_equal(core(m)->devs[0].users, 0);
		assert_int_equal(core(m)->dsm_pool.live, 0);
		machine_free(m);
	}
}

static void a_connect_under_way_ends_when_its_tsm_leaves(void **u)
{
	struct machine *m = with_ops();
	struct task *t = k_task_new(&m->h.k);
	long fd = k_open(t, DEV "tsm/connect");

	(void)u;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 3;
	assert_int_equal(k_write(t, (int)fd, "tsm0", 4), -EAGAIN);
	assert_int_equal(pci_tsm_unregister(core(m), 0), 0);
	assert_int_equal(m->aborts, 1);
	assert_int_equal(core(m)->dsm_pool.live, 0);
	/* whoever comes back for it finds no TSM */
	assert_int_equal(k_write(t, (int)fd, "tsm0", 4), -ENXIO);
	assert_int_equal(m->calls_of[PCI_TSM_OP_CONNECT], 1);
	k_task_exit(t);
	machine_free(m);
}

/* --- 3.4, 3 --- */

static int vf_comes(struct machine *m)
{
	const unsigned probes = m->probes;

	assert_int_equal(pci_sriov_enable(m_ep(m), 2), 0);
	/* not behind the back of whoever holds the lock */
	assert_int_equal(m->probes, probes);
	return 1;
}

static void a_vf_that_comes_late_is_probed_under_its_dsms_lock(void **u)
{
	struct machine *m = with_ops();
	struct pci_tsm_guest_req q = { 0 };
	struct pci_tdi *tdi;

	(void)u;
	m_connect(m);
	assert_int_equal(
		pci_tsm_bind(core(m), m_ep(m), m, 8, &port, m, m, &tdi), 0);
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 1;
	assert_int_equal(pci_tsm_guest_req(core(m), tdi, &q, m), -EAGAIN);
	assert_int_equal(vf_comes(m), 1);
	assert_null(pci_find(&m->h.pci, M_VF)->tsm);
	assert_int_equal(pci_tsm_guest_req(core(m), tdi, &q, m), 0);
	/* and as soon as it is free */
	assert_non_null(pci_find(&m->h.pci, M_VF)->tsm);
	assert_non_null(pci_find(&m->h.pci, M_VF + 1)->tsm);
	assert_int_equal(m->probes, 3);
	machine_free(m);
}

static void a_vf_that_comes_while_the_lock_is_free_is_probed_at_once(void **u)
{
	struct machine *m = with_ops();
	struct task *t = k_task_new(&m->h.k);
	char b[32];

	(void)u;
	m_connect(m);
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	assert_non_null(pci_find(&m->h.pci, M_VF)->tsm);
	assert_int_equal(k_get(t, VFN "tsm/dsm", b, sizeof(b)), 13);
	assert_string_equal(b, "0000:01:00.0\n");
	assert_int_equal(k_get(t, VFN "tsm/bound", b, sizeof(b)), 1);
	assert_int_equal(k_open(t, VFN "tsm/connect"), -ENOENT);
	assert_int_equal(k_open(t, VFN "authenticated"), -ENOENT);
	assert_int_equal(pci_sriov_enable(m_ep(m), 0), 0);
	assert_int_equal(core(m)->tsm_pool.live, 0);
	k_task_exit(t);
	machine_free(m);
}

static void a_vf_without_a_context_is_no_failure_of_connect(void **u)
{
	struct machine *m = with_ops();
	struct task *t = k_task_new(&m->h.k);
	struct pci_tdi *tdi = NULL;
	struct pci_dev *v;

	(void)u;
	m_connect(m);
	m->probe_err = -ENOMEM;
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	v = pci_find(&m->h.pci, M_VF);
	assert_null(v->tsm);
	assert_int_equal(core(m)->tsm_pool.live, 0);
	assert_int_equal(k_open(t, VFN "tsm/dsm"), -ENOENT);
	assert_int_equal(pci_tsm_bind(core(m), v, m, 8, &port, m, m, &tdi),
			 -EINVAL);
	assert_null(tdi);
	assert_true(pci_tsm_dsm_of(m_ep(m))->connected);
	k_task_exit(t);
	machine_free(m);
}

/* --- 3.4, 4 --- */

static int answer;

static int t_answer(void *ctx, struct pci_tdi *tdi, bool first,
		    struct pci_tsm_relay *r)
{
	(void)ctx;
	(void)tdi;
	(void)first;
	(void)r;
	return answer;
}

static void a_bind_that_gives_no_tdi_is_no_success(void **u)
{
	static const int answers[] = { 1, 4096, -EIO, -4096 };

	(void)u;
	for (unsigned i = 0; i < COUNT(answers); i++) {
		struct machine *m = with_ops();
		struct pci_tdi *tdi = NULL;

		ops.bind = t_answer;
		answer = answers[i];
		m_connect(m);
		assert_true(pci_tsm_bind(core(m), m_ep(m), m, 8, &port, m, m,
					 &tdi) < 0);
		assert_null(tdi);
		assert_null(pci_tsm_of(m_ep(m))->tdi);
		assert_int_equal(core(m)->tdi_pool.live, 0);
		assert_int_equal(pci_tsm_unbind(core(m), NULL, m), 0);
		machine_free(m);
	}
}

static void a_positive_connect_is_no_number_of_bytes(void **u)
{
	struct machine *m = with_ops();
	struct task *t = k_task_new(&m->h.k);
	long fd = k_open(t, DEV "tsm/connect");

	(void)u;
	m->result_of[PCI_TSM_OP_CONNECT] = 2;
	assert_int_equal(k_write(t, (int)fd, "tsm0", 4), -EIO);
	assert_null(m_ep(m)->tsm);
	m->result_of[PCI_TSM_OP_CONNECT] = 0;
	assert_int_equal(k_write(t, (int)fd, "tsm0", 4), 4);
	k_task_exit(t);
	machine_free(m);
}

static void *bad_priv;

static int t_probe(void *ctx, struct pci_dev *p, void **priv)
{
	(void)ctx;
	(void)p;
	*priv = bad_priv; /* what an ERR_PTR looks like */
	return -ENODEV;
}

static void a_probe_that_fails_leaves_no_pointer_behind(void **u)
{
	struct machine *m = with_ops();

	(void)u;
	ops.probe = t_probe;
	bad_priv = (void *)(intptr_t)-ENODEV;
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -ENXIO);
	assert_null(m_ep(m)->tsm);
	assert_int_equal(m->removes, 0); /* nobody is asked to free it */
	assert_int_equal(core(m)->dsm_pool.live, 0);
	machine_free(m);
}

/* --- 3.4, 5 --- */

static void a_tsm_that_cannot_bind_is_not_asked_to(void **u)
{
	struct machine *m = with_ops();
	struct pci_tdi *tdi = NULL;

	(void)u;
	ops.bind = NULL;
	assert_int_equal(pci_tsm_register(core(m), &ops, m), -EINVAL);
	ops.unbind = NULL;
	assert_int_equal(pci_tsm_register(core(m), &ops, m), -EINVAL);
	ops.guest_req = NULL; /* Linux 7.3's SEV-TIO: it only connects */
	assert_int_equal(pci_tsm_register(core(m), &ops, m), 1);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm1", m), 0);
	assert_int_equal(
		pci_tsm_bind(core(m), m_ep(m), m, 8, &port, m, m, &tdi),
		-EOPNOTSUPP);
	assert_null(tdi);
	assert_int_equal(core(m)->tdi_pool.live, 0);
	machine_free(m);
}

/* --- 3.4, 6 --- */

static void an_endpoint_on_the_root_bus_has_no_ide_and_harms_nobody(void **u)
{
	struct machine *m = machine_new();
	struct pci_dev e = *m_ep(m);

	(void)u;
	e.up = NULL;
	e.ide = NULL;
	assert_int_not_equal(e.ecap_ide, 0);
	assert_int_equal(pci_ide_probe(&m->h.ide, &e), 0);
	assert_false(pci_ide_usable(&e));
	assert_null(pci_ide_stream_alloc(&m->h.ide, &e));
	/* an integrated endpoint may have it, but never a stream */
	e.port_type = 9;
	assert_int_equal(pci_ide_probe(&m->h.ide, &e), 0);
	assert_true(pci_ide_usable(&e));
	assert_null(pci_ide_stream_alloc(&m->h.ide, &e));
	pci_ide_forget(&e);
	machine_free(m);
}

/* As pci_tsm_bind() waits for the lock before it looks at pdev->tsm. */
static void a_bind_waits_for_what_becomes_of_a_connect(void **u)
{
	(void)u;
	for (unsigned i = 0; i < 2; i++) {
		struct machine *m = with_ops();
		struct pci_tdi *t = NULL;

		m->exchanges_of[PCI_TSM_OP_CONNECT] = 1;
		m->result_of[PCI_TSM_OP_CONNECT] = i ? -EIO : 0;
		assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m),
				 -EAGAIN);
		assert_int_equal(pci_tsm_bind(core(m), m_ep(m), m, 8, &port, m,
					      &m->f, &t),
				 -EAGAIN);
		assert_int_equal(pci_tsm_bind(core(m), m_ep(m), NULL, 8, &port,
					      m, &m->f, &t),
				 -EINVAL);
		assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m),
				 i ? -EIO : 0);
		assert_int_equal(pci_tsm_bind(core(m), m_ep(m), m, 8, &port, m,
					      &m->f, &t),
				 i ? -EINVAL : 0);
		machine_free(m);
	}
}

/* --- one lock a device, and several VMs behind it --- */

/* Two functions, of two VMs. */
static void two_bound(struct machine *m, struct pci_tdi **a, struct pci_tdi **b)
{
	struct pci_dev *v;

	m_connect(m);
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	v = pci_find(&m->h.pci, M_VF);
	assert_int_equal(pci_tsm_bind(core(m), m_ep(m), m, 8, &port, m, m, a),
			 0);
	assert_int_equal(pci_tsm_bind(core(m), v, &m->f, 8, &port, m, m, b), 0);
}

/* A VM that ends in the middle of another's request costs that one nothing. */
static void a_release_carries_anothers_request_to_its_end(void **u)
{
	uint8_t in[4] = "abc", out[4] = { 0 };
	struct pci_tsm_guest_req q = {
		.req = in, .req_len = 4, .resp = out, .resp_cap = 4
	};
	struct pci_tsm_guest_req again = q, none = { 0 };
	struct machine *m = with_ops();
	struct pci_tdi *a, *b;

	(void)u;
	two_bound(m, &a, &b);
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 3;
	m->result_of[PCI_TSM_OP_GUEST_REQ] = 7;
	assert_int_equal(pci_tsm_guest_req(core(m), b, &q, &q), -EAGAIN);
	assert_int_equal(pci_tsm_unbind_now(core(m), a), 0);
	assert_int_equal(m->aborts, 0);
	assert_int_equal(m->calls_of[PCI_TSM_OP_GUEST_REQ], 4);
	/* not for somebody else, and once */
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 0;
	assert_int_equal(pci_tsm_guest_req(core(m), b, &none, m), 7);
	assert_int_equal(none.resp_len, 0);
	assert_int_equal(pci_tsm_guest_req(core(m), b, &again, &q), 7);
	assert_int_equal(again.code, 5);
	assert_int_equal(again.resp_len, 4);
	assert_string_equal(out, "abc");
	assert_int_equal(m->calls_of[PCI_TSM_OP_GUEST_REQ], 5);
	assert_int_equal(pci_tsm_guest_req(core(m), b, &again, &q), 7);
	assert_int_equal(m->calls_of[PCI_TSM_OP_GUEST_REQ], 6);
	machine_free(m);
}

/* Whoever does not come back leaves no answer to a later one. */
static void an_answer_that_nobody_fetched_goes_with_its_owner(void **u)
{
	struct pci_tsm_guest_req q = { 0 };
	struct machine *m = with_ops();
	struct pci_tdi *a, *b;

	(void)u;
	two_bound(m, &a, &b);
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 1;
	assert_int_equal(pci_tsm_guest_req(core(m), b, &q, &q), -EAGAIN);
	assert_int_equal(pci_tsm_unbind_now(core(m), a), 0);
	pci_tsm_abort(core(m), b->p, m); /* not his */
	assert_ptr_equal(b->over, &q);
	pci_tsm_abort(core(m), b->p, &q);
	assert_int_equal(m->aborts, 0);
	assert_int_equal(pci_tsm_guest_req(core(m), b, &q, &q), -EAGAIN);
	assert_int_equal(m->calls_of[PCI_TSM_OP_GUEST_REQ], 3);
	/* its own release does drop it */
	assert_int_equal(pci_tsm_unbind_now(core(m), b), 0);
	assert_int_equal(m->aborts, 1);
	assert_int_equal(core(m)->tdi_pool.live, 0);
	machine_free(m);
}

static void a_release_ends_anothers_unbind_in_order(void **u)
{
	struct machine *m = with_ops();
	struct pci_tdi *a, *b;

	(void)u;
	two_bound(m, &a, &b);
	m->exchanges_of[PCI_TSM_OP_UNBIND] = 3;
	assert_int_equal(pci_tsm_unbind(core(m), b, &b), -EAGAIN);
	assert_int_equal(pci_tsm_unbind_now(core(m), a), 0);
	assert_int_equal(core(m)->tdi_pool.live, 0);
	assert_int_equal(m->calls_of[PCI_TSM_OP_UNBIND], 8);
	assert_int_equal(m->aborts, 0);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			no_file_of_a_function_waits_while_its_dsm_is_held),
		cmocka_unit_test(
			a_file_that_is_open_when_its_tsm_leaves_is_answered),
		cmocka_unit_test(nobody_connects_to_a_tsm_that_is_leaving),
		cmocka_unit_test(a_connect_under_way_ends_when_its_tsm_leaves),
		cmocka_unit_test(
			a_vf_that_comes_late_is_probed_under_its_dsms_lock),
		cmocka_unit_test(
			a_vf_that_comes_while_the_lock_is_free_is_probed_at_once),
		cmocka_unit_test(
			a_vf_without_a_context_is_no_failure_of_connect),
		cmocka_unit_test(a_bind_that_gives_no_tdi_is_no_success),
		cmocka_unit_test(a_positive_connect_is_no_number_of_bytes),
		cmocka_unit_test(a_probe_that_fails_leaves_no_pointer_behind),
		cmocka_unit_test(a_tsm_that_cannot_bind_is_not_asked_to),
		cmocka_unit_test(
			an_endpoint_on_the_root_bus_has_no_ide_and_harms_nobody),
		cmocka_unit_test(a_bind_waits_for_what_becomes_of_a_connect),
		cmocka_unit_test(a_release_carries_anothers_request_to_its_end),
		cmocka_unit_test(
			an_answer_that_nobody_fetched_goes_with_its_owner),
		cmocka_unit_test(a_release_ends_anothers_unbind_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
