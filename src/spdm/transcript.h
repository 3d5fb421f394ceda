/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_TRANSCRIPT_H
#define SPDM_TRANSCRIPT_H

#include "crypto/crypto.h"
#include "spdm/codec.h"

/*
 * The transcripts of one connection as running hashes; no message is kept.
 * VCA runs under every hash that may still be chosen until ALGORITHMS chooses.
 * Source: DSP0274 1.2.1, sections 10.9.3 (M1/M2), 10.11.4 (L1/L2),
 * 10.16.7 (TH).
 */
struct spdm_transcript {
	const struct crypto *c;
	uint8_t version;
	uint32_t hash; /* 0 until chosen */
	uint32_t may;  /* hashes that may be chosen; all at first */
	/* SHA-256, SHA-384, SHA-512; one after choosing */
	struct crypto_slot vca[3];
	bool d_open;		 /* DIGESTS may still come */
	struct crypto_slot vcad; /* VCA and that DIGESTS */
	struct crypto_slot m12;	 /* VCA and what CHALLENGE will sign */
	struct crypto_slot l12;	 /* measurements outside sessions */
	struct crypto_slot work; /* a copy that is committed by exchange */
};

void spdm_tr_init(struct spdm_transcript *t, const struct crypto *c);
void spdm_tr_drop(struct spdm_transcript *t);

/* Starts VCA again, as GET_VERSION does; m12 and l12 become empty. */
enum il_err spdm_tr_restart(struct spdm_transcript *t) IL_MUST;
enum il_err spdm_tr_vca(struct spdm_transcript *t, const uint8_t *p,
			size_t n) IL_MUST;
/* After ALGORITHMS: keep the one hash. IL_E_ARG: not one of @may. */
enum il_err spdm_tr_choose(struct spdm_transcript *t, uint8_t version,
			   uint32_t hash) IL_MUST;
enum il_err spdm_tr_vca_digest(const struct spdm_transcript *t,
			       uint8_t *out) IL_MUST;

/*
 * spdm_tr_add() - append to @s, which begins with VCA if it is empty
 *
 * @vca false: begins empty (L1/L2 before 1.2).
 */
enum il_err spdm_tr_add(struct spdm_transcript *t, struct crypto_slot *s,
			bool vca, const uint8_t *p, size_t n) IL_MUST;
/*
 * spdm_tr_digests() - a DIGESTS response of a connection with many keys
 *
 * TH of a KEY_EXCHANGE has it behind VCA, if GET_DIGESTS came straight after
 * ALGORITHMS; later ones do not count, and spdm_tr_d_close() is for the first
 * request that is another.
 * Source: DSP0274 1.3.2, section 10.16.7 (message D)
 */
enum il_err spdm_tr_digests(struct spdm_transcript *t, const uint8_t *p,
			    size_t n) IL_MUST;
/* As if none had come yet. */
void spdm_tr_d_undo(struct spdm_transcript *t);
void spdm_tr_d_close(struct spdm_transcript *t);

/* Begins TH of a KEY_EXCHANGE: VCA, and DIGESTS where they belong to it. */
enum il_err spdm_tr_th(struct spdm_transcript *t,
		       struct crypto_slot *s) IL_MUST;

/* Digest of @s so far. */
enum il_err spdm_tr_digest(const struct spdm_transcript *t,
			   struct crypto_slot s, uint8_t *out) IL_MUST;
/* Empties a transcript. */
void spdm_tr_forget(struct spdm_transcript *t, struct crypto_slot *s);

#endif
