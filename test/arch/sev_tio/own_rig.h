/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_SEV_TIO_OWN_RIG_H
#define TEST_SEV_TIO_OWN_RIG_H

#include <stdlib.h>

#include "check.h"
#include "fake_env.h"

#include "arch/sev_tio/own.h"

/*
 * One machine: 16 MiB of RAM, an MMIO window behind root port 3, a nested
 * table for ASID 2, an I/O table and entries for one device.
 */
#define RAM	 UINT64_C(0x40000000)
#define RAM_SIZE (8 * PAGE_2M)
#define DATA	 (RAM + 4 * PAGE_2M) /* a 2 MiB that tests play with */
#define DEVTAB	 (RAM + 6 * PAGE_2M)
#define SDTE	 (RAM + 7 * PAGE_2M)
#define BAR	 UINT64_C(0x90000000)
#define PORT	 3
#define RID	 0x100
#define RIDS	 512
#define ASIDS	 8
#define ASID	 2
#define OTHER	 5
#define STREAM	 9
#define GPA	 (4 * PAGE_2M) /* where DATA stands in the guest */
#define BAR_GPA	 (PAGE_1G)
#define VTOM	 (UINT64_C(1) << 40)

struct bar {
	unsigned hits;
	bool trusted;
};

struct rig {
	struct fake_env fake;
	struct env env;
	struct arena arena;
	struct mem m;
	struct own o;
	struct iommu i;
	struct pt npt;
	struct pt iot;
	struct s2_cpu c;
	struct bar bar;
};

void rig_up(struct rig *r);
void rig_down(struct rig *r);
/* Remember, and compare, every RMP entry, the page tables, the 2 MiB at DATA
 * and the fences. One rig at a time. */
void rig_keep(struct rig *r);
void rig_same(struct rig *r);

/* The host's instruction, as it mostly goes. */
enum rmp_rc assign(struct rig *r, uint64_t pa, uint64_t gpa, uint32_t asid,
		   enum rmp_size size, bool immutable);
enum rmp_rc unassign(struct rig *r, uint64_t pa, enum rmp_size size);
/* Assigned to ASID at GPA + (pa - DATA) and validated by it. */
void own_it(struct rig *r, uint64_t pa, enum rmp_size size);
/* Map DATA at GPA in both tables with leaves of this size, anew. */
void map_both(struct rig *r, uint64_t leaf);
/* The host's entry for RID, words as given. */
void set_dte(struct rig *r, uint64_t q0, uint64_t q1, uint64_t q2);
void good_dte(struct rig *r);
struct own_sdte good_sdte(void);

struct iommu_req dma(uint64_t iova, bool write, bool t);

/* What an access comes to: the rule, or NULL if it went through. */
const struct rule *host_does(struct rig *r, uint64_t pa, uint64_t leaf,
			     bool write, void *buf, uint32_t len);
const struct rule *guest_does(struct rig *r, uint64_t gpa, bool c, bool write,
			      void *buf, uint32_t len);
const struct rule *device_does(struct rig *r, struct iommu_req q, void *buf);
const struct rule *firmware_does(struct rig *r, uint64_t pa, bool trusted,
				 uint32_t owner, bool write, void *buf,
				 uint32_t len);
/* Of the last refusal. */
extern struct fault last_fault;

#endif
