/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform, and connections: connect and disconnect of the link TSM.
 * Source: linux.md 4.3; Linux 7.3 drivers/crypto/ccp/sev-dev-{tio,tsm}.c
 */
#include "arch/sev_tio/host.h"

#include <errno.h>

#include "arch/sev_tio/host_priv.h"
#include "base/bytes.h"

uint32_t sev_host_fw_error(const struct sev_host *s)
{
	return s->fw_error;
}

uint64_t sev_host_leaked(const struct sev_host *s)
{
	return s->leaked;
}

struct sev_host *sev_host_prepare(const struct sev_host_cfg *cfg)
{
	struct sev_host *s = ARENA_NEW(cfg->arena, struct sev_host);

	if (!s || !cfg->asids || cfg->asids > SEV_ASIDS_MAX)
		return NULL;
	s->cfg = *cfg;
	kpool_init(&s->conn_pool, cfg->arena, sizeof(struct sev_conn), 0);
	kpool_init(&s->tdi_pool, cfg->arena, sizeof(struct sev_tdi), 0);
	kpool_init(&s->vm_pool, cfg->arena, sizeof(struct sev_vm), 0);
	sev_iommu_init(s);
	return s;
}

/* --- the platform --- */

static int has_tio(struct sev_host *s)
{
	uint8_t b[SNP_FEATURE_LEN] = { 0 }, ans[16];
	const struct host_hw *hw = &s->cfg.hw;
	uint64_t pa;
	int ret;

	if (hw->ops->page_alloc(hw->ctx, 1, &pa))
		return -ENOMEM;
	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, SNP_FEATURE_PA, pa);
	ret = sev_do(s, SEV_CMD_SNP_FEATURE_INFO, b, sizeof(b));
	if (!ret)
		ret = sev_read(s, pa, ans, sizeof(ans));
	hw->ops->page_free(hw->ctx, pa, 1);
	if (ret)
		return ret;
	return sev_u32(ans, 4) & SNP_FEATURE_EBX_TIO ? 0 : -ENODEV;
}

static int tio_status(struct sev_host *s, uint32_t *flags)
{
	uint8_t b[TIO_STATUS_LEN] = { 0 }, st[TIO_STAT_LEN];
	uint64_t pa = sev_fw_page(s, NULL, 0);
	int ret;

	if (!pa)
		return -ENOMEM;
	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_STATUS_PA, pa);
	ret = sev_do(s, SEV_CMD_TIO_STATUS, b, sizeof(b));
	if (!ret)
		ret = sev_read(s, pa, st, sizeof(st));
	sev_fw_page_free(s, pa);
	if (ret)
		return ret;
	*flags = sev_u32(st, TIO_STAT_FLAGS);
	s->req_size = sev_u32(st, TIO_STAT_REQ_MIN);
	s->rsp_size = sev_u32(st, TIO_STAT_RSP_MAX);
	s->scratch_size = sev_u32(st, TIO_STAT_SCRATCH_MIN);
	s->out_size = sev_u32(st, TIO_STAT_OUT_MIN);
	/* Contexts of more than one page are not built. */
	return sev_u32(st, TIO_STAT_DEVCTX_SIZE) <= PAGE_4K &&
			       sev_u32(st, TIO_STAT_TDICTX_SIZE) <= PAGE_4K
		       ? 0
		       : -EFAULT;
}

static int firmware_on(struct sev_host *s)
{
	uint8_t b[SNP_INIT_EX_LEN] = { 0 }, init[TIO_INIT_LEN] = { 0 };
	const uint32_t tio = s->cfg.no_tio ? 0 : SNP_INIT_F_TIO;
	uint32_t flags = 0;
	int ret = s->cfg.no_tio ? 0 : has_tio(s);

	if (ret)
		return ret;
	sev_put_u32(b, SNP_INIT_EX_FLAGS, SNP_INIT_F_INIT_RMP | tio);
	sev_put_u16(b, SNP_INIT_EX_MAX_ASID, (uint16_t)(s->cfg.asids - 1));
	ret = sev_do(s, SEV_CMD_SNP_INIT_EX, b, sizeof(b));
	if (!ret)
		ret = sev_do(s, SEV_CMD_SNP_DF_FLUSH, NULL, 0);
	if (!tio)
		return ret;
	if (!ret)
		ret = tio_status(s, &flags);
	if (!ret && !(flags & TIO_STAT_F_EN))
		ret = -ENODEV;
	sev_put_u32(init, TIO_CMD_LENGTH, sizeof(init));
	if (!ret)
		ret = sev_do(s, SEV_CMD_TIO_INIT, init, sizeof(init));
	if (!ret)
		ret = tio_status(s, &flags);
	return !ret && !(flags & TIO_STAT_F_INIT_DONE) ? -EIO : ret;
}

