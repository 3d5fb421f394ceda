// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * /dev/interlock_tsm: a VMM's calls, as interlock_tsm_uapi.h has them. An open
 * file is a VM, or may become one.
 */
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "host/uapi/interlock_ext.h"
#include "interlock_tsm_uapi.h"
#include "tsm_vm.h"

DECLARE_RWSEM(ilt_sem);
struct ilt_psp *ilt_the;

/* What may have changed is counted, so that nobody sleeps over a change. */
static DECLARE_WAIT_QUEUE_HEAD(waiters);
static atomic_t wakes = ATOMIC_INIT(0);

void ilt_dev_wake(void)
{
	atomic_inc(&wakes);
	wake_up_all(&waiters);
}

/* --- entering --- */

enum need {
	NEED_NOTHING,
	NEED_VM, /* one that has gone will do, and a machine that has */
	NEED_LIVE,
	NEED_LATER, /* the call enters by itself */
};

static int needs(struct ilt_vm *vm, enum need need)
{
	if (need == NEED_VM)
		return vm->state == ILT_VM_NONE ? -ENXIO : 0;
	if (!ilt_the || ilt_dead(ilt_the))
		return -ENODEV;
	if (need == NEED_NOTHING)
		return 0;
	if (vm->state == ILT_VM_NONE)
		return -ENXIO;
	return ilt_vm_there(vm) ? 0 : -ESHUTDOWN;
}

static void leave(struct ilt_vm *vm)
{
	mutex_unlock(&vm->lock);
	up_read(&ilt_sem);
}

static int enter(struct ilt_vm *vm, enum need need)
{
	int ret;

	if (down_read_killable(&ilt_sem))
		return -EINTR;
	if (mutex_lock_killable(&vm->lock)) {
		up_read(&ilt_sem);
		return -EINTR;
	}
	ret = needs(vm, need);
	if (ret)
		leave(vm);
	return ret;
}

/*
 * --- calls; entered ---
 *
 * No lock is held over a user's memory: whoever made its page (FUSE,
 * userfaultfd) may take any time to bring it, and a driver that leaves would
 * wait as long. Arguments are copied before and after; calls that name more
 * memory enter between the two.
 */

union arg {
	struct ilt_vm_create create;
	struct ilt_info info;
	struct ilt_page_state pages;
	struct ilt_copy copy;
	struct ilt_assign assign;
	struct ilt_bind bind;
	struct ilt_unbind unbind;
	struct iommu_vdevice_tsm_req req;
};

static long do_create(struct ilt_vm *vm, union arg *a)
{
	struct ilt_vm_create *c = &a->create;
	int ret = ilt_vm_create(ilt_the, vm, c->policy, c->secrets_gpa,
				&c->fw_error);

	if (ret)
		return ret;
	c->ram_size = vm->size;
	c->asid = vm->asid;
	return 0;
}

static long do_destroy(struct ilt_vm *vm, union arg *a)
{
	return ilt_vm_destroy(vm, false);
}

static long do_info(struct ilt_vm *vm, union arg *a)
{
	struct ilt_info *i = &a->info;

	*i = (struct ilt_info){
		.vm_state = ilt_rd(ilt_the, BOARD_VM_STATE),
		.asid = vm->asid,
		.private_pages = ilt_vm_private(vm),
		.leaked_pages = atomic_long_read(&ilt_the->leaked),
	};
	ilt_fn_count(vm, &i->functions, &i->bound);
	return 0;
}

static long do_pages(struct ilt_vm *vm, union arg *a)
{
	struct ilt_page_state *s = &a->pages;

	s->done = 0;
	if (s->reserved || s->flags & ~ILT_PAGE_PRIVATE)
		return -EINVAL;
	return ilt_vm_pages(vm, s->gpa, s->pages, s->flags & ILT_PAGE_PRIVATE,
			    &s->done);
}

#define COPY_MAX SZ_1M

static int copy(struct ilt_vm *vm, const struct ilt_copy *c, void *buf)
{
	int ret = enter(vm, NEED_LIVE);

	if (ret)
		return ret;
	ret = c->flags & ILT_COPY_TO_VM ? ilt_vm_write(vm, c->gpa, buf, c->len)
					: ilt_vm_read(vm, c->gpa, buf, c->len);
	leave(vm);
	return ret;
}

