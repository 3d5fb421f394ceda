// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The machine's IOMMU: the device table, version 1 page tables with leaves of
 * 4 KiB, the event log.
 *
 * Leaves are small because the machine compares their size with that of the
 * ownership entry behind: a leaf of 2 MiB over one page that is firmware's
 * would stop the host's own DMA to the other 511.
 *
 * Source: AMD I/O Virtualization (IOMMU) Specification 48882, 3.08, 2.2.2.1,
 * 2.2.3, 2.5
 */
#include <linux/bitfield.h>
#include <linux/gfp.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "tsm_vm.h"

#define DTE_LEN	    32
#define DTE_COUNT   0x10000
#define DTE_BYTES   ((size_t)DTE_COUNT * DTE_LEN)
#define DTE_ORDER   get_order(DTE_BYTES)
#define DTE0_V	    BIT_ULL(0)
#define DTE0_TV	    BIT_ULL(1)
#define DTE0_MODE   GENMASK_ULL(11, 9)
#define DTE0_ROOT   GENMASK_ULL(51, 12)
#define DTE0_IR	    BIT_ULL(61)
#define DTE0_IW	    BIT_ULL(62)
#define DTE1_DOMAIN GENMASK_ULL(15, 0)

#define PTE_PR	 BIT_ULL(0)
#define PTE_NEXT GENMASK_ULL(11, 9)
#define PTE_FC	 BIT_ULL(60)
#define PTE_IR	 BIT_ULL(61)
#define PTE_IW	 BIT_ULL(62)

#define LEVELS 4
#define SLOTS  512
/* Above all address space ids, which are tags, too. */
#define DOMAIN_OWN 0x8000
#define DOMAIN_VM  0x8001

#define LOG_SLOTS  256
#define EVENT_LEN  16
#define FAULTS	   32
#define FAULT_TEXT 96

/* Tables hang on @pages by their struct page. */
struct ilt_domain {
	u16 id;
	u64 *root;
	struct list_head pages;
};

struct ilt_iommu {
	struct ilt_psp *psp;
	struct mutex lock; /* registers, faults */
	u8 *devtab;
	u8 *log;
	struct ilt_domain *own;
	struct delayed_work work;
	struct device_attribute attr;
	unsigned long total; /* faults so far */
	char fault[FAULTS][FAULT_TEXT];
};

/* --- page tables --- */

static void domain_drop(struct ilt_domain *d)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &d->pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
	kfree(d);
}

static u64 *table_new(struct ilt_domain *d)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return NULL;
	list_add(&page->lru, &d->pages);
	return page_address(page);
}

static struct ilt_domain *domain_new(u16 id)
{
	struct ilt_domain *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return NULL;
	d->id = id;
	INIT_LIST_HEAD(&d->pages);
	d->root = table_new(d);
	if (d->root)
		return d;
	kfree(d);
	return NULL;
}

static int map_page(struct ilt_domain *d, u64 iova, u64 pa)
{
	u64 *t = d->root;
	unsigned int level;

	for (level = LEVELS; level > 1; level--) {
		u64 *e = &t[iova >> (3 + 9 * level) & (SLOTS - 1)];

		if (!*e) {
			u64 *n = table_new(d);

			if (!n)
				return -ENOMEM;
			*e = virt_to_phys(n) | PTE_PR | PTE_IR | PTE_IW |
			     FIELD_PREP(PTE_NEXT, level - 1);
		}
		t = phys_to_virt(*e & DTE0_ROOT);
	}
	t[iova >> 12 & (SLOTS - 1)] = pa | PTE_PR | PTE_FC | PTE_IR | PTE_IW;
	return 0;
}

static int map_range(struct ilt_domain *d, u64 iova, u64 pa, u64 size)
{
	u64 at;
	int ret;

	for (at = 0; at < size; at += SZ_4K) {
		ret = map_page(d, iova + at, pa + at);
		if (ret)
			return ret;
		if (!(at & (SZ_4M - 1)))
			cond_resched();
	}
	return 0;
}

static int map_ram(struct resource *r, void *arg)
{
	const u64 from = ALIGN(r->start, SZ_4K);
	const u64 to = ALIGN_DOWN(r->end + 1, SZ_4K);

	return to > from ? map_range(arg, from, from, to - from) : 0;
}

struct ilt_domain *ilt_domain_new(struct ilt_psp *p, u64 pa, u64 size)
{
	struct ilt_domain *d = domain_new(DOMAIN_VM);
	int ret;

