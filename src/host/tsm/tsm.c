/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs and the relay loop. One operation at a time for each DSM; each
 * call advances it by one exchange over the DSM's mailbox.
 */
#include "host/tsm/tsm.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "doe/doe.h"
#include "host/tsm/tsm_priv.h"
#include "pci/regs.h"

int pci_tsm_parse(const char *name)
{
	int n = 0;

	if (strncmp(name, "tsm", 3) != 0 || name[3] < '0' || name[3] > '9')
		return -EINVAL;
	for (name += 3; *name >= '0' && *name <= '9' && n < 1000; name++)
		n = n * 10 + (*name - '0');
	return n;
}

bool pci_tsm_capable(const struct pci_dev *p)
{
	return p->cap_pcie && !p->is_vf && !(p->bdf & 7) &&
	       (p->port_type == EXP_TYPE_ENDPOINT ||
		p->port_type == EXP_TYPE_UPSTREAM ||
		p->port_type == EXP_TYPE_RC_END) &&
	       (p->ide || p->tee);
}

struct pci_tsm *pci_tsm_of(const struct pci_dev *p)
{
	return p->tsm;
}

struct pci_tsm_dsm *pci_tsm_dsm_of(const struct pci_dev *p)
{
	const struct pci_dev *f0 = p->is_vf ? p->pf : p;
	struct pci_tsm *t;

	f0 = pci_find(p->host, f0->bdf & ~UINT32_C(7));
	t = f0 ? f0->tsm : NULL;
	return t ? t->dsm : NULL;
}

/* --- one operation --- */

static void op_begin(struct pci_tsm_dsm *d, enum pci_tsm_op_kind kind,
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

static void op_end(struct pci_tsm_dsm *d, long ret)
{
	struct kernel *k = d->tsm.p->host->k;

	if (k->hw.env)
		env_trace(k->hw.env, K_TRACE_TSM, d->tsm.p->bdf, d->op,
			  (uint64_t)ret);
	d->op = PCI_TSM_OP_NONE;
	d->op_owner = NULL;
	d->op_tdi = NULL;
	/* Decrypted or not, what was carried does not stay (law 10). */
	bytes_wipe(d->relay.req, sizeof(d->relay.req));
	bytes_wipe(d->relay.rsp, sizeof(d->relay.rsp));
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
	case PCI_TSM_OP_NONE:
		break;
	}
	return -EINVAL;
}

static void op_abort(struct pci_tsm_dsm *d)
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

/*
 * The relay loop, one turn. -EAGAIN: a message was carried. An operation that
 * asks for another exchange after one failed, or for more of them than any
 * protocol needs, is dropped (law 54).
 */
static int op_step(struct pci_tsm_dsm *d, struct pci_tsm_guest_req *q)
{
	struct pci_tsm_relay *r = &d->relay;
	int failed = r->err;
	int ret = op_call(d, q);
	long n;

	if (ret != -EINPROGRESS)
		return ret;
	if (failed || ++d->op_steps > PCI_TSM_STEPS_MAX ||
	    r->req_len > sizeof(r->req)) {
		op_abort(d);
		return failed ? failed : -EIO;
	}
	n = carry(d, r);
	r->err = n < 0 ? (int)n : 0;
	r->rsp_len = n < 0 ? 0 : (size_t)n;
	return -EAGAIN;
}

/* May @owner go on with, or begin, an operation of this kind? */
enum turn { TURN_WAIT, TURN_BEGIN, TURN_GO_ON };

static enum turn turn_of(const struct pci_tsm_dsm *d, enum pci_tsm_op_kind kind,
			 const void *owner)
{
	if (!d || d->op == PCI_TSM_OP_NONE)
		return TURN_BEGIN;
	return d->op == kind && d->op_owner == owner ? TURN_GO_ON : TURN_WAIT;
}

/* --- connect, disconnect --- */

static void dsm_free(struct pci_tsm_core *c, struct pci_tsm_dsm *d)
{
	d->tsm.dev->ops->remove(d->tsm.dev->ctx, d->tsm.p, d->tsm.priv);
	d->tsm.p->tsm = NULL;
	d->tsm.dev->users--;
	kpool_put(&c->dsm_pool, d);
}

