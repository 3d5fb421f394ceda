/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_table.h"

#include "spdm/rsp_priv.h"
#include "spdm/sig.h"

/* Short names of the columns. */
enum {
	BOTH = SPDM_RF_BOTH,
	INSIDE = SPDM_RF_INSIDE,
	M12 = SPDM_RF_M12,
	PROOF = SPDM_RF_PROOF,
	CARRIER = SPDM_RF_CARRIER,
	WHOLE = SPDM_RF_WHOLE,

	START = 1u << SPDM_PH_START,
	VERSION = 1u << SPDM_PH_VERSION,
	CAPS = 1u << SPDM_PH_CAPS,
	READY = 1u << SPDM_PH_READY,
	HANDSHAKE = 1u << SPDM_PH_HANDSHAKE,
	SESSION = 1u << SPDM_PH_SESSION,
	PSK = 1u << SPDM_PH_PSK,
	MUTUAL = 1u << SPDM_PH_MUTUAL,
	SECURED = HANDSHAKE | SESSION | PSK | MUTUAL,

	STAYS = SPDM_PH_START, /* no request leads there */
	TO_VERSION = SPDM_PH_VERSION,
	TO_CAPS = SPDM_PH_CAPS,
	TO_READY = SPDM_PH_READY,
};

/*
 * Every request in every phase.
 * Source: DSP0274 1.2.1, section 10.1 (order of messages), 10.3 (capability
 * flags), 10.9.3 (what resets M1/M2), 10.10 (SessionRequired), 10.23 (messages
 * allowed in session phases).
 */
