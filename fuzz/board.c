/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "board/rig.h"

/*
 * A machine with a device of two functions, and whoever has its functions
 * open: any register, any access to a BAR, resets, memory that comes and goes,
 * and what stands in it. A step is an operation, a function, and numbers.
 *
 * The machine stays sane; what the VM's processor wrote into a page while it
 * was the VM's own is never read by the host, whatever becomes of the page;
 * and a host's write to such a page changes nothing.
 */

#define PAGE  UINT64_C(0x7000) /* of the VM */
#define STEPS 64

static struct rig *r;
static bool hidden; /* the page was written as a private one */

static const struct ep_user_ops nobody;

static void quiet(void *ctx, enum ep_irq kind, unsigned vector, bool on)
{
	(void)ctx;
	must(kind == EP_INTX ? !vector : vector < EP_MSIX_MAX && on);
}

static const struct ep_user_ops user = { .irq = quiet };

static enum il_err far_read(void *ctx, uint64_t addr, uint8_t *buf,
			    uint32_t len)
{
	(void)ctx;
	memset(buf, (int)(addr >> 12), len);
	return addr & 0x1000 ? IL_E_IO : IL_OK;
}

static enum il_err far_write(void *ctx, uint64_t addr, const uint8_t *buf,
			     uint32_t len)
{
	(void)ctx;
	(void)buf;
	(void)len;
	return addr & 0x2000 ? IL_E_IO : IL_OK;
}

static const struct ep_space_ops far_ops = { far_read, far_write };

/* Addresses that mean something to somebody. */
static uint64_t some_addr(uint8_t b)
{
	static const uint64_t at[] = {
		0,
		0x1000,
		RIG_DEVTAB,
		RIG_DEVTAB + 0x2000,
		RIG_IOTABLE,
		0x200000,
		0x400000,
		RIG_RAM - 8,
		BOARD_VM_RAM + PAGE,
		BOARD_VM_RAM + PAGE_2M,
		BOARD_FW_RAM,
		RIG_BAR0(0),
		RIG_BAR2(1),
		UINT64_C(0x800000000),
		MEM_MSI_BASE,
		PAGE,
	};

	return at[b % COUNT(at)];
}

static uint64_t some_value(struct rd *in)
{
	const uint8_t how = rd_u8(in);

	if (how < 0x40)
		return some_addr(how);
	if (how < 0x80)
		return how & 0x3f;
	return how < 0xc0 ? rd_u16le(in) : rd_u64le(in);
}

static struct ep *some_ep(uint8_t b)
{
	return board_ep(r->b, b % board_eps(r->b));
}

/* Registers of capabilities, or any. */
static uint32_t some_reg(const struct ep *e, uint8_t b, uint8_t off)
{
	const struct board_ep *x = board_ep_of((struct ep *)(uintptr_t)e);
	const uint32_t base[] = { 0,
				  0,
				  x->exp_cap,
				  x->msix_cap,
				  x->pm_cap,
				  r->dev.doe_cap,
				  r->dev.ide_cap,
				  0x100 };

	return (base[b & 7] + off) % EP_CFG_SIZE;
}

static void config(struct rd *in, struct ep *e, bool write)
{
	static const uint16_t lens[] = { 4, 2, 1, 8, 3, 64, 4, 4096 };
	const uint8_t a = rd_u8(in), off = rd_u8(in);
	const uint32_t reg = some_reg(e, a, off);
	uint32_t len = lens[a >> 3 & 7];
	uint8_t buf[EP_CFG_SIZE] = { 0 };

	if (len > EP_CFG_SIZE - reg)
		len = EP_CFG_SIZE - reg;
	if (write) {
		rd_copy(in, buf, len < rd_left(in) ? len : rd_left(in));
		e->ops->cfg_write(e, reg, buf, len);
	} else {
		e->ops->cfg_read(e, reg, buf, len);
	}
}

