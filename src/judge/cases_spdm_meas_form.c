/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/keys.h"
#include "spdm/mel.h"

/* MEASUREMENTS, its record and its blocks. Source: DSP0274 1.2.1, section
 * 10.11 */

static bool ask(struct talk *t, uint8_t op, uint8_t attr)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_MEASUREMENTS);

	m.param1 = attr;
	m.param2 = op;
	return talk_ask(t, &m) && talk_is(t, SPDM_MEASUREMENTS);
}

static bool measures(struct talk *t, struct judge *j)
{
	return talk_begin(t, j, TALK_ALGS, NULL) &&
	       talk_needs(t, SPDM_CAP_MEAS_MASK, "MEAS_CAP");
}

static void count(struct judge *j)
{
	struct talk t;

	if (measures(&t, j) && ask(&t, SPDM_MEAS_COUNT, 0))
		judge_expect(j, !t.a->u.meas.blocks && !t.a->u.meas.record.n,
			     "%u blocks in %zu bytes came, where their number "
			     "was asked for",
			     t.a->u.meas.blocks, t.a->u.meas.record.n);
	talk_end(&t);
}

/* Blocks one after the other fill the record; false: the verdict is made. */
static bool next(struct talk *t, struct rd *r, struct spdm_meas_block *b)
{
	return judge_expect(t->j, !spdm_meas_block_read(r, b),
			    "a measurement block does not fit its lengths");
}

static void all(struct judge *j)
{
	struct talk t;
	struct rd r;
	unsigned n = 0, told;

	if (!measures(&t, j) || !ask(&t, SPDM_MEAS_COUNT, 0))
		goto out;
	told = t.a->param1;
	if (!ask(&t, SPDM_MEAS_ALL, 0))
		goto out;
	r = rd_over(t.a->u.meas.record.p, t.a->u.meas.record.n);
	while (rd_left(&r)) {
		struct spdm_meas_block b;

		if (!next(&t, &r, &b))
			goto out;
		n++;
	}
	judge_expect(j, n == t.a->u.meas.blocks && n == told && n,
		     "%u blocks came, NumberOfBlocks is %u, and their number "
		     "was told as %u",
		     n, t.a->u.meas.blocks, told);
out:
	talk_end(&t);
}

static void reserved(struct judge *j)
{
	struct talk t;

	if (measures(&t, j) && ask(&t, SPDM_MEAS_ALL, 0))
		talk_reserved_zero(&t);
	talk_end(&t);
}

/* Bits of Param1 that mean nothing yet. 1.2 has the second, 1.3 the third. */
static void ignores(struct judge *j)
{
	struct talk t;

	if (measures(&t, j))
		ask(&t, SPDM_MEAS_COUNT,
		    t.v < SPDM_V12   ? 0xfe
		    : t.v < SPDM_V13 ? 0xfc
				     : 0xf8);
	talk_end(&t);
}

/* The blocks of all, copied: what comes later overwrites the answer. */
struct list {
	uint8_t bytes[4096];
	size_t n;
};

static bool list(struct talk *t, struct list *l)
{
	if (!ask(t, SPDM_MEAS_ALL, 0))
		return false;
	l->n = t->a->u.meas.record.n;
	if (l->n > sizeof(l->bytes)) {
		judge_absent(t->j, "the record is too long to be looked at");
		return false;
	}
	if (!l->n) {
		judge_absent(t->j, "no measurement is told");
		return false;
	}
	memcpy(l->bytes, t->a->u.meas.record.p, l->n);
	return true;
}

static void each_alone(struct judge *j)
{
	struct list l;
	struct talk t;
	struct rd r;

	if (!measures(&t, j) || !list(&t, &l))
		goto out;
	r = rd_over(l.bytes, l.n);
	while (rd_left(&r)) {
		const uint8_t *from = r.p;
		struct spdm_meas_block b;

		if (!next(&t, &r, &b) || !ask(&t, b.index, 0))
			goto out;
		if (!judge_expect(j,
				  t.a->u.meas.blocks == 1 &&
					  t.a->u.meas.record.n ==
						  (size_t)(r.p - from) &&
					  !memcmp(t.a->u.meas.record.p, from,
						  (size_t)(r.p - from)),
				  "measurement %u alone is another than among "
				  "all",
				  b.index))
			goto out;
	}
out:
	talk_end(&t);
}

