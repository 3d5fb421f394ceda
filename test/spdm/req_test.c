/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdlib.h>

/*
 * The requester against a responder that lies: one field of one response is
 * changed before it is hashed, signed and encrypted.
 */

static const uint8_t junk[128] = { 0xa5, 0x5a, 1 };

/* Each changes one field; named after it. */
#define CHANGE(name, ...)                                    \
	static void name(struct pair *p, struct spdm_msg *m) \
	{                                                    \
		(void)p;                                     \
		__VA_ARGS__;                                 \
	}

/* clang-format off */
CHANGE(v_version, m->version = 0x13)
CHANGE(v_code, m->code = SPDM_HEARTBEAT_ACK)
CHANGE(ver_none, m->u.version_list.count = 0)
CHANGE(ver_other, m->u.version_list.entry[0] = 0x1300; m->u.version_list.entry[1] = 0x1400)
CHANGE(caps_no_cert, m->u.caps.flags &= ~SPDM_CAP_CERT)
CHANGE(caps_no_crypt, m->u.caps.flags &= ~(SPDM_CAP_ENCRYPT | SPDM_CAP_MAC))
CHANGE(caps_no_session, m->u.caps.flags &= ~SPDM_CAP_KEY_EX)
CHANGE(caps_no_hbeat, m->u.caps.flags &= ~SPDM_CAP_HBEAT)
CHANGE(caps_meas, m->u.caps.flags |= SPDM_CAP_MEAS_MASK)
CHANGE(caps_psk, m->u.caps.flags |= SPDM_CAP_PSK_MASK)
CHANGE(caps_pub_key, m->u.caps.flags |= SPDM_CAP_PUB_KEY_ID)
CHANGE(caps_fresh, m->u.caps.flags = (m->u.caps.flags & ~SPDM_CAP_MEAS_MASK) |
				     SPDM_CAP_MEAS_FRESH)
