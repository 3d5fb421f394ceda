/* SPDX-License-Identifier: BSD-2-Clause */
#include "link/link.h"

#include "base/bits.h"
#include "base/bytes.h"

const char *link_event_name(enum link_event ev)
{
	static const char *const names[LINK_EVENTS] = {
		[LINK_UP] = "up",
		[LINK_DOWN] = "down",
		[LINK_HOT_RESET] = "hot-reset",
		[LINK_FUND_RESET] = "fundamental-reset",
		[LINK_POWER_OFF] = "power-off",
		[LINK_POWER_ON] = "power-on",
		[LINK_PRESENT] = "present",
		[LINK_ABSENT] = "absent",
	};
	unsigned i = (unsigned)ev;

	return i < COUNT(names) && names[i] ? names[i] : "?";
}

enum il_err link_send_tlp(const struct link_end *e, const struct tlp *t)
{
	uint8_t buf[TLP_MAX_BYTES];
	struct wr w = wr_over(buf, sizeof(buf));
	enum il_err err = tlp_encode(&w, t);

	return err ? err : link_send(e, LINK_TLP, buf, w.len);
}

enum il_err link_send_event(const struct link_end *e, enum link_event ev)
{
	uint8_t byte = (uint8_t)ev;

	if (ev < LINK_UP || ev >= LINK_EVENTS)
		return IL_E_ARG;
	return link_send(e, LINK_EVENT, &byte, 1);
}

enum il_err link_event_decode(const uint8_t *p, size_t len,
			      enum link_event *out)
{
	struct rd r = rd_over(p, len);
	unsigned ev = rd_u8(&r);

	if (rd_end(&r))
		return rd_end(&r);
	if (ev < LINK_UP || ev >= LINK_EVENTS)
		return IL_E_FIELD;
	*out = (enum link_event)ev;
	return IL_OK;
}

static bool kind_ok(unsigned kind)
{
	return kind == LINK_TLP || kind == LINK_EVENT;
}

enum il_err link_hdr_encode(struct wr *w, enum link_kind kind, size_t len)
{
	if (!kind_ok((unsigned)kind) || !len || len > LINK_FRAME_MAX)
		return IL_E_ARG;
	/* A byte, three that are reserved, a dword. */
	wr_u64le(w, (uint64_t)len << 32 | (uint8_t)kind);
	return w->err;
}

enum il_err link_hdr_decode(struct rd *r, enum link_kind *kind, uint32_t *len)
{
	const uint64_t v = rd_u64le(r);
	const unsigned k = v & 0xff;
	const uint32_t rsvd = v >> 8 & 0xffffff;
	const uint32_t n = (uint32_t)(v >> 32);

	if (r->err)
		return r->err;
	if (!kind_ok(k) || rsvd || !n)
		return IL_E_FIELD;
	if (n > LINK_FRAME_MAX)
		return IL_E_LONG;
	*kind = (enum link_kind)k;
	*len = n;
	return IL_OK;
}
