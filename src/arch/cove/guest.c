/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/guest.h"

#include <stdio.h>
#include <string.h>

#include "arch/cove/uapi.h"
#include "base/bits.h"

void cove_guest_init(struct cove_guest *g, const struct cove_guest_cfg *cfg)
{
	memset(g, 0, sizeof(*g));
	g->cfg = *cfg;
}

/* The entry is over: the next one starts at its beginning. */
static enum il_err over(struct cove_guest *g, enum il_err err)
{
	if (err != IL_E_AGAIN) {
		g->phase = 0;
		g->at = 0;
	}
	return err;
}

static enum il_err refused(struct cove_guest *g, const char *what,
			   int64_t error)
{
	snprintf(g->why, sizeof(g->why), "%s (%lld)", what, (long long)error);
	return IL_E_PEER;
}

static enum il_err call(struct cove_guest *g, const char *what, uint64_t eid,
			uint64_t fid, const uint64_t a[6])
{
	struct sbiret r;
	enum il_err err = g->cfg.insn->ecall(g->cfg.insn->ctx, eid, fid, a, &r);

	g->error = 0;
	if (err)
		return err;
	g->value = r.value;
	g->error = r.error;
	return r.error ? refused(g, what, r.error) : IL_OK;
}

static enum il_err covg(struct cove_guest *g, const char *what, uint64_t fid,
			uint64_t a0, uint64_t a1)
{
	const uint64_t a[6] = { a0, a1 };

	return call(g, what, COVE_EID_COVG, fid, a);
}

/* --- pages of RAM --- */

static bool ram_range(const struct cove_guest *g, uint64_t gpa, uint64_t size)
{
	const uint64_t first = gpa / PAGE_4K, n = size / PAGE_4K;

	return n && !((gpa | size) & (PAGE_4K - 1)) && first < g->cfg.pages &&
	       n <= g->cfg.pages - first;
}

/* The one writer. */
static void page_set(struct cove_guest *g, uint64_t gpa, uint64_t size,
		     enum cove_guest_page to)
{
	memset(g->cfg.page + gpa / PAGE_4K, (int)to, size / PAGE_4K);
}

/* How many pages of the range are shared. */
static uint64_t shared_pages(const struct cove_guest *g, uint64_t gpa,
			     uint64_t size)
{
	uint64_t n = 0;

	for (uint64_t at = 0; at < size; at += PAGE_4K)
		n += g->cfg.page[(gpa + at) / PAGE_4K] == COVE_PAGE_SHARED;
	return n;
}

/*
 * A page of a confidential region is there once it was touched. A device's DMA
 * raises no fault that anybody resolves, so all of it is touched first; the TSM
 * lets in zero pages alone, so that nothing is to be accepted.
 * Source: CoVE, "Mapping confidential demand-zero pages"
 */
static enum il_err touch(struct cove_guest *g, uint64_t gpa, uint64_t size)
{
	for (; g->at < size; g->at += PAGE_4K) {
		uint8_t *p = &g->cfg.page[(gpa + g->at) / PAGE_4K];
		uint8_t byte;
		enum il_err err;

		if (*p == COVE_PAGE_OURS)
			continue;
		err = g->cfg.insn->read(g->cfg.insn->ctx, gpa + g->at, &byte,
					1);
		if (err)
			return err;
		*p = COVE_PAGE_OURS;
	}
	g->at = 0;
	return IL_OK;
}

enum { OPEN_ECAM, OPEN_MMIO, OPEN_NONCE, OPEN_DATA, OPEN_DONE };

/* Once: where the host emulates, and buffers for the TSM's answers. */
static enum il_err open_phase(struct cove_guest *g)
{
	const struct cove_guest_map *m = &g->cfg.map;

