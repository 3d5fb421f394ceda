/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/requester_priv.h"

#include "base/bits.h"
#include "doe/doe.h"
#include "mctp/mctp.h"

/* Begin, pull, push of the installed requester, and what carries it. */

/* The operation is over, whichever way; @err as it is. */
static enum il_err over(struct il_requester *r, enum il_err err)
{
	lib_req_pci_over(r);
	lib_req_found(r);
	r->busy = false;
	return err;
}

static enum il_err spdm_begin(struct il_requester *r, enum il_req_op op,
			      const struct il_requester_args *a)
{
	struct spdm_req_args s;
	enum il_err err = lib_req_args(r, op, a, &s);

	if (!err)
		err = spdm_req_begin(&r->spdm, lib_req_op(op), &s);
	bytes_wipe(&s, sizeof(s));
	return err;
}

enum il_err il_requester_begin(struct il_requester *r, enum il_req_op op,
			       const struct il_requester_args *args)
{
	static const struct il_requester_args none;
	const struct il_requester_args *a = args ? args : &none;
	enum il_err err = IL_OK;

	if (r->busy)
		return IL_E_STATE;
	if (!lib_reserved(a->reserved, COUNT(a->reserved)))
		return IL_E_ARG;
	if (op == IL_REQ_DISCOVER && r->carrier != IL_REQ_DOE)
		return IL_E_ARG;
	if (op != IL_REQ_DISCOVER && lib_req_op(op) == SPDM_OP_NONE)
		return IL_E_ARG;
	if (lib_req_protocol(op) >= 0)
		err = r->spdm.state == SPDM_REQ_SESSION
			      ? lib_req_pci_begin(r, op, a)
			      : IL_E_STATE;
	if (!err && op != IL_REQ_DISCOVER)
		err = spdm_begin(r, op, a);
	if (err) {
		lib_req_pci_over(r);
		return err;
	}
	bytes_wipe(&r->result, sizeof(r->result));
	r->op = op;
	r->busy = true;
	r->sent = false;
	r->index = 0;
	r->summary = a->summary != SPDM_SUMMARY_NONE;
	return IL_OK;
}

/* --- DOE discovery --- */

static enum il_err ask_index(struct il_requester *r, uint8_t *out, size_t cap,
			     size_t *len)
{
	const struct doe_type discovery = { DOE_VENDOR_PCISIG,
					    DOE_TYPE_DISCOVERY };
	uint8_t req[DOE_DISCOVERY_LEN];
	struct wr in = wr_over(req, sizeof(req));
	struct wr w = wr_over(out, cap);
	enum il_err err;

	if (r->sent)
		return IL_E_STATE;
	doe_discovery_req_encode(&in, r->index, 0);
	err = doe_wrap(&w, discovery, req, in.len);
	if (err)
		return err;
	*len = w.len;
	r->sent = true;
	return IL_OK;
}

static enum il_err take_index(struct il_requester *r, struct doe_type type,
			      const uint8_t *p, size_t n)
{
	struct doe_type there = { 0 };
	enum il_err err;

	if (!r->sent)
		return IL_E_STATE;
	if (type.vendor != DOE_VENDOR_PCISIG || type.type != DOE_TYPE_DISCOVERY)
		return over(r, IL_E_FIELD);
	err = doe_discovered(p, n, &r->index, &there);
	if (err)
		return over(r, err);
	if (there.vendor == DOE_VENDOR_PCISIG && there.type < 32)
		r->result.doe_types |= UINT32_C(1) << there.type;
	r->sent = false;
	return r->index ? IL_E_AGAIN : over(r, IL_OK);
}

/* --- what goes around a message --- */

static void doe_head(uint8_t *out, enum spdm_kind kind, size_t *len)
{
	const size_t whole = (*len + 3) / 4 * 4;
	struct wr w = wr_over(out, DOE_HEADER_LEN);
	const struct doe_header h = {
		.type = doe_spdm(kind == SPDM_SECURED),
		.dw = (uint32_t)((DOE_HEADER_LEN + whole) / 4),
	};

	/* It fits: the message has a length that the engine allowed. */
	(void)!doe_header_encode(&w, &h);
	memset(out + DOE_HEADER_LEN + *len, 0, whole - *len);
	*len = DOE_HEADER_LEN + whole;
}

