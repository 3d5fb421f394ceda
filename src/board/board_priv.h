/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_BOARD_PRIV_H
#define BOARD_BOARD_PRIV_H

#include "arch/sev_tio/fw.h"
#include "arch/sev_tio/own.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "board/bench.h"
#include "board/board.h"
#include "board/exit.h"
#include "board/host.h"
#include "board/regs.h"
#include "board/vm.h"
#include "board/vmcfg.h"
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
#define BOARD_VM_MOST	    (UINT64_C(64) << 30)

#define BOARD_ASIDS   64u
#define BOARD_RIDS    65536u
#define BOARD_PORT_NR 1u /* of the one root port */
#define BOARD_FNS     8u
#define BOARD_EPS     (BOARD_FNS + 3)
#define BOARD_PIECES  256u /* of each space, of all clients */

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
	unsigned fn;			    /* of the device, BOARD_IS_FN */
	unsigned exp_cap, msix_cap, pm_cap; /* likewise: offsets, 0: none */
	const struct ep_user_ops *user;	    /* NULL: nobody has it open */
	void *user_ctx;
	unsigned wants[EP_MSIX + 1]; /* vectors, by enum ep_irq */
	uint32_t cause; /* host, vm: a bit a vector; INTx while not zero */
	unsigned pin;	/* a function of the device: 1 is INTA */
	bool intx;	/* likewise: its INTx is asserted */
	uint32_t bars[EP_BARS];	 /* likewise: as they were written last */
	struct pci_cfg cfg;	 /* host, vm: their own configuration space */
	uint8_t first[CFG_SIZE]; /* and as it began */
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

/* What a reset takes and the host's kernel gives back after it. */
struct board_kept {
	bool there; /* else the device was not, and the rest means nothing */
	uint32_t bar[EP_BARS];
	uint32_t command;
	uint32_t devctl;
};

/* The function that the VM has. */
struct board_vmfn {
	bool there;
	unsigned fn; /* of the device */
	struct vmcfg cfg;
	bool asleep; /* in D3hot, out of which it comes reset */
	struct board_kept kept;
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
	bool busy;     /* something moved when it was asked last */
	uint64_t ages; /* of pieces */
	struct board_ep eps[BOARD_EPS];
	unsigned n_eps;
	struct board_exit exit; /* what the host says of the VM, exits */
	struct board_vm vm;	/* its processor */
	struct board_host host; /* and the host's */
	struct board_vmfn vmfn;
	struct board_bench bench;
	uint64_t refused;	   /* accesses so far */
	struct fault last_refused; /* rule NULL: none yet */
};

/* board.c */
struct board_ep *board_ep_of(struct ep *e);
/* Whoever opens it is its user. IL_E_STATE: it has one. */
enum il_err board_ep_claim(struct board_ep *x, const struct ep_user_ops *ops,
			   void *ctx) IL_MUST;
struct board_ep *board_ep_kind(struct board *b, enum board_kind kind);
/*
 * Vector @vector of host or vm: MSI-X, or where that is not in use, bit
 * @vector of what board_irq_cause() says, and INTx.
 */
void board_irq(struct board *b, struct ep *e, unsigned vector);
uint32_t board_irq_cause(struct board *b, struct ep *e);
void board_irq_clear(struct board *b, struct ep *e, uint32_t bits);
/* An interrupt of @x, if it is wanted. */
void board_tell(struct board_ep *x, enum ep_irq kind, unsigned vector, bool on);
/* Device and root port until neither has anything to do. */
void board_settle(struct board *b);
/* A refused access: counted, told. */
void board_refused(void *b, const struct fault *f);
/*
 * board_cover() - ownership entries for MMIO at @pa, if it may have some
 * Before an instruction or a command names it.
 */
void board_cover(void *b, uint64_t pa);

/* vmfn.c */
/* b->exit.fn may be another one, or none. */
void board_vm_fn_changed(struct board *b);
/* Where @gpa of one of its BARs lies; UINT64_MAX: nowhere. */
uint64_t board_vm_bar_pa(void *b, uint64_t gpa);
/* What of the VM is there has changed, perhaps. */
void board_vm_state(struct board *b);
/* space.c: what was given, as memory of the machine; ctx: a board_space. */
extern const struct mem_extern_ops board_space_ops;
/* Is there any memory of @s? */
bool board_space_given(const struct board *b, enum ep_space s);

/* What each kind of function does. */
extern const struct ep_ops board_fn_ops;   /* fn.c */
extern const struct ep_ops board_vmfn_ops; /* vmfn.c */
extern const struct ep_ops board_page_ops; /* page.c: host and vm */
void board_page_init(struct board_ep *e);
/* Sizes of BARs, vectors, INTx, as the device's registers say. */
void board_fn_probe(struct board_ep *e);
/* A wire of the root port, as fabric_cfg.intx. */
void board_intx(void *b, unsigned port, unsigned pin, bool on);
/* Interrupts that came in go to whoever has the function. */
void board_fn_irqs(struct board *b);

#endif
