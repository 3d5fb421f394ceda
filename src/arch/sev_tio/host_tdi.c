/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One TDI: bind gives it a context, the guest's requests lock, start and stop
 * it, unbind takes everything back.
 *
 * A lock does what the list asked of a bind (DESIGN section 1): the function
 * has a vIOMMU and a vDevice already; the host's own access to the BARs goes
 * (VFIO); firmware locks the interface over DOE and mints the id that the
 * guest attests; the MMIO reaches the VM's tables when the guest validates it;
 * translation for T=1 is the secure device entry, which firmware holds.
 *
 * Source: architectures.md B.1, B.2; linux.md 8
 */
#include <errno.h>

#include "arch/sev_tio/host_priv.h"
#include "host/uapi/interlock_ext.h"

struct sev_conn *sev_conn_of(const struct pci_tdi *tdi)
{
	return tdi->tsm->dsm->tsm.priv;
}

static uint64_t gctx_of(const struct pci_tdi *tdi)
{
	const struct sev_vm *vm = ((const struct kvm_vm *)tdi->kvm)->priv;

	return vm->gctx;
}

static uint64_t dev_sla(const struct pci_tdi *tdi)
{
	return sla_make(sev_conn_of(tdi)->ctx, false);
}

static uint64_t tdi_sla(const struct pci_tdi *tdi)
{
	return sla_make(((const struct sev_tdi *)tdi->priv)->ctx, false);
}

/* --- single commands --- */

static int tdi_create(struct sev_host *s, struct pci_tdi *tdi)
{
	struct sev_tdi *t = tdi->priv;
	uint8_t b[TIO_TDI_CREATE_LEN] = { 0 };
	int ret;

	if (t->created)
		return 0;
	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_TDI_CREATE_DEV, dev_sla(tdi));
	sev_put_u64(b, TIO_TDI_CREATE_TDI, tdi_sla(tdi));
	sev_put_u32(b, TIO_TDI_CREATE_IF,
		    (tdi->p->bdf & 0xffffff) | TIO_FUNCTION_SEG_VALID);
	ret = sev_do(s, SEV_CMD_TIO_TDI_CREATE, b, sizeof(b));
	t->created = !ret;
	return ret;
}

static int tdi_reclaim(struct sev_host *s, struct pci_tdi *tdi)
{
	struct sev_tdi *t = tdi->priv;
	uint8_t b[TIO_TDI_RECLAIM_LEN] = { 0 };
	int ret;

	if (!t->created)
		return 0;
	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_TDI_RECLAIM_DEV, dev_sla(tdi));
	sev_put_u64(b, TIO_TDI_RECLAIM_TDI, tdi_sla(tdi));
	ret = sev_do(s, SEV_CMD_TIO_TDI_RECLAIM, b, sizeof(b));
	t->created = ret;
	return ret;
}

/* A fence left in error would keep the guest's next bind out (law 50). */
static void fence_clear(struct sev_host *s, struct pci_tdi *tdi)
{
	uint8_t b[TIO_FENCE_CLEAR_LEN] = { 0 };

	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_FENCE_CLEAR_DEV, dev_sla(tdi));
	sev_put_u64(b, TIO_FENCE_CLEAR_GCTX, gctx_of(tdi));
	/* IN_USE: another function of this guest is behind the port. */
	(void)sev_psp(s, SEV_CMD_TIO_ASID_FENCE_CLEAR, b, sizeof(b));
}

void sev_tdi_bind_cmd(const struct sev_host *s, const struct pci_tdi *tdi,
		      bool run)
{
	uint8_t *b = sev_cmd_new(sev_conn_of(tdi), SEV_CMD_TIO_TDI_BIND, true);

	sev_put_u64(b, TIO_TDI_DEV, dev_sla(tdi));
	sev_put_u64(b, TIO_TDI_TDI, tdi_sla(tdi));
	sev_put_u64(b, TIO_TDI_GCTX, gctx_of(tdi));
	sev_put_u16(b, TIO_TDI_BIND_GUEST_ID, (uint16_t)tdi->guest_rid);
	sev_put_u16(b, TIO_TDI_BIND_LOCK_FLAGS,
		    TIO_LOCK_NO_FW_UPDATE |
			    (s->cfg.lock_p2p ? TIO_LOCK_BIND_P2P
					     : TIO_LOCK_REDIRECT));
	sev_put_u16(b, TIO_TDI_BIND_RUN_FLAGS, run ? TIO_RUN_FORCE : 0);
}

