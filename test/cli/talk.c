/* SPDX-License-Identifier: BSD-2-Clause */
#include "talk.h"

#include "child.h"

/*
 * Requests of a requester that is not ours: test/vectors/tdisp12.pcap, packets
 * 7, 9, 11 and 13 (SPDM 1.2, P-384, SHA-384).
 */
const uint8_t talk_get_version[TALK_GET_VERSION] = { 1, 0, 1,	 0,    3, 0,
						     0, 0, 0x10, 0x84, 0, 0 };
const uint8_t talk_get_caps[TALK_GET_CAPS] = { 1,    0,	   1, 0, 7, 0,	  0, 0,
					       0x12, 0xe1, 0, 0, 0, 0,	  0, 0,
					       0xc6, 0xe6, 0, 0, 0, 0x12, 0, 0,
					       0,    0x12, 0, 0 };
const uint8_t talk_negotiate[TALK_NEGOTIATE] = {
	1,    0, 1,    0,    0x0e, 0, 0, 0,    0x12, 0xe3, 4, 0,    0x30, 0,
	1,    2, 0x80, 0,    0,	   0, 2, 0,    0,    0,	   0, 0,    0,	  0,
	0,    0, 0,    0,    0,	   0, 0, 0,    0,    0,	   0, 0,    2,	  0x20,
	0x10, 0, 3,    0x20, 2,	   0, 4, 0x20, 0x0f, 0,	   5, 0x20, 1,	  0
};
const uint8_t talk_get_digests[TALK_GET_DIGESTS] = { 1, 0, 1,	 0,    3, 0,
						     0, 0, 0x12, 0x81, 0, 0 };

size_t talk_doe(int fd, const uint8_t *p, size_t n, uint8_t *out, size_t cap)
{
	uint32_t command = 1;
	size_t len = child_ask(fd, &command, 2, p, n, out, cap);

	assert_int_equal(command, 1);
	assert_true(len >= 12);
	return len;
}

/* Up to DIGESTS; the mask of slots that have a certificate. */
uint8_t talk_slots(int fd)
{
	uint8_t out[4608];

	talk_doe(fd, talk_get_version, sizeof(talk_get_version), out,
		 sizeof(out));
	assert_int_equal(out[9], 0x04);
	talk_doe(fd, talk_get_caps, sizeof(talk_get_caps), out, sizeof(out));
	assert_int_equal(out[9], 0x61);
	talk_doe(fd, talk_negotiate, sizeof(talk_negotiate), out, sizeof(out));
	assert_int_equal(out[9], 0x63);
	talk_doe(fd, talk_get_digests, sizeof(talk_get_digests), out,
		 sizeof(out));
	assert_int_equal(out[9], 0x01);
	return out[11];
}
