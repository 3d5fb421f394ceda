/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/device_priv.h"

/* What the device says of its kind, and of what it started. */

/*
 * One identifier: the vendor, in PCI-SIG's registry; below it one of device id
 * and class code. OPEN: PCI-SIG has not said what subordinate identifiers
 * mean; these are what driver tables know a function by, little-endian as
 * there. Together 16 bytes, since DMTF's requester takes the padding of a DOE
 * object for a wrong length of a signed answer.
 * Source: DSP0274 1.3.2, section 10.24, device class identifier
 */
enum il_err device_endpoint_info(void *ctx, uint8_t sub, uint8_t *out,
				 size_t cap, size_t *len)
{
	const struct device *d = ctx;
	const struct device_ids *i = &d->cfg.pf[0].ids;
	struct wr w = wr_over(out, cap);

	if (sub != SPDM_EP_INFO_CLASS_ID)
		return IL_E_ARG;
	wr_u8(&w, 1); /* identifiers */
	wr_zero(&w, 3);
	wr_u8(&w, 2 + 2 + 1 + 1 + 5); /* bytes of this one */
	wr_u8(&w, SPDM_STD_PCISIG);
	wr_u8(&w, 2);
	wr_u16le(&w, i->vendor);
	wr_u8(&w, 1); /* subordinate identifiers */
	wr_u8(&w, 5);
	wr_u16le(&w, i->device);
	wr_u24le(&w, i->class_code);
	return wr_end(&w, len);
}

/* It starts the same each time, so that a reset changes nothing in it. */
enum il_err device_log_init(struct device *d)
{
	struct wr w;

	if (!(d->cfg.spdm.caps & SPDM_CAP_MEL))
		return IL_OK;
	d->store.log = arena_take(d->cfg.arena, DEVICE_LOG_MAX, 8);
	if (!d->store.log)
		return IL_E_NOMEM;
	w = wr_over(d->store.log, DEVICE_LOG_MAX);
	spdm_mel_begin(&w);
	for (unsigned i = 0; i < d->cfg.prov.log_count; i++)
		spdm_mel_add(&w, &(struct spdm_mel_entry){
					 .index = i + 1,
					 .meas = d->cfg.prov.log[i].meas,
					 .type = d->cfg.prov.log[i].type,
					 .value = d->cfg.prov.log[i].value });
	if (spdm_mel_end(&w, d->cfg.prov.log_count))
		return IL_E_ARG;
	d->store.log_len = w.len;
	return IL_OK;
}

enum il_err device_mel(void *ctx, uint32_t meas_hash, struct spdm_span *out)
{
	const struct device *d = ctx;

	(void)meas_hash; /* its entries are raw */
	*out = (struct spdm_span){ d->store.log, d->store.log_len };
	return d->store.log ? IL_OK : IL_E_STATE;
}
