/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_GUEST_PRIV_H
#define ARCH_CCA_GUEST_PRIV_H

#include "arch/cca/guest.h"

/* Keeps the words for why(). */
enum il_err cca_guest_refused(struct cca_guest *g, const char *what,
			      uint64_t code);

/*
 * cca_guest_call() - one host call and its answer
 * @name: for why(); @n arguments, function id first
 *
 * IL_E_AGAIN: call again. On IL_OK g->gpr holds the answer, gpr[0] success.
 */
enum il_err cca_guest_call(struct cca_guest *g, const char *name,
			   const uint64_t *arg, unsigned n) IL_MUST;

/* RSI_VDEV_GET_INFO, to g->info. */
enum il_err cca_guest_info(struct cca_guest *g) IL_MUST;

/* SMC whose first result is to be success; else refused. */
enum il_err cca_guest_smc(struct cca_guest *g, const char *name,
			  uint64_t x[CCA_SMC_REGS]) IL_MUST;

/* RSI_IPA_STATE_SET from g->at on; which is then @size. */
enum il_err cca_guest_ripas(struct cca_guest *g, uint64_t ipa, uint64_t size,
			    uint8_t ripas) IL_MUST;

/* guest_ev.c: as guest_arch_ops.evidence(), without the end of the entry. */
enum il_err cca_guest_evidence(struct cca_guest *g, const uint8_t *nonce,
			       struct evidence_claims *claims,
			       struct evidence_blobs *blobs) IL_MUST;

#endif
