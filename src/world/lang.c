/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/lang_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum il_err lang_complain(struct lang_error *e, unsigned line, unsigned col,
			  const char *fmt, ...)
{
	va_list ap;

	e->line = line;
	e->col = col;
	va_start(ap, fmt);
	/* clang 14 does not always see the va_start() above. */
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	vsnprintf(e->what, sizeof(e->what), fmt, ap);
	va_end(ap);
	return IL_E_FIELD;
}

static bool is_name(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	return true;
}

static struct lang_param *find_param(struct lang_script *s, const char *name,
				     size_t len)
{
	for (size_t i = 0; i < s->n_params; i++)
		if (strlen(s->param[i].name) == len &&
		    memcmp(s->param[i].name, name, len) == 0)
			return &s->param[i];
	return NULL;
}

static enum il_err put_param(struct lang_script *s, const char *name,
			     const char *value, struct lang_param **out)
{
	struct lang_param *p = find_param(s, name, strlen(name));

	if (!is_name(name))
		return IL_E_ARG;
	if (strlen(name) >= sizeof(p->name) ||
	    strlen(value) >= sizeof(p->value) ||
	    (!p && s->n_params == LANG_PARAMS_MAX))
		return IL_E_SPACE;
	if (!p) {
		p = &s->param[s->n_params++];
		*p = (struct lang_param){ 0 };
		snprintf(p->name, sizeof(p->name), "%s", name);
	}
	if (!p->set)
		snprintf(p->value, sizeof(p->value), "%s", value);
	*out = p;
	return IL_OK;
}

enum il_err lang_set(struct lang_script *s, const char *name, const char *value)
{
	struct lang_param *p = find_param(s, name, strlen(name));
	enum il_err err;

	if (p)
		p->set = false;
	err = put_param(s, name, value, &p);
	if (!err)
		p->set = true;
	return err;
}

const char *lang_undeclared(const struct lang_script *s)
{
	for (size_t i = 0; i < s->n_params; i++)
		if (s->param[i].set && !s->param[i].declared)
			return s->param[i].name;
	return NULL;
}

enum il_err lang_int(const char *word, uint64_t *out)
{
	char *end;
	uint64_t v;
	unsigned shift = 0;

	if (!isdigit((unsigned char)*word))
		return IL_E_FIELD;
	errno = 0;
	v = strtoull(word, &end, 0);
	if (errno) /* ERANGE: more than 64 bits */
		return IL_E_FIELD;
	if (*end == 'K')
		shift = 10;
	else if (*end == 'M')
		shift = 20;
	else if (*end == 'G')
		shift = 30;
	if (end[shift != 0] || (v << shift) >> shift != v)
		return IL_E_FIELD;
	*out = v << shift;
	return IL_OK;
}

/* Exactly @n hexadecimal digits, then @stop. */
static const char *hex_field(const char *s, unsigned n, char stop,
			     uint64_t *out)
{
	uint64_t v = 0;

	if (!s)
		return NULL;
	for (unsigned i = 0; i < n; i++, s++) {
		if (!isxdigit((unsigned char)*s))
			return NULL;
		v = v * 16 + (uint64_t)(isdigit((unsigned char)*s)
						? *s - '0'
						: (*s | 32) - 'a' + 10);
	}
	if (*s != stop)
		return NULL;
	*out = v;
	return s + 1;
}

enum il_err lang_bdf(const char *word, uint64_t *out)
{
	uint64_t seg = 0, bus = 0, dev = 0, fn = 0;
	const char *s = word;

	if (strlen(word) == 12)
		s = hex_field(s, 4, ':', &seg);
	s = hex_field(s, 2, ':', &bus);
	s = hex_field(s, 2, '.', &dev);
	s = hex_field(s, 1, '\0', &fn);
	if (!s || seg > 0xff || dev > 31 || fn > 7)
		return IL_E_FIELD;
	*out = seg << 16 | bus << 8 | dev << 3 | fn;
	return IL_OK;
}

