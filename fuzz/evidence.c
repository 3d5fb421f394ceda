/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "evidence/transcript.h"
#include "interlock/evidence.h"

/* Whether a part that is there stands inside the whole. */
static bool inside(struct il_span whole, const uint8_t *p, size_t n)
{
	return !n || (p >= whole.p && p + n <= whole.p + whole.n);
}

/* What is read of a transcript stands in it, its signature at its end. */
static void transcript(struct il_span s)
{
	const struct spdm_span bytes = { s.p, s.n };
	struct evidence_transcript t;

	if (evidence_transcript_read(bytes, &t))
		return;
	must(t.version >= SPDM_V10 && t.version <= SPDM_V14);
	must(t.sig.n && t.sig.p + t.sig.n == s.p + s.n);
	must(inside(s, t.vca.p, t.vca.n) && t.vca.p == s.p);
	must(inside(s, t.record.p, t.record.n));
	must(t.nonce.n == SPDM_NONCE_LEN && inside(s, t.nonce.p, t.nonce.n));
	must(t.signed_.p + t.signed_.n == t.sig.p);
	must(t.version >= SPDM_V12 ? t.signed_.p == s.p
				   : t.signed_.p == s.p + t.vca.n);
}

/* Evidence as bytes: what is taken is written so again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct il_span in = { data, len };
	struct il_evidence ev;
	uint8_t *out;
	size_t n = 0;

	if (il_evidence_decode(in, &ev))
		return 0;
	must(inside(in, ev.certs.p, ev.certs.n));
	must(inside(in, ev.meas.p, ev.meas.n));
	must(inside(in, ev.report.p, ev.report.n));
	out = malloc(len);
	must(out && il_evidence_encode(&ev, out, len, &n) == IL_OK);
	must(n == len && memcmp(out, data, n) == 0);
	free(out);
	transcript(ev.meas);
	return 0;
}
