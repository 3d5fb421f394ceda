/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/tee.h"
#include "pci/regs.h"

/* QUERY, and the registers that its answer carries. */

/* QUERY of the port that is judged, and a whole answer. */
static bool query(struct judge *j, unsigned port, struct tee_km *a)
{
	uint8_t m[IDEKM_QUERY_LEN];

	return tee_km_ask(j, m, tee_query(m, port), a) &&
	       tee_km_is(j, a, IDEKM_QUERY_RESP);
}

static void query_answered(struct judge *j)
{
	struct tee_km a;

	if (tee_session(j))
		(void)query(j, j->cfg.port, &a);
}

static void query_names_the_port(struct judge *j)
{
	struct tee_km a;

	if (tee_session(j) && query(j, j->cfg.port, &a))
		judge_expect(j, a.m.ref.port == j->cfg.port,
			     "port %u was asked for, and port %u is told of",
			     j->cfg.port, a.m.ref.port);
}

static void query_each_port(struct judge *j)
{
	struct tee_km a;
	unsigned last;

	if (!tee_session(j) || !query(j, j->cfg.port, &a))
		return;
	last = a.m.max_port;
	if (!judge_expect(j, last >= j->cfg.port,
			  "port %u answers, and the last one is %u",
			  j->cfg.port, last))
		return;
	for (unsigned port = 0; port <= last; port++)
		if (!query(j, port, &a) ||
		    !judge_expect(j, a.m.ref.port == port,
				  "port %u was asked for, and port %u is told "
				  "of",
				  port, a.m.ref.port))
			return;
}

/* What has interfaces is an endpoint. */
static bool endpoint(struct judge *j)
{
	struct tee_td a;

	if (!tee_session(j) || !tee_ask(j, TDISP_GET_VERSION, NULL, 0, &a))
		return false;
	if (!a.bad && a.m.code == TDISP_VERSION)
		return true;
	judge_absent(j, "it may be a switch or a root port");
	return false;
}

static void query_one_port(struct judge *j)
{
	struct tee_km a;

	if (endpoint(j) && query(j, 0, &a))
		judge_expect(j, !a.m.max_port, "the maximum port index is %u",
			     a.m.max_port);
}

static void query_segment(struct judge *j)
{
	struct tee_km a;

	if (endpoint(j) && query(j, 0, &a))
		judge_expect(j, !a.m.segment, "the segment is %u", a.m.segment);
}

static void query_reserved(struct judge *j)
{
	struct tee_km a;

	if (tee_session(j) && query(j, j->cfg.port, &a))
		judge_expect(j, !a.raw.p[1], "the reserved byte is 0x%02x",
			     a.raw.p[1]);
}

static void query_function(struct judge *j)
{
	struct tee_km a;

	if (tee_session(j) && query(j, 0, &a))
		judge_expect(j, !(a.m.devfn & 7u), "the function number is %u",
			     a.m.devfn & 7u);
}

/* Source: PCIe Base 6.0 §7.9.26.2 */
static uint32_t ide_cap(const struct tee_km *a)
{
	return a->m.cap_len >= 4 ? get_u32le(a->m.cap) : 0;
}

static void query_registers_there(struct judge *j)
{
	struct tee_km a;

	/* Capability and control register are in each capability. */
	if (tee_session(j) && query(j, j->cfg.port, &a))
		judge_expect(j, a.m.cap_len >= 8,
			     "%zu bytes of the IDE capability came",
			     a.m.cap_len);
}

static void query_says_idekm(struct judge *j)
{
	struct tee_km a;

	if (tee_session(j) && query(j, j->cfg.port, &a))
		judge_expect(j, ide_cap(&a) & IDE_CAP_KM,
			     "the capability register is 0x%08x",
			     (unsigned)ide_cap(&a));
}

static void query_says_streams(struct judge *j)
{
	struct tee_km a;

	if (tee_session(j) && query(j, j->cfg.port, &a))
		judge_expect(j,
			     ide_cap(&a) & (IDE_CAP_LINK | IDE_CAP_SELECTIVE),
			     "the capability register is 0x%08x",
			     (unsigned)ide_cap(&a));
}

/*
 * As many register blocks as the capability register says: Link IDE blocks of
 * 8 bytes, Selective ones of 20 bytes and 12 for each address block.
 * Source: PCIe Base 6.0 §7.9.26
 */
static void query_registers_whole(struct judge *j)
{
	struct tee_km a;
	uint32_t cap;
	size_t at = 8;

	if (!tee_session(j) || !query(j, j->cfg.port, &a))
		return;
	cap = ide_cap(&a);
	if (cap & IDE_CAP_LINK)
		at += 8u * (1 + field_get(IDE_CAP_LINK_TC, cap));
	for (unsigned i = 0; (cap & IDE_CAP_SELECTIVE) &&
			     i < 1 + field_get(IDE_CAP_SEL_NUM, cap);
	     i++) {
		uint32_t sel;

		if (!judge_expect(j, at + 4 <= a.m.cap_len,
				  "%zu bytes came, which end before Selective "
				  "block %u",
				  a.m.cap_len, i))
			return;
		sel = get_u32le(a.m.cap + at);
		at += 20u + 12u * field_get(IDE_SEL_CAP_ADDRS, sel);
	}
	judge_expect(j, at == a.m.cap_len,
		     "%zu bytes came, and the registers tell of %zu",
		     a.m.cap_len, at);
}

#define CAP_STEPS 240u

