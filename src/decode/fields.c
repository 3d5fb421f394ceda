/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/fields.h"

#include "base/bits.h"
#include "decode/fields_priv.h"
#include "idekm/codec.h"
#include "tdisp/codec.h"

/* Responses of SPDM. Source: DSP0274 1.2.1, section 10. */

void walk_header(struct walk *w, const char *param1, const char *param2)
{
	walk_num(w, "version", 1);
	walk_num(w, "code", 1);
	if (param1)
		walk_num(w, param1, 1);
	else
		walk_reserved(w, 1);
	if (param2)
		walk_num(w, param2, 1);
	else
		walk_reserved(w, 1);
}

static void version(struct walk *w)
{
	uint64_t n;

	walk_header(w, NULL, NULL);
	walk_reserved(w, 1);
	n = walk_num(w, "count", 1);
	walk_open(w, 1, 2);
	for (; n > 0 && !w->err; n--)
		walk_num(w, "entry", 2);
	walk_close(w);
}

/* Bytes of fixed bits in the upper half, external ones in the lower. */
static void alg_table(struct walk *w)
{
	uint8_t ext;

	walk_num(w, "alg_type", 1);
	ext = walk_bits(w, "alg_ext_count", 0x0f);
	walk_last_bits(w, "alg_fixed_len", 0xf0);
	walk_num(w, "alg_bits", 2);
	if (ext)
		walk_bytes(w, "alg_ext", (size_t)4 * ext);
}

/* Twelve bytes that were reserved once. */
static void later_algorithms(struct walk *w, bool selected)
{
	const size_t pqc = walk_since(w, SPDM_V14) ? 4 : 0;
	const size_t mel = selected && walk_since(w, SPDM_V13);

	if (pqc)
		walk_num(w, "pqc_asym", pqc);
	walk_reserved(w, 12 - pqc - mel);
	if (mel)
		walk_num(w, "mel_spec", mel);
}

/* What the three messages about algorithms share. Source: 1.4.0, section 10.4
 */
static void offer(struct walk *w, uint64_t tables, bool selected)
{
	uint64_t asym, hash;

	walk_num(w, "length", 2);
	walk_open(w, 2, 1);
	walk_num(w, "meas_spec", 1);
	walk_num(w, "other_params", 1);
	if (selected)
		walk_num(w, "meas_hash", 4);
	walk_num(w, "asym", 4);
	walk_num(w, "hash", 4);
	later_algorithms(w, selected);
	asym = walk_num(w, "ext_asym_count", 1);
	hash = walk_num(w, "ext_hash_count", 1);
	if (!selected && walk_since(w, SPDM_V13)) {
		walk_reserved(w, 1);
		walk_num(w, "mel_spec", 1);
	} else {
		walk_reserved(w, 2);
	}
	if (asym)
		walk_bytes(w, "ext_asym", 4 * (size_t)asym);
	if (hash)
		walk_bytes(w, "ext_hash", 4 * (size_t)hash);
	for (; tables > 0 && !w->err; tables--)
		alg_table(w);
	walk_close(w);
}

void walk_algorithms(struct walk *w)
{
	uint64_t tables;

	walk_num(w, "version", 1);
	walk_num(w, "code", 1);
	tables = walk_num(w, "tables", 1);
	walk_reserved(w, 1);
	offer(w, tables, !w->err && !(w->p[1] & 0x80));
}

/* 1.0 has no body in the request; 1.2 added the two sizes, 1.3 algorithms at
 * the end of the response. */
void walk_capabilities(struct walk *w)
{
	uint64_t tables;

	walk_header(w, walk_since(w, SPDM_V13) ? "attributes" : NULL, NULL);
	if (w->err || (w->p[0] < SPDM_V11 && w->p[1] & 0x80))
		return;
	walk_reserved(w, 1);
	walk_num(w, "ct_exponent", 1);
	if (walk_since(w, SPDM_V14))
		walk_num(w, "ext_flags", 2);
	else
		walk_reserved(w, 2);
	walk_num(w, "flags", 4);
	if (w->p[0] < SPDM_V12)
		return;
	walk_num(w, "transfer", 4);
	walk_num(w, "max_msg", 4);
	if (w->err || w->p[0] < SPDM_V13 || w->p[1] & 0x80 ||
	    !(w->p[2] & SPDM_CAPS_ALGS))
		return;
	tables = walk_num(w, "tables", 1);
	walk_reserved(w, 1);
	offer(w, tables, false);
}