/* clang-format off */
const struct spdm_rsp_table spdm_rsp_rows = { {
	[SPDM_ROW_VERSION]       = { spdm_rsp_version,       SPDM_GET_VERSION,                   M12 | WHOLE,            START | VERSION | CAPS | READY, TO_VERSION, 0 },
	[SPDM_ROW_CAPS]          = { spdm_rsp_caps,          SPDM_GET_CAPABILITIES,              M12 | WHOLE,            VERSION,                        TO_CAPS,    0 },
	[SPDM_ROW_ALGS]          = { spdm_rsp_algs,          SPDM_NEGOTIATE_ALGORITHMS,          M12,                    CAPS,                           TO_READY,   0 },
	[SPDM_ROW_DIGESTS]       = { spdm_rsp_digests,       SPDM_GET_DIGESTS,                   M12,                    READY | SESSION,                STAYS,      SPDM_CAP_CERT },
	[SPDM_ROW_CERT]          = { spdm_rsp_cert,          SPDM_GET_CERTIFICATE,               M12,                    READY | SESSION,                STAYS,      SPDM_CAP_CERT },
	[SPDM_ROW_CHALLENGE]     = { spdm_rsp_challenge,     SPDM_CHALLENGE,                     M12 | PROOF,            READY,                          STAYS,      SPDM_CAP_CHAL },
	[SPDM_ROW_MEAS]          = { spdm_rsp_meas,          SPDM_GET_MEASUREMENTS,              PROOF,                  READY | SESSION,                STAYS,      SPDM_CAP_MEAS_MASK },
	[SPDM_ROW_KEY_EXCHANGE]  = { spdm_rsp_key_exchange,  SPDM_KEY_EXCHANGE,                  BOTH | PROOF,           READY,                          STAYS,      SPDM_CAP_KEY_EX },
	[SPDM_ROW_FINISH]        = { spdm_rsp_finish,        SPDM_FINISH,                        BOTH | INSIDE | PROOF,  HANDSHAKE,                      STAYS,      SPDM_CAP_KEY_EX },
	[SPDM_ROW_HEARTBEAT]     = { spdm_rsp_heartbeat,     SPDM_HEARTBEAT,                     BOTH | INSIDE,          SESSION,                        STAYS,      SPDM_CAP_HBEAT },
	[SPDM_ROW_KEY_UPDATE]    = { spdm_rsp_key_update,    SPDM_KEY_UPDATE,                    BOTH | INSIDE | PROOF,  SESSION,                        STAYS,      SPDM_CAP_KEY_UPD },
	[SPDM_ROW_END_SESSION]   = { spdm_rsp_end_session,   SPDM_END_SESSION,                   BOTH | INSIDE,          SESSION,                        STAYS,      SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK },
	[SPDM_ROW_VENDOR]        = { spdm_rsp_vendor,        SPDM_VENDOR_DEFINED_REQUEST,        M12,                    READY | SESSION,                STAYS,      0 },
	[SPDM_ROW_PSK_EXCHANGE]  = { spdm_rsp_psk_exchange,  SPDM_PSK_EXCHANGE,                  BOTH | PROOF,           READY,                          STAYS,      SPDM_CAP_PSK_MASK },
	[SPDM_ROW_PSK_FINISH]    = { spdm_rsp_psk_finish,    SPDM_PSK_FINISH,                    BOTH | INSIDE | PROOF,  PSK,                            STAYS,      SPDM_CAP_PSK_MASK },
	[SPDM_ROW_CSR]           = { spdm_rsp_csr,           SPDM_GET_CSR,                       M12,                    READY | SESSION,                STAYS,      SPDM_CAP_CSR },
	[SPDM_ROW_SET_CERT]      = { spdm_rsp_set_cert,      SPDM_SET_CERTIFICATE,               M12,                    READY | SESSION,                STAYS,      SPDM_CAP_SET_CERT },
	[SPDM_ROW_KEY_PAIR]      = { spdm_rsp_key_pair,      SPDM_GET_KEY_PAIR_INFO,             M12,                    READY | SESSION,                STAYS,      SPDM_CAP_GET_KEY_PAIR_INFO },
	[SPDM_ROW_SET_KEY_PAIR]  = { spdm_rsp_set_key_pair,  SPDM_SET_KEY_PAIR_INFO,             M12,                    READY | SESSION,                STAYS,      SPDM_CAP_SET_KEY_PAIR_INFO },
	[SPDM_ROW_ENDPOINT_INFO] = { spdm_rsp_endpoint_info, SPDM_GET_ENDPOINT_INFO,             M12 | PROOF,            READY | SESSION,                STAYS,      SPDM_CAP_EP_INFO_MASK },
	[SPDM_ROW_MEL]           = { spdm_rsp_mel,           SPDM_GET_MEASUREMENT_EXTENSION_LOG, 0,                      READY | SESSION,                STAYS,      SPDM_CAP_MEL },
	[SPDM_ROW_GET_ENCAP]     = { spdm_rsp_get_encap,     SPDM_GET_ENCAPSULATED_REQUEST,      BOTH | PROOF,           READY | MUTUAL | SESSION,       STAYS,      SPDM_CAP_ENCAP },
	[SPDM_ROW_DELIVER]       = { spdm_rsp_deliver,       SPDM_DELIVER_ENCAPSULATED_RESPONSE, BOTH | PROOF,           READY | MUTUAL | SESSION,       STAYS,      SPDM_CAP_ENCAP },
	[SPDM_ROW_CHUNK_SEND]    = { spdm_rsp_chunk_send,    SPDM_CHUNK_SEND,                    BOTH | M12 | CARRIER,   CAPS | READY | SECURED,         STAYS,      SPDM_CAP_CHUNK },
	[SPDM_ROW_CHUNK_GET]     = { spdm_rsp_chunk_get,     SPDM_CHUNK_GET,                     BOTH | M12 | CARRIER,   CAPS | READY | SECURED,         STAYS,      SPDM_CAP_CHUNK },
	[SPDM_ROW_IF_READY]      = { spdm_rsp_if_ready,      SPDM_RESPOND_IF_READY,              M12 | CARRIER,          READY | SECURED,                STAYS,      0 },
} };
/* clang-format on */

/* The one writer of the connection's phase. */
void spdm_rsp_enter(struct spdm_rsp *r, enum spdm_phase next)
{
	if (r->phase != next)
		env_trace(r->cfg.env, TRACE_EV(TRACE_SPDM, SPDM_TRACE_PHASE),
			  next, 0, 0);
	r->phase = next;
}

