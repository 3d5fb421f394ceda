/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_ARCH_H
#define GUEST_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "evidence/appraise.h"

/*
 * What the architecture's guest driver does for the generic one. Every entry
 * may leave the guest: IL_E_AGAIN means that the host has an exit and that
 * the same call is to be made again once the vCPU runs. IL_E_PEER is a
 * refusal by the TSM or the host, kept by the driver for guest_arch_ops.why().
 */

/* Pages of a range that the device has reported. */
struct guest_pages {
	uint64_t gpa;
	uint32_t pages;
	uint32_t offset; /* pages, from the start of the range */
	uint16_t range_id;
	unsigned index;	     /* of the range in the report, from 0 */
	uint64_t first_page; /* as the report has it, of the range */
};

struct guest_arch_ops {
	/*
	 * Makes [@gpa, @gpa + @size) private, and accepts it; 4K multiples.
	 * Its content is not defined afterwards. All of it was shared, or
	 * none.
	 */
	enum il_err (*accept_ram)(void *ctx, uint64_t gpa, uint64_t size);
	/*
	 * Gives the pages to the host in the clear; what was in them is lost.
	 * After an error they are private as before, what was in them lost,
	 * too: they were the host's to exchange meanwhile.
	 */
	enum il_err (*share_ram)(void *ctx, uint64_t gpa, uint64_t size);
	/* Binds the function with this guest RID and locks it. */
	enum il_err (*lock)(void *ctx, uint32_t rid);
	/*
	 * Claims and blobs of the current lock session. With @nonce, fresh
	 * measurements for it are taken first. Blobs live until the next call.
	 * IL_E_AUTH: the TSM, which compares the host's certificates with the
	 * session's digest itself, says that they differ (law 27).
	 */
	enum il_err (*evidence)(void *ctx, const uint8_t *nonce,
				struct evidence_claims *claims,
				struct evidence_blobs *blobs);
	/* Accepts (@on) or gives back pages of a reported range. */
	enum il_err (*mmio)(void *ctx, const struct guest_pages *m, bool on);
	enum il_err (*start)(void *ctx);
	enum il_err (*dma)(void *ctx, bool on);
	enum il_err (*stop)(void *ctx);
	enum il_err (*unbind)(void *ctx);
	/* It is over, and the function nobody's, or gone: what was changed for
	 * it about our addresses is as before. NULL: nothing is. */
	enum il_err (*left)(void *ctx);
	/*
	 * From which bus address on a trusted function reaches shared memory;
	 * counts from the next dma(on). NULL: the architecture has no such
	 * border. Errors: IL_E_ARG it cannot be said.
	 */
	enum il_err (*shared_from)(void *ctx, uint64_t bus);
	/* Bus address by which the function reaches @gpa now. */
	uint64_t (*bus_addr)(void *ctx, uint64_t gpa, bool shared);
	/* An address alone says whether it is private, or the other view of a
	 * private one leaves the guest for good: nothing has a plain view
	 * beside the private one. */
	bool one_view;
	/* What the last IL_E_PEER was about: "MMIO_VALIDATE: not 4K". */
	const char *(*why)(void *ctx);
};

/*
 * Loads and stores. @priv is the encryption bit of the guest's own mapping.
 * IL_E_AGAIN as above; IL_E_IO is a fault that nobody resolved.
 */
struct guest_cpu_ops {
	enum il_err (*read)(void *ctx, uint64_t gpa, bool priv, void *buf,
			    uint32_t len);
	enum il_err (*write)(void *ctx, uint64_t gpa, bool priv,
			     const void *buf, uint32_t len);
};

#endif
