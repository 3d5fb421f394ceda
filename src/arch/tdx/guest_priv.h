/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_GUEST_PRIV_H
#define ARCH_TDX_GUEST_PRIV_H

#include "arch/tdx/guest.h"

/* Keeps the words for why(). */
enum il_err tdx_guest_refused(struct tdx_guest *g, const char *what,
			      uint64_t code);

/*
 * tdx_guest_call() - one TDCALL; @call is read when it is first made
 *
 * On IL_OK g->regs holds what it gave, RAX the status.
 * Errors: IL_E_AGAIN the same again; else an instruction's.
 */
enum il_err tdx_guest_call(struct tdx_guest *g,
			   const struct tdx_regs *call) IL_MUST;
/* The same, and a status that is an error is a refusal by @what. */
enum il_err tdx_guest_do(struct tdx_guest *g, const struct tdx_regs *call,
			 const char *what) IL_MUST;
/* TDG.VP.MAPGPA of whole pages. */
enum il_err tdx_guest_map_gpa(struct tdx_guest *g, uint64_t gpa, uint64_t size,
			      bool private) IL_MUST;

/*
 * tdx_guest_tdcm() - one command to the host and its answer
 * @cmd, @n: its data
 * @out, @cap: where the answer's data go; g->len says how many
 *
 * Errors: IL_E_PEER the host refused, did not end, or answered too much
 */
enum il_err tdx_guest_tdcm(struct tdx_guest *g, enum tdcm_op op,
			   const void *cmd, uint32_t n, void *out,
			   uint32_t cap) IL_MUST;

/* --- guest_evidence.c --- */

/* A field of the interface: g->value, or g->hash. */
enum il_err tdx_guest_tdi_rd(struct tdx_guest *g,
			     enum tdx_tdi_field field) IL_MUST;
/* It is in one of @states (bits), in our bind session. */
enum il_err tdx_guest_still(struct tdx_guest *g, unsigned states) IL_MUST;
enum il_err tdx_guest_evidence(struct tdx_guest *g, const uint8_t *nonce,
			       struct evidence_claims *claims,
			       struct evidence_blobs *blobs) IL_MUST;

/* TDISP state, as TDX_TDI_STATE has it. */
#define TDI_IS_LOCKED (1u << 1)
#define TDI_IS_RUN    (1u << 2)

#endif
