/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_FW_PRIV_H
#define ARCH_COVE_FW_PRIV_H

#include "arch/cove/abi.h"
#include "arch/cove/fw.h"
#include "arch/cove/own.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "mem/mem.h"
#include "mem/pt.h"

#define FW_MSG_MAX    (NACL_DEV_PAYLOAD_MAX - 512)
#define FW_CONVERTS   64 /* ranges between two fences */
#define FW_TRANSCRIPT (COVE_CONN_SIZE_MIN - COVE_CONN_TRANSCRIPT)
#define FW_MESSAGES   64     /* of a transcript */
#define FW_GUEST_MAX  0x8000 /* bytes that a call hands to a TVM */
#define FW_KEYS	      16     /* streams whose keys the root monitor tracks */
/* What is left of a session's numbers when its keys must be updated. */
#define FW_SEQ_RESERVE 256

/* A range of guest addresses. */
struct fw_span {
	uint64_t gpa;
	uint64_t len; /* 0: free */
};

enum fw_span_kind {
	SPAN_CONF,   /* confidential memory, by the host before finalize */
	SPAN_SHARED, /* made shared by the TVM */
	SPAN_MMIO,   /* emulated by the host */
	SPAN_KINDS,
};

enum fw_vcpu_state {
	VCPU_NONE,
	VCPU_READY,
	VCPU_RUNNING,
};

/* What a call of a TVM waits for. */
enum fw_wait {
	WAIT_NONE,
	WAIT_HOST,	 /* to see the exit once: memory and MMIO regions */
	WAIT_PAGES,	 /* pages of the old kind gone from the range */
	WAIT_DEVICE,	 /* an exchange, or the device's turn */
	WAIT_TRANSCRIPT, /* the host to hand it back */
	WAIT_UNBIND,	 /* the host to unbind */
	WAIT_DONE,	 /* nothing: @ret is there */
};

struct fw_call {
	enum fw_wait wait;
	uint64_t fid;
	uint64_t a[6];
	struct sbiret ret;
};

struct fw_vcpu {
	enum fw_vcpu_state state;
	uint64_t page;
	unsigned hart; /* RUNNING: whose NACL memory is meant */
	bool left;     /* @exit is of an exit that the host answers */
	bool shown;    /* the host saw the exit of @call */
	struct cove_exit exit;
	struct fw_call call;
	uint64_t fence; /* RUNNING: fences of the TVM when it was entered */
};

#define FW_LOST 16

struct fw_tvm {
	bool used;
	uint64_t id;
	uint32_t vmid;
	uint8_t state; /* enum cove_tvm_state */
	uint64_t root;
	uint64_t page;
	uint64_t pool;	 /* first page of the pool, 0: none; they are linked */
	uint64_t pooled; /* pages in it */
	uint64_t pages;	 /* TVM and BLOCKED */
	uint8_t digest[48];
	uint8_t identity[TVM_IDENTITY_LEN];
	bool has_identity;
	uint64_t entry_pc;
	uint64_t entry_arg;
	uint64_t fences; /* begun */
	/* Interfaces that were unbound while it did not ask for it; 1 + id. */
	uint64_t lost[FW_LOST];
	struct fw_span *span[SPAN_KINDS]; /* limits.regions each */
	struct fw_vcpu *vcpu;
};

/* A message of a transcript: what the TSM keeps to find it again. */
struct fw_msg_at {
	uint8_t code;
	uint32_t off;
	uint32_t len;
};

/* Who waits for a device's answer. */
struct fw_pending {
	uint32_t fid; /* as FUNCTION_ID has it; 0: nothing pending */
	uint64_t a[6];
	uint64_t tvm; /* of a TVM's call */
	uint32_t vcpu;
	bool asked;	/* a request was put into the buffer */
	unsigned phase; /* of a call that is more than one verb */
	int64_t why;	/* what it will answer once it has cleaned up */
};

struct fw_dev {
	struct tsm_conn *conn; /* NULL: free */
	uint32_t id;
	uint32_t rp;
	unsigned slot; /* of the NACL buffers */
	uint8_t desc[COVE_STREAM_LEN(COVE_STREAM_ADDR_MAX)];
	struct fw_pending pending;
	/* the connection transcript: only its digest is kept */
	bool hearing;
	bool overflow;
	uint8_t *heard; /* FW_TRANSCRIPT; live while connecting, and from
			 * get_connection_transcript to the TVM's answer */
	uint32_t total;
	unsigned messages;
	struct fw_msg_at msg[FW_MESSAGES];
	bool known; /* @digest is there */
	uint8_t digest[48];
};