	if (!d)
		return ERR_PTR(-ENOMEM);
	ret = map_range(d, 0, pa, size);
	if (!ret)
		return d;
	domain_drop(d);
	return ERR_PTR(ret);
}

/* --- registers; i->lock is held --- */

static void forget_device(struct ilt_psp *p, u32 rid)
{
	ilt_wr(p, BOARD_INVAL_ID, rid);
	ilt_wr(p, BOARD_INVAL_OP, BOARD_INVAL_DEVICE);
}

static void forget_domain(struct ilt_psp *p, u32 id)
{
	ilt_wr64(p, BOARD_INVAL_ADDR, 0);
	ilt_wr64(p, BOARD_INVAL_SIZE, BIT_ULL(12 + 9 * LEVELS));
	ilt_wr(p, BOARD_INVAL_ID, id);
	ilt_wr(p, BOARD_INVAL_OP, BOARD_INVAL_PAGES);
}

void ilt_domain_free(struct ilt_psp *p, struct ilt_domain *d, u32 asid)
{
	if (!d)
		return;
	mutex_lock(&p->iommu->lock);
	forget_domain(p, d->id);
	/* Firmware's own entry has the address space id for a tag. */
	forget_domain(p, asid);
	mutex_unlock(&p->iommu->lock);
	domain_drop(d);
}

static void put_entry(struct ilt_iommu *i, u32 rid, const struct ilt_domain *d)
{
	u64 *e = (u64 *)(i->devtab + (size_t)rid * DTE_LEN);

	WRITE_ONCE(e[1], FIELD_PREP(DTE1_DOMAIN, d->id));
	smp_wmb(); /* the valid bit last */
	WRITE_ONCE(e[0], DTE0_V | DTE0_TV | DTE0_IR | DTE0_IW |
				 FIELD_PREP(DTE0_MODE, LEVELS) |
				 virt_to_phys(d->root));
}

/*
 * With nothing in between: a request that met one domain's table under the
 * other's tag would be remembered so.
 */
int ilt_iommu_attach(struct ilt_psp *p, u32 rid, const struct ilt_domain *d)
{
	struct ilt_iommu *i = p->iommu;

	if (rid >= DTE_COUNT)
		return -EINVAL;
	mutex_lock(&i->lock);
	WRITE_ONCE(*(u64 *)(i->devtab + (size_t)rid * DTE_LEN), 0);
	forget_device(p, rid);
	put_entry(i, rid, d ? d : i->own);
	forget_device(p, rid);
	mutex_unlock(&i->lock);
	return 0;
}

/* --- the event log --- */

static const char *event_name(unsigned int code)
{
	switch (code) {
	case 0x1:
		return "ILLEGAL_DEV_TABLE_ENTRY";
	case 0x2:
		return "IO_PAGE_FAULT";
	case 0x8:
		return "INVALID_DEVICE_REQUEST";
	case 0xd:
		return "RMP_PAGE_FAULT";
	case 0xe:
		return "RMP_HW_ERROR";
	default:
		return "UNKNOWN";
	}
}

static void take_event(struct ilt_iommu *i, const u8 *e)
{
	const u32 dw0 = sev_u32(e, 0), dw1 = sev_u32(e, 4);
	char *text = i->fault[i->total++ % FAULTS];

	snprintf(text, FAULT_TEXT,
		 "%s rid=%02x:%02x.%x domain=0x%04x address=0x%llx "
		 "flags=0x%03x rmp=0x%02x",
		 event_name(dw1 >> 28), dw0 >> 8 & 0xff, dw0 >> 3 & 0x1f,
		 dw0 & 7, dw1 & 0xffff, sev_u64(e, 8), dw1 >> 16 & 0xfff,
		 dw0 >> 24);
	dev_info(&i->psp->pdev->dev, "%s\n", text);
}

static void drain(struct ilt_iommu *i)
{
	struct ilt_psp *p = i->psp;
	u32 head, tail, n;

	mutex_lock(&i->lock);
	head = ilt_rd(p, BOARD_LOG_HEAD);
	tail = ilt_rd(p, BOARD_LOG_TAIL);
	/* Once around at the most, whatever the registers say. */
	for (n = 0; head < LOG_SLOTS && tail < LOG_SLOTS && head != tail &&
		    n < LOG_SLOTS;
	     n++) {
		take_event(i, i->log + (size_t)head * EVENT_LEN);
		head = (head + 1) % LOG_SLOTS;
	}
	if (n)
		ilt_wr(p, BOARD_LOG_HEAD, head);
	mutex_unlock(&i->lock);
}