CHANGE(caps_csr, m->u.caps.flags |= SPDM_CAP_CSR)
CHANGE(caps_install, m->u.caps.flags |= SPDM_CAP_CERT_INSTALL_RESET)
CHANGE(caps_transfer, m->u.caps.transfer = SPDM_TRANSFER_MIN - 1)
CHANGE(caps_max, m->u.caps.max_msg = m->u.caps.transfer - 1)
CHANGE(caps_max_more, m->u.caps.max_msg = m->u.caps.transfer + 1)
CHANGE(alg_asym, m->u.algs.asym = BIT(0))
CHANGE(alg_asym_two, m->u.algs.asym |= SPDM_ASYM_ECDSA_P256)
CHANGE(alg_hash, m->u.algs.hash = SPDM_HASH_SHA_256)
CHANGE(alg_hash_none, m->u.algs.hash = 0)
CHANGE(alg_spec, m->u.algs.meas_spec = 0)
CHANGE(alg_meas_none, m->u.algs.meas_hash = 0)
CHANGE(alg_meas_two, m->u.algs.meas_hash = 6)
CHANGE(alg_other, m->u.algs.other_params = 0)
CHANGE(alg_other_two, m->u.algs.other_params = 3)
CHANGE(alg_ext, m->u.algs.ext_hash = (struct spdm_span){ junk, 4 })
CHANGE(alg_ext_asym, m->u.algs.ext_asym = (struct spdm_span){ junk, 4 })
CHANGE(alg_tables, m->u.algs.tables = 2; m->param1 = 2)
CHANGE(alg_dhe, m->u.algs.table[0].bits = SPDM_DHE_SECP256R1)
CHANGE(alg_aead, m->u.algs.table[1].bits = 1)
CHANGE(alg_sched, m->u.algs.table[2].bits = 0)
CHANGE(alg_type, m->u.algs.table[1].type = SPDM_ALG_REQ_ASYM)
CHANGE(alg_table_ext, m->u.algs.table[1].ext_count = 1; m->u.algs.table[1].ext = (struct spdm_span){ junk, 4 })
CHANGE(dig_mask, m->param2 = 2)
CHANGE(dig_digest, m->u.digests.all.p = junk)
CHANGE(cert_slot, m->param1 = 1)
CHANGE(cert_empty, m->u.cert.remainder = (uint16_t)(m->u.cert.remainder + m->u.cert.portion.n); m->u.cert.portion.n = 0)
CHANGE(cert_portion, m->u.cert.portion = (struct spdm_span){ junk, 100 })
CHANGE(cert_remainder, if (p->changed == 1) m->u.cert.remainder++)
CHANGE(cert_end, m->u.cert.remainder = 0)
CHANGE(cert_long, m->u.cert.portion.n++)
CHANGE(cert_huge, m->u.cert.remainder = 60000)
CHANGE(cha_slot, m->param1 = 1)
CHANGE(cha_mutual, m->param1 |= 0x80)
CHANGE(cha_mask, m->param2 = 0)
CHANGE(cha_chain, m->u.challenge_auth.chain_hash.p = junk)
CHANGE(cha_sig, m->u.challenge_auth.sig.p = junk)
CHANGE(cha_sig_len, m->u.challenge_auth.sig.n--)
CHANGE(cha_nonce, m->u.challenge_auth.nonce[0] ^= 1)
CHANGE(cha_opaque, m->u.challenge_auth.opaque = (struct spdm_span){ junk, 1 })
CHANGE(mea_slot, m->param2 = 1)
CHANGE(mea_blocks, m->u.meas.blocks++)
CHANGE(mea_record, m->u.meas.record.n -= 1)
CHANGE(mea_none, m->u.meas.blocks = 0; m->u.meas.record.n = 0)
CHANGE(mea_one, m->u.meas.blocks = 1; m->u.meas.record.n = 7 + 48; p->meas[0] = 2; memcpy(p->meas + 1, m->u.meas.record.p + 1, 54); m->u.meas.record.p = p->meas)
CHANGE(mea_sig, m->u.meas.sig.p = junk)
CHANGE(mea_opaque, m->u.meas.opaque = (struct spdm_span){ junk, 1 })
CHANGE(mea_nonce, m->u.meas.nonce[31] ^= 1)
CHANGE(mea_value, memcpy(p->meas, m->u.meas.record.p, m->u.meas.record.n); p->meas[9] ^= 1; m->u.meas.record.p = p->meas)
CHANGE(mea_order, memcpy(p->meas, m->u.meas.record.p, m->u.meas.record.n); p->meas[55] = 1; m->u.meas.record.p = p->meas)
CHANGE(mea_short_digest, memcpy(p->meas, m->u.meas.record.p, 4); p->meas[2] = 50; p->meas[4] = 0; p->meas[5] = 47; p->meas[6] = 0; m->u.meas.record = (struct spdm_span){ p->meas, 54 }; m->u.meas.blocks = 1)
CHANGE(kex_mutual, m->u.key_ex_rsp.mut_auth = 1)
CHANGE(kex_req_slot, m->u.key_ex_rsp.req_slot = 1)
CHANGE(kex_id, m->u.key_ex_rsp.session_id = 0)
CHANGE(kex_point, m->u.key_ex_rsp.exchange.p = junk)
CHANGE(kex_opaque, m->u.key_ex_rsp.opaque.n = 0)
CHANGE(kex_sm, memcpy(p->meas, m->u.key_ex_rsp.opaque.p, 12); p->meas[11] = 0x10; m->u.key_ex_rsp.opaque.p = p->meas)
CHANGE(kex_sig, m->u.key_ex_rsp.sig.p = junk)
CHANGE(kex_verify, m->u.key_ex_rsp.verify.p = junk)
CHANGE(kex_random, m->u.key_ex_rsp.random[0] ^= 1)
CHANGE(upd_op, m->param1 ^= 3)
CHANGE(upd_tag, m->param2 ^= 1)
CHANGE(ven_standard, m->u.vdm.standard = 0)
CHANGE(ven_vid, m->u.vdm.vid.p = junk)
CHANGE(ven_vid_len, m->u.vdm.vid.n = 0)
CHANGE(busy, m->code = SPDM_ERROR; m->param1 = SPDM_ERR_BUSY; memset(&m->u, 0, sizeof(m->u)))

