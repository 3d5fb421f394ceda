/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_rig.h"

#include <stdio.h>

#define REQUEST UINT64_C(0x80000020)
#define OP	UINT64_C(0x80000021)
#define PSC	UINT64_C(0x80000010)

static void said(struct grig *r, const char *words)
{
	if (!strstr(grig_why(r), words))
		fail_msg("why: %s", grig_why(r));
}

/* --- good order --------------------------------------------------------------
 */

static void exit_was(const struct grig *r, unsigned i, struct sev_ghcb want)
{
	assert_true(i < r->log.n_exits);
	assert_memory_equal(&r->log.exits[i], &want, sizeof(want));
}

static struct sev_ghcb request(uint64_t param)
{
	return (struct sev_ghcb){ REQUEST, G_REQ,   G_RSP,
				  G_DATA,  G_PAGES, UINT64_C(0x10208),
				  param };
}

static void pval_was(const struct grig *r, unsigned i, uint64_t page, bool on)
{
	assert_true(i < r->log.n_pvals);
	assert_int_equal(r->log.pvals[i].gpa, G_RAM + page * 4096);
	assert_int_equal(r->log.pvals[i].size, 0);
	assert_int_equal(r->log.pvals[i].on, on);
}

static void ram_is_validated_page_by_page_and_shared_in_one_exit(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	assert_int_equal(grig_go(r, E_ACCEPT), IL_OK);
	assert_int_equal(r->log.n_pvals, 3);
	for (unsigned i = 0; i < 3; i++)
		pval_was(r, i, i, true);
	assert_int_equal(grig_go(r, E_ACCEPT), IL_OK);
	assert_int_equal(r->log.n_pvals, 6);
	assert_int_equal(r->log.n_exits, 0);
	assert_int_equal(grig_go(r, E_SHARE), IL_OK);
	exit_was(r, 0, (struct sev_ghcb){ PSC, G_RAM, 2, 0, 0, 0, 0 });
	/* Validation goes first, of the two pages that go. */
	assert_int_equal(r->log.n_pvals, 8);
	pval_was(r, 6, 0, false);
	pval_was(r, 7, 1, false);
	/* Back: the host is asked, then it is validated. Not of both kinds. */
	assert_int_equal(grig_go(r, E_ACCEPT), IL_E_PEER);
	said(r, "not all was shared");
	assert_int_equal(grig_go(r, E_SHARE), IL_E_PEER);
	said(r, "not private RAM");
	assert_int_equal(r->log.n_exits, 1);
	assert_int_equal(sev_guest_ops.accept_ram(&r->g, G_RAM, 2 * 4096),
			 IL_OK);
	exit_was(r, 1, (struct sev_ghcb){ PSC, G_RAM | 1, 2, 0, 0, 0, 0 });
	assert_int_equal(r->log.n_pvals, 10);
	pval_was(r, 8, 0, true);
	pval_was(r, 9, 1, true);
	grig_free(r);
}

static void a_page_that_was_never_validated_is_shared_without(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	assert_int_equal(grig_go(r, E_SHARE), IL_OK);
	assert_int_equal(r->log.n_pvals, 0);
	assert_int_equal(r->log.n_exits, 1);
	grig_free(r);
}

/* The host says no: what was ours is ours as before. */
static void a_conversion_that_is_refused_is_undone(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	assert_int_equal(grig_go(r, E_ACCEPT), IL_OK);
	r->psc_refused = 5;
	assert_int_equal(grig_go(r, E_SHARE), IL_E_PEER);
	said(r, "page state change");
	assert_int_equal(r->log.n_pvals, 7);
	pval_was(r, 3, 0, false);
	pval_was(r, 4, 1, false);
	pval_was(r, 5, 0, true);
	pval_was(r, 6, 1, true);
	/* The second of two cannot be given up: the first is taken back. */
	r->rc_after = 1;
	r->rc = RMP_FAIL_SIZEMISMATCH;
	r->log.n_exits = 0;
	assert_int_equal(grig_go(r, E_SHARE), IL_E_PEER);
	said(r, "PVALIDATE");
	assert_int_equal(r->log.n_exits, 0);
	assert_int_equal(r->log.n_pvals, 10);
	pval_was(r, 7, 0, false);
	pval_was(r, 9, 0, true);
	/* Nor one that was ours and is not validated: another page. */
	r->rc_after = 1;
	r->rc = RMP_OK;
	r->same = true;
	assert_int_equal(grig_go(r, E_SHARE), IL_E_PEER);
	said(r, "PVALIDATE");
	assert_int_equal(r->log.n_exits, 0);
	assert_int_equal(r->log.n_pvals, 13);
	r->log.n_pvals = 10;
	/* And shared pages that the host keeps stay shared. */
	r->rc_after = UINT32_MAX;
	assert_int_equal(grig_go(r, E_SHARE), IL_OK);
	r->psc_refused = 1;
	assert_int_equal(sev_guest_ops.accept_ram(&r->g, G_RAM, 2 * 4096),
			 IL_E_PEER);
	assert_int_equal(r->log.n_pvals, 12);
	assert_int_equal(sev_guest_ops.accept_ram(&r->g, G_RAM, 2 * 4096),
			 IL_OK);
	assert_int_equal(r->log.n_pvals, 14);
	grig_free(r);
}

