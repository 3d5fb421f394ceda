/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PCI_IDE_REGS_H
#define PCI_IDE_REGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/*
 * The IDE extended capability as plain structs. Used by those who offer the
 * registers and those who program them.
 * Source: PCIe Base 6.0 §7.9.26
 */
#define IDE_BLOCK_ADDRS                                      \
	3u /* address associations we handle; up to 15 exist \
	    */

struct ide_cap_regs {
	bool link;
	bool selective;
	bool flowthrough;
	bool partial_enc;
	bool aggregation;
	bool pcrc;
	bool ide_km;
	bool sel_cfg;	  /* configuration requests may ride on a stream */
	uint8_t alg;	  /* 0: AES-GCM-256 with a 96-bit MAC */
	uint8_t link_num; /* link streams, 1 to 8; 0 unless @link */
	uint16_t sel_num; /* selective streams, 1 to 256; 0 unless @selective */
	bool tee_limited;
};

struct ide_addr_regs {
	bool valid;
	uint64_t base;	/* 1 MiB granules */
	uint64_t limit; /* inclusive; low 20 bits read as ones */
};

struct ide_block_regs {
	uint8_t n_addrs; /* of the block's capability register */
	/* control */
	bool enable;
	bool pcrc;
	bool cfg;
	bool dflt;
	bool tee_limited;
	uint8_t alg;
	uint8_t tc;
	uint8_t id;
	/* status */
	uint8_t state; /* IDE_STS_INSECURE, IDE_STS_SECURE */
	bool fail;
	/* association */
	bool rid_valid;
	uint16_t rid_base;
	uint16_t rid_limit; /* inclusive */
	uint8_t segment;
	struct ide_addr_regs addr[IDE_BLOCK_ADDRS];
};

uint32_t ide_cap_encode(const struct ide_cap_regs *m);
void ide_cap_decode(uint32_t dw, struct ide_cap_regs *out);

/* Offset of selective block @i from the capability, given equal blocks. */
uint16_t ide_block_offset(const struct ide_cap_regs *cap, unsigned n_addrs,
			  unsigned i);
/* Bytes of the whole capability, header included. */
uint16_t ide_cap_size(const struct ide_cap_regs *cap, unsigned n_addrs);

uint32_t ide_ctl_encode(const struct ide_block_regs *m);
uint32_t ide_rid1_encode(const struct ide_block_regs *m);
uint32_t ide_rid2_encode(const struct ide_block_regs *m);
void ide_addr_encode(const struct ide_addr_regs *m, uint32_t dw[3]);

/*
 * Both directions of a whole block, IDE_SEL_BLOCK_SIZE(n_addrs) bytes.
 *
 * Errors:   IL_E_FIELD  more than IDE_BLOCK_ADDRS associations
 *           IL_E_SHORT  the cursor ends early
 */
enum il_err ide_block_decode(struct rd *r, struct ide_block_regs *out) IL_MUST;
void ide_block_encode(struct wr *w, const struct ide_block_regs *m);

#endif
