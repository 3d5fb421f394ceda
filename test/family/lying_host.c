/* SPDX-License-Identifier: BSD-2-Clause */
/* Before the rest, whose global its inline functions would shadow. */
#include "arch/sev_tio/host_priv.h"

#include "family/books.h"
#include "family/cut.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "family/bell.h"
#include "pci/regs.h"

/*
 * The host between firmware and device: each command of a relay step, each
 * answer that it brings back, each object that it puts into the mailbox is
 * lost, repeated, taken for its neighbour, cut, late or changed. No state moves
 * that an honest run would not have moved at that point, or everything comes to
 * a clean end; what a re-issued command changes is refused (law 52), and what
 * travels secured cannot be changed unnoticed.
 */

#define RECORDS	 1024u
#define DRAWN	 6u /* changed bytes of an object */
#define VF_SHARE 8u
#define AGAIN	 24u /* one case in so many is followed by a whole run */
#define LATE_NS	 UINT64_C(60000000000)

enum tag { TAG_ENDED, TAG_NOTHING, TAG_ISOLATED, TAG_AGAIN };

/* A command of the rehearsal. */
struct record {
	uint32_t cmd;
	size_t len;
	uint8_t buf[SEV_CMD_BUF_MAX];
};

struct object_plan {
	enum { OBJ_KEEP, OBJ_CHANGE, OBJ_DROP, OBJ_TWICE } what;
	uint32_t dw;
	uint32_t mask;
};

static struct host_lies {
	struct family *f;
	char op[48];
	struct books before, most;
	struct record rec[RECORDS];
	unsigned records;
	struct {
		char op[48];
		struct books after;
	} honest[FAMILY_OPS];
	unsigned n_honest;
	unsigned rung;	 /* commands so far, of the run */
	unsigned issued; /* of the operation */
	uint8_t old[PAGE_4K];
	bool old_there;
	struct host_hw_ops ops;
	uint32_t wrote;	  /* dwords of the object under way */
	unsigned objects; /* of the operation */
	/* in the child */
	struct object_plan plan;
	bool must_fail;
	bool must_pass;
	const struct record *left; /* begun out of turn, not carried on */
	bool mess; /* the host has lost count of what firmware holds */
	char why[160];
} l;

/* A VF's commands are a PF's with another number: a share of them. */
static bool try(struct family *f, const char *unit, unsigned index,
		const char *kind)
{
	if (strcmp(f->variant, "vf") == 0 && dice_u64(&f->dice) % VF_SHARE)
		return false;
	return family_fork(f, unit, index, kind);
}

/* --- commands --- */

static void record(uint32_t cmd, const uint8_t *buf, size_t len)
{
	struct record *r = &l.rec[l.records];

	if (l.records == RECORDS)
		return;
	*r = (struct record){ .cmd = cmd, .len = len };
	memcpy(r->buf, buf, len);
	l.records++;
}

/* Somebody else's command in between, with its own buffer. */
static void ring_record(struct family *f, const struct record *r, uint64_t pa,
			const uint8_t *own, size_t len)
{
	l.mess = true;
	/*
	 * To connect, bind and start is the host's to ask at any time; a
	 * trusted entry, MMIO and the guest's trust are not.
	 */
	l.most.connected = l.most.bound = l.most.locked = UINT_MAX;
	l.most.running = l.most.secure = UINT_MAX;
	bell_store(f, pa, r->buf, r->len);
	if (bell_ring(f, r->cmd, pa) == SEV_RET_SPDM_REQUEST)
		l.left = r;
	bell_store(f, pa, own, len);
}

/*
 * The same command, pending, with each byte changed in turn: all refused, and
 * the right one goes on. 0x80 is no FORCE, which may break a command off.
 */
static void alter_each(struct family *f, uint32_t cmd, uint64_t pa,
		       const uint8_t *own, size_t len)
{
	uint8_t b[SEV_CMD_BUF_MAX];

	for (size_t i = 0; i < len; i++) {
		uint32_t ret;

		memcpy(b, own, len);
		b[i] ^= 0x80;
		bell_store(f, pa, b, len);
		ret = bell_ring(f, cmd, pa);
		if (ret == SEV_RET_SUCCESS || ret == SEV_RET_SPDM_REQUEST)
			snprintf(l.why, sizeof(l.why),
				 "byte %zu of a re-issued %02x is changed and "
				 "it is obeyed",
				 i, cmd);
	}
	bell_store(f, pa, own, len);
}

