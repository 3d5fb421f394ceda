/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_FW_PRIV_H
#define ARCH_CCA_FW_PRIV_H

#include <string.h>

#include "arch/cca/abi.h"
#include "arch/cca/fw.h"
#include "arch/cca/own.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "mem/mem.h"

#define FW_MSG_MAX     CCA_GRANULE /* a message fits one granule */
#define FW_AUX	       4	   /* granules donated to an endpoint's PDEV */
#define FW_DIGEST_LEN  VDEV_INFO_DIGEST_MAX
#define FW_VDEVS_ORDER 15
#define FW_OBJS_MAX    2

struct rmm_realm {
	bool used;
	uint8_t state; /* enum cca_realm_state */
	uint64_t rd;
	uint16_t vmid;
	uint64_t rtt;
	uint8_t levels;
	uint8_t ipa_bits;
	uint8_t hash; /* enum rmi_hash */
	bool da;
	uint8_t rpv[REALM_PARAMS_RPV_LEN];
	uint8_t rim[RSI_MEASUREMENT_LEN];
	unsigned recs;
	unsigned numbered; /* RECs ever made: the next one's number */
};

/* What a REC waits for. */
enum rmm_wait {
	FW_WAIT_NONE,
	FW_WAIT_HOST_CALL,
	FW_WAIT_RIPAS,
	FW_WAIT_VDEV,	 /* VDEV_COMPLETE */
	FW_WAIT_DEV_MEM, /* RTT_DEV_VALIDATE */
};

struct rmm_vdev;

struct rmm_rec {
	bool used;
	bool runnable;
	bool running;
	bool ready;   /* the answer to @call is there */
	bool emulate; /* the last exit was one that EMUL_MMIO may answer */
	uint8_t wait; /* enum rmm_wait */
	uint64_t rec;
	uint64_t mpidr;
	struct rmm_realm *realm;
	uint64_t call[CCA_SMC_REGS]; /* of the realm, waiting */
	uint64_t answer[4];
	uint64_t base, top, at; /* RIPAS change, device mapping: [at, top) */
	uint64_t pa;		/* of a device mapping, at @base */
	uint8_t ripas;
	uint64_t vdev; /* PA, once VDEV_COMPLETE named it; 0 before */
	uint64_t lock_nonce, meas_nonce, report_nonce;
	uint32_t imm;
	uint64_t gprs[REC_NR_GPRS]; /* of a host call, both ways */
};

/* One conversation, of a PDEV or a VDEV. */
struct rmm_comm {
	uint8_t state; /* enum cca_comm */
	bool over;     /* the verb is done; objects are left to cache */
	uint8_t objs;  /* how many */
	uint8_t obj[FW_OBJS_MAX];
	uint8_t at;   /* which one is being cached */
	uint8_t kind; /* of the message that is out, as DOE types it */
	size_t off;   /* and from where */
	bool parked;  /* waits for the other end of the stream */
};

struct rmm_digest {
	uint8_t len; /* 0: none */
	uint8_t value[FW_DIGEST_LEN];
};

enum rmm_stream_state {
	FW_STREAM_FREE,
	FW_STREAM_CONNECTED,
	FW_STREAM_CONNECTING,
	FW_STREAM_DISCONNECTING,
	FW_STREAM_REFRESHING,
};

struct rmm_pdev {
	bool used;
	bool root_port;
	uint64_t pdev;
	uint8_t state; /* enum rmi_pdev_state */
	uint8_t op;    /* enum cca_pdev_op */
	uint8_t hash;  /* enum rmi_hash */
	uint8_t slot;  /* certificate slot */
	uint16_t rid;
	uint16_t routing; /* of an endpoint: its root port */
	uint32_t rid_base, rid_top;
	uint32_t port; /* root port number */
	struct rmm_comm comm;
	struct tsm_conn *conn; /* endpoint */
	uint64_t aux[FW_AUX];
	bool key_set;
	uint8_t key_digest[TSM_DIGEST_LEN]; /* of what SET_PUBKEY gave */
	struct rmm_digest vca, cert, pubkey;
	/* endpoint: its stream; root port: how many end here */
	uint8_t stream; /* enum rmm_stream_state */
	uint8_t ide_sid;
	uint64_t peer; /* PA of the PDEV at the other end; 0: none */
	unsigned streams;
	unsigned vdevs;
	bool cut; /* isolated, and the root port's block is off */
};

