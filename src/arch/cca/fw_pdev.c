/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/*
 * Physical devices: root ports, which say nothing, and endpoints, whose
 * session the host carries. Streams between them are in fw_stream.c.
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rmi/pdev.c
 */

/* --- creation --- */

static bool rid_free(const struct cca_fw *fw, uint16_t rid)
{
	for (unsigned i = 0; i < fw->cfg.limits.pdevs; i++)
		if (fw->pdev[i].used && fw->pdev[i].rid == rid)
			return false;
	return true;
}

static struct rmm_pdev *place(const struct cca_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.pdevs; i++)
		if (!fw->pdev[i].used)
			return &fw->pdev[i];
	return NULL;
}

/* Endpoints: one off the chip, that speaks SPDM, its functions one range. */
static uint64_t endpoint_check(const struct cca_fw *fw, const uint8_t *p,
			       int port)
{
	const uint32_t base = cca_u32(p, PDEV_PARAMS_RID_BASE);
	const uint32_t top = cca_u32(p, PDEV_PARAMS_RID_TOP);
	const uint64_t rid = cca_u64(p, PDEV_PARAMS_PDEV_ID);

	if (base >= top || top > 0x10000 ||
	    cca_u8(p, PDEV_PARAMS_HASH) > RMI_HASH_SHA_384 ||
	    cca_u64(p, PDEV_PARAMS_ID_INDEX) > 7)
		return RMI_ERROR_INPUT;
	if (!(cca_u64(p, PDEV_PARAMS_FLAGS) & PDEV_FLAGS_SPDM))
		return RMI_ERROR_NOT_SUPPORTED;
	/* Its functions do not overlap those of another: law 12. */
	for (unsigned i = 0; i < fw->cfg.limits.pdevs; i++) {
		const struct rmm_pdev *x = &fw->pdev[i];

		if (x->used && !x->root_port && base < x->rid_top &&
		    x->rid_base < top)
			return RMI_ERROR_INPUT;
	}
	return fw->cfg.keys->behind(fw->cfg.keys_ctx, (uint32_t)port, 0,
				    (uint16_t)rid)
		       ? RMI_SUCCESS
		       : RMI_ERROR_INPUT;
}

uint64_t rmm_pdev_check(const struct cca_fw *fw, uint64_t pdev,
			const uint8_t *p)
{
	const uint64_t flags = cca_u64(p, PDEV_PARAMS_FLAGS);
	const uint64_t category = flags & PDEV_FLAGS_CATEGORY;
	const uint64_t rid = cca_u64(p, PDEV_PARAMS_PDEV_ID);
	const uint64_t root = category == PDEV_ROOTPORT
				      ? rid
				      : cca_u64(p, PDEV_PARAMS_ROUTING_ID);
	int port;

	if (flags & ~PDEV_FLAGS_ALL || rid > 0xffff || root > 0xffff ||
	    !rmm_delegated(fw, pdev))
		return RMI_ERROR_INPUT;
	if (category > PDEV_EP_OFF_CHIP)
		return RMI_ERROR_NOT_SUPPORTED;
	port = fw->cfg.root_port(fw->cfg.platform_ctx,
				 cca_u64(p, PDEV_PARAMS_HB_BASE),
				 (uint16_t)root);
	if (port < 0 || port >= OWN_PORTS || !rid_free(fw, (uint16_t)rid))
		return RMI_ERROR_INPUT;
	if (!place(fw))
		return RMI_ERROR_GLOBAL;
	return category == PDEV_ROOTPORT ? RMI_SUCCESS
					 : endpoint_check(fw, p, port);
}

static bool connect_new(struct cca_fw *fw, struct rmm_pdev *p)
{
	const struct tsm_conn_cfg cfg = { .rid = p->rid,
					  .port = p->port,
					  .owner = p->pdev };

	return !tsm_conn_new(fw->tsm, &cfg, &p->conn);
}

