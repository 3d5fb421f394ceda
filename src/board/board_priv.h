/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_BOARD_PRIV_H
#define BOARD_BOARD_PRIV_H

#include "arch/sev_tio/fw.h"
#include "arch/sev_tio/own.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "board/board.h"
#include "board/regs.h"
#include "fabric/fabric.h"
#include "iommu/iommu.h"
#include "mem/mem.h"
#include "pci/cfg.h"
#include "rootport/rootport.h"

/*
 * Addresses of the machine. Below 1 TiB they are what the host VM has: its
 * memory, then MMIO; above it what only the machine has, so that no number of
 * the host's means two things.
 */
#define BOARD_HOST_RAM	    (UINT64_C(2) << 30) /* from 0; pieces are given */
#define BOARD_MMIO32	    UINT64_C(0x80000000)
#define BOARD_MMIO32_END    UINT64_C(0xfec00000)
#define BOARD_MMIO64	    (UINT64_C(1) << 32)
#define BOARD_MMIO64_END    (UINT64_C(1) << 46)
#define BOARD_VM_RAM	    (UINT64_C(1) << 46) /* its GPA 0 */
#define BOARD_FW_RAM	    (UINT64_C(1) << 47) /* firmware's own */
#define BOARD_FW_RAM_SIZE   (UINT64_C(8) << 20)
#define BOARD_VM_SIZE_USUAL (UINT64_C(512) << 20)

#define BOARD_ASIDS   64u
#define BOARD_RIDS    65536u
#define BOARD_PORT_NR 1u /* of the one root port */
#define BOARD_FNS     8u
#define BOARD_EPS     (BOARD_FNS + 3)
#define BOARD_PIECES  64u /* of each space, of all clients */

/* Where the MSI-X table and PBA of host and vm lie in their BAR 0. */
#define BOARD_OWN_VECTORS 4u
#define BOARD_OWN_TABLE	  0xe000u
#define BOARD_OWN_PBA	  0xf000u

enum board_kind {
	BOARD_IS_FN,
	BOARD_IS_HOST,
	BOARD_IS_VMFN,
	BOARD_IS_VM,
};

struct board;

struct board_ep {
	struct ep ep; /* first: struct ep * is struct board_ep * */
	struct board *b;
	enum board_kind kind;
	unsigned fn;			/* of the device, BOARD_IS_FN */
	const struct ep_user_ops *user; /* NULL: nobody has it open */
	void *user_ctx;
	unsigned wants[EP_MSIX + 1]; /* vectors, by enum ep_irq */
	uint32_t cause;	    /* host, vm: a bit a vector; INTx while not zero */
	bool intx;	    /* its INTx is asserted */
	struct pci_cfg cfg; /* host, vm: their own configuration space */
};

/* What the host has set up for the one VM (BOARD_VM_*), and its function. */
struct board_vm {
	uint32_t asid;	  /* 0: none */
	uint32_t fn;	  /* RID of its function, or BOARD_VM_FN_NONE */
	uint64_t secrets; /* GPA */
	uint64_t size;	  /* room for its memory */
};

struct board_piece {
	const void *owner; /* NULL: free */
	uint64_t age;	   /* the newest wins */
	struct ep_piece p;
};

struct board_space {
	struct board *b;
	uint64_t base; /* machine address of the client's address 0 */
	uint64_t size;
	struct board_piece piece[BOARD_PIECES];
	unsigned used; /* places looked at */
};

struct board {
	struct board_cfg cfg;
	struct arena arena;
	uint64_t now_ns;
	struct mem mem;
	struct own own;
	struct iommu iommu;
	struct fabric fabric;
	unsigned port; /* of the fabric */
	struct rootport rootport;
	struct sev_fw *fw;
	struct board_space space[EP_SPACES];
	uint64_t ages; /* of pieces */
	struct board_ep eps[BOARD_EPS];
	unsigned n_eps;
	struct board_vm vm;
	uint64_t refused;	   /* accesses so far */
	struct fault last_refused; /* rule NULL: none yet */
};

