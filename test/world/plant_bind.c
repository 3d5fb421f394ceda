/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults planted against the laws of bindings and evidence: 15 to 32, and of
 * objects: 48 to 55. */
#include "plant.h"

/*
 * Entries of the core's tables are where a wrong core does its wrong: its
 * books, which law_view shows, are written in the middle of a verb.
 */

/* At the last exchange of a report. */
static void (*at_report)(struct tsm_bind *b);

static bool reported(void *ctx, const struct tsm_bind *b, uint64_t pa,
		     uint32_t pages)
{
	at_report(pbind());
	return !real_ops->mmio_fits || real_ops->mmio_fits(ctx, b, pa, pages);
}

#define AT_REPORT(name, body)                      \
	static void name##_now(struct tsm_bind *b) \
	{                                          \
		body;                              \
	}                                          \
	static void name(void)                     \
	{                                          \
		at_report = name##_now;            \
		wrap_ops()->mmio_fits = reported;  \
	}

/* When LOCK or START is settled, the device's word for it taken. */
static void (*at_settle)(struct tsm_conn *c, struct tsm_bind *b);

static bool settling(void *ctx, uint32_t port, uint8_t stream)
{
	struct tsm_conn *c = pconn();
	const bool ok = real_keys->secure(ctx, port, stream);

	if (c->op.verb == TSM_LOCK || c->op.verb == TSM_START)
		at_settle(c, c->op.args.bind);
	return ok;
}

#define AT_SETTLE(name, body)                                          \
	static void name##_now(struct tsm_conn *c, struct tsm_bind *b) \
	{                                                              \
		(void)c;                                               \
		body;                                                  \
	}                                                              \
	static void name(void)                                         \
	{                                                              \
		at_settle = name##_now;                                \
		wrap_keys()->secure = settling;                        \
	}

/* When the trusted entry goes, in STOP. */
static void (*at_off)(struct tsm_bind *b);

static void going_off(void *ctx, struct tsm_bind *b)
{
	real_ops->entry_off(ctx, b);
	at_off(b);
}

#define AT_OFF(name, body)                         \
	static void name##_now(struct tsm_bind *b) \
	{                                          \
		body;                              \
	}                                          \
	static void name(void)                     \
	{                                          \
		at_off = name##_now;               \
		wrap_ops()->entry_off = going_off; \
	}

/*
 * When a guest has its evidence, which it reads twice: what firmware then says
 * it was.
 */
static void (*at_evidence)(struct tsm_conn *c, struct tsm_bind *b);
static unsigned readings;

static enum il_err given(void *ctx, const uint8_t *nonce,
			 struct evidence_claims *claims,
			 struct evidence_blobs *blobs)
{
	enum il_err err = real_guest->evidence(ctx, nonce, claims, blobs);

	if (!err && ++readings == 2)
		at_evidence(pconn(), pbind());
	return err;
}

#define AT_EVIDENCE(name, body)                                        \
	static void name##_now(struct tsm_conn *c, struct tsm_bind *b) \
	{                                                              \
		(void)c;                                               \
		(void)b;                                               \
		body;                                                  \
	}                                                              \
	static void name(void)                                         \
	{                                                              \
		at_evidence = name##_now;                              \
		wrap_guest()->evidence = given;                        \
		readings = 0;                                          \
	}

AT_REPORT(changes_hands, b->tvm += 0x1000)
AT_REPORT(waits_for_nothing, {
	b->state = TSM_BIND_STARTING;
	b->nonce_live = false;
})
AT_REPORT(jumps_to_run, {
	b->state = TSM_BIND_RUN;
	b->tdi = TSM_TDI_RUN;
	b->nonce_live = false;
})

/* 16: the host turns the stream off behind the last look at it. */
static bool off_behind(void *ctx, uint32_t port, uint8_t stream)
{
	const struct tsm_bind *b = pconn()->op.args.bind;
	const bool ok = real_keys->secure(ctx, port, stream);
	int i = ide_find(&pport()->ide, stream);
	struct ide_stream_cfg cfg;

	if (pconn()->op.verb == TSM_LOCK && b->lock.id && i >= 0) {
		cfg = *ide_stream_get(&pport()->ide, (unsigned)i);
		cfg.enable = false;
		assert_int_equal(
			ide_stream_set(&pport()->ide, (unsigned)i, &cfg),
			IL_OK);
		t.w->dev[0].touched = true;
	}
	return ok;
}

static void stream_off(void)
{
	wrap_keys()->secure = off_behind;
}

AT_SETTLE(device_said_no, b->tdi = TSM_TDI_UNLOCKED)

/* When the IOMMU first reads the entry of a device in RUN. */
static void (*at_dma)(struct tsm_bind *b);

