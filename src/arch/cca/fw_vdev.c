/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"
#include "tdisp/codec.h"

/*
 * Devices of a realm. What a realm decides on (digests, nonces) belongs to one
 * lock: nothing of it survives LOCK, UNLOCK or ERROR. A STOP that fails cuts
 * the link and ends in ERROR, never UNLOCKED.
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rmi/vdev.c; laws 19, 25, 28, 46, 48
 */

/* --- the trusted entry --- */

bool rmm_ste(struct cca_fw *fw, struct rmm_vdev *v, bool valid)
{
	const struct cca_own_ste e = { .valid = valid,
				       .vmid = v->realm->vmid,
				       .stream = v->pdev->ide_sid,
				       .port = (uint8_t)v->pdev->port };

	if (cca_own_ste_write(fw->own, v->rid, &e))
		return false;
	v->dma = valid;
	tsm_dma_set(v->bind, valid);
	return true;
}

void rmm_entry_off(void *ctx, struct tsm_bind *b)
{
	struct cca_fw *fw = ctx;
	struct rmm_vdev *v = rmm_vdev_of(fw, b);
	bool off = !v || !v->dma || rmm_ste(fw, v, false);

	IL_ASSERT(off); /* the table is the monitor's own memory */
}

bool rmm_mmio_fits(void *ctx, const struct tsm_bind *b, uint64_t pa,
		   uint32_t pages)
{
	struct cca_fw *fw = ctx;
	const struct rmm_vdev *v = rmm_vdev_of(fw, b);

	return v && cca_own_is_mmio(fw->own, pa, (uint64_t)pages * CCA_GRANULE,
				    v->pdev->port);
}

/* --- what ends with a lock --- */

static void forget(struct rmm_vdev *v)
{
	v->lock_id = 0;
	v->lock_nonce = v->meas_nonce = v->report_nonce = 0;
	memset(&v->meas, 0, sizeof(v->meas));
	memset(&v->report, 0, sizeof(v->report));
}

void rmm_vdev_revoke(struct cca_fw *fw, struct rmm_vdev *v)
{
	rmm_entry_off(fw, v->bind);
	rmm_mmio_revoke(fw, v);
	forget(v);
}

void rmm_vdev_error(struct cca_fw *fw, struct rmm_vdev *v)
{
	rmm_vdev_revoke(fw, v);
	v->state = RMI_VDEV_ERROR;
	v->op = FW_VDEV_OP_NONE;
	v->comm.over = false;
	v->comm.state = CCA_COMM_IDLE;
}

bool rmm_vdev_granted(const struct rmm_vdev *v, uint64_t lock, uint64_t meas,
		      uint64_t report)
{
	return (v->state == RMI_VDEV_LOCKED || v->state == RMI_VDEV_STARTED) &&
	       v->lock_nonce && lock == v->lock_nonce &&
	       meas == v->meas_nonce && report == v->report_nonce;
}

/* What is granted while nothing else is, is granted in this lock session. */
void rmm_vdev_names(struct rmm_vdev *v)
{
	if (!v->dma && !v->valid)
		v->named = v->lock_id;
}

/* --- creation --- */

/* Sorted, disjoint, of whole granules, behind the port, and nobody else's. */
static bool ranges_fit(const struct cca_fw *fw, const uint8_t *b,
		       const struct rmm_pdev *p, struct rmm_vdev *out)
{
	const uint64_t n = cca_u64(b, VDEV_PARAMS_NUM_RANGE);
	uint64_t last = 0;

	if (n > VDEV_RANGES_MAX)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		const size_t at = VDEV_PARAMS_RANGE + 16 * (size_t)i;
		const struct rmm_range r = { cca_u64(b, at),
					     cca_u64(b, at + 8) };

		if (r.base < last || r.top <= r.base || !rmm_aligned(r.base) ||
		    !rmm_aligned(r.top) ||
		    !cca_own_is_mmio(fw->own, r.base, r.top - r.base, p->port))
			return false;
		last = r.top;
		out->range[i] = r;
	}
	out->ranges = (unsigned)n;
	return true;
}

