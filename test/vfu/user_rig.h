/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_VFU_USER_RIG_H
#define TEST_VFU_USER_RIG_H

#include "check.h"

#include "base/bytes.h"
#include "vfu/user.h"

/*
 * A server of vfio-user over functions and a machine of the test's own, and
 * clients that write their bytes by hand. The test turns the loop, so that
 * nothing depends on who runs when. The clock is the test's.
 */

#define URIG_PIECES 80u
#define URIG_BAR    0x10000u

/* BAR 0: a write of 8 bytes here starts one access to that address. */
#define URIG_FETCH 0x100u
#define URIG_STORE 0x108u

struct urig_ep {
	struct ep ep;
	struct urig *r;
	const struct ep_user_ops *user; /* NULL: closed */
	void *ctx;
	enum il_err open_err;
	uint8_t cfg[EP_CFG_SIZE];
	uint8_t bar[URIG_BAR];
	unsigned opened, closed, resets, writes, seen;
	unsigned irqs[2]; /* last of irq_set, by kind */
	unsigned irq_sets;
	bool level; /* INTx is asserted */
	/* What its accesses to memory move. */
	uint8_t data[1u << 16];
	uint32_t len;
	enum il_err dma;
	unsigned dmas;
};

struct urig {
	char dir[64];
	struct vuser_cfg cfg; /* a test may alter it before urig_start() */
	struct vuser *u;
	struct urig_ep ep[2];
	uint64_t now_ns;
	uint64_t step_ns; /* added each time that the clock is read */
	unsigned said;
	char last[512];
	struct urig_piece {
		struct ep_piece p; /* size 0: none */
		enum ep_space space;
		const void *owner;
	} piece[URIG_PIECES];
	enum il_err give_err;
	bool more; /* what the last turn said */
	/* In the middle of a function's access, before memory is reached. */
	void (*before)(struct urig *r);
	/* Once in each turn, as a machine that moves by itself. */
	void (*run)(struct urig *r);
};

int urig_open(void **state);
int urig_close(void **state);
/* One function at "fn0", and another at "host". */
void urig_start(struct urig *r);
void urig_turns(struct urig *r, unsigned n);
/* Pieces that the machine has. */
unsigned urig_pieces(const struct urig *r);

/* A connection to function @i; urig_hello() also agrees on the version. */
int urig_connect(struct urig *r, unsigned i);
int urig_hello(struct urig *r, unsigned i);

/* @n bytes, and descriptors with the first of them. */
void urig_raw(int fd, const void *p, size_t n, const int *fds, unsigned nfds);
/* A message: header by hand, then @p. */
void urig_send(int fd, uint16_t id, uint16_t cmd, uint32_t flags, const void *p,
	       size_t n, const int *fds, unsigned nfds);

struct urig_msg {
	uint16_t id, cmd;
	uint32_t size, flags, error;
	uint8_t p[1u << 17];
};

/* The next message; fails the test if none comes. */
const struct urig_msg *urig_get(struct urig *r, int fd);
/* Sends a command and takes the reply, whose payload is @len bytes @want. */
void urig_ask(struct urig *r, int fd, uint16_t cmd, const void *p, size_t n,
	      const void *want, size_t len);
/* Likewise; it is refused with @err and nothing else. */
void urig_refused(struct urig *r, int fd, uint16_t cmd, const void *p, size_t n,
		  uint32_t err);
/* Nothing comes and the connection stays. */
void urig_silent(struct urig *r, int fd);
/* The server closes it, after nothing else; closes it here too. */
void urig_closed(struct urig *r, int fd);

/* A sealed memory file of @size bytes; an unsealed one with @seal false. */
int urig_memory(size_t size, bool seal);
/* DMA_MAP, answered with @err. @fd -1: none is sent. */
void urig_map(struct urig *r, int client, uint32_t flags, uint64_t offset,
	      uint64_t addr, uint64_t size, int fd, uint32_t err);

/* The machine's own access to a space, by the newest piece. */
enum il_err urig_read(struct urig *r, enum ep_space s, uint64_t addr,
		      uint8_t *buf, uint32_t len);
enum il_err urig_write(struct urig *r, enum ep_space s, uint64_t addr,
		       const uint8_t *buf, uint32_t len);

#endif
