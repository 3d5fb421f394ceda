/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of the guest to the firmware, as the host carries them: encrypted
 * for both of its neighbours. It adds what only it can: evidence blobs that
 * the firmware keeps digests of alone, and MMIO pages made the guest's before
 * the guest validates them.
 *
 * Source: architectures.md B.2, B.3
 */
#include <errno.h>

#include "arch/sev_tio/host_priv.h"
#include "base/bytes.h"
#include "host/uapi/interlock_ext.h"

enum { MEAS, CERTS, REPORT, MESSAGE, DONE };

/* --- evidence --- */

/*
 * Page by page: what lies behind one of the guest's frames is not the guest's,
 * and a nonce that reached into it would show that to the device.
 */
static int nonce_of(struct sev_host *s, struct pci_tdi *tdi,
		    const struct sev_tio_req *q, uint8_t out[TIO_NONCE_LEN])
{
	uint64_t gpa = q->data_gpa;

	for (uint64_t at = 0, n; at < TIO_NONCE_LEN; at += n, gpa += n) {
		uint64_t pa;

		n = PAGE_4K - gpa % PAGE_4K;
		n = n < TIO_NONCE_LEN - at ? n : TIO_NONCE_LEN - at;
		if (kvm_shared_pa(tdi->kvm, gpa, &pa) ||
		    sev_read(s, pa, out + at, n))
			return -EFAULT;
	}
	return 0;
}

/* The command of a step; 0, or 1 when the guest did not ask for it. */
static int build(struct sev_host *s, struct pci_tdi *tdi,
		 const struct sev_tio_req *q, bool info)
{
	static const uint64_t wants[] = { TIO_PARAM_INFO_MEAS,
					  TIO_PARAM_INFO_CERTS,
					  TIO_PARAM_INFO_REPORT };
	static const uint32_t cmds[] = { SEV_CMD_TIO_DEV_MEASUREMENTS,
					 SEV_CMD_TIO_DEV_CERTIFICATES,
					 SEV_CMD_TIO_TDI_REPORT };
	struct sev_conn *c = sev_conn_of(tdi);
	const struct sev_vm *vm = ((const struct kvm_vm *)tdi->kvm)->priv;
	const struct sev_tdi *t = tdi->priv;
	uint8_t *b;

	if (!info || !(q->param & wants[c->step]))
		return 1;
	b = sev_cmd_new(c, cmds[c->step], true);
	sev_put_u64(b, TIO_DEV_CTX, sla_make(c->ctx, false));
	if (c->step == MEAS)
		return nonce_of(s, tdi, q, b + TIO_DEV_MEAS_NONCE);
	if (c->step == REPORT) {
		sev_put_u64(b, TIO_TDI_TDI, sla_make(t->ctx, false));
		sev_put_u64(b, TIO_TDI_GCTX, vm->gctx);
	}
	return 0;
}

/* Blob slots in the order of the steps. */
static const enum tio_blob slot[] = { TIO_BLOB_MEASUREMENTS,
				      TIO_BLOB_CERTIFICATES, TIO_BLOB_REPORT };

static int gather(struct sev_host *s, struct pci_tdi *tdi,
		  const struct sev_tio_req *q, bool info,
		  struct pci_tsm_relay *r)
{
	struct sev_conn *c = sev_conn_of(tdi);
	int ret;

	for (; c->step < MESSAGE; c->step++) {
		const enum tio_blob b = slot[c->step];

		if (!c->issued) {
			ret = build(s, tdi, q, info);
			if (ret > 0)
				continue;
			if (ret)
				return ret;
		}
		ret = sev_cmd_run(s, c, r);
		if (!ret)
			ret = sev_output(s, c, c->blob[b], SEV_BLOB_MAX,
					 &c->blob_len[b]);
		if (ret)
			return ret;
		r->err = 0;
		r->rsp_len = 0;
	}
	return 0;
}

static int guest_write(struct sev_host *s, struct pci_tdi *tdi, uint64_t gpa,
		       const uint8_t *p, uint64_t len)
{
	while (len) {
		uint64_t n = PAGE_4K - gpa % PAGE_4K, pa;

		n = n < len ? n : len;
		if (kvm_shared_pa(tdi->kvm, gpa, &pa) || sev_write(s, pa, p, n))
			return -EFAULT;
		gpa += n;
		p += n;
		len -= n;
	}
	return 0;
}

/* Table, then blobs. -ENOSPC and how many pages it takes. */
static int put_blobs(struct sev_host *s, struct pci_tdi *tdi,
		     const struct sev_tio_req *q, struct sev_tio_resp *a)
{
	struct sev_conn *c = sev_conn_of(tdi);
	uint8_t table[(TIO_BLOB_MAX + 1) * TIO_BLOB_ENTRY_LEN] = { 0 };
	uint8_t *e = table;
	uint64_t at = sizeof(table);
	int ret = 0;

	for (unsigned i = 0; i < TIO_BLOB_MAX; i++)
		at += align_up(c->blob_len[i], 8);
	a->data_pages = (at + PAGE_4K - 1) / PAGE_4K;
	if (a->data_pages > q->data_pages)
		return -ENOSPC;
	at = sizeof(table);
	for (unsigned i = 0; i < TIO_BLOB_MAX && !ret; i++) {
		if (!c->blob_len[i])
			continue;
		memcpy(e + TIO_BLOB_GUID, tio_blob_guid(i), 16);
		sev_put_u32(e, TIO_BLOB_OFFSET, (uint32_t)at);
		sev_put_u32(e, TIO_BLOB_LENGTH, c->blob_len[i]);
		ret = guest_write(s, tdi, q->data_gpa + at, c->blob[i],
				  c->blob_len[i]);
		at += align_up(c->blob_len[i], 8);
		e += TIO_BLOB_ENTRY_LEN;
	}
	return ret ? ret
		   : guest_write(s, tdi, q->data_gpa, table, sizeof(table));
}

