/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/sig.h"

/*
 * GET_CSR, SET_CERTIFICATE and key pairs. Nothing of a device is changed: what
 * would change something is asked for so that it has to be refused.
 * Source: DSP0274 1.2.1 and 1.3.2, sections 10.26 (CSR, SET_CERTIFICATE), 10.27
 */

/* --- requests of certificates --- */

static bool ask_csr(struct talk *t, const uint8_t *info, size_t n,
		    uint8_t param2)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_CSR);

	m.param2 = param2;
	m.u.get_csr.info = (struct spdm_span){ info, n };
	if (t->v >= SPDM_V13 && t->sh.multi_key) {
		m.param1 = 1;
		m.param2 |= SPDM_CERT_MODEL_DEVICE;
	}
	return talk_ask(t, &m);
}

/* By the key that the device has; who sealed it, or wants a reset, says so. */
static void csr(struct judge *j)
{
	struct crypto_slot pub = { 0 };
	char subject[CRYPTO_NAME_MAX];
	enum crypto_key kind;
	struct talk t;

	if (!talk_begin(&t, j, TALK_ALGS, NULL) || !ask_csr(&t, NULL, 0, 0))
		goto out;
	if (!talk_has(&t, SPDM_CSR)) {
		judge_refused_any(j);
		judge_absent(j, "the device makes no request now");
		goto out;
	}
	if (!judge_expect(j,
			  !crypto_csr_read(t.c, t.a->u.csr.csr.p,
					   t.a->u.csr.csr.n, &pub, subject),
			  "the CSR is no certification request that its key "
			  "signed"))
		goto out;
	judge_expect(j,
		     !crypto_key_kind(t.c, pub, &kind) &&
			     kind == spdm_asym_key(t.sel.asym, t.sel.pqc_asym),
		     "the CSR is for a key of %s, which is not what was "
		     "selected",
		     crypto_key_name(kind));
out:
	crypto_drop(j->cfg.crypto, &pub);
	talk_end(&t);
}

static void csr_reserved(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && ask_csr(&t, NULL, 0, 0)) {
		if (talk_has(&t, SPDM_CSR))
			talk_reserved_zero(&t);
		else
			judge_absent(j, "the device makes no request now");
	}
	talk_end(&t);
}

/* RequesterInfo that is not DER. */
static void csr_info(struct judge *j)
{
	static const uint8_t no_der[] = { 1, 2, 3, 4, 5, 6, 7 };
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) &&
	    ask_csr(&t, no_der, sizeof(no_der), 0))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST) |
					 TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	talk_end(&t);
}

static void csr_length(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		/* RequesterInfoLength of more than there is. */
		const uint8_t ask[8] = { t.v, SPDM_GET_CSR, 0, 0, 0, 4 };

		if (talk_raw(&t, ask, sizeof(ask)))
			talk_refused(
				&t,
				TALK_E(SPDM_ERR_INVALID_REQUEST) |
					TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	}
	talk_end(&t);
}

/* Without many keys no key pair is named. */
static void csr_key_pair(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		m = talk_msg(&t, SPDM_GET_CSR);
		m.param1 = t.sh.multi_key ? 0 : 1;
		if (talk_ask(&t, &m))
			talk_refused(
				&t,
				TALK_E(SPDM_ERR_INVALID_REQUEST) |
					TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	}
	talk_end(&t);
}

/* --- certificates that are written --- */

static void no_cert(struct judge *j, uint8_t slot, const uint8_t *p, size_t n)
{
	const uint64_t how = TALK_E(SPDM_ERR_INVALID_REQUEST) |
			     TALK_E(SPDM_ERR_UNEXPECTED_REQUEST) |
			     TALK_E(SPDM_ERR_SESSION_REQUIRED) |
			     TALK_E(SPDM_ERR_UNSPECIFIED) |
			     TALK_E(SPDM_ERR_OPERATION_FAILED);
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		m = talk_msg(&t, SPDM_SET_CERTIFICATE);
		m.param1 = slot;
		m.u.set_cert.chain = (struct spdm_span){ p, n };
		if (talk_ask(&t, &m))
			talk_refused(&t, how);
	}
	talk_end(&t);
}

static const uint8_t junk[128] = { sizeof(junk), 0, 0, 0, 0xaa, 0x55 };

static void cert_slot_8(struct judge *j)
{
	no_cert(j, 8, junk, sizeof(junk));
}

static void cert_of_junk(struct judge *j)
{
	no_cert(j, 1, junk, sizeof(junk));
}

static void cert_of_nothing(struct judge *j)
{
	no_cert(j, 1, junk, 4);
}

/* --- key pairs --- */

static bool get_pair(struct talk *t, uint8_t id)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_KEY_PAIR_INFO);

	m.u.get_key_pair.id = id;
	return talk_ask(t, &m);
}

static bool gets_pair(struct talk *t, uint8_t id)
{
	return get_pair(t, id) && talk_is(t, SPDM_KEY_PAIR_INFO);
}

