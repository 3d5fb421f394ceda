/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "judge/cases.h"
#include "judge/target_link.h"
#include "judge/tee.h"

/* DEVICE_INTERFACE_REPORT: the portions, and what the whole says. §11.3.11 */

#define HDR_LEN	     16
#define MSIX_RSVD    0x3800u /* of Message Control */
#define PAGE_SHIFT   12
#define PAGES_OF_ALL (UINT64_C(1) << 52)
#define OFFSET_TRIED (UINT64_C(1) << 46)
#define MSIX_RANGES  (TDISP_RANGE_MSIX_TABLE | TDISP_RANGE_MSIX_PBA)

struct whole {
	uint8_t p[TEE_REPORT_MAX];
	size_t n;
	uint32_t ranges; /* as many as there is room for */
};

static struct tdisp_range range(const struct whole *w, uint32_t i)
{
	struct rd r = rd_over(w->p + HDR_LEN + i * (size_t)TDISP_RANGE_LEN,
			      TDISP_RANGE_LEN);
	struct tdisp_range out;

	tdisp_range_decode(&r, &out);
	return out;
}

/* Whether the counts in it make up its length. */
static bool sums(const struct whole *w)
{
	const uint32_t count = w->n >= HDR_LEN ? get_u32le(w->p + 12) : 0;
	size_t at;

	if (w->n < HDR_LEN + 4 ||
	    count > (w->n - HDR_LEN - 4) / TDISP_RANGE_LEN)
		return false;
	at = HDR_LEN + count * (size_t)TDISP_RANGE_LEN;
	return get_u32le(w->p + at) == w->n - at - 4;
}

/* The report of the lock there is, whose form is right. */
static bool report(struct judge *j, unsigned part, struct whole *w)
{
	if (!tee_report(j, part, w->p, &w->n) ||
	    !judge_expect(j, sums(w),
			  "the counts in it do not make up its %zu bytes",
			  w->n))
		return false;
	w->ranges = get_u32le(w->p + 12);
	return true;
}

static bool reported(struct judge *j, struct whole *w)
{
	struct tee_lock l;

	return tee_locked(j, &l) && report(j, 0xffff, w);
}

static void report_sums(struct judge *j)
{
	struct whole w;

	(void)reported(j, &w);
}

static void report_info(struct judge *j)
{
	struct whole w;

	if (reported(j, &w))
		judge_expect(j, !(get_u16le(w.p) & ~TDISP_INFO_BITS),
			     "INTERFACE_INFO is 0x%04x", get_u16le(w.p));
}

static void report_reserved(struct judge *j)
{
	struct whole w;

	if (reported(j, &w))
		judge_expect(j, !get_u16le(w.p + 2),
			     "the reserved field is 0x%04x",
			     get_u16le(w.p + 2));
}

static void each_range(struct judge *j,
		       bool (*good)(const struct tdisp_range *),
		       const char *what)
{
	struct whole w;

	if (!reported(j, &w))
		return;
	for (uint32_t i = 0; i < w.ranges; i++) {
		const struct tdisp_range r = range(&w, i);

		if (!judge_expect(j, good(&r),
				  "range %u, at page 0x%llx, %u pages, "
				  "attributes 0x%04x, %s",
				  (unsigned)i, (unsigned long long)r.first_page,
				  (unsigned)r.pages, r.attrs, what))
			return;
	}
	if (!w.ranges)
		judge_absent(j, "no range is reported");
}

static bool attrs_exist(const struct tdisp_range *r)
{
	return !(r->attrs & ~TDISP_RANGE_ATTRS);
}

static void report_attrs(struct judge *j)
{
	each_range(j, attrs_exist, "has an attribute that is reserved");
}

static bool has_pages(const struct tdisp_range *r)
{
	return r->pages != 0;
}

static void report_pages(struct judge *j)
{
	each_range(j, has_pages, "is empty");
}

static bool ends(const struct tdisp_range *r)
{
	return r->first_page < PAGES_OF_ALL &&
	       r->pages <= PAGES_OF_ALL - r->first_page;
}

static void report_ends(struct judge *j)
{
	each_range(j, ends, "ends above 2^64");
}

/* BARs first to last; within one in the order of its pages. */
static void report_ascends(struct judge *j)
{
	struct whole w;

	if (!reported(j, &w))
		return;
	for (uint32_t i = 1; i < w.ranges; i++) {
		const struct tdisp_range a = range(&w, i - 1);
		const struct tdisp_range b = range(&w, i);

		if (!judge_expect(j,
				  a.id != b.id ? a.id < b.id || b.id > 7
					       : a.first_page + a.pages <=
							 b.first_page,
				  "range %u (id %u, page 0x%llx) comes behind "
				  "range %u (id %u, page 0x%llx)",
				  (unsigned)i, b.id,
				  (unsigned long long)b.first_page,
				  (unsigned)i - 1, a.id,
				  (unsigned long long)a.first_page))
			return;
	}
	if (w.ranges < 2)
		judge_absent(j, "there are no two ranges");
}

