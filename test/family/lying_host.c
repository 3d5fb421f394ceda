/* SPDX-License-Identifier: BSD-2-Clause */
/* Before the rest, whose global its inline functions would shadow. */
#include "arch/sev_tio/host_priv.h"

#include "family/books.h"

#include <errno.h>
#include <stdlib.h>

#include "pci/regs.h"
#include "tsm/tsm.h"
#include "world/plat_sev_tio.h"

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
#define ANSWER	 ((uint32_t)(TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN))
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
	bool mess; /* the host has lost count of what firmware holds */
	char why[160];
} l;

static struct sev_plat *plat(const struct family *f)
{
	return f->w->plat_ctx;
}

static uint32_t ring_on(struct family *f, uint32_t cmd, uint64_t pa)
{
	struct sev_plat *p = plat(f);

	sev_fw_time(p->fw, f->w->now_ns);
	return sev_fw_command(p->fw, cmd, pa);
}

static void load(struct family *f, uint64_t pa, void *out, size_t n)
{
	struct fault why;

	if (mem_host_read(&f->w->mem, pa, out, (uint32_t)n, &why))
		memset(out, 0, n);
}

/* A page that is no longer the host's keeps what it has. */
static void store(struct family *f, uint64_t pa, const void *in, size_t n)
{
	struct fault why;

	if (mem_host_write(&f->w->mem, pa, in, (uint32_t)n, &why))
		return;
}

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
	store(f, pa, r->buf, r->len);
	(void)ring_on(f, r->cmd, pa);
	store(f, pa, own, len);
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
		store(f, pa, b, len);
		ret = ring_on(f, cmd, pa);
		if (ret == SEV_RET_SUCCESS || ret == SEV_RET_SPDM_REQUEST)
			snprintf(l.why, sizeof(l.why),
				 "byte %zu of a re-issued %02x is changed and "
				 "it is obeyed",
				 i, cmd);
	}
	store(f, pa, own, len);
}

/* True: @ret is what the host is told, the command has been dealt with. */
static bool lie_command(struct family *f, uint32_t cmd, uint64_t pa,
			const uint8_t *own, size_t len, uint32_t *ret)
{
	const bool pending = sev_fw_pending(plat(f)->fw, 0) == cmd;
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
		(void)ring_on(f, cmd, pa);
		*ret = ring_on(f, cmd, pa);
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
		store(f, pa + i, &b, 1);
	}
	return false;
}

/* --- answers --- */

/* First page of the response buffer that the command names. */
static uint64_t answer_page(struct family *f, const uint8_t *cmd)
{
	uint64_t sla = sev_u64(cmd, TIO_CMD_SPDM_CTRL + TIO_SPDM_RESP);
	uint8_t first[8];

	if (!(sla & SLA_SCATTER))
		return sla_pa(sla);
	load(f, sla_pa(sla), first, sizeof(first));
	return sla_pa(sev_u64(first, 0));
}

static void put32(struct family *f, uint64_t pa, uint32_t v)
{
	uint8_t b[4];

	sev_put_u32(b, 0, v);
	store(f, pa, b, 4);
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

	load(f, pa, &b, 1);
	b ^= (uint8_t)(1u << dice_u64(&f->dice) % 8);
	store(f, pa, &b, 1);
}

/* Bytes of the record itself; what stands behind it is padding. */
static uint32_t record_len(const uint8_t *page, uint32_t n)
{
	const uint8_t *m = page + ANSWER;
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
	for (uint32_t i = 0; i < (l.issued == 1 ? ANSWER : DRAWN / 2); i++) {
		uint32_t at = l.issued == 1
				      ? i
				      : (uint32_t)(dice_u64(&f->dice) % ANSWER);

		snprintf(kind, sizeof(kind), "header-%u", at);
		if (try(f, "answer", l.issued, kind))
			flip(f, page + at);
	}
	for (uint32_t i = 0; i < DRAWN && len; i++) {
		uint32_t at = (uint32_t)(dice_u64(&f->dice) % len);

		snprintf(kind, sizeof(kind), "byte-%u", at);
		if (ANSWER + at < PAGE_4K && try(f, "answer", l.issued, kind)) {
			l.must_fail = secured;
			flip(f, page + ANSWER + at);
		}
	}
}