int sev_host_start(struct sev_host *s, struct host *h)
{
	const struct host_hw *hw = &s->cfg.hw;
	const uint32_t pages = (uint32_t)(UINT64_C(32) * s->cfg.devs / PAGE_4K);
	int ret;

	s->k = &h->k;
	s->ide = &h->ide;
	s->dev_table = s->cfg.dev_table;
	if (hw->ops->page_alloc(hw->ctx, 1, &s->cmd_pa))
		return -ENOMEM;
	if (!s->dev_table && hw->ops->page_alloc(hw->ctx, pages, &s->dev_table))
		return -ENOMEM;
	if (s->cfg.insn->iommu_device_table(s->cfg.insn->ctx, s->dev_table,
					    s->cfg.devs))
		return -EIO;
	ret = firmware_on(s);
	if (!ret && s->cfg.no_tio)
		return 0; /* VMs there are, devices for them not */
	return ret ? ret : pci_tsm_register(&h->tsm, &sev_tsm_ops, s);
}

/* --- connections --- */

static int probe(void *ctx, struct pci_dev *p, void **priv)
{
	struct sev_host *s = ctx;
	struct sev_conn *c;

	*priv = NULL;
	if (p->is_vf || p->bdf & 7)
		return 0; /* what is needed hangs on function 0 and the TDI */
	c = kpool_get(&s->conn_pool);
	if (!c)
		return -ENOMEM;
	c->p = p;
	*priv = c;
	return 0;
}

static void remove_conn(void *ctx, struct pci_dev *p, void *priv)
{
	struct sev_host *s = ctx;

	(void)p;
	if (priv)
		kpool_put(&s->conn_pool, priv);
}

static int dev_create(struct sev_host *s, struct sev_conn *c)
{
	uint8_t b[TIO_DEV_CREATE_LEN] = { 0 };

	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_DEV_CREATE_CTX, sla_make(c->ctx, false));
	sev_put_u16(b, TIO_DEV_CREATE_RID, (uint16_t)c->p->bdf);
	sev_put_u16(b, TIO_DEV_CREATE_PORT, c->st->rp.p->port_nr);
	b[TIO_DEV_CREATE_SEGMENT] = (uint8_t)(c->p->bdf >> 16);
	return sev_do(s, SEV_CMD_TIO_DEV_CREATE, b, sizeof(b));
}

/*
 * RID ranges are forced wide on both sides, as Linux does (4.3). The stream is
 * registered before any key is made, not after (4.4).
 */
static int stream_open(struct sev_host *s, struct sev_conn *c)
{
	struct pci_ide_stream *st = pci_ide_stream_alloc(s->ide, c->p);
	int ret;

	if (!st)
		return -EFAULT; /* Linux's own errno for it */
	c->st = st;
	st->id = st->host_index;
	/* VFs that come later are of this stream too: law 16 holds for them. */
	st->ep.rid_base = st->rp.rid_base = 0;
	st->ep.rid_limit = st->rp.rid_limit = 0xffff;
	st->ep.dflt = true;
	st->ep.tee_limited = !s->cfg.shared_on_stream;
	st->rp.cfg = true;
	ret = pci_ide_stream_register(s->ide, st);
	if (!ret)
		pci_tsm_stream(c->p, st->name);
	if (!ret)
		ret = pci_ide_stream_setup(&st->ep, st->id);
	return ret ? ret : pci_ide_stream_setup(&st->rp, st->id);
}

static int buffers(struct sev_host *s, struct sev_conn *c)
{
	int ret = sev_buf_new(s, &c->req, s->req_size, true);

	if (!ret)
		ret = sev_buf_new(s, &c->resp, s->rsp_size, false);
	if (!ret)
		ret = sev_buf_new(s, &c->scratch, s->scratch_size, true);
	if (!ret)
		ret = sev_buf_new(s, &c->out, s->out_size, true);
	if (ret)
		return ret;
	c->ctx = sev_fw_page(s, NULL, 0);
	c->res = sev_fw_page(s, NULL, 0);
	return c->ctx && c->res ? 0 : -ENOMEM;
}

static void disconnect_cmd(struct sev_conn *c, bool force)
{
	uint8_t *b = sev_cmd_new(c, SEV_CMD_TIO_DEV_DISCONNECT, true);

	sev_put_u64(b, TIO_DEV_CTX, sla_make(c->ctx, false));
	sev_put_u32(b, TIO_DEV_FLAGS, force ? TIO_DISCONNECT_F_FORCE : 0);
}

