/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One TDI: bind makes a VDEV of it for a realm, the realm's requests lock,
 * start and unlock it, unbind takes everything back.
 *
 * Arm's order: what of its MMIO a realm has mapped goes before UNLOCK, which
 * names the first granule that is still there and refuses; the VDEV is gone
 * before the PCI function is disabled.
 *
 * Source: architectures.md A.4; Linux "CCA device assignment" v4, v7 (2026)
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "host/uapi/interlock_ext.h"

/* Entries of the Realm's stream table that one page holds. */
#define L2_SIDS (CCA_GRANULE / STE_LEN)

static const struct rule rule_mapped = {
	.name = "vdev-mapped",
	.says = "an interface is unlocked when none of its MMIO is mapped in "
		"the realm's table: RMI_VDEV_UNLOCK names the granule",
	.source = "TF-RMM runtime/rmi/vdev.c, smc_vdev_unlock(); Linux \"CCA "
		  "device assignment\" v7, cca_tsm_unbind()",
	.sure = SURE_DRIVER,
};

static const struct rule rule_flag = {
	.name = "realm-da",
	.says = "a function is bound to a realm that was created with the "
		"device assignment flag, and to no other",
	.source = "TF-RMM runtime/rmi/vdev.c, smc_vdev_create(); RMM 2.0, "
		  "RmiRealmFlags0.da",
	.sure = SURE_DRIVER,
};

static const struct rule rule_p2p = {
	.name = "no-p2p-endpoints",
	.says = "a stream's second end is a root port: the monitor connects "
		"no two endpoints, and its locks bind no peers",
	.source = "TF-RMM 9a7f8ef4, runtime/rmi/pdev.c, "
		  "smc_pdev_stream_connect(); smc-rsi.h: RDEV_P2P_BIND has no "
		  "handler",
	.sure = SURE_DRIVER,
};

struct cca_talk cca_tdi_talk(struct cca_tdi *t)
{
	return (struct cca_talk){ .comm = &t->conn->ep.comm,
				  .conn = t->conn,
				  .tdi = t,
				  .pdev = t->conn->ep.pa };
}

uint64_t cca_vdev_state(struct cca_host *s, const struct cca_tdi *t)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_VDEV_GET_STATE, t->vdev };

	return t->created && !cca_smc(s, x) ? x[1] : RMI_VDEV_ERROR;
}

/* A call about it that takes no more arguments; the result, x[1] in *out. */
static uint64_t vdev_call(struct cca_host *s, const struct cca_tdi *t,
			  uint64_t fid, uint64_t *out)
{
	uint64_t x[CCA_SMC_REGS] = { fid, cca_vm_of(t)->rd, t->conn->ep.pa,
				     t->vdev };

	(void)cca_sro(s, x);
	if (out)
		*out = x[1];
	return x[0];
}

/* --- making and unmaking --- */

/* There may be others in that page of the table. */
static int stream_table(struct cca_host *s, const struct cca_tdi *t, bool on)
{
	uint64_t x[CCA_SMC_REGS] = { on ? RMI_PSMMU_ST_L2_CREATE
					: RMI_PSMMU_ST_L2_DESTROY,
				     s->cfg.psmmu,
				     align_down(t->rid, L2_SIDS) };
	const uint64_t ret = cca_sro(s, x);

	return RMI_STATUS(ret) == RMI_ERROR_PSMMU_ST ? 0 : cca_errno(ret);
}

/* BARs of whole pages, in the order of addresses. */
static unsigned put_ranges(uint8_t *b, const struct pci_dev *p)
{
	uint64_t last = 0;
	unsigned n = 0;

	while (n < VDEV_RANGES_MAX) {
		const struct pci_bar *next = NULL;

		for (unsigned i = 0; i < COUNT(p->bars); i++) {
			const struct pci_bar *a = &p->bars[i];

			if (a->pa > last && a->size >= CCA_GRANULE &&
			    (!next || a->pa < next->pa))
				next = a;
		}
		if (!next)
			break;
		last = next->pa;
		cca_put_u64(b, VDEV_PARAMS_RANGE + 16 * (size_t)n, next->pa);
		cca_put_u64(b, VDEV_PARAMS_RANGE + 16 * (size_t)n + 8,
			    next->pa + next->size);
		n++;
	}
	return n;
}

