/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "device/store_rig.h"
#include "edit.h"

/*
 * A device that is provisioned: requesters of two connections that write its
 * slots and key pairs, ask for requests, the log and what it is; resets, a
 * TDI in any state, dice that fail, messages that somebody changed. Byte 0: who
 * may provision, and what waits for a reset; byte 1: how it signs and carries.
 *
 * The device stays sane; no change while a TDI is locked or runs; the
 * identity's key is there at the end.
 */

static struct store *s, *peer;
static struct tdi_edge edges[TDI_EVENTS][TDI_STATES];

static void configure(uint8_t a, uint8_t b)
{
	static const enum device_place places[] = {
		DEVICE_FIELD, DEVICE_FACTORY, DEVICE_SEALED, DEVICE_FIELD
	};

	s->cfg.prov.place = places[a & 3];
	if (a & 4)
		s->cfg.spdm.caps |= SPDM_CAP_CERT_INSTALL_RESET;
	if (a & 8) {
		s->cfg.spdm.caps |= SPDM_CAP_SET_KEY_PAIR_RESET;
		s->cfg.spdm.versions[0] = SPDM_V14;
	}
	s->cfg.prov.pair[2].caps = a >> 4 & 15 ? 0x3f : 0x1f;
	if (a & 0x20)
		s->cfg.prov.pair[0].caps = 0x3f;
	if (b & 1)
		s->cfg.sign_us = 100;
	if (b & 2)
		s->cfg.max_message = 9000;
	if (b & 4)
		s->cfg.spdm.transfer = 600;
	memcpy(edges, tdi_edges, sizeof(edges));
	s->cfg.tdi_table = edges; /* states are set by hand */
}

/* A state that is set by hand has no session, which is not sane. */
static void laws(void)
{
	if (s->dev.tdis[0].state == TDI_UNLOCKED)
		must(device_sane(&s->dev));
}

static void run(struct store *who, struct rd *in, unsigned how)
{
	enum il_err err = IL_E_AGAIN;

	for (unsigned i = 0; err == IL_E_AGAIN && i < 100; i++) {
		enum spdm_kind kind, back;
		size_t n, len;

		if (spdm_req_pull(&who->req, who->in, sizeof(who->in), &n,
				  &kind))
			return;
		if (how & 1 && !i)
			n = edit(in, who->in, n, 4000);
		if (device_message(who->at, who->conn, NULL, kind, who->in, n,
				   who->reply, sizeof(who->reply), &len, &back,
				   s->now_ns) ||
		    !len)
			break;
		laws();
		err = spdm_req_push(&who->req, back, who->reply, len,
				    s->now_ns);
		if (spdm_req_not_before(&who->req) > s->now_ns)
			s->now_ns = spdm_req_not_before(&who->req);
	}
	if (err)
		spdm_req_abort(&who->req);
}

static void ask(struct store *who, struct rd *in, uint8_t how)
{
	static const enum spdm_req_op ops[] = {
		SPDM_OP_CONNECT,  SPDM_OP_CHALLENGE,	SPDM_OP_MEASURE,
		SPDM_OP_SESSION,  SPDM_OP_CSR,		SPDM_OP_SET_CERT,
		SPDM_OP_KEY_PAIR, SPDM_OP_SET_KEY_PAIR, SPDM_OP_ENDPOINT_INFO,
		SPDM_OP_MEL,	  SPDM_OP_END_SESSION,	SPDM_OP_SET_CERT,
	};
	const uint8_t op = rd_u8(in), a = rd_u8(in), b = rd_u8(in);
	struct spdm_req_args args = {
		.slot = a & 7,
		.summary = SPDM_SUMMARY_ALL,
		.sign = b & 1,
		.index = SPDM_MEAS_ALL,
		.key_pair = a >> 3 & 7,
		.model = a >> 6,
		.tag = b & 7,
		.overwrite = b & 8,
		.target = b & 7,
		.wish = { .id = b >> 3 & 3,
			  .op = b & 3,
			  .usage = a & 15,
			  .asym = a & 0x40 ? SPDM_KEY_PAIR_ECC_P384 : 0,
			  .slots = (uint8_t)(1u << (a >> 4 & 3)) },
		.sub = SPDM_EP_INFO_CLASS_ID,
		.out = who->out,
		.out_cap = sizeof(who->out),
	};
	size_t n = 0;

	if (!(b & 0x80) && spdm_req_chain(&who->req).n &&
	    !spdm_req_chain_make(
		    &who->req,
		    (struct spdm_span){ s->maker.certs, s->maker.certs_len },
		    who->set, sizeof(who->set), &n))
		args.set_chain = (struct spdm_span){ who->set, n };
	if (!spdm_req_begin(&who->req, ops[op % COUNT(ops)], &args))
		run(who, in, how);
}

static void renew(struct store *who, bool many)
{
	spdm_req_fini(&who->req);
	who->qcfg.versions[0] = many ? s->cfg.spdm.versions[0] : SPDM_V12;
	who->qcfg.multi_key = many;
	must(!spdm_req_init(&who->req, &who->qcfg));
}

static void step(struct rd *in)
{
	static const enum link_event evs[] = { LINK_HOT_RESET, LINK_FUND_RESET,
					       LINK_DOWN };
	const uint8_t op = rd_u8(in);
	struct store *who = op & 0x80 ? peer : s;

	switch (op & 7) {
	case 0:
	case 1:
	case 2:
		ask(who, in, op >> 4 & 1);
		break;
	case 3:
		renew(who, op & 0x10);
		break;
	case 4:
		s->dev.tdis[0].state = TDI_UNLOCKED;
		(void)!device_told_event(&s->dev,
					 evs[(op >> 4 & 7) % COUNT(evs)]);
		spdm_req_drop_session(&s->req);
		spdm_req_drop_session(&peer->req);
		break;
	case 5:
		s->dev.tdis[0].state = (enum tdi_state)(op >> 4 & 3);
		s->dev.tdis[0].state %= TDI_STATES;
		break;
	case 6:
		s->fenv.random_err = op & 0x10 ? IL_E_RANDOM : IL_OK;
		break;
	default:
		spdm_req_drop_session(&who->req);
	}
	laws();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	const uint8_t a = rd_u8(&in), b = rd_u8(&in);

	s = store_new();
	configure(a, b);
	must(!device_init(&s->dev, &s->cfg));
	must(!spdm_req_init(&s->req, &s->qcfg));
	peer = store_peer(s, 1);
	for (unsigned n = 0; rd_left(&in) && n < 48; n++)
		step(&in);
	s->dev.tdis[0].state = TDI_UNLOCKED;
	must(s->dev.store.pair[0].key.n != 0);
	store_peer_free(peer);
	store_free(s);
	return 0;
}
