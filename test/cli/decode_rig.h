/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CLI_DECODE_RIG_H
#define TEST_CLI_DECODE_RIG_H

#include "rig.h"

/* `interlock decode` run over captures, and what it said. */

#define FILE_HEADER   24u
#define PACKET_HEADER 16u
#define DOE_HEADER    8u

/* The path of a recording; good for three more calls. */
const char *vector(const char *name, const char *ext);
/* The output is what stands in that file of test/cli/decode. */
void same_as_file(const struct rig *r, const char *name);
/* A number of the last element. */
int64_t sum(const struct rig *r, const char *key);
/* How often a check of that name came to that verdict. */
unsigned checks(const struct rig *r, const char *of, const char *verdict);

uint32_t u32(const uint8_t *p);
/* Where the bytes of packet @nth, from 1, stand in a file. */
size_t packet_at(const uint8_t *f, size_t n, unsigned nth, size_t *len);

#endif
