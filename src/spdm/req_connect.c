/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/keys_priv.h"
#include "spdm/req_priv.h"

/* CONNECT: what both can do, and the certificates of one slot. */

static enum il_err header_only(struct spdm_req *q, struct spdm_msg *m)
{
	(void)q;
	(void)m;
	return IL_OK;
}

/* From here on the old connection is no more: the peer forgets it too. */
static enum il_err version_build(struct spdm_req *q, struct spdm_msg *m)
{
	spdm_req_forget(q);
	q->slot = q->args.slot;
	q->meas_len = 0;
	m->version = SPDM_V10;
	return spdm_tr_restart(&q->tr);
}

static enum il_err version_check(struct spdm_req *q, const struct spdm_msg *m)
{
	for (unsigned i = 0; i < COUNT(q->cfg.versions); i++)
		for (uint8_t j = 0; j < m->u.version_list.count; j++)
			if (q->cfg.versions[i] &&
			    m->u.version_list.entry[j] >> 8 ==
				    q->cfg.versions[i]) {
				q->version = q->cfg.versions[i];
				return IL_OK;
			}
	return IL_E_FIELD;
}

static enum il_err caps_build(struct spdm_req *q, struct spdm_msg *m)
{
	m->u.caps.ct_exponent = q->cfg.ct_exponent;
	m->u.caps.flags = q->cfg.caps;
	m->u.caps.transfer = q->cfg.transfer;
	m->u.caps.max_msg = q->cfg.transfer; /* no CHUNK_CAP */
	return IL_OK;
}

/*
 * Flags that contradict each other are refused, as is a peer without
 * certificates: all that follows is signed with the leaf's key.
 * Source: DSP0274 1.2.1, section 10.3, table of responder flags.
 */
/* Flags of which one may not stand beside, or without, another. */
static bool flags_agree(uint32_t f)
{
	const uint32_t set_cert = SPDM_CAP_SET_CERT | SPDM_CAP_CSR;

	if ((f & SPDM_CAP_MEAS_MASK) == SPDM_CAP_MEAS_MASK ||
	    (f & SPDM_CAP_PSK_MASK) == SPDM_CAP_PSK_MASK)
		return false; /* values that are reserved */
	if ((f & SPDM_CAP_MEAS_FRESH) && !(f & SPDM_CAP_MEAS_MASK))
		return false;
	if ((f & SPDM_CAP_CERT) && (f & SPDM_CAP_PUB_KEY_ID))
		return false;
	if ((f & set_cert) == SPDM_CAP_CSR)
		return false;
	return !(f & SPDM_CAP_CERT_INSTALL_RESET) || (f & set_cert);
}

static bool caps_sane(const struct spdm_req *q, const struct spdm_caps *c)
{
	const bool crypt = c->flags & (SPDM_CAP_ENCRYPT | SPDM_CAP_MAC);
	const bool ses = c->flags & (SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK);

	if (!(c->flags & SPDM_CAP_CERT) || crypt != ses ||
	    (c->flags & q->cfg.need_caps) != q->cfg.need_caps ||
	    !flags_agree(c->flags))
		return false;
	return q->version < SPDM_V12 || spdm_sizes_agree(c);
}

static enum il_err caps_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_caps *c = &m->u.caps;

	if (!caps_sane(q, c))
		return IL_E_FIELD;
	q->peer_caps = c->flags;
	q->peer_transfer = q->version >= SPDM_V12 ? c->transfer : 0;
	return IL_OK;
}

#define OFFERS 4

/*
 * AlgStruct tables as offered, in the ascending order of their types; how
 * many. Who may be asked to sign says with what.
 */
static unsigned offers(const struct spdm_req *q,
		       struct spdm_alg_table out[OFFERS])
{
	unsigned n = 2;

