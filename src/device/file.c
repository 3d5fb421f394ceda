/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/file.h"

#include <string.h>

#include "base/bits.h"
#include "device/device_priv.h"
#include "device/file_priv.h"

/* The device file: its top, names, switches, measurements. */

/* A profile comes first, whatever the order in the file. */
static void profile(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;
	const char *s = fj_string(j, v, 64);
	const struct device_profile *p = s ? device_profile_find(s) : NULL;

	if (s && !p)
		fj_fail(j, "there is no profile '%.40s'", s);
	if (p)
		f->profile = p;
}

static void relax(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;
	const char *name;
	json_t *sub;

	if (!json_is_object(v)) {
		fj_fail(j, "must be an object of names and true or false");
		return;
	}
	json_object_foreach(v, name, sub)
	{
		const struct device_relax *r = device_relax_find(name);
		size_t mark = fj_down_key(j, name);

		if (!r)
			fj_fail(j, "there is no such relaxation");
		else if (fj_bool(j, sub))
			f->cfg.relax |= r->bit;
		else
			f->cfg.relax &= ~r->bit;
		fj_up(j, mark);
	}
}

/* Both are shown on a terminal. */
void file_plain(struct fj *j, const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			fj_fail(j, "holds a control character");
			return;
		}
}

static void name(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;
	const char *s = fj_string(j, v, sizeof(f->name) - 1);

	file_plain(j, s);
	if (s)
		memcpy(f->name, s, strlen(s) + 1);
}

static void identity(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;
	const char *s = fj_string(j, v, sizeof(f->identity) - 1);

	file_plain(j, s);
	if (s && !*s)
		fj_fail(j, "names no folder");
	if (s)
		memcpy(f->identity, s, strlen(s) + 1);
}

static void tee(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->cfg.no_tee = !fj_bool(j, v);
}

static void no_soft_reset(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->cfg.no_soft_reset = fj_bool(j, v);
}

/* Measurements */

struct one_meas {
	struct device_file *f;
	uint8_t index;
	struct spdm_measurement m;
};

static void meas_index(struct fj *j, json_t *v, void *to)
{
	struct one_meas *o = to;

	o->index = (uint8_t)fj_uint(j, v, 1, 254);
	for (unsigned i = 0; i < o->f->cfg.meas_count; i++)
		if (o->f->meas_index[i] == o->index)
			fj_fail(j, "%u was given before", o->index);
}

static void meas_tcb(struct fj *j, json_t *v, void *to)
{
	struct one_meas *o = to;

	o->m.tcb = fj_bool(j, v);
}

static void meas_raw(struct fj *j, json_t *v, void *to)
{
	struct one_meas *o = to;

	o->m.only_raw = fj_bool(j, v);
}

static void meas_value(struct fj *j, struct one_meas *o, size_t n)
{
	if (o->m.raw.p)
		fj_fail(j, "either 'text' or 'hex', not both");
	else if (!n)
		fj_fail(j, "is empty");
	o->m.raw = (struct spdm_span){ o->f->bytes + o->f->bytes_used, n };
	o->f->bytes_used += n;
}

static void meas_text(struct fj *j, json_t *v, void *to)
{
	struct one_meas *o = to;
	size_t room = sizeof(o->f->bytes) - o->f->bytes_used;
	const char *s = fj_string(j, v, room);

	if (!s)
		return;
	memcpy(o->f->bytes + o->f->bytes_used, s, strlen(s));
	meas_value(j, o, strlen(s));
}

static void meas_hex(struct fj *j, json_t *v, void *to)
{
	struct one_meas *o = to;
	size_t used = o->f->bytes_used;

	meas_value(
		j, o,
		fj_hex(j, v, o->f->bytes + used, sizeof(o->f->bytes) - used));
}

static void meas_extend(struct fj *j, json_t *v, void *to)
{
	struct one_meas *o = to;

	o->m.extend = fj_bool(j, v);
}

static const struct fj_key meas_keys[] = {
	{ "index", meas_index, true },
	FJ_NUM("type", true, one_meas, m.type, 0, 0x7f),
	{ "text", meas_text },
	{ "hex", meas_hex },
	{ "tcb", meas_tcb },
	{ "raw_only", meas_raw },
	{ "extend", meas_extend },
};

static void measurement(struct fj *j, json_t *v, struct device_file *f)
{
	struct one_meas o = { .f = f };
	unsigned n = f->cfg.meas_count;

	fj_object(j, v, meas_keys, COUNT(meas_keys), &o);
	if (!o.m.raw.p && !o.m.extend)
		fj_fail(j, "'text' or 'hex' is missing");
	if (o.m.extend && (o.m.raw.p || o.m.only_raw ||
			   o.m.type != SPDM_MEAS_TYPE_HASH_EXTEND))
		fj_fail(j,
			"what the log extends is of type 8 and has no value");
	if (j->failed)
		return;
	f->meas[n] = o.m;
	f->meas_index[n] = o.index;
	f->cfg.meas_count++;
}

