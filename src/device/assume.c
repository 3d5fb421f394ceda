/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/device_priv.h"

/*
 * Registers that nobody reports. A front end that carries SPDM alone has a
 * host behind it that sets the function up as it must, unseen; so what was
 * never reported counts as correctly set. This lies over the configuration
 * space, whose bytes stay those that were written.
 */

void device_assume_init(struct device *d)
{
	if (!d->cfg.assume)
		return;
	for (unsigned i = 0; i < d->fns; i++) {
		d->fn[i].assumed = true;
		d->fn[i].there = true;
	}
	d->assumed_vfs = d->cfg.vfs != 0;
	d->assumed_ide = d->cfg.streams != 0;
}

/*
 * What is written next counts against what was assumed, so that a cleared bit
 * is seen to be cleared. The write replaces these bits, or they are 0.
 */
static void put_assumed(struct device *d, unsigned fn, unsigned reg,
			uint32_t bits, uint8_t be)
{
	if (be & 1)
		pci_cfg_put(&d->fn[fn].cfg, (uint16_t)reg, 1, bits);
}

static void end_fn(struct device *d, unsigned fn, uint16_t reg, uint8_t be)
{
	struct device_fn *f = &d->fn[fn];
	uint32_t bits = fn_physical(f) ? CMD_MEM | CMD_MASTER : CMD_MASTER;

	if (!f->assumed)
		return;
	f->assumed = false;
	if (reg == CFG_COMMAND)
		put_assumed(d, fn, CFG_COMMAND, bits, be);
}

static void end_vfs(struct device *d, uint16_t reg, uint8_t be)
{
	if (!d->assumed_vfs)
		return;
	d->assumed_vfs = false;
	if (reg == d->sriov + SRIOV_CTL && (be & 1)) {
		pci_cfg_put(&d->fn[0].cfg, (uint16_t)(d->sriov + SRIOV_NUM), 2,
			    d->cfg.vfs);
		put_assumed(d, 0, reg, SRIOV_CTL_VFE | SRIOV_CTL_MSE, be);
	}
	device_vfs_update(d);
}

/* Streams that no register has are no streams any more. */
static void end_ide(struct device *d)
{
	if (!d->assumed_ide)
		return;
	d->assumed_ide = false;
	for (unsigned i = 0; i < DEVICE_STREAMS; i++) {
		struct device_loose s = d->loose[i];

		d->loose[i] = (struct device_loose){ .used = false };
		if (s.used)
			device_event(d, DSM_EV_STREAM_CONFIG, s.id);
	}
}

void device_assume_end(struct device *d, unsigned fn, uint16_t reg, uint8_t be)
{
	reg = (uint16_t)(reg & ~3u);
	if (fn == 0 && device_ide_reg(d, reg))
		end_ide(d);
	else if (fn == 0 && d->sriov && reg >= d->sriov &&
		 reg < d->sriov + SRIOV_CAP_SIZE)
		end_vfs(d, reg, be);
	else
		end_fn(d, fn, reg, be);
}

void device_assume_end_all(struct device *d, unsigned fn, uint16_t reg,
			   uint8_t be)
{
	if (!d->cfg.assume)
		return;
	if (fn < d->fns)
		device_assume_end(d, fn, reg, be);
	for (unsigned i = 0; i < d->fns; i++)
		d->fn[i].assumed = false;
	end_ide(d);
	end_vfs(d, 0, 0);
}

static struct device_loose *loose_find(struct device *d, uint8_t stream)
{
	for (unsigned i = 0; i < d->cfg.streams; i++)
		if (d->loose[i].used && d->loose[i].id == stream)
			return &d->loose[i];
	return NULL;
}

static uint16_t key_bit(const struct idekm_ref *ref)
{
	return (uint16_t)(1u << (ref->key_set * 6 + ref->dir * 3 + ref->sub));
}

/* The key is noted for law 5 and not kept: nothing is sent with it. */
uint8_t loose_program(struct device *d, const struct idekm_ref *ref,
		      const uint8_t key[IDEKM_KEY_LEN], uint64_t ifv)
{
	struct device_loose *s = loose_find(d, ref->stream);

	if (ifv != 1)
		return IDEKM_BAD_FIELD;
	for (unsigned i = 0; !s && i < d->cfg.streams; i++)
		if (!d->loose[i].used)
			s = &d->loose[i];
	if (!s || ide_key_note(&d->ide, key))
		return IDEKM_FAILED;
	s->used = true;
	s->id = ref->stream;
	s->keys |= key_bit(ref);
	return IDEKM_OK;
}

/*
 * OPEN: the real engine lets a key go once its set is whole; here each is
 * judged by itself, as IDE_KM does, because nothing can be sent meanwhile.
 */
enum il_err loose_go(struct device *d, const struct idekm_ref *ref)
{
	struct device_loose *s = loose_find(d, ref->stream);

	if (!s || !(s->keys & key_bit(ref)))
		return IL_E_STATE;
	s->went = true;
	s->going |= key_bit(ref);
	return IL_OK;
}

#define SET_BITS(set) ((uint16_t)(0x3fu << 6 * (set)))

/*
 * A set that goes in whole takes over from the other. The packets that would
 * make a receiver drop the old keys are not seen; they count as having come.
 */
void loose_settle(struct device *d)
{
	for (unsigned i = 0; i < d->cfg.streams; i++) {
		struct device_loose *s = &d->loose[i];
		unsigned next = 1u - s->set;
		struct idekm_ref ref = { .stream = s->id, .key_set = s->set };

		if (!s->used || (s->going & SET_BITS(next)) != SET_BITS(next))
			continue;
		for (unsigned k = 0; k < 6; k++) {
			ref.dir = (uint8_t)(k / 3);
			ref.sub = (uint8_t)(k % 3);
			if (!(s->going & key_bit(&ref)))
				continue;
			s->keys &= (uint16_t)~key_bit(&ref);
			s->going &= (uint16_t)~key_bit(&ref);
			dsm_key_retired(&d->dsm.pci, &ref);
		}
		s->set = (uint8_t)next;
	}
}

/* A stream that went stays Secure until its next use, which is not seen. */
void loose_stop(struct device *d, const struct idekm_ref *ref)
{
	struct device_loose *s = loose_find(d, ref->stream);

	if (!s)
		return;
	s->keys &= (uint16_t)~key_bit(ref);
	s->going &= (uint16_t)~key_bit(ref);
	if (!s->keys && !s->went)
		*s = (struct device_loose){ .used = false };
}

void loose_kill(struct device *d, uint8_t stream)
{
	struct device_loose *s = loose_find(d, stream);

	if (s)
		*s = (struct device_loose){ .used = false };
}

enum il_err loose_info(const struct device *d, uint8_t stream,
		       struct dsm_stream *out)
{
	for (unsigned i = 0; i < d->cfg.streams; i++) {
		const struct device_loose *s = &d->loose[i];

		if (!s->used || s->id != stream)
			continue;
		*out = (struct dsm_stream){ .enabled = true,
					    .secure = s->went,
					    .is_default = true,
					    .defaults = 1 };
		return IL_OK;
	}
	return IL_E_ARG;
}