/* Private, but not yet ours: the host is not asked a second time. */
static void pages_that_came_back_are_accepted_when_they_validate(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();
	const uint64_t size = 2 * 4096;

	assert_int_equal(grig_go(r, E_ACCEPT), IL_OK);
	assert_int_equal(grig_go(r, E_SHARE), IL_OK);
	r->rc_after = 1;
	r->rc = RMP_FAIL_SIZEMISMATCH;
	assert_int_equal(sev_guest_ops.accept_ram(&r->g, G_RAM, size),
			 IL_E_PEER);
	assert_int_equal(r->log.n_exits, 2);
	/* Neither shared nor validated: nothing is taken back. */
	r->log.n_pvals = 0;
	assert_int_equal(sev_guest_ops.share_ram(&r->g, G_RAM, size), IL_OK);
	assert_int_equal(r->log.n_pvals, 0);
	assert_int_equal(r->log.n_exits, 3);
	r->rc_after = 0;
	assert_int_equal(sev_guest_ops.accept_ram(&r->g, G_RAM, size),
			 IL_E_PEER);
	assert_int_equal(r->log.n_exits, 4);
	assert_int_equal(sev_guest_ops.accept_ram(&r->g, G_RAM, size), IL_OK);
	assert_int_equal(r->log.n_exits, 4);
	grig_free(r);
}

static void pages_beyond_ram_are_not_converted(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();
	static const uint64_t bad[][2] = {
		{ 0x410000, 4096 }, { 0x40f000, 2 * 4096 },
		{ 0, 0 },	    { 0x1800, 4096 },
		{ 0x1000, 100 },    { UINT64_MAX - 4095, 4096 },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(
			sev_guest_ops.share_ram(&r->g, bad[i][0], bad[i][1]),
			IL_E_PEER);
		assert_int_equal(
			sev_guest_ops.accept_ram(&r->g, bad[i][0], bad[i][1]),
			IL_E_PEER);
	}
	assert_int_equal(r->log.n_exits, 0);
	assert_int_equal(r->log.n_pvals, 0);
	grig_free(r);
}

static void a_lock_shares_the_three_areas_once_and_binds(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	assert_int_equal(grig_go(r, E_LOCK), IL_OK);
	assert_int_equal(r->log.n_exits, 4);
	exit_was(r, 0, (struct sev_ghcb){ PSC, G_REQ, 1, 0, 0, 0, 0 });
	exit_was(r, 1, (struct sev_ghcb){ PSC, G_RSP, 1, 0, 0, 0, 0 });
	exit_was(r, 2, (struct sev_ghcb){ PSC, G_DATA, 16, 0, 0, 0, 0 });
	exit_was(r, 3,
		 (struct sev_ghcb){ OP, UINT64_C(0x10208), 0, 0, 0, 0, 0 });
	assert_int_equal(r->g.tdi_id, G_TDI);
	assert_int_equal(r->g.rid, G_RID);
	assert_int_equal(grig_go(r, E_LOCK), IL_OK);
	assert_int_equal(r->log.n_exits, 5);
	exit_was(r, 4,
		 (struct sev_ghcb){ OP, UINT64_C(0x10208), 0, 0, 0, 0, 0 });
	grig_free(r);
}

static void each_verb_for_the_host_is_one_exit(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();
	static const struct {
		enum entry e;
		uint64_t op;
	} t[] = { { E_START, 2 }, { E_STOP, 3 }, { E_UNBIND, 1 } };

	assert_int_equal(grig_go(r, E_LOCK), IL_OK);
	for (size_t i = 0; i < COUNT(t); i++) {
		r->log.n_exits = 0;
		assert_int_equal(grig_go(r, t[i].e), IL_OK);
		assert_int_equal(r->log.n_exits, 1);
		exit_was(r, 0,
			 (struct sev_ghcb){ OP, t[i].op << 32 | 0x10208, 0, 0,
					    0, 0, 0 });
		assert_int_equal(r->g.tdi_id, t[i].e == E_UNBIND ? 0 : G_TDI);
	}
	grig_free(r);
}

static void lay_blob(struct grig *r, unsigned at, const uint8_t guid[16],
		     uint32_t off, uint32_t len)
{
	uint8_t *e = r->data_seed + at * 0x18;

	memcpy(e, guid, 16);
	for (unsigned i = 0; i < 4; i++) {
		e[16 + i] = (uint8_t)(off >> (8 * i));
		e[20 + i] = (uint8_t)(len >> (8 * i));
	}
}

/* In the order of memory; the texts are in abi_guest.h. */
static const uint8_t guid_meas[16] = { 0xc6, 0x80, 0xaa, 0x5c, 0xef, 0x12,
				       0x1a, 0x40, 0xb3, 0x64, 0xec, 0x59,
				       0xa9, 0x3a, 0xbe, 0x3f };
