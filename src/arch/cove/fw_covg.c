/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"
#include "tdisp/codec.h"

/*
 * Calls of a TVM. Those that need the device or the host leave the TVM; the
 * host goes on by run_tvm_vcpu(), and the TVM makes the same call again, which
 * then has its answer.
 *
 * Source: CoVE, "COVE Guest Extension"; CoVE-IO, "CoVE IO Guest Extension"
 */

struct covg {
	struct cove_fw *fw;
	struct fw_tvm *t;
	uint32_t vcpu;
	struct fw_vcpu *v;
	const uint64_t *a;
	uint64_t fid;
};

/* The interface that @id names, if it is bound to this TVM (law 15). */
static struct fw_if *bound(const struct cove_fw *fw, const struct fw_tvm *t,
			   uint64_t id)
{
	struct fw_if *f = cfw_if_find(fw, id);

	return f && f->bind && f->tvm == t ? f : NULL;
}

static enum il_err wait(const struct covg *g, enum fw_wait what)
{
	struct fw_call *c = &g->v->call;

	*c = (struct fw_call){ .wait = what, .fid = g->fid };
	memcpy(c->a, g->a, sizeof(c->a));
	return IL_E_AGAIN;
}

static enum il_err answer(struct sbiret *out, struct sbiret r)
{
	*out = r;
	return IL_OK;
}

/* --- what a device answered --- */

static enum tsm_verb verb_of(uint64_t fid)
{
	switch (fid & COVE_FID_MASK) {
	case COVG_GET_MEASUREMENTS:
		return TSM_MEASURE;
	case COVG_GET_INTERFACE_REPORT:
		return TSM_REPORT;
	case COVG_START_INTERFACE:
		return TSM_START;
	default:
		return TSM_GET_STATE;
	}
}

/* Bytes for the TVM. OPEN: see abi_covg.h for a buffer that is too small. */
static struct sbiret give(struct cove_fw *fw, const struct fw_tvm *t,
			  uint64_t gpa, uint64_t size, const uint8_t *p,
			  size_t len)
{
	int64_t ret = SBI_SUCCESS;

	if (len > size)
		return (struct sbiret){ SBI_ERR_INVALID_PARAM, len };
	if (len)
		ret = cfw_guest_write(fw, t, gpa, p, (uint32_t)len);
	return ret ? sbi_err(ret) : sbi_ok(len);
}

static uint64_t if_state(const struct fw_if *f)
{
	switch (tsm_bind_tdi(f->bind)) {
	case TSM_TDI_UNLOCKED:
		return COVE_IF_UNLOCKED;
	case TSM_TDI_LOCKED:
		return COVE_IF_LOCKED;
	case TSM_TDI_RUN:
		return COVE_IF_RUNNING;
	case TSM_TDI_ERROR:
		break;
	}
	return COVE_IF_ERROR;
}

/*
 * What START left. It is RUN, and what the TVM accepted becomes valid; if that
 * cannot be, it does not run either.
 */
static struct sbiret started(struct cove_fw *fw, struct fw_if *f)
{
	int64_t ret;

	/* The host chooses when a START ends: not after the TVM's own stop. */
	if (cfw_stopping(fw, f->tvm, f->id))
		return sbi_err(SBI_ERR_ALREADY_STOPPED);
	ret = cfw_if_on(fw, f);
	if (ret)
		tsm_isolate(f->dev->conn);
	return sbi_err(ret);
}

static struct sbiret result(struct cove_fw *fw, const struct fw_tvm *t,
			    const struct fw_call *c, struct fw_if *f)
{
	const uint8_t *p;
	size_t len;

	switch (c->fid & COVE_FID_MASK) {
	case COVG_GET_MEASUREMENTS:
		tsm_blob(f->dev->conn, &p, &len);
		return give(fw, t, c->a[3], c->a[4], p, len);
	case COVG_GET_INTERFACE_REPORT:
		tsm_blob(f->dev->conn, &p, &len);
		return give(fw, t, c->a[1], c->a[2], p, len);
	case COVG_START_INTERFACE:
		return started(fw, f);
	default:
		return sbi_ok(if_state(f));
	}
}

static void finish(struct fw_vcpu *v, struct sbiret r)
{
	v->call.wait = WAIT_DONE;
	v->call.ret = r;
}

/* A verb of @v's call is over with @r. */
static void over(struct cove_fw *fw, struct fw_tvm *t, struct fw_vcpu *v,
		 struct sbiret r)
{
	struct fw_if *f = bound(fw, t, v->call.a[0]);

