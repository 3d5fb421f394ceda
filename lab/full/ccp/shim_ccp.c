// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The names that sev-dev-tio.c and sev-dev-tsm.c want of the rest of ccp, with
 * what that answers: -EIO for every status but 0, which is why the branch for
 * SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST in sev_tio_do_cmd() is never taken.
 * Source: Linux 7.3 drivers/crypto/ccp/sev-dev.c
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/psp-sev.h>
#include <linux/slab.h>

#include <asm/sev.h>

#include "psp-dev.h"
#include "sev-dev.h"
#include "shim.h"

static struct sp_device sp;
static struct psp_device psp;
static struct sev_device sev;

int sev_do_cmd(int cmd, void *data, int *psp_ret)
{
	u32 status = 0;
	int ret = shim_cmd(cmd, data, &status);

	if (psp_ret)
		*psp_ret = status;
	if (status && status != SEV_RET_SPDM_REQUEST)
		dev_warn(sev.dev, "command 0x%02x: status 0x%02x\n", cmd, status);
	return ret ? ret : status ? -EIO : 0;
}

int __sev_do_cmd_locked(int cmd, void *data, int *psp_ret)
{
	return sev_do_cmd(cmd, data, psp_ret);
}

/* The processor's own RMP is none: the machine's is asked. */
int rmp_make_private(u64 pfn, u64 gpa, enum pg_level level, u32 asid,
		     bool immutable)
{
	if (gpa || level != PG_LEVEL_4K || asid || !immutable)
		return -EINVAL;
	return shim_take(pfn << PAGE_SHIFT);
}

int snp_reclaim_pages(unsigned long paddr, unsigned int npages, bool locked)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < npages && !ret; i++)
		ret = shim_give_back(paddr + i * PAGE_SIZE);
	return ret;
}

void *snp_alloc_firmware_page(gfp_t gfp)
{
	void *page = (void *)__get_free_page(gfp | __GFP_ZERO);

	if (!page || !shim_take(__pa(page)))
		return page;
	free_page((unsigned long)page);
	return NULL;
}

void snp_free_firmware_page(void *addr)
{
	/* What firmware keeps is nobody's to use again. */
	if (addr && !shim_give_back(__pa(addr)))
		free_page((unsigned long)addr);
}

int shim_ccp_on(struct device *dev)
{
	void *status = snp_alloc_firmware_page(GFP_KERNEL);

	if (!status)
		return -ENOMEM;
	sp.dev = psp.dev = sev.dev = dev;
	sp.psp_data = &psp;
	psp.sev_data = &sev;
	sev.psp = &psp;
	dev_set_drvdata(dev, &sp);
	sev_tsm_init_locked(&sev, status);
	snp_free_firmware_page(status);
	return sev.tsmdev ? 0 : -ENODEV;
}

void shim_ccp_off(void)
{
	sev_tsm_uninit(&sev);
	kfree(sev.tio_status);
	sev.tio_status = NULL;
}
