/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IDEKM_REQ_H
#define IDEKM_REQ_H

#include "idekm/codec.h"

/*
 * The requester: one object in flight; a response counts only if it is the
 * answer to it. Order over streams and ends (law 6) is the caller's.
 */
struct idekm_req {
	bool busy;
	enum idekm_object sent;
	struct idekm_ref ref; /* of the object in flight; never its key */
};

void idekm_req_init(struct idekm_req *q);

/*
 * idekm_req_begin() - write a request and remember what it asks
 * @m: QUERY, KEY_PROG, K_SET_GO or K_SET_STOP; not kept
 * @w: payload after the protocol id byte; on error its content is undefined
 *
 * Errors:   IL_E_STATE  one is in flight
 *           IL_E_ARG    not a request, or no such key
 *           IL_E_SPACE
 *           On each, @q is as before.
 * Source:   PCIe Base 6.x §6.33.3
 */
enum il_err idekm_req_begin(struct idekm_req *q, const struct idekm_msg *m,
			    struct wr *w) IL_MUST;

/*
 * idekm_req_accept() - take the response to the request in flight
 * @out: the decoded response; its cap points into @in
 *
 * Accepted: right object for the request, exact length, reserved bits zero,
 * the same stream, key set, direction, sub-stream and port.
 *
 * Errors:   IL_E_PEER   KP_ACK with a status other than OK: the exchange is
 *                       over and @out is written
 *           IL_E_STATE  nothing is in flight
 *           IL_E_SHORT, IL_E_LONG, IL_E_FIELD  not an answer to what was
 *                       asked: nothing has changed, the request is still in
 *                       flight (idekm_req_abort() ends it)
 * Source:   law 17
 */
enum il_err idekm_req_accept(struct idekm_req *q, const uint8_t *in, size_t n,
			     struct idekm_msg *out) IL_MUST;

/* Forgets the request in flight: time-out, lost session. */
void idekm_req_abort(struct idekm_req *q);

bool idekm_req_sane(const struct idekm_req *q);

#endif
