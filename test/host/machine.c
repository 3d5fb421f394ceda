/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>

/* --- hardware --- */

static enum il_err cfg_read(void *ctx, uint32_t bdf, uint16_t reg, uint8_t size,
			    uint32_t *val)
{
	return fake_cfg_read(&((struct machine *)ctx)->f, bdf, reg, size, val);
}

static enum il_err cfg_write(void *ctx, uint32_t bdf, uint16_t reg,
			     uint8_t size, uint32_t val)
{
	return fake_cfg_write(&((struct machine *)ctx)->f, bdf, reg, size, val);
}

static uint8_t *at(struct machine *m, uint64_t pa, size_t len)
{
	if (pa >= M_RAM && pa + len <= M_RAM + M_PAGES * PAGE_4K)
		return m->ram + (pa - M_RAM);
	if (pa >= M_MMIO && pa + len <= M_MMIO + sizeof(m->bar))
		return m->bar + (pa - M_MMIO);
	return NULL;
}

static enum il_err mem_read(void *ctx, uint64_t pa, void *out, size_t len,
			    struct fault *f)
{
	struct machine *m = ctx;
	const uint8_t *p = at(m, pa, len);

	if (!p || m->refuse_mem) {
		*f = (struct fault){ .addr = pa };
		return IL_E_IO;
	}
	memcpy(out, p, len);
	return IL_OK;
}

static enum il_err mem_write(void *ctx, uint64_t pa, const void *in, size_t len,
			     struct fault *f)
{
	struct machine *m = ctx;
	uint8_t *p = at(m, pa, len);

	if (!p || m->refuse_mem) {
		*f = (struct fault){ .addr = pa, .write = true };
		return IL_E_IO;
	}
	memcpy(p, in, len);
	return IL_OK;
}

/* 512 in a row, aligned, from the end; only if there are such frames at all. */
static enum il_err block_alloc(struct machine *m, uint64_t *pa)
{
	for (unsigned b = M_PAGES / 512; m->blocks && b-- > 0;) {
		unsigned n = 0;

		while (n < 512 && !m->taken[b * 512 + n])
			n++;
		if (n < 512)
			continue;
		memset(&m->taken[b * 512], 1, 512);
		m->pages += 512;
		*pa = M_RAM + b * PAGE_2M;
		memset(m->ram + b * PAGE_2M, 0, PAGE_2M);
		return IL_OK;
	}
	return IL_E_NOMEM;
}

static enum il_err page_alloc(void *ctx, uint32_t pages, uint64_t *pa)
{
	struct machine *m = ctx;

	if (m->pages_max && m->pages >= m->pages_max)
		return IL_E_NOMEM;
	if (pages == PAGEMAP_BLOCK)
		return block_alloc(m, pa);
	assert_int_equal(pages, 1);
	for (unsigned i = 0; i < M_PAGES; i++)
		if (!m->taken[i]) {
			m->taken[i] = true;
			m->pages++;
			*pa = M_RAM + i * PAGE_4K;
			memset(m->ram + i * PAGE_4K, 0, PAGE_4K);
			return IL_OK;
		}
	return IL_E_NOMEM;
}

static void page_free(void *ctx, uint64_t pa, uint32_t pages)
{
	struct machine *m = ctx;
	uint64_t i = (pa - M_RAM) / PAGE_4K;

	assert_int_equal(pages, 1);
	assert_true(i < M_PAGES && m->taken[i]);
	assert_int_equal(m->owner_gpa[i], 0);
	m->taken[i] = false;
	m->pages--;
}

static uint64_t now_ns(void *ctx)
{
	return ((struct machine *)ctx)->now;
}

static void wait_ns(void *ctx, uint64_t ns)
{
	struct machine *m = ctx;

	m->now += ns;
	fake_pci_run(&m->f);
}

static const struct host_hw_ops hw_ops = {
	.cfg_read = cfg_read,
	.cfg_write = cfg_write,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.page_alloc = page_alloc,
	.page_free = page_free,
	.now_ns = now_ns,
	.wait_ns = wait_ns,
};

/* --- tables of mappings --- */

static int put(struct m_map *t, unsigned *n, struct m_map e)
{
	for (unsigned i = 0; i < *n; i++)
		if (t[i].owner == e.owner && t[i].at < e.at + e.len &&
		    e.at < t[i].at + t[i].len)
			return -EEXIST;
	assert_true(*n < M_MAPS);
	t[(*n)++] = e;
	return 0;
}

