/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"
#include "fake_env.h"
#include "maker.h"

#include <stdlib.h>

#include "arch/tdx/guest.h"

/*
 * The TD's driver alone: one vCPU whose instructions are answered here as
 * module and host would. Leaves, fields and offsets are written out from the
 * layouts of the GHCI and of the guest patches.
 */

#define G_BUF  UINT64_C(0x10000)
#define G_HASH UINT64_C(0x4000)
#define G_RAM  UINT64_C(0x40000)
#define G_BAR  UINT64_C(0x10000000000)
#define PAGES  128u
#define SHARED (UINT64_C(1) << 47)
#define RID    0x8u
#define FUNC   0x01000100u

enum { CALLS = 160 };

static struct maker maker;

struct rig {
	struct crypto c;
	unsigned live;
	struct fake_env fake;
	struct env env;
	struct tdx_guest_insn insn;
	struct tdx_guest g;
	uint8_t page[PAGES];
	uint8_t ram[PAGES * 4096];
	struct tdx_regs call[CALLS]; /* as the module saw them */
	unsigned calls;
	bool stutter, again; /* each instruction leaves once first */

	/* The module. */
	uint64_t state, session;
	uint8_t info_hash[48], report_hash[48];
	uint64_t refuse; /* leaf that gets @status */
	uint64_t status;
	unsigned from; /* the how-manieth of it */
	unsigned seen;
	/* The host. */
	uint8_t info[600], report[64];
	uint32_t info_len, report_len;
	uint8_t tdcm_status;
	uint32_t more; /* bytes that it claims to have written besides */
	uint8_t nonce[32];
	uint64_t map_r10, map_r11; /* of the next MapGPA */
};

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static bool leaves(struct rig *r)
{
	if (!r->stutter)
		return false;
	r->again = !r->again;
	return r->again;
}

static enum il_err rd(void *ctx, uint64_t gpa, bool private, void *buf,
		      uint32_t len)
{
	struct rig *r = ctx;

	if (leaves(r))
		return IL_E_AGAIN;
	assert_true(gpa + len <= sizeof(r->ram));
	assert_int_equal(private, gpa == G_HASH);
	memcpy(buf, r->ram + gpa, len);
	return IL_OK;
}

static enum il_err wr(void *ctx, uint64_t gpa, bool private, const void *buf,
		      uint32_t len)
{
	struct rig *r = ctx;

	if (leaves(r))
		return IL_E_AGAIN;
	assert_true(gpa + len <= sizeof(r->ram));
	assert_false(private);
	memcpy(r->ram + gpa, buf, len);
	return IL_OK;
}

/* The answer to the command in the buffer at @gpa. */
static void tdcm(struct rig *r, uint64_t gpa)
{
	uint8_t *b = r->ram + gpa;
	const void *from = NULL;
	uint8_t one = 1, func[4];
	uint32_t n = 0;

	assert_int_equal(b[1], 0xff); /* to be polled */
	put32(func, FUNC);
	switch (b[0]) {
	case 0:
		from = &one;
		n = 1;
		break;
	case 1:
		from = func;
		n = 4;
		break;
	case 3:
		from = r->report;
		n = r->report_len;
		break;
	case 4:
		memcpy(r->nonce, b + 8, 32);
		from = r->info;
		n = r->info_len;
		break;
	default:
		break;
	}
	if (n)
		memcpy(b + 8, from, n);
	put32(b + 4, n + r->more);
	b[1] = r->tdcm_status;
}

static void vmcall(struct rig *r, struct tdx_regs *c)
{
	assert_int_equal(c->rcx, 0xfc00);
	c->r10 = 0;
	if (c->r11 == 0x10001) {
		c->r10 = r->map_r10;
		c->r11 = r->map_r11;
		r->map_r10 = 0;
		return;
	}
	assert_int_equal(c->r11, 0x10007);
	assert_int_equal(c->r12, RID);
	assert_true(c->r13 & SHARED);
	tdcm(r, c->r13 & ~SHARED);
}

