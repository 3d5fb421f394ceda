/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_FALL_H
#define JUDGE_FALL_H

#include "judge/box.h"
#include "judge/target_link.h"
#include "judge/tee.h"

/*
 * For the cases of the cascade: a TDI that is locked or runs, on a stream that
 * both ends have the keys of where the target is a link; and what is left of
 * it after something ended. All return as puppet.h says.
 */

/* The link; NULL: the target is none. */
struct target_link *fall_link(const struct judge *j);
/* The function that hosts the TDI. */
unsigned fall_fn(const struct judge *j);

/* As tee_keyed(), with the same keys at our end of the link. */
bool fall_keyed(struct judge *j);
bool fall_locked(struct judge *j, struct tee_lock *l);
bool fall_running(struct judge *j);

/* Something ended the session, or may have: a new one, which finds what the
 * old one left. */
bool fall_anew(struct judge *j);
/* Events of the link; where it ends sessions, the old ones are forgotten. */
bool fall_event(struct judge *j, enum judge_event ev);

/*
 * fall_down() - it is neither LOCKED nor in RUN any more
 * ERROR, or UNLOCKED: §11.2 lets a TDI clean up by itself.
 */
bool fall_down(struct judge *j, const char *after);
bool fall_stays(struct judge *j, enum tdi_state want, const char *after);
/* The device's stream is in the Insecure state. */
bool fall_insecure(struct judge *j, const char *after);

/* TEE memory of the TDI, as its report has it; LOCKED or RUN. */
bool fall_mmio(struct judge *j, uint64_t *addr);
/* A dword is read there: whether it was refused. @stream: -1 or the bound
 * one. */
bool fall_read(struct judge *j, uint64_t addr, bool stream, bool t,
	       bool *refused, uint32_t *v);
/* As root_mem_read(), the errors as words. */
bool fall_peek(struct judge *j, const struct root_how *how, uint64_t addr,
	       enum il_err *err);

#endif