static bool no_irq(const struct ilt_psp *p)
{
	return !p->vectors && !p->intx;
}

/* Without interrupts somebody has to look. */
static void work(struct work_struct *w)
{
	struct ilt_iommu *i =
		container_of(to_delayed_work(w), struct ilt_iommu, work);

	drain(i);
	if (!no_irq(i->psp))
		return;
	ilt_dev_wake();
	schedule_delayed_work(&i->work, HZ / 10);
}

void ilt_iommu_irq(struct ilt_psp *p)
{
	struct ilt_iommu *i;

	rcu_read_lock();
	i = READ_ONCE(p->iommu);
	if (i)
		mod_delayed_work(system_percpu_wq, &i->work, 0);
	rcu_read_unlock();
}

/* The latest, oldest first; a write forgets them. */
static ssize_t faults_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct ilt_iommu *i = container_of(attr, struct ilt_iommu, attr);
	unsigned long k;
	int n;

	drain(i);
	mutex_lock(&i->lock);
	n = sysfs_emit(buf, "%lu\n", i->total);
	for (k = i->total > FAULTS ? i->total - FAULTS : 0; k < i->total; k++)
		n += sysfs_emit_at(buf, n, "%s\n", i->fault[k % FAULTS]);
	mutex_unlock(&i->lock);
	return n;
}

static ssize_t faults_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	struct ilt_iommu *i = container_of(attr, struct ilt_iommu, attr);

	drain(i);
	mutex_lock(&i->lock);
	i->total = 0;
	mutex_unlock(&i->lock);
	return len;
}

/* --- the unit --- */

static void iommu_drop(struct ilt_iommu *i)
{
	if (i->own)
		domain_drop(i->own);
	free_page((unsigned long)i->log);
	free_pages((unsigned long)i->devtab, DTE_ORDER);
	kfree(i);
}

static struct ilt_iommu *iommu_new(struct ilt_psp *p)
{
	struct ilt_iommu *i = kzalloc(sizeof(*i), GFP_KERNEL);

	if (!i)
		return NULL;
	i->psp = p;
	mutex_init(&i->lock);
	INIT_DELAYED_WORK(&i->work, work);
	sysfs_attr_init(&i->attr.attr);
	i->attr.attr.name = "faults";
	i->attr.attr.mode = 0600;
	i->attr.show = faults_show;
	i->attr.store = faults_store;
	i->devtab = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, DTE_ORDER);
	i->log = (u8 *)get_zeroed_page(GFP_KERNEL);
	i->own = domain_new(DOMAIN_OWN);
	if (i->devtab && i->log && i->own &&
	    walk_iomem_res_desc(IORES_DESC_NONE,
				IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1,
				i->own, map_ram) >= 0)
		return i;
	iommu_drop(i);
	return NULL;
}

int ilt_iommu_init(struct ilt_psp *p)
{
	struct ilt_iommu *i = iommu_new(p);
	u32 rid;
	int ret;

	if (!i)
		return -ENOMEM;
	for (rid = 0; rid < DTE_COUNT; rid++)
		put_entry(i, rid, i->own);
	ret = device_create_file(&p->pdev->dev, &i->attr);
	if (ret) {
		iommu_drop(i);
		return ret;
	}
	p->iommu = i;
	ilt_wr64(p, BOARD_DEVTAB, virt_to_phys(i->devtab));
	ilt_wr(p, BOARD_DEVTAB_COUNT, DTE_COUNT);
	ilt_wr64(p, BOARD_LOG, virt_to_phys(i->log));
	ilt_wr(p, BOARD_LOG_SLOTS, LOG_SLOTS);
	if (no_irq(p))
		schedule_delayed_work(&i->work, HZ / 10);
	return 0;
}

/* Without a table no function reaches anything. */
void ilt_iommu_exit(struct ilt_psp *p)
{
	struct ilt_iommu *i = p->iommu;

	if (!i)
		return;
	device_remove_file(&p->pdev->dev, &i->attr);
	WRITE_ONCE(p->iommu, NULL);
	synchronize_rcu(); /* no interrupt starts the work again */
	cancel_delayed_work_sync(&i->work);
	ilt_wr(p, BOARD_DEVTAB_COUNT, 0);
	ilt_wr(p, BOARD_LOG_SLOTS, 0);
	ilt_wr(p, BOARD_INVAL_OP, BOARD_INVAL_ALL);
	iommu_drop(i);
}
