/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_IOC_H
#define HOST_UAPI_IOC_H

#include <stdint.h>

/* Linux's encoding of ioctl numbers. Source: Linux 7.3 asm-generic/ioctl.h */
#define UAPI_IOC(dir, type, nr, size)                     \
	((uint32_t)(dir) << 30 | (uint32_t)(size) << 16 | \
	 (uint32_t)(type) << 8 | (uint32_t)(nr))
#define UAPI_IO(type, nr)      UAPI_IOC(0, type, nr, 0)
#define UAPI_IOW(type, nr, t)  UAPI_IOC(1, type, nr, sizeof(t))
#define UAPI_IOR(type, nr, t)  UAPI_IOC(2, type, nr, sizeof(t))
#define UAPI_IOWR(type, nr, t) UAPI_IOC(3, type, nr, sizeof(t))

#endif
