/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TSM_PEER_H
#define TEST_TSM_PEER_H

#include "check.h"

#include "base/arena.h"
#include "base/env.h"
#include "crypto/fake.h"
#include "dsm/dsm.h"
#include "tsm/tsm.h"

/*
 * A device that a test owns: our DSM over a port of the test's, and the root
 * port's keys beside it, so that both ends of each key can be compared. The
 * platform under test meets it as bytes.
 */

#define PEER_FNS     3
#define PEER_STREAM  7
#define PEER_RID     0x0100
#define PEER_PORT    2
#define PEER_MSG     4608
#define PEER_IDE_DWS 10
#define PEER_BAR     UINT64_C(0x1e0000000) /* above 4 GiB */
#define PEER_LOG     256

/* One key place at one end. */
struct peer_key {
	bool set;
	bool on;
	uint8_t key[32];
};

/* What happened at either end, in order. */
struct peer_act {
	char what; /* P program, G go, S stop, W wipe, K kill */
	bool port; /* at the root port, else at the device */
	uint8_t set, dir, sub;
};

struct peer {
	struct dice dice;
	struct env env;
	enum il_err random_err;
	unsigned random_same; /* fills from here on repeat */
	struct fake_crypto fake;
	struct crypto crypto;
	uint64_t now_ns;

	/* the device */
	struct crypto_slot key;
	uint8_t certs[3 * FAKE_CERT_MAX];
	size_t certs_len;
	struct dsm_conn conn;
	struct spdm_rsp_session ses[SPDM_RSP_SESSIONS];
	struct dsm dsm;
	struct dsm_tap tap; /* a test fills it before peer_new2() */
	struct tdi tdi[PEER_FNS];
	struct dsm_fn fn[PEER_FNS];
	struct idekm_stream stream[2];
	uint8_t report[PEER_FNS][8192];
	const struct rule *why[PEER_FNS];
	uint8_t scratch[2 * PEER_MSG];
	uint8_t stream_id; /* PEER_STREAM, or as peer_stream() says */
	bool enabled;	   /* the host set Enable */
	bool secure;
	uint32_t image[PEER_IDE_DWS]; /* IDE capability */
	struct tdisp_report rep;
	struct peer_key ep[2][2][3];

	/* the root port */
	uint32_t shown[PEER_IDE_DWS]; /* as configuration space shows it */
	struct peer_key rp[2][2][3];
	enum il_err rp_program, rp_go, rp_stop, rp_ready, rp_image;
	unsigned wipes;
	bool rp_secure;
	/* its registers, where firmware holds them */
	struct rp_stream rp_regs;
	bool rp_made, rp_locked, rp_on;
	enum il_err rp_setup;

	struct peer_act log[PEER_LOG];
	unsigned logged;

	/* what a test wants of the device's answers */
	void (*on_tdisp)(struct peer *p, const struct tdisp_msg *req,
			 struct tdisp_msg *rsp, bool *drop);
	void (*on_idekm)(struct peer *p, const struct idekm_msg *req,
			 struct idekm_msg *rsp, bool *drop);
	void (*on_payload)(struct peer *p, uint8_t *out, size_t cap,
			   size_t *len);
	unsigned seen[256]; /* TDISP requests, by code */
	unsigned km_seen[8];
};

extern const struct rp_keys peer_rp_keys; /* ctx: struct peer */

struct peer *peer_new(void);
void peer_free(struct peer *p);

/* One message to the device; false: it did not answer. */
bool peer_answer(struct peer *p, uint8_t kind, const uint8_t *in, size_t n,
		 uint8_t *out, size_t cap, size_t *out_len, uint8_t *out_kind);

/* Another stream id, at both ends, before there are keys. */
void peer_stream(struct peer *p, uint8_t id);

/* The host enables the stream at both ends: Secure once keys go. */
void peer_enable(struct peer *p);

/* Six distinct keys of @set, the same at both ends, all in use. */
bool peer_keys_agree(const struct peer *p, unsigned set);
bool peer_keys_gone(const struct peer *p, bool port);

#endif
