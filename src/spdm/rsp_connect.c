/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/caps.h"
#include "spdm/chain.h"
#include "spdm/rsp_priv.h"

/* The connection: version, capabilities, algorithms, certificates. */

/* A running hash cannot be taken back, so a failure starts the connection
 * over. */
enum il_err spdm_ex_vca(struct spdm_ex *x)
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
	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		spdm_rsp_session_end(r, &r->cfg.ses[i], SPDM_END_RESTART);
	spdm_rsp_forget(r);
	spdm_rsp_enter(r, SPDM_PH_START);
	err = spdm_tr_restart(&r->tr);
	if (!err)
		err = spdm_ex_vca(x);
	if (err)
		spdm_rsp_forget(r);
	return err;
}

void spdm_rsp_forget(struct spdm_rsp *r)
{
	spdm_encap_drop(r);
	spdm_mutual_forget(r);
	spdm_tr_drop(&r->tr);
	spdm_wait_drop(r);
	spdm_large_drop(r);
	r->version = 0;
	r->peer_caps = 0;
	r->peer_transfer = 0;
	r->peer_max = 0;
	r->asym = 0;
	r->req_asym = 0;
	r->pqc_asym = 0;
	r->req_pqc_asym = 0;
	r->kem = 0;
	r->hash = 0;
	r->meas_hash = 0;
	r->dhe = 0;
	r->opaque_fmt1 = false;
	r->aead = 0;
	r->peer_multi_key = false;
	r->multi_key = false;
	r->mel_spec = 0;
	r->clear_id = 0;
	r->no_cache = false;
	r->lost = false;
}

/*
 * Negotiated state is what VCA agreed on. What came of it since goes: sessions,
 * the transcripts of CHALLENGE and of measurements, DIGESTS in TH, whatever was
 * under way. VCA itself stays, as the peer signs and verifies over it.
 * Source: DSP0274 1.2.1, section 10.3 (CACHE_CAP); 10.22 (END_SESSION,
 * Negotiated State Preservation Indicator)
 */
static void keep_negotiated(struct spdm_rsp *r)
{
	spdm_encap_drop(r);
	spdm_mutual_forget(r);
	spdm_wait_drop(r);
	spdm_large_drop(r);
	spdm_tr_forget(&r->tr, &r->tr.m12);
	spdm_tr_forget(&r->tr, &r->tr.l12);
	spdm_tr_d_undo(&r->tr);
	spdm_tr_d_close(&r->tr);
	r->clear_id = 0;
}

void spdm_rsp_reset(struct spdm_rsp *r)
{
	const bool keep = (r->cfg.caps & SPDM_CAP_CACHE) && !r->no_cache &&
			  r->phase == SPDM_PH_READY;
	const bool lost = r->lost || r->phase != SPDM_PH_START;

	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		spdm_rsp_session_end(r, &r->cfg.ses[i], SPDM_END_RESET);
	if (keep) {
		keep_negotiated(r);
		return;
	}
	spdm_rsp_forget(r);
	r->lost = lost;
	spdm_rsp_enter(r, SPDM_PH_START);
}

void spdm_rsp_leave(struct spdm_rsp *r)
{
	r->no_cache = true;
	spdm_rsp_reset(r);
}

/* Source: DSP0274, section 10.3; what the flags say is in caps.c. */
static bool caps_sane(const struct spdm_msg *m, uint32_t flags)
{
	const struct spdm_caps *c = &m->u.caps;

	if (!spdm_caps_good(m->version, true, flags))
		return false;
	/* A list of algorithms may be too long for one piece. */
	if (m->version >= SPDM_V13 && (m->param1 & SPDM_CAPS_ALGS) &&
	    !(flags & SPDM_CAP_CHUNK))
		return false;
	return m->version < SPDM_V12 || spdm_sizes_agree(c);
}

