/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_OWN_H
#define CLI_OWN_H

#include "cli/cli.h"
#include "spdm/req.h"

/*
 * What a requester of the tool has of its own: a key that it shares (--psk),
 * an identity (--mutual). All zero: nothing.
 */
struct cli_own {
	struct cli *c;
	const struct crypto *crypto;
	const char *psk_text; /* hexadecimal, or a file; NULL: none */
	const char *dir;      /* folder of our identity; NULL: none */
	uint8_t psk[64];
	size_t psk_len;
	struct identity id;
	struct crypto_slot key;
	unsigned signs; /* how often we signed */
};

/* 0, or an exit status after a line. */
int cli_own_load(struct cli_own *q, struct cli *c, const struct crypto *crypto,
		 const char *psk_text, const char *dir);
/* Gives the key back and wipes. */
void cli_own_drop(struct cli_own *q);
/* What the requester needs of it; @q must stay where it is. */
void cli_own_cfg(struct cli_own *q, struct spdm_req_cfg *cfg);

#endif
