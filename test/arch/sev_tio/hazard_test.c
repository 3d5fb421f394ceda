/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can go wrong in a driver of SEV-TIO's firmware, one test for each:
 * docs/hazards.md has the list. Source: linux.md 4.4, read in Linux 7.3
 * drivers/crypto/ccp/sev-dev-{tio,tsm}.c
 */
#include "host_rig.h"

#define VF (EP + 1)

static struct sev_conn *conn(struct rig *r)
{
	return pci_tsm_of(pci_find(&r->h.pci, EP))->priv;
}

/* --- buffers that grow --- */

static const uint8_t much[5000] = { 1, 2, 3 };

/* A report that no page holds, though TIO_STATUS said that one will do. */
static struct rig *with_a_long_report(void)
{
	struct rig *r = rig_frugal();

	r->fw->p->rep.vendor = much;
	r->fw->p->rep.vendor_len = sizeof(much);
	return r;
}

static void lock(struct rig *r)
{
	r->script[0] = tio_op(TIO_OP_BIND);
	assert_int_equal(script(r, 1), 0);
	assert_int_equal(r->got[0].ret, 0);
}

static void firmware_that_asks_for_larger_buffers_gets_them(void **u)
{
	struct rig *r = with_a_long_report();
	uint64_t before = r->frames;
	unsigned connects;

	(void)u;
	vmm_new(r, false);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	connects = r->expands;
	assert_true(connects > 0);
	assert_true(peer_keys_agree(r->fw->p, 0));
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	guest_probe(r);
	/* its exchanges are over when the report turns out too long */
	lock(r);
	assert_true(r->expands > connects);
	assert_true(conn(r)->out.n * PAGE_4K > sizeof(much));
	down(r);
	assert_int_equal(r->frames, before);
	rig_free(r);
}

static void one_buffer_that_grows_is_as_good_as_two(void **u)
{
	(void)u;
	for (unsigned i = 0; i < 2; i++) {
		struct rig *r = rig_new();
		uint64_t before = r->frames;

		vmm_new(r, false);
		if (i)
			r->s->out_size = PAGE_4K;
		else
			r->s->req_size = PAGE_4K;
		assert_int_equal(play(r, VMM_CONNECT), 0);
		assert_int_equal(play(r, VMM_LAUNCH), 0);
		assert_int_equal(play(r, VMM_ATTACH), 0);
		guest_probe(r);
		lock(r);
		assert_int_equal(r->expands, 1);
		down(r);
		assert_int_equal(r->frames, before);
		rig_free(r);
	}
}

static uint32_t see_always(struct rig *r, uint32_t cmd, uint64_t pa)
{
	(void)pa;
	if (cmd != SEV_CMD_TIO_DEV_CONNECT)
		return 0;
	r->at++; /* how often */
	return SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST;
}

static void firmware_that_asks_for_what_it_has_is_given_up(void **u)
{
	struct rig *r = rig_new();
	uint64_t before = r->frames;

	(void)u;
	vmm_new(r, false);
	r->see = see_always;
	r->at = 0;
	assert_int_equal(play(r, VMM_CONNECT), -EIO);
	assert_int_equal(r->at, 1);
	assert_int_equal(r->frames, before);
	assert_int_equal(r->s->leaked, 0);
	rig_free(r);
}

static void no_page_is_written_once_it_is_firmwares(void **u)
{
	struct rig *r = with_a_long_report();

	(void)u;
	up(r);
	lock(r);
	down(r);
	assert_true(r->expands > 1);
	assert_int_equal(r->refused, 0);
	rig_free(r);
}

/* Each page that a command names is in the state in which it is to be. */
static void assert_buffer(struct rig *r, uint64_t sla, enum own_state want)
{
	uint64_t list = sla_pa(sla), pa;
	uint8_t e[8];

	if (!(sla & SLA_SCATTER)) {
		assert_int_equal(own_state(&r->fw->o, list), want);
		return;
	}
	for (unsigned i = 0; i <= SEV_BUF_PAGES; i++) {
		host_get(r->fw, list + 8 * i, e, sizeof(e));
		pa = sev_u64(e, 0);
		if (pa == SLA_EOL)
			return;
		assert_int_equal(own_state(&r->fw->o, sla_pa(pa)), want);
	}
	fail();
}

