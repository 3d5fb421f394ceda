/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_RELAX_H
#define DEVICE_RELAX_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where a device departs from the book. None of it is on unless asked for:
 * a bit each in device_cfg.relax, a name each in the device file. Most give
 * way to requesters that break a rule; some are stricter than the book, as
 * some devices are.
 */
#define DEVICE_RELAX_NO_KEYS	 0x0001u /* lock-without-keys */
#define DEVICE_RELAX_KEY_STOP	 0x0002u /* lock-after-key-stop */
#define DEVICE_RELAX_SAME_KEY	 0x0004u /* one-key-for-all-sub-streams */
#define DEVICE_RELAX_PORTS	 0x0008u /* idekm-port-numbers */
#define DEVICE_RELAX_INTERFACE	 0x0010u /* interface-id */
#define DEVICE_RELAX_SEGMENT	 0x0020u /* query-segment */
#define DEVICE_RELAX_BUS	 0x0040u /* query-bus */
#define DEVICE_STRICTER_BME_ZERO 0x0080u /* bme-zero-is-clear */
#define DEVICE_STRICTER_SET	 0x0100u /* command-set-is-change */
#define DEVICE_STRICTER_MSIX	 0x0200u /* msix-without-lock-is-change */

struct device_relax {
	const char *name;   /* in a device file */
	const char *says;   /* what it does, one sentence */
	const char *source; /* the section it breaks, or goes beyond */
	uint32_t bit;
	bool stricter; /* than the book */
};

/* All there are; the number of rows. */
unsigned device_relaxations(const struct device_relax **table);
/* By name; NULL: there is none. */
const struct device_relax *device_relax_find(const char *name);

/* A named set of them. */
struct device_profile {
	const char *name;
	const char *says;
	uint32_t relax;
};

/* "strict" comes first, and is what counts if none is named. */
unsigned device_profiles(const struct device_profile **table);
/* By name; NULL: there is none. */
const struct device_profile *device_profile_find(const char *name);

#endif
