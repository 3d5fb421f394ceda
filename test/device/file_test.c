/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include <stdio.h>
#include <stdlib.h>

#include "device/file.h"

/* The device file: what it can say, and what it is told where it errs. */
static struct device_file f;
static char what[DEVICE_FILE_WHAT];

static void good(const char *text)
{
	enum il_err err =
		device_file_parse(&f, text, strlen(text), what, sizeof(what));

	if (err)
		fail_msg("%s: %s", text, what);
}

static char *example(size_t *len)
{
	const char *path = getenv("DEVICE_JSON");
	FILE *in = path ? fopen(path, "rb") : NULL;
	static char text[8192];

	assert_non_null(in);
	*len = fread(text, 1, sizeof(text), in);
	assert_true(*len && *len < sizeof(text));
	fclose(in);
	return text;
}

static void the_example_says_what_it_says(void **unused)
{
	size_t len;
	char *text = example(&len);
	const struct device_bar *b = f.cfg.pf[0].bar;

	(void)unused;
	if (device_file_parse(&f, text, len, what, sizeof(what)))
		fail_msg("%s", what);
	assert_string_equal(f.name,
			    "a DMA engine with two VFs and a doorbell page");
	assert_string_equal(f.profile->name, "strict");
	assert_int_equal(f.cfg.relax, DEVICE_RELAX_PORTS);
	assert_string_equal(f.identity, "identity");
	assert_false(f.cfg.no_tee);
	assert_int_equal(f.cfg.vfs, 2);
	assert_int_equal(f.cfg.pf[0].ids.class_code, 0x120000);
	assert_int_equal(b[0].at, 0x81000000);
	assert_int_equal(b[2].size, 0x20000);
	assert_true(b[2].wide && b[2].prefetch);
	assert_int_equal(b[2].parts, 2);
	assert_int_equal(b[2].part[0].size, 0x1f000);
	assert_true(b[2].part[1].non_tee && !b[2].part[0].non_tee);
	assert_true(b[4].wide);
	assert_int_equal(b[4].parts, 1);
	assert_true(b[4].part[0].non_tee);
	assert_int_equal(b[4].at, 0x81200000);
	assert_int_equal(f.cfg.vf_bar[0].at, 0x81300000);
	assert_int_equal(f.cfg.vf_bar[2].at, 0x81400000);
	assert_int_equal(f.cfg.pf[0].report.info_len, 4);
	assert_memory_equal(f.cfg.pf[0].report.info, "ilk1", 4);
	assert_int_equal(f.cfg.meas_count, 5);
	assert_int_equal(f.meas_index[4], 16);
	assert_true(f.meas[4].extend && f.meas[4].tcb);
	assert_int_equal(f.meas_index[3], 7);
	assert_true(f.meas[3].only_raw && !f.meas[3].tcb);
	assert_int_equal(f.meas[3].raw.n, 8);
	assert_memory_equal(f.meas[0].raw.p, "boot rom", 8);
	assert_int_equal(f.cfg.spdm.transfer, 4032);
	assert_int_equal(f.slots, 1);
	assert_int_equal(f.cfg.prov.place, DEVICE_FIELD);
	assert_int_equal(f.cfg.prov.slots, 6);
	assert_int_equal(f.cfg.prov.pairs, 2);
	assert_int_equal(f.cfg.prov.pair[0].usage, 0xf);
	assert_int_equal(f.cfg.prov.pair[0].caps, 0);
	assert_int_equal(f.cfg.prov.pair[1].caps, 0x1f);
	assert_int_equal(f.cfg.prov.pair[1].usage_caps, 6);
	assert_int_equal(f.cfg.prov.pair[1].usage, 2);
	assert_int_equal(f.cfg.prov.pair[1].slots, 2);
	assert_true(f.cfg.prov.pair[1].made);
	assert_int_equal(f.cfg.prov.log_count, 2);
	assert_int_equal(f.log[0].meas, 16);
	assert_int_equal(f.log[0].type, 0x89);
	assert_memory_equal(f.log[1].value.p, "fir", 3);
}

/* Any prefix of a file, and any file with a byte missing, is no file. */
static void a_damaged_example_is_refused_or_another_device(void **unused)
{
	size_t len;
	char *text = example(&len);
	static char cut[8192];

	(void)unused;
	for (size_t n = 0; n < len - 1; n++) {
		assert_int_equal(
			device_file_parse(&f, text, n, what, sizeof(what)),
			IL_E_FIELD);
		assert_int_equal(strncmp(what, "line ", 5), 0);
	}
	for (size_t n = 0; n < len; n++) {
		memcpy(cut, text, n);
		memcpy(cut + n, text + n + 1, len - n - 1);
		what[0] = '\0';
		if (device_file_parse(&f, cut, len - 1, what, sizeof(what)))
			assert_true(what[0] != '\0');
		assert_null(strchr(what, '\n'));
	}
}