static int vdev_create(struct cca_host *s, struct cca_tdi *t)
{
	uint8_t b[VDEV_PARAMS_LEN] = { 0 };
	uint64_t x[CCA_SMC_REGS] = { RMI_VDEV_CREATE, cca_vm_of(t)->rd,
				     t->conn->ep.pa, t->vdev };

	cca_put_u64(b, VDEV_PARAMS_VDEV_ID, t->vdev_id);
	cca_put_u64(b, VDEV_PARAMS_TDI_ID, t->rid);
	cca_put_u64(b, VDEV_PARAMS_NUM_RANGE, put_ranges(b, t->tdi->p));
	x[4] = cca_params(s, b, sizeof(b));
	if (!x[4])
		return -EIO;
	if (cca_sro(s, x))
		return cca_errno(x[0]);
	t->created = true;
	t->conn->vdevs++;
	return 0;
}

static void tdi_put(struct cca_host *s, struct cca_tdi *t)
{
	struct cca_tdi **at = &cca_vm_of(t)->tdis;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (t->created)
		s->leaked++;
	else
		cca_granule_free(s, t->vdev);
	bytes_wipe(t->meas_buf, sizeof(t->meas_buf));
	bytes_wipe(t->report_buf, sizeof(t->report_buf));
	kpool_put(&s->tdi_pool, t);
}

/* A VDEV that the monitor keeps is nobody's until its VM ends. */
static void tdi_free(struct cca_host *s, struct cca_tdi *t)
{
	((struct kvm_vm *)t->tdi->kvm)->bound--;
	t->tdi->priv = NULL;
	t->tdi = NULL;
	if (!t->created)
		tdi_put(s, t);
}

static int tdi_new(struct cca_host *s, struct pci_tdi *tdi)
{
	struct cca_vm *v = ((const struct kvm_vm *)tdi->kvm)->priv;
	struct cca_tdi *t;

	if (!v->realm || !v->rd)
		return -EINVAL;
	t = kpool_get(&s->tdi_pool);
	if (!t)
		return -ENOMEM;
	t->vdev = cca_granule(s);
	if (!t->vdev) {
		kpool_put(&s->tdi_pool, t);
		return -ENOMEM;
	}
	t->tdi = tdi;
	t->vm = v;
	t->rid = tdi->p->bdf & 0xffff;
	t->conn = tdi->tsm->dsm->tsm.priv;
	t->vdev_id = tdi->guest_rid;
	t->meas = (struct cca_object){ t->meas_buf, 0, sizeof(t->meas_buf) };
	t->report =
		(struct cca_object){ t->report_buf, 0, sizeof(t->report_buf) };
	t->next = v->tdis;
	v->tdis = t;
	tdi->priv = t;
	((struct kvm_vm *)tdi->kvm)->bound++;
	return 0;
}

static void vdev_destroy(struct cca_host *s, struct cca_tdi *t)
{
	if (!t->created || vdev_call(s, t, RMI_VDEV_DESTROY, NULL))
		return;
	t->created = false;
	t->conn->vdevs--;
	(void)stream_table(s, t, false);
}

/* What the monitor began ends with that state, or it did not work. */
static int reached(struct cca_host *s, struct cca_tdi *t, uint64_t want,
		   struct pci_tsm_relay *r)
{
	const struct cca_talk k = cca_tdi_talk(t);
	int ret = cca_talk(s, &k, r);

	if (ret)
		return ret > 0 ? -EIO : ret;
	return cca_vdev_state(s, t) == want ? 0 : -EIO;
}

int cca_bind(void *ctx, struct pci_tdi *tdi, bool first,
	     struct pci_tsm_relay *r)
{
	struct cca_host *s = ctx;
	struct cca_tdi *t;
	int ret = first ? tdi_new(s, tdi) : 0;

