/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

/*
 * Root ports as the TSM has them: the core's table of the power over keys,
 * each entry a COVT call. Look-ups of configuration space go to the platform.
 *
 * A key stands in a page of the TSM for as long as the call takes: the host
 * cannot read it there, and no copy is left (laws 10 and 11).
 */

#define DESC_AT COVE_TSM_SCRATCH
#define DATA_AT (COVE_TSM_SCRATCH + 64)

struct sbiret cfw_covt(struct cove_fw *fw, uint64_t fid, uint64_t a0,
		       uint64_t a1, uint64_t a2, uint64_t a3)
{
	const uint64_t a[6] = { a0, a1, a2, a3 };

	return fw->cfg.rdsm->covt(fw->cfg.rdsm->ctx, fid, a);
}

static enum il_err err_of(struct sbiret r)
{
	switch (r.error) {
	case SBI_SUCCESS:
		return IL_OK;
	case SBI_ERR_INVALID_PARAM:
		return IL_E_ARG;
	case SBI_ERR_INVALID_STATE:
		return IL_E_STATE;
	default:
		return IL_E_IO;
	}
}

static uint64_t desc(struct cove_fw *fw, uint8_t stream, uint8_t set,
		     uint8_t dir, uint8_t sub)
{
	const uint64_t pa = fw->cfg.own->tsm + DESC_AT;
	uint8_t d[COVT_DESC_LEN] = {
		[COVT_DESC_STREAM] = stream,
		[COVT_DESC_SUB_STREAM] = sub,
		[COVT_DESC_KEY_SET] = set,
		/* The core's direction is IDE_KM's. */
		[COVT_DESC_TX_RX] = dir ? COVT_TX : COVT_RX,
	};

	cfw_tsm_write(fw, pa, d, sizeof(d));
	return pa;
}

static enum il_err program(void *ctx, uint32_t port, uint8_t stream,
			   uint8_t set, uint8_t dir, uint8_t sub,
			   const uint8_t key[32], const uint8_t ifv[8])
{
	static const uint8_t none[COVT_DATA_LEN];
	struct cove_fw *fw = ctx;
	const uint64_t pa = fw->cfg.own->tsm + DATA_AT;
	uint8_t data[COVT_DATA_LEN];
	struct sbiret r;

	for (unsigned i = 0; i < COVT_KEY_LEN; i++)
		data[i ^ 3] = key[i];
	for (unsigned i = 0; i < COVT_IFV_LEN; i++)
		data[COVT_KEY_LEN + (i ^ 3)] = ifv[i];
	cfw_tsm_write(fw, pa, data, sizeof(data));
	bytes_wipe(data, sizeof(data));
	r = cfw_covt(fw, COVT_PROGRAM_KEY, port,
		     desc(fw, stream, set, dir, sub), pa, 0);
	cfw_tsm_write(fw, pa, none, sizeof(none));
	return err_of(r);
}

static enum il_err go(void *ctx, uint32_t port, uint8_t stream, uint8_t set,
		      uint8_t dir, uint8_t sub)
{
	struct cove_fw *fw = ctx;

	return err_of(cfw_covt(fw, COVT_SET_GO, port,
			       desc(fw, stream, set, dir, sub), 0, 0));
}

static enum il_err stop(void *ctx, uint32_t port, uint8_t stream, uint8_t set,
			uint8_t dir, uint8_t sub)
{
	struct cove_fw *fw = ctx;

	return err_of(cfw_covt(fw, COVT_SET_STOP, port,
			       desc(fw, stream, set, dir, sub), 0, 0));
}

/* A stream that the root monitor does not know has no key. */
static void wipe(void *ctx, uint32_t port, uint8_t stream)
{
	cfw_covt(ctx, COVT_STREAM_OFF, port, stream, 0, 0);
}

static bool secure(void *ctx, uint32_t port, uint8_t stream)
{
	struct sbiret r = cfw_covt(ctx, COVT_STREAM_STATUS, port, stream, 0, 0);

	return !r.error && r.value == 1;
}

