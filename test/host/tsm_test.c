/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of PCI/TSM: order, errors, the relay loop; and IDE streams. */
#include "machine.h"

#include <errno.h>

#define DEV "/sys/bus/pci/devices/0000:01:00.0/"

static struct pci_tsm_core *core(struct machine *m)
{
	return &m->h.tsm;
}

static int finish(struct machine *m,
		  int (*verb)(struct pci_tsm_core *, struct pci_dev *,
			      const char *, const void *))
{
	int ret;

	do
		ret = verb(core(m), m_ep(m), "tsm0", m);
	while (ret == -EAGAIN);
	return ret;
}

static int no_private(void *ctx, bool on)
{
	(void)ctx;
	(void)on;
	return 0;
}

static const struct pci_tdi_port port = { no_private };

static int bind_as(struct machine *m, struct pci_dev *p, void *kvm,
		   const void *owner, struct pci_tdi **tdi)
{
	int ret;

	do
		ret = pci_tsm_bind(core(m), p, kvm, 8, &port, m, owner, tdi);
	while (ret == -EAGAIN && core(m)->k);
	return ret;
}

/* --- connect --- */

static void connect_refuses_what_linux_refuses_and_changes_nothing(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsx0", m), -EINVAL);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm", m), -EINVAL);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm1", m), -ENXIO);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm99", m), -ENXIO);
	assert_int_equal(pci_tsm_connect(core(m),
					 pci_find(&m->h.pci, FAKE_PORT), "tsm0",
					 m),
			 -ENXIO);
	m->probe_err = -ENOMEM;
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -ENXIO);
	m->probe_err = 0;
	assert_null(m_ep(m)->tsm);
	assert_int_equal(core(m)->dsm_pool.live, 0);
	assert_int_equal(core(m)->devs[0].users, 0);
	assert_int_equal(m->calls_of[PCI_TSM_OP_CONNECT], 0);
	/* trailing junk is tolerated */
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0junk", m), 0);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -EBUSY);
	machine_free(m);
}

static void a_mailbox_without_spdm_cannot_connect(void **u)
{
	struct machine *m = machine_cold();

	(void)u;
	m->f.no_cma = true;
	machine_scan(m);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -ENXIO);
	assert_int_equal(m->probes, 0);
	machine_free(m);
}

static void without_tee_bit_and_ide_no_function_is_capable(void **u)
{
	struct machine *m = machine_cold();

	(void)u;
	m->f.no_tee = m->f.no_ide = true;
	machine_scan(m);
	assert_false(pci_tsm_capable(m_ep(m)));
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -ENXIO);
	machine_free(m);
	m = machine_cold();
	m->f.no_tee = true;
	machine_scan(m);
	assert_true(pci_tsm_capable(m_ep(m)));
	machine_free(m);
	m = machine_cold();
	m->f.no_ide = true;
	machine_scan(m);
	assert_true(pci_tsm_capable(m_ep(m)));
	assert_false(pci_ide_usable(m_ep(m)));
	machine_free(m);
}

static void each_call_carries_exactly_one_message(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 3;
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m),
				 -EAGAIN);
		assert_int_equal(m->f.exchanges, i);
		assert_false(pci_tsm_dsm_of(m_ep(m))->connected);
	}
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), 0);
	assert_int_equal(m->f.exchanges, 3);
	assert_int_equal(m->calls_of[PCI_TSM_OP_CONNECT], 4);
	assert_true(pci_tsm_dsm_of(m_ep(m))->connected);
	assert_int_equal(core(m)->devs[0].users, 1);
	/* what was carried is wiped (law 10) */
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(pci_tsm_dsm_of(m_ep(m))->relay.req[i], 0);
		assert_int_equal(pci_tsm_dsm_of(m_ep(m))->relay.rsp[i], 0);
	}
	machine_free(m);
}

static void a_failed_connect_leaves_nothing(void **u)
{
	static const int results[] = { -EIO, -EFAULT, 7 };

	(void)u;
	for (unsigned i = 0; i < COUNT(results); i++) {
		struct machine *m = machine_new();

		m->exchanges_of[PCI_TSM_OP_CONNECT] = 1;
		m->result_of[PCI_TSM_OP_CONNECT] = results[i];
		assert_int_equal(finish(m, pci_tsm_connect),
				 results[i] < 0 ? results[i] : -EIO);
		assert_null(m_ep(m)->tsm);
		assert_int_equal(core(m)->dsm_pool.live, 0);
		assert_int_equal(core(m)->devs[0].users, 0);
		assert_int_equal(m->removes, 1);
		machine_free(m);
	}
}

