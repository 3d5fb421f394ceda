/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults planted against the laws of sessions, keys and ports: 1 to 13. */
#include "plant.h"

#include "dsm/cascade.h"

static enum tdisp_error nothing(const struct tdisp_rsp *r, struct tdi *t_,
				const struct tdi_arg *arg)
{
	(void)r;
	(void)t_;
	(void)arg;
	return TDISP_E_NONE;
}

/* 1: a link that goes locks the function. */
static void end_locks(void)
{
	wrap_edges()[TDI_EV_STREAM][TDI_UNLOCKED] =
		(struct tdi_edge){ nothing, TDI_LOCKED };
}

/* 2: keys of a stream that runs may be stopped, and the lock stays. */
static void stop_is_no_end(void)
{
	struct dsm_cascade *c = wrap_cascade();

	c[DSM_EV_KEY_STOPPED].streams = DSM_STR_STAY;
	c[DSM_EV_KEY_STOPPED].scope = DSM_TDI_SELF;
}

static enum il_err stops_the_set_in_use(void *ctx, uint32_t port,
					uint8_t stream, uint8_t set,
					uint8_t dir, uint8_t sub)
{
	const struct idekm_ref r = { .stream = stream,
				     .key_set = set ^ 1,
				     .dir = IDEKM_RX,
				     .sub = sub };
	struct idekm_stream *km = pdev()->km;

	for (unsigned i = 0; i < DEVICE_STREAMS; i++)
		if (km[i].used && km[i].stream == stream)
			km[i].key[r.key_set][r.dir][r.sub] = IDEKM_KEY_EMPTY;
	return real_keys->stop(ctx, port, stream, set, dir, sub);
}

static void stops_the_wrong_set(void)
{
	stop_is_no_end();
	wrap_keys()->stop = stops_the_set_in_use;
}

/* 3: a reset ends the sessions, and nothing with them. */
static void sessions_end_alone(void)
{
	static const unsigned ev[] = { DSM_EV_SESSION, DSM_EV_HOT_RESET,
				       DSM_EV_FUND_RESET, DSM_EV_LINK_DOWN };
	struct dsm_cascade *c = wrap_cascade();

	for (unsigned i = 0; i < COUNT(ev); i++) {
		c[ev[i]].streams = DSM_STR_STAY;
		c[ev[i]].ev = TDI_EV_SCRUBBED;
	}
}

/* 4: the stream is given up under a TDI. */
static bool fits_and_drops(void *ctx, const struct tsm_bind *b, uint64_t pa,
			   uint32_t pages)
{
	pconn()->state = TSM_CONN_OPEN;
	pconn()->stream = TSM_STREAM_NONE;
	return !real_ops->mmio_fits || real_ops->mmio_fits(ctx, b, pa, pages);
}

static void stream_dropped(void)
{
	wrap_ops()->mmio_fits = fits_and_drops;
}

/* 5: one key for all sub-streams, as the port's log has it. */
static enum il_err one_key(void *ctx, uint32_t port, uint8_t stream,
			   uint8_t set, uint8_t dir, uint8_t sub,
			   const uint8_t key[32], const uint8_t ifv[8])
{
	struct ide_port *p = &pport()->ide;
	enum il_err err =
		real_keys->program(ctx, port, stream, set, dir, sub, key, ifv);

	if (!err)
		p->key_log[p->key_log_n - 1] = p->key_log[0];
	return err;
}

static void one_for_all(void)
{
	wrap_keys()->program = one_key;
}

/* 6: the port begins as soon as it has its own six keys. */
static enum il_err hasty(void *ctx, uint32_t port, uint8_t stream, uint8_t set,
			 uint8_t dir, uint8_t sub, const uint8_t key[32],
			 const uint8_t ifv[8])
{
	enum il_err err =
		real_keys->program(ctx, port, stream, set, dir, sub, key, ifv);

	for (uint8_t i = 0; !err && i < 6; i++)
		(void)!real_keys->go(ctx, port, stream, set, i / 3, i % 3);
	return err;
}

static void port_begins(void)
{
	wrap_keys()->program = hasty;
}

/* 7: what a refresh has replaced stays. */
static enum il_err no_stop(void *ctx, uint32_t port, uint8_t stream,
			   uint8_t set, uint8_t dir, uint8_t sub)
{
	(void)ctx;
	(void)port;
	(void)stream;
	(void)set;
	(void)dir;
	(void)sub;
	return IL_OK;
}

static void old_set_stays(void)
{
	wrap_keys()->stop = no_stop;
}

/* 8: a monitor that brings counters of the port back. */
static bool counts_anew(void *ctx, uint32_t port, uint8_t stream)
{
	int i = ide_find(&pport()->ide, stream);

	if (i >= 0)
		pport()->ide.stream[i].key[0][IDE_TX][2].counter = 1;
	return real_keys->secure(ctx, port, stream);
}

