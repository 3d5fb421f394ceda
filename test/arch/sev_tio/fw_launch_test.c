/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"
#include "maker.h"
#include "fw_tests.h"

static uint32_t one(struct fwrig *r, uint32_t cmd, uint64_t pa)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, SNP_ADDR_PA, pa);
	return fw_ring(r, cmd, b);
}

static uint32_t start(struct fwrig *r, uint64_t policy, uint32_t flags)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, SNP_LSTART_GCTX, r->gctx);
	sev_put_u64(b, SNP_LSTART_POLICY, policy);
	sev_put_u32(b, SNP_LSTART_FLAGS, flags);
	return fw_ring(r, SEV_CMD_SNP_LAUNCH_START, b);
}

static uint32_t activate(struct fwrig *r, uint64_t gctx, uint32_t asid)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, SNP_ACTIVATE_GCTX, gctx);
	sev_put_u32(b, SNP_ACTIVATE_ASID, asid);
	return fw_ring(r, SEV_CMD_SNP_ACTIVATE, b);
}

static uint32_t update(struct fwrig *r, uint64_t pa, uint32_t type,
		       uint32_t perms)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, SNP_LUPDATE_GCTX, r->gctx);
	sev_put_u32(b, SNP_LUPDATE_TYPE, type);
	sev_put_u64(b, SNP_LUPDATE_PA, pa);
	sev_put_u32(b, SNP_LUPDATE_PERMS, perms);
	return fw_ring(r, SEV_CMD_SNP_LAUNCH_UPDATE, b);
}

static uint32_t finish(struct fwrig *r, uint64_t flags)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, SNP_LFINISH_GCTX, r->gctx);
	sev_put_u64(b, SNP_LFINISH_FLAGS, flags);
	return fw_ring(r, SEV_CMD_SNP_LAUNCH_FINISH, b);
}

#define POLICY (SNP_POLICY_RSVD_ONE | SNP_POLICY_SMT)

static void launching(struct fwrig *r)
{
	assert_int_equal(one(r, SEV_CMD_SNP_GCTX_CREATE, r->gctx),
			 SEV_RET_SUCCESS);
	assert_int_equal(start(r, POLICY, 0), SEV_RET_SUCCESS);
	assert_int_equal(activate(r, r->gctx, FW_ASID), SEV_RET_SUCCESS);
}

static uint64_t pre_guest(struct fwrig *r, uint64_t gpa, const void *content)
{
	uint64_t pa = page_host(r);

	if (content)
		host_put(r, pa, content, PAGE_4K);
	assert_int_equal(page_assign(r, pa, gpa, FW_ASID, true), RMP_OK);
	return pa;
}

static struct sev_fw_guest guest(const struct fwrig *r)
{
	struct sev_fw_guest g;

	assert_true(sev_fw_guest_at(r->fw, 0, &g));
	return g;
}

/*
 * Expected digests: Python's hashlib over PAGE_INFO as the SEV-SNP ABI
 * describes it (56860 1.5x §8.17), not this code.
 */