	switch (g->open_phase) {
	case OPEN_ECAM:
		return covg(g, "add_mmio_region", COVG_ADD_MMIO_REGION, m->ecam,
			    m->ecam_size);
	case OPEN_MMIO:
		return covg(g, "add_mmio_region", COVG_ADD_MMIO_REGION, m->mmio,
			    m->mmio_size);
	case OPEN_NONCE:
		return touch(g, m->nonce, PAGE_4K);
	default:
		return touch(g, m->data, COVE_GUEST_DATA_PAGES * PAGE_4K);
	}
}

static enum il_err opened(struct cove_guest *g)
{
	while (!g->opened) {
		enum il_err err = open_phase(g);

		if (err)
			return err;
		g->opened = ++g->open_phase == OPEN_DONE;
	}
	return IL_OK;
}

enum { OPEN, CONVERT, TOUCH };

static enum il_err accept_run(struct cove_guest *g, uint64_t gpa, uint64_t size)
{
	enum il_err err;

	if (g->phase == OPEN) {
		err = opened(g);
		if (err)
			return err;
		if (!ram_range(g, gpa, size))
			return refused(g, "accept: not RAM", (int64_t)gpa);
		g->phase = TOUCH;
		if (shared_pages(g, gpa, size))
			g->phase = CONVERT;
		if (g->phase == CONVERT &&
		    shared_pages(g, gpa, size) != size / PAGE_4K)
			return refused(g, "accept: not all was shared",
				       (int64_t)gpa);
	}
	if (g->phase == CONVERT) {
		err = covg(g, "unshare_memory_region",
			   COVG_UNSHARE_MEMORY_REGION, gpa, size);
		if (err)
			return err;
		page_set(g, gpa, size, COVE_PAGE_FRESH);
		g->phase = TOUCH;
	}
	return touch(g, gpa, size);
}

static enum il_err accept_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct cove_guest *g = ctx;

	return over(g, accept_run(g, gpa, size));
}

/* The TSM takes the pages away before the host gets them. */
static enum il_err share_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct cove_guest *g = ctx;
	enum il_err err;

	if (!ram_range(g, gpa, size) || shared_pages(g, gpa, size))
		return refused(g, "share: not private RAM", (int64_t)gpa);
	err = covg(g, "share_memory_region", COVG_SHARE_MEMORY_REGION, gpa,
		   size);
	/* If the host could not, some of it may be gone and come anew. */
	if (err != IL_E_AGAIN)
		page_set(g, gpa, size,
			 err ? COVE_PAGE_FRESH : COVE_PAGE_SHARED);
	return err;
}

/* --- the interface --- */

static enum il_err host(struct cove_guest *g, const char *what, uint64_t fid,
			uint64_t a0)
{
	const uint64_t a[6] = { a0 };

	return call(g, what, COVE_EID_HOST, fid, a);
}

static enum il_err state_is(struct cove_guest *g, enum cove_if_state want)
{
	enum il_err err = covg(g, "get_interface_state",
			       COVG_GET_INTERFACE_STATE, g->if_id, 0);

	if (!err && g->value != want)
		return refused(g, "get_interface_state: it is in another state",
			       (int64_t)g->value);
	return err;
}

/* One that the host has unbound by itself has stopped: the TSM says so. */
static enum il_err stop(void *ctx)
{
	struct cove_guest *g = ctx;
	enum il_err err =
		covg(g, "stop_interface", COVG_STOP_INTERFACE, g->if_id, 0);

	return err == IL_E_PEER && (g->error == SBI_ERR_ALREADY_STOPPED ||
				    g->error == SBI_ERR_INVALID_PARAM)
		       ? IL_OK
		       : err;
}

enum { STOP, UNBIND, BIND, LINK, STATE };

/* What an earlier attempt has left; whatever comes of it. */
static enum il_err let_go(struct cove_guest *g)
{
	enum il_err err = IL_OK;

	if (g->phase == STOP) {
		err = g->has ? stop(g) : IL_OK;
		if (err == IL_E_AGAIN)
			return err;
		g->phase = g->has ? UNBIND : BIND;
	}
	if (g->phase == UNBIND) {
		err = host(g, "unbind", COVE_HOST_UNBIND, g->rid);
		if (err == IL_E_AGAIN)
			return err;
		g->has = false;
		g->phase = BIND;
	}
	return IL_OK;
}

