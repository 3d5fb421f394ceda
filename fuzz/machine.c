/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "arch/sev_tio/own_rig.h"

/*
 * A SEV-TIO machine: host, guest, firmware and device reach for the same few
 * pages while the host changes the RMP, device entries and page tables.
 *
 * RMP, IOMMU and memory stay sane; nobody but its guest, in the way that the
 * guest validated it, and the guest's device get at an assigned page; no
 * plaintext of the guest is ever seen by the host or by a device with T = 0.
 */

static struct rig r;

static const uint8_t secret[16] = "guest's secret!!";

static uint64_t some(uint8_t b)
{
	static const uint32_t at[] = { 0, 1, 2, 511 };

	return at[b % COUNT(at)] * PAGE_4K;
}

static bool plaintext(const void *p)
{
	return !memcmp(p, secret, sizeof(secret));
}

static void guest(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in);
	const uint64_t gpa =
		a & 0x80 ? BAR_GPA + (a & 1) * PAGE_4K : GPA + some(a);
	uint8_t b[16];
	struct own_page page;

	memcpy(b, secret, sizeof(b));
	r.c.level = a >> 3 & 3;
	/* only private writes hold the secret */
	if (guest_does(&r, gpa, op & 0x10, op & 0x20 && op & 0x10, b,
		       sizeof(b)) ||
	    !(op & 0x10) || a & 0x80) {
		r.c.level = 0;
		return;
	}
	r.c.level = 0;
	must(own_entry(&r.o, DATA + some(a), &page) == IL_OK);
	must(page.flags & OWN_F_ASSIGNED && page.flags & OWN_F_VALIDATED &&
	     page.asid == ASID);
}

static void host(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in);
	const uint64_t pa = a & 0x80 ? BAR + some(a) : DATA + some(a);
	uint8_t b[16] = { 0 };
	struct own_page page;

	if (host_does(&r, pa, a & 0x40 ? PAGE_2M : PAGE_4K, op & 0x10, b,
		      sizeof(b)))
		return;
	must(!plaintext(b));
	must(own_entry(&r.o, pa, &page) == IL_OK);
	must(!(op & 0x10) || !(page.flags & OWN_F_ASSIGNED));
}

static void device(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in);
	struct iommu_req q =
		dma((a & 0x80 ? BAR_GPA : GPA) + some(a), op & 0x10, op & 0x20);
	uint8_t b[64] = { 0 };
	struct own_page page;

	q.len = sizeof(secret);
	q.stream ^= a >> 2 & 1;
	q.port ^= a >> 3 & 1;
	q.tc = a >> 4 & 1;
	q.rid += a >> 5 & 1;
	if (op & 0x40)
		q.iova |= VTOM;
	if (device_does(&r, q, b))
		return;
	if (!q.t)
		must(!plaintext(b));
	if (!q.t || op & 0x40 || a & 0x80)
		return;
	must(own_entry(&r.o, DATA + some(a), &page) == IL_OK);
	must(page.flags & OWN_F_VALIDATED && page.asid == ASID);
}

static void firmware(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in);
	uint8_t b[16] = { 0 };

	(void)firmware_does(&r, DATA + some(a), op & 0x10,
			    a & 4   ? ASID
			    : a & 8 ? OTHER
				    : 0,
			    op & 0x20, b, sizeof(b));
}

static void rmp(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in);
	const bool bar = a & 0x80;
	const uint64_t pa = (bar ? BAR : DATA) + some(a);
	const enum rmp_size size = a & 4 ? RMP_2M : RMP_4K;
	enum rmp_rc rc;
	bool same;
	struct fault f;

	switch (op >> 4 & 7) {
	case 0:
	case 1:
		(void)!assign(&r, pa, (bar ? BAR_GPA : GPA) + some(a),
			      a & 8 ? OTHER : ASID, size, a & 16);
		break;
	case 2:
		(void)!unassign(&r, pa, size);
		break;
	case 3:
		(void)!own_psmash(&r.o, pa);
		break;
	case 4:
	case 5:
		(void)!own_pvalidate(&r.o, &r.c,
				     (bar ? BAR_GPA : GPA) + some(a), size,
				     !(a & 0x20), &rc, &same, &f);
		break;
	case 6:
		map_both(&r, a & 0x40 ? PAGE_2M : PAGE_4K);
		break;
	default:
		(void)!own_rmpadjust(&r.o, &r.c, GPA + some(a), size,
				     (1u + (a >> 6)) | (a & 0x38u) << 5, &rc,
				     &f);
	}
}

