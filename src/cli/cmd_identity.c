/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/bytes.h"

/* What the device of `assign` says it is: src/device's default function. */
#define YEAR_S (INT64_C(365) * 24 * 3600)

static const struct identity_cfg def = {
	.vendor = 0x1d1a,
	.device = 0x0001,
	.class_code = 0x120000,
	.revision = 1,
	.subsys_vendor = 0x1d1a,
	.subsys_device = 0x0001,
	.serial = UINT64_C(0x1d1a000000000001),
};

const struct identity_cfg *cli_identity_cfg(void)
{
	return &def;
}

static int put(struct cli *c, const char *dir, const char *name,
	       const struct identity_pem *pem, mode_t mode)
{
	char path[4096];
	int fd;
	ssize_t n;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return cli_fail(c, "%s: the path is too long", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return cli_fail(c, "%s: %s", path, strerror(errno));
	n = write(fd, pem->text, pem->len);
	if (close(fd) || n != (ssize_t)pem->len)
		return cli_fail(c, "%s: cannot write", path);
	return 0;
}

/* Whatever stands there is somebody's: nothing is written beside it. */
static int none_there(struct cli *c, const char *dir)
{
	static const char *const name[] = {
		"root.pem", "root.key", "intermediate.pem", "intermediate.key",
		"leaf.pem", "leaf.key", "chain.pem"
	};
	char path[4096];
	struct stat st;

	for (size_t i = 0; i < COUNT(name); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		if (lstat(path, &st) == 0)
			return cli_fail(c, "%s: %s", path, strerror(EEXIST));
	}
	return 0;
}

static int put_all(struct cli *c, const char *dir,
		   const struct identity_files *f)
{
	static const char *const name[IDENTITY_PARTS] = { "root",
							  "intermediate",
							  "leaf" };
	int ret;

	if (mkdir(dir, 0755) && errno != EEXIST)
		return cli_fail(c, "%s: %s", dir, strerror(errno));
	ret = none_there(c, dir);
	for (unsigned i = 0; i < IDENTITY_PARTS && !ret; i++) {
		char file[32];

		snprintf(file, sizeof(file), "%s.pem", name[i]);
		ret = put(c, dir, file, &f->cert[i], 0644);
		snprintf(file, sizeof(file), "%s.key", name[i]);
		if (!ret)
			ret = put(c, dir, file, &f->key[i], 0600);
	}
	return ret ? ret : put(c, dir, "chain.pem", &f->chain, 0644);
}

static int make_of(struct cli *c, const char *dir, enum crypto_key key,
		   bool requester)
{
	struct identity_cfg cfg = def;
	struct identity_files *f;
	struct ossl *o;
	enum il_err err;
	int ret;

	err = ossl_new(&(struct ossl_cfg){ 0 }, &o);
	if (err)
		return cli_fail(c, "cryptography: %s", il_err_name(err));
	f = calloc(1, sizeof(*f));
	cfg.key = key;
	cfg.requester = requester;
	cfg.not_before_s = c->now_s() - 3600;
	cfg.not_after_s = cfg.not_before_s + 10 * YEAR_S;
	err = f ? identity_new(o, &cfg, f) : IL_E_NOMEM;
	if (err == IL_E_ARG)
		ret = cli_fail(c, "identity: this OpenSSL makes no keys of %s",
			       crypto_key_name(key));
	else
		ret = err ? cli_fail(c, "identity: %s", il_err_name(err))
			  : put_all(c, dir, f);
	if (f)
		bytes_wipe(f, sizeof(*f));
	free(f);
	ossl_free(o);
	return ret;
}

int cli_identity_make(struct cli *c, const char *dir)
{
	return make_of(c, dir, CRYPTO_KEY_P384, false);
}

static int make_parents(struct cli *c, char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) && errno != EEXIST) {
			int ret = cli_fail(c, "%s: %s", path, strerror(errno));

			*p = '/';
			return ret;
		}
		*p = '/';
	}
	return 0;
}

int cli_identity_default(struct cli *c, char *dir, size_t cap)
{
	char probe[4096];
	int ret;

	if (!c->state_dir)
		return cli_fail(c, "no state folder: HOME is not set; give "
				   "--identity DIR");
	if ((size_t)snprintf(dir, cap, "%s/identity", c->state_dir) >= cap ||
	    (size_t)snprintf(probe, sizeof(probe), "%s/chain.pem", dir) >=
		    sizeof(probe))
		return cli_fail(c, "%s: the path is too long", c->state_dir);
	if (access(probe, F_OK) == 0)
		return 0;
	ret = make_parents(c, dir);
	return ret ? ret : cli_identity_make(c, dir);
}

static int load_anchor(struct cli *c, struct ossl *o, const char *trust,
		       struct cli_identity *out)
{
	uint8_t *root = NULL;
	size_t len = 0;
	int ret = cli_read(c, "trust anchor", trust, 1u << 16, &root, &len);

