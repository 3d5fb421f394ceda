/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_RELAY_H
#define WORLD_RELAY_H

#include "host/tsm/tsm.h"

struct world;

enum relay_how {
	RELAY_LOSE,  /* the request never comes to the device */
	RELAY_TWICE, /* it comes twice; the second answer counts */
	RELAY_STALE, /* the answer before is given once more */
	RELAY_CUT,   /* the last dword of the answer is missing */
	RELAY_FLIP,  /* one bit of the answer is another */
	RELAY_LATE,  /* the answer comes a minute later */
};

/* What the host does wrong with one message between firmware and device. */
struct world_relay {
	bool armed;
	enum relay_how how;
	uint64_t after; /* steps that go well before */
	uint8_t old[PCI_TSM_MSG_MAX];
	size_t old_len; /* of the latest answer; 0: none is kept */
};

/* Lets the host of @w carry as it is told to; before anything connects. */
void relay_open(struct world *w);

#endif
