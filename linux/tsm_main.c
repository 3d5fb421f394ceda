// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The PCI driver of the function "host": a machine's secure processor, with a
 * link TSM on top. docs/lab.md says how it is used.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "interlock_tsm.h"

static unsigned int asids = 16;
module_param(asids, uint, 0444);
MODULE_PARM_DESC(asids, "how many ASIDs SNP may use, with 0");

/* --- pci_tsm_ops --- */

static struct ilt_psp *psp_of(struct tsm_dev *tsm)
{
	return dev_get_drvdata(tsm->dev.parent);
}

static struct pci_tsm *probe_pf0(struct ilt_psp *p, struct tsm_dev *tsm,
				 struct pci_dev *pdev)
{
	struct ilt_conn *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	c->psp = p;
	if (pci_tsm_pf0_constructor(pdev, &c->pf0, tsm)) {
		kfree(c);
		return NULL;
	}
	return &c->pf0.base_tsm;
}

static struct pci_tsm *ilt_probe(struct tsm_dev *tsm, struct pci_dev *pdev)
{
	struct ilt_psp *p = psp_of(tsm);
	struct ilt_fn *f;

	if (is_pci_tsm_pf0(pdev))
		return probe_pf0(p, tsm, pdev);
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return NULL;
	f->psp = p;
	if (pci_tsm_link_constructor(pdev, &f->tsm, tsm)) {
		kfree(f);
		return NULL;
	}
	return &f->tsm;
}

static void ilt_remove(struct pci_tsm *tsm)
{
	struct ilt_conn *c;

	if (!is_pci_tsm_pf0(tsm->pdev)) {
		kfree(container_of(tsm, struct ilt_fn, tsm));
		return;
	}
	c = container_of(tsm, struct ilt_conn, pf0.base_tsm);
	pci_tsm_pf0_destructor(&c->pf0);
	kfree(c);
}

static struct pci_tsm_ops tsm_ops = {
	.probe = ilt_probe,
	.remove = ilt_remove,
	.connect = ilt_connect,
	.disconnect = ilt_disconnect,
	.bind = ilt_bind,
	.unbind = ilt_unbind,
	.guest_req = ilt_guest_req,
};

/* --- interrupts --- */

static void irq_causes(struct ilt_psp *p, u32 causes)
{
	if (causes & BOARD_IRQ_CMD)
		wake_up_all(&p->wait);
	if (causes & (BOARD_IRQ_EXIT | BOARD_IRQ_LOG))
		ilt_vm_irq(p, causes & (BOARD_IRQ_EXIT | BOARD_IRQ_LOG));
}

static irqreturn_t on_cmd(int irq, void *data)
{
	irq_causes(data, BOARD_IRQ_CMD);
	return IRQ_HANDLED;
}

static irqreturn_t on_exit(int irq, void *data)
{
	irq_causes(data, BOARD_IRQ_EXIT);
	return IRQ_HANDLED;
}

static irqreturn_t on_log(int irq, void *data)
{
	irq_causes(data, BOARD_IRQ_LOG);
	return IRQ_HANDLED;
}

static irqreturn_t on_intx(int irq, void *data)
{
	struct ilt_psp *p = data;
	u32 causes = ilt_rd(p, BOARD_IRQ);

	if (!causes || causes == ~0u)
		return IRQ_NONE;
	ilt_wr(p, BOARD_IRQ, causes);
	irq_causes(p, causes);
	return IRQ_HANDLED;
}

static void irqs_off(struct ilt_psp *p)
{
	while (p->vectors)
		pci_free_irq(p->pdev, --p->vectors, p);
	if (p->intx)
		pci_free_irq(p->pdev, 0, p);
	p->intx = false;
	pci_free_irq_vectors(p->pdev);
}

