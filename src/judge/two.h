/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_TWO_H
#define JUDGE_TWO_H

#include "judge/puppet.h"

/*
 * Two sessions of one connection at once: one is current and is what all of
 * puppet.h means, the other stands aside. At the end of the case the current
 * one is ended, the other goes with the connection.
 */

/* A second session, which is current then. A device that has no room for it:
 * "not tested". */
bool judge_second(struct judge *j);
/* The one that stands aside is current, and this one aside. */
bool judge_swap(struct judge *j);
/* END_SESSION to the current one; the other is current then. */
bool judge_end_this(struct judge *j);

/* For the runner: forgets the one aside. */
void judge_two_end(struct judge *j);

#endif
