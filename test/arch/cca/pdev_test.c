/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"
#include "rig.h"

/* Root ports, endpoints, stateful operations, streams, conversations. */

/* Every PDEV call but those that may come, refused. */
static void only(struct cca_rig *r, uint64_t may, uint64_t may2)
{
	const uint64_t calls[] = { RMI_PDEV_COMMUNICATE, RMI_PDEV_SET_PUBKEY,
				   RMI_PDEV_STOP, RMI_PDEV_ABORT,
				   RMI_PDEV_DESTROY };

	params_ep(r);
	for (size_t i = 0; i < COUNT(calls); i++)
		if (calls[i] != may && calls[i] != may2)
			REFUSED(r, RMI_ERROR_DEVICE, calls[i], r->ep,
				r->params);
}

static void each_pdev_state_hears_its_own_calls(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	rp_create(r);
	assert_int_equal(pdev_create(r), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_NEW);
	only(r, RMI_PDEV_COMMUNICATE, RMI_PDEV_ABORT);
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	only(r, RMI_PDEV_COMMUNICATE, RMI_PDEV_ABORT);
	while (flags & (COMM_F_REQ_SEND | COMM_F_MULTI)) {
		const bool send = flags & COMM_F_REQ_SEND;

		if (send)
			assert_true(carry(r));
		assert_int_equal(
			say(r, false,
			    send ? COMM_STATUS_RESPONSE : COMM_STATUS_NONE,
			    &flags),
			0);
	}
	assert_int_equal(pdev_state(r), RMI_PDEV_NEEDS_KEY);
	only(r, RMI_PDEV_SET_PUBKEY, RMI_PDEV_STOP);
	params_key(r);
	assert_int_equal(RMI(r, RMI_PDEV_SET_PUBKEY, r->ep, r->params), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_HAS_KEY);
	only(r, RMI_PDEV_COMMUNICATE, RMI_PDEV_ABORT);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_READY);
	only(r, RMI_PDEV_STOP, 0);
	assert_int_equal(RMI(r, RMI_PDEV_STOP, r->ep), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_STOPPED);
	only(r, RMI_PDEV_DESTROY, 0);
	rig_free(r);
}

/* A wrong value in each field of the parameters. */
static void a_pdev_of_bad_parameters_is_refused(void **unused)
{
	static const struct {
		unsigned off;
		uint64_t value;
		uint64_t status;
	} rows[] = {
		{ 0x0, 1 | 1 << 1 | 1 << 3, RMI_ERROR_INPUT },
		{ 0x0, 1 | 2 << 1, RMI_ERROR_NOT_SUPPORTED }, /* on chip */
		{ 0x0, 1 << 1, RMI_ERROR_NOT_SUPPORTED },     /* no SPDM */
		{ 0x8, RIG_HB + 1, RMI_ERROR_INPUT },
		{ 0x10, 0x10000, RMI_ERROR_INPUT },
		{ 0x10, 0x0400, RMI_ERROR_INPUT },     /* not behind the port */
		{ 0x10, RIG_RP_RID, RMI_ERROR_INPUT }, /* taken */
		{ 0x18, 0x10000, RMI_ERROR_INPUT },
		{ 0x18, 0x0010, RMI_ERROR_INPUT }, /* no root port */
		{ 0x20, 8, RMI_ERROR_INPUT },
		{ 0x28, PEER_RID + 0x100, RMI_ERROR_INPUT },
		{ 0x30, 0x10001, RMI_ERROR_INPUT },
		{ 0x38, 3, RMI_ERROR_INPUT },
	};
	struct cca_rig *r = rig_new();
	const uint64_t g = granule_new(r);

	(void)unused;
	rp_create(r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		params_ep(r);
		put64(r, r->params + rows[i].off, rows[i].value);
		REFUSED(r, rows[i].status, RMI_PDEV_CREATE, g, r->params);
	}
	params_ep(r);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_CREATE, page_new(r), r->params);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_CREATE, g, g);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_CREATE, g, r->params + 8);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_CREATE, g + 8, r->params);
	rig_free(r);
}

/* --- stateful operations --- */

