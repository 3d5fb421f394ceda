/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FAMILY_DISTURB_H
#define TEST_FAMILY_DISTURB_H

#include "family/family.h"

/*
 * What another party may do while an operation is under way: another vCPU,
 * another thread of the VMM, an administrator, the device, its slot. Each is a
 * sequence of steps that comes between those of the operation.
 */
struct disturb {
	struct family *f;
	unsigned kind;
	struct vmm_run run; /* of a program */
	bool begun;
	bool over;
	int fd;
	long ret; /* once it is over: 0 or -errno */
};

unsigned disturb_kinds(void);
/* It rings firmware's doorbells behind the back of the host's own drivers. */
bool disturb_hostile(unsigned kind);
const char *disturb_name(unsigned kind);

void disturb_init(struct disturb *d, struct family *f, unsigned kind);
/* Its next step; nothing, if it is over. */
void disturb_step(struct disturb *d);
static inline bool disturb_over(const struct disturb *d)
{
	return d->over;
}

#endif
