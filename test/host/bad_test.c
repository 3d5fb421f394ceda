/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every ioctl times every fault of the tables: the errno is Linux's and no
 * object of the host is another than before.
 */
#include "bad.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pci/regs.h"

static const struct bad_table *const tables[] = { &bad_kvm, &bad_iommufd,
						  &bad_vfio };
static unsigned cases, wrong;

/* Row @i of all; NULL behind the last. */
static const struct bad_row *row_at(size_t i)
{
	for (size_t k = 0; k < COUNT(tables); i -= tables[k++]->n)
		if (i < tables[k]->n)
			return &tables[k]->row[i];
	return NULL;
}

/* --- a user with one of everything --- */

static uint32_t new_ioas(struct bad_user *b, int fd)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };

	assert_int_equal(io(b->u, fd, IOMMU_IOAS_ALLOC, &a), 0);
	return a.out_ioas_id;
}

static void nest(struct bad_user *b)
{
	struct user *u = b->u;
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
				      .dev_id = u->dev_id,
				      .pt_id = u->ioas };
	struct iommu_viommu_tsm k = { .kvm_fd = u->vm };
	struct iommu_viommu_alloc v = { .size = sizeof(v),
					.type = IOMMU_VIOMMU_TYPE_TSM,
					.dev_id = u->dev_id,
					.data_len = sizeof(k),
					.data_uptr = (uintptr_t)&k };

	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), 0);
	v.hwpt_id = u->hwpt = h.out_hwpt_id;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), 0);
	u->viommu = v.out_viommu_id;
}

static void setup(struct bad_user *b, enum bad_setup s)
{
	struct kvm_create_device d = { .type = KVM_DEV_TYPE_VFIO };
	struct kvm_create_guest_memfd g = { .size = PAGE_4K };
	struct user *u = user_new();
	int other;

	memset(b, 0, sizeof(*b));
	b->u = u;
	m_connect(u->m);
	assert_int_equal(io(u, u->vm, KVM_CREATE_DEVICE, &d), 0);
	b->kdev = (int)d.fd;
	b->gmem = (int)io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g);
	if (s == BAD_IDLE)
		u->dev = m_vfio(u->m, u->t);
	else
		open_dev(u);
	if (s != BAD_IDLE)
		b->buf = (int)export(u, 0, 0, PAGE_4K, 1);
	assert_true(b->buf >= 0);
	assert_int_equal(
		k_mmap(u->t, 4 * PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &b->mem),
		0);
	assert_int_equal(map(u, b->mem, 2 * PAGE_4K, 0x800000, FLAGS), 0);
	if (s == BAD_NEST)
		nest(b);
	if (s == BAD_TDI)
		bind_tdi(u);
	b->stale = new_ioas(b, u->iommu);
	assert_int_equal(destroy(u, b->stale), 0);
	other = (int)k_open(u->t, "/dev/iommu");
	for (unsigned i = 0; i < 50; i++)
		b->foreign = new_ioas(b, other);
	b->closed = (int)k_open(u->t, "/dev/iommu");
	assert_int_equal(k_close(u->t, b->closed), 0);
}

static int fd_of(const struct bad_user *b, enum bad_fd k)
{
	const int fds[BAD_FDS] = { b->u->kvm, b->u->vm,	   b->u->vcpu,
				   b->kdev,   b->u->iommu, b->u->dev };

	return fds[k];
}

/* --- one fault --- */

struct fault_at {
	struct bad_user b;
	const struct bad_row *row;
	_Alignas(8) uint8_t arg[BAD_ARG];
	const char *what;
};

static long call(struct fault_at *x, int fd, uintptr_t arg)
{
	return k_ioctl(x->b.u->t, fd, x->row->cmd, arg);
}

static void expect(struct fault_at *x, int fd, uintptr_t arg, int err,
		   uint64_t val)
{
	const uint64_t before = digest(x->b.u->m);
	const long ret = call(x, fd, arg);

	cases++;
	if (ret == err && digest(x->b.u->m) == before)
		return;
	wrong++;
	print_error("%s: %s 0x%llx: %ld, to be %d%s\n", x->row->name, x->what,
		    (unsigned long long)val, ret, err,
		    ret == err ? ", but something changed" : "");
}

