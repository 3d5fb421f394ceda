/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "device/file.h"
#include "world/world_priv.h"

/* The machine: memory, IOMMU, root complex, link, device; and the host on it.
 */

void world_refused(void *ctx, const struct fault *f)
{
	struct world *w = ctx;

	if (!w->last_fault.rule)
		w->last_fault = *f;
	for (unsigned i = 0; i < w->seen_n; i++)
		if (w->seen[i].rule == f->rule)
			return;
	if (w->seen_n < WORLD_SEEN)
		w->seen[w->seen_n++] = *f;
}

/* What the device itself refuses comes after what the platform did. */
static void device_refused(void *ctx, const struct fault *f)
{
	struct world *w = ctx;
	const struct fault first = w->last_fault;

	world_refused(w, f);
	w->last_fault = first;
}

bool world_pump(void *ctx)
{
	struct world_dev *d = ctx;

	d->touched = true;
	return device_run(d->dev, d->w->now_ns);
}

/* Nothing came and no time went by since it had nothing to do: not asked. */
static bool settle(struct world_dev *d)
{
	const struct link_ring *to_it = &d->queue->way[0];

	if (d->idle && link_ring_empty(to_it) && d->idle_ns == d->w->now_ns)
		return false;
	d->idle_ns = d->w->now_ns;
	d->idle = !world_pump(d);
	return !d->idle;
}

/* Is anything on its way up? */
static bool to_host(const struct world *w)
{
	for (unsigned i = 0; i < w->devs; i++)
		if (!link_ring_empty(&w->dev[i].queue->way[1]) ||
		    !link_ring_empty(&w->dev[i].tap->in))
			return true;
	return false;
}

/*
 * Until neither end has anything to do. A device elsewhere is waited for in
 * accesses, and between steps its frames are taken in: world_stepped().
 */
void world_settle(struct world *w)
{
	bool moved = !w->remote.used;

	while (moved) {
		moved = false;
		for (unsigned i = 0; i < w->devs; i++)
			moved |= settle(&w->dev[i]);
		moved |= to_host(w) && fabric_run(&w->fabric);
	}
}

/* A power of two, so that an equal part is as well aligned as a BAR wants. */
uint64_t world_mmio_size(const struct world *w)
{
	uint64_t size = WORLD_MMIO_SIZE;

	while (size * w->devs > WORLD_MMIO_SIZE)
		size /= 2;
	return size;
}

uint16_t world_pf(const struct world_dev *d)
{
	const struct pci_cfg *c = &d->w->fabric.port[d->port].cfg;

	if (d->dev)
		return device_rid(d->dev, 0);
	return BDF(pci_cfg_get(c, T1_SECONDARY, 1), 0, 0);
}

struct world_dev *world_dev_at(struct world *w, uint32_t bdf)
{
	int port = bdf >> 16 == w->fabric.segment
			   ? fabric_port_above(&w->fabric, (uint16_t)bdf)
			   : -1;

	for (unsigned i = 0; i < w->devs && port >= 0; i++)
		if (w->dev[i].port == (unsigned)port)
			return &w->dev[i];
	return NULL;
}

struct world_dev *world_dev(struct world *w, const struct lang_call *c)
{
	const struct lang_value *bdf = lang_arg(c, "bdf");
	struct world_dev *d =
		bdf->word ? world_dev_at(w, (uint32_t)bdf->num) : &w->dev[0];

	if (!d)
		world_fail(w, IL_E_ARG, 0, "there is no device at %s",
			   bdf->word);
	return d;
}

/* A write to a root port's own registers. */
static void touch_port(struct world *w, uint32_t bdf)
{
	int port = fabric_port_at(&w->fabric, (uint16_t)bdf);

	for (unsigned i = 0; i < w->devs && port >= 0; i++)
		w->dev[i].touched |= w->dev[i].port == (unsigned)port;
}

/* --- what the host kernel sees --- */

static enum il_err cfg_read(void *ctx, uint32_t bdf, uint16_t reg, uint8_t size,
			    uint32_t *val)
{
	struct world *w = ctx;
	enum il_err err =
		fabric_cfg_read(&w->fabric, (uint16_t)bdf, reg, size, val);

	return err == IL_E_IO ? IL_OK : err;
}

static enum il_err cfg_write(void *ctx, uint32_t bdf, uint16_t reg,
			     uint8_t size, uint32_t val)
{
	struct world *w = ctx;
	enum il_err err =
		fabric_cfg_write(&w->fabric, (uint16_t)bdf, reg, size, val);

	touch_port(w, bdf);
	world_settle(w);
	return err == IL_E_IO ? IL_OK : err;
}

static enum il_err mem_read(void *ctx, uint64_t pa, void *out, size_t len,
			    struct fault *f)
{
	struct world *w = ctx;
	enum il_err err = mem_host_read(&w->mem, pa, out, (uint32_t)len, f);

