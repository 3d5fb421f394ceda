/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_ABI_COVG_H
#define ARCH_COVE_ABI_COVG_H

#include <stdint.h>

/*
 * COVG, a TVM's calls of its TSM. Source: CoVE, "COVE Guest Extension";
 * CoVE-IO, "CoVE IO Guest Extension"
 */
enum cove_covg {
	COVG_ADD_MMIO_REGION = 0,	/* (gpa, len): emulated by the host */
	COVG_REMOVE_MMIO_REGION = 1,	/* (gpa, len) */
	COVG_SHARE_MEMORY_REGION = 2,	/* (gpa, len) */
	COVG_UNSHARE_MEMORY_REGION = 3, /* (gpa, len) */
	/*
	 * OPEN: CoVE has no call by which a TVM takes zero pages of its region
	 * before it touches them; the draft leaves that to faults, so do we.
	 */
	COVG_EXTEND_MEASUREMENT = 7, /* not modelled, as 4 to 10 are not */
	/* CoVE-IO */
	COVG_GET_DEVICE_LINK = 1024,	 /* (if) -> COVG_LINK_ bits */
	COVG_GET_CONN_TRANSCRIPT = 1025, /* (if, element, param, gpa, size) */
	COVG_GET_MEASUREMENTS =
		1026, /* (if, nonce gpa or 0, attr, gpa, size) */
	COVG_GET_INTERFACE_REPORT = 1027, /* (if, gpa, size) */
	COVG_GET_INTERFACE_STATE = 1028,  /* (if) -> enum cove_if_state */
	COVG_MAP_INTERFACE_MMIO = 1029,	  /* (if, gpa, hpa, size) */
	COVG_START_INTERFACE = 1030,	  /* (if) */
	COVG_STOP_INTERFACE = 1031,	  /* (if) */
};

#define COVG_LINK_SPDM 0x1
#define COVG_LINK_IDE  0x2

enum cove_element {
	COVE_ELEMENT_FULL = 0,
	COVE_ELEMENT_CERTIFICATE = 1, /* param: slot, 0 to 7 */
	COVE_ELEMENT_MEASUREMENT = 2,
	COVE_ELEMENT_VCA = 3,
	COVE_ELEMENT_SESSION = 4,
	COVE_ELEMENT_TDISP_VC = 5,
	COVE_ELEMENTS,
};

#define COVG_MEAS_RAW  0x2 /* RawBitStreamRequested; other bits are ignored */
#define COVG_NONCE_LEN 32

enum cove_if_state {
	COVE_IF_UNLOCKED = 0,
	COVE_IF_LOCKED = 1,
	COVE_IF_RUNNING = 2,
	COVE_IF_ERROR = 3,
};

/*
 * Calls that hand bytes out take a buffer of confidential memory, aligned to
 * 4 KiB. OPEN: how the TVM learns how many bytes came. value is that number; a
 * buffer too small is INVALID_PARAM with the number needed, and nothing was
 * written.
 *
 * Calls that need the device leave the TVM: the host sees the ECALL (COVG,
 * function, arguments) and a pending transaction in the device's buffer; it
 * repeats run_tvm_vcpu() with the answer in place. OPEN: the draft's diagrams
 * say only that the exchange takes place during run_vcpu.
 */

#endif
