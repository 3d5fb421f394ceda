// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The confidential VM: launch and end, and whose its pages are.
 * Source: Linux 7.3 arch/x86/kvm/svm/sev.c; SEV-SNP firmware ABI 56860, 1.5x
 */
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "tsm_vm.h"

/* Guests that firmware has kept: their ids are taken, until it lets go. */
struct kept {
	struct list_head list;
	struct page *gctx;
	u32 asid;
};

static DECLARE_BITMAP(kept_asids, 4096);
static LIST_HEAD(kept);
static DEFINE_MUTEX(kept_lock); /* above those of tsm_left.c */

struct ilt_vm *ilt_vm_new(void)
{
	struct ilt_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL);

	if (!vm)
		return NULL;
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	return vm;
}

static void vm_free(struct kref *ref)
{
	kfree(container_of(ref, struct ilt_vm, ref));
}

void ilt_vm_put(struct ilt_vm *vm)
{
	kref_put(&vm->ref, vm_free);
}

bool ilt_vm_there(struct ilt_vm *vm)
{
	if (vm->state == ILT_VM_LIVE &&
	    !(ilt_rd(vm->psp, BOARD_VM_STATE) & BOARD_VM_RUNS))
		vm->state = ILT_VM_GONE;
	return vm->state == ILT_VM_LIVE;
}

/* --- memory --- */

static int in_ram(const struct ilt_vm *vm, u64 gpa, u64 len)
{
	return gpa <= vm->size && len <= vm->size - gpa ? 0 : -ERANGE;
}

int ilt_vm_shared(const struct ilt_vm *vm, u64 gpa, u64 len, u64 *pa)
{
	const unsigned long first = gpa / SZ_4K;

	if (in_ram(vm, gpa, len))
		return -ERANGE;
	if (len && find_next_bit(vm->private, DIV_ROUND_UP(gpa + len, SZ_4K),
				 first) < DIV_ROUND_UP(gpa + len, SZ_4K))
		return -EACCES;
	*pa = vm->base + gpa;
	return 0;
}

/* @buf is contiguous. */
static int copy(struct ilt_psp *p, u32 op, u64 pa, u64 buf, u32 len)
{
	u32 rc;

	mutex_lock(&p->insn);
	ilt_wr64(p, BOARD_COPY_PA, pa);
	ilt_wr64(p, BOARD_COPY_BUF, buf);
	ilt_wr(p, BOARD_COPY_LEN, len);
	ilt_wr(p, BOARD_COPY_OP, op);
	rc = ilt_rd(p, BOARD_COPY_RC);
	mutex_unlock(&p->insn);
	return rc ? -EIO : 0;
}

/* By way of a page, since the caller's buffer may be anywhere. */
static int copy_pages(struct ilt_vm *vm, u32 op, u64 gpa, u8 *buf, size_t len)
{
	struct page *page;
	u64 pa;
	int ret = ilt_vm_shared(vm, gpa, len, &pa);

	if (ret)
		return ret;
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	while (len && !ret) {
		const u32 n = min_t(size_t, len, SZ_4K);

		if (op == BOARD_COPY_WRITE)
			memcpy(page_address(page), buf, n);
		ret = copy(vm->psp, op, pa, ilt_pa(page), n);
		if (!ret && op == BOARD_COPY_READ)
			memcpy(buf, page_address(page), n);
		pa += n;
		buf += n;
		len -= n;
	}
	__free_page(page);
	return ret;
}

int ilt_vm_read(struct ilt_vm *vm, u64 gpa, void *out, size_t len)
{
	return copy_pages(vm, BOARD_COPY_READ, gpa, out, len);
}

int ilt_vm_write(struct ilt_vm *vm, u64 gpa, const void *in, size_t len)
{
	return copy_pages(vm, BOARD_COPY_WRITE, gpa, (u8 *)in, len);
}

/* --- who owns a page --- */

#define RUN_PAGES 0x10000 /* a single instruction register write */

static int move_run(struct ilt_vm *vm, unsigned long first, unsigned long n,
		    bool private)
{
	const struct rmp_update u = {
		.gpa = private ? first * SZ_4K : 0,
		.assigned = private,
		.asid = private ? vm->asid : 0,
	};
	int ret = ilt_rmp_update(vm->psp, vm->base + first * SZ_4K, n, &u);

	if (ret)
		return ret;
	if (private)
		bitmap_set(vm->private, first, n);
	else
		bitmap_clear(vm->private, first, n);
	return 0;
}

/* One that firmware had put in by itself is immutable until it is reclaimed. */
static int move_one(struct ilt_vm *vm, unsigned long page)
{
	int ret = ilt_rmp_shared(vm->psp, vm->base + page * SZ_4K);

	if (!ret)
		bitmap_clear(vm->private, page, 1);
	return ret;
}

