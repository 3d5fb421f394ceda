/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_GUEST_H
#define ARCH_CCA_GUEST_H

#include "arch/cca/abi.h"
#include "arch/cca/insn.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "guest/arch.h"

/*
 * The realm's side: RSI calls to the monitor, host calls (RHI) for what the
 * host keeps of a device. The host's answers are believed in nothing: objects
 * are compared with the monitor's digests, states and nonces are the
 * monitor's, and what is accepted names the nonces of what was judged.
 */

/* Objects as the host shows them, in shared memory: an area for each. */
#define CCA_GUEST_VCA_LEN    0x1000u
#define CCA_GUEST_CERT_LEN   0x10000u
#define CCA_GUEST_MEAS_LEN   0x4000u
#define CCA_GUEST_REPORT_LEN 0x2000u
#define CCA_GUEST_DATA_LEN                                             \
	(CCA_GUEST_VCA_LEN + CCA_GUEST_CERT_LEN + CCA_GUEST_MEAS_LEN + \
	 CCA_GUEST_REPORT_LEN)
/* Length field, reserved, hash of the root, in front of certificates. */
#define CCA_GUEST_CHAIN_HDR (4u + CRYPTO_HASH_MAX)

/* IPAs in RAM, 4K each but @data. */
struct cca_guest_map {
	uint64_t call;	 /* arguments of a host call, private */
	uint64_t info;	 /* where the monitor answers, private */
	uint64_t params; /* of a request for measurements; made shared */
	uint64_t data;	 /* CCA_GUEST_DATA_LEN; made shared */
};

struct cca_guest_cfg {
	const struct cca_realm_insn *insn;
	const struct crypto *crypto;
	const struct env *env;
	struct cca_guest_map map;
	/* One for each page of RAM, zeroed: 1 is shared with the host. */
	uint8_t *page;
	uint64_t pages;
};

/* A host call's function ids and objects; the realm has no uapi.h of its
 * host's. Source: DEN0148; see uapi.h. */
enum {
	RHI_GET_SIZE = 0xc500004c,
	RHI_READ = 0xc500004d,
	RHI_MEASURE = 0xc5000052,
	RHI_REPORT = 0xc5000053,
	RHI_STATE = 0xc5000054,
};
#define RHI_UNLOCKED	 0
#define RHI_LOCKED	 1
#define RHI_RUN		 2
#define RHI_PARAMS_NONCE 0x100
#define RHI_PARAMS_LEN	 0x200

/* What the monitor says of the VDEV. */
struct cca_guest_info {
	uint8_t state; /* enum rsi_vdev_state */
	uint8_t hash;  /* enum rmi_hash */
	uint64_t lock_nonce;
	uint64_t meas_nonce;
	uint64_t report_nonce;
	uint8_t digest[RMI_DEV_OBJS][VDEV_INFO_DIGEST_MAX];
};

struct cca_guest {
	struct cca_guest_cfg cfg;
	unsigned ipa_bits; /* 0: not asked yet */
	bool shared;	   /* the two areas are the host's, too */

	/* The binding, and the lock session that was judged. */
	uint64_t vdev_id;
	bool dma_on;
	struct cca_guest_info judged;
	/* Digests of what was judged in the form that it was judged in. */
	uint8_t certs[CRYPTO_HASH_MAX];
	uint8_t meas[CRYPTO_HASH_MAX];
	bool certs_true, meas_true, report_true;
	uint16_t lock_flags;
	enum crypto_hash_alg spdm_hash;

	/* Where the entry under way stands; 0 when none is. */
	unsigned phase;
	unsigned call_phase;
	unsigned ask_phase;
	unsigned object;
	uint64_t at;
	uint64_t upto;	 /* of what is undone */
	uint64_t gpr[8]; /* of the host call under way, and its answer */
	uint32_t len[RMI_DEV_OBJS];
	struct cca_guest_info info;
	uint8_t vca[CCA_GUEST_VCA_LEN + CCA_GUEST_MEAS_LEN];
	uint8_t chain[CCA_GUEST_CHAIN_HDR + CCA_GUEST_CERT_LEN];
	uint8_t report[CCA_GUEST_REPORT_LEN];
	char why[96];
};

void cca_guest_init(struct cca_guest *g, const struct cca_guest_cfg *cfg);
void cca_guest_fini(struct cca_guest *g);
/* Where the host puts an object (enum rmi_dev_obj), and how much fits. */
uint64_t cca_guest_area(const struct cca_guest *g, unsigned object,
			uint32_t *cap);

/* The context of each entry is a struct cca_guest. */
extern const struct guest_arch_ops cca_guest_ops;

#endif
