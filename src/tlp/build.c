/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "tlp/tlp.h"

#define PAGE 4096u

/* Byte enables of @len bytes from @skip in the first dword on: §2.2.5.1. */
static void set_span(struct tlp *t, uint64_t addr, uint32_t len)
{
	uint32_t skip = (uint32_t)(addr & 3);
	uint32_t end = skip + len;
	uint32_t tail = (0u - end) & 3;

	t->addr = addr - skip;
	t->len_dw = (uint16_t)((end + 3) / 4);
	t->first_be = (uint8_t)(0xfu << skip & 0xfu);
	t->last_be = (uint8_t)(0xfu >> tail);
	if (t->len_dw == 1) {
		t->first_be &= t->last_be;
		t->last_be = 0;
	}
}

static bool span_ok(uint64_t addr, uint32_t len)
{
	return len && len <= PAGE && (addr & (PAGE - 1)) + len <= PAGE;
}

enum il_err tlp_mrd(struct tlp *t, uint16_t requester, uint16_t tag,
		    uint64_t addr, uint32_t len)
{
	if (!span_ok(addr, len) || tag > 0x3ff)
		return IL_E_ARG;
	*t = (struct tlp){ .type = TLP_MRD,
			   .requester = requester,
			   .tag = tag };
	set_span(t, addr, len);
	return IL_OK;
}

enum il_err tlp_mwr(struct tlp *t, uint16_t requester, uint64_t addr,
		    const uint8_t *src, uint32_t len, uint8_t *pad,
		    size_t pad_cap)
{
	struct tlp m = { .type = TLP_MWR, .requester = requester };
	uint32_t skip = (uint32_t)(addr & 3);

	if (!span_ok(addr, len))
		return IL_E_ARG;
	set_span(&m, addr, len);
	m.data = src;
	if (skip || len & 3) {
		struct wr w = wr_over(pad, pad_cap);

		wr_zero(&w, skip);
		wr_bytes(&w, src, len);
		wr_zero(&w, 4u * m.len_dw - skip - len);
		if (w.err)
			return IL_E_SPACE;
		m.data = pad;
	}
	*t = m;
	return IL_OK;
}

/* Lowest and number of set bits, or false if the set bits have a hole. */
static bool be_run(unsigned be, unsigned *low, unsigned *count)
{
	*low = 0;
	*count = 0;
	if (!be)
		return true;
	while (!(be >> *low & 1))
		(*low)++;
	while (be >> (*low + *count) & 1)
		(*count)++;
	return be >> (*low + *count) == 0;
}

enum il_err tlp_mem_range(const struct tlp *t, uint64_t *addr, uint32_t *len,
			  uint32_t *skip)
{
	unsigned low;
	unsigned count;
	unsigned last_low = 0;
	unsigned last_count = 0;

	if (!be_run(t->first_be, &low, &count))
		return IL_E_FIELD;
	if (t->len_dw > 1) {
		if (low + count != 4 ||
		    !be_run(t->last_be, &last_low, &last_count) || last_low)
			return IL_E_FIELD;
		count += 4u * (t->len_dw - 2u) + last_count;
	}
	*addr = t->addr + low;
	*skip = low;
	*len = count;
	return IL_OK;
}

/* Field by field where it is to stand: a copy of what was just stored waits. */
static enum il_err cfg(struct tlp *t, enum tlp_type type, uint16_t tag,
		       uint16_t reg, unsigned size)
{
	if (tag > 0x3ff || reg >= PAGE)
		return IL_E_ARG;
	if ((size != 1 && size != 2 && size != 4) || reg & (size - 1))
		return IL_E_ARG;
	memset(t, 0, sizeof(*t));
	t->type = type;
	t->tag = tag;
	t->reg = reg & 0xffcu;
	t->len_dw = 1;
	t->first_be = (uint8_t)(((1u << size) - 1) << (reg & 3));
	return IL_OK;
}

enum il_err tlp_cfg_read(struct tlp *t, uint16_t requester, uint16_t tag,
			 uint16_t dest, uint16_t reg, unsigned size, bool type1)
{
	enum il_err err =
		cfg(t, type1 ? TLP_CFGRD1 : TLP_CFGRD0, tag, reg, size);

	if (err)
		return err;
	t->requester = requester;
	t->dest = dest;
	return IL_OK;
}

/*
 * Configuration registers are little-endian: byte 0 of the register is the
 * first byte of the payload. Source: PCIe Base 6.3 §2.2.2, §7.2
 */
