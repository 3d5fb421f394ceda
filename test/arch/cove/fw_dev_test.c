/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_tests.h"

#include <stdlib.h>

/*
 * A device is connected, kept and disconnected: pending transactions, the
 * transcript, keys, and what a host that lies gets.
 */

static struct sbiret connect_call(struct cove_rig *r)
{
	return covh(r, COVH_CONNECT_DEVICE, PEER_RID, r->desc, r->out,
		    COVE_CONN_SIZE_MIN, 0, 0);
}

static void desc_put(struct cove_rig *r, uint8_t stream, uint32_t rid1,
		     uint32_t rid2)
{
	uint8_t d[12] = { stream };

	cove_put_u32(d, 4, rid1);
	cove_put_u32(d, 8, rid2);
	host_put(r, r->desc, d, sizeof(d));
}

static void a_connect_names_a_device_a_stream_and_room(void **unused)
{
	struct cove_rig *r = rig_new();
	const uint64_t conf = rig_conf(r, 1, 1), min = COVE_CONN_SIZE_MIN;
	const struct {
		uint64_t a[4];
		int64_t error;
	} bad[] = {
		{ { 0x0200, r->desc, r->out, min }, SBI_ERR_INVALID_PARAM },
		{ { PEER_RID | 1 << 24, r->desc, r->out, min },
		  SBI_ERR_INVALID_PARAM },
		{ { PEER_RID, conf, r->out, min }, SBI_ERR_INVALID_ADDRESS },
		{ { PEER_RID, r->desc, r->out, min - 1 },
		  SBI_ERR_INVALID_PARAM },
		{ { PEER_RID, r->desc, r->out + 8, min },
		  SBI_ERR_INVALID_ADDRESS },
		{ { PEER_RID, r->desc, conf, min }, SBI_ERR_INVALID_ADDRESS },
		{ { PEER_RID, r->desc, RIG_TSM, min },
		  SBI_ERR_INVALID_ADDRESS },
		{ { PEER_RID, r->desc, PEER_BAR, min },
		  SBI_ERR_INVALID_ADDRESS },
	};

	(void)unused;
	desc_put(r, PEER_STREAM, 0xffff << 8, 1);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		rig_keep(r);
		assert_int_equal(covh(r, COVH_CONNECT_DEVICE, bad[i].a[0],
				      bad[i].a[1], bad[i].a[2], bad[i].a[3], 0,
				      0)
					 .error,
				 bad[i].error);
		rig_same(r);
	}
	/* RIDs that do not hold the device, another segment, more blocks */
	for (unsigned i = 0; i < 4; i++) {
		uint8_t d[12] = { PEER_STREAM, i == 3 ? 3 : 0 };

		cove_put_u32(d, 4, i == 0 ? 0xff << 8 : 0xffff << 8);
		cove_put_u32(d, 8,
			     i == 1   ? 0x101 << 8 | 1
			     : i == 2 ? 1 << 24 | 1
				      : 1);
		host_put(r, r->desc, d, sizeof(d));
		rig_keep(r);
		assert_int_equal(connect_call(r).error, SBI_ERR_INVALID_PARAM);
		rig_same(r);
	}
	desc_put(r, PEER_STREAM, 0xffff << 8, 1);
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(connect_call(r).error, SBI_ERR_ALREADY_STARTED);
	/* another function of the same port: one stream a port */
	assert_int_equal(covh(r, COVH_CONNECT_DEVICE, PEER_RID + 1, r->desc,
			      r->out, COVE_CONN_SIZE_MIN, 0, 0)
				 .error,
			 SBI_ERR_INVALID_STATE);
	rig_same(r);
	rig_free(r);
}