/* CAPABILITIES, with what could be selected where that was asked for. */
static void caps_fields(struct spdm_ex *x, uint32_t theirs)
{
	const struct spdm_rsp *r = x->r;
	const uint8_t v = x->req.version;
	struct spdm_caps *c = &x->rsp.u.caps;

	x->rsp.version = v;
	c->ct_exponent = r->cfg.ct_exponent;
	c->flags = r->cfg.caps & spdm_caps_mask(v, false);
	c->transfer = r->cfg.transfer;
	c->max_msg = c->flags & SPDM_CAP_CHUNK ? (uint32_t)r->cfg.large_cap
					       : r->cfg.transfer;
	if (v >= SPDM_V13 && (x->req.param1 & SPDM_CAPS_ALGS) &&
	    (c->flags & theirs & SPDM_CAP_CHUNK)) {
		x->rsp.param1 = SPDM_CAPS_ALGS;
		spdm_rsp_supported(r, v, &x->rsp.u.caps_algs);
	}
}

/* Without a cipher that both want there are no sessions to speak of. */
static uint32_t usable(const struct spdm_rsp *r, uint32_t flags)
{
	const uint32_t ses = SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK |
			     SPDM_CAP_HBEAT | SPDM_CAP_KEY_UPD |
			     SPDM_CAP_HANDSHAKE_IN_CLEAR;

	return spdm_caps_sessions(r->cfg.caps, flags) ? flags : flags & ~ses;
}

/* What the peer said of itself. */
static void take_caps(struct spdm_rsp *r, const struct spdm_msg *m,
		      uint32_t flags)
{
	const bool sizes = m->version >= SPDM_V12;

	r->version = m->version;
	r->peer_caps = flags;
	r->peer_transfer = sizes ? m->u.caps.transfer : 0;
	r->peer_max = sizes ? m->u.caps.max_msg : 0;
}

/*
 * A list of algorithms that does not go over at once is a large response: that
 * is why who asks for it has to know chunks.
 * Source: DSP0274 1.3.2, section 10.3 (Supported Algorithms)
 */
enum il_err spdm_rsp_caps(struct spdm_ex *x)
{
	static const struct spdm_msg nothing;
	struct spdm_rsp *r = x->r;
	const struct spdm_caps *c = &x->req.u.caps;
	const uint32_t flags = c->flags & spdm_caps_mask(x->req.version, true);
	enum il_err err;

	if (!caps_sane(&x->req, flags))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	caps_fields(x, flags);
	/* What was said counts for the answer: it may leave in chunks. */
	take_caps(r, &x->req, usable(r, flags));
	err = spdm_ex_emit(x);
	if (!err)
		err = spdm_ex_vca(x);
	if (err)
		take_caps(r, &nothing, 0);
	return err;
}

enum il_err spdm_rsp_hash_slot(struct spdm_rsp *r, unsigned i, uint32_t hash)
{
	const struct spdm_rsp_slot *s = &r->cfg.slots[i];

	return spdm_chain_hash(r->cfg.crypto, hash, s->certs, s->root,
			       r->root_hash[i], r->chain_hash[i]);
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

/* Slots that are there, whatever they hold. */
static uint8_t slots_there(const struct spdm_rsp *r)
{
	uint8_t mask = spdm_rsp_slot_mask(r);

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (r->cfg.slots[i].there)
			mask |= (uint8_t)(1u << i);
	return mask;
}

/* Source: DSP0274 1.3.2, section 10.5 */
static void digests_fill(const struct spdm_rsp *r, struct spdm_rsp_digests *d,
			 struct spdm_msg *m)
{
	const size_t len = spdm_hash_len(r->hash);
	size_t n = 0;

