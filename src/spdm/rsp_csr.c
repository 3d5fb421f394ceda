/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/der.h"
#include "spdm/rsp_prov.h"

/* GET_CSR: a certificate request of the device, signed by one of its keys. */

enum il_err spdm_ex_prov(struct spdm_ex *x, enum il_err err)
{
	const bool failed = x->r->version >= SPDM_V13;

	switch (err) {
	case IL_OK:
	case IL_E_AGAIN:
		return err;
	case IL_E_NOMEM:
		return spdm_ex_refuse(x, SPDM_ERR_BUSY, 0);
	case IL_E_STATE:
		return spdm_ex_refuse(x, SPDM_ERR_UNEXPECTED_REQUEST, 0);
	case IL_E_ARG:
	case IL_E_FIELD:
	case IL_E_LONG:
	case IL_E_AUTH:
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	case IL_E_SHORT:
	case IL_E_SPACE:
	case IL_E_PEER:
	case IL_E_TIMEOUT:
	case IL_E_RANDOM:
	case IL_E_IO:
		break;
	}
	return spdm_ex_refuse(
		x, failed ? SPDM_ERR_OPERATION_FAILED : SPDM_ERR_UNSPECIFIED,
		0);
}

enum il_err spdm_ex_reset_needed(struct spdm_ex *x, uint32_t cap, uint8_t data)
{
	if (!(x->r->cfg.caps & cap))
		return spdm_ex_prov(x, IL_E_IO);
	return spdm_ex_refuse(x, SPDM_ERR_RESET_REQUIRED, data);
}

/*
 * CertificationRequestInfo, all of it and nothing else: version 1, subject,
 * public key, attributes. Source: RFC 2986 §4.1; DSP0274 1.3.2, section
 * 10.26.1 (RequesterInfo)
 */
static bool info_good(struct spdm_span info)
{
	struct rd r = rd_over(info.p, info.n);
	struct rd seq, part;

	if (!info.n)
		return true;
	seq = spdm_der_read(&r, DER_SEQUENCE);
	part = spdm_der_read(&seq, DER_INTEGER);
	if (rd_u8(&part) || rd_end(&part))
		return false;
	(void)spdm_der_read(&seq, DER_SEQUENCE); /* subject */
	(void)spdm_der_read(&seq, DER_SEQUENCE); /* subjectPKInfo */
	part = spdm_der_read(&seq, DER_ATTRIBUTES);
	while (!part.err && rd_left(&part))
		(void)spdm_der_read(&part, DER_SEQUENCE);
	return !part.err && !rd_end(&seq) && !rd_end(&r);
}

/* Param1 and Param2 of 1.3. Source: DSP0274 1.3.2, section 10.26.1 */
static bool attributes(const struct spdm_ex *x, struct spdm_csr_ask *ask)
{
	const struct spdm_rsp *r = x->r;

	if (r->version < SPDM_V13)
		return true;
	ask->tags = true;
	ask->key_pair = x->req.param1;
	ask->model = x->req.param2 & SPDM_CSR_MODEL_MASK;
	ask->tag = (x->req.param2 & SPDM_CSR_TAG_MASK) >> 3;
	ask->overwrite = x->req.param2 & SPDM_CSR_OVERWRITE;
	if (ask->tag &&
	    (ask->overwrite || !(r->cfg.caps & SPDM_CAP_CERT_INSTALL_RESET)))
		return false;
	return spdm_rsp_key_named(r, ask->key_pair, ask->model);
}

enum il_err spdm_rsp_csr(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_csr_ask ask = {
		.asym = r->asym,
		.hash = r->hash,
		.info = x->req.u.get_csr.info,
		.opaque = x->req.u.get_csr.opaque,
	};
	size_t len = 0;
	bool reset = false;
	uint8_t tag = 0;
	enum il_err err;

	if (!attributes(x, &ask) || !info_good(ask.info) ||
	    (ask.opaque.n && !spdm_opaque_good(ask.opaque, r->opaque_fmt1)))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	err = r->cfg.port->csr(r->cfg.port_ctx, &ask, x->record, x->record_cap,
			       &len, &reset, &tag);
	/* It may have begun one before it failed. */
	spdm_ex_record_used(x, err ? x->record_cap : len);
	if (!err && len > x->record_cap)
		err = IL_E_SPACE;
	if (err)
		return spdm_ex_prov(x, err);
	if (reset)
		return spdm_ex_reset_needed(x, SPDM_CAP_CERT_INSTALL_RESET,
					    ask.tags ? tag : 0);
	if (!len || len > UINT16_MAX)
		return spdm_ex_prov(x, IL_E_IO);
	x->rsp.u.csr.csr = (struct spdm_span){ x->record, len };
	return spdm_ex_emit(x);
}