	if (ret)
		return ret;
	t = tdi->priv;
	if (first) {
		ret = stream_table(s, t, true);
		if (!ret) {
			ret = vdev_create(s, t);
			if (ret) /* another's entry may keep it */
				(void)stream_table(s, t, false);
		}
		if (ret && !cca_vm_of(t)->da)
			k_refuse(s->k, &rule_flag);
	}
	if (!ret)
		ret = reached(s, t, RMI_VDEV_UNLOCKED, r);
	if (ret && ret != -EINPROGRESS) {
		vdev_destroy(s, t);
		tdi_free(s, t);
	}
	return ret;
}

/* --- unlocking --- */

/*
 * KVM's part of the end: what of the function's BARs the realm has mapped goes.
 * A kernel in which KVM does not hear of such things leaves it to the VMM.
 */
static void unmap_bars(struct cca_host *s, struct cca_tdi *t)
{
	struct kvm_vm *vm = t->tdi->kvm;

	for (unsigned i = 0; i < KVM_SLOTS && !vm->core->deaf; i++) {
		const struct kvm_slot *sl = &vm->slots[i];

		if (sl->kind == KVM_SLOT_DMABUF && sl->buf &&
		    cca_bar_of(t->tdi->p, dmabuf_frame(sl->buf, sl->buf_off)))
			(void)cca_unmap(s, vm->priv, sl->gpa, sl->len);
	}
}

static void bars_back(struct cca_tdi *t)
{
	if (t->private)
		(void)t->tdi->port->mmio_private(t->tdi->port_ctx, false);
	t->private = false;
}

/* 0: it goes on by COMMUNICATE. -EBUSY: @granule is still mapped. */
static int unlock_begin(struct cca_host *s, struct cca_tdi *t,
			uint64_t *granule)
{
	uint64_t at;
	const uint64_t ret = vdev_call(s, t, RMI_VDEV_UNLOCK, &at);

	if (RMI_STATUS(ret) == RMI_ERROR_GRANULE) {
		*granule = at;
		k_refuse_addr(s->k, &rule_mapped, at);
	}
	return cca_errno(ret);
}

/*
 * Without the device: whatever is pending is aborted, the link is cut if the
 * device has to be stopped and cannot (law 48). False: it is mapped.
 */
static bool unlock_now(struct cca_host *s, struct cca_tdi *t)
{
	const struct cca_talk k = cca_tdi_talk(t);

	for (unsigned i = 0; i < 2; i++) {
		const uint64_t state = cca_vdev_state(s, t);
		uint64_t ret;

		if (state == RMI_VDEV_UNLOCKED || state == RMI_VDEV_NEW)
			break;
		ret = vdev_call(s, t, RMI_VDEV_UNLOCK, NULL);
		if (RMI_STATUS(ret) == RMI_ERROR_GRANULE)
			return false;
		if (ret) /* something is pending */
			(void)vdev_call(s, t, RMI_VDEV_ABORT, NULL);
		else
			cca_talk_dead(s, &k);
	}
	/* Of one that is cut off UNLOCK does not say what is mapped. */
	t->locked = t->dev_pages;
	return !t->locked;
}

int cca_unbind(void *ctx, struct pci_tdi *tdi, bool first,
	       struct pci_tsm_relay *r)
{
	struct cca_host *s = ctx;
	struct cca_tdi *t = tdi->priv;
	struct cca_conn *c = t->conn;
	uint64_t granule = 0;
	int ret = 0;

	if (first && t->locked) {
		unmap_bars(s, t);
		ret = unlock_begin(s, t, &granule);
	}
	if (t->locked && !granule) {
		ret = ret ? ret : reached(s, t, RMI_VDEV_UNLOCKED, r);
		if (ret == -EINPROGRESS)
			return ret;
	}
	if (ret)
		(void)unlock_now(s, t);
	vdev_destroy(s, t);
	bars_back(t);
	tdi_free(s, t);
	if (ret)
		cca_conn_look(s, c);
	return ret;
}