static const char *type_name(enum lang_type t)
{
	switch (t) {
	case LANG_WORD:
		return "a word";
	case LANG_INT:
		return "a number";
	case LANG_BDF:
		return "an address such as 0000:01:00.0";
	case LANG_BOOL:
		return "yes or no";
	case LANG_PICK:
		return "one of";
	case LANG_HEX:
		return "pairs of hexadecimal digits";
	}
	return "?";
}

static enum il_err pick_value(const struct lang_arg *a, const char *word,
			      uint64_t *out)
{
	for (size_t i = 0; a->picks[i]; i++)
		if (strcmp(a->picks[i], word) == 0) {
			*out = i;
			return IL_OK;
		}
	return IL_E_FIELD;
}

static enum il_err read_value(const struct lang_arg *a, const char *word,
			      uint64_t *out)
{
	size_t n = strlen(word);

	*out = 0;
	switch (a->type) {
	case LANG_WORD:
		return IL_OK;
	case LANG_INT:
		return lang_int(word, out);
	case LANG_BDF:
		return lang_bdf(word, out);
	case LANG_BOOL:
		*out = strcmp(word, "yes") == 0;
		return *out || strcmp(word, "no") == 0 ? IL_OK : IL_E_FIELD;
	case LANG_PICK:
		return pick_value(a, word, out);
	case LANG_HEX:
		return n && n % 2 == 0 &&
				       strspn(word, "0123456789abcdefABCDEF") ==
					       n
			       ? IL_OK
			       : IL_E_FIELD;
	}
	return IL_E_FIELD;
}

static enum il_err set_value(struct lang_call *c, size_t i, const char *word,
			     unsigned col, struct lang_error *e)
{
	const struct lang_arg *a = &c->cmd->args[i];
	char picks[128] = "";
	size_t at = 0;

	if (c->v[i].word)
		return lang_complain(e, c->line, col, "%s is given twice",
				     a->name);
	if (read_value(a, word, &c->v[i].num)) {
		if (a->type == LANG_PICK)
			for (size_t k = 0; a->picks[k]; k++)
				at += (size_t)snprintf(
					picks + at,
					at < sizeof(picks) ? sizeof(picks) - at
							   : 0,
					" %s", a->picks[k]);
		return lang_complain(e, c->line, col,
				     "%s is '%s'; expected %s%s", a->name, word,
				     type_name(a->type), picks);
	}
	c->v[i].word = word;
	c->v[i].col = col;
	return IL_OK;
}

/* Replaces $NAME. Columns afterwards are those of the replaced line. */
static enum il_err expand(struct lang_script *s, const char *line, size_t len,
			  char *out, size_t cap, unsigned no,
			  struct lang_error *e)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		size_t n = 0;
		const struct lang_param *p;

		if (line[i] == '#')
			break;
		if (line[i] != '$') {
			if (at + 1 >= cap)
				return lang_complain(e, no, (unsigned)i + 1,
						     "the line is too long");
			out[at++] = line[i];
			continue;
		}
		while (i + 1 + n < len &&
		       (isalnum((unsigned char)line[i + 1 + n]) ||
			line[i + 1 + n] == '_'))
			n++;
		p = find_param(s, line + i + 1, n);
		if (!p || !p->declared)
			return lang_complain(
				e, no, (unsigned)i + 1,
				"$%.*s is not a parameter; expected a "
				"param line above",
				(int)n, line + i + 1);
		if (at + strlen(p->value) + 1 >= cap)
			return lang_complain(e, no, (unsigned)i + 1,
					     "the line is too long");
		memcpy(out + at, p->value, strlen(p->value));
		at += strlen(p->value);
		i += n;
	}
	out[at] = '\0';
	return IL_OK;
}

/* Splits @buf in place. A value may be quoted whole: key="a b". */
static enum il_err split(char *buf, struct lang_text *w, size_t *n,
			 unsigned line, struct lang_error *e)
{
	char *p = buf;

	*n = 0;
	for (;;) {
		char *out;
		bool quoted = false;

		while (*p == ' ' || *p == '\t' || *p == '\r')
			p++;
		if (!*p)
			return IL_OK;
		if (*n == LANG_WORDS_MAX)
			return lang_complain(
				e, line, (unsigned)(p - buf) + 1,
				"too many words; expected at most %d",
				LANG_WORDS_MAX);
		w[*n].p = out = p;
		w[(*n)++].col = (unsigned)(p - buf) + 1;
		for (; *p && (quoted || !strchr(" \t\r", *p)); p++) {
			if (*p == '"')
				quoted = !quoted;
			else
				*out++ = *p;
		}
		if (quoted)
			return lang_complain(e, line, w[*n - 1].col,
					     "the quote is not closed");
		if (*p)
			p++;
		*out = '\0';
	}
}

