/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TLP_VECTORS_H
#define TEST_TLP_VECTORS_H

#include "tlp/tlp.h"

/* Packets that others made, and what others say they are. */
struct tlp_vector {
	const char *origin;
	uint32_t dw[5]; /* header, then the first dword of payload */
	unsigned hdr_dw;
	struct tlp want; /* data: of len_dw dwords, the first as in dw */
};

#define PRIMER "xillybus.com, TLP primer (a register write and read seen)"
#define AER    "Linux, Documentation/PCI/pcieaer-howto, example of a log"
#define NVME   "linux-pci list, AER log: NVMe disk behind a switch, MalfTLP"
#define WIFI   "linux-pci list, AER log: iwlwifi, 'an LTR message'"
#define PTM    "linux-pci list, AER log: Thunderbolt, 'a PTM message'"
#define TG3    "linux-pci list, AER log: tg3, decoded there as MWr, tag 2"
#define GPU    "linux-pci list, AER log: amdgpu, decoded there as MWr"
#define MLX    "Linux user's AER log: mlx4, completion taken as MalfTLP"

static const struct tlp_vector tlp_vectors[] = {
	/* clang-format off */
	{ PRIMER, { 0x40000001, 0x0000000f, 0xfdaff040, 0x12345678 }, 3,
	  { .type = TLP_MWR, .len_dw = 1, .first_be = 0xf,
	    .addr = 0xfdaff040 } },
	{ PRIMER, { 0x00000001, 0x00000c0f, 0xfdaff040 }, 3,
	  { .type = TLP_MRD, .len_dw = 1, .first_be = 0xf, .tag = 0x0c,
	    .addr = 0xfdaff040 } },
	{ PRIMER, { 0x4a000001, 0x01000004, 0x00000c40, 0x12345678 }, 3,
	  { .type = TLP_CPLD, .len_dw = 1, .completer = 0x0100,
	    .byte_count = 4, .tag = 0x0c, .lower_addr = 0x40 } },
	{ AER, { 0x04000001, 0x00200a03, 0x05010000 }, 3,
	  { .type = TLP_CFGRD0, .len_dw = 1, .requester = 0x0020, .tag = 0x0a,
	    .first_be = 3, .dest = 0x0501 } },
	{ NVME, { 0x60000080, 0xab0000ff, 0x00000001, 0xd1fd0000 }, 4,
	  { .type = TLP_MWR, .len_dw = 128, .requester = 0xab00,
	    .first_be = 0xf, .last_be = 0xf, .addr = 0x1d1fd0000 } },
	{ NVME, { 0x6000007a, 0xab0000ff, 0x00000001, 0x629d4318 }, 4,
	  { .type = TLP_MWR, .len_dw = 122, .requester = 0xab00,
	    .first_be = 0xf, .last_be = 0xf, .addr = 0x1629d4318 } },
	{ WIFI, { 0x34000000, 0x04001f10, 0x00000000, 0x88c888c8 }, 4,
	  { .type = TLP_MSG, .requester = 0x0400, .tag = 0x1f,
	    .msg_code = 0x10, .msg_route = TLP_ROUTE_LOCAL,
	    .msg_hdr = 0x88c888c8 } },
	{ PTM, { 0x34000000, 0x08000052, 0x00000000, 0x00000000 }, 4,
	  { .type = TLP_MSG, .requester = 0x0800, .msg_code = 0x52,
	    .msg_route = TLP_ROUTE_LOCAL } },
	{ TG3, { 0x40000001, 0x0000020f, 0x90028090 }, 3,
	  { .type = TLP_MWR, .len_dw = 1, .tag = 2, .first_be = 0xf,
	    .addr = 0x90028090 } },
	{ GPU, { 0x40000001, 0x0000000f, 0x95e7f000 }, 3,
	  { .type = TLP_MWR, .len_dw = 1, .first_be = 0xf,
	    .addr = 0x95e7f000 } },
	{ MLX, { 0x4a000001, 0x01000004, 0x00000000 }, 3,
	  { .type = TLP_CPLD, .len_dw = 1, .completer = 0x0100,
	    .byte_count = 4 } },
	/* clang-format on */
};

#endif
