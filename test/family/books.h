/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FAMILY_BOOKS_H
#define TEST_FAMILY_BOOKS_H

#include "family/family.h"

/* What a run says when it fails, with the line before it. */
#define BOOKS_WHAT (sizeof(((struct world_end *)0)->what) + 32)

/* What is granted in a world: by firmware, by the guest. */
struct books {
	unsigned connected; /* connections with a session */
	unsigned bound;	    /* TDIs with a guest */
	unsigned locked;    /* lock sessions */
	unsigned running;
	unsigned entries; /* trusted device entries that are valid */
	uint64_t mmio;	  /* pages accepted */
	unsigned secure;  /* streams of the root port */
	unsigned guest;	  /* enum guest_state */
};

void books_read(struct world *w, struct books *out);
/* @most becomes what either of the two grants at most. */
void books_most(struct books *most, const struct books *other);
/* @now grants nothing that @before does not. */
void books_no_more(const struct books *now, const struct books *before,
		   struct family_end *end);
/* Gives back all that the world still holds: laws, no grant, no session. */
void books_tear_down(struct family *f, struct family_end *end);
/* Another assignment, after a reset if the device was cut off. */
void books_again(struct family *f, struct family_end *end);
/* Index of the first call @role @verb. */
size_t books_call(const struct family *f, const char *role, const char *verb);
/* The script from call @from on; on an error @what says which. */
enum il_err books_run(struct family *f, size_t from, char what[BOOKS_WHAT]);

#endif
