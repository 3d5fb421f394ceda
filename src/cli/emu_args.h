/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_EMU_ARGS_H
#define CLI_EMU_ARGS_H

#include "cli/cli.h"

/*
 * The arguments of DMTF's spdm_responder_emu, as far as they mean something to
 * a responder. What is the requester's business is taken and left alone.
 */
struct emu_args {
	uint32_t trans; /* enum emu_transport */
	uint32_t ver;	/* SPDM_V11, SPDM_V12; 0: both */
	uint32_t sec_ver;
	uint32_t caps; /* SPDM_CAP_* */
	uint32_t hash;
	uint32_t meas_hash;
	uint32_t asym;
	uint32_t dhe;	   /* 0: no key exchange */
	uint32_t req_asym; /* of requesters' signatures */
	uint32_t basic;	   /* 1: asks who a requester is, in CHALLENGE_AUTH */
	uint32_t mutual;   /* SPDM_MUT_AUTH…, in KEY_EXCHANGE_RSP */
	uint32_t aead;
	uint32_t slots; /* 1 to 8 */
	const char *ip;
	const char *port;
	const char *keylog; /* ours; NULL: none */
	bool help;
};

/*
 * Reads @argv from 1 on. What is known but not here is left out, with a line
 * on c->out that says so; where nothing is left, or a word is unknown, a line
 * on c->err. 0, CLI_FAILED or CLI_USAGE.
 */
int emu_args_read(struct cli *c, int argc, char **argv, struct emu_args *out);
void emu_args_usage(FILE *f);

#endif
