/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/keys.h"
#include "spdm/mel.h"

/*
 * What a device says of itself beside measurements: GET_ENDPOINT_INFO and
 * GET_MEASUREMENT_EXTENSION_LOG. Source: DSP0274 1.3.2, sections 10.24, 10.25
 */

static struct spdm_msg get_info(struct talk *t, uint8_t sub, bool sign)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_ENDPOINT_INFO);

	m.param1 = sub;
	m.u.get_ep_info.attr = sign ? SPDM_EP_INFO_SIGN : 0;
	judge_random(t->j, m.u.get_ep_info.nonce, SPDM_NONCE_LEN);
	t->sh.sign = sign;
	return m;
}

static bool gets_info(struct talk *t, bool sign)
{
	const struct spdm_msg m = get_info(t, SPDM_EP_INFO_CLASS_ID, sign);

	return talk_ask(t, &m) && talk_is(t, SPDM_ENDPOINT_INFO);
}

static bool informs(struct talk *t, struct judge *j, enum talk_ground to)
{
	return talk_begin(t, j, to, NULL) &&
	       talk_needs(t, SPDM_CAP_EP_INFO_MASK, "EP_INFO_CAP");
}

/* A number of identifiers, each with its length, and nothing behind them. */
static void info_form(struct judge *j)
{
	struct talk t;
	struct rd r;

	if (!informs(&t, j, TALK_ALGS) || !gets_info(&t, false))
		goto out;
	r = rd_over(t.a->u.ep_info.info.p, t.a->u.ep_info.info.n);
	unsigned n = rd_u8(&r);

	rd_skip(&r, 3);
	for (; n > 0 && !r.err; n--)
		rd_skip(&r, rd_u8(&r));
	judge_expect(j, !rd_end(&r),
		     "the identifiers do not fill the %zu bytes of "
		     "information",
		     t.a->u.ep_info.info.n);
out:
	talk_end(&t);
}

static void info_reserved(struct judge *j)
{
	struct talk t;

	if (informs(&t, j, TALK_ALGS) && gets_info(&t, false))
		talk_reserved_zero(&t);
	talk_end(&t);
}

static void info_ignores(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (informs(&t, j, TALK_ALGS)) {
		m = get_info(&t, SPDM_EP_INFO_CLASS_ID, false);
		if (talk_reserved_set(&t, &m) &&
		    talk_raw(&t, j->next, t.req_len))
			talk_is(&t, SPDM_ENDPOINT_INFO);
	}
	talk_end(&t);
}

/* Its signature covers VCA and the exchange. */
static void info_signed(struct judge *j)
{
	struct crypto_slot il = { 0 };
	struct talk t;

	if (informs(&t, j, TALK_CHAIN) &&
	    talk_needs(&t, SPDM_CAP_EP_INFO_SIG, "signed information") &&
	    gets_info(&t, true) && talk_note(&t, &il, true))
		talk_signed(&t, il, SPDM_SIGN_ENDPOINT_INFO,
			    t.a->u.ep_info.sig);
	spdm_tr_forget(&t.tr, &il);
	talk_end(&t);
}

static void info_nonce(struct judge *j)
{
	uint8_t first[SPDM_NONCE_LEN];
	struct talk t;

	if (informs(&t, j, TALK_ALGS) &&
	    talk_needs(&t, SPDM_CAP_EP_INFO_SIG, "signed information") &&
	    gets_info(&t, true)) {
		memcpy(first, t.a->u.ep_info.nonce, sizeof(first));
		judge_expect(j, !talk_zero(first, sizeof(first)),
			     "Nonce is zero");
		if (gets_info(&t, true))
			judge_expect(j,
				     memcmp(first, t.a->u.ep_info.nonce,
					    sizeof(first)) != 0,
				     "Nonce is the same in two answers");
	}
	talk_end(&t);
}

