/* SPDX-License-Identifier: BSD-2-Clause */
/* TSMs come and go, and functions do; what was under way then. */
#include "host/tsm/tsm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "host/tsm/tsm_priv.h"
#include "pci/regs.h"

int pci_tsm_parse(const char *name, int *n)
{
	int sign = 1, v = 0;

	if (strncmp(name, "tsm", 3) != 0)
		return -EINVAL;
	for (name += 3; *name == ' ' || *name == '\t';)
		name++;
	if (*name == '-') {
		sign = -1;
		name++;
	}
	if (*name < '0' || *name > '9')
		return -EINVAL;
	for (; *name >= '0' && *name <= '9' && v < 1000; name++)
		v = v * 10 + (*name - '0');
	*n = sign * v;
	return 0;
}

void pci_tsm_name(const struct pci_tsm_core *c, const struct pci_tsm_dev *dev,
		  char out[16])
{
	(void)snprintf(out, 16, "tsm%d", (int)(dev - c->devs));
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

/*
 * After an abort: connect leaves nothing, bind and unbind leave no TDI, a
 * disconnect is finished, a guest request leaves its TDI to be unbound, a
 * renewal what the architecture made of it. An unbind leads where an abort
 * does, and in order: it is not dropped.
 */
void pci_tsm_abort(struct pci_tsm_core *c, struct pci_dev *p, const void *owner)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	const struct pci_tsm *t = p->tsm;
	enum pci_tsm_op_kind op;
	struct pci_tdi *tdi;

	if (t && t->tdi && t->tdi->over == owner)
		t->tdi->over = NULL;
	if (!d || d->op == PCI_TSM_OP_NONE || d->op_owner != owner)
		return;
	op = d->op;
	tdi = d->op_tdi;
	if (op == PCI_TSM_OP_UNBIND) {
		(void)pci_tsm_unbind_finish(c, d);
		return;
	}
	pci_tsm_op_abort(d);
	pci_tsm_op_end(d, -EINTR);
	switch (op) {
	case PCI_TSM_OP_BIND:
		pci_tsm_tdi_free(c, tdi);
		break;
	case PCI_TSM_OP_CONNECT:
	case PCI_TSM_OP_DISCONNECT:
		d->connected = false;
		pci_tsm_dsm_free(c, d);
		break;
	case PCI_TSM_OP_UNBIND:
	case PCI_TSM_OP_GUEST_REQ:
	case PCI_TSM_OP_RENEW:
	case PCI_TSM_OP_NONE:
		break;
	}
}

/* What is under way for @p ends, and so does its binding. */
static void let_go(struct pci_tsm_core *c, struct pci_dev *p)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	struct pci_tsm *t;

	if (d && d->op != PCI_TSM_OP_NONE &&
	    (d->tsm.p == p || (d->op_tdi && d->op_tdi->p == p)))
		pci_tsm_abort(c, p, d->op_owner);
	t = p->tsm; /* an aborted bind or connect has taken it along */
	if (t && t->tdi)
		(void)pci_tsm_unbind_now(c, t->tdi);
}

/* linux.md 3.1: unbind all, then disconnect, then remove. */
void pci_tsm_drop(struct pci_tsm_core *c, struct pci_dev *p)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);

	if (!d)
		return;
	let_go(c, p);
	d = p->tsm ? ((struct pci_tsm *)p->tsm)->dsm : NULL;
	if (d && d->tsm.p != p)
		pci_tsm_sub_free(c, p);
	if (!d || d->tsm.p != p)
		return;
	for (struct pci_dev *v = p->host->devs; v; v = v->next) {
		struct pci_tsm *s = v->tsm;

		if (v != p && s && s->dsm == d && s->tdi)
			(void)pci_tsm_unbind_now(c, s->tdi);
	}
	(void)pci_tsm_disconnect_now(c, d);
}

/* --- registration --- */

static void removing(void *ctx, struct pci_dev *p)
{
	pci_tsm_drop(ctx, p);
}

/*
 * A function has come. Its context is made under the lock of its DSM: now, or
 * by whoever holds it when he lets go (linux.md 3.4, 3).
 */
static int added(void *ctx, struct pci_dev *p)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);

	if (!d || !d->connected)
		return 0;
	if (d->op != PCI_TSM_OP_NONE)
		d->late = true;
	else
		pci_tsm_subs_probe(ctx, d);
	return 0;
}

/*
 * Before what would put the interface into ERROR, or end the session: in
 * order, while the device still answers (law 47).
 */
static void upset(void *ctx, struct pci_dev *p, enum pci_upset what)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);

	/* A function that is not the DSM's keeps its context. */
	if (what == PCI_UPSET_DEVICE && d && d->tsm.p == p)
		pci_tsm_drop(ctx, p);
	else
		let_go(ctx, p);
}

int pci_tsm_core_init(struct pci_tsm_core *c, struct pci_host *pci)
{
	const struct pci_watch w = {
		.removing = removing, .added = added, .upset = upset, .ctx = c
	};
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

static bool complete(const struct pci_tsm_ops *ops)
{
	const bool bind = ops->bind && ops->unbind && ops->guest_req;
	const bool none = !ops->bind && !ops->unbind && !ops->guest_req;

	return ops->probe && ops->remove && ops->connect && ops->disconnect &&
	       ops->abort && ops->secure && (bind || none);
}

static void tell(struct pci_tsm_core *c, int n, const char *action)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/devices/virtual/tsm/tsm%d", n);
	k_uevent(c->k, action, path, "tsm", NULL);
}

/* CHANGE says that connect works from now on (Linux 7.3, tsm-core.c). */
int pci_tsm_register(struct pci_tsm_core *c, const struct pci_tsm_ops *ops,
		     void *ctx)
{
	if (!complete(ops))
		return -EINVAL;
	for (int i = 0; i < PCI_TSM_DEVS; i++)
		if (!c->devs[i].ops) {
			tell(c, i, "add");
			c->devs[i] =
				(struct pci_tsm_dev){ .ops = ops, .ctx = ctx };
			tell(c, i, "change");
			return i;
		}
	return -ENOSPC;
}

static struct pci_dev *user_of(const struct pci_tsm_core *c,
			       const struct pci_tsm_dev *dev)
{
	for (struct pci_dev *p = c->pci->devs; p; p = p->next) {
		const struct pci_tsm *t = p->tsm;

		if (t && t->dev == dev && t->dsm->tsm.p == p)
			return p;
	}
	return NULL;
}

/*
 * Hidden first, under no lock that a reader could wait for; then emptied; gone
 * last, so that its operations are there until the last of them is over
 * (linux.md 3.4, 1 and 2).
 */
int pci_tsm_unregister(struct pci_tsm_core *c, int n)
{
	struct pci_tsm_dev *dev;
	struct pci_dev *p;

	if (n < 0 || n >= PCI_TSM_DEVS || !c->devs[n].ops)
		return -ENXIO;
	dev = &c->devs[n];
	if (dev->leaving)
		return -EBUSY;
	dev->leaving = true;
	while ((p = user_of(c, dev)))
		pci_tsm_drop(c, p);
	IL_ASSERT(!dev->users);
	tell(c, n, "remove");
	*dev = (struct pci_tsm_dev){ .carry = dev->carry,
				     .carry_ctx = dev->carry_ctx };
	return 0;
}

void pci_tsm_stream(struct pci_dev *p, const char *name)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);

	if (d)
		(void)snprintf(d->stream, sizeof(d->stream), "%s",
			       name ? name : "");
}
