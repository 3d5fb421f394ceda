/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_HOST_BAD_H
#define TEST_HOST_BAD_H

#include "user.h"

/*
 * Bad input, generated: each ioctl is one row that describes its argument, and
 * each kind of field brings its faults. What the row says is Linux's errno.
 */
#define BAD_ARG 512 /* bytes of an argument at most; zeros behind it */

enum bad_fd {
	BAD_KVM,
	BAD_VM,
	BAD_VCPU,
	BAD_KDEV,
	BAD_IOMMU,
	BAD_VFIO,
	BAD_FDS
};

/* What stands before the call, beyond a VM, a vCPU and a bound device. */
enum bad_setup {
	BAD_PLAIN,
	BAD_IDLE, /* the device is not bound */
	BAD_NEST, /* a domain to nest in, and a vIOMMU */
	BAD_TDI,  /* and a vDevice, attached */
};

enum bad_kind {
	BAD_SIZE,  /* iommufd's size; @arg is the least */
	BAD_ARGSZ, /* VFIO's argsz; @arg is the least */
	BAD_FLAGS, /* bits outside of @arg, one by one */
	BAD_RSVD,
	BAD_ID,	   /* never given, stale, another context's; @other: its kind */
	BAD_FD,	   /* none, closed; @other: of another kind */
	BAD_PTR,   /* NULL, not mapped */
	BAD_PAGE,  /* one byte on */
	BAD_VALUE, /* just @arg */
};

struct bad_field {
	const char *name;
	uint16_t off;
	uint8_t size;
	enum bad_kind kind;
	int err;
	uint64_t arg;
	int other; /* 0: not asked */
};

struct bad_user {
	struct user *u;
	int kdev, gmem, buf;	 /* @buf: of a page of BAR 0; BAD_IDLE: none */
	uint32_t stale, foreign; /* ids of an IOAS */
	uint64_t mem;
	int closed;
	union {
		struct iommu_viommu_tsm tsm;
		int32_t fd;
		struct iommu_iova_range ranges[64];
		uint8_t bytes[1024];
	} in; /* what pointers in arguments point to */
};

struct bad_row {
	const char *name; /* as the headers have it */
	uint32_t cmd;
	enum bad_fd fd;
	enum bad_setup setup;
	void (*fill)(struct bad_user *b, void *arg); /* NULL: by value */
	const struct bad_field *fields;
	size_t n_fields;
	uint64_t value;	  /* of a good call by value */
	bool not_checked; /* the good call is not made here */
};

extern const struct bad_table {
	const struct bad_row *row;
	size_t n;
} bad_kvm, bad_iommufd, bad_vfio;

/* All that the kernel keeps, the machine's tables and registers. */
uint64_t digest(struct machine *m);

#endif
