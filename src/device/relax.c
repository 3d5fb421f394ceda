/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/relax.h"

#include <stddef.h>
#include <string.h>

#include "base/bits.h"

static const struct device_relax relaxations[] = {
	{ "lock-without-keys",
	  "LOCK is accepted though the stream that it names has no keys, or is "
	  "not there",
	  "PCIe Base 6.x §11.3.8", DEVICE_RELAX_NO_KEYS, false },
	{ "lock-after-key-stop",
	  "LOCK is accepted though the stream's keys were stopped, if all of a "
	  "set were in use in this session",
	  "PCIe Base 6.x §11.3.8", DEVICE_RELAX_KEY_STOP, false },
	{ "one-key-for-all-sub-streams",
	  "KEY_PROG takes a key value that was programmed before",
	  "PCIe Base 6.x §11.5.5, §6.33.3", DEVICE_RELAX_SAME_KEY, false },
	{ "idekm-port-numbers",
	  "every port index of IDE_KM means port 0, and is repeated in answers",
	  "PCIe Base 6.x §6.33.3", DEVICE_RELAX_PORTS, false },
	{ "interface-id",
	  "an INTERFACE_ID that names no function means function 0",
	  "PCIe Base 6.x §11.3.1", DEVICE_RELAX_INTERFACE, false },
	{ "query-segment",
	  "QUERY_RESP tells the configured segment, whatever was captured",
	  "PCIe Base 6.x §6.33.3", DEVICE_RELAX_SEGMENT, false },
	{ "query-bus",
	  "QUERY_RESP tells the configured bus number, not the captured one",
	  "PCIe Base 6.x §6.33.3", DEVICE_RELAX_BUS, false },
	{ "bme-zero-is-clear",
	  "writing Bus Master Enable as 0 counts as clearing it, even where it "
	  "was 0",
	  "PCIe Base 6.x §11.4.3", DEVICE_STRICTER_BME_ZERO, true },
	{ "command-set-is-change",
	  "setting Bus Master Enable or Memory Space Enable counts as a "
	  "change, "
	  "as clearing it does",
	  "PCIe Base 6.x §11.4.3", DEVICE_STRICTER_SET, true },
	{ "msix-without-lock-is-change",
	  "a write to the MSI-X capability ends trust even if LOCK did not "
	  "lock "
	  "the table",
	  "PCIe Base 6.x §11.4.3", DEVICE_STRICTER_MSIX, true },
};

/*
 * What requesters that are used with emulators need: IDE_KM at port 1, one key
 * for the three sub-streams of a direction, LOCK when the keys are stopped
 * already, FUNCTION_ID 0xbeef, and QUERY answers that name bus and segment 0.
 */
static const struct device_profile profiles[] = {
	{ "strict", "by the book", 0 },
	{ "emulator", "strict, but for what requesters of emulators break",
	  DEVICE_RELAX_KEY_STOP | DEVICE_RELAX_SAME_KEY | DEVICE_RELAX_PORTS |
		  DEVICE_RELAX_INTERFACE | DEVICE_RELAX_SEGMENT |
		  DEVICE_RELAX_BUS },
};

unsigned device_relaxations(const struct device_relax **table)
{
	*table = relaxations;
	return COUNT(relaxations);
}

const struct device_relax *device_relax_find(const char *name)
{
	for (unsigned i = 0; i < COUNT(relaxations); i++)
		if (strcmp(relaxations[i].name, name) == 0)
			return &relaxations[i];
	return NULL;
}

unsigned device_profiles(const struct device_profile **table)
{
	*table = profiles;
	return COUNT(profiles);
}

const struct device_profile *device_profile_find(const char *name)
{
	for (unsigned i = 0; i < COUNT(profiles); i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}
