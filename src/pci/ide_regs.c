/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci/ide_regs.h"

#include <string.h>

#include "base/bits.h"
#include "pci/regs.h"

static uint32_t flag(bool on, uint32_t mask)
{
	return on ? mask : 0;
}

uint32_t ide_cap_encode(const struct ide_cap_regs *m)
{
	uint32_t dw = flag(m->link, IDE_CAP_LINK) |
		      flag(m->selective, IDE_CAP_SELECTIVE) |
		      flag(m->flowthrough, IDE_CAP_FLOWTHROUGH) |
		      flag(m->partial_enc, IDE_CAP_PARTIAL_ENC) |
		      flag(m->aggregation, IDE_CAP_AGGREGATION) |
		      flag(m->pcrc, IDE_CAP_PCRC) |
		      flag(m->ide_km, IDE_CAP_KM) |
		      flag(m->sel_cfg, IDE_CAP_SEL_CFG) |
		      flag(m->tee_limited, IDE_CAP_TEE_LIMITED) |
		      (uint32_t)field_put(IDE_CAP_ALG, m->alg);

	if (m->link)
		dw |= (uint32_t)field_put(IDE_CAP_LINK_TC, m->link_num - 1u);
	if (m->selective)
		dw |= (uint32_t)field_put(IDE_CAP_SEL_NUM, m->sel_num - 1u);
	return dw;
}

void ide_cap_decode(uint32_t dw, struct ide_cap_regs *out)
{
	*out = (struct ide_cap_regs){
		.link = dw & IDE_CAP_LINK,
		.selective = dw & IDE_CAP_SELECTIVE,
		.flowthrough = dw & IDE_CAP_FLOWTHROUGH,
		.partial_enc = dw & IDE_CAP_PARTIAL_ENC,
		.aggregation = dw & IDE_CAP_AGGREGATION,
		.pcrc = dw & IDE_CAP_PCRC,
		.ide_km = dw & IDE_CAP_KM,
		.sel_cfg = dw & IDE_CAP_SEL_CFG,
		.alg = (uint8_t)field_get(IDE_CAP_ALG, dw),
		.tee_limited = dw & IDE_CAP_TEE_LIMITED,
	};
	if (out->link)
		out->link_num = (uint8_t)(field_get(IDE_CAP_LINK_TC, dw) + 1);
	if (out->selective)
		out->sel_num = (uint16_t)(field_get(IDE_CAP_SEL_NUM, dw) + 1);
}

uint16_t ide_block_offset(const struct ide_cap_regs *cap, unsigned n_addrs,
			  unsigned i)
{
	return (uint16_t)(IDE_LINK_BLOCKS +
			  IDE_LINK_BLOCK_SIZE * cap->link_num +
			  IDE_SEL_BLOCK_SIZE(n_addrs) * i);
}

uint16_t ide_cap_size(const struct ide_cap_regs *cap, unsigned n_addrs)
{
	return ide_block_offset(cap, n_addrs, cap->sel_num);
}

uint32_t ide_ctl_encode(const struct ide_block_regs *m)
{
	return flag(m->enable, IDE_SEL_CTL_ENABLE) |
	       flag(m->pcrc, IDE_SEL_CTL_PCRC) | flag(m->cfg, IDE_SEL_CTL_CFG) |
	       flag(m->dflt, IDE_SEL_CTL_DEFAULT) |
	       flag(m->tee_limited, IDE_SEL_CTL_TEE_LIMITED) |
	       (uint32_t)(field_put(IDE_SEL_CTL_ALG, m->alg) |
			  field_put(IDE_SEL_CTL_TC, m->tc) |
			  field_put(IDE_SEL_CTL_ID, m->id));
}

uint32_t ide_rid1_encode(const struct ide_block_regs *m)
{
	return (uint32_t)field_put(IDE_SEL_RID1_LIMIT, m->rid_limit);
}

