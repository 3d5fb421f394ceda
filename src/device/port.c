/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "spdm/sig.h"

/* What the DSM asks of the device. */

static uint8_t km_status(enum il_err err)
{
	if (!err)
		return IDEKM_OK;
	return err == IL_E_ARG ? IDEKM_BAD_FIELD : IDEKM_FAILED;
}

static uint8_t program(struct device *d, const struct idekm_ref *ref,
		       const uint8_t key[IDEKM_KEY_LEN],
		       const uint8_t ifv[IDEKM_IFV_LEN])
{
	struct rd r = rd_over(ifv, IDEKM_IFV_LEN);
	enum il_err err;

	if (ref->port != 0)
		return IDEKM_BAD_PORT;
	if (ref->stream == IDE_ID_RESERVED || !d->ide_cap)
		return IDEKM_BAD_FIELD;
	if (d->assumed_ide)
		return loose_program(d, ref, key, rd_u64be(&r));
	err = ide_key_set(&d->ide, ref->stream, ref->key_set,
			  ref->dir == IDEKM_TX ? IDE_TX : IDE_RX, ref->sub, key,
			  rd_u64be(&r));
	return km_status(err);
}

static enum il_err program_key(void *ctx, const struct idekm_ref *ref,
			       const uint8_t key[IDEKM_KEY_LEN],
			       const uint8_t ifv[IDEKM_IFV_LEN],
			       uint8_t *status)
{
	*status = program(ctx, ref, key, ifv);
	return IL_OK;
}

static enum il_err key_go(void *ctx, const struct idekm_ref *ref)
{
	struct device *d = ctx;

	if (ref->port != 0 || ref->stream == IDE_ID_RESERVED || !d->ide_cap)
		return IL_E_ARG;
	if (d->assumed_ide)
		return loose_go(d, ref);
	return ide_key_go(&d->ide, ref->stream, ref->key_set,
			  ref->dir == IDEKM_TX ? IDE_TX : IDE_RX, ref->sub);
}

static bool named(const struct device *d, uint8_t stream)
{
	for (unsigned i = 0; i < d->cfg.streams; i++)
		if (ide_stream_get(&d->ide, i)->id == stream)
			return true;
	return false;
}

/*
 * A host that switches a stream off by writing 0 to its register takes its
 * number away, too (Linux 7.3 drivers/pci/ide.c pci_ide_stream_disable()), and
 * its keys are gone with that: what has no keys is stopped.
 *
 * OPEN: PCIe Base 6.3 §6.33.3 lets a device answer a bad K_SET_STOP with
 * silence; whether one that names a stream of no register block is bad, we
 * found no text that says. It is acknowledged: what it asks for is so already,
 * and silence would cost the host a timeout after Linux's own order.
 */
static enum il_err key_stop(void *ctx, const struct idekm_ref *ref)
{
	struct device *d = ctx;

	if (ref->port != 0 || ref->stream == IDE_ID_RESERVED || !d->ide_cap)
		return IL_E_ARG;
	if (d->assumed_ide) {
		loose_stop(d, ref);
		return IL_OK;
	}
	if (!named(d, ref->stream))
		return IL_OK;
	return ide_key_stop(&d->ide, ref->stream, ref->key_set,
			    ref->dir == IDEKM_TX ? IDE_TX : IDE_RX, ref->sub);
}

static enum il_err query(void *ctx, uint8_t port, struct il_ide_query *out)
{
	struct device *d = ctx;
	struct ide_cap_regs regs;
	const struct pci_cfg *c = &d->fn[0].cfg;

	if (port != 0 || !d->ide_cap)
		return IL_E_ARG;
	device_ide_show(d);
	ide_cap_decode(pci_cfg_get(c, (uint16_t)(d->ide_cap + IDE_CAP), 4),
		       &regs);
	out->devfn = (uint8_t)(d->dev << 3);
	out->bus = d->cfg.relax & DEVICE_RELAX_BUS ? d->cfg.query_bus : d->bus;
	/* No segment is ever captured: that takes flit mode. */
	out->segment =
		d->cfg.relax & DEVICE_RELAX_SEGMENT ? d->cfg.query_segment : 0;
	out->max_port = 0;
	out->cap.p = c->image + d->ide_cap + IDE_CAP;
	out->cap.n = ide_cap_size(&regs, DEVICE_ADDRS) - IDE_CAP;
	return IL_OK;
}

