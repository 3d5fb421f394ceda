/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PCI_CFG_H
#define PCI_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "pci/ide_regs.h"
#include "pci/regs.h"

/*
 * The 4 KiB configuration space of one function: its bytes, which bits of them
 * can be written, which are cleared by writing one. Accesses are whole dwords
 * with byte enables, as configuration TLPs carry them. What a write means
 * beyond its bits is the owner's business: it is told.
 */
struct pci_cfg;

struct pci_cfg_ops {
	/* Before a read of @reg: the owner may bring the image up to date. */
	void (*reading)(void *ctx, struct pci_cfg *c, uint16_t reg);
	/*
	 * After a write with enables @be. @wrote is the dword as it came, @old
	 * and @now the image before and after.
	 */
	void (*written)(void *ctx, struct pci_cfg *c, uint16_t reg,
			uint32_t wrote, uint8_t be, uint32_t old, uint32_t now);
};

struct pci_cfg {
	uint8_t image[CFG_SIZE];
	uint8_t writable[CFG_SIZE];
	uint8_t w1c[CFG_SIZE];
	const struct pci_cfg_ops *ops; /* may be NULL */
	void *ctx;
	uint16_t cap_end;  /* first free byte for the next capability */
	uint16_t cap_last; /* header of the last one, 0: none */
	uint16_t ext_end;
	uint16_t ext_last;
};

/* Enables of @size bytes at byte @off of a dword; 0 if they cross it. */
uint8_t pci_cfg_be(unsigned off, unsigned size);

/* An access of a request; @reg is a multiple of 4 below CFG_SIZE. */
uint32_t pci_cfg_read(struct pci_cfg *c, uint16_t reg);
void pci_cfg_write(struct pci_cfg *c, uint16_t reg, uint32_t v, uint8_t be);

/* The owner's own: no mask, no hook. @size is 1, 2 or 4. */
uint32_t pci_cfg_get(const struct pci_cfg *c, uint16_t reg, unsigned size);
void pci_cfg_put(struct pci_cfg *c, uint16_t reg, unsigned size, uint32_t v);
/* Declares which bits can be written, and which are cleared by a one. */
void pci_cfg_mask(struct pci_cfg *c, uint16_t reg, unsigned size,
		  uint32_t writable, uint32_t w1c);

/*
 * pci_cfg_reset() - registers back to their first values
 * @first: the image when the function was built
 *
 * Masks and hooks stay; the hooks are not called.
 */
void pci_cfg_reset(struct pci_cfg *c, const uint8_t first[CFG_SIZE]);

/* Offset of a capability, 0 if absent; total even on a broken list. */
uint16_t pci_cap_find(const struct pci_cfg *c, uint8_t id);
uint16_t pci_ecap_find(const struct pci_cfg *c, uint16_t id);

/* Builders: fill an empty space in the order of the calls. */
struct pci_ids {
	uint16_t vendor;
	uint16_t device;
	uint16_t subsys_vendor;
	uint16_t subsys;
	uint32_t class_code; /* 24 bits */
	uint8_t revision;
	bool multi;
};

void pci_cfg_init(struct pci_cfg *c, const struct pci_cfg_ops *ops, void *ctx);
void pci_type0(struct pci_cfg *c, const struct pci_ids *ids);
void pci_type1(struct pci_cfg *c, const struct pci_ids *ids);
/*
 * pci_bar() - a memory BAR
 * @size:  a power of two, 128 bytes at least; 64-bit BARs take @n and @n + 1
 * @flags: BAR_MEM_64, BAR_PREFETCH
 */
void pci_bar(struct pci_cfg *c, unsigned n, uint64_t size, uint32_t flags);
/* Base address as programmed; flags removed. */
uint64_t pci_bar_base(const struct pci_cfg *c, unsigned n);
/* What sizing it (writing ones) would find; 0: no BAR there. */
uint64_t pci_bar_size(const struct pci_cfg *c, unsigned n);

uint16_t pci_cap_add(struct pci_cfg *c, uint8_t id, uint16_t size);
uint16_t pci_ecap_add(struct pci_cfg *c, uint16_t id, uint8_t ver,
		      uint16_t size);

struct pci_exp {
	uint8_t type; /* EXP_TYPE_… */
	bool tee;     /* DevCap: TEE-IO Supported */
	bool flr;
	uint8_t max_payload; /* 0: 128 bytes, 1: 256, 2: 512 */
	uint8_t port;	     /* LnkCap: port number */
	bool hotplug;	     /* ports: slot with power control */
};

uint16_t pci_pm_add(struct pci_cfg *c);
uint16_t pci_exp_add(struct pci_cfg *c, const struct pci_exp *exp);
uint16_t pci_msix_add(struct pci_cfg *c, unsigned vectors, unsigned table_bar,
		      uint32_t table_off, unsigned pba_bar, uint32_t pba_off);
uint16_t pci_doe_add(struct pci_cfg *c);
/* Blocks begin parked on IDE_ID_RESERVED. */
uint16_t pci_ide_add(struct pci_cfg *c, const struct ide_cap_regs *cap,
		     unsigned n_addrs);

/*
 * pci_dvsec_add() - a designated vendor-specific capability, read-only
 * @size: bytes of registers behind its three headers, a multiple of 4
 * Source: PCIe Base 6.0 §7.9.6
 */
uint16_t pci_dvsec_add(struct pci_cfg *c, uint16_t vendor, uint16_t id,
		       uint8_t rev, uint16_t size);

/* Without function groups; no function is named as the next one. */
uint16_t pci_ari_add(struct pci_cfg *c);

struct pci_sriov {
	uint16_t total;
	uint16_t first;	 /* RID of VF 1 less that of the PF */
	uint16_t stride; /* between VFs */
	uint16_t vf_device;
	bool ari; /* has ARI Capable Hierarchy, as the lowest-numbered PF */
	struct {
		uint64_t size; /* 0: none; 64-bit takes two */
		uint32_t flags;
	} bar[6];
};

uint16_t pci_sriov_add(struct pci_cfg *c, const struct pci_sriov *s);
/* Base of VF BAR @n (the one of VF 1), and the size of one VF's part. */
uint64_t pci_vf_bar_base(const struct pci_cfg *c, unsigned n);
uint64_t pci_vf_bar_size(const struct pci_cfg *c, unsigned n);

/* A bridge's forwarding windows; false: closed. @limit is inclusive. */
bool pci_window_mem(const struct pci_cfg *c, uint64_t *base, uint64_t *limit);
bool pci_window_pref(const struct pci_cfg *c, uint64_t *base, uint64_t *limit);

/* Block @i of the IDE capability at @cap. Errors: IL_E_ARG no such block. */
enum il_err pci_ide_block(const struct pci_cfg *c, uint16_t cap, unsigned i,
			  struct ide_block_regs *out) IL_MUST;
/*
 * The owner's own: the block's registers become @b; how many associations it
 * has, and its state, stay. Errors: IL_E_ARG no such block.
 */
enum il_err pci_ide_block_put(struct pci_cfg *c, uint16_t cap, unsigned i,
			      const struct ide_block_regs *b) IL_MUST;
/* Which block a register lies in; -1 when outside all. */
int pci_ide_block_of(const struct pci_cfg *c, uint16_t cap, uint16_t reg,
		     uint16_t *rel);
/* Shows a stream's state in its status register. */
void pci_ide_show(struct pci_cfg *c, uint16_t cap, unsigned i, uint8_t state,
		  bool fail);

#endif
