/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_FW_H
#define ARCH_CCA_FW_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/cca/insn.h"
#include "base/env.h"
#include "base/err.h"
#include "base/fault.h"
#include "crypto/crypto.h"
#include "tsm/tsm.h"

struct arena;
struct mem;
struct cca_own;

/*
 * The Realm Management Monitor (RMM) with device assignment, and what EL3 does
 * for it: granule protection and root-port keys. Entered through SMCs alone:
 * cca_fw_smc() by the host, cca_fw_rsi() by a realm. Interface: abi.h.
 *
 * What it trusts: its own memory, the granule protection table, root-port
 * keys, and what a device or a realm authenticated. A structure of the host is
 * copied once, from a non-secure granule, then judged.
 *
 * A refused call changes nothing. A call that talks to a device is made by
 * COMMUNICATE, as often as the host is told to; one exchange at a time per
 * PDEV, its own or that of one of its VDEVs.
 *
 * Context: one thread; no allocation after cca_fw_new().
 */

struct cca_fw_limits {
	unsigned realms;
	unsigned recs;	/* over all realms */
	unsigned pdevs; /* root ports too */
	unsigned vdevs; /* over all PDEVs */
	struct tsm_limits tsm;
};

struct cca_fw_limits cca_fw_limits_default(void);

/* What REC_ENTER brings for the access that left the realm. */
struct cca_enter {
	bool mmio; /* emulated: @data is what a read gives */
	uint64_t data;
	bool sea; /* the host lets the access abort in the realm */
};

enum cca_leave_kind {
	CCA_LEAVE_CALL,	 /* cca_fw_rsi() said IL_E_AGAIN */
	CCA_LEAVE_ABORT, /* stage 2: ipa, write, len, data */
	CCA_LEAVE_WFI,	 /* nothing to do */
	CCA_LEAVE_OFF,	 /* the program gave up (PSCI SYSTEM_OFF) */
};

struct cca_leave {
	enum cca_leave_kind kind;
	uint64_t ipa;
	bool write;
	uint8_t len;   /* of the access, 1 to 8 where MMIO is meant */
	uint64_t data; /* of a write */
	struct fault fault;
};

struct cca_fw_cfg {
	const struct crypto *crypto;
	const struct env *env;
	struct mem *mem;
	struct cca_own *own; /* started */
	const struct rp_keys *keys;
	void *keys_ctx;
	spdm_keylog_fn *keylog; /* NULL: secrets stay in the monitor */
	void *keylog_ctx;
	bool da; /* the machine has device assignment (feature register 2) */
	/*
	 * EL3's manifest: the number that @keys names root port @rid by, whose
	 * host bridge has its configuration space at @hb_base; -1: no such
	 * root port.
	 */
	int (*root_port)(void *ctx, uint64_t hb_base, uint16_t rid);
	void *platform_ctx;
	/*
	 * Runs the realm's program on @rec until it leaves; world fills it.
	 * IL_OK and *out, or an error that ends the REC.
	 */
	enum il_err (*run)(void *ctx, uint64_t rec, const struct cca_enter *in,
			   struct cca_leave *out);
	void *run_ctx;
	struct cca_fw_limits limits;
};

struct cca_fw;

/*
 * cca_fw_new() - the monitor after boot, all of it in @a
 *
 * Errors: IL_E_ARG a limit is out of range; IL_E_NOMEM the arena is full
 */
enum il_err cca_fw_new(struct arena *a, const struct cca_fw_cfg *cfg,
		       struct cca_fw **out) IL_MUST;

/* SMC of the host: x[0] a function id; answers in x. */
void cca_fw_smc(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS]);

/*
 * cca_fw_rsi() - SMC of the realm that runs on @rec
 *
 * Errors: IL_E_AGAIN  the realm leaves with CCA_LEAVE_CALL (or, with *f
 *                     filled, with CCA_LEAVE_ABORT: an address that it named
 *                     has no memory); x is as it was, and the same call is
 *                     made again when the REC runs
 *         IL_E_STATE  @rec does not run
 */
enum il_err cca_fw_rsi(struct cca_fw *fw, uint64_t rec,
		       uint64_t x[CCA_SMC_REGS], struct fault *f) IL_MUST;

