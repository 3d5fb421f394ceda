/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/device_priv.h"
#include "device/file_priv.h"

/* The device file: what the DSM offers. */

static void ports(struct fj *j, json_t *v, void *to)
{
	(void)to;
	if (fj_uint(j, v, 1, 256) > 1)
		fj_fail(j, "the device has one port");
}

void file_ide(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = {
		FN_NUM("streams", streams, 0, DEVICE_STREAMS),
		{ "ports", ports },
		FN_NUM("query_bus", query_bus, 0, 255),
		FN_NUM("query_segment", query_segment, 0, 255),
	};

	fj_object(j, v, keys, COUNT(keys), to);
}

static void lock_flags(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "no-fw-update", TDISP_LOCK_NO_FW_UPDATE },
		{ "lock-msix", TDISP_LOCK_MSIX },
		{ "bind-p2p", TDISP_LOCK_BIND_P2P },
		{ "all-request-redirect", TDISP_LOCK_REDIRECT },
	};
	struct device_file *f = to;

	f->cfg.lock_flags = (uint16_t)fj_words(j, v, words, COUNT(words));
	f->cfg.lock_flags_none = !f->cfg.lock_flags;
}

static void vdm(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->cfg.vdm = fj_bool(j, v);
}

void file_tdisp(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = {
		{ "lock_flags", lock_flags },
		FN_NUM("address_width", addr_width, 32, 64),
		FN_NUM("requests", num_req_all, 1, TDISP_REQS),
		FN_NUM("requests_of_one", num_req_this, 1, TDISP_REQS),
		{ "vdm", vdm },
	};

	fj_object(j, v, keys, COUNT(keys), to);
}

/* Entries of at most @cap versions, the highest first; 0 ends. */
static void versions(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "1.0", BIT(0) }, { "1.1", BIT(1) }, { "1.2", BIT(2) },
		{ "1.3", BIT(3) }, { "1.4", BIT(4) },
	};
	struct device_file *f = to;
	uint32_t got = fj_words(j, v, words, COUNT(words));
	uint8_t *out = f->cfg.spdm.versions;
	unsigned n = 0;

	if (!got)
		fj_fail(j, "a responder needs a version");
	memset(out, 0, sizeof(f->cfg.spdm.versions));
	for (unsigned i = COUNT(words); i-- > 0;)
		if (got >> i & 1)
			out[n++] = (uint8_t)(SPDM_V10 + i);
}

static void sm_versions(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = { { "1.0", BIT(0) },
						{ "1.1", BIT(1) },
						{ "1.2", BIT(2) } };
	struct device_file *f = to;
	uint32_t got = fj_words(j, v, words, COUNT(words));
	uint16_t *out = f->cfg.spdm.sm_versions;
	unsigned n = 0;

	if (!got)
		fj_fail(j, "a responder needs a version");
	memset(out, 0, sizeof(f->cfg.spdm.sm_versions));
	if (got & BIT(2))
		out[n++] = SPDM_SM_V12;
	if (got & BIT(1))
		out[n++] = SPDM_SM_V11;
	if (got & BIT(0))
		out[n] = SPDM_SM_V10;
}

uint32_t file_asym_words(struct fj *j, json_t *v)
{
	static const struct fj_word words[] = {
		{ "ecdsa-p256", SPDM_ASYM_ECDSA_P256 },
		{ "ecdsa-p384", SPDM_ASYM_ECDSA_P384 },
		{ "ecdsa-p521", SPDM_ASYM_ECDSA_P521 },
		{ "rsassa-2048", SPDM_ASYM_RSASSA_2048 },
		{ "rsassa-3072", SPDM_ASYM_RSASSA_3072 },
		{ "rsassa-4096", SPDM_ASYM_RSASSA_4096 },
		{ "rsapss-2048", SPDM_ASYM_RSAPSS_2048 },
		{ "rsapss-3072", SPDM_ASYM_RSAPSS_3072 },
		{ "rsapss-4096", SPDM_ASYM_RSAPSS_4096 },
	};

	return fj_words(j, v, words, COUNT(words));
}

