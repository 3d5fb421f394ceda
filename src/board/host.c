/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/host.h"

#include <string.h>

#include "base/bits.h"
#include "board/host_priv.h"

void board_host_init(struct board_host *h, const struct board_host_cfg *cfg)
{
	*h = (struct board_host){ .cfg = *cfg };
}

void board_host_reset(struct board_host *h)
{
	const uint64_t now_ns = h->now_ns;

	board_host_init(h, &h->cfg);
	h->now_ns = now_ns;
	h->io.tail = h->cfg.iommu->log_tail;
}

void board_host_run(struct board_host *h, uint64_t now_ns)
{
	if (now_ns > h->now_ns)
		h->now_ns = now_ns;
	host_psp_run(h);
	host_io_run(h);
}

uint64_t board_host_next_ns(const struct board_host *h)
{
	return h->psp.held ? h->psp.due_ns : UINT64_MAX;
}

/* --- registers --- */

#define RO 0x1u /* read alone */
#define WO 0x2u
#define RW 0x3u

enum slot {
	SLOT_ID,
	SLOT_VERSION,
	SLOT_CMDBUF,
	SLOT_CMDRESP,
	SLOT_IRQ,
	SLOT_PA,
	SLOT_GPA,
	SLOT_ASID,
	SLOT_FLAGS,
	SLOT_COUNT,
	SLOT_INSN,
	SLOT_RC,
	SLOT_PAGES,
	SLOT_COPY_PA,
	SLOT_COPY_BUF,
	SLOT_COPY_LEN,
	SLOT_COPY,
	SLOT_COPY_RC,
	SLOT_TABLE,
	SLOT_TABLE_COUNT,
	SLOT_LOG,
	SLOT_LOG_SLOTS,
	SLOT_HEAD,
	SLOT_TAIL,
	SLOT_INVAL_ADDR,
	SLOT_INVAL_SIZE,
	SLOT_INVAL_ID,
	SLOT_INVAL,
};

/* CMDBUF_LO and _HI are one register of two halves, never of 8 bytes. */
/* clang-format off */
static const struct reg {
	uint32_t off;
	uint8_t size;
	uint8_t most; /* bytes of an access */
	uint8_t may;
	enum slot slot;
} regs[] = {
	{ BOARD_ID,           4, 4, RO, SLOT_ID },
	{ BOARD_VERSION,      4, 4, RO, SLOT_VERSION },
	{ BOARD_CMDBUF_LO,    8, 4, RW, SLOT_CMDBUF },
	{ BOARD_CMDRESP,      4, 4, RW, SLOT_CMDRESP },
	{ BOARD_IRQ,          4, 4, RW, SLOT_IRQ },
	{ BOARD_INSN_PA,      8, 8, RW, SLOT_PA },
	{ BOARD_INSN_GPA,     8, 8, RW, SLOT_GPA },
	{ BOARD_INSN_ASID,    4, 4, RW, SLOT_ASID },
	{ BOARD_INSN_FLAGS,   4, 4, RW, SLOT_FLAGS },
	{ BOARD_INSN_COUNT,   4, 4, RW, SLOT_COUNT },
	{ BOARD_INSN_OP,      4, 4, WO, SLOT_INSN },
	{ BOARD_INSN_RC,      4, 4, RO, SLOT_RC },
	{ BOARD_INSN_PAGES,   4, 4, RO, SLOT_PAGES },
	{ BOARD_COPY_PA,      8, 8, RW, SLOT_COPY_PA },
	{ BOARD_COPY_BUF,     8, 8, RW, SLOT_COPY_BUF },
	{ BOARD_COPY_LEN,     4, 4, RW, SLOT_COPY_LEN },
	{ BOARD_COPY_OP,      4, 4, WO, SLOT_COPY },
	{ BOARD_COPY_RC,      4, 4, RO, SLOT_COPY_RC },
	{ BOARD_DEVTAB,       8, 8, RW, SLOT_TABLE },
	{ BOARD_DEVTAB_COUNT, 4, 4, RW, SLOT_TABLE_COUNT },
	{ BOARD_LOG,          8, 8, RW, SLOT_LOG },
	{ BOARD_LOG_SLOTS,    4, 4, RW, SLOT_LOG_SLOTS },
	{ BOARD_LOG_HEAD,     4, 4, RW, SLOT_HEAD },
	{ BOARD_LOG_TAIL,     4, 4, RO, SLOT_TAIL },
	{ BOARD_INVAL_ADDR,   8, 8, RW, SLOT_INVAL_ADDR },
	{ BOARD_INVAL_SIZE,   8, 8, RW, SLOT_INVAL_SIZE },
	{ BOARD_INVAL_ID,     4, 4, RW, SLOT_INVAL_ID },
	{ BOARD_INVAL_OP,     4, 4, WO, SLOT_INVAL },
};
/* clang-format on */

/* The register, and which half of it; NULL: no such access. */
static const struct reg *find(uint32_t off, uint32_t len, uint8_t may,
			      uint32_t *shift)
{
	for (unsigned i = 0; i < COUNT(regs); i++) {
		const struct reg *r = &regs[i];

		if (off < r->off || off - r->off >= r->size)
			continue;
		if (!(r->may & may) || (len != 4 && len != r->size) ||
		    len > r->most || (off - r->off) % len)
			return NULL;
		*shift = (off - r->off) * 8;
		return r;
	}
	return NULL;
}