	if (!r.error)
		r = f ? result(fw, t, &v->call, f) : sbi_err(SBI_ERR_FAILED);
	finish(v, r);
}

/* --- begun and gone on with --- */

static int64_t verb_args(struct cove_fw *fw, const struct fw_tvm *t,
			 const struct fw_call *c, struct fw_if *f,
			 struct tsm_args *out)
{
	*out = (struct tsm_args){ .bind = f->bind };
	if ((c->fid & COVE_FID_MASK) != COVG_GET_MEASUREMENTS)
		return SBI_SUCCESS;
	out->raw = c->a[2] & COVG_MEAS_RAW;
	if (c->a[1])
		return cfw_guest_read(fw, t, c->a[1], out->nonce,
				      COVG_NONCE_LEN);
	/* Law 28: fresh, and for this TVM. */
	return env_random(fw->cfg.env, out->nonce, sizeof(out->nonce))
		       ? SBI_ERR_FAILED
		       : SBI_SUCCESS;
}

/* The device has time: the verb begins. */
static struct sbiret device_begin(struct cove_fw *fw, unsigned hart,
				  struct fw_tvm *t, struct fw_vcpu *v,
				  struct fw_if *f)
{
	const uint32_t fid =
		(uint32_t)(v->call.fid & COVE_FID_MASK) | NACL_FID_GUEST;
	struct fw_dev *d = f->dev;
	struct tsm_args a;
	struct sbiret r;

	if (cfw_keys_old(d))
		return sbi_err(SBI_ERR_KEY_UPDATE_REQUIRED);
	r = sbi_err(verb_args(fw, t, &v->call, f, &a));
	if (!r.error)
		r = cfw_begin(fw, hart, d, fid, v->call.a, verb_of(v->call.fid),
			      &a);
	bytes_wipe(&a, sizeof(a));
	if (tsm_verb(d->conn) == TSM_NO_VERB) {
		over(fw, t, v, r);
	} else {
		d->pending.tvm = t->id;
		d->pending.vcpu = (uint32_t)(v - t->vcpu);
	}
	return sbi_ok(0);
}

static struct sbiret device_step(struct cove_fw *fw, unsigned hart,
				 struct fw_tvm *t, struct fw_vcpu *v)
{
	struct fw_if *f = bound(fw, t, v->call.a[0]);
	struct fw_dev *d;

	IL_ASSERT(f); /* cfw_covg_end() */
	d = f->dev;
	if (!d->pending.fid)
		return device_begin(fw, hart, t, v, f);
	if (!(d->pending.fid & NACL_FID_GUEST) || d->pending.tvm != t->id ||
	    &t->vcpu[d->pending.vcpu] != v)
		return sbi_ok(0); /* its turn comes */
	return cfw_covg_drain(fw, hart, d);
}

struct sbiret cfw_covg_drain(struct cove_fw *fw, unsigned hart,
			     struct fw_dev *d)
{
	const struct fw_pending p = d->pending;
	struct fw_tvm *t = cfw_tvm_find(fw, p.tvm);
	struct sbiret r = cfw_again(fw, hart, d);

	if (tsm_verb(d->conn) != TSM_NO_VERB)
		return r;
	/* A TVM with an interface is not destroyed. */
	IL_ASSERT(t && t->vcpu[p.vcpu].call.wait == WAIT_DEVICE);
	over(fw, t, &t->vcpu[p.vcpu], r);
	return sbi_ok(0);
}

/*
 * Laws 26 to 28: what was asked of one lock session is not done in the next,
 * however late the host lets it have its turn.
 */
void cfw_covg_end(struct cove_fw *fw, struct fw_tvm *t, uint64_t id)
{
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++) {
		struct fw_call *c = &t->vcpu[i].call;

		if (c->a[0] != id)
			continue;
		if (c->wait == WAIT_UNBIND)
			finish(&t->vcpu[i], c->ret);
		else if (c->wait == WAIT_DEVICE || c->wait == WAIT_TRANSCRIPT)
			finish(&t->vcpu[i], sbi_err(SBI_ERR_FAILED));
	}
}

