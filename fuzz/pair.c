/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "edit.h"
#include "ide/pair.h"

/*
 * Both ends of an IDE stream, packets of all kinds between them, and one who
 * changes, drops, repeats and reorders. Byte 0: how the stream is configured.
 *
 * Both stay sane; what comes out of the stream at one end went into it at the
 * other, once, in order within its class, with the same T bit and content.
 */

#define QUEUE 8

static struct pair p;

/* On its way: index 0 from the root port. */
static struct {
	struct {
		uint8_t b[TLP_BYTES(64)];
		size_t n;
		struct tlp t; /* as it was before */
		bool spoilt, copy, ide, sync;
		unsigned no; /* in the order of sending, from 1 */
	} k[QUEUE];
	unsigned n;
	unsigned sent;
	unsigned last[TLP_CLASSES]; /* number of the one taken in last */
} way[2];

static struct ide_port *port(unsigned i)
{
	return i ? &p.dev : &p.root;
}

static void make(struct rd *in, unsigned from, struct tlp *t)
{
	static const enum tlp_type types[] = {
		TLP_MWR,    TLP_MRD,	TLP_CPL, TLP_CPLD, TLP_CFGRD0,
		TLP_CFGWR0, TLP_CFGWR1, TLP_MSG, TLP_MSGD, TLP_CFGRD1
	};
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const uint16_t self = from ? DEV_RID : ROOT_RID;
	const uint16_t other = from ? ROOT_RID : DEV_RID;

	*t = (struct tlp){ .type = types[a % COUNT(types)],
			   .requester = b & 1 ? 0x300 : self,
			   .tag = (uint16_t)(b >> 2 & 7),
			   .dest = b & 2 ? 0x300 : other,
			   .completer = self,
			   .tc = b & 0x40 ? 1 : 0,
			   .msg_code = a & 0x40 ? TLP_MSG_IDE_SYNC
						: TLP_MSG_PME_TURN_OFF,
			   .msg_route = b >> 3 & 7,
			   .data = some_data,
			   .prefix.t = a & 0x80 };
	switch ((int)t->type) {
	case TLP_MWR:
	case TLP_MRD:
		t->addr = b & 4 ? 0x1000 : BAR_BASE + 16u * b;
		t->len_dw = (uint16_t)(1 + (a >> 4 & 3));
		t->first_be = 0xf;
		t->last_be = t->len_dw > 1 ? 0xf : 0;
		break;
	case TLP_CPL:
	case TLP_CPLD:
		t->requester = b & 1 ? 0x300 : other;
		t->len_dw = t->type == TLP_CPLD ? 1 : 0;
		t->byte_count = 4;
		break;
	case TLP_MSG:
		t->msg_hdr = b & 4 ? BAR_BASE : 0;
		break;
	case TLP_MSGD:
		t->len_dw = 1;
		break;
	default:
		t->len_dw = 1;
		t->first_be = 0xf;
	}
}

static void put(unsigned from, const uint8_t *b, size_t n, const struct tlp *t)
{
	unsigned i = way[from].n;

	if (i == QUEUE || n > sizeof(way[from].k[i].b))
		return;
	memset(&way[from].k[i], 0, sizeof(way[from].k[i]));
	memcpy(way[from].k[i].b, b, n);
	way[from].k[i].n = n;
	way[from].k[i].ide = n && b[0] == 0x92;
	way[from].k[i].no = ++way[from].sent;
	if (t)
		way[from].k[i].t = *t;
	else
		way[from].k[i].sync = true;
	way[from].n++;
}

static void send(struct rd *in, unsigned from, bool small)
{
	struct ide_port *e = port(from);
	uint8_t b[TLP_BYTES(64)];
	struct wr w = wr_over(b, small ? 20 : sizeof(b));
	struct fault f;
	struct tlp t;
	enum il_err err;

	make(in, from, &t);
	for (unsigned i = 0; i < 4; i++)
		if (ide_sync_due(e, i)) {
			struct wr s = wr_over(b, sizeof(b));

			if (!ide_sync(e, i, &s))
				put(from, b, s.len, NULL);
		}
	err = ide_transmit(e, &t, &w, &f);
	if (err == IL_E_AGAIN || err)
		return;
	must(!t.prefix.t || b[0] == 0x92);
	put(from, b, w.len, &t);
}

static void unqueue(unsigned from, unsigned i)
{
	for (; i + 1 < way[from].n; i++)
		way[from].k[i] = way[from].k[i + 1];
	way[from].n--;
}

/* Packet @i of those on the way arrives. */
static void arrive(unsigned from, unsigned i, bool keep, bool little)
{
	static uint8_t scratch[TLP_LIMIT_DATA];
	struct ide_port *e = port(!from);
	struct tlp out;
	struct fault f = { 0 };
	enum il_err err;

	if (i >= way[from].n)
		return;
	err = ide_unprotect(e, way[from].k[i].b, way[from].k[i].n, scratch,
			    little ? 1 : sizeof(scratch), &out, &f);
	/* not one changed packet is vouched for */
	must(err || !out.ide || !way[from].k[i].spoilt);
	if (!err && out.ide) {
		unsigned *last = &way[from].last[tlp_class_of(out.type)];

		must(way[from].k[i].no > *last);
		*last = way[from].k[i].no;
	}
	if (!err && out.ide && !way[from].k[i].sync) {
		const struct tlp *t = &way[from].k[i].t;

		must(way[from].k[i].ide && !way[from].k[i].copy);
		must(out.prefix.t == t->prefix.t);
		must(out.requester == t->requester && out.tag == t->tag &&
		     out.addr == t->addr && out.len_dw == t->len_dw);
		if (tlp_has_data(out.type))
			must(!memcmp(out.data, t->data, 4u * out.len_dw));
		(void)ide_rid_ok(e, &out, &f);
	}
	if (err && err != IL_E_SPACE)
		must(f.rule || err == IL_E_SHORT || err == IL_E_LONG ||
		     err == IL_E_FIELD);
	if (err == IL_E_SPACE)
		return;
	if (keep && !err)
		way[from].k[i].copy = true;
	else
		unqueue(from, i);
}