/* The row of a request code, counted from 1. */
/* clang-format off */
static const uint8_t rows[0x80] = {
	[SPDM_GET_VERSION & 0x7f]            = SPDM_ROW_VERSION + 1,
	[SPDM_GET_CAPABILITIES & 0x7f]       = SPDM_ROW_CAPS + 1,
	[SPDM_NEGOTIATE_ALGORITHMS & 0x7f]   = SPDM_ROW_ALGS + 1,
	[SPDM_GET_DIGESTS & 0x7f]            = SPDM_ROW_DIGESTS + 1,
	[SPDM_GET_CERTIFICATE & 0x7f]        = SPDM_ROW_CERT + 1,
	[SPDM_CHALLENGE & 0x7f]              = SPDM_ROW_CHALLENGE + 1,
	[SPDM_GET_MEASUREMENTS & 0x7f]       = SPDM_ROW_MEAS + 1,
	[SPDM_KEY_EXCHANGE & 0x7f]           = SPDM_ROW_KEY_EXCHANGE + 1,
	[SPDM_FINISH & 0x7f]                 = SPDM_ROW_FINISH + 1,
	[SPDM_PSK_EXCHANGE & 0x7f]           = SPDM_ROW_PSK_EXCHANGE + 1,
	[SPDM_PSK_FINISH & 0x7f]             = SPDM_ROW_PSK_FINISH + 1,
	[SPDM_GET_ENCAPSULATED_REQUEST & 0x7f] = SPDM_ROW_GET_ENCAP + 1,
	[SPDM_DELIVER_ENCAPSULATED_RESPONSE & 0x7f] = SPDM_ROW_DELIVER + 1,
	[SPDM_HEARTBEAT & 0x7f]              = SPDM_ROW_HEARTBEAT + 1,
	[SPDM_KEY_UPDATE & 0x7f]             = SPDM_ROW_KEY_UPDATE + 1,
	[SPDM_END_SESSION & 0x7f]            = SPDM_ROW_END_SESSION + 1,
	[SPDM_VENDOR_DEFINED_REQUEST & 0x7f] = SPDM_ROW_VENDOR + 1,
	[SPDM_GET_CSR & 0x7f]                = SPDM_ROW_CSR + 1,
	[SPDM_SET_CERTIFICATE & 0x7f]        = SPDM_ROW_SET_CERT + 1,
	[SPDM_GET_KEY_PAIR_INFO & 0x7f]      = SPDM_ROW_KEY_PAIR + 1,
	[SPDM_SET_KEY_PAIR_INFO & 0x7f]      = SPDM_ROW_SET_KEY_PAIR + 1,
	[SPDM_GET_ENDPOINT_INFO & 0x7f]      = SPDM_ROW_ENDPOINT_INFO + 1,
	[SPDM_GET_MEASUREMENT_EXTENSION_LOG & 0x7f] = SPDM_ROW_MEL + 1,
	[SPDM_CHUNK_SEND & 0x7f]             = SPDM_ROW_CHUNK_SEND + 1,
	[SPDM_CHUNK_GET & 0x7f]              = SPDM_ROW_CHUNK_GET + 1,
	[SPDM_RESPOND_IF_READY & 0x7f]       = SPDM_ROW_IF_READY + 1,
};
/* clang-format on */

/* Our row of a request code; SPDM_ROWS if there is none. */
static unsigned row_of(const struct spdm_rsp *r, uint8_t code)
{
	const unsigned row = rows[code & 0x7f];

	return row && r->cfg.table->reqs[row - 1].code == code ? row - 1
							       : SPDM_ROWS;
}

enum spdm_phase spdm_ex_phase(const struct spdm_ex *x)
{
	if (!x->s)
		return x->r->phase;
	if (x->s->state == SPDM_SES_OPEN)
		return SPDM_PH_SESSION;
	if (x->s->psk)
		return SPDM_PH_PSK;
	return spdm_encap_of(x->r, x->s) ? SPDM_PH_MUTUAL : SPDM_PH_HANDSHAKE;
}

