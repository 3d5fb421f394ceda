/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "guest/guest.h"
#include "pci/dma_engine.h"
#include "pci/regs.h"

/*
 * The programs, against a machine of the test: a function in configuration
 * space, its DMA engine, an architecture that records what it was asked. With
 * `exits` every access and every call first leaves the guest once.
 */
#define ECAM UINT64_C(0x10000000)
#define MMIO UINT64_C(0x10000000000)
#define SRC  UINT64_C(0x200000)
#define BUF  UINT64_C(0x100000)
#define DST  (SRC + BUF)
#define SLOT 3u
/* Bounce buffers, and where a trusted function sees shared memory. */
#define BOUNCE	    UINT64_C(0x100000)
#define BOUNCE_SIZE UINT64_C(0x4000)
#define VTOM	    (UINT64_C(1) << 41)

enum call {
	C_RAM,
	C_LOCK,
	C_EVIDENCE,
	C_MMIO_ON,
	C_MMIO_OFF,
	C_START,
	C_DMA_ON,
	C_DMA_OFF,
	C_STOP,
	C_UNBIND,
	C_SHARE,
	CALLS
};

struct bench {
	struct rig *r;
	struct guest g;
	struct fake_env fenv;
	struct env env;
	uint8_t cfg[4096];
	uint8_t ram[2 * BUF];
	uint8_t bounce[BOUNCE_SIZE];
	uint64_t asked_gpa, asked_size; /* of accept_ram and share_ram */
	bool trusted;
	uint8_t engine[DMA_MAX_LEN];
	uint64_t reg[0x40 / 8 + 1];
	uint32_t devmem;
	bool exits, left;
	uint64_t size[6];
	enum il_err fail[CALLS];
	unsigned fail_after; /* calls of that kind that still succeed */
	unsigned calls[CALLS];
	char order[64];
	uint8_t nonce[EVIDENCE_NONCE_LEN]; /* the last that was asked with */
	unsigned measured; /* so often another function's turn comes between */
	bool swap_session, hang, lie, lost, plain_shows, empty, bad_count;
	uint32_t status_error;
	unsigned n_exits;
};

static bool leave(struct bench *b)
{
	if (!b->exits)
		return false;
	b->left = !b->left;
	b->n_exits += b->left;
	return b->left;
}

static uint8_t *reg8(struct bench *b, uint64_t off)
{
	return (uint8_t *)b->reg + off;
}

static void cfg_put(struct bench *b, unsigned reg, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		b->cfg[reg + i] = (uint8_t)(v >> (8 * i));
}

static void cfg_write(struct bench *b, unsigned reg, uint32_t v, uint32_t len)
{
	if (reg >= CFG_BAR0 && reg < CFG_BAR0 + 24) {
		unsigned i = (reg - CFG_BAR0) / 4;
		uint64_t size = b->size[i & ~1u];
		uint32_t mask = (uint32_t)((~(size - 1)) >> (i & 1 ? 32 : 0));

		if (!size)
			return;
		cfg_put(b, reg, (v & mask) | (i & 1 ? 0 : 0x4));
		return;
	}
	memcpy(b->cfg + reg, &v, len);
}

/* What a bus address leads to; shared memory alone for an untrusted one. */
static uint8_t *dma_at(struct bench *b, uint64_t at, uint32_t len)
{
	if (b->trusted && at < VTOM) {
		assert_true(at >= SRC && at + len <= SRC + sizeof(b->ram));
		return b->ram + (at - SRC);
	}
	at -= b->trusted ? VTOM : 0;
	assert_true(at >= BOUNCE && at + len <= BOUNCE + BOUNCE_SIZE);
	return b->bounce + (at - BOUNCE);
}

static void engine_start(struct bench *b)
{
	uint64_t src, dst;
	uint32_t len, cmd, status = DMA_STATUS_DONE;

	memcpy(&src, reg8(b, DMA_SRC), 8);
	memcpy(&dst, reg8(b, DMA_DST), 8);
	memcpy(&len, reg8(b, DMA_LEN), 4);
	memcpy(&cmd, reg8(b, DMA_CMD), 4);
	if (cmd == DMA_CMD_LOAD)
		memcpy(b->engine, dma_at(b, src, len), len);
	else if (!b->lost)
		memcpy(dma_at(b, dst, len), b->engine, len);
	if (b->lie && cmd == DMA_CMD_STORE)
		*dma_at(b, dst, len) ^= 1;
	if (b->status_error)
		status = b->status_error;
	if (b->hang)
		status = DMA_STATUS_BUSY;
	memcpy(reg8(b, DMA_STATUS), &status, 4);
	src = b->bad_count ? len + 1 : len;
	memcpy(reg8(b, DMA_COUNT), &src, 8);
}

static enum il_err bar_access(struct bench *b, uint64_t gpa, bool priv,
			      void *buf, uint32_t len, bool write)
{
	uint64_t regs = b->g.bar[0].gpa, mem = b->g.bar[2].gpa;

	if (gpa >= mem && gpa < mem + b->size[2]) {
		if (write)
			memcpy(&b->devmem, buf, 4);
		else if (priv || b->plain_shows)
			memcpy(buf, &b->devmem, 4);
		else
			memset(buf, 0xff, 4);
		return IL_OK;
	}
	assert_true(priv == b->trusted);
	assert_true(gpa >= regs && gpa + len <= regs + 0x40);
	if (!write) {
		memcpy(buf, reg8(b, gpa - regs), len);
		return IL_OK;
	}
	if (gpa - regs == DMA_STATUS)
		memset(reg8(b, DMA_STATUS), 0, 4);
	else
		memcpy(reg8(b, gpa - regs), buf, len);
	if (gpa - regs == DMA_CMD)
		engine_start(b);
	return IL_OK;
}

