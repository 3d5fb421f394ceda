/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdio.h>

#include "family/unbound.h"

/* The document lists what the table lets pass, row for row. */

static char text[65536];

static int read_doc(void **unused)
{
	FILE *f = fopen(LIES_DOC, "r");

	(void)unused;
	if (!f)
		return -1;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	return fclose(f);
}

static void row(const struct unbound *u, char *out, size_t cap)
{
	char nth[16] = "", bits[32] = "", op[80] = "";

	if (u->nth > 0)
		snprintf(nth, sizeof(nth), " %d", u->nth);
	if (u->bits && u->bits != UINT64_MAX)
		snprintf(bits, sizeof(bits), ", bits 0x%llx",
			 (unsigned long long)u->bits);
	if (u->op)
		snprintf(op, sizeof(op), " in %s", u->op);
	if (u->on)
		snprintf(op, sizeof(op), " on %s", u->on);
	snprintf(out, cap, "| %s%s | `%s`%s%s%s | %s | %s |\n",
		 u->message[0] == '*' ? "each of SPDM" : u->message, op,
		 u->field, nth, bits,
		 u->shorter  ? ", of any length"
		 : u->longer ? ", longer"
			     : "",
		 u->why, u->source);
}

static void the_document_lists_each_field_that_no_rule_binds(void **unused)
{
	unsigned rows = 0;
	char want[512];

	(void)unused;
	for (size_t i = 0; i < unbound_n; i++) {
		row(&unbound[i], want, sizeof(want));
		if (!strstr(text, want))
			fail_msg("docs/lies.md lacks: %s", want);
	}
	for (const char *p = strstr(text, "|---|"); p && *p;
	     p = strchr(p, '\n') + 1)
		if (strncmp(p, "| ", 2) == 0)
			rows++;
		else if (*p == '\n')
			break;
	assert_int_equal(rows, unbound_n);
}

static void a_field_that_is_not_listed_is_bound(void **unused)
{
	struct field f = { .name = "ct_exponent", .off = 5, .len = 1 };
	struct unbound_case c = { .message = "CAPABILITIES",
				  .field = &f,
				  .diff = 1,
				  .op = "guest-lock",
				  .on = "sev-tio" };

	(void)unused;
	assert_non_null(unbound_find(&c));
	c.shorter = true;
	assert_null(unbound_find(&c));
	c.shorter = false;
	c.message = "VERSION";
	assert_null(unbound_find(&c));
	c.message = "CAPABILITIES";
	f.name = "transfer";
	assert_null(unbound_find(&c));
	/* some bits of a field alone */
	f.name = "flags";
	assert_non_null(unbound_find(&c));
	c.diff = SPDM_CAP_CERT;
	assert_null(unbound_find(&c));
	f.name = "lock_flags";
	c.diff = 0x10;
	c.message = "TDISP_CAPABILITIES";
	assert_null(unbound_find(&c));
	c.on = "tdx-connect";
	assert_non_null(unbound_find(&c));
	c.message = "CAPABILITIES";
	c.diff = 1;
	/* reserved, but inside a vendor's message: law 17 */
	f.name = "reserved";
	assert_non_null(unbound_find(&c));
	c.vendor = true;
	assert_null(unbound_find(&c));
	/* measurements: before a TVM asks for them alone */
	c.message = "MEASUREMENTS";
	f.name = "value";
	assert_null(unbound_find(&c));
	c.op = "host-connect";
	assert_non_null(unbound_find(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_document_lists_each_field_that_no_rule_binds),
		cmocka_unit_test(a_field_that_is_not_listed_is_bound),
	};

	return cmocka_run_group_tests(tests, read_doc, NULL);
}