	for (unsigned i = 0; i < SPDM_SLOTS; i++) {
		const struct spdm_rsp_slot *s = &r->cfg.slots[i];

		if (!spdm_rsp_has_slot(r, i))
			continue;
		memcpy(d->all + n * len, r->chain_hash[i], len);
		d->key_pair[n] = s->key_pair;
		d->info[n] = s->model & SPDM_CERT_INFO_MASK;
		put_u16le(d->usage + 2 * n, s->usage);
		n++;
	}
	m->param1 = r->version >= SPDM_V13 ? slots_there(r) : 0;
	m->param2 = spdm_rsp_slot_mask(r);
	m->u.digests.all = (struct spdm_span){ d->all, n * len };
	if (!r->multi_key)
		return;
	m->u.digests.key_pair = (struct spdm_span){ d->key_pair, n };
	m->u.digests.cert_info = (struct spdm_span){ d->info, n };
	m->u.digests.key_usage = (struct spdm_span){ d->usage, 2 * n };
}

/* What TH has of it is taken back if nothing is answered. */
enum il_err spdm_rsp_digests(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const bool first = r->multi_key && !x->s && r->tr.d_open;
	struct spdm_rsp_digests *d = &x->digests;
	enum il_err err;

	digests_fill(r, d, &x->rsp);
	err = spdm_ex_emit(x);
	if (!err && first)
		err = spdm_tr_digests(&r->tr, x->buf, x->len);
	if (!err)
		err = record_m12(x, true);
	if (err && first)
		spdm_tr_d_undo(&r->tr);
	memset(d, 0, sizeof(*d));
	return err;
}

/*
 * How much a slot can hold, which 1.3 may ask. Where nobody said: as much as a
 * length can tell where chains are written, else what is there.
 */
static enum il_err cert_room(struct spdm_ex *x, unsigned slot)
{
	const struct spdm_rsp *r = x->r;
	const bool set = r->cfg.caps & SPDM_CAP_SET_CERT;
	const size_t head = SPDM_CHAIN_HEAD + spdm_hash_len(r->hash);
	const size_t n = set ? r->cfg.slot_room : r->cfg.slots[slot].certs.n;
	size_t room = n ? head + n : 0;
	enum il_err err;

	if (!(slots_there(r) >> slot & 1))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (room > UINT16_MAX || (set && !n))
		room = UINT16_MAX;
	x->rsp.u.cert.remainder = (uint32_t)room;
	err = spdm_ex_emit(x);
	return err ? err : record_m12(x, false);
}

/* LargeCertChain, 1.4: longer fields; no chain of ours needs them. */
static bool large_chain(const struct spdm_ex *x)
{
	return x->r->version >= SPDM_V14 && (x->req.param1 & SPDM_CERT_LARGE);
}

/* Bytes of a portion: what is left, and what either side can carry. */
static size_t portion(const struct spdm_ex *x, size_t left)
{
	const struct spdm_rsp *r = x->r;
	const size_t head = large_chain(x) ? 16 : 8;
	const uint32_t most = spdm_ex_most(x);
	size_t n = x->req.u.get_cert.length;

	if (n > left)
		n = left;
	if (n > x->record_cap)
		n = x->record_cap;
	if (!spdm_rsp_chunks(r) && n > r->cfg.transfer - head)
		n = r->cfg.transfer - head;
	if (most && n > most - head)
		n = most - head;
	return n;
}

/*
 * As much as was asked for, as is left, and as either side can carry.
 * Source: DSP0274 1.2.1, section 10.6; 1.4.0, likewise (LargeCertChain, which
 * LARGE_RESP_CAP stands for). OPEN: a Length of 0 is refused, as it would
 * never lead anywhere.
 */
enum il_err spdm_rsp_cert(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const unsigned slot = x->req.param1 & 0xf;
	const size_t off = x->req.u.get_cert.offset;
	enum il_err err;

	if (large_chain(x) && !(r->cfg.caps & SPDM_CAP_LARGE_RESP))
		return spdm_ex_refuse(x, SPDM_ERR_UNSUPPORTED_REQUEST,
				      x->req.code);
	x->rsp.param1 =
		(uint8_t)(slot | (large_chain(x) ? SPDM_CERT_LARGE : 0));
	if (r->multi_key && slot < SPDM_SLOTS)
		x->rsp.param2 = r->cfg.slots[slot].model & SPDM_CERT_INFO_MASK;
	if (r->version >= SPDM_V13 && slot < SPDM_SLOTS &&
	    (x->req.param2 & SPDM_CERT_SLOT_SIZE))
		return cert_room(x, slot);
	if (!spdm_rsp_has_slot(r, slot) || !x->req.u.get_cert.length)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);

	const struct spdm_chain chain = { r->cfg.slots[slot].certs,
					  r->root_hash[slot],
					  spdm_hash_len(r->hash) };
	const size_t total = spdm_chain_len(&chain);

	if (off >= total)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);

	const size_t n = portion(x, total - off);

	spdm_chain_bytes(&chain, off, x->record, n);
	spdm_ex_record_used(x, n);
	x->rsp.u.cert.portion = (struct spdm_span){ .p = x->record, .n = n };
	x->rsp.u.cert.remainder = (uint32_t)(total - off - n);
	err = spdm_ex_emit(x);
	return err ? err : record_m12(x, false);
}