static enum il_err access(struct bench *b, uint64_t gpa, bool priv, void *buf,
			  uint32_t len, bool write)
{
	if (leave(b))
		return IL_E_AGAIN;
	if (gpa >= ECAM && gpa < ECAM + 0x100000) {
		uint64_t off = gpa - ECAM;
		uint32_t v = 0;

		assert_false(priv);
		if (off >> 12 != SLOT << 3 || b->empty) {
			memset(buf, 0xff, len);
			return IL_OK;
		}
		memcpy(&v, buf, len);
		if (write)
			cfg_write(b, (unsigned)off & 0xfff, v, len);
		else
			memcpy(buf, b->cfg + (off & 0xfff), len);
		return IL_OK;
	}
	if (gpa >= MMIO)
		return bar_access(b, gpa, priv, buf, len, write);
	if (!priv) {
		uint8_t *at = b->bounce + (gpa - BOUNCE);

		assert_true(gpa >= BOUNCE && gpa + len <= BOUNCE + BOUNCE_SIZE);
		if (write)
			memcpy(at, buf, len);
		else
			memcpy(buf, at, len);
		return IL_OK;
	}
	assert_true(gpa >= SRC && gpa + len <= SRC + sizeof(b->ram));
	if (write)
		memcpy(b->ram + (gpa - SRC), buf, len);
	else
		memcpy(buf, b->ram + (gpa - SRC), len);
	return IL_OK;
}

static enum il_err cpu_read(void *ctx, uint64_t gpa, bool priv, void *buf,
			    uint32_t len)
{
	return access(ctx, gpa, priv, buf, len, false);
}

static enum il_err cpu_write(void *ctx, uint64_t gpa, bool priv,
			     const void *buf, uint32_t len)
{
	uint8_t copy[8192];

	memcpy(copy, buf, len);
	return access(ctx, gpa, priv, copy, len, true);
}

static const struct guest_cpu_ops cpu = { cpu_read, cpu_write };

static enum il_err called(struct bench *b, enum call c)
{
	size_t n = strlen(b->order);

	if (leave(b))
		return IL_E_AGAIN;
	if (n + 1 < sizeof(b->order))
		b->order[n] = (char)('a' + c);
	b->calls[c]++;
	if (b->fail[c] && b->calls[c] > b->fail_after)
		return b->fail[c];
	return IL_OK;
}

static enum il_err a_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct bench *b = ctx;

	b->asked_gpa = gpa;
	b->asked_size = size;
	return called(ctx, C_RAM);
}

static enum il_err a_share(void *ctx, uint64_t gpa, uint64_t size)
{
	struct bench *b = ctx;

	b->asked_gpa = gpa;
	b->asked_size = size;
	return called(ctx, C_SHARE);
}

static enum il_err a_lock(void *ctx, uint32_t rid)
{
	assert_int_equal(rid, SLOT << 3);
	return called(ctx, C_LOCK);
}

static enum il_err a_evidence(void *ctx, const uint8_t *nonce,
			      struct evidence_claims *claims,
			      struct evidence_blobs *blobs)
{
	struct bench *b = ctx;
	enum il_err err = called(b, C_EVIDENCE);

	if (err)
		return err;
	if (nonce) {
		/* Law 28: each reading has its own. */
		if (!b->exits)
			assert_memory_not_equal(nonce, b->nonce,
						sizeof(b->nonce));
		memcpy(b->nonce, nonce, sizeof(b->nonce));
		take_measurements(b->r, nonce);
		vouch(b->r);
	}
	*claims = b->r->claims;
	*blobs = b->r->blobs;
	if (!nonce && b->swap_session)
		claims->tdi_id++;
	if (!nonce && b->measured) {
		b->measured--;
		claims->meas[0] ^= 1;
	}
	return IL_OK;
}

static enum il_err a_mmio(void *ctx, const struct guest_pages *m, bool on)
{
	struct bench *b = ctx;
	const struct tdisp_range *r = &b->g.findings.report.ranges[m->index];

	/* NON_TEE is never asked for */
	assert_true(m->gpa == b->g.bar[m->range_id].gpa);
	assert_int_equal(m->pages, m->range_id ? 16 : 2);
	assert_int_equal(m->offset, 0);
	assert_int_equal(r->id, m->range_id);
	assert_true(r->first_page == m->first_page);
	return called(b, on ? C_MMIO_ON : C_MMIO_OFF);
}

static enum il_err a_start(void *ctx)
{
	return called(ctx, C_START);
}

static enum il_err a_dma(void *ctx, bool on)
{
	struct bench *b = ctx;
	enum il_err err = called(b, on ? C_DMA_ON : C_DMA_OFF);

	b->trusted = on && !err;
	return err;
}

static enum il_err a_stop(void *ctx)
{
	return called(ctx, C_STOP);
}

static enum il_err a_unbind(void *ctx)
{
	return called(ctx, C_UNBIND);
}

static uint64_t a_bus(void *ctx, uint64_t gpa, bool shared)
{
	const struct bench *b = ctx;

	return b->trusted && shared ? gpa + VTOM : gpa;
}

static const char *a_why(void *ctx)
{
	(void)ctx;
	return "the test said no";
}

static const struct guest_arch_ops arch = {
	.accept_ram = a_ram,
	.share_ram = a_share,
	.lock = a_lock,
	.evidence = a_evidence,
	.mmio = a_mmio,
	.start = a_start,
	.dma = a_dma,
	.stop = a_stop,
	.unbind = a_unbind,
	.bus_addr = a_bus,
	.why = a_why,
};

