/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFU_USER_PRIV_H
#define VFU_USER_PRIV_H

#include <linux/aio_abi.h>
#include <sys/types.h>

#include "base/bits.h"
#include "link/sock.h"
#include "vfu/proto.h"
#include "vfu/user.h"

/* Data of one message: what counts for who names no max_data_xfer_size. */
#define VUSER_DATA_MAX VUSER_DEF_XFER
#define VUSER_MSG_MAX  (VUSER_HDR_LEN + VUSER_ACCESS_LEN + VUSER_DATA_MAX)
#define VUSER_FDS      16u /* with one message; QEMU sends no more */
#define VUSER_MAPS     64u
/* Requests that may come while a client owes an answer to us, in bytes. */
#define VUSER_BACKLOG (4u << 20)

struct vuser_msg {
	struct vuser_msg *next;
	struct vuser_hdr hdr;
	unsigned fds;
	int fd[VUSER_FDS]; /* -1: somebody has taken it */
	bool excess;	   /* more came than it may have */
	uint8_t body[];
};

/* A piece of memory that the client has given. */
struct vuser_map {
	bool used;
	bool given; /* the machine has it, and may come to it */
	struct vuser_fn *fn;
	uint64_t addr;
	uint64_t size;
	uint8_t *at; /* mapped; else NULL */
	int fd;	     /* read and written instead; -1: by messages */
	uint64_t offset;
};

/* One function, and its client if there is one. */
struct vuser_fn {
	struct vuser *u;
	struct ep *ep;
	int door;
	struct sock_addr addr;
	dev_t dev; /* of the socket's file, and its number there */
	ino_t ino;

	int fd;		 /* -1: nobody */
	unsigned number; /* of the client, for what is said of it */
	bool open;	 /* the function is: versions are agreed on */
	bool eof;	 /* it sends no more */
	bool dying;	 /* dropped once nothing stands on it any more */
	bool multi;	 /* REGION_WRITE_MULTI was agreed on */
	uint32_t xfer;	 /* the client's max_data_xfer_size */

	/* What comes: a header, then the rest of its message. */
	uint8_t hdr[VUSER_HDR_LEN];
	size_t have; /* bytes of it, header included */
	struct vuser_msg *part;
	unsigned fds; /* those that came with the header */
	int got[VUSER_FDS];
	bool excess;
	struct vuser_msg *first, *last; /* requests to be served */
	size_t backlog;

	uint8_t *out; /* what it has not taken yet */
	size_t out_len, out_pos;
	uint64_t since_ns; /* when it began to owe us something */
	bool owes;

	/* Our own message to it, of which there is one at a time. */
	bool asking;
	uint16_t ask_id;
	uint16_t ask_cmd;
	struct vuser_msg *answer;
	uint64_t waited_ns; /* in this turn */

	struct vuser_map map[VUSER_MAPS];
	int intx; /* eventfd; -1: none */
	bool intx_masked;
	bool intx_wanted;
	int msix[EP_MSIX_MAX];
	unsigned msix_wanted;
};

/* What eventfds are signalled by. */
struct vuser_event {
	aio_context_t aio; /* 0: none */
	int file;	   /* an empty one */
	struct io_event done;
};

struct vuser {
	struct vuser_cfg cfg;
	struct vuser_event event;
	struct vuser_fn fn[VUSER_EPS];
	unsigned fns;
	unsigned number; /* connections taken so far */
	uint64_t now_ns;
	uint64_t deaf_ns; /* no connection is taken before */
	uint8_t reply[VUSER_MSG_MAX];
};

/* --- user_io.c: bytes --- */

/*
 * Takes what has come until a request is whole; false: no more for now. What
 * breaks the stream makes @f die.
 */
bool vuser_recv(struct vuser_fn *f);
/* What was not taken before, and then @p. Makes @f die if it is gone. */
void vuser_send(struct vuser_fn *f, const void *p, size_t len, const void *more,
		size_t more_len);
void vuser_flush(struct vuser_fn *f);
static inline bool vuser_writes(const struct vuser_fn *f)
{
	return f->out_pos < f->out_len;
}
/* Descriptors that were not taken are closed. NULL is fine. */
void vuser_msg_free(struct vuser_msg *m);
/* Forgets all that was to come and to go. */
void vuser_io_reset(struct vuser_fn *f);

/* --- user.c --- */

/* A new client of a function that has none; the socket is not blocking. */
void vuser_attach(struct vuser_fn *f, int fd);
/* @why NULL: it left by itself. Safe anywhere: closing comes later. */
void vuser_die(struct vuser_fn *f, const char *why);
/* One line about the client: @what, and then @why. */
void vuser_say(struct vuser_fn *f, const char *what, const char *why);

/* --- user_cmd.c --- */

/* One request, answered unless nobody wants to hear. */
void vuser_serve(struct vuser_fn *f, struct vuser_msg *m);

/* Commands of other files: 0 or an errno; what is in @w follows the header. */
int vuser_dma_map(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		  struct wr *w);
int vuser_dma_unmap(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		    struct wr *w);
int vuser_set_irqs(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		   struct wr *w);

/* --- user_event.c --- */

/* Cannot fail: there is a way without the kernel's help. */
void vuser_event_open(struct vuser_event *e, bool plain);
void vuser_event_close(struct vuser_event *e);
/* @fd -1: none. */
void vuser_event_signal(struct vuser_event *e, int fd);

/* --- user_dma.c, user_irq.c --- */

void vuser_dma_close(struct vuser_fn *f);
void vuser_irq_init(struct vuser_fn *f);
void vuser_irq_close(struct vuser_fn *f);
extern const struct ep_user_ops vuser_irq_ops;

#endif
