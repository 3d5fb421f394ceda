/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_VMM_PRIV_H
#define VMM_VMM_PRIV_H

#include "host/uapi/interlock_ext.h"
#include "host/uapi/vfio.h"
#include "vmm/vmm.h"

/*
 * A step: 0 it is made, -EAGAIN it goes on, else it failed. @undo takes back
 * what it left, in reverse order, when a later step of the program fails.
 */
struct vmm_step {
	const char *what;
	const char *who;
	long (*run)(struct vmm_run *r);
	void (*undo)(struct vmm_run *r);
};

/* By program; each list ends with a step without run. */
extern const struct vmm_step *const vmm_programs[VMM_PROGRAMS];

#define NO_FD (-1)

/* Closes *fd if it is one. */
void vmm_close(struct vmm *v, int *fd);
void vmm_say(struct vmm *v, const char *who, const char *what, long ret);

/* Does this VM have private memory? */
static inline bool vmm_secret(const struct vmm *v)
{
	return v->cfg.launch->vm_type != KVM_VM_ORDINARY;
}

/* memory.c: guest memory, and what devices see of it */
bool vmm_is_private(const struct vmm *v, uint64_t gpa);
/* The address in the task; 0: not RAM. */
uint64_t vmm_ram(void *v, uint64_t gpa);
long vmm_ram_create(struct vmm *v);
void vmm_ram_forget(struct vmm *v);
long vmm_set_attr(struct vmm *v, uint64_t gpa, uint64_t len, bool private);
/* Everything into the IOAS, or nothing. */
long vmm_map_all(struct vmm *v);
void vmm_unmap_all(struct vmm *v);
/* A guest's page state change, CPU and DMA views together. */
long vmm_convert(struct vmm *v, uint64_t gpa, uint64_t pages, bool private);

/* IOMMU_IOAS_SET_PAGE_SIZE. */
long vmm_page_size(struct vmm_run *r);

/* dev.c */
struct vmm_vdev *vmm_dev_by_guest(struct vmm *v, uint32_t guest_rid);
struct vmm_vdev *vmm_dev_by_bdf(struct vmm *v, uint32_t bdf);
/* The guest's configuration space of a function it sees. */
uint32_t vmm_cfg_read(struct vmm *v, struct vmm_vdev *d, uint16_t reg,
		      uint8_t len);
long vmm_cfg_write(struct vmm *v, struct vmm_vdev *d, uint16_t reg, uint8_t len,
		   uint32_t val);
/* The slots of BARs follow decode and place; takes all out with @off. */
long vmm_bars(struct vmm *v, struct vmm_vdev *d, bool off);
/* BAR pages that are private become shared again for KVM. */
long vmm_bars_shared(struct vmm *v, struct vmm_vdev *d);
/*
 * Does a write of @len bytes at @reg touch the command register? Then @val is
 * what it leaves there.
 */
bool vmm_command_of(const struct vmm_vdev *d, uint16_t reg, uint8_t len,
		    uint32_t *val);
long vmm_vfio_cfg(struct vmm *v, const struct vmm_vdev *d, uint16_t reg,
		  uint8_t len, uint32_t *val, bool write);

/* act.c: mappings of ours, and those in the I/O address space, go. */
void vmm_bars_unmap(struct vmm *v, struct vmm_vdev *d);
void vmm_bars_forget(struct vmm *v, struct vmm_vdev *d);

/* programs.c: files of a function, and its character device */
void vmm_dev_path(char out[K_PATH], uint32_t bdf, const char *name);
/* Writes @text; the descriptor stays open while the write goes on. */
long vmm_sysfs_write(struct vmm_run *r, const char *path, const char *text);
void vmm_vfio_path(char out[K_PATH], uint32_t bdf);

/* exits.c */
long vmm_run_step(struct vmm_run *r);

/* dma.c */
long vmm_dma_start(struct vmm_run *r);
long vmm_dma_step(struct vmm_run *r);
void vmm_dma_stop(struct vmm_run *r);

#endif