	if (err == IL_E_IO)
		world_refused(w, f);
	return err;
}

static enum il_err mem_write(void *ctx, uint64_t pa, const void *in, size_t len,
			     struct fault *f)
{
	struct world *w = ctx;
	enum il_err err = mem_host_write(&w->mem, pa, in, (uint32_t)len, f);

	if (err == IL_E_IO)
		world_refused(w, f);
	else if (mem_kind_at(&w->mem, pa) == MEM_MMIO)
		world_settle(w);
	return err;
}

static unsigned order_for(uint32_t pages)
{
	unsigned order = 0;

	while ((1u << order) < pages)
		order++;
	return order;
}

static enum il_err page_alloc(void *ctx, uint32_t pages, uint64_t *pa)
{
	static const uint8_t zero[4096];
	struct world *w = ctx;
	struct fault f;
	uint64_t at;
	enum il_err err = mem_frames_alloc(&w->mem, order_for(pages), &at);

	for (uint32_t i = 0; i < pages && !err; i++)
		err = mem_host_write(&w->mem, at + i * PAGE_4K, zero,
				     sizeof(zero), &f);
	if (!err)
		*pa = at;
	return err;
}

static void page_free(void *ctx, uint64_t pa, uint32_t pages)
{
	struct world *w = ctx;

	IL_ASSERT(mem_frames_free(&w->mem, pa, order_for(pages)) == IL_OK);
}

static uint64_t wall_ns(const struct world *w)
{
	return (uint64_t)w->cfg.now_s * 1000000000u + w->now_ns;
}

static void doe_object(void *ctx, uint32_t bdf, const uint8_t *obj, size_t len)
{
	struct world *w = ctx;

	(void)bdf;
	world_pcap_put(&w->cap.doe, wall_ns(w), obj, len);
}

static uint64_t now_ns(void *ctx)
{
	const struct world *w = ctx;

	return w->now_ns;
}

static void wait_ns(void *ctx, uint64_t ns)
{
	struct world *w = ctx;

	if (w->remote.open) {
		remote_sleep(w, ns);
		return;
	}
	w->now_ns += ns;
	world_settle(w);
}

const struct host_hw_ops world_hw = {
	.cfg_read = cfg_read,
	.cfg_write = cfg_write,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.page_alloc = page_alloc,
	.page_free = page_free,
	.doe_object = doe_object,
	.now_ns = now_ns,
	.wait_ns = wait_ns,
};

bool world_flush(struct world *w)
{
	if (!w->flushes)
		return false; /* a command queue that has stopped */
	if (w->flushes != UINT64_MAX)
		w->flushes--;
	return true;
}

int world_host_new(struct world *w, struct host_cfg *cfg)
{
	int ret;

	cfg->arena = &w->arena;
	cfg->hw =
		(struct host_hw){ .ops = &world_hw, .ctx = w, .env = &w->env };
	cfg->pci.mmio_base = WORLD_MMIO;
	cfg->pci.mmio_size = WORLD_MMIO_SIZE;
	cfg->pci.port_size = world_mmio_size(w);
	cfg->pci.pciehp = w->hotplug;
	w->host = ARENA_NEW(&w->arena, struct host);
	if (!w->host)
		return -ENOMEM;
	ret = host_init(w->host, cfg);
	if (!ret)
		ret = host_scan(w->host);
	if (w->cfg.out.call) {
		w->host->k.watch = world_syscall;
		w->host->k.watch_ctx = w;
	}
	w->host->kvm.guest = world_vcpu_for;
	w->host->kvm.guest_ctx = w;
	w->host->kvm.deaf = w->vmm_only;
	return ret < 0 ? ret : 0;
}

/* --- putting it together --- */

static enum link_verdict see_frame(void *ctx, struct link_tap *tap,
				   enum link_dir dir,
				   const struct link_frame *f,
				   struct link_frame *out)
{
	struct world_dev *d = ctx;
	struct world *w = d->w;

	(void)tap;
	w->remote.frames += dir == LINK_IN;
	if (silence_eats(d, f->kind))
		return LINK_DROP;
	if (f->kind == LINK_TLP) {
		d->tlps++;
		w->link_tlps++;
		if (w->spy)
			spy_see(w->spy, f->p, f->len);
		world_pcap_put(&w->cap.link, wall_ns(w), f->p, f->len);
	}
	return meddle_see(d, dir, f, out);
}

/* What the interposer stands before: a queue, or a socket. */
static enum il_err build_channel(struct world_dev *d, struct link_end *end)
{
	struct world *w = d->w;
	uint8_t *buf;
	enum il_err err;

