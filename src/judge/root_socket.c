/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>
#include <unistd.h>

#include "judge/root.h"
#include "link/sock.h"

#define NS_PER_MS UINT64_C(1000000)

static enum il_err wait_frame(void *ctx, uint64_t ns)
{
	struct root_socket *s = ctx;
	const uint64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS;

	if (link_socket_gone(&s->link))
		return IL_E_IO;
	return link_socket_wait(&s->link, ms < 60000 ? (int)ms : 60000);
}

static uint64_t now(void *ctx)
{
	const struct root_socket *s = ctx;

	return s->mono_ns();
}

enum il_err root_connect(struct root_socket *s, const struct sock_addr *a,
			 unsigned timeout_ms, uint64_t (*mono_ns)(void),
			 struct root_way *out, int *code)
{
	enum il_err err;

	s->mono_ns = mono_ns;
	s->fd = sock_connect(a, (int)timeout_ms);
	*code = 0;
	if (s->fd < 0) {
		*code = -s->fd;
		s->fd = -1;
		return IL_E_IO;
	}
	err = link_socket_init(&s->link, s->fd, s->buf, sizeof(s->buf));
	if (err)
		return err;
	*out = (struct root_way){ .end = link_socket_end(&s->link),
				  .wait = wait_frame,
				  .now_ns = now,
				  .ctx = s };
	return IL_OK;
}

void root_hang_up(struct root_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
