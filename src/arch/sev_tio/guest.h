/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_GUEST_H
#define ARCH_SEV_TIO_GUEST_H

#include "arch/sev_tio/abi_guest.h"
#include "arch/sev_tio/insn.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "guest/arch.h"

/*
 * The guest's side of SEV-TIO: GHCB exits to the host, and guest messages to
 * the firmware, encrypted with the keys of the secrets page. The host carries
 * the messages and sees neither content nor may it change, repeat or reorder
 * one: each carries a number that is used once.
 */

#define SEV_GUEST_DATA_PAGES 16u

/* Guest physical places, 4K each, all in RAM. */
struct sev_guest_map {
	uint64_t secrets; /* filled by the firmware at launch, private */
	uint64_t req;	  /* made shared by the guest */
	uint64_t rsp;
	uint64_t data; /* SEV_GUEST_DATA_PAGES pages */
};

struct sev_guest_cfg {
	const struct sev_guest_insn *insn;
	const struct crypto *crypto;
	const struct env *env;
	struct sev_guest_map map;
	/*
	 * Bus addresses from here on are shared. 2 MiB multiple. The guest
	 * asks for it in the secure device entry.
	 */
	uint64_t vtom;
	/* What became of each page of RAM, zeroed: enum sev_page. */
	uint8_t *page;
	uint64_t pages;
};

/*
 * What the guest itself did with a page. It validates each one once in a
 * private life, so that a second page behind the same address is noticed.
 */
enum sev_page {
	SEV_PAGE_FRESH,	 /* private from the launch on, not validated */
	SEV_PAGE_OURS,	 /* validated */
	SEV_PAGE_SHARED, /* the host's as well */
};

struct sev_guest {
	struct sev_guest_cfg cfg;

	/* The channel to the firmware. */
	uint8_t vmpck[SNP_VMPCKS][SNP_VMPCK_LEN];
	struct crypto_slot key;
	unsigned key_no; /* in use; SNP_VMPCKS: all are lost */
	uint64_t seqno;	 /* last number seen under this key */
	bool keyed;
	bool shared; /* the three areas are the host's */

	/* The binding. */
	uint32_t rid;
	uint64_t tdi_id; /* 0: none */
	bool dma_on;	 /* the secure device entry is valid, with our vTOM */
	uint64_t dma_vtom;

	/* Where the entry under way stands; 0 when none is. */
	unsigned phase;
	unsigned msg_phase;
	bool small; /* 2 MiB did not do; 4 KiB next */
	uint64_t at;
	uint64_t upto; /* of a conversion that is undone */
	uint32_t chunk;
	struct sev_ghcb ghcb;
	uint8_t msg[SNP_MSG_HDR_LEN + TIO_INFO_RSP_LEN];
	uint8_t plain[TIO_INFO_RSP_LEN];
	uint8_t blobs[SEV_GUEST_DATA_PAGES * 4096];
	char why[96];
};

void sev_guest_init(struct sev_guest *g, const struct sev_guest_cfg *cfg);
/* Wipes the keys. */
void sev_guest_fini(struct sev_guest *g);

/* The context of each entry is a struct sev_guest. */
extern const struct guest_arch_ops sev_guest_ops;

#endif