	if (w->remote.used && w->null_link)
		return world_fail(w, IL_E_ARG, 0,
				  "cipher=none wants the device in this "
				  "process");
	if (w->remote.used) {
		err = remote_open(w);
		*end = link_socket_end(&w->remote.link);
		return err;
	}
	buf = arena_take(&w->arena, 2 * WORLD_LINK_BUF, 64);
	d->queue = ARENA_NEW(&w->arena, struct link_queue);
	if (!buf || !d->queue)
		return IL_E_NOMEM;
	link_queue_init(d->queue, buf, 2 * WORLD_LINK_BUF);
	*end = link_queue_end(d->queue, 0);
	return IL_OK;
}

static enum il_err one_link(struct world_dev *d)
{
	const size_t cap = (size_t)4 * LINK_FRAME_MAX;
	struct world *w = d->w;
	uint8_t *in = arena_take(&w->arena, cap, 64);
	uint8_t *held = arena_take(&w->arena, LINK_FRAME_MAX, 64);
	struct link_end end = { 0 };
	enum il_err err = build_channel(d, &end);

	if (err)
		return err;
	d->tap = ARENA_NEW(&w->arena, struct link_tap);
	if (!in || !held || !d->tap)
		return IL_E_NOMEM;
	err = link_tap_init(d->tap, end, in, cap, held, 1);
	if (!err)
		link_tap_set(d->tap, see_frame, d);
	return err;
}

static enum il_err build_link(struct world *w)
{
	enum il_err err = IL_OK;

	for (unsigned i = 0; i < w->devs && !err; i++)
		err = one_link(&w->dev[i]);
	return err;
}

/* What a device file says; without one, what it says by default. */
static enum il_err describe_device(struct world *w, struct device_cfg *cfg)
{
	const struct identity *id = w->cfg.identity;
	enum il_err err = IL_OK;
	char what[DEVICE_FILE_WHAT];

	if (!w->dev_file) {
		w->dev_file = ARENA_NEW(&w->arena, struct device_file);
		if (!w->dev_file)
			return IL_E_NOMEM;
		err = device_file_parse(w->dev_file, NULL, 0, what,
					sizeof(what));
	}
	device_file_apply(w->dev_file, cfg);
	device_file_slots(w->dev_file, cfg,
			  (struct spdm_span){ id->chain, id->chain_len });
	cfg->vfs = w->vfs;
	cfg->relax |= w->relax;
	cfg->no_soft_reset |= w->no_soft_reset;
	if (w->heartbeat_s)
		cfg->spdm.heartbeat_s = w->heartbeat_s;
	cfg->spdm.seq_limit = w->records;
	return err;
}

/* Each device its own library context, as each party has. */
static enum il_err device_crypto(struct world_dev *d)
{
	const struct ossl_cfg cfg = { .seeded = true,
				      .seed = d->ossl ? 0
						      : dice_u64(&d->w->dice) };
	enum il_err err = d->ossl ? IL_OK : ossl_new(&cfg, &d->ossl);

	if (err)
		return err;
	d->crypto = ossl_crypto(d->ossl);
	d->link = d->crypto;
	if (d->w->null_link)
		d->link = null_cipher_over(&d->null, &d->crypto);
	return IL_OK;
}

static enum il_err one_device(struct world_dev *d)
{
	struct world *w = d->w;
	const struct identity *id = w->cfg.identity;
	struct device_cfg cfg = {
		.arena = &w->arena,
		.crypto = &d->crypto,
		.link_crypto = &d->link,
		.env = &d->env,
		.link = link_queue_end(d->queue, 1),
		.refused = device_refused,
		.refused_ctx = w,
		.powered = true,
		.tap = w->cfg.tap ? w->cfg.tap : &lie_tap,
		.tap_ctx = w->cfg.tap ? w->cfg.tap_ctx : d,
	};
	enum il_err err = device_crypto(d);

	if (err)
		return err;
	d->env = (struct env){ .random = world_draw_dev,
			       .trace = world_trace_dev,
			       .ctx = d };
	d->dev = ARENA_NEW(&w->arena, struct device);
	if (!d->dev)
		return IL_E_NOMEM;
	err = describe_device(w, &cfg);
	if (!err)
		err = crypto_key_load(&d->crypto, &cfg.key, id->key,
				      id->key_len);
	return err ? err : device_init(d->dev, &cfg);
}

static enum il_err build_device(struct world *w)
{
	enum il_err err = IL_OK;

	if (w->remote.used)
		return remote_power_up(w);
	if (!w->cfg.identity)
		return world_fail(w, IL_E_ARG, 0, "the device has no identity");
	for (unsigned i = 0; i < w->devs && !err; i++)
		err = one_device(&w->dev[i]);
	return err;
}

