/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/caps.h"

/*
 * Flags of CAPABILITIES that need or exclude others. Values of a field of two
 * bits that are reserved are said by the specification; the other rules are
 * the sentences behind single flags, and what follows from them.
 * Source: DSP0274 1.0.1, section 4.9.2; 1.1.0 to 1.4.0, section 10.3
 */

/* If all of @has are set, one of @any is; not all of @not_all are. */
static void rule(struct judge *j, uint32_t has, uint32_t any, uint32_t not_all)
{
	struct talk t;
	uint32_t f;

	if (talk_begin(&t, j, TALK_CAPS, NULL)) {
		f = t.theirs.flags;
		if (not_all)
			judge_expect(j, (f & not_all) != not_all,
				     "flags 0x%08x have all of 0x%08x", f,
				     not_all);
		else if (f & has)
			judge_expect(j, f & any,
				     "flags 0x%08x have 0x%08x, and none of "
				     "0x%08x",
				     f, f & has, any);
		else
			judge_absent(j,
				     "the device sets none of the flags 0x%08x",
				     has);
	}
	talk_end(&t);
}

#define CRYPT  (SPDM_CAP_ENCRYPT | SPDM_CAP_MAC)
#define SHARED (SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK)
#define KEYS   (SPDM_CAP_CERT | SPDM_CAP_PUB_KEY_ID)

static void meas_value(struct judge *j)
{
	rule(j, 0, 0, SPDM_CAP_MEAS_MASK);
}

static void psk_value(struct judge *j)
{
	rule(j, 0, 0, SPDM_CAP_PSK_MASK);
}

static void ep_info_value(struct judge *j)
{
	rule(j, 0, 0, SPDM_CAP_EP_INFO_MASK);
}

static void multi_key_value(struct judge *j)
{
	rule(j, 0, 0, SPDM_CAP_MULTI_KEY_MASK);
}

static void one_kind_of_key(struct judge *j)
{
	rule(j, 0, 0, KEYS);
}

static void sessions_are_protected(struct judge *j)
{
	rule(j, SHARED, CRYPT, 0);
}

static void protection_has_sessions(struct judge *j)
{
	rule(j, CRYPT | SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD, SHARED, 0);
}

static void clear_handshake(struct judge *j)
{
	rule(j, SPDM_CAP_HANDSHAKE_IN_CLEAR, SPDM_CAP_KEY_EX, 0);
}

static void signer_shows_key(struct judge *j)
{
	rule(j, SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIG | SPDM_CAP_KEY_EX, KEYS, 0);
}

/* Before 1.1 there is no other key than a certificate's. */
static void signer_has_chain(struct judge *j)
{
	rule(j, SPDM_CAP_CHAL | SPDM_CAP_MEAS_SIG, SPDM_CAP_CERT, 0);
}

static void info_signer_shows_key(struct judge *j)
{
	rule(j, SPDM_CAP_EP_INFO_SIG, KEYS, 0);
}

static void fresh_is_measured(struct judge *j)
{
	rule(j, SPDM_CAP_MEAS_FRESH, SPDM_CAP_MEAS_MASK, 0);
}

static void mutual_is_somewhere(struct judge *j)
{
	rule(j, SPDM_CAP_MUT_AUTH, SPDM_CAP_KEY_EX | SPDM_CAP_CHAL, 0);
}

static void mutual_is_encapsulated(struct judge *j)
{
	rule(j, SPDM_CAP_MUT_AUTH, SPDM_CAP_ENCAP, 0);
}

static void slots_are_of_chains(struct judge *j)
{
	rule(j, SPDM_CAP_SET_CERT | SPDM_CAP_ALIAS_CERT, SPDM_CAP_CERT, 0);
}

static void install_reset(struct judge *j)
{
	rule(j, SPDM_CAP_CERT_INSTALL_RESET, SPDM_CAP_CSR | SPDM_CAP_SET_CERT,
	     0);
}

static void many_keys_are_told(struct judge *j)
{
	rule(j, SPDM_CAP_MULTI_KEY_MASK, SPDM_CAP_GET_KEY_PAIR_INFO, 0);
}

static void pair_reset(struct judge *j)
{
	rule(j, SPDM_CAP_SET_KEY_PAIR_RESET, SPDM_CAP_SET_KEY_PAIR_INFO, 0);
}

/* clang-format off */
#define SINCE_11 JUDGE_SINCE(JUDGE_V11)
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define SINCE_13 JUDGE_SINCE(JUDGE_V13)
#define SECTION  "DSP0274 1.2.1, section 10.3 (Responder flag fields)"
#define SECTION3 "DSP0274 1.3.2, section 10.3 (Responder flag fields)"

