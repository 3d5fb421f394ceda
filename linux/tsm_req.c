// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * Messages of the guest to firmware, as the host carries them: encrypted for
 * both of its neighbours. It adds what only it can: evidence, of which firmware
 * keeps digests alone, and MMIO pages made the guest's before the guest
 * validates them.
 *
 * Source: architecture as in src/arch/sev_tio/abi_guest.h
 */
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "host/uapi/interlock_ext.h"
#include "tsm_vm.h"

#define BLOB_MAX 0x10000
/* 16 MiB a message: each page costs some registers, below the core's lock. */
#define MMIO_ORDER_MAX 12

struct evidence {
	u8 *blob[TIO_BLOB_MAX];
	u32 len[TIO_BLOB_MAX];
};

/* --- evidence --- */

static const struct {
	u64 want;
	u32 cmd;
	enum tio_blob slot;
} step[] = {
	{ TIO_PARAM_INFO_MEAS, SEV_CMD_TIO_DEV_MEASUREMENTS,
	  TIO_BLOB_MEASUREMENTS },
	{ TIO_PARAM_INFO_CERTS, SEV_CMD_TIO_DEV_CERTIFICATES,
	  TIO_BLOB_CERTIFICATES },
	{ TIO_PARAM_INFO_REPORT, SEV_CMD_TIO_TDI_REPORT, TIO_BLOB_REPORT },
};

static int build(struct ilt_tdi *t, const struct sev_tio_req *q, u32 cmd)
{
	struct ilt_conn *c = ilt_conn_of(t->tdi.pdev);
	u8 *b = ilt_cmd_new(c, cmd, true);

	sev_put_u64(b, TIO_DEV_CTX, ilt_sla(c->ctx));
	if (cmd == SEV_CMD_TIO_TDI_REPORT) {
		sev_put_u64(b, TIO_TDI_TDI, ilt_sla(t->ctx));
		sev_put_u64(b, TIO_TDI_GCTX, ilt_pa(t->vm->gctx));
	}
	if (cmd != SEV_CMD_TIO_DEV_MEASUREMENTS)
		return 0;
	/* Shared memory alone: a nonce is shown to the device. */
	return ilt_vm_read(t->vm, q->data_gpa, b + TIO_DEV_MEAS_NONCE,
			   TIO_NONCE_LEN)
		       ? -EFAULT
		       : 0;
}

static int gather_one(struct ilt_tdi *t, const struct sev_tio_req *q,
		      unsigned int i, struct evidence *ev)
{
	const unsigned int slot = step[i].slot;
	struct ilt_conn *c = ilt_conn_of(t->tdi.pdev);
	int ret = build(t, q, step[i].cmd);

	if (!ret)
		ret = ilt_cmd_run(c, true);
	if (ret)
		return ret;
	ev->blob[slot] = kvmalloc(BLOB_MAX, GFP_KERNEL);
	if (!ev->blob[slot])
		return -ENOMEM;
	return ilt_output(c, ev->blob[slot], BLOB_MAX, &ev->len[slot]);
}

static void evidence_drop(struct evidence *ev)
{
	unsigned int i;

	for (i = 0; i < TIO_BLOB_MAX; i++)
		kvfree(ev->blob[i]);
	*ev = (struct evidence){};
}

/*
 * A device that does not answer has lost its session, and firmware still
 * waits: the TDI ends here. The guest's message is delivered all the same, and
 * firmware says in it that nothing is bound: one that were kept back would cost
 * the guest the key that it was sealed with.
 */
static int gather(struct ilt_tdi *t, const struct sev_tio_req *q,
		  struct evidence *ev)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(step) && !ret; i++)
		if (q->param & step[i].want)
			ret = gather_one(t, q, i, ev);
	if (!ret || ret == -EIO || ret == -EFAULT || ret == -ENOMEM ||
	    ret == -EMSGSIZE)
		return ret;
	ilt_tdi_cut(t);
	ilt_conn_look(ilt_conn_of(t->tdi.pdev));
	evidence_drop(ev);
	return 0;
}

static int guest_write(struct ilt_tdi *t, u64 gpa, const void *p, size_t len)
{
	return ilt_vm_write(t->vm, gpa, p, len) ? -EFAULT : 0;
}