/* board.c */
struct board_ep *board_ep_of(struct ep *e);
struct board_ep *board_ep_kind(struct board *b, enum board_kind kind);
/*
 * Vector @vector of host or vm: MSI-X, or where that is not in use, bit
 * @vector of what board_irq_cause() says, and INTx.
 */
void board_irq(struct board *b, struct ep *e, unsigned vector);
uint32_t board_irq_cause(struct board *b, struct ep *e);
void board_irq_clear(struct board *b, struct ep *e, uint32_t bits);
/* Device and root port until neither has anything to do. */
void board_settle(struct board *b);
/* A refused access: counted, told. */
void board_refused(void *b, const struct fault *f);
/*
 * board_cover() - ownership entries for MMIO at @pa, if it may have some
 * Before an instruction or a command names it.
 */
void board_cover(struct board *b, uint64_t pa);

/*
 * The register pages. host.c and vm.c divide them: @off is in BAR 0, below
 * BOARD_OWN_TABLE. What is no register reads as zero.
 */
void board_host_read(struct board *b, uint32_t off, uint8_t *buf, uint32_t len);
void board_host_write(struct board *b, uint32_t off, const uint8_t *buf,
		      uint32_t len);
void board_vm_read(struct board *b, uint32_t off, uint8_t *buf, uint32_t len);
void board_vm_write(struct board *b, uint32_t off, const uint8_t *buf,
		    uint32_t len);
/* psp.c: mailbox, BOARD_CMDBUF_LO to BOARD_IRQ. */
void board_psp_read(struct board *b, uint32_t off, uint8_t *buf, uint32_t len);
void board_psp_write(struct board *b, uint32_t off, const uint8_t *buf,
		     uint32_t len);
/* insn.c: BOARD_INSN_PA to BOARD_COPY_RC; @host: which of the two asks. */
void board_insn_read(struct board *b, bool host, uint32_t off, uint8_t *buf,
		     uint32_t len);
void board_insn_write(struct board *b, bool host, uint32_t off,
		      const uint8_t *buf, uint32_t len);
/* iommu.c: BOARD_DEVTAB to BOARD_INVAL_OP. */
void board_iommu_read(struct board *b, uint32_t off, uint8_t *buf,
		      uint32_t len);
void board_iommu_write(struct board *b, uint32_t off, const uint8_t *buf,
		       uint32_t len);
/* exit.c: BOARD_VM_STATE to BOARD_EXIT_RDX. */
void board_exit_read(struct board *b, bool host, uint32_t off, uint8_t *buf,
		     uint32_t len);
void board_exit_write(struct board *b, bool host, uint32_t off,
		      const uint8_t *buf, uint32_t len);
/* bench.c: BOARD_BENCH_OP to the end of BOARD_FAULT_TEXT. */
void board_bench_read(struct board *b, uint32_t off, uint8_t *buf,
		      uint32_t len);
void board_bench_write(struct board *b, uint32_t off, const uint8_t *buf,
		       uint32_t len);

/* vmfn.c: what the guest's page table says of a BAR of its function. */
/* MAP: @pages from @gpa are mapped with this C bit. */
void board_map(struct board *b, uint64_t gpa, uint64_t pages, bool priv);
bool board_mapped_private(struct board *b, uint64_t gpa);
/* The host writes BOARD_VM_FN: the function goes there, or away. */
void board_vm_fn_set(struct board *b, uint32_t rid);
/* GPA of BAR @n of the VM's function, as the VM has set it; 0: none. */
uint64_t board_vm_bar(struct board *b, unsigned n);

/* What each kind of function does. */
extern const struct ep_ops board_fn_ops;   /* fn.c */
extern const struct ep_ops board_vmfn_ops; /* vmfn.c */
extern const struct ep_ops board_page_ops; /* page.c: host and vm */
void board_page_init(struct board_ep *e);
/* Sizes of BARs, vectors, INTx, as the device's registers say. */
void board_fn_probe(struct board_ep *e);
/* Interrupts that came in go to whoever has the function. */
void board_fn_irqs(struct board *b);

#endif
