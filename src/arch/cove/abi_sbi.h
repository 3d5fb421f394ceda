/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_ABI_SBI_H
#define ARCH_COVE_ABI_SBI_H

#include <stdint.h>

/*
 * The calling convention: extension id in a7, function id in a6, arguments in
 * a0 to a5; the answer is {error, value} in a0, a1.
 *
 * Source: SBI 2.0, chapter 3; CoVE, "CoVE FID namespaces" (a6: function 15:0,
 * reserved 25:16, supervisor domain 31:26)
 */
struct sbiret {
	int64_t error; /* enum sbi_error */
	uint64_t value;
};

enum sbi_error {
	SBI_SUCCESS = 0,
	SBI_ERR_FAILED = -1,
	SBI_ERR_NOT_SUPPORTED = -2,
	SBI_ERR_INVALID_PARAM = -3,
	SBI_ERR_DENIED = -4,
	SBI_ERR_INVALID_ADDRESS = -5,
	SBI_ERR_ALREADY_AVAILABLE = -6,
	SBI_ERR_ALREADY_STARTED = -7,
	SBI_ERR_ALREADY_STOPPED = -8,
	SBI_ERR_NO_SHMEM = -9,
	SBI_ERR_INVALID_STATE = -10,
	SBI_ERR_TIMEOUT = -12,
	SBI_ERR_IO = -13,
	/*
	 * Named by CoVE and CoVE-IO without a number. OPEN: numbers of ours,
	 * below those that SBI gives.
	 */
	SBI_ERR_OUT_OF_PTPAGES = -1024,
	SBI_ERR_KEY_UPDATE_REQUIRED = -1025,
};

#define COVE_EID_SUPD UINT64_C(0x53555044) /* "SUPD" */
#define COVE_EID_COVH UINT64_C(0x434f5648) /* host to TSM */
#define COVE_EID_COVI UINT64_C(0x434f5649) /* interrupts: not modelled */
#define COVE_EID_COVG UINT64_C(0x434f5647) /* TVM to TSM */
#define COVE_EID_COVT UINT64_C(0x434f5654) /* TSM to root monitor */
#define COVE_EID_NACL UINT64_C(0x4e41434c) /* nested acceleration */

#define COVE_FID_MASK	    UINT64_C(0x0000ffff)
#define COVE_FID_SDID	    UINT64_C(0xfc000000)
#define COVE_FID_SDID_SHIFT 26

/* Supervisor domains of this model: the host's, and the one TSM's. */
#define COVE_SD_HOST 0
#define COVE_SD_TSM  1

/* SUPD. Source: CoVE, "Supervisor Domains Enumeration Extension" */
enum cove_supd {
	SUPD_GET_ACTIVE_DOMAINS = 0, /* -> bitmap by SDID */
};

#endif