static void nothing_at_all_is_the_default_device(void **unused)
{
	struct device_cfg cfg = { .vfs = 99 };
	static struct solo s;

	(void)unused;
	assert_int_equal(device_file_parse(&f, NULL, 0, what, sizeof(what)),
			 IL_OK);
	device_file_apply(&f, &cfg);
	assert_int_equal(cfg.vfs, 0);
	assert_int_equal(cfg.streams, 4);
	assert_int_equal(cfg.relax, 0);
	assert_int_equal(cfg.meas_count, 4);
	assert_int_equal(cfg.spdm.transfer, 4104 - 8 - 64);
	good("{}");
	assert_int_equal(f.cfg.pf[0].bar[2].size, 0x10000);
	assert_int_equal(f.cfg.pf[0].bar[2].at, 0x81100000);
	assert_int_equal(f.cfg.vf_bar[0].at, 0x81200000);
	/* And it can be built. */
	solo_cfg(&s, 0);
	device_file_apply(&f, &s.cfg);
	solo_start(&s);
	solo_free(&s);
}

static void what_is_the_callers_stays(void **unused)
{
	static const uint8_t chain[] = { 0x30, 0x00 };
	struct device_cfg cfg = { .powered = true,
				  .assume = true,
				  .key = { .n = 3 } };
	int ctx;

	(void)unused;
	cfg.tap_ctx = &ctx;
	cfg.spdm.slots[2].certs.n = 9;
	good("{\"spdm\": {\"slots\": [0, 5]}}");
	device_file_apply(&f, &cfg);
	assert_true(cfg.powered && cfg.assume);
	assert_ptr_equal(cfg.tap_ctx, &ctx);
	assert_int_equal(cfg.key.n, 3);
	assert_int_equal(cfg.spdm.slots[2].certs.n, 9);
	device_file_slots(&f, &cfg, (struct spdm_span){ chain, 2 });
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		assert_int_equal(cfg.spdm.slots[i].certs.n, i == 0 || i == 5 ? 2
							    : i == 2	     ? 9
								     : 0);
}

static void a_profile_is_the_base_of_relax(void **unused)
{
	uint32_t all = device_profile_find("emulator")->relax;

	(void)unused;
	good("{\"profile\": \"emulator\"}");
	assert_int_equal(f.cfg.relax, all);
	good("{\"relax\": {\"query-bus\": false, \"bme-zero-is-clear\": true},"
	     " \"profile\": \"emulator\"}");
	assert_int_equal(f.cfg.relax,
			 (all & ~DEVICE_RELAX_BUS) | DEVICE_STRICTER_BME_ZERO);
	assert_string_equal(f.profile->name, "emulator");
}

