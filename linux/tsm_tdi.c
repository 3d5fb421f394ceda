// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * One TDI: bind gives it a context in firmware, the guest's requests lock,
 * start and stop it, unbind takes everything back. All of it below the core's
 * rwsem and DSM mutex; teardown always ends.
 *
 * A signal ends no command of a TDI, only its time does: the SPDM session is
 * that of all functions of the device, and one message that nobody answers ends
 * it. A VMM that is killed would take it from the others.
 *
 * Source: AMD's public SEV-TIO branch; architectures of firmware as in
 * src/arch/sev_tio/abi_cmd.h
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "host/uapi/interlock_ext.h"
#include "tsm_vm.h"

static struct ilt_conn *conn_of(const struct ilt_tdi *t)
{
	return ilt_conn_of(t->tdi.pdev);
}

/* --- single commands --- */

static int tdi_create(struct ilt_tdi *t)
{
	struct ilt_conn *c = conn_of(t);
	u8 *b = ilt_cmd_new(c, SEV_CMD_TIO_TDI_CREATE, false);
	const u32 seg = pci_domain_nr(t->tdi.pdev->bus);
	int ret;

	if (t->created)
		return 0;
	sev_put_u64(b, TIO_TDI_CREATE_DEV, ilt_sla(c->ctx));
	sev_put_u64(b, TIO_TDI_CREATE_TDI, ilt_sla(t->ctx));
	sev_put_u32(b, TIO_TDI_CREATE_IF,
		    pci_dev_id(t->tdi.pdev) |
			    (seg & 0xff) << TIO_FUNCTION_SEGMENT |
			    TIO_FUNCTION_SEG_VALID);
	ret = ilt_do(t->psp, c->cmd, b, true);
	t->created = !ret;
	return ret;
}

static u8 *reclaim_cmd(struct ilt_tdi *t)
{
	struct ilt_conn *c = conn_of(t);
	u8 *b = ilt_cmd_new(c, SEV_CMD_TIO_TDI_RECLAIM, false);

	sev_put_u64(b, TIO_TDI_RECLAIM_DEV, ilt_sla(c->ctx));
	sev_put_u64(b, TIO_TDI_RECLAIM_TDI, ilt_sla(t->ctx));
	return b;
}

static int tdi_reclaim(struct ilt_tdi *t)
{
	int ret;

	if (!t->created)
		return 0;
	ret = ilt_do(t->psp, SEV_CMD_TIO_TDI_RECLAIM, reclaim_cmd(t), true);
	t->created = ret;
	return ret;
}

/* A fence left in error would keep the guest's next bind out. */
static u8 *fence_cmd(struct ilt_tdi *t)
{
	struct ilt_conn *c = conn_of(t);
	u8 *b = ilt_cmd_new(c, SEV_CMD_TIO_ASID_FENCE_CLEAR, false);

	sev_put_u64(b, TIO_FENCE_CLEAR_DEV, ilt_sla(c->ctx));
	sev_put_u64(b, TIO_FENCE_CLEAR_GCTX, ilt_pa(t->vm->gctx));
	return b;
}

static void fence_clear(struct ilt_tdi *t)
{
	u32 st;

	/* IN_USE: another function of this guest is behind the port. */
	ilt_cmd(t->psp, SEV_CMD_TIO_ASID_FENCE_CLEAR, fence_cmd(t), true, &st);
}

static u8 *tdi_cmd(struct ilt_tdi *t, u32 cmd)
{
	struct ilt_conn *c = conn_of(t);
	u8 *b = ilt_cmd_new(c, cmd, true);

	sev_put_u64(b, TIO_TDI_DEV, ilt_sla(c->ctx));
	sev_put_u64(b, TIO_TDI_TDI, ilt_sla(t->ctx));
	sev_put_u64(b, TIO_TDI_GCTX, ilt_pa(t->vm->gctx));
	return b;
}

static void bind_cmd(struct ilt_tdi *t, bool run)
{
	u8 *b = tdi_cmd(t, SEV_CMD_TIO_TDI_BIND);

	sev_put_u16(b, TIO_TDI_BIND_GUEST_ID, t->tdi.tdi_id);
	sev_put_u16(b, TIO_TDI_BIND_LOCK_FLAGS,
		    TIO_LOCK_NO_FW_UPDATE | TIO_LOCK_REDIRECT);
	sev_put_u16(b, TIO_TDI_BIND_RUN_FLAGS, run ? TIO_RUN_FORCE : 0);
}

static u8 *unbind_cmd(struct ilt_tdi *t, bool force)
{
	u8 *b = tdi_cmd(t, SEV_CMD_TIO_TDI_UNBIND);

	sev_put_u32(b, TIO_TDI_FLAGS, force ? TIO_UNBIND_F_FORCE : 0);
	return b;
}

