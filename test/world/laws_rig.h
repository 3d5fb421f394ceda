/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_WORLD_LAWS_RIG_H
#define TEST_WORLD_LAWS_RIG_H

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "world/laws_priv.h"
#include "world/world_priv.h"

struct sev_plat;

/*
 * Each law against a fault of its own: a world is driven to where the law
 * holds, one object of it is changed (or one table wrapped, or what is
 * remembered of the step before), and that law is named.
 */

#define LAWS_CALLS 128

struct laws_rig {
	const char *path; /* scenarios/assign.il */
	char text[8192];
	size_t text_len;
	struct ossl *o;
	struct identity id;
	uint8_t anchor[CRYPTO_CERT_MAX];
	size_t anchor_len;
	uint8_t payload[10000];
	struct lang_call call[LAWS_CALLS];
	struct lang_script script;
	struct world *w;
	size_t next; /* call of the script */
};
extern struct laws_rig t;

/* The scenario, and who the device is. */
int make_identity(void **unused);
int drop_identity(void **unused);
/* All of it is parsed, nothing run. */
void open_world(const char *vfs, const char *bdf);
void open_world_on(const char *plat, const char *vfs, const char *bdf);
int close_world(void **unused);
/* Commands of the test's own, in the world that stands. */
enum il_err laws_say(const char *text);
/* The same, all of which succeed and break no law. */
void laws_good(const char *text);
/* On, up to and with the next such command. */
void go(const char *role, const char *verb);

/* Set-up of a test: the scenario up to and with one command. */
int connected(void **unused);
int judged(void **unused);
int accepted(void **unused);
int running(void **unused);

#define AT(where, test) \
	cmocka_unit_test_setup_teardown(test, where, close_world)

/* What the laws take for the state before this step. */
struct law_facts *last(void);
struct law_page *last_page(unsigned i);
struct sev_plat *plat(void);
/* The stream's block at the root port, at the device. */
struct ide_stream *port_stream(void);
struct ide_stream *dev_stream(void);
struct law_stream *last_stream(unsigned end);

/* A view of the platform that tells one lie. */
struct lie {
	void (*conn)(struct law_conn *c);
	void (*bind)(struct law_bind *b);
	void (*tvm)(struct law_tvm *v);
	void (*entry)(struct law_entry *e);
	void (*page)(struct law_page *p);
	void (*memo)(struct law_memo *m);
	unsigned told;
};
extern struct lie lie;

/* Has the laws ask through it. */
void wrap(void);

#define LIE(what, fn)                         \
	do {                                  \
		memset(&lie, 0, sizeof(lie)); \
		lie.what = (fn);              \
		wrap();                       \
	} while (0)

void all_pages_again(void);
/* @law is named, and no other but those in @also (ends with 0) is broken. */
void breaks_with(unsigned law, const unsigned *also);
void breaks(unsigned law);

/* Each runs its tests; how many failed. */
int laws_key_tests(void);
int laws_tdi_tests(void);
int laws_page_tests(void);
int laws_dma_tests(void);

#endif