static const uint8_t guid_certs[16] = { 0x75, 0xcb, 0x8c, 0x07, 0x44, 0x26,
					0xe8, 0x49, 0xaf, 0xe7, 0x56, 0x86,
					0xc5, 0xcf, 0x72, 0xf1 };
static const uint8_t guid_report[16] = { 0x0e, 0x5b, 0xdc, 0x70, 0xc0, 0x0c,
					 0xd5, 0x4c, 0x97, 0xbb, 0xff, 0x0b,
					 0xa2, 0x5b, 0xf3, 0x20 };

static void claims_are(const struct grig *r)
{
	const struct evidence_claims *c = &r->claims;

	assert_int_equal(c->tdi_id, G_TDI);
	assert_int_equal(c->report_count, 77);
	assert_int_equal(c->lock_flags, 0x1d);
	assert_true(c->meas_valid);
	assert_false(c->meas_fresh);
	assert_int_equal(c->hash, CRYPTO_SHA384);
	assert_int_equal(c->spdm_hash, CRYPTO_SHA384);
	for (unsigned i = 0; i < 48; i++) {
		assert_int_equal(c->certs[i], 0xce);
		assert_int_equal(c->meas[i], 0x3e);
		assert_int_equal(c->report[i], 0x4e);
	}
}

static void evidence_is_what_the_firmware_says_and_the_host_keeps(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();
	const struct evidence_blobs *b = &r->blobs;
	const struct fwmsg *m = &r->log.msgs[0];

	grig_until(r, E_EVIDENCE);
	lay_blob(r, 0, guid_report, 0x90, 5);
	lay_blob(r, 1, guid_certs, 0xa0, 6);
	lay_blob(r, 2, guid_meas, 0xb0, 7);
	memset(r->data_seed + 0x90, 0x77, 0x40);
	r->log.n_exits = 0;
	assert_int_equal(grig_go(r, E_EVIDENCE), IL_OK);
	assert_int_equal(r->log.n_exits, 1);
	exit_was(r, 0, request(0xf));
	assert_int_equal(m->type, 19);
	assert_int_equal(m->len, 0x10);
	assert_int_equal(m->seqno, 1);
	assert_int_equal(m->key_no, 0);
	/* the id, and nothing else */
	assert_memory_equal(m->plain,
			    "\x89\x67\x45\x23\x01\0\0\0\0\0\0\0\0\0\0", 16);
	assert_memory_equal(r->log.nonce, grig_nonce, 32);
	claims_are(r);
	assert_int_equal(b->report.len, 5);
	assert_int_equal(b->certs.len, 6);
	assert_int_equal(b->meas.len, 7);
	/* what the host writes later does not come in */
	memset(r->data, 0, sizeof(r->data));
	assert_memory_equal(b->report.p, "\x77\x77\x77\x77\x77", 5);
	assert_int_equal(b->certs.p - b->report.p, 0x10);
	assert_int_equal(b->meas.p - b->report.p, 0x20);
	grig_free(r);
}

static void claims_alone_take_no_nonce_and_no_blobs(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	grig_until(r, E_EVIDENCE);
	r->blobs.certs.len = 99;
	r->log.n_exits = 0;
	memset(r->data_seed, 0x11, sizeof(r->data_seed));
	memset(r->data, 0x11, sizeof(r->data));
	assert_int_equal(grig_go(r, E_CLAIMS), IL_OK);
	exit_was(r, 0, request(1));
	claims_are(r);
	assert_int_equal(r->blobs.certs.len, 99);
	for (unsigned i = 0; i < sizeof(r->data); i++)
		assert_int_equal(r->data[i], 0x11);
	grig_free(r);
}

/* Seven pages: four, two, one. */
static void mmio_is(const struct grig *r, bool on)
{
	static const unsigned order[] = { 2, 1, 0 };
	uint64_t at = 0;

	assert_int_equal(r->log.n_msgs, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct fwmsg *m = &r->log.msgs[i];
		const uint8_t want[0x30] = { 0x89,
					     0x67,
					     0x45,
					     0x23,
					     1,
					     [0x11] = (uint8_t)(at << 4),
					     [0x13] = 0xe0,
					     [0x18] = (uint8_t)(1u << order[i]),
					     [0x1c] = (uint8_t)(2 + at),
					     [0x20] = on,
					     [0x22] = 3 };

		exit_was(r, i,
			 request((G_BAR + at * 4096) | order[i] << 4 |
				 (on ? 8 : 0) | 3));
		assert_int_equal(m->type, 21);
		assert_int_equal(m->len, 0x30);
		assert_memory_equal(m->plain, want, sizeof(want));
		at += UINT64_C(1) << order[i];
	}
}

