/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/fw_priv.h"

#include "base/assert.h"

/*
 * Messages of a guest, which the host carries: TDI_INFO, MMIO_VALIDATE,
 * MMIO_CONFIG, SDTE_WRITE. A message is taken once: its number is the next one
 * under its key, and moves on before anything is done.
 *
 * Source: SEV-SNP ABI, SNP_GUEST_REQUEST; architecture notes B.3, B.4
 */
struct msg {
	struct fw_guest *guest;
	struct fw_tdi *tdi; /* the one that the command named */
	unsigned vmpck;
	unsigned type;
	uint64_t seqno;
	size_t len;
	uint8_t p[TIO_SDTE_REQ_LEN];   /* payload of the request */
	uint8_t rsp[TIO_INFO_RSP_LEN]; /* of the response */
};

/* The TDI that the message names, if its lock session is the live one. */
static struct fw_tdi *named(const struct msg *m)
{
	uint64_t id = sev_u64(m->p, TIO_MSG_TDI_ID);

	if (!id || m->tdi->guest != m->guest || m->tdi->tdi_id != id)
		return NULL;
	return m->tdi;
}

static enum il_err gate(const struct fw_tdi *t, enum tsm_gate g)
{
	return tsm_gate(t->bind, g, t->lock_id);
}

/* --- TDI_INFO --- */

static void tdi_info(struct sev_fw *fw, struct msg *m)
{
	const struct fw_tdi *t = named(m);
	const struct tsm_lock_info *l;
	const uint8_t *certs;

	(void)fw;
	if (!t) {
		sev_put_u16(m->rsp, TIO_MSG_STATUS,
			    m->tdi->guest == m->guest ? TIO_INFO_UNBOUND
						      : TIO_INFO_INVALID);
		return;
	}
	l = tsm_lock_info(t->bind);
	certs = tsm_conn_digest(t->dev->conn, TSM_DIGEST_CERT);
	sev_put_u16(m->rsp, TIO_MSG_STATUS, TIO_INFO_BOUND);
	sev_put_u32(m->rsp, TIO_INFO_MEAS_FLAGS,
		    l->meas_valid ? TIO_INFO_MEAS_VALID | TIO_INFO_MEAS_FRESH
				  : 0);
	sev_put_u32(m->rsp, TIO_INFO_LOCK_FLAGS, l->flags);
	sev_put_u64(m->rsp, TIO_INFO_ALGOS, fw_algs(t->dev->conn));
	if (certs)
		memcpy(m->rsp + TIO_INFO_CERTS, certs, TIO_DIGEST_LEN);
	memcpy(m->rsp + TIO_INFO_MEAS, l->meas_digest, TIO_DIGEST_LEN);
	memcpy(m->rsp + TIO_INFO_REPORT, l->report_digest, TIO_DIGEST_LEN);
	sev_put_u64(m->rsp, TIO_INFO_REPORT_COUNT, l->report_count);
}

/* --- MMIO_VALIDATE --- */

struct sub {
	uint64_t gpa;
	uint64_t pa;
	uint32_t pages;
	bool validate;
	bool force;
};

static bool tee_range(const struct tsm_range *r)
{
	return !(r->attr &
		 (TIO_MCFG_F_MSIX | TIO_MCFG_F_PBA | TIO_MCFG_F_NON_TEE));
}

/*
 * Where the sub-range lies. Several ranges may have one id (a BAR with a hole
 * in it); the request's offset counts from the start of its range, so the one
 * is meant whose first page stands at the GPA. OPEN: not said in public text.
 */
