/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_TSM_TSM_H
#define HOST_TSM_TSM_H

#include "host/pci/pci.h"

/*
 * PCI/TSM: the verbs connect, disconnect, bind, unbind and guest_req on
 * functions, their order and errors; the one loop that carries a TSM's
 * messages to a device; sysfs. The architecture's driver is a table.
 *
 * Locks are one for each DSM (a physical function 0), not one for the whole
 * system: an operation holds it from its first call to its last, and whoever
 * comes in between gets -EAGAIN. A hung device freezes itself alone.
 *
 * Source: linux.md 1.1, 1.6, 2, 3 (Linux 7.3 drivers/pci/tsm.c)
 */
#define PCI_TSM_DEVS	  4
#define PCI_TSM_MSG_MAX	  8192 /* one message either way */
#define PCI_TSM_STEPS_MAX 4096 /* exchanges of one operation: law 54 */

/* One exchange that an operation wants. */
struct pci_tsm_relay {
	uint8_t type; /* DOE object type: 1 plain, 2 secured */
	uint8_t req[PCI_TSM_MSG_MAX];
	size_t req_len;
	uint8_t rsp[PCI_TSM_MSG_MAX];
	size_t rsp_len;
	int err; /* of the exchange; rsp_len is then 0 */
	/* Of the operation: what of req and rsp was ever written. */
	size_t req_top;
	size_t rsp_top;
};

struct pci_tdi;
struct pci_tsm_core;
struct pci_tsm_dsm;

/* One guest request, as bind and the VMM agree on it (interlock_ext.h). */
struct pci_tsm_guest_req {
	uint32_t op;
	uint32_t arch;
	const uint8_t *req;
	uint32_t req_len;
	uint8_t *resp;
	uint32_t resp_cap;
	uint32_t resp_len;	/* out */
	uint64_t code;		/* out: the TSM's own status */
	const struct rule *why; /* out: what the driver says of a refusal */
	uint64_t why_addr;	/* out: of what, if it has an address */
};

enum pci_tsm_op_kind {
	PCI_TSM_OP_NONE,
	PCI_TSM_OP_CONNECT,
	PCI_TSM_OP_DISCONNECT,
	PCI_TSM_OP_BIND,
	PCI_TSM_OP_UNBIND,
	PCI_TSM_OP_GUEST_REQ,
	PCI_TSM_OP_RENEW,
};

/* What is made new while a connection stands. */
enum pci_tsm_renew {
	PCI_TSM_RENEW_STREAM,  /* the keys of the IDE stream */
	PCI_TSM_RENEW_SESSION, /* the keys of the SPDM session */
	PCI_TSM_RENEW_ALIVE,   /* nothing: a sign of life (HEARTBEAT) */
};

/*
 * The architecture's side. An operation answers 0 (done), -errno (over), or
 * -EINPROGRESS: carry r->req, put the answer into r->rsp and call again with
 * the same arguments. On the first call of an operation @r->rsp_len and
 * @r->err are 0 and @first is true.
 *
 * When r->err is set the exchange did not happen: the operation must end
 * (0 or -errno) in this call, isolating the device if it has to.
 */
struct pci_tsm_ops {
	const char *name;
	int (*probe)(void *ctx, struct pci_dev *p, void **priv);
	void (*remove)(void *ctx, struct pci_dev *p, void *priv);
	int (*connect)(void *ctx, struct pci_dev *p, bool first,
		       struct pci_tsm_relay *r);
	int (*disconnect)(void *ctx, struct pci_dev *p, bool first,
			  struct pci_tsm_relay *r);
	/*
	 * Gives @tdi its context; the interface stays unlocked until the
	 * guest asks. @kvm is the VM's cookie.
	 */
	int (*bind)(void *ctx, struct pci_tdi *tdi, bool first,
		    struct pci_tsm_relay *r);
	/* Cannot fail for good: 0, -EINPROGRESS, or -errno and still gone. */
	int (*unbind)(void *ctx, struct pci_tdi *tdi, bool first,
		      struct pci_tsm_relay *r);
	/* 0, -errno, or a positive residue. */
	int (*guest_req)(void *ctx, struct pci_tdi *tdi,
			 struct pci_tsm_guest_req *q, bool first,
			 struct pci_tsm_relay *r);
	/*
	 * The operation under way is dropped between two exchanges. Leaves
	 * connect disconnected, guest_req with an unusable TDI.
	 */
	void (*abort)(void *ctx, struct pci_dev *p, struct pci_tdi *tdi,
		      struct pci_tsm_relay *r);
	/* Is every stream of the connection Secure? connect needs it. */
	bool (*secure)(void *ctx, struct pci_dev *p);
	/*
	 * Does firmware hold an interface of it still that is bound to nobody
	 * any more? It is not disconnected then. May be NULL.
	 */
	bool (*busy)(void *ctx, struct pci_dev *p);
	/* NULL: the architecture has nothing to renew. 0, -errno. */
	int (*renew)(void *ctx, struct pci_dev *p, enum pci_tsm_renew what,
		     bool first, struct pci_tsm_relay *r);
};