/* Table, then blobs. -ENOSPC, and how many pages it takes. */
static int put_blobs(struct ilt_tdi *t, const struct sev_tio_req *q,
		     const struct evidence *ev, struct sev_tio_resp *a)
{
	u8 table[(TIO_BLOB_MAX + 1) * TIO_BLOB_ENTRY_LEN] = {};
	u64 at = sizeof(table);
	unsigned int i;
	u8 *e = table;
	int ret = 0;

	for (i = 0; i < TIO_BLOB_MAX; i++)
		at += ALIGN(ev->len[i], 8);
	a->data_pages = DIV_ROUND_UP(at, SZ_4K);
	if (a->data_pages > q->data_pages)
		return -ENOSPC;
	at = sizeof(table);
	for (i = 0; i < TIO_BLOB_MAX && !ret; i++) {
		if (!ev->len[i])
			continue;
		memcpy(e + TIO_BLOB_GUID, tio_blob_guid(i), 16);
		sev_put_u32(e, TIO_BLOB_OFFSET, at);
		sev_put_u32(e, TIO_BLOB_LENGTH, ev->len[i]);
		ret = guest_write(t, q->data_gpa + at, ev->blob[i], ev->len[i]);
		at += ALIGN(ev->len[i], 8);
		e += TIO_BLOB_ENTRY_LEN;
	}
	return ret ? ret : guest_write(t, q->data_gpa, table, sizeof(table));
}

/* --- the message --- */

/* TIO_GUEST_REQUEST: never needs the device. */
static int message(struct ilt_tdi *t, const struct sev_tio_req *q)
{
	struct ilt_conn *c = ilt_conn_of(t->tdi.pdev);
	u8 *b, *page;
	u64 req;
	int ret;

	if (ilt_vm_shared(t->vm, ALIGN_DOWN(q->req_gpa, SZ_4K), SZ_4K, &req))
		return -EFAULT;
	page = kmalloc(SZ_4K, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	b = ilt_cmd_new(c, SEV_CMD_TIO_GUEST_REQUEST, true);
	sev_put_u64(b, TIO_TDI_DEV, ilt_sla(c->ctx));
	sev_put_u64(b, TIO_TDI_TDI, ilt_sla(t->ctx));
	sev_put_u64(b, TIO_TDI_GCTX, ilt_pa(t->vm->gctx));
	sev_put_u64(b, TIO_GUEST_REQ_REQ, req);
	sev_put_u64(b, TIO_GUEST_REQ_RES, ilt_pa(c->res));
	ret = ilt_cmd_run(c, true);
	if (!ret) {
		memcpy(page, page_address(c->res), SZ_4K);
		ret = guest_write(t, q->rsp_gpa, page, SZ_4K);
	}
	kfree(page);
	return ret;
}

/* What has to be done before the guest's message is delivered. */
static int prepare(struct ilt_tdi *t, u32 op, const struct sev_tio_req *q)
{
	u32 order;

	if (op != IOMMU_TSM_OP_VALIDATE_MMIO ||
	    !(q->param & TIO_PARAM_MMIO_PRIVATE))
		return 0;
	order = FIELD_GET(TIO_PARAM_MMIO_ORDER, q->param);
	if (order > MMIO_ORDER_MAX)
		return -EINVAL;
	return ilt_mmio_private(t, q->param & TIO_PARAM_MMIO_GPA, 1U << order);
}

int ilt_tdi_message(struct ilt_tdi *t, u32 op, const struct sev_tio_req *q,
		    struct sev_tio_resp *a)
{
	struct evidence ev = {};
	int ret = 0;

	if (op != IOMMU_TSM_OP_VALIDATE_MMIO &&
	    op != IOMMU_TSM_OP_SEV_ENABLE_DMA &&
	    op != IOMMU_TSM_OP_SEV_DISABLE_DMA && op != IOMMU_TSM_OP_GUEST_REQ)
		return -EOPNOTSUPP;
	if (!t->created)
		return -ENXIO;
	if (op == IOMMU_TSM_OP_GUEST_REQ)
		ret = gather(t, q, &ev);
	if (!ret)
		ret = prepare(t, op, q);
	if (!ret)
		ret = message(t, q);
	if (!ret && (ev.len[0] || ev.len[1] || ev.len[2]))
		ret = put_blobs(t, q, &ev, a);
	evidence_drop(&ev);
	return ret;
}
