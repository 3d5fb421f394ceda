/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/keys.h"
#include "spdm/sig.h"

/* DIGESTS, and what stands in certificate chains. Source: DSP0274 1.2.1,
 * sections 10.5, 10.6 */

static bool get_digests(struct talk *t)
{
	const struct spdm_msg m = talk_msg(t, SPDM_GET_DIGESTS);

	return talk_ask(t, &m) && talk_is(t, SPDM_DIGESTS);
}

static void digests_answer(struct judge *j)
{
	struct talk t;

	/* Decoded, it is as long as its mask says. */
	if (talk_begin(&t, j, TALK_ALGS, NULL) && get_digests(&t))
		judge_expect(j, t.a->u.digests.all.n > 0,
			     "DIGESTS has no digest");
	talk_end(&t);
}

static void slot_0(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && get_digests(&t))
		judge_expect(j, t.a->param2 & 1, "the mask of slots is 0x%02x",
			     t.a->param2);
	talk_end(&t);
}

static void supported_slots(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && get_digests(&t))
		judge_expect(j, !(t.a->param2 & ~t.a->param1),
			     "slots 0x%02x have chains, and 0x%02x exist",
			     t.a->param2, t.a->param1);
	talk_end(&t);
}

static void digests_reserved(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && get_digests(&t))
		talk_reserved_zero(&t);
	talk_end(&t);
}

static void digests_again(struct judge *j)
{
	uint8_t first[SPDM_SLOTS * SPDM_HASH_MAX];
	struct talk t;
	size_t n = 0;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && get_digests(&t)) {
		n = t.a->u.digests.all.n;
		memcpy(first, t.a->u.digests.all.p, n);
	}
	if (n && get_digests(&t))
		judge_expect(j,
			     t.a->u.digests.all.n == n &&
				     !memcmp(first, t.a->u.digests.all.p, n),
			     "the second DIGESTS differs from the first");
	talk_end(&t);
}

static void digests_ignore(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		m = talk_msg(&t, SPDM_GET_DIGESTS);
		if (talk_reserved_set(&t, &m) &&
		    talk_raw(&t, j->next, t.req_len))
			talk_is(&t, SPDM_DIGESTS);
	}
	talk_end(&t);
}

/* What stands behind the digests of a connection with many keys. */
static void digests_of_many(struct judge *j)
{
	const struct talk_wish wish = { .many_keys = true };
	struct talk t;

	if (!talk_begin(&t, j, TALK_ALGS, &wish) ||
	    !talk_needs(&t, SPDM_CAP_MULTI_KEY_MASK, "MULTI_KEY_CAP") ||
	    !get_digests(&t))
		goto out;
	for (size_t i = 0; i < t.a->u.digests.key_pair.n; i++) {
		const uint8_t *info = t.a->u.digests.cert_info.p;

		judge_expect(j, t.a->u.digests.key_pair.p[i],
			     "the %zuth digest names no key pair", i + 1);
		judge_expect(j,
			     (info[i] & SPDM_CERT_INFO_MASK) &&
				     (info[i] & SPDM_CERT_INFO_MASK) <=
					     SPDM_CERT_MODEL_GENERIC,
			     "the %zuth digest is of a model %u", i + 1,
			     info[i] & SPDM_CERT_INFO_MASK);
		judge_expect(j, get_u16le(t.a->u.digests.key_usage.p + 2 * i),
			     "the key of the %zuth digest has no use", i + 1);
	}
out:
	talk_end(&t);
}

/* --- chains --- */

/* Each slot that DIGESTS names is read, and looked at by @look. */
static void each_slot(struct judge *j, void (*look)(struct talk *t, uint8_t i))
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL))
		for (uint8_t i = 0; i < SPDM_SLOTS && judge_on(j); i++)
			if ((t.slots >> i & 1) && talk_chain(&t, i))
				look(&t, i);
	talk_end(&t);
}

static void look_digest(struct talk *t, uint8_t i)
{
	uint8_t d[SPDM_HASH_MAX];

	if (crypto_hash(t->c, spdm_crypto_hash(t->sel.hash), t->j->chain,
			t->chain_len, d))
		return;
	judge_expect(t->j, !memcmp(d, t->digest[i], t->sh.hash_len),
		     "the digest of slot %u is not that of its chain", i);
}

