/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/der.h"

/* The length in its shortest form, of at most two bytes; SIZE_MAX: other. */
static size_t length(struct rd *r)
{
	size_t n = rd_u8(r);

	if (n < 0x80)
		return n;
	if (n == 0x81) {
		n = rd_u8(r);
		return n < 0x80 ? SIZE_MAX : n;
	}
	if (n != 0x82)
		return SIZE_MAX;
	n = rd_u16be(r);
	return n < 0x100 ? SIZE_MAX : n;
}

struct rd spdm_der_read(struct rd *r, uint8_t tag)
{
	const uint8_t got = rd_u8(r);
	const size_t n = length(r);
	const uint8_t *p = rd_bytes(r, n);

	if (!r->err && got != tag)
		r->err = IL_E_FIELD;
	if (r->err)
		return (struct rd){ .err = r->err };
	return rd_over(p, n);
}
