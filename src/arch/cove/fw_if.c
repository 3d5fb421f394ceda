/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"
#include "tdisp/codec.h"

/*
 * Interfaces: regions given to a TVM, bound, unbound, and what of their grants
 * is valid. Source: CoVE-IO, "Interface Binding", "Interface Unbinding"
 */

struct fw_if *cfw_if_find(const struct cove_fw *fw, uint64_t id)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++)
		if (fw->ifs[i].used && fw->ifs[i].id == id)
			return &fw->ifs[i];
	return NULL;
}

struct fw_if *cfw_if_of(const struct cove_fw *fw, const struct tsm_bind *b)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++)
		if (fw->ifs[i].used && fw->ifs[i].bind == b)
			return &fw->ifs[i];
	return NULL;
}

unsigned cfw_tvm_ifs(const struct cove_fw *fw, const struct fw_tvm *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++)
		n += fw->ifs[i].used && fw->ifs[i].tvm == t;
	return n;
}

/* A record for @id of @t; NULL: another TVM's, or no place. */
static struct fw_if *if_get(struct cove_fw *fw, uint64_t id, struct fw_tvm *t)
{
	struct fw_if *f = cfw_if_find(fw, id);

	if (f)
		return f->tvm == t ? f : NULL;
	for (unsigned i = fw->cfg.limits.tsm.binds; i-- > 0;)
		if (!fw->ifs[i].used)
			f = &fw->ifs[i];
	if (f)
		*f = (struct fw_if){ .id = (uint32_t)id, .tvm = t };
	return f;
}

/* Neither regions nor a binding: it is nobody's. */
static void if_put(struct fw_if *f)
{
	for (unsigned i = 0; i < FW_IF_REGIONS; i++)
		if (f->region[i].len)
			return;
	if (!f->bind)
		memset(f, 0, sizeof(*f));
}

/* --- grants --- */

void cfw_entry_off(void *ctx, struct tsm_bind *b)
{
	struct cove_fw *fw = ctx;
	const struct fw_if *f = cfw_if_of(fw, b);
	const struct cove_dc none = { .valid = false };
	enum il_err err;

	if (!f || !tsm_dma_on(b))
		return;
	/* IODIR.INVAL_DDT, IOTINVAL and IOFENCE are done with it (law 45). */
	err = cove_own_dc_write(fw->cfg.own, f->id & 0xffff, &none);
	IL_ASSERT(!err);
}

/*
 * What lies outside the port's window, by the platform's manifest, is no MMIO
 * of a device behind it, whatever a report says (laws 33 and 54).
 */
bool cfw_mmio_fits(void *ctx, const struct tsm_bind *b, uint64_t pa,
		   uint32_t pages)
{
	const struct cove_fw *fw = ctx;
	const uint32_t rp = tsm_conn_cfg(tsm_bind_conn(b))->port;
	const struct cove_port *p = cfw_port_find(fw, rp);
	const uint64_t len = (uint64_t)pages * PAGE_4K;

	return p && pa >= p->mmio && len <= p->mmio_size &&
	       pa - p->mmio <= p->mmio_size - len &&
	       cove_own_is_mmio(fw->cfg.own, pa, len, rp);
}

static void leaves(struct cove_fw *fw, struct fw_if *f, bool on)
{
	for (unsigned i = 0; i < FW_IF_REGIONS; i++) {
		const struct fw_region *r = &f->accepted[i];

		for (uint64_t at = 0; at < r->len; at += PAGE_4K) {
			if (on)
				cfw_leaf_page(fw, f->tvm, r->gpa + at,
					      r->pa + at, true);
			else
				cfw_leaf_region(fw, f->tvm, r->gpa + at,
						r->pa + at);
			env_trace(fw->cfg.env, COVE_TRACE_MMIO, r->pa + at, on,
				  f->tvm->vmid);
		}
		if (r->len)
			tsm_mmio_count(f->bind,
				       (on ? 1 : -1) *
					       (int64_t)(r->len / PAGE_4K));
	}
}

