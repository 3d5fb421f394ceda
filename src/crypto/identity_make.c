/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/identity.h"

#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "crypto/ossl_priv.h"

/* 253402300799 is 9999-12-31 23:59:59, the last time that X.509 can name. */
#define LAST_S INT64_C(253402300799)

#define SERIAL_LEN 16

#define OID_RESPONDER_AUTH "1.3.6.1.4.1.412.274.3"
#define OID_REQUESTER_AUTH "1.3.6.1.4.1.412.274.4"
#define OID_SPDM_EXTENSION "1.3.6.1.4.1.412.274.6"

/*
 * id-spdm-cert-oids with one entry, id-DMTF-hardware-identity
 * (1.3.6.1.4.1.412.274.2): the key is bound to this piece of hardware.
 * Source: DSP0274 1.2, "SPDM Non-Critical Certificate Extension OID"
 */
static const uint8_t hardware_identity[] = {
	0x30, 0x0e, 0x30, 0x0c, 0x06, 0x0a, 0x2b, 0x06,
	0x01, 0x04, 0x01, 0x83, 0x1c, 0x82, 0x12, 0x02,
};

/* One certificate to make, with whom it is issued by. */
struct making {
	struct ossl *o;
	const struct identity_cfg *cfg;
	const char *name;
	EVP_PKEY *key;
	X509 *issuer; /* NULL: itself */
	EVP_PKEY *issuer_key;
};

static bool add_ext(const struct making *m, X509 *x, int nid, const char *value)
{
	X509V3_CTX c;
	X509_EXTENSION *e;
	bool ok;

	X509V3_set_ctx(&c, m->issuer ? m->issuer : x, x, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&c);
	e = X509V3_EXT_conf_nid(NULL, &c, nid, value);
	ok = e && X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	return ok;
}

X509_EXTENSION *ossl_hardware_identity(void)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(OID_SPDM_EXTENSION, 1);
	ASN1_OCTET_STRING *v = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;

	if (oid && v &&
	    ASN1_OCTET_STRING_set(v, hardware_identity,
				  sizeof(hardware_identity)))
		e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, v);
	ASN1_OCTET_STRING_free(v);
	ASN1_OBJECT_free(oid);
	return e;
}

static bool add_hardware_identity(X509 *x)
{
	X509_EXTENSION *e = ossl_hardware_identity();
	bool ok = e && X509_add_ext(x, e, -1);

	X509_EXTENSION_free(e);
	return ok;
}

static bool set_serial(struct ossl *o, X509 *x)
{
	uint8_t raw[SERIAL_LEN];
	BIGNUM *n;
	bool ok;

	if (ossl_random(o, raw, sizeof(raw)))
		return false;
	raw[0] = (uint8_t)((raw[0] & 0x7f) | 0x40); /* positive, full length */
	n = BN_bin2bn(raw, sizeof(raw), NULL);
	ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

static bool set_names(const struct making *m, X509 *x)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
					  (const uint8_t *)"Interlock", -1, -1,
					  0) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const uint8_t *)m->name, -1, -1,
					  0) &&
	       X509_set_issuer_name(
		       x, m->issuer ? X509_get_subject_name(m->issuer) : name);
}

static bool add_ca(const struct making *m, X509 *x)
{
	return add_ext(m, x, NID_basic_constraints,
		       m->issuer ? "critical,CA:TRUE,pathlen:0"
				 : "critical,CA:TRUE") &&
	       add_ext(m, x, NID_key_usage, "critical,keyCertSign,cRLSign");
}

