/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

/* Memory whose bytes the test holds, at the addresses of a window. */

#define FAR	 UINT64_C(0x80000000)
#define FAR_SIZE PAGE_2M

struct holder {
	uint8_t bytes[4 * PAGE_4K];
	uint32_t owner[4]; /* key ids, by page */
	uint64_t hole;	   /* a page that is not there; UINT64_MAX: none */
	bool ro;
	bool deaf; /* it is there and does not answer */
	bool mute; /* it writes, and its answer is lost */
	unsigned moved;
};

struct far_rig {
	struct rig r;
	struct holder h;
};

static bool there(void *ctx, uint64_t pa, bool write)
{
	const struct holder *h = ctx;

	return pa - FAR < sizeof(h->bytes) &&
	       align_down(pa, PAGE_4K) != h->hole && !(write && h->ro);
}

static enum il_err fetch(void *ctx, uint64_t pa, uint8_t *buf, uint32_t len)
{
	struct holder *h = ctx;

	assert_true((pa & (PAGE_4K - 1)) + len <= PAGE_4K);
	if (h->deaf)
		return IL_E_IO;
	h->moved += len;
	memcpy(buf, h->bytes + (pa - FAR), len);
	return IL_OK;
}

static enum il_err store(void *ctx, uint64_t pa, const uint8_t *buf,
			 uint32_t len)
{
	struct holder *h = ctx;

	assert_true((pa & (PAGE_4K - 1)) + len <= PAGE_4K);
	if (h->deaf)
		return IL_E_IO;
	h->moved += len;
	memcpy(h->bytes + (pa - FAR), buf, len);
	return h->mute ? IL_E_IO : IL_OK;
}

static const struct mem_extern_ops far_ops = { there, fetch, store };

/* The key of an access is its owner; of a page, what the test says. */
static const struct rule *far_check(void *ctx, const struct mem_req *q,
				    struct mem_pass *pass)
{
	(void)ctx;
	pass->key = q->owner;
	return NULL;
}

static uint32_t far_key(void *ctx, uint64_t pa)
{
	const struct far_rig *f = ctx;

	return pa - FAR < sizeof(f->h.bytes) ? f->h.owner[(pa - FAR) / PAGE_4K]
					     : 0;
}

static const struct mem_rules far_rules = { far_check, far_key };

static void far_up(struct far_rig *f, bool owned)
{
	memset(f, 0, sizeof(*f));
	rig_up(&f->r);
	f->h.hole = UINT64_MAX;
	mem_set_rules(&f->r.m, &far_rules, f);
	assert_int_equal(
		mem_add_extern(&f->r.m, FAR, FAR_SIZE, &far_ops, &f->h, owned),
		IL_OK);
}

static enum il_err go(struct far_rig *f, uint64_t pa, void *p, uint32_t len,
		      bool write, uint32_t owner, struct fault *why)
{
	struct mem_req q = { .who = AGENT_VCPU,
			     .write = write,
			     .owner = owner,
			     .gpa = pa,
			     .pa = pa,
			     .len = len };

	return mem_access(&f->r.m, &q, p, why);
}

static void an_access_without_a_key_is_of_the_bytes_themselves(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t buf[6000];

	far_up(&f, false);
	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 13);
	assert_int_equal(go(&f, FAR + 100, buf, sizeof(buf), true, 0, &why),
			 IL_OK);
	assert_memory_equal(f.h.bytes + 100, buf, sizeof(buf));
	f.h.bytes[100] ^= 0xff;
	assert_int_equal(go(&f, FAR + 100, buf, 1, false, 0, &why), IL_OK);
	assert_int_equal(buf[0], 0xff);
	assert_int_equal(mem_kind_at(&f.r.m, FAR), MEM_RAM);
	rig_down(&f.r);
}

/* The host's memory with a page of firmware: ciphertext is what it sees. */
static void what_comes_with_a_key_is_seen_as_ciphertext(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t secret[64], back[64];

	far_up(&f, false);
	memset(secret, 's', sizeof(secret));
	assert_int_equal(go(&f, FAR, secret, 64, true, 3, &why), IL_OK);
	for (unsigned i = 0; i < 64; i++)
		assert_int_not_equal(f.h.bytes[i], 's');
	assert_int_equal(go(&f, FAR, back, 64, false, 3, &why), IL_OK);
	assert_memory_equal(back, secret, 64);
	rig_down(&f.r);
}

