/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "device/device.h"
#include "device/lspci_priv.h"

/*
 * From a function's configuration space to a device file. What the engine
 * cannot be like is noted, and is as near as it comes.
 */

/* Of the function that was taken; 0 behind its end. */
static uint32_t get(const struct device_lspci *d, unsigned at, unsigned size)
{
	return at + size <= CFG_SIZE ? pci_cfg_get(&d->pf, (uint16_t)at, size)
				     : 0;
}

static void load(struct device_lspci *d, const struct lspci_fn *f)
{
	pci_cfg_init(&d->pf, NULL, NULL);
	memcpy(d->pf.image, f->cfg, sizeof(f->cfg));
}

static bool endpoint(const struct lspci_fn *f)
{
	return f->len >= 0x40 && (f->cfg[CFG_HEADER_TYPE] & 0x7f) == 0 &&
	       (f->cfg[0] != 0xff || f->cfg[1] != 0xff) &&
	       (f->cfg[0] || f->cfg[1]);
}

/* The function to take, loaded; NULL: there is none. */
static const struct lspci_fn *choose(struct device_lspci *d)
{
	const struct lspci_fn *first = NULL;

	for (unsigned i = 0; i < d->fns; i++) {
		const struct lspci_fn *f = &d->fn[i];

		if (!endpoint(f))
			continue;
		if (!first)
			first = f;
		load(d, f);
		if (pci_ecap_find(&d->pf, ECAP_DOE) ||
		    pci_ecap_find(&d->pf, ECAP_IDE))
			return f;
	}
	if (first)
		load(d, first);
	return first;
}

static void name_of(uint16_t rid, char out[16])
{
	snprintf(out, 16, "%02x:%02x.%x", BDF_BUS(rid), BDF_DEV(rid),
		 BDF_FN(rid));
}

/* Whether @rid is a VF of the function that was taken. */
static bool is_vf(const struct device_lspci *d, uint16_t pf, uint16_t rid)
{
	unsigned cap = pci_ecap_find(&d->pf, ECAP_SRIOV);
	unsigned first = get(d, cap + SRIOV_VF_OFFSET, 2);
	unsigned stride = get(d, cap + SRIOV_VF_STRIDE, 2);
	unsigned total = get(d, cap + SRIOV_TOTAL, 2);
	unsigned off = (unsigned)(uint16_t)(rid - pf);

	if (!cap || !total || off < first)
		return false;
	off -= first;
	if (!stride)
		return off == 0;
	return off % stride == 0 && off / stride < total;
}

static void note_others(struct device_lspci *d, const struct lspci_fn *pf)
{
	char name[16];

	for (unsigned i = 0; i < d->fns; i++) {
		const struct lspci_fn *f = &d->fn[i];

		if (f == pf)
			continue;
		name_of(f->rid, name);
		if (is_vf(d, pf->rid, f->rid))
			lspci_note(d, "%s: a VF; its PF tells what it is\n",
				   name);
		else
			lspci_note(d,
				   "%s: left out; one function and its VFs "
				   "are taken\n",
				   name);
	}
	if (d->skipped)
		lspci_note(d, "%u functions more are not looked at\n",
			   d->skipped);
	if (pf->len < CFG_SIZE)
		lspci_note(d,
			   "the dump ends at 0x%zx of 0x1000 bytes; what is "
			   "behind counts as not there (lspci -xxxx, as "
			   "root)\n",
			   pf->len);
}

/* BARs */

struct lbar {
	bool there;
	bool wide;
	bool prefetch;
	uint64_t at; /* 0: none is told, or none that will do */
	uint64_t size;
};

/* Two sets: of the PF, and of all VFs. */
struct layout {
	struct lbar bar[2][T0_BARS];
	unsigned vfs;
};

static const char *const set_name[] = { "BAR", "VF BAR" };

static void read_bars(struct device_lspci *d, unsigned at, struct lbar *out,
		      unsigned set, const uint64_t *told)
{
	for (unsigned n = 0; n < T0_BARS; n++) {
		uint32_t lo = get(d, at + 4 * n, 4);
		struct lbar *b = &out[n];

		if (lo & BAR_IO) {
			lspci_note(d, "%s %u: I/O space; left out\n",
				   set_name[set], n);
			continue;
		}
		b->wide = (lo & BAR_TYPE) == BAR_MEM_64 && n + 1 < T0_BARS;
		b->prefetch = lo & BAR_PREFETCH;
		b->at = lo & ~BAR_FLAGS;
		if (b->wide)
			b->at |= (uint64_t)get(d, at + 4 * n + 4, 4) << 32;
		/* A BAR that reads 0 without any flag is none, or one without
		 * an address whose size lspci knew. */
		b->there = lo != 0 || (told && told[n]);
		if (b->wide)
			n++;
	}
}