uint32_t ide_rid2_encode(const struct ide_block_regs *m)
{
	return flag(m->rid_valid, IDE_SEL_RID2_VALID) |
	       (uint32_t)(field_put(IDE_SEL_RID2_BASE, m->rid_base) |
			  field_put(IDE_SEL_RID2_SEG, m->segment));
}

void ide_addr_encode(const struct ide_addr_regs *m, uint32_t dw[3])
{
	dw[0] = flag(m->valid, IDE_ADDR1_VALID) |
		(uint32_t)(field_put(IDE_ADDR1_BASE, m->base >> 20) |
			   field_put(IDE_ADDR1_LIMIT, m->limit >> 20));
	dw[1] = (uint32_t)(m->limit >> 32);
	dw[2] = (uint32_t)(m->base >> 32);
}

static void addr_decode(const uint32_t dw[3], struct ide_addr_regs *out)
{
	out->valid = dw[0] & IDE_ADDR1_VALID;
	out->limit = (uint64_t)dw[1] << 32 |
		     field_get(IDE_ADDR1_LIMIT, dw[0]) << 20 | 0xfffff;
	out->base = (uint64_t)dw[2] << 32 | field_get(IDE_ADDR1_BASE, dw[0])
						    << 20;
}

enum il_err ide_block_decode(struct rd *r, struct ide_block_regs *out)
{
	uint32_t cap = rd_u32le(r);
	uint32_t ctl = rd_u32le(r);
	uint32_t sts = rd_u32le(r);
	uint32_t rid1 = rd_u32le(r);
	uint32_t rid2 = rd_u32le(r);
	struct ide_block_regs m = {
		.n_addrs = (uint8_t)(cap & IDE_SEL_CAP_ADDRS),
		.enable = ctl & IDE_SEL_CTL_ENABLE,
		.pcrc = ctl & IDE_SEL_CTL_PCRC,
		.cfg = ctl & IDE_SEL_CTL_CFG,
		.dflt = ctl & IDE_SEL_CTL_DEFAULT,
		.tee_limited = ctl & IDE_SEL_CTL_TEE_LIMITED,
		.alg = (uint8_t)field_get(IDE_SEL_CTL_ALG, ctl),
		.tc = (uint8_t)field_get(IDE_SEL_CTL_TC, ctl),
		.id = (uint8_t)field_get(IDE_SEL_CTL_ID, ctl),
		.state = (uint8_t)(sts & IDE_SEL_STS_STATE),
		.fail = sts & IDE_SEL_STS_FAIL,
		.rid_limit = (uint16_t)field_get(IDE_SEL_RID1_LIMIT, rid1),
		.rid_valid = rid2 & IDE_SEL_RID2_VALID,
		.rid_base = (uint16_t)field_get(IDE_SEL_RID2_BASE, rid2),
		.segment = (uint8_t)field_get(IDE_SEL_RID2_SEG, rid2),
	};

	if (!r->err && m.n_addrs > IDE_BLOCK_ADDRS)
		r->err = IL_E_FIELD;
	for (unsigned i = 0; !r->err && i < m.n_addrs; i++) {
		uint32_t dw[3];

		for (unsigned n = 0; n < 3; n++)
			dw[n] = rd_u32le(r);
		addr_decode(dw, &m.addr[i]);
	}
	if (!r->err)
		*out = m;
	return r->err;
}

void ide_block_encode(struct wr *w, const struct ide_block_regs *m)
{
	wr_u32le(w, m->n_addrs);
	wr_u32le(w, ide_ctl_encode(m));
	wr_u32le(w, (m->state & IDE_SEL_STS_STATE) |
			    flag(m->fail, IDE_SEL_STS_FAIL));
	wr_u32le(w, ide_rid1_encode(m));
	wr_u32le(w, ide_rid2_encode(m));
	for (unsigned i = 0; i < m->n_addrs && i < IDE_BLOCK_ADDRS; i++) {
		uint32_t dw[3];

		ide_addr_encode(&m->addr[i], dw);
		for (unsigned n = 0; n < 3; n++)
			wr_u32le(w, dw[n]);
	}
}
