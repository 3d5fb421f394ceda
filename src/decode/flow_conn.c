/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "decode/flow_priv.h"
#include "spdm/sig.h"

/*
 * The connection: what was negotiated, certificates, challenges, measurements.
 * Source: DSP0274 1.2.1, sections 10.2 to 10.11
 */

/* --- negotiation --- */

static void vca(struct flow *f, const struct flow_asked *q,
		const struct flow_turn *t)
{
	if (spdm_tr_vca(&f->tr, q->p, q->n) || spdm_tr_vca(&f->tr, t->p, t->n))
		f->vca_why = flow_no_room;
}

static void on_version(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;

	f->vca_why = spdm_tr_restart(&f->tr) ? flow_no_room : NULL;
	vca(f, q, t);
}

static void on_capabilities(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;

	f->version = t->m.version;
	f->req_caps = q->m.u.caps.flags;
	f->rsp_caps = t->m.u.caps.flags;
	vca(f, q, t);
}

/* With 1.4 one of two kinds: ML-DSA for a signature, a KEM for a key. */
static void lengths(struct flow *f, const struct spdm_algs *a)
{
	const uint16_t kem = spdm_algs_bits(a, SPDM_ALG_KEM);
	struct spdm_shape *sh = &f->shape;

	sh->hash_len = spdm_hash_len(a->hash);
	sh->sig_len = spdm_asym_sig_len(a->asym, a->pqc_asym);
	sh->req_sig_len =
		spdm_asym_sig_len(spdm_algs_bits(a, SPDM_ALG_REQ_ASYM),
				  spdm_algs_bits(a, SPDM_ALG_REQ_PQC_ASYM));
	sh->dhe_len = kem ? spdm_kem_key_len(kem)
			  : spdm_dhe_len(spdm_algs_bits(a, SPDM_ALG_DHE));
	sh->rsp_dhe_len = spdm_kem_text_len(kem);
}

static void on_algorithms(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;
	const struct spdm_algs *a = &t->m.u.algs;

	vca(f, q, t);
	f->algs = *a;
	f->version = t->m.version;
	lengths(f, a);
	/* Each side says it of the other. Source: 1.3.0, section 10.4 */
	f->multi[0] = q->m.u.algs.other_params & SPDM_MULTI_KEY_CONN;
	f->multi[1] = a->other_params & SPDM_MULTI_KEY_CONN;
	f->shape.clear =
		f->req_caps & f->rsp_caps & SPDM_CAP_HANDSHAKE_IN_CLEAR;
	f->agreed = true;
	if (!f->vca_why && spdm_tr_choose(&f->tr, f->version, a->hash))
		f->vca_why = "the negotiated hash is not one of ours";
}

/* --- certificates --- */

const uint8_t *flow_chain_hash(const struct flow *f, unsigned end, uint8_t slot)
{
	const struct flow_slot *s;

	if (slot >= SPDM_SLOTS)
		return NULL;
	s = &f->end[end].slot[slot];
	return s->there ? s->hash : s->told ? s->digest : NULL;
}

static void same(struct flow_turn *t, const char *what, const uint8_t *a,
		 struct spdm_span b, const char *why)
{
	const bool good = b.n == t->f->shape.hash_len && !memcmp(a, b.p, b.n);

	flow_say(t, what, good ? FLOW_HOLDS : FLOW_FAILS, good ? NULL : why);
}

void flow_chain_digest(struct flow_turn *t, unsigned end, uint8_t slot,
		       struct spdm_span digest)
{
	const char *what = "digest of the chain";

	if (slot >= SPDM_SLOTS || !t->f->end[end].slot[slot].there)
		flow_say(t, what, FLOW_UNSAID, flow_no_chain);
	else
		same(t, what, t->f->end[end].slot[slot].hash, digest,
		     "the certificates that were read have another");
}

/*
 * With many keys of the requester, its DIGESTS are part of TH: those that the
 * handshake's first encapsulated request asked for.
 * Source: 1.3.2, section 10.16.7 (EncapD)
 */