static void stream_kill(void *ctx, uint8_t port, uint8_t stream)
{
	struct device *d = ctx;
	enum il_err err;

	if (port != 0 || !d->ide_cap)
		return;
	loose_kill(d, stream);
	d->killing = true;
	err = ide_wipe_id(&d->ide, stream, IDE_CAUSE_WIPED);
	d->killing = false;
	if (err)
		return; /* no block has it: there is nothing to wipe */
	for (unsigned i = 0; i < d->cfg.streams; i++)
		if (d->stream[i].id == stream)
			d->stream[i].keys = 0;
}

static enum il_err stream_info(void *ctx, uint8_t stream,
			       struct dsm_stream *out)
{
	struct device *d = ctx;
	const struct ide_stream_cfg *s;
	struct dsm_stream info = { .port = 0 };
	int idx;

	if (d->assumed_ide)
		return loose_info(d, stream, out);
	idx = d->ide_cap && stream != IDE_ID_RESERVED
		      ? ide_find(&d->ide, stream)
		      : -1;

	if (idx < 0)
		return IL_E_ARG;
	s = ide_stream_get(&d->ide, (unsigned)idx);
	info.enabled = s->enable;
	info.secure = ide_state(&d->ide, (unsigned)idx) == IDE_SECURE;
	info.is_default = s->is_default;
	info.tc = s->tc;
	for (unsigned i = 0; i < d->cfg.streams; i++) {
		s = ide_stream_get(&d->ide, i);
		if (s->enable && s->is_default)
			info.defaults++;
	}
	*out = info;
	return IL_OK;
}

struct span {
	uint64_t base;
	uint64_t size;
};

/* The ranges that functions decode now or would when enabled. */
static unsigned spans(const struct device *d, struct span *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < d->fns; i++)
		for (unsigned b = 0; b < T0_BARS && d->fn[i].there; b++)
			if (fn_bar(&d->fn[i], b, &out[n].base, &out[n].size))
				n++;
	return n;
}

static const struct rule *check_config(void *ctx, uint32_t fn,
				       const struct tdisp_lock *lock)
{
	struct device *d = ctx;
	struct span s[T0_BARS * DEVICE_FNS];
	unsigned n = spans(d, s);

	(void)lock;
	for (unsigned b = 0; b < T0_BARS; b++) {
		uint64_t base, size;

		if (fn_bar_unset(&d->fn[fn], b))
			return &device_rule_bar_off;
		/* Another one's, which moved away in ERROR: law 35. */
		if (fn_bar(&d->fn[fn], b, &base, &size) &&
		    device_reported_by_other(d, fn, base, size))
			return &device_rule_overlap;
	}
	if (!fn_physical(&d->fn[fn]) &&
	    pci_cfg_get(&d->fn[0].cfg, (uint16_t)(d->sriov + SRIOV_SYS_PAGES),
			4) != 1)
		return &device_rule_page_size;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = i + 1; k < n; k++)
			if (s[i].base < s[k].base + s[k].size &&
			    s[k].base < s[i].base + s[i].size)
				return &device_rule_overlap;
	return NULL;
}

/* Work from before LOCK ends here: none of it may finish under the lock. */
static enum il_err arm(void *ctx, uint32_t fn)
{
	struct device *d = ctx;

	engine_stop(&d->fn[fn], DMA_ERROR_STATE);
	return IL_OK;
}

static void disarm(void *ctx, uint32_t fn)
{
	/* Events are raised always; nothing was switched on. */
	(void)ctx;
	(void)fn;
}

static enum il_err quiesce(void *ctx, uint32_t fn)
{
	struct device *d = ctx;

	engine_stop(&d->fn[fn], DMA_ERROR_STATE);
	d->fn[fn].pending = 0;
	return IL_OK;
}

static enum il_err scrub(void *ctx, uint32_t fn)
{
	struct device *d = ctx;
	struct device_fn *f = &d->fn[fn];

	engine_stop(f, DMA_ERROR_NONE);
	engine_wipe(f);
	fn_mem_wipe(f);
	/* Payloads that were read or decrypted last; nobody is at them now. */
	bytes_wipe(d->data, sizeof(d->data));
	bytes_wipe(d->scratch, sizeof(d->scratch));
	/* A table that was locked holds what the TVM wrote. */
	if (d->tdis[fn].lock.flags & TDISP_LOCK_MSIX)
		msix_reset(f);
	return IL_OK;
}