static void other_values_reach_the_configuration(void **unused)
{
	(void)unused;
	good("{\"tdisp\": {\"lock_flags\": [\"bind-p2p\"]}}");
	assert_int_equal(f.cfg.lock_flags, TDISP_LOCK_BIND_P2P);
	good("{\"tee\": false, \"no_soft_reset\": true,"
	     " \"device_number\": 31,"
	     " \"ide\": {\"streams\": 0, \"query_bus\": 9,"
	     " \"query_segment\": 8},"
	     " \"tdisp\": {\"lock_flags\": [], \"address_width\": 48},"
	     " \"doe\": {\"object_limit\": 8192},"
	     " \"spdm\": {\"versions\": [\"1.1\", \"1.2\"],"
	     " \"secured_versions\": [\"1.0\"], \"asym\": [\"ecdsa-p256\"],"
	     " \"hash\": [\"sha-256\", \"sha-384\"],"
	     " \"measurement_hash\": \"sha-256\","
	     " \"dhe\": [\"secp256r1\"], \"heartbeat_s\": 7,"
	     " \"ct_exponent\": 3},"
	     " \"measurements\": []}");
	assert_true(f.cfg.no_tee);
	assert_true(f.cfg.no_soft_reset);
	assert_int_equal(f.cfg.dev_number, 31);
	assert_int_equal(f.cfg.streams, 0);
	assert_int_equal(f.cfg.query_bus, 9);
	assert_int_equal(f.cfg.query_segment, 8);
	assert_int_equal(f.cfg.lock_flags, 0);
	assert_true(f.cfg.lock_flags_none);
	assert_int_equal(f.cfg.addr_width, 48);
	assert_int_equal(f.cfg.doe_limit, 8192);
	assert_int_equal(f.cfg.spdm.transfer, 8192 - 72);
	assert_int_equal(f.cfg.spdm.versions[0], 0x12);
	assert_int_equal(f.cfg.spdm.versions[1], 0x11);
	assert_int_equal(f.cfg.spdm.sm_versions[0], 0x1000);
	assert_int_equal(f.cfg.spdm.asym, BIT(4));
	assert_int_equal(f.cfg.spdm.hash, 3);
	assert_int_equal(f.cfg.spdm.meas_hash, BIT(1));
	assert_int_equal(f.cfg.spdm.dhe, BIT(3));
	assert_int_equal(f.cfg.spdm.heartbeat_s, 7);
	assert_int_equal(f.cfg.spdm.ct_exponent, 3);
	assert_int_equal(f.cfg.meas_count, 0);
	good("{\"spdm\": {\"secured_versions\": [\"1.0\", \"1.2\"]}}");
	assert_int_equal(f.cfg.spdm.sm_versions[0], 0x1200);
	assert_int_equal(f.cfg.spdm.sm_versions[1], 0x1000);
	assert_int_equal(f.cfg.spdm.sm_versions[2], 0);
	good("{\"doe\": {\"object_limit\": 65544}}");
	assert_int_equal(f.cfg.spdm.transfer, 65472);
	assert_int_equal(f.cfg.spdm.kem, 0);
	good("{\"spdm\": {\"kem\": [\"ml-kem-512\", \"ml-kem-1024\"]}}");
	assert_int_equal(f.cfg.spdm.kem, BIT(0) | BIT(2));
}

static void bars_without_an_address_find_a_free_one(void **unused)
{
	(void)unused;
	good("{\"functions\": [{\"bars\": ["
	     "{\"bar\": 0, \"size\": \"0x4000\"},"
	     "{\"bar\": 2, \"size\": \"0x1000000\","
	     " \"address\": \"0x81000000\"},"
	     "{\"bar\": 4, \"size\": \"0x800000\", \"width\": 32},"
	     "{\"bar\": 5, \"size\": 4096, \"width\": 32}],"
	     "\"vfs\": {\"count\": 7}}]}");
	assert_int_equal(f.cfg.pf[0].bar[0].at, 0x82000000);
	assert_int_equal(f.cfg.pf[0].bar[4].at, 0x82800000);
	assert_int_equal(f.cfg.pf[0].bar[5].at, 0x82100000);
	/* VFs have BARs like the PF's, seven times. */
	assert_int_equal(f.cfg.vf_bar[2].size, 0x1000000);
	assert_int_equal(f.cfg.vf_bar[0].at, 0x82200000);
	assert_int_equal(f.cfg.vf_bar[2].at, 0x83000000);
	assert_int_equal(f.cfg.vf_bar[4].at, 0x8a000000);
	assert_int_equal(f.cfg.vf_bar[5].at, 0x82300000);
}

static void each_function_is_its_own(void **unused)
{
	(void)unused;
	good("{\"functions\": [{\"device\": 5}, {\"msix\": false}, "
	     "{\"vendor\": 4660, \"report\": {\"vendor_info\": \"0102\"}}]}");
	assert_int_equal(f.cfg.pfs, 3);
	assert_int_equal(f.cfg.pf[0].ids.device, 5);
	assert_int_equal(f.cfg.pf[0].bar[0].at, 0x81000000);
	assert_int_equal(f.cfg.pf[0].bar[2].at, 0x81100000);
	/* All that is not said is as of the only one, at free places. */
	assert_int_equal(f.cfg.pf[1].ids.vendor, 0x1d1a);
	assert_int_equal(f.cfg.pf[1].ids.device, 1);
	assert_true(f.cfg.pf[1].no_msix);
	assert_int_equal(f.cfg.pf[1].bar[0].at, 0x81200000);
	assert_int_equal(f.cfg.pf[1].bar[2].at, 0x81300000);
	assert_int_equal(f.cfg.pf[2].ids.vendor, 0x1234);
	assert_false(f.cfg.pf[2].no_msix);
	assert_int_equal(f.cfg.pf[2].bar[2].at, 0x81500000);
	assert_int_equal(f.cfg.pf[2].report.info_len, 2);
	assert_int_equal(f.cfg.pf[0].report.info_len, 0);
}