static void measurements(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->cfg.meas_count = 0;
	f->bytes_used = 0;
	if (!fj_array(j, v, DEVICE_FILE_MEAS))
		return;
	for (size_t i = 0; i < json_array_size(v) && !j->failed; i++) {
		size_t mark = fj_down_index(j, i);

		measurement(j, json_array_get(v, i), f);
		fj_up(j, mark);
	}
}

static const struct fj_key keys[] = {
	{ "name", name },
	{ "profile", profile },
	{ "relax", relax },
	{ "identity", identity },
	{ "tee", tee },
	{ "no_soft_reset", no_soft_reset },
	FN_NUM("device_number", dev_number, 0, 31),
	{ "functions", file_functions },
	{ "ide", file_ide },
	{ "tdisp", file_tdisp },
	{ "spdm", file_spdm },
	{ "doe", file_doe },
	{ "measurements", measurements },
	{ "provision", file_provision },
};

/* Firmware, its configuration, a version: what a device of ours measures. */
static void default_measurements(struct device_file *f)
{
	static const struct {
		const char *value;
		size_t len;
		uint8_t type;
		bool tcb, only_raw;
	} m[] = {
		{ "boot rom", 8, 0, true, false },
		{ "firmware 1", 10, 1, true, false },
		{ "configuration", 13, 3, false, false },
		{ "\1\0\0\0\0\0\0\0", 8, 7, false, true },
	};

	for (unsigned i = 0; i < COUNT(m); i++) {
		memcpy(f->bytes + f->bytes_used, m[i].value, m[i].len);
		f->meas[i] = (struct spdm_measurement){
			.type = m[i].type,
			.tcb = m[i].tcb,
			.only_raw = m[i].only_raw,
			.raw = { f->bytes + f->bytes_used, m[i].len },
		};
		f->meas_index[i] = (uint8_t)(i + 1);
		f->bytes_used += m[i].len;
	}
	f->cfg.meas_count = COUNT(m);
}

static void defaults(struct device_file *f)
{
	const struct device_profile *p;

	memset(f, 0, sizeof(*f));
	(void)device_profiles(&p);
	f->profile = p;
	memcpy(f->name, "dma engine", sizeof("dma engine"));
	f->slots = 1;
	f->cfg.streams = 4;
	device_spdm_defaults(&f->cfg.spdm);
	f->cfg.spdm.transfer = 0; /* as the limit of objects allows */
	device_cfg_fill(&f->cfg);
	default_measurements(f);
}

static void read_all(struct fj *j, json_t *v, struct device_file *f)
{
	json_t *p = json_object_get(v, "profile");

	if (p) {
		size_t mark = fj_down_key(j, "profile");

		profile(j, p, f);
		fj_up(j, mark);
	}
	f->cfg.relax = f->profile->relax;
	fj_object(j, v, keys, COUNT(keys), f);
	if (!j->failed)
		file_finish(j, f);
}

enum il_err device_file_parse(struct device_file *f, const char *text,
			      size_t len, char *what, size_t what_cap)
{
	json_error_t e = { .line = 0 };
	struct fj j;
	json_t *v;

	fj_init(&j, what, what_cap);
	defaults(f);
	if (!text) {
		file_finish(&j, f);
		return j.failed ? IL_E_FIELD : IL_OK;
	}
	v = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!v) {
		if (json_error_code(&e) == json_error_out_of_memory)
			return IL_E_NOMEM;
		fj_fail(&j, "line %d, column %d: %s", e.line, e.column, e.text);
		return IL_E_FIELD;
	}
	read_all(&j, v, f);
	json_decref(v);
	return j.failed ? IL_E_FIELD : IL_OK;
}

void device_file_apply(const struct device_file *f, struct device_cfg *cfg)
{
	const struct device_cfg own = *cfg;

	*cfg = f->cfg;
	cfg->meas = f->meas;
	cfg->meas_index = f->meas_index;
	cfg->prov.log = f->log;
	cfg->arena = own.arena;
	cfg->crypto = own.crypto;
	cfg->link_crypto = own.link_crypto;
	cfg->env = own.env;
	cfg->refused = own.refused;
	cfg->refused_ctx = own.refused_ctx;
	cfg->link = own.link;
	cfg->object = own.object;
	cfg->object_ctx = own.object_ctx;
	cfg->key = own.key;
	cfg->tap = own.tap;
	cfg->tap_ctx = own.tap_ctx;
	cfg->tdi_table = own.tdi_table;
	cfg->idekm_table = own.idekm_table;
	cfg->cascade = own.cascade;
	cfg->doe_table = own.doe_table;
	cfg->seams = own.seams;
	cfg->seams_ctx = own.seams_ctx;
	cfg->powered = own.powered;
	cfg->assume = own.assume;
	cfg->trust = own.trust;
	cfg->trust_ctx = own.trust_ctx;
	cfg->long_lived = own.long_lived;
	memcpy(cfg->spdm.slots, own.spdm.slots, sizeof(cfg->spdm.slots));
}

void device_file_slots(const struct device_file *f, struct device_cfg *cfg,
		       struct spdm_span chain)
{
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (f->slots & 1u << i)
			cfg->spdm.slots[i].certs = chain;
}
