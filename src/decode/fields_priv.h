/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DECODE_FIELDS_PRIV_H
#define DECODE_FIELDS_PRIV_H

#include "decode/fields.h"

/*
 * A walk over a message. Each function below lists one or more fields and
 * moves on; numbers come back. Errors stick, as a cursor's do.
 */
struct walk {
	const uint8_t *p;
	size_t n;
	size_t at;
	const struct spdm_shape *sh;
	struct field *out;
	size_t max;
	size_t got;
	enum il_err err;
	struct field_count open[FIELD_COUNTS]; /* counts around this place */
	unsigned depth;
};

uint64_t walk_num(struct walk *w, const char *name, size_t len);
/* One byte of several fields: all but the last by walk_bits(). */
uint8_t walk_bits(struct walk *w, const char *name, uint8_t mask);
uint8_t walk_last_bits(struct walk *w, const char *name, uint8_t mask);
void walk_reserved(struct walk *w, size_t len);
void walk_reserved_bits(struct walk *w, uint8_t mask);
void walk_bytes(struct walk *w, const char *name, size_t len);
void walk_proof(struct walk *w, const char *name, size_t len);
size_t walk_left(const struct walk *w);

/* The number of @len bytes just listed counts @unit bytes each of what comes,
 * until walk_close(). */
void walk_open(struct walk *w, size_t len, uint8_t unit);
void walk_close(struct walk *w);
/* Bytes that the number of @len bytes just listed counts. */
void walk_counted(struct walk *w, const char *name, size_t len, size_t n);

/* IDE_KM and TDISP, from the protocol id on, up to the end of the payload. */
void walk_idekm(struct walk *w, size_t end);
void walk_tdisp(struct walk *w, size_t end);
const char *walk_idekm_name(uint8_t object);
const char *walk_tdisp_name(uint8_t code);

#endif