/* What rmm_pdev_check() has let through. */
uint64_t rmm_pdev_create(struct cca_fw *fw, uint64_t pdev,
			 const uint8_t *params, const uint64_t aux[FW_AUX])
{
	struct rmm_pdev *p = place(fw);
	const bool rp = (cca_u64(params, PDEV_PARAMS_FLAGS) &
			 PDEV_FLAGS_CATEGORY) == PDEV_ROOTPORT;
	const uint64_t rid = cca_u64(params, PDEV_PARAMS_PDEV_ID);
	const uint64_t root =
		rp ? rid : cca_u64(params, PDEV_PARAMS_ROUTING_ID);
	struct rmm_pdev n = {
		.root_port = rp,
		.pdev = pdev,
		.state = RMI_PDEV_NEW,
		.op = CCA_PDEV_OP_NONE,
		.hash = cca_u8(params, PDEV_PARAMS_HASH),
		.slot = cca_u8(params, PDEV_PARAMS_ID_INDEX),
		.rid = (uint16_t)rid,
		.routing = (uint16_t)root,
		.rid_base = rp ? 0 : cca_u32(params, PDEV_PARAMS_RID_BASE),
		.rid_top = rp ? 0 : cca_u32(params, PDEV_PARAMS_RID_TOP),
		.port = (uint32_t)fw->cfg.root_port(
			fw->cfg.platform_ctx,
			cca_u64(params, PDEV_PARAMS_HB_BASE), (uint16_t)root),
	};

	if (!rp && !connect_new(fw, &n))
		return RMI_ERROR_GLOBAL;
	if (aux)
		memcpy(n.aux, aux, sizeof(n.aux));
	rmm_comm_pend(&n.comm, rp ? 0 : 2, RMI_DEV_OBJ_VCA, RMI_DEV_OBJ_CERT);
	n.used = true;
	*p = n;
	rmm_move(fw, pdev, OWN_DELEGATED, OWN_PDEV, 0, 0);
	return RMI_SUCCESS;
}

/* The granule of an endpoint goes when its operation ends. */
void rmm_pdev_gone(struct cca_fw *fw, struct rmm_pdev *p)
{
	if (p->conn) {
		enum il_err err = tsm_conn_free(p->conn);

		IL_ASSERT(!err); /* STOPPED: closed, or cut */
	} else {
		rmm_move(fw, p->pdev, OWN_PDEV, OWN_DELEGATED, 0, 0);
	}
	memset(p, 0, sizeof(*p));
}

/* --- the conversation --- */

/* The key that the host gave is the one that the leaf has: law 29. */
static bool key_fits(const struct rmm_pdev *p)
{
	const uint8_t *d = tsm_conn_digest(p->conn, TSM_DIGEST_KEY);

	return p->key_set && d && !memcmp(d, p->key_digest, TSM_DIGEST_LEN);
}

/* Digests of what was just read, in the algorithm that the host chose. */
static bool identified(struct cca_fw *fw, const struct rmm_talk *t)
{
	struct rmm_pdev *p = t->pdev;
	const uint8_t *vca, *cert;
	size_t vca_len, cert_len, req;

	return rmm_obj(t, RMI_DEV_OBJ_VCA, &vca, &vca_len, &req) &&
	       rmm_hash(fw, p->hash, vca, vca_len, &p->vca) &&
	       rmm_obj(t, RMI_DEV_OBJ_CERT, &cert, &cert_len, &req) &&
	       rmm_hash(fw, p->hash, cert, cert_len, &p->cert);
}

/* What an endpoint's next conversation is. False: none can be. */
static bool verb_of(struct rmm_pdev *p, struct rmm_talk *t, struct tsm_args *a)
{
	const bool dead = tsm_conn_state(p->conn) == TSM_CONN_ERROR;

	t->args = a;
	t->conn = p->conn;
	if (p->op == CCA_PDEV_OP_STOP || p->op == CCA_PDEV_OP_DISCONNECT) {
		/* Nothing to say to one whose link was cut, or that never
		 * had a session. */
		if (dead || (p->op == CCA_PDEV_OP_STOP &&
			     tsm_conn_state(p->conn) != TSM_CONN_OPEN &&
			     p->comm.state == CCA_COMM_PENDING))
			t->conn = NULL;
		t->verb = p->op == CCA_PDEV_OP_STOP ? TSM_SESSION_END
						    : TSM_STREAM_STOP;
		return true;
	}
	if (dead)
		return false;
	a->cert_slot = p->slot;
	a->stream_id = p->ide_sid;
	if (p->state == RMI_PDEV_NEW) {
		t->verb = TSM_IDENTIFY;
		t->over = identified;
		return true;
	}
	if (p->state == RMI_PDEV_HAS_KEY) {
		t->verb = TSM_SESSION;
		return p->comm.state == CCA_COMM_ACTIVE || key_fits(p);
	}
	t->verb = p->op == CCA_PDEV_OP_KEY_REFRESH ? TSM_REFRESH : TSM_STREAM;
	return p->op == CCA_PDEV_OP_CONNECT || p->op == CCA_PDEV_OP_KEY_REFRESH;
}