static void the_port_is_programmed_as_the_host_described_it(void **unused)
{
	struct cove_rig *r = rig_new();
	uint8_t d[24] = { PEER_STREAM, 1 };

	(void)unused;
	/* RIDs 0x0100 to 0x01ff; PEER_BAR, two MiB from bit 20 on */
	cove_put_u32(d, 4, 0x01ff << 8);
	cove_put_u32(d, 8, 0x0100 << 8 | 1);
	cove_put_u32(d, 12, 0xe01u << 20 | 0xe00 << 8 | 1);
	cove_put_u32(d, 16, 1); /* both above 4 GiB */
	cove_put_u32(d, 20, 1);
	host_put(r, r->desc, d, sizeof(d));
	assert_int_equal(carry(r, COVH_CONNECT_DEVICE, PEER_RID, r->desc,
			       r->out, COVE_CONN_SIZE_MIN)
				 .error,
			 SBI_SUCCESS);
	assert_true(r->set_up && r->locked);
	assert_int_equal(r->regs.id, PEER_STREAM);
	assert_int_equal(r->regs.rid_base, 0x0100);
	assert_int_equal(r->regs.rid_limit, 0x01ff);
	assert_int_equal(r->regs.ranges, 1);
	assert_int_equal(r->regs.range[0].base, PEER_BAR);
	assert_int_equal(r->regs.range[0].limit, PEER_BAR + 0x1fffff);
	assert_true(r->regs.is_default && r->regs.host_enable);
	assert_false(r->regs.config);
	rig_free(r);
}

static void a_range_that_is_not_the_ports_ends_the_connect(void **unused)
{
	struct cove_rig *r = rig_new();
	uint8_t d[24] = { PEER_STREAM, 1 };

	(void)unused;
	cove_put_u32(d, 4, 0xffff << 8);
	cove_put_u32(d, 8, 1);
	cove_put_u32(d, 12, 0xe02u << 20 | 0xe00 << 8 | 1); /* a MiB more */
	cove_put_u32(d, 16, 1);
	cove_put_u32(d, 20, 1);
	host_put(r, r->desc, d, sizeof(d));
	rig_keep(r);
	assert_int_equal(carry(r, COVH_CONNECT_DEVICE, PEER_RID, r->desc,
			       r->out, COVE_CONN_SIZE_MIN)
				 .error,
			 SBI_ERR_INVALID_PARAM);
	assert_false(r->set_up);
	assert_null(cfw_dev_find(r->fw, PEER_RID));
	assert_int_equal(buffer_at(r), 0);
	/* and the device can be had */
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	rig_free(r);
}

/* --- pending --- */

static void only_the_same_call_goes_on(void **unused)
{
	struct cove_rig *r = rig_new();
	static const uint64_t others[] = {
		COVH_DISCONNECT_DEVICE,
		COVH_SPDM_KEY_UPDATE,
		COVH_SPDM_HEARTBEAT,
	};
	uint8_t was[16], is[16];

	(void)unused;
	desc_put(r, PEER_STREAM, 0xffff << 8, 1);
	assert_true(cfw_is_pending(connect_call(r)));
	for (unsigned i = 0; i < COUNT(others); i++) {
		rig_keep(r);
		assert_int_equal(
			covh(r, others[i], PEER_RID, 0, 0, 0, 0, 0).error,
			SBI_ERR_INVALID_STATE);
		rig_same(r);
	}
	rig_keep(r);
	/* the same function with another argument */
	assert_int_equal(covh(r, COVH_CONNECT_DEVICE, PEER_RID, r->desc,
			      r->out + PAGE_4K, COVE_CONN_SIZE_MIN, 0, 0)
				 .error,
			 SBI_ERR_INVALID_STATE);
	rig_same(r);
	/* no answer: the same request, and no number is used up */
	host_get(r, buffer_at(r), was, sizeof(was));
	for (unsigned i = 0; i < 3; i++)
		assert_true(cfw_is_pending(connect_call(r)));
	host_get(r, buffer_at(r), is, sizeof(is));
	assert_memory_equal(was, is, sizeof(was));
	assert_int_equal(r->exchanges, 0);
	rig_free(r);
}

/* Fields of the buffer that the host turns. */
static void a_buffer_that_is_not_the_pending_one_is_refused(void **unused)
{
	struct cove_rig *r = rig_new();
	uint64_t at;
	uint8_t h[12], bad[12];

	(void)unused;
	desc_put(r, PEER_STREAM, 0xffff << 8, 1);
	assert_true(cfw_is_pending(connect_call(r)));
	exchange(r);
	at = buffer_at(r);
	host_get(r, at, h, sizeof(h));
	for (unsigned i = 0; i < 4; i++) {
		memcpy(bad, h, sizeof(h));
		if (i == 0)
			bad[NACL_DEV_FUNCTION_ID]++;
		if (i == 1)
			bad[NACL_DEV_DEVICE_ID]++;
		if (i == 2) /* a guest's call of the same number */
			bad[NACL_DEV_FUNCTION_ID + 2] = 1;
		if (i == 3) /* longer than the buffer */
			cove_put_u32(bad, NACL_DEV_LENGTH,
				     NACL_LENGTH_ANSWER | 1 << 24 |
					     NACL_DEV_STRIDE);
		host_put(r, at, bad, sizeof(bad));
		rig_keep(r);
		assert_int_equal(connect_call(r).error, SBI_ERR_INVALID_PARAM);
		rig_same(r);
	}
	host_put(r, at, h, sizeof(h));
	assert_true(cfw_is_pending(connect_call(r)));
	rig_free(r);
}