static void info_sub_0(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (informs(&t, j, TALK_ALGS)) {
		m = get_info(&t, 0, false);
		if (talk_ask(&t, &m))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

static void info_slot_8(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (informs(&t, j, TALK_ALGS) &&
	    talk_needs(&t, SPDM_CAP_EP_INFO_SIG, "signed information")) {
		m = get_info(&t, SPDM_EP_INFO_CLASS_ID, true);
		m.param2 = 8;
		if (talk_ask(&t, &m))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

/* --- the log --- */

static bool logs(struct talk *t, struct judge *j)
{
	if (!talk_begin(t, j, TALK_ALGS, NULL) ||
	    !talk_needs(t, SPDM_CAP_MEL, "MEL_CAP"))
		return false;
	if (!t->sel.mel_spec)
		judge_absent(j, "no format of the log was agreed on");
	return judge_on(j);
}

static struct spdm_msg get_mel(struct talk *t, uint32_t off, uint32_t len)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_MEASUREMENT_EXTENSION_LOG);

	m.u.get_mel.offset = off;
	m.u.get_mel.length = len;
	return m;
}

static bool gets_mel(struct talk *t, uint32_t off, uint32_t len)
{
	const struct spdm_msg m = get_mel(t, off, len);

	return talk_ask(t, &m) && talk_is(t, SPDM_MEASUREMENT_EXTENSION_LOG);
}

/* The log in portions of @len, into the judge's room for chains. */
static bool whole(struct talk *t, uint32_t len, size_t *n)
{
	size_t at = 0, total = 0;

	do {
		const struct spdm_span *p;

		if (!gets_mel(t, (uint32_t)at, len))
			return false;
		p = &t->a->u.mel.portion;
		if (!total)
			total = p->n + t->a->u.mel.remainder;
		if (!judge_expect(t->j,
				  p->n && p->n <= len && total <= JUDGE_CHAIN &&
					  at + p->n + t->a->u.mel.remainder ==
						  total,
				  "at %zu: %zu bytes and %u more, of %zu", at,
				  p->n, t->a->u.mel.remainder, total))
			return false;
		memcpy(t->j->chain + at, p->p, p->n);
		at += p->n;
	} while (t->a->u.mel.remainder);
	*n = at;
	return true;
}

static void mel_sums(struct judge *j)
{
	struct talk t;
	size_t n;

	if (logs(&t, j))
		whole(&t, 24, &n);
	talk_end(&t);
}

static void mel_form(struct judge *j)
{
	struct talk t;
	size_t n;

	if (logs(&t, j) && whole(&t, 1024, &n))
		judge_expect(j,
			     !spdm_mel_good((struct spdm_span){ j->chain, n }),
			     "the log does not consist of whole entries, as "
			     "many as it says, in order");
	talk_end(&t);
}

static void mel_reserved(struct judge *j)
{
	struct talk t;

	if (logs(&t, j) && gets_mel(&t, 0, 64))
		talk_reserved_zero(&t);
	talk_end(&t);
}

static void mel_ignores(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (logs(&t, j)) {
		m = get_mel(&t, 0, 64);
		if (talk_reserved_set(&t, &m) &&
		    talk_raw(&t, j->next, t.req_len))
			talk_is(&t, SPDM_MEASUREMENT_EXTENSION_LOG);
	}
	talk_end(&t);
}

static void mel_behind(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;
	size_t n;

	if (logs(&t, j) && whole(&t, 1024, &n)) {
		m = get_mel(&t, (uint32_t)n, 64);
		if (talk_ask(&t, &m))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

/* Offset and length that do not fit in 32 bits together. */
static void mel_far(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (logs(&t, j)) {
		m = get_mel(&t, UINT32_MAX, 64);
		if (talk_ask(&t, &m))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

static void mel_too_short(struct judge *j)
{
	struct talk t;

	if (logs(&t, j)) {
		const uint8_t ask[8] = { t.v,
					 SPDM_GET_MEASUREMENT_EXTENSION_LOG };

		if (talk_raw(&t, ask, sizeof(ask)))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

/* clang-format off */
#define SINCE_13 JUDGE_SINCE(JUDGE_V13)
#define INFO     "DSP0274 1.3.2, section 10.24 (GET_ENDPOINT_INFO, ENDPOINT_INFO)"
#define MEL      "DSP0274 1.3.2, section 10.25 (GET_MEASUREMENT_EXTENSION_LOG)"

static const struct judge_case cases[] = {
	{ "endpoint-info-is-well-formed", JUDGE_SPDM, SINCE_13, 0, 0,
	  "ENDPOINT_INFO of the class identifier is a list of identifiers that fills it", INFO,
	  SURE_SPEC, "endpoint-info-list", info_form },
	{ "endpoint-info-reserved-is-zero", JUDGE_SPDM, SINCE_13, 0, 0,
	  "Reserved fields of ENDPOINT_INFO are zero", INFO "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", info_reserved },
	{ "endpoint-info-reserved-is-ignored", JUDGE_SPDM, SINCE_13, 0, 0,
	  "Reserved fields of GET_ENDPOINT_INFO are ignored", INFO "; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", info_ignores },
	{ "endpoint-info-is-signed", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CERT,
	  "Signed ENDPOINT_INFO is signed over VCA, the request and itself", "DSP0274 1.3.2, section 10.24 (IL1, IL2)",
	  SURE_SPEC, "endpoint-info-signature-wrong", info_signed },
	{ "endpoint-info-nonce-is-fresh", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CERT,
	  "The nonce of signed ENDPOINT_INFO is drawn for it", INFO,
	  SURE_SPEC, "endpoint-info-nonce", info_nonce },
	{ "endpoint-info-of-kind-0-is-invalid", JUDGE_SPDM, SINCE_13, 0, 0,
	  "GET_ENDPOINT_INFO of SubCode 0, which is reserved, is ERROR InvalidRequest", INFO,
	  SURE_SPEC, "endpoint-info-any", info_sub_0 },
	{ "endpoint-info-of-slot-8-is-invalid", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_CERT,
	  "GET_ENDPOINT_INFO signed by slot 8 is ERROR InvalidRequest", INFO,
	  SURE_SPEC, "endpoint-info-any", info_slot_8 },
	{ "log-portion-and-remainder-add-up", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_MEL,
	  "Offset, PortionLength and RemainderLength add up to the log's length", MEL,
	  SURE_SPEC, "log-remainder", mel_sums },
	{ "log-is-well-formed", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_MEL,
	  "The measurement extension log holds whole entries, as many as it says, numbered in order", MEL,
	  SURE_SPEC, "log-entries", mel_form },
	{ "log-reserved-is-zero", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_MEL,
	  "Reserved fields of MEASUREMENT_EXTENSION_LOG are zero", MEL "; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", mel_reserved },
	{ "log-reserved-is-ignored", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_MEL,
	  "Reserved fields of GET_MEASUREMENT_EXTENSION_LOG are ignored", MEL "; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", mel_ignores },
	{ "log-behind-its-end-is-invalid", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_MEL,
	  "GET_MEASUREMENT_EXTENSION_LOG from the log's end on is ERROR InvalidRequest", MEL,
	  SURE_INFERRED, "log-any", mel_behind },
	{ "log-far-behind-its-end-is-invalid", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_MEL,
	  "GET_MEASUREMENT_EXTENSION_LOG whose Offset and Length overflow is ERROR InvalidRequest", MEL,
	  SURE_INFERRED, "log-any", mel_far },
	{ "log-too-short-is-invalid", JUDGE_SPDM, SINCE_13, 0, SPDM_CAP_MEL,
	  "GET_MEASUREMENT_EXTENSION_LOG without Length is ERROR InvalidRequest", "DSP0274 1.3.2, sections 10.25, 10.10 (InvalidRequest)",
	  SURE_INFERRED, "log-any", mel_too_short },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_info = { cases, COUNT(cases) };