/* Forgets what lies in the range; cuts what sticks out. */
static void drop(struct m_map *t, unsigned *n, const void *owner, uint64_t from,
		 uint64_t len)
{
	for (unsigned i = 0; i < *n;) {
		struct m_map *e = &t[i];
		struct m_map tail = *e;

		if (e->owner != owner || e->at >= from + len ||
		    e->at + e->len <= from) {
			i++;
			continue;
		}
		if (e->at + e->len > from + len) {
			tail.pa += from + len - e->at;
			tail.len -= from + len - e->at;
			tail.at = from + len;
			assert_true(*n < M_MAPS);
			t[(*n)++] = tail;
			e = &t[i];
		}
		if (e->at < from) {
			e->len = from - e->at;
			i++;
		} else {
			*e = t[--*n];
		}
	}
}

static uint64_t look(const struct m_map *t, unsigned n, uint64_t a)
{
	for (unsigned i = 0; i < n; i++)
		if (a >= t[i].at && a - t[i].at < t[i].len)
			return t[i].pa + (a - t[i].at);
	return 0;
}

uint64_t m_io(const struct machine *m, uint64_t iova)
{
	return look(m->io, m->n_io, iova);
}

uint64_t m_npt(const struct machine *m, uint64_t gpa)
{
	return look(m->npt, m->n_npt, gpa);
}

uint64_t m_owner(const struct machine *m, uint64_t pa)
{
	return m->owner_gpa[(pa - M_RAM) / PAGE_4K];
}

/* --- the IOMMU's driver --- */

static int domain_alloc(void *ctx, struct iommu_domain *d)
{
	struct machine *m = ctx;

	(void)d;
	m->domains += !m->domain_err;
	return m->domain_err;
}

static void domain_free(void *ctx, struct iommu_domain *d)
{
	struct machine *m = ctx;

	assert_ptr_not_equal(m->attached, d);
	drop(m->io, &m->n_io, d, 0, UINT64_C(1) << 52);
	m->domains--;
}

/* Frames in a row are one entry; io_map_after counts those. */
static int io_map(void *ctx, struct iommu_domain *d, uint64_t iova,
		  const uint64_t *pa, size_t n, unsigned prot, bool huge)
{
	struct machine *m = ctx;
	size_t at = 0;
	int ret = 0;

	assert_true(n && n <= IOMMU_BATCH);
	assert_int_equal(iova / PAGE_2M, (iova + n * PAGE_4K - 1) / PAGE_2M);
	m->io_huge = huge;
	while (at < n && !ret) {
		size_t run = 1;

		while (at + run < n && pa[at + run] == pa[at] + run * PAGE_4K)
			run++;
		if (m->io_map_err && !m->io_map_after--) {
			m->io_map_after = 0;
			ret = m->io_map_err;
			break;
		}
		ret = put(m->io, &m->n_io,
			  (struct m_map){ d, iova + at * PAGE_4K, pa[at],
					  run * PAGE_4K,
					  prot & IOMMU_PROT_WRITE });
		at += ret ? 0 : run;
	}
	if (ret && at)
		drop(m->io, &m->n_io, d, iova, at * PAGE_4K);
	return ret;
}

static int io_unmap(void *ctx, struct iommu_domain *d, uint64_t iova,
		    uint64_t len)
{
	struct machine *m = ctx;

	m->io_unmaps++;
	/* One that fails has taken the leaves away, and flushed nothing. */
	drop(m->io, &m->n_io, d, iova, len);
	if (m->io_unmap_err && !m->io_unmap_after--) {
		m->io_unmap_after = 0;
		return m->io_unmap_err;
	}
	return 0;
}

static int attach(void *ctx, struct pci_dev *p, struct iommu_domain *d,
		  bool tdi, const struct rule **why)
{
	static const struct rule mixed = { .name = "mixed" };
	struct machine *m = ctx;

	if (d && m->mixed_err && d->trusted != tdi) {
		*why = &mixed;
		return m->mixed_err;
	}
	if (d && m->attach_err)
		return m->attach_err;
	/* Off and on again would be a gap. */
	if (p->bdf == M_EP) {
		m->gaps += !d;
		m->attached = d;
	}
	return 0;
}

/* Keeps in mind which size a block has; what fails changes nothing. */
static int page_size(void *ctx, struct iommu_domain *d, uint64_t iova,
		     uint64_t size, const struct iommu_gap *gap)
{
	struct machine *m = ctx;
	int ret = 0;

	(void)d;
	if (m->size_err && !m->size_after--) {
		ret = m->size_err;
		m->size_err = 0; /* the way back is free */
		return ret;
	}
	m->in_gap++;
	ret = gap->run(gap->ctx);
	m->in_gap--;
	if (!ret && iova / PAGE_2M < COUNT(m->block))
		m->block[iova / PAGE_2M] = size;
	return ret;
}

