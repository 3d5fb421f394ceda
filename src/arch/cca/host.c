/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform, and the tables that the host's services call.
 * Source: Linux "arm64: Support for Arm CCA in KVM" v13 (2026), "CCA device
 * assignment" v7 (2026)
 */
#include "arch/cca/host.h"

#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"

uint64_t cca_host_rmi_error(const struct cca_host *s)
{
	return s->rmi_error;
}

uint64_t cca_host_leaked(const struct cca_host *s)
{
	return s->leaked;
}

struct cca_host *cca_host_prepare(const struct cca_host_cfg *cfg)
{
	struct cca_host *s = ARENA_NEW(cfg->arena, struct cca_host);

	if (!s || !cfg->sids)
		return NULL;
	s->cfg = *cfg;
	kpool_init(&s->conn_pool, cfg->arena, sizeof(struct cca_conn), 0);
	kpool_init(&s->tdi_pool, cfg->arena, sizeof(struct cca_tdi), 0);
	kpool_init(&s->vm_pool, cfg->arena, sizeof(struct cca_vm), 0);
	cca_smmu_init(s);
	kpool_init(&s->rtt_pool, cfg->arena, sizeof(struct cca_rtt), 0);
	kpool_init(&s->rec_pool, cfg->arena, sizeof(struct cca_rec), 0);
	return s;
}

/* --- the platform --- */

static int version(struct cca_host *s)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_VERSION, RMI_ABI_VERSION };

	return cca_smc(s, x) ? -ENODEV : 0;
}

static int feature(struct cca_host *s, uint64_t reg, uint64_t *out)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_FEATURES, reg };

	if (cca_smc(s, x))
		return -EIO;
	*out = x[1];
	return 0;
}

/* The Realm's side of the SMMU; no interrupts of it reach us in this model. */
static int smmu_realm(struct cca_host *s)
{
	uint8_t p[CCA_GRANULE] = { 0 };
	uint64_t x[CCA_SMC_REGS] = { RMI_PSMMU_ACTIVATE, s->cfg.psmmu };

	x[2] = cca_params(s, p, sizeof(p));
	return x[2] ? cca_errno(cca_sro(s, x)) : -EIO;
}

int cca_host_start(struct cca_host *s, struct host *h)
{
	const struct host_hw *hw = &s->cfg.hw;
	const uint32_t pages =
		(uint32_t)((uint64_t)STE_LEN * s->cfg.sids / PAGE_4K);
	uint64_t f0, f2;
	int ret;

	s->k = &h->k;
	s->ide = &h->ide;
	s->scratch = cca_page(s);
	s->list = cca_page(s);
	if (!s->scratch || !s->list ||
	    hw->ops->page_alloc(hw->ctx, pages, &s->stream_table))
		return -ENOMEM;
	if (s->cfg.insn->smmu_stream_table(s->cfg.insn->ctx, s->stream_table,
					   s->cfg.sids))
		return -EIO;
	ret = version(s);
	if (!ret)
		ret = feature(s, 0, &f0);
	if (!ret)
		ret = feature(s, 2, &f2);
	if (ret)
		return ret;
	s->ipa_bits = (unsigned)(f0 & RMI_FEATURE0_S2SZ);
	if (s->cfg.no_da || !(f2 & RMI_FEATURE2_DA))
		return 0; /* realms there are, devices for them not */
	ret = smmu_realm(s);
	return ret ? ret : pci_tsm_register(&h->tsm, &cca_tsm_ops, s);
}

/* --- connections --- */

static int probe(void *ctx, struct pci_dev *p, void **priv)
{
	struct cca_host *s = ctx;
	struct cca_conn *c;

	*priv = NULL;
	if (p->is_vf || p->bdf & 7)
		return 0; /* what is needed hangs on function 0 and the TDI */
	c = kpool_get(&s->conn_pool);
	if (!c)
		return -ENOMEM;
	c->p = p;
	c->vca = (struct cca_object){ c->vca_buf, 0, sizeof(c->vca_buf) };
	c->cert = (struct cca_object){ c->cert_buf, 0, sizeof(c->cert_buf) };
	*priv = c;
	return 0;
}