static void asym(struct fj *j, json_t *v, void *to)
{
	/* What one key can: an RSA key is padded either way. */
	static const uint32_t keys[] = {
		SPDM_ASYM_ECDSA_P256,
		SPDM_ASYM_ECDSA_P384,
		SPDM_ASYM_ECDSA_P521,
		SPDM_ASYM_RSASSA_2048 | SPDM_ASYM_RSAPSS_2048,
		SPDM_ASYM_RSASSA_3072 | SPDM_ASYM_RSAPSS_3072,
		SPDM_ASYM_RSASSA_4096 | SPDM_ASYM_RSAPSS_4096,
	};
	struct device_file *f = to;
	const uint32_t got = file_asym_words(j, v);
	bool one = false;

	for (size_t i = 0; i < COUNT(keys); i++)
		one = one || !(got & ~keys[i]);
	f->cfg.spdm.asym = got;
	f->asym_said = true;
	if (!got)
		fj_fail(j, "a responder needs one");
	/* One identity serves all slots, and it has one key. */
	else if (!one)
		fj_fail(j, "one key signs, so that only what it can is "
			   "offered");
}

static void hash(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "sha-256", SPDM_HASH_SHA_256 },
		{ "sha-384", SPDM_HASH_SHA_384 },
		{ "sha-512", SPDM_HASH_SHA_512 },
	};
	struct device_file *f = to;

	f->cfg.spdm.hash = fj_words(j, v, words, COUNT(words));
	if (!f->cfg.spdm.hash)
		fj_fail(j, "a responder needs one");
}

static void meas_hash(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "sha-256", SPDM_MEAS_HASH_SHA_256 },
		{ "sha-384", SPDM_MEAS_HASH_SHA_384 },
		{ "sha-512", SPDM_MEAS_HASH_SHA_512 },
	};
	struct device_file *f = to;

	f->cfg.spdm.meas_hash = fj_word(j, v, words, COUNT(words));
}

static void dhe(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "secp256r1", SPDM_DHE_SECP256R1 },
		{ "secp384r1", SPDM_DHE_SECP384R1 },
		{ "secp521r1", SPDM_DHE_SECP521R1 },
	};
	struct device_file *f = to;

	f->cfg.spdm.dhe = (uint16_t)fj_words(j, v, words, COUNT(words));
}

static void kem(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "ml-kem-512", SPDM_KEM_ML_KEM_512 },
		{ "ml-kem-768", SPDM_KEM_ML_KEM_768 },
		{ "ml-kem-1024", SPDM_KEM_ML_KEM_1024 },
	};
	struct device_file *f = to;

	f->cfg.spdm.kem = (uint16_t)fj_words(j, v, words, COUNT(words));
}

static void aead(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "aes-256-gcm", SPDM_AEAD_AES_256_GCM },
		{ "aes-128-gcm", SPDM_AEAD_AES_128_GCM },
		{ "chacha20-poly1305", SPDM_AEAD_CHACHA20_POLY1305 },
	};
	struct device_file *f = to;

	f->cfg.spdm.aead = (uint16_t)fj_words(j, v, words, COUNT(words));
	if (!f->cfg.spdm.aead)
		fj_fail(j, "a responder needs one");
}

