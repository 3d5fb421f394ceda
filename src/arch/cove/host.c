/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform, and connections: connect, disconnect and renewal of the link
 * TSM. Linux has no driver of CoVE-IO; the order is the specification's.
 * Source: CoVE-IO, "Device Connection", "Device Disconnection", "Session Key
 * Update"
 */
#include "arch/cove/host.h"

#include <errno.h>

#include "arch/cove/host_priv.h"
#include "base/bytes.h"

int64_t cove_host_sbi_error(const struct cove_host *s)
{
	return s->sbi_error;
}

uint64_t cove_host_leaked(const struct cove_host *s)
{
	return s->leaked;
}

struct cove_host *cove_host_prepare(const struct cove_host_cfg *cfg)
{
	struct cove_host *s = ARENA_NEW(cfg->arena, struct cove_host);

	if (!s)
		return NULL;
	s->cfg = *cfg;
	kpool_init(&s->conn_pool, cfg->arena, sizeof(struct cove_conn), 0);
	kpool_init(&s->tdi_pool, cfg->arena, sizeof(struct cove_tdi), 0);
	kpool_init(&s->vm_pool, cfg->arena, sizeof(struct cove_vm), 0);
	cove_iommu_init(s);
	return s;
}

/* --- the platform --- */

/* Linux: kvm_riscv_cove_init(), as in the RFC. */
static int tsm_info(struct cove_host *s)
{
	const uint64_t a[6] = { s->page, TSM_INFO_LEN };
	uint8_t i[TSM_INFO_LEN];
	int ret = cove_covh(s, COVH_GET_TSM_INFO, a, NULL);

	if (!ret)
		ret = cove_read(s, s->page, i, sizeof(i));
	if (ret)
		return ret;
	if (cove_u32(i, TSM_INFO_STATE) != TSM_READY)
		return -ENODEV;
	s->tvm_state_pages = (uint32_t)cove_u64(i, TSM_INFO_TVM_STATE_PAGES);
	s->vcpu_state_pages = (uint32_t)cove_u64(i, TSM_INFO_VCPU_STATE_PAGES);
	return s->tvm_state_pages && s->vcpu_state_pages ? 0 : -ENODEV;
}

/* NACL is mandatory for CoVE. One hart: one memory. */
static int nacl(struct cove_host *s)
{
	const struct cove_host_insn *i = s->cfg.insn;
	const struct host_hw *hw = &s->cfg.hw;
	uint64_t a[6] = { 0 };
	struct sbiret r;

	if (hw->ops->page_alloc(hw->ctx, NACL_SHMEM_LEN / PAGE_4K, &s->nacl))
		return -ENOMEM;
	a[0] = s->nacl;
	r = i->ecall(i->ctx, COVE_EID_NACL, NACL_SET_SHMEM, a);
	s->sbi_error = r.error;
	return cove_errno(r.error);
}

int cove_host_start(struct cove_host *s, struct host *h)
{
	const struct cove_host_insn *i = s->cfg.insn;
	const struct host_hw *hw = &s->cfg.hw;
	int ret;

	s->k = &h->k;
	s->ide = &h->ide;
	if (hw->ops->page_alloc(hw->ctx, 1, &s->page) ||
	    hw->ops->page_alloc(hw->ctx, 1, &s->ddt))
		return -ENOMEM;
	if (i->iommu_ddtp(i->ctx, s->ddt))
		return -EIO;
	ret = tsm_info(s);
	if (!ret)
		ret = nacl(s);
	return ret ? ret : pci_tsm_register(&h->tsm, &cove_tsm_ops, s);
}

/* --- connections --- */

static int probe(void *ctx, struct pci_dev *p, void **priv)
{
	struct cove_host *s = ctx;
	struct cove_conn *c;

	*priv = NULL;
	if (p->is_vf || p->bdf & 7)
		return 0; /* what is needed hangs on function 0 and the TDI */
	c = kpool_get(&s->conn_pool);
	if (!c)
		return -ENOMEM;
	c->p = p;
	c->id = COVE_DEV_ID(p->bdf >> 16, p->bdf & 0xffff);
	*priv = c;
	return 0;
}

static void remove_conn(void *ctx, struct pci_dev *p, void *priv)
{
	struct cove_host *s = ctx;

	(void)p;
	if (priv)
		kpool_put(&s->conn_pool, priv);
}