static uint32_t see_buffers(struct rig *r, uint32_t cmd, uint64_t pa)
{
	uint8_t b[SEV_CMD_BUF_MAX];
	const uint8_t *k = b + TIO_CMD_SPDM_CTRL;

	if (cmd != SEV_CMD_TIO_DEV_CONNECT && cmd != SEV_CMD_TIO_TDI_BIND)
		return 0;
	host_get(r->fw, pa, b, (uint32_t)sev_cmd_len(cmd));
	assert_buffer(r, sev_u64(k, TIO_SPDM_REQ), OWN_FIRMWARE);
	assert_buffer(r, sev_u64(k, TIO_SPDM_SCRATCH), OWN_FIRMWARE);
	assert_buffer(r, sev_u64(k, TIO_SPDM_OUTPUT), OWN_FIRMWARE);
	assert_buffer(r, sev_u64(k, TIO_SPDM_RESP), OWN_HYPERVISOR);
	r->at++;
	return 0;
}

static void a_command_issued_again_names_no_page_that_was_freed(void **u)
{
	struct rig *r = with_a_long_report();

	(void)u;
	r->see = see_buffers;
	up(r);
	lock(r);
	assert_true(r->expands > 1);
	assert_true(r->at > 1);
	down(r);
	rig_free(r);
}

static void buffers_that_grew_are_given_back_as_they_are_now(void **u)
{
	struct rig *r = with_a_long_report();
	uint64_t before = r->frames;

	(void)u;
	vmm_new(r, false);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(play(r, VMM_CONNECT), 0);
		assert_int_equal(play(r, VMM_DISCONNECT), 0);
		assert_int_equal(r->frames, before);
	}
	assert_true(r->expands >= 5);
	assert_int_equal(r->s->leaked, 0);
	rig_free(r);
}

/* A device that falls silent while a larger buffer was asked for. */
static void a_command_given_up_with_larger_buffers_leaves_nothing(void **u)
{
	(void)u;
	for (unsigned n = 1; n < 6; n++) {
		struct rig *r = rig_frugal();
		uint64_t before = r->frames;

		vmm_new(r, false);
		r->silent_from = n;
		assert_true(play(r, VMM_CONNECT) < 0);
		assert_true(r->expands > 0);
		assert_int_equal(r->frames, before);
		rig_free(r);
	}
}

static void the_response_buffer_holds_the_largest_response(void **u)
{
	struct rig *r = rig_frugal();

	(void)u;
	vmm_new(r, false);
	/* the least of a request is one page, the most of a response two */
	assert_int_equal(r->s->req_size, PAGE_4K);
	assert_int_equal(r->s->rsp_size, FW_RSP_SIZE);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	assert_int_equal(conn(r)->resp.n * PAGE_4K, FW_RSP_SIZE);
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	rig_free(r);
}

/* --- the stream --- */

static void connect_fails_when_one_end_is_not_secure(void **u)
{
	(void)u;
	for (unsigned side = 0; side < 2; side++) {
		struct rig *r = rig_new();
		uint64_t before = r->frames;

		vmm_new(r, false);
		r->f.watch = NULL;
		r->f.rp_insecure = side;
		r->f.ep_insecure = !side;
		r->fw->p->enabled = true;
		assert_int_equal(play(r, VMM_CONNECT), -EIO);
		assert_int_equal(r->frames, before);
		assert_true(peer_keys_gone(r->fw->p, true));
		assert_null(strstr(r->f.log, "REE"));
		rig_free(r);
	}
}

static uint32_t flags;

static uint32_t see_disconnect(struct rig *r, uint32_t cmd, uint64_t pa)
{
	uint8_t b[SEV_CMD_BUF_MAX];

	if (cmd != SEV_CMD_TIO_DEV_DISCONNECT)
		return 0;
	host_get(r->fw, pa, b, (uint32_t)sev_cmd_len(cmd));
	flags = sev_u32(b, TIO_DEV_FLAGS);
	return 0;
}

/*
 * The port alone is Secure. Connect itself finds that out, and cuts the device
 * off; the core, which looks once more, would have it disconnected in order.
 */
