/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include <stdio.h>
#include <stdlib.h>

#include "device/file.h"
#include "device/lspci.h"

/* From the text of lspci to a device file, and to a device. */
static struct device_lspci l;
static struct device_file f;
static char what[DEVICE_FILE_WHAT];

static size_t text_of(const char *name, char *out, size_t cap)
{
	char path[512];
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", getenv("LSPCI"), name);
	in = fopen(path, "rb");
	assert_non_null(in);
	n = fread(out, 1, cap, in);
	assert_true(n && n < cap);
	fclose(in);
	return n;
}

static void read_text(const char *text, size_t n)
{
	if (device_lspci_read(&l, text, n, what, sizeof(what)) ||
	    device_file_parse(&f, l.json, strlen(l.json), what, sizeof(what)))
		fail_msg("%s\n%s", what, l.json);
}

static struct solo s;

static void read_named(const char *name)
{
	static char text[65536];

	read_text(text, text_of(name, text, sizeof(text)));
	/* And it can be built. */
	solo_cfg(&s, 0);
	device_file_apply(&f, &s.cfg);
	solo_start(&s);
	solo_free(&s);
}

static void noted(const char *line)
{
	if (!strstr(l.notes, line))
		fail_msg("'%s' is not in:\n%s", line, l.notes);
}

/* A function's text, from an image of its configuration space. */
static size_t dump_of(char *out, size_t cap, const char *head,
		      const uint8_t *img, size_t len)
{
	size_t n = (size_t)snprintf(out, cap, "%s thing\n", head);

	for (size_t at = 0; at < len; at++) {
		if (at % 16 == 0)
			n += (size_t)snprintf(out + n, cap - n, "%02zx:", at);
		n += (size_t)snprintf(out + n, cap - n, " %02x%s", img[at],
				      at % 16 == 15 ? "\n" : "");
	}
	return n;
}

static void a_drive_with_tee_io_becomes_a_device(void **unused)
{
	const struct device_bar *b = f.cfg.pf[0].bar, *v = f.cfg.vf_bar;

	(void)unused;
	read_named("nvme.txt");
	assert_string_equal(f.name, "like 41:00.0, from lspci");
	assert_int_equal(f.cfg.pf[0].ids.vendor, 0x1b96);
	assert_int_equal(f.cfg.pf[0].ids.device, 0x3714);
	assert_int_equal(f.cfg.pf[0].ids.subsys, 0xf110);
	assert_int_equal(f.cfg.pf[0].ids.class_code, 0x010802);
	assert_int_equal(f.cfg.pf[0].ids.revision, 3);
	assert_false(f.cfg.no_tee);
	assert_int_equal(b[0].size, 0x4000);
	assert_int_equal(b[0].at, UINT64_C(0x20fb000000));
	assert_true(b[0].wide && !b[0].prefetch);
	assert_int_equal(b[2].size, 0x40000);
	assert_int_equal(b[2].at, UINT64_C(0x20c0000000));
	assert_true(b[2].wide && b[2].prefetch);
	assert_int_equal(b[4].size, 0);
	assert_int_equal(b[5].size, 0x2000);
	assert_int_equal(b[5].at, 0xfbe00000);
	assert_false(b[5].wide);
	assert_int_equal(f.cfg.vfs, 32);
	assert_int_equal(f.cfg.pf[0].ids.vf_device, 0x3715);
	assert_int_equal(v[0].at, UINT64_C(0x20fb100000));
	assert_int_equal(v[2].size, 0x40000); /* as the PF's */
	assert_int_equal(f.cfg.streams, 8);
	noted("BAR 4: I/O space; left out\n");
	noted("SR-IOV: first VF offset 128 and stride 1 there, 1 and 1 here\n");
	noted("VF BAR 2: added; the engine needs it\n");
	noted("IDE: 16 selective streams there, 8 here\n");
	noted("MSI-X: 64 vectors in BAR 0 there, 4 in BAR 0 here\n");
	noted("41:10.0: a VF; its PF tells what it is\n");
	noted("40:01.0: left out; ");
	assert_null(strstr(l.notes, "the dump ends"));
	assert_null(strstr(l.notes, "DOE"));
	assert_null(strstr(l.notes, "BAR 5: "));
}

