/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/cascade.h"

#include "dsm/dsm_priv.h"

/*
 * What takes what down. A stream hangs on the session that keyed it, a lock on
 * its stream and on the session that it came in, RUN on the lock. Here alone
 * stands how an end spreads: a row for each event, a column for each kind of
 * thing that it may end.
 */

/*
 * @if_flags: only TDIs locked with that flag. A PF shares with its VFs what
 * VFs have no registers for: device control, PASID, page requests, power, and
 * the SR-IOV capability itself.
 *
 * Source: PCIe Base 6.x §11.4.3 to §11.4.9, and §9.3 (SR-IOV) for what is
 * shared. OPEN: Enhanced Allocation and ARI are taken as shared, too.
 * OPEN: the specification's tables agree on UNLOCKED after a conventional
 * reset; one vendor's guide says ERROR. Requesters must take either.
 */
const struct dsm_cascade dsm_cascade_rows[DSM_EVENTS + 1] = {
	/* clang-format off */
	[DSM_EV_BME_CLEARED]      = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG },
	[DSM_EV_MSE_CLEARED]      = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG },
	[DSM_EV_BAR]              = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG },
	[DSM_EV_ROM_BAR]          = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG },
	[DSM_EV_BIST]             = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG },
	[DSM_EV_RESIZABLE_BAR]    = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG },
	[DSM_EV_VF_RESIZABLE_BAR] = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_EA]               = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_ARI]              = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_PASID]            = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_PAGE_REQUEST]     = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_SRIOV]            = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_VF_ENABLE]        = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_VF_MSE]           = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_MULTICAST]        = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG },
	[DSM_EV_DEVCTL]           = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_CONFIG },
	[DSM_EV_MSIX]             = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG,
				      TDISP_LOCK_MSIX },
	[DSM_EV_RID]              = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_CONFIG },
	[DSM_EV_POWER]            = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_FAMILY, TDI_EV_POWER },
	[DSM_EV_FLR]              = { DSM_SES_STAY, DSM_STR_OWNED, DSM_TDI_FAMILY, TDI_EV_FLR },
	[DSM_EV_DMA_ERROR]        = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_FATAL },
	[DSM_EV_POISON]           = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_FATAL },
	[DSM_EV_ATS_T0]           = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_FATAL },
	[DSM_EV_FAILURE]          = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_FATAL },
	[DSM_EV_SCRUBBED]         = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_SELF,   TDI_EV_SCRUBBED },
	[DSM_EV_STREAM_INSECURE]  = { DSM_SES_STAY, DSM_STR_NAMED, DSM_TDI_USERS,  TDI_EV_STREAM },
	[DSM_EV_KEY_STOPPED]      = { DSM_SES_STAY, DSM_STR_NAMED, DSM_TDI_USERS,  TDI_EV_STREAM },
	[DSM_EV_STREAM_CONFIG]    = { DSM_SES_STAY, DSM_STR_NAMED, DSM_TDI_USERS,  TDI_EV_STREAM },
	[DSM_EV_FW_UPDATE]        = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_ALL,    TDI_EV_FATAL,
				      TDISP_LOCK_NO_FW_UPDATE },
	[DSM_EV_DEBUG]            = { DSM_SES_STAY, DSM_STR_STAY,  DSM_TDI_ALL,    TDI_EV_FATAL },
	[DSM_EV_LINK_DOWN]        = { DSM_SES_STAY, DSM_STR_ALL,   DSM_TDI_ALL,    TDI_EV_STREAM },
	[DSM_EV_HOT_RESET]        = { DSM_SES_ALL,  DSM_STR_ALL,   DSM_TDI_ALL,    TDI_EV_RESET },
	[DSM_EV_FUND_RESET]       = { DSM_SES_ALL,  DSM_STR_ALL,   DSM_TDI_ALL,    TDI_EV_RESET },
	[DSM_EV_SESSION]          = { DSM_SES_STAY, DSM_STR_KEYED, DSM_TDI_LOCKED, TDI_EV_SESSION },
	/* clang-format on */
};

