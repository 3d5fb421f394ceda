/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One TDI: bind gives the module an interface for the VM; the guest's requests
 * lock, start and end it; unbind takes everything back.
 *
 * The end has one order, which the module enforces: STOP; private MMIO out of
 * the secure EPT, of which KVM hears by way of the BAR's dma-buf; the trusted
 * device entry; the interface; metadata. Where KVM does not hear, the module
 * keeps the interface, and with it the function (tdx_host.stuck).
 *
 * Source: TDX Connect patches (2025-26): unbind order; TDX module source of
 * the first generation, tdh_devif_remove.c; architectures.md C.4
 */
#include <errno.h>

#include "arch/tdx/host_priv.h"
#include "host/uapi/interlock_ext.h"

#define LOCK_NO_FW_UPDATE 0x1
#define LOCK_BIND_P2P	  0x8
#define TDI_ERROR	  3 /* TDISP, TDI state */

static struct tdx_vm *vm_of(const struct pci_tdi *tdi)
{
	return ((const struct kvm_vm *)tdi->kvm)->priv;
}

static uint32_t func_of(const struct pci_dev *p)
{
	return (p->bdf & (TDX_FUNC_SEGMENT | TDX_FUNC_RID)) |
	       TDX_FUNC_SEG_VALID;
}

/* --- the interface --- */

static uint64_t devif_call(struct tdx_host *h, struct pci_tdi *tdi)
{
	const struct tdx_conn *c = tdx_conn_of(tdi);
	const struct tdx_tdi *t = tdi->priv;
	struct tdx_regs r = { .rax = TDH_DEVIF_CREATE,
			      .rcx = t->func,
			      .rdx = t->vm->tdr,
			      .r8 = t->page,
			      .r9 = c->spdm_id,
			      .r10 = c->stream_id };

	return tdx_call(h, &r);
}

static bool stuck(const struct tdx_host *h, uint32_t func)
{
	for (const struct tdx_tdi *t = h->stuck; t; t = t->stuck)
		if (t->func == func)
			return true;
	return false;
}

static int devif_create(struct tdx_host *h, struct pci_tdi *tdi)
{
	struct tdx_tdi *t = tdi->priv;
	uint64_t st;
	int ret = 0;

	if (t->created)
		return 0;
	if (stuck(h, t->func))
		tdx_stuck_again(h, NULL);
	if (stuck(h, t->func))
		return -EBUSY; /* an earlier VM's still */
	t->page = tdx_page_new(h);
	if (!t->page)
		return -ENOMEM;
	st = devif_call(h, tdi);
	if (TDX_STATUS(st) == TDX_DEVIFMT_NOT_PRESENT) {
		ret = tdx_devif_place(h, t->func);
		st = ret ? st : devif_call(h, tdi);
	}
	t->created = !(st & TDX_ERROR_BIT);
	t->vm->tdis += t->created;
	if (t->created)
		return 0;
	tdx_page_free(h, t->page);
	t->page = 0;
	return ret ? ret : tdx_errno(st);
}

/* 0, or the module keeps it: its status. */
static uint64_t devif_remove(struct tdx_host *h, struct tdx_tdi *t)
{
	struct tdx_regs r = { .rax = TDH_DEVIF_REMOVE, .rcx = t->func };
	uint64_t st;

	if (!t->created)
		return 0;
	st = tdx_call(h, &r);
	if (st & TDX_ERROR_BIT)
		return st;
	tdx_page_free(h, t->page);
	t->page = 0;
	t->created = false;
	if (t->vm)
		t->vm->tdis--;
	tdx_devif_unplace(h, t->func);
	return 0;
}

/* --- what an end is made of --- */

/* From the stop on: 0, or -EBUSY when the module keeps the interface. */
static int take_back(struct tdx_host *h, struct tdx_tdi *t)
{
	int ret = t->vm ? tdx_mmio_again(h, t->vm) : 0;

	if (t->dmar)
		t->dmar = tdx_dmar_remove(h, (uint16_t)t->func) != 0;
	if (devif_remove(h, t))
		ret = ret ? ret : -EBUSY;
	if (t->created)
		return ret;
	tdx_bars_clear(h, t);
	return 0;
}

/*
 * An interface whose stop the device did not confirm is cut off at the link
 * first: what the module lets go of depends on one or the other (law 24).
 */