static void the_ports_success_does_not_hide_the_endpoints_failure(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	vmm_new(r, false);
	r->f.watch = NULL;
	r->f.ep_insecure = true;
	r->f.rp_insecure = false;
	r->fw->p->enabled = true;
	r->see = see_disconnect;
	assert_int_equal(play(r, VMM_CONNECT), -EIO);
	/* both were tried, endpoint first, and switched off again */
	assert_non_null(strstr(r->f.log, "ERer"));
	assert_int_equal(flags, TIO_DISCONNECT_F_FORCE);
	rig_free(r);
}

static void a_stream_id_that_is_taken_is_found_before_any_key(void **u)
{
	struct rig *r = rig_new();
	uint64_t before = r->frames;

	(void)u;
	vmm_new(r, false);
	r->h.ide.id_used[PEER_STREAM / 8] |= 1u << PEER_STREAM % 8;
	assert_int_equal(play(r, VMM_CONNECT), -EBUSY);
	assert_int_equal(r->rung[SEV_CMD_TIO_DEV_CREATE], 0);
	assert_int_equal(r->rung[SEV_CMD_TIO_DEV_CONNECT], 0);
	assert_int_equal(r->fw->p->logged, 0);
	assert_int_equal(r->frames, before);
	assert_int_equal(r->h.ide.live, 0);
	rig_free(r);
}

static void a_device_whose_stream_fails_is_disconnected_then_reclaimed(void **u)
{
	struct rig *r = rig_new();
	unsigned n;

	(void)u;
	vmm_new(r, false);
	r->f.watch = NULL;
	r->f.rp_insecure = true;
	r->fw->p->enabled = true;
	assert_int_equal(play(r, VMM_CONNECT), -EIO);
	n = r->n_order;
	assert_true(n > 2);
	assert_int_equal(r->rung[SEV_CMD_TIO_DEV_DISCONNECT], 1);
	for (unsigned i = 0; i < n; i++)
		if (r->order[i] == SEV_CMD_TIO_DEV_RECLAIM)
			assert_int_equal(r->order[i - 1],
					 SEV_CMD_TIO_DEV_DISCONNECT);
	assert_int_equal(r->rung[SEV_CMD_TIO_DEV_RECLAIM], 1);
	rig_free(r);
}

/* --- functions --- */

static void every_vf_gets_a_tsm_context(void **u)
{
	struct rig *r = rig_new();
	struct pci_dev *v;

	(void)u;
	vmm_new(r, false);
	assert_int_equal(pci_sriov_enable(pci_find(&r->h.pci, EP), 1), 0);
	assert_int_equal(play(r, VMM_CONNECT), 0);
	v = pci_find(&r->h.pci, VF);
	assert_non_null(pci_tsm_of(v));
	assert_ptr_equal(pci_tsm_of(v)->dsm,
			 pci_tsm_dsm_of(pci_find(&r->h.pci, EP)));
	assert_int_equal(play(r, VMM_DISCONNECT), 0);
	assert_null(pci_tsm_of(v));
	rig_free(r);
}

/* --- keys made new --- */

static int refresh(struct rig *r, const char *what)
{
	struct task *t = r->vmm.t;
	long fd = k_open(t, "/sys/bus/pci/devices/0000:01:00.0/tsm/refresh");
	long ret;

	do
		ret = k_write(t, (int)fd, what, strlen(what));
	while (ret == -EAGAIN);
	(void)k_close(t, (int)fd);
	return ret < 0 ? (int)ret : 0;
}

static void keys_are_made_new_while_the_interface_runs(void **u)
{
	static const char *const what[] = { "stream", "session", "alive" };
	struct rig *r = rig_new();
	uint64_t before = r->frames;

	(void)u;
	up(r);
	lock(r);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(refresh(r, what[i % 3]), 0);
	assert_true(peer_keys_agree(r->fw->p, 1)); /* three times */
	assert_int_equal(r->rung[SEV_CMD_TIO_ROLL_KEY] > 9, true);
	down(r);
	assert_int_equal(r->frames, before);
	rig_free(r);
}

/*
 * The device stops in the middle of it. A refresh takes the connection along,
 * whatever of it is bound, and nothing waits for ever.
 */
