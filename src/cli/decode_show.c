/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cli/decode.h"
#include "cli/request.h"

/* What a listener heard, as text or JSON. */

static const char *const verdict_name[] = {
	[FLOW_HOLDS] = "holds",
	[FLOW_FAILS] = "does not hold",
	[FLOW_UNSAID] = "cannot say",
};

/* Fields that the one line of a message shows; others by -v. */
static const char *const brief[][5] = {
	{ "VERSION", "entry" },
	{ "GET_CAPABILITIES", "flags" },
	{ "CAPABILITIES", "flags" },
	{ "ALGORITHMS", "asym", "hash", "alg_bits" },
	{ "GET_CERTIFICATE", "slot", "offset", "length" },
	{ "CERTIFICATE", "slot", "portion_len", "remainder" },
	{ "DIGESTS", "slot_mask" },
	{ "CHALLENGE", "slot", "summary_type" },
	{ "CHALLENGE_AUTH", "slot" },
	{ "GET_MEASUREMENTS", "attributes", "operation" },
	{ "MEASUREMENTS", "total_indices", "blocks" },
	{ "KEY_EXCHANGE", "slot", "session_id" },
	{ "KEY_EXCHANGE_RSP", "session_id", "mut_auth" },
	{ "PSK_EXCHANGE", "session_id" },
	{ "PSK_EXCHANGE_RSP", "session_id" },
	{ "KEY_UPDATE", "operation", "tag" },
	{ "KEY_UPDATE_ACK", "operation", "tag" },
	{ "ERROR", "error", "data" },
	{ "QUERY_RESP", "bus", "devfn", "max_port" },
	{ "KEY_PROG", "stream", "key_set", "dir", "sub" },
	{ "KP_ACK", "stream", "status" },
	{ "K_SET_GO", "stream", "key_set", "dir", "sub" },
	{ "K_SET_STOP", "stream", "key_set", "dir", "sub" },
	{ "LOCK_REQ", "function_id", "flags", "default_stream" },
	{ "STATE", "function_id", "state" },
	{ "REPORT", "function_id", "portion", "remainder" },
	{ "VENDOR_DEFINED_REQUEST", "standard" },
	{ "VENDOR_DEFINED_RESPONSE", "standard" },
	{ "TDISP_ERROR", "function_id", "error", "data" },
};

static uint64_t number(const uint8_t *p, const struct field *f)
{
	uint64_t v = 0;

	if (f->mask) {
		const unsigned low = (unsigned)__builtin_ctz(f->mask);

		return (p[f->off] & f->mask) >> low;
	}
	for (uint32_t i = f->len; i-- > 0;)
		v = v << 8 | p[f->off + i];
	return v;
}

static void hex(FILE *f, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%02x", p[i]);
}

/* The fields of @n, into @d->field; 0: they cannot be listed. */
static size_t fields(struct dec *d, const struct flow_note *n)
{
	size_t got = 0;

	if (!n->msg || n->n > UINT32_MAX ||
	    fields_of(n->p, n->n, &n->shape, d->field, FIELDS_MAX, &got))
		return 0;
	return got;
}

/* --- text --- */

static const char *const *brief_of(const char *name)
{
	for (size_t i = 0; name && i < COUNT(brief); i++)
		if (!strcmp(brief[i][0], name))
			return brief[i];
	return NULL;
}

static bool shown(const char *const *b, const char *name)
{
	for (unsigned i = 1; i < 5 && b[i]; i++)
		if (!strcmp(b[i], name))
			return true;
	return false;
}

/* Numbers that have names. */
static const char *said(const char *name, const char *field, uint64_t v)
{
	if (!strcmp(name, "ERROR") && !strcmp(field, "error"))
		return rq_spdm_error((uint8_t)v);
	if (!strcmp(name, "TDISP_ERROR") && !strcmp(field, "error"))
		return rq_tdisp_error((uint32_t)v);
	if (!strcmp(name, "STATE") && !strcmp(field, "state"))
		return rq_tdi_state((unsigned)v);
	return NULL;
}

static void text_number(FILE *f, const struct flow_note *n,
			const struct field *k)
{
	const uint64_t v = number(n->p, k);
	const char *name = said(n->name, k->name, v);

	fprintf(f, " %s=0x%llx", k->name, (unsigned long long)v);
	if (name)
		fprintf(f, " (%s)", name);
}

