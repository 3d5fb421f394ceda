/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_LSPCI_H
#define DEVICE_LSPCI_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "pci/cfg.h"

/*
 * A device file from the text that `lspci -xxxx` prints; sizes of BARs only
 * stand in what `lspci -vv` adds. Any bytes are a device file that
 * device_file_parse() takes, or are refused.
 */
#define DEVICE_LSPCI_FNS 16u

struct device_lspci {
	struct lspci_fn {
		uint16_t rid;
		size_t len; /* bytes of configuration space in the dump */
		uint8_t cfg[CFG_SIZE];
		uint64_t size[T0_BARS]; /* as told; 0: not told */
	} fn[DEVICE_LSPCI_FNS];
	unsigned fns;
	unsigned skipped;  /* functions beyond the last that fits */
	struct pci_cfg pf; /* the function that was taken */
	char json[8192];   /* the device file */
	char notes[4096];  /* what was assumed or left out, a line each */
	size_t notes_len;
};

/*
 * device_lspci_read() - text to device file
 * @what: on an error, a line without newline that says what is wrong
 *
 * Of several functions the first is taken that has DOE or IDE, else the first
 * that is no bridge.
 *
 * Errors:   IL_E_FIELD  no such function in @text, or a dump that is not whole
 *           IL_E_NOMEM
 */
enum il_err device_lspci_read(struct device_lspci *l, const char *text,
			      size_t len, char *what, size_t what_cap) IL_MUST;

#endif