static void bar(struct rd *in, struct ep *e, bool write)
{
	const uint8_t a = rd_u8(in), off = rd_u8(in);
	const unsigned n = a & 2;
	const uint32_t len = 1u << (a >> 6);
	uint64_t at = (uint64_t)off * (a & 4 ? 4 : a & 8 ? 0x100 : 1);
	uint8_t b[8] = { 0 };
	struct wr w = wr_over(b, 8);

	if (e->bar[n].size < 8)
		return;
	at %= e->bar[n].size - 7;
	if (write) {
		wr_u64le(&w, some_value(in));
		e->ops->bar_write(e, n, at, b, len);
	} else {
		e->ops->bar_read(e, n, at, b, len);
	}
}

/* A register of the host's or the VM's, whole: what does something. */
static void page_reg(struct rd *in)
{
	static const uint16_t at[] = {
		BOARD_CMDBUF_LO,     BOARD_INSN_PA,	 BOARD_INSN_GPA,
		BOARD_INSN_ASID,     BOARD_INSN_FLAGS,	 BOARD_INSN_COUNT,
		BOARD_INSN_OP,	     BOARD_INSN_ATTR,	 BOARD_COPY_PA,
		BOARD_COPY_BUF,	     BOARD_COPY_LEN,	 BOARD_COPY_OP,
		BOARD_DEVTAB,	     BOARD_DEVTAB_COUNT, BOARD_LOG,
		BOARD_LOG_SLOTS,     BOARD_INVAL_ADDR,	 BOARD_INVAL_SIZE,
		BOARD_INVAL_ID,	     BOARD_INVAL_OP,	 BOARD_VM_ASID,
		BOARD_VM_FN,	     BOARD_VM_SECRETS,	 BOARD_EXIT_RUN,
		BOARD_EXIT_CODE,     BOARD_CMDRESP,	 BOARD_IRQ,
		BOARD_EXIT_CODE + 8, BOARD_LOG_HEAD,	 BOARD_INSN_COUNT,
		BOARD_INSN_OP,	     BOARD_VM_FN,
	};
	const uint8_t a = rd_u8(in);
	struct ep *e = rig_ep(r, a & 0x80 ? "vm" : "host");
	const uint32_t reg = at[a % COUNT(at)];
	uint64_t v = some_value(in);

	if (reg == BOARD_CMDRESP)
		v = v << 16 & 0x7ff0000;
	if (reg == BOARD_VM_FN && v < 4)
		v += 0x100;
	rig_bar_put(e, 0, reg, 4, v);
	if (v >> 32)
		rig_bar_put(e, 0, reg, 8, v);
}

static void memory(struct rd *in)
{
	const uint8_t a = rd_u8(in);
	const void *owner = &r->user[a & 3];
	const enum ep_space s = a & 4 ? EP_VM : EP_HOST;
	const uint64_t addr =
		(some_addr(rd_u8(in)) & 0xffffff) & ~(PAGE_4K - 1);
	struct ep_piece p = { .addr = addr,
			      .size = (1 + (a >> 6)) * PAGE_4K,
			      .readable = a & 8,
			      .writable = a & 16 };

	if (a & 32)
		p.ops = &far_ops;
	else
		p.at = r->ram[s] + addr;
	if (addr + p.size > RIG_RAM)
		return;
	/* The page that is looked at stays where it is. */
	if (s == EP_VM && addr < PAGE + PAGE_4K && PAGE < addr + p.size)
		return;
	if (board_give(r->b, s, owner, &p))
		(void)!board_take(r->b, s, owner, addr, p.size);
	if (a == 0xff)
		board_take_all(r->b, owner);
}

static void fill(struct rd *in)
{
	const uint64_t at = some_addr(rd_u8(in)) & 0xfffff8;
	uint8_t *p = r->ram[EP_HOST] + (at < RIG_RAM - 64 ? at : 0);
	const size_t n = rd_u8(in) % 64;

	rd_copy(in, p, n < rd_left(in) ? n : rd_left(in));
}