#define F SPDM_TAP_FIELDS
#define P SPDM_TAP_PROOF
static const struct lie {
	void (*change)(struct pair *p, struct spdm_msg *m);
	enum spdm_req_op op;
	uint8_t code;
	enum spdm_tap_stage stage;
	enum il_err want;
} lies[] = {
	{ v_version,       SPDM_OP_CONNECT,     SPDM_VERSION,      F, IL_E_FIELD },
	{ v_code,          SPDM_OP_CONNECT,     SPDM_VERSION,      F, IL_E_FIELD },
	{ busy,            SPDM_OP_CONNECT,     SPDM_VERSION,      F, IL_E_PEER },
	{ ver_none,        SPDM_OP_CONNECT,     SPDM_VERSION,      F, IL_E_FIELD },
	{ ver_other,       SPDM_OP_CONNECT,     SPDM_VERSION,      F, IL_E_FIELD },
	{ v_version,       SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_no_cert,    SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_no_crypt,   SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_no_session, SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_no_hbeat,   SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_meas,       SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_psk,        SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_pub_key,    SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_fresh,      SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_csr,        SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_install,    SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_transfer,   SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_max,        SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ caps_max_more,   SPDM_OP_CONNECT,     SPDM_CAPABILITIES, F, IL_E_FIELD },
	{ alg_asym,        SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_asym_two,    SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_hash,        SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_hash_none,   SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_spec,        SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_meas_none,   SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_meas_two,    SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_other,       SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_other_two,   SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_ext,         SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_ext_asym,    SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_tables,      SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_dhe,         SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_aead,        SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_sched,       SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_type,        SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ alg_table_ext,   SPDM_OP_CONNECT,     SPDM_ALGORITHMS,   F, IL_E_FIELD },
	{ dig_mask,        SPDM_OP_CONNECT,     SPDM_DIGESTS,      F, IL_E_FIELD },
	{ dig_digest,      SPDM_OP_CONNECT,     SPDM_DIGESTS,      F, IL_E_AUTH },
	{ cert_slot,       SPDM_OP_CONNECT,     SPDM_CERTIFICATE,  F, IL_E_FIELD },
	{ cert_empty,      SPDM_OP_CONNECT,     SPDM_CERTIFICATE,  F, IL_E_FIELD },
	{ cert_portion,    SPDM_OP_CONNECT,     SPDM_CERTIFICATE,  F, IL_E_FIELD },
	{ cert_remainder,  SPDM_OP_CONNECT,     SPDM_CERTIFICATE,  F, IL_E_FIELD },
	{ cert_end,        SPDM_OP_CONNECT,     SPDM_CERTIFICATE,  F, IL_E_FIELD },
	{ cert_long,       SPDM_OP_CONNECT,     SPDM_CERTIFICATE,  F, IL_E_FIELD },
	{ cert_huge,       SPDM_OP_CONNECT,     SPDM_CERTIFICATE,  F, IL_E_NOMEM },
	{ cha_slot,        SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, F, IL_E_FIELD },
	{ cha_mutual,      SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, F, IL_E_FIELD },
	{ cha_mask,        SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, F, IL_E_FIELD },
	{ cha_chain,       SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, F, IL_E_AUTH },
	{ cha_sig,         SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, P, IL_E_AUTH },
	{ cha_sig_len,     SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, P, IL_E_SHORT },
	{ cha_nonce,       SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, P, IL_E_AUTH },
	{ cha_opaque,      SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, P, IL_E_FIELD },
	{ busy,            SPDM_OP_CHALLENGE,   SPDM_CHALLENGE_AUTH, P, IL_E_PEER },
	{ mea_slot,        SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, F, IL_E_FIELD },
	{ mea_blocks,      SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, F, IL_E_FIELD },
	{ mea_record,      SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, F, IL_E_SHORT },
	{ mea_none,        SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, F, IL_E_FIELD },
	{ mea_order,       SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, F, IL_E_FIELD },
	{ mea_short_digest, SPDM_OP_MEASURE,    SPDM_MEASUREMENTS, F, IL_E_FIELD },
	{ mea_opaque,      SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, P, IL_E_FIELD },
	{ mea_sig,         SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, P, IL_E_AUTH },
	{ mea_nonce,       SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, P, IL_E_AUTH },
	{ mea_value,       SPDM_OP_MEASURE,     SPDM_MEASUREMENTS, P, IL_E_AUTH },
	{ kex_mutual,      SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, F, IL_E_FIELD },
	{ kex_req_slot,    SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, F, IL_E_FIELD },
	{ kex_id,          SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, F, IL_E_FIELD },
	{ kex_point,       SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, F, IL_E_FIELD },
	{ kex_opaque,      SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, F, IL_E_FIELD },
	{ kex_sm,          SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, F, IL_E_FIELD },
	{ kex_sig,         SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, P, IL_E_AUTH },
	{ kex_verify,      SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, P, IL_E_AUTH },
	{ kex_random,      SPDM_OP_SESSION,     SPDM_KEY_EXCHANGE_RSP, P, IL_E_AUTH },
	{ v_version,       SPDM_OP_SESSION,     SPDM_FINISH_RSP,   F, IL_E_FIELD },
	{ v_code,          SPDM_OP_SESSION,     SPDM_FINISH_RSP,   F, IL_E_FIELD },
	{ busy,            SPDM_OP_SESSION,     SPDM_FINISH_RSP,   F, IL_E_PEER },
	{ v_version,       SPDM_OP_HEARTBEAT,   SPDM_HEARTBEAT_ACK, F, IL_E_FIELD },
	{ busy,            SPDM_OP_HEARTBEAT,   SPDM_HEARTBEAT_ACK, F, IL_E_PEER },
	{ upd_op,          SPDM_OP_KEY_UPDATE,  SPDM_KEY_UPDATE_ACK, F, IL_E_FIELD },
	{ upd_tag,         SPDM_OP_KEY_UPDATE,  SPDM_KEY_UPDATE_ACK, F, IL_E_FIELD },
	{ ven_standard,    SPDM_OP_VENDOR,      SPDM_VENDOR_DEFINED_RESPONSE, F, IL_E_FIELD },
	{ ven_vid,         SPDM_OP_VENDOR,      SPDM_VENDOR_DEFINED_RESPONSE, F, IL_E_FIELD },
	{ ven_vid_len,     SPDM_OP_VENDOR,      SPDM_VENDOR_DEFINED_RESPONSE, F, IL_E_FIELD },
	{ busy,            SPDM_OP_VENDOR,      SPDM_VENDOR_DEFINED_RESPONSE, F, IL_E_PEER },
	{ v_code,          SPDM_OP_END_SESSION, SPDM_END_SESSION_ACK, F, IL_E_FIELD },
};
#undef F
#undef P
/* clang-format on */

