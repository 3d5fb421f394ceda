/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One TDI: bind gives it a context, the guest's wishes bind, start and stop it,
 * unbind takes everything back.
 *
 * A lock does what the list asked of a bind (DESIGN section 1): the host's own
 * access to the BARs goes (VFIO); its MMIO is given to the TVM, region by
 * region, before the TSM locks the interface over DOE; both tables are there
 * then and authorise nothing before the TVM starts it. Requests of the TVM
 * come here for their messages alone: the TSM has the call, the host carries.
 *
 * Source: CoVE-IO, "Interface Binding", "Interface Unbinding"
 */
#include <errno.h>

#include "arch/cove/host_priv.h"
#include "host/uapi/interlock_ext.h"

struct cove_conn *cove_conn_of(const struct pci_tdi *tdi)
{
	return tdi->tsm->dsm->tsm.priv;
}

static uint64_t tvm_of(const struct pci_tdi *tdi)
{
	const struct cove_vm *v = ((const struct kvm_vm *)tdi->kvm)->priv;

	return v->id;
}

/* Regions first, then the host's own mappings (law 37). */
static int give_back(struct cove_host *s, struct pci_tdi *tdi)
{
	struct cove_tdi *t = tdi->priv;
	int ret = cove_regions_back(s, tdi);

	if (t->private)
		(void)tdi->port->mmio_private(tdi->port_ctx, false);
	t->private = false;
	return ret;
}

static void unbind_call(struct cove_host *s, struct pci_tdi *tdi)
{
	const struct cove_tdi *t = tdi->priv;

	(void)s;
	cove_call_new(cove_conn_of(tdi), COVH_UNBIND_INTERFACE, tvm_of(tdi),
		      t->id, 0, 0);
}

/* What its TVM asked of the device, the TSM has answered. */
static void unbound(struct pci_tdi *tdi)
{
	struct cove_conn *c = cove_conn_of(tdi);
	struct cove_tdi *t = tdi->priv;

	t->bound = false;
	if (c->guest && c->guest->vm->kvm == tdi->kvm &&
	    c->guest->if_id == t->id)
		c->guest = NULL;
}

/*
 * Unbinds without a device that answers; needs nobody (law 49). The TSM cuts
 * the device off then (law 48), and lets go when it is asked again.
 */
static void unbind_now(struct cove_host *s, struct pci_tdi *tdi)
{
	struct cove_conn *c = cove_conn_of(tdi);
	struct cove_tdi *t = tdi->priv;
	const int64_t why = s->sbi_error;

	for (unsigned i = 0; t->bound && i < 2; i++) {
		uint64_t value = COVE_SPDM_COMPLETED;

		unbind_call(s, tdi);
		if (cove_covh(s, c->call.fid, c->call.a, &value))
			continue;
		t->bound = value == COVE_SPDM_PENDING;
		c->call.issued = t->bound;
		cove_call_end(s, c);
	}
	unbound(tdi);
	s->sbi_error = why;
}

static void tdi_free(struct cove_host *s, struct pci_tdi *tdi)
{
	((struct kvm_vm *)tdi->kvm)->bound--;
	kpool_put(&s->tdi_pool, tdi->priv);
	tdi->priv = NULL;
}

/* --- bind, unbind --- */

int cove_tdi_bind(void *ctx, struct pci_tdi *tdi, bool first,
		  struct pci_tsm_relay *r)
{
	struct cove_host *s = ctx;
	const struct cove_vm *v = ((const struct kvm_vm *)tdi->kvm)->priv;
	struct cove_tdi *t;

	(void)first;
	(void)r;
	if (!v->tvm)
		return -EINVAL;
	t = kpool_get(&s->tdi_pool);
	if (!t)
		return -ENOMEM;
	t->id = COVE_DEV_ID(tdi->p->bdf >> 16, tdi->p->bdf & 0xffff);
	tdi->priv = t;
	((struct kvm_vm *)tdi->kvm)->bound++;
	return 0;
}

/*
 * 0, -EINPROGRESS, or why the interface was not stopped in order. A TVM that
 * stopped it by itself has unbound it: the TSM says so by INVALID_STATE, and
 * nothing is left to be done. Source: CoVE-IO, stop_interface
 */
static int unbind_run(struct cove_host *s, struct pci_tdi *tdi, bool first,
		      struct pci_tsm_relay *r)
{
	struct cove_conn *c = cove_conn_of(tdi);
	struct cove_tdi *t = tdi->priv;
	int ret;

	if (!t->bound)
		return 0;
	if (first)
		unbind_call(s, tdi);
	ret = cove_call_run(s, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (first && ret && s->sbi_error == SBI_ERR_ALREADY_STOPPED)
		ret = 0;
	else if (ret)
		unbind_now(s, tdi);
	unbound(tdi);
	return ret;
}

int cove_tdi_unbind(void *ctx, struct pci_tdi *tdi, bool first,
		    struct pci_tsm_relay *r)
{
	struct cove_host *s = ctx;
	struct cove_conn *c = cove_conn_of(tdi);
	int ret = unbind_run(s, tdi, first, r), back;

	if (ret == -EINPROGRESS)
		return ret;
	back = give_back(s, tdi);
	tdi_free(s, tdi);
	if (ret)
		cove_conn_look(s, c);
	return ret ? -EIO : back;
}

void cove_tdi_abort(struct cove_host *s, struct pci_tdi *tdi, bool forget)
{
	if (!tdi->priv)
		return;
	unbind_now(s, tdi);
	(void)give_back(s, tdi);
	if (forget)
		tdi_free(s, tdi);
}

/* --- what a guest asks for --- */

static const struct rule rule_p2p = {
	.name = "no-p2p-connect",
	.says = "a device has one stream, to its root port: one that is "
		"connected is connected to no peer, and bind has no flags",
	.source = "CoVE-IO draft of 2026-05-03, \"Selective Streams\": one "
		  "single selective stream for each physical device",
	.sure = SURE_SPEC,
};

/* The host does not say what a lock asks of a device; a stream it describes. */
static int peers(struct cove_host *s, struct pci_tdi *tdi,
		 struct pci_tsm_guest_req *q)
{
	int ret = s->cfg.lock_p2p ? cove_peer_stream(s, cove_conn_of(tdi)) : 0;