/* Each exchange of connect, not answered. */
static void a_device_that_dies_in_connect_leaves_nothing(void **unused)
{
	unsigned last = 40;

	(void)unused;
	for (unsigned n = 1; n <= last; n++) {
		struct cove_rig *r = rig_new();
		struct sbiret x;

		desc_put(r, PEER_STREAM, 0xffff << 8, 1);
		x = connect_call(r);
		while (cfw_is_pending(x)) {
			r->silent = r->exchanges + 1 == n;
			exchange(r);
			x = connect_call(r);
		}
		if (!x.error) {
			assert_true(n > 20); /* it was longer than that */
			last = n;
		} else {
			assert_int_equal(x.error, SBI_ERR_IO);
			assert_false(r->set_up);
			assert_true(peer_keys_gone(r->p, true));
			assert_null(cfw_dev_find(r->fw, PEER_RID));
			assert_int_equal(buffer_at(r), 0);
		}
		rig_free(r);
	}
}

static unsigned spoil_at;

static void spoil_length(struct cove_rig *r, unsigned n)
{
	if (n == spoil_at && r->ans_len > 4)
		r->ans_len -= 4;
}

static void an_answer_that_is_cut_ends_connect(void **unused)
{
	(void)unused;
	for (spoil_at = 1; spoil_at <= 20; spoil_at++) {
		struct cove_rig *r = rig_new();

		r->spoil = spoil_length;
		struct sbiret x = dev_connect(r);

		assert_int_not_equal(x.error, SBI_SUCCESS);
		assert_true(peer_keys_gone(r->p, true));
		assert_false(r->set_up);
		rig_free(r);
	}
}

/* --- the transcript --- */

/* Messages from the host's copy, by their codes. */
static unsigned codes(struct cove_rig *r, uint8_t *out, unsigned cap)
{
	const struct fw_dev *d = cfw_dev_find(r->fw, PEER_RID);
	unsigned n = 0;
	uint8_t b[2];

	for (; n < d->messages && n < cap; n++) {
		host_get(r, r->out + COVE_CONN_TRANSCRIPT + d->msg[n].off, b,
			 2);
		assert_int_equal(b[0] >> 4, 1); /* an SPDM version */
		out[n] = b[1];
	}
	return n;
}

static void the_transcript_has_each_plain_message_in_turn(void **unused)
{
	static const uint8_t head[] = { 0x84, 0x04, 0xe1, 0x61, 0xe3,
					0x63, 0x81, 0x01, 0x82, 0x02 };
	static const uint8_t tail[] = { 0xe4, 0x64, 0xe5, 0x65 };
	struct cove_rig *r = rig_new();
	uint8_t h[5], got[FW_MESSAGES];
	unsigned n;

	(void)unused;
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	host_get(r, r->out, h, sizeof(h));
	assert_int_equal(h[0], 0x01);
	assert_int_equal(cove_u32(h, 1), cfw_dev_find(r->fw, PEER_RID)->total);
	n = codes(r, got, COUNT(got));
	assert_true(n >= COUNT(head) + COUNT(tail));
	assert_memory_equal(got, head, sizeof(head));
	assert_memory_equal(got + n - COUNT(tail), tail, sizeof(tail));
	for (unsigned i = COUNT(head); i + COUNT(tail) < n; i++)
		assert_int_equal(got[i], i % 2 ? 0x02 : 0x82);
	/* the TSM keeps none of it */
	for (uint32_t i = 0; i < 4096; i++)
		assert_int_equal(cfw_dev_find(r->fw, PEER_RID)->heard[i], 0);
	rig_free(r);
}

