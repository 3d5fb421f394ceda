/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TLP_CASES_H
#define TEST_TLP_CASES_H

#include "tlp/tlp.h"

/*
 * Written by hand from PCIe Base 6.3 §2.2 (Figures 2-36, 2-37, 2-39, 2-49,
 * 2-79), the two payload dwords being zero.
 */
static const struct tlp_field {
	struct tlp t;
	uint32_t dw[9];
	unsigned n;
} tlp_fields[] = {
	/* clang-format off */
	/* T9, TC, T8, Attr[2], EP, Attr[1:0], AT, Length */
	{ { .type = TLP_MRD, .len_dw = 1, .tag = 0x200 }, { 0x00800001 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .tag = 0x100 }, { 0x00080001 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .tag = 0x3a5 },
	  { 0x00880001, 0x0000a500 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .tc = 7 }, { 0x00700001 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .attr = TLP_ATTR_IDO },
	  { 0x00040001 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .attr = TLP_ATTR_RELAXED },
	  { 0x00002001 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .attr = TLP_ATTR_NO_SNOOP },
	  { 0x00001001 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .at = TLP_AT_TRANSLATE },
	  { 0x00000401 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .at = TLP_AT_TRANSLATED },
	  { 0x00000801 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 512, .first_be = 1, .last_be = 8 },
	  { 0x00000200, 0x00000081 }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1024, .first_be = 0xf, .last_be = 0xf },
	  { 0x00000000, 0x000000ff }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .requester = 0x1234,
	    .first_be = 9, .addr = 0xfffffffc },
	  { 0x00000001, 0x12340009, 0xfffffffc }, 3 },
	{ { .type = TLP_MRD, .len_dw = 1, .addr = 0x100000000 },
	  { 0x20000001, 0, 0x00000001, 0 }, 4 },
	{ { .type = TLP_MRD, .len_dw = 1, .addr = 0xfedcba9876543210 },
	  { 0x20000001, 0, 0xfedcba98, 0x76543210 }, 4 },
	{ { .type = TLP_MWR, .len_dw = 2, .first_be = 0xc, .last_be = 0x3,
	    .poisoned = true },
	  { 0x40004002, 0x0000003c }, 5 },
	{ { .type = TLP_MWR, .len_dw = 1, .addr = 0xfee00000, .first_be = 0xf },
	  { 0x40000001, 0x0000000f, 0xfee00000 }, 4 },
	/* Register Number 7:2, Extended Register Number 11:8 */
	{ { .type = TLP_CFGRD0, .len_dw = 1, .first_be = 1, .dest = 0xabcd,
	    .reg = 0xffc }, { 0x04000001, 1, 0xabcd0ffc }, 3 },
	{ { .type = TLP_CFGRD1, .len_dw = 1, .first_be = 0xf, .dest = 0x0100,
	    .reg = 0x104, .requester = 8, .tag = 1 },
	  { 0x05000001, 0x0008010f, 0x01000104 }, 3 },
	{ { .type = TLP_CFGWR0, .len_dw = 1, .first_be = 2, .dest = 0x0100,
	    .reg = 0x004 }, { 0x44000001, 2, 0x01000004 }, 4 },
	{ { .type = TLP_CFGWR1, .len_dw = 1, .first_be = 0xc, .dest = 0xff07,
	    .reg = 0x010 }, { 0x45000001, 0xc, 0xff070010 }, 4 },
	/* Completion Status 15:13, Byte Count 11:0 */
	{ { .type = TLP_CPL, .status = TLP_CPL_UR, .byte_count = 4,
	    .completer = 0xbeef, .requester = 0x1234, .tag = 0x56 },
	  { 0x0a000000, 0xbeef2004, 0x12345600 }, 3 },
	{ { .type = TLP_CPL, .status = TLP_CPL_CA, .byte_count = 4096,
	    .lower_addr = 0x7f }, { 0x0a000000, 0x00008000, 0x0000007f }, 3 },
	{ { .type = TLP_CPL, .status = TLP_CPL_RRS, .byte_count = 4095,
	    .tag = 0x3ff },
	  { 0x0a880000, 0x00004fff, 0x0000ff00 }, 3 },
	{ { .type = TLP_CPLD, .len_dw = 2, .byte_count = 8, .tc = 1,
	    .attr = 7 }, { 0x4a143002, 0x00000008 }, 5 },
	/* Messages: 10rrr, code in byte 7, ID in bytes 8 and 9 */
	{ { .type = TLP_MSG, .msg_route = TLP_ROUTE_TO_RC, .msg_code = 0x30,
	    .requester = 0x0100 }, { 0x30000000, 0x01000030 }, 4 },
	{ { .type = TLP_MSG, .msg_route = TLP_ROUTE_BY_ID, .msg_code = 0x54,
	    .dest = 0x0300, .msg_hdr = 0x0300000000001122 },
	  { 0x32000000, 0x00000054, 0x03000000, 0x00001122 }, 4 },
	{ { .type = TLP_MSG, .msg_route = TLP_ROUTE_GATHERED, .tag = 0xff,
	    .msg_code = 0x1b }, { 0x35000000, 0x0000ff1b }, 4 },
	{ { .type = TLP_MSGD, .msg_route = TLP_ROUTE_LOCAL, .len_dw = 1,
	    .msg_code = 0x50, .poisoned = true },
	  { 0x74004001, 0x00000050 }, 5 },
	{ { .type = TLP_MSGD, .msg_route = TLP_ROUTE_BROADCAST, .len_dw = 2,
	    .msg_code = 0x7e, .msg_hdr = 0x0123456789abcdef },
	  { 0x73000002, 0x0000007e, 0x01234567, 0x89abcdef }, 6 },
	/* The IDE prefix, field by field; without and with a MAC */
	{ { .type = TLP_MRD, .len_dw = 1, .ide = true },
	  { 0x92000000, 0x00000001 }, 4 },
	{ { .type = TLP_MRD, .len_dw = 1, .ide = true,
	    .prefix = { .t = true } }, { 0x92000001, 0x00000001 }, 4 },
	{ { .type = TLP_MRD, .len_dw = 1, .ide = true,
	    .prefix = { .k = true } }, { 0x92000002, 0x00000001 }, 4 },
	{ { .type = TLP_MRD, .len_dw = 1, .ide = true,
	    .prefix = { .m = true } }, { 0x92000004, 0x00000001 }, 7 },
	{ { .type = TLP_MRD, .len_dw = 1, .ide = true,
	    .prefix = { .sub = 1 } }, { 0x92000010, 0x00000001 }, 4 },
	{ { .type = TLP_MRD, .len_dw = 1, .ide = true,
	    .prefix = { .sub = 7 } }, { 0x92000070, 0x00000001 }, 4 },
	{ { .type = TLP_MRD, .len_dw = 1, .ide = true,
	    .prefix = { .stream = 0xa5 } }, { 0x9200a500, 0x00000001 }, 4 },
	{ { .type = TLP_MRD, .len_dw = 1, .ide = true,
	    .prefix = { .pr_sent = 0xff } }, { 0x92ff0000, 0x00000001 }, 4 },
	{ { .type = TLP_MWR, .len_dw = 1, .addr = 0x100000000, .ide = true,
	    .first_be = 0xf,
	    .prefix = { .m = true, .t = true, .stream = 1 } },
	  { 0x92000105, 0x60000001, 0x0000000f, 0x00000001 }, 9 },
	/* clang-format on */
};

