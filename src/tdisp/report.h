/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TDISP_REPORT_H
#define TDISP_REPORT_H

#include "tdisp/codec.h"

/*
 * The device interface report. Total: every byte string either is a report
 * of which each field makes sense, or is refused.
 *
 * Source: PCIe Base 6.x §11.3.11; law 30
 */
#define TDISP_REPORT_COUNT  12 /* offset of the number of ranges */
#define TDISP_REPORT_RANGES 16 /* and of the first */
#define TDISP_RANGE_LEN	    16
#define TDISP_MAX_REPORT    65535 /* offsets are 16 bits */

#define TDISP_INFO_NO_FW_UPDATE 0x0001 /* updates are forbidden */
#define TDISP_INFO_DMA_NO_PASID 0x0002
#define TDISP_INFO_DMA_PASID	0x0004
#define TDISP_INFO_ATS		0x0008
#define TDISP_INFO_PRS		0x0010
#define TDISP_INFO_BITS		0x001f

/*
 * tdisp_report_decode() - read a whole report
 *
 * @out->vendor points into @p.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG
 *           IL_E_FIELD  unknown or reserved bit, more than TDISP_MAX_RANGES
 *                       ranges, a range that is empty, ends above 2^64 bytes,
 *                       has a larger id than 7 or than the next one, or
 *                       overlaps or precedes its predecessor of the same id
 *           On each, @out is as before.
 *
 * OPEN: ids above 7 have no BAR; they are refused because no later check
 *       could place them.
 */
enum il_err tdisp_report_decode(const uint8_t *p, size_t len,
				struct tdisp_report *out) IL_MUST;

/*
 * tdisp_report_encode() - write a report
 *
 * Errors:   IL_E_ARG    tdisp_report_sane() does not hold
 *           IL_E_SPACE  as of wr_end()
 */
enum il_err tdisp_report_encode(struct wr *w,
				const struct tdisp_report *rep) IL_MUST;

/* All that tdisp_report_decode() promises of the values. */
bool tdisp_report_sane(const struct tdisp_report *rep);

#endif