int64_t cfw_if_on(struct cove_fw *fw, struct fw_if *f)
{
	const struct cove_dc dc = { .valid = true,
				    .gscid = f->tvm->vmid,
				    .root = f->tvm->root };

	/* Laws 34 and 40: the session that was accepted, and it runs. */
	if (tsm_gate(f->bind, TSM_GATE_DMA_ON, f->lock_id))
		return SBI_ERR_INVALID_STATE;
	if (cove_own_dc_write(fw->cfg.own, f->id & 0xffff, &dc))
		return SBI_ERR_FAILED;
	tsm_dma_set(f->bind, true);
	leaves(fw, f, true);
	f->on = true;
	return SBI_SUCCESS;
}

void cfw_if_off(struct cove_fw *fw, struct fw_if *f)
{
	if (tsm_dma_on(f->bind)) {
		cfw_entry_off(fw, f->bind);
		tsm_dma_set(f->bind, false);
	}
	if (!f->on)
		return;
	leaves(fw, f, false);
	f->on = false;
	/* A vCPU that runs may remember its MMIO: see reclaim. */
	f->off_fence = cfw_fence_begin(fw, f->tvm);
}

void cfw_settle(struct cove_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++) {
		struct fw_if *f = &fw->ifs[i];

		if (!f->used || !f->bind || !f->lock_id ||
		    tsm_lock_info(f->bind)->id == f->lock_id)
			continue;
		cfw_if_off(fw, f);
		memset(f->accepted, 0, sizeof(f->accepted));
		f->lock_id = 0;
	}
}

/* --- regions --- */

struct region {
	struct fw_tvm *t;
	struct fw_region r;
};

/* The range of a call; MMIO of the port that the interface is behind. */
static int64_t region_of(struct cove_fw *fw, const struct fw_ecall *c,
			 struct region *out)
{
	const struct cove_port *p =
		cfw_id_ok(c->a[1]) ? cfw_port_of(fw, c->a[1]) : NULL;

	out->t = cfw_tvm_find(fw, c->a[0]);
	out->r = (struct fw_region){ .pa = c->a[2], .len = c->a[3] };
	if (!out->t || !p)
		return SBI_ERR_INVALID_PARAM;
	if (out->r.pa % PAGE_4K || out->r.len % PAGE_4K || !out->r.len ||
	    out->r.pa < p->mmio || out->r.len > p->mmio_size ||
	    out->r.pa - p->mmio > p->mmio_size - out->r.len)
		return SBI_ERR_INVALID_ADDRESS;
	return SBI_SUCCESS;
}

static int64_t region_free(struct cove_fw *fw, const struct region *k,
			   uint32_t rp)
{
	struct cove_page p;

	if (!cove_own_is_mmio(fw->cfg.own, k->r.pa, k->r.len, rp) ||
	    !cove_own_all(fw->cfg.own, k->r.pa, k->r.len, COVE_PG_HOST, true))
		return SBI_ERR_INVALID_ADDRESS;
	/* A TVM that shows it shared would have it twice. */
	for (uint64_t at = 0; at < k->r.len; at += PAGE_4K)
		if (cove_own_page(fw->cfg.own, k->r.pa + at, &p) || p.refs)
			return SBI_ERR_INVALID_STATE;
	if (!cfw_leaves_free(fw, k->t, k->r.gpa, k->r.len) ||
	    cfw_span_meets(fw, k->t, SPAN_CONF, k->r.gpa, k->r.len))
		return SBI_ERR_INVALID_ADDRESS;
	if (cfw_tables_missing(fw, k->t, k->r.gpa, k->r.len) > k->t->pooled)
		return SBI_ERR_OUT_OF_PTPAGES;
	return SBI_SUCCESS;
}

/*
 * From here on the host does not touch the range (law 35): it is of the
 * confidential domain, and shown in one TVM at one address (T005, law 33).
 */
struct sbiret cfw_add_region(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_region *place = NULL;
	struct region k;
	struct fw_if *f;
	int64_t ret = region_of(fw, c, &k);

	if (ret)
		return sbi_err(ret);
	k.r.gpa = c->a[4];
	ret = region_free(fw, &k, cfw_port_of(fw, c->a[1])->rp);
	if (ret)
		return sbi_err(ret);
	f = if_get(fw, c->a[1], k.t);
	if (!f)
		return sbi_err(SBI_ERR_INVALID_STATE); /* law 15 */
	/* "An error if the interface is already bound" */
	for (unsigned i = FW_IF_REGIONS; i-- > 0;)
		if (!f->region[i].len)
			place = &f->region[i];
	if (f->bind || !place)
		return sbi_err(f->bind ? SBI_ERR_INVALID_STATE
				       : SBI_ERR_FAILED);
	f->used = true;
	*place = k.r;
	for (uint64_t at = 0; at < k.r.len; at += PAGE_4K) {
		enum il_err err =
			cove_own_move(fw->cfg.own, k.r.pa + at, COVE_PG_HOST,
				      COVE_PG_REGION, k.t->vmid, k.r.gpa + at);

		IL_ASSERT(!err);
		cfw_leaf_region(fw, k.t, k.r.gpa + at, k.r.pa + at);
	}
	return sbi_ok(0);
}

