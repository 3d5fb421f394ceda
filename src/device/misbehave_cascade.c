/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/misbehave_priv.h"

/* What takes what down. */

#define SRC_SES "PCIe Base 6.x §11.4.5"
#define SRC_REG "PCIe Base 6.x §11.2, §11.2.6 Table 11-2"
#define SRC_TLP "PCIe Base 6.x §11.2.1"
/* A flag that no LOCK has: the row is for no TDI. */
#define NOBODY 0x8000u

/* --- events that nobody tells the DSM --- */

#define EV(e) (UINT64_C(1) << (e))
#define STREAM_LOST                                            \
	(EV(DSM_EV_STREAM_INSECURE) | EV(DSM_EV_KEY_STOPPED) | \
	 EV(DSM_EV_STREAM_CONFIG))
static const struct {
	const char *name;
	uint64_t events;
} deaf[] = {
	{ "runs-on-without-bme", EV(DSM_EV_BME_CLEARED) },
	{ "runs-on-without-mse", EV(DSM_EV_MSE_CLEARED) },
	{ "bar-moves-unseen", EV(DSM_EV_BAR) },
	{ "bist-unseen", EV(DSM_EV_BIST) },
	{ "sriov-unseen",
	  EV(DSM_EV_SRIOV) | EV(DSM_EV_VF_ENABLE) | EV(DSM_EV_VF_MSE) },
	{ "device-control-unseen", EV(DSM_EV_DEVCTL) },
	{ "msix-unseen", EV(DSM_EV_MSIX) },
	{ "stream-loss-unseen", STREAM_LOST },
	{ "flr-unseen", EV(DSM_EV_FLR) | STREAM_LOST },
	{ "reset-unseen",
	  EV(DSM_EV_HOT_RESET) | EV(DSM_EV_FUND_RESET) | STREAM_LOST },
	{ "link-down-unseen", EV(DSM_EV_LINK_DOWN) | STREAM_LOST },
};

static bool unseen(struct misbehave_one *me, enum dsm_event ev, uint32_t which)
{
	(void)which;
	for (size_t i = 0; i < COUNT(deaf); i++)
		if (!strcmp(deaf[i].name, me->is->name))
			return !(deaf[i].events & EV(ev));
	return true;
}

/* --- the cascade's own table --- */

static void spare_tdis(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->cascade[DSM_EV_SESSION].if_flags = NOBODY;
	t->cascade[DSM_EV_STREAM_INSECURE].if_flags = NOBODY;
}

static void spare_streams(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->cascade[DSM_EV_SESSION].streams = DSM_STR_STAY;
}

/* --- TDISP's answers --- */

static bool refused(const struct tdisp_msg *req, enum tdisp_code code,
		    const struct tdisp_msg *rsp)
{
	return req->code == code && rsp->code == TDISP_ERROR;
}

static bool lock_anyway(struct misbehave_one *me, const struct tdisp_msg *req,
			struct tdisp_msg *rsp)
{
	(void)me;
	if (refused(req, TDISP_LOCK_REQ, rsp)) {
		rsp->code = TDISP_LOCK_RSP;
		memset(rsp->nonce, 0x11, sizeof(rsp->nonce));
	}
	return true;
}

static bool start_anyway(struct misbehave_one *me, const struct tdisp_msg *req,
			 struct tdisp_msg *rsp)
{
	(void)me;
	if (refused(req, TDISP_START_REQ, rsp))
		rsp->code = TDISP_START_RSP;
	return true;
}

static bool same_nonce(struct misbehave_one *me, const struct tdisp_msg *req,
		       struct tdisp_msg *rsp)
{
	(void)me;
	(void)req;
	if (rsp->code == TDISP_LOCK_RSP)
		memset(rsp->nonce, 0x11, sizeof(rsp->nonce));
	return true;
}

/* note[0]: it was started, and not locked since. */
static bool still_runs(struct misbehave_one *me, const struct tdisp_msg *req,
		       struct tdisp_msg *rsp)
{
	if (rsp->code == TDISP_START_RSP)
		me->note[0] = 1;
	if (rsp->code == TDISP_LOCK_RSP)
		me->note[0] = 0;
	if (req->code == TDISP_GET_STATE && rsp->code != TDISP_ERROR &&
	    me->note[0])
		rsp->state = TDI_RUN;
	return true;
}

static void no_way_out(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->tdi[TDI_EV_STOP][TDI_ERROR] = (struct tdi_edge){ .act = NULL };
}

/* --- ports --- */

static enum il_err key_stays(void *ctx, const struct idekm_ref *ref)
{
	(void)ctx;
	(void)ref;
	return IL_OK;
}

static void keep_keys(struct misbehave_one *me, struct spdm_rsp_port *spdm,
		      struct dsm_port *dsm)
{
	(void)me;
	(void)spdm;
	dsm->key_stop = key_stays;
}

