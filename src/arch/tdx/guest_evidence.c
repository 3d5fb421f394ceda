/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host hands over, against the module's hashes; then as the evidence
 * of a device that every architecture's guest judges.
 * Source: architectures.md C.1; TDX Connect guest series (2026)
 */
#include "arch/tdx/guest_priv.h"

#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "evidence/transcript.h"
#include "tdisp/report.h"

enum il_err tdx_guest_tdi_rd(struct tdx_guest *g, enum tdx_tdi_field field)
{
	const bool hash =
		field == TDX_TDI_REPORT_HASH || field == TDX_TDI_INFO_HASH;
	const struct tdx_regs r = { .rax = TDG_TDI_RD,
				    .rcx = g->func,
				    .rdx = field,
				    .r8 = hash ? g->cfg.map.hash : 0 };
	enum il_err err;

	if (!g->at) {
		err = tdx_guest_do(g, &r, "TDG.TDI.RD");
		if (err)
			return err;
		g->value = g->regs.rcx;
	}
	if (!hash)
		return IL_OK;
	if (g->value != sizeof(g->hash))
		return tdx_guest_refused(g, "TDG.TDI.RD: no such hash", field);
	g->at = 1; /* from our own memory: it may not be mapped yet */
	err = g->cfg.insn->read(g->cfg.insn->ctx, g->cfg.map.hash, true,
				g->hash, sizeof(g->hash));
	if (err != IL_E_AGAIN)
		g->at = 0;
	return err;
}

/*
 * Another bind session: the host has unbound and bound the function behind our
 * back, and what we know is of a lock session that is over (law 25).
 */
enum il_err tdx_guest_still(struct tdx_guest *g, unsigned states)
{
	enum il_err err;

	if (!g->still_phase) {
		err = tdx_guest_tdi_rd(g, TDX_TDI_STATE);
		if (err)
			return err;
		if (g->value > 3 || !(states >> g->value & 1))
			return tdx_guest_refused(
				g, "the interface is in another state",
				g->value);
		g->still_phase = 1;
	}
	err = tdx_guest_tdi_rd(g, TDX_TDI_BIND_SESSION);
	if (err != IL_E_AGAIN)
		g->still_phase = 0;
	if (!err && (!g->value || (g->session && g->value != g->session)))
		return tdx_guest_refused(g, "another bind session", g->value);
	return err;
}

/* --- device information --- */

static struct evidence_blob part(const struct tdx_guest *g, unsigned type)
{
	struct evidence_blob b = { 0 };

	for (uint32_t at = 0; g->info_len - at >= TDX_INFO_HDR;) {
		const uint8_t *p = g->info + at;
		const uint32_t len = tdx_u32(p, TDX_INFO_LEN);

		at += TDX_INFO_HDR;
		if (len > g->info_len - at)
			break;
		if (tdx_u32(p, TDX_INFO_TYPE) == type)
			b = (struct evidence_blob){ p + TDX_INFO_HDR, len };
		at += len;
	}
	return b;
}

/* SPDM BaseHashSel: bit 0 SHA-256, bit 1 SHA-384. */
static enum crypto_hash_alg negotiated(struct evidence_blob meas)
{
	struct evidence_transcript t;

	if (evidence_transcript_read((struct spdm_span){ meas.p, meas.len },
				     &t))
		return CRYPTO_SHA384; /* refused for its form */
	return t.hash & 1 ? CRYPTO_SHA256 : CRYPTO_SHA384;
}

/* Length of the DER sequence at @p; 0: none that a certificate is. */
static size_t der_len(const uint8_t *p, size_t n)
{
	size_t len;

	if (n < 4 || p[0] != 0x30 || p[1] != 0x82)
		return 0;
	len = 4 + ((size_t)p[2] << 8 | p[3]);
	return len <= n ? len : 0;
}

/* Each certificate is signed by the one before. *@chain is to be dropped. */
static bool chain_holds(const struct tdx_guest *g, struct evidence_blob b,
			struct crypto_chain *chain)
{
	const size_t head = 4 + crypto_hash_len(g->spdm_hash);
	struct crypto_why why;
	const uint8_t *der;
	size_t n;

	if (b.len < head)
		return false;
	der = b.p + head;
	n = b.len - head;
	if (crypto_chain_parse(g->cfg.crypto, der, n, chain))
		return false;
	return !crypto_chain_verify(g->cfg.crypto, chain, der, der_len(der, n),
				    g->cfg.now_s, &why);
}

/*
 * The whole is not what the module has a hash of. Which part the host has
 * exchanged matters for words alone: no digest stays that both parts could
 * match. A chain in itself in order stands, unless it also signed all that is
 * there, for our nonce: then it is another device's, and so are both.
 */