static void meddle(struct rd *in, unsigned from)
{
	const uint8_t a = rd_u8(in);
	const unsigned i = a & 7;

	if (i >= way[from].n)
		return;
	if (a & 0x80) {
		unqueue(from, i);
		return;
	}
	uint8_t was[sizeof(way[from].k[i].b)];
	const size_t n = way[from].k[i].n;

	memcpy(was, way[from].k[i].b, sizeof(was));
	way[from].k[i].n =
		edit(in, way[from].k[i].b, n, sizeof(way[from].k[i].b));
	if (way[from].k[i].n != n || memcmp(was, way[from].k[i].b, n) != 0)
		way[from].k[i].spoilt = true;
}

static void some_keys(unsigned set, uint8_t op)
{
	uint8_t key[IDE_KEY_LEN];

	for (unsigned i = 0; i < 2 * TLP_CLASSES; i++) {
		const enum ide_dir dir = i & 1 ? IDE_TX : IDE_RX;

		pair_key(&p, key);
		(void)!ide_key_set(&p.root, STREAM, set, dir, i / 2, key, 1);
		(void)!ide_key_set(&p.dev, STREAM, set,
				   dir == IDE_TX ? IDE_RX : IDE_TX, i / 2, key,
				   1);
	}
	for (unsigned i = 0; i < 4 * TLP_CLASSES && op & 0x20; i++)
		(void)!ide_key_go(i & 1 ? &p.dev : &p.root, STREAM, set,
				  i / (2 * TLP_CLASSES) ? IDE_TX : IDE_RX,
				  i / 2 % TLP_CLASSES);
}

static void registers(struct rd *in, unsigned who)
{
	const uint8_t a = rd_u8(in);
	struct ide_stream_cfg c =
		who ? pair_dev_cfg(a & 1) : pair_root_cfg(a & 1);

	c.cfg_en = a & 2;
	c.tee_limited = a & 4;
	c.is_default ^= a >> 3 & 1;
	c.rid_limit = (uint16_t)(c.rid_limit + (a >> 4 & 1));
	(void)!ide_stream_set(port(who), a >> 7, &c);
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);
	const unsigned who = op >> 4 & 1;
	struct tlp t;

	switch (op & 15) {
	case 0:
	case 1:
	case 2:
		send(in, who, op & 0x80);
		break;
	case 3:
	case 4:
	case 5:
		arrive(who, op >> 6, op & 0x20, false);
		break;
	case 6:
		arrive(who, 0, false, true);
		break;
	case 7:
	case 8:
		meddle(in, who);
		break;
	case 9:
		some_keys(op >> 4 & 1, op);
		break;
	case 10:
		registers(in, who);
		break;
	case 11:
		(void)!ide_key_stop(port(who), STREAM, op >> 5 & 1,
				    op >> 6 & 1 ? IDE_TX : IDE_RX, 0);
		break;
	case 12: /* counters near their ends */
		for (unsigned s = 0; s < TLP_CLASSES; s++) {
			struct ide_key *k =
				&port(who)->stream[0].key[0][op >> 5 & 1][s];

			if (k->there && op & 0x80)
				k->counter |= ~UINT64_C(1);
		}
		if (op & 0x40)
			port(who)->stream[0].pr_sent[0] = 244;
		break;
	case 13:
		ide_fail_msg(port(who), 0, &t);
		if (op & 0x20)
			(void)!ide_wipe_id(port(who), STREAM, IDE_CAUSE_WIPED);
		break;
	case 14:
		if (op & 0x20)
			ide_link_down(port(who));
		else if (op & 0x40)
			ide_reset(port(who));
		break;
	default:
		for (unsigned i = 0; i < QUEUE; i++)
			arrive(who, 0, false, false);
	}
	must(ide_sane(&p.root));
	must(ide_sane(&p.dev));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	const uint8_t how = rd_u8(&in);
	struct ide_stream_cfg c, d;

	memset(way, 0, sizeof(way));
	if (how & 1) {
		pair_connect(&p);
	} else {
		pair_init(&p);
		c = pair_root_cfg(false);
		c.cfg_en = how & 2;
		c.tee_limited = how & 4;
		d = pair_dev_cfg(false);
		must(ide_stream_set(&p.root, 0, &c) == IL_OK);
		must(ide_stream_set(&p.dev, 0, &d) == IL_OK);
		pair_prime(&p, 0);
		pair_go(&p, 0);
		c.enable = d.enable = true;
		must(ide_stream_set(&p.dev, 0, &d) == IL_OK);
		must(ide_stream_set(&p.root, 0, &c) == IL_OK);
	}
	for (unsigned n = 0; rd_left(&in) && n < 512; n++)
		step(&in);
	ide_fini(&p.root);
	ide_fini(&p.dev);
	must(fake_live(&p.fake) == 0);
	return 0;
}
