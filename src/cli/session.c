/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define PAYLOAD_MAX (UINT64_C(64) << 20)
#define CALLS_MAX   1024u

/* --- what happens, as it happens --- */

static void clear_bar(struct cli_run *r)
{
	if (r->bar)
		fputs("\r\033[K", r->c->out);
	r->bar = false;
}

static void say_text(struct cli_run *r, const struct world_step *s)
{
	FILE *f = r->c->out;

	clear_bar(r);
	if (strcmp(r->group, s->group) != 0) {
		snprintf(r->group, sizeof(r->group), "%s", s->group);
		fprintf(f, "%s\n", s->group);
	}
	fprintf(f, "  %-8s %-44s %-20s %9.3f ms\n", s->who, s->what, s->result,
		(double)s->ns / 1e6);
	fflush(f);
}

/* What naive orders are for: each error and fault once, and why. */
static void note_expected(struct cli_run *r, const struct world_step *s)
{
	size_t i;
	json_t *o;

	json_array_foreach(
		r->expected_here, i,
		o) if (strcmp(json_string_value(json_object_get(o, "what")),
			      s->what) == 0) return;
	json_array_append_new(
		r->expected_here,
		json_pack("{s:s, s:s}", "what", s->what, "why", s->result));
}

static void on_note(void *ctx, const struct world_note *n)
{
	static const char *const kinds[] = {
		[WORLD_NOTE_ERROR] = "error",
		[WORLD_NOTE_FAULT] = "fault",
		[WORLD_NOTE_VERDICT] = "verdict",
		[WORLD_NOTE_OPEN] = "open",
		[WORLD_NOTE_DIFFERS] = "differs",
		[WORLD_NOTE_INAPPLICABLE] = "inapplicable",
	};
	struct cli_run *r = ctx;

	json_array_append_new(r->notes,
			      json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}",
					"kind", kinds[n->kind], "what", n->what,
					"says", n->says ? n->says : "",
					"source", n->source ? n->source : "",
					"sure", sure_name(n->sure), "line",
					(int)n->call->line));
}

static void on_step(void *ctx, const struct world_step *s)
{
	struct cli_run *r = ctx;

	if (strcmp(s->who, "expect") == 0 && !s->failed)
		note_expected(r, s);
	if (r->json)
		json_array_append_new(
			r->steps,
			json_pack("{s:s, s:s, s:s, s:s, s:b, s:f}", "group",
				  s->group, "who", s->who, "what", s->what,
				  "result", s->result, "ok", !s->failed, "ms",
				  (double)s->ns / 1e6));
	else if (!r->quiet)
		say_text(r, s);
}

#define BAR_MIN	  (UINT64_C(4) << 20) /* smaller payloads need no bar */
#define BAR_WIDTH 40

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct cli_run *r = ctx;
	unsigned at;

	if (r->json || r->quiet || !r->c->tty || total < BAR_MIN)
		return;
	at = (unsigned)(done * BAR_WIDTH / total);
	fprintf(r->c->out, "\r  [%.*s%*s] %3u %%", at,
		"########################################",
		(int)(BAR_WIDTH - at), "", (unsigned)(done * 100 / total));
	fflush(r->c->out);
	r->bar = true;
}

static uint64_t on_mono(void *ctx)
{
	const struct cli_run *r = ctx;

	return r->c->mono_ns();
}

/* --- opening --- */

static int read_number(struct cli *c, const char *name, const char *text,
		       uint64_t *out)
{
	if (lang_int(text, out))
		return cli_misuse(c, "--%s is '%s'; expected a number", name,
				  text);
	return 0;
}

/* A platform's firmware knows P-256 and P-384 (architectures). */
static int load_for_world(struct cli *c, struct cli_run *r, const char *dir,
			  const char *trust)
{
	int ret = cli_identity_load(c, dir, trust, &r->id);
	const enum crypto_key kind = ret ? 0 : r->id.id.kind;

	if (!ret && kind != CRYPTO_KEY_P256 && kind != CRYPTO_KEY_P384)
		ret = cli_fail(c,
			       "identity %s: the key is %s; a platform takes "
			       "P-256 and P-384",
			       dir, crypto_key_name(kind));
	return ret;
}

static int open_identity(struct cli *c, struct cli_run *r,
			 const struct cli_run_opts *o)
{
	char dir[4096];
	int ret;

	if (o->elsewhere && o->trust && !o->identity)
		return cli_anchor_load(c, o->trust, &r->id);
	if (o->identity)
		return load_for_world(c, r, o->identity, o->trust);
	ret = cli_identity_default(c, dir, sizeof(dir));
	return ret ? ret : load_for_world(c, r, dir, o->trust);
}

/* What scenarios move when nobody says: bytes that the seed decides. */
#define PAYLOAD_DEFAULT 65536u

static int draw_payload(struct cli *c, struct cli_run *r, size_t *len)
{
	struct dice d = { .state = ~r->cfg.seed };

	r->payload = malloc(PAYLOAD_DEFAULT);
	if (!r->payload)
		return cli_fail(c, "no memory");
	dice_fill(&d, r->payload, PAYLOAD_DEFAULT);
	*len = PAYLOAD_DEFAULT;
	return 0;
}

