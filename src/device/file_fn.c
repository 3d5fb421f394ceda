/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "device/device_priv.h"
#include "device/file_priv.h"

/* The device file: functions, their BARs, what their reports say. */

/* A number that a function has of its own. */
#define PF_NUM(key, field, lo, hi) FJ_NUM(key, false, one_fn, pf.field, lo, hi)

/* Where BARs without an address are put, one after the other. */
#define FIRST_AT UINT64_C(0x81000000)
#define STEP_AT	 (UINT64_C(1) << 20)

struct bars {
	struct device_bar *set;
	unsigned n; /* of the BAR that is read; T0_BARS: not told yet */
	struct device_bar bar;
	bool non_tee;
};

static void bar_n(struct fj *j, json_t *v, void *to)
{
	struct bars *b = to;

	b->n = (unsigned)fj_uint(j, v, 0, T0_BARS - 1);
}

static void bar_size(struct fj *j, json_t *v, void *to)
{
	struct bars *b = to;
	uint64_t n = fj_uint(j, v, 1, UINT64_MAX);

	if (n & (n - 1))
		fj_fail(j, "%llu is not a power of two", (unsigned long long)n);
	else if (n < PAGE_4K || n > DEVICE_BAR_MAX)
		fj_fail(j, "%llu is not from 4 KiB to 16 MiB",
			(unsigned long long)n);
	b->bar.size = n;
}

static void bar_at(struct fj *j, json_t *v, void *to)
{
	struct bars *b = to;

	b->bar.at = fj_uint(j, v, 1, UINT64_MAX);
}

static void bar_width(struct fj *j, json_t *v, void *to)
{
	struct bars *b = to;
	uint64_t n = fj_uint(j, v, 32, 64);

	if (n != 32 && n != 64)
		fj_fail(j, "a BAR has 32 or 64 bits");
	b->bar.wide = n == 64;
}

static void bar_pref(struct fj *j, json_t *v, void *to)
{
	struct bars *b = to;

	b->bar.prefetch = fj_bool(j, v);
}

static void bar_non_tee(struct fj *j, json_t *v, void *to)
{
	struct bars *b = to;

	b->non_tee = fj_bool(j, v);
}

static void part_size(struct fj *j, json_t *v, void *to)
{
	struct device_part *p = to;

	p->size = fj_uint(j, v, PAGE_4K, DEVICE_BAR_MAX);
	if (p->size % PAGE_4K)
		fj_fail(j, "%llu is no multiple of 4 KiB",
			(unsigned long long)p->size);
}

static void part_non_tee(struct fj *j, json_t *v, void *to)
{
	struct device_part *p = to;

	p->non_tee = fj_bool(j, v);
}

static void part_updatable(struct fj *j, json_t *v, void *to)
{
	struct device_part *p = to;

	p->updatable = fj_bool(j, v);
}

static void bar_parts(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = {
		{ "size", part_size, true },
		{ "non_tee", part_non_tee },
		{ "updatable", part_updatable },
	};
	struct bars *b = to;

	if (!fj_array(j, v, DEVICE_PARTS))
		return;
	b->bar.parts = (unsigned)json_array_size(v);
	for (unsigned i = 0; i < b->bar.parts; i++) {
		size_t mark = fj_down_index(j, i);

		fj_object(j, json_array_get(v, i), keys, COUNT(keys),
			  &b->bar.part[i]);
		fj_up(j, mark);
	}
}

static const struct fj_key bar_keys[] = {
	{ "bar", bar_n, true },	      { "size", bar_size, true },
	{ "address", bar_at },	      { "width", bar_width },
	{ "prefetchable", bar_pref }, { "non_tee", bar_non_tee },
	{ "parts", bar_parts },
};

