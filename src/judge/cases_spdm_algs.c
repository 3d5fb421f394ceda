/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/* NEGOTIATE_ALGORITHMS and ALGORITHMS. Source: DSP0274, section 10.4 */

static bool ask_algs(struct talk *t)
{
	struct spdm_msg m;

	talk_algs_msg(t, &m);
	t->offer = m.u.algs;
	return talk_ask(t, &m) && talk_is(t, SPDM_ALGORITHMS);
}

/* Up to ALGORITHMS, which the case looks at. */
static bool selected(struct talk *t, struct judge *j)
{
	if (!talk_begin(t, j, TALK_CAPS, NULL) || !ask_algs(t))
		return false;
	t->sel = t->a->u.algs;
	return true;
}

static void answer(struct judge *j)
{
	struct talk t;

	/* The decoder compares Length with what is there. */
	if (selected(&t, j))
		judge_expect(j, get_u16le(t.got.p + 4) == t.got.n,
			     "Length is %u, and %zu bytes came",
			     get_u16le(t.got.p + 4), t.got.n);
	talk_end(&t);
}

static void reserved(struct judge *j)
{
	struct talk t;

	if (selected(&t, j))
		talk_reserved_zero(&t);
	talk_end(&t);
}

static bool one_at_most(uint32_t v)
{
	return !(v & (v - 1));
}

static void one_of_each(struct judge *j)
{
	struct talk t;

	if (selected(&t, j)) {
		const struct spdm_algs *s = &t.sel;

		judge_expect(j, one_at_most(s->asym), "BaseAsymSel is 0x%08x",
			     s->asym);
		judge_expect(j, one_at_most(s->hash), "BaseHashSel is 0x%08x",
			     s->hash);
		judge_expect(j,
			     one_at_most(s->pqc_asym) &&
				     !(s->asym && s->pqc_asym),
			     "BaseAsymSel is 0x%08x, PqcAsymSel 0x%08x",
			     s->asym, s->pqc_asym);
		judge_expect(j, one_at_most(s->meas_hash),
			     "MeasurementHashAlgo is 0x%08x", s->meas_hash);
		judge_expect(j, one_at_most(s->meas_spec),
			     "MeasurementSpecificationSel is 0x%02x",
			     s->meas_spec);
		judge_expect(j, one_at_most(s->mel_spec),
			     "MELspecificationSel is 0x%02x", s->mel_spec);
		judge_expect(j, one_at_most(s->other_params & SPDM_OPAQUE_FMTS),
			     "OtherParamsSelection is 0x%02x", s->other_params);
	}
	talk_end(&t);
}

/* Without sessions there may be none. */
static bool some_table(struct talk *t)
{
	if (!t->sel.tables)
		judge_absent(t->j, "ALGORITHMS has no AlgStruct");
	return t->sel.tables;
}

static void one_of_each_table(struct judge *j)
{
	struct talk t;

	if (selected(&t, j) && some_table(&t))
		for (uint8_t i = 0; i < t.sel.tables; i++)
			judge_expect(j, one_at_most(t.sel.table[i].bits),
				     "AlgType %u: 0x%04x was selected",
				     t.sel.table[i].type, t.sel.table[i].bits);
	talk_end(&t);
}

static bool within(uint32_t few, uint32_t all)
{
	return !(few & ~all);
}

static void of_offer(struct judge *j)
{
	struct talk t;

	if (selected(&t, j)) {
		const struct spdm_algs *s = &t.sel, *o = &t.offer;

		judge_expect(j, within(s->asym, o->asym),
			     "BaseAsymSel 0x%08x was not offered", s->asym);
		judge_expect(j, within(s->hash, o->hash),
			     "BaseHashSel 0x%08x was not offered", s->hash);
		judge_expect(j, within(s->pqc_asym, o->pqc_asym),
			     "PqcAsymSel 0x%08x was not offered", s->pqc_asym);
		judge_expect(j, within(s->meas_spec, o->meas_spec),
			     "MeasurementSpecificationSel 0x%02x was not "
			     "offered",
			     s->meas_spec);
		judge_expect(j, within(s->mel_spec, o->mel_spec),
			     "MELspecificationSel 0x%02x was not offered",
			     s->mel_spec);
		judge_expect(j,
			     within(s->other_params & SPDM_OPAQUE_FMTS,
				    o->other_params),
			     "OtherParamsSelection 0x%02x was not offered",
			     s->other_params);
		judge_expect(j, !s->ext_asym.n && !s->ext_hash.n,
			     "extended algorithms were not offered");
	}
	talk_end(&t);
}

static void tables_of_offer(struct judge *j)
{
	struct talk t;

	if (selected(&t, j) && some_table(&t))
		for (uint8_t i = 0; i < t.sel.tables && judge_on(j); i++) {
			const struct spdm_alg_table *a = &t.sel.table[i];

			judge_expect(j,
				     within(a->bits,
					    spdm_algs_bits(&t.offer, a->type)),
				     "AlgType %u: 0x%04x was not offered",
				     a->type, a->bits);
			judge_expect(j, !a->ext_count,
				     "AlgType %u: external algorithms were "
				     "not offered",
				     a->type);
		}
	talk_end(&t);
}