static void an_insecure_stream_is_no_connection(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m->insecure = true;
	m->exchanges_of[PCI_TSM_OP_DISCONNECT] = 2;
	assert_int_equal(finish(m, pci_tsm_connect), -EIO);
	assert_string_equal(m->order, "CDx");
	assert_int_equal(m->calls_of[PCI_TSM_OP_DISCONNECT], 3);
	assert_null(m_ep(m)->tsm);
	machine_free(m);
}

static bool mute(void *ctx, uint8_t type, const uint8_t *in, size_t n,
		 uint8_t *out, size_t cap, size_t *out_len, uint8_t *out_type)
{
	(void)ctx;
	(void)type;
	(void)in;
	(void)n;
	(void)out;
	(void)cap;
	(void)out_len;
	(void)out_type;
	return false;
}

static void a_failed_exchange_is_told_to_the_operation_which_then_ends(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m->f.answer = mute;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 5;
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -EAGAIN);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -EIO);
	assert_int_equal(m->seen_err, -EIO);
	assert_int_equal(m->calls_of[PCI_TSM_OP_CONNECT], 2);
	assert_int_equal(m->aborts, 0);
	assert_null(m_ep(m)->tsm);
	machine_free(m);
}

static void an_operation_that_goes_on_after_a_failure_is_dropped(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m->f.answer = mute;
	m->again_after_err = true;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 5;
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -EAGAIN);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -EIO);
	assert_int_equal(m->aborts, 1);
	assert_null(m_ep(m)->tsm);
	machine_free(m);
}

static void an_operation_without_end_is_ended(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 100000;
	assert_int_equal(finish(m, pci_tsm_connect), -EIO);
	assert_int_equal(m->aborts, 1);
	assert_int_equal(m->f.exchanges, PCI_TSM_STEPS_MAX);
	machine_free(m);
}

static void whoever_comes_in_between_waits(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 1;
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -EAGAIN);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", &m->f),
			 -EAGAIN);
	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "tsm0", m),
			 -EAGAIN);
	assert_int_equal(m->f.exchanges, 1);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), 0);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", &m->f),
			 -EBUSY);
	machine_free(m);
}

static void closing_the_file_drops_the_connect_it_began(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	long fd = k_open(t, DEV "tsm/connect"), other;

	(void)u;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 3;
	assert_true(fd >= 0);
	other = k_open(t, DEV "tsm/connect");
	assert_int_equal(k_write(t, (int)fd, "tsm0", 4), -EAGAIN);
	assert_int_equal(k_close(t, (int)other), 0);
	assert_int_equal(m->aborts, 0);
	assert_int_equal(k_close(t, (int)fd), 0);
	assert_int_equal(m->aborts, 1);
	assert_null(m_ep(m)->tsm);
	assert_string_equal(m->order, "CAx");
	k_task_exit(t);
	machine_free(m);
}

/* --- disconnect --- */

static void disconnect_wants_the_name_and_no_bound_function(void **u)
{
	struct machine *m = machine_new();
	struct pci_tdi *tdi;

	(void)u;
	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "tsm0", m),
			 -ENXIO);
	m_connect(m);
	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "tsm1", m),
			 -EINVAL);
	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "x", m), -EINVAL);
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), 0);
	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "tsm0", m),
			 -EBUSY);
	assert_true(pci_tsm_dsm_of(m_ep(m))->connected);
	assert_int_equal(m->calls_of[PCI_TSM_OP_DISCONNECT], 0);
	assert_int_equal(pci_tsm_unbind_now(core(m), tdi), 0);
	assert_int_equal(finish(m, pci_tsm_disconnect), 0);
	assert_null(m_ep(m)->tsm);
	assert_int_equal(core(m)->devs[0].users, 0);
	machine_free(m);
}