static void bar(struct fj *j, json_t *v, struct bars *b)
{
	b->n = T0_BARS;
	b->bar = (struct device_bar){ .wide = true };
	b->non_tee = false;
	fj_object(j, v, bar_keys, COUNT(bar_keys), b);
	if (b->n >= T0_BARS)
		return;
	if (b->non_tee && b->bar.parts)
		fj_fail(j, "'non_tee' or 'parts', not both");
	if (b->non_tee) {
		b->bar.parts = 1;
		b->bar.part[0] = (struct device_part){ .size = b->bar.size,
						       .non_tee = true };
	}
	if (b->set[b->n].size)
		fj_fail(j, "BAR %u was given before", b->n);
	b->set[b->n] = b->bar;
}

/* Each is complained of where it stands, once all are known. */
static void bars_check(struct fj *j, json_t *v, const struct device_bar *set)
{
	const char *why;

	for (size_t i = 0; i < json_array_size(v) && !j->failed; i++) {
		json_t *o = json_array_get(v, i);
		size_t mark = fj_down_index(j, i);
		unsigned n = (unsigned)fj_uint(j, json_object_get(o, "bar"), 0,
					       T0_BARS - 1);

		why = j->failed ? NULL : device_bar_fault(set, n);
		if (why)
			fj_fail(j, "%s", why);
		fj_up(j, mark);
	}
	for (unsigned n = 0; n < T0_BARS; n++) {
		why = device_bar_fault(set, n);
		if (why)
			fj_fail(j, "BAR %u: %s", n, why);
	}
}

static void read_bars(struct fj *j, json_t *v, struct device_bar *set)
{
	struct bars b = { .set = set };

	memset(set, 0, T0_BARS * sizeof(*set));
	if (!fj_array(j, v, T0_BARS))
		return;
	for (size_t i = 0; i < json_array_size(v); i++) {
		size_t mark = fj_down_index(j, i);

		bar(j, json_array_get(v, i), &b);
		fj_up(j, mark);
	}
	if (!j->failed)
		bars_check(j, v, set);
}

/* One of the functions; @to of the readers below. */
struct one_fn {
	struct device_file *f;
	unsigned n;
	struct device_pf pf;
};

static void bars(struct fj *j, json_t *v, void *to)
{
	struct one_fn *o = to;

	read_bars(j, v, o->pf.bar);
}

static void vf_bars(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	read_bars(j, v, f->cfg.vf_bar);
}

static void vfs(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = {
		FJ_NUM("count", true, device_file, cfg.vfs, 0, DEVICE_VFS_MAX),
		FN_NUM("device", pf[0].ids.vf_device, 0, 0xffff),
		{ "bars", vf_bars },
	};
	struct one_fn *o = to;

	if (o->n)
		fj_fail(j, "functions[0] alone may have VFs");
	else
		fj_object(j, v, keys, COUNT(keys), o->f);
}

static void fn_kind(struct fj *j, json_t *v, void *to)
{
	const char *s = fj_string(j, v, 64);

	(void)to;
	if (s && strcmp(s, "dma-engine") != 0)
		fj_fail(j, "'%.40s': only 'dma-engine' is there", s);
}

/* Report */

static void rep_info(struct fj *j, json_t *v, void *to)
{
	struct device_report *r = &((struct one_fn *)to)->pf.report;

	r->info_len = (uint32_t)fj_hex(j, v, r->info, sizeof(r->info));
}

static void fn_msix(struct fj *j, json_t *v, void *to)
{
	struct one_fn *o = to;

	o->pf.no_msix = !fj_bool(j, v);
}

static void rep_no_pasid(struct fj *j, json_t *v, void *to)
{
	(void)to;
	if (!fj_bool(j, v))
		fj_fail(j, "the engine makes its requests without PASID");
}

static void rep_never(struct fj *j, json_t *v, void *to)
{
	(void)to;
	if (fj_bool(j, v))
		fj_fail(j, "the engine has no such requests");
}