/* True: @ret is what the host is told, the command has been dealt with. */
static bool lie_command(struct family *f, uint32_t cmd, uint64_t pa,
			const uint8_t *own, size_t len, uint32_t *ret)
{
	const bool pending = sev_fw_pending(bell_plat(f)->fw, 0) == cmd;
	const struct record *next = l.rung < l.records ? &l.rec[l.rung] : NULL;
	char unit[16], kind[32];

	snprintf(unit, sizeof(unit), "cmd-%02x", cmd);
	if (try(f, unit, l.issued, "dropped")) {
		l.mess = true;
		*ret = SEV_RET_SUCCESS;
		return true;
	}
	if (try(f, unit, l.issued, "repeated")) {
		l.mess = true; /* it hears of the second one alone */
		(void)bell_ring(f, cmd, pa);
		*ret = bell_ring(f, cmd, pa);
		return true;
	}
	if (next && (next->cmd != cmd || memcmp(next->buf, own, len) != 0) &&
	    try(f, unit, l.issued, "swapped"))
		ring_record(f, next, pa, own, len);
	if (pending && try(f, unit, l.issued, "altered")) {
		l.must_pass = true;
		alter_each(f, cmd, pa, own, len);
	}
	for (unsigned i = 0; i < 2 && l.records; i++) {
		const struct record *r = &l.rec[dice_u64(&f->dice) % l.records];

		snprintf(kind, sizeof(kind), "after-%02x.%u", r->cmd, i);
		if (try(f, unit, l.issued, kind))
			ring_record(f, r, pa, own, len);
	}
	for (size_t i = 0; !pending && i < len; i++) {
		uint8_t b = own[i];

		snprintf(kind, sizeof(kind), "byte-%zu", i);
		if (!try(f, unit, l.issued, kind))
			continue;
		l.mess = true;
		b ^= (uint8_t)(1u << dice_u64(&f->dice) % 8);
		bell_store(f, pa + i, &b, 1);
	}
	return false;
}

/* --- answers --- */

static void put32(struct family *f, uint64_t pa, uint32_t v)
{
	uint8_t b[4];

	sev_put_u32(b, 0, v);
	bell_store(f, pa, b, 4);
}

/* Every class of length, in one of the two fields that tell it. */
static void lengths(struct family *f, uint64_t page, uint32_t n)
{
	static const char *const names[] = { "object", "payload" };
	static const uint32_t at[] = { TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH,
				       TIO_BUF_PAYLOAD };
	const uint32_t v[] = { 0,
			       1,
			       TIO_DOBJ_MSG_LEN - 1,
			       TIO_DOBJ_MSG_LEN,
			       TIO_DOBJ_MSG_LEN + 1,
			       n / 2,
			       n - 32,
			       n - 1,
			       n + 1,
			       n + 32,
			       (uint32_t)PAGE_4K,
			       UINT32_MAX };
	char kind[32];

	for (unsigned k = 0; k < COUNT(at); k++)
		for (unsigned i = 0; i < COUNT(v); i++) {
			snprintf(kind, sizeof(kind), "%s-length-%u", names[k],
				 i);
			if (v[i] != n && try(f, "answer", l.issued, kind))
				put32(f, page + at[k], v[i]);
		}
}

static void flip(struct family *f, uint64_t pa)
{
	uint8_t b;

	bell_load(f, pa, &b, 1);
	b ^= (uint8_t)(1u << dice_u64(&f->dice) % 8);
	bell_store(f, pa, &b, 1);
}

/* Bytes of the record itself; what stands behind it is padding. */
static uint32_t record_len(const uint8_t *page, uint32_t n)
{
	const uint8_t *m = page + BELL_ANSWER;
	uint32_t own = 6u + sev_u16(m, 4);

	return own < n ? own : n;
}