/* One set of arguments that suits every operation. */
static struct spdm_req_args args(void)
{
	static const uint8_t vid[2] = { 1, 0 };
	static const uint8_t load[3] = { 1, 2, 3 };

	return (struct spdm_req_args){
		.sign = true,
		.index = SPDM_MEAS_ALL,
		.update = SPDM_UPDATE_KEY,
		.vdm = { SPDM_STD_PCISIG, { vid, 2 }, { load, 3 } },
	};
}

static bool needs_session(enum spdm_req_op op)
{
	return op >= SPDM_OP_HEARTBEAT;
}

/* Where a failure has to leave us. */
static enum spdm_req_state after(const struct lie *l)
{
	if (l->op == SPDM_OP_CONNECT)
		return SPDM_REQ_NEW;
	if (needs_session(l->op) && l->want == IL_E_PEER)
		return SPDM_REQ_SESSION;
	return SPDM_REQ_CONNECTED;
}

static void no_keys_left(const struct pair *p)
{
	static const struct spdm_keys none;

	assert_memory_equal(&p->req.keys, &none, sizeof(none));
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		assert_false(p->req.ch[d].live);
	assert_int_equal(p->req.session_id, 0);
}

static void each_lie_is_refused_and_no_state_is_moved(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(lies); i++) {
		const struct lie *l = &lies[i];
		struct pair *p = pair_new(CRYPTO_P384);
		const struct spdm_req_args a = args();
		enum il_err err;

		p->qcfg.need_caps = SPDM_CAP_HBEAT;
		pair_start(p);
		if (needs_session(l->op))
			pair_session(p);
		else if (l->op != SPDM_OP_CONNECT)
			pair_connect(p);
		p->change = l->change;
		p->change_code = l->code;
		p->change_stage = l->stage;
		err = pair_run(p, l->op, &a);
		if (err != l->want || !p->changed)
			print_error("lie %zu: %s\n", i, il_err_name(err));
		assert_true(p->changed != 0);
		assert_int_equal(err, l->want);
		assert_int_equal(p->req.state, after(l));
		assert_int_equal(p->req.op, SPDM_OP_NONE);
		assert_true(spdm_req_sane(&p->req));
		if (l->want == IL_E_PEER)
			assert_int_equal(spdm_req_peer_error(&p->req),
					 SPDM_ERR_BUSY);
		if (p->req.state != SPDM_REQ_SESSION)
			no_keys_left(p);
		p->change = NULL;
		/* And the way on is open. */
		if (p->req.state == SPDM_REQ_SESSION)
			assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL),
					 IL_OK);
		else
			pair_connect(p);
		pair_free(p);
	}
}

