/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_INTERLOCK_EXT_H
#define HOST_UAPI_INTERLOCK_EXT_H

#include <stdint.h>

#include "host/uapi/ioc.h"

/*
 * What Linux 7.3 lacks and this flow needs, under names and numbers that
 * Linux has not taken. Each follows the last shape seen on the lists.
 */

/*
 * IOMMU_IOAS_MAP_FILE also takes a guest_memfd. With this flag the range is
 * recorded at once and mapped when the VM's launch is finished; without it
 * the pages are made the guest's at once, which a later launch update meets.
 */
#define IOMMU_IOAS_MAP_AFTER_LAUNCH (1u << 30)

/*
 * What becomes of pages of a guest_memfd that are mapped so, when they are
 * punched out of the file, when KVM_SET_MEMORY_ATTRIBUTES takes "private" from
 * them, or when they convert in place: the kernel takes them out of every
 * domain and waits for the IOTLB first, as it zaps the nested table. What an
 * area, or a copy of it, had of them is gone for good, as a dma-buf that was
 * revoked: DMA to it faults, no domain that comes later shows it, its place
 * stays taken. The VMM unmaps (the whole area, or that part by itself) and maps
 * again; a VMM that unmaps before it converts never meets this. An area that is
 * in no domain has nothing to lose, and shows what is there when it comes into
 * one.
 *
 * -ENOMEM   an area has to be cut, and there is no memory for another
 * -EIO      what the driver says, if it cannot invalidate. Either way nothing
 *	     is punched or converted, and devices reach what they did
 *
 * A leaf of 2 MiB is cut around such pages; the owner's entry behind it only
 * when a page leaves the file. Who wants both at once asks for small ones first
 * (IOMMU_IOAS_SET_PAGE_SIZE).
 *
 * OPEN: Linux has no guest_memfd under I/O mappings and the lists have no shape
 * for this. Chosen: as KVM's part, kvm_gmem_invalidate_begin() before the folio
 * goes (Linux 7.3 virt/kvm/guest_memfd.c), with the fate of a dma-buf that was
 * revoked (drivers/iommu/iommufd/pages.c), but page by page.
 */

/*
 * IOMMU_HWPT_ALLOC: the table translates requests that come with the T bit,
 * for functions of one VM that are bound to the TSM, and for no other. A flag,
 * as NEST_PARENT is, and not a data_type: that one says how the caller
 * describes a table of his own, and this table is filled from the IOAS like
 * any other (SEV-TIO). Where the TSM owns the trusted stage 2 (CCA, TDX,
 * CoVE-IO), the driver makes a domain without a table of the host, for the
 * function to be attached to.
 * Source: Secure VFIO, TDISP, SEV-TIO (2024): no mixed shared and private DMA
 * in one domain; iommufd TSM series v7 (2026): the vIOMMU's nesting parent
 */
#define IOMMU_HWPT_ALLOC_TRUSTED (1u << 31)

/*
 * The leaves of [iova, iova + length) get this size from now on, 4 KiB or
 * 2 MiB, whatever IOMMU_OPTION_HUGE_PAGES says: the VMM knows how finely the
 * memory behind is owned (the RMP), the driver of the IOMMU does not. Pages of
 * a guest_memfd change their ownership entries along: nothing is mapped at the
 * place and the IOTLB is invalidated while they change. All of the range or
 * nothing.
 *
 * Source: list, January 2026 (SNP IOMMU page size): "the VMM asks iommufd to
 * cut or join". Linux 7.3 has the option for a whole IOAS, before the first
 * map. The number is ours.
 *
 * -ENOENT   part of the range is not mapped
 * -EINVAL   not a multiple of the size; frames that are no run of 2 MiB; a
 *	     part that waits for the launch, or was revoked
 * -ENOMEM   no page for a table
 * -EOPNOTSUPP  another size
 */
#define IOMMU_IOAS_SET_PAGE_SIZE UAPI_IO(0x3b, 0xf1)

/* I/O leaves alone: whoever changes the owner's entries does it by himself,
 * and what is between the two faults. */
#define IOMMU_PAGE_SIZE_LEAVES_ONLY (1u << 0)

struct iommu_ioas_set_page_size {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t iova;
	uint64_t length;
	uint64_t page_size;
};
_Static_assert(sizeof(struct iommu_ioas_set_page_size) == 40, "uapi");

/*
 * A vIOMMU backed by PCI/TSM. data_uptr is struct iommu_viommu_tsm.
 * Source: iommufd TSM series v5, v7 (2026): a kvm file on the vIOMMU
 */
