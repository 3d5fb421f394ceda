// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * Commands that talk to a device. The processor hands out one SPDM message
 * after another, which go through the device's mailbox; the command is issued
 * again, byte for byte, with each answer.
 * Source: Linux 7.3 drivers/crypto/ccp/sev-dev-tio.c, sev-dev-tsm.c
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "interlock_tsm.h"

/*
 * Each exchange is bounded by the mailbox (1 s), each command by its own time;
 * this is for all of them together, as the core's lock is held for as long.
 */
static unsigned int op_timeout_ms = 10000;
module_param(op_timeout_ms, uint, 0644);
MODULE_PARM_DESC(op_timeout_ms, "longest time for one operation on a device");

#define EXPANDS 3 /* once for each buffer that may be too small */

struct ilt_conn *ilt_conn_of(struct pci_dev *pdev)
{
	struct pci_dev *dsm = pdev->tsm ? pdev->tsm->dsm_dev : NULL;

	if (!dsm || !dsm->tsm)
		return NULL;
	return container_of(dsm->tsm, struct ilt_conn, pf0.base_tsm);
}

static void put_ctrl(struct ilt_conn *c)
{
	u8 *at = c->buf + TIO_CMD_SPDM_CTRL;

	sev_put_u64(at, TIO_SPDM_REQ, ilt_buf_sla(&c->req));
	sev_put_u64(at, TIO_SPDM_RESP, ilt_buf_sla(&c->rsp));
	sev_put_u64(at, TIO_SPDM_SCRATCH, ilt_buf_sla(&c->scratch));
	sev_put_u64(at, TIO_SPDM_OUTPUT, ilt_buf_sla(&c->out));
}

u8 *ilt_cmd_new(struct ilt_conn *c, u32 cmd, bool ctrl)
{
	memset(c->buf, 0, sizeof(c->buf));
	c->cmd = cmd;
	c->status = 0;
	sev_put_u32(c->buf, TIO_CMD_LENGTH, sev_cmd_len(cmd));
	if (ctrl)
		put_ctrl(c);
	return c->buf;
}

/*
 * EXPAND_BUFFER_LENGTH_REQUEST: the capacity that firmware needs stands in the
 * headers. A buffer that is too small is replaced, and the command names the
 * new one. (7.3's own driver never gets here.)
 */
static int grow(struct ilt_conn *c)
{
	struct ilt_buf *bufs[] = { &c->req, &c->scratch, &c->out };
	bool grown = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bufs); i++) {
		struct ilt_buf b;
		u8 cap[4];
		int ret = ilt_buf_read(bufs[i], TIO_BUF_CAPACITY, cap, 4);

		if (ret)
			return ret;
		if (sev_u32(cap, 0) <= bufs[i]->n * SZ_4K)
			continue;
		ret = ilt_buf_new(c->psp, &b, sev_u32(cap, 0), true);
		if (ret)
			return ret;
		ilt_buf_free(c->psp, bufs[i]);
		*bufs[i] = b;
		grown = true;
	}
	put_ctrl(c);
	return grown ? 0 : -EIO;
}

/* The message that firmware wants carried; its bytes, or -EIO. */
static int take_request(struct ilt_conn *c)
{
	u8 h[TIO_DOBJ_MSG_LEN];
	u32 len;

	if (ilt_buf_read(&c->req, TIO_BUF_HDR_LEN, h, sizeof(h)))
		return -EIO;
	len = sev_u32(h, TIO_DOBJ_LENGTH);
	c->type = h[TIO_DOBJ_DATA_TYPE]; /* the DOE types have its numbers */
	if (sev_u32(h, TIO_DOBJ_ID) != TIO_DOBJ_REQ || len <= sizeof(h) ||
	    len - sizeof(h) > ILT_MSG_MAX ||
	    (c->type != TIO_DATA_SPDM && c->type != TIO_DATA_SECURED))
		return -EIO;
	len -= sizeof(h);
	if (ilt_buf_read(&c->req, TIO_BUF_HDR_LEN + sizeof(h), c->msg_req, len))
		return -EIO;
	return len;
}

