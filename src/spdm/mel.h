/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPDM_MEL_H
#define SPDM_MEL_H

#include "crypto/crypto.h"
#include "spdm/codec.h"

/*
 * The measurement extension log in the format of DMTF: what was measured since
 * the start, entry by entry, and the digest that grew with it.
 * Source: DSP0274 1.3.2, sections 10.11.1 (hash-extend measurements) and
 * 10.25 (GET_MEASUREMENT_EXTENSION_LOG); the order of the fields of an entry
 * is as in DMTF's implementation.
 */
#define SPDM_MEL_HEAD	    16
#define SPDM_MEL_ENTRY_HEAD 11

/* DMTFSpecMeasurementValueType: a digest that entries of the log extend, and
 * a text that says something. */
#define SPDM_MEAS_TYPE_HASH_EXTEND 8
#define SPDM_MEAS_TYPE_INFO	   9

struct spdm_mel_entry {
	uint32_t index;		/* MELIndex: ascending */
	uint8_t meas;		/* of the measurement that it extends */
	uint8_t type;		/* as in a measurement block, bit 7: raw */
	struct spdm_span value; /* at most 65535 bytes */
	struct spdm_span whole; /* read only: all bytes of the entry */
};

/*
 * spdm_mel_entries() - the entries of a whole log
 * @r: read on with spdm_mel_next() until rd_left() is 0
 *
 * Errors: IL_E_SHORT, IL_E_LONG  the log is not as long as it says
 */
enum il_err spdm_mel_entries(struct spdm_span log, struct rd *r,
			     uint32_t *count) IL_MUST;
enum il_err spdm_mel_next(struct rd *r, struct spdm_mel_entry *out) IL_MUST;

/*
 * spdm_mel_good() - whole entries, as many as it says, ascending
 * Errors: as above, and IL_E_FIELD
 */
enum il_err spdm_mel_good(struct spdm_span log) IL_MUST;

/* Room for the head comes first; spdm_mel_end() fills it in. */
void spdm_mel_begin(struct wr *w);
void spdm_mel_add(struct wr *w, const struct spdm_mel_entry *e);
enum il_err spdm_mel_end(struct wr *w, uint32_t count) IL_MUST;

/*
 * spdm_mel_extend() - what the measurement @meas must be by the log
 * @out: crypto_hash_len(@alg) bytes
 *
 * From zeros on, each entry of @meas makes it the hash of itself and the
 * whole entry. OPEN: whether entries of other measurements count too; DMTF's
 * implementation has one such measurement, and so cannot tell.
 *
 * Errors: as spdm_mel_good(); IL_E_ARG  @alg is no algorithm
 */
enum il_err spdm_mel_extend(const struct crypto *c, enum crypto_hash_alg alg,
			    struct spdm_span log, uint8_t meas,
			    uint8_t *out) IL_MUST;

#endif
