/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "host/uapi/vfio.h"
#include "world/cmd_priv.h"

/*
 * A BAR from every side: the VMM's mapping and its descriptor, the host CPU's
 * own instructions, the guest's two views.
 */

/* What a call says of an access. */
struct at {
	uint32_t bdf;
	unsigned bar;
	uint64_t off;
	uint32_t len;
	uint8_t b[8];
};

static enum il_err at_of(struct world *w, const struct lang_call *c,
			 struct at *out)
{
	struct at a = { .bdf = (uint32_t)lang_num(c, "bdf", 0),
			.bar = (unsigned)lang_num(c, "bar", 0),
			.off = lang_num(c, "off", 0),
			.len = (uint32_t)lang_num(c, "size", 4) };
	struct wr wr = wr_over(a.b, sizeof(a.b));
	const uint64_t size = lang_num(c, "size", 4);
	/* Above it VFIO's offset names another region. */
	const uint64_t off_max = VFIO_PCI_OFFSET(1);

	if (!size || size > 8 || size & (size - 1) ||
	    lang_num(c, "bar", 0) > 5 || a.off >= off_max ||
	    (size < 8 && lang_num(c, "value", 0) >> 8 * size))
		return world_fail(w, IL_E_ARG, EINVAL,
				  "that is no access to a BAR");
	wr_u64le(&wr, lang_num(c, "value", 0));
	*out = a;
	return IL_OK;
}

static enum il_err over(struct world *w, const char *who, const char *what,
			long ret)
{
	w->group = "MMIO";
	world_say(w, who, what, ret ? world_errno_name((int)-ret) : "ok",
		  ret != 0, 0);
	return ret ? world_fail(w, IL_E_PEER, (int)-ret, "%s: %s", what,
				world_errno_name((int)-ret))
		   : IL_OK;
}

static enum il_err got(struct world *w, const struct at *a, const char *who,
		       const char *what, long ret)
{
	struct rd r = rd_over(a->b, sizeof(a->b));
	uint64_t v = rd_u64le(&r);
	char text[64];

	if (ret)
		return over(w, who, what, ret);
	if (a->len < 8)
		v &= (UINT64_C(1) << 8 * a->len) - 1;
	w->last_value = v;
	snprintf(text, sizeof(text), "%s: 0x%llx", what, (unsigned long long)v);
	return over(w, who, text, 0);
}

/* --- the VMM --- */

typedef long access_fn(struct vmm *v, uint32_t bdf, unsigned bar, uint64_t off,
		       void *buf, size_t len, bool write);

static enum il_err vmm_access(struct world *w, const struct lang_call *c,
			      access_fn *fn, const char *what, bool write)
{
	enum il_err err = world_need_vmm(w);
	struct at a = { 0 };
	long ret;

	if (!err)
		err = at_of(w, c, &a);
	if (err)
		return err;
	ret = fn(w->op->vm->vmm, a.bdf, a.bar, a.off, a.b, a.len, write);
	world_settle(w);
	return write ? over(w, "vmm", what, ret) : got(w, &a, "vmm", what, ret);
}

enum il_err cmd_vmm_load(void *ctx, const struct lang_call *c)
{
	return vmm_access(ctx, c, vmm_bar_touch, "load", false);
}

enum il_err cmd_vmm_store(void *ctx, const struct lang_call *c)
{
	return vmm_access(ctx, c, vmm_bar_touch, "store", true);
}

enum il_err cmd_vmm_read(void *ctx, const struct lang_call *c)
{
	return vmm_access(ctx, c, vmm_bar_rw, "read", false);
}

enum il_err cmd_vmm_write(void *ctx, const struct lang_call *c)
{
	return vmm_access(ctx, c, vmm_bar_rw, "write", true);
}

typedef long bar_fn(struct vmm *v, uint32_t bdf, unsigned bar);

static enum il_err vmm_bar(struct world *w, const struct lang_call *c,
			   bar_fn *fn, const char *what)
{
	enum il_err err = world_need_vmm(w);

	return err ? err
		   : over(w, "vmm", what,
			  fn(w->op->vm->vmm, (uint32_t)lang_num(c, "bdf", 0),
			     (unsigned)lang_num(c, "bar", 0)));
}