/* Undoes connect from wherever it stands; firmware is told first. */
static void conn_close(struct sev_host *s, struct sev_conn *c)
{
	uint8_t b[TIO_DEV_RECLAIM_LEN] = { 0 };

	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_DEV_RECLAIM_CTX, sla_make(c->ctx, false));
	if (c->created)
		(void)sev_do(s, SEV_CMD_TIO_DEV_RECLAIM, b, sizeof(b));
	c->created = false;
	if (c->st) {
		pci_tsm_stream(c->p, NULL);
		pci_ide_stream_release(s->ide, c->st);
	}
	c->st = NULL;
	sev_fw_page_free(s, c->ctx);
	sev_fw_page_free(s, c->res);
	c->ctx = c->res = 0;
	sev_buf_free(s, &c->req);
	sev_buf_free(s, &c->resp);
	sev_buf_free(s, &c->scratch);
	sev_buf_free(s, &c->out);
	bytes_wipe(c->blob, sizeof(c->blob));
}

static void conn_kill(struct sev_host *s, struct sev_conn *c)
{
	if (c->created) {
		disconnect_cmd(c, true);
		(void)sev_do(s, c->cmd, c->buf, c->len);
	}
	conn_close(s, c);
}

static int conn_open(struct sev_host *s, struct sev_conn *c)
{
	int ret = stream_open(s, c);
	uint8_t *b;

	if (!ret)
		ret = buffers(s, c);
	if (!ret)
		ret = dev_create(s, c);
	if (ret)
		return ret;
	c->created = true;
	b = sev_cmd_new(c, SEV_CMD_TIO_DEV_CONNECT, true);
	sev_put_u64(b, TIO_DEV_CONNECT_CTX, sla_make(c->ctx, false));
	b[TIO_DEV_CONNECT_TC_MASK] = 1;
	memset(b + TIO_DEV_CONNECT_STREAMS, 0xff, 8);
	b[TIO_DEV_CONNECT_STREAMS] = (uint8_t)c->st->id;
	return 0;
}

/* Enable after the keys, endpoint before root port; both must be Secure. */
static int stream_on(struct sev_conn *c)
{
	int ep = pci_ide_stream_enable(&c->st->ep, c->st->id);
	int rp = pci_ide_stream_enable(&c->st->rp, c->st->id);

	/*
	 * An endpoint that is Secure alone talks under IDE to a port that
	 * does not; look at both again once both are on. What the endpoint
	 * says is not lost in what the port says (Linux 7.3 does: 4.4).
	 */
	if (ep && !pci_ide_stream_secure(&c->st->ep))
		return ep;
	return rp;
}

static int connect_dev(void *ctx, struct pci_dev *p, bool first,
		       struct pci_tsm_relay *r)
{
	struct sev_host *s = ctx;
	struct sev_conn *c = pci_tsm_of(p)->priv;
	int ret = first ? conn_open(s, c) : 0;

	if (!ret)
		ret = sev_cmd_run(s, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (!ret && stream_on(c))
		ret = -EIO;
	if (ret)
		conn_kill(s, c);
	return ret;
}

/*
 * Enable goes off first, endpoint before root port: with configuration
 * requests under IDE the messages that stop the keys would have to travel
 * under the keys that they stop (architectures.md E.7, D disconnect).
 */
static int disconnect_dev(void *ctx, struct pci_dev *p, bool first,
			  struct pci_tsm_relay *r)
{
	struct sev_host *s = ctx;
	struct sev_conn *c = pci_tsm_of(p)->priv;
	int ret;