static enum il_err leave_it(void *ctx, uint32_t fn)
{
	(void)ctx;
	(void)fn;
	return IL_OK;
}

static void no_scrub(struct misbehave_one *me, struct spdm_rsp_port *spdm,
		     struct dsm_port *dsm)
{
	(void)me;
	(void)spdm;
	dsm->scrub = leave_it;
}

/* --- registers and packets --- */

static bool watch_all(struct misbehave_one *me, unsigned fn, uint16_t reg,
		      uint32_t *val, uint8_t *be)
{
	(void)val;
	(void)be;
	if (reg == CFG_CACHE_LINE || reg == CFG_INT_LINE)
		device_event(me->all->dev, DSM_EV_BAR, fn);
	return true;
}

static void secure_shows(struct misbehave_one *me, unsigned fn, uint16_t reg,
			 uint32_t *val)
{
	const struct device *d = me->all->dev;
	uint16_t rel = 0;

	if (fn == 0 && d->ide_cap &&
	    pci_ide_block_of(&d->fn[0].cfg, d->ide_cap, reg, &rel) >= 0 &&
	    rel == IDE_SEL_STS)
		*val = (*val & ~IDE_SEL_STS_STATE) | IDE_STS_SECURE;
}

static bool old_bus(struct misbehave_one *me, struct tlp *t)
{
	const struct device *d = me->all->dev;

	if ((t->type == TLP_CFGWR0 || t->type == TLP_CFGRD0) && d->captured)
		t->dest = BDF(d->bus, BDF_DEV(t->dest), BDF_FN(t->dest));
	return true;
}

static bool ur_when_locked(struct misbehave_one *me, struct tlp *t)
{
	const struct device *d = me->all->dev;
	const enum tdi_state st = dsm_tdi_state(&d->dsm.pci, BDF_FN(t->dest));

	if (t->type == TLP_CFGWR0 && t->reg == CFG_COMMAND &&
	    (st == TDI_LOCKED || st == TDI_RUN))
		t->poisoned = true;
	return true;
}

/* The DSM is told first. */
static bool no_fail(struct misbehave_one *me, enum dsm_event ev, uint32_t which)
{
	(void)which;
	if (ev == DSM_EV_STREAM_INSECURE)
		me->all->dev->fail_due = 0;
	return true;
}

static bool lose_t(struct misbehave_one *me, struct tlp *t, int *stream)
{
	(void)me;
	(void)stream;
	if (t->type == TLP_CPLD)
		t->prefix.t = false;
	return true;
}

static bool all_pass(struct misbehave_one *me, unsigned fn, unsigned bar,
		     uint32_t off, uint32_t len, bool t, int stream,
		     bool allowed)
{
	(void)me;
	(void)fn;
	(void)bar;
	(void)off;
	(void)len;
	(void)t;
	(void)stream;
	(void)allowed;
	return true;
}

static bool none_pass(struct misbehave_one *me, unsigned fn, unsigned bar,
		      uint32_t off, uint32_t len, bool t, int stream,
		      bool allowed)
{
	(void)me;
	(void)fn;
	(void)bar;
	(void)off;
	(void)len;
	(void)stream;
	return allowed && !t;
}

static bool dma_plain(struct misbehave_one *me, unsigned fn, enum dsm_dma kind,
		      bool *t, int *stream, bool allowed)
{
	(void)me;
	(void)fn;
	(void)kind;
	(void)stream;
	*t = false;
	return allowed;
}

static bool dma_trusted(struct misbehave_one *me, unsigned fn,
			enum dsm_dma kind, bool *t, int *stream, bool allowed)
{
	(void)fn;
	(void)kind;
	*t = true;
	*stream = me->all->dev->stream[0].id;
	return allowed;
}

