/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"

/*
 * Calls of the realm. One that needs the host waits: the realm leaves, and the
 * same call made again gets the answer (law 52).
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rsi
 */

/* --- memory that a call names --- */

enum rmm_mem {
	MEM_THERE,
	MEM_FAULT, /* the host must bring it */
	MEM_BAD,
};

/* @len bytes at @ipa, aligned to it, protected. */
static enum rmm_mem names(const struct cca_fw *fw, const struct rmm_rec *c,
			  uint64_t ipa, uint64_t len, bool write,
			  struct fault *f)
{
	const struct rmm_realm *r = c->realm;
	uint8_t probe;
	enum il_err err;

	if (ipa & (len - 1) || ipa >> (r->ipa_bits - 1))
		return MEM_BAD;
	err = cca_own_realm_access(fw->own, r->vmid, ipa, &probe, 1, false, f);
	if (err == IL_E_AGAIN) {
		f->write = write;
		return MEM_FAULT;
	}
	return err || !rmm_realm_io(fw, r, ipa, &probe, 1, false) ? MEM_BAD
								  : MEM_THERE;
}

static enum il_err done(uint64_t x[CCA_SMC_REGS], uint64_t status)
{
	x[0] = status;
	return IL_OK;
}

/* --- what needs nobody --- */

static enum il_err version(struct cca_fw *fw, struct rmm_rec *c,
			   uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	const bool same = x[1] == RSI_ABI_VERSION;

	(void)fw;
	(void)c;
	(void)f;
	x[1] = RSI_ABI_VERSION;
	x[2] = RSI_ABI_VERSION;
	return done(x, same ? RSI_SUCCESS : RSI_ERROR_INPUT);
}

static enum il_err features(struct cca_fw *fw, struct rmm_rec *c,
			    uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	(void)fw;
	(void)f;
	x[1] = x[1] == 0 && c->realm->da ? RSI_FEATURE0_DA : 0;
	return done(x, RSI_SUCCESS);
}

static enum il_err measurement(struct cca_fw *fw, struct rmm_rec *c,
			       uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	const uint64_t index = x[1];

	(void)fw;
	(void)f;
	if (index >= RSI_MEASUREMENTS)
		return done(x, RSI_ERROR_INPUT);
	for (unsigned i = 0; i < RSI_MEASUREMENT_LEN / 8; i++)
		x[1 + i] = index ? 0 : cca_u64(c->realm->rim, 8 * (size_t)i);
	return done(x, RSI_SUCCESS);
}

static enum il_err realm_config(struct cca_fw *fw, struct rmm_rec *c,
				uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	const struct rmm_realm *r = c->realm;

	switch (names(fw, c, x[1], REALM_CONFIG_LEN, true, f)) {
	case MEM_FAULT:
		return IL_E_AGAIN;
	case MEM_BAD:
		return done(x, RSI_ERROR_INPUT);
	case MEM_THERE:
		break;
	}
	memset(fw->page, 0, sizeof(fw->page));
	cca_put_u64(fw->page, REALM_CONFIG_IPA_WIDTH, r->ipa_bits);
	cca_put_u8(fw->page, REALM_CONFIG_HASH, r->hash);
	memcpy(fw->page + REALM_CONFIG_RPV, r->rpv, sizeof(r->rpv));
	return done(x,
		    rmm_realm_io(fw, r, x[1], fw->page, REALM_CONFIG_LEN, true)
			    ? RSI_SUCCESS
			    : RSI_ERROR_INPUT);
}

/* How far the first address's RIPAS reaches. */
static enum il_err ipa_state_get(struct cca_fw *fw, struct rmm_rec *c,
				 uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	const uint64_t base = x[1], top = x[2];
	struct cca_own_rtte e;
	uint64_t at;
	enum rmi_ripas first = RMI_EMPTY;

	(void)f;
	if (!rmm_ipa_range(c->realm, base, top, true))
		return done(x, RSI_ERROR_INPUT);
	for (at = base; at < top;) {
		if (cca_own_rtt_find(fw->own, c->realm->vmid, at, 3, &e))
			break;
		if (at == base)
			first = e.ripas;
		else if (e.ripas != first)
			break;
		at = align_down(at, CCA_GRANULE << 9 * (3 - e.level)) +
		     (CCA_GRANULE << 9 * (3 - e.level));
	}
	x[1] = at < top ? at : top;
	x[2] = first;
	return done(x, RSI_SUCCESS);
}

/* --- what the host must do --- */

static enum il_err ipa_state_set(struct cca_fw *fw, struct rmm_rec *c,
				 uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	(void)fw;
	(void)f;
	if (!rmm_ipa_range(c->realm, x[1], x[2], true) || x[3] > RMI_RAM ||
	    x[4] & ~RSI_CHANGE_DESTROYED)
		return done(x, RSI_ERROR_INPUT);
	c->base = c->at = x[1];
	c->top = x[2];
	c->ripas = (uint8_t)x[3];
	return rmm_rec_wait(c, FW_WAIT_RIPAS, x);
}