enum rmm_vdev_op {
	FW_VDEV_OP_MEAS,
	FW_VDEV_OP_REPORT,
	FW_VDEV_OP_KEY_PURGE,
	FW_VDEV_OP_KEY_REFRESH,
	FW_VDEV_OP_LOCK,
	FW_VDEV_OP_NONE,
	FW_VDEV_OP_START,
	FW_VDEV_OP_UNLOCK,
};

struct rmm_range {
	uint64_t base, top;
};

struct rmm_vdev {
	bool used;
	uint64_t vdev;
	uint64_t id;
	uint16_t rid;
	uint8_t state; /* enum rmi_vdev_state */
	uint8_t op;    /* enum rmm_vdev_op */
	bool dma;
	struct rmm_comm comm;
	struct rmm_pdev *pdev;
	struct rmm_realm *realm;
	struct tsm_bind *bind;
	uint64_t lock_id; /* of the core's lock session; 0: none */
	uint64_t named;	  /* the one in which the grants that stand were made */
	uint64_t lock_nonce, meas_nonce, report_nonce; /* 0: none */
	uint64_t next_nonce; /* drawn when the operation began */
	struct tsm_args args;
	struct rmm_digest meas, report;
	unsigned ranges;
	struct rmm_range range[VDEV_RANGES_MAX];
	uint64_t mapped, valid; /* granules */
};

/* A stateful operation. */
struct rmm_op {
	bool on;
	uint64_t handle;
	uint64_t fid;	   /* that began it */
	uint64_t expected; /* next call */
	bool cancelled;
	uint64_t rc; /* what it ends with, once it gives memory back */
	uint64_t pdev;
	uint8_t params[COMM_EXIT_LEN]; /* of PDEV_CREATE, as read */
	unsigned have;
	uint64_t granule[FW_AUX];
};

struct cca_fw {
	struct cca_fw_cfg cfg;
	struct cca_own *own;
	struct tsm *tsm;
	struct rmm_realm *realm;
	struct rmm_rec *rec;
	struct rmm_pdev *pdev;
	struct rmm_vdev *vdev;
	struct rmm_op op;
	uint64_t next_handle;
	uint64_t psmmu; /* address of the active SMMU; 0: none */
	uint64_t now_ns;
	bool cut; /* a link was cut during this call */
	uint8_t page[CCA_GRANULE];
	uint8_t msg[FW_MSG_MAX];
};

/* @x: registers of the call, x[1] the first argument; results from x[1] on.
 * Returns x0. */
typedef uint64_t rmm_handler(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS]);

/* fw_mem.c. A refusal is RMI_ERROR_INPUT. */
static inline bool rmm_aligned(uint64_t pa)
{
	return !(pa & (CCA_GRANULE - 1));
}
/* A structure of the host in a non-secure granule, read once. */
bool rmm_ns_read(const struct cca_fw *fw, uint64_t pa, void *p, uint32_t len);
bool rmm_ns_write(const struct cca_fw *fw, uint64_t pa, const void *p,
		  uint32_t len);
/* Whole granule of RAM, aligned, non-secure. */
bool rmm_ns_granule(const struct cca_fw *fw, uint64_t pa);
bool rmm_delegated(const struct cca_fw *fw, uint64_t pa);
/* A move that the caller has checked. */
void rmm_move(struct cca_fw *fw, uint64_t pa, enum cca_own_state from,
	      enum cca_own_state to, uint16_t vmid, uint64_t ipa);
/* Bytes at a protected address of the realm, within one granule. */
bool rmm_realm_io(const struct cca_fw *fw, const struct rmm_realm *r,
		  uint64_t ipa, void *p, uint32_t len, bool write);
