/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IDEKM_CODEC_H
#define IDEKM_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "idekm/names.h"

/*
 * The data objects of IDE key management, protocol version of IDE_KM 1.1.
 * Bytes are those after the protocol id byte of the vendor defined message.
 *
 * Source: PCIe Base 6.x §6.33.3, IDE Key Management
 */
#define IDEKM_PROTOCOL 0 /* the protocol id byte that stands before */

enum idekm_object {
	IDEKM_QUERY = 0,
	IDEKM_QUERY_RESP = 1,
	IDEKM_KEY_PROG = 2,
	IDEKM_KP_ACK = 3,
	IDEKM_K_SET_GO = 4,
	IDEKM_K_SET_STOP = 5,
	IDEKM_K_GOSTOP_ACK = 6,
	IDEKM_OBJECTS,
};

enum idekm_status {
	IDEKM_OK = 0,
	IDEKM_BAD_LENGTH = 1,
	IDEKM_BAD_PORT = 2,
	IDEKM_BAD_FIELD = 3,
	IDEKM_FAILED = 4, /* and every larger value */
};

#define IDEKM_KEY_LEN	    32
#define IDEKM_IFV_LEN	    8
#define IDEKM_QUERY_LEN	    3
#define IDEKM_QUERY_HDR_LEN 7 /* QUERY_RESP up to the capability image */
#define IDEKM_KEY_HDR_LEN   7 /* KP_ACK, GO, STOP and ACK in full */
#define IDEKM_KEY_PROG_LEN  (IDEKM_KEY_HDR_LEN + IDEKM_KEY_LEN + IDEKM_IFV_LEN)
/* Image of an IDE extended capability: 8 link, 255 selective blocks. */
#define IDEKM_MAX_LEN (IDEKM_QUERY_HDR_LEN + 4096)

#define IDEKM_SETS 2
#define IDEKM_DIRS 2
#define IDEKM_SUBS 3

enum idekm_dir { IDEKM_RX = 0, IDEKM_TX = 1 };
enum idekm_sub { IDEKM_PR = 0, IDEKM_NPR = 1, IDEKM_CPL = 2 };

/* One object of any kind; which fields count depends on @object. */
struct idekm_msg {
	enum idekm_object object;
	bool rsvd_set; /* decoder: a reserved bit is 1; encoder ignores it */
	struct idekm_ref ref; /* QUERY, QUERY_RESP: ref.port only */
	uint8_t status;	      /* KP_ACK: enum idekm_status, 4..255 failure */
	/* QUERY_RESP */
	uint8_t devfn;
	uint8_t bus;
	uint8_t segment;
	uint8_t max_port;
	const uint8_t *cap; /* in the decoded buffer; lives as long as it */
	size_t cap_len;
	/* KEY_PROG: in the order that AES and the 96-bit IV use. */
	uint8_t key[IDEKM_KEY_LEN];
	uint8_t ifv[IDEKM_IFV_LEN];
};

/* True if the key set, direction and sub-stream exist. */
bool idekm_ref_sane(const struct idekm_ref *ref);

/*
 * idekm_decode() - read one object
 *
 * Settles shape: known object, exact length. Values of fields, also a
 * sub-stream that does not exist, are for the caller. KEY_PROG's wire order
 * (DW7 first, each DW little-endian) is undone.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG
 *           IL_E_FIELD  unknown object; a capability image that is not whole
 *                       dwords
 *           On each, @out is as before.
 * Context:  any; @out holds key bytes after KEY_PROG: the caller wipes it
 */
enum il_err idekm_decode(const uint8_t *p, size_t len,
			 struct idekm_msg *out) IL_MUST;

/*
 * idekm_encode() - write one object; reserved bits are zero
 *
 * Bits of the key reference that do not fit are dropped, so that an answer can
 * repeat a sub-stream that does not exist.
 *
 * Errors:   IL_E_ARG    not an object; a capability image not in whole dwords
 *           IL_E_SPACE  as of wr_end()
 */
enum il_err idekm_encode(struct wr *w, const struct idekm_msg *m) IL_MUST;

/* Bytes of a 32-bit-group order that IDE_KM uses: its own inverse. */
void idekm_swap_dwords(uint8_t *p, size_t len);

#endif
