/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of /dev/interlock_tsm one after the other, in one process, with what
 * they come to as words in one line: 0, the name of errno, or what is asked.
 *
 * tsmcall STEP...
 *   open:N                   file N (0 to 3) from here on; opened if it is not
 *   close                    the file
 *   create[:GPA]             of the secrets page
 *   destroy
 *   info                     functions/bound/private pages/leaked pages
 *   pages:GPA:N:private|shared
 *   fill:GPA:BYTE:LEN        copy to the VM
 *   peek:GPA                 copy of a byte from the VM
 *   copy:GPA:LEN:FLAGS       into nowhere
 *   assign:RID unassign:RID
 *   bind:RID[:GUEST_RID]     its id is kept
 *   unbind[:ID]
 *   id                       the one kept: 0, or "id"
 *   state:locked|unlocked|run|stop
 *   request:OP:REQ:RSP:DATA:PAGES:PARAM
 *   status                   firmware's, of the last state or request
 *   read answer:SEQ poll     exits
 *   ioctl:NR[:SIZE]          any
 *   sh:COMMAND               the shell's status
 *   stuck:answer:COMMAND     state:locked, whose answer goes to a page that
 *                            nobody brings until COMMAND has ended; the
 *                            shell's status, and what the call comes to
 *   stuck:copy:COMMAND       likewise, what is copied to the VM
 *   pause                    says "waits", until killed
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/sev_tio/uapi.h"
#include "base/bits.h"
#include "host/uapi/interlock_ext.h"
#include "interlock_tsm_uapi.h"

#define FILES 4

static int file[FILES] = { -1, -1, -1, -1 };
static unsigned at;
static uint32_t id;
static struct sev_tio_resp resp;
static void *answer = &resp; /* where it goes */
static char *word[8];	     /* of the step, after its name */

static uint64_t num(unsigned i)
{
	return word[i] ? strtoull(word[i], NULL, 0) : 0;
}

static const char *errname(int err)
{
	const char *name = err ? strerrorname_np(err) : "0";

	return name ? name : "?";
}

static const char *call(unsigned long nr, void *arg)
{
	return errname(ioctl(file[at], nr, arg) < 0 ? errno : 0);
}

/* Text of a number; until the next one. */
static const char *text(const char *fmt, unsigned long long a)
{
	static char t[32];

	snprintf(t, sizeof(t), fmt, a);
	return t;
}

/* --- steps --- */

