/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_HOST_PRIV_H
#define ARCH_CCA_HOST_PRIV_H

#include "arch/cca/abi.h"
#include "arch/cca/host.h"
#include "arch/cca/uapi.h"
#include "host/iommufd/paged.h"

#define CCA_AUX_MAX    64 /* granules that a PDEV may want */
#define CCA_VCA_MAX    0x1000
#define CCA_CERT_MAX   0x10000
#define CCA_MEAS_MAX   0x4000
#define CCA_REPORT_MAX 0x2000
#define CCA_DEV_RANGES 64     /* of MMIO that a function gave to its realm */
#define CCA_DOMAINS    0x8000 /* VMIDs of the host's own stage-2 tables */
#define CCA_COMM_TURNS 4096   /* calls of COMMUNICATE for one operation */
#define CCA_SRO_TURNS  64

/* Bytes that the monitor has us keep. */
struct cca_object {
	uint8_t *p;
	size_t len;
	size_t cap;
};

/* COMMUNICATE of one PDEV or VDEV: three non-secure granules. */
struct cca_comm {
	uint64_t data;
	uint64_t req;
	uint64_t rsp;
	bool asked; /* a request went out, its answer is due */
};

struct cca_pdev {
	uint64_t pa; /* 0: none */
	bool created;
	struct cca_comm comm;
};

/* What a connect, a disconnect or a renewal is at. */
enum cca_step {
	CCA_STEP_IDENTITY, /* version to certificates */
	CCA_STEP_SESSION,
	CCA_STEP_STREAM,
	CCA_STEP_STREAM_OFF,
	CCA_STEP_STOP,
	CCA_STEP_REFRESH,
	CCA_STEP_DONE,
};

/* The connection of one function 0, and of the root port above it. */
struct cca_conn {
	struct pci_dev *p;
	struct pci_ide_stream *st;
	struct cca_pdev ep, rp;
	uint64_t handle; /* of the stream; 0: none */
	enum cca_step step;
	bool ep_waits, rp_waits; /* parked until the other has come as far */
	bool alive;		 /* when the disconnect began */
	unsigned vdevs;
	struct cca_object vca, cert;
	uint8_t vca_buf[CCA_VCA_MAX];
	uint8_t cert_buf[CCA_CERT_MAX];
};

struct cca_tdi {
	struct pci_tdi *tdi; /* NULL: nobody's, see cca_tdis_reap() */
	struct cca_vm *vm;
	uint32_t rid;
	struct cca_tdi *next; /* of the VM's */
	struct cca_conn *conn;
	uint64_t vdev; /* PA; 0: none */
	uint64_t vdev_id;
	bool created;
	bool locked;	    /* LOCK was asked for, and UNLOCK not answered */
	bool private;	    /* VFIO has let go of the BARs */
	uint64_t dev_pages; /* granules of it in the realm's table */
	int failed;	    /* of a LOCK that is being undone */
	unsigned step;
	struct cca_object meas, report;
	uint8_t meas_buf[CCA_MEAS_MAX];
	uint8_t report_buf[CCA_REPORT_MAX];
};

/* A table page of a realm: where it stands. */
struct cca_rtt {
	struct cca_rtt *next;
	uint64_t ipa;
	unsigned level;
};

struct cca_vm {
	bool realm;
	/* Of a realm. */
	bool da;
	uint8_t hash;
	uint8_t rpv[ARM_RME_CONFIG_RPV_SIZE];
	uint64_t rd; /* 0: not created */
	uint64_t root;
	bool active;
	unsigned ipa_bits;
	struct cca_rtt *rtts[3]; /* by level, 1 to 3 */
	uint64_t dev_pages;	 /* as of cca_tdi, of all */
	struct cca_tdi *tdis;
	/* Of an ordinary VM. */
	struct pt s2;
};

struct cca_rec {
	uint64_t rec; /* PA */
	uint64_t run;
	/* What the realm waits for from us, by the last exit's reason. */
	uint64_t reason;
	uint64_t base, top;
	uint64_t vdev_id; /* of RMI_EXIT_VDEV_REQUEST */
	uint8_t ripas;
	bool refused;
	bool sea; /* the access that left aborts: with the next entry */
};