struct fw_region {
	uint64_t gpa;
	uint64_t pa;
	uint64_t len; /* 0: free */
};

#define FW_IF_REGIONS 16

/* A device interface that has regions, or is bound. */
struct fw_if {
	bool used;
	uint32_t id;
	struct fw_tvm *tvm;
	struct fw_dev *dev;
	struct tsm_bind *bind; /* NULL: regions alone */
	uint64_t lock_id;      /* 0: no lock session */
	bool seen;	       /* its TVM has made a call about it */
	bool on;	       /* G-stage entries of @accepted are valid */
	uint64_t off_fence;    /* of when they last stopped to be */
	struct fw_region region[FW_IF_REGIONS];
	/* what the TVM has accepted of them, in this lock session */
	struct fw_region accepted[FW_IF_REGIONS];
};

struct fw_convert {
	uint64_t pa;
	uint64_t pages;
};

struct cove_fw {
	struct cove_fw_cfg cfg;
	struct tsm *tsm;
	struct fw_tvm *tvm;
	struct fw_dev *dev;
	struct fw_if *ifs;
	uint32_t next_vmid;
	uint64_t next_tvm;
	uint64_t now_ns;
	uint64_t hold_ns;
	uint64_t nacl[COVE_HARTS_MAX]; /* 0: none */
	bool slot_used[NACL_DEVS];
	/* the fence of the machine */
	struct fw_convert convert[FW_CONVERTS];
	unsigned converts;
	struct fw_convert fencing[FW_CONVERTS];
	unsigned fencings;
	bool fence_on;
	bool fence_seen[COVE_HARTS_MAX];
	struct rp_keys keys; /* what the core is given: COVT behind it */
	uint8_t in[FW_MSG_MAX];
	uint8_t page[PAGE_4K];
	uint8_t out[FW_GUEST_MAX];
};

/* One ECALL of the host. */
struct fw_ecall {
	unsigned hart;
	uint64_t fid;
	const uint64_t *a;
};

typedef struct sbiret fw_covh_handler(struct cove_fw *fw,
				      const struct fw_ecall *c);

static inline struct sbiret sbi_ok(uint64_t value)
{
	return (struct sbiret){ SBI_SUCCESS, value };
}

static inline struct sbiret sbi_err(int64_t error)
{
	return (struct sbiret){ error, 0 };
}

/* --- fw_mem.c: memory as the TSM reaches it; enum sbi_error --- */
int64_t cfw_read(struct cove_fw *fw, uint64_t pa, void *p, uint32_t len);
int64_t cfw_write(struct cove_fw *fw, uint64_t pa, const void *p, uint32_t len);
/* The TSM's own pages, under its key. */
void cfw_tsm_write(struct cove_fw *fw, uint64_t pa, const void *p,
		   uint32_t len);
void cfw_tsm_read(struct cove_fw *fw, uint64_t pa, void *p, uint32_t len);
/* A TVM's page, under its key. */
void cfw_tvm_write(struct cove_fw *fw, const struct fw_tvm *t, uint64_t pa,
		   const void *p, uint32_t len);
/* [@pa, +@pages) is aligned, no wrap, and RAM in @state. */
bool cfw_pages_are(const struct cove_fw *fw, uint64_t pa, uint64_t pages,
		   enum cove_page_state state);
/* Guest memory: all of it TVM pages. Errors: INVALID_ADDRESS; no change. */
int64_t cfw_guest_check(struct cove_fw *fw, const struct fw_tvm *t,
			uint64_t gpa, uint64_t len);
int64_t cfw_guest_read(struct cove_fw *fw, const struct fw_tvm *t, uint64_t gpa,
		       void *p, uint32_t len);
int64_t cfw_guest_write(struct cove_fw *fw, const struct fw_tvm *t,
			uint64_t gpa, const void *p, uint32_t len);
fw_covh_handler cfw_tsm_info, cfw_convert_pages, cfw_reclaim_pages;
fw_covh_handler cfw_global_fence, cfw_local_fence;

/* --- fw_gst.c: the G-stage of a TVM --- */
enum fw_leaf_kind {
	LEAF_NONE,    /* nothing there */
	LEAF_PAGE,    /* valid: TVM's page, shared page, or MMIO */
	LEAF_BLOCKED, /* a page of the TVM, or shared, invalidated */
	LEAF_REGION,  /* MMIO region, not enabled */
};

struct fw_leaf {
	enum fw_leaf_kind kind;
	uint64_t pa;
	uint64_t fence; /* BLOCKED: fences begun when it was */
	struct pt_slot slot;
};

/* What stands at @gpa. */
void cfw_leaf_get(struct cove_fw *fw, const struct fw_tvm *t, uint64_t gpa,
		  struct fw_leaf *out);