static void unbind_cmd(struct sev_conn *c, const struct pci_tdi *tdi,
		       bool force)
{
	uint8_t *b = sev_cmd_new(c, SEV_CMD_TIO_TDI_UNBIND, true);

	sev_put_u32(b, TIO_TDI_FLAGS, force ? TIO_UNBIND_F_FORCE : 0);
	sev_put_u64(b, TIO_TDI_DEV, dev_sla(tdi));
	sev_put_u64(b, TIO_TDI_TDI, tdi_sla(tdi));
	sev_put_u64(b, TIO_TDI_GCTX, gctx_of(tdi));
}

static int tdi_id(struct sev_host *s, struct pci_tdi *tdi, uint64_t *id)
{
	struct sev_conn *c = sev_conn_of(tdi);
	uint8_t b[TIO_TDI_INFO_LEN] = { 0 }, i[TIO_TINFO_LEN];
	int ret;

	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	sev_put_u64(b, TIO_TDI_INFO_DEV, dev_sla(tdi));
	sev_put_u64(b, TIO_TDI_INFO_TDI, tdi_sla(tdi));
	sev_put_u64(b, TIO_TDI_INFO_PA, c->res);
	ret = sev_do(s, SEV_CMD_TIO_TDI_INFO, b, sizeof(b));
	if (!ret)
		ret = sev_read(s, c->res, i, sizeof(i));
	if (!ret)
		*id = sev_u64(i, TIO_TINFO_TDI_ID);
	return ret;
}

/* --- what unbinding is made of --- */

/* STOP by the device, or cut off by FORCE; needs no cooperation (law 49). */
static int stop_now(struct sev_host *s, struct pci_tdi *tdi)
{
	struct sev_conn *c = sev_conn_of(tdi);
	struct sev_tdi *t = tdi->priv;
	int ret = 0;

	if (!t->bound)
		return 0;
	/*
	 * A first FORCE may still want to talk to the device; nobody carries
	 * that, and the second abandons it.
	 */
	for (unsigned i = 0; i < 2; i++) {
		uint32_t st;

		unbind_cmd(c, tdi, true);
		/* One bit that firmware ignores makes it another command. */
		sev_put_u64(c->buf, TIO_CMD_SPDM_CTRL + TIO_SPDM_OUTPUT,
			    i ? 0 : sev_buf_sla(&c->out));
		st = sev_psp(s, c->cmd, c->buf, c->len);
		ret = st ? -EIO : 0;
		if (!ret)
			break;
		s->fw_error = st;
	}
	t->bound = false;
	return ret;
}

/* Firmware first, then the tables, then ownership (law 37). */
static int give_back(struct sev_host *s, struct pci_tdi *tdi)
{
	struct sev_tdi *t = tdi->priv;
	int ret = tdi_reclaim(s, tdi);

	sev_mmio_shared(s, tdi);
	fence_clear(s, tdi);
	if (t->private)
		(void)tdi->port->mmio_private(tdi->port_ctx, false);
	t->private = false;
	return ret;
}

static void tdi_free(struct sev_host *s, struct pci_tdi *tdi)
{
	struct sev_tdi *t = tdi->priv;

	if (t->created)
		s->leaked++; /* firmware keeps its context */
	else
		sev_fw_page_free(s, t->ctx);
	((struct kvm_vm *)tdi->kvm)->bound--;
	kpool_put(&s->tdi_pool, t);
	tdi->priv = NULL;
}

/* --- bind, unbind --- */

int sev_tdi_bind(void *ctx, struct pci_tdi *tdi, bool first,
		 struct pci_tsm_relay *r)
{
	struct sev_host *s = ctx;
	struct sev_tdi *t = kpool_get(&s->tdi_pool);
	int ret;

	(void)first;
	(void)r;
	if (!t)
		return -ENOMEM;
	t->ctx = sev_fw_page(s, NULL, 0);
	if (!t->ctx) {
		kpool_put(&s->tdi_pool, t);
		return -ENOMEM;
	}
	tdi->priv = t;
	((struct kvm_vm *)tdi->kvm)->bound++;
	ret = tdi_create(s, tdi);
	if (ret)
		tdi_free(s, tdi);
	return ret;
}

