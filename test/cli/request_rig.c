/* SPDX-License-Identifier: BSD-2-Clause */
#include "request_rig.h"

#include <signal.h>

int request_open(void **state)
{
	struct rig *r;
	int ret = rig_open(state);

	r = *state;
	r->c.mono_ns = rig_clock;
	return ret;
}

void request_serve(struct rig *r, struct served *s)
{
	const char *argv[12] = { "interlock", "device",	    "--spdm-socket",
				 s->target,   "--identity", s->dir };
	unsigned n = 6;

	if (s->link)
		argv[2] = "--link";
	if (s->misbehave) {
		argv[n++] = "--misbehave";
		argv[n++] = s->misbehave;
	}
	if (s->capture) {
		argv[n++] = "--capture";
		argv[n++] = s->capture;
	}
	if (s->file)
		argv[n++] = s->file;
	snprintf(s->dir, sizeof(s->dir), "%s", rig_path(r, "id"));
	snprintf(s->target, sizeof(s->target), "unix:%s",
		 rig_path(r, "device.sock"));
	assert_int_equal(rig_run(r, "identity", "new", s->dir, NULL), 0);
	child_start(&s->child, NULL, r->state, argv);
	child_wait_line(&s->child, "ready");
}

void request_stop(struct served *s)
{
	child_signal(&s->child, SIGTERM);
	assert_int_equal(child_end(&s->child), 0);
}

json_t *request_step(const struct rig *r, size_t i)
{
	json_t *s = json_array_get(json_object_get(r->json, "steps"), i);

	if (!s)
		fail_msg("there is no step %zu: %s", i, r->out);
	return s;
}

const char *request_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s)
		fail_msg("no text '%s'", key);
	return s;
}

void request_steps(const struct rig *r, const char *const *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char got[64];

		snprintf(got, sizeof(got), "%s %s",
			 request_text(request_step(r, i), "step"),
			 request_text(request_step(r, i), "result"));
		assert_string_equal(got, want[i]);
	}
	assert_int_equal(json_array_size(json_object_get(r->json, "steps")), n);
}

void request_list(const json_t *o, const char *key, const char *const *want,
		  size_t n)
{
	const json_t *list = json_object_get(o, key);

	assert_int_equal(json_array_size(list), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(json_string_value(json_array_get(list, i)),
				    want[i]);
}

const char *request_root(const struct served *s)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/root.pem", s->dir);
	return path;
}
