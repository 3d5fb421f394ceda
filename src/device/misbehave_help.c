/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bytes.h"
#include "device/misbehave_priv.h"
#include "spdm/sig.h"

/* What rows of all groups do alike. */

struct spdm_rsp *misbehave_rsp(const struct misbehave_one *me)
{
	struct device *d = me->all->dev;

	return &d->conns[me->all->conn].rsp;
}

bool misbehave_request(const struct misbehave_one *me, struct spdm_msg *req)
{
	const struct misbehave_bytes *b = &me->all->heard;
	const struct spdm_rsp *r = misbehave_rsp(me);
	const struct spdm_shape sh = {
		.hash_len = spdm_hash_len(r->hash),
		.req_sig_len = spdm_asym_sig_len(r->req_asym, r->req_pqc_asym),
		.dhe_len =
			r->kem ? spdm_kem_key_len(r->kem) : spdm_dhe_len(r->dhe)
	};

	memset(req, 0, sizeof(*req));
	return b->n && !spdm_msg_decode_at(b->p, b->n, &sh, req);
}

bool misbehave_repeat(const struct misbehave_one *me, uint8_t code, uint8_t *p,
		      size_t cap, size_t *n)
{
	const struct misbehave_bytes *k = me->all->kept;

	for (unsigned i = 0; i < MISBEHAVE_KEPT; i++, k++) {
		if (!k->n || k->code != code || k->n > cap)
			continue;
		memcpy(p, k->p, k->n);
		*n = k->n;
		return true;
	}
	return false;
}

void misbehave_refuse(uint8_t *p, size_t cap, size_t *n, uint8_t code,
		      uint8_t data)
{
	if (cap < 4 || *n < 1)
		return;
	p[1] = SPDM_ERROR;
	p[2] = code;
	p[3] = data;
	*n = 4;
}

bool misbehave_final(enum spdm_tap_stage stage, const struct spdm_msg *rsp)
{
	return stage == SPDM_TAP_PROOF ||
	       !(spdm_msg_sig_len(rsp) + spdm_msg_verify_len(rsp));
}

void misbehave_drop(struct misbehave_one *me)
{
	me->all->drop = true;
}

/* A field that is no proof is changed before it is signed, and again when the
 * response was encoded anew; a proof when it stands there. */
bool misbehave_field(struct misbehave_one *me, enum spdm_tap_stage stage,
		     const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		     size_t *n, const char *name, unsigned nth,
		     const struct change *c)
{
	const struct spdm_shape sh = fields_shape(rsp);
	struct field *list = me->all->list;
	size_t got;

	if (fields_of(p, *n, &sh, list, FIELDS_MAX, &got))
		return false;
	for (size_t i = 0; i < got; i++) {
		if (list[i].nth != nth || strcmp(list[i].name, name) != 0)
			continue;
		if (list[i].kind == FIELD_PROOF && stage == SPDM_TAP_FIELDS)
			return false;
		return !change_apply(&list[i], c, p, cap, n);
	}
	return false;
}

void misbehave_lenient(struct misbehave_one *me, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n)
{
	const struct misbehaviour *row = me->is;
	const uint8_t code = spdm_response_of(row->code);

	(void)rsp;
	if (stage != SPDM_TAP_FIELDS || me->all->heard.code != row->code ||
	    *n < 4 || p[1] != SPDM_ERROR || (row->error && p[2] != row->error))
		return;
	me->count++;
	if (misbehave_repeat(me, code, p, cap, n))
		return;
	p[1] = code;
	p[2] = p[3] = 0;
	*n = 4 + row->n < cap ? 4 + row->n : cap;
	memset(p + 4, 0, *n - 4);
}

void misbehave_harsh(struct misbehave_one *me, enum spdm_tap_stage stage,
		     const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		     size_t *n)
{
	if (!misbehave_final(stage, rsp) || *n < 4 || p[1] != me->is->code)
		return;
	me->count++;
	misbehave_refuse(p, cap, n, me->is->error, 0);
}

void misbehave_alter(struct misbehave_one *me, enum spdm_tap_stage stage,
		     const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		     size_t *n)
{
	const struct misbehaviour *row = me->is;
	const char *name = fields_message(p, *n);

	if (name && strcmp(name, row->message) == 0 &&
	    misbehave_field(me, stage, rsp, p, cap, n, row->field, row->nth,
			    &row->change))
		me->count++;
}