enum il_err tlp_cfg_write(struct tlp *t, uint16_t requester, uint16_t tag,
			  uint16_t dest, uint16_t reg, unsigned size,
			  uint32_t value, bool type1, uint8_t data[static 4])
{
	enum il_err err =
		cfg(t, type1 ? TLP_CFGWR1 : TLP_CFGWR0, tag, reg, size);

	if (err)
		return err;
	t->requester = requester;
	t->dest = dest;
	t->data = data;
	put_u32le(data, value << (8 * (reg & 3)));
	return IL_OK;
}

uint32_t tlp_cfg_value(const struct tlp *t)
{
	struct rd r = rd_over(t->data, t->data ? 4u * t->len_dw : 0);

	return rd_u32le(&r);
}

/* Source: PCIe Base 6.3 §2.2.9.1: what follows the request; count 4 */
static void answer(struct tlp *t, const struct tlp *req, enum tlp_type type,
		   uint16_t completer)
{
	memset(t, 0, sizeof(*t));
	t->type = type;
	t->tc = req->tc;
	t->attr = req->attr;
	t->requester = req->requester;
	t->tag = req->tag;
	t->completer = completer;
	t->byte_count = 4;
	t->prefix.t = req->prefix.t;
}

void tlp_cpl(struct tlp *t, const struct tlp *req, uint16_t completer,
	     uint8_t status)
{
	uint64_t addr;
	uint32_t len;
	uint32_t skip;

	answer(t, req, TLP_CPL, completer);
	t->status = status;
	/* A read that fails: all of it remains. §2.3.1.1 */
	if (req->type == TLP_MRD && !tlp_mem_range(req, &addr, &len, &skip) &&
	    len) {
		t->byte_count = (uint16_t)len;
		t->lower_addr = (uint8_t)(addr & 0x7f);
	}
}

static enum il_err cpld_mem(struct tlp *m, const struct tlp *req,
			    uint32_t offset, uint32_t len)
{
	uint64_t addr;
	uint32_t total;
	uint32_t skip;

	if (tlp_mem_range(req, &addr, &total, &skip))
		return IL_E_ARG;
	if (!total) {
		/* A flush: one dword of anything, count 1. §2.3.1.1 */
		if (offset || len)
			return IL_E_ARG;
		m->len_dw = 1;
		m->byte_count = 1;
		m->lower_addr = (uint8_t)(req->addr & 0x7f);
		return IL_OK;
	}
	if (!len || offset >= total || len > total - offset)
		return IL_E_ARG;
	if (offset && (addr + offset) & 3)
		return IL_E_ARG;
	if (offset + len < total && (addr + offset + len) & 3)
		return IL_E_ARG;
	addr += offset;
	m->byte_count = (uint16_t)(total - offset);
	m->lower_addr = (uint8_t)(addr & 0x7f);
	m->len_dw = (uint16_t)(((addr & 3) + len + 3) / 4);
	return IL_OK;
}

enum il_err tlp_cpld(struct tlp *t, const struct tlp *req, uint16_t completer,
		     const uint8_t *data, uint32_t offset, uint32_t len)
{
	struct tlp m;
	enum il_err err;

	if (req->type == TLP_CFGRD0 || req->type == TLP_CFGRD1) {
		if (offset || len != 4)
			return IL_E_ARG;
		answer(t, req, TLP_CPLD, completer);
		t->len_dw = 1;
		t->data = data;
		return IL_OK;
	}
	if (req->type != TLP_MRD)
		return IL_E_ARG;
	answer(&m, req, TLP_CPLD, completer);
	m.data = data;
	err = cpld_mem(&m, req, offset, len);
	if (!err)
		*t = m;
	return err;
}

void tlp_msg(struct tlp *t, uint16_t requester, uint8_t code, uint8_t route,
	     uint16_t dest)
{
	*t = (struct tlp){ .type = TLP_MSG,
			   .requester = requester,
			   .msg_code = code,
			   .msg_route = route };
	if (route == TLP_ROUTE_BY_ID) {
		t->dest = dest;
		t->msg_hdr = (uint64_t)dest << 48;
	}
}

void tlp_intx(struct tlp *t, uint16_t requester, unsigned pin, bool on)
{
	const unsigned first = on ? TLP_MSG_ASSERT_INTA : TLP_MSG_DEASSERT_INTA;

	tlp_msg(t, requester & 0xfff8u, (uint8_t)(first + pin - 1),
		TLP_ROUTE_LOCAL, 0);
}

unsigned tlp_intx_pin(const struct tlp *t, bool *on)
{
	const unsigned n = t->msg_code - TLP_MSG_ASSERT_INTA;

	if (t->type != TLP_MSG || n >= 2 * TLP_INTX_WIRES)
		return 0;
	*on = n < TLP_INTX_WIRES;
	return 1 + n % TLP_INTX_WIRES;
}
