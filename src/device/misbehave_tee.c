/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/misbehave_tee.h"

/* What stands before the payload. Source: DSP0274 1.2.1, section 10.14 */
#define VDM_HEAD 11

static bool plain(const struct device_exchange *x)
{
	return x->doe ? x->type.type == DOE_TYPE_SPDM : x->kind == SPDM_PLAIN;
}

bool misbehave_outside(struct device_exchange *x, const uint8_t *payload,
		       size_t n)
{
	if (!plain(x) || x->n <= VDM_HEAD ||
	    x->in[1] != SPDM_VENDOR_DEFINED_REQUEST ||
	    x->in[VDM_HEAD] != payload[0] || x->cap < VDM_HEAD + n)
		return false;
	memcpy(x->out, x->in, VDM_HEAD);
	x->out[1] = SPDM_VENDOR_DEFINED_RESPONSE;
	put_u16le(x->out + VDM_HEAD - 2, (uint16_t)n);
	memcpy(x->out + VDM_HEAD, payload, n);
	x->len = VDM_HEAD + n;
	return true;
}
