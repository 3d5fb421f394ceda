/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TDX_OWN_RIG_H
#define TEST_TDX_OWN_RIG_H

#include "check.h"
#include "fake_env.h"

#include "arch/tdx/own.h"
#include "mem/s2.h"

/*
 * A machine with the rules of a TDX one, and two TDs whose tables a test has
 * put there as the module would: a page of memory and a page of MMIO each may
 * have, the trusted entry of one device.
 */
#define RAM	  UINT64_C(0x40000000)
#define RAM_SIZE  (8 * PAGE_2M)
#define BAR	  UINT64_C(0x4000000000)
#define HKIDS	  8
#define HKID	  3
#define OTHER	  5
#define PORT	  2
#define STREAM	  1
#define RID	  0x0100
#define TDR	  (RAM + 0x1000)
#define TDR2	  (RAM + 0x2000)
#define GPA	  UINT64_C(0x100000) /* the TD's page */
#define FREE_GPA  UINT64_C(0x101000) /* no page yet */
#define MMIO_GPA  UINT64_C(0x200000)
#define SHARED_IO UINT64_C(0x102000) /* the host's half maps it */

struct ownrig {
	struct arena arena;
	struct env env;
	struct fake_env fake;
	struct mem m;
	struct tdx_own o;
	struct iommu i;
	uint64_t next;
	uint64_t root;	 /* secure EPT of TDR */
	uint64_t data;	 /* its page at GPA */
	uint64_t shared; /* page of the host */
	struct pt host;	 /* the host's I/O table */
	unsigned hits;	 /* of the BAR */
	bool bar_t;	 /* T bit of the last */
	struct fault f;
};

void ownrig_up(struct ownrig *r);
void ownrig_down(struct ownrig *r);

uint64_t ownrig_page(struct ownrig *r); /* of the host */
/* The leaf for @gpa becomes @e, tables made as needed. */
void ownrig_leaf(struct ownrig *r, uint64_t gpa, uint64_t e);
/* The trusted entry of RID: for TDR, present. */
void ownrig_entry(struct ownrig *r);
/* The host's entry of RID: its table, at @pasid0 in the first word. */
void ownrig_host_entry(struct ownrig *r, uint64_t pasid0, uint64_t pasid1);

/* NULL: done; else the rule. */
const struct rule *host_does(struct ownrig *r, uint64_t pa, bool write,
			     void *buf, uint32_t len);
const struct rule *td_does(struct ownrig *r, uint16_t hkid, uint64_t gpa,
			   bool write, void *buf, uint32_t len);
const struct rule *dev_does(struct ownrig *r, const struct iommu_req *q,
			    void *buf);
struct iommu_req dma(uint64_t iova, bool write, bool t);

#endif
