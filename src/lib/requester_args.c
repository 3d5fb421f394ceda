/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/requester_priv.h"

#include "base/bits.h"

/* Operations and their arguments, as the SPDM engine has them. */

enum spdm_req_op lib_req_op(enum il_req_op op)
{
	static const enum spdm_req_op ops[IL_REQ_OPS] = {
		[IL_REQ_CONNECT] = SPDM_OP_CONNECT,
		[IL_REQ_CHALLENGE] = SPDM_OP_CHALLENGE,
		[IL_REQ_MEASURE] = SPDM_OP_MEASURE,
		[IL_REQ_SESSION_OPEN] = SPDM_OP_SESSION,
		[IL_REQ_SESSION_PSK] = SPDM_OP_PSK,
		[IL_REQ_HEARTBEAT] = SPDM_OP_HEARTBEAT,
		[IL_REQ_KEY_UPDATE] = SPDM_OP_KEY_UPDATE,
		[IL_REQ_SESSION_END] = SPDM_OP_END_SESSION,
		[IL_REQ_VENDOR] = SPDM_OP_VENDOR,
		[IL_REQ_CSR] = SPDM_OP_CSR,
		[IL_REQ_SET_CERT] = SPDM_OP_SET_CERT,
		[IL_REQ_KEY_PAIR] = SPDM_OP_KEY_PAIR,
		[IL_REQ_SET_KEY_PAIR] = SPDM_OP_SET_KEY_PAIR,
		[IL_REQ_ENDPOINT_INFO] = SPDM_OP_ENDPOINT_INFO,
		[IL_REQ_LOG] = SPDM_OP_MEL,
		[IL_REQ_ENCAP] = SPDM_OP_ENCAP,
	};

	if ((unsigned)op >= IL_REQ_OPS)
		return SPDM_OP_NONE;
	return lib_req_protocol(op) >= 0 ? SPDM_OP_VENDOR : ops[op];
}

/* Certificates as the chain that the message carries, in the caller's room. */
static enum il_err chain_of(struct il_requester *r,
			    const struct il_requester_args *a,
			    struct spdm_req_args *out)
{
	size_t n = 0;
	enum il_err err;

	if (!a->certs.n)
		return IL_OK;
	if (!a->out)
		return IL_E_ARG;
	err = spdm_req_chain_make(&r->spdm, lib_spdm_span(a->certs), a->out,
				  a->out_cap, &n);
	out->set_chain = (struct spdm_span){ a->out, n };
	return err;
}

static void prov_args(const struct il_requester_args *a,
		      struct spdm_req_args *out)
{
	out->key_pair = a->key_pair;
	out->model = a->model;
	out->tag = a->tag;
	out->overwrite = a->overwrite;
	out->info = lib_spdm_span(a->info);
	out->csr_opaque = lib_spdm_span(a->opaque);
	out->target = a->target;
	out->wish = (struct spdm_key_pair_ask){
		.id = a->key_pair,
		.op = a->pair_op,
		.usage = a->pair_usage,
		.asym = a->pair_asym,
		.pqc = a->pair_pqc,
		.slots = a->pair_slots,
	};
	out->sub = a->sub;
	out->out = a->out;
	out->out_cap = a->out_cap;
}

/* Two bytes, little-endian: PCI-SIG in PCI-SIG's own registry. */
static const uint8_t pcisig[2] = { SPDM_VID_PCISIG, 0 };

enum il_err lib_req_args(struct il_requester *r, enum il_req_op op,
			 const struct il_requester_args *a,
			 struct spdm_req_args *out)
{
	const bool pci = lib_req_protocol(op) >= 0;

	*out = (struct spdm_req_args){
		.slot = a->slot,
		.summary = a->summary,
		.sign = a->sign,
		.raw = a->raw,
		.index = a->index,
		.nonce_given = a->nonce_given,
		.update = a->update ? a->update : SPDM_UPDATE_ALL_KEYS,
		.policy = a->policy,
		.hint = lib_spdm_span(a->hint),
		.clear_state = a->clear_state,
		.vdm_large = a->large,
	};
	memcpy(out->nonce, a->nonce, sizeof(out->nonce));
	prov_args(a, out);
	if (pci)
		out->vdm = (struct spdm_vdm){
			.standard = SPDM_STD_PCISIG,
			.vid = { pcisig, sizeof(pcisig) },
			.payload = { r->pay, r->pay_len },
		};
	else
		out->vdm = (struct spdm_vdm){
			.standard = a->standard,
			.vid = lib_spdm_span(a->vid),
			.payload = lib_spdm_span(a->payload),
		};
	if (pci)
		out->vdm_large = false;
	return op == IL_REQ_SET_CERT ? chain_of(r, a, out) : IL_OK;
}
