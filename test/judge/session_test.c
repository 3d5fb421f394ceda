/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

/* Cases of sessions and records before a device that has all that they need. */

static const uint8_t psk_key[32] = { 0x11, 0x22, 0x33 };
static const uint8_t psk_hint[4] = { 'h', 'i', 'n', 't' };

static enum il_err psk(void *ctx, struct spdm_span hint, uint32_t hash,
		       const uint8_t *salt, size_t salt_len, uint8_t *secret)
{
	struct rig *r = ctx;

	(void)hint;
	return crypto_hkdf_extract(&r->maker.c, spdm_crypto_hash(hash), salt,
				   salt_len, psk_key, sizeof(psk_key), secret);
}

static const struct spdm_req_port port = { .psk = psk };

static void own(void *ctx, struct spdm_req_cfg *cfg)
{
	if (!cfg->port)
		cfg->port = &port;
	cfg->port_ctx = ctx;
	cfg->caps |= SPDM_CAP_PSK;
}

static struct rig *full(void)
{
	struct rig *r = rig_new();
	struct spdm_rsp_cfg *s = &r->cfg.spdm;
	static const uint8_t versions[5] = { SPDM_V14, SPDM_V13, SPDM_V12,
					     SPDM_V11, SPDM_V10 };

	memcpy(s->versions, versions, sizeof(versions));
	s->caps |= SPDM_CAP_PSK_WITH_CONTEXT | SPDM_CAP_HBEAT |
		   SPDM_CAP_KEY_UPD | SPDM_CAP_HANDSHAKE_IN_CLEAR;
	s->heartbeat_s = 1;
	r->cfg.psk_count = 1;
	memcpy(r->cfg.psk[0].hint, psk_hint, sizeof(psk_hint));
	r->cfg.psk[0].hint_len = sizeof(psk_hint);
	memcpy(r->cfg.psk[0].key, psk_key, sizeof(psk_key));
	r->cfg.psk[0].key_len = sizeof(psk_key);
	r->jcfg.given = JUDGE_NEEDS_PSK;
	r->jcfg.own = own;
	r->jcfg.own_ctx = r;
	r->jcfg.psk_hint = (struct spdm_span){ psk_hint, sizeof(psk_hint) };
	return r;
}

static void a_device_of_ours_passes_all_cases_of_sessions(void **unused)
{
	static const char *const only[] = { "spdm-1.[1-4]/*", "secured*" };
	struct rig *r = full();
	unsigned absent = 0;

	(void)unused;
	r->jcfg.only = only;
	r->jcfg.n_only = COUNT(only);
	rig_run(r);
	for (unsigned i = 0; i < r->n; i++) {
		if (r->res[i].verdict == JUDGE_PASS)
			continue;
		absent += r->res[i].verdict == JUDGE_ABSENT;
		print_message("%s: %s: %s\n", r->res[i].name,
			      judge_verdict_name(r->res[i].verdict),
			      r->res[i].words);
	}
	print_message("%u passed, %u not tested\n", r->sum.count[JUDGE_PASS],
		      absent);
	assert_int_equal(r->sum.count[JUDGE_FAIL], 0);
	assert_int_equal(r->sum.count[JUDGE_BROKEN], 0);
	rig_free(r);
}

/* A device need not take keys of IDE that it has had. */
static void the_same_seed_again_has_the_same_verdicts(void **unused)
{
	static const char *const only[] = { "tdisp/lock-locks" };
	struct rig *r = rig_new();

	(void)unused;
	r->jcfg.only = only;
	r->jcfg.n_only = 1;
	for (unsigned i = 0; i < 2; i++) {
		rig_run(r);
		assert_string_equal(r->res[0].words, "");
		assert_int_equal(r->res[0].verdict, JUDGE_PASS);
	}
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_again_has_the_same_verdicts),
		cmocka_unit_test(a_device_of_ours_passes_all_cases_of_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