static void mmio_goes_in_powers_of_two(void **unused)
{
	const struct guest_pages none = { .gpa = G_BAR };
	(void)unused;
	struct grig *r = grig_new();

	grig_until(r, E_EVIDENCE);
	r->log.n_exits = 0;
	assert_int_equal(grig_go(r, E_MMIO_ON), IL_OK);
	mmio_is(r, true);
	r->log.n_exits = 0;
	r->log.n_msgs = 0;
	assert_int_equal(grig_go(r, E_MMIO_OFF), IL_OK);
	mmio_is(r, false);
	r->log.n_exits = 0;
	assert_int_equal(sev_guest_ops.mmio(&r->g, &none, true), IL_OK);
	assert_int_equal(r->log.n_exits, 0);
	grig_free(r);
}

/* v, ir and iw in quadword 0; vtom_en and vtom in 2 MiB in quadword 5. */
static void dma_is_one_entry_on_and_all_zeros_off(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();
	const struct fwmsg *m = r->log.msgs;
	const uint8_t id[0x50] = { 0x89, 0x67, 0x45, 0x23, 1 };
	uint8_t on[0x50];

	memcpy(on, id, sizeof(on));
	on[0x10] = 1;
	on[0x17] = 0x60;
	/* 2^40 / 2^21 = 2^19, from bit 1 on */
	on[0x38] = 1;
	on[0x38 + 2] = 0x10;
	grig_until(r, E_EVIDENCE);
	r->log.n_exits = 0;
	assert_int_equal(grig_go(r, E_DMA_ON), IL_OK);
	exit_was(r, 0, request(1));
	assert_int_equal(m[0].type, 25);
	assert_int_equal(m[0].len, 0x50);
	assert_memory_equal(m[0].plain, on, sizeof(on));
	assert_int_equal(grig_go(r, E_DMA_OFF), IL_OK);
	exit_was(r, 1, request(0));
	assert_memory_equal(m[1].plain, id, sizeof(id));
	assert_int_equal(m[1].seqno, 3);
	grig_free(r);
}

static void below_vtom_a_bus_address_is_the_guests(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	for (int shared = 0; shared < 2; shared++)
		assert_int_equal(
			sev_guest_ops.bus_addr(&r->g, 0x1234000, shared),
			0x1234000);
	assert_string_equal(grig_why(r), "");
	grig_free(r);
}

/* 2 MiB units, 31 bits; the entry that is live says where it is now. */
static void the_border_moves_with_the_next_device_entry(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();
	const struct guest_arch_ops *o = &sev_guest_ops;

	assert_int_equal(o->shared_from(&r->g, 0x100000), IL_E_ARG);
	assert_int_equal(o->shared_from(&r->g, UINT64_C(1) << 52), IL_E_ARG);
	grig_until(r, E_DMA_OFF);
	assert_int_equal(o->bus_addr(&r->g, 0x1000, true), G_VTOM + 0x1000);
	assert_int_equal(o->shared_from(&r->g, 0x400000), IL_OK);
	assert_int_equal(o->bus_addr(&r->g, 0x1000, true), G_VTOM + 0x1000);
	assert_int_equal(o->bus_addr(&r->g, 0x1000, false), 0x1000);
	assert_int_equal(grig_go(r, E_DMA_OFF), IL_OK);
	assert_int_equal(o->bus_addr(&r->g, 0x1000, true), 0x1000);
	r->log.n_msgs = 0;
	assert_int_equal(grig_go(r, E_DMA_ON), IL_OK);
	assert_int_equal(o->bus_addr(&r->g, 0x1000, true), 0x401000);
	/* 4 MiB: two units, from bit 1 on */
	assert_int_equal(r->log.msgs[0].plain[0x38], 1 | 2 << 1);
	assert_int_equal(o->shared_from(&r->g, UINT64_C(0xfffffffe00000)),
			 IL_OK);
	r->log.n_msgs = 0;
	assert_int_equal(grig_go(r, E_DMA_ON), IL_OK);
	assert_memory_equal(r->log.msgs[0].plain + 0x38,
			    "\xff\xff\xff\xff\0\0\0\0", 8);
	grig_free(r);
}

/* --- leaving and coming back -------------------------------------------------
 */

static void life(struct grig *r, struct evidence_claims *c)
{
	lay_blob(r, 0, guid_certs, 0x90, 5);
	grig_until(r, E_CLAIMS);
	*c = r->claims;
	assert_int_equal(r->blobs.certs.len, 5);
	assert_int_equal(r->blobs.meas.len, 0);
	for (enum entry e = E_CLAIMS; e < ENTRIES; e++)
		assert_int_equal(grig_go(r, e), IL_OK);
	assert_int_equal(r->g.key_no, 0);
	assert_int_equal(r->g.seqno, 2 * r->log.n_msgs);
}

static void a_life_with_exits_everywhere_is_the_same_life(void **unused)
{
	(void)unused;
	struct grig *plain = grig_new(), *r;
	struct evidence_claims want, got;
	unsigned n;

	life(plain, &want);
	n = plain->done;
	assert_true(n > 40);
	/* Once at each instruction, then at all of them. */
	for (unsigned i = 1; i <= n + 1; i++) {
		r = grig_new();
		r->fail_at = i;
		r->fail_err = IL_E_AGAIN;
		r->stutter = i > n;
		life(r, &got);
		assert_memory_equal(&r->log, &plain->log, sizeof(r->log));
		assert_int_equal(got.report_count, want.report_count);
		assert_memory_equal(got.certs, want.certs, sizeof(got.certs));
		assert_int_equal(r->n_sealed, plain->n_sealed);
		grig_free(r);
	}
	grig_free(plain);
}

