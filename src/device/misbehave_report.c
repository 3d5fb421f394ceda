/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"

/* DEVICE_INTERFACE_REPORT: what is wrong in a report, and in its portions. */

#define SRC "PCIe Base 6.x §11.3.11"

/* In a payload: GET_DEVICE_INTERFACE_REPORT, and its answer. */
#define AT_CODE	     2
#define AT_OFFSET    17
#define AT_LENGTH    19
#define AT_PORTION   17
#define AT_REMAINDER 19
#define AT_BYTES     21
/* In a report. */
#define AT_MSIX	 4
#define AT_LNR	 6
#define AT_COUNT 12
#define AT_RANGE 16
/* Before the payload in VENDOR_DEFINED_REQUEST; where LOCK has its offset. */
#define VDM_HEAD       11
#define AT_LOCK_OFFSET (VDM_HEAD + 21)

/* The report, if this is the begin of one; *@arg: its bytes in this portion. */
static uint8_t *begin(const uint8_t *in, size_t in_n, uint8_t *out, size_t len,
		      size_t *n)
{
	if (in_n < AT_LENGTH + 2 || len <= AT_BYTES + AT_RANGE ||
	    out[0] != TDISP_PROTOCOL || out[AT_CODE] != TDISP_REPORT ||
	    get_u16le(in + AT_OFFSET))
		return NULL;
	*n = len - AT_BYTES;
	return out + AT_BYTES;
}

static bool is_portion(const uint8_t *out, size_t len)
{
	return len > AT_BYTES && out[0] == TDISP_PROTOCOL &&
	       out[AT_CODE] == TDISP_REPORT;
}

/* @arg: place << 8 | bits that are turned over. */
static void turned(struct misbehave_one *me, const uint8_t *in, size_t in_n,
		   uint8_t *out, size_t cap, size_t *len)
{
	size_t n = 0;
	uint8_t *r = begin(in, in_n, out, *len, &n);

	(void)cap;
	if (r && n > me->is->arg >> 8)
		r[me->is->arg >> 8] ^= (uint8_t)me->is->arg;
}
#define TURNED(at, bits) ((uint32_t)(at) << 8 | (bits))

static void cut(struct misbehave_one *me, const uint8_t *in, size_t in_n,
		uint8_t *out, size_t cap, size_t *len)
{
	size_t n = 0;

	(void)me;
	(void)cap;
	if (!begin(in, in_n, out, *len, &n))
		return;
	put_u16le(out + AT_PORTION, (uint16_t)(n - 1));
	*len -= 1;
}

static void empty_range(struct misbehave_one *me, const uint8_t *in,
			size_t in_n, uint8_t *out, size_t cap, size_t *len)
{
	size_t n = 0;
	uint8_t *r = begin(in, in_n, out, *len, &n);

	(void)me;
	(void)cap;
	if (r && n >= AT_RANGE + TDISP_RANGE_LEN)
		put_u32le(r + AT_RANGE + 8, 0);
}

/* The first range comes last. */
static void order(struct misbehave_one *me, const uint8_t *in, size_t in_n,
		  uint8_t *out, size_t cap, size_t *len)
{
	size_t n = 0, all;
	uint8_t *r = begin(in, in_n, out, *len, &n), first[TDISP_RANGE_LEN];

	(void)me;
	(void)cap;
	if (!r)
		return;
	all = (size_t)get_u32le(r + AT_COUNT) * TDISP_RANGE_LEN;
	if (all < 2 * sizeof(first) || n < AT_RANGE + all)
		return;
	memcpy(first, r + AT_RANGE, sizeof(first));
	memmove(r + AT_RANGE, r + AT_RANGE + sizeof(first),
		all - sizeof(first));
	memcpy(r + AT_RANGE + all - sizeof(first), first, sizeof(first));
}

static void no_msix(struct misbehave_one *me, const uint8_t *in, size_t in_n,
		    uint8_t *out, size_t cap, size_t *len)
{
	size_t n = 0;
	uint8_t *r = begin(in, in_n, out, *len, &n);

	(void)me;
	(void)cap;
	for (size_t at = AT_RANGE; r && at + TDISP_RANGE_LEN <= n - 4;
	     at += TDISP_RANGE_LEN)
		r[at + 12] &= (uint8_t) ~(TDISP_RANGE_MSIX_TABLE |
					  TDISP_RANGE_MSIX_PBA);
}

/* Also bits that the register does not have. */
static void msix_control(struct misbehave_one *me, const uint8_t *in,
			 size_t in_n, uint8_t *out, size_t cap, size_t *len)
{
	size_t n = 0;
	uint8_t *r = begin(in, in_n, out, *len, &n);

	(void)me;
	(void)cap;
	if (r)
		put_u16le(r + AT_MSIX, get_u16le(r + AT_MSIX) | 0x3801);
}