static void lie_answer(struct family *f, uint32_t cmd, uint64_t pa,
		       const uint8_t *own)
{
	const uint64_t page = answer_page(f, own);
	uint8_t now[PAGE_4K];
	uint32_t n;

	load(f, page, now, sizeof(now));
	n = sev_u32(now, TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH);
	if (n <= TIO_DOBJ_MSG_LEN)
		return;
	if (l.old_there && try(f, "answer", l.issued, "stale"))
		store(f, page, l.old, sizeof(l.old));
	if (try(f, "answer", l.issued, "lost"))
		put32(f, page + TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH,
		      TIO_DOBJ_MSG_LEN);
	if (try(f, "answer", l.issued, "late")) {
		/* The host polls with nothing, and comes a minute later. */
		put32(f, page + TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH,
		      TIO_DOBJ_MSG_LEN);
		(void)ring_on(f, cmd, pa);
		f->w->now_ns += LATE_NS;
		store(f, page, now, sizeof(now));
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
		return ring_on(f, cmd, pa);
	load(f, pa, own, len);
	if (f->rehearsing) {
		record(cmd, own, len);
		return ring_on(f, cmd, pa);
	}
	l.rung++;
	if (lie_command(f, cmd, pa, own, len, &ret))
		return ret;
	if (!f->child && sev_fw_pending(plat(f)->fw, 0) == cmd)
		lie_answer(f, cmd, pa, own);
	l.issued++;
	return ring_on(f, cmd, pa);
}

/* --- objects in the mailbox --- */

static bool mailbox(const struct family *f, uint32_t bdf, uint16_t reg,
		    unsigned which)
{
	const struct pci_dev *p = pci_find(&f->w->host->pci, f->w->dev_rid);

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
		plat(f)->host_insn.psp = ring;
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

/* Buffers of a driver that has lost its own. */
static void put_buffers(struct family *f, uint8_t *cmd)
{
	struct sev_host *s = plat(f)->host;
	uint8_t *p = cmd + TIO_CMD_SPDM_CTRL;
	struct sev_buf b[4];

	if (sev_buf_new(s, &b[0], s->req_size, true) ||
	    sev_buf_new(s, &b[1], s->rsp_size, false) ||
	    sev_buf_new(s, &b[2], s->scratch_size, true) ||
	    sev_buf_new(s, &b[3], s->out_size, true))
		abort();
	sev_put_u64(p, TIO_SPDM_REQ, sev_buf_sla(&b[0]));
	sev_put_u64(p, TIO_SPDM_RESP, sev_buf_sla(&b[1]));
	sev_put_u64(p, TIO_SPDM_SCRATCH, sev_buf_sla(&b[2]));
	sev_put_u64(p, TIO_SPDM_OUTPUT, sev_buf_sla(&b[3]));
}

static void put_garbage(struct family *f, uint64_t page)
{
	uint8_t h[ANSWER + 32] = { 0 };
	uint8_t *o = h + TIO_BUF_HDR_LEN;

	sev_put_u32(h, TIO_BUF_CAPACITY, (uint32_t)PAGE_4K);
	sev_put_u32(h, TIO_BUF_PAYLOAD, TIO_DOBJ_MSG_LEN + 32);
	sev_put_u32(o, TIO_DOBJ_ID, TIO_DOBJ_RESP);
	sev_put_u32(o, TIO_DOBJ_LENGTH, TIO_DOBJ_MSG_LEN + 32);
	sev_put_u16(o, TIO_DOBJ_VERSION, TIO_DOBJ_VERSION_1_0);
	o[TIO_DOBJ_DATA_TYPE] = TIO_DATA_SECURED;
	store(f, page, h, sizeof(h));
}

/*
 * What a host that told itself a tale has forgotten, given back by force; all
 * of it is firmware's to allow, at any time (law 49).
 */
static void force(struct family *f, uint32_t cmd, uint64_t dev,
		  const struct sev_fw_tdi *b)
{
	const uint64_t pa = plat(f)->host->cmd_pa;
	uint8_t p[SEV_CMD_BUF_MAX] = { 0 };
	const size_t len = sev_cmd_len(cmd);

	sev_put_u32(p, TIO_CMD_LENGTH, (uint32_t)len);
	switch (cmd) {
	case SEV_CMD_TIO_TDI_UNBIND:
		sev_put_u32(p, TIO_TDI_FLAGS, TIO_UNBIND_F_FORCE);
		sev_put_u64(p, TIO_TDI_DEV, dev);
		sev_put_u64(p, TIO_TDI_TDI, b->tdi_ctx);
		sev_put_u64(p, TIO_TDI_GCTX, b->gctx);
		break;
	case SEV_CMD_TIO_TDI_RECLAIM:
		sev_put_u64(p, TIO_TDI_RECLAIM_DEV, dev);
		sev_put_u64(p, TIO_TDI_RECLAIM_TDI, b->tdi_ctx);
		break;
	case SEV_CMD_TIO_DEV_DISCONNECT:
		sev_put_u32(p, TIO_DEV_FLAGS, TIO_DISCONNECT_F_FORCE);
		sev_put_u64(p, TIO_DEV_CTX, dev);
		break;
	default:
		sev_put_u64(p, TIO_DEV_RECLAIM_CTX, dev);
		break;
	}
	if (cmd == SEV_CMD_TIO_TDI_UNBIND)
		put_buffers(f, p);
	store(f, pa, p, len);
	/* The device is asked to stop; nobody brings its answer. */
	if (ring_on(f, cmd, pa) == SEV_RET_SPDM_REQUEST) {
		put_garbage(f, answer_page(f, p));
		(void)ring_on(f, cmd, pa);
	}
}

/* MMIO that no TDI holds any more, and the host's books have lost. */
static void pages_back(struct family *f)
{
	struct own *o = &plat(f)->own;
	const struct rmp_update none = { 0 };

	for (uint32_t i = 0; i < o->ranges; i++) {
		const struct own_range *r = &o->range[i];

		if (!(r->page[0].flags & OWN_F_IO))
			continue;
		for (uint64_t n = 0; n < r->size / PAGE_4K; n++)
			if (r->page[n].flags & OWN_F_ASSIGNED)
				(void)own_rmpupdate(o, r->base + n * PAGE_4K,
						    &none);
	}
}

static void recover(struct family *f)
{
	struct sev_fw *fw = plat(f)->fw;
	struct sev_fw_tdi b;

	for (unsigned i = 0; i < sev_fw_tdis(fw); i++) {
		if (!sev_fw_tdi_at(fw, i, &b))
			continue;
		force(f, SEV_CMD_TIO_TDI_UNBIND, b.dev_ctx, &b);
		force(f, SEV_CMD_TIO_TDI_RECLAIM, b.dev_ctx, &b);
	}
	for (unsigned i = 0; i < FAMILY_CONNS; i++) {
		struct tsm_conn *c = tsm_conn_at(sev_fw_tsm(fw), i);
		uint64_t dev = c ? tsm_conn_cfg(c)->owner : 0;

		if (!c)
			continue;
		force(f, SEV_CMD_TIO_DEV_DISCONNECT, dev, NULL);
		force(f, SEV_CMD_TIO_DEV_RECLAIM, dev, NULL);
	}
	pages_back(f);
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
		(void)world_cleanup(w);
		recover(f);
	}
	books_tear_down(f, end);
	if (w->cut)
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
		.tags = { "ended", "nothing moved", "isolated", "used again" },
		.rehearse = true,
		.before = before,
		.after = after,
		.judge = judge,
	};

	return family_main(&cfg, 40, argc, argv);
}