static void fn_report(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = {
		{ "vendor_info", rep_info },
		PF_NUM("lnr_control", report.lnr_control, 0, 0xffff),
		PF_NUM("tph_control", report.tph_control, 0, 0xffffffff),
		{ "dma_without_pasid", rep_no_pasid },
		{ "dma_with_pasid", rep_never },
		{ "ats", rep_never },
		{ "prs", rep_never },
	};

	fj_object(j, v, keys, COUNT(keys), to);
}

static const struct fj_key fn_keys[] = {
	{ "kind", fn_kind },
	/* Vendor 0 would stand for all the defaults; ffff for no function. */
	PF_NUM("vendor", ids.vendor, 1, 0xfffe),
	PF_NUM("device", ids.device, 0, 0xffff),
	PF_NUM("subsystem_vendor", ids.subsys_vendor, 0, 0xffff),
	PF_NUM("subsystem", ids.subsys, 0, 0xffff),
	PF_NUM("class", ids.class_code, 0, 0xffffff),
	PF_NUM("revision", ids.revision, 0, 0xff),
	{ "bars", bars },
	{ "msix", fn_msix },
	{ "vfs", vfs },
	{ "report", fn_report },
};

/* BARs of VFs that are not told are those of the PF, elsewhere. */
static void complete_vfs(json_t *fn, struct device_file *f)
{
	json_t *v = json_object_get(fn, "vfs");

	if (json_object_get(v, "bars") || !json_object_get(fn, "bars"))
		return;
	memcpy(f->cfg.vf_bar, f->cfg.pf[0].bar, sizeof(f->cfg.vf_bar));
	for (unsigned n = 0; n < T0_BARS; n++)
		f->cfg.vf_bar[n].at = 0;
}

static void one_function(struct fj *j, json_t *v, struct device_file *f,
			 unsigned n)
{
	struct one_fn o = { .f = f, .n = n, .pf = f->cfg.pf[0] };
	const size_t mark = fj_down_index(j, n);

	if (n) {
		device_pf_default(&o.pf);
		for (unsigned b = 0; b < T0_BARS; b++)
			o.pf.bar[b].at = 0;
	}
	fj_object(j, v, fn_keys, COUNT(fn_keys), &o);
	if (!n)
		o.pf.ids.vf_device = f->cfg.pf[0].ids.vf_device;
	f->cfg.pf[n] = o.pf;
	if (!n && !j->failed)
		complete_vfs(v, f);
	fj_up(j, mark);
}

void file_functions(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;
	const size_t n = json_array_size(v); /* 0 of what is none */

	if (!n || n > DEVICE_PFS) {
		fj_fail(j,
			"must be an array of 1 to %u functions; VFs stand in "
			"the one that they belong to",
			DEVICE_PFS);
		return;
	}
	f->cfg.pfs = (unsigned)n;
	for (unsigned i = 0; i < n; i++)
		one_function(j, json_array_get(v, i), f, i);
	if (n > 1 && f->cfg.vfs)
		fj_fail(j, "either several functions or VFs");
	if (f->cfg.pf[0].no_msix && f->cfg.vfs)
		fj_fail(j, "VFs interrupt by MSI-X, or not at all");
}

/* Addresses */

/* Sets of BARs: of each function, and of all VFs of the first. */
#define PLACES ((DEVICE_PFS + 1) * T0_BARS)

struct placed {
	uint64_t base;
	uint64_t size;
	unsigned n;
	unsigned fn;
	bool vf;
	bool wide;
};

/* @as: whose they are. */
static unsigned list(const struct device_bar *set, unsigned count,
		     struct placed as, struct placed *out)
{
	unsigned k = 0;

	for (as.n = 0; as.n < T0_BARS; as.n++) {
		as.base = set[as.n].at;
		as.size = set[as.n].size * count;
		as.wide = set[as.n].wide;
		if (as.size && as.base)
			out[k++] = as;
	}
	return k;
}