static enum il_err host_call(struct cca_fw *fw, struct rmm_rec *c,
			     uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	uint8_t raw[HOST_CALL_LEN];

	switch (names(fw, c, x[1], HOST_CALL_LEN, true, f)) {
	case MEM_FAULT:
		return IL_E_AGAIN;
	case MEM_BAD:
		return done(x, RSI_ERROR_INPUT);
	case MEM_THERE:
		break;
	}
	if (!rmm_realm_io(fw, c->realm, x[1], raw, sizeof(raw), false))
		return done(x, RSI_ERROR_INPUT);
	c->imm = cca_u32(raw, HOST_CALL_IMM);
	for (unsigned i = 0; i < REC_NR_GPRS; i++)
		c->gprs[i] = cca_u64(raw, HOST_CALL_GPRS + 8 * (size_t)i);
	return rmm_rec_wait(c, FW_WAIT_HOST_CALL, x);
}

static enum il_err get_info(struct cca_fw *fw, struct rmm_rec *c,
			    uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	if (!c->realm->da)
		return done(x, RSI_ERROR_STATE);
	switch (names(fw, c, x[2], VDEV_INFO_LEN, true, f)) {
	case MEM_FAULT:
		return IL_E_AGAIN;
	case MEM_BAD:
		return done(x, RSI_ERROR_INPUT);
	case MEM_THERE:
		break;
	}
	return rmm_rec_wait(c, FW_WAIT_VDEV, x);
}

/* flags: ATS; and a plane's table for the rest: neither is there. */
static enum il_err dma_enable(struct cca_fw *fw, struct rmm_rec *c,
			      uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	(void)fw;
	(void)f;
	if (!c->realm->da)
		return done(x, RSI_ERROR_STATE);
	if (x[2] || x[3])
		return done(x, RSI_ERROR_INPUT);
	return rmm_rec_wait(c, FW_WAIT_VDEV, x);
}

static enum il_err dma_disable(struct cca_fw *fw, struct rmm_rec *c,
			       uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	(void)fw;
	(void)f;
	if (!c->realm->da)
		return done(x, RSI_ERROR_STATE);
	return rmm_rec_wait(c, FW_WAIT_VDEV, x);
}

static enum il_err validate(struct cca_fw *fw, struct rmm_rec *c,
			    uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	(void)fw;
	(void)f;
	if (!c->realm->da)
		return done(x, RSI_ERROR_STATE);
	if (!rmm_ipa_range(c->realm, x[2], x[3], true) || !rmm_aligned(x[4]) ||
	    x[4] + (x[3] - x[2]) < x[4] || x[5])
		return done(x, RSI_ERROR_INPUT);
	c->base = c->at = x[2];
	c->top = x[3];
	c->pa = x[4];
	return rmm_rec_wait(c, FW_WAIT_VDEV, x);
}

static const struct row {
	uint64_t fid;
	enum il_err (*run)(struct cca_fw *fw, struct rmm_rec *c,
			   uint64_t x[CCA_SMC_REGS], struct fault *f);
} rows[] = {
	{ RSI_VERSION, version },
	{ RSI_FEATURES, features },
	{ RSI_MEASUREMENT_READ, measurement },
	{ RSI_REALM_CONFIG, realm_config },
	{ RSI_IPA_STATE_SET, ipa_state_set },
	{ RSI_IPA_STATE_GET, ipa_state_get },
	{ RSI_HOST_CALL, host_call },
	{ RSI_VDEV_GET_INFO, get_info },
	{ RSI_VDEV_DMA_ENABLE, dma_enable },
	{ RSI_VDEV_DMA_DISABLE, dma_disable },
	{ RSI_VDEV_VALIDATE_MAPPING, validate },
};

enum il_err cca_fw_rsi(struct cca_fw *fw, uint64_t rec,
		       uint64_t x[CCA_SMC_REGS], struct fault *f)
{
	struct rmm_rec *c = rmm_rec_find(fw, rec);

	*f = (struct fault){ .rule = NULL };
	if (!c || !c->running)
		return IL_E_STATE;
	if (c->ready || c->wait != FW_WAIT_NONE) {
		if (memcmp(c->call, x, sizeof(c->call)) != 0)
			return IL_E_STATE;
		if (!c->ready)
			return IL_E_AGAIN;
		memcpy(x, c->answer, 3 * sizeof(x[0]));
		c->ready = false;
		return IL_OK;
	}
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].fid == x[0])
			return rows[i].run(fw, c, x, f);
	return done(x, SMC_NOT_SUPPORTED);
}

enum il_err cca_fw_access(struct cca_fw *fw, uint64_t rec, uint64_t ipa,
			  void *buf, uint32_t len, bool write, struct fault *f)
{
	struct rmm_rec *c = rmm_rec_find(fw, rec);

	if (!c)
		return IL_E_STATE;
	return cca_own_realm_access(fw->own, c->realm->vmid, ipa, buf, len,
				    write, f);
}
