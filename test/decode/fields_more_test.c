/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <string.h>

#include "base/bits.h"

/* Messages that 1.2 to 1.4 added, and what they added to older ones. */

static void of(uint8_t version, uint8_t code)
{
	start(code);
	s.m.version = version;
}

static const struct field *named(const char *name)
{
	for (size_t i = 0; i < s.fields; i++)
		if (strcmp(s.f[i].name, name) == 0)
			return &s.f[i];
	fail_msg("%s has no field %s", fields_message(s.p, s.n), name);
	return NULL;
}

static bool has(const char *name)
{
	for (size_t i = 0; i < s.fields; i++)
		if (strcmp(s.f[i].name, name) == 0)
			return true;
	return false;
}

/* Field @name stands at @off and is @len long. */
static void stands(const char *name, uint32_t off, uint32_t len)
{
	assert_int_equal(named(name)->off, off);
	assert_int_equal(named(name)->len, len);
}

static void what_makes_a_csr_is_listed_whole(void **unused)
{
	(void)unused;
	for (uint8_t v = SPDM_V12; v <= SPDM_V14; v++) {
		of(v, SPDM_GET_CSR);
		s.m.u.get_csr.info = span(40);
		s.m.u.get_csr.opaque = span(9);
		check();
		stands("info", 8, 40);
		stands("opaque", 48, 9);
		assert_int_equal(has("key_pair_id"), v > SPDM_V12);
		assert_int_equal(has("tag"), v > SPDM_V12);
		of(v, SPDM_CSR);
		s.m.u.csr.csr = span(300);
		check();
		stands("csr", 8, 300);
	}
}

static void what_sets_a_chain_is_listed_whole(void **unused)
{
	static uint8_t chain[300] = { 0x2c, 0x01 };

	(void)unused;
	for (uint8_t v = SPDM_V12; v <= SPDM_V14; v++) {
		of(v, SPDM_SET_CERTIFICATE);
		s.m.u.set_cert.chain = (struct spdm_span){ chain, 300 };
		encode();
		covered();
		stands("root_hash", 8, 48);
		stands("certificates", 56, 300 - 52);
		assert_int_equal(has("erase"), v > SPDM_V12);
		/* Nothing to look into, and nothing at all. */
		s.m.u.set_cert.chain.n = 299;
		check();
		stands("chain", 4, 299);
		s.m.u.set_cert.chain.n = 0;
		check();
		of(v, SPDM_SET_CERTIFICATE_RSP);
		check();
		stands("slot", 2, 1);
	}
}

static void key_pairs_are_listed_whole(void **unused)
{
	(void)unused;
	for (uint8_t v = SPDM_V13; v <= SPDM_V14; v++) {
		of(v, SPDM_GET_KEY_PAIR_INFO);
		check();
		of(v, SPDM_KEY_PAIR_INFO);
		s.m.u.key_pair.info = span(15);
		s.m.u.key_pair.pqc_caps = span(v > SPDM_V13 ? 4 : 0);
		s.m.u.key_pair.pqc = span(v > SPDM_V13 ? 4 : 0);
		check();
		stands("usage", 10, 2);
		stands("asym", 16, 4);
		stands("slots", 22, 1);
		stands("info", 23, 15);
		assert_int_equal(has("pqc_caps"), v > SPDM_V13);
		of(v, SPDM_SET_KEY_PAIR_INFO);
		s.m.u.set_key_pair.pqc = span(v > SPDM_V13 ? 4 : 0);
		check();
		stands("asym", 8, 4);
		s.m.param1 = SPDM_KEY_PAIR_ERASE;
		check();
		assert_int_equal(s.n, 5);
		of(v, SPDM_SET_KEY_PAIR_INFO_ACK);
		encode();
		covered();
	}
}

static void endpoint_information_is_listed_whole(void **unused)
{
	(void)unused;
	of(SPDM_V13, SPDM_GET_ENDPOINT_INFO);
	check();
	assert_int_equal(s.n, 8);
	s.m.u.get_ep_info.attr = SPDM_EP_INFO_SIGN;
	encode();
	covered();
	stands("nonce", 8, 32);
	of(SPDM_V14, SPDM_ENDPOINT_INFO);
	s.m.u.ep_info.info = span(12);
	check();
	stands("info", 12, 12);
	s.m.u.ep_info.sig = span(96);
	s.sh = fields_shape(&s.m);
	check();
	stands("nonce", 8, 32);
	stands("info", 44, 12);
	stands("signature", 56, 96);
}

static void logs_are_listed_whole(void **unused)
{
	(void)unused;
	of(SPDM_V13, SPDM_GET_MEASUREMENT_EXTENSION_LOG);
	check();
	stands("length", 8, 4);
	of(SPDM_V13, SPDM_MEASUREMENT_EXTENSION_LOG);
	s.m.u.mel.portion = span(200);
	check();
	stands("remainder", 8, 4);
	stands("portion", 12, 200);
}

