/* SPDX-License-Identifier: BSD-2-Clause */
#include "emu/frame.h"

enum il_err emu_frame_encode(struct wr *w, const struct emu_frame *f)
{
	if (f->len > EMU_PAYLOAD_MAX)
		return IL_E_ARG;
	wr_u32be(w, f->command);
	wr_u32be(w, f->transport);
	wr_u32be(w, f->len);
	wr_bytes(w, f->p, f->len);
	return w->err;
}

enum il_err emu_frame_decode(const uint8_t *p, size_t n, struct emu_frame *out,
			     size_t *used)
{
	struct rd r = rd_over(p, n);
	struct emu_frame f;

	f.command = rd_u32be(&r);
	f.transport = rd_u32be(&r);
	f.len = rd_u32be(&r);
	if (r.err)
		return r.err;
	if (f.len > EMU_PAYLOAD_MAX)
		return IL_E_LONG;
	f.p = rd_bytes(&r, f.len);
	if (r.err)
		return r.err;
	*out = f;
	*used = EMU_HDR_LEN + f.len;
	return IL_OK;
}