/* What is behind it is looked at anew. */
static void rootport_touched(void *ctx, unsigned index)
{
	struct world *w = ctx;

	for (unsigned i = 0; i < w->devs; i++)
		w->dev[i].touched |= w->dev[i].port == index;
}

static void rootport_settle(void *ctx)
{
	world_settle(ctx);
}

static enum il_err build_fabric(struct world *w)
{
	struct fabric_cfg cfg = {
		.mem = &w->mem,
		.iommu = &w->iommu,
		.crypto = &w->link_plat,
		.env = &w->env,
		.refused = world_refused,
		.refused_ctx = w,
		.slot_irq = world_slot_irq,
		.slot_irq_ctx = w,
	};
	enum il_err err;

	fabric_init(&w->fabric, &cfg);
	w->rootport = (struct rootport){ .fabric = &w->fabric,
					 .touched = rootport_touched,
					 .settle = rootport_settle,
					 .ctx = w };
	err = fabric_window(&w->fabric, WORLD_MMIO, WORLD_MMIO_SIZE);
	for (unsigned i = 0; i < w->devs && !err; i++) {
		struct world_dev *d = &w->dev[i];
		const struct fabric_port_cfg port = {
			.bdf = WORLD_PORT_BDF(i),
			.number = WORLD_PORT_NR(i),
			.present = true,
			.hotplug = true,
			.vendor = w->plat->rp_vendor,
			.vendor_id = w->plat->rp_vendor_id,
			.vendor_size = w->plat->rp_vendor_size,
			.link = link_tap_end(d->tap),
			.pump = w->remote.used ? NULL : world_pump,
			.wait = w->remote.used ? remote_wait : NULL,
			.pump_ctx = w->remote.used ? (void *)w : d,
		};

		err = fabric_add_port(&w->fabric, &port, &d->port);
	}
	return err;
}

static enum il_err build_iommu(struct world *w)
{
	const struct iommu_cfg cfg = {
		.arena = &w->arena,
		.env = &w->env,
		.mem = &w->mem,
		.rules = w->plat->iommu_rules,
		.rules_ctx = w->plat->iommu_ctx(w),
		.tlb_slots = 4096,
		.entry_slots = 64,
		.queue_slots = 256,
	};

	return iommu_init(&w->iommu, &cfg);
}

static enum il_err build_memory(struct world *w)
{
	const struct mem_cfg cfg = {
		.arena = &w->arena,
		.env = &w->env,
		.keys = 256,
		.irq_slots = 256,
	};
	enum il_err err = mem_init(&w->mem, &cfg);

	if (!err)
		err = mem_add_ram(&w->mem, 0, WORLD_RAM);
	if (!err) /* page 0 stays free: a null address is never a frame */
		err = mem_frames_reserve(&w->mem, 0, PAGE_2M);
	return err;
}

/* Cuts the cipher of the link out, at its end here, and nothing else. */
static void pick_cipher(struct world *w)
{
	w->link_plat = w->crypto_plat;
	if (w->null_link)
		w->link_plat = null_cipher_over(&w->null_plat, &w->crypto_plat);
}

/* The host has looked for it by now. */
static enum il_err build_answer(struct world *w)
{
	const char *fate = remote_fate(w);

	if (!w->remote.used || (!fate && w->remote.frames))
		return IL_OK;
	return world_fail(w, IL_E_IO, ENODEV, "the device at %s %s",
			  w->remote.at.text, fate ? fate : "does not answer");
}

static enum il_err build_owner(struct world *w)
{
	return w->plat->own(w);
}

static const struct part {
	const char *name;
	enum il_err (*build)(struct world *w); /* NULL: the platform's own */
} parts[] = {
	{ "memory", build_memory }, { "ownership", build_owner },
	{ "IOMMU", build_iommu },   { "link", build_link },
	{ "fabric", build_fabric }, { "device", build_device },
	{ "platform", NULL },	    { "answer", build_answer },
	{ "laws", laws_new },
};

enum il_err world_build(struct world *w)
{
	enum il_err err;

	if (w->built)
		return IL_OK;
	/* A device that lives on has had the keys of a seed before (law 5). */
	if (w->remote.used && world_open_crypto(w, false))
		return world_fail(w, IL_E_RANDOM, 0,
				  "no randomness for a device elsewhere");
	pick_cipher(w);
	for (size_t i = 0; i < COUNT(parts); i++) {
		err = parts[i].build ? parts[i].build(w) : w->plat->start(w);
		if (err && !w->last_text[0])
			world_fail(w, err, 0, "the %s cannot be built: %s",
				   parts[i].name, il_err_name(err));
		if (err)
			return err;
	}
	w->built = true;
	relay_open(w);
	for (unsigned i = 0; i < w->devs; i++)
		w->dev[i].rid = world_pf(&w->dev[i]);
	return IL_OK;
}
