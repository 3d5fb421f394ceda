/* SPDX-License-Identifier: BSD-2-Clause */
/* The TVM's driver, alone: each call it makes, and what it makes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../guest/rig.h"
#include "arch/cove/guest.h"
#include "arch/cove/uapi.h"
#include "base/bits.h"

/* Numbers as the specifications have them. */
#define COVG UINT64_C(0x434f5647)
#define HOST UINT64_C(0x08494c00)

#define G_NONCE	  UINT64_C(0x4000)
#define G_DATA	  UINT64_C(0x5000)
#define G_RAM	  UINT64_C(0x40000)
#define ECAM	  UINT64_C(0x200000000)
#define WINDOW	  UINT64_C(0x10000000000)
#define IF_ID	  0x0100u
#define GUEST_RID 8u
#define PAGES	  128u

struct ecall {
	uint64_t eid, fid, a[6];
};

struct bench {
	struct cove_guest g;
	struct cove_guest_insn insn;
	uint8_t page[PAGES];
	struct ecall call[64];
	unsigned n;
	uint64_t touched[256];
	unsigned n_touched;
	uint8_t nonce[32]; /* as it was put into memory */
	/* What the TSM says, by function; else success and @value. */
	uint64_t fail_fid;
	int64_t error;
	uint64_t link, state;
	const struct evidence_blob *certs, *meas, *report;
	const struct evidence_blob *data; /* that the buffer holds now */
	/* Every instruction leaves the guest once before it is done. */
	bool stutter, stuttered;
};

static enum il_err step(struct bench *b)
{
	if (b->stutter && !b->stuttered) {
		b->stuttered = true;
		return IL_E_AGAIN;
	}
	b->stuttered = false;
	return IL_OK;
}

static enum il_err i_read(void *ctx, uint64_t gpa, void *buf, uint32_t len)
{
	struct bench *b = ctx;
	enum il_err err = step(b);

	if (err)
		return err;
	if (gpa == G_DATA && b->data && len == b->data->len)
		memcpy(buf, b->data->p, len);
	else if (b->n_touched < COUNT(b->touched))
		b->touched[b->n_touched++] = gpa;
	return IL_OK;
}

static enum il_err i_write(void *ctx, uint64_t gpa, const void *buf,
			   uint32_t len)
{
	struct bench *b = ctx;
	enum il_err err = step(b);

	if (err)
		return err;
	assert_true(gpa == G_NONCE);
	assert_int_equal(len, 32);
	memcpy(b->nonce, buf, 32);
	return IL_OK;
}

static uint64_t value_of(struct bench *b, uint64_t fid)
{
	switch (fid) {
	case 1024:
		return b->link;
	case 1025:
		b->data = b->certs;
		break;
	case 1026:
		b->data = b->meas;
		break;
	case 1027:
		b->data = b->report;
		break;
	case 1028:
		return b->state;
	default:
		return 0;
	}
	return b->data ? b->data->len : 0;
}

static enum il_err i_ecall(void *ctx, uint64_t eid, uint64_t fid,
			   const uint64_t a[6], struct sbiret *ret)
{
	struct bench *b = ctx;
	enum il_err err = step(b);

	if (err)
		return err;
	assert_true(b->n < COUNT(b->call));
	b->call[b->n] = (struct ecall){ .eid = eid, .fid = fid };
	memcpy(b->call[b->n++].a, a, 6 * sizeof(a[0]));
	*ret = (struct sbiret){ 0, eid == HOST ? IF_ID : value_of(b, fid) };
	if (b->error && fid == b->fail_fid)
		*ret = (struct sbiret){ b->error, 0 };
	return IL_OK;
}

static struct bench *bench_new(const struct crypto *c)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct cove_guest_cfg cfg = { 0 };

	assert_non_null(b);
	b->insn = (struct cove_guest_insn){ b, i_read, i_write, i_ecall };
	b->link = 3;
	b->state = 1;
	cfg.insn = &b->insn;
	cfg.crypto = c;
	cfg.map = (struct cove_guest_map){ G_NONCE, G_DATA, ECAM,
					   PAGE_2M, WINDOW, PAGE_1G };
	cfg.page = b->page;
	cfg.pages = PAGES;
	cove_guest_init(&b->g, &cfg);
	return b;
}

/* To its end, past every exit. */
#define GO(expr)                           \
	({                                 \
		enum il_err go_;           \
		do                         \
			go_ = (expr);      \
		while (go_ == IL_E_AGAIN); \
		go_;                       \
	})