static int setup(void **state)
{
	struct bench *b = test_calloc(1, sizeof(*b));
	uint32_t id = DMA_ID_VALUE;
	struct guest_cfg cfg;

	b->r = rig_new();
	b->env = fake_env(&b->fenv);
	b->size[0] = 4 * PAGE_4K;
	b->size[2] = 16 * PAGE_4K;
	cfg_put(b, CFG_VENDOR_ID, 0x00011d1a);
	cfg_put(b, CFG_BAR(0), 4);
	cfg_put(b, CFG_BAR(2), 4);
	memcpy(reg8(b, DMA_ID), &id, 4);
	cfg = (struct guest_cfg){
		.crypto = &b->r->p->c,
		.env = &b->env,
		.arch = &arch,
		.arch_ctx = b,
		.cpu = &cpu,
		.cpu_ctx = b,
		.map = { .ecam = ECAM,
			 .mmio = MMIO,
			 .mmio_size = 1u << 20,
			 .src = SRC,
			 .dst = DST,
			 .buf_size = BUF,
			 .bounce = BOUNCE,
			 .bounce_size = BOUNCE_SIZE },
		.anchor = b->r->policy.anchor,
		.anchor_len = b->r->policy.anchor_len,
		.now_s = b->r->policy.now_s,
	};
	guest_init(&b->g, &cfg);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	guest_fini(&b->g);
	rig_free(b->r);
	test_free(b);
	return 0;
}

static enum il_err go(struct bench *b, enum guest_prog prog)
{
	struct guest_payload none = { .window = 4096 };
	enum il_err err =
		guest_begin(&b->g, prog, prog == GUEST_DMA ? &none : NULL);

	if (err)
		return err;
	do
		err = guest_run(&b->g);
	while (err == IL_E_AGAIN);
	assert_true(guest_sane(&b->g));
	return err;
}

static void to_state(struct bench *b, enum guest_state s)
{
	static const enum guest_prog path[] = { GUEST_PROBE, GUEST_LOCK,
						GUEST_APPRAISE, GUEST_ACCEPT,
						GUEST_START };

	while (b->g.state < s)
		assert_int_equal(go(b, path[b->g.state]), IL_OK);
	assert_int_equal(b->g.state, s);
}

static void probe_places_the_bars_apart_and_switches_decoding_on(void **state)
{
	struct bench *b = *state;

	assert_int_equal(go(b, GUEST_PROBE), IL_OK);
	assert_int_equal(b->g.state, GUEST_FOUND);
	assert_int_equal(b->g.bdf, SLOT << 3);
	assert_true(b->g.bar[0].gpa == MMIO);
	assert_true(b->g.bar[0].size == 4 * PAGE_4K);
	assert_true(b->g.bar[2].gpa == MMIO + 16 * PAGE_4K);
	assert_true(b->g.bar[2].size == 16 * PAGE_4K);
	assert_int_equal(b->cfg[CFG_COMMAND], CMD_MEM | CMD_MASTER);
	assert_int_equal(b->cfg[CFG_BAR(2) + 1], 0x00);
	assert_int_equal(b->cfg[CFG_BAR(2) + 2], 0x01);
	assert_int_equal(b->cfg[CFG_BAR(3) + 1], 0x01);
}

static void probe_refuses_an_empty_bus_and_senseless_bars(void **state)
{
	struct bench *b = *state;

	b->empty = true;
	assert_int_equal(go(b, GUEST_PROBE), IL_E_PEER);
	b->empty = false;
	b->size[0] = 2048;
	assert_int_equal(go(b, GUEST_PROBE), IL_E_PEER);
	b->size[0] = 1u << 21; /* larger than the window */
	assert_int_equal(go(b, GUEST_PROBE), IL_E_PEER);
	assert_int_equal(b->g.state, GUEST_NONE);
}

static void boot_accepts_both_buffers(void **state)
{
	struct bench *b = *state;

	assert_int_equal(go(b, GUEST_BOOT), IL_OK);
	assert_int_equal(b->calls[C_RAM], 2);
	assert_true(b->asked_gpa == DST && b->asked_size == BUF);
	assert_int_equal(b->g.state, GUEST_NONE);
	b->fail[C_RAM] = IL_E_PEER;
	b->fail_after = 3;
	assert_int_equal(go(b, GUEST_BOOT), IL_E_PEER);
}