int ilt_vm_pages(struct ilt_vm *vm, u64 gpa, u64 pages, bool private, u64 *done)
{
	const unsigned long first = gpa / SZ_4K, end = first + pages;
	unsigned long at = first, to;
	int ret = 0;

	*done = 0;
	if (gpa % SZ_4K || !pages || pages > vm->size / SZ_4K ||
	    in_ram(vm, gpa, pages * SZ_4K))
		return -EINVAL;
	while (at < end && !ret) {
		if (test_bit(at, vm->private) == private) {
			at = private ? find_next_zero_bit(vm->private, end, at)
				     : find_next_bit(vm->private, end, at);
			continue;
		}
		to = private ? find_next_bit(vm->private, end, at)
			     : find_next_zero_bit(vm->private, end, at);
		to = min(to, at + RUN_PAGES);
		ret = move_run(vm, at, to - at, private);
		if (ret && ret != -ENXIO && !private) {
			ret = move_one(vm, at);
			to = at + 1;
		}
		at = ret ? at : to;
	}
	*done = at - first;
	return ret;
}

/* Everything back; what is refused is lost. */
static void pages_back(struct ilt_vm *vm)
{
	const unsigned long pages = vm->size / SZ_4K;
	unsigned long at;

	if (ilt_dead(vm->psp)) {
		atomic_long_add(bitmap_weight(vm->private, pages),
				&vm->psp->leaked);
		bitmap_zero(vm->private, pages);
	}
	for (at = find_first_bit(vm->private, pages); at < pages;
	     at = find_next_bit(vm->private, pages, at)) {
		const unsigned long to =
			min(find_next_zero_bit(vm->private, pages, at),
			    at + RUN_PAGES);

		if (!move_run(vm, at, to - at, false))
			continue;
		for (; at < to; at++)
			if (move_one(vm, at)) {
				atomic_long_inc(&vm->psp->leaked);
				bitmap_clear(vm->private, at, 1);
			}
	}
}

/* --- launch --- */

static int status(struct ilt_psp *p, u32 cmd, const u8 *b, u32 *fw_error)
{
	u32 st;
	int ret = ilt_cmd(p, cmd, b, false, &st);

	if (ret)
		return ret;
	*fw_error = st;
	return st ? -EIO : 0;
}

static int activate(struct ilt_vm *vm, u32 *fw_error)
{
	u8 b[SNP_ACTIVATE_LEN];
	int ret;

	sev_put_u64(b, SNP_ACTIVATE_GCTX, ilt_pa(vm->gctx));
	sev_put_u32(b, SNP_ACTIVATE_ASID, vm->asid);
	ret = status(vm->psp, SEV_CMD_SNP_ACTIVATE, b, fw_error);
	if (ret != -EIO || *fw_error != SEV_RET_DFFLUSH_REQUIRED)
		return ret;
	ret = status(vm->psp, SEV_CMD_SNP_DF_FLUSH, NULL, fw_error);
	return ret ? ret : status(vm->psp, SEV_CMD_SNP_ACTIVATE, b, fw_error);
}

/* The guest's context, in launch and active. */
static int context(struct ilt_vm *vm, u64 policy, u32 *fw_error)
{
	struct ilt_psp *p = vm->psp;
	u8 ctx[SNP_ADDR_LEN], b[SNP_LSTART_LEN] = {};
	int ret;

	vm->gctx = ilt_fw_page(p);
	if (!vm->gctx)
		return -ENOMEM;
	sev_put_u64(ctx, SNP_ADDR_PA, ilt_pa(vm->gctx));
	ret = status(p, SEV_CMD_SNP_GCTX_CREATE, ctx, fw_error);
	if (ret) {
		ilt_fw_page_free(p, vm->gctx);
		vm->gctx = NULL;
		return ret;
	}
	sev_put_u64(b, SNP_LSTART_GCTX, ilt_pa(vm->gctx));
	sev_put_u64(b, SNP_LSTART_POLICY, policy);
	ret = status(p, SEV_CMD_SNP_LAUNCH_START, b, fw_error);
	return ret ? ret : activate(vm, fw_error);
}

