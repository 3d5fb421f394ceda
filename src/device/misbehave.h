/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_MISBEHAVE_H
#define DEVICE_MISBEHAVE_H

#include "decode/change.h"
#include "device/device.h"
#include "dsm/cascade.h"
#include "spdm/rsp_table.h"

/*
 * A device that breaks a rule on purpose: what a judge of devices is tried on.
 * A misbehaviour acts through the seams of the device alone: tables that the
 * engines are given, the DSM's tap, entries of ports, struct device_seams.
 * Nothing of it is there unless it was added by name.
 *
 * Several may be on at once. Their hooks run in the order in which they were
 * added; each sees what those before it left. Who answers an exchange itself
 * (ask) keeps it from those behind; who drops something drops it for all. Of
 * two that set the same cell of a table, the later one counts.
 *
 * docs/misbehaviours.md lists them.
 */
struct misbehave;
struct misbehaviour;

/* One that is on: what its hooks are called with. */
struct misbehave_one {
	const struct misbehaviour *is;
	struct misbehave *all;
	uint64_t n; /* of NAME:N, or the row's own */
	/* Its own, zero at the start. */
	uint64_t count;
	uint64_t note[4];
};

/* Copies of the engines' tables, to be altered. */
struct misbehave_tables {
	struct spdm_rsp_table spdm;
	struct idekm_edge idekm[IDEKM_KEY_EVENTS][IDEKM_KEY_STATES];
	struct tdi_edge tdi[TDI_EVENTS][TDI_STATES];
	struct dsm_cascade cascade[DSM_EVENTS + 1];
	struct doe_edge doe[DOE_EVENTS][DOE_STATES];
};

/*
 * A row. Hooks may be NULL; where what they do is in the manner of another
 * interface, that one has the words: struct dsm_tap, struct device_seams.
 */
struct misbehaviour {
	const char *name;   /* lower case, with '-' */
	const char *says;   /* what the device does, one sentence */
	const char *source; /* the document and section that it breaks */
	uint64_t n;	    /* the number behind ':', unless given; 0: none */
	/*
	 * For hooks that several rows share (misbehave_…() below): the code of
	 * an SPDM request or response, an ERROR code, the name of a message
	 * and of one of its fields as src/decode has them, and what becomes of
	 * that field.
	 */
	uint8_t code;
	uint8_t error;
	const char *message;
	const char *field;
	unsigned nth;
	struct change change;
	uint32_t arg; /* for hooks that rows of one file share: theirs */

	/* The device's configuration, before it is made. */
	void (*start)(struct misbehave_one *me, struct device_cfg *cfg);
	void (*tables)(struct misbehave_one *me, struct misbehave_tables *t);
	/* The context of the entries is a struct device; misbehave_of() and
	 * misbehave_me() lead from there to here. */
	void (*ports)(struct misbehave_one *me, struct spdm_rsp_port *spdm,
		      struct dsm_port *dsm);

	/* Data objects, header included; exchanges as they come and go. */
	void (*object)(struct misbehave_one *me, uint8_t *obj, size_t cap,
		       size_t *n);
	void (*reply)(struct misbehave_one *me, uint8_t *obj, size_t cap,
		      size_t *n);
	bool (*ask)(struct misbehave_one *me, struct device_exchange *x);
	void (*answered)(struct misbehave_one *me, struct device_exchange *x);

	/*
	 * SPDM in the clear. heard: may change the request's bytes, and *n up
	 * to @cap; what is hashed is what it leaves. fields, bytes: the
	 * response, ERROR too, before and after it is encoded. The request is
	 * misbehave_request().
	 */
	void (*heard)(struct misbehave_one *me, uint32_t session_id, uint8_t *p,
		      size_t cap, size_t *n);
	void (*fields)(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp);
	void (*bytes)(struct misbehave_one *me, enum spdm_tap_stage stage,
		      const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		      size_t *n);

