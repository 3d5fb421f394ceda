/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef ILD_DMA_H
#define ILD_DMA_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/version.h>

#include "board/regs.h"
#include "interlock_guest.h"
#include "pci/dma_engine.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#error "Linux 7.2 or newer"
#endif

/*
 * interlock_dma.ko: the driver of the DMA engine (docs/device-dma.md), for
 * whoever tests a kernel with it. It has a character device for each function,
 * /dev/interlock_dma-0000:01:00.0: a line says what the function is to do, and
 * the write ends when it is done, with the errno that it came to; reading gives
 * a few words on it, or the value that was asked for. dma_main.c has the PCI
 * driver and the lines, dma_run.c what they do.
 *
 *	copy FROM TO LEN	LEN random bytes from one buffer to another, by
 *				one command of the function; both compared
 *	load FROM LEN		only in; store TO LEN: out what is in
 *	load @ADDRESS LEN	by a bus address as it stands; store likewise
 *	read BAR OFFSET		4 bytes
 *	write BAR OFFSET VALUE
 *	encrypt BAR on|off	the C bit of our mapping, in a confidential VM
 *	irq			"msix", "intx" or "none"; how many came
 *
 * Kinds of buffers: "shared" is the host's as well; "private" was declared so
 * and is reached by private bus addresses; "undeclared" is reached as if it
 * were private, and is not. In an ordinary VM they are all the same.
 *
 * EREMOTEIO: the function reports an error; EBADMSG: what arrived differs;
 * ETIMEDOUT: it never ended.
 */

enum ild_kind {
	ILD_SHARED,
	ILD_PRIVATE,
	ILD_UNDECLARED,
	ILD_ADDRESS, /* no buffer of ours */
	ILD_KINDS,
};

enum ild_irq {
	ILD_POLL,
	ILD_INTX,
	ILD_MSIX,
};

struct ild {
	struct kref ref; /* the driver's, and one for each open file */
	struct mutex lock;
	bool gone; /* no driver any more */
	struct pci_dev *pdev;
	const struct ilg_ops *guest; /* NULL: an ordinary VM */
	bool trusted; /* it was accepted; DMA reaches private memory */
	void __iomem *bar[PCI_STD_NUM_BARS];
	enum ild_irq irq;
	unsigned int irqs; /* that came */
	atomic_t armed;	   /* one is to come */
	struct completion done;
	struct miscdevice misc;
	char said[128];
	char name[48];
};

/* --- dma_run.c; with the lock --- */

/* What a line begins with; -EINVAL: none of these. */
int ild_run(struct ild *d, char *line);
/* Interrupt context. */
bool ild_interrupted(struct ild *d);

#endif