static int open_inputs(struct cli *c, struct cli_run *r,
		       const struct cli_run_opts *o)
{
	size_t len = 0;
	int ret = 0;

	if (o->payload)
		ret = cli_read(c, "payload", o->payload, PAYLOAD_MAX,
			       &r->payload, &len);
	else
		ret = draw_payload(c, r, &len);
	if (!ret)
		ret = open_identity(c, r, o);
	if (!ret && o->expect)
		ret = cli_measurements_read(c, o->expect, r->expected,
					    &r->cfg.n_expected);
	r->cfg.payload = r->payload;
	r->cfg.payload_len = len;
	r->cfg.expected = r->expected;
	r->cfg.identity = r->id.id.chain_len ? &r->id.id : NULL;
	r->cfg.anchor = r->id.anchor;
	r->cfg.anchor_len = r->id.anchor_len;
	return ret;
}

int cli_run_open(struct cli *c, struct cli_run *r, const struct cli_run_opts *o)
{
	uint64_t now = 0, trace = 0;
	int ret = 0;

	memset(r, 0, sizeof(*r));
	r->c = c;
	r->json = o->json;
	r->cfg.seed = 1;
	r->cfg.now_s = c->now_s();
	if (o->seed)
		ret = read_number(c, "seed", o->seed, &r->cfg.seed);
	if (!ret && o->trace)
		ret = read_number(c, "trace", o->trace, &trace);
	r->trace = (unsigned)trace;
	if (!ret && o->now) {
		ret = read_number(c, "now", o->now, &now);
		r->cfg.now_s = (int64_t)now;
	}
	if (!ret)
		ret = open_inputs(c, r, o);
	if (ret)
		return ret;
	ret = cli_keylog_open(c, &r->keylog, o->keylog);
	if (ret)
		return ret;
	r->cfg.keylog = o->keylog ? cli_keylog_note : NULL;
	r->cfg.keylog_ctx = &r->keylog;
	r->cfg.patience = c->patience;
	r->cfg.out = (struct world_out){ .note = on_note,
					 .step = on_step,
					 .progress = on_progress,
					 .mono_ns = on_mono,
					 .ctx = r };
	r->steps = json_array();
	r->state = json_array();
	r->last = json_array();
	r->expected_here = json_array();
	r->notes = json_array();
	r->script.call = calloc(CALLS_MAX, sizeof(*r->script.call));
	r->script.cap = CALLS_MAX;
	if (!r->steps || !r->state || !r->last || !r->expected_here ||
	    !r->notes || !r->script.call)
		return cli_fail(c, "no memory");
	return 0;
}

void cli_run_close(struct cli_run *r)
{
	if (r->w)
		world_free(r->w);
	(void)cli_keylog_close(r->c, &r->keylog);
	json_decref(r->steps);
	json_decref(r->state);
	json_decref(r->last);
	json_decref(r->expected_here);
	json_decref(r->notes);
	free(r->script.call);
	free(r->payload);
	bytes_wipe(&r->id, sizeof(r->id));
}

int cli_run_parse(struct cli_run *r, const char *name, const char *text,
		  size_t len)
{
	struct lang_error e = { 0 };
	const char *stray;

	if (lang_parse(&r->script, &world_commands, text, len, &e))
		return cli_fail(r->c, "%s:%u:%u: %s", name, e.line, e.col,
				e.what);
	stray = lang_undeclared(&r->script);
	if (stray)
		return cli_fail(r->c, "%s: has no parameter %s", name, stray);
	return 0;
}

/* --- the end --- */

static json_t *laws_json(const struct world *w)
{
	struct world_law law[64];
	unsigned n = world_laws(w, law, 64);
	json_t *o = json_object();

	for (unsigned i = 0; i < n; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%u", law[i].number);
		json_object_set_new(o, key,
				    json_integer((json_int_t)law[i].held));
	}
	return o;
}

