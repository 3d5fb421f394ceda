/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/fw_priv.h"

#include "base/assert.h"

/*
 * Device commands: TIO_STATUS to ROLL_KEY, except those of one TDI.
 * Source: Linux 7.3 drivers/crypto/ccp, AMD's public tsm branch; B.1
 */

static bool sla_is_page(uint64_t sla)
{
	return sla && !(sla & ~SLA_PFN_MASK);
}

struct fw_dev *fw_dev_find(struct sev_fw *fw, uint64_t sla)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++)
		if (fw->dev[i].conn && sla_is_page(sla) &&
		    fw->dev[i].ctx == sla_pa(sla))
			return &fw->dev[i];
	return NULL;
}

static uint32_t least(const struct sev_fw *fw, uint32_t size)
{
	return fw->cfg.frugal ? (uint32_t)PAGE_4K : size;
}

uint32_t fw_tio_status(struct sev_fw *fw, struct fw_cmd *c)
{
	uint8_t s[TIO_STAT_LEN] = { 0 };

	if (!fw->cfg.tio)
		return SEV_RET_INVALID_COMMAND;
	sev_put_u32(s, TIO_STAT_LENGTH, sizeof(s));
	sev_put_u32(s, TIO_STAT_FLAGS,
		    (fw->tio_en ? TIO_STAT_F_EN : 0) |
			    (fw->tio ? TIO_STAT_F_INIT_DONE : 0));
	sev_put_u32(s, TIO_STAT_REQ_MIN, least(fw, FW_REQ_SIZE));
	sev_put_u32(s, TIO_STAT_REQ_MAX, FW_REQ_SIZE);
	sev_put_u32(s, TIO_STAT_SCRATCH_MIN, least(fw, FW_SCRATCH_SIZE));
	sev_put_u32(s, TIO_STAT_SCRATCH_MAX, FW_SCRATCH_SIZE);
	sev_put_u32(s, TIO_STAT_OUT_MIN, least(fw, FW_OUT_SIZE));
	sev_put_u32(s, TIO_STAT_OUT_MAX, FW_OUT_SIZE);
	sev_put_u32(s, TIO_STAT_RSP_MIN, least(fw, FW_RSP_SIZE));
	sev_put_u32(s, TIO_STAT_RSP_MAX, FW_RSP_SIZE);
	sev_put_u32(s, TIO_STAT_DEVCTX_SIZE, FW_CTX_SIZE);
	sev_put_u32(s, TIO_STAT_TDICTX_SIZE, FW_CTX_SIZE);
	return fw_answer(fw, sev_u64(c->buf, TIO_STATUS_PA), s, sizeof(s));
}

uint32_t fw_tio_init(struct sev_fw *fw, struct fw_cmd *c)
{
	(void)c;
	if (!fw->tio_en || fw->tio)
		return SEV_RET_INVALID_PLATFORM_STATE;
	fw->tio = true;
	return SEV_RET_SUCCESS;
}

uint32_t fw_dev_create(struct sev_fw *fw, struct fw_cmd *c)
{
	uint64_t sla = sev_u64(c->buf, TIO_DEV_CREATE_CTX);
	struct tsm_conn_cfg cfg = {
		.rid = sev_u16(c->buf, TIO_DEV_CREATE_RID),
		.segment = c->buf[TIO_DEV_CREATE_SEGMENT],
		.port = sev_u16(c->buf, TIO_DEV_CREATE_PORT),
		.owner = sla_pa(sla),
	};
	struct fw_dev *d = NULL;
	uint32_t ret;
	enum il_err err;

	if (!sla_is_page(sla))
		return SEV_RET_INVALID_ADDRESS;
	/* The secure device entry has five bits for it. */
	if (cfg.port >= OWN_PORTS)
		return SEV_RET_INVALID_PARAM;
	for (unsigned i = fw->cfg.limits.tsm.conns; i-- > 0;)
		if (!fw->dev[i].conn)
			d = &fw->dev[i];
	if (!d)
		return SEV_RET_RESOURCE_LIMIT;
	ret = fw_ctx_take(fw, sla_pa(sla));
	if (ret)
		return ret;
	err = tsm_conn_new(fw->tsm, &cfg, &d->conn);
	if (err) {
		d->conn = NULL;
		fw_ctx_give(fw, sla_pa(sla));
		return err == IL_E_STATE ? SEV_RET_IN_USE : fw_ret(err);
	}
	d->ctx = sla_pa(sla);
	d->segment = cfg.segment;
	d->port = (uint8_t)cfg.port;
	d->phase = 0;
	memset(d->streams, TSM_STREAM_UNUSED, sizeof(d->streams));
	fw_pending_clear(d);
	return SEV_RET_SUCCESS;
}

uint32_t fw_dev_reclaim(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_dev *d = c->dev;

	if (tsm_conn_binds(d->conn))
		return SEV_RET_IN_USE;
	if (tsm_conn_free(d->conn))
		return SEV_RET_INVALID_DEV_STATE;
	d->conn = NULL;
	fw_ctx_give(fw, d->ctx);
	d->ctx = 0;
	return SEV_RET_SUCCESS;
}