static void an_old_card_becomes_one_without_ide(void **unused)
{
	(void)unused;
	read_named("plain.txt");
	assert_int_equal(f.cfg.pf[0].ids.vendor, 0x17aa);
	assert_int_equal(f.cfg.dev_number, 5);
	assert_true(f.cfg.no_tee);
	assert_int_equal(f.cfg.streams, 0);
	assert_int_equal(f.cfg.vfs, 0);
	assert_int_equal(f.cfg.pf[0].bar[0].at, 0xd0120000);
	assert_false(f.cfg.pf[0].bar[0].wide);
	/* BAR 3 holds the place of an upper half. */
	assert_false(f.cfg.pf[0].bar[2].wide);
	assert_int_equal(f.cfg.pf[0].bar[3].size, 0x10000);
	noted("BAR 1: I/O space; left out\n");
	noted("BAR 2: added; the engine needs it\n");
	noted("BAR 3: a dump has no sizes; 64 KiB assumed\n");
	noted("the dump ends at 0x40 of 0x1000 bytes");
	noted("IDE: none there; without streams no LOCK can succeed\n");
	noted("TEE-IO Supported is clear\n");
}

/* What our own device shows is read back as what it is. */
static void our_own_device_comes_back(void **unused)
{
	static char text[65536];
	size_t n;

	(void)unused;
	solo_cfg(&s, 3);
	solo_start(&s);
	assert_int_equal(device_told_write(&s.dev, 0x100, 0x10, 4, 0xa0000000),
			 IL_OK);
	assert_int_equal(device_told_write(&s.dev, 0x100, 0x18, 4, 0xa0010000),
			 IL_OK);
	n = dump_of(text, sizeof(text), "01:00.0", s.dev.fn[0].cfg.image, 4096);
	read_text(text, n);
	solo_free(&s);
	assert_memory_equal(&f.cfg.pf[0].ids, &s.dev.cfg.pf[0].ids,
			    sizeof(f.cfg.pf[0].ids));
	assert_int_equal(f.cfg.vfs, 3);
	assert_int_equal(f.cfg.streams, 4);
	assert_false(f.cfg.no_tee);
	assert_int_equal(f.cfg.pf[0].bar[0].at, 0xa0000000);
	assert_int_equal(f.cfg.pf[0].bar[2].at, 0xa0010000);
	assert_int_equal(f.cfg.pf[0].bar[2].size, 0x10000);
	assert_true(f.cfg.pf[0].bar[2].wide && f.cfg.pf[0].bar[2].prefetch);
	assert_int_equal(f.cfg.pf[0].bar[4].size, 0);
	noted("BAR 0: a dump has no sizes; 16 KiB assumed\n");
	assert_null(strstr(l.notes, "MSI-X"));
}

static void one_without_msix_stays_without(void **unused)
{
	static char text[65536];

	(void)unused;
	solo_cfg(&s, 0);
	s.cfg.pf[0].no_msix = true;
	solo_start(&s);
	read_text(text, dump_of(text, sizeof(text), "01:00.0",
				s.dev.fn[0].cfg.image, 4096));
	solo_free(&s);
	assert_true(f.cfg.pf[0].no_msix);
	noted("MSI-X: none there, INTA here\n");
}

static void addresses_that_clash_with_our_sizes_are_chosen_anew(void **unused)
{
	static const char text[] =
		"01:00.0 thing\n"
		"\tRegion 0: Memory at d0000000 (32-bit, non-prefetchable) "
		"[size=4K]\n"
		"\tRegion 2: Memory at d0001000 (32-bit, non-prefetchable) "
		"[size=4K]\n"
		"\tRegion 4: Memory at d0100000 (64-bit, prefetchable) "
		"[size=2G]\n"
		"00: aa 17 02 10 03 00 00 00 01 00 00 02 00 00 00 00\n"
		"10: 00 00 00 d0 00 00 00 00 00 10 00 d0 00 00 00 00\n"
		"20: 0c 00 10 d0 00 00 00 00 00 00 00 00 aa 17 01 00\n"
		"30: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n";

	(void)unused;
	read_text(text, sizeof(text) - 1);
	assert_int_equal(f.cfg.pf[0].bar[0].at, 0xd0000000);
	assert_int_equal(f.cfg.pf[0].bar[2].size, 0x1000);
	assert_int_equal(f.cfg.pf[0].bar[2].at, 0x81000000);
	assert_int_equal(f.cfg.pf[0].bar[4].size, 0x1000000);
	noted("BAR 0: 4096 bytes there, 16 KiB here\n");
	noted("BAR 2: its address does not do with these sizes; another is "
	      "chosen\n");
	noted("BAR 4: 2147483648 bytes there, 16384 KiB here\n");
}

