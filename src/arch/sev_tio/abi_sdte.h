/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_ABI_SDTE_H
#define ARCH_SEV_TIO_ABI_SDTE_H

#include "arch/sev_tio/abi_bytes.h"
#include "base/bits.h"

/*
 * Secure device table entry: 512 bits, eight little-endian quadwords. A field
 * is a quadword and a mask.
 * Version: SEV-TIO 0.91 as in AMD's public tsm branch (guest driver).
 */
#define SDTE_LEN 64

struct sdte_field {
	uint8_t q;
	uint64_t mask;
};

/* clang-format off */
#define SDTE_V		((struct sdte_field){ 0, BIT64(0) })
#define SDTE_PPR	((struct sdte_field){ 0, BIT64(52) })
#define SDTE_IR		((struct sdte_field){ 0, BIT64(61) })
#define SDTE_IW		((struct sdte_field){ 0, BIT64(62) })
#define SDTE_DOMAIN	((struct sdte_field){ 1, MASK64(15, 0) })
#define SDTE_INTERRUPT	((struct sdte_field){ 1, BIT64(32) })
#define SDTE_EX		((struct sdte_field){ 1, BIT64(38) })
#define SDTE_SD		((struct sdte_field){ 1, BIT64(39) })
#define SDTE_SATS	((struct sdte_field){ 1, BIT64(42) })
#define SDTE_ASID	((struct sdte_field){ 3, MASK64(11, 0) })
#define SDTE_VIOMMU	((struct sdte_field){ 3, BIT64(15) })
#define SDTE_GUEST_DEV	((struct sdte_field){ 3, MASK64(31, 16) })
#define SDTE_GUEST_ID	((struct sdte_field){ 3, MASK64(46, 32) })
#define SDTE_GUEST_ONE	((struct sdte_field){ 3, BIT64(47) }) /* must be one */
#define SDTE_VMPL	((struct sdte_field){ 3, MASK64(50, 49) })
#define SDTE_ATTRV	((struct sdte_field){ 3, BIT64(54) })
#define SDTE_VTOM_EN	((struct sdte_field){ 5, BIT64(0) })
#define SDTE_VTOM	((struct sdte_field){ 5, MASK64(31, 1) }) /* 2 MiB units */
#define SDTE_RP_ID	((struct sdte_field){ 5, MASK64(36, 32) })
/* clang-format on */
/* Quadword 4: the IDE stream id of each traffic class, one byte each. */
#define SDTE_STREAM_OFF 0x20
#define SDTE_VTOM_SHIFT 21
#define SDTE_VTOM_MAX	(MASK64(30, 0) << SDTE_VTOM_SHIFT)

static inline uint64_t sdte_get(const uint8_t *e, struct sdte_field f)
{
	return field_get(f.mask, sev_u64(e, 8u * f.q));
}

static inline void sdte_put(uint8_t *e, struct sdte_field f, uint64_t v)
{
	sev_put_u64(e, 8u * f.q, field_set(sev_u64(e, 8u * f.q), f.mask, v));
}

/*
 * Bits of quadword @q that a guest may set through SDTE_WRITE: v, ir, iw,
 * vmpl, vtom_en, vtom. Any other bit in its request is reserved.
 */
static inline uint64_t sdte_guest_mask(unsigned q)
{
	switch (q) {
	case 0:
		return BIT64(0) | BIT64(61) | BIT64(62);
	case 3:
		return MASK64(50, 49);
	case 5:
		return MASK64(31, 0);
	default:
		return 0;
	}
}

#endif
