/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same calls as `./dev lab --full` makes of Linux (lab/full/calls), made of
 * the host services. as_linux.txt is what Linux answered, as it was recorded;
 * as_linux_differs.txt is where we differ, and why.
 */
#include "machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../lab/full/calls/sys.h"

#define LINES 400

struct entry {
	char what[256];
	char answer[256];
	bool used;
};

struct record {
	struct entry e[LINES];
	unsigned n;
};

struct judge {
	struct machine *m;
	struct task *t;
	struct record theirs, ours;
	const char *part; /* what these calls are about: "kvm", "vfio" … */
	unsigned n, wrong;
};

/* "what = answer", and in the second file " ; why" behind it. */
static void load(struct record *r, const char *path)
{
	char line[256];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *eq = strstr(line, " = ");
		char *end;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_non_null(eq);
		assert_true(r->n < LINES);
		*eq = 0;
		eq += 3;
		end = strstr(eq, " ; ");
		if (end)
			*end = 0;
		eq[strcspn(eq, "\n")] = 0;
		memcpy(r->e[r->n].what, line, strlen(line) + 1);
		memcpy(r->e[r->n++].answer, eq, strlen(eq) + 1);
	}
	fclose(f);
}

/* The next one of that name that was not used yet. */
static struct entry *find(struct record *r, const char *what)
{
	for (unsigned i = 0; i < r->n; i++)
		if (!r->e[i].used && !strcmp(r->e[i].what, what)) {
			r->e[i].used = true;
			return &r->e[i];
		}
	return NULL;
}

/* --- system calls --- */

static long s_vfio(struct sys *s)
{
	struct judge *j = s->priv;

	return m_vfio(j->m, j->t);
}

static long s_open(struct sys *s, const char *path)
{
	return k_open(((struct judge *)s->priv)->t, path);
}

static long s_close(struct sys *s, int fd)
{
	return k_close(((struct judge *)s->priv)->t, fd);
}

static long s_ioctl(struct sys *s, int fd, unsigned long cmd, uintptr_t arg)
{
	return k_ioctl(((struct judge *)s->priv)->t, fd, (uint32_t)cmd, arg);
}

static long s_mmap(struct sys *s, uint64_t len, int flags, int fd, uint64_t off,
		   uint64_t *addr)
{
	return k_mmap(((struct judge *)s->priv)->t, len,
		      K_PROT_READ | K_PROT_WRITE, flags, fd, off, addr);
}

static long s_munmap(struct sys *s, uint64_t addr, uint64_t len)
{
	return k_munmap(((struct judge *)s->priv)->t, addr, len);
}

static long s_pread(struct sys *s, int fd, void *buf, size_t len, uint64_t off)
{
	return k_pread(((struct judge *)s->priv)->t, fd, buf, len, off);
}

static long s_pwrite(struct sys *s, int fd, const void *buf, size_t len,
		     uint64_t off)
{
	return k_pwrite(((struct judge *)s->priv)->t, fd, buf, len, off);
}

static long s_memfd(struct sys *s, uint64_t len)
{
	return k_memfd_create(((struct judge *)s->priv)->t, 0, len);
}

static long s_punch(struct sys *s, int fd, uint64_t off, uint64_t len)
{
	return k_fallocate(((struct judge *)s->priv)->t, fd,
			   K_FALLOC_KEEP_SIZE | K_FALLOC_PUNCH_HOLE, off, len);
}

static void s_launch(struct sys *s, int vm)
{
	struct judge *j = s->priv;

	j->m->launch_on_enc = true;
	assert_int_equal(k_ioctl(j->t, vm, KVM_MEMORY_ENCRYPT_OP, 0), 0);
	j->m->launch_on_enc = false;
}

static void s_touch(struct sys *s, int vm, int cpu, uint64_t gpa, bool secret)
{
	struct judge *j = s->priv;

	(void)vm, (void)cpu;
	j->m->script[0] = (struct vcpu_exit){ .kind = VCPU_EXIT_FAULT,
					      .gpa = gpa,
					      .len = 1,
					      .write = true,
					      .private = secret };
	j->m->steps = 1;
	j->m->at = 0;
}

static long s_load(struct sys *s, uint64_t addr, void *out, size_t len)
{
	return k_load(((struct judge *)s->priv)->t, addr, out, len);
}

static void s_line(struct sys *s, const char *what, const char *answer)
{
	struct judge *j = s->priv;
	const struct entry *theirs = find(&j->theirs, what);
	const struct entry *ours = find(&j->ours, what);
	const struct entry *want = ours ? ours : theirs;

	j->n++;
	if (getenv("AS_LINUX_PRINT"))
		print_message("%s = %s\n", what, answer);
	if (!theirs) {
		j->wrong++;
		print_error("%s: Linux was never asked\n", what);
	} else if (ours && !strcmp(ours->answer, theirs->answer)) {
		j->wrong++;
		print_error("%s: said to differ, but does not\n", what);
	} else if (strcmp(want->answer, answer)) {
		j->wrong++;
		print_error("%s: %s, to be %s\n", what, answer, want->answer);
	}
}

static void run(void (*calls)(struct sys *))
{
	struct judge *j = calloc(1, sizeof(*j));
	struct sys s = { .priv = j,
			 .private_vm = KVM_X86_SNP_VM,
			 .vfio = s_vfio,
			 .open = s_open,
			 .close = s_close,
			 .ioctl = s_ioctl,
			 .mmap = s_mmap,
			 .munmap = s_munmap,
			 .pread = s_pread,
			 .pwrite = s_pwrite,
			 .memfd = s_memfd,
			 .punch = s_punch,
			 .launch = s_launch,
			 .touch = s_touch,
			 .load = s_load,
			 .line = s_line };

	load(&j->theirs, AS_LINUX "/as_linux.txt");
	load(&j->ours, AS_LINUX "/as_linux_differs.txt");
	j->m = machine_new();
	j->t = k_task_new(&j->m->h.k);
	calls(&s);
	k_task_exit(j->t);
	assert_int_equal(j->m->h.k.file_pool.live, 0);
	assert_int_equal(j->m->h.iommufd.obj_pool.live, 0);
	assert_int_equal(j->m->h.vfio.buf_pool.live, 0);
	assert_int_equal(j->m->vms, 0);
	machine_free(j->m);
	assert_true(j->n > 20);
	assert_int_equal(j->wrong, 0);
	free(j);
}

static void kvm_answers_as_linux_does(void **un)
{
	(void)un;
	run(calls_kvm);
}

static void a_run_ends_as_in_linux(void **un)
{
	(void)un;
	run(calls_run);
}

static void iommufd_answers_as_linux_does(void **un)
{
	(void)un;
	run(calls_iommufd);
}

static void vfio_answers_as_linux_does(void **un)
{
	(void)un;
	run(calls_vfio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kvm_answers_as_linux_does),
		cmocka_unit_test(a_run_ends_as_in_linux),
		cmocka_unit_test(iommufd_answers_as_linux_does),
		cmocka_unit_test(vfio_answers_as_linux_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