static void add_range(struct tdisp_report *r, uint64_t base, uint64_t size,
		      uint16_t attrs, uint16_t id)
{
	r->ranges[r->range_count++] = (struct tdisp_range){
		.first_page = base / PAGE_4K,
		.pages = (uint32_t)(size / PAGE_4K),
		.attrs = attrs,
		.id = id,
	};
}

static void add_memory(struct tdisp_report *r, const struct device_bar *b,
		       unsigned bar, uint64_t base)
{
	if (!b->parts)
		add_range(r, base, b->size, 0, (uint16_t)bar);
	for (unsigned i = 0; i < b->parts; i++) {
		const struct device_part *p = &b->part[i];

		add_range(
			r, base, p->size,
			(uint16_t)((p->non_tee ? TDISP_RANGE_NON_TEE : 0) |
				   (p->updatable ? TDISP_RANGE_UPDATABLE : 0)),
			(uint16_t)bar);
		base += b->part[i].size;
	}
}

/*
 * MSI-X pages are part of the report only when locked (§11.3.11). OPEN: what
 * LOCK_MSIX asks of a function without MSI-X, no text says: there is nothing to
 * lock, and MSI_X_MESSAGE_CONTROL is zero as without the flag.
 */
static enum il_err report(void *ctx, uint32_t fn, const struct tdisp_lock *lock,
			  struct tdisp_report *out)
{
	struct device *d = ctx;
	const struct device_fn *f = &d->fn[fn];
	const struct device_report *own = &fn_own(f)->report;
	uint64_t base, size;

	memset(out, 0, sizeof(*out));
	out->info = TDISP_INFO_DMA_NO_PASID;
	if (lock->flags & TDISP_LOCK_NO_FW_UPDATE)
		out->info |= TDISP_INFO_NO_FW_UPDATE;
	out->lnr_control = own->lnr_control;
	out->tph_control = own->tph_control;
	out->vendor = own->info;
	out->vendor_len = own->info_len;
	if (!fn_bar(f, DMA_BAR_REGS, &base, &size))
		return IL_E_STATE;
	add_range(out, base, f->msix ? DMA_PAGE_MSIX_TABLE : size, 0,
		  DMA_BAR_REGS);
	if (f->msix && (lock->flags & TDISP_LOCK_MSIX)) {
		out->msix_control = (uint16_t)pci_cfg_get(
			&f->cfg, (uint16_t)(f->msix + MSIX_CTL), 2);
		add_range(out, base + DMA_PAGE_MSIX_TABLE, PAGE_4K,
			  TDISP_RANGE_MSIX_TABLE, DMA_BAR_REGS);
		add_range(out, base + DMA_PAGE_MSIX_PBA, PAGE_4K,
			  TDISP_RANGE_MSIX_PBA, DMA_BAR_REGS);
	}
	for (unsigned b = 1; b < T0_BARS; b++)
		if (fn_bar(f, b, &base, &size))
			add_memory(out, fn_bar_cfg(f, b), b, base);
	return IL_OK;
}

/*
 * What a part is counts as the lock's report has it (mmio.c), so that there is
 * nothing more to do. OPEN: what the TVM wrote there stays, as it is the TVM
 * that opens it.
 */
static enum tdisp_error set_mmio_attr(void *ctx, uint32_t fn,
				      const struct tdisp_range *range)
{
	(void)ctx;
	(void)fn;
	(void)range;
	return TDISP_E_NONE;
}

/* Of its own vendor alone, by PCI-SIG's registry: what came goes back. */
static enum tdisp_error vdm(void *ctx, uint32_t fn,
			    const struct il_tdisp_vdm *req, uint8_t *out,
			    size_t cap, size_t *len)
{
	const struct device *d = ctx;
	struct rd id = rd_over(req->id.p, req->id.n);

	if (req->registry != 0 || req->id.n != 2 ||
	    rd_u16le(&id) != fn_own(&d->fn[fn])->ids.vendor)
		return TDISP_E_UNSUPPORTED_REQUEST;
	if (req->data.n > cap)
		return TDISP_E_UNSPECIFIED;
	if (req->data.n)
		memcpy(out, req->data.p, req->data.n);
	*len = req->data.n;
	return TDISP_E_NONE;
}

