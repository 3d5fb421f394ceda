/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TDISP_TDI_PRIV_H
#define TDISP_TDI_PRIV_H

#include "tdisp/rsp.h"

/* Actions of the table, by file. */

/* tdi_lock.c */
tdi_action tdi_lock;
/* A LOCK that was under way is not to come any more. */
void tdi_lock_abandon(const struct tdisp_rsp *r, struct tdi *t);

/* tdi_run.c */
tdi_action tdi_bind_p2p;
tdi_action tdi_unbind_p2p;
tdi_action tdi_set_mmio_attr;
tdi_action tdi_vdm;
bool tdi_p2p_any(const struct tdi *t);
/* Gives all streams for peers back; what fails stays bound. */
enum tdisp_error tdi_p2p_release(const struct tdisp_rsp *r, struct tdi *t);

/* tdi.c */
void tdi_nonce_wipe(struct tdi *t);

#endif
