/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "device/file.h"

/* The device file at every place: strange keys, other types, limits. */
static struct device_file f;
static char what[DEVICE_FILE_WHAT];

#define BAR0 "{\"bar\": 0, \"size\": \"0x4000\"}"

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

/*
 * Every place of the example, whatever it holds: @visit is given the value and
 * its path, and may change the value, which is put back behind it.
 */
typedef void visit_fn(json_t *root, json_t *v, const char *path);

static void walk(json_t *root, json_t *v, const char *path, visit_fn *visit)
{
	const char *key;
	json_t *sub;
	size_t i;
	char at[256];

	visit(root, v, path);
	json_object_foreach(v, key, sub)
	{
		snprintf(at, sizeof(at), "%s%s%s", path, *path ? "." : "", key);
		walk(root, sub, at, visit);
	}
	json_array_foreach(v, i, sub)
	{
		snprintf(at, sizeof(at), "%s[%zu]", path, i);
		walk(root, sub, at, visit);
	}
}

static void walk_example(visit_fn *visit)
{
	size_t len;
	char *text = example(&len);
	json_t *root = json_loadb(text, len, 0, NULL);

	assert_non_null(root);
	walk(root, root, "", visit);
	json_decref(root);
}

static void refused_as(json_t *root, const char *says)
{
	char *text = json_dumps(root, 0);

	assert_non_null(text);
	if (!device_file_parse(&f, text, strlen(text), what, sizeof(what)))
		fail_msg("accepted: %s", text);
	if (strncmp(what, says, strlen(says)) != 0)
		fail_msg("'%s' does not begin with '%s'", what, says);
	free(text);
}

static void strange_key(json_t *root, json_t *v, const char *path)
{
	char says[300];

	if (!json_is_object(v))
		return;
	json_object_set_new(v, "strange", json_true());
	snprintf(says, sizeof(says), "%s%sstrange: %s", path, *path ? "." : "",
		 strcmp(path, "relax") == 0 ? "there is no such relaxation"
					    : "no such key");
	refused_as(root, says);
	json_object_del(v, "strange");
}

static void a_strange_key_is_refused_in_every_object(void **unused)
{
	(void)unused;
	walk_example(strange_key);
}

/* Nothing is null, and nothing is an array where it is not one. */
static void wrong_types(json_t *root, json_t *v, const char *path)
{
	char says[300];
	const char *key;
	json_t *sub;
	void *next;
	size_t i;

	json_object_foreach_safe(v, next, key, sub)
	{
		json_t *keep = json_incref(sub);

		json_object_set_new(v, key, json_null());
		snprintf(says, sizeof(says), "%s%s%s: ", path, *path ? "." : "",
			 key);
		refused_as(root, says);
		if (!json_is_array(keep)) {
			json_object_set_new(v, key, json_pack("[i]", 1));
			refused_as(root, says);
		}
		json_object_set_new(v, key, keep);
	}
	json_array_foreach(v, i, sub)
	{
		json_t *keep = json_incref(sub);

		json_array_set_new(v, i, json_null());
		/* One function alone may be there, and it is named as such. */
		snprintf(says, sizeof(says), "%s[%zu]: ", path, i);
		refused_as(root, says);
		json_array_set_new(v, i, keep);
	}
}

static void a_value_of_another_type_is_refused_at_every_place(void **unused)
{
	(void)unused;
	walk_example(wrong_types);
}

static void bytes_that_no_text_has_are_refused(void **unused)
{
	static const char nul[] = "{\"name\": \"a\0b\"}";
	static const char behind[] = "{\"name\": \"a\"}\0{}";
	const char *escaped = "{\"name\": \"a\\u0000b\"}";
	const char *latin = "{\"name\": \"a\xe4\"}";
	const size_t deep = 1u << 20;
	char *text = malloc(deep);

	(void)unused;
	assert_non_null(text);
	assert_int_equal(
		device_file_parse(&f, nul, sizeof(nul) - 1, what, sizeof(what)),
		IL_E_FIELD);
	assert_int_equal(device_file_parse(&f, behind, sizeof(behind) - 1, what,
					   sizeof(what)),
			 IL_E_FIELD);
	assert_int_equal(device_file_parse(&f, escaped, strlen(escaped), what,
					   sizeof(what)),
			 IL_E_FIELD);
	assert_int_equal(
		device_file_parse(&f, latin, strlen(latin), what, sizeof(what)),
		IL_E_FIELD);
	memset(text, '[', deep);
	assert_int_equal(device_file_parse(&f, text, deep, what, sizeof(what)),
			 IL_E_FIELD);
	assert_int_equal(strncmp(what, "line ", 5), 0);
	/* And size alone is no fault. */
	memset(text, ' ', deep);
	memcpy(text + deep - 2, "{}", 2);
	assert_int_equal(device_file_parse(&f, text, deep, what, sizeof(what)),
			 IL_OK);
	free(text);
}

/* A string of @n, or the array of so many entries. */
static void limit(const char *before, const char *one, size_t most,
		  const char *after, const char *says)
{
	static char text[65536];

	for (size_t n = most; n <= most + 1; n++) {
		size_t at = (size_t)snprintf(text, sizeof(text), "%s", before);
		enum il_err err;

		for (size_t i = 0; i < n; i++)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       one, i + 1);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s",
				       after);
		err = device_file_parse(&f, text, at, what, sizeof(what));
		if (n == most && err)
			fail_msg("%zu of %s: %s", n, before, what);
		if (n > most) {
			assert_int_equal(err, IL_E_FIELD);
			assert_string_equal(what, says);
		}
	}
}

static void limits_are_reached_and_not_passed(void **unused)
{
	(void)unused;
	limit("{\"name\": \"", "x", 63, "\"}", "name: is longer than 63 bytes");
	limit("{\"identity\": \"", "x", 255, "\"}",
	      "identity: is longer than 255 bytes");
	limit("{\"functions\": [{\"report\": {\"vendor_info\": \"", "5a", 256,
	      "\"}}]}",
	      "functions[0].report.vendor_info: is longer than 512 bytes");
	limit("{\"measurements\": [{\"index\": 1, \"type\": 0, \"text\": \"",
	      "x", 4096, "\"}]}",
	      "measurements[0].text: is longer than 4096 bytes");
	limit("{\"measurements\": [{\"index\": 254, \"type\": 0, \"text\": "
	      "\"x\"}",
	      ",{\"index\": %zu, \"type\": 127, \"hex\": \"00\"}", 31, "]}",
	      "measurements: has 33 entries, at most 32 are possible");
	limit("{\"functions\": [{\"bars\": [" BAR0
	      ", {\"bar\": 2, \"size\": 16384, \"parts\": ["
	      "{\"size\": 4096}",
	      ", {\"size\": 4096}", 3, "]}]}]}",
	      "functions[0].bars[1].parts: has 5 entries, at most 4 are "
	      "possible");
	limit("{\"functions\": [{\"vfs\": {\"count\": 1, \"bars\": [" BAR0
	      ", {\"bar\": 2, \"size\": \"0x1000000\", \"width\": 32,"
	      " \"address\": \"0xf",
	      "f", 1, "000000\"}]}}]}",
	      "functions[0].vfs.bars[1]: a 32-bit BAR lies below 4 GiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_strange_key_is_refused_in_every_object),
		cmocka_unit_test(
			a_value_of_another_type_is_refused_at_every_place),
		cmocka_unit_test(bytes_that_no_text_has_are_refused),
		cmocka_unit_test(limits_are_reached_and_not_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