/* From the table of DESIGN section 2: what may start where. */
static void a_program_starts_only_where_it_may(void **state)
{
	struct bench *b = *state;
	static const bool may[GUEST_PROGS][GUEST_STATES] = {
		[GUEST_BOOT] = { [GUEST_NONE] = true },
		[GUEST_PROBE] = { [GUEST_NONE] = true, [GUEST_FOUND] = true },
		[GUEST_LOCK] = { [GUEST_FOUND] = true },
		[GUEST_APPRAISE] = { [GUEST_LOCKED] = true },
		[GUEST_ACCEPT] = { [GUEST_JUDGED] = true },
		[GUEST_START] = { [GUEST_ACCEPTED] = true },
		[GUEST_DMA] = { [GUEST_FOUND] = true, [GUEST_RUNNING] = true },
		[GUEST_SHARE] = { true, true, true, true, true, true },
		[GUEST_UNSHARE] = { true, true, true, true, true, true },
		[GUEST_MMIO] = { [GUEST_RUNNING] = true },
		[GUEST_BIND] = { false, true, true, true, true, true },
		[GUEST_UNBIND] = { false, true, true, true, true, true },
		[GUEST_LOAD] = { false, true, true, true, true, true },
		[GUEST_STORE] = { false, true, true, true, true, true },
		[GUEST_RELEASE] = { [GUEST_LOCKED] = true,
				    [GUEST_JUDGED] = true,
				    [GUEST_ACCEPTED] = true,
				    [GUEST_RUNNING] = true },
	};
	struct guest_payload p = { .window = 1 };

	for (unsigned s = GUEST_NONE; s < GUEST_STATES; s++) {
		to_state(b, s);
		for (unsigned i = GUEST_PROG_NONE + 1; i < GUEST_PROGS; i++) {
			enum il_err err = guest_begin(&b->g, i, &p);

			assert_int_equal(err, may[i][s] ? IL_OK : IL_E_STATE);
			assert_int_equal(b->g.state, s);
			if (!err)
				assert_int_equal(guest_begin(&b->g, i, &p),
						 IL_E_STATE);
			guest_abandon(&b->g);
			assert_int_equal(guest_run(&b->g), IL_E_STATE);
		}
		assert_int_equal(guest_begin(&b->g, GUEST_PROGS, &p), IL_E_ARG);
		assert_int_equal(guest_begin(&b->g, GUEST_PROG_NONE, &p),
				 IL_E_ARG);
	}
}

/* What is known of the function that may be locked stays as it is. */
static void an_ordinary_function_beside_it_changes_nothing_of_it(void **state)
{
	struct bench *b = *state;
	struct guest_payload p = { .window = 1 };

	for (unsigned s = GUEST_NONE; s < GUEST_STATES; s++) {
		to_state(b, s);
		assert_int_equal(guest_turn(&b->g), IL_OK);
		for (unsigned i = GUEST_PROG_NONE + 1; i < GUEST_PROGS; i++) {
			const bool may = i == GUEST_PROBE || i == GUEST_SHARE ||
					 i == GUEST_UNSHARE;

			/* DMA: it has not been found yet */
			assert_int_equal(guest_begin(&b->g, i, &p),
					 may ? IL_OK : IL_E_STATE);
			if (may)
				assert_int_equal(guest_turn(&b->g), IL_E_STATE);
			guest_abandon(&b->g);
		}
		assert_int_equal(guest_turn(&b->g), IL_OK);
		assert_false(b->g.beside);
		assert_int_equal(b->g.state, s);
	}
}

/* --- one load, one store --- */

static enum il_err touch(struct bench *b, enum guest_prog p,
			 struct guest_touch t)
{
	enum il_err err = guest_begin_touch(&b->g, p, &t);

	while (!err && (err = guest_run(&b->g)) == IL_E_AGAIN)
		err = IL_OK;
	return err;
}

static void a_load_sees_what_a_store_of_the_same_view_left(void **state)
{
	struct bench *b = *state;
	struct guest_touch t = { .bar = 2, .len = 4, .priv = true };

	to_state(b, GUEST_RUNNING);
	b->exits = true;
	t.value = 0x12345678;
	assert_int_equal(touch(b, GUEST_STORE, t), IL_OK);
	t.value = 0;
	assert_int_equal(touch(b, GUEST_LOAD, t), IL_OK);
	assert_int_equal(b->g.touch.value, 0x12345678);
	t.priv = false;
	assert_int_equal(touch(b, GUEST_LOAD, t), IL_OK);
	assert_int_equal(b->g.touch.value, UINT32_MAX);
	assert_int_equal(b->g.state, GUEST_RUNNING);
}

static void what_is_no_access_to_a_bar_is_not_begun(void **state)
{
	static const struct guest_touch bad[] = {
		{ .bar = 7, .len = 4 },
		{ .bar = GUEST_CONFIG, .len = 8 },
		{ .bar = GUEST_CONFIG, .len = 4, .off = 2 },
		{ .bar = GUEST_CONFIG, .len = 4, .off = 0x1000 },
		{ .bar = 1, .len = 4 }, /* there is none */
		{ .bar = 0, .len = 0 },
		{ .bar = 0, .len = 3 },
		{ .bar = 0, .len = 16 },
		{ .bar = 0, .len = 4, .off = 2 },
		{ .bar = 0, .len = 4, .off = UINT64_C(1) << 30 },
	};
	struct bench *b = *state;
	struct guest_touch t = { .len = 4 };

	to_state(b, GUEST_FOUND);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(guest_begin_touch(&b->g, GUEST_LOAD, &bad[i]),
				 IL_E_ARG);
		assert_int_equal(guest_run(&b->g), IL_E_STATE);
	}
	assert_int_equal(guest_begin_touch(&b->g, GUEST_LOCK, &t), IL_E_ARG);
}

/* --- an ordinary VM --- */

static void the_guest_of_an_ordinary_vm_has_no_tsm_to_ask(void **state)
{
	const struct guest_arch_ops *o = &guest_plain_ops;

	(void)state;
	assert_int_equal(o->accept_ram(NULL, 0, PAGE_4K), IL_OK);
	assert_int_equal(o->share_ram(NULL, 0, PAGE_4K), IL_OK);
	assert_int_equal(o->lock(NULL, 8), IL_E_PEER);
	assert_int_equal(o->evidence(NULL, NULL, NULL, NULL), IL_E_PEER);
	assert_int_equal(o->mmio(NULL, NULL, true), IL_E_PEER);
	assert_int_equal(o->start(NULL), IL_E_PEER);
	assert_int_equal(o->dma(NULL, true), IL_E_PEER);
	assert_int_equal(o->stop(NULL), IL_E_PEER);
	assert_int_equal(o->unbind(NULL), IL_E_PEER);
	assert_int_equal(o->bus_addr(NULL, 0x5000, false), 0x5000);
	assert_int_equal(o->bus_addr(NULL, 0x5000, true), 0x5000);
	assert_non_null(o->why(NULL));
}

