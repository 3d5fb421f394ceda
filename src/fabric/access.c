/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"

/* The way down: the CPU's configuration and memory accesses. */

static uint16_t tag(struct fabric *f)
{
	/* Eight bits: what every completer supports. */
	f->next_tag = (uint16_t)((f->next_tag + 1) & 0xff);
	return f->next_tag;
}

static uint32_t ones(unsigned size)
{
	return (uint32_t)~UINT64_C(0) >> (32 - 8 * size);
}

static struct fault cfg_fault(uint16_t bdf, uint16_t reg, bool write,
			      const struct rule *rule)
{
	return (struct fault){ .rule = rule,
			       .stage = FAULT_LINK,
			       .who = AGENT_HOST,
			       .id = bdf,
			       .addr = reg,
			       .write = write };
}

static bool port_ari(const struct fabric_port *p)
{
	return pci_cfg_get(&p->cfg, (uint16_t)(p->exp + EXP_DEVCTL2), 2) &
	       EXP_DEVCTL2_ARI;
}

/* The port to send a configuration request to, and of which type. */
static struct fabric_port *cfg_route(struct fabric *f, uint16_t bdf,
				     bool *type1)
{
	int i = fabric_port_above(f, bdf);
	struct fabric_port *p;

	if (i < 0)
		return NULL;
	p = &f->port[i];
	*type1 = BDF_BUS(bdf) != port_bus_first(p);
	/* There is one device at the other end of a link (§7.3.1); with ARI
	 * Forwarding, the bits of its number are of the function (§6.13). */
	return !*type1 && BDF_DEV(bdf) != 0 && !port_ari(p) ? NULL : p;
}

static bool cfg_args_ok(uint16_t reg, unsigned size)
{
	return (size == 1 || size == 2 || size == 4) && reg % size == 0 &&
	       reg < CFG_SIZE;
}

enum il_err fabric_cfg_read(struct fabric *f, uint16_t bdf, uint16_t reg,
			    unsigned size, uint32_t *val)
{
	struct fault fault = cfg_fault(bdf, reg, false, &fabric_rule_no_target);
	int own = fabric_port_at(f, bdf);
	enum il_err err = IL_E_IO;
	struct fabric_port *p;
	uint8_t dw[4];
	struct tlp t;
	bool type1;

	*val = size <= 4 && size ? ones(size) : UINT32_MAX;
	if (!cfg_args_ok(reg, size))
		return IL_E_ARG;
	if (own >= 0) {
		uint32_t v = pci_cfg_read(&f->port[own].cfg, reg & 0xffcu);

		*val = v >> (8 * (reg & 3u)) & ones(size);
		return IL_OK;
	}
	p = cfg_route(f, bdf, &type1);
	if (p) {
		err = tlp_cfg_read(&t, p->bdf, tag(f), bdf, reg, size, type1);
		IL_ASSERT(!err);
		err = port_request(p, &t, dw, sizeof(dw), &fault);
	}
	if (err) {
		fabric_refuse(f, &fault);
		return err;
	}
	struct rd r = rd_over(dw, sizeof(dw));

	*val = rd_u32le(&r) >> (8 * (reg & 3u)) & ones(size);
	return IL_OK;
}

enum il_err fabric_cfg_write(struct fabric *f, uint16_t bdf, uint16_t reg,
			     unsigned size, uint32_t val)
{
	struct fault fault = cfg_fault(bdf, reg, true, &fabric_rule_no_target);
	int own = fabric_port_at(f, bdf);
	enum il_err err = IL_E_IO;
	struct fabric_port *p;
	uint8_t dw[4];
	struct tlp t;
	bool type1;

	if (!cfg_args_ok(reg, size))
		return IL_E_ARG;
	if (own >= 0) {
		const uint16_t at = reg & 0xffcu;
		uint32_t v = val << (8 * (reg & 3u));
		uint8_t be = pci_cfg_be(reg & 3u, size);

		be = port_host_be(&f->port[own], at, be, &v);
		if (be)
			pci_cfg_write(&f->port[own].cfg, at, v, be);
		return IL_OK;
	}
	p = cfg_route(f, bdf, &type1);
	if (p) {
		err = tlp_cfg_write(&t, p->bdf, tag(f), bdf, reg, size, val,
				    type1, dw);
		IL_ASSERT(!err);
		err = port_request(p, &t, NULL, 0, &fault);
	}
	if (err)
		fabric_refuse(f, &fault);
	return err;
}

