/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "pci/cfg.h"
#include "pci/regs.h"

/*
 * Configuration space: an image that somebody made up, and one of ours that
 * is written. The IDE blocks are decoded, encoded and compared.
 *
 * Look-ups end on any image and answer with what lies inside; a write changes
 * only what the mask lets it.
 */

static struct pci_cfg made, ours;

static void look(const struct pci_cfg *c)
{
	struct ide_block_regs b;
	uint64_t base, limit;
	uint16_t rel;

	for (unsigned id = 0; id < 0x40; id++) {
		must(pci_cap_find(c, (uint8_t)id) < 0x100);
		must(pci_ecap_find(c, (uint16_t)id) < CFG_SIZE);
	}
	for (unsigned n = 0; n < 6; n++)
		(void)(pci_bar_base(c, n) + pci_bar_size(c, n));
	if (pci_window_mem(c, &base, &limit))
		must(base <= limit);
	if (pci_window_pref(c, &base, &limit))
		must(base <= limit);
	for (unsigned i = 0; i < 3; i++) {
		(void)!pci_ide_block(c, 0x140, i, &b);
		(void)pci_ide_block_of(c, 0x140, (uint16_t)(0x140 + 16 * i),
				       &rel);
	}
}

static void block(const uint8_t *p, size_t n)
{
	uint8_t a[256], b[256];
	struct wr w = wr_over(a, sizeof(a)), v = wr_over(b, sizeof(b));
	struct rd r = rd_over(p, n);
	struct ide_cap_regs cap, cap2;
	struct ide_block_regs m, k;

	ide_cap_decode(n >= 4 ? rd_u32le(&r) : 0, &cap);
	ide_cap_decode(ide_cap_encode(&cap), &cap2);
	must(ide_cap_encode(&cap) == ide_cap_encode(&cap2));
	must(ide_cap_size(&cap, 1) >= ide_block_offset(&cap, 1, 0));
	r = rd_over(p, n);
	if (ide_block_decode(&r, &m))
		return;
	ide_block_encode(&w, &m);
	must(!w.err && w.len <= n);
	r = rd_over(a, w.len);
	must(ide_block_decode(&r, &k) == IL_OK);
	ide_block_encode(&v, &k);
	same_again(&w, &v, w.len);
}

static void build(void)
{
	static const struct pci_ids ids = { .vendor = 0x1d1a, .device = 1 };
	const struct ide_cap_regs cap = { .selective = true, .sel_num = 2 };

	pci_cfg_init(&ours, NULL, NULL);
	pci_type0(&ours, &ids);
	pci_bar(&ours, 0, 0x4000, BAR_MEM_64);
	(void)pci_pm_add(&ours);
	(void)pci_doe_add(&ours);
	(void)pci_ide_add(&ours, &cap, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	block(data, len);
	memset(&made, 0, sizeof(made));
	build();
	while (rd_left(&in)) {
		const uint8_t op = rd_u8(&in);
		const uint16_t reg = rd_u16le(&in) & 0xffc;
		const uint32_t v = rd_u32le(&in);
		const unsigned size = 1u << (op >> 4 & 3) % 3;
		const uint8_t be = pci_cfg_be(op >> 6, size);
		uint32_t was = pci_cfg_get(&ours, reg, 4);

		pci_cfg_put(&made, op & 1 ? reg & 0xfc : reg, 4, v);
		pci_cfg_write(&ours, reg, v, be);
		for (unsigned i = 0; i < 4; i++) {
			const uint8_t now = ours.image[reg + i];

			was ^= (uint32_t)now << (8 * i);
			must(!(was >> (8 * i) & 0xff &
			       (unsigned)~(ours.writable[reg + i] |
					   ours.w1c[reg + i])));
		}
		(void)pci_cfg_read(&ours, reg);
		if (op & 2) {
			pci_ide_show(&ours, pci_ecap_find(&ours, ECAP_IDE),
				     op >> 2 & 1, 2, op & 8);
			(void)(pci_vf_bar_base(&made, op >> 5) +
			       pci_vf_bar_size(&made, op >> 5));
		}
	}
	look(&made);
	look(&ours);
	return 0;
}
