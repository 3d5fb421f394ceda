/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_SILENCE_H
#define WORLD_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "link/tap.h"

/*
 * A device that dies: from some point on it does not answer, in one of a few
 * ways. What dies is the mailbox alone, all of the device, or the link.
 */
struct world_dev;

enum silence_how {
	SILENCE_NONE,
	SILENCE_QUIET,	/* the mailbox takes requests, and never is Ready */
	SILENCE_BUSY,	/* Busy for ever, an abort does not end it */
	SILENCE_ERROR,	/* the Error bit, again after each abort */
	SILENCE_SILENT, /* no packet comes or goes; the link stays up */
	SILENCE_DOWN,	/* the link goes down */
	SILENCE_ABSENT, /* surprise removal */
	SILENCE_HOWS,
};

enum silence_unit { SILENCE_EXCHANGE, SILENCE_TLP };

struct silence {
	enum silence_how how;  /* that has begun */
	enum silence_how then; /* that is to begin */
	enum silence_unit unit;
	uint64_t at; /* exchanges answered, or packets seen, by then */
};

/* "silent" … ; never NULL. */
const char *silence_name(enum silence_how how);

/* It begins now. */
void silence_begin(struct world_dev *d, enum silence_how how);
/* It begins after @after more exchanges or packets. */
void silence_after(struct world_dev *d, enum silence_how how,
		   enum silence_unit unit, uint64_t after);
/* The interposer asks: is this frame lost? */
bool silence_eats(struct world_dev *d, enum link_kind kind);

/*
 * silence_over() - the device is there again, through a fundamental reset:
 * nothing of before is left in it, and the link is up
 *
 * Errors:   IL_E_IO  the link does not take the event
 */
enum il_err silence_over(struct world_dev *d) IL_MUST;

#endif
