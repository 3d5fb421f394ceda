/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that change hands with the PSP, its commands, and the bounce loop.
 * Source: linux.md 4.1 to 4.4; Linux 7.3 drivers/crypto/ccp
 */
#include <errno.h>

#include "arch/sev_tio/host_priv.h"
#include "base/bytes.h"

int sev_read(struct sev_host *s, uint64_t pa, void *out, size_t len)
{
	struct fault f;

	return s->cfg.hw.ops->mem_read(s->cfg.hw.ctx, pa, out, len, &f) ? -EIO
									: 0;
}

int sev_write(struct sev_host *s, uint64_t pa, const void *in, size_t len)
{
	struct fault f;

	return s->cfg.hw.ops->mem_write(s->cfg.hw.ctx, pa, in, len, &f) ? -EIO
									: 0;
}

/* --- ownership --- */

int sev_rmp_set(struct sev_host *s, uint64_t pa, const struct rmp_update *u)
{
	const struct sev_host_insn *i = s->cfg.insn;
	enum rmp_rc rc = i->rmpupdate(i->ctx, pa, u);

	if (rc == RMP_FAIL_OVERLAP) {
		(void)i->psmash(i->ctx, align_down(pa, PAGE_2M));
		rc = i->rmpupdate(i->ctx, pa, u);
	}
	if (rc == RMP_FAIL_INUSE)
		return -EBUSY;
	return rc == RMP_OK ? 0 : -EIO;
}

int sev_rmp_shared(struct sev_host *s, uint64_t pa)
{
	const struct rmp_update none = { 0 };
	struct rmp_read r;
	uint8_t b[SNP_ADDR_LEN];

	if (s->cfg.insn->rmpread(s->cfg.insn->ctx, pa, &r) != RMP_OK)
		return -EIO;
	if (!r.assigned)
		return 0;
	sev_put_u64(b, SNP_ADDR_PA, pa);
	if (r.immutable &&
	    sev_psp(s, SEV_CMD_SNP_PAGE_RECLAIM, b, sizeof(b)) != 0)
		return -EIO;
	return sev_rmp_set(s, pa, &none);
}

uint64_t sev_fw_page(struct sev_host *s, const void *head, size_t len)
{
	const struct rmp_update fw = { .assigned = 1, .immutable = 1 };
	const struct host_hw *hw = &s->cfg.hw;
	uint64_t pa;

	if (hw->ops->page_alloc(hw->ctx, 1, &pa))
		return 0;
	/* What stands in it must stand there before it is given away. */
	if ((len && sev_write(s, pa, head, len)) || sev_rmp_set(s, pa, &fw)) {
		hw->ops->page_free(hw->ctx, pa, 1);
		return 0;
	}
	return pa;
}

void sev_fw_page_free(struct sev_host *s, uint64_t pa)
{
	if (!pa)
		return;
	if (sev_rmp_shared(s, pa))
		s->leaked++; /* still firmware's: it must not be used again */
	else
		s->cfg.hw.ops->page_free(s->cfg.hw.ctx, pa, 1);
}

/* --- buffers --- */

static int list_new(struct sev_host *s, struct sev_buf *b)
{
	uint8_t list[(SEV_BUF_PAGES + 1) * 8];

	if (b->n == 1)
		return 0;
	if (s->cfg.hw.ops->page_alloc(s->cfg.hw.ctx, 1, &b->list))
		return -ENOMEM;
	for (unsigned i = 0; i < b->n; i++)
		sev_put_u64(list, (size_t)i * 8, sla_make(b->page[i], false));
	sev_put_u64(list, (size_t)b->n * 8, SLA_EOL);
	return sev_write(s, b->list, list, ((size_t)b->n + 1) * 8);
}

int sev_buf_new(struct sev_host *s, struct sev_buf *b, uint32_t size, bool fw)
{
	const struct host_hw *hw = &s->cfg.hw;
	unsigned n = (unsigned)((size + PAGE_4K - 1) / PAGE_4K);
	uint8_t head[TIO_BUF_HDR_LEN] = { 0 };

	*b = (struct sev_buf){ .fw = fw };
	if (!n || n > SEV_BUF_PAGES)
		return -EINVAL;
	sev_put_u32(head, TIO_BUF_CAPACITY, (uint32_t)(n * PAGE_4K));
	for (; b->n < n; b->n++) {
		uint64_t pa = 0;
		size_t len = b->n ? 0 : sizeof(head);

		if (fw)
			pa = sev_fw_page(s, head, len);
		else if (hw->ops->page_alloc(hw->ctx, 1, &pa))
			pa = 0;
		if (!pa) {
			sev_buf_free(s, b);
			return -ENOMEM;
		}
		b->page[b->n] = pa;
	}
	if (list_new(s, b) ||
	    (!fw && sev_write(s, b->page[0], head, sizeof(head)))) {
		sev_buf_free(s, b);
		return -ENOMEM;
	}
	return 0;
}

