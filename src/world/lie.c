/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/lie.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"

#include "world/cmd_priv.h"

static const struct field *find(struct world_lie *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(l->list[i].name, l->field) == 0 &&
		    l->list[i].nth == l->nth)
			return &l->list[i];
	return NULL;
}

static void tell(struct world_dev *d, enum spdm_tap_stage stage,
		 const struct spdm_msg *rsp, uint8_t *p, size_t cap, size_t *n)
{
	const struct spdm_shape sh = fields_shape(rsp);
	struct world_lie *l = &d->lie;
	const struct field *f;
	char what[80];
	size_t got;

	if (fields_of(p, *n, &sh, l->list, FIELDS_MAX, &got))
		return;
	f = find(l, got);
	if (!f || (f->kind == FIELD_PROOF) != (stage == SPDM_TAP_PROOF) ||
	    change_apply(f, &l->change, p, cap, n))
		return;
	l->at = *f;
	l->armed = false;
	l->told = stage == SPDM_TAP_FIELDS;
	snprintf(what, sizeof(what), "lies in %s, %s", l->message, l->field);
	world_say(d->w, "device", what, change_names[l->change.how], false, 0);
}

static void bytes(void *ctx, enum spdm_tap_stage stage,
		  const struct spdm_msg *rsp, uint8_t *p, size_t cap, size_t *n)
{
	struct world_dev *d = ctx;
	struct world_lie *l = &d->lie;
	const bool again = l->told && stage == SPDM_TAP_PROOF;
	const char *name = fields_message(p, *n);
	enum il_err err = IL_OK;

	l->told = false;
	if (again)
		err = change_apply(&l->at, &l->change, p, cap, n);
	else if (l->armed && name && strcmp(name, l->message) == 0)
		tell(d, stage, rsp, p, cap, n);
	(void)err; /* it fitted the first time */
}

/* By the names that PCIe Base 6.x, 11.3 has; the rest of decode's are as long.
 */
static const char *in_full(const char *name)
{
	static const struct {
		const char *ours;
		const char *full;
	} names[] = {
		{ "LOCK_REQ", "LOCK_INTERFACE_REQUEST" },
		{ "GET_REPORT", "GET_DEVICE_INTERFACE_REPORT" },
		{ "GET_STATE", "GET_DEVICE_INTERFACE_STATE" },
		{ "START_REQ", "START_INTERFACE_REQUEST" },
		{ "STOP_REQ", "STOP_INTERFACE_REQUEST" },
	};

	for (unsigned i = 0; name && i < COUNT(names); i++)
		if (strcmp(names[i].ours, name) == 0)
			return names[i].full;
	return name ? name : "?";
}

/* What reached the device, in the clear. */
static const uint8_t *heard(void *ctx, uint32_t session_id, const uint8_t *in,
			    size_t *n)
{
	struct world_dev *d = ctx;

	(void)session_id;
	world_called(d->w, WORLD_FW_DEV, in_full(fields_message(in, *n)), NULL);
	return in;
}

const struct dsm_tap lie_tap = { .bytes = bytes, .heard = heard };

enum il_err cmd_device_lie(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_lie *l;
	struct world_dev *d;
	const char *message = lang_word(c, "message", "");
	const char *field = lang_word(c, "field", "");

	if (w->remote.used)
		return world_fail(w, IL_E_STATE, 0,
				  "a device in another process lies by itself");
	d = world_dev(w, c);
	if (!d)
		return w->last_err;
	l = &d->lie;
	if (l->armed)
		return world_fail(w, IL_E_STATE, 0,
				  "the lie before has not been told: %s, %s",
				  l->message, l->field);
	if (strlen(message) >= sizeof(l->message) ||
	    strlen(field) >= sizeof(l->field))
		return world_fail(w, IL_E_ARG, 0, "no such message or field");
	snprintf(l->message, sizeof(l->message), "%s", message);
	snprintf(l->field, sizeof(l->field), "%s", field);
	l->nth = (unsigned)lang_num(c, "nth", 0);
	l->change = (struct change){
		.how = (enum change_how)lang_num(c, "how", CHANGE_MORE),
		.bit = (uint32_t)lang_num(c, "bit", 0),
	};
	if (l->change.how >= CHANGE_OTHER)
		l->change.how++; /* nobody says what another session said */
	l->armed = true;
	return IL_OK;
}
