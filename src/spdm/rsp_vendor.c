/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_priv.h"

/* VENDOR_DEFINED: whose it is, and room for its answer. */

/* One function from a port's errors to ERROR codes. */
static enum il_err vendor_error(struct spdm_ex *x, enum il_err err)
{
	switch (err) {
	case IL_OK:
	case IL_E_AGAIN:
		return err;
	case IL_E_STATE:
		return spdm_ex_refuse(x, SPDM_ERR_UNEXPECTED_REQUEST, 0);
	case IL_E_ARG:
	case IL_E_SHORT:
	case IL_E_LONG:
	case IL_E_FIELD:
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	case IL_E_SPACE:
	case IL_E_AUTH:
	case IL_E_PEER:
	case IL_E_TIMEOUT:
	case IL_E_NOMEM:
	case IL_E_RANDOM:
	case IL_E_IO:
		break;
	}
	return spdm_ex_refuse(x, SPDM_ERR_UNSPECIFIED, 0);
}

/* 1.4 has a long payload length, if both ends know LARGE_RESP. */
static bool vendor_large(const struct spdm_ex *x)
{
	return x->r->version >= SPDM_V14 && (x->req.param1 & SPDM_VDM_LARGE);
}

/*
 * Where the port writes its answer: where it will be sent from, if no tap may
 * move it and the caller's buffer takes all that the record buffer would. No
 * more than can be sent: when the port has acted it is too late to refuse.
 *
 * Errors: IL_E_SPACE  the caller's buffer takes less than any peer does
 */
static enum il_err vendor_room(struct spdm_ex *x, const struct spdm_vdm *in,
			       uint8_t **out, size_t *cap)
{
	const bool large = vendor_large(x);
	const size_t head = 4 + 2 + 1 + in->vid.n + (large ? 6 : 2);
	const uint32_t most = spdm_ex_most(x);
	const uint32_t once = spdm_ex_longest(x);
	size_t room = x->record_cap;

	if (most)
		room = most < head	    ? 0
		       : room < most - head ? room
					    : most - head;
	if (!large && room > UINT16_MAX)
		room = UINT16_MAX;
	if (x->cap < SPDM_TRANSFER_MIN || x->cap < head)
		return IL_E_SPACE;
	if (x->cap < head + room && (!once || x->cap + x->ack < once))
		room = x->cap - head;
	*out = x->s && !x->r->cfg.tap && x->cap >= head + room ? x->buf + head
							       : x->record;
	*cap = room;
	return IL_OK;
}

/*
 * The answer, or all that may stand in its room where there is none: a port
 * may have begun one before it failed. The caller's buffer is wiped by
 * whoever refuses, not by those who say nothing.
 */
static void vendor_used(struct spdm_ex *x, uint8_t *out, size_t cap,
			size_t answer)
{
	if (out == x->record)
		spdm_ex_record_used(x, answer ? answer : cap);
	else if (!answer)
		bytes_wipe(out, cap);
}

static enum il_err vendor_ask(struct spdm_ex *x, bool pci, uint8_t *out,
			      size_t cap, size_t *len)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	const uint32_t id = x->s ? x->s->id : 0;
	enum il_err err;

	err = pci ? cfg->up->vendor(cfg->up_ctx, id, &x->req.u.vdm, out, cap,
				    len)
		  : cfg->port->vendor_other(cfg->port_ctx, id, &x->req.u.vdm,
					    out, cap, len);
	if (!err && *len > cap)
		err = IL_E_SPACE;
	if (err)
		*len = 0;
	return err;
}

/*
 * Whose message it is decides; the payload is not looked at. PCI-SIG's own
 * are those with its own vendor id; others share the registry (CXL does).
 * Source: DSP0274 1.2.1, section 10.14; PCIe TDISP 1.0 §11.2.2.
 */
enum il_err spdm_rsp_vendor(struct spdm_ex *x)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	const struct spdm_vdm *in = &x->req.u.vdm;
	const bool pci = in->standard == SPDM_STD_PCISIG && in->vid.n == 2 &&
			 in->vid.p[0] == SPDM_VID_PCISIG && !in->vid.p[1];
	uint8_t *out;
	size_t cap, len = 0;
	enum il_err err;

	if (vendor_large(x) &&
	    !(cfg->caps & x->r->peer_caps & SPDM_CAP_LARGE_RESP))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (pci ? !cfg->up || !cfg->up->vendor : !cfg->port->vendor_other)
		return spdm_ex_refuse(x, SPDM_ERR_UNSUPPORTED_REQUEST,
				      x->req.code);
	err = vendor_room(x, in, &out, &cap);
	if (err)
		return err;
	err = vendor_ask(x, pci, out, cap, &len);
	vendor_used(x, out, cap, len);
	if (err)
		return vendor_error(x, err);
	if (!len) {
		x->silent = true;
		return IL_OK;
	}
	x->rsp.param1 = vendor_large(x) ? SPDM_VDM_LARGE : 0;
	x->rsp.u.vdm = *in;
	x->rsp.u.vdm.payload = (struct spdm_span){ out, len };
	return spdm_ex_emit(x);
}
