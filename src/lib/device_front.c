/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/device_priv.h"

#include "base/bits.h"
#include "base/bytes.h"
#include "spdm/mel.h"

/* The half that speaks SPDM: how it is made of its configuration. */

#define TRANSFER 4032u
#define RECORD	 1024u

/* The buffers of all connections, and the front itself. */
static struct il_front *lay(struct lib_mem *m, const struct il_spdm_cfg *c,
			    struct spdm_rsp_cfg *out, struct dsm_conn **conns,
			    size_t *count)
{
	const size_t n = c->conns ? c->conns : 1;
	struct il_front *f = lib_mem_take(m, 1, sizeof(*f));

	out->ses_count = c->sessions ? c->sessions : IL_DEVICE_SESSIONS;
	out->transfer = c->transfer ? c->transfer : TRANSFER;
	out->scratch_len = (size_t)out->transfer +
			   (c->record_cap ? c->record_cap : RECORD) +
			   (c->pqc_asym ? SPDM_RSP_SIG_ROOM : 0) +
			   (c->kem ? SPDM_RSP_KEM_ROOM : 0);
	out->large_cap = c->large_cap;
	out->kept_cap = c->keep ? out->transfer : 0;
	out->peer_chain_cap = c->peer_chain_cap;
	*count = n;
	*conns = lib_mem_take(m, n, sizeof(**conns));
	out->ses = lib_mem_take(m, n * out->ses_count, sizeof(*out->ses));
	out->scratch = lib_mem_take(m, n, out->scratch_len);
	/* One of no bytes is none. */
	out->large = lib_mem_take(m, n, out->large_cap);
	out->kept = lib_mem_take(m, n, out->kept_cap);
	out->peer_chain = lib_mem_take(m, n, out->peer_chain_cap);
	if (!out->large_cap)
		out->large = NULL;
	if (!out->kept_cap)
		out->kept = NULL;
	if (!out->peer_chain_cap)
		out->peer_chain = NULL;
	return f;
}

size_t il_front_size(const struct il_spdm_cfg *cfg)
{
	struct lib_mem m = lib_mem_over(NULL, 0);
	struct spdm_rsp_cfg spdm;
	struct dsm_conn *conns;
	size_t n;

	(void)lay(&m, cfg, &spdm, &conns, &n);
	return m.used;
}

/* @v, or what stands for none. */
#define OR(v, none) ((v) ? (v) : (none))

static void algorithms(const struct il_spdm_cfg *c, struct spdm_rsp_cfg *out)
{
	_Static_assert(sizeof(out->versions) == sizeof(c->versions) &&
			       sizeof(out->sm_versions) ==
				       sizeof(c->sm_versions),
		       "as many versions outside as inside");
	memcpy(out->versions, c->versions, sizeof(out->versions));
	if (!out->versions[0])
		out->versions[0] = SPDM_V12;
	memcpy(out->sm_versions, c->sm_versions, sizeof(out->sm_versions));
	if (!out->sm_versions[0])
		out->sm_versions[0] = SPDM_SM_V11;
	out->asym = c->asym;
	out->req_asym = c->req_asym;
	out->pqc_asym = c->pqc_asym;
	out->req_pqc_asym = c->req_pqc_asym;
	out->kem = c->kem;
	out->hash = OR(c->hash, SPDM_HASH_SHA_384);
	out->meas_hash = OR(c->meas_hash, SPDM_MEAS_HASH_SHA_384);
	out->dhe = c->dhe;
	if (!c->dhe && !c->kem)
		out->dhe = SPDM_DHE_SECP384R1;
	out->aead = c->aead;
}

static void behaviour(const struct il_spdm_cfg *c, struct spdm_rsp_cfg *out)
{
	out->port = c->port;
	out->port_ctx = c->port_ctx;
	out->caps = OR(c->caps, IL_DEVICE_CAPS);
	out->ct_exponent = OR(c->ct_exponent, 20);
	memcpy(out->slots, c->slots, sizeof(out->slots));
	out->slot_room = c->slot_room;
	out->trusted = c->trusted;
	out->mutual = c->mutual;
	out->mutual_must = c->mutual_must;
	out->basic = c->basic;
	out->mutual_slot = c->mutual_slot;
	out->peer = c->peer;
	out->peer_key = c->peer_key;
	out->heartbeat_s = c->heartbeat_s;
	out->handshake_s = c->handshake_s;
	out->longest = c->longest;
	out->seq_limit = c->seq_limit;
	out->rdt_exponent = c->rdt_exponent;
	out->rdt_factor = c->rdt_factor;
}

static bool whole(const struct il_spdm_cfg *c)
{
	return c->crypto && c->crypto->ops && c->env && c->env->random &&
	       c->port && c->conns <= IL_DEVICE_CONNS &&
	       c->sessions <= IL_DEVICE_SESSIONS &&
	       lib_reserved(c->reserved, COUNT(c->reserved));
}

enum il_err il_front_init(const struct il_spdm_cfg *cfg,
			  const struct il_back *back, void *back_ctx, void *mem,
			  size_t size, struct il_front **out)
{
	struct lib_mem m = lib_mem_over(mem, size);
	struct spdm_rsp_cfg spdm = { 0 };
	struct dsm_conn *conns;
	struct il_front *f;
	enum il_err err;
	size_t n;

	if (!whole(cfg) || !mem)
		return IL_E_ARG;
	f = lay(&m, cfg, &spdm, &conns, &n);
	err = lib_mem_end(&m);
	if (err)
		return err;
	f->size = m.used;
	f->env = lib_env(cfg->env);
	f->crypto = (struct crypto){ cfg->crypto->ops, cfg->crypto->ctx };
	spdm.env = &f->env;
	spdm.crypto = &f->crypto;
	algorithms(cfg, &spdm);
	behaviour(cfg, &spdm);
	err = dsm_front_start(&f->f, &spdm, conns, n, back, back_ctx, NULL);
	if (!err)
		*out = f;
	return err;
}

void il_front_fini(struct il_front *f)
{
	dsm_front_fini(&f->f);
	bytes_wipe(f, f->size);
}

enum il_err il_mel_write(const struct il_mel_entry *entries, size_t n,
			 uint8_t *out, size_t cap, size_t *len)
{
	struct wr w = wr_over(out, cap);
	enum il_err err;

	spdm_mel_begin(&w);
	for (size_t i = 0; i < n; i++) {
		const struct spdm_mel_entry e = {
			.index = (uint32_t)i + 1,
			.meas = entries[i].meas,
			.type = entries[i].type,
			.value = entries[i].value,
		};

		if (e.value.n > UINT16_MAX)
			return IL_E_ARG;
		spdm_mel_add(&w, &e);
	}
	err = spdm_mel_end(&w, (uint32_t)n);
	*len = w.len;
	return err;
}