static void text_brief(struct dec *d, const struct flow_note *n, size_t got)
{
	const char *const *b = brief_of(n->name);
	FILE *f = d->c->out;

	for (size_t i = 0; b && i < got; i++)
		if (d->field[i].kind == FIELD_NUMBER &&
		    shown(b, d->field[i].name))
			text_number(f, n, &d->field[i]);
}

static void text_checks(FILE *f, const struct flow_note *n)
{
	for (unsigned i = 0; i < n->checks; i++) {
		const struct flow_check *k = &n->check[i];

		if (k->verdict == FLOW_HOLDS)
			fprintf(f, "; %s holds", k->what);
		else
			fprintf(f, "; %s: %s: %s", k->what,
				verdict_name[k->verdict], k->why);
	}
}

static void text_fields(struct dec *d, const struct flow_note *n, size_t got)
{
	FILE *f = d->c->out;

	for (size_t i = 0; i < got; i++) {
		const struct field *k = &d->field[i];

		if (k->kind == FIELD_RESERVED)
			continue;
		fprintf(f, "              %-16s ", k->name);
		if (k->kind == FIELD_NUMBER)
			fprintf(f, "0x%llx",
				(unsigned long long)number(n->p, k));
		else
			hex(f, n->p + k->off, k->len);
		fputc('\n', f);
	}
	if (got || !n->n)
		return;
	fprintf(f, "              %-16s ", "bytes");
	hex(f, n->p, n->n);
	fputc('\n', f);
}

static void text_tlp(FILE *f, const struct tlp *t)
{
	if (t->ide)
		fprintf(f, " stream=%u t=%u", t->prefix.stream, t->prefix.t);
	if (t->type == TLP_MRD || t->type == TLP_MWR)
		fprintf(f, " addr=0x%llx len=%u", (unsigned long long)t->addr,
			4u * t->len_dw);
	else if (t->type >= TLP_CFGRD0 && t->type <= TLP_CFGWR1)
		fprintf(f, " dest=%04x reg=0x%03x", t->dest, t->reg);
}

static void text(struct dec *d, const struct dec_line *l)
{
	const struct flow_note *n = l->note;
	FILE *f = d->c->out;
	size_t got = n ? fields(d, n) : 0;
	char session[16] = "";

	if (n && n->secured)
		snprintf(session, sizeof(session), "%08x", n->session);
	fprintf(f, "%6llu %s %-8s %s", (unsigned long long)d->sum.packets,
		!n	      ? "--"
		: n->response ? "<-"
			      : "->",
		session, n && n->carried ? "  " : "");
	if (n && n->msg)
		fprintf(f, "%s %u.%u", l->name ? l->name : "message",
			(unsigned)n->msg->version >> 4, n->msg->version & 0xfu);
	else
		fprintf(f, "%s", l->name ? l->name : l->what);
	if (n)
		text_brief(d, n, got);
	if (l->tlp)
		text_tlp(f, l->tlp);
	if (l->why && (l->name || (n && n->msg)))
		fprintf(f, "; %s: %s", l->what, l->why);
	else if (l->why)
		fprintf(f, ": %s", l->why);
	if (n)
		text_checks(f, n);
	fputc('\n', f);
	if (n && d->verbose)
		text_fields(d, n, got);
}

static void text_end(const struct dec *d)
{
	const struct dec_sum *s = &d->sum;
	FILE *f = d->c->out;

	fprintf(f,
		"%llu packets: %llu messages, %llu of them secured; %llu "
		"opaque, %llu protected, %llu unknown\n",
		(unsigned long long)s->packets, (unsigned long long)s->messages,
		(unsigned long long)s->secured, (unsigned long long)s->opaque,
		(unsigned long long)s->protected,
		(unsigned long long)s->unknown);
	if (s->opened || s->closed)
		fprintf(f,
			"%llu packets under IDE were opened, %llu were not\n",
			(unsigned long long)s->opened,
			(unsigned long long)s->closed);
	fprintf(f,
		"%llu checks hold, %llu do not hold, of %llu it cannot be "
		"said\n",
		(unsigned long long)s->holds, (unsigned long long)s->fails,
		(unsigned long long)s->unsaid);
}

/* --- JSON --- */

