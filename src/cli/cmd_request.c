/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/request.h"

#include "doe/doe.h"
#include "mctp/mctp.h"

/* Options of `interlock request`, and the walk over its steps. */

#define IN(state) (1u << (state))
#define ANY	  (IN(SPDM_REQ_CONNECTED) | IN(SPDM_REQ_SESSION))

/* The steps, each with the states of the requester it may begin in. */
struct step {
	const char *name;
	unsigned in;		    /* a bit for each enum spdm_req_state */
	enum spdm_req_state leaves; /* SPDM_REQ_STATES: the one it was in */
	const char *after;	    /* the step that leads there */
	enum rq_end (*run)(struct rq *q);
};

static const struct step steps[] = {
	{ "connect", IN(SPDM_REQ_NEW) | IN(SPDM_REQ_CONNECTED),
	  SPDM_REQ_CONNECTED, "", rq_connect },
	{ "challenge", IN(SPDM_REQ_CONNECTED), SPDM_REQ_CONNECTED, "connect",
	  rq_challenge },
	{ "measure", IN(SPDM_REQ_CONNECTED) | IN(SPDM_REQ_SESSION),
	  SPDM_REQ_STATES, "connect", rq_measure },
	{ "session", IN(SPDM_REQ_CONNECTED), SPDM_REQ_SESSION, "connect",
	  rq_session },
	{ "psk-session", IN(SPDM_REQ_CONNECTED), SPDM_REQ_SESSION, "connect",
	  rq_psk_session },
	{ "encap", IN(SPDM_REQ_CONNECTED) | IN(SPDM_REQ_SESSION),
	  SPDM_REQ_STATES, "connect", rq_encap },
	{ "heartbeat", IN(SPDM_REQ_SESSION), SPDM_REQ_SESSION, "session",
	  rq_heartbeat },
	{ "key-update", IN(SPDM_REQ_SESSION), SPDM_REQ_SESSION, "session",
	  rq_key_update },
	{ "ide", IN(SPDM_REQ_SESSION), SPDM_REQ_SESSION, "session", rq_ide },
	{ "tdisp", IN(SPDM_REQ_SESSION), SPDM_REQ_SESSION, "session",
	  rq_tdisp },
	{ "ide-stop", IN(SPDM_REQ_SESSION), SPDM_REQ_SESSION, "session",
	  rq_ide_stop },
	{ "csr", ANY, SPDM_REQ_STATES, "connect", rq_csr },
	{ "set-cert", ANY, SPDM_REQ_STATES, "connect", rq_set_cert },
	{ "key-pairs", ANY, SPDM_REQ_STATES, "connect", rq_key_pairs },
	{ "set-key-pair", ANY, SPDM_REQ_STATES, "connect", rq_set_key_pair },
	{ "endpoint-info", ANY, SPDM_REQ_STATES, "connect", rq_endpoint_info },
	{ "mel", ANY, SPDM_REQ_STATES, "connect", rq_mel },
	/* Stays the last: what is left open is ended with it. */
	{ "end", IN(SPDM_REQ_SESSION), SPDM_REQ_CONNECTED, "session",
	  rq_end_session },
};

#define ALL_STEPS                                                 \
	"connect,challenge,measure,session,heartbeat,key-update," \
	"measure,ide,tdisp,ide-stop,end"

static const struct step *find_step(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(steps); i++)
		if (strlen(steps[i].name) == len &&
		    memcmp(steps[i].name, name, len) == 0)
			return &steps[i];
	return NULL;
}