/* The id that firmware minted when it locked. */
static int minted_id(struct ilt_tdi *t, u64 *id)
{
	struct ilt_conn *c = conn_of(t);
	u8 *b = ilt_cmd_new(c, SEV_CMD_TIO_TDI_INFO, false);
	u8 info[TIO_TINFO_LEN];
	int ret;

	sev_put_u64(b, TIO_TDI_INFO_DEV, ilt_sla(c->ctx));
	sev_put_u64(b, TIO_TDI_INFO_TDI, ilt_sla(t->ctx));
	sev_put_u64(b, TIO_TDI_INFO_PA, ilt_pa(c->res));
	ret = ilt_do(t->psp, c->cmd, b, true);
	if (ret)
		return ret;
	memcpy(info, page_address(c->res), sizeof(info));
	*id = sev_u64(info, TIO_TINFO_TDI_ID);
	return 0;
}

/* --- what an end is made of --- */

/* Cut off by FORCE; needs nobody but firmware. */
void ilt_tdi_cut(struct ilt_tdi *t)
{
	struct ilt_conn *c = conn_of(t);
	unsigned int i;
	u32 st;

	if (!t->bound)
		return;
	/*
	 * A first FORCE may still want to talk to the device; nobody carries
	 * that, and the second, which differs, abandons it.
	 */
	for (i = 0; i < 2; i++) {
		unbind_cmd(t, true);
		if (i)
			sev_put_u64(c->buf, TIO_CMD_SPDM_CTRL + TIO_SPDM_OUTPUT,
				    0);
		if (ilt_cmd(t->psp, c->cmd, c->buf, true, &st) || !st)
			break;
	}
	t->bound = false;
}

/* Firmware first, then ownership. */
static int give_back(struct ilt_tdi *t)
{
	int ret = tdi_reclaim(t);

	ilt_mmio_shared(t);
	fence_clear(t);
	return ret;
}

void ilt_tdi_free(struct ilt_tdi *t)
{
	unsigned int i;

	for (i = 0; i < t->n_mmio; i++)
		atomic_long_add(t->mmio[i].pages, &t->psp->leaked);
	if (t->created)
		atomic_long_inc(&t->psp->leaked); /* firmware keeps it */
	else
		ilt_fw_page_free(t->psp, t->ctx);
	ilt_vm_put(t->vm);
	kfree(t);
}

/* --- SET_TDI_STATE --- */

static int lock(struct ilt_tdi *t, u64 *id)
{
	int ret = t->bound ? -EBUSY : tdi_create(t);

	if (ret)
		return ret;
	/*
	 * From here on firmware may have locked it: whatever ends this, it is
	 * unbound by command, not by belief.
	 */
	t->bound = true;
	bind_cmd(t, false);
	ret = ilt_cmd_run(conn_of(t), true);
	if (!ret)
		ret = minted_id(t, id);
	if (ret) {
		const u32 why = conn_of(t)->status;

		ilt_tdi_cut(t);
		give_back(t);
		conn_of(t)->status = why;
	}
	return ret;
}

static int start(struct ilt_tdi *t)
{
	int ret;

	if (!t->bound)
		return -EINVAL;
	bind_cmd(t, true);
	ret = ilt_cmd_run(conn_of(t), true);
	/* No answer: firmware waits for one. Nothing is left half begun. */
	if (ret && ret != -EIO)
		ilt_tdi_cut(t);
	return ret;
}

/* A failed STOP is reported, and the interface cut off. */
static int stop(struct ilt_tdi *t)
{
	struct ilt_conn *c = conn_of(t);
	int ret;

	if (!t->bound)
		return 0;
	unbind_cmd(t, false);
	ret = ilt_cmd_run(c, true);
	if (ret) {
		const u32 why = c->status;

		ilt_tdi_cut(t);
		c->status = why;
	}
	t->bound = false;
	return ret;
}

/* The TDI stays for another lock, if the device still has one to give. */
static int unlock(struct ilt_tdi *t)
{
	int ret = stop(t), back;
	const u32 why = conn_of(t)->status;

	back = give_back(t);
	if (!back)
		tdi_create(t);
	conn_of(t)->status = why;
	return ret ? ret : back;
}

int ilt_tdi_state(struct ilt_tdi *t, u32 state, struct sev_tio_resp *a)
{
	switch (state) {
	case IOMMU_TSM_TDI_LOCKED:
		return lock(t, &a->tdi_id);
	case IOMMU_TSM_TDI_RUN:
		return start(t);
	case IOMMU_TSM_TDI_STOP:
		return t->bound ? stop(t) : -EINVAL;
	case IOMMU_TSM_TDI_UNLOCKED:
		return unlock(t);
	default:
		return -EINVAL;
	}
}

/* --- pci_tsm_ops --- */

