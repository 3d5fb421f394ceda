/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence in a realm: the objects come from the host, the monitor vouches for
 * each of them by a digest of its own.
 *
 * The judge (src/evidence) reads an SPDM certificate chain with its header and
 * root hash, and one transcript of VCA and measurements. The monitor digests
 * certificates alone, VCA and measurements apart (A.3). So what the host has
 * shown is compared with the monitor's digests first; then it is put together,
 * and the claim is the digest of what came of it. An object that differs gets
 * the monitor's own digest as its claim, which no bytes of ours have.
 */
#include <string.h>

#include "arch/cca/guest_priv.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "evidence/transcript.h"
#include "tdisp/report.h"

/* The order in which the host is asked. */
static const struct area {
	uint32_t cap;
} areas[RMI_DEV_OBJS] = {
	[RMI_DEV_OBJ_VCA] = { CCA_GUEST_VCA_LEN },
	[RMI_DEV_OBJ_CERT] = { CCA_GUEST_CERT_LEN },
	[RMI_DEV_OBJ_MEAS] = { CCA_GUEST_MEAS_LEN },
	[RMI_DEV_OBJ_REPORT] = { CCA_GUEST_REPORT_LEN },
};

uint64_t cca_guest_area(const struct cca_guest *g, unsigned object,
			uint32_t *cap)
{
	uint64_t at = g->cfg.map.data;

	for (unsigned i = 0; i < object; i++)
		at += areas[i].cap;
	*cap = areas[object].cap;
	return at;
}

static uint64_t shared(const struct cca_guest *g, uint64_t gpa)
{
	return gpa | UINT64_C(1) << (g->ipa_bits - 1);
}

/* --- what the host shows --- */

static enum il_err put_nonce(struct cca_guest *g, const uint8_t *nonce)
{
	uint8_t b[RHI_PARAMS_LEN] = { 0 };

	memcpy(b + RHI_PARAMS_NONCE, nonce, EVIDENCE_NONCE_LEN);
	return g->cfg.insn->write(g->cfg.insn->ctx,
				  shared(g, g->cfg.map.params), b, sizeof(b));
}

/* One that the host has none of is empty: it fails at its digest. */
static enum il_err ask_size(struct cca_guest *g)
{
	const uint64_t arg[] = { RHI_GET_SIZE, g->vdev_id, g->object };
	enum il_err err = cca_guest_call(g, "OBJECT_SIZE", arg, COUNT(arg));

	if (!err && (!g->gpr[1] || g->gpr[1] > areas[g->object].cap))
		return cca_guest_refused(g, "OBJECT_SIZE: no such object",
					 g->object);
	if (!err)
		g->len[g->object] = (uint32_t)g->gpr[1];
	return err;
}

/* In parts, as large as the host likes. */
static enum il_err ask_bytes(struct cca_guest *g)
{
	const uint32_t left = g->len[g->object] - (uint32_t)g->at;
	uint32_t cap;
	const uint64_t arg[] = {
		RHI_READ,  g->vdev_id,
		g->object, cca_guest_area(g, g->object, &cap) + g->at,
		left,	   g->at
	};
	enum il_err err = cca_guest_call(g, "OBJECT_READ", arg, COUNT(arg));

	if (!err && (!g->gpr[1] || g->gpr[1] > left))
		return cca_guest_refused(g, "OBJECT_READ: another length",
					 g->gpr[1]);
	if (!err)
		g->at += g->gpr[1];
	return err;
}

/* Once, from memory that the host can write, into our own. */
static enum il_err copy(struct cca_guest *g)
{
	uint8_t *const to[RMI_DEV_OBJS] = {
		[RMI_DEV_OBJ_VCA] = g->vca,
		[RMI_DEV_OBJ_CERT] = g->chain + CCA_GUEST_CHAIN_HDR,
		[RMI_DEV_OBJ_MEAS] = g->vca + g->len[RMI_DEV_OBJ_VCA],
		[RMI_DEV_OBJ_REPORT] = g->report,
	};

	for (; g->object < RMI_DEV_OBJS; g->object++) {
		uint32_t cap;
		const uint64_t from = cca_guest_area(g, g->object, &cap);
		enum il_err err = IL_OK;

		if (g->len[g->object])
			err = g->cfg.insn->read(g->cfg.insn->ctx,
						shared(g, from), to[g->object],
						g->len[g->object]);
		if (err)
			return err;
	}
	return IL_OK;
}

/* --- what the monitor says of it --- */

