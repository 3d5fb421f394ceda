/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/codec_priv.h"

/*
 * What stands inside other messages: measurement blocks, and the opaque data
 * by which secured message versions are agreed.
 */

/* Source: DSP0274 1.2.1, section 10.11.1 (measurement block, DMTF form). */
enum il_err spdm_meas_block_read(struct rd *r, struct spdm_meas_block *out)
{
	struct spdm_meas_block b;

	b.index = rd_u8(r);
	uint8_t spec = rd_u8(r);
	uint16_t size = rd_u16le(r);

	b.type = rd_u8(r);
	b.value = rd_span16(r, UINT16_MAX);
	if (!r->err &&
	    (spec != SPDM_MEAS_SPEC_DMTF || !b.index || size != 3 + b.value.n))
		rd_field(r);
	if (!r->err)
		*out = b;
	return r->err;
}

void spdm_meas_block_write(struct wr *w, const struct spdm_meas_block *b)
{
	wr_u8(w, b->index);
	wr_u8(w, SPDM_MEAS_SPEC_DMTF);
	wr_len(w, b->value.n + 3, 2);
	wr_u8(w, b->type);
	wr_span16(w, b->value);
}

/*
 * Two frames for the same elements: from 1.2 on OpaqueDataFmt1, where it was
 * negotiated; before, the table that DSP0277 defines, which names itself.
 * Source: DSP0274 1.2.1, section 10 (general opaque data format); DSP0277
 * 1.1, section "Secured Message opaque data format".
 */
#define SM_SPEC_ID	 0x444d5446
#define SM_FRAME_VERSION 1
#define SM_DATA_VERSION	 1
#define SM_ID_SELECTED	 0
#define SM_ID_SUPPORTED	 1

static void frame_write(struct wr *w, bool fmt1)
{
	if (!fmt1) {
		wr_u32le(w, SM_SPEC_ID);
		wr_u8(w, SM_FRAME_VERSION);
	}
	wr_u8(w, 1); /* elements */
	wr_zero(w, fmt1 ? 3 : 2);
}

static uint8_t frame_read(struct rd *r, bool fmt1)
{
	if (!fmt1) {
		uint32_t id = rd_u32le(r);

		if (id != SM_SPEC_ID || rd_u8(r) != SM_FRAME_VERSION)
			rd_field(r);
	}
	uint8_t n = rd_u8(r);

	rd_skip(r, fmt1 ? 3 : 2);
	return n;
}

static void element_write(struct wr *w, uint8_t id, const uint8_t *p, size_t n)
{
	wr_u8(w, SPDM_STD_DMTF);
	wr_u8(w, 0); /* no vendor id */
	wr_len(w, n + 2, 2);
	wr_u8(w, SM_DATA_VERSION);
	wr_u8(w, id);
	wr_bytes(w, p, n);
	wr_zero(w, (4 - (n + 6) % 4) % 4);
}

/* One element: whose it is, and its data. */
static struct spdm_span element_read(struct rd *r, uint8_t *owner,
				     struct spdm_span *vid)
{
	struct spdm_span data;

	*owner = rd_u8(r);
	*vid = rd_span(r, rd_u8(r));
	data = rd_span16(r, SPDM_OPAQUE_MAX);
	rd_skip(r, (4 - (4 + vid->n + data.n) % 4) % 4);
	return data;
}

bool spdm_opaque_good(struct spdm_span opaque, bool fmt1)
{
	struct rd r = rd_over(opaque.p, opaque.n);
	struct spdm_span vid;
	uint8_t owner;

	if (!opaque.n)
		return true;
	for (uint8_t n = frame_read(&r, true); n > 0 && !r.err; n--)
		(void)element_read(&r, &owner, &vid);
	return fmt1 && !rd_end(&r);
}

/*
 * The data of the one element @id, behind its version and id. Elements of
 * others are stepped over; a second one of ours is refused.
 */
static enum il_err element_find(struct spdm_span opaque, bool fmt1, uint8_t id,
				struct rd *out)
{
	struct rd r = rd_over(opaque.p, opaque.n);
	bool found = false;

	for (uint8_t n = frame_read(&r, fmt1); n > 0 && !r.err; n--) {
		struct spdm_span vid;
		uint8_t owner;
		struct spdm_span data = element_read(&r, &owner, &vid);

		if (r.err || owner != SPDM_STD_DMTF || vid.n || data.n < 2 ||
		    data.p[0] != SM_DATA_VERSION || data.p[1] != id)
			continue;
		if (found)
			return IL_E_FIELD;
		found = true;
		*out = rd_over(data.p + 2, data.n - 2);
	}

	enum il_err err = rd_end(&r);

	return err ? err : found ? IL_OK : IL_E_FIELD;
}

void spdm_sm_supported_write(struct wr *w, bool fmt1,
			     const struct spdm_sm_versions *v)
{
	uint8_t data[1 + 2 * SPDM_VERSIONS_MAX];
	struct wr d = wr_over(data, sizeof(data));

	wr_u8(&d, v->count);
	for (uint8_t i = 0; i < v->count; i++)
		wr_u16le(&d, v->entry[i]);
	frame_write(w, fmt1);
	element_write(w, SM_ID_SUPPORTED, data, d.len);
}

void spdm_sm_selected_write(struct wr *w, bool fmt1, uint16_t version)
{
	const uint8_t data[2] = { (uint8_t)version, (uint8_t)(version >> 8) };

	frame_write(w, fmt1);
	element_write(w, SM_ID_SELECTED, data, sizeof(data));
}

enum il_err spdm_sm_supported_read(struct spdm_span opaque, bool fmt1,
				   struct spdm_sm_versions *out)
{
	struct spdm_sm_versions v = { 0 };
	struct rd r;
	enum il_err err = element_find(opaque, fmt1, SM_ID_SUPPORTED, &r);

	if (err)
		return err;
	v.count = rd_u8(&r);
	if (v.count > SPDM_VERSIONS_MAX)
		return IL_E_FIELD;
	for (uint8_t i = 0; i < v.count; i++)
		v.entry[i] = rd_u16le(&r);
	err = rd_end(&r);
	if (!err)
		*out = v;
	return err;
}

enum il_err spdm_sm_selected_read(struct spdm_span opaque, bool fmt1,
				  uint16_t *out)
{
	struct rd r;
	enum il_err err = element_find(opaque, fmt1, SM_ID_SELECTED, &r);

	if (err)
		return err;

	uint16_t v = rd_u16le(&r);

	err = rd_end(&r);
	if (!err)
		*out = v;
	return err;
}