void cca_tdi_abort(struct cca_host *s, struct pci_tdi *tdi,
		   struct pci_tsm_relay *r, bool forget)
{
	struct cca_tdi *t = tdi->priv;
	struct cca_conn *c;

	(void)r;
	if (!t)
		return;
	c = t->conn;
	if (c->ep.comm.asked) {
		const struct cca_talk k = cca_tdi_talk(t);

		cca_talk_dead(s, &k);
	}
	if (forget) {
		unmap_bars(s, t);
		(void)unlock_now(s, t);
		vdev_destroy(s, t);
		bars_back(t);
		tdi_free(s, t);
	}
	cca_conn_look(s, c);
}

/* Exchange by exchange, for nobody who waits. */
static void unlock_alone(struct cca_host *s, struct cca_tdi *t)
{
	struct pci_tsm_relay *r = &s->relay;
	uint64_t granule;
	int ret = t->conn->p ? unlock_begin(s, t, &granule) : -ENODEV;

	if (!ret)
		ret = reached(s, t, RMI_VDEV_UNLOCKED, r);
	for (unsigned i = 0; i < PCI_TSM_STEPS_MAX && ret == -EINPROGRESS;
	     i++) {
		const long n = pci_doe(t->conn->p, r->type, r->req, r->req_len,
				       r->rsp, sizeof(r->rsp));

		r->err = n < 0 ? (int)n : 0;
		r->rsp_len = n < 0 ? 0 : (size_t)n;
		ret = reached(s, t, RMI_VDEV_UNLOCKED, r);
	}
	if (ret)
		(void)unlock_now(s, t);
}

void cca_tdis_reap(struct cca_host *s, struct cca_vm *v)
{
	while (v->tdis) {
		struct cca_tdi *t = v->tdis;
		struct cca_conn *c = t->conn;

		unlock_alone(s, t);
		vdev_destroy(s, t);
		tdi_put(s, t);
		cca_conn_gone(s, c);
	}
}

/* --- requests of the realm --- */

static int lock_begin(struct cca_host *s, struct cca_tdi *t)
{
	int ret;

	if (t->locked)
		return -EBUSY;
	ret = t->tdi->port->mmio_private(t->tdi->port_ctx, true);
	if (ret)
		return ret;
	t->private = true;
	ret = cca_errno(vdev_call(s, t, RMI_VDEV_LOCK, NULL));
	/* From here on it may be: whatever ends this unlocks it. */
	t->locked = !ret;
	if (ret)
		bars_back(t);
	return ret;
}

/* Back to UNLOCKED; without the device if it cannot be told. */
static int unlock_end(struct cca_host *s, struct cca_tdi *t, int ret,
		      struct pci_tsm_relay *r)
{
	if (!ret)
		ret = reached(s, t, RMI_VDEV_UNLOCKED, r);
	if (ret == -EINPROGRESS)
		return ret;
	/*
	 * A failed STOP is reported, and the interface cut off (law 48). What
	 * the realm has not given back of its MMIO, KVM takes: as long as one
	 * granule is the monitor's, nobody else is to reach the BARs.
	 */
	if (ret) {
		unmap_bars(s, t);
		if (!unlock_now(s, t))
			return ret;
	}
	t->locked = false;
	bars_back(t);
	return ret;
}

/*
 * RMI_VDEV_LOCK takes no flags, and no BIND_P2P of the host's: what a driver
 * can ask for is the stream to the peer, before it locks.
 */
static int peers(struct cca_host *s, struct cca_tdi *t,
		 struct pci_tsm_guest_req *q)
{
	int ret =
		s->cfg.lock_p2p && !t->locked ? cca_peer_stream(s, t->conn) : 0;

	if (ret)
		q->why = &rule_p2p;
	return ret;
}

static int lock(struct cca_host *s, struct cca_tdi *t, bool first,
		struct pci_tsm_relay *r, struct pci_tsm_guest_req *q)
{
	uint64_t granule;
	int ret;