static const struct rule *reading(void *ctx, uint32_t rid, bool tr,
				  struct iommu_entry *out)
{
	if (tr)
		at_dma(pbind());
	return real_iommu->lookup(ctx, rid, tr, out);
}

#define AT_DMA(name, body)                         \
	static void name##_now(struct tsm_bind *b) \
	{                                          \
		body;                              \
	}                                          \
	static void name(void)                     \
	{                                          \
		at_dma = name##_now;               \
		wrap_iommu()->lookup = reading;    \
	}

AT_DMA(report_forgotten, b->lock.report_valid = false)

/* 20: a device that keeps the nonce. */
static void keeps_nonce(void *ctx, uint32_t fn, enum tdi_state old,
			enum tdi_state now, enum tdi_event why)
{
	if (now == TDI_RUN)
		pdev()->tdis[fn].nonce[0] = 1;
	if (real_tdi.entered)
		real_tdi.entered(ctx, fn, old, now, why);
}

static void nonce_kept(void)
{
	wrap_tdi()->entered = keeps_nonce;
}

/* 23: STOP leads from ERROR to RUN. */
static enum tdisp_error does_nothing(const struct tdisp_rsp *r, struct tdi *x,
				     const struct tdi_arg *arg)
{
	(void)r;
	(void)x;
	(void)arg;
	return TDISP_E_NONE;
}

static void error_runs(void)
{
	wrap_edges()[TDI_EV_STOP][TDI_ERROR] =
		(struct tdi_edge){ does_nothing, TDI_RUN };
}

/* 24: the link is cut, and the port's keys stay. */
static void no_wipe(void *ctx, uint32_t port, uint8_t stream)
{
	(void)ctx;
	(void)port;
	(void)stream;
}

static enum il_err no_teardown(void *ctx, uint32_t port, uint8_t stream)
{
	(void)ctx;
	(void)port;
	(void)stream;
	return IL_OK;
}

static enum il_err no_enable(void *ctx, uint32_t port, uint8_t stream, bool on)
{
	(void)ctx;
	(void)port;
	(void)stream;
	(void)on;
	return IL_OK;
}

static void wipes_nothing(void)
{
	struct rp_keys *k = wrap_keys();

	k->wipe = no_wipe;
	k->teardown = no_teardown;
	k->enable = no_enable;
	/* Nor does turning the stream off. */
	wrap_port()->written = NULL;
}

AT_OFF(evidence_stays, b->lock.ranges = 1)
AT_DMA(other_session, b->lock.id += 7)
AT_EVIDENCE(other_report, b->lock.report_digest[0] ^= 1)
AT_EVIDENCE(other_certs, c->cert_digest[0] ^= 1)
AT_EVIDENCE(other_meas, b->lock.meas_digest[0] ^= 1)
AT_EVIDENCE(other_nonce,
	    memset(b->lock.meas_nonce, 0, sizeof(b->lock.meas_nonce)))
AT_EVIDENCE(other_leaf, c->key_digest[0] ^= 1)

AT_EVIDENCE(lets_go, {
	b->state = TSM_BIND_UNLOCKED;
	b->tdi = TSM_TDI_UNLOCKED;
	b->nonce_live = false;
	memset(&b->lock, 0, sizeof(b->lock));
})

/* 31: a device with ATS, and firmware that takes it. */
static enum il_err with_ats(void *ctx, uint32_t fn,
			    const struct tdisp_lock *lock,
			    struct tdisp_report *out)
{
	enum il_err err = real_tdi.report(ctx, fn, lock, out);

	if (!err)
		out->info |= TDISP_INFO_ATS;
	return err;
}

static void takes_ats(void)
{
	wrap_gates()->report_info = 0xffff;
	wrap_tdi()->report = with_ats;
}

/* 32: one that may be updated, and firmware that does not see it. */
static enum il_err updatable(void *ctx, uint32_t fn,
			     const struct tdisp_lock *lock,
			     struct tdisp_report *out)
{
	enum il_err err = real_tdi.report(ctx, fn, lock, out);

	if (!err)
		out->info &= (uint16_t)~TDISP_INFO_NO_FW_UPDATE;
	return err;
}

static bool forgets_flag(void *ctx, uint32_t port, uint8_t stream)
{
	struct tsm_bind *b = pconn()->op.args.bind;

	if (pconn()->op.verb == TSM_LOCK && b && b->lock.id)
		b->lock.flags &= (uint16_t)~TDISP_LOCK_NO_FW_UPDATE;
	return real_keys->secure(ctx, port, stream);
}

AT_REPORT(asks_flag, b->lock.flags |= TDISP_LOCK_NO_FW_UPDATE)

