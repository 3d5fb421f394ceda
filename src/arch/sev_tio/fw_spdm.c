/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/fw_priv.h"

/*
 * The bounce loop. A verb of the core gives a message; it goes into the
 * request buffer as a data object and the command answers SPDM_REQUEST. The
 * host carries it, puts the answer into the response buffer and issues the
 * same bytes again.
 *
 * Source: Linux 7.3 drivers/crypto/ccp/sev-dev-tio.c; architecture notes B.1
 */

uint32_t fw_ret(enum il_err err)
{
	switch (err) {
	case IL_OK:
		return SEV_RET_SUCCESS;
	case IL_E_ARG:
		return SEV_RET_INVALID_PARAM;
	case IL_E_STATE:
		return SEV_RET_INVALID_DEV_STATE;
	case IL_E_SPACE:
		return SEV_RET_RESPONSE_TOO_LARGE;
	case IL_E_SHORT:
	case IL_E_LONG:
	case IL_E_FIELD:
	case IL_E_AUTH:
	case IL_E_PEER:
	case IL_E_TIMEOUT:
		return SEV_RET_SPDM_ERROR;
	case IL_E_AGAIN:
		return SEV_RET_SPDM_REQUEST;
	case IL_E_NOMEM:
		return SEV_RET_RESOURCE_LIMIT;
	case IL_E_RANDOM:
		return SEV_RET_HWERROR_PLATFORM;
	case IL_E_IO:
		return SEV_RET_IN_DEV_CONN;
	}
	return SEV_RET_HWERROR_UNSAFE;
}

struct ctrl {
	struct fw_buf req;
	struct fw_buf resp;
	struct fw_buf scratch;
	struct fw_buf out;
};

/*
 * A buffer of firmware state and the capacity its header claims, which must lie
 * in its pages. A smaller one than we need is told how large it has to be.
 */
static uint32_t map_sized(struct sev_fw *fw, uint64_t sla, uint32_t need,
			  struct fw_buf *out)
{
	uint8_t hdr[TIO_BUF_HDR_LEN];
	uint32_t ret = fw_buf_map(fw, sla, OWN_FIRMWARE, out);
	uint32_t cap;

	if (!ret)
		ret = fw_read(fw, out->page[0], hdr, sizeof(hdr));
	if (ret)
		return ret;
	if (sev_u32(hdr, TIO_BUF_FLAGS) & 1)
		return SEV_RET_UNSUPPORTED; /* encrypted buffers */
	cap = sev_u32(hdr, TIO_BUF_CAPACITY);
	if (cap > out->n * PAGE_4K)
		return SEV_RET_INCORRECT_BUFFER_LENGTH;
	if (cap >= need)
		return SEV_RET_SUCCESS;
	sev_put_u32(hdr, TIO_BUF_CAPACITY, need);
	ret = fw_buf_write(fw, out, 0, hdr, sizeof(hdr));
	return ret ? ret : SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST;
}

/* @output: bytes that it must hold; 0: it is not looked at. */
static uint32_t map_ctrl(struct sev_fw *fw, const struct fw_cmd *c,
			 uint32_t output, struct ctrl *k)
{
	const uint8_t *p = c->buf + TIO_CMD_SPDM_CTRL;
	uint32_t ret =
		map_sized(fw, sev_u64(p, TIO_SPDM_REQ), FW_REQ_SIZE, &k->req);

	if (!ret)
		ret = fw_buf_map(fw, sev_u64(p, TIO_SPDM_RESP), OWN_HYPERVISOR,
				 &k->resp);
	if (!ret)
		ret = map_sized(fw, sev_u64(p, TIO_SPDM_SCRATCH),
				FW_SCRATCH_SIZE, &k->scratch);
	if (!ret && output)
		ret = map_sized(fw, sev_u64(p, TIO_SPDM_OUTPUT), output,
				&k->out);
	return ret;
}

/* What a blob of @len bytes takes, or what all take. */
static uint32_t out_size(const struct sev_fw *fw, size_t len)
{
	return fw->cfg.frugal ? (uint32_t)(TIO_BUF_HDR_LEN + TIO_DOBJ_BLOB_LEN +
					   align_up(len, TIO_BUF_ALIGN))
			      : FW_OUT_SIZE;
}

uint32_t fw_spdm_check(struct sev_fw *fw, const struct fw_cmd *c, bool output)
{
	struct ctrl k;

	return map_ctrl(fw, c, output ? out_size(fw, 0) : 0, &k);
}

