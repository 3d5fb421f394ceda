/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections: a PDEV for the device and one for the root port above it, a
 * stream between them.
 *
 * Endpoint and root port are driven by turns. The root port's side of a stream
 * parks (STREAM_WAIT) until the endpoint has come as far; which of the two is
 * ahead the monitor knows (A.2, A.6).
 *
 * Source: Linux "CCA device assignment" v7 (2026),
 * drivers/virt/coco/arm-cca-host/{arm-cca.c,rmi-da.c}
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"

static struct cca_talk talk_ep(struct cca_conn *c)
{
	return (struct cca_talk){ .comm = &c->ep.comm,
				  .conn = c,
				  .pdev = c->ep.pa };
}

static struct cca_talk talk_rp(struct cca_conn *c)
{
	return (struct cca_talk){ .comm = &c->rp.comm,
				  .conn = c,
				  .pdev = c->rp.pa };
}

/* RMI_PDEV_ERROR, too, when nothing is told. */
uint64_t cca_pdev_state(struct cca_host *s, const struct cca_pdev *d)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_PDEV_GET_STATE, d->pa };

	return d->created && !cca_smc(s, x) ? x[1] : RMI_PDEV_ERROR;
}

/* --- PDEVs --- */

static int pdev_create(struct cca_host *s, struct cca_pdev *d,
		       const struct pci_dev *p, const struct pci_dev *port,
		       uint64_t category)
{
	uint8_t b[PDEV_PARAMS_LEN] = { 0 };
	uint64_t x[CCA_SMC_REGS] = { RMI_PDEV_CREATE };
	int ret = cca_comm_new(s, &d->comm);

	if (ret)
		return ret;
	d->pa = cca_granule(s);
	if (!d->pa)
		return -ENOMEM;
	cca_put_u64(b, PDEV_PARAMS_FLAGS,
		    category |
			    (category == PDEV_ROOTPORT ? 0 : PDEV_FLAGS_SPDM));
	cca_put_u64(b, PDEV_PARAMS_HB_BASE, s->cfg.hb_base);
	cca_put_u64(b, PDEV_PARAMS_PDEV_ID, p->bdf);
	cca_put_u64(b, PDEV_PARAMS_ROUTING_ID, port->bdf);
	/* VFs that come later are of it too: law 16 holds for them. */
	cca_put_u32(b, PDEV_PARAMS_RID_BASE, (uint32_t)port->bridge.bus << 8);
	cca_put_u32(b, PDEV_PARAMS_RID_TOP,
		    ((uint32_t)port->bridge.bus_last + 1) << 8);
	cca_put_u8(b, PDEV_PARAMS_HASH, RMI_HASH_SHA_384);
	x[1] = d->pa;
	x[2] = cca_params(s, b, sizeof(b));
	if (!x[2])
		return -EIO;
	ret = cca_errno(cca_sro(s, x));
	d->created = !ret;
	return ret;
}

static int pdev_destroy(struct cca_host *s, struct cca_pdev *d)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_PDEV_DESTROY, d->pa };
	int ret = d->created ? cca_errno(cca_sro(s, x)) : 0;

	if (ret)
		s->leaked++; /* and what it was given */
	else
		cca_granule_free(s, d->pa);
	cca_comm_free(s, &d->comm);
	*d = (struct cca_pdev){ 0 };
	return ret;
}

static int pdev_stop(struct cca_host *s, const struct cca_pdev *d)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_PDEV_STOP, d->pa };

	return cca_errno(cca_smc(s, x));
}

static int pdev_is(struct cca_host *s, const struct cca_pdev *d, uint64_t want)
{
	return cca_pdev_state(s, d) == want ? 0 : -EIO;
}

/* --- the stream --- */

static int stream_call(struct cca_host *s, const struct cca_conn *c,
		       uint64_t fid)
{
	uint64_t x[CCA_SMC_REGS] = { fid, c->ep.pa, c->rp.pa, c->handle };

	return cca_errno(cca_smc(s, x));
}

static void put_range(uint8_t *b, unsigned i, const struct pci_bar *w)
{
	cca_put_u64(b, STREAM_PARAMS_RANGE + 16 * (size_t)i, w->pa);
	cca_put_u64(b, STREAM_PARAMS_RANGE + 16 * (size_t)i + 8,
		    w->pa + w->size);
}

/* Address ranges are the root port's windows, in order. */
static unsigned put_ranges(uint8_t *b, const struct pci_dev *port)
{
	const struct pci_bar *w[] = { &port->window[0], &port->window[1] };
	unsigned n = 0;

	if (w[0]->size && w[1]->size && w[1]->pa < w[0]->pa) {
		w[0] = &port->window[1];
		w[1] = &port->window[0];
	}
	for (unsigned i = 0; i < COUNT(w); i++)
		if (w[i]->size)
			put_range(b, n++, w[i]);
	return n;
}