static void the_measurement_runs_over_pages_types_and_places(void **unused)
{
	static const uint8_t first[48] = {
		0x5e, 0xcc, 0x36, 0xd8, 0x74, 0x93, 0xdc, 0x67, 0x30, 0x89,
		0x61, 0x99, 0x18, 0x66, 0x93, 0x29, 0x88, 0x60, 0x6b, 0xdd,
		0xe9, 0xa8, 0x1f, 0x83, 0xc0, 0xb7, 0x9f, 0x92, 0x85, 0xe9,
		0x6f, 0xf2, 0x2d, 0x32, 0x70, 0x9d, 0xb1, 0x7f, 0x56, 0x2d,
		0xa9, 0x64, 0x48, 0xb8, 0x55, 0x5c, 0x8b, 0xc7
	};
	static const uint8_t last[48] = {
		0xd5, 0x5d, 0xd2, 0x66, 0x72, 0x3e, 0x35, 0xca, 0x04, 0x0d,
		0x2b, 0x34, 0x29, 0xa8, 0xe1, 0x3c, 0xfc, 0xd4, 0xe3, 0x34,
		0xfc, 0x69, 0x1c, 0x58, 0xa8, 0x2a, 0x99, 0x44, 0x4a, 0x5d,
		0xb8, 0xd2, 0x11, 0x7b, 0x27, 0x7d, 0xea, 0x2c, 0x7c, 0xfe,
		0x55, 0x55, 0x10, 0xce, 0x62, 0xea, 0xf1, 0xc2
	};
	static const struct {
		uint32_t type;
		uint64_t gpa;
		uint32_t perms;
	} t[] = {
		{ SNP_PAGE_NORMAL, 0x2000, 0x00010300 },
		{ SNP_PAGE_VMSA, UINT64_C(0xfffffffff000), 0 },
		{ SNP_PAGE_ZERO, 0x3000, 0 },
		{ SNP_PAGE_UNMEASURED, 0x4000, 0 },
		{ SNP_PAGE_SECRETS, 0x1000, 0 },
		{ SNP_PAGE_CPUID, 0x5000, 0 },
	};
	struct fwrig *r = fwrig_new();
	struct crypto fake = r->p->crypto;
	struct maker m = { .real = false };
	uint8_t page[PAGE_4K];

	(void)unused;
	maker_open(&m, CRYPTO_P256);
	for (unsigned i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(i * 7 + 3);
	launching(r);
	r->p->crypto = m.c;
	for (size_t i = 0; i < COUNT(t); i++) {
		uint64_t pa = pre_guest(r, t[i].gpa, page);
		struct own_page e;

		assert_int_equal(update(r, pa, t[i].type << 1, t[i].perms),
				 SEV_RET_SUCCESS);
		assert_int_equal(own_state(&r->o, pa), OWN_GUEST_VALID);
		assert_int_equal(own_entry(&r->o, pa, &e), IL_OK);
		assert_int_equal(own_perm(&e, 0), RMP_PERM_ALL);
		assert_int_equal(own_perm(&e, 1), t[i].perms >> 8 & 0xff);
		assert_int_equal(own_perm(&e, 2), t[i].perms >> 16 & 0xff);
		if (!i && m.real)
			assert_memory_equal(guest(r).measurement, first, 48);
	}
	if (m.real)
		assert_memory_equal(guest(r).measurement, last, 48);
	assert_int_equal(guest(r).pages, COUNT(t));
	r->p->crypto = fake;
	maker_close(&m);
	fwrig_free(r);
}

/* What the guest finds, and what a probe on the bus does not. */
static void launched_pages_are_the_guests_alone(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t page[PAGE_4K], raw[PAGE_4K], in[PAGE_4K];
	static const uint8_t zero[PAGE_4K];
	static const uint32_t types[] = { SNP_PAGE_NORMAL, SNP_PAGE_ZERO };

	(void)unused;
	memset(page, 0x6b, sizeof(page));
	launching(r);
	for (size_t i = 0; i < COUNT(types); i++) {
		uint64_t gpa = 0x2000 + i * PAGE_4K;
		uint64_t pa = pre_guest(r, gpa, page);
		struct mem_req q = { .who = AGENT_VCPU,
				     .trusted = true,
				     .owner = FW_ASID,
				     .gpa = gpa,
				     .leaf = PAGE_4K,
				     .pa = pa,
				     .len = PAGE_4K };
		struct fault f;

		assert_int_equal(update(r, pa, types[i] << 1, 0),
				 SEV_RET_SUCCESS);
		assert_int_equal(mem_access(&r->m, &q, in, &f), IL_OK);
		assert_memory_equal(in, i ? zero : page, sizeof(in));
		assert_int_equal(mem_raw(&r->m, pa, raw, sizeof(raw)), IL_OK);
		for (unsigned k = 0; k < sizeof(raw); k++)
			assert_int_not_equal(raw[k], in[k]);
	}
	/* nothing of it stays in the firmware's scratch page */
	assert_memory_equal(r->fw->page, zero, sizeof(zero));
	fwrig_free(r);
}

/* As the guest, or firmware for it, would leave a page of its own. */
static void validate_page(struct fwrig *r, uint64_t pa)
{
	assert_int_equal(own_fw_move(&r->o, pa, OWN_PRE_GUEST, OWN_GUEST_VALID),
			 IL_OK);
}

static void give_back(struct fwrig *r, uint64_t pa)
{
	const struct rmp_update u = { 0 };

	assert_int_equal(own_rmpupdate(&r->o, pa, &u), RMP_OK);
}

static void a_launch_goes_in_order(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint64_t pa, other = page_firmware(r);

	(void)unused;
	assert_int_equal(start(r, POLICY, 0), SEV_RET_INVALID_GUEST);
	assert_int_equal(activate(r, r->gctx, FW_ASID), SEV_RET_INVALID_GUEST);
	assert_int_equal(finish(r, 0), SEV_RET_INVALID_GUEST);
	assert_int_equal(update(r, 0, 2, 0), SEV_RET_INVALID_GUEST);
	assert_int_equal(one(r, SEV_CMD_SNP_DECOMMISSION, r->gctx),
			 SEV_RET_INVALID_GUEST);
	assert_int_equal(one(r, SEV_CMD_SNP_GCTX_CREATE, r->msg_req),
			 SEV_RET_INVALID_PAGE_STATE);
	assert_int_equal(one(r, SEV_CMD_SNP_GCTX_CREATE, r->gctx),
			 SEV_RET_SUCCESS);
	assert_int_equal(own_state(&r->o, r->gctx), OWN_CONTEXT);
	fwrig_keep(r);
	assert_int_equal(one(r, SEV_CMD_SNP_GCTX_CREATE, r->gctx),
			 SEV_RET_INVALID_PAGE_STATE);
	pa = pre_guest(r, 0x1000, NULL);
	fwrig_keep(r);
	assert_int_equal(activate(r, r->gctx, FW_ASID),
			 SEV_RET_INVALID_GUEST_STATE);
	assert_int_equal(update(r, pa, 2, 0), SEV_RET_INVALID_GUEST_STATE);
	assert_int_equal(finish(r, 0), SEV_RET_INVALID_GUEST_STATE);
	assert_int_equal(start(r, SNP_POLICY_SMT, 0), SEV_RET_POLICY_FAILURE);
	assert_int_equal(start(r, POLICY, 1), SEV_RET_UNSUPPORTED);
	fwrig_same(r);
	assert_int_equal(start(r, POLICY, 0), SEV_RET_SUCCESS);
	fwrig_keep(r);
	assert_int_equal(start(r, POLICY, 0), SEV_RET_INVALID_GUEST_STATE);
	assert_int_equal(update(r, pa, 2, 0), SEV_RET_INACTIVE);
	assert_int_equal(finish(r, 0), SEV_RET_INACTIVE);
	assert_int_equal(activate(r, r->gctx, 0), SEV_RET_INVALID_ASID);
	assert_int_equal(activate(r, r->gctx, FW_ASIDS), SEV_RET_INVALID_ASID);
	/* a page of the ASID is validated already: whose would it be? */
	validate_page(r, pa);
	fwrig_keep(r);
	assert_int_equal(activate(r, r->gctx, FW_ASID), SEV_RET_ASID_OWNED);
	fwrig_same(r);
	give_back(r, pa);
	assert_int_equal(activate(r, r->gctx, FW_ASID), SEV_RET_SUCCESS);
	assert_int_equal(activate(r, r->gctx, FW_ASID), SEV_RET_ACTIVE);
	assert_int_equal(one(r, SEV_CMD_SNP_GCTX_CREATE, other),
			 SEV_RET_SUCCESS);
	assert_int_equal(one(r, SEV_CMD_SNP_GCTX_CREATE, page_firmware(r)),
			 SEV_RET_RESOURCE_LIMIT);
	assert_int_equal(finish(r, 1), SEV_RET_UNSUPPORTED);
	assert_int_equal(finish(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(finish(r, 0), SEV_RET_INVALID_GUEST_STATE);
	assert_int_equal(guest(r).state, SNP_GUEST_RUNNING);
	fwrig_free(r);
}

static void an_update_takes_a_pre_guest_page_of_this_guest(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint64_t good, theirs, invalid;

	(void)unused;
	launching(r);
	good = pre_guest(r, 0x1000, NULL);
	theirs = page_host(r);
	invalid = page_host(r);
	assert_int_equal(page_assign(r, theirs, 0x2000, 5, true), RMP_OK);
	assert_int_equal(page_assign(r, invalid, 0x3000, FW_ASID, false),
			 RMP_OK);
	fwrig_keep(r);
	assert_int_equal(update(r, r->msg_req, 2, 0),
			 SEV_RET_INVALID_PAGE_STATE);
	assert_int_equal(update(r, invalid, 2, 0), SEV_RET_INVALID_PAGE_STATE);
	assert_int_equal(update(r, theirs, 2, 0), SEV_RET_INVALID_PAGE_OWNER);
	assert_int_equal(update(r, PEER_BAR, 2, 0), SEV_RET_INVALID_ADDRESS);
	assert_int_equal(update(r, good + 8, 2, 0), SEV_RET_INVALID_ADDRESS);
	assert_int_equal(update(r, good, 3, 0), SEV_RET_INVALID_PAGE_SIZE);
	assert_int_equal(update(r, good, 0, 0), SEV_RET_INVALID_PARAM);
	assert_int_equal(update(r, good, 7 << 1, 0), SEV_RET_INVALID_PARAM);
	assert_int_equal(update(r, good, 2 | 1 << 4, 0), SEV_RET_INVALID_PARAM);
	assert_int_equal(update(r, good, 2, 0x1000), SEV_RET_INVALID_PARAM);
	fwrig_same(r);
	assert_int_equal(update(r, good, 2, 0), SEV_RET_SUCCESS);
	assert_int_equal(update(r, good, 2, 0), SEV_RET_INVALID_PAGE_STATE);
	fwrig_free(r);
}

static void without_randomness_no_guest_starts(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	assert_int_equal(one(r, SEV_CMD_SNP_GCTX_CREATE, r->gctx),
			 SEV_RET_SUCCESS);
	r->p->random_err = IL_E_RANDOM;
	assert_int_equal(start(r, POLICY, 0), SEV_RET_HWERROR_PLATFORM);
	assert_int_equal(guest(r).state, SNP_GUEST_INIT);
	r->p->random_err = IL_OK;
	assert_int_equal(start(r, POLICY, 0), SEV_RET_SUCCESS);
	r->p->random_err = IL_E_RANDOM;
	assert_int_equal(activate(r, r->gctx, FW_ASID),
			 SEV_RET_HWERROR_PLATFORM);
	assert_int_equal(guest(r).asid, 0);
	fwrig_free(r);
}

static void a_guests_message_keys_are_its_own_and_differ(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	guest_launch(r);
	assert_memory_equal(r->vmpck, r->fw->guest[0].vmpck, sizeof(r->vmpck));
	for (unsigned i = 0; i < SNP_VMPCKS; i++)
		for (unsigned k = i + 1; k < SNP_VMPCKS; k++)
			assert_memory_not_equal(r->vmpck[i], r->vmpck[k],
						SNP_VMPCK_LEN);
	fwrig_free(r);
}

static void an_asid_is_used_again_only_after_a_flush(void **unused)
{
	static const uint8_t zero[sizeof(struct fw_guest)];
	struct fwrig *r = fwrig_new();
	uint8_t none[SEV_CMD_BUF_MAX] = { 0 };
	uint64_t pa;

	(void)unused;
	launching(r);
	pa = pre_guest(r, 0x1000, NULL);
	assert_int_equal(one(r, SEV_CMD_SNP_DECOMMISSION, r->gctx),
			 SEV_RET_SUCCESS);
	assert_memory_equal(&r->fw->guest[0], zero, sizeof(zero));
	assert_int_equal(own_state(&r->o, r->gctx), OWN_FIRMWARE);
	assert_false(own_asid_active(&r->o, FW_ASID));
	assert_int_equal(one(r, SEV_CMD_SNP_GCTX_CREATE, r->gctx),
			 SEV_RET_SUCCESS);
	assert_int_equal(start(r, POLICY, 0), SEV_RET_SUCCESS);
	validate_page(r, pa);
	assert_int_equal(activate(r, r->gctx, FW_ASID), SEV_RET_ASID_OWNED);
	give_back(r, pa);
	assert_int_equal(activate(r, r->gctx, FW_ASID),
			 SEV_RET_DFFLUSH_REQUIRED);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_DF_FLUSH, none),
			 SEV_RET_SUCCESS);
	assert_int_equal(activate(r, r->gctx, FW_ASID), SEV_RET_SUCCESS);
	fwrig_free(r);
}

static void a_page_goes_back_to_the_host_through_reclaim(void **unused)
{
	struct fwrig *r = fwrig_new();
	const struct rmp_update free_it = { 0 };
	uint64_t pa = page_firmware(r);

	(void)unused;
	assert_int_equal(own_rmpupdate(&r->o, pa, &free_it),
			 RMP_FAIL_PERMISSION);
	fwrig_keep(r);
	assert_int_equal(one(r, SEV_CMD_SNP_PAGE_RECLAIM, pa | 1),
			 SEV_RET_INVALID_PAGE_SIZE);
	assert_int_equal(one(r, SEV_CMD_SNP_PAGE_RECLAIM, pa + 8),
			 SEV_RET_INVALID_ADDRESS);
	assert_int_equal(one(r, SEV_CMD_SNP_PAGE_RECLAIM, 0x1000),
			 SEV_RET_INVALID_ADDRESS);
	assert_int_equal(one(r, SEV_CMD_SNP_PAGE_RECLAIM, r->msg_req),
			 SEV_RET_INVALID_PAGE_STATE);
	fwrig_same(r);
	assert_int_equal(one(r, SEV_CMD_SNP_PAGE_RECLAIM, pa), SEV_RET_SUCCESS);
	assert_int_equal(own_state(&r->o, pa), OWN_RECLAIM);
	assert_int_equal(own_rmpupdate(&r->o, pa, &free_it), RMP_OK);
	fwrig_free(r);
}

static void a_guest_is_described_to_the_host(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 }, s[SNP_GSTAT_LEN];
	struct sev_fw_guest g;

	(void)unused;
	sev_put_u64(b, SNP_GUEST_STATUS_GCTX, r->gctx);
	sev_put_u64(b, SNP_GUEST_STATUS_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_GUEST_STATUS, b),
			 SEV_RET_INVALID_GUEST);
	guest_launch(r);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_GUEST_STATUS, b),
			 SEV_RET_SUCCESS);
	host_get(r, r->answer, s, sizeof(s));
	assert_int_equal(sev_u64(s, SNP_GSTAT_POLICY), POLICY);
	assert_int_equal(sev_u32(s, SNP_GSTAT_ASID), FW_ASID);
	assert_int_equal(s[SNP_GSTAT_STATE], SNP_GUEST_RUNNING);
	assert_int_equal(one(r, SEV_CMD_SNP_GUEST_REQUEST, r->gctx),
			 SEV_RET_UNSUPPORTED);
	assert_int_equal(one(r, SEV_CMD_SNP_GUEST_REQUEST, 1),
			 SEV_RET_INVALID_GUEST);
	assert_false(sev_fw_guest_at(r->fw, 1, &g));
	assert_false(sev_fw_guest_at(r->fw, 2, &g));
	memset(b, 0, sizeof(b));
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_SHUTDOWN_EX, b),
			 SEV_RET_INVALID_PLATFORM_STATE);
	fwrig_free(r);
}

const struct CMUnitTest fw_launch_tests[] = {
	cmocka_unit_test(the_measurement_runs_over_pages_types_and_places),
	cmocka_unit_test(launched_pages_are_the_guests_alone),
	cmocka_unit_test(a_launch_goes_in_order),
	cmocka_unit_test(an_update_takes_a_pre_guest_page_of_this_guest),
	cmocka_unit_test(without_randomness_no_guest_starts),
	cmocka_unit_test(a_guests_message_keys_are_its_own_and_differ),
	cmocka_unit_test(an_asid_is_used_again_only_after_a_flush),
	cmocka_unit_test(a_page_goes_back_to_the_host_through_reclaim),
	cmocka_unit_test(a_guest_is_described_to_the_host),
};
const size_t fw_launch_tests_n = COUNT(fw_launch_tests);