/*
 * The endpoint's registers are ours: all routing ids, all memory. The root
 * port's are the root monitor's, which gets them as a descriptor: the functions
 * of this device, VFs that may come later too, and its windows.
 * Source: CoVE-IO, "IDE Link", steps 1 to 4
 */
static int describe(struct cove_host *s, struct cove_conn *c)
{
	const struct pci_ide_side *rp = &c->st->rp;
	const struct ide_block_regs b = {
		.rid_valid = true,
		.rid_base = rp->rid_base,
		.rid_limit = rp->rid_limit,
		.segment = rp->fm ? (uint8_t)(rp->p->bdf >> 16) : 0,
	};
	uint8_t d[COVE_STREAM_LEN(COUNT(rp->addr))] = { 0 };
	uint8_t n = 0;

	for (unsigned i = 0; i < COUNT(rp->addr); i++) {
		uint32_t dw[3];

		if (!rp->addr[i].valid)
			continue;
		ide_addr_encode(&rp->addr[i], dw);
		for (unsigned k = 0; k < 3; k++)
			cove_put_u32(d, COVE_STREAM_ADDR(n) + 4 * (size_t)k,
				     dw[k]);
		n++;
	}
	d[COVE_STREAM_ID] = (uint8_t)c->st->id;
	d[COVE_STREAM_NUM_ADDR] = n;
	cove_put_u32(d, COVE_STREAM_RID1, ide_rid1_encode(&b));
	cove_put_u32(d, COVE_STREAM_RID2, ide_rid2_encode(&b));
	return cove_write(s, c->desc_pa, d, COVE_STREAM_LEN((size_t)n));
}

static const struct cove_conn *peer_of(const struct cove_conn *c)
{
	for (const struct pci_dev *p = c->p->host->devs; p; p = p->next) {
		const struct pci_tsm *t = pci_tsm_of(p);
		const struct cove_conn *peer =
			t && t->dev->ops == &cove_tsm_ops ? t->priv : NULL;

		if (peer && peer != c && peer->known)
			return peer;
	}
	return NULL;
}

/* connect_device again, with a stream whose other end is the peer's. */
int cove_peer_stream(struct cove_host *s, struct cove_conn *c)
{
	const struct cove_conn *peer = peer_of(c);
	const struct ide_block_regs b = {
		.rid_valid = true,
		.rid_base = peer ? (uint16_t)peer->p->bdf : 0,
		.rid_limit = peer ? (uint16_t)peer->p->bdf : 0,
		.segment = (uint8_t)(c->p->bdf >> 16),
	};
	uint8_t d[COVE_STREAM_LEN(0)] = { 0 };
	const uint64_t a[6] = { c->id, s->page, c->data_pa,
				COVE_CONN_PAGES * PAGE_4K };
	int ret;

	if (!peer)
		return 0;
	d[COVE_STREAM_ID] = (uint8_t)(c->st->id + 1);
	cove_put_u32(d, COVE_STREAM_RID1, ide_rid1_encode(&b));
	cove_put_u32(d, COVE_STREAM_RID2, ide_rid2_encode(&b));
	ret = cove_write(s, s->page, d, sizeof(d));
	if (!ret)
		ret = cove_covh(s, COVH_CONNECT_DEVICE, a, NULL);
	/* A TSM that takes it is none that the draft describes. */
	return ret ? ret : -EIO;
}

static uint16_t last_vf(const struct pci_dev *p)
{
	const struct pci_sriov_state *v = &p->sriov;

	return v->total ? (uint16_t)((p->bdf & 0xffff) + v->offset +
				     v->stride * (v->total - 1u))
			: (uint16_t)p->bdf;
}

static int stream_open(struct cove_host *s, struct cove_conn *c)
{
	struct pci_ide_stream *st = pci_ide_stream_alloc(s->ide, c->p);
	int ret;

	if (!st)
		return -EFAULT; /* as Linux's driver of another architecture */
	c->st = st;
	st->id = st->host_index;
	st->ep.rid_base = 0;
	st->ep.rid_limit = 0xffff;
	st->ep.dflt = true;
	st->ep.tee_limited = !s->cfg.shared_on_stream;
	if (last_vf(c->p) > st->rp.rid_limit)
		st->rp.rid_limit = last_vf(c->p);
	ret = pci_ide_stream_register(s->ide, st);
	if (ret)
		return ret;
	pci_tsm_stream(c->p, st->name);
	ret = pci_ide_stream_setup(&st->ep, st->id);
	return ret ? ret : describe(s, c);
}