static void pairs(struct judge *j)
{
	struct talk t;
	uint8_t total = 1;

	if (talk_begin(&t, j, TALK_ALGS, NULL))
		for (unsigned id = 1; id <= total && judge_on(j); id++) {
			const struct spdm_key_pair *k;

			if (!gets_pair(&t, (uint8_t)id))
				break;
			k = &t.a->u.key_pair;
			if (id == 1)
				total = k->total;
			judge_expect(j, k->id == id && k->total == total,
				     "key pair %u of %u came, not %u of %u",
				     k->id, k->total, id, total);
			judge_expect(j, !(k->usage & ~k->usage_caps),
				     "key pair %u has uses 0x%04x of 0x%04x",
				     id, k->usage, k->usage_caps);
			judge_expect(j,
				     !(k->asym & (k->asym - 1)) &&
					     !(k->asym & ~k->asym_caps),
				     "key pair %u has algorithms 0x%08x of "
				     "0x%08x",
				     id, k->asym, k->asym_caps);
		}
	talk_end(&t);
}

static void pair_caps(struct judge *j)
{
	struct talk t;

	if (!talk_begin(&t, j, TALK_ALGS, NULL) || !gets_pair(&t, 1))
		goto out;
	judge_expect(j,
		     t.theirs.flags & SPDM_CAP_SET_KEY_PAIR_INFO ||
			     !t.a->u.key_pair.caps,
		     "key pair 1 has capabilities 0x%04x, and nothing of it "
		     "can be set",
		     t.a->u.key_pair.caps);
	judge_expect(j, !(t.a->u.key_pair.caps & ~0x3fu),
		     "key pair 1 has capabilities 0x%04x, some of which are "
		     "reserved",
		     t.a->u.key_pair.caps);
out:
	talk_end(&t);
}

static void pair_reserved(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && gets_pair(&t, 1))
		talk_reserved_zero(&t);
	talk_end(&t);
}

static void pair_ignores(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		m = talk_msg(&t, SPDM_GET_KEY_PAIR_INFO);
		m.u.get_key_pair.id = 1;
		if (talk_reserved_set(&t, &m) &&
		    talk_raw(&t, j->next, t.req_len))
			talk_is(&t, SPDM_KEY_PAIR_INFO);
	}
	talk_end(&t);
}

static void pair_0(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && get_pair(&t, 0))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	talk_end(&t);
}

static void pair_above(struct judge *j)
{
	struct talk t;

	if (!talk_begin(&t, j, TALK_ALGS, NULL) || !gets_pair(&t, 1))
		goto out;
	if (t.a->u.key_pair.total == UINT8_MAX)
		judge_absent(j, "every id has a key pair");
	else if (get_pair(&t, (uint8_t)(t.a->u.key_pair.total + 1)))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
out:
	talk_end(&t);
}

/* Which chains hang on a pair is what DIGESTS says too. */
static void pair_slots(struct judge *j)
{
	const struct talk_wish wish = { .many_keys = true };
	uint8_t of[SPDM_SLOTS];
	struct talk t;
	struct spdm_msg m;
	uint8_t mask, n = 0;

	if (!talk_begin(&t, j, TALK_ALGS, &wish) ||
	    !talk_needs(&t, SPDM_CAP_MULTI_KEY_MASK, "MULTI_KEY_CAP"))
		goto out;
	m = talk_msg(&t, SPDM_GET_DIGESTS);
	if (!talk_ask(&t, &m) || !talk_is(&t, SPDM_DIGESTS) ||
	    !judge_expect(j, t.a->u.digests.key_pair.n,
			  "DIGESTS names no key pair"))
		goto out;
	mask = t.a->param2;
	memcpy(of, t.a->u.digests.key_pair.p, t.a->u.digests.key_pair.n);
	for (unsigned i = 0; i < SPDM_SLOTS; i++) {
		if (!(mask >> i & 1))
			continue;
		if (!gets_pair(&t, of[n++]))
			goto out;
		judge_expect(j, t.a->u.key_pair.slots >> i & 1,
			     "slot %u is of key pair %u, which has slots "
			     "0x%02x",
			     i, of[n - 1], t.a->u.key_pair.slots);
	}
out:
	talk_end(&t);
}

/* An operation that there is none of, of a pair that there is none of. */
static void set_pair(struct judge *j, uint8_t op, uint8_t id)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		m = talk_msg(&t, SPDM_SET_KEY_PAIR_INFO);
		m.param1 = op;
		m.u.set_key_pair.id = id;
		if (talk_ask(&t, &m))
			talk_refused(
				&t,
				TALK_E(SPDM_ERR_INVALID_REQUEST) |
					TALK_E(SPDM_ERR_UNEXPECTED_REQUEST) |
					TALK_E(SPDM_ERR_SESSION_REQUIRED));
	}
	talk_end(&t);
}

static void set_pair_op(struct judge *j)
{
	set_pair(j, 3, 1);
}

static void set_pair_0(struct judge *j)
{
	set_pair(j, SPDM_KEY_PAIR_CHANGE, 0);
}

