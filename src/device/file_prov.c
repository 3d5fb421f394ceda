/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/device_priv.h"
#include "device/file_priv.h"

/* The device file: what the device keeps, and who may change it. */

static void place(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "sealed", BIT(DEVICE_SEALED) },
		{ "field", BIT(DEVICE_FIELD) },
		{ "factory", BIT(DEVICE_FACTORY) },
	};
	struct device_file *f = to;
	const uint32_t got = fj_word(j, v, words, COUNT(words));

	f->cfg.prov.place = got & BIT(DEVICE_FACTORY) ? DEVICE_FACTORY
			    : got & BIT(DEVICE_FIELD) ? DEVICE_FIELD
						      : DEVICE_SEALED;
}

/* Numbers of slots as a mask. */
static uint8_t slot_mask(struct fj *j, json_t *v)
{
	uint8_t mask = 0;

	if (!fj_array(j, v, SPDM_SLOTS))
		return 0;
	for (size_t i = 0; i < json_array_size(v); i++) {
		size_t mark = fj_down_index(j, i);
		uint64_t n =
			fj_uint(j, json_array_get(v, i), 0, SPDM_SLOTS - 1);

		if (mask & 1u << n)
			fj_fail(j, "stands there twice");
		mask |= (uint8_t)(1u << n);
		fj_up(j, mark);
	}
	return mask;
}

static void empty_slots(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->cfg.prov.slots = slot_mask(j, v);
}

/* Key pairs */

static void may(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "generate", SPDM_KEY_PAIR_CAP_GEN },
		{ "erase", SPDM_KEY_PAIR_CAP_ERASABLE },
		{ "move", SPDM_KEY_PAIR_CAP_CERT_ASSOC },
		{ "change-use", SPDM_KEY_PAIR_CAP_KEY_USAGE },
		{ "choose-algorithm", SPDM_KEY_PAIR_CAP_ASYM },
		{ "share", SPDM_KEY_PAIR_CAP_SHAREABLE },
	};
	struct device_pair_cfg *p = to;

	p->caps = (uint16_t)fj_words(j, v, words, COUNT(words));
	if ((p->caps & SPDM_KEY_PAIR_CAP_SHAREABLE) &&
	    !(p->caps & SPDM_KEY_PAIR_CAP_CERT_ASSOC))
		fj_fail(j, "'share' needs 'move'");
}

static uint16_t uses_of(struct fj *j, json_t *v)
{
	static const struct fj_word words[] = {
		{ "key-ex", SPDM_KEY_USE_KEY_EX },
		{ "challenge", SPDM_KEY_USE_CHALLENGE },
		{ "measurements", SPDM_KEY_USE_MEAS },
		{ "endpoint-info", SPDM_KEY_USE_EP_INFO },
		{ "standards", SPDM_KEY_USE_STANDARDS },
		{ "vendor", SPDM_KEY_USE_VENDOR },
	};

	return (uint16_t)fj_words(j, v, words, COUNT(words));
}

static void allowed_uses(struct fj *j, json_t *v, void *to)
{
	((struct device_pair_cfg *)to)->usage_caps = uses_of(j, v);
}

static void uses(struct fj *j, json_t *v, void *to)
{
	((struct device_pair_cfg *)to)->usage = uses_of(j, v);
}

static void pair_slots(struct fj *j, json_t *v, void *to)
{
	((struct device_pair_cfg *)to)->slots = slot_mask(j, v);
}

static void made(struct fj *j, json_t *v, void *to)
{
	((struct device_pair_cfg *)to)->made = fj_bool(j, v);
}

static void key_pair(struct fj *j, json_t *v, struct device_file *f)
{
	static const struct fj_key keys[] = {
		{ "may", may },	  { "allowed_uses", allowed_uses, true },
		{ "uses", uses }, { "slots", pair_slots },
		{ "made", made },
	};
	struct device_pair_cfg p = { .caps = 0 };

	fj_object(j, v, keys, COUNT(keys), &p);
	if (!p.usage_caps)
		fj_fail(j, "a key is for something");
	if (p.usage & ~p.usage_caps)
		fj_fail(j, "'uses' are more than 'allowed_uses'");
	if ((p.slots & (p.slots - 1)) &&
	    !(p.caps & SPDM_KEY_PAIR_CAP_SHAREABLE))
		fj_fail(j, "more than one slot, which needs 'share'");
	f->cfg.prov.pair[f->cfg.prov.pairs++] = p;
}