static long hw_info(void *ctx, struct pci_dev *p, uint32_t *type, void *out,
		    size_t cap)
{
	const struct iommu_hw_info_amd i = { 0x1122, 0x3344 };

	(void)ctx;
	(void)p;
	assert_true(cap >= sizeof(i));
	if (*type != IOMMU_HW_INFO_TYPE_DEFAULT &&
	    *type != IOMMU_HW_INFO_TYPE_AMD)
		return -EOPNOTSUPP;
	*type = IOMMU_HW_INFO_TYPE_AMD;
	memcpy(out, &i, sizeof(i));
	return sizeof(i);
}

static const struct iommu_iova_range resv[] = { { 0xfee00000, 0xfeefffff } };

static int viommu(void *ctx, void *kvm)
{
	(void)kvm;
	return ((struct machine *)ctx)->viommu_err;
}

const struct iommu_driver_ops m_iommu_ops = {
	.domain_alloc = domain_alloc,
	.domain_free = domain_free,
	.map = io_map,
	.unmap = io_unmap,
	.attach = attach,
	.viommu = viommu,
	.page_size = page_size,
	.hw_info = hw_info,
	.last_iova = (UINT64_C(1) << 48) - 1,
	.resv = resv,
	.n_resv = COUNT(resv),
};

/* --- KVM's rules --- */

static int vm_init(void *ctx, struct kvm_vm *vm, uint64_t type)
{
	struct machine *m = ctx;

	if (type != KVM_X86_SNP_VM && type != KVM_X86_DEFAULT_VM)
		return -EINVAL;
	vm->priv = m;
	m->vms++;
	return 0;
}

static void vm_fini(void *ctx, struct kvm_vm *vm)
{
	struct machine *m = ctx;

	assert_int_equal(vm->bound, 0);
	drop(m->npt, &m->n_npt, vm, 0, UINT64_C(1) << 52);
	m->vms--;
}

static long enc_op(void *ctx, struct kvm_vm *vm, struct task *t, uintptr_t arg)
{
	struct machine *m = ctx;

	(void)t;
	(void)arg;
	if (m->launch_on_enc)
		return kvm_launched(vm);
	return m->enc_ret;
}

static int prepare(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa)
{
	struct machine *m = ctx;
	uint64_t *o = &m->owner_gpa[(pa - M_RAM) / PAGE_4K];

	(void)vm;
	if (m->prepare_err)
		return m->prepare_err;
	assert_int_equal(*o, 0);
	*o = gpa + 1;
	return 0;
}

static int invalidate(void *ctx, uint64_t pa)
{
	struct machine *m = ctx;

	if (m->invalidate_err)
		return m->invalidate_err;
	/* A frame leaves the guest when no device reaches it any more. */
	for (unsigned i = 0; i < m->n_io; i++)
		assert_false(pa >= m->io[i].pa &&
			     pa - m->io[i].pa < m->io[i].len);
	m->owner_gpa[(pa - M_RAM) / PAGE_4K] = 0;
	return 0;
}

static int npt_map(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa,
		   bool write, bool private)
{
	struct machine *m = ctx;

	assert_int_equal(private, kvm_private(vm, gpa));
	if (m->map_err)
		return m->map_err;
	drop(m->npt, &m->n_npt, vm, gpa, PAGE_4K);
	return put(m->npt, &m->n_npt,
		   (struct m_map){ vm, gpa, pa, PAGE_4K, write });
}

static int zap(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t len)
{
	struct machine *m = ctx;

	m->zaps++;
	drop(m->npt, &m->n_npt, vm, gpa, len);
	return m->zap_err;
}

/* Codes: 1 answered here, 3 an error, 9 a page conversion; else the VMM's. */
static int call(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		struct kvm_run *run)
{
	(void)ctx;
	(void)v;
	if (x->code == 1) {
		x->ret = 77;
		return KVM_NEXT_GUEST;
	}
	if (x->code == 3)
		return -EBADMSG;
	if (x->code == 9) {
		run->exit_reason = KVM_EXIT_HYPERCALL;
		run->hypercall.nr = KVM_HC_MAP_GPA_RANGE;
		run->hypercall.args[0] = x->reg[0];
		run->hypercall.args[1] = x->reg[1];
		run->hypercall.args[2] =
			x->private ? KVM_MAP_GPA_RANGE_ENCRYPTED : 0;
		return KVM_NEXT_USER;
	}
	memset(&run->tvm_call, 0, sizeof(run->tvm_call));
	run->exit_reason = KVM_EXIT_TVM_CALL;
	run->tvm_call.code = x->code;
	run->tvm_call.reg[2] = x->reg[2];
	return KVM_NEXT_USER;
}

