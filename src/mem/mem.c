/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/mem.h"

#include "base/assert.h"
#include "mem/mem_priv.h"

const struct rule mem_rule_nothing = {
	.name = "mem-nothing",
	.says = "nothing answers at this physical address",
	.source = "PCIe Base 6.0 §2.3.1, Unsupported Request",
	.sure = SURE_SPEC,
};

const struct rule mem_rule_interrupt = {
	.name = "mem-interrupt",
	.says = "the interrupt range takes aligned dword writes from devices",
	.source = "PCIe Base 6.0 §6.1.4",
	.sure = SURE_SPEC,
};

const struct rule mem_rule_no_key = {
	.name = "mem-no-key",
	.says = "no memory key is installed for this owner",
	.source = "no key, no plaintext: the memory encryption of each "
		  "architecture",
	.sure = SURE_INFERRED,
};

const struct rule mem_rule_straddle = {
	.name = "mmio-straddle",
	.says = "one access to MMIO stays inside one 4 KiB page",
	.source = "PCIe Base 6.0 §2.2.7, 4 KiB boundary",
	.sure = SURE_SPEC,
};

static bool power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

enum il_err mem_init(struct mem *m, const struct mem_cfg *cfg)
{
	if (!cfg->keys || !power_of_two(cfg->irq_slots))
		return IL_E_ARG;

	uint64_t *key = ARENA_ARRAY(cfg->arena, uint64_t, cfg->keys);
	struct mem_irq *irq =
		ARENA_ARRAY(cfg->arena, struct mem_irq, cfg->irq_slots);

	if (!key || !irq)
		return IL_E_NOMEM;
	*m = (struct mem){
		.env = cfg->env,
		.arena = cfg->arena,
		.key = key,
		.keys = cfg->keys,
		.irq = irq,
		.irq_slots = cfg->irq_slots,
	};
	return IL_OK;
}

static bool clash(uint64_t a, uint64_t an, uint64_t b, uint64_t bn)
{
	return a < b + bn && b < a + an;
}

bool mem_range_free(const struct mem *m, uint64_t base, uint64_t size,
		    uint64_t align)
{
	if (!size || (base | size) & (align - 1) || base + size < base)
		return false;
	if (clash(base, size, MEM_MSI_BASE, MEM_MSI_SIZE))
		return false;
	for (uint32_t i = 0; i < m->rams; i++)
		if (clash(base, size, m->ram[i].base, m->ram[i].size))
			return false;
	for (uint32_t i = 0; i < m->mmios; i++)
		if (clash(base, size, m->mmio[i].base, m->mmio[i].size))
			return false;
	return true;
}

enum il_err mem_add_ram(struct mem *m, uint64_t base, uint64_t size)
{
	uint64_t words = (size / PAGE_4K + 63) / 64;

	if (!mem_range_free(m, base, size, PAGE_2M))
		return IL_E_ARG;
	if (m->rams == MEM_RAM_WINDOWS)
		return IL_E_SPACE;

	struct mem_window w = {
		.base = base,
		.size = size,
		.touched = ARENA_ARRAY(m->arena, uint64_t, words),
		.taken = ARENA_ARRAY(m->arena, uint64_t, words),
		.bytes = arena_take(m->arena, size, PAGE_4K),
		.free = size / PAGE_4K,
	};

	if (!w.touched || !w.taken || !w.bytes)
		return IL_E_NOMEM;
	m->ram[m->rams++] = w;
	return IL_OK;
}

enum il_err mem_add_mmio(struct mem *m, uint64_t base, uint64_t size,
			 const struct mem_mmio_ops *ops, void *ctx)
{
	if (!ops || !mem_range_free(m, base, size, PAGE_4K))
		return IL_E_ARG;
	if (m->mmios == MEM_MMIO_WINDOWS)
		return IL_E_SPACE;
	m->mmio[m->mmios++] = (struct mem_window){
		.base = base, .size = size, .ops = ops, .ctx = ctx
	};
	return IL_OK;
}