static const struct misbehaviour rows[] = {
	{ .name = "runs-on-without-bme",
	  .says = "clearing Bus Master Enable of a locked TDI is not noticed",
	  .source = SRC_REG,
	  .event = unseen },
	{ .name = "runs-on-without-mse",
	  .says = "clearing Memory Space Enable of a locked TDI is not noticed",
	  .source = SRC_REG,
	  .event = unseen },
	{ .name = "bar-moves-unseen",
	  .says = "a BAR of a locked TDI that moves is not noticed",
	  .source = SRC_REG,
	  .event = unseen },
	{ .name = "bist-unseen",
	  .says = "a write of BIST is not noticed",
	  .source = SRC_REG,
	  .event = unseen },
	{ .name = "sriov-unseen",
	  .says = "changes of the SR-IOV capability are not noticed",
	  .source = SRC_REG,
	  .event = unseen },
	{ .name = "device-control-unseen",
	  .says = "changes of tag enables and No Snoop are not noticed",
	  .source = SRC_REG,
	  .event = unseen },
	{ .name = "msix-unseen",
	  .says = "changes of MSI-X, which is locked, are not noticed",
	  .source = SRC_REG,
	  .event = unseen },
	{ .name = "stream-loss-unseen",
	  .says = "TDIs stay as they are when their stream is Insecure, or its "
		  "registers are changed",
	  .source = "PCIe Base 6.x §11.4.3",
	  .event = unseen },
	{ .name = "flr-unseen",
	  .says = "TDIs stay as they are after a function level reset",
	  .source = "PCIe Base 6.x §11.4.9",
	  .event = unseen },
	{ .name = "reset-unseen",
	  .says = "sessions and TDIs outlive a conventional reset",
	  .source = "PCIe Base 6.x §11.4.8",
	  .event = unseen },
	{ .name = "link-down-unseen",
	  .says = "TDIs stay as they are when the link goes down",
	  .source = "PCIe Base 6.x §11.4.3",
	  .event = unseen },
	{ .name = "session-end-spares-tdi",
	  .says = "TDIs stay as they are when the session ends that locked "
		  "them",
	  .source = SRC_SES,
	  .tables = spare_tdis },
	{ .name = "session-end-spares-streams",
	  .says = "streams stay Secure when the session ends that keyed them",
	  .source = SRC_SES,
	  .tables = spare_streams },
	{ .name = "lock-with-old-keys",
	  .says = "LOCK_INTERFACE_REQUEST is never refused",
	  .source = "PCIe Base 6.x §11.3.8",
	  .tdisp = lock_anyway },
	{ .name = "error-is-forever",
	  .says = "STOP_INTERFACE_REQUEST is refused in ERROR",
	  .source = "PCIe Base 6.x §11.2",
	  .tables = no_way_out },
	{ .name = "any-nonce-starts",
	  .says = "START_INTERFACE_REQUEST is never refused",
	  .source = "PCIe Base 6.x §11.3.14",
	  .tdisp = start_anyway },
	{ .name = "nonce-repeats",
	  .says = "each lock has the same nonce",
	  .source = "PCIe Base 6.x §11.3.9",
	  .tdisp = same_nonce },
	{ .name = "stop-leaves-run",
	  .says = "a TDI is in RUN until it is locked again",
	  .source = "PCIe Base 6.x §11.2",
	  .tdisp = still_runs },
	{ .name = "watches-everything",
	  .says = "a write of the cache line size or the interrupt line takes "
		  "a TDI to ERROR",
	  .source = SRC_REG,
	  .cfg_write = watch_all },
	{ .name = "stream-always-secure",
	  .says = "the status of each stream is Secure",
	  .source = "PCIe Base 6.3 §6.33.1, §6.33.8",
	  .cfg_read = secure_shows },
	{ .name = "stopped-keys-live",
	  .says = "keys go on working after K_SET_STOP",
	  .source = "PCIe Base 6.3 §6.33.3",
	  .ports = keep_keys },
	{ .name = "ide-fail-untold",
	  .says = "no IDE Fail Message is sent",
	  .source = "PCIe Base 6.3 §6.33.8",
	  .event = no_fail },
	{ .name = "bus-number-ignored",
	  .says = "configuration requests to another bus are its own",
	  .source = "PCIe Base 6.x §11.2",
	  .packet = old_bus },
	{ .name = "locked-writes-are-ur",
	  .says = "a write of the command register of a locked TDI is answered "
		  "Unsupported Request",
	  .source = "PCIe Base 6.x §11.2",
	  .packet = ur_when_locked },
	{ .name = "any-request-passes",
	  .says = "memory requests reach the function whatever its TDI's state",
	  .source = SRC_TLP,
	  .mem = all_pass },
	{ .name = "no-request-passes",
	  .says = "memory requests with T are refused always",
	  .source = SRC_TLP,
	  .mem = none_pass },
	{ .name = "completions-lose-t",
	  .says = "completions have T clear",
	  .source = SRC_TLP,
	  .send = lose_t },
	{ .name = "dma-loses-t",
	  .says = "a TDI in RUN sends requests with T clear",
	  .source = SRC_TLP,
	  .dma = dma_plain },
	{ .name = "dma-always-t",
	  .says = "requests have T set whatever the TDI's state",
	  .source = SRC_TLP,
	  .dma = dma_trusted },
	{ .name = "stop-scrubs-nothing",
	  .says = "what a TVM left stays after STOP_INTERFACE_REQUEST",
	  .source = "PCIe Base 6.x §11.2, §11.3.16",
	  .ports = no_scrub },
};

const struct misbehave_group misbehave_cascade = { "cascade", rows,
						   COUNT(rows) };
