/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/own_priv.h"

#include "base/assert.h"

/*
 * Secure EPT: real entries in pages that the host gave, with the state of each
 * in bits that the walk ignores. Tables are stored plain; see own.h.
 */

static uint64_t slot(uint64_t gpa, unsigned level)
{
	return gpa >> (12 + 9 * level) & 511;
}

static enum il_err read_entry(const struct tdx_own *o, uint64_t at, uint64_t *e)
{
	uint8_t raw[8];
	enum il_err err =
		tdx_own_io(o, at, raw, sizeof(raw), false, TDX_VIEW_TABLE, 0);

	*e = err ? 0 : tdx_u64(raw, 0);
	return err;
}

enum il_err tdx_sept_find(const struct tdx_own *o, uint64_t root, uint64_t gpa,
			  unsigned level, struct tdx_sept *out)
{
	uint64_t table = root;

	for (unsigned l = TDX_SEPT_LEVELS - 1;; l--) {
		enum il_err err;

		out->level = l;
		out->at = table + 8 * slot(gpa, l);
		err = read_entry(o, out->at, &out->e);
		/* All that the module put in leads to tables of its own. */
		IL_ASSERT(!err);
		if (l == level)
			return IL_OK;
		if (tdx_sept_state(out->e) != SEPT_NL_MAPPED)
			return IL_E_STATE;
		table = out->e & EPT_ADDR;
	}
}

void tdx_sept_put(struct tdx_own *o, const struct tdx_sept *s, uint64_t e)
{
	uint8_t raw[8];
	enum il_err err;

	tdx_put_u64(raw, 0, e);
	err = tdx_own_io(o, s->at, raw, sizeof(raw), true, TDX_VIEW_TABLE, 0);
	IL_ASSERT(!err);
	o->changes++;
}

void tdx_sept_clear(struct tdx_own *o, uint64_t table, bool root)
{
	uint8_t raw[PAGE_4K];
	enum il_err err;

	for (unsigned i = 0; i < 512; i++)
		tdx_put_u64(raw, 8 * i,
			    root && i >= 256 ? 0 : SEPT_FREE | EPT_SVE);
	err = tdx_own_io(o, table, raw, sizeof(raw), true, TDX_VIEW_TABLE, 0);
	IL_ASSERT(!err);
}

bool tdx_sept_empty(const struct tdx_own *o, uint64_t table)
{
	uint8_t raw[PAGE_4K];
	enum il_err err = tdx_own_io(o, table, raw, sizeof(raw), false,
				     TDX_VIEW_TABLE, 0);

	IL_ASSERT(!err);
	for (unsigned i = 0; i < 512; i++)
		if (tdx_sept_state(tdx_u64(raw, 8 * i)) != SEPT_FREE)
			return false;
	return true;
}