static int complete(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		    struct kvm_run *run)
{
	(void)ctx;
	(void)v;
	if (x->code == 9) {
		x->ret = run->hypercall.ret;
		return KVM_NEXT_GUEST;
	}
	x->reg[2] = run->tvm_call.reg[2];
	x->ret = run->tvm_call.ret;
	return KVM_NEXT_GUEST;
}

static int prepare_huge(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa)
{
	struct machine *m = ctx;

	if (!m->huge_entries || (gpa | pa) % PAGE_2M)
		return -EOPNOTSUPP;
	for (uint64_t at = 0; at < PAGE_2M; at += PAGE_4K)
		assert_int_equal(prepare(ctx, vm, gpa + at, pa + at), 0);
	m->entry_2m[(pa - M_RAM) / PAGE_2M] = true;
	return 0;
}

/* The owner's entries change while no leaf is mapped there, or not at all. */
static int resize(void *ctx, uint64_t pa, bool huge)
{
	struct machine *m = ctx;

	int ret = m->resize_err;

	if (ret && !m->resize_after--) {
		m->resize_err = 0; /* the way back is free */
		return ret;
	}
	if (huge && m->no_join)
		return -EINVAL;
	assert_true(m->in_gap > 0);
	m->entry_2m[(pa - M_RAM) / PAGE_2M] = huge;
	return 0;
}

const struct kvm_rules m_kvm_rules = {
	.vm_types = 1u << KVM_X86_DEFAULT_VM | 1u << KVM_X86_SNP_VM,
	.vm_init = vm_init,
	.vm_fini = vm_fini,
	.enc_op = enc_op,
	.prepare = prepare,
	.invalidate = invalidate,
	.map = npt_map,
	.zap = zap,
	.call = call,
	.complete = complete,
	.prepare_huge = prepare_huge,
	.resize = resize,
};

/* --- the TSM --- */

static void note(struct machine *m, char c)
{
	if (m->n_order < sizeof(m->order) - 1)
		m->order[m->n_order++] = c;
}

static int probe(void *ctx, struct pci_dev *p, void **priv)
{
	struct machine *m = ctx;

	(void)p;
	*priv = m;
	m->probes += !m->probe_err;
	return m->probe_err;
}

static void remove_tsm(void *ctx, struct pci_dev *p, void *priv)
{
	struct machine *m = ctx;

	(void)p;
	assert_ptr_equal(priv, m);
	m->removes++;
	note(m, 'x');
}

static int operate(struct machine *m, enum pci_tsm_op_kind k, bool first,
		   struct pci_tsm_relay *r, char c)
{
	if (first) {
		assert_int_equal(r->err, 0);
		assert_int_equal(r->rsp_len, 0);
		m->left = m->exchanges_of[k];
		note(m, c);
	}
	m->calls_of[k]++;
	m->seen_err = r->err;
	if (r->err && !m->again_after_err)
		return r->err;
	if (m->left) {
		m->left--;
		r->type = 2;
		memset(r->req, 0xa5, 64);
		r->req_len = 64;
		return -EINPROGRESS;
	}
	return m->result_of[k];
}

static int t_connect(void *ctx, struct pci_dev *p, bool first,
		     struct pci_tsm_relay *r)
{
	(void)p;
	return operate(ctx, PCI_TSM_OP_CONNECT, first, r, 'C');
}

static int t_disconnect(void *ctx, struct pci_dev *p, bool first,
			struct pci_tsm_relay *r)
{
	(void)p;
	return operate(ctx, PCI_TSM_OP_DISCONNECT, first, r, 'D');
}

static int t_bind(void *ctx, struct pci_tdi *tdi, bool first,
		  struct pci_tsm_relay *r)
{
	(void)tdi;
	return operate(ctx, PCI_TSM_OP_BIND, first, r, 'B');
}

static int t_unbind(void *ctx, struct pci_tdi *tdi, bool first,
		    struct pci_tsm_relay *r)
{
	(void)tdi;
	return operate(ctx, PCI_TSM_OP_UNBIND, first, r, 'U');
}

/* Answers with its request, and code 5; request byte 'P' goes private. */
static int t_guest_req(void *ctx, struct pci_tdi *tdi,
		       struct pci_tsm_guest_req *q, bool first,
		       struct pci_tsm_relay *r)
{
	int ret = operate(ctx, PCI_TSM_OP_GUEST_REQ, first, r, 'G');