static uint64_t get(const struct fault_at *x, const struct bad_field *f)
{
	uint64_t v = 0;

	memcpy(&v, x->arg + f->off, f->size);
	return v;
}

/* The good argument but for one field. */
static void with(struct fault_at *x, const struct bad_field *f, uint64_t v,
		 int err)
{
	const int fd = fd_of(&x->b, x->row->fd);

	x->what = f->name;
	if (!x->row->fill) {
		expect(x, fd, v, err, v);
		return;
	}
	memset(x->arg, 0, sizeof(x->arg));
	x->row->fill(&x->b, x->arg);
	memcpy(x->arg + f->off, &v, f->size);
	expect(x, fd, (uintptr_t)x->arg, err, v);
}

/* Too short by one, none, and too long with something behind. */
static void sizes(struct fault_at *x, const struct bad_field *f, bool tail)
{
	const int fd = fd_of(&x->b, x->row->fd);
	uint32_t size = (uint32_t)get(x, f);

	with(x, f, f->arg - 1, -EINVAL);
	with(x, f, 0, -EINVAL);
	if (!tail)
		return;
	with(x, f, 4097, -E2BIG);
	with(x, f, UINT32_MAX, -E2BIG);
	memset(x->arg, 0, sizeof(x->arg));
	x->row->fill(&x->b, x->arg);
	x->arg[size + 3] = 1;
	size += 8;
	memcpy(x->arg + f->off, &size, sizeof(size));
	x->what = "a tail";
	expect(x, fd, (uintptr_t)x->arg, -E2BIG, size);
}

static void ids(struct fault_at *x, const struct bad_field *f)
{
	struct user *u = x->b.u;
	const uint64_t good = get(x, f);

	with(x, f, 0, f->err);
	with(x, f, 0x7ffffff0, f->err);
	with(x, f, UINT32_MAX, f->err);
	with(x, f, x->b.stale, f->err);
	with(x, f, x->b.foreign, f->err);
	if (f->other)
		with(x, f, good == u->dev_id ? u->ioas : u->dev_id, f->other);
}

static void fds(struct fault_at *x, const struct bad_field *f)
{
	with(x, f, UINT32_MAX, f->err);
	with(x, f, 4000, f->err);
	with(x, f, (uint32_t)x->b.closed, f->err);
	for (unsigned k = 0; f->other && k < BAD_FDS; k++)
		with(x, f, (uint32_t)fd_of(&x->b, k), f->other);
}

static void field(struct fault_at *x, const struct bad_field *f)
{
	if (x->row->fill) {
		memset(x->arg, 0, sizeof(x->arg));
		x->row->fill(&x->b, x->arg);
	}
	switch (f->kind) {
	case BAD_SIZE:
	case BAD_ARGSZ:
		sizes(x, f, f->kind == BAD_SIZE);
		break;
	case BAD_FLAGS:
		for (unsigned i = 0; i < 8u * f->size; i++)
			if (!(f->arg >> i & 1))
				with(x, f, get(x, f) | BIT64(i), f->err);
		break;
	case BAD_RSVD:
		with(x, f, 1, f->err);
		with(x, f, BIT64(8u * f->size - 1), f->err);
		break;
	case BAD_ID:
		ids(x, f);
		break;
	case BAD_FD:
		fds(x, f);
		break;
	case BAD_PTR:
		with(x, f, 0, f->err);
		with(x, f, K_MMAP_BASE + BIT64(40), f->err);
		break;
	case BAD_PAGE:
		with(x, f, get(x, f) + 1, f->err);
		with(x, f, get(x, f) + 0x800, f->err);
		break;
	case BAD_VALUE:
		with(x, f, f->arg, f->err);
		break;
	}
}

/* --- descriptors that are closed, or of another kind --- */

static bool served(const struct bad_row *r, enum bad_fd k)
{
	if (k == r->fd)
		return true;
	/* Linux has these there, too; what they answer is not for VFIO. */
	return r->cmd == KVM_CHECK_EXTENSION || r->fd == BAD_KDEV;
}