/*
 * Draft: the call's text unbinds first if the interface is still bound, the
 * unbinding flow has reclaim refused then. We refuse: a call that gives memory
 * back does not wait for a device. And law 37: a vCPU that has been running
 * since the MMIO went invalid may remember it.
 */
struct sbiret cfw_reclaim_region(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_region *place = NULL;
	struct region k;
	struct fw_if *f = cfw_if_find(fw, c->a[1]);
	int64_t ret = region_of(fw, c, &k);

	if (ret)
		return sbi_err(ret);
	if (!f || f->tvm != k.t)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	for (unsigned i = 0; i < FW_IF_REGIONS; i++)
		if (f->region[i].len == k.r.len && f->region[i].pa == k.r.pa)
			place = &f->region[i];
	if (!place)
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	if (f->bind || !cfw_fence_done(fw, k.t, f->off_fence))
		return sbi_err(SBI_ERR_INVALID_STATE);
	for (uint64_t at = 0; at < place->len; at += PAGE_4K) {
		struct fw_leaf l;
		enum il_err err;

		cfw_leaf_get(fw, k.t, place->gpa + at, &l);
		cfw_leaf_clear(fw, k.t, &l);
		err = cove_own_move(fw->cfg.own, place->pa + at, COVE_PG_REGION,
				    COVE_PG_HOST, 0, 0);
		IL_ASSERT(!err);
	}
	memset(place, 0, sizeof(*place));
	if_put(f);
	return sbi_ok(0);
}

bool cfw_region_maps(const struct fw_if *f, uint64_t gpa, uint64_t hpa,
		     uint64_t len)
{
	/* A range of the report may have been given in several pieces. */
	for (uint64_t at = 0; at < len; at += PAGE_4K) {
		bool ok = false;

		for (unsigned i = 0; i < FW_IF_REGIONS; i++) {
			const struct fw_region *r = &f->region[i];

			ok |= gpa + at - r->gpa < r->len &&
			      hpa + at - r->pa == gpa + at - r->gpa;
		}
		if (!ok)
			return false;
	}
	return true;
}

/* --- bind --- */

/*
 * OPEN: LOCK's flags are nobody's to say in the draft. ALL_REQUEST_REDIRECT,
 * for there is no peer to peer; NO_FW_UPDATE, which a TVM finds in the report
 * (law 32). Each where the device has it: what it lacks is the TVM's to judge.
 */
#define LOCK_FLAGS (TDISP_LOCK_NO_FW_UPDATE | TDISP_LOCK_REDIRECT)

/*
 * OPEN: CoVE-IO gives a lock session no name, so that a host could unbind and
 * bind between two calls of a TVM that judges the interface, and what was taken
 * before would stand for what is bound now (laws 26 to 28). So a TVM that has
 * asked about an interface hears of its end: calls about it are refused until
 * it stops it.
 */
static void lose(const struct cove_fw *fw, struct fw_tvm *t, uint64_t id)
{
	if (cfw_stopping(fw, t, id))
		return; /* its own wish */
	for (unsigned i = 0; i < FW_LOST && !cfw_lost(t, id); i++)
		if (!t->lost[i])
			t->lost[i] = id + 1;
}

bool cfw_stopping(const struct cove_fw *fw, const struct fw_tvm *t, uint64_t id)
{
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++)
		if (t->vcpu[i].call.wait == WAIT_UNBIND &&
		    t->vcpu[i].call.a[0] == id)
			return true;
	return false;
}

bool cfw_lost(const struct fw_tvm *t, uint64_t id)
{
	for (unsigned i = 0; i < FW_LOST; i++)
		if (t->lost[i] && t->lost[i] == id + 1)
			return true;
	return false;
}

