/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_CHURN_H
#define WORLD_CHURN_H

#include <stdint.h>

struct world;

/* What there is of things that come and go. */
struct churn_books {
	uint64_t frames; /* that are free */
	uint64_t arena;	 /* bytes handed out */
	uint64_t objects;
	uint64_t slots; /* of keys */
	uint64_t binds;
	uint64_t entries; /* trusted ones that are valid */
	uint64_t pages;	  /* accepted MMIO */
};

void churn_count(struct world *w, struct churn_books *b);
/* In what they differ, memory handed out left aside; NULL: in nothing. */
const char *churn_differ(const struct churn_books *a,
			 const struct churn_books *b);
/* Bytes of this process that are in memory now; 0: not known. */
uint64_t churn_resident(void);

#endif