void cfw_transcript_give(struct cove_fw *fw, struct fw_dev *d, int64_t err)
{
	for (unsigned i = 0; i < fw->cfg.limits.tvms; i++)
		for (unsigned n = 0;
		     fw->tvm[i].used && n < fw->cfg.limits.vcpus; n++) {
			struct fw_tvm *t = &fw->tvm[i];
			struct fw_call *c = &t->vcpu[n].call;
			const struct fw_if *f = bound(fw, t, c->a[0]);
			uint32_t len = 0;
			int64_t ret = err;

			if (c->wait != WAIT_TRANSCRIPT || !f || f->dev != d)
				continue;
			if (!ret)
				ret = cfw_element(fw, d, c->a[1], c->a[2],
						  &len);
			finish(&t->vcpu[n], ret ? sbi_err(ret)
						: give(fw, t, c->a[3], c->a[4],
						       fw->out, len));
		}
}

/* --- what the host has a part in --- */

static bool is_share(uint64_t fid)
{
	return (fid & COVE_FID_MASK) == COVG_SHARE_MEMORY_REGION;
}

struct sbiret cfw_covg_step(struct cove_fw *fw, unsigned hart, struct fw_tvm *t,
			    struct fw_vcpu *v)
{
	struct fw_call *c = &v->call;

	switch (c->wait) {
	case WAIT_HOST:
		finish(v, c->ret);
		break;
	case WAIT_PAGES:
		if (cfw_host_refuses(fw, hart, v) &&
		    cfw_share_undo(fw, t, c->a[0], c->a[1], is_share(c->fid))) {
			finish(v, sbi_err(SBI_ERR_FAILED));
			break;
		}
		/* "Attempts to run it will fail" */
		if (!cfw_share_done(fw, t, c->a[0], c->a[1], is_share(c->fid)))
			return sbi_err(SBI_ERR_FAILED);
		finish(v, sbi_ok(0));
		break;
	case WAIT_DEVICE:
		return device_step(fw, hart, t, v);
	case WAIT_TRANSCRIPT: /* until cfw_transcript_give() */
	case WAIT_UNBIND:     /* until cfw_covg_end() */
	case WAIT_NONE:
	case WAIT_DONE:
		break;
	}
	return sbi_ok(0);
}

/* --- the calls --- */

typedef enum il_err covg_call(const struct covg *g, struct sbiret *out);

static enum il_err mmio_add(const struct covg *g, struct sbiret *out)
{
	struct sbiret r = cfw_mmio_span(g->fw, g->t, g->a[0], g->a[1], true);

	return r.error ? answer(out, r) : wait(g, WAIT_HOST);
}

static enum il_err mmio_remove(const struct covg *g, struct sbiret *out)
{
	struct sbiret r = cfw_mmio_span(g->fw, g->t, g->a[0], g->a[1], false);

	return r.error ? answer(out, r) : wait(g, WAIT_HOST);
}

static enum il_err share(const struct covg *g, struct sbiret *out)
{
	struct sbiret r =
		cfw_share(g->fw, g->t, g->a[0], g->a[1], is_share(g->fid));

	return r.error ? answer(out, r) : wait(g, WAIT_PAGES);
}

static enum il_err link(const struct covg *g, struct sbiret *out)
{
	const struct fw_if *f = bound(g->fw, g->t, g->a[0]);
	uint64_t bits = 0;

	if (!f)
		return answer(out, sbi_err(SBI_ERR_INVALID_PARAM));
	if (tsm_session(f->dev->conn))
		bits |= COVG_LINK_SPDM;
	if (tsm_stream_id(f->dev->conn) != TSM_STREAM_UNUSED &&
	    cfw_port_keys.secure(g->fw, f->dev->rp,
				 tsm_stream_id(f->dev->conn)))
		bits |= COVG_LINK_IDE;
	return answer(out, sbi_ok(bits));
}

static enum il_err transcript(const struct covg *g, struct sbiret *out)
{
	const struct fw_if *f = bound(g->fw, g->t, g->a[0]);
	int64_t ret;

	if (!f || g->a[1] >= COVE_ELEMENTS ||
	    (g->a[1] == COVE_ELEMENT_CERTIFICATE && g->a[2] > 7))
		return answer(out, sbi_err(SBI_ERR_INVALID_PARAM));
	ret = g->a[3] % PAGE_4K
		      ? SBI_ERR_INVALID_ADDRESS
		      : cfw_guest_check(g->fw, g->t, g->a[3], g->a[4]);
	if (!ret && !f->dev->known)
		ret = SBI_ERR_INVALID_STATE;
	return ret ? answer(out, sbi_err(ret)) : wait(g, WAIT_TRANSCRIPT);
}