static void a_single_index_is_answered_with_that_index(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_req_args a = { .index = 1 };

	pair_start(p);
	pair_connect(p);
	p->change = mea_one;
	p->change_code = SPDM_MEASUREMENTS;
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_E_FIELD);
	a.index = SPDM_MEAS_COUNT; /* and a count carries no block */
	p->change = mea_blocks;
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_E_FIELD);
	pair_free(p);
}

/* Rows are operations, columns states: NEW, CONNECTED, SESSION. */
static void each_operation_begins_only_where_it_may(void **unused)
{
	(void)unused;
	static const bool may[SPDM_OPS][SPDM_REQ_STATES] = {
		[SPDM_OP_CONNECT] = { true, true, false },
		[SPDM_OP_CHALLENGE] = { false, true, false },
		[SPDM_OP_MEASURE] = { false, true, true },
		[SPDM_OP_SESSION] = { false, true, false },
		[SPDM_OP_HEARTBEAT] = { false, false, true },
		[SPDM_OP_KEY_UPDATE] = { false, false, true },
		[SPDM_OP_VENDOR] = { false, false, true },
		[SPDM_OP_END_SESSION] = { false, false, true },
		[SPDM_OP_PSK] = { false, true, false },
		[SPDM_OP_ENCAP] = { false, true, true },
	};
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_req *old = malloc(sizeof(*old));
	const struct spdm_req_args a = args();

	assert_non_null(old);
	p->rcfg.caps |= SPDM_CAP_PSK | SPDM_CAP_ENCAP;
	p->qcfg.caps |= SPDM_CAP_PSK | SPDM_CAP_ENCAP;
	pair_start(p);
	for (unsigned st = 0; st < SPDM_REQ_STATES; st++) {
		if (st == SPDM_REQ_CONNECTED)
			pair_connect(p);
		if (st == SPDM_REQ_SESSION)
			assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL),
					 IL_OK);
		for (unsigned op = SPDM_OP_CONNECT; op < SPDM_OPS; op++) {
			memcpy(old, &p->req, sizeof(*old));
			/* Where the state fits, the peer does not offer it. */
			const bool none = op >= SPDM_OP_CSR && st;

			assert_int_equal(spdm_req_begin(&p->req,
							(enum spdm_req_op)op,
							&a),
					 may[op][st] ? IL_OK
					 : none	     ? IL_E_ARG
						     : IL_E_STATE);
			if (!may[op][st]) {
				assert_memory_equal(old, &p->req, sizeof(*old));
				continue;
			}
			/* One at a time; nothing to push yet. */
			assert_int_equal(spdm_req_begin(&p->req,
							(enum spdm_req_op)op,
							&a),
					 IL_E_STATE);
			assert_int_equal(
				spdm_req_push(&p->req, SPDM_PLAIN, junk, 4, 0),
				IL_E_STATE);
			spdm_req_abort(&p->req);
			assert_int_equal(p->req.state, st);
		}
	}
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_NONE, &a), IL_E_ARG);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OPS, &a), IL_E_ARG);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_E_STATE);
	free(old);
	pair_free(p);
}

