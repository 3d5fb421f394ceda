/* SPDX-License-Identifier: BSD-2-Clause */
#include "ide/ide_priv.h"

static bool is_cfg(enum tlp_type type)
{
	return type >= TLP_CFGRD0 && type <= TLP_CFGWR1;
}

static bool is_request(enum tlp_type type)
{
	return type != TLP_CPL && type != TLP_CPLD;
}

/*
 * Messages to the root complex travel only from an endpoint, on its default
 * stream; whether the receiver's block has the bit as well says nothing.
 * Source: PCIe Base 6.3 §6.33.4 Table 6-35 and its footnotes
 */
static bool msg_ok(const struct ide_port *p, const struct ide_stream_cfg *c,
		   const struct tlp *t, bool sending)
{
	switch (t->msg_route) {
	case TLP_ROUTE_BY_ID:
	case TLP_ROUTE_BY_ADDR:
		return true;
	case TLP_ROUTE_TO_RC:
		return sending ? !p->cfg.root && c->is_default : p->cfg.root;
	default:
		return false;
	}
}

bool ide_type_ok(const struct ide_port *p, const struct ide_stream_cfg *c,
		 const struct tlp *t, bool sending)
{
	switch (t->type) {
	case TLP_MRD:
	case TLP_MWR:
	case TLP_CPL:
	case TLP_CPLD:
		return true;
	case TLP_CFGRD1:
	case TLP_CFGWR1:
		/* Only root ports send them: §6.33.4. */
		return sending ? p->cfg.root && c->cfg_en : !p->cfg.root;
	case TLP_MSG:
	case TLP_MSGD:
		return msg_ok(p, c, t, sending);
	case TLP_CFGRD0:
	case TLP_CFGWR0:
	case TLP_TYPES:
		break;
	}
	return false;
}

static bool in_ranges(const struct ide_stream_cfg *c, uint64_t addr)
{
	for (unsigned i = 0; i < IDE_RANGES; i++) {
		const struct ide_range *r = &c->range[i];

		if (r->valid && addr >= r->base && addr <= r->limit)
			return true;
	}
	return false;
}

/* By address or RID association, the default stream apart. */
static bool associated(const struct ide_stream_cfg *c, const struct tlp *t)
{
	switch (t->type) {
	case TLP_MRD:
	case TLP_MWR:
		return in_ranges(c, t->addr);
	case TLP_CFGRD0:
	case TLP_CFGRD1:
	case TLP_CFGWR0:
	case TLP_CFGWR1:
		return ide_rid_in(c, t->dest);
	case TLP_CPL:
	case TLP_CPLD:
		return ide_rid_in(c, t->requester);
	case TLP_MSG:
	case TLP_MSGD:
		if (t->msg_route == TLP_ROUTE_BY_ID)
			return ide_rid_in(c, t->dest);
		return t->msg_route == TLP_ROUTE_BY_ADDR &&
		       in_ranges(c, t->msg_hdr);
	case TLP_TYPES:
		break;
	}
	return false;
}

/* What holds for associated and for default streams. */
static bool eligible(const struct ide_port *p, const struct ide_stream_cfg *c,
		     const struct tlp *t)
{
	if (!c->enable || c->tc != t->tc)
		return false;
	/* Configuration requests are turned into type 1 on the way out. */
	if (is_cfg(t->type) ? !(p->cfg.root && c->cfg_en)
			    : !ide_type_ok(p, c, t, true))
		return false;
	return !(c->tee_limited && is_request(t->type) && !t->prefix.t);
}

int ide_select(const struct ide_port *p, const struct tlp *t)
{
	for (unsigned i = 0; i < p->cfg.streams; i++) {
		const struct ide_stream_cfg *c = &p->stream[i].cfg;

		if (eligible(p, c, t) && associated(c, t))
			return (int)i;
	}
	for (unsigned i = 0; i < p->cfg.streams; i++) {
		const struct ide_stream_cfg *c = &p->stream[i].cfg;

		if (eligible(p, c, t) && c->is_default)
			return (int)i;
	}
	return -1;
}

bool ide_rid_ok(const struct ide_port *p, const struct tlp *t,
		struct fault *fault)
{
	int idx = t->ide ? ide_find(p, t->prefix.stream) : -1;
	uint16_t rid = is_request(t->type) ? t->requester : t->completer;

	if (!t->ide)
		return true;
	if (idx >= 0) {
		const struct ide_stream_cfg *c = &p->stream[idx].cfg;

		if (ide_rid_in(c, rid) || (!p->cfg.root && c->is_default))
			return true;
	}
	*fault = (struct fault){
		.rule = &ide_rule_rid,
		.stage = FAULT_IDE,
		.who = p->cfg.root ? AGENT_DEVICE : AGENT_HOST,
		.id = rid,
		.addr = t->addr,
		.write = t->type == TLP_MWR,
		.trusted = t->prefix.t,
	};
	return false;
}
