/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef INTERLOCK_TSM_UAPI_H
#define INTERLOCK_TSM_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * /dev/interlock_tsm: what a VMM asks of interlock_tsm.ko for the one
 * confidential VM of the machine, where it would ask KVM, VFIO and iommufd. An
 * open file is a VM, or may become one; what belongs to it goes when it is
 * closed. One task a call: calls of one file wait for each other, and a signal
 * that kills ends the wait.
 *
 * Any call: -ENODEV the machine is gone, or the module leaves it; -ENOTTY no
 * such call; -EFAULT; -EINTR; -ETIMEDOUT firmware does not answer. "No VM"
 * below is -ENXIO; a VM that has gone (its memory is disconnected) is
 * -ESHUTDOWN for all but VM_DESTROY, UNBIND and UNASSIGN. Reserved fields are
 * 0, else -EINVAL.
 *
 * read(): the exit that waits, struct ilt_exit, once; waits for one unless
 * O_NONBLOCK (-EAGAIN). 0: the VM has gone. -EINVAL a buffer too small.
 * write(): an answer, one struct ilt_exit with the seq of what was read; -ESRCH
 * if that exit does not wait (any more); -EINVAL another length.
 * poll(): POLLIN an exit to read, POLLHUP the VM has gone or there is none,
 * POLLERR the machine has.
 */
#define ILT_IOC 0xbd

struct ilt_exit {
	__u32 seq;
	__u32 reserved;
	__u64 code; /* as in arch/sev_tio/abi_guest.h, and so are the fields */
	__u64 info1;
	__u64 info2; /* of an answer: 0, or an errno */
	__u64 rax;
	__u64 rbx;
	__u64 rcx;
	__u64 rdx;
};

/*
 * VM_CREATE: an SNP guest in the VM's memory, launched with nothing in it but
 * the secrets page. All other memory is shared.
 * -EBUSY   this file, or another, has a VM
 * -ENOLINK the VM is not connected
 * -EINVAL  the secrets page is not aligned, or not in the memory
 * -ENOSPC  no address space id is left
 * -EIO     firmware refused: fw_error
 */
struct ilt_vm_create {
	__u64 policy;
	__u64 secrets_gpa;
	__u64 ram_size; /* out */
	__u32 asid;	/* out */
	__u32 fw_error; /* out, also of -EIO */
};
#define ILT_VM_CREATE _IOWR(ILT_IOC, 0x00, struct ilt_vm_create)

/*
 * VM_DESTROY: functions are unbound and unassigned, pages are the host's again,
 * the guest's context goes. -EBUSY: firmware keeps a function of it; again
 * later. What firmware keeps of single pages is lost, and counted.
 */
#define ILT_VM_DESTROY _IO(ILT_IOC, 0x01)

/* What there is; never "no VM". */
struct ilt_info {
	__u32 vm_state;	 /* BOARD_VM_*, of the machine */
	__u32 asid;	 /* 0: no VM */
	__u32 functions; /* assigned to it */
	__u32 bound;	 /* of these */
	__u64 private_pages;
	__u64 leaked_pages; /* of the module's whole life */
};
#define ILT_INFO _IOR(ILT_IOC, 0x02, struct ilt_info)

/*
 * PAGE_STATE: pages become the guest's, to be validated by it, or shared. Those
 * that are so already stay as they are. @done pages from the first one on are
 * as asked, also after an error.
 * -EINVAL  not aligned, none, over the end, unknown flags
 * -EIO     refused by the machine; -EBUSY held by firmware
 */
#define ILT_PAGE_PRIVATE 1
struct ilt_page_state {
	__u64 gpa;
	__u64 pages;
	__u32 flags;
	__u32 reserved;
	__u64 done; /* out */
};
#define ILT_PAGE_STATE _IOWR(ILT_IOC, 0x10, struct ilt_page_state)

/*
 * COPY: from shared memory of the VM, or to it. All of it or an error.
 * -EINVAL  unknown flags, more than 1 MiB; -ERANGE over the end
 * -EACCES  a private page is among it; -EIO refused by the machine
 */
#define ILT_COPY_TO_VM 1
struct ilt_copy {
	__u64 gpa;
	__u64 uptr;
	__u32 len;
	__u32 flags;
};
#define ILT_COPY _IOW(ILT_IOC, 0x11, struct ilt_copy)

/*
 * ASSIGN: the function's DMA reaches the VM's memory and no other. The first
 * one that is assigned is the function that the VM has. @rid: segment << 16 |
 * bus << 8 | device and function. One that is removed, or that a driver of the
 * host other than interlock_stub comes to, the VM has lost: it is unbound, and
 * UNASSIGN is all that is left to do.
 * -ENOENT  no such function
 * -EINVAL  not one of a device: a bridge, or the machine's own
 * -EBUSY   a driver other than interlock_stub has it, or a VM
 */
struct ilt_assign {
	__u32 rid;
	__u32 reserved;
};
#define ILT_ASSIGN _IOW(ILT_IOC, 0x20, struct ilt_assign)
/* Unbinds first. -ENOENT: not assigned to this VM. */
#define ILT_UNASSIGN _IOW(ILT_IOC, 0x21, struct ilt_assign)

/*
 * BIND: a TDI in firmware, for the guest to lock: pci_tsm_bind() with this VM.
 * The function is assigned to the VM and its device is connected. Once more: no
 * error, and the same id.
 * -ENOENT  no such function
 * -EINVAL  its device is not connected; -ENXIO by no link TSM
 * -EBUSY   bound to another VM
 * -EPERM   not assigned to this VM
 * -EIO     firmware refused
 */
struct ilt_bind {
	__u32 rid;
	__u32 guest_rid;  /* as the guest has it */
	__u32 vdevice_id; /* out; never used again */
	__u32 reserved;
};
#define ILT_BIND _IOWR(ILT_IOC, 0x22, struct ilt_bind)
/*
 * UNBIND: pci_tsm_unbind(). -ENOENT: no such id, or what was bound has gone (a
 * device that was disconnected or removed).
 */
struct ilt_unbind {
	__u32 vdevice_id;
	__u32 reserved;
};
#define ILT_UNBIND _IOW(ILT_IOC, 0x23, struct ilt_unbind)

/*
 * GUEST_REQ: struct iommu_vdevice_tsm_req (host/uapi/interlock_ext.h), in the
 * shape and with the operations that iommufd is going to have:
 * pci_tsm_guest_req(). Request and response as in arch/sev_tio/uapi.h:
 * SET_TDI_STATE takes a u32, the others struct sev_tio_req, all answer struct
 * sev_tio_resp. tsm_code: firmware's status.
 * -EINVAL     another size, lengths that do not fit, a state that there is not
 * -EOPNOTSUPP another architecture or operation
 * -ENOENT     no such id, see UNBIND
 * -EBUSY      LOCKED: it is locked already
 * -ENOSPC     the evidence needs more pages: data_pages of the response
 * -EFAULT     a page of the guest that is not shared, or not its function's
 * -EIO        firmware refused: fw_error; or the device did
 */
#define ILT_GUEST_REQ _IO(ILT_IOC, 0x24)

#endif