/* --- what the lock decides --- */

/* Keyed, and locked with this flag if it is offered. */
static bool with_flag(struct judge *j, unsigned flag, struct whole *w)
{
	struct tdisp_caps caps;
	struct tee_lock l;

	if (!tee_keyed(j) || !tee_caps(j, &caps))
		return false;
	if (!(caps.lock_flags & flag)) {
		judge_absent(j, "the device does not offer the flag 0x%x",
			     flag);
		return false;
	}
	return tee_lock(j, flag, 0, &l) && report(j, 0xffff, w);
}

static void report_no_update(struct judge *j)
{
	struct whole w;

	if (with_flag(j, TDISP_LOCK_NO_FW_UPDATE, &w))
		judge_expect(j, get_u16le(w.p) & TDISP_INFO_NO_FW_UPDATE,
			     "INTERFACE_INFO is 0x%04x", get_u16le(w.p));
}

static uint16_t all_attrs(const struct whole *w)
{
	uint16_t all = 0;

	for (uint32_t i = 0; i < w->ranges; i++)
		all |= range(w, i).attrs;
	return all;
}

/* A function without MSI-X may be locked with the flag, and has no table. */
static void report_msix(struct judge *j)
{
	struct whole w;

	if (!with_flag(j, TDISP_LOCK_MSIX, &w))
		return;
	if (!(all_attrs(&w) & MSIX_RANGES) && !get_u16le(w.p + 4)) {
		judge_absent(j, "the interface may have no MSI-X");
		return;
	}
	judge_expect(j, (all_attrs(&w) & MSIX_RANGES) == MSIX_RANGES,
		     "no range is the MSI-X table, or none the PBA");
}

/* A device may lock the table unasked; then it is there as a range. */
static void report_msix_control(struct judge *j)
{
	struct whole w;

	if (reported(j, &w))
		judge_expect(
			j,
			all_attrs(&w) & TDISP_RANGE_MSIX_TABLE ||
				(!get_u16le(w.p + 4) && !get_u32le(w.p + 8)),
			"the table is not locked, MSI_X_MESSAGE_CONTROL "
			"is 0x%04x and TPH_CONTROL 0x%08x",
			get_u16le(w.p + 4), (unsigned)get_u32le(w.p + 8));
}

static void report_msix_reserved(struct judge *j)
{
	struct whole w;

	if (with_flag(j, TDISP_LOCK_MSIX, &w))
		judge_expect(j, !(get_u16le(w.p + 4) & MSIX_RSVD),
			     "MSI_X_MESSAGE_CONTROL is 0x%04x",
			     get_u16le(w.p + 4));
}

/* The same report but for the pages, which have moved by @offset. */
static bool moved(struct judge *j, const struct whole *a, const struct whole *b,
		  uint64_t offset)
{
	if (!judge_expect(j, a->n == b->n && a->ranges == b->ranges,
			  "it has %zu bytes and %u ranges, and had %zu and %u",
			  b->n, (unsigned)b->ranges, a->n, (unsigned)a->ranges))
		return false;
	for (uint32_t i = 0; i < a->ranges; i++) {
		const uint64_t was = range(a, i).first_page;
		const uint64_t is = range(b, i).first_page;

		if (!judge_expect(j,
				  ((was + (offset >> PAGE_SHIFT)) ^ is) %
						  PAGES_OF_ALL ==
					  0,
				  "range %u is at page 0x%llx, and was at "
				  "0x%llx without the offset",
				  (unsigned)i, (unsigned long long)is,
				  (unsigned long long)was))
			return false;
	}
	return true;
}

static void with_offset(struct judge *j, bool below)
{
	struct whole a, b;
	struct tee_lock l;
	uint64_t offset = OFFSET_TRIED;

	if (!reported(j, &a))
		return;
	if (!a.ranges) {
		judge_absent(j, "no range is reported");
		return;
	}
	if (below) /* as far as the lowest one can go */
		offset = 0 - (range(&a, 0).first_page << PAGE_SHIFT);
	for (uint32_t i = 1; i < a.ranges && below; i++)
		if (range(&a, i).first_page << PAGE_SHIFT < 0 - offset)
			offset = 0 - (range(&a, i).first_page << PAGE_SHIFT);
	if (!offset) {
		judge_absent(j, "the lowest range is at address 0");
		return;
	}
	if (tee_stop(j) && tee_lock(j, 0, offset, &l) && report(j, 0xffff, &b))
		(void)moved(j, &a, &b, offset);
}

static void report_offset(struct judge *j)
{
	with_offset(j, false);
}

static void report_offset_below(struct judge *j)
{
	with_offset(j, true);
}

