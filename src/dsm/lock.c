/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/dsm_priv.h"

#define SRC_LOCK "PCIe Base 6.x §11.3.8"

static const struct rule rule_stream = {
	"lock-stream", "the stream named is not the default stream", SRC_LOCK,
	SURE_SPEC
};
static const struct rule rule_secure = {
	"lock-secure", "the default stream is not enabled and Secure", SRC_LOCK,
	SURE_INFERRED
};
static const struct rule rule_keys = {
	"lock-keys", "not every sub-stream of the default stream has a key",
	SRC_LOCK, SURE_SPEC
};
static const struct rule rule_session = {
	"lock-session", "the stream was keyed in another session", SRC_LOCK,
	SURE_SPEC
};
static const struct rule rule_defaults = {
	"lock-defaults", "more than one stream is the default stream", SRC_LOCK,
	SURE_SPEC
};
static const struct rule rule_tc = {
	"lock-tc", "the default stream is not on traffic class 0", SRC_LOCK,
	SURE_SPEC
};
static const struct rule rule_p2p = {
	"p2p-stream", "the stream for peers has no keys of this session",
	"PCIe Base 6.x §11.3.18", SURE_SPEC
};

/*
 * A stream that need not have keys need not be enabled either, so that it may
 * be no default stream of any: what registers say of it counts all the same.
 */
static const struct rule *keyless_refusal(const struct dsm_stream *s)
{
	if (!s->is_default)
		return &rule_stream;
	if (s->defaults > 1)
		return &rule_defaults;
	return s->tc != 0 ? &rule_tc : NULL;
}

/* The stream part of LOCK; NULL if all is well. */
static const struct rule *stream_refusal(const struct dsm_pci *p,
					 uint64_t session, uint8_t id)
{
	struct dsm_stream s = { 0 };
	bool there = !p->cfg.port->stream_info(p->cfg.port_ctx, id, &s);
	uint64_t keyed = idekm_rsp_keyed(&p->idekm, s.port, id);

	if (!keyed && p->cfg.lock_after_key_stop)
		keyed = idekm_rsp_was_keyed(&p->idekm, s.port, id);
	if (!keyed && p->cfg.lock_without_keys)
		return there ? keyless_refusal(&s) : NULL;
	if (!there || !s.is_default)
		return &rule_stream;
	if (!keyed)
		return &rule_keys;
	if (keyed != session)
		return &rule_session;
	if (!s.enabled || !s.secure)
		return &rule_secure;
	if (s.defaults != 1)
		return &rule_defaults;
	if (s.tc != 0)
		return &rule_tc;
	return NULL;
}

/*
 * Stream and keys: INVALID_REQUEST; configuration, of IDE too:
 * INVALID_DEVICE_CONFIGURATION.
 * Source: PCIe Base 6.x §11.3.8. OPEN: under which of the two a second
 * default stream and another traffic class fall; they are configuration.
 */
enum tdisp_error dsm_lock_check(void *ctx, uint32_t fn, uint64_t session,
				const struct tdisp_lock *lock)
{
	struct dsm_pci *p = ctx;
	const struct rule *why =
		stream_refusal(p, session, lock->default_stream);

	p->cfg.why[fn] = why;
	if (why == &rule_defaults || why == &rule_tc)
		return TDISP_E_INVALID_DEVICE_CONFIGURATION;
	if (why)
		return TDISP_E_INVALID_REQUEST;
	why = p->cfg.port->check_config(p->cfg.port_ctx, fn, lock);
	p->cfg.why[fn] = why;
	return why ? TDISP_E_INVALID_DEVICE_CONFIGURATION : TDISP_E_NONE;
}

/*
 * A stream for peer-to-peer: fully keyed by the session that locked the TDI,
 * never the default stream. Overlap with other streams and ATS are registers:
 * the device checks those.
 * Source: PCIe Base 6.x §11.3.18; law 55
 */
enum tdisp_error dsm_p2p_check(void *ctx, uint32_t fn, uint64_t session,
			       uint8_t stream)
{
	struct dsm_pci *p = ctx;
	struct dsm_stream s = { 0 };

	if (p->cfg.port->stream_info(p->cfg.port_ctx, stream, &s) ||
	    !s.enabled || !s.secure || s.is_default ||
	    idekm_rsp_keyed(&p->idekm, s.port, stream) != session) {
		p->cfg.why[fn] = &rule_p2p;
		return TDISP_E_INVALID_REQUEST;
	}
	return p->cfg.port->bind_p2p(p->cfg.port_ctx, fn, stream);
}