static void a_bound_driver_refuses_lock(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_FOUND);
	b->g.driver_bound = true;
	assert_int_equal(go(b, GUEST_LOCK), IL_E_STATE);
	assert_int_equal(b->g.eno, EBUSY);
	assert_int_equal(b->calls[C_LOCK], 0);
	assert_int_equal(b->g.state, GUEST_FOUND);
}

static void a_driver_has_the_view_of_the_side_it_was_probed_on(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_FOUND);
	assert_int_equal(go(b, GUEST_UNBIND), IL_E_STATE);
	assert_int_equal(b->g.eno, ENODEV);
	assert_int_equal(go(b, GUEST_BIND), IL_OK);
	assert_false(b->g.driver_private);
	assert_int_equal(go(b, GUEST_BIND), IL_E_STATE);
	assert_int_equal(b->g.eno, EBUSY);
	assert_int_equal(go(b, GUEST_UNBIND), IL_OK);
	for (enum guest_state s = GUEST_LOCKED; s < GUEST_RUNNING; s++) {
		to_state(b, s);
		assert_int_equal(go(b, GUEST_BIND), IL_E_STATE);
		assert_int_equal(b->g.eno, EBUSY);
		assert_false(b->g.driver_bound);
	}
	to_state(b, GUEST_RUNNING);
	assert_int_equal(go(b, GUEST_BIND), IL_OK);
	assert_true(b->g.driver_private);
	/* tsm/unlock */
	assert_int_equal(guest_begin(&b->g, GUEST_RELEASE, NULL), IL_E_STATE);
	assert_int_equal(b->g.eno, EBUSY);
	assert_int_equal(b->g.state, GUEST_RUNNING);
	assert_int_equal(go(b, GUEST_UNBIND), IL_OK);
	assert_int_equal(go(b, GUEST_RELEASE), IL_OK);
	assert_int_equal(b->g.state, GUEST_FOUND);
}

/* The function went and came back: its driver went with it. */
static void a_function_that_is_probed_again_has_no_driver(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_FOUND);
	assert_int_equal(go(b, GUEST_BIND), IL_OK);
	assert_int_equal(go(b, GUEST_PROBE), IL_OK);
	assert_false(b->g.driver_bound);
	assert_int_equal(go(b, GUEST_LOCK), IL_OK);
}

static void a_refused_program_keeps_the_state_and_says_why(void **state)
{
	struct bench *b = *state;
	char what[80];
	static const struct {
		enum guest_state s;
		enum guest_prog p;
		enum call c;
	} row[] = {
		{ GUEST_FOUND, GUEST_LOCK, C_LOCK },
		{ GUEST_LOCKED, GUEST_APPRAISE, C_EVIDENCE },
		{ GUEST_JUDGED, GUEST_ACCEPT, C_MMIO_ON },
		{ GUEST_ACCEPTED, GUEST_START, C_START },
		{ GUEST_ACCEPTED, GUEST_START, C_DMA_ON },
	};

	for (size_t i = 0; i < COUNT(row); i++) {
		to_state(b, row[i].s);
		b->fail[row[i].c] = IL_E_PEER;
		assert_int_equal(go(b, row[i].p), IL_E_PEER);
		b->fail[row[i].c] = IL_OK;
		assert_int_equal(b->g.state, row[i].s);
		guest_what(&b->g, what, sizeof(what));
		assert_string_equal(what, "the test said no");
		assert_false(b->g.dma_on);
	}
}

/* What one program was refused for is not said of the next. */
static void a_refusal_is_of_its_own_program(void **state)
{
	const struct guest_touch t = { .bar = 77 };
	struct bench *b = *state;
	char what[80];

	to_state(b, GUEST_FOUND);
	b->g.driver_bound = true;
	assert_int_equal(go(b, GUEST_LOCK), IL_E_STATE);
	assert_int_equal(b->g.eno, EBUSY);
	assert_int_equal(guest_begin(&b->g, GUEST_ACCEPT, NULL), IL_E_STATE);
	assert_int_equal(b->g.eno, 0);
	assert_int_equal(go(b, GUEST_LOCK), IL_E_STATE);
	assert_int_equal(guest_begin_pages(&b->g, GUEST_SHARE, 1, 1), IL_E_ARG);
	assert_int_equal(b->g.eno, 0);
	assert_int_equal(go(b, GUEST_LOCK), IL_E_STATE);
	assert_int_equal(guest_begin_touch(&b->g, GUEST_LOAD, &t), IL_E_ARG);
	assert_int_equal(b->g.eno, 0);
	b->g.driver_bound = false;

	to_state(b, GUEST_LOCKED);
	b->r->claims.meas_fresh = false;
	assert_int_equal(go(b, GUEST_APPRAISE), IL_E_AUTH);
	b->fail[C_STOP] = IL_E_PEER;
	assert_int_equal(go(b, GUEST_RELEASE), IL_E_PEER);
	guest_what(&b->g, what, sizeof(what));
	assert_string_equal(what, "the test said no");
	assert_int_equal(b->g.verdict.why, EVIDENCE_WHY_MEAS_STALE);
}

static void without_randomness_no_evidence_is_asked_for(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_LOCKED);
	b->fenv.random_err = IL_E_RANDOM;
	assert_int_equal(go(b, GUEST_APPRAISE), IL_E_RANDOM);
	assert_int_equal(b->calls[C_EVIDENCE], 0);
	assert_int_equal(b->g.state, GUEST_LOCKED);
}