/* Is there a place for the end of one more, when all that @t has end too? */
static bool lost_room(const struct cove_fw *fw, const struct fw_tvm *t,
		      uint64_t id)
{
	unsigned n = !cfw_lost(t, id);

	for (unsigned i = 0; i < FW_LOST; i++)
		n += t->lost[i] != 0;
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++) {
		const struct fw_if *f = &fw->ifs[i];

		n += f->used && f->bind && f->tvm == t && !cfw_lost(t, f->id);
	}
	return n <= FW_LOST;
}

void cfw_lost_heard(struct fw_tvm *t, uint64_t id)
{
	for (unsigned i = 0; i < FW_LOST; i++)
		if (t->lost[i] == id + 1)
			t->lost[i] = 0;
}

/* Takes the interface from its TVM; UNLOCKED or DEAD. */
static void let_go(struct cove_fw *fw, struct fw_if *f)
{
	enum il_err err;

	cfw_settle(fw);
	cfw_if_off(fw, f);
	cfw_covt(fw, COVT_CLASSIFY, f->dev->rp, f->id & 0xffff, 0, 0);
	err = tsm_bind_own(f->bind, 0);
	if (!err)
		err = tsm_bind_free(f->bind);
	IL_ASSERT(!err);
	if (f->seen)
		lose(fw, f->tvm, f->id);
	cfw_covg_end(fw, f->tvm, f->id);
	f->seen = false;
	f->bind = NULL;
	f->dev = NULL;
	f->lock_id = 0;
	memset(f->accepted, 0, sizeof(f->accepted));
	if_put(f);
}

/* Locked: the trusted entry stands, not valid; requests will find it. */
static int64_t bind_done(struct cove_fw *fw, struct fw_if *f)
{
	const struct cove_dc dc = { .gscid = f->tvm->vmid,
				    .root = f->tvm->root };

	if (cove_own_dc_write(fw->cfg.own, f->id & 0xffff, &dc))
		return SBI_ERR_FAILED;
	f->lock_id = tsm_lock_info(f->bind)->id;
	return cfw_covt(fw, COVT_CLASSIFY, f->dev->rp, f->id & 0xffff,
			tsm_stream_id(f->dev->conn), 1)
		.error;
}

/*
 * LOCK is over, well or not. One that failed has sent STOP already, or the link
 * was cut.
 */
static struct sbiret bind_over(struct cove_fw *fw, struct fw_if *f,
			       struct sbiret r)
{
	if (!r.error && tsm_bind_state(f->bind) == TSM_BIND_LOCKED)
		r.error = bind_done(fw, f);
	if (!r.error)
		return r;
	if (tsm_bind_state(f->bind) == TSM_BIND_LOCKED)
		tsm_isolate(f->dev->conn);
	let_go(fw, f);
	return r;
}

/*
 * OPEN: a device context is found by routing id; which IOMMU serves a segment,
 * and whether it serves two, the manifest would say. Here there is one: the
 * context of a running interface is not written by another segment's.
 */
static bool rid_taken(const struct cove_fw *fw, uint64_t id)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++) {
		const struct fw_if *f = &fw->ifs[i];

		if (f->used && f->bind && f->id != id &&
		    !((f->id ^ id) & COVE_DEV_RID))
			return true;
	}
	return false;
}

static struct sbiret bind_begin(struct cove_fw *fw, const struct fw_ecall *c,
				struct fw_dev *d, struct fw_tvm *t)
{
	struct tsm_args a = { .lock_wish = LOCK_FLAGS };
	struct tsm_bind_cfg cfg = {
		.function_id = (uint32_t)c->a[1] |
			       ((uint32_t)c->a[1] & TDISP_FN_SEGMENT
					? TDISP_FN_SEG_VALID
					: 0),
		.owner = c->a[1] + 1,
	};
	struct fw_if *f;
	struct sbiret r;
	enum il_err err;

