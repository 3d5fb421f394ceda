/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"

/*
 * What PCI Express asks of SPDM that goes through DOE: algorithms that every
 * requester has, one time limit, and padding.
 * Source: PCIe Base 6.3 §6.31.3, §6.31.4
 */

#define ASYM \
	(SPDM_ASYM_RSASSA_3072 | SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384)
#define HASHES	(SPDM_HASH_SHA_256 | SPDM_HASH_SHA_384)
#define CT_MOST 23u /* 2^23 us */

/*
 * ALGORITHMS, where nothing is offered but what the text makes every requester
 * support. The engine does not go on: it may want other things.
 */
static const struct spdm_algs *selected(struct judge *j)
{
	struct spdm_req_cfg *offer = judge_offer(j);
	struct judge_text t;

	offer->asym = ASYM;
	offer->hash = HASHES;
	offer->dhe = SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1;
	offer->aead = SPDM_AEAD_AES_256_GCM;
	offer->pqc_asym = 0;
	offer->kem = 0;
	if (!judge_connect_before(j, SPDM_NEGOTIATE_ALGORITHMS) ||
	    !judge_next(j, &t) || !judge_ask(j, t.kind, t.p, t.n) ||
	    !judge_answers(j, SPDM_ALGORITHMS))
		return NULL;
	return &judge_answer(j)->m.u.algs;
}

/* One of @any and nothing else. */
static void one_of(struct judge *j, uint32_t is, uint32_t any, const char *what)
{
	judge_expect(j, is && !(is & ~any) && !(is & (is - 1)),
		     "%s 0x%x was selected, of 0x%x", what, is, any);
}

static void asym(struct judge *j)
{
	const struct spdm_algs *a = selected(j);

	if (a)
		one_of(j, a->asym, ASYM, "BaseAsymSel");
}

static void hash(struct judge *j)
{
	const struct spdm_algs *a = selected(j);

	if (a)
		one_of(j, a->hash, HASHES, "BaseHashSel");
}

static bool measures(struct judge *j)
{
	if (judge_engine(j)->peer_caps & SPDM_CAP_MEAS_MASK)
		return true;
	judge_absent(j, "the device offers no measurements");
	return false;
}

static void meas_spec(struct judge *j)
{
	const struct spdm_algs *a = selected(j);

	if (a && measures(j))
		judge_expect(j, a->meas_spec == SPDM_MEAS_SPEC_DMTF,
			     "MeasurementSpecificationSel is 0x%02x",
			     a->meas_spec);
}

static void meas_hash(struct judge *j)
{
	const struct spdm_algs *a = selected(j);

	if (a && measures(j))
		judge_expect(j,
			     a->meas_hash & (SPDM_MEAS_HASH_SHA_256 |
					     SPDM_MEAS_HASH_SHA_384),
			     "MeasurementHashAlgo is 0x%x", a->meas_hash);
}

static void ct(struct judge *j)
{
	struct judge_text t;

	if (!judge_connect_before(j, SPDM_GET_CAPABILITIES) ||
	    !judge_next(j, &t) || !judge_ask(j, t.kind, t.p, t.n) ||
	    !judge_answers(j, SPDM_CAPABILITIES))
		return;
	judge_expect(j, judge_answer(j)->m.u.caps.ct_exponent <= CT_MOST,
		     "CTExponent is %u", judge_answer(j)->m.u.caps.ct_exponent);
}

static void ciphers(struct judge *j)
{
	struct judge_text t;
	const uint32_t both = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;

	if (!judge_connect_before(j, SPDM_GET_CAPABILITIES) ||
	    !judge_next(j, &t) || !judge_ask(j, t.kind, t.p, t.n) ||
	    !judge_answers(j, SPDM_CAPABILITIES))
		return;
	if (!(judge_answer(j)->m.u.caps.flags & SPDM_CAP_KEY_EX))
		judge_absent(j, "the device offers no sessions");
	judge_expect(j, (judge_answer(j)->m.u.caps.flags & both) == both,
		     "its flags are 0x%08x", judge_answer(j)->m.u.caps.flags);
}

static void table(struct judge *j, uint8_t type, uint32_t any, const char *what)
{
	const struct spdm_algs *a = selected(j);

	if (a)
		one_of(j, spdm_algs_bits(a, type), any, what);
}

static void dhe(struct judge *j)
{
	table(j, SPDM_ALG_DHE, SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1,
	      "DHE group");
}

static void aead(struct judge *j)
{
	table(j, SPDM_ALG_AEAD, SPDM_AEAD_AES_256_GCM, "AEAD");
}

static void schedule(struct judge *j)
{
	table(j, SPDM_ALG_KEY_SCHEDULE, SPDM_KEY_SCHEDULE_SPDM, "KeySchedule");
}

