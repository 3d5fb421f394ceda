/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CLI_TALK_H
#define TEST_CLI_TALK_H

#include "check.h"

/* What tests of served devices say, as DOE data objects. */
#define TALK_GET_VERSION 12
#define TALK_GET_CAPS	 28
#define TALK_NEGOTIATE	 56
#define TALK_GET_DIGESTS 12
extern const uint8_t talk_get_version[TALK_GET_VERSION];
extern const uint8_t talk_get_caps[TALK_GET_CAPS];
/* BaseAsymAlgo is at byte 16. */
extern const uint8_t talk_negotiate[TALK_NEGOTIATE];
extern const uint8_t talk_get_digests[TALK_GET_DIGESTS];

/* Sends one in a frame; the length of the one that answers, in @out. */
size_t talk_doe(int fd, const uint8_t *p, size_t n, uint8_t *out, size_t cap);
/* Up to DIGESTS; the mask of slots that have a certificate. */
uint8_t talk_slots(int fd);

#endif