static void descriptors(struct fault_at *x)
{
	static const int unknown[BAD_FDS] = {
		[BAD_KVM] = -EINVAL,   [BAD_VM] = -ENOTTY,
		[BAD_VCPU] = -EINVAL,  [BAD_KDEV] = -ENOTTY,
		[BAD_IOMMU] = -ENOTTY, [BAD_VFIO] = -ENOTTY,
	};
	const bool idle = x->row->setup == BAD_IDLE;
	struct user *u = x->b.u;

	memset(x->arg, 0, sizeof(x->arg));
	if (x->row->fill)
		x->row->fill(&x->b, x->arg);
	x->what = "another descriptor";
	for (unsigned k = 0; k < BAD_FDS; k++)
		if (!served(x->row, k))
			expect(x, fd_of(&x->b, k), (uintptr_t)x->arg,
			       k == BAD_VFIO && idle ? -EINVAL : unknown[k], k);
	expect(x, u->gmem, (uintptr_t)x->arg, -ENOTTY, 0);
	x->what = "no descriptor";
	expect(x, x->b.closed, (uintptr_t)x->arg, -EBADF, 0);
	expect(x, -1, (uintptr_t)x->arg, -EBADF, 0);
	expect(x, K_FDS, (uintptr_t)x->arg, -EBADF, 0);
	if (!x->row->fill || x->row->cmd == KVM_GET_DEVICE_ATTR)
		return; /* no pointer, or not looked at */
	x->what = "a pointer";
	expect(x, fd_of(&x->b, x->row->fd), 0, -EFAULT, 0);
	expect(x, fd_of(&x->b, x->row->fd), K_MMAP_BASE + BIT64(40), -EFAULT,
	       0);
}

/* Without a fault it works: the faults were what was refused. */
static void control(struct fault_at *x)
{
	const int fd = fd_of(&x->b, x->row->fd);
	uintptr_t arg = (uintptr_t)x->row->value;
	long ret;

	if (x->row->not_checked)
		return;
	memset(x->arg, 0, sizeof(x->arg));
	if (x->row->fill) {
		x->row->fill(&x->b, x->arg);
		arg = (uintptr_t)x->arg;
	}
	do
		ret = call(x, fd, arg);
	while (ret == -EAGAIN);
	if (ret >= 0)
		return;
	wrong++;
	print_error("%s: a good call gives %ld\n", x->row->name, ret);
}

static void each_ioctl_refuses_what_is_wrong_with_it(void **un)
{
	struct fault_at *x = calloc(1, sizeof(*x));
	size_t i = 0;

	(void)un;
	cases = wrong = 0;
	for (; (x->row = row_at(i)); i++) {
		setup(&x->b, x->row->setup);
		for (size_t k = 0; k < x->row->n_fields; k++)
			field(x, &x->row->fields[k]);
		descriptors(x);
		control(x);
		user_free(x->b.u);
	}
	assert_int_equal(wrong, 0);
	printf("%u faults of %zu ioctls\n", cases, i);
	free(x);
}

/* What the refusals are held against is not blind. */
static void the_digest_notices_what_calls_change(void **un)
{
	struct bad_user b;
	struct user *u;
	uint64_t was, is;
	uint32_t v = 0x5a5a0000;

	(void)un;
	setup(&b, BAD_PLAIN);
	u = b.u;
	was = digest(u->m);
	assert_true(digest(u->m) == was);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION, 3), 1);
	assert_true(digest(u->m) == was);
	(void)new_ioas(&b, u->iommu);
	assert_true((is = digest(u->m)) != was);
	assert_int_equal(attr(u, PAGE_4K, PAGE_4K, false), 0);
	assert_true((was = digest(u->m)) != is);
	assert_int_equal(slot(u, 3, 0, 0x100000, PAGE_4K, b.mem, 0), 0);
	assert_true((is = digest(u->m)) != was);
	assert_int_equal(k_close(u->t, b.kdev), 0);
	assert_true((was = digest(u->m)) != is);
	assert_int_equal(config(u, CFG_BAR(0), 4, &v, true), 4);
	assert_true(digest(u->m) != was);
	user_free(u);
}