/*
 * GET_VERSION is always 1.0. GET_CAPABILITIES picks one of ours; from then on
 * that one rules. Source: DSP0274 1.2.1, sections 10.2, 10.3.
 */
static bool version_fits(const struct spdm_rsp *r, uint8_t code, uint8_t v)
{
	if (code == SPDM_GET_VERSION)
		return v == SPDM_V10;
	if (r->version)
		return v == r->version;
	for (unsigned i = 0; i < COUNT(r->cfg.versions); i++)
		if (r->cfg.versions[i] && r->cfg.versions[i] == v)
			return true;
	return code != SPDM_GET_CAPABILITIES && v == SPDM_V10;
}

/* Why a request is refused before anything of its body is looked at. */
static enum il_err admit(struct spdm_ex *x, uint8_t version, uint8_t code,
			 unsigned *row)
{
	const struct spdm_rsp *r = x->r;
	const enum spdm_phase phase = spdm_ex_phase(x);
	const unsigned i = row_of(r, code);
	const struct spdm_rsp_req *q = &r->cfg.table->reqs[i];

	/* The peer may not know of the reset. Source: DSP0274 1.2.1, section
	 * 10.10 (RequestResynch) */
	if (r->lost && code != SPDM_GET_VERSION)
		return spdm_ex_refuse(x, SPDM_ERR_REQUEST_RESYNCH, 0);
	if (!version_fits(r, code, version))
		return spdm_ex_refuse(x, SPDM_ERR_VERSION_MISMATCH, 0);
	if (i == SPDM_ROWS || (r->version && spdm_since(code) > r->version) ||
	    (i == SPDM_ROW_IF_READY && !r->cfg.kept))
		return spdm_ex_refuse(x, SPDM_ERR_UNSUPPORTED_REQUEST, code);
	if (x->carried && (q->flags & (CARRIER | WHOLE)))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (!spdm_large_admits(x, code))
		return spdm_ex_refuse(x, SPDM_ERR_UNEXPECTED_REQUEST, 0);
	if (!spdm_wait_admits(x, code))
		return spdm_ex_refuse(x, SPDM_ERR_BUSY, 0);
	if (phase >= SPDM_PH_READY && q->cap &&
	    (!(r->cfg.caps & q->cap) ||
	     ((q->flags & BOTH) && !(r->peer_caps & q->cap))))
		return spdm_ex_refuse(x, SPDM_ERR_UNSUPPORTED_REQUEST, code);
	if (!(q->flags & CARRIER) && spdm_encap_blocks(x, code))
		return spdm_ex_refuse(x, SPDM_ERR_REQUEST_IN_FLIGHT, 0);
	if (!(q->phases & 1u << phase))
		return spdm_ex_refuse(x,
				      (q->flags & INSIDE) && !x->s &&
						      version >= SPDM_V12
					      ? SPDM_ERR_SESSION_REQUIRED
					      : SPDM_ERR_UNEXPECTED_REQUEST,
				      0);
	*row = i;
	return IL_OK;
}

static enum il_err parse(struct spdm_ex *x, const uint8_t *in, size_t n)
{
	const struct spdm_rsp *r = x->r;
	const struct spdm_shape sh = {
		.hash_len = spdm_hash_len(r->hash),
		.req_sig_len = spdm_asym_sig_len(r->req_asym, r->req_pqc_asym),
		.dhe_len =
			r->kem ? spdm_kem_key_len(r->kem) : spdm_dhe_len(r->dhe)
	};
	const size_t fill = n % r->via->unit ? 0 : r->via->unit - 1u;
	size_t used = n;
	enum il_err err;

	if (x->secured || x->carried || !fill)
		err = spdm_msg_decode_at(in, n, &sh, &x->req);
	else
		err = spdm_msg_decode_filled(in, n, fill, &sh, &x->req, &used);
	if (err)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (!x->carried && used > r->cfg.transfer)
		return spdm_ex_refuse(x, SPDM_ERR_REQUEST_TOO_LARGE, 0);
	x->in = (struct spdm_span){ .p = in, .n = used };
	return IL_OK;
}

