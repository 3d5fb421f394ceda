/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that talk to the device: the module hands out a request, the host
 * carries it and makes the same call again.
 * Source: TDX Connect patches v2 (2026), tdx_link_event_handler()
 */
#include <errno.h>
#include <string.h>

#include "arch/tdx/host_priv.h"

struct tdx_regs *tdx_op_new(struct tdx_conn *c, uint64_t leaf)
{
	c->op = (struct tdx_op){ .call = { .rax = leaf } };
	return &c->op.call;
}

/* No answer lies in the response page: the next call asks, or asks again. */
static int no_answer(struct tdx_host *h, struct tdx_conn *c)
{
	const uint8_t none[TDX_DOE_HDR] = { 0 };

	return tdx_write(h, c->in, none, sizeof(none));
}

static int take_request(struct tdx_host *h, struct tdx_conn *c,
			struct pci_tsm_relay *r)
{
	uint8_t hdr[TDX_DOE_HDR];
	uint32_t len;
	int ret = tdx_read(h, c->out, hdr, sizeof(hdr));

	if (ret)
		return ret;
	len = (tdx_u32(hdr, TDX_DOE_LENGTH) & 0x3ffff) * 4;
	c->op.type = hdr[TDX_DOE_TYPE];
	if (tdx_u16(hdr, TDX_DOE_VENDOR) != TDX_DOE_PCISIG ||
	    len <= sizeof(hdr) || len > PAGE_4K ||
	    (c->op.type != TDX_DOE_PLAIN && c->op.type != TDX_DOE_SECURED))
		return -EIO;
	r->type = c->op.type;
	r->req_len = len - sizeof(hdr);
	ret = tdx_read(h, c->out + sizeof(hdr), r->req, r->req_len);
	return ret ? ret : -EINPROGRESS;
}

/* The header last: with it the answer counts. */
static int put_response(struct tdx_host *h, struct tdx_conn *c,
			const uint8_t *rsp, size_t n)
{
	const size_t whole = align_up(n, 4);
	const uint8_t pad[4] = { 0 };
	uint8_t hdr[TDX_DOE_HDR] = { 0 };
	int ret;

	if (whole > PAGE_4K - sizeof(hdr))
		return -EMSGSIZE;
	tdx_put_u16(hdr, TDX_DOE_VENDOR, TDX_DOE_PCISIG);
	hdr[TDX_DOE_TYPE] = c->op.type;
	tdx_put_u32(hdr, TDX_DOE_LENGTH, (uint32_t)(whole + sizeof(hdr)) / 4);
	ret = n ? tdx_write(h, c->in + sizeof(hdr), rsp, n) : 0;
	if (!ret && whole > n)
		ret = tdx_write(h, c->in + sizeof(hdr) + n, pad, whole - n);
	return ret ? ret : tdx_write(h, c->in, hdr, sizeof(hdr));
}

static struct tdx_regs key_update(const struct tdx_conn *c)
{
	return (struct tdx_regs){ .rax = TDH_SPDM_MNG,
				  .rcx = c->spdm_id,
				  .rdx = TDX_SPDM_KEY_UPDATE,
				  .r8 = TDX_NO_PAGE,
				  .r9 = c->in,
				  .r10 = c->out,
				  .r11 = TDX_NO_PAGE };
}

/*
 * SESSION_KEY_REQUIRE_REFRESH: new keys first, then the same call again. A
 * session that wants that twice in a row has something wrong with it.
 */
static int issue(struct tdx_host *h, struct tdx_conn *c,
		 struct pci_tsm_relay *r)
{
	for (unsigned i = 0; i < 4; i++) {
		struct tdx_regs regs =
			c->op.updating ? key_update(c) : c->op.call;
		const uint64_t st = tdx_call(h, &regs);

		c->op.pending = TDX_STATUS(st) == TDX_SPDM_REQUEST;
		if (c->op.pending)
			return take_request(h, c, r);
		if (TDX_STATUS(st) == TDX_SPDM_SESSION_KEY_REQUIRE_REFRESH &&
		    !c->op.updating) {
			c->op.updating = true;
		} else if (c->op.updating && !tdx_errno(st)) {
			c->op.updating = false;
		} else {
			c->op.out = regs;
			return tdx_errno(st);
		}
		if (no_answer(h, c))
			return -EIO;
	}
	return -EIO;
}

int tdx_op_run(struct tdx_host *h, struct tdx_conn *c, struct pci_tsm_relay *r)
{
	int ret;

	if (!c->op.issued)
		ret = no_answer(h, c);
	else
		ret = r->err ? r->err : put_response(h, c, r->rsp, r->rsp_len);
	c->op.issued = true;
	if (!ret)
		ret = issue(h, c, r);
	if (ret != -EINPROGRESS)
		c->op.issued = false;
	return ret;
}

void tdx_op_drop(struct tdx_host *h, struct tdx_conn *c)
{
	const uint8_t wrong[4] = { 0 };

	for (unsigned i = 0; c->op.pending && i < 4; i++) {
		struct tdx_regs regs =
			c->op.updating ? key_update(c) : c->op.call;

		if (put_response(h, c, wrong, sizeof(wrong)))
			break;
		if (TDX_STATUS(tdx_call(h, &regs)) != TDX_SPDM_REQUEST)
			break;
	}
	c->op = (struct tdx_op){ 0 };
}