static json_t *hex_json(const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	char buf[2 * 256 + 1] = "";
	json_t *o = NULL;
	char *s = buf;

	if (n > sizeof(buf) / 2) {
		s = malloc(2 * n + 1);
		if (!s)
			return json_null();
	}
	for (size_t i = 0; i < n; i++) {
		s[2 * i] = digit[p[i] >> 4];
		s[2 * i + 1] = digit[p[i] & 0xf];
	}
	o = json_stringn(s, 2 * n);
	if (s != buf)
		free(s);
	return o;
}

static json_t *checks_json(const struct flow_note *n)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < n->checks; i++) {
		const struct flow_check *k = &n->check[i];
		json_t *o = json_object();

		json_object_set_new(o, "of", json_string(k->what));
		json_object_set_new(o, "verdict",
				    json_string(verdict_name[k->verdict]));
		if (k->why)
			json_object_set_new(o, "why", json_string(k->why));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *fields_json(struct dec *d, const struct flow_note *n)
{
	const size_t got = fields(d, n);
	json_t *all = json_array();

	for (size_t i = 0; i < got; i++) {
		const struct field *k = &d->field[i];
		json_t *o;

		if (k->kind == FIELD_RESERVED)
			continue;
		o = json_object();
		json_object_set_new(o, "name", json_string(k->name));
		json_object_set_new(
			o, "value",
			k->kind == FIELD_NUMBER
				? json_integer((json_int_t)number(n->p, k))
				: hex_json(n->p + k->off, k->len));
		json_array_append_new(all, o);
	}
	return all;
}

static void note_json(struct dec *d, const struct flow_note *n, json_t *o)
{
	char text[16];

	json_object_set_new(o, "direction",
			    json_string(n->response ? "response" : "request"));
	snprintf(text, sizeof(text), "0x%08x", n->session);
	json_object_set_new(o, "session",
			    n->secured ? json_string(text) : json_null());
	if (n->carried)
		json_object_set_new(o, "carried", json_true());
	if (n->msg) {
		snprintf(text, sizeof(text), "%u.%u",
			 (unsigned)n->msg->version >> 4,
			 n->msg->version & 0xfu);
		json_object_set_new(o, "version", json_string(text));
	}
	if (n->checks)
		json_object_set_new(o, "checks", checks_json(n));
	if (!d->verbose)
		return;
	json_object_set_new(o, "fields", fields_json(d, n));
	json_object_set_new(o, "bytes", hex_json(n->p, n->n));
}

/* An array, an element a line, so that it can be read as it comes. */
static void line_json(struct dec *d, json_t *o)
{
	fputs(d->shown++ ? ",\n" : "[\n", d->c->out);
	json_dumpf(o, d->c->out, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
}

static void json(struct dec *d, const struct dec_line *l)
{
	json_t *o = json_object();

	json_object_set_new(o, "packet",
			    json_integer((json_int_t)d->sum.packets));
	json_object_set_new(o, "what", json_string(l->what));
	json_object_set_new(o, "name",
			    l->name ? json_string(l->name) : json_null());
	if (l->why)
		json_object_set_new(o, "why", json_string(l->why));
	if (l->note)
		note_json(d, l->note, o);
	line_json(d, o);
}

static void json_end(struct dec *d)
{
	const struct dec_sum *s = &d->sum;
	const struct {
		const char *key;
		uint64_t v;
	} all[] = {
		{ "packets", s->packets },	{ "messages", s->messages },
		{ "secured", s->secured },	{ "opaque", s->opaque },
		{ "protected", s->protected },	{ "unknown", s->unknown },
		{ "holds", s->holds },		{ "does_not_hold", s->fails },
		{ "cannot_say", s->unsaid },	{ "ide_opened", s->opened },
		{ "ide_protected", s->closed },
	};
	json_t *o = json_object();

	for (size_t i = 0; i < COUNT(all); i++)
		json_object_set_new(o, all[i].key,
				    json_integer((json_int_t)all[i].v));
	json_object_set_new(o, "whole", json_boolean(!d->broken));
	line_json(d, json_pack("{s:o}", "sum", o));
	fputs("\n]\n", d->c->out);
}

void dec_show(struct dec *d, const struct dec_line *l)
{
	(d->json ? json : text)(d, l);
}

void dec_show_end(struct dec *d)
{
	if (d->json)
		json_end(d);
	else
		text_end(d);
}

void dec_complain(struct dec *d, const char *fmt, ...)
{
	char line[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	d->broken = true;
	(void)cli_fail(d->c, "%s: %s", d->path, line);
}
