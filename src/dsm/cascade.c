/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/dsm_priv.h"

/*
 * What takes what down. A stream hangs on the session that keyed it, a lock on
 * its stream and on the session that it came in, RUN on the lock. Here alone
 * stands how an end spreads: a row for each event, a column for each kind of
 * thing that it may end.
 */

/* Sessions. */
enum ends_sessions { SES_STAY, SES_ALL };

/* Streams: their keys, in IDE_KM and in the hardware. */
enum ends_streams {
	STR_STAY,
	STR_NAMED, /* the one that was named; the hardware has done it */
	STR_KEYED, /* those that the session keyed */
	STR_OWNED, /* all, if the function has the IDE capability */
	STR_ALL,
};

/* TDIs; those of a stream that ends are in ERROR in any case. */
enum scope {
	SELF,	/* the function that was named */
	FAMILY, /* it, and its VFs if it is a PF */
	USERS,	/* users of the stream that was named */
	LOCKED, /* those that the session locked */
	ALL,	/* all functions */
};

/* Not seen by the device: told by the other half. */
#define EV_SESSION DSM_EVENTS

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
static const struct cascade {
	enum ends_sessions sessions;
	enum ends_streams streams;
	enum scope scope;
	enum tdi_event ev;
	uint16_t if_flags;
} rows[DSM_EVENTS + 1] = {
	/* clang-format off */
	[DSM_EV_BME_CLEARED]      = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG },
	[DSM_EV_MSE_CLEARED]      = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG },
	[DSM_EV_BAR]              = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG },
	[DSM_EV_ROM_BAR]          = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG },
	[DSM_EV_BIST]             = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG },
	[DSM_EV_RESIZABLE_BAR]    = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG },
	[DSM_EV_VF_RESIZABLE_BAR] = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_EA]               = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_ARI]              = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_PASID]            = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_PAGE_REQUEST]     = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_SRIOV]            = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_VF_ENABLE]        = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_VF_MSE]           = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_MULTICAST]        = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG },
	[DSM_EV_DEVCTL]           = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_CONFIG },
	[DSM_EV_MSIX]             = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG,
				      TDISP_LOCK_MSIX },
	[DSM_EV_RID]              = { SES_STAY, STR_STAY,  SELF,   TDI_EV_CONFIG },
	[DSM_EV_POWER]            = { SES_STAY, STR_STAY,  FAMILY, TDI_EV_POWER },
	[DSM_EV_FLR]              = { SES_STAY, STR_OWNED, FAMILY, TDI_EV_FLR },
	[DSM_EV_DMA_ERROR]        = { SES_STAY, STR_STAY,  SELF,   TDI_EV_FATAL },
	[DSM_EV_POISON]           = { SES_STAY, STR_STAY,  SELF,   TDI_EV_FATAL },
	[DSM_EV_ATS_T0]           = { SES_STAY, STR_STAY,  SELF,   TDI_EV_FATAL },
	[DSM_EV_FAILURE]          = { SES_STAY, STR_STAY,  SELF,   TDI_EV_FATAL },
	[DSM_EV_SCRUBBED]         = { SES_STAY, STR_STAY,  SELF,   TDI_EV_SCRUBBED },
	[DSM_EV_STREAM_INSECURE]  = { SES_STAY, STR_NAMED, USERS,  TDI_EV_STREAM },
	[DSM_EV_KEY_STOPPED]      = { SES_STAY, STR_NAMED, USERS,  TDI_EV_STREAM },
	[DSM_EV_STREAM_CONFIG]    = { SES_STAY, STR_NAMED, USERS,  TDI_EV_STREAM },
	[DSM_EV_FW_UPDATE]        = { SES_STAY, STR_STAY,  ALL,    TDI_EV_FATAL,
				      TDISP_LOCK_NO_FW_UPDATE },
	[DSM_EV_DEBUG]            = { SES_STAY, STR_STAY,  ALL,    TDI_EV_FATAL },
	[DSM_EV_LINK_DOWN]        = { SES_STAY, STR_ALL,   ALL,    TDI_EV_STREAM },
	[DSM_EV_HOT_RESET]        = { SES_ALL,  STR_ALL,   ALL,    TDI_EV_RESET },
	[DSM_EV_FUND_RESET]       = { SES_ALL,  STR_ALL,   ALL,    TDI_EV_RESET },
	[EV_SESSION]              = { SES_STAY, STR_KEYED, LOCKED, TDI_EV_SESSION },
	/* clang-format on */
};

static bool concerns(const struct dsm_pci *p, const struct cascade *c,
		     uint64_t which, const struct tdi *t)
{
	uint16_t locked = t->lock.flags;

	if (p->cfg.watch_msix)
		locked |= TDISP_LOCK_MSIX;
	if (c->if_flags && !(locked & c->if_flags))
		return false;
	switch (c->scope) {
	case SELF:
		return t->fn == which;
	case FAMILY:
		return t->fn == which || p->cfg.fns[t->fn].pf == which;
	case USERS:
		return which <= UINT8_MAX && tdi_uses_stream(t, (uint8_t)which);
	case LOCKED:
		return t->session == which;
	case ALL:
		return true;
	}
	return false;
}

static void end_tdis(struct dsm_pci *p, const struct cascade *c, uint64_t which)
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
	end_tdis(p, &rows[DSM_EV_STREAM_INSECURE], stream);
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

static void end_streams(struct dsm_pci *p, const struct cascade *c,
			uint64_t which)
{
	switch (c->streams) {
	case STR_STAY:
		return;
	case STR_NAMED:
		forget_keys(p, which);
		return;
	case STR_KEYED:
		idekm_rsp_session_ended(&p->idekm, which, stream_lost, p);
		return;
	case STR_OWNED:
		if (which == p->cfg.ide_fn)
			kill_all(p);
		return;
	case STR_ALL:
		kill_all(p);
		return;
	}
}

static void end_sessions(struct dsm_pci *p)
{
	for (unsigned c = 0; c < DSM_CONNS; c++)
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

/* What carries trust goes first. @which: function, stream or token. */
static void spread(struct dsm_pci *p, unsigned ev, uint64_t which)
{
	const struct cascade *c = &rows[ev];

	if (c->sessions == SES_ALL)
		end_sessions(p);
	end_streams(p, c, which);
	end_tdis(p, c, which);
}

void dsm_session_lost(struct dsm_pci *p, uint64_t token)
{
	spread(p, EV_SESSION, token);
	tdisp_rsp_session_ended(&p->tdisp, token);
}

void dsm_pci_event(struct dsm_pci *p, enum dsm_event ev, uint32_t which)
{
	if ((unsigned)ev >= DSM_EVENTS)
		return;
	env_trace(p->cfg.env, DSM_TRACE_EVENT, ev, which, 0);
	spread(p, ev, which);
}

bool dsm_event_ends_sessions(enum dsm_event ev)
{
	return (unsigned)ev < DSM_EVENTS && rows[ev].sessions == SES_ALL;
}
