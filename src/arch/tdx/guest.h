/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_GUEST_H
#define ARCH_TDX_GUEST_H

#include "arch/tdx/abi.h"
#include "arch/tdx/insn.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "guest/arch.h"

/*
 * The guest's side of TDX Connect: TDCALLs to the module, whose answers the
 * host cannot forge, and TDG.VP.VMCALL<TDCM> to the host, whose answers count
 * for what the module's hashes say of them.
 */

/* Commands and device information, and then, so that these stay, reports. */
#define TDX_GUEST_INFO_LEN   (13u * 4096u)
#define TDX_GUEST_REPORT_LEN (3u * 4096u)
#define TDX_GUEST_BUF	     (TDX_GUEST_INFO_LEN + TDX_GUEST_REPORT_LEN)

/* Guest physical places, whole pages, all in RAM. */
struct tdx_guest_map {
	uint64_t buf;  /* TDX_GUEST_BUF, made shared by the guest */
	uint64_t hash; /* one, private: where the module puts a hash */
};

/* What the guest itself did with a page. */
enum tdx_guest_page {
	TDX_PAGE_FRESH,	 /* private from the launch on, not accepted */
	TDX_PAGE_OURS,	 /* accepted */
	TDX_PAGE_SHARED, /* the host's as well */
};

struct tdx_guest_cfg {
	const struct tdx_guest_insn *insn;
	const struct crypto *crypto;
	const struct env *env;
	struct tdx_guest_map map;
	int64_t now_s; /* seconds since 1970, for certificates */
	/* What became of each page of RAM, zeroed: enum tdx_guest_page. */
	uint8_t *page;
	uint64_t pages;
};

struct tdx_guest {
	struct tdx_guest_cfg cfg;
	bool shared; /* the buffer is the host's */

	/* The binding. */
	uint32_t rid;	  /* as we number it; for the host */
	uint32_t func;	  /* as the module knows it */
	uint64_t session; /* bind session; 0: none */
	bool dma_on;

	/* Device information: the module's hash of it, and digests of its
	 * parts, if it fits. */
	uint8_t info_hash[TDX_TDI_HASH_LEN];
	uint8_t certs[CRYPTO_HASH_MAX];
	uint8_t meas[CRYPTO_HASH_MAX];
	enum crypto_hash_alg spdm_hash;
	uint64_t reports; /* taken in this binding */
	uint16_t lock_flags;

	/* Where the entry under way stands; 0 when none is. */
	unsigned phase;
	unsigned tdcm_phase;
	unsigned still_phase;
	unsigned polls;
	uint64_t at;
	uint64_t upto; /* of a conversion that is undone */
	bool calling;  /* @regs is out, and is to be made again */
	struct tdx_regs regs;
	/* The answer of the last TDCM, copied once. */
	uint8_t hdr[TDCM_DATA];
	uint32_t len;
	uint8_t info[TDX_GUEST_INFO_LEN - TDCM_DATA];
	uint32_t info_len;
	uint8_t report[TDX_GUEST_REPORT_LEN - TDCM_DATA];
	uint32_t report_len;
	struct evidence_blobs blobs;
	uint8_t hash[TDX_TDI_HASH_LEN];
	uint8_t report_hash[TDX_TDI_HASH_LEN];
	uint64_t value;
	char why[96];
};

void tdx_guest_init(struct tdx_guest *g, const struct tdx_guest_cfg *cfg);
void tdx_guest_fini(struct tdx_guest *g);

/* The context of each entry is a struct tdx_guest. */
extern const struct guest_arch_ops tdx_guest_ops;

#endif