static void changed(struct family *f, uint64_t page, const uint8_t *p,
		    uint32_t n)
{
	const bool secured =
		p[TIO_BUF_HDR_LEN + TIO_DOBJ_DATA_TYPE] == TIO_DATA_SECURED;
	const uint32_t len = secured ? record_len(p, n) : n;
	char kind[32];

	/* The headers once an operation; then some bytes of each message. */
	for (uint32_t i = 0; i < (l.issued == 1 ? BELL_ANSWER : DRAWN / 2);
	     i++) {
		uint32_t at =
			l.issued == 1
				? i
				: (uint32_t)(dice_u64(&f->dice) % BELL_ANSWER);

		snprintf(kind, sizeof(kind), "header-%u", at);
		if (try(f, "answer", l.issued, kind))
			flip(f, page + at);
	}
	for (uint32_t i = 0; i < DRAWN && len; i++) {
		uint32_t at = (uint32_t)(dice_u64(&f->dice) % len);

		snprintf(kind, sizeof(kind), "byte-%u", at);
		if (BELL_ANSWER + at < PAGE_4K &&
		    try(f, "answer", l.issued, kind)) {
			l.must_fail = secured;
			flip(f, page + BELL_ANSWER + at);
		}
	}
}

static void lie_answer(struct family *f, uint32_t cmd, uint64_t pa,
		       const uint8_t *own)
{
	const uint64_t page = bell_answer(f, own);
	uint8_t now[PAGE_4K];
	uint32_t n;

	bell_load(f, page, now, sizeof(now));
	n = sev_u32(now, TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH);
	if (n <= TIO_DOBJ_MSG_LEN)
		return;
	if (l.old_there && try(f, "answer", l.issued, "stale"))
		bell_store(f, page, l.old, sizeof(l.old));
	if (try(f, "answer", l.issued, "lost"))
		put32(f, page + TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH,
		      TIO_DOBJ_MSG_LEN);
	if (try(f, "answer", l.issued, "late")) {
		/* The host polls with nothing, and comes a minute later. */
		put32(f, page + TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH,
		      TIO_DOBJ_MSG_LEN);
		(void)bell_ring(f, cmd, pa);
		f->w->now_ns += LATE_NS;
		bell_store(f, page, now, sizeof(now));
	}
	lengths(f, page, n);
	changed(f, page, now, n - TIO_DOBJ_MSG_LEN);
	if (!f->child) {
		memcpy(l.old, now, sizeof(l.old));
		l.old_there = true;
	}
}

/* The doorbell, with the liar's hand on it. */
static uint32_t ring(void *ctx, uint32_t cmd, uint64_t pa)
{
	struct family *f = l.f;
	uint8_t own[SEV_CMD_BUF_MAX] = { 0 };
	const size_t len = sev_cmd_len(cmd);
	uint32_t ret = 0;

	(void)ctx;
	if (f->child || cmd < SEV_CMD_TIO_STATUS || !len)
		return bell_ring(f, cmd, pa);
	bell_load(f, pa, own, len);
	if (f->rehearsing) {
		record(cmd, own, len);
		return bell_ring(f, cmd, pa);
	}
	l.rung++;
	if (lie_command(f, cmd, pa, own, len, &ret))
		return ret;
	if (!f->child && sev_fw_pending(bell_plat(f)->fw, 0) == cmd)
		lie_answer(f, cmd, pa, own);
	l.issued++;
	return bell_ring(f, cmd, pa);
}

/* --- objects in the mailbox --- */

static bool mailbox(const struct family *f, uint32_t bdf, uint16_t reg,
		    unsigned which)
{
	const struct pci_dev *p = pci_find(&f->w->host->pci, f->w->dev[0].rid);

	return p && p->doe.cap && bdf == p->bdf && reg == p->doe.cap + which;
}

static void plan(struct family *f, uint32_t dws)
{
	static const char *const names[] = { "keep", "change", "drop",
					     "twice" };
	char kind[32];

	for (unsigned i = 0; i < DRAWN && dws > 1; i++) {
		struct object_plan p = {
			.what = i % 3 + 1,
			.dw = 1 + (uint32_t)(dice_u64(&f->dice) % (dws - 1)),
			.mask = UINT32_C(1) << dice_u64(&f->dice) % 32,
		};

		snprintf(kind, sizeof(kind), "%s-dword-%u", names[p.what],
			 p.dw);
		if (try(f, "object", l.objects, kind))
			l.plan = p;
	}
}

