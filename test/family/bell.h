/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_FAMILY_BELL_H
#define TEST_FAMILY_BELL_H

#include "family/family.h"
#include "world/plat_sev_tio.h"

/* The firmware's doorbell, and the host's memory, without the host's driver. */

/* Where a message begins in a response buffer. */
#define BELL_ANSWER ((uint32_t)(TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN))

struct sev_plat *bell_plat(const struct family *f);
uint32_t bell_ring(struct family *f, uint32_t cmd, uint64_t pa);
/* Zeros where the host may not read. */
void bell_load(struct family *f, uint64_t pa, void *out, size_t n);
/* A page that is no longer the host's keeps what it has. */
void bell_store(struct family *f, uint64_t pa, const void *in, size_t n);
/* First page of the response buffer that a command names. */
uint64_t bell_answer(struct family *f, const uint8_t *cmd);
/* An answer there that no session takes. */
void bell_garbage(struct family *f, uint64_t page);
/*
 * What a driver that was told a tale has forgotten, given back by force: all
 * of it is firmware's to allow, at any time (law 49).
 */
void bell_recover(struct family *f);

#endif