static void a_disconnect_that_fails_is_reported_and_over(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m_connect(m);
	m->exchanges_of[PCI_TSM_OP_DISCONNECT] = 1;
	m->result_of[PCI_TSM_OP_DISCONNECT] = -EIO;
	assert_int_equal(finish(m, pci_tsm_disconnect), -EIO);
	assert_null(m_ep(m)->tsm);
	assert_int_equal(core(m)->dsm_pool.live, 0);
	machine_free(m);
}

static void a_tsm_that_leaves_lets_go_of_whatever_it_holds(void **u)
{
	struct machine *m = machine_new();
	struct pci_tsm_ops part = m_tsm_ops;
	struct pci_tdi *tdi, *holder;

	(void)u;
	assert_int_equal(pci_tsm_unregister(core(m), 1), -ENXIO);
	assert_int_equal(pci_tsm_unregister(core(m), -1), -ENXIO);
	m_connect(m);
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), 0);
	holder = tdi;
	tdi->holder = &holder;
	m->exchanges_of[PCI_TSM_OP_UNBIND] = 2;
	m->result_of[PCI_TSM_OP_DISCONNECT] = -EIO; /* the device is dead */
	m->n_order = 0;
	memset(m->order, 0, sizeof(m->order));
	assert_int_equal(pci_tsm_unregister(core(m), 0), 0);
	assert_string_equal(m->order, "UDx");
	assert_null(holder);
	assert_null(m_ep(m)->tsm);
	assert_int_equal(core(m)->dsm_pool.live, 0);
	assert_int_equal(core(m)->tdi_pool.live, 0);
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -ENXIO);
	part.abort = NULL;
	assert_int_equal(pci_tsm_register(core(m), &part, m), -EINVAL);
	for (int i = 0; i < PCI_TSM_DEVS; i++)
		assert_int_equal(pci_tsm_register(core(m), &m_tsm_ops, m), i);
	assert_int_equal(pci_tsm_register(core(m), &m_tsm_ops, m), -ENOSPC);
	machine_free(m);
}

/* --- bind, unbind, requests --- */

static void bind_needs_a_connection_a_vm_and_one_owner(void **u)
{
	struct machine *m = machine_new();
	struct pci_tdi *tdi = NULL, *same = NULL;

	(void)u;
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), -EINVAL);
	m_connect(m);
	assert_int_equal(bind_as(m, m_ep(m), NULL, m, &tdi), -EINVAL);
	assert_null(tdi);
	m->result_of[PCI_TSM_OP_BIND] = -EIO;
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), -EIO);
	assert_int_equal(core(m)->tdi_pool.live, 0);
	assert_null(pci_tsm_of(m_ep(m))->tdi);
	m->result_of[PCI_TSM_OP_BIND] = 0;
	m->exchanges_of[PCI_TSM_OP_BIND] = 2;
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), 0);
	assert_int_equal(tdi->guest_rid, 8);
	assert_int_equal(bind_as(m, m_ep(m), m, m, &same), 0);
	assert_ptr_equal(same, tdi);
	assert_int_equal(bind_as(m, m_ep(m), &m->f, m, &same), -EBUSY);
	assert_int_equal(m->calls_of[PCI_TSM_OP_BIND], 4);
	machine_free(m);
}

static void a_virtual_function_gets_its_own_context_from_function_0(void **u)
{
	struct machine *m = machine_new();
	struct pci_tdi *tdi;
	struct pci_dev *v;

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	v = pci_find(&m->h.pci, M_VF);
	m_connect(m);
	assert_int_equal(m->probes, 2);
	assert_int_equal(bind_as(m, v, m, m, &tdi), 0);
	assert_ptr_equal(tdi->tsm->dsm, pci_tsm_dsm_of(m_ep(m)));
	assert_ptr_not_equal(v->tsm, m_ep(m)->tsm);
	assert_int_equal(pci_tsm_disconnect(core(m), m_ep(m), "tsm0", m),
			 -EBUSY);
	assert_int_equal(pci_tsm_unbind_now(core(m), tdi), 0);
	assert_non_null(v->tsm); /* as long as the connection */
	assert_int_equal(finish(m, pci_tsm_disconnect), 0);
	assert_null(v->tsm);
	assert_string_equal(m->order, "CBUxDx");
	assert_int_equal(core(m)->tsm_pool.live, 0);
	machine_free(m);
}