struct cca_host {
	struct cca_host_cfg cfg;
	struct kernel *k;
	struct pci_ide_host *ide;
	uint64_t rmi_error;
	uint64_t leaked;
	uint64_t stream_table;
	uint64_t scratch; /* a non-secure granule for parameters */
	uint64_t list;	  /* and one for address lists */
	unsigned ipa_bits;
	bool psmmu_on;
	struct paged domains;
	struct kpool conn_pool, tdi_pool, vm_pool;
	struct kpool rtt_pool, rec_pool;
	struct pci_tsm_relay relay; /* where nobody gives one */
};

/* --- host_rmi.c: calls and granules --- */

/* x[0] the function id; returns, and leaves in x[0], the result. */
uint64_t cca_smc(struct cca_host *s, uint64_t x[CCA_SMC_REGS]);
/* As above, to its end if it is stateful: memory is given and taken back. */
uint64_t cca_sro(struct cca_host *s, uint64_t x[CCA_SMC_REGS]);
/* Result to errno, the one place of this boundary. */
int cca_errno(uint64_t result);

int cca_read(struct cca_host *s, uint64_t pa, void *out, size_t len);
int cca_write(struct cca_host *s, uint64_t pa, const void *in, size_t len);

/* 0 or -errno; all of the range, or what went is taken back. */
int cca_delegate(struct cca_host *s, uint64_t pa, uint64_t len);
int cca_undelegate(struct cca_host *s, uint64_t pa, uint64_t len);
/* A zeroed non-secure granule; 0: no memory. */
uint64_t cca_page(struct cca_host *s);
void cca_page_free(struct cca_host *s, uint64_t pa);
/* One that is delegated; given back, or counted as leaked. */
uint64_t cca_granule(struct cca_host *s);
void cca_granule_free(struct cca_host *s, uint64_t pa);
/* The parameters of a call to the scratch granule; its PA, or 0. */
uint64_t cca_params(struct cca_host *s, const uint8_t *p, size_t len);

/* --- host_rtt.c: a realm's tables --- */

/* One page of memory; -EBUSY: something is there. */
int cca_map_data(struct cca_host *s, struct cca_vm *v, uint64_t ipa,
		 uint64_t pa);
int cca_map_init(struct cca_host *s, struct cca_vm *v, uint64_t ipa,
		 uint64_t pa, uint64_t src, bool measure);
int cca_map_shared(struct cca_host *s, struct cca_vm *v, uint64_t ipa,
		   uint64_t pa, bool write);
/* Device memory of @t, [ipa, ipa + len) to [pa, ...), delegated; all of it,
 * or all of it is the host's again. */
int cca_map_dev(struct cca_host *s, struct cca_tdi *t, uint64_t ipa,
		uint64_t pa, uint64_t len);
/* Both views of [ipa, ipa + len); device granules become the host's again. */
int cca_unmap(struct cca_host *s, struct cca_vm *v, uint64_t ipa, uint64_t len);
/* A range call (INIT_RIPAS, SET_RIPAS, DEV_VALIDATE) from @base to @top; x is
 * its arguments, of which x[at] is the base. */
int cca_range(struct cca_host *s, struct cca_vm *v, uint64_t x[CCA_SMC_REGS],
	      unsigned at);
/* Every table page goes back. */
void cca_rtts_free(struct cca_host *s, struct cca_vm *v);

/* --- host_realm.c --- */

long cca_vm_ioctl(void *ctx, struct kvm_vm *vm, struct task *t, uint32_t cmd,
		  uintptr_t arg);
void cca_realm_destroy(struct cca_host *s, struct cca_vm *v);
/* Private pages of [gpa, gpa + len) that have a frame or can get one. */
int cca_populate(struct kvm_vm *vm, uint64_t gpa, uint64_t len);

/* --- host_rec.c --- */