#define BAR0 "{\"bar\": 0, \"size\": \"0x4000\"}"
#define BAR2 "{\"bar\": 2, \"size\": \"0x10000\"}"
#define NOT_SO_MANY                                                   \
	"functions: must be an array of 1 to 8 functions; VFs stand " \
	"in the one that they belong to"
#define BARS(x) "{\"functions\": [{\"bars\": [" x "]}]}"
#define VF(x)	"{\"functions\": [{\"vfs\": {" x "}}]}"
#define FN(x)	"{\"functions\": [{" x "}]}"
#define MEAS(x) "{\"measurements\": [" x "]}"
#define PROV(x) "{\"provision\": {" x "}}"
#define SPDM(x) "{\"spdm\": {" x "}}"

static const struct {
	const char *text;
	const char *says;
} bad[] = {
	/* The parser's own words follow. */
	{ "", "line 1, column " },
	{ "{", "line 1, column " },
	{ "{\"tee\": true", "line 1, column " },
	{ "{\"tee\": true, \"tee\": true}", "line 1, column " },
	{ "{\"device_number\": 1e999}", "line 1, column " },
	{ "{\"device_number\": 99999999999999999999}", "line 1, column " },
	{ "[]", "must be an object, not an array" },
	{ "{\"tea\": true}", "tea: no such key" },
	{ "{\"tee\": 1}", "tee: must be true or false, not a number" },
	{ "{\"name\": 1}", "name: must be a string, not a number" },
	{ "{\"identity\": \"\"}", "identity: names no folder" },
	{ "{\"name\": \"a\\u001b[2J\"}", "name: holds a control character" },
	{ "{\"identity\": \"a\\u007f\"}",
	  "identity: holds a control character" },
	{ "{\"device_number\": 32}", "device_number: 32 is not from 0 to 31" },
	{ "{\"device_number\": -1}", "device_number: -1 is below 0" },
	{ "{\"device_number\": 1.5}",
	  "device_number: must be a number, not a fraction" },
	{ "{\"device_number\": \"12\"}",
	  "device_number: '12' is no number; write 12 or \"0xc\"" },
	{ "{\"device_number\": null}",
	  "device_number: must be a number, not null" },
	{ "{\"profile\": \"lax\"}", "profile: there is no profile 'lax'" },
	{ "{\"relax\": {\"all\": true}}",
	  "relax.all: there is no such relaxation" },
	{ "{\"relax\": {\"query-bus\": 1}}",
	  "relax.query-bus: must be true or false, not a number" },
	{ "{\"relax\": []}",
	  "relax: must be an object of names and true or false" },
	{ "{\"functions\": []}", NOT_SO_MANY },
	{ "{\"functions\": {}}", NOT_SO_MANY },
	{ "{\"functions\": [{}, {}, {}, {}, {}, {}, {}, {}, {}]}",
	  NOT_SO_MANY },
	{ "{\"functions\": [{}, {\"vfs\": {\"count\": 1}}]}",
	  "functions[1].vfs: functions[0] alone may have VFs" },
	{ "{\"functions\": [{\"vfs\": {\"count\": 1}}, {}]}",
	  "functions: either several functions or VFs" },
	{ FN("\"msix\": false, \"vfs\": {\"count\": 1}"),
	  "functions: VFs interrupt by MSI-X, or not at all" },
	{ FN("\"msix\": 0"),
	  "functions[0].msix: must be true or false, not a number" },
	{ "{\"functions\": [{}, {\"vendor\": 0}]}",
	  "functions[1].vendor: 0 is not from 1 to 65534" },
	{ "{\"functions\": [{}, {}, {\"bars\": [" BAR0
	  ", {\"bar\": 2, \"size\": 65536, \"address\": \"0x81000000\"}]}]}",
	  "functions[2]: BAR 2 lies over BAR 0 of functions[0]" },
	{ FN("\"kind\": \"nvme\""),
	  "functions[0].kind: 'nvme': only 'dma-engine' is there" },
	{ FN("\"vendor\": 0"),
	  "functions[0].vendor: 0 is not from 1 to 65534" },
	{ FN("\"class\": \"0x1000000\""),
	  "functions[0].class: 16777216 is not from 0 to 16777215" },
	{ BARS(BAR0 "," BAR2 ", {\"bar\": 4, \"size\": 12}"),
	  "functions[0].bars[2].size: 12 is not a power of two" },
	{ BARS(BAR0 "," BAR2 ", {\"bar\": 4, \"size\": 2048}"),
	  "functions[0].bars[2].size: 2048 is not from 4 KiB to 16 MiB" },
	{ BARS(BAR0 "," BAR2 ", {\"bar\": 4}"),
	  "functions[0].bars[2]: 'size' is missing" },
	{ BARS(BAR0 "," BAR2 ", {\"bar\": 3, \"size\": 4096}"),
	  "functions[0].bars[2]: this is the upper half of the BAR before" },
	{ BARS(BAR0 "," BAR2 ", {\"bar\": 5, \"size\": 4096}"),
	  "functions[0].bars[2]: a 64-bit BAR needs another one behind it" },
	{ BARS(BAR0 "," BAR2 "," BAR2),
	  "functions[0].bars[2]: BAR 2 was given before" },
	{ BARS(BAR0), "functions[0].bars: BAR 2: the engine needs BARs 0 and "
		      "2" },
	{ BARS(BAR2 ", {\"bar\": 0, \"size\": 4096}"),
	  "functions[0].bars[1]: size of the engine's registers is 16 KiB" },
	{ BARS(BAR0 ", {\"bar\": 2, \"size\": 65536, \"address\": 4096}"),
	  "functions[0].bars[1]: address is no multiple of the size" },
	{ BARS(BAR0 ", {\"bar\": 2, \"size\": 65536, \"width\": 32,"
		    " \"address\": \"0x100000000\"}"),
	  "functions[0].bars[1]: a 32-bit BAR lies below 4 GiB" },
	{ BARS(BAR0 ", {\"bar\": 2, \"size\": 65536, \"width\": 48}"),
	  "functions[0].bars[1].width: a BAR has 32 or 64 bits" },
	{ BARS(BAR0 ", {\"bar\": 2, \"size\": 65536, \"parts\":"
		    " [{\"size\": 4096}]}"),
	  "functions[0].bars[1]: parts do not add up to the size" },
	{ BARS(BAR0 ", {\"bar\": 2, \"size\": 65536, \"parts\":"
		    " [{\"size\": 5000}]}"),
	  "functions[0].bars[1].parts[0].size: 5000 is no multiple of 4 KiB" },
	{ BARS(BAR0 ", {\"bar\": 2, \"size\": 65536, \"non_tee\": true,"
		    " \"parts\": [{\"size\": 65536}]}"),
	  "functions[0].bars[1]: 'non_tee' or 'parts', not both" },
	{ BARS("{\"bar\": 0, \"size\": \"0x4000\", \"non_tee\": true}," BAR2),
	  "functions[0].bars[0]: the engine's registers are one part" },
	{ BARS("{\"bar\": 0, \"size\": \"0x4000\","
	       " \"address\": \"0x81000000\"},"
	       "{\"bar\": 2, \"size\": \"0x10000\","
	       " \"address\": \"0x81000000\"}"),
	  "functions[0]: BAR 2 lies over BAR 0" },
	{ VF("\"count\": 33"),
	  "functions[0].vfs.count: 33 is not from 0 to 32" },
	{ VF("\"device\": 3"), "functions[0].vfs: 'count' is missing" },
	{ VF("\"count\": 1, \"bars\": [" BAR0 "]"),
	  "functions[0].vfs.bars: BAR 2: the engine needs BARs 0 and 2" },
	{ VF("\"count\": 2, \"bars\": [" BAR0 ", {\"bar\": 2, \"size\": 65536,"
	     " \"address\": \"0xffffffffffff0000\"}]"),
	  "functions[0]: VF BAR 2 ends above 2^64" },
	{ VF("\"count\": 2, \"bars\": [" BAR0 ", {\"bar\": 2, \"size\": 65536,"
	     " \"width\": 32, \"address\": \"0xffff0000\"}]"),
	  "functions[0]: VF BAR 2 ends above 2^32" },
	{ FN("\"report\": {\"vendor_info\": \"abc\"}"),
	  "functions[0].report.vendor_info: is no string of pairs of "
	  "hexadecimal digits" },
	{ FN("\"report\": {\"ats\": true}"),
	  "functions[0].report.ats: the engine has no such requests" },
	{ FN("\"report\": {\"dma_without_pasid\": false}"),
	  "functions[0].report.dma_without_pasid: the engine makes its "
	  "requests without PASID" },
	{ "{\"ide\": {\"streams\": 9}}", "ide.streams: 9 is not from 0 to 8" },
	{ "{\"ide\": {\"ports\": 2}}", "ide.ports: the device has one port" },
	{ "{\"tdisp\": {\"lock_flags\": [\"bind-peer\"]}}",
	  "tdisp.lock_flags[0]: 'bind-peer' is not one of those that we know" },
	{ "{\"ide\": {\"streams\": 1},"
	  " \"tdisp\": {\"lock_flags\": [\"bind-p2p\"]}}",
	  "tdisp.lock_flags: bind-p2p needs two streams" },
	{ "{\"tdisp\": {\"lock_flags\": [\"lock-msix\", \"lock-msix\"]}}",
	  "tdisp.lock_flags[1]: stands there twice" },
	{ "{\"tdisp\": {\"address_width\": 65}}",
	  "tdisp.address_width: 65 is not from 32 to 64" },
	{ "{\"doe\": {\"object_limit\": 4102}}",
	  "doe.object_limit: 4102 is no multiple of 4" },
	{ SPDM("\"transfer_size\": 4033"),
	  "spdm.transfer_size: 4033 does not fit in objects of 4104 bytes; at "
	  "most 4032" },
	{ SPDM("\"versions\": [\"1.5\"]"),
	  "spdm.versions[0]: '1.5' is not one of those that we know" },
	{ SPDM("\"versions\": []"), "spdm.versions: a responder needs a "
				    "version" },
	{ SPDM("\"asym\": [\"ecdsa-p256\", \"ecdsa-p384\"]"),
	  "spdm.asym: one key signs, so that only what it can is offered" },
	{ SPDM("\"asym\": [\"rsapss-2048\", \"rsapss-3072\"]"),
	  "spdm.asym: one key signs, so that only what it can is offered" },
	{ SPDM("\"dhe\": []"), "spdm.dhe: 'key-ex' needs a group" },
	{ SPDM("\"psk\": [{\"key\": \"00\"}]"),
	  "spdm.psk: goes with 'psk' or 'psk-with-context', and they with it" },
	{ SPDM("\"capabilities\": [\"encrypt\", \"mac\", \"psk\"]"),
	  "spdm.psk: goes with 'psk' or 'psk-with-context', and they with it" },
	{ SPDM("\"psk\": [{\"hint\": \"a\"}]"),
	  "spdm.psk[0]: 'key' or 'key_file', one of them" },
	{ SPDM("\"psk\": [{\"key\": \"00\", \"key_file\": \"k\"}]"),
	  "spdm.psk[0]: 'key' or 'key_file', one of them" },
	{ SPDM("\"psk\": [{\"key\": \"\"}]"), "spdm.psk[0].key: is empty" },
	{ SPDM("\"psk\": [{\"key\": \"00\"}, {\"key\": \"01\"}]"),
	  "spdm.psk[1]: its hint is another's" },
	{ SPDM("\"requesters\": {\"prove\": \"digests\"}"),
	  "spdm.requesters.anchors: without one any requester's key would do" },
	{ SPDM("\"requesters\": {\"prove\": \"yes\", \"anchors\": [\"a\"]}"),
	  "spdm.requesters.prove: 'yes' is not one of those that we know" },
	{ SPDM("\"requesters\": {\"anchors\": [\"a\"]}"),
	  "spdm.requesters: nothing is asked of them; 'prove' or 'challenge' "
	  "does" },
	{ SPDM("\"requesters\": {\"prove\": \"known\", \"anchors\": [\"a\"]}"),
	  "spdm.requesters.prove: who is to be known has to be asked before: "
	  "'challenge'" },
	{ SPDM("\"requesters\": {\"challenge\": true, \"must\": true, "
	       "\"anchors\": [\"a\"]}"),
	  "spdm.requesters.must: needs 'prove'" },
	{ SPDM("\"requesters\": {\"challenge\": true, \"anchors\": [\"\"]}"),
	  "spdm.requesters.anchors[0]: names no file" },
	{ SPDM("\"kem\": [\"ml-kem-256\"]"),
	  "spdm.kem[0]: 'ml-kem-256' is not one of those that we know" },
	{ SPDM("\"capabilities\": [\"cert\", \"key-ex\"]"),
	  "spdm.capabilities: 'key-ex' needs 'encrypt' and 'mac'" },
	{ SPDM("\"capabilities\": [\"cert\", \"meas-no-sig\"]"),
	  "spdm.capabilities: measurements are signed, or not there at all" },
	{ SPDM("\"slots\": [8]"), "spdm.slots[0]: 8 is not from 0 to 7" },
	{ SPDM("\"slots\": []"), "spdm.slots: 'cert' needs a slot that is "
				 "filled" },
	{ SPDM("\"slots\": [1, 1]"), "spdm.slots[1]: stands there twice" },
	{ SPDM("\"heartbeat_s\": 5, \"capabilities\": [\"cert\"]"),
	  "spdm.heartbeat_s: needs 'hbeat'" },
	{ SPDM("\"capabilities\": [\"cert\", \"csr\"]"),
	  "spdm.capabilities: 'csr' needs 'set-cert'" },
	{ SPDM("\"capabilities\": [\"ep-info\", \"ep-info-sig\"]"),
	  "spdm.capabilities: 'ep-info' or 'ep-info-sig', not both" },
	{ SPDM("\"capabilities\": [\"cert\", \"multi-key\"]"),
	  "spdm.capabilities: 'multi-key' needs 'get-key-pair-info'" },
	{ PROV("\"place\": \"home\""),
	  "provision.place: 'home' is not one of those that we know" },
	{ PROV("\"empty_slots\": [8]"),
	  "provision.empty_slots[0]: 8 is not from 0 to 7" },
	{ PROV("\"empty_slots\": [0]"),
	  "provision.empty_slots: one of them is filled" },
	{ PROV("\"key_pairs\": [{}]"),
	  "provision.key_pairs[0]: 'allowed_uses' is missing" },
	{ PROV("\"key_pairs\": [{\"allowed_uses\": [\"vendor\"], \"uses\": "
	       "[\"key-ex\"]}]"),
	  "provision.key_pairs[0]: 'uses' are more than 'allowed_uses'" },
	{ PROV("\"empty_slots\": [1, 2], \"key_pairs\": [{\"allowed_uses\": "
	       "[\"vendor\"], \"slots\": [1, 2]}]"),
	  "provision.key_pairs[0]: more than one slot, which needs 'share'" },
	{ PROV("\"key_pairs\": [{\"allowed_uses\": [\"vendor\"], \"slots\": "
	       "[1]}]"),
	  "provision.key_pairs[0].slots: one is not there" },
	{ PROV("\"key_pairs\": [{\"allowed_uses\": [\"vendor\"]}, "
	       "{\"allowed_uses\": [\"vendor\"], \"slots\": [0]}]"),
	  "provision.key_pairs[1].slots: a filled slot has the first" },
	{ PROV("\"empty_slots\": [1], \"key_pairs\": [{\"allowed_uses\": "
	       "[\"vendor\"], \"slots\": [1]}, {\"allowed_uses\": "
	       "[\"vendor\"], \"slots\": [1]}]"),
	  "provision.key_pairs[1].slots: one is another's" },
	{ PROV("\"key_pairs\": [{\"allowed_uses\": [\"vendor\"], \"may\": "
	       "[\"share\"]}]"),
	  "provision.key_pairs[0].may: 'share' needs 'move'" },
	{ PROV("\"log\": [{\"measurement\": 1, \"type\": 1}]"),
	  "provision.log[0]: 'text' or 'hex' is missing" },
	{ MEAS("{\"index\": 1, \"type\": 1, \"extend\": true}"),
	  "measurements[0]: what the log extends is of type 8 and has no "
	  "value" },
	{ MEAS("{\"index\": 1, \"type\": 8, \"extend\": true}"),
	  "measurements[0].extend: needs 'mel'" },
	{ MEAS("{\"index\": 0, \"type\": 1, \"text\": \"x\"}"),
	  "measurements[0].index: 0 is not from 1 to 254" },
	{ MEAS("{\"index\": 1, \"type\": 1}"),
	  "measurements[0]: 'text' or 'hex' is missing" },
	{ MEAS("{\"index\": 1, \"type\": 1, \"text\": \"\"}"),
	  "measurements[0].text: is empty" },
	{ MEAS("{\"index\": 1, \"type\": 1, \"text\": \"x\", \"hex\": \"00\"}"),
	  "measurements[0].hex: either 'text' or 'hex', not both" },
	{ MEAS("{\"index\": 1, \"type\": 1, \"text\": \"x\"},"
	       "{\"index\": 1, \"type\": 1, \"text\": \"x\"}"),
	  "measurements[1].index: 1 was given before" },
	{ MEAS("7"), "measurements[0]: must be an object, not a number" },
};

