/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DECODE_FIELDS_PRIV_H
#define DECODE_FIELDS_PRIV_H

#include "decode/fields.h"

struct walk;

/* One SPDM message: its name, and what lists its fields. */
struct fields_row {
	uint8_t code;
	const char *name;
	void (*walk)(struct walk *w);
};

extern const struct fields_row fields_requests[];
extern const size_t fields_requests_n;
extern const struct fields_row fields_more[];
extern const size_t fields_more_n;
extern const struct fields_row fields_manage[];
extern const size_t fields_manage_n;

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

/* The four bytes all messages begin with; a parameter that is NULL is reserved.
 */
void walk_header(struct walk *w, const char *param1, const char *param2);

/* What is the same in both directions. */
void walk_capabilities(struct walk *w);
void walk_algorithms(struct walk *w);
void walk_header_alone(struct walk *w);
void walk_key_update(struct walk *w);
void walk_vendor(struct walk *w);
void walk_context(struct walk *w);
/* Opaque data that 1.4 added to the messages that end a handshake. */
void walk_finish_opaque(struct walk *w);
/* @n bytes, looked into if they are a certificate chain as long as it says. */
void walk_chain(struct walk *w, const char *name, size_t n);
/* The slot, and whether lengths of four bytes follow. */
bool walk_cert_slot(struct walk *w);
/* Whether the message is of @version or newer. */
bool walk_since(const struct walk *w, uint8_t version);

uint64_t walk_num(struct walk *w, const char *name, size_t len);
/* One byte of several fields: all but the last by walk_bits(). */
uint8_t walk_bits(struct walk *w, const char *name, uint8_t mask);
uint8_t walk_last_bits(struct walk *w, const char *name, uint8_t mask);
/* Bits named @name, of the rest of which nothing is known. */
uint8_t walk_low_bits(struct walk *w, const char *name, uint8_t mask);
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