static void life(struct rd *in, struct ep *e)
{
	const uint8_t a = rd_u8(in);

	switch (a & 7) {
	case 0:
		e->ops->reset(e);
		break;
	case 1:
		e->ops->intx_done(e);
		break;
	case 2:
		if (board_ep_of(e)->user)
			e->ops->close(e);
		must(e->ops->open(e, &user, r) == IL_OK);
		must(e->ops->open(e, &nobody, r) == IL_E_STATE);
		break;
	default:
		e->ops->irq_set(e, a & 8 ? EP_INTX : EP_MSIX,
				a & 8 ? a >> 4 & 1 : a >> 4);
		break;
	}
}

static void engine(struct rd *in, struct ep *e)
{
	if (board_ep_of(e)->kind != BOARD_IS_FN &&
	    board_ep_of(e)->kind != BOARD_IS_VMFN)
		return;
	rig_bar_put(e, 0, 0x10, 8, some_value(in));
	rig_bar_put(e, 0, 0x18, 8, some_value(in));
	rig_bar_put(e, 0, 0x20, 4, rd_u16le(in));
	rig_bar_put(e, 0, 0x24, 4, rd_u8(in) % 4);
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);
	struct ep *e = some_ep(op >> 4);

	switch (op & 0xf) {
	case 0:
	case 1:
		config(in, e, op & 1);
		break;
	case 2:
	case 3:
		bar(in, e, op & 1);
		break;
	case 4:
		memory(in);
		break;
	case 5:
		fill(in);
		break;
	case 6:
		life(in, e);
		break;
	case 7:
		engine(in, e);
		break;
	case 8:
		r->now += UINT64_C(1000000) << (rd_u8(in) % 12);
		board_run(r->b, r->now);
		break;
	case 9:
		rig_enumerate(e, board_ep_of(e)->fn);
		break;
	default:
		page_reg(in);
	}
}

static bool owned(void)
{
	struct own_page p;

	return !own_entry(&r->b->own, BOARD_VM_RAM + PAGE, &p) && p.asid &&
	       own_asid_active(&r->b->own, p.asid);
}

/* The VM's processor writes while the page is its own. */
static void look(void)
{
	uint8_t *vm = r->ram[EP_VM] + PAGE;
	uint8_t got[64];
	struct fault f;

	if (hidden && !mem_host_read(&r->b->mem, BOARD_VM_RAM + PAGE, got,
				     sizeof(got), &f))
		for (unsigned i = 0; i < sizeof(got); i++)
			must(got[i] != 'p');
	if (!owned()) {
		hidden = false; /* shared: others may write it, and do */
		return;
	}
	memset(vm, 'p', 64);
	hidden = true;
	memset(got, 'q', sizeof(got));
	must(mem_host_write(&r->b->mem, BOARD_VM_RAM + PAGE, got, sizeof(got),
			    &f) == IL_E_IO);
	must(vm[0] == 'p' && vm[63] == 'p');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	struct rig it;

	r = &it;
	hidden = false;
	rig_new(r);
	rig_give(r, EP_HOST);
	rig_give(r, EP_VM);
	for (unsigned i = 0; i < board_eps(r->b); i++)
		must(board_ep(r->b, i)->ops->open(board_ep(r->b, i), &user,
						  r) == IL_OK);
	rig_devtab(r, rig_ep(r, "host"));
	must(own_asid_activate(&r->b->own, 1, 0x1234567) == IL_OK);
	for (unsigned n = 0; n < STEPS && rd_left(&in); n++) {
		step(&in);
		must(board_vm_sane(&r->b->vm) && mem_sane(&r->b->mem));
		must(fabric_sane(&r->b->fabric) && device_sane(&r->dev));
		look();
	}
	must(sev_fw_sane(r->b->fw));
	rig_free(r);
	return 0;
}