/* Encoding refuses each. */
static const struct tlp tlp_bad[] = {
	/* clang-format off */
	{ .type = TLP_TYPES },
	{ .type = TLP_MRD, .len_dw = 0 },
	{ .type = TLP_MRD, .len_dw = 1025, .first_be = 0xf, .last_be = 0xf },
	{ .type = TLP_MRD, .len_dw = 1, .tc = 8 },
	{ .type = TLP_MRD, .len_dw = 1, .attr = 8 },
	{ .type = TLP_MRD, .len_dw = 1, .at = 4 },
	{ .type = TLP_MRD, .len_dw = 1, .tag = 0x400 },
	{ .type = TLP_MRD, .len_dw = 1, .addr = 2 },
	{ .type = TLP_MRD, .len_dw = 1, .last_be = 1 },
	{ .type = TLP_MRD, .len_dw = 1, .first_be = 0x10 },
	{ .type = TLP_MRD, .len_dw = 2, .first_be = 0xf, .last_be = 0x10 },
	{ .type = TLP_MRD, .len_dw = 2, .first_be = 0xf },
	{ .type = TLP_MRD, .len_dw = 2, .last_be = 0xf },
	{ .type = TLP_MRD, .len_dw = 2, .first_be = 0xf, .last_be = 0xf,
	  .addr = 0xffc },
	{ .type = TLP_MRD, .len_dw = 1024, .first_be = 0xf, .last_be = 0xf,
	  .addr = 4 },
	{ .type = TLP_MRD, .len_dw = 1, .ide = true, .prefix.p = true },
	{ .type = TLP_MRD, .len_dw = 1, .ide = true, .prefix.sub = 8 },
	{ .type = TLP_CFGRD0, .len_dw = 2, .first_be = 0xf, .last_be = 0xf },
	{ .type = TLP_CFGRD0, .len_dw = 1, .tc = 1 },
	{ .type = TLP_CFGRD0, .len_dw = 1, .attr = 1 },
	{ .type = TLP_CFGRD0, .len_dw = 1, .at = 1 },
	{ .type = TLP_CFGRD0, .len_dw = 1, .last_be = 1 },
	{ .type = TLP_CFGRD0, .len_dw = 1, .reg = 0x1000 },
	{ .type = TLP_CFGWR1, .len_dw = 1, .reg = 2 },
	{ .type = TLP_CPL, .byte_count = 4, .len_dw = 1 },
	{ .type = TLP_CPL, .byte_count = 0 },
	{ .type = TLP_CPL, .byte_count = 4097 },
	{ .type = TLP_CPL, .byte_count = 4, .status = 8 },
	{ .type = TLP_CPL, .byte_count = 4, .lower_addr = 0x80 },
	{ .type = TLP_CPL, .byte_count = 4, .at = 1 },
	{ .type = TLP_CPLD, .byte_count = 4, .len_dw = 0 },
	{ .type = TLP_MSG, .len_dw = 1 },
	{ .type = TLP_MSG, .msg_route = 6 },
	{ .type = TLP_MSG, .tag = 0x100 },
	{ .type = TLP_MSG, .at = 1 },
	{ .type = TLP_MSGD, .len_dw = 0 },
	/* clang-format on */
};

