/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM of the lab's confidential VM, on /dev/interlock_tsm: waits for the
 * VM, launches it, gives it a function, and answers its exits as src/vmm and
 * src/arch/sev_tio/vmm.c do in a model, until a signal ends it or the VM goes.
 * One line an exit on standard output.
 *
 * Status: 0 ended by a signal, or the VM has gone; 1 a call failed; 2 misused;
 * 3 the guest has terminated.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arch/sev_tio/abi_guest.h"
#include "arch/sev_tio/uapi.h"
#include "base/bits.h"
#include "board/regs.h"
#include "host/uapi/interlock_ext.h"
#include "interlock_tsm_uapi.h"

#define FNS_MAX 8

/* A function that the VM gets, and how often it goes with which exit. */
struct fn {
	uint32_t rid;
	uint32_t guest_rid;
	uint32_t id; /* of its TDI */
};

/* What is done to the first @n exits of a kind. */
struct trick {
	const char *kind;
	unsigned n;
	int err;
};

struct vmm {
	int fd;
	struct fn fn[FNS_MAX];
	unsigned fns;
	uint64_t secrets;
	unsigned wait_s;
	struct trick refuse, die, lie;
	int control; /* a FIFO with tricks; -1: none */
	unsigned exits;
};

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fflush(stdout);
}

static const char *errname(int err)
{
	const char *name = err ? strerrorname_np(err) : "0";

	return name ? name : "?";
}

/* --- requests --- */

static struct fn *fn_of(struct vmm *v, uint32_t guest_rid)
{
	for (unsigned i = 0; i < v->fns; i++)
		if (v->fn[i].guest_rid == guest_rid)
			return &v->fn[i];
	return NULL;
}

/* A TDI of a device that was disconnected meanwhile is made again. */
static int bind_fn(struct vmm *v, struct fn *f)
{
	struct ilt_bind b = { .rid = f->rid, .guest_rid = f->guest_rid };

	if (ioctl(v->fd, ILT_BIND, &b))
		return errno;
	f->id = b.vdevice_id;
	return 0;
}

/* errno, or 0. */
static int ask(struct vmm *v, struct fn *f, uint32_t op, const void *req,
	       uint32_t len, struct sev_tio_resp *a)
{
	struct iommu_vdevice_tsm_req q = {
		.size = sizeof(q),
		.vdevice_id = f->id,
		.op = op,
		.tvm_arch = IOMMU_TSM_ARCH_SEV,
		.req_len = len,
		.resp_len = sizeof(*a),
		.req_uptr = (uintptr_t)req,
		.resp_uptr = (uintptr_t)a,
	};

	memset(a, 0, sizeof(*a));
	if (ioctl(v->fd, ILT_GUEST_REQ, &q) < 0)
		return errno;
	return 0;
}

/* --- exits --- */

struct seen {
	const char *kind; /* what --refuse and --die call it */
	char what[96];	  /* more of it, for the log */
	uint32_t status;  /* of firmware */
};

static int page_state(struct vmm *v, struct ilt_exit *x, struct seen *s)
{
	struct ilt_page_state p = {
		.gpa = x->info1 & ~UINT64_C(0xfff),
		.pages = x->info2,
		.flags = x->info1 & 1 ? ILT_PAGE_PRIVATE : 0,
	};

	snprintf(s->what, sizeof(s->what), "gpa=0x%llx pages=%llu %s",
		 (unsigned long long)p.gpa, (unsigned long long)p.pages,
		 p.flags ? "private" : "shared");
	if (x->info1 & 0xffe)
		return EINVAL;
	return ioctl(v->fd, ILT_PAGE_STATE, &p) ? errno : 0;
}

static const struct {
	const char *kind;
	uint32_t state;
} ops[] = {
	[SEV_TIO_OP_BIND] = { "bind", IOMMU_TSM_TDI_LOCKED },
	[SEV_TIO_OP_UNBIND] = { "unbind", IOMMU_TSM_TDI_UNLOCKED },
	[SEV_TIO_OP_RUN] = { "run", IOMMU_TSM_TDI_RUN },
	[SEV_TIO_OP_STOP] = { "stop", IOMMU_TSM_TDI_STOP },
};

static int tio_op(struct vmm *v, struct ilt_exit *x, struct seen *s)
{
	const uint64_t op = x->info1 >> 32;
	const uint32_t rid = (uint32_t)x->info1;
	struct fn *f = fn_of(v, rid);
	struct sev_tio_resp a;
	int err;

	snprintf(s->what, sizeof(s->what), "rid=0x%04x", rid);
	if (op >= COUNT(ops) || !f)
		return op >= COUNT(ops) ? EINVAL : ENODEV;
	err = ask(v, f, IOMMU_TSM_OP_SET_TDI_STATE, &ops[op].state, 4, &a);
	if (err == ENOENT && op == SEV_TIO_OP_BIND && !bind_fn(v, f))
		err = ask(v, f, IOMMU_TSM_OP_SET_TDI_STATE, &ops[op].state, 4,
			  &a);
	s->status = a.fw_error;
	if (!err)
		x->rcx = a.tdi_id;
	return err;
}

/* The message's type stands in its header in the clear. */
static int message_type(struct vmm *v, uint64_t gpa, uint8_t *type)
{
	struct ilt_copy c = { .gpa = gpa + SEV_MSG_TYPE_OFF,
			      .uptr = (uintptr_t)type,
			      .len = 1 };

	return ioctl(v->fd, ILT_COPY, &c) ? EFAULT : 0;
}

/* What --refuse and --die call it. */
static const char *message_kind(struct vmm *v, const struct ilt_exit *x)
{
	uint8_t type;

	if (message_type(v, x->info1, &type))
		return "request";
	if (type == SEV_MSG_MMIO_VALIDATE)
		return x->rdx & SEV_PARAM_MMIO_PRIVATE ? "mmio" : "mmio-off";
	if (type == SEV_MSG_SDTE_WRITE)
		return x->rdx & SEV_PARAM_SDTE_VALID ? "dma" : "dma-off";
	return "request";
}

static uint32_t message_op(uint8_t type, uint64_t param)
{
	if (type == SEV_MSG_MMIO_VALIDATE)
		return IOMMU_TSM_OP_VALIDATE_MMIO;
	if (type == SEV_MSG_SDTE_WRITE)
		return param & SEV_PARAM_SDTE_VALID
			       ? IOMMU_TSM_OP_SEV_ENABLE_DMA
			       : IOMMU_TSM_OP_SEV_DISABLE_DMA;
	return IOMMU_TSM_OP_GUEST_REQ;
}

static int guest_req(struct vmm *v, struct ilt_exit *x, struct seen *s)
{
	const struct sev_tio_req q = { .req_gpa = x->info1,
				       .rsp_gpa = x->info2,
				       .data_gpa = x->rax,
				       .data_pages = x->rbx,
				       .param = x->rdx };
	struct fn *f = fn_of(v, (uint32_t)x->rcx);
	struct sev_tio_resp a;
	uint8_t type;
	int err = message_type(v, q.req_gpa, &type);

	snprintf(s->what, sizeof(s->what), "rid=0x%04x type=%u param=0x%llx",
		 (uint32_t)x->rcx, err ? 0u : type, (unsigned long long)x->rdx);
	if (err || !f)
		return err ? err : ENODEV;
	err = ask(v, f, message_op(type, x->rdx), &q, sizeof(q), &a);
	s->status = a.fw_error;
	if (!err)
		x->rdx = a.param;
	if (err == ENOSPC)
		x->rbx = a.data_pages;
	return err;
}

#define TERMINATED (-1)
#define REFUSED	   1 /* what a GHCB says of an exit that it does not know */

static int handle(struct vmm *v, struct ilt_exit *x, struct seen *s)
{
	switch (x->code) {
	case GHCB_EXIT_PSC:
		return page_state(v, x, s);
	case GHCB_EXIT_TIO_GUEST_REQ:
		return guest_req(v, x, s);
	case GHCB_EXIT_TIO_OP:
		return tio_op(v, x, s);
	case GHCB_EXIT_HV_FEATURES:
		return GHCB_HV_FEATURE_SNP | GHCB_HV_FEATURE_TIO;
	case GHCB_EXIT_TERMINATE:
		return TERMINATED;
	default:
		return REFUSED;
	}
}

static const char *kind_of(struct vmm *v, const struct ilt_exit *x)
{
	switch (x->code) {
	case GHCB_EXIT_PSC:
		return "psc";
	case GHCB_EXIT_TIO_GUEST_REQ:
		return message_kind(v, x);
	case GHCB_EXIT_TIO_OP:
		return x->info1 >> 32 < COUNT(ops) ? ops[x->info1 >> 32].kind
						   : "op";
	case GHCB_EXIT_HV_FEATURES:
		return "features";
	case GHCB_EXIT_TERMINATE:
		return "terminate";
	default:
		return "other";
	}
}

static bool plays(struct trick *t, const char *kind)
{
	if (!t->n || strcmp(t->kind, kind))
		return false;
	t->n--;
	return true;
}

