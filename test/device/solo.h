/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_DEVICE_SOLO_H
#define TEST_DEVICE_SOLO_H

#include "check.h"
#include "fake_env.h"

#include "crypto/fake.h"
#include "device/device.h"

/*
 * A device with no link: what it learns of its host, it is told. One session
 * is there from the start, as KEY_EXCHANGE and FINISH would have left it.
 */
#define SOLO_SESSION 0x10001u
#define SOLO_STREAM  9

struct solo {
	struct arena arena;
	struct fake_env fenv;
	struct env env;
	struct fake_crypto fcrypto;
	struct crypto crypto;
	struct device_cfg cfg;
	struct device dev;
	uint8_t out[DOE_OBJECT_LIMIT];
	size_t len;
	uint8_t key; /* first byte of the next key; 0: it is always the same */
};

/* @cfg may be changed between the two. */
void solo_cfg(struct solo *s, unsigned vfs);
void solo_start(struct solo *s);
void solo_free(struct solo *s);

/* One IDE_KM object on a key; its answer's object, or 0xff. */
uint8_t solo_km(struct solo *s, uint8_t object, uint8_t port, uint8_t stream,
		unsigned set, unsigned dir, unsigned sub);
/* Status of a KEY_PROG. */
uint8_t solo_key(struct solo *s, uint8_t port, uint8_t stream, unsigned set,
		 unsigned dir, unsigned sub);
/* All six keys of a set, and GO. */
void solo_keys(struct solo *s, uint8_t port, uint8_t stream, unsigned set);
void solo_stop_keys(struct solo *s, uint8_t port, uint8_t stream, unsigned set);

/* A TDISP request to FUNCTION_ID @id; code of the answer, which is in out. */
uint8_t solo_tdisp(struct solo *s, uint32_t id, uint8_t code);
uint8_t solo_lock(struct solo *s, uint32_t id, uint8_t stream, uint16_t flags);
/* LOCK, then START with its nonce. */
void solo_run(struct solo *s, uint32_t id);
/* Code of the error in out. */
uint32_t solo_error(const struct solo *s);

#endif