/* Transcripts that an accepted request of another kind empties. */
static void settle(struct spdm_ex *x, unsigned row)
{
	struct spdm_rsp *r = x->r;

	if (!x->s && row != SPDM_ROW_ALGS && row != SPDM_ROW_DIGESTS)
		spdm_tr_d_close(&r->tr);
	if (!(r->cfg.table->reqs[row].flags & M12))
		spdm_tr_forget(&r->tr, &r->tr.m12);
	if (row != SPDM_ROW_MEAS)
		spdm_tr_forget(&r->tr, x->s ? &x->s->l12 : &r->tr.l12);
}

/*
 * L1/L2 has GET_MEASUREMENTS and MEASUREMENTS alone: whatever else is said,
 * and so an ERROR, begins it anew. OPEN: the sentence names no exception; what
 * is only put off has not been answered yet, as DMTF's implementation has it.
 * Source: DSP0274 1.0.1, section 4.11.2.1; 1.2.1, section 10.11.4
 */
static void unsettle(struct spdm_ex *x, unsigned row, enum il_err err)
{
	struct spdm_rsp *r = x->r;

	if (err == IL_E_AGAIN || err == IL_E_SPACE ||
	    x->error == SPDM_ERR_BUSY ||
	    (row < SPDM_ROWS && (r->cfg.table->reqs[row].flags & CARRIER)))
		return;
	spdm_tr_forget(&r->tr, x->s ? &x->s->l12 : &r->tr.l12);
}

static enum il_err act(struct spdm_ex *x, const uint8_t *in, size_t n,
		       unsigned *row)
{
	const struct spdm_rsp_req *q;
	enum il_err err;

	if (n < 4)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	err = admit(x, in[0], in[1], row);
	if (!err)
		err = parse(x, in, n);
	if (err)
		return err;
	spdm_ex_begin(x);
	q = &x->r->cfg.table->reqs[*row];
	x->proof = q->flags & PROOF;
	return q->act(x);
}

static enum il_err run(struct spdm_ex *x, const uint8_t *in, size_t n)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	const struct spdm_rsp_req *q;
	unsigned row = SPDM_ROWS;
	enum il_err err;

	if (cfg->heard)
		in = cfg->heard(cfg->tap_ctx, x->secured ? x->s->id : 0, in,
				&n);
	err = act(x, in, n, &row);
	if (err)
		unsettle(x, row, err);
	q = &cfg->table->reqs[row];
	if (err || (q->flags & CARRIER))
		return err;
	settle(x, row);
	if (!x->s && q->next != STAYS)
		spdm_rsp_enter(x->r, q->next);
	return IL_OK;
}

/*
 * PCI-SIG messages outside a session get no answer at all, in any phase and
 * whatever the rest of them says.
 * Source: PCIe TDISP 1.0 §11.2.2 (law 1).
 */
bool spdm_rsp_must_ignore(const uint8_t *in, size_t n)
{
	struct rd r = rd_over(in, n);

	rd_skip(&r, 1);
	if (rd_u8(&r) != SPDM_VENDOR_DEFINED_REQUEST)
		return false;
	rd_skip(&r, 2);
	if (rd_u16le(&r) != SPDM_STD_PCISIG || rd_u8(&r) != 2)
		return false;
	return rd_u16le(&r) == SPDM_VID_PCISIG;
}

enum il_err spdm_ex_dispatch(struct spdm_ex *x, const uint8_t *in, size_t n)
{
	enum il_err err = run(x, in, n);

	if (err || !x->inner.n)
		return err;
	/* What a carrier brought is judged as if it had come by itself. */
	if (!x->secured && spdm_rsp_must_ignore(x->inner.p, x->inner.n)) {
		x->silent = true;
		return IL_OK;
	}
	if (!x->secured)
		x->s = spdm_rsp_finishing(x->r, x->inner.p, x->inner.n);
	x->carried = true;
	return run(x, x->inner.p, x->inner.n);
}
