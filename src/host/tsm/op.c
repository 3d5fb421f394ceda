/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One operation at a time for each DSM, and the relay loop: each call advances
 * the operation by one exchange over the DSM's mailbox.
 */
#include <errno.h>

#include "base/bytes.h"
#include "host/tsm/tsm_priv.h"

void pci_tsm_op_begin(struct pci_tsm_dsm *d, enum pci_tsm_op_kind kind,
		      const void *owner, struct pci_tdi *tdi)
{
	d->op = kind;
	d->op_owner = owner;
	d->op_tdi = tdi;
	d->op_first = true;
	d->op_steps = 0;
	d->relay.rsp_len = 0;
	d->relay.req_len = 0;
	d->relay.err = 0;
}

/* @rsp: bytes that an exchange may have written. */
static void note_tops(struct pci_tsm_relay *r, size_t rsp)
{
	const size_t req =
		r->req_len < sizeof(r->req) ? r->req_len : sizeof(r->req);

	if (r->req_top < req)
		r->req_top = req;
	if (r->rsp_top < rsp)
		r->rsp_top = rsp;
}

void pci_tsm_op_end(struct pci_tsm_dsm *d, long ret)
{
	struct kernel *k = d->tsm.p->host->k;

	if (k->hw.env)
		env_trace(k->hw.env, K_TRACE_TSM, d->tsm.p->bdf, d->op,
			  (uint64_t)ret);
	d->op = PCI_TSM_OP_NONE;
	d->op_owner = NULL;
	d->op_tdi = NULL;
	/* Decrypted or not, what was carried does not stay (law 10). */
	note_tops(&d->relay, 0);
	bytes_wipe(d->relay.req, d->relay.req_top);
	bytes_wipe(d->relay.rsp, d->relay.rsp_top);
	d->relay.req_top = d->relay.rsp_top = 0;
	if (d->late && d->connected)
		pci_tsm_subs_probe(d->core, d);
}

static int op_call(struct pci_tsm_dsm *d, struct pci_tsm_guest_req *q)
{
	const struct pci_tsm_ops *ops = d->tsm.dev->ops;
	void *ctx = d->tsm.dev->ctx;
	struct pci_tsm_relay *r = &d->relay;
	bool first = d->op_first;

	d->op_first = false;
	switch (d->op) {
	case PCI_TSM_OP_CONNECT:
		return ops->connect(ctx, d->tsm.p, first, r);
	case PCI_TSM_OP_DISCONNECT:
		return ops->disconnect(ctx, d->tsm.p, first, r);
	case PCI_TSM_OP_BIND:
		return ops->bind(ctx, d->op_tdi, first, r);
	case PCI_TSM_OP_UNBIND:
		return ops->unbind(ctx, d->op_tdi, first, r);
	case PCI_TSM_OP_GUEST_REQ:
		return ops->guest_req(ctx, d->op_tdi, q, first, r);
	case PCI_TSM_OP_RENEW:
		return ops->renew(ctx, d->tsm.p, d->op_what, first, r);
	case PCI_TSM_OP_NONE:
		break;
	}
	return -EINVAL;
}

void pci_tsm_op_abort(struct pci_tsm_dsm *d)
{
	const struct pci_tsm_ops *ops = d->tsm.dev->ops;

	ops->abort(d->tsm.dev->ctx, d->tsm.p, d->op_tdi, &d->relay);
}

static long carry(struct pci_tsm_dsm *d, struct pci_tsm_relay *r)
{
	const struct pci_tsm_dev *dev = d->tsm.dev;

	if (dev->carry)
		return dev->carry(dev->carry_ctx, d->tsm.p, r);
	return pci_doe(d->tsm.p, r->type, r->req, r->req_len, r->rsp,
		       sizeof(r->rsp));
}

int pci_tsm_op_step(struct pci_tsm_dsm *d, struct pci_tsm_guest_req *q)
{
	struct pci_tsm_relay *r = &d->relay;
	int failed = r->err;
	int ret = op_call(d, q);
	long n;

	if (ret != -EINPROGRESS)
		return ret;
	if (failed || ++d->op_steps > PCI_TSM_STEPS_MAX ||
	    r->req_len > sizeof(r->req)) {
		pci_tsm_op_abort(d);
		return failed ? failed : -EIO;
	}
	n = carry(d, r);
	/* One that failed may have left any part of an answer there. */
	note_tops(r, n < 0 || (size_t)n > sizeof(r->rsp) ? sizeof(r->rsp)
							 : (size_t)n);
	r->err = n < 0 ? (int)n : 0;
	r->rsp_len = n < 0 ? 0 : (size_t)n;
	return -EAGAIN;
}

int pci_tsm_op_finish(struct pci_tsm_dsm *d, struct pci_tsm_guest_req *q)
{
	int ret;

	do
		ret = pci_tsm_op_step(d, q);
	while (ret == -EAGAIN);
	return ret;
}

enum pci_tsm_turn pci_tsm_turn(const struct pci_tsm_dsm *d,
			       enum pci_tsm_op_kind kind, const void *owner)
{
	if (!d || d->op == PCI_TSM_OP_NONE)
		return TSM_TURN_BEGIN;
	return d->op == kind && d->op_owner == owner ? TSM_TURN_GO_ON
						     : TSM_TURN_WAIT;
}

int pci_tsm_wait(const struct pci_tsm_core *c)
{
	return k_interrupted(c->k) ? -EINTR : -EAGAIN;
}