static void tdi_rd(struct rig *r, struct tdx_regs *c)
{
	const uint8_t *hash = NULL;

	assert_int_equal(c->rcx, FUNC);
	switch (c->rdx) {
	case 2:
		c->rcx = r->state;
		break;
	case 5:
		c->rcx = r->session;
		break;
	case 3:
		hash = r->report_hash;
		break;
	case 4:
		hash = r->info_hash;
		break;
	default:
		fail();
	}
	if (!hash)
		return;
	assert_int_equal(c->r8, G_HASH);
	memcpy(r->ram + G_HASH, hash, 48);
	c->rcx = 48;
}

static enum il_err tdcall(void *ctx, struct tdx_regs *c)
{
	struct rig *r = ctx;

	if (leaves(r))
		return IL_E_AGAIN;
	assert_true(r->calls < CALLS);
	r->call[r->calls++] = *c;
	if (c->rax == r->refuse && ++r->seen >= r->from) {
		c->rax = r->status;
		return IL_OK;
	}
	if (c->rax == 0)
		vmcall(r, c);
	else if (c->rax == TDG_TDI_RD)
		tdi_rd(r, c);
	c->rax = 0;
	return IL_OK;
}

static struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct tdx_guest_cfg cfg = { .map = { .buf = G_BUF, .hash = G_HASH },
				     .pages = PAGES,
				     .now_s = 1800000000 };

	assert_non_null(r);
	r->c = maker.c;
	r->live = maker_live(&maker);
	r->env = fake_env(&r->fake);
	r->insn = (struct tdx_guest_insn){
		.ctx = r, .read = rd, .write = wr, .tdcall = tdcall
	};
	r->state = 1;
	r->session = 7;
	r->refuse = UINT64_MAX;
	cfg.insn = &r->insn;
	cfg.crypto = &r->c;
	cfg.env = &r->env;
	cfg.page = r->page;
	tdx_guest_init(&r->g, &cfg);
	return r;
}

static void rig_free(struct rig *r)
{
	tdx_guest_fini(&r->g);
	assert_int_equal(maker_live(&maker), r->live);
	free(r);
}

/* To the end, whatever leaves. */
#define GO(r, call)                                                      \
	({                                                               \
		enum il_err e_;                                          \
		unsigned n_ = 0;                                         \
		do                                                       \
			e_ = (call);                                     \
		while (e_ == IL_E_AGAIN && (r)->stutter && n_++ < 1000); \
		e_;                                                      \
	})

static void said(struct rig *r, const char *words)
{
	const char *why = tdx_guest_ops.why(&r->g);

	if (!strstr(why, words))
		fail_msg("why: %s", why);
}

static unsigned calls_of(const struct rig *r, uint64_t leaf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->calls; i++)
		n += r->call[i].rax == leaf;
	return n;
}

/* --- memory --- */

static void ram_is_accepted_once_and_released_before_it_is_shared(void **unused)
{
	struct rig *r = rig_new();
	unsigned n;

	(void)unused;
	assert_int_equal(tdx_guest_ops.accept_ram(&r->g, G_RAM, 0x3000), 0);
	assert_int_equal(calls_of(r, TDG_MEM_PAGE_ACCEPT), 3);
	assert_int_equal(r->call[2].rcx, G_RAM + 0x2000);
	/* Ours already: the module is not asked to zero it again. */
	assert_int_equal(tdx_guest_ops.accept_ram(&r->g, G_RAM, 0x3000), 0);
	assert_int_equal(r->calls, 3);
	assert_int_equal(tdx_guest_ops.share_ram(&r->g, G_RAM, 0x2000), 0);
	n = r->calls;
	assert_int_equal(r->call[n - 3].rax, TDG_MEM_PAGE_RELEASE);
	assert_int_equal(r->call[n - 2].rax, TDG_MEM_PAGE_RELEASE);
	assert_int_equal(r->call[n - 1].r12, G_RAM | SHARED);
	assert_int_equal(r->call[n - 1].r13, 0x2000);
	/* Not of both kinds; not what is shared already. */
	assert_int_equal(tdx_guest_ops.accept_ram(&r->g, G_RAM, 0x3000),
			 IL_E_PEER);
	said(r, "not all was shared");
	assert_int_equal(tdx_guest_ops.share_ram(&r->g, G_RAM, 0x1000),
			 IL_E_PEER);
	rig_free(r);
}