static uint64_t get_io(const struct board_host *h, enum slot slot)
{
	const struct iommu *i = h->cfg.iommu;

	switch ((unsigned)slot) {
	case SLOT_TABLE:
		return h->io.table;
	case SLOT_TABLE_COUNT:
		return i->dev_count;
	case SLOT_LOG:
		return h->io.log;
	case SLOT_LOG_SLOTS:
		return i->log_base ? i->log_slots : 0;
	case SLOT_HEAD:
		return i->log_head;
	case SLOT_TAIL:
		return i->log_tail;
	case SLOT_INVAL_ADDR:
		return h->io.addr;
	case SLOT_INVAL_SIZE:
		return h->io.size;
	default:
		return h->io.id;
	}
}

static uint64_t get(const struct board_host *h, enum slot slot)
{
	switch ((unsigned)slot) {
	case SLOT_ID:
		return BOARD_MAGIC;
	case SLOT_VERSION:
		return BOARD_VERSION_1;
	case SLOT_CMDBUF:
		return h->psp.buf;
	case SLOT_CMDRESP:
		return h->psp.resp;
	case SLOT_IRQ:
		return h->cfg.causes ? h->cfg.causes(h->cfg.ctx) : 0;
	case SLOT_PA:
		return h->insn.pa;
	case SLOT_GPA:
		return h->insn.gpa;
	case SLOT_ASID:
		return h->insn.asid;
	case SLOT_FLAGS:
		return h->insn.flags;
	case SLOT_COUNT:
		return h->insn.count;
	case SLOT_RC:
		return h->insn.rc;
	case SLOT_PAGES:
		return h->insn.pages;
	case SLOT_COPY_PA:
		return h->copy.pa;
	case SLOT_COPY_BUF:
		return h->copy.buf;
	case SLOT_COPY_LEN:
		return h->copy.len;
	case SLOT_COPY_RC:
		return h->copy.rc;
	default:
		return get_io(h, slot);
	}
}

void board_host_get(struct board_host *h, uint32_t off, uint8_t *buf,
		    uint32_t len)
{
	const struct reg *r;
	uint32_t shift;
	uint64_t val;

	if (off >= BOARD_VM_STATE) {
		board_exit_get(h->cfg.exit, true, off, buf, len);
		return;
	}
	memset(buf, 0xff, len);
	r = find(off, len, RO, &shift);
	if (!r)
		return;
	val = get(h, r->slot) >> shift;
	for (uint32_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(val >> 8 * i);
}

/* --- writes --- */

/* Registers that only keep what is written. */
static void *kept(struct board_host *h, enum slot slot)
{
	switch ((unsigned)slot) {
	case SLOT_CMDBUF:
		return &h->psp.buf;
	case SLOT_PA:
		return &h->insn.pa;
	case SLOT_GPA:
		return &h->insn.gpa;
	case SLOT_ASID:
		return &h->insn.asid;
	case SLOT_FLAGS:
		return &h->insn.flags;
	case SLOT_COUNT:
		return &h->insn.count;
	case SLOT_COPY_PA:
		return &h->copy.pa;
	case SLOT_COPY_BUF:
		return &h->copy.buf;
	case SLOT_COPY_LEN:
		return &h->copy.len;
	case SLOT_TABLE:
		return &h->io.table;
	case SLOT_LOG:
		return &h->io.log;
	case SLOT_INVAL_ADDR:
		return &h->io.addr;
	case SLOT_INVAL_SIZE:
		return &h->io.size;
	case SLOT_INVAL_ID:
		return &h->io.id;
	default:
		return NULL;
	}
}

static void act(struct board_host *h, enum slot slot, uint32_t val)
{
	switch ((unsigned)slot) {
	case SLOT_CMDRESP:
		host_psp_ring(h, val);
		break;
	case SLOT_IRQ:
		if (h->cfg.seen)
			h->cfg.seen(h->cfg.ctx, val);
		break;
	case SLOT_INSN:
		host_insn(h, val);
		break;
	case SLOT_COPY:
		host_copy(h, val);
		break;
	case SLOT_TABLE_COUNT:
		host_io_table(h, val);
		break;
	case SLOT_LOG_SLOTS:
		host_io_log(h, val);
		break;
	case SLOT_HEAD:
		host_io_head(h, val);
		break;
	default:
		host_io_inval(h, val);
		break;
	}
}

void board_host_put(struct board_host *h, uint32_t off, const uint8_t *buf,
		    uint32_t len)
{
	const struct reg *r;
	uint32_t shift;
	uint64_t val = 0, *wide;
	void *at;

	if (off >= BOARD_VM_STATE) {
		board_exit_put(h->cfg.exit, true, off, buf, len);
		return;
	}
	r = find(off, len, WO, &shift);
	if (!r)
		return;
	for (uint32_t i = len; i-- > 0;)
		val = val << 8 | buf[i];
	at = kept(h, r->slot);
	if (!at) {
		act(h, r->slot, (uint32_t)val);
	} else if (r->size == 4) {
		*(uint32_t *)at = (uint32_t)val;
	} else {
		wide = at;
		*wide = len == 8 ? val
				 : (*wide & ~(UINT64_C(0xffffffff) << shift)) |
					   val << shift;
	}
}
