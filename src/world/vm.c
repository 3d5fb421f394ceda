/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "world/world_priv.h"

/*
 * VMs by name. Places are never more than WORLD_VMS; each has an arena of its
 * own, so that a VMM that died leaves nothing behind that the next one has to
 * pay for.
 */

/* Of a place: VMM, guest, what the platform has of it, a bit for each page of
 * its RAM. What is not touched costs nothing. */
#define PLACE (UINT64_C(1) << 20)

struct world_vm *world_vm_named(struct world *w, const char *name)
{
	for (unsigned i = 0; i < WORLD_VMS; i++)
		if (w->vm[i].name[0] && strcmp(w->vm[i].name, name) == 0)
			return &w->vm[i];
	return NULL;
}

static bool in_use(const struct world *w, const struct world_vm *vm)
{
	if (vm->devs || (vm->vmm && vm->vmm->vm_fd >= 0))
		return true;
	for (unsigned i = 0; i < WORLD_OPS; i++)
		if (w->ops[i].used && w->ops[i].vm == vm)
			return true;
	return false;
}

/* One that was never used, else one whose VM was destroyed. */
static struct world_vm *place(struct world *w)
{
	for (unsigned i = 0; i < WORLD_VMS; i++)
		if (!w->vm[i].name[0])
			return &w->vm[i];
	for (unsigned i = 0; i < WORLD_VMS; i++)
		if (!in_use(w, &w->vm[i])) {
			world_vm_drop(&w->vm[i]);
			return &w->vm[i];
		}
	return NULL;
}

struct world_vm *world_vm_make(struct world *w, const char *name)
{
	struct world_vm *vm = place(w);

	if (!vm) {
		world_fail(w, IL_E_NOMEM, 0, "there are %u VMs already",
			   WORLD_VMS);
		return NULL;
	}
	if (!vm->arena.base)
		vm->arena = (struct arena){
			.base = arena_take(&w->arena, PLACE, PAGE_4K),
			.cap = PLACE,
		};
	if (!vm->arena.base) {
		world_fail(w, IL_E_NOMEM, 0, "no memory for a VM");
		return NULL;
	}
	vm->w = w;
	vm->vcpu = (struct world_vcpu){ .vm = vm, .done = true };
	snprintf(vm->name, sizeof(vm->name), "%s", name);
	return vm;
}

struct world_vm *world_vm(struct world *w, const struct lang_call *c)
{
	const char *name = lang_word(c, "vm", WORLD_VM_USUAL);
	struct world_vm *vm = world_vm_named(w, name);

	if (vm)
		return vm;
	if (strlen(name) >= WORLD_VM_NAME) {
		world_fail(w, IL_E_ARG, 0, "%s: the name is too long", name);
		return NULL;
	}
	return world_vm_make(w, name);
}

/* The guest's buffers hold the payload, each; in front of them what boots. */
static void size_guest(struct world_vm *vm)
{
	size_t len = vm->w->cfg.payload_len;

	vm->buf = align_up(len ? len : 1, PAGE_2M);
	vm->ram = PAGE_2M + 2 * vm->buf;
}

/* Nothing of before is in what the arena hands out next. */
void world_vm_wipe(struct world_vm *vm)
{
	if (vm->guest)
		guest_fini(vm->guest);
	if (vm->plat)
		vm->w->plat->guest_fini(vm);
	vm->guest = NULL;
	vm->plat = NULL;
	vm->vmm = NULL;
	if (vm->arena.used)
		bytes_wipe(vm->arena.base, vm->arena.used);
	vm->arena.used = 0;
}

enum il_err world_vm_vmm(struct world_vm *vm)
{
	struct world *w = vm->w;
	struct vmm_cfg cfg = {
		.k = &w->host->k,
		.arena = &vm->arena,
		.launch = w->plat->launch,
		.ecam_gpa = WORLD_GUEST_ECAM,
		.mmio_gpa = WORLD_GUEST_MMIO,
		.mmio_size = UINT64_C(1) << 30,
		.log = world_vmm_log,
		.log_ctx = w,
	};
	struct vmm *v;
	int ret;

