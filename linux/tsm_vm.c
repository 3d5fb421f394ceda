// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
#include <linux/err.h>

#include "interlock_tsm.h"

int ilt_vm_init(struct ilt_psp *p)
{
	return 0;
}

void ilt_vm_exit(struct ilt_psp *p)
{
}

void ilt_vm_irq(struct ilt_psp *p, u32 causes)
{
}

struct pci_tdi *ilt_bind(struct pci_dev *pdev, struct kvm *kvm, u32 tdi_id)
{
	return ERR_PTR(-EOPNOTSUPP);
}

void ilt_unbind(struct pci_tdi *tdi)
{
}

ssize_t ilt_guest_req(struct pci_tdi *tdi, enum pci_tsm_req_scope scope,
		      sockptr_t req_in, size_t in_len, sockptr_t req_out,
		      size_t out_len, u64 *tsm_code)
{
	return -EOPNOTSUPP;
}