/* All that have an address; VFs count only where there are some. */
static unsigned list_all(const struct device_file *f, struct placed *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->cfg.pfs; i++)
		n += list(f->cfg.pf[i].bar, 1, (struct placed){ .fn = i },
			  out + n);
	if (f->cfg.vfs)
		n += list(f->cfg.vf_bar, f->cfg.vfs,
			  (struct placed){ .vf = true }, out + n);
	return n;
}

static bool clash(const struct placed *a, const struct placed *b)
{
	return a->base - b->base < b->size || b->base - a->base < a->size;
}

/* The first place from FIRST_AT on that is free. */
static uint64_t free_place(const struct device_file *f, uint64_t size,
			   uint64_t step)
{
	struct placed p[PLACES];
	struct placed want = { .base = align_up(FIRST_AT, step), .size = size };
	unsigned n = list_all(f, p);

	for (unsigned i = 0; i < n; i++)
		if (clash(&want, &p[i])) {
			want.base = align_up(p[i].base + p[i].size, step);
			i = UINT_MAX; /* from the beginning */
		}
	return want.base;
}

static void place(struct device_file *f, struct device_bar *set, unsigned count)
{
	for (unsigned n = 0; n < T0_BARS; n++) {
		uint64_t step = set[n].size > STEP_AT ? set[n].size : STEP_AT;

		if (set[n].size && !set[n].at)
			set[n].at = free_place(f, set[n].size * count, step);
	}
}

static void over(struct fj *j, const struct placed *a, const struct placed *b)
{
	char whose[32] = "";

	if (b->fn != a->fn)
		snprintf(whose, sizeof(whose), " of functions[%u]", b->fn);
	fj_fail(j, "functions[%u]: %sBAR %u lies over %sBAR %u%s", a->fn,
		a->vf ? "VF " : "", a->n, b->vf ? "VF " : "", b->n, whose);
}

static void finish_bars(struct fj *j, struct device_file *f)
{
	struct placed p[PLACES];
	unsigned n;

	for (unsigned i = 0; i < f->cfg.pfs; i++)
		place(f, f->cfg.pf[i].bar, 1);
	if (f->cfg.vfs)
		place(f, f->cfg.vf_bar, f->cfg.vfs);
	n = list_all(f, p);
	for (unsigned i = 0; i < n; i++) {
		uint64_t last = p[i].wide ? UINT64_MAX : UINT32_MAX;

		if (p[i].size - 1 > last - p[i].base)
			fj_fail(j, "functions[0]: VF BAR %u ends above 2^%u",
				p[i].n, p[i].wide ? 64 : 32);
		for (unsigned k = 0; k < i; k++)
			if (clash(&p[i], &p[k]))
				over(j, &p[i], &p[k]);
	}
}