/*
 * Carries the message in @r to the device, as pci_doe() does, and its answer
 * back: bytes in r->rsp, or -errno. A host that does it otherwise is what the
 * platform has to live with.
 */
typedef long pci_tsm_carry(void *ctx, struct pci_dev *p,
			   struct pci_tsm_relay *r);

struct pci_tsm_dev {
	const struct pci_tsm_ops *ops; /* NULL: free */
	void *ctx;
	pci_tsm_carry *carry; /* NULL outside worlds: by the mailbox */
	void *carry_ctx;
	unsigned users; /* connected functions */
	bool leaving;	/* nobody finds it any more */
};

/* A function's TSM context. */
struct pci_tsm {
	struct pci_tsm_dev *dev;
	struct pci_tsm_dsm *dsm;
	struct pci_dev *p;
	struct pci_tdi *tdi;
	void *priv; /* the architecture's */
};

/* What function 0 adds: the mailbox, the lock, the operation under way. */
struct pci_tsm_dsm {
	struct pci_tsm tsm;
	struct pci_tsm_core *core;
	bool connected;
	enum pci_tsm_op_kind op;
	const void *op_owner; /* who began it: a file, a vDevice */
	struct pci_tdi *op_tdi;
	bool op_first;
	enum pci_tsm_renew op_what;
	unsigned op_steps;
	bool late;	 /* a function came while the lock was held */
	char stream[24]; /* "stream0.0.0", or none */
	struct pci_tsm_relay relay;
};

/* A function bound to a VM. */
struct pci_tdi {
	struct pci_tsm *tsm;
	struct pci_dev *p;
	void *kvm; /* compared, not used */
	uint32_t guest_rid;
	/* Where iommufd's vDevice keeps us: NULL is put there when we go. */
	struct pci_tdi **holder;
	void *priv;		      /* the architecture's */
	struct pci_tsm_guest_req req; /* under way */
	/* One that is over, whose owner does not know yet; or NULL. */
	const void *over;
	struct pci_tsm_guest_req over_req;
	int over_ret;
	/* What bind is made of, filled by iommufd before bind. */
	const struct pci_tdi_port *port;
	void *port_ctx;
};

/*
 * What the architecture may ask of KVM, iommufd and VFIO about the binding,
 * without knowing them. Filled by iommufd and VFIO.
 */
struct pci_tdi_port {
	/* Host mappings go, and come back; -EBUSY if one cannot go. */
	int (*mmio_private)(void *ctx, bool on);
	/*
	 * Whoever has the BARs mapped by their dma-bufs lets go of them, and
	 * maps what he finds when he needs them again: for a platform that
	 * keeps an interface as long as a guest's table leads to its MMIO. May
	 * be NULL.
	 */
	void (*mmio_gone)(void *ctx);
	/* The VM that the device was given to; NULL: nobody said. */
	void *(*kvm)(void *ctx);
};

struct pci_tsm_core {
	struct kernel *k;
	struct pci_host *pci;
	struct pci_tsm_dev devs[PCI_TSM_DEVS];
	struct kpool dsm_pool;
	struct kpool tsm_pool;
	struct kpool tdi_pool;
};