static const struct judge_case cases[] = {
	{ "flags-measurement-value", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "MEAS_CAP is not 3, which is reserved", SECTION "; 1.0.1, section 4.9.2",
	  SURE_SPEC, "flags-all", meas_value },
	{ "flags-psk-value", JUDGE_SPDM, SINCE_11, 0, 0,
	  "PSK_CAP is not 3, which is reserved", SECTION,
	  SURE_SPEC, "flags-all", psk_value },
	{ "flags-endpoint-info-value", JUDGE_SPDM, SINCE_13, 0, 0,
	  "EP_INFO_CAP is not 3, which is reserved", SECTION3,
	  SURE_SPEC, "flags-all", ep_info_value },
	{ "flags-multi-key-value", JUDGE_SPDM, SINCE_13, 0, 0,
	  "MULTI_KEY_CAP is not 3, which is reserved", SECTION3,
	  SURE_SPEC, "flags-all", multi_key_value },
	{ "flags-one-kind-of-key", JUDGE_SPDM, SINCE_11, 0, 0,
	  "CERT_CAP and PUB_KEY_ID_CAP are not both set", SECTION,
	  SURE_SPEC, "flags-all", one_kind_of_key },
	{ "flags-sessions-are-protected", JUDGE_SPDM, SINCE_11, 0, 0,
	  "KEY_EX_CAP and PSK_CAP need ENCRYPT_CAP or MAC_CAP", SECTION,
	  SURE_SPEC, "flags-no-cipher", sessions_are_protected },
	{ "flags-protection-has-sessions", JUDGE_SPDM, SINCE_11, 0, 0,
	  "ENCRYPT_CAP, MAC_CAP, HBEAT_CAP and KEY_UPD_CAP need KEY_EX_CAP or PSK_CAP", SECTION,
	  SURE_SPEC, "flags-no-sessions", protection_has_sessions },
	{ "flags-clear-handshake-has-key-exchange", JUDGE_SPDM, SINCE_11, 0, 0,
	  "HANDSHAKE_IN_THE_CLEAR_CAP needs KEY_EX_CAP", SECTION,
	  SURE_SPEC, "flags-no-sessions", clear_handshake },
	{ "flags-signer-has-chain", JUDGE_SPDM, JUDGE_V10, 0, 0,
	  "CHAL_CAP and signed measurements need CERT_CAP in 1.0", "DSP0274 1.0.1, section 4.9.2",
	  SURE_INFERRED, "flags-no-key", signer_has_chain },
	{ "flags-signer-shows-key", JUDGE_SPDM, SINCE_11, 0, 0,
	  "CHAL_CAP, KEY_EX_CAP and signed measurements need CERT_CAP or PUB_KEY_ID_CAP", SECTION,
	  SURE_INFERRED, "flags-no-key", signer_shows_key },
	{ "flags-endpoint-info-signer-shows-key", JUDGE_SPDM, SINCE_13, 0, 0,
	  "Signed endpoint information needs CERT_CAP or PUB_KEY_ID_CAP", SECTION3,
	  SURE_INFERRED, "flags-no-key", info_signer_shows_key },
	{ "flags-fresh-is-measured", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "MEAS_FRESH_CAP needs MEAS_CAP", SECTION "; 1.0.1, section 4.9.2",
	  SURE_INFERRED, "flags-no-measurements", fresh_is_measured },
	{ "flags-mutual-has-a-place", JUDGE_SPDM, SINCE_11, 0, 0,
	  "MUT_AUTH_CAP needs KEY_EX_CAP or CHAL_CAP", SECTION,
	  SURE_INFERRED, "flags-no-sessions", mutual_is_somewhere },
	{ "flags-mutual-is-encapsulated", JUDGE_SPDM, JUDGE_V11, 0, 0,
	  "MUT_AUTH_CAP needs ENCAP_CAP in 1.1", "DSP0274 1.1.0, section 10.3 (Responder flag fields)",
	  SURE_INFERRED, "flags-no-sessions", mutual_is_encapsulated },
	{ "flags-slots-are-of-chains", JUDGE_SPDM, SINCE_12, 0, 0,
	  "SET_CERT_CAP and ALIAS_CERT_CAP need CERT_CAP", SECTION,
	  SURE_INFERRED, "flags-no-key", slots_are_of_chains },
	{ "flags-install-reset-has-an-install", JUDGE_SPDM, SINCE_12, 0, 0,
	  "CERT_INSTALL_RESET_CAP needs CSR_CAP or SET_CERT_CAP", SECTION,
	  SURE_INFERRED, "flags-no-provisioning", install_reset },
	{ "flags-many-keys-are-told", JUDGE_SPDM, SINCE_13, 0, 0,
	  "MULTI_KEY_CAP needs GET_KEY_PAIR_INFO_CAP", SECTION3,
	  SURE_INFERRED, "flags-no-provisioning", many_keys_are_told },
	{ "flags-key-pair-reset-has-a-change", JUDGE_SPDM, JUDGE_V14, 0, 0,
	  "SET_KEY_PAIR_RESET_CAP needs SET_KEY_PAIR_INFO_CAP", "DSP0274 1.4.0, section 10.3 (Responder flag fields)",
	  SURE_INFERRED, "flags-no-provisioning", pair_reset },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_flags = { cases, COUNT(cases) };