int cca_vcpu_init(void *ctx, struct kvm_vcpu *v);
void cca_vcpu_fini(void *ctx, struct kvm_vcpu *v);
int cca_enter(void *ctx, struct kvm_vcpu *v);
int cca_call(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
	     struct kvm_run *run);
int cca_complete(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		 struct kvm_run *run);

/* --- host_comm.c: COMMUNICATE --- */

struct cca_talk {
	struct cca_comm *comm;
	struct cca_conn *conn;
	struct cca_tdi *tdi; /* NULL: of a PDEV */
	uint64_t pdev;
};

int cca_comm_new(struct cca_host *s, struct cca_comm *c);
void cca_comm_free(struct cca_host *s, struct cca_comm *c);
/*
 * Goes on with what the monitor has to say. 0: it is done, or failed, which
 * the object's state tells; 1: it waits for the other PDEV; -EINPROGRESS:
 * carry r->req; other -errno: given up, the object is aborted.
 */
int cca_talk(struct cca_host *s, const struct cca_talk *t,
	     struct pci_tsm_relay *r);
/* The same with a device that no longer answers. */
void cca_talk_dead(struct cca_host *s, const struct cca_talk *t);
void cca_object_reset(struct cca_object *o);

/* --- host_pdev.c --- */

int cca_connect(void *ctx, struct pci_dev *p, bool first,
		struct pci_tsm_relay *r);
int cca_disconnect(void *ctx, struct pci_dev *p, bool first,
		   struct pci_tsm_relay *r);
int cca_renew(void *ctx, struct pci_dev *p, enum pci_tsm_renew what, bool first,
	      struct pci_tsm_relay *r);
/* Whatever stands of it ends, and needs no device. */
void cca_conn_kill(struct cca_host *s, struct cca_conn *c);
/* Its device has left, and now its last interface: both were kept for it. */
void cca_conn_gone(struct cca_host *s, struct cca_conn *c);
/* After a failure: switches the stream off if the monitor has cut it. */
void cca_conn_look(struct cca_host *s, struct cca_conn *c);
/*
 * A stream past the root ports, to another endpoint that is connected, is asked
 * for. 0: there is none; else why it was refused, nothing has changed.
 */
int cca_peer_stream(struct cca_host *s, struct cca_conn *c);
uint64_t cca_pdev_state(struct cca_host *s, const struct cca_pdev *d);

/* --- host_key.c --- */

/* SET_PUBKEY from the leaf of the chain that was cached. */
int cca_set_pubkey(struct cca_host *s, struct cca_conn *c);

/* --- host_vdev.c --- */

int cca_bind(void *ctx, struct pci_tdi *tdi, bool first,
	     struct pci_tsm_relay *r);
int cca_unbind(void *ctx, struct pci_tdi *tdi, bool first,
	       struct pci_tsm_relay *r);
int cca_guest_req(void *ctx, struct pci_tdi *tdi, struct pci_tsm_guest_req *q,
		  bool first, struct pci_tsm_relay *r);
void cca_tdi_abort(struct cca_host *s, struct pci_tdi *tdi,
		   struct pci_tsm_relay *r, bool forget);
uint64_t cca_vdev_state(struct cca_host *s, const struct cca_tdi *t);
/* What stayed locked because nobody unmapped its MMIO: now it was. */
void cca_tdis_reap(struct cca_host *s, struct cca_vm *v);
struct cca_talk cca_tdi_talk(struct cca_tdi *t);

/* --- host_req.c: what a realm asks through its VMM --- */

/* The function's BAR that has this address, or NULL. */
const struct pci_bar *cca_bar_of(const struct pci_dev *p, uint64_t pa);

int cca_validate_mmio(struct cca_host *s, struct cca_tdi *t,
		      const struct pci_tsm_guest_req *q);
int cca_da_request(struct cca_host *s, struct cca_tdi *t,
		   const struct cca_da_req *q, bool first,
		   struct pci_tsm_relay *r, struct cca_da_resp *a);

static inline struct cca_vm *cca_vm_of(const struct cca_tdi *t)
{
	return t->vm;
}

/* host_smmu.c: domains, before any is made. */
void cca_smmu_init(struct cca_host *s);

#endif
