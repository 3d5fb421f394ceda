/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_CAPS_H
#define SPDM_CAPS_H

#include "spdm/codec.h"

/*
 * What the flags of GET_CAPABILITIES and CAPABILITIES mean in each version.
 * Source: DSP0274 1.0.2 to 1.4.0, section 10.3 (tables of flags); which flags
 * need or exclude others is as in DMTF's implementation
 */

/* Flags that @version knows of a requester, or of a responder; what else is
 * set is reserved, and ignored. */
uint32_t spdm_caps_mask(uint8_t version, bool requester);

/* Whether flags, masked as above, go together. */
bool spdm_caps_good(uint8_t version, bool requester, uint32_t flags);

/*
 * Whether sessions may come of it: of both sides, masked. A session that
 * only authenticates, or only encrypts, is not one that we make: without
 * ENCRYPT and MAC of both KEY_EXCHANGE and PSK_EXCHANGE are unsupported.
 */
static inline bool spdm_caps_sessions(uint32_t ours, uint32_t theirs)
{
	const uint32_t need = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;

	return (ours & theirs & need) == need;
}

/* The same of each kind. */
static inline bool spdm_caps_dhe(uint32_t ours, uint32_t theirs)
{
	return spdm_caps_sessions(ours, theirs) &&
	       (ours & theirs & SPDM_CAP_KEY_EX);
}

/* The requester's field of PSK has one value, the responder's two. */
static inline bool spdm_caps_psk(uint32_t ours, uint32_t theirs)
{
	return spdm_caps_sessions(ours, theirs) && (ours & SPDM_CAP_PSK_MASK) &&
	       (theirs & SPDM_CAP_PSK_MASK);
}

#endif
