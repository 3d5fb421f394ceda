/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include "world/plat_sev_tio.h"

struct laws_rig t;

/* --- a world, as far as a command of the scenario --- */

static int read_scenario(void)
{
	FILE *f = fopen(t.path, "r");

	if (!f)
		return -1;
	t.text_len = fread(t.text, 1, sizeof(t.text), f);
	return fclose(f);
}

int make_identity(void **unused)
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
	int bad;

	(void)unused;
	for (size_t i = 0; i < sizeof(t.payload); i++)
		t.payload[i] = (uint8_t)(i * 7 + i / 251);
	bad = !f || read_scenario() || ossl_new(&ocfg, &t.o) ||
	      identity_new(t.o, &cfg, f) ||
	      identity_load(t.o, f->chain.text, f->chain.len,
			    f->key[IDENTITY_LEAF].text,
			    f->key[IDENTITY_LEAF].len, &t.id, &fault) ||
	      identity_anchor(t.o, f->cert[IDENTITY_ROOT].text,
			      f->cert[IDENTITY_ROOT].len, t.anchor,
			      &t.anchor_len);
	free(f);
	return bad;
}

int drop_identity(void **unused)
{
	(void)unused;
	ossl_free(t.o);
	t.o = NULL;
	return 0;
}

enum il_err laws_say(const char *text)
{
	struct lang_script s = { .call = t.call, .cap = LAWS_CALLS };
	struct world_end end = { 0 };
	struct lang_error e = { 0 };

	if (lang_parse(&s, &world_commands, text, strlen(text), &e))
		fail_msg("line %u: %s", e.line, e.what);
	return world_run(t.w, &s, &end);
}

void laws_good(const char *text)
{
	if (laws_say(text))
		fail_msg("%s: %s", text, t.w->last_text);
	assert_int_equal(t.w->law, 0);
}

void open_world_on(const char *plat, const char *vfs, const char *bdf)
{
	const struct world_cfg cfg = {
		.seed = 11,
		.now_s = 2000000000,
		.identity = &t.id,
		.anchor = t.anchor,
		.anchor_len = t.anchor_len,
		.payload = t.payload,
		.payload_len = sizeof(t.payload),
	};
	struct lang_error e = { 0 };

	t.script = (struct lang_script){ .call = t.call, .cap = LAWS_CALLS };
	t.next = 0;
	assert_int_equal(lang_set(&t.script, "PLATFORM", plat), IL_OK);
	assert_int_equal(lang_set(&t.script, "VFS", vfs), IL_OK);
	assert_int_equal(lang_set(&t.script, "BDF", bdf), IL_OK);
	assert_int_equal(lang_set(&t.script, "SPY", "no"), IL_OK);
	assert_int_equal(
		lang_parse(&t.script, &world_commands, t.text, t.text_len, &e),
		IL_OK);
	assert_int_equal(world_new(&cfg, &t.w), IL_OK);
}

void open_world(const char *vfs, const char *bdf)
{
	open_world_on("sev-tio", vfs, bdf);
}

int close_world(void **unused)
{
	(void)unused;
	if (t.w)
		world_free(t.w);
	t.w = NULL;
	return 0;
}

void go(const char *role, const char *verb)
{
	for (;;) {
		const struct lang_call *c = &t.call[t.next++];
		struct world_end end = { 0 };

		assert_true(t.next <= t.script.n);
		if (world_call(t.w, c, c + 1, &end))
			fail_msg("line %u: %s", c->line, end.what);
		if (strcmp(c->cmd->role, role) == 0 && c->cmd->verb &&
		    strcmp(c->cmd->verb, verb) == 0)
			return;
	}
}

static int at(const char *role, const char *verb)
{
	open_world("0", "0000:01:00.0");
	go(role, verb);
	return 0;
}

int connected(void **unused)
{
	(void)unused;
	return at("host", "connect");
}

int judged(void **unused)
{
	(void)unused;
	return at("guest", "evidence");
}

int accepted(void **unused)
{
	(void)unused;
	return at("guest", "accept");
}

int running(void **unused)
{
	(void)unused;
	return at("guest", "dma");
}

/* --- planting --- */

struct law_facts *last(void)
{
	return &t.w->laws->facts[t.w->laws->cur];
}