enum il_err mem_del_mmio(struct mem *m, uint64_t base)
{
	for (uint32_t i = 0; i < m->mmios; i++) {
		if (m->mmio[i].base != base)
			continue;
		m->mmio[i] = m->mmio[--m->mmios];
		return IL_OK;
	}
	return IL_E_ARG;
}

void mem_set_rules(struct mem *m, const struct mem_rules *rules, void *ctx)
{
	m->rules = rules;
	m->rules_ctx = ctx;
}

enum il_err mem_key_set(struct mem *m, uint32_t id, uint64_t secret)
{
	if (id == MEM_KEY_NONE || id >= m->keys)
		return IL_E_ARG;
	m->key[id] = secret;
	mem_extern_rekey(m, id);
	return IL_OK;
}

/* --- the key stream --- */

/*
 * A bijection of the secret for each word, so that two keys never share one;
 * bytes that come out zero become 0x80.
 */
static inline uint64_t stream_word(uint64_t secret, uint64_t pa)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint64_t z = secret ^ (pa >> 3) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return z | ~(((z & low) + low) | z | low);
}

static void crypt_part(uint8_t *dst, const uint8_t *src, uint64_t pa,
		       uint32_t len, uint64_t secret)
{
	uint64_t k = stream_word(secret, pa) >> (8 * (pa & 7));

	for (uint32_t i = 0; i < len; i++)
		dst[i] = (uint8_t)(src[i] ^ (uint8_t)(k >> (8 * i)));
}

/* Encrypts and decrypts; @secret 0 copies. */
static void crypt(uint8_t *dst, const uint8_t *src, uint64_t pa, uint32_t len,
		  uint64_t secret)
{
	uint32_t head = (uint32_t)(-pa & 7);

	if (!secret) {
		memcpy(dst, src, len);
		return;
	}
	if (head > len)
		head = len;
	crypt_part(dst, src, pa, head, secret);
	dst += head;
	src += head;
	pa += head;
	len -= head;
	for (; len >= 8; len -= 8, pa += 8, dst += 8, src += 8)
		entry_store(dst, entry_load(src) ^ stream_word(secret, pa));
	crypt_part(dst, src, pa, len, secret);
}

void mem_crypt(uint8_t *dst, const uint8_t *src, uint64_t pa, uint32_t len,
	       uint64_t secret)
{
	if (secret || dst != src)
		crypt(dst, src, pa, len, secret);
}

/* --- accesses --- */

/* Where one page of an access ends up. */
struct target {
	const struct mem_window *w; /* NULL: interrupt */
	struct mem_pass pass;
};

static const struct mem_window *mmio_at(const struct mem *m, uint64_t pa)
{
	for (uint32_t i = 0; i < m->mmios; i++)
		if (pa - m->mmio[i].base < m->mmio[i].size)
			return &m->mmio[i];
	return NULL;
}

enum mem_kind mem_kind_at(const struct mem *m, uint64_t pa)
{
	if (mem_ram_at(m, pa))
		return MEM_RAM;
	if (mmio_at(m, pa))
		return MEM_MMIO;
	return pa - MEM_MSI_BASE < MEM_MSI_SIZE ? MEM_MSI : MEM_NOTHING;
}

static __attribute__((noinline)) enum il_err
refuse(struct mem *m, const struct mem_req *r, const struct rule *rule,
       enum fault_stage stage, struct fault *f)
{
	*f = (struct fault){
		.rule = rule,
		.stage = stage,
		.who = r->who,
		.id = r->who == AGENT_DEVICE ? r->rid : r->owner,
		.addr = r->gpa,
		.pa = r->pa,
		.write = r->write,
		.trusted = r->trusted,
	};
	env_trace(m->env, MEM_EV_REFUSED,
		  (uint64_t)r->who | (uint64_t)r->write << 8, r->gpa, r->pa);
	return IL_E_IO;
}