static void opaque(struct judge *j)
{
	const struct spdm_algs *a = selected(j);

	if (a && judge_engine(j)->version < SPDM_V12)
		judge_absent(j, "it is of 1.2 and newer");
	if (a)
		judge_expect(j, a->other_params & SPDM_OPAQUE_FMT_1,
			     "OtherParamsSelection is 0x%02x", a->other_params);
}

/* CERTIFICATE of a few bytes, which do not end with a dword. @msg: from the
 * version byte on, as much as was carried. */
static bool short_portion(struct judge *j, struct spdm_span *msg)
{
	const struct judge_answer *a = judge_answer(j);
	/* Slot 0, five bytes from the first on: DSP0274 1.2.1, 10.7.1 */
	uint8_t ask[] = { 1, 0, 1, 0, 4, 0, 0, 0, 0, SPDM_GET_CERTIFICATE,
			  0, 0, 0, 0, 5, 0 };
	size_t head;

	if (!judge_connect_before(j, SPDM_GET_CERTIFICATE))
		return false;
	ask[8] = judge_engine(j)->version;
	if (!judge_ask(j, JUDGE_OBJECT, ask, sizeof(ask)))
		return false;
	/* Some targets take it out of its object. */
	head = a->kind == JUDGE_OBJECT ? 8 : 0;
	if (a->raw_n < head + 8 || a->raw[head + 1] != SPDM_CERTIFICATE) {
		judge_absent(j, "a part of its chain is not to be had");
		return false;
	}
	*msg = (struct spdm_span){ a->raw + head, a->raw_n - head };
	return true;
}

static void padding(struct judge *j)
{
	struct spdm_span m;
	size_t len;

	if (!short_portion(j, &m))
		return;
	len = 8u + get_u16le(m.p + 4);
	if (!judge_expect(j, m.n % 4 == 0 && m.n >= len && m.n - len < 4,
			  "a message of %zu bytes is carried as %zu", len, m.n))
		return;
	for (size_t i = len; i < m.n; i++)
		if (!judge_expect(j, !m.p[i], "padding is 0x%02x", m.p[i]))
			return;
}

/* clang-format off */
#define S3 "PCIe Base 6.3 §6.31.3"
#define S4 "PCIe Base 6.3 §6.31.4"
static const struct judge_case cases[] = {
	{ .name = "doe/cma-signature-algorithm", .group = JUDGE_DOE,
	  .caps = SPDM_CAP_CERT,
	  .says = "one of RSASSA 3072, ECDSA P-256 and ECDSA P-384 is supported",
	  .source = S3, .misbehave = "cma-other-signature", .run = asym },
	{ .name = "doe/cma-hash-algorithm", .group = JUDGE_DOE,
	  .says = "SHA-256 or SHA-384 is supported",
	  .source = S3, .misbehave = "cma-other-hash", .run = hash },
	{ .name = "doe/cma-measurement-format", .group = JUDGE_DOE,
	  .says = "measurements have DMTF's format",
	  .source = S3, .misbehave = "cma-other-measurements", .run = meas_spec },
	{ .name = "doe/cma-measurement-hash", .group = JUDGE_DOE,
	  .says = "measurements are of SHA-256 or SHA-384",
	  .source = S3, .misbehave = "cma-other-measurements", .run = meas_hash },
	{ .name = "doe/cma-crypto-timeout", .group = JUDGE_DOE,
	  .says = "CTExponent is 23 at the most",
	  .source = S3, .misbehave = "cma-slow", .run = ct },
	{ .name = "doe/cma-session-ciphers", .group = JUDGE_DOE,
	  .says = "who has secure sessions has ENCRYPT_CAP and MAC_CAP",
	  .source = S4, .misbehave = "flags-no-cipher", .run = ciphers },
	{ .name = "doe/cma-dhe-group", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "secp256r1 or secp384r1 is supported",
	  .source = S4, .misbehave = "cma-other-session", .run = dhe },
	{ .name = "doe/cma-aead", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "AES-256-GCM is supported",
	  .source = S4, .misbehave = "cma-other-session", .run = aead },
	{ .name = "doe/cma-key-schedule", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "SPDM's key schedule is supported",
	  .source = S4, .misbehave = "cma-other-session", .run = schedule },
	{ .name = "doe/cma-opaque-format", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_SESSION,
	  .says = "the general opaque data format of SPDM 1.2 and newer is supported",
	  .source = S4, .misbehave = "cma-other-session", .run = opaque },
	{ .name = "doe/padding-is-zero", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT, .caps = SPDM_CAP_CERT,
	  .says = "SPDM messages are filled up to whole dwords with zeros",
	  .source = S3, .misbehave = "doe-pads-with-ones", .run = padding },
};
/* clang-format on */

const struct judge_table judge_cases_doe_cma = { cases, COUNT(cases) };