/* An offset is of one lock. */
static void report_offset_gone(struct judge *j)
{
	struct whole a, b;
	struct tee_lock l;

	if (tee_keyed(j) && tee_lock(j, 0, OFFSET_TRIED, &l) &&
	    report(j, 0xffff, &a) && tee_stop(j) && tee_lock(j, 0, 0, &l) &&
	    report(j, 0xffff, &b))
		(void)moved(j, &b, &a, OFFSET_TRIED);
}

static bool same(struct judge *j, const struct whole *a, const struct whole *b)
{
	return judge_expect(j, a->n == b->n && !memcmp(a->p, b->p, a->n),
			    "the report is another one");
}

static void report_stays(struct judge *j)
{
	struct whole a, b;

	if (reported(j, &a) && report(j, 0xffff, &b))
		(void)same(j, &a, &b);
}

static void report_stays_in_run(struct judge *j)
{
	struct whole a, b;
	struct tee_lock l;

	if (tee_locked(j, &l) && report(j, 0xffff, &a) && tee_start(j, &l) &&
	    report(j, 0xffff, &b))
		(void)same(j, &a, &b);
}

/* --- portions --- */

/* One portion; what is asked for and what comes. */
static bool portion(struct judge *j, unsigned at, unsigned len,
		    struct tee_td *a)
{
	uint8_t body[4];

	put_u16le(body, (uint16_t)at);
	put_u16le(body + 2, (uint16_t)len);
	return tee_ask(j, TDISP_GET_REPORT, body, sizeof(body), a);
}

static void portions_same(struct judge *j)
{
	static const unsigned parts[] = { 64, 17, 3 };
	struct whole a, b;

	if (!reported(j, &a))
		return;
	for (size_t i = 0; i < COUNT(parts); i++)
		if (!report(j, parts[i], &b) || !same(j, &a, &b))
			return;
}

static void portion_short(struct judge *j)
{
	struct tee_lock l;
	struct tee_td a;

	if (tee_locked(j, &l) && portion(j, 0, 5, &a) &&
	    tee_is(j, &a, TDISP_REPORT))
		judge_expect(j, a.m.report.portion && a.m.report.portion <= 5,
			     "5 bytes were asked for, and %u came",
			     a.m.report.portion);
}

static void portion_remainder(struct judge *j)
{
	struct whole w;
	struct tee_td a;

	if (!reported(j, &w))
		return;
	for (unsigned at = 0; at < w.n; at += 7)
		if (!portion(j, at, 16, &a) || !tee_is(j, &a, TDISP_REPORT) ||
		    !judge_expect(
			    j,
			    at + a.m.report.portion + a.m.report.remainder ==
				    w.n,
			    "of %zu bytes %u came at %u, and %u remain", w.n,
			    a.m.report.portion, at, a.m.report.remainder))
			return;
}

static void beyond(struct judge *j, unsigned at)
{
	struct tee_lock l;
	struct tee_td a;

	if (tee_locked(j, &l) && portion(j, at, 16, &a) &&
	    tee_error(j, &a, TDISP_E_INVALID_REQUEST))
		(void)tee_state_is(j, TDI_LOCKED);
}

static void portion_last_offset(struct judge *j)
{
	beyond(j, 0xffff);
}

static void portion_behind(struct judge *j)
{
	struct whole w;
	struct tee_td a;

	if (reported(j, &w) && portion(j, (unsigned)w.n + 1, 16, &a))
		(void)tee_error(j, &a, TDISP_E_INVALID_REQUEST);
}

/* --- the BARs --- */

static void report_in_bars(struct judge *j)
{
	const struct target_link *t = judge_ops(j)->link(judge_target(j));
	struct whole w;

	if (!reported(j, &w))
		return;
	for (uint32_t i = 0; i < w.ranges; i++) {
		const struct tdisp_range r = range(&w, i);
		const uint64_t at = r.first_page << PAGE_SHIFT;
		const uint64_t len = (uint64_t)r.pages << PAGE_SHIFT;

		if (r.id < COUNT(t->bar) &&
		    !judge_expect(
			    j,
			    at >= t->bar[r.id] && len <= t->bar_size[r.id] &&
				    at - t->bar[r.id] <=
					    t->bar_size[r.id] - len,
			    "range %u is not within BAR %u", (unsigned)i, r.id))
			return;
	}
	if (!w.ranges)
		judge_absent(j, "no range is reported");
}

/* clang-format off */
#define REP "PCIe Base 6.x §11.3.11"
#define GET "PCIe Base 6.x §11.3.10"
#define CASE(what, text, where, how, breaks, fn)                           \
	{                                                                  \
		.name = "tdisp/" what, .group = JUDGE_TDISP,               \
		.needs = JUDGE_NEEDS_SESSION, .says = (text),                \
		.source = (where), .sure = (how),                              \
		.misbehave = (breaks), .run = (fn),                            \
	}
