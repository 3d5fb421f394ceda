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
/* Makes its session, or makes it anew after it ended. */
void solo_session(struct solo *s);
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

/* The questions and reports of told.c; what is asked for must be there. */
enum tdi_state solo_state(struct solo *s, uint16_t rid);
const struct rule *solo_refusal(struct solo *s, const struct device_access *a);
/* Whether MMIO of 8 bytes at @addr of @rid may be. */
bool solo_mmio(struct solo *s, uint16_t rid, uint64_t addr, bool t);
bool solo_dma(struct solo *s, uint16_t rid, bool t);
void solo_told(struct solo *s, uint16_t rid, uint16_t reg, unsigned size,
	       uint32_t v);
/* First page of range @i of the report that TDI @id gives. */
uint64_t solo_report_page(struct solo *s, uint32_t id, unsigned i);
uint16_t solo_ecap(struct solo *s, uint16_t id);

#endif
