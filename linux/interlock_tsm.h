/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef INTERLOCK_TSM_H
#define INTERLOCK_TSM_H

#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pci-ide.h>
#include <linux/pci-tsm.h>
#include <linux/tsm.h>
#include <linux/version.h>
#include <linux/wait.h>

/*
 * arch/sev_tio/insn.h and abi.h, board/regs.h: numbers of the machine, as its
 * firmware and its registers have them.
 */
#include "arch/sev_tio/abi.h"
#include "arch/sev_tio/insn.h"
#include "board/regs.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#error "Linux 7.2 or newer: that is where the PCI core has link TSMs"
#endif

/*
 * interlock_tsm.ko: a link TSM. tsm_main.c has the PCI driver of the function
 * "host" and tsm_psp.c its secure processor's mailbox; tsm_rmp.c the
 * instructions by which pages change hands; tsm_buf.c buffers of many pages;
 * tsm_cmd.c the loop that carries SPDM between processor and device;
 * tsm_conn.c connect and disconnect; tsm_stream.c the IDE stream; tsm_vm.c
 * virtual machines and what is bound to them, which tsm_vm.h goes on about.
 *
 * Locks: the core's pci_tsm_rwsem > its DSM mutex > ilt_psp.lock or .insn. The
 * last two are leaves, held for one command or one instruction.
 *
 * No wait is without a bound. A process that was killed waits no longer,
 * but what it leaves behind is cleaned up (@clean below) with the bound alone.
 */

struct ilt_iommu;
struct ilt_vm;

/* The function "host": one machine. */
struct ilt_psp {
	struct pci_dev *pdev;
	void __iomem *bar;
	struct tsm_dev *tsm;
	unsigned int vectors; /* MSI-X; 0: INTx or none */
	bool intx;

	struct mutex lock; /* the mailbox */
	wait_queue_head_t wait;
	u8 *cmd_page;
	bool busy;		/* a command was rung and is not answered */
	unsigned long deadline; /* of that one; jiffies */
	bool dead;		/* reads all ones: nobody is there; for good */

	struct mutex insn; /* the instruction registers */

	/* bytes, from TIO_STATUS */
	u32 req_size, rsp_size, scratch_size, out_size;
	u32 asids;	      /* 1 to asids - 1 */
	atomic_long_t leaked; /* pages that firmware did not give back */

	struct ilt_vm *vm;	 /* tsm_vm.c: whose it is; by cmpxchg() */
	struct ilt_iommu *iommu; /* tsm_iommu.c */
};

/* --- tsm_psp.c --- */

static inline u32 ilt_rd(struct ilt_psp *p, u32 reg)
{
	return readl(p->bar + reg);
}

static inline void ilt_wr(struct ilt_psp *p, u32 reg, u32 val)
{
	writel(val, p->bar + reg);
}

static inline u64 ilt_rd64(struct ilt_psp *p, u32 reg)
{
	return readq(p->bar + reg);
}

static inline void ilt_wr64(struct ilt_psp *p, u32 reg, u64 val)
{
	writeq(val, p->bar + reg);
}

/* Nobody answers at this function any more; remembered. */
bool ilt_dead(struct ilt_psp *p);

/*
 * ilt_cmd() - one command of the secure processor
 * @cmd:    enum sev_cmd
 * @buf:    sev_cmd_len(@cmd) bytes; NULL if that is 0
 * @clean:  the command undoes something: a signal does not end the wait
 * @status: firmware's, enum sev_ret; written if this returns 0
 *
 * 0, or -ENXIO (dead), -ETIMEDOUT, -EINTR (killed). After the last two the
 * processor may still be at it; whoever comes next waits for it as long as the
 * one before would have.
 */
int ilt_cmd(struct ilt_psp *p, u32 cmd, const void *buf, bool clean,
	    u32 *status);
/* Likewise; -EIO, and a line in the log, if the status is not 0. */
int ilt_do(struct ilt_psp *p, u32 cmd, const void *buf, bool clean);

/* --- tsm_rmp.c --- */

/*
 * RMPUPDATE of @count pages from @pa on; the GPA advances along. A 2 MiB entry
 * in the way is smashed. All or none: on failure those before are the
 * hypervisor's again.
 * 0, -ENXIO, -EBUSY (held by another processor), -EIO (refused).
 */
int ilt_rmp_update(struct ilt_psp *p, u64 pa, u32 count,
		   const struct rmp_update *u);
int ilt_rmp_read(struct ilt_psp *p, u64 pa, struct rmp_read *out);
/* Back to the hypervisor, by way of PAGE_RECLAIM if it is immutable. */
int ilt_rmp_shared(struct ilt_psp *p, u64 pa);

/* A zeroed page that is then firmware's; NULL: no memory, or refused. */
struct page *ilt_fw_page(struct ilt_psp *p);
/* With what is to stand in it: 4096 bytes at most. */
struct page *ilt_fw_page_with(struct ilt_psp *p, const void *head, size_t len);
/* Gives it back; a page that firmware keeps is lost, and counted. */
void ilt_fw_page_free(struct ilt_psp *p, struct page *page);

