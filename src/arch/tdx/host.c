/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform, and connections: connect and disconnect of the link TSM.
 * Source: TDX Connect patches v2 (2026), drivers/virt/coco/tdx-host/tdx-host.c
 */
#include "arch/tdx/host.h"

#include <errno.h>
#include <string.h>

#include "arch/tdx/host_priv.h"
#include "base/bytes.h"
#include "pci/ide_regs.h"

uint64_t tdx_host_error(const struct tdx_host *h)
{
	return h->error;
}

uint64_t tdx_host_leaked(const struct tdx_host *h)
{
	return h->leaked;
}

struct tdx_host *tdx_host_prepare(const struct tdx_host_cfg *cfg)
{
	struct tdx_host *h = ARENA_NEW(cfg->arena, struct tdx_host);

	if (!h || cfg->hkids < 2 || cfg->hkids > TDX_HKIDS_MAX)
		return NULL;
	h->cfg = *cfg;
	kpool_init(&h->conn_pool, cfg->arena, sizeof(struct tdx_conn), 0);
	kpool_init(&h->tdi_pool, cfg->arena, sizeof(struct tdx_tdi), 0);
	kpool_init(&h->vm_pool, cfg->arena, sizeof(struct tdx_vm), 0);
	kpool_init(&h->vcpu_pool, cfg->arena, sizeof(struct tdx_vcpu), 0);
	tdx_iommu_init(h);
	kpool_init(&h->given_pool, cfg->arena, sizeof(struct tdx_given), 0);
	return h;
}

/* --- the platform --- */

/* A number of pages, as the module's metadata says it; 0: it does not. */
static unsigned sys_pages(struct tdx_host *h, uint64_t field)
{
	struct tdx_regs r = { .rax = TDH_SYS_RD, .rdx = field };
	const uint64_t n = tdx_call(h, &r) ? 0 : r.r8;

	return n <= TDX_PAGES_MAX ? (unsigned)n : 0;
}

static int has_connect(struct tdx_host *h)
{
	struct tdx_regs r = { .rax = TDH_SYS_RD, .rdx = TDX_SYS_FEATURES0 };

	if (tdx_call(h, &r))
		return -EIO;
	return r.r8 & TDX_FEATURES0_TDX_CONNECT ? 0 : -ENODEV;
}

static int iommu_setup(struct tdx_host *h)
{
	struct tdx_regs r = { .rax = TDH_IOMMU_SETUP,
			      .rcx = h->cfg.iommu_regs };
	int ret = tdx_pages_new(h, &h->iommu_mt,
				sys_pages(h, TDX_SYS_IOMMU_MT_PAGES));

	if (ret)
		return ret;
	r.rdx = tdx_pages_arg(&h->iommu_mt);
	if (tdx_call(h, &r)) {
		tdx_pages_free(h, &h->iommu_mt);
		return -EIO;
	}
	h->iommu_id = r.rcx;
	return 0;
}

int tdx_host_start(struct tdx_host *h, struct host *host)
{
	int ret;

	h->k = &host->k;
	h->ide = &host->ide;
	h->root = tdx_page_new(h);
	if (!h->root)
		return -ENOMEM;
	if (h->cfg.insn->iommu_root(h->cfg.insn->ctx, h->root))
		return -EIO;
	if (h->cfg.no_connect)
		return 0; /* TDs there are, devices for them not */
	ret = has_connect(h);
	if (!ret)
		ret = iommu_setup(h);
	return ret ? ret : pci_tsm_register(&host->tsm, &tdx_tsm_ops, h);
}

/* --- connections --- */

struct tdx_conn *tdx_conn_of(const struct pci_tdi *tdi)
{
	return tdi->tsm->dsm->tsm.priv;
}

static int probe(void *ctx, struct pci_dev *p, void **priv)
{
	struct tdx_host *h = ctx;
	struct tdx_conn *c;

	*priv = NULL;
	if (p->is_vf || p->bdf & 7)
		return 0; /* what is needed hangs on function 0 and the TDI */
	c = kpool_get(&h->conn_pool);
	if (!c)
		return -ENOMEM;
	c->p = p;
	*priv = c;
	return 0;
}

