// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/* The PCI driver of the DMA engine, and its character devices; see dma.h. */
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "dma.h"

static bool untrusted;
module_param(untrusted, bool, 0644);
MODULE_PARM_DESC(untrusted,
		 "in a confidential VM: drive a function that is the host's");

#define LINE_MAX_LEN 128

/* --- files --- */

static void ild_free(struct kref *ref)
{
	struct ild *d = container_of(ref, struct ild, ref);

	pci_dev_put(d->pdev);
	kfree(d);
}

static struct ild *of_file(struct file *file)
{
	return container_of(file->private_data, struct ild, misc);
}

/* misc_open() holds the lock that misc_deregister() takes. */
static int ild_open(struct inode *inode, struct file *file)
{
	kref_get(&of_file(file)->ref);
	return 0;
}

static int ild_release(struct inode *inode, struct file *file)
{
	kref_put(&of_file(file)->ref, ild_free);
	return 0;
}

static ssize_t ild_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *pos)
{
	struct ild *d = of_file(file);
	char line[LINE_MAX_LEN];
	int ret;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	line[len] = 0;
	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	ret = d->gone ? -ENODEV : ild_run(d, line);
	mutex_unlock(&d->lock);
	*pos = 0;
	return ret ? ret : len;
}

static ssize_t ild_read(struct file *file, char __user *buf, size_t len,
			loff_t *pos)
{
	struct ild *d = of_file(file);
	char said[sizeof(d->said) + 1];

	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	scnprintf(said, sizeof(said), "%s\n", d->said);
	mutex_unlock(&d->lock);
	return simple_read_from_buffer(buf, len, pos, said, strlen(said));
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = ild_open,
	.release = ild_release,
	.read = ild_read,
	.write = ild_write,
	.llseek = default_llseek,
};

/* --- interrupts --- */

static irqreturn_t on_irq(int irq, void *data)
{
	return ild_interrupted(data) ? IRQ_HANDLED : IRQ_NONE;
}

static void irq_on(struct ild *d)
{
	if (pci_alloc_irq_vectors(d->pdev, 1, 1, PCI_IRQ_MSIX) == 1)
		d->irq = ILD_MSIX;
	else if (pci_alloc_irq_vectors(d->pdev, 1, 1, PCI_IRQ_INTX) == 1)
		d->irq = ILD_INTX;
	if (d->irq == ILD_POLL)
		return;
	if (pci_request_irq(d->pdev, 0, on_irq, NULL, d, "%s", d->name)) {
		pci_free_irq_vectors(d->pdev);
		d->irq = ILD_POLL;
	}
}

static void irq_off(struct ild *d)
{
	if (d->irq == ILD_POLL)
		return;
	pci_free_irq(d->pdev, 0, d);
	pci_free_irq_vectors(d->pdev);
	d->irq = ILD_POLL;
}

/* --- the function --- */

static void bars_off(struct ild *d)
{
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		if (d->bar[i])
			pci_iounmap(d->pdev, d->bar[i]);
		d->bar[i] = NULL;
	}
}

/* An accepted function is reached through encrypted mappings alone. */
static int bars_on(struct ild *d)
{
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		if (!(pci_resource_flags(d->pdev, i) & IORESOURCE_MEM))
			continue;
		if (d->trusted)
			(void)d->guest->encrypt(d->pdev, i, true);
		d->bar[i] = pci_iomap(d->pdev, i, 0);
	}
	if (d->bar[0] && readl(d->bar[0] + DMA_ID) == DMA_ID_VALUE)
		return 0;
	bars_off(d);
	return -ENODEV;
}

/*
 * In a confidential VM: a function that is locked and not accepted answers no
 * mapping as it should; one that is the host's is none that we want.
 */
static int guest_open(struct ild *d)
{
	int state;

	d->guest = symbol_get(interlock_guest_ops);
	if (!d->guest)
		return 0;
	state = d->guest->state(d->pdev);
	d->trusted = state == ILG_RUN;
	if (d->trusted ||
	    ((state == ILG_UNLOCKED || state == -ENODEV) && untrusted))
		return 0;
	symbol_put(interlock_guest_ops);
	return -ENODEV;
}

static int ild_up(struct ild *d)
{
	int ret = pci_enable_device(d->pdev);

	if (ret)
		return ret;
	pci_set_master(d->pdev);
	ret = dma_set_mask_and_coherent(&d->pdev->dev, DMA_BIT_MASK(64));
	if (!ret)
		ret = bars_on(d);
	if (ret) {
		pci_disable_device(d->pdev);
		return ret;
	}
	irq_on(d);
	d->misc = (struct miscdevice){ .minor = MISC_DYNAMIC_MINOR,
				       .name = d->name,
				       .fops = &fops,
				       .mode = 0600 };
	ret = misc_register(&d->misc);
	if (!ret)
		return 0;
	irq_off(d);
	bars_off(d);
	pci_disable_device(d->pdev);
	return ret;
}

static int ild_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ild *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int ret;

	if (!d)
		return -ENOMEM;
	kref_init(&d->ref);
	mutex_init(&d->lock);
	init_completion(&d->done);
	d->pdev = pci_dev_get(pdev);
	snprintf(d->name, sizeof(d->name), "interlock_dma-%s", pci_name(pdev));
	pci_set_drvdata(pdev, d);
	ret = guest_open(d);
	if (!ret) {
		ret = ild_up(d);
		if (ret && d->guest)
			symbol_put(interlock_guest_ops);
	}
	if (ret)
		kref_put(&d->ref, ild_free);
	return ret;
}

static void ild_remove(struct pci_dev *pdev)
{
	struct ild *d = pci_get_drvdata(pdev);

	misc_deregister(&d->misc);
	mutex_lock(&d->lock);
	d->gone = true;
	irq_off(d);
	bars_off(d);
	mutex_unlock(&d->lock);
	pci_disable_device(pdev);
	if (d->guest)
		symbol_put(interlock_guest_ops);
	kref_put(&d->ref, ild_free);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(BOARD_VENDOR, 0x0001) },
	{},
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver ild_driver = {
	.name = "interlock_dma",
	.id_table = ids,
	.probe = ild_probe,
	.remove = ild_remove,
};
module_pci_driver(ild_driver);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("The DMA engine, for tests");