/* A TDI that is not in RUN any more has no request under way. */
static void tdi_entered(void *ctx, uint32_t fn, enum tdi_state old,
			enum tdi_state now, enum tdi_event why)
{
	struct device *d = ctx;

	(void)old;
	(void)why;
	if (now != TDI_RUN)
		engine_stop(&d->fn[fn], DMA_ERROR_STATE);
}

const struct dsm_port device_dsm_port = {
	.program_key = program_key,
	.key_go = key_go,
	.key_stop = key_stop,
	.query = query,
	.stream_kill = stream_kill,
	.stream_info = stream_info,
	.check_config = check_config,
	.arm = arm,
	.disarm = disarm,
	.quiesce = quiesce,
	.scrub = scrub,
	.report = report,
	.bind_p2p = peer_bind,
	.unbind_p2p = peer_unbind,
	.set_mmio_attr = set_mmio_attr,
	.vdm = vdm,
	.tdi_entered = tdi_entered,
};

/*
 * A key that takes its time. Each connection waits for one signature at the
 * most, and none makes another's begin anew. What nobody came for gives way,
 * the oldest first.
 */
static bool still_signing(struct device *d, const uint8_t *digest, size_t n)
{
	struct device_signing *s = &d->signing[0];

	if (!d->cfg.sign_us)
		return false;
	IL_ASSERT(n && n <= sizeof(s->digest));
	for (unsigned i = 0; i < COUNT(d->signing); i++) {
		struct device_signing *o = &d->signing[i];

		if (o->len != n || memcmp(o->digest, digest, n) != 0) {
			/* One that is free was done at 0. */
			if (o->done_ns < s->done_ns)
				s = o;
			continue;
		}
		if (d->now_ns < o->done_ns)
			return true;
		*o = (struct device_signing){ .len = 0 };
		return false;
	}
	s->done_ns = d->now_ns + UINT64_C(1000) * d->cfg.sign_us;
	s->len = n;
	memcpy(s->digest, digest, n);
	return true;
}

static enum il_err sign(void *ctx, uint8_t slot, uint32_t base_asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct device *d = ctx;
	const struct crypto_slot key = device_slot_key(d, slot);

	if (still_signing(d, digest, digest_len))
		return IL_E_AGAIN;
	return spdm_sig_make(d->cfg.crypto, key, base_asym, digest, digest_len,
			     sig, sig_len);
}

/* The hash that is signed stands behind the prefix. */
static enum il_err sign_msg(void *ctx, uint8_t slot, uint32_t pqc_asym,
			    const char *about, const uint8_t *msg, size_t len,
			    uint8_t *sig, size_t sig_len)
{
	struct device *d = ctx;
	const struct crypto_slot key = device_slot_key(d, slot);

	(void)pqc_asym;
	if (still_signing(d, msg + SPDM_SIGN_PREFIX, len - SPDM_SIGN_PREFIX))
		return IL_E_AGAIN;
	return crypto_sign_msg(d->cfg.crypto, key, about, strlen(about), msg,
			       len, sig, sig_len);
}

static enum il_err measure(void *ctx, uint8_t index,
			   struct spdm_measurement *out)
{
	struct device *d = ctx;

	for (unsigned i = 0; i < d->cfg.meas_count; i++) {
		unsigned has = d->cfg.meas_index ? d->cfg.meas_index[i] : i + 1;

		if (index && index == has) {
			*out = d->cfg.meas[i];
			return IL_OK;
		}
	}
	return IL_E_ARG;
}

const struct spdm_rsp_port device_spdm_port = {
	.sign = sign,
	.measure = measure,
	.csr = device_csr,
	.set_cert = device_set_cert,
	.key_pair = device_key_pair,
	.set_key_pair = device_set_key_pair,
	.endpoint_info = device_endpoint_info,
	.mel = device_mel,
	.psk = device_psk_secret,
	.trust = device_trust,
	.sign_msg = sign_msg,
};

void device_spdm_defaults(struct spdm_rsp_cfg *spdm)
{
	*spdm = (struct spdm_rsp_cfg){
		.versions = { SPDM_V12 },
		.caps = SPDM_RSP_CAPS,
		.ct_exponent = 20,
		.asym = SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_384,
		.meas_hash = SPDM_MEAS_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.handshake_s = 30,
		/* A secured record of this much fits one data object. */
		.transfer = DEVICE_DOE_PAYLOAD - DEVICE_RECORD_OVER,
	};
}