static void tables_in_order(struct judge *j)
{
	struct talk t;

	if (selected(&t, j)) {
		judge_expect(j, t.sel.tables <= t.offer.tables,
			     "%u AlgStructs answer %u", t.sel.tables,
			     t.offer.tables);
		for (uint8_t i = 1; i < t.sel.tables; i++)
			judge_expect(
				j,
				t.sel.table[i].type > t.sel.table[i - 1].type,
				"AlgType %u stands behind AlgType %u",
				t.sel.table[i].type, t.sel.table[i - 1].type);
	}
	talk_end(&t);
}

/* Whether anything of the device's is signed. */
static bool signs(const struct talk *t)
{
	const uint32_t f = t->theirs.flags;

	return f & SPDM_CAP_CHAL || f & SPDM_CAP_MEAS_SIG ||
	       f & SPDM_CAP_EP_INFO_SIG || f & SPDM_CAP_KEY_EX;
}

static void what_signs(struct judge *j)
{
	struct talk t;

	if (selected(&t, j)) {
		if (signs(&t))
			judge_expect(
				j, (t.sel.asym || t.sel.pqc_asym) && t.sel.hash,
				"flags 0x%08x, and no signature or no "
				"hash was selected",
				t.theirs.flags);
		else
			judge_absent(j, "the device signs nothing");
	}
	talk_end(&t);
}

static void what_measures(struct judge *j)
{
	const uint32_t any = SPDM_CAP_MEAS_MASK | SPDM_CAP_MEL;
	struct talk t;

	if (selected(&t, j)) {
		if (t.theirs.flags & any)
			judge_expect(j,
				     t.sel.meas_hash &&
					     t.sel.meas_spec ==
						     SPDM_MEAS_SPEC_DMTF,
				     "measurements are offered, and "
				     "MeasurementHashAlgo is 0x%08x, "
				     "MeasurementSpecificationSel 0x%02x",
				     t.sel.meas_hash, t.sel.meas_spec);
		else
			judge_expect(j, !t.sel.meas_hash,
				     "nothing is measured, and "
				     "MeasurementHashAlgo is 0x%08x",
				     t.sel.meas_hash);
	}
	talk_end(&t);
}

static void what_sessions_need(struct judge *j)
{
	struct talk t;

	if (!selected(&t, j) ||
	    !talk_needs(&t, SPDM_CAP_KEY_EX, "KEY_EX_CAP")) {
		talk_end(&t);
		return;
	}
	judge_expect(j, spdm_algs_bits(&t.sel, SPDM_ALG_DHE),
		     "no group of DHE was selected");
	judge_expect(j, spdm_algs_bits(&t.sel, SPDM_ALG_AEAD),
		     "no AEAD was selected");
	judge_expect(j, spdm_algs_bits(&t.sel, SPDM_ALG_KEY_SCHEDULE),
		     "no key schedule was selected");
	talk_end(&t);
}

/* OPEN in 1.2: a device without sessions may be content with none. */
static void opaque_format(struct judge *j)
{
	struct talk t;

	if (selected(&t, j) && talk_needs(&t, SPDM_CAP_KEY_EX, "KEY_EX_CAP"))
		judge_expect(j, t.sel.other_params & SPDM_OPAQUE_FMT_1,
			     "OtherParamsSelection is 0x%02x",
			     t.sel.other_params);
	talk_end(&t);
}

/* What was selected, offered alone, is selected again. */
static void alone(struct judge *j)
{
	struct talk t;
	struct spdm_algs sel;
	struct spdm_msg m;

	if (!talk_begin(&t, j, TALK_ALGS, NULL))
		goto out;
	sel = t.sel;
	if (!talk_version(&t) || !talk_caps(&t))
		goto out;
	talk_algs_msg(&t, &m);
	m.u.algs.asym = sel.asym;
	m.u.algs.hash = sel.hash;
	if (!talk_ask(&t, &m) || !talk_is(&t, SPDM_ALGORITHMS))
		goto out;
	judge_expect(
		j, t.a->u.algs.asym == sel.asym && t.a->u.algs.hash == sel.hash,
		"BaseAsymSel 0x%08x, BaseHashSel 0x%08x, where "
		"0x%08x and 0x%08x were offered",
		t.a->u.algs.asym, t.a->u.algs.hash, sel.asym, sel.hash);
out:
	talk_end(&t);
}

/* Algorithms of which the device can have none: numbers nobody has given. */
static void nothing_in_common(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (!talk_begin(&t, j, TALK_CAPS, NULL))
		goto out;
	talk_algs_msg(&t, &m);
	m.u.algs.asym = UINT32_C(1) << 31;
	m.u.algs.hash = UINT32_C(1) << 31;
	if (!talk_ask(&t, &m))
		goto out;
	if (talk_has(&t, SPDM_ALGORITHMS))
		judge_expect(j, !t.a->u.algs.asym && !t.a->u.algs.hash,
			     "BaseAsymSel 0x%08x, BaseHashSel 0x%08x, of "
			     "which none was offered",
			     t.a->u.algs.asym, t.a->u.algs.hash);
	else
		talk_refused(&t, TALK_ANY);
out:
	talk_end(&t);
}