/* The list, in the order of the walk; each must find what it stands on. */
static int take_steps(struct cli *c, const char *list, const struct step **out,
		      size_t *n)
{
	enum spdm_req_state at = SPDM_REQ_NEW;

	for (*n = 0;; list++) {
		const size_t len = strcspn(list, ",");
		const struct step *s = find_step(list, len);

		if (!s)
			return cli_misuse(c, "unknown step '%.*s'", (int)len,
					  list);
		if (!(s->in & IN(at)))
			return cli_misuse(
				c, "step '%s' needs %s before it", s->name,
				at == SPDM_REQ_SESSION ? "end" : s->after);
		if (*n == RQ_STEPS)
			return cli_misuse(c, "more than %u steps", RQ_STEPS);
		if (s->leaves != SPDM_REQ_STATES)
			at = s->leaves;
		out[(*n)++] = s;
		list += len;
		if (!*list)
			return 0;
	}
}

static enum il_err draw(void *ctx, uint8_t *out, size_t len)
{
	struct rq *q = ctx;

	return ossl_random(q->lib, out, len);
}

static int load_anchor(struct rq *q)
{
	uint8_t *p = NULL;
	size_t n = 0;
	int ret;

	if (!q->o.trust)
		return 0;
	ret = cli_read(q->c, "trust anchor", q->o.trust, 1u << 16, &p, &n);
	if (!ret && identity_anchor(q->lib, p, n, q->anchor, &q->anchor_len))
		ret = cli_fail(q->c, "trust anchor %s: not a certificate",
			       q->o.trust);
	free(p);
	return ret;
}

static enum il_err build(struct rq *q)
{
	struct spdm_req_cfg cfg = {
		.crypto = &q->crypto,
		.env = &q->env,
		.keylog = q->o.keylog ? cli_keylog_note : NULL,
		.keylog_ctx = &q->keylog,
		.versions = { SPDM_V14, SPDM_V13, SPDM_V12, SPDM_V11,
			      SPDM_V10 },
		.multi_key = q->o.many,
		.caps = (q->o.clear ? SPDM_REQ_CAPS_ALL : SPDM_REQ_CAPS) |
			SPDM_CAP_CHUNK,
		.binding = q->peer.transport == EMU_MCTP ? &mctp_binding
							 : &doe_binding,
		.asym = SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384 |
			SPDM_ASYM_ECDSA_P521 | SPDM_ASYM_RSAPSS |
			SPDM_ASYM_RSASSA,
		.pqc_asym = SPDM_PQC_ML_DSA_44 | SPDM_PQC_ML_DSA_65 |
			    SPDM_PQC_ML_DSA_87,
		.kem = SPDM_KEM_ML_KEM_512 | SPDM_KEM_ML_KEM_768 |
		       SPDM_KEM_ML_KEM_1024,
		.hash = SPDM_HASH_SHA_256 | SPDM_HASH_SHA_384 |
			SPDM_HASH_SHA_512,
		.dhe = SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1 |
		       SPDM_DHE_SECP521R1,
		.aead = SPDM_AEAD_AES_256_GCM | SPDM_AEAD_CHACHA20_POLY1305 |
			SPDM_AEAD_AES_128_GCM,
		.sm_versions = { SPDM_SM_V11, SPDM_SM_V10 },
		.transfer = q->o.transfer,
		.large = q->large,
		.large_cap = sizeof(q->large),
		.busy_tries = 8,
		.chain = q->chain,
		.chain_cap = sizeof(q->chain),
		.scratch = q->scratch,
		.scratch_len = sizeof(q->scratch),
	};

	cli_own_cfg(&q->own, &cfg);
	q->env = (struct env){ .random = draw, .ctx = q };
	idekm_req_init(&q->idekm);
	tdisp_req_init(&q->tdisp, q->o.function_id);
	if (q->o.version) {
		memset(cfg.versions, 0, sizeof(cfg.versions));
		cfg.versions[0] = q->o.version;
	}
	return spdm_req_init(&q->spdm, &cfg);
}

/* One step, shown. True: it is as it should be. */
static bool one(struct rq *q, const struct step *s)
{
	enum rq_end end;
	bool good;

	q->found = json_object();
	q->why[0] = '\0';
	end = s->in & IN(q->spdm.state)
		      ? s->run(q)
		      : rq_say(q, RQ_SKIPPED, "there is no %s",
			       s->in & IN(SPDM_REQ_CONNECTED) ? "connection"
							      : "session");
	good = !end ||
	       (!q->o.listed && (end == RQ_ABSENT || end == RQ_SKIPPED));
	if (!good && !q->first[0])
		snprintf(q->first, sizeof(q->first), "%s: %s", s->name, q->why);
	rq_show_step(q, s->name, end);
	json_decref(q->found);
	return good;
}

static int walk(struct rq *q, const struct step *const *list, size_t n)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		ok &= one(q, list[i]);
	/* What was begun is ended, also where the list left it open. */
	if (q->spdm.state == SPDM_REQ_SESSION)
		ok &= one(q, &steps[COUNT(steps) - 1]);
	rq_show_all(q, ok);
	return ok ? CLI_DONE
		  : cli_fail(q->c, "%s: %s", q->peer.addr.text, q->first);
}

static int reach(struct rq *q)
{
	enum il_err err = peer_open(&q->peer);

	if (!err && q->o.hello)
		err = peer_hello(&q->peer);
	if (!err)
		return 0;
	snprintf(q->first, sizeof(q->first), "%s", q->peer.why);
	rq_show_all(q, false);
	return cli_fail(q->c, "%s: %s", q->peer.addr.text, q->peer.why);
}

/* MCTP 291, DOE 292: what `interlock decode` reads. */
static int open_capture(struct rq *q)
{
	const int dlt =
		q->peer.transport == EMU_MCTP ? WORLD_DLT_MCTP : WORLD_DLT_DOE;

	q->peer.now_s = q->c->now_s;
	if (!q->o.capture || !world_pcap_open(&q->peer.cap, q->o.capture, dlt))
		return 0;
	return cli_fail(q->c, "capture %s: cannot be written", q->o.capture);
}

static int request(struct rq *q, const struct step *const *list, size_t n)
{
	int ret;

	if (ossl_new(&(struct ossl_cfg){ 0 }, &q->lib))
		return cli_fail(q->c, "cryptography cannot start");
	q->crypto = ossl_crypto(q->lib);
	ret = load_anchor(q);
	if (!ret)
		ret = cli_own_load(&q->own, q->c, &q->crypto, q->o.psk,
				   q->o.mutual);
	if (!ret)
		ret = cli_keylog_open(q->c, &q->keylog, q->o.keylog);
	if (!ret)
		ret = open_capture(q);
	if (!ret && build(q))
		ret = cli_fail(q->c, "no requester");
	if (!ret) {
		q->steps = json_array();
		ret = reach(q);
		if (!ret)
			ret = walk(q, list, n);
		peer_close(&q->peer);
		spdm_req_fini(&q->spdm);
		json_decref(q->steps);
	}
	if (world_pcap_close(&q->peer.cap) && !ret)
		ret = cli_fail(q->c, "capture %s: not written whole",
			       q->o.capture);
	if (cli_keylog_close(q->c, &q->keylog) && !ret)
		ret = CLI_FAILED;
	cli_own_drop(&q->own);
	ossl_free(q->lib);
	return ret;
}

struct texts {
	const char *trans, *steps, *function, *trust, *slot, *stream, *port;
	const char *lock_flags, *timeout, *transfer, *hello, *clear, *json,
		*keylog;
	const char *capture;
	const char *psk, *hint, *mutual;
	const char *set_slot, *key_pair, *model, *tag, *chain;
	const char *ver, *many, *pair_op, *pair_uses, *pair_slots;
};

/* 1.0 to 1.4 */
static int version(struct cli *c, const char *text, uint8_t *out)
{
	if (!text)
		return 0;
	if (strlen(text) != 3 || text[0] != '1' || text[1] != '.' ||
	    text[2] < '0' || text[2] > '4')
		return cli_misuse(c, "--ver is '%s'; expected 1.0 to 1.4",
				  text);
	*out = (uint8_t)(SPDM_V10 + (text[2] - '0'));
	return 0;
}