	if (!ret &&
	    identity_anchor(o, root, len, out->anchor, &out->anchor_len))
		ret = cli_fail(c, "trust anchor %s: not a certificate", trust);
	free(root);
	return ret;
}

static int load(struct cli *c, struct ossl *o, const char *dir,
		const char *trust, struct cli_identity *out)
{
	char chain_path[4096], key_path[4096], root_path[4096];
	uint8_t *chain = NULL, *key = NULL;
	size_t chain_len = 0, key_len = 0;
	enum identity_fault why = IDENTITY_OK;
	int ret;

	snprintf(chain_path, sizeof(chain_path), "%s/chain.pem", dir);
	snprintf(key_path, sizeof(key_path), "%s/leaf.key", dir);
	snprintf(root_path, sizeof(root_path), "%s/root.pem", dir);
	if (!trust)
		trust = root_path;
	ret = cli_read(c, "identity", chain_path, 1u << 20, &chain, &chain_len);
	if (!ret)
		ret = cli_read(c, "identity", key_path, 1u << 16, &key,
			       &key_len);
	if (!ret && identity_load(o, (char *)chain, chain_len, (char *)key,
				  key_len, &out->id, &why))
		ret = cli_fail(c, "identity %s: %s", dir,
			       identity_fault_name(why));
	if (!ret)
		ret = load_anchor(c, o, trust, out);
	if (key)
		bytes_wipe(key, key_len);
	free(chain);
	free(key);
	return ret;
}

int cli_anchor_load(struct cli *c, const char *trust, struct cli_identity *out)
{
	struct ossl *o;
	int ret;

	if (ossl_new(&(struct ossl_cfg){ 0 }, &o))
		return cli_fail(c, "cryptography cannot start");
	ret = load_anchor(c, o, trust, out);
	ossl_free(o);
	return ret;
}

int cli_identity_load(struct cli *c, const char *dir, const char *trust,
		      struct cli_identity *out)
{
	struct ossl *o;
	int ret;

	if (ossl_new(&(struct ossl_cfg){ 0 }, &o))
		return cli_fail(c, "cryptography cannot start");
	ret = load(c, o, dir, trust, out);
	ossl_free(o);
	if (ret)
		bytes_wipe(out, sizeof(*out)); /* the key may be in it */
	return ret;
}

static const struct {
	const char *word;
	enum crypto_key key;
} keys[] = {
	{ "p256", CRYPTO_KEY_P256 },
	{ "p384", CRYPTO_KEY_P384 },
	{ "p521", CRYPTO_KEY_P521 },
	{ "rsa2048", CRYPTO_KEY_RSA_2048 },
	{ "rsa3072", CRYPTO_KEY_RSA_3072 },
	{ "rsa4096", CRYPTO_KEY_RSA_4096 },
	{ "mldsa44", CRYPTO_KEY_ML_DSA_44 },
	{ "mldsa65", CRYPTO_KEY_ML_DSA_65 },
	{ "mldsa87", CRYPTO_KEY_ML_DSA_87 },
};

static int key_of(struct cli *c, const char *word, enum crypto_key *key)
{
	*key = CRYPTO_KEY_P384;
	for (size_t i = 0; word && i < COUNT(keys); i++)
		if (!strcmp(keys[i].word, word)) {
			*key = keys[i].key;
			return 0;
		}
	return word ? cli_misuse(c,
				 "--key is '%s'; expected p256, p384, p521, "
				 "rsa2048, rsa3072, rsa4096, mldsa44, mldsa65 "
				 "or mldsa87",
				 word)
		    : 0;
}

static int role_of(struct cli *c, const char *word, bool *requester)
{
	*requester = word && !strcmp(word, "requester");
	return !word || *requester || !strcmp(word, "responder")
		       ? 0
		       : cli_misuse(c,
				    "--role is '%s'; expected requester or "
				    "responder",
				    word);
}

static int run(struct cli *c, int argc, char **argv)
{
	const char *words[2] = { NULL, NULL };
	const char *key = NULL, *role = NULL;
	const struct cli_opt opts[] = { { "key", false, &key },
					{ "role", false, &role } };
	enum crypto_key kind;
	bool requester = false;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), words, 2);

	if (ret)
		return ret;
	if (!words[0] || !words[1] || strcmp(words[0], "new") != 0)
		return cli_misuse(c, "usage: interlock identity new DIR "
				     "[--key KIND] [--role ROLE]");
	ret = key_of(c, key, &kind);
	if (!ret)
		ret = role_of(c, role, &requester);
	if (!ret)
		ret = make_of(c, words[1], kind, requester);
	if (!ret)
		fprintf(c->out,
			"%s: root.pem intermediate.pem leaf.pem chain.pem and "
			"their keys\n",
			words[1]);
	return ret;
}

const struct cli_cmd cmd_identity = {
	.name = "identity",
	.args = "new DIR [--key KIND] [--role ROLE]",
	.help = "make a device identity: three certificates and their keys",
	.run = run,
};
