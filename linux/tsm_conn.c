// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * connect and disconnect of a device's function 0. Whatever fails, all that
 * was done before is undone, in reverse.
 * Source: Linux 7.3 drivers/crypto/ccp/sev-dev-tsm.c, sev-dev-tio.c
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/slab.h>

#include "interlock_tsm.h"

static ulong firmware_page;
module_param(firmware_page, ulong, 0400);
MODULE_PARM_DESC(firmware_page, "address of a page that is firmware's while "
				"one is connected: nobody's DMA may reach it");

static int buffers_new(struct ilt_conn *c)
{
	struct ilt_psp *p = c->psp;
	int ret;

	c->msg_req = kvzalloc(ILT_MSG_MAX, GFP_KERNEL);
	c->msg_rsp = kvzalloc(ILT_MSG_MAX, GFP_KERNEL);
	if (!c->msg_req || !c->msg_rsp)
		return -ENOMEM;
	ret = ilt_buf_new(p, &c->req, p->req_size, true);
	if (!ret)
		ret = ilt_buf_new(p, &c->rsp, p->rsp_size, false);
	if (!ret)
		ret = ilt_buf_new(p, &c->scratch, p->scratch_size, true);
	if (!ret)
		ret = ilt_buf_new(p, &c->out, p->out_size, true);
	if (ret)
		return ret;
	c->ctx = ilt_fw_page(p);
	c->res = ilt_fw_page(p);
	firmware_page = c->ctx ? ilt_pa(c->ctx) : 0;
	return c->ctx && c->res ? 0 : -ENOMEM;
}

static void buffers_free(struct ilt_conn *c)
{
	struct ilt_psp *p = c->psp;

	firmware_page = 0;
	ilt_fw_page_free(p, c->res);
	ilt_fw_page_free(p, c->ctx);
	c->res = NULL;
	c->ctx = NULL;
	ilt_buf_free(p, &c->out);
	ilt_buf_free(p, &c->scratch);
	ilt_buf_free(p, &c->rsp);
	ilt_buf_free(p, &c->req);
	kvfree(c->msg_rsp);
	kvfree(c->msg_req);
	c->msg_rsp = NULL;
	c->msg_req = NULL;
}

static int dev_create(struct ilt_conn *c)
{
	struct pci_dev *pdev = c->pf0.base_tsm.pdev;
	struct pci_dev *rp = pcie_find_root_port(pdev);
	u8 *b = ilt_cmd_new(c, SEV_CMD_TIO_DEV_CREATE, false);
	u32 cap;
	int ret;

	if (!rp || pcie_capability_read_dword(rp, PCI_EXP_LNKCAP, &cap))
		return -ENODEV;
	sev_put_u64(b, TIO_DEV_CREATE_CTX, ilt_sla(c->ctx));
	sev_put_u16(b, TIO_DEV_CREATE_RID, pci_dev_id(pdev));
	/* The port by the number in its Link Capabilities, not by its RID. */
	sev_put_u16(b, TIO_DEV_CREATE_PORT, cap >> 24);
	b[TIO_DEV_CREATE_SEGMENT] = pci_domain_nr(pdev->bus);
	ret = ilt_do(c->psp, c->cmd, b, false);
	c->created = !ret;
	return ret;
}

static void connect_cmd(struct ilt_conn *c)
{
	u8 *b = ilt_cmd_new(c, SEV_CMD_TIO_DEV_CONNECT, true);

	sev_put_u64(b, TIO_DEV_CONNECT_CTX, ilt_sla(c->ctx));
	b[TIO_DEV_CONNECT_TC_MASK] = 1;
	memset(b + TIO_DEV_CONNECT_STREAMS, 0xff, 8);
	if (c->ide)
		b[TIO_DEV_CONNECT_STREAMS] = c->ide->stream_id;
}

static void disconnect_cmd(struct ilt_conn *c, bool force)
{
	u8 *b = ilt_cmd_new(c, SEV_CMD_TIO_DEV_DISCONNECT, true);

	sev_put_u64(b, TIO_DEV_CTX, ilt_sla(c->ctx));
	sev_put_u32(b, TIO_DEV_FLAGS, force ? TIO_DISCONNECT_F_FORCE : 0);
}

/* Firmware has let go of the device, or is made to. */
static void conn_close(struct ilt_conn *c, bool force)
{
	struct ilt_psp *p = c->psp;
	u8 *b;

	if (c->created && force) {
		disconnect_cmd(c, true);
		ilt_do(p, c->cmd, c->buf, true);
	}
	if (c->created) {
		b = ilt_cmd_new(c, SEV_CMD_TIO_DEV_RECLAIM, false);
		sev_put_u64(b, TIO_DEV_RECLAIM_CTX, ilt_sla(c->ctx));
		ilt_do(p, c->cmd, b, true);
	}
	c->created = false;
	ilt_stream_close(c);
	buffers_free(c);
}

/* SPDM goes by two DOE types, and both must be of the one mailbox. */
static int mailbox(struct ilt_conn *c)
{
	struct pci_dev *pdev = c->pf0.base_tsm.pdev;

	if (pci_find_doe_mailbox(pdev, PCI_VENDOR_ID_PCI_SIG,
				 PCI_DOE_FEATURE_SSESSION) == c->pf0.doe_mb)
		return 0;
	pci_err(pdev, "the mailbox for SPDM has no secured messages\n");
	return -EFAULT;
}

int ilt_connect(struct pci_dev *pdev)
{
	struct ilt_conn *c = ilt_conn_of(pdev);
	int ret = ilt_dead(c->psp) ? -ENXIO : mailbox(c);

	if (ret)
		return ret;
	ilt_op_begin(c);
	ret = ilt_stream_open(c);
	if (!ret)
		ret = buffers_new(c);
	if (!ret)
		ret = dev_create(c);
	if (!ret) {
		connect_cmd(c);
		ret = ilt_cmd_run(c, false);
		if (ret)
			pci_err(pdev, "connect: %d, firmware status 0x%02x\n",
				ret, c->status);
	}
	if (!ret)
		ret = ilt_stream_on(c);
	if (ret)
		conn_close(c, true);
	return ret;
}

/*
 * The stream goes off first: with configuration requests under IDE the
 * messages that stop the keys would travel under the keys that they stop.
 */
void ilt_disconnect(struct pci_dev *pdev)
{
	struct ilt_conn *c = ilt_conn_of(pdev);
	int ret = 0;

	ilt_op_begin(c);
	ilt_left_again(false); /* firmware does not let go of a device before */
	ilt_stream_off(c);
	if (c->created) {
		disconnect_cmd(c, system_state > SYSTEM_RUNNING);
		ret = ilt_cmd_run(c, false);
		if (ret)
			pci_warn(pdev,
				 "disconnect: %d, status 0x%02x; forced\n", ret,
				 c->status);
	}
	conn_close(c, ret);
}