static void a_device_without_the_tee_bit_cannot_be_bound(void **u)
{
	struct machine *m = machine_cold();
	struct pci_tdi *tdi;

	(void)u;
	m->f.no_tee = true;
	machine_scan(m);
	m_connect(m);
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), -ENXIO);
	machine_free(m);
}

static void an_unbind_that_fails_is_reported_and_unbound(void **u)
{
	struct machine *m = machine_new();
	struct pci_tdi *tdi;

	(void)u;
	m_connect(m);
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), 0);
	m->exchanges_of[PCI_TSM_OP_UNBIND] = 1;
	m->result_of[PCI_TSM_OP_UNBIND] = -EIO;
	assert_int_equal(pci_tsm_unbind(core(m), tdi, m), -EAGAIN);
	assert_int_equal(pci_tsm_unbind(core(m), tdi, &m->f), -EAGAIN);
	assert_int_equal(m->calls_of[PCI_TSM_OP_UNBIND], 1);
	assert_int_equal(pci_tsm_unbind(core(m), tdi, m), -EIO);
	assert_null(pci_tsm_of(m_ep(m))->tdi);
	assert_int_equal(core(m)->tdi_pool.live, 0);
	machine_free(m);
}

static void a_request_carries_bytes_in_and_out(void **u)
{
	struct machine *m = machine_new();
	uint8_t resp[4] = { 0 };
	struct pci_tsm_guest_req q = { .req = (const uint8_t *)"abcdef",
				       .req_len = 6,
				       .resp = resp,
				       .resp_cap = 4 };
	struct pci_tdi *tdi;

	(void)u;
	assert_int_equal(pci_tsm_guest_req(core(m), NULL, &q, m), -ENXIO);
	m_connect(m);
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), 0);
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 1;
	assert_int_equal(pci_tsm_guest_req(core(m), tdi, &q, m), -EAGAIN);
	assert_int_equal(pci_tsm_guest_req(core(m), tdi, &q, &m->f), -EAGAIN);
	assert_int_equal(pci_tsm_guest_req(core(m), tdi, &q, m), 0);
	assert_int_equal(q.code, 5);
	assert_int_equal(q.resp_len, 4);
	assert_memory_equal(resp, "abcd", 4);
	m->result_of[PCI_TSM_OP_GUEST_REQ] = 9; /* a residue is passed on */
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 0;
	assert_int_equal(pci_tsm_guest_req(core(m), tdi, &q, m), 9);
	machine_free(m);
}

static void an_aborted_request_leaves_the_tdi_an_aborted_bind_does_not(void **u)
{
	struct machine *m = machine_new();
	struct pci_tsm_guest_req q = { 0 };
	struct pci_tdi *tdi;

	(void)u;
	m_connect(m);
	m->exchanges_of[PCI_TSM_OP_BIND] = 2;
	assert_int_equal(
		pci_tsm_bind(core(m), m_ep(m), m, 8, &port, m, m, &tdi),
		-EAGAIN);
	pci_tsm_abort(core(m), m_ep(m), &m->f); /* not his */
	assert_int_equal(m->aborts, 0);
	pci_tsm_abort(core(m), m_ep(m), m);
	assert_int_equal(m->aborts, 1);
	assert_int_equal(core(m)->tdi_pool.live, 0);
	m->exchanges_of[PCI_TSM_OP_BIND] = 0;
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), 0);
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 2;
	assert_int_equal(pci_tsm_guest_req(core(m), tdi, &q, m), -EAGAIN);
	pci_tsm_abort(core(m), m_ep(m), m);
	assert_int_equal(m->aborts, 2);
	assert_ptr_equal(pci_tsm_of(m_ep(m))->tdi, tdi);
	/* an unbind that is dropped is an unbind all the same */
	m->exchanges_of[PCI_TSM_OP_UNBIND] = 2;
	assert_int_equal(pci_tsm_unbind(core(m), tdi, m), -EAGAIN);
	pci_tsm_abort(core(m), m_ep(m), m);
	assert_null(pci_tsm_of(m_ep(m))->tdi);
	machine_free(m);
}

