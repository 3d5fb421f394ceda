/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DOE_DOE_H
#define DOE_DOE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "spdm/binding.h"

/*
 * Data Object Exchange: the data object as bytes, and discovery, both sides.
 * Which registers carry it is doe/mbox.h's matter; a socket or a capture
 * carries whole objects.
 * Source: PCIe Base 6.0 §6.30.1
 */

/* What an object carries; found by discovery. */
struct doe_type {
	uint16_t vendor;
	uint8_t type;
};

#define DOE_VENDOR_PCISIG 0x0001u
#define DOE_VENDOR_NONE	  0xffffu /* the end of discovery */
/* Object types of the PCI-SIG */
#define DOE_TYPE_DISCOVERY 0u
#define DOE_TYPE_SPDM	   1u /* CMA: SPDM in the clear */
#define DOE_TYPE_SECURED   2u /* secured SPDM */
/*
 * The same two with a connection id in front: several connections by one
 * mailbox. Nothing here offers or takes them.
 */
#define DOE_TYPE_SPDM_CONN    3u
#define DOE_TYPE_SECURED_CONN 4u

#define DOE_HEADER_LEN	8u
#define DOE_MAX_DW	0x40000u /* 2^18; Length says 0 */
#define DOE_MAX_PAYLOAD ((size_t)4 * (DOE_MAX_DW - 2))

/*
 * SPDM by data objects: nothing but the session id in front of a record, and
 * whole dwords. Source: PCIe Base 6.0 §6.31.3; DSP0277 1.1, section 7
 */
extern const struct spdm_binding doe_binding;

/* The type that carries SPDM, in the clear or secured. */
struct doe_type doe_spdm(bool secured);
/* Whether @t is one of the two; @secured says which, if so. */
bool doe_is_spdm(struct doe_type t, bool *secured);

/* Both dwords in front of an object. */
struct doe_header {
	struct doe_type type;
	uint32_t dw; /* dwords of the object, these included: 2 to 2^18 */
};

/* Errors: IL_E_ARG  @h->dw is out of range; IL_E_SPACE */
enum il_err doe_header_encode(struct wr *w, const struct doe_header *h) IL_MUST;

/*
 * doe_header_decode() - the header that @r begins with
 *
 * For those who get an object dword by dword; what is reserved is ignored.
 *
 * Errors:   IL_E_SHORT
 *           IL_E_FIELD  Length below 2 dwords
 */
enum il_err doe_header_decode(struct rd *r, struct doe_header *out) IL_MUST;

/*
 * doe_wrap() - put one payload into a data object
 * @w:       where the object goes; the caller owns the buffer
 * @type:    vendor id and object type, as found by discovery
 * @payload: bytes to carry, not kept; may be NULL if @len is 0. They may stand
 *           already where they go, DOE_HEADER_LEN behind what @w has
 * @len:     bytes, 0 to DOE_MAX_PAYLOAD; zeros fill up the last dword
 *
 * w->len grows by the object, or by what it needed on IL_E_SPACE.
 *
 * Errors:   IL_E_ARG    @len is too large; nothing was written
 *           IL_E_SPACE  the buffer is too small; its content is undefined
 * Context:  any; no lock, no allocation
 */
enum il_err doe_wrap(struct wr *w, struct doe_type type, const uint8_t *payload,
		     size_t len) IL_MUST;

/*
 * doe_unwrap() - take one object apart
 * @obj:     whole object, header included, as many bytes as arrived
 * @limit:   refuse objects above this many bytes
 * @payload: points into @obj; whole dwords, so the last may be padding, which
 *           only the payload's own protocol can tell
 *
 * Errors:   IL_E_SHORT  @n ends before the header or before Length
 *           IL_E_LONG   bytes follow the object
 *           IL_E_FIELD  Length below 2 dwords or above @limit
 */
enum il_err doe_unwrap(const uint8_t *obj, size_t n, size_t limit,
		       struct doe_type *type, const uint8_t **payload,
		       size_t *len) IL_MUST;

/* Discovery (§6.30.1.1): index in 7:0, version in 15:8 of the request. */
#define DOE_DISCOVERY_LEN 4u

struct doe_discovery_rsp {
	struct doe_type type;
	uint8_t next; /* 0: no more */
};

void doe_discovery_req_encode(struct wr *w, uint8_t index, uint8_t version);
enum il_err doe_discovery_req_decode(struct rd *r, uint8_t *index,
				     uint8_t *version) IL_MUST;
void doe_discovery_rsp_encode(struct wr *w, const struct doe_discovery_rsp *m);
enum il_err doe_discovery_rsp_decode(struct rd *r,
				     struct doe_discovery_rsp *out) IL_MUST;

/*
 * doe_discover() - answer a discovery request from a list of types
 * @types: what the mailbox offers, discovery itself first; at most 255
 *
 * An index past the end answers vendor DOE_VENDOR_NONE and next 0. Of a request
 * that is longer than one dword the rest is not looked at (§6.30.1).
 *
 * Errors:   IL_E_SHORT  it is shorter
 */
enum il_err doe_discover(const struct doe_type *types, size_t n,
			 const uint8_t *req, size_t req_len,
			 uint8_t rsp[DOE_DISCOVERY_LEN]) IL_MUST;

/*
 * doe_discovered() - the asking side: one answer of the walk
 * @index: what was asked, 0 at first; becomes what to ask next, 0 at the end
 * @out:   what stands there
 *
 * Indices ascend, or a device could keep its host asking for ever: a walk is
 * over after 256 answers.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG
 *           IL_E_FIELD  the answer leads back, or on from where nothing is
 */
enum il_err doe_discovered(const uint8_t *rsp, size_t n, uint8_t *index,
			   struct doe_type *out) IL_MUST;

#endif
