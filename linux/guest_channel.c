// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/* The channel to the firmware: its keys, its pages, what its errors mean. */
#include <crypto/utils.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "guest.h"

/* Bus addresses from here on are shared: AMD's default for vTOM. */
#define VTOM (2ull << 40)

int ilg_errno(struct ilg_fn *f, enum il_err err, const char *what)
{
	struct pci_dev *pdev = f ? f->pdev : ilg.pdev;

	switch (err) {
	case IL_OK:
		return 0;
	case IL_E_STATE: /* a signal ended the wait */
		return -EINTR;
	case IL_E_TIMEOUT:
		return -ETIMEDOUT;
	case IL_E_PEER:
		pci_err(pdev, "tsm: %s: %s\n", what, ilg.sev->why);
		return -EIO;
	case IL_E_ARG:
	case IL_E_SPACE:
	case IL_E_SHORT:
	case IL_E_LONG:
	case IL_E_FIELD:
	case IL_E_AUTH:
	case IL_E_AGAIN:
	case IL_E_NOMEM:
	case IL_E_RANDOM:
	case IL_E_IO:
		break;
	}
	pci_err(pdev, "tsm: %s: error %d\n", what, err);
	return ilg.dead ? -ENXIO : -EIO;
}

/* --- the channel to the firmware --- */

static u64 ram_pages(void)
{
	u64 end = 0;
	int nid;

	for_each_online_node(nid) end =
		max_t(u64, end, pgdat_end_pfn(NODE_DATA(nid)));
	return end;
}

/*
 * The numbers of messages outlive the module: they stand in the secrets page,
 * as Linux keeps them there, and a key that was lost is zeros there as well.
 * Source: SEV-SNP ABI, secrets page, bytes that are the guest's; Linux
 * arch/x86/include/asm/sev.h, struct secrets_os_area
 */
#define SECRETS_SEQNO 0xa0 /* u32 for each key */

/* The first key that is left, and where its numbers stand. */
static void keys_load(void)
{
	static const u8 none[SNP_VMPCK_LEN];
	struct sev_guest *g = ilg.sev;
	const u8 *s = ilg.secrets;

	memcpy(g->vmpck, s + SNP_SECRETS_VMPCK, sizeof(g->vmpck));
	while (g->key_no < SNP_VMPCKS &&
	       !crypto_memneq(g->vmpck[g->key_no], none, sizeof(none)))
		g->key_no++;
	if (g->key_no < SNP_VMPCKS)
		g->seqno = sev_u32(s, SECRETS_SEQNO + 4 * g->key_no);
}

void ilg_keys_save(void)
{
	u8 *s = ilg.secrets;
	unsigned int i;

	for (i = 0; i < SNP_VMPCKS && i < ilg.sev->key_no; i++)
		memzero_explicit(s + SNP_SECRETS_VMPCK + i * SNP_VMPCK_LEN,
				 SNP_VMPCK_LEN);
	if (i < SNP_VMPCKS)
		sev_put_u32(s, SECRETS_SEQNO + 4 * i, ilg.sev->seqno);
}

static int channel_new(void)
{
	const unsigned int order =
		get_order((SEV_GUEST_DATA_PAGES + 2) * PAGE_SIZE);
	struct sev_guest_cfg cfg = { .vtom = VTOM, .pages = ram_pages() };
	u64 area;

	ilg.area = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
	ilg.page = vmalloc(cfg.pages);
	ilg.sev = kvzalloc(sizeof(*ilg.sev), GFP_KERNEL);
	if (!ilg.area || !ilg.page || !ilg.sev ||
	    ilg_gcm_new(&ilg.crypto, &ilg.gcm))
		return -ENOMEM;
	area = virt_to_phys(ilg.area);
	cfg.insn = &ilg.insn;
	cfg.crypto = &ilg.crypto;
	cfg.page = ilg.page;
	cfg.map = (struct sev_guest_map){
		.secrets = ilg.secrets_gpa,
		.req = area,
		.rsp = area + PAGE_SIZE,
		.data = area + 2 * PAGE_SIZE,
	};
	/* All memory of this VM is shared at first. */
	memset(ilg.page, SEV_PAGE_SHARED, cfg.pages);
	sev_guest_init(ilg.sev, &cfg);
	ilg.sev->shared = true;
	keys_load();
	return 0;
}

int ilg_channel(void)
{
	int ret;

	if (!ilg.pdev)
		return -ENODEV;
	if (ilg.sev)
		return ilg_dead() ? -ENXIO : 0;
	ret = ilg_insn_open();
	if (!ret)
		ret = channel_new();
	if (ret)
		ilg_channel_close();
	return ret;
}

void ilg_channel_close(void)
{
	if (ilg.sev) {
		sev_guest_fini(ilg.sev);
		kvfree_sensitive(ilg.sev, sizeof(*ilg.sev));
	}
	ilg.sev = NULL;
	ilg_gcm_free(ilg.gcm);
	ilg.gcm = NULL;
	vfree(ilg.page);
	ilg.page = NULL;
	if (ilg.area)
		free_pages((unsigned long)ilg.area,
			   get_order((SEV_GUEST_DATA_PAGES + 2) * PAGE_SIZE));
	ilg.area = NULL;
	ilg_insn_close();
}