static void counters_back(void)
{
	wrap_keys()->secure = counts_anew;
}

/* 9: one that finds a stream dead, and has it Secure for the next to ask. */
static bool resurrects(void *ctx, uint32_t port, uint8_t stream)
{
	int i = ide_find(&pport()->ide, stream);
	static uint64_t at;

	(void)ctx;
	(void)port;
	t.w->dev[0].touched = true;
	if (pport()->ide.stream[i].state != IDE_ST_DEAD) {
		at = t.w->steps;
		(void)!ide_wipe(&pport()->ide, (unsigned)i, IDE_CAUSE_CHECK);
	} else if (t.w->steps != at) {
		pport()->ide.stream[i].state = IDE_ST_SECURE;
	}
	return false;
}

static void secure_again(void)
{
	wrap_keys()->secure = resurrects;
}

/* 9: one that has five keys for six places. */
static enum il_err one_less(void *ctx, uint32_t port, uint8_t stream,
			    uint8_t set, uint8_t dir, uint8_t sub,
			    const uint8_t key[32], const uint8_t ifv[8])
{
	enum il_err err =
		real_keys->program(ctx, port, stream, set, dir, sub, key, ifv);

	if (!err && dir == 1 && sub == 2)
		pport()->ide.key_log_n--;
	return err;
}

static void five_keys(void)
{
	wrap_keys()->program = one_less;
}

/* 10: a device that erases nothing. */
static enum il_err no_scrub(void *ctx, uint32_t fn)
{
	(void)ctx;
	(void)fn;
	return IL_OK;
}

static void erases_nothing(void)
{
	wrap_tdi()->scrub = no_scrub;
}

/* 12: a host that gives a second block of the port the same RIDs, once the
 * monitor has looked. */
static bool looked_once(void *ctx, uint32_t port, uint8_t stream)
{
	const uint16_t at = (uint16_t)(pport()->ide_cap + 0xc + 0x2c * 5);
	const bool ok = real_keys->secure(ctx, port, stream);

	pport()->locked = 0;
	pci_cfg_write(&pport()->cfg, at + 0xc, 0xffff00, 0xf);
	pci_cfg_write(&pport()->cfg, at + 0x10, 1, 0xf);
	pci_cfg_write(&pport()->cfg, at + 4, 0x4d000001, 0xf);
	return ok;
}

static void second_block(void)
{
	wrap_keys()->secure = looked_once;
}

/* 13: a root port that does not look at what is written to it. */
static void deaf_port(void)
{
	wrap_port()->written = NULL;
	pport()->locked = 0;
	assert_int_equal(
		fabric_cfg_write(&t.w->fabric, pport()->bdf, 0x1a, 1, 0x20),
		IL_OK);
	t.w->dev[0].touched = true;
}

/* clang-format off */
const struct plant plants_key[] = {
	{ 1, "device: the end of the link locks",
	  "host", "sriov", end_locks, "link down\n", 0 },
	{ 2, "monitor: a refresh stops the set in use",
	  "guest", "dma", stops_the_wrong_set, "host roll-key 0000:01:00.0\n", 0 },
	{ 3, "device: sessions end and nothing with them",
	  "guest", "dma", sessions_end_alone, "device reset\n", 0 },
	{ 4, "firmware: a stream given up under a TDI",
	  "guest", "probe", stream_dropped, NULL, 0 },
	{ 5, "monitor: one key for all sub-streams",
	  "host", "sriov", one_for_all, NULL, 0 },
	{ 6, "monitor: the port begins before the device",
	  "host", "sriov", port_begins, NULL, 0 },
	{ 7, "monitor: a refresh leaves the old set",
	  "host", "connect", old_set_stays, "host roll-key 0000:01:00.0\n", 0 },
	{ 8, "monitor: counters of the port begin anew",
	  "guest", "dma", counters_back, "guest release\nvmm detach 0000:01:00.0\n"
	  "vmm attach 0000:01:00.0\nguest probe\nguest lock\n", 0 },
	{ 9, "monitor: a dead stream is Secure again",
	  "guest", "probe", secure_again, "guest lock\nguest lock\n", ON(SEV_TIO) },
	{ 9, "monitor: the sixth key is none of its own",
	  "host", "sriov", five_keys, NULL, 0 },
	{ 10, "device: nothing is erased",
	  "guest", "dma", erases_nothing, NULL, 0 },
	{ 12, "host: a second block with the same RIDs",
	  "host", "connect", second_block, NULL, 0 },
	{ 13, "root port: deaf to what is written",
	  "host", "connect", deaf_port, "host wait seconds=1\n", 0 },
	{ 0, NULL, NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */
