/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_LIB_DEVICE_RIG_H
#define TEST_LIB_DEVICE_RIG_H

#include "bench.h"

#include "interlock/device.h"
#include "maker.h"

/* The installed device, and the installed requester against it. */

#define UNIT_TDIS   2
#define UNIT_STREAM 5
#define UNIT_RID    0x100u

/* What the ports saw, and what they shall answer. */
struct unit_hw {
	unsigned signs, programs, goes, kills, quiesces, scrubs, entered;
	unsigned
		busy; /* how many times sign, program and quiesce say not yet */
	uint8_t key[IL_IDE_KEY_LEN];
	enum il_tdi_state at[UNIT_TDIS];
	const struct il_rule *config;
};

struct unit {
	struct il_crypto crypto;
	struct il_env env;
	uint8_t next; /* of the dice */
	struct unit_hw hw;
	struct il_device_cfg cfg;
	void *mem;
	size_t size;
	struct il_device *d;
	/* Or apart, with a pipe between them. */
	void *apart[4];
	size_t apart_size[4];
	struct il_front *front;
	struct il_pci *pci;
	struct il_pipe_front *pipe_front;
	struct il_pipe_back *pipe_back;
	uint8_t frames[2][8][2048]; /* to the front, to the back */
	size_t frame_len[2][8];
	unsigned frame_n[2];
	struct bench b;
};

void unit_open(void); /* once: an identity */
void unit_close(void);
struct unit *unit_new(void);
/* Both halves in one, or apart; then the requester. */
void unit_start(struct unit *u);
void unit_start_apart(struct unit *u);
void unit_free(struct unit *u);

/* Keys of the stream, both directions; then an interface into @st. */
void unit_key_all(struct unit *u);
void unit_bring(struct unit *u, uint32_t fn, enum il_tdi_state st);
/* TDISP's GET_STATE. */
uint8_t unit_asked(struct unit *u, uint32_t fn);

#endif
