/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/*
 * COMMUNICATE: one step of a verb of the core, or one piece of what the host
 * is to cache. The host's entry is read once; the exit is written last.
 *
 * What is cached is cached whole: first the verb, then its objects, a granule
 * at a time in the response buffer (and of measurements the request in the
 * request buffer). OPEN: TF-RMM names the bytes exchange by exchange, so that
 * a conversation that fails leaves half an object with the host; here it
 * leaves none, and an object may be longer than a granule (TF-RMM caps the
 * report at one).
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rmi/pdev.c, vdev.c (dev_communicate)
 */
struct entry {
	uint8_t status;
	uint64_t req;
	uint64_t resp;
	uint64_t len;
};

#define ENTER_LEN 0x20
/* GET_MEASUREMENTS with signature of SPDM 1.2: header, nonce, slot.
 * Source: DSP0274 1.2.1 §10.11.1 */
#define GET_MEAS_LEN 37
/* Header of a certificate chain: length and two reserved bytes, then the hash
 * of the root. Source: DSP0274 1.2.1 §10.6.1, table 28 */
#define CHAIN_HEADER 4

void rmm_comm_pend(struct rmm_comm *c, unsigned objs, uint8_t a, uint8_t b)
{
	*c = (struct rmm_comm){ .state = CCA_COMM_PENDING,
				.objs = (uint8_t)objs,
				.obj = { a, b } };
}

static bool entry_read(const struct cca_fw *fw, const struct rmm_talk *t,
		       struct entry *out)
{
	uint8_t raw[ENTER_LEN];

	if (!rmm_aligned(t->data) ||
	    !rmm_ns_read(fw, t->data, raw, sizeof(raw)))
		return false;
	*out = (struct entry){ .status = cca_u8(raw, COMM_ENTER_STATUS),
			       .req = cca_u64(raw, COMM_ENTER_REQ_ADDR),
			       .resp = cca_u64(raw, COMM_ENTER_RESP_ADDR),
			       .len = cca_u64(raw, COMM_ENTER_RESP_LEN) };
	if (out->status > COMM_STATUS_ERROR)
		return false;
	return !t->conn ||
	       (rmm_ns_granule(fw, out->req) && rmm_ns_granule(fw, out->resp));
}

/* What the entry may say at this point. */
static bool entry_fits(const struct rmm_talk *t, const struct entry *e)
{
	if (t->comm->state == CCA_COMM_PENDING || t->comm->over)
		return e->status == COMM_STATUS_NONE;
	if (!t->conn || e->status == COMM_STATUS_ERROR)
		return t->conn != NULL;
	return e->status == COMM_STATUS_RESPONSE && e->len &&
	       e->len <= CCA_GRANULE;
}

static bool exit_write(struct cca_fw *fw, uint64_t data,
		       const uint8_t exit[COMM_EXIT_LEN])
{
	return rmm_ns_write(fw, data + COMM_EXIT, exit, COMM_EXIT_LEN);
}

bool rmm_comm_exit(struct cca_fw *fw, uint64_t data, uint64_t flags)
{
	uint8_t exit[COMM_EXIT_LEN] = { 0 };

	cca_put_u64(exit, COMM_EXIT_FLAGS, flags);
	return exit_write(fw, data, exit);
}

/* Another conversation with the same device is under way. */
static bool busy(const struct cca_fw *fw, const struct rmm_talk *t)
{
	if (tsm_verb(t->conn) != TSM_NO_VERB)
		return true;
	if (&t->pdev->comm != t->comm && t->pdev->comm.state == CCA_COMM_ACTIVE)
		return true;
	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++) {
		const struct rmm_vdev *v = &fw->vdev[i];

		if (v->used && v->pdev == t->pdev && &v->comm != t->comm &&
		    v->comm.state == CCA_COMM_ACTIVE)
			return true;
	}
	return false;
}

/* --- the verb --- */

static uint64_t micros(uint64_t ns)
{
	return (ns + 999) / 1000;
}

static enum rmm_comm_end send(struct cca_fw *fw, const struct rmm_talk *t,
			      const struct entry *e, size_t len)
{
	const uint64_t at = tsm_not_before(t->conn);
	uint8_t exit[COMM_EXIT_LEN] = { 0 };

	cca_put_u64(exit, COMM_EXIT_FLAGS, COMM_F_REQ_SEND | COMM_F_RSP_WAIT);
	cca_put_u8(exit, COMM_EXIT_PROTOCOL, t->comm->kind - 1);
	cca_put_u64(exit, COMM_EXIT_REQ_DELAY,
		    at > fw->now_ns ? micros(at - fw->now_ns) : 0);
	cca_put_u64(exit, COMM_EXIT_REQ_LEN, len);
	cca_put_u64(exit, COMM_EXIT_TIMEOUT,
		    micros(fw->cfg.limits.tsm.wait_ns));
	if (!rmm_ns_write(fw, e->req, fw->msg, (uint32_t)len) ||
	    !exit_write(fw, t->data, exit))
		return FW_COMM_FAILED;
	return FW_COMM_MORE;
}

/* The core's next step, with @n bytes of answer in fw->msg. */
static enum il_err step(struct cca_fw *fw, const struct rmm_talk *t, size_t n,
			size_t *len)
{
	/* tsm_step() has taken the answer before it gives the next message. */
	return tsm_step(t->conn, t->comm->kind, n ? fw->msg : NULL, n, fw->msg,
			sizeof(fw->msg), len, &t->comm->kind, fw->now_ns);
}