struct pci_tdi *ilt_bind(struct pci_dev *pdev, struct kvm *kvm, u32 tdi_id)
{
	/* The core compares the pointer and nothing more: ours is the VM. */
	struct ilt_vm *vm = (struct ilt_vm *)kvm;
	struct ilt_conn *c = ilt_conn_of(pdev);
	struct ilt_tdi *t;
	int ret;

	if (!c || !c->created)
		return ERR_PTR(-ENXIO);
	if (!ilt_fn_is(pdev, vm))
		return ERR_PTR(-EPERM);
	ilt_left_again(false);
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return ERR_PTR(-ENOMEM);
	t->psp = c->psp;
	t->vm = vm;
	kref_get(&vm->ref);
	pci_tsm_tdi_constructor(pdev, &t->tdi, kvm, tdi_id);
	t->ctx = ilt_fw_page(t->psp);
	if (!t->ctx) {
		ilt_vm_put(vm);
		kfree(t);
		return ERR_PTR(-ENOMEM);
	}
	ret = tdi_create(t);
	if (ret) {
		ilt_tdi_free(t);
		return ERR_PTR(ret);
	}
	ilt_fn_bound(pdev, true);
	return &t->tdi;
}

/* Later, without the core and maybe without the connection. */
static void leave(struct ilt_tdi *t)
{
	u8 unbind[TIO_TDI_UNBIND_LEN], reclaim[TIO_TDI_RECLAIM_LEN];

	memcpy(unbind, unbind_cmd(t, true), sizeof(unbind));
	memcpy(reclaim, reclaim_cmd(t), sizeof(reclaim));
	ilt_left_add(t, unbind, reclaim, fence_cmd(t));
}

void ilt_unbind(struct pci_tdi *tdi)
{
	struct ilt_tdi *t = container_of(tdi, struct ilt_tdi, tdi);
	struct pci_dev *pdev = tdi->pdev;
	int ret;

	ilt_op_begin(conn_of(t));
	ret = stop(t);

	if (give_back(t) || ret) {
		pci_warn(pdev, "unbind: %d; cut off\n", ret);
		ilt_conn_look(conn_of(t));
	}
	if (t->created || t->n_mmio)
		leave(t);
	else
		ilt_tdi_free(t);
	ilt_fn_bound(pdev, false);
}

static int state_req(struct ilt_tdi *t, const u8 *req, size_t len,
		     struct sev_tio_resp *a)
{
	return len == 4 ? ilt_tdi_state(t, sev_u32(req, 0), a) : -EINVAL;
}

static int message_req(struct ilt_tdi *t, u32 op, const u8 *req, size_t len,
		       struct sev_tio_resp *a)
{
	struct sev_tio_req q;

	if (len != sizeof(q))
		return -EINVAL;
	memcpy(&q, req, sizeof(q));
	a->param = q.param;
	return ilt_tdi_message(t, op, &q, a);
}

/* What the host's kernel lets a guest ask: the scopes of the core. */
static bool scope_fits(u32 op, enum pci_tsm_req_scope scope)
{
	return scope == (op == IOMMU_TSM_OP_GUEST_REQ
				 ? PCI_TSM_REQ_INFO
				 : PCI_TSM_REQ_STATE_CHANGE);
}

ssize_t ilt_guest_req(struct pci_tdi *tdi, enum pci_tsm_req_scope scope,
		      sockptr_t req_in, size_t in_len, sockptr_t req_out,
		      size_t out_len, u64 *tsm_code)
{
	struct ilt_tdi *t = container_of(tdi, struct ilt_tdi, tdi);
	u8 buf[sizeof(struct ilt_req_head) + sizeof(struct sev_tio_req)];
	struct sev_tio_resp a = {};
	struct ilt_req_head h;
	const u8 *req = buf + sizeof(h);
	int ret;

	if (in_len < sizeof(h) || in_len > sizeof(buf) || out_len < sizeof(a))
		return -EINVAL;
	if (copy_from_sockptr(buf, req_in, in_len))
		return -EFAULT;
	memcpy(&h, buf, sizeof(h));
	in_len -= sizeof(h);
	if (h.arch != IOMMU_TSM_ARCH_SEV)
		return -EOPNOTSUPP;
	if (!scope_fits(h.op, scope))
		return -EINVAL;
	ilt_op_begin(conn_of(t));
	conn_of(t)->status = 0;
	if (h.op == IOMMU_TSM_OP_SET_TDI_STATE)
		ret = state_req(t, req, in_len, &a);
	else
		ret = message_req(t, h.op, req, in_len, &a);
	a.fw_error = conn_of(t)->status;
	if (tsm_code)
		*tsm_code = a.fw_error;
	if (ret && ret != -ENOSPC && ret != -EINVAL && ret != -EFAULT)
		ilt_conn_look(conn_of(t));
	if (copy_to_sockptr(req_out, &a, sizeof(a)))
		return -EFAULT;
	/* Of success the core wants to know how much of the room is empty. */
	return ret ? ret : out_len - sizeof(a);
}
