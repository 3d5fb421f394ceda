/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_TSM_TSM_PRIV_H
#define HOST_TSM_TSM_PRIV_H

#include "host/tsm/tsm.h"

/* --- op.c: one operation at a time --- */

void pci_tsm_op_begin(struct pci_tsm_dsm *d, enum pci_tsm_op_kind kind,
		      const void *owner, struct pci_tdi *tdi);
void pci_tsm_op_end(struct pci_tsm_dsm *d, long ret);
/* The architecture drops what is under way; op_end() is the caller's. */
void pci_tsm_op_abort(struct pci_tsm_dsm *d);
/*
 * The relay loop, one turn. -EAGAIN: a message was carried. An operation that
 * asks for another exchange after one failed, or for more of them than any
 * protocol needs, is dropped (law 54).
 */
int pci_tsm_op_step(struct pci_tsm_dsm *d, struct pci_tsm_guest_req *q);
/* The loop to its end, here and now; op_end() is the caller's. */
int pci_tsm_op_finish(struct pci_tsm_dsm *d, struct pci_tsm_guest_req *q);

/* May @owner go on with, or begin, an operation of this kind? */
enum pci_tsm_turn { TSM_TURN_WAIT, TSM_TURN_BEGIN, TSM_TURN_GO_ON };
enum pci_tsm_turn pci_tsm_turn(const struct pci_tsm_dsm *d,
			       enum pci_tsm_op_kind kind, const void *owner);
/*
 * What somebody hears who has to wait: -EAGAIN, or -EINTR when a signal is
 * there for the task. Who holds the lock is not interrupted.
 */
int pci_tsm_wait(const struct pci_tsm_core *c);

/* --- connect.c --- */

/* The contexts of function 0's other functions, as far as they lack one. */
void pci_tsm_subs_probe(struct pci_tsm_core *c, struct pci_tsm_dsm *d);
/* The context of @p, if it has one of its own; nothing is bound to it. */
void pci_tsm_sub_free(struct pci_tsm_core *c, struct pci_dev *p);
void pci_tsm_dsm_free(struct pci_tsm_core *c, struct pci_tsm_dsm *d);
bool pci_tsm_any_bound(const struct pci_tsm_dsm *d);
/* Begins and ends a disconnect here and now; the device may be dead. */
int pci_tsm_disconnect_now(struct pci_tsm_core *c, struct pci_tsm_dsm *d);

/* --- bind.c --- */

void pci_tsm_tdi_free(struct pci_tsm_core *c, struct pci_tdi *tdi);
/* An unbind is under way on @d: goes on with it until nothing is bound. */
int pci_tsm_unbind_finish(struct pci_tsm_core *c, struct pci_tsm_dsm *d);

/* --- sysfs.c --- */

int pci_tsm_sysfs_init(struct pci_tsm_core *c);
/*
 * As Linux's sscanf("tsm%d"): blanks before the number and anything behind it
 * are tolerated; a negative number names no TSM. -EINVAL: no number.
 */
int pci_tsm_parse(const char *name, int *n);

#endif