static bool concerns(const struct dsm_pci *p, const struct dsm_cascade *c,
		     uint64_t which, const struct tdi *t)
{
	uint16_t locked = t->lock.flags;

	if (p->cfg.watch_msix)
		locked |= TDISP_LOCK_MSIX;
	if (c->if_flags && !(locked & c->if_flags))
		return false;
	switch (c->scope) {
	case DSM_TDI_SELF:
		return t->fn == which;
	case DSM_TDI_FAMILY:
		return t->fn == which || p->cfg.fns[t->fn].pf == which;
	case DSM_TDI_USERS:
		return which <= UINT8_MAX && tdi_uses_stream(t, (uint8_t)which);
	case DSM_TDI_LOCKED:
		return t->session == which;
	case DSM_TDI_ALL:
		return true;
	}
	return false;
}

static void end_tdis(struct dsm_pci *p, const struct dsm_cascade *c,
		     uint64_t which)
{
	for (size_t i = 0; i < p->cfg.tdi_count; i++) {
		struct tdi *t = &p->cfg.tdis[i];

		if (concerns(p, c, which, t))
			(void)tdi_handle(&p->tdisp, t, c->ev, NULL);
	}
}

/* The keys of a stream are gone: what was locked on it. */
static void stream_lost(void *ctx, uint8_t port, uint8_t stream)
{
	struct dsm_pci *p = ctx;

	(void)port;
	env_trace(p->cfg.env, DSM_TRACE_STREAM, stream, 0, 0);
	end_tdis(p, &p->cfg.cascade[DSM_EV_STREAM_INSECURE], stream);
}

/* The keys of one stream, whatever port they are at. */
static void forget_keys(struct dsm_pci *p, uint64_t stream)
{
	for (size_t i = 0; i < p->cfg.stream_count; i++) {
		const struct idekm_stream *s = &p->cfg.streams[i];

		if (s->used && s->stream == stream)
			idekm_rsp_insecure(&p->idekm, s->port, s->stream);
	}
}

static void kill_all(struct dsm_pci *p)
{
	for (size_t i = 0; i < p->cfg.stream_count; i++) {
		const struct idekm_stream s = p->cfg.streams[i];

		if (!s.used)
			continue;
		p->cfg.port->stream_kill(p->cfg.port_ctx, s.port, s.stream);
		idekm_rsp_insecure(&p->idekm, s.port, s.stream);
		stream_lost(p, s.port, s.stream);
	}
}

static void end_streams(struct dsm_pci *p, const struct dsm_cascade *c,
			uint64_t which)
{
	switch (c->streams) {
	case DSM_STR_STAY:
		return;
	case DSM_STR_NAMED:
		forget_keys(p, which);
		return;
	case DSM_STR_KEYED:
		idekm_rsp_session_ended(&p->idekm, which, stream_lost, p);
		return;
	case DSM_STR_OWNED:
		if (which == p->cfg.ide_fn)
			kill_all(p);
		return;
	case DSM_STR_ALL:
		kill_all(p);
		return;
	}
}

/* A session ends no other, whatever the table says. */
void dsm_session_lost(struct dsm_pci *p, uint64_t token)
{
	const struct dsm_cascade *c = &p->cfg.cascade[DSM_EV_SESSION];

	end_streams(p, c, token);
	end_tdis(p, c, token);
	tdisp_rsp_session_ended(&p->tdisp, token);
}

static void end_sessions(struct dsm_pci *p)
{
	for (unsigned c = 0; c < p->cfg.conns; c++)
		for (unsigned i = 0; i < DSM_SEATS; i++) {
			struct dsm_seat *s = &p->seat[c][i];
			const struct dsm_session name = { .conn = (uint8_t)c,
							  .seat = (uint8_t)i,
							  .gen = s->gen };

			if (!s->open)
				continue;
			s->open = false;
			dsm_session_lost(p, dsm_session_token(&name));
		}
}

/* What carries trust goes first. */
void dsm_pci_event(struct dsm_pci *p, enum dsm_event ev, uint32_t which)
{
	const struct dsm_cascade *c;

	if ((unsigned)ev >= DSM_EVENTS)
		return;
	c = &p->cfg.cascade[ev];
	env_trace(p->cfg.env, DSM_TRACE_EVENT, ev, which, 0);
	if (c->sessions == DSM_SES_ALL)
		end_sessions(p);
	end_streams(p, c, which);
	end_tdis(p, c, which);
}

bool dsm_event_ends_sessions(enum dsm_event ev)
{
	return (unsigned)ev < DSM_EVENTS &&
	       dsm_cascade_rows[ev].sessions == DSM_SES_ALL;
}
