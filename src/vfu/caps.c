/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>
#include <stdlib.h>

#include "base/bits.h"
#include "vfu/proto.h"

/* VFIO_USER_VERSION: the one message with text in it. */

#define TEXT_MAX 4096u

static enum il_err number(const json_t *caps, const char *name, bool *said,
			  uint64_t *out)
{
	const json_t *v = json_object_get(caps, name);

	*said = v != NULL;
	if (!v)
		return IL_OK;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return IL_E_FIELD;
	*out = (uint64_t)json_integer_value(v);
	return IL_OK;
}

static enum il_err read_caps(const json_t *caps, struct vuser_caps *c)
{
	const json_t *multi = json_object_get(caps, "write_multiple");
	enum il_err err =
		number(caps, "max_msg_fds", &c->fds_said, &c->max_msg_fds);

	if (!err)
		err = number(caps, "max_data_xfer_size", &c->xfer_said,
			     &c->max_data_xfer_size);
	if (!err)
		err = number(caps, "max_dma_maps", &c->maps_said,
			     &c->max_dma_maps);
	if (!err)
		err = number(caps, "pgsizes", &c->pgsizes_said, &c->pgsizes);
	if (!err && multi && !json_is_boolean(multi))
		err = IL_E_FIELD;
	c->multi_said = multi != NULL;
	c->write_multiple = json_is_true(multi);
	return err;
}

static enum il_err read_text(const char *p, size_t len, struct vuser_caps *c)
{
	json_t *all = json_loadb(p, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *caps = json_object_get(all, "capabilities");
	enum il_err err = IL_OK;

	if (!json_is_object(all) || (caps && !json_is_object(caps)))
		err = IL_E_FIELD;
	else if (caps)
		err = read_caps(caps, c);
	json_decref(all);
	return err;
}

enum il_err vuser_version_decode(struct rd *r, struct vuser_version *out)
{
	struct vuser_version v = {
		.caps = { .max_msg_fds = VUSER_DEF_FDS,
			  .max_data_xfer_size = VUSER_DEF_XFER,
			  .max_dma_maps = VUSER_DEF_MAPS,
			  .pgsizes = VUSER_DEF_PGSIZES },
	};
	enum il_err err = IL_OK;
	const uint8_t *p;
	size_t len;

	v.major = rd_u16le(r);
	v.minor = rd_u16le(r);
	len = rd_left(r);
	p = rd_bytes(r, len);
	if (r->err)
		return r->err;
	if (len > TEXT_MAX || (len && p[len - 1]))
		return IL_E_FIELD;
	if (len)
		err = read_text((const char *)p, len - 1, &v.caps);
	if (!err)
		*out = v;
	return err;
}

static int put(json_t *caps, bool said, const char *name, uint64_t v)
{
	return said ? json_object_set_new(caps, name,
					  json_integer((json_int_t)v))
		    : 0;
}

static json_t *to_json(const struct vuser_caps *c)
{
	json_t *all = json_object();
	json_t *caps = json_object();
	int bad = put(caps, c->fds_said, "max_msg_fds", c->max_msg_fds) |
		  put(caps, c->xfer_said, "max_data_xfer_size",
		      c->max_data_xfer_size) |
		  put(caps, c->maps_said, "max_dma_maps", c->max_dma_maps) |
		  put(caps, c->pgsizes_said, "pgsizes", c->pgsizes);

	if (c->multi_said)
		bad |= json_object_set_new(caps, "write_multiple",
					   json_boolean(c->write_multiple));
	bad |= json_object_set_new(all, "capabilities", caps);
	if (!bad)
		return all;
	json_decref(all);
	return NULL;
}

enum il_err vuser_version_encode(struct wr *w, const struct vuser_version *v)
{
	json_t *all = to_json(&v->caps);
	char *text = all ? json_dumps(all, JSON_COMPACT | JSON_PRESERVE_ORDER)
			 : NULL;

	json_decref(all);
	if (!text)
		return IL_E_NOMEM;
	wr_u16le(w, v->major);
	wr_u16le(w, v->minor);
	wr_bytes(w, text, strlen(text) + 1);
	free(text);
	return w->err;
}