static void arguments_out_of_range_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_req_args a = { .slot = SPDM_SLOTS };

	pair_start(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, &a),
			 IL_E_ARG);
	pair_connect(p);
	a = (struct spdm_req_args){ .summary = 2 };
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CHALLENGE, &a),
			 IL_E_ARG);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, &a),
			 IL_E_ARG);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	for (unsigned u = 0; u < 5; u++) {
		a.update = (uint8_t)u;
		if (u != SPDM_UPDATE_KEY && u != SPDM_UPDATE_ALL_KEYS)
			assert_int_equal(
				spdm_req_begin(&p->req, SPDM_OP_KEY_UPDATE, &a),
				IL_E_ARG);
	}
	a.vdm.payload = (struct spdm_span){ junk, 0x10000 };
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_E_ARG);
	a.vdm.payload.n = 1;
	a.vdm.vid = (struct spdm_span){ junk, 256 };
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_E_ARG);
	pair_free(p);
}

static void what_the_peer_cannot_do_is_not_begun(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	const struct spdm_req_args a = args();
	const struct spdm_req_args sum = { .summary = SPDM_SUMMARY_ALL };

	p->rcfg.caps = SPDM_CAP_CERT | SPDM_CAP_KEY_EX | SPDM_CAP_ENCRYPT |
		       SPDM_CAP_MAC;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CHALLENGE, &a),
			 IL_E_ARG);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_MEASURE, &a),
			 IL_E_ARG);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, &sum),
			 IL_E_ARG);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, &a),
			 IL_E_ARG);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_KEY_UPDATE, &a),
			 IL_E_ARG);
	pair_free(p);
}

static void a_wrong_configuration_is_refused(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_req_cfg bad[12];

	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = p->qcfg;
	bad[0].crypto = NULL;
	bad[1].env = NULL;
	bad[2].chain = NULL;
	bad[3].scratch = NULL;
	bad[4].versions[0] = 0;
	bad[5].sm_versions[0] = 0;
	bad[6].caps |= SPDM_CAP_MUT_AUTH;
	bad[7].transfer = SPDM_TRANSFER_MIN - 1;
	bad[8].scratch_len = bad[8].transfer + SPDM_SECURED_SLACK - 1;
	bad[9].vca = NULL;
	bad[10].meas = NULL;
	bad[11].padding = SPDM_SECURED_SLACK + 1;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(spdm_req_init(&p->req, &bad[i]), IL_E_ARG);
	pair_start(p);
	pair_free(p);
}

/* A host that carries something else in place of the true record. */
static void what_the_host_makes_up_kills_the_session_and_no_more(void **unused)
{
	(void)unused;
	for (unsigned how = 0; how < 7; how++) {
		struct pair *p = pair_new(CRYPTO_P384);
		uint8_t old[64];
		size_t old_len;
		enum il_err err;

		pair_start(p);
		pair_session(p);
		assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
		old_len = p->out_len;
		memcpy(old, p->out, old_len);
		assert_int_equal(
			spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			IL_OK);
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		assert_int_equal(pair_send(p, p->in_kind, p->in, p->in_len), 0);
		if (how == 0) /* the answer of before */
			memcpy(p->out, old, old_len);
		if (how == 1) /* our own request */
			memcpy(p->out, p->in, p->in_len);
		if (how == 2)
			p->out[p->out_len - 1] ^= 1;
		if (how == 3) /* another session's */
			p->out[0] ^= 1;
		if (how == 4)
			p->out_len--;
		if (how == 5) /* an ERROR in the clear */
			memcpy(p->out, "\x12\x7f\x03\x00", p->out_len = 4);
		if (how == 6)
			p->out_len = 0;
		err = spdm_req_push(&p->req,
				    how == 5 ? SPDM_PLAIN : SPDM_SECURED,
				    p->out, p->out_len, 0);
		assert_true(err != IL_OK && err != IL_E_AGAIN &&
			    err != IL_E_STATE && err != IL_E_PEER);
		if (how == 6)
			assert_int_equal(err, IL_E_SHORT);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
		no_keys_left(p);
		assert_int_equal(spdm_req_push(&p->req, SPDM_SECURED, p->out,
					       p->out_len, 0),
				 IL_E_STATE);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
		pair_free(p);
	}
}