static bool hash_of(uint8_t rmi, enum crypto_hash_alg *alg)
{
	switch (rmi) {
	case RMI_HASH_SHA_256:
		*alg = CRYPTO_SHA256;
		return true;
	case RMI_HASH_SHA_384:
		*alg = CRYPTO_SHA384;
		return true;
	case RMI_HASH_SHA_512:
		*alg = CRYPTO_SHA512;
		return true;
	default:
		return false;
	}
}

static bool vouched(const struct cca_guest *g, enum crypto_hash_alg alg,
		    enum rmi_dev_obj o, const uint8_t *p)
{
	uint8_t d[CRYPTO_HASH_MAX];

	return g->len[o] && !crypto_hash(g->cfg.crypto, alg, p, g->len[o], d) &&
	       bytes_equal_ct(d, g->info.digest[o], crypto_hash_len(alg));
}

/* DSP0274: BaseHashSel. What is not said is the monitor's usual one. */
static enum crypto_hash_alg spdm_hash(const struct cca_guest *g)
{
	struct evidence_transcript t;
	const struct spdm_span b = { g->vca, (size_t)g->len[RMI_DEV_OBJ_VCA] +
						     g->len[RMI_DEV_OBJ_MEAS] };

	if (evidence_transcript_read(b, &t) || t.hash == 2)
		return CRYPTO_SHA384;
	return t.hash == 4 ? CRYPTO_SHA512 : CRYPTO_SHA256;
}

/* Bytes of the first certificate; all of them if it is none. */
static size_t first_cert(const uint8_t *p, size_t len)
{
	size_t n = 0, head = 2;

	if (len < 2 || p[0] != 0x30)
		return len;
	if (p[1] < 0x80) {
		n = p[1];
	} else {
		head += p[1] & 0x7f;
		if (head > 6 || head > len)
			return len;
		for (size_t i = 2; i < head; i++)
			n = n << 8 | p[i];
	}
	return n > len - head ? len : head + n;
}

/*
 * Header and hash of the root go right before the certificates. Source:
 * DSP0274 1.2, certificate chain format. The root is the chain's own first
 * certificate, so that the hash says nothing new; whether that root is to be
 * believed is judged after this.
 */
static enum il_err put_head(struct cca_guest *g, struct evidence_blob *out)
{
	uint8_t *certs = g->chain + CCA_GUEST_CHAIN_HDR;
	const size_t n = crypto_hash_len(g->spdm_hash);
	const size_t all = 4 + n + g->len[RMI_DEV_OBJ_CERT];
	uint8_t *head = certs - n - 4;
	enum il_err err = crypto_hash(
		g->cfg.crypto, g->spdm_hash, certs,
		first_cert(certs, g->len[RMI_DEV_OBJ_CERT]), certs - n);

	cca_put_le(head, 0, 2, all);
	cca_put_le(head, 2, 2, 0);
	*out = (struct evidence_blob){ head, all };
	return err;
}

static enum il_err claim(struct cca_guest *g, bool good, enum rmi_dev_obj o,
			 enum crypto_hash_alg alg,
			 const struct evidence_blob *b, uint8_t *out)
{
	memcpy(out, g->info.digest[o], CRYPTO_HASH_MAX);
	return good ? crypto_hash(g->cfg.crypto, alg, b->p, b->len, out)
		    : IL_OK;
}

/* NO_FW_UPDATE of the lock as the interface report has it. */
static uint16_t flags_of(const struct cca_guest *g)
{
	struct tdisp_report rep;

	if (!g->report_true ||
	    tdisp_report_decode(g->report, g->len[RMI_DEV_OBJ_REPORT], &rep))
		return 0;
	return rep.info & TDISP_INFO_NO_FW_UPDATE ? 1 : 0;
}

static enum il_err judge_objects(struct cca_guest *g, enum crypto_hash_alg alg,
				 struct evidence_blobs *b)
{
	const uint32_t vca = g->len[RMI_DEV_OBJ_VCA];
	enum il_err err;

	g->certs_true = vouched(g, alg, RMI_DEV_OBJ_CERT,
				g->chain + CCA_GUEST_CHAIN_HDR);
	g->meas_true = vouched(g, alg, RMI_DEV_OBJ_VCA, g->vca) &&
		       vouched(g, alg, RMI_DEV_OBJ_MEAS, g->vca + vca);
	g->report_true = vouched(g, alg, RMI_DEV_OBJ_REPORT, g->report);
	g->spdm_hash = spdm_hash(g);
	g->lock_flags = flags_of(g);
	b->meas = (struct evidence_blob){
		g->vca, (size_t)vca + g->len[RMI_DEV_OBJ_MEAS]
	};
	b->report =
		(struct evidence_blob){ g->report, g->len[RMI_DEV_OBJ_REPORT] };
	err = put_head(g, &b->certs);
	if (!err)
		err = claim(g, g->certs_true, RMI_DEV_OBJ_CERT, alg, &b->certs,
			    g->certs);
	if (!err)
		err = claim(g, g->meas_true, RMI_DEV_OBJ_MEAS, alg, &b->meas,
			    g->meas);
	return err;
}

