/* SPDX-License-Identifier: BSD-2-Clause */
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cli/decode.h"

/* Options of `interlock decode`, and the walk over a capture's packets. */

static const struct flow_secrets *secrets(void *ctx, const struct flow_who *who)
{
	struct dec *d = ctx;

	return keylog_find(&d->keys, who);
}

static const char *const what_name[] = {
	[FLOW_MESSAGE] = "message",
	[FLOW_OPAQUE] = "opaque",
	[FLOW_PROTECTED] = "protected",
	[FLOW_UNKNOWN] = "unknown",
};

static void note(void *ctx, const struct flow_note *n)
{
	struct dec *d = ctx;
	const struct dec_line l = { .what = what_name[n->what],
				    .why = n->why,
				    .name = n->name,
				    .note = n };

	d->sum.messages++;
	d->sum.secured += n->secured;
	d->sum.opaque += n->what == FLOW_OPAQUE;
	d->sum.protected += n->what == FLOW_PROTECTED;
	d->sum.unknown += n->what == FLOW_UNKNOWN;
	for (unsigned i = 0; i < n->checks; i++) {
		const enum flow_verdict v = n->check[i].verdict;

		d->sum.holds += v == FLOW_HOLDS;
		d->sum.fails += v == FLOW_FAILS;
		d->sum.unsaid += v == FLOW_UNSAID;
	}
	dec_keys(d, n);
	dec_show(d, &l);
}

static void walk(struct dec *d, pcap_t *f)
{
	const int link = pcap_datalink(f);
	struct pcap_pkthdr *h;
	const uint8_t *p;
	int got;

	while ((got = pcap_next_ex(f, &h, &p)) == 1) {
		d->sum.packets++;
		if (h->caplen != h->len)
			dec_complain(d,
				     "packet %llu: %u of its %u bytes were "
				     "kept",
				     (unsigned long long)d->sum.packets,
				     h->caplen, h->len);
		dec_packet(d, link, p, h->caplen);
	}
	if (got == -1)
		dec_complain(d, "after packet %llu: %s",
			     (unsigned long long)d->sum.packets,
			     pcap_geterr(f));
}

/* What the file is none of. */
static int foreign(struct dec *d, int link)
{
	const char *name = pcap_datalink_val_to_name(link);

	return cli_fail(
		d->c,
		"%s: link type %d%s%s%s: no DOE (292), MCTP (291) or link "
		"(147) capture",
		d->path, link, name ? " (" : "", name ? name : "",
		name ? ")" : "");
}

static int hear(struct dec *d)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *f = pcap_open_offline(d->path, why);
	int ret = CLI_DONE;

	d->broken = true;
	if (!f)
		/* libpcap says which file, but not always. */
		ret = strncmp(why, d->path, strlen(d->path)) == 0
			      ? cli_fail(d->c, "%s", why)
			      : cli_fail(d->c, "%s: %s", d->path, why);
	else if (!dec_link_known(pcap_datalink(f)))
		ret = foreign(d, pcap_datalink(f));
	if (!ret) {
		d->broken = false;
		walk(d, f);
	}
	if (f)
		pcap_close(f);
	if (!ret || d->json)
		dec_show_end(d);
	return d->broken || d->sum.unknown || d->sum.fails ? CLI_FAILED
							   : CLI_DONE;
}

static int load_anchor(struct cli *c, const char *trust, struct ossl *lib,
		       uint8_t *der, size_t *len)
{
	uint8_t *p = NULL;
	size_t n = 0;
	int ret = cli_read(c, "trust anchor", trust, 1u << 16, &p, &n);

	if (!ret && identity_anchor(lib, p, n, der, len))
		ret = cli_fail(c, "trust anchor %s: not a certificate", trust);
	free(p);
	return ret;
}

static int decode(struct dec *d, const char *keys, const char *trust)
{
	uint8_t anchor[CRYPTO_CERT_MAX];
	size_t anchor_len = 0;
	struct flow_cfg cfg = { .secrets = secrets, .note = note, .ctx = d };
	struct crypto crypto;
	struct ossl *lib;
	int ret = 0;

	if (ossl_new(&(struct ossl_cfg){ 0 }, &lib))
		return cli_fail(d->c, "cryptography cannot start");
	crypto = ossl_crypto(lib);
	cfg.crypto = &crypto;
	if (trust)
		ret = load_anchor(d->c, trust, lib, anchor, &anchor_len);
	if (!ret && keys)
		ret = cli_keylog_read(d->c, keys, &d->keys);
	if (!ret) {
		cfg.anchor = (struct spdm_span){ anchor, anchor_len };
		flow_init(&d->flow, &cfg);
		watch_init(&d->watch, &(struct watch_cfg){ .crypto = &crypto,
							   .object = dec_object,
							   .ctx = d });
		ret = hear(d);
		watch_fini(&d->watch);
		flow_fini(&d->flow);
	}
	cli_keylog_free(&d->keys);
	ossl_free(lib);
	return ret;
}

static int run(struct cli *c, int argc, char **argv)
{
	const char *keys = NULL, *trust = NULL, *json = NULL;
	const char *words[2] = { NULL, NULL };
	const struct cli_opt opts[] = {
		{ "keys", false, &keys },
		{ "trust", false, &trust },
		{ "json", true, &json },
	};
	bool verbose = false;
	struct dec *d;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), words, 2);

	if (ret)
		return ret;
	for (unsigned i = 0; i < COUNT(words); i++)
		if (words[i] && !strcmp(words[i], "-v")) {
			verbose = true;
			words[i] = NULL;
		}
	if (!words[0] == !words[1])
		return cli_misuse(c, "decode wants one FILE");
	d = calloc(1, sizeof(*d));
	if (!d)
		return cli_fail(c, "no memory");
	d->c = c;
	d->json = json;
	d->verbose = verbose;
	d->path = words[0] ? words[0] : words[1];
	ret = decode(d, keys, trust);
	bytes_wipe(d, sizeof(*d));
	free(d);
	return ret;
}

const struct cli_cmd cmd_decode = {
	.name = "decode",
	.args = "FILE [-v] [--keys FILE] [--trust FILE] [--json]",
	.help = "print a capture, decrypt it, check what it proves",
	.doc = "docs/decode.md",
	.run = run,
};