	/* IDE_KM and TDISP: decoded, false: no answer; and payloads, from the
	 * protocol id on, *len 0: there is no answer. */
	bool (*idekm)(struct misbehave_one *me, const struct idekm_msg *req,
		      struct idekm_msg *rsp);
	bool (*tdisp)(struct misbehave_one *me, const struct tdisp_msg *req,
		      struct tdisp_msg *rsp);
	void (*payload)(struct misbehave_one *me, const uint8_t *in, size_t n,
			uint8_t *out, size_t cap, size_t *len);

	/* Configuration space, the watch over it, and the link. */
	bool (*cfg_write)(struct misbehave_one *me, unsigned fn, uint16_t reg,
			  uint32_t *val, uint8_t *be);
	void (*cfg_read)(struct misbehave_one *me, unsigned fn, uint16_t reg,
			 uint32_t *val);
	bool (*event)(struct misbehave_one *me, enum dsm_event ev,
		      uint32_t which);
	bool (*link_event)(struct misbehave_one *me, enum link_event ev);
	bool (*packet)(struct misbehave_one *me, struct tlp *t);
	bool (*send)(struct misbehave_one *me, struct tlp *t, int *stream);
	bool (*mem)(struct misbehave_one *me, unsigned fn, unsigned bar,
		    uint32_t off, uint32_t len, bool t, int stream,
		    bool allowed);
	bool (*dma)(struct misbehave_one *me, unsigned fn, enum dsm_dma kind,
		    bool *t, int *stream, bool allowed);
};

/* The rows of each group; each file's author adds to its own. */
struct misbehave_group {
	const char *title;
	const struct misbehaviour *rows;
	unsigned count;
};

extern const struct misbehave_group misbehave_general, misbehave_first,
	misbehave_doe, misbehave_box, misbehave_spdm, misbehave_spdm_prove,
	misbehave_spdm_connect, misbehave_session, misbehave_handshake,
	misbehave_secured, misbehave_idekm, misbehave_tdisp, misbehave_report,
	misbehave_cascade;
extern const struct misbehave_group *const misbehave_groups[];
extern const unsigned misbehave_group_count;

#define MISBEHAVE_MAX	8     /* at once */
#define MISBEHAVE_KEPT	48    /* responses that are kept, one of a code */
#define MISBEHAVE_BYTES 8192u /* of a response that is kept */

/* A request, or a response. */
struct misbehave_bytes {
	uint32_t session_id;
	uint8_t code;
	size_t n; /* 0: none */
	uint8_t p[MISBEHAVE_BYTES];
};

/* The whole; large, and need not be cleared. One device each. */
struct misbehave {
	unsigned count;
	struct misbehave_one one[MISBEHAVE_MAX];
	struct device *dev;	     /* from its first hook on */
	const struct crypto *crypto; /* the honest one */
	/* Free for a row that replaces operations of it. */
	struct crypto_ops crypto_ops;
	struct crypto crypto_as;
	struct misbehave_tables tables;
	struct misbehave_tables honest; /* with misbehave_ready() */
	struct device_seams seams;
	struct dsm_tap tap;
	unsigned conn;		      /* of the exchange at hand */
	struct misbehave_bytes heard; /* the request at hand, as it came */
	uint8_t as[MISBEHAVE_BYTES];  /* the same as rows left it */
	uint8_t object[DEVICE_DOE_MAX];
	/* The last good response of each code. */
	struct misbehave_bytes kept[MISBEHAVE_KEPT];
	struct misbehave_bytes plain; /* for rows that build something */
	struct field list[FIELDS_MAX];
	bool drop; /* the answer to the exchange at hand */
	/* A row of general ones holds an answer back, or repeats it. */
	struct {
		bool used;
		bool owed; /* given though nothing is on any more */
		bool late; /* held back, not to be repeated */
		uint64_t due_ns;
		struct device_exchange x;
		uint8_t in[DEVICE_DOE_MAX]; /* what it is the answer to */
		size_t n;
		uint8_t p[DEVICE_DOE_MAX];
	} held;
};

