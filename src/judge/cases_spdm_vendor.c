/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/*
 * VENDOR_DEFINED_REQUEST and RESPOND_IF_READY that nobody waits for. PCI-SIG's
 * messages are cases of TDISP and IDE_KM.
 * Source: DSP0274 1.2.1, sections 10.14, 10.10
 */

/* A body that some registry and vendor would understand. */
static bool vendor(struct talk *t, uint16_t standard, uint8_t vid_len,
		   uint16_t told, size_t n)
{
	uint8_t ask[40] = { t->v, SPDM_VENDOR_DEFINED_REQUEST };

	put_u16le(ask + 4, standard);
	ask[6] = vid_len;
	put_u16le(ask + 7 + vid_len, told);
	return talk_raw(t, ask, n);
}

/* A registry of which there is none. */
static void unknown_registry(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && vendor(&t, 0xfff0, 2, 3, 14))
		talk_refused(&t, TALK_E(SPDM_ERR_UNSUPPORTED_REQUEST) |
					 TALK_E(SPDM_ERR_INVALID_REQUEST));
	talk_end(&t);
}

/* DMTF's own, which has no vendor id and no messages. */
static void dmtf(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) &&
	    vendor(&t, SPDM_STD_DMTF, 0, 3, 12))
		talk_refused(&t, TALK_E(SPDM_ERR_UNSUPPORTED_REQUEST) |
					 TALK_E(SPDM_ERR_INVALID_REQUEST));
	talk_end(&t);
}

static void length_above(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_ALGS, NULL) &&
	    vendor(&t, 0xfff0, 2, 0x1000, 12))
		talk_refused(&t, TALK_ANY);
	talk_end(&t);
}

static void nothing_pending(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		m = talk_msg(&t, SPDM_RESPOND_IF_READY);
		m.param1 = SPDM_CHALLENGE;
		m.param2 = 0x77;
		if (talk_ask(&t, &m))
			talk_refused(&t, TALK_ANY);
	}
	talk_end(&t);
}

/* clang-format off */
#define SECTION  "DSP0274 1.2.1, section 10.14 (VENDOR_DEFINED_REQUEST)"

static const struct judge_case cases[] = {
	{ "vendor-of-no-registry-is-unsupported", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A vendor's request under a registry that the device does not know is refused", SECTION,
	  SURE_INFERRED, "vendor-any", unknown_registry },
	{ "vendor-of-dmtf-is-unsupported", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A vendor's request under DMTF's own registry, which has none, is refused", SECTION,
	  SURE_INFERRED, "vendor-any", dmtf },
	{ "vendor-length-above-the-message-is-refused", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A vendor's request that says it is longer than it is is refused", SECTION,
	  SURE_INFERRED, "vendor-any", length_above },
	{ "ready-without-a-request-is-refused", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "RESPOND_IF_READY without a request that was put off is refused", "DSP0274 1.2.1, sections 10.10 (ResponseNotReady), 10.13",
	  SURE_INFERRED, "ready-any", nothing_pending },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_vendor = { cases, COUNT(cases) };