/* The IDE capability in configuration space; 0: there is none. */
static uint16_t find_ide(struct judge *j)
{
	uint32_t at = CFG_EXT_START, head = 0;

	for (unsigned i = 0; i < CAP_STEPS && at >= CFG_EXT_START; i++) {
		if (judge_ops(j)->cfg_read(judge_target(j), 0, (uint16_t)at,
					   &head))
			return 0;
		if ((head & 0xffffu) == ECAP_IDE)
			return (uint16_t)at;
		at = head >> 20 & ~3u;
	}
	return 0;
}

/*
 * Register by register; a status register moves by itself, so that only
 * capability and control registers are held against each other.
 */
static bool same_register(struct judge *j, const struct tee_km *a, uint16_t cap,
			  size_t at)
{
	uint32_t there = 0, told;

	if (at + 4 > a->m.cap_len)
		return judge_expect(j, false, "register 0x%zx is missing",
				    at + IDE_CAP);
	told = get_u32le(a->m.cap + at);
	if (judge_ops(j)->cfg_read(judge_target(j), 0,
				   (uint16_t)(cap + IDE_CAP + at), &there)) {
		judge_absent(j, "configuration space does not answer");
		return false;
	}
	return judge_expect(j, told == there,
			    "register 0x%zx is 0x%08x in QUERY_RESP and 0x%08x "
			    "in configuration space",
			    at + IDE_CAP, (unsigned)told, (unsigned)there);
}

static void query_matches(struct judge *j)
{
	struct tee_km a;
	uint16_t cap;
	uint32_t told;
	size_t at = 8;

	if (!tee_session(j) || !query(j, 0, &a))
		return;
	cap = find_ide(j);
	if (!cap) {
		judge_absent(j, "configuration space has no IDE capability");
		return;
	}
	if (!same_register(j, &a, cap, 0) || !same_register(j, &a, cap, 4))
		return;
	told = ide_cap(&a);
	if (told & IDE_CAP_LINK)
		at += 8u * (1 + field_get(IDE_CAP_LINK_TC, told));
	if (told & IDE_CAP_SELECTIVE &&
	    same_register(j, &a, cap, at + IDE_SEL_CAP))
		(void)same_register(j, &a, cap, at + IDE_SEL_CTL);
}

/* clang-format off */
#define SRC "PCIe Base 6.x §6.33.3"
#define SRC_REGS "PCIe Base 6.x §6.33.3, §7.9.26"
static const struct judge_case cases[] = {
	{
		.name = "ide-km/query-is-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "QUERY of a port that is there is answered by QUERY_RESP",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-query-unanswered",
		.run = query_answered,
	},
	{
		.name = "ide-km/query-names-its-port",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "QUERY_RESP has the port index of its QUERY",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-query-other-port",
		.run = query_names_the_port,
	},
	{
		.name = "ide-km/query-of-each-port-is-answered",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "each port index up to the maximum, which is not below one that answers, is that of a port",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-query-too-many-ports",
		.run = query_each_port,
	},
	{
		.name = "ide-km/query-of-an-endpoint-tells-one-port",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "the maximum port index of an endpoint is 0",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-query-too-many-ports",
		.run = query_one_port,
	},
	{
		.name = "ide-km/query-of-an-endpoint-tells-no-segment",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "the segment that an endpoint tells is 0",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-query-segment",
		.run = query_segment,
	},
	{
		.name = "ide-km/query-reserved-is-zero",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "the reserved byte of QUERY_RESP is zero",
		.source = SRC, .sure = SURE_SPEC,
		.misbehave = "idekm-query-reserved",
		.run = query_reserved,
	},
	{
		.name = "ide-km/query-names-function-0",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "QUERY_RESP of port 0 names function 0, which has the IDE capability",
		.source = SRC_REGS, .sure = SURE_INFERRED,
		.misbehave = "idekm-query-other-function",
		.run = query_function,
	},
	{
		.name = "ide-km/query-has-the-registers",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "QUERY_RESP carries the IDE registers from the capability register on",
		.source = SRC_REGS, .sure = SURE_SPEC,
		.misbehave = "idekm-query-no-registers",
		.run = query_registers_there,
	},
	{
		.name = "ide-km/query-registers-are-whole",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "it carries as many register blocks as the capability registers tell of",
		.source = SRC_REGS, .sure = SURE_SPEC,
		.misbehave = "idekm-query-registers-cut",
		.run = query_registers_whole,
	},
	{
		.name = "ide-km/query-says-that-idekm-is-there",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "the capability register of who answers has IDE_KM Protocol Supported set",
		.source = SRC_REGS, .sure = SURE_SPEC,
		.misbehave = "idekm-query-denies-idekm",
		.run = query_says_idekm,
	},
	{
		.name = "ide-km/query-says-which-streams",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION,
		.says = "the capability register says that Link or Selective IDE Streams are supported",
		.source = SRC_REGS, .sure = SURE_SPEC,
		.misbehave = "idekm-query-denies-streams",
		.run = query_says_streams,
	},
	{
		.name = "ide-km/query-matches-configuration-space",
		.group = JUDGE_IDE_KM, .needs = JUDGE_NEEDS_SESSION | JUDGE_NEEDS_CFG,
		.says = "capability and control registers in QUERY_RESP are those of configuration space",
		.source = SRC_REGS, .sure = SURE_SPEC,
		.misbehave = "idekm-query-registers-differ",
		.run = query_matches,
	},
};
/* clang-format on */

const struct judge_table judge_cases_idekm_query = { cases, COUNT(cases) };