/* What set-key-pair is to do. */
static int take_pair(struct rq *q, const struct texts *t)
{
	static const char *const ops[] = {
		[SPDM_KEY_PAIR_CHANGE] = "change",
		[SPDM_KEY_PAIR_ERASE] = "erase",
		[SPDM_KEY_PAIR_GENERATE] = "generate",
	};
	unsigned long uses = 0, slots = 0;
	int ret =
		cli_number(q->c, "pair-uses", t->pair_uses, UINT16_MAX, &uses);

	if (!ret)
		ret = cli_number(q->c, "pair-slots", t->pair_slots, UINT8_MAX,
				 &slots);
	if (ret)
		return ret;
	q->o.pair_uses = (uint16_t)uses;
	q->o.pair_slots = (uint8_t)slots;
	for (uint8_t i = 0; i < COUNT(ops) && t->pair_op; i++)
		if (strcmp(t->pair_op, ops[i]) == 0) {
			q->o.pair_op = i;
			return 0;
		}
	if (t->pair_op)
		return cli_misuse(q->c,
				  "--pair-op is '%s'; expected change, erase "
				  "or generate",
				  t->pair_op);
	return 0;
}

/* Those of provisioning. */
static int take_prov(struct rq *q, const struct texts *t)
{
	unsigned long slot = 1, pair = 1, model = SPDM_CERT_MODEL_DEVICE;
	unsigned long tag = 0;
	int ret = cli_number(q->c, "set-slot", t->set_slot, SPDM_SLOTS - 1,
			     &slot);

	if (!ret)
		ret = cli_number(q->c, "key-pair", t->key_pair, 255, &pair);
	if (!ret)
		ret = cli_number(q->c, "model", t->model,
				 SPDM_CERT_MODEL_GENERIC, &model);
	if (!ret)
		ret = cli_number(q->c, "tag", t->tag, 7, &tag);
	q->o.set_slot = (uint8_t)slot;
	q->o.key_pair = (uint8_t)pair;
	q->o.model = (uint8_t)model;
	q->o.tag = (uint8_t)tag;
	q->o.set_chain = t->chain;
	return ret ? ret : take_pair(q, t);
}

static int take_numbers(struct rq *q, const struct texts *t)
{
	unsigned long slot = 0, stream = 0, port = 0, flags = 0, timeout = 4;
	unsigned long transfer = RQ_TRANSFER;
	int ret = cli_number(q->c, "slot", t->slot, SPDM_SLOTS - 1, &slot);

	if (!ret)
		ret = cli_number(q->c, "stream", t->stream, 255, &stream);
	if (!ret)
		ret = cli_number(q->c, "port", t->port, 255, &port);
	if (!ret)
		ret = cli_number(q->c, "lock-flags", t->lock_flags,
				 TDISP_LOCK_FLAGS, &flags);
	if (!ret)
		ret = cli_number(q->c, "timeout", t->timeout, 600, &timeout);
	if (!ret)
		ret = cli_number(q->c, "transfer", t->transfer, RQ_TRANSFER,
				 &transfer);
	if (!ret && transfer < SPDM_TRANSFER_MIN)
		ret = cli_misuse(q->c, "--transfer is below %u",
				 SPDM_TRANSFER_MIN);
	if (ret)
		return ret;
	q->peer.timeout_s = timeout ? (unsigned)timeout : 1;
	q->o.transfer = (uint16_t)transfer;
	q->o.slot = (uint8_t)slot;
	q->o.stream = (uint8_t)stream;
	q->o.port = (uint8_t)port;
	q->o.lock_flags = (uint16_t)flags;
	return 0;
}