static int give_back(struct tdx_host *h, struct pci_tdi *tdi)
{
	struct tdx_tdi *t = tdi->priv;
	int ret;

	if (t->locked)
		tdx_conn_block(h, tdx_conn_of(tdi));
	t->locked = false;
	if (t->private && tdi->port->mmio_gone)
		tdi->port->mmio_gone(tdi->port_ctx);
	ret = take_back(h, t);
	if (t->private)
		(void)tdi->port->mmio_private(tdi->port_ctx, false);
	t->private = false;
	return ret;
}

/* What the module keeps is remembered until it gives it back. */
static void tdi_free(struct tdx_host *h, struct pci_tdi *tdi)
{
	struct tdx_tdi *t = tdi->priv;

	((struct kvm_vm *)tdi->kvm)->bound--;
	tdi->priv = NULL;
	if (!t->created) {
		kpool_put(&h->tdi_pool, t);
		return;
	}
	t->stuck = h->stuck;
	h->stuck = t;
}

void tdx_stuck_again(struct tdx_host *h, const struct tdx_vm *vm)
{
	struct tdx_tdi **at = &h->stuck;

	while (*at) {
		struct tdx_tdi *t = *at;

		if ((vm && t->vm != vm) || take_back(h, t)) {
			at = &t->stuck;
			continue;
		}
		*at = t->stuck;
		kpool_put(&h->tdi_pool, t);
	}
}

bool tdx_stuck_at(struct tdx_host *h, const struct pci_dev *p)
{
	tdx_stuck_again(h, NULL);
	for (const struct tdx_tdi *t = h->stuck; t; t = t->stuck)
		if (t->dsm == p->bdf)
			return true;
	return false;
}

/* --- bind, unbind --- */

int tdx_tdi_bind(void *ctx, struct pci_tdi *tdi, bool first,
		 struct pci_tsm_relay *r)
{
	struct tdx_host *h = ctx;
	struct tdx_tdi *t = vm_of(tdi)->tdr ? kpool_get(&h->tdi_pool) : NULL;
	int ret;

	(void)first;
	(void)r;
	if (!t)
		return vm_of(tdi)->tdr ? -ENOMEM : -EINVAL;
	t->func = func_of(tdi->p);
	t->vm = vm_of(tdi);
	t->dsm = tdx_conn_of(tdi)->p->bdf;
	tdi->priv = t;
	((struct kvm_vm *)tdi->kvm)->bound++;
	ret = devif_create(h, tdi);
	if (ret)
		tdi_free(h, tdi);
	return ret;
}

static void tdi_call(struct pci_tdi *tdi, uint64_t leaf, uint64_t rdx)
{
	const struct tdx_tdi *t = tdi->priv;
	struct tdx_conn *c = tdx_conn_of(tdi);
	struct tdx_regs *r = tdx_op_new(c, leaf);

	r->rcx = t->func;
	r->rdx = rdx;
	r->r8 = c->in;
	r->r9 = c->out;
}

/* Steps of an unbind; one that is not locked has none. */
enum { LOOK, STOP };

/*
 * STOP leads out of ERROR as well as out of RUN, so that afterwards nobody
 * could tell: the state is asked for first. A look that fails says nothing.
 */
static int unbind_run(struct tdx_host *h, struct pci_tdi *tdi, bool first,
		      struct pci_tsm_relay *r)
{
	struct tdx_conn *c = tdx_conn_of(tdi);
	struct tdx_tdi *t = tdi->priv;
	const bool lost = !first && r->err;
	int ret;

	if (first) {
		c->step = LOOK;
		tdi_call(tdi, TDH_TDI_GET_STATE, 0);
	}
	ret = tdx_op_run(h, c, r);
	if (c->step == LOOK && ret != -EINPROGRESS && !lost) {
		t->was_error = !ret && c->op.out.rcx == TDI_ERROR;
		c->step = STOP;
		tdi_call(tdi, TDH_TDI_STOP, 0);
		r->rsp_len = 0;
		ret = tdx_op_run(h, c, r);
	}
	return ret;
}

int tdx_tdi_unbind(void *ctx, struct pci_tdi *tdi, bool first,
		   struct pci_tsm_relay *r)
{
	struct tdx_host *h = ctx;
	struct tdx_conn *c = tdx_conn_of(tdi);
	struct tdx_tdi *t = tdi->priv;
	int ret = 0, back;

	if (t->locked) {
		ret = unbind_run(h, tdi, first, r);
		if (ret == -EINPROGRESS)
			return ret;
		t->locked = ret != 0;
		if (ret)
			tdx_conn_look(h, c);
		else if (t->was_error)
			ret = -EIO; /* gone all the same, but not in order */
	}
	back = give_back(h, tdi);
	tdi_free(h, tdi);
	return ret ? ret : back;
}

