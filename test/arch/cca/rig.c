/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>

/* --- the machine --- */

static enum il_err bar_read(void *ctx, const struct mem_req *q, bool trusted,
			    uint64_t pa, uint8_t *buf, uint32_t len,
			    struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)pa;
	(void)f;
	memset(buf, trusted ? 0x11 : 0x22, len); /* so that T can be seen */
	return IL_OK;
}

static enum il_err bar_write(void *ctx, const struct mem_req *q, bool trusted,
			     uint64_t pa, const uint8_t *buf, uint32_t len,
			     struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)trusted;
	(void)pa;
	(void)buf;
	(void)len;
	(void)f;
	return IL_OK;
}

static const struct mem_mmio_ops bar_ops = { bar_read, bar_write };

static void machine_up(struct cca_rig *r)
{
	const struct mem_cfg mc = { &r->ram, &r->p->env, OWN_KEYS(RIG_VMIDS),
				    4 };
	const struct cca_own_cfg oc = { .arena = &r->books,
					.env = &r->p->env,
					.mem = &r->m,
					.vmids = RIG_VMIDS,
					.st = RIG_ST,
					.sids = RIG_SIDS,
					.root = RIG_EL3,
					.root_size = 4 * PAGE_4K };
	const struct iommu_cfg ic = { .arena = &r->ram,
				      .env = &r->p->env,
				      .mem = &r->m,
				      .rules = &cca_own_iommu_rules,
				      .rules_ctx = &r->o,
				      .tlb_slots = 256,
				      .entry_slots = 16,
				      .queue_slots = 16 };

	assert_int_equal(mem_init(&r->m, &mc), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, RIG_RAM, RIG_RAM_SIZE), IL_OK);
	assert_int_equal(mem_add_mmio(&r->m, PEER_BAR, PAGE_2M, &bar_ops, r),
			 IL_OK);
	assert_int_equal(cca_own_init(&r->o, &oc), IL_OK);
	assert_int_equal(cca_own_cover(&r->o, RIG_RAM, RIG_RAM_SIZE, false, 0),
			 IL_OK);
	assert_int_equal(
		cca_own_cover(&r->o, PEER_BAR, PAGE_2M, true, PEER_PORT),
		IL_OK);
	assert_int_equal(iommu_init(&r->i, &ic), IL_OK);
	assert_int_equal(cca_own_start(&r->o, &r->i, 0xf1), IL_OK);
}

/* --- the root port --- */

/* The peer's, and what a port whose registers firmware holds has besides. */
static enum il_err rp_program(void *ctx, uint32_t port, uint8_t stream,
			      uint8_t set, uint8_t dir, uint8_t sub,
			      const uint8_t key[32], const uint8_t ifv[8])
{
	struct cca_rig *r = ctx;

	return peer_rp_keys.program(r->p, port, stream, set, dir, sub, key,
				    ifv);
}

static enum il_err rp_go(void *ctx, uint32_t port, uint8_t stream, uint8_t set,
			 uint8_t dir, uint8_t sub)
{
	struct cca_rig *r = ctx;

	return peer_rp_keys.go(r->p, port, stream, set, dir, sub);
}

static enum il_err rp_stop(void *ctx, uint32_t port, uint8_t stream,
			   uint8_t set, uint8_t dir, uint8_t sub)
{
	struct cca_rig *r = ctx;

	return peer_rp_keys.stop(r->p, port, stream, set, dir, sub);
}

static void rp_wipe(void *ctx, uint32_t port, uint8_t stream)
{
	struct cca_rig *r = ctx;

	if (stream == PEER_STREAM + 1)
		r->other_wipes++;
	else
		peer_rp_keys.wipe(r->p, port, stream);
}

static bool rp_secure(void *ctx, uint32_t port, uint8_t stream)
{
	struct cca_rig *r = ctx;

	return peer_rp_keys.secure(r->p, port, stream);
}

static enum il_err rp_ready(void *ctx, uint32_t port, uint8_t stream,
			    uint8_t segment, uint16_t rid)
{
	struct cca_rig *r = ctx;

	return peer_rp_keys.ready(r->p, port, stream, segment, rid);
}

