/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest of an ordinary VM: all of its memory is its host's as well, and
 * no TSM answers. What it has of a device is what everybody has.
 */
#include "guest/guest.h"

static enum il_err ram(void *ctx, uint64_t gpa, uint64_t size)
{
	(void)ctx;
	(void)gpa;
	(void)size;
	return IL_OK;
}

static enum il_err lock(void *ctx, uint32_t rid)
{
	(void)ctx;
	(void)rid;
	return IL_E_PEER;
}

static enum il_err evidence(void *ctx, const uint8_t *nonce,
			    struct evidence_claims *claims,
			    struct evidence_blobs *blobs)
{
	(void)ctx;
	(void)nonce;
	(void)claims;
	(void)blobs;
	return IL_E_PEER;
}

static enum il_err mmio(void *ctx, const struct guest_pages *m, bool on)
{
	(void)ctx;
	(void)m;
	(void)on;
	return IL_E_PEER;
}

static enum il_err none(void *ctx)
{
	(void)ctx;
	return IL_E_PEER;
}

static enum il_err dma(void *ctx, bool on)
{
	(void)ctx;
	(void)on;
	return IL_E_PEER;
}

static uint64_t bus_addr(void *ctx, uint64_t gpa, bool shared)
{
	(void)ctx;
	(void)shared;
	return gpa;
}

static const char *why(void *ctx)
{
	(void)ctx;
	return "an ordinary VM has no TSM";
}

const struct guest_arch_ops guest_plain_ops = {
	.accept_ram = ram,
	.share_ram = ram,
	.lock = lock,
	.evidence = evidence,
	.mmio = mmio,
	.start = none,
	.dma = dma,
	.stop = none,
	.unbind = none,
	.bus_addr = bus_addr,
	.why = why,
};