/* Decoding refuses each; the length is right. */
static const struct tlp_words {
	const char *what;
	uint32_t dw[9];
	unsigned n;
} tlp_malformed[] = {
	/* clang-format off */
	{ "ECRC (linux-wireless list, ath10k's AER log)",
	  { 0x40008001, 0x0000020f, 0xe8080004, 0 }, 4 },
	{ "TH of a read", { 0x00010001, 0xf }, 3 },
	{ "TH of a write", { 0x40010001, 0xf }, 4 },
	{ "last BE with one dword", { 0x00000001, 0xff }, 3 },
	{ "no last BE with two", { 0x00000002, 0x0f }, 3 },
	{ "no first BE with two", { 0x00000002, 0xf0 }, 3 },
	{ "crosses 4 KiB", { 0x00000002, 0xff, 0xffc }, 3 },
	{ "4 DW below 4 GiB", { 0x20000001, 0xf, 0, 0xfee00000 }, 4 },
	{ "configuration with TC", { 0x04100001, 0xf }, 3 },
	{ "configuration with Attr[0]", { 0x04001001, 0xf }, 3 },
	{ "configuration with Attr[2]", { 0x04040001, 0xf }, 3 },
	{ "configuration of two dwords", { 0x04000002, 0xff }, 3 },
	{ "configuration with last BE", { 0x04000001, 0xff }, 3 },
	{ "message, reserved routing 6", { 0x36000000 }, 4 },
	{ "message, reserved routing 7", { 0x37000000 }, 4 },
	{ "I/O read", { 0x02000001, 0xf }, 3 },
	{ "locked read", { 0x01000001, 0xf }, 3 },
	{ "DMWr", { 0x5b000001, 0xf }, 4 },
	{ "FetchAdd", { 0x4c000001, 0xf }, 4 },
	{ "locked completion", { 0x0b000000, 4 }, 3 },
	{ "PASID prefix", { 0x91000000, 0x00000001, 0xf }, 4 },
	{ "local prefix", { 0x80000000, 0x00000001, 0xf }, 4 },
	{ "two IDE prefixes", { 0x92000000, 0x92000000, 1, 0xf }, 5 },
	{ "PASID after IDE", { 0x92000000, 0x91000000, 1, 0xf }, 5 },
	{ "PCRC", { 0x9200000c, 0x00000001, 0xf }, 8 },
	{ "PCRC without MAC", { 0x92000008, 0x00000001, 0xf }, 4 },
	/* clang-format on */
};

#endif
