/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/caps.h"

#define REQ_V11                                                            \
	(SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | \
	 SPDM_CAP_MUT_AUTH | SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK |         \
	 SPDM_CAP_ENCAP | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD |              \
	 SPDM_CAP_HANDSHAKE_IN_CLEAR | SPDM_CAP_PUB_KEY_ID)
#define REQ_V12 (REQ_V11 | SPDM_CAP_CHUNK)
#define REQ_V13                                             \
	(REQ_V12 | SPDM_CAP_EP_INFO_MASK | SPDM_CAP_EVENT | \
	 SPDM_CAP_MULTI_KEY_MASK)
#define REQ_V14 (REQ_V13 | SPDM_CAP_LARGE_RESP)

#define RSP_V10                                                                \
	(SPDM_CAP_CACHE | SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_MEAS_MASK | \
	 SPDM_CAP_MEAS_FRESH)
#define RSP_V11 (RSP_V10 | REQ_V11)
#define RSP_V12                                                               \
	(RSP_V11 | SPDM_CAP_CHUNK | SPDM_CAP_ALIAS_CERT | SPDM_CAP_SET_CERT | \
	 SPDM_CAP_CSR | SPDM_CAP_CERT_INSTALL_RESET)
#define RSP_V13                                                            \
	(RSP_V12 | SPDM_CAP_EP_INFO_MASK | SPDM_CAP_MEL | SPDM_CAP_EVENT | \
	 SPDM_CAP_MULTI_KEY_MASK | SPDM_CAP_GET_KEY_PAIR_INFO |            \
	 SPDM_CAP_SET_KEY_PAIR_INFO)
#define RSP_V14 (RSP_V13 | SPDM_CAP_SET_KEY_PAIR_RESET | SPDM_CAP_LARGE_RESP)

uint32_t spdm_caps_mask(uint8_t version, bool requester)
{
	static const uint32_t req[] = { 0, REQ_V11, REQ_V12, REQ_V13, REQ_V14 };
	static const uint32_t rsp[] = { RSP_V10, RSP_V11, RSP_V12, RSP_V13,
					RSP_V14 };
	const unsigned i = version - SPDM_V10;

	if (version < SPDM_V10 || i >= COUNT(req))
		return 0;
	return requester ? req[i] : rsp[i];
}

#define REQ BIT(0)
#define RSP BIT(1)
#define ALL (REQ | RSP)

#define CRYPT  (SPDM_CAP_ENCRYPT | SPDM_CAP_MAC)
#define SHARED (SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK) /* makes a secret */
#define KEYS   (SPDM_CAP_CERT | SPDM_CAP_PUB_KEY_ID) /* shows a key */

/*
 * If all of @has are set, none of @never may be and, where @any is not zero,
 * one of it must be.
 */