static enum il_err cfg_write(void *ctx, uint32_t bdf, uint16_t reg,
			     uint8_t size, uint32_t val)
{
	struct family *f = l.f;
	struct object_plan p;

	if (mailbox(f, bdf, reg, DOE_CTL))
		l.wrote = 0;
	if (!mailbox(f, bdf, reg, DOE_WRITE))
		return world_hw.cfg_write(ctx, bdf, reg, size, val);
	/* The second dword tells how long the object is. */
	if (l.wrote == 1 && !f->child && !f->rehearsing)
		plan(f, val & 0x3ffff);
	l.objects += !l.wrote;
	p = l.plan;
	if (p.what == OBJ_KEEP || p.dw != l.wrote++)
		return world_hw.cfg_write(ctx, bdf, reg, size, val);
	l.plan.what = OBJ_KEEP;
	if (p.what == OBJ_DROP)
		return IL_OK;
	if (p.what == OBJ_CHANGE)
		val ^= p.mask;
	else if (world_hw.cfg_write(ctx, bdf, reg, size, val))
		return IL_E_IO;
	return world_hw.cfg_write(ctx, bdf, reg, size, val);
}

/* --- the run --- */

static struct books *honest(const char *op)
{
	for (unsigned i = 0; i < l.n_honest; i++)
		if (strcmp(l.honest[i].op, op) == 0)
			return &l.honest[i].after;
	return NULL;
}

static void before(struct family *f, const struct lang_call *c)
{
	struct books *after;

	if (strcmp(c->cmd->role, "host") == 0 && c->cmd->verb &&
	    strcmp(c->cmd->verb, "connect") == 0) {
		l.f = f;
		l.ops = world_hw;
		l.ops.cfg_write = cfg_write;
		f->w->host->k.hw.ops = &l.ops;
		bell_plat(f)->host_insn.psp = ring;
		cut_watch(f->w);
		l.rung = 0;
		l.old_there = false;
	}
	family_op_name(c, l.op);
	l.issued = 0;
	l.objects = 0;
	books_read(f->w, &l.before);
	l.most = l.before;
	after = honest(l.op);
	if (after)
		books_most(&l.most, after);
}

static void after(struct family *f, const struct lang_call *c)
{
	(void)c;
	if (!f->rehearsing || honest(l.op) || l.n_honest == FAMILY_OPS)
		return;
	memcpy(l.honest[l.n_honest].op, l.op, sizeof(l.op));
	books_read(f->w, &l.honest[l.n_honest++].after);
}

/* What the host began out of turn it has to end: with any answer. */
static void end_what_is_left(struct family *f)
{
	const uint64_t pa = bell_plat(f)->host->cmd_pa;

	if (!l.left || sev_fw_pending(bell_plat(f)->fw, 0) != l.left->cmd)
		return;
	bell_store(f, pa, l.left->buf, l.left->len);
	bell_garbage(f, bell_answer(f, l.left->buf));
	(void)bell_ring(f, l.left->cmd, pa);
}

static void judge(struct family *f, enum il_err err, struct family_end *end)
{
	struct world *w = f->w;
	struct books now;

	end->tag = err ? TAG_ENDED : TAG_NOTHING;
	if (w->law)
		family_bad(end, "in the operation: %s", w->last_text);
	if (err == IL_E_TIMEOUT && w->last_errno == ETIMEDOUT)
		family_bad(end, "the operation does not end");
	if (cut_left())
		family_bad(end, "isolated, and yet %s", cut_left());
	if (l.why[0])
		family_bad(end, "%s", l.why);
	if (err && l.must_pass)
		family_bad(end, "what was refused has changed something: %s",
			   w->last_text);
	if (!err && l.must_fail)
		family_bad(end, "nobody noticed");
	books_read(w, &now);
	books_no_more(&now, &l.most, end);
	l.plan.what = OBJ_KEEP;
	if (l.mess) {
		end_what_is_left(f);
		(void)world_cleanup(w);
		bell_recover(f);
	}
	books_tear_down(f, end);
	if (w->dev[0].cut)
		end->tag = TAG_ISOLATED;
	if (!end->good || !family_one_in(f, AGAIN))
		return;
	end->tag = TAG_AGAIN;
	books_again(f, end);
}

int main(int argc, char **argv)
{
	static const struct family_cfg cfg = {
		.name = "lying-host",
		.platform = "sev-tio",
		.tags = { "ended", "nothing moved", "isolated", "used again" },
		.rehearse = true,
		.before = before,
		.after = after,
		.judge = judge,
	};

	return family_main(&cfg, 40, argc, argv);
}
