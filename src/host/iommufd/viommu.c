/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual IOMMUs and virtual devices: a function, seen by a guest and a TSM. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "host/iommufd/iommufd_priv.h"

int viommu_alloc(struct ucmd *u)
{
	struct iommufd_core *c = u->x->core;
	struct iommu_viommu_alloc *a = u->cmd;
	struct iommu_viommu_tsm d = { .kvm_fd = -1 };
	struct iommufd_obj *v, *hwpt;
	struct iommufd_vm vm;
	struct file *kvm;
	int ret;

	if (a->flags || a->reserved || a->type != IOMMU_VIOMMU_TYPE_TSM)
		return -EOPNOTSUPP;
	if (!obj_find(u->x, a->dev_id, OBJ_DEVICE))
		return -ENOENT;
	hwpt = obj_find(u->x, a->hwpt_id, OBJ_HWPT);
	if (!hwpt)
		return -ENOENT;
	if (!hwpt->nest_parent || a->data_len != sizeof(d))
		return -EINVAL;
	ret = k_copy_in(u->t, &d, a->data_uptr, sizeof(d));
	if (ret)
		return ret;
	if (d.reserved)
		return -EOPNOTSUPP;
	kvm = k_fd_file(u->t, d.kvm_fd);
	if (!kvm || !c->kvm_of || !c->kvm_of(kvm, &vm))
		return -EBADF;
	ret = c->drv->viommu(c->drv_ctx, vm.cookie);
	if (ret)
		return ret;
	v = obj_new(u->x, OBJ_VIOMMU);
	if (!v)
		return -ENOMEM;
	v->hwpt = hwpt;
	hwpt->users++;
	v->vm = vm;
	v->kvm = k_file_get(kvm);
	a->out_viommu_id = v->id;
	u->answer = true;
	return 0;
}

/*
 * A device that was given to one VM (KVM_DEV_VFIO_FILE_ADD) is not bound for
 * another. Linux has no such check, and no bind that would need it.
 */
static bool same_vm(const struct iommufd_obj *viommu,
		    const struct iommufd_obj *dev)
{
	const void *kvm = dev->port->kvm ? dev->port->kvm(dev->port_ctx) : NULL;

	return !kvm || kvm == viommu->vm.cookie;
}

static int vdevice_check(struct iommufd_ctx *x,
			 const struct iommu_vdevice_alloc *a,
			 struct iommufd_obj **viommu, struct iommufd_obj **dev)
{
	*viommu = obj_find(x, a->viommu_id, OBJ_VIOMMU);
	*dev = obj_find(x, a->dev_id, OBJ_DEVICE);
	if (!*viommu || !*dev)
		return -ENOENT;
	if (a->virt_id > UINT32_MAX)
		return -EINVAL;
	if ((*dev)->vdevice)
		return -EEXIST;
	if (!same_vm(*viommu, *dev))
		return -EINVAL;
	for (struct iommufd_obj *o = x->objs; o; o = o->next)
		if (o->kind == OBJ_VDEVICE && o->viommu == *viommu &&
		    o->virt_id == a->virt_id)
			return -EEXIST;
	return 0;
}

/* The TSM-side TDI comes with the vDevice (not its lock); it may wait. */
int vdevice_alloc(struct ucmd *u)
{
	struct iommu_vdevice_alloc *a = u->cmd;
	struct iommufd_obj *viommu, *dev, *v;
	struct pci_tdi *tdi;
	int ret = vdevice_check(u->x, a, &viommu, &dev);

	if (!ret)
		ret = pci_tsm_bind(u->x->core->tsm, dev->p, viommu->vm.cookie,
				   (uint32_t)a->virt_id, dev->port,
				   dev->port_ctx, dev, &tdi);
	if (ret)
		return ret;
	v = obj_new(u->x, OBJ_VDEVICE);
	if (!v) {
		(void)pci_tsm_unbind_now(u->x->core->tsm, tdi);
		return -ENOMEM;
	}
	v->viommu = viommu;
	viommu->users++;
	v->dev = dev;
	dev->vdevice = v;
	v->virt_id = a->virt_id;
	v->tdi = tdi;
	tdi->holder = &v->tdi;
	a->out_vdevice_id = v->id;
	u->answer = true;
	return 0;
}

static void vdevice_free(struct iommufd_obj *v)
{
	v->dev->vdevice = NULL;
	v->viommu->users--;
	bytes_wipe(v->req, sizeof(v->req));
	bytes_wipe(v->resp, sizeof(v->resp));
	obj_free(v);
}

int vdevice_destroy(struct iommufd_obj *v)
{
	int ret;

	if (v->asking)
		return -EBUSY;
	v->dying = true;
	/* The TDI may have gone before: with its device, or with an abort. */
	ret = v->tdi ? pci_tsm_unbind(v->ctx->core->tsm, v->tdi, v) : 0;
	if (ret != -EAGAIN)
		vdevice_free(v);
	return ret;
}

void vdevice_destroy_now(struct iommufd_obj *v)
{
	if (v->tdi)
		(void)pci_tsm_unbind_now(v->ctx->core->tsm, v->tdi);
	vdevice_free(v);
}

void vdevice_hang_up(struct iommufd_obj *v)
{
	pci_tsm_abort(v->ctx->core->tsm, v->dev->p, v);
	v->asking = false;
}

/* A request is copied once; calling again means that very request (law 52). */
static int req_begin(struct iommufd_ctx *x, struct task *t,
		     const struct iommu_vdevice_tsm_req *a,
		     struct iommufd_obj **out)
{
	struct iommufd_obj *v = obj_find(x, a->vdevice_id, OBJ_VDEVICE);
	int ret = 0;

	/*
	 * As iommufd_object_remove(), which takes the id first: a request that
	 * came in between would wait for an unbind that waits for it.
	 */
	if (!v || v->dying)
		return -ENOENT;
	*out = v;
	if (v->asking)
		return v->call.op == a->op && v->call.tvm_arch == a->tvm_arch &&
				       v->call.req_len == a->req_len &&
				       v->call.resp_len == a->resp_len &&
				       v->call.req_uptr == a->req_uptr &&
				       v->call.resp_uptr == a->resp_uptr
			       ? 0
			       : -EBUSY;
	if (a->req_len > TSM_REQ_MAX || a->resp_len > TSM_REQ_MAX)
		return -E2BIG;
	if (a->req_len)
		ret = k_copy_in(t, v->req, a->req_uptr, a->req_len);
	if (ret)
		return ret;
	v->call = *a;
	v->asking = true;
	return 0;
}

int vdevice_tsm_req(struct ucmd *u)
{
	struct iommu_vdevice_tsm_req *a = u->cmd;
	struct pci_tsm_guest_req q = { 0 };
	struct iommufd_obj *v;
	int ret = req_begin(u->x, u->t, a, &v), err;

	if (ret)
		return ret;
	q.op = a->op;
	q.arch = a->tvm_arch;
	q.req = v->req;
	q.req_len = a->req_len;
	q.resp = v->resp;
	q.resp_cap = a->resp_len;
	ret = pci_tsm_guest_req(u->x->core->tsm, v->tdi, &q, v);
	if (ret == -EAGAIN)
		return ret;
	if (q.why)
		k_refuse_addr(u->x->core->k, q.why, q.why_addr);
	v->asking = false;
	a->tsm_code = q.code;
	u->answer = true;
	err = q.resp_len ? k_copy_out(u->t, a->resp_uptr, v->resp, q.resp_len)
			 : 0;
	return err ? err : ret;
}
