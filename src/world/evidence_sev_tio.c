/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "arch/sev_tio/abi.h"
#include "arch/sev_tio/guest.h"
#include "world/plat_sev_tio.h"
#include "world/world_priv.h"

/*
 * Where the host has put evidence for an SNP guest: the table of blobs at the
 * start of the data pages, in which the nonce stood before.
 * Source: architectures.md B.2
 */
#define DATA_LEN (SEV_GUEST_DATA_PAGES * PAGE_4K)

/* The table's entry of a part; its place in the table, or false. */
static bool entry_of(struct world_vm *vm, enum world_evidence what,
		     uint64_t *gpa, uint8_t e[TIO_BLOB_ENTRY_LEN])
{
	static const enum tio_blob blob[EVIDENCE_BLOBS] = {
		[EVIDENCE_MEASUREMENTS] = TIO_BLOB_MEASUREMENTS,
		[EVIDENCE_CERTIFICATES] = TIO_BLOB_CERTIFICATES,
		[EVIDENCE_REPORT] = TIO_BLOB_REPORT,
	};

	for (unsigned i = 0; i < TIO_BLOB_MAX; i++) {
		*gpa = SEV_PLAT_DATA + (uint64_t)i * TIO_BLOB_ENTRY_LEN;
		if (!swap_read(vm, *gpa, e, TIO_BLOB_ENTRY_LEN))
			return false;
		if (memcmp(e + TIO_BLOB_GUID, tio_blob_guid(blob[what]), 16) ==
		    0)
			return true;
	}
	return false;
}

bool sev_evidence_at(struct world_vm *vm, enum world_evidence what,
		     struct evidence_place *out)
{
	uint8_t e[TIO_BLOB_ENTRY_LEN];
	uint64_t gpa;

	*out = (struct evidence_place){ .gpa = SEV_PLAT_DATA,
					.len = TIO_NONCE_LEN,
					.limit = SEV_PLAT_DATA + DATA_LEN };
	if (what == EVIDENCE_NONCE)
		return true;
	for (unsigned i = 0; i < EVIDENCE_BLOBS; i++) {
		uint64_t at, end;

		if (!entry_of(vm, i, &gpa, e))
			continue;
		at = SEV_PLAT_DATA + sev_u32(e, TIO_BLOB_OFFSET);
		end = at + sev_u32(e, TIO_BLOB_LENGTH);
		out->end = end > out->end ? end : out->end;
		if (i == what) {
			out->gpa = at;
			out->len = sev_u32(e, TIO_BLOB_LENGTH);
		}
	}
	return entry_of(vm, what, &gpa, e);
}

bool sev_evidence_set(struct world_vm *vm, enum world_evidence what,
		      uint64_t gpa, uint32_t len)
{
	uint8_t e[TIO_BLOB_ENTRY_LEN];
	uint64_t at;

	if (what >= EVIDENCE_BLOBS || !entry_of(vm, what, &at, e))
		return false;
	sev_put_u32(e, TIO_BLOB_OFFSET, (uint32_t)(gpa - SEV_PLAT_DATA));
	sev_put_u32(e, TIO_BLOB_LENGTH, len);
	return swap_write(vm, at, e, sizeof(e));
}

/* Requests for MMIO have an address above these bits. */
bool sev_evidence_exit(const struct sev_ghcb *io)
{
	const uint64_t wants = TIO_PARAM_INFO_CERTS | TIO_PARAM_INFO_MEAS |
			       TIO_PARAM_INFO_REPORT;

	return io->exit_code == GHCB_EXIT_TIO_GUEST_REQ && io->rdx & wants &&
	       !(io->rdx & ~(wants | TIO_PARAM_INFO_STATE));
}
