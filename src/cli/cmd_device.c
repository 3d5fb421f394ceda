/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "cli/serve.h"
#include "device/lspci.h"
#include "emu/frame.h"
#include "spdm/sig.h"

/* The device on its own, behind sockets. */

struct device_opts {
	const char *file;
	const char *link[VFU_DOORS];
	size_t links;
	const char *spdm[VFU_DOORS];
	size_t spdms;
	const char *vfio_user;
	const char *identity;
	const char *max_object;
	const char *lspci;
	const char *keylog;
	const char *capture;
	const char *misbehave[MISBEHAVE_MAX];
	size_t misbehaves;
	const char *list;
};

/* A device file on standard output; beside it, what had to be assumed. */
static int from_lspci(struct cli *c, const char *path)
{
	struct device_lspci *l = malloc(sizeof(*l));
	char what[DEVICE_FILE_WHAT];
	uint8_t *text = NULL;
	size_t len = 0;
	enum il_err err;
	int ret;

	if (!l)
		return cli_fail(c, "no memory");
	ret = cli_read(c, "lspci output", path, 1u << 24, &text, &len);
	if (!ret) {
		err = device_lspci_read(l, (char *)text, len, what,
					sizeof(what));
		if (err)
			ret = cli_fail(c, "%s: %s", path,
				       err == IL_E_FIELD ? what
							 : il_err_name(err));
	}
	if (!ret) {
		fputs(l->notes, c->err);
		fputs(l->json, c->out);
	}
	free(text);
	free(l);
	return ret;
}

static int load_identity(struct serve *s, const struct device_opts *o)
{
	const char *dir = o->identity;
	struct cli_identity id;
	char own[4000];
	int ret = 0;

	if (!dir && s->file.identity[0])
		ret = serve_beside(s, o->file, s->file.identity, own,
				   sizeof(own));
	else if (!dir)
		ret = cli_identity_default(s->c, own, sizeof(own));
	if (!ret)
		ret = cli_identity_load(s->c, dir ? dir : own, NULL, &id);
	if (ret)
		return ret;
	s->id = id.id;
	bytes_wipe(&id, sizeof(id));
	fprintf(s->c->out, "identity: %s\n", dir ? dir : own);
	return 0;
}

static bool has_version(const struct serve *s, uint8_t v)
{
	for (size_t i = 0; i < COUNT(s->cfg.spdm.versions); i++)
		if (s->cfg.spdm.versions[i] == v)
			return true;
	return false;
}

/* The key decides what can be signed with; a file may say otherwise. */
static int match_asym(struct serve *s, bool file)
{
	const bool said = file && s->file.asym_said;
	const uint32_t can = spdm_key_asym(s->id.kind);
	const uint32_t pqc = spdm_key_pqc(s->id.kind);

	if (said ? !can || (s->cfg.spdm.asym & ~can) : !can && !pqc)
		return cli_fail(s->c, "spdm.asym: the identity's key is %s",
				crypto_key_name(s->id.kind));
	if (pqc && !has_version(s, SPDM_V14))
		return cli_fail(s->c,
				"spdm.versions: the identity's key is %s, "
				"which 1.4 alone has",
				crypto_key_name(s->id.kind));
	s->cfg.spdm.pqc_asym = pqc;
	if (!said)
		s->cfg.spdm.asym = can;
	return 0;
}

static int limit_objects(struct serve *s, const char *text)
{
	const uint32_t was = (uint32_t)s->cfg.doe_limit;
	struct spdm_rsp_cfg *spdm = &s->cfg.spdm;
	const uint32_t over = DOE_HEADER_LEN + DEVICE_RECORD_OVER;
	unsigned long n;
	char *end;

	if (!text)
		return 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || n % 4 || n < 512 ||
	    n > EMU_PAYLOAD_MAX)
		return cli_misuse(s->c,
				  "--max-object is '%s'; expected a multiple "
				  "of 4 from 512 to %u",
				  text, EMU_PAYLOAD_MAX);
	s->cfg.doe_limit = n;
	if (spdm->transfer + over == was || spdm->transfer + over > n)
		spdm->transfer = (uint32_t)n - over;
	return 0;
}