/* Assigned immutable, as LAUNCH_UPDATE wants it; firmware makes it valid. */
static int secrets(struct ilt_vm *vm, u64 gpa, u32 *fw_error)
{
	const struct rmp_update u = {
		.gpa = gpa, .assigned = 1, .immutable = 1, .asid = vm->asid
	};
	u8 b[SNP_LUPDATE_LEN] = {};
	int ret = ilt_rmp_update(vm->psp, vm->base + gpa, 1, &u);

	if (ret)
		return ret;
	bitmap_set(vm->private, gpa / SZ_4K, 1);
	sev_put_u64(b, SNP_LUPDATE_GCTX, ilt_pa(vm->gctx));
	sev_put_u32(b, SNP_LUPDATE_TYPE, SNP_PAGE_SECRETS << 1);
	sev_put_u64(b, SNP_LUPDATE_PA, vm->base + gpa);
	return status(vm->psp, SEV_CMD_SNP_LAUNCH_UPDATE, b, fw_error);
}

static int finish(struct ilt_vm *vm, u32 *fw_error)
{
	u8 b[SNP_LFINISH_LEN] = {};

	sev_put_u64(b, SNP_LFINISH_GCTX, ilt_pa(vm->gctx));
	return status(vm->psp, SEV_CMD_SNP_LAUNCH_FINISH, b, fw_error);
}

static int decommission(struct ilt_psp *p, struct page *gctx, u32 *st)
{
	u8 b[SNP_ADDR_LEN];

	sev_put_u64(b, SNP_ADDR_PA, ilt_pa(gctx));
	return ilt_cmd(p, SEV_CMD_SNP_DECOMMISSION, b, true, st);
}

static void keep(struct ilt_vm *vm)
{
	struct kept *k = kzalloc(sizeof(*k), GFP_KERNEL);

	set_bit(vm->asid, kept_asids);
	atomic_long_inc(&vm->psp->leaked);
	if (!k)
		return;
	k->gctx = vm->gctx;
	k->asid = vm->asid;
	mutex_lock(&kept_lock);
	list_add(&k->list, &kept);
	mutex_unlock(&kept_lock);
}

/* What firmware did not answer before; with @last the rest is forgotten. */
static void kept_again(struct ilt_psp *p, bool last)
{
	struct kept *k, *next;

	mutex_lock(&kept_lock);
	ilt_left_again(last);
	list_for_each_entry_safe(k, next, &kept, list) {
		u32 st;

		if (!decommission(p, k->gctx, &st) && !st) {
			ilt_fw_page_free(p, k->gctx);
			clear_bit(k->asid, kept_asids);
			atomic_long_dec(&p->leaked);
		} else if (!last) {
			continue;
		}
		list_del(&k->list);
		kfree(k);
	}
	mutex_unlock(&kept_lock);
}

/* 0, or -EBUSY; with @force what firmware keeps is given up. */
static int context_end(struct ilt_vm *vm, bool force)
{
	struct ilt_psp *p = vm->psp;
	u32 st = 0;
	int ret;

	if (!vm->gctx)
		return 0;
	ret = decommission(p, vm->gctx, &st);
	if (!ret && st == SEV_RET_IN_USE && !force)
		return -EBUSY;
	if (ret || st)
		keep(vm);
	else
		ilt_fw_page_free(p, vm->gctx);
	vm->gctx = NULL;
	return 0;
}

/* Nobody will answer what waits. */
static void exit_end(struct ilt_psp *p)
{
	if (ilt_dead(p) || ilt_rd(p, BOARD_EXIT_STATUS) != 1)
		return;
	ilt_wr64(p, BOARD_EXIT_INFO2, ESHUTDOWN);
	ilt_wr(p, BOARD_EXIT_DONE, ilt_rd(p, BOARD_EXIT_SEQ));
}

/* Undoes a launch from wherever it stands. */
static int vm_end(struct ilt_vm *vm, bool force)
{
	struct ilt_psp *p = vm->psp;

	ilt_wr(p, BOARD_VM_ASID, 0);
	ilt_wr64(p, BOARD_VM_SECRETS, 0);
	kept_again(p, false);
	if (vm->private)
		pages_back(vm);
	if (context_end(vm, force))
		return -EBUSY;
	if (vm->state != ILT_VM_NONE)
		exit_end(p);
	ilt_domain_free(p, vm->dom, vm->asid);
	vfree(vm->private);
	vm->dom = NULL;
	vm->private = NULL;
	vm->asid = 0;
	vm->state = ILT_VM_NONE;
	/* The last thing: another file may launch its own now. */
	cmpxchg_release(&p->vm, vm, NULL);
	return 0;
}

static int vm_begin(struct ilt_vm *vm, u64 policy, u64 secrets_gpa,
		    u32 *fw_error)
{
	int ret;

	vm->private = vzalloc(BITS_TO_LONGS(vm->size / SZ_4K) * sizeof(long));
	if (!vm->private)
		return -ENOMEM;
	vm->dom = ilt_domain_new(vm->psp, vm->base, vm->size);
	if (IS_ERR(vm->dom)) {
		ret = PTR_ERR(vm->dom);
		vm->dom = NULL;
		return ret;
	}
	ret = context(vm, policy, fw_error);
	if (!ret)
		ret = secrets(vm, secrets_gpa, fw_error);
	return ret ? ret : finish(vm, fw_error);
}

