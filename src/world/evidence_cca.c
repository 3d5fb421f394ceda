/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "arch/cca/guest.h"
#include "world/plat_cca.h"

/*
 * Where the host has put evidence for a realm: an area of shared memory for
 * each object, whose lengths it told before (RHI object size), and the nonce
 * among the parameters of the realm's request.
 * Source: architectures.md A.6
 */
static const uint8_t object[EVIDENCE_BLOBS] = {
	[EVIDENCE_MEASUREMENTS] = RMI_DEV_OBJ_MEAS,
	[EVIDENCE_CERTIFICATES] = RMI_DEV_OBJ_CERT,
	[EVIDENCE_REPORT] = RMI_DEV_OBJ_REPORT,
};

static struct cca_guest *guest_of(struct world_vm *vm)
{
	struct cca_plat_vm *p = vm->plat;

	return p ? &p->guest : NULL;
}

bool cca_evidence_at(struct world_vm *vm, enum world_evidence what,
		     struct evidence_place *out)
{
	const struct cca_guest *g = guest_of(vm);

	if (!g || !g->shared)
		return false;
	*out = (struct evidence_place){
		.gpa = g->cfg.map.params + RHI_PARAMS_NONCE,
		.len = EVIDENCE_NONCE_LEN,
		.limit = g->cfg.map.data + CCA_GUEST_DATA_LEN,
	};
	if (what == EVIDENCE_NONCE)
		return true;
	for (unsigned i = 0; i < EVIDENCE_BLOBS; i++) {
		uint32_t cap;
		const uint64_t at = cca_guest_area(g, object[i], &cap);
		const uint64_t end = at + g->len[object[i]];

		out->end = end > out->end ? end : out->end;
		if (i == what) {
			out->gpa = at;
			out->len = g->len[object[i]];
		}
	}
	return true;
}

/*
 * An area's place is the realm's own choice: what is to be there comes from
 * @gpa, and its length is as if the host had said so.
 */
bool cca_evidence_set(struct world_vm *vm, enum world_evidence what,
		      uint64_t gpa, uint32_t len)
{
	struct cca_guest *g = guest_of(vm);
	uint8_t b[256];
	uint64_t at;
	uint32_t cap;

	if (!g || !g->shared || what >= EVIDENCE_BLOBS)
		return false;
	at = cca_guest_area(g, object[what], &cap);
	if (len > cap)
		return false;
	for (uint32_t n = 0; at != gpa && n < len; n += sizeof(b)) {
		const size_t part = len - n < sizeof(b) ? len - n : sizeof(b);

		if (!swap_read(vm, gpa + n, b, part) ||
		    !swap_write(vm, at + n, b, part))
			return false;
	}
	g->len[object[what]] = len;
	return true;
}

bool cca_evidence_asks(const struct cca_guest *g)
{
	return g->gpr[0] == RHI_MEASURE;
}

/* Objects are read in the order of their numbers. */
bool cca_evidence_last(const struct cca_guest *g)
{
	return g->gpr[0] == RHI_READ && g->gpr[2] == RMI_DEV_OBJ_REPORT;
}
