/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/caps.h"
#include "spdm/keys_priv.h"
#include "spdm/req_priv.h"
#include "spdm/sig.h"

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
	m->u.caps.flags = q->cfg.caps & spdm_caps_mask(q->version, true);
	m->u.caps.transfer = q->cfg.transfer;
	m->u.caps.max_msg = q->cfg.caps & SPDM_CAP_CHUNK
				    ? (uint32_t)q->cfg.large_cap
				    : q->cfg.transfer;
	return IL_OK;
}

/*
 * Flags that contradict each other are refused, as is a peer without
 * certificates: all that follows is signed with the leaf's key.
 * Source: DSP0274, section 10.3; what the flags say is in caps.c.
 */
static bool caps_sane(const struct spdm_req *q, const struct spdm_caps *c,
		      uint32_t flags)
{
	if (!(flags & SPDM_CAP_CERT) ||
	    (flags & q->cfg.need_caps) != q->cfg.need_caps ||
	    !spdm_caps_good(q->version, false, flags))
		return false;
	return q->version < SPDM_V12 || spdm_sizes_agree(c);
}

static enum il_err caps_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_caps *c = &m->u.caps;
	const uint32_t flags = c->flags & spdm_caps_mask(q->version, false);

	if (!caps_sane(q, c, flags))
		return IL_E_FIELD;
	q->peer_caps = flags;
	q->peer_transfer = q->version >= SPDM_V12 ? c->transfer : 0;
	q->peer_max = q->version >= SPDM_V12 ? c->max_msg : 0;
	return IL_OK;
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
	const bool chunks = q->cfg.portion && spdm_req_chunks(q);
	size_t n = (chunks ? q->cfg.large_cap : q->cfg.transfer) - 8;

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
	if (q->leaf.key != spdm_asym_key(q->asym, q->pqc_asym))
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
	{ SPDM_NEGOTIATE_ALGORITHMS, SPDM_TR_VCA,      spdm_req_algs_build, NULL, spdm_req_algs_check },
	{ SPDM_GET_DIGESTS,          SPDM_TR_M12_ANEW, header_only,   NULL, digests_check },
	{ SPDM_GET_CERTIFICATE,      SPDM_TR_M12,      cert_build,    NULL, cert_check },
};
/* clang-format on */
