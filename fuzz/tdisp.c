/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "tdisp/report.h"

static uint8_t a[65536 + 64], b[65536 + 64];

static void message(const uint8_t *p, size_t len)
{
	struct wr w = wr_over(a, sizeof(a)), v = wr_over(b, sizeof(b));
	struct tdisp_msg m, n;

	if (tdisp_decode(p, len, &m))
		return;
	must(tdisp_encode(&w, &m) == IL_OK);
	must(tdisp_decode(a, w.len, &n) == IL_OK);
	must(tdisp_encode(&v, &n) == IL_OK);
	same_again(&w, &v, len);
	must(m.rsvd_set || memcmp(a, p, len) == 0);
	must(!n.rsvd_set);
}

/* A report has no reserved bit that is ignored: it comes out as it came. */
static void report(const uint8_t *p, size_t len)
{
	static struct tdisp_report r;
	struct wr w = wr_over(a, sizeof(a));

	if (tdisp_report_decode(p, len, &r))
		return;
	must(tdisp_report_sane(&r));
	must(tdisp_report_encode(&w, &r) == IL_OK);
	must(w.len == len && memcmp(a, p, len) == 0);
}

/* Byte 0: what the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	if (data[0] & 1)
		report(data + 1, len - 1);
	else
		message(data + 1, len - 1);
	return 0;
}
