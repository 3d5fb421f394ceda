/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSM enters a TVM for us and says in NACL memory why it left: guest page
 * faults, MMIO that we emulate, calls of the TVM that need the host.
 *
 * A COVG call that needs a device leaves the TVM with a message in the device's
 * buffer. It goes the way of every request of a TVM (VMM, vDevice, PCI/TSM's
 * relay loop), and each answer is brought by the same run_tvm_vcpu(): the last
 * one lets the TVM run on in there, so that its next exit is known before the
 * next KVM_RUN asks for it.
 *
 * Source: CoVE, "TVM execution", run_tvm_vcpu(); CoVE-IO, "SPDM Transport";
 * RFC "RISC-V CoVE support" (2023), kvm_riscv_cove_vcpu_switchto()
 */
#include <errno.h>

#include "arch/cove/host_priv.h"

#define A(n) NACL_GPR(NACL_GPR_A0 + (n))

/* --- exits --- */

/*
 * A transformed load or store: opcode, width and, for a load, its sign. Source:
 * privileged architecture 20240411, 18.6.3; unprivileged, RV64I
 */
#define OP_LOAD	 0x03u
#define OP_STORE 0x23u
#define OP_MASK	 0x7fu

static uint32_t width_of(uint64_t inst)
{
	const uint64_t op = inst & OP_MASK;

	return op == OP_LOAD || op == OP_STORE ? 1u << (inst >> 12 & 3) : 0;
}

static void fault_exit(struct cove_host *s, struct cove_vcpu *c,
		       struct vcpu_exit *x)
{
	const uint64_t inst = cove_nacl_u64(s, NACL_CSR(CSR_HTINST));
	const uint64_t a0 = cove_nacl_u64(s, A(0));

	x->kind = VCPU_EXIT_FAULT;
	x->gpa = cove_nacl_u64(s, NACL_CSR(CSR_HTVAL)) << 2 |
		 (cove_nacl_u64(s, NACL_CSR(CSR_VSTVAL)) & 3);
	x->write = c->scause == COVE_EX_STORE_GUEST_FAULT;
	x->len = width_of(inst);
	x->private = kvm_private(c->vm->kvm, x->gpa);
	if (x->write)
		cove_put_u64(x->data, 0, a0);
}

static struct pci_dev *dev_of(struct cove_host *s, uint64_t id)
{
	if (id & ~(COVE_DEV_RID | COVE_DEV_SEGMENT))
		return NULL;
	return pci_find(s->ide->pci, (uint32_t)id);
}

/* The connection of the device that a call of the TVM names; NULL: none. */
static struct cove_conn *conn_at(struct cove_host *s, uint64_t id)
{
	struct pci_dev *p = dev_of(s, id);
	struct pci_tsm_dsm *d = p ? pci_tsm_dsm_of(p) : NULL;

	return d ? d->tsm.priv : NULL;
}

static void call_exit(struct cove_host *s, struct cove_vcpu *c,
		      struct vcpu_exit *x, bool pending)
{
	x->kind = VCPU_EXIT_CALL;
	for (unsigned i = 0; i < 7; i++)
		x->reg[i] = cove_nacl_u64(s, A(i));
	x->code = cove_nacl_u64(s, A(7));
	c->eid = x->code;
	c->fid = x->reg[6] & COVE_FID_MASK;
	c->pending = false;
	if (x->code == COVE_EID_COVG && pending) {
		struct cove_conn *n = conn_at(s, x->reg[0]);

		c->pending = n;
		c->if_id = x->reg[0];
		/* A message that nobody has is of the call just made. */
		if (n && (!n->guest || n->guest == c))
			n->guest = cove_waiting(s, n) ? c : NULL;
	}
}

/* Is it one that waits for what the host does about the device? */
static bool waits(struct cove_host *s)
{
	const uint64_t eid = cove_nacl_u64(s, A(7));
	const uint64_t fid = cove_nacl_u64(s, A(6)) & COVE_FID_MASK;

	if (eid != COVE_EID_COVG)
		return false;
	switch (fid) {
	case COVG_GET_MEASUREMENTS:
	case COVG_GET_INTERFACE_REPORT:
	case COVG_GET_INTERFACE_STATE:
	case COVG_START_INTERFACE:
	case COVG_STOP_INTERFACE:
		return true;
	default:
		return false;
	}
}

