/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_TRACE_H
#define SPDM_TRACE_H

/* Trace events of this room: TRACE_EV(TRACE_SPDM, …). */
enum spdm_trace {
	SPDM_TRACE_PHASE = 1,  /* a: new connection phase */
	SPDM_TRACE_SESSION,    /* a: session id, b: new state, c: end cause */
	SPDM_TRACE_REFUSED,    /* a: request code, b: error code, c: phase */
	SPDM_TRACE_REQ_STATE,  /* requester; a: new state */
	SPDM_TRACE_REQ_FAILED, /* requester; a: op, b: il_err, c: step */
};

#endif