/* Steps of an unbind; a TDI that is not bound has none. */
enum { LOOK, STOP };

static void status_cmd(struct sev_conn *c, const struct pci_tdi *tdi)
{
	uint8_t *b = sev_cmd_new(c, SEV_CMD_TIO_TDI_STATUS, true);

	sev_put_u64(b, TIO_TDI_DEV, dev_sla(tdi));
	sev_put_u64(b, TIO_TDI_TDI, tdi_sla(tdi));
	sev_put_u64(b, TIO_TDI_STATUS_PA, c->res);
}

/*
 * STOP leads out of ERROR as well as out of RUN, so that afterwards nobody
 * could tell: the state is asked for first. A look that fails says nothing.
 */
static void looked(struct sev_host *s, struct sev_conn *c, struct sev_tdi *t,
		   int ret)
{
	uint8_t st[TIO_TSTAT_LEN];

	if (!ret && !sev_read(s, c->res, st, sizeof(st)))
		t->was_error = st[TIO_TSTAT_STATE] == TIO_TDISP_ERROR;
}

/* 0, -EINPROGRESS, or the error that the interface was cut off for. */
static int unbind_run(struct sev_host *s, struct pci_tdi *tdi, bool first,
		      struct pci_tsm_relay *r)
{
	struct sev_conn *c = sev_conn_of(tdi);
	struct sev_tdi *t = tdi->priv;
	bool lost = !first && r->err;
	int ret;

	if (first) {
		c->step = LOOK;
		status_cmd(c, tdi);
	}
	ret = sev_cmd_run(s, c, r);
	if (c->step == LOOK && ret != -EINPROGRESS && !lost) {
		looked(s, c, t, ret);
		c->step = STOP;
		unbind_cmd(c, tdi, false);
		r->rsp_len = 0;
		ret = sev_cmd_run(s, c, r);
	}
	return ret;
}

int sev_tdi_unbind(void *ctx, struct pci_tdi *tdi, bool first,
		   struct pci_tsm_relay *r)
{
	struct sev_host *s = ctx;
	struct sev_conn *c = sev_conn_of(tdi);
	struct sev_tdi *t = tdi->priv;
	int ret = 0, back;

	if (t->bound) {
		ret = unbind_run(s, tdi, first, r);
		if (ret == -EINPROGRESS)
			return ret;
		if (ret)
			(void)stop_now(s, tdi);
		else if (t->was_error)
			ret = -EIO; /* gone all the same, but not in order */
		t->bound = false;
	}
	back = give_back(s, tdi);
	tdi_free(s, tdi);
	if (ret)
		sev_conn_look(s, c);
	return ret ? ret : back;
}

void sev_tdi_abort(struct sev_host *s, struct pci_tdi *tdi, bool forget)
{
	struct sev_tdi *t = tdi->priv;

	if (!t)
		return;
	(void)stop_now(s, tdi);
	/*
	 * Without @forget the guest has not left yet: its messages still find
	 * firmware, which says that nothing is bound. One that the host keeps
	 * back would cost the guest its key.
	 */
	if (!forget)
		return;
	(void)give_back(s, tdi);
	tdi_free(s, tdi);
}

/* --- SET_TDI_STATE --- */

static int lock_begin(struct sev_host *s, struct pci_tdi *tdi)
{
	struct sev_tdi *t = tdi->priv;
	int ret = t->bound ? -EBUSY : tdi_create(s, tdi);

	if (!ret)
		ret = tdi->port->mmio_private(tdi->port_ctx, true);
	if (ret)
		return ret;
	t->private = true;
	/*
	 * From here on firmware may have locked it: whatever ends this, it is
	 * unbound by command, not by belief (law 18).
	 */
	t->bound = true;
	sev_tdi_bind_cmd(s, tdi, false);
	return 0;
}

/* What firmware is known to refuse in a lock; it names no reason itself. */
static const struct rule rule_p2p = {
	.name = "no-p2p-stream",
	.says = "a function is locked without streams to peers: BIND_P2P is 0, "
		"and the root takes all its requests",
	.source = "AMD SEV-TIO patches (2025-26), lock flags of TIO_TDI_BIND",
	.sure = SURE_DRIVER,
};

static int lock(struct sev_host *s, struct pci_tdi *tdi, bool first,
		struct pci_tsm_relay *r, uint64_t *id)
{
	int ret = first ? lock_begin(s, tdi) : 0;