	memset(out, 0, OFFERS * sizeof(*out));
	out[0].type = SPDM_ALG_DHE;
	out[0].bits = q->cfg.dhe;
	out[1].type = SPDM_ALG_AEAD;
	out[1].bits = SPDM_AEAD_AES_256_GCM;
	if (q->cfg.req_asym) {
		out[n].type = SPDM_ALG_REQ_ASYM;
		out[n++].bits = (uint16_t)q->cfg.req_asym;
	}
	out[n].type = SPDM_ALG_KEY_SCHEDULE;
	out[n++].bits = SPDM_KEY_SCHEDULE_SPDM;
	return n;
}

static enum il_err algs_build(struct spdm_req *q, struct spdm_msg *m)
{
	struct spdm_algs *a = &m->u.algs;

	if (q->peer_caps & SPDM_CAP_MEAS_MASK)
		a->meas_spec = SPDM_MEAS_SPEC_DMTF;
	if (q->version >= SPDM_V12)
		a->other_params = SPDM_OPAQUE_FMT_1;
	a->asym = q->cfg.asym;
	a->hash = q->cfg.hash;
	a->tables = (uint8_t)offers(q, a->table);
	m->param1 = a->tables;
	return IL_OK;
}

/* One bit, out of those offered. */
static bool one_of(uint32_t sel, uint32_t offered)
{
	return sel && !(sel & (sel - 1)) && (sel & offered);
}

/* Whether both can make sessions, at all or with a DHE. */
static bool sessions(const struct spdm_req *q, bool dhe)
{
	if (q->cfg.caps & q->peer_caps & SPDM_CAP_KEY_EX)
		return true;
	return !dhe && (q->cfg.caps & SPDM_CAP_PSK) &&
	       (q->peer_caps & SPDM_CAP_PSK_MASK);
}

/* Whether the peer has to select one of a table. Without a way for us to sign
 * there is no mutual authentication, which is for the peer to want. */
static bool needed(const struct spdm_req *q, uint8_t type)
{
	return type != SPDM_ALG_REQ_ASYM && sessions(q, type == SPDM_ALG_DHE);
}

/*
 * The peer selects one of each that we offered, and nothing else.
 * Source: DSP0274 1.2.1, section 10.4.
 */
static bool algs_sane(const struct spdm_req *q, const struct spdm_algs *a)
{
	const bool ses = sessions(q, false);
	const bool meas = q->peer_caps & SPDM_CAP_MEAS_MASK;
	struct spdm_alg_table want[OFFERS];
	const unsigned n = offers(q, want);

	if (!one_of(a->asym, q->cfg.asym) || !one_of(a->hash, q->cfg.hash) ||
	    a->ext_asym.n || a->ext_hash.n || a->tables != n)
		return false;
	if (meas != (a->meas_spec == SPDM_MEAS_SPEC_DMTF) ||
	    meas != one_of(a->meas_hash, UINT32_MAX))
		return false;
	if (a->other_params & ~SPDM_OPAQUE_FMT_1 ||
	    (q->version >= SPDM_V12 && ses && !a->other_params))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (a->table[i].type != want[i].type || a->table[i].ext_count ||
		    ((needed(q, want[i].type) || a->table[i].bits) &&
		     !one_of(a->table[i].bits, want[i].bits)))
			return false;
	return true;
}

static enum il_err algs_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_algs *a = &m->u.algs;

	if (!algs_sane(q, a))
		return IL_E_FIELD;
	q->asym = a->asym;
	q->req_asym = spdm_algs_bits(a, SPDM_ALG_REQ_ASYM);
	q->hash = a->hash;
	q->meas_hash = a->meas_hash;
	q->dhe = spdm_algs_bits(a, SPDM_ALG_DHE);
	q->opaque_fmt1 = a->other_params & SPDM_OPAQUE_FMT_1;
	q->shape =
		(struct spdm_shape){ .hash_len = spdm_hash_len(q->hash),
				     .sig_len = spdm_sig_len(q->asym),
				     .req_sig_len = spdm_sig_len(q->req_asym),
				     .dhe_len = spdm_dhe_len(q->dhe) };
	q->shape.clear =
		q->cfg.caps & q->peer_caps & SPDM_CAP_HANDSHAKE_IN_CLEAR;
	return spdm_tr_choose(&q->tr, q->version, q->hash);
}

