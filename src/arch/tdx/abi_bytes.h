/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_ABI_BYTES_H
#define ARCH_TDX_ABI_BYTES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Little-endian fields of the structures in abi*.h: @p is the start of the
 * structure, @off one of its offset constants. The caller has checked that
 * the structure lies inside its buffer.
 */
static inline uint64_t tdx_le(const uint8_t *p, size_t off, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[off + n];
	return v;
}

static inline void tdx_put_le(uint8_t *p, size_t off, unsigned n, uint64_t v)
{
	for (unsigned i = 0; i < n; i++)
		p[off + i] = (uint8_t)(v >> (8 * i));
}

static inline uint16_t tdx_u16(const uint8_t *p, size_t off)
{
	return (uint16_t)tdx_le(p, off, 2);
}

static inline uint32_t tdx_u32(const uint8_t *p, size_t off)
{
	return (uint32_t)tdx_le(p, off, 4);
}

static inline uint64_t tdx_u64(const uint8_t *p, size_t off)
{
	return tdx_le(p, off, 8);
}

static inline void tdx_put_u16(uint8_t *p, size_t off, uint16_t v)
{
	tdx_put_le(p, off, 2, v);
}

static inline void tdx_put_u32(uint8_t *p, size_t off, uint32_t v)
{
	tdx_put_le(p, off, 4, v);
}

static inline void tdx_put_u64(uint8_t *p, size_t off, uint64_t v)
{
	tdx_put_le(p, off, 8, v);
}

#endif
