/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "device/misbehave_priv.h"

/* Data objects and discovery; the mailbox is misbehave_box.c. */

#define SRC_DISC "PCIe Base 6.3 §6.30.1.1"
#define SRC_OBJ	 "PCIe Base 6.3 §6.30.1"
#define SRC_CMA	 "PCIe Base 6.3 §6.31.3"

static bool discovery(const struct device_exchange *x)
{
	return x->doe && x->type.vendor == DOE_VENDOR_PCISIG &&
	       x->type.type == DOE_TYPE_DISCOVERY;
}

/* A good answer to discovery, of an entry that is there. */
static bool entry(const struct device_exchange *x)
{
	return discovery(x) && x->len == DOE_DISCOVERY_LEN &&
	       get_u16le(x->out) != DOE_VENDOR_NONE;
}

/* The index after the last is 0. */
static void no_end(struct misbehave_one *me, struct device_exchange *x)
{
	(void)me;
	if (discovery(x) && x->len == DOE_DISCOVERY_LEN && !x->out[3])
		x->out[3] = 1;
}

static void not_first(struct misbehave_one *me, struct device_exchange *x)
{
	(void)me;
	if (entry(x) && x->in[0] <= 1)
		x->out[2] = (uint8_t)(x->in[0] ? DOE_TYPE_DISCOVERY
					       : DOE_TYPE_SPDM);
}

static void past_end(struct misbehave_one *me, struct device_exchange *x)
{
	(void)me;
	if (discovery(x) && x->len == DOE_DISCOVERY_LEN && !entry(x)) {
		put_u16le(x->out, DOE_VENDOR_PCISIG);
		x->out[2] = DOE_TYPE_SECURED;
	}
}

/* Entry row.code is one of type row.error, of vendor @n if there is one. */
static void rename(struct misbehave_one *me, struct device_exchange *x)
{
	if (!entry(x) || x->in[0] != me->is->code)
		return;
	x->out[2] = me->is->error;
	if (me->n)
		put_u16le(x->out, (uint16_t)me->n);
}

static void fourth(struct misbehave_one *me, struct device_exchange *x)
{
	(void)me;
	if (!discovery(x) || x->len != DOE_DISCOVERY_LEN || x->cap < 8)
		return;
	put_u32le(x->out + 4, 0x400);
	x->len = 8;
}

static void none_there(struct device_exchange *x)
{
	put_u16le(x->out, DOE_VENDOR_NONE);
}

static void reserved(struct misbehave_one *me, struct device_exchange *x)
{
	(void)me;
	if (entry(x) && (x->in[2] || x->in[3]))
		none_there(x);
}

static void exact(struct misbehave_one *me, struct device_exchange *x)
{
	(void)me;
	if (entry(x) && x->n != DOE_DISCOVERY_LEN)
		none_there(x);
}

/* Of the object whose answer comes next. */
static void header_came(struct misbehave_one *me, uint8_t *obj, size_t cap,
			size_t *n)
{
	(void)cap;
	me->note[0] = *n >= 8 && (obj[3] || get_u32le(obj + 4) >> 18);
}

static void header_minded(struct misbehave_one *me, struct device_exchange *x)
{
	if (entry(x) && me->note[0])
		none_there(x);
}

static void header_set(struct misbehave_one *me, uint8_t *obj, size_t cap,
		       size_t *n)
{
	(void)me;
	if (*n < 8 || cap < 8)
		return;
	obj[3] = 0x5a;
	obj[7] = 0x80;
}

/* Whatever it is: four bytes of zeros come back in the same type. */
static bool all(struct misbehave_one *me, struct device_exchange *x)
{
	bool secured;

	(void)me;
	if (!x->doe || (discovery(x) && x->n >= DOE_DISCOVERY_LEN) ||
	    doe_is_spdm(x->type, &secured))
		return false;
	memset(x->out, 0, 4);
	x->len = 4;
	return true;
}

/* --- what PCI Express asks of SPDM by DOE --- */

static void other_signature(struct misbehave_one *me, uint32_t session_id,
			    enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_ALGORITHMS)
		rsp->u.algs.asym = SPDM_ASYM_ECDSA_P521;
}

static void other_hash(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_ALGORITHMS)
		rsp->u.algs.hash = SPDM_HASH_SHA_512;
}

static void other_measurements(struct misbehave_one *me, uint32_t session_id,
			       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_ALGORITHMS)
		return;
	rsp->u.algs.meas_spec = 0;
	rsp->u.algs.meas_hash = SPDM_MEAS_HASH_SHA_512;
}

static void other_session(struct misbehave_one *me, uint32_t session_id,
			  enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	struct spdm_algs *a = &rsp->u.algs;

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_ALGORITHMS)
		return;
	a->other_params = SPDM_OPAQUE_FMT_0;
	for (unsigned i = 0; i < a->tables; i++) {
		struct spdm_alg_table *t = &a->table[i];

		if (t->type == SPDM_ALG_DHE)
			t->bits = SPDM_DHE_SECP521R1;
		else if (t->type == SPDM_ALG_AEAD)
			t->bits = SPDM_AEAD_CHACHA20_POLY1305;
		else if (t->type == SPDM_ALG_KEY_SCHEDULE)
			t->bits = 0;
	}
}