/* Lengths of four bytes, behind those that are reserved then. */
static void the_long_forms_of_1_4_are_listed_whole(void **unused)
{
	static const uint8_t vid[2] = { SPDM_VID_PCISIG, 0 };
	static const uint8_t query[] = { 0, 0, 0, 3 };

	(void)unused;
	of(SPDM_V14, SPDM_GET_CERTIFICATE);
	s.m.param1 = SPDM_CERT_LARGE | 2;
	check();
	stands("offset", 8, 4);
	of(SPDM_V14, SPDM_CERTIFICATE);
	s.m.param1 = SPDM_CERT_LARGE | 2;
	s.m.u.cert.portion = span(300);
	s.m.u.cert.remainder = 9;
	encode();
	covered();
	stands("portion_len", 8, 4);
	stands("certificates", 16, 300);
	stands("cert_info", 3, 1);
	s.m.param1 = 0;
	encode();
	covered();
	stands("certificates", 8, 300);
	of(SPDM_V14, SPDM_VENDOR_DEFINED_REQUEST);
	s.m.param1 = SPDM_VDM_LARGE;
	s.m.u.vdm.standard = SPDM_STD_PCISIG;
	s.m.u.vdm.vid = (struct spdm_span){ vid, 2 };
	s.m.u.vdm.payload = (struct spdm_span){ query, sizeof(query) };
	encode();
	covered();
	assert_string_equal(fields_message(s.p, s.n), "QUERY");
	stands("port", 18, 1);
}

static void what_ends_a_handshake_of_1_4_has_opaque_data(void **unused)
{
	(void)unused;
	of(SPDM_V14, SPDM_FINISH);
	s.m.param1 = SPDM_FINISH_SIGNED;
	s.m.u.finish.opaque = span(5);
	s.m.u.finish.sig = span(96);
	s.m.u.finish.verify = span(48);
	check();
	stands("opaque", 6, 5);
	stands("signature", 11, 96);
	stands("verify", 107, 48);
	of(SPDM_V14, SPDM_FINISH_RSP);
	s.m.u.finish.opaque = span(5);
	check();
	s.sh.clear = true;
	s.m.u.finish.verify = span(48);
	check();
	stands("verify", 11, 48);
	of(SPDM_V14, SPDM_PSK_FINISH);
	s.m.u.finish.verify = span(48);
	check();
	of(SPDM_V14, SPDM_PSK_FINISH_RSP);
	s.m.u.finish.opaque = span(3);
	check();
}

/* The requester sends an encapsulation key, and gets a ciphertext. */
static void a_kem_has_two_lengths(void **unused)
{
	uint8_t opaque[4] = { 0 };

	(void)unused;
	of(SPDM_V14, SPDM_KEY_EXCHANGE_RSP);
	s.sh.dhe_len = 800;
	s.sh.rsp_dhe_len = 300;
	s.m.u.key_ex_rsp.exchange = span(300);
	s.m.u.key_ex_rsp.opaque = (struct spdm_span){ opaque, 4 };
	s.m.u.key_ex_rsp.sig = span(96);
	s.m.u.key_ex_rsp.verify = span(48);
	encode();
	covered();
	stands("exchange", 40, 300);
}

static void algorithms_of_1_3_and_1_4_are_listed_whole(void **unused)
{
	static const uint8_t codes[] = { SPDM_NEGOTIATE_ALGORITHMS,
					 SPDM_ALGORITHMS };

	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		of(i & 1 ? SPDM_V14 : SPDM_V13, codes[i / 2]);
		s.m.param1 = s.m.u.algs.tables = 3;
		for (unsigned k = 0; k < 3; k++)
			s.m.u.algs.table[k].type = (uint8_t)(2 + k);
		s.m.u.algs.ext_hash = span(4);
		check();
		assert_true(has("mel_spec"));
		assert_int_equal(has("pqc_asym"), i & 1);
	}
	of(SPDM_V14, SPDM_CAPABILITIES);
	check();
	stands("ext_flags", 6, 2);
	s.m.param1 = SPDM_CAPS_ALGS;
	s.m.u.caps_algs.tables = 1;
	s.m.u.caps_algs.table[0].type = 2;
	check();
	stands("tables", 20, 1);
	stands("asym", 26, 4);
}

static void what_a_wait_is_about_is_listed(void **unused)
{
	(void)unused;
	of(SPDM_V12, SPDM_ERROR);
	s.m.param1 = SPDM_ERR_RESPONSE_NOT_READY;
	s.m.u.error.ext = span(4);
	encode();
	covered();
	stands("token", 6, 1);
	of(SPDM_V11, SPDM_CHALLENGE_AUTH);
	s.m.u.challenge_auth.chain_hash = span(48);
	s.m.u.challenge_auth.sig = span(96);
	check();
	assert_int_equal(named("basic_mut_auth")->mask, SPDM_BASIC_MUT_AUTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_makes_a_csr_is_listed_whole),
		cmocka_unit_test(what_sets_a_chain_is_listed_whole),
		cmocka_unit_test(key_pairs_are_listed_whole),
		cmocka_unit_test(endpoint_information_is_listed_whole),
		cmocka_unit_test(logs_are_listed_whole),
		cmocka_unit_test(the_long_forms_of_1_4_are_listed_whole),
		cmocka_unit_test(what_ends_a_handshake_of_1_4_has_opaque_data),
		cmocka_unit_test(a_kem_has_two_lengths),
		cmocka_unit_test(algorithms_of_1_3_and_1_4_are_listed_whole),
		cmocka_unit_test(what_a_wait_is_about_is_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
