/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/dsm_priv.h"

/* Whom an event reaches. */
enum scope {
	SELF,	/* the function that was named */
	FAMILY, /* it, and its VFs if it is a PF */
	STREAM, /* users of the stream that was named */
	ALL,	/* all functions */
};

/*
 * The watch over what LOCK locked. @if_flags: only TDIs locked with that flag.
 * A PF shares with its VFs what VFs have no registers for: device control,
 * PASID, page requests, power, and the SR-IOV capability itself.
 *
 * Source: PCIe Base 6.x §11.4.3 to §11.4.9, and §9.3 (SR-IOV) for what is
 * shared. OPEN: Enhanced Allocation and ARI are taken as shared, too.
 */
static const struct watch {
	enum scope scope;
	enum tdi_event ev;
	uint16_t if_flags;
} watches[DSM_EVENTS] = {
	/* clang-format off */
	[DSM_EV_BME_CLEARED]      = { SELF,   TDI_EV_CONFIG },
	[DSM_EV_MSE_CLEARED]      = { SELF,   TDI_EV_CONFIG },
	[DSM_EV_BAR]              = { SELF,   TDI_EV_CONFIG },
	[DSM_EV_ROM_BAR]          = { SELF,   TDI_EV_CONFIG },
	[DSM_EV_BIST]             = { SELF,   TDI_EV_CONFIG },
	[DSM_EV_RESIZABLE_BAR]    = { SELF,   TDI_EV_CONFIG },
	[DSM_EV_VF_RESIZABLE_BAR] = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_EA]               = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_ARI]              = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_PASID]            = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_PAGE_REQUEST]     = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_SRIOV]            = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_VF_ENABLE]        = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_VF_MSE]           = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_MULTICAST]        = { SELF,   TDI_EV_CONFIG },
	[DSM_EV_DEVCTL]           = { FAMILY, TDI_EV_CONFIG },
	[DSM_EV_MSIX]             = { SELF,   TDI_EV_CONFIG, TDISP_LOCK_MSIX },
	[DSM_EV_RID]              = { SELF,   TDI_EV_CONFIG },
	[DSM_EV_POWER]            = { FAMILY, TDI_EV_POWER },
	[DSM_EV_FLR]              = { FAMILY, TDI_EV_FLR },
	[DSM_EV_DMA_ERROR]        = { SELF,   TDI_EV_FATAL },
	[DSM_EV_POISON]           = { SELF,   TDI_EV_FATAL },
	[DSM_EV_ATS_T0]           = { SELF,   TDI_EV_FATAL },
	[DSM_EV_FAILURE]          = { SELF,   TDI_EV_FATAL },
	[DSM_EV_SCRUBBED]         = { SELF,   TDI_EV_SCRUBBED },
	[DSM_EV_STREAM_INSECURE]  = { STREAM, TDI_EV_STREAM },
	[DSM_EV_KEY_STOPPED]      = { STREAM, TDI_EV_STREAM },
	[DSM_EV_STREAM_CONFIG]    = { STREAM, TDI_EV_STREAM },
	[DSM_EV_FW_UPDATE]        = { ALL,    TDI_EV_FATAL,
				      TDISP_LOCK_NO_FW_UPDATE },
	[DSM_EV_DEBUG]            = { ALL,    TDI_EV_FATAL },
	[DSM_EV_LINK_DOWN]        = { ALL,    TDI_EV_STREAM },
	[DSM_EV_HOT_RESET]        = { ALL,    TDI_EV_RESET },
	[DSM_EV_FUND_RESET]       = { ALL,    TDI_EV_RESET },
	/* clang-format on */
};

static bool concerns(const struct dsm *d, const struct watch *w, uint32_t which,
		     const struct tdi *t)
{
	uint16_t locked = t->lock.flags;

	if (d->cfg.watch_msix)
		locked |= TDISP_LOCK_MSIX;
	if (w->if_flags && !(locked & w->if_flags))
		return false;
	switch (w->scope) {
	case SELF:
		return t->fn == which;
	case FAMILY:
		return t->fn == which || d->cfg.fns[t->fn].pf == which;
	case STREAM:
		return which <= UINT8_MAX && tdi_uses_stream(t, (uint8_t)which);
	case ALL:
		return true;
	}
	return false;
}

static void spread(struct dsm *d, const struct watch *w, uint32_t which)
{
	for (size_t i = 0; i < d->cfg.tdi_count; i++) {
		struct tdi *t = &d->cfg.tdis[i];

		if (concerns(d, w, which, t))
			(void)tdi_handle(&d->tdisp, t, w->ev, NULL);
	}
}

void dsm_stream_lost(struct dsm *d, uint8_t stream)
{
	env_trace(d->cfg.env, DSM_TRACE_STREAM, stream, 0, 0);
	spread(d, &watches[DSM_EV_STREAM_INSECURE], stream);
}

static void stream_of_session(void *ctx, uint8_t port, uint8_t stream)
{
	(void)port;
	dsm_stream_lost(ctx, stream);
}

void dsm_session_lost(struct dsm *d, uint32_t session)
{
	idekm_rsp_session_ended(&d->idekm, session, stream_of_session, d);
	for (size_t i = 0; i < d->cfg.tdi_count; i++) {
		struct tdi *t = &d->cfg.tdis[i];

		if (session && t->session == session)
			(void)tdi_handle(&d->tdisp, t, TDI_EV_SESSION, NULL);
	}
}

/* The keys of one stream, whatever port they are at. */
static void forget_keys(struct dsm *d, uint8_t stream)
{
	for (size_t i = 0; i < d->cfg.stream_count; i++) {
		const struct idekm_stream *s = &d->cfg.streams[i];

		if (s->used && s->stream == stream)
			idekm_rsp_insecure(&d->idekm, s->port, stream);
	}
}

/* All streams at once: link down, or their registers were reset. */
static void kill_streams(struct dsm *d)
{
	for (size_t i = 0; i < d->cfg.stream_count; i++) {
		const struct idekm_stream s = d->cfg.streams[i];

		if (!s.used)
			continue;
		d->cfg.port->stream_kill(d->cfg.port_ctx, s.port, s.stream);
		idekm_rsp_insecure(&d->idekm, s.port, s.stream);
		dsm_stream_lost(d, s.stream);
	}
}

/*
 * Order: what carries trust goes first (session, streams, keys), then the
 * TDIs that the event itself reaches. A conventional reset ends the session
 * and so runs the whole cascade before the TDIs become UNLOCKED.
 * OPEN: the specification's tables agree on UNLOCKED after a conventional
 * reset; one vendor's guide says ERROR. Requesters must take either.
 */
void dsm_event(struct dsm *d, enum dsm_event ev, uint32_t which)
{
	const struct watch *w;

	if ((unsigned)ev >= DSM_EVENTS)
		return;
	w = &watches[ev];
	env_trace(d->cfg.env, DSM_TRACE_EVENT, ev, which, 0);
	if (ev == DSM_EV_HOT_RESET || ev == DSM_EV_FUND_RESET)
		spdm_rsp_reset(&d->spdm);
	if (ev == DSM_EV_LINK_DOWN || ev == DSM_EV_HOT_RESET ||
	    ev == DSM_EV_FUND_RESET ||
	    (ev == DSM_EV_FLR && which == d->cfg.ide_fn))
		kill_streams(d);
	if (w->scope == STREAM && which <= UINT8_MAX)
		forget_keys(d, (uint8_t)which);
	spread(d, w, which);
}