enum il_err cmd_vmm_mmap(void *ctx, const struct lang_call *c)
{
	return vmm_bar(ctx, c, vmm_bar_map, "mmap of the BAR");
}

enum il_err cmd_vmm_munmap(void *ctx, const struct lang_call *c)
{
	return vmm_bar(ctx, c, vmm_bar_unmap, "munmap of the BAR");
}

enum il_err cmd_vmm_import(void *ctx, const struct lang_call *c)
{
	return vmm_bar(ctx, c, vmm_bar_import, "iommufd takes the dma-buf");
}

enum il_err cmd_vmm_forget(void *ctx, const struct lang_call *c)
{
	return vmm_bar(ctx, c, vmm_bar_forget, "iommufd lets go of it");
}

/* --- the host CPU: no driver, no system call --- */

static enum il_err host_access(struct world *w, const struct lang_call *c,
			       bool write)
{
	enum il_err err = world_need_vmm(w);
	const struct pci_dev *p;
	struct fault f = { 0 };
	struct at a = { 0 };
	uint64_t pa;

	if (!err)
		err = at_of(w, c, &a);
	if (err)
		return err;
	p = pci_find(&w->host->pci, a.bdf);
	if (!p || !p->bars[a.bar].pa || a.off >= p->bars[a.bar].size ||
	    a.len > p->bars[a.bar].size - a.off)
		return world_fail(w, IL_E_ARG, ENODEV,
				  "there is no such BAR, or not that much");
	pa = p->bars[a.bar].pa + a.off;
	err = write ? world_hw.mem_write(w, pa, a.b, a.len, &f)
		    : world_hw.mem_read(w, pa, a.b, a.len, &f);
	if (err)
		world_refused(w, &f);
	world_settle(w);
	return write ? over(w, "host", "store", err ? -EFAULT : 0)
		     : got(w, &a, "host", "load", err ? -EFAULT : 0);
}

enum il_err cmd_host_load(void *ctx, const struct lang_call *c)
{
	return host_access(ctx, c, false);
}

enum il_err cmd_host_store(void *ctx, const struct lang_call *c)
{
	return host_access(ctx, c, true);
}

/* --- the guest --- */

static enum il_err guest_access(struct world *w, const struct lang_call *c,
				enum guest_prog prog)
{
	enum il_err err = IL_OK;
	struct at a = { 0 };

	if (!w->op->phase)
		err = at_of(w, c, &a);
	if (err)
		return err;
	if (!w->op->phase)
		w->op->touch = (struct guest_touch){
			.bar = a.bar,
			.off = a.off,
			.len = a.len,
			.priv = lang_num(c, "private", 0),
			.value = lang_num(c, "value", 0),
		};
	err = world_guest(w, w->op, prog, "MMIO");
	if (!err && prog == GUEST_LOAD)
		w->last_value = w->op->vm->guest->touch.value;
	return err;
}

enum il_err cmd_guest_load(void *ctx, const struct lang_call *c)
{
	return guest_access(ctx, c, GUEST_LOAD);
}

enum il_err cmd_guest_store(void *ctx, const struct lang_call *c)
{
	return guest_access(ctx, c, GUEST_STORE);
}

enum il_err cmd_expect_value(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const uint64_t want = lang_num(c, "value", 0);

	if (w->last_value == want)
		return IL_OK;
	return world_fail(w, IL_E_PEER, 0, "expected 0x%llx; it was 0x%llx",
			  (unsigned long long)want,
			  (unsigned long long)w->last_value);
}

/* A register of the function, as the guest's own driver writes it. */
enum il_err cmd_guest_config(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;

	if (!w->op->phase)
		w->op->touch = (struct guest_touch){
			.bar = GUEST_CONFIG,
			.off = lang_num(c, "reg", 0),
			.len = (uint32_t)lang_num(c, "size", 2),
			.value = lang_num(c, "value", 0),
		};
	return world_guest(w, w->op, GUEST_STORE, "configuration");
}
