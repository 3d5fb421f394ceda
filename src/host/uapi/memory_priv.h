/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_MEMORY_PRIV_H
#define HOST_UAPI_MEMORY_PRIV_H

struct kernel;

void k_memfd_init(struct kernel *k);

#endif
