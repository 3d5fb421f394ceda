/* SPDX-License-Identifier: BSD-2-Clause */
#include "halves.h"

#include <signal.h>

/*
 * The processor that speaks SPDM. It has the identity; what it asks about IDE
 * keys and interfaces goes to the other as frames, and il_front_doe() answers
 * IL_E_AGAIN until their answers have come: it is called again with the same
 * object.
 */
static enum il_err sign(void *id, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t n, uint8_t *sig,
			size_t sig_len)
{
	(void)slot;
	return il_identity_sign(id, asym, digest, n, sig, sig_len);
}

static enum il_err measure(void *id, uint8_t i, struct il_spdm_measurement *m)
{
	static const uint8_t firmware[] = "firmware 1";

	(void)id;
	m->type = 1;
	m->raw = (struct il_span){ firmware, sizeof(firmware) };
	return i == 1 ? IL_OK : IL_E_ARG;
}

static const struct il_spdm_port port = { .sign = sign, .measure = measure };

/* A back, which sees nothing of this process but its end of the pipe. */
static int back_start(const struct serve *s)
{
	int pair[2];
	char fd[16];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
		return -1;
	pid = fork();
	if (!pid) {
		snprintf(fd, sizeof(fd), "%d", pair[1]);
		for (unsigned i = 0; i < SERVE_FDS; i++)
			if (s->at[i].fd >= 0)
				close(s->at[i].fd);
		close(pair[0]);
		execl("/proc/self/exe", "back", "--back", fd, (char *)NULL);
		_exit(1);
	}
	close(pair[1]);
	printf("front %d back %d\n", (int)getpid(), (int)pid);
	fflush(stdout);
	return pair[0];
}

/* All frames that are there. False: the other end is gone. */
static bool hear(int fd, struct il_pipe_front *pipe)
{
	uint8_t frame[2048];
	ssize_t n;

	while ((n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT)) > 0)
		/* One that makes no sense changes nothing. */
		if (il_pipe_front_take(pipe, frame, (size_t)n))
			printf("a frame makes no sense\n");
	return n < 0;
}

int front_run(struct serve *s, const char *identity)
{
	static _Alignas(8) uint8_t mem[32768], pipe_mem[32768];
	struct il_device_cfg cfg = { .spdm = { .port = &port } };
	struct il_pipe_front *pipe;
	struct il_front *f;
	int fd = -1;
	const struct il_pipe_cfg p = { .send = send_frame, .ctx = &fd };
	uint64_t now = 0;
	size_t len;

	signal(SIGCHLD, SIG_IGN); /* a back is missed by its silence */
	if (!serve_identity(&cfg, identity) ||
	    il_pipe_front_init(&p, pipe_mem, sizeof(pipe_mem), &pipe) ||
	    il_front_init(&cfg.spdm, il_pipe_front_back(), pipe, mem,
			  sizeof(mem), &f))
		return 1;
	for (;; serve_wait(s, il_front_tick(f, now))) {
		if (fd >= 0 && s->at[1].revents && !hear(fd, pipe)) {
			close(fd);
			fd = -1;
			printf("the back has ended\n");
			/* Sessions whose locks are gone are not to go on. */
			il_front_reset(f);
		}
		if (fd < 0)
			fd = s->at[1].fd = back_start(s);
		now = serve_now();
		/* Also the news of sessions that have ended. */
		il_pipe_front_flush(pipe);
		if (!s->n)
			continue;
		enum il_err err = il_front_doe(f, 0, s->in.p, s->n, s->out.p,
					       sizeof(s->out.p), &len, now);

		if (err != IL_E_AGAIN)
			serve_answer(s, err, len);
	}
}