/* Length and payload are rounded up together, as 7.3 does it. */
static int put_response(struct ilt_conn *c, u32 n)
{
	const u32 len = ALIGN(TIO_DOBJ_MSG_LEN + n, TIO_BUF_ALIGN);
	u8 h[TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN] = {};
	static const u8 pad[TIO_BUF_ALIGN];
	u8 *o = h + TIO_BUF_HDR_LEN;
	int ret;

	sev_put_u32(h, TIO_BUF_CAPACITY, c->rsp.n * SZ_4K);
	sev_put_u32(h, TIO_BUF_PAYLOAD, len);
	sev_put_u32(o, TIO_DOBJ_ID, TIO_DOBJ_RESP);
	sev_put_u32(o, TIO_DOBJ_LENGTH, len);
	sev_put_u16(o, TIO_DOBJ_VERSION, TIO_DOBJ_VERSION_1_0);
	o[TIO_DOBJ_DATA_TYPE] = c->type;
	ret = ilt_buf_write(&c->rsp, sizeof(h), c->msg_rsp, n);
	if (!ret)
		ret = ilt_buf_write(&c->rsp, sizeof(h) + n, pad,
				    TIO_BUF_HDR_LEN + len - sizeof(h) - n);
	return ret ? ret : ilt_buf_write(&c->rsp, 0, h, sizeof(h));
}

static int carry(struct ilt_conn *c, u32 len)
{
	int n = pci_tsm_doe_transfer(c->pf0.base_tsm.pdev, c->type, c->msg_req,
				     len, c->msg_rsp, ILT_MSG_MAX);

	if (n < 0)
		return n;
	return n > ILT_MSG_MAX ? -EIO : put_response(c, n);
}

static int issue(struct ilt_conn *c, bool clean, u32 *status)
{
	unsigned int i;
	int ret;

	for (i = 0;; i++) {
		ret = ilt_cmd(c->psp, c->cmd, c->buf, clean, status);
		if (ret || i == EXPANDS ||
		    *status != SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST)
			return ret;
		ret = grow(c);
		if (ret)
			return ret;
	}
}

void ilt_op_begin(struct ilt_conn *c)
{
	c->end = jiffies + msecs_to_jiffies(op_timeout_ms);
}

int ilt_cmd_run(struct ilt_conn *c, bool clean)
{
	u32 status;
	int ret;

	/* No answer of an earlier command is left in the buffer. */
	c->type = 0;
	c->status = 0;
	ret = put_response(c, 0);
	while (!ret) {
		ret = issue(c, clean, &status);
		if (ret || status != SEV_RET_SPDM_REQUEST)
			break;
		if (!clean && fatal_signal_pending(current))
			ret = -EINTR;
		else if (time_after(jiffies, c->end))
			ret = -ETIMEDOUT;
		else
			ret = take_request(c);
		if (ret > 0)
			ret = carry(c, ret);
	}
	if (ret || !status)
		return ret;
	c->status = status;
	return -EIO;
}

int ilt_output(struct ilt_conn *c, void *out, u32 cap, u32 *len)
{
	u8 h[TIO_DOBJ_BLOB_LEN];
	u32 n;
	int ret = ilt_buf_read(&c->out, TIO_BUF_HDR_LEN, h, sizeof(h));

	if (ret)
		return ret;
	n = sev_u32(h, TIO_DOBJ_LENGTH);
	if (n < sizeof(h))
		return -EIO;
	n -= sizeof(h);
	if (n > cap)
		return -EMSGSIZE;
	ret = ilt_buf_read(&c->out, TIO_BUF_HDR_LEN + sizeof(h), out, n);
	if (!ret)
		*len = n;
	return ret;
}

void ilt_conn_look(struct ilt_conn *c)
{
	u8 *b, st[TIO_DSTAT_LEN];

	if (!c->created || !c->ide)
		return;
	b = ilt_cmd_new(c, SEV_CMD_TIO_DEV_STATUS, false);
	sev_put_u64(b, TIO_DEV_STATUS_CTX, ilt_sla(c->ctx));
	sev_put_u64(b, TIO_DEV_STATUS_PA, ilt_pa(c->res));
	if (ilt_do(c->psp, c->cmd, b, true))
		return;
	memcpy(st, page_address(c->res), sizeof(st));
	if (st[TIO_DSTAT_STATE] == TIO_DEV_ERROR)
		ilt_stream_off(c);
}
