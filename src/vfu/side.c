/* SPDX-License-Identifier: BSD-2-Clause */
#include "emu/side.h"

#include "vfu/vfu_priv.h"

/*
 * The side channel: an emulator that plays the configuration space itself
 * reports what its guest does to it, and asks before it lets an access pass.
 */

static uint8_t status_of(enum il_err err)
{
	if (!err)
		return EMU_SIDE_OK;
	return err == IL_E_STATE ? EMU_SIDE_NOT_NOW : EMU_SIDE_NO_SUCH;
}

static struct emu_side_text text(const char *s)
{
	size_t n = strlen(s);

	return (struct emu_side_text){
		.p = s, .n = n < EMU_SIDE_TEXT_MAX ? n : EMU_SIDE_TEXT_MAX
	};
}

static void ask_access(const struct device *d, const struct emu_side *m,
		       struct emu_side_answer *a)
{
	const uint8_t flags = m->access.flags;
	const bool t = flags & EMU_ACCESS_T;
	const struct device_access access = {
		.rid = m->rid,
		.addr = m->access.addr,
		.len = m->access.len,
		.write = flags & EMU_ACCESS_WRITE,
		.t = t,
		/* Who names no stream means the one that LOCK bound. */
		.stream = flags & EMU_ACCESS_STREAM ? m->access.stream
			  : t			    ? DEVICE_STREAM_BOUND
						    : -1,
		.from_device = flags & EMU_ACCESS_DEVICE,
	};
	const struct rule *why = NULL;

	a->allowed = device_ask_access(d, &access, &why);
	if (!why)
		return;
	a->why = text(why->name);
	a->source = text(why->source);
}

static void serve(struct device *d, const struct emu_side *m,
		  struct emu_side_answer *a)
{
	enum tdi_state state = TDI_UNLOCKED;
	enum il_err err = IL_OK;

	switch (m->command) {
	case EMU_SIDE_WRITE:
		err = device_told_write(d, m->rid, m->write.reg, m->write.size,
					m->write.value);
		break;
	case EMU_SIDE_FLR:
		err = device_told_flr(d, m->rid);
		break;
	case EMU_SIDE_EVENT:
		err = device_told_event(d, (enum link_event)m->event);
		break;
	case EMU_SIDE_STATE:
		err = device_ask_state(d, m->rid, &state);
		a->state = (uint8_t)state;
		break;
	case EMU_SIDE_ACCESS:
		ask_access(d, m, a);
		break;
	}
	a->status = status_of(err);
}

enum vfu_verdict vfu_side(struct vfu *v, unsigned conn,
			  const struct emu_frame *f, struct emu_frame *reply,
			  const char **why)
{
	struct emu_side_answer a = { .status = EMU_SIDE_MALFORMED };
	struct wr w = wr_over(v->reply, sizeof(v->reply));
	struct emu_side m;

	(void)conn;
	if (!emu_side_decode(f->command, f->p, f->len, &m))
		serve(v->dev, &m, &a);
	if (emu_side_answer_encode(&w, f->command, &a)) {
		*why = "an answer cannot be written";
		return VFU_DROP;
	}
	reply->command = f->command;
	reply->len = (uint32_t)w.len;
	return VFU_ANSWER;
}