static const struct judge_case cases[] = {
	CASE("report-is-whole", "a report has as many bytes as its number of ranges and its length of device specific information make up",
	     REP, SURE_SPEC, "tdisp-report-cut", report_sums),
	CASE("report-info-exists", "INTERFACE_INFO has no reserved bit",
	     REP, SURE_SPEC, "tdisp-report-info", report_info),
	CASE("report-reserved-is-zero", "the reserved field of a report is zero",
	     REP, SURE_SPEC, "tdisp-report-reserved", report_reserved),
	CASE("report-attributes-exist", "no range has a reserved attribute",
	     REP, SURE_SPEC, "tdisp-report-attributes", report_attrs),
	CASE("report-ranges-have-pages", "no range is empty",
	     REP, SURE_INFERRED, "tdisp-report-empty-range", report_pages),
	CASE("report-ranges-end-in-memory", "no range ends above 2^64",
	     REP, SURE_INFERRED, "tdisp-report-endless-range", report_ends),
	CASE("report-ranges-ascend", "ranges come in the order of their BARs, and within a BAR in that of their pages, without overlap",
	     REP, SURE_SPEC, "tdisp-report-order", report_ascends),
	CASE("report-tells-no-update", "a lock with NO_FW_UPDATE is reported as one that forbids updates of firmware",
	     "PCIe Base 6.x §11.3.8, §11.3.11", SURE_SPEC, "tdisp-report-updates", report_no_update),
	CASE("report-has-the-locked-table", "a lock with LOCK_MSIX of an interface that has MSI-X reports ranges of table and PBA",
	     "PCIe Base 6.x §11.3.8, §11.3.11", SURE_INFERRED, "tdisp-report-no-msix", report_msix),
	CASE("report-has-no-control-of-an-open-table", "without a range of the MSI-X table, MSI_X_MESSAGE_CONTROL and TPH_CONTROL are zero",
	     REP, SURE_SPEC, "tdisp-report-msix-control", report_msix_control),
	CASE("report-msix-reserved-is-zero", "reserved bits of MSI_X_MESSAGE_CONTROL are zero",
	     REP, SURE_INFERRED, "tdisp-report-msix-control", report_msix_reserved),
	CASE("report-has-the-offset", "MMIO_REPORTING_OFFSET is added to the address of each range, and to nothing else",
	     "PCIe Base 6.x §11.3.8, §11.3.11", SURE_SPEC, "tdisp-report-no-offset", report_offset),
	CASE("report-has-an-offset-below-zero", "a MMIO_REPORTING_OFFSET below zero is taken away from each address",
	     "PCIe Base 6.x §11.3.8, §11.3.11", SURE_SPEC, "tdisp-report-no-offset", report_offset_below),
	CASE("report-offset-is-of-its-lock", "the next lock has its own MMIO_REPORTING_OFFSET",
	     "PCIe Base 6.x §11.3.8, §11.3.11", SURE_SPEC, "tdisp-report-no-offset", report_offset_gone),
	CASE("report-stays", "the report is the same when it is asked for again",
	     GET, SURE_INFERRED, "tdisp-report-changes", report_stays),
	CASE("report-stays-in-run", "the report is the same in RUN as in CONFIG_LOCKED",
	     GET, SURE_INFERRED, "tdisp-report-changes", report_stays_in_run),
	CASE("portions-make-up-the-report", "portions of any length make up the same report",
	     GET, SURE_SPEC, "tdisp-report-portions", portions_same),
	CASE("portion-is-no-longer", "a portion is not longer than was asked for",
	     REP, SURE_SPEC, "tdisp-report-longer-portion", portion_short),
	CASE("portion-tells-what-remains", "REMAINDER_LENGTH is what is left of the report behind the portion",
	     REP, SURE_SPEC, "tdisp-report-remainder", portion_remainder),
	CASE("portion-from-far-behind-is-invalid", "OFFSET FFFFh of a shorter report is INVALID_REQUEST",
	     GET, SURE_SPEC, "tdisp-report-any-offset", portion_last_offset),
	CASE("portion-from-behind-is-invalid", "OFFSET behind the end of the report is INVALID_REQUEST",
	     GET, SURE_SPEC, "tdisp-report-any-offset", portion_behind),
	{
		.name = "tdisp/report-is-within-bars", .group = JUDGE_TDISP,
		.needs = JUDGE_NEEDS_SESSION | JUDGE_NEEDS_LINK,
		.says = "each range whose id is that of a BAR lies within that BAR",
		.source = REP, .sure = SURE_SPEC,
		.misbehave = "tdisp-report-elsewhere", .run = report_in_bars,
	},
};
/* clang-format on */

const struct judge_table judge_cases_tdisp_report = { cases, COUNT(cases) };
