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

static void read_named(const char *name)
{
	static char text[65536];

	read_text(text, text_of(name, text, sizeof(text)));
}

static void noted(const char *line)
{
	if (!strstr(l.notes, line))
		fail_msg("'%s' is not in:\n%s", line, l.notes);
}

static void a_drive_with_tee_io_becomes_a_device(void **unused)
{
	const struct device_bar *b = f.cfg.bar, *v = f.cfg.vf_bar;

	(void)unused;
	read_named("nvme.txt");
	assert_string_equal(f.name, "like 41:00.0, from lspci");
	assert_int_equal(f.cfg.ids.vendor, 0x1b96);
	assert_int_equal(f.cfg.ids.device, 0x3714);
	assert_int_equal(f.cfg.ids.subsys, 0xf110);
	assert_int_equal(f.cfg.ids.class_code, 0x010802);
	assert_int_equal(f.cfg.ids.revision, 3);
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
	assert_int_equal(f.cfg.vfs, 7);
	assert_int_equal(f.cfg.ids.vf_device, 0x3715);
	assert_int_equal(v[0].at, UINT64_C(0x20fb100000));
	assert_int_equal(v[2].size, 0x40000); /* as the PF's */
	assert_int_equal(f.cfg.streams, 8);
	noted("BAR 4: I/O space; left out\n");
	noted("SR-IOV: 32 VFs there, 7 here\n");
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
	assert_int_equal(f.cfg.ids.vendor, 0x17aa);
	assert_int_equal(f.cfg.dev_number, 5);
	assert_true(f.cfg.no_tee);
	assert_int_equal(f.cfg.streams, 0);
	assert_int_equal(f.cfg.vfs, 0);
	assert_int_equal(f.cfg.bar[0].at, 0xd0120000);
	assert_false(f.cfg.bar[0].wide);
	/* BAR 3 holds the place of an upper half. */
	assert_false(f.cfg.bar[2].wide);
	assert_int_equal(f.cfg.bar[3].size, 0x10000);
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
	static struct solo s;
	static char text[65536];
	const uint8_t *c;
	int n;

	(void)unused;
	solo_cfg(&s, 3);
	solo_start(&s);
	assert_int_equal(device_told_write(&s.dev, 0x100, 0x10, 4, 0xa0000000),
			 IL_OK);
	assert_int_equal(device_told_write(&s.dev, 0x100, 0x18, 4, 0xa0010000),
			 IL_OK);
	c = s.dev.fn[0].cfg.image;
	n = snprintf(text, sizeof(text), "01:00.0 thing\n");
	for (unsigned at = 0; at < 4096; at++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      at % 16 == 0   ? "%02x: %02x"
			      : at % 16 < 15 ? " %02x"
					     : " %02x\n",
			      at % 16 == 0 ? at : c[at], c[at]);
	read_text(text, (size_t)n);
	solo_free(&s);
	assert_memory_equal(&f.cfg.ids, &s.dev.cfg.ids, sizeof(f.cfg.ids));
	assert_int_equal(f.cfg.vfs, 3);
	assert_int_equal(f.cfg.streams, 4);
	assert_false(f.cfg.no_tee);
	assert_int_equal(f.cfg.bar[0].at, 0xa0000000);
	assert_int_equal(f.cfg.bar[2].at, 0xa0010000);
	assert_int_equal(f.cfg.bar[2].size, 0x10000);
	assert_true(f.cfg.bar[2].wide && f.cfg.bar[2].prefetch);
	assert_int_equal(f.cfg.bar[4].size, 0);
	noted("BAR 0: a dump has no sizes; 16 KiB assumed\n");
	assert_null(strstr(l.notes, "MSI-X"));
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
	assert_int_equal(f.cfg.bar[0].at, 0xd0000000);
	assert_int_equal(f.cfg.bar[2].size, 0x1000);
	assert_int_equal(f.cfg.bar[2].at, 0x81000000);
	assert_int_equal(f.cfg.bar[4].size, 0x1000000);
	noted("BAR 0: 4096 bytes there, 16 KiB here\n");
	noted("BAR 2: its address does not do with these sizes; another is "
	      "chosen\n");
	noted("BAR 4: 2147483648 bytes there, 16384 KiB here\n");
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
	assert_int_equal(f.cfg.ids.vendor, 0x17aa);
	noted("25 functions more are not looked at\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drive_with_tee_io_becomes_a_device),
		cmocka_unit_test(an_old_card_becomes_one_without_ide),
		cmocka_unit_test(our_own_device_comes_back),
		cmocka_unit_test(
			addresses_that_clash_with_our_sizes_are_chosen_anew),
		cmocka_unit_test(what_is_no_dump_is_refused),
		cmocka_unit_test(many_functions_do_not_fit_and_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