	if (vm->vmm && vm->vmm->t)
		return IL_OK;
	world_vm_wipe(vm);
	size_guest(vm);
	cfg.ram_size = vm->ram;
	w->plat->images(&cfg);
	v = ARENA_NEW(&vm->arena, struct vmm);
	ret = v ? vmm_init(v, &cfg) : -ENOMEM;
	if (ret)
		return world_fail(w, IL_E_IO, -ret,
				  "the VMM does not start: %s",
				  world_errno_name(-ret));
	vm->vmm = v;
	return IL_OK;
}

enum il_err world_vm_guest(struct world_vm *vm)
{
	static const struct guest_cpu_ops cpu = { world_vcpu_read,
						  world_vcpu_write };
	struct world *w = vm->w;
	struct guest_cfg cfg = {
		.crypto = &w->crypto_guest,
		.env = &w->env,
		.cpu = &cpu,
		.cpu_ctx = &vm->vcpu,
		.map = { .ecam = WORLD_GUEST_ECAM,
			 .mmio = WORLD_GUEST_MMIO,
			 .mmio_size = UINT64_C(1) << 30,
			 .src = PAGE_2M,
			 .dst = PAGE_2M + vm->buf,
			 .buf_size = vm->buf,
			 .bounce = WORLD_GUEST_BOUNCE,
			 .bounce_size = PAGE_2M - WORLD_GUEST_BOUNCE },
		.anchor = w->cfg.anchor,
		.anchor_len = w->cfg.anchor_len,
		.now_s = w->cfg.now_s + (int64_t)(w->now_ns / 1000000000u),
		.expected = w->cfg.expected,
		.n_expected = w->cfg.n_expected,
	};
	enum il_err err = IL_OK;

	cfg.arch = &guest_plain_ops;
	if (world_vm_secret(vm))
		err = w->plat->guest(vm, &cfg);
	if (err)
		return err;
	if (!vm->guest)
		vm->guest = ARENA_NEW(&vm->arena, struct guest);
	else
		guest_fini(vm->guest);
	if (!vm->guest)
		return IL_E_NOMEM;
	guest_init(vm->guest, &cfg);
	vm->guests++;
	return IL_OK;
}

void world_vm_drop(struct world_vm *vm)
{
	if (!vm->name[0])
		return;
	if (vm->vmm)
		vmm_die(vm->vmm);
	world_vm_wipe(vm);
	vm->devs = 0;
	vm->name[0] = '\0';
}

bool world_vm_secret(const struct world_vm *vm)
{
	return vm->vmm->cfg.launch != &vmm_ordinary;
}

struct kvm_vcpu *world_vm_vcpu(const struct world_vm *vm)
{
	const struct vmm *v = vm->vmm;
	const struct file *f = v && v->t ? k_fd_file(v->t, v->vcpu_fd) : NULL;

	return f && f->priv == vm->vcpu.kvm ? vm->vcpu.kvm : NULL;
}

struct world_vm *world_vm_owned(struct world *w, uint32_t owner)
{
	for (unsigned i = 0; i < WORLD_VMS && owner; i++)
		if (w->vm[i].name[0] && w->plat->owner(&w->vm[i]) == owner)
			return &w->vm[i];
	return NULL;
}

bool world_vm_give(struct world_vm *vm, const struct vmm_dev_cfg *d)
{
	for (unsigned i = 0; i < vm->devs; i++)
		if (vm->dev[i].bdf == d->bdf)
			return true;
	if (vm->devs == WORLD_VM_DEVS)
		return false;
	vm->dev[vm->devs++] = *d;
	return true;
}

void world_vm_take(struct world_vm *vm, uint32_t bdf)
{
	for (unsigned i = 0; i < vm->devs; i++)
		if (vm->dev[i].bdf == bdf)
			vm->dev[i--] = vm->dev[--vm->devs];
}
