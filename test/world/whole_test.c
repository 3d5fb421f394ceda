/* SPDX-License-Identifier: BSD-2-Clause */
/* Before the rig, whose global its inline functions would shadow. */
#include "arch/sev_tio/host_priv.h"

#include "laws_rig.h"

#include "world/plat_sev_tio.h"

#include <errno.h>

#include "pci/dma_engine.h"

/*
 * Whole worlds, driven by scenarios/assign.il: who may read the payload while
 * it is there and after it is gone, and what is left after many assignments.
 */

#define WORDS (sizeof(t.payload) / 8)

static uint64_t word[WORDS]; /* of the payload, sorted */

static uint64_t word_at(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int make_payload(void **unused)
{
	uint64_t x = 77;
	int bad = make_identity(unused);

	for (size_t i = 0; i < sizeof(t.payload); i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		t.payload[i] = (uint8_t)(x >> 56);
	}
	for (size_t i = 0; i < WORDS; i++)
		word[i] = word_at(t.payload + 8 * i);
	qsort(word, WORDS, 8, by_value);
	return bad;
}

static int fresh(void **unused)
{
	(void)unused;
	open_world("0", "0000:01:00.0");
	return 0;
}

/* --- nobody else reads the payload --- */

static bool known(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 8 <= len; i += 8) {
		uint64_t v = word_at(p + i);

		if (bsearch(&v, word, WORDS, 8, by_value))
			return true;
	}
	return false;
}

/* The host's CPU: all of RAM that was ever written, and all of the BARs. */
static void host_cpu_finds_nothing(void)
{
	struct mem *m = &t.w->mem;
	const struct own *o = &plat()->own;
	uint8_t b[PAGE_4K];
	struct fault f;
	unsigned pages = 0;

	for (uint64_t pa = mem_next_touched(m, 0); pa != UINT64_MAX;
	     pa = mem_next_touched(m, pa + PAGE_4K), pages++) {
		memset(b, 0, sizeof(b));
		if (!mem_host_read(m, pa, b, sizeof(b), &f) &&
		    known(b, sizeof(b)))
			fail_msg("the host reads the payload at %#llx",
				 (unsigned long long)pa);
	}
	assert_true(pages > 100);
	for (uint64_t i = 0; i < o->ranges; i++)
		for (uint64_t at = 0;
		     o->range[i].page[0].flags & OWN_F_IO && at < 64 * PAGE_4K;
		     at += 8)
			if (!mem_host_read(m, o->range[i].base + at, b, 8,
					   &f) &&
			    known(b, 8))
				fail_msg("the host reads it in the device");
}

static struct iommu_req request(bool trusted, uint64_t gpa)
{
	return (struct iommu_req){ .rid = (uint16_t)device_rid(t.w->dev[0].dev,
							       0),
				   .t = trusted,
				   .port = WORLD_PORT_NR(0),
				   .stream = 0,
				   .iova = gpa,
				   .len = PAGE_4K };
}