	if (first) {
		t->failed = 0;
		ret = peers(s, t, q);
		if (!ret)
			ret = lock_begin(s, t);
		if (ret)
			return ret;
	}
	ret = t->failed ? 0 : reached(s, t, RMI_VDEV_LOCKED, r);
	if (!t->failed && (!ret || ret == -EINPROGRESS))
		return ret;
	if (!t->failed) {
		t->failed = ret;
		ret = unlock_begin(s, t, &granule);
	}
	ret = unlock_end(s, t, ret, r);
	return ret == -EINPROGRESS ? ret : t->failed;
}

static int start(struct cca_host *s, struct cca_tdi *t, bool first,
		 struct pci_tsm_relay *r)
{
	int ret = 0;

	if (!t->locked)
		return -EINVAL;
	if (first)
		ret = cca_errno(vdev_call(s, t, RMI_VDEV_START, NULL));
	return ret ? ret : reached(s, t, RMI_VDEV_STARTED, r);
}

/*
 * The realm's own wish: it has given its MMIO back, or is told which granule
 * it has not.
 */
static int unlock(struct cca_host *s, struct cca_tdi *t, bool first,
		  struct pci_tsm_relay *r, struct pci_tsm_guest_req *q,
		  struct cca_da_resp *a)
{
	int ret = 0;

	if (!t->locked)
		return first ? 0 : -EINVAL;
	if (first)
		ret = unlock_begin(s, t, &a->granule);
	if (a->granule) {
		q->why = &rule_mapped;
		q->why_addr = a->granule;
		return ret;
	}
	return unlock_end(s, t, ret, r);
}

static int set_state(struct cca_host *s, struct cca_tdi *t, bool first,
		     struct pci_tsm_relay *r, struct pci_tsm_guest_req *q,
		     struct cca_da_resp *a)
{
	if (q->req_len != 4)
		return -EINVAL;
	switch (cca_u32(q->req, 0)) {
	case IOMMU_TSM_TDI_LOCKED:
		return lock(s, t, first, r, q);
	case IOMMU_TSM_TDI_RUN:
		return start(s, t, first, r);
	case IOMMU_TSM_TDI_STOP: /* the same here: what is stopped is unlocked
				  */
	case IOMMU_TSM_TDI_UNLOCKED:
		return unlock(s, t, first, r, q, a);
	default:
		return -EINVAL;
	}
}

static int serve(struct cca_host *s, struct cca_tdi *t, bool first,
		 struct pci_tsm_relay *r, struct pci_tsm_guest_req *q,
		 struct cca_da_resp *a)
{
	struct cca_da_req d;

	switch (q->op) {
	case IOMMU_TSM_OP_SET_TDI_STATE:
		return set_state(s, t, first, r, q, a);
	case IOMMU_TSM_OP_VALIDATE_MMIO:
		return cca_validate_mmio(s, t, q);
	case IOMMU_TSM_OP_GUEST_REQ:
		if (q->req_len != sizeof(d))
			return -EINVAL;
		memcpy(&d, q->req, sizeof(d));
		return cca_da_request(s, t, &d, first, r, a);
	default:
		return -EINVAL;
	}
}

int cca_guest_req(void *ctx, struct pci_tdi *tdi, struct pci_tsm_guest_req *q,
		  bool first, struct pci_tsm_relay *r)
{
	struct cca_host *s = ctx;
	struct cca_tdi *t = tdi->priv;
	struct cca_da_resp a = { 0 };
	int ret;

	if (q->arch != IOMMU_TSM_ARCH_CCA)
		return -EOPNOTSUPP;
	if (!t || q->resp_cap < sizeof(a))
		return -EINVAL;
	s->rmi_error = 0;
	ret = serve(s, t, first, r, q, &a);
	if (ret == -EINPROGRESS)
		return ret;
	a.rmi = ret ? s->rmi_error : 0;
	q->code = a.rmi;
	memcpy(q->resp, &a, sizeof(a));
	q->resp_len = sizeof(a);
	if (ret)
		cca_conn_look(s, t->conn);
	return ret;
}
