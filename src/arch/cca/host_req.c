/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a realm asks of the host about its function: objects that we keep for
 * the monitor, new measurements, its MMIO in its table.
 * Source: architectures.md A.4, A.5, A.8; DEN0148; Linux "CCA device
 * assignment" v4
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"

const struct pci_bar *cca_bar_of(const struct pci_dev *p, uint64_t pa)
{
	for (unsigned i = 0; i < COUNT(p->bars); i++) {
		const struct pci_bar *b = &p->bars[i];

		if (b->pa && pa >= b->pa && pa - b->pa < b->size)
			return b;
	}
	return NULL;
}

/* --- shared memory of the realm --- */

static int realm_move(struct cca_host *s, const struct cca_tdi *t, uint64_t gpa,
		      uint8_t *p, uint64_t len, bool write)
{
	while (len) {
		uint64_t n = PAGE_4K - gpa % PAGE_4K, pa;
		int ret;

		n = n < len ? n : len;
		if (kvm_shared_pa(t->tdi->kvm, gpa, &pa))
			return -EFAULT;
		ret = write ? cca_write(s, pa, p, n) : cca_read(s, pa, p, n);
		if (ret)
			return -EFAULT;
		gpa += n;
		p += n;
		len -= n;
	}
	return 0;
}

/* --- objects --- */

static struct cca_object *object_of(struct cca_tdi *t, uint64_t id)
{
	switch (id) {
	case RHI_DA_OBJECT_VCA:
		return &t->conn->vca;
	case RHI_DA_OBJECT_CERT:
		return &t->conn->cert;
	case RHI_DA_OBJECT_MEAS:
		return &t->meas;
	case RHI_DA_OBJECT_REPORT:
		return &t->report;
	default:
		return NULL;
	}
}

static int object_size(struct cca_tdi *t, uint64_t id, uint64_t *size)
{
	const struct cca_object *o = object_of(t, id);

	if (!o)
		return -EINVAL;
	*size = o->len;
	return o->len ? 0 : -ENODATA;
}

/* As much as there is from @off on, up to @len. */
static int object_read(struct cca_host *s, struct cca_tdi *t, uint64_t id,
		       uint64_t gpa, uint64_t len, uint64_t off, uint64_t *done)
{
	const struct cca_object *o = object_of(t, id);

	if (!o)
		return -EINVAL;
	if (!o->len)
		return -ENODATA;
	if (off >= o->len)
		return -ERANGE;
	if (len > o->len - off)
		len = o->len - off;
	*done = len;
	return realm_move(s, t, gpa, o->p + off, len, true);
}

/* --- what the device has to say anew --- */

static int fresh_begin(struct cca_host *s, struct cca_tdi *t,
		       const struct cca_da_req *q)
{
	uint64_t x[CCA_SMC_REGS] = { RMI_VDEV_GET_INTERFACE_REPORT,
				     cca_vm_of(t)->rd, t->conn->ep.pa,
				     t->vdev };
	uint8_t in[RHI_MEAS_LEN], p[MEAS_PARAMS_LEN] = { 0 };
	int ret;

	if (q->code == RHI_DA_VDEV_GET_INTERFACE_REPORT)
		return cca_errno(cca_smc(s, x));
	/* The realm's nonce, copied once (law 51). */
	ret = realm_move(s, t, q->arg[0], in, sizeof(in), false);
	if (ret)
		return ret;
	cca_put_u64(p, MEAS_PARAMS_FLAGS,
		    cca_u64(in, RHI_MEAS_FLAGS) & MEAS_FLAGS_RAW);
	memcpy(p + MEAS_PARAMS_NONCE, in + RHI_MEAS_NONCE, MEAS_NONCE_LEN);
	x[0] = RMI_VDEV_GET_MEASUREMENTS;
	x[4] = cca_params(s, p, sizeof(p));
	return x[4] ? cca_errno(cca_smc(s, x)) : -EIO;
}

static int fresh(struct cca_host *s, struct cca_tdi *t,
		 const struct cca_da_req *q, bool first,
		 struct pci_tsm_relay *r)
{
	const struct cca_talk k = cca_tdi_talk(t);
	const struct cca_object *o = q->code == RHI_DA_VDEV_GET_INTERFACE_REPORT
					     ? &t->report
					     : &t->meas;
	const uint64_t was = cca_vdev_state(s, t);
	int ret = first ? fresh_begin(s, t, q) : 0;

	if (!ret)
		ret = cca_talk(s, &k, r);
	if (ret)
		return ret > 0 ? -EIO : ret;
	return cca_vdev_state(s, t) == was && o->len ? 0 : -EIO;
}

