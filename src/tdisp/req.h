/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TDISP_REQ_H
#define TDISP_REQ_H

#include "tdisp/codec.h"

/*
 * The requester for one interface: one message in flight; a response counts
 * only if it is the answer to it. What follows from an answer is decided
 * above.
 */
struct tdisp_req {
	struct tdisp_iface iface;
	bool busy;
	enum tdisp_code sent;
	uint16_t asked;	  /* GET_REPORT: length in flight */
	uint8_t vdm[257]; /* VDM: registry, id length, id in flight */
	/* The report being collected: buffer of the caller. */
	uint8_t *rep;
	size_t rep_cap;
	size_t rep_len;	  /* bytes so far */
	size_t rep_total; /* 0 before the first portion */
};

void tdisp_req_init(struct tdisp_req *q, uint32_t function_id);

/*
 * tdisp_req_begin() - write a request and remember what it asks
 * @m: request code and its body; version and interface are filled in here
 * @w: payload after the protocol id byte; on error its content is undefined
 *
 * Reports are better collected by tdisp_req_report_begin(); a GET_REPORT
 * given here is one portion by itself.
 *
 * Errors:   IL_E_STATE  one is in flight
 *           IL_E_ARG    not a request code
 *           IL_E_SPACE
 *           On each, @q is as before.
 */
enum il_err tdisp_req_begin(struct tdisp_req *q, const struct tdisp_msg *m,
			    struct wr *w) IL_MUST;

/*
 * tdisp_req_accept() - take the response to the request in flight
 * @out: the decoded response; its pointers are into @in
 *
 * Accepted: response code of the request in flight, version 1.0 (any 1.x for
 * VERSION), same INTERFACE_ID, reserved fields zero, exact length. Beyond
 * shape: VERSION names 1.0; CAPABILITIES names the seven mandatory requests
 * and only flags that exist; STATE is one of four; a report portion is not
 * empty and not longer than asked; a VDM answer has the registry and vendor
 * of the question.
 *
 * Errors:   IL_E_PEER   a TDISP ERROR, or a response code that is not defined
 *                       (counts as ERROR UNSPECIFIED): the exchange is over,
 *                       @out->error is written
 *           IL_E_STATE  nothing is in flight
 *           IL_E_SHORT, IL_E_LONG, IL_E_FIELD  not an answer to what was
 *                       asked: nothing has changed, the request is still in
 *                       flight (tdisp_req_abort() ends it)
 * Source:   PCIe Base 6.x §11.2.3, §11.3; law 17
 */
enum il_err tdisp_req_accept(struct tdisp_req *q, const uint8_t *in, size_t n,
			     struct tdisp_msg *out) IL_MUST;

/* Forgets the request in flight, and a report half collected. */
void tdisp_req_abort(struct tdisp_req *q);

/*
 * tdisp_req_report_begin() - collect the whole report
 * @buf: where it goes; kept until the collection ends; @cap 1 to 65535
 * @part: longest portion to ask for, 1 to 65535
 *
 * Writes the first GET_REPORT. Then tdisp_req_report_accept() with each
 * answer: IL_E_AGAIN means that @w holds the next request.
 *
 * Errors:   as tdisp_req_begin(); IL_E_ARG also for @cap or @part 0
 */
enum il_err tdisp_req_report_begin(struct tdisp_req *q, uint8_t *buf,
				   size_t cap, uint16_t part,
				   struct wr *w) IL_MUST;

/*
 * tdisp_req_report_accept() - one portion
 * @part: as above, for the next request
 * @len:  on IL_OK, bytes of the whole report
 *
 * The first portion fixes the total; later ones must keep to it.
 *
 * Errors:   IL_E_AGAIN  carry @w and call again with its answer
 *           IL_E_PEER   the device refused (*@why is its code, else
 *                       untouched); collection over
 *           IL_E_SPACE  the total is larger than @cap, or @w is too small:
 *                       collection over
 *           IL_E_FIELD, IL_E_SHORT, IL_E_LONG  not a portion of this report:
 *                       nothing has changed
 *           IL_E_STATE  no collection is going on
 */
enum il_err tdisp_req_report_accept(struct tdisp_req *q, const uint8_t *in,
				    size_t n, uint16_t part, struct wr *w,
				    size_t *len, uint32_t *why) IL_MUST;

bool tdisp_req_sane(const struct tdisp_req *q);

#endif