const struct lang_cmd *lang_at(const struct lang_table *t, size_t i)
{
	for (; t; t = t->next) {
		if (i < t->n)
			return &t->cmd[i];
		i -= t->n;
	}
	return NULL;
}

static enum il_err find_cmd(const struct lang_table *t,
			    const struct lang_text *w, size_t n,
			    struct lang_call *c, size_t *used,
			    struct lang_error *e)
{
	const struct lang_cmd *k;
	bool role = false;

	for (size_t i = 0; (k = lang_at(t, i)); i++) {
		if (strcmp(k->role, w[0].p) != 0)
			continue;
		role = true;
		if (k->verb && (n < 2 || strcmp(k->verb, w[1].p) != 0))
			continue;
		c->cmd = k;
		*used = k->verb ? 2 : 1;
		return IL_OK;
	}
	if (!role)
		return lang_complain(e, c->line, w[0].col,
				     "'%s' is not a role; see help", w[0].p);
	return lang_complain(e, c->line, n > 1 ? w[1].col : w[0].col,
			     "'%s' has no command '%s'; see help", w[0].p,
			     n > 1 ? w[1].p : "");
}

static enum il_err place_word(struct lang_call *c, const struct lang_text *w,
			      struct lang_error *e)
{
	const struct lang_cmd *k = c->cmd;
	const char *eq = strchr(w->p, '=');

	for (size_t i = 0; eq && i < k->n_args; i++) {
		size_t len = strlen(k->args[i].name);

		if (!k->args[i].positional && (size_t)(eq - w->p) == len &&
		    memcmp(k->args[i].name, w->p, len) == 0)
			return set_value(c, i, eq + 1,
					 w->col + (unsigned)len + 1, e);
	}
	for (size_t i = 0; i < k->n_args; i++)
		if (k->args[i].positional && !c->v[i].word)
			return set_value(c, i, w->p, w->col, e);
	char usage[200];

	lang_usage(k, usage, sizeof(usage));
	return lang_complain(e, c->line, w->col, "unexpected '%s'; expected %s",
			     w->p, usage);
}

static enum il_err check_call(struct lang_call *c, const struct lang_text *w,
			      size_t n, struct lang_error *e)
{
	enum il_err err = IL_OK;

	for (size_t i = 0; i < n && !err; i++)
		err = place_word(c, &w[i], e);
	for (size_t i = 0; i < c->cmd->n_args && !err; i++)
		if (c->cmd->args[i].required && !c->v[i].word)
			err = lang_complain(e, c->line,
					    (unsigned)strlen(c->text) + 1,
					    "%s is missing; expected %s",
					    c->cmd->args[i].name,
					    type_name(c->cmd->args[i].type));
	return err;
}

static enum il_err param_line(struct lang_script *s, const struct lang_text *w,
			      size_t n, unsigned line, struct lang_error *e)
{
	char name[64];
	const char *eq = n == 2 ? strchr(w[1].p, '=') : NULL;
	struct lang_param *p;

	if (!eq || (size_t)(eq - w[1].p) >= sizeof(name))
		return lang_complain(e, line, w[0].col,
				     "expected param NAME=DEFAULT");
	memcpy(name, w[1].p, (size_t)(eq - w[1].p));
	name[eq - w[1].p] = '\0';
	switch ((int)put_param(s, name, eq + 1, &p)) {
	case IL_OK:
		break;
	case IL_E_ARG:
		return lang_complain(e, line, w[1].col, "'%s' is not a name",
				     name);
	default:
		return lang_complain(e, line, w[1].col,
				     "too many parameters, or one too long");
	}
	if (p->declared)
		return lang_complain(e, line, w[1].col, "%s is declared twice",
				     name);
	p->declared = true;
	return IL_OK;
}

