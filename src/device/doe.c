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

/* Errors: IL_E_AGAIN not yet; others: no answer can be given. */
static enum il_err answer(struct device *d, unsigned conn,
			  struct doe_type *type, const uint8_t *in, size_t n,
			  size_t *len)
{
	enum spdm_kind out_kind = SPDM_PLAIN;
	bool secured;
	enum il_err err;

	*len = 0;
	if (type->vendor == DOE_VENDOR_PCISIG &&
	    type->type == DOE_TYPE_DISCOVERY) {
		err = doe_discover(doe_types, COUNT(doe_types), in, n,
				   d->reply);
		if (!err)
			*len = DOE_DISCOVERY_LEN;
		return err;
	}
	/* OPEN: types that were not offered: discarded without an answer. */
	if (!doe_is_spdm(*type, &secured))
		return IL_OK;
	dsm_via(&d->dsm, conn, &doe_binding);
	err = dsm_handle(&d->dsm, conn, secured ? SPDM_SECURED : SPDM_PLAIN, in,
			 n, d->reply, d->reply_len, len, &out_kind, d->now_ns);
	*type = doe_spdm(out_kind == SPDM_SECURED);
	return err;
}

/* After an exchange: what it did to keys and streams. */
static void exchanged(struct device *d, enum il_err err, unsigned type,
		      size_t n, size_t len)
{
	for (unsigned i = 0; i < d->cfg.streams; i++)
		device_keys_changed(d, i);
	if (err == IL_E_AGAIN)
		return;
	env_trace(d->cfg.env, DEVICE_TR_DOE, type, n, len);
	d->exchanges++;
}

bool device_serve_doe(struct device *d)
{
	struct doe_type type;
	const uint8_t *in;
	size_t n, len;
	enum il_err err;

	if (doe_request(&d->doe, &type, &in, &n))
		return false;
	err = answer(d, DEVICE_CONN_DOE, &type, in, n, &len);
	exchanged(d, err, type.type, n, len);
	if (err == IL_E_AGAIN)
		return false;
	if (err)
		err = doe_event(&d->doe, DOE_EV_FAIL,
				&(union doe_arg){ .dw = 0 });
	else
		err = doe_reply(&d->doe, type, len ? d->reply : NULL, len);
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
	enum il_err err;

	*len = 0;
	if (!d->powered)
		return IL_OK;
	d->now_ns = now_ns;
	conn = there(d, conn);
	dsm_via(&d->dsm, conn, via);
	err = dsm_handle(&d->dsm, conn, kind, in, n, out, cap, len, out_kind,
			 now_ns);
	exchanged(d, err, kind, n, *len);
	device_settle(d);
	return err;
}

enum il_err device_doe(struct device *d, unsigned conn, const uint8_t *obj,
		       size_t n, uint8_t *out, size_t cap, size_t *len,
		       uint64_t now_ns)
{
	struct wr w = wr_over(out, cap);
	struct doe_type type;
	const uint8_t *in;
	size_t in_len, got;
	enum il_err err = doe_unwrap(obj, n, d->doe.limit, &type, &in, &in_len);

	if (err)
		return err;
	if (cap < d->doe.limit)
		return IL_E_SPACE;
	*len = 0;
	if (!d->powered)
		return IL_OK;
	d->now_ns = now_ns;
	err = answer(d, there(d, conn), &type, in, in_len, &got);
	exchanged(d, err, type.type, in_len, got);
	device_settle(d);
	if (err || !got)
		return err;
	err = doe_wrap(&w, type, d->reply, got);
	if (!err)
		*len = w.len;
	return err;
}
