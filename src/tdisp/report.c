/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/report.h"

#include "base/bits.h"

#define MSIX_RSVD  MASK(13, 11) /* Message Control, bits that do not exist */
#define PAGE_LIMIT BIT64(52)	/* 2^64 bytes of 4K pages */
#define MAX_BAR_ID 7

void tdisp_range_decode(struct rd *r, struct tdisp_range *out)
{
	out->first_page = rd_u64le(r);
	out->pages = rd_u32le(r);
	out->attrs = rd_u16le(r);
	out->id = rd_u16le(r);
}

void tdisp_range_encode(struct wr *w, const struct tdisp_range *range)
{
	wr_u64le(w, range->first_page);
	wr_u32le(w, range->pages);
	wr_u16le(w, range->attrs);
	wr_u16le(w, range->id);
}

static bool range_sane(const struct tdisp_range *a)
{
	return a->pages && a->first_page < PAGE_LIMIT &&
	       a->pages <= PAGE_LIMIT - a->first_page && a->id <= MAX_BAR_ID &&
	       !(a->attrs & ~TDISP_RANGE_ATTRS);
}

/* @b may follow @a: ids ascend, and ranges of one id do, without overlap. */
static bool range_follows(const struct tdisp_range *a,
			  const struct tdisp_range *b)
{
	if (a->id != b->id)
		return a->id < b->id;
	return a->first_page + a->pages <= b->first_page;
}

bool tdisp_report_sane(const struct tdisp_report *rep)
{
	if (rep->info & ~TDISP_INFO_BITS || rep->msix_control & MSIX_RSVD ||
	    rep->range_count > TDISP_MAX_RANGES ||
	    rep->vendor_len > TDISP_MAX_REPORT)
		return false;
	for (uint32_t i = 0; i < rep->range_count; i++) {
		if (!range_sane(&rep->ranges[i]))
			return false;
		if (i && !range_follows(&rep->ranges[i - 1], &rep->ranges[i]))
			return false;
	}
	return true;
}

enum il_err tdisp_report_decode(const uint8_t *p, size_t len,
				struct tdisp_report *out)
{
	struct rd r = rd_over(p, len);
	struct tdisp_report m = { 0 };
	uint16_t rsvd;
	enum il_err err;

	m.info = rd_u16le(&r);
	rsvd = rd_u16le(&r);
	m.msix_control = rd_u16le(&r);
	m.lnr_control = rd_u16le(&r);
	m.tph_control = rd_u32le(&r);
	m.range_count = rd_u32le(&r);
	if (rsvd || m.range_count > TDISP_MAX_RANGES)
		return IL_E_FIELD;
	for (uint32_t i = 0; i < m.range_count; i++)
		tdisp_range_decode(&r, &m.ranges[i]);
	m.vendor_len = rd_u32le(&r);
	m.vendor = rd_bytes(&r, m.vendor_len);
	err = rd_end(&r);
	if (!err && !tdisp_report_sane(&m))
		err = IL_E_FIELD;
	if (!err)
		*out = m;
	return err;
}

enum il_err tdisp_report_encode(struct wr *w, const struct tdisp_report *rep)
{
	if (!tdisp_report_sane(rep))
		return IL_E_ARG;
	wr_u16le(w, rep->info);
	wr_zero(w, 2);
	wr_u16le(w, rep->msix_control);
	wr_u16le(w, rep->lnr_control);
	wr_u32le(w, rep->tph_control);
	wr_u32le(w, rep->range_count);
	for (uint32_t i = 0; i < rep->range_count; i++)
		tdisp_range_encode(w, &rep->ranges[i]);
	wr_u32le(w, rep->vendor_len);
	wr_bytes(w, rep->vendor, rep->vendor_len);
	return w->err;
}