static void put(uint8_t *img, unsigned at, unsigned size, uint32_t v)
{
	for (unsigned i = 0; i < size; i++)
		img[at + i] = (uint8_t)(v >> 8 * i);
}

/* Vendor and device, then BARs as given. */
static void image(uint8_t img[4096], const uint32_t bar[6])
{
	memset(img, 0, 4096);
	put(img, 0, 4, 0x12341ab4);
	for (unsigned i = 0; i < 6; i++)
		put(img, 0x10 + 4 * i, 4, bar[i]);
}

static void what_the_engine_cannot_be_like_is_said(void **unused)
{
	static const struct {
		unsigned at; /* 0: in the list of old capabilities */
		uint16_t id;
		const char *says;
	} c[] = {
		{ 0x100, 0x01, "AER: left out\n" },
		{ 0x100, 0x0e, "ARI: left out\n" },
		{ 0x100, 0x0f, "ATS: left out\n" },
		{ 0x100, 0x13, "Page Request: left out\n" },
		{ 0x100, 0x15, "Resizable BAR: left out\n" },
		{ 0x100, 0x1b, "PASID: left out\n" },
		{ 0x100, 0x24, "VF Resizable BAR: left out\n" },
		{ 0x40, 0x05, "MSI: left out\n" },
		{ 0x40, 0x14, "Enhanced Allocation: left out" },
		{ 0x30, 0, "expansion ROM: left out\n" },
	};
	static const uint32_t bar[6] = { 0xd0000000, 0, 0xd0100000 };
	static char text[16384];
	uint8_t img[4096];

	(void)unused;
	image(img, bar);
	read_text(text, dump_of(text, sizeof(text), "01:00.0", img, 4096));
	for (unsigned i = 0; i < COUNT(c); i++)
		if (strstr(l.notes, c[i].says))
			fail_msg("not there: %s", c[i].says);
	for (unsigned i = 0; i < COUNT(c); i++) {
		image(img, bar);
		if (c[i].at == 0x40) {
			put(img, 0x06, 2, 0x10);
			put(img, 0x34, 1, 0x40);
			put(img, 0x40, 2, c[i].id);
		} else if (c[i].at == 0x100) {
			put(img, 0x100, 4, 0x10000u | c[i].id);
		} else {
			put(img, 0x30, 4, 0xd0200001);
		}
		read_text(text,
			  dump_of(text, sizeof(text), "01:00.0", img, 4096));
		noted(c[i].says);
	}
}

/* BARs of every kind and place, behind and without SR-IOV: all of them taken.
 */
static void any_bars_become_a_file_that_is_taken(void **unused)
{
	static const uint32_t lo[] = { 0,	   0x4,	       0xc,
				       0xe001,	   0xd0000000, 0xd0000004,
				       0xfff00000, 0xfffff000, 0xd0000008 };
	static char text[16384];
	uint8_t img[4096];

	(void)unused;
	for (unsigned way = 0; way < 4; way++)
		for (unsigned n = 0; n < COUNT(lo) * COUNT(lo) * COUNT(lo);
		     n++) {
			uint32_t bar[6];

			for (unsigned b = 0; b < 6; b++)
				bar[b] = lo[(b < 2   ? n
					     : b < 4 ? n / COUNT(lo)
						     : n / COUNT(lo) /
							       COUNT(lo)) %
					    COUNT(lo)];
			image(img, bar);
			if (way) {
				put(img, 0x100, 4, 0x10010);
				put(img, 0x10c, 4, 7);
				put(img, 0x10e, 2, way == 1 ? 1 : 7);
				put(img, 0x114, 4, 0x10001);
				for (unsigned b = 0; b < 6; b++)
					put(img, 0x124 + 4 * b, 4,
					    way == 3 ? bar[5 - b] : bar[b]);
			}
			read_text(text, dump_of(text, sizeof(text), "01:00.0",
						img, 0x200));
			assert_int_equal(f.cfg.vfs, way == 0   ? 0
						    : way == 1 ? 1
							       : 7);
		}
}

