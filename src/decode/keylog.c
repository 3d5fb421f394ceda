/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/keylog.h"

static struct keylog_entry *by_random(struct keylog *k,
				      const struct flow_who *who)
{
	for (size_t i = 0; i < k->n; i++) {
		struct keylog_entry *e = &k->e[i];

		if (e->named && e->psk == who->psk && e->random_len &&
		    e->random_len == who->random.n &&
		    !memcmp(e->random, who->random.p, e->random_len))
			return e;
	}
	return NULL;
}

static struct keylog_entry *by_id(struct keylog *k, const struct flow_who *who)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->e[i].named && !k->e[i].used && k->e[i].id == who->id &&
		    k->e[i].psk == who->psk)
			return &k->e[i];
	return NULL;
}

static struct keylog_entry *by_order(struct keylog *k,
				     const struct flow_who *who)
{
	unsigned nth = 0;

	for (size_t i = 0; i < k->n; i++)
		if (!k->e[i].named && k->e[i].psk == who->psk &&
		    nth++ == who->nth)
			return &k->e[i];
	return NULL;
}

const struct flow_secrets *keylog_find(struct keylog *k,
				       const struct flow_who *who)
{
	struct keylog_entry *e = by_random(k, who);

	if (!e)
		e = by_id(k, who);
	if (!e)
		e = by_order(k, who);
	if (!e && !(who->psk && k->psk_len))
		return NULL;
	k->last = (struct flow_secrets){ .len = { 0 } };
	if (e) {
		e->used = true;
		k->last = e->secrets;
	}
	if (who->psk && k->psk_len && !k->last.len[FLOW_SECRET_PSK]) {
		k->last.len[FLOW_SECRET_PSK] = k->psk_len;
		memcpy(k->last.v[FLOW_SECRET_PSK], k->psk, k->psk_len);
	}
	return &k->last;
}