/* A dump has no sizes: what an address could be the start of, to 64 KiB. */
static uint64_t guess(uint64_t at)
{
	uint64_t size = DMA_BAR_MEM_SIZE;

	while (at && size > PAGE_4K && at % size)
		size /= 2;
	return size;
}

static uint64_t fit(uint64_t size)
{
	uint64_t p = PAGE_4K;

	while (p < size && p < DEVICE_BAR_MAX)
		p *= 2;
	return p;
}

static void size_bar(struct device_lspci *d, struct lbar *b, unsigned set,
		     unsigned n, uint64_t told)
{
	uint64_t is = told ? told : guess(b->at);

	b->size = n == DMA_BAR_REGS ? DMA_BAR_REGS_SIZE : fit(is);
	if (!told)
		lspci_note(d, "%s %u: a dump has no sizes; %llu KiB assumed\n",
			   set_name[set], n,
			   (unsigned long long)(b->size / 1024));
	else if (b->size != told)
		lspci_note(d, "%s %u: %llu bytes there, %llu KiB here\n",
			   set_name[set], n, (unsigned long long)told,
			   (unsigned long long)(b->size / 1024));
}

/* The engine needs BARs 0 and 2, whatever the function has. */
static void need_bar(struct device_lspci *d, struct lbar *set, unsigned which,
		     unsigned n)
{
	if (set[n].there)
		return;
	if (n && set[n - 1].there && set[n - 1].wide) {
		lspci_note(d, "%s %u: left out; the engine needs BAR %u\n",
			   set_name[which], n - 1, n);
		set[n - 1] = (struct lbar){ .there = false };
	}
	lspci_note(d, "%s %u: added; the engine needs it\n", set_name[which],
		   n);
	/* Wide only where it takes nothing away. */
	set[n] = (struct lbar){ .there = true, .wide = !set[n + 1].there };
}

static void size_set(struct device_lspci *d, struct layout *y, unsigned set,
		     const uint64_t *told)
{
	struct lbar *b = y->bar[set];

	need_bar(d, b, set, DMA_BAR_REGS);
	need_bar(d, b, set, DMA_BAR_MEM);
	for (unsigned n = 0; n < T0_BARS; n++)
		if (b[n].there)
			size_bar(d, &b[n], set, n, told[n]);
}

static bool over(const struct layout *y, unsigned set, unsigned n)
{
	const struct lbar *a = &y->bar[set][n];
	uint64_t size = a->size * (set ? y->vfs : 1);

	if (a->at + size - 1 < a->at)
		return true;
	for (unsigned s = 0; s < 2; s++)
		for (unsigned k = 0; k < T0_BARS; k++) {
			const struct lbar *b = &y->bar[s][k];
			uint64_t len = b->size * (s ? y->vfs : 1);

			if (s == set && k == n)
				return false; /* those behind give way */
			if (b->there && b->at &&
			    (a->at - b->at < len || b->at - a->at < size))
				return true;
		}
	return false;
}

/* A 32-bit BAR that ends above, the parts of all VFs counted. */
static bool too_high(const struct layout *y, unsigned set, unsigned n)
{
	const struct lbar *b = &y->bar[set][n];

	return !b->wide && b->at + b->size * (set ? y->vfs : 1) > BIT64(32);
}

/* Addresses that will not do are left to device_file_parse() to choose. */
static void check_addresses(struct device_lspci *d, struct layout *y)
{
	for (unsigned set = 0; set < (y->vfs ? 2u : 1u); set++)
		for (unsigned n = 0; n < T0_BARS; n++) {
			struct lbar *b = &y->bar[set][n];

			if (!b->there || !b->at)
				continue;
			if (b->at % b->size || over(y, set, n) ||
			    too_high(y, set, n)) {
				lspci_note(d,
					   "%s %u: its address does not do "
					   "with these sizes; another is "
					   "chosen\n",
					   set_name[set], n);
				b->at = 0;
			}
		}
}