/* Bits that nobody knows, beside those that everybody does. */
static void unknown_bits(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_CAPS, NULL)) {
		talk_algs_msg(&t, &m);
		m.u.algs.asym |= UINT32_C(1) << 31;
		m.u.algs.hash |= UINT32_C(1) << 31;
		for (uint8_t i = 0; i < m.u.algs.tables; i++)
			m.u.algs.table[i].bits |= 0x8000;
		t.offer = m.u.algs;
		if (talk_ask(&t, &m) && talk_is(&t, SPDM_ALGORITHMS))
			judge_expect(j,
				     !(t.a->u.algs.asym >> 31) &&
					     !(t.a->u.algs.hash >> 31),
				     "an algorithm was selected that has no "
				     "meaning");
	}
	talk_end(&t);
}

/* clang-format off */
#define SINCE_11 JUDGE_SINCE(JUDGE_V11)
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define SECTION  "DSP0274 1.2.1, section 10.4 (ALGORITHMS); 1.0.1, section 4.9.3"

static const struct judge_case cases[] = {
	{ "algorithms-is-well-formed", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "NEGOTIATE_ALGORITHMS is answered by ALGORITHMS, whose Length is that of the message", SECTION,
	  SURE_SPEC, "algorithms-length", answer },
	{ "algorithms-reserved-is-zero", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "Reserved fields of ALGORITHMS are zero", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", reserved },
	{ "algorithms-selects-one-of-a-kind", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "Each field of ALGORITHMS selects one algorithm at most, BaseAsymSel and PqcAsymSel one together", SECTION,
	  SURE_SPEC, "algorithms-two", one_of_each },
	{ "algorithms-selects-one-of-a-table", JUDGE_SPDM, SINCE_11, 0, 0,
	  "Each AlgStruct of ALGORITHMS selects one algorithm at most", "DSP0274 1.2.1, section 10.4 (AlgStruct)",
	  SURE_SPEC, "algorithms-two", one_of_each_table },
	{ "algorithms-selects-of-the-offer", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "ALGORITHMS selects nothing that NEGOTIATE_ALGORITHMS did not offer", SECTION,
	  SURE_SPEC, "algorithms-not-offered", of_offer },
	{ "algorithms-selects-of-the-tables", JUDGE_SPDM, SINCE_11, 0, 0,
	  "An AlgStruct of ALGORITHMS selects nothing that the one of its type did not offer", "DSP0274 1.2.1, section 10.4 (AlgStruct)",
	  SURE_SPEC, "algorithms-not-offered", tables_of_offer },
	{ "algorithms-tables-stand-in-order", JUDGE_SPDM, SINCE_11, 0, 0,
	  "Each AlgType stands in ALGORITHMS once, in ascending order, and only if it was offered", "DSP0274 1.2.1, section 10.4 (AlgStruct)",
	  SURE_SPEC, "algorithms-order", tables_in_order },
	{ "algorithms-for-what-is-signed", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A device that signs selects a signature algorithm and a hash", SECTION,
	  SURE_SPEC, "algorithms-none", what_signs },
	{ "algorithms-for-what-is-measured", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A device with measurements selects a specification and a hash for them, one without selects no hash", SECTION,
	  SURE_SPEC, "algorithms-none", what_measures },
	{ "algorithms-for-sessions", JUDGE_SPDM, SINCE_11, 0, SPDM_CAP_KEY_EX,
	  "If both ends have KEY_EX_CAP, a group, an AEAD and a key schedule are selected", "DSP0274 1.2.1, section 10.4 (AlgStruct)",
	  SURE_SPEC, "algorithms-none", what_sessions_need },
	{ "algorithms-opaque-format-for-sessions", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_KEY_EX,
	  "If both ends have KEY_EX_CAP, the opaque data format that was offered is selected", "DSP0274 1.2.1, section 10.4 (OtherParamsSelection)",
	  SURE_INFERRED, "algorithms-none", opaque_format },
	{ "algorithms-selects-what-is-offered-alone", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "Algorithms that were selected among others are selected when nothing else is offered", SECTION,
	  SURE_INFERRED, "algorithms-fixed", alone },
	{ "algorithms-with-nothing-in-common", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "If no algorithm is in common, none is selected: ERROR, or a field of zero", SECTION,
	  SURE_SPEC, "algorithms-any", nothing_in_common },
	{ "algorithms-unknown-bits-are-ignored", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "Bits of NEGOTIATE_ALGORITHMS that have no meaning are ignored beside others", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "algorithms-not-offered", unknown_bits },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_algs = { cases, COUNT(cases) };