static void remove_conn(void *ctx, struct pci_dev *p, void *priv)
{
	struct tdx_host *h = ctx;

	(void)p;
	if (priv)
		kpool_put(&h->conn_pool, priv);
}

static int buffers(struct tdx_host *h, struct tdx_conn *c)
{
	int ret;

	c->in = tdx_page_new(h);
	c->out = tdx_page_new(h);
	c->conf = tdx_page_new(h);
	if (!c->in || !c->out || !c->conf)
		return -ENOMEM;
	ret = tdx_pages_new(h, &c->info_pages,
			    sys_pages(h, TDX_SYS_DEV_INFO_PAGES));
	return ret ? ret
		   : tdx_pages_new(h, &c->report_pages,
				   TDX_REPORT_MAX / PAGE_4K);
}

/* TDISP's name of a function. Segment 0 needs no valid bit; it has one. */
static uint32_t func_of(const struct pci_dev *p)
{
	return (p->bdf & (TDX_FUNC_SEGMENT | TDX_FUNC_RID)) |
	       TDX_FUNC_SEG_VALID;
}

static int spdm_create(struct tdx_host *h, struct tdx_conn *c)
{
	struct tdx_regs r = { .rax = TDH_SPDM_CREATE, .rcx = func_of(c->p) };
	int ret = tdx_pages_new(h, &c->spdm_mt,
				sys_pages(h, TDX_SYS_SPDM_MT_PAGES));

	if (ret)
		return ret;
	r.rdx = tdx_pages_arg(&c->spdm_mt);
	if (tdx_call(h, &r)) {
		tdx_pages_free(h, &c->spdm_mt);
		return -EIO;
	}
	c->spdm_id = r.rcx;
	c->created = true;
	return 0;
}

/* Every slot will do; the module takes the lowest. */
static int spdm_connect(struct tdx_host *h, struct tdx_conn *c)
{
	uint8_t conf[TDX_SPDM_CFG_LEN] = { 0 };
	struct tdx_regs *r = tdx_op_new(c, TDH_SPDM_CONNECT);

	tdx_put_u32(conf, TDX_SPDM_CFG_CAPS,
		    TDX_SPDM_CAP_KEY_UPD | TDX_SPDM_CAP_HBEAT);
	conf[TDX_SPDM_CFG_SLOTS] = 0xff;
	r->rcx = c->spdm_id;
	r->rdx = c->conf;
	r->r8 = c->in;
	r->r9 = c->out;
	r->r10 = tdx_pages_arg(&c->info_pages);
	return tdx_write(h, c->conf, conf, sizeof(conf));
}

static void spdm_delete(struct tdx_host *h, struct tdx_conn *c)
{
	if (!c->created)
		return;
	if (tdx_call4(h, TDH_SPDM_DELETE, c->spdm_id,
		      tdx_pages_arg(&c->spdm_mt), 0, 0))
		tdx_pages_leak(h, &c->spdm_mt);
	else
		tdx_pages_free(h, &c->spdm_mt);
	c->created = false;
}

/* --- the stream --- */

/* One RID block: the device's functions, also those that come later. */
static void rid_block(const struct pci_ide_stream *st, struct tdx_regs *r)
{
	r->r10 = field_put(TDX_RID1_LIMIT, st->rp.rid_limit);
	r->r11 = TDX_RID2_VALID | field_put(TDX_RID2_BASE, st->rp.rid_base) |
		 (st->rp.fm ? field_put(TDX_RID2_SEG, st->ep.p->bdf >> 16) : 0);
}

/* One address block: the prefetchable window, if there is one. */
static int addr_block(const struct pci_ide_stream *st, struct tdx_regs *r)
{
	const struct ide_addr_regs *a = &st->rp.addr[1];

	if (!a->valid)
		a = &st->rp.addr[0];
	if (!a->valid)
		return -EFAULT; /* Linux's own errno for it */
	r->r12 = TDX_ADDR1_VALID |
		 field_put(TDX_ADDR1_BASE, a->base >> 20 & 0xfff) |
		 field_put(TDX_ADDR1_LIMIT, a->limit >> 20 & 0xfff);
	r->r13 = a->limit >> 32;
	r->r14 = a->base >> 32;
	return 0;
}

