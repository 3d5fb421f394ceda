/* SPDX-License-Identifier: BSD-2-Clause */
#include <histedit.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cli/session.h"

/* The command language, a line at a time. */

static const char *prompt(EditLine *el)
{
	(void)el;
	return "interlock> ";
}

/* "help", "help ROLE VERB": as the command of the tool. */
static bool help(struct cli *c, char *line)
{
	char *word[4] = { NULL };
	int n = 0;

	for (char *p = line; *p && n < (int)COUNT(word); n++) {
		word[n] = p;
		p += strcspn(p, " ");
		while (*p == ' ')
			*p++ = '\0';
	}
	if (!n || strcmp(word[0], "help") != 0)
		return false;
	(void)cmd_help.run(c, n, word);
	return true;
}

static void one(struct cli_run *r, const char *line)
{
	struct lang_error e = { 0 };
	struct lang_call *call = malloc(sizeof(*call));
	enum il_err err =
		call ? lang_line(&r->script, &world_commands, line, call, &e)
		     : IL_E_NOMEM;

	if (err == IL_E_FIELD)
		cli_fail(r->c, "column %u: %s", e.col, e.what);
	else if (!err && world_call(r->w, call, NULL, &r->end))
		cli_fail(r->c, "%s", r->end.what);
	free(call);
}

static int loop(struct cli_run *r)
{
	HistEvent ev;
	History *h = history_init();
	EditLine *el = el_init("interlock", stdin, r->c->out, r->c->err);
	char line[LANG_LINE_MAX], copy[LANG_LINE_MAX];
	const char *got;
	int n;

	if (!h || !el)
		return cli_fail(r->c, "no line editor");
	history(h, &ev, H_SETSIZE, 200);
	el_set(el, EL_PROMPT, prompt);
	el_set(el, EL_HIST, history, h);
	while ((got = el_gets(el, &n)) && n > 0) {
		snprintf(line, sizeof(line), "%s", got);
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "quit") == 0)
			break;
		if (line[0])
			history(h, &ev, H_ENTER, line);
		if (!help(r->c, memcpy(copy, line, sizeof(copy))))
			one(r, line);
	}
	el_end(el);
	history_end(h);
	return CLI_DONE;
}

static int run(struct cli *c, int argc, char **argv)
{
	struct cli_run_opts o = { 0 };
	const struct cli_opt opts[] = {
		{ "payload", false, &o.payload },
		{ "identity", false, &o.identity },
		{ "trust", false, &o.trust },
		{ "key-log", false, &o.keylog },
		{ "seed", false, &o.seed },
		{ "now", false, &o.now },
	};
	struct cli_run *r;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), NULL, 0);

	if (ret)
		return ret;
	r = malloc(sizeof(*r));
	if (!r)
		return cli_fail(c, "no memory");
	ret = cli_run_open(c, r, &o);
	if (!ret && world_new(&r->cfg, &r->w))
		ret = cli_fail(c, "a world cannot be made");
	if (!ret)
		ret = loop(r);
	cli_run_close(r);
	free(r);
	return ret;
}

const struct cli_cmd cmd_shell = {
	.name = "shell",
	.args = "[--payload FILE] [--identity DIR] [--trust FILE] [--key-log "
		"FILE] "
		"[--seed N] "
		"[--now S]",
	.help = "the command language, a line at a time",
	.doc = "docs/language.md",
	.run = run,
};
