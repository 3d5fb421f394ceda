/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TLP_TLP_H
#define TLP_TLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/*
 * Transaction layer packets of PCI Express in Non-Flit Mode: the bytes from
 * the first prefix to the last byte of payload or MAC. Sequence number, LCRC
 * and ECRC are not here.
 *
 * Source: PCIe Base 6.3 §2.2 (headers), §6.33.4 (IDE prefix and MAC)
 */

#define TLP_MAX_DATA   512u  /* Max_Payload_Size that our ports use, bytes */
#define TLP_LIMIT_DATA 4096u /* what the Length field can say, bytes */
#define TLP_MAC_LEN    12u
#define TLP_PREFIX_LEN 4u
#define TLP_HDR_MAX    16u
/* The longest packet with @data bytes of payload. */
#define TLP_BYTES(data) (TLP_PREFIX_LEN + TLP_HDR_MAX + (data) + TLP_MAC_LEN)
#define TLP_MAX_BYTES	TLP_BYTES(TLP_LIMIT_DATA)

enum tlp_type {
	TLP_MRD,
	TLP_MWR,
	TLP_CFGRD0,
	TLP_CFGRD1,
	TLP_CFGWR0,
	TLP_CFGWR1,
	TLP_CPL,
	TLP_CPLD,
	TLP_MSG,
	TLP_MSGD,
	TLP_TYPES,
};

/* Flow control class, numbered as the IDE Sub-Stream: §6.33.5. */
enum tlp_class {
	TLP_POSTED = 0,
	TLP_NON_POSTED = 1,
	TLP_COMPLETION = 2,
	TLP_CLASSES,
};

/* Attr[2:0], §2.2.6.3. */
#define TLP_ATTR_NO_SNOOP 1u
#define TLP_ATTR_RELAXED  2u
#define TLP_ATTR_IDO	  4u

/* AT[1:0], §10.2. */
#define TLP_AT_UNTRANSLATED 0u
#define TLP_AT_TRANSLATE    1u
#define TLP_AT_TRANSLATED   2u

/* Completion Status[2:0], Table 2-37; others are reserved, treat as UR. */
#define TLP_CPL_SC  0u
#define TLP_CPL_UR  1u
#define TLP_CPL_RRS 2u
#define TLP_CPL_CA  4u

/* Message routing r[2:0], Table 2-20. */
#define TLP_ROUTE_TO_RC	    0u
#define TLP_ROUTE_BY_ADDR   1u
#define TLP_ROUTE_BY_ID	    2u
#define TLP_ROUTE_BROADCAST 3u
#define TLP_ROUTE_LOCAL	    4u
#define TLP_ROUTE_GATHERED  5u

/* Message codes that our ports use; §2.2.8. INTA to INTD: §2.2.8.1. */
#define TLP_INTX_WIRES	      4u
#define TLP_MSG_ASSERT_INTA   0x20u
#define TLP_MSG_DEASSERT_INTA 0x24u
#define TLP_MSG_PME_TURN_OFF  0x19u
#define TLP_MSG_PME_TO_ACK    0x1bu
#define TLP_MSG_ERR_COR	      0x30u
#define TLP_MSG_ERR_NONFATAL  0x31u
#define TLP_MSG_ERR_FATAL     0x33u
#define TLP_MSG_IDE_SYNC      0x54u
#define TLP_MSG_IDE_FAIL      0x55u

/*
 * The IDE prefix. Byte 0 is 0x92 (Fmt 100b, Type 10010b), byte 1
 * PR_Sent_Counter, byte 2 Stream ID, byte 3: bit 7 reserved, 6:4 Sub-Stream,
 * 3 P, 2 M, 1 K, 0 T.
 *
 * Source: PCIe Base 6.3 §2.2.10.4 Table 2-39, §6.33.4 Figure 6-64; the
 * Sub-Stream's place in §2.2.1.2 and §6.33.5 (symbol 3, bits 7:4 before).
 * OPEN: the figure is not in the public conversions. The order of the other
 * fields is that of a public verification environment of a root complex
 * (completions made from requests: Fmt, Type, PR_Sent_Counter, Stream ID,
 * Sub-Stream, P, M, K, T, most significant first), which agrees with the text.
 */