static void once(struct judge *j)
{
	bool seen[256] = { false };
	struct list l;
	struct talk t;
	struct rd r;

	if (!measures(&t, j) || !list(&t, &l))
		goto out;
	r = rd_over(l.bytes, l.n);
	while (rd_left(&r)) {
		struct spdm_meas_block b;

		if (!next(&t, &r, &b))
			goto out;
		judge_expect(j,
			     b.index && b.index != SPDM_MEAS_ALL &&
				     !seen[b.index],
			     "index %u stands there %s", b.index,
			     seen[b.index] ? "twice" : "and is none");
		seen[b.index] = true;
	}
out:
	talk_end(&t);
}

/* Bytes of the hash that measurements are made with; 0: raw, or unknown. */
static size_t meas_hash_len(const struct talk *t)
{
	switch (t->sel.meas_hash) {
	case SPDM_MEAS_HASH_SHA_256:
		return 32;
	case SPDM_MEAS_HASH_SHA_384:
		return 48;
	case SPDM_MEAS_HASH_SHA_512:
		return 64;
	default:
		return 0;
	}
}

static enum crypto_hash_alg meas_alg(const struct talk *t)
{
	const size_t n = meas_hash_len(t);

	return n == 32	 ? CRYPTO_SHA256
	       : n == 48 ? CRYPTO_SHA384
			 : CRYPTO_SHA512;
}

static void digest_len(struct judge *j)
{
	bool any = false;
	struct list l;
	struct talk t;
	struct rd r;

	if (!measures(&t, j) || !list(&t, &l))
		goto out;
	if (!meas_hash_len(&t)) {
		judge_absent(j, "measurements are raw, or hashed by what the "
				"judge does not know");
		goto out;
	}
	r = rd_over(l.bytes, l.n);
	while (rd_left(&r)) {
		struct spdm_meas_block b;

		if (!next(&t, &r, &b))
			goto out;
		if (b.type & SPDM_MEAS_RAW)
			continue;
		any = true;
		judge_expect(j, b.value.n == meas_hash_len(&t),
			     "the digest of measurement %u has %zu bytes",
			     b.index, b.value.n);
	}
	if (!any)
		judge_absent(j, "no measurement is a digest");
out:
	talk_end(&t);
}

/* Types that each version knows: DSP0274 1.0.1, 4.11.2 to 1.4.0, 10.11.1 */
static void types(struct judge *j)
{
	static const uint8_t last[] = { 3, 4, 7, 10, 10 };
	struct list l;
	struct talk t;
	struct rd r;

	if (!measures(&t, j) || !list(&t, &l))
		goto out;
	r = rd_over(l.bytes, l.n);
	while (rd_left(&r)) {
		struct spdm_meas_block b;

		if (!next(&t, &r, &b))
			goto out;
		judge_expect(j, (b.type & 0x7f) <= last[t.v - SPDM_V10],
			     "measurement %u is of type %u, which is reserved",
			     b.index, b.type & 0x7f);
	}
out:
	talk_end(&t);
}

/* A value that can be had both ways is the same value. */
static void raw_fits(struct judge *j)
{
	struct list digests, raw;
	uint8_t d[CRYPTO_HASH_MAX];
	bool any = false;
	struct talk t;
	struct rd r, q;

	if (!measures(&t, j) || !list(&t, &digests))
		goto out;
	if (!ask(&t, SPDM_MEAS_ALL, SPDM_MEAS_ATTR_RAW))
		goto out;
	raw.n = t.a->u.meas.record.n;
	if (raw.n > sizeof(raw.bytes) || !meas_hash_len(&t)) {
		judge_absent(j, "measurements are raw, or too long");
		goto out;
	}
	memcpy(raw.bytes, t.a->u.meas.record.p, raw.n);
	r = rd_over(digests.bytes, digests.n);
	q = rd_over(raw.bytes, raw.n);
	while (rd_left(&r) && rd_left(&q)) {
		struct spdm_meas_block a, b;

		if (!next(&t, &r, &a) || !next(&t, &q, &b))
			goto out;
		if (a.index != b.index || (a.type & SPDM_MEAS_RAW) ||
		    !(b.type & SPDM_MEAS_RAW))
			continue;
		if (crypto_hash(t.c, meas_alg(&t), b.value.p, b.value.n, d))
			continue;
		any = true;
		judge_expect(j,
			     a.value.n == meas_hash_len(&t) &&
				     !memcmp(d, a.value.p, a.value.n),
			     "the digest of measurement %u is not that of its "
			     "raw value",
			     a.index);
	}
	judge_expect(j, rd_left(&r) == rd_left(&q),
		     "there are more digests than raw values, or less");
	if (!any)
		judge_absent(j, "no measurement comes both ways");
out:
	talk_end(&t);
}

