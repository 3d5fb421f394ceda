/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_LSPCI_PRIV_H
#define DEVICE_LSPCI_PRIV_H

#include <stdarg.h>

#include "device/lspci.h"

/* A line about what was assumed or left out; dropped when there is no room. */
__attribute__((format(printf, 2, 3))) void lspci_note(struct device_lspci *d,
						      const char *fmt, ...);

/* From the functions that were read to the device file. */
enum il_err lspci_write(struct device_lspci *d, char *what,
			size_t what_cap) IL_MUST;

#endif
