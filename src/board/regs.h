/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_REGS_H
#define BOARD_REGS_H

/*
 * Registers of the two functions that stand for what a program on a real
 * machine finds in its processor and beside it: the secure processor's
 * mailbox, instructions, the IOMMU's registers, exits of a VM. One is the
 * host's, one the confidential guest's. All in BAR 0, little-endian; accesses
 * are of 4 bytes, or of 8 where it says so (halves of these too); any other,
 * and a read of what can only be written, is all ones or nothing. A write to
 * the register named _OP does what the others say, before it returns.
 *
 * Numbers only: kernel modules, C and assembly alike may include this.
 * docs/vfio-user.md says how they are reached.
 */

#define BOARD_VENDOR	0x1d1a
#define BOARD_HOST_DEV	0x0010
#define BOARD_GUEST_DEV 0x0011
#define BOARD_BAR0_SIZE 0x10000
#define BOARD_MAGIC	0x494c4b42 /* at BOARD_ID */
#define BOARD_VERSION_1 1

#define BOARD_ID      0x000
#define BOARD_VERSION 0x004

/*
 * The secure processor (host): as Linux 7.3 drivers/crypto/ccp/sev-dev.c has
 * it. A write of CMDRESP with a command in 26:16 rings the doorbell; bit 31
 * is set once it is answered, 15:0 is then the status. MSI-X vector 0, or
 * INTx, is raised at that moment if bit 0 was written.
 */
#define BOARD_CMDBUF_LO	   0x010
#define BOARD_CMDBUF_HI	   0x014
#define BOARD_CMDRESP	   0x018
#define BOARD_CMDRESP_IOC  0x00000001
#define BOARD_CMDRESP_CMD  16
#define BOARD_CMDRESP_DONE 0x80000000
/* Bits that are set by an interrupt's cause; writing 1 clears. INTx only. */
#define BOARD_IRQ      0x01c
#define BOARD_IRQ_CMD  0x1
#define BOARD_IRQ_EXIT 0x2
#define BOARD_IRQ_LOG  0x4

/* Instructions; COUNT consecutive pages of PA and GPA, at least 1. The first
 * that fails, or that PVALIDATE finds as it should become, is the last. */
#define BOARD_INSN_PA	 0x040 /* 8 */
#define BOARD_INSN_GPA	 0x048 /* 8 */
#define BOARD_INSN_ASID	 0x050
#define BOARD_INSN_FLAGS 0x054
#define BOARD_INSN_COUNT 0x058 /* to BOARD_INSN_COUNT_MAX (host) */
#define BOARD_INSN_OP	 0x05c
#define BOARD_INSN_RC	 0x060 /* EAX of the last one, enum rmp_rc */
#define BOARD_INSN_PAGES 0x064 /* how many succeeded */
#define BOARD_INSN_SAME	 0x068 /* carry flag of PVALIDATE */
#define BOARD_INSN_ATTR	 0x070 /* 8: RDX of RMPADJUST */

#define BOARD_FLAG_ASSIGNED  0x01
#define BOARD_FLAG_2M	     0x02
#define BOARD_FLAG_IMMUTABLE 0x04
#define BOARD_FLAG_VALIDATE  0x08 /* PVALIDATE: validate, else rescind */
#define BOARD_FLAG_PRIVATE   0x10 /* MAP: the C bit of the mapping */
#define BOARD_FLAG_HPAGE     0x20 /* RMPREAD: some page of it is assigned */

#define BOARD_INSN_RMPUPDATE 1 /* host */
#define BOARD_INSN_PSMASH    2 /* host */
#define BOARD_INSN_RMPREAD   3 /* host; into GPA, ASID, FLAGS */
#define BOARD_INSN_PVALIDATE 4 /* guest */
#define BOARD_INSN_RMPADJUST 5 /* guest */
/* guest: its own page table maps GPA with this C bit; where an access of its
 * processor to a BAR is then private or shared. Shared at first. RC 3: the
 * process keeps no more pieces. */
#define BOARD_INSN_MAP	     6
#define BOARD_INSN_COUNT_MAX 0x40000
#define BOARD_RC_FAULT	     0xffff /* a fault instead of an answer */

/* The host's processor on memory that only the machine has: the VM's. */
#define BOARD_COPY_PA	 0x080 /* 8: system physical */
#define BOARD_COPY_BUF	 0x088 /* 8: the host's own memory */
#define BOARD_COPY_LEN	 0x090 /* to BOARD_COPY_MAX */
#define BOARD_COPY_OP	 0x094
#define BOARD_COPY_READ	 1     /* PA to BUF */
#define BOARD_COPY_WRITE 2     /* BUF to PA */
#define BOARD_COPY_RC	 0x098 /* 0; 1: refused, BOARD_FAULT_* say why */
#define BOARD_COPY_MAX	 0x100000