static void failed(struct rmm_pdev *p)
{
	/* Also what the core would have let live: the device is not to be
	 * trusted, its link is cut. Law 24. */
	tsm_isolate(p->conn);
	p->state = RMI_PDEV_ERROR;
	p->comm.state = CCA_COMM_ERROR;
	p->comm.over = false;
	p->comm.parked = false;
	/* A stream operation is over at this end, and the other may see it. */
	p->op = p->peer && p->stream != FW_STREAM_CONNECTED
			? CCA_PDEV_OP_COMPLETE
			: CCA_PDEV_OP_NONE;
}

/* An endpoint's conversation went well. */
static uint64_t done(struct cca_fw *fw, struct rmm_pdev *p, uint64_t data)
{
	p->comm.over = false;
	if (p->op == CCA_PDEV_OP_STOP) {
		p->state = RMI_PDEV_STOPPED;
		p->op = CCA_PDEV_OP_NONE;
	} else if (p->op != CCA_PDEV_OP_NONE) {
		/* "EP ready": the root port's turn, then ours again. */
		p->comm.state = CCA_COMM_ACTIVE;
		p->comm.parked = true;
		(void)rmm_comm_exit(fw, data, COMM_F_STREAM_WAIT);
		return RMI_SUCCESS;
	} else if (p->state == RMI_PDEV_NEW) {
		p->state = RMI_PDEV_NEEDS_KEY;
	} else {
		p->state = RMI_PDEV_READY;
	}
	p->comm.state = CCA_COMM_IDLE;
	return RMI_SUCCESS;
}

/*
 * Waiting for the other end. A root port waits until its endpoint has keyed,
 * stopped or failed; the endpoint then until the root port has said so too.
 */
static uint64_t turn(struct cca_fw *fw, struct rmm_pdev *p, uint64_t data)
{
	const struct rmm_pdev *o = rmm_pdev_find(fw, p->peer);
	uint8_t status;
	bool go;

	if (!rmm_aligned(data) || !rmm_ns_read(fw, data, &status, 1) ||
	    status != COMM_STATUS_NONE)
		return RMI_ERROR_INPUT;
	p->comm.state = CCA_COMM_ACTIVE;
	go = !o ||
	     (p->root_port ? o->comm.parked || o->op == CCA_PDEV_OP_COMPLETE
			   : o->op == CCA_PDEV_OP_COMPLETE);
	if (!rmm_comm_exit(fw, data, go ? 0 : COMM_F_STREAM_WAIT))
		return RMI_ERROR_INPUT;
	if (!go)
		return RMI_SUCCESS;
	/* The keys are in: the port's own part is its Enable. */
	if (p->root_port && o && o->comm.parked &&
	    p->op == CCA_PDEV_OP_CONNECT && !rmm_rp_enable(fw, o, true))
		tsm_isolate(o->conn);
	p->comm.parked = false;
	p->comm.state = CCA_COMM_IDLE;
	p->op = CCA_PDEV_OP_COMPLETE;
	return RMI_SUCCESS;
}

static uint64_t root_port_talks(struct cca_fw *fw, struct rmm_pdev *p,
				uint64_t data)
{
	const struct rmm_talk t = { .comm = &p->comm, .data = data, .pdev = p };

	if (p->op != CCA_PDEV_OP_NONE && p->op != CCA_PDEV_OP_STOP)
		return turn(fw, p, data);
	if (rmm_communicate(fw, &t) != FW_COMM_DONE)
		return RMI_ERROR_INPUT;
	p->comm.over = false;
	p->comm.state = CCA_COMM_IDLE;
	p->state =
		p->op == CCA_PDEV_OP_STOP ? RMI_PDEV_STOPPED : RMI_PDEV_READY;
	p->op = CCA_PDEV_OP_NONE;
	return RMI_SUCCESS;
}

uint64_t rmm_pdev_communicate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_pdev *p = rmm_pdev_find(fw, x[1]);
	struct tsm_args a = { 0 };
	struct rmm_talk t = { .data = x[2] };

	if (!p)
		return RMI_ERROR_INPUT;
	if (p->comm.state != CCA_COMM_PENDING &&
	    p->comm.state != CCA_COMM_ACTIVE)
		return RMI_ERROR_DEVICE;
	if (p->root_port)
		return root_port_talks(fw, p, x[2]);
	if (p->comm.parked)
		return turn(fw, p, x[2]);
	t.comm = &p->comm;
	t.pdev = p;
	if (!verb_of(p, &t, &a)) {
		if (!rmm_comm_exit(fw, x[2], 0))
			return RMI_ERROR_INPUT;
		failed(p);
		return RMI_SUCCESS;
	}
	switch (rmm_communicate(fw, &t)) {
	case FW_COMM_INPUT:
		return RMI_ERROR_INPUT;
	case FW_COMM_BUSY:
		return RMI_BUSY;
	case FW_COMM_MORE:
		return RMI_SUCCESS;
	case FW_COMM_FAILED:
		failed(p);
		return RMI_SUCCESS;
	case FW_COMM_DONE:
		break;
	}
	return done(fw, p, x[2]);
}