	if (rid_taken(fw, c->a[1]))
		return sbi_err(SBI_ERR_INVALID_STATE);
	/* It is not told of what it could not hear the end of. */
	if (!lost_room(fw, t, c->a[1]))
		return sbi_err(SBI_ERR_FAILED);
	f = if_get(fw, c->a[1], t);
	if (!f || f->bind)
		return sbi_err(SBI_ERR_INVALID_STATE); /* law 15 */
	err = tsm_bind_new(d->conn, &cfg, &f->bind);
	if (err) {
		f->bind = NULL;
		return sbi_err(cfw_ret(err));
	}
	f->used = true;
	f->dev = d;
	err = tsm_bind_own(f->bind, t->id);
	IL_ASSERT(!err); /* it is new */
	a.bind = f->bind;
	r = cfw_begin(fw, c->hart, d, COVH_BIND_INTERFACE, c->a, TSM_LOCK, &a);
	return tsm_verb(d->conn) != TSM_NO_VERB ? r : bind_over(fw, f, r);
}

struct sbiret cfw_bind(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);
	struct fw_dev *d =
		cfw_id_ok(c->a[1]) ? cfw_dev_of_if(fw, c->a[1]) : NULL;
	struct fw_if *f;
	struct sbiret r;

	if (!t || !cfw_id_ok(c->a[1]))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!d || t->state != TVM_RUNNABLE)
		return sbi_err(SBI_ERR_INVALID_STATE);
	if (d->pending.fid) {
		f = cfw_if_find(fw, c->a[1]);
		if (!cfw_same(d, COVH_BIND_INTERFACE, c->a, 2) || !f)
			return sbi_err(SBI_ERR_INVALID_STATE);
		r = cfw_again(fw, c->hart, d);
		return tsm_verb(d->conn) != TSM_NO_VERB ? r
							: bind_over(fw, f, r);
	}
	/* Law 16: a session, and a stream that is secure now. */
	if (tsm_conn_state(d->conn) != TSM_CONN_READY ||
	    !cfw_port_keys.secure(fw, d->rp, tsm_stream_id(d->conn)))
		return sbi_err(SBI_ERR_INVALID_STATE);
	if (cfw_keys_old(d))
		return sbi_err(SBI_ERR_KEY_UPDATE_REQUIRED);
	return bind_begin(fw, c, d, t);
}

/* --- unbind --- */

/* A TVM that waits for its stop will hear that the device did not confirm it.
 */
static void not_stopped(const struct cove_fw *fw, const struct fw_if *f)
{
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++) {
		struct fw_call *c = &f->tvm->vcpu[i].call;

		if (c->wait == WAIT_UNBIND && c->a[0] == f->id)
			c->ret = sbi_err(SBI_ERR_IO);
	}
}

/*
 * STOP either ended UNLOCKED or cut the link. The host is told that it failed,
 * and asks again: law 48.
 */
static struct sbiret unbind_over(struct cove_fw *fw, struct fw_if *f,
				 struct sbiret r)
{
	enum tsm_bind_state s = tsm_bind_state(f->bind);

	if (r.error)
		not_stopped(fw, f);
	if (s == TSM_BIND_UNLOCKED)
		let_go(fw, f);
	return r;
}

struct sbiret cfw_unbind(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);
	struct fw_if *f = cfw_if_find(fw, c->a[1]);
	struct tsm_args a = { 0 };
	struct fw_dev *d;
	struct sbiret r;

	if (!t || !f || !f->bind || f->tvm != t)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	d = f->dev;
	/* Law 49: what a TVM began is carried to its end by this call. */
	if (d->pending.fid & NACL_FID_GUEST) {
		r = cfw_covg_drain(fw, c->hart, d);
		if (d->pending.fid || r.error)
			return r;
	}
	if (d->pending.fid) {
		if (!cfw_same(d, COVH_UNBIND_INTERFACE, c->a, 2))
			return sbi_err(SBI_ERR_INVALID_STATE);
		r = cfw_again(fw, c->hart, d);
	} else if (tsm_bind_state(f->bind) == TSM_BIND_DEAD) {
		let_go(fw, f);
		return sbi_ok(0);
	} else if (cfw_keys_old(d)) {
		return sbi_err(SBI_ERR_KEY_UPDATE_REQUIRED);
	} else {
		a.bind = f->bind;
		r = cfw_begin(fw, c->hart, d, COVH_UNBIND_INTERFACE, c->a,
			      TSM_STOP, &a);
	}
	return tsm_verb(d->conn) != TSM_NO_VERB ? r : unbind_over(fw, f, r);
}