static void end_json(struct cli_run *r, const char *name, bool clean,
		     double seconds)
{
	unsigned n = 0;
	const struct evidence_measurement *m =
		r->w ? world_measurements(r->w, &n) : NULL;
	struct world_sum s = { 0 };
	json_t *o = json_object();

	if (r->w)
		world_sum(r->w, &s);
	json_object_set_new(o, "scenario", json_string(name));
	json_object_set_new(o, "ok", json_boolean(!r->end.err));
	if (r->end.err)
		json_object_set_new(
			o, "error",
			json_string(r->w ? r->end.what : r->c->said));
	json_object_set_new(o, "clean", json_boolean(clean));
	json_object_set_new(o, "isolated",
			    json_boolean(r->w && world_isolated(r->w)));
	json_object_set_new(o, "steps",
			    r->steps ? json_incref(r->steps) : json_array());
	json_object_set_new(o, "bytes_to_device",
			    json_integer((json_int_t)s.to_device));
	json_object_set_new(o, "bytes_from_device",
			    json_integer((json_int_t)s.from_device));
	json_object_set_new(o, "tlps", json_integer((json_int_t)s.tlps));
	json_object_set_new(o, "exchanges",
			    json_integer((json_int_t)s.exchanges));
	json_object_set_new(o, "law_checks",
			    json_integer((json_int_t)s.law_checks));
	json_object_set_new(o, "laws", r->w ? laws_json(r->w) : json_object());
	json_object_set_new(o, "expected", json_incref(r->expected_here));
	json_object_set_new(o, "notes", json_incref(r->notes));
	json_object_set_new(o, "state", json_incref(r->state));
	json_object_set_new(o, "trace", json_incref(r->last));
	json_object_set_new(o, "measurements",
			    m ? cli_measurements_json(m, n) : json_null());
	json_object_set_new(o, "seed", json_integer((json_int_t)r->cfg.seed));
	json_object_set_new(o, "device",
			    s.device_at ? json_string(s.device_at)
					: json_null());
	json_object_set_new(o, "replayable", json_boolean(!s.device_at));
	json_object_set_new(o, "seconds", json_real(seconds));
	if (r->ends) {
		json_array_append_new(r->ends, o);
		return;
	}
	json_dumpf(o, r->c->out, JSON_INDENT(1));
	fputc('\n', r->c->out);
	json_decref(o);
}

static void end_text(struct cli_run *r, double seconds)
{
	struct world_sum s;

	world_sum(r->w, &s);
	fprintf(r->c->out,
		"%s\n"
		"  %llu bytes to the device, %llu bytes from it\n"
		"  %llu TLPs, %llu exchanges over DOE\n"
		"  %llu checks of %u laws at %llu steps (%u put to the test)\n"
		"  %.3f s\n",
		r->end.err	      ? "failed"
		: r->end.inapplicable ? "not applicable"
				      : "done",
		(unsigned long long)s.to_device,
		(unsigned long long)s.from_device, (unsigned long long)s.tlps,
		(unsigned long long)s.exchanges,
		(unsigned long long)s.law_checks, s.laws,
		(unsigned long long)s.steps, s.laws_tested, seconds);
	if (s.device_at && s.steps)
		fprintf(r->c->out,
			"  the device is another process, at %s: this world "
			"waited in wall time and cannot be replayed\n",
			s.device_at);
}

int cli_run_refused(struct cli_run *r, const char *name, int ret)
{
	if (ret != CLI_FAILED || !r->json)
		return ret;
	r->end.err = IL_E_ARG;
	end_json(r, name, true, 0);
	return ret;
}

#define TRACE_SHOWN 20

static void keep_line(void *ctx, const char *text)
{
	json_array_append_new(ctx, json_string(text));
}

/* Where things stand when a run fails; giving back changes it. */
static void keep_failure(struct cli_run *r)
{
	const bool told = r->end.law || r->end.expect;

	if (told)
		world_state_text(r->w, keep_line, r->state);
	if (told || r->trace)
		world_trace_text(r->w, r->trace ? r->trace : TRACE_SHOWN,
				 keep_line, r->last);
}

static void say_failure(struct cli_run *r, const char *name, bool clean)
{
	struct cli *c = r->c;
	size_t i;
	json_t *line;

	cli_fail(c, "%s:%u: %s%s", name, r->end.line, r->end.what,
		 world_isolated(r->w) ? "; the device is ERROR, isolated" : "");
	if (!r->json) {
		json_array_foreach(r->state, i, line)
			fprintf(c->err, "  %s\n", json_string_value(line));
		json_array_foreach(r->last, i, line)
			fprintf(c->err, "  %s\n", json_string_value(line));
	}
	if (!clean)
		cli_fail(c, "the device was not given back in full");
}

static void close_files(struct cli_run *r)
{
	if (world_captures_close(r->w) && !r->end.err) {
		r->end.err = IL_E_IO;
		snprintf(r->end.what, sizeof(r->end.what),
			 "a capture cannot be written");
	}
	if (cli_keylog_close(r->c, &r->keylog) && !r->end.err) {
		r->end.err = IL_E_IO;
		snprintf(r->end.what, sizeof(r->end.what),
			 "the key log cannot be written");
	}
}

int cli_run_do(struct cli_run *r, const char *name)
{
	struct cli *c = r->c;
	bool clean = true;
	double seconds;
	enum il_err err;

	r->start_ns = c->mono_ns();
	err = world_new(&r->cfg, &r->w);
	if (err)
		return cli_run_refused(r, name,
				       cli_fail(c, "a world cannot be made: %s",
						il_err_name(err)));
	if (world_run(r->w, &r->script, &r->end)) {
		keep_failure(r);
		clean = world_cleanup(r->w);
	}
	close_files(r);
	clear_bar(r);
	seconds = (double)(c->mono_ns() - r->start_ns) / 1e9;
	if (r->json)
		end_json(r, name, clean, seconds);
	else if (!r->quiet)
		end_text(r, seconds);
	if (!r->end.err)
		return CLI_DONE;
	say_failure(r, name, clean);
	return CLI_FAILED;
}