/* All or none: each has a cause of its own. Without any, answers are polled. */
static void irqs_on(struct ilt_psp *p)
{
	static const irq_handler_t by_vector[] = { on_cmd, on_exit, on_log };
	const unsigned int n = ARRAY_SIZE(by_vector);
	struct pci_dev *pdev = p->pdev;

	if (pci_alloc_irq_vectors(pdev, n, n, PCI_IRQ_MSIX) == n) {
		while (p->vectors < n &&
		       !pci_request_irq(pdev, p->vectors, by_vector[p->vectors],
					NULL, p, "interlock_tsm-%u",
					p->vectors))
			p->vectors++;
		if (p->vectors == n)
			return;
		irqs_off(p);
	}
	if (pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_INTX) == 1)
		p->intx = !pci_request_irq(pdev, 0, on_intx, NULL, p,
					   "interlock_tsm");
}

/* --- the platform --- */

static void snp_off(struct ilt_psp *p)
{
	u8 b[SNP_SHUTDOWN_EX_LEN] = {};

	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	ilt_do(p, SEV_CMD_SNP_SHUTDOWN_EX, b, true);
}

static int has_tio(struct ilt_psp *p)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	u8 b[SNP_FEATURE_LEN] = {};
	u32 ebx, status;
	int ret;

	if (!page)
		return -ENOMEM;
	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, SNP_FEATURE_PA, ilt_pa(page));
	ret = ilt_cmd(p, SEV_CMD_SNP_FEATURE_INFO, b, false, &status);
	/* SNP is on: a kernel before this one did not say goodbye. */
	if (!ret && status == SEV_RET_INVALID_PAGE_STATE)
		snp_off(p);
	if (!ret && status)
		ret = ilt_do(p, SEV_CMD_SNP_FEATURE_INFO, b, false);
	ebx = sev_u32(page_address(page), 4);
	/* Of an answer that comes later, nobody must be the victim. */
	if (p->busy)
		atomic_long_inc(&p->leaked);
	else
		__free_page(page);
	return ret ? ret : ebx & SNP_FEATURE_EBX_TIO ? 0 : -ENODEV;
}

static int tio_status(struct ilt_psp *p, u32 *flags)
{
	struct page *page = ilt_fw_page(p);
	u8 b[TIO_STATUS_LEN] = {}, st[TIO_STAT_LEN];
	int ret;

	if (!page)
		return -ENOMEM;
	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_STATUS_PA, ilt_pa(page));
	ret = ilt_do(p, SEV_CMD_TIO_STATUS, b, false);
	memcpy(st, page_address(page), sizeof(st));
	ilt_fw_page_free(p, page);
	if (ret)
		return ret;
	*flags = sev_u32(st, TIO_STAT_FLAGS);
	p->req_size = sev_u32(st, TIO_STAT_REQ_MIN);
	p->rsp_size = sev_u32(st, TIO_STAT_RSP_MAX);
	p->scratch_size = sev_u32(st, TIO_STAT_SCRATCH_MIN);
	p->out_size = sev_u32(st, TIO_STAT_OUT_MIN);
	/* Contexts of more than one page are not built. */
	if (sev_u32(st, TIO_STAT_DEVCTX_SIZE) > SZ_4K ||
	    sev_u32(st, TIO_STAT_TDICTX_SIZE) > SZ_4K)
		return -EFAULT;
	return 0;
}

static int tio_on(struct ilt_psp *p)
{
	u8 b[TIO_INIT_LEN] = {};
	u32 flags;
	int ret = ilt_do(p, SEV_CMD_SNP_DF_FLUSH, NULL, false);

	if (!ret)
		ret = tio_status(p, &flags);
	if (!ret && !(flags & TIO_STAT_F_EN))
		ret = -ENODEV;
	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	if (!ret)
		ret = ilt_do(p, SEV_CMD_TIO_INIT, b, false);
	if (!ret)
		ret = tio_status(p, &flags);
	if (!ret && !(flags & TIO_STAT_F_INIT_DONE))
		ret = -EIO;
	return ret;
}

static int firmware_on(struct ilt_psp *p)
{
	u8 b[SNP_INIT_EX_LEN] = {};
	int ret = has_tio(p);

	if (ret)
		return ret;
	p->asids = asids;
	sev_put_u32(b, SNP_INIT_EX_FLAGS, SNP_INIT_F_INIT_RMP | SNP_INIT_F_TIO);
	sev_put_u16(b, SNP_INIT_EX_MAX_ASID, asids - 1);
	ret = ilt_do(p, SEV_CMD_SNP_INIT_EX, b, false);
	if (ret)
		return ret;
	ret = tio_on(p);
	if (ret)
		snp_off(p);
	return ret;
}