static enum il_err digests_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const size_t n = q->shape.hash_len;
	size_t at = 0;

	if (!(m->param2 >> q->slot & 1))
		return IL_E_FIELD;
	for (unsigned i = 0; i < q->slot; i++)
		at += m->param2 >> i & 1;
	memcpy(q->slot_digest, m->u.digests.all.p + at * n, n);

	const struct crypto_slot old = q->tr.m12;

	q->tr.m12 = q->hs;
	q->hs = old;
	return IL_OK;
}

/* Header, fields and portion must fit what either side takes. */
static uint16_t portion(const struct spdm_req *q)
{
	size_t n = q->cfg.transfer - 8;

	if (q->cfg.portion && q->cfg.portion < n)
		n = q->cfg.portion;
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

static enum il_err cert_build(struct spdm_req *q, struct spdm_msg *m)
{
	m->param1 = q->slot;
	m->u.get_cert.offset = (uint16_t)q->chain_len;
	m->u.get_cert.length = portion(q);
	return IL_OK;
}

/* The whole chain is there: its length, its digest, its certificates. */
static enum il_err chain_check(struct spdm_req *q)
{
	const enum crypto_curve curve =
		q->asym == SPDM_ASYM_ECDSA_P256 ? CRYPTO_P256 : CRYPTO_P384;
	const size_t n = q->shape.hash_len;
	const size_t head = SPDM_CHAIN_HEAD + n;
	struct rd r = rd_over(q->cfg.chain, q->chain_len);
	enum il_err err;

	if (rd_u16le(&r) != q->chain_len || q->chain_len <= head)
		return IL_E_FIELD;
	err = crypto_hash(q->cfg.crypto, spdm_crypto_hash(q->hash),
			  q->cfg.chain, q->chain_len, q->chain_digest);
	if (err)
		return err;
	if (memcmp(q->chain_digest, q->slot_digest, n) != 0)
		return IL_E_AUTH;
	err = crypto_chain_parse(q->cfg.crypto, q->cfg.chain + head,
				 q->chain_len - head, &q->leaf);
	if (err)
		return err;
	if (q->leaf.curve != curve)
		return IL_E_FIELD;
	if (!q->cfg.verify_chain)
		return IL_OK;
	return q->cfg.verify_chain(q->cfg.verify_ctx, &q->leaf);
}

/*
 * Portions in order, none empty, none longer than asked for, and the total
 * never changes. Source: DSP0274 1.2.1, section 10.6.
 */
static enum il_err cert_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_span p = m->u.cert.portion;
	const size_t total = q->chain_len + p.n + m->u.cert.remainder;

	if ((m->param1 & 0xf) != q->slot || !p.n || p.n > portion(q) ||
	    (q->chain_len && total != q->chain_total))
		return IL_E_FIELD;
	if (total > q->cfg.chain_cap || total > UINT16_MAX)
		return IL_E_NOMEM;
	memcpy(q->cfg.chain + q->chain_len, p.p, p.n);
	q->chain_len += p.n;
	q->chain_total = total;

	const struct crypto_slot old = q->tr.m12;

	q->tr.m12 = q->hs;
	q->hs = old;
	return m->u.cert.remainder ? IL_E_AGAIN : chain_check(q);
}

/* clang-format off */
const struct spdm_req_step spdm_req_connect_steps[] = {
	{ SPDM_GET_VERSION,          SPDM_TR_VCA,      version_build, NULL, version_check },
	{ SPDM_GET_CAPABILITIES,     SPDM_TR_VCA,      caps_build,    NULL, caps_check },
	{ SPDM_NEGOTIATE_ALGORITHMS, SPDM_TR_VCA,      algs_build,    NULL, algs_check },
	{ SPDM_GET_DIGESTS,          SPDM_TR_M12_ANEW, header_only,   NULL, digests_check },
	{ SPDM_GET_CERTIFICATE,      SPDM_TR_M12,      cert_build,    NULL, cert_check },
};
/* clang-format on */
