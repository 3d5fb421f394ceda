/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "board/board_priv.h"

/*
 * The two functions of registers, host and vm: configuration spaces of their
 * own, and BARs whose registers host.c and vm.c have.
 */

static enum il_err page_open(struct ep *e, const struct ep_user_ops *ops,
			     void *ctx)
{
	struct board_ep *x = board_ep_of(e);
	const enum il_err err = board_ep_claim(x, ops, ctx);

	if (err)
		return err;
	if (x->kind == BOARD_IS_HOST)
		board_exit_host(&x->b->exit, true);
	board_vm_state(x->b);
	return IL_OK;
}

/* Another program on the host, or in the VM, which begins at its beginning. */
static void page_reset(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);
	struct board *b = x->b;

	board_irq_clear(b, e, UINT32_MAX);
	pci_cfg_reset(&x->cfg, x->first);
	if (x->kind == BOARD_IS_HOST) {
		board_exit_host(&b->exit, false);
		board_exit_host(&b->exit, x->user != NULL);
		board_host_reset(&b->host);
	} else {
		board_exit_forget(&b->exit);
		board_vm_reset(&b->vm);
	}
	board_vm_fn_changed(b);
}

static void page_close(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);

	board_irq_clear(x->b, e, UINT32_MAX);
	x->user = NULL;
	memset(x->wants, 0, sizeof(x->wants));
	page_reset(e);
	board_vm_state(x->b);
}

/* --- configuration space --- */

static void page_cfg_read(struct ep *e, uint32_t off, uint8_t *buf,
			  uint32_t len)
{
	struct board_ep *x = board_ep_of(e);

	for (uint32_t i = 0; i < len; i++) {
		const uint16_t reg = (uint16_t)(off + i);

		buf[i] = (uint8_t)(pci_cfg_read(&x->cfg, reg & 0xffcu) >>
				   8 * (reg & 3u));
	}
}

static void page_cfg_write(struct ep *e, uint32_t off, const uint8_t *buf,
			   uint32_t len)
{
	struct board_ep *x = board_ep_of(e);

	for (uint32_t i = 0; i < len; i++) {
		const uint16_t reg = (uint16_t)(off + i);

		pci_cfg_write(&x->cfg, reg & 0xffcu,
			      (uint32_t)buf[i] << 8 * (reg & 3u),
			      (uint8_t)BIT(reg & 3u));
	}
}

/* --- BARs --- */

static uint32_t get_le32(const uint8_t *p)
{
	struct rd r = rd_over(p, 4);

	return rd_u32le(&r);
}

static void put_le32(uint8_t *p, uint32_t v)
{
	struct wr w = wr_over(p, 4);

	wr_u32le(&w, v);
}

/* Bus 0 of the machine, as ECAM has it; bytes that no register is are ones. */
static void ecam_read(struct board *b, uint64_t off, uint8_t *buf, uint32_t len)
{
	uint32_t v = UINT32_MAX;
	enum il_err err = IL_E_ARG;

	memset(buf, 0xff, len);
	if (len <= 4)
		err = fabric_cfg_read(&b->fabric, (uint16_t)(off >> 12),
				      (uint16_t)(off & 0xfff), len, &v);
	for (uint32_t i = 0; i < len && !err; i++)
		buf[i] = (uint8_t)(v >> 8 * i);
}

static void ecam_write(struct board *b, uint64_t off, const uint8_t *buf,
		       uint32_t len)
{
	uint32_t v = 0;

	if (len > 4)
		return;
	for (uint32_t i = len; i-- > 0;)
		v = v << 8 | buf[i];
	(void)!fabric_cfg_write(&b->fabric, (uint16_t)(off >> 12),
				(uint16_t)(off & 0xfff), len, v);
	board_settle(b);
}