static int run(struct cove_host *s, struct cove_vcpu *c, struct vcpu_exit *x)
{
	const uint64_t a[6] = { c->vm->id, c->id };
	uint64_t over = 0;
	int ret = cove_covh(s, COVH_RUN_VCPU, a, &over);

	/* It did not run: the TVM waits for the same answer still. */
	if (ret)
		return ret;
	memset(x, 0, sizeof(*x));
	c->scause = cove_nacl_u64(s, NACL_CSR(CSR_VSCAUSE));
	c->pending = false;
	if (over) {
		x->kind = VCPU_EXIT_SHUTDOWN;
		return 0;
	}
	switch (c->scause) {
	case COVE_EX_LOAD_GUEST_FAULT:
	case COVE_EX_STORE_GUEST_FAULT:
		fault_exit(s, c, x);
		return 0;
	case COVE_EX_VS_ECALL:
		call_exit(s, c, x, waits(s));
		return 0;
	case COVE_IRQ_TIMER:
		x->kind = VCPU_EXIT_HALT;
		return 0;
	default:
		return -EIO;
	}
}

/* What the last exit was answered with, where the TSM looks for it. */
static void put_answer(struct cove_host *s, const struct cove_vcpu *c,
		       const struct vcpu_exit *x)
{
	if (!x->done)
		return;
	switch (c->scause) {
	case COVE_EX_LOAD_GUEST_FAULT:
		cove_nacl_put_u64(s, A(0), cove_u64(x->data, 0));
		break;
	case COVE_EX_VS_ECALL:
		cove_nacl_put_u64(s, A(0), x->ret);
		cove_nacl_put_u64(s, A(1), x->reg[1]);
		break;
	default:
		break;
	}
}

int cove_vcpu_enter(void *ctx, struct kvm_vcpu *kv)
{
	struct cove_host *s = ctx;
	struct cove_vm *v = kv->vm->priv;
	struct cove_vcpu *c;

	if (!v->tvm)
		return kv->ops->run(kv->ops_ctx, &kv->exit) ? -EIO : 0;
	c = &v->vcpu[kv->id];
	if (c->ahead) {
		kv->exit = c->next;
		c->ahead = false;
		return 0;
	}
	put_answer(s, c, &kv->exit);
	return run(s, c, &kv->exit);
}

/* --- a call that waits for a device --- */

/* The TVM has its answer, or another call: what it did next waits for KVM. */
static void over(struct cove_conn *n, struct cove_vcpu *c,
		 const struct vcpu_exit *x)
{
	if (n->guest == c && !c->pending)
		n->guest = NULL;
	c->next = *x;
	c->ahead = true;
}

/* The TSM has the answer, or the word that there is none: what comes of it? */
static int guest_run(struct cove_host *s, struct cove_conn *n,
		     struct pci_tsm_relay *r)
{
	struct cove_vcpu *c = n->guest;
	const uint64_t fid = c->fid;
	struct vcpu_exit x;
	int ret;

	s->sbi_error = SBI_SUCCESS;
	ret = run(s, c, &x);
	if (ret && s->sbi_error == SBI_ERR_KEY_UPDATE_REQUIRED) {
		cove_call_new(n, COVH_SPDM_KEY_UPDATE, n->id, 0, 0, 0);
		return cove_call_run(s, n, r);
	}
	if (ret) {
		n->guest = NULL;
		return ret;
	}
	/* Somebody waits for it to be over: its next call with it. */
	if (c->pending && n->guest == c && (c->fid == fid || c != n->want)) {
		ret = cove_pending(s, n, true, r);
		if (ret != -ENODATA)
			return ret;
	}
	over(n, c, &x);
	return 0;
}

static int guest_step(struct cove_host *s, struct cove_conn *n, bool first,
		      struct pci_tsm_relay *r)
{
	int ret;