static void each_fault_is_named_with_its_place(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++) {
		what[0] = '\0';
		if (device_file_parse(&f, bad[i].text, strlen(bad[i].text),
				      what, sizeof(what)) != IL_E_FIELD)
			fail_msg("accepted: %s", bad[i].text);
		if (strncmp(bad[i].says, "line", 4) == 0)
			assert_ptr_equal(strstr(what, bad[i].says), what);
		else
			assert_string_equal(what, bad[i].says);
	}
}

/* Whom it knows: keys, and what requesters have to prove. */
static void whom_the_device_knows_is_read(void **unused)
{
	(void)unused;
	good("{\"spdm\": {\"capabilities\": [\"encrypt\", \"mac\", \"cert\","
	     " \"chal\", \"key-ex\", \"psk-with-context\"],"
	     " \"psk\": [{\"hint\": \"one\", \"key\": \"00ff\"},"
	     " {\"hint_hex\": \"0102\", \"key_file\": \"k\"}],"
	     " \"requesters\": {\"anchors\": [\"a.pem\", \"/b\"],"
	     " \"prove\": \"digests\", \"must\": true, \"slot\": 3,"
	     " \"challenge\": true, \"asym\": [\"ecdsa-p521\"]}}}");
	assert_int_equal(f.cfg.psk_count, 2);
	assert_int_equal(f.cfg.psk[0].hint_len, 3);
	assert_memory_equal(f.cfg.psk[0].hint, "one", 3);
	assert_int_equal(f.cfg.psk[0].key_len, 2);
	assert_memory_equal(f.cfg.psk[0].key, "\0\xff", 2);
	assert_string_equal(f.psk_file[0], "");
	assert_memory_equal(f.cfg.psk[1].hint, "\1\2", 2);
	assert_int_equal(f.cfg.psk[1].key_len, 0);
	assert_string_equal(f.psk_file[1], "k");
	assert_int_equal(f.anchors, 2);
	assert_string_equal(f.anchor[0], "a.pem");
	assert_string_equal(f.anchor[1], "/b");
	assert_true(device_file_more(&f));
	assert_int_equal(f.cfg.spdm.mutual, SPDM_MUT_AUTH_DIGESTS);
	assert_true(f.cfg.spdm.mutual_must && f.cfg.spdm.basic);
	assert_int_equal(f.cfg.spdm.mutual_slot, 3);
	assert_int_equal(f.cfg.spdm.req_asym, SPDM_ASYM_ECDSA_P521);
	assert_true(f.cfg.spdm.caps & SPDM_CAP_MUT_AUTH);
	assert_true(f.cfg.spdm.caps & SPDM_CAP_ENCAP);
	assert_null(f.cfg.trust);
	good("{}");
	assert_false(device_file_more(&f));
	assert_false(f.cfg.spdm.caps & SPDM_CAP_MUT_AUTH);
}

