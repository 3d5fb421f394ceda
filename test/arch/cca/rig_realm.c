/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

void params_realm(struct cca_rig *r)
{
	clear(r, r->params);
	put64(r, r->params + 0x0, 1 << 3); /* device assignment */
	put64(r, r->params + 0x8, RIG_BITS);
	put8(r, r->params + 0x30, 2); /* SHA-384 */
	put64(r, r->params + 0x808, r->rtt);
	put64(r, r->params + 0x810, 0);
	put64(r, r->params + 0x818, 1);
}

void params_rec(struct cca_rig *r, uint64_t mpidr)
{
	clear(r, r->params);
	put64(r, r->params + 0x0, 1); /* runnable */
	put64(r, r->params + 0x100, mpidr);
}

void tables(struct cca_rig *r, uint64_t ipa)
{
	for (uint64_t level = 1; level <= 3; level++) {
		const uint64_t size = CCA_GRANULE << 9 * (4 - level);
		const uint64_t at = ipa & ~(size - 1);
		uint64_t rtt;

		assert_int_equal(
			RMI(r, RMI_RTT_READ_ENTRY, r->rd, at, level - 1), 0);
		if (r->x[1] == level - 1 && r->x[2] == RMI_TABLE)
			continue;
		rtt = granule_new(r);
		assert_int_equal(RMI(r, RMI_RTT_CREATE, r->rd, rtt, at, level),
				 0);
	}
}

void realm_up(struct cca_rig *r)
{
	r->rd = granule_new(r);
	r->rtt = granule_new(r);
	r->rec = granule_new(r);
	params_realm(r);
	assert_int_equal(RMI(r, RMI_REALM_CREATE, r->rd, r->params), 0);
	params_rec(r, 0);
	assert_int_equal(RMI(r, RMI_REC_CREATE, r->rd, r->rec, r->params), 0);
	tables(r, RIG_IPA);
	tables(r, RIG_SHARED);
	assert_int_equal(RMI(r, RMI_RTT_INIT_RIPAS, r->rd, RIG_IPA,
			     RIG_IPA + RIG_PAGES * CCA_GRANULE),
			 0);
	r->ram_pa = r->next;
	for (unsigned i = 0; i < RIG_PAGES; i++)
		granule_new(r);
	assert_int_equal(RMI(r, RMI_RTT_DATA_MAP, r->rd, RIG_IPA,
			     RIG_IPA + RIG_PAGES * CCA_GRANULE,
			     RMI_OADDR_SINGLE,
			     r->ram_pa | RIG_PAGES << RMI_RDESC_CNT_LSB),
			 0);
	assert_int_equal(RMI(r, RMI_REALM_ACTIVATE, r->rd), 0);
}

void realm_empty(struct cca_rig *r)
{
	const uint64_t size = RIG_PAGES * CCA_GRANULE;
	const uint64_t ipa[] = { RIG_IPA, RIG_SHARED };

	assert_int_equal(
		RMI(r, RMI_RTT_DATA_UNMAP, r->rd, RIG_IPA, RIG_IPA + size), 0);
	assert_int_equal(r->x[1], RIG_IPA + size);
	assert_int_equal(r->x[2], r->ram_pa | RIG_PAGES << 2);
	for (unsigned i = 0; i < 2; i++)
		for (uint64_t level = 3; level > 0; level--) {
			const uint64_t span = CCA_GRANULE << 9 * (4 - level);

			assert_int_equal(RMI(r, RMI_RTT_DESTROY, r->rd,
					     ipa[i] & ~(span - 1), level),
					 0);
		}
}

uint64_t enter(struct cca_rig *r)
{
	uint64_t rc;

	put64(r, r->run, r->flags);
	r->flags = 0;
	rc = RMI(r, RMI_REC_ENTER, r->rec, r->run);
	get(r, r->run, r->rrun, sizeof(r->rrun));
	return rc;
}

uint64_t exit_reason(const struct cca_rig *r)
{
	return cca_u64(r->rrun, REC_EXIT_REASON);
}

static void answer(struct cca_rig *r)
{
	const uint8_t *e = r->rrun;

	if (r->host && r->host(r, exit_reason(r)))
		return;
	switch (exit_reason(r)) {
	case RMI_EXIT_VDEV_REQUEST:
		(void)RMI(r, RMI_VDEV_COMPLETE, r->rec, r->vdev);
		break;
	case RMI_EXIT_DEV_MEM_MAP:
		(void)RMI(r, RMI_RTT_DEV_VALIDATE, r->rd, r->rec,
			  cca_u64(e, REC_EXIT_DEV_MEM_BASE),
			  cca_u64(e, REC_EXIT_DEV_MEM_TOP));
		break;
	case RMI_EXIT_RIPAS_CHANGE:
		(void)RMI(r, RMI_RTT_SET_RIPAS, r->rd, r->rec,
			  cca_u64(e, REC_EXIT_RIPAS_BASE),
			  cca_u64(e, REC_EXIT_RIPAS_TOP));
		break;
	default:
		break;
	}
}

uint64_t rig_rsi(struct cca_rig *r, const uint64_t x[CCA_SMC_REGS])
{
	memcpy(r->call, x, sizeof(r->call));
	r->called = true;
	r->back = false;
	for (unsigned i = 0; !r->back; i++) {
		assert_true(i < 16);
		assert_int_equal(enter(r), 0);
		if (!r->back)
			answer(r);
	}
	r->called = false;
	return r->call[0];
}

void vdev_info(struct cca_rig *r, uint8_t info[VDEV_INFO_LEN])
{
	struct fault f;

	assert_int_equal(RSI(r, RSI_VDEV_GET_INFO, RIG_VDEV_ID, RIG_IPA), 0);
	assert_int_equal(realm_io(r, RIG_IPA, info, VDEV_INFO_LEN, false, &f),
			 IL_OK);
}

enum il_err realm_io(struct cca_rig *r, uint64_t ipa, void *p, uint32_t len,
		     bool write, struct fault *f)
{
	return cca_fw_access(r->fw, r->rec, ipa, p, len, write, f);
}

const struct rule *dma(struct cca_rig *r, uint64_t iova, bool t, bool write,
		       void *word)
{
	const struct iommu_req q = { .rid = PEER_RID,
				     .t = t,
				     .stream =
					     t ? PEER_STREAM : IOMMU_NO_STREAM,
				     .port = PEER_PORT,
				     .iova = iova,
				     .write = write,
				     .len = 8 };
	struct fault f;

	return iommu_access(&r->i, &q, word, &f) ? f.rule : NULL;
}