/*
 * Whatever breaks for good, the error comes out as it is, the entry can be
 * called again from its beginning, and no number seals two texts (look() in
 * the rig). Once a message was sealed, its key is not used again.
 */
static void a_fault_at_any_instruction_gives_up_what_was_sealed(void **unused)
{
	(void)unused;
	bool sealed = true;

	for (unsigned i = 1; sealed; i++) {
		struct grig *r = grig_new();
		enum insn in;

		r->fail_at = i;
		r->fail_err = IL_E_IO;
		sealed = false;
		for (enum entry e = E_ACCEPT; e < ENTRIES; e++) {
			enum il_err err = grig_go(r, e);

			if (err) {
				assert_int_equal(err, IL_E_IO);
				assert_false(sealed);
				assert_int_equal(r->g.phase, 0);
				assert_int_equal(r->g.msg_phase, 0);
				assert_int_equal(r->g.at, 0);
				sealed = true;
				if (e == E_UNBIND)
					continue;
				assert_int_equal(grig_go(r, e), IL_OK);
			}
		}
		in = r->failed_in;
		assert_int_equal(r->g.key_no, sealed && (in == I_WRITE_REQ ||
							 in == I_READ_RSP ||
							 in == I_REQUEST));
		grig_free(r);
	}
}

/* --- answers that are not the firmware's -------------------------------------
 */

/* A message fails, its key is gone, and the next one begins anew. */
static void key_is_given_up(struct grig *r, enum entry e, unsigned key)
{
	const unsigned n = (unsigned)r->log.n_msgs;

	assert_int_equal(r->g.key_no, key + 1);
	assert_int_equal(r->g.seqno, 0);
	assert_int_equal(r->g.key.n, 0);
	assert_false(r->g.keyed);
	assert_false(bytes_hold(&r->g, sizeof(r->g),
				r->secrets + 0x20 + 32 * key, 32));
	if (key == 3)
		return;
	assert_int_equal(grig_go(r, e), IL_OK);
	assert_int_equal(r->log.msgs[n].key_no, key + 1);
	assert_int_equal(r->log.msgs[n].seqno, 1);
}

static void a_spoiled_answer_costs_the_key(void **unused)
{
	(void)unused;
	/* Well sealed, but saying something else; and changed on its way. */
	static const struct {
		enum spoil how;
		unsigned at;
		uint8_t xor ;
	} t[] = {
		{ SPOIL_SEALED, 0x20, 1 },    { SPOIL_SEALED, 0x20, 2 },
		{ SPOIL_SEALED, 0x27, 0x80 }, { SPOIL_SEALED, 0x30, 3 },
		{ SPOIL_SEALED, 0x31, 3 },    { SPOIL_SEALED, 0x32, 1 },
		{ SPOIL_SEALED, 0x33, 1 },    { SPOIL_SEALED, 0x34, 1 },
		{ SPOIL_SEALED, 0x34, 6 },    { SPOIL_SEALED, 0x35, 3 },
		{ SPOIL_SEALED, 0x36, 1 },    { SPOIL_SEALED, 0x37, 1 },
		{ SPOIL_SEALED, 0x3c, 1 },    { SPOIL_WIRE, 0x00, 1 },
		{ SPOIL_WIRE, 0x0f, 0x80 },   { SPOIL_WIRE, 0x20, 2 },
		{ SPOIL_WIRE, 0x38, 1 },      { SPOIL_WIRE, 0x3c, 1 },
		{ SPOIL_WIRE, 0x5f, 1 },      { SPOIL_WIRE, 0x60, 1 },
		{ SPOIL_WIRE, 0x68, 1 },      { SPOIL_WIRE, 0x6f, 1 },
		{ SPOIL_REPLAY, 0, 0 },
	};
	static const enum entry with[] = { E_CLAIMS, E_MMIO_ON, E_DMA_ON };

	for (size_t i = 0; i < COUNT(t); i++)
		for (size_t k = 0; k < COUNT(with); k++) {
			struct grig *r = grig_new();

			grig_until(r, E_EVIDENCE);
			assert_int_equal(grig_go(r, with[k]), IL_OK);
			r->spoil = t[i].how;
			r->spoil_at = t[i].at;
			r->spoil_xor = t[i].xor ;
			assert_int_equal(grig_go(r, with[k]), IL_E_PEER);
			said(r, "does not verify");
			key_is_given_up(r, with[k], 0);
			grig_free(r);
		}
}

