/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

#include <string.h>

#include "base/bits.h"

/*
 * Enhanced configuration access: memory accesses that become configuration
 * requests. An access that is not 1, 2 or 4 bytes, naturally aligned, reads as
 * ones and writes nothing (§7.2.2 leaves it to the implementation).
 */

static enum il_err ecam_read(void *ctx, const struct mem_req *req, bool trusted,
			     uint64_t off, uint8_t *buf, uint32_t len,
			     struct fault *fault)
{
	struct fabric *f = ctx;
	uint64_t at = off - f->ecam_base;
	struct wr w = wr_over(buf, len);
	uint32_t v = UINT32_MAX;
	enum il_err err = IL_E_ARG;

	(void)req;
	(void)trusted;
	(void)fault;
	memset(buf, 0xff, len);
	if (len <= 4)
		err = fabric_cfg_read(f, (uint16_t)(at >> 12),
				      (uint16_t)(at & 0xfff), len, &v);
	if (!err)
		wr_le(&w, v, len);
	return IL_OK;
}

static enum il_err ecam_write(void *ctx, const struct mem_req *req,
			      bool trusted, uint64_t off, const uint8_t *buf,
			      uint32_t len, struct fault *fault)
{
	struct fabric *f = ctx;
	uint64_t at = off - f->ecam_base;
	struct rd r = rd_over(buf, len);
	enum il_err err = IL_E_ARG;

	(void)req;
	(void)trusted;
	(void)fault;
	if (len <= 4)
		err = fabric_cfg_write(f, (uint16_t)(at >> 12),
				       (uint16_t)(at & 0xfff), len,
				       (uint32_t)rd_le(&r, len));
	(void)err; /* told by the access itself; a CPU sees nothing */
	return IL_OK;
}

static const struct mem_mmio_ops ecam_ops = { .read = ecam_read,
					      .write = ecam_write };

enum il_err fabric_ecam(struct fabric *f, uint64_t base, uint8_t last_bus)
{
	enum il_err err = mem_add_mmio(f->mem, base,
				       ECAM_BUS_SIZE * (last_bus + UINT64_C(1)),
				       &ecam_ops, f);

	if (!err)
		f->ecam_base = base;
	return err;
}