static const char *step_open(void)
{
	at = (unsigned)num(0) % FILES;
	if (file[at] < 0)
		file[at] = open("/dev/interlock_tsm",
				O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return errname(file[at] < 0 ? errno : 0);
}

static const char *step_close(void)
{
	int err = close(file[at]) ? errno : 0;

	file[at] = -1;
	return errname(err);
}

static const char *step_create(void)
{
	struct ilt_vm_create c = {
		.policy = SEV_POLICY_RSVD_ONE | SEV_POLICY_SMT,
		.secrets_gpa = word[0] ? num(0) : 0x0ff00000,
	};

	return call(ILT_VM_CREATE, &c);
}

static const char *step_destroy(void)
{
	return call(ILT_VM_DESTROY, NULL);
}

static const char *step_info(void)
{
	static char t[96];
	struct ilt_info i;

	if (ioctl(file[at], ILT_INFO, &i))
		return errname(errno);
	snprintf(t, sizeof(t), "%u/%u/%llu/%llu", i.functions, i.bound,
		 (unsigned long long)i.private_pages,
		 (unsigned long long)i.leaked_pages);
	return t;
}

static const char *step_pages(void)
{
	struct ilt_page_state p = {
		.gpa = num(0),
		.pages = num(1),
		.flags = word[2] && !strcmp(word[2], "private")	 ? 1
			 : word[2] && !strcmp(word[2], "shared") ? 0
								 : 0x80,
	};

	return call(ILT_PAGE_STATE, &p);
}

static const char *copy(uint64_t gpa, void *buf, uint64_t len, uint32_t flags)
{
	struct ilt_copy c = { .gpa = gpa,
			      .uptr = (uintptr_t)buf,
			      .len = (uint32_t)len,
			      .flags = flags };

	return call(ILT_COPY, &c);
}

static const char *step_fill(void)
{
	static uint8_t b[0x20000];
	const uint64_t n = num(2) < sizeof(b) ? num(2) : sizeof(b);

	memset(b, (int)num(1), n);
	return copy(num(0), b, n, ILT_COPY_TO_VM);
}

static const char *step_peek(void)
{
	uint8_t b = 0;
	const char *t = copy(num(0), &b, 1, 0);

	return strcmp(t, "0") ? t : text("0x%02llx", b);
}

static const char *step_copy(void)
{
	static uint8_t b[0x200000];

	return copy(num(0), b, num(1), (uint32_t)num(2));
}

static const char *step_assign(void)
{
	struct ilt_assign a = { .rid = (uint32_t)num(0) };

	return call(ILT_ASSIGN, &a);
}

static const char *step_unassign(void)
{
	struct ilt_assign a = { .rid = (uint32_t)num(0) };

	return call(ILT_UNASSIGN, &a);
}

static const char *step_bind(void)
{
	struct ilt_bind b = { .rid = (uint32_t)num(0),
			      .guest_rid = word[1] ? (uint32_t)num(1)
						   : (uint32_t)num(0) };
	const char *t = call(ILT_BIND, &b);

	if (b.vdevice_id)
		id = b.vdevice_id;
	return t;
}

static const char *step_unbind(void)
{
	struct ilt_unbind u = { .vdevice_id = word[0] ? (uint32_t)num(0) : id };

	return call(ILT_UNBIND, &u);
}

static const char *step_id(void)
{
	return id ? "id" : "0";
}

static const char *ask(uint32_t op, const void *req, uint32_t len)
{
	struct iommu_vdevice_tsm_req q = {
		.size = sizeof(q),
		.vdevice_id = id,
		.op = op,
		.tvm_arch = IOMMU_TSM_ARCH_SEV,
		.req_len = len,
		.resp_len = sizeof(resp),
		.req_uptr = (uintptr_t)req,
		.resp_uptr = (uintptr_t)answer,
	};

	memset(&resp, 0, sizeof(resp));
	return call(ILT_GUEST_REQ, &q);
}

static const char *step_state(void)
{
	static const char *const names[] = { "unlocked", "locked", "run",
					     "stop" };
	uint32_t s = 0;

	while (s < COUNT(names) && strcmp(names[s], word[0] ? word[0] : ""))
		s++;
	return ask(IOMMU_TSM_OP_SET_TDI_STATE, &s, sizeof(s));
}

static const char *step_request(void)
{
	const struct sev_tio_req q = { .req_gpa = num(1),
				       .rsp_gpa = num(2),
				       .data_gpa = num(3),
				       .data_pages = num(4),
				       .param = num(5) };

	return ask((uint32_t)num(0), &q, sizeof(q));
}

static const char *step_status(void)
{
	return text("0x%02llx", resp.fw_error);
}

static const char *step_read(void)
{
	struct ilt_exit x;
	ssize_t n = read(file[at], &x, sizeof(x));

	return n < 0 ? errname(errno) : n ? text("0x%llx", x.code) : "end";
}

static const char *step_answer(void)
{
	struct ilt_exit x = { .seq = (uint32_t)num(0) };

	return errname(write(file[at], &x, sizeof(x)) < 0 ? errno : 0);
}

static const char *step_poll(void)
{
	struct pollfd p = { .fd = file[at], .events = POLLIN };

	if (poll(&p, 1, 0) < 0)
		return errname(errno);
	return p.revents & POLLERR   ? "err"
	       : p.revents & POLLHUP ? "hup"
	       : p.revents	     ? "in"
				     : "none";
}

static const char *step_ioctl(void)
{
	static uint8_t arg[4096];

	return call(_IOC(_IOC_READ | _IOC_WRITE, ILT_IOC, num(0), num(1)), arg);
}

static const char *step_sh(void)
{
	return text("%llu", (unsigned long long)system(word[0]));
}

/* --- memory that takes its time --- */

static int late_memory(uint8_t **page)
{
	const int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register r = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	*page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	r.range.start = (uintptr_t)*page;
	r.range.len = 4096;
	if (fd < 0 || *page == MAP_FAILED || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &r))
		return -1;
	return fd;
}