void tdx_tdi_abort(struct tdx_host *h, struct pci_tdi *tdi, bool forget)
{
	struct tdx_tdi *t = tdi->priv;

	if (!t)
		return;
	if (t->locked)
		tdx_conn_block(h, tdx_conn_of(tdi));
	t->locked = false;
	if (!forget)
		return; /* the vDevice is still there, and unbinds it */
	(void)give_back(h, tdi);
	tdi_free(h, tdi);
}

/* --- SET_TDI_STATE --- */

/* What the module is known to refuse in a lock; it names no reason itself. */
static const struct rule rule_p2p = {
	.name = "no-p2p-lock",
	.says = "a function is locked without streams to peers: of the lock "
		"flags NO_FW_UPDATE alone may be set",
	.source = "TDX module source (2023-24), TDISP lock flags; Intel TDX "
		  "Connect device guide: no direct P2P",
	.sure = SURE_DRIVER,
};

/* Steps of a lock. */
enum { LOCK, REPORT, UNDO };

static int lock_begin(struct tdx_host *h, struct pci_tdi *tdi)
{
	struct tdx_tdi *t = tdi->priv;
	int ret = t->locked ? -EBUSY : devif_create(h, tdi);

	if (!ret)
		ret = tdi->port->mmio_private(tdi->port_ctx, true);
	if (ret)
		return ret;
	t->private = true;
	ret = tdx_bars_set(h, t, tdi->p);
	if (ret) {
		(void)give_back(h, tdi);
		return ret;
	}
	/*
	 * From here on the device may have locked it: whatever ends this, it
	 * is stopped by command, not by belief (law 18).
	 */
	t->locked = true;
	tdx_conn_of(tdi)->step = LOCK;
	tdi_call(tdi, TDH_TDI_LOCK,
		 LOCK_NO_FW_UPDATE | (h->cfg.lock_p2p ? LOCK_BIND_P2P : 0));
	return 0;
}

static int take_report(struct tdx_host *h, struct pci_tdi *tdi)
{
	const struct tdx_conn *c = tdx_conn_of(tdi);
	struct tdx_tdi *t = tdi->priv;
	const uint64_t len = c->op.out.rcx;
	int ret;

	if (len > sizeof(t->report))
		return -EMSGSIZE;
	t->report_len = (uint32_t)len;
	ret = tdx_pages_read(h, &c->report_pages, t->report, (size_t)len);
	if (!ret)
		ret = tdx_dmar_add(h, (uint16_t)t->func, t->vm->tdr);
	t->dmar = !ret;
	return ret;
}

/* LOCK, then the report, then the trusted entry, which the guest accepts. */
static int lock_run(struct tdx_host *h, struct pci_tdi *tdi,
		    struct pci_tsm_relay *r)
{
	struct tdx_conn *c = tdx_conn_of(tdi);
	int ret = tdx_op_run(h, c, r);

	if (!ret && c->step == LOCK) {
		c->step = REPORT;
		tdi_call(tdi, TDH_TDI_REPORT, tdx_pages_arg(&c->report_pages));
		r->rsp_len = 0;
		ret = tdx_op_run(h, c, r);
	}
	if (!ret && c->step == REPORT)
		ret = take_report(h, tdi);
	return ret;
}

/*
 * A lock that failed: the module has tried a STOP, and says whether the
 * interface is unlocked now. If it is not, the link is cut.
 */
static int lock(struct tdx_host *h, struct pci_tdi *tdi, bool first,
		struct pci_tsm_relay *r)
{
	struct tdx_conn *c = tdx_conn_of(tdi);
	struct tdx_tdi *t = tdi->priv;
	int ret = first ? lock_begin(h, tdi) : 0;
	uint64_t why;

	if (ret)
		return ret;
	ret = lock_run(h, tdi, r);
	if (ret == -EINPROGRESS || !ret)
		return ret;
	why = h->error;
	tdx_conn_look(h, c);
	/* Without the device's word only the module can tell. */
	t->locked = c->step != LOCK || c->blocked;
	(void)give_back(h, tdi);
	(void)devif_create(h, tdi);
	h->error = why;
	return ret;
}

static int start(struct tdx_host *h, struct pci_tdi *tdi, bool first,
		 struct pci_tsm_relay *r)
{
	struct tdx_tdi *t = tdi->priv;
	int ret;

	if (!t->locked)
		return -EINVAL;
	if (first)
		tdi_call(tdi, TDH_TDI_START, 0);
	ret = tdx_op_run(h, tdx_conn_of(tdi), r);
	if (ret && ret != -EINPROGRESS)
		tdx_conn_look(h, tdx_conn_of(tdi));
	return ret;
}