struct law_page *last_page(unsigned i)
{
	return &t.w->laws->page[t.w->laws->page_cur][i];
}

struct sev_plat *plat(void)
{
	return t.w->plat_ctx;
}

struct ide_stream *port_stream(void)
{
	int i = law_block(&last()->dev[0]->end[LAW_PORT],
			  last()->conn[0].stream_id);

	assert_int_not_equal(i, LAW_NONE);
	return &t.w->fabric.port[t.w->dev[0].port].ide.stream[i];
}

struct ide_stream *dev_stream(void)
{
	int i = law_block(&last()->dev[0]->end[LAW_DEVICE],
			  last()->conn[0].stream_id);

	assert_int_not_equal(i, LAW_NONE);
	return &t.w->dev[0].dev->ide.stream[i];
}

struct law_stream *last_stream(unsigned end)
{
	return &last()->dev[0]->end[end].s[law_block(
		&last()->dev[0]->end[end], last()->conn[0].stream_id)];
}

struct lie lie;

static void lie_conns(struct world *w, struct law_conn out[LAW_CONNS])
{
	law_sev_tio.conns(w, out);
	if (lie.conn)
		lie.conn(out);
}

static void lie_binds(struct world *w, struct law_bind out[LAW_BINDS])
{
	law_sev_tio.binds(w, out);
	if (lie.bind)
		lie.bind(out);
}

static void lie_tvms(struct world *w, struct law_tvm out[LAW_TVMS])
{
	law_sev_tio.tvms(w, out);
	if (lie.tvm)
		lie.tvm(out);
}

static bool lie_entry(struct world *w, uint16_t rid, struct law_entry *out)
{
	bool ok = law_sev_tio.entry(w, rid, out);

	if (ok && lie.entry && out->valid)
		lie.entry(out);
	return ok;
}

static bool lie_page(struct world *w, uint64_t pa, struct law_page *out)
{
	bool ok = law_sev_tio.page(w, pa, out);

	/* Of the first accepted page alone. */
	if (ok && lie.page && out->validated && !lie.told++)
		lie.page(out);
	return ok;
}

static void lie_memo(struct world *w, struct law_memo *m, uint8_t level,
		     uint8_t port, bool write)
{
	law_sev_tio.memo(w, m, level, port, write);
	if (lie.memo)
		lie.memo(m);
}

static struct law_view lying;
static struct world_plat liar;

void wrap(void)
{
	lying = law_sev_tio;
	lying.conns = lie_conns;
	lying.binds = lie_binds;
	lying.tvms = lie_tvms;
	lying.entry = lie_entry;
	lying.page = lie_page;
	lying.memo = lie_memo;
	liar = *t.w->plat;
	liar.law = &lying;
	t.w->plat = &liar;
}

void all_pages_again(void)
{
	t.w->laws->changes--;
}

static bool names(unsigned number, const unsigned *also)
{
	for (; *also; also++)
		if (*also == number)
			return true;
	return false;
}

void breaks_with(unsigned law, const unsigned *also)
{
	const struct world_laws *l = t.w->laws;
	char want[16];

	/* Whatever was planted happened in this step. */
	for (unsigned i = 0; i < t.w->devs; i++)
		t.w->dev[i].touched = true;
	t.w->laws->entry_changes--;
	assert_int_equal(laws_step(t.w), IL_E_STATE);
	snprintf(want, sizeof(want), "law %u: ", law);
	if (strncmp(t.w->last_text, want, strlen(want)) != 0)
		fail_msg("law %u was to be named; %s", law, t.w->last_text);
	assert_int_equal(t.w->law, law);
	assert_non_null(strstr(t.w->last_text, "; step "));
	for (const struct law *x = world_law_table; x->number; x++) {
		struct law_case c = { 0 };

		x->fn(&l->facts[!l->cur], &l->facts[l->cur], &c);
		if (c.broken != (x->number == law || names(x->number, also)))
			fail_msg("law %u, while law %u is broken: %s",
				 x->number, law, c.facts);
	}
	/* A broken world stays broken. */
	assert_int_equal(laws_step(t.w), IL_E_STATE);
	assert_int_equal(laws_end(t.w), IL_E_STATE);
}

void breaks(unsigned law)
{
	breaks_with(law, (const unsigned[]){ 0 });
}