static long do_copy(struct ilt_vm *vm, union arg *a)
{
	const struct ilt_copy *c = &a->copy;
	const bool to_vm = c->flags & ILT_COPY_TO_VM;
	void __user *user = u64_to_user_ptr(c->uptr);
	void *buf;
	int ret;

	if (c->flags & ~ILT_COPY_TO_VM || c->len > COPY_MAX)
		return -EINVAL;
	buf = kvmalloc(max(c->len, 1U), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (to_vm && copy_from_user(buf, user, c->len))
		ret = -EFAULT;
	else
		ret = copy(vm, c, buf);
	if (!ret && !to_vm && copy_to_user(user, buf, c->len))
		ret = -EFAULT;
	kvfree(buf);
	return ret;
}

static long do_assign(struct ilt_vm *vm, union arg *a)
{
	if (a->assign.reserved)
		return -EINVAL;
	return ilt_fn_assign(vm, a->assign.rid);
}

static long do_unassign(struct ilt_vm *vm, union arg *a)
{
	if (a->assign.reserved)
		return -EINVAL;
	return ilt_fn_unassign(vm, a->assign.rid);
}

/*
 * Whose function it is our own operation decides, below the core's locks; the
 * core says first that somebody else's is bound.
 */
static long do_bind(struct ilt_vm *vm, union arg *a)
{
	struct ilt_bind *b = &a->bind;
	struct pci_dev *pdev;
	int ret;

	if (b->reserved || b->guest_rid > U16_MAX)
		return -EINVAL;
	if (vm->state != ILT_VM_NONE && !ilt_vm_there(vm))
		return -ESHUTDOWN;
	pdev = ilt_fn_find(b->rid);
	if (!pdev)
		return -ENOENT;
	ret = pci_tsm_bind(pdev, (struct kvm *)vm, b->guest_rid);
	b->vdevice_id = ret ? 0 : ilt_fn_id(pdev, vm);
	pci_dev_put(pdev);
	/* Nothing bound after all: it was taken away meanwhile. */
	return ret ? ret : b->vdevice_id ? 0 : -EINVAL;
}

static long do_unbind(struct ilt_vm *vm, union arg *a)
{
	struct pci_dev *pdev;

	if (a->unbind.reserved)
		return -EINVAL;
	pdev = ilt_fn_by_id(a->unbind.vdevice_id, vm);
	if (!pdev)
		return -ENOENT;
	pci_tsm_unbind(pdev);
	pci_dev_put(pdev);
	return 0;
}

/* The two shapes of a request; the operation goes before it. */
struct request {
	struct ilt_req_head head;
	u8 body[sizeof(struct sev_tio_req)];
};

static int request(const struct iommu_vdevice_tsm_req *q, struct request *r)
{
	*r = (struct request){ .head = { .op = q->op, .arch = q->tvm_arch } };
	if (q->req_len > sizeof(r->body) ||
	    q->resp_len < sizeof(struct sev_tio_resp))
		return -EINVAL;
	if (copy_from_user(r->body, u64_to_user_ptr(q->req_uptr), q->req_len))
		return -EFAULT;
	return 0;
}

static ssize_t guest_req(struct ilt_vm *vm, struct iommu_vdevice_tsm_req *q,
			 struct request *r, struct sev_tio_resp *resp)
{
	struct pci_dev *pdev;
	ssize_t ret = enter(vm, NEED_LIVE);

	if (ret)
		return ret;
	pdev = ilt_fn_by_id(q->vdevice_id, vm);
	if (pdev)
		ret = pci_tsm_guest_req(
			pdev,
			q->op == IOMMU_TSM_OP_GUEST_REQ
				? PCI_TSM_REQ_INFO
				: PCI_TSM_REQ_STATE_CHANGE,
			KERNEL_SOCKPTR(r), sizeof(r->head) + q->req_len,
			KERNEL_SOCKPTR(resp), sizeof(*resp), &q->tsm_code);
	else
		ret = -ENOENT;
	leave(vm);
	pci_dev_put(pdev);
	return ret;
}

/* The answer is written of errors, too: it says firmware's, or what it takes.
 */
static long do_guest_req(struct ilt_vm *vm, union arg *a)
{
	struct iommu_vdevice_tsm_req *q = &a->req;
	struct sev_tio_resp resp = {};
	struct request r;
	ssize_t ret;

	q->tsm_code = 0;
	if (q->size != sizeof(*q))
		return -EINVAL;
	if (q->tvm_arch != IOMMU_TSM_ARCH_SEV)
		return -EOPNOTSUPP;
	ret = request(q, &r);
	if (ret)
		return ret;
	ret = guest_req(vm, q, &r, &resp);
	if (copy_to_user(u64_to_user_ptr(q->resp_uptr), &resp, sizeof(resp)))
		return -EFAULT;
	return ret;
}

static const struct {
	unsigned int cmd;
	enum need need;
	size_t in, out; /* bytes of the argument */
	long (*fn)(struct ilt_vm *vm, union arg *a);
} calls[] = {
#define CALL(cmd, need, in, out, fn)   \
	{                              \
		cmd, need, in, out, fn \
	}
	CALL(ILT_VM_CREATE, NEED_NOTHING, sizeof(struct ilt_vm_create),
	     sizeof(struct ilt_vm_create), do_create),
	CALL(ILT_VM_DESTROY, NEED_VM, 0, 0, do_destroy),
	CALL(ILT_INFO, NEED_NOTHING, 0, sizeof(struct ilt_info), do_info),
	CALL(ILT_PAGE_STATE, NEED_LIVE, sizeof(struct ilt_page_state),
	     sizeof(struct ilt_page_state), do_pages),
	CALL(ILT_COPY, NEED_LATER, sizeof(struct ilt_copy), 0, do_copy),
	CALL(ILT_ASSIGN, NEED_LIVE, sizeof(struct ilt_assign), 0, do_assign),
	CALL(ILT_UNASSIGN, NEED_VM, sizeof(struct ilt_assign), 0, do_unassign),
	/* Of a file without a VM the core or our operation says no. */
	CALL(ILT_BIND, NEED_NOTHING, sizeof(struct ilt_bind),
	     sizeof(struct ilt_bind), do_bind),
	CALL(ILT_UNBIND, NEED_VM, sizeof(struct ilt_unbind), 0, do_unbind),
	CALL(ILT_GUEST_REQ, NEED_LATER, sizeof(struct iommu_vdevice_tsm_req),
	     sizeof(struct iommu_vdevice_tsm_req), do_guest_req),
#undef CALL
};

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ilt_vm *vm = file->private_data;
	void __user *user = (void __user *)arg;
	union arg a = {};
	unsigned int i;
	long ret;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].cmd == cmd)
			break;
	if (i == ARRAY_SIZE(calls))
		return -ENOTTY;
	if (copy_from_user(&a, user, calls[i].in))
		return -EFAULT;
	if (calls[i].need == NEED_LATER) {
		ret = calls[i].fn(vm, &a);
	} else {
		ret = enter(vm, calls[i].need);
		if (ret)
			return ret;
		ret = calls[i].fn(vm, &a);
		leave(vm);
	}
	if (copy_to_user(user, &a, calls[i].out))
		return -EFAULT;
	return ret;
}