/* IL_E_STATE: nothing on this line to run. */
static enum il_err one_line(struct lang_script *s, const struct lang_table *t,
			    const char *line, size_t len, unsigned no,
			    struct lang_call *c, struct lang_error *e)
{
	struct lang_text words[LANG_WORDS_MAX], *w = words;
	bool here = true;
	size_t n, used = 0;
	enum il_err err;

	memset(c, 0, sizeof(*c));
	c->line = no;
	err = expand(s, line, len, c->text, sizeof(c->text), no, e);
	if (err)
		return err;
	memcpy(c->words, c->text, sizeof(c->words));
	err = split(c->words, w, &n, no, e);
	if (err)
		return err;
	if (n == 0)
		return IL_E_STATE;
	if (strcmp(w[0].p, "param") == 0) {
		err = param_line(s, w, n, no, e);
		return err ? err : IL_E_STATE;
	}
	err = lang_prefix(s, c, &w, &n, &here, e);
	if (!err)
		err = find_cmd(t, w, n, c, &used, e);
	if (!err)
		err = check_call(c, w + used, n - used, e);
	if (!err && here)
		lang_select(s, c);
	return err || here ? err : IL_E_STATE;
}

/* The values point into the call itself; say so again after a copy. */
static void rebase(struct lang_call *to, const struct lang_call *from)
{
	for (size_t i = 0; i < LANG_ARGS_MAX; i++)
		if (from->v[i].word)
			to->v[i].word =
				to->words + (from->v[i].word - from->words);
	if (from->name)
		to->name = to->words + (from->name - from->words);
}

enum il_err lang_line(struct lang_script *s, const struct lang_table *t,
		      const char *line, struct lang_call *out,
		      struct lang_error *e)
{
	struct lang_call c;
	enum il_err err = one_line(s, t, line, strlen(line), 1, &c, e);

	if (err)
		return err;
	*out = c;
	rebase(out, &c);
	return IL_OK;
}

enum il_err lang_parse(struct lang_script *s, const struct lang_table *t,
		       const char *text, size_t len, struct lang_error *e)
{
	const char *end = text + len;
	unsigned no = 1;

	s->n = 0;
	s->select = NULL;
	for (const char *p = text; p < end; no++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);
		enum il_err err;

		if (s->n == s->cap) {
			lang_complain(e, no, 1, "the file has too many lines");
			return IL_E_SPACE;
		}
		if (memchr(p, '\0', n))
			return lang_complain(e, no, 1, "not a text file");
		err = one_line(s, t, p, n, no, &s->call[s->n], e);
		if (!err)
			s->n++;
		else if (err != IL_E_STATE)
			return err;
		p += n + 1;
	}
	return IL_OK;
}

const struct lang_value *lang_arg(const struct lang_call *c, const char *name)
{
	static const struct lang_value none;

	for (size_t i = 0; i < c->cmd->n_args; i++)
		if (strcmp(c->cmd->args[i].name, name) == 0)
			return &c->v[i];
	return &none;
}

uint64_t lang_num(const struct lang_call *c, const char *name, uint64_t def)
{
	const struct lang_value *v = lang_arg(c, name);

	return v->word ? v->num : def;
}

const char *lang_word(const struct lang_call *c, const char *name,
		      const char *def)
{
	const struct lang_value *v = lang_arg(c, name);

	return v->word && *v->word ? v->word : def;
}

void lang_usage(const struct lang_cmd *c, char *out, size_t cap)
{
	size_t at =
		(size_t)snprintf(out, cap, "%s%s%s", c->role,
				 c->verb ? " " : "", c->verb ? c->verb : "");

	for (size_t i = 0; i < c->n_args && at < cap; i++) {
		const struct lang_arg *a = &c->args[i];

		at += (size_t)snprintf(
			out + at, cap - at,
			a->positional ? (a->required ? " %s" : " [%s]")
				      : (a->required ? " %s=…" : " [%s=…]"),
			a->name);
	}
}
