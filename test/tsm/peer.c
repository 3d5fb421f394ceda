/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm/peer.h"

#include <stdlib.h>

static enum il_err dice_random(void *ctx, uint8_t *out, size_t len)
{
	struct peer *p = ctx;

	if (p->random_err)
		return p->random_err;
	if (p->random_same) {
		memset(out, 0x5a, len);
		return IL_OK;
	}
	dice_fill(&p->dice, out, len);
	return IL_OK;
}

static void note(struct peer *p, char what, bool port, uint8_t set, uint8_t dir,
		 uint8_t sub)
{
	assert_true(p->logged < PEER_LOG);
	p->log[p->logged++] = (struct peer_act){ what, port, set, dir, sub };
}

/* --- the device's port --- */

static enum il_err ep_program(void *ctx, const struct idekm_ref *r,
			      const uint8_t key[IDEKM_KEY_LEN],
			      const uint8_t ifv[IDEKM_IFV_LEN], uint8_t *status)
{
	static const uint8_t first[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	struct peer *p = ctx;
	struct peer_key *k = &p->ep[r->key_set][r->dir][r->sub];

	assert_int_equal(r->stream, p->stream_id);
	assert_memory_equal(ifv, first, sizeof(first));
	note(p, 'P', false, r->key_set, r->dir, r->sub);
	k->set = true;
	memcpy(k->key, key, sizeof(k->key));
	*status = IDEKM_OK;
	return IL_OK;
}

static enum il_err ep_go(void *ctx, const struct idekm_ref *r)
{
	struct peer *p = ctx;

	note(p, 'G', false, r->key_set, r->dir, r->sub);
	p->ep[r->key_set][r->dir][r->sub].on = true;
	return IL_OK;
}

static enum il_err ep_stop(void *ctx, const struct idekm_ref *r)
{
	struct peer *p = ctx;

	note(p, 'S', false, r->key_set, r->dir, r->sub);
	p->ep[r->key_set][r->dir][r->sub] = (struct peer_key){ 0 };
	return IL_OK;
}

static enum il_err ep_query(void *ctx, uint8_t port, struct il_ide_query *out)
{
	struct peer *p = ctx;

	if (port)
		return IL_E_ARG;
	out->devfn = PEER_RID & 0xff;
	out->bus = PEER_RID >> 8;
	out->segment = 0;
	out->max_port = 0;
	out->cap.p = (const uint8_t *)p->image;
	out->cap.n = sizeof(p->image);
	return IL_OK;
}

static void ep_kill(void *ctx, uint8_t port, uint8_t stream)
{
	struct peer *p = ctx;

	(void)port;
	(void)stream;
	note(p, 'K', false, 0, 0, 0);
	memset(p->ep, 0, sizeof(p->ep));
	p->secure = false;
}

static enum il_err ep_info(void *ctx, uint8_t stream, struct dsm_stream *out)
{
	struct peer *p = ctx;

	if (stream != p->stream_id)
		return IL_E_ARG;
	*out = (struct dsm_stream){ .enabled = p->enabled,
				    .secure = p->secure,
				    .is_default = true,
				    .defaults = 1 };
	return IL_OK;
}

static const struct rule *ep_config(void *ctx, uint32_t fn,
				    const struct tdisp_lock *lock)
{
	(void)ctx;
	(void)fn;
	(void)lock;
	return NULL;
}

static enum il_err ep_fine(void *ctx, uint32_t fn)
{
	(void)ctx;
	(void)fn;
	return IL_OK;
}

static void ep_disarm(void *ctx, uint32_t fn)
{
	(void)ctx;
	(void)fn;
}

static enum il_err ep_report(void *ctx, uint32_t fn,
			     const struct tdisp_lock *lock,
			     struct tdisp_report *out)
{
	struct peer *p = ctx;

	(void)fn;
	*out = p->rep;
	if (lock->flags & TDISP_LOCK_NO_FW_UPDATE)
		out->info |= TDISP_INFO_NO_FW_UPDATE;
	return IL_OK;
}

static const struct dsm_port ep_port = {
	.program_key = ep_program,
	.key_go = ep_go,
	.key_stop = ep_stop,
	.query = ep_query,
	.stream_kill = ep_kill,
	.stream_info = ep_info,
	.check_config = ep_config,
	.arm = ep_fine,
	.disarm = ep_disarm,
	.quiesce = ep_fine,
	.scrub = ep_fine,
	.report = ep_report,
};

static enum il_err sp_sign(void *ctx, uint8_t slot, uint32_t asym,
			   const uint8_t *digest, size_t n, uint8_t *sig,
			   size_t sig_len)
{
	struct peer *p = ctx;

	(void)slot;
	(void)asym;
	return crypto_sign_digest(&p->crypto, p->key, digest, n, sig, sig_len);
}

static enum il_err sp_measure(void *ctx, uint8_t index,
			      struct spdm_measurement *out)
{
	static const uint8_t rom[48] = { 1, 2, 3 };

	(void)ctx;
	if (index > 2)
		return IL_E_ARG;
	*out = (struct spdm_measurement){ .type = (uint8_t)(index - 1),
					  .tcb = true,
					  .raw = { rom, sizeof(rom) } };
	return IL_OK;
}

static const struct spdm_rsp_port sp_port = {
	.sign = sp_sign,
	.measure = sp_measure,
};

/* --- taps --- */

static bool tap_idekm_fn(void *ctx, const struct idekm_msg *req,
			 struct idekm_msg *rsp)
{
	struct peer *p = ctx;
	bool drop = false;

	p->km_seen[req->object]++;
	if (p->on_idekm)
		p->on_idekm(p, req, rsp, &drop);
	return !drop;
}

static bool tap_tdisp_fn(void *ctx, const struct tdisp_msg *req,
			 struct tdisp_msg *rsp)
{
	struct peer *p = ctx;
	bool drop = false;

	p->seen[req->code]++;
	if (p->on_tdisp)
		p->on_tdisp(p, req, rsp, &drop);
	return !drop;
}

static void tap_payload(void *ctx, const uint8_t *in, size_t n, uint8_t *out,
			size_t cap, size_t *len)
{
	struct peer *p = ctx;

	(void)in;
	(void)n;
	if (p->on_payload)
		p->on_payload(p, out, cap, len);
}

/* --- the root port --- */

static enum il_err rp_program(void *ctx, uint32_t port, uint8_t stream,
			      uint8_t set, uint8_t dir, uint8_t sub,
			      const uint8_t key[32], const uint8_t ifv[8])
{
	static const uint8_t first[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	struct peer *p = ctx;

	assert_int_equal(port, PEER_PORT);
	assert_int_equal(stream, p->stream_id);
	assert_memory_equal(ifv, first, sizeof(first));
	if (p->rp_program)
		return p->rp_program;
	note(p, 'P', true, set, dir, sub);
	p->rp[set][dir][sub].set = true;
	memcpy(p->rp[set][dir][sub].key, key, 32);
	return IL_OK;
}

static enum il_err rp_go(void *ctx, uint32_t port, uint8_t stream, uint8_t set,
			 uint8_t dir, uint8_t sub)
{
	struct peer *p = ctx;

	(void)port;
	(void)stream;
	if (p->rp_go)
		return p->rp_go;
	assert_true(p->rp[set][dir][sub].set);
	note(p, 'G', true, set, dir, sub);
	p->rp[set][dir][sub].on = true;
	return IL_OK;
}

static enum il_err rp_stop(void *ctx, uint32_t port, uint8_t stream,
			   uint8_t set, uint8_t dir, uint8_t sub)
{
	struct peer *p = ctx;

	(void)port;
	(void)stream;
	if (p->rp_stop)
		return p->rp_stop;
	note(p, 'S', true, set, dir, sub);
	p->rp[set][dir][sub] = (struct peer_key){ 0 };
	return IL_OK;
}

static void rp_wipe(void *ctx, uint32_t port, uint8_t stream)
{
	struct peer *p = ctx;

	assert_int_equal(port, PEER_PORT);
	assert_int_equal(stream, p->stream_id);
	note(p, 'W', true, 0, 0, 0);
	memset(p->rp, 0, sizeof(p->rp));
	p->wipes++;
	p->rp_secure = false;
}

static bool rp_secure(void *ctx, uint32_t port, uint8_t stream)
{
	const struct peer *p = ctx;

	return port == PEER_PORT && stream == p->stream_id && p->rp_secure;
}

static enum il_err rp_ready(void *ctx, uint32_t port, uint8_t stream,
			    uint8_t segment, uint16_t rid)
{
	const struct peer *p = ctx;

	if (p->rp_ready)
		return p->rp_ready;
	return port == PEER_PORT && stream == p->stream_id && !segment &&
			       rid == PEER_RID
		       ? IL_OK
		       : IL_E_STATE;
}

static enum il_err rp_ep_ide(void *ctx, uint8_t segment, uint16_t rid,
			     uint8_t *out, size_t cap, size_t *len)
{
	const struct peer *p = ctx;

	if (p->rp_image)
		return p->rp_image;
	if (segment || rid != PEER_RID)
		return IL_E_IO;
	if (cap < sizeof(p->shown))
		return IL_E_SPACE;
	memcpy(out, p->shown, sizeof(p->shown));
	*len = sizeof(p->shown);
	return IL_OK;
}

static bool rp_behind(void *ctx, uint32_t port, uint8_t segment, uint16_t rid)
{
	(void)ctx;
	return port == PEER_PORT && !segment && rid >= PEER_RID &&
	       rid < PEER_RID + PEER_FNS;
}

static enum il_err rp_setup(void *ctx, uint32_t port, const struct rp_stream *s)
{
	struct peer *p = ctx;

	assert_int_equal(port, PEER_PORT);
	if (p->rp_setup)
		return p->rp_setup;
	if (p->rp_made)
		return IL_E_STATE;
	p->rp_made = true;
	p->rp_regs = *s;
	return IL_OK;
}

static bool rp_is(const struct peer *p, uint32_t port, uint8_t stream)
{
	return port == PEER_PORT && p->rp_made && p->rp_regs.id == stream;
}

static enum il_err rp_teardown(void *ctx, uint32_t port, uint8_t stream)
{
	struct peer *p = ctx;

	if (!rp_is(p, port, stream))
		return IL_E_ARG;
	rp_wipe(p, port, stream);
	p->rp_made = false;
	p->rp_locked = false;
	p->rp_on = false;
	return IL_OK;
}

static enum il_err rp_enable(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct peer *p = ctx;

	if (!rp_is(p, port, stream))
		return IL_E_ARG;
	p->rp_on = on;
	p->rp_secure = on;
	return IL_OK;
}

static enum il_err rp_lock(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	struct peer *p = ctx;

	if (!rp_is(p, port, stream))
		return IL_E_ARG;
	p->rp_locked = on;
	return IL_OK;
}

const struct rp_keys peer_rp_keys = {
	.program = rp_program,
	.go = rp_go,
	.stop = rp_stop,
	.wipe = rp_wipe,
	.secure = rp_secure,
	.ready = rp_ready,
	.ep_ide = rp_ep_ide,
	.behind = rp_behind,
	.setup = rp_setup,
	.teardown = rp_teardown,
	.enable = rp_enable,
	.lock = rp_lock,
};

/* --- making one --- */

static void identity(struct peer *p)
{
	struct fake_cert spec[2];
	size_t n;

	for (unsigned i = 0; i < COUNT(spec); i++) {
		spec[i] = (struct fake_cert){
			.not_before_s = 1000,
			.not_after_s = 2000,
			.subject = i + 1,
			.issuer = 1,
			.ca = !i,
			.san = i ? "Vendor=1d1a:Device=0001" : NULL,
		};
		fake_key(spec[i].key, CRYPTO_KEY_P384, i + 10);
		memcpy(spec[i].signer, spec[0].key, FAKE_KEY_LEN);
		assert_int_equal(fake_cert_make(&spec[i],
						p->certs + p->certs_len,
						FAKE_CERT_MAX, &n),
				 IL_OK);
		p->certs_len += n;
	}
	assert_int_equal(
		crypto_key_load(&p->crypto, &p->key, spec[1].key, FAKE_KEY_LEN),
		IL_OK);
}

/* One selective block with one address association. */
static void ide_image(struct peer *p)
{
	static const uint32_t image[PEER_IDE_DWS] = {
		0x00000042,    /* selective, IDE_KM; one selective stream */
		0,	    1, /* block capability: one address */
		BIT(22),       /* control */
		2,	       /* status */
		0x00ffff00,    /* RID limit */
		1,	       /* RID base, valid */
		0,	    0, 0,
	};

	memcpy(p->image, image, sizeof(image));
	memcpy(p->shown, image, sizeof(image));
	p->shown[4] = 0; /* status moves by itself */
	peer_stream(p, PEER_STREAM);
}

void peer_stream(struct peer *p, uint8_t id)
{
	p->stream_id = id;
	p->image[3] = (uint32_t)id << 24 | BIT(22);
	p->shown[3] = p->image[3];
}

static void first_report(struct peer *p)
{
	p->rep = (struct tdisp_report){
		.info = TDISP_INFO_DMA_NO_PASID,
		.range_count = 4,
		.ranges = { { PEER_BAR / PAGE_4K, 2, 0, 0 },
			    { PEER_BAR / PAGE_4K + 2, 1, TDISP_RANGE_NON_TEE,
			      0 },
			    { PEER_BAR / PAGE_4K + 3, 1, 0, 0 },
			    { PEER_BAR / PAGE_4K + 16, 16, 0, 2 } },
	};
}

static void configure(struct peer *p)
{
	const struct dsm_cfg cfg = {
		.spdm = { .crypto = &p->crypto,
			  .env = &p->env,
			  .port = &sp_port,
			  .port_ctx = p,
			  .versions = { SPDM_V12 },
			  .caps = SPDM_RSP_CAPS,
			  .asym = SPDM_ASYM_ECDSA_P384,
			  .hash = SPDM_HASH_SHA_384,
			  .meas_hash = SPDM_MEAS_HASH_SHA_384,
			  .dhe = SPDM_DHE_SECP384R1,
			  .sm_versions = { SPDM_SM_V11 },
			  .slots = { { .certs = { p->certs, p->certs_len } } },
			  .transfer = 4096,
			  .ses = p->ses,
			  .ses_count = SPDM_RSP_SESSIONS,
			  .scratch = p->scratch,
			  .scratch_len = sizeof(p->scratch) },
		.tap = &p->tap,
		.tap_ctx = p,
		.conns = &p->conn,
		.conn_count = 1,
		.pci = {
		.env = &p->env,
		.port = &ep_port,
		.port_ctx = p,
		.lock_flags = TDISP_LOCK_NO_FW_UPDATE | TDISP_LOCK_MSIX |
			      TDISP_LOCK_REDIRECT,
		.addr_width = 52,
		.fns = p->fn,
		.tdis = p->tdi,
		.tdi_count = PEER_FNS,
		.streams = p->stream,
		.stream_count = COUNT(p->stream),
		.report = p->report[0],
		.report_cap = sizeof(p->report[0]),
		.why = p->why,
		},
	};

	assert_int_equal(dsm_init(&p->dsm, &cfg), IL_OK);
	for (uint32_t i = 0; i < PEER_FNS; i++)
		dsm_set_function(&p->dsm.pci, i, true, PEER_RID + i);
}

struct peer *peer_new(void)
{
	struct peer *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->dice.state = 42;
	p->env = (struct env){ .random = dice_random, .ctx = p };
	fake_init(&p->fake, 7);
	p->crypto = fake_crypto(&p->fake);
	p->tap = (struct dsm_tap){ .idekm = tap_idekm_fn,
				   .tdisp = tap_tdisp_fn,
				   .payload = tap_payload };
	identity(p);
	ide_image(p);
	first_report(p);
	configure(p);
	return p;
}

void peer_free(struct peer *p)
{
	dsm_fini(&p->dsm);
	crypto_drop(&p->crypto, &p->key);
	free(p);
}

bool peer_answer(struct peer *p, uint8_t kind, const uint8_t *in, size_t n,
		 uint8_t *out, size_t cap, size_t *out_len, uint8_t *out_kind)
{
	enum spdm_kind k = SPDM_PLAIN;
	enum il_err err;

	p->now_ns += 1000000;
	*out_len = 0;
	err = dsm_handle(&p->dsm, 0, (enum spdm_kind)kind, in, n, out, cap,
			 out_len, &k, p->now_ns);
	assert_int_equal(err, IL_OK);
	*out_kind = (uint8_t)k;
	return *out_len != 0;
}

void peer_enable(struct peer *p)
{
	p->enabled = true;
	p->secure = true;
	p->rp_secure = true;
}

bool peer_keys_agree(const struct peer *p, unsigned set)
{
	const uint8_t *all[6];
	unsigned n = 0;

	for (unsigned dir = 0; dir < 2; dir++)
		for (unsigned sub = 0; sub < 3; sub++) {
			const struct peer_key *a = &p->ep[set][dir][sub];
			const struct peer_key *b = &p->rp[set][dir ^ 1][sub];

			if (!a->on || !b->on || memcmp(a->key, b->key, 32))
				return false;
			for (unsigned i = 0; i < n; i++)
				if (!memcmp(all[i], a->key, 32))
					return false;
			all[n++] = a->key;
		}
	return true;
}

bool peer_keys_gone(const struct peer *p, bool port)
{
	for (unsigned i = 0; i < 12; i++)
		if ((port ? &p->rp[0][0][0] : &p->ep[0][0][0])[i].set)
			return false;
	return true;
}