static enum il_err begin(struct cca_fw *fw, const struct rmm_talk *t,
			 size_t *len)
{
	enum il_err err = tsm_begin(t->conn, t->verb, t->args);

	t->comm->state = CCA_COMM_ACTIVE;
	return err ? err : step(fw, t, 0, len);
}

static enum il_err answer(struct cca_fw *fw, const struct rmm_talk *t,
			  const struct entry *e, size_t *len)
{
	if (e->status == COMM_STATUS_ERROR ||
	    !rmm_ns_read(fw, e->resp, fw->msg, (uint32_t)e->len)) {
		tsm_verb_abort(t->conn);
		return IL_E_IO;
	}
	return step(fw, t, (size_t)e->len, len);
}

/* --- caching --- */

bool rmm_obj(const struct rmm_talk *t, uint8_t obj, const uint8_t **p,
	     size_t *n, size_t *req)
{
	const struct tsm_algs a = tsm_conn_algs(t->conn);
	const uint8_t *vca;
	size_t skip = 0, vca_len;

	*req = 0;
	tsm_vca(t->conn, &vca, &vca_len);
	switch ((enum rmi_dev_obj)obj) {
	case RMI_DEV_OBJ_VCA:
		*p = vca;
		*n = vca_len;
		return *n > 0;
	case RMI_DEV_OBJ_CERT:
		tsm_chain(t->conn, p, n);
		skip = CHAIN_HEADER +
		       crypto_hash_len((enum crypto_hash_alg)a.hash);
		break;
	case RMI_DEV_OBJ_MEAS:
		tsm_blob(t->conn, p, n);
		skip = vca_len;
		*req = GET_MEAS_LEN;
		break;
	case RMI_DEV_OBJ_REPORT:
		tsm_blob(t->conn, p, n);
		break;
	case RMI_DEV_OBJS:
		return false;
	}
	if (*n <= skip + *req)
		return false;
	*p += skip;
	*n -= skip;
	return true;
}

static enum rmm_comm_end cache(struct cca_fw *fw, const struct rmm_talk *t,
			       const struct entry *e)
{
	struct rmm_comm *c = t->comm;
	const uint8_t obj = c->obj[c->at];
	uint8_t exit[COMM_EXIT_LEN] = { 0 };
	uint64_t flags = COMM_F_RSP_CACHE;
	size_t n, req, part;
	const uint8_t *p;

	if (!rmm_obj(t, obj, &p, &n, &req))
		return FW_COMM_FAILED;
	if (!c->off) {
		flags |= COMM_F_RSP_RESET | (req ? COMM_F_REQ_CACHE : 0);
		if (req && !rmm_ns_write(fw, e->req, p, (uint32_t)req))
			return FW_COMM_FAILED;
		cca_put_u64(exit, COMM_EXIT_CACHE_REQ_LEN, req);
		c->off = req;
	}
	part = n - c->off < CCA_GRANULE ? n - c->off : CCA_GRANULE;
	if (!rmm_ns_write(fw, e->resp, p + c->off, (uint32_t)part))
		return FW_COMM_FAILED;
	cca_put_u64(exit, COMM_EXIT_CACHE_RSP_LEN, part);
	cca_put_u8(exit, COMM_EXIT_OBJ_ID, obj);
	c->off += part;
	if (c->off == n) {
		c->off = 0;
		c->at++;
	}
	flags |= c->at < c->objs ? COMM_F_MULTI : 0;
	cca_put_u64(exit, COMM_EXIT_FLAGS, flags);
	if (!exit_write(fw, t->data, exit))
		return FW_COMM_FAILED;
	return c->at < c->objs ? FW_COMM_MORE : FW_COMM_DONE;
}

static enum rmm_comm_end finish(struct cca_fw *fw, const struct rmm_talk *t,
				const struct entry *e)
{
	if (t->comm->objs)
		return cache(fw, t, e);
	return rmm_comm_exit(fw, t->data, 0) ? FW_COMM_DONE : FW_COMM_FAILED;
}

enum rmm_comm_end rmm_communicate(struct cca_fw *fw, const struct rmm_talk *t)
{
	struct entry e;
	enum il_err err = IL_OK;
	enum rmm_comm_end end;
	size_t len = 0;

	if (!entry_read(fw, t, &e) || !entry_fits(t, &e))
		return FW_COMM_INPUT;
	if (t->conn && t->comm->state == CCA_COMM_PENDING && busy(fw, t))
		return FW_COMM_BUSY;
	if (t->comm->over)
		return finish(fw, t, &e);
	if (!t->conn)
		t->comm->state = CCA_COMM_ACTIVE;
	else if (t->comm->state == CCA_COMM_PENDING)
		err = begin(fw, t, &len);
	else
		err = answer(fw, t, &e, &len);
	if (err == IL_E_AGAIN)
		end = send(fw, t, &e, len);
	else if (err || (t->over && !t->over(fw, t)))
		end = FW_COMM_FAILED;
	else {
		t->comm->over = true;
		end = finish(fw, t, &e);
	}
	bytes_wipe(fw->msg, sizeof(fw->msg));
	if (end == FW_COMM_FAILED)
		(void)rmm_comm_exit(fw, t->data, 0);
	return end;
}