static void a_refresh_that_is_not_answered_cuts_the_device_off(void **u)
{
	static const char *const what[] = { "stream", "session", "alive" };

	(void)u;
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned n = 1; n < 5; n++) {
			struct rig *r = rig_new();
			uint64_t before = r->frames;
			int ret;

			up(r);
			if (n & 1)
				lock(r);
			r->silent_from = r->f.exchanges + (n + 1) / 2;
			ret = refresh(r, what[i]);
			assert_true(ret < 0 || i > 0);
			assert_int_equal(sev_fw_pending(r->fw->fw, 0), 0);
			r->silent_from = r->f.exchanges;
			(void)play(r, VMM_DETACH);
			assert_int_equal(play(r, VMM_DESTROY), 0);
			(void)play(r, VMM_DISCONNECT);
			assert_int_equal(r->frames, before);
			assert_true(peer_keys_gone(r->fw->p, true));
			rig_free(r);
		}
	}
}

static void a_refresh_that_is_dropped_leaves_nothing_pending(void **u)
{
	(void)u;
	for (unsigned n = 1; n < 12; n++) {
		struct rig *r = rig_new();
		long fd;

		up(r);
		fd = k_open(r->vmm.t,
			    "/sys/bus/pci/devices/0000:01:00.0/tsm/refresh");
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(
				k_write(r->vmm.t, (int)fd, "stream", 6),
				-EAGAIN);
		(void)k_close(r->vmm.t, (int)fd);
		assert_int_equal(sev_fw_pending(r->fw->fw, 0), 0);
		/* the device played along: it was carried to its end */
		assert_true(peer_keys_agree(r->fw->p, 1));
		lock(r);
		down(r);
		rig_free(r);
	}
}

/*
 * The VMM dies after each exchange of an unbind in turn. The device plays along
 * and is no worse off: other functions of it are other guests'.
 */
static void an_unbind_that_is_dropped_leaves_the_session_alone(void **u)
{
	bool over = false;

	(void)u;
	for (unsigned n = 1; !over; n++) {
		struct rig *r = rig_new();
		struct vmm_run run;
		int ret = -EAGAIN;

		up(r);
		lock(r);
		assert_int_equal(vmm_start(&r->vmm, &run, VMM_DETACH, &dev), 0);
		for (unsigned i = 0; i < n && ret == -EAGAIN; i++)
			ret = vmm_step(&run);
		over = ret != -EAGAIN;
		vmm_die(&r->vmm);
		assert_int_equal(tsm_conn_state(r->fw->fw->dev[0].conn),
				 TSM_CONN_READY);
		vmm_new(r, false);
		assert_int_equal(play(r, VMM_DISCONNECT), 0);
		assert_int_equal(r->s->leaked, 0);
		rig_free(r);
	}
}

/* --- the guest's nonce --- */

#define SHARED_END UINT64_C(0x15000) /* guest_probe() shares 18 pages */

static uint8_t asked[TIO_NONCE_LEN];

static uint32_t see_nonce(struct rig *r, uint32_t cmd, uint64_t pa)
{
	uint8_t b[SEV_CMD_BUF_MAX];

	if (cmd != SEV_CMD_TIO_DEV_MEASUREMENTS)
		return 0;
	host_get(r->fw, pa, b, (uint32_t)sev_cmd_len(cmd));
	memcpy(asked, b + TIO_DEV_MEAS_NONCE, sizeof(asked));
	return 0;
}

static void measure(struct rig *r, uint64_t data_gpa)
{
	r->script[0] =
		(struct vcpu_exit){ .kind = VCPU_EXIT_CALL,
				    .code = GHCB_EXIT_TIO_GUEST_REQ,
				    .reg[SEV_REG_INFO1] = G_REQ,
				    .reg[SEV_REG_INFO2] = G_RSP,
				    .reg[SEV_REG_RAX] = data_gpa,
				    .reg[SEV_REG_RBX] = 2,
				    .reg[SEV_REG_RCX] = FW_GUEST_ID,
				    .reg[SEV_REG_RDX] = TIO_PARAM_INFO_MEAS };
	(void)script(r, 1);
}