static bool shares_a_word(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i + 8 <= len; i += 8)
		if (!memcmp(a + i, b + i, 8))
			return true;
	return false;
}

static void only_the_owners_key_reads_what_its_processor_wrote(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t back[PAGE_4K];

	far_up(&f, true);
	f.h.owner[0] = 2;
	mem_owner_changed(&f.r.m, FAR, PAGE_4K);
	memset(f.h.bytes, 'p', PAGE_4K); /* its processor */
	assert_int_equal(go(&f, FAR, back, PAGE_4K, false, 2, &why), IL_OK);
	assert_memory_equal(back, f.h.bytes, PAGE_4K);
	for (uint32_t k = 0; k < RIG_KEYS - 1; k++) {
		if (k == 2)
			continue;
		assert_int_equal(go(&f, FAR, back, PAGE_4K, false, k, &why),
				 IL_OK);
		assert_false(shares_a_word(back, f.h.bytes, PAGE_4K));
		if (k)
			continue;
		for (unsigned i = 0; i < PAGE_4K; i++)
			assert_int_not_equal(back[i], 'p');
	}
	/* And what others write is noise to it. */
	memset(back, 'q', PAGE_4K);
	assert_int_equal(go(&f, FAR, back, PAGE_4K, true, 0, &why), IL_OK);
	for (unsigned i = 0; i < PAGE_4K; i++)
		assert_int_not_equal(f.h.bytes[i], 'q');
	rig_down(&f.r);
}

/* A page that is taken from a VM gives nothing away, and neither does one that
 * is given to it. */
static void what_is_stored_stays_when_a_page_changes_hands(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t before[PAGE_4K], after[PAGE_4K];

	far_up(&f, true);
	memset(f.h.bytes, 's', PAGE_4K);
	assert_int_equal(go(&f, FAR, before, PAGE_4K, false, 0, &why), IL_OK);
	f.h.owner[0] = 1;
	mem_owner_changed(&f.r.m, FAR, PAGE_4K);
	for (unsigned i = 0; i < PAGE_4K; i++)
		assert_int_not_equal(f.h.bytes[i], 's');
	assert_int_equal(go(&f, FAR, after, PAGE_4K, false, 0, &why), IL_OK);
	assert_memory_equal(before, after, PAGE_4K);

	memset(f.h.bytes, 'p', PAGE_4K);
	assert_int_equal(go(&f, FAR, before, PAGE_4K, false, 0, &why), IL_OK);
	f.h.owner[0] = 0;
	mem_owner_changed(&f.r.m, FAR, PAGE_4K);
	assert_int_equal(go(&f, FAR, after, PAGE_4K, false, 0, &why), IL_OK);
	assert_memory_equal(before, after, PAGE_4K);
	for (unsigned i = 0; i < PAGE_4K; i++)
		assert_int_not_equal(after[i], 'p');
	rig_down(&f.r);
}

static void a_key_that_is_forgotten_gives_nothing_away(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t back[64];

	far_up(&f, true);
	f.h.owner[0] = 1;
	mem_owner_changed(&f.r.m, FAR, PAGE_4K);
	memset(f.h.bytes, 'p', PAGE_4K);
	assert_int_equal(mem_key_set(&f.r.m, 1, 0), IL_OK);
	assert_int_equal(go(&f, FAR, back, 64, false, 0, &why), IL_OK);
	for (unsigned i = 0; i < 64; i++)
		assert_int_not_equal(back[i], 'p');
	f.h.owner[0] = 0;
	mem_owner_changed(&f.r.m, FAR, PAGE_4K);
	assert_int_equal(go(&f, FAR, back, 64, false, 0, &why), IL_OK);
	for (unsigned i = 0; i < 64; i++)
		assert_int_not_equal(back[i], 'p');
	rig_down(&f.r);
}

/* A page that was assigned before its owner had a key. */
static void a_key_that_comes_later_counts_for_the_pages_before(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t back[64];

	far_up(&f, true);
	f.h.owner[1] = RIG_KEYS - 1; /* not set yet */
	mem_owner_changed(&f.r.m, FAR + PAGE_4K, PAGE_4K);
	assert_int_equal(mem_key_set(&f.r.m, RIG_KEYS - 1, 0x9999), IL_OK);
	memset(f.h.bytes + PAGE_4K, 'p', 64);
	assert_int_equal(
		go(&f, FAR + PAGE_4K, back, 64, false, RIG_KEYS - 1, &why),
		IL_OK);
	assert_memory_equal(back, f.h.bytes + PAGE_4K, 64);
	assert_int_equal(go(&f, FAR + PAGE_4K, back, 64, false, 0, &why),
			 IL_OK);
	assert_int_not_equal(back[0], 'p');
	rig_down(&f.r);
}