/*
 * Bound by the host, at our wish; what it says of it the TSM is asked. Source:
 * CoVE-IO, "TDI Verification and Acceptation": link, then state
 */
static enum il_err lock_run(struct cove_guest *g, uint32_t rid)
{
	enum il_err err;

	if (g->phase == BIND) {
		err = opened(g);
		if (!err)
			err = host(g, "bind", COVE_HOST_BIND, rid);
		if (err)
			return err;
		g->rid = rid;
		g->if_id = (uint32_t)g->value;
		g->known = false;
		g->has = true;
		g->phase = LINK;
	}
	if (g->phase == LINK) {
		err = covg(g, "get_device_link", COVG_GET_DEVICE_LINK, g->if_id,
			   0);
		if (!err && g->value != (COVG_LINK_SPDM | COVG_LINK_IDE))
			err = refused(g, "get_device_link: not secured",
				      (int64_t)g->value);
		if (err)
			return err;
		g->phase = STATE;
	}
	return state_is(g, COVE_IF_LOCKED);
}

/* One that was bound and is not as it should be is let go of at once. */
static enum il_err lock(void *ctx, uint32_t rid)
{
	struct cove_guest *g = ctx;

	for (;;) {
		enum il_err err = let_go(g);

		if (err)
			return over(g, err);
		if (g->lost) { /* let go of: what for */
			err = g->lost;
			g->lost = IL_OK;
			memcpy(g->why, g->first, sizeof(g->why));
			return over(g, err);
		}
		err = lock_run(g, rid);
		if (!err || err == IL_E_AGAIN || !g->has)
			return over(g, err);
		g->lost = err;
		memcpy(g->first, g->why, sizeof(g->first));
		g->phase = STOP;
	}
}

/* --- evidence --- */

/* The bytes of the last call, from the TSM's buffer into our own memory. */
static enum il_err take(struct cove_guest *g, struct evidence_blob *to)
{
	const struct cove_guest_insn *cpu = g->cfg.insn;
	const uint64_t len = g->value;
	enum il_err err;

	if (len > sizeof(g->blobs) - g->filled)
		return refused(g, "evidence is too long", (int64_t)len);
	err = cpu->read(cpu->ctx, g->cfg.map.data, g->blobs + g->filled,
			(uint32_t)len);
	if (err)
		return err;
	*to = (struct evidence_blob){ g->blobs + g->filled, len };
	g->filled += len;
	return IL_OK;
}

enum { START, NONCE, CERTS, CERTS_IN, MEAS, MEAS_IN, REPORT, REPORT_IN, DONE };

static enum il_err ask(struct cove_guest *g)
{
	const uint64_t data = g->cfg.map.data;
	const uint64_t size = COVE_GUEST_DATA_PAGES * PAGE_4K;
	const uint64_t certs[6] = { g->if_id, COVE_ELEMENT_CERTIFICATE, 0, data,
				    size };
	const uint64_t meas[6] = { g->if_id, g->cfg.map.nonce, 0, data, size };
	const uint64_t report[6] = { g->if_id, data, size };
	enum il_err err;

	switch (g->phase) {
	case CERTS:
		err = call(g, "get_device_connection_transcript", COVE_EID_COVG,
			   COVG_GET_CONN_TRANSCRIPT, certs);
		/* What the host handed back has another digest. */
		return err && g->error == SBI_ERR_DENIED ? IL_E_AUTH : err;
	case MEAS:
		return call(g, "get_device_measurements", COVE_EID_COVG,
			    COVG_GET_MEASUREMENTS, meas);
	default:
		return call(g, "get_interface_report", COVE_EID_COVG,
			    COVG_GET_INTERFACE_REPORT, report);
	}
}

static enum il_err evidence_phase(struct cove_guest *g, const uint8_t *nonce)
{
	const struct cove_guest_insn *cpu = g->cfg.insn;