static void a_stateful_operation_takes_its_own_next_call_alone(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t g = granule_new(r), spare = granule_new(r);
	uint64_t handle;

	(void)unused;
	params_ep(r);
	assert_int_equal(RMI(r, RMI_PDEV_CREATE, g, r->params),
			 RMI_INCOMPLETE | 1 << 8 | RMI_OP_CAN_CANCEL);
	handle = r->x[1];
	assert_int_equal(r->x[2], FW_AUX << 2);
	REFUSED(r, RMI_BUSY, RMI_PDEV_CREATE, spare, r->params);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_CONTINUE, handle, 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_RECLAIM, handle, r->list, 4);
	put64(r, r->list, spare | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle + 1, r->list, 1);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle, r->list + 4, 1);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle, r->list, 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle, r->list, 5);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle, spare, 1);
	/* the host's granule; one twice; more than is wanted; not delegated */
	put64(r, r->list, r->params | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle, r->list, 1);
	put64(r, r->list, spare | 1 << 2);
	put64(r, r->list + 8, spare | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle, r->list, 2);
	put64(r, r->list, spare | 5 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle, r->list, 1);
	put64(r, r->list, spare | 1 << 2 | UINT64_C(1) << 63);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_MEM_DONATE, handle, r->list, 1);
	/* one of four; then no more: it all comes back */
	put64(r, r->list, spare | 1 << 2);
	assert_int_equal(RMI(r, RMI_OP_MEM_DONATE, handle, r->list, 1),
			 RMI_INCOMPLETE | 1 << 8 | RMI_OP_CAN_CANCEL);
	assert_int_equal(r->x[2], 3 << 2);
	assert_int_equal(cca_own_state(&r->o, spare), OWN_PDEV_AUX);
	assert_int_equal(RMI(r, RMI_OP_CANCEL, handle),
			 RMI_INCOMPLETE | 2 << 8);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_CANCEL, handle);
	assert_int_equal(RMI(r, RMI_OP_MEM_RECLAIM, handle, r->list, 4),
			 RMI_INCOMPLETE);
	assert_int_equal(r->x[1], 1);
	assert_int_equal(RMI(r, RMI_OP_CONTINUE, handle, 0), 0);
	assert_int_equal(cca_own_state(&r->o, spare), OWN_DELEGATED);
	assert_int_equal(cca_own_state(&r->o, g), OWN_DELEGATED);
	REFUSED(r, RMI_ERROR_INPUT, RMI_OP_CONTINUE, handle, 0);
	rig_free(r);
}

/* --- conversations --- */

static void an_entry_that_does_not_fit_changes_nothing(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	rp_create(r);
	assert_int_equal(pdev_create(r), 0);
	/* PENDING: there is nothing to answer yet */
	clear(r, r->data);
	put64(r, r->data + 0x8, r->req);
	put64(r, r->data + 0x10, r->rsp);
	for (uint8_t s = 1; s < 4; s++) {
		put8(r, r->data, s);
		put64(r, r->data + 0x18, 4);
		REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_COMMUNICATE, r->ep,
			r->data);
	}
	put8(r, r->data, 0);
	put64(r, r->data + 0x8, r->ep); /* not the host's */
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_COMMUNICATE, r->ep, r->data);
	put64(r, r->data + 0x8, r->req + 8);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_COMMUNICATE, r->ep, r->data);
	put64(r, r->data + 0x8, r->req);
	put64(r, r->data + 0x10, r->ep);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_COMMUNICATE, r->ep, r->data);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_COMMUNICATE, r->ep, r->ep);
	/* ACTIVE: an answer of 1 to 4096 bytes, or that there is none */
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	assert_int_equal(flags, COMM_F_REQ_SEND | COMM_F_RSP_WAIT);
	put8(r, r->data, 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_COMMUNICATE, r->ep, r->data);
	put8(r, r->data, 1);
	put64(r, r->data + 0x18, 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_COMMUNICATE, r->ep, r->data);
	put64(r, r->data + 0x18, 4097);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_COMMUNICATE, r->ep, r->data);
	rig_free(r);
}