static const struct rule {
	uint8_t from, to; /* versions */
	uint8_t who;
	uint32_t has;
	uint32_t any;
	uint32_t never;
} rules[] = {
	/* clang-format off */
	/* Values that are reserved. */
	{ SPDM_V10, SPDM_V14, RSP, SPDM_CAP_MEAS_MASK,         0, SPDM_CAP_MEAS_MASK },
	{ SPDM_V11, SPDM_V14, REQ, SPDM_CAP_PSK_WITH_CONTEXT,  0, SPDM_CAP_PSK_MASK },
	{ SPDM_V11, SPDM_V14, RSP, SPDM_CAP_PSK_MASK,          0, SPDM_CAP_PSK_MASK },
	{ SPDM_V13, SPDM_V14, ALL, SPDM_CAP_EP_INFO_MASK,      0, SPDM_CAP_EP_INFO_MASK },
	{ SPDM_V13, SPDM_V14, ALL, SPDM_CAP_MULTI_KEY_MASK,    0, SPDM_CAP_MULTI_KEY_MASK },
	/* Measurements. */
	{ SPDM_V10, SPDM_V14, RSP, SPDM_CAP_MEAS_FRESH,        SPDM_CAP_MEAS_MASK, 0 },
	{ SPDM_V10, SPDM_V10, RSP, SPDM_CAP_MEAS_SIG,          SPDM_CAP_CERT, 0 },
	{ SPDM_V11, SPDM_V14, RSP, SPDM_CAP_MEAS_SIG,          KEYS, 0 },
	/* Sessions. */
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_KEY_EX,            CRYPT, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_PSK,               CRYPT, 0 },
	{ SPDM_V11, SPDM_V14, RSP, SPDM_CAP_PSK_WITH_CONTEXT,  CRYPT, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_ENCRYPT,           SHARED, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_MAC,               SHARED, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_HBEAT,             SHARED, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_KEY_UPD,           SHARED, 0 },
	{ SPDM_V13, SPDM_V14, ALL, SPDM_CAP_EVENT,             SHARED, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_HANDSHAKE_IN_CLEAR, SPDM_CAP_KEY_EX, 0 },
	/* A key that is shown, and what it is for. */
	{ SPDM_V10, SPDM_V10, RSP, SPDM_CAP_CERT,              SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIG, 0 },
	{ SPDM_V10, SPDM_V10, RSP, SPDM_CAP_CHAL,              SPDM_CAP_CERT, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_CERT,              0, SPDM_CAP_PUB_KEY_ID },
	{ SPDM_V11, SPDM_V12, REQ, SPDM_CAP_CERT,              SPDM_CAP_CHAL | SPDM_CAP_KEY_EX, 0 },
	{ SPDM_V11, SPDM_V12, REQ, SPDM_CAP_PUB_KEY_ID,        SPDM_CAP_CHAL | SPDM_CAP_KEY_EX, 0 },
	{ SPDM_V13, SPDM_V14, REQ, SPDM_CAP_CERT,              SPDM_CAP_CHAL | SPDM_CAP_KEY_EX | SPDM_CAP_EP_INFO_SIG, 0 },
	{ SPDM_V13, SPDM_V14, REQ, SPDM_CAP_PUB_KEY_ID,        SPDM_CAP_CHAL | SPDM_CAP_KEY_EX | SPDM_CAP_EP_INFO_SIG, 0 },
	{ SPDM_V11, SPDM_V12, RSP, SPDM_CAP_CERT,              SPDM_CAP_CHAL | SPDM_CAP_KEY_EX | SPDM_CAP_MEAS_SIG, 0 },
	{ SPDM_V11, SPDM_V12, RSP, SPDM_CAP_PUB_KEY_ID,        SPDM_CAP_CHAL | SPDM_CAP_KEY_EX | SPDM_CAP_MEAS_SIG, 0 },
	{ SPDM_V13, SPDM_V14, RSP, SPDM_CAP_CERT,              SPDM_CAP_CHAL | SPDM_CAP_KEY_EX | SPDM_CAP_MEAS_SIG | SPDM_CAP_EP_INFO_SIG, 0 },
	{ SPDM_V13, SPDM_V14, RSP, SPDM_CAP_PUB_KEY_ID,        SPDM_CAP_CHAL | SPDM_CAP_KEY_EX | SPDM_CAP_MEAS_SIG | SPDM_CAP_EP_INFO_SIG, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_CHAL,              KEYS, 0 },
	{ SPDM_V11, SPDM_V14, RSP, SPDM_CAP_KEY_EX,            KEYS, 0 },
	{ SPDM_V13, SPDM_V14, ALL, SPDM_CAP_EP_INFO_SIG,       KEYS, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_MUT_AUTH,          KEYS, 0 },
	{ SPDM_V11, SPDM_V14, ALL, SPDM_CAP_MUT_AUTH,          SPDM_CAP_KEY_EX | SPDM_CAP_CHAL, 0 },
	{ SPDM_V11, SPDM_V11, ALL, SPDM_CAP_MUT_AUTH,          SPDM_CAP_ENCAP, 0 },
	/* Provisioning. */
	{ SPDM_V12, SPDM_V14, RSP, SPDM_CAP_ALIAS_CERT,        SPDM_CAP_CERT, 0 },
	{ SPDM_V12, SPDM_V14, RSP, SPDM_CAP_SET_CERT,          SPDM_CAP_CERT, 0 },
	{ SPDM_V12, SPDM_V14, RSP, SPDM_CAP_CSR,               SPDM_CAP_SET_CERT, 0 },
	{ SPDM_V12, SPDM_V14, RSP, SPDM_CAP_CERT_INSTALL_RESET, SPDM_CAP_CSR | SPDM_CAP_SET_CERT, 0 },
	{ SPDM_V13, SPDM_V14, ALL, SPDM_CAP_MULTI_KEY_ONLY,    SPDM_CAP_CERT, 0 },
	{ SPDM_V13, SPDM_V14, ALL, SPDM_CAP_MULTI_KEY_NEG,     SPDM_CAP_CERT, 0 },
	{ SPDM_V13, SPDM_V14, RSP, SPDM_CAP_MULTI_KEY_ONLY,    SPDM_CAP_GET_KEY_PAIR_INFO, 0 },
	{ SPDM_V13, SPDM_V14, RSP, SPDM_CAP_MULTI_KEY_NEG,     SPDM_CAP_GET_KEY_PAIR_INFO, 0 },
	{ SPDM_V13, SPDM_V14, RSP, SPDM_CAP_PUB_KEY_ID,        0, SPDM_CAP_GET_KEY_PAIR_INFO | SPDM_CAP_SET_KEY_PAIR_INFO },
	{ SPDM_V14, SPDM_V14, RSP, SPDM_CAP_SET_KEY_PAIR_RESET, SPDM_CAP_SET_KEY_PAIR_INFO, 0 },
	/* clang-format on */
};

bool spdm_caps_good(uint8_t version, bool requester, uint32_t flags)
{
	const uint8_t who = requester ? REQ : RSP;

	for (size_t i = 0; i < COUNT(rules); i++) {
		const struct rule *r = &rules[i];

		if (version < r->from || version > r->to || !(r->who & who) ||
		    (flags & r->has) != r->has)
			continue;
		if ((flags & r->never) || (r->any && !(flags & r->any)))
			return false;
	}
	return true;
}