static int dsm_new(struct pci_tsm_core *c, struct pci_dev *p, const char *name,
		   struct pci_tsm_dsm **out)
{
	int n = pci_tsm_parse(name);
	struct pci_tsm_dsm *d;
	struct pci_tsm_dev *dev;

	if (n < 0)
		return n;
	if (p->tsm)
		return -EBUSY;
	if (!pci_tsm_capable(p) || n >= PCI_TSM_DEVS || !c->devs[n].ops)
		return -ENXIO;
	dev = &c->devs[n];
	/* Both kinds of message must be served by one mailbox. */
	if (!pci_doe_has(p, DOE_TYPE_SPDM) || !pci_doe_has(p, DOE_TYPE_SECURED))
		return -ENXIO;
	d = kpool_get(&c->dsm_pool);
	if (!d)
		return -ENOMEM;
	d->tsm = (struct pci_tsm){ .dev = dev, .dsm = d, .p = p };
	if (dev->ops->probe(dev->ctx, p, &d->tsm.priv)) {
		kpool_put(&c->dsm_pool, d);
		return -ENXIO;
	}
	dev->users++;
	p->tsm = &d->tsm;
	*out = d;
	return 0;
}

/* Begins and ends a disconnect here and now; the device may be dead. */
static int disconnect_now(struct pci_tsm_core *c, struct pci_tsm_dsm *d)
{
	int ret;

	if (d->op != PCI_TSM_OP_NONE) {
		op_abort(d);
		op_end(d, -EINTR);
	}
	op_begin(d, PCI_TSM_OP_DISCONNECT, d, NULL);
	do
		ret = op_step(d, NULL);
	while (ret == -EAGAIN);
	op_end(d, ret);
	d->connected = false;
	dsm_free(c, d);
	return ret;
}

int pci_tsm_connect(struct pci_tsm_core *c, struct pci_dev *p, const char *name,
		    const void *owner)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	enum turn turn = turn_of(d, PCI_TSM_OP_CONNECT, owner);
	int ret;

	if (turn == TURN_WAIT)
		return -EAGAIN;
	if (turn == TURN_BEGIN) {
		ret = dsm_new(c, p, name, &d);
		if (ret)
			return ret;
		op_begin(d, PCI_TSM_OP_CONNECT, owner, NULL);
	}
	ret = op_step(d, NULL);
	if (ret == -EAGAIN)
		return ret;
	op_end(d, ret);
	if (ret) {
		dsm_free(c, d);
		return ret < 0 ? ret : -EIO; /* no byte counts from here */
	}
	/* Linux reports success here with an insecure stream (4.4). */
	if (!d->tsm.dev->ops->secure(d->tsm.dev->ctx, p)) {
		(void)disconnect_now(c, d);
		return -EIO;
	}
	d->connected = true;
	return 0;
}

static bool any_bound(const struct pci_tsm_dsm *d)
{
	for (const struct pci_dev *p = d->tsm.p->host->devs; p; p = p->next)
		if (p->tsm && ((struct pci_tsm *)p->tsm)->tdi &&
		    pci_tsm_dsm_of(p) == d)
			return true;
	return false;
}

int pci_tsm_disconnect(struct pci_tsm_core *c, struct pci_dev *p,
		       const char *name, const void *owner)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	enum turn turn = turn_of(d, PCI_TSM_OP_DISCONNECT, owner);
	int ret;

	if (turn == TURN_WAIT)
		return -EAGAIN;
	if (turn == TURN_BEGIN) {
		if (!d || !d->connected || d->tsm.p != p)
			return -ENXIO;
		if (pci_tsm_parse(name) != (int)(d->tsm.dev - c->devs))
			return -EINVAL;
		if (any_bound(d)) /* law 4 */
			return -EBUSY;
		op_begin(d, PCI_TSM_OP_DISCONNECT, owner, NULL);
	}
	ret = op_step(d, NULL);
	if (ret == -EAGAIN)
		return ret;
	op_end(d, ret);
	d->connected = false;
	dsm_free(c, d);
	return ret > 0 ? -EIO : ret;
}

/* --- bind, unbind, guest requests --- */

static void tdi_free(struct pci_tsm_core *c, struct pci_tdi *tdi)
{
	struct pci_tsm *t = tdi->tsm;

	t->tdi = NULL;
	if (tdi->holder)
		*tdi->holder = NULL;
	if (t->dsm->tsm.p != t->p) {
		t->dev->ops->remove(t->dev->ctx, t->p, t->priv);
		t->p->tsm = NULL;
		kpool_put(&c->tsm_pool, t);
	}
	kpool_put(&c->tdi_pool, tdi);
}

/* A function's own context; function 0 has it since connect. */
static int sub_new(struct pci_tsm_core *c, struct pci_tsm_dsm *d,
		   struct pci_dev *p)
{
	struct pci_tsm *t;

	if (p->tsm)
		return 0;
	t = kpool_get(&c->tsm_pool);
	if (!t)
		return -ENOMEM;
	*t = (struct pci_tsm){ .dev = d->tsm.dev, .dsm = d, .p = p };
	if (t->dev->ops->probe(t->dev->ctx, p, &t->priv)) {
		kpool_put(&c->tsm_pool, t);
		return -ENXIO;
	}
	p->tsm = t;
	return 0;
}

static int tdi_new(struct pci_tsm_core *c, struct pci_tsm_dsm *d,
		   struct pci_dev *p, struct pci_tdi **out)
{
	struct pci_tdi *tdi = kpool_get(&c->tdi_pool);
	int ret;

	if (!tdi)
		return -ENOMEM;
	ret = sub_new(c, d, p);
	if (ret) {
		kpool_put(&c->tdi_pool, tdi);
		return ret;
	}
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
	enum turn turn = turn_of(d, PCI_TSM_OP_BIND, owner);
	struct pci_tsm *t = p->tsm;
	int ret;

	if (!kvm || !d || !d->connected)
		return -EINVAL;
	if (turn == TURN_WAIT)
		return -EAGAIN;
	if (turn == TURN_BEGIN) {
		if (t && t->tdi) {
			*out = t->tdi;
			return t->tdi->kvm == kvm ? 0 : -EBUSY;
		}
		if (!d->tsm.p->tee)
			return -ENXIO;
		ret = tdi_new(c, d, p, &d->op_tdi);
		if (ret)
			return ret;
		d->op_tdi->kvm = kvm;
		d->op_tdi->guest_rid = guest_rid;
		d->op_tdi->port = port;
		d->op_tdi->port_ctx = port_ctx;
		op_begin(d, PCI_TSM_OP_BIND, owner, d->op_tdi);
	}
	ret = op_step(d, NULL);
	if (ret == -EAGAIN)
		return ret;
	if (ret)
		tdi_free(c, d->op_tdi);
	else
		*out = d->op_tdi;
	op_end(d, ret);
	return ret > 0 ? -EIO : ret;
}

int pci_tsm_unbind(struct pci_tsm_core *c, struct pci_tdi *tdi,
		   const void *owner)
{
	struct pci_tsm_dsm *d = tdi->tsm->dsm;
	enum turn turn = turn_of(d, PCI_TSM_OP_UNBIND, owner);
	int ret;

	if (turn == TURN_WAIT)
		return -EAGAIN;
	if (turn == TURN_BEGIN)
		op_begin(d, PCI_TSM_OP_UNBIND, owner, tdi);
	ret = op_step(d, NULL);
	if (ret == -EAGAIN)
		return ret;
	op_end(d, ret);
	tdi_free(c, tdi);
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
	enum turn turn;
	int ret;

	(void)c;
	if (!tdi || !tdi->tsm)
		return -ENXIO;
	d = tdi->tsm->dsm;
	turn = turn_of(d, PCI_TSM_OP_GUEST_REQ, owner);
	if (turn == TURN_WAIT)
		return -EAGAIN;
	if (turn == TURN_BEGIN)
		op_begin(d, PCI_TSM_OP_GUEST_REQ, owner, tdi);
	ret = op_step(d, q);
	if (ret != -EAGAIN)
		op_end(d, ret);
	return ret;
}