/* Where the answer goes; looked at before the device is asked. */
static int64_t place(const struct covg *g)
{
	switch (g->fid & COVE_FID_MASK) {
	case COVG_GET_MEASUREMENTS:
		if (g->a[1] % PAGE_4K || g->a[3] % PAGE_4K)
			return SBI_ERR_INVALID_ADDRESS;
		if (g->a[1] &&
		    cfw_guest_check(g->fw, g->t, g->a[1], COVG_NONCE_LEN))
			return SBI_ERR_INVALID_ADDRESS;
		return cfw_guest_check(g->fw, g->t, g->a[3], g->a[4]);
	case COVG_GET_INTERFACE_REPORT:
		if (g->a[1] % PAGE_4K)
			return SBI_ERR_INVALID_ADDRESS;
		return cfw_guest_check(g->fw, g->t, g->a[1], g->a[2]);
	default:
		return SBI_SUCCESS;
	}
}

static enum il_err device(const struct covg *g, struct sbiret *out)
{
	struct fw_if *f = bound(g->fw, g->t, g->a[0]);
	int64_t ret = f ? place(g) : SBI_ERR_INVALID_PARAM;
	struct sbiret r;

	if (ret)
		return answer(out, sbi_err(ret));
	wait(g, WAIT_DEVICE);
	if (f->dev->pending.fid || cfw_keys_old(f->dev))
		return IL_E_AGAIN; /* the host first */
	r = device_begin(g->fw, g->v->hart, g->t, g->v, f);
	IL_ASSERT(!r.error);
	if (g->v->call.wait != WAIT_DONE)
		return IL_E_AGAIN;
	r = g->v->call.ret;
	memset(&g->v->call, 0, sizeof(g->v->call));
	return answer(out, r);
}

static enum il_err start(const struct covg *g, struct sbiret *out)
{
	struct fw_if *f = bound(g->fw, g->t, g->a[0]);
	enum il_err err;

	if (!f)
		return answer(out, sbi_err(SBI_ERR_INVALID_PARAM));
	if (tsm_bind_state(f->bind) == TSM_BIND_RUN)
		return answer(out, sbi_err(SBI_ERR_ALREADY_STARTED));
	/* Law 21: the TVM decides on the lock session that it has seen. */
	err = tsm_gate(f->bind, TSM_GATE_START, f->lock_id);
	if (err)
		return answer(out, sbi_err(SBI_ERR_INVALID_STATE));
	return device(g, out);
}

/*
 * The TVM has no use for it any more: its grants end at once, and the host is
 * to unbind. OPEN: diagram and text differ on who sends STOP; as the diagram
 * has it, the host's unbind does.
 */
static enum il_err stop(const struct covg *g, struct sbiret *out)
{
	struct fw_if *f = bound(g->fw, g->t, g->a[0]);

	cfw_lost_heard(g->t, g->a[0]);
	if (!f)
		return answer(out, sbi_err(cfw_if_find(g->fw, g->a[0])
						   ? SBI_ERR_ALREADY_STOPPED
						   : SBI_ERR_INVALID_PARAM));
	cfw_if_off(g->fw, f);
	return wait(g, WAIT_UNBIND);
}

/* The range of the report that holds all of [@hpa, +@len). */
static const struct tsm_range *reported(const struct fw_if *f, uint64_t hpa,
					uint64_t len)
{
	const struct tsm_lock_info *l = tsm_lock_info(f->bind);

	for (unsigned i = 0; i < l->ranges; i++) {
		const struct tsm_range *r = &l->range[i];
		const uint64_t size = (uint64_t)r->pages * PAGE_4K;

		if (hpa >= r->pa && len <= size && hpa - r->pa <= size - len)
			return r;
	}
	return NULL;
}

