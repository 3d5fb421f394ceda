/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CLI_REQUEST_RIG_H
#define TEST_CLI_REQUEST_RIG_H

#include "child.h"
#include "rig.h"

/* The requester's tool, and our own device for it to ask. */

#define TEST(t) cmocka_unit_test_setup_teardown(t, request_open, rig_close)

/* As rig_open(): time-outs need a clock that goes. */
int request_open(void **state);

struct served {
	struct child child;
	char target[160];
	char dir[160];	       /* of its identity */
	const char *file;      /* that describes it, or NULL */
	const char *misbehave; /* how it does, or NULL */
	const char *capture;   /* its own, or NULL */
	bool link;	       /* at a link, instead of the emulator's socket */
};

/* The device with a new identity, by @s->file; its end. */
void request_serve(struct rig *r, struct served *s);
void request_stop(struct served *s);
/* Its root's certificate; good until the next call. */
const char *request_root(const struct served *s);

/* What was printed: step @i, and a text that is in it. */
json_t *request_step(const struct rig *r, size_t i);
const char *request_text(const json_t *o, const char *key);
/* The steps, by name and result: "name result" each. */
void request_steps(const struct rig *r, const char *const *want, size_t n);
void request_list(const json_t *o, const char *key, const char *const *want,
		  size_t n);

#endif