static uint32_t put_request(struct sev_fw *fw, const struct ctrl *k,
			    const uint8_t *msg, size_t len, uint8_t kind)
{
	uint8_t h[TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN] = { 0 };
	uint8_t *o = h + TIO_BUF_HDR_LEN;
	uint32_t obj = (uint32_t)(TIO_DOBJ_MSG_LEN + len);
	uint32_t ret;

	sev_put_u32(h, TIO_BUF_CAPACITY, (uint32_t)(k->req.n * PAGE_4K));
	sev_put_u32(h, TIO_BUF_PAYLOAD, (uint32_t)align_up(obj, TIO_BUF_ALIGN));
	sev_put_u32(o, TIO_DOBJ_ID, TIO_DOBJ_REQ);
	sev_put_u32(o, TIO_DOBJ_LENGTH, obj);
	sev_put_u16(o, TIO_DOBJ_VERSION, TIO_DOBJ_VERSION_1_0);
	o[TIO_DOBJ_DATA_TYPE] = kind;
	ret = fw_buf_write(fw, &k->req, sizeof(h), msg, len);
	return ret ? ret : fw_buf_write(fw, &k->req, 0, h, sizeof(h));
}

/*
 * Length of a message without what the host put behind it: hosts round the
 * object up to 32 bytes. A secured record says its own length; where a plain
 * message ends the SPDM codec finds out: its last bytes may be zeros, too.
 */
static size_t trim(const uint8_t *p, size_t n, uint8_t kind)
{
	size_t own;

	if (kind != TIO_DATA_SECURED || n < 6)
		return n;
	own = 6u + sev_u16(p, 4);
	return own < n ? own : n;
}

/*
 * The answer, copied once. *len 0: the host brought none, and the same request
 * is waited for again. Once taken, the buffer is marked empty, so that issuing
 * the command twice does not answer the next request with the last answer.
 */
static uint32_t get_response(struct sev_fw *fw, const struct ctrl *k,
			     size_t *len, uint8_t *kind, const uint8_t **msg)
{
	const uint32_t head = TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN;
	uint32_t total = 0, ret = SEV_RET_SUCCESS;
	uint8_t *o = fw->in + TIO_BUF_HDR_LEN;
	uint8_t none[4];
	size_t n;

	for (unsigned i = 0; !ret && i < k->resp.n; i++) {
		n = sizeof(fw->in) - total;
		n = n < PAGE_4K ? n : PAGE_4K;
		if (n)
			ret = fw_read(fw, k->resp.page[i], fw->in + total,
				      (uint32_t)n);
		total += (uint32_t)n;
	}
	if (ret)
		return ret;
	n = sev_u32(o, TIO_DOBJ_LENGTH);
	*len = 0;
	if (n <= TIO_DOBJ_MSG_LEN)
		return SEV_RET_SUCCESS;
	if (sev_u32(o, TIO_DOBJ_ID) != TIO_DOBJ_RESP ||
	    sev_u16(o, TIO_DOBJ_VERSION) != TIO_DOBJ_VERSION_1_0 ||
	    n > total - TIO_BUF_HDR_LEN || sev_u32(fw->in, TIO_BUF_PAYLOAD) < n)
		return SEV_RET_INCORRECT_BUFFER_LENGTH;
	*kind = o[TIO_DOBJ_DATA_TYPE];
	*msg = fw->in + head;
	*len = trim(*msg, n - TIO_DOBJ_MSG_LEN, *kind);
	sev_put_u32(none, 0, TIO_DOBJ_MSG_LEN);
	return fw_write(fw, k->resp.page[0] + TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH,
			none, sizeof(none));
}

static uint32_t step(struct sev_fw *fw, struct fw_cmd *c, const struct ctrl *k,
		     uint8_t in_kind, const uint8_t *in, size_t n)
{
	struct fw_dev *d = c->dev;
	size_t len = 0;
	uint8_t kind = 0;
	uint32_t ret;
	enum il_err err = tsm_step(d->conn, in_kind, in, n, fw->out,
				   sizeof(fw->out), &len, &kind, fw->now_ns);

	if (err != IL_E_AGAIN) {
		fw_pending_clear(d);
		return fw_ret(err);
	}
	ret = put_request(fw, k, fw->out, len, kind);
	if (ret) {
		/* Checked buffers cannot fail; if they do, nothing goes on. */
		tsm_verb_abort(d->conn);
		fw_pending_clear(d);
		return ret;
	}
	d->pending = c->id;
	memcpy(d->buf, c->buf, c->len);
	d->buf_len = c->len;
	fw->hold_ns = tsm_not_before(d->conn);
	return SEV_RET_SPDM_REQUEST;
}

