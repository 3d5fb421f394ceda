/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_HOST_BAD_ROW_H
#define TEST_HOST_BAD_ROW_H

#include "bad.h"

/* One row for each ioctl: what a good call is, and what is wrong otherwise. */
#define TOP	  UINT64_MAX
#define PAST	  (UINT64_MAX - 4095)
#define AT(s, m)  #m, offsetof(struct s, m), sizeof(((struct s *)0)->m)
#define ARG(s, a) struct s *a = arg
#define ROW(cmd, fd, setup, fill, fields)                                   \
	{                                                                   \
#cmd, cmd, fd, setup, fill, fields, COUNT(fields), 0, false \
	}

/* iommufd's structs tell their size, VFIO's too: under another name. */
#define SIZED(s, min)                         \
	{                                     \
		AT(s, size), BAD_SIZE, 0, min \
	}
#define SIZED_V(s, min)                               \
	{                                             \
		AT(s, argsz), BAD_ARGSZ, -EINVAL, min \
	}

#endif
