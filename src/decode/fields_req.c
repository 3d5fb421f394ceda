/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "decode/fields_priv.h"

/* Requests of SPDM. Source: DSP0274 1.2.1, 1.3.0, section 10. */

/* RequesterContext came with 1.3, in both directions. */
void walk_context(struct walk *w)
{
	if (!w->err && w->p[0] >= SPDM_V12 + 1)
		walk_bytes(w, "requester_context", 8);
}

bool walk_cert_slot(struct walk *w)
{
	if (!walk_since(w, SPDM_V14)) {
		walk_low_bits(w, "slot", 0x0f);
		return false;
	}
	walk_bits(w, "slot", 0x0f);
	walk_reserved_bits(w, 0x70);
	return walk_last_bits(w, "large", SPDM_CERT_LARGE);
}

static void get_certificate(struct walk *w)
{
	size_t len;

	walk_num(w, "version", 1);
	walk_num(w, "code", 1);
	len = walk_cert_slot(w) ? 4 : 2;
	walk_num(w, "attributes", 1);
	if (len > 2)
		walk_reserved(w, 4);
	walk_num(w, "offset", len);
	walk_num(w, "length", len);
}

static void challenge(struct walk *w)
{
	walk_header(w, "slot", "summary_type");
	walk_bytes(w, "nonce", SPDM_NONCE_LEN);
	walk_context(w);
}

/* Nonce and slot stand only in a request for a signature; 1.0: no slot. */
static void get_measurements(struct walk *w)
{
	walk_header(w, "attributes", "operation");
	if (!w->err && w->p[2] & SPDM_MEAS_ATTR_SIGN) {
		walk_bytes(w, "nonce", SPDM_NONCE_LEN);
		if (w->p[0] >= SPDM_V11)
			walk_low_bits(w, "slot", 0x0f);
	}
	walk_context(w);
}

static void key_exchange(struct walk *w)
{
	size_t n;

	walk_header(w, "summary_type", "slot");
	walk_num(w, "session_id", 2);
	walk_num(w, "policy", 1);
	walk_reserved(w, 1);
	walk_bytes(w, "random", SPDM_NONCE_LEN);
	walk_bytes(w, "exchange", w->sh->dhe_len);
	n = (size_t)walk_num(w, "opaque_len", 2);
	walk_counted(w, "opaque", 2, n);
}

/* With mutual authentication the requester signs; @sh says how long. */
static void finish(struct walk *w)
{
	walk_header(w, "attributes", "req_slot");
	walk_finish_opaque(w);
	if (!w->err && w->p[2] & 1)
		walk_proof(w, "signature", w->sh->req_sig_len);
	walk_proof(w, "verify", w->sh->hash_len);
}

static void psk_exchange(struct walk *w)
{
	size_t hint, context, opaque;

	walk_header(w, "summary_type", "policy");
	walk_num(w, "session_id", 2);
	hint = (size_t)walk_num(w, "hint_len", 2);
	context = (size_t)walk_num(w, "context_len", 2);
	opaque = (size_t)walk_num(w, "opaque_len", 2);
	walk_bytes(w, "hint", hint);
	walk_bytes(w, "context", context);
	walk_bytes(w, "opaque", opaque);
}

static void psk_finish(struct walk *w)
{
	walk_header(w, NULL, NULL);
	walk_finish_opaque(w);
	walk_proof(w, "verify", w->sh->hash_len);
}

static void end_session(struct walk *w)
{
	walk_header(w, "attributes", NULL);
}

const struct fields_row fields_requests[] = {
	{ SPDM_GET_VERSION, "GET_VERSION", walk_header_alone },
	{ SPDM_GET_CAPABILITIES, "GET_CAPABILITIES", walk_capabilities },
	{ SPDM_NEGOTIATE_ALGORITHMS, "NEGOTIATE_ALGORITHMS", walk_algorithms },
	{ SPDM_GET_DIGESTS, "GET_DIGESTS", walk_header_alone },
	{ SPDM_GET_CERTIFICATE, "GET_CERTIFICATE", get_certificate },
	{ SPDM_CHALLENGE, "CHALLENGE", challenge },
	{ SPDM_GET_MEASUREMENTS, "GET_MEASUREMENTS", get_measurements },
	{ SPDM_KEY_EXCHANGE, "KEY_EXCHANGE", key_exchange },
	{ SPDM_FINISH, "FINISH", finish },
	{ SPDM_PSK_EXCHANGE, "PSK_EXCHANGE", psk_exchange },
	{ SPDM_PSK_FINISH, "PSK_FINISH", psk_finish },
	{ SPDM_HEARTBEAT, "HEARTBEAT", walk_header_alone },
	{ SPDM_KEY_UPDATE, "KEY_UPDATE", walk_key_update },
	{ SPDM_END_SESSION, "END_SESSION", end_session },
	{ SPDM_VENDOR_DEFINED_REQUEST, "VENDOR_DEFINED_REQUEST", walk_vendor },
};

const size_t fields_requests_n = COUNT(fields_requests);
