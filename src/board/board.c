/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/board_priv.h"

#include <string.h>

#include "base/assert.h"

/* The machine put together, its clock, its interrupts. */

#define ARENA_CAP                                                   \
	(UINT64_C(4) << 30) /* address space; used as it is touched \
			     */

/*
 * Turns of device and root port in one go; who has more to do is asked again
 * by the next board_run(), so that a device which never stops stops nobody.
 */
#define TURNS 4096u

void board_refused(void *ctx, const struct fault *f)
{
	struct board *b = ctx;

	b->refused++;
	b->last_refused = *f;
	board_bench_refused(&b->bench, f);
	if (b->cfg.refused)
		b->cfg.refused(b->cfg.ctx, f);
}

static bool pump(void *ctx)
{
	struct board *b = ctx;

	return b->cfg.pump && b->cfg.pump(b->cfg.pump_ctx);
}

void board_settle(struct board *b)
{
	b->busy = true;
	for (unsigned n = 0; n < TURNS && b->busy; n++) {
		b->busy = pump(b);
		b->busy |= fabric_run(&b->fabric);
	}
	board_fn_irqs(b);
}

static void rootport_settle(void *ctx)
{
	board_settle(ctx);
}

/* --- interrupts of host and vm --- */

struct board_ep *board_ep_of(struct ep *e)
{
	return (struct board_ep *)e;
}

enum il_err board_ep_claim(struct board_ep *x, const struct ep_user_ops *ops,
			   void *ctx)
{
	if (x->user)
		return IL_E_STATE;
	x->user = ops;
	x->user_ctx = ctx;
	return IL_OK;
}

struct board_ep *board_ep_kind(struct board *b, enum board_kind kind)
{
	for (unsigned i = 0; i < b->n_eps; i++)
		if (b->eps[i].kind == kind)
			return &b->eps[i];
	IL_ASSERT(false);
	return NULL;
}

void board_tell(struct board_ep *x, enum ep_irq kind, unsigned vector, bool on)
{
	if (x->user && vector < x->wants[kind])
		x->user->irq(x->user_ctx, kind, vector, on);
}

void board_irq(struct board *b, struct ep *e, unsigned vector)
{
	struct board_ep *x = board_ep_of(e);
	const bool was = x->cause != 0;

	(void)b;
	IL_ASSERT(vector < BOARD_OWN_VECTORS);
	if (x->wants[EP_MSIX]) {
		board_tell(x, EP_MSIX, vector, true);
		return;
	}
	x->cause |= BIT(vector);
	if (!was)
		board_tell(x, EP_INTX, 0, true);
}

uint32_t board_irq_cause(struct board *b, struct ep *e)
{
	(void)b;
	return board_ep_of(e)->cause;
}

void board_irq_clear(struct board *b, struct ep *e, uint32_t bits)
{
	struct board_ep *x = board_ep_of(e);
	const bool was = x->cause != 0;

	(void)b;
	x->cause &= ~bits;
	if (was && !x->cause)
		board_tell(x, EP_INTX, 0, false);
}

static void host_irq(void *ctx, unsigned vector)
{
	struct board *b = ctx;

	board_irq(b, &board_ep_kind(b, BOARD_IS_HOST)->ep, vector);
}

static uint32_t host_causes(void *ctx)
{
	return board_ep_kind(ctx, BOARD_IS_HOST)->cause;
}

static void host_seen(void *ctx, uint32_t causes)
{
	struct board *b = ctx;

	board_irq_clear(b, &board_ep_kind(b, BOARD_IS_HOST)->ep, causes);
}

static void exit_irq(void *ctx, bool host)
{
	struct board *b = ctx;

	if (host)
		host_irq(b, 1);
	else
		board_irq(b, &board_ep_kind(b, BOARD_IS_VM)->ep, 0);
}

/* --- building --- */

static enum il_err build_memory(struct board *b)
{
	const struct mem_cfg cfg = {
		.arena = &b->arena,
		.env = b->cfg.env,
		.keys = 1 + OWN_KEYS(BOARD_ASIDS),
		.irq_slots = 256,
	};
	enum il_err err = mem_init(&b->mem, &cfg);

	if (!err)
		err = mem_add_ram(&b->mem, BOARD_FW_RAM, BOARD_FW_RAM_SIZE);
	/* The VM's processor, not the host's, has its pages as their owner. */
	for (unsigned s = 0; s < EP_SPACES && !err; s++)
		err = mem_add_extern(&b->mem, b->space[s].base,
				     b->space[s].size, &board_space_ops,
				     &b->space[s], s == EP_VM);
	return err;
}

static enum il_err build_own(struct board *b)
{
	const struct own_cfg cfg = {
		.arena = &b->arena,
		.env = b->cfg.env,
		.mem = &b->mem,
		.asids = BOARD_ASIDS,
		.sdte = BOARD_FW_RAM,
		.rids = BOARD_RIDS,
	};
	enum il_err err = own_init(&b->own, &cfg);