static void takes_updatable(void)
{
	asks_flag();
	wrap_keys()->secure = forgets_flag;
	wrap_tdi()->report = updatable;
}

AT_OFF(stop_by_wish, b->tdi = TSM_TDI_LOCKED)
AT_OFF(tvm_of_its_own, b->tvm += 0x1000)

/* 55: a device with a stream to a peer before RUN. */
static void peer_first(void *ctx, uint32_t fn, enum tdi_state old,
		       enum tdi_state now, enum tdi_event why)
{
	if (now == TDI_LOCKED)
		pdev()->tdis[fn].p2p[1] = 2;
	if (real_tdi.entered)
		real_tdi.entered(ctx, fn, old, now, why);
}

static void peer_in_locked(void)
{
	wrap_tdi()->entered = peer_first;
}

/* 52: an exchange that no command has. */
static void own_exchange(void)
{
	const struct tsm_args none = { 0 };

	assert_int_equal(tsm_begin(pconn(), TSM_HEARTBEAT, &none), IL_OK);
}

#define WAIT	  "host wait seconds=1\n"
#define DETACH	  "vmm detach 0000:01:00.0\n"
#define CLEAR_BME "host config 0000:01:00.0 reg=4 size=2 value=2\n"
#define DIES	  "device silent how=silent\nguest release\n"

/* clang-format off */
const struct plant plants_bind[] = {
	{ 15, "firmware: a lock session changes hands",
	  "guest", "probe", changes_hands, NULL, PLANT_ALL & ~ON(COVE_IO) },
	{ 16, "host: the stream is off behind the last look",
	  "guest", "probe", stream_off, NULL, 0 },
	{ 17, "firmware: waits for no exchange",
	  "guest", "probe", waits_for_nothing, NULL, PLANT_ALL & ~ON(COVE_IO) },
	{ 19, "firmware: LOCKED against the device's word",
	  "guest", "probe", device_said_no, NULL, 0 },
	{ 20, "device: the nonce stays in RUN",
	  "guest", "probe", nonce_kept, NULL, 0 },
	{ 21, "firmware: RUN without a report",
	  "guest", "start", report_forgotten, NULL, PLANT_ALL & ~ON(CCA) },
	{ 23, "device: out of ERROR into RUN",
	  "guest", "dma", error_runs, CLEAR_BME "guest release\n", 0 },
	{ 24, "monitor: the port's keys outlive the link",
	  "guest", "dma", wipes_nothing, DIES, ON(SEV_TIO) | ON(COVE_IO) },
	{ 25, "firmware: evidence outlives its lock session",
	  "guest", "dma", evidence_stays, DETACH, PLANT_ALL & ~ON(COVE_IO) },
	{ 26, "firmware: grants of another lock session",
	  "guest", "start", other_session, NULL, ON(SEV_TIO) },
	{ 27, "firmware: another report than the guest's",
	  "guest", "lock", other_report, NULL, 0 },
	{ 27, "firmware: other certificates than the guest's",
	  "guest", "lock", other_certs, NULL, 0 },
	{ 27, "firmware: other measurements than the guest's",
	  "guest", "lock", other_meas, NULL, 0 },
	{ 28, "firmware: measurements for no nonce",
	  "guest", "lock", other_nonce, NULL, 0 },
	{ 29, "firmware: another key than the leaf's",
	  "guest", "lock", other_leaf, NULL, 0 },
	{ 31, "device, firmware: ATS is taken",
	  "guest", "probe", takes_ats, NULL, 0 },
	{ 32, "device, firmware: updates are taken",
	  "guest", "probe", takes_updatable, NULL, 0 },
	{ 48, "firmware: UNLOCKED without the device's word",
	  "guest", "dma", stop_by_wish, NULL, ON(SEV_TIO) | ON(CCA) },
	{ 48, "monitor: not stopped, and not blocked",
	  "guest", "dma", wipes_nothing, DIES, ON(SEV_TIO) },
	{ 50, "firmware: bound to a TVM that is not there",
	  "guest", "dma", tvm_of_its_own, DETACH, PLANT_ALL & ~ON(COVE_IO) },
	{ 52, "firmware: an exchange that no call has",
	  "host", "connect", own_exchange, WAIT, PLANT_ALL & ~ON(SEV_TIO) },
	{ 53, "firmware: from LOCKED to RUN at once",
	  "guest", "probe", jumps_to_run, NULL, 0 },
	{ 53, "firmware: out of LOCKED without STOP",
	  "guest", "lock", lets_go, NULL, 0 },
	{ 55, "device: a stream to a peer before RUN",
	  "guest", "probe", peer_in_locked, NULL, 0 },
	{ 0, NULL, NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */
