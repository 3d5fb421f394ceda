/* SPDX-License-Identifier: BSD-2-Clause */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "bench.h"
#include "cli/keylog.h"
#include "decode/flow.h"
#include "doe/doe.h"
#include "idekm/codec.h"
#include "spdm/req.h"
#include "spdm/rsp.h"
#include "tdisp/codec.h"

/*
 * Parsing of the recordings' messages, those that were encrypted too: SPDM,
 * and IDE_KM or TDISP in it. They are decrypted once, before; nothing is
 * printed, hashed or checked. And how large the state of a connection is.
 */

struct message {
	uint8_t *p;
	size_t n;
	struct spdm_shape shape;
};

struct set {
	struct message m[1024];
	size_t n;
	struct keylog keys;
	unsigned sink;
};

static void keep(void *ctx, const struct flow_note *n)
{
	struct set *s = ctx;
	struct message *m = &s->m[s->n];

	bench_must(!n->msg || s->n == COUNT(s->m));
	m->p = malloc(n->n);
	bench_must(!m->p);
	memcpy(m->p, n->p, n->n);
	m->n = n->n;
	m->shape = n->shape;
	s->n++;
}

static const struct flow_secrets *secrets(void *ctx, const struct flow_who *who)
{
	struct set *s = ctx;

	return keylog_find(&s->keys, who);
}

static void hear(struct flow *f, const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *cap = pcap_open_offline(path, why);
	struct pcap_pkthdr *h;
	const uint8_t *p, *pay;
	struct doe_type t;
	size_t len;
	bool secured;

	bench_must(!cap);
	while (pcap_next_ex(cap, &h, &p) == 1) {
		bench_must(doe_unwrap(p, h->caplen, DOE_MAX_PAYLOAD, &t, &pay,
				      &len));
		if (doe_is_spdm(t, &secured))
			flow_push(f, &doe_binding,
				  secured ? SPDM_SECURED : SPDM_PLAIN, pay,
				  len);
	}
	pcap_close(cap);
}

static void load(struct set *s, struct cli *c, const struct crypto *crypto,
		 const char *name)
{
	const struct flow_cfg cfg = {
		.crypto = crypto, .secrets = secrets, .note = keep, .ctx = s
	};
	struct flow *f = malloc(sizeof(*f));
	char path[1024];

	bench_must(!f);
	snprintf(path, sizeof(path), "%s/%s.json", VECTORS, name);
	bench_must(cli_keylog_read(c, path, &s->keys));
	flow_init(f, &cfg);
	snprintf(path, sizeof(path), "%s/%s.pcap", VECTORS, name);
	hear(f, path);
	flow_fini(f);
	free(f);
	cli_keylog_free(&s->keys);
}

/* IDE_KM or TDISP, where a message carries one of them. */
static void body(struct set *s, const struct spdm_vdm *v)
{
	struct idekm_msg ide;
	struct tdisp_msg tdi;

	if (v->vid.n != 2 || v->vid.p[0] != SPDM_VID_PCISIG || v->vid.p[1])
		return;
	if (v->payload.p[0] == IDEKM_PROTOCOL) {
		bench_must(
			idekm_decode(v->payload.p + 1, v->payload.n - 1, &ide));
		s->sink += ide.object;
	} else {
		bench_must(
			tdisp_decode(v->payload.p + 1, v->payload.n - 1, &tdi));
		s->sink += tdi.code;
	}
}

#define MESSAGES (42 + 244 + 64)
#define TIMES	 1000

static double parse(void *ctx)
{
	struct set *s = ctx;
	struct spdm_msg m;

	for (unsigned k = 0; k < TIMES; k++)
		for (size_t i = 0; i < s->n; i++) {
			const struct message *x = &s->m[i];

			bench_must(
				spdm_msg_decode_at(x->p, x->n, &x->shape, &m));
			if ((m.code | 0x80) == SPDM_VENDOR_DEFINED_REQUEST)
				body(s, &m.u.vdm);
			s->sink += m.code;
		}
	return (double)TIMES * (double)s->n;
}

/* With one place for a session. */
static double rsp_size(void *ctx)
{
	(void)ctx;
	return (double)(sizeof(struct spdm_rsp) +
			sizeof(struct spdm_rsp_session));
}

static double req_size(void *ctx)
{
	(void)ctx;
	return (double)sizeof(struct spdm_req);
}

int main(int argc, char **argv)
{
	static const char *const name[] = { "base11", "tdisp12", "psk13" };
	struct set *s = calloc(1, sizeof(*s));
	struct cli c = { .out = stderr, .err = stderr };
	struct ossl *lib = NULL;
	struct crypto crypto;
	const struct bench b[] = {
		{ .name = "decode",
		  .unit = "messages/s",
		  .kind = BENCH_RATE,
		  .scale = 1,
		  .run = parse,
		  .ctx = s },
		{ .name = "connection.size.responder",
		  .unit = "bytes",
		  .kind = BENCH_COUNT,
		  .run = rsp_size,
		  .rounds = 3 },
		{ .name = "connection.size.requester",
		  .unit = "bytes",
		  .kind = BENCH_COUNT,
		  .run = req_size,
		  .rounds = 3 },
	};
	int rc;

	bench_must(!s || ossl_new(&(struct ossl_cfg){ 0 }, &lib));
	crypto = ossl_crypto(lib);
	for (unsigned i = 0; i < COUNT(name); i++)
		load(s, &c, &crypto, name[i]);
	bench_must(s->n != MESSAGES);
	rc = bench_all(argc, argv, b, COUNT(b));
	for (size_t i = 0; i < s->n; i++)
		free(s->m[i].p);
	free(s);
	ossl_free(lib);
	return rc;
}
