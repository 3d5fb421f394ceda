/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_CASCADE_H
#define DSM_CASCADE_H

#include "dsm/pci.h"

/*
 * What takes what down: a row for each event, a column for each kind of thing
 * that it may end. The public table is the default; tests and misbehaving
 * devices pass an altered copy in dsm_pci_cfg.cascade.
 */

/* Sessions. */
enum dsm_ends_sessions { DSM_SES_STAY, DSM_SES_ALL };

/* Streams: their keys, in IDE_KM and in the hardware. */
enum dsm_ends_streams {
	DSM_STR_STAY,
	DSM_STR_NAMED, /* the one that was named; the hardware has done it */
	DSM_STR_KEYED, /* those that the session keyed */
	DSM_STR_OWNED, /* all, if the function has the IDE capability */
	DSM_STR_ALL,
};

/* TDIs; those of a stream that ends are in ERROR in any case. */
enum dsm_ends_tdis {
	DSM_TDI_SELF,	/* the function that was named */
	DSM_TDI_FAMILY, /* it, and its VFs if it is a PF */
	DSM_TDI_USERS,	/* users of the stream that was named */
	DSM_TDI_LOCKED, /* those that the session locked */
	DSM_TDI_ALL,	/* all functions */
};

/* Not seen by the device: told by the other half. */
#define DSM_EV_SESSION DSM_EVENTS

/* @if_flags: only TDIs locked with that flag. */
struct dsm_cascade {
	enum dsm_ends_sessions sessions;
	enum dsm_ends_streams streams;
	enum dsm_ends_tdis scope;
	enum tdi_event ev;
	uint16_t if_flags;
};

extern const struct dsm_cascade dsm_cascade_rows[DSM_EVENTS + 1];

#endif