static void a_page_that_was_accepted_behind_our_back_is_refused(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	r->refuse = TDG_MEM_PAGE_ACCEPT;
	r->status = UINT64_C(0x00000b0a00000000);
	assert_int_equal(tdx_guest_ops.accept_ram(&r->g, G_RAM, 0x1000),
			 IL_E_PEER);
	said(r, "so before");
	rig_free(r);
}

static void a_refused_conversion_leaves_the_pages_private(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	assert_int_equal(tdx_guest_ops.accept_ram(&r->g, G_RAM, 0x2000), 0);
	r->map_r10 = UINT64_C(0x8000000000000000);
	assert_int_equal(tdx_guest_ops.share_ram(&r->g, G_RAM, 0x2000),
			 IL_E_PEER);
	/* Released, asked, and accepted again. */
	assert_int_equal(calls_of(r, TDG_MEM_PAGE_RELEASE), 2);
	assert_int_equal(calls_of(r, TDG_MEM_PAGE_ACCEPT), 4);
	assert_int_equal(tdx_guest_ops.share_ram(&r->g, G_RAM, 0x2000), 0);
	rig_free(r);
}

static void a_conversion_that_says_retry_has_to_move_on(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	r->map_r10 = 1;
	r->map_r11 = (G_RAM + 0x1000) | SHARED;
	assert_int_equal(tdx_guest_ops.share_ram(&r->g, G_RAM, 0x2000), 0);
	assert_int_equal(r->call[1].r12, (G_RAM + 0x1000) | SHARED);
	assert_int_equal(r->call[1].r13, 0x1000);
	for (unsigned i = 0; i < 3; i++) {
		const uint64_t at[] = { 0, 0x2000, 0x800 };

		r->map_r10 = 1;
		r->map_r11 = (G_RAM + 0x10000 + at[i]) | SHARED;
		assert_int_equal(
			tdx_guest_ops.share_ram(&r->g, G_RAM + 0x10000, 0x2000),
			IL_E_PEER);
	}
	rig_free(r);
}

/* --- lock --- */

static void a_lock_ends_with_the_session_that_the_module_names(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		r->stutter = i;
		assert_int_equal(GO(r, tdx_guest_ops.lock(&r->g, RID)), 0);
		assert_int_equal(r->g.session, 7);
		assert_int_equal(r->g.func, FUNC);
	}
	r->stutter = false;
	r->state = 2; /* RUN: somebody else's doing */
	assert_int_equal(tdx_guest_ops.lock(&r->g, RID), IL_E_PEER);
	r->state = 1;
	r->session = 0;
	assert_int_equal(tdx_guest_ops.lock(&r->g, RID), IL_E_PEER);
	said(r, "another bind session");
	rig_free(r);
}

static void a_host_that_answers_too_much_or_never_is_refused(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	r->tdcm_status = 0xff;
	assert_int_equal(tdx_guest_ops.lock(&r->g, RID), IL_E_PEER);
	said(r, "did not serve");
	r->tdcm_status = 1;
	assert_int_equal(tdx_guest_ops.lock(&r->g, RID), IL_E_PEER);
	r->tdcm_status = 0;
	r->more = 1;
	assert_int_equal(tdx_guest_ops.lock(&r->g, RID), IL_E_PEER);
	said(r, "too much data");
	r->more = UINT32_MAX - 1;
	assert_int_equal(tdx_guest_ops.lock(&r->g, RID), IL_E_PEER);
	r->refuse = TDG_VP_VMCALL;
	r->status = UINT64_C(0xc000010000000000);
	assert_int_equal(tdx_guest_ops.lock(&r->g, RID), IL_E_PEER);
	said(r, "TDG.VP.VMCALL");
	rig_free(r);
}

/* --- evidence --- */

/* A part of the device information. */
static void part(struct rig *r, uint32_t type, const char *text)
{
	const uint32_t n = (uint32_t)strlen(text);
	uint8_t *p = r->info + r->info_len;

	put32(p, type);
	put32(p + 4, n);
	memcpy(p + 8, text, n);
	r->info_len += 8 + n;
}

