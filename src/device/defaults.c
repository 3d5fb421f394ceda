/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/device_priv.h"

/* What a configuration leaves open, and which ones cannot be. */

static const struct device_ids ids = {
	.vendor = ILK_VENDOR_ID,
	.device = ILK_DEVICE_DMA,
	.subsys_vendor = ILK_VENDOR_ID,
	.subsys = ILK_DEVICE_DMA,
	.vf_device = ILK_DEVICE_VF,
	.class_code = 0x120000, /* processing accelerator */
	.revision = 1,
};

static const struct device_bar bars[T0_BARS] = {
	[DMA_BAR_REGS] = { .size = DMA_BAR_REGS_SIZE,
			   .at = 0x81000000,
			   .wide = true },
	[DMA_BAR_MEM] = { .size = DMA_BAR_MEM_SIZE,
			  .at = 0x81100000,
			  .wide = true,
			  .prefetch = true },
};

static const struct device_bar vf_bars[T0_BARS] = {
	[DMA_BAR_REGS] = { .size = DMA_BAR_REGS_SIZE,
			   .at = 0x81200000,
			   .wide = true },
	[DMA_BAR_MEM] = { .size = DMA_BAR_MEM_SIZE,
			  .at = 0x81300000,
			  .wide = true,
			  .prefetch = true },
};

/* Where VFs would be begin the BARs of the next physical function. */
#define PF_STEP UINT64_C(0x200000)

void device_pf_default(struct device_pf *pf)
{
	memset(pf, 0, sizeof(*pf));
	pf->ids = ids;
	memcpy(pf->bar, bars, sizeof(bars));
}

static void fill_pf(struct device_pf *pf, unsigned i)
{
	if (!pf->ids.vendor)
		pf->ids = ids;
	if (pf->bar[DMA_BAR_REGS].size)
		return;
	memcpy(pf->bar, bars, sizeof(bars));
	for (unsigned n = 0; n < T0_BARS; n++)
		if (pf->bar[n].size)
			pf->bar[n].at += i * PF_STEP;
}

void device_cfg_fill(struct device_cfg *cfg)
{
	if (!cfg->pfs)
		cfg->pfs = 1;
	if (!cfg->pf[0].bar[DMA_BAR_REGS].size)
		memcpy(cfg->vf_bar, vf_bars, sizeof(vf_bars));
	for (unsigned i = 0; i < cfg->pfs && i < DEVICE_PFS; i++)
		fill_pf(&cfg->pf[i], i);
	if (!cfg->lock_flags && !cfg->lock_flags_none)
		cfg->lock_flags = DEVICE_LOCK_FLAGS;
	if (!cfg->conns)
		cfg->conns = DEVICE_CONN_OWN;
	if (!cfg->addr_width)
		cfg->addr_width = 52;
	if (!cfg->doe_limit)
		cfg->doe_limit = DOE_OBJECT_LIMIT;
	if (!cfg->read_timeout_ns)
		cfg->read_timeout_ns = DEVICE_READ_TIMEOUT_NS;
}

const char *device_bar_fault(const struct device_bar *set, unsigned n)
{
	const struct device_bar *b = &set[n];
	uint64_t sum = 0;

	if (!b->size)
		return n == DMA_BAR_REGS || n == DMA_BAR_MEM
			       ? "the engine needs BARs 0 and 2"
			       : NULL;
	if (n && set[n - 1].size && set[n - 1].wide)
		return "this is the upper half of the BAR before";
	if (b->wide && n == T0_BARS - 1)
		return "a 64-bit BAR needs another one behind it";
	if (b->size & (b->size - 1))
		return "size is not a power of two";
	if (b->size < PAGE_4K || b->size > DEVICE_BAR_MAX)
		return "size must be from 4 KiB to 16 MiB";
	if (n == DMA_BAR_REGS && b->size != DMA_BAR_REGS_SIZE)
		return "size of the engine's registers is 16 KiB";
	if (b->at % b->size)
		return "address is no multiple of the size";
	if (!b->wide && b->at + b->size > UINT64_C(1) << 32)
		return "a 32-bit BAR lies below 4 GiB";
	if (b->parts && n == DMA_BAR_REGS)
		return "the engine's registers are one part";
	if (b->parts > DEVICE_PARTS)
		return "too many parts";
	for (unsigned i = 0; i < b->parts; i++) {
		if (!b->part[i].size || b->part[i].size % PAGE_4K ||
		    b->part[i].size > b->size)
			return "parts are whole pages of 4 KiB";
		sum += b->part[i].size;
	}
	if (b->parts && sum != b->size)
		return "parts do not add up to the size";
	return NULL;
}

static bool bars_sane(const struct device_bar *set)
{
	for (unsigned n = 0; n < T0_BARS; n++)
		if (device_bar_fault(set, n))
			return false;
	return true;
}

/* VFs interrupt by MSI-X or not at all (PCIe Base 6.0 §9.5.1). */
static bool pfs_sane(const struct device_cfg *cfg)
{
	if (!cfg->pfs || cfg->pfs > DEVICE_PFS ||
	    (cfg->vfs && (cfg->pfs > 1 || cfg->pf[0].no_msix)))
		return false;
	for (unsigned i = 0; i < cfg->pfs; i++)
		if (!bars_sane(cfg->pf[i].bar) ||
		    cfg->pf[i].report.info_len > DEVICE_INFO_MAX)
			return false;
	return true;
}

static bool psks_sane(const struct device_cfg *cfg)
{
	if (cfg->psk_count > DEVICE_PSKS)
		return false;
	for (unsigned i = 0; i < cfg->psk_count; i++)
		if (cfg->psk[i].hint_len > DEVICE_PSK_MAX ||
		    cfg->psk[i].key_len > DEVICE_PSK_MAX ||
		    !cfg->psk[i].key_len)
			return false;
	return true;
}

bool device_cfg_sane(const struct device_cfg *cfg)
{
	return cfg->vfs <= DEVICE_VFS_MAX &&
	       (cfg->vfs <= DEVICE_VFS_NO_ARI || !cfg->dev_number) &&
	       cfg->streams <= DEVICE_STREAMS && cfg->dev_number <= 31 &&
	       cfg->conns <= DEVICE_CONNS && psks_sane(cfg) && pfs_sane(cfg) &&
	       (!cfg->vfs || bars_sane(cfg->vf_bar)) &&
	       !(cfg->lock_flags &
		 ~(DEVICE_LOCK_FLAGS | TDISP_LOCK_BIND_P2P)) &&
	       (!(cfg->lock_flags & TDISP_LOCK_BIND_P2P) || cfg->streams > 1) &&
	       cfg->doe_limit % 4 == 0 && cfg->doe_limit >= 512 &&
	       cfg->doe_limit <= DEVICE_DOE_MAX &&
	       cfg->spdm.transfer <=
		       cfg->doe_limit - DOE_HEADER_LEN - DEVICE_RECORD_OVER &&
	       (!cfg->max_message || (cfg->max_message > cfg->spdm.transfer &&
				      cfg->max_message <= DEVICE_MESSAGE_MAX));
}