static enum il_err judge_msi(struct mem *m, const struct mem_req *r,
			     struct fault *f)
{
	if (r->who != AGENT_DEVICE || !r->write)
		return refuse(m, r, &mem_rule_nothing, FAULT_LINK, f);
	if (r->len != 4 || r->pa & 3)
		return refuse(m, r, &mem_rule_interrupt, FAULT_LINK, f);
	return IL_OK;
}

/* @r lies in one page. Changes nothing but the trace. */
static inline __attribute__((always_inline)) enum il_err
judge(struct mem *m, const struct mem_req *r, bool whole, struct target *t,
      struct fault *f)
{
	const struct rule *rule;

	*t = (struct target){ .w = mem_ram_at(m, r->pa) };
	if (__builtin_expect(!t->w, 0))
		t->w = mmio_at(m, r->pa);
	if (!t->w) {
		if (r->pa - MEM_MSI_BASE < MEM_MSI_SIZE)
			return judge_msi(m, r, f);
		return refuse(m, r, &mem_rule_nothing, FAULT_LINK, f);
	}
	if (t->w->ops && !whole)
		return refuse(m, r, &mem_rule_straddle, FAULT_LINK, f);
	if (__builtin_expect(t->w->ext != NULL, 0) &&
	    !t->w->ext->there(t->w->ctx, r->pa, r->write))
		return refuse(m, r, &mem_rule_nothing, FAULT_LINK, f);
	if (!m->rules)
		return IL_OK;
	rule = m->rules->check(m->rules_ctx, r, &t->pass);
	if (rule)
		return refuse(m, r, rule,
			      t->pass.stage ? t->pass.stage : FAULT_OWNER, f);
	if (t->pass.key >= m->keys || (t->pass.key && !m->key[t->pass.key]))
		return refuse(m, r, &mem_rule_no_key, FAULT_OWNER, f);
	return IL_OK;
}

static void irq_put(struct mem *m, const struct mem_req *r, const uint8_t *buf)
{
	uint32_t data = (uint32_t)buf[0] | (uint32_t)buf[1] << 8 |
			(uint32_t)buf[2] << 16 | (uint32_t)buf[3] << 24;

	env_trace(m->env, MEM_EV_IRQ, r->rid, r->pa, data);
	if (m->irq_tail - m->irq_head == m->irq_slots) {
		m->irq_lost++;
		return;
	}
	m->irq[m->irq_tail++ & (m->irq_slots - 1)] =
		(struct mem_irq){ .rid = r->rid,
				  .addr = r->pa,
				  .data = data,
				  .trusted = r->trusted };
}

static enum il_err move(struct mem *m, const struct mem_req *r,
			const struct target *t, uint8_t *buf, struct fault *f)
{
	const struct mem_window *w = t->w;

	if (!w) {
		irq_put(m, r, buf);
		return IL_OK;
	}
	if (w->ops) {
		bool tee = t->pass.trusted;

		if (r->write)
			return w->ops->write(w->ctx, r, tee, r->pa, buf, r->len,
					     f);
		return w->ops->read(w->ctx, r, tee, r->pa, buf, r->len, f);
	}

	uint64_t secret = t->pass.key ? m->key[t->pass.key] : 0;

	if (__builtin_expect(w->ext != NULL, 0))
		return mem_extern_move(w, r, buf, secret)
			       ? refuse(m, r, &mem_rule_nothing, FAULT_LINK, f)
			       : IL_OK;

	uint8_t *at = w->bytes + (r->pa - w->base);

	if (r->write) {
		mem_touch(w, r->pa);
		crypt(at, buf, r->pa, r->len, secret);
	} else {
		crypt(buf, at, r->pa, r->len, secret);
	}
	return IL_OK;
}

/* The part of @r that starts @done bytes in and stays inside one page. */
static struct mem_req part_of(const struct mem_req *r, uint32_t done)
{
	struct mem_req p = *r;
	uint64_t left = PAGE_4K - ((r->pa + done) & (PAGE_4K - 1));