static int64_t accept(const struct covg *g, struct fw_if *f)
{
	const struct fw_region want = { .gpa = g->a[1],
					.pa = g->a[2],
					.len = g->a[3] };
	const struct tsm_range *r;
	struct fw_region *place = NULL;

	if (want.gpa % PAGE_4K || want.pa % PAGE_4K || want.len % PAGE_4K ||
	    !want.len || want.gpa + want.len < want.gpa ||
	    want.pa + want.len < want.pa)
		return SBI_ERR_INVALID_ADDRESS;
	if (tsm_gate(f->bind, TSM_GATE_MMIO_ACCEPT, f->lock_id))
		return SBI_ERR_INVALID_STATE;
	r = reported(f, want.pa, want.len);
	/* Law 36: not what anybody may reach, nor a table that moves. */
	if (!r || r->attr & (TDISP_RANGE_NON_TEE | TDISP_RANGE_MSIX_TABLE |
			     TDISP_RANGE_MSIX_PBA))
		return SBI_ERR_INVALID_ADDRESS;
	if (!cfw_region_maps(f, want.gpa, want.pa, want.len))
		return SBI_ERR_INVALID_ADDRESS;
	for (unsigned i = FW_IF_REGIONS; i-- > 0;) {
		const struct fw_region *x = &f->accepted[i];

		if (!x->len)
			place = &f->accepted[i];
		else if (want.pa < x->pa + x->len && x->pa < want.pa + want.len)
			return SBI_ERR_ALREADY_AVAILABLE;
	}
	if (!place)
		return SBI_ERR_FAILED;
	*place = want;
	return SBI_SUCCESS;
}

/* "Compare with the donated regions; compare with the root port's ranges": the
 * latter was done as the report came (cfw_mmio_fits()). */
static enum il_err map(const struct covg *g, struct sbiret *out)
{
	struct fw_if *f = bound(g->fw, g->t, g->a[0]);

	return answer(out, sbi_err(f ? accept(g, f) : SBI_ERR_INVALID_PARAM));
}

static const struct row {
	uint16_t fid;
	covg_call *run;
} rows[] = {
	{ COVG_ADD_MMIO_REGION, mmio_add },
	{ COVG_REMOVE_MMIO_REGION, mmio_remove },
	{ COVG_SHARE_MEMORY_REGION, share },
	{ COVG_UNSHARE_MEMORY_REGION, share },
	{ COVG_GET_DEVICE_LINK, link },
	{ COVG_GET_CONN_TRANSCRIPT, transcript },
	{ COVG_GET_MEASUREMENTS, device },
	{ COVG_GET_INTERFACE_REPORT, device },
	{ COVG_GET_INTERFACE_STATE, device },
	{ COVG_MAP_INTERFACE_MMIO, map },
	{ COVG_START_INTERFACE, start },
	{ COVG_STOP_INTERFACE, stop },
};

/* False: what it knows of the interface is of a binding that has ended. */
static bool believes(const struct covg *g)
{
	struct fw_if *f = bound(g->fw, g->t, g->a[0]);
	const uint64_t fid = g->fid & COVE_FID_MASK;

	if (fid < COVG_GET_DEVICE_LINK || fid == COVG_STOP_INTERFACE)
		return true;
	if (cfw_lost(g->t, g->a[0]))
		return false;
	if (f)
		f->seen = true;
	return true;
}

/* The answer to a call that has been made before. */
static enum il_err collect(const struct covg *g, struct sbiret *out)
{
	struct fw_call *c = &g->v->call;

	if (c->fid != g->fid || memcmp(c->a, g->a, sizeof(c->a)) != 0)
		return IL_E_ARG;
	if (c->wait != WAIT_DONE)
		return IL_E_AGAIN;
	*out = c->ret;
	memset(c, 0, sizeof(*c));
	return IL_OK;
}

enum il_err cove_fw_covg(struct cove_fw *fw, uint64_t tvm, uint32_t vcpu,
			 uint64_t eid, uint64_t fid, const uint64_t a[6],
			 struct sbiret *ret)
{
	struct covg g = { .fw = fw,
			  .t = cfw_tvm_find(fw, tvm),
			  .vcpu = vcpu,
			  .a = a,
			  .fid = fid };
	enum il_err err = IL_OK;

	g.v = cfw_vcpu_of(fw, g.t, vcpu);
	if (!g.v || g.v->state != VCPU_RUNNING)
		return IL_E_ARG;
	if (g.v->call.wait != WAIT_NONE)
		return collect(&g, ret);
	*ret = sbi_err(SBI_ERR_NOT_SUPPORTED);
	for (size_t i = 0; eid == COVE_EID_COVG && i < COUNT(rows); i++)
		if (rows[i].fid == (fid & COVE_FID_MASK))
			err = believes(&g)
				      ? rows[i].run(&g, ret)
				      : answer(ret,
					       sbi_err(SBI_ERR_INVALID_STATE));
	cfw_settle(fw);
	IL_ASSERT(cove_fw_sane(fw));
	return err;
}
