/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_TEE_H
#define JUDGE_TEE_H

#include "idekm/codec.h"
#include "judge/puppet.h"
#include "tdisp/codec.h"
#include "tdisp/report.h"

/*
 * What the cases of IDE_KM and TDISP have in common: requests byte by byte,
 * answers taken apart, and the way to a state of a TDI. All return as
 * puppet.h says: false ends the case.
 *
 * On the way to a state a refusal makes the case "not tested", as the refused
 * step has a case of its own.
 */

/* --- IDE_KM --- */

#define TEE_KEY_LEN (IDEKM_KEY_PROG_LEN) /* bytes after the protocol id */

/* An answer; @raw begins with the object id and lives as the answer does. */
struct tee_km {
	struct spdm_span raw;
	enum il_err bad; /* IL_OK: @m is live */
	struct idekm_msg m;
};

/* The reference to a key of the stream and port that are judged. */
struct idekm_ref tee_ref(const struct judge *j, unsigned set, unsigned dir,
			 unsigned sub);
/* Two bytes of QUERY after its object id; KEY_PROG with a key of its own, its
 * 47 bytes; GO and STOP, 7 bytes. @out is that long. Return the length. */
size_t tee_query(uint8_t *out, unsigned port);
size_t tee_key_prog(struct judge *j, uint8_t *out, const struct idekm_ref *ref);
size_t tee_key_obj(uint8_t *out, enum idekm_object o,
		   const struct idekm_ref *ref);

/* One object there, one back, of PCI-SIG and IDE_KM; else it is a fail. */
bool tee_km_ask(struct judge *j, const uint8_t *p, size_t n, struct tee_km *a);
/* The answer is whole and of this kind. */
bool tee_km_is(struct judge *j, const struct tee_km *a, enum idekm_object o);
/* KP_ACK of this status; both together. */
bool tee_km_status(struct judge *j, const struct tee_km *a, unsigned status);
/* It names the same key, or the one that was refused. */
bool tee_km_same(struct judge *j, const struct tee_km *a,
		 const struct idekm_ref *ref);
/* No answer at all may come; and: none that is an object of IDE_KM. Both end
 * the connection. */
bool tee_km_silent(struct judge *j, const uint8_t *p, size_t n);
bool tee_km_unheard(struct judge *j, const uint8_t *p, size_t n);

/* --- TDISP --- */

struct tee_td {
	struct spdm_span raw; /* from the version byte on */
	enum il_err bad;
	struct tdisp_msg m;
};

/* A request: header of version 1.0, @n bytes of body. Returns its length. */
size_t tee_req(uint8_t *out, unsigned code, uint32_t fn, const void *body,
	       size_t n);
#define TEE_REQ_MAX 256
/* These bytes there, a TDISP message back; BUSY is waited out. */
bool tee_td_ask(struct judge *j, const uint8_t *p, size_t n, struct tee_td *a);
/* tee_req() to the interface that is judged, and its answer. */
bool tee_ask(struct judge *j, unsigned code, const void *body, size_t n,
	     struct tee_td *a);
/* The answer is whole and of this kind. */
bool tee_is(struct judge *j, const struct tee_td *a, unsigned code);
/* TDISP_ERROR of one of these codes, ended by 0; none: of any. */
bool tee_error_of(struct judge *j, const struct tee_td *a,
		  const uint32_t *codes);
#define tee_error(j, a, ...) \
	tee_error_of((j), (a), (const uint32_t[]){ __VA_ARGS__, 0 })
/* GET_DEVICE_INTERFACE_STATE tells this one: a part of the requirement. */
bool tee_state_is(struct judge *j, enum tdi_state want);
const char *tee_state_name(unsigned state);
/* What came, in words. */
void tee_words(const struct tee_td *a, char *out, size_t cap);

/* An object of IDE_KM that may be answered or not, and a request of TDISP at
 * once behind it, whose answer it waits for. */
bool tee_km_then(struct judge *j, const uint8_t *p, size_t n, unsigned code,
		 const void *body, size_t body_n, struct tee_td *a);

/* Body of LOCK_INTERFACE_REQUEST, 20 bytes. */
#define TEE_LOCK_LEN 20
void tee_lock_body(const struct judge *j, uint8_t *out, unsigned flags,
		   uint64_t offset);

/* What a LOCK gave. */
struct tee_lock {
	uint8_t nonce[TDISP_NONCE_LEN];
};

/* --- to a state --- */

/* A session under AES-256-GCM; whatever the TDI was about is stopped, and it
 * will be stopped after the case. */
bool tee_session(struct judge *j);
/* The stream's Enable bit, where the target has it: new keys come to one that
 * is disabled, and trust to one that is enabled. */
bool tee_enable(struct judge *j, bool on);
/* KEY_PROG and K_SET_GO of all keys of a set, RX before TX. */
bool tee_keys(struct judge *j, unsigned set);
bool tee_keyed(struct judge *j);
/* LOCK_INTERFACE_REQUEST alone, keys being there. */
bool tee_lock(struct judge *j, unsigned flags, uint64_t offset,
	      struct tee_lock *l);
bool tee_locked(struct judge *j, struct tee_lock *l);
bool tee_start(struct judge *j, const struct tee_lock *l);
bool tee_running(struct judge *j);
bool tee_stop(struct judge *j);
/* Locked, then the session ends; another one finds the TDI in ERROR. */
bool tee_failed(struct judge *j);
/* Any of the four. */
bool tee_to(struct judge *j, enum tdi_state st);

/* The whole report, in portions of @part bytes; the caller's buffer. */
#define TEE_REPORT_MAX 4096
bool tee_report(struct judge *j, unsigned part, uint8_t *out, size_t *len);
/* What GET_TDISP_CAPABILITIES tells. */
bool tee_caps(struct judge *j, struct tdisp_caps *caps);
bool tee_offers(const struct tdisp_caps *caps, unsigned code);

#endif