/* One of each for each slot; with many keys, more of it in the same order.
 * Source: 1.3.2, section 10.6 (DIGESTS) */
static void digests(struct walk *w)
{
	unsigned slots = 0;

	walk_header(w, walk_since(w, SPDM_V13) ? "supported_mask" : NULL,
		    "slot_mask");
	for (unsigned i = 0; !w->err && i < SPDM_SLOTS; i++)
		slots += w->p[3] >> i & 1;
	for (unsigned i = 0; i < slots && w->sh->hash_len; i++)
		walk_bytes(w, "digest", w->sh->hash_len);
	for (unsigned i = 0; i < slots && w->sh->multi_key; i++)
		walk_num(w, "key_pair_id", 1);
	for (unsigned i = 0; i < slots && w->sh->multi_key; i++)
		walk_num(w, "cert_info", 1);
	for (unsigned i = 0; i < slots && w->sh->multi_key; i++)
		walk_num(w, "key_usage", 2);
}

/* Source: section 10.6.1. */
void walk_chain(struct walk *w, const char *name, size_t n)
{
	const size_t head = SPDM_CHAIN_HEAD + (size_t)w->sh->hash_len;

	if (!w->err && w->sh->hash_len && n > head && w->n - w->at >= n &&
	    get_u16le(w->p + w->at) == n) {
		walk_num(w, "chain_length", 2);
		/* Reserved, but under the digest that DIGESTS tells. */
		walk_num(w, "chain_reserved", 2);
		walk_bytes(w, "root_hash", w->sh->hash_len);
		n -= head;
		name = "certificates";
	}
	walk_bytes(w, name, n);
}

/* A chain in one portion is looked into. */
static void certificate(struct walk *w)
{
	size_t n, len;
	uint64_t more;

	walk_num(w, "version", 1);
	walk_num(w, "code", 1);
	len = walk_cert_slot(w) ? 4 : 2;
	if (walk_since(w, SPDM_V13))
		walk_low_bits(w, "cert_info", SPDM_CERT_INFO_MASK);
	else
		walk_reserved(w, 1);
	if (len > 2)
		walk_reserved(w, 4);
	n = (size_t)walk_num(w, "portion_len", len);
	walk_open(w, len, 1);
	more = walk_num(w, "remainder", len);
	if (more)
		walk_bytes(w, "certificates", n);
	else
		walk_chain(w, "certificates", n);
	walk_close(w);
}

/* Source: section 10.11.1. */
static void measurement(struct walk *w)
{
	size_t n;

	walk_num(w, "index", 1);
	walk_num(w, "specification", 1);
	walk_num(w, "size", 2);
	walk_open(w, 2, 1);
	walk_num(w, "value_type", 1);
	n = (size_t)walk_num(w, "value_len", 2);
	walk_counted(w, "value", 2, n);
	walk_close(w);
}

static void measurements(struct walk *w)
{
	size_t n, end;

	walk_num(w, "version", 1);
	walk_num(w, "code", 1);
	walk_num(w, "total_indices", 1);
	walk_bits(w, "slot", 0x0f);
	walk_bits(w, "content_changed", 0x30);
	walk_reserved_bits(w, 0xc0);
	w->at += !w->err;
	walk_num(w, "blocks", 1);
	n = (size_t)walk_num(w, "record_len", 3);
	walk_open(w, 3, 1);
	end = w->at + n;
	while (!w->err && w->at < end)
		measurement(w);
	walk_close(w);
	walk_bytes(w, "nonce", SPDM_NONCE_LEN);
	n = (size_t)walk_num(w, "opaque_len", 2);
	walk_counted(w, "opaque", 2, n);
	walk_context(w);
	if (w->sh->sign)
		walk_proof(w, "signature", w->sh->sig_len);
}

