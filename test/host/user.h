/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_HOST_USER_H
#define TEST_HOST_USER_H

#include "machine.h"

#define VM_MEM (16 * PAGE_4K)
#define FLAGS                                                  \
	(IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE | \
	 IOMMU_IOAS_MAP_WRITEABLE)
#define BAR_GPA UINT64_C(0x40000000)

/* A VMM's descriptors; what is not made is -1 or 0. */
struct user {
	struct machine *m;
	struct task *t;
	int kvm, vm, gmem, vcpu, iommu, dev, bar;
	uint64_t ram, run;
	uint32_t ioas, dev_id, hwpt, viommu, vdevice;
};

long io(struct user *u, int fd, uint32_t cmd, void *arg);
long slot(struct user *u, uint32_t id, uint32_t flags, uint64_t gpa,
	  uint64_t len, uint64_t uva, int fd);
long attr(struct user *u, uint64_t gpa, uint64_t len, bool private);
struct user *user_new(void);
void launch(struct user *u);
void user_free(struct user *u);
long bind_dev(struct user *u);
void open_dev(struct user *u);
long export(struct user *u, uint32_t bar, uint64_t off, uint64_t len,
	    uint32_t ranges);
long config(struct user *u, uint16_t reg, uint8_t len, uint32_t *v, bool write);
void bar_slot(struct user *u);
void bind_tdi(struct user *u);
long request(struct user *u, const char *req, uint32_t cap, char *resp);
long destroy(struct user *u, uint32_t id);
long map(struct user *u, uint64_t uva, uint64_t len, uint64_t iova,
	 uint32_t flags);
long map_file(struct user *u, int fd, uint64_t start, uint64_t len,
	      uint64_t iova, uint32_t flags);
long unmap(struct user *u, uint64_t iova, uint64_t len, uint64_t *got);
long attach_ioas(struct user *u);
long detach(struct user *u);

#endif