static const struct guest_arch_ops *const o = &cove_guest_ops;

static void called(const struct bench *b, unsigned i, uint64_t eid,
		   uint64_t fid, uint64_t a0, uint64_t a1)
{
	assert_true(i < b->n);
	assert_true(b->call[i].eid == eid);
	assert_true(b->call[i].fid == fid);
	assert_true(b->call[i].a[0] == a0);
	assert_true(b->call[i].a[1] == a1);
}

static void opened(struct bench *b)
{
	assert_int_equal(GO(o->accept_ram(&b->g, G_RAM, PAGE_4K)), IL_OK);
	b->n = 0;
	b->n_touched = 0;
}

static void emulated_regions_are_told_once_and_before_anything_else(void **u)
{
	struct bench *b = bench_new(NULL);

	(void)u;
	assert_int_equal(GO(o->accept_ram(&b->g, G_RAM, 2 * PAGE_4K)), IL_OK);
	assert_int_equal(b->n, 2);
	called(b, 0, COVG, 0, ECAM, PAGE_2M);
	called(b, 1, COVG, 0, WINDOW, PAGE_1G);
	/* Nonce page, 8 pages for answers, then what was asked for. */
	assert_int_equal(b->n_touched, 1 + 8 + 2);
	assert_true(b->touched[0] == G_NONCE);
	assert_true(b->touched[1] == G_DATA);
	assert_true(b->touched[9] == G_RAM);
	assert_true(b->touched[10] == G_RAM + PAGE_4K);
	assert_int_equal(GO(o->accept_ram(&b->g, G_RAM, 2 * PAGE_4K)), IL_OK);
	assert_int_equal(b->n, 2);
	assert_int_equal(b->n_touched, 11); /* once */
	free(b);
}

static void a_region_that_is_refused_is_told_again(void **u)
{
	struct bench *b = bench_new(NULL);

	(void)u;
	b->fail_fid = 0;
	b->error = -3;
	assert_int_equal(GO(o->accept_ram(&b->g, G_RAM, PAGE_4K)), IL_E_PEER);
	assert_non_null(strstr(o->why(&b->g), "add_mmio_region (-3)"));
	b->error = 0;
	b->n = 0;
	assert_int_equal(GO(o->accept_ram(&b->g, G_RAM, PAGE_4K)), IL_OK);
	called(b, 0, COVG, 0, ECAM, PAGE_2M);
	free(b);
}

static void pages_are_shared_by_the_tsm_and_taken_back_untouched(void **u)
{
	struct bench *b = bench_new(NULL);

	(void)u;
	b->stutter = true;
	opened(b);
	assert_int_equal(GO(o->share_ram(&b->g, G_RAM, 2 * PAGE_4K)), IL_OK);
	assert_int_equal(b->n, 1);
	called(b, 0, COVG, 2, G_RAM, 2 * PAGE_4K);
	assert_int_equal(GO(o->share_ram(&b->g, G_RAM, PAGE_4K)), IL_E_PEER);
	assert_int_equal(b->n, 1); /* shared already: nobody is asked */
	assert_int_equal(GO(o->accept_ram(&b->g, G_RAM, 3 * PAGE_4K)),
			 IL_E_PEER);
	assert_non_null(strstr(o->why(&b->g), "not all was shared"));
	assert_int_equal(GO(o->accept_ram(&b->g, G_RAM, 2 * PAGE_4K)), IL_OK);
	assert_int_equal(b->n, 2);
	called(b, 1, COVG, 3, G_RAM, 2 * PAGE_4K);
	assert_int_equal(b->n_touched, 2);
	free(b);
}

static void a_refused_share_leaves_the_pages_ours(void **u)
{
	struct bench *b = bench_new(NULL);

	(void)u;
	opened(b);
	b->fail_fid = 2;
	b->error = -1;
	assert_int_equal(GO(o->share_ram(&b->g, G_RAM, PAGE_4K)), IL_E_PEER);
	b->error = 0;
	assert_int_equal(GO(o->share_ram(&b->g, G_RAM, PAGE_4K)), IL_OK);
	assert_int_equal(b->n, 2);
	free(b);
}