/*
 * The root port's block is taken down by the root monitor, whenever the TSM has
 * it switched off: nothing of ours may be written to what is no stream any
 * more.
 */
static void rp_gone(struct cove_conn *c)
{
	c->st->rp.enabled = c->st->rp.setup = false;
}

/* Undoes connect from wherever it stands; the TSM has been told. */
static void conn_close(struct cove_host *s, struct cove_conn *c)
{
	const struct host_hw *hw = &s->cfg.hw;

	if (c->st) {
		rp_gone(c);
		pci_tsm_stream(c->p, NULL);
		pci_ide_stream_release(s->ide, c->st);
	}
	c->st = NULL;
	if (c->desc_pa)
		hw->ops->page_free(hw->ctx, c->desc_pa, 1);
	if (c->data_pa)
		hw->ops->page_free(hw->ctx, c->data_pa, COVE_CONN_PAGES);
	c->desc_pa = c->data_pa = 0;
	c->known = false;
	c->guest = c->want = NULL;
}

/* Nothing is carried any more: the TSM forgets the device all the same. */
static void conn_kill(struct cove_host *s, struct cove_conn *c)
{
	if (c->known) {
		cove_call_end(s, c);
		cove_call_new(c, COVH_DISCONNECT_DEVICE, c->id, 0, 0, 0);
		c->call.issued = true;
		if (c->st)
			pci_ide_stream_disable(&c->st->ep);
		(void)cove_covh(s, c->call.fid, c->call.a, NULL);
		cove_call_end(s, c);
		/* What was cut off then is given up when it is asked again. */
		(void)cove_covh(s, c->call.fid, c->call.a, NULL);
	}
	conn_close(s, c);
}

static int conn_open(struct cove_host *s, struct cove_conn *c)
{
	const struct host_hw *hw = &s->cfg.hw;
	int ret;

	if (hw->ops->page_alloc(hw->ctx, 1, &c->desc_pa))
		return -ENOMEM;
	if (hw->ops->page_alloc(hw->ctx, COVE_CONN_PAGES, &c->data_pa))
		return -ENOMEM;
	ret = stream_open(s, c);
	if (ret)
		return ret;
	cove_call_new(c, COVH_CONNECT_DEVICE, c->id, c->desc_pa, c->data_pa,
		      COVE_CONN_PAGES * PAGE_4K);
	c->known = true;
	return 0;
}

/*
 * Enable comes after the keys, endpoint before root port. OPEN: the root
 * monitor owns the port's configuration space, and the flow has the host set
 * Enable in it; here that one bit passes.
 */
static int stream_on(struct cove_conn *c)
{
	int ep = pci_ide_stream_enable(&c->st->ep, c->st->id);
	int rp;

	c->st->rp.setup = true; /* by the root monitor */
	rp = pci_ide_stream_enable(&c->st->rp, c->st->id);
	/* An endpoint that is Secure alone: look again once both are on. */
	if (ep && !pci_ide_stream_secure(&c->st->ep))
		return ep;
	return rp;
}

static int connect_dev(void *ctx, struct pci_dev *p, bool first,
		       struct pci_tsm_relay *r)
{
	struct cove_host *s = ctx;
	struct cove_conn *c = pci_tsm_of(p)->priv;
	int ret = first ? conn_open(s, c) : 0;
	const bool opened = !ret;

	if (opened)
		ret = cove_call_run(s, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (!ret && stream_on(c))
		ret = -EIO;
	if (!ret)
		return 0;
	conn_kill(s, c);
	if (!opened)
		return ret;
	return r->err ? r->err : -EIO;
}

/*
 * Source: CoVE-IO, "Disconnection Flow": the endpoint's Enable goes off first,
 * then the TSM has the root port's switched off and stops the keys.
 */
static int disconnect_dev(void *ctx, struct pci_dev *p, bool first,
			  struct pci_tsm_relay *r)
{
	struct cove_host *s = ctx;
	struct cove_conn *c = pci_tsm_of(p)->priv;
	int ret;

