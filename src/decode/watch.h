/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DECODE_WATCH_H
#define DECODE_WATCH_H

#include "crypto/crypto.h"
#include "tlp/tlp.h"

/*
 * One who watches the packets of a link and puts the data objects together
 * that configuration requests carry through DOE mailboxes. Mailboxes are found
 * as the host found them: in the extended capabilities that it read. Packets
 * under IDE are opened with the keys that the owner has heard of.
 *
 * Context: one thread; no allocation, no I/O. Total over all bytes.
 * Source: PCIe Base 6.3 §6.30 (DOE), §6.33 (IDE), §7.9.24 (registers)
 */
#define WATCH_BOXES   8u
#define WATCH_STREAMS 8u
#define WATCH_OBJECT  69640u /* bytes of the longest object */
#define WATCH_TAGS    1024u

/* A data object, header included. Good while the callback runs. */
typedef void watch_object_fn(void *ctx, bool answer, const uint8_t *p,
			     size_t n);

struct watch_cfg {
	const struct crypto *crypto;
	watch_object_fn *object;
	void *ctx;
};

enum watch_kind {
	WATCH_CLEAR,
	WATCH_OPENED,	 /* under IDE, and its MAC is right */
	WATCH_PROTECTED, /* under IDE, no key */
	WATCH_WRONG,	 /* under IDE, and its MAC is wrong */
	WATCH_MALFORMED,
};

/* What of a request its completion needs. */
struct watch_tag {
	bool waits;
	uint16_t rid;
	uint16_t reg;
	uint16_t requester;
};

struct watch_box {
	bool there;
	uint16_t rid;
	uint16_t at;   /* of the capability */
	uint32_t read; /* the dword that the read mailbox showed last */
	bool shown;
	size_t in_len;	/* of the object on its way to the device */
	size_t out_len; /* and back */
	uint8_t in[WATCH_OBJECT];
	uint8_t out[WATCH_OBJECT];
};

struct watch_key {
	struct crypto_slot slot;
	uint64_t counter; /* the next invocation field */
};

struct watch_stream {
	bool there;
	uint8_t id;
	struct watch_key key[2][2][TLP_CLASSES]; /* [set][RX, TX][sub] */
};

struct watch {
	struct watch_cfg cfg;
	struct watch_tag tag[WATCH_TAGS];
	struct watch_box box[WATCH_BOXES];
	struct watch_stream stream[WATCH_STREAMS];
	uint8_t data[TLP_LIMIT_DATA];
};

void watch_init(struct watch *w, const struct watch_cfg *cfg);
/* Gives keys back and wipes. */
void watch_fini(struct watch *w);

/*
 * watch_key() - a key that an IDE_KM KEY_PROG carried to the device
 * @dir: as the device has it: 0 what it receives, 1 what it sends
 */
void watch_key(struct watch *w, uint8_t stream, unsigned set, unsigned dir,
	       unsigned sub, const uint8_t *key, uint64_t ifv);

/*
 * watch_push() - the next packet
 * @t: what it is, unless it is malformed; opened, its payload is plaintext
 */
enum watch_kind watch_push(struct watch *w, const uint8_t *p, size_t n,
			   struct tlp *t);

#endif
