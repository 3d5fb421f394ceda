/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

/*
 * What a front end knows of the host besides SPDM: writes, resets, power that
 * others carried out, and the questions that they must ask before they let a
 * request pass.
 */

/* Index of a function that is there, or -1. */
static int named(const struct device *d, uint16_t rid)
{
	unsigned i = device_fn_of(d, rid);
	uint16_t mask = d->captured ? 0xffff : 0xff;

	if (i >= d->fns || !d->fn[i].there || ((rid ^ device_rid(d, i)) & mask))
		return -1;
	return (int)i;
}

enum il_err device_told_write(struct device *d, uint16_t rid, uint16_t reg,
			      unsigned size, uint32_t val)
{
	unsigned i = device_fn_of(d, rid), shift = reg % 4u;
	uint8_t be = pci_cfg_be(shift, size);

	if (i >= d->fns || !d->fn[i].there || reg >= CFG_SIZE || !be ||
	    size == 3)
		return IL_E_ARG;
	if (!d->powered)
		return IL_E_STATE;
	device_capture(d, rid);
	if (i == 0 && reg >= d->doe_cap && reg < d->doe_cap + DOE_CAP_SIZE)
		return IL_OK;
	device_assume_end(d, i, reg, be);
	device_cfg_write(&d->fn[i], (uint16_t)(reg - shift), val << 8 * shift,
			 be);
	device_settle(d);
	return IL_OK;
}

enum il_err device_told_flr(struct device *d, uint16_t rid)
{
	int i = named(d, rid);

	if (i < 0)
		return IL_E_ARG;
	if (!d->powered)
		return IL_E_STATE;
	device_function_reset(d, (unsigned)i);
	device_settle(d);
	return IL_OK;
}

enum il_err device_told_event(struct device *d, enum link_event ev)
{
	if (ev < LINK_UP || ev >= LINK_EVENTS)
		return IL_E_ARG;
	device_take_event(d, ev);
	device_settle(d);
	return IL_OK;
}

enum il_err device_ask_state(const struct device *d, uint16_t rid,
			     enum tdi_state *out)
{
	int i = named(d, rid);

	if (i < 0)
		return IL_E_ARG;
	*out = dsm_tdi_state(&d->dsm.pci, (uint32_t)i);
	return IL_OK;
}

static const struct rule *dma_refusal(const struct device *d, unsigned fn,
				      bool t, int stream)
{
	bool want_t;
	int want;
	const struct rule *why =
		device_may_send(d, fn, DSM_DMA, &want_t, &want);

	if (why)
		return why;
	if (t != want_t || (want_t && stream != want))
		return &device_rule_dma_t;
	return NULL;
}

bool device_ask_access(const struct device *d, const struct device_access *a,
		       const struct rule **why)
{
	const struct rule *rule = NULL;
	int i = named(d, a->rid), stream = a->stream;

	if (stream == DEVICE_STREAM_BOUND)
		stream = a->t && i >= 0 ? d->tdis[i].lock.default_stream : -1;
	if (i < 0 || !d->up)
		rule = &device_rule_no_function;
	else if (a->from_device)
		rule = dma_refusal(d, (unsigned)i, a->t, stream);
	else
		(void)device_mem_allowed(d, (unsigned)i, a->addr, a->len, a->t,
					 stream, &rule);
	if (why)
		*why = rule;
	return !rule;
}