	if (ret == -EINPROGRESS)
		return ret;
	if (q->req_len && q->req[0] == 'P')
		return tdi->port->mmio_private(tdi->port_ctx, true);
	if (q->req_len && q->req[0] == 'S')
		return tdi->port->mmio_private(tdi->port_ctx, false);
	q->code = 5;
	q->resp_len = q->req_len < q->resp_cap ? q->req_len : q->resp_cap;
	if (q->resp_len)
		memcpy(q->resp, q->req, q->resp_len);
	return ret;
}

static void t_abort(void *ctx, struct pci_dev *p, struct pci_tdi *tdi,
		    struct pci_tsm_relay *r)
{
	struct machine *m = ctx;

	(void)p;
	(void)tdi;
	(void)r;
	m->aborts++;
	note(m, 'A');
}

static bool t_secure(void *ctx, struct pci_dev *p)
{
	(void)p;
	return !((struct machine *)ctx)->insecure;
}

const struct pci_tsm_ops m_tsm_ops = {
	.name = "books",
	.probe = probe,
	.remove = remove_tsm,
	.connect = t_connect,
	.disconnect = t_disconnect,
	.bind = t_bind,
	.unbind = t_unbind,
	.guest_req = t_guest_req,
	.abort = t_abort,
	.secure = t_secure,
};

/* --- the guest --- */

static enum il_err guest_run(void *ctx, struct vcpu_exit *x)
{
	struct machine *m = ctx;

	if (m->at && m->at <= COUNT(m->got))
		m->got[m->at - 1] = *x;
	*x = (struct vcpu_exit){ .kind = VCPU_EXIT_HALT };
	if (m->stuck_guest)
		*x = m->script[0];
	else if (m->at < m->steps)
		*x = m->script[m->at];
	m->at++;
	return IL_OK;
}

static const struct vcpu_ops vcpu_ops = { guest_run };

static const struct vcpu_ops *guest(void *ctx, struct kvm_vcpu *v,
				    void **ops_ctx)
{
	(void)v;
	*ops_ctx = ctx;
	return &vcpu_ops;
}

/* --- making one --- */

static bool echo(void *ctx, uint8_t type, const uint8_t *in, size_t n,
		 uint8_t *out, size_t cap, size_t *out_len, uint8_t *out_type)
{
	(void)ctx;
	assert_true(n <= cap);
	memcpy(out, in, n);
	*out_len = n;
	*out_type = type;
	return true;
}

struct machine *machine_cold(void)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct host_cfg c = { .pci = { M_MMIO, 0x10000000, 0 },
			      .kvm_rules = &m_kvm_rules,
			      .iommu = &m_iommu_ops };

	assert_non_null(m);
	m->ram = calloc(M_PAGES, PAGE_4K);
	assert_int_equal(arena_map(&m->arena, 0, 256 << 20), IL_OK);
	fake_pci_init(&m->f, &m->now);
	m->f.answer = echo;
	m->f.keys = true;
	c.arena = &m->arena;
	c.hw = (struct host_hw){ &hw_ops, m, NULL };
	c.kvm_ctx = c.iommu_ctx = m;
	assert_int_equal(host_init(&m->h, &c), 0);
	m->h.kvm.guest = guest;
	m->h.kvm.guest_ctx = m;
	return m;
}

void machine_scan(struct machine *m)
{
	fake_pci_build(&m->f);
	assert_int_equal(host_scan(&m->h), 0);
	assert_int_equal(pci_tsm_register(&m->h.tsm, &m_tsm_ops, m), 0);
}

struct machine *machine_new(void)
{
	struct machine *m = machine_cold();

	machine_scan(m);
	return m;
}

void machine_free(struct machine *m)
{
	free(m->ram);
	arena_unmap(&m->arena);
	free(m);
}

struct pci_dev *m_ep(struct machine *m)
{
	return pci_find(&m->h.pci, M_EP);
}

void m_connect(struct machine *m)
{
	int ret;

	do
		ret = pci_tsm_connect(&m->h.tsm, m_ep(m), "tsm0", m);
	while (ret == -EAGAIN);
	assert_int_equal(ret, 0);
}

int m_vfio(struct machine *m, struct task *t)
{
	long fd;

	if (!m_ep(m)->drv)
		assert_int_equal(pci_driver_bind(m_ep(m), &m->h.vfio.drv), 0);
	fd = k_open(t, "/dev/vfio/devices/vfio256");
	assert_true(fd >= 0);
	return (int)fd;
}
