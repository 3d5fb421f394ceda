/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands between lock and accept in a confidential VM: has a function
 * measured for a nonce that nobody else knew, reads its evidence and judges it.
 * Prints the verdict: "accepted", or why not. Status 0, 1, 2 misused.
 *
 * usage: verify BDF ANCHOR.pem		(BDF as in sysfs: 0000:01:00.0)
 *
 * links: libinterlock
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "interlock/evidence.h"
#include "interlock/openssl.h"

#define DEVICE "/dev/interlock_evidence"
#define BARS   6

struct bytes {
	uint8_t p[1 << 17];
	size_t len;
};

static _Noreturn void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

__attribute__((format(printf, 2, 3))) static void ask(int fd, const char *fmt,
						      ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(fd, line, (size_t)n) != n)
		die(line);
}

static void get(int fd, const char *bdf, const char *what, struct bytes *b)
{
	ssize_t n;

	ask(fd, "%s %s", bdf, what);
	b->len = 0;
	while ((n = read(fd, b->p + b->len, sizeof(b->p) - b->len)) > 0)
		b->len += (size_t)n;
	if (n < 0)
		die(what);
}

static void digest(int fd, const char *bdf, const char *what, uint8_t *out)
{
	static struct bytes b;
	char line[64];

	snprintf(line, sizeof(line), "%s digest", what);
	get(fd, bdf, line, &b);
	if (b.len != 48) {
		errno = EBADMSG;
		die(line);
	}
	memcpy(out, b.p, b.len);
}

static struct il_span span(const struct bytes *b)
{
	return (struct il_span){ b->p, b->len };
}

static void anchor(const char *path, struct bytes *out)
{
	FILE *f = fopen(path, "re");
	X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	uint8_t *p = out->p;
	int n = x ? i2d_X509(x, NULL) : 0;

	if (n <= 0 || (size_t)n > sizeof(out->p))
		die(path);
	out->len = (size_t)i2d_X509(x, &p);
	X509_free(x);
	fclose(f);
}

static void bars(const char *bdf, uint64_t size[BARS])
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", bdf);
	f = fopen(path, "re");
	if (!f)
		die(path);
	for (unsigned i = 0; i < BARS; i++) {
		unsigned long long a, b, flags;

		if (fscanf(f, "%llx %llx %llx", &a, &b, &flags) != 3)
			die(path);
		size[i] = b ? b - a + 1 : 0;
	}
	fclose(f);
}

/* "key value" lines that the kernel made of the firmware's message. */
static void claims_of(const struct bytes *b, struct il_evidence_claims *c)
{
	char text[512];
	const char *at;

	snprintf(text, sizeof(text), "%.*s", (int)b->len, (const char *)b->p);
	c->hash = IL_CRYPTO_SHA384;
	c->spdm_hash = strstr(text, "spdm-hash sha384\n") ? IL_CRYPTO_SHA384
							  : IL_CRYPTO_SHA256;
	/* The kernel takes no evidence for which this does not hold. */
	c->meas_valid = c->meas_fresh = true;
	at = strstr(text, "lock-flags ");
	c->lock_flags = at ? (uint16_t)strtoul(at + 11, NULL, 0) : 0;
}

static int judge(const struct il_evidence *ev, const struct il_span *root,
		 const char *bdf, const uint8_t nonce[32],
		 const struct il_evidence_claims *c)
{
	struct il_evidence_policy policy = {
		.anchors = root,
		.anchor_n = 1,
		.now_s = time(NULL),
		.report_wanted = true,
		.lock_flags = IL_TDISP_LOCK_NO_FW_UPDATE
	};
	struct il_evidence_verdict v;
	struct il_crypto_openssl *o;
	char text[160];
	enum il_err err = il_crypto_openssl_new(0, &o);

	if (err)
		return printf("OpenSSL: %s\n", il_err_name(err)), 1;
	memcpy(policy.nonce, nonce, 32);
	bars(bdf, policy.bar_size);
	err = il_evidence_appraise(il_crypto_openssl_table(o), &policy, ev, c,
				   NULL, &v);
	il_evidence_text(&v, text, sizeof(text));
	puts(!err ? "accepted" : err == IL_E_AUTH ? text : il_err_name(err));
	il_crypto_openssl_free(o);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct bytes certs, meas, report, claims, root;
	struct il_evidence_claims c = { 0 };
	uint8_t nonce[32];
	char hex[65];
	int fd;

	if (argc != 3) {
		fputs("usage: verify BDF ANCHOR.pem\n", stderr);
		return 2;
	}
	anchor(argv[2], &root);
	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		die("nonce");
	for (unsigned i = 0; i < sizeof(nonce); i++)
		snprintf(hex + 2 * i, 3, "%02x", nonce[i]);
	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(DEVICE);
	ask(fd, "%s refresh %s", argv[1], hex);
	get(fd, argv[1], "certificates", &certs);
	get(fd, argv[1], "measurements", &meas);
	get(fd, argv[1], "report", &report);
	get(fd, argv[1], "claims", &claims);
	claims_of(&claims, &c);
	digest(fd, argv[1], "certificates", c.certs);
	digest(fd, argv[1], "measurements", c.meas);
	digest(fd, argv[1], "report", c.report);
	return judge(&(struct il_evidence){ span(&certs), span(&meas),
					    span(&report) },
		     &(struct il_span){ root.p, root.len }, argv[1], nonce, &c);
}