/* ResponseNotReady: the next message is to go 2^12 microseconds later. */
static void a_device_that_wants_time_is_asked_after_it(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;
	uint8_t e[COMM_EXIT_LEN], req[4];

	(void)unused;
	rp_create(r);
	assert_int_equal(pdev_create(r), 0);
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	do {
		get(r, r->data + COMM_EXIT, e, sizeof(e));
		assert_int_equal(cca_u64(e, COMM_EXIT_REQ_DELAY), 0);
		assert_true(carry(r));
		assert_int_equal(say(r, false, COMM_STATUS_RESPONSE, &flags),
				 0);
		get(r, r->req, req, sizeof(req));
	} while (req[1] != 0x82); /* GET_CERTIFICATE */
	/* DSP0274 1.2.1, 10.10: exponent, request code, token, multiple */
	memcpy(r->ans, "\x12\x7f\x42\x00\x0c\x82\x05\x02", 8);
	r->ans_len = 8;
	assert_int_equal(say(r, false, COMM_STATUS_RESPONSE, &flags), 0);
	get(r, r->data + COMM_EXIT, e, sizeof(e));
	assert_int_equal(cca_u64(e, COMM_EXIT_REQ_DELAY), 4096);
	get(r, r->req, req, sizeof(req));
	assert_memory_equal(req, "\x12\xff\x82\x05", 4);
	rig_free(r);
}

static void what_is_cached_is_what_the_digests_are_of(void **unused)
{
	struct cca_rig *r = rig_new();
	uint8_t info[VDEV_INFO_LEN], d[48];
	static const struct {
		enum rmi_dev_obj obj;
		unsigned off;
	} rows[] = { { RMI_DEV_OBJ_VCA, 0x80 },
		     { RMI_DEV_OBJ_CERT, 0xc0 },
		     { RMI_DEV_OBJ_MEAS, 0x140 },
		     { RMI_DEV_OBJ_REPORT, 0x180 } };

	(void)unused;
	vdev_locked(r);
	/* chain without header and root hash; all six VCA messages */
	assert_int_equal(r->obj_len[RMI_DEV_OBJ_CERT], r->p->certs_len);
	assert_memory_equal(r->obj[RMI_DEV_OBJ_CERT], r->p->certs,
			    r->p->certs_len);
	assert_memory_equal(r->obj[RMI_DEV_OBJ_VCA], "\x10\x84\0\0", 4);
	/* GET_MEASUREMENTS of 1.2, signed, all blocks, the host's nonce */
	assert_memory_equal(r->obj[RMI_DEV_OBJ_MEAS],
			    "\x12\xe0\x01\xff\x11\x11\0\0\0\0\0\0\x22\x22", 14);
	vdev_info(r, info);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(r->obj_len[rows[i].obj] > 0);
		assert_int_equal(crypto_hash(&r->p->crypto, CRYPTO_SHA384,
					     r->obj[rows[i].obj],
					     r->obj_len[rows[i].obj], d),
				 IL_OK);
		assert_memory_equal(info + rows[i].off, d, 48);
	}
	assert_int_equal(cca_u64(info, 0x38), 0x10000);
	assert_int_equal(info[0x30], 1);
	assert_int_equal(info[0x40], RSI_VDEV_LOCKED);
	rig_free(r);
}

static void a_key_that_is_not_the_leafs_ends_in_error(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	ep_known(r);
	params_key(r);
	put8(r, r->params + 5, 0xa5);
	assert_int_equal(RMI(r, RMI_PDEV_SET_PUBKEY, r->ep, r->params), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(r->exchanges, 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_ERROR);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_SET_PUBKEY, r->ep, r->params);
	assert_int_equal(RMI(r, RMI_PDEV_STOP, r->ep), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_STOPPED);
	rig_free(r);
}

static void a_key_of_bad_parameters_is_refused(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	ep_known(r);
	params_key(r);
	put8(r, r->params + 0x810, 0);
	REFUSED(r, RMI_ERROR_NOT_SUPPORTED, RMI_PDEV_SET_PUBKEY, r->ep,
		r->params);
	put8(r, r->params + 0x810, 3);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_SET_PUBKEY, r->ep, r->params);
	put8(r, r->params + 0x810, 1); /* P256 with a longer key */
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_SET_PUBKEY, r->ep, r->params);
	params_key(r);
	put64(r, r->params + 0x808, 1);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_SET_PUBKEY, r->ep, r->params);
	params_key(r);
	put64(r, r->params + 0x800, 96);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_SET_PUBKEY, r->ep, r->params);
	params_key(r);
	put8(r, r->params, 3); /* a compressed point */
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_SET_PUBKEY, r->ep, r->params);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_SET_PUBKEY, r->ep, r->rp);
	rig_free(r);
}

/* --- streams --- */