static bool add_leaf(const struct making *m, X509 *x)
{
	char san[32 + IDENTITY_SAN_MAX] = "otherName:" OSSL_OID_PCI ";UTF8:";

	if (m->cfg->requester) /* no function of a bus */
		return add_ext(m, x, NID_basic_constraints,
			       "critical,CA:FALSE") &&
		       add_ext(m, x, NID_key_usage,
			       "critical,digitalSignature") &&
		       add_ext(m, x, NID_ext_key_usage, OID_REQUESTER_AUTH);
	identity_san(m->cfg, san + strlen(san));
	return add_ext(m, x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_ext(m, x, NID_key_usage, "critical,digitalSignature") &&
	       add_ext(m, x, NID_ext_key_usage, OID_RESPONDER_AUTH) &&
	       add_ext(m, x, NID_subject_alt_name, san) &&
	       add_hardware_identity(x);
}

/* As strong as the key that signs; NULL: it hashes by itself. */
static const EVP_MD *digest_for(const EVP_PKEY *k)
{
	const enum crypto_key kind = ossl_kind_of(k);

	if (crypto_key_is_ml_dsa(kind))
		return NULL;
	if (kind == CRYPTO_KEY_P521)
		return EVP_sha512();
	return kind == CRYPTO_KEY_P256 || kind == CRYPTO_KEY_RSA_2048
		       ? EVP_sha256()
		       : EVP_sha384();
}

static X509 *make_cert(const struct making *m, bool leaf)
{
	X509 *x = X509_new_ex(m->o->lib, NULL);
	bool ok;

	ok = x && X509_set_version(x, X509_VERSION_3) && set_serial(m->o, x) &&
	     set_names(m, x) &&
	     ASN1_TIME_set(X509_getm_notBefore(x),
			   (time_t)m->cfg->not_before_s) &&
	     ASN1_TIME_set(X509_getm_notAfter(x),
			   (time_t)m->cfg->not_after_s) &&
	     X509_set_pubkey(x, m->key) &&
	     (leaf ? add_leaf(m, x) : add_ca(m, x)) &&
	     add_ext(m, x, NID_subject_key_identifier, "hash") &&
	     (!m->issuer ||
	      add_ext(m, x, NID_authority_key_identifier, "keyid:always")) &&
	     X509_sign(x, m->issuer_key, digest_for(m->issuer_key)) > 0;
	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

static bool take_text(BIO *b, struct identity_pem *out)
{
	char *p;
	long len = BIO_get_mem_data(b, &p);

	if (len <= 0 || (size_t)len >= sizeof(out->text))
		return false;
	memcpy(out->text, p, (size_t)len);
	out->text[len] = 0;
	out->len = (size_t)len;
	return true;
}

static bool cert_text(X509 *x, struct identity_pem *out)
{
	BIO *b = BIO_new(BIO_s_mem());
	bool ok = b && PEM_write_bio_X509(b, x) && take_text(b, out);

	BIO_free(b);
	return ok;
}

static bool key_text(const EVP_PKEY *k, struct identity_pem *out)
{
	BIO *b = BIO_new(BIO_s_secmem());
	bool ok = b &&
		  PEM_write_bio_PKCS8PrivateKey(b, k, NULL, NULL, 0, NULL,
						NULL) &&
		  take_text(b, out);

	BIO_free(b);
	return ok;
}

static enum il_err write_out(X509 *const *x, EVP_PKEY *const *k,
			     struct identity_files *out)
{
	struct identity_pem *chain = &out->chain;

	for (int i = 0; i < IDENTITY_PARTS; i++) {
		struct identity_pem *c = &out->cert[i];

		if (!cert_text(x[i], c) || !key_text(k[i], &out->key[i]))
			return IL_E_NOMEM;
		if (c->len >= sizeof(chain->text) - chain->len)
			return IL_E_NOMEM;
		memcpy(chain->text + chain->len, c->text, c->len + 1);
		chain->len += c->len;
	}
	return IL_OK;
}

static enum crypto_key kind_of(const struct identity_cfg *cfg, bool leaf)
{
	if (cfg->key)
		return cfg->key;
	if (leaf && cfg->rsa_bits)
		return CRYPTO_KEY_RSA_2048 + (cfg->rsa_bits - 2048) / 1024;
	return cfg->curve ? crypto_key_on(cfg->curve) : CRYPTO_KEY_P384;
}

enum il_err identity_new(struct ossl *o, const struct identity_cfg *cfg,
			 struct identity_files *out)
{
	static const char *const names[IDENTITY_PARTS] = {
		"Interlock root", "Interlock intermediate", "Interlock device"
	};
	EVP_PKEY *k[IDENTITY_PARTS] = { NULL };
	X509 *x[IDENTITY_PARTS] = { NULL };
	struct identity_files *got;
	enum il_err err = IL_OK;

	if (cfg->not_before_s < 0 || cfg->not_after_s < cfg->not_before_s ||
	    cfg->not_after_s > LAST_S || cfg->class_code > 0xffffff ||
	    (cfg->rsa_bits && cfg->rsa_bits != 2048 && cfg->rsa_bits != 3072 &&
	     cfg->rsa_bits != 4096) ||
	    !crypto_key_sig_len(kind_of(cfg, true)) ||
	    (crypto_key_is_ml_dsa(cfg->key) && !o->ops.pqc))
		return IL_E_ARG;
	got = calloc(1, sizeof(*got));
	if (!got)
		return IL_E_NOMEM;
	for (int i = 0; !err && i < IDENTITY_PARTS; i++) {
		struct making m = { .o = o, .cfg = cfg, .name = names[i] };

		k[i] = ossl_key_make(o, kind_of(cfg, i == IDENTITY_LEAF));
		m.key = k[i];
		m.issuer = i ? x[i - 1] : NULL;
		m.issuer_key = i ? k[i - 1] : k[i];
		x[i] = k[i] ? make_cert(&m, i == IDENTITY_LEAF) : NULL;
		err = x[i] ? IL_OK : ossl_bad(IL_E_RANDOM);
	}
	if (!err)
		err = write_out(x, k, got);
	if (!err)
		*out = *got;
	for (int i = 0; i < IDENTITY_PARTS; i++) {
		X509_free(x[i]);
		EVP_PKEY_free(k[i]);
	}
	bytes_wipe(got, sizeof(*got));
	free(got);
	return err;
}