/*
 * After an abort: connect leaves nothing, bind and unbind leave no TDI, a
 * disconnect is finished, a guest request leaves its TDI to be unbound.
 */
void pci_tsm_abort(struct pci_tsm_core *c, struct pci_dev *p, const void *owner)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	enum pci_tsm_op_kind op;
	struct pci_tdi *tdi;

	if (!d || d->op == PCI_TSM_OP_NONE || d->op_owner != owner)
		return;
	op = d->op;
	tdi = d->op_tdi;
	op_abort(d);
	op_end(d, -EINTR);
	switch (op) {
	case PCI_TSM_OP_BIND:
	case PCI_TSM_OP_UNBIND:
		tdi_free(c, tdi);
		break;
	case PCI_TSM_OP_CONNECT:
	case PCI_TSM_OP_DISCONNECT:
		d->connected = false;
		dsm_free(c, d);
		break;
	case PCI_TSM_OP_GUEST_REQ:
	case PCI_TSM_OP_NONE:
		break;
	}
}

/* linux.md 3.1: unbind all, then disconnect, then remove. */
void pci_tsm_drop(struct pci_tsm_core *c, struct pci_dev *p)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	struct pci_tsm *t;

	if (!d)
		return;
	if (d->op != PCI_TSM_OP_NONE &&
	    (d->tsm.p == p || (d->op_tdi && d->op_tdi->p == p)))
		pci_tsm_abort(c, p, d->op_owner);
	t = p->tsm; /* an aborted bind or connect has taken it along */
	if (t && t->tdi)
		(void)pci_tsm_unbind_now(c, t->tdi);
	d = p->tsm ? ((struct pci_tsm *)p->tsm)->dsm : NULL;
	if (!d || d->tsm.p != p)
		return;
	for (struct pci_dev *v = p->host->devs; v; v = v->next) {
		struct pci_tsm *s = v->tsm;

		if (v != p && s && s->dsm == d && s->tdi)
			(void)pci_tsm_unbind_now(c, s->tdi);
	}
	(void)disconnect_now(c, d);
}

/* --- registration --- */

static void removing(void *ctx, struct pci_dev *p)
{
	pci_tsm_drop(ctx, p);
}

int pci_tsm_core_init(struct pci_tsm_core *c, struct pci_host *pci)
{
	const struct pci_watch w = { removing, c };
	int ret;

	memset(c, 0, sizeof(*c));
	c->k = pci->k;
	c->pci = pci;
	kpool_init(&c->dsm_pool, pci->k->arena, sizeof(struct pci_tsm_dsm), 0);
	kpool_init(&c->tsm_pool, pci->k->arena, sizeof(struct pci_tsm), 0);
	kpool_init(&c->tdi_pool, pci->k->arena, sizeof(struct pci_tdi), 0);
	ret = pci_watch_add(pci, &w);
	return ret ? ret : pci_tsm_sysfs_init(c);
}

int pci_tsm_register(struct pci_tsm_core *c, const struct pci_tsm_ops *ops,
		     void *ctx)
{
	if (!ops->probe || !ops->remove || !ops->connect || !ops->disconnect ||
	    !ops->bind || !ops->unbind || !ops->guest_req || !ops->abort ||
	    !ops->secure)
		return -EINVAL;
	for (int i = 0; i < PCI_TSM_DEVS; i++)
		if (!c->devs[i].ops) {
			c->devs[i] = (struct pci_tsm_dev){ ops, ctx, 0 };
			return i;
		}
	return -ENOSPC;
}

int pci_tsm_unregister(struct pci_tsm_core *c, int n)
{
	if (n < 0 || n >= PCI_TSM_DEVS || !c->devs[n].ops)
		return -ENXIO;
	/* Nobody may be on his way in or out (linux.md 3.4, 2). */
	if (c->devs[n].users)
		return -EBUSY;
	c->devs[n].ops = NULL;
	return 0;
}
