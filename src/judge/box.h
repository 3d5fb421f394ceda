/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_BOX_H
#define JUDGE_BOX_H

#include "judge/mailbox.h"
#include "judge/puppet.h"

/*
 * Registers and the mailbox of function 0, for cases that have JUDGE_NEEDS_CFG.
 * As in puppet.h: false means that the verdict is made. What is written and
 * read is in the case's record.
 */
struct regs box_regs(struct judge *j);

/*
 * box_open() - the mailbox, idle: what stood in it is aborted
 * And it is so again when the case is over.
 */
bool box_open(struct judge *j, struct mailbox *m);

/* A step of mailbox.h: false, with a verdict, if it went wrong. */
bool box_ok(struct judge *j, enum il_err err, const char *doing);
bool box_status(struct judge *j, const struct mailbox *m, uint32_t *sts);
/* Object, whole or not, and GO. */
bool box_put(struct judge *j, const struct mailbox *m, const uint8_t *p,
	     size_t n);
bool box_send(struct judge *j, const struct mailbox *m, const uint8_t *p,
	      size_t n);
bool box_abort(struct judge *j, const struct mailbox *m);
/* Waits for Ready; Error, or neither in time, is the case's failure. */
bool box_ready(struct judge *j, const struct mailbox *m);
/* The object that is ready; its words if it is none. */
bool box_read(struct judge *j, const struct mailbox *m, uint8_t *out,
	      size_t cap, size_t *len);

/* DOE Discovery of index 0, as the capability's version asks for it. */
#define BOX_DISCOVERY 12u
void box_discovery(const struct mailbox *m, uint8_t index,
		   uint8_t out[BOX_DISCOVERY]);
/*
 * box_works() - discovery is answered as it must be
 * @after: for the words: what went before
 */
bool box_works(struct judge *j, const struct mailbox *m, const char *after);
/* No data object may come; Error may show. */
bool box_silent(struct judge *j, const struct mailbox *m, const char *why);

/*
 * Any register of function @fn, whole dwords or parts. A target that may not
 * write makes it "not tested".
 */
bool reg_get(struct judge *j, unsigned fn, unsigned reg, unsigned size,
	     uint32_t *v);
bool reg_put(struct judge *j, unsigned fn, unsigned reg, unsigned size,
	     uint32_t v);
/* When the case is over, the header of function 0 and what reg_put() wrote from
 * now on is put back; over a link the device is enumerated. */
void reg_save(struct judge *j);
/*
 * A function level reset of @fn, waited for. Registers stay as it leaves them
 * until the case is over. No FLR: not tested.
 */
bool reg_flr(struct judge *j, unsigned fn);

#endif
