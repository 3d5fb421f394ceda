/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DSM_SPLIT_RIG_H
#define TEST_DSM_SPLIT_RIG_H

#include "dsm/pipe.h"
#include "dsm_test.h"

/*
 * The halves of the DSM, each by itself, with bytes between them. What carries
 * the bytes is a queue in each direction, from which frames may be taken in
 * any order, twice, or never.
 */

#define FRAME  (BUF + DSM_FRAME_HDR)
#define FRAMES 16
#define SLOTS  (CONNS * DSM_SEATS)
#define SEATED 1u /* session ids that are made up begin here */

struct way {
	uint8_t p[FRAMES][FRAME];
	size_t n[FRAMES];
	unsigned count;
	bool full;
};

struct split {
	struct rig *g; /* its halves are not used, but its hardware */
	struct dsm_pci pci;
	struct dsm_front front;
	struct dsm_conn conns[CONNS];
	struct dsm_seat seats[CONNS][DSM_SEATS];
	struct spdm_rsp_session ses[CONNS * SPDM_RSP_SESSIONS];
	struct dsm_pipe_front f;
	struct dsm_pipe_back b;
	struct dsm_pipe_slot fslot[SLOTS], bslot[SLOTS];
	uint8_t fbuf[SLOTS][2 * FRAME], bbuf[SLOTS][FRAME], out[FRAME];
	struct way to, from;
	uint8_t ans[BUF];
	size_t len;
};

struct split *split_new(void);
/* Delivers what is under way first; nothing is left over. */
void split_free(struct split *s);

/* Another frame behind those that are under way. */
enum il_err split_put(void *way, const uint8_t *p, size_t n);
/* Loses frame @i. */
void split_drop(struct way *w, unsigned i);
/* Delivers frame @i, and keeps it if it is to come again. */
void split_deliver(struct split *s, struct way *w, unsigned i, bool again);
void split_deliver_all(struct split *s);

/* A session of connection 0 that is made up. */
struct dsm_session split_session(uint8_t seat, uint64_t gen);
/* Asks until there is an answer, delivering all. */
enum il_err split_ask(struct split *s, const struct dsm_session *who,
		      const uint8_t *p, size_t n);

/* A TDISP request's bytes, and their number. */
size_t split_tdisp_req(const struct rig *g, uint8_t fn, uint8_t code,
		       uint8_t p[64]);
/* The same, asked; the code of its answer. */
uint8_t split_tdisp(struct split *s, const struct dsm_session *who, uint8_t fn,
		    uint8_t code);
/* Whether all six keys were taken, and went. */
bool split_keys(struct split *s, const struct dsm_session *who);
/* Keys, lock and start: TDI @fn is in RUN. */
void split_running(struct split *s, const struct dsm_session *who, uint8_t fn);

#endif
