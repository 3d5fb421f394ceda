/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FAMILY_UNBOUND_H
#define TEST_FAMILY_UNBOUND_H

#include "decode/change.h"
#include "decode/fields.h"

/*
 * Fields, or bits of fields, that no rule binds: whatever a device says there,
 * the operation goes on and ends as an honest one does. What is not listed must
 * be refused. docs/lies.md prints this table.
 */
struct unbound {
	const char *message;
	const char *field;
	int nth;       /* -1: each of that name */
	uint64_t bits; /* that may change */
	bool longer;   /* may be longer, or stand twice */
	const char *why;
	const char *source;
	bool either;  /* or it is refused, as what the device said elsewhere */
	bool shorter; /* may be shorter, or gone */
	const char *op; /* in this operation alone; NULL: in each */
	const char *on; /* on this platform alone; NULL: on each */
	unsigned law; /* or this law names it, which knows the device; 0: no */
};

extern const struct unbound unbound[];
extern const size_t unbound_n;

/* A change as it was made. */
struct unbound_case {
	const char *message;
	const struct field *field;
	uint64_t diff; /* bits; all ones: of a long field */
	bool longer;   /* the message is */
	bool shorter;
	bool vendor;	/* it is a vendor's, in SPDM's frame */
	const char *op; /* the operation that it was said in */
	const char *on; /* the platform */
};

/* The row that lets this change pass, or NULL. */
const struct unbound *unbound_find(const struct unbound_case *c);

#endif
