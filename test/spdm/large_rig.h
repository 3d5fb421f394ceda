/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SPDM_LARGE_RIG_H
#define TEST_SPDM_LARGE_RIG_H

#include "pair.h"

/*
 * A pair that sends large messages. Bytes are written by hand from DSP0274
 * 1.2.1, sections 10.26 and 10.27: CHUNK_SEND is 0x85, attributes, handle,
 * sequence number u16, two reserved bytes, chunk size u32, in the first chunk
 * the size of the whole u32, the chunk; its acknowledgement is 0x05,
 * attributes, handle, u16, the response to the whole behind the last one.
 * CHUNK_GET is 0x86, 0, handle, u16; CHUNK_RESPONSE, 0x06, is as CHUNK_SEND.
 */

#define LARGE_CAP 140000

extern uint8_t large_rsp[LARGE_CAP], large_req[LARGE_CAP];
extern uint8_t large_load[66000]; /* what large_echo() sends */
extern unsigned large_carried;	  /* messages in the last large_run() */

/* Both ends of @p send and take chunks. */
void large_on(struct pair *p);
/* Not yet started, @transfer is DataTransferSize at both ends. */
struct pair *large_pair(uint32_t transfer);
/* The same by @version, which knows LARGE_RESP. */
struct pair *large_pair_by(uint32_t transfer, uint8_t version);

/* As pair_run(), and no message is above what goes over at once. */
enum il_err large_run(struct pair *p, enum spdm_req_op op,
		      const struct spdm_req_args *args);
/* @n bytes there and back, in the long form of 1.4 if @large. */
enum il_err large_echo(struct pair *p, size_t n, bool large);

/* CHUNK_SEND number @seq of what makes @total; in @out. */
size_t large_chunk(uint8_t *out, uint8_t attr, uint8_t handle, uint16_t seq,
		   uint32_t total, const uint8_t *p, uint32_t n);

void assert_clean(const uint8_t *p, size_t n);

#endif