static void page_bar_read(struct ep *e, unsigned bar, uint64_t off,
			  uint8_t *buf, uint32_t len)
{
	struct board_ep *x = board_ep_of(e);

	memset(buf, 0, len);
	if (bar == 2)
		ecam_read(x->b, off, buf, len);
	else if (off >= BOARD_OWN_TABLE)
		return; /* VFIO shows the table, and has it */
	else if (off == BOARD_IRQ && len == 4)
		put_le32(buf, board_irq_cause(x->b, e));
	else if (x->kind == BOARD_IS_HOST && off >= BOARD_BENCH_OP)
		board_bench_get(&x->b->bench, (uint32_t)off, buf, len);
	else if (x->kind == BOARD_IS_HOST)
		board_host_get(&x->b->host, (uint32_t)off, buf, len);
	else
		board_vm_get(&x->b->vm, (uint32_t)off, buf, len);
}

/* What it writes may reach the device, or give a function away. */
static void host_write(struct board *b, uint32_t off, const uint8_t *buf,
		       uint32_t len)
{
	board_host_put(&b->host, off, buf, len);
	board_vm_fn_changed(b);
	board_settle(b);
}

static void page_bar_write(struct ep *e, unsigned bar, uint64_t off,
			   const uint8_t *buf, uint32_t len)
{
	struct board_ep *x = board_ep_of(e);

	if (bar == 2)
		ecam_write(x->b, off, buf, len);
	else if (off >= BOARD_OWN_TABLE)
		return;
	else if (off == BOARD_IRQ && len == 4)
		board_irq_clear(x->b, e, get_le32(buf));
	else if (x->kind == BOARD_IS_HOST && off >= BOARD_BENCH_OP)
		board_bench_put(&x->b->bench, (uint32_t)off, buf, len);
	else if (x->kind == BOARD_IS_HOST)
		host_write(x->b, (uint32_t)off, buf, len);
	else
		board_vm_put(&x->b->vm, (uint32_t)off, buf, len);
}

/* --- interrupts --- */

static void page_irq_set(struct ep *e, enum ep_irq kind, unsigned n)
{
	struct board_ep *x = board_ep_of(e);

	x->wants[kind] = n;
	if (kind == EP_INTX && n && x->cause)
		board_tell(x, EP_INTX, 0, true);
}

static void page_intx_done(struct ep *e)
{
	struct board_ep *x = board_ep_of(e);

	if (x->cause)
		board_tell(x, EP_INTX, 0, true);
}

const struct ep_ops board_page_ops = {
	.open = page_open,
	.close = page_close,
	.cfg_read = page_cfg_read,
	.cfg_write = page_cfg_write,
	.bar_read = page_bar_read,
	.bar_write = page_bar_write,
	.reset = page_reset,
	.irq_set = page_irq_set,
	.intx_done = page_intx_done,
};

void board_page_init(struct board_ep *x)
{
	const bool host = x->kind == BOARD_IS_HOST;
	const struct pci_ids ids = {
		.vendor = BOARD_VENDOR,
		.device = host ? BOARD_HOST_DEV : BOARD_GUEST_DEV,
		.class_code = 0x108000, /* encryption controller, other */
	};
	struct pci_cfg *c = &x->cfg;

	pci_cfg_init(c, NULL, NULL);
	pci_type0(c, &ids);
	pci_bar(c, 0, BOARD_BAR0_SIZE, 0);
	x->ep.bar[0] = (struct ep_bar){ .size = BOARD_BAR0_SIZE };
	if (host) {
		pci_bar(c, 2, BOARD_BAR2_SIZE, 0);
		x->ep.bar[2] = (struct ep_bar){ .size = BOARD_BAR2_SIZE };
	}
	pci_cfg_put(c, CFG_INT_PIN, 1, 1);
	/*
	 * Where function 0 has none, nor have these: QEMU 11 aborts when a
	 * function with MSI-X is unplugged, and this is how to ask for a
	 * machine of which everything can be.
	 */
	if (x->b->eps[0].ep.msix) {
		(void)pci_msix_add(c, BOARD_OWN_VECTORS, 0, BOARD_OWN_TABLE, 0,
				   BOARD_OWN_PBA);
		x->ep.msix = BOARD_OWN_VECTORS;
	}
	x->ep.intx = true;
	memcpy(x->first, c->image, sizeof(x->first));
}