static void fresh_pages_are_as_their_owner_has_them(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t back[64];

	far_up(&f, true);
	memset(f.h.bytes, 'p', 64);
	f.h.owner[0] = 2;
	mem_extern_fresh(&f.r.m, FAR, PAGE_4K);
	assert_int_equal(f.h.bytes[0], 'p');
	assert_int_equal(go(&f, FAR, back, 64, false, 2, &why), IL_OK);
	assert_memory_equal(back, f.h.bytes, 64);
	rig_down(&f.r);
}

/* Its holder took it away, and gives it again when it is nobody's. */
static void a_page_that_was_away_gives_nothing_away(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t back[64];

	for (unsigned how = 0; how < 3; how++) {
		far_up(&f, true);
		f.h.owner[0] = 2;
		mem_owner_changed(&f.r.m, FAR, PAGE_4K);
		memset(f.h.bytes, 'p', 64);
		if (how == 0)
			f.h.hole = FAR;
		f.h.ro = how == 1;
		f.h.deaf = how == 2;
		f.h.owner[0] = 0;
		mem_owner_changed(&f.r.m, FAR, PAGE_4K);
		f.h.hole = UINT64_MAX;
		f.h.deaf = false;
		assert_int_equal(go(&f, FAR, back, 64, false, 0, &why), IL_OK);
		for (unsigned i = 0; i < 64; i++)
			assert_int_not_equal(back[i], 'p');
		f.h.ro = false;
		mem_owner_changed(&f.r.m, FAR, PAGE_4K);
		for (unsigned i = 0; i < 64; i++)
			assert_int_not_equal(f.h.bytes[i], 'p');
		rig_down(&f.r);
	}
}

/* Its owner writes to it, whether or not it could be rewritten before. */
static void what_comes_after_is_private_though_rewriting_failed(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t back[64];

	for (unsigned how = 0; how < 3; how++) {
		far_up(&f, true);
		f.h.ro = how == 0;
		f.h.deaf = how == 1;
		f.h.mute = how == 2;
		f.h.owner[0] = 2;
		mem_owner_changed(&f.r.m, FAR, PAGE_4K);
		f.h.ro = f.h.deaf = f.h.mute = false;
		memset(f.h.bytes, 'p', 64);
		assert_int_equal(go(&f, FAR, back, 64, false, 0, &why), IL_OK);
		assert_false(shares_a_word(back, f.h.bytes, 64));
		rig_down(&f.r);
	}
}

/* Else whoever has it stored once has it read by giving it back. */
static void what_was_stored_is_not_read_by_giving_it_back(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t back[64], plain[64];

	memset(plain, 'p', sizeof(plain));
	for (unsigned how = 0; how < 3; how++) {
		far_up(&f, true);
		f.h.owner[0] = 2;
		mem_owner_changed(&f.r.m, FAR, PAGE_4K);
		memcpy(f.h.bytes, plain, 64);
		f.h.owner[0] = 0;
		mem_owner_changed(&f.r.m, FAR, PAGE_4K);
		for (unsigned n = 0; n < 4; n++) {
			f.h.ro = how == 0;
			f.h.deaf = how == 1;
			f.h.mute = how == 2;
			f.h.owner[0] ^= 2;
			mem_owner_changed(&f.r.m, FAR, PAGE_4K);
			f.h.ro = f.h.deaf = f.h.mute = false;
			assert_int_equal(go(&f, FAR, back, 64, false, 0, &why),
					 IL_OK);
			assert_false(shares_a_word(back, plain, 64));
		}
		rig_down(&f.r);
	}
}

