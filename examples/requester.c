/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A requester: ./requester SOCKET ROOT.pem, where a device speaks the frames of
 * DMTF's emulator. It has the device prove what it is, judges that, and asks
 * for an interface's state in a session.
 */
#include <arpa/inet.h>
#include <interlock/evidence.h>
#include <interlock/openssl.h>
#include <interlock/requester.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static _Alignas(16) uint8_t mem[IL_REQUESTER_SIZE(4032, 16384, 8192, 0)];
static uint8_t buf[4608], kept[32768], anchor[IL_CRYPTO_CERT_MAX];
static int fd;

/* One data object there and one back: command 1, transport 2 (DOE), length. */
static size_t carry(size_t n)
{
	uint32_t head[3] = { htonl(1), htonl(2), htonl((uint32_t)n) };

	if (write(fd, head, 12) != 12 || write(fd, buf, n) != (ssize_t)n ||
	    recv(fd, head, 12, MSG_WAITALL) != 12)
		return 0;
	n = ntohl(head[2]) <= sizeof(buf) ? ntohl(head[2]) : 0;
	return recv(fd, buf, n, MSG_WAITALL) == (ssize_t)n ? n : 0;
}

/* One operation to its end; a device that wants time is asked again. */
static enum il_err run(struct il_requester *r, enum il_req_op op,
		       const struct il_requester_args *args)
{
	enum il_err err = il_requester_begin(r, op, args);
	struct timespec t;
	uint64_t now;
	size_t n;

	do {
		clock_gettime(CLOCK_MONOTONIC, &t);
		now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
		if (now < il_requester_not_before(r))
			continue;
		if (!err || err == IL_E_AGAIN)
			err = il_requester_pull(r, buf, sizeof(buf), &n);
		if (!err)
			err = il_requester_push(r, buf, carry(n), now);
	} while (err == IL_E_AGAIN);
	printf("operation %d: %s\n", (int)op, il_err_name(err));
	return err;
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct il_requester_args meas = { .sign = true,
					  .nonce_given = true,
					  .index = IL_SPDM_MEAS_ALL };
	struct il_requester_args tdi = { .tdisp = { .function_id = 0x100 } };
	struct il_span root = { anchor, 0 };
	struct il_requester_cfg cfg = { .anchors = &root, .anchor_n = 1 };
	struct il_evidence_policy want = { .anchors = &root, .anchor_n = 1 };
	struct il_evidence_verdict verdict;
	struct il_crypto_openssl *o;
	struct il_requester *r;
	struct il_evidence ev;
	FILE *f = argc == 3 ? fopen(argv[2], "r") : NULL;
	struct il_span pem = { kept, f ? fread(kept, 1, sizeof(kept), f) : 0 };
	char why[160];
	size_t n;

	if (!f || il_crypto_openssl_new(0, &o) ||
	    il_crypto_openssl_anchor(o, pem, anchor, &root.n))
		return 2;
	strncpy(at.sun_path, argv[1], sizeof(at.sun_path) - 1);
	cfg.crypto = il_crypto_openssl_table(o);
	cfg.env = il_crypto_openssl_env(o);
	cfg.now_s = want.now_s = time(NULL);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    cfg.env->random(cfg.env->ctx, meas.nonce, sizeof(meas.nonce)) ||
	    il_requester_init(&cfg, mem, sizeof(mem), &r) ||
	    run(r, IL_REQ_CONNECT, NULL) || run(r, IL_REQ_MEASURE, &meas) ||
	    il_evidence_collect(r, NULL, kept, sizeof(kept), &ev, &n))
		return 1;
	memcpy(want.nonce, meas.nonce, sizeof(want.nonce));
	n = il_evidence_appraise(cfg.crypto, &want, &ev, NULL, NULL, &verdict);
	il_evidence_text(&verdict, why, sizeof(why));
	printf("%s: %s\n", il_requester_peer(r)->leaf->subject, why);
	if (n || run(r, IL_REQ_SESSION_OPEN, NULL) ||
	    run(r, IL_REQ_TDISP_STATE, &tdi))
		return 1;
	printf("interface: state %d\n", il_requester_result(r)->tdi);
	return run(r, IL_REQ_SESSION_END, NULL) != IL_OK;
}