void sev_buf_free(struct sev_host *s, struct sev_buf *b)
{
	const struct host_hw *hw = &s->cfg.hw;

	for (unsigned i = 0; i < b->n; i++)
		if (b->fw)
			sev_fw_page_free(s, b->page[i]);
		else
			hw->ops->page_free(hw->ctx, b->page[i], 1);
	if (b->list)
		hw->ops->page_free(hw->ctx, b->list, 1);
	*b = (struct sev_buf){ 0 };
}

uint64_t sev_buf_sla(const struct sev_buf *b)
{
	return b->list ? sla_make(b->list, true) : sla_make(b->page[0], false);
}

int sev_buf_read(struct sev_host *s, const struct sev_buf *b, uint32_t off,
		 void *out, size_t len)
{
	uint8_t *p = out;

	while (len) {
		uint32_t at = off % (uint32_t)PAGE_4K;
		size_t n = PAGE_4K - at < len ? PAGE_4K - at : len;

		if (off / PAGE_4K >= b->n)
			return -EMSGSIZE;
		if (sev_read(s, b->page[off / PAGE_4K] + at, p, n))
			return -EIO;
		p += n;
		off += (uint32_t)n;
		len -= n;
	}
	return 0;
}

static int buf_write(struct sev_host *s, const struct sev_buf *b, uint32_t off,
		     const uint8_t *p, size_t len)
{
	while (len) {
		uint32_t at = off % (uint32_t)PAGE_4K;
		size_t n = PAGE_4K - at < len ? PAGE_4K - at : len;

		if (off / PAGE_4K >= b->n)
			return -EMSGSIZE;
		if (sev_write(s, b->page[off / PAGE_4K] + at, p, n))
			return -EIO;
		p += n;
		off += (uint32_t)n;
		len -= n;
	}
	return 0;
}

/* --- commands --- */

uint32_t sev_psp(struct sev_host *s, uint32_t cmd, const uint8_t *buf,
		 size_t len)
{
	if (len && sev_write(s, s->cmd_pa, buf, len))
		return SEV_RET_INVALID_ADDRESS;
	return s->cfg.insn->psp(s->cfg.insn->ctx, cmd, len ? s->cmd_pa : 0);
}

int sev_do(struct sev_host *s, uint32_t cmd, const uint8_t *buf, size_t len)
{
	uint32_t status = sev_psp(s, cmd, buf, len);

	if (!status)
		return 0;
	s->fw_error = status;
	return -EIO;
}

static void put_ctrl(struct sev_conn *c)
{
	uint8_t *p = c->buf + TIO_CMD_SPDM_CTRL;

	sev_put_u64(p, TIO_SPDM_REQ, sev_buf_sla(&c->req));
	sev_put_u64(p, TIO_SPDM_RESP, sev_buf_sla(&c->resp));
	sev_put_u64(p, TIO_SPDM_SCRATCH, sev_buf_sla(&c->scratch));
	sev_put_u64(p, TIO_SPDM_OUTPUT, sev_buf_sla(&c->out));
}

uint8_t *sev_cmd_new(struct sev_conn *c, uint32_t cmd, bool ctrl)
{
	memset(c->buf, 0, sizeof(c->buf));
	c->cmd = cmd;
	c->len = sev_cmd_len(cmd);
	c->issued = false;
	sev_put_u32(c->buf, TIO_CMD_LENGTH, (uint32_t)c->len);
	if (ctrl)
		put_ctrl(c);
	return c->buf;
}

/*
 * EXPAND_BUFFER_LENGTH_REQUEST: firmware has written the capacity it needs
 * into the headers. Each buffer that is too small is replaced by a larger
 * one, and the command names the new ones. (Linux 7.3 never gets here, and
 * would re-issue the old addresses: linux.md 4.4.)
 */
static int grow(struct sev_host *s, struct sev_conn *c)
{
	struct sev_buf *bufs[] = { &c->req, &c->scratch, &c->out };
	bool grown = false;

	for (unsigned i = 0; i < COUNT(bufs); i++) {
		uint8_t cap[4];
		struct sev_buf b;
		int ret;

		if (sev_read(s, bufs[i]->page[0] + TIO_BUF_CAPACITY, cap, 4))
			return -EIO;
		if (sev_u32(cap, 0) <= bufs[i]->n * PAGE_4K)
			continue;
		ret = sev_buf_new(s, &b, sev_u32(cap, 0), true);
		if (ret)
			return ret;
		sev_buf_free(s, bufs[i]);
		*bufs[i] = b;
		grown = true;
	}
	put_ctrl(c);
	return grown ? 0 : -EIO;
}

