/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TSM_RIG_H
#define TEST_TSM_RIG_H

#include "tsm/peer.h"
#include "tsm/tsm_priv.h"

/* A core against a peer, and a host between them that a test may spoil. */

#define RIG_FLAGS TDISP_LOCK_REDIRECT
#define RIG_TVM	  UINT64_C(0x1000)

struct rig {
	struct arena arena;
	struct peer *p;
	struct crypto crypto; /* the core's; a test may make it fail */
	struct tsm_gates gates;
	struct tsm *t;
	struct tsm_conn *conn;
	struct tsm_bind *bind;
	unsigned entry_off;	     /* calls */
	unsigned stops_at_entry_off; /* STOPs seen when it was last called */
	unsigned exchanges;
	/* the message that is out, and its answer */
	uint8_t req[PEER_MSG];
	size_t req_len;
	uint8_t req_kind;
	uint8_t rsp[PEER_MSG];
	size_t rsp_len;
	uint8_t rsp_kind;
	/* the host: called with each answer before it is handed over; n is
	 * the number of the exchange in this verb, from 1 */
	void (*spoil)(struct rig *r, unsigned n);
};

struct rig *rig_new(void);
void rig_free(struct rig *r);

/* From begin to the end of the verb. */
enum il_err rig_run(struct rig *r, enum tsm_verb verb,
		    const struct tsm_args *args);
/* One step: carries what is out, hands the answer over. */
enum il_err rig_step(struct rig *r);
/* The first step, which only gives a message. */
enum il_err rig_first(struct rig *r);

enum il_err rig_connect(struct rig *r);
/* Connected, enabled, TDI 0 booked for RIG_TVM. */
void rig_bound(struct rig *r);
enum il_err rig_lock(struct rig *r);
enum il_err rig_verb(struct rig *r, enum tsm_verb verb);
/* Locked, reported, measured. */
void rig_locked(struct rig *r);
void rig_running(struct rig *r);

#endif
