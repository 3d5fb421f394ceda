/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TSM_RP_KEYS_H
#define TSM_RP_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What firmware programs into a root port's register block for a stream. */
#define RP_RANGES    2u
#define RP_ANY_BLOCK (-1)

struct rp_stream {
	int block; /* which one; RP_ANY_BLOCK: the first that is free */
	uint8_t id;
	uint8_t segment;
	uint16_t rid_base;
	uint16_t rid_limit; /* the last one */
	bool is_default;
	bool config;	  /* configuration requests ride on it */
	bool tee_limited; /* requests with T = 0 do not */
	bool host_enable; /* Enable stays the host's, locked or not */
	unsigned ranges;
	struct rp_range {
		uint64_t base;	/* whole MiB */
		uint64_t limit; /* the last byte */
	} range[RP_RANGES];
};

/*
 * The power over a root port's IDE keys, held by one agent per architecture
 * (architecture document, "each power has one holder"). Whoever wires a world
 * fills it; the context goes first. @port is the number that the backend's
 * ABI names the root port by.
 *
 * @dir: 0 receive, 1 transmit, as seen from the root port; @sub: 0 posted,
 * 1 non-posted, 2 completion; @key: natural AES order; @ifv: 8 bytes.
 */
struct rp_keys {
	enum il_err (*program)(void *ctx, uint32_t port, uint8_t stream,
			       uint8_t key_set, uint8_t dir, uint8_t sub,
			       const uint8_t key[32], const uint8_t ifv[8]);
	enum il_err (*go)(void *ctx, uint32_t port, uint8_t stream,
			  uint8_t key_set, uint8_t dir, uint8_t sub);
	enum il_err (*stop)(void *ctx, uint32_t port, uint8_t stream,
			    uint8_t key_set, uint8_t dir, uint8_t sub);
	/*
	 * Every key of the stream gone and the stream out of use at the port:
	 * nothing passes with T = 1, while configuration requests (and so
	 * DOE) go in the clear again. Cannot fail; idempotent.
	 */
	void (*wipe)(void *ctx, uint32_t port, uint8_t stream);
	/* Whether the root port's stream is Secure now. */
	bool (*secure)(void *ctx, uint32_t port, uint8_t stream);
	/*
	 * Whether one register block of the port carries @stream, on TC 0,
	 * covers @rid, is the port's only default stream, and is not enabled:
	 * what a connect may start from (laws 9 and 12).
	 * Errors: IL_E_STATE  it does not.
	 */
	enum il_err (*ready)(void *ctx, uint32_t port, uint8_t stream,
			     uint8_t segment, uint16_t rid);
	/*
	 * The device's IDE capability as configuration space shows it, from
	 * the IDE Capability Register (offset 4 of the structure) on: what
	 * QUERY_RESP must repeat (law 14).
	 * Errors: IL_E_IO     no such function or capability
	 *         IL_E_SPACE  longer than @cap
	 */
	enum il_err (*ep_ide)(void *ctx, uint8_t segment, uint16_t rid,
			      uint8_t *out, size_t cap, size_t *len);
	/* Whether @rid is a function (PF or VF) behind @port; law 16. */
	bool (*behind)(void *ctx, uint32_t port, uint8_t segment, uint16_t rid);
	/*
	 * The port's registers, for architectures whose firmware holds them
	 * (laws 12 and 13); where the host does, nobody calls these.
	 *
	 * setup: a free block becomes @s, TC 0, not enabled.
	 * Errors: IL_E_ARG    no such port, a field out of range
	 *         IL_E_STATE  the block is in use, or another block has the
	 *                     id, RIDs or addresses of it, or is default too
	 *         IL_E_SPACE  no block is free
	 * teardown: keys wiped, block free again, not locked.
	 * enable: its Enable bit. Errors: IL_E_STATE another enabled stream
	 * has the same id.
	 * lock: while on, what the host writes to the block or to what routes
	 * packets at the port is dropped.
	 * These three: IL_E_ARG where the port has no such stream.
	 */
	enum il_err (*setup)(void *ctx, uint32_t port,
			     const struct rp_stream *s);
	enum il_err (*teardown)(void *ctx, uint32_t port, uint8_t stream);
	enum il_err (*enable)(void *ctx, uint32_t port, uint8_t stream,
			      bool on);
	enum il_err (*lock)(void *ctx, uint32_t port, uint8_t stream, bool on);
	/*
	 * The vendor's registers of the port: bits of @mask in the dword at
	 * @off (behind the headers) become @value's; a @mask of 0 changes
	 * none. @now: the dword afterwards; may be NULL.
	 * Errors: IL_E_ARG  no such port or register
	 */
	enum il_err (*vendor)(void *ctx, uint32_t port, uint16_t off,
			      uint32_t mask, uint32_t value, uint32_t *now);
};

#endif
