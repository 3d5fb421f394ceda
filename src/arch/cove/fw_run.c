/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"

/*
 * vCPUs: entered, left, and what the host is told and tells back in NACL
 * memory. Source: CoVE, run_tvm_vcpu and "vCPU shared state"; SBI 2.0, 15
 */

/* --- NACL --- */

static struct sbiret set_shmem(struct cove_fw *fw, unsigned hart,
			       const uint64_t a[6])
{
	if (a[0] == NACL_SHMEM_NONE && a[1] == NACL_SHMEM_NONE) {
		fw->nacl[hart] = 0;
		return sbi_ok(0);
	}
	if (a[2] || a[1] || a[0] % NACL_SHMEM_ALIGN)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!a[0] ||
	    !cfw_pages_are(fw, a[0], NACL_SHMEM_LEN / PAGE_4K, COVE_PG_HOST))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	fw->nacl[hart] = a[0];
	return sbi_ok(0);
}

/* No feature of NACL but its memory: the TSM takes no CSR from it. */
struct sbiret cfw_nacl(struct cove_fw *fw, unsigned hart, uint64_t fid,
		       const uint64_t a[6])
{
	switch (fid & COVE_FID_MASK) {
	case NACL_PROBE_FEATURE:
		return sbi_ok(0);
	case NACL_SET_SHMEM:
		return set_shmem(fw, hart, a);
	default:
		return sbi_err(SBI_ERR_NOT_SUPPORTED);
	}
}

static void put(struct cove_fw *fw, unsigned hart, uint32_t off, uint64_t v)
{
	uint8_t b[8];
	int64_t ret;

	cove_put_u64(b, 0, v);
	ret = cfw_write(fw, fw->nacl[hart] + off, b, sizeof(b));
	IL_ASSERT(!ret); /* conversion leaves it alone */
}

static uint64_t get(struct cove_fw *fw, unsigned hart, uint32_t off)
{
	uint8_t b[8];
	int64_t ret = cfw_read(fw, fw->nacl[hart] + off, b, sizeof(b));

	IL_ASSERT(!ret);
	return cove_u64(b, 0);
}

bool cfw_host_refuses(struct cove_fw *fw, unsigned hart,
		      const struct fw_vcpu *v)
{
	return v->shown && (int64_t)get(fw, hart, NACL_GPR(NACL_GPR_A0)) < 0;
}

static bool is_ecall(const struct cove_exit *x)
{
	return x->scause == COVE_EX_VS_ECALL;
}

static bool is_load(const struct cove_exit *x)
{
	return x->scause == COVE_EX_LOAD_GUEST_FAULT;
}

static bool is_store(const struct cove_exit *x)
{
	return x->scause == COVE_EX_STORE_GUEST_FAULT;
}

/*
 * Only what the host needs of it: registers of an ECALL; of a fault the
 * address, and of one that is emulated the instruction and what it stores.
 */
static void show(struct cove_fw *fw, unsigned hart, const struct fw_tvm *t,
		 const struct cove_exit *x)
{
	bool mmio = cfw_span_holds(fw, t, SPAN_MMIO,
				   align_down(x->gpa, PAGE_4K), PAGE_4K);

	put(fw, hart, NACL_CSR(CSR_VSCAUSE), x->scause);
	for (unsigned i = 0; is_ecall(x) && i < COUNT(x->a); i++)
		put(fw, hart, NACL_GPR(NACL_GPR_A0 + i), x->a[i]);
	if (!is_load(x) && !is_store(x))
		return;
	put(fw, hart, NACL_CSR(CSR_HTVAL), x->gpa >> 2);
	put(fw, hart, NACL_CSR(CSR_VSTVAL), x->gpa & 3);
	put(fw, hart, NACL_CSR(CSR_HTINST), mmio ? x->inst : 0);
	if (mmio && is_store(x))
		put(fw, hart, NACL_GPR(NACL_GPR_A0), x->a[0]);
}

/*
 * The host's answer to the exit before. What was emulated is over: the fault
 * was in a range of emulated MMIO, and nothing stands there now. An access to
 * memory, or to an interface's region, is made again, whatever the host says.
 */
static void answer(struct cove_fw *fw, unsigned hart, const struct fw_tvm *t,
		   struct fw_vcpu *v)
{
	struct cove_exit *x = &v->exit;
	struct fw_leaf l;

	x->done = false;
	if (!v->left)
		return;
	v->left = false;
	if (is_ecall(x)) {
		x->done = true;
		x->a[0] = get(fw, hart, NACL_GPR(NACL_GPR_A0));
		x->a[1] = get(fw, hart, NACL_GPR(NACL_GPR_A0 + 1));
		return;
	}
	if (!is_load(x) && !is_store(x))
		return;
	cfw_leaf_get(fw, t, x->gpa, &l);
	x->done = l.kind == LEAF_NONE &&
		  cfw_span_holds(fw, t, SPAN_MMIO, align_down(x->gpa, PAGE_4K),
				 PAGE_4K);
	if (x->done && is_load(x))
		x->a[0] = get(fw, hart, NACL_GPR(NACL_GPR_A0));
}

/* --- run --- */

/* The exit of a COVG call that the host has a part in. */
static void show_call(struct cove_fw *fw, unsigned hart, const struct fw_tvm *t,
		      struct fw_vcpu *v)
{
	struct cove_exit x = { .scause = COVE_EX_VS_ECALL };

	memcpy(x.a, v->call.a, sizeof(v->call.a));
	x.a[6] = v->call.fid;
	x.a[7] = COVE_EID_COVG;
	show(fw, hart, t, &x);
	v->shown = true;
}

static struct sbiret enter(struct cove_fw *fw, unsigned hart, struct fw_tvm *t,
			   uint32_t vcpu)
{
	struct fw_vcpu *v = &t->vcpu[vcpu];
	enum il_err err;

	answer(fw, hart, t, v);
	v->state = VCPU_RUNNING;
	v->hart = hart;
	v->fence = t->fences;
	v->shown = false;
	err = fw->cfg.run(fw->cfg.run_ctx, t->id, vcpu, &v->exit);
	v->state = VCPU_READY;
	if (err) {
		/* Nothing came of it; the guest goes on where it was. */
		memset(&v->exit, 0, sizeof(v->exit));
		return sbi_err(SBI_ERR_FAILED);
	}
	if (v->call.wait != WAIT_NONE && v->call.wait != WAIT_DONE) {
		show_call(fw, hart, t, v);
		memset(&v->exit, 0, sizeof(v->exit));
		return sbi_ok(0);
	}
	v->left = true;
	show(fw, hart, t, &v->exit);
	return sbi_ok(0);
}

struct sbiret cfw_run_vcpu(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);
	struct fw_vcpu *v = cfw_vcpu_of(fw, t, c->a[1]);
	struct sbiret r;

	if (!v || t->state != TVM_RUNNABLE || v->state != VCPU_READY)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!fw->nacl[c->hart])
		return sbi_err(SBI_ERR_NO_SHMEM);
	if (v->call.wait != WAIT_NONE && v->call.wait != WAIT_DONE) {
		r = cfw_covg_step(fw, c->hart, t, v);
		if (r.error)
			return r;
		if (v->call.wait != WAIT_DONE) {
			show_call(fw, c->hart, t, v);
			return sbi_ok(0);
		}
	}
	return enter(fw, c->hart, t, (uint32_t)c->a[1]);
}