static int stop(struct tdx_host *h, struct pci_tdi *tdi, bool first,
		struct pci_tsm_relay *r)
{
	struct tdx_tdi *t = tdi->priv;
	int ret;

	if (!t->locked)
		return first ? 0 : -EINVAL;
	if (first && tdx_conn_of(tdi)->blocked) {
		t->locked = false; /* cut off before: there is no asking */
		return 0;
	}
	if (first)
		tdi_call(tdi, TDH_TDI_STOP, 0);
	ret = tdx_op_run(h, tdx_conn_of(tdi), r);
	if (ret == -EINPROGRESS)
		return ret;
	/* A failed STOP is reported, and the interface cut off (law 48). */
	if (ret) {
		tdx_conn_look(h, tdx_conn_of(tdi));
		tdx_conn_block(h, tdx_conn_of(tdi));
	}
	t->locked = false;
	return ret;
}

static int unlock(struct tdx_host *h, struct pci_tdi *tdi, bool first,
		  struct pci_tsm_relay *r)
{
	int ret = stop(h, tdi, first, r), back;
	uint64_t why;

	if (ret == -EINPROGRESS)
		return ret;
	back = give_back(h, tdi);
	why = h->error;
	/*
	 * The vDevice stays, and so does its TDI, for another bind; none of a
	 * device that was cut off, but that keeps nobody from leaving it.
	 */
	if (!back)
		(void)devif_create(h, tdi);
	h->error = why;
	return ret ? ret : back;
}

static int set_state(struct tdx_host *h, struct pci_tdi *tdi, uint32_t state,
		     bool first, struct pci_tsm_relay *r)
{
	switch (state) {
	case IOMMU_TSM_TDI_LOCKED:
		return lock(h, tdi, first, r);
	case IOMMU_TSM_TDI_RUN:
		return start(h, tdi, first, r);
	case IOMMU_TSM_TDI_STOP:
		return stop(h, tdi, first, r);
	case IOMMU_TSM_TDI_UNLOCKED:
		return unlock(h, tdi, first, r);
	default:
		return -EINVAL;
	}
}

/* --- requests --- */

/* What a TD needs to name the function to the module: its name on the host. */
static int tell_state(struct tdx_host *h, struct pci_tdi *tdi,
		      const struct tdx_req *q, int ret)
{
	const struct tdx_tdi *t = tdi->priv;
	uint8_t id[4];

	tdx_put_u32(id, 0, t->func);
	return tdx_guest_tell(
		h, tdi, q, ret, id,
		q->what == IOMMU_TSM_TDI_LOCKED && !ret ? sizeof(id) : 0);
}

static int request(struct tdx_host *h, struct pci_tdi *tdi,
		   const struct pci_tsm_guest_req *q, bool first,
		   struct pci_tsm_relay *r)
{
	struct tdx_req a = { 0 };
	int ret;

	if (q->req_len != sizeof(a) &&
	    (q->op != IOMMU_TSM_OP_SET_TDI_STATE || q->req_len != 4))
		return -EINVAL;
	memcpy(&a, q->req, q->req_len);
	if (a.reserved)
		return -EINVAL;
	if (q->op != IOMMU_TSM_OP_SET_TDI_STATE)
		return tdx_guest_ask(h, tdi, &a, first, r);
	ret = set_state(h, tdi, a.what, first, r);
	if (ret == -EINPROGRESS || q->req_len == 4)
		return ret;
	return tell_state(h, tdi, &a, ret);
}

int tdx_tdi_guest_req(void *ctx, struct pci_tdi *tdi,
		      struct pci_tsm_guest_req *q, bool first,
		      struct pci_tsm_relay *r)
{
	struct tdx_host *h = ctx;
	struct tdx_resp a = { 0 };
	int ret;

	if (q->arch != IOMMU_TSM_ARCH_TDX ||
	    (q->op != IOMMU_TSM_OP_SET_TDI_STATE &&
	     q->op != IOMMU_TSM_OP_GUEST_REQ))
		return -EOPNOTSUPP;
	if (!tdi->priv || q->resp_cap < sizeof(a))
		return -EINVAL;
	if (first)
		h->error = 0;
	ret = request(h, tdi, q, first, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (ret && h->cfg.lock_p2p &&
	    TDX_STATUS(h->error) == TDX_OPERAND_INVALID)
		q->why = &rule_p2p;
	a.hw_error = ret ? h->error : 0;
	q->code = a.hw_error;
	memcpy(q->resp, &a, sizeof(a));
	q->resp_len = sizeof(a);
	return ret;
}