static void an_answer_cut_anywhere_is_refused(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_OK);
	for (size_t cut = 0; cut < 4 + 48 + 32 + 2 + 96; cut += 3) {
		assert_int_equal(
			spdm_req_begin(&p->req, SPDM_OP_CHALLENGE, NULL),
			IL_OK);
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		assert_int_equal(pair_send(p, p->in_kind, p->in, p->in_len), 0);
		assert_int_equal(
			spdm_req_push(&p->req, p->out_kind, p->out, cut, 0),
			IL_E_SHORT);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	}
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, NULL), IL_OK);
	pair_free(p);
}

static void giving_up_leaves_no_session_behind(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	pair_start(p);
	pair_connect(p);
	/* After KEY_EXCHANGE was answered: handshake keys live. */
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	spdm_req_abort(&p->req);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	no_keys_left(p);
	/* Inside a session, with a message under way. */
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			 IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	spdm_req_abort(&p->req);
	assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
	no_keys_left(p);
	/* While connecting. */
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	spdm_req_abort(&p->req);
	assert_int_equal(p->req.state, SPDM_REQ_NEW);
	assert_int_equal(spdm_req_chain(&p->req).n, 0);
	assert_null(spdm_req_parsed(&p->req));
	pair_free(p);
}

static enum il_err distrust(void *ctx, const struct crypto_chain *ch)
{
	unsigned *asked = ctx;

	assert_true(ch->count > 1);
	++*asked;
	return *asked == 1 ? IL_E_AUTH : IL_OK;
}

/* From the first message on nothing is left of the connection before. */
static void connecting_again_forgets_the_connection_before(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	pair_start(p);
	pair_connect(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_int_not_equal(p->req.leaf.count, 0);
	assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(p->req.leaf.count, 0);
	assert_true(spdm_req_sane(&p->req));
	spdm_req_abort(&p->req);
	assert_int_equal(p->req.state, SPDM_REQ_NEW);
	assert_true(spdm_req_sane(&p->req));
	pair_free(p);
}

static void a_chain_is_trusted_by_whoever_is_asked(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	unsigned asked = 0;

	p->qcfg.verify_chain = distrust;
	p->qcfg.verify_ctx = &asked;
	pair_start(p);
	assert_int_equal(pair_run(p, SPDM_OP_CONNECT, NULL), IL_E_AUTH);
	assert_int_equal(p->req.state, SPDM_REQ_NEW);
	pair_connect(p);
	assert_int_equal(asked, 2);
	pair_free(p);
}

static void evidence_verifies_by_itself(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_req_args a = args();
	uint8_t th[48];
	uint8_t digest[48];

	memset(a.nonce, 0x77, sizeof(a.nonce));
	a.nonce_given = true;
	pair_start(p);
	pair_session(p);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);

	const struct spdm_span vca = spdm_req_vca(&p->req);
	const struct spdm_span meas = spdm_req_meas_bytes(&p->req);
	const struct spdm_span sig = spdm_req_meas_sig(&p->req);
	const struct crypto_span parts[2] = { { vca.p, vca.n },
					      { meas.p, meas.n } };

	assert_int_equal(crypto_hash_parts(&p->c, CRYPTO_SHA384, parts, 2, th),
			 IL_OK);
	assert_memory_equal(th, spdm_req_l12_digest(&p->req).p, 48);
	assert_int_equal(spdm_sign_digest(&p->c, SPDM_V12, SPDM_HASH_SHA_384,
					  SPDM_SIGN_MEASUREMENTS, th, digest),
			 IL_OK);
	assert_int_equal(crypto_verify_digest(&p->c,
					      spdm_req_parsed(&p->req)->leaf,
					      digest, 48, sig.p, sig.n),
			 IL_OK);
	assert_memory_equal(meas.p + 4, a.nonce, 32);
	assert_int_equal(crypto_hash(&p->c, CRYPTO_SHA384, vca.p, vca.n, th),
			 IL_OK);
	assert_int_equal(spdm_req_vca_digest(&p->req, digest), IL_OK);
	assert_memory_equal(th, digest, 48);
	assert_int_equal(crypto_hash(&p->c, CRYPTO_SHA384,
				     spdm_req_chain(&p->req).p,
				     spdm_req_chain(&p->req).n, th),
			 IL_OK);
	assert_memory_equal(th, spdm_req_chain_digest(&p->req).p, 48);
	pair_free(p);
}