/* The IOMMU (host). Vector 2 when the log grew. */
#define BOARD_DEVTAB	   0x0c0 /* 8 */
#define BOARD_DEVTAB_COUNT 0x0c8 /* a write switches it on; 0 off */
#define BOARD_LOG	   0x0d0 /* 8 */
#define BOARD_LOG_SLOTS	   0x0d8 /* a write switches it on */
#define BOARD_LOG_HEAD	   0x0dc
#define BOARD_LOG_TAIL	   0x0e0
#define BOARD_INVAL_ADDR   0x0e8 /* 8 */
#define BOARD_INVAL_SIZE   0x0f0 /* 8 */
#define BOARD_INVAL_ID	   0x0f8 /* RID, or domain */
#define BOARD_INVAL_OP	   0x0fc
#define BOARD_INVAL_DEVICE 1
#define BOARD_INVAL_PAGES  2
#define BOARD_INVAL_ALL	   3

/* The one VM beside the host. */
#define BOARD_VM_STATE	 0x140 /* host: what of it is there */
#define BOARD_VM_RUNS	 0x1   /* its memory is connected */
#define BOARD_VM_HAS_FN	 0x2   /* it has its function open */
#define BOARD_VM_BASE	 0x148 /* 8, host: its GPA 0 in system memory */
#define BOARD_VM_SIZE	 0x150 /* 8, host */
#define BOARD_VM_ASID	 0x158 /* host writes: what it runs under; 0 none */
#define BOARD_VM_FN	 0x15c /* host writes: RID of its function */
#define BOARD_VM_FN_NONE 0xffffffff
#define BOARD_VM_SECRETS 0x160 /* 8, host writes, guest reads: GPA */
#define BOARD_VM_BAR	 0x180 /* + 8 * n, 8 each, host: GPA of BAR n; 0 none */

/*
 * An exit. The guest fills the fields and writes RUN; STATUS is 1 until the
 * host has answered, then the fields are the host's. The host sees STATUS 1
 * while one waits for it, fills the fields and writes its SEQ to DONE. Vector 1
 * (host), vector 0 (guest); the host's also when VM_STATE changes. Fields, by
 * exit code, as in src/arch/sev_tio/abi_guest.h: EXITINFO1, EXITINFO2, RAX to
 * RDX; INFO2 of an answer is 0, or an errno. Without a host all fields are
 * NOBODY.
 */
#define BOARD_EXIT_STATUS 0x200
#define BOARD_EXIT_RUN	  0x204
#define BOARD_EXIT_DONE	  0x204
#define BOARD_EXIT_CODE	  0x208 /* 8 each from here */
#define BOARD_EXIT_INFO1  0x210
#define BOARD_EXIT_INFO2  0x218
#define BOARD_EXIT_RAX	  0x220
#define BOARD_EXIT_RBX	  0x228
#define BOARD_EXIT_RCX	  0x230
#define BOARD_EXIT_RDX	  0x238
#define BOARD_EXIT_SEQ	  0x240 /* host */
#define BOARD_EXIT_NOBODY 0xffffffffffffffff

/*
 * What no machine has (host): for whoever tests a kernel. A name of a
 * misbehaviour as `interlock device --misbehave` takes it, with ":N"; written
 * to NAME, bytes up to a zero, then OP. FAULT_*: the last access that the
 * machine refused, as text: rule, agent, address.
 */
#define BOARD_BENCH_OP	      0x1000
#define BOARD_BENCH_HONEST    1 /* no misbehaviour any more */
#define BOARD_BENCH_MISBEHAVE 2 /* the one in NAME, besides those that are */
#define BOARD_BENCH_FORGET    3 /* clears FAULTS and FAULT_TEXT */
#define BOARD_BENCH_PULL      4 /* the device leaves its slot, unannounced */
#define BOARD_BENCH_PUSH      5 /* and is there again */
/* The secure processor does as it is told and answers nothing, until HONEST. */
#define BOARD_BENCH_SILENT    6
#define BOARD_BENCH_RC	      0x1004 /* 0; 1: no such name, or it is so */
#define BOARD_BENCH_EXCHANGES 0x1008 /* DOE exchanges so far */
#define BOARD_BENCH_NAME      0x1080 /* to 0x10ff */
#define BOARD_FAULTS	      0x1100 /* how many */
#define BOARD_FAULT_TEXT      0x1180 /* to 0x127f, ends with a zero */

/*
 * BAR 2 of the host's: configuration space of the machine's bus 0, as ECAM:
 * 4 KiB for each device and function. Root port of the device at DEVFN.
 */
#define BOARD_BAR2_SIZE	 0x100000
#define BOARD_PORT_DEVFN 0x08 /* 00:01.0 */

/*
 * The machine's addresses: the host VM's memory lies where the host sees it,
 * its MMIO too; the VM's memory at VM_BASE.
 */

#endif