static int take_request(struct sev_host *s, struct sev_conn *c,
			struct pci_tsm_relay *r)
{
	uint8_t h[TIO_DOBJ_MSG_LEN];
	uint32_t len;
	int ret = sev_buf_read(s, &c->req, TIO_BUF_HDR_LEN, h, sizeof(h));

	if (ret)
		return ret;
	len = sev_u32(h, TIO_DOBJ_LENGTH);
	c->type = h[TIO_DOBJ_DATA_TYPE];
	if (sev_u32(h, TIO_DOBJ_ID) != TIO_DOBJ_REQ ||
	    len <= TIO_DOBJ_MSG_LEN ||
	    len - TIO_DOBJ_MSG_LEN > sizeof(r->req) ||
	    (c->type != TIO_DATA_SPDM && c->type != TIO_DATA_SECURED))
		return -EIO;
	r->type = c->type; /* the DOE types have the same numbers */
	r->req_len = len - TIO_DOBJ_MSG_LEN;
	ret = sev_buf_read(s, &c->req, TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN,
			   r->req, r->req_len);
	return ret ? ret : -EINPROGRESS;
}

/* Length and payload are rounded up together, as Linux does (4.3). */
static int put_response(struct sev_host *s, struct sev_conn *c,
			const uint8_t *rsp, size_t n)
{
	const uint32_t len =
		(uint32_t)align_up(TIO_DOBJ_MSG_LEN + n, TIO_BUF_ALIGN);
	uint8_t h[TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN] = { 0 };
	const uint8_t pad[TIO_BUF_ALIGN] = { 0 };
	uint8_t *o = h + TIO_BUF_HDR_LEN;
	const uint32_t end = (uint32_t)(sizeof(h) + n);
	int ret;

	sev_put_u32(h, TIO_BUF_CAPACITY, (uint32_t)(c->resp.n * PAGE_4K));
	sev_put_u32(h, TIO_BUF_PAYLOAD, len);
	sev_put_u32(o, TIO_DOBJ_ID, TIO_DOBJ_RESP);
	sev_put_u32(o, TIO_DOBJ_LENGTH, len);
	sev_put_u16(o, TIO_DOBJ_VERSION, TIO_DOBJ_VERSION_1_0);
	o[TIO_DOBJ_DATA_TYPE] = c->type;
	ret = buf_write(s, &c->resp, sizeof(h), rsp, n);
	if (!ret)
		ret = buf_write(s, &c->resp, end, pad,
				TIO_BUF_HDR_LEN + len - end);
	return ret ? ret : buf_write(s, &c->resp, 0, h, sizeof(h));
}

static int issue(struct sev_host *s, struct sev_conn *c,
		 struct pci_tsm_relay *r)
{
	uint32_t status = sev_psp(s, c->cmd, c->buf, c->len);

	/* Once for each buffer at most. */
	for (unsigned i = 0;
	     status == SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST && i < 3; i++) {
		int ret = grow(s, c);

		if (ret)
			return ret;
		status = sev_psp(s, c->cmd, c->buf, c->len);
	}
	if (status == SEV_RET_SPDM_REQUEST)
		return take_request(s, c, r);
	if (!status)
		return 0;
	s->fw_error = status;
	return -EIO;
}

int sev_cmd_run(struct sev_host *s, struct sev_conn *c, struct pci_tsm_relay *r)
{
	int ret;

	if (!c->issued) {
		/* No answer of an earlier command lies in the buffer. */
		c->issued = true;
		c->type = 0;
		ret = put_response(s, c, r->rsp, 0);
	} else {
		ret = r->err ? r->err : put_response(s, c, r->rsp, r->rsp_len);
	}
	if (!ret)
		ret = issue(s, c, r);
	if (ret != -EINPROGRESS)
		c->issued = false;
	return ret;
}

int sev_output(struct sev_host *s, struct sev_conn *c, uint8_t *out,
	       uint32_t cap, uint32_t *len)
{
	uint8_t h[TIO_DOBJ_BLOB_LEN];
	uint32_t n;
	int ret = sev_buf_read(s, &c->out, TIO_BUF_HDR_LEN, h, sizeof(h));

	if (ret)
		return ret;
	n = sev_u32(h, TIO_DOBJ_LENGTH);
	if (n < sizeof(h))
		return -EIO;
	n -= (uint32_t)sizeof(h);
	if (n > cap)
		return -EMSGSIZE;
	ret = sev_buf_read(s, &c->out, (uint32_t)(TIO_BUF_HDR_LEN + sizeof(h)),
			   out, n);
	if (!ret)
		*len = n;
	return ret;
}