/*
 * One element with one version, in the general format; others are not looked
 * into. Source: DSP0277 1.1, opaque data format.
 */
#define OPAQUE_ONE 12

static void opaque(struct walk *w)
{
	const size_t n = (size_t)walk_num(w, "opaque_len", 2);
	const size_t end = w->at + n;
	size_t len;

	walk_open(w, 2, 1);
	if (w->err || n != OPAQUE_ONE || w->n - w->at < n || w->p[w->at] != 1) {
		walk_bytes(w, "opaque", n);
		walk_close(w);
		return;
	}
	walk_num(w, "elements", 1);
	walk_reserved(w, 3);
	walk_num(w, "element_registry", 1);
	walk_num(w, "element_vendor_len", 1);
	len = (size_t)walk_num(w, "element_len", 2);
	walk_open(w, 2, 1);
	walk_num(w, "element_version", 1);
	walk_num(w, "element_id", 1);
	walk_num(w, "secured_version", 2);
	walk_close(w);
	if (!w->err && (len != 4 || w->at > end))
		w->err = IL_E_ARG;
	if (!w->err && w->at < end)
		walk_reserved(w, end - w->at);
	walk_close(w);
}

static void key_exchange(struct walk *w)
{
	walk_header(w, "heartbeat_s", NULL);
	walk_num(w, "session_id", 2);
	walk_num(w, "mut_auth", 1);
	walk_num(w, "req_slot", 1);
	walk_bytes(w, "random", SPDM_NONCE_LEN);
	walk_bytes(w, "exchange",
		   w->sh->rsp_dhe_len ? w->sh->rsp_dhe_len : w->sh->dhe_len);
	if (w->sh->summary)
		walk_bytes(w, "summary", w->sh->hash_len);
	opaque(w);
	walk_proof(w, "signature", w->sh->sig_len);
	if (!w->sh->clear)
		walk_proof(w, "verify", w->sh->hash_len);
}

static void challenge_auth(struct walk *w)
{
	size_t n;

	walk_num(w, "version", 1);
	walk_num(w, "code", 1);
	walk_bits(w, "slot", 0x0f);
	walk_reserved_bits(w, 0x70);
	walk_last_bits(w, "basic_mut_auth", SPDM_BASIC_MUT_AUTH);
	walk_num(w, "slot_mask", 1);
	walk_bytes(w, "chain_hash", w->sh->hash_len);
	walk_bytes(w, "nonce", SPDM_NONCE_LEN);
	if (w->sh->summary)
		walk_bytes(w, "summary", w->sh->hash_len);
	n = (size_t)walk_num(w, "opaque_len", 2);
	walk_counted(w, "opaque", 2, n);
	walk_context(w);
	walk_proof(w, "signature", w->sh->sig_len);
}

static void psk_exchange(struct walk *w)
{
	size_t context, opaque_len;

	walk_header(w, "heartbeat_s", NULL);
	walk_num(w, "session_id", 2);
	walk_reserved(w, 2);
	context = (size_t)walk_num(w, "context_len", 2);
	opaque_len = (size_t)walk_num(w, "opaque_len", 2);
	if (w->sh->summary)
		walk_bytes(w, "summary", w->sh->hash_len);
	walk_bytes(w, "context", context);
	walk_bytes(w, "opaque", opaque_len);
	walk_proof(w, "verify", w->sh->hash_len);
}

void walk_finish_opaque(struct walk *w)
{
	size_t n;

	if (!walk_since(w, SPDM_V14))
		return;
	n = (size_t)walk_num(w, "opaque_len", 2);
	walk_counted(w, "opaque", 2, n);
}

static void psk_finish(struct walk *w)
{
	walk_header(w, NULL, NULL);
	walk_finish_opaque(w);
}

static void finish(struct walk *w)
{
	psk_finish(w);
	if (w->sh->clear)
		walk_proof(w, "verify", w->sh->hash_len);
}

