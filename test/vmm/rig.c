/* SPDX-License-Identifier: BSD-2-Clause */
/* The sequencer over the host's services and an architecture of books. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/uapi/interlock_ext.h"

/* --- an architecture that asks for little --- */

long init_err, start_err, vcpu_err, update_err, finish_err;
unsigned updates;

static long l_init(const struct vmm_launch_arg *a)
{
	(void)a;
	return init_err;
}

static long l_start(const struct vmm_launch_arg *a)
{
	(void)a;
	return start_err;
}

static long l_vcpu(const struct vmm_launch_arg *a)
{
	assert_true(a->vcpu_fd >= 0);
	return vcpu_err;
}

/* After the vCPU. The image's bytes stand in the task's memory when it is asked
 * for. */
static long l_update(const struct vmm_launch_arg *a)
{
	char b[4] = "";

	assert_true(a->vcpu_fd >= 0);
	if (a->image->data) {
		assert_int_equal(k_load(a->t, a->uaddr, b, 4), 0);
		assert_memory_equal(b, a->image->data, 4);
	}
	updates++;
	return update_err;
}

static long l_finish(const struct vmm_launch_arg *a)
{
	return finish_err ? finish_err
			  : k_ioctl(a->t, a->vm_fd, KVM_MEMORY_ENCRYPT_OP, 0);
}

/*
 * Code 2: a request with two bytes of its RDX; code 5: private MMIO first; 7:
 * the BARs become the guest's; 8: private MMIO where the guest says it is.
 */
static int l_exit(struct task *t, uint64_t (*ram)(void *ctx, uint64_t gpa),
		  void *ctx, struct kvm_run *run, struct vmm_tsm_ask *ask)
{
	(void)t;
	memset(ask, 0, sizeof(*ask));
	assert_int_equal(ram(ctx, RAM), 0);
	assert_int_not_equal(ram(ctx, RAM - 1), 0);
	if (run->tvm_call.code == 4)
		return -EPERM;
	ask->guest_rid = run->tvm_call.code == 6 ? 0x99 : RID;
	ask->op = IOMMU_TSM_OP_SET_TDI_STATE;
	ask->state = (uint32_t)run->tvm_call.reg[2];
	if (run->tvm_call.code == 5 || run->tvm_call.code == 8) {
		ask->op = IOMMU_TSM_OP_VALIDATE_MMIO;
		ask->private_gpa =
			run->tvm_call.code == 5 ? MMIO : run->tvm_call.reg[2];
		ask->private_len = PAGE_4K;
	}
	if (run->tvm_call.code == 7)
		ask->req[0] = 'P';
	ask->req_len = 2;
	ask->resp_cap = 2;
	return VMM_ASK_TSM;
}

static void l_answer(struct kvm_run *run, const struct vmm_tsm_ask *ask,
		     long ret, uint64_t code)
{
	(void)ask;
	(void)code;
	run->tvm_call.ret = (uint64_t)-ret;
}

static const struct vmm_launch arch = {
	.name = "books",
	.vm_type = KVM_X86_SNP_VM,
	.init = l_init,
	.start = l_start,
	.vcpu = l_vcpu,
	.update = l_update,
	.finish = l_finish,
	.exit = l_exit,
	.answer = l_answer,
};

static const uint8_t boot[PAGE_4K] = "boot";

static void say(void *ctx, const char *who, const char *what, long ret)
{
	struct rig *r = ctx;

	assert_non_null(who);
	r->lines++;
	(void)snprintf(r->last, sizeof(r->last), "%s", what);
	r->last_ret = ret;
}

struct vmm_cfg good(struct rig *r)
{
	return (struct vmm_cfg){
		.k = &r->m->h.k,
		.arena = &r->m->arena,
		.launch = &arch,
		.ram_size = RAM,
		.ecam_gpa = ECAM,
		.mmio_gpa = MMIO,
		.mmio_size = PAGE_2M,
		.images = { { 0, PAGE_4K, boot, VMM_PAGE_NORMAL },
			    { PAGE_4K, PAGE_4K, NULL, VMM_PAGE_ZERO } },
		.n_images = 2,
		.log = say,
		.log_ctx = r,
	};
}

struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct vmm_cfg c;

	init_err = start_err = vcpu_err = update_err = finish_err = 0;
	updates = 0;
	r->m = machine_new();
	r->m->launch_on_enc = true;
	c = good(r);
	assert_int_equal(vmm_init(&r->v, &c), 0);
	return r;
}

void rig_free(struct rig *r)
{
	struct machine *m = r->m;

	vmm_die(&r->v);
	assert_int_equal(m->pages, 0);
	assert_int_equal(m->vms, 0);
	assert_int_equal(m->domains, 0);
	assert_int_equal(m->h.k.file_pool.live, 0);
	assert_int_equal(m->h.iommufd.obj_pool.live, 0);
	machine_free(m);
	free(r);
}

const struct vmm_dev_cfg dev = { .bdf = M_EP, .guest_rid = RID };

int play(struct rig *r, enum vmm_program p)
{
	assert_int_equal(vmm_start(&r->v, &r->run, p, &dev), 0);
	return vmm_finish(&r->run, 10000);
}

int guest(struct rig *r, unsigned n)
{
	r->m->steps = n;
	r->m->at = 0;
	return play(r, VMM_RUN);
}

void up(struct rig *r)
{
	m_connect(r->m);
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_int_equal(play(r, VMM_ATTACH), 0);
}

struct vcpu_exit ecam(uint32_t rid, uint16_t reg, uint8_t len, bool write,
		      uint32_t v)
{
	struct vcpu_exit x = { .kind = VCPU_EXIT_FAULT,
			       .gpa = ECAM + ((uint64_t)rid << 12) + reg,
			       .len = len,
			       .write = write };

	memcpy(x.data, &v, 4);
	return x;
}

uint32_t read_back(const struct vcpu_exit *x)
{
	uint32_t v;

	memcpy(&v, x->data, 4);
	return v;
}
