/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SERVE_H
#define SERVE_H

/*
 * What stands in for the link: DOE data objects in the frames of DMTF's
 * emulator (docs/emulator.md), over a Unix socket. Clients share one mailbox:
 * an object that waits for its answer is the only one there is.
 */
#include <arpa/inet.h>
#include <interlock/device.h>
#include <interlock/openssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SERVE_FDS 18 /* the socket, one of the example's own, clients */

struct serve_frame {
	uint32_t head[3]; /* command 1, transport 2, bytes; big-endian */
	uint8_t p[4608];
};

struct serve {
	struct pollfd at[SERVE_FDS]; /* [1] is the example's to set */
	unsigned who;		     /* whose object waits */
	size_t n;		     /* bytes of it, in in.p; 0: none waits */
	struct serve_frame in, out;
};

static inline uint64_t serve_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Bytes of DIR/NAME, or none. */
static inline size_t serve_file(const char *dir, const char *name, uint8_t *out,
				size_t cap)
{
	char path[512];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(out, 1, cap, f);
	fclose(f);
	return n;
}

/*
 * What a product has in fuses and in its boot image: fills in cryptography,
 * randomness, certificates, and the identity that signs as the port's context.
 */
static inline bool serve_identity(struct il_device_cfg *out, const char *dir)
{
	static uint8_t chain[32768], key[8192];
	const struct il_span c = { chain, serve_file(dir, "chain.pem", chain,
						     sizeof(chain)) };
	const struct il_span k = { key, serve_file(dir, "leaf.key", key,
						   sizeof(key)) };
	struct il_crypto_openssl *o;
	struct il_spdm_cfg *cfg = &out->spdm;
	struct il_identity *id;

	if (il_crypto_openssl_new(0, &o) ||
	    il_identity_load(o, c, k, &id, NULL))
		return false;
	cfg->crypto = il_crypto_openssl_table(o);
	cfg->env = out->pci.env = il_crypto_openssl_env(o);
	cfg->port_ctx = id;
	cfg->asym = il_identity_asym(id);
	cfg->slots[0].certs = il_identity_certs(id);
	return true;
}

static inline bool serve_open(struct serve *s, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	for (unsigned i = 0; i < SERVE_FDS; i++)
		s->at[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (strlen(path) >= sizeof(at.sun_path))
		return false;
	memcpy(at.sun_path, path, strlen(path) + 1);
	s->at[0].fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(s->at[0].fd, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(s->at[0].fd, 16))
		return false;
	printf("ready\n");
	return !fflush(stdout);
}

static inline void serve_drop(struct serve *s, unsigned i)
{
	close(s->at[i].fd);
	s->at[i].fd = -1;
	s->n = 0;
}

static inline void serve_accept(struct serve *s)
{
	const struct timeval patience = { .tv_sec = 2 };
	int fd = accept(s->at[0].fd, NULL, NULL);
	unsigned i = 2;

	while (i < SERVE_FDS && s->at[i].fd >= 0)
		i++;
	if (i == SERVE_FDS) {
		close(fd);
		return;
	}
	/* Who sends half a frame, or reads no answer, holds up others. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	s->at[i].fd = fd;
}

static inline void serve_read(struct serve *s, unsigned i)
{
	struct serve_frame *f = &s->in;
	size_t n;

	if (recv(s->at[i].fd, f->head, 12, MSG_WAITALL) != 12 ||
	    ntohl(f->head[0]) != 1 || ntohl(f->head[1]) != 2) {
		serve_drop(s, i);
		return;
	}
	n = ntohl(f->head[2]);
	if (!n || n > sizeof(f->p) ||
	    recv(s->at[i].fd, f->p, n, MSG_WAITALL) != (ssize_t)n) {
		serve_drop(s, i);
		return;
	}
	s->who = i;
	s->n = n;
}

/* Until something comes, but not beyond @until_ns. */
static inline void serve_wait(struct serve *s, uint64_t until_ns)
{
	const uint64_t now = serve_now();
	const uint64_t ms = until_ns > now ? (until_ns - now) / 1000000 + 1 : 0;

	/* While an object waits, no client is heard. */
	if (poll(s->at, s->n ? 2 : SERVE_FDS, ms < 1000 ? (int)ms : 1000) <= 0)
		return;
	if (s->at[0].revents)
		serve_accept(s);
	for (unsigned i = 2; i < SERVE_FDS && !s->n; i++)
		if (s->at[i].fd >= 0 && s->at[i].revents)
			serve_read(s, i);
}

/* The object that waited has its answer, @len bytes of out.p, or has none. */
static inline void serve_answer(struct serve *s, enum il_err err, size_t len)
{
	struct serve_frame *f = &s->out;

	f->head[0] = htonl(1);
	f->head[1] = htonl(2);
	f->head[2] = htonl((uint32_t)len);
	s->n = 0;
	/* What is no data object: where the next begins is anyone's guess. */
	if (err || (len && send(s->at[s->who].fd, f, 12 + len, MSG_NOSIGNAL) !=
				   (ssize_t)(12 + len)))
		serve_drop(s, s->who);
}

#endif