	p.pa += done;
	p.gpa += done;
	p.len = r->len - done;
	if (p.len > left)
		p.len = (uint32_t)left;
	return p;
}

static bool one_page(const struct mem_req *r)
{
	return (r->pa & (PAGE_4K - 1)) + r->len <= PAGE_4K;
}

static bool bad_range(const struct mem_req *r)
{
	return !r->len || r->pa + (r->len - 1) < r->pa ||
	       r->gpa + (r->len - 1) < r->gpa;
}

enum il_err mem_check_page(struct mem *m, const struct mem_req *req,
			   struct fault *f)
{
	struct target t;

	IL_ASSERT(req->len && one_page(req));
	return judge(m, req, true, &t, f);
}

enum il_err mem_check(struct mem *m, const struct mem_req *req, struct fault *f)
{
	struct target t;

	if (bad_range(req))
		return IL_E_ARG;
	if (one_page(req))
		return judge(m, req, true, &t, f);
	for (uint32_t done = 0; done < req->len;) {
		struct mem_req p = part_of(req, done);
		enum il_err err = judge(m, &p, false, &t, f);

		if (err)
			return err;
		done += p.len;
	}
	return IL_OK;
}

enum il_err mem_access(struct mem *m, const struct mem_req *req, void *buf,
		       struct fault *f)
{
	uint8_t *b = buf;
	struct target t;
	enum il_err err;

	if (bad_range(req))
		return IL_E_ARG;
	if (one_page(req)) {
		err = judge(m, req, true, &t, f);
		return err ? err : move(m, req, &t, b, f);
	}
	err = mem_check(m, req, f);
	for (uint32_t done = 0; !err && done < req->len;) {
		struct mem_req p = part_of(req, done);

		err = judge(m, &p, false, &t, f);
		if (!err)
			err = move(m, &p, &t, b + done, f);
		done += p.len;
	}
	return err;
}

enum il_err mem_host_read(struct mem *m, uint64_t pa, void *buf, uint32_t len,
			  struct fault *f)
{
	struct mem_req r = mem_req_host(pa, len, false);

	return mem_access(m, &r, buf, f);
}

enum il_err mem_host_write(struct mem *m, uint64_t pa, const void *buf,
			   uint32_t len, struct fault *f)
{
	struct mem_req r = mem_req_host(pa, len, true);

	return mem_access(m, &r, (void *)(uintptr_t)buf, f);
}

enum il_err mem_raw(const struct mem *m, uint64_t pa, uint8_t *out,
		    uint32_t len)
{
	const struct mem_window *w = mem_ram_at(m, pa);

	if (!w || !w->bytes || len > w->size - (pa - w->base))
		return IL_E_ARG;
	memcpy(out, w->bytes + (pa - w->base), len);
	return IL_OK;
}

enum il_err mem_irq_take(struct mem *m, struct mem_irq *out)
{
	if (m->irq_head == m->irq_tail)
		return IL_E_AGAIN;
	*out = m->irq[m->irq_head++ & (m->irq_slots - 1)];
	return IL_OK;
}

bool mem_sane(const struct mem *m)
{
	if (m->rams > MEM_RAM_WINDOWS || m->mmios > MEM_MMIO_WINDOWS)
		return false;
	if (m->irq_tail - m->irq_head > m->irq_slots || m->key[0])
		return false;
	for (uint32_t i = 0; i < m->rams; i++) {
		uint64_t taken = 0;

		if (m->ram[i].ext) {
			if (m->ram[i].bytes || m->ram[i].free)
				return false;
			continue;
		}
		for (uint64_t p = 0; p < m->ram[i].size / PAGE_4K; p += 64)
			taken += (uint64_t)__builtin_popcountll(
				m->ram[i].taken[p / 64]);
		if (taken + m->ram[i].free != m->ram[i].size / PAGE_4K)
			return false;
	}
	return true;
}
