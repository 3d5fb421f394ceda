/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_priv.h"

/* Bytes of MEASUREMENT_EXTENSION_LOG before its portion. */
#define HEAD 12

/*
 * GET_MEASUREMENT_EXTENSION_LOG: as much as was asked for, as is left, and as
 * either side can carry. Offsets and lengths are compared with what is left,
 * never added, so that nothing wraps. OPEN: a Length of 0 is refused, as it
 * would never lead anywhere.
 * Source: DSP0274 1.3.2, section 10.25
 */
enum il_err spdm_rsp_mel(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const uint32_t off = x->req.u.get_mel.offset;
	size_t n = x->req.u.get_mel.length;
	const uint32_t most = spdm_ex_most(x);
	struct spdm_span log;
	enum il_err err;

	if (!r->mel_spec || !r->meas_hash)
		return spdm_ex_refuse(x, SPDM_ERR_UNEXPECTED_REQUEST, 0);
	err = r->cfg.port->mel(r->cfg.port_ctx, r->meas_hash, &log);
	if (err == IL_E_AGAIN)
		return err;
	if (err || log.n > UINT32_MAX)
		return spdm_ex_refuse(x, SPDM_ERR_OPERATION_FAILED, 0);
	if (!n || off >= log.n)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (n > log.n - off)
		n = log.n - off;
	if (!spdm_rsp_chunks(r) && n > r->cfg.transfer - HEAD)
		n = r->cfg.transfer - HEAD;
	if (most && n > most - HEAD)
		n = most - HEAD;
	x->rsp.u.mel.portion = (struct spdm_span){ log.p + off, n };
	x->rsp.u.mel.remainder = (uint32_t)(log.n - off - n);
	return spdm_ex_emit(x);
}
