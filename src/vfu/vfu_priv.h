/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFU_PRIV_H
#define VFU_PRIV_H

#include <sys/types.h>

#include "device/device.h"
#include "emu/frame.h"
#include "link/socket.h"
#include "vfu/plug.h"
#include "vfu/vfu.h"

#define VFU_FRAME_MAX (EMU_HDR_LEN + EMU_PAYLOAD_MAX)

/* Shares those of the mailbox and of MCTP with all others. */
#define CONN_SHARED 0u

struct vfu_client {
	int fd; /* -1: free */
	unsigned door;
	unsigned conn;	   /* SPDM connection of its own, or CONN_SHARED */
	unsigned number;   /* of the connection, for what is said of it */
	bool eof;	   /* it sends no more */
	bool closing;	   /* once it has its answer */
	uint64_t since_ns; /* when it began to owe us something */
	bool owes;
	size_t in_len;
	size_t out_len;
	size_t out_pos;
	uint8_t in[VFU_FRAME_MAX];
	uint8_t out[VFU_FRAME_MAX];
};

struct vfu_door {
	int fd;
	enum vfu_front front;
	struct sock_addr addr;
	dev_t dev; /* of a Unix socket's file, and its number there */
	ino_t ino;
};

/* Packets that wait for either end, each way. */
#define VFU_LINK_BUF (128u << 10)

/* The root port. One at a time. */
struct vfu_root {
	int fd; /* -1: none */
	struct link_socket socket;
	struct link_end end;
	unsigned taken; /* frames in this turn */
	uint8_t buf[2 * VFU_LINK_BUF];
};

struct vfu {
	struct vfu_cfg cfg;
	struct device *dev;
	struct vfu_door door[VFU_DOORS];
	unsigned doors;
	uint64_t deaf_ns; /* no connection is taken before */
	struct vfu_client *client;
	unsigned number; /* connections taken so far */
	bool busy;	 /* there may be more to do at once */
	/* Whose request the device has not answered yet; NULL: nobody's. */
	struct vfu_client *asking;
	uint64_t now_ns;
	struct vfu_root root;
	const struct vfu_plug_ops *plug; /* NULL: none */
	void *plug_ctx;
	uint8_t reply[EMU_PAYLOAD_MAX];
};

/* What is to become of a frame that a client sent. */
enum vfu_verdict {
	VFU_ANSWER, /* send the reply, if it has a command */
	VFU_LATER,  /* the device needs time: ask again with the same frame */
	VFU_LAST,   /* send the reply, then close */
	VFU_END,    /* send the reply, then end the program */
	VFU_DROP,   /* close at once; *why says what was wrong */
};

/*
 * vfu_spdm_frame() - one frame of the emulator's framing
 * @conn:  as of struct vfu_client
 * @reply: command 0: there is none; the payload is in v->reply
 * @why:   written with VFU_DROP
 */
enum vfu_verdict vfu_spdm_frame(struct vfu *v, unsigned conn,
				const struct emu_frame *f,
				struct emu_frame *reply, const char **why);

/* The same for one TDISP message without SPDM; moves nothing. */
enum vfu_verdict vfu_bare_tdisp(struct vfu *v, unsigned conn,
				const struct emu_frame *f,
				struct emu_frame *reply, const char **why);

/* The same for a message of the side channel. */
enum vfu_verdict vfu_side(struct vfu *v, unsigned conn,
			  const struct emu_frame *f, struct emu_frame *reply,
			  const char **why);

#endif
