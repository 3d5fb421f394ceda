/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/* GET_CERTIFICATE, portion by portion. Source: DSP0274 1.2.1, section 10.6 */

static bool get_cert(struct talk *t, uint8_t slot, uint32_t off, uint32_t len)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_CERTIFICATE);

	m.param1 = slot;
	m.u.get_cert.offset = off;
	m.u.get_cert.length = len;
	return talk_ask(t, &m);
}

static bool gets_cert(struct talk *t, uint8_t slot, uint32_t off, uint32_t len)
{
	return get_cert(t, slot, off, len) && talk_is(t, SPDM_CERTIFICATE);
}

static void answer(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) && gets_cert(&t, 0, 0, 256))
		judge_expect(j,
			     (t.a->param1 & 0xf) == 0 &&
				     t.a->u.cert.portion.n > 0 &&
				     t.a->u.cert.portion.n <= 256,
			     "slot %u, %zu bytes came, where slot 0 and 256 at "
			     "most were asked for",
			     t.a->param1 & 0xf, t.a->u.cert.portion.n);
	talk_end(&t);
}

static void reserved(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL) && gets_cert(&t, 0, 0, 256))
		talk_reserved_zero(&t);
	talk_end(&t);
}

/* Offset, portion and remainder make the same total everywhere. */
static void sums(struct judge *j)
{
	struct talk t;
	size_t total = 0, at = 0;

	if (!talk_begin(&t, j, TALK_DIGESTS, NULL))
		goto out;
	do {
		size_t sum;

		if (!gets_cert(&t, 0, (uint32_t)at, 200))
			goto out;
		sum = at + t.a->u.cert.portion.n + t.a->u.cert.remainder;
		if (!total)
			total = sum;
		if (!judge_expect(j, sum == total && t.a->u.cert.portion.n,
				  "at %zu: %zu bytes and %u more, of %zu", at,
				  t.a->u.cert.portion.n, t.a->u.cert.remainder,
				  total))
			goto out;
		at += t.a->u.cert.portion.n;
	} while (t.a->u.cert.remainder);
out:
	talk_end(&t);
}

/* In any portions, the bytes are the same. */
static void portions(struct judge *j)
{
	static const uint32_t len[] = { 1, 7, 64, 300 };
	struct talk t;

	if (!talk_begin(&t, j, TALK_CHAIN, NULL))
		goto out;
	for (unsigned i = 0; i < COUNT(len) && judge_on(j); i++) {
		const uint32_t off = (uint32_t)(t.chain_len / (i + 2));
		const struct spdm_span *p;

		if (!gets_cert(&t, 0, off, len[i]))
			goto out;
		p = &t.a->u.cert.portion;
		judge_expect(j,
			     p->n && p->n <= len[i] &&
				     p->n <= t.chain_len - off &&
				     !memcmp(p->p, j->chain + off, p->n),
			     "%zu bytes at %u are not those of the chain", p->n,
			     off);
	}
out:
	talk_end(&t);
}

static void last_byte(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) &&
	    gets_cert(&t, 0, (uint32_t)t.chain_len - 1, 512))
		judge_expect(
			j, t.a->u.cert.portion.n == 1 && !t.a->u.cert.remainder,
			"%zu bytes and %u more came behind the last but "
			"one",
			t.a->u.cert.portion.n, t.a->u.cert.remainder);
	talk_end(&t);
}

static void refused(struct judge *j, uint8_t slot, uint32_t off, uint32_t len)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) &&
	    get_cert(&t, slot, off == UINT32_MAX ? (uint32_t)t.chain_len : off,
		     len))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	talk_end(&t);
}

static void slot_8(struct judge *j)
{
	refused(j, 8, 0, 256);
}

static void at_end(struct judge *j)
{
	refused(j, 0, UINT32_MAX, 256);
}

static void far_behind(struct judge *j)
{
	refused(j, 0, 0xffff, 256);
}

