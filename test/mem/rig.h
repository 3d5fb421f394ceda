/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_MEM_RIG_H
#define TEST_MEM_RIG_H

#include <stdlib.h>

#include "check.h"
#include "fake_env.h"

#include "base/arena.h"
#include "mem/mem.h"

/* Rules that a test owns: the key is the owner, one page may be refused. */
struct toy {
	uint64_t refuse;   /* page address; UINT64_MAX none */
	uint64_t refuse_w; /* the same, for writes alone */
	uint32_t add;	   /* added to the owner to give the key */
	bool trusted;
	enum fault_stage stage;
	unsigned calls;
	struct mem_req last;
};

extern const struct rule toy_rule;
extern const struct mem_rules toy_rules;

#define RIG_RAM	 UINT64_C(0x40000000)
#define RIG_SIZE (8 * PAGE_2M)
#define RIG_KEYS 8

struct rig {
	struct fake_env fake;
	struct env env;
	struct arena arena;
	struct mem m;
	struct toy toy;
	/* a copy of everything, for refusals */
	uint8_t *copy;
	struct mem m_copy;
};

static inline void rig_up(struct rig *r)
{
	struct mem_cfg cfg = { .arena = &r->arena,
			       .env = &r->env,
			       .keys = RIG_KEYS,
			       .irq_slots = 4 };

	memset(r, 0, sizeof(*r));
	r->env = fake_env(&r->fake);
	r->toy.refuse = UINT64_MAX;
	r->toy.refuse_w = UINT64_MAX;
	assert_int_equal(arena_map(&r->arena, 0, 256 << 20), IL_OK);
	assert_int_equal(mem_init(&r->m, &cfg), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, RIG_RAM, RIG_SIZE), IL_OK);
	mem_set_rules(&r->m, &toy_rules, &r->toy);
	for (uint32_t k = 1; k < RIG_KEYS - 1; k++)
		assert_int_equal(mem_key_set(&r->m, k, 0x1111 * k), IL_OK);
}

static inline void rig_down(struct rig *r)
{
	assert_true(mem_sane(&r->m));
	free(r->copy);
	arena_unmap(&r->arena);
}

/* Remembers all memory and every counter of mem. */
static inline void rig_keep(struct rig *r)
{
	free(r->copy);
	r->copy = malloc(r->arena.used);
	assert_non_null(r->copy);
	memcpy(r->copy, r->arena.base, r->arena.used);
	memcpy(&r->m_copy, &r->m, sizeof(r->m));
}

static inline void rig_same(const struct rig *r)
{
	assert_memory_equal(r->copy, r->arena.base, r->arena.used);
	assert_memory_equal(&r->m_copy, &r->m, sizeof(r->m));
}

#endif