static uint16_t find_pages(const struct sev_fw *fw, const struct msg *m,
			   const struct fw_tdi *t, struct sub *s)
{
	const struct tsm_lock_info *l = tsm_lock_info(t->bind);
	uint32_t off = sev_u32(m->p, TIO_MMIO_OFFSET);
	uint16_t status = TIO_MMIO_NOT_REPORTED;
	bool exact = false;

	for (unsigned i = 0; i < l->ranges && !exact; i++) {
		const struct tsm_range *r = &l->range[i];
		struct own_page p;
		uint64_t pa = r->pa + off * PAGE_4K;

		if (r->id != sev_u16(m->p, TIO_MMIO_RANGE) || !tee_range(r))
			continue;
		if (off >= r->pages || s->pages > r->pages - off || !s->pages) {
			if (status != TIO_MMIO_OK)
				status = TIO_MMIO_OUT_OF_RANGE;
			continue;
		}
		exact = !own_entry(fw->cfg.own, pa, &p) && p.gpa == s->gpa;
		if (exact || status != TIO_MMIO_OK)
			s->pa = pa;
		status = TIO_MMIO_OK;
	}
	return status;
}

/* One question about one page; @s->pa + @at. */
static bool page_fails(const struct sev_fw *fw, const struct fw_tdi *t,
		       const struct sub *s, uint64_t at, uint16_t status,
		       bool first_valid)
{
	struct own_page p;

	if (own_entry(fw->cfg.own, s->pa + at, &p))
		return true;
	switch ((enum tio_mmio_status)status) {
	case TIO_MMIO_NOT_ASSIGNED:
		return !(p.flags & OWN_F_ASSIGNED) || p.asid != t->asid;
	case TIO_MMIO_NOT_IO:
		return !(p.flags & OWN_F_IO) || p.port != t->dev->port;
	case TIO_MMIO_NOT_UNIFORM:
		return !s->force &&
		       !!(p.flags & OWN_F_VALIDATED) != first_valid;
	case TIO_MMIO_NOT_IMMUTABLE:
		return !(p.flags & OWN_F_IMMUTABLE);
	case TIO_MMIO_NOT_MAPPED:
		return p.gpa != s->gpa + at;
	case TIO_MMIO_NOT_4K:
		return p.flags & OWN_F_2M;
	case TIO_MMIO_OK:
	case TIO_MMIO_INVALID_TDI:
	case TIO_MMIO_UNBOUND:
	case TIO_MMIO_NOT_REPORTED:
	case TIO_MMIO_OUT_OF_RANGE:
		break;
	}
	return true;
}

/* Every page, question by question, before the first one changes (law 39). */
static uint16_t check_pages(const struct sev_fw *fw, const struct fw_tdi *t,
			    const struct sub *s)
{
	static const uint16_t order[] = {
		TIO_MMIO_NOT_ASSIGNED, TIO_MMIO_NOT_IO,
		TIO_MMIO_NOT_UNIFORM,  TIO_MMIO_NOT_IMMUTABLE,
		TIO_MMIO_NOT_MAPPED,   TIO_MMIO_NOT_4K,
	};
	struct own_page p;
	bool valid =
		!own_entry(fw->cfg.own, s->pa, &p) && p.flags & OWN_F_VALIDATED;

	for (size_t k = 0; k < COUNT(order); k++)
		for (uint32_t i = 0; i < s->pages; i++)
			if (page_fails(fw, t, s, i * PAGE_4K, order[k], valid))
				return order[k];
	return TIO_MMIO_OK;
}

static bool move_pages(struct sev_fw *fw, const struct fw_tdi *t,
		       const struct sub *s)
{
	enum own_state from = s->validate ? OWN_PRE_GUEST : OWN_GUEST_PINNED;
	enum own_state to = s->validate ? OWN_GUEST_PINNED : OWN_PRE_GUEST;
	int64_t n = 0;

	for (uint32_t i = 0; i < s->pages; i++) {
		uint64_t pa = s->pa + i * PAGE_4K;
		enum il_err err;

		if (own_state(fw->cfg.own, pa) != from)
			continue;
		err = own_fw_move(fw->cfg.own, pa, from, to);
		IL_ASSERT(!err);
		n++;
	}
	tsm_mmio_count(t->bind, s->validate ? n : -n);
	return n != 0;
}