	if (ret)
		q->why = &rule_p2p;
	return ret;
}

static int lock_begin(struct cove_host *s, struct pci_tdi *tdi)
{
	struct cove_tdi *t = tdi->priv;
	int ret = t->bound || t->n ? -EBUSY : 0;

	if (!ret)
		ret = tdi->port->mmio_private(tdi->port_ctx, true);
	if (ret)
		return ret;
	t->private = true;
	ret = cove_regions_add(s, tdi);
	if (ret) {
		(void)give_back(s, tdi);
		return ret;
	}
	/*
	 * From here on the TSM may have locked it: whatever ends this, it is
	 * unbound by command, not by belief (law 18).
	 */
	t->bound = true;
	cove_call_new(cove_conn_of(tdi), COVH_BIND_INTERFACE, tvm_of(tdi),
		      t->id, 0, 0);
	return 0;
}

static int lock(struct cove_host *s, struct pci_tdi *tdi, bool first,
		struct pci_tsm_relay *r, struct pci_tsm_guest_req *q)
{
	int ret = first ? peers(s, tdi, q) : 0;
	int64_t why;

	if (!ret && first)
		ret = lock_begin(s, tdi);
	if (ret)
		return ret;
	ret = cove_call_run(s, cove_conn_of(tdi), r);
	if (!ret || ret == -EINPROGRESS)
		return ret;
	why = s->sbi_error;
	unbind_now(s, tdi);
	(void)give_back(s, tdi);
	s->sbi_error = why;
	return ret;
}

static int unlock(struct cove_host *s, struct pci_tdi *tdi, bool first,
		  struct pci_tsm_relay *r)
{
	int ret = unbind_run(s, tdi, first, r), back;
	const int64_t why = s->sbi_error;

	if (ret == -EINPROGRESS)
		return ret;
	back = give_back(s, tdi);
	if (ret)
		s->sbi_error = why;
	return ret ? ret : back;
}

static uint32_t state_of(const struct pci_tsm_guest_req *q)
{
	return q->op == IOMMU_TSM_OP_SET_TDI_STATE && q->req_len == 4
		       ? cove_u32(q->req, 0)
		       : UINT32_MAX;
}

/*
 * What a TVM asked of its device itself is the TSM's: its messages are carried,
 * whatever the VMM calls it. Its STOP has none: the TSM has ended its grants
 * and waits for the host to unbind. OPEN: so the unbinding flow's diagram; the
 * text lets stop_interface() unbind by itself.
 */
static struct cove_vcpu *caller(const struct pci_tdi *tdi, uint32_t state)
{
	const struct cove_tdi *t = tdi->priv;
	struct cove_vm *v = ((struct kvm_vm *)tdi->kvm)->priv;

	if (state != UINT32_MAX && state != IOMMU_TSM_TDI_RUN)
		return NULL;
	for (unsigned i = 0; i < COUNT(v->vcpu); i++)
		if ((v->vcpu[i].pending || v->vcpu[i].ahead) &&
		    v->vcpu[i].if_id == t->id)
			return &v->vcpu[i];
	return NULL;
}

static int act(struct cove_host *s, struct pci_tdi *tdi,
	       struct pci_tsm_guest_req *q, bool first, struct pci_tsm_relay *r)
{
	struct cove_conn *c = cove_conn_of(tdi);
	const uint32_t state = state_of(q);

	if (first) {
		c->carrying = false;
		c->want = caller(tdi, state);
	}
	if (first && c->want && c->want->ahead)
		return 0; /* carried on another's behalf, and done */
	if (c->want)
		return cove_guest_carry(s, c, first, r);
	switch (state) {
	case IOMMU_TSM_TDI_LOCKED:
		return lock(s, tdi, first, r, q);
	case IOMMU_TSM_TDI_STOP: /* the regions stay */
		return unbind_run(s, tdi, first, r);
	case IOMMU_TSM_TDI_UNLOCKED:
		return unlock(s, tdi, first, r);
	default: /* to start it is the TVM's, as is all the rest */
		return -EINVAL;
	}
}

int cove_tdi_guest_req(void *ctx, struct pci_tdi *tdi,
		       struct pci_tsm_guest_req *q, bool first,
		       struct pci_tsm_relay *r)
{
	struct cove_host *s = ctx;
	struct cove_tsm_resp a = { 0 };
	const struct cove_tdi *t = tdi->priv;
	int ret;

	if (q->arch != IOMMU_TSM_ARCH_COVE)
		return -EOPNOTSUPP;
	if (!t || q->resp_cap < sizeof(a))
		return -EINVAL;
	if (first)
		s->sbi_error = SBI_SUCCESS;
	ret = act(s, tdi, q, first, r);
	if (ret == -EINPROGRESS)
		return ret;
	cove_conn_of(tdi)->carrying = false;
	a.device_if_id = t->id;
	a.sbi_error = s->sbi_error;
	q->code = (uint64_t)s->sbi_error;
	memcpy(q->resp, &a, sizeof(a));
	q->resp_len = sizeof(a);
	if (ret)
		cove_conn_look(s, cove_conn_of(tdi));
	return ret;
}
