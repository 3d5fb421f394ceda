/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bits.h"

const struct cli_cmd *const cli_cmds[] = {
	&cmd_assign,   &cmd_serve,   &cmd_request,   &cmd_validate,
	&cmd_run,      &cmd_compare, &cmd_scenarios, &cmd_shell,
	&cmd_identity, &cmd_decode,  &cmd_help,	     NULL,
};

static void complain(struct cli *c, const char *fmt, va_list ap)
{
	fflush(c->out);
	vsnprintf(c->said, sizeof(c->said), fmt, ap);
	fprintf(c->err, "interlock: %s\n", c->said);
}

int cli_fail(struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(c, fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

int cli_misuse(struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(c, fmt, ap);
	va_end(ap);
	return CLI_USAGE;
}

void cli_list(FILE *f)
{
	for (const struct cli_cmd *const *k = cli_cmds; *k; k++)
		fprintf(f, "  %-10s %s\n", (*k)->name, (*k)->help);
}

const struct cli_cmd *cli_find(const char *name)
{
	for (const struct cli_cmd *const *k = cli_cmds; *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

static void usage(FILE *f)
{
	fputs("usage: interlock COMMAND [ARGUMENTS]\n\n", f);
	cli_list(f);
}

static const struct cli_opt *find_opt(const struct cli_opt *o, size_t n,
				      const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(o[i].name) == len &&
		    memcmp(o[i].name, name, len) == 0)
			return &o[i];
	return NULL;
}

static int take_opt(struct cli *c, int argc, char **argv, int *i,
		    const struct cli_opt *o, size_t n)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const struct cli_opt *k = find_opt(o, n, name, len);
	const char *v = "";

	if (!k)
		return cli_misuse(c, "unknown option %s", argv[*i]);
	if (k->flag && name[len])
		return cli_misuse(c, "--%s takes no value", k->name);
	if (!k->flag && name[len])
		v = name + len + 1;
	else if (!k->flag && *i + 1 < argc)
		v = argv[++*i];
	else if (!k->flag)
		return cli_misuse(c, "--%s wants a value", k->name);
	if (!k->max)
		*k->value = v;
	else if (*k->n < k->max)
		k->value[(*k->n)++] = v;
	else
		return cli_misuse(c, "--%s more than %zu times", k->name,
				  k->max);
	return 0;
}

int cli_opts(struct cli *c, int argc, char **argv, const struct cli_opt *o,
	     size_t n, const char **words, size_t max)
{
	size_t at = 0;

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0 && argv[i][2]) {
			int ret = take_opt(c, argc, argv, &i, o, n);

			if (ret)
				return ret;
		} else if (at == max) {
			return cli_misuse(c, "unexpected '%s'", argv[i]);
		} else {
			words[at++] = argv[i];
		}
	}
	return 0;
}

int cli_read(struct cli *c, const char *what, const char *path, size_t max,
	     uint8_t **p, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *buf = NULL;
	size_t n = 0, cap = 0;

	if (!f)
		return cli_fail(c, "%s %s: %s", what, path, strerror(errno));
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(f);
		return cli_fail(c, "%s %s: is a directory", what, path);
	}
	for (;;) {
		size_t got;

		if (cap - n < 65536) {
			uint8_t *more = realloc(buf, cap = cap * 2 + 131072);

			if (!more) {
				free(buf);
				fclose(f);
				return cli_fail(c, "%s %s: no memory", what,
						path);
			}
			buf = more;
		}
		got = fread(buf + n, 1, cap - n - 1, f);
		n += got;
		if (!got || (max && n > max))
			break;
	}
	if (ferror(f) || (max && n > max)) {
		int err = errno;
		bool big = max && n > max;

		free(buf);
		fclose(f);
		if (big)
			return cli_fail(c, "%s %s: larger than %zu bytes", what,
					path, max);
		return cli_fail(c, "%s %s: %s", what, path, strerror(err));
	}
	fclose(f);
	buf[n] = 0;
	*p = buf;
	*len = n;
	return 0;
}

static bool is_emulator(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash ? slash + 1 : name, "spdm_responder_emu") == 0;
}

int cli_main(struct cli *c, int argc, char **argv)
{
	const struct cli_cmd *k;

	if (argc > 0 && is_emulator(argv[0]))
		return cli_emulator(c, argc, argv);
	if (argc < 2) {
		usage(c->err);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(c->out);
		return CLI_DONE;
	}
	k = cli_find(argv[1]);
	if (k)
		return k->run(c, argc - 1, argv + 1);
	return cli_misuse(c, "unknown command '%s'; see interlock --help",
			  argv[1]);
}