	if (!n->guest->kvm)
		return -EIO; /* it was closed meanwhile */
	if (first) {
		ret = cove_pending(s, n, true, r);
		if (ret != -ENODATA)
			return ret;
		return guest_run(s, n, r); /* it was not its turn before */
	}
	/* An answer, or one for new keys of the session. */
	ret = n->call.issued ? cove_call_run(s, n, r) : cove_answer(s, n, r);
	return ret ? ret : guest_run(s, n, r);
}

/*
 * A device has one call at a time: if another vCPU's waits in its buffer, that
 * one comes first, whoever asks. Its VMM finds it done.
 */
int cove_guest_carry(struct cove_host *s, struct cove_conn *n, bool first,
		     struct pci_tsm_relay *r)
{
	const int failed = r->err;
	int ret;

	if (first) {
		n->carrying = true;
		if (!n->guest)
			n->guest = n->want;
	}
	ret = n->guest ? guest_step(s, n, first, r) : -EIO;
	if (!ret && !n->guest && n->want && n->want->pending &&
	    !n->want->ahead) {
		n->guest = n->want;
		ret = guest_run(s, n, r);
	}
	if (ret == -EINPROGRESS && failed)
		ret = failed;
	if (ret == -EINPROGRESS)
		return ret;
	if (ret)
		cove_guest_give_up(s, n);
	n->carrying = false;
	return ret ? ret : failed;
}

int cove_guest_first(struct cove_host *s, struct cove_conn *n,
		     struct pci_tsm_relay *r)
{
	const bool first = !n->carrying;

	if (first) {
		if (!n->guest || n->call.issued ||
		    n->call.fid == COVH_UNBIND_INTERFACE)
			return 0;
		n->want = NULL;
		n->later = n->call;
	}
	if (cove_guest_carry(s, n, first, r) == -EINPROGRESS)
		return -EINPROGRESS;
	n->call = n->later;
	n->renewing = false;
	return 0; /* what became of it is its TVM's affair */
}

#define NO_ANSWERS 8u

void cove_guest_give_up(struct cove_host *s, struct cove_conn *n)
{
	struct cove_vcpu *c = n->guest;
	struct vcpu_exit x;

	n->carrying = false;
	for (unsigned i = 0; c && c->kvm && i < NO_ANSWERS; i++) {
		const uint64_t fid = c->fid;

		if (cove_answer(s, n, NULL) || run(s, c, &x))
			break;
		if (c->pending && n->guest == c && c->fid == fid)
			continue;
		over(n, c, &x);
		return;
	}
	n->guest = NULL;
}

/* --- calls --- */

static int answered(struct vcpu_exit *x, int64_t error)
{
	x->ret = (uint64_t)error;
	x->reg[1] = 0;
	return KVM_NEXT_GUEST;
}

/*
 * Share and unshare become the hypercall that moves memory attributes; the
 * pages follow when they are next touched. The TVM is blocked until then.
 */
static int change(struct vcpu_exit *x, struct kvm_run *run, bool private)
{
	run->exit_reason = KVM_EXIT_HYPERCALL;
	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
	run->hypercall.args[0] = x->reg[0];
	run->hypercall.args[1] = x->reg[1] / PAGE_4K;
	run->hypercall.args[2] = private ? KVM_MAP_GPA_RANGE_ENCRYPTED
					 : KVM_MAP_GPA_RANGE_DECRYPTED;
	return KVM_NEXT_USER;
}

static int to_vmm(const struct vcpu_exit *x, struct kvm_run *run)
{
	run->exit_reason = KVM_EXIT_TVM_CALL;
	memset(&run->tvm_call, 0, sizeof(run->tvm_call));
	run->tvm_call.code = x->code;
	memcpy(run->tvm_call.reg, x->reg, sizeof(run->tvm_call.reg));
	return KVM_NEXT_USER;
}

/*
 * The bytes that connect_device() handed out, back to the TSM, which believes
 * them by their digest. Source: CoVE-IO, "TVM Verification Process"
 */
static int transcript(struct cove_host *s, struct vcpu_exit *x)
{
	struct cove_conn *n = conn_at(s, x->reg[0]);
	uint64_t a[6] = { 0 };

	if (!n || !n->known)
		return answered(x, SBI_ERR_INVALID_PARAM);
	a[0] = n->id;
	a[1] = n->data_pa;
	a[2] = COVE_CONN_PAGES * PAGE_4K;
	if (cove_covh(s, COVH_GET_CONN_TRANSCRIPT, a, NULL))
		return answered(x, SBI_ERR_FAILED);
	return answered(x, SBI_SUCCESS);
}