/* --- exits --- */

static const u32 fields[] = { BOARD_EXIT_CODE,	BOARD_EXIT_INFO1,
			      BOARD_EXIT_INFO2, BOARD_EXIT_RAX,
			      BOARD_EXIT_RBX,	BOARD_EXIT_RCX,
			      BOARD_EXIT_RDX };

/* An exit that waits and was not read. */
static bool exit_waits(const struct ilt_vm *vm, u32 *seq)
{
	*seq = ilt_rd(vm->psp, BOARD_EXIT_SEQ);
	return ilt_rd(vm->psp, BOARD_EXIT_STATUS) == 1 && *seq != vm->taken;
}

/* 1: taken; 0: there is none. The VM may go and come while it is read. */
static int take(struct ilt_vm *vm, struct ilt_exit *x)
{
	u64 *to = &x->code;
	unsigned int i;
	u32 seq;

	*x = (struct ilt_exit){};
	if (!exit_waits(vm, &x->seq))
		return 0;
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		to[i] = ilt_rd64(vm->psp, fields[i]);
	if (!exit_waits(vm, &seq) || seq != x->seq)
		return 0;
	vm->taken = x->seq;
	return 1;
}

/* 1, 0, or an errno; -ESHUTDOWN: none will come. */
static int try_take(struct ilt_vm *vm, struct ilt_exit *x)
{
	int ret = enter(vm, NEED_LIVE);

	if (ret)
		return ret;
	ret = take(vm, x);
	leave(vm);
	return ret;
}

