/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_HW_H
#define HOST_UAPI_HW_H

#include <stddef.h>
#include <stdint.h>

#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"

/*
 * The machine as the host kernel sees it. The world fills the table; the host
 * reaches no hardware but through it. Instructions and firmware doorbells of
 * an architecture are that architecture's own table (arch/<a>/insn.h).
 *
 * @bdf is segment << 16 | bus << 8 | device << 3 | function everywhere here.
 */
struct host_hw_ops {
	/*
	 * ECAM. @size is 1, 2 or 4, @reg a multiple of it below 4096. A
	 * function that does not answer reads all ones and is no error.
	 */
	enum il_err (*cfg_read)(void *ctx, uint32_t bdf, uint16_t reg,
				uint8_t size, uint32_t *val);
	enum il_err (*cfg_write)(void *ctx, uint32_t bdf, uint16_t reg,
				 uint8_t size, uint32_t val);

	/*
	 * The host CPU's own load and store, RAM or MMIO, never with the C
	 * bit. IL_E_IO and a filled @f when an architecture's rule refuses.
	 */
	enum il_err (*mem_read)(void *ctx, uint64_t pa, void *out, size_t len,
				struct fault *f);
	enum il_err (*mem_write)(void *ctx, uint64_t pa, const void *in,
				 size_t len, struct fault *f);

	/*
	 * Page frames: @pages 4K frames in a row, aligned to @pages rounded
	 * up to a power of two, zeroed. Errors: IL_E_NOMEM.
	 */
	enum il_err (*page_alloc)(void *ctx, uint32_t pages, uint64_t *pa);
	void (*page_free)(void *ctx, uint64_t pa, uint32_t pages);

	uint64_t (*now_ns)(void *ctx);
	/* Lets @ns of world time go by and the devices run. */
	void (*wait_ns)(void *ctx, uint64_t ns);

	/* Shows a DOE data object that went to @bdf or came from it, whole;
	 * for captures. May be NULL. */
	void (*doe_object)(void *ctx, uint32_t bdf, const uint8_t *obj,
			   size_t len);
};

struct host_hw {
	const struct host_hw_ops *ops;
	void *ctx;
	const struct env *env; /* trace; may be NULL */
};

#endif
