/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a TD asks its host by TDG.VP.VMCALL<TDCM>, and the answer in the TD's
 * own buffer. The host keeps the bytes of a report and of the device
 * information; that they are the right ones the TD sees by the module's hashes.
 */
#include <errno.h>
#include <string.h>

#include "arch/tdx/host_priv.h"

#define NONCE_LEN 32u

/*
 * Page by page: what lies behind one of the guest's frames is not the guest's.
 */
static int guest_io(struct tdx_host *h, struct pci_tdi *tdi, uint64_t gpa,
		    void *buf, const void *from, uint64_t len)
{
	for (uint64_t at = 0, n; at < len; at += n, gpa += n) {
		uint64_t pa;
		int ret;

		n = PAGE_4K - gpa % PAGE_4K;
		n = n < len - at ? n : len - at;
		if (kvm_shared_pa(tdi->kvm, gpa, &pa))
			return -EFAULT;
		ret = buf ? tdx_read(h, pa, (uint8_t *)buf + at, (size_t)n)
			  : tdx_write(h, pa, (const uint8_t *)from + at,
				      (size_t)n);
		if (ret)
			return -EFAULT;
	}
	return 0;
}

int tdx_guest_tell(struct tdx_host *h, struct pci_tdi *tdi,
		   const struct tdx_req *q, int ret, const void *data,
		   uint32_t len)
{
	uint8_t hdr[TDCM_DATA];
	int tell = q->len < TDCM_DATA || len > q->len - TDCM_DATA
			   ? -ENOSPC
			   : guest_io(h, tdi, q->gpa, hdr, NULL, sizeof(hdr));

	if (!tell && !ret)
		tell = guest_io(h, tdi, q->gpa + TDCM_DATA, NULL, data, len);
	if (tell)
		return ret ? ret : tell;
	hdr[TDCM_STATUS] = ret ? TDCM_STATUS_FAILED : TDCM_STATUS_COMPLETED;
	tdx_put_u16(hdr, TDCM_ERROR, (uint16_t)(ret < 0 ? -ret : 0));
	tdx_put_u32(hdr, TDCM_DATA_LEN, ret ? 0 : len);
	tell = guest_io(h, tdi, q->gpa, NULL, hdr, sizeof(hdr));
	return ret ? ret : tell;
}

/* Measurements for the guest's nonce, whose hash is then of its interface. */
static int recollect(struct tdx_host *h, struct pci_tdi *tdi,
		     const struct tdx_req *q)
{
	const struct tdx_tdi *t = tdi->priv;
	struct tdx_conn *c = tdx_conn_of(tdi);
	uint8_t cmd[TDCM_DATA + NONCE_LEN], p[TDX_RECOLLECT_LEN] = { 0 };
	struct tdx_regs *r;
	int ret = q->len < sizeof(cmd)
			  ? -EINVAL
			  : guest_io(h, tdi, q->gpa, cmd, NULL, sizeof(cmd));

	if (ret)
		return ret;
	if (tdx_u32(cmd, TDCM_DATA_LEN) != NONCE_LEN)
		return -EINVAL;
	memcpy(p + TDX_RECOLLECT_NONCE, cmd + TDCM_DATA, NONCE_LEN);
	tdx_put_u32(p, TDX_RECOLLECT_FUNC, t->func);
	tdx_put_u32(p, TDX_RECOLLECT_FLAGS, TDX_RECOLLECT_F_FUNC);
	ret = tdx_write(h, c->conf, p, sizeof(p));
	r = tdx_op_new(c, TDH_SPDM_MNG);
	r->rcx = c->spdm_id;
	r->rdx = TDX_SPDM_RECOLLECT;
	r->r8 = c->conf;
	r->r9 = c->in;
	r->r10 = c->out;
	r->r11 = tdx_pages_arg(&c->info_pages);
	return ret;
}

static int info(struct tdx_host *h, struct pci_tdi *tdi,
		const struct tdx_req *q, bool first, struct pci_tsm_relay *r)
{
	struct tdx_conn *c = tdx_conn_of(tdi);
	int ret = first ? recollect(h, tdi, q) : 0;

	if (!ret)
		ret = tdx_op_run(h, c, r);
	if (ret == -EINPROGRESS)
		return ret;
	if (!ret)
		ret = tdx_conn_info(h, c);
	if (ret)
		tdx_conn_look(h, c);
	return tdx_guest_tell(h, tdi, q, ret, c->info, c->info_len);
}

int tdx_guest_ask(struct tdx_host *h, struct pci_tdi *tdi,
		  const struct tdx_req *q, bool first, struct pci_tsm_relay *r)
{
	const struct tdx_tdi *t = tdi->priv;
	const uint8_t yes = 1;

	switch (q->what) {
	case TDX_TDCM_CHECK:
		return tdx_guest_tell(h, tdi, q, 0, &yes, sizeof(yes));
	case TDX_TDCM_REPORT:
		return tdx_guest_tell(h, tdi, q, t->locked ? 0 : -ENXIO,
				      t->report, t->report_len);
	case TDX_TDCM_INFO:
		return info(h, tdi, q, first, r);
	default:
		return -EINVAL;
	}
}