	switch (g->phase) {
	case START:
		g->filled = 0;
		g->known = false;
		memset(&g->out, 0, sizeof(g->out));
		return IL_OK;
	case NONCE:
		return cpu->write(cpu->ctx, g->cfg.map.nonce, nonce,
				  COVG_NONCE_LEN);
	case CERTS_IN:
		return take(g, &g->out.certs);
	case MEAS_IN:
		return take(g, &g->out.meas);
	case REPORT_IN:
		return take(g, &g->out.report);
	default:
		return ask(g);
	}
}

/* Never 0: an interface may have the identifier 0. */
#define TDI_ID(if_id) (UINT64_C(1) << 32 | (if_id))

/*
 * The TSM answers for what it gives, so the claims are digests of the bytes
 * themselves. Of the lock the TVM hears nothing but what the report says of it:
 * bit 0 of INTERFACE_INFO for NO_FW_UPDATE. OPEN: a lock session has no name in
 * CoVE-IO. That evidence is of the present one the TSM enforces: maps and start
 * refuse unless report and measurements were taken since the last lock.
 */
static enum il_err claim(struct cove_guest *g)
{
	const struct crypto *c = g->cfg.crypto;
	const struct evidence_blobs *b = &g->out;
	struct evidence_claims *k = &g->claims;
	enum il_err err = evidence_own_claims(c, b, k);

	if (err)
		return refused(g, "the measurements are no transcript", err);
	k->hash = CRYPTO_SHA384;
	err = crypto_hash(c, k->hash, b->certs.p, b->certs.len, k->certs);
	if (!err)
		err = crypto_hash(c, k->hash, b->meas.p, b->meas.len, k->meas);
	if (!err)
		err = crypto_hash(c, k->hash, b->report.p, b->report.len,
				  k->report);
	if (err)
		return refused(g, "a digest", err);
	k->tdi_id = TDI_ID(g->if_id);
	k->lock_flags = b->report.len ? b->report.p[0] & 1 : 0;
	g->known = true;
	return IL_OK;
}

static enum il_err evidence_run(struct cove_guest *g, const uint8_t *nonce,
				struct evidence_claims *claims,
				struct evidence_blobs *blobs)
{
	if (!nonce) { /* is it still so? */
		enum il_err err = state_is(g, COVE_IF_LOCKED);

		if (!err && !g->known)
			err = refused(g, "no evidence was taken", 0);
		if (!err)
			*claims = g->claims;
		return err;
	}
	for (; g->phase < DONE; g->phase++) {
		enum il_err err = evidence_phase(g, nonce);

		if (err)
			return err;
	}
	*blobs = g->out;
	if (claim(g))
		return IL_E_PEER;
	*claims = g->claims;
	return IL_OK;
}

static enum il_err evidence(void *ctx, const uint8_t *nonce,
			    struct evidence_claims *claims,
			    struct evidence_blobs *blobs)
{
	struct cove_guest *g = ctx;

	return over(g, evidence_run(g, nonce, claims, blobs));
}

/* --- acceptance --- */

enum { MAP, OWN };

static bool owned(const struct cove_guest *g, uint64_t gpa, uint64_t len)
{
	for (unsigned i = 0; i < g->owns; i++)
		if (g->own[i].gpa == gpa && g->own[i].len == len)
			return true;
	return false;
}

static enum il_err map_run(struct cove_guest *g, const struct guest_pages *m)
{
	const uint64_t len = m->pages * PAGE_4K;
	const uint64_t a[6] = { g->if_id, m->gpa,
				(m->first_page + m->offset) * PAGE_4K, len };
	const bool old = owned(g, m->gpa, len);
	enum il_err err;

	if (!old && g->owns == COUNT(g->own))
		return refused(g, "accept: too many ranges", g->owns);
	if (g->phase == MAP) {
		err = call(g, "map_interface_mmio", COVE_EID_COVG,
			   COVG_MAP_INTERFACE_MMIO, a);
		if (err || old)
			return err;
		g->phase = OWN;
	}
	err = covg(g, "remove_mmio_region", COVG_REMOVE_MMIO_REGION, m->gpa,
		   len);
	if (!err) {
		g->own[g->owns].gpa = m->gpa;
		g->own[g->owns++].len = len;
	}
	return err;
}

