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
/* BARs of function @n. */
#define RIG_BAR0(n) (UINT64_C(0xc0000000) + (n)*UINT64_C(0x200000))
#define RIG_BAR2(n) (RIG_BAR0(n) + 0x100000)

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
/* With functions that have no MSI-X. */
void rig_new_intx(struct rig *r);
void rig_free(struct rig *r);
/* All RAM of a VM, from address 0, as shared memory. */
void rig_give(struct rig *r, enum ep_space s);
/*
 * The host's device table at 1 MiB of its memory: functions of bus 1 reach its
 * first 16 MiB where they are, and may interrupt. Through "host".
 */
void rig_devtab(struct rig *r, struct ep *host);
#define RIG_DEVTAB  UINT64_C(0x100000)
#define RIG_IOTABLE UINT64_C(0x110000)
/* As firmware of the host VM does it: BARs of function @n, Command. */
void rig_enumerate(struct ep *e, unsigned n);
/* A command of the engine, to its end; its error register. */
uint32_t rig_dma(struct rig *r, struct ep *e, uint32_t cmd, uint64_t src,
		 uint64_t dst, uint32_t len);
/* An instruction of the host on one page; its code. */
uint32_t rig_rmpupdate(struct ep *host, uint64_t pa, uint64_t gpa,
		       uint32_t asid);
struct rig_user *rig_user_of(struct rig *r, struct ep *e);

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