uint32_t fw_dev_connect(struct sev_fw *fw, struct fw_cmd *c)
{
	struct tsm_args a = {
		.cert_slot = c->buf[TIO_DEV_CONNECT_SLOT],
		.stream_id = c->buf[TIO_DEV_CONNECT_STREAMS],
	};
	uint32_t ret;

	if (c->resume)
		return fw_verb_resume(fw, c);
	/* OPEN: more traffic classes than TC 0; we take that one alone. */
	if (c->buf[TIO_DEV_CONNECT_TC_MASK] != 1)
		return SEV_RET_INVALID_PARAM;
	ret = fw_verb(fw, c, TSM_CONNECT, &a);
	if (ret == SEV_RET_SPDM_REQUEST)
		c->dev->streams[0] = a.stream_id;
	return ret;
}

uint32_t fw_dev_disconnect(struct sev_fw *fw, struct fw_cmd *c)
{
	uint32_t flags = sev_u32(c->buf, TIO_DEV_FLAGS);
	struct tsm_args a = { .force = flags & TIO_DISCONNECT_F_FORCE };
	uint8_t kind;
	size_t len;
	enum il_err err;

	if (c->resume)
		return fw_verb_resume(fw, c);
	if (flags & ~TIO_DISCONNECT_F_FORCE)
		return SEV_RET_INVALID_PARAM;
	if (tsm_conn_binds(c->dev->conn))
		return SEV_RET_IN_USE; /* law 4 */
	if (!a.force)
		return fw_verb(fw, c, TSM_DISCONNECT, &a);
	/* Needs no buffer: there is nothing to carry. Law 49. */
	err = tsm_begin(c->dev->conn, TSM_DISCONNECT, &a);
	if (!err)
		err = tsm_step(c->dev->conn, 0, NULL, 0, fw->out,
			       sizeof(fw->out), &len, &kind, fw->now_ns);
	return fw_ret(err);
}

static uint8_t dev_state(const struct tsm_conn *c)
{
	switch (tsm_conn_state(c)) {
	case TSM_CONN_FREE:
	case TSM_CONN_NEW:
	case TSM_CONN_CONNECTING:
	case TSM_CONN_KNOWN: /* parts that DEV_CONNECT does not show */
	case TSM_CONN_OPEN:
	case TSM_CONN_STATES:
		return TIO_DEV_CREATED;
	case TSM_CONN_READY:
	case TSM_CONN_DISCONNECTING:
		return TIO_DEV_CONNECTED;
	case TSM_CONN_CLOSED:
		return TIO_DEV_DISCONNECTED;
	case TSM_CONN_ERROR:
		break;
	}
	return TIO_DEV_ERROR;
}

/* Algorithms as TDI_INFO and DEV_STATUS name them, one byte each. */
uint64_t fw_algs(const struct tsm_conn *c)
{
	struct tsm_algs a = tsm_conn_algs(c);

	return (a.curve_dhe == CRYPTO_P384 ? TIO_ALGO_DHE_P384
					   : TIO_ALGO_DHE_P256) |
	       TIO_ALGO_AEAD_AES256 |
	       (a.curve_asym == CRYPTO_P384 ? TIO_ALGO_ASYM_P384
					    : TIO_ALGO_ASYM_P256) |
	       (a.hash == CRYPTO_SHA384 ? TIO_ALGO_HASH_SHA384
					: TIO_ALGO_HASH_SHA256);
}

static void status_tdis(const struct sev_fw *fw, const struct fw_dev *d,
			uint8_t *s)
{
	const struct tsm_bind *b = tsm_verb_bind(d->conn);
	uint32_t all = 0, bound = 0;

	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++) {
		const struct fw_tdi *t = &fw->tdi[i];

		all += t->bind && t->dev == d;
		bound += t->bind && t->dev == d && t->guest;
	}
	sev_put_u32(s, TIO_DSTAT_TDIS, all);
	sev_put_u32(s, TIO_DSTAT_BOUND_TDIS, bound);
	if (b) {
		s[TIO_DSTAT_P1] |= TIO_DSTAT_P1_PENDING_TDI;
		sev_put_u32(s, TIO_DSTAT_PENDING_IF, tsm_bind_function(b));
	}
}

uint32_t fw_dev_status(struct sev_fw *fw, struct fw_cmd *c)
{
	const struct fw_dev *d = c->dev;
	const struct tsm_conn_cfg *cfg = tsm_conn_cfg(d->conn);
	const uint8_t *certs = tsm_conn_digest(d->conn, TSM_DIGEST_CERT);
	uint8_t s[TIO_DSTAT_LEN] = { 0 };

	sev_put_u32(s, TIO_DSTAT_LENGTH, sizeof(s));
	s[TIO_DSTAT_STATE] = dev_state(d->conn);
	s[TIO_DSTAT_P1] = d->pending ? TIO_DSTAT_P1_PENDING : 0;
	s[TIO_DSTAT_SLOT] = tsm_cert_slot(d->conn);
	sev_put_u16(s, TIO_DSTAT_RID, cfg->rid);
	s[TIO_DSTAT_SEGMENT] = cfg->segment;
	s[TIO_DSTAT_TC_MASK] = d->streams[0] != TSM_STREAM_UNUSED;
	sev_put_u16(s, TIO_DSTAT_PENDING_CMD, (uint16_t)d->pending);
	memcpy(s + TIO_DSTAT_STREAMS, d->streams, sizeof(d->streams));
	if (certs) {
		memcpy(s + TIO_DSTAT_CERTS_DIGEST, certs, TSM_DIGEST_LEN);
		sev_put_u64(s, TIO_DSTAT_ALGOS, fw_algs(d->conn));
	}
	/* Measurement digests belong to lock sessions: TDI_INFO has them. */
	status_tdis(fw, d, s);
	return fw_answer(fw, sev_u64(c->buf, TIO_DEV_STATUS_PA), s, sizeof(s));
}

