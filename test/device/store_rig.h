/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DEVICE_STORE_RIG_H
#define TEST_DEVICE_STORE_RIG_H

#include "check.h"
#include "fake_env.h"
#include "maker.h"

#include "device/device.h"
#include "spdm/req.h"

/*
 * A device that is provisioned: a requester of ours before it, over messages
 * alone. Three key pairs: the identity's with slot 0, one with slot 1, one
 * that has no key yet.
 */
/* All that a key may be for here. */
#define USES 0xf

struct store {
	struct maker maker;
	struct crypto c;
	struct fake_env fenv;
	struct env env;
	struct arena arena;
	struct device_cfg cfg;
	struct device dev;
	struct device *at; /* that is asked, by the connection */
	unsigned conn;
	uint64_t now_ns; /* goes on when the device wants time */
	unsigned waits;	 /* how often it did */
	struct spdm_req_cfg qcfg;
	struct spdm_req req;
	uint8_t chain[8192];
	uint8_t scratch[4096 + SPDM_SECURED_SLACK];
	uint8_t in[4200], reply[4200];
	uint8_t out[8192];
	uint8_t set[8192];
};

/* @cfg may be changed until store_start(). */
struct store *store_new(void);
void store_free(struct store *s);
void store_start(struct store *s);
/* One in a session, whose changes wait for a reset. */
struct store *store_resetting(void);

/* A requester of the same device, by another connection. */
struct store *store_peer(struct store *s, unsigned conn);
void store_peer_free(struct store *p);

enum il_err store_run(struct store *s, enum spdm_req_op op,
		      const struct spdm_req_args *a);
/* What the peer refused with; 0: it did not. */
int store_refused(struct store *s, enum spdm_req_op op,
		  const struct spdm_req_args *a);
/* Another requester: of 1.2, or of 1.3 and a connection with many keys. */
void store_requester(struct store *s, bool many);
/* In a session on slot 0. */
void store_session(struct store *s, bool many);
/* SET_CERTIFICATE of the identity's chain. */
struct spdm_req_args store_chain_for(struct store *s, uint8_t slot,
				     uint8_t pair);
void store_reset(struct store *s, enum link_event ev);
/* Connects through @slot and lets its key sign. */
void store_answers_with(struct store *s, uint8_t slot);

#endif