/* The first address after @gpa that @l, found there, says nothing of. */
uint64_t cfw_leaf_next(const struct fw_leaf *l, uint64_t gpa);
/* Table pages that mapping [@gpa, +@len) takes from the pool. */
uint64_t cfw_tables_missing(struct cove_fw *fw, const struct fw_tvm *t,
			    uint64_t gpa, uint64_t len);
/* All of [@gpa, +@len) is below the top and nothing stands there. */
bool cfw_leaves_free(struct cove_fw *fw, const struct fw_tvm *t, uint64_t gpa,
		     uint64_t len);
/* The pool has been asked: these cannot fail. */
void cfw_leaf_page(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		   uint64_t pa, bool io);
void cfw_leaf_region(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		     uint64_t pa);
void cfw_leaf_block(struct cove_fw *fw, struct fw_tvm *t,
		    const struct fw_leaf *l);
void cfw_leaf_clear(struct cove_fw *fw, struct fw_tvm *t,
		    const struct fw_leaf *l);
void cfw_pool_put(struct cove_fw *fw, struct fw_tvm *t, uint64_t pa);

/* --- fw_tvm.c --- */
struct fw_tvm *cfw_tvm_find(const struct cove_fw *fw, uint64_t id);
struct fw_vcpu *cfw_vcpu_of(const struct cove_fw *fw, struct fw_tvm *t,
			    uint64_t id);
bool cfw_span_holds(const struct cove_fw *fw, const struct fw_tvm *t,
		    enum fw_span_kind k, uint64_t gpa, uint64_t len);
bool cfw_span_meets(const struct cove_fw *fw, const struct fw_tvm *t,
		    enum fw_span_kind k, uint64_t gpa, uint64_t len);
fw_covh_handler cfw_create_tvm, cfw_finalize_tvm, cfw_destroy_tvm;
fw_covh_handler cfw_promote_tvm, cfw_add_region_conf, cfw_add_tables;
fw_covh_handler cfw_create_vcpu;

/* --- fw_page.c --- */
fw_covh_handler cfw_add_measured, cfw_add_zero, cfw_add_shared;
fw_covh_handler cfw_tvm_fence, cfw_invalidate, cfw_validate, cfw_remove;
bool cfw_span_ok(const struct fw_span *s);
/* No vCPU runs that may remember what was there before fence @n. */
bool cfw_fence_done(const struct cove_fw *fw, const struct fw_tvm *t,
		    uint64_t n);
/* Its number. */
uint64_t cfw_fence_begin(struct cove_fw *fw, struct fw_tvm *t);
/* The host's pages that the TVM shows are no longer shown. */
void cfw_unshow(struct cove_fw *fw, struct fw_tvm *t);
/* Calls of the TVM that change what its memory is. */
struct sbiret cfw_share(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
			uint64_t len, bool share);
/* Whether all that has to go from the range is gone. */
bool cfw_share_done(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		    uint64_t len, bool share);
/* The host cannot: it stays as it was. False: too late. */
bool cfw_share_undo(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		    uint64_t len, bool share);
struct sbiret cfw_mmio_span(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
			    uint64_t len, bool add);

/* --- fw_run.c --- */
fw_covh_handler cfw_run_vcpu;
/* Does the host answer the exit of @v's call with an error? */
bool cfw_host_refuses(struct cove_fw *fw, unsigned hart,
		      const struct fw_vcpu *v);
struct sbiret cfw_nacl(struct cove_fw *fw, unsigned hart, uint64_t fid,
		       const uint64_t a[6]);

/* --- fw_spdm.c: buffers of pending transactions --- */
int64_t cfw_ret(enum il_err err);
/* PENDING (value 1), or over: the verb's error as SBI says it. */
struct sbiret cfw_verb(struct cove_fw *fw, unsigned hart, struct fw_dev *d,
		       enum tsm_verb verb, const struct tsm_args *args);
struct sbiret cfw_verb_again(struct cove_fw *fw, unsigned hart,
			     struct fw_dev *d);
bool cfw_is_pending(struct sbiret r);
void cfw_pending_set(struct fw_dev *d, uint32_t fid, const uint64_t a[6]);
void cfw_pending_clear(struct cove_fw *fw, unsigned hart, struct fw_dev *d);
bool cfw_slot_take(struct cove_fw *fw, struct fw_dev *d);
void cfw_slot_free(struct cove_fw *fw, struct fw_dev *d);
/* A call of one verb: begun, and gone on with. Over: nothing is pending. */
struct sbiret cfw_begin(struct cove_fw *fw, unsigned hart, struct fw_dev *d,
			uint32_t fid, const uint64_t a[6], enum tsm_verb verb,
			const struct tsm_args *args);
