/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/target.h"

#include <string.h>

#include "base/bits.h"

static const struct target_kind *const kinds[] = {
	&target_tcp,
	&target_unix,
	&target_over_link,
	&target_of_pci,
};

static int unknown(struct cli *c, const char *text)
{
	char list[400] = "";
	size_t n = 0;

	for (size_t i = 0; i < COUNT(kinds) && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s%s",
				      !i		     ? ""
				      : i + 1 < COUNT(kinds) ? ", "
							     : " or ",
				      kinds[i]->prefix, kinds[i]->says);
	return cli_misuse(c, "%s: not a target; expected %s", text, list);
}

int target_make(struct cli *c, const char *text, const struct target_opts *o,
		struct target *t)
{
	*t = (struct target){ .c = c, .text = text };
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const size_t n = strlen(kinds[i]->prefix);
		int ret;

		if (strncmp(text, kinds[i]->prefix, n) != 0)
			continue;
		ret = kinds[i]->make(t, text, o);
		if (!ret)
			t->kind = kinds[i];
		return ret;
	}
	return unknown(c, text);
}

void target_drop(struct target *t)
{
	if (t->kind)
		t->kind->drop(t);
	t->kind = NULL;
}