static void told_by_requester(struct flow_turn *t)
{
	struct flow_session *s = flow_session_shaken(t);

	if (!t->side || !s || s->asked || t->n > sizeof(s->told))
		return;
	s->asked = true;
	s->told_len = (uint16_t)t->n;
	memcpy(s->told, t->p, t->n);
}

static void on_digests(struct flow_turn *t)
{
	struct flow_end *end = &t->f->end[t->side];
	const size_t len = t->f->shape.hash_len;
	const uint8_t *p = t->m.u.digests.all.p;

	if (!t->side && !t->s && t->f->multi[0] &&
	    spdm_tr_digests(&t->f->tr, t->p, t->n))
		t->f->vca_why = flow_no_room;
	told_by_requester(t);
	for (uint8_t i = 0; i < SPDM_SLOTS; i++) {
		struct flow_slot *s = &end->slot[i];

		s->told = t->m.param2 >> i & 1;
		if (!s->told)
			continue;
		memcpy(s->digest, p, len);
		if (s->there)
			same(t, "digest of the chain", s->hash,
			     (struct spdm_span){ p, len },
			     "the certificates that were read have another");
		p += len;
	}
}

/*
 * RootHash is that of the first certificate, if the chain begins with its
 * root: a certificate that signed itself. Source: section 10.6.1
 */
static void root_hash(struct flow_turn *t, const struct flow_end *end,
		      struct spdm_span certs)
{
	const size_t len = t->f->shape.hash_len;
	const struct flow_slot *s = &end->slot[end->slot_read];
	const struct spdm_span first =
		t->f->cfg.anchor.n
			? t->f->cfg.anchor
			: (struct spdm_span){ certs.p, s->certs.certs[0].len };
	uint8_t root[CRYPTO_HASH_MAX];

	if (crypto_hash(t->f->cfg.crypto, flow_hash_alg(t->f), first.p, first.n,
			root))
		flow_say(t, "root hash", FLOW_UNSAID, flow_no_room);
	else if (!memcmp(root, end->chain + SPDM_CHAIN_HEAD, len))
		flow_say(t, "root hash", FLOW_HOLDS, NULL);
	else if (t->f->cfg.anchor.n)
		flow_say(t, "root hash", FLOW_FAILS,
			 "the chain is of another root");
	else
		flow_say(t, "root hash", FLOW_UNSAID,
			 "the chain does not begin with its root");
}

/* Each certificate was signed by the one before, and the leaf's role is that
 * of who shows it; dates are not looked at. */
static void chain_holds(struct flow_turn *t, const struct flow_end *end,
			struct spdm_span certs)
{
	const struct flow_slot *s = &end->slot[end->slot_read];
	const struct crypto_chain *ch = &s->certs;
	const struct crypto_cert *leaf = &ch->certs[ch->count - 1];
	struct spdm_span anchor = t->f->cfg.anchor;
	struct crypto_why why = { .code = CRYPTO_WHY_NONE };

	if (!anchor.n)
		anchor = (struct spdm_span){ certs.p, ch->certs[0].len };
	if (!crypto_chain_verify(t->f->cfg.crypto, ch, anchor.p, anchor.n,
				 leaf->not_before_s + 1, &why))
		flow_say(t, "chain", FLOW_HOLDS, NULL);
	else
		flow_say(t, "chain", FLOW_FAILS, crypto_why_name(why.code));
}

/* Whether what @end signs with is ML-DSA: its keys are not ours to judge. */
static bool pqc(const struct flow *f, unsigned end)
{
	return end ? spdm_algs_bits(&f->algs, SPDM_ALG_REQ_PQC_ASYM)
		   : f->algs.pqc_asym;
}