/* clang-format off */
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define SINCE_13 JUDGE_SINCE(JUDGE_V13)
#define CSR      "DSP0274 1.2.1 and 1.3.2, section 10.26.1 (GET_CSR, CSR)"
#define SET_CERT "DSP0274 1.2.1 and 1.3.2, section 10.26.2 (SET_CERTIFICATE)"
#define PAIR     "DSP0274 1.3.2, section 10.27.1 (GET_KEY_PAIR_INFO, KEY_PAIR_INFO)"
#define SET_PAIR "DSP0274 1.3.2, section 10.27.2 (SET_KEY_PAIR_INFO)"

static const struct judge_case cases[] = {
	{ "csr-is-signed-by-its-key", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_CSR,
	  "CSR is a PKCS #10 request signed by the key that it is for, of the algorithm that was selected", CSR,
	  SURE_SPEC, "csr-wrong", csr },
	{ "csr-reserved-is-zero", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_CSR,
	  "Reserved fields of CSR are zero", CSR "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", csr_reserved },
	{ "csr-of-other-information-is-refused", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_CSR,
	  "GET_CSR whose RequesterInfo is no CertificationRequestInfo is refused", CSR,
	  SURE_SPEC, "csr-any", csr_info },
	{ "csr-length-above-the-message-is-refused", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_CSR,
	  "GET_CSR whose lengths are above the message's is refused", CSR,
	  SURE_INFERRED, "csr-any", csr_length },
	{ "csr-names-a-key-pair-only-with-many-keys", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CSR,
	  "GET_CSR names a key pair in a connection with many keys, and none in another", "DSP0274 1.3.2, section 10.26.1 (KeyPairID)",
	  SURE_SPEC, "csr-any", csr_key_pair },
	{ "set-certificate-of-slot-8-is-refused", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_SET_CERT,
	  "SET_CERTIFICATE of slot 8 is refused", SET_CERT,
	  SURE_SPEC, "set-certificate-any", cert_slot_8 },
	{ "set-certificate-of-no-chain-is-refused", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_SET_CERT,
	  "SET_CERTIFICATE of what is no certificate chain is refused", SET_CERT,
	  SURE_INFERRED, "set-certificate-any", cert_of_junk },
	{ "set-certificate-too-short-is-refused", JUDGE_SPDM, SINCE_12, 0, SPDM_CAP_SET_CERT,
	  "SET_CERTIFICATE of a chain that ends in its header is refused", SET_CERT,
	  SURE_INFERRED, "set-certificate-any", cert_of_nothing },
	{ "key-pairs-are-consistent", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_GET_KEY_PAIR_INFO,
	  "KEY_PAIR_INFO names the pair that was asked for, and its uses and one algorithm of those that it may have", PAIR,
	  SURE_SPEC, "key-pair-uses", pairs },
	{ "key-pair-capabilities-are-known", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_GET_KEY_PAIR_INFO,
	  "Capabilities of a key pair are of those that have a meaning, and none without SET_KEY_PAIR_INFO_CAP", PAIR,
	  SURE_SPEC, "key-pair-capabilities", pair_caps },
	{ "key-pair-reserved-is-zero", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_GET_KEY_PAIR_INFO,
	  "Reserved fields of KEY_PAIR_INFO are zero", PAIR "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", pair_reserved },
	{ "key-pair-reserved-is-ignored", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_GET_KEY_PAIR_INFO,
	  "Reserved fields of GET_KEY_PAIR_INFO are ignored", PAIR "; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", pair_ignores },
	{ "key-pair-0-is-invalid", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_GET_KEY_PAIR_INFO,
	  "GET_KEY_PAIR_INFO of id 0 is ERROR InvalidRequest", PAIR,
	  SURE_SPEC, "key-pair-any", pair_0 },
	{ "key-pair-above-the-last-is-invalid", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_GET_KEY_PAIR_INFO,
	  "GET_KEY_PAIR_INFO of an id above TotalKeyPairs is ERROR InvalidRequest", PAIR,
	  SURE_SPEC, "key-pair-any", pair_above },
	{ "key-pair-has-its-slots", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_GET_KEY_PAIR_INFO | SPDM_CAP_CERT,
	  "A slot that DIGESTS assigns to a key pair is among the slots of that pair", "DSP0274 1.3.2, sections 10.5, 10.27.1 (AssocCertSlotMask)",
	  SURE_INFERRED, "key-pair-slots", pair_slots },
	{ "set-key-pair-operation-3-is-refused", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_SET_KEY_PAIR_INFO,
	  "SET_KEY_PAIR_INFO of operation 3, which is reserved, is refused", SET_PAIR,
	  SURE_SPEC, "set-key-pair-any", set_pair_op },
	{ "set-key-pair-0-is-refused", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_SET_KEY_PAIR_INFO,
	  "SET_KEY_PAIR_INFO of id 0 is refused", SET_PAIR,
	  SURE_SPEC, "set-key-pair-any", set_pair_0 },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_prov = { cases, COUNT(cases) };