static void ranges_that_are_no_ram_are_refused_without_a_call(void **u)
{
	static const uint64_t bad[][2] = {
		{ G_RAM + 1, PAGE_4K },
		{ G_RAM, PAGE_4K - 1 },
		{ G_RAM, 0 },
		{ PAGES * PAGE_4K, PAGE_4K },
		{ (PAGES - 1) * PAGE_4K, 2 * PAGE_4K },
		{ UINT64_MAX - 0xfff, PAGE_4K },
	};
	struct bench *b = bench_new(NULL);

	(void)u;
	opened(b);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(GO(o->accept_ram(&b->g, bad[i][0], bad[i][1])),
				 IL_E_PEER);
		assert_int_equal(GO(o->share_ram(&b->g, bad[i][0], bad[i][1])),
				 IL_E_PEER);
	}
	assert_int_equal(b->n, 0);
	free(b);
}

static void lock_asks_the_host_and_believes_the_tsm(void **u)
{
	struct bench *b = bench_new(NULL);

	(void)u;
	b->stutter = true;
	opened(b);
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	assert_int_equal(b->n, 3);
	called(b, 0, HOST, 0, GUEST_RID, 0);
	called(b, 1, COVG, 1024, IF_ID, 0);
	called(b, 2, COVG, 1028, IF_ID, 0);
	free(b);
}

static void a_link_that_is_not_whole_or_another_state_refuses_a_lock(void **u)
{
	(void)u;
	for (uint64_t bits = 0; bits < 3; bits++) {
		struct bench *b = bench_new(NULL);

		opened(b);
		b->link = bits;
		assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_E_PEER);
		assert_non_null(strstr(o->why(&b->g), "not secured"));
		/* And is let go of at once. */
		assert_int_equal(b->n, 4);
		called(b, 2, COVG, 1031, IF_ID, 0);
		called(b, 3, HOST, COVE_HOST_UNBIND, GUEST_RID, 0);
		free(b);
	}
	for (uint64_t state = 0; state < 5; state++) {
		struct bench *b = bench_new(NULL);

		opened(b);
		b->state = state;
		assert_int_equal(GO(o->lock(&b->g, GUEST_RID)),
				 state == 1 ? IL_OK : IL_E_PEER);
		free(b);
	}
}

static void only_reported_pages_are_mapped_and_none_is_unmapped(void **u)
{
	const struct guest_pages m = {
		.gpa = WINDOW, .pages = 3, .offset = 2, .first_page = 0x8000
	};
	const struct guest_pages none = { .gpa = WINDOW };
	struct bench *b = bench_new(NULL);

	(void)u;
	b->stutter = true;
	opened(b);
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	b->n = 0;
	assert_int_equal(GO(o->mmio(&b->g, &m, true)), IL_OK);
	assert_int_equal(b->n, 2);
	called(b, 0, COVG, 1029, IF_ID, WINDOW);
	assert_true(b->call[0].a[2] == UINT64_C(0x8002000));
	assert_true(b->call[0].a[3] == 0x3000);
	called(b, 1, COVG, 1, WINDOW, 0x3000);
	assert_int_equal(GO(o->mmio(&b->g, &m, false)), IL_OK);
	assert_int_equal(GO(o->mmio(&b->g, &none, true)), IL_OK);
	assert_int_equal(b->n, 2);
	free(b);
}

/* Else the host could answer by emulation where the device was. */
static void what_was_accepted_is_emulated_again_only_when_it_is_over(void **u)
{
	const struct guest_pages m = { .gpa = WINDOW, .pages = 1 };
	const struct guest_pages k = { .gpa = WINDOW + 0x4000, .pages = 2 };
	struct bench *b = bench_new(NULL);

	(void)u;
	b->stutter = true;
	opened(b);
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	assert_int_equal(GO(o->mmio(&b->g, &m, true)), IL_OK);
	assert_int_equal(GO(o->mmio(&b->g, &k, true)), IL_OK);
	b->n = 0;
	/* It is ours still: mapped again, and that is all. */
	assert_int_equal(GO(o->mmio(&b->g, &m, true)), IL_OK);
	assert_int_equal(b->n, 1);
	called(b, 0, COVG, 1029, IF_ID, WINDOW);
	b->n = 0;
	assert_int_equal(GO(o->stop(&b->g)), IL_OK);
	assert_int_equal(GO(o->unbind(&b->g)), IL_OK);
	assert_int_equal(GO(o->left(&b->g)), IL_OK);
	assert_int_equal(b->n, 4);
	called(b, 2, COVG, 0, WINDOW + 0x4000, 0x2000);
	called(b, 3, COVG, 0, WINDOW, 0x1000);
	assert_int_equal(GO(o->left(&b->g)), IL_OK);
	assert_int_equal(b->n, 4);
	free(b);
}