int pci_tsm_core_init(struct pci_tsm_core *c, struct pci_host *pci);
/*
 * The number N of tsmN. -ENOSPC; -EINVAL: an operation is missing, by which
 * a connection could not be made or ended. Without any of bind, unbind and
 * guest_req it is a TSM that only connects, as Linux 7.3 has it.
 */
int pci_tsm_register(struct pci_tsm_core *c, const struct pci_tsm_ops *ops,
		     void *ctx);
/*
 * The TSM leaves. From the first moment on nobody connects to it; then each of
 * its functions is unbound, disconnected and forgotten, whatever the devices
 * say. -ENXIO; -EBUSY: it is leaving already.
 */
int pci_tsm_unregister(struct pci_tsm_core *c, int n);
/*
 * Shows @p's stream under /sys/class/tsm/tsmN; NULL: no more. As Linux's
 * tsm_ide_stream_register().
 */
void pci_tsm_stream(struct pci_dev *p, const char *name);

/* linux.md 1.1: may this function be a DSM? */
bool pci_tsm_capable(const struct pci_dev *p);

/*
 * The verbs. -EAGAIN: one exchange was made, or another operation holds the
 * DSM; call again with the same arguments. -EINTR: another one holds it, and
 * a signal is there for the task; nothing has changed. -EBUSY, too: @owner goes
 * on with other arguments than it began with (disconnect: -EINVAL); what it
 * began stands where it stood (law 52). Errors as linux.md 1.6 and 3.1.
 *
 * pci_tsm_connect: -EINVAL name, -EBUSY connected, -ENXIO no such TSM or probe
 * failed, -EIO the stream is not Secure.
 * pci_tsm_disconnect: -ENXIO not connected, -EINVAL other name, -EBUSY bound.
 * Linux unbinds what is bound; here its owner has to (law 4).
 * pci_tsm_renew: -ENXIO not connected, -EOPNOTSUPP the TSM has no such thing.
 */
int pci_tsm_connect(struct pci_tsm_core *c, struct pci_dev *p, const char *name,
		    const void *owner);
int pci_tsm_disconnect(struct pci_tsm_core *c, struct pci_dev *p,
		       const char *name, const void *owner);
int pci_tsm_renew(struct pci_tsm_core *c, struct pci_dev *p,
		  enum pci_tsm_renew what, const void *owner);
/*
 * -EINVAL no kvm or no TSM context; -EOPNOTSUPP a TSM that only connects;
 * -EBUSY bound to another kvm; 0 and the same TDI if bound to this one.
 */
int pci_tsm_bind(struct pci_tsm_core *c, struct pci_dev *p, void *kvm,
		 uint32_t guest_rid, const struct pci_tdi_port *port,
		 void *port_ctx, const void *owner, struct pci_tdi **out);
/* Always ends unbound; a step that failed is reported once it is over. */
int pci_tsm_unbind(struct pci_tsm_core *c, struct pci_tdi *tdi,
		   const void *owner);
/*
 * -ENXIO no TDI. The buffers of @q stay until it is over or @owner aborts it:
 * who releases another function of the device carries it to its end.
 */
int pci_tsm_guest_req(struct pci_tsm_core *c, struct pci_tdi *tdi,
		      struct pci_tsm_guest_req *q, const void *owner);
/* Drops what @owner began, if anything; an unbind is carried to its end. */
void pci_tsm_abort(struct pci_tsm_core *c, struct pci_dev *p,
		   const void *owner);
/* Unbind, disconnect and forget, at once: removal, reset, exit. */
void pci_tsm_drop(struct pci_tsm_core *c, struct pci_dev *p);
/* Runs an unbind to its end here and now; for release paths. */
int pci_tsm_unbind_now(struct pci_tsm_core *c, struct pci_tdi *tdi);

/* "tsm0" */
void pci_tsm_name(const struct pci_tsm_core *c, const struct pci_tsm_dev *dev,
		  char out[16]);
struct pci_tsm *pci_tsm_of(const struct pci_dev *p);
struct pci_tsm_dsm *pci_tsm_dsm_of(const struct pci_dev *p);

#endif