#define IOMMU_VIOMMU_TYPE_TSM 0x494c0001u

struct iommu_viommu_tsm {
	int32_t kvm_fd;
	uint32_t reserved;
};
_Static_assert(sizeof(struct iommu_viommu_tsm) == 8, "uapi");

/*
 * One request of a TVM to the TSM about its function. Returns 0, a residue,
 * -errno; -EAGAIN means one more exchange is to come: call again unchanged.
 * Source: iommufd TSM series v5 review (May 2026); number ours, 0x95 is taken
 */
#define IOMMU_VDEVICE_TSM_REQ UAPI_IO(0x3b, 0xf0)

#define IOMMU_TSM_ARCH_CCA 1
#define IOMMU_TSM_ARCH_SEV 2
#define IOMMU_TSM_ARCH_TDX 3
/* No series has one for CoVE-IO yet: the next number. Extension. */
#define IOMMU_TSM_ARCH_COVE 4

#define IOMMU_TSM_OP_VALIDATE_MMIO   1
#define IOMMU_TSM_OP_SET_TDI_STATE   2 /* request: u32 IOMMU_TSM_TDI_... */
#define IOMMU_TSM_OP_SEV_ENABLE_DMA  3
#define IOMMU_TSM_OP_SEV_DISABLE_DMA 4
/* Any other message of the guest to its TSM. Extension. */
#define IOMMU_TSM_OP_GUEST_REQ 0x494c0001u

#define IOMMU_TSM_TDI_UNLOCKED 0
#define IOMMU_TSM_TDI_LOCKED   1
#define IOMMU_TSM_TDI_RUN      2
/* Stop the interface but keep the binding (SEV-TIO's STOP). Extension. */
#define IOMMU_TSM_TDI_STOP 3

struct iommu_vdevice_tsm_req {
	uint32_t size;
	uint32_t vdevice_id;
	uint32_t op;
	uint32_t tvm_arch;
	uint32_t req_len;
	uint32_t resp_len;
	uint64_t req_uptr;
	uint64_t resp_uptr;
	uint64_t tsm_code; /* out */
};
_Static_assert(sizeof(struct iommu_vdevice_tsm_req) == 48, "uapi");

/*
 * A memory slot whose frames come from a dma-buf (in guest_memfd); mapped
 * shared or private as the attribute of the page says.
 * Source: Private MMIO RFC v2 (May 2025), KVM_MEM_VFIO_DMABUF
 */
#define KVM_MEM_VFIO_DMABUF (1u << 3)

/*
 * sysfs, tsm/refresh of a function 0 that is connected: what is to be made new
 * is written to it. Linux 7.3 has no such file, and no caller of the firmware
 * commands behind it (SEV-TIO ROLL_KEY, TDX IDE.STREAM.KM and SPDM.MNG,
 * CoVE-IO ide_key_refresh, spdm_key_update, spdm_heartbeat); somebody has to
 * ask before a counter ends, and the kernel's own timer would ask in the same
 * place. Errors: -EINVAL another word, -ENXIO not connected, -EOPNOTSUPP the
 * platform has no such command, what the platform says.
 */
#define INTERLOCK_TSM_REFRESH_STREAM  "stream"	/* keys of the IDE stream */
#define INTERLOCK_TSM_REFRESH_SESSION "session" /* keys of the SPDM session */
#define INTERLOCK_TSM_REFRESH_ALIVE   "alive"	/* none: HEARTBEAT */

/*
 * KVM_CREATE_GUEST_MEMFD: frames of 2 MiB where they fit, owned by entries of
 * 2 MiB until somebody splits them.
 * Source: guest_memfd HugeTLB series (2025); Linux 7.3 has order 0 alone
 */
#define KVM_GUEST_MEMFD_HUGE (UINT64_C(1) << 62)

/*
 * KVM_CREATE_GUEST_MEMFD: what is shared stays in the file, too. A conversion
 * changes who owns the frame, not which one it is; the file can be mapped, and
 * a page that is private is -EFAULT there. Devices lose it, see above.
 * Source: guest_memfd in-place conversion v8 (June 2026), in flight
 */
#define KVM_GUEST_MEMFD_IN_PLACE (UINT64_C(1) << 61)

/*
 * A call of a TVM that the kernel leaves to the VMM: kvm_run.tvm_call. Linux
 * has an exit for each architecture (KVM_EXIT_SNP_REQ_CERTS, KVM_EXIT_TDX,
 * KVM_EXIT_HYPERCALL of arm64); which registers a call has is in the
 * architecture's uapi.h.
 */
#define KVM_EXIT_TVM_CALL 0x494c0001u

#endif
