/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_SWAP_H
#define WORLD_SWAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;
struct world_vm;

/*
 * Evidence passes through memory that the host can write: the guest's nonce on
 * its way out, and the bytes on their way in. A host that is told to keeps
 * them, and puts others in their place.
 */
enum world_evidence {
	EVIDENCE_MEASUREMENTS,
	EVIDENCE_CERTIFICATES,
	EVIDENCE_REPORT,
	EVIDENCE_BLOBS,
	EVIDENCE_NONCE = EVIDENCE_BLOBS,
	EVIDENCE_PARTS,
};

enum swap_how { SWAP_FLIP, SWAP_CUT, SWAP_GONE };

#define SWAP_KEPT 4

struct swap_kept {
	char name[24];
	uint8_t *p[EVIDENCE_PARTS]; /* from the world's arena */
	uint32_t len[EVIDENCE_PARTS];
};

struct world_swap {
	bool armed;
	struct world_vm *vm;
	enum world_evidence what;
	enum swap_how how;
	const struct swap_kept *from; /* NULL: as @how says */
	struct swap_kept kept[SWAP_KEPT];
	uint8_t nonce[32]; /* that a guest asked with last */
};

/* A guest leaves with a nonce; it comes back to evidence. */
void swap_asks(struct world_vm *vm);
void swap_answers(struct world_vm *vm);

/* Where a part of the evidence stands in the guest's shared memory. */
struct evidence_place {
	uint64_t gpa;
	uint32_t len;
	uint64_t end; /* first byte behind all parts */
	uint64_t limit;
};

/* The host's own view of where evidence is. False: it is not there. */
bool swap_read(struct world_vm *vm, uint64_t gpa, void *out, size_t len);
bool swap_write(struct world_vm *vm, uint64_t gpa, const void *in, size_t len);

#endif