/* Nobody knows then how the page is, so nobody gets its bytes. */
static void a_rewriting_that_may_have_been_done_gives_nothing_away(void **u)
{
	(void)u;
	struct far_rig f;
	struct fault why;
	uint8_t back[64], plain[64];

	memset(plain, 'p', sizeof(plain));
	for (unsigned done = 0; done < 2; done++) {
		far_up(&f, true);
		f.h.owner[0] = 2;
		mem_owner_changed(&f.r.m, FAR, PAGE_4K);
		memset(f.h.bytes, 'p', PAGE_4K);
		f.h.mute = true;
		f.h.owner[0] = 0;
		mem_owner_changed(&f.r.m, FAR, PAGE_4K);
		f.h.mute = false;
		if (!done) /* it was not, after all */
			memset(f.h.bytes, 'p', PAGE_4K);
		for (unsigned again = 0; again < 2; again++) {
			for (uint32_t k = 0; k < 2; k++) {
				assert_int_equal(
					go(&f, FAR, back, 64, false, k, &why),
					IL_OK);
				assert_false(shares_a_word(back, plain, 64));
			}
			mem_owner_changed(&f.r.m, FAR, PAGE_4K);
			assert_false(shares_a_word(f.h.bytes, plain, 64));
		}
		rig_down(&f.r);
	}
}

static void a_hole_answers_as_nothing_and_nothing_moves(void **unused)
{
	(void)unused;
	struct far_rig f;
	struct fault why;
	uint8_t buf[3 * PAGE_4K];

	far_up(&f, true);
	memset(buf, 1, sizeof(buf));
	f.h.hole = FAR + 2 * PAGE_4K;
	for (unsigned write = 0; write < 2; write++) {
		why.rule = NULL;
		assert_int_equal(go(&f, FAR, buf, sizeof(buf), write, 0, &why),
				 IL_E_IO);
		assert_ptr_equal(why.rule, &mem_rule_nothing);
		assert_int_equal(why.pa, f.h.hole);
	}
	assert_int_equal(f.h.moved, 0);
	/* Beyond what is held, and read-only. */
	assert_int_equal(
		go(&f, FAR + sizeof(f.h.bytes), buf, 1, false, 0, &why),
		IL_E_IO);
	f.h.ro = true;
	assert_int_equal(go(&f, FAR, buf, 1, true, 0, &why), IL_E_IO);
	assert_int_equal(go(&f, FAR, buf, 1, false, 0, &why), IL_OK);
	f.h.deaf = true;
	assert_int_equal(go(&f, FAR, buf, 1, false, 0, &why), IL_E_IO);
	assert_ptr_equal(why.rule, &mem_rule_nothing);
	rig_down(&f.r);
}

static void no_frame_of_it_is_the_allocators(void **unused)
{
	(void)unused;
	struct far_rig f;
	uint64_t pa;
	uint8_t raw;

	far_up(&f, false);
	assert_int_equal(mem_frames_left(&f.r.m), RIG_SIZE / PAGE_4K);
	while (!mem_frames_alloc(&f.r.m, 0, &pa))
		assert_true(pa - RIG_RAM < RIG_SIZE);
	assert_int_equal(mem_frames_reserve(&f.r.m, FAR, PAGE_4K), IL_E_ARG);
	assert_int_equal(mem_frames_free(&f.r.m, FAR, 0), IL_E_ARG);
	assert_int_equal(mem_raw(&f.r.m, FAR, &raw, 1), IL_E_ARG);
	assert_int_equal(mem_next_touched(&f.r.m, FAR), UINT64_MAX);
	assert_int_equal(
		mem_add_extern(&f.r.m, FAR, PAGE_2M, &far_ops, &f.h, false),
		IL_E_ARG);
	rig_down(&f.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_access_without_a_key_is_of_the_bytes_themselves),
		cmocka_unit_test(what_comes_with_a_key_is_seen_as_ciphertext),
		cmocka_unit_test(
			only_the_owners_key_reads_what_its_processor_wrote),
		cmocka_unit_test(
			what_is_stored_stays_when_a_page_changes_hands),
		cmocka_unit_test(a_key_that_is_forgotten_gives_nothing_away),
		cmocka_unit_test(
			a_key_that_comes_later_counts_for_the_pages_before),
		cmocka_unit_test(fresh_pages_are_as_their_owner_has_them),
		cmocka_unit_test(a_page_that_was_away_gives_nothing_away),
		cmocka_unit_test(
			what_comes_after_is_private_though_rewriting_failed),
		cmocka_unit_test(what_was_stored_is_not_read_by_giving_it_back),
		cmocka_unit_test(
			a_rewriting_that_may_have_been_done_gives_nothing_away),
		cmocka_unit_test(a_hole_answers_as_nothing_and_nothing_moves),
		cmocka_unit_test(no_frame_of_it_is_the_allocators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
