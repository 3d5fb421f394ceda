/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/chain.h"
#include "spdm/rsp_priv.h"

/* The connection: version, capabilities, algorithms, certificates. */

/*
 * Request and response enter VCA. A running hash cannot be taken back, so a
 * failure starts the connection over.
 */
static enum il_err vca(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	enum il_err err = spdm_tr_vca(&r->tr, x->in.p, x->in.n);

	if (!err)
		err = spdm_tr_vca(&r->tr, x->buf, x->len);
	if (err) {
		spdm_rsp_forget(r);
		spdm_rsp_enter(r, SPDM_PH_START);
	}
	return err;
}

/*
 * A new connection ends whatever the old one had, sessions first.
 * Source: DSP0274 1.2.1, section 10.2. OPEN: it does not say in so many words
 * that sessions end; keeping them would let whoever reaches the mailbox mix
 * one connection's transcripts with another's sessions.
 */
enum il_err spdm_rsp_version(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	uint8_t n = 0;
	enum il_err err;

	x->rsp.version = SPDM_V10;
	for (unsigned i = COUNT(r->cfg.versions); i-- > 0;)
		if (r->cfg.versions[i])
			x->rsp.u.version_list.entry[n++] =
				(uint16_t)(r->cfg.versions[i] << 8);
	x->rsp.u.version_list.count = n;
	err = spdm_ex_emit(x);
	if (err)
		return err;
	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++)
		spdm_rsp_session_end(r, &r->ses[i], SPDM_END_RESTART);
	spdm_rsp_forget(r);
	spdm_rsp_enter(r, SPDM_PH_START);
	err = spdm_tr_restart(&r->tr);
	if (!err)
		err = vca(x);
	if (err)
		spdm_rsp_forget(r);
	return err;
}

/*
 * Flags of a requester that contradict each other.
 * Source: DSP0274 1.2.1, section 10.3, table of requester flags.
 */
static bool caps_sane(const struct spdm_msg *m)
{
	const struct spdm_caps *c = &m->u.caps;
	const bool crypt = c->flags & (SPDM_CAP_ENCRYPT | SPDM_CAP_MAC);
	const bool ses = c->flags & (SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK);
	const uint32_t in_session =
		SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD | SPDM_CAP_HANDSHAKE_IN_CLEAR;

	/* The other values of the requester's field are reserved. */
	if (c->flags & SPDM_CAP_PSK_WITH_CONTEXT)
		return false;
	if (crypt != ses || (!ses && (c->flags & in_session)))
		return false;
	if ((c->flags & SPDM_CAP_HANDSHAKE_IN_CLEAR) &&
	    !(c->flags & SPDM_CAP_KEY_EX))
		return false;
	return m->version < SPDM_V12 || spdm_sizes_agree(c);
}

enum il_err spdm_rsp_caps(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const struct spdm_caps *c = &x->req.u.caps;
	enum il_err err;

	if (!caps_sane(&x->req))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	x->rsp.version = x->req.version;
	x->rsp.u.caps.ct_exponent = r->cfg.ct_exponent;
	x->rsp.u.caps.flags = r->cfg.caps;
	x->rsp.u.caps.transfer = r->cfg.transfer;
	x->rsp.u.caps.max_msg = r->cfg.transfer; /* no CHUNK_CAP */
	err = spdm_ex_emit(x);
	if (!err)
		err = vca(x);
	if (err)
		return err;
	r->version = x->req.version;
	r->peer_caps = c->flags;
	r->peer_transfer = r->version >= SPDM_V12 ? c->transfer : 0;
	return IL_OK;
}

/* The best bit that both know: the highest. */
static uint32_t pick(uint32_t a, uint32_t b)
{
	uint32_t both = a & b;

	while (both & (both - 1))
		both &= both - 1;
	return both;
}

