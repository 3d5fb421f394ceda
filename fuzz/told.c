/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "device/device_priv.h"
#include "mctp/mctp.h"
#include "device/solo.h"
#include "edit.h"
#include "pcisig.h"

/*
 * A device without a link: what its host does to it is told, or assumed until
 * it is. Messages as the session carries them, messages and objects from
 * outside, writes, resets and events that others saw, questions. Byte 0: which
 * departures from the book are on; byte 1: functions, and whether anything is
 * assumed.
 *
 * The device stays sane; a question changes nothing; what is told of a function
 * that is not there changes nothing; nobody may touch with T what does not run.
 */

static struct solo s;

static uint16_t some_rid(uint8_t b)
{
	static const uint16_t rids[] = { 0x0100, 0x0101, 0x0102, 0x0103,
					 0x0200, 0xbeef, 0x0000, 0x0100 };

	return rids[b % COUNT(rids)];
}

static void write_reg(struct rd *in, uint8_t op)
{
	const struct device *d = &s.dev;
	const uint16_t base[] = {
		0,	  CFG_COMMAND, 0x10, /* the first BAR */
		d->sriov, d->ide_cap,  d->fn[0].pm, d->fn[0].exp, d->fn[0].msix
	};
	const unsigned size = 1u << (op >> 4) % 3;
	const uint8_t who = rd_u8(in), off = rd_u8(in);
	const uint16_t reg = (uint16_t)((base[who >> 3 & 7] + (off & 0x3f)) &
					~(size - 1) & 0xfff);

	(void)!device_told_write(&s.dev, some_rid(who), reg, size,
				 rd_u32le(in));
}

static void say(const uint8_t *p, size_t n)
{
	const struct spdm_vdm v = { .payload = { p, n } };
	struct dsm_conn *c = &s.dev.conns[0];
	size_t len = 0;

	solo_session(&s);
	(void)!c->rsp.cfg.up->vendor(c, SOLO_SESSION, &v, s.out, sizeof(s.out),
				     &len);
}

/* IDE_KM or TDISP, inside the session. */
static void tell(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const uint8_t stream = op & 0x80 ? SOLO_STREAM + 1 : SOLO_STREAM;
	uint8_t p[PCISIG_MAX];
	size_t n;

	if (op & 0x10) {
		n = pcisig_idekm(p, a & 7, stream, b & 0x33,
				 op & 0x40 ? 7 : s.key++);
		p[7] = b >> 7; /* port */
	} else {
		n = pcisig_tdisp(p, a, some_rid(b), b >> 3, SOLO_STREAM,
				 s.dev.tdis[b & 3].nonce);
	}
	if (op & 0x20)
		n = edit(in, p, n, sizeof(p));
	say(p, n);
}

/* All six keys of a set, and GO. */
static void all_keys(uint8_t op)
{
	uint8_t p[PCISIG_MAX];

	for (unsigned i = 0; i < 12; i++) {
		const uint8_t ref =
			(uint8_t)((op >> 4 & 1) | i % 6 / 3 << 1 | i % 3 << 4);
		const size_t n =
			pcisig_idekm(p, i < 6 ? IDEKM_KEY_PROG : IDEKM_K_SET_GO,
				     SOLO_STREAM, ref, s.key++);

		say(p, n);
	}
}

/* The only one whom T may reach, or who may send it, runs. */
static void ask(struct rd *in, uint8_t op)
{
	static struct device before;
	const uint8_t who = rd_u8(in);
	const struct device_access a = {
		.rid = some_rid(who),
		.addr = op & 0x10 ? 0x1000 : rd_u32le(in),
		.len = 1u << (who >> 5),
		.write = op & 0x20,
		.t = op & 0x40,
		.stream = who & 8 ? SOLO_STREAM : DEVICE_STREAM_BOUND,
		.from_device = op & 0x80,
	};
	enum tdi_state st = TDI_STATES;
	bool may, there;

	memcpy(&before, &s.dev, sizeof(before));
	there = device_ask_state(&s.dev, a.rid, &st) == IL_OK;
	may = device_ask_access(&s.dev, &a, NULL);
	must(unchanged(&before, &s.dev, sizeof(before)));
	must(there == (st != TDI_STATES));
	if (may && a.t && a.from_device)
		must(st == TDI_RUN);
}

static void outside(struct rd *in, uint8_t op)
{
	const uint8_t *p;
	enum spdm_kind kind;
	uint8_t obj[64] = { 1, 0, op >> 5 & 3, 0, 0 };
	const uint8_t n = rd_u8(in) & 63;

	p = rd_bytes(in, n);
	if (!p)
		return;
	if (op & 0x10) {
		(void)!device_message(
			&s.dev, op >> 6, op & 0x40 ? &mctp_binding : NULL,
			op & 0x20 ? SPDM_SECURED : SPDM_PLAIN, p, n, s.out,
			sizeof(s.out), &s.len, &kind, s.dev.now_ns);
		return;
	}
	memcpy(obj + 8, p, n < 56 ? n : 56);
	obj[4] = (uint8_t)(2 + n / 4);
	(void)!device_doe(&s.dev, 0, obj, n < 56 ? n + 8u : 64, s.out,
			  sizeof(s.out), &s.len, s.dev.now_ns);
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);

	switch (op & 7) {
	case 0:
	case 1:
		write_reg(in, op);
		break;
	case 2:
	case 3:
		tell(in, op);
		break;
	case 4:
		all_keys(op);
		break;
	case 5:
		ask(in, op);
		break;
	case 6:
		outside(in, op);
		break;
	default:
		if (op & 0x80)
			(void)!device_told_event(
				&s.dev,
				(enum link_event)((op >> 3) % LINK_EVENTS));
		else
			(void)!device_told_flr(&s.dev, some_rid(op >> 4));
	}
	(void)device_run(&s.dev, s.dev.now_ns + 1000000);
	must(device_sane(&s.dev));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = {
		"lock-without-keys",	 "one-key-for-all-sub-streams",
		"interface-id",		 "bme-zero-is-clear",
		"command-set-is-change", "msix-without-lock-is-change"
	};
	struct rd in = rd_over(data, len);
	const uint8_t off = rd_u8(&in), how = rd_u8(&in);

	solo_cfg(&s, how & 3);
	s.cfg.assume = !(how & 0x80);
	if (how & 0x40)
		s.cfg.relax = device_profile_find("emulator")->relax;
	for (unsigned i = 0; i < COUNT(names); i++)
		if (off >> i & 1)
			s.cfg.relax |= device_relax_find(names[i])->bit;
	solo_start(&s);
	for (unsigned n = 0; rd_left(&in) && n < 96; n++)
		step(&in);
	device_fini(&s.dev);
	arena_unmap(&s.arena);
	return 0;
}