static enum il_err ready(void *ctx, uint32_t port, uint8_t stream,
			 uint8_t segment, uint16_t rid)
{
	const struct cove_fw_cfg *c = &((struct cove_fw *)ctx)->cfg;

	return c->ports->ready(c->ports_ctx, port, stream, segment, rid);
}

static enum il_err ep_ide(void *ctx, uint8_t segment, uint16_t rid,
			  uint8_t *out, size_t cap, size_t *len)
{
	const struct cove_fw_cfg *c = &((struct cove_fw *)ctx)->cfg;

	return c->ports->ep_ide(c->ports_ctx, segment, rid, out, cap, len);
}

static bool behind(void *ctx, uint32_t port, uint8_t segment, uint16_t rid)
{
	const struct cove_fw_cfg *c = &((struct cove_fw *)ctx)->cfg;

	return c->ports->behind(c->ports_ctx, port, segment, rid);
}

const struct rp_keys cfw_port_keys = {
	.program = program,
	.go = go,
	.stop = stop,
	.wipe = wipe,
	.secure = secure,
	.ready = ready,
	.ep_ide = ep_ide,
	.behind = behind,
};

const struct cove_port *cfw_port_find(const struct cove_fw *fw, uint32_t rp)
{
	for (unsigned i = 0; i < fw->cfg.ports_n; i++)
		if (fw->cfg.port[i].rp == rp)
			return &fw->cfg.port[i];
	return NULL;
}

const struct cove_port *cfw_port_of(const struct cove_fw *fw, uint64_t id)
{
	for (unsigned i = 0; i < fw->cfg.ports_n; i++)
		if (fw->cfg.ports->behind(
			    fw->cfg.ports_ctx, fw->cfg.port[i].rp,
			    (uint8_t)field_get(COVE_DEV_SEGMENT, id),
			    (uint16_t)field_get(COVE_DEV_RID, id)))
			return &fw->cfg.port[i];
	return NULL;
}

/*
 * The host's description of the stream, copied into the TSM's memory, where
 * the root monitor reads it. The device must be among its RIDs.
 */
int64_t cfw_stream_copy(struct cove_fw *fw, uint64_t pa, uint32_t id,
			uint8_t out[COVE_STREAM_LEN(COVE_STREAM_ADDR_MAX)])
{
	uint8_t d[COVE_STREAM_LEN(COVE_STREAM_ADDR_MAX)] = { 0 };
	uint32_t rid = id & 0xffff, lo, hi;
	int64_t ret = cfw_read(fw, pa, d, COVE_STREAM_LEN(0));

	if (ret)
		return ret;
	if (d[COVE_STREAM_NUM_ADDR] > COVE_STREAM_ADDR_MAX)
		return SBI_ERR_INVALID_PARAM;
	/* The head was read once: only what follows is fetched now. */
	if (d[COVE_STREAM_NUM_ADDR])
		ret = cfw_read(fw, pa + COVE_STREAM_LEN(0),
			       d + COVE_STREAM_LEN(0),
			       COVE_STREAM_LEN(d[COVE_STREAM_NUM_ADDR]) -
				       COVE_STREAM_LEN(0));
	if (ret)
		return ret;
	lo = cove_u32(d, COVE_STREAM_RID2) >> 8 & 0xffff;
	hi = cove_u32(d, COVE_STREAM_RID1) >> 8 & 0xffff;
	if (rid < lo || rid > hi ||
	    cove_u32(d, COVE_STREAM_RID2) >> 24 != id >> 16)
		return SBI_ERR_INVALID_PARAM;
	memcpy(out, d, sizeof(d));
	return SBI_SUCCESS;
}

int64_t cfw_stream_program(struct cove_fw *fw, const struct fw_dev *d)
{
	const uint64_t pa = fw->cfg.own->tsm + DESC_AT;

	cfw_tsm_write(fw, pa, d->desc, sizeof(d->desc));
	return cfw_covt(fw, COVT_PROGRAM_STREAM, d->rp, pa, 0, 0).error;
}