static void chain_whole(struct flow_turn *t, struct flow_end *end)
{
	struct flow *f = t->f;
	struct flow_slot *s = &end->slot[end->slot_read];
	const size_t head = SPDM_CHAIN_HEAD + (size_t)f->shape.hash_len;
	struct spdm_span certs;

	s->there = false;
	if (!f->shape.hash_len) {
		flow_say(t, "chain", FLOW_UNSAID, flow_no_vca);
		return;
	}
	if (end->chain_len <= head ||
	    crypto_hash(f->cfg.crypto, flow_hash_alg(f), end->chain,
			end->chain_len, s->hash)) {
		flow_say(t, "chain", FLOW_FAILS, "shorter than its head");
		return;
	}
	if (s->told)
		same(t, "digest of the chain", s->hash,
		     (struct spdm_span){ s->digest, f->shape.hash_len },
		     "DIGESTS told another");
	certs = (struct spdm_span){ end->chain + head, end->chain_len - head };
	if (crypto_chain_parse(f->cfg.crypto, certs.p, certs.n, &s->certs)) {
		flow_say(t, "chain", pqc(f, t->side) ? FLOW_UNSAID : FLOW_FAILS,
			 "no certificates, or of a kind that is not ours");
		return;
	}
	s->there = true;
	s->certs.requester = t->side;
	root_hash(t, end, certs);
	chain_holds(t, end, certs);
}

static void on_certificate(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow_end *end = &t->f->end[t->side];
	const struct spdm_span p = t->m.u.cert.portion;
	const uint8_t slot = q->m.param1 & 0xf;

	/* How much a slot holds, and nothing of what it holds. */
	if (t->m.version >= SPDM_V13 && q->m.param2 & SPDM_CERT_SLOT_SIZE)
		return;
	if (q->m.u.get_cert.offset == 0) {
		end->reading = slot < SPDM_SLOTS;
		end->slot_read = slot;
		end->chain_len = 0;
	}
	if (!end->reading || slot != end->slot_read ||
	    q->m.u.get_cert.offset != end->chain_len ||
	    p.n > sizeof(end->chain) - end->chain_len) {
		end->reading = false;
		flow_say(t, "chain", FLOW_UNSAID,
			 "a part before it is not in this capture");
		return;
	}
	if (p.n)
		memcpy(end->chain + end->chain_len, p.p, p.n);
	end->chain_len += p.n;
	if (t->m.u.cert.remainder)
		return;
	end->reading = false;
	chain_whole(t, end);
}

/* --- signatures --- */

static enum il_err check_sig(struct flow *f, unsigned end, uint8_t slot,
			     const char *context, const uint8_t *th,
			     struct spdm_span sig)
{
	struct spdm_sig_alg alg = { f->version, f->algs.hash, f->algs.asym,
				    f->algs.pqc_asym };

	if (end) {
		alg.asym = spdm_algs_bits(&f->algs, SPDM_ALG_REQ_ASYM);
		alg.pqc = spdm_algs_bits(&f->algs, SPDM_ALG_REQ_PQC_ASYM);
	}
	return spdm_sig_verify(f->cfg.crypto, f->end[end].slot[slot].certs.leaf,
			       &alg, context, th, sig);
}

void flow_verify(struct flow_turn *t, unsigned end, uint8_t slot,
		 struct flow_hash *h, const char *context, struct spdm_span sig)
{
	struct flow *f = t->f;
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err;

	if (slot >= SPDM_SLOTS || !f->end[end].slot[slot].there) {
		flow_say(t, "signature", FLOW_UNSAID, flow_no_chain);
		return;
	}
	if (!flow_digest(f, h, th)) {
		flow_say(t, "signature", FLOW_UNSAID,
			 h->why ? h->why : flow_no_room);
		return;
	}
	err = check_sig(f, end, slot, context, th, sig);
	if (!err)
		flow_say(t, "signature", FLOW_HOLDS, NULL);
	else if (err == IL_E_AUTH)
		flow_say(t, "signature", FLOW_FAILS,
			 "not over this transcript with the leaf's key");
	else
		flow_say(t, "signature", FLOW_UNSAID,
			 "a kind of key that is not ours");
}

