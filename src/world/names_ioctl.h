/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_NAMES_IOCTL_H
#define WORLD_NAMES_IOCTL_H

#include <stdint.h>

/* As struct world_plat's ioctl_name: the launch calls of each architecture. */
const char *cca_ioctl_name(uint32_t cmd, uintptr_t arg);
const char *tdx_ioctl_name(uint32_t cmd, uintptr_t arg);
const char *cove_ioctl_name(uint32_t cmd, uintptr_t arg);

#endif