static void elements_are_taken_from_what_the_host_hands_back(void **unused)
{
	struct cove_rig *r = rig_new();
	const struct fw_dev *d;
	const uint8_t *chain;
	uint8_t *b = malloc(4 * PAGE_4K), *c = malloc(4 * PAGE_4K);
	struct sbiret x;
	size_t len;

	(void)unused;
	assert_non_null(b);
	assert_non_null(c);
	all_bound(r);
	d = cfw_dev_find(r->fw, PEER_RID);
	/* the chain as the session was made with it */
	tsm_chain(d->conn, &chain, &len);
	x = covg(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_CERTIFICATE,
		 0, RIG_BUF_GPA, 4 * PAGE_4K);
	assert_int_equal(x.error, SBI_SUCCESS);
	assert_int_equal(x.value, len);
	guest_get(r, RIG_BUF_GPA, b, (uint32_t)len);
	assert_memory_equal(b, chain, len);
	/* the whole of it is what the host has */
	x = covg(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_FULL, 0,
		 RIG_BUF_GPA, 4 * PAGE_4K);
	assert_int_equal(x.value, d->total);
	guest_get(r, RIG_BUF_GPA, b, d->total);
	host_get(r, r->out + COVE_CONN_TRANSCRIPT, c, d->total);
	assert_memory_equal(b, c, d->total);
	x = covg(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_VCA, 0,
		 RIG_BUF_GPA, 4 * PAGE_4K);
	assert_int_equal(x.value, d->msg[6].off);
	x = covg(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_SESSION, 0,
		 RIG_BUF_GPA, 4 * PAGE_4K);
	assert_int_equal(x.value, d->total - d->msg[d->messages - 4].off);
	x = covg(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_TDISP_VC, 0,
		 RIG_BUF_GPA, 4 * PAGE_4K);
	assert_int_equal(x.error, SBI_SUCCESS);
	assert_int_equal(x.value, 0);
	/* a slot that the connection did not read */
	x = covg(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_CERTIFICATE,
		 3, RIG_BUF_GPA, 4 * PAGE_4K);
	assert_int_equal(x.error, SBI_ERR_INVALID_PARAM);
	/* room that is too small: how much it would have been */
	memset(c, 0x5a, PAGE_4K);
	guest_put(r, RIG_BUF_GPA, c, PAGE_4K);
	x = covg(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_CERTIFICATE,
		 0, RIG_BUF_GPA, len - 1);
	assert_int_equal(x.error, SBI_ERR_INVALID_PARAM);
	assert_int_equal(x.value, len);
	guest_get(r, RIG_BUF_GPA, b, PAGE_4K);
	assert_memory_equal(b, c, PAGE_4K);
	free(b);
	free(c);
	rig_free(r);
}

