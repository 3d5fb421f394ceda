/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/device_priv.h"
#include "device/file_priv.h"

/*
 * The device file: whom the device knows. Keys that it shares, and what
 * requesters have to prove. Files that are named are read by the program.
 */

struct one_psk {
	struct device_psk k;
	char *file;
	size_t cap;
};

static void psk_hint(struct fj *j, json_t *v, void *to)
{
	struct one_psk *o = to;
	const char *s = fj_string(j, v, DEVICE_PSK_MAX);

	o->k.hint_len = s ? (uint8_t)strlen(s) : 0;
	if (s)
		memcpy(o->k.hint, s, o->k.hint_len);
}

static void psk_hint_hex(struct fj *j, json_t *v, void *to)
{
	struct one_psk *o = to;

	if (o->k.hint_len)
		fj_fail(j, "either 'hint' or 'hint_hex', not both");
	o->k.hint_len = (uint8_t)fj_hex(j, v, o->k.hint, sizeof(o->k.hint));
}

static void psk_key(struct fj *j, json_t *v, void *to)
{
	struct one_psk *o = to;

	o->k.key_len = (uint8_t)fj_hex(j, v, o->k.key, sizeof(o->k.key));
	if (!o->k.key_len)
		fj_fail(j, "is empty");
}

/* The name of a file, beside the device file. */
static void file_name(struct fj *j, json_t *v, char *out, size_t cap)
{
	const char *s = fj_string(j, v, cap - 1);

	if (s && !*s)
		fj_fail(j, "names no file");
	file_plain(j, s);
	if (s)
		memcpy(out, s, strlen(s) + 1);
}

bool device_file_more(const struct device_file *f)
{
	bool more = f->anchors != 0;

	for (unsigned i = 0; i < f->cfg.psk_count; i++)
		more = more || f->psk_file[i][0];
	return more;
}

static void psk_file(struct fj *j, json_t *v, void *to)
{
	struct one_psk *o = to;

	file_name(j, v, o->file, o->cap);
}

static void one_psk(struct fj *j, json_t *v, struct device_file *f)
{
	static const struct fj_key keys[] = {
		{ "hint", psk_hint },
		{ "hint_hex", psk_hint_hex },
		{ "key", psk_key },
		{ "key_file", psk_file },
	};
	const unsigned n = f->cfg.psk_count;
	struct one_psk o = { .file = f->psk_file[n],
			     .cap = sizeof(f->psk_file[n]) };

	fj_object(j, v, keys, COUNT(keys), &o);
	if ((o.k.key_len != 0) == (o.file[0] != 0))
		fj_fail(j, "'key' or 'key_file', one of them");
	for (unsigned i = 0; i < n; i++)
		if (f->cfg.psk[i].hint_len == o.k.hint_len &&
		    memcmp(f->cfg.psk[i].hint, o.k.hint, o.k.hint_len) == 0)
			fj_fail(j, "its hint is another's");
	f->cfg.psk[n] = o.k;
	f->cfg.psk_count++;
	bytes_wipe(&o, sizeof(o));
}

void file_psk(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	if (!fj_array(j, v, DEVICE_PSKS))
		return;
	for (size_t i = 0; i < json_array_size(v) && !j->failed; i++) {
		size_t mark = fj_down_index(j, i);

		one_psk(j, json_array_get(v, i), f);
		fj_up(j, mark);
	}
}

/* --- requesters --- */

static void prove(struct fj *j, json_t *v, void *to)
{
	static const struct fj_word words[] = {
		{ "known", SPDM_MUT_AUTH },
		{ "encapsulated", SPDM_MUT_AUTH_ENCAP },
		{ "digests", SPDM_MUT_AUTH_DIGESTS },
	};
	struct device_file *f = to;

	f->cfg.spdm.mutual = (uint8_t)fj_word(j, v, words, COUNT(words));
}

static void must(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->cfg.spdm.mutual_must = fj_bool(j, v);
}

static void challenge(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->cfg.spdm.basic = fj_bool(j, v);
}

static void req_asym(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	f->cfg.spdm.req_asym = file_asym_words(j, v);
	if (!f->cfg.spdm.req_asym)
		fj_fail(j, "requesters need one to sign with");
}

static void anchors(struct fj *j, json_t *v, void *to)
{
	struct device_file *f = to;

	if (!fj_array(j, v, DEVICE_FILE_ANCHORS))
		return;
	for (size_t i = 0; i < json_array_size(v) && !j->failed; i++) {
		size_t mark = fj_down_index(j, i);

		file_name(j, json_array_get(v, i), f->anchor[i],
			  sizeof(f->anchor[i]));
		f->anchors++;
		fj_up(j, mark);
	}
}

void file_requesters(struct fj *j, json_t *v, void *to)
{
	static const struct fj_key keys[] = {
		{ "prove", prove },
		{ "must", must },
		{ "challenge", challenge },
		FN_NUM("slot", spdm.mutual_slot, 0, SPDM_SLOTS - 1),
		{ "asym", req_asym },
		{ "anchors", anchors },
	};

	fj_object(j, v, keys, COUNT(keys), to);
}

/*
 * A requester that shows a chain of its own making has proven nothing but that
 * it has its key: without an anchor, nobody is asked.
 */
void file_finish_own(struct fj *j, struct device_file *f)
{
	struct spdm_rsp_cfg *s = &f->cfg.spdm;
	const bool asks = s->mutual || s->basic;

	if (!f->cfg.psk_count != !(s->caps & SPDM_CAP_PSK_MASK))
		fj_fail(j, "spdm.psk: goes with 'psk' or "
			   "'psk-with-context', and they with it");
	if ((s->caps & SPDM_CAP_PSK_MASK) == SPDM_CAP_PSK_MASK)
		fj_fail(j, "spdm.capabilities: 'psk' or 'psk-with-context', "
			   "not both");
	if ((s->caps & SPDM_CAP_PSK_MASK) &&
	    (~s->caps & (SPDM_CAP_ENCRYPT | SPDM_CAP_MAC)))
		fj_fail(j, "spdm.capabilities: 'psk' needs 'encrypt' and "
			   "'mac'");
	if (asks && !f->anchors)
		fj_fail(j, "spdm.requesters.anchors: without one any "
			   "requester's key would do");
	if (!asks &&
	    (f->anchors || s->mutual_must || s->mutual_slot || s->req_asym))
		fj_fail(j, "spdm.requesters: nothing is asked of them; "
			   "'prove' or 'challenge' does");
	if (s->mutual_must && !s->mutual)
		fj_fail(j, "spdm.requesters.must: needs 'prove'");
	if (s->mutual == SPDM_MUT_AUTH && !s->basic)
		fj_fail(j, "spdm.requesters.prove: who is to be known has to "
			   "be asked before: 'challenge'");
	if ((s->mutual && !(s->caps & SPDM_CAP_KEY_EX)) ||
	    (s->basic && !(s->caps & SPDM_CAP_CHAL)))
		fj_fail(j, "spdm.requesters: 'prove' needs 'key-ex', "
			   "'challenge' needs 'chal'");
	if (!asks)
		return;
	s->caps |= SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP;
	if (s->req_asym)
		return;
	s->req_asym = SPDM_ASYM_RSASSA | SPDM_ASYM_RSAPSS |
		      SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384 |
		      SPDM_ASYM_ECDSA_P521;
	s->req_pqc_asym =
		SPDM_PQC_ML_DSA_44 | SPDM_PQC_ML_DSA_65 | SPDM_PQC_ML_DSA_87;
}