static void evidence_that_fails_its_judge_is_refused(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_LOCKED);
	b->r->claims.meas_fresh = false;
	assert_int_equal(go(b, GUEST_APPRAISE), IL_E_AUTH);
	assert_int_equal(b->g.verdict.why, EVIDENCE_WHY_MEAS_STALE);
	assert_int_equal(b->g.state, GUEST_LOCKED);
}

static void another_lock_session_behind_our_back_is_noticed(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_LOCKED);
	b->swap_session = true;
	assert_int_equal(go(b, GUEST_APPRAISE), IL_E_AUTH);
	assert_int_equal(b->g.verdict.why, EVIDENCE_WHY_CHANGED);
	assert_int_equal(b->g.state, GUEST_LOCKED);
}

static void
measurements_taken_for_another_function_are_asked_for_anew(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_LOCKED);
	b->measured = 2;
	assert_int_equal(go(b, GUEST_APPRAISE), IL_OK);
	assert_int_equal(b->calls[C_EVIDENCE], 6);
	assert_int_equal(b->g.state, GUEST_JUDGED);
	assert_memory_equal(b->r->claims.meas, b->g.claims.meas,
			    sizeof(b->g.claims.meas));
}

static void measurements_that_never_stay_are_given_up(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_LOCKED);
	b->measured = UINT_MAX;
	assert_int_equal(go(b, GUEST_APPRAISE), IL_E_AUTH);
	assert_int_equal(b->g.verdict.why, EVIDENCE_WHY_CHANGED);
	assert_int_equal(b->calls[C_EVIDENCE], 2 * GUEST_APPRAISALS);
	assert_int_equal(b->g.state, GUEST_LOCKED);
}

static void a_range_that_fails_undoes_those_before_it(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_JUDGED);
	b->fail[C_MMIO_ON] = IL_E_PEER;
	b->fail_after = 1;
	assert_int_equal(go(b, GUEST_ACCEPT), IL_E_PEER);
	assert_int_equal(b->calls[C_MMIO_OFF], 1);
	assert_int_equal(b->g.ranges_on, 0);
	assert_int_equal(b->g.state, GUEST_JUDGED);
}

static void release_is_in_order_and_forgets_the_session(void **state)
{
	struct bench *b = *state;
	static const uint8_t zero[EVIDENCE_NONCE_LEN];

	to_state(b, GUEST_RUNNING);
	memset(b->order, 0, sizeof(b->order));
	assert_int_equal(go(b, GUEST_RELEASE), IL_OK);
	/* DMA off, both TEE ranges back, stop, unbind */
	assert_string_equal(b->order, "heeij");
	assert_int_equal(b->g.state, GUEST_FOUND);
	assert_int_equal(b->g.claims.tdi_id, 0);
	assert_int_equal(b->g.findings.n_meas, 0);
	assert_memory_equal(b->g.nonce, zero, sizeof(zero));
}

static void release_ends_whatever_is_refused(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_RUNNING);
	b->fail[C_DMA_OFF] = b->fail[C_STOP] = IL_E_PEER;
	b->fail[C_MMIO_OFF] = b->fail[C_UNBIND] = IL_E_PEER;
	assert_int_equal(go(b, GUEST_RELEASE), IL_E_PEER);
	assert_int_equal(b->calls[C_DMA_OFF], 1);
	assert_int_equal(b->calls[C_STOP], 1);
	assert_int_equal(b->calls[C_MMIO_OFF], 2);
	assert_int_equal(b->calls[C_UNBIND], 1);
	assert_int_equal(b->g.state, GUEST_FOUND);
	assert_int_equal(b->g.ranges_on, 0);
	assert_false(b->g.dma_on);
}

static void release_asks_nobody_about_a_function_that_is_gone(void **state)
{
	struct bench *b = *state;
	char what[64];

	to_state(b, GUEST_RUNNING);
	memset(b->order, 0, sizeof(b->order));
	memset(b->cfg, 0xff, 4);
	assert_int_equal(go(b, GUEST_RELEASE), IL_E_PEER);
	assert_string_equal(b->order, "");
	guest_what(&b->g, what, sizeof(what));
	assert_string_equal(what, "the function is gone");
	assert_int_equal(b->g.state, GUEST_FOUND);
	assert_int_equal(b->g.ranges_on, 0);
	assert_false(b->g.dma_on);
	/* ones in a part of it are an identity like any other */
	b->cfg[0] = 0xfe;
	to_state(b, GUEST_LOCKED);
	memset(b->order, 0, sizeof(b->order));
	assert_int_equal(go(b, GUEST_RELEASE), IL_OK);
	assert_string_equal(b->order, "ij");
}

static enum il_err move(struct bench *b, const uint8_t *p, uint64_t len,
			uint32_t window)
{
	struct guest_payload pay = { .p = p, .len = len, .window = window };
	enum il_err err = guest_begin(&b->g, GUEST_DMA, &pay);

	while (!err && (err = guest_run(&b->g)) == IL_E_AGAIN)
		err = IL_OK;
	return b->g.prog ? IL_E_AGAIN : err;
}

static void a_payload_goes_through_the_device_and_back(void **state)
{
	struct bench *b = *state;
	uint8_t p[20000];

	for (unsigned i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 7 + i / 256);
	to_state(b, GUEST_RUNNING);
	assert_int_equal(move(b, p, sizeof(p), 4097), IL_OK);
	assert_memory_equal(b->ram + BUF, p, sizeof(p));
	assert_int_equal(move(b, NULL, 0, 1), IL_OK);
	assert_int_equal(move(b, p, 1, DMA_MAX_LEN), IL_OK);
}