static struct rig *locked(void)
{
	struct rig *r = rig_new();

	part(r, 1, "a chain");
	part(r, 2, "what was measured");
	r->report_len = 20;
	assert_int_equal(crypto_hash(&r->c, CRYPTO_SHA384, r->info, r->info_len,
				     r->info_hash),
			 0);
	assert_int_equal(crypto_hash(&r->c, CRYPTO_SHA384, r->report,
				     r->report_len, r->report_hash),
			 0);
	assert_int_equal(tdx_guest_ops.lock(&r->g, RID), 0);
	return r;
}

static const uint8_t nonce[32] = { 0xa1, 0xb2, [31] = 0x5e };

static void what_fits_the_modules_hash_is_claimed_by_part(void **unused)
{
	struct rig *r = locked();
	struct evidence_claims c = { 0 };
	struct evidence_blobs b = { 0 };
	uint8_t want[CRYPTO_HASH_MAX];

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		r->stutter = i;
		assert_int_equal(
			GO(r, tdx_guest_ops.evidence(&r->g, nonce, &c, &b)), 0);
		assert_memory_equal(r->nonce, nonce, 32);
		assert_int_equal(c.tdi_id, 7);
		assert_int_equal(c.report_count, i + 1);
		assert_int_equal(b.certs.len, 7);
		assert_memory_equal(b.certs.p, "a chain", 7);
		assert_memory_equal(b.meas.p, "what was measured", 17);
		assert_int_equal(b.report.len, 20);
		assert_int_equal(crypto_hash(&r->c, CRYPTO_SHA384,
					     (const uint8_t *)"a chain", 7,
					     want),
				 0);
		assert_memory_equal(c.certs, want, 48);
		assert_memory_equal(c.report, r->report_hash, 48);
	}
	rig_free(r);
}

static void of_information_that_the_host_changed_no_digest_is_claimed(void **x)
{
	struct rig *r = locked();
	struct evidence_claims c = { 0 };
	struct evidence_blobs b = { 0 };
	static const uint8_t none[48];

	(void)x;
	r->info[r->info_len - 1] ^= 1;
	assert_int_equal(tdx_guest_ops.evidence(&r->g, nonce, &c, &b), 0);
	assert_memory_equal(c.certs, none, 48);
	assert_memory_equal(c.meas, none, 48);
	/* Lengths that lead out of it are nobody's part. */
	put32(r->info + 4, 0xfffffff0u);
	assert_int_equal(tdx_guest_ops.evidence(&r->g, nonce, &c, &b), 0);
	assert_int_equal(b.certs.len, 0);
	assert_memory_equal(c.certs, none, 48);
	rig_free(r);
}

static void evidence_of_another_bind_session_is_refused(void **unused)
{
	struct rig *r = locked();
	struct evidence_claims c = { 0 };
	struct evidence_blobs b = { 0 };

	(void)unused;
	r->session = 8;
	assert_int_equal(tdx_guest_ops.evidence(&r->g, nonce, &c, &b),
			 IL_E_PEER);
	said(r, "another bind session");
	r->session = 7;
	r->state = 3; /* ERROR */
	assert_int_equal(tdx_guest_ops.evidence(&r->g, nonce, &c, &b),
			 IL_E_PEER);
	said(r, "another state");
	rig_free(r);
}

/* --- grants --- */

static const struct guest_pages three = {
	.gpa = G_BAR, .pages = 3, .offset = 2, .index = 1
};

static void mmio_is_made_private_then_accepted_page_by_page(void **unused)
{
	struct rig *r = locked();
	unsigned n;

	(void)unused;
	n = r->calls;
	assert_int_equal(tdx_guest_ops.mmio(&r->g, &three, true), 0);
	assert_int_equal(r->calls - n, 2 + 1 + 3); /* state and session first */
	assert_int_equal(r->call[n + 2].r12, G_BAR); /* no shared bit */
	assert_int_equal(r->call[n + 2].r13, 0x3000);
	for (unsigned i = 0; i < 3; i++) {
		const struct tdx_regs *c = &r->call[n + 3 + i];

		assert_int_equal(c->rax, TDG_MMIO_ACCEPT);
		assert_int_equal(c->rcx, G_BAR + i * 0x1000u);
		assert_int_equal(c->rdx, 1);
		assert_int_equal(c->r8, FUNC);
		assert_int_equal(c->r9, (uint64_t)(2 + i) << 32 | 1);
	}
	rig_free(r);
}

