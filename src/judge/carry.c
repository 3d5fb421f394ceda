/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/carry.h"

#include <stdio.h>
#include <string.h>

#include "doe/doe.h"
#include "pci/regs.h"

static enum il_err failed(struct carry *c, enum il_err err, const char *why)
{
	snprintf(c->why, sizeof(c->why), "%s", why);
	return err;
}

enum il_err carry_open(struct carry *c, const struct regs *regs, bool ours)
{
	enum il_err err;

	c->taken = false;
	c->why[0] = 0;
	if (mailbox_find(&c->m, regs, 0, 0))
		return failed(c, IL_E_ARG, "function 0 has no DOE capability");
	err = mailbox_status(&c->m, &c->found);
	if (err)
		return failed(c, IL_E_IO, "its registers do not answer");
	if (ours && !c->found)
		return IL_OK;
	if (ours) {
		err = mailbox_abort(&c->m);
		if (err == IL_E_TIMEOUT)
			return failed(c, IL_E_STATE,
				      "the mailbox does not abort");
		return err ? failed(c, err, "its registers do not answer")
			   : err;
	}
	err = mailbox_idle(&c->m);
	if (err == IL_E_AGAIN)
		return failed(c, IL_E_STATE,
			      "the mailbox is busy: somebody else uses it");
	if (err == IL_E_PEER)
		return failed(c, IL_E_STATE,
			      "the mailbox is in error, or holds an answer "
			      "that somebody else asked for");
	return err ? failed(c, err, "its registers do not answer") : err;
}

/* What mailbox.h says, as judge_target_ops have it. */
static enum il_err translate(struct carry *c, enum il_err err)
{
	switch (err) {
	case IL_OK:
		return IL_OK;
	case IL_E_TIMEOUT:
	case IL_E_AGAIN:
		return failed(c, IL_E_TIMEOUT, "the mailbox stays busy");
	case IL_E_PEER:
		return failed(c, IL_E_TIMEOUT, "the mailbox shows DOE Error");
	case IL_E_SHORT:
		return failed(c, IL_E_FIELD,
			      "Data Object Ready was cleared before the object "
			      "ended");
	case IL_E_LONG:
		return failed(c, IL_E_FIELD,
			      "Data Object Ready is set after the object");
	case IL_E_FIELD:
		return failed(c, IL_E_FIELD,
			      "the object's Length is none that can be");
	case IL_E_SPACE:
		return failed(c, IL_E_FIELD, "the object is too long for us");
	case IL_E_STATE:
		return failed(c, IL_E_IO, "the mailbox must not be written to");
	case IL_E_ARG:
	case IL_E_AUTH:
	case IL_E_NOMEM:
	case IL_E_RANDOM:
	case IL_E_IO:
		break;
	}
	return failed(c, IL_E_IO, "its registers do not answer");
}

/* The time that is left is the mailbox's. */
static void until(struct carry *c, uint64_t end)
{
	const uint64_t now = c->m.regs.ops->now_ns(c->m.regs.ctx);

	c->m.timeout_ns = end > now ? end - now : 1;
}

static enum il_err take(struct carry *c)
{
	enum il_err err = mailbox_read(&c->m, c->in, sizeof(c->in), &c->in_len);

	c->taken = !err;
	return err;
}

/* The mailbox as it must be to take an object. */
static enum il_err make_room(struct carry *c)
{
	uint32_t sts;
	enum il_err err = mailbox_until(&c->m, 0, DOE_STS_BUSY, &sts);

	if (!err && (sts & DOE_STS_READY))
		err = take(c);
	if (!err && (sts & DOE_STS_ERROR))
		err = mailbox_abort(&c->m);
	return err;
}

enum il_err carry_send(struct carry *c, enum judge_kind kind, const uint8_t *p,
		       size_t n, uint64_t until_ns)
{
	struct wr w = wr_over(c->out, sizeof(c->out));
	enum il_err err;

	if (kind == JUDGE_OBJECT) {
		wr_bytes(&w, p, n);
		wr_zero(&w, -n % 4);
	} else if (doe_wrap(&w, doe_spdm(kind == JUDGE_RECORD), p, n)) {
		return failed(c, IL_E_LONG, "too long for a data object");
	}
	if (w.err)
		return failed(c, IL_E_LONG, "too long for a data object");
	until(c, until_ns);
	err = make_room(c);
	if (!err)
		err = mailbox_write(&c->m, c->out, w.len);
	if (!err)
		err = mailbox_go(&c->m);
	return translate(c, err);
}

static enum il_err came(struct carry *c, struct judge_came *out)
{
	struct judge_came m = { .kind = JUDGE_OBJECT,
				.p = c->in,
				.n = c->in_len,
				.raw = c->in,
				.raw_n = c->in_len };
	struct doe_type type;
	const uint8_t *p;
	size_t n;
	bool secured;

	c->taken = false;
	if (!doe_unwrap(c->in, c->in_len, sizeof(c->in), &type, &p, &n) &&
	    doe_is_spdm(type, &secured)) {
		m.kind = secured ? JUDGE_RECORD : JUDGE_PLAIN;
		m.p = p;
		m.n = n;
	}
	*out = m;
	return IL_OK;
}

enum il_err carry_recv(struct carry *c, struct judge_came *out,
		       uint64_t until_ns)
{
	uint32_t sts;
	enum il_err err;

	if (c->taken)
		return came(c, out);
	until(c, until_ns);
	err = mailbox_until(&c->m, DOE_STS_READY | DOE_STS_ERROR, 0, &sts);
	if (err == IL_E_TIMEOUT)
		return failed(c, err,
			      sts & DOE_STS_BUSY ? "the mailbox stays busy"
						 : "no answer in the mailbox");
	if (!err && (sts & DOE_STS_ERROR))
		err = IL_E_PEER;
	if (!err)
		err = take(c);
	return err ? translate(c, err) : came(c, out);
}
