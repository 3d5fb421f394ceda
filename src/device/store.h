/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_STORE_H
#define DEVICE_STORE_H

#include "base/arena.h"
#include "spdm/mel.h"
#include "spdm/rsp.h"

/*
 * What a device keeps over resets: certificate slots, key pairs, requests that
 * wait for a reset; and the log of what it started. Source: DSP0274 1.3.2,
 * sections 10.25 to 10.27
 */
#define DEVICE_PAIRS	8u
#define DEVICE_SLOT_MAX 8192u /* bytes of certificates in one slot */
#define DEVICE_CSRS	7u    /* tracking tags 1 to 7 */
#define DEVICE_CSR_MAX	2048u
#define DEVICE_CSR_ASK	1024u /* bytes of RequesterInfo, where it is kept */
#define DEVICE_LOG_MAX	4096u

/* Who may provision it. */
enum device_place {
	DEVICE_SEALED,	/* nobody, whatever capabilities it names */
	DEVICE_FIELD,	/* whoever has a session, all slots but 0 */
	DEVICE_FACTORY, /* anybody: it stands where it is made */
};

/* A key pair as it is at first. Pair 1 has the key of the identity. */
struct device_pair_cfg {
	uint16_t caps; /* SPDM_KEY_PAIR_CAP_… */
	uint16_t usage_caps;
	uint16_t usage;
	uint8_t slots; /* associated; those with certificates: pair 1 */
	bool made;     /* a key is there from the start */
};

/* One entry of the log; its value outlives the device. */
struct device_log_cfg {
	uint8_t meas; /* measurement that it extends */
	uint8_t type; /* as in a measurement block, bit 7: raw */
	struct spdm_span value;
};

struct device_prov_cfg {
	enum device_place place;
	uint8_t slots;	/* that exist; those with certificates always do */
	unsigned pairs; /* 0: one, which cannot be changed */
	struct device_pair_cfg pair[DEVICE_PAIRS];
	const struct device_log_cfg *log;
	unsigned log_count;
};

struct device_pair {
	struct device_pair_cfg cfg;
	struct crypto_slot key; /* none: no key yet */
	bool ours;		/* the key is given back by us */
	uint16_t usage;
	uint8_t slots;
};

/* Certificates that were written; those from the start lie with the caller. */
struct device_slot {
	uint8_t *p; /* DEVICE_SLOT_MAX bytes; NULL: not to be written */
	uint8_t *next;
	size_t next_len;
	bool due;	  /* @next replaces what is there at a reset */
	uint8_t key_pair; /* of @next */
	uint8_t model;
};

/* A certificate request under a tracking tag. */
struct device_csr {
	enum { CSR_FREE, CSR_WAITS, CSR_DONE, CSR_TAKEN } state;
	struct spdm_csr_ask ask; /* @info lies in @info below */
	uint8_t *info;
	uint8_t *der; /* what it came to */
	size_t len;
};

struct device_store {
	struct device_pair pair[DEVICE_PAIRS];
	unsigned pairs;
	struct spdm_rsp_slot shown[SPDM_SLOTS];
	struct device_slot slot[SPDM_SLOTS];
	struct device_csr csr[DEVICE_CSRS];
	bool pair_due; /* a change of a key pair waits for a reset */
	struct spdm_key_pair_ask pair_ask;
	uint8_t *log;
	size_t log_len;
};

struct device;
struct device_cfg;

/* Bytes of the arena that a store takes, at the most. */
size_t device_store_need(const struct device_cfg *cfg);

/* Errors: IL_E_ARG, IL_E_NOMEM; others from the crypto table */
enum il_err device_store_init(struct device *d) IL_MUST;
void device_store_fini(struct device *d);

/* A conventional reset: what waited for it happens. */
void device_store_reset(struct device *d);

/* The key that signs for a slot. */
struct crypto_slot device_slot_key(const struct device *d, unsigned slot);

/* Something that is locked stands on what would change; see struct
 * spdm_rsp_port. */
bool device_store_held(const struct device *d);

/* Entries of struct spdm_rsp_port. */
enum il_err device_csr(void *ctx, const struct spdm_csr_ask *ask, uint8_t *out,
		       size_t cap, size_t *len, bool *reset,
		       uint8_t *tag) IL_MUST;
enum il_err device_set_cert(void *ctx, const struct spdm_cert_ask *ask,
			    struct spdm_rsp_slot *now, bool *reset) IL_MUST;
enum il_err device_key_pair(void *ctx, uint8_t id,
			    struct spdm_key_pair *out) IL_MUST;
enum il_err device_set_key_pair(void *ctx, const struct spdm_key_pair_ask *ask,
				bool *reset) IL_MUST;
enum il_err device_endpoint_info(void *ctx, uint8_t sub, uint8_t *out,
				 size_t cap, size_t *len) IL_MUST;
enum il_err device_mel(void *ctx, uint32_t meas_hash,
		       struct spdm_span *out) IL_MUST;

#endif