	if (!err)
		err = own_cover(&b->own, 0, BOARD_HOST_RAM, false, 0);
	if (!err)
		err = own_cover(&b->own, BOARD_VM_RAM, b->space[EP_VM].size,
				false, 0);
	if (!err)
		err = own_cover(&b->own, BOARD_FW_RAM, BOARD_FW_RAM_SIZE, false,
				0);
	if (!err)
		err = own_cover(&b->own, BOARD_MMIO32,
				BOARD_MMIO32_END - BOARD_MMIO32, true,
				BOARD_PORT_NR);
	return err;
}

static enum il_err build_iommu(struct board *b)
{
	const struct iommu_cfg cfg = {
		.arena = &b->arena,
		.env = b->cfg.env,
		.mem = &b->mem,
		.rules = &own_iommu_rules,
		.rules_ctx = &b->own,
		.tlb_slots = 4096,
		.entry_slots = 64,
		.queue_slots = 256,
	};

	return iommu_init(&b->iommu, &cfg);
}

/* Open as far as they go: whoever numbers the bus sets them anew. */
static void open_port(struct board *b)
{
	struct pci_cfg *c = &b->fabric.port[b->port].cfg;
	const uint64_t low = BOARD_MMIO32, low_end = BOARD_MMIO32_END - 1;
	const uint64_t high = BOARD_MMIO64, high_end = BOARD_MMIO64_END - 1;

	pci_cfg_put(c, T1_SECONDARY, 1, 1);
	pci_cfg_put(c, T1_SUBORDINATE, 1, 1);
	pci_cfg_put(c, T1_MEM_BASE, 2, (uint32_t)(low >> 16 & 0xfff0));
	pci_cfg_put(c, T1_MEM_LIMIT, 2, (uint32_t)(low_end >> 16 & 0xfff0));
	pci_cfg_put(c, T1_PREF_BASE, 2,
		    (uint32_t)(high >> 16 & 0xfff0) | T1_PREF_64);
	pci_cfg_put(c, T1_PREF_LIMIT, 2,
		    (uint32_t)(high_end >> 16 & 0xfff0) | T1_PREF_64);
	pci_cfg_put(c, T1_PREF_BASE_HI, 4, (uint32_t)(high >> 32));
	pci_cfg_put(c, T1_PREF_LIMIT_HI, 4, (uint32_t)(high_end >> 32));
	pci_cfg_put(c, CFG_COMMAND, 2, CMD_MEM | CMD_MASTER);
}

static enum il_err build_fabric(struct board *b)
{
	const struct fabric_cfg cfg = {
		.mem = &b->mem,
		.iommu = &b->iommu,
		.crypto = b->cfg.crypto,
		.env = b->cfg.env,
		.refused = board_refused,
		.refused_ctx = b,
		.intx = board_intx,
		.intx_ctx = b,
	};
	const struct fabric_port_cfg port = {
		.bdf = BOARD_PORT_DEVFN,
		.number = BOARD_PORT_NR,
		.hotplug = true,
		.present = true,
		.link = b->cfg.link,
		.pump = pump,
		.pump_ctx = b,
	};
	enum il_err err;

	fabric_init(&b->fabric, &cfg);
	b->rootport = (struct rootport){ .fabric = &b->fabric,
					 .settle = rootport_settle,
					 .ctx = b };
	err = fabric_window(&b->fabric, BOARD_MMIO32,
			    BOARD_MMIO32_END - BOARD_MMIO32);
	if (!err)
		err = fabric_window(&b->fabric, BOARD_MMIO64,
				    BOARD_MMIO64_END - BOARD_MMIO64);
	if (!err)
		err = fabric_add_port(&b->fabric, &port, &b->port);
	if (!err)
		open_port(b);
	return err;
}

static enum il_err build_firmware(struct board *b)
{
	struct sev_fw_cfg cfg = {
		.crypto = b->cfg.crypto,
		.env = b->cfg.env,
		.mem = &b->mem,
		.own = &b->own,
		.keys = &rootport_keys,
		.keys_ctx = &b->rootport,
		.tio = true,
		/* So that a host meets EXPAND_BUFFER_LENGTH_REQUEST. */
		.frugal = true,
		.limits = sev_fw_limits_default(),
	};
	uint64_t secret;
	enum il_err err =
		env_random(b->cfg.env, (uint8_t *)&secret, sizeof(secret));

	if (!err)
		err = own_start(&b->own, &b->iommu, secret | 1);
	bytes_wipe(&secret, sizeof(secret));
	return err ? err : sev_fw_new(&b->arena, &cfg, &b->fw);
}

/* The engines behind the two pages of registers. */
static void build_pages(struct board *b)
{
	board_exit_init(&b->exit, BOARD_VM_RAM, b->space[EP_VM].size);
	b->exit.irq = exit_irq;
	b->exit.ctx = b;
	board_vm_init(&b->vm, &(struct board_vm_cfg){ .own = &b->own,
						      .exit = &b->exit,
						      .bar_pa = board_vm_bar_pa,
						      .refused = board_refused,
						      .ctx = b });
	board_host_init(&b->host,
			&(struct board_host_cfg){ .mem = &b->mem,
						  .own = &b->own,
						  .fw = b->fw,
						  .iommu = &b->iommu,
						  .exit = &b->exit,
						  .irq = host_irq,
						  .causes = host_causes,
						  .seen = host_seen,
						  .named = board_cover,
						  .refused = board_refused,
						  .ctx = b });
}

