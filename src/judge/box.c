/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/box.h"

#include <stdio.h>

#include "doe/doe.h"
#include "judge/judge_priv.h"
#include "judge/target_link.h"
#include "pci/regs.h"

/* §6.6.2: what software waits after it set Initiate Function Level Reset. */
#define FLR_NS UINT64_C(100000000)

/* --- registers, by the target's entries --- */

static enum il_err cfg_get(void *ctx, unsigned fn, uint16_t reg, unsigned size,
			   uint32_t *v)
{
	struct judge *j = ctx;
	const unsigned off = reg % 4u;
	uint32_t dw = UINT32_MAX;
	enum il_err err;

	if ((size != 1 && size != 2 && size != 4) || off % size)
		return IL_E_ARG;
	err = judge_ops(j)->cfg_read(judge_target(j), fn, (uint16_t)(reg - off),
				     &dw);
	*v = dw >> 8 * off & UINT32_MAX >> (32 - 8 * size);
	return err;
}

static enum il_err cfg_set(void *ctx, unsigned fn, uint16_t reg, unsigned size,
			   uint32_t v)
{
	struct judge *j = ctx;

	return judge_ops(j)->cfg_write(judge_target(j), fn, reg, size, v);
}

static void cfg_wait(void *ctx, uint64_t ns)
{
	struct judge *j = ctx;

	judge_ops(j)->wait(judge_target(j), judge_now(j) + ns);
}

static uint64_t cfg_now(void *ctx)
{
	return judge_now(ctx);
}

struct regs box_regs(struct judge *j)
{
	static const struct regs_ops ops = { .read = cfg_get,
					     .write = cfg_set,
					     .wait = cfg_wait,
					     .now_ns = cfg_now };

	return (struct regs){ .ops = &ops, .ctx = j };
}

/* --- steps --- */

bool box_ok(struct judge *j, enum il_err err, const char *doing)
{
	const char *why = judge_ops(j)->why(judge_target(j));

	if (!judge_on(j))
		return false;
	if (!err && judge_late(j))
		err = IL_E_AGAIN;
	if (err == IL_E_AGAIN)
		return judge_wire_failed(j, err, doing);
	if (!err)
		return true;
	if (err == IL_E_STATE)
		judge_absent(j, "%s", why);
	else if (err == IL_E_TIMEOUT)
		judge_fail(j, "%s: not within its time", doing);
	else
		judge_say(j, JUDGE_FAIL, "%s: %s", doing,
			  err == IL_E_IO ? "its registers do not answer"
					 : il_err_name(err));
	if (err == IL_E_IO)
		j->broken = true;
	return false;
}

static void tidy(struct judge *j)
{
	const struct regs regs = box_regs(j);
	struct mailbox m;

	if (!mailbox_find(&m, &regs, 0, 0) && mailbox_abort(&m))
		j->broken = true;
}

bool box_open(struct judge *j, struct mailbox *m)
{
	const struct regs regs = box_regs(j);

	if (!judge_on(j))
		return false;
	if (mailbox_find(m, &regs, 0, 0)) {
		judge_absent(j, "function 0 has no DOE capability");
		return false;
	}
	judge_later(j, tidy);
	return box_abort(j, m);
}

bool box_status(struct judge *j, const struct mailbox *m, uint32_t *sts)
{
	if (!judge_on(j) ||
	    !box_ok(j, mailbox_status(m, sts), "reading DOE Status"))
		return false;
	judge_note(j, "DOE Status reads 0x%08x", *sts);
	return true;
}

bool box_put(struct judge *j, const struct mailbox *m, const uint8_t *p,
	     size_t n)
{
	if (!judge_on(j))
		return false;
	judge_heard(j, false, JUDGE_OBJECT, p, n);
	return box_ok(j, mailbox_write(m, p, n), "writing the mailbox");
}

bool box_send(struct judge *j, const struct mailbox *m, const uint8_t *p,
	      size_t n)
{
	return box_put(j, m, p, n) &&
	       box_ok(j, mailbox_go(m), "setting DOE Go");
}

bool box_abort(struct judge *j, const struct mailbox *m)
{
	if (!judge_on(j))
		return false;
	judge_note(j, "DOE Abort is written");
	return box_ok(j, mailbox_abort(m), "DOE Abort");
}

bool box_ready(struct judge *j, const struct mailbox *m)
{
	uint32_t sts;
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = mailbox_until(m, DOE_STS_READY | DOE_STS_ERROR, 0, &sts);
	judge_note(j, "DOE Status reads 0x%08x", sts);
	return box_ok(j, err, "awaiting Data Object Ready") &&
	       judge_expect(j, !(sts & DOE_STS_ERROR),
			    "DOE Error is set instead of an answer");
}

bool box_read(struct judge *j, const struct mailbox *m, uint8_t *out,
	      size_t cap, size_t *len)
{
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = mailbox_read(m, out, cap, len);
	if (!err)
		judge_heard(j, true, JUDGE_OBJECT, out, *len);
	if (err == IL_E_SHORT)
		judge_fail(j, "Data Object Ready is cleared before the object "
			      "ends");
	else if (err == IL_E_LONG)
		judge_fail(j, "Data Object Ready stays set after the last "
			      "dword");
	return box_ok(j, err, "reading the answer");
}