static const char *stuck_answer(uint8_t *page)
{
	const uint32_t s = IOMMU_TSM_TDI_LOCKED;
	const char *t;

	answer = page;
	t = ask(IOMMU_TSM_OP_SET_TDI_STATE, &s, sizeof(s));
	answer = &resp;
	return t;
}

static const char *stuck_copy(uint8_t *page)
{
	return copy(0x0ff40000, page, 1, ILT_COPY_TO_VM);
}

static const char *stuck_result;

static void *stuck_call(void *page)
{
	stuck_result =
		(strcmp(word[0], "copy") ? stuck_answer : stuck_copy)(page);
	return NULL;
}

static const char *step_stuck(void)
{
	static char t[64];
	struct pollfd p = { .events = POLLIN };
	struct uffdio_zeropage z = { .range.len = 4096 };
	struct uffd_msg m;
	uint8_t *page;
	pthread_t call;
	int status;

	p.fd = late_memory(&page);
	if (p.fd < 0 || pthread_create(&call, NULL, stuck_call, page))
		return errname(errno);
	if (poll(&p, 1, 20000) != 1 || read(p.fd, &m, sizeof(m)) < 0)
		return "it does not get there";
	status = system(word[1]);
	z.range.start = (uintptr_t)page;
	ioctl(p.fd, UFFDIO_ZEROPAGE, &z);
	pthread_join(call, NULL);
	close(p.fd);
	munmap(page, 4096);
	snprintf(t, sizeof(t), "%d %s", status, stuck_result);
	return t;
}

static const char *step_pause(void)
{
	puts("waits");
	fflush(stdout);
	pause();
	return "0";
}

static const struct {
	const char *name;
	const char *(*run)(void);
} steps[] = {
	{ "open", step_open },	       { "close", step_close },
	{ "create", step_create },     { "destroy", step_destroy },
	{ "info", step_info },	       { "pages", step_pages },
	{ "fill", step_fill },	       { "peek", step_peek },
	{ "copy", step_copy },	       { "assign", step_assign },
	{ "unassign", step_unassign }, { "bind", step_bind },
	{ "unbind", step_unbind },     { "id", step_id },
	{ "state", step_state },       { "request", step_request },
	{ "status", step_status },     { "read", step_read },
	{ "answer", step_answer },     { "poll", step_poll },
	{ "ioctl", step_ioctl },       { "sh", step_sh },
	{ "stuck", step_stuck },       { "pause", step_pause },
};

static void step(char *arg)
{
	const char *name = strsep(&arg, ":");
	unsigned i, n = 0;

	memset(word, 0, sizeof(word));
	if (!strcmp(name, "stuck"))
		word[n++] = strsep(&arg, ":");
	if (n || !strcmp(name, "sh")) /* the rest, with its colons */
		word[n++] = arg;
	else
		while (arg && n < COUNT(word))
			word[n++] = strsep(&arg, ":");
	for (i = 0; i < COUNT(steps); i++)
		if (!strcmp(steps[i].name, name))
			break;
	if (i == COUNT(steps)) {
		fprintf(stderr, "tsmcall: no step %s\n", name);
		exit(2);
	}
	fputs(steps[i].run(), stdout);
}

int main(int argc, char **argv)
{
	(void)step_open();
	for (int i = 1; i < argc; i++) {
		if (i > 1)
			putchar(' ');
		step(argv[i]);
		fflush(stdout);
	}
	putchar('\n');
	return 0;
}
