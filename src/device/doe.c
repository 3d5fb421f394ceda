/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/device_priv.h"

/*
 * What the DSM is asked, by whichever way it came: through the mailbox, as a
 * data object, or as a bare SPDM message.
 */

/* What DOE discovery lists, itself first. */
static const struct doe_type doe_types[] = {
	{ DOE_VENDOR_PCISIG, DOE_TYPE_DISCOVERY },
	{ DOE_VENDOR_PCISIG, DOE_TYPE_SPDM },
	{ DOE_VENDOR_PCISIG, DOE_TYPE_SECURED },
};

/* Discarded when it is shorter than expected: PCIe Base 6.3 §6.30.1 */
static void discover(struct device_exchange *x)
{
	if (!doe_discover(doe_types, COUNT(doe_types), x->in, x->n, x->out))
		x->len = DOE_DISCOVERY_LEN;
}

static void spdm(struct device *d, struct device_exchange *x)
{
	enum spdm_kind out = SPDM_PLAIN;

	x->err = dsm_handle(&d->dsm, x->conn, x->kind, x->in, x->n, x->out,
			    x->cap, &x->len, &out, x->now_ns);
	x->kind = out;
}

static void doe(struct device *d, struct device_exchange *x)
{
	bool secured;

	if (x->type.vendor == DOE_VENDOR_PCISIG &&
	    x->type.type == DOE_TYPE_DISCOVERY) {
		discover(x);
		return;
	}
	/* Of types that were not offered nothing is taken (§6.30.1). */
	if (!doe_is_spdm(x->type, &secured))
		return;
	dsm_via(&d->dsm, x->conn, &doe_binding);
	x->kind = secured ? SPDM_SECURED : SPDM_PLAIN;
	spdm(d, x);
	x->type = doe_spdm(x->kind == SPDM_SECURED);
}

/* x->err: IL_E_AGAIN not yet; others: no answer can be given. */
static void answer(struct device *d, struct device_exchange *x)
{
	const struct device_seams *s = d->cfg.seams;

	if (s && s->ask && s->ask(d->cfg.seams_ctx, d, x))
		return;
	if (x->doe)
		doe(d, x);
	else
		spdm(d, x);
	if (s && s->answered && x->err != IL_E_AGAIN)
		s->answered(d->cfg.seams_ctx, d, x);
}

static void heard(struct device *d, const uint8_t *obj, size_t n)
{
	if (d->cfg.object)
		d->cfg.object(d->cfg.object_ctx, obj, n);
}

/* One data object's; its answer is in d->reply. */
static struct device_exchange object(struct device *d, unsigned conn,
				     struct doe_type type, const uint8_t *in,
				     size_t n)
{
	return (struct device_exchange){ .conn = conn,
					 .doe = true,
					 .type = type,
					 .in = in,
					 .n = n,
					 .out = d->reply,
					 .cap = d->reply_len,
					 .now_ns = d->now_ns };
}

/* After an exchange: what it did to keys and streams. */
static void exchanged(struct device *d, const struct device_exchange *x)
{
	const unsigned type = x->doe ? x->type.type : (unsigned)x->kind;

	d->stirred = true;
	for (unsigned i = 0; i < d->cfg.streams; i++)
		device_keys_changed(d, i);
	if (x->err == IL_E_AGAIN)
		return;
	env_trace(d->cfg.env, DEVICE_TR_DOE, type, x->n, x->len);
	d->exchanges++;
}

bool device_serve_doe(struct device *d)
{
	const struct device_seams *s = d->cfg.seams;
	struct device_exchange x;
	struct doe_type type;
	const uint8_t *in;
	/* What it is answered by may reset the mailbox. */
	const size_t whole = d->doe.in_len;
	size_t n;
	enum il_err err;

	if (doe_request(&d->doe, &type, &in, &n))
		return false;
	x = object(d, DEVICE_CONN_DOE, type, in, n);
	answer(d, &x);
	exchanged(d, &x);
	if (x.err == IL_E_AGAIN)
		return false;
	heard(d, d->doe.in, whole);
	if (x.err)
		err = doe_event(&d->doe, DOE_EV_FAIL,
				&(union doe_arg){ .dw = 0 });
	else
		err = doe_reply(&d->doe, x.type, x.len ? x.out : NULL, x.len);
	if (!err && x.len && s && s->reply)
		s->reply(d->cfg.seams_ctx, d, d->doe.out, d->doe.limit,
			 &d->doe.out_len);
	if (!err && x.len)
		heard(d, d->doe.out, d->doe.out_len);
	(void)err; /* the mailbox shows it */
	return true;
}

/* Whoever comes by a way that is not told apart comes by the first. */
static unsigned there(const struct device *d, unsigned conn)
{
	return conn < d->dsm.front.count ? conn : DEVICE_CONN_DOE;
}

void device_leave(struct device *d, unsigned conn)
{
	if (conn >= d->dsm.front.count)
		return;
	dsm_front_leave(&d->dsm.front, conn);
	device_settle(d);
}

enum il_err device_ask(struct device *d, unsigned conn, enum spdm_ask what,
		       uint32_t session_id)
{
	return spdm_rsp_ask(&d->conns[there(d, conn)].rsp, what, session_id);
}

enum il_err device_message(struct device *d, unsigned conn,
			   const struct spdm_binding *via, enum spdm_kind kind,
			   const uint8_t *in, size_t n, uint8_t *out,
			   size_t cap, size_t *len, enum spdm_kind *out_kind,
			   uint64_t now_ns)
{
	struct device_exchange x = { .conn = there(d, conn),
				     .kind = kind,
				     .in = in,
				     .n = n,
				     .out = out,
				     .cap = cap,
				     .now_ns = now_ns };

	*len = 0;
	if (!d->powered)
		return IL_OK;
	d->now_ns = now_ns;
	dsm_via(&d->dsm, x.conn, via);
	answer(d, &x);
	exchanged(d, &x);
	device_settle(d);
	*len = x.len;
	*out_kind = x.kind;
	return x.err;
}

enum il_err device_doe(struct device *d, unsigned conn, const uint8_t *obj,
		       size_t n, uint8_t *out, size_t cap, size_t *len,
		       uint64_t now_ns)
{
	const struct device_seams *s = d->cfg.seams;
	struct wr w = wr_over(out, cap);
	struct device_exchange x;
	struct doe_type type;
	const uint8_t *in;
	size_t in_len;
	enum il_err err;

	if (s && s->object)
		obj = s->object(d->cfg.seams_ctx, d, obj, &n);
	err = doe_unwrap(obj, n, d->doe.limit, &type, &in, &in_len);
	if (err)
		return err;
	if (cap < d->doe.limit)
		return IL_E_SPACE;
	*len = 0;
	if (!d->powered)
		return IL_OK;
	d->now_ns = now_ns;
	x = object(d, there(d, conn), type, in, in_len);
	answer(d, &x);
	exchanged(d, &x);
	device_settle(d);
	if (x.err != IL_E_AGAIN)
		heard(d, obj, n);
	if (x.err || !x.len)
		return x.err;
	err = doe_wrap(&w, x.type, x.out, x.len);
	if (!err && s && s->reply)
		s->reply(d->cfg.seams_ctx, d, out, cap, &w.len);
	if (err)
		return err;
	*len = w.len;
	heard(d, out, w.len);
	return IL_OK;
}