/*
 * The TSM compares what the device has reported with the regions that the host
 * gave; it enables the mapping when the interface starts. There is no call that
 * takes one back: the end of the binding does.
 *
 * From then on the host could answer by emulation, if we had said that it may
 * do so there; so we take that back as well. OPEN: the draft does not say
 * whether a TVM that takes an address for its interface's may still find the
 * host behind it.
 */
static enum il_err mmio(void *ctx, const struct guest_pages *m, bool on)
{
	struct cove_guest *g = ctx;

	return on && m->pages ? over(g, map_run(g, m)) : IL_OK;
}

/*
 * Also of a function that is gone, of which nobody was asked anything: the TSM
 * refuses calls about an interface that was lost until it hears that we know.
 */
static enum il_err left(void *ctx)
{
	struct cove_guest *g = ctx;
	enum il_err err = g->has ? stop(ctx) : IL_OK;

	if (err == IL_E_AGAIN)
		return err;
	g->has = false;

	for (err = IL_OK; g->owns && !err;) {
		err = covg(g, "add_mmio_region", COVG_ADD_MMIO_REGION,
			   g->own[g->owns - 1].gpa, g->own[g->owns - 1].len);
		if (err != IL_E_AGAIN)
			g->owns--;
	}
	return err;
}

enum { START_CALL, START_CHECK, START_GIVE_UP };

/*
 * DMA is enabled with it. What then does not say that it runs is not used, and
 * does not stay in the TCB either: its grants end with stop. Source: CoVE-IO,
 * "Binding Flow", steps 8 to 13
 */
static enum il_err start(void *ctx)
{
	struct cove_guest *g = ctx;
	enum il_err err;

	if (g->phase == START_CALL) {
		err = covg(g, "start_interface", COVG_START_INTERFACE, g->if_id,
			   0);
		if (err)
			return over(g, err);
		g->phase = START_CHECK;
	}
	if (g->phase == START_CHECK) {
		err = state_is(g, COVE_IF_RUNNING);
		if (!err || err == IL_E_AGAIN)
			return over(g, err);
		memcpy(g->first, g->why, sizeof(g->first));
		g->phase = START_GIVE_UP;
	}
	err = covg(g, "stop_interface", COVG_STOP_INTERFACE, g->if_id, 0);
	if (err == IL_E_AGAIN)
		return err;
	memcpy(g->why, g->first, sizeof(g->why));
	return over(g, IL_E_PEER);
}

/* Part of start, and of stop. */
static enum il_err dma(void *ctx, bool on)
{
	(void)ctx;
	(void)on;
	return IL_OK;
}

/* By the device's id on the host's bus, which is not the guest's to know: the
 * VMM is asked by the name that it gave the function. */
static enum il_err unbind(void *ctx)
{
	struct cove_guest *g = ctx;
	enum il_err err = host(g, "unbind", COVE_HOST_UNBIND, g->rid);

	if (err != IL_E_AGAIN) {
		g->if_id = 0;
		g->known = false;
		g->has = false;
	}
	return err;
}

/* The same address for both kinds: the G-stage says which it is. */
static uint64_t bus_addr(void *ctx, uint64_t gpa, bool shared)
{
	(void)ctx;
	(void)shared;
	return gpa;
}

static const char *why(void *ctx)
{
	const struct cove_guest *g = ctx;

	return g->why;
}

const struct guest_arch_ops cove_guest_ops = {
	.accept_ram = accept_ram,
	.share_ram = share_ram,
	.lock = lock,
	.evidence = evidence,
	.mmio = mmio,
	.start = start,
	.dma = dma,
	.stop = stop,
	.unbind = unbind,
	.left = left,
	.bus_addr = bus_addr,
	.one_view = true,
	.why = why,
};