struct sbiret cfw_again(struct cove_fw *fw, unsigned hart, struct fw_dev *d);
/* Numbers are short: the host must update the keys first. */
bool cfw_keys_old(const struct fw_dev *d);

/* --- fw_port.c: root ports, by COVT --- */
extern const struct rp_keys cfw_port_keys; /* ctx: struct cove_fw */
struct sbiret cfw_covt(struct cove_fw *fw, uint64_t fid, uint64_t a0,
		       uint64_t a1, uint64_t a2, uint64_t a3);
const struct cove_port *cfw_port_find(const struct cove_fw *fw, uint32_t rp);
/* The one that a function is behind. */
const struct cove_port *cfw_port_of(const struct cove_fw *fw, uint64_t id);
int64_t cfw_stream_copy(struct cove_fw *fw, uint64_t pa, uint32_t id,
			uint8_t out[COVE_STREAM_LEN(COVE_STREAM_ADDR_MAX)]);
int64_t cfw_stream_program(struct cove_fw *fw, const struct fw_dev *d);

/* --- fw_dev.c --- */
struct fw_dev *cfw_dev_find(const struct cove_fw *fw, uint64_t id);
struct fw_dev *cfw_dev_of_if(const struct cove_fw *fw, uint64_t ifid);
bool cfw_id_ok(uint64_t id);
bool cfw_same(const struct fw_dev *d, uint32_t fid, const uint64_t a[6],
	      unsigned n);
/* The core has a message of a connection. */
void cfw_heard(void *ctx, struct tsm_conn *c, const uint8_t *p, size_t n);
/* An element of the transcript that stands in d->heard; bytes into fw->out. */
int64_t cfw_element(struct cove_fw *fw, const struct fw_dev *d,
		    uint64_t element, uint64_t param, uint32_t *len);
fw_covh_handler cfw_connect, cfw_disconnect, cfw_key_update, cfw_key_refresh;
fw_covh_handler cfw_heartbeat, cfw_take_transcript;

/* --- fw_if.c --- */
struct fw_if *cfw_if_find(const struct cove_fw *fw, uint64_t id);
struct fw_if *cfw_if_of(const struct cove_fw *fw, const struct tsm_bind *b);
unsigned cfw_tvm_ifs(const struct cove_fw *fw, const struct fw_tvm *t);
/* After every call: grants whose lock session ended are taken back. */
void cfw_settle(struct cove_fw *fw);
void cfw_entry_off(void *ctx, struct tsm_bind *b);
bool cfw_mmio_fits(void *ctx, const struct tsm_bind *b, uint64_t pa,
		   uint32_t pages);
/* Has @t lost interface @id, and not shown that it knows? */
bool cfw_lost(const struct fw_tvm *t, uint64_t id);
/* Does a vCPU of @t wait for @id to be unbound, as it asked? */
bool cfw_stopping(const struct cove_fw *fw, const struct fw_tvm *t,
		  uint64_t id);
/* It knows. */
void cfw_lost_heard(struct fw_tvm *t, uint64_t id);
/* What the TVM has accepted becomes valid, DMA too: it has started. */
int64_t cfw_if_on(struct cove_fw *fw, struct fw_if *f);
/* And away again. */
void cfw_if_off(struct cove_fw *fw, struct fw_if *f);
/* Does a region map @gpa to @hpa, all of it? */
bool cfw_region_maps(const struct fw_if *f, uint64_t gpa, uint64_t hpa,
		     uint64_t len);
fw_covh_handler cfw_add_region, cfw_reclaim_region, cfw_bind, cfw_unbind;

/* --- fw_covg.c --- */
/*
 * Goes on with what @v waits for; WAIT_DONE when it has its answer. An error
 * is the host's: NO_SHMEM, KEY_UPDATE_REQUIRED, or what it brought is refused.
 */
struct sbiret cfw_covg_step(struct cove_fw *fw, unsigned hart, struct fw_tvm *t,
			    struct fw_vcpu *v);
/* The device's pending operation is a TVM's: goes on with it. */
struct sbiret cfw_covg_drain(struct cove_fw *fw, unsigned hart,
			     struct fw_dev *d);
/* @id of @t is unbound: no call about it waits for what is bound next. */
void cfw_covg_end(struct cove_fw *fw, struct fw_tvm *t, uint64_t id);
/* The transcript came, or (@err) another: to those who wait for it. */
void cfw_transcript_give(struct cove_fw *fw, struct fw_dev *d, int64_t err);

#endif
