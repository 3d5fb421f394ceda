/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of one platform's firmware, planted at its doorbell: a command ends
 * as it should, and what it did to ownership is not what it said.
 */
#include "arch/sev_tio/fw_priv.h"

#include "plant.h"
#include "world/plat_sev_tio.h"

static struct sev_host_insn real_insn;
static void (*after)(void);

static uint32_t rings(void *ctx, uint32_t cmd, uint64_t buf_pa)
{
	uint32_t status = real_insn.psp(ctx, cmd, buf_pa);

	after();
	return status;
}

static void at_doorbell(void (*fn)(void))
{
	struct sev_plat *p = plat();

	after = fn;
	real_insn = p->host_insn;
	p->host_insn.psp = rings;
}

/* The first page of MMIO that a guest has accepted, or NULL. */
static struct own_page *accepted_page(void)
{
	const uint8_t want = OWN_F_IO | OWN_F_ASSIGNED | OWN_F_VALIDATED;
	struct own *o = &plat()->own;

	for (uint32_t i = 0; i < o->ranges; i++)
		for (uint64_t n = 0; n < o->range[i].size / PAGE_4K; n++)
			if ((o->range[i].page[n].flags & want) == want)
				return &o->range[i].page[n];
	return NULL;
}

static void flags(uint8_t off, uint8_t on)
{
	struct own_page *p = accepted_page();

	if (!p)
		return;
	p->flags = (uint8_t)((p->flags & ~off) | on);
	plat()->own.changes++;
}

/* 35: accepted MMIO is left to the host to retype. */
static void lets_retype(void)
{
	flags(OWN_F_IMMUTABLE, 0);
}

static void retyped(void)
{
	at_doorbell(lets_retype);
}

/* 36: by one entry of 2M. */
static void as_large(void)
{
	flags(0, OWN_F_2M);
}

static void large_entry(void)
{
	at_doorbell(as_large);
}

/* 37: given to the host while the guest believes that it has it. */
static void gives_away(void)
{
	flags(OWN_F_ASSIGNED | OWN_F_IMMUTABLE, 0);
}

static void given_away(void)
{
	at_doorbell(gives_away);
}

/* 46: a guest context that goes with a TDI in RUN on it. */
static void drops_guest(void)
{
	struct sev_fw *fw = plat()->fw;

	for (unsigned i = 0; i < sev_fw_guests(fw); i++)
		fw->guest[i].used = false;
}

static void dropped_guest(void)
{
	at_doorbell(drops_guest);
}

/* 52: an exchange that no command has. */
static void begins(void)
{
	const struct tsm_args none = { 0 };

	if (pconn()->op.verb == TSM_NO_VERB)
		(void)!tsm_begin(pconn(), TSM_HEARTBEAT, &none);
}

static void own_verb(void)
{
	at_doorbell(begins);
}

/* 41: an entry for another function of the guest. */
static const struct rule *of_another(void *ctx, uint32_t rid, bool tr,
				     struct iommu_entry *out)
{
	struct own_sdte e;

	if (tr && !own_sdte_read(&plat()->own, (uint16_t)rid, &e) && e.valid &&
	    e.guest_device_id != 0x1234) {
		e.guest_device_id = 0x1234;
		(void)!own_sdte_write(&plat()->own, (uint16_t)rid, &e);
	}
	return real_iommu->lookup(ctx, rid, tr, out);
}

static void other_rid(void)
{
	wrap_iommu()->lookup = of_another;
}

/* 44: memory that does not mind the size of an entry, and one that grew. */
static const struct rule *any_size(void *ctx, const struct mem_req *req,
				   struct mem_pass *pass)
{
	struct own *o = &plat()->own;
	const struct rule *rule = real_mem->check(ctx, req, pass);

	if (req->who != AGENT_DEVICE || !req->trusted)
		return rule;
	for (uint32_t i = 0; i < o->ranges; i++)
		if (req->pa - o->range[i].base < o->range[i].size)
			o->range[i]
				.page[(req->pa - o->range[i].base) / PAGE_4K]
				.flags |= OWN_F_2M;
	return NULL;
}

static void sizes_differ(void)
{
	wrap_mem()->check = any_size;
}

#define PING "host heartbeat 0000:01:00.0\n"

/* clang-format off */
const struct plant plants_sev[] = {
	{ 35, "firmware: accepted MMIO that the host may retype",
	  "guest", "dma", retyped, PING, ON(SEV_TIO) },
	{ 36, "firmware: MMIO by an entry of 2M",
	  "guest", "dma", large_entry, PING, ON(SEV_TIO) },
	{ 37, "firmware: accepted MMIO given to the host",
	  "guest", "dma", given_away, PING, ON(SEV_TIO) },
	{ 41, "firmware: a trusted entry for another RID of the guest",
	  "guest", "start", other_rid, NULL, ON(SEV_TIO) },
	{ 44, "memory: does not mind an entry's size",
	  "guest", "start", sizes_differ, NULL, ON(SEV_TIO) },
	{ 46, "firmware: a guest context goes under a TDI in RUN",
	  "guest", "dma", dropped_guest, PING, ON(SEV_TIO) },
	{ 52, "firmware: an exchange that no command has",
	  "host", "connect", own_verb, PING, ON(SEV_TIO) },
	{ 0, NULL, NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */
