/* SPDX-License-Identifier: BSD-2-Clause */
#include "doe/doe.h"
#include "judge/cases.h"

/*
 * DOE by whole data objects, however they are carried: discovery, headers,
 * types that nobody knows, padding.
 * Source: PCIe Base 6.3 §6.30.1, §6.31.3
 */

#define DISCOVERY_LEN 12u

/* A data object of discovery, written out. Version 2 fits every capability:
 * before it, the byte is reserved, and ignored when received. */
static void discovery(uint8_t index, uint8_t out[DISCOVERY_LEN])
{
	static const uint8_t head[DISCOVERY_LEN] = { 1, 0, 0, 0, 3, 0,
						     0, 0, 0, 2, 0, 0 };

	memcpy(out, head, sizeof(head));
	out[8] = index;
}

struct entry {
	uint16_t vendor;
	uint8_t type;
	uint8_t next;
	size_t dw; /* of the whole object */
};

/* One request of discovery, and the form of what comes. */
static bool ask_index(struct judge *j, const uint8_t *ask, size_t n,
		      struct entry *e)
{
	const struct judge_answer *a = judge_answer(j);
	const uint8_t *p;

	if (!judge_ask(j, JUDGE_OBJECT, ask, n))
		return false;
	p = a->raw;
	if (!judge_expect(j,
			  a->kind == JUDGE_OBJECT && a->raw_n >= 8 &&
				  (get_u32le(p) & 0x00ffffff) == 1,
			  "the answer is no object of discovery"))
		return false;
	if (!judge_expect(j,
			  (a->raw_n == 12 || a->raw_n == 16) &&
				  get_u32le(p + 4) == a->raw_n / 4,
			  "the answer has %zu bytes and a Length of %u",
			  a->raw_n, get_u32le(p + 4)))
		return false;
	*e = (struct entry){ .vendor = get_u16le(p + 8),
			     .type = p[10],
			     .next = p[11],
			     .dw = a->raw_n / 4 };
	return true;
}

static bool at(struct judge *j, uint8_t index, struct entry *e)
{
	uint8_t ask[DISCOVERY_LEN];

	discovery(index, ask);
	return ask_index(j, ask, sizeof(ask), e);
}

/* The whole list; @n of @all. */
static bool walk(struct judge *j, struct entry all[256], unsigned *n)
{
	uint8_t index = 0;

	*n = 0;
	do {
		struct entry *e = &all[*n];

		if (!at(j, index, e))
			return false;
		if (!judge_expect(j, e->vendor != DOE_VENDOR_NONE,
				  "index %u, to which the list leads, is "
				  "answered as out of range",
				  index))
			return false;
		if (!judge_expect(j, !e->next || e->next == index + 1,
				  "index %u leads to index %u", index, e->next))
			return false;
		(*n)++;
		index = e->next;
	} while (index);
	return true;
}

static bool listed(const struct entry *all, unsigned n, uint8_t type)
{
	for (unsigned i = 0; i < n; i++)
		if (all[i].vendor == DOE_VENDOR_PCISIG && all[i].type == type)
			return true;
	return false;
}

static void index_zero(struct judge *j)
{
	struct entry e;

	if (at(j, 0, &e))
		judge_expect(j,
			     e.vendor == DOE_VENDOR_PCISIG &&
				     e.type == DOE_TYPE_DISCOVERY,
			     "index 0 is %04x:%02x", e.vendor, e.type);
}

static void list_walks(struct judge *j)
{
	struct entry all[256];
	unsigned n;

	(void)walk(j, all, &n);
}

static void list_has_an_end(struct judge *j)
{
	struct entry all[256], e = { .dw = 0 };
	unsigned n;

	if (!walk(j, all, &n))
		return;
	if (n < 256 && !at(j, (uint8_t)n, &e))
		return;
	judge_expect(j, n == 256 || e.vendor == DOE_VENDOR_NONE,
		     "index %u, behind the last, is answered with %04x:%02x", n,
		     e.vendor, e.type);
}

static void last_index_of_all(struct judge *j)
{
	struct entry all[256], e;
	unsigned n;

	if (!walk(j, all, &n) || !at(j, 255, &e))
		return;
	judge_expect(j, n == 256 || e.vendor == DOE_VENDOR_NONE,
		     "index 255, far behind the last, is answered with "
		     "%04x:%02x",
		     e.vendor, e.type);
}

static void spdm_is_listed(struct judge *j)
{
	struct entry all[256];
	unsigned n;

	if (walk(j, all, &n))
		judge_expect(j, listed(all, n, DOE_TYPE_SPDM),
			     "0001:01 is not listed, and SPDM is answered");
}

static void secured_has_plain(struct judge *j)
{
	struct entry all[256];
	unsigned n;

	if (!walk(j, all, &n))
		return;
	judge_expect(j,
		     !listed(all, n, DOE_TYPE_SECURED) ||
			     listed(all, n, DOE_TYPE_SPDM),
		     "0001:02 is listed without 0001:01");
}

