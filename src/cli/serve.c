/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/bytes.h"

#define READ_TIMEOUT_NS UINT64_C(10000000000)

static enum il_err fill(void *ctx, uint8_t *out, size_t len)
{
	struct serve *s = ctx;

	return ossl_random(s->lib, out, len);
}

static uint64_t now_ns(void *ctx)
{
	struct serve *s = ctx;

	return s->c->mono_ns();
}

bool serve_heard(FILE *f)
{
	struct pollfd p = { .fd = fileno(f), .events = POLLOUT };

	return p.fd < 0 || poll(&p, 1, 0) != 0;
}

/*
 * Clients can make it say as much as they like. Where nobody reads that, lines
 * are lost, rather than all clients kept waiting for a pipe to empty.
 */
static void say(void *ctx, const char *line)
{
	struct serve *s = ctx;

	if (!serve_heard(s->c->err))
		return;
	fprintf(s->c->err, "interlock: %s\n", line);
}

struct serve *serve_new(struct cli *c)
{
	struct serve *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)cli_fail(c, "no memory");
		return NULL;
	}
	s->c = c;
	s->env = (struct env){ .random = fill, .ctx = s };
	s->vfu = (struct vfu_cfg){
		.now_ns = now_ns, .say = say, .ctx = s, .stop_fd = -1
	};
	return s;
}

int serve_file(struct serve *s, const char *path)
{
	char what[DEVICE_FILE_WHAT];
	uint8_t *text = NULL;
	size_t len = 0;
	enum il_err err;
	int ret = 0;

	if (path)
		ret = cli_read(s->c, "device file", path, 1u << 20, &text,
			       &len);
	if (ret)
		return ret;
	err = device_file_parse(&s->file, (char *)text, len, what,
				sizeof(what));
	if (text)
		bytes_wipe(text, len); /* keys may stand in it */
	free(text);
	if (err)
		return cli_fail(s->c, "%s: %s", path ? path : "device",
				err == IL_E_FIELD ? what : il_err_name(err));
	device_file_apply(&s->file, &s->cfg);
	return 0;
}

int serve_keylog(struct serve *s, const char *path)
{
	const int ret = cli_keylog_open(s->c, &s->keylog, path);

	if (ret || !path)
		return ret;
	s->cfg.spdm.keylog = cli_keylog_note;
	s->cfg.spdm.keylog_ctx = &s->keylog;
	return 0;
}

static void captured(void *ctx, const uint8_t *obj, size_t n)
{
	struct serve *s = ctx;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	world_pcap_put(&s->cap,
		       (uint64_t)t.tv_sec * UINT64_C(1000000000) +
			       (uint64_t)t.tv_nsec,
		       obj, n);
	world_pcap_flush(&s->cap);
}

int serve_capture(struct serve *s, const char *path)
{
	if (!path)
		return 0;
	if (world_pcap_open(&s->cap, path, WORLD_DLT_DOE))
		return cli_fail(s->c, "%s: cannot be written", path);
	s->cap_path = path;
	s->cfg.object = captured;
	s->cfg.object_ctx = s;
	return 0;
}

void serve_free(struct serve *s)
{
	if (world_pcap_close(&s->cap))
		(void)cli_fail(s->c, "%s: not written whole", s->cap_path);
	(void)cli_keylog_close(s->c, &s->keylog);
	free(s->misbehave);
	bytes_wipe(s, sizeof(*s));
	free(s);
}

int serve_at(struct serve *s, enum vfu_front front, const char *addr)
{
	struct serve_at *a = &s->at[s->ats];

	if (s->ats == COUNT(s->at))
		return cli_misuse(s->c, "more than %zu addresses",
				  COUNT(s->at));
	if (sock_parse(addr, &a->addr))
		return cli_misuse(s->c,
				  "%s: not an address to listen at; expected "
				  "unix:PATH or tcp:127.0.0.1:PORT",
				  addr);
	a->front = front;
	s->ats++;
	return 0;
}

static int build_device(struct serve *s)
{
	enum il_err err;

	s->cfg.arena = &s->arena;
	s->cfg.crypto = &s->crypto;
	s->cfg.env = &s->env;
	s->cfg.powered = true;
	/* Another process answers its reads, when it is scheduled. */
	s->cfg.read_timeout_ns = READ_TIMEOUT_NS;
	s->cfg.link =
		s->machine ? serve_machine_link(s->machine) : vfu_link(s->v);
	device_file_slots(&s->file, &s->cfg,
			  (struct spdm_span){ s->id.chain, s->id.chain_len });
	err = crypto_key_load(&s->crypto, &s->cfg.key, s->id.key,
			      s->id.key_len);
	if (err)
		return cli_fail(s->c, "the device's key: %s", il_err_name(err));
	if (s->machine) {
		s->cfg.refused = serve_machine_refused;
		s->cfg.refused_ctx = s;
		misbehave_ready(s->misbehave, &s->cfg);
	} else if (s->misbehave) {
		misbehave_apply(s->misbehave, &s->cfg);
	}
	s->dev = ARENA_NEW(&s->arena, struct device);
	err = s->dev ? device_init(s->dev, &s->cfg) : IL_E_NOMEM;
	if (err)
		s->dev = NULL;
	return err ? cli_fail(s->c, "the device cannot be made: %s",
			      il_err_name(err))
		   : 0;
}