static void a_transcript_that_was_changed_reaches_no_tvm(void **unused)
{
	struct cove_rig *r = rig_new();
	uint8_t b[1], h[5];

	(void)unused;
	all_bound(r);
	r->hand_back = false;
	covg_begin(r, COVG_GET_CONN_TRANSCRIPT, RIG_IF, COVE_ELEMENT_VCA, 0,
		   RIG_BUF_GPA, PAGE_4K);
	/* a host that does not hand it back is shown the call again */
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_false(r->answered);
	host_get(r, r->out + 100, b, 1);
	b[0] ^= 1;
	host_put(r, r->out + 100, b, 1);
	assert_int_equal(covh(r, COVH_GET_CONN_TRANSCRIPT, PEER_RID, r->out,
			      COVE_CONN_SIZE_MIN, 0, 0, 0)
				 .error,
			 SBI_ERR_DENIED);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	assert_true(r->answered);
	assert_int_equal(r->got.error, SBI_ERR_DENIED);
	/* nobody waits: it is looked at all the same */
	b[0] ^= 1;
	host_put(r, r->out + 100, b, 1);
	assert_int_equal(covh(r, COVH_GET_CONN_TRANSCRIPT, PEER_RID, r->out,
			      COVE_CONN_SIZE_MIN, 0, 0, 0)
				 .error,
			 SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(
		covh(r, COVH_GET_CONN_TRANSCRIPT, PEER_RID, r->out, 9, 0, 0, 0)
			.error,
		SBI_ERR_INVALID_PARAM);
	assert_int_equal(covh(r, COVH_GET_CONN_TRANSCRIPT, PEER_RID, r->out + 8,
			      COVE_CONN_SIZE_MIN, 0, 0, 0)
				 .error,
			 SBI_ERR_INVALID_ADDRESS);
	host_get(r, r->out, h, 5);
	h[1]++;
	host_put(r, r->out, h, 5);
	assert_int_equal(covh(r, COVH_GET_CONN_TRANSCRIPT, PEER_RID, r->out,
			      COVE_CONN_SIZE_MIN, 0, 0, 0)
				 .error,
			 SBI_ERR_DENIED);
	rig_same(r);
	rig_free(r);
}

/* --- keys and life --- */

static void refresh_takes_the_other_set_of_the_named_stream(void **unused)
{
	struct cove_rig *r = rig_new();

	(void)unused;
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	rig_keep(r);
	assert_int_equal(
		carry(r, COVH_IDE_KEY_REFRESH, PEER_RID, PEER_STREAM + 1, 0, 0)
			.error,
		SBI_ERR_INVALID_PARAM);
	assert_int_equal(
		carry(r, COVH_IDE_KEY_REFRESH, 0x300, PEER_STREAM, 0, 0).error,
		SBI_ERR_INVALID_PARAM);
	rig_same(r);
	assert_int_equal(
		carry(r, COVH_IDE_KEY_REFRESH, PEER_RID, PEER_STREAM, 0, 0)
			.error,
		SBI_SUCCESS);
	assert_true(peer_keys_agree(r->p, 1));
	assert_int_equal(r->rdsm.stream[0].key[1][COVT_TX][2],
			 COVT_KEY_ENABLED);
	assert_int_not_equal(r->rdsm.stream[0].key[0][COVT_TX][2],
			     COVT_KEY_ENABLED);
	assert_int_equal(carry(r, COVH_SPDM_HEARTBEAT, PEER_RID, 0, 0, 0).error,
			 SBI_SUCCESS);
	assert_int_equal(r->exchanges, 1);
	assert_int_equal(
		carry(r, COVH_SPDM_KEY_UPDATE, PEER_RID, 0, 0, 0).error,
		SBI_SUCCESS);
	rig_free(r);
}

static void numbers_that_run_short_are_renewed_before_anything_else(void **x)
{
	/* after connect some are used, and the reserve is near */
	struct cove_rig *r = rig_short(FW_SEQ_RESERVE + 40);
	struct fw_dev *d;
	unsigned n = 0;

	(void)x;
	rig_launch(r);
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	assert_int_equal(regions_add(r).error, SBI_SUCCESS);
	d = cfw_dev_find(r->fw, PEER_RID);
	while (tsm_messages_left(d->conn) >= FW_SEQ_RESERVE) {
		assert_int_equal(
			carry(r, COVH_SPDM_HEARTBEAT, PEER_RID, 0, 0, 0).error,
			SBI_SUCCESS);
		assert_true(n++ < 100);
	}
	rig_keep(r);
	assert_int_equal(carry(r, COVH_SPDM_HEARTBEAT, PEER_RID, 0, 0, 0).error,
			 SBI_ERR_KEY_UPDATE_REQUIRED);
	assert_int_equal(
		carry(r, COVH_IDE_KEY_REFRESH, PEER_RID, PEER_STREAM, 0, 0)
			.error,
		SBI_ERR_KEY_UPDATE_REQUIRED);
	assert_int_equal(bind(r).error, SBI_ERR_KEY_UPDATE_REQUIRED);
	assert_int_equal(
		carry(r, COVH_DISCONNECT_DEVICE, PEER_RID, 0, 0, 0).error,
		SBI_ERR_KEY_UPDATE_REQUIRED);
	rig_same(r);
	assert_int_equal(
		carry(r, COVH_SPDM_KEY_UPDATE, PEER_RID, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(bind(r).error, SBI_SUCCESS);
	/* a TVM's call waits for the host to renew them */
	while (tsm_messages_left(d->conn) >= FW_SEQ_RESERVE)
		carry(r, COVH_SPDM_HEARTBEAT, PEER_RID, 0, 0, 0);
	covg_begin(r, COVG_GET_INTERFACE_STATE, RIG_IF, 0, 0, 0, 0);
	assert_int_equal(run(r).error, SBI_ERR_KEY_UPDATE_REQUIRED);
	assert_int_equal(
		carry(r, COVH_SPDM_KEY_UPDATE, PEER_RID, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(run(r).error, SBI_SUCCESS);
	while (!r->answered) {
		exchange(r);
		assert_int_equal(run(r).error, SBI_SUCCESS);
	}
	assert_int_equal(r->got.value, COVE_IF_LOCKED);
	rig_free(r);
}

static void disconnect_is_refused_while_bound_and_ends_dead_devices(void **x)
{
	struct cove_rig *r = rig_new();

	(void)x;
	all_bound(r);
	rig_keep(r);
	assert_int_equal(
		carry(r, COVH_DISCONNECT_DEVICE, PEER_RID, 0, 0, 0).error,
		SBI_ERR_INVALID_STATE);
	assert_int_equal(carry(r, COVH_DISCONNECT_DEVICE, 0x300, 0, 0, 0).error,
			 SBI_ERR_INVALID_PARAM);
	rig_same(r);
	assert_int_equal(unbind(r).error, SBI_SUCCESS);
	/* it dies in the middle: told so, then it is gone */
	r->silent = true;
	assert_int_equal(
		carry(r, COVH_DISCONNECT_DEVICE, PEER_RID, 0, 0, 0).error,
		SBI_ERR_IO);
	assert_true(peer_keys_gone(r->p, true));
	assert_false(r->set_up);
	assert_non_null(cfw_dev_find(r->fw, PEER_RID));
	assert_int_equal(
		carry(r, COVH_DISCONNECT_DEVICE, PEER_RID, 0, 0, 0).error,
		SBI_SUCCESS);
	assert_null(cfw_dev_find(r->fw, PEER_RID));
	rig_free(r);
}

/* The other hart has a place of its own; the request follows. */
static void a_call_may_go_on_another_hart(void **unused)
{
	struct cove_rig *r = rig_harts(2);
	const uint64_t other = rig_host(r, NACL_SHMEM_LEN / PAGE_4K, 1);
	const uint64_t a[6] = { other };
	const uint64_t c[6] = { PEER_RID, r->desc, r->out, COVE_CONN_SIZE_MIN };
	struct sbiret x;

	(void)unused;
	desc_put(r, PEER_STREAM, 0xffff << 8, 1);
	assert_true(cfw_is_pending(connect_call(r)));
	assert_int_equal(
		cove_fw_ecall(r->fw, 1, COVE_EID_COVH, COVH_CONNECT_DEVICE, c)
			.error,
		SBI_ERR_NO_SHMEM);
	assert_int_equal(
		cove_fw_ecall(r->fw, 1, COVE_EID_NACL, NACL_SET_SHMEM, a).error,
		SBI_SUCCESS);
	r->nacl = other;
	x = cove_fw_ecall(r->fw, 1, COVE_EID_COVH, COVH_CONNECT_DEVICE, c);
	while (cfw_is_pending(x)) {
		exchange(r);
		x = cove_fw_ecall(r->fw, 1, COVE_EID_COVH, COVH_CONNECT_DEVICE,
				  c);
	}
	assert_int_equal(x.error, SBI_SUCCESS);
	rig_free(r);
}

const struct CMUnitTest cove_dev_tests[] = {
	cmocka_unit_test(a_connect_names_a_device_a_stream_and_room),
	cmocka_unit_test(the_port_is_programmed_as_the_host_described_it),
	cmocka_unit_test(a_range_that_is_not_the_ports_ends_the_connect),
	cmocka_unit_test(only_the_same_call_goes_on),
	cmocka_unit_test(a_buffer_that_is_not_the_pending_one_is_refused),
	cmocka_unit_test(a_device_that_dies_in_connect_leaves_nothing),
	cmocka_unit_test(an_answer_that_is_cut_ends_connect),
	cmocka_unit_test(the_transcript_has_each_plain_message_in_turn),
	cmocka_unit_test(elements_are_taken_from_what_the_host_hands_back),
	cmocka_unit_test(a_transcript_that_was_changed_reaches_no_tvm),
	cmocka_unit_test(refresh_takes_the_other_set_of_the_named_stream),
	cmocka_unit_test(
		numbers_that_run_short_are_renewed_before_anything_else),
	cmocka_unit_test(
		disconnect_is_refused_while_bound_and_ends_dead_devices),
	cmocka_unit_test(a_call_may_go_on_another_hart),
};
const size_t cove_dev_tests_n = COUNT(cove_dev_tests);