static void four_lost_keys_are_all_there_are(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	grig_until(r, E_EVIDENCE);
	for (unsigned k = 0; k < 4; k++) {
		r->request_refused = 0x100 + k;
		assert_int_equal(grig_go(r, E_CLAIMS), IL_E_PEER);
		said(r, "the host refused");
		if (k == 2)
			said(r, "(258)");
		assert_int_equal(r->g.key_no, k + 1);
	}
	key_is_given_up(r, E_CLAIMS, 3);
	r->log.n_exits = 0;
	r->n_sealed = 0;
	for (unsigned i = 0; i < 3; i++) {
		const enum entry e =
			(enum entry[]){ E_CLAIMS, E_DMA_ON, E_MMIO_ON }[i];

		assert_int_equal(grig_go(r, e), IL_E_PEER);
		said(r, "no key to the firmware is left");
	}
	assert_int_equal(r->log.n_exits, 0);
	assert_int_equal(r->n_sealed, 0);
	grig_free(r);
}

static void a_refused_request_costs_the_key(void **unused)
{
	(void)unused;
	static const enum entry with[] = { E_EVIDENCE, E_CLAIMS, E_MMIO_ON,
					   E_MMIO_OFF, E_DMA_ON, E_DMA_OFF };

	for (size_t k = 0; k < COUNT(with); k++) {
		struct grig *r = grig_new();

		grig_until(r, E_EVIDENCE);
		assert_int_equal(grig_go(r, E_CLAIMS), IL_OK);
		r->request_refused = 5;
		assert_int_equal(grig_go(r, with[k]), IL_E_PEER);
		said(r, "the host refused a guest request (5)");
		key_is_given_up(r, with[k], 0);
		grig_free(r);
	}
}

static void a_key_of_zeros_is_none(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	memset(r->secrets + 0x20, 0, 64);
	grig_until(r, E_EVIDENCE);
	r->log.n_exits = 0;
	for (unsigned k = 0; k < 2; k++) {
		assert_int_equal(grig_go(r, E_CLAIMS), IL_E_PEER);
		said(r, k ? "is empty (1)" : "is empty (0)");
	}
	assert_int_equal(r->log.n_exits, 0);
	assert_int_equal(grig_go(r, E_CLAIMS), IL_OK);
	assert_int_equal(r->log.msgs[0].key_no, 2);
	memcpy(r->secrets + 0x20, r->secrets + 0x60, 64);
	grig_free(r);
}

static void numbers_end_before_they_repeat(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	grig_until(r, E_EVIDENCE);
	assert_int_equal(grig_go(r, E_CLAIMS), IL_OK);
	r->g.seqno = r->fw_seqno[0] = UINT32_MAX - 3u;
	assert_int_equal(grig_go(r, E_CLAIMS), IL_OK);
	assert_true(r->g.seqno == UINT32_MAX - 1u);
	r->log.n_exits = 0;
	assert_int_equal(grig_go(r, E_CLAIMS), IL_E_PEER);
	said(r, "used up");
	assert_int_equal(r->log.n_exits, 0);
	key_is_given_up(r, E_CLAIMS, 0);
	grig_free(r);
}

/* --- refusals with their reason ----------------------------------------------
 */

static void a_status_is_a_refusal_that_keeps_the_key(void **unused)
{
	(void)unused;
	static const struct {
		enum entry e;
		uint16_t last;
		const char *name;
	} t[] = {
		{ E_EVIDENCE, 2, "TDI_INFO" },
		{ E_CLAIMS, 2, "TDI_INFO" },
		{ E_MMIO_ON, 10, "MMIO_VALIDATE" },
		{ E_MMIO_OFF, 10, "MMIO_V" },
		{ E_DMA_ON, 3, "SDTE_WRITE" },
		{ E_DMA_OFF, 3, "SDTE_WRITE" },
	};
	struct grig *r = grig_new();

	grig_until(r, E_EVIDENCE);
	for (size_t i = 0; i < COUNT(t); i++)
		for (uint16_t s = 1; s <= t[i].last + 1; s++) {
			struct evidence_claims before;
			char code[16];

			r->log.n_msgs = 0;
			r->log.n_exits = 0;
			r->n_sealed = 0;
			memset(&r->claims, 0x99, sizeof(r->claims));
			memcpy(&before, &r->claims, sizeof(before));
			r->status = s;
			assert_int_equal(grig_go(r, t[i].e), IL_E_PEER);
			assert_int_equal(r->log.n_msgs, 1);
			said(r, t[i].name);
			snprintf(code, sizeof(code), "(%u)", s);
			said(r, code);
			assert_memory_equal(&before, &r->claims,
					    sizeof(before));
			r->status = 0;
			assert_int_equal(grig_go(r, t[i].e), IL_OK);
		}
	assert_int_equal(r->g.key_no, 0);
	grig_free(r);
}

static void another_tdi_is_not_believed(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	grig_until(r, E_EVIDENCE);
	r->tdi_id = G_TDI + 1;
	assert_int_equal(grig_go(r, E_EVIDENCE), IL_E_PEER);
	said(r, "TDI_INFO");
	r->tdi_id = G_TDI;
	assert_int_equal(grig_go(r, E_EVIDENCE), IL_OK);
	grig_free(r);
}