static void page_is_closed(uint64_t gpa, const uint8_t *want, size_t len)
{
	struct iommu_req q = request(false, gpa);
	struct world *w = t.w;
	uint8_t b[PAGE_4K];
	struct fault f;

	/* The owner: the other reads below find something there to miss. */
	assert_int_equal(w->plat->vcpu_access(&w->vm[0], gpa, b, PAGE_4K, false,
					      true, &f),
			 IL_OK);
	assert_memory_equal(b, want, len);
	/* C = 0: a page mapped and private gives ciphertext, or faults */
	memset(b, 0, sizeof(b));
	if (!w->plat->vcpu_access(&w->vm[0], gpa, b, PAGE_4K, false, false, &f))
		assert_false(known(b, sizeof(b)));
	memset(b, 0, sizeof(b));
	assert_int_equal(iommu_access(&w->iommu, &q, b, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &own_rule_assigned_read);
	assert_false(known(b, sizeof(b)));
	/* no function that is not the guest's, with T or without */
	q.rid++;
	assert_int_equal(iommu_access(&w->iommu, &q, b, &f), IL_E_IO);
	q.t = true;
	assert_int_equal(iommu_access(&w->iommu, &q, b, &f), IL_E_IO);
	assert_false(known(b, sizeof(b)));
}

static void payload_is_closed(uint64_t gpa)
{
	for (size_t at = 0; at < sizeof(t.payload); at += PAGE_4K) {
		size_t n = sizeof(t.payload) - at < PAGE_4K
				   ? sizeof(t.payload) - at
				   : PAGE_4K;

		page_is_closed(gpa + at, t.payload + at, n);
	}
}

static void the_payload_is_the_guest_s_and_its_device_s_alone(void **unused)
{
	struct iommu_req q;
	uint8_t b[PAGE_4K];
	struct fault f;

	(void)unused;
	go("guest", "dma");
	payload_is_closed(t.w->vm[0].guest->cfg.map.src);
	payload_is_closed(t.w->vm[0].guest->cfg.map.dst);
	host_cpu_finds_nothing();
	/* the device itself does read it */
	q = request(true, t.w->vm[0].guest->cfg.map.src);
	assert_int_equal(iommu_access(&t.w->iommu, &q, b, &f), IL_OK);
	assert_memory_equal(b, t.payload, PAGE_4K);
}

static void nothing_of_the_payload_is_left_for_the_host(void **unused)
{
	static const char *const steps[][2] = { { "guest", "release" },
						{ "vmm", "detach" },
						{ "vmm", "destroy" },
						{ "host", "disconnect" } };

	(void)unused;
	go("guest", "dma");
	for (size_t i = 0; i < COUNT(steps); i++) {
		go(steps[i][0], steps[i][1]);
		host_cpu_finds_nothing();
	}
}

/* --- what a bind is made of: DESIGN section 1, six things --- */

static struct sev_fw_tdi bound(void)
{
	struct sev_fw_tdi b;

	assert_true(sev_fw_tdi_at(plat()->fw, 0, &b));
	return b;
}

/* Register ID of the function, where the guest put BAR0. */
static enum il_err vm_reads_id(uint32_t *id)
{
	uint64_t gpa = t.w->vm[0].guest->bar[DMA_BAR_REGS].gpa + DMA_ID;
	struct fault f;

	*id = 0;
	return t.w->plat->vcpu_access(&t.w->vm[0], gpa, id, 4, false, true, &f);
}

static long host_reads_id(uint32_t *id)
{
	const struct vmm *v = t.w->vm[0].vmm;

	*id = 0;
	return k_pread(v->t, v->dev[0].fd, id, 4,
		       VFIO_PCI_OFFSET(DMA_BAR_REGS) + DMA_ID);
}

static enum il_err dma_reads(uint64_t gpa, struct fault *f)
{
	struct iommu_req q = request(true, gpa);
	uint8_t b[PAGE_4K];

	return iommu_access(&t.w->iommu, &q, b, f);
}

static void before_a_lock_the_bars_are_the_host_s_too(void)
{
	struct fault f;
	uint32_t id;

	assert_int_equal(host_reads_id(&id), 4);
	assert_int_equal(id, DMA_ID_VALUE);
	assert_int_not_equal(vm_reads_id(&id), IL_OK);
	assert_int_equal(dma_reads(t.w->vm[0].guest->cfg.map.src, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &own_rule_sdte_invalid);
	assert_int_equal(bound().tdi_id, 0);
}

static void the_host_is_locked_out(void)
{
	const struct vmm *v = t.w->vm[0].vmm;
	struct fault f;
	uint64_t at, pa = pci_find(&t.w->host->pci, 0x0100)->bars[0].pa;
	uint32_t id = 0;

	assert_int_equal(host_reads_id(&id), -EBUSY);
	assert_int_equal(k_mmap(v->t, PAGE_4K, K_PROT_READ, K_MAP_SHARED,
				v->dev[0].fd, VFIO_PCI_OFFSET(DMA_BAR_REGS),
				&at),
			 -EBUSY);
	/* and if its kernel tried: the device does not say */
	if (!mem_host_read(&t.w->mem, pa + DMA_ID, &id, 4, &f))
		assert_int_not_equal(id, DMA_ID_VALUE);
	assert_int_equal(mem_host_write(&t.w->mem, pa + DMA_ID, &id, 4, &f),
			 IL_E_IO);
	assert_ptr_equal(f.rule, &own_rule_assigned);
}

static void a_bind_does_six_things(void **unused)
{
	uint64_t asked;
	struct fault f;
	uint32_t id;

	(void)unused;
	go("guest", "probe");
	before_a_lock_the_bars_are_the_host_s_too();
	asked = t.w->dev[0].dev->exchanges;
	go("guest", "lock");
	/* DOE manages TDISP; attestation knows the function by a new id */
	assert_true(t.w->dev[0].dev->exchanges > asked);
	assert_int_equal(dsm_tdi_state(&t.w->dev[0].dev->dsm.pci, 0),
			 TDI_LOCKED);
	assert_int_not_equal(bound().tdi_id, 0);
	/* the virtual IOMMU knows it where the guest sees it */
	assert_int_equal(bound().guest_device_id, WORLD_GUEST_RID);
	assert_int_equal(host_reads_id(&id), -EBUSY);
	go("guest", "evidence");
	assert_int_equal(t.w->vm[0].guest->claims.tdi_id, bound().tdi_id);
	/* the VM's CPU reaches the MMIO, and the host does not */
	go("guest", "dma");
	assert_int_equal(vm_reads_id(&id), IL_OK);
	assert_int_equal(id, DMA_ID_VALUE);
	the_host_is_locked_out();
	/* T = 1 is translated for this guest */
	assert_int_equal(dma_reads(t.w->vm[0].guest->cfg.map.src, &f), IL_OK);
	go("guest", "release");
	before_a_lock_the_bars_are_the_host_s_too();
}

/* --- many assignments in one world --- */

struct holdings {
	uint64_t frames;
	uint64_t arena;
	unsigned slots[3];
	uint32_t pools[10];
	uint64_t assigned;
	uint64_t leaked;
};

static struct holdings held(void)
{
	const struct host *h = t.w->host;
	const struct own *o = &plat()->own;
	struct holdings x = {
		.frames = mem_frames_left(&t.w->mem),
		.arena = t.w->arena.used,
		.slots = { ossl_live(t.w->ossl_plat),
			   ossl_live(t.w->dev[0].ossl),
			   ossl_live(t.w->ossl_guest) },
		.pools = { h->k.file_pool.live, h->k.vma_pool.live,
			   h->k.leaf_pool.live, h->tsm.tdi_pool.live,
			   h->tsm.dsm_pool.live, h->iommufd.ctx_pool.live,
			   h->iommufd.obj_pool.live, h->iommufd.area_pool.live,
			   h->ide.pool.live, h->vfio.buf_pool.live },
		.leaked = plat()->host->leaked,
	};

	for (uint32_t a = 0; a < o->asids; a++)
		x.assigned += o->pages[a];
	return x;
}

static void same(const struct holdings *a, const struct holdings *b)
{
	assert_int_equal(a->frames, b->frames);
	assert_int_equal(a->arena, b->arena);
	for (size_t i = 0; i < COUNT(a->slots); i++)
		assert_int_equal(a->slots[i], b->slots[i]);
	for (size_t i = 0; i < COUNT(a->pools); i++)
		assert_int_equal(a->pools[i], b->pools[i]);
	assert_int_equal(a->assigned, b->assigned);
	assert_int_equal(a->leaked, 0);
}

/* Index of the call @role @verb. */
static size_t call_of(const char *role, const char *verb)
{
	for (size_t i = 0; i < t.script.n; i++)
		if (strcmp(t.call[i].cmd->role, role) == 0 &&
		    t.call[i].cmd->verb &&
		    strcmp(t.call[i].cmd->verb, verb) == 0)
			return i;
	fail_msg("no %s %s", role, verb);
	return 0;
}

static void fifty_assignments_leave_what_one_leaves(void **unused)
{
	struct holdings first = { 0 }, last;

	(void)unused;
	go("guest", "boot");
	for (unsigned i = 0; i < 50; i++) {
		t.next = call_of("vmm", "attach");
		go("vmm", "detach");
		if (i == 1)
			first = held();
	}
	last = held();
	same(&last, &first);
	go("vmm", "destroy");
	go("host", "disconnect");
}

static void connections_leave_nothing(void **unused)
{
	struct holdings first = { 0 }, last;

	(void)unused;
	go("host", "connect");
	for (unsigned i = 0; i < 20; i++) {
		t.next = call_of("host", "disconnect");
		go("host", "disconnect");
		if (i == 1)
			first = held();
		t.next = call_of("host", "connect");
		if (i < 19)
			go("host", "connect");
	}
	last = held();
	same(&last, &first);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_payload_is_the_guest_s_and_its_device_s_alone,
			fresh, close_world),
		cmocka_unit_test_setup_teardown(
			nothing_of_the_payload_is_left_for_the_host, fresh,
			close_world),
		cmocka_unit_test_setup_teardown(
			fifty_assignments_leave_what_one_leaves, fresh,
			close_world),
		cmocka_unit_test_setup_teardown(a_bind_does_six_things, fresh,
						close_world),
		cmocka_unit_test_setup_teardown(connections_leave_nothing,
						fresh, close_world),
	};

	if (argc != 2)
		return 2;
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_payload, drop_identity);
}