struct tlp_ide {
	bool m;	     /* a MAC follows */
	bool p;	     /* a PCRC follows; not supported, never sent */
	bool k;	     /* key set */
	bool t;	     /* from a trusted execution environment */
	uint8_t sub; /* enum tlp_class; 3 to 7 reserved */
	uint8_t stream;
	uint8_t pr_sent; /* zero for posted requests */
};

/*
 * One packet, decoded. Fields that a type does not have are zero.
 * Pointers lead into the buffer that was decoded, or that the sender gave.
 */
struct tlp {
	enum tlp_type type;
	uint8_t tc;   /* 0 to 7 */
	uint8_t attr; /* TLP_ATTR_* */
	uint8_t at;   /* TLP_AT_*; memory requests */
	bool poisoned;
	/*
	 * Requests: dwords asked for or carried, 1 to 1024. CPLD and MSGD:
	 * dwords carried. CPL and MSG: 0.
	 */
	uint16_t len_dw;
	uint16_t requester; /* bus 15:8, device 7:3, function 2:0 */
	uint16_t tag;	    /* 10 bits; messages 8 */

	uint64_t addr;	  /* memory: dword aligned; above 4 GiB means 4 DW */
	uint8_t first_be; /* memory and configuration requests */
	uint8_t last_be;  /* zero when len_dw is 1 */

	uint16_t dest; /* configuration, ID-routed messages: target RID */
	uint16_t reg;  /* configuration: byte offset, 0 to 0xffc, aligned */

	uint16_t completer;  /* completions */
	uint8_t status;	     /* completions: TLP_CPL_* */
	uint16_t byte_count; /* completions: 1 to 4096 left, this included */
	uint8_t lower_addr;  /* completions: 7 bits */

	uint8_t msg_code;
	uint8_t msg_route; /* TLP_ROUTE_* */
	/*
	 * Bytes 8 to 15 of a message, byte 8 most significant. For
	 * TLP_ROUTE_BY_ID, bits 63:48 are dest: decoding gives both, encoding
	 * takes dest.
	 */
	uint64_t msg_hdr;

	const uint8_t *data; /* 4 * len_dw bytes where the type carries data */

	bool ide; /* the prefix is there */
	struct tlp_ide prefix;
	const uint8_t *mac; /* TLP_MAC_LEN bytes when prefix.m, else NULL */
};

bool tlp_has_data(enum tlp_type type);
enum tlp_class tlp_class_of(enum tlp_type type);
/* A short name as in the specification: "MRd"; never NULL. */
const char *tlp_type_name(enum tlp_type type);

/*
 * tlp_encode() - write one packet
 * @w: where to; counts what is needed when full
 * @t: the packet; data is not kept. With ide and prefix.m set, mac is written
 *     too, as zeros when it is NULL
 *
 * The 4 DW memory header is used exactly when addr does not fit 32 bits.
 *
 * Errors:   IL_E_ARG    a field is out of range or forbidden for the type
 *           IL_E_SPACE  @w is full
 * Source:   PCIe Base 6.3 §2.2.1.1, §2.2.5.1, §2.2.7.1, §2.2.8, §2.2.9.1
 */
enum il_err tlp_encode(struct wr *w, const struct tlp *t) IL_MUST;

/*
 * tlp_decode() - read one packet that fills the rest of @r
 *
 * Reserved bits are ignored. Types that our ports do not know (I/O, locked,
 * AtomicOps, DMWr), other prefixes than IDE, TH, TD (ECRC) and PCRC are
 * refused, and so are the optional checks of the specification: byte
 * enables, crossing of 4 KiB, length of configuration requests.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG  bytes and Length field disagree
 *           IL_E_FIELD             malformed or unsupported
 */
enum il_err tlp_decode(struct rd *r, struct tlp *out) IL_MUST;

/* Whether an IDE prefix begins these bytes; nothing else is looked at. */
bool tlp_is_ide(const uint8_t *p, size_t n);

/* The same for those who do not look at *@out after an error. */
enum il_err tlp_decode_at(struct rd *r, struct tlp *out) IL_MUST;

/*
 * Where header and payload lie in a packet of @n bytes: what IDE
 * authenticates and what it encrypts.
 */