/* Another byte than firmware's, in the first blob that it gave. */
static void lie(struct vmm *v, const struct ilt_exit *x)
{
	uint32_t off = 0;
	uint8_t byte = 0;
	struct ilt_copy c = { .gpa = x->rax + TIO_BLOB_OFFSET,
			      .uptr = (uintptr_t)&off,
			      .len = sizeof(off) };

	if (x->code != GHCB_EXIT_TIO_GUEST_REQ || ioctl(v->fd, ILT_COPY, &c))
		return;
	c = (struct ilt_copy){ .gpa = x->rax + off,
			       .uptr = (uintptr_t)&byte,
			       .len = 1 };
	if (ioctl(v->fd, ILT_COPY, &c))
		return;
	byte ^= 1;
	c.flags = ILT_COPY_TO_VM;
	if (!ioctl(v->fd, ILT_COPY, &c))
		say("lies at 0x%x\n", off);
}

/* The first exit is asked for so: what cannot be delivered is not lost. */
static bool undelivered(struct vmm *v)
{
	void *volatile nowhere = NULL;

	return !v->exits && read(v->fd, nowhere, sizeof(struct ilt_exit)) < 0 &&
	       errno == EFAULT;
}

/* 0, or the status to end with. */
static int one_exit(struct vmm *v)
{
	struct ilt_exit x;
	struct seen s = { .what = "" };
	const bool waits = undelivered(v);
	ssize_t n = read(v->fd, &x, sizeof(x));
	int err;

	if (n < 0 && waits) {
		say("an exit is lost that could not be delivered\n");
		return 1;
	}
	if (n == 0) {
		say("the VM has gone\n");
		ended = 1;
		return 0;
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : 1;
	s.kind = kind_of(v, &x);
	if (plays(&v->die, s.kind)) {
		say("%u %s: dies\n", ++v->exits, s.kind);
		raise(SIGKILL);
	}
	err = plays(&v->refuse, s.kind) ? v->refuse.err : handle(v, &x, &s);
	if (err == TERMINATED) {
		say("%u %s\n", ++v->exits, s.kind);
		return 3;
	}
	if (!err && plays(&v->lie, s.kind))
		lie(v, &x);
	x.info2 = (uint64_t)err;
	say("%u %s %s -> %s status=0x%02x\n", ++v->exits, s.kind, s.what,
	    x.code == GHCB_EXIT_HV_FEATURES ? "0" : errname(err), s.status);
	if (write(v->fd, &x, sizeof(x)) < 0 && errno != ESRCH &&
	    errno != ESHUTDOWN)
		return 1;
	return 0;
}

/* --- life --- */

static int wait_for_vm(struct vmm *v)
{
	const struct timespec tick = { .tv_nsec = 50000000 };
	sigset_t none;

	sigemptyset(&none);
	for (unsigned t = 0; !ended; t++) {
		struct ilt_info i;

		if (ioctl(v->fd, ILT_INFO, &i))
			return -1;
		if (i.vm_state & BOARD_VM_RUNS)
			return 0;
		if (t / 20 >= v->wait_s) {
			errno = ETIMEDOUT;
			return -1;
		}
		ppoll(NULL, 0, &tick, &none);
	}
	return 0;
}

static int begin(struct vmm *v)
{
	struct ilt_vm_create c = {
		.policy = SEV_POLICY_RSVD_ONE | SEV_POLICY_SMT,
		.secrets_gpa = v->secrets,
	};

	if (ioctl(v->fd, ILT_VM_CREATE, &c)) {
		say("create: %s status=0x%02x\n", errname(errno), c.fw_error);
		return -1;
	}
	say("created: asid=%u ram=%llu MiB\n", c.asid,
	    (unsigned long long)c.ram_size >> 20);
	for (unsigned i = 0; i < v->fns; i++) {
		struct fn *f = &v->fn[i];
		struct ilt_assign a = { .rid = f->rid };
		int err = ioctl(v->fd, ILT_ASSIGN, &a) ? errno : 0;

		if (err) {
			say("assign 0x%04x: %s\n", f->rid, errname(err));
			return -1;
		}
		/* A device that is not connected may be so later. */
		err = bind_fn(v, f);
		say("assigned 0x%04x as 0x%04x, bind: %s\n", f->rid,
		    f->guest_rid, errname(err));
	}
	say("ready\n");
	return 0;
}

static struct trick trick(char *arg)
{
	struct trick t = { .kind = strsep(&arg, ":"), .n = 1, .err = EPERM };
	char *n = strsep(&arg, ":");

	if (n)
		t.n = (unsigned)strtoul(n, NULL, 0);
	if (arg)
		t.err = (int)strtol(arg, NULL, 0);
	return t;
}

/* Makes a page of the VM private that it did not ask for. */
static void give(struct vmm *v, const char *gpa)
{
	struct ilt_page_state p = { .gpa = strtoull(gpa, NULL, 0),
				    .pages = 1,
				    .flags = ILT_PAGE_PRIVATE };

	say("gave %s: %s\n", gpa,
	    errname(ioctl(v->fd, ILT_PAGE_STATE, &p) ? errno : 0));
}

/* Lines "refuse …", "die …" as the options have them, "lie …", "give GPA". */
static void control(struct vmm *v)
{
	static const struct {
		const char *word;
		size_t at; /* of the trick */
	} known[] = {
		{ "refuse ", offsetof(struct vmm, refuse) },
		{ "die ", offsetof(struct vmm, die) },
		{ "lie ", offsetof(struct vmm, lie) },
	};
	static char line[COUNT(known)][64];
	char b[64];
	ssize_t n = read(v->control, b, sizeof(b) - 1);
	char *at = b, *l;

	if (n <= 0)
		return;
	b[n] = 0;
	while ((l = strsep(&at, "\n"))) {
		for (unsigned i = 0; i < COUNT(known); i++) {
			const size_t n = strlen(known[i].word);

			if (strncmp(l, known[i].word, n))
				continue;
			memcpy(line[i], l, strlen(l) + 1);
			*(struct trick *)((char *)v + known[i].at) =
				trick(line[i] + n);
			say("told: %s\n", l);
		}
		if (!strncmp(l, "give ", 5))
			give(v, l + 5);
	}
}

static int run(struct vmm *v)
{
	struct pollfd p[] = { { .fd = v->fd, .events = POLLIN },
			      { .fd = v->control, .events = POLLIN } };
	sigset_t none;
	int ret = 0;

	sigemptyset(&none);
	while (!ended && !ret) {
		/* The signal comes here and nowhere else. */
		int n = ppoll(p, COUNT(p), NULL, &none);

		if (n < 0 && errno != EINTR)
			ret = 1;
		if (n > 0 && p[1].revents)
			control(v);
		if (n > 0 && p[0].revents)
			ret = p[0].revents & POLLERR ? 1 : one_exit(v);
	}
	if (ret == 1)
		say("failed: %s\n", errname(errno));
	return ret;
}

static void usage(void)
{
	fputs("usage: vmm [--fn RID=GUEST_RID]... [--secrets GPA] [--wait S]\n"
	      "           [--refuse KIND[:N[:ERRNO]]] [--die KIND[:N]]\n"
	      "           [--control FIFO]\n"
	      "KIND: psc request mmio mmio-off dma dma-off bind unbind run\n"
	      "      stop features other; a FIFO has lines \"refuse …\",\n"
	      "      \"die …\", \"lie …\" (evidence), \"give GPA\"\n",
	      stderr);
	exit(2);
}

static void add_fn(struct vmm *v, const char *arg)
{
	char *end;
	struct fn *f = &v->fn[v->fns];

	if (v->fns == FNS_MAX)
		usage();
	f->rid = (uint32_t)strtoul(arg, &end, 0);
	f->guest_rid = f->rid;
	if (*end == '=')
		f->guest_rid = (uint32_t)strtoul(end + 1, &end, 0);
	if (*end || end == arg)
		usage();
	v->fns++;
}

static void options(struct vmm *v, int argc, char **argv)
{
	static const struct option o[] = {
		{ "fn", required_argument, NULL, 'f' },
		{ "secrets", required_argument, NULL, 's' },
		{ "wait", required_argument, NULL, 'w' },
		{ "refuse", required_argument, NULL, 'r' },
		{ "die", required_argument, NULL, 'd' },
		{ "control", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", o, NULL)) != -1) {
		if (c == 'f')
			add_fn(v, optarg);
		else if (c == 's')
			v->secrets = strtoull(optarg, NULL, 0);
		else if (c == 'w')
			v->wait_s = (unsigned)strtoul(optarg, NULL, 0);
		else if (c == 'r')
			v->refuse = trick(optarg);
		else if (c == 'd')
			v->die = trick(optarg);
		else if (c == 'c')
			v->control =
				open(optarg, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		else
			usage();
	}
	if (optind != argc)
		usage();
}

/* Only ppoll() is interrupted by the signals that end us. */
static void signals(void)
{
	const struct sigaction sa = { .sa_handler = on_signal };
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGTERM);
	sigaddset(&s, SIGINT);
	sigprocmask(SIG_BLOCK, &s, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
}

int main(int argc, char **argv)
{
	struct vmm v = { .secrets = 0x0ff00000, .wait_s = 60, .control = -1 };
	int ret;

	options(&v, argc, argv);
	signals();
	v.fd = open("/dev/interlock_tsm", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (v.fd < 0 || wait_for_vm(&v)) {
		say("the VM: %s\n", errname(errno));
		return 1;
	}
	ret = ended ? 0 : begin(&v) ? 1 : run(&v);
	if (ioctl(v.fd, ILT_VM_DESTROY) && errno != ENXIO) {
		say("destroy: %s\n", errname(errno));
		ret = ret ? ret : 1;
	}
	say("ended: %d\n", ret);
	return ret;
}