static json_t *bars_json(const struct lbar *set)
{
	json_t *a = json_array();

	for (unsigned n = 0; n < T0_BARS; n++) {
		char size[24], at[24];
		json_t *o;

		if (!set[n].there)
			continue;
		snprintf(size, sizeof(size), "0x%llx",
			 (unsigned long long)set[n].size);
		snprintf(at, sizeof(at), "0x%llx",
			 (unsigned long long)set[n].at);
		o = json_pack("{s:i, s:s, s:i, s:b}", "bar", (int)n, "size",
			      size, "width", set[n].wide ? 64 : 32,
			      "prefetchable", (int)set[n].prefetch);
		if (o && set[n].at)
			json_object_set_new(o, "address", json_string(at));
		json_array_append_new(a, o);
	}
	return a;
}

/* SR-IOV */

static void read_vfs(struct device_lspci *d, const struct lspci_fn *pf,
		     struct layout *y)
{
	unsigned cap = pci_ecap_find(&d->pf, ECAP_SRIOV);
	unsigned total = cap ? get(d, cap + SRIOV_TOTAL, 2) : 0;
	unsigned first = get(d, cap + SRIOV_VF_OFFSET, 2);
	unsigned stride = get(d, cap + SRIOV_VF_STRIDE, 2), most;
	uint64_t told[T0_BARS];

	if (!total)
		return;
	most = BDF_DEV(pf->rid) ? DEVICE_VFS_NO_ARI : DEVICE_VFS_MAX;
	y->vfs = total < most ? total : most;
	if (total > most)
		lspci_note(d, "SR-IOV: %u VFs there, %u here\n", total, most);
	if (first != 1 || (stride != 1 && total > 1))
		lspci_note(d,
			   "SR-IOV: first VF offset %u and stride %u there, "
			   "1 and 1 here\n",
			   first, stride);
	read_bars(d, cap + SRIOV_BAR0, y->bar[1], 1, NULL);
	/* What the PF has is the best that can be said. */
	for (unsigned n = 0; n < T0_BARS; n++)
		told[n] = y->bar[0][n].size;
	size_set(d, y, 1, told);
	lspci_note(d, "SR-IOV: VF BARs are assumed as large as the PF's of "
		      "the same number\n");
}

/*
 * Capabilities that the engine does not have, by the ids of the PCI Code and
 * ID Assignment Specification. All that LOCK looks at or freezes are here.
 */
static const struct {
	uint16_t id;
	const char *name;
} left_out[] = {
	{ 0x0001, "AER" },	     { 0x000d, "ACS" },
	{ 0x000e, "ARI" },	     { 0x000f, "ATS" },
	{ 0x0012, "Multicast" },     { 0x0013, "Page Request" },
	{ 0x0015, "Resizable BAR" }, { 0x0017, "TPH" },
	{ 0x0018, "LTR" },	     { 0x001b, "PASID" },
	{ 0x001e, "L1 PM" },	     { 0x0024, "VF Resizable BAR" },
};

static void note_left_out(struct device_lspci *d)
{
	for (unsigned i = 0; i < COUNT(left_out); i++)
		if (pci_ecap_find(&d->pf, left_out[i].id))
			lspci_note(d, "%s: left out\n", left_out[i].name);
	if (get(d, T0_ROM, 4))
		lspci_note(d, "expansion ROM: left out\n");
	if (pci_cap_find(&d->pf, CAP_MSI))
		lspci_note(d, "MSI: left out\n");
	if (pci_cap_find(&d->pf, CAP_EA))
		lspci_note(d, "Enhanced Allocation: left out, with the "
			      "addresses in it\n");
}

/* Capabilities that the file cannot describe, but a reader should know. */
static void note_caps(struct device_lspci *d, unsigned vfs)
{
	unsigned msix = pci_cap_find(&d->pf, CAP_MSIX);
	unsigned n = (get(d, msix + MSIX_CTL, 2) & MSIX_CTL_SIZE) + 1;

	if (!msix && vfs)
		lspci_note(d, "MSI-X: none there, %u vectors here\n",
			   DMA_MSIX_VECTORS);
	else if (!msix)
		lspci_note(d, "MSI-X: none there, INTA here\n");
	else if (n != DMA_MSIX_VECTORS ||
		 (get(d, msix + MSIX_TABLE, 4) !=
		  (DMA_PAGE_MSIX_TABLE | DMA_BAR_REGS)))
		lspci_note(d,
			   "MSI-X: %u vectors in BAR %u there, %u in BAR 0 "
			   "here\n",
			   n, get(d, msix + MSIX_TABLE, 4) & MSIX_BIR,
			   DMA_MSIX_VECTORS);
	if (!pci_ecap_find(&d->pf, ECAP_DOE))
		lspci_note(d, "DOE: none there, one mailbox here\n");
	if (!pci_ecap_find(&d->pf, ECAP_IDE))
		lspci_note(d, "IDE: none there; without streams no LOCK can "
			      "succeed\n");
}