static void a_stream_of_bad_parameters_is_refused(void **unused)
{
	static const struct {
		unsigned off;
		uint64_t value;
		uint64_t status;
	} rows[] = {
		{ 0x0, 1, RMI_ERROR_INPUT },
		{ 0x8, RMI_STREAM_NON_TEE, RMI_ERROR_NOT_SUPPORTED },
		{ 0x8, RMI_STREAM_COH, RMI_ERROR_NOT_SUPPORTED },
		{ 0x10, RIG_RAM, RMI_ERROR_INPUT },
		{ 0x18, RIG_RAM, RMI_ERROR_INPUT },
		{ 0x20, 0xff, RMI_ERROR_INPUT },
		{ 0x20, 3, RMI_ERROR_DEVICE }, /* the port has no such block */
		{ 0x28, 17, RMI_ERROR_INPUT },
		{ 0x100, RIG_RAM, RMI_ERROR_INPUT }, /* not its MMIO */
		{ 0x108, PEER_BAR, RMI_ERROR_INPUT },
	};
	struct cca_rig *r = rig_new();

	(void)unused;
	ep_ready(r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		params_stream(r);
		put64(r, r->params + rows[i].off, rows[i].value);
		REFUSED(r, rows[i].status, RMI_PDEV_STREAM_CONNECT, r->params);
	}
	rig_free(r);
}

/* A.6: the root port waits for its endpoint, then the endpoint for it. */
static void both_ends_of_a_stream_are_driven_by_turns(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	ep_ready(r);
	params_stream(r);
	assert_int_equal(RMI(r, RMI_PDEV_STREAM_CONNECT, r->params), 0);
	r->handle = r->x[1];
	assert_int_equal(r->handle, r->ep + 1);
	assert_true(r->locked);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_CONNECT, r->params);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp,
		r->handle);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(rp_says(r, &flags), 0);
		assert_int_equal(flags, COMM_F_STREAM_WAIT);
	}
	assert_int_equal(talk(r, false), 0);
	assert_true(peer_keys_agree(r->p, 0));
	assert_false(r->enabled);
	/* the endpoint is ready, and waits in its turn */
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	assert_int_equal(flags, COMM_F_STREAM_WAIT);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp,
		r->handle);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(flags, 0);
	assert_true(r->enabled);
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	assert_int_equal(flags, 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp,
		r->handle + 1);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PDEV_STREAM_COMPLETE, r->rp, r->ep,
		r->handle);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp, r->handle), 0);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp,
		r->handle);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STOP, r->ep);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STOP, r->rp);
	rig_free(r);
}

static void a_refresh_moves_to_the_other_key_set(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;

	(void)unused;
	stream_up(r);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_KEY_REFRESH, r->ep, r->rp, r->handle),
		0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(flags, COMM_F_STREAM_WAIT);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp, r->handle), 0);
	assert_true(peer_keys_agree(r->p, 1));
	assert_false(r->p->rp[0][0][0].set);
	REFUSED(r, SMC_NOT_SUPPORTED, RMI_PDEV_STREAM_KEY_PURGE, r->ep, r->rp,
		r->handle);
	rig_free(r);
}

/* A.7: "one AES key used for all three sub-streams". */
static void each_sub_stream_has_a_key_of_its_own(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	stream_up(r);
	/* six distinct keys, alike at both ends */
	assert_true(peer_keys_agree(r->p, 0));
	rig_free(r);
}

static void a_stream_with_a_vdev_is_not_disconnected(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_up(r);
	REFUSED(r, RMI_ERROR_DEVICE, RMI_PDEV_STREAM_DISCONNECT, r->ep, r->rp,
		r->handle);
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_DISCONNECT, r->ep, r->rp, r->handle), 0);
	assert_false(r->enabled);
	rig_free(r);
}