static int addresses(struct serve *s, const struct device_opts *o)
{
	int ret = 0;

	for (size_t i = 0; i < o->links && !ret; i++)
		ret = serve_at(s, VFU_LINK, o->link[i]);
	for (size_t i = 0; i < o->spdms && !ret; i++)
		ret = serve_at(s, VFU_SPDM, o->spdm[i]);
	if (!ret && !s->ats && !o->vfio_user)
		return cli_misuse(s->c, "device wants --link ADDR, "
					"--spdm-socket ADDR or "
					"--vfio-user DIR");
	/* One link has one other end. */
	if (!ret && o->links && o->vfio_user)
		return cli_misuse(s->c, "--vfio-user has the machine that "
					"--link is for; give one of them");
	s->user_dir = o->vfio_user;
	return ret;
}

static int serve(struct serve *s, const struct device_opts *o)
{
	int ret = addresses(s, o);

	if (!ret)
		ret = serve_file(s, o->file);
	if (!ret)
		ret = serve_own(s, o->file);
	if (!ret)
		ret = limit_objects(s, o->max_object);
	if (ret)
		return ret;
	if (o->spdms && s->cfg.doe_limit > EMU_PAYLOAD_MAX)
		return cli_fail(s->c,
				"doe.object_limit: a frame of --spdm-socket "
				"holds %u bytes",
				EMU_PAYLOAD_MAX);
	ret = serve_misbehave(s, o->misbehave, o->misbehaves);
	if (!ret)
		ret = load_identity(s, o);
	if (!ret)
		ret = match_asym(s, o->file);
	if (!ret)
		ret = serve_keylog(s, o->keylog);
	if (!ret)
		ret = serve_capture(s, o->capture);
	if (ret)
		return ret;
	/* Others tell of the host what the link would show. */
	s->cfg.assume = o->spdms && !o->vfio_user;
	s->cfg.long_lived = true;
	return serve_run(s);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct device_opts o = { .links = 0 };
	const struct cli_opt opts[] = {
		{ "link", false, o.link, COUNT(o.link), &o.links },
		{ "spdm-socket", false, o.spdm, COUNT(o.spdm), &o.spdms },
		{ "vfio-user", false, &o.vfio_user },
		{ "identity", false, &o.identity },
		{ "max-object", false, &o.max_object },
		{ "key-log", false, &o.keylog },
		{ "capture", false, &o.capture },
		{ "from-lspci", false, &o.lspci },
		{ "misbehave", false, o.misbehave, COUNT(o.misbehave),
		  &o.misbehaves },
		{ "list-misbehaviours", true, &o.list },
	};
	struct serve *s;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), &o.file, 1);

	if (ret)
		return ret;
	if (o.list)
		return serve_list_misbehaviours(c);
	if (o.lspci && (o.file || o.links || o.spdms || o.vfio_user))
		return cli_misuse(c, "--from-lspci only prints a device file");
	if (o.lspci)
		return from_lspci(c, o.lspci);
	s = serve_new(c);
	if (!s)
		return CLI_FAILED;
	ret = serve(s, &o);
	serve_free(s);
	return ret;
}

const struct cli_cmd cmd_serve = {
	.name = "device",
	.args = "[FILE] [--link ADDR]... [--spdm-socket ADDR]... "
		"[--vfio-user DIR] [--identity DIR] [--max-object N] "
		"[--key-log FILE] [--capture FILE] "
		"[--misbehave NAME[:N]]... | --from-lspci FILE | "
		"--list-misbehaviours",
	.help = "the device on its own, for requesters and emulators",
	.doc = "docs/device-file.md docs/emulator.md docs/link.md "
	       "docs/vfio-user.md",
	.run = run,
};