static void changes(struct misbehave_one *me, const uint8_t *in, size_t in_n,
		    uint8_t *out, size_t cap, size_t *len)
{
	size_t n = 0;
	uint8_t *r = begin(in, in_n, out, *len, &n);

	(void)cap;
	if (r)
		put_u16le(r + AT_LNR, (uint16_t)++me->count);
}

static void portions(struct misbehave_one *me, const uint8_t *in, size_t in_n,
		     uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	(void)cap;
	if (is_portion(out, *len) && in_n > AT_LENGTH &&
	    get_u16le(in + AT_OFFSET))
		out[AT_BYTES] ^= 1u;
}

/* Of what is asked for in part. */
static void one_more_remains(struct misbehave_one *me, const uint8_t *in,
			     size_t in_n, uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	(void)cap;
	if (is_portion(out, *len) && in_n >= AT_LENGTH + 2 &&
	    get_u16le(in + AT_LENGTH) != 0xffff)
		put_u16le(out + AT_REMAINDER,
			  (uint16_t)(get_u16le(out + AT_REMAINDER) + 1));
}

static void any_offset(struct misbehave_one *me, const uint8_t *in, size_t in_n,
		       uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	if (in_n <= AT_LENGTH || in[AT_CODE] != TDISP_GET_REPORT ||
	    *len <= AT_CODE || out[AT_CODE] != TDISP_ERROR || cap <= AT_BYTES)
		return;
	out[AT_CODE] = TDISP_REPORT;
	memset(out + AT_PORTION, 0, AT_BYTES + 1 - AT_PORTION);
	out[AT_PORTION] = 1;
	*len = AT_BYTES + 1;
}

static bool is_request(const uint8_t *p, size_t n, uint8_t code)
{
	return n >= VDM_HEAD + AT_LENGTH + 2 &&
	       p[1] == SPDM_VENDOR_DEFINED_REQUEST &&
	       p[VDM_HEAD] == TDISP_PROTOCOL && p[VDM_HEAD + AT_CODE] == code;
}

/* What is asked for in part is one byte more. */
static void longer(struct misbehave_one *me, uint32_t session_id, uint8_t *p,
		   size_t cap, size_t *n)
{
	uint8_t *at = p + VDM_HEAD + AT_LENGTH;

	(void)me;
	(void)session_id;
	(void)cap;
	if (is_request(p, *n, TDISP_GET_REPORT) && get_u16le(at) != 0xffff)
		put_u16le(at, (uint16_t)(get_u16le(at) + 1));
}

static void no_offset(struct misbehave_one *me, uint32_t session_id, uint8_t *p,
		      size_t cap, size_t *n)
{
	(void)me;
	(void)session_id;
	(void)cap;
	if (is_request(p, *n, TDISP_LOCK_REQ) && *n >= AT_LOCK_OFFSET + 8)
		memset(p + AT_LOCK_OFFSET, 0, 8);
}

#define ROW(what, text, how, number)                                         \
	{                                                                    \
		.name = "tdisp-report-" what, .says = (text), .source = SRC, \
		.arg = (number), .payload = (how)                            \
	}

/* clang-format off */
static const struct misbehaviour rows[] = {
	ROW("cut", "the last byte of a report is missing", cut, 0),
	ROW("info", "INTERFACE_INFO has a reserved bit", turned, TURNED(0, 0x80)),
	ROW("updates", "INTERFACE_INFO is wrong about updates of firmware", turned, TURNED(0, TDISP_INFO_NO_FW_UPDATE)),
	ROW("reserved", "the reserved field of a report is set", turned, TURNED(2, 0x01)),
	ROW("attributes", "a range has a reserved attribute", turned, TURNED(AT_RANGE + 12, 0x10)),
	ROW("endless-range", "a range ends above 2^64", turned, TURNED(AT_RANGE + 7, 0xff)),
	ROW("elsewhere", "a range is at another address than its BAR", turned, TURNED(AT_RANGE + 1, 0x80)),
	ROW("empty-range", "a range has no pages", empty_range, 0),
	ROW("order", "the first range comes last", order, 0),
	ROW("no-msix", "MSI-X table and PBA are not told, though they are locked", no_msix, 0),
	ROW("msix-control", "MSI_X_MESSAGE_CONTROL is set, in bits that do not exist, too", msix_control, 0),
	ROW("changes", "a report is another one each time", changes, 0),
	ROW("portions", "portions from behind the begin differ from the whole", portions, 0),
	ROW("remainder", "REMAINDER_LENGTH is one more", one_more_remains, 0),
	ROW("any-offset", "an OFFSET behind the end is answered", any_offset, 0),
	{ .name = "tdisp-report-longer-portion", .says = "a portion is longer than was asked for", .source = SRC, .heard = longer },
	{ .name = "tdisp-report-no-offset", .says = "MMIO_REPORTING_OFFSET is not added", .source = "PCIe Base 6.x §11.3.8", .heard = no_offset },
};
/* clang-format on */

const struct misbehave_group misbehave_report = { "TDISP, reports", rows,
						  COUNT(rows) };