uint64_t rmm_pdev_get_state(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	const struct rmm_pdev *p = rmm_pdev_find(fw, x[1]);

	if (!p)
		return RMI_ERROR_INPUT;
	x[1] = p->state;
	return RMI_SUCCESS;
}

/* --- key, end --- */

/*
 * The monitor does not read certificates; the host tells it the leaf's key and
 * the realm compares. OPEN: a key that is not the leaf's shows when the
 * exchange's signature fails; here at the same point, by comparison. RSA is
 * not among the requester's algorithms.
 */
uint64_t rmm_pdev_set_pubkey(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	const uint8_t *xy = fw->page + PUBKEY_PARAMS_KEY + 1;
	struct rmm_pdev *p = rmm_pdev_find(fw, x[1]);
	struct rmm_digest d, mine;
	uint64_t want;

	if (!p || !rmm_aligned(x[2]) ||
	    !rmm_ns_read(fw, x[2], fw->page, sizeof(fw->page)))
		return RMI_ERROR_INPUT;
	if (p->state != RMI_PDEV_NEEDS_KEY || p->comm.state != CCA_COMM_IDLE)
		return RMI_ERROR_DEVICE;
	switch (cca_u8(fw->page, PUBKEY_PARAMS_ALGO)) {
	case RMI_SIG_ECDSA_P256:
		want = 1 + 64;
		break;
	case RMI_SIG_ECDSA_P384:
		want = 1 + 96;
		break;
	case RMI_SIG_RSASSA_3072:
		return RMI_ERROR_NOT_SUPPORTED;
	default:
		return RMI_ERROR_INPUT;
	}
	if (cca_u64(fw->page, PUBKEY_PARAMS_KEY_LEN) != want ||
	    cca_u64(fw->page, PUBKEY_PARAMS_META_LEN) ||
	    cca_u8(fw->page, PUBKEY_PARAMS_KEY) != PUBKEY_POINT)
		return RMI_ERROR_INPUT;
	if (!rmm_hash(fw, p->hash, xy, want - 1, &mine) ||
	    !rmm_hash(fw, RMI_HASH_SHA_384, xy, want - 1, &d))
		return RMI_ERROR_GLOBAL;
	p->pubkey = mine;
	memcpy(p->key_digest, d.value, sizeof(p->key_digest));
	p->key_set = true;
	p->state = RMI_PDEV_HAS_KEY;
	rmm_comm_pend(&p->comm, 0, 0, 0);
	return RMI_SUCCESS;
}

static bool quiet(const struct rmm_pdev *p)
{
	return p->comm.state == CCA_COMM_IDLE ||
	       p->comm.state == CCA_COMM_ERROR;
}

uint64_t rmm_pdev_stop(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_pdev *p = rmm_pdev_find(fw, x[1]);

	if (!p)
		return RMI_ERROR_INPUT;
	if (!quiet(p) || p->streams || p->vdevs || p->op != CCA_PDEV_OP_NONE ||
	    p->state == RMI_PDEV_STOPPED)
		return RMI_ERROR_DEVICE;
	p->op = CCA_PDEV_OP_STOP;
	rmm_comm_pend(&p->comm, 0, 0, 0);
	return RMI_SUCCESS;
}

/*
 * Gives up what is said or waited for. An endpoint is in ERROR then: law 24. A
 * root port that waits for its endpoint waits no longer.
 */
uint64_t rmm_pdev_abort(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_pdev *p = rmm_pdev_find(fw, x[1]);

	if (!p)
		return RMI_ERROR_INPUT;
	if (p->comm.state == CCA_COMM_IDLE)
		return RMI_ERROR_DEVICE;
	if (p->root_port) {
		if (!p->peer)
			p->state = RMI_PDEV_ERROR;
		p->op = p->peer ? CCA_PDEV_OP_COMPLETE : CCA_PDEV_OP_NONE;
	} else {
		failed(p);
	}
	p->comm.parked = false;
	p->comm.state = CCA_COMM_IDLE;
	return RMI_SUCCESS;
}
