/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_prov.h"

/* What begin is given, and what the peer offers: whether it can be asked. */

/* The long form is 1.4's, and both ends have to know it. */
static bool vendor_fits(const struct spdm_req *q, const struct spdm_req_args *a)
{
	const bool large = q->version >= SPDM_V14 &&
			   (q->cfg.caps & q->peer_caps & SPDM_CAP_LARGE_RESP);

	if (a->vdm.vid.n > UINT8_MAX || (a->vdm_large && !large))
		return false;
	return a->vdm.payload.n <= (a->vdm_large ? UINT32_MAX : UINT16_MAX);
}

static bool args_fit(const struct spdm_req *q, enum spdm_req_op op,
		     const struct spdm_req_args *a)
{
	const uint32_t meas = q->peer_caps & SPDM_CAP_MEAS_MASK;
	const bool summary = op == SPDM_OP_CHALLENGE || op == SPDM_OP_SESSION ||
			     op == SPDM_OP_PSK;

	if (op == SPDM_OP_CONNECT && a->slot >= SPDM_SLOTS)
		return false;
	if (summary && a->summary &&
	    ((a->summary != SPDM_SUMMARY_TCB &&
	      a->summary != SPDM_SUMMARY_ALL) ||
	     !meas))
		return false;
	if (op == SPDM_OP_MEASURE &&
	    (!meas || (a->sign && meas != SPDM_CAP_MEAS_SIG)))
		return false;
	if (op == SPDM_OP_KEY_UPDATE && a->update != SPDM_UPDATE_KEY &&
	    a->update != SPDM_UPDATE_ALL_KEYS)
		return false;
	if (op == SPDM_OP_PSK && !spdm_req_psk_fits(q, a))
		return false;
	if (op == SPDM_OP_VENDOR && !vendor_fits(q, a))
		return false;
	return spdm_req_prov_fits(q, op, a);
}

/* Its capability, in a version that has the message. */
static bool peer_has(const struct spdm_req *q, const struct spdm_req_flow *f)
{
	return (q->peer_caps & f->peer) &&
	       q->version >= spdm_since(f->steps[0].code);
}

bool spdm_req_can(const struct spdm_req *q, enum spdm_req_op op,
		  const struct spdm_req_flow *f, const struct spdm_req_args *a)
{
	return (q->cfg.caps & q->peer_caps & f->both) == f->both &&
	       (!f->peer || peer_has(q, f)) && args_fit(q, op, a);
}
