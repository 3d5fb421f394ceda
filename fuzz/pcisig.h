/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUZZ_PCISIG_H
#define FUZZ_PCISIG_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "idekm/codec.h"
#include "tdisp/codec.h"

/* Messages of the right shape, for engines that are asked a lot. */

#define PCISIG_MAX 80

/* IDE_KM: @key is the byte that tells one key from another. */
static inline size_t pcisig_idekm(uint8_t p[PCISIG_MAX], uint8_t object,
				  uint8_t stream, uint8_t ref, uint8_t key)
{
	memset(p, 0, PCISIG_MAX);
	p[1] = object;
	p[4] = stream;
	p[6] = ref; /* set, direction, sub-stream */
	p[8] = key;
	p[44] = 1;
	if (object == IDEKM_KEY_PROG)
		return 48;
	return object == IDEKM_QUERY ? 4 : 8;
}

/* TDISP: the request numbered @which, to the function @id. */
static inline size_t pcisig_tdisp(uint8_t p[PCISIG_MAX], uint8_t which,
				  uint16_t id, uint8_t flags, uint8_t stream,
				  const uint8_t nonce[32])
{
	static const uint8_t lens[] = { 16, 20, 36, 20, 16, 48,
					16, 17, 17, 32, 18 };
	const unsigned i = which % sizeof(lens);

	memset(p, 0, PCISIG_MAX);
	p[0] = TDISP_PROTOCOL;
	p[1] = 0x10;
	p[2] = (uint8_t)(TDISP_GET_VERSION + i);
	p[5] = (uint8_t)id;
	p[6] = (uint8_t)(id >> 8);
	if (p[2] == TDISP_LOCK_REQ) {
		p[17] = flags;
		p[19] = stream;
	} else if (p[2] == TDISP_START_REQ) {
		memcpy(p + 17, nonce, 32);
	} else if (p[2] == TDISP_GET_REPORT) {
		p[19] = 0xff;
	}
	return 1u + lens[i];
}

#endif