/* Whoever stands at the machine; the rest is the device's. */
static bool bench_op(void *ctx, uint32_t op, const char *name)
{
	struct board *b = ctx;
	enum il_err err;

	if (op == BOARD_BENCH_SILENT || op == BOARD_BENCH_HONEST)
		board_host_silent(&b->host, op == BOARD_BENCH_SILENT);
	switch (op) {
	case BOARD_BENCH_SILENT:
		return true;
	case BOARD_BENCH_PULL:
		err = fabric_remove(&b->fabric, b->port);
		break;
	case BOARD_BENCH_PUSH:
		err = fabric_insert(&b->fabric, b->port);
		break;
	default:
		return b->cfg.bench && b->cfg.bench(b->cfg.ctx, op, name);
	}
	board_settle(b);
	return !err;
}

static uint64_t bench_exchanges(void *ctx)
{
	struct board *b = ctx;

	return b->cfg.exchanges ? b->cfg.exchanges(b->cfg.ctx) : 0;
}

static void build_bench(struct board *b)
{
	board_bench_init(&b->bench, &(struct board_bench_cfg){
					    .op = bench_op,
					    .exchanges = bench_exchanges,
					    .ctx = b,
				    });
}

static struct board_ep *add_ep(struct board *b, enum board_kind kind,
			       const char *name, enum ep_space space,
			       const struct ep_ops *ops)
{
	struct board_ep *x = &b->eps[b->n_eps++];

	x->b = b;
	x->kind = kind;
	x->ep.ops = ops;
	x->ep.name = name;
	x->ep.space = space;
	return x;
}

static enum il_err build_eps(struct board *b)
{
	static const char *const name[BOARD_FNS] = {
		"fn0", "fn1", "fn2", "fn3", "fn4", "fn5", "fn6", "fn7",
	};

	for (unsigned i = 0; i < b->cfg.functions; i++) {
		struct board_ep *x =
			add_ep(b, BOARD_IS_FN, name[i], EP_HOST, &board_fn_ops);

		x->fn = i;
		board_fn_probe(x);
	}
	board_page_init(
		add_ep(b, BOARD_IS_HOST, "host", EP_HOST, &board_page_ops));
	add_ep(b, BOARD_IS_VMFN, "vm-fn", EP_VM, &board_vmfn_ops);
	board_page_init(add_ep(b, BOARD_IS_VM, "vm", EP_VM, &board_page_ops));
	build_pages(b);
	build_bench(b);
	return IL_OK;
}

static enum il_err build(struct board *b)
{
	static enum il_err (*const part[])(struct board * b) = {
		build_memory, build_own,      build_iommu,
		build_fabric, build_firmware, build_eps,
	};
	enum il_err err = IL_OK;

	for (size_t i = 0; i < COUNT(part) && !err; i++)
		err = part[i](b);
	return err;
}

enum il_err board_new(const struct board_cfg *cfg, struct board **out)
{
	const uint64_t vm = cfg->vm_size ? cfg->vm_size : BOARD_VM_SIZE_USUAL;
	struct arena a;
	struct board *b;
	enum il_err err;

	if (!cfg->crypto || !cfg->env || !cfg->link.ops || !cfg->functions ||
	    cfg->functions > BOARD_FNS || vm & (PAGE_2M - 1) ||
	    vm > BOARD_VM_MOST)
		return IL_E_ARG;
	err = arena_map(&a, 0, ARENA_CAP);
	if (err)
		return err;
	b = ARENA_NEW(&a, struct board);
	if (!b) {
		arena_unmap(&a);
		return IL_E_NOMEM;
	}
	b->arena = a;
	b->cfg = *cfg;
	b->space[EP_HOST] =
		(struct board_space){ .b = b, .size = BOARD_HOST_RAM };
	b->space[EP_VM] = (struct board_space){ .b = b,
						.base = BOARD_VM_RAM,
						.size = vm };
	err = build(b);
	if (err)
		board_free(b);
	else
		*out = b;
	return err;
}

void board_free(struct board *b)
{
	struct arena a;

	if (!b)
		return;
	fabric_fini(&b->fabric);
	a = b->arena;
	if (b->mem.key)
		bytes_wipe(b->mem.key, sizeof(b->mem.key[0]) * b->mem.keys);
	arena_unmap(&a);
}

unsigned board_eps(const struct board *b)
{
	return b->n_eps;
}

struct ep *board_ep(struct board *b, unsigned i)
{
	return i < b->n_eps ? &b->eps[i].ep : NULL;
}

void board_run(struct board *b, uint64_t now_ns)
{
	if (now_ns > b->now_ns)
		b->now_ns = now_ns;
	sev_fw_time(b->fw, b->now_ns);
	board_settle(b);
	board_host_run(&b->host, b->now_ns);
}

uint64_t board_next_ns(const struct board *b)
{
	return b->busy ? b->now_ns : board_host_next_ns(&b->host);
}