/* --- discovery --- */

void box_discovery(const struct mailbox *m, uint8_t index,
		   uint8_t out[BOX_DISCOVERY])
{
	struct wr w = wr_over(out, BOX_DISCOVERY);

	(void)!doe_header_encode(
		&w, &(struct doe_header){
			    { DOE_VENDOR_PCISIG, DOE_TYPE_DISCOVERY }, 3 });
	doe_discovery_req_encode(&w, index, m->version >= 2 ? 2 : 0);
}

bool box_works(struct judge *j, const struct mailbox *m, const char *after)
{
	uint8_t ask[BOX_DISCOVERY], out[64];
	size_t len = 0;

	box_discovery(m, 0, ask);
	return box_send(j, m, ask, sizeof(ask)) && box_ready(j, m) &&
	       box_read(j, m, out, sizeof(out), &len) &&
	       judge_expect(j,
			    len == BOX_DISCOVERY &&
				    (get_u32le(out) & 0x00ffffff) == 1 &&
				    (get_u32le(out + 8) & 0x00ffffff) == 1,
			    "%s, discovery of index 0 is not answered as it "
			    "is before",
			    after);
}

bool box_silent(struct judge *j, const struct mailbox *m, const char *why)
{
	uint32_t sts;
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = mailbox_until(m, DOE_STS_READY | DOE_STS_ERROR, 0, &sts);
	judge_note(j, "DOE Status reads 0x%08x", sts);
	if (err != IL_E_TIMEOUT && !box_ok(j, err, "awaiting no answer"))
		return false;
	return judge_expect(j, !(sts & DOE_STS_READY),
			    "a data object comes back: %s", why);
}

/* --- any register --- */

bool reg_get(struct judge *j, unsigned fn, unsigned reg, unsigned size,
	     uint32_t *v)
{
	const struct regs regs = box_regs(j);

	if (!judge_on(j) || !box_ok(j, regs_read(&regs, fn, reg, size, v),
				    "reading a register"))
		return false;
	judge_note(j, "register 0x%03x of function %u reads 0x%0*x", reg, fn,
		   (int)(2 * size), *v);
	return true;
}

bool reg_put(struct judge *j, unsigned fn, unsigned reg, unsigned size,
	     uint32_t v)
{
	const struct regs regs = box_regs(j);

	if (!judge_on(j))
		return false;
	if (j->saved && j->wrote_n < COUNT(j->wrote))
		j->wrote[j->wrote_n++] = (struct judge_wrote){
			.fn = (uint8_t)fn,
			.size = (uint8_t)size,
			.reg = (uint16_t)reg,
			.was = regs_get(&regs, fn, reg, size),
		};
	judge_note(j, "0x%0*x is written to register 0x%03x of function %u",
		   (int)(2 * size), v, reg, fn);
	return box_ok(j, regs_write(&regs, fn, reg, size, v),
		      "writing a register");
}

/* BARs and what firmware or the system set, as they were. */
static void put_back(struct judge *j)
{
	const struct regs regs = box_regs(j);
	enum il_err err = IL_OK;

	while (j->wrote_n && !err) {
		const struct judge_wrote *w = &j->wrote[--j->wrote_n];

		err = regs_write(&regs, w->fn, w->reg, w->size, w->was);
	}
	if (err) {
		j->broken = true;
	} else if (judge_ops(j)->link) {
		err = target_link_enumerate(
			judge_ops(j)->link(judge_target(j)));
	} else {
		for (unsigned i = 3; i < COUNT(j->header) && !err; i++)
			err = regs_write(&regs, 0, 4 * i, 4, j->header[i]);
		if (!err)
			err = regs_write(&regs, 0, CFG_COMMAND, 2,
					 j->header[1] & 0xffff);
	}
	j->saved = false;
	j->broken |= err != IL_OK;
}

void reg_save(struct judge *j)
{
	const struct regs regs = box_regs(j);

	if (j->saved)
		return;
	for (unsigned i = 0; i < COUNT(j->header); i++)
		j->header[i] = regs_get(&regs, 0, 4 * i, 4);
	j->saved = true;
	j->wrote_n = 0;
	judge_later(j, put_back);
}

bool reg_flr(struct judge *j, unsigned fn)
{
	const struct regs regs = box_regs(j);
	const uint16_t exp = regs_cap(&regs, fn, CAP_EXP);
	uint32_t ctl;

	if (!judge_on(j))
		return false;
	if (!exp ||
	    !(regs_get(&regs, fn, exp + EXP_DEVCAP, 4) & EXP_DEVCAP_FLR)) {
		judge_absent(j, "function %u has no function level reset", fn);
		return false;
	}
	reg_save(j);
	ctl = regs_get(&regs, fn, exp + EXP_DEVCTL, 2);
	if (!reg_put(j, fn, exp + EXP_DEVCTL, 2, ctl | EXP_DEVCTL_FLR))
		return false;
	cfg_wait(j, FLR_NS);
	return true;
}