static void chain_digest(struct judge *j)
{
	each_slot(j, look_digest);
}

/* 1.4 has room for longer ones in what was reserved. */
static void look_head(struct talk *t, uint8_t i)
{
	uint32_t len = get_u16le(t->j->chain);
	const uint16_t high = get_u16le(t->j->chain + 2);

	if (t->v >= SPDM_V14)
		len |= (uint32_t)high << 16;
	judge_expect(t->j, len == t->chain_len,
		     "the chain of slot %u says that it has %u bytes, and has "
		     "%zu",
		     i, len, t->chain_len);
	if (t->v < SPDM_V14)
		judge_expect(t->j, !high,
			     "reserved bytes of the chain of slot %u are "
			     "0x%04x",
			     i, high);
}

static void chain_head(struct judge *j)
{
	each_slot(j, look_head);
}

static const uint8_t *certs(const struct talk *t, size_t *n)
{
	const size_t head = SPDM_CHAIN_HEAD + t->sh.hash_len;

	*n = t->chain_len - head;
	return t->j->chain + head;
}

/* The chain leads from its first certificate to its leaf, whoever issued that
 * one; a moment at which all are valid is not looked for. */
static void look_path(struct talk *t, uint8_t i)
{
	struct crypto_why why = { 0 };
	const struct crypto_chain *ch = &t->leaf;
	int64_t day = ch->certs[0].not_before_s;
	size_t n;
	const uint8_t *p = certs(t, &n);
	enum il_err err;

	for (unsigned k = 1; k < ch->count; k++)
		if (ch->certs[k].not_before_s > day)
			day = ch->certs[k].not_before_s;
	err = crypto_chain_verify(t->c, ch, p + ch->certs[0].off,
				  ch->certs[0].len, day, &why);
	/* An extension that only its maker knows, or a rule of a library's. */
	if (err &&
	    (why.code == CRYPTO_WHY_CRITICAL || why.code == CRYPTO_WHY_OTHER)) {
		judge_absent(t->j, "slot %u, certificate %d: %s", i,
			     why.cert + 1, crypto_why_name(why.code));
		return;
	}
	judge_expect(t->j, !err, "slot %u, certificate %d: %s", i, why.cert + 1,
		     crypto_why_name(why.code));
}

static void chain_path(struct judge *j)
{
	each_slot(j, look_path);
}

/* Where the root stands in the chain, its hash is in front of it. */
static void look_root(struct talk *t, uint8_t i)
{
	const struct crypto_chain *ch = &t->leaf;
	uint8_t d[SPDM_HASH_MAX];
	struct crypto_chain root = { 0 };
	struct crypto_why why;
	size_t n;
	const uint8_t *p = certs(t, &n) + ch->certs[0].off;
	bool self;

	if (crypto_chain_parse(t->c, p, ch->certs[0].len, &root))
		return;
	self = !crypto_chain_verify(t->c, &root, p, ch->certs[0].len,
				    root.certs[0].not_before_s, &why) ||
	       why.code == CRYPTO_WHY_PURPOSE ||
	       why.code == CRYPTO_WHY_KEY_USAGE;
	crypto_chain_drop(t->c, &root);
	if (!self || crypto_hash(t->c, spdm_crypto_hash(t->sel.hash), p,
				 ch->certs[0].len, d))
		return;
	judge_expect(
		t->j, !memcmp(d, t->j->chain + SPDM_CHAIN_HEAD, t->sh.hash_len),
		"RootHash of slot %u is not that of the first certificate", i);
}

static void chain_root(struct judge *j)
{
	each_slot(j, look_root);
	if (judge_on(j) && !j->expected)
		judge_absent(j, "the chains leave their root out");
}

static void look_key(struct talk *t, uint8_t i)
{
	judge_expect(t->j,
		     t->leaf.key == spdm_asym_key(t->sel.asym, t->sel.pqc_asym),
		     "the leaf of slot %u has a key of %s, which is not what "
		     "was selected",
		     i, crypto_key_name(t->leaf.key));
}