/*
 * Before 1.2 makers differ in what a summary covers; TCB: which blocks count
 * is not told. Source: section 10.11.1
 */
void flow_summary(struct flow_turn *t, uint8_t type, struct spdm_span summary)
{
	struct flow *f = t->f;

	if (!summary.n)
		return;
	if (f->version < SPDM_V12 || type != SPDM_SUMMARY_ALL) {
		flow_say(t, "measurement summary", FLOW_UNSAID,
			 f->version < SPDM_V12
				 ? "what it covers differs before 1.2"
				 : "which measurements count is not told");
		return;
	}
	f->summary_told = true;
	memcpy(f->summary, summary.p, summary.n);
	if (f->record_told)
		same(t, "measurement summary", f->record, summary,
		     "the measurements that were read have another");
	else
		flow_say(t, "measurement summary", FLOW_UNSAID,
			 "no measurements were read before it");
}

/* The requester's M1/M2 begins with VCA from 1.2 on, the responder's always.
 * Source: section 10.9.3 and 1.1.1, the same */
static bool with_vca(const struct flow_turn *t)
{
	return !t->side || t->f->version >= SPDM_V12;
}

static void on_challenge(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;
	struct flow_end *end = &f->end[t->side];
	const uint8_t slot = t->m.param1 & 0xf;

	flow_chain_digest(t, t->side, slot, t->m.u.challenge_auth.chain_hash);
	flow_add(f, &end->m12, with_vca(t), q->p, q->n);
	flow_add(f, &end->m12, with_vca(t), t->p,
		 t->n - spdm_msg_sig_len(&t->m));
	flow_verify(t, t->side, slot, &end->m12,
		    t->side ? SPDM_SIGN_MUT_CHALLENGE : SPDM_SIGN_CHALLENGE,
		    t->m.u.challenge_auth.sig);
	flow_forget(f, &end->m12);
	flow_summary(t, q->m.param2, t->m.u.challenge_auth.summary);
}

/* --- measurements --- */

/* All of them as digests: what a summary is the hash of. */
static void record(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;
	const struct spdm_span rec = t->m.u.meas.record;

	if (q->m.param2 != SPDM_MEAS_ALL || q->m.param1 & SPDM_MEAS_ATTR_RAW ||
	    f->version < SPDM_V12 ||
	    crypto_hash(f->cfg.crypto, flow_hash_alg(f), rec.p, rec.n,
			f->record))
		return;
	f->record_told = true;
	if (f->summary_told)
		same(t, "measurement summary", f->record,
		     (struct spdm_span){ f->summary, f->shape.hash_len },
		     "another was told before");
}

static void blocks(struct flow_turn *t)
{
	struct rd r = rd_over(t->m.u.meas.record.p, t->m.u.meas.record.n);
	struct spdm_meas_block b;
	unsigned n = 0;

	while (rd_left(&r) && !spdm_meas_block_read(&r, &b))
		n++;
	if (!r.err && !rd_left(&r) && n == t->m.u.meas.blocks)
		return;
	t->note.what = FLOW_UNKNOWN;
	t->note.why = "its record is not the blocks that it counts";
}

static void on_measurements(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;
	struct flow_hash *h = t->s ? &t->s->l12 : &f->l12;
	const bool vca = f->version >= SPDM_V12;
	const uint8_t slot = q->m.u.get_meas.slot;

	blocks(t);
	flow_add(f, h, vca, q->p, q->n);
	flow_add(f, h, vca, t->p, t->n - spdm_msg_sig_len(&t->m));
	if (t->m.u.meas.sig.n) {
		flow_verify(t, 0, slot, h, SPDM_SIGN_MEASUREMENTS,
			    t->m.u.meas.sig);
		flow_forget(f, h);
	}
	record(t, q);
}

/*
 * ERROR is no MEASUREMENTS: L1/L2 begins anew. Of Busy makers think otherwise.
 * Source: section 10.11.4
 */