static void a_host_that_refuses_a_verb_is_quoted(void **unused)
{
	(void)unused;
	static const struct {
		enum entry e;
		const char *words;
	} t[] = { { E_LOCK, "BIND (6)" },
		  { E_START, "RUN (6)" },
		  { E_STOP, "STOP (6)" },
		  { E_UNBIND, "UNBIND (6)" } };

	for (size_t i = 0; i < COUNT(t); i++) {
		struct grig *r = grig_new();

		grig_until(r, t[i].e);
		r->op_refused = 6;
		assert_int_equal(grig_go(r, t[i].e), IL_E_PEER);
		assert_string_equal(grig_why(r), t[i].words);
		assert_int_equal(
			r->g.tdi_id,
			t[i].e == E_LOCK || t[i].e == E_UNBIND ? 0 : G_TDI);
		assert_int_equal(r->g.phase, 0);
		assert_int_equal(grig_go(r, t[i].e), IL_OK);
		grig_free(r);
	}
}

static void an_unbind_under_way_keeps_the_name(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	grig_until(r, E_UNBIND);
	r->stutter = true;
	assert_int_equal(grig_call(r, E_UNBIND), IL_E_AGAIN);
	assert_int_equal(r->g.tdi_id, G_TDI);
	assert_int_equal(grig_call(r, E_UNBIND), IL_OK);
	assert_int_equal(r->g.tdi_id, 0);
	grig_free(r);
}

static void a_page_state_that_is_refused_stops_the_entry(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	r->psc_refused = 9;
	assert_int_equal(grig_go(r, E_SHARE), IL_E_PEER);
	assert_string_equal(grig_why(r), "page state change (9)");
	r->psc_refused = 8;
	assert_int_equal(grig_go(r, E_LOCK), IL_E_PEER);
	said(r, "page state change (8)");
	assert_false(r->g.shared);
	assert_int_equal(r->log.n_exits, 2);
	assert_int_equal(grig_go(r, E_LOCK), IL_OK);
	assert_int_equal(r->log.n_exits, 6);
	assert_true(r->shared[0] && r->shared[1] && r->shared[2]);
	grig_free(r);
}

static void a_page_that_does_not_validate_stops_at_once(void **unused)
{
	(void)unused;
	static const enum rmp_rc rcs[] = { RMP_FAIL_INPUT, RMP_FAIL_PERMISSION,
					   RMP_FAIL_INUSE,
					   RMP_FAIL_SIZEMISMATCH, RMP_OK };

	for (size_t i = 0; i < COUNT(rcs); i++) {
		struct grig *r = grig_new();

		r->rc_after = 1;
		r->rc = rcs[i];
		r->same = rcs[i] == RMP_OK;
		assert_int_equal(grig_go(r, E_ACCEPT), IL_E_PEER);
		said(r, r->same ? "was so before" : "PVALIDATE (");
		assert_int_equal(r->log.n_pvals, 2);
		/* the next range starts at its beginning */
		assert_int_equal(grig_go(r, E_ACCEPT), IL_OK);
		assert_int_equal(r->log.n_pvals, 5);
		assert_int_equal(r->log.pvals[2].gpa, G_RAM);
		grig_free(r);
	}
}

/* --- the table of blobs ------------------------------------------------------
 */

static void a_blob_outside_the_pages_is_not_there(void **unused)
{
	(void)unused;
	static const struct {
		uint32_t off, len;
		bool ok;
	} t[] = {
		{ 0, 65536, true },
		{ 65536, 0, true },
		{ 65535, 1, true },
		{ 0x90, 65536 - 0x90, true },
		{ 0, 65537, false },
		{ 65536, 1, false },
		{ 65537, 0, false },
		{ 65535, 2, false },
		{ 0xffffffff, 1, false },
		{ 1, 0xffffffff, false },
		{ 0xffffffff, 0xffffffff, false },
	};
	static const uint8_t *const guids[] = { guid_meas, guid_certs,
						guid_report };

	for (size_t i = 0; i < COUNT(t); i++)
		for (unsigned b = 0; b < 3; b++) {
			struct grig *r = grig_new();
			const struct evidence_blob *got[] = {
				&r->blobs.meas, &r->blobs.certs,
				&r->blobs.report
			};

			grig_until(r, E_EVIDENCE);
			memset(&r->blobs, 0x55, sizeof(r->blobs));
			lay_blob(r, 2 - b, guids[b], t[i].off, t[i].len);
			assert_int_equal(grig_go(r, E_EVIDENCE), IL_OK);
			for (unsigned k = 0; k < 3; k++)
				assert_int_equal(got[k]->len, k == b && t[i].ok
								      ? t[i].len
								      : 0);
			assert_int_equal(got[b]->p != NULL, t[i].ok);
			grig_free(r);
		}
}

static void a_blob_of_another_name_is_not_there(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();
	uint8_t other[16];

	memcpy(other, guid_certs, 16);
	other[15] ^= 1;
	grig_until(r, E_EVIDENCE);
	lay_blob(r, 0, other, 0x90, 5);
	assert_int_equal(grig_go(r, E_EVIDENCE), IL_OK);
	assert_null(r->blobs.certs.p);
	grig_free(r);
}