static u32 free_asid(const struct ilt_psp *p)
{
	const u32 n = min_t(u32, p->asids, 4096);
	const unsigned long a = find_next_zero_bit(kept_asids, n, 1);

	return a < n ? a : 0;
}

/* Where its memory is, and its id. */
static int vm_place(struct ilt_psp *p, struct ilt_vm *vm, u64 secrets_gpa)
{
	if (!(ilt_rd(p, BOARD_VM_STATE) & BOARD_VM_RUNS))
		return -ENOLINK;
	vm->psp = p;
	vm->base = ilt_rd64(p, BOARD_VM_BASE);
	vm->size = ALIGN_DOWN(ilt_rd64(p, BOARD_VM_SIZE), SZ_4K);
	if (secrets_gpa % SZ_4K || !vm->size || vm->size > BIT_ULL(36) ||
	    secrets_gpa > vm->size - SZ_4K)
		return -EINVAL;
	vm->asid = free_asid(p);
	return vm->asid ? 0 : -ENOSPC;
}

int ilt_vm_create(struct ilt_psp *p, struct ilt_vm *vm, u64 policy,
		  u64 secrets_gpa, u32 *fw_error)
{
	int ret;

	*fw_error = 0;
	/* Two files may come at once: each has a lock of its own. */
	if (vm->state != ILT_VM_NONE || cmpxchg(&p->vm, NULL, vm))
		return -EBUSY;
	kept_again(p, false);
	ret = vm_place(p, vm, secrets_gpa);
	if (ret) {
		WRITE_ONCE(p->vm, NULL);
		return ret;
	}
	ret = vm_begin(vm, policy, secrets_gpa, fw_error);
	if (ret) {
		vm_end(vm, true);
		return ret;
	}
	vm->secrets = secrets_gpa;
	vm->taken = 0;
	vm->state = ILT_VM_LIVE;
	ilt_wr64(p, BOARD_VM_SECRETS, secrets_gpa);
	ilt_wr(p, BOARD_VM_ASID, vm->asid);
	return 0;
}

int ilt_vm_destroy(struct ilt_vm *vm, bool force)
{
	ilt_fn_unassign_all(vm);
	return vm_end(vm, force);
}

u64 ilt_vm_private(const struct ilt_vm *vm)
{
	return vm->private ? bitmap_weight(vm->private, vm->size / SZ_4K) : 0;
}

/* --- the module's own ends --- */

static int init(struct ilt_psp *p)
{
	int ret = ilt_iommu_init(p);

	if (ret)
		return ret;
	ret = ilt_fn_init();
	if (ret)
		goto no_fn;
	ret = ilt_dev_init();
	if (ret)
		goto no_dev;
	return 0;

no_dev:
	ilt_fn_exit();
no_fn:
	ilt_iommu_exit(p);
	return ret;
}

int ilt_vm_init(struct ilt_psp *p)
{
	int ret;

	down_write(&ilt_sem);
	ret = ilt_the ? -EBUSY : init(p);
	if (!ret)
		ilt_the = p;
	up_write(&ilt_sem);
	return ret;
}

/*
 * Whoever waits for an exit wakes and finds nobody; whoever is in a call is
 * waited for, with the bounds that commands have.
 */
void ilt_vm_exit(struct ilt_psp *p)
{
	bool ours;

	down_write(&ilt_sem);
	ours = ilt_the == p;
	if (ours)
		ilt_the = NULL;
	up_write(&ilt_sem);
	if (!ours)
		return;
	ilt_dev_exit();
	ilt_dev_wake();
	down_write(&ilt_sem);
	if (p->vm) {
		struct ilt_vm *vm = p->vm;

		mutex_lock(&vm->lock);
		ilt_vm_destroy(vm, true);
		mutex_unlock(&vm->lock);
	}
	kept_again(p, true);
	/* Firmware is shut down with the machine, and its ids with it. */
	bitmap_zero(kept_asids, 4096);
	ilt_fn_exit();
	ilt_iommu_exit(p);
	up_write(&ilt_sem);
}

void ilt_vm_irq(struct ilt_psp *p, u32 causes)
{
	if (causes & BOARD_IRQ_EXIT)
		ilt_dev_wake();
	if (causes & BOARD_IRQ_LOG)
		ilt_iommu_irq(p);
}