	if (!c->created) {
		conn_close(s, c);
		return 0;
	}
	if (first) {
		pci_ide_stream_disable(&c->st->ep);
		pci_ide_stream_disable(&c->st->rp);
		disconnect_cmd(c, false);
	}
	ret = sev_cmd_run(s, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (ret)
		conn_kill(s, c); /* the device did not play along */
	else
		conn_close(s, c);
	return ret;
}

/*
 * Something failed. If firmware has cut the device off, the stream has no keys
 * any more; its registers are the host's to switch off (rule 5), and until
 * then no configuration request would reach a device that answers again.
 */
void sev_conn_look(struct sev_host *s, struct sev_conn *c)
{
	uint8_t b[TIO_DEV_STATUS_LEN] = { 0 }, st[TIO_DSTAT_LEN];

	if (!c->created || !c->st)
		return;
	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_DEV_STATUS_CTX, sla_make(c->ctx, false));
	sev_put_u64(b, TIO_DEV_STATUS_PA, c->res);
	if (sev_psp(s, SEV_CMD_TIO_DEV_STATUS, b, sizeof(b)) ||
	    sev_read(s, c->res, st, sizeof(st)) ||
	    st[TIO_DSTAT_STATE] != TIO_DEV_ERROR)
		return;
	pci_ide_stream_disable(&c->st->ep);
	pci_ide_stream_disable(&c->st->rp);
}

/*
 * Carries the command under way to its end, for nobody. The session is also
 * that of the device's other functions; a command that is dropped after its
 * message went out would end it. False: it did not end, or not well.
 */
static bool finish(struct sev_host *s, struct sev_conn *c,
		   struct pci_tsm_relay *r)
{
	for (unsigned i = 0; c->issued && i < PCI_TSM_STEPS_MAX; i++) {
		int ret = r->err ? r->err : sev_cmd_run(s, c, r);
		long n;

		if (ret != -EINPROGRESS)
			return !ret;
		n = pci_doe(c->p, r->type, r->req, r->req_len, r->rsp,
			    sizeof(r->rsp));
		r->err = n < 0 ? (int)n : 0;
		r->rsp_len = n < 0 ? 0 : (size_t)n;
	}
	return !c->issued;
}

/*
 * The device did not answer, and firmware waits. With functions bound, or only
 * created, nothing but the command itself is heard: an answer that cannot be
 * right ends it, and with a refresh the connection (law 24).
 */
static void give_up(struct sev_host *s, struct sev_conn *c,
		    struct pci_tsm_relay *r)
{
	for (unsigned i = 0; i < 4; i++) {
		r->err = 0;
		r->rsp[0] = 0;
		r->rsp_len = 1;
		if (sev_cmd_run(s, c, r) != -EINPROGRESS)
			return;
	}
}

/* ROLL_KEY, for which the connection stays as it is. */
static int renew(void *ctx, struct pci_dev *p, enum pci_tsm_renew what,
		 bool first, struct pci_tsm_relay *r)
{
	static const uint32_t flags[] = {
		[PCI_TSM_RENEW_STREAM] = 0,
		[PCI_TSM_RENEW_SESSION] = TIO_ROLL_KEY_F_SESSION,
		[PCI_TSM_RENEW_ALIVE] = TIO_ROLL_KEY_F_ALIVE,
	};
	struct sev_host *s = ctx;
	struct sev_conn *c = pci_tsm_of(p)->priv;
	int ret = r->err;

	if (!first && ret) {
		give_up(s, c, r);
		sev_conn_look(s, c);
		return ret;
	}
	if (first) {
		uint8_t *b = sev_cmd_new(c, SEV_CMD_TIO_ROLL_KEY, true);

		sev_put_u32(b, TIO_DEV_FLAGS, flags[what]);
		sev_put_u64(b, TIO_DEV_CTX, sla_make(c->ctx, false));
	}
	ret = sev_cmd_run(s, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (ret)
		sev_conn_look(s, c);
	return ret;
}

static void abort_op(void *ctx, struct pci_dev *p, struct pci_tdi *tdi,
		     struct pci_tsm_relay *r)
{
	struct sev_host *s = ctx;
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	struct sev_conn *c = d->tsm.priv;
	bool keep = tdi || d->op == PCI_TSM_OP_RENEW;
	bool whole = keep && c->issued && finish(s, c, r);

	if (d->op == PCI_TSM_OP_RENEW) {
		if (c->issued)
			give_up(s, c, r);
		c->issued = false;
		sev_conn_look(s, c);
		return;
	}
	c->issued = false;
	if (whole && c->cmd == SEV_CMD_TIO_TDI_UNBIND)
		((struct sev_tdi *)tdi->priv)->bound = false;
	if (whole && d->op == PCI_TSM_OP_GUEST_REQ)
		return; /* where it stands, the TDI waits to be unbound */
	if (tdi) {
		sev_tdi_abort(s, tdi, d->op != PCI_TSM_OP_GUEST_REQ);
		sev_conn_look(s, c);
	} else {
		conn_kill(s, c);
	}
}

static bool secure(void *ctx, struct pci_dev *p)
{
	struct sev_conn *c = pci_tsm_of(p)->priv;

	(void)ctx;
	return c->st && pci_ide_stream_secure(&c->st->ep) &&
	       pci_ide_stream_secure(&c->st->rp);
}

const struct pci_tsm_ops sev_tsm_ops = {
	.name = "sev-tio",
	.probe = probe,
	.remove = remove_conn,
	.connect = connect_dev,
	.disconnect = disconnect_dev,
	.bind = sev_tdi_bind,
	.unbind = sev_tdi_unbind,
	.guest_req = sev_tdi_guest_req,
	.abort = abort_op,
	.secure = secure,
	.renew = renew,
};