/*
 * The realm asks the monitor about this VDEV: it is to know which one. Several
 * RECs may wait, each for its own; one that was told already is refused.
 */
static int complete(struct cca_host *s, const struct cca_tdi *t)
{
	const struct kvm_vm *vm = t->tdi->kvm;
	int ret = -EINVAL; /* nobody waits for it */

	for (unsigned i = 0; i < KVM_VCPUS; i++) {
		const struct cca_rec *c =
			vm->vcpu[i] ? vm->vcpu[i]->priv : NULL;

		uint64_t x[CCA_SMC_REGS] = { RMI_VDEV_COMPLETE };

		if (!c || c->reason != RMI_EXIT_VDEV_REQUEST ||
		    c->vdev_id != t->vdev_id)
			continue;
		x[1] = c->rec;
		x[2] = t->vdev;
		ret = cca_errno(cca_smc(s, x));
		if (!ret)
			break;
	}
	return ret;
}

int cca_da_request(struct cca_host *s, struct cca_tdi *t,
		   const struct cca_da_req *q, bool first,
		   struct pci_tsm_relay *r, struct cca_da_resp *a)
{
	switch (q->code) {
	case RHI_DA_OBJECT_SIZE:
		return object_size(t, q->arg[0], &a->value);
	case RHI_DA_OBJECT_READ:
		return object_read(s, t, q->arg[0], q->arg[1], q->arg[2],
				   q->arg[3], &a->value);
	case RHI_DA_VDEV_GET_MEASUREMENTS:
	case RHI_DA_VDEV_GET_INTERFACE_REPORT:
		return fresh(s, t, q, first, r);
	case CCA_EXIT_VDEV_REQUEST:
		return complete(s, t);
	default:
		return -EINVAL;
	}
}

/* --- its MMIO --- */

/* The frame of the function's own BAR that stands at @gpa. */
static int bar_frame(const struct cca_tdi *t, uint64_t gpa, uint64_t *pa)
{
	struct kvm_vm *vm = t->tdi->kvm;
	const struct kvm_slot *sl = kvm_slot_at(vm, gpa);

	if (!sl || sl->kind != KVM_SLOT_DMABUF ||
	    sl->buf->state != DMABUF_LIVE || !kvm_private(vm, gpa))
		return -EFAULT;
	*pa = dmabuf_frame(sl->buf, sl->buf_off + (gpa - sl->gpa));
	return cca_bar_of(t->tdi->p, *pa) ? 0 : -EPERM;
}

/*
 * What stands there is what the realm believes to be there, or it is refused
 * before anything changes hands; the monitor compares once more (law 33).
 */
static int frames_good(const struct cca_tdi *t,
		       const struct cca_validate_mmio_req *q)
{
	for (uint64_t at = q->gpa_base; at < q->gpa_top; at += CCA_GRANULE) {
		uint64_t pa;
		int ret = bar_frame(t, at, &pa);

		if (ret)
			return ret;
		if (pa != q->pa_base + (at - q->gpa_base))
			return -EINVAL;
	}
	return 0;
}

/* Is it all mapped already? A range that is asked for again is no error. */
static bool mapped(struct cca_host *s, const struct cca_tdi *t,
		   const struct cca_validate_mmio_req *q)
{
	for (uint64_t at = q->gpa_base; at < q->gpa_top; at += CCA_GRANULE) {
		uint64_t x[CCA_SMC_REGS] = { RMI_RTT_READ_ENTRY,
					     cca_vm_of(t)->rd, at, 3 };

		if (cca_smc(s, x) || x[1] != 3 || x[2] != RMI_ASSIGNED_DEV)
			return false;
	}
	return true;
}

int cca_validate_mmio(struct cca_host *s, struct cca_tdi *t,
		      const struct pci_tsm_guest_req *g)
{
	struct cca_validate_mmio_req q;
	uint64_t len;
	int ret;

	if (g->req_len != sizeof(q))
		return -EINVAL;
	memcpy(&q, g->req, sizeof(q));
	if ((q.gpa_base | q.gpa_top | q.pa_base) % CCA_GRANULE ||
	    q.gpa_top <= q.gpa_base ||
	    q.gpa_top - q.gpa_base > PAGEMAP_MAX * PAGE_4K)
		return -EINVAL;
	len = q.gpa_top - q.gpa_base;
	ret = frames_good(t, &q);
	if (ret || mapped(s, t, &q))
		return ret;
	ret = cca_delegate(s, q.pa_base, len);
	return ret ? ret : cca_map_dev(s, t, q.gpa_base, q.pa_base, len);
}
