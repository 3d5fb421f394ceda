/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfu/vfu_priv.h"

/*
 * TDISP without SPDM: a side door of this front end, for an emulator that must
 * know a TDI's state and has no session. It reads the device and has no way to
 * change it: what would move a TDI, or tell of its lock, belongs in the
 * session that locked it (law 1; PCIe TDISP 1.0 §11.2.2).
 */

/* As TDISP's own responder takes them, in its order. */
static enum tdisp_error screen(const struct device *d, const uint8_t *in,
			       size_t n, struct tdisp_msg *req,
			       enum tdi_state *state)
{
	const uint32_t fn = req->iface.function_id;
	const uint32_t known =
		TDISP_FN_RID | TDISP_FN_SEGMENT | TDISP_FN_SEG_VALID;

	if (req->code == TDISP_GET_VERSION
		    ? req->version >> 4 != TDISP_VERSION_10 >> 4
		    : req->version != TDISP_VERSION_10)
		return TDISP_E_VERSION_MISMATCH;
	if (req->code != TDISP_GET_VERSION &&
	    req->code != TDISP_GET_CAPABILITIES && req->code != TDISP_GET_STATE)
		return TDISP_E_UNSUPPORTED_REQUEST;
	/* OPEN: reserved bits that are set name nothing, as in tdisp. */
	if (req->iface.rsvd || fn & ~known ||
	    (!(fn & TDISP_FN_SEG_VALID) && fn & TDISP_FN_SEGMENT) ||
	    device_ask_state(d, (uint16_t)(fn & TDISP_FN_RID), state))
		return TDISP_E_INVALID_INTERFACE;
	if (tdisp_decode(in, n, req))
		return TDISP_E_INVALID_REQUEST;
	return TDISP_E_NONE;
}

static void fill(const struct device *d, const struct tdisp_msg *req,
		 enum tdi_state state, struct tdisp_msg *rsp)
{
	static const uint8_t versions[] = { TDISP_VERSION_10 };

	if (req->code == TDISP_GET_VERSION) {
		rsp->code = TDISP_VERSION;
		rsp->versions.entries = versions;
		rsp->versions.count = sizeof(versions);
	} else if (req->code == TDISP_GET_CAPABILITIES) {
		rsp->code = TDISP_CAPABILITIES;
		rsp->caps = d->dsm.pci.tdisp.caps;
	} else {
		rsp->code = TDISP_STATE;
		rsp->state = (uint8_t)state;
	}
}

enum vfu_verdict vfu_bare_tdisp(struct vfu *v, unsigned conn,
				const struct emu_frame *f,
				struct emu_frame *reply, const char **why)
{
	struct rd hdr = rd_over(f->p, f->len);
	struct wr w = wr_over(v->reply, sizeof(v->reply));
	struct tdisp_msg req, rsp = { .version = TDISP_VERSION_10 };
	enum tdi_state state = TDI_UNLOCKED;
	enum tdisp_error e;

	(void)conn;
	if (tdisp_hdr_decode(&hdr, &req)) {
		*why = "a TDISP message without a whole header";
		return VFU_DROP;
	}
	rsp.iface = req.iface;
	e = screen(v->dev, f->p, f->len, &req, &state);
	if (e) {
		rsp.code = TDISP_ERROR;
		rsp.error.code = e;
		if (e == TDISP_E_UNSUPPORTED_REQUEST)
			rsp.error.data = req.code;
	} else {
		fill(v->dev, &req, state, &rsp);
	}
	if (tdisp_encode(&w, &rsp)) {
		*why = "a TDISP answer cannot be written";
		return VFU_DROP;
	}
	reply->command = EMU_NORMAL;
	reply->len = (uint32_t)w.len;
	return VFU_ANSWER;
}
