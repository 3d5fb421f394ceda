/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_MEDDLE_H
#define WORLD_MEDDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "link/tap.h"
#include "tlp/tlp.h"

/*
 * The interposer at work: one deed, done to one packet that it waits for. It
 * holds no key; what it forges it makes of what it saw.
 */
struct world_dev;

enum meddle_how {
	MEDDLE_NONE,
	MEDDLE_FLIP,	 /* one bit is another */
	MEDDLE_DROP,	 /* it never comes */
	MEDDLE_REPLAY,	 /* it comes twice */
	MEDDLE_REORDER,	 /* it comes after the next one of its direction */
	MEDDLE_INJECT,	 /* one like it, with other data, comes before it */
	MEDDLE_PLAIN,	 /* the same forgery, without IDE */
	MEDDLE_STRAY,	 /* and as one of a stream that is not there */
	MEDDLE_STRIP,	 /* it comes without IDE prefix and MAC */
	MEDDLE_MISROUTE, /* it comes as one of a stream that is not there */
	MEDDLE_RECORD,	 /* it goes on, and a copy is kept for later */
	MEDDLE_HOWS,
};

enum meddle_part {
	MEDDLE_PREFIX, /* K, T and counters; not the Stream ID */
	MEDDLE_HEADER,
	MEDDLE_DATA, /* encrypted; the header, if there is none */
	MEDDLE_MAC,
	MEDDLE_PARTS,
};

enum meddle_dir { MEDDLE_BOTH, MEDDLE_UP, MEDDLE_DOWN };

struct meddle {
	enum meddle_how how; /* that waits for its packet */
	enum meddle_part part;
	enum meddle_dir dir;
	int cls;       /* enum tlp_class, or -1: any */
	uint64_t left; /* packets of that kind that still go well */
	uint64_t done; /* deeds so far, in this world */
	bool holds;    /* a packet is kept back, for MEDDLE_REORDER */
	uint8_t buf[LINK_FRAME_MAX];
	/* The copy of MEDDLE_RECORD; no deed but the next such one wipes it. */
	size_t rec_len;
	enum link_dir rec_dir;
	uint8_t rec[LINK_FRAME_MAX];
};

/* @how etc. as said; it takes the place of a deed that still waited. */
void meddle_plan(struct world_dev *d, const struct meddle *plan);
/* The tap asks; as link_tap_fn. */
enum link_verdict meddle_see(struct world_dev *d, enum link_dir dir,
			     const struct link_frame *f,
			     struct link_frame *out);
/*
 * meddle_replay() - the recorded packet once more, as it was
 * Errors: IL_E_STATE nothing was recorded; IL_E_IO no room on the link
 */
enum il_err meddle_replay(struct world_dev *d) IL_MUST;
/*
 * meddle_event() - a link event that nobody caused
 * Errors: IL_E_IO  no room on the link
 */
enum il_err meddle_event(struct world_dev *d, enum meddle_dir dir,
			 enum link_event ev) IL_MUST;

#endif
