/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/bytes.h"
#include "cli/validate.h"
#include "doe/doe.h"
#include "mctp/mctp.h"

/* Options of `interlock validate`, and one run of the judge. */

/* --- while it runs --- */

static bool grow(struct val *v)
{
	const size_t room = v->room ? 2 * v->room : 256;
	struct val_case *more;

	if (v->n < v->room)
		return true;
	more = realloc(v->cases, room * sizeof(*more));
	if (!more)
		return false;
	v->cases = more;
	v->room = room;
	return true;
}

static void result(void *ctx, const struct judge_result *r,
		   struct judge_log *log)
{
	struct val *v = ctx;
	struct val_case *k;

	v->sum.count[r->verdict]++;
	if (!grow(v)) {
		v->short_of_memory = true;
		return;
	}
	k = &v->cases[v->n++];
	*k = (struct val_case){ .c = r->c,
				.version = r->version,
				.verdict = r->verdict,
				.expected = r->expected,
				.took_ns = r->took_ns };
	memcpy(k->name, r->name, sizeof(k->name));
	if (r->words[0])
		k->words = strdup(r->words);
	if (r->verdict == JUDGE_FAIL ||
	    (v->verbose && r->verdict == JUDGE_PASS))
		k->exchange = val_exchange(v, log);
	if (v->form->one)
		v->form->one(v, k);
}

/* Transport header of MCTP as captures have it: one packet. */
static const uint8_t mctp_head[4] = { 0, 0, 0, 0xc0 };

/* As the wire has it, whatever way it went. */
static void heard(void *ctx, bool answer, enum judge_kind kind,
		  const uint8_t *p, size_t n)
{
	struct val *v = ctx;
	const bool secured = kind == JUDGE_RECORD;
	const uint64_t now = (uint64_t)v->c->now_s() * 1000000000u;
	struct wr w = wr_over(v->packet, sizeof(v->packet));
	enum il_err err = IL_OK;

	(void)answer;
	if (!v->cap.d)
		return;
	if (v->target.mctp) {
		wr_bytes(&w, mctp_head, sizeof(mctp_head));
		err = mctp_wrap(&w, secured ? MCTP_SECURED : MCTP_SPDM, p, n);
	} else if (kind != JUDGE_OBJECT) {
		err = doe_wrap(&w, doe_spdm(secured), p, n);
	} else {
		world_pcap_put(&v->cap, now, p, n);
		return;
	}
	if (!err)
		world_pcap_put(&v->cap, now, v->packet, w.len);
}

static void keys(void *ctx, const struct spdm_key_note *n)
{
	struct val *v = ctx;

	if (v->keylog.f)
		cli_keylog_note(&v->keylog, n);
}

static void own_cfg(void *ctx, struct spdm_req_cfg *cfg)
{
	cli_own_cfg(ctx, cfg);
}

/* --- options --- */

struct texts {
	const char *trans, *json, *junit, *tap, *list, *verbose;
	const char *function, *stream, *port, *timeout, *limit, *seed;
	const char *trust, *psk, *hint, *mutual, *capture, *keylog;
	const char *force, *provision;
};

static int take_form(struct val *v, const struct texts *t)
{
	if (!!t->json + !!t->junit + !!t->tap > 1)
		return cli_misuse(v->c, "one of --json, --junit and --tap");
	v->form = t->json    ? &val_json
		  : t->junit ? &val_junit
		  : t->tap   ? &val_tap
			     : &val_text;
	v->verbose = t->verbose;
	return 0;
}

static int take_seed(struct val *v, const char *text)
{
	char *end;

	if (!text) {
		if (getrandom(&v->cfg.seed, sizeof(v->cfg.seed), 0) !=
		    sizeof(v->cfg.seed))
			return cli_fail(v->c, "no randomness");
	} else {
		v->cfg.seed = strtoull(text, &end, 0);
		if (end == text || *end || *text == '-')
			return cli_misuse(v->c,
					  "--seed is '%s'; expected a number",
					  text);
	}
	snprintf(v->seed_text, sizeof(v->seed_text), "%llu",
		 (unsigned long long)v->cfg.seed);
	return 0;
}

static int take_numbers(struct val *v, const struct texts *t,
			struct target_opts *o)
{
	unsigned long stream = 0, port = 0, timeout = 4, limit = 1800;
	int ret = cli_number(v->c, "stream", t->stream, 255, &stream);

	if (!ret)
		ret = cli_number(v->c, "port", t->port, 255, &port);
	if (!ret)
		ret = cli_number(v->c, "timeout", t->timeout, 600, &timeout);
	if (!ret)
		ret = cli_number(v->c, "limit", t->limit, 86400, &limit);
	if (!ret && t->function)
		ret = cli_function(v->c, t->function, &v->cfg.function_id);
	if (!ret)
		ret = take_seed(v, t->seed);
	if (ret)
		return ret;
	o->timeout_s = timeout ? (unsigned)timeout : 1;
	o->stream = (uint8_t)stream;
	v->cfg.timeout_ns = o->timeout_s * UINT64_C(1000000000);
	v->cfg.limit_ns = limit * UINT64_C(1000000000);
	v->cfg.stream = (uint8_t)stream;
	v->cfg.port = (uint8_t)port;
	return 0;
}

/* --- the run --- */

static int load(struct val *v, const struct texts *t)
{
	int ret = 0;

	v->crypto = ossl_crypto(v->lib);
	ret = cli_own_load(&v->own, v->c, &v->crypto, t->psk, t->mutual);
	if (!ret && t->trust) {
		v->anchor = calloc(1, sizeof(*v->anchor));
		ret = v->anchor ? cli_anchor_load(v->c, t->trust, v->anchor)
				: cli_fail(v->c, "no memory");
	}
	if (!ret)
		ret = cli_keylog_open(v->c, &v->keylog, t->keylog);
	if (!ret && t->capture &&
	    world_pcap_open(&v->cap, t->capture,
			    v->target.mctp ? WORLD_DLT_MCTP : WORLD_DLT_DOE))
		ret = cli_fail(v->c, "capture %s: cannot be written",
			       t->capture);
	return ret;
}

static void configure(struct val *v, const struct texts *t)
{
	const char *hint = t->hint ? t->hint : "";

	v->cfg.target = v->target.judge;
	v->cfg.crypto = &v->crypto;
	v->cfg.only = v->only;
	v->cfg.n_only = v->n_only;
	v->cfg.own = own_cfg;
	v->cfg.own_ctx = &v->own;
	v->cfg.psk_hint =
		(struct spdm_span){ (const uint8_t *)hint, strlen(hint) };
	v->cfg.result = result;
	v->cfg.heard = heard;
	v->cfg.keylog = keys;
	v->cfg.ctx = v;
	if (v->own.psk_len)
		v->cfg.given |= JUDGE_NEEDS_PSK;
	if (v->own.key.n)
		v->cfg.given |= JUDGE_NEEDS_IDENTITY;
	if (t->provision)
		v->cfg.given |= JUDGE_NEEDS_PROVISION;
	if (!v->anchor)
		return;
	v->cfg.given |= JUDGE_NEEDS_TRUST;
	v->cfg.anchor =
		(struct spdm_span){ v->anchor->anchor, v->anchor->anchor_len };
}

static int verdict(struct val *v)
{
	if (v->short_of_memory)
		return cli_fail(v->c, "no memory");
	if (!v->n)
		return cli_misuse(v->c, "no case fits --only");
	if (val_count(v, JUDGE_FAIL) || val_count(v, JUDGE_BROKEN))
		return CLI_FAILED;
	if (val_count(v, JUDGE_PASS) && v->sum.gone)
		return cli_fail(v->c, "%s: the target is gone: %s",
				v->target.text, v->sum.why);
	if (val_count(v, JUDGE_PASS))
		return CLI_DONE;
	return cli_fail(v->c, "%s: nothing was tested: %s", v->target.text,
			v->cases[v->n - 1].words ? v->cases[v->n - 1].words
						 : "");
}

