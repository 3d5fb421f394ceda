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

	if (!kvm)
		return -EINVAL;
	/* Also for a connect or a disconnect: only then is it known. */
	if (turn == TSM_TURN_WAIT)
		return pci_tsm_wait(c);
	if (!d || !d->connected)
		return -EINVAL;
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

int pci_tsm_unbind_finish(struct pci_tsm_core *c, struct pci_tsm_dsm *d)
{
	struct pci_tdi *tdi = d->op_tdi;
	int ret = pci_tsm_op_finish(d, NULL);

	pci_tsm_op_end(d, ret);
	pci_tsm_tdi_free(c, tdi);
	return ret > 0 ? -EIO : ret;
}

/* Another guest's request: what came of it waits for who comes back. */
static void request_finish(struct pci_tsm_dsm *d)
{
	struct pci_tdi *tdi = d->op_tdi;

	tdi->over = d->op_owner;
	tdi->over_ret = pci_tsm_op_finish(d, &tdi->req);
	tdi->over_req = tdi->req;
	pci_tsm_op_end(d, tdi->over_ret);
}

/*
 * Release cannot wait, and whoever holds the mailbox is not here to go on. An
 * unbind or another guest's request is carried to its end for him, in order: he
 * did nothing wrong, and a message that is dropped costs all functions the
 * session. The TDI's own unbind, half way, is what was asked for.
 */
static bool make_way(struct pci_tsm_core *c, struct pci_tsm_dsm *d,
		     const struct pci_tdi *tdi, int *ret)
{
	const bool own = d->op_tdi == tdi;

	if (d->op == PCI_TSM_OP_NONE || d->op_owner == tdi)
		return false;
	if (d->op == PCI_TSM_OP_UNBIND) {
		*ret = pci_tsm_unbind_finish(c, d);
		return own;
	}
	if (d->op == PCI_TSM_OP_GUEST_REQ && !own)
		request_finish(d);
	else
		pci_tsm_abort(c, d->tsm.p, d->op_owner);
	return false;
}

int pci_tsm_unbind_now(struct pci_tsm_core *c, struct pci_tdi *tdi)
{
	int ret;

	if (make_way(c, tdi->tsm->dsm, tdi, &ret))
		return ret;
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
	if (tdi->over && tdi->over == owner) {
		tdi->over = NULL;
		*q = tdi->over_req;
		return tdi->over_ret;
	}
	d = tdi->tsm->dsm;
	turn = pci_tsm_turn(d, PCI_TSM_OP_GUEST_REQ, owner);
	if (turn == TSM_TURN_WAIT)
		return pci_tsm_wait(c);
	if (turn == TSM_TURN_BEGIN) {
		tdi->req = *q;
		pci_tsm_op_begin(d, PCI_TSM_OP_GUEST_REQ, owner, tdi);
	}
	ret = pci_tsm_op_step(d, q);
	if (ret != -EAGAIN)
		pci_tsm_op_end(d, ret);
	return ret;
}