static void a_size_without_an_address_is_a_bar_all_the_same(void **unused)
{
	static const char text[] =
		"01:00.0 thing\n"
		"\tRegion 0: Memory at <unassigned> (32-bit, non-prefetchable) "
		"[disabled] [size=16K]\n"
		"\tRegion 5: Memory at <unassigned> (32-bit, non-prefetchable) "
		"[disabled] [size=1M]\n"
		"00: aa 17 02 10 03 00 00 00 01 00 00 02 00 00 00 00\n"
		"10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
		"20: 00 00 00 00 00 00 00 00 00 00 00 00 aa 17 01 00\n"
		"30: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n";

	(void)unused;
	read_text(text, sizeof(text) - 1);
	assert_int_equal(f.cfg.pf[0].bar[5].size, 1u << 20);
	assert_false(f.cfg.pf[0].bar[0].wide);
	assert_null(strstr(l.notes, "BAR 0: added"));
}

/* The endpoint that has DOE or IDE, wherever it stands; no bridge. */
static void of_several_functions_the_one_with_doe_is_taken(void **unused)
{
	static const uint32_t bar[6] = { 0xd0000000, 0, 0xd0100000 };
	static char text[65536];
	uint8_t img[4096];
	size_t n;

	(void)unused;
	image(img, bar);
	img[0x0e] = 1; /* a bridge, with DOE */
	put(img, 0x100, 4, 0x1002e);
	n = dump_of(text, sizeof(text), "00:01.0", img, 4096);
	what[0] = '\0';
	assert_int_equal(device_lspci_read(&l, text, n, what, sizeof(what)),
			 IL_E_FIELD);
	assert_non_null(strstr(what, "is an endpoint"));
	image(img, bar);
	n += dump_of(text + n, sizeof(text) - n, "01:00.0", img, 4096);
	put(img, 0, 4, 0x56781ab4);
	put(img, 0x100, 4, 0x10030);
	n += dump_of(text + n, sizeof(text) - n, "01:00.1", img, 4096);
	read_text(text, n);
	assert_int_equal(f.cfg.pf[0].ids.device, 0x5678);
	noted("00:01.0: left out; ");
	noted("01:00.0: left out; ");
}

static void what_is_no_dump_is_refused(void **unused)
{
	static const struct {
		const char *text, *says;
	} c[] = {
		{ "", "no output of lspci -xxxx" },
		{ "00: 86 80\n", "no output of lspci -xxxx" },
		{ "{\"tee\": true}\n", "no output of lspci -xxxx" },
		{ "01:00.0 thing\n",
		  "no function in it is an endpoint with 64 bytes of "
		  "configuration space or more" },
		{ "01:00.0 thing\n00: 86 80 01 02 03 04\n",
		  "no function in it is an endpoint with 64 bytes of "
		  "configuration space or more" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(c); i++) {
		assert_int_equal(device_lspci_read(&l, c[i].text,
						   strlen(c[i].text), what,
						   sizeof(what)),
				 IL_E_FIELD);
		assert_string_equal(what, c[i].says);
	}
}

static void many_functions_do_not_fit_and_are_counted(void **unused)
{
	static char text[65536];
	size_t n = text_of("plain.txt", text, sizeof(text));

	(void)unused;
	for (unsigned i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%02x:00.0 more\n00: 86 80\n", i + 3);
	read_text(text, n);
	assert_int_equal(f.cfg.pf[0].ids.vendor, 0x17aa);
	noted("25 functions more are not looked at\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drive_with_tee_io_becomes_a_device),
		cmocka_unit_test(an_old_card_becomes_one_without_ide),
		cmocka_unit_test(our_own_device_comes_back),
		cmocka_unit_test(one_without_msix_stays_without),
		cmocka_unit_test(
			addresses_that_clash_with_our_sizes_are_chosen_anew),
		cmocka_unit_test(what_the_engine_cannot_be_like_is_said),
		cmocka_unit_test(any_bars_become_a_file_that_is_taken),
		cmocka_unit_test(
			a_size_without_an_address_is_a_bar_all_the_same),
		cmocka_unit_test(
			of_several_functions_the_one_with_doe_is_taken),
		cmocka_unit_test(what_is_no_dump_is_refused),
		cmocka_unit_test(many_functions_do_not_fit_and_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