static unsigned streams(struct device_lspci *d)
{
	unsigned cap = pci_ecap_find(&d->pf, ECAP_IDE);
	struct ide_cap_regs r;

	if (!cap)
		return 0;
	ide_cap_decode(get(d, cap + IDE_CAP, 4), &r);
	if (!r.selective)
		lspci_note(d, "IDE: no selective streams there\n");
	if (r.sel_num <= DEVICE_STREAMS)
		return r.sel_num;
	lspci_note(d, "IDE: %u selective streams there, %u here\n", r.sel_num,
		   DEVICE_STREAMS);
	return DEVICE_STREAMS;
}

static json_t *hex_json(uint32_t v, int digits)
{
	char s[16];

	snprintf(s, sizeof(s), "0x%0*x", digits, v);
	return json_string(s);
}

static json_t *fn_json(struct device_lspci *d, const struct layout *y)
{
	unsigned cap = pci_ecap_find(&d->pf, ECAP_SRIOV);
	json_t *f = json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:o}", "kind",
		"dma-engine", "vendor", hex_json(get(d, CFG_VENDOR_ID, 2), 4),
		"device", hex_json(get(d, CFG_DEVICE_ID, 2), 4),
		"subsystem_vendor", hex_json(get(d, T0_SUBSYS_VENDOR, 2), 4),
		"subsystem", hex_json(get(d, T0_SUBSYS_ID, 2), 4), "class",
		hex_json(get(d, CFG_REVISION, 4) >> 8, 6), "revision",
		(int)get(d, CFG_REVISION, 1), "bars", bars_json(y->bar[0]));

	if (f && !y->vfs && !pci_cap_find(&d->pf, CAP_MSIX))
		json_object_set_new(f, "msix", json_false());
	if (f && y->vfs)
		json_object_set_new(
			f, "vfs",
			json_pack("{s:i, s:o, s:o}", "count", (int)y->vfs,
				  "device",
				  hex_json(get(d, cap + SRIOV_VF_DID, 2), 4),
				  "bars", bars_json(y->bar[1])));
	return f;
}

static json_t *file_json(struct device_lspci *d, const struct lspci_fn *pf,
			 const struct layout *y)
{
	unsigned exp = pci_cap_find(&d->pf, CAP_EXP);
	bool tee = exp && (get(d, exp + EXP_DEVCAP, 4) & EXP_DEVCAP_TEE);
	char rid[16], name[64];

	name_of(pf->rid, rid);
	snprintf(name, sizeof(name), "like %s, from lspci", rid);
	if (!tee)
		lspci_note(d, "TEE-IO Supported is clear\n");
	return json_pack("{s:s, s:b, s:i, s:[o], s:{s:i}}", "name", name, "tee",
			 (int)tee, "device_number", (int)BDF_DEV(pf->rid),
			 "functions", fn_json(d, y), "ide", "streams",
			 (int)streams(d));
}

enum il_err lspci_write(struct device_lspci *d, char *what, size_t what_cap)
{
	const struct lspci_fn *pf = choose(d);
	struct layout y = { .vfs = 0 };
	json_t *o;
	size_t n;

	if (!pf) {
		snprintf(what, what_cap, "%s",
			 d->fns ? "no function in it is an endpoint with "
				  "64 bytes of configuration space or more"
				: "no output of lspci -xxxx");
		return IL_E_FIELD;
	}
	note_others(d, pf);
	read_bars(d, CFG_BAR0, y.bar[0], 0, pf->size);
	size_set(d, &y, 0, pf->size);
	read_vfs(d, pf, &y);
	check_addresses(d, &y);
	note_caps(d, y.vfs);
	note_left_out(d);
	o = file_json(d, pf, &y);
	n = o ? json_dumpb(o, d->json, sizeof(d->json) - 2,
			   JSON_INDENT(2) | JSON_PRESERVE_ORDER)
	      : 0;
	json_decref(o);
	if (!n || n > sizeof(d->json) - 2)
		return IL_E_NOMEM;
	memcpy(d->json + n, "\n", 2);
	return IL_OK;
}