/* Of any other, in ERROR or not, of this PDEV or not. */
static bool collides(const struct cca_fw *fw, const struct rmm_vdev *n)
{
	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++) {
		const struct rmm_vdev *v = &fw->vdev[i];

		if (!v->used)
			continue;
		if (v->rid == n->rid ||
		    (v->realm == n->realm && v->id == n->id))
			return true;
		for (unsigned a = 0; a < v->ranges; a++)
			for (unsigned b = 0; b < n->ranges; b++)
				if (v->range[a].base < n->range[b].top &&
				    n->range[b].base < v->range[a].top)
					return true;
	}
	return false;
}

static struct rmm_vdev *place(const struct cca_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++)
		if (!fw->vdev[i].used)
			return &fw->vdev[i];
	return NULL;
}

static bool book(struct cca_fw *fw, struct rmm_vdev *v)
{
	const struct tsm_bind_cfg cfg = { .function_id = v->rid,
					  .owner = v->vdev };

	(void)fw;
	if (tsm_bind_new(v->pdev->conn, &cfg, &v->bind))
		return false;
	if (!tsm_bind_own(v->bind, v->realm->rd))
		return true;
	enum il_err err = tsm_bind_free(v->bind);

	IL_ASSERT(!err); /* new, and nobody's */
	return false;
}

/* Everything is looked at; then it is the realm's. */
static uint64_t vdev_make(struct cca_fw *fw, struct rmm_vdev *n)
{
	struct rmm_vdev *v = place(fw);
	bool off;

	if (!v || !book(fw, n))
		return RMI_ERROR_GLOBAL;
	*v = *n;
	v->used = true;
	off = rmm_ste(fw, v, false);
	IL_ASSERT(off); /* there is a second level: looked at */
	rmm_move(fw, v->vdev, OWN_DELEGATED, OWN_VDEV, 0, 0);
	v->pdev->vdevs++;
	return RMI_SUCCESS;
}

uint64_t rmm_vdev_create(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_vdev n = { .realm = rmm_realm_find(fw, x[1]),
			      .pdev = rmm_pdev_find(fw, x[2]),
			      .vdev = x[3],
			      .state = RMI_VDEV_NEW,
			      .op = FW_VDEV_OP_UNLOCK };
	uint64_t tdi;

	if (!n.realm || !n.pdev || !rmm_delegated(fw, n.vdev) ||
	    !rmm_aligned(x[4]) ||
	    !rmm_ns_read(fw, x[4], fw->page, sizeof(fw->page)) ||
	    cca_u64(fw->page, VDEV_PARAMS_FLAGS))
		return RMI_ERROR_INPUT;
	tdi = cca_u64(fw->page, VDEV_PARAMS_TDI_ID);
	n.id = cca_u64(fw->page, VDEV_PARAMS_VDEV_ID);
	n.rid = (uint16_t)tdi;
	/* Bind-late architectures need the flag at the realm's birth. */
	if (!n.realm->da)
		return RMI_ERROR_REALM;
	if (n.pdev->root_port)
		return RMI_ERROR_DEVICE;
	if (tdi < n.pdev->rid_base || tdi >= n.pdev->rid_top ||
	    tdi >= fw->own->sids || !ranges_fit(fw, fw->page, n.pdev, &n) ||
	    collides(fw, &n))
		return RMI_ERROR_INPUT;
	/* Law 16. */
	if (n.pdev->state != RMI_PDEV_READY ||
	    n.pdev->stream != FW_STREAM_CONNECTED)
		return RMI_ERROR_DEVICE;
	if (!cca_own_ste_l2_at(fw->own, n.rid))
		return RMI_ERROR_PSMMU_ST;
	rmm_comm_pend(&n.comm, 0, 0, 0);
	return vdev_make(fw, &n);
}

/* --- which one a call names --- */

/* NULL: INPUT. One of another PDEV is DEVICE; of() looks. */
static struct rmm_vdev *named(const struct cca_fw *fw, const uint64_t *x)
{
	struct rmm_vdev *v = rmm_vdev_find(fw, x[3]);

	return v && v->realm->rd == x[1] && rmm_pdev_find(fw, x[2]) ? v : NULL;
}