static void release_does_not_wait_for_what_others_began(void **u)
{
	struct machine *m = machine_new();
	struct pci_tsm_guest_req q = { 0 };
	struct pci_tdi *tdi;

	(void)u;
	m_connect(m);
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), 0);
	m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 2;
	m->exchanges_of[PCI_TSM_OP_UNBIND] = 2;
	assert_int_equal(pci_tsm_guest_req(core(m), tdi, &q, &m->f), -EAGAIN);
	assert_int_equal(pci_tsm_unbind_now(core(m), tdi), 0);
	assert_int_equal(m->aborts, 1);
	assert_null(pci_tsm_of(m_ep(m))->tdi);
	machine_free(m);
}

static void removal_unbinds_everything_then_disconnects_then_forgets(void **u)
{
	struct machine *m = machine_new();
	struct pci_tdi *a, *b;

	(void)u;
	assert_int_equal(pci_sriov_enable(m_ep(m), 1), 0);
	m_connect(m);
	assert_int_equal(bind_as(m, m_ep(m), m, m, &a), 0);
	assert_int_equal(bind_as(m, pci_find(&m->h.pci, M_VF), m, m, &b), 0);
	m_ep(m)->gone = true;
	m->n_order = 0;
	memset(m->order, 0, sizeof(m->order));
	pci_remove(m_ep(m));
	assert_string_equal(m->order, "UxUDx");
	assert_int_equal(core(m)->dsm_pool.live, 0);
	assert_int_equal(core(m)->tsm_pool.live, 0);
	assert_int_equal(core(m)->tdi_pool.live, 0);
	machine_free(m);
}

static void removal_in_the_middle_of_a_connect_ends_it(void **u)
{
	struct machine *m = machine_new();

	(void)u;
	m->exchanges_of[PCI_TSM_OP_CONNECT] = 2;
	assert_int_equal(pci_tsm_connect(core(m), m_ep(m), "tsm0", m), -EAGAIN);
	pci_remove(m_ep(m));
	assert_int_equal(m->aborts, 1);
	assert_int_equal(core(m)->dsm_pool.live, 0);
	assert_int_equal(core(m)->devs[0].users, 0);
	machine_free(m);
}

/* --- sysfs --- */

static void the_files_tell_who_is_connected_and_bound(void **u)
{
	struct machine *m = machine_new();
	struct task *t = k_task_new(&m->h.k);
	struct pci_tdi *tdi;
	char b[32];

	(void)u;
	assert_int_equal(k_get(t, DEV "tsm/connect", b, sizeof(b)), 1);
	assert_string_equal(b, "\n");
	assert_int_equal(k_get(t, DEV "tsm/bound", b, sizeof(b)), 1);
	assert_int_equal(k_get(t, DEV "tsm/disconnect", b, sizeof(b)), -EACCES);
	assert_int_equal(k_get(t, "/sys/class/tsm/tsm0", b, sizeof(b)),
			 -EISDIR);
	assert_int_equal(k_get(t, "/sys/class/tsm/tsm1", b, sizeof(b)),
			 -ENOENT);
	m_connect(m);
	assert_int_equal(k_get(t, DEV "tsm/connect", b, sizeof(b)), 5);
	assert_string_equal(b, "tsm0\n");
	assert_int_equal(k_get(t, DEV "authenticated", b, sizeof(b)), 5);
	assert_int_equal(k_get(t, DEV "tsm/dsm", b, sizeof(b)), 13);
	assert_string_equal(b, "0000:01:00.0\n");
	assert_int_equal(bind_as(m, m_ep(m), m, m, &tdi), 0);
	assert_int_equal(k_get(t, DEV "tsm/bound", b, sizeof(b)), 5);
	assert_int_equal(
		k_open(t, "/sys/bus/pci/devices/0000:00:01.0/tsm/connect"),
		-ENOENT);
	assert_int_equal(pci_tsm_unbind_now(core(m), tdi), 0);
	assert_int_equal(finish(m, pci_tsm_disconnect), 0);
	assert_int_equal(pci_tsm_unregister(core(m), 0), 0);
	assert_int_equal(k_open(t, DEV "tsm/connect"), -ENOENT);
	k_task_exit(t);
	machine_free(m);
}

/* --- IDE --- */