static int listen_all(struct serve *s)
{
	for (unsigned i = 0; i < s->ats; i++) {
		int err = vfu_listen(s->v, s->at[i].front, &s->at[i].addr);

		if (err)
			return cli_fail(s->c, "cannot listen at %s: %s",
					s->at[i].addr.text, strerror(-err));
	}
	return 0;
}

/* What departs from the book, and from which page of it. */
static void say_profile(const struct serve *s)
{
	const struct device_relax *r;
	unsigned n = device_relaxations(&r);

	fprintf(s->c->out, "profile: %s\n", s->file.profile->name);
	for (unsigned i = 0; i < n; i++)
		if (s->cfg.relax & r[i].bit)
			fprintf(s->c->out, "%s: %s: %s (%s)\n",
				r[i].stricter ? "stricter" : "relaxed",
				r[i].name, r[i].says, r[i].source);
}

static void say_all(const struct serve *s)
{
	static const char *const front[] = {
		[VFU_SPDM] = "SPDM socket", [VFU_LINK] = "link"
	};

	fprintf(s->c->out, "device: %s; ", s->file.name);
	if (s->cfg.pfs > 1)
		fprintf(s->c->out, "%u functions", s->cfg.pfs);
	else
		fprintf(s->c->out, "1 function with %u VF%s", s->cfg.vfs,
			s->cfg.vfs == 1 ? "" : "s");
	fprintf(s->c->out, ", %u IDE stream%s\n", s->cfg.streams,
		s->cfg.streams == 1 ? "" : "s");
	say_profile(s);
	for (unsigned i = 0; s->misbehave && i < s->misbehave->count; i++)
		fprintf(s->c->out, "misbehaves: %s: %s (%s)\n",
			s->misbehave->one[i].is->name,
			s->misbehave->one[i].is->says,
			s->misbehave->one[i].is->source);
	for (unsigned i = 0; i < s->ats; i++)
		fprintf(s->c->out, "%s: %s\n", front[s->at[i].front],
			s->at[i].addr.text);
	if (s->machine)
		serve_machine_say(s->machine, s->user_dir);
	fprintf(s->c->out, "%s\n", s->ready[0] ? s->ready : "ready");
	fflush(s->c->out);
}

static int turn(struct serve *s)
{
	for (;;) {
		switch (vfu_turn(s->v, -1)) {
		case VFU_ON:
			break;
		case VFU_STOPPED:
		case VFU_ENDED:
			return CLI_DONE;
		case VFU_BROKEN:
			return cli_fail(s->c, "poll: %s", strerror(errno));
		}
	}
}

static void close_all(struct serve *s)
{
	serve_machine_free(s->machine);
	if (s->dev)
		device_fini(s->dev);
	vfu_free(s->v);
	crypto_drop(&s->crypto, &s->cfg.key);
	arena_unmap(&s->arena);
	ossl_free(s->lib);
}

static int with_library(struct serve *s)
{
	int ret;

	s->crypto = ossl_crypto(s->lib);
	/* Rounding of what is taken, and of the struct itself, fits a page. */
	if (arena_map(&s->arena, 0,
		      device_arena_need(&s->cfg) + sizeof(struct device) +
			      PAGE_4K) ||
	    vfu_new(&s->vfu, &s->v))
		return cli_fail(s->c, "no memory");
	if (s->user_dir)
		s->machine = serve_machine_new(s);
	if (s->user_dir && !s->machine)
		return cli_fail(s->c, "no memory");
	ret = build_device(s);
	if (ret)
		return ret;
	vfu_serve(s->v, s->dev);
	ret = listen_all(s);
	if (!ret && s->machine)
		ret = serve_machine_start(s->machine, s->v, s->user_dir);
	if (ret)
		return ret;
	say_all(s);
	return turn(s);
}

/*
 * The signals that end it are read, not caught: no handler, no global. SIGPIPE
 * is held back as well: whoever read our output may go.
 */
int serve_run(struct serve *s)
{
	sigset_t ends, held, old;
	int ret;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	held = ends;
	sigaddset(&held, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &held, &old))
		return cli_fail(s->c, "signals: %s", strerror(errno));
	s->vfu.stop_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->vfu.stop_fd < 0)
		ret = cli_fail(s->c, "signals: %s", strerror(errno));
	else if (ossl_new(&(struct ossl_cfg){ 0 }, &s->lib))
		ret = cli_fail(s->c, "cryptography cannot start");
	else
		ret = with_library(s);
	close_all(s);
	if (s->vfu.stop_fd >= 0) {
		struct signalfd_siginfo seen;

		/* Taken off, lest it be delivered when unblocked. */
		while (read(s->vfu.stop_fd, &seen, sizeof(seen)) > 0)
			;
		close(s->vfu.stop_fd);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}