static bool of(const struct rmm_vdev *v, const uint64_t *x)
{
	return v->pdev->pdev == x[2];
}

uint64_t rmm_vdev_get_state(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	const struct rmm_vdev *v = rmm_vdev_find(fw, x[1]);

	if (!v)
		return RMI_ERROR_INPUT;
	x[1] = v->state;
	return RMI_SUCCESS;
}

/* --- operations --- */

static uint64_t begin(struct rmm_vdev *v, enum rmm_vdev_op op, uint64_t nonce,
		      const struct tsm_args *args)
{
	v->op = (uint8_t)op;
	v->next_nonce = nonce;
	v->args = *args;
	v->args.bind = v->bind;
	rmm_comm_pend(
		&v->comm, op == FW_VDEV_OP_MEAS || op == FW_VDEV_OP_REPORT,
		op == FW_VDEV_OP_MEAS ? RMI_DEV_OBJ_MEAS : RMI_DEV_OBJ_REPORT,
		0);
	return RMI_SUCCESS;
}

static bool device_up(const struct rmm_vdev *v)
{
	return v->pdev->state == RMI_PDEV_READY &&
	       v->comm.state == CCA_COMM_IDLE &&
	       tsm_bind_state(v->bind) != TSM_BIND_DEAD;
}

/*
 * MSI-X is not locked: its table stays the host's to write. OPEN: TF-RMM asks
 * for all else that the device supports; here without cache lines of 128 bytes
 * and peers, which the realm did not ask for.
 */
uint64_t rmm_vdev_lock(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_vdev *v = named(fw, x);
	const struct tsm_args a = { .lock_wish = TDISP_LOCK_NO_FW_UPDATE |
						 TDISP_LOCK_REDIRECT };
	uint64_t nonce;

	if (!v)
		return RMI_ERROR_INPUT;
	if (!of(v, x) || v->state != RMI_VDEV_UNLOCKED || !device_up(v))
		return RMI_ERROR_DEVICE;
	if (!rmm_nonce(fw, &nonce))
		return RMI_ERROR_GLOBAL;
	forget(v); /* measurements taken before are not of this lock */
	return begin(v, FW_VDEV_OP_LOCK, nonce, &a);
}

uint64_t rmm_vdev_start(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_vdev *v = named(fw, x);
	const struct tsm_args a = { .bind = NULL };

	if (!v)
		return RMI_ERROR_INPUT;
	if (!of(v, x) || v->state != RMI_VDEV_LOCKED || !device_up(v) ||
	    tsm_gate(v->bind, TSM_GATE_START, v->lock_id))
		return RMI_ERROR_DEVICE;
	rmm_tdisp_en(fw, v->pdev->port, true);
	return begin(v, FW_VDEV_OP_START, 0, &a);
}

uint64_t rmm_vdev_report(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_vdev *v = named(fw, x);
	const struct tsm_args a = { .bind = NULL };
	uint64_t nonce;

	if (!v)
		return RMI_ERROR_INPUT;
	if (!of(v, x) ||
	    (v->state != RMI_VDEV_LOCKED && v->state != RMI_VDEV_STARTED) ||
	    !device_up(v))
		return RMI_ERROR_DEVICE;
	return rmm_nonce(fw, &nonce) ? begin(v, FW_VDEV_OP_REPORT, nonce, &a)
				     : RMI_ERROR_GLOBAL;
}

/* The nonce is the realm's, whom the host asked: law 28. */
uint64_t rmm_vdev_measure(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_vdev *v = named(fw, x);
	struct tsm_args a = { .bind = NULL };
	uint64_t nonce, flags;

	if (!v || !rmm_aligned(x[4]) ||
	    !rmm_ns_read(fw, x[4], fw->page, sizeof(fw->page)))
		return RMI_ERROR_INPUT;
	flags = cca_u64(fw->page, MEAS_PARAMS_FLAGS);
	if (flags & ~MEAS_FLAGS_RAW)
		return RMI_ERROR_INPUT;
	if (!of(v, x) || v->state == RMI_VDEV_NEW ||
	    v->state == RMI_VDEV_ERROR || !device_up(v))
		return RMI_ERROR_DEVICE;
	if (!rmm_nonce(fw, &nonce))
		return RMI_ERROR_GLOBAL;
	a.raw = flags & MEAS_FLAGS_RAW;
	memcpy(a.nonce, fw->page + MEAS_PARAMS_NONCE, MEAS_NONCE_LEN);
	return begin(v, FW_VDEV_OP_MEAS, nonce, &a);
}