struct tlp_span {
	uint32_t data_len; /* payload, after the header */
	uint16_t hdr_len;  /* prefix and header */
	uint16_t mac_len;  /* 0 or TLP_MAC_LEN, after the payload */
};

/* The span of an encodable @t; no error can occur. */
struct tlp_span tlp_span_of(const struct tlp *t);

/*
 * Builders. Each sets all of *t; the packet is plain until the caller sets
 * prefix.t or hands it to ide.
 */

/*
 * tlp_mrd() - read @len bytes at @addr, any alignment
 *
 * Errors:   IL_E_ARG  @len is 0 or above 4096, or the range leaves its 4 KiB
 *                     page; nothing was written
 */
enum il_err tlp_mrd(struct tlp *t, uint16_t requester, uint16_t tag,
		    uint64_t addr, uint32_t len) IL_MUST;

/*
 * tlp_mwr() - write @len bytes at @addr, any alignment
 * @pad: room for the payload when @addr or @len is not dword aligned; at
 *       least @len + 6 bytes. The packet points to @src or @pad
 *
 * Errors: as tlp_mrd(); IL_E_SPACE when @pad is needed and too small
 */
enum il_err tlp_mwr(struct tlp *t, uint16_t requester, uint64_t addr,
		    const uint8_t *src, uint32_t len, uint8_t *pad,
		    size_t pad_cap) IL_MUST;

/*
 * tlp_mem_range() - the bytes that a memory request names
 * @addr: first byte
 * @len:  bytes from the first to the last enabled one; 0 for a request of one
 *        dword with no byte enabled
 * @skip: where the first of them lies in data
 *
 * Errors:   IL_E_FIELD  the enabled bytes are not contiguous
 */
enum il_err tlp_mem_range(const struct tlp *t, uint64_t *addr, uint32_t *len,
			  uint32_t *skip) IL_MUST;

/* @size 1, 2 or 4, @reg naturally aligned within 4 KiB; else IL_E_ARG. */
enum il_err tlp_cfg_read(struct tlp *t, uint16_t requester, uint16_t tag,
			 uint16_t dest, uint16_t reg, unsigned size,
			 bool type1) IL_MUST;
/* @data: four bytes that the packet keeps pointing to. */
enum il_err tlp_cfg_write(struct tlp *t, uint16_t requester, uint16_t tag,
			  uint16_t dest, uint16_t reg, unsigned size,
			  uint32_t value, bool type1,
			  uint8_t data[static 4]) IL_MUST;
/* The value that a configuration write or its completion carries. */
uint32_t tlp_cfg_value(const struct tlp *t);

/*
 * A completion without data to @req, which is not @t: class, tag, attributes
 * follow it.
 */
void tlp_cpl(struct tlp *t, const struct tlp *req, uint16_t completer,
	     uint8_t status);

/*
 * tlp_cpld() - one completion with data to the read @req
 * @data:   whole dwords, as many as the part covers
 * @offset: bytes of the request answered before this completion; dword
 *          boundary of the request except the first (0)
 * @len:    bytes answered by this one
 *
 * Errors:   IL_E_ARG  outside the request, or an inner edge is not on a dword
 * Source:   PCIe Base 6.3 §2.3.1.1 (Byte Count, Lower Address)
 */
enum il_err tlp_cpld(struct tlp *t, const struct tlp *req, uint16_t completer,
		     const uint8_t *data, uint32_t offset,
		     uint32_t len) IL_MUST;

/* A message without data, routed by ID to @dest or as @route says. */
void tlp_msg(struct tlp *t, uint16_t requester, uint8_t code, uint8_t route,
	     uint16_t dest);

/*
 * tlp_intx() - Assert_INTx or Deassert_INTx of wire @pin, 1 to 4
 * @requester: of the device; its function number is sent as 0
 *
 * Source: PCIe Base 6.3 §2.2.8.1: local, TC0, without data
 */
void tlp_intx(struct tlp *t, uint16_t requester, unsigned pin, bool on);
/* The wire that a message is about, and what of it; 0: it is none of these. */
unsigned tlp_intx_pin(const struct tlp *t, bool *on);

#endif
