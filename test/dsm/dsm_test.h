/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DSM_TEST_H
#define TEST_DSM_TEST_H

#include "check.h"
#include "dsm/dsm.h"
#include "fake_env.h"
#include "maker.h"
#include "spdm/req.h"

int run_life_tests(void);
int run_lock_tests(void);
int run_watch_tests(void);
int run_cascade_tests(void);
int run_split_tests(void);
int run_pipe_tests(void);
int run_verdict_tests(void);

/* PF 0 with two VFs, and PF 1. TDI n is function_id 0x100 + n. */
enum { PF0, VF1, VF2, PF1, TDIS };

#define STREAM	 1 /* the default stream, keys at port 0 */
#define PEER	 9 /* a stream for peer-to-peer */
#define TRANSFER 2048
#define BUF	 (TRANSFER + 64)
#define CONNS	 2
#define REP_CAP	 256

struct hw {
	unsigned programs, goes, stops, kills, quiesces, scrubs, arms, disarms;
	unsigned configs, binds, unbinds, attrs, vdms, entered;
	uint8_t killed_stream, killed_port;
	struct idekm_ref ref;
	enum il_err quiesce, scrub, program;
	uint8_t status;			    /* of program */
	enum tdisp_error bind, unbind, vdm; /* answers of these */
	struct dsm_stream stream, peer;	    /* as stream_info tells */
	const struct rule *config;
	uint32_t fn;
};

/* One end of a conversation with the device. */
struct end {
	struct spdm_req req;
	unsigned conn; /* by which it comes */
	uint8_t chain[4096];
	uint8_t scratch[BUF];
	uint8_t in[BUF], out[BUF]; /* as the device sees it */
	size_t in_len, out_len;
	enum spdm_kind in_kind, out_kind;
};

struct rig {
	struct fake_env f;
	struct env env;
	struct crypto c;
	struct hw hw;
	struct dsm_port port;
	struct dsm_tap tap;
	struct dsm_cfg cfg;
	struct dsm_conn conns[CONNS];
	struct spdm_rsp_session ses[CONNS * SPDM_RSP_SESSIONS];
	struct dsm d;
	struct tdi tdis[TDIS];
	struct dsm_fn fns[TDIS];
	struct idekm_stream streams[4];
	const struct rule *why[TDIS];
	uint8_t report[TDIS * REP_CAP];
	uint8_t scratch[CONNS * (TRANSFER + SPDM_RSP_RECORD_MIN)];
	uint64_t now_ns;
	struct end a, b;
	uint8_t ans[BUF]; /* the last answer of say() and friends */
	size_t ans_len;
};

/* Around all tests: one identity for all rigs. */
void rig_open(void);
void rig_close(void);

/* A device with nothing established; rig_free() finds nothing left over. */
struct rig *rig_new(void);
void rig_free(struct rig *g);
void rig_start(struct rig *g); /* after changes to g->cfg, port, tap */

/* Runs one operation; IL_E_TIMEOUT: the device kept silent. */
enum il_err run(struct rig *g, struct end *e, enum spdm_req_op op,
		const struct spdm_req_args *args);
/* CONNECT and SESSION; the session's id. */
uint32_t session(struct rig *g, struct end *e);

/* One vendor payload through the session of @e; IL_E_TIMEOUT: silence. */
enum il_err carry(struct rig *g, struct end *e, const uint8_t *p, size_t n);

/* The same without SPDM around it, as if it had come in @session of
 * connection 0. */
void tell(struct rig *g, uint32_t session, const uint8_t *p, size_t n);
/* What SPDM tells of a session of @conn: a payload of it, for which the answer
 * goes to g->ans; its end. */
enum il_err rig_vendor(struct rig *g, unsigned conn, uint32_t session,
		       const uint8_t *p, size_t n, size_t cap) IL_MUST;
void rig_ended(struct rig *g, unsigned conn, uint32_t session);

/* What IDE_KM and TDISP call a session of connection 0 that has spoken. */
uint64_t token(const struct rig *g, uint32_t sid);

/* A TDISP request from @session to @fn; its response code, or 0x7f. */
uint8_t ask(struct rig *g, uint32_t session, uint32_t fn, uint8_t code);
uint32_t error_code(const struct rig *g); /* after 0x7f */

/* All six keys of set 0 of @stream, from @session. */
void key_all(struct rig *g, uint32_t session, uint8_t stream);

/* Brings TDI @fn, UNLOCKED, to @state in @session. */
void bring(struct rig *g, uint32_t session, uint32_t fn, enum tdi_state state);

#endif
