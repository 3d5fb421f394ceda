/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_GUEST_H
#define ARCH_COVE_GUEST_H

#include "arch/cove/abi.h"
#include "arch/cove/insn.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "guest/arch.h"
#include "tdisp/report.h"

/*
 * The TVM's side of CoVE-IO: ECALLs of the TSM, which answers in registers and
 * in confidential memory, so that the host sees neither. All evidence comes
 * from the TSM itself: what the host keeps of it (the transcript of the
 * connection) the TSM has compared with its digest before.
 *
 * Source: CoVE, "COVE Guest Extension"; CoVE-IO, "TDI Verification and
 * Acceptation"
 */

#define COVE_GUEST_DATA_PAGES 8u /* for one answer; a TSM takes no larger */

/* Guest physical places, 4K each, all in confidential RAM. */
struct cove_guest_map {
	uint64_t nonce;
	uint64_t data; /* COVE_GUEST_DATA_PAGES: where the TSM puts bytes */
	/* What the host emulates: configuration space and the BARs' window. */
	uint64_t ecam, ecam_size;
	uint64_t mmio, mmio_size;
};

/* What the guest itself did with a page. */
enum cove_guest_page {
	COVE_PAGE_FRESH,  /* of the region; nobody has touched it */
	COVE_PAGE_OURS,	  /* it is there */
	COVE_PAGE_SHARED, /* the host's as well */
};

struct cove_guest_cfg {
	const struct cove_guest_insn *insn;
	const struct crypto *crypto;
	struct cove_guest_map map;
	/* What became of each page of RAM, zeroed: enum cove_guest_page. */
	uint8_t *page;
	uint64_t pages;
};

struct cove_guest {
	struct cove_guest_cfg cfg;
	bool opened;	/* regions are told, buffers are there */
	uint32_t rid;	/* of the function, as we see it */
	uint32_t if_id; /* the interface, as the TSM calls it */
	bool has;	/* we were told of one and have not let go of it */
	bool known;	/* claims are of this lock */
	struct evidence_claims claims;
	/* What we took from the addresses that the host emulates. */
	struct {
		uint64_t gpa;
		uint64_t len;
	} own[TDISP_REPORT_RANGES];
	unsigned owns;

	/* Where the entry under way stands; 0 when none is. */
	unsigned phase;
	unsigned open_phase;
	uint64_t at;
	uint64_t value; /* of the last call */
	size_t filled;	/* bytes of @blobs */
	struct evidence_blobs out;
	uint8_t blobs[2 * COVE_GUEST_DATA_PAGES * 4096];
	int64_t error; /* of the last call */
	char why[96];
	char first[96];	  /* of a lock or start that is given up */
	enum il_err lost; /* of a lock that is given up; IL_OK: none is */
};

void cove_guest_init(struct cove_guest *g, const struct cove_guest_cfg *cfg);

/* The context of each entry is a struct cove_guest. */
extern const struct guest_arch_ops cove_guest_ops;

#endif