static void chain_key(struct judge *j)
{
	each_slot(j, look_key);
}

static void look_leaf(struct talk *t, uint8_t i)
{
	const struct crypto_chain *ch = &t->leaf;

	for (unsigned k = 0; k < ch->count; k++)
		judge_expect(
			t->j,
			ch->certs[k].not_before_s <= ch->certs[k].not_after_s,
			"slot %u: certificate %u is never valid", i, k + 1);
	judge_expect(t->j, !ch->certs[ch->count - 1].ca,
		     "the leaf of slot %u is a CA", i);
}

static void chain_leaf(struct judge *j)
{
	each_slot(j, look_leaf);
}

/* clang-format off */
#define SINCE_13 JUDGE_SINCE(JUDGE_V13)
#define SECTION  "DSP0274 1.2.1, section 10.5 (DIGESTS); 1.0.1, section 4.10.1"
#define CHAINS   "DSP0274 1.2.1, section 10.6.1 (certificate chain format); 1.0.1, section 4.10.2"

static const struct judge_case cases[] = {
	{ "digests-is-well-formed", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "GET_DIGESTS is answered by DIGESTS with one digest for each bit of its slot mask", SECTION,
	  SURE_SPEC, "digests-length", digests_answer },
	{ "digests-has-slot-0", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "Slot 0 has a certificate chain", SECTION,
	  SURE_INFERRED, "digests-no-slot-0", slot_0 },
	{ "digests-slots-exist", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CERT,
	  "SupportedSlotMask has all slots of ProvisionedSlotMask", "DSP0274 1.3.2, section 10.5 (DIGESTS)",
	  SURE_SPEC, "digests-slots", supported_slots },
	{ "digests-reserved-is-zero", JUDGE_SPDM, JUDGE_V10 | JUDGE_V11 | JUDGE_V12, 0, SPDM_CAP_CERT,
	  "Reserved fields of DIGESTS are zero", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", digests_reserved },
	{ "digests-are-the-same-again", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "DIGESTS does not change while nothing was written", SECTION,
	  SURE_INFERRED, "digests-change", digests_again },
	{ "digests-reserved-is-ignored", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "Reserved fields of GET_DIGESTS are ignored", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", digests_ignore },
	{ "digests-of-many-keys", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CERT,
	  "With many keys DIGESTS names for each slot a key pair, the model of its certificate, and a use", "DSP0274 1.3.2, section 10.5 (KeyPairID, CertificateInfo, KeyUsageMask)",
	  SURE_SPEC, "digests-no-keys", digests_of_many },
	{ "chain-has-its-digest", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "The digest of a slot in DIGESTS is the hash of its whole certificate chain", SECTION,
	  SURE_SPEC, "digests-wrong", chain_digest },
	{ "chain-says-its-length", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "A certificate chain begins with its length, and reserved bytes of it are zero", CHAINS,
	  SURE_SPEC, "chain-length", chain_head },
	{ "chain-has-the-hash-of-its-root", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "RootHash is the hash of the root certificate", CHAINS,
	  SURE_SPEC, "chain-root", chain_root },
	{ "chain-leads-to-its-leaf", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "Each certificate of a chain is signed by the one before it, by rules of X.509 and of SPDM",
	  "DSP0274 1.2.1, sections 10.6.1, 10.6.2 (certificate requirements); RFC 5280 §6",
	  SURE_SPEC, "chain-unsigned", chain_path },
	{ "chain-has-a-key-as-selected", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "The leaf's key is of the algorithm that ALGORITHMS selected", "DSP0274 1.2.1, sections 10.4, 10.6.2 (SubjectPublicKeyInfo)",
	  SURE_SPEC, "algorithms-another-key", chain_key },
	{ "chain-leaf-is-no-ca", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "The leaf certificate is no CA, and each certificate has a time when it is valid", "DSP0274 1.2.1, section 10.6.2 (BasicConstraints, Validity)",
	  SURE_SPEC, "chain-leaf-ca", chain_leaf },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_certs = { cases, COUNT(cases) };
