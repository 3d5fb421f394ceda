/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/abi.h"
#include "world/plat_cove.h"
#include "world/world_priv.h"

/*
 * The host of a TVM carries no evidence but the transcript of the connection,
 * in which the certificates are: it keeps it and hands it back to the TSM. What
 * the device measures and reports the TSM gives to the TVM itself.
 */

bool cove_evidence_at(struct world_vm *vm, enum world_evidence what,
		      struct evidence_place *out)
{
	const struct cove_plat *p = vm->w->plat_ctx;
	uint8_t h[COVE_CONN_TRANSCRIPT];

	if (what != EVIDENCE_CERTIFICATES || !p->transcript ||
	    !swap_read(vm, p->transcript, h, sizeof(h)))
		return false;
	*out = (struct evidence_place){
		.gpa = p->transcript + sizeof(h),
		.len = cove_u32(h, COVE_CONN_LENGTH),
	};
	out->end = out->limit = out->gpa + out->len;
	return true;
}

bool cove_evidence_set(struct world_vm *vm, enum world_evidence what,
		       uint64_t gpa, uint32_t len)
{
	const struct cove_plat *p = vm->w->plat_ctx;
	uint8_t h[4];

	if (what != EVIDENCE_CERTIFICATES || !p->transcript ||
	    gpa != p->transcript + COVE_CONN_TRANSCRIPT)
		return false;
	cove_put_u32(h, 0, len);
	return swap_write(vm, p->transcript + COVE_CONN_LENGTH, h, sizeof(h));
}

void cove_evidence_call(struct world *w, uint64_t eid, uint64_t fid,
			const uint64_t a[6])
{
	struct cove_plat *p = w->plat_ctx;

	if (eid != COVE_EID_COVH ||
	    (fid & COVE_FID_MASK) != COVH_GET_CONN_TRANSCRIPT)
		return;
	p->transcript = a[1];
	if (w->swap.vm)
		swap_answers(w->swap.vm);
}
