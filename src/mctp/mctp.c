/* SPDX-License-Identifier: BSD-2-Clause */
#include "mctp/mctp.h"

const struct spdm_binding mctp_binding = {
	.seq_len = 2,
	.type_len = 1,
	.type = MCTP_SPDM,
	.random_max = SPDM_RANDOM_MAX,
	.unit = 1,
};

enum il_err mctp_unwrap(const uint8_t *p, size_t n, enum mctp_type *type,
			const uint8_t **out, size_t *len)
{
	struct rd r = rd_over(p, n);
	uint8_t t = rd_u8(&r);

	if (r.err || !rd_left(&r))
		return IL_E_SHORT;
	if (t != MCTP_SPDM && t != MCTP_SECURED)
		return IL_E_FIELD;
	*type = (enum mctp_type)t;
	*len = rd_left(&r);
	*out = rd_bytes(&r, *len);
	return IL_OK;
}

enum il_err mctp_wrap(struct wr *w, enum mctp_type type, const uint8_t *p,
		      size_t n)
{
	wr_u8(w, (uint8_t)type);
	wr_bytes(w, p, n);
	return w->err;
}