static void a_stream_is_written_into_both_blocks_and_taken_out_again(void **u)
{
	struct machine *m = machine_new();
	struct pci_ide_stream *s = pci_ide_stream_alloc(&m->h.ide, m_ep(m));
	struct ide_block_regs e, r;

	(void)u;
	assert_non_null(s);
	assert_int_equal(pci_ide_stream_register(&m->h.ide, s), -ENXIO);
	s->id = IDE_ID_RESERVED;
	assert_int_equal(pci_ide_stream_register(&m->h.ide, s), -ENXIO);
	s->id = 9;
	s->ep.dflt = s->ep.tee_limited = s->rp.cfg = true;
	assert_int_equal(pci_ide_stream_register(&m->h.ide, s), 0);
	assert_int_equal(pci_ide_stream_enable(&s->ep, 9), -EINVAL);
	assert_int_equal(pci_ide_stream_setup(&s->ep, 9), 0);
	assert_int_equal(pci_ide_stream_setup(&s->rp, 9), 0);
	assert_int_equal(pci_ide_block(&m->f.ep, m->f.ep_ide, 0, &e), IL_OK);
	assert_int_equal(pci_ide_block(&m->f.port, m->f.port_ide, 0, &r),
			 IL_OK);
	assert_true(e.dflt && e.tee_limited && !e.cfg && !e.enable);
	assert_true(r.cfg && !r.dflt && !r.tee_limited && !r.enable);
	assert_int_equal(e.id, 9);
	assert_int_equal(r.id, 9);
	assert_true(e.rid_valid && r.rid_valid);
	assert_int_equal(e.rid_base, FAKE_PORT);
	assert_int_equal(e.rid_limit, FAKE_PORT);
	assert_int_equal(r.rid_base, M_EP);
	assert_int_equal(r.rid_limit, M_EP);
	assert_false(e.addr[0].valid);
	assert_true(r.addr[1].valid);
	assert_int_equal(r.addr[1].base, M_MMIO);
	assert_int_equal(r.addr[1].limit, M_MMIO + 0xfffff);
	assert_int_equal(pci_ide_stream_enable(&s->ep, 9), 0);
	assert_int_equal(pci_ide_stream_enable(&s->rp, 9), 0);
	assert_true(pci_ide_stream_secure(&s->ep));
	m->f.logged = 0;
	pci_ide_stream_release(&m->h.ide, s);
	m->f.log[m->f.logged] = 0;
	assert_string_equal(m->f.log, "er");
	assert_int_equal(pci_ide_block(&m->f.ep, m->f.ep_ide, 0, &e), IL_OK);
	assert_int_equal(pci_ide_block(&m->f.port, m->f.port_ide, 0, &r),
			 IL_OK);
	assert_true(!e.enable && !e.id && !e.rid_valid && !e.rid_limit);
	assert_true(!r.enable && !r.id && !r.rid_valid && !r.addr[1].valid);
	assert_int_equal(m->h.ide.pool.live, 0);
	machine_free(m);
}

static void a_stream_that_is_not_secure_says_so_and_stays_enabled(void **u)
{
	struct machine *m = machine_new();
	struct pci_ide_stream *s = pci_ide_stream_alloc(&m->h.ide, m_ep(m));
	struct ide_block_regs e;

	(void)u;
	m->f.keys = false;
	s->id = 1;
	assert_int_equal(pci_ide_stream_setup(&s->ep, 1), 0);
	assert_int_equal(pci_ide_stream_enable(&s->ep, 1), -ENXIO);
	assert_int_equal(pci_ide_block(&m->f.ep, m->f.ep_ide, 0, &e), IL_OK);
	assert_true(e.enable);
	pci_ide_stream_release(&m->h.ide, s);
	machine_free(m);
}

static void streams_run_out_and_ids_are_used_once(void **u)
{
	struct machine *m = machine_new();
	struct pci_ide_stream *a = pci_ide_stream_alloc(&m->h.ide, m_ep(m));
	struct pci_ide_stream *b = pci_ide_stream_alloc(&m->h.ide, m_ep(m));

	(void)u;
	assert_non_null(a);
	assert_non_null(b);
	assert_int_not_equal(a->ep.block, b->ep.block);
	assert_int_not_equal(a->host_index, b->host_index);
	assert_null(pci_ide_stream_alloc(&m->h.ide, m_ep(m)));
	assert_null(pci_ide_stream_alloc(&m->h.ide,
					 pci_find(&m->h.pci, FAKE_PORT)));
	a->id = b->id = 3;
	assert_int_equal(pci_ide_stream_register(&m->h.ide, a), 0);
	assert_int_equal(pci_ide_stream_register(&m->h.ide, b), -EBUSY);
	pci_ide_stream_release(&m->h.ide, a);
	assert_int_equal(pci_ide_stream_register(&m->h.ide, b), 0);
	assert_non_null(pci_ide_stream_alloc(&m->h.ide, m_ep(m)));
	machine_free(m);
}