static enum il_err rp_ep_ide(void *ctx, uint8_t segment, uint16_t rid,
			     uint8_t *out, size_t cap, size_t *len)
{
	struct cca_rig *r = ctx;

	return peer_rp_keys.ep_ide(r->p, segment, rid, out, cap, len);
}

static bool rp_behind(void *ctx, uint32_t port, uint8_t segment, uint16_t rid)
{
	struct cca_rig *r = ctx;

	return peer_rp_keys.behind(r->p, port, segment, rid);
}

static enum il_err rp_lock(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct cca_rig *r = ctx;

	assert_int_equal(port, PEER_PORT);
	if (stream == PEER_STREAM + 1) /* a second block, never keyed */
		return IL_OK;
	if (stream != PEER_STREAM)
		return IL_E_ARG;
	r->locked = on;
	return IL_OK;
}

static enum il_err rp_enable(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct cca_rig *r = ctx;

	assert_int_equal(port, PEER_PORT);
	if (stream != PEER_STREAM)
		return IL_E_ARG;
	r->enabled = on;
	r->p->rp_secure = on;
	return IL_OK;
}

static enum il_err rp_vendor(void *ctx, uint32_t port, uint16_t off,
			     uint32_t mask, uint32_t value, uint32_t *now)
{
	struct cca_rig *r = ctx;

	assert_int_equal(port, PEER_PORT);
	if (off / 4 >= COUNT(r->dvsec))
		return IL_E_ARG;
	r->dvsec[off / 4] = (r->dvsec[off / 4] & ~mask) | (value & mask);
	if (now)
		*now = r->dvsec[off / 4];
	return IL_OK;
}

static const struct rp_keys keys = {
	.program = rp_program,
	.go = rp_go,
	.stop = rp_stop,
	.wipe = rp_wipe,
	.secure = rp_secure,
	.ready = rp_ready,
	.ep_ide = rp_ep_ide,
	.behind = rp_behind,
	.lock = rp_lock,
	.enable = rp_enable,
	.vendor = rp_vendor,
};

static int root_port(void *ctx, uint64_t hb_base, uint16_t rid)
{
	const struct cca_rig *r = ctx;

	return hb_base == RIG_HB && rid == RIG_RP_RID ? r->port : -1;
}

/* --- the realm --- */

static enum il_err run(void *ctx, uint64_t rec, const struct cca_enter *in,
		       struct cca_leave *out)
{
	struct cca_rig *r = ctx;
	struct fault f;
	enum il_err err;

	*out = (struct cca_leave){ .kind = CCA_LEAVE_WFI };
	if (rec != r->rec)
		return IL_OK; /* another one, that does nothing */
	if (r->program)
		return r->program(r, in, out);
	if (!r->called || r->back)
		return IL_OK;
	err = cca_fw_rsi(r->fw, rec, r->call, &f);
	if (err == IL_E_AGAIN) {
		out->kind = f.rule ? CCA_LEAVE_ABORT : CCA_LEAVE_CALL;
		out->ipa = f.addr;
		out->write = f.write;
		return IL_OK;
	}
	assert_int_equal(err, IL_OK);
	r->back = true;
	return IL_OK;
}

/* --- making one --- */

struct cca_rig *rig_new(void)
{
	struct cca_rig *r = calloc(1, sizeof(*r));
	struct cca_fw_cfg cfg = { .da = true,
				  .root_port = root_port,
				  .run = run,
				  .limits = cca_fw_limits_default() };

	assert_non_null(r);
	assert_int_equal(arena_map(&r->ram, 0, 64 << 20), IL_OK);
	assert_int_equal(arena_map(&r->books, 0, 4 << 20), IL_OK);
	r->p = peer_new();
	r->next = RIG_RAM;
	r->port = PEER_PORT;
	machine_up(r);
	cfg.crypto = &r->p->crypto;
	cfg.env = &r->p->env;
	cfg.mem = &r->m;
	cfg.own = &r->o;
	cfg.keys = &keys;
	cfg.keys_ctx = r;
	cfg.platform_ctx = r;
	cfg.run_ctx = r;
	cfg.limits.realms = 2;
	cfg.limits.recs = 3;
	cfg.limits.pdevs = 4;
	cfg.limits.vdevs = 3;
	cfg.limits.tsm.conns = 2;
	cfg.limits.tsm.binds = 3;
	assert_int_equal(cca_fw_new(&r->books, &cfg, &r->fw), IL_OK);
	r->params = page_new(r);
	r->data = page_new(r);
	r->req = page_new(r);
	r->rsp = page_new(r);
	r->run = page_new(r);
	r->list = page_new(r);
	return r;
}