static void content_changed(struct judge *j)
{
	struct talk t;

	if (measures(&t, j) && ask(&t, SPDM_MEAS_ALL, 0))
		judge_expect(j, (t.a->param2 & 0x30) != 0x30,
			     "content changed is 3, which is reserved");
	talk_end(&t);
}

static void opaque(struct judge *j)
{
	struct talk t;

	if (measures(&t, j) && ask(&t, SPDM_MEAS_ALL, 0)) {
		const struct spdm_span *o = &t.a->u.meas.opaque;

		judge_expect(j, o->n <= SPDM_OPAQUE_MAX,
			     "OpaqueData has %zu bytes", o->n);
		if (t.v >= SPDM_V12)
			judge_expect(
				j,
				!o->n || spdm_opaque_good(
						 *o, t.sel.other_params &
							     SPDM_OPAQUE_FMT_1),
				"OpaqueData is not of the format that was "
				"agreed on");
	}
	talk_end(&t);
}

static void again(struct judge *j)
{
	struct list l;
	struct talk t;

	if (measures(&t, j) && list(&t, &l) && ask(&t, SPDM_MEAS_ALL, 0))
		judge_expect(
			j,
			t.a->u.meas.record.n == l.n &&
				!memcmp(t.a->u.meas.record.p, l.bytes, l.n),
			"the record is another at the second time");
	talk_end(&t);
}

/* clang-format off */
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define NEEDS    JUDGE_NEEDS_MEAS
#define SECTION  "DSP0274 1.2.1, section 10.11 (MEASUREMENTS); 1.0.1, section 4.11"
#define BLOCKS   "DSP0274 1.2.1, section 10.11.1 (measurement block); 1.0.1, section 4.11.2"

static const struct judge_case cases[] = {
	{ "measurements-count-has-no-record", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "Where the number of measurements is asked for, no block comes", SECTION,
	  SURE_SPEC, "measurements-count", count },
	{ "measurements-are-as-many-as-they-say", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "All measurements are as many blocks as NumberOfBlocks and the number of measurements say", SECTION,
	  SURE_SPEC, "measurements-count", all },
	{ "measurements-reserved-is-zero", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "Reserved fields of MEASUREMENTS are zero", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", reserved },
	{ "measurements-reserved-is-ignored", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "Reserved fields of GET_MEASUREMENTS are ignored", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", ignores },
	{ "measurements-alone-are-as-among-all", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "A measurement asked for by its index is one block, the same as among all", SECTION,
	  SURE_SPEC, "measurements-alone", each_alone },
	{ "measurements-have-an-index-of-their-own", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "Indices of blocks are 1 to 254, each once", BLOCKS,
	  SURE_SPEC, "measurements-index", once },
	{ "measurements-digest-has-its-length", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "A digest is as long as MeasurementHashAlgo makes it", BLOCKS,
	  SURE_SPEC, "measurements-digest", digest_len },
	{ "measurements-are-of-known-types", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "DMTFSpecMeasurementValueType is one that the version knows", BLOCKS,
	  SURE_SPEC, "measurements-type", types },
	{ "measurements-raw-fit-their-digests", JUDGE_SPDM, SINCE_12, NEEDS, 0,
	  "Where a raw value comes in place of a digest, the digest is its hash", "DSP0274 1.2.1, section 10.11 (RawBitStreamRequested)",
	  SURE_INFERRED, "measurements-raw", raw_fits },
	{ "measurements-content-changed-is-known", JUDGE_SPDM, SINCE_12, NEEDS, 0,
	  "The content changed bits are not 3, which is reserved", "DSP0274 1.2.1, section 10.11 (content changed)",
	  SURE_SPEC, "measurements-changed", content_changed },
	{ "measurements-opaque-data-has-its-form", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "OpaqueData has at most 1024 bytes, from 1.2 on in the format that was agreed on", SECTION,
	  SURE_SPEC, "opaque-too-long", opaque },
	{ "measurements-are-the-same-again", JUDGE_SPDM, JUDGE_V_ALL, NEEDS, 0,
	  "What was measured does not change from one request to the next", SECTION,
	  SURE_INFERRED, "measurements-vary", again },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_meas_form = { cases, COUNT(cases) };