enum il_err il_requester_pull(struct il_requester *r, uint8_t *out, size_t cap,
			      size_t *len)
{
	const bool doe = r->carrier == IL_REQ_DOE;
	const size_t head = doe ? DOE_HEADER_LEN : 1;
	enum spdm_kind kind = SPDM_PLAIN;
	enum il_err err;

	if (!r->busy)
		return IL_E_STATE;
	if (r->op == IL_REQ_DISCOVER)
		return ask_index(r, out, cap, len);
	if (cap < head)
		return IL_E_SPACE;
	cap = doe ? cap / 4 * 4 : cap;
	if (cap > DOE_MAX_PAYLOAD)
		cap = DOE_MAX_PAYLOAD;
	err = spdm_req_pull(&r->spdm, out + head, cap - head, len, &kind);
	if (err == IL_E_STATE || err == IL_E_SPACE || err == IL_E_AGAIN)
		return r->spdm.op == SPDM_OP_NONE ? over(r, err) : err;
	if (err)
		return over(r, err);
	if (doe) {
		doe_head(out, kind, len);
		return IL_OK;
	}
	out[0] = kind == SPDM_PLAIN ? MCTP_SPDM : MCTP_SECURED;
	*len += 1;
	return IL_OK;
}

/* Takes off what the carrier put around it. */
static enum il_err unwrap(const struct il_requester *r, const uint8_t *in,
			  size_t n, struct doe_type *type, enum spdm_kind *kind,
			  struct spdm_span *out)
{
	enum mctp_type t = MCTP_SPDM;
	bool secured = false;
	enum il_err err;

	if (r->carrier == IL_REQ_MCTP) {
		err = mctp_unwrap(in, n, &t, &out->p, &out->n);
		*kind = t == MCTP_SPDM ? SPDM_PLAIN : SPDM_SECURED;
		return err;
	}
	err = doe_unwrap(in, n, (size_t)4 * DOE_MAX_DW, type, &out->p, &out->n);
	if (err || r->op == IL_REQ_DISCOVER)
		return err;
	if (!doe_is_spdm(*type, &secured))
		return IL_E_FIELD;
	*kind = secured ? SPDM_SECURED : SPDM_PLAIN;
	return IL_OK;
}

/* The vendor's answer is here: accepted, or asked on. */
static enum il_err vendor_done(struct il_requester *r)
{
	static const struct il_requester_args none;
	enum il_err err = lib_req_pci_accept(r);

	if (err != IL_E_AGAIN)
		return over(r, err);
	err = spdm_begin(r, r->op, &none);
	return err ? over(r, err) : IL_E_AGAIN;
}

enum il_err il_requester_push(struct il_requester *r, const uint8_t *in,
			      size_t n, uint64_t now_ns)
{
	const bool awaited = r->op == IL_REQ_DISCOVER ? r->sent : r->spdm.sent;
	struct doe_type type = { 0 };
	enum spdm_kind kind = SPDM_PLAIN;
	struct spdm_span msg = { 0 };
	enum il_err err;

	if (!r->busy || !awaited)
		return IL_E_STATE;
	err = unwrap(r, in, n, &type, &kind, &msg);
	if (err) {
		spdm_req_abort(&r->spdm);
		return over(r, err);
	}
	if (r->op == IL_REQ_DISCOVER)
		return take_index(r, type, msg.p, msg.n);
	err = spdm_req_push(&r->spdm, kind, msg.p, msg.n, now_ns);
	if (err == IL_E_AGAIN)
		return err;
	if (!err && lib_req_protocol(r->op) >= 0)
		return vendor_done(r);
	if (!err && r->op == IL_REQ_CONNECT)
		lib_req_agreed(r);
	return over(r, err);
}

uint64_t il_requester_not_before(const struct il_requester *r)
{
	return r->busy ? spdm_req_not_before(&r->spdm) : 0;
}

/* --- giving up --- */

void il_requester_abort(struct il_requester *r)
{
	if (!r->busy)
		return;
	spdm_req_abort(&r->spdm);
	(void)!over(r, IL_OK);
}

void il_requester_reset(struct il_requester *r)
{
	il_requester_abort(r);
	spdm_req_reset(&r->spdm);
}

void il_requester_drop(struct il_requester *r)
{
	il_requester_abort(r);
	spdm_req_drop_session(&r->spdm);
}

const char *il_requester_asking(const struct il_requester *r)
{
	if (!r->busy)
		return "";
	if (r->op == IL_REQ_DISCOVER)
		return "DOE discovery";
	return lib_req_protocol(r->op) >= 0 ? lib_req_pci_name(r->op)
					    : spdm_req_asking(&r->spdm);
}