/* The call; what it names beside is in @b. 0, or -errno. */
static int stream_ask(struct cca_host *s, uint8_t b[STREAM_PARAMS_LEN],
		      const struct cca_pdev *one, const struct cca_pdev *two,
		      uint64_t *handle)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_PDEV_STREAM_CONNECT };

	cca_put_u8(b, STREAM_PARAMS_TYPE, RMI_STREAM_NCOH);
	cca_put_u64(b, STREAM_PARAMS_PDEV_1, one->pa);
	cca_put_u64(b, STREAM_PARAMS_PDEV_2, two->pa);
	x[1] = cca_params(s, b, STREAM_PARAMS_LEN);
	if (!x[1])
		return -EIO;
	if (cca_smc(s, x))
		return cca_errno(x[0]);
	*handle = x[1];
	return 0;
}

static int stream_connect(struct cca_host *s, struct cca_conn *c)
{
	uint8_t b[STREAM_PARAMS_LEN] = { 0 };

	cca_put_u64(b, STREAM_PARAMS_IDE_SID, (uint64_t)c->st->id);
	cca_put_u64(b, STREAM_PARAMS_NUM_RANGE, put_ranges(b, c->p->up));
	return stream_ask(s, b, &c->ep, &c->rp, &c->handle);
}

/* Another device of ours that is connected. */
static const struct cca_conn *peer_of(const struct cca_conn *c)
{
	for (const struct pci_dev *p = c->p->host->devs; p; p = p->next) {
		const struct pci_tsm *t = pci_tsm_of(p);
		const struct cca_conn *peer =
			t && t->dev->ops == &cca_tsm_ops ? t->priv : NULL;

		if (peer && peer != c && peer->handle)
			return peer;
	}
	return NULL;
}

int cca_peer_stream(struct cca_host *s, struct cca_conn *c)
{
	const struct cca_conn *peer = peer_of(c);
	uint8_t b[STREAM_PARAMS_LEN] = { 0 };
	uint64_t handle;
	int ret;

	if (!peer)
		return 0;
	cca_put_u64(b, STREAM_PARAMS_IDE_SID, (uint64_t)c->st->id + 1);
	ret = stream_ask(s, b, &c->ep, &peer->ep, &handle);
	/* A monitor that takes it is none that is known. */
	return ret ? ret : -EIO;
}

/* Registers first, keys after: the registration too (Linux's 4.4). */
static int stream_open(struct cca_host *s, struct cca_conn *c)
{
	struct pci_ide_stream *st = pci_ide_stream_alloc(s->ide, c->p);
	int ret;

	if (!st)
		return -ENOMEM; /* Linux's own errno for it */
	c->st = st;
	st->id = st->host_index;
	/* VFs that come later are of this stream too: law 16 holds for them. */
	st->ep.rid_base = 0;
	st->ep.rid_limit = 0xffff;
	st->rp.rid_base = (uint16_t)(c->p->up->bridge.bus << 8);
	st->rp.rid_limit = (uint16_t)(c->p->up->bridge.bus_last << 8 | 0xff);
	st->ep.dflt = true;
	st->rp.cfg = true;
	st->ep.tee_limited = !s->cfg.shared_on_stream;
	ret = pci_ide_stream_register(s->ide, st);
	if (!ret)
		pci_tsm_stream(c->p, st->name);
	if (!ret)
		ret = pci_ide_stream_setup(&st->ep, st->id);
	return ret ? ret : pci_ide_stream_setup(&st->rp, st->id);
}

/*
 * The keys are in, and it waits for its root port, which the monitor switches
 * on: ours goes first, while configuration requests still travel in the clear.
 */
static void ep_on(struct cca_conn *c)
{
	if (!c->st->ep.enabled)
		(void)pci_ide_stream_enable(&c->st->ep, c->st->id);
}

/*
 * Both ends of a stream as far as they go. 0: both are at the end of what was
 * begun; -EINPROGRESS; or what went wrong.
 */
static int both(struct cca_host *s, struct cca_conn *c, struct pci_tsm_relay *r)
{
	const struct cca_talk ep = talk_ep(c), rp = talk_rp(c);
	int ret;

	for (unsigned i = 0; i < CCA_COMM_TURNS; i++) {
		if (!c->ep.comm.asked && c->rp_waits != 0) {
			ret = cca_talk(s, &rp, r);
			if (ret < 0)
				return ret;
			c->rp_waits = ret;
		}
		if (c->ep_waits) {
			ret = cca_talk(s, &ep, r);
			if (ret < 0)
				return ret;
			c->ep_waits = ret;
			r->rsp_len = 0;
			if (c->ep_waits && c->step == CCA_STEP_STREAM)
				ep_on(c);
		}
		if (!c->ep_waits && !c->rp_waits)
			return 0;
	}
	return -EIO;
}