/*
 * cca_fw_access() - a load or store of the realm that runs on @rec: stage 2,
 * granule protection, memory or MMIO
 * @ipa: the top bit of the IPA width says "unprotected"
 *
 * Errors: IL_E_AGAIN  the host sees it: CCA_LEAVE_ABORT with *f
 *         IL_E_IO     an abort inside the realm (RIPAS EMPTY), *f says which
 *         IL_E_ARG    length 0, or beyond the IPA width
 *         IL_E_STATE  @rec does not exist
 */
enum il_err cca_fw_access(struct cca_fw *fw, uint64_t rec, uint64_t ipa,
			  void *buf, uint32_t len, bool write,
			  struct fault *f) IL_MUST;

/* The monitor's clock; never goes back. */
void cca_fw_time(struct cca_fw *fw, uint64_t now_ns);

/* --- for laws, traces and tests --- */

const char *cca_rmi_name(uint64_t fid); /* "RMI_PDEV_CREATE"; "?" */
const char *cca_rsi_name(uint64_t fid);

struct tsm *cca_fw_tsm(struct cca_fw *fw);

/* The gates of CCA, as a table of the core. */
extern const struct tsm_gates cca_fw_gates;

struct cca_fw_realm {
	uint64_t rd;   /* PA: what the core calls TVM */
	uint8_t state; /* enum cca_realm_state */
	uint16_t vmid;
	uint64_t rtt;
	unsigned ipa_bits;
	bool da;
	unsigned recs;
	uint64_t granules; /* DATA, RTT */
};

enum cca_realm_state {
	CCA_REALM_NEW,
	CCA_REALM_ACTIVE,
	CCA_REALM_OFF,
};

unsigned cca_fw_realms(const struct cca_fw *fw);
/* False: no such place, or it is free. */
bool cca_fw_realm_at(const struct cca_fw *fw, unsigned i,
		     struct cca_fw_realm *out);

struct cca_fw_vdev {
	const struct tsm_bind *bind;
	uint64_t rd;
	uint64_t pdev; /* PA */
	uint64_t vdev; /* PA */
	uint64_t vdev_id;
	uint32_t rid;
	uint16_t vmid;
	uint8_t state;	/* enum rmi_vdev_state */
	uint8_t comm;	/* enum cca_comm */
	bool dma;	/* its stream table entry is valid */
	uint64_t named; /* lock session whose nonces the realm gave; 0: none */
	uint64_t lock_nonce;
	uint64_t meas_nonce;
	uint64_t report_nonce;
	uint64_t mapped; /* device granules in a realm's table */
	uint64_t valid;	 /* of these, accepted by the realm */
};

/* Orthogonal to the state of a PDEV or VDEV. */
enum cca_comm {
	CCA_COMM_ACTIVE,
	CCA_COMM_ERROR,
	CCA_COMM_IDLE,
	CCA_COMM_PENDING,
};

unsigned cca_fw_vdevs(const struct cca_fw *fw);
bool cca_fw_vdev_at(const struct cca_fw *fw, unsigned i,
		    struct cca_fw_vdev *out);

struct cca_fw_pdev {
	const struct tsm_conn *conn; /* NULL: a root port */
	uint64_t pdev;		     /* PA */
	uint32_t rid;
	uint8_t state; /* enum rmi_pdev_state */
	uint8_t comm;  /* enum cca_comm */
	uint8_t op;    /* enum cca_pdev_op */
	bool root_port;
	unsigned vdevs;
	unsigned streams;
};

enum cca_pdev_op {
	CCA_PDEV_OP_CONNECT,
	CCA_PDEV_OP_DISCONNECT,
	CCA_PDEV_OP_KEY_PURGE,
	CCA_PDEV_OP_KEY_REFRESH,
	CCA_PDEV_OP_NONE,
	CCA_PDEV_OP_STOP,
	CCA_PDEV_OP_COMPLETE,
};

unsigned cca_fw_pdevs(const struct cca_fw *fw);
bool cca_fw_pdev_at(const struct cca_fw *fw, unsigned i,
		    struct cca_fw_pdev *out);

bool cca_fw_sane(const struct cca_fw *fw);

#endif