/* It did not reach anybody: the next one who reads has it. */
static void put_back(struct ilt_vm *vm, u32 seq)
{
	mutex_lock(&vm->lock);
	if (vm->taken == seq)
		vm->taken = 0;
	mutex_unlock(&vm->lock);
}

static ssize_t dev_read(struct file *file, char __user *buf, size_t len,
			loff_t *pos)
{
	struct ilt_vm *vm = file->private_data;
	struct ilt_exit x;

	if (len < sizeof(x))
		return -EINVAL;
	for (;;) {
		const int seen = atomic_read(&wakes);
		int ret = try_take(vm, &x);

		if (ret == -ESHUTDOWN)
			return 0;
		if (ret < 0)
			return ret;
		if (ret && copy_to_user(buf, &x, sizeof(x))) {
			put_back(vm, x.seq);
			return -EFAULT;
		}
		if (ret)
			return sizeof(x);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		/* With a bound, because an interrupt may have been lost. */
		if (wait_event_interruptible_timeout(
			    waiters, atomic_read(&wakes) != seen, HZ) < 0)
			return -ERESTARTSYS;
	}
}

static ssize_t dev_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *pos)
{
	struct ilt_vm *vm = file->private_data;
	const u64 *from;
	struct ilt_exit x;
	unsigned int i;
	int ret;

	if (len != sizeof(x))
		return -EINVAL;
	if (copy_from_user(&x, buf, sizeof(x)))
		return -EFAULT;
	if (x.reserved)
		return -EINVAL;
	ret = enter(vm, NEED_LIVE);
	if (ret)
		return ret;
	if (!x.seq || x.seq != vm->taken ||
	    ilt_rd(vm->psp, BOARD_EXIT_SEQ) != x.seq ||
	    ilt_rd(vm->psp, BOARD_EXIT_STATUS) != 1) {
		leave(vm);
		return -ESRCH;
	}
	from = &x.code;
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		ilt_wr64(vm->psp, fields[i], from[i]);
	ilt_wr(vm->psp, BOARD_EXIT_DONE, x.seq);
	leave(vm);
	return sizeof(x);
}

static __poll_t dev_poll(struct file *file, poll_table *wait)
{
	struct ilt_vm *vm = file->private_data;
	__poll_t is = 0;
	u32 seq;
	int ret;

	poll_wait(file, &waiters, wait);
	ret = enter(vm, NEED_LIVE);
	if (ret == -ENODEV)
		return EPOLLERR | EPOLLHUP;
	if (ret)
		return ret == -EINTR ? EPOLLERR : EPOLLHUP;
	if (exit_waits(vm, &seq))
		is = EPOLLIN | EPOLLRDNORM;
	leave(vm);
	return is;
}

/* --- the file --- */

/* Without holes, and for 32 bits as for 64. */
static_assert(sizeof(struct ilt_exit) == 64);
static_assert(sizeof(struct ilt_vm_create) == 32);
static_assert(sizeof(struct ilt_info) == 32);
static_assert(sizeof(struct ilt_page_state) == 32);
static_assert(sizeof(struct ilt_copy) == 24);
static_assert(sizeof(struct ilt_assign) == 8);
static_assert(sizeof(struct ilt_bind) == 16);
static_assert(sizeof(struct ilt_unbind) == 8);

static int dev_open(struct inode *inode, struct file *file)
{
	struct ilt_vm *vm = ilt_vm_new();

	if (!vm)
		return -ENOMEM;
	file->private_data = vm;
	return nonseekable_open(inode, file);
}

/* Also of a process that died: nothing of its VM stays, come what may. */
static int dev_release(struct inode *inode, struct file *file)
{
	struct ilt_vm *vm = file->private_data;

	down_read(&ilt_sem);
	mutex_lock(&vm->lock);
	if (vm->state != ILT_VM_NONE)
		ilt_vm_destroy(vm, true);
	leave(vm);
	ilt_vm_put(vm);
	return 0;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.read = dev_read,
	.write = dev_write,
	.poll = dev_poll,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "interlock_tsm",
	.mode = 0600,
	.fops = &fops,
};

int ilt_dev_init(void)
{
	return misc_register(&misc);
}

void ilt_dev_exit(void)
{
	misc_deregister(&misc);
}