enum crypto_hash_alg rmm_hash_alg(uint8_t rmi_hash);
bool rmm_hash(const struct cca_fw *fw, uint8_t rmi_hash, const uint8_t *p,
	      size_t n, struct rmm_digest *out);
/* Nonce that is not 0. */
bool rmm_nonce(const struct cca_fw *fw, uint64_t *out);

/* look-ups by PA; NULL if there is none */
struct rmm_realm *rmm_realm_find(const struct cca_fw *fw, uint64_t rd);
struct rmm_rec *rmm_rec_find(const struct cca_fw *fw, uint64_t rec);
struct rmm_pdev *rmm_pdev_find(const struct cca_fw *fw, uint64_t pdev);
struct rmm_vdev *rmm_vdev_find(const struct cca_fw *fw, uint64_t vdev);
struct rmm_vdev *rmm_vdev_of(const struct cca_fw *fw, const struct tsm_bind *b);
/* The one of @r whose ranges hold @pa. */
struct rmm_vdev *rmm_vdev_at(const struct cca_fw *fw, const struct rmm_realm *r,
			     uint64_t pa);
unsigned rmm_realm_vdevs(const struct cca_fw *fw, const struct rmm_realm *r);

/* fw_realm.c */
void rmm_measure(struct cca_fw *fw, struct rmm_realm *r, uint8_t type,
		 const uint8_t *fields, size_t n);

/* fw_comm.c */
enum rmm_comm_end {
	FW_COMM_MORE,	/* call again */
	FW_COMM_DONE,	/* over, and everything cached */
	FW_COMM_FAILED, /* over: the error state is the caller's to set */
	FW_COMM_INPUT,	/* refused, nothing changed */
	FW_COMM_BUSY,	/* refused: the device talks of something else */
};
struct rmm_talk;
/* What a call of COMMUNICATE works on. */
struct rmm_talk {
	struct rmm_comm *comm;
	struct tsm_conn *conn; /* NULL: nothing is said to any device */
	enum tsm_verb verb;
	const struct tsm_args *args;
	uint64_t data; /* PA of the host's structure */
	struct rmm_pdev *pdev;
	struct rmm_vdev *vdev; /* NULL: of the PDEV */
	/* The verb is done, nothing cached yet: digests. False: it failed. */
	bool (*over)(struct cca_fw *fw, const struct rmm_talk *t);
};
enum rmm_comm_end rmm_communicate(struct cca_fw *fw, const struct rmm_talk *t);
/* Bytes of @obj; of a request, the first *req of them. */
bool rmm_obj(const struct rmm_talk *t, uint8_t obj, const uint8_t **p,
	     size_t *n, size_t *req);
/* The exit half alone, for a conversation without a device. */
bool rmm_comm_exit(struct cca_fw *fw, uint64_t data, uint64_t flags);
/* It is to begin, and will leave @objs. */
void rmm_comm_pend(struct rmm_comm *c, unsigned objs, uint8_t a, uint8_t b);

/* fw_pdev.c, fw_vdev.c */
/* Nothing of the TDI is granted any more; its nonces are dead. */
void rmm_vdev_revoke(struct cca_fw *fw, struct rmm_vdev *v);
void rmm_vdev_error(struct cca_fw *fw, struct rmm_vdev *v);
/* The trusted entry of @v as it should be. */
bool rmm_ste(struct cca_fw *fw, struct rmm_vdev *v, bool valid);
uint64_t rmm_pdev_create(struct cca_fw *fw, uint64_t pdev,
			 const uint8_t *params, const uint64_t aux[FW_AUX]);
uint64_t rmm_pdev_check(const struct cca_fw *fw, uint64_t pdev,
			const uint8_t *params);
void rmm_pdev_gone(struct cca_fw *fw, struct rmm_pdev *p);
/* Before a grant: it is made in the lock session that lives. */
void rmm_vdev_names(struct rmm_vdev *v);
/* Grants of @v whose three nonces are these. */
bool rmm_vdev_granted(const struct rmm_vdev *v, uint64_t lock, uint64_t meas,
		      uint64_t report);