static void remove_conn(void *ctx, struct pci_dev *p, void *priv)
{
	struct cca_host *s = ctx;
	struct cca_conn *c = priv;

	(void)p;
	if (c && c->vdevs) /* cca_tdis_reap() looks at it once more */
		c->p = NULL;
	else if (c)
		kpool_put(&s->conn_pool, c);
}

static bool secure(void *ctx, struct pci_dev *p)
{
	struct cca_conn *c = pci_tsm_of(p)->priv;

	(void)ctx;
	return c->st && pci_ide_stream_secure(&c->st->ep) &&
	       pci_ide_stream_secure(&c->st->rp);
}

/* A VDEV that stayed locked: the monitor would refuse the disconnect. */
static bool busy(void *ctx, struct pci_dev *p)
{
	const struct cca_conn *c = pci_tsm_of(p)->priv;

	(void)ctx;
	return c->vdevs;
}

/* --- an operation that nobody goes on with --- */

static int go_on(struct cca_host *s, struct pci_tsm_dsm *d, struct pci_tdi *tdi,
		 struct pci_tsm_relay *r)
{
	switch (d->op) {
	case PCI_TSM_OP_BIND:
		return cca_bind(s, tdi, false, r);
	case PCI_TSM_OP_UNBIND:
		return cca_unbind(s, tdi, false, r);
	case PCI_TSM_OP_GUEST_REQ:
		return cca_guest_req(s, tdi, &tdi->req, false, r);
	case PCI_TSM_OP_RENEW:
		return cca_renew(s, d->tsm.p, d->op_what, false, r);
	case PCI_TSM_OP_CONNECT:
	case PCI_TSM_OP_DISCONNECT:
	case PCI_TSM_OP_NONE:
		break;
	}
	return -EINVAL;
}

/*
 * Carried to its end, for nobody: the session is also that of the device's
 * other functions, and an exchange that is dropped half way would end it.
 */
static int finish(struct cca_host *s, struct pci_tsm_dsm *d,
		  struct pci_tdi *tdi, struct pci_tsm_relay *r)
{
	int ret = -EINPROGRESS;

	for (unsigned i = 0; i < PCI_TSM_STEPS_MAX && ret == -EINPROGRESS;
	     i++) {
		long n;

		ret = go_on(s, d, tdi, r);
		if (ret != -EINPROGRESS || r->err)
			break;
		n = pci_doe(d->tsm.p, r->type, r->req, r->req_len, r->rsp,
			    sizeof(r->rsp));
		r->err = n < 0 ? (int)n : 0;
		r->rsp_len = n < 0 ? 0 : (size_t)n;
	}
	return ret;
}

static void abort_op(void *ctx, struct pci_dev *p, struct pci_tdi *tdi,
		     struct pci_tsm_relay *r)
{
	struct cca_host *s = ctx;
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	struct cca_conn *c = d->tsm.priv;

	if (d->op == PCI_TSM_OP_CONNECT || d->op == PCI_TSM_OP_DISCONNECT) {
		cca_conn_kill(s, c);
		return;
	}
	(void)finish(s, d, tdi, r);
	if (d->op == PCI_TSM_OP_RENEW)
		cca_conn_look(s, c);
	else if (tdi && tdi->priv)
		cca_tdi_abort(s, tdi, r, d->op != PCI_TSM_OP_GUEST_REQ);
}

const struct pci_tsm_ops cca_tsm_ops = {
	.name = "cca",
	.probe = probe,
	.remove = remove_conn,
	.connect = cca_connect,
	.disconnect = cca_disconnect,
	.bind = cca_bind,
	.unbind = cca_unbind,
	.guest_req = cca_guest_req,
	.abort = abort_op,
	.secure = secure,
	.busy = busy,
	.renew = cca_renew,
};
