/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TSM_GATE_H
#define TSM_GATE_H

#include <stdint.h>

/*
 * Which step may come when differs between architectures, so it is a table of
 * the backend: for each gate the binding states in which it is open and what
 * else must hold.
 */
enum tsm_gate {
	TSM_GATE_MMIO_ACCEPT,
	TSM_GATE_MMIO_DROP,
	TSM_GATE_START,
	TSM_GATE_DMA_ON,
	TSM_GATE_DMA_OFF,
	TSM_GATE_STOP,
	TSM_GATE_RELEASE, /* of the TDI's context */
	TSM_GATES,
};

/* Bits of tsm_gate_row.needs */
#define TSM_NEED_LOCK_ID 0x01 /* the caller names the current lock session */
#define TSM_NEED_REPORT	 0x02 /* report taken in this lock session */
#define TSM_NEED_MEAS	 0x04 /* measurements taken in this lock session */
#define TSM_NEED_DMA_OFF 0x08 /* trusted entry invalid */
#define TSM_NEED_NO_MMIO 0x10 /* no accepted MMIO page left */
#define TSM_NEED_TVM	 0x20 /* bound to a TVM */
#define TSM_NEED_NO_TVM	 0x40 /* bound to none */

struct tsm_gate_row {
	uint16_t states; /* bit n: open in state n of enum tsm_bind_state */
	uint8_t needs;
};

/*
 * If TSM_GATE_STOP needs TSM_NEED_DMA_OFF, the core has the trusted entry
 * taken away before it sends STOP, else after STOP was confirmed.
 */
struct tsm_gates {
	struct tsm_gate_row row[TSM_GATES];
	/* Bits of a report's interface info that may be set (law 31). */
	uint16_t report_info;
	/* Those of them that must be. */
	uint16_t report_need;
	/* Address bits that a device must drive; 0: any will do. */
	uint8_t addr_width;
};

#endif
