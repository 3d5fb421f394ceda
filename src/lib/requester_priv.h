/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_REQUESTER_PRIV_H
#define LIB_REQUESTER_PRIV_H

#include "interlock/requester.h"

#include "base/bytes.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "idekm/req.h"
#include "lib/reserved.h"
#include "spdm/req.h"
#include "tdisp/req.h"

/* The installed requester: the three engines, one operation over them. */
struct il_requester {
	size_t size; /* of all its memory */
	struct crypto crypto;
	struct env env;
	enum il_req_carrier carrier;
	const struct il_requester_port *port; /* or NULL */
	void *port_ctx;
	const struct il_span *anchors;
	size_t anchor_n;
	int64_t now_s;

	struct spdm_req spdm;
	struct idekm_req idekm;
	struct tdisp_req tdisp;

	enum il_req_op op; /* under way, or the last one */
	bool busy;
	bool sent;     /* DISCOVER: its request is out */
	uint8_t index; /* DISCOVER: what is asked next */
	bool summary;  /* one was asked for */
	uint16_t portion;
	/* Payload of IDE_KM and TDISP, protocol id in front; wiped with the
	 * operation: it may be a key. */
	uint8_t *pay;
	size_t pay_cap;
	size_t pay_len;

	struct il_requester_result result;
	struct il_requester_peer peer;
};

#define LIB_REPORT_PORTION 1024u

/* requester_args.c */
enum spdm_req_op lib_req_op(enum il_req_op op);
enum il_err lib_req_args(struct il_requester *r, enum il_req_op op,
			 const struct il_requester_args *a,
			 struct spdm_req_args *out) IL_MUST;

/* requester_pci.c: IDE_KM and TDISP. A protocol id, or -1. */
int lib_req_protocol(enum il_req_op op);
/* The request into r->pay. */
enum il_err lib_req_pci_begin(struct il_requester *r, enum il_req_op op,
			      const struct il_requester_args *a) IL_MUST;
/* The answer; IL_E_AGAIN: r->pay holds another request. */
enum il_err lib_req_pci_accept(struct il_requester *r) IL_MUST;
void lib_req_pci_over(struct il_requester *r);
const char *lib_req_pci_name(enum il_req_op op);

/* requester_result.c */
void lib_req_found(struct il_requester *r);
void lib_req_agreed(struct il_requester *r);

static inline struct il_span lib_span(struct spdm_span s)
{
	return (struct il_span){ s.p, s.n };
}

static inline struct spdm_span lib_spdm_span(struct il_span s)
{
	return (struct spdm_span){ s.p, s.n };
}

#endif