void rig_free(struct cca_rig *r)
{
	assert_true(cca_fw_sane(r->fw));
	assert_true(cca_own_sane(&r->o));
	free(r->kept);
	peer_free(r->p);
	arena_unmap(&r->ram);
	arena_unmap(&r->books);
	free(r);
}

/* --- memory --- */

uint64_t page_new(struct cca_rig *r)
{
	uint64_t pa = r->next;

	r->next += PAGE_4K;
	assert_true(r->next < RIG_ST);
	return pa;
}

uint64_t granule_new(struct cca_rig *r)
{
	uint64_t pa = page_new(r);

	assert_int_equal(
		RMI(r, RMI_GRANULE_RANGE_DELEGATE, pa, pa + CCA_GRANULE), 0);
	return pa;
}

void put(struct cca_rig *r, uint64_t pa, const void *p, uint32_t len)
{
	struct fault f;

	assert_int_equal(mem_host_write(&r->m, pa, p, len, &f), IL_OK);
}

void get(struct cca_rig *r, uint64_t pa, void *p, uint32_t len)
{
	struct fault f;

	assert_int_equal(mem_host_read(&r->m, pa, p, len, &f), IL_OK);
}

void put64(struct cca_rig *r, uint64_t pa, uint64_t v)
{
	uint8_t b[8];

	cca_put_u64(b, 0, v);
	put(r, pa, b, sizeof(b));
}

void put8(struct cca_rig *r, uint64_t pa, uint8_t v)
{
	put(r, pa, &v, 1);
}

void clear(struct cca_rig *r, uint64_t pa)
{
	static const uint8_t zero[CCA_GRANULE];

	put(r, pa, zero, sizeof(zero));
}

uint64_t rig_smc(struct cca_rig *r, const uint64_t x[CCA_SMC_REGS])
{
	memcpy(r->x, x, sizeof(r->x));
	cca_fw_time(r->fw, r->p->now_ns);
	cca_fw_smc(r->fw, r->x);
	return r->x[0];
}

/* --- refusals --- */

void keep(struct cca_rig *r)
{
	memset(r->fw->page, 0, sizeof(r->fw->page));
	memset(r->fw->msg, 0, sizeof(r->fw->msg));
	free(r->kept);
	r->kept_len = r->books.used;
	r->kept = malloc(r->kept_len);
	assert_non_null(r->kept);
	memcpy(r->kept, r->books.base, r->kept_len);
	memcpy(&r->kept_own, &r->o, sizeof(r->o));
}

/* Padding is compared too, and MemorySanitizer told that it is meant so. */
#if defined(__clang__)
__attribute__((no_sanitize("memory")))
#endif
static bool
alike(const void *was, const void *now, size_t len)
{
	const uint8_t *a = was, *b = now;
	size_t i = 0;

	while (i < len && a[i] == b[i])
		i++;
	return i == len;
}

void same(struct cca_rig *r)
{
	memset(r->fw->page, 0, sizeof(r->fw->page));
	memset(r->fw->msg, 0, sizeof(r->fw->msg));
	assert_int_equal(r->kept_len, r->books.used);
	assert_true(alike(r->kept, r->books.base, r->kept_len));
	/* its counters too: of tables and entries in memory */
	assert_true(alike(&r->kept_own, &r->o, sizeof(r->o)));
}

void refuses(struct cca_rig *r, uint64_t status, const uint64_t x[CCA_SMC_REGS])
{
	keep(r);
	rig_smc(r, x);
	assert_int_equal(r->x[0] == SMC_NOT_SUPPORTED ? r->x[0]
						      : RMI_STATUS(r->x[0]),
			 status);
	same(r);
}