static void slow_crypto(struct misbehave_one *me, uint32_t session_id,
			enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_CAPABILITIES)
		rsp->u.caps.ct_exponent = 24;
}

static void note_len(struct misbehave_one *me, struct device_exchange *x)
{
	me->note[0] = x->len > 1 && x->out[1] == SPDM_CERTIFICATE
			      ? DOE_HEADER_LEN + x->len
			      : SIZE_MAX;
}

static void pad(struct misbehave_one *me, uint8_t *obj, size_t cap, size_t *n)
{
	(void)cap;
	for (size_t i = me->note[0]; i < *n; i++)
		obj[i] = 0xff;
}

static const struct misbehaviour rows[] = {
	{ .name = "discovery-has-no-end",
	  .says = "DOE Discovery names a next index behind the last protocol",
	  .source = SRC_DISC " (Next Index)",
	  .answered = no_end },
	{ .name = "discovery-not-first",
	  .says = "index 0 of DOE Discovery is CMA-SPDM, and discovery index 1",
	  .source = SRC_DISC ", Table 6-31",
	  .answered = not_first },
	{ .name = "discovery-past-end",
	  .says = "an index that is out of range is answered as the last one",
	  .source = SRC_DISC ", Table 6-31",
	  .answered = past_end },
	{ .name = "discovery-hides-spdm",
	  .says = "DOE Discovery lists Async Message in place of CMA-SPDM",
	  .source = "PCIe Base 6.3 §6.31.3",
	  .code = 1,
	  .error = 5,
	  .answered = rename },
	{ .name = "discovery-lone-connection",
	  .says = "DOE Discovery lists CMA-SPDM with Connection ID, not "
		  "without",
	  .source = SRC_DISC ", Table 6-33",
	  .code = 1,
	  .error = DOE_TYPE_SPDM_CONN,
	  .answered = rename },
	{ .name = "discovery-lists-vendor",
	  .says = "DOE Discovery lists a type of a vendor beside CMA-SPDM",
	  .source = "PCIe Base 6.3 §6.31.3",
	  .code = 2,
	  .error = 7,
	  .n = 0x1d1a,
	  .answered = rename },
	{ .name = "discovery-lists-twice",
	  .says = "DOE Discovery lists CMA-SPDM twice",
	  .source = SRC_DISC,
	  .code = 2,
	  .error = DOE_TYPE_SPDM,
	  .answered = rename },
	{ .name = "discovery-fourth-dword",
	  .says = "each answer of DOE Discovery has the 4th dword",
	  .source = SRC_DISC ", Table 6-33",
	  .answered = fourth },
	{ .name = "discovery-minds-reserved",
	  .says = "reserved bits of a discovery request are part of the index",
	  .source = SRC_DISC ", Table 6-30",
	  .answered = reserved },
	{ .name = "discovery-minds-length",
	  .says = "a discovery request that is too long is out of range",
	  .source = SRC_OBJ,
	  .answered = exact },
	{ .name = "doe-minds-reserved",
	  .says = "discovery in an object whose header has reserved bits set "
		  "is out of range",
	  .source = SRC_OBJ ", Tables 6-28, 6-29",
	  .object = header_came,
	  .answered = header_minded },
	{ .name = "doe-sets-reserved",
	  .says = "reserved bits of the header are set in each answer",
	  .source = SRC_OBJ ", Tables 6-28, 6-29",
	  .reply = header_set },
	{ .name = "doe-answers-all",
	  .says = "objects of an unknown type, and of too few dwords, are "
		  "answered",
	  .source = SRC_OBJ,
	  .ask = all },
	{ .name = "cma-other-signature",
	  .says = "ALGORITHMS selects ECDSA P-521, whatever is offered",
	  .source = SRC_CMA,
	  .fields = other_signature },
	{ .name = "cma-other-hash",
	  .says = "ALGORITHMS selects SHA-512, whatever is offered",
	  .source = SRC_CMA,
	  .fields = other_hash },
	{ .name = "cma-other-measurements",
	  .says = "ALGORITHMS selects no specification of measurements, and "
		  "SHA-512",
	  .source = SRC_CMA,
	  .fields = other_measurements },
	{ .name = "cma-other-session",
	  .says = "ALGORITHMS selects for sessions what is not offered",
	  .source = "PCIe Base 6.3 §6.31.4",
	  .fields = other_session },
	{ .name = "cma-slow",
	  .says = "CTExponent is 24",
	  .source = SRC_CMA,
	  .fields = slow_crypto },
	{ .name = "doe-pads-with-ones",
	  .says = "CERTIFICATE is filled up to whole dwords with ones",
	  .source = SRC_CMA,
	  .answered = note_len,
	  .reply = pad },
};

const struct misbehave_group misbehave_doe = { "DOE", rows, COUNT(rows) };