/* Streams, the PDEV and the root port of a device whose link was cut. */
static void take_down(struct cca_rig *r)
{
	uint64_t flags, handle;

	if (r->fw->pdev[1].stream == FW_STREAM_CONNECTED)
		assert_int_equal(RMI(r, RMI_PDEV_STREAM_DISCONNECT, r->ep,
				     r->rp, r->handle),
				 0);
	if (r->fw->pdev[1].op == CCA_PDEV_OP_DISCONNECT)
		assert_int_equal(talk(r, false), 0);
	if (r->fw->pdev[0].comm.state != CCA_COMM_IDLE)
		assert_int_equal(rp_says(r, &flags), 0);
	if (r->fw->pdev[1].peer)
		assert_int_equal(RMI(r, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp,
				     r->ep + 1),
				 0);
	assert_true(peer_keys_gone(r->p, true));
	assert_int_equal(RMI(r, RMI_PDEV_STOP, r->ep), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(RMI(r, RMI_PDEV_STOP, r->rp), 0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(RMI_STATUS(RMI(r, RMI_PDEV_DESTROY, r->ep)),
			 RMI_INCOMPLETE);
	handle = r->x[1];
	assert_int_equal(
		RMI_STATUS(RMI(r, RMI_OP_MEM_RECLAIM, handle, r->list, 4)),
		RMI_INCOMPLETE);
	assert_int_equal(RMI(r, RMI_OP_CONTINUE, handle, 0), 0);
	assert_int_equal(RMI(r, RMI_PDEV_DESTROY, r->rp), 0);
}

/* The host reports that the device is silent, at exchange @n of @step. */
static bool silent_at(unsigned step, unsigned n, bool abort)
{
	struct cca_rig *r = rig_new();
	uint64_t flags;
	bool over;

	if (step == 0) {
		rp_create(r);
		assert_int_equal(pdev_create(r), 0);
	} else if (step == 1) {
		ep_known(r);
		params_key(r);
		assert_int_equal(RMI(r, RMI_PDEV_SET_PUBKEY, r->ep, r->params),
				 0);
	} else if (step == 2) {
		ep_ready(r);
		params_stream(r);
		assert_int_equal(RMI(r, RMI_PDEV_STREAM_CONNECT, r->params), 0);
	} else if (step == 3) {
		stream_up(r);
		assert_int_equal(RMI(r, RMI_PDEV_STREAM_KEY_REFRESH, r->ep,
				     r->rp, r->handle),
				 0);
	} else {
		stream_up(r);
		assert_int_equal(RMI(r, RMI_PDEV_STREAM_DISCONNECT, r->ep,
				     r->rp, r->handle),
				 0);
	}
	assert_int_equal(say(r, false, COMM_STATUS_NONE, &flags), 0);
	for (unsigned i = 0; i < n && flags & COMM_F_REQ_SEND; i++) {
		assert_true(carry(r));
		assert_int_equal(say(r, false, COMM_STATUS_RESPONSE, &flags),
				 0);
	}
	over = !(flags & COMM_F_REQ_SEND);
	if (!over) {
		if (abort)
			assert_int_equal(RMI(r, RMI_PDEV_ABORT, r->ep), 0);
		else
			assert_int_equal(
				say(r, false, COMM_STATUS_ERROR, &flags), 0);
		assert_int_equal(pdev_state(r), RMI_PDEV_ERROR);
		assert_true(peer_keys_gone(r->p, true));
		assert_true(cca_fw_sane(r->fw));
		take_down(r);
	}
	rig_free(r);
	return over;
}

static void a_device_that_falls_silent_is_cut_off_and_taken_down(void **unused)
{
	(void)unused;
	for (unsigned step = 0; step < 5; step++)
		for (unsigned n = 0; !silent_at(step, n, n & 1); n++)
			assert_true(n < 64);
}

const struct CMUnitTest pdev_tests[] = {
	cmocka_unit_test(each_pdev_state_hears_its_own_calls),
	cmocka_unit_test(a_pdev_of_bad_parameters_is_refused),
	cmocka_unit_test(a_stateful_operation_takes_its_own_next_call_alone),
	cmocka_unit_test(an_entry_that_does_not_fit_changes_nothing),
	cmocka_unit_test(a_device_that_wants_time_is_asked_after_it),
	cmocka_unit_test(what_is_cached_is_what_the_digests_are_of),
	cmocka_unit_test(a_key_that_is_not_the_leafs_ends_in_error),
	cmocka_unit_test(a_key_of_bad_parameters_is_refused),
	cmocka_unit_test(a_stream_of_bad_parameters_is_refused),
	cmocka_unit_test(both_ends_of_a_stream_are_driven_by_turns),
	cmocka_unit_test(a_refresh_moves_to_the_other_key_set),
	cmocka_unit_test(each_sub_stream_has_a_key_of_its_own),
	cmocka_unit_test(a_stream_with_a_vdev_is_not_disconnected),
	cmocka_unit_test(a_device_that_falls_silent_is_cut_off_and_taken_down),
};
const size_t pdev_tests_n = COUNT(pdev_tests);
