/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req.h"

#include "base/bits.h"

/* The request that an operation sends at a step. */
const char *spdm_req_asking(const struct spdm_req *q)
{
	static const char *const connect[] = {
		"GET_VERSION", "GET_CAPABILITIES", "NEGOTIATE_ALGORITHMS",
		"GET_DIGESTS", "GET_CERTIFICATE"
	};
	/* CHALLENGE goes on with the same two. */
	static const char *const session[] = { "KEY_EXCHANGE",
					       "GET_ENCAPSULATED_REQUEST",
					       "DELIVER_ENCAPSULATED_RESPONSE",
					       "FINISH" };
	static const char *const one[SPDM_OPS] = {
		[SPDM_OP_CHALLENGE] = "CHALLENGE",
		[SPDM_OP_MEASURE] = "GET_MEASUREMENTS",
		[SPDM_OP_HEARTBEAT] = "HEARTBEAT",
		[SPDM_OP_KEY_UPDATE] = "KEY_UPDATE",
		[SPDM_OP_VENDOR] = "VENDOR_DEFINED_REQUEST",
		[SPDM_OP_END_SESSION] = "END_SESSION",
		[SPDM_OP_ENCAP] = "GET_ENCAPSULATED_REQUEST",
		[SPDM_OP_CSR] = "GET_CSR",
		[SPDM_OP_SET_CERT] = "SET_CERTIFICATE",
		[SPDM_OP_KEY_PAIR] = "GET_KEY_PAIR_INFO",
		[SPDM_OP_SET_KEY_PAIR] = "SET_KEY_PAIR_INFO",
		[SPDM_OP_ENDPOINT_INFO] = "GET_ENDPOINT_INFO",
		[SPDM_OP_MEL] = "GET_MEASUREMENT_EXTENSION_LOG",
	};

	if (q->op == SPDM_OP_CONNECT && q->step < COUNT(connect))
		return connect[q->step];
	if (q->op == SPDM_OP_SESSION)
		return session[q->step & 3];
	if (q->op == SPDM_OP_PSK)
		return q->step ? "PSK_FINISH" : "PSK_EXCHANGE";
	if (q->step && (q->op == SPDM_OP_CHALLENGE || q->op == SPDM_OP_ENCAP))
		return session[q->op == SPDM_OP_ENCAP ? 2 : q->step & 3];
	return q->op < SPDM_OPS && one[q->op] ? one[q->op] : "message";
}