/* By name; NULL: there is none. */
const struct misbehaviour *misbehave_find(const char *name);

void misbehave_init(struct misbehave *m);

/*
 * misbehave_add() - one more
 * @text: NAME, or NAME:N
 *
 * Errors:   IL_E_ARG    no such name, a number that is none, or where none is
 *                       taken
 *           IL_E_SPACE  MISBEHAVE_MAX are on
 *           IL_E_STATE  it is on already
 */
enum il_err misbehave_add(struct misbehave *m, const char *text) IL_MUST;

/* Into the configuration of a device that is otherwise complete, crypto table
 * included; @m outlives it and does not move. None added: nothing changes. */
void misbehave_apply(struct misbehave *m, struct device_cfg *cfg);

/*
 * misbehave_ready() - the same, of a device that may be told while it runs
 * None added: it is as honest as any, and holds to its assertions.
 */
void misbehave_ready(struct misbehave *m, struct device_cfg *cfg);

/*
 * misbehave_arm() - one more, of a device that runs
 * @d was made from a configuration that misbehave_ready() has seen. Its counts
 * begin here.
 *
 * Errors:   as misbehave_add(); IL_E_STATE also for what has to be there before
 *           the device is made
 */
enum il_err misbehave_arm(struct misbehave *m, struct device *d,
			  const char *text) IL_MUST;
/* None any more; what came of them so far is not undone: an answer that is held
 * back comes as it is, since its request was acted on. */
void misbehave_calm(struct misbehave *m, struct device *d);

/* --- for rows --- */

/* Of the context of a port's entry: all that is on, and row @is of it. */
struct misbehave *misbehave_of(void *port_ctx);
struct misbehave_one *misbehave_me(void *port_ctx, const char *name);

/* The SPDM responder of the exchange at hand. */
struct spdm_rsp *misbehave_rsp(const struct misbehave_one *me);

/* The request at hand, decoded; false: it is malformed. */
bool misbehave_request(const struct misbehave_one *me, struct spdm_msg *req);

/* The last good response of @code, into @p; false: there was none. */
bool misbehave_repeat(const struct misbehave_one *me, uint8_t code, uint8_t *p,
		      size_t cap, size_t *n);

/* An ERROR in the version of what stands at @p. */
void misbehave_refuse(uint8_t *p, size_t cap, size_t *n, uint8_t code,
		      uint8_t data);

/* @c on field @name (its @nth) of the response at @p, as hook bytes has it;
 * false: it has none, or the stage is not the field's. */
bool misbehave_field(struct misbehave_one *me, enum spdm_tap_stage stage,
		     const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		     size_t *n, const char *name, unsigned nth,
		     const struct change *c);

/* No answer to the exchange at hand, sealed or not. */
void misbehave_drop(struct misbehave_one *me);

/* This response has no signature or HMAC to come: what it is now is what goes
 * out. One that has may not become shorter than these before. */
bool misbehave_final(enum spdm_tap_stage stage, const struct spdm_msg *rsp);

/* As hooks bytes of rows: */

/*
 * No refusal of the request row.code: the last good response to it instead, or
 * a header and row.n bytes of zeros if there was none. row.error: of this
 * refusal alone.
 */
void misbehave_lenient(struct misbehave_one *me, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n);
/* ERROR row.error in place of the response row.code. */
void misbehave_harsh(struct misbehave_one *me, enum spdm_tap_stage stage,
		     const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		     size_t *n);
/* row.change to row.field of message row.message, IDE_KM and TDISP too; before
 * it is hashed and signed, unless the field is a proof itself. */
void misbehave_alter(struct misbehave_one *me, enum spdm_tap_stage stage,
		     const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		     size_t *n);

#endif