/* --- the PCI driver --- */

/*
 * The processor may be at a command that nobody waits for any more: what it
 * writes when it is done must not be somebody else's by then.
 */
static void cmd_page_free(void *data)
{
	struct ilt_psp *p = data;

	if (!p->busy || ilt_dead(p))
		free_page((unsigned long)p->cmd_page);
	else
		dev_warn(&p->pdev->dev, "the command page is lost\n");
}

static int cmd_page_new(struct ilt_psp *p)
{
	p->cmd_page = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!p->cmd_page)
		return -ENOMEM;
	return devm_add_action_or_reset(&p->pdev->dev, cmd_page_free, p);
}

static int regs_on(struct ilt_psp *p)
{
	struct pci_dev *pdev = p->pdev;
	int ret = pcim_enable_device(pdev);
	u32 resp;

	/* BAR 2 is somebody else's: interlock_rp.ko. */
	if (ret)
		return ret;
	p->bar = pcim_iomap_region(pdev, 0, "interlock_tsm");
	if (IS_ERR(p->bar))
		return PTR_ERR(p->bar);
	if (ilt_rd(p, BOARD_ID) != BOARD_MAGIC ||
	    ilt_rd(p, BOARD_VERSION) != BOARD_VERSION_1) {
		dev_err(&pdev->dev, "nobody there, or of another version\n");
		return -ENXIO;
	}
	ret = cmd_page_new(p);
	if (ret)
		return ret;
	/* Somebody before us rang and did not wait. */
	resp = ilt_rd(p, BOARD_CMDRESP);
	p->busy = resp && !(resp & BOARD_CMDRESP_DONE);
	p->deadline = jiffies + 2 * HZ;
	pci_set_master(pdev);
	return 0;
}

static int tsm_on(struct ilt_psp *p)
{
	int ret = firmware_on(p);

	if (ret)
		return ret;
	p->tsm = tsm_register(&p->pdev->dev, &tsm_ops);
	if (IS_ERR(p->tsm)) {
		snp_off(p);
		return PTR_ERR(p->tsm);
	}
	ret = ilt_vm_init(p);
	if (ret) {
		tsm_unregister(p->tsm);
		snp_off(p);
	}
	return ret;
}

static int host_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ilt_psp *p;
	int ret;

	if (asids < 2 || asids > U16_MAX)
		return -EINVAL;
	p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->pdev = pdev;
	mutex_init(&p->lock);
	mutex_init(&p->insn);
	init_waitqueue_head(&p->wait);
	pci_set_drvdata(pdev, p);
	ret = regs_on(p);
	if (ret)
		return ret;
	irqs_on(p);
	ret = tsm_on(p);
	if (ret) {
		dev_err(&pdev->dev, "no TSM: %d\n", ret);
		irqs_off(p);
	}
	return ret;
}

static void host_remove(struct pci_dev *pdev)
{
	struct ilt_psp *p = pci_get_drvdata(pdev);

	ilt_vm_exit(p);
	tsm_unregister(p->tsm); /* disconnects what is connected */
	snp_off(p);
	irqs_off(p);
	/* interlock_rp.ko has the function enabled, too, so devres does not. */
	pci_clear_master(pdev);
	if (atomic_long_read(&p->leaked))
		dev_warn(&pdev->dev, "%ld pages did not come back\n",
			 atomic_long_read(&p->leaked));
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(BOARD_VENDOR, BOARD_HOST_DEV) }, {}
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver host_driver = {
	.name = "interlock_tsm",
	.id_table = ids,
	.probe = host_probe,
	.remove = host_remove,
};
module_pci_driver(host_driver);

MODULE_SOFTDEP("pre: interlock_rp");
MODULE_DESCRIPTION("Link TSM whose firmware is the interlock process");
MODULE_LICENSE("Dual BSD/GPL");
MODULE_IMPORT_NS("PCI_IDE");
