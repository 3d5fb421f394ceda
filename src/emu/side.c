/* SPDX-License-Identifier: BSD-2-Clause */
#include "emu/side.h"

/* Reserved bytes: refused when set, so that they can mean something later. */
static void reserved(struct rd *r, unsigned n)
{
	while (n--)
		if (rd_u8(r) && !r->err)
			r->err = IL_E_FIELD;
}

enum il_err emu_side_encode(struct wr *w, const struct emu_side *m)
{
	switch (m->command) {
	case EMU_SIDE_WRITE:
		wr_u16le(w, m->rid);
		wr_u16le(w, m->write.reg);
		wr_u8(w, m->write.size);
		wr_zero(w, 3);
		wr_u32le(w, m->write.value);
		return w->err;
	case EMU_SIDE_FLR:
	case EMU_SIDE_STATE:
		wr_u16le(w, m->rid);
		wr_zero(w, 2);
		return w->err;
	case EMU_SIDE_EVENT:
		wr_u8(w, m->event);
		wr_zero(w, 3);
		return w->err;
	case EMU_SIDE_ACCESS:
		wr_u16le(w, m->rid);
		wr_u8(w, m->access.flags);
		wr_u8(w, m->access.stream);
		wr_u32le(w, m->access.len);
		wr_u64le(w, m->access.addr);
		return w->err;
	default:
		return IL_E_ARG;
	}
}

static void decode_access(struct rd *r, struct emu_side *m)
{
	m->rid = rd_u16le(r);
	m->access.flags = rd_u8(r);
	m->access.stream = rd_u8(r);
	m->access.len = rd_u32le(r);
	m->access.addr = rd_u64le(r);
	if (!r->err && (m->access.flags & ~EMU_ACCESS_FLAGS))
		r->err = IL_E_FIELD;
}

enum il_err emu_side_decode(uint32_t command, const uint8_t *p, size_t n,
			    struct emu_side *out)
{
	struct emu_side m = { .command = command };
	struct rd r = rd_over(p, n);
	enum il_err err;

	switch (command) {
	case EMU_SIDE_WRITE:
		m.rid = rd_u16le(&r);
		m.write.reg = rd_u16le(&r);
		m.write.size = rd_u8(&r);
		reserved(&r, 3);
		m.write.value = rd_u32le(&r);
		break;
	case EMU_SIDE_FLR:
	case EMU_SIDE_STATE:
		m.rid = rd_u16le(&r);
		reserved(&r, 2);
		break;
	case EMU_SIDE_EVENT:
		m.event = rd_u8(&r);
		reserved(&r, 3);
		break;
	case EMU_SIDE_ACCESS:
		decode_access(&r, &m);
		break;
	default:
		return IL_E_ARG;
	}
	err = rd_end(&r);
	if (!err)
		*out = m;
	return err;
}

enum il_err emu_side_answer_encode(struct wr *w, uint32_t command,
				   const struct emu_side_answer *a)
{
	if (!emu_side_is(command) || a->why.n > EMU_SIDE_TEXT_MAX ||
	    a->source.n > EMU_SIDE_TEXT_MAX)
		return IL_E_ARG;
	wr_u8(w, a->status);
	wr_u8(w, command == EMU_SIDE_STATE    ? a->state
		 : command == EMU_SIDE_ACCESS ? a->allowed
					      : 0);
	if (command != EMU_SIDE_ACCESS) {
		wr_zero(w, 2);
		return w->err;
	}
	wr_u8(w, (uint8_t)a->why.n);
	wr_u8(w, (uint8_t)a->source.n);
	wr_bytes(w, a->why.p, a->why.n);
	wr_bytes(w, a->source.p, a->source.n);
	return w->err;
}

enum il_err emu_side_answer_decode(uint32_t command, const uint8_t *p, size_t n,
				   struct emu_side_answer *out)
{
	struct emu_side_answer a = { .allowed = false };
	struct rd r = rd_over(p, n);
	uint8_t value;
	enum il_err err;

	if (!emu_side_is(command))
		return IL_E_ARG;
	a.status = rd_u8(&r);
	value = rd_u8(&r);
	if (command == EMU_SIDE_ACCESS) {
		a.why.n = rd_u8(&r);
		a.source.n = rd_u8(&r);
		a.why.p = (const char *)rd_bytes(&r, a.why.n);
		a.source.p = (const char *)rd_bytes(&r, a.source.n);
		a.allowed = value == 1;
	} else {
		reserved(&r, 2);
		a.state = command == EMU_SIDE_STATE ? value : 0;
	}
	/* A byte that says nothing, or neither yes nor no. */
	if (!r.err && command != EMU_SIDE_STATE &&
	    value > (command == EMU_SIDE_ACCESS))
		r.err = IL_E_FIELD;
	err = rd_end(&r);
	if (!err)
		*out = a;
	return err;
}
