/* SPDX-License-Identifier: BSD-2-Clause */
#include "idekm/codec.h"

#include "base/bits.h"

/* key_sub_stream: b0 key set, b1 direction, 7:4 sub-stream. */
#define KSS_SET	 0x01
#define KSS_DIR	 0x02
#define KSS_SUB	 0xf0
#define KSS_RSVD 0x0c

bool idekm_ref_sane(const struct idekm_ref *ref)
{
	return ref->key_set < IDEKM_SETS && ref->dir < IDEKM_DIRS &&
	       ref->sub < IDEKM_SUBS;
}

void idekm_swap_dwords(uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 4 <= len; i += 4) {
		uint8_t a = p[i], b = p[i + 1];

		p[i] = p[i + 3];
		p[i + 1] = p[i + 2];
		p[i + 2] = b;
		p[i + 3] = a;
	}
}

static uint8_t kss_put(const struct idekm_ref *ref)
{
	return (uint8_t)(field_put(KSS_SET, ref->key_set) |
			 field_put(KSS_DIR, ref->dir) |
			 field_put(KSS_SUB, ref->sub));
}

static void rd_rsvd(struct rd *r, struct idekm_msg *m)
{
	if (rd_u8(r))
		m->rsvd_set = true;
}

/* Common to KEY_PROG, KP_ACK, K_SET_GO, K_SET_STOP and K_GOSTOP_ACK. */
static void key_hdr_decode(struct rd *r, struct idekm_msg *m)
{
	uint8_t kss;

	rd_rsvd(r, m);
	rd_rsvd(r, m);
	m->ref.stream = rd_u8(r);
	if (m->object == IDEKM_KP_ACK)
		m->status = rd_u8(r);
	else
		rd_rsvd(r, m);
	kss = rd_u8(r);
	m->ref.key_set = (uint8_t)field_get(KSS_SET, kss);
	m->ref.dir = (uint8_t)field_get(KSS_DIR, kss);
	m->ref.sub = (uint8_t)field_get(KSS_SUB, kss);
	if (kss & KSS_RSVD)
		m->rsvd_set = true;
	m->ref.port = rd_u8(r);
}

static void key_hdr_encode(struct wr *w, const struct idekm_msg *m)
{
	wr_zero(w, 2);
	wr_u8(w, m->ref.stream);
	wr_u8(w, m->object == IDEKM_KP_ACK ? m->status : 0);
	wr_u8(w, kss_put(&m->ref));
	wr_u8(w, m->ref.port);
}

static void query_resp_decode(struct rd *r, struct idekm_msg *m)
{
	rd_rsvd(r, m);
	m->ref.port = rd_u8(r);
	m->devfn = rd_u8(r);
	m->bus = rd_u8(r);
	m->segment = rd_u8(r);
	m->max_port = rd_u8(r);
	m->cap_len = rd_left(r);
	m->cap = rd_bytes(r, m->cap_len);
	if (m->cap_len % 4 && !r->err)
		r->err = IL_E_FIELD;
}

static void body_decode(struct rd *r, struct idekm_msg *m)
{
	switch (m->object) {
	case IDEKM_QUERY:
		rd_rsvd(r, m);
		m->ref.port = rd_u8(r);
		return;
	case IDEKM_QUERY_RESP:
		query_resp_decode(r, m);
		return;
	case IDEKM_KEY_PROG:
		key_hdr_decode(r, m);
		rd_copy(r, m->key, sizeof(m->key));
		rd_copy(r, m->ifv, sizeof(m->ifv));
		idekm_swap_dwords(m->key, sizeof(m->key));
		idekm_swap_dwords(m->ifv, sizeof(m->ifv));
		return;
	case IDEKM_KP_ACK:
	case IDEKM_K_SET_GO:
	case IDEKM_K_SET_STOP:
	case IDEKM_K_GOSTOP_ACK:
		key_hdr_decode(r, m);
		return;
	case IDEKM_OBJECTS:
		break;
	}
	r->err = IL_E_FIELD;
}

enum il_err idekm_decode(const uint8_t *p, size_t len, struct idekm_msg *out)
{
	struct rd r = rd_over(p, len);
	struct idekm_msg m = { 0 };
	uint8_t object = rd_u8(&r);
	enum il_err err;

	m.object = (enum idekm_object)object;
	body_decode(&r, &m);
	err = rd_end(&r);
	if (!err)
		*out = m;
	bytes_wipe(m.key, sizeof(m.key));
	return err;
}

static void key_prog_encode(struct wr *w, const struct idekm_msg *m)
{
	uint8_t key[IDEKM_KEY_LEN], ifv[IDEKM_IFV_LEN];

	memcpy(key, m->key, sizeof(key));
	memcpy(ifv, m->ifv, sizeof(ifv));
	idekm_swap_dwords(key, sizeof(key));
	idekm_swap_dwords(ifv, sizeof(ifv));
	key_hdr_encode(w, m);
	wr_bytes(w, key, sizeof(key));
	wr_bytes(w, ifv, sizeof(ifv));
	bytes_wipe(key, sizeof(key));
}

enum il_err idekm_encode(struct wr *w, const struct idekm_msg *m)
{
	if ((unsigned)m->object >= IDEKM_OBJECTS)
		return IL_E_ARG;
	if (m->object == IDEKM_QUERY_RESP && m->cap_len % 4)
		return IL_E_ARG;
	wr_u8(w, (uint8_t)m->object);
	switch (m->object) {
	case IDEKM_QUERY:
		wr_u8(w, 0);
		wr_u8(w, m->ref.port);
		break;
	case IDEKM_QUERY_RESP:
		wr_u8(w, 0);
		wr_u8(w, m->ref.port);
		wr_u8(w, m->devfn);
		wr_u8(w, m->bus);
		wr_u8(w, m->segment);
		wr_u8(w, m->max_port);
		wr_bytes(w, m->cap, m->cap_len);
		break;
	case IDEKM_KEY_PROG:
		key_prog_encode(w, m);
		break;
	case IDEKM_KP_ACK:
	case IDEKM_K_SET_GO:
	case IDEKM_K_SET_STOP:
	case IDEKM_K_GOSTOP_ACK:
		key_hdr_encode(w, m);
		break;
	case IDEKM_OBJECTS:
		break;
	}
	return w->err;
}
