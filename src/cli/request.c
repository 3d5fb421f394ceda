/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/request.h"

#include <stdarg.h>
#include <string.h>

/* Operations of the engines, carried to the peer and back. */

enum rq_end rq_say(struct rq *q, enum rq_end end, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(q->why, sizeof(q->why), fmt, ap);
	va_end(ap);
	return end;
}

static const char *words(enum il_err err)
{
	switch (err) {
	case IL_E_SHORT:
	case IL_E_LONG:
		return "the answer is malformed";
	case IL_E_FIELD:
		return "the answer has a value that it may not have";
	case IL_E_AUTH:
		return "the answer does not verify";
	case IL_E_NOMEM:
		return "the answer is too long for us";
	case IL_E_SPACE:
		return "the peer does not take so long a message";
	case IL_OK:
	case IL_E_ARG:
	case IL_E_STATE:
	case IL_E_PEER:
	case IL_E_AGAIN:
	case IL_E_TIMEOUT:
	case IL_E_RANDOM:
	case IL_E_IO:
		break;
	}
	return il_err_name(err);
}

/* What push or pull said, with the name of the message in flight. */
static enum rq_end outcome(struct rq *q, enum il_err err, const char *what)
{
	const uint8_t code = spdm_req_peer_error(&q->spdm);

	if (!err)
		return RQ_OK;
	if (err == IL_E_FIELD && strcmp(what, "GET_VERSION") == 0)
		return rq_say(q, RQ_FAILED,
			      "%s: no version in common, or no answer to it",
			      what);
	if (err == IL_E_FIELD && strcmp(what, "GET_DIGESTS") == 0)
		return rq_say(q, RQ_FAILED,
			      "%s: no certificate in slot %u, or no answer to "
			      "it",
			      what, q->o.slot);
	if (err != IL_E_PEER)
		return rq_say(q, RQ_FAILED, "%s: %s", what, words(err));
	return rq_say(q, RQ_REFUSED, "%s: ERROR %s (0x%02x)", what,
		      rq_spdm_error(code), code);
}

/* From begin to the end; @name overrides the message's own. */
static enum rq_end drive(struct rq *q, const char *name)
{
	enum il_err err;

	do {
		const char *what = name ? name : spdm_req_asking(&q->spdm);
		enum spdm_kind kind = SPDM_PLAIN;
		const uint8_t *rsp = NULL;
		size_t n = 0;

		peer_wait(&q->peer, spdm_req_not_before(&q->spdm));
		err = spdm_req_pull(&q->spdm, q->msg, sizeof(q->msg), &n,
				    &kind);
		if (!err)
			err = peer_carry(&q->peer, kind, q->msg, n, &kind, &rsp,
					 &n);
		else
			return outcome(q, err, what);
		if (err) {
			spdm_req_abort(&q->spdm);
			return rq_say(q, RQ_FAILED, "%s: %s", what,
				      q->peer.why);
		}
		if (q->spdm.op == SPDM_OP_CONNECT && kind == SPDM_PLAIN)
			rq_show_versions(q, rsp, n);
		err = spdm_req_push(&q->spdm, kind, rsp, n, q->c->mono_ns());
		if (err && err != IL_E_AGAIN)
			return outcome(q, err, what);
	} while (err == IL_E_AGAIN);
	return RQ_OK;
}

enum rq_end rq_spdm(struct rq *q, enum spdm_req_op op,
		    const struct spdm_req_args *args)
{
	enum il_err err = spdm_req_begin(&q->spdm, op, args);

	if (err == IL_E_ARG)
		return rq_say(q, RQ_ABSENT, "the peer does not offer it");
	if (err)
		return rq_say(q, RQ_FAILED, "%s", il_err_name(err));
	return drive(q, NULL);
}

/* Two bytes, little-endian: PCI-SIG in PCI-SIG's own registry. */
static const uint8_t pcisig[2] = { SPDM_VID_PCISIG, 0 };

enum rq_end rq_vendor(struct rq *q, size_t n, const char *what,
		      struct spdm_span *out)
{
	const struct spdm_req_args a = {
		.vdm = { .standard = SPDM_STD_PCISIG,
			 .vid = { pcisig, sizeof(pcisig) },
			 .payload = { q->pay, n } },
	};
	enum il_err err = spdm_req_begin(&q->spdm, SPDM_OP_VENDOR, &a);
	const struct spdm_vdm *v;
	enum rq_end end;

	if (err)
		return rq_say(q, RQ_FAILED, "%s: %s", what, il_err_name(err));
	end = drive(q, what);
	if (end)
		return end;
	/* Its vendor is ours, or the engine had refused it. */
	v = spdm_req_answer(&q->spdm);
	if (!v->payload.n || v->payload.p[0] != q->pay[0])
		return rq_say(q, RQ_FAILED,
			      "%s: the answer is of another protocol", what);
	*out = (struct spdm_span){ v->payload.p + 1, v->payload.n - 1 };
	return RQ_OK;
}