void fw_pending_clear(struct fw_dev *d)
{
	d->pending = 0;
	d->blob = 0;
	d->buf_len = 0;
	memset(d->buf, 0, sizeof(d->buf));
}

uint32_t fw_verb(struct sev_fw *fw, struct fw_cmd *c, enum tsm_verb verb,
		 const struct tsm_args *args)
{
	struct ctrl k;
	uint32_t ret = map_ctrl(fw, c, 0, &k);
	enum il_err err;

	if (ret)
		return ret;
	err = tsm_begin(c->dev->conn, verb, args);
	return err ? fw_ret(err) : step(fw, c, &k, 0, NULL, 0);
}

uint32_t fw_verb_resume(struct sev_fw *fw, struct fw_cmd *c)
{
	const uint8_t *msg = NULL;
	uint8_t kind = 0;
	size_t n = 0;
	struct ctrl k;
	uint32_t ret = map_ctrl(fw, c, 0, &k);

	if (!ret)
		ret = get_response(fw, &k, &n, &kind, &msg);
	return ret ? ret : step(fw, c, &k, kind, msg, n);
}

/* A chain was there before the command; there is nothing to wait with. */
static bool verb_of(enum tio_dobj_id id)
{
	return id != TIO_DOBJ_CERTIFICATE;
}

static void wait_for_output(const struct fw_cmd *c, enum tio_dobj_id id)
{
	struct fw_dev *d = c->dev;

	d->pending = c->id;
	d->blob = id;
	memcpy(d->buf, c->buf, c->len);
	d->buf_len = c->len;
}

bool fw_same_but_buffers(const struct fw_dev *d, const struct fw_cmd *c)
{
	static const unsigned slas[] = { TIO_SPDM_REQ, TIO_SPDM_SCRATCH,
					 TIO_SPDM_OUTPUT };
	uint8_t was[SEV_CMD_BUF_MAX], is[SEV_CMD_BUF_MAX];

	if (d->pending != c->id || d->buf_len != c->len)
		return false;
	memcpy(was, d->buf, c->len);
	memcpy(is, c->buf, c->len);
	for (unsigned i = 0; i < COUNT(slas); i++) {
		sev_put_u64(was, TIO_CMD_SPDM_CTRL + slas[i], 0);
		sev_put_u64(is, TIO_CMD_SPDM_CTRL + slas[i], 0);
	}
	return memcmp(was, is, c->len) == 0;
}

uint32_t fw_output_again(struct sev_fw *fw, const struct fw_cmd *c)
{
	const uint8_t *p;
	size_t len;

	tsm_blob(c->dev->conn, &p, &len);
	return fw_output(fw, c, (enum tio_dobj_id)c->dev->blob, p, len);
}

uint32_t fw_output(struct sev_fw *fw, const struct fw_cmd *c,
		   enum tio_dobj_id id, const uint8_t *p, size_t len)
{
	const struct tsm_conn_cfg *cfg = tsm_conn_cfg(c->dev->conn);
	uint8_t h[TIO_BUF_HDR_LEN + TIO_DOBJ_BLOB_LEN] = { 0 };
	uint8_t *o = h + TIO_BUF_HDR_LEN;
	uint32_t obj = (uint32_t)(TIO_DOBJ_BLOB_LEN + len);
	struct ctrl k;
	uint32_t ret = map_ctrl(fw, c, out_size(fw, len), &k);

	if (ret == SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST && verb_of(id))
		wait_for_output(c, id);
	if (ret)
		return ret;
	fw_pending_clear(c->dev);
	sev_put_u32(h, TIO_BUF_CAPACITY, (uint32_t)(k.out.n * PAGE_4K));
	sev_put_u32(h, TIO_BUF_PAYLOAD, (uint32_t)align_up(obj, TIO_BUF_ALIGN));
	sev_put_u32(o, TIO_DOBJ_ID, id);
	sev_put_u32(o, TIO_DOBJ_LENGTH, obj);
	sev_put_u16(o, TIO_DOBJ_VERSION, TIO_DOBJ_VERSION_1_0);
	sev_put_u16(o, TIO_DOBJ_DEVICE_ID, cfg->rid);
	o[TIO_DOBJ_SEGMENT] = cfg->segment;
	o[TIO_DOBJ_TYPE] = TIO_BLOB_SPDM;
	ret = fw_buf_write(fw, &k.out, sizeof(h), p, len);
	return ret ? ret : fw_buf_write(fw, &k.out, 0, h, sizeof(h));
}
