/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/mailbox.h"

#include "base/bytes.h"
#include "doe/doe.h"
#include "pci/regs.h"

#define POLL_NS UINT64_C(1000000)

enum il_err mailbox_find(struct mailbox *m, const struct regs *regs,
			 unsigned fn, unsigned nth)
{
	const uint16_t cap = regs_ecap(regs, fn, ECAP_DOE, nth);

	if (!cap || cap + DOE_CAP_SIZE > CFG_SIZE)
		return IL_E_ARG;
	*m = (struct mailbox){ .regs = *regs, .fn = fn, .cap = cap };
	m->version = ECAP_VER(regs_get(regs, fn, cap, 4));
	m->interrupts = regs_get(regs, fn, cap + DOE_CAP, 4) & DOE_CAP_INT;
	return IL_OK;
}

static enum il_err get(const struct mailbox *m, unsigned rel, uint32_t *v)
{
	return regs_read(&m->regs, m->fn, m->cap + rel, 4, v);
}

static enum il_err set(const struct mailbox *m, unsigned rel, uint32_t v)
{
	return regs_write(&m->regs, m->fn, m->cap + rel, 4, v);
}

/* It has bits that are never set, so that all ones mean nobody is there. */
enum il_err mailbox_status(const struct mailbox *m, uint32_t *sts)
{
	enum il_err err = get(m, DOE_STS, sts);

	return err || *sts != UINT32_MAX ? err : IL_E_IO;
}

enum il_err mailbox_put(const struct mailbox *m, uint32_t dw)
{
	return set(m, DOE_WRITE, dw);
}

enum il_err mailbox_write(const struct mailbox *m, const uint8_t *obj, size_t n)
{
	if (n % 4)
		return IL_E_ARG;
	for (size_t i = 0; i < n; i += 4) {
		enum il_err err = mailbox_put(m, get_u32le(obj + i));

		if (err)
			return err;
	}
	return IL_OK;
}

/* Interrupts stay as they are: off, unless a driver has set them. */
static enum il_err control(const struct mailbox *m, uint32_t bit)
{
	uint32_t now;
	enum il_err err = get(m, DOE_CTL, &now);

	now &= ~(DOE_CTL_GO | DOE_CTL_ABORT);
	return err ? err : set(m, DOE_CTL, now | bit);
}

enum il_err mailbox_go(const struct mailbox *m)
{
	return control(m, DOE_CTL_GO);
}

enum il_err mailbox_peek(const struct mailbox *m, uint32_t *dw)
{
	return get(m, DOE_READ, dw);
}

enum il_err mailbox_pop(const struct mailbox *m)
{
	return set(m, DOE_READ, 0);
}

static uint64_t deadline(const struct mailbox *m)
{
	const uint64_t t = m->timeout_ns ? m->timeout_ns : MAILBOX_TIMEOUT_NS;

	return m->regs.ops->now_ns(m->regs.ctx) + t;
}

/* False: the time is over. */
static bool sleep_on(const struct mailbox *m, uint64_t end)
{
	if (m->regs.ops->now_ns(m->regs.ctx) >= end)
		return false;
	m->regs.ops->wait(m->regs.ctx, POLL_NS);
	return true;
}

enum il_err mailbox_until(const struct mailbox *m, uint32_t any, uint32_t none,
			  uint32_t *sts)
{
	const uint64_t end = deadline(m);

	do {
		enum il_err err = mailbox_status(m, sts);

		if (err)
			return err;
		if ((!any || (*sts & any)) && !(*sts & none))
			return IL_OK;
	} while (sleep_on(m, end));
	return IL_E_TIMEOUT;
}

enum il_err mailbox_abort(const struct mailbox *m)
{
	uint32_t sts;
	enum il_err err = control(m, DOE_CTL_ABORT);

	return err ? err
		   : mailbox_until(m, 0,
				   DOE_STS_READY | DOE_STS_ERROR | DOE_STS_BUSY,
				   &sts);
}

enum il_err mailbox_idle(const struct mailbox *m)
{
	uint32_t sts;
	enum il_err err = mailbox_until(m, 0, DOE_STS_BUSY, &sts);

	if (err == IL_E_TIMEOUT)
		return IL_E_AGAIN;
	if (!err && (sts & (DOE_STS_ERROR | DOE_STS_READY)))
		return IL_E_PEER;
	return err;
}

/* One dword of the object that is ready. */
static enum il_err next(const struct mailbox *m, uint32_t *dw)
{
	uint32_t sts;
	enum il_err err = mailbox_status(m, &sts);

	if (!err && !(sts & DOE_STS_READY))
		return IL_E_SHORT;
	if (!err)
		err = mailbox_peek(m, dw);
	return err ? err : mailbox_pop(m);
}

static void keep(uint8_t *out, size_t cap, size_t at, uint32_t dw)
{
	if (at + 4 <= cap)
		put_u32le(out + at, dw);
}

enum il_err mailbox_read(const struct mailbox *m, uint8_t *out, size_t cap,
			 size_t *len)
{
	uint8_t head[DOE_HEADER_LEN];
	struct rd r = rd_over(head, sizeof(head));
	struct doe_header h;
	uint32_t dw, sts;
	enum il_err err = IL_OK;
	size_t at;

	*len = 0;
	for (at = 0; at < sizeof(head) && !err; at += 4) {
		err = next(m, &dw);
		if (!err)
			put_u32le(head + at, dw);
	}
	if (!err)
		err = doe_header_decode(&r, &h);
	if (err)
		return err;
	/* A length that nobody means would keep us here for minutes. */
	if ((size_t)h.dw * 4 > MAILBOX_OBJECT_MAX)
		return IL_E_FIELD;
	keep(out, cap, 0, get_u32le(head));
	keep(out, cap, 4, get_u32le(head + 4));
	for (; at < (size_t)h.dw * 4 && !err; at += 4) {
		err = next(m, &dw);
		if (!err)
			keep(out, cap, at, dw);
	}
	if (!err)
		err = mailbox_status(m, &sts);
	if (err)
		return err;
	if (sts & DOE_STS_READY)
		return IL_E_LONG;
	if (at > cap)
		return IL_E_SPACE;
	*len = at;
	return IL_OK;
}

enum il_err mailbox_answer(const struct mailbox *m, uint8_t *out, size_t cap,
			   size_t *len)
{
	uint32_t sts;
	enum il_err err =
		mailbox_until(m, DOE_STS_READY | DOE_STS_ERROR, 0, &sts);

	*len = 0;
	/* Neither, and not busy: it was discarded without a word. */
	if (err == IL_E_TIMEOUT && !(sts & DOE_STS_BUSY))
		return IL_OK;
	if (err)
		return err;
	if (sts & DOE_STS_ERROR)
		return IL_E_PEER;
	return mailbox_read(m, out, cap, len);
}

enum il_err mailbox_exchange(const struct mailbox *m, const uint8_t *obj,
			     size_t n, uint8_t *out, size_t cap, size_t *len)
{
	enum il_err err = mailbox_idle(m);

	*len = 0;
	if (!err)
		err = mailbox_write(m, obj, n);
	if (!err)
		err = mailbox_go(m);
	return err ? err : mailbox_answer(m, out, cap, len);
}
