/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "arch/sev_tio/own.h"
#include "fake_env.h"

/*
 * The RMP under a stream of instructions of host, guest and firmware: the
 * counts stay true, a refusal changes no entry, and no host write reaches a
 * page that is assigned.
 */

#define RAM   UINT64_C(0x40000000)
#define SIZE  (4 * PAGE_2M)
#define DATA  (RAM + 2 * PAGE_2M) /* two 2 MiB for the walk */
#define SDTE  (RAM + PAGE_2M)
#define PAGES (SIZE / PAGE_4K)
#define ASIDS 4
#define GUEST 1
#define GPA   UINT64_C(0)

static struct machine {
	struct fake_env fe;
	struct env env;
	struct arena arena;
	struct mem m;
	struct iommu i;
	struct own o;
	struct pt npt;
	struct s2_cpu c;
	struct own_page before[PAGES];
} x;

static void up(void)
{
	struct mem_cfg mc = { &x.arena, &x.env, OWN_KEYS(ASIDS), 4 };
	struct own_cfg oc = { .arena = &x.arena,
			      .env = &x.env,
			      .mem = &x.m,
			      .asids = ASIDS,
			      .sdte = SDTE,
			      .rids = 64 };
	struct iommu_cfg ic = { .arena = &x.arena,
				.env = &x.env,
				.mem = &x.m,
				.rules = &own_iommu_rules,
				.rules_ctx = &x.o,
				.tlb_slots = 16,
				.entry_slots = 4,
				.queue_slots = 4 };

	memset(&x, 0, sizeof(x));
	x.env = fake_env(&x.fe);
	must(arena_map(&x.arena, 0, 32 << 20) == IL_OK);
	must(mem_init(&x.m, &mc) == IL_OK);
	must(mem_add_ram(&x.m, RAM, SIZE) == IL_OK);
	must(own_init(&x.o, &oc) == IL_OK);
	must(own_cover(&x.o, RAM, SIZE, false, 0) == IL_OK);
	must(iommu_init(&x.i, &ic) == IL_OK);
	must(own_start(&x.o, &x.i, 1) == IL_OK);
	must(own_asid_activate(&x.o, GUEST, 2) == IL_OK);
	must(mem_frames_reserve(&x.m, DATA, 2 * PAGE_2M) == IL_OK);
	must(pt_init(&x.npt, &x.m, &pt_npt, 4, AGENT_HOST, NULL, NULL) ==
	     IL_OK);
	must(pt_map(&x.npt, GPA, DATA, PAGE_2M, PT_R | PT_W, PAGE_2M) == IL_OK);
	must(pt_map(&x.npt, GPA + PAGE_2M, DATA + PAGE_2M, PAGE_2M, PT_R | PT_W,
		    PAGE_4K) == IL_OK);
	x.c = (struct s2_cpu){ .m = &x.m,
			       .fmt = &pt_npt,
			       .root = x.npt.root,
			       .levels = 4,
			       .owner = GUEST };
}

/* Few pages, so that steps meet: the first and last of each 2 MiB. */
static uint64_t some_page(uint8_t b)
{
	static const uint32_t at[] = { 0, 1, 511, 512, 513, 1023 };

	return at[b % COUNT(at)] * PAGE_4K;
}

static bool rmpupdate(uint64_t off, uint8_t how)
{
	const struct rmp_update u = { .gpa = how & 8 ? GPA + off : 0,
				      .assigned = how & 1,
				      .pagesize = how >> 1 & 1,
				      .immutable = how >> 2 & 1,
				      .asid = how >> 4 & 3 };

	return own_rmpupdate(&x.o, DATA + off, &u) != RMP_OK;
}

static bool guest_does(uint64_t off, uint8_t how)
{
	struct fault f;
	enum rmp_rc rc = RMP_OK;
	bool same = false;
	enum il_err err;

	x.c.level = how >> 6;
	if (how & 1)
		err = own_pvalidate(&x.o, &x.c, GPA + off,
				    how & 2 ? RMP_2M : RMP_4K, how & 4, &rc,
				    &same, &f);
	else
		err = own_rmpadjust(&x.o, &x.c, GPA + off,
				    how & 2 ? RMP_2M : RMP_4K,
				    (how >> 2 & 3) | (how & 0x30u) << 4 |
					    (how & 0x20 ? RMP_ADJUST_VMSA : 0),
				    &rc, &f);
	x.c.level = 0;
	return err || rc || same;
}

/* A write by the host lands on no page that somebody else has. */
static bool host_writes(uint64_t off)
{
	static const uint8_t b[8] = { 1 };
	struct own_page p;
	struct fault f;
	enum il_err err = mem_host_write(&x.m, DATA + off, b, sizeof(b), &f);

	must(own_entry(&x.o, DATA + off, &p) == IL_OK);
	must(!!err == !!(p.flags & OWN_F_ASSIGNED));
	return true; /* changes no entry either way */
}

static bool firmware_does(uint64_t off, uint8_t how)
{
	const enum own_state now = own_state(&x.o, DATA + off);
	const enum own_state to =
		(enum own_state)(how % (OWN_GUEST_PINNED + 1));

	if (how & 0x80)
		return own_fw_move(&x.o, DATA + off, to, now) != IL_OK;
	return own_fw_move(&x.o, DATA + off, now, to) != IL_OK;
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in), how = rd_u8(in);
	const uint64_t off = some_page(op >> 3);
	bool refused = false;

	memcpy(x.before, x.o.range[0].page, sizeof(x.before));
	switch (op & 7) {
	case 0:
	case 1:
		refused = rmpupdate(off, how);
		break;
	case 2:
		refused = own_psmash(&x.o, DATA + off) != RMP_OK;
		break;
	case 3:
		refused = guest_does(off, how);
		break;
	case 4:
		refused = guest_does(off, how | 1);
		break;
	case 5:
		refused = host_writes(off);
		break;
	case 6:
		refused = firmware_does(off, how);
		break;
	default:
		refused = own_hold(&x.o, DATA + off, how & 1) != IL_OK;
	}
	must(own_sane(&x.o));
	if (refused)
		must(unchanged(x.before, x.o.range[0].page, sizeof(x.before)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	up();
	for (unsigned n = 0; rd_left(&in) && n < 64; n++)
		step(&in);
	arena_unmap(&x.arena);
	return 0;
}