static void both_begin(struct cca_conn *c)
{
	c->ep_waits = c->rp_waits = true;
}

/* --- connect --- */

/* What the SPDM conversation of a step ends with. */
static int said(struct cca_host *s, struct cca_conn *c, uint64_t want,
		struct pci_tsm_relay *r)
{
	const struct cca_talk t = talk_ep(c);
	int ret = cca_talk(s, &t, r);

	return ret ? (ret > 0 ? -EIO : ret) : pdev_is(s, &c->ep, want);
}

/* The root port has nothing to say, nor to wait for, but it is asked. */
static int rp_asked(struct cca_host *s, struct cca_conn *c)
{
	const struct cca_talk t = talk_rp(c);
	const int ret = cca_talk(s, &t, NULL);

	return ret > 0 ? -EIO : ret;
}

static int conn_open(struct cca_host *s, struct cca_conn *c)
{
	int ret = stream_open(s, c);

	if (!ret)
		ret = pdev_create(s, &c->rp, c->p->up, c->p->up, PDEV_ROOTPORT);
	if (!ret)
		ret = rp_asked(s, c);
	if (!ret)
		ret = pdev_is(s, &c->rp, RMI_PDEV_READY);
	if (!ret)
		ret = pdev_create(s, &c->ep, c->p, c->p->up, PDEV_EP_OFF_CHIP);
	c->step = CCA_STEP_IDENTITY;
	return ret;
}

static int stream_on(struct cca_host *s, struct cca_conn *c)
{
	const int ret = stream_call(s, c, RMI_PDEV_STREAM_COMPLETE);

	if (ret)
		return ret;
	c->st->rp.enabled = true;
	/* Both ends say so themselves: neither's word is the other's. */
	return pci_ide_stream_secure(&c->st->ep) &&
			       pci_ide_stream_secure(&c->st->rp)
		       ? 0
		       : -EIO;
}

static int connect_run(struct cca_host *s, struct cca_conn *c,
		       struct pci_tsm_relay *r)
{
	int ret = 0;

	if (c->step == CCA_STEP_IDENTITY) {
		ret = said(s, c, RMI_PDEV_NEEDS_KEY, r);
		if (!ret)
			ret = cca_set_pubkey(s, c);
		if (ret)
			return ret;
		c->step = CCA_STEP_SESSION;
	}
	if (c->step == CCA_STEP_SESSION) {
		ret = said(s, c, RMI_PDEV_READY, r);
		if (!ret)
			ret = stream_connect(s, c);
		if (ret)
			return ret;
		c->step = CCA_STEP_STREAM;
		both_begin(c);
	}
	ret = both(s, c, r);
	return ret ? ret : stream_on(s, c);
}

int cca_connect(void *ctx, struct pci_dev *p, bool first,
		struct pci_tsm_relay *r)
{
	struct cca_host *s = ctx;
	struct cca_conn *c = pci_tsm_of(p)->priv;
	int ret = first ? conn_open(s, c) : 0;

	if (!ret)
		ret = connect_run(s, c, r);
	if (ret && ret != -EINPROGRESS)
		cca_conn_kill(s, c);
	return ret;
}

/* --- disconnect --- */

static void conn_close(struct cca_host *s, struct cca_conn *c)
{
	/* An interface that stayed locked keeps them: cca_conn_gone(). */
	if (!c->vdevs) {
		(void)pdev_destroy(s, &c->ep);
		(void)pdev_destroy(s, &c->rp);
		c->handle = 0;
	}
	if (c->st) {
		pci_tsm_stream(c->p, NULL);
		pci_ide_stream_release(s->ide, c->st);
	}
	c->st = NULL;
	cca_object_reset(&c->vca);
	cca_object_reset(&c->cert);
}

/* Steps that may each be refused; what is left then is leaked, and counted. */
void cca_conn_kill(struct cca_host *s, struct cca_conn *c)
{
	const struct cca_talk ep = talk_ep(c), rp = talk_rp(c);

	if (c->ep.created)
		cca_talk_dead(s, &ep);
	if (c->rp.created)
		cca_talk_dead(s, &rp);
	if (c->st) {
		pci_ide_stream_disable(&c->st->ep);
		pci_ide_stream_disable(&c->st->rp);
	}
	/* What was under way is over first; then the stream goes. */
	for (unsigned i = 0; i < 2 && c->handle; i++) {
		if (!stream_call(s, c, RMI_PDEV_STREAM_DISCONNECT)) {
			cca_talk_dead(s, &rp);
			cca_talk_dead(s, &ep);
			cca_talk_dead(s, &rp);
			i = 2;
		}
		if (!stream_call(s, c, RMI_PDEV_STREAM_COMPLETE) && i >= 2)
			c->handle = 0;
	}
	/* One that was to tell its device, and could not, has to be stopped
	 * once more: as one in ERROR, which tells nobody. */
	for (unsigned i = 0; i < 2 && c->ep.created &&
			     cca_pdev_state(s, &c->ep) != RMI_PDEV_STOPPED;
	     i++)
		if (!pdev_stop(s, &c->ep))
			cca_talk_dead(s, &ep);
	if (c->rp.created && !pdev_stop(s, &c->rp))
		cca_talk_dead(s, &rp);
	conn_close(s, c);
}

void cca_conn_gone(struct cca_host *s, struct cca_conn *c)
{
	if (c->p || c->vdevs)
		return;
	cca_conn_kill(s, c);
	kpool_put(&s->conn_pool, c);
}

static int stop_begin(struct cca_host *s, struct cca_conn *c)
{
	int ret;

	/* Keys that the device would not stop: the monitor has cut it off. */
	if (c->alive && cca_pdev_state(s, &c->ep) != RMI_PDEV_READY)
		return -EIO;
	ret = stream_call(s, c, RMI_PDEV_STREAM_COMPLETE);
	if (!ret)
		c->handle = 0;
	if (!ret)
		ret = pdev_stop(s, &c->rp);
	if (!ret)
		ret = rp_asked(s, c);
	return ret ? ret : pdev_stop(s, &c->ep);
}

/*
 * Enable goes off first, at the endpoint: with configuration requests under IDE
 * the messages that stop the keys would travel under the keys that they stop.
 */
static int disconnect_run(struct cca_host *s, struct cca_conn *c, bool first,
			  struct pci_tsm_relay *r)
{
	int ret = 0;

	if (first) {
		pci_ide_stream_disable(&c->st->ep);
		c->step = CCA_STEP_STREAM_OFF;
		c->alive = cca_pdev_state(s, &c->ep) == RMI_PDEV_READY;
		both_begin(c);
		ret = stream_call(s, c, RMI_PDEV_STREAM_DISCONNECT);
	}
	if (!ret && c->step == CCA_STEP_STREAM_OFF) {
		ret = both(s, c, r);
		if (!ret)
			ret = stop_begin(s, c);
		if (!ret)
			c->step = CCA_STEP_STOP;
	}
	return ret ? ret : said(s, c, RMI_PDEV_STOPPED, r);
}

int cca_disconnect(void *ctx, struct pci_dev *p, bool first,
		   struct pci_tsm_relay *r)
{
	struct cca_host *s = ctx;
	struct cca_conn *c = pci_tsm_of(p)->priv;
	int ret;

	if (!c->ep.created) {
		conn_close(s, c);
		return 0;
	}
	/* One that was cut off is told nothing, and that is said. */
	ret = first && cca_pdev_state(s, &c->ep) == RMI_PDEV_ERROR
		      ? -EIO
		      : disconnect_run(s, c, first, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (ret)
		cca_conn_kill(s, c); /* the device did not play along */
	else
		conn_close(s, c);
	return ret;
}

/* --- while it stands --- */

/*
 * Something failed. If the monitor has cut the device off, the stream has no
 * keys any more; what of its registers is ours is switched off, so that a
 * device that answers again is reached.
 */
void cca_conn_look(struct cca_host *s, struct cca_conn *c)
{
	if (!c->ep.created || !c->st ||
	    cca_pdev_state(s, &c->ep) != RMI_PDEV_ERROR)
		return;
	pci_ide_stream_disable(&c->st->ep);
	pci_ide_stream_disable(&c->st->rp);
}

/*
 * New keys of the stream. The monitor has no call for those of the session,
 * nor for a sign of life.
 */
int cca_renew(void *ctx, struct pci_dev *p, enum pci_tsm_renew what, bool first,
	      struct pci_tsm_relay *r)
{
	struct cca_host *s = ctx;
	struct cca_conn *c = pci_tsm_of(p)->priv;
	int ret = 0;

	if (what != PCI_TSM_RENEW_STREAM)
		return -EOPNOTSUPP;
	if (first) {
		ret = stream_call(s, c, RMI_PDEV_STREAM_KEY_REFRESH);
		if (ret)
			return ret;
		c->step = CCA_STEP_REFRESH;
		both_begin(c);
	}
	ret = both(s, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (!ret)
		ret = stream_call(s, c, RMI_PDEV_STREAM_COMPLETE);
	if (ret)
		cca_conn_look(s, c);
	return ret;
}