/* The first device granule of @v that a realm's table still has; 0: none. */
static uint64_t first_mapped(const struct cca_fw *fw, const struct rmm_vdev *v)
{
	for (unsigned i = 0; i < v->ranges && v->mapped; i++)
		for (uint64_t pa = v->range[i].base; pa < v->range[i].top;
		     pa += CCA_GRANULE)
			if (cca_own_state(fw->own, pa) == OWN_MAPPED)
				return pa;
	return 0;
}

uint64_t rmm_vdev_unlock(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_vdev *v = named(fw, x);
	const struct tsm_args a = { .bind = NULL };
	uint64_t pa;

	x[1] = 0;
	if (!v)
		return RMI_ERROR_INPUT;
	if (!of(v, x) ||
	    (v->state != RMI_VDEV_LOCKED && v->state != RMI_VDEV_STARTED &&
	     v->state != RMI_VDEV_ERROR) ||
	    !device_up(v))
		return RMI_ERROR_DEVICE;
	pa = first_mapped(fw, v);
	if (pa) {
		x[1] = pa;
		return RMI_ERROR_GRANULE;
	}
	/* The entry goes, and its invalidation completes, before STOP. */
	rmm_vdev_revoke(fw, v);
	return begin(v, FW_VDEV_OP_UNLOCK, 0, &a);
}

uint64_t rmm_vdev_abort(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_vdev *v = named(fw, x);

	if (!v)
		return RMI_ERROR_INPUT;
	if (!of(v, x) || v->comm.state == CCA_COMM_IDLE)
		return RMI_ERROR_DEVICE;
	if (v->comm.state == CCA_COMM_ACTIVE && !v->comm.over &&
	    tsm_verb_bind(v->pdev->conn) == v->bind)
		tsm_verb_abort(v->pdev->conn);
	rmm_vdev_error(fw, v);
	return RMI_SUCCESS;
}

/*
 * NEW and UNLOCKED; and ERROR once the link was cut: nothing can tell the
 * device any more, and it reaches nothing.
 */
static bool may_go(const struct rmm_vdev *v)
{
	if (v->comm.state == CCA_COMM_ACTIVE || v->dma || v->mapped)
		return false;
	if (v->state == RMI_VDEV_NEW || v->state == RMI_VDEV_UNLOCKED)
		return true;
	return v->state == RMI_VDEV_ERROR &&
	       tsm_bind_state(v->bind) == TSM_BIND_DEAD;
}

uint64_t rmm_vdev_destroy(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	const struct cca_own_ste none = { .valid = false };
	struct rmm_vdev *v = named(fw, x);
	enum il_err err;

	if (!v)
		return RMI_ERROR_INPUT;
	if (!of(v, x) || !may_go(v))
		return RMI_ERROR_DEVICE;
	err = tsm_bind_own(v->bind, 0);
	if (!err)
		err = tsm_bind_free(v->bind);
	if (err)
		return RMI_ERROR_DEVICE;
	err = cca_own_ste_write(fw->own, v->rid, &none);
	IL_ASSERT(!err); /* its second level stays while an entry names it */
	rmm_move(fw, v->vdev, OWN_VDEV, OWN_DELEGATED, 0, 0);
	v->pdev->vdevs--;
	memset(v, 0, sizeof(*v));
	return RMI_SUCCESS;
}

/* --- the conversation --- */

