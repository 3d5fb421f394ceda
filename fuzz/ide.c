/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "crypto/fake.h"
#include "fake_env.h"
#include "ide/ide.h"

/* One end of a link: registers, keys and packets in any order. */

static struct ide_port p, before;

static void insecure(void *ctx, unsigned idx, enum ide_cause cause)
{
	(void)ctx;
	(void)cause;
	/* The keys are gone before anybody is told. */
	must(!ide_primed(&p, idx, 0) && !ide_primed(&p, idx, 1));
	must(ide_state(&p, idx) == IDE_INSECURE);
}

static enum il_err configure(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const struct ide_stream_cfg cfg = {
		.enable = a & 1,
		.is_default = a & 2,
		.cfg_en = a & 4,
		.tee_limited = a & 8,
		.id = b & 3,
		.tc = a >> 4 & 7,
		.rid_valid = b & 4,
		.rid_base = 0x100,
		.rid_limit = (uint16_t)(0x100 + (b >> 4)),
		.range[0] = { b & 8, 0x1000, 0x1fff },
	};

	return ide_stream_set(&p, a >> 7, &cfg);
}

static enum il_err key(struct rd *in, uint8_t op)
{
	const uint8_t which = rd_u8(in);
	const unsigned set = which & 1, sub = which >> 2 & 3;
	const enum ide_dir dir = which >> 1 & 1 ? IDE_TX : IDE_RX;
	const uint8_t id = which >> 4 & 3;
	uint8_t k[IDE_KEY_LEN] = { 0 };

	if (op == 1) {
		k[0] = rd_u8(in);
		k[1] = rd_u8(in);
		return ide_key_set(&p, id, set, dir, sub, k,
				   which >> 6 == 3 ? 2 : 1);
	}
	return op == 2 ? ide_key_go(&p, id, set, dir, sub)
		       : ide_key_stop(&p, id, set, dir, sub);
}

/* All six keys of a set, so that walks get as far as Secure. */
static void prime(uint8_t id, unsigned set, uint8_t seed)
{
	uint8_t k[IDE_KEY_LEN] = { seed, 0xff };

	for (unsigned i = 0; i < 6; i++) {
		k[2] = (uint8_t)i;
		(void)!ide_key_set(&p, id, set, i / 3 ? IDE_TX : IDE_RX, i % 3,
				   k, 1);
	}
	for (unsigned i = 0; i < 6; i++)
		(void)!ide_key_go(&p, id, set, i / 3 ? IDE_TX : IDE_RX, i % 3);
}

static void packet_in(struct rd *in)
{
	static uint8_t scratch[TLP_LIMIT_DATA];
	const size_t n = rd_u8(in);
	const uint8_t *bytes = rd_bytes(in, n);
	struct fault fault;
	struct tlp t;

	if (!bytes)
		return;
	if (ide_unprotect(&p, bytes, n, scratch, sizeof(scratch), &t, &fault))
		return;
	/* Without a key nobody's packet is vouched for. */
	if (t.ide)
		must(t.prefix.stream < 4);
}

static void packet_out(struct rd *in)
{
	static const uint8_t data[8];
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof(buf));
	const uint8_t how = rd_u8(in);
	struct fault fault;
	struct tlp t;

	if (how & 1) {
		if (tlp_mrd(&t, 0x100, how, 0x1000, 8))
			return;
	} else if (tlp_mwr(&t, 0x100, 0x1000, data, 8, NULL, 0)) {
		return;
	}
	t.prefix.t = how & 2;
	t.tc = how >> 5;
	if (ide_transmit(&p, &t, &w, &fault) == IL_OK && t.prefix.t)
		must(w.p[0] == 0x92); /* T never goes out in the clear */
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in) % 9;
	enum il_err err = IL_OK;

	memcpy(&before, &p, sizeof(p));
	switch (op) {
	case 0:
		err = configure(in);
		break;
	case 1:
	case 2:
	case 3:
		err = key(in, op);
		break;
	case 4:
		packet_in(in);
		break;
	case 5:
		packet_out(in);
		break;
	case 6:
		err = ide_wipe(&p, rd_u8(in) & 3, IDE_CAUSE_WIPED);
		break;
	case 7: {
		uint8_t b = rd_u8(in);

		prime(b & 3, b >> 2 & 1, b);
		break;
	}
	default:
		if (rd_u8(in) & 1)
			ide_reset(&p);
		else
			ide_link_down(&p);
	}
	must(ide_sane(&p));
	if (err == IL_E_ARG || err == IL_E_STATE || err == IL_E_AUTH)
		must(unchanged(&before, &p, sizeof(p)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct fake_crypto f;
	struct rd in = rd_over(data, len);
	struct fake_env fe = { 0 };
	struct env env = fake_env(&fe);
	struct crypto c;
	const uint8_t first = rd_u8(&in);
	struct ide_cfg cfg = { .root = first & 1,
			       .streams = 2,
			       .self = 0x100,
			       .keys_max = 64,
			       .insecure = insecure };

	fake_init(&f, 1);
	c = fake_crypto(&f);
	cfg.crypto = &c;
	cfg.env = &env;
	must(ide_init(&p, &cfg) == IL_OK);
	while (rd_left(&in))
		step(&in);
	ide_fini(&p);
	must(fake_live(&f) == 0);
	return 0;
}