static enum il_err bounce(struct bench *b, const uint8_t *p, uint64_t len,
			  bool src, bool dst)
{
	struct guest_payload pay = { .p = p,
				     .len = len,
				     .window = DMA_MAX_LEN,
				     .src_shared = src,
				     .dst_shared = dst };
	enum il_err err = guest_begin(&b->g, GUEST_DMA, &pay);

	while (!err && (err = guest_run(&b->g)) == IL_E_AGAIN)
		err = IL_OK;
	return b->g.prog ? IL_E_AGAIN : err;
}

/* Half of 16 KiB at a time; the device is told of nothing else. */
static void an_untrusted_device_is_used_through_bounce_buffers(void **state)
{
	struct bench *b = *state;
	uint8_t p[20001];
	uint32_t len;

	for (unsigned i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 11 + i / 256);
	to_state(b, GUEST_FOUND);
	assert_int_equal(bounce(b, p, sizeof(p), true, true), IL_E_STATE);
	assert_int_equal(go(b, GUEST_SHARE), IL_OK);
	assert_true(b->asked_gpa == BOUNCE && b->asked_size == BOUNCE_SIZE);
	b->exits = true;
	assert_int_equal(bounce(b, p, sizeof(p), true, true), IL_OK);
	b->exits = false;
	assert_memory_equal(b->ram + BUF, p, sizeof(p));
	memcpy(&len, reg8(b, DMA_LEN), 4);
	assert_int_equal(len, sizeof(p) - 2 * BOUNCE_SIZE / 2);
	assert_int_equal(go(b, GUEST_UNSHARE), IL_OK);
	assert_int_equal(b->calls[C_RAM], 1);
	assert_int_equal(bounce(b, p, 1, true, false), IL_E_STATE);
	assert_int_equal(bounce(b, p, 1, false, true), IL_E_STATE);
}

static void a_trusted_device_reaches_either_kind(void **state)
{
	struct bench *b = *state;
	uint8_t p[5000];

	memset(p, 0x3c, sizeof(p));
	to_state(b, GUEST_RUNNING);
	assert_int_equal(go(b, GUEST_SHARE), IL_OK);
	for (unsigned i = 0; i < 4; i++) {
		memset(b->ram, 0, sizeof(b->ram));
		memset(b->bounce, 0, sizeof(b->bounce));
		assert_int_equal(bounce(b, p, sizeof(p), i & 1, i & 2), IL_OK);
		assert_memory_equal(b->ram + BUF, p, sizeof(p));
		assert_int_equal(b->bounce[0], i & 1 ? 0x3c : 0);
		assert_int_equal(b->bounce[BOUNCE_SIZE / 2], i & 2 ? 0x3c : 0);
	}
}

static void what_an_earlier_dma_brought_does_not_count(void **state)
{
	struct bench *b = *state;
	uint8_t p[64];

	memset(p, 0x77, sizeof(p));
	to_state(b, GUEST_RUNNING);
	assert_int_equal(bounce(b, p, sizeof(p), false, false), IL_OK);
	b->lost = true;
	assert_int_equal(bounce(b, p, sizeof(p), false, false), IL_E_PEER);
}

/* Pages of which some are bounce buffers end these, whatever comes of it. */
static void pages_are_shared_and_taken_back_by_address(void **state)
{
	struct bench *b = *state;

	assert_int_equal(guest_begin_pages(&b->g, GUEST_SHARE, 0x5800, 0x1000),
			 IL_E_ARG);
	assert_int_equal(guest_begin_pages(&b->g, GUEST_SHARE, 0x5000, 0x800),
			 IL_E_ARG);
	assert_int_equal(
		guest_begin_pages(&b->g, GUEST_SHARE, -PAGE_4K, 2 * PAGE_4K),
		IL_E_ARG);
	assert_int_equal(guest_begin_pages(&b->g, GUEST_BOOT, 0x5000, 0x1000),
			 IL_E_ARG);
	assert_int_equal(guest_begin_pages(&b->g, GUEST_SHARE, 0x5000, 0x3000),
			 IL_OK);
	assert_int_equal(guest_run(&b->g), IL_OK);
	assert_true(b->asked_gpa == 0x5000 && b->asked_size == 0x3000);
	assert_false(b->g.bounce_on);
	assert_int_equal(go(b, GUEST_SHARE), IL_OK);
	assert_true(b->g.bounce_on);
	b->fail[C_RAM] = IL_E_PEER;
	assert_int_equal(guest_begin_pages(&b->g, GUEST_UNSHARE,
					   BOUNCE + BOUNCE_SIZE, 0x1000),
			 IL_OK);
	assert_int_equal(guest_run(&b->g), IL_E_PEER);
	assert_true(b->g.bounce_on);
	assert_int_equal(guest_begin_pages(&b->g, GUEST_UNSHARE,
					   BOUNCE + 0x1000, 0x1000),
			 IL_OK);
	assert_int_equal(guest_run(&b->g), IL_E_PEER);
	assert_false(b->g.bounce_on);
	b->fail[C_SHARE] = IL_E_PEER;
	assert_int_equal(go(b, GUEST_SHARE), IL_E_PEER);
	assert_false(b->g.bounce_on);
}