/* A stream that takes all functions that the device may have. */
static void all_functions(struct pci_ide_stream *st)
{
	const struct pci_dev *p = st->ep.p;
	const struct pci_sriov_state *s = &p->sriov;

	if (s->total)
		st->rp.rid_limit = (uint16_t)((p->bdf & 0xffff) + s->offset +
					      (s->total - 1u) * s->stride);
	if (st->rp.rid_limit < (p->bdf & 0xffff))
		st->rp.rid_limit = 0xffff;
}

/* The module chooses the id and writes the root port's registers. */
static int stream_create(struct tdx_host *h, struct tdx_conn *c)
{
	struct tdx_regs r = { .rax = TDH_IDE_STREAM_CREATE, .rdx = c->spdm_id };
	int ret;

	r.rcx = TDX_STREAM_TYPE |
		field_put(TDX_STREAM_RP_DEVFN, c->st->rp.p->bdf & 0xff);
	rid_block(c->st, &r);
	ret = addr_block(c->st, &r);
	if (!ret)
		ret = tdx_pages_new(h, &c->stream_mt,
				    sys_pages(h, TDX_SYS_IDE_MT_PAGES));
	if (ret)
		return ret;
	r.r8 = tdx_pages_arg(&c->stream_mt);
	if (tdx_call(h, &r)) {
		tdx_pages_free(h, &c->stream_mt);
		return -EFAULT; /* Linux's */
	}
	c->stream_id = r.rcx;
	c->stream = true;
	c->blocked = false;
	c->st->id = (int)r.rcx;
	return 0;
}

static int stream_open(struct tdx_host *h, struct tdx_conn *c)
{
	struct pci_ide_stream *st = pci_ide_stream_alloc(h->ide, c->p);
	struct tdx_regs *r;
	int ret;

	if (!st)
		return -ENOMEM; /* Linux's */
	c->st = st;
	all_functions(st);
	st->ep.dflt = true;
	st->ep.tee_limited = !h->cfg.shared_on_stream;
	ret = stream_create(h, c);
	if (!ret)
		ret = pci_ide_stream_register(h->ide, st);
	if (!ret)
		pci_tsm_stream(c->p, st->name);
	if (!ret)
		ret = pci_ide_stream_setup(&st->ep, st->id);
	if (ret)
		return ret;
	r = tdx_op_new(c, TDH_IDE_STREAM_KM);
	r->rcx = c->spdm_id;
	r->rdx = c->stream_id;
	r->r8 = TDX_KM_SETUP;
	r->r9 = c->in;
	r->r10 = c->out;
	return 0;
}

void tdx_conn_block(struct tdx_host *h, struct tdx_conn *c)
{
	if (!c->stream || c->blocked)
		return;
	(void)tdx_call4(h, TDH_IDE_STREAM_BLOCK, c->spdm_id, c->stream_id, 0,
			0);
	c->blocked = true;
	c->op = (struct tdx_op){ 0 }; /* abandoned with the link */
	pci_ide_stream_disable(&c->st->ep);
}

/* The root port's side is the module's: only the books of it are ours. */
static void stream_close(struct tdx_host *h, struct tdx_conn *c)
{
	if (c->stream) {
		tdx_conn_block(h, c);
		if (tdx_call4(h, TDH_IDE_STREAM_DELETE, c->spdm_id,
			      c->stream_id, tdx_pages_arg(&c->stream_mt), 0))
			tdx_pages_leak(h, &c->stream_mt);
		else
			tdx_pages_free(h, &c->stream_mt);
	}
	c->stream = false;
	if (c->st) {
		pci_tsm_stream(c->p, NULL);
		pci_ide_stream_release(h->ide, c->st);
	}
	c->st = NULL;
}

/* --- connect, disconnect --- */