/* --- nothing is left out --- */

static bool has_row(const char *name, size_t len)
{
	const struct bad_row *r;

	for (size_t i = 0; (r = row_at(i)); i++)
		if (strlen(r->name) == len && strncmp(r->name, name, len) == 0)
			return true;
	return false;
}

/* Names that a header defines as an ioctl; those without a row fail. */
static unsigned header(const char *file)
{
	static const char def[] = "#define ";
	char path[512], *text = calloc(1, 1 << 16);
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", UAPI, file);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
	fclose(f);
	for (const char *at = text; (at = strstr(at, def)); at++) {
		const char *name = at + strlen(def);
		size_t len = strcspn(name, " \t(");
		const char *val = name + len + strspn(name + len, " \t\\\n");

		if (strncmp(val, "UAPI_IO", 7) != 0 || name[len] == '(')
			continue;
		if (!has_row(name, len))
			fail_msg("%s: no row for %.*s", file, (int)len, name);
		n++;
	}
	free(text);
	return n;
}

static void every_ioctl_of_the_headers_has_a_row(void **un)
{
	(void)un;
	assert_true(header("kvm.h") > 10);
	assert_true(header("iommufd.h") > 8);
	assert_true(header("vfio.h") > 6);
	assert_true(header("interlock_ext.h") > 0);
}

/* --- closed underneath --- */

static long begin(struct bad_user *b, unsigned op, void *arg)
{
	const struct iommu_destroy d = { sizeof(d), b->u->vdevice };
	static const uint32_t cmds[] = { IOMMU_VDEVICE_ALLOC,
					 IOMMU_VDEVICE_TSM_REQ, IOMMU_DESTROY };

	const struct bad_row *r;

	for (size_t i = 0; (r = row_at(i)); i++)
		if (r->cmd == cmds[op])
			r->fill(b, arg);
	if (op == 2)
		memcpy(arg, &d, sizeof(d));
	return k_ioctl(b->u->t, b->u->iommu, cmds[op], (uintptr_t)arg);
}

/*
 * An operation waits for the device while a descriptor that it stands on is
 * closed. The next call finds that out, or goes on with what it holds itself;
 * whatever it says, everything is given back when the rest is closed.
 */
static void a_descriptor_closed_under_a_waiting_call_ends_it(void **un)
{
	(void)un;
	for (unsigned op = 0; op < 3; op++)
		for (unsigned k = 0; k <= BAD_FDS; k++) {
			struct bad_user b;
			_Alignas(8) uint8_t arg[BAD_ARG] = { 0 };
			struct user *u;
			long ret;
			int fd;

			setup(&b, op ? BAD_TDI : BAD_NEST);
			u = b.u;
			for (unsigned i = 0; i < COUNT(u->m->exchanges_of); i++)
				u->m->exchanges_of[i] = 3;
			fd = k < BAD_FDS ? fd_of(&b, k) : u->gmem;
			assert_int_equal(begin(&b, op, arg), -EAGAIN);
			assert_int_equal(u->m->aborts, 0);
			assert_int_equal(k_close(u->t, fd), 0);
			/* Nobody waits behind it, but for an unbind. */
			if (k == BAD_IOMMU && op < 2)
				assert_int_not_equal(u->m->aborts, 0);
			for (unsigned i = 0; i < 8; i++) {
				ret = begin(&b, op, arg);
				if (ret != -EAGAIN)
					break;
			}
			assert_int_not_equal(ret, -EAGAIN);
			if (k == BAD_IOMMU)
				assert_int_equal(ret, -EBADF);
			user_free(u);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ioctl_of_the_headers_has_a_row),
		cmocka_unit_test(the_digest_notices_what_calls_change),
		cmocka_unit_test(each_ioctl_refuses_what_is_wrong_with_it),
		cmocka_unit_test(
			a_descriptor_closed_under_a_waiting_call_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