static enum il_err name_part(struct tdx_guest *g,
			     const struct evidence_blobs *b,
			     const uint8_t *nonce)
{
	const struct crypto *c = g->cfg.crypto;
	struct crypto_chain chain = { 0 };
	struct evidence_transcript t;
	const bool holds = chain_holds(g, b->certs, &chain);
	const bool fits =
		holds &&
		!evidence_transcript_read(
			(struct spdm_span){ b->meas.p, b->meas.len }, &t) &&
		!evidence_transcript_verify(c, &t, chain.leaf) &&
		t.nonce.n == EVIDENCE_NONCE_LEN &&
		memcmp(t.nonce.p, nonce, EVIDENCE_NONCE_LEN) == 0;

	crypto_chain_drop(c, &chain);
	return holds && !fits ? crypto_hash(c, CRYPTO_SHA384, b->certs.p,
					    b->certs.len, g->certs)
			      : IL_OK;
}

/* Digests of the parts, if the whole is what the module has a hash of. */
static enum il_err judge_info(struct tdx_guest *g, struct evidence_blobs *b,
			      const uint8_t *nonce)
{
	const struct crypto *c = g->cfg.crypto;
	uint8_t own[CRYPTO_HASH_MAX] = { 0 };
	enum il_err err =
		crypto_hash(c, CRYPTO_SHA384, g->info, g->info_len, own);

	if (err)
		return err;
	b->certs = part(g, TDX_INFO_CHAIN);
	b->meas = part(g, TDX_INFO_MEAS); /* VCA, request, response */
	memcpy(g->info_hash, g->hash, sizeof(g->hash));
	memset(g->certs, 0, sizeof(g->certs));
	memset(g->meas, 0, sizeof(g->meas));
	g->spdm_hash = negotiated(b->meas);
	if (memcmp(own, g->hash, sizeof(g->hash)) != 0)
		return name_part(g, b, nonce);
	err = crypto_hash(c, CRYPTO_SHA384, b->certs.p, b->certs.len, g->certs);
	return err ? err
		   : crypto_hash(c, CRYPTO_SHA384, b->meas.p, b->meas.len,
				 g->meas);
}

/*
 * The module has no field for the lock flags. The one that counts, no firmware
 * update, the device itself reports (law 32), and the report's hash is the
 * module's.
 */
static void take_flags(struct tdx_guest *g)
{
	struct tdisp_report rep;

	g->lock_flags = !tdisp_report_decode(g->report, g->report_len, &rep) &&
					rep.info & TDISP_INFO_NO_FW_UPDATE
				? 1
				: 0;
}

/* --- the entry --- */

enum { INFO, REPORT, INFO_HASH, REPORT_HASH, SESSION };

/* What the module says now; measurements that somebody else took since are
 * others, and the guest asks anew. */
static void fill(const struct tdx_guest *g, struct evidence_claims *c)
{
	*c = (struct evidence_claims){ .tdi_id = g->session,
				       .report_count = g->reports,
				       .lock_flags = g->lock_flags,
				       .meas_valid = true,
				       .meas_fresh = true,
				       .hash = CRYPTO_SHA384,
				       .spdm_hash = g->spdm_hash };
	memcpy(c->certs, g->certs, sizeof(c->certs));
	memcpy(c->meas, g->meas, sizeof(c->meas));
	memcpy(c->report, g->report_hash, sizeof(g->report_hash));
}

static enum il_err step(struct tdx_guest *g, const uint8_t *nonce,
			struct evidence_blobs *blobs)
{
	enum il_err err;

	switch (g->phase) {
	case INFO:
		if (!nonce)
			return IL_OK;
		err = tdx_guest_tdcm(g, TDCM_OP_GET_DEV_INFO, nonce,
				     EVIDENCE_NONCE_LEN, g->info,
				     sizeof(g->info));
		g->info_len = err ? 0 : g->len;
		return err;
	case REPORT:
		if (!nonce)
			return IL_OK;
		err = tdx_guest_tdcm(g, TDCM_OP_GET_TDI_REPORT, NULL, 0,
				     g->report, sizeof(g->report));
		g->report_len = err ? 0 : g->len;
		g->reports += !err;
		return err;
	case INFO_HASH:
		err = tdx_guest_tdi_rd(g, TDX_TDI_INFO_HASH);
		if (!err && nonce)
			return judge_info(g, blobs, nonce);
		if (!err && memcmp(g->hash, g->info_hash, sizeof(g->hash)) != 0)
			memcpy(g->meas, g->hash, sizeof(g->hash));
		return err;
	case REPORT_HASH:
		err = tdx_guest_tdi_rd(g, TDX_TDI_REPORT_HASH);
		if (!err)
			memcpy(g->report_hash, g->hash, sizeof(g->hash));
		return err;
	default:
		return tdx_guest_still(g, TDI_IS_LOCKED | TDI_IS_RUN);
	}
}

enum il_err tdx_guest_evidence(struct tdx_guest *g, const uint8_t *nonce,
			       struct evidence_claims *claims,
			       struct evidence_blobs *blobs)
{
	while (g->phase <= SESSION) {
		enum il_err err = step(g, nonce, &g->blobs);

		if (err)
			return err;
		g->phase++;
	}
	if (nonce) {
		take_flags(g);
		*blobs = g->blobs;
		blobs->report =
			(struct evidence_blob){ g->report, g->report_len };
	}
	fill(g, claims);
	return IL_OK;
}
