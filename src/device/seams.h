/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_SEAMS_H
#define DEVICE_SEAMS_H

#include "doe/doe.h"
#include "dsm/dsm.h"
#include "link/link.h"
#include "tlp/tlp.h"

/*
 * Where the device itself can be made to act otherwise: for devices that break
 * a rule on purpose (misbehave.h). A device without them has NULL in
 * cfg.seams; what the DSM does is reached by struct dsm_tap and by the tables.
 * Each entry may be NULL.
 */
struct device;

/* One request to the DSM or to discovery, whichever way it came. */
struct device_exchange {
	unsigned conn;
	bool doe;	      /* it came in a data object … */
	struct doe_type type; /* … of this type; that of the answer after */
	enum spdm_kind kind;  /* where it is SPDM; likewise */
	const uint8_t *in;    /* payload; must live as long as the exchange */
	size_t n;
	uint8_t *out;
	size_t cap;
	size_t len; /* of the answer; 0: none */
	/* IL_E_AGAIN: not yet, the same bytes come again; others: no answer
	 * can be given: the mailbox is in error, a connection is closed. */
	enum il_err err;
	uint64_t now_ns;
};

struct device_seams {
	/* Rules were broken, or will be: nothing is asserted any more. */
	bool breaks;
	/* Before the device is wired up: entries of its ports, whose context
	 * is @d. */
	void (*ports)(void *ctx, struct device *d, struct spdm_rsp_port *spdm,
		      struct dsm_port *dsm);
	/* A whole data object that came, header included; returns it, or what
	 * is to be taken for it: *n bytes. */
	const uint8_t *(*object)(void *ctx, struct device *d,
				 const uint8_t *obj, size_t *n);
	/* One that is to go, changed in place; *n up to @cap. */
	void (*reply)(void *ctx, struct device *d, uint8_t *obj, size_t cap,
		      size_t *n);
	/* Before it is answered; true: answered, @x says how. */
	bool (*ask)(void *ctx, struct device *d, struct device_exchange *x);
	/* After; not where the answer is not there yet. */
	void (*answered)(void *ctx, struct device *d,
			 struct device_exchange *x);
	/* A configuration access of @fn; @reg counts bytes, of whole dwords.
	 * False: the write does nothing. */
	bool (*cfg_write)(void *ctx, struct device *d, unsigned fn,
			  uint16_t reg, uint32_t *val, uint8_t *be);
	void (*cfg_read)(void *ctx, struct device *d, unsigned fn, uint16_t reg,
			 uint32_t *val);
	/* What the DSM is told, and what the link tells. False: not. */
	bool (*event)(void *ctx, struct device *d, enum dsm_event ev,
		      uint32_t which);
	bool (*link_event)(void *ctx, struct device *d, enum link_event ev);
	/* A packet that came, without its protection; false: it is lost. */
	bool (*packet)(void *ctx, struct device *d, struct tlp *t);
	/* One that is to go, on the stream of this id, -1: as the registers
	 * select. False: it is not sent. */
	bool (*send)(void *ctx, struct device *d, struct tlp *t, int *stream);
	/* Verdicts, after @allowed was found. */
	bool (*mem)(void *ctx, const struct device *d, unsigned fn,
		    unsigned bar, uint32_t off, uint32_t len, bool t,
		    int stream, bool allowed);
	bool (*dma)(void *ctx, const struct device *d, unsigned fn,
		    enum dsm_dma kind, bool *t, int *stream, bool allowed);
};

#endif