static void conn_close(struct tdx_host *h, struct tdx_conn *c)
{
	tdx_stuck_again(h, NULL);
	stream_close(h, c);
	tdx_op_drop(h, c);
	spdm_delete(h, c);
	tdx_page_free(h, c->in);
	tdx_page_free(h, c->out);
	tdx_page_free(h, c->conf);
	c->in = c->out = c->conf = 0;
	tdx_pages_free(h, &c->info_pages);
	tdx_pages_free(h, &c->report_pages);
	bytes_wipe(c->info, sizeof(c->info));
	c->info_len = 0;
}

enum { CONNECT_SESSION, CONNECT_KEYS };
enum { STOP_KEYS, END_SESSION };

static int conn_open(struct tdx_host *h, struct tdx_conn *c)
{
	int ret = buffers(h, c);

	c->step = CONNECT_SESSION;
	if (!ret)
		ret = spdm_create(h, c);
	return ret ? ret : spdm_connect(h, c);
}

/* What CONNECT gave: kept, for the pages are used again. */
int tdx_conn_info(struct tdx_host *h, struct tdx_conn *c)
{
	const uint64_t len = c->op.out.rcx;

	if (len > sizeof(c->info))
		return -EMSGSIZE;
	c->info_len = (uint32_t)len;
	return tdx_pages_read(h, &c->info_pages, c->info, (size_t)len);
}

static int connect_steps(struct tdx_host *h, struct tdx_conn *c,
			 struct pci_tsm_relay *r)
{
	int ret = tdx_op_run(h, c, r);

	if (ret || c->step == CONNECT_KEYS)
		return ret;
	ret = tdx_conn_info(h, c);
	if (!ret)
		ret = stream_open(h, c);
	if (ret)
		return ret;
	c->step = CONNECT_KEYS;
	r->rsp_len = 0;
	return tdx_op_run(h, c, r);
}

/* The module has switched the root port on with the keys. */
static int connect_dev(void *ctx, struct pci_dev *p, bool first,
		       struct pci_tsm_relay *r)
{
	struct tdx_host *h = ctx;
	struct tdx_conn *c = pci_tsm_of(p)->priv;
	int ret = first ? conn_open(h, c) : 0;

	if (!ret)
		ret = connect_steps(h, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (!ret)
		ret = pci_ide_stream_enable(&c->st->ep, c->st->id);
	if (ret)
		conn_close(h, c);
	return ret;
}

static void keys_stop(struct tdx_conn *c)
{
	struct tdx_regs *r = tdx_op_new(c, TDH_IDE_STREAM_KM);

	c->step = STOP_KEYS;
	r->rcx = c->spdm_id;
	r->rdx = c->stream_id;
	r->r8 = TDX_KM_STOP;
	r->r9 = c->in;
	r->r10 = c->out;
}

static void session_end(struct tdx_conn *c)
{
	struct tdx_regs *r = tdx_op_new(c, TDH_SPDM_DISCONNECT);

	c->step = END_SESSION;
	r->rcx = c->spdm_id;
	r->rdx = c->in;
	r->r8 = c->out;
}

/*
 * Keys, then the stream, then the session, as Linux does. A device that does
 * not answer is cut off, and its session forgotten.
 */
static int disconnect_steps(struct tdx_host *h, struct tdx_conn *c, bool first,
			    struct pci_tsm_relay *r)
{
	int ret;

	if (first && c->blocked)
		return -EIO; /* no keys, no session: the device is not told */
	if (first) {
		pci_ide_stream_disable(&c->st->ep);
		keys_stop(c);
	}
	ret = tdx_op_run(h, c, r);
	if (ret || c->step == END_SESSION)
		return ret;
	stream_close(h, c);
	session_end(c);
	r->rsp_len = 0;
	return tdx_op_run(h, c, r);
}

static int disconnect_dev(void *ctx, struct pci_dev *p, bool first,
			  struct pci_tsm_relay *r)
{
	struct tdx_host *h = ctx;
	struct tdx_conn *c = pci_tsm_of(p)->priv;
	int ret = 0;

