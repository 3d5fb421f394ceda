/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_CARRY_H
#define JUDGE_CARRY_H

#include "judge/judge.h"
#include "judge/mailbox.h"

/*
 * A target's messages, carried through a DOE mailbox: send and recv of
 * judge_target_ops over registers. Whose registers they are is the target's
 * business (target_link.h, target_pci.h).
 */
#define CARRY_MAX 0x12000u /* bytes of a data object, either way */

struct carry {
	struct mailbox m;
	bool taken; /* @in holds an object that nobody fetched yet */
	size_t in_len;
	uint32_t found; /* DOE Status when it was opened */
	char why[160];	/* words for the last error */
	uint8_t in[CARRY_MAX];
	uint8_t out[CARRY_MAX];
};

/*
 * carry_open() - the mailbox of function 0, which nobody else uses
 * @ours: who made the device start anew: what stands in the mailbox is left
 *        over and is aborted. Otherwise it may be somebody else's, and
 *        nothing is written.
 *
 * Errors:   IL_E_ARG    no DOE capability
 *           IL_E_STATE  in use: busy, in error, or an object is ready
 *           IL_E_IO     no answer
 */
enum il_err carry_open(struct carry *c, const struct regs *regs,
		       bool ours) IL_MUST;
/* As of judge_target_ops. */
enum il_err carry_send(struct carry *c, enum judge_kind kind, const uint8_t *p,
		       size_t n, uint64_t until_ns) IL_MUST;
enum il_err carry_recv(struct carry *c, struct judge_came *out,
		       uint64_t until_ns) IL_MUST;

#endif
