/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "cli/cli.h"
#include "tdisp/codec.h"

/* Values of options that several commands take. */

int cli_number(struct cli *c, const char *name, const char *text,
	       unsigned long max, unsigned long *out)
{
	char *end;
	unsigned long v;

	if (!text)
		return 0;
	v = strtoul(text, &end, 0);
	if (end == text || *end || v > max || *text == '-')
		return cli_misuse(c, "--%s is '%s'; expected 0 to %lu", name,
				  text, max);
	*out = v;
	return 0;
}

int cli_function(struct cli *c, const char *text, uint32_t *id)
{
	unsigned seg = 0, bus, dev, fn;
	int end = 0;
	bool named;

	named = sscanf(text, "%4x:%2x:%2x.%1x%n", &seg, &bus, &dev, &fn,
		       &end) == 4;
	if (!named && sscanf(text, "%2x:%2x.%1x%n", &bus, &dev, &fn, &end) != 3)
		end = 0;
	if (!end || text[end] || seg > 0xff || dev > 31 || fn > 7)
		return cli_misuse(
			c, "--function is '%s'; expected [SSSS:]BB:DD.F", text);
	*id = bus << 8 | dev << 3 | fn;
	if (named)
		*id |= TDISP_FN_SEG_VALID | seg << 16;
	return 0;
}