/* fw_stream.c */
bool rmm_rp_enable(struct cca_fw *fw, const struct rmm_pdev *ep, bool on);
void rmm_tdisp_en(struct cca_fw *fw, uint32_t port, bool on);

/* The core asks. */
void rmm_entry_off(void *ctx, struct tsm_bind *b);
bool rmm_mmio_fits(void *ctx, const struct tsm_bind *b, uint64_t pa,
		   uint32_t pages);

/* fw_devmem.c: [@base, @top) of a realm, RIPAS DEV taken away or counted */
void rmm_dev_ripas_lost(struct cca_fw *fw, struct rmm_realm *r, uint64_t pa);
/* Accepted pages of @v are accepted no longer. */
void rmm_mmio_revoke(struct cca_fw *fw, struct rmm_vdev *v);
/* Of the report: [@pa, @pa + @size) is MMIO that a realm may take. */
bool rmm_reported(const struct rmm_vdev *v, uint64_t pa, uint64_t size);

/* fw_rtt.c */
/* A page-level walk; RMI_SUCCESS, or an error with the level. */
uint64_t rmm_walk(const struct cca_fw *fw, const struct rmm_realm *r,
		  uint64_t ipa, unsigned level, struct cca_own_rtte *out);
bool rmm_ipa_range(const struct rmm_realm *r, uint64_t base, uint64_t top,
		   bool protected);
/* One range in an argument or a list. */
bool rmm_rdesc(uint64_t desc, uint64_t *base, uint64_t *count);

/* fw_rsi_dev.c, called by the REC's entry: goes on with what waits. True: the
 * realm runs; false: it leaves again at once, the exit written. */
bool rmm_rec_finish(struct cca_fw *fw, struct rmm_rec *c, uint64_t flags,
		    uint8_t *run);
/* What has begun to wait, in the exit record. */
void rmm_rec_tell(const struct rmm_rec *c, uint8_t *run);
/* Begins to wait: the call's registers are kept. */
enum il_err rmm_rec_wait(struct rmm_rec *c, enum rmm_wait w,
			 const uint64_t x[CCA_SMC_REGS]);
void rmm_rec_answer(struct rmm_rec *c, uint64_t status, uint64_t x1,
		    uint64_t x2);

/* handlers */
rmm_handler rmm_version, rmm_features, rmm_delegate, rmm_undelegate;
rmm_handler rmm_realm_create, rmm_realm_activate, rmm_realm_destroy;
rmm_handler rmm_realm_terminate, rmm_rec_create, rmm_rec_destroy, rmm_rec_enter;
rmm_handler rmm_rtt_create, rmm_rtt_destroy, rmm_rtt_fold, rmm_rtt_read;
rmm_handler rmm_init_ripas, rmm_set_ripas, rmm_data_map_init, rmm_data_map;
rmm_handler rmm_data_unmap, rmm_unprot_map, rmm_unprot_unmap;
rmm_handler rmm_dev_map, rmm_dev_unmap, rmm_dev_validate;
rmm_handler rmm_pdev_create_call, rmm_pdev_communicate, rmm_pdev_get_state;
rmm_handler rmm_pdev_set_pubkey, rmm_pdev_stop, rmm_pdev_abort,
	rmm_pdev_destroy;
rmm_handler rmm_stream_connect, rmm_stream_disconnect, rmm_stream_complete;
rmm_handler rmm_stream_refresh;
rmm_handler rmm_vdev_create, rmm_vdev_communicate, rmm_vdev_get_state;
rmm_handler rmm_vdev_lock, rmm_vdev_start, rmm_vdev_unlock, rmm_vdev_abort;
rmm_handler rmm_vdev_destroy, rmm_vdev_complete, rmm_vdev_report;
rmm_handler rmm_vdev_measure;
rmm_handler rmm_psmmu_activate, rmm_psmmu_deactivate, rmm_st_l2_create;
rmm_handler rmm_st_l2_destroy;
rmm_handler rmm_op_continue, rmm_op_donate, rmm_op_reclaim, rmm_op_cancel;

#endif