/* Each type at most once, ascending. DSP0274 1.2.1, section 10.4. */
static bool tables_sane(const struct spdm_algs *a)
{
	for (uint8_t i = 0; i < a->tables; i++)
		if (a->table[i].type < SPDM_ALG_DHE ||
		    a->table[i].type > SPDM_ALG_KEY_SCHEDULE ||
		    (i && a->table[i].type <= a->table[i - 1].type))
			return false;
	return true;
}

static uint16_t select_bits(const struct spdm_rsp *r, uint8_t type,
			    uint16_t offered)
{
	switch (type) {
	case SPDM_ALG_DHE:
		return (uint16_t)pick(r->cfg.dhe, offered);
	case SPDM_ALG_AEAD:
		return SPDM_AEAD_AES_256_GCM & offered;
	case SPDM_ALG_REQ_ASYM:
		/* Only where the peer may have to sign. */
		if (!(r->peer_caps &
		      (SPDM_CAP_MUT_AUTH | SPDM_CAP_EP_INFO_SIG)))
			return 0;
		return (uint16_t)pick(r->cfg.req_asym, offered);
	case SPDM_ALG_KEY_SCHEDULE:
		return SPDM_KEY_SCHEDULE_SPDM & offered;
	default:
		return 0;
	}
}

/* Fills ALGORITHMS; false if there is too little in common to go on. */
static bool select_algs(const struct spdm_rsp *r, const struct spdm_algs *in,
			struct spdm_algs *out)
{
	const bool meas = r->cfg.caps & SPDM_CAP_MEAS_MASK;
	const bool dhe = r->cfg.caps & r->peer_caps & SPDM_CAP_KEY_EX;
	const bool ses = dhe || ((r->cfg.caps & SPDM_CAP_PSK_MASK) &&
				 (r->peer_caps & SPDM_CAP_PSK));

	out->asym = pick(r->cfg.asym, in->asym);
	out->hash = pick(r->cfg.hash, in->hash);
	if (meas && in->meas_spec & SPDM_MEAS_SPEC_DMTF) {
		out->meas_spec = SPDM_MEAS_SPEC_DMTF;
		out->meas_hash = pick(r->cfg.meas_hash, UINT32_MAX);
	}
	if (r->version >= SPDM_V12)
		out->other_params = in->other_params & SPDM_OPAQUE_FMT_1;
	out->tables = in->tables;
	for (uint8_t i = 0; i < in->tables; i++) {
		out->table[i].type = in->table[i].type;
		out->table[i].bits =
			select_bits(r, in->table[i].type, in->table[i].bits);
	}
	if (!spdm_hash_len(out->hash) || !spdm_sig_len(out->asym))
		return false;
	if (!ses)
		return true;
	return (!dhe || spdm_algs_bits(out, SPDM_ALG_DHE)) &&
	       spdm_algs_bits(out, SPDM_ALG_AEAD) &&
	       spdm_algs_bits(out, SPDM_ALG_KEY_SCHEDULE) &&
	       (r->version < SPDM_V12 || out->other_params);
}

enum il_err spdm_rsp_hash_slot(struct spdm_rsp *r, unsigned i, uint32_t hash)
{
	const struct spdm_rsp_slot *s = &r->cfg.slots[i];

	return spdm_chain_hash(r->cfg.crypto, hash, s->certs, s->root,
			       r->root_hash[i], r->chain_hash[i]);
}

enum il_err spdm_rsp_algs(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_algs *a = &x->rsp.u.algs;
	enum il_err err = IL_OK;

	if (!tables_sane(&x->req.u.algs) || !select_algs(r, &x->req.u.algs, a))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	x->rsp.param1 = a->tables;

	const struct spdm_algs sel = *a; /* a tap may change what is sent */

	for (unsigned i = 0; i < SPDM_SLOTS && !err; i++)
		if (spdm_rsp_has_slot(r, i))
			err = spdm_rsp_hash_slot(r, i, sel.hash);
	if (!err)
		err = spdm_ex_emit(x);
	if (!err)
		err = vca(x);
	if (!err)
		err = spdm_tr_choose(&r->tr, r->version, sel.hash);
	if (err)
		return err;
	r->asym = sel.asym;
	r->req_asym = spdm_algs_bits(&sel, SPDM_ALG_REQ_ASYM);
	r->hash = sel.hash;
	r->meas_hash = sel.meas_hash;
	r->dhe = spdm_algs_bits(&sel, SPDM_ALG_DHE);
	r->opaque_fmt1 = sel.other_params & SPDM_OPAQUE_FMT_1;
	return IL_OK;
}