static void caps(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "cache", SPDM_CAP_CACHE },
		{ "cert", SPDM_CAP_CERT },
		{ "chal", SPDM_CAP_CHAL },
		{ "meas-no-sig", SPDM_CAP_MEAS_NO_SIG },
		{ "meas-sig", SPDM_CAP_MEAS_SIG },
		{ "meas-fresh", SPDM_CAP_MEAS_FRESH },
		{ "encrypt", SPDM_CAP_ENCRYPT },
		{ "mac", SPDM_CAP_MAC },
		{ "key-ex", SPDM_CAP_KEY_EX },
		{ "hbeat", SPDM_CAP_HBEAT },
		{ "key-upd", SPDM_CAP_KEY_UPD },
		{ "handshake-in-the-clear", SPDM_CAP_HANDSHAKE_IN_CLEAR },
		{ "psk", SPDM_CAP_PSK },
		{ "psk-with-context", SPDM_CAP_PSK_WITH_CONTEXT },
		{ "set-cert", SPDM_CAP_SET_CERT },
		{ "csr", SPDM_CAP_CSR },
		{ "cert-install-reset", SPDM_CAP_CERT_INSTALL_RESET },
		{ "ep-info", SPDM_CAP_EP_INFO_NO_SIG },
		{ "ep-info-sig", SPDM_CAP_EP_INFO_SIG },
		{ "mel", SPDM_CAP_MEL },
		{ "multi-key-only", SPDM_CAP_MULTI_KEY_ONLY },
		{ "multi-key", SPDM_CAP_MULTI_KEY_NEG },
		{ "get-key-pair-info", SPDM_CAP_GET_KEY_PAIR_INFO },
		{ "set-key-pair-info", SPDM_CAP_SET_KEY_PAIR_INFO },
		{ "set-key-pair-reset", SPDM_CAP_SET_KEY_PAIR_RESET },
	};
	struct device_file *f = to;

	f->cfg.spdm.caps = fj_words(j, v, words, COUNT(words));
	if (f->cfg.spdm.caps & SPDM_CAP_MEAS_NO_SIG)
		fj_fail(j, "measurements are signed, or not there at all");
	if ((f->cfg.spdm.caps & SPDM_CAP_EP_INFO_MASK) == SPDM_CAP_EP_INFO_MASK)
		fj_fail(j, "'ep-info' or 'ep-info-sig', not both");
	if ((f->cfg.spdm.caps & SPDM_CAP_MULTI_KEY_MASK) ==
	    SPDM_CAP_MULTI_KEY_MASK)
		fj_fail(j, "'multi-key' or 'multi-key-only', not both");
}

static void slots(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->slots = 0;
	if (!fj_array(j, v, SPDM_SLOTS))
		return;
	for (size_t i = 0; i < json_array_size(v); i++) {
		size_t mark = fj_down_index(j, i);
		uint64_t n =
			fj_uint(j, json_array_get(v, i), 0, SPDM_SLOTS - 1);

		if (f->slots & 1u << n)
			fj_fail(j, "stands there twice");
		f->slots |= (uint8_t)(1u << n);
		fj_up(j, mark);
	}
}

void file_spdm(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = {
		{ "versions", versions },
		{ "secured_versions", sm_versions },
		{ "asym", asym },
		{ "hash", hash },
		{ "measurement_hash", meas_hash },
		{ "dhe", dhe },
		{ "kem", kem },
		{ "aead", aead },
		{ "capabilities", caps },
		{ "slots", slots },
		{ "psk", file_psk },
		{ "requesters", file_requesters },
		FN_NUM("connections", conns, 1, DEVICE_CONNS),
		FN_NUM("heartbeat_s", spdm.heartbeat_s, 0, 255),
		FN_NUM("ct_exponent", spdm.ct_exponent, 0, 31),
		/* 0 until file_finish(): as the object limit allows. */
		FN_NUM("transfer_size", spdm.transfer, SPDM_TRANSFER_MIN,
		       UINT16_MAX),
		FN_NUM("max_message", max_message, SPDM_TRANSFER_MIN + 1,
		       DEVICE_MESSAGE_MAX),
		FN_NUM("sign_us", sign_us, 0, 10000000),
	};

	fj_object(j, v, keys, COUNT(keys), to);
}

static void object_limit(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;
	uint64_t n = fj_uint(j, v, 512, DEVICE_DOE_MAX);

	if (n % 4)
		fj_fail(j, "%llu is no multiple of 4", (unsigned long long)n);
	f->cfg.doe_limit = (size_t)n;
}

void file_doe(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = { { "object_limit",
						object_limit } };

	fj_object(j, v, keys, COUNT(keys), to);
}