static inline u64 ilt_pa(struct page *page)
{
	return page_to_phys(page);
}

static inline u64 ilt_sla(struct page *page)
{
	return sla_make(ilt_pa(page), false);
}

/* --- tsm_buf.c --- */

#define ILT_BUF_PAGES 16

/* Pages that one SLA names. */
struct ilt_buf {
	struct page *page[ILT_BUF_PAGES];
	unsigned int n;
	struct page *list; /* scatter page; NULL with one page */
	bool fw;	   /* in firmware state */
};

int ilt_buf_new(struct ilt_psp *p, struct ilt_buf *b, u32 size, bool fw);
void ilt_buf_free(struct ilt_psp *p, struct ilt_buf *b);
u64 ilt_buf_sla(const struct ilt_buf *b);
/* 0, or -EMSGSIZE: over the end. */
int ilt_buf_read(const struct ilt_buf *b, u32 off, void *out, size_t len);
int ilt_buf_write(const struct ilt_buf *b, u32 off, const void *in, size_t len);

/* --- connections --- */

#define ILT_MSG_MAX 8192 /* an SPDM message */

/* That of a function 0, its device's DSM; the other functions share it. */
struct ilt_conn {
	struct pci_tsm_pf0 pf0;
	struct ilt_psp *psp;
	struct pci_ide *ide; /* NULL: none */
	bool created;	     /* DEV_CREATE was done */
	struct page *ctx;
	struct page *res; /* firmware page for answers: status, guest request */
	struct ilt_buf req, rsp, scratch, out;
	/*
	 * The command under way: kept, since it is issued again unchanged.
	 * Under the DSM mutex, which the core holds around all operations.
	 */
	u32 cmd;
	u8 buf[SEV_CMD_BUF_MAX];
	unsigned long end; /* of the operation that it is part of; jiffies */
	u8 type;	   /* DOE type of the last request */
	u32 status;	   /* firmware's last, if it was not 0 */
	u8 *msg_req, *msg_rsp; /* ILT_MSG_MAX each */
};

/* What a function other than 0 has. */
struct ilt_fn {
	struct pci_tsm tsm;
	struct ilt_psp *psp;
};

/* The connection that @pdev, of any function, is under; under the rwsem. */
struct ilt_conn *ilt_conn_of(struct pci_dev *pdev);

/* --- tsm_cmd.c --- */

/* An operation of the core's begins; its commands have one time together. */
void ilt_op_begin(struct ilt_conn *c);
/* Begins a command: length and, with @ctrl, the four buffers are filled in. */
u8 *ilt_cmd_new(struct ilt_conn *c, u32 cmd, bool ctrl);
/*
 * ilt_cmd_run() - the command in @c, with as many exchanges as it takes
 * 0; -EIO with c->status; -EINTR, -ETIMEDOUT, -ENXIO as ilt_cmd(), or what the
 * mailbox of the device says. After any but the first two firmware waits for
 * an answer that will not come: a command with FORCE ends that.
 */
int ilt_cmd_run(struct ilt_conn *c, bool clean);
/* The data object in the output buffer: bytes at @out, -EMSGSIZE, -EIO. */
int ilt_output(struct ilt_conn *c, void *out, u32 cap, u32 *len);
/* After a failure: the stream is switched off if firmware cut the device. */
void ilt_conn_look(struct ilt_conn *c);

/* --- tsm_conn.c, tsm_stream.c --- */

int ilt_connect(struct pci_dev *pdev);
void ilt_disconnect(struct pci_dev *pdev);

int ilt_stream_open(struct ilt_conn *c);
int ilt_stream_on(struct ilt_conn *c);
void ilt_stream_off(struct ilt_conn *c);
void ilt_stream_close(struct ilt_conn *c);

/* --- tsm_vm.c: what hangs on a virtual machine --- */

/* After the TSM is registered. On failure probe fails. */
int ilt_vm_init(struct ilt_psp *p);
/* Before the TSM leaves; nothing of ours is entered after this returns. */
void ilt_vm_exit(struct ilt_psp *p);
/* Interrupt context: causes are BOARD_IRQ_EXIT and _LOG. */
void ilt_vm_irq(struct ilt_psp *p, u32 causes);
/* TDIs that firmware kept are given back now; with @last, or lost. */
void ilt_left_again(bool last);
/* pci_tsm_ops. A bind that fails returns ERR_PTR(), never NULL. */
struct pci_tdi *ilt_bind(struct pci_dev *pdev, struct kvm *kvm, u32 tdi_id);
void ilt_unbind(struct pci_tdi *tdi);
ssize_t ilt_guest_req(struct pci_tdi *tdi, enum pci_tsm_req_scope scope,
		      sockptr_t req_in, size_t in_len, sockptr_t req_out,
		      size_t out_len, u64 *tsm_code);

#endif