void walk_header_alone(struct walk *w)
{
	walk_header(w, NULL, NULL);
}

void walk_key_update(struct walk *w)
{
	walk_header(w, "operation", "tag");
}

/* PCI-SIG's own bodies; others share its registry. @vid ends at the length
 * of the payload. */
static bool is_pcisig(uint64_t standard, uint64_t len, const uint8_t *vid)
{
	return standard == SPDM_STD_PCISIG && len == 2 &&
	       vid[0] == SPDM_VID_PCISIG && !vid[1];
}

/* The long form of 1.4, whose short length is reserved. */
static bool is_large(const uint8_t *p)
{
	return p[0] >= SPDM_V14 && p[2] & SPDM_VDM_LARGE;
}

void walk_vendor(struct walk *w)
{
	uint64_t standard, vid;
	bool ours, large;
	size_t n;

	walk_header(w, walk_since(w, SPDM_V14) ? "attributes" : NULL, NULL);
	large = !w->err && is_large(w->p);
	standard = walk_num(w, "standard", 2);
	vid = walk_num(w, "vendor_len", 1);
	walk_counted(w, "vendor", 1, (size_t)vid);
	ours = !w->err && is_pcisig(standard, vid, w->p + w->at - vid);
	if (large)
		walk_reserved(w, 2);
	n = (size_t)walk_num(w, "payload_len", large ? 4 : 2);
	walk_open(w, large ? 4 : 2, 1);
	if (w->err || w->n - w->at != n) {
		w->err = w->err ? w->err : IL_E_SHORT;
		return;
	}
	if (ours && n >= 2 && w->p[w->at] == IDEKM_PROTOCOL)
		walk_idekm(w, w->at + n);
	else if (ours && n >= 2 && w->p[w->at] == TDISP_PROTOCOL)
		walk_tdisp(w, w->at + n);
	else
		walk_bytes(w, "payload", n);
	walk_close(w);
}

static void error(struct walk *w)
{
	walk_header(w, "error", "data");
	if (!w->err && w->p[2] == SPDM_ERR_RESPONSE_NOT_READY) {
		walk_num(w, "exponent", 1);
		walk_num(w, "request", 1);
		walk_num(w, "token", 1);
		walk_num(w, "factor", 1);
	}
	if (walk_left(w))
		walk_bytes(w, "extended", walk_left(w));
}

static const struct fields_row responses[] = {
	{ SPDM_VERSION, "VERSION", version },
	{ SPDM_CAPABILITIES, "CAPABILITIES", walk_capabilities },
	{ SPDM_ALGORITHMS, "ALGORITHMS", walk_algorithms },
	{ SPDM_DIGESTS, "DIGESTS", digests },
	{ SPDM_CERTIFICATE, "CERTIFICATE", certificate },
	{ SPDM_CHALLENGE_AUTH, "CHALLENGE_AUTH", challenge_auth },
	{ SPDM_MEASUREMENTS, "MEASUREMENTS", measurements },
	{ SPDM_KEY_EXCHANGE_RSP, "KEY_EXCHANGE_RSP", key_exchange },
	{ SPDM_FINISH_RSP, "FINISH_RSP", finish },
	{ SPDM_PSK_EXCHANGE_RSP, "PSK_EXCHANGE_RSP", psk_exchange },
	{ SPDM_PSK_FINISH_RSP, "PSK_FINISH_RSP", psk_finish },
	{ SPDM_HEARTBEAT_ACK, "HEARTBEAT_ACK", walk_header_alone },
	{ SPDM_KEY_UPDATE_ACK, "KEY_UPDATE_ACK", walk_key_update },
	{ SPDM_END_SESSION_ACK, "END_SESSION_ACK", walk_header_alone },
	{ SPDM_VENDOR_DEFINED_RESPONSE, "VENDOR_DEFINED_RESPONSE",
	  walk_vendor },
	{ SPDM_ERROR, "ERROR", error },
};