static void a_page_of_mmio_that_was_accepted_before_is_refused(void **unused)
{
	struct rig *r = locked();

	(void)unused;
	r->refuse = TDG_MMIO_ACCEPT;
	r->from = 2;
	r->status = UINT64_C(0x00000b0a00000000);
	assert_int_equal(tdx_guest_ops.mmio(&r->g, &three, true), IL_E_PEER);
	said(r, "TDG.MMIO.ACCEPT");
	rig_free(r);
}

static void grants_are_for_the_session_that_was_judged(void **unused)
{
	struct rig *r = locked();

	(void)unused;
	r->session = 8;
	assert_int_equal(tdx_guest_ops.mmio(&r->g, &three, true), IL_E_PEER);
	assert_int_equal(tdx_guest_ops.dma(&r->g, true), IL_E_PEER);
	assert_int_equal(calls_of(r, TDG_MMIO_ACCEPT), 0);
	assert_int_equal(calls_of(r, TDG_DMAR_ACCEPT), 0);
	r->session = 7;
	assert_int_equal(tdx_guest_ops.dma(&r->g, true), 0);
	/* From now on its addresses are ours. */
	assert_int_equal(tdx_guest_ops.bus_addr(&r->g, G_RAM, true),
			 G_RAM | SHARED);
	assert_int_equal(tdx_guest_ops.bus_addr(&r->g, G_RAM, false), G_RAM);
	/* What is gone already is not taken away in silence. */
	r->state = 0;
	assert_int_equal(tdx_guest_ops.dma(&r->g, false), IL_E_PEER);
	assert_int_equal(tdx_guest_ops.bus_addr(&r->g, G_RAM, true), G_RAM);
	rig_free(r);
}

static void a_start_is_authorised_first_and_believed_last(void **unused)
{
	struct rig *r = locked();
	const unsigned n = r->calls;

	(void)unused;
	/* The host says that it started it; the module does not. */
	assert_int_equal(tdx_guest_ops.start(&r->g), IL_E_PEER);
	assert_int_equal(r->call[n].rax, TDG_TDI_START);
	assert_int_equal(r->call[n].rcx, FUNC);
	assert_int_equal(r->call[n].rdx, 7);
	assert_int_equal(r->call[n + 1].r11, 0x10007);
	r->state = 2;
	r->stutter = true;
	assert_int_equal(GO(r, tdx_guest_ops.start(&r->g)), 0);
	rig_free(r);
}

static int open_maker(void **unused)
{
	(void)unused;
	maker_open(&maker, CRYPTO_P256);
	return 0;
}

static int close_maker(void **unused)
{
	(void)unused;
	maker_close(&maker);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			ram_is_accepted_once_and_released_before_it_is_shared),
		cmocka_unit_test(
			a_page_that_was_accepted_behind_our_back_is_refused),
		cmocka_unit_test(a_refused_conversion_leaves_the_pages_private),
		cmocka_unit_test(a_conversion_that_says_retry_has_to_move_on),
		cmocka_unit_test(
			a_lock_ends_with_the_session_that_the_module_names),
		cmocka_unit_test(
			a_host_that_answers_too_much_or_never_is_refused),
		cmocka_unit_test(what_fits_the_modules_hash_is_claimed_by_part),
		cmocka_unit_test(
			of_information_that_the_host_changed_no_digest_is_claimed),
		cmocka_unit_test(evidence_of_another_bind_session_is_refused),
		cmocka_unit_test(
			mmio_is_made_private_then_accepted_page_by_page),
		cmocka_unit_test(
			a_page_of_mmio_that_was_accepted_before_is_refused),
		cmocka_unit_test(grants_are_for_the_session_that_was_judged),
		cmocka_unit_test(a_start_is_authorised_first_and_believed_last),
	};

	return cmocka_run_group_tests(tests, open_maker, close_maker);
}
