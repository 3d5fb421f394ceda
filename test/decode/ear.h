/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DECODE_EAR_H
#define TEST_DECODE_EAR_H

#include "../spdm/pair.h"

#include "decode/fields.h"
#include "decode/flow.h"

/* The listener beside a pair of ours, and what it says. */

struct ear {
	struct pair *p;
	struct flow *f;
	struct flow_secrets told; /* of the session under way */
	unsigned messages, unknown, protected, carried, opaque;
	unsigned holds, fails, unsaid;
	unsigned req_signatures; /* of the requester, that hold */
	char first[160];	 /* what did not hold first */
	unsigned kinds[256];	 /* how often each message was heard */
	/* A byte that the listener hears otherwise, of messages in the clear.
	 */
	uint8_t twist_code;
	size_t twist_at;
};

/* Starts the pair, which becomes the ear's. */
struct ear *ear_new(struct pair *p);
void ear_free(struct ear *e);

/* One message each way, heard. What push said. */
enum il_err ear_exchange(struct ear *e);
/* An operation to its end, heard. */
void hear(struct ear *e, enum spdm_req_op op, const struct spdm_req_args *args);
void all_holds(const struct ear *e);
/* The same, and nothing is left open. */
void all_is_said(const struct ear *e);

#endif