/* --- crypto ------------------------------------------------------------------
 */

static struct crypto inner;
static unsigned keys_left, seals_left;

static enum il_err key_fails(void *ctx, struct crypto_slot *s,
			     enum crypto_aead_alg alg, const uint8_t *key)
{
	return keys_left-- ? inner.ops->aead_key(ctx, s, alg, key) : IL_E_NOMEM;
}

static enum il_err seal_fails(void *ctx, struct crypto_slot s,
			      const uint8_t *iv, const void *aad,
			      size_t aad_len, const uint8_t *in, size_t len,
			      uint8_t *out, uint8_t *tag, size_t tag_len)
{
	return seals_left-- ? inner.ops->aead_seal(ctx, s, iv, aad, aad_len, in,
						   len, out, tag, tag_len)
			    : IL_E_NOMEM;
}

static void crypto_that_fails_sends_nothing_and_keeps_the_key(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();
	struct crypto_ops ops;
	struct crypto c;

	grig_until(r, E_EVIDENCE);
	inner = r->c;
	ops = *inner.ops;
	ops.aead_key = key_fails;
	ops.aead_seal = seal_fails;
	c = (struct crypto){ &ops, inner.ctx };
	r->g.cfg.crypto = &c;
	r->log.n_exits = 0;
	keys_left = 0;
	assert_int_equal(grig_go(r, E_CLAIMS), IL_E_NOMEM);
	assert_false(r->g.keyed);
	keys_left = 1;
	seals_left = 0;
	assert_int_equal(grig_go(r, E_CLAIMS), IL_E_NOMEM);
	assert_int_equal(r->log.n_exits, 0);
	assert_int_equal(r->n_sealed, 0);
	seals_left = 9;
	assert_int_equal(grig_go(r, E_CLAIMS), IL_OK);
	assert_int_equal(r->g.key_no, 0);
	assert_int_equal(r->log.msgs[0].seqno, 1);
	r->g.cfg.crypto = &r->c;
	grig_free(r);
}

static void the_end_wipes_keys_and_refuses_more(void **unused)
{
	(void)unused;
	struct grig *r = grig_new();

	grig_until(r, E_DMA_ON);
	sev_guest_fini(&r->g);
	for (unsigned k = 0; k < 4; k++)
		assert_false(bytes_hold(&r->g, sizeof(r->g),
					r->secrets + 0x20 + 32 * k, 32));
	assert_int_equal(r->g.key.n, 0);
	assert_int_equal(grig_go(r, E_DMA_ON), IL_E_PEER);
	said(r, "no key");
	grig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			ram_is_validated_page_by_page_and_shared_in_one_exit),
		cmocka_unit_test(a_lock_shares_the_three_areas_once_and_binds),
		cmocka_unit_test(each_verb_for_the_host_is_one_exit),
		cmocka_unit_test(
			evidence_is_what_the_firmware_says_and_the_host_keeps),
		cmocka_unit_test(claims_alone_take_no_nonce_and_no_blobs),
		cmocka_unit_test(mmio_goes_in_powers_of_two),
		cmocka_unit_test(dma_is_one_entry_on_and_all_zeros_off),
		cmocka_unit_test(below_vtom_a_bus_address_is_the_guests),
		cmocka_unit_test(the_border_moves_with_the_next_device_entry),
		cmocka_unit_test(
			a_page_that_was_never_validated_is_shared_without),
		cmocka_unit_test(a_conversion_that_is_refused_is_undone),
		cmocka_unit_test(pages_beyond_ram_are_not_converted),
		cmocka_unit_test(
			pages_that_came_back_are_accepted_when_they_validate),
		cmocka_unit_test(a_life_with_exits_everywhere_is_the_same_life),
		cmocka_unit_test(
			a_fault_at_any_instruction_gives_up_what_was_sealed),
		cmocka_unit_test(a_spoiled_answer_costs_the_key),
		cmocka_unit_test(four_lost_keys_are_all_there_are),
		cmocka_unit_test(a_refused_request_costs_the_key),
		cmocka_unit_test(a_key_of_zeros_is_none),
		cmocka_unit_test(numbers_end_before_they_repeat),
		cmocka_unit_test(a_status_is_a_refusal_that_keeps_the_key),
		cmocka_unit_test(another_tdi_is_not_believed),
		cmocka_unit_test(a_host_that_refuses_a_verb_is_quoted),
		cmocka_unit_test(an_unbind_under_way_keeps_the_name),
		cmocka_unit_test(a_page_state_that_is_refused_stops_the_entry),
		cmocka_unit_test(a_page_that_does_not_validate_stops_at_once),
		cmocka_unit_test(a_blob_outside_the_pages_is_not_there),
		cmocka_unit_test(a_blob_of_another_name_is_not_there),
		cmocka_unit_test(
			crypto_that_fails_sends_nothing_and_keeps_the_key),
		cmocka_unit_test(the_end_wipes_keys_and_refuses_more),
	};

	return cmocka_run_group_tests(tests, grig_open, grig_close);
}
