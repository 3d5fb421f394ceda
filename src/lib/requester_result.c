/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/requester_priv.h"

/* What the engines found out, in the installed structs. */

static struct il_span hash_span(const struct il_requester *r, const uint8_t *p,
				bool there)
{
	return (struct il_span){ p, there ? spdm_hash_len(r->spdm.hash) : 0 };
}

static void pair_found(const struct spdm_key_pair *k, struct il_key_pair *out)
{
	*out = (struct il_key_pair){
		.total = k->total,
		.id = k->id,
		.slots = k->slots,
		.caps = k->caps,
		.usage_caps = k->usage_caps,
		.usage = k->usage,
		.asym_caps = k->asym_caps,
		.asym = k->asym,
		.info = lib_span(k->info),
		.pqc_caps = lib_span(k->pqc_caps),
		.pqc = lib_span(k->pqc),
	};
}

void lib_req_found(struct il_requester *r)
{
	const struct spdm_req *q = &r->spdm;
	struct il_requester_result *x = &r->result;

	x->spdm_error = spdm_req_peer_error(q);
	x->spdm_error_data = spdm_req_peer_error_data(q);
	switch ((int)r->op) {
	case IL_REQ_CHALLENGE:
	case IL_REQ_SESSION_OPEN:
	case IL_REQ_SESSION_PSK:
		x->summary = hash_span(r, q->summary, r->summary);
		x->session_id = q->session_id;
		x->heartbeat_s = q->heartbeat_s;
		break;
	case IL_REQ_MEASURE:
		x->meas_n = q->meas_count;
		x->meas_changed = q->meas_changed;
		x->record = lib_span(spdm_req_record(q));
		x->sig = lib_span(spdm_req_meas_sig(q));
		if (x->sig.n)
			x->messages = lib_span(spdm_req_meas_bytes(q));
		break;
	case IL_REQ_VENDOR:
		x->payload = lib_span(spdm_req_answer(q)->payload);
		break;
	case IL_REQ_KEY_PAIR:
		pair_found(spdm_req_pair(q), &x->pair);
		break;
	case IL_REQ_CSR:
	case IL_REQ_ENDPOINT_INFO:
	case IL_REQ_LOG:
		x->out_len = spdm_req_got(q);
		break;
	default:
		break;
	}
}

void lib_req_agreed(struct il_requester *r)
{
	const struct spdm_req *q = &r->spdm;

	r->peer = (struct il_requester_peer){
		.version = q->version,
		.slot = q->slot,
		.multi_key = q->multi_key,
		.caps = q->peer_caps,
		.transfer = q->peer_transfer,
		.max_msg = q->peer_max,
		.asym = q->asym,
		.pqc_asym = q->pqc_asym,
		.hash = q->hash,
		.meas_hash = q->meas_hash,
		.dhe = q->dhe,
		.kem = q->kem,
		.aead = q->aead,
		.chain = lib_span(spdm_req_chain(q)),
		.certs = lib_span(spdm_req_certs(q)),
		.chain_hash = lib_span(spdm_req_chain_digest(q)),
		.leaf = spdm_req_parsed(q),
		.vca = lib_span(spdm_req_vca(q)),
	};
}

const struct il_requester_result *
il_requester_result(const struct il_requester *r)
{
	return &r->result;
}

const struct il_requester_peer *il_requester_peer(const struct il_requester *r)
{
	const bool connecting = r->busy && r->op == IL_REQ_CONNECT;

	return r->spdm.state == SPDM_REQ_NEW || connecting ? NULL : &r->peer;
}

enum il_req_state il_requester_state(const struct il_requester *r)
{
	switch (r->spdm.state) {
	case SPDM_REQ_CONNECTED:
		return IL_REQ_CONNECTED;
	case SPDM_REQ_SESSION:
		return IL_REQ_SESSION;
	case SPDM_REQ_NEW:
	case SPDM_REQ_STATES:
		break;
	}
	return IL_REQ_NEW;
}