static int take_opts(struct rq *q, const struct texts *t)
{
	const char *fn = t->function ? t->function : "0000:01:00.0";
	int ret = take_numbers(q, t);

	if (!ret)
		ret = cli_function(q->c, fn, &q->o.function_id);
	if (!ret)
		ret = take_prov(q, t);
	if (!ret)
		ret = version(q->c, t->ver, &q->o.version);
	if (ret)
		return ret;
	if (t->trans && strcmp(t->trans, "doe") != 0 &&
	    strcmp(t->trans, "mctp") != 0)
		return cli_misuse(q->c, "--trans is '%s'; expected doe or mctp",
				  t->trans);
	q->peer.transport = t->trans && *t->trans == 'm' ? EMU_MCTP : EMU_DOE;
	q->o.trust = t->trust;
	q->o.psk = t->psk;
	q->o.hint = t->hint;
	q->o.mutual = t->mutual;
	q->o.hello = t->hello;
	q->o.clear = t->clear;
	q->o.many = t->many;
	q->o.keylog = t->keylog;
	q->o.capture = t->capture;
	q->o.json = t->json;
	q->o.listed = t->steps;
	return 0;
}

static int prepare(struct rq *q, const struct texts *t, const char *target)
{
	const struct step *list[RQ_STEPS];
	size_t n = 0;
	int ret;

	if (!target)
		return cli_misuse(q->c, "request wants an ADDR");
	if (sock_parse(target, &q->peer.addr))
		return cli_misuse(q->c,
				  "%s: not an address; expected unix:PATH or "
				  "tcp:127.0.0.1:PORT",
				  target);
	ret = take_opts(q, t);
	if (!ret)
		ret = take_steps(q->c, t->steps ? t->steps : ALL_STEPS, list,
				 &n);
	return ret ? ret : request(q, list, n);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct texts t = { NULL };
	const struct cli_opt opts[] = {
		{ "trans", false, &t.trans },
		{ "steps", false, &t.steps },
		{ "function", false, &t.function },
		{ "trust", false, &t.trust },
		{ "slot", false, &t.slot },
		{ "stream", false, &t.stream },
		{ "port", false, &t.port },
		{ "lock-flags", false, &t.lock_flags },
		{ "timeout", false, &t.timeout },
		{ "transfer", false, &t.transfer },
		{ "key-log", false, &t.keylog },
		{ "capture", false, &t.capture },
		{ "set-slot", false, &t.set_slot },
		{ "key-pair", false, &t.key_pair },
		{ "model", false, &t.model },
		{ "tag", false, &t.tag },
		{ "chain", false, &t.chain },
		{ "pair-op", false, &t.pair_op },
		{ "pair-uses", false, &t.pair_uses },
		{ "pair-slots", false, &t.pair_slots },
		{ "ver", false, &t.ver },
		{ "many-keys", true, &t.many },
		{ "hello", true, &t.hello },
		{ "clear", true, &t.clear },
		{ "psk", false, &t.psk },
		{ "psk-hint", false, &t.hint },
		{ "mutual", false, &t.mutual },
		{ "json", true, &t.json },
	};
	const char *target = NULL;
	struct rq *q;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), &target, 1);

	if (ret)
		return ret;
	q = calloc(1, sizeof(*q));
	if (!q)
		return cli_fail(c, "no memory");
	q->c = c;
	q->peer.fd = -1;
	q->peer.mono_ns = c->mono_ns;
	ret = prepare(q, &t, target);
	bytes_wipe(q, sizeof(*q));
	free(q);
	return ret;
}

const struct cli_cmd cmd_request = {
	.name = "request",
	.args = "ADDR [--trans doe|mctp] [--steps LIST] [--function BDF] "
		"[--trust FILE] [--slot N] [--stream N] [--port N] "
		"[--lock-flags N] [--transfer N] [--timeout S] [--hello] "
		"[--clear] "
		"[--psk HEX|FILE] [--psk-hint TEXT] [--mutual DIR] "
		"[--set-slot N] [--chain FILE] [--key-pair N] [--model N] "
		"[--tag N] [--pair-op OP] [--pair-uses N] [--pair-slots N] "
		"[--ver V] [--many-keys] [--key-log FILE] "
		"[--capture FILE] [--json]",
	.help = "a requester: walk through what a responder answers",
	.doc = "docs/request.md",
	.run = run,
};