static int judge(struct val *v, const struct texts *t)
{
	struct judge_sum sum;
	int ret = load(v, t);

	if (ret)
		return ret;
	v->judge = calloc(1, sizeof(*v->judge));
	v->dec = calloc(1, sizeof(*v->dec));
	if (!v->judge || !v->dec)
		return cli_fail(v->c, "no memory");
	configure(v, t);
	if (v->form->begin)
		v->form->begin(v);
	if (judge_run(v->judge, &v->cfg, &sum))
		return cli_fail(v->c, "the judge cannot start");
	v->sum = sum;
	if (v->form->end)
		v->form->end(v);
	ret = verdict(v);
	if (world_pcap_close(&v->cap) && !ret)
		ret = cli_fail(v->c, "capture %s: not written whole",
			       t->capture);
	return ret;
}

static int run_at(struct val *v, const struct texts *t, const char *target)
{
	struct target_opts o = { .trans = t->trans,
				 .force = t->force,
				 .crypto = &v->crypto };
	int ret = take_form(v, t);

	if (!ret)
		ret = take_numbers(v, t, &o);
	if (ret)
		return ret;
	if (t->list) {
		val_list(v);
		return CLI_DONE;
	}
	if (!target)
		return cli_misuse(v->c, "validate wants a TARGET");
	ret = target_make(v->c, target, &o, &v->target);
	if (ret)
		return ret;
	if (ossl_new(&(struct ossl_cfg){ .seeded = t->seed != NULL,
					 .seed = v->cfg.seed },
		     &v->lib))
		ret = cli_fail(v->c, "cryptography cannot start");
	if (!ret)
		ret = judge(v, t);
	return ret;
}

static void val_free(struct val *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->cases[i].words);
		free(v->cases[i].exchange);
	}
	free(v->cases);
	if (v->judge)
		bytes_wipe(v->judge, sizeof(*v->judge));
	free(v->judge);
	free(v->dec);
	free(v->anchor);
	cli_own_drop(&v->own);
	target_drop(&v->target);
	ossl_free(v->lib);
	bytes_wipe(v, sizeof(*v));
	free(v);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct texts t = { NULL };
	struct val *v = calloc(1, sizeof(*v));
	const char *target = NULL;
	int ret;

	if (!v)
		return cli_fail(c, "no memory");
	const struct cli_opt opts[] = {
		{ "list", true, &t.list },
		{ "only", false, v->only, VAL_ONLY, &v->n_only },
		{ "json", true, &t.json },
		{ "junit", true, &t.junit },
		{ "tap", true, &t.tap },
		{ "verbose", true, &t.verbose },
		{ "trans", false, &t.trans },
		{ "timeout", false, &t.timeout },
		{ "limit", false, &t.limit },
		{ "seed", false, &t.seed },
		{ "function", false, &t.function },
		{ "stream", false, &t.stream },
		{ "port", false, &t.port },
		{ "trust", false, &t.trust },
		{ "psk", false, &t.psk },
		{ "psk-hint", false, &t.hint },
		{ "mutual", false, &t.mutual },
		{ "provision", true, &t.provision },
		{ "capture", false, &t.capture },
		{ "key-log", false, &t.keylog },
		{ "force", true, &t.force },
	};

	v->c = c;
	ret = cli_opts(c, argc, argv, opts, COUNT(opts), &target, 1);
	if (!ret)
		ret = run_at(v, &t, target);
	if (cli_keylog_close(c, &v->keylog) && !ret)
		ret = CLI_FAILED;
	val_free(v);
	return ret;
}

const struct cli_cmd cmd_validate = {
	.name = "validate",
	.args = "TARGET [--list] [--only GLOB …] [--json|--junit|--tap] "
		"[--verbose] [--trans doe|mctp] [--timeout S] [--limit S] "
		"[--seed N] [--function BDF] [--stream N] [--port N] "
		"[--trust FILE] [--psk KEY] [--psk-hint TEXT] [--mutual DIR] "
		"[--provision] [--capture FILE] [--key-log FILE] [--force]",
	.help = "judge a device by the requirements of the specifications",
	.doc = "docs/validate.md",
	.run = run,
};
