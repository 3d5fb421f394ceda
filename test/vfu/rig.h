/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_VFU_RIG_H
#define TEST_VFU_RIG_H

#include "check.h"
#include "fake_env.h"
#include "maker.h"

#include "device/device.h"
#include "emu/frame.h"
#include "link/sock.h"
#include "vfu/vfu.h"

/*
 * A served device and its clients in one process: the test turns the loop, so
 * that nothing depends on who runs when. The clock is the test's.
 */
struct rig {
	char dir[64];
	struct sock_addr spdm;
	struct maker maker;
	struct fake_env fenv;
	struct env env;
	struct arena arena;
	struct vfu_cfg vfu_cfg; /* a test may alter these before rig_start() */
	struct device_cfg cfg;
	struct device *dev;
	struct vfu *v;
	uint64_t now_ns;
	unsigned said;
	char last[512]; /* line that was said */
	enum vfu_turned end;
};

int rig_open(void **state);
int rig_close(void **state);
void rig_start(struct rig *r);
void rig_turns(struct rig *r, unsigned n);
/* One turn that may wait for ever, and must not: there is work to do. */
void rig_turn_at_work(struct rig *r);

/* A frame as a client has it. */
struct rig_frame {
	uint32_t command, transport, len;
	uint8_t p[EMU_PAYLOAD_MAX];
};

int rig_client(struct rig *r);
void rig_send(int fd, const void *p, size_t n);
void rig_ask(int fd, uint32_t command, uint32_t transport, const void *p,
	     size_t n);
/* The next frame for @fd; fails the test if none comes. */
const struct rig_frame *rig_answer(struct rig *r, int fd);
/* Nothing comes and the connection stays. */
void rig_silent(struct rig *r, int fd);
/* The server closes it, after nothing else; closes it here too. */
void rig_closed(struct rig *r, int fd);

/* An SPDM message in a DOE object, as command 1 with transport 2. */
void rig_doe(int fd, uint8_t type, const void *msg, size_t n);

#define RIG_GET_VERSION "\x10\x84\0\0"

#endif
