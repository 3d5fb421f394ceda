/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TDISP_CODEC_H
#define TDISP_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "tdisp/names.h"

/*
 * TDISP messages, version 1.0. Bytes are those after the protocol id byte of
 * the vendor defined message. Everything is little-endian.
 *
 * Source: PCIe Base 6.x §11.3, TDISP message formats
 */
#define TDISP_PROTOCOL 1 /* the protocol id byte that stands before */

#define TDISP_VERSION_10 0x10

enum tdisp_code {
	TDISP_VERSION = 0x01,
	TDISP_CAPABILITIES = 0x02,
	TDISP_LOCK_RSP = 0x03,
	TDISP_REPORT = 0x04,
	TDISP_STATE = 0x05,
	TDISP_START_RSP = 0x06,
	TDISP_STOP_RSP = 0x07,
	TDISP_BIND_P2P_RSP = 0x08,
	TDISP_UNBIND_P2P_RSP = 0x09,
	TDISP_SET_MMIO_ATTR_RSP = 0x0a,
	TDISP_VDM_RSP = 0x0b,
	TDISP_ERROR = 0x7f,
	TDISP_GET_VERSION = 0x81,
	TDISP_GET_CAPABILITIES = 0x82,
	TDISP_LOCK_REQ = 0x83,
	TDISP_GET_REPORT = 0x84,
	TDISP_GET_STATE = 0x85,
	TDISP_START_REQ = 0x86,
	TDISP_STOP_REQ = 0x87,
	TDISP_BIND_P2P_REQ = 0x88,
	TDISP_UNBIND_P2P_REQ = 0x89,
	TDISP_SET_MMIO_ATTR_REQ = 0x8a,
	TDISP_VDM_REQ = 0x8b,
};

/* States of a TDI, enum tdi_state. */
#define TDI_STATES 4

#define TDISP_HDR_LEN	   16
#define TDISP_NONCE_LEN	   32
#define TDISP_RANGE_LEN	   16
#define TDISP_MAX_VERSIONS 255
#define TDISP_MSGS_LEN	   16
/* The longest fixed-form message; REPORT and VDM carry more. */
#define TDISP_FIXED_MAX 48

/* LOCK flags. */
#define TDISP_LOCK_NO_FW_UPDATE	  0x0001
#define TDISP_LOCK_CACHE_LINE_128 0x0002
#define TDISP_LOCK_MSIX		  0x0004
#define TDISP_LOCK_BIND_P2P	  0x0008
#define TDISP_LOCK_REDIRECT	  0x0010
#define TDISP_LOCK_FLAGS	  0x001f

/* INTERFACE_ID: RID 15:0, segment 23:16, segment valid 24. */
#define TDISP_FN_RID	   0x0000ffffu
#define TDISP_FN_SEGMENT   0x00ff0000u
#define TDISP_FN_SEG_VALID 0x01000000u

struct tdisp_iface {
	uint32_t function_id;
	uint64_t rsvd;
};

struct tdisp_caps {
	uint32_t dsm_caps;
	uint8_t msgs[TDISP_MSGS_LEN]; /* bit n: request code 0x80 + n */
	uint16_t lock_flags;
	uint8_t addr_width;
	uint8_t num_req_this;
	uint8_t num_req_all;
};

/* Attributes of a MMIO range. */
#define TDISP_RANGE_MSIX_TABLE 0x0001
#define TDISP_RANGE_MSIX_PBA   0x0002
#define TDISP_RANGE_NON_TEE    0x0004
#define TDISP_RANGE_UPDATABLE  0x0008
#define TDISP_RANGE_ATTRS      0x000f

/* One message of any kind; @hdr.code says which member of the union counts. */
struct tdisp_msg {
	uint8_t version;
	enum tdisp_code code;
	bool rsvd_set; /* decoder: a reserved byte is not 0; encoder ignores */
	struct tdisp_iface iface;
	union {
		struct { /* VERSION; in the decoded buffer */
			const uint8_t *entries;
			uint8_t count;
		} versions;
		uint32_t tsm_caps;		/* GET_CAPABILITIES */
		struct tdisp_caps caps;		/* CAPABILITIES */
		struct tdisp_lock lock;		/* LOCK_REQ */
		uint8_t nonce[TDISP_NONCE_LEN]; /* LOCK_RSP, START_REQ */
		struct {			/* GET_REPORT */
			uint16_t offset;
			uint16_t length;
		} get_report;
		struct { /* REPORT; in the decoded buffer */
			const uint8_t *data;
			uint16_t portion;
			uint16_t remainder;
		} report;
		uint8_t state;		  /* STATE: enum tdi_state or worse */
		uint8_t stream;		  /* BIND_P2P_REQ, UNBIND_P2P_REQ */
		struct tdisp_range range; /* SET_MMIO_ATTR_REQ */
		struct {		  /* VDM_REQ, VDM_RSP; in the buffer */
			uint8_t registry; /* 0 PCI-SIG, 1 CXL */
			uint8_t id_len;
			const uint8_t *id;
			const uint8_t *data;
			size_t len;
		} vdm;
		struct { /* ERROR; ext in the decoded buffer */
			uint32_t code;
			uint32_t data;
			const uint8_t *ext;
			size_t ext_len;
		} error;
	};
};

/*
 * tdisp_hdr_decode() - the 16 bytes that all messages begin with
 *
 * Any code passes, also one that is not in enum tdisp_code.
 *
 * Errors:   IL_E_SHORT; @out is as before
 */
enum il_err tdisp_hdr_decode(struct rd *r, struct tdisp_msg *out) IL_MUST;

/*
 * tdisp_decode() - read one message
 *
 * Settles shape: known code, exact length. Pointers in @out live as long as
 * @p. Values are for the caller.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG
 *           IL_E_FIELD  a code that is not defined
 *           On each, @out is as before.
 */
enum il_err tdisp_decode(const uint8_t *p, size_t len,
			 struct tdisp_msg *out) IL_MUST;

/*
 * tdisp_encode() - write one message; reserved bytes are zero
 *
 * Errors:   IL_E_ARG    a code that is not defined
 *           IL_E_SPACE  as of wr_end()
 */
enum il_err tdisp_encode(struct wr *w, const struct tdisp_msg *m) IL_MUST;

/* Fields of one MMIO range, in messages and in the report. */
void tdisp_range_decode(struct rd *r, struct tdisp_range *out);
void tdisp_range_encode(struct wr *w, const struct tdisp_range *range);

/* True if @code is a defined request, or response (ERROR included). */
bool tdisp_is_request(unsigned code);
bool tdisp_is_response(unsigned code);

#endif
