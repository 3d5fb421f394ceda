/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connect, disconnect, renew; and the contexts of a device's functions, which
 * live as long as the connection.
 *
 * Source: linux.md 1.6, 3.1 (Linux 7.3 drivers/pci/tsm.c)
 */
#include <errno.h>

#include "doe/doe.h"
#include "host/tsm/tsm_priv.h"

/* --- contexts --- */

/*
 * A probe that fails is not fatal to the connection; its function has no
 * context then, and bind is refused (Linux 7.3, pci_tsm_connect()).
 */
static void sub_probe(struct pci_tsm_core *c, struct pci_tsm_dsm *d,
		      struct pci_dev *p)
{
	struct pci_tsm *t = kpool_get(&c->tsm_pool);

	if (!t)
		return;
	*t = (struct pci_tsm){ .dev = d->tsm.dev, .dsm = d, .p = p };
	if (t->dev->ops->probe(t->dev->ctx, p, &t->priv))
		kpool_put(&c->tsm_pool, t);
	else
		p->tsm = t;
}

void pci_tsm_subs_probe(struct pci_tsm_core *c, struct pci_tsm_dsm *d)
{
	struct pci_dev *p = d->tsm.p;

	d->late = false;
	if (!p->tee)
		return;
	for (struct pci_dev *v = p->host->devs; v; v = v->next)
		if (!v->tsm && v->hdr_type == 0 && pci_tsm_dsm_of(v) == d)
			sub_probe(c, d, v);
}

void pci_tsm_sub_free(struct pci_tsm_core *c, struct pci_dev *p)
{
	struct pci_tsm *t = p->tsm;

	if (!t || t->dsm->tsm.p == p)
		return;
	t->dev->ops->remove(t->dev->ctx, p, t->priv);
	p->tsm = NULL;
	kpool_put(&c->tsm_pool, t);
}

/* Last comes first, as Linux walks them. */
static void subs_free(struct pci_tsm_core *c, struct pci_tsm_dsm *d)
{
	struct pci_dev *last;

	do {
		last = NULL;
		for (struct pci_dev *v = d->tsm.p->host->devs; v; v = v->next) {
			const struct pci_tsm *t = v->tsm;

			if (t && t->dsm == d && v != d->tsm.p)
				last = v;
		}
		if (last)
			pci_tsm_sub_free(c, last);
	} while (last);
}

void pci_tsm_dsm_free(struct pci_tsm_core *c, struct pci_tsm_dsm *d)
{
	subs_free(c, d);
	d->tsm.dev->ops->remove(d->tsm.dev->ctx, d->tsm.p, d->tsm.priv);
	d->tsm.p->tsm = NULL;
	d->tsm.dev->users--;
	kpool_put(&c->dsm_pool, d);
}

static int dsm_new(struct pci_tsm_core *c, struct pci_dev *p, int n,
		   struct pci_tsm_dsm **out)
{
	struct pci_tsm_dsm *d;
	struct pci_tsm_dev *dev;

	if (p->tsm)
		return -EBUSY;
	if (!pci_tsm_capable(p) || n < 0 || n >= PCI_TSM_DEVS ||
	    !c->devs[n].ops || c->devs[n].leaving)
		return -ENXIO;
	dev = &c->devs[n];
	/* Both kinds of message must be served by one mailbox. */
	if (!pci_doe_has(p, DOE_TYPE_SPDM) || !pci_doe_has(p, DOE_TYPE_SECURED))
		return -ENXIO;
	d = kpool_get(&c->dsm_pool);
	if (!d)
		return -ENOMEM;
	d->core = c;
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

/* --- connect --- */

static int connect_over(struct pci_tsm_core *c, struct pci_tsm_dsm *d, int ret)
{
	if (ret) {
		pci_tsm_op_end(d, ret);
		pci_tsm_dsm_free(c, d);
		return ret < 0 ? ret : -EIO; /* no byte counts from here */
	}
	/* Linux reports success here with an insecure stream (4.4). */
	if (!d->tsm.dev->ops->secure(d->tsm.dev->ctx, d->tsm.p)) {
		pci_tsm_op_end(d, -EIO);
		(void)pci_tsm_disconnect_now(c, d);
		return -EIO;
	}
	d->connected = true;
	pci_tsm_subs_probe(c, d); /* the lock is still held */
	pci_tsm_op_end(d, 0);
	return 0;
}

int pci_tsm_connect(struct pci_tsm_core *c, struct pci_dev *p, const char *name,
		    const void *owner)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	enum pci_tsm_turn turn = pci_tsm_turn(d, PCI_TSM_OP_CONNECT, owner);
	int n, ret = pci_tsm_parse(name, &n);

	if (ret)
		return ret;
	if (turn == TSM_TURN_WAIT)
		return pci_tsm_wait(c);
	if (turn == TSM_TURN_BEGIN) {
		ret = dsm_new(c, p, n, &d);
		if (ret)
			return ret;
		pci_tsm_op_begin(d, PCI_TSM_OP_CONNECT, owner, NULL);
	} else if (n != (int)(d->tsm.dev - c->devs)) {
		return -EBUSY; /* another TSM than the one that was begun */
	}
	ret = pci_tsm_op_step(d, NULL);
	return ret == -EAGAIN ? ret : connect_over(c, d, ret);
}

/* --- disconnect --- */

int pci_tsm_disconnect_now(struct pci_tsm_core *c, struct pci_tsm_dsm *d)
{
	int ret;

	if (d->op != PCI_TSM_OP_NONE) {
		pci_tsm_op_abort(d);
		pci_tsm_op_end(d, -EINTR);
	}
	subs_free(c, d);
	pci_tsm_op_begin(d, PCI_TSM_OP_DISCONNECT, d, NULL);
	d->connected = false;
	do
		ret = pci_tsm_op_step(d, NULL);
	while (ret == -EAGAIN);
	pci_tsm_op_end(d, ret);
	pci_tsm_dsm_free(c, d);
	return ret;
}

bool pci_tsm_any_bound(const struct pci_tsm_dsm *d)
{
	for (const struct pci_dev *p = d->tsm.p->host->devs; p; p = p->next) {
		const struct pci_tsm *t = p->tsm;

		if (t && t->tdi && t->dsm == d)
			return true;
	}
	return false;
}

/* The whole name: sysfs_streq(). */
static bool is_named(const struct pci_tsm_core *c, const struct pci_tsm_dsm *d,
		     const char *name)
{
	char is[16];

	pci_tsm_name(c, d->tsm.dev, is);
	return strcmp(name, is) == 0;
}

static int disconnect_begin(struct pci_tsm_core *c, struct pci_dev *p,
			    const char *name, const void *owner)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);

	if (!d || !d->connected || d->tsm.p != p)
		return -ENXIO;
	if (!is_named(c, d, name))
		return -EINVAL;
	if (pci_tsm_any_bound(d) || /* law 4 */
	    (d->tsm.dev->ops->busy &&
	     d->tsm.dev->ops->busy(d->tsm.dev->ctx, p)))
		return -EBUSY;
	subs_free(c, d);
	pci_tsm_op_begin(d, PCI_TSM_OP_DISCONNECT, owner, NULL);
	return 0;
}

int pci_tsm_disconnect(struct pci_tsm_core *c, struct pci_dev *p,
		       const char *name, const void *owner)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	enum pci_tsm_turn turn = pci_tsm_turn(d, PCI_TSM_OP_DISCONNECT, owner);
	int ret;

	if (turn == TSM_TURN_WAIT)
		return pci_tsm_wait(c);
	if (turn == TSM_TURN_BEGIN) {
		ret = disconnect_begin(c, p, name, owner);
		if (ret)
			return ret;
	} else if (!is_named(c, d, name)) {
		return -EINVAL;
	}
	ret = pci_tsm_op_step(d, NULL);
	if (ret == -EAGAIN)
		return ret;
	d->connected = false;
	pci_tsm_op_end(d, ret);
	pci_tsm_dsm_free(c, d);
	return ret > 0 ? -EIO : ret;
}

/* --- renew --- */

int pci_tsm_renew(struct pci_tsm_core *c, struct pci_dev *p,
		  enum pci_tsm_renew what, const void *owner)
{
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	enum pci_tsm_turn turn = pci_tsm_turn(d, PCI_TSM_OP_RENEW, owner);
	int ret;

	if (!d || d->tsm.p != p)
		return -ENXIO;
	if (turn == TSM_TURN_WAIT)
		return pci_tsm_wait(c);
	if (turn == TSM_TURN_BEGIN) {
		if (!d->connected)
			return -ENXIO;
		if (!d->tsm.dev->ops->renew)
			return -EOPNOTSUPP;
		pci_tsm_op_begin(d, PCI_TSM_OP_RENEW, owner, NULL);
		d->op_what = what;
	} else if (d->op_what != what) {
		return -EBUSY;
	}
	ret = pci_tsm_op_step(d, NULL);
	if (ret == -EAGAIN)
		return ret;
	pci_tsm_op_end(d, ret);
	return ret > 0 ? -EIO : ret;
}
