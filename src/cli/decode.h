/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_DECODE_H
#define CLI_DECODE_H

#include "cli/cli.h"
#include "cli/keylog.h"
#include "decode/fields.h"
#include "decode/flow.h"
#include "decode/watch.h"

/* `interlock decode`: a capture, listened to, and what is shown of it. */

/* What is shown of one packet, or of one message in it. */
struct dec_line {
	const char *what; /* "message", "opaque", "protected", "unknown" … */
	const char *why;  /* NULL: there is nothing to explain */
	const char *name;
	const struct flow_note *note; /* NULL: no SPDM */
	const struct tlp *tlp;	      /* a packet of a link, or NULL */
};

struct dec_sum {
	uint64_t packets;
	uint64_t messages;
	uint64_t secured; /* of them, those that came secured */
	uint64_t opaque;
	uint64_t protected;
	uint64_t unknown;
	uint64_t others; /* packets that carry no SPDM */
	/* Packets of a link that are under IDE: opened, and not. */
	uint64_t opened;
	uint64_t closed;
	uint64_t holds;
	uint64_t fails;
	uint64_t unsaid;
};

struct dec {
	struct cli *c;
	bool json;
	bool verbose;
	const char *path;
	struct keylog keys;
	struct flow flow;
	struct watch watch;
	struct dec_sum sum;
	uint64_t shown; /* elements of JSON */
	bool broken;	/* the file itself is not whole, or none of ours */
	struct field field[FIELDS_MAX];
};

/* decode_show.c */
void dec_show(struct dec *d, const struct dec_line *l);
void dec_show_end(struct dec *d);
/* One line on what is wrong with the file; the rest is still shown. */
void dec_complain(struct dec *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* decode_in.c: one packet by the capture's link type; false: not ours. */
bool dec_link_known(int link);
void dec_packet(struct dec *d, int link, const uint8_t *p, size_t n);
/* The watcher's callback: data objects that a link carried. */
void dec_object(void *ctx, bool answer, const uint8_t *p, size_t n);
/* A message went by: IDE keys that it carries are the watcher's. */
void dec_keys(struct dec *d, const struct flow_note *n);

#endif
