/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

#include "floor_aead.h"

/*
 * Every seal and open of all parties of a world, written down as it is made.
 * Links with --wrap=ossl_crypto, so that each table that a world makes is
 * looked through.
 */

#define CALLS_LOG_MAX 65536u

/* From here on, until calls_end(); what was written down before is gone. */
void calls_begin(void);
/* How many there were; *@out lives until the next calls_begin(). */
size_t calls_end(struct floor_call **out);

#endif