static enum tsm_verb verb_of(enum rmm_vdev_op op)
{
	switch (op) {
	case FW_VDEV_OP_MEAS:
		return TSM_MEASURE;
	case FW_VDEV_OP_REPORT:
		return TSM_REPORT;
	case FW_VDEV_OP_LOCK:
		return TSM_LOCK;
	case FW_VDEV_OP_START:
		return TSM_START;
	case FW_VDEV_OP_UNLOCK:
		return TSM_STOP;
	case FW_VDEV_OP_KEY_PURGE:
	case FW_VDEV_OP_KEY_REFRESH:
	case FW_VDEV_OP_NONE:
		break;
	}
	return TSM_NO_VERB;
}

/*
 * The digest of what will be cached, in the PDEV's algorithm, and its nonce
 * with it: the realm may look before all is cached, and never sees a digest
 * under the nonce of another.
 */
static bool digested(struct cca_fw *fw, const struct rmm_talk *t)
{
	struct rmm_vdev *v = t->vdev;
	const bool meas = v->op == FW_VDEV_OP_MEAS;
	const uint8_t *p;
	size_t n, req;

	if (!t->comm->objs)
		return true;
	if (!rmm_obj(t, t->comm->obj[0], &p, &n, &req) ||
	    !rmm_hash(fw, v->pdev->hash, p, n, meas ? &v->meas : &v->report))
		return false;
	*(meas ? &v->meas_nonce : &v->report_nonce) = v->next_nonce;
	return true;
}

static void done(struct rmm_vdev *v)
{
	switch ((enum rmm_vdev_op)v->op) {
	case FW_VDEV_OP_LOCK:
		v->state = RMI_VDEV_LOCKED;
		v->lock_nonce = v->next_nonce;
		v->lock_id = tsm_lock_info(v->bind)->id;
		break;
	case FW_VDEV_OP_START:
		v->state = RMI_VDEV_STARTED;
		break;
	case FW_VDEV_OP_UNLOCK:
		forget(v);
		v->state = RMI_VDEV_UNLOCKED;
		break;
	case FW_VDEV_OP_MEAS: /* digested() */
	case FW_VDEV_OP_REPORT:
	case FW_VDEV_OP_KEY_PURGE:
	case FW_VDEV_OP_KEY_REFRESH:
	case FW_VDEV_OP_NONE:
		break;
	}
	v->op = FW_VDEV_OP_NONE;
	v->comm.over = false;
	v->comm.state = CCA_COMM_IDLE;
}

uint64_t rmm_vdev_communicate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_vdev *v = named(fw, x);
	struct rmm_talk t = { .data = x[4], .over = digested };

	if (!v)
		return RMI_ERROR_INPUT;
	if (!of(v, x) || (v->comm.state != CCA_COMM_PENDING &&
			  v->comm.state != CCA_COMM_ACTIVE))
		return RMI_ERROR_DEVICE;
	t.comm = &v->comm;
	t.pdev = v->pdev;
	t.vdev = v;
	t.verb = verb_of((enum rmm_vdev_op)v->op);
	t.args = &v->args;
	/* What was never locked is unlocked without a word. */
	t.conn = v->state == RMI_VDEV_NEW ? NULL : v->pdev->conn;
	switch (rmm_communicate(fw, &t)) {
	case FW_COMM_INPUT:
		return RMI_ERROR_INPUT;
	case FW_COMM_BUSY:
		return RMI_BUSY;
	case FW_COMM_MORE:
		break;
	case FW_COMM_FAILED:
		rmm_vdev_error(fw, v);
		break;
	case FW_COMM_DONE:
		done(v);
		break;
	}
	return RMI_SUCCESS;
}

/* The host says which VDEV the realm's number is: of this realm, of this
 * number, and quiet. */
uint64_t rmm_vdev_complete(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_rec *c = rmm_rec_find(fw, x[1]);
	const struct rmm_vdev *v = rmm_vdev_find(fw, x[2]);

	if (!c || !v)
		return RMI_ERROR_INPUT;
	if (c->running || c->wait != FW_WAIT_VDEV || c->vdev)
		return RMI_ERROR_INPUT;
	if (v->realm != c->realm || v->id != c->call[1])
		return RMI_ERROR_INPUT;
	if (v->comm.state != CCA_COMM_IDLE)
		return RMI_ERROR_DEVICE;
	c->vdev = v->vdev;
	return RMI_SUCCESS;
}
