/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/uapi/kernel.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "host/uapi/memory_priv.h"

void k_init(struct kernel *k, struct arena *a, const struct host_hw *hw)
{
	memset(k, 0, sizeof(*k));
	k->hw = *hw;
	k->arena = a;
	kpool_init(&k->task_pool, a, sizeof(struct task), 0);
	kpool_init(&k->file_pool, a, sizeof(struct file), 0);
	kpool_init(&k->vma_pool, a, sizeof(struct vma), 0);
	kpool_init(&k->back_pool, a, sizeof(struct k_back), 0);
	kpool_init(&k->leaf_pool, a, 4096, 0);
	k_memfd_init(k);
}

int k_register(struct kernel *k, const struct k_node *n)
{
	if (k->n_nodes == K_NODES)
		return -ENOSPC;
	k->nodes[k->n_nodes++] = *n;
	return 0;
}

int k_errno(enum il_err err)
{
	switch (err) {
	case IL_OK:
		return 0;
	case IL_E_ARG:
	case IL_E_FIELD:
	case IL_E_SHORT:
	case IL_E_LONG:
		return -EINVAL;
	case IL_E_STATE:
		return -EBUSY;
	case IL_E_SPACE:
		return -ENOSPC;
	case IL_E_AUTH:
	case IL_E_PEER:
	case IL_E_IO:
	case IL_E_RANDOM:
		return -EIO;
	case IL_E_AGAIN:
		return -EAGAIN;
	case IL_E_TIMEOUT:
		return -ETIMEDOUT;
	case IL_E_NOMEM:
		return -ENOMEM;
	}
	return -EIO;
}

void k_refuse(struct kernel *k, const struct rule *why)
{
	k_refuse_addr(k, why, 0);
}

void k_refuse_addr(struct kernel *k, const struct rule *why, uint64_t addr)
{
	k->why = why;
	k->why_addr = addr;
	k->why_at = k->stats.syscalls;
	if (k->hw.env)
		env_trace(k->hw.env, K_TRACE_REFUSED, k->stats.syscalls, addr,
			  0);
}

uint64_t k_now(struct kernel *k)
{
	return k->hw.ops->now_ns(k->hw.ctx);
}

struct task *k_task_new(struct kernel *k)
{
	struct task *t = kpool_get(&k->task_pool);

	if (!t)
		return NULL;
	t->k = k;
	t->mmap_next = K_MMAP_BASE;
	t->next = k->tasks;
	k->tasks = t;
	return t;
}

static struct vma *vma_of_file(struct task *t)
{
	for (struct vma *v = t->vmas; v; v = v->next)
		if (v->file)
			return v;
	return NULL;
}

/*
 * Descriptors close first, then mappings of files, which hold them open as
 * well; memory last, when whoever pinned it has let go.
 */
void k_task_exit(struct task *t)
{
	struct kernel *k = t->k;
	struct task **p = &k->tasks;
	struct vma *v;

	for (int fd = K_FDS - 1; fd >= 0; fd--)
		if (t->fds[fd])
			(void)k_close(t, fd);
	while ((v = vma_of_file(t)))
		(void)k_munmap(t, v->start, v->len);
	while ((v = t->vmas))
		(void)k_munmap(t, v->start, v->len);
	k_mm_exit(k, t);
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	kpool_put(&k->task_pool, t);
}

struct file *k_file_new(struct kernel *k, const struct file_ops *ops,
			void *priv)
{
	struct file *f = kpool_get(&k->file_pool);

	if (f)
		*f = (struct file){
			.ops = ops, .k = k, .priv = priv, .refs = 1
		};
	return f;
}

struct file *k_file_get(struct file *f)
{
	f->refs++;
	return f;
}

void k_file_put(struct file *f)
{
	IL_ASSERT(f->refs > 0);
	if (--f->refs)
		return;
	if (f->ops && f->ops->release)
		f->ops->release(f);
	kpool_put(&f->k->file_pool, f);
}

long k_fd_install(struct task *t, struct file *f)
{
	for (int fd = 0; fd < K_FDS; fd++)
		if (!t->fds[fd]) {
			t->fds[fd] = f;
			return fd;
		}
	return -EMFILE;
}

struct file *k_fd_file(struct task *t, int fd)
{
	return fd < 0 || fd >= K_FDS ? NULL : t->fds[fd];
}

static const struct k_node *node_of(const struct kernel *k, const char *path,
				    size_t *len)
{
	const struct k_node *best = NULL;

	*len = 0;
	for (unsigned i = 0; i < k->n_nodes; i++) {
		size_t n = strlen(k->nodes[i].prefix);

		if (n >= *len && strncmp(path, k->nodes[i].prefix, n) == 0) {
			best = &k->nodes[i];
			*len = n;
		}
	}
	return best;
}

void k_signal(struct task *t)
{
	t->signal = true;
}

bool k_interrupted(const struct kernel *k)
{
	return k->current && k->current->signal;
}

static void watch(struct k_call *c, bool over, long ret)
{
	const struct kernel *k = c->t->k;

	c->ret = ret;
	if (k->watch)
		k->watch(k->watch_ctx, c, over);
}

static long done(struct task *t, unsigned nr, long fd, long ret)
{
	if (t->k->why_at != t->k->stats.syscalls++)
		t->k->why = NULL;
	t->k->current = NULL;
	if (ret == -EINTR)
		t->signal = false; /* it is delivered */
	if (t->k->hw.env)
		env_trace(t->k->hw.env, K_TRACE_SYSCALL, nr, (uint64_t)fd,
			  (uint64_t)ret);
	return ret;
}

