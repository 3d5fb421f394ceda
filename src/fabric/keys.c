/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric_priv.h"

#include "base/bits.h"

/*
 * Root-port keys. Who holds this power is the architecture's business
 * (DESIGN, section 2); no path from the host leads here.
 */

enum il_err fabric_key_program(struct fabric *f, unsigned port, uint8_t stream,
			       unsigned set, enum ide_dir dir, unsigned sub,
			       const uint8_t key[static IDE_KEY_LEN],
			       uint64_t ifv)
{
	if (port >= f->ports || stream == IDE_ID_RESERVED)
		return IL_E_ARG;
	return ide_key_set(&f->port[port].ide, stream, set, dir, sub, key, ifv);
}

enum il_err fabric_key_go(struct fabric *f, unsigned port, uint8_t stream,
			  unsigned set, enum ide_dir dir, unsigned sub)
{
	enum il_err err;

	if (port >= f->ports || stream == IDE_ID_RESERVED)
		return IL_E_ARG;
	err = ide_key_go(&f->port[port].ide, stream, set, dir, sub);
	port_show(&f->port[port]);
	return err;
}

enum il_err fabric_key_stop(struct fabric *f, unsigned port, uint8_t stream,
			    unsigned set, enum ide_dir dir, unsigned sub)
{
	if (port >= f->ports || stream == IDE_ID_RESERVED)
		return IL_E_ARG;
	return ide_key_stop(&f->port[port].ide, stream, set, dir, sub);
}

enum il_err fabric_key_wipe(struct fabric *f, unsigned port, uint8_t stream)
{
	enum il_err err;

	if (port >= f->ports || stream == IDE_ID_RESERVED)
		return IL_E_ARG;
	err = ide_wipe_id(&f->port[port].ide, stream, IDE_CAUSE_WIPED);
	if (err)
		return err;
	port_show(&f->port[port]);
	port_fail(&f->port[port]);
	return IL_OK;
}

enum il_err fabric_key_status(struct fabric *f, unsigned port, uint8_t stream,
			      struct fabric_stream *out)
{
	struct fabric_port *p = port_get(f, port);
	struct fabric_stream s;
	int idx;

	if (!p || stream == IDE_ID_RESERVED)
		return IL_E_ARG;
	idx = ide_find(&p->ide, stream);
	if (idx < 0)
		return IL_E_ARG;
	port_show(p);
	s.block = (unsigned)idx;
	s.status = ide_state(&p->ide, s.block);
	s.primed[0] = ide_primed(&p->ide, s.block, 0);
	s.primed[1] = ide_primed(&p->ide, s.block, 1);
	s.regs = port_block(p, s.block);
	*out = s;
	return IL_OK;
}

enum il_err fabric_stream_ready(struct fabric *f, unsigned port, uint8_t stream,
				uint8_t segment, uint16_t rid)
{
	unsigned found = 0, others = 0;
	bool fits = false;

	if (port >= f->ports || stream == IDE_ID_RESERVED)
		return IL_E_ARG;
	for (unsigned i = 0; i < FABRIC_STREAMS; i++) {
		const struct ide_stream *s = &f->port[port].ide.stream[i];
		const struct ide_stream_cfg *c = &s->cfg;

		if (c->id == IDE_ID_RESERVED)
			continue;
		if (c->id != stream) {
			others += c->is_default;
			continue;
		}
		found++;
		fits = s->state == IDE_ST_OFF &&
		       !ide_has_keys(&f->port[port].ide, i) && c->tc == 0 &&
		       c->rid_valid && c->segment == segment &&
		       rid >= c->rid_base && rid <= c->rid_limit;
	}
	return found == 1 && !others && fits ? IL_OK : IL_E_STATE;
}

enum il_err fabric_ep_ide(struct fabric *f, uint16_t rid, uint8_t *out,
			  size_t cap, size_t *len)
{
	struct wr w = wr_over(out, cap);
	struct ide_cap_regs regs;
	uint32_t v = 0, n_addrs;
	uint32_t at = CFG_EXT_START;
	uint16_t first, size;

	for (unsigned n = 0; at >= CFG_EXT_START && n < 960; n++) {
		if (fabric_cfg_read(f, rid, (uint16_t)at, 4, &v))
			return IL_E_IO;
		if (ECAP_ID(v) == ECAP_IDE || v == 0)
			break;
		at = ECAP_NEXT(v);
	}
	if (at < CFG_EXT_START || ECAP_ID(v) != ECAP_IDE)
		return IL_E_IO;
	if (fabric_cfg_read(f, rid, (uint16_t)(at + IDE_CAP), 4, &v))
		return IL_E_IO;
	ide_cap_decode(v, &regs);
	first = ide_block_offset(&regs, 0, 0);
	if (!regs.selective || at + first >= CFG_SIZE ||
	    fabric_cfg_read(f, rid, (uint16_t)(at + first), 4, &n_addrs))
		return IL_E_IO;
	size = ide_cap_size(&regs, n_addrs & IDE_SEL_CAP_ADDRS);
	if (at + size > CFG_SIZE)
		return IL_E_IO;
	for (uint16_t off = IDE_CAP; off < size; off = (uint16_t)(off + 4)) {
		if (fabric_cfg_read(f, rid, (uint16_t)(at + off), 4, &v))
			return IL_E_IO;
		wr_u32le(&w, v);
	}
	return wr_end(&w, len);
}