static void idle_blocks_are_parked_and_live_ones_claimed(void **u)
{
	struct machine *m = machine_cold();
	struct ide_block_regs e;
	uint16_t ctl;

	(void)u;
	fake_pci_build(&m->f);
	ctl = (uint16_t)(m->f.ep_ide +
			 ide_block_offset(
				 &(struct ide_cap_regs){ .selective = true,
							 .sel_num = 2 },
				 2, 1) +
			 IDE_SEL_CTL);
	pci_cfg_put(&m->f.ep, ctl, 4, UINT32_C(0x05000001));
	assert_int_equal(host_scan(&m->h), 0);
	assert_int_equal(pci_ide_block(&m->f.ep, m->f.ep_ide, 0, &e), IL_OK);
	assert_int_equal(e.id, IDE_ID_RESERVED);
	assert_int_equal(pci_ide_block(&m->f.ep, m->f.ep_ide, 1, &e), IL_OK);
	assert_int_equal(e.id, 5);
	assert_int_equal(m->h.ide.id_used[0], 1 << 5);
	assert_int_equal(pci_ide_stream_alloc(&m->h.ide, m_ep(m))->ep.block, 0);
	assert_null(pci_ide_stream_alloc(&m->h.ide, m_ep(m)));
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			connect_refuses_what_linux_refuses_and_changes_nothing),
		cmocka_unit_test(a_mailbox_without_spdm_cannot_connect),
		cmocka_unit_test(
			without_tee_bit_and_ide_no_function_is_capable),
		cmocka_unit_test(each_call_carries_exactly_one_message),
		cmocka_unit_test(a_failed_connect_leaves_nothing),
		cmocka_unit_test(an_insecure_stream_is_no_connection),
		cmocka_unit_test(
			a_failed_exchange_is_told_to_the_operation_which_then_ends),
		cmocka_unit_test(
			an_operation_that_goes_on_after_a_failure_is_dropped),
		cmocka_unit_test(an_operation_without_end_is_ended),
		cmocka_unit_test(whoever_comes_in_between_waits),
		cmocka_unit_test(closing_the_file_drops_the_connect_it_began),
		cmocka_unit_test(
			disconnect_wants_the_name_and_no_bound_function),
		cmocka_unit_test(a_disconnect_that_fails_is_reported_and_over),
		cmocka_unit_test(
			a_tsm_that_leaves_lets_go_of_whatever_it_holds),
		cmocka_unit_test(bind_needs_a_connection_a_vm_and_one_owner),
		cmocka_unit_test(
			a_virtual_function_gets_its_own_context_from_function_0),
		cmocka_unit_test(a_device_without_the_tee_bit_cannot_be_bound),
		cmocka_unit_test(an_unbind_that_fails_is_reported_and_unbound),
		cmocka_unit_test(a_request_carries_bytes_in_and_out),
		cmocka_unit_test(
			an_aborted_request_leaves_the_tdi_an_aborted_bind_does_not),
		cmocka_unit_test(release_does_not_wait_for_what_others_began),
		cmocka_unit_test(
			removal_unbinds_everything_then_disconnects_then_forgets),
		cmocka_unit_test(removal_in_the_middle_of_a_connect_ends_it),
		cmocka_unit_test(the_files_tell_who_is_connected_and_bound),
		cmocka_unit_test(
			a_stream_is_written_into_both_blocks_and_taken_out_again),
		cmocka_unit_test(
			a_stream_that_is_not_secure_says_so_and_stays_enabled),
		cmocka_unit_test(streams_run_out_and_ids_are_used_once),
		cmocka_unit_test(idle_blocks_are_parked_and_live_ones_claimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
