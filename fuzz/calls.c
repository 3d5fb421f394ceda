/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "cli/embedded.h"
#include "world/laws_priv.h"
#include "world/world_priv.h"

/*
 * A whole world on one of the platforms, `assign` by its commands, and between
 * them calls of the host and of guests to firmware and hardware, as they were
 * made before but with other registers and in another order. Laws are the
 * oracle: whatever is called, none is broken, and giving back ends.
 *
 * Input: platform, commands of the scenario to begin with, then operations of
 * six bytes: what, which call, from which, register, value, byte.
 */
#define OPS_MAX 48u
#define OP_LEN	6u
#define CALLS	64u

/* Duties of the guest itself (docs/laws.md): one that calls at random breaks
 * them, and harms itself. */
static const unsigned duty[] = { 26, 27, 28, 29, 34, 39 };

static struct {
	struct ossl *o;
	struct identity id;
	uint8_t anchor[CRYPTO_CERT_MAX];
	size_t anchor_len;
	uint8_t payload[5000];
	struct lang_call call[CALLS];
	struct lang_script script;
	size_t next;
	bool guest_called;
	struct world *w;
} t;

static void who_the_device_is(void)
{
	const struct ossl_cfg ocfg = { .seeded = true, .seed = 3 };
	const struct identity_cfg cfg = { .vendor = 0x1d1a,
					  .device = 1,
					  .class_code = 0x120000,
					  .revision = 1,
					  .subsys_vendor = 0x1d1a,
					  .subsys_device = 1,
					  .serial = 0x1d1a000000000001,
					  .not_before_s = 1000000000,
					  .not_after_s = 4000000000 };
	struct identity_files *f = malloc(sizeof(*f));
	enum identity_fault fault;

	must(f && !ossl_new(&ocfg, &t.o) && !identity_new(t.o, &cfg, f) &&
	     !identity_load(t.o, f->chain.text, f->chain.len,
			    f->key[IDENTITY_LEAF].text,
			    f->key[IDENTITY_LEAF].len, &t.id, &fault) &&
	     !identity_anchor(t.o, f->cert[IDENTITY_ROOT].text,
			      f->cert[IDENTITY_ROOT].len, t.anchor,
			      &t.anchor_len));
	free(f);
}

static void open_world(unsigned plat)
{
	const struct world_cfg cfg = { .seed = 11,
				       .now_s = 2000000000,
				       .identity = &t.id,
				       .anchor = t.anchor,
				       .anchor_len = t.anchor_len,
				       .payload = t.payload,
				       .payload_len = sizeof(t.payload) };
	const struct cli_scenario *s = cli_scenario_find("assign");
	struct lang_error e = { 0 };

	t.script = (struct lang_script){ .call = t.call, .cap = CALLS };
	t.next = 0;
	t.guest_called = false;
	must(s && !lang_set(&t.script, "PLATFORM", world_plats[plat]->name) &&
	     !lang_set(&t.script, "SPY", "no") &&
	     !lang_parse(&t.script, &world_commands, s->text, strlen(s->text),
			 &e));
	must(!world_new(&cfg, &t.w) && world_raw_on(t.w));
}

/* False: a law is broken that is not the guest's own affair. */
static bool lawful(void)
{
	for (unsigned i = 0; i < COUNT(duty); i++)
		if (t.guest_called && t.w->law == duty[i])
			return true;
	if (t.w->law)
		fprintf(stderr, "%s: law %u: %s\n", t.w->plat->name, t.w->law,
			t.w->last_text);
	return !t.w->law;
}

static void go(void)
{
	static const struct lang_call *const none;
	struct world_end end = { 0 };

	if (t.next >= t.script.n)
		return;
	/* What it comes to is the host's and the guest's affair. */
	(void)!world_call(t.w, &t.call[t.next++], none, &end);
}

static uint64_t choices(const uint8_t p[5])
{
	return p[0] | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 32 |
	       (uint64_t)p[3] << 40 | (uint64_t)p[4] << 48;
}

/* The next command of the scenario, or a call by hand. */
static void operation(const uint8_t op[6])
{
	const unsigned what = op[0] % (RAW_CHANGES + 1u);
	struct raw_call c;

	if (what == RAW_CHANGES ||
	    !world_raw_pick(t.w, choices(op + 1), (enum raw_change)what, &c)) {
		go();
		return;
	}
	t.guest_called |= c.vm != NULL;
	world_raw_play(t.w, &c);
	(void)!world_stepped(t.w);
}

/* One that this build has; WORLD_PLATS: the input names none. */
static unsigned data_plat(const uint8_t *data, size_t len)
{
	const unsigned plat = len < 2 ? WORLD_PLATS : data[0] % WORLD_PLATS;

	return plat < WORLD_PLATS && world_plats[plat] ? plat : WORLD_PLATS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned plat = data_plat(data, len);

	if (plat == WORLD_PLATS)
		return 0;
	if (!t.o)
		who_the_device_is();
	open_world(plat);
	for (unsigned i = 0; i < data[1] % 32u; i++)
		go();
	for (size_t i = 2; i + OP_LEN <= len && i < 2 + OP_LEN * OPS_MAX;
	     i += OP_LEN) {
		if (!t.w->built)
			go();
		else
			operation(data + i);
		must(lawful());
		if (t.w->law)
			break;
	}
	if (t.w->built && !t.w->law) {
		(void)world_cleanup(t.w);
		must(lawful());
	}
	world_free(t.w);
	return 0;
}
