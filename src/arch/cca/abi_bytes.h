/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_ABI_BYTES_H
#define ARCH_CCA_ABI_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* A granule, the unit of every address of this interface. */
#define CCA_GRANULE UINT64_C(0x1000)

/*
 * Little-endian fields of the structures in abi*.h: @p is the start of the
 * structure, @off one of its offset constants. The caller has checked that
 * the structure lies inside its buffer.
 */
static inline uint64_t cca_le(const uint8_t *p, size_t off, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[off + n];
	return v;
}

static inline void cca_put_le(uint8_t *p, size_t off, unsigned n, uint64_t v)
{
	for (unsigned i = 0; i < n; i++)
		p[off + i] = (uint8_t)(v >> (8 * i));
}

static inline uint8_t cca_u8(const uint8_t *p, size_t off)
{
	return p[off];
}

static inline uint32_t cca_u32(const uint8_t *p, size_t off)
{
	return (uint32_t)cca_le(p, off, 4);
}

static inline uint64_t cca_u64(const uint8_t *p, size_t off)
{
	return cca_le(p, off, 8);
}

static inline void cca_put_u8(uint8_t *p, size_t off, uint8_t v)
{
	p[off] = v;
}

static inline void cca_put_u32(uint8_t *p, size_t off, uint32_t v)
{
	cca_put_le(p, off, 4, v);
}

static inline void cca_put_u64(uint8_t *p, size_t off, uint64_t v)
{
	cca_put_le(p, off, 8, v);
}

#endif