	if (!c->known) {
		conn_close(s, c);
		return 0;
	}
	if (first) {
		pci_ide_stream_disable(&c->st->ep);
		cove_call_new(c, COVH_DISCONNECT_DEVICE, c->id, 0, 0, 0);
	}
	ret = cove_call_run(s, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (ret)
		conn_kill(s, c); /* the device did not play along */
	else
		conn_close(s, c);
	return ret ? -EIO : 0;
}

/*
 * Something failed. If the TSM has cut the device off, the root port has no
 * stream any more; the endpoint's registers are ours.
 */
void cove_conn_look(struct cove_host *s, struct cove_conn *c)
{
	(void)s;
	if (!c->st || !c->st->rp.enabled || pci_ide_stream_secure(&c->st->rp))
		return;
	pci_ide_stream_disable(&c->st->ep);
	rp_gone(c);
}

/* --- renewal, for which the connection stays as it is --- */

static void renew_call(struct cove_conn *c, enum pci_tsm_renew what)
{
	switch (what) {
	case PCI_TSM_RENEW_STREAM:
		cove_call_new(c, COVH_IDE_KEY_REFRESH, c->id,
			      (uint64_t)c->st->id, 0, 0);
		break;
	case PCI_TSM_RENEW_SESSION:
		cove_call_new(c, COVH_SPDM_KEY_UPDATE, c->id, 0, 0, 0);
		break;
	case PCI_TSM_RENEW_ALIVE:
		cove_call_new(c, COVH_SPDM_HEARTBEAT, c->id, 0, 0, 0);
		break;
	}
}

static int renew(void *ctx, struct pci_dev *p, enum pci_tsm_renew what,
		 bool first, struct pci_tsm_relay *r)
{
	struct cove_host *s = ctx;
	struct cove_conn *c = pci_tsm_of(p)->priv;
	int ret;

	if (first)
		renew_call(c, what);
	ret = cove_call_run(s, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (ret)
		cove_conn_look(s, c);
	return ret;
}

/*
 * Carries the call under way to its end, for nobody: the session is that of
 * the device's other functions too, and a message without its answer would
 * end it. False: it did not end, or not well.
 */
static bool finish(struct cove_host *s, struct cove_conn *c,
		   struct pci_tsm_relay *r)
{
	for (unsigned i = 0; i < PCI_TSM_STEPS_MAX; i++) {
		int ret = r->err;
		long n;

		if (!ret)
			ret = c->carrying && c->want
				      ? cove_guest_carry(s, c, false, r)
				      : cove_call_run(s, c, r);
		if (ret != -EINPROGRESS)
			return !ret;
		n = pci_doe(c->p, r->type, r->req, r->req_len, r->rsp,
			    sizeof(r->rsp));
		r->err = n < 0 ? (int)n : 0;
		r->rsp_len = n < 0 ? 0 : (size_t)n;
	}
	return false;
}

static void abort_op(void *ctx, struct pci_dev *p, struct pci_tdi *tdi,
		     struct pci_tsm_relay *r)
{
	struct cove_host *s = ctx;
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	struct cove_conn *c = d->tsm.priv;
	const bool busy = c->carrying || c->call.issued;
	const bool keep = tdi || d->op == PCI_TSM_OP_RENEW;
	const bool whole = keep && busy && finish(s, c, r);

	if (c->carrying)
		cove_guest_give_up(s, c);
	cove_call_end(s, c);
	if (d->op == PCI_TSM_OP_RENEW) {
		cove_conn_look(s, c);
		return;
	}
	if (whole && d->op == PCI_TSM_OP_GUEST_REQ)
		return; /* where it stands, the TDI waits to be unbound */
	if (tdi) {
		cove_tdi_abort(s, tdi, d->op != PCI_TSM_OP_GUEST_REQ);
		cove_conn_look(s, c);
	} else {
		conn_kill(s, c);
	}
}

static bool secure(void *ctx, struct pci_dev *p)
{
	struct cove_conn *c = pci_tsm_of(p)->priv;

	(void)ctx;
	return c->st && pci_ide_stream_secure(&c->st->ep) &&
	       pci_ide_stream_secure(&c->st->rp);
}

const struct pci_tsm_ops cove_tsm_ops = {
	.name = "cove-io",
	.probe = probe,
	.remove = remove_conn,
	.connect = connect_dev,
	.disconnect = disconnect_dev,
	.bind = cove_tdi_bind,
	.unbind = cove_tdi_unbind,
	.guest_req = cove_tdi_guest_req,
	.abort = abort_op,
	.secure = secure,
	.renew = renew,
};