static uint16_t mmio_status(struct sev_fw *fw, struct msg *m, bool *changed)
{
	struct fw_tdi *t = named(m);
	uint16_t flags = sev_u16(m->p, TIO_MMIO_FLAGS);
	struct sub s = { .gpa = sev_u64(m->p, TIO_MMIO_GPA),
			 .pages = sev_u32(m->p, TIO_MMIO_PAGES),
			 .validate = flags & TIO_MMIO_F_VALIDATED,
			 .force = flags & TIO_MMIO_F_FORCE };
	uint16_t status;

	if (!t)
		return m->tdi->guest == m->guest && !m->tdi->tdi_id
			       ? TIO_MMIO_UNBOUND
			       : TIO_MMIO_INVALID_TDI;
	/* Judged now, not when the guest asked: law 34. */
	if (gate(t, s.validate ? TSM_GATE_MMIO_ACCEPT : TSM_GATE_MMIO_DROP))
		return TIO_MMIO_UNBOUND;
	status = find_pages(fw, m, t, &s);
	if (status == TIO_MMIO_OK)
		status = check_pages(fw, t, &s);
	if (status == TIO_MMIO_OK)
		*changed = move_pages(fw, t, &s);
	return status;
}

static void mmio_validate(struct sev_fw *fw, struct msg *m)
{
	bool changed = false;
	uint16_t status = mmio_status(fw, m, &changed);

	memcpy(m->rsp, m->p, TIO_MMIO_LEN);
	memset(m->rsp + TIO_MSG_STATUS, 0, 8);
	sev_put_u16(m->rsp, TIO_MSG_STATUS, status);
	sev_put_u16(m->rsp, TIO_MMIO_FLAGS, changed ? TIO_MMIO_F_CHANGED : 0);
}

/* --- MMIO_CONFIG --- */

/*
 * Reads a range's attributes. Writing means SET_MMIO_ATTRIBUTE at the device,
 * which is optional there and not built here: what would change anything is
 * answered with "could not change".
 */
static uint16_t mcfg_status(struct msg *m, uint16_t *flags)
{
	const struct fw_tdi *t = named(m);
	uint16_t want = sev_u16(m->p, TIO_MCFG_REQ_FLAGS);
	const struct tsm_lock_info *l;

	if (!t)
		return m->tdi->guest == m->guest && !m->tdi->tdi_id
			       ? TIO_MCFG_UNBOUND
			       : TIO_MCFG_INVALID_TDI;
	l = tsm_lock_info(t->bind);
	for (unsigned i = 0; i < l->ranges; i++) {
		if (l->range[i].id != sev_u16(m->p, TIO_MCFG_REQ_RANGE))
			continue;
		*flags = l->range[i].attr;
		if ((sev_u32(m->p, TIO_MCFG_REQ_WRITE) & 1) &&
		    (want ^ *flags) & TIO_MCFG_F_NON_TEE)
			return TIO_MCFG_NOT_CHANGED;
		return TIO_MCFG_OK;
	}
	return TIO_MCFG_NOT_REPORTED;
}

static void mmio_config(struct sev_fw *fw, struct msg *m)
{
	uint16_t flags = 0;
	uint16_t status = mcfg_status(m, &flags);

	(void)fw;
	sev_put_u16(m->rsp, TIO_MSG_STATUS, status);
	sev_put_u16(m->rsp, TIO_MCFG_RSP_FLAGS, flags);
	sev_put_u16(m->rsp, TIO_MCFG_RSP_RANGE,
		    sev_u16(m->p, TIO_MCFG_REQ_RANGE));
}

/* --- SDTE_WRITE
 * ---------------------------------------------------------------------------
 */

static bool reserved_set(const uint8_t *e)
{
	for (unsigned q = 0; q < SDTE_LEN / 8; q++)
		if (sev_u64(e, (size_t)8 * q) & ~sdte_guest_mask(q))
			return true;
	return false;
}

static bool all_zero(const uint8_t *e)
{
	for (unsigned q = 0; q < SDTE_LEN / 8; q++)
		if (sev_u64(e, (size_t)8 * q))
			return false;
	return true;
}