/* The port whose windows hold all of the range. */
static struct fabric_port *mem_route(struct fabric *f, uint64_t pa,
				     uint32_t len)
{
	uint64_t last = pa + len - 1;

	for (unsigned i = 0; i < f->ports; i++) {
		struct fabric_port *p = &f->port[i];
		uint64_t base, limit;

		if (!port_command(p, CMD_MEM))
			continue;
		if (pci_window_mem(&p->cfg, &base, &limit) && pa >= base &&
		    last <= limit)
			return p;
		if (pci_window_pref(&p->cfg, &base, &limit) && pa >= base &&
		    last <= limit)
			return p;
	}
	return NULL;
}

static struct fault mmio_fault(const struct mem_req *req, bool trusted,
			       uint64_t pa, bool write, const struct rule *rule)
{
	return (struct fault){ .rule = rule,
			       .stage = FAULT_LINK,
			       .who = req->who,
			       .id = req->who == AGENT_DEVICE ? req->rid
							      : req->owner,
			       .addr = req->gpa,
			       .pa = pa,
			       .write = write,
			       .trusted = trusted };
}

/* Tells a fault of a packet as one of the CPU access that caused it. */
static void tell(struct fabric *f, const struct mem_req *req, bool trusted,
		 uint64_t pa, bool write, const struct fault *why)
{
	struct fault fault = mmio_fault(req, trusted, pa, write, why->rule);

	fault.stage = why->stage;
	fabric_refuse(f, &fault);
}

static enum il_err mmio_read(void *ctx, const struct mem_req *req, bool trusted,
			     uint64_t pa, uint8_t *buf, uint32_t len,
			     struct fault *fault)
{
	struct fabric *f = ctx;
	struct fabric_port *p = mem_route(f, pa, len);
	struct fault why = { .rule = &fabric_rule_no_target,
			     .stage = FAULT_LINK };
	enum il_err err = IL_E_IO;
	struct tlp t;

	if (req->who == AGENT_DEVICE) {
		*fault = mmio_fault(req, trusted, pa, false, &fabric_rule_p2p);
		return IL_E_IO;
	}
	if (p && !tlp_mrd(&t, p->bdf, tag(f), pa, len)) {
		t.prefix.t = trusted;
		err = port_request(p, &t, buf, len, &why);
	}
	if (err) {
		memset(buf, 0xff, len);
		tell(f, req, trusted, pa, false, &why);
	}
	return IL_OK;
}

static enum il_err mmio_write(void *ctx, const struct mem_req *req,
			      bool trusted, uint64_t pa, const uint8_t *buf,
			      uint32_t len, struct fault *fault)
{
	struct fabric *f = ctx;
	struct fabric_port *p = mem_route(f, pa, len);
	struct fault why = { .rule = &fabric_rule_no_target,
			     .stage = FAULT_LINK };
	uint8_t pad[TLP_MAX_DATA + 8];
	enum il_err err = IL_E_IO;

	if (req->who == AGENT_DEVICE) {
		*fault = mmio_fault(req, trusted, pa, true, &fabric_rule_p2p);
		return IL_E_IO;
	}
	for (uint32_t off = 0; p && off < len;) {
		/* Parts end where their dwords are full. */
		uint32_t n = TLP_MAX_DATA - (uint32_t)((pa + off) & 3);
		struct tlp t;

		if (n > len - off)
			n = len - off;
		err = tlp_mwr(&t, p->bdf, pa + off, buf + off, n, pad,
			      sizeof(pad));
		if (err)
			break;
		t.prefix.t = trusted;
		err = port_send(p, &t, &why);
		if (err)
			break;
		off += n;
	}
	if (err)
		tell(f, req, trusted, pa, true, &why);
	else if (p->pump)
		(void)p->pump(p->pump_ctx);
	return IL_OK;
}

static const struct mem_mmio_ops mmio_ops = { .read = mmio_read,
					      .write = mmio_write };

enum il_err fabric_window(struct fabric *f, uint64_t base, uint64_t size)
{
	return mem_add_mmio(f->mem, base, size, &mmio_ops, f);
}
