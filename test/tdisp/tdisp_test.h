/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TDISP_TEST_H
#define TEST_TDISP_TEST_H

#include <stdio.h>

#include "check.h"
#include "fake_env.h"
#include "tdisp/rsp.h"

/* Opens the recording; the test fails if it is not there. */
FILE *recording(void);

int run_codec_tests(void);
int run_report_tests(void);
int run_req_tests(void);
int run_table_tests(void);
int run_frame_tests(void);
int run_walk_tests(void);
int run_slow_tests(void);

#define TDIS	    2
#define REP_CAP	    1024
#define SESSION	    0x11223344u
#define FN_ID	    0x0100u /* of TDI 0; TDI 1 is 0x0108 */
#define WANT_STREAM 12	    /* the default stream of locks here */

/* A device that notes what it is asked, and answers what it is told to. */
struct hw {
	unsigned checks, arms, disarms, quiesces, scrubs, reports, entered;
	unsigned binds, unbinds, attrs, vdms;
	uint32_t fn;
	uint64_t session;
	enum tdisp_error check, bind, unbind, attr, vdm;
	enum il_err arm, quiesce, scrub, report;
	struct tdisp_report rep;
	struct tdisp_range range;
	enum tdi_state old, now;
	enum tdi_event why;
	size_t vdm_len;
};

struct rig {
	struct fake_env f;
	struct env env;
	struct hw hw;
	struct tdi_port port;
	struct tdi tdis[TDIS];
	uint8_t rep[TDIS * REP_CAP];
	struct tdisp_rsp r;
	struct tdisp_msg req, rsp; /* of the last tdi_handle() */
	uint8_t scratch[64];
};

extern const struct tdi_port hw_port;

/* A rig whose TDI 0 is in @state, in the way a requester would bring it. */
void rig_init(struct rig *g, enum tdi_state state);

/* One event on TDI 0; messages come from @session. */
enum tdisp_error cause(struct rig *g, enum tdi_event ev, uint32_t session);

#endif
