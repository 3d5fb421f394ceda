/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_prov.h"

#include "spdm/mel.h"

/* GET_MEASUREMENT_EXTENSION_LOG, until all of it is there. */

#define HEAD 12

static enum il_err mel_build(struct spdm_req *q, struct spdm_msg *m)
{
	if (!q->mel_more) /* the first portion */
		q->out_len = 0;
	m->u.get_mel.offset = (uint32_t)q->out_len;
	m->u.get_mel.length = q->cfg.transfer - HEAD;
	if (q->cfg.portion && q->cfg.portion < m->u.get_mel.length)
		m->u.get_mel.length = q->cfg.portion;
	return IL_OK;
}

/*
 * Portions in order, none empty, none longer than asked for, and the total
 * never changes: a log that grew meanwhile has another head, and is read anew.
 */
static enum il_err mel_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_span p = m->u.mel.portion;
	const uint64_t total = (uint64_t)q->out_len + p.n + m->u.mel.remainder;
	enum il_err err;

	if (!p.n || p.n > q->cfg.transfer - HEAD ||
	    (q->cfg.portion && p.n > q->cfg.portion) || total > UINT32_MAX ||

	    (q->mel_more && total != q->mel_total))
		return IL_E_FIELD;
	if (total > q->args.out_cap)
		return IL_E_NOMEM;
	err = spdm_req_put(q, p);
	if (err)
		return err;
	q->mel_total = (uint32_t)total;
	q->mel_more = m->u.mel.remainder != 0;
	if (q->mel_more)
		return IL_E_AGAIN;
	return spdm_mel_good((struct spdm_span){ q->args.out, q->out_len });
}

const struct spdm_req_step spdm_req_mel_step = {
	SPDM_GET_MEASUREMENT_EXTENSION_LOG, SPDM_TR_NONE, mel_build, NULL,
	mel_check
};