/* The secure entry, as firmware writes it. */
static void sdte(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	struct own_sdte e = good_sdte(), again;
	uint8_t raw[OWN_SDTE_LEN];

	e.valid = !(a & 1);
	e.ir = !(a & 2);
	e.iw = !(a & 4);
	e.vtom_en = !(a & 8);
	e.asid = a & 0x10 ? OTHER : ASID;
	e.vmpl = a >> 5 & 3;
	e.stream[0] = b & 1 ? 0xff : STREAM;
	e.rp_id = b & 2 ? 1 : PORT;
	e.gv = b & 4;
	e.viommu_en = b & 8;
	e.vtom = b & 0x10 ? UINT32_MAX : e.vtom;
	e.sats = b & 0x20;
	if (own_sdte_write(&r.o, a & 0x80 ? RIDS : RID, &e) || a & 0x80)
		return;
	must(own_sdte_read(&r.o, RID, &again) == IL_OK);
	own_sdte_encode(&e, raw);
	must(!e.valid || again.asid == e.asid);
	raw[b >> 2] ^= (uint8_t)(1u << (b & 7));
	if (!own_sdte_decode(raw, &again)) {
		uint8_t out[OWN_SDTE_LEN];

		own_sdte_encode(&again, out);
		must(!again.valid || !memcmp(raw, out, sizeof(raw)));
	}
}

static void entries(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in);
	uint64_t q[4];

	if (op & 0x10) {
		set_dte(&r, rd_u64le(in), rd_u64le(in), rd_u64le(in));
	} else if (op & 0x20) {
		good_dte(&r);
	} else {
		set_dte(&r,
			r.iot.root | 3 | (uint64_t)(a & 7) << 9 |
				(uint64_t)(a >> 3) << 58,
			a, (uint64_t)(a >> 5) << 60 | (a & 1));
	}
	(void)!own_dte_read(&r.o, a & 0x80 ? RIDS : RID, q);
}

static void keys(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in);
	const uint32_t asid = a & 1 ? ASID : a & 2 ? OTHER : 3u + (a >> 5);
	enum own_fence dma_f, mmio_f;

	switch (op >> 4 & 3) {
	case 0:
		(void)!own_asid_activate(&r.o, asid, 1 + a);
		break;
	case 1:
		(void)!own_asid_deactivate(&r.o, asid);
		break;
	case 2:
		(void)!own_fence_set(&r.o, asid, a & 4 ? 1 : PORT,
				     (enum own_fence)(a >> 3 & 3),
				     (enum own_fence)(a >> 5 & 3));
		break;
	default:
		if (!own_fence_get(&r.o, asid, a & 4 ? 1 : PORT, &dma_f,
				   &mmio_f))
			must(own_asid_validated(&r.o, asid) <=
			     own_asid_pages(&r.o, asid));
		(void)own_asid_sdtes(&r.o, asid);
		(void)own_asid_active(&r.o, asid);
	}
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);
	const struct rmp_update none = { 0 };
	struct rmp_read rr;

	switch (op & 15) {
	case 0:
	case 1:
		guest(in, op);
		break;
	case 2:
		host(in, op);
		break;
	case 3:
	case 4:
	case 5:
		device(in, op);
		break;
	case 6:
		firmware(in, op);
		break;
	case 7:
	case 8:
	case 9:
		rmp(in, op);
		break;
	case 10:
		sdte(in);
		break;
	case 11:
		entries(in, op);
		break;
	case 12:
		keys(in, op);
		break;
	case 13: {
		const uint64_t pa = DATA + some(op >> 4);

		(void)!own_fw_move(
			&r.o, pa, own_state(&r.o, pa),
			(enum own_state)(rd_u8(in) % (OWN_GUEST_PINNED + 1)));
		break;
	}
	case 14:
		(void)!own_hold(&r.o, DATA + some(op >> 4), op & 0x40);
		(void)!own_rmpread(&r.o, DATA + some(op >> 4), &rr);
		break;
	default: /* beyond what the RMP covers */
		(void)!own_rmpupdate(&r.o, RAM - PAGE_4K + (op >> 4), &none);
		(void)!own_rmpread(&r.o, RAM - PAGE_4K, &rr);
	}
	must(own_sane(&r.o));
	must(iommu_sane(&r.i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	const uint8_t how = rd_u8(&in);

	rig_up(&r);
	if (how & 1)
		own_it(&r, DATA, RMP_4K);
	if (how & 2)
		own_it(&r, DATA + PAGE_4K, RMP_4K);
	for (unsigned n = 0; rd_left(&in) && n < 64; n++)
		step(&in);
	rig_down(&r);
	return 0;
}
