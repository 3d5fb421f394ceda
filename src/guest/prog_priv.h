/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_PROG_PRIV_H
#define GUEST_PROG_PRIV_H

#include "guest/guest.h"

/*
 * A program is a function that is called again from its start after each
 * exit: g->phase says how far it came, and no phase holds more than one thing
 * that may exit.
 */
typedef enum il_err guest_fn(struct guest *g);

guest_fn guest_boot, guest_probe, guest_lock, guest_judge, guest_accept,
	guest_start, guest_bind, guest_unbind, guest_dma, guest_share,
	guest_unshare, guest_mmio, guest_load, guest_store, guest_release;

/* Configuration space of the function, through ECAM in shared memory. */
enum il_err guest_cfg_read(struct guest *g, uint16_t reg, uint8_t len,
			   uint32_t *v) IL_MUST;
enum il_err guest_cfg_write(struct guest *g, uint16_t reg, uint8_t len,
			    uint32_t v) IL_MUST;

/*
 * A register of the function, in the view of its BAR that holds now: private
 * once it was accepted, shared before.
 */
enum il_err guest_reg_read(struct guest *g, uint32_t off, uint32_t len,
			   uint64_t *v) IL_MUST;
enum il_err guest_reg_write(struct guest *g, uint32_t off, uint32_t len,
			    uint64_t v) IL_MUST;

/* A refusal of the guest's own kernel, by its errno: IL_E_STATE. */
enum il_err guest_refuse(struct guest *g, int eno, const char *what);

/* Keeps the words for guest_what() and passes the error on. */
enum il_err guest_fail(struct guest *g, enum il_err err, const char *what);

#endif