void flow_conn_refused(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow_hash *h = t->s ? &t->s->l12 : &t->f->l12;

	if (t->side || q->m.code != SPDM_GET_MEASUREMENTS)
		return;
	switch (t->m.param1) {
	case SPDM_ERR_RESPONSE_NOT_READY:
	case SPDM_ERR_LARGE_RESPONSE:
		break;
	case SPDM_ERR_BUSY:
		if (h->s.n && !h->why)
			h->why = "whether it begins anew after Busy is not "
				 "agreed";
		break;
	default:
		flow_forget(t->f, h);
		break;
	}
}

/* VCA, request and response. Source: 1.3.2, section 10.24 */
static void on_endpoint_info(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow_hash h = { .why = NULL };

	if (!t->m.u.ep_info.sig.n)
		return;
	flow_add(t->f, &h, true, q->p, q->n);
	flow_add(t->f, &h, true, t->p, t->n - spdm_msg_sig_len(&t->m));
	flow_verify(t, t->side, t->m.param2 & 0xf, &h,
		    t->side ? SPDM_SIGN_MUT_EP_INFO : SPDM_SIGN_ENDPOINT_INFO,
		    t->m.u.ep_info.sig);
	flow_forget(t->f, &h);
}

/* --- what comes in --- */

/*
 * Other requests than GET_MEASUREMENTS empty L1/L2; GET_DIGESTS, and what has
 * nothing to do with M1/M2, empty that. Source: sections 10.9.3, 10.11.4
 */
void flow_conn_request(struct flow_turn *t)
{
	struct flow *f = t->f;
	struct flow_session *s = flow_session_shaken(t);

	if (flow_carries(t->m.code))
		return;
	if (t->side == 1 && s && t->m.code != SPDM_GET_DIGESTS)
		s->asked = true;
	if (t->side == 0 && t->m.code != SPDM_GET_DIGESTS)
		spdm_tr_d_close(&f->tr);
	if (t->side == 0 && t->m.code != SPDM_GET_MEASUREMENTS)
		flow_forget(f, t->s ? &t->s->l12 : &f->l12);
	switch (t->m.code) {
	case SPDM_GET_DIGESTS:
	case SPDM_GET_MEASUREMENTS:
	case SPDM_KEY_EXCHANGE:
	case SPDM_FINISH:
	case SPDM_PSK_EXCHANGE:
	case SPDM_PSK_FINISH:
	case SPDM_HEARTBEAT:
	case SPDM_KEY_UPDATE:
	case SPDM_GET_ENCAPSULATED_REQUEST:
	case SPDM_DELIVER_ENCAPSULATED_RESPONSE:
	case SPDM_END_SESSION:
	case SPDM_GET_MEASUREMENT_EXTENSION_LOG:
		flow_forget(f, &f->end[t->side].m12);
		break;
	default:
		break;
	}
}

static void read_end(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow_end *end = &t->f->end[t->side];

	if (!t->s) {
		flow_add(t->f, &end->m12, with_vca(t), q->p, q->n);
		flow_add(t->f, &end->m12, with_vca(t), t->p, t->n);
	}
	if (t->m.code == SPDM_DIGESTS)
		on_digests(t);
	else
		on_certificate(t, q);
}

void flow_conn_response(struct flow_turn *t, const struct flow_asked *q)
{
	switch (t->m.code) {
	case SPDM_VERSION:
		on_version(t, q);
		break;
	case SPDM_CAPABILITIES:
		on_capabilities(t, q);
		break;
	case SPDM_ALGORITHMS:
		on_algorithms(t, q);
		break;
	case SPDM_DIGESTS:
	case SPDM_CERTIFICATE:
		read_end(t, q);
		break;
	case SPDM_CHALLENGE_AUTH:
		on_challenge(t, q);
		break;
	case SPDM_MEASUREMENTS:
		on_measurements(t, q);
		break;
	case SPDM_ENDPOINT_INFO:
		on_endpoint_info(t, q);
		break;
	default:
		break;
	}
}