	if (ret)
		return ret;
	ret = sev_cmd_run(s, sev_conn_of(tdi), r);
	if (ret == -EINPROGRESS)
		return ret;
	if (!ret)
		ret = tdi_id(s, tdi, id);
	if (ret) {
		uint32_t why = s->fw_error;

		(void)stop_now(s, tdi);
		(void)give_back(s, tdi);
		s->fw_error = why;
	}
	return ret;
}

static int start(struct sev_host *s, struct pci_tdi *tdi, bool first,
		 struct pci_tsm_relay *r)
{
	struct sev_tdi *t = tdi->priv;
	bool failed = !first && r->err;
	int ret;

	if (!t->bound)
		return -EINVAL;
	if (first)
		sev_tdi_bind_cmd(s, tdi, true);
	ret = sev_cmd_run(s, sev_conn_of(tdi), r);
	/* No answer: firmware waits for one. Nothing is left half begun. */
	if (failed && ret != -EINPROGRESS) {
		uint32_t why = s->fw_error;

		sev_tdi_abort(s, tdi, false);
		s->fw_error = why;
	}
	return ret;
}

static int stop(struct sev_host *s, struct pci_tdi *tdi, bool first,
		struct pci_tsm_relay *r)
{
	struct sev_tdi *t = tdi->priv;
	int ret;

	if (!t->bound)
		return first ? 0 : -EINVAL;
	if (first)
		unbind_cmd(sev_conn_of(tdi), tdi, false);
	ret = sev_cmd_run(s, sev_conn_of(tdi), r);
	if (ret == -EINPROGRESS)
		return ret;
	/* A failed STOP is reported, and the interface cut off (law 48). */
	if (ret)
		(void)stop_now(s, tdi);
	t->bound = false;
	return ret;
}

static int unlock(struct sev_host *s, struct pci_tdi *tdi, bool first,
		  struct pci_tsm_relay *r)
{
	int ret = stop(s, tdi, first, r), back;
	uint32_t why;

	if (ret == -EINPROGRESS)
		return ret;
	back = give_back(s, tdi);
	why = s->fw_error;
	/*
	 * The vDevice stays, and so does its TDI, for another bind; none of a
	 * device that was cut off, but that keeps nobody from leaving it.
	 */
	if (!back && tdi_create(s, tdi))
		s->fw_error = why;
	return ret ? ret : back;
}

static int set_state(struct sev_host *s, struct pci_tdi *tdi,
		     struct pci_tsm_guest_req *q, bool first,
		     struct pci_tsm_relay *r, struct sev_tio_resp *a)
{
	if (q->req_len != 4)
		return -EINVAL;
	switch (sev_u32(q->req, 0)) {
	case IOMMU_TSM_TDI_LOCKED:
		return lock(s, tdi, first, r, &a->tdi_id);
	case IOMMU_TSM_TDI_RUN:
		return start(s, tdi, first, r);
	case IOMMU_TSM_TDI_STOP:
		return stop(s, tdi, first, r);
	case IOMMU_TSM_TDI_UNLOCKED:
		return unlock(s, tdi, first, r);
	default:
		return -EINVAL;
	}
}

int sev_tdi_guest_req(void *ctx, struct pci_tdi *tdi,
		      struct pci_tsm_guest_req *q, bool first,
		      struct pci_tsm_relay *r)
{
	struct sev_host *s = ctx;
	struct sev_tio_resp a = { 0 };
	int ret;

	if (q->arch != IOMMU_TSM_ARCH_SEV)
		return -EOPNOTSUPP;
	if (!tdi->priv || q->resp_cap < sizeof(a))
		return -EINVAL;
	s->fw_error = 0;
	if (q->op != IOMMU_TSM_OP_SET_TDI_STATE)
		return sev_guest_msg(s, tdi, q, first, r);
	ret = set_state(s, tdi, q, first, r, &a);
	if (ret == -EINPROGRESS)
		return ret;
	if (s->cfg.lock_p2p && s->fw_error == SEV_RET_INVALID_PARAM)
		q->why = &rule_p2p;
	a.fw_error = s->fw_error;
	q->code = s->fw_error;
	memcpy(q->resp, &a, sizeof(a));
	q->resp_len = sizeof(a);
	if (ret)
		sev_conn_look(s, sev_conn_of(tdi));
	return ret;
}