static void connections_have_plain(struct judge *j)
{
	struct entry all[256];
	unsigned n;

	bool any;

	if (!walk(j, all, &n))
		return;
	any = listed(all, n, DOE_TYPE_SPDM_CONN) ||
	      listed(all, n, DOE_TYPE_SECURED_CONN);
	judge_expect(j,
		     !any || (listed(all, n, DOE_TYPE_SPDM) &&
			      listed(all, n, DOE_TYPE_SPDM_CONN)),
		     "types with a Connection ID are listed without those "
		     "that they build on");
}

static void nothing_else(struct judge *j)
{
	struct entry all[256];
	unsigned n;

	if (!walk(j, all, &n))
		return;
	for (unsigned i = 0; i < n; i++)
		if (!judge_expect(j,
				  all[i].vendor == DOE_VENDOR_PCISIG &&
					  all[i].type <= 5,
				  "index %u is %04x:%02x", i, all[i].vendor,
				  all[i].type))
			return;
}

static void nothing_twice(struct judge *j)
{
	struct entry all[256];
	unsigned n;

	if (!walk(j, all, &n))
		return;
	for (unsigned i = 0; i < n; i++)
		if (!judge_expect(j,
				  all[i].vendor != DOE_VENDOR_PCISIG ||
					  !listed(all, i, all[i].type),
				  "0001:%02x is listed twice", all[i].type))
			return;
}

/* Types 3 to 5 have it, discovery has not; the others may. */
static void fourth_dword(struct judge *j)
{
	struct entry all[256];
	unsigned n;

	if (!walk(j, all, &n))
		return;
	for (unsigned i = 0; i < n; i++) {
		const bool must = all[i].type >= 3, may = all[i].type >= 1;

		if (!judge_expect(j, all[i].dw == 4 ? may : !must,
				  "index %u, type %02x, is answered with %zu "
				  "dwords",
				  i, all[i].type, all[i].dw))
			return;
	}
}

static void reserved_of_request(struct judge *j)
{
	uint8_t ask[DISCOVERY_LEN];
	struct entry plain, e;

	discovery(0, ask);
	if (!ask_index(j, ask, sizeof(ask), &plain))
		return;
	put_u16le(ask + 10, 0xffff);
	if (ask_index(j, ask, sizeof(ask), &e))
		judge_expect(j,
			     e.vendor == plain.vendor && e.type == plain.type,
			     "with reserved bits set, index 0 is %04x:%02x",
			     e.vendor, e.type);
}

static void reserved_of_header(struct judge *j)
{
	uint8_t ask[DISCOVERY_LEN];
	struct entry e;

	discovery(0, ask);
	ask[3] = 0xff;
	ask[6] |= 0xfc;
	ask[7] = 0xff;
	if (ask_index(j, ask, sizeof(ask), &e))
		judge_expect(j, e.vendor == DOE_VENDOR_PCISIG && !e.type,
			     "index 0 is %04x:%02x", e.vendor, e.type);
}

static void reserved_of_answer(struct judge *j)
{
	uint8_t ask[DISCOVERY_LEN];
	struct entry e;

	discovery(0, ask);
	if (!ask_index(j, ask, sizeof(ask), &e))
		return;
	judge_expect(j,
		     !judge_answer(j)->raw[3] &&
			     !(get_u32le(judge_answer(j)->raw + 4) >> 18),
		     "reserved bits of the header are set: %08x %08x",
		     get_u32le(judge_answer(j)->raw),
		     get_u32le(judge_answer(j)->raw + 4));
}

static void longer_is_cut(struct judge *j)
{
	uint8_t ask[DISCOVERY_LEN + 8];
	struct entry e;

	discovery(0, ask);
	memset(ask + DISCOVERY_LEN, 0xa5, 8);
	ask[4] = 5;
	if (ask_index(j, ask, sizeof(ask), &e))
		judge_expect(j, e.vendor == DOE_VENDOR_PCISIG && !e.type,
			     "index 0 is %04x:%02x", e.vendor, e.type);
}

static void shorter_is_dropped(struct judge *j)
{
	static const uint8_t ask[] = { 1, 0, 0, 0, 2, 0, 0, 0 };

	(void)judge_silence_to(j, JUDGE_OBJECT, ask, sizeof(ask));
}

static void unknown(struct judge *j, uint16_t vendor, uint8_t type)
{
	uint8_t ask[DISCOVERY_LEN];

	discovery(0, ask);
	put_u16le(ask, vendor);
	ask[2] = type;
	(void)judge_silence_to(j, JUDGE_OBJECT, ask, sizeof(ask));
}

static void unknown_type(struct judge *j)
{
	unknown(j, DOE_VENDOR_PCISIG, 0xe5);
}

/* Type 0 of another vendor is none of discovery. */
static void unknown_vendor(struct judge *j)
{
	unknown(j, 0xe5e5, DOE_TYPE_DISCOVERY);
}

/* What nobody listed for SPDM is none of it either. */
static void unlisted_connection(struct judge *j)
{
	struct entry all[256];
	unsigned n;
	static const uint8_t ask[] = {
		1, 0, 3, 0, 3, 0, 0, 0, 0x10, 0x84, 0, 0
	};

	if (!walk(j, all, &n))
		return;
	if (listed(all, n, DOE_TYPE_SPDM_CONN)) {
		judge_absent(j, "it lists SPDM with a Connection ID");
		return;
	}
	(void)judge_silence_to(j, JUDGE_OBJECT, ask, sizeof(ask));
}

/* clang-format off */
#define S1 "PCIe Base 6.3 §6.30.1"
#define S11 "PCIe Base 6.3 §6.30.1.1"
static const struct judge_case cases[] = {
	{ .name = "doe/discovery-is-at-index-0", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "discovery itself is what index 0 names",
	  .source = S11 ", Table 6-31", .misbehave = "discovery-not-first",
	  .run = index_zero },
	{ .name = "doe/discovery-counts-up", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "Next Index is the index asked plus 1, and 00h at the last entry, and each that is named is there",
	  .source = S11 ", Table 6-31", .misbehave = "discovery-has-no-end",
	  .run = list_walks },
	{ .name = "doe/discovery-behind-the-last", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "an index that is just out of range is answered with Vendor ID FFFFh",
	  .source = S11 ", Table 6-31", .misbehave = "discovery-past-end",
	  .run = list_has_an_end },
	{ .name = "doe/discovery-of-index-255", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "an index that is far out of range is answered with Vendor ID FFFFh",
	  .source = S11 ", Table 6-31", .misbehave = "discovery-past-end",
	  .run = last_index_of_all },
	{ .name = "doe/discovery-lists-spdm", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "the instance that answers SPDM lists CMA-SPDM",
	  .source = "PCIe Base 6.3 §6.31.3", .misbehave = "discovery-hides-spdm",
	  .run = spdm_is_listed },
	{ .name = "doe/discovery-secured-needs-spdm", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "who lists Secured CMA-SPDM lists CMA-SPDM",
	  .source = S11 ", Table 6-33", .misbehave = "discovery-hides-spdm",
	  .run = secured_has_plain },
	{ .name = "doe/discovery-connections-need-spdm", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "who lists a type with a Connection ID lists those that it builds on",
	  .source = S11 ", Table 6-33", .misbehave = "discovery-lone-connection",
	  .run = connections_have_plain },
	{ .name = "doe/discovery-lists-nothing-else", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "the instance that is used for CMA-SPDM has no object types but those of the PCI-SIG that go with it",
	  .source = "PCIe Base 6.3 §6.31.3", .misbehave = "discovery-lists-vendor",
	  .run = nothing_else },
	{ .name = "doe/discovery-lists-nothing-twice", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT, .sure = SURE_INFERRED,
	  .says = "each type stands in the list once",
	  .source = S11, .misbehave = "discovery-lists-twice",
	  .run = nothing_twice },
	{ .name = "doe/discovery-fourth-dword", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "the 4th dword is in the answers of types 03h to 05h, and not in that of discovery",
	  .source = S11 ", Table 6-33", .misbehave = "discovery-fourth-dword",
	  .run = fourth_dword },
	{ .name = "doe/discovery-ignores-reserved", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "reserved bits of a discovery request are ignored",
	  .source = S11 ", Table 6-30", .misbehave = "discovery-minds-reserved",
	  .run = reserved_of_request },
	{ .name = "doe/header-reserved-is-ignored", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "reserved bits of both header dwords are ignored, those of a Connection ID too where the type has none",
	  .source = S1 ", Tables 6-28, 6-29", .misbehave = "doe-minds-reserved",
	  .run = reserved_of_header },
	{ .name = "doe/header-reserved-is-zero", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "reserved bits of both header dwords are zero in an answer",
	  .source = S1 ", Tables 6-28, 6-29", .misbehave = "doe-sets-reserved",
	  .run = reserved_of_answer },
	{ .name = "doe/longer-object-is-cut", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "of an object that is longer than expected, what was expected is processed and the rest is not looked at",
	  .source = S1, .misbehave = "discovery-minds-length",
	  .run = longer_is_cut },
	{ .name = "doe/shorter-object-is-dropped", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "an object that is shorter than expected is discarded, without an answer",
	  .source = S1, .misbehave = "doe-answers-all",
	  .run = shorter_is_dropped },
	{ .name = "doe/unknown-type-is-dropped", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "an object of a type that is not supported is discarded, without an answer",
	  .source = S1, .misbehave = "doe-answers-all",
	  .run = unknown_type },
	{ .name = "doe/unknown-vendor-is-dropped", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "a type is one of its vendor: type 00h of another vendor is not discovery",
	  .source = S1, .misbehave = "doe-answers-all",
	  .run = unknown_vendor },
	{ .name = "doe/unlisted-connection-type-is-dropped", .group = JUDGE_DOE,
	  .needs = JUDGE_NEEDS_OBJECT,
	  .says = "SPDM in a type that discovery does not list is discarded, without an answer",
	  .source = S1 "; §6.31.3", .misbehave = "doe-answers-all",
	  .run = unlisted_connection },
};
/* clang-format on */

const struct judge_table judge_cases_doe = { cases, COUNT(cases) };