/* The first slot without a chain. */
static void empty_slot(struct judge *j)
{
	struct talk t;
	uint8_t i = 0;

	if (!talk_begin(&t, j, TALK_DIGESTS, NULL))
		goto out;
	while (i < SPDM_SLOTS && (t.slots >> i & 1))
		i++;
	if (i == SPDM_SLOTS)
		judge_absent(j, "every slot has a chain");
	else if (get_cert(&t, i, 0, 256))
		talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST) |
					 TALK_E(SPDM_ERR_RESET_REQUIRED));
out:
	talk_end(&t);
}

static void too_short(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL)) {
		const uint8_t ask[] = { t.v, SPDM_GET_CERTIFICATE, 0, 0 };

		if (talk_raw(&t, ask, sizeof(ask)))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

static void ignores(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_DIGESTS, NULL)) {
		m = talk_msg(&t, SPDM_GET_CERTIFICATE);
		m.u.get_cert.length = 256;
		if (talk_reserved_set(&t, &m) &&
		    talk_raw(&t, j->next, t.req_len) &&
		    talk_is(&t, SPDM_CERTIFICATE))
			judge_expect(j, t.a->u.cert.portion.n > 0,
				     "nothing of the chain came");
	}
	talk_end(&t);
}

/* SlotSizeRequested: Offset and Length say nothing. */
static void slot_size(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_CHAIN, NULL)) {
		m = talk_msg(&t, SPDM_GET_CERTIFICATE);
		m.param2 = SPDM_CERT_SLOT_SIZE;
		m.u.get_cert.offset = 0xffff;
		m.u.get_cert.length = 0xaa55;
		if (talk_ask(&t, &m) && talk_is(&t, SPDM_CERTIFICATE))
			judge_expect(j,
				     !t.a->u.cert.portion.n &&
					     t.a->u.cert.remainder >=
						     t.chain_len,
				     "%zu bytes of a chain and a size of %u "
				     "came, where the slot holds %zu",
				     t.a->u.cert.portion.n,
				     t.a->u.cert.remainder, t.chain_len);
	}
	talk_end(&t);
}

/* LargeCertChain: the same chain in longer fields. */
static void large(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_CHAIN, NULL) &&
	    talk_needs(&t, SPDM_CAP_LARGE_RESP, "LARGE_RESP_CAP")) {
		m = talk_msg(&t, SPDM_GET_CERTIFICATE);
		m.param1 = SPDM_CERT_LARGE;
		m.u.get_cert.offset = 16;
		m.u.get_cert.length = 128;
		if (talk_ask(&t, &m) && talk_is(&t, SPDM_CERTIFICATE)) {
			const struct spdm_span *p = &t.a->u.cert.portion;

			judge_expect(j, t.a->param1 == SPDM_CERT_LARGE,
				     "Param1 is 0x%02x", t.a->param1);
			judge_expect(
				j,
				p->n && p->n <= 128 &&
					!memcmp(p->p, j->chain + 16, p->n) &&
					16 + p->n + t.a->u.cert.remainder ==
						t.chain_len,
				"the long form does not bring the bytes of "
				"the short one");
		}
	}
	talk_end(&t);
}

/* OPEN: which ERROR; the capability is missing, or the field invalid. */
static void large_unoffered(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (!talk_begin(&t, j, TALK_DIGESTS, NULL))
		goto out;
	if (t.theirs.flags & SPDM_CAP_LARGE_RESP) {
		judge_absent(j, "the device offers LARGE_RESP_CAP");
		goto out;
	}
	m = talk_msg(&t, SPDM_GET_CERTIFICATE);
	m.param1 = SPDM_CERT_LARGE;
	m.u.get_cert.length = 128;
	if (talk_ask(&t, &m))
		talk_refused(&t, TALK_E(SPDM_ERR_UNSUPPORTED_REQUEST) |
					 TALK_E(SPDM_ERR_INVALID_REQUEST));
out:
	talk_end(&t);
}

/* Without MULTI_KEY_CONN_RSP there is no CertificateInfo. */
static void info_of_one_key(struct judge *j)
{
	struct talk t;

	if (!talk_begin(&t, j, TALK_DIGESTS, NULL) || !gets_cert(&t, 0, 0, 256))
		goto out;
	if (t.sh.multi_key)
		judge_expect(j,
			     (t.a->param2 & SPDM_CERT_INFO_MASK) <=
				     SPDM_CERT_MODEL_GENERIC,
			     "CertificateInfo is %u",
			     t.a->param2 & SPDM_CERT_INFO_MASK);
	else
		judge_expect(j, !(t.a->param2 & SPDM_CERT_INFO_MASK),
			     "CertificateInfo is %u where keys are not many",
			     t.a->param2 & SPDM_CERT_INFO_MASK);
out:
	talk_end(&t);
}

/* clang-format off */
#define SINCE_13 JUDGE_SINCE(JUDGE_V13)
#define SECTION  "DSP0274 1.2.1, section 10.6 (GET_CERTIFICATE, CERTIFICATE); 1.0.1, section 4.10.2"

static const struct judge_case cases[] = {
	{ "certificate-is-well-formed", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "GET_CERTIFICATE is answered by CERTIFICATE of its slot, with at most as many bytes as were asked for", SECTION,
	  SURE_SPEC, "certificate-slot", answer },
	{ "certificate-reserved-is-zero", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "Reserved fields of CERTIFICATE are zero", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", reserved },
	{ "certificate-portion-and-remainder-add-up", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "Offset, PortionLength and RemainderLength add up to the chain's length", SECTION,
	  SURE_SPEC, "certificate-remainder", sums },
	{ "certificate-in-any-portions-is-the-same", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "A portion holds the bytes of the chain from Offset on, whatever its length", SECTION,
	  SURE_SPEC, "certificate-offset", portions },
	{ "certificate-ends-with-its-last-byte", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "At the last byte one byte comes, and nothing remains", SECTION,
	  SURE_SPEC, "certificate-remainder", last_byte },
	{ "certificate-of-slot-8-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "GET_CERTIFICATE of a slot above 7 is ERROR InvalidRequest", SECTION,
	  SURE_SPEC, "certificate-any", slot_8 },
	{ "certificate-of-an-empty-slot-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "GET_CERTIFICATE of a slot without a chain is ERROR InvalidRequest", SECTION,
	  SURE_SPEC, "certificate-any", empty_slot },
	{ "certificate-behind-the-chain-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "GET_CERTIFICATE with an Offset that is the chain's length is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "certificate-any", at_end },
	{ "certificate-far-behind-the-chain-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "GET_CERTIFICATE with an Offset of 65535 is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "certificate-any", far_behind },
	{ "certificate-too-short-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "GET_CERTIFICATE without Offset and Length is ERROR InvalidRequest", "DSP0274 1.2.1, sections 10.6, 10.10 (InvalidRequest)",
	  SURE_INFERRED, "certificate-any", too_short },
	{ "certificate-reserved-is-ignored", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "Reserved fields of GET_CERTIFICATE are ignored", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", ignores },
	{ "certificate-slot-size", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CERT | SPDM_CAP_SET_CERT,
	  "SlotSizeRequested brings no bytes and the room of the slot, whatever Offset and Length say", "DSP0274 1.3.2, section 10.6 (SlotSizeRequested)",
	  SURE_SPEC, "certificate-slot-size", slot_size },
	{ "certificate-model-only-with-many-keys", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CERT,
	  "CertificateInfo is 0 in a connection without many keys, and one of three models with them", "DSP0274 1.3.2, section 10.6 (CertificateInfo)",
	  SURE_SPEC, "certificate-model", info_of_one_key },
	{ "certificate-long-form-is-the-same", JUDGE_SPDM, JUDGE_V14, 0, SPDM_CAP_CERT,
	  "LargeCertChain brings the same chain in fields of 32 bits", "DSP0274 1.4.0, section 10.6 (LargeCertChain)",
	  SURE_SPEC, "certificate-offset", large },
	{ "certificate-long-form-not-offered-is-refused", JUDGE_SPDM, JUDGE_V14, 0, SPDM_CAP_CERT,
	  "LargeCertChain without LARGE_RESP_CAP is refused", "DSP0274 1.4.0, section 10.6 (LargeCertChain)",
	  SURE_OPEN, "certificate-any", large_unoffered },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_cert_get = { cases, COUNT(cases) };