/* Half of it in each of two pages that are no neighbours in the host. */
static void a_nonce_is_read_from_the_guests_pages_alone(void **u)
{
	struct rig *r = rig_new();
	struct pci_tdi *tdi;
	uint8_t nonce[TIO_NONCE_LEN];
	uint64_t pa[2];

	(void)u;
	memset(nonce, 0xa5, 16);
	memset(nonce + 16, 0x5a, 16);
	up(r);
	lock(r);
	tdi = pci_tsm_of(pci_find(&r->h.pci, EP))->tdi;
	/* the later page first: its frame is not the next one */
	for (unsigned i = 2; i-- > 0;) {
		const uint64_t gpa = SHARED_END - (2 - i) * PAGE_4K;

		assert_int_equal(kvm_shared_pa(tdi->kvm, gpa, &pa[i]), 0);
	}
	host_put(r->fw, pa[0] + PAGE_4K - 16, nonce, 16);
	host_put(r->fw, pa[1], nonce + 16, 16);
	r->see = see_nonce;
	measure(r, SHARED_END - PAGE_4K - 16);
	assert_true(r->rung[SEV_CMD_TIO_DEV_MEASUREMENTS] > 0);
	assert_memory_equal(asked, nonce, sizeof(nonce));
	/* and what lies behind the last of them is the host's, or private */
	r->rung[SEV_CMD_TIO_DEV_MEASUREMENTS] = 0;
	measure(r, SHARED_END - 16);
	assert_int_equal(r->rung[SEV_CMD_TIO_DEV_MEASUREMENTS], 0);
	r->see = NULL;
	down(r);
	rig_free(r);
}

/* The last exchange failed, and nobody comes back to hear of it. */
static void a_refresh_that_is_dropped_after_a_failure_is_given_up(void **u)
{
	(void)u;
	for (unsigned n = 1; n < 4; n++) {
		struct rig *r = rig_new();
		uint64_t before = r->frames;
		long fd;

		up(r);
		lock(r);
		fd = k_open(r->vmm.t,
			    "/sys/bus/pci/devices/0000:01:00.0/tsm/refresh");
		r->silent_from = r->f.exchanges + n - 1;
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(
				k_write(r->vmm.t, (int)fd, "stream", 6),
				-EAGAIN);
		assert_int_not_equal(sev_fw_pending(r->fw->fw, 0), 0);
		(void)k_close(r->vmm.t, (int)fd);
		assert_int_equal(sev_fw_pending(r->fw->fw, 0), 0);
		assert_true(peer_keys_gone(r->fw->p, true));
		(void)play(r, VMM_DETACH);
		assert_int_equal(play(r, VMM_DESTROY), 0);
		(void)play(r, VMM_DISCONNECT);
		assert_int_equal(r->frames, before);
		rig_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			firmware_that_asks_for_larger_buffers_gets_them),
		cmocka_unit_test(one_buffer_that_grows_is_as_good_as_two),
		cmocka_unit_test(
			firmware_that_asks_for_what_it_has_is_given_up),
		cmocka_unit_test(no_page_is_written_once_it_is_firmwares),
		cmocka_unit_test(
			a_command_issued_again_names_no_page_that_was_freed),
		cmocka_unit_test(
			buffers_that_grew_are_given_back_as_they_are_now),
		cmocka_unit_test(
			a_command_given_up_with_larger_buffers_leaves_nothing),
		cmocka_unit_test(
			the_response_buffer_holds_the_largest_response),
		cmocka_unit_test(connect_fails_when_one_end_is_not_secure),
		cmocka_unit_test(
			the_ports_success_does_not_hide_the_endpoints_failure),
		cmocka_unit_test(
			a_stream_id_that_is_taken_is_found_before_any_key),
		cmocka_unit_test(
			a_device_whose_stream_fails_is_disconnected_then_reclaimed),
		cmocka_unit_test(every_vf_gets_a_tsm_context),
		cmocka_unit_test(keys_are_made_new_while_the_interface_runs),
		cmocka_unit_test(
			a_refresh_that_is_not_answered_cuts_the_device_off),
		cmocka_unit_test(
			a_refresh_that_is_dropped_leaves_nothing_pending),
		cmocka_unit_test(
			a_refresh_that_is_dropped_after_a_failure_is_given_up),
		cmocka_unit_test(
			an_unbind_that_is_dropped_leaves_the_session_alone),
		cmocka_unit_test(a_nonce_is_read_from_the_guests_pages_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
