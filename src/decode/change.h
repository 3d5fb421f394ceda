/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DECODE_CHANGE_H
#define DECODE_CHANGE_H

#include "decode/fields.h"

/*
 * One field of an encoded message made wrong. What counts the field's bytes
 * goes with it, so that a field of another length is found by its own check
 * and not by that of the frame around it.
 */
enum change_how {
	CHANGE_ZERO,
	CHANGE_ONES,
	CHANGE_MORE,	/* number + 1; of bytes the first */
	CHANGE_LESS,	/* number - 1 */
	CHANGE_FLIP,	/* bit @bit of the field's bytes, or of its mask */
	CHANGE_OTHER,	/* the @n bytes at @p, as long as the field */
	CHANGE_SHORTER, /* bytes: the last one is missing */
	CHANGE_LONGER,	/* bytes: one more; a number: it stands twice */
	CHANGE_GONE,	/* the field is not there */
	CHANGE_HOWS,
};

struct change {
	enum change_how how;
	uint32_t bit;
	const uint8_t *p;
	size_t n;
};

extern const char *const change_names[CHANGE_HOWS];

/*
 * change_apply() - @c on field @f of the message of *@n bytes at @p
 * @cap: room at @p; a longer field takes one byte or its own length more
 *
 * Errors:   IL_E_STATE  it would change nothing, or @f cannot be changed so;
 *                       nothing has changed
 *           IL_E_SPACE  no room
 */
enum il_err change_apply(const struct field *f, const struct change *c,
			 uint8_t *p, size_t cap, size_t *n) IL_MUST;

#endif