static long do_open(struct task *t, const char *path)
{
	size_t len;
	const struct k_node *n = node_of(t->k, path, &len);
	struct file *f;
	long ret;

	if (strlen(path) >= K_PATH)
		return -ENAMETOOLONG;
	if (!n)
		return -ENOENT;
	f = k_file_new(t->k, NULL, NULL);
	if (!f)
		return -ENOMEM;
	ret = n->open(n->ctx, t, path + len, f);
	if (ret < 0)
		f->ops = NULL; /* nothing was opened, nothing to release */
	else
		ret = k_fd_install(t, f);
	if (ret < 0)
		k_file_put(f);
	return ret;
}

long k_open(struct task *t, const char *path)
{
	struct k_call c = { .t = t, .nr = K_SYS_OPEN, .path = path };
	long ret;

	watch(&c, false, 0);
	ret = do_open(t, path);
	watch(&c, true, ret);
	return done(t, K_SYS_OPEN, -1, ret);
}

long k_close(struct task *t, int fd)
{
	struct file *f = k_fd_file(t, fd);

	if (!f)
		return done(t, K_SYS_CLOSE, fd, -EBADF);
	watch(&(struct k_call){ .t = t, .nr = K_SYS_CLOSE, .f = f }, false, 0);
	t->fds[fd] = NULL;
	if (f->ops->flush)
		f->ops->flush(f);
	k_file_put(f);
	return done(t, K_SYS_CLOSE, fd, 0);
}

long k_ioctl(struct task *t, int fd, uint32_t cmd, uintptr_t arg)
{
	struct file *f = k_fd_file(t, fd);
	struct k_call c = {
		.t = t, .nr = K_SYS_IOCTL, .f = f, .cmd = cmd, .arg = arg
	};
	long ret = -EBADF;

	t->k->current = t;
	watch(&c, false, 0);
	if (f)
		ret = f->ops->ioctl ? f->ops->ioctl(f, t, cmd, arg) : -ENOTTY;
	watch(&c, true, ret);
	return done(t, K_SYS_IOCTL, fd, ret);
}

long k_pread(struct task *t, int fd, void *buf, size_t len, uint64_t off)
{
	struct file *f = k_fd_file(t, fd);
	long ret = -EBADF;

	if (f)
		ret = f->ops->read ? f->ops->read(f, t, buf, len, off)
				   : -EINVAL;
	return done(t, K_SYS_READ, fd, ret);
}

long k_pwrite(struct task *t, int fd, const void *buf, size_t len, uint64_t off)
{
	struct file *f = k_fd_file(t, fd);
	struct k_call c = { .t = t, .nr = K_SYS_WRITE, .f = f };
	long ret = -EBADF;

	t->k->current = t;
	watch(&c, false, 0);
	if (f)
		ret = f->ops->write ? f->ops->write(f, t, buf, len, off)
				    : -EINVAL;
	watch(&c, true, ret);
	return done(t, K_SYS_WRITE, fd, ret);
}

long k_read(struct task *t, int fd, void *buf, size_t len)
{
	struct file *f = k_fd_file(t, fd);
	long ret = k_pread(t, fd, buf, len, f ? f->pos : 0);

	if (f && ret > 0)
		f->pos += (uint64_t)ret;
	return ret;
}

long k_write(struct task *t, int fd, const void *buf, size_t len)
{
	struct file *f = k_fd_file(t, fd);
	long ret = k_pwrite(t, fd, buf, len, f ? f->pos : 0);

	if (f && ret > 0)
		f->pos += (uint64_t)ret;
	return ret;
}

long k_fallocate(struct task *t, int fd, int mode, uint64_t off, uint64_t len)
{
	struct file *f = k_fd_file(t, fd);
	long ret = -EBADF;

	if (f)
		ret = f->ops->fallocate ? f->ops->fallocate(f, mode, off, len)
					: -EOPNOTSUPP;
	return done(t, K_SYS_FALLOCATE, fd, ret);
}

long k_readlink(struct task *t, const char *path, char *buf, size_t cap)
{
	size_t len;
	const struct k_node *n = node_of(t->k, path, &len);
	char text[2 * K_PATH];
	long ret = -ENOENT;

	if (n)
		ret = n->link ? n->link(n->ctx, path + len, text, sizeof(text))
			      : -EINVAL;
	if (ret < 0)
		return ret;
	if ((size_t)ret > cap)
		ret = (long)cap;
	memcpy(buf, text, (size_t)ret);
	return ret;
}

long k_get(struct task *t, const char *path, char *buf, size_t cap)
{
	long fd = k_open(t, path);
	long n;

	if (fd < 0)
		return fd;
	n = k_read(t, (int)fd, buf, cap - 1);
	if (n >= 0)
		buf[n] = 0;
	(void)k_close(t, (int)fd);
	return n;
}

int k_copy_arg(void *dst, size_t len, uintptr_t arg)
{
	if (!arg || arg >= K_MMAP_BASE)
		return -EFAULT;
	memcpy(dst, (const void *)arg, len);
	return 0;
}

int k_copy_struct(void *dst, size_t ksize, size_t min, uintptr_t arg)
{
	const uint8_t *src = (const uint8_t *)arg;
	uint32_t size;

	if (!arg || arg >= K_MMAP_BASE)
		return -EFAULT;
	memcpy(&size, src, sizeof(size));
	if (size < min)
		return -EINVAL;
	/* check_zeroed_user() goes on to what is no zero, or not there. */
	if (size > PAGE_4K)
		return -E2BIG;
	for (size_t i = ksize; i < size; i++)
		if (src[i])
			return -E2BIG;
	memset(dst, 0, ksize);
	memcpy(dst, src, size < ksize ? size : ksize);
	return 0;
}