/* The digest of what was kept is what the peer signed. */
static void assert_evidence(struct pair *p)
{
	const struct spdm_span vca = spdm_req_vca(&p->req);
	const struct spdm_span meas = spdm_req_meas_bytes(&p->req);
	const struct crypto_span parts[2] = { { vca.p, vca.n },
					      { meas.p, meas.n } };
	uint8_t th[48];

	assert_int_equal(crypto_hash_parts(&p->c, CRYPTO_SHA384, parts, 2, th),
			 IL_OK);
	assert_memory_equal(th, spdm_req_l12_digest(&p->req).p, 48);
}

static void a_refused_measurement_is_no_evidence(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_req_args a = { .index = 1 };

	pair_start(p);
	pair_session(p);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	a.index = 200; /* there is none */
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_E_PEER);
	a = args();
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_evidence(p);
	pair_free(p);
}

static void a_nonce_that_is_not_given_is_drawn(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	const struct spdm_req_args a = args();
	uint8_t first[32];

	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	memcpy(first, spdm_req_meas_bytes(&p->req).p + 4, 32);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_memory_not_equal(first, spdm_req_meas_bytes(&p->req).p + 4, 32);
	p->fenv.random_err = IL_E_RANDOM;
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_E_RANDOM);
	pair_free(p);
}

static void evidence_that_does_not_fit_fails(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	const struct spdm_req_args a = args();

	p->qcfg.meas_cap = 60;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_E_NOMEM);
	p->req.cfg.vca_cap = 20;
	assert_int_equal(pair_run(p, SPDM_OP_CONNECT, NULL), IL_E_NOMEM);
	p->req.cfg.vca_cap = sizeof(p->vca);
	p->req.cfg.chain_cap = p->maker.certs_len;
	assert_int_equal(pair_run(p, SPDM_OP_CONNECT, NULL), IL_E_NOMEM);
	pair_free(p);
}

static void a_buffer_too_small_keeps_the_operation(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);
	const struct spdm_req_args a = args();
	size_t cap = 0;

	pair_start(p);
	pair_session(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	while (spdm_req_pull(&p->req, p->in, cap, &p->in_len, &p->in_kind) ==
	       IL_E_SPACE)
		cap++;
	assert_int_equal(cap, SPDM_SECURED_OVER + 4 + 2 + 1 + 2 + 2 + 3);
	assert_int_equal(p->in_len, cap);
	assert_int_equal(pair_send(p, p->in_kind, p->in, p->in_len), 0);
	assert_int_equal(
		spdm_req_push(&p->req, p->out_kind, p->out, p->out_len, 0),
		IL_OK);
	/* Nor is the peer sent more than it takes. */
	p->req.peer_transfer = 13;
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_E_SPACE);
	spdm_req_abort(&p->req);
	assert_int_equal(p->req.state, SPDM_REQ_SESSION);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_lie_is_refused_and_no_state_is_moved),
		cmocka_unit_test(a_single_index_is_answered_with_that_index),
		cmocka_unit_test(each_operation_begins_only_where_it_may),
		cmocka_unit_test(arguments_out_of_range_are_refused),
		cmocka_unit_test(what_the_peer_cannot_do_is_not_begun),
		cmocka_unit_test(a_wrong_configuration_is_refused),
		cmocka_unit_test(
			what_the_host_makes_up_kills_the_session_and_no_more),
		cmocka_unit_test(an_answer_cut_anywhere_is_refused),
		cmocka_unit_test(giving_up_leaves_no_session_behind),
		cmocka_unit_test(
			connecting_again_forgets_the_connection_before),
		cmocka_unit_test(a_chain_is_trusted_by_whoever_is_asked),
		cmocka_unit_test(evidence_verifies_by_itself),
		cmocka_unit_test(a_refused_measurement_is_no_evidence),
		cmocka_unit_test(a_nonce_that_is_not_given_is_drawn),
		cmocka_unit_test(evidence_that_does_not_fit_fails),
		cmocka_unit_test(a_buffer_too_small_keeps_the_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