static void a_payload_that_does_not_fit_is_refused(void **state)
{
	struct bench *b = *state;
	struct guest_payload p = { .len = BUF + 1, .window = 1 };

	to_state(b, GUEST_RUNNING);
	assert_int_equal(guest_begin(&b->g, GUEST_DMA, &p), IL_E_ARG);
	p = (struct guest_payload){ .len = 1, .window = 0 };
	assert_int_equal(guest_begin(&b->g, GUEST_DMA, &p), IL_E_ARG);
	p.window = DMA_MAX_LEN + 1;
	assert_int_equal(guest_begin(&b->g, GUEST_DMA, &p), IL_E_ARG);
	assert_int_equal(guest_begin(&b->g, GUEST_DMA, NULL), IL_E_ARG);
	p.window = DMA_MAX_LEN;
	assert_int_equal(guest_begin(&b->g, GUEST_DMA, &p), IL_OK);
	guest_abandon(&b->g);
}

static void each_way_that_dma_goes_wrong_is_noticed(void **state)
{
	struct bench *b = *state;
	uint8_t p[100] = { 1, 2, 3 };
	uint32_t id = 5;

	to_state(b, GUEST_RUNNING);
	b->lie = true;
	assert_int_equal(move(b, p, sizeof(p), 64), IL_E_PEER);
	b->lie = false;
	b->status_error = DMA_STATUS_DONE | DMA_STATUS_ERROR;
	assert_int_equal(move(b, p, sizeof(p), 64), IL_E_PEER);
	b->status_error = UINT32_MAX;
	assert_int_equal(move(b, p, sizeof(p), 64), IL_E_PEER);
	b->status_error = 0;
	b->bad_count = true;
	assert_int_equal(move(b, p, sizeof(p), 64), IL_E_PEER);
	b->bad_count = false;
	b->hang = true;
	assert_int_equal(move(b, p, sizeof(p), 64), IL_E_TIMEOUT);
	b->hang = false;
	memcpy(reg8(b, DMA_ID), &id, 4);
	assert_int_equal(move(b, p, sizeof(p), 64), IL_E_PEER);
}

static void private_mmio_holds_and_the_plain_view_shows_nothing(void **state)
{
	struct bench *b = *state;

	to_state(b, GUEST_RUNNING);
	assert_int_equal(go(b, GUEST_MMIO), IL_OK);
	assert_int_equal(b->devmem, 0xabcd);
	b->plain_shows = true;
	assert_int_equal(go(b, GUEST_MMIO), IL_E_AUTH);
}

static void every_program_goes_on_from_every_exit(void **state)
{
	struct bench *b = *state;
	uint8_t p[9000];

	for (unsigned i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 13);
	b->exits = true;
	assert_int_equal(go(b, GUEST_BOOT), IL_OK);
	to_state(b, GUEST_RUNNING);
	assert_true(b->g.bar[2].gpa == MMIO + 16 * PAGE_4K);
	assert_int_equal(b->calls[C_LOCK], 1);
	assert_int_equal(b->calls[C_EVIDENCE], 2);
	assert_int_equal(b->calls[C_MMIO_ON], 2);
	assert_int_equal(b->calls[C_START], 1);
	assert_int_equal(b->calls[C_DMA_ON], 1);
	assert_int_equal(move(b, p, sizeof(p), 4096), IL_OK);
	assert_memory_equal(b->ram + BUF, p, sizeof(p));
	assert_int_equal(go(b, GUEST_MMIO), IL_OK);
	assert_int_equal(go(b, GUEST_RELEASE), IL_OK);
	assert_int_equal(b->calls[C_MMIO_OFF], 2);
	assert_int_equal(b->calls[C_UNBIND], 1);
	assert_true(b->n_exits > 40);
}

static void names_are_distinct(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < GUEST_PROGS; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(guest_prog_name(i),
						guest_prog_name(k));
	for (unsigned i = 0; i < GUEST_STATES; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(guest_state_name(i),
						guest_state_name(k));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(probe_places_the_bars_apart_and_switches_decoding_on),
		T(probe_refuses_an_empty_bus_and_senseless_bars),
		T(boot_accepts_both_buffers),
		T(a_program_starts_only_where_it_may),
		T(an_ordinary_function_beside_it_changes_nothing_of_it),
		T(a_bound_driver_refuses_lock),
		T(a_driver_has_the_view_of_the_side_it_was_probed_on),
		T(a_function_that_is_probed_again_has_no_driver),
		T(a_refused_program_keeps_the_state_and_says_why),
		T(a_refusal_is_of_its_own_program),
		T(without_randomness_no_evidence_is_asked_for),
		T(evidence_that_fails_its_judge_is_refused),
		T(another_lock_session_behind_our_back_is_noticed),
		T(measurements_taken_for_another_function_are_asked_for_anew),
		T(measurements_that_never_stay_are_given_up),
		T(a_range_that_fails_undoes_those_before_it),
		T(release_is_in_order_and_forgets_the_session),
		T(release_ends_whatever_is_refused),
		T(release_asks_nobody_about_a_function_that_is_gone),
		T(a_payload_goes_through_the_device_and_back),
		T(an_untrusted_device_is_used_through_bounce_buffers),
		T(a_trusted_device_reaches_either_kind),
		T(what_an_earlier_dma_brought_does_not_count),
		T(pages_are_shared_and_taken_back_by_address),
		T(a_payload_that_does_not_fit_is_refused),
		T(each_way_that_dma_goes_wrong_is_noticed),
		T(private_mmio_holds_and_the_plain_view_shows_nothing),
		T(every_program_goes_on_from_every_exit),
		T(a_load_sees_what_a_store_of_the_same_view_left),
		T(what_is_no_access_to_a_bar_is_not_begun),
		T(the_guest_of_an_ordinary_vm_has_no_tsm_to_ask),
		cmocka_unit_test(names_are_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
