/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "world/plat_tdx.h"

/*
 * Where the host has put evidence for a TD: answers to its TDCM commands in
 * the buffers that it shared. Device information has the certificate chain,
 * then the measurements; the report has a buffer of its own; the nonce is the
 * command's data, and gone with the answer.
 */
#define INFO_MAX TDX_PLAT_INFO_MAX

static const uint32_t type_of[EVIDENCE_BLOBS] = {
	[EVIDENCE_MEASUREMENTS] = TDX_INFO_MEAS,
	[EVIDENCE_CERTIFICATES] = TDX_INFO_CHAIN,
};

static const struct tdx_guest *guest_of(const struct world_vm *vm)
{
	const struct tdx_plat_vm *p = vm->plat;

	return p ? &p->guest : NULL;
}

/* Bytes that the answer in @buf has. */
static bool answer(struct world_vm *vm, uint64_t buf, uint32_t max,
		   uint32_t *len)
{
	uint8_t h[TDCM_DATA];

	if (!swap_read(vm, buf, h, sizeof(h)))
		return false;
	*len = tdx_u32(h, TDCM_DATA_LEN);
	return *len <= max;
}

/* A part of the device information. */
static bool part(struct world_vm *vm, uint64_t buf, uint32_t type,
		 struct evidence_place *out)
{
	uint32_t len, at = 0;
	uint8_t h[TDX_INFO_HDR];

	if (!answer(vm, buf, INFO_MAX, &len))
		return false;
	out->end = buf + TDCM_DATA + len;
	while (len - at >= sizeof(h)) {
		if (!swap_read(vm, buf + TDCM_DATA + at, h, sizeof(h)))
			return false;
		at += (uint32_t)sizeof(h);
		out->gpa = buf + TDCM_DATA + at;
		out->len = tdx_u32(h, TDX_INFO_LEN);
		if (out->len > len - at)
			return false;
		if (tdx_u32(h, TDX_INFO_TYPE) == type)
			return true;
		at += out->len;
	}
	return false;
}

bool tdx_evidence_at(struct world_vm *vm, enum world_evidence what,
		     struct evidence_place *out)
{
	const struct tdx_guest *g = guest_of(vm);
	uint64_t buf;

	if (!g)
		return false;
	buf = g->cfg.map.buf;
	*out = (struct evidence_place){ .gpa = buf + TDCM_DATA,
					.len = EVIDENCE_NONCE_LEN,
					.limit = buf + TDX_GUEST_INFO_LEN };
	if (what == EVIDENCE_NONCE)
		return true;
	if (what != EVIDENCE_REPORT)
		return part(vm, buf, type_of[what], out);
	buf += TDX_GUEST_INFO_LEN;
	out->gpa = buf + TDCM_DATA;
	out->limit = buf + TDX_GUEST_REPORT_LEN;
	if (!answer(vm, buf, TDX_GUEST_REPORT_LEN - TDCM_DATA, &out->len))
		return false;
	out->end = out->gpa + out->len;
	return true;
}

/* --- another one in its place --- */

static bool copy(struct world_vm *vm, uint64_t to, uint64_t from, uint32_t len)
{
	uint8_t b[256];

	for (uint32_t n, at = 0; at < len; at += n) {
		n = len - at < sizeof(b) ? len - at : (uint32_t)sizeof(b);
		if (!swap_read(vm, from + at, b, n) ||
		    !swap_write(vm, to + at, b, n))
			return false;
	}
	return true;
}

static bool set_len(struct world_vm *vm, uint64_t buf, uint32_t len)
{
	uint8_t b[4];

	tdx_put_u32(b, 0, len);
	return swap_write(vm, buf + TDCM_DATA_LEN, b, sizeof(b));
}

/*
 * Parts follow each other, so the answer is laid out anew: the other part and
 * this one, which the host has at @gpa.
 */
static bool relay_out(struct world_vm *vm, enum world_evidence what,
		      uint64_t gpa, uint32_t len)
{
	const uint64_t buf = guest_of(vm)->cfg.map.buf;
	uint8_t *all = ((struct tdx_plat_vm *)vm->plat)->info;
	struct evidence_place at;
	uint32_t n = 0;

	for (unsigned i = EVIDENCE_BLOBS; i-- > 0;) {
		uint8_t *h = all + n;

		if (i == EVIDENCE_REPORT)
			continue;
		if (i == what)
			at = (struct evidence_place){ .gpa = gpa, .len = len };
		else if (!part(vm, buf, type_of[i], &at))
			return false;
		if (at.len > INFO_MAX - n - 2 * TDX_INFO_HDR)
			return false;
		tdx_put_u32(h, TDX_INFO_TYPE, type_of[i]);
		tdx_put_u32(h, TDX_INFO_LEN, at.len);
		if (!swap_read(vm, at.gpa, h + TDX_INFO_HDR, at.len))
			return false;
		n += TDX_INFO_HDR + at.len;
	}
	return swap_write(vm, buf + TDCM_DATA, all, n) && set_len(vm, buf, n);
}

bool tdx_evidence_set(struct world_vm *vm, enum world_evidence what,
		      uint64_t gpa, uint32_t len)
{
	const struct tdx_guest *g = guest_of(vm);
	uint64_t buf;

	if (!g || what >= EVIDENCE_BLOBS)
		return false;
	if (what != EVIDENCE_REPORT)
		return relay_out(vm, what, gpa, len);
	buf = g->cfg.map.buf + TDX_GUEST_INFO_LEN;
	return len <= TDX_GUEST_REPORT_LEN - TDCM_DATA &&
	       copy(vm, buf + TDCM_DATA, gpa, len) && set_len(vm, buf, len);
}

/* --- which call it is --- */

static bool tdcm_is(struct world_vm *vm, const struct tdx_regs *r,
		    enum tdcm_op op)
{
	uint8_t h[TDCM_DATA];

	return r->rax == TDG_VP_VMCALL && r->r11 == TDVMCALL_TDCM &&
	       swap_read(vm, r->r13 & ~TDX_GPA_SHARED, h, sizeof(h)) &&
	       h[TDCM_OPERATION] == op;
}

bool tdx_evidence_asks(struct world_vm *vm, const struct tdx_regs *r)
{
	return tdcm_is(vm, r, TDCM_OP_GET_DEV_INFO);
}

/* What is exchanged is exchanged in the answer that it came with. */
bool tdx_evidence_there(struct world_vm *vm, const struct tdx_regs *r)
{
	return tdcm_is(vm, r,
		       vm->w->swap.what == EVIDENCE_REPORT
			       ? TDCM_OP_GET_TDI_REPORT
			       : TDCM_OP_GET_DEV_INFO);
}
