/* SPDX-License-Identifier: BSD-2-Clause */
#include "xml.h"

#include "check.h"

#include <ctype.h>
#include <stdio.h>

#define DEPTH 16
#define NAME  64

struct xml {
	const char *p;
	char open[DEPTH][NAME];
	unsigned depth;
	unsigned roots;
};

static void bad(const struct xml *x, const char *why)
{
	fail_msg("XML: %s: %.60s", why, x->p);
}

/* One of text: an entity, or a character that XML 1.0 has. */
static void character(struct xml *x)
{
	static const char *const entity[] = { "&amp;", "&lt;", "&gt;", "&quot;",
					      "&apos;" };
	const unsigned char c = (unsigned char)*x->p;

	if (c == '&') {
		for (size_t i = 0; i < COUNT(entity); i++)
			if (!strncmp(x->p, entity[i], strlen(entity[i]))) {
				x->p += strlen(entity[i]);
				return;
			}
		bad(x, "an entity that is none");
	}
	if (c < 0x20 && c != '\n' && c != '\t' && c != '\r')
		bad(x, "a character that may not be");
	if (c >= 0x7f)
		bad(x, "not ASCII");
	x->p++;
}

static void name(struct xml *x, char out[NAME])
{
	size_t n = 0;

	if (!isalpha((unsigned char)*x->p))
		bad(x, "no name");
	while (isalnum((unsigned char)*x->p) || *x->p == '-' || *x->p == '_') {
		if (n + 1 == NAME)
			bad(x, "a long name");
		out[n++] = *x->p++;
	}
	out[n] = '\0';
}

static void space(struct xml *x)
{
	while (isspace((unsigned char)*x->p))
		x->p++;
}

static void attribute(struct xml *x)
{
	char n[NAME];

	name(x, n);
	if (*x->p++ != '=' || *x->p++ != '"')
		bad(x, "no value");
	while (*x->p && *x->p != '"') {
		if (*x->p == '<')
			bad(x, "'<' in a value");
		character(x);
	}
	if (*x->p++ != '"')
		bad(x, "a value without an end");
}

static void start(struct xml *x)
{
	char n[NAME];

	name(x, n);
	for (space(x); isalpha((unsigned char)*x->p); space(x))
		attribute(x);
	if (!x->depth && x->roots++)
		bad(x, "a second root");
	if (*x->p == '/') {
		x->p++;
	} else {
		if (x->depth == DEPTH)
			bad(x, "too deep");
		memcpy(x->open[x->depth++], n, NAME);
	}
	if (*x->p++ != '>')
		bad(x, "a tag without an end");
}

static void end(struct xml *x)
{
	char n[NAME];

	name(x, n);
	if (!x->depth || strcmp(x->open[--x->depth], n) != 0)
		bad(x, "an end of something else");
	if (*x->p++ != '>')
		bad(x, "a tag without an end");
}

void xml_check(const char *text)
{
	static const char head[] = "<?xml version=\"1.0\"";
	struct xml x = { .p = text };

	assert_memory_equal(text, head, sizeof(head) - 1);
	x.p = strstr(text, "?>");
	assert_non_null(x.p);
	for (x.p += 2; *x.p;) {
		if (*x.p != '<') {
			if (!x.depth && !isspace((unsigned char)*x.p))
				bad(&x, "text outside of the root");
			character(&x);
			continue;
		}
		x.p++;
		if (*x.p == '/') {
			x.p++;
			end(&x);
		} else {
			start(&x);
		}
	}
	assert_int_equal(x.depth, 0);
	assert_int_equal(x.roots, 1);
}

unsigned xml_elements(const char *text, const char *want)
{
	char tag[NAME];
	unsigned n = 0;
	const size_t len = (size_t)snprintf(tag, sizeof(tag), "<%s", want);

	for (const char *at = strstr(text, tag); at; at = strstr(at + 1, tag))
		n += !isalnum((unsigned char)at[len]);
	return n;
}
