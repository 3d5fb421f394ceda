/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/target_pci.h"

#include "base/bits.h"

static bool hex(const char **p, unsigned n, char end, unsigned *out)
{
	unsigned v = 0;

	for (unsigned i = 0; i < n; i++, (*p)++) {
		const char c = **p;

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (unsigned)(c - 'A' + 10);
		else
			return false;
	}
	if (**p != end)
		return false;
	(*p)++;
	*out = v;
	return true;
}

enum il_err pci_way_parse(const char *text, struct pci_way *w)
{
	unsigned domain, bus, dev, fn;

	if (!hex(&text, 4, ':', &domain) || !hex(&text, 2, ':', &bus) ||
	    !hex(&text, 2, '.', &dev) || !hex(&text, 1, 0, &fn) || dev > 0x1f ||
	    fn != 0)
		return IL_E_ARG;
	w->domain = domain;
	w->bus = (uint8_t)bus;
	w->dev = (uint8_t)dev;
	return IL_OK;
}