static const struct fields_row *find(const uint8_t *p, size_t n)
{
	for (size_t i = 0; n > 1 && i < COUNT(responses); i++)
		if (responses[i].code == p[1])
			return &responses[i];
	for (size_t i = 0; n > 1 && i < fields_requests_n; i++)
		if (fields_requests[i].code == p[1])
			return &fields_requests[i];
	for (size_t i = 0; n > 1 && i < fields_more_n; i++)
		if (fields_more[i].code == p[1])
			return &fields_more[i];
	for (size_t i = 0; n > 1 && i < fields_manage_n; i++)
		if (fields_manage[i].code == p[1])
			return &fields_manage[i];
	return NULL;
}

/* Header, standard, vendor id length and id, payload length: 11 bytes. */
#define PAYLOAD_AT 11

const char *fields_message(const uint8_t *p, size_t n)
{
	const struct fields_row *r = find(p, n);
	const char *in = NULL;
	size_t at;

	if (!r)
		return NULL;
	at = n > 2 && is_large(p) ? PAYLOAD_AT + 4 : PAYLOAD_AT;
	if ((r->code | 0x80) == SPDM_VENDOR_DEFINED_REQUEST && n > at + 2 &&
	    is_pcisig(get_u16le(p + 4), p[6], p + 7)) {
		if (p[at] == IDEKM_PROTOCOL)
			in = walk_idekm_name(p[at + 1]);
		else if (p[at] == TDISP_PROTOCOL)
			in = walk_tdisp_name(p[at + 2]);
	}
	return in ? in : r->name;
}

struct spdm_shape fields_shape(const struct spdm_msg *m)
{
	struct spdm_shape sh = { 0 };
	unsigned slots = 0;

	switch (m->code) {
	case SPDM_DIGESTS:
		for (unsigned i = 0; i < SPDM_SLOTS; i++)
			slots += m->param2 >> i & 1;
		sh.hash_len = slots ? (uint8_t)(m->u.digests.all.n / slots) : 0;
		sh.multi_key = m->u.digests.key_pair.n != 0;
		break;
	case SPDM_MEASUREMENTS:
		sh.sig_len = (uint16_t)m->u.meas.sig.n;
		sh.sign = m->u.meas.sig.n != 0;
		break;
	case SPDM_CHALLENGE_AUTH:
		sh.hash_len = (uint8_t)m->u.challenge_auth.chain_hash.n;
		sh.summary = m->u.challenge_auth.summary.n != 0;
		sh.sig_len = (uint16_t)m->u.challenge_auth.sig.n;
		break;
	case SPDM_KEY_EXCHANGE_RSP:
		sh.hash_len = (uint8_t)m->u.key_ex_rsp.verify.n;
		sh.summary = m->u.key_ex_rsp.summary.n != 0;
		sh.sig_len = (uint16_t)m->u.key_ex_rsp.sig.n;
		sh.dhe_len = (uint16_t)m->u.key_ex_rsp.exchange.n;
		sh.clear = !m->u.key_ex_rsp.verify.n;
		break;
	case SPDM_ENDPOINT_INFO:
		sh.sig_len = (uint16_t)m->u.ep_info.sig.n;
		sh.sign = m->u.ep_info.sig.n != 0;
		break;
	case SPDM_PSK_EXCHANGE_RSP:
		sh.hash_len = (uint8_t)m->u.psk_ex_rsp.verify.n;
		sh.summary = m->u.psk_ex_rsp.summary.n != 0;
		break;
	case SPDM_FINISH_RSP:
		sh.hash_len = (uint8_t)m->u.finish.verify.n;
		sh.clear = m->u.finish.verify.n != 0;
		break;
	default:
		break;
	}
	return sh;
}

enum il_err fields_of(const uint8_t *p, size_t n, const struct spdm_shape *sh,
		      struct field *out, size_t max, size_t *got)
{
	struct walk w = { .p = p, .n = n, .sh = sh, .out = out, .max = max };
	const struct fields_row *r = find(p, n);

	if (!r)
		return IL_E_ARG;
	r->walk(&w);
	if (!w.err && w.at != n)
		w.err = IL_E_LONG;
	if (!w.err)
		*got = w.got;
	return w.err;
}