static void finish_caps(struct fj *j, const struct device_file *f)
{
	static const struct {
		uint32_t cap;
		uint32_t needs;
		const char *says;
	} c[] = {
		{ SPDM_CAP_KEY_EX, SPDM_CAP_ENCRYPT | SPDM_CAP_MAC,
		  "'key-ex' needs 'encrypt' and 'mac'" },
		{ SPDM_CAP_HANDSHAKE_IN_CLEAR, SPDM_CAP_KEY_EX,
		  "'handshake-in-the-clear' needs 'key-ex'" },
		{ SPDM_CAP_KEY_EX, SPDM_CAP_CERT, "'key-ex' needs 'cert'" },
		{ SPDM_CAP_CHAL, SPDM_CAP_CERT, "'chal' needs 'cert'" },
		{ SPDM_CAP_MEAS_SIG, SPDM_CAP_CERT, "'meas-sig' needs 'cert'" },
		{ SPDM_CAP_MEAS_FRESH, SPDM_CAP_MEAS_SIG,
		  "'meas-fresh' needs 'meas-sig'" },
		{ SPDM_CAP_SET_CERT, SPDM_CAP_CERT, "'set-cert' needs 'cert'" },
		{ SPDM_CAP_CSR, SPDM_CAP_SET_CERT, "'csr' needs 'set-cert'" },
		{ SPDM_CAP_CERT_INSTALL_RESET, SPDM_CAP_SET_CERT,
		  "'cert-install-reset' needs 'set-cert'" },
		{ SPDM_CAP_EP_INFO_SIG, SPDM_CAP_CERT,
		  "'ep-info-sig' needs 'cert'" },
		{ SPDM_CAP_MULTI_KEY_ONLY, SPDM_CAP_GET_KEY_PAIR_INFO,
		  "'multi-key-only' needs 'get-key-pair-info'" },
		{ SPDM_CAP_MULTI_KEY_NEG, SPDM_CAP_GET_KEY_PAIR_INFO,
		  "'multi-key' needs 'get-key-pair-info'" },
		{ SPDM_CAP_GET_KEY_PAIR_INFO, SPDM_CAP_CERT,
		  "'get-key-pair-info' needs 'cert'" },
		{ SPDM_CAP_SET_KEY_PAIR_INFO, SPDM_CAP_GET_KEY_PAIR_INFO,
		  "'set-key-pair-info' needs 'get-key-pair-info'" },
		{ SPDM_CAP_SET_KEY_PAIR_RESET, SPDM_CAP_SET_KEY_PAIR_INFO,
		  "'set-key-pair-reset' needs 'set-key-pair-info'" },
	};
	const struct spdm_rsp_cfg *s = &f->cfg.spdm;

	for (unsigned i = 0; i < COUNT(c); i++)
		if ((s->caps & c[i].cap) &&
		    (s->caps & c[i].needs) != c[i].needs)
			fj_fail(j, "spdm.capabilities: %s", c[i].says);
	if ((s->caps & (SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | SPDM_CAP_HBEAT |
			SPDM_CAP_KEY_UPD)) &&
	    !(s->caps & (SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK)))
		fj_fail(j, "spdm.capabilities: 'encrypt', 'mac', 'hbeat' and "
			   "'key-upd' need 'key-ex' or a pre-shared key");
	if ((s->caps & SPDM_CAP_KEY_EX) && !s->dhe)
		fj_fail(j, "spdm.dhe: 'key-ex' needs a group");
	if ((s->caps & SPDM_CAP_CERT) && !f->slots)
		fj_fail(j, "spdm.slots: 'cert' needs a slot that is filled");
	if (s->heartbeat_s && !(s->caps & SPDM_CAP_HBEAT))
		fj_fail(j, "spdm.heartbeat_s: needs 'hbeat'");
}

void file_finish(struct fj *j, struct device_file *f)
{
	uint64_t room = f->cfg.doe_limit - DOE_HEADER_LEN - DEVICE_RECORD_OVER;

	finish_bars(j, f);
	finish_caps(j, f);
	file_finish_prov(j, f);
	file_finish_own(j, f);
	if (!f->cfg.spdm.transfer)
		f->cfg.spdm.transfer =
			(uint32_t)(room < UINT16_MAX ? room : UINT16_MAX);
	else if (f->cfg.spdm.transfer > room)
		fj_fail(j,
			"spdm.transfer_size: %u does not fit in objects of "
			"%zu bytes; at most %llu",
			f->cfg.spdm.transfer, f->cfg.doe_limit,
			(unsigned long long)room);
	if (f->cfg.max_message && f->cfg.max_message <= f->cfg.spdm.transfer)
		fj_fail(j, "spdm.max_message: not above the transfer size, %u",
			f->cfg.spdm.transfer);
	if (f->cfg.lock_flags & TDISP_LOCK_BIND_P2P && f->cfg.streams < 2)
		fj_fail(j, "tdisp.lock_flags: bind-p2p needs two streams");
	/* Whatever was overlooked above must not come to device_init(). Keys
	 * that a file holds come later. */
	const unsigned keys = f->cfg.psk_count;

	f->cfg.psk_count = 0;
	if (!j->failed && !device_cfg_sane(&f->cfg))
		fj_fail(j, "no such device can be");
	f->cfg.psk_count = keys;
}