/* What a verb left, into the output buffer. */
static uint32_t put_blob(struct sev_fw *fw, struct fw_cmd *c,
			 enum tio_dobj_id id)
{
	const uint8_t *p;
	size_t len;

	tsm_blob(c->dev->conn, &p, &len);
	return fw_output(fw, c, id, p, len);
}

uint32_t fw_dev_measurements(struct sev_fw *fw, struct fw_cmd *c)
{
	uint32_t flags = sev_u32(c->buf, TIO_DEV_FLAGS);
	struct tsm_args a = { .raw = flags & TIO_DEV_MEAS_F_RAW };
	uint32_t ret;

	if (flags & ~TIO_DEV_MEAS_F_RAW)
		return SEV_RET_INVALID_PARAM;
	memcpy(a.nonce, c->buf + TIO_DEV_MEAS_NONCE, sizeof(a.nonce));
	ret = fw_spdm_check(fw, c, true);
	if (!ret)
		ret = c->resume ? fw_verb_resume(fw, c)
				: fw_verb(fw, c, TSM_MEASURE, &a);
	return ret ? ret : put_blob(fw, c, TIO_DOBJ_MEASUREMENT);
}

/*
 * The chain of the session. OPEN: whether real firmware asks the device again;
 * ours shows what the session was made with, which is what the digest covers.
 */
uint32_t fw_dev_certificates(struct sev_fw *fw, struct fw_cmd *c)
{
	const uint8_t *p;
	size_t len;

	if (tsm_conn_state(c->dev->conn) != TSM_CONN_READY)
		return SEV_RET_INVALID_DEV_STATE;
	tsm_chain(c->dev->conn, &p, &len);
	return fw_output(fw, c, TIO_DOBJ_CERTIFICATE, p, len);
}

/* One thing at a time; see abi_cmd.h. */
uint32_t fw_roll_key(struct sev_fw *fw, struct fw_cmd *c)
{
	const struct tsm_args a = { 0 };

	if (c->resume)
		return fw_verb_resume(fw, c);
	switch (sev_u32(c->buf, TIO_DEV_FLAGS)) {
	case 0:
		return fw_verb(fw, c, TSM_REFRESH, &a);
	case TIO_ROLL_KEY_F_SESSION:
		return fw_verb(fw, c, TSM_KEY_UPDATE, &a);
	case TIO_ROLL_KEY_F_ALIVE:
		return fw_verb(fw, c, TSM_HEARTBEAT, &a);
	default:
		return SEV_RET_INVALID_PARAM;
	}
}

/* --- fences --- */

/*
 * OPEN: when the fences move is not public. Ours: closed by default; open
 * while a TDI of the guest is bound behind the port; in error after a TDI's
 * link was cut, until the host clears it, which it may once no TDI of that
 * guest is bound there (law 50).
 */
uint32_t fw_fence_clear(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_guest *g =
		fw_guest_find(fw, sev_u64(c->buf, TIO_FENCE_CLEAR_GCTX));

	if (!g)
		return SEV_RET_INVALID_GUEST;
	if (!g->asid)
		return SEV_RET_INACTIVE;
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++)
		if (fw->tdi[i].bind && fw->tdi[i].guest == g &&
		    fw->tdi[i].dev->port == c->dev->port)
			return SEV_RET_IN_USE;
	return own_fence_set(fw->cfg.own, g->asid, c->dev->port,
			     OWN_FENCE_CLOSED, OWN_FENCE_CLOSED)
		       ? SEV_RET_INVALID_ASID
		       : SEV_RET_SUCCESS;
}

uint32_t fw_fence_status(struct sev_fw *fw, struct fw_cmd *c)
{
	uint32_t asid = sev_u32(c->buf, TIO_FENCE_STATUS_ASID);
	enum own_fence dma, mmio;
	uint8_t s[8] = { 0 };

	if (own_fence_get(fw->cfg.own, asid, c->dev->port, &dma, &mmio))
		return SEV_RET_INVALID_ASID;
	sev_put_u64(s, 0,
		    field_put(TIO_FENCE_DMA, dma) |
			    field_put(TIO_FENCE_MMIO, mmio));
	return fw_answer(fw, sev_u64(c->buf, TIO_FENCE_STATUS_PA), s,
			 sizeof(s));
}
