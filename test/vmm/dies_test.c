/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMMs that end: in every state, their descriptors closing in every order, in
 * a kernel whose dma-bufs reach KVM and in one that leaves the order to the
 * VMM. The kernel cleans up alone, and the next VMM finds everything there.
 */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>

#include "../share.h"

enum state {
	S_CREATED, /* a VM, not launched */
	S_LAUNCHED,
	S_HALF, /* in the middle of an attach */
	S_ATTACHED,
	S_DECODED, /* BARs in the guest's table, shared */
	S_ASKING,  /* a request half way through its exchanges */
	S_PRIVATE, /* BARs are the guest's */
	S_LEAVING, /* in the middle of a detach */
	STATES,
};

#define FDS    7u /* /dev/kvm itself holds nothing */
#define ORDERS 5040u

static const enum vmm_fd fds[FDS] = { VMM_FD_VFIO,     VMM_FD_BARS,
				      VMM_FD_IOMMUFD,  VMM_FD_VCPU,
				      VMM_FD_KVM_VFIO, VMM_FD_GMEM,
				      VMM_FD_VM };

/* Order number @n of all there are. */
static void order_of(unsigned n, enum vmm_fd out[FDS])
{
	enum vmm_fd left[FDS];

	memcpy(left, fds, sizeof(left));
	for (unsigned i = FDS; i > 0; i--) {
		unsigned at = n % i;

		n /= i;
		out[FDS - i] = left[at];
		left[at] = left[i - 1];
	}
}

static void exits(struct rig *r, struct vcpu_exit x)
{
	r->m->script[0] = x;
	assert_int_equal(guest(r, 1), 0);
}

/* So many steps of a program, and no word of it after that. */
static void begin(struct rig *r, enum vmm_program p, unsigned steps)
{
	assert_int_equal(vmm_start(&r->v, &r->run, p, &dev), 0);
	for (unsigned i = 0; i < steps && vmm_step(&r->run) == -EAGAIN; i++)
		;
}

static void request(struct rig *r, unsigned code)
{
	r->m->script[0] =
		(struct vcpu_exit){ .kind = VCPU_EXIT_CALL, .code = code };
	r->m->steps = 1;
	r->m->at = 0;
}

static void decode(struct rig *r)
{
	exits(r, ecam(RID, CFG_COMMAND, 2, true, CMD_MEM | CMD_MASTER));
	assert_int_equal(kvm_fault(r->m->h.kvm.vms, MMIO, true, false), 0);
}

/* @n varies what has no end of its own. */
static void bring(struct rig *r, enum state s, unsigned n)
{
	if (s == S_CREATED) {
		assert_int_equal(play(r, VMM_PREPARE), 0);
		return;
	}
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	if (s == S_LAUNCHED)
		return;
	if (s == S_HALF) {
		begin(r, VMM_ATTACH, n % 15);
		return;
	}
	assert_int_equal(play(r, VMM_ATTACH), 0);
	if (s == S_ATTACHED)
		return;
	decode(r);
	if (s == S_ASKING) {
		request(r, 2);
		begin(r, VMM_RUN, 1 + n % 4);
	} else if (s == S_PRIVATE) {
		request(r, 7);
		assert_int_equal(vmm_start(&r->v, &r->run, VMM_RUN, NULL), 0);
		assert_int_equal(vmm_finish(&r->run, 100), 0);
		assert_true(vfio_of(m_ep(r->m))->private);
	} else if (s == S_LEAVING) {
		begin(r, VMM_DETACH, n % 8);
	}
}

static unsigned to_bars(const struct m_map *t, unsigned n)
{
	unsigned hits = 0;

	for (unsigned i = 0; i < n; i++)
		hits += t[i].pa >= M_MMIO && t[i].pa < M_MMIO + 0x10000000;
	return hits;
}

/* Nobody holds the device: nothing leads to it, and it leads nowhere. */
static void check_free(struct rig *r)
{
	const struct vfio_dev *d = vfio_of(m_ep(r->m));
	struct machine *m = r->m;

	if (d && d->user)
		return;
	assert_int_equal(m->h.tsm.tdi_pool.live, 0);
	assert_null(m->attached);
	assert_int_equal(to_bars(m->io, m->n_io), 0);
	if (!m->h.kvm.deaf)
		assert_int_equal(to_bars(m->npt, m->n_npt), 0);
}