/* Is what the monitor has of @o still what was judged? */
static bool same(const struct cca_guest *g, enum rmi_dev_obj o)
{
	return memcmp(g->info.digest[o], g->judged.digest[o],
		      VDEV_INFO_DIGEST_MAX) == 0;
}

static void put_claims(const struct cca_guest *g, enum crypto_hash_alg alg,
		       struct evidence_claims *c)
{
	const struct cca_guest_info *i = &g->info;

	*c = (struct evidence_claims){
		.tdi_id = i->lock_nonce,
		.report_count = i->report_nonce,
		.lock_flags = g->lock_flags,
		.meas_valid = i->meas_nonce != 0,
		.meas_fresh = i->meas_nonce != 0,
		.hash = alg,
		.spdm_hash = g->spdm_hash,
	};
	memcpy(c->certs,
	       same(g, RMI_DEV_OBJ_CERT) ? g->certs
					 : i->digest[RMI_DEV_OBJ_CERT],
	       sizeof(c->certs));
	memcpy(c->meas,
	       same(g, RMI_DEV_OBJ_MEAS) && same(g, RMI_DEV_OBJ_VCA)
		       ? g->meas
		       : i->digest[RMI_DEV_OBJ_MEAS],
	       sizeof(c->meas));
	memcpy(c->report, i->digest[RMI_DEV_OBJ_REPORT], sizeof(c->report));
}

/* --- in order --- */

enum { NONCE, MEASURE, REPORT, SIZE, BYTES, COPY, INFO, AGAIN };

static enum il_err step(struct cca_guest *g, const uint8_t *nonce)
{
	const uint64_t measure[] = { RHI_MEASURE, g->vdev_id,
				     g->cfg.map.params };
	const uint64_t report[] = { RHI_REPORT, g->vdev_id };

	switch (g->phase) {
	case NONCE:
		return put_nonce(g, nonce);
	case MEASURE:
		return cca_guest_call(g, "GET_MEASUREMENTS", measure,
				      COUNT(measure));
	case REPORT:
		return cca_guest_call(g, "GET_INTERFACE_REPORT", report,
				      COUNT(report));
	case SIZE:
		return ask_size(g);
	case BYTES:
		return ask_bytes(g);
	case COPY:
		return copy(g);
	default:
		return cca_guest_info(g);
	}
}

/* Where a step that is done leads to. */
static void next(struct cca_guest *g)
{
	if (g->phase == BYTES && g->at < g->len[g->object])
		return;
	if (g->phase == BYTES) {
		g->at = 0;
		g->phase = ++g->object < RMI_DEV_OBJS ? SIZE : COPY;
		g->object %= RMI_DEV_OBJS;
		return;
	}
	g->phase++;
}

static enum il_err locked(struct cca_guest *g)
{
	if (!g->info.lock_nonce || (g->info.state != RSI_VDEV_LOCKED &&
				    g->info.state != RSI_VDEV_STARTED))
		return cca_guest_refused(g, "VDEV_GET_INFO: not locked",
					 g->info.state);
	return IL_OK;
}

enum il_err cca_guest_evidence(struct cca_guest *g, const uint8_t *nonce,
			       struct evidence_claims *claims,
			       struct evidence_blobs *blobs)
{
	enum crypto_hash_alg alg;
	enum il_err err;

	if (!nonce && g->phase < AGAIN)
		g->phase = AGAIN;
	while (g->phase < AGAIN) {
		err = step(g, nonce);
		if (err)
			return err;
		next(g);
		if (g->phase == AGAIN)
			g->judged = g->info;
	}
	/* Law 27: once more, after all that was read. */
	err = cca_guest_info(g);
	if (!err)
		err = locked(g);
	if (err)
		return err;
	if (!hash_of(g->info.hash, &alg))
		return cca_guest_refused(g, "VDEV_GET_INFO: hash",
					 g->info.hash);
	if (nonce && g->info.lock_nonce != g->judged.lock_nonce)
		return cca_guest_refused(
			g, "VDEV_GET_INFO: locked again meanwhile", 0);
	if (nonce)
		err = judge_objects(g, alg, blobs);
	if (!err)
		put_claims(g, alg, claims);
	return err;
}
