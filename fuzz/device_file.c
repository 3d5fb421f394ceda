/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "crypto/fake.h"
#include "device/file.h"
#include "fake_env.h"

/*
 * Any text is a device that device_init() takes, or is refused with a line.
 * What it takes can be locked: the report of each function is sane.
 */
static struct device_file f;
static struct device dev;
static struct fake_crypto fake;

static void build(void)
{
	struct fake_env fenv = { .next = 0 };
	struct env env = fake_env(&fenv);
	struct crypto crypto;
	struct arena a;
	struct device_cfg cfg = { .arena = &a,
				  .env = &env,
				  .crypto = &crypto,
				  .powered = true,
				  .assume = true };
	const struct tdisp_lock lock = { .flags = DEVICE_LOCK_FLAGS };
	struct tdisp_report rep;

	fake_init(&fake, 1);
	crypto = fake_crypto(&fake);
	device_file_apply(&f, &cfg);
	must(arena_map(&a, 0, device_arena_need(&cfg)) == IL_OK);
	must(device_init(&dev, &cfg) == IL_OK);
	must(device_sane(&dev));
	for (unsigned i = 0; i < dev.fns; i++) {
		const struct dsm_port *p = dev.dsm.pci.cfg.port;

		must(!p->check_config(&dev, i, &lock));
		must(p->report(&dev, i, &lock, &rep) == IL_OK);
		must(tdisp_report_sane(&rep));
	}
	device_fini(&dev);
	arena_unmap(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char what[DEVICE_FILE_WHAT];
	enum il_err err = device_file_parse(&f, (const char *)data, len, what,
					    sizeof(what));

	if (!err) {
		build();
		return 0;
	}
	must(err == IL_E_FIELD && what[0]);
	for (const char *p = what; *p; p++)
		must((unsigned char)*p >= 0x20);
	return 0;
}