/* However it ended, nothing is left; only the driver is still bound. */
static void check_gone(struct rig *r)
{
	struct machine *m = r->m;

	check_free(r);
	assert_int_equal(m->pages, 0);
	assert_int_equal(m->vms, 0);
	assert_int_equal(m->domains, 0);
	assert_int_equal(m->n_npt, 0);
	assert_int_equal(m->n_io, 0);
	assert_int_equal(m->h.k.file_pool.live, 0);
	assert_int_equal(m->h.k.vma_pool.live, 0);
	assert_int_equal(m->h.vfio.file_pool.live, 0);
	assert_int_equal(m->h.vfio.buf_pool.live, 0);
	assert_int_equal(m->h.iommufd.obj_pool.live, 0);
	assert_int_equal(m->h.tsm.dsm_pool.live, 1); /* still connected */
}

static void another(struct rig *r)
{
	struct vmm_cfg c = good(r);

	assert_int_equal(vmm_init(&r->v, &c), 0);
}

static void end(struct rig *r, enum state s, unsigned n)
{
	enum vmm_fd order[FDS];

	order_of(n, order);
	bring(r, s, n);
	for (unsigned i = 0; i < FDS; i++) {
		(void)vmm_close_fd(&r->v, order[i], M_EP);
		check_free(r);
	}
	vmm_die(&r->v);
	check_gone(r);
	another(r);
}

static void every_order(bool deaf)
{
	const bool all = SANITIZED || getenv("FAMILY_SHARE");
	const unsigned step = all ? (unsigned)share_of(391) : 23;
	struct rig *r = rig_new();
	unsigned n = (unsigned)(share_seed(1) % step);

	print_message("first order %u, one in %u\n", n, step);
	r->m->h.kvm.deaf = deaf;
	r->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 3;
	r->m->exchanges_of[PCI_TSM_OP_UNBIND] = 1;
	m_connect(r->m);
	for (; n < ORDERS; n += step)
		for (enum state s = 0; s < STATES; s++)
			end(r, s, n);
	/* as if nothing had been */
	r->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 0;
	assert_int_equal(play(r, VMM_LAUNCH), 0);
	assert_int_equal(play(r, VMM_ATTACH), 0);
	decode(r);
	assert_int_equal(play(r, VMM_DETACH), 0);
	assert_int_equal(play(r, VMM_DESTROY), 0);
	rig_free(r);
}

static void the_kernel_cleans_up_alone_in_every_order(void **u)
{
	(void)u;
	every_order(false);
}

static void it_does_too_where_the_vmm_should_have_kept_the_order(void **u)
{
	(void)u;
	every_order(true);
}

/* All at once, as a process ends. */
static void a_vmm_dies_in_every_state(void **u)
{
	struct rig *r = rig_new();

	(void)u;
	r->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 3;
	m_connect(r->m);
	for (unsigned n = 0; n < 15; n++)
		for (enum state s = 0; s < STATES; s++) {
			bring(r, s, n);
			vmm_die(&r->v);
			check_gone(r);
			another(r);
		}
	rig_free(r);
}

/* What the slot leads to after the device has closed, in either kernel. */
static void only_a_kernel_that_is_told_takes_the_bar_away(void **u)
{
	(void)u;
	for (unsigned deaf = 0; deaf < 2; deaf++) {
		struct rig *r = rig_new();

		r->m->h.kvm.deaf = deaf;
		up(r);
		decode(r);
		assert_int_equal(vmm_close_fd(&r->v, VMM_FD_KVM_VFIO, M_EP), 0);
		assert_int_equal(vmm_close_fd(&r->v, VMM_FD_VFIO, M_EP), 0);
		assert_int_equal(m_npt(r->m, MMIO), deaf ? M_MMIO : 0);
		assert_int_equal(kvm_fault(r->m->h.kvm.vms, MMIO, true, false),
				 -EFAULT);
		rig_free(r);
	}
}

static void every_order_is_another(void **u)
{
	bool seen[ORDERS] = { false };

	(void)u;
	for (unsigned n = 0; n < ORDERS; n++) {
		enum vmm_fd o[FDS];
		unsigned rank = 0;

		order_of(n, o);
		for (unsigned i = 0; i < FDS; i++) {
			unsigned less = 0;

			for (unsigned k = i + 1; k < FDS; k++)
				less += o[k] < o[i];
			rank = rank * (FDS - i) + less;
		}
		assert_true(rank < ORDERS);
		assert_false(seen[rank]);
		seen[rank] = true;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_cleans_up_alone_in_every_order),
		cmocka_unit_test(
			it_does_too_where_the_vmm_should_have_kept_the_order),
		cmocka_unit_test(a_vmm_dies_in_every_state),
		cmocka_unit_test(only_a_kernel_that_is_told_takes_the_bar_away),
		cmocka_unit_test(every_order_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