/* The function as the VMM knows it: by the guest's routing id. */
static int device_call(struct cove_host *s, struct cove_vcpu *c,
		       struct vcpu_exit *x, struct kvm_run *run)
{
	const struct pci_dev *p = dev_of(s, x->reg[0]);
	const struct pci_tsm *t = p ? pci_tsm_of(p) : NULL;

	if (!c->pending || !t || !t->tdi || t->tdi->kvm != c->vm->kvm)
		return answered(x, SBI_ERR_FAILED);
	x->reg[0] = t->tdi->guest_rid;
	return to_vmm(x, run);
}

static int covg(struct cove_host *s, struct cove_vcpu *c, struct vcpu_exit *x,
		struct kvm_run *run)
{
	switch ((enum cove_covg)c->fid) {
	case COVG_ADD_MMIO_REGION:
		return answered(x, SBI_SUCCESS); /* to know, not to do */
	case COVG_REMOVE_MMIO_REGION:
		/* What of ours stood there, the TSM has taken out. */
		cove_vm_forget(c->vm, x->reg[0], x->reg[1]);
		return answered(x, SBI_SUCCESS);
	case COVG_SHARE_MEMORY_REGION:
		return change(x, run, false);
	case COVG_UNSHARE_MEMORY_REGION:
		return change(x, run, true);
	case COVG_GET_CONN_TRANSCRIPT:
		return transcript(s, x);
	case COVG_GET_MEASUREMENTS:
	case COVG_GET_INTERFACE_REPORT:
	case COVG_GET_INTERFACE_STATE:
	case COVG_START_INTERFACE:
	case COVG_STOP_INTERFACE:
		return device_call(s, c, x, run);
	case COVG_EXTEND_MEASUREMENT:
	case COVG_GET_DEVICE_LINK:
	case COVG_MAP_INTERFACE_MMIO:
		break;
	}
	return answered(x, SBI_ERR_NOT_SUPPORTED);
}

int cove_vcpu_call(void *ctx, struct kvm_vcpu *kv, struct vcpu_exit *x,
		   struct kvm_run *run)
{
	struct cove_vm *v = kv->vm->priv;

	if (!v->tvm)
		return answered(x, SBI_ERR_NOT_SUPPORTED);
	if (x->code == COVE_EID_COVG)
		return covg(ctx, &v->vcpu[kv->id], x, run);
	if (x->code == COVE_EID_HOST)
		return to_vmm(x, run);
	return answered(x, SBI_ERR_NOT_SUPPORTED);
}

/*
 * A call that waits and for which nobody has done anything: its messages go
 * unanswered. One that waits for an unbind has none. If that failed, the
 * interface may be gone all the same: the TSM says so, or lets nobody in.
 */
static int unanswered(struct cove_host *s, struct cove_vcpu *c)
{
	struct cove_conn *n = conn_at(s, c->if_id);

	if (c->refused)
		return -EIO;
	c->refused = true;
	if (n && n->guest == c && c->fid != COVG_STOP_INTERFACE)
		cove_guest_give_up(s, n);
	return KVM_NEXT_GUEST;
}

int cove_vcpu_complete(void *ctx, struct kvm_vcpu *kv, struct vcpu_exit *x,
		       struct kvm_run *run)
{
	struct cove_host *s = ctx;
	struct cove_vm *v = kv->vm->priv;
	struct cove_vcpu *c = &v->vcpu[kv->id];

	if (run->exit_reason == KVM_EXIT_HYPERCALL)
		return answered(x, run->hypercall.ret ? SBI_ERR_FAILED
						      : SBI_SUCCESS);
	x->ret = run->tvm_call.ret;
	x->reg[1] = run->tvm_call.reg[1];
	if (c->pending && !c->ahead && run->tvm_call.ret)
		return unanswered(s, c);
	c->refused = false;
	return KVM_NEXT_GUEST;
}