/* The guest's bits, and all the rest pinned by us: law 41. */
static struct own_sdte pinned(const struct fw_tdi *t, const uint8_t *e)
{
	struct own_sdte s = {
		.valid = true,
		.ir = sdte_get(e, SDTE_IR),
		.iw = sdte_get(e, SDTE_IW),
		.domain_id = (uint16_t)t->asid,
		.asid = (uint16_t)t->asid,
		.guest_device_id = t->guest_device_id,
		.guest_id = (uint16_t)t->asid,
		.vmpl = (uint8_t)sdte_get(e, SDTE_VMPL),
		.vtom_en = sdte_get(e, SDTE_VTOM_EN),
		.vtom = (uint32_t)sdte_get(e, SDTE_VTOM),
		.rp_id = t->dev->port,
	};

	memset(s.stream, TSM_STREAM_UNUSED, sizeof(s.stream));
	s.stream[0] = tsm_stream_id(t->dev->conn);
	return s;
}

static uint16_t sdte_status(struct sev_fw *fw, struct msg *m)
{
	struct fw_tdi *t = named(m);
	const uint8_t *e = m->p + TIO_SDTE_ENTRY;
	struct own_sdte s;

	if (!t)
		return m->tdi->guest == m->guest && !m->tdi->tdi_id
			       ? TIO_SDTE_NOT_BOUND
			       : TIO_SDTE_INVALID_TDI;
	if (all_zero(e)) {
		if (gate(t, TSM_GATE_DMA_OFF))
			return TIO_SDTE_NOT_BOUND;
		fw_entry_off(fw, t->bind);
		tsm_dma_set(t->bind, false);
		return TIO_SDTE_OK;
	}
	/*
	 * OPEN: a key of VMPL n for an entry of a more privileged VMPL. We
	 * refuse: DMA would reach what the sender may not.
	 */
	if (reserved_set(e) || !sdte_get(e, SDTE_V) ||
	    sdte_get(e, SDTE_VMPL) < m->vmpck)
		return TIO_SDTE_RESERVED;
	if (gate(t, TSM_GATE_DMA_ON))
		return TIO_SDTE_NOT_BOUND;
	s = pinned(t, e);
	if (own_sdte_write(fw->cfg.own,
			   tsm_bind_function(t->bind) & TIO_FUNCTION_RID_MASK,
			   &s))
		return TIO_SDTE_RESERVED;
	tsm_dma_set(t->bind, true);
	return TIO_SDTE_OK;
}

static void sdte_write(struct sev_fw *fw, struct msg *m)
{
	sev_put_u16(m->rsp, TIO_MSG_STATUS, sdte_status(fw, m));
}

/* --- the envelope
 * ----------------------------------------------------------------------------
 */

static const struct {
	uint8_t type;
	void (*run)(struct sev_fw *fw, struct msg *m);
} handlers[] = {
	{ TIO_MSG_TDI_INFO_REQ, tdi_info },
	{ TIO_MSG_MMIO_VALIDATE_REQ, mmio_validate },
	{ TIO_MSG_MMIO_CONFIG_REQ, mmio_config },
	{ TIO_MSG_SDTE_WRITE_REQ, sdte_write },
};

/* Shape and number; nothing has changed. */
static uint32_t check_header(const uint8_t *h, struct msg *m)
{
	m->type = h[SNP_MSG_TYPE];
	m->vmpck = h[SNP_MSG_VMPCK];
	m->len = sev_u16(h, SNP_MSG_SIZE);
	m->seqno = sev_u64(h, SNP_MSG_SEQNO);
	if (h[SNP_MSG_ALGO] != SNP_MSG_ALGO_GCM ||
	    h[SNP_MSG_HDR_VERSION] != 1 ||
	    sev_u16(h, SNP_MSG_HDR_SIZE) != SNP_MSG_HDR_LEN ||
	    h[SNP_MSG_VERSION] != TIO_MSG_VERSION || m->vmpck >= SNP_VMPCKS)
		return SEV_RET_INVALID_PARAM;
	if (!tio_msg_req_len(m->type) || m->len != tio_msg_req_len(m->type))
		return SEV_RET_INVALID_PARAM;
	if (m->guest->seqno[m->vmpck] >= UINT64_MAX - 2)
		return SEV_RET_AEAD_OFLOW;
	if (m->seqno != m->guest->seqno[m->vmpck] + 1)
		return SEV_RET_BAD_MEASUREMENT;
	return SEV_RET_SUCCESS;
}

