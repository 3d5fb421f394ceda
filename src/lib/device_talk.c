/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/device_priv.h"

#include "base/bits.h"
#include "doe/doe.h"
#include "mctp/mctp.h"

/* The half that speaks SPDM: messages and objects that come, and what is told
 * to it. */

const struct il_spdm_binding *il_doe_binding(void)
{
	return &doe_binding;
}

const struct il_spdm_binding *il_mctp_binding(void)
{
	return &mctp_binding;
}

void il_front_via(struct il_front *f, unsigned conn,
		  const struct il_spdm_binding *b)
{
	if (conn < f->f.count)
		spdm_rsp_via(&f->f.conns[conn].rsp, b);
}

enum il_err il_front_handle(struct il_front *f, unsigned conn,
			    enum il_spdm_kind kind, const uint8_t *in, size_t n,
			    uint8_t *out, size_t cap, size_t *out_len,
			    enum il_spdm_kind *out_kind, uint64_t now_ns)
{
	return dsm_front_handle(&f->f, conn, kind, in, n, out, cap, out_len,
				out_kind, now_ns);
}

/* What DOE discovery lists, itself first. */
static const struct doe_type types[] = {
	{ DOE_VENDOR_PCISIG, DOE_TYPE_DISCOVERY },
	{ DOE_VENDOR_PCISIG, DOE_TYPE_SPDM },
	{ DOE_VENDOR_PCISIG, DOE_TYPE_SECURED },
};

/*
 * A discovery that is shorter than expected is discarded, and nothing is taken
 * of types that were not offered: PCIe Base 6.3 §6.30.1
 */
enum il_err lib_front_object(struct il_front *f, unsigned conn,
			     struct doe_type *type, const uint8_t *in, size_t n,
			     uint8_t *out, size_t cap, size_t *len,
			     uint64_t now_ns)
{
	enum spdm_kind kind;
	enum il_err err;
	bool secured;

	*len = 0;
	if (type->vendor == DOE_VENDOR_PCISIG &&
	    type->type == DOE_TYPE_DISCOVERY) {
		if (cap < DOE_DISCOVERY_LEN)
			return IL_E_SPACE;
		if (!doe_discover(types, COUNT(types), in, n, out))
			*len = DOE_DISCOVERY_LEN;
		return IL_OK;
	}
	if (!doe_is_spdm(*type, &secured))
		return IL_OK;
	il_front_via(f, conn, &doe_binding);
	err = dsm_front_handle(&f->f, conn, secured ? SPDM_SECURED : SPDM_PLAIN,
			       in, n, out, cap, len, &kind, now_ns);
	if (!err && *len)
		*type = doe_spdm(kind == SPDM_SECURED);
	return err;
}

enum il_err il_front_doe(struct il_front *f, unsigned conn, const uint8_t *in,
			 size_t n, uint8_t *out, size_t cap, size_t *out_len,
			 uint64_t now_ns)
{
	struct doe_type type;
	const uint8_t *p;
	size_t len;
	enum il_err err = doe_unwrap(in, n, DOE_MAX_PAYLOAD + DOE_HEADER_LEN,
				     &type, &p, &len);

	*out_len = 0;
	if (err)
		return err;
	/* Whole dwords, so that what fills up the last has room. */
	cap &= ~(size_t)3;
	if (cap < DOE_HEADER_LEN)
		return IL_E_SPACE;
	err = lib_front_object(f, conn, &type, p, len, out + DOE_HEADER_LEN,
			       cap - DOE_HEADER_LEN, &len, now_ns);
	if (!err && len) {
		struct wr w = wr_over(out, cap);

		err = doe_wrap(&w, type, out + DOE_HEADER_LEN, len);
		*out_len = w.len;
	}
	return err;
}

enum il_err il_front_mctp(struct il_front *f, unsigned conn, const uint8_t *in,
			  size_t n, uint8_t *out, size_t cap, size_t *out_len,
			  uint64_t now_ns)
{
	enum spdm_kind kind;
	enum mctp_type type;
	const uint8_t *p;
	size_t len;
	enum il_err err = mctp_unwrap(in, n, &type, &p, &len);

	*out_len = 0;
	if (err)
		return err;
	if (cap < 1)
		return IL_E_SPACE;
	il_front_via(f, conn, &mctp_binding);
	err = dsm_front_handle(&f->f, conn,
			       type == MCTP_SECURED ? SPDM_SECURED : SPDM_PLAIN,
			       p, len, out + 1, cap - 1, &len, &kind, now_ns);
	if (!err && len) {
		out[0] = kind == SPDM_SECURED ? MCTP_SECURED : MCTP_SPDM;
		*out_len = 1 + len;
	}
	return err;
}

uint64_t il_front_tick(struct il_front *f, uint64_t now_ns)
{
	return dsm_front_tick(&f->f, now_ns);
}

void il_front_leave(struct il_front *f, unsigned conn)
{
	dsm_front_leave(&f->f, conn);
}

void il_front_reset(struct il_front *f)
{
	dsm_front_reset_all(&f->f);
}

bool il_front_end(struct il_front *f, unsigned conn, uint32_t session_id)
{
	return conn < f->f.count &&
	       spdm_rsp_end(&f->f.conns[conn].rsp, session_id);
}

bool il_front_session_open(const struct il_front *f, unsigned conn,
			   uint32_t session_id)
{
	return conn < f->f.count &&
	       spdm_rsp_session_open(&f->f.conns[conn].rsp, session_id);
}

enum il_err il_front_ask(struct il_front *f, unsigned conn, enum il_ask what,
			 uint32_t session_id)
{
	return conn < f->f.count ? spdm_rsp_ask(&f->f.conns[conn].rsp,
						(enum spdm_ask)what, session_id)
				 : IL_E_ARG;
}

enum il_err il_front_slot_set(struct il_front *f, uint8_t slot,
			      const struct il_spdm_slot *now)
{
	enum il_err err = IL_OK;

	for (size_t i = 0; i < f->f.count && !err; i++)
		err = spdm_rsp_slot_set(&f->f.conns[i].rsp, slot, now);
	return err;
}

void il_front_pair_set(struct il_front *f, const struct il_key_pair *k)
{
	for (size_t i = 0; i < f->f.count; i++)
		spdm_rsp_pair_set(&f->f.conns[i].rsp, k);
}

uint8_t il_front_slots_used(const struct il_front *f, uint8_t mask)
{
	uint8_t used = 0;

	for (size_t i = 0; i < f->f.count; i++)
		used |= spdm_rsp_slots_used(&f->f.conns[i].rsp, mask);
	return used;
}
