/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_BOARD_RIG_H
#define TEST_BOARD_RIG_H

#include "check.h"
#include "fake_env.h"

#include "board/board_priv.h"
#include "crypto/fake.h"
#include "device/device.h"

/*
 * A machine with a device at the end of a queue; who has its functions open
 * counts interrupts.
 */
#define RIG_RING (1u << 20)
#define RIG_RAM	 (16u << 20) /* of each VM, shared */
#define RIG_BAR0 UINT64_C(0xc0000000)
#define RIG_BAR2 UINT64_C(0xc0100000)

struct rig_user {
	unsigned fired[2]; /* by enum ep_irq */
	unsigned vector;   /* the last */
	bool up;	   /* INTx */
};

struct rig {
	struct arena arena;
	struct fake_env fenv;
	struct env env;
	struct fake_crypto fcrypto;
	struct crypto crypto;
	struct link_queue queue;
	struct device dev;
	struct board *b;
	uint64_t now;
	bool hang; /* the device does not run */
	uint8_t *ram[EP_SPACES];
	struct rig_user user[BOARD_EPS];
	unsigned refused;
	struct fault last; /* that was refused */
};

void rig_new(struct rig *r);
void rig_free(struct rig *r);
/* All RAM of a VM, from address 0, as shared memory. */
void rig_give(struct rig *r, enum ep_space s);
/* The function of that name, open. */
struct ep *rig_ep(struct rig *r, const char *name);
struct ep *rig_open(struct rig *r, const char *name);

uint32_t rig_cfg(struct ep *e, uint32_t off, uint32_t len);
void rig_cfg_put(struct ep *e, uint32_t off, uint32_t len, uint32_t v);
uint64_t rig_bar(struct ep *e, unsigned bar, uint64_t off, uint32_t len);
void rig_bar_put(struct ep *e, unsigned bar, uint64_t off, uint32_t len,
		 uint64_t v);
/* Offset of a capability; 0: none. */
uint32_t rig_cap(struct ep *e, uint8_t id);
uint32_t rig_ecap(struct ep *e, uint16_t id);

#endif
