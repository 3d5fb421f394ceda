/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_MAILBOX_H
#define JUDGE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/regs.h"

/*
 * A DOE mailbox as whoever is at its registers sees it: single steps, in any
 * order, so that it can be misused on purpose, and whole exchanges as software
 * is to make them.
 * Source: PCIe Base 6.3 §6.30.2, §7.9.24
 */
struct mailbox {
	struct regs regs;
	unsigned fn;
	uint16_t cap; /* offset of the DOE capability */
	uint8_t version;
	bool interrupts;     /* DOE Interrupt Support */
	uint64_t timeout_ns; /* of one step; 0: MAILBOX_TIMEOUT_NS */
};

/* The device's second, and some for the way. Source: §6.30.2 */
#define MAILBOX_TIMEOUT_NS UINT64_C(1500000000)
/* The longest object that is read, bytes; SPDM's are far from it. */
#define MAILBOX_OBJECT_MAX 0x20000u

/*
 * mailbox_find() - the @nth DOE capability of function @fn
 * Reads only. Errors: IL_E_ARG there is none; *m is not written.
 */
enum il_err mailbox_find(struct mailbox *m, const struct regs *regs,
			 unsigned fn, unsigned nth) IL_MUST;

/*
 * Errors of all that follow:
 *           IL_E_IO     the function does not answer
 *           IL_E_STATE  this must not be written here
 * and those that are named.
 */
enum il_err mailbox_status(const struct mailbox *m, uint32_t *sts) IL_MUST;
enum il_err mailbox_put(const struct mailbox *m, uint32_t dw) IL_MUST;
/* @n bytes, whole dwords; no GO. Errors: IL_E_ARG. */
enum il_err mailbox_write(const struct mailbox *m, const uint8_t *obj,
			  size_t n) IL_MUST;
enum il_err mailbox_go(const struct mailbox *m) IL_MUST;
enum il_err mailbox_peek(const struct mailbox *m, uint32_t *dw) IL_MUST;
enum il_err mailbox_pop(const struct mailbox *m) IL_MUST;

/*
 * mailbox_until() - poll the status
 * @any:   one of these bits is to be set; 0: none need be
 * @none:  and these are to be clear
 * @sts:   the latest; written always
 *
 * Errors:   IL_E_TIMEOUT  it did not come about in time
 */
enum il_err mailbox_until(const struct mailbox *m, uint32_t any, uint32_t none,
			  uint32_t *sts) IL_MUST;

/*
 * mailbox_abort() - write Abort, wait until all is clear
 * Errors: IL_E_TIMEOUT: Ready, Error or Busy stayed. Source: §6.30.2, §7.9.24.4
 */
enum il_err mailbox_abort(const struct mailbox *m) IL_MUST;

/*
 * mailbox_idle() - may an exchange begin?
 * Writes nothing: what is under way may be somebody else's.
 *
 * Errors:   IL_E_AGAIN  Busy for as long as a step may take
 *           IL_E_PEER   Error, or an object that is ready
 */
enum il_err mailbox_idle(const struct mailbox *m) IL_MUST;

/*
 * mailbox_answer() - wait for the answer to what was sent, and read it
 * @len: bytes of the object, header included; 0: none came, and Busy is clear
 *
 * An object that is longer than @cap is read to its end all the same.
 *
 * Errors:   IL_E_PEER     Error was set instead
 *           IL_E_TIMEOUT  Busy for longer than the time
 *           IL_E_SHORT    Ready was cleared before Length said so
 *           IL_E_LONG     Ready is still set after it
 *           IL_E_FIELD    Length is 1, or above MAILBOX_OBJECT_MAX
 *           IL_E_SPACE    @cap is too small; the object is gone
 */
enum il_err mailbox_answer(const struct mailbox *m, uint8_t *out, size_t cap,
			   size_t *len) IL_MUST;
/* The object that is ready. Errors: as above but the first two. */
enum il_err mailbox_read(const struct mailbox *m, uint8_t *out, size_t cap,
			 size_t *len) IL_MUST;

/* mailbox_idle(), the object, GO, mailbox_answer(). Errors: of all. */
enum il_err mailbox_exchange(const struct mailbox *m, const uint8_t *obj,
			     size_t n, uint8_t *out, size_t cap,
			     size_t *len) IL_MUST;

#endif