static void key_pairs(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	if (!fj_array(j, v, DEVICE_PAIRS))
		return;
	for (size_t i = 0; i < json_array_size(v); i++) {
		size_t mark = fj_down_index(j, i);

		key_pair(j, json_array_get(v, i), f);
		fj_up(j, mark);
	}
}

/* The log */

struct one_entry {
	struct device_file *f;
	struct device_log_cfg e;
};

static void entry_value(struct fj *j, struct one_entry *o, size_t n)
{
	if (o->e.value.p)
		fj_fail(j, "either 'text' or 'hex', not both");
	else if (!n)
		fj_fail(j, "is empty");
	o->e.value = (struct spdm_span){ o->f->log_bytes + o->f->log_used, n };
	o->f->log_used += n;
}

static void entry_text(struct fj *j, json_t *v, void *to)
{
	struct one_entry *o = to;
	const char *s =
		fj_string(j, v, sizeof(o->f->log_bytes) - o->f->log_used);

	if (!s)
		return;
	memcpy(o->f->log_bytes + o->f->log_used, s, strlen(s));
	entry_value(j, o, strlen(s));
}

static void entry_hex(struct fj *j, json_t *v, void *to)
{
	struct one_entry *o = to;
	const size_t used = o->f->log_used;

	entry_value(j, o,
		    fj_hex(j, v, o->f->log_bytes + used,
			   sizeof(o->f->log_bytes) - used));
}

static const struct fj_key entry_keys[] = {
	FJ_NUM("measurement", true, one_entry, e.meas, 1, 254),
	FJ_NUM("type", true, one_entry, e.type, 0, 0x7f),
	{ "text", entry_text },
	{ "hex", entry_hex },
};

/* Values are raw: bit 7 of the type. */
static void log_entries(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;
	size_t used = SPDM_MEL_HEAD;

	if (!fj_array(j, v, DEVICE_FILE_LOG))
		return;
	for (size_t i = 0; i < json_array_size(v) && !j->failed; i++) {
		size_t mark = fj_down_index(j, i);
		struct one_entry o = { .f = f };

		fj_object(j, json_array_get(v, i), entry_keys,
			  COUNT(entry_keys), &o);
		if (!o.e.value.p)
			fj_fail(j, "'text' or 'hex' is missing");
		o.e.type |= SPDM_MEAS_RAW;
		f->log[f->cfg.prov.log_count++] = o.e;
		used += SPDM_MEL_ENTRY_HEAD + o.e.value.n;
		if (used > DEVICE_LOG_MAX)
			fj_fail(j, "the log has more than %u bytes",
				DEVICE_LOG_MAX);
		fj_up(j, mark);
	}
}

void file_provision(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = {
		{ "place", place },
		{ "empty_slots", empty_slots },
		{ "key_pairs", key_pairs },
		{ "log", log_entries },
	};

	fj_object(j, v, keys, COUNT(keys), to);
}

/* Slots and key pairs, against what the other parts of the file said. */
void file_finish_prov(struct fj *j, const struct device_file *f)
{
	const struct device_prov_cfg *p = &f->cfg.prov;
	const uint8_t there = p->slots | f->slots;
	uint8_t seen = 0;

	if (p->slots & f->slots)
		fj_fail(j, "provision.empty_slots: one of them is filled");
	for (unsigned i = 0; i < p->pairs; i++) {
		if (p->pair[i].slots & seen)
			fj_fail(j,
				"provision.key_pairs[%u].slots: one is "
				"another's",
				i);
		if (p->pair[i].slots & ~there)
			fj_fail(j,
				"provision.key_pairs[%u].slots: one is not "
				"there",
				i);
		if (i && (p->pair[i].slots & f->slots))
			fj_fail(j,
				"provision.key_pairs[%u].slots: a filled "
				"slot has the first",
				i);
		seen |= p->pair[i].slots;
	}
	for (unsigned i = 0; i < f->cfg.meas_count; i++)
		if (f->meas[i].extend && !(f->cfg.spdm.caps & SPDM_CAP_MEL))
			fj_fail(j, "measurements[%u].extend: needs 'mel'", i);
}
