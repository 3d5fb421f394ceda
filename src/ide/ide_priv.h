/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IDE_IDE_PRIV_H
#define IDE_IDE_PRIV_H

#include "ide/ide.h"

/* What can happen to a stream; stream.c has the table. */
enum ide_event {
	IDE_EV_ENABLE,	/* Enable written 1, was 0 */
	IDE_EV_DISABLE, /* Enable written 0, was 1 */
	IDE_EV_CONFIG,	/* another field changed */
	IDE_EV_KEY,
	IDE_EV_GO,
	IDE_EV_STOP,
	IDE_EV_READY, /* a key set goes everywhere */
	IDE_EV_FAIL,  /* found while protecting, checking, or by the partner */
	IDE_EV_WIPE,  /* keys taken away, link down */
	IDE_EV_RESET,
	IDE_EVENTS,
};

struct ide_arg {
	enum ide_cause cause;
	unsigned set;
	enum ide_dir dir;
	unsigned sub;
	const uint8_t *key;
};

/*
 * The one entry to the table.
 * Errors:   IL_E_STATE  not now; and what the action refuses. Nothing changed.
 */
enum il_err ide_handle(struct ide_port *p, unsigned idx, enum ide_event ev,
		       const struct ide_arg *arg) IL_MUST;

/* The same for events whose cell is there and whose action cannot fail. */
void ide_must(struct ide_port *p, unsigned idx, enum ide_event ev,
	      const struct ide_arg *arg);

/* Wipes one key; its slot goes back. */
void ide_key_wipe(struct ide_port *p, struct ide_key *k);

/*
 * Whether law 5 lets a key in; @id is what the log has of it.
 * Errors: IL_E_AUTH seen before, IL_E_SPACE the log is full; from crypto
 */
enum il_err ide_key_fresh(const struct ide_port *p, const uint8_t *key,
			  uint64_t *id) IL_MUST;
/* After ide_key_fresh(), and nothing else in between. */
void ide_key_remember(struct ide_port *p, uint64_t id);

/* May @t be under a selective stream at all? Table 6-35. */
bool ide_type_ok(const struct ide_port *p, const struct ide_stream_cfg *c,
		 const struct tlp *t, bool sending);

static inline bool ide_rid_in(const struct ide_stream_cfg *c, uint16_t rid)
{
	return c->rid_valid && rid >= c->rid_base && rid <= c->rid_limit;
}

/*
 * Fields of the IDE Sync and IDE Fail Messages in bytes 8 to 15.
 * OPEN: the figures (2-73, 2-77) are not in the public conversions, so that
 * the place of the two counters and of the Stream ID is our choice. Both ends
 * are ours; a foreign port would need the figure.
 */
#define IDE_MSG_CPL    MASK64(15, 8)
#define IDE_MSG_NPR    MASK64(7, 0)
#define IDE_MSG_STREAM MASK64(7, 0)

#endif
