/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef ILG_GUEST_H
#define ILG_GUEST_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/tsm.h>
#include <linux/version.h>
#include <linux/wait.h>

#include "arch/sev_tio/guest.h"
#include "board/regs.h"
#include "interlock_guest.h"
#include "tdisp/report.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#error "Linux 7.2 or newer"
#endif

/*
 * interlock_guest.ko: the confidential VM's side. guest_main.c has the PCI
 * driver of the function "vm", which stands for what the VM's own processor
 * does, and watches PCI for functions that can be locked; guest_insn.c the
 * instructions and exits; guest_gcm.c the cipher; guest_channel.c what messages
 * to the firmware need; guest_tdi.c what becomes of a function; guest_sysfs.c
 * its attributes; guest_evidence.c the character device by which user space
 * reads evidence; guest_mem.c what drivers use.
 *
 * Messages to the firmware, page state and the order of the exits are
 * src/arch/sev_tio/guest*.c, compiled as they are: the same code that the
 * worlds of the simulator judge. It calls for instructions through a table,
 * and an exit, which leaves the guest there, waits here.
 *
 * Locks: device lock of the function > ilg.lock. The latter is held for one
 * operation: any number of exits, none of which waits longer than the time-out.
 * A function that leaves, or this module, undoes what it did: no signal ends
 * that, but an exit that was not answered in time is the last one.
 */

#define ILG_BLOBS 3 /* enum tio_blob */

/* What was read of a function in a lock session. */
struct ilg_evidence {
	u32 generation; /* never 0; another whenever any of the rest is */
	bool there;
	struct evidence_claims claims;
	u8 nonce[TIO_NONCE_LEN];
	u8 *blob[ILG_BLOBS];
	size_t len[ILG_BLOBS];
	struct tdisp_report report; /* no vendor part */
};

/* A function that can be locked. */
struct ilg_fn {
	struct list_head node;
	struct pci_dev *pdev;
	enum ilg_state state;	/* one writer: enter() in guest_tdi.c */
	bool enabled;		/* pci_enable_device() is to be undone */
	unsigned int ranges_on; /* accepted, from the first on */
	bool dma_on;
	struct ilg_evidence ev;
};

/* The VM, one. */
struct ilg {
	struct pci_dev *pdev;
	void __iomem *bar;
	struct tsm_dev *tsm;
	struct mutex lock; /* of all that follows */
	wait_queue_head_t wait;
	int vectors;
	bool dead;  /* reads all ones: nobody is there; for good */
	bool clean; /* what is done undoes something: no signal ends it */

	struct list_head fns;
	u32 generation;
	/* The firmware's channel, for one function at a time. */
	struct sev_guest *sev;
	struct sev_guest_insn insn;
	struct crypto crypto;
	struct ilg_gcm *gcm;
	struct ilg_fn *owner; /* who has it; NULL: nobody is locked */
	u8 *page;	      /* sev_guest_cfg.page */
	void *secrets;
	u64 secrets_gpa;
	void *area; /* request, response and data pages */
};

extern struct ilg ilg;

/* --- guest_insn.c --- */

bool ilg_dead(void);
/*
 * Before messages: each costs a key if it does not get through. Waits for the
 * exit that somebody left, for as long as that one had. -ETIMEDOUT, -EINTR,
 * -ENXIO.
 */
int ilg_idle(void);
/* No exit waits for its answer any more; does not wait. */
bool ilg_answered(void);
/* The channel's table of instructions; the secrets page is found. */
int ilg_insn_open(void);
void ilg_insn_close(void);
/* BOARD_INSN_MAP. 0, -EIO. */
int ilg_map(u64 gpa, u32 pages, bool private);

/* --- guest_gcm.c --- */

int ilg_gcm_new(struct crypto *out, struct ilg_gcm **g);
void ilg_gcm_free(struct ilg_gcm *g); /* wipes; NULL is fine */
/* SHA-384, what SEV-TIO's digests are. */
void ilg_sha384(const u8 *p, size_t len, u8 out[TIO_DIGEST_LEN]);

/* --- guest_channel.c; with ilg.lock --- */

/* A channel for one operation or many; -ENODEV: the VM is not confidential. */
int ilg_channel(void);
void ilg_channel_close(void);
/* -errno of what the code in src/ says; a line in the log. */
int ilg_errno(struct ilg_fn *f, enum il_err err, const char *what);

/* After messages: where they stand goes into the secrets page. */
void ilg_keys_save(void);

/* --- guest_tdi.c; with ilg.lock, and the device lock unless it leaves --- */

int ilg_lock(struct ilg_fn *f);
int ilg_accept(struct ilg_fn *f);
int ilg_refresh(struct ilg_fn *f, const u8 nonce[TIO_NONCE_LEN]);
/* Ends UNLOCKED in any case; says what went wrong. */
int ilg_unlock(struct ilg_fn *f);
/* The function is not there any more. */
void ilg_forget(struct ilg_fn *f);
/* Where range @i of the report lies in the VM; 0: not TEE memory. */
u64 ilg_range_gpa(const struct ilg_fn *f, unsigned int i);

struct ilg_fn *ilg_find(struct pci_dev *pdev);

/* --- guest_sysfs.c, guest_evidence.c --- */

int ilg_sysfs_add(struct pci_dev *pdev);
void ilg_sysfs_del(struct pci_dev *pdev);
int ilg_evidence_init(void);
void ilg_evidence_exit(void);

#endif
