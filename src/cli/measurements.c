/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/session.h"

/* The object `measurements`: what a guest found, and what it may expect. */

json_t *cli_measurements_json(const struct evidence_measurement *m, unsigned n)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < n; i++, m++) {
		char key[8], hex[2 * sizeof(m->value) + 1];

		for (size_t k = 0; k < m->len; k++)
			snprintf(hex + 2 * k, 3, "%02x", m->value[k]);
		hex[2 * (size_t)m->len] = '\0';
		snprintf(key, sizeof(key), "%u", m->index);
		json_object_set_new(
			o, key,
			json_pack("{s:i, s:s}", "type", m->type, "value", hex));
	}
	return o;
}

static bool read_hex(const char *s, struct evidence_measurement *m)
{
	size_t n = strlen(s);

	if (n % 2 || n / 2 > sizeof(m->value))
		return false;
	for (size_t i = 0; i < n / 2; i++) {
		int hi = hex_digit(s[2 * i]), lo = hex_digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		m->value[i] = (uint8_t)(hi << 4 | lo);
	}
	m->len = (uint8_t)(n / 2);
	return true;
}

static bool read_one(const char *key, json_t *v, struct evidence_measurement *m)
{
	uint64_t index;
	json_t *type = json_object_get(v, "type");
	const char *hex = json_string_value(json_object_get(v, "value"));

	if (lang_int(key, &index) || index < 1 || index > 254 ||
	    !json_is_integer(type) || json_integer_value(type) < 0 ||
	    json_integer_value(type) > 255 || !hex || !read_hex(hex, m))
		return false;
	m->index = (uint8_t)index;
	m->type = (uint8_t)json_integer_value(type);
	return true;
}

int cli_measurements_read(struct cli *c, const char *path,
			  struct evidence_measurement *out, unsigned *n)
{
	json_error_t e;
	json_t *o = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
	const char *key;
	json_t *v;
	int ret = 0;

	if (!o)
		return cli_fail(c, "expected measurements %s:%d:%d: %s", path,
				e.line, e.column, e.text);
	/* The whole output of assign --json will do as well. */
	if (json_object_get(o, "measurements")) {
		v = json_incref(json_object_get(o, "measurements"));
		json_decref(o);
		o = v;
	}
	*n = 0;
	json_object_foreach(o, key, v)
	{
		if (*n == EVIDENCE_MEAS_MAX || !read_one(key, v, &out[*n])) {
			ret = cli_fail(c,
				       "expected measurements %s: '%s' is no "
				       "measurement (type, value in hex)",
				       path, key);
			break;
		}
		(*n)++;
	}
	if (!ret && !*n)
		ret = cli_fail(c, "expected measurements %s: holds none", path);
	json_decref(o);
	return ret;
}
