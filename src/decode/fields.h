/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DECODE_FIELDS_H
#define DECODE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spdm/codec.h"

/*
 * Names and places of the fields of each message, those of IDE_KM and TDISP
 * inside VENDOR_DEFINED too. Every bit of a message belongs to one
 * field: a test compares this list with what the encoders write, so that a
 * field that a codec has and this list has not is noticed.
 *
 * Source: DSP0274 1.2.1, section 10; DSP0277 1.1; PCIe Base 6.x §6.33.3, §11.3
 */
enum field_kind {
	FIELD_NUMBER,	/* little-endian, at most 8 bytes */
	FIELD_BYTES,	/* of a fixed or counted length */
	FIELD_RESERVED, /* zero when sent, ignored when received */
	FIELD_PROOF,	/* signature or HMAC over what stands before it */
};

/* A number that counts bytes, or things of @unit bytes, of a field. */
struct field_count {
	uint32_t off;
	uint8_t len;
	uint8_t unit;
};

#define FIELD_COUNTS 6

struct field {
	const char *name; /* as the codec's member, or the specification's */
	unsigned nth;	  /* fields of this name that stand before it */
	enum field_kind kind;
	uint8_t mask; /* bits of its one byte; 0: all of its bytes */
	uint32_t off;
	uint32_t len;
	/* What counts its bytes: its own length, then those around it. */
	unsigned counts;
	struct field_count count[FIELD_COUNTS];
};

#define FIELDS_MAX 1024

/* The name of a message, as "KEY_EXCHANGE_RSP" or "KP_ACK"; NULL: none. */
const char *fields_message(const uint8_t *p, size_t n);

/* Lengths that a response itself does not carry, from its decoded form. */
struct spdm_shape fields_shape(const struct spdm_msg *m);

/*
 * fields_of() - the fields of one encoded message, first to last
 *
 * Bits of one byte that are several fields come one after the other.
 *
 * Errors:   IL_E_ARG    a message that is not listed
 *           IL_E_SHORT, IL_E_LONG  it is not as long as its fields
 *           IL_E_SPACE  more than @max fields
 */
enum il_err fields_of(const uint8_t *p, size_t n, const struct spdm_shape *sh,
		      struct field *out, size_t max, size_t *got) IL_MUST;

#endif
