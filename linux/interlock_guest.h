/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef INTERLOCK_GUEST_H
#define INTERLOCK_GUEST_H

#include <linux/pci.h>
#include <linux/types.h>

/*
 * What interlock_guest.ko offers to drivers in a confidential VM. A driver that
 * also runs elsewhere takes it by symbol_get(interlock_guest_ops); where there
 * is no such symbol, all memory is the host's as well and no function is ever
 * more than plain.
 */

/* A TEE function, as far as this VM has come with it. */
enum ilg_state {
	ILG_UNLOCKED,
	/* Its evidence may be read; nothing of it may be used. */
	ILG_LOCKED,
	/* Accepted: DMA to private memory, encrypted BARs. */
	ILG_RUN,
	/* What was accepted is not what is there any more: only unlock. */
	ILG_ERROR,
};

struct ilg_ops {
	/*
	 * Of @pdev. -ENODEV: no function that could be locked.
	 * A driver may bind in ILG_UNLOCKED, to a function of the host's, and
	 * in ILG_RUN; the state stays as long as it is bound.
	 */
	int (*state)(struct pci_dev *pdev);
	/*
	 * Pages of the kernel's own memory, 4 KiB multiples and aligned, become
	 * private, or the host's as well. What was in them is lost.
	 * -EINVAL, -EINTR (killed), -ENODEV, -ENOMEM: they are as before.
	 * -EIO: refused; -ETIMEDOUT, -ENXIO: not answered. A host that refuses
	 * may have done it, one that is late may yet do it: the pages are never
	 * to be used again; see ilg_lost(). Linux does so as well, where
	 * set_memory_encrypted() and set_memory_decrypted() fail.
	 */
	int (*private)(void *addr, size_t size);
	int (*shared)(void *addr, size_t size);
	/* By which bus address @pdev reaches memory that is private or not. */
	dma_addr_t (*bus)(struct pci_dev *pdev, phys_addr_t pa, bool shared);
	/*
	 * The C bit of all mappings of the TEE memory in BAR @bar: an access
	 * with it goes to the function alone, and only in ILG_RUN. Off when a
	 * function is locked, and again when it is unlocked.
	 * -EINVAL: no TEE memory there; -EIO.
	 */
	int (*encrypt)(struct pci_dev *pdev, int bar, bool on);
};

extern const struct ilg_ops interlock_guest_ops;

/* @ret of private() or shared(): nobody knows what the pages are. */
static inline bool ilg_lost(int ret)
{
	return ret == -EIO || ret == -ETIMEDOUT || ret == -ENXIO;
}

#endif