static void a_map_that_is_refused_leaves_the_addresses_as_they_were(void **u)
{
	const struct guest_pages m = { .gpa = WINDOW, .pages = 1 };
	struct bench *b = bench_new(NULL);

	(void)u;
	opened(b);
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	b->fail_fid = 1029;
	b->error = -5;
	b->n = 0;
	assert_int_equal(GO(o->mmio(&b->g, &m, true)), IL_E_PEER);
	assert_int_equal(b->n, 1);
	/* The function is gone, nobody was asked: the TSM hears of it. */
	assert_int_equal(GO(o->left(&b->g)), IL_OK);
	assert_int_equal(b->n, 2);
	called(b, 1, COVG, 1031, IF_ID, 0);
	free(b);
}

static void an_interface_that_the_host_took_has_stopped(void **u)
{
	static const int64_t gone[] = { SBI_ERR_ALREADY_STOPPED,
					SBI_ERR_INVALID_PARAM };

	(void)u;
	for (unsigned i = 0; i < COUNT(gone); i++) {
		struct bench *b = bench_new(NULL);

		opened(b);
		assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
		b->fail_fid = 1031;
		b->error = gone[i];
		assert_int_equal(GO(o->stop(&b->g)), IL_OK);
		b->error = SBI_ERR_FAILED;
		assert_int_equal(GO(o->stop(&b->g)), IL_E_PEER);
		free(b);
	}
}

static void a_lock_lets_go_of_what_one_before_it_left(void **u)
{
	struct bench *b = bench_new(NULL);

	(void)u;
	b->stutter = true;
	opened(b);
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	b->n = 0;
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	assert_int_equal(b->n, 5);
	called(b, 0, COVG, 1031, IF_ID, 0);
	called(b, 1, HOST, COVE_HOST_UNBIND, GUEST_RID, 0);
	called(b, 2, HOST, COVE_HOST_BIND, GUEST_RID, 0);
	free(b);
}

static void start_is_over_when_the_tsm_says_running(void **u)
{
	struct bench *b = bench_new(NULL);

	(void)u;
	b->stutter = true;
	opened(b);
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	b->n = 0;
	assert_int_equal(GO(o->start(&b->g)), IL_E_PEER); /* still locked */
	/* and is given up, with the reason of before */
	assert_int_equal(b->call[b->n - 1].fid, 1031);
	assert_int_equal(b->call[b->n - 1].a[0], IF_ID);
	assert_non_null(strstr(o->why(&b->g), "another state"));
	b->state = 2;
	b->n = 0;
	assert_int_equal(GO(o->start(&b->g)), IL_OK);
	assert_int_equal(b->n, 2);
	called(b, 0, COVG, 1030, IF_ID, 0);
	called(b, 1, COVG, 1028, IF_ID, 0);
	/* DMA comes and goes with it. */
	assert_int_equal(o->dma(&b->g, true), IL_OK);
	assert_int_equal(o->dma(&b->g, false), IL_OK);
	assert_int_equal(b->n, 2);
	assert_int_equal(GO(o->stop(&b->g)), IL_OK);
	assert_int_equal(GO(o->unbind(&b->g)), IL_OK);
	called(b, 2, COVG, 1031, IF_ID, 0);
	called(b, 3, HOST, 1, GUEST_RID, 0);
	free(b);
}

static void a_bus_address_is_the_guests_own_whatever_it_is(void **u)
{
	struct bench *b = bench_new(NULL);

	(void)u;
	assert_true(o->bus_addr(&b->g, G_RAM, true) == G_RAM);
	assert_true(o->bus_addr(&b->g, G_RAM, false) == G_RAM);
	assert_null(o->shared_from);
	free(b);
}

/* --- evidence --- */

static const uint8_t nonce[32] = { 0x11, 0x22, [31] = 0x5e };

static struct bench *with_evidence(struct rig *r)
{
	struct bench *b = bench_new(&r->p->maker.c);

	take_measurements(r, nonce);
	b->certs = &r->blobs.certs;
	b->meas = &r->blobs.meas;
	b->report = &r->blobs.report;
	b->stutter = true;
	opened(b);
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	b->n = 0;
	return b;
}

