/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bind, unbind, guest requests. Source: linux.md 3.1, 8
 */
#include <errno.h>

#include "host/tsm/tsm_priv.h"

void pci_tsm_tdi_free(struct pci_tsm_core *c, struct pci_tdi *tdi)
{
	struct pci_tsm *t = tdi->tsm;

	t->tdi = NULL;
	if (tdi->holder)
		*tdi->holder = NULL;
	kpool_put(&c->tdi_pool, tdi);
}

static int tdi_new(struct pci_tsm_core *c, struct pci_dev *p,
		   struct pci_tdi **out)
{
	struct pci_tdi *tdi = kpool_get(&c->tdi_pool);

	if (!tdi)
		return -ENOMEM;
	tdi->p = p;
	tdi->tsm = p->tsm;
	tdi->tsm->tdi = tdi;
	*out = tdi;
	return 0;
}

int pci_tsm_bind(struct pci_tsm_core *c, struct pci_dev *p, void *kvm,
		 uint32_t guest_rid, const struct pci_tdi_port *port,
		 void *port_ctx, const void *owner, struct pci_tdi **out)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	enum pci_tsm_turn turn = pci_tsm_turn(d, PCI_TSM_OP_BIND, owner);
	struct pci_tsm *t = p->tsm;
	int ret;

	if (!kvm || !d || !d->connected)
		return -EINVAL;
	if (turn == TSM_TURN_WAIT)
		return pci_tsm_wait(c);
	if (turn == TSM_TURN_BEGIN) {
		if (!t)
			return -EINVAL;
		if (t->tdi) {
			*out = t->tdi;
			return t->tdi->kvm == kvm ? 0 : -EBUSY;
		}
		if (!d->tsm.p->tee)
			return -ENXIO;
		if (!t->dev->ops->bind)
			return -EOPNOTSUPP;
		ret = tdi_new(c, p, &d->op_tdi);
		if (ret)
			return ret;
		d->op_tdi->kvm = kvm;
		d->op_tdi->guest_rid = guest_rid;
		d->op_tdi->port = port;
		d->op_tdi->port_ctx = port_ctx;
		pci_tsm_op_begin(d, PCI_TSM_OP_BIND, owner, d->op_tdi);
	} else if (d->op_tdi->p != p || d->op_tdi->kvm != kvm ||
		   d->op_tdi->guest_rid != guest_rid) {
		return -EBUSY; /* not the bind that was begun */
	}
	ret = pci_tsm_op_step(d, NULL);
	if (ret == -EAGAIN)
		return ret;
	if (ret)
		pci_tsm_tdi_free(c, d->op_tdi);
	else
		*out = d->op_tdi;
	pci_tsm_op_end(d, ret);
	return ret > 0 ? -EIO : ret;
}

int pci_tsm_unbind(struct pci_tsm_core *c, struct pci_tdi *tdi,
		   const void *owner)
{
	struct pci_tsm_dsm *d = tdi ? tdi->tsm->dsm : NULL;
	enum pci_tsm_turn turn = pci_tsm_turn(d, PCI_TSM_OP_UNBIND, owner);
	int ret;

	if (!d)
		return 0; /* nothing is bound */
	if (turn == TSM_TURN_WAIT)
		return -EAGAIN;
	if (turn == TSM_TURN_BEGIN)
		pci_tsm_op_begin(d, PCI_TSM_OP_UNBIND, owner, tdi);
	ret = pci_tsm_op_step(d, NULL);
	if (ret == -EAGAIN)
		return ret;
	pci_tsm_op_end(d, ret);
	pci_tsm_tdi_free(c, tdi);
	return ret > 0 ? -EIO : ret;
}

int pci_tsm_unbind_now(struct pci_tsm_core *c, struct pci_tdi *tdi)
{
	struct pci_tsm_dsm *d = tdi->tsm->dsm;
	bool gone = false;
	int ret;

	/*
	 * What is under way on this mailbox gives way: release cannot wait.
	 * The TDI's own unbind, given up half way, leaves none to unbind.
	 */
	if (d->op != PCI_TSM_OP_NONE && d->op_owner != tdi) {
		gone = d->op == PCI_TSM_OP_UNBIND && d->op_tdi == tdi;
		pci_tsm_abort(c, d->tsm.p, d->op_owner);
	}
	if (gone)
		return -EINTR;
	do
		ret = pci_tsm_unbind(c, tdi, tdi);
	while (ret == -EAGAIN);
	return ret;
}

int pci_tsm_guest_req(struct pci_tsm_core *c, struct pci_tdi *tdi,
		      struct pci_tsm_guest_req *q, const void *owner)
{
	struct pci_tsm_dsm *d;
	enum pci_tsm_turn turn;
	int ret;

	(void)c;
	if (!tdi || !tdi->tsm)
		return -ENXIO;
	d = tdi->tsm->dsm;
	turn = pci_tsm_turn(d, PCI_TSM_OP_GUEST_REQ, owner);
	if (turn == TSM_TURN_WAIT)
		return pci_tsm_wait(c);
	if (turn == TSM_TURN_BEGIN)
		pci_tsm_op_begin(d, PCI_TSM_OP_GUEST_REQ, owner, tdi);
	ret = pci_tsm_op_step(d, q);
	if (ret != -EAGAIN)
		pci_tsm_op_end(d, ret);
	return ret;
}