/*
 * A connection without many keys knows the first alone: all that it shows is
 * signed by that one. OPEN: the specification wants one key for all slots
 * then, and does not say what becomes of those with another; they are empty.
 * Source: DSP0274 1.3.2, section 10.5
 */
bool spdm_rsp_has_slot(const struct spdm_rsp *r, unsigned slot)
{
	return slot < SPDM_SLOTS && r->cfg.slots[slot].certs.n != 0 &&
	       (r->multi_key || r->cfg.slots[slot].key_pair <= 1);
}

uint8_t spdm_rsp_slot_mask(const struct spdm_rsp *r)
{
	uint8_t mask = 0;

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (spdm_rsp_has_slot(r, i))
			mask |= (uint8_t)(1u << i);
	return mask;
}

/*
 * Adds the exchange to M1/M2 through a copy, so that a failure changes
 * nothing. Exchanges inside sessions are not part of M1/M2.
 */
static enum il_err record_m12(struct spdm_ex *x, bool anew)
{
	struct spdm_transcript *t = &x->r->tr;
	enum il_err err = IL_OK;

	if (x->s)
		return IL_OK;
	if (t->m12.n && !anew)
		err = crypto_hash_dup(t->c, t->m12, &x->work);
	if (!err)
		err = spdm_ex_record(x, &x->work, true);
	if (err)
		return err;

	const struct crypto_slot old = t->m12;

	t->m12 = x->work;
	x->work = old;
	return IL_OK;
}

enum il_err spdm_rsp_digests(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const size_t n = spdm_hash_len(r->hash);
	uint8_t all[SPDM_SLOTS * SPDM_HASH_MAX];
	struct wr w = wr_over(all, sizeof(all));
	enum il_err err;

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (spdm_rsp_has_slot(r, i))
			wr_bytes(&w, r->chain_hash[i], n);
	x->rsp.param2 = spdm_rsp_slot_mask(r);
	x->rsp.u.digests.all = (struct spdm_span){ .p = all, .n = w.len };
	err = spdm_ex_emit(x);
	if (!err)
		err = record_m12(x, true);
	return err;
}

/*
 * As much as was asked for, as is left, and as either side can carry.
 * Source: DSP0274 1.2.1, section 10.6. OPEN: a Length of 0 is refused, as it
 * would never lead anywhere.
 */
enum il_err spdm_rsp_cert(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const unsigned slot = x->req.param1 & 0xf;
	const size_t off = x->req.u.get_cert.offset;
	size_t n = x->req.u.get_cert.length;
	enum il_err err;

	if (!spdm_rsp_has_slot(r, slot) || !n)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);

	const struct spdm_chain chain = { r->cfg.slots[slot].certs,
					  r->root_hash[slot],
					  spdm_hash_len(r->hash) };
	const size_t total = spdm_chain_len(&chain);

	if (off >= total)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (n > total - off)
		n = total - off;
	if (n > x->record_cap)
		n = x->record_cap;
	if (n > r->cfg.transfer - 8)
		n = r->cfg.transfer - 8;
	if (r->peer_transfer && n > r->peer_transfer - 8)
		n = r->peer_transfer - 8;
	spdm_chain_bytes(&chain, off, x->record, n);
	spdm_ex_record_used(x, n);
	x->rsp.param1 = (uint8_t)slot;
	x->rsp.u.cert.portion = (struct spdm_span){ .p = x->record, .n = n };
	x->rsp.u.cert.remainder = (uint16_t)(total - off - n);
	err = spdm_ex_emit(x);
	if (!err)
		err = record_m12(x, false);
	return err;
}