static uint32_t open_message(struct sev_fw *fw, const uint8_t *page,
			     struct msg *m)
{
	uint8_t iv[CRYPTO_AEAD_IV];
	uint32_t ret = check_header(page, m);
	enum il_err err;

	if (ret)
		return ret;
	snp_msg_iv(iv, m->seqno);
	err = crypto_aead_open(fw->cfg.crypto, m->guest->key[m->vmpck], iv,
			       page + SNP_MSG_AAD, SNP_MSG_AAD_LEN,
			       page + SNP_MSG_HDR_LEN, m->len, m->p,
			       page + SNP_MSG_TAG, SNP_MSG_TAG_LEN);
	return err ? SEV_RET_BAD_MEASUREMENT : SEV_RET_SUCCESS;
}

static uint32_t seal_message(struct sev_fw *fw, const struct msg *m,
			     uint64_t res)
{
	uint8_t *page = fw->page;
	size_t len = tio_msg_rsp_len(m->type + 1);
	uint8_t iv[CRYPTO_AEAD_IV];
	enum il_err err;

	memset(page, 0, PAGE_4K);
	sev_put_u64(page, SNP_MSG_SEQNO, m->seqno + 1);
	page[SNP_MSG_ALGO] = SNP_MSG_ALGO_GCM;
	page[SNP_MSG_HDR_VERSION] = 1;
	sev_put_u16(page, SNP_MSG_HDR_SIZE, SNP_MSG_HDR_LEN);
	page[SNP_MSG_TYPE] = (uint8_t)(m->type + 1);
	page[SNP_MSG_VERSION] = TIO_MSG_VERSION;
	sev_put_u16(page, SNP_MSG_SIZE, (uint16_t)len);
	page[SNP_MSG_VMPCK] = (uint8_t)m->vmpck;
	snp_msg_iv(iv, m->seqno + 1);
	err = crypto_aead_seal(fw->cfg.crypto, m->guest->key[m->vmpck], iv,
			       page + SNP_MSG_AAD, SNP_MSG_AAD_LEN, m->rsp, len,
			       page + SNP_MSG_HDR_LEN, page + SNP_MSG_TAG,
			       SNP_MSG_TAG_LEN);
	if (err)
		return SEV_RET_HWERROR_PLATFORM;
	return fw_write(fw, res, page, PAGE_4K);
}

/*
 * The request page is the host's and is copied once; the response goes to a
 * page in firmware state, which is checked before the message is looked at,
 * so that a number is not used up for nothing.
 */
uint32_t fw_guest_req(struct sev_fw *fw, struct fw_cmd *c)
{
	uint64_t req = sev_u64(c->buf, TIO_GUEST_REQ_REQ);
	uint64_t res = sev_u64(c->buf, TIO_GUEST_REQ_RES);
	struct msg m = { 0 };
	uint32_t ret;

	m.tdi = fw_tdi_find(fw, c->dev, sev_u64(c->buf, TIO_TDI_TDI));
	m.guest = fw_guest_find(fw, sev_u64(c->buf, TIO_TDI_GCTX));
	if (!m.tdi)
		return SEV_RET_INVALID_TDI_CTX;
	if (!m.guest)
		return SEV_RET_INVALID_GUEST;
	if (m.guest->state != SNP_GUEST_RUNNING || !m.guest->asid)
		return SEV_RET_INVALID_GUEST_STATE;
	ret = fw_page_check(fw, res, OWN_FIRMWARE);
	if (!ret)
		ret = fw_page_check(fw, req, OWN_HYPERVISOR);
	if (!ret)
		ret = fw_read(fw, req, fw->page, PAGE_4K);
	if (!ret)
		ret = open_message(fw, fw->page, &m);
	if (ret)
		return ret;
	m.guest->seqno[m.vmpck] = m.seqno + 1;
	memcpy(m.rsp, m.p, 8); /* the id, echoed */
	for (size_t i = 0; i < COUNT(handlers); i++)
		if (handlers[i].type == m.type)
			handlers[i].run(fw, &m);
	ret = seal_message(fw, &m, res);
	bytes_wipe(&m, sizeof(m));
	return ret;
}