	if (c->stream || c->step == END_SESSION)
		ret = disconnect_steps(h, c, first, r);
	if (ret == -EINPROGRESS)
		return ret;
	conn_close(h, c);
	return ret;
}

/* --- keys made new --- */

static void renew_call(struct tdx_conn *c, enum pci_tsm_renew what)
{
	struct tdx_regs *r;

	if (what == PCI_TSM_RENEW_STREAM) {
		r = tdx_op_new(c, TDH_IDE_STREAM_KM);
		r->rdx = c->stream_id;
		r->r8 = TDX_KM_REFRESH;
		r->r9 = c->in;
		r->r10 = c->out;
	} else {
		r = tdx_op_new(c, TDH_SPDM_MNG);
		r->rdx = what == PCI_TSM_RENEW_SESSION ? TDX_SPDM_KEY_UPDATE
						       : TDX_SPDM_HEARTBEAT;
		r->r8 = r->r11 = TDX_NO_PAGE;
		r->r9 = c->in;
		r->r10 = c->out;
	}
	r->rcx = c->spdm_id;
}

static int renew(void *ctx, struct pci_dev *p, enum pci_tsm_renew what,
		 bool first, struct pci_tsm_relay *r)
{
	struct tdx_host *h = ctx;
	struct tdx_conn *c = pci_tsm_of(p)->priv;
	int ret;

	if (first)
		renew_call(c, what);
	ret = tdx_op_run(h, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (ret)
		tdx_conn_look(h, c);
	return ret;
}

/* --- given up --- */

/*
 * Something failed. The call is not pending any more, and if the module has
 * cut the link, the endpoint's half is switched off as well: until then no
 * configuration request would reach a device that answers again.
 */
void tdx_conn_look(struct tdx_host *h, struct tdx_conn *c)
{
	tdx_op_drop(h, c);
	if (c->stream && !pci_ide_held_secure(&c->st->rp, c->st->id))
		tdx_conn_block(h, c);
}

/*
 * Carries the call under way to its end, for nobody: the session is also that
 * of the device's other functions. False: it did not end, or not well.
 */
static bool finish(struct tdx_host *h, struct tdx_conn *c,
		   struct pci_tsm_relay *r)
{
	for (unsigned i = 0; c->op.issued && i < PCI_TSM_STEPS_MAX; i++) {
		int ret = r->err ? r->err : tdx_op_run(h, c, r);
		long n;

		if (ret != -EINPROGRESS)
			return !ret;
		n = pci_doe(c->p, r->type, r->req, r->req_len, r->rsp,
			    sizeof(r->rsp));
		r->err = n < 0 ? (int)n : 0;
		r->rsp_len = n < 0 ? 0 : (size_t)n;
	}
	return !c->op.issued;
}

static void abort_op(void *ctx, struct pci_dev *p, struct pci_tdi *tdi,
		     struct pci_tsm_relay *r)
{
	struct tdx_host *h = ctx;
	struct pci_tsm_dsm *d = pci_tsm_dsm_of(p);
	struct tdx_conn *c = d->tsm.priv;
	const bool keep = tdi || d->op == PCI_TSM_OP_RENEW;
	const bool whole = keep && c->op.issued && finish(h, c, r);

	if (whole && d->op == PCI_TSM_OP_GUEST_REQ)
		return; /* where it stands, the TDI waits to be unbound */
	tdx_conn_look(h, c);
	if (d->op == PCI_TSM_OP_RENEW)
		return;
	if (tdi)
		tdx_tdi_abort(h, tdi, d->op != PCI_TSM_OP_GUEST_REQ);
	else
		conn_close(h, c);
}

static bool secure(void *ctx, struct pci_dev *p)
{
	struct tdx_conn *c = pci_tsm_of(p)->priv;

	(void)ctx;
	return c->st && pci_ide_stream_secure(&c->st->ep) &&
	       pci_ide_held_secure(&c->st->rp, c->st->id);
}

static bool busy(void *ctx, struct pci_dev *p)
{
	return tdx_stuck_at(ctx, p);
}

const struct pci_tsm_ops tdx_tsm_ops = {
	.name = "tdx-connect",
	.probe = probe,
	.remove = remove_conn,
	.connect = connect_dev,
	.disconnect = disconnect_dev,
	.bind = tdx_tdi_bind,
	.unbind = tdx_tdi_unbind,
	.guest_req = tdx_tdi_guest_req,
	.abort = abort_op,
	.secure = secure,
	.busy = busy,
	.renew = renew,
};