/* Paths and texts that are too long are cut, never overrun. */
static void a_long_complaint_is_cut(void **unused)
{
	char text[2048] = "{\"", small[8];

	(void)unused;
	memset(text + 2, 'a', 1500);
	memcpy(text + 1502, "\": 1}", 6);
	assert_int_equal(
		device_file_parse(&f, text, strlen(text), what, sizeof(what)),
		IL_E_FIELD);
	assert_non_null(strstr(what, "no such key"));
	memset(small, 'x', sizeof(small));
	assert_int_equal(device_file_parse(&f, text, strlen(text), small, 4),
			 IL_E_FIELD);
	assert_int_equal(small[4], 'x');
	assert_int_equal(device_file_parse(&f, text, strlen(text), small, 0),
			 IL_E_FIELD);
}

static void control_characters_do_not_reach_the_line(void **unused)
{
	const char *text = "{\"a\\nb\": 1}";

	(void)unused;
	assert_int_equal(
		device_file_parse(&f, text, strlen(text), what, sizeof(what)),
		IL_E_FIELD);
	assert_string_equal(what, "a?b: no such key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_says_what_it_says),
		cmocka_unit_test(
			a_damaged_example_is_refused_or_another_device),
		cmocka_unit_test(nothing_at_all_is_the_default_device),
		cmocka_unit_test(what_is_the_callers_stays),
		cmocka_unit_test(a_profile_is_the_base_of_relax),
		cmocka_unit_test(other_values_reach_the_configuration),
		cmocka_unit_test(bars_without_an_address_find_a_free_one),
		cmocka_unit_test(each_function_is_its_own),
		cmocka_unit_test(each_fault_is_named_with_its_place),
		cmocka_unit_test(whom_the_device_knows_is_read),
		cmocka_unit_test(a_long_complaint_is_cut),
		cmocka_unit_test(control_characters_do_not_reach_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
