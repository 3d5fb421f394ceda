/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/misbehave.h"

#include <string.h>

#include "base/bits.h"
#include "device/misbehave_priv.h"

/* Which misbehaviours there are, which are on, and where they are hooked in. */

const struct misbehave_group *const misbehave_groups[] = {
	&misbehave_general,    &misbehave_first,   &misbehave_doe,
	&misbehave_box,	       &misbehave_spdm,	   &misbehave_spdm_connect,
	&misbehave_spdm_prove, &misbehave_session, &misbehave_handshake,
	&misbehave_secured,    &misbehave_idekm,   &misbehave_tdisp,
	&misbehave_report,     &misbehave_cascade,
};
const unsigned misbehave_group_count = COUNT(misbehave_groups);

static const struct misbehaviour *find(const char *name, size_t n)
{
	for (unsigned g = 0; g < misbehave_group_count; g++)
		for (unsigned i = 0; i < misbehave_groups[g]->count; i++) {
			const struct misbehaviour *b =
				&misbehave_groups[g]->rows[i];

			if (strlen(b->name) == n &&
			    memcmp(b->name, name, n) == 0)
				return b;
		}
	return NULL;
}

const struct misbehaviour *misbehave_find(const char *name)
{
	return find(name, strlen(name));
}

void misbehave_init(struct misbehave *m)
{
	m->count = 0;
	m->dev = NULL;
	m->crypto = NULL;
	m->conn = 0;
	m->heard.n = 0;
	m->heard.code = 0;
	m->held.used = m->held.owed = false;
	m->tap = (struct dsm_tap){ .spdm = NULL };
	m->seams = (struct device_seams){ .ports = NULL };
	for (unsigned i = 0; i < MISBEHAVE_KEPT; i++)
		m->kept[i].n = 0;
}

/* Digits alone, of 0 to 2^32 - 1. */
static bool number(const char *text, uint64_t *n)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*n = v;
	return true;
}

enum il_err misbehave_add(struct misbehave *m, const char *text)
{
	const char *colon = strchr(text, ':');
	const struct misbehaviour *b =
		find(text, colon ? (size_t)(colon - text) : strlen(text));
	uint64_t n;

	if (!b)
		return IL_E_ARG;
	n = b->n;
	if (colon && (!b->n || !number(colon + 1, &n) || !n))
		return IL_E_ARG;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is == b)
			return IL_E_STATE;
	if (m->count == MISBEHAVE_MAX)
		return IL_E_SPACE;
	m->one[m->count++] =
		(struct misbehave_one){ .is = b, .all = m, .n = n };
	return IL_OK;
}

static void copy_tables(struct misbehave_tables *t,
			const struct device_cfg *cfg)
{
	t->spdm = cfg->spdm.table ? *cfg->spdm.table : spdm_rsp_rows;
	memcpy(t->idekm, cfg->idekm_table ? cfg->idekm_table : idekm_edges,
	       sizeof(t->idekm));
	memcpy(t->tdi, cfg->tdi_table ? cfg->tdi_table : tdi_edges,
	       sizeof(t->tdi));
	memcpy(t->cascade, cfg->cascade ? cfg->cascade : dsm_cascade_rows,
	       sizeof(t->cascade));
	memcpy(t->doe, cfg->doe_table ? cfg->doe_table : doe_edges,
	       sizeof(t->doe));
}

/* False: no row wants to alter one. */
static bool alter_tables(struct misbehave *m)
{
	bool any = false;

	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->tables) {
			m->one[i].is->tables(&m->one[i], &m->tables);
			any = true;
		}
	return any;
}

static void give_tables(struct misbehave_tables *t, struct device_cfg *cfg)
{
	cfg->spdm.table = &t->spdm;
	cfg->idekm_table =
		(const struct idekm_edge(*)[IDEKM_KEY_STATES])t->idekm;
	cfg->tdi_table = (const struct tdi_edge(*)[TDI_STATES])t->tdi;
	cfg->cascade = t->cascade;
	cfg->doe_table = (const struct doe_edge(*)[DOE_STATES])t->doe;
}

static void hook(struct misbehave *m, struct device_cfg *cfg)
{
	m->crypto = cfg->crypto;
	for (unsigned i = 0; i < m->count; i++)
		if (m->one[i].is->start)
			m->one[i].is->start(&m->one[i], cfg);
	m->tap = misbehave_dsm_tap;
	cfg->tap = &m->tap;
	cfg->tap_ctx = m;
	cfg->seams = &m->seams;
	cfg->seams_ctx = m;
}

void misbehave_apply(struct misbehave *m, struct device_cfg *cfg)
{
	if (!m->count)
		return;
	copy_tables(&m->tables, cfg);
	hook(m, cfg);
	if (alter_tables(m))
		give_tables(&m->tables, cfg);
	m->seams = misbehave_device_seams;
}

void misbehave_ready(struct misbehave *m, struct device_cfg *cfg)
{
	copy_tables(&m->honest, cfg);
	m->tables = m->honest;
	hook(m, cfg);
	(void)alter_tables(m);
	give_tables(&m->tables, cfg);
	if (m->count)
		m->seams = misbehave_device_seams;
}

/* As those that are on now have it. */
static void rewire(struct misbehave *m, struct device *d)
{
	m->seams = misbehave_device_seams;
	m->tables = m->honest;
	(void)alter_tables(m);
	device_wire(d);
}

enum il_err misbehave_arm(struct misbehave *m, struct device *d,
			  const char *text)
{
	enum il_err err = misbehave_add(m, text);

	if (err)
		return err;
	if (m->one[m->count - 1].is->start) {
		m->count--;
		return IL_E_STATE;
	}
	rewire(m, d);
	return IL_OK;
}

void misbehave_calm(struct misbehave *m, struct device *d)
{
	if (!m->count)
		return;
	m->count = 0;
	m->held.used = m->held.owed = m->held.used && m->held.late;
	m->held.due_ns = 0;
	m->drop = false;
	rewire(m, d);
}

struct misbehave *misbehave_of(void *port_ctx)
{
	struct device *d = port_ctx;

	return d->cfg.seams_ctx;
}

struct misbehave_one *misbehave_me(void *port_ctx, const char *name)
{
	struct misbehave *m = misbehave_of(port_ctx);

	for (unsigned i = 0; i < m->count; i++)
		if (strcmp(m->one[i].is->name, name) == 0)
			return &m->one[i];
	return NULL;
}
