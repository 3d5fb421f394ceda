/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DECODE_SAMPLE_H
#define TEST_DECODE_SAMPLE_H

#include "check.h"

#include "decode/fields.h"

/* One message, encoded, and the list of its fields. */

#define MSG_MAX 4600

struct sample {
	struct spdm_msg m;
	struct spdm_shape sh;
	uint8_t p[MSG_MAX];
	size_t n;
	struct field f[FIELDS_MAX];
	size_t fields;
};

extern struct sample s;
extern uint8_t blob[512];

/* A message of 1.2 of that code, all zero. */
void start(uint8_t code);
struct spdm_span span(size_t n);
void encode(void);
/* Each bit of the message is in one field, and they stand in order. */
void covered(void);
/* What is called reserved the decoder ignores, and it ignores nothing else
 * but what lies in a buffer of its own. */
void reserved_is_what_is_ignored(void);
/* All of that. */
void check(void);

#endif