/* --- the message --- */

/* TIO_GUEST_REQUEST: never needs the device. */
static int message(struct sev_host *s, struct pci_tdi *tdi,
		   const struct sev_tio_req *q, struct pci_tsm_relay *r)
{
	struct sev_conn *c = sev_conn_of(tdi);
	const struct sev_vm *vm = ((const struct kvm_vm *)tdi->kvm)->priv;
	const struct sev_tdi *t = tdi->priv;
	uint8_t *b = sev_cmd_new(c, SEV_CMD_TIO_GUEST_REQUEST, true);
	uint8_t page[PAGE_4K];
	uint64_t req;
	int ret;

	if (kvm_shared_pa(tdi->kvm, q->req_gpa, &req))
		return -EFAULT;
	sev_put_u64(b, TIO_TDI_DEV, sla_make(c->ctx, false));
	sev_put_u64(b, TIO_TDI_TDI, sla_make(t->ctx, false));
	sev_put_u64(b, TIO_TDI_GCTX, vm->gctx);
	sev_put_u64(b, TIO_GUEST_REQ_REQ, align_down(req, PAGE_4K));
	sev_put_u64(b, TIO_GUEST_REQ_RES, c->res);
	ret = sev_cmd_run(s, c, r);
	if (!ret)
		ret = sev_read(s, c->res, page, sizeof(page));
	return ret ? ret : guest_write(s, tdi, q->rsp_gpa, page, sizeof(page));
}

/* What has to be done before the guest's message is delivered. */
static int prepare(struct sev_host *s, struct pci_tdi *tdi, uint32_t op,
		   const struct sev_tio_req *q)
{
	unsigned order;

	if (op != IOMMU_TSM_OP_VALIDATE_MMIO ||
	    !(q->param & TIO_PARAM_MMIO_PRIVATE))
		return 0;
	order = (unsigned)field_get(TIO_PARAM_MMIO_ORDER, q->param);
	if (order > 18)
		return -EINVAL;
	return sev_mmio_private(s, tdi, q->param & TIO_PARAM_MMIO_GPA,
				UINT64_C(1) << order);
}

/*
 * The device did not answer: its session is lost, and firmware still waits.
 * The TDI ends here. The guest's message is delivered all the same, and
 * firmware says in it that nothing is bound: one that were kept back would
 * cost the guest the key that it was sealed with.
 */
static int device_lost(struct sev_host *s, struct pci_tdi *tdi)
{
	struct sev_conn *c = sev_conn_of(tdi);

	sev_tdi_abort(s, tdi, false);
	sev_conn_look(s, c);
	c->step = MESSAGE;
	memset(c->blob_len, 0, sizeof(c->blob_len));
	return 0;
}

static int run(struct sev_host *s, struct pci_tdi *tdi,
	       const struct pci_tsm_guest_req *g, const struct sev_tio_req *q,
	       bool first, struct pci_tsm_relay *r, struct sev_tio_resp *a)
{
	struct sev_conn *c = sev_conn_of(tdi);
	bool blobs = false, failed = !first && r->err;
	int ret;

	if (first) {
		c->step = MEAS;
		c->issued = false;
		memset(c->blob_len, 0, sizeof(c->blob_len));
	}
	ret = gather(s, tdi, q, g->op == IOMMU_TSM_OP_GUEST_REQ, r);
	if (ret && ret != -EINPROGRESS && failed)
		ret = device_lost(s, tdi);
	if (!ret)
		ret = prepare(s, tdi, g->op, q);
	if (!ret)
		ret = message(s, tdi, q, r);
	for (unsigned i = 0; i < TIO_BLOB_MAX; i++)
		blobs |= c->blob_len[i] != 0;
	if (!ret && blobs)
		ret = put_blobs(s, tdi, q, a);
	return ret;
}

int sev_guest_msg(struct sev_host *s, struct pci_tdi *tdi,
		  struct pci_tsm_guest_req *g, bool first,
		  struct pci_tsm_relay *r)
{
	const struct sev_tdi *t = tdi->priv;
	struct sev_tio_resp a = { 0 };
	struct sev_tio_req q;
	int ret;

	if (g->op != IOMMU_TSM_OP_VALIDATE_MMIO &&
	    g->op != IOMMU_TSM_OP_SEV_ENABLE_DMA &&
	    g->op != IOMMU_TSM_OP_SEV_DISABLE_DMA &&
	    g->op != IOMMU_TSM_OP_GUEST_REQ)
		return -EINVAL;
	if (g->req_len != sizeof(q))
		return -EINVAL;
	if (!t->created)
		return -ENXIO;
	memcpy(&q, g->req, sizeof(q));
	a.param = q.param;
	ret = run(s, tdi, g, &q, first, r, &a);
	if (ret == -EINPROGRESS)
		return ret;
	a.fw_error = s->fw_error;
	g->code = s->fw_error;
	memcpy(g->resp, &a, sizeof(a));
	g->resp_len = sizeof(a);
	if (ret)
		sev_conn_look(s, sev_conn_of(tdi));
	return ret;
}