static void evidence_is_what_the_tsm_gave_and_is_accepted(void **u)
{
	struct rig *r = rig_new();
	struct bench *b = with_evidence(r);
	struct evidence_claims c, again;
	struct evidence_blobs blobs;

	(void)u;
	assert_int_equal(GO(o->evidence(&b->g, nonce, &c, &blobs)), IL_OK);
	assert_memory_equal(b->nonce, nonce, 32);
	assert_int_equal(b->n, 3);
	called(b, 0, COVG, 1025, IF_ID, 1); /* certificate, of slot */
	assert_true(b->call[0].a[2] == 0);
	assert_true(b->call[0].a[3] == G_DATA);
	assert_true(b->call[0].a[4] == 0x8000);
	called(b, 1, COVG, 1026, IF_ID, G_NONCE);
	assert_true(b->call[1].a[3] == G_DATA);
	called(b, 2, COVG, 1027, IF_ID, G_DATA);
	assert_int_equal(blobs.certs.len, r->blobs.certs.len);
	assert_memory_equal(blobs.report.p, r->blobs.report.p,
			    r->blobs.report.len);
	assert_true(c.meas_valid && c.meas_fresh);
	assert_int_equal(c.lock_flags, r->blobs.report.p[0] & 1);
	memcpy(r->policy.nonce, nonce, sizeof(nonce));
	assert_int_equal(evidence_appraise(&r->p->maker.c, &r->policy, &c,
					   &blobs, &r->found, &r->verdict),
			 IL_OK);
	/* Still so; and no longer, once the interface is in another state. */
	assert_int_equal(GO(o->evidence(&b->g, NULL, &again, &blobs)), IL_OK);
	assert_memory_equal(&again, &c, sizeof(c));
	b->state = 3;
	assert_int_equal(GO(o->evidence(&b->g, NULL, &again, &blobs)),
			 IL_E_PEER);
	/* A new lock has no evidence yet. */
	b->state = 1;
	assert_int_equal(GO(o->lock(&b->g, GUEST_RID)), IL_OK);
	assert_int_equal(GO(o->evidence(&b->g, NULL, &again, &blobs)),
			 IL_E_PEER);
	free(b);
	rig_free(r);
}

static void evidence_that_the_tsm_does_not_give_is_none(void **u)
{
	static const uint64_t fid[] = { 1025, 1025, 1026, 1027 };
	struct rig *r = rig_new();

	(void)u;
	for (size_t i = 0; i < COUNT(fid); i++) {
		struct bench *b = with_evidence(r);
		struct evidence_claims c;
		struct evidence_blobs blobs;

		b->fail_fid = fid[i];
		b->error = i ? -4 : -1;
		assert_int_equal(GO(o->evidence(&b->g, nonce, &c, &blobs)),
				 i == 1 ? IL_E_AUTH : IL_E_PEER);
		assert_int_equal(b->n, fid[i] - 1024);
		assert_non_null(strstr(o->why(&b->g), i ? "(-4)" : "(-1)"));
		free(b);
	}
	rig_free(r);
}

static void more_bytes_than_the_buffer_holds_are_refused(void **u)
{
	const struct evidence_blob huge = { NULL, 0x10001 };
	struct rig *r = rig_new();
	struct bench *b = with_evidence(r);
	struct evidence_claims c;
	struct evidence_blobs blobs;

	(void)u;
	b->certs = &huge;
	assert_int_equal(GO(o->evidence(&b->g, nonce, &c, &blobs)), IL_E_PEER);
	assert_non_null(strstr(o->why(&b->g), "too long"));
	free(b);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			emulated_regions_are_told_once_and_before_anything_else),
		cmocka_unit_test(a_region_that_is_refused_is_told_again),
		cmocka_unit_test(
			pages_are_shared_by_the_tsm_and_taken_back_untouched),
		cmocka_unit_test(a_refused_share_leaves_the_pages_ours),
		cmocka_unit_test(
			ranges_that_are_no_ram_are_refused_without_a_call),
		cmocka_unit_test(lock_asks_the_host_and_believes_the_tsm),
		cmocka_unit_test(
			a_link_that_is_not_whole_or_another_state_refuses_a_lock),
		cmocka_unit_test(
			only_reported_pages_are_mapped_and_none_is_unmapped),
		cmocka_unit_test(
			what_was_accepted_is_emulated_again_only_when_it_is_over),
		cmocka_unit_test(
			a_map_that_is_refused_leaves_the_addresses_as_they_were),
		cmocka_unit_test(an_interface_that_the_host_took_has_stopped),
		cmocka_unit_test(a_lock_lets_go_of_what_one_before_it_left),
		cmocka_unit_test(start_is_over_when_the_tsm_says_running),
		cmocka_unit_test(
			a_bus_address_is_the_guests_own_whatever_it_is),
		cmocka_unit_test(evidence_is_what_the_tsm_gave_and_is_accepted),
		cmocka_unit_test(evidence_that_the_tsm_does_not_give_is_none),
		cmocka_unit_test(more_bytes_than_the_buffer_holds_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
