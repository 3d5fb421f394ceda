/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "cli/serve.h"

/* The device on its own, behind sockets. */

struct device_opts {
	const char *link[VFU_DOORS];
	size_t links;
	const char *spdm[VFU_DOORS];
	size_t spdms;
	const char *identity;
};

static int load_identity(struct serve *s, const char *dir)
{
	struct cli_identity id;
	char own[4000];
	int ret = 0;

	if (!dir) {
		ret = cli_identity_default(s->c, own, sizeof(own));
		dir = own;
	}
	if (!ret)
		ret = cli_identity_load(s->c, dir, NULL, &id);
	if (!ret)
		s->id = id.id;
	bytes_wipe(&id, sizeof(id));
	return ret;
}

static int serve(struct serve *s, const struct device_opts *o)
{
	int ret = 0;

	for (size_t i = 0; i < o->links && !ret; i++)
		ret = serve_at(s, VFU_LINK, o->link[i]);
	for (size_t i = 0; i < o->spdms && !ret; i++)
		ret = serve_at(s, VFU_SPDM, o->spdm[i]);
	if (ret)
		return ret;
	if (!s->ats)
		return cli_misuse(s->c, "device wants --link ADDR or "
					"--spdm-socket ADDR");
	ret = load_identity(s, o->identity);
	if (ret)
		return ret;
	serve_defaults(s);
	/* Others learn of the host what the link would show. */
	s->cfg.assume = o->spdms != 0;
	return serve_run(s);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct device_opts o = { .links = 0 };
	const struct cli_opt opts[] = {
		{ "link", false, o.link, COUNT(o.link), &o.links },
		{ "spdm-socket", false, o.spdm, COUNT(o.spdm), &o.spdms },
		{ "identity", false, &o.identity },
	};
	struct serve *s;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), NULL, 0);

	if (ret)
		return ret;
	s = serve_new(c);
	if (!s)
		return CLI_FAILED;
	ret = serve(s, &o);
	serve_free(s);
	return ret;
}

const struct cli_cmd cmd_serve = {
	.name = "device",
	.args = "[--link ADDR]... [--spdm-socket ADDR]... [--identity DIR]",
	.help = "the device on its own, for requesters and emulators",
	.run = run,
};
